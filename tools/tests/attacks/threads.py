"""Requests that hold up all others, because they take the threads on which the rest waits."""

import re
import time

from . import settings
from .server import Background, Probe, Server
from .support import HEADER, Case, attack, event

DEADLINE_SECONDS = 10
DEADLINE_MARGIN = 5
GRACE_SECONDS = 8
GRACE_MARGIN = 4


class Simulations(Case):
    """Two simulations at once, as dear as the program allows."""

    def prepare(self):
        """A server, and the dearest request that it takes."""
        self.shop(is_large=True)
        query = self.worst_query()
        return Server(self), query

    def worst_query(self):
        """The dearest request that is legal: bounds may join paths and days."""
        trial = Server(self)
        try:
            for paths, days in ((10_000, 366), (10_000, 90), (5_000, 90), (2_000, 90),
                                (2_000, 28), (1_000, 28)):
                query = f"/recommendations?paths={paths}&horizon_days={days}&surprise=never"
                # What is refused is refused at once.
                answer = trial.get(f"/v1/twins/customer-0001{query}", timeout=1)
                if answer.status not in (400, 422):
                    self.saw(f"paths={paths}, horizon_days={days}")
                    return query
        finally:
            trial.kill()
        raise RuntimeError("no legal simulation was found")

    def simulate(self, server, query, count=2, timeout=90):
        return Background(*[
            lambda name=f"customer-000{n + 1}": server.get(f"/v1/twins/{name}{query}", timeout)
            for n in range(count)])

    @attack("C1", "two of the dearest recommendations; health and events meanwhile", slow=True)
    def test_others_are_served(self):
        server, query = self.prepare()
        number = iter(range(1_000_000))
        health = Probe(server, "/healthz", timeout=60)
        dear = self.simulate(server, query, timeout=60)
        events = Probe(server, "/v1/events", 0.2, ask=lambda: server.post(
            event(f"c1-{next(number)}", "customer-0009", "item-0001"), timeout=60))
        dear.wait(DEADLINE_SECONDS + DEADLINE_MARGIN)
        time.sleep(0.2)
        for probe in (health.stop(), events.stop()):
            self.saw(probe.figures)
        self.harmless([
            server.trouble,
            f"healthz took {health.worst:.1f} s; expected less than 1 s"
            if health.worst >= 1 else "",
            f"an event took {events.worst:.1f} s; expected less than 5 s"
            if events.worst >= 5 else "",
            *(f"an event was answered {answer.status or 'not at all'}"
              for answer in events.answers if answer.status != 200),
        ])

    @attack("C1", "two of the dearest recommendations; the deadline of 10 s")
    def test_the_deadline_is_kept(self):
        server, query = self.prepare()
        dear = self.simulate(server, query, timeout=60)
        limit = DEADLINE_SECONDS + DEADLINE_MARGIN
        answers = dear.wait(45)
        self.saw(", ".join(str(answer or "no answer after 45 s") for answer in answers))
        self.harmless([
            server.trouble,
            *(f"expected an answer within {limit} s" for answer in answers
              if not answer or not answer.status or answer.seconds > limit),
            *(f"expected 200 or 503, not {answer.status}" for answer in answers
              if answer and answer.status not in (0, 200, 503)),
        ])

    @attack("C1", "two of the dearest recommendations; SIGTERM", slow=True)
    def test_the_server_can_be_stopped(self):
        server, query = self.prepare()
        self.simulate(server, query, timeout=60)
        time.sleep(1)
        limit = GRACE_SECONDS + GRACE_MARGIN
        seconds = server.stop(timeout=30)
        self.saw("runs 30 s later" if seconds is None else f"ended after {seconds:.1f} s")
        self.assertTrue(seconds is not None and seconds <= limit,
                        f"expected the end within {limit} s")

    @attack("C1", "a cross-site image of a page asks for recommendations")
    def test_pages_of_other_sites_are_refused(self):
        self.shop()
        server = Server(self)
        answer = server.ask("GET", "/v1/twins/customer-0001/recommendations?paths=10",
                            headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"})
        self.saw(answer)
        self.assertEqual(answer.status, 403, "expected 403")


class Hog(Case):
    """One customer with more events than anybody has."""

    # A sentence such as "At most 100,000 events of a customer are kept".
    BOUND = re.compile(r"\b(at most|up to|no more than|newest|latest|limit|bound)", re.IGNORECASE)

    def documented(self):
        """The limit that the help or the README names, or None."""
        texts = [self.help("ingest"), self.help("serve")]
        texts += [(settings.ROOT / name).read_text("utf-8")
                  for name in ("README.md", "ARCHITECTURE.md")]
        for sentence in (part for text in texts for part in re.split(r"[.;:|]\s|\n", text)):
            number = re.search(r"\b[1-9]\d{0,2}(?:,\d{3})+\b|\b[1-9]\d{4,}\b", sentence)
            about = "event" in sentence and re.search("customer|twin", sentence)
            if number and about and self.BOUND.search(sentence):
                return int(number[0].replace(",", ""))
        return None

    def ingest_hog(self, count):
        self.file("hog.csv", HEADER + "".join(
            f"h{n},hog,i{n % 500},view,{1_600_000_000 + n}\n" for n in range(count)))
        return self.succeed("ingest", "hog.csv", "--json", timeout=140)

    @attack("F6", "more events of one customer than documented")
    def test_the_events_of_a_customer_are_bounded(self):
        limit = self.documented()
        self.saw(f"documented limit: {limit and f'{limit:,}'}")
        self.assertIsNotNone(limit, "expected a documented limit of events of a customer")
        if limit > 400_000 and not settings.long:
            self.skipTest("the limit is too high for a quick look; run with --long")
        count = limit + 5_000
        self.ingest_hog(count)
        self.succeed("twin", "export", "hog", "--to", "hog")
        with open(self.folder / "hog/events.jsonl", "rb") as lines:
            kept = sum(1 for _ in lines)
        self.saw(f"{count:,} sent, {kept:,} kept")
        self.assertLessEqual(kept, limit, "expected no more kept than documented")

    def turns_come_back(self, count):
        self.shop()
        self.ingest_hog(count)
        server = Server(self)
        server.post(event("late", "hog", "i1", moment=1_500_000_000))
        path = "/v1/twins/hog/recommendations?paths=1"
        hogs = Background(*[lambda: server.get(path, timeout=40)] * 2)
        answers = hogs.wait(DEADLINE_SECONDS + 1)
        other = server.get("/v1/twins/customer-0003/recommendations?paths=10", timeout=30)
        self.saw(f"hog: {', '.join(str(answer or 'none yet') for answer in answers)}; "
                 f"then another: {other}")
        self.harmless([
            server.trouble,
            "a request of the hog was not answered by its deadline" if None in answers else "",
            "" if other.status == 200 and other.seconds < 5 else
            "expected the other customer's answer within 5 s"])

    @attack("F6", "recommendations for a customer of 200,000 events, one late")
    def test_a_hog_gives_its_turn_back(self):
        self.turns_come_back(200_000)

    @attack("F6", "recommendations for a customer of 2,000,000 events, one late", long=True)
    def test_a_great_hog_gives_its_turn_back(self):
        self.turns_come_back(2_000_000)

    @attack("F6, M6", "100 made-up items sent to a server of known items")
    def test_items_can_be_fixed(self):
        self.shop()
        self.assertTrue("--known-items-only" in self.help("serve"),
                        "expected serve to have --known-items-only")
        server = Server(self, "--known-items-only")
        answer = server.post_lines(event(f"j{n}", "ann", f"junk-{n}") for n in range(100))
        self.saw(answer)
        self.assertEqual(answer.status, 422, "expected 422")
