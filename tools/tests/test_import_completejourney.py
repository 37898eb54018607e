"""Tests of tools/import-completejourney on tiny tables made here; no network, no real data."""

import contextlib
import csv
import gzip
import importlib.machinery
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "import-completejourney")


def load_tool():
    loader = importlib.machinery.SourceFileLoader("import_completejourney", TOOL)
    spec = importlib.util.spec_from_loader(loader.name, loader)
    module = importlib.util.module_from_spec(spec)
    with mock.patch.object(sys, "dont_write_bytecode", True):
        loader.exec_module(module)
    return module


tool = load_tool()

TRANSACTIONS = ("household_id,basket_id,product_id,store_id,ts_local,quantity,sales_value,"
                "retail_disc,coupon_disc,coupon_match_disc,week")
PRODUCTS = ("product_id,manufacturer_id,department,brand,product_category,product_type,"
            "package_size")
SHOP = """\
1,69,GROCERY,Private,FLUID MILK PRODUCTS,FLUID MILK WHITE ONLY,1/2 GAL
2,2,GROCERY,National,FRZN ICE,ICE - CRUSHED/CUBED,22 LB
3,9,FUEL,National,FUEL,GASOLINE-REG UNLEADED,
4,9,MISCELLANEOUS,National,COUPON/MISC ITEMS,MISC SALES TRANS,
5,9,COUPON,National,COUPONS/STORE & MFG,COUPONS/STORE & MFG,
6,7,PRODUCE,National,TROPICAL FRUIT,BANANAS,40 LB
"""


def till_line(household, basket, product, day, quantity=1, value="2.00", week=1):
    return (f"{household},{basket},{product},10,2017-01-{day:02d} 18:05,{quantity},{value},"
            f"0.0,0.0,0.0,{week}\n")


class ToolTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="import-completejourney-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.source = os.path.join(self.folder, "in")
        self.out = os.path.join(self.folder, "out")
        os.mkdir(self.source)

    def write(self, name, text, opener=open):
        with opener(os.path.join(self.source, name), "wt", encoding="utf-8") as stream:
            stream.write(text)

    def write_shop(self, lines, products=SHOP):
        self.write("products.csv", f"{PRODUCTS}\n{products}")
        self.write("transactions.csv", f"{TRANSACTIONS}\n{lines}")

    def run_tool(self, *arguments):
        """Returns the exit code and what was said on stderr."""
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            code = tool.main(list(arguments) or ["--from", self.source, "--out", self.out])
        return code, said.getvalue()

    def convert(self):
        code, said = self.run_tool()
        self.assertEqual(code, 0, said)
        return said

    def rows(self, name):
        with open(os.path.join(self.out, name), encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))


class Events(ToolTest):
    def test_a_till_line_becomes_a_purchase(self):
        self.write_shop(till_line(900, 31, 1, 5, quantity=2, value="3.98"))
        self.convert()
        self.assertEqual(self.rows("events.csv"), [{
            "event_id": "31-1", "user_id": "900", "item_id": "1", "type": "purchase",
            "timestamp": "2017-01-05T18:05:00Z", "session_id": "31", "basket_id": "31",
            "quantity": "2", "price": "1.99", "store_id": "10"}])

    def test_lines_that_are_no_purchase_of_a_product_are_left_out_and_counted(self):
        self.write_shop(
            till_line(900, 31, 1, 5) + till_line(900, 31, 3, 5, quantity=9000)
            + till_line(900, 31, 4, 5) + till_line(900, 31, 5, 5)
            + till_line(900, 31, 6, 5, quantity=0, value="0.0")
            + till_line(900, 31, 777, 5) + till_line(900, 31, 2, 5))
        said = self.convert()
        self.assertEqual([row["item_id"] for row in self.rows("events.csv")], ["1", "2"])
        self.assertIn("2 purchases; left out 5 lines", said)
        for reason in ("fuel: 1", "coupon and miscellaneous accounting: 2", "quantity 0: 1",
                       "not in the products table: 1"):
            self.assertIn(f"left out, {reason}\n", said)

    def test_event_ids_count_all_lines_of_a_basket_so_that_skipping_moves_none(self):
        self.write_shop(till_line(900, 31, 3, 5) + till_line(901, 32, 1, 5)
                        + till_line(900, 31, 1, 5))
        self.convert()
        self.assertEqual([row["event_id"] for row in self.rows("events.csv")],
                         ["32-1", "31-2"])

    def test_compressed_tables_give_the_same_bytes_as_plain_ones(self):
        lines = till_line(900, 31, 1, 5) + till_line(901, 32, 2, 6)
        self.write_shop(lines)
        self.convert()
        plain = self.bytes_written()
        for name in ("products.csv", "transactions.csv"):
            os.remove(os.path.join(self.source, name))
        self.write("products.csv.gz", f"{PRODUCTS}\n{SHOP}", opener=gzip.open)
        self.write("transactions.csv.gz", f"{TRANSACTIONS}\n{lines}", opener=gzip.open)
        self.convert()
        self.assertEqual(self.bytes_written(), plain)

    def bytes_written(self):
        written = {}
        for folder, _, names in os.walk(self.out):
            for name in names:
                with open(os.path.join(folder, name), "rb") as stream:
                    written[os.path.relpath(stream.name, self.out)] = stream.read()
        return written

    def test_four_files_are_left_and_no_temporary_one(self):
        self.write_shop(till_line(900, 31, 1, 5))
        self.convert()
        self.assertEqual(sorted(self.bytes_written()), [
            "events.csv", "items.csv", "next-basket/test.csv", "next-basket/train.csv"])


class Items(ToolTest):
    def names(self, products, lines=None):
        self.write_shop(lines or till_line(900, 31, 1, 5), products)
        self.convert()
        return {row["item_id"]: row["name"] for row in self.rows("items.csv")}

    def test_names_are_readable(self):
        names = self.names(SHOP)
        self.assertEqual(names["1"], "White milk, 1/2 gal")
        self.assertEqual(names["2"], "Ice, crushed/cubed, 22 lb")
        self.assertEqual(names["6"], "Bananas, 40 lb")

    def test_names_are_unique_and_longer_only_where_needed(self):
        shampoo = "DRUG GM,{},HAIR CARE PRODUCTS,SHAMPOO,12 OZ\n"
        names = self.names(
            "10,8," + shampoo.format("National") + "9,8," + shampoo.format("National")
            + "11,69," + shampoo.format("Private") + "12,3," + shampoo.format("National")
            + "1,8,DRUG GM,National,HAIR CARE PRODUCTS,SHAMPOO,13 OZ\n")
        self.assertEqual(names, {
            "1": "Shampoo, 13 oz",
            "9": "Shampoo, 12 oz, maker 8, no. 1", "10": "Shampoo, 12 oz, maker 8, no. 2",
            "11": "Shampoo, 12 oz, own label", "12": "Shampoo, 12 oz, maker 3"})

    def test_a_type_that_says_little_gets_its_category(self):
        names = self.names("1,8,MEAT,National,PORK,ENHANCED,\n"
                           "2,8,GROCERY,National,PASTA SAUCE,PREMIUM,16 OZ\n")
        self.assertEqual(names["1"], "Pork, enhanced")
        self.assertEqual(names["2"], "Pasta sauce, premium, 16 oz")

    def test_a_product_without_any_text_is_named_by_its_number(self):
        names = self.names("1,8,MISCELLANEOUS,National,,,\n",
                           till_line(900, 31, 1, 5) + till_line(900, 31, 777, 5))
        self.assertEqual(names, {"1": "Unnamed product 1", "777": "Unnamed product 777"})

    def test_price_is_the_median_that_was_paid(self):
        self.write_shop(
            till_line(900, 31, 1, 5, quantity=2, value="5.00") + till_line(900, 32, 1, 6)
            + till_line(900, 33, 1, 7, value="9.00") + till_line(900, 34, 2, 8, quantity=0))
        self.convert()
        prices = {row["item_id"]: row["price"] for row in self.rows("items.csv")}
        self.assertEqual(prices["1"], "2.5")
        self.assertEqual(prices["2"], "", "a price nobody paid is unknown")

    def test_till_text_is_tidied(self):
        for text, expected in (
                ("BREAD:ITALIAN/FRENCH", "bread, Italian/French"),
                ("CANDY BARS (SINGLES)(INCLUDING", "candy bars (singles)"),
                ("SW GDS:DONUTS", "sweet goods, donuts"),
                ("PUDDING&GELATIN CUPS/CANS", "pudding & gelatin cups/cans"),
                ("CHRISTMAS  SEASONAL", "Christmas seasonal"),
                ("MAYBELLINE", "Maybelline"),
                ("FRZN BRD STICK/PORTON", "frozen breaded stick/portions"),
                ("", "")):
            self.assertEqual(tool.tidy(text), expected)

    def test_sizes_are_tidied(self):
        for text, expected in (("22 LB", "22 lb"), ("8   OZ", "8 oz"), ("12.3 OZ OZ", "12.3 oz"),
                               ("24 OZS", "24 oz"), (".943 OZ", "0.943 oz"), ("", ""),
                               ("143883 4 OZ", "4 oz"), ("1.00 OZ", "1 oz"), ("750 ML", "750 ml"),
                               ("17.30 OZ", "17.3 oz"), ("100 CT", "100 ct")):
            self.assertEqual(tool.tidy_size(text), expected, text)


class NextBasket(ToolTest):
    def split(self, lines):
        self.write_shop(lines)
        self.convert()
        return self.rows("next-basket/train.csv"), self.rows("next-basket/test.csv")

    def baskets(self, rows):
        return sorted({row["basket_id"] for row in rows})

    def shopper(self, household, days, product=1):
        return "".join(till_line(household, household * 100 + day, product, day) for day in days)

    def test_the_last_basket_of_each_household_is_test(self):
        train, test = self.split(self.shopper(1, (1, 2, 3)) + self.shopper(2, (4, 6, 5)))
        self.assertEqual(self.baskets(test), ["103", "206"])
        self.assertEqual(self.baskets(train), ["101", "102", "204", "205"])

    def test_the_last_of_two_baskets_of_a_minute_is_the_one_with_the_higher_number(self):
        lines = (self.shopper(1, (1, 2, 3)) + till_line(1, 1000, 1, 9)
                 + till_line(1, 999, 1, 9))
        self.assertEqual(self.baskets(self.split(lines)[1]), ["1000"])

    def test_households_with_fewer_than_three_baskets_are_left_out(self):
        train, test = self.split(self.shopper(1, (1, 2, 3)) + self.shopper(2, (4, 5)))
        self.assertEqual({row["user_id"] for row in train + test}, {"1"})

    def test_products_on_fewer_than_five_lines_are_left_out_before_baskets_are_counted(self):
        lines = self.shopper(1, (1, 2, 3, 4, 5)) + self.shopper(2, (1, 2, 3, 4), product=2)
        train, test = self.split(lines)
        self.assertEqual({row["item_id"] for row in train + test}, {"1"})
        self.assertEqual({row["user_id"] for row in train + test}, {"1"})

    def test_fuel_and_coupons_are_left_out_but_quantity_zero_stays_with_unknown_amount(self):
        lines = (self.shopper(1, (1, 2, 3, 4, 5)) + self.shopper(1, (1, 2, 3, 4, 9), product=3)
                 + till_line(1, 106, 1, 6, quantity=0, value="0.0"))
        train, test = self.split(lines)
        self.assertEqual({row["item_id"] for row in train + test}, {"1"})
        self.assertEqual([(row["basket_id"], row["quantity"], row["price"]) for row in test],
                         [("106", "", "")])

    def test_weeks_after_48_and_repeats_within_a_basket_are_left_out(self):
        lines = (self.shopper(1, (1, 2, 3, 4, 5)) + till_line(1, 105, 1, 5)
                 + till_line(1, 199, 1, 9, week=49))
        train, test = self.split(lines)
        self.assertEqual([row["event_id"] for row in test], ["105-1"])
        self.assertEqual(len(train), 4)


class Failures(ToolTest):
    def fails(self, expected, *arguments):
        code, said = self.run_tool(*arguments)
        self.assertEqual(code, 1)
        self.assertIn(expected, said.splitlines()[-1])
        self.assertNotIn("Traceback", said)

    def test_what_went_wrong_is_said_in_one_sentence(self):
        good = till_line(900, 31, 1, 5)
        for lines, expected in (
                ("", "the transactions table has no rows"),
                (good + "900,31\n", "line 3 has 2 fields where the header has 11"),
                (till_line("", 31, 1, 5), "line 2 lacks household_id"),
                (good.replace("2017-01-05 18:05", "5 Jan"), "ts_local '5 Jan'"),
                (till_line(900, 31, 1, 5, quantity="x"), "no number"),
                (till_line(900, 31, 1, 5, quantity="inf"), "no number"),
                (till_line(900, 31, 1, 5, quantity=-1), "negative"),
                (till_line(900, 31, 1, 5, value="nan"), "negative or infinite")):
            with self.subTest(expected=expected):
                self.write_shop(lines)
                self.fails(expected)

    def test_missing_things_are_named(self):
        self.fails("no products.csv or products.csv.gz")
        self.write("products.csv", "")
        self.fails("is empty")
        self.write("products.csv", "product_id,brand\n1,Private\n")
        self.fails("has no column manufacturer_id")
        self.write("products.csv", f"{PRODUCTS}\n{SHOP}{SHOP}")
        self.fails("repeats product_id 1")
        nowhere = os.path.join(self.folder, "nowhere")
        self.fails("is not a folder", "--from", nowhere, "--out", self.out)

    def test_a_damaged_archive_is_reported(self):
        self.write_shop(till_line(900, 31, 1, 5))
        os.remove(os.path.join(self.source, "transactions.csv"))
        with open(os.path.join(self.source, "transactions.csv.gz"), "wb") as stream:
            stream.write(gzip.compress(TRANSACTIONS.encode() * 100)[:60])
        self.fails("cannot be read")

    def test_an_out_folder_that_cannot_be_made_is_reported(self):
        self.write_shop(till_line(900, 31, 1, 5))
        with open(self.out, "w", encoding="utf-8"):
            pass
        self.fails("cannot be made")

    def test_a_failing_pip_is_reported_with_its_last_line(self):
        failed = subprocess.CompletedProcess([], 1, "", "noise\nno such package")
        with mock.patch.object(tool.subprocess, "run", return_value=failed):
            self.fails("failed (no such package)", "--pypi", "--out", self.out)

    def test_only_files_with_a_known_hash_are_installed(self):
        with open(tool.REQUIREMENTS, encoding="utf-8") as stream:
            text = stream.read().replace("\\\n", " ")
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        self.assertTrue(lines)
        for line in lines:
            self.assertRegex(line, r"^[a-z-]+==[\d.]+ (; python_full_version [<>]=? '3\.11' )?"
                                   r"( *--hash=sha256:[0-9a-f]{64})+$")
        with self.package() as commands:
            self.run_tool("--pypi", "--out", self.out)
        pip, = (command for command in commands if "pip" in command)
        for option in ("--require-hashes", "--no-deps", tool.REQUIREMENTS):
            self.assertIn(option, pip)

    def test_an_environment_is_made_again_only_for_other_versions(self):
        other = os.path.join(self.folder, "other.txt")
        with open(other, "w", encoding="utf-8") as stream:
            stream.write("other versions")
        with self.package() as commands:
            for requirements, expected in ((tool.REQUIREMENTS, 1), (tool.REQUIREMENTS, 1),
                                           (other, 2)):
                with mock.patch.object(tool, "REQUIREMENTS", requirements):
                    self.run_tool("--pypi", "--out", self.out)
                self.assertEqual(sum("venv" in command for command in commands), expected)

    @contextlib.contextmanager
    def package(self):
        """Nothing is installed: commands are gathered, and the package's tables are made here."""
        commands = []

        def pretend(command, _what):
            commands.append(command)
            if "venv" in command:
                os.makedirs(os.path.join(command[-1], "bin"), exist_ok=True)
                with open(os.path.join(command[-1], "bin", "python"), "w", encoding="utf-8"):
                    pass
            if tool.PYPI_READER in command:
                self.write_shop(till_line(900, 31, 1, 5))
                for name in ("transactions.csv", "products.csv"):
                    shutil.copy(os.path.join(self.source, name), command[-1])
        with mock.patch.object(tool, "run", pretend):
            yield commands


class CommandLine(unittest.TestCase):
    def run_script(self, *arguments):
        return subprocess.run([sys.executable, TOOL, *arguments], capture_output=True,
                              text=True, check=False)

    def test_help_tells_of_both_sources_and_every_file(self):
        result = self.run_script("--help")
        self.assertEqual(result.returncode, 0)
        for text in ("--pypi", "--from", "items.csv", "events.csv", "next-basket/train.csv",
                     "nominal as UTC"):
            self.assertIn(text, result.stdout)

    def test_a_source_must_be_chosen(self):
        result = self.run_script("--out", "x")
        self.assertEqual(result.returncode, 2)
        self.assertIn("one of the arguments --from --pypi is required", result.stderr)


if __name__ == "__main__":
    unittest.main()
