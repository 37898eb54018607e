"""Files about the days around customers."""

import json

from .support import QUICK_TRAIN, Case, attack, megabytes

GOOD = ("BEGIN:VEVENT\r\nUID:good\r\nSUMMARY:good\r\nDTSTART;VALUE=DATE:20260502\r\n"
        "END:VEVENT\r\n")
# Each bar counts twice where the name of the event is made, which is then too long.
BARS = ("BEGIN:VEVENT\r\nUID:" + "|" * 250 + "\r\nSUMMARY:bars\r\n"
        "DTSTART;VALUE=DATE:20260501\r\nEND:VEVENT\r\n")


def calendar(*events):
    return "BEGIN:VCALENDAR\r\n" + "".join(events) + "END:VCALENDAR\r\n"


class Whole(Case):
    """A bad event never takes good ones along, and what failed is named."""

    def events(self):
        shown = json.loads(self.succeed("context", "show", "--json"))
        return json.dumps(shown)

    def judge(self, result, before, bad_file, names_ok=True):
        after = self.events()
        added = before != after
        self.saw(f"{result}; {'something was' if added else 'nothing was'} added")
        if result.code == 0:
            return ["expected the good event to be there" if not added else "",
                    "expected the bad event to be told"
                    if "|" not in result.text and "UID" not in result.text else ""]
        return [
            "expected nothing to be added by a run that failed" if added else "",
            "expected one sentence" if not result.is_refusal else "",
            f"expected the sentence to name {bad_file}" if bad_file not in result.err else ""]

    @attack("F20", "context add of a good and a bad calendar")
    def test_two_files(self):
        self.shop()
        self.file("good.ics", calendar(GOOD))
        self.file("bars.ics", calendar(BARS))
        before = self.events()
        result = self.run_program("context", "add", "good.ics", "bars.ics")
        self.harmless(self.judge(result, before, "bars.ics"))

    @attack("F20", "context add of one calendar with a good and a bad event")
    def test_one_file(self):
        self.shop()
        self.file("mixed.ics", calendar(GOOD, BARS))
        before = self.events()
        result = self.run_program("context", "add", "mixed.ics")
        self.harmless(self.judge(result, before, "mixed.ics"))

    @attack("F20", "trends and offers whose names double, beside good ones")
    def test_other_kinds(self):
        self.shop()
        bad = "|" * 250
        self.file("trends.csv", "category,city,day,level\ntea,,2026-05-01,1.5\n"
                                f"{bad},{'W' * 90},2026-05-01,1.5\n")
        self.file("offers.csv", "item_id,city,first_day,last_day,price\n"
                                f"item-0001,,2026-05-01,2026-05-02,1\n"
                                f"{bad},{'W' * 90},2026-05-01,2026-05-02,1\n")
        before = self.events()
        problems = []
        for name in ("trends.csv", "offers.csv"):
            result = self.run_program("context", "add", name)
            after = self.events()
            self.saw(f"{name}: {result}")
            if result.code == 0 and after == before:
                problems.append(f"{name}: expected the good line to be there")
            if result.code != 0 and (after != before or name not in result.err):
                problems.append(f"{name}: expected nothing and a sentence that names the file")
            before = after
        self.harmless(problems)


class Offers(Case):
    """Offers of a whole year, each of a city of its own."""

    def train_with(self, count, limit):
        self.shop()
        plain = self.run_program(*QUICK_TRAIN, timeout=120)
        with open(self.folder / "offers.csv", "w", encoding="utf-8") as out:
            out.write("item_id,city,first_day,last_day,price\n")
            for n in range(count):
                out.write(f"item-{n % 60 + 1:04},C{letters(n)},2026-01-01,2026-12-31,1.5\n")
        added = self.run_program("context", "add", "offers.csv", timeout=400)
        result = self.run_program(*QUICK_TRAIN, timeout=400)
        one = self.run_program("recommend", "customer-0003", "--paths", 20, timeout=200)
        self.saw(f"train without: {megabytes(plain.peak)}; add: {megabytes(added.peak)}; "
                 f"train: {result}, {megabytes(result.peak)} in {result.seconds:.0f} s; "
                 f"recommend: {one}, {megabytes(one.peak)}")
        self.harmless([
            "expected the offers to be taken" if added.code else "",
            "expected the training to work" if result.code else "",
            "expected recommend to work" if one.code else "",
            f"expected less than {megabytes(limit)}"
            if max(result.peak, one.peak, added.peak) > limit else ""])

    @attack("F12", "train with 60,000 offers of a year", slow=True)
    def test_offers(self):
        self.train_with(60_000, 400_000_000)

    @attack("F12", "train with 1,000,000 offers of a year", long=True)
    def test_a_million_offers(self):
        self.train_with(1_000_000, 2_000_000_000)


def letters(number):
    """A number in letters, for a name of a city must not look like a place in it."""
    text = ""
    while True:
        text += chr(ord("a") + number % 26)
        number //= 26
        if not number:
            return text
