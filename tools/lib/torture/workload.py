"""Events to torture a store with, and the twins that they must make.

Several clients send batches one after the other. Each client has customers of its own, and each
of its batches has events of all of them: so the number of a customer's events tells how many
batches of the client are in a store, and all its customers must agree.
"""

import json
import pathlib
import random
from dataclasses import dataclass

from . import program as foretwin

CUSTOMERS_PER_CLIENT = 2
ITEMS = 12
TYPES = ("view", "view", "cart_add", "purchase", "wishlist_add", "search")
# Beyond half a page, so that LMDB keeps the event on pages of its own.
LONG_TEXT_BYTES = 3000
# 2010-01-01: so long ago that six hours a batch never lead ahead of the server's clock.
FIRST_SECOND = 1_262_304_000


@dataclass(frozen=True)
class Workload:
    """Batches of events as JSON Lines, by client and number."""

    clients: int
    batches: int
    batch_size: int
    seed: int

    def customers(self, client):
        return [f"client-{client}-customer-{n}" for n in range(CUSTOMERS_PER_CLIENT)]

    @property
    def all_customers(self):
        return [name for client in range(self.clients) for name in self.customers(client)]

    def batch(self, client, number):
        """The batch of a client, numbered from 0, as bytes."""
        chance = random.Random(f"{self.seed}:{client}:{number}")
        customers = self.customers(client)
        lines = []
        for n in range(self.batch_size):
            # The first few make sure that nobody is left out.
            customer = customers[n] if n < len(customers) else chance.choice(customers)
            lines.append(json.dumps(self._event(chance, customer, client, number, n)))
        return ("\n".join(lines) + "\n").encode()

    def _event(self, chance, customer, client, number, n):
        hours = number * 6
        if chance.random() < 0.05:
            hours = chance.randrange(hours + 1)  # Late: its twin is made anew.
        kind = chance.choice(TYPES)
        event = {
            "event_id": f"{client}-{number}-{n}", "user_id": customer, "type": kind,
            "timestamp": FIRST_SECOND + hours * 3600 + chance.randrange(6 * 3600),
            "city": chance.choice(("Cork", "Dublin")),
        }
        if kind == "search":
            event["query"] = f"something {chance.randrange(9)}"
        else:
            event["item_id"] = f"item-{chance.randrange(ITEMS)}"
        if chance.random() < 0.02:
            event["note"] = "long " * (LONG_TEXT_BYTES // 5)
        return event


def reference(program, workload, folder):
    """What a store without accidents says: after each batch, the twin of each customer.

    The list for a customer has an entry for each number of batches, from 0 on: the number of
    events and the twin as text.
    """
    states = {customer: [] for customer in workload.all_customers}
    store = pathlib.Path(folder, "reference")
    path = pathlib.Path(folder, "batch.jsonl")
    for number in range(-1, workload.batches):
        rounds = [workload.batch(client, max(number, 0)) for client in range(workload.clients)]
        path.write_bytes(b"".join(rounds) if number >= 0 else b"")
        if number >= 0:
            program.succeed("ingest", path, "--json", "--store", store, cwd=folder)
        else:
            make_empty_store(program, store, folder)
        shown = program.succeed("twin", "show", *states, "--json", "--store", store)
        for customer, twin in zip(states, foretwin.twins(shown)):
            states[customer].append(twin)
    return states


def make_empty_store(program, store, folder):
    """A store that knows one item and no customer."""
    items = pathlib.Path(folder, "items.csv")
    items.write_text("item_id,name\nitem-0,Item 0\n", encoding="utf-8")
    program.succeed("ingest", "--items", items, "--store", store, cwd=folder)
