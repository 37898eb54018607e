"""Tests of tools/evaluate's simple methods on small cases with known answers.

Run alone, from anywhere: python3 tools/tests/test_evaluate_baselines.py
"""

import functools
import itertools
import math
import pathlib
import random
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/lib"))
sys.dont_write_bytecode = True

from evaluate import basket_baselines, baselines, click_baselines, datasets, metrics  # noqa: E402

HEADER = "user_id,item_id,type,timestamp,session_id,basket_id"


def basket_rows(**users):
    """Rows of baskets such as u="ab a c": a basket a word, an item a letter, a day apart."""
    return [f"{user},{item},purchase,2026-01-{day:02},,{user}-{day}"
            for user, baskets in users.items()
            for day, basket in enumerate(baskets.split(), 1) for item in basket]


def click_rows(sessions):
    """Rows of sessions such as "abc de": a session a word, an item a letter."""
    moments = itertools.count(1_000)
    return [f"s{number},{item},view,{next(moments)},s{number},"
            for number, session in enumerate(sessions.split()) for item in session]


class Metrics(unittest.TestCase):
    def test_baskets_by_the_definitions(self):
        lists = [["a", "x", "b"], ["x", "y", "z"]]
        targets = [{"a", "b", "c", "d"}, {"q"}]
        gain = 1 + 1 / math.log2(4)
        for ideal, length in (("full", 4), ("cut", 3)):
            found = metrics.of_baskets(lists, targets, 3, ideal)
            best = sum(1 / math.log2(rank + 2) for rank in range(length))
            self.assertEqual(found["examples"], 2)
            self.assertAlmostEqual(found["recall"]["3"], (2 / 4 + 0) / 2)
            self.assertAlmostEqual(found["ndcg"]["3"], gain / best / 2)
            self.assertAlmostEqual(found["phr"]["3"], 1 / 2)

    def test_what_is_beyond_the_length_is_no_hit(self):
        found = metrics.of_baskets([["x", "a"]], [{"a"}], 1, "cut")
        self.assertEqual((found["recall"]["1"], found["ndcg"]["1"], found["phr"]["1"]), (0, 0, 0))
        found = metrics.of_clicks([["x", "a"]], ["a"], 1)
        self.assertEqual((found["hit_rate"]["1"], found["mrr"]["1"]), (0, 0))

    def test_clicks_by_the_definitions(self):
        found = metrics.of_clicks([["a", "b"], ["b", "a"], ["c", "d"]], ["a", "a", "a"], 2)
        self.assertEqual(found["examples"], 3)
        self.assertAlmostEqual(found["hit_rate"]["2"], 2 / 3)
        self.assertAlmostEqual(found["mrr"]["2"], (1 + 1 / 2) / 3)


class Baskets(unittest.TestCase):
    def rank(self, method, setting, length, user="u", **users):
        known = basket_baselines.Baskets(HEADER, basket_rows(**users))
        ranked, = method(known, setting, [user], length)
        return "".join(ranked)

    def test_of_own_items_that_are_as_frequent_the_popular_one_is_first(self):
        users = {"u": "ab ac", "v": "c", "w": "cd d d"}
        # Popularity: d 3, c 3 (c met first), a 2, b 1.
        self.assertEqual(self.rank(basket_baselines.personal_top, (), 4, **users), "acbd")
        self.assertEqual(self.rank(basket_baselines.global_top, (), 2, **users), "cd")

    def test_who_is_not_known_gets_what_is_popular(self):
        for setting in ((1.0, 0.0, False), (0.5, 2.0, True)):
            self.assertEqual(
                self.rank(basket_baselines.blend, setting, 2, user="nobody", v="ab a"), "ab")

    def test_decay_prefers_what_was_bought_lately(self):
        users = {"u": "a a b", "v": "a"}
        # Shares are a 2/3, b 1/3; with decay 0.5: a 0.75/1.75, b 1/1.75.
        self.assertEqual(self.rank(basket_baselines.personal_top, (1.0,), 2, **users), "ab")
        self.assertEqual(self.rank(basket_baselines.personal_top, (0.5,), 2, **users), "ba")
        known = basket_baselines.Baskets(HEADER, basket_rows(**users))
        self.assertAlmostEqual(known.own("u", 0.5)["a"], 0.75 / 1.75)
        self.assertAlmostEqual(known.own("u", 0.5)["b"], 1 / 1.75)

    def test_weight_brings_in_what_is_popular(self):
        users = {"u": "a b b b", "v": "c", "w": "c", "x": "c"}
        # Own shares: a 1/4, b 3/4. Popularity in 7 baskets: a 1/7, b 3/7, c 3/7.
        for weight, expected in ((0.0, "bac"), (0.8, "bac"), (0.9, "bca"), (20.0, "bca")):
            self.assertEqual(
                self.rank(basket_baselines.blend, (1.0, weight, False), 3, **users), expected)

    def test_popularity_may_be_that_of_the_newest_baskets(self):
        users = {"u": "z", "v": "aa b", "w": "a b", "x": "a c"}
        # In all baskets: a 3/7, b 2/7, z 1/7. In the newest: b 2/4, z 1/4, c 1/4.
        self.assertEqual(self.rank(basket_baselines.blend, (1.0, 9.0, False), 2, **users), "ab")
        self.assertEqual(self.rank(basket_baselines.blend, (1.0, 9.0, True), 2, **users), "bz")

    def test_a_list_is_the_best_of_all_items_scored_one_by_one(self):
        source = random.Random(5)
        users = {f"u{number}": " ".join(
            "".join(source.sample("abcdefghijklmnop", source.randint(1, 5)))
            for _ in range(source.randint(1, 6))) for number in range(30)}
        known = basket_baselines.Baskets(HEADER, basket_rows(**users))
        for decay, weight, is_newest in itertools.product((1.0, 0.7), (0.0, 0.5, 5.0), (0, 1)):
            popularity = known.newest if is_newest else known.popularity
            lists = basket_baselines.blend(known, (decay, weight, is_newest), list(users), 6)
            for user, ranked in zip(users, lists, strict=True):
                baskets = list(enumerate(reversed(users[user].split())))
                total = sum(decay ** age for age, _ in baskets)

                def value(item):
                    own = sum(decay ** age for age, basket in baskets if item in basket) / total
                    return (round(own + weight * popularity.get(item, 0), 9),
                            known.popularity[item])
                expected = sorted(map(value, known.top), reverse=True)[:6]
                # With a weight, sums that ought to be equal may differ in their last digit.
                parts = 1 if weight else 2
                self.assertEqual([value(item)[:parts] for item in ranked],
                                 [pair[:parts] for pair in expected])

    def test_order_is_by_time_and_not_by_place_in_the_file(self):
        known = basket_baselines.Baskets(HEADER, list(reversed(basket_rows(u="a bc d"))))
        self.assertEqual([sorted(basket) for basket in known.of_user["u"]],
                         [["a"], ["b", "c"], ["d"]])

    def test_groups_of_tifu_knn(self):
        # Five baskets in two groups: two and three; within a group their mean.
        vector = basket_baselines.grouped([["a"], ["a"], ["b"], ["c"], ["b"]], 0.5, 0.1, 2)
        self.assertAlmostEqual(vector["a"], 0.1 * (0.5**4 + 0.5**3) / 2 / 2)
        self.assertAlmostEqual(vector["b"], (0.5**2 + 1) / 3 / 2)
        self.assertAlmostEqual(vector["c"], 0.5 / 3 / 2)
        # Fewer baskets than groups are a group each, and the last counts whole.
        vector = basket_baselines.grouped([["a"], ["b"]], 1.0, 0.5, 5)
        self.assertAlmostEqual(vector["a"], 0.5**4 / 2)
        self.assertAlmostEqual(vector["b"], 0.5**3 / 2)

    def test_tifu_knn_takes_the_nearest_and_never_oneself(self):
        users = {"u": "ab", "v": "abc", "w": "xyz", "x": "ax"}
        setting = (1, 1.0, 1.0, 1, 0.5)
        self.assertEqual(self.rank(basket_baselines.tifu_knn, setting, 3, **users)[2], "c")
        # Of those who share nothing the one with the shortest vector is nearest.
        users = {"u": "ab", "w": "wxyz", "x": "q"}
        self.assertEqual(self.rank(basket_baselines.tifu_knn, setting, 3, **users)[2], "q")

    def test_tifu_knn_is_the_sum_of_all_vectors_worked_out_one_by_one(self):
        source = random.Random(6)
        users = {f"u{number}": " ".join(
            "".join(source.sample("abcdefghijklmnop", source.randint(1, 5)))
            for _ in range(source.randint(1, 6))) for number in range(30)}
        known = basket_baselines.Baskets(HEADER, basket_rows(**users))
        vectors = {user: basket_baselines.grouped(known.of_user[user], 0.9, 0.7, 3)
                   for user in users}

        def distance(user, other):
            return sum((vectors[user].get(item, 0) - vectors[other].get(item, 0)) ** 2
                       for item in known.top)
        for weight in (0.1, 0.6):
            lists = basket_baselines.tifu_knn(known, (4, 0.9, 0.7, 3, weight), list(users), 5)
            for user, ranked in zip(users, lists, strict=True):
                others = sorted((other for other in users if other != user),
                                key=lambda other: distance(user, other))[:4]

                def value(item):
                    mean = sum(vectors[other].get(item, 0) for other in others) / 4
                    return round(weight * vectors[user].get(item, 0) + (1 - weight) * mean, 9)
                self.assertEqual([value(item) for item in ranked],
                                 sorted(map(value, known.top), reverse=True)[:5])


class Clicks(unittest.TestCase):
    def rank(self, method, setting, clicks, length, sessions):
        known = click_baselines.Sessions(HEADER, click_rows(sessions))
        ranked, = method(known, setting, [list(clicks)], length)
        return "".join(ranked)

    def test_examples_are_all_beginnings_of_sessions(self):
        examples, targets = click_baselines.asked(HEADER, click_rows("abc de f"))
        self.assertEqual(examples, [["a"], ["a", "b"], ["d"]])
        self.assertEqual(targets, ["b", "c", "e"])

    def test_items_that_are_clicked_together(self):
        sessions = "ab ab ac cd cd cd"
        # To a: b 2/√2, c 1/√4, a itself 3/√3.
        for kept, expected in ((False, "bc"), (True, "abc")):
            self.assertEqual(self.rank(
                functools.partial(click_baselines.item_knn, is_kept=kept), (0,), "xa",
                len(expected), sessions), expected)
        # λ = 100 turns the order of a pair that was seen once and one that was seen twice.
        sessions = "ae ab ab bb bc bd bf bg"
        for shrinkage, expected in ((0, "e"), (100, "b")):
            self.assertEqual(self.rank(
                functools.partial(click_baselines.item_knn, is_kept=False), (shrinkage,), "a", 1,
                sessions), expected)

    def test_rules_count_soon_ones_more_and_are_directed(self):
        # After a: b 1, c 1/2 + 1/2, d 1/3 and x 1; before it z, which is no rule.
        sessions = "abcd axc za"
        self.assertEqual(self.rank(
            click_baselines.sequential_rules, (3,), "a", 4, sessions), "cbxd")
        self.assertEqual(self.rank(
            click_baselines.sequential_rules, (1,), "a", 2, sessions), "bx")

    def test_what_no_rule_knows_is_filled_with_what_is_popular(self):
        self.assertEqual(self.rank(
            click_baselines.sequential_rules, (1,), "q", 2, "ab ab cb"), "ba")
        self.assertEqual(self.rank(click_baselines.popular, (), "q", 2, "ab ab cb"), "ba")

    def test_neighbours_with_later_clicks_in_common_come_first(self):
        # Of a b, b weighs twice a: the session b y is nearer than a x.
        sessions = "ax by"
        self.assertEqual(self.rank(
            click_baselines.v_sknn, (10, 1, 0), "ab", 2, sessions), "by")
        # Scores by hand: a x 1/2 · 0.8, b y 1 · 0.9.
        self.assertEqual(self.rank(
            click_baselines.v_sknn, (10, 2, 0), "ab", 4, sessions), "byax")

    def test_only_the_newest_sessions_are_looked_at(self):
        self.assertEqual(self.rank(
            click_baselines.v_sknn, (1, 5, 0), "a", 3, "ab ab ac")[:2], "ac")

    def test_rare_items_count_more_with_a_power_of_rarity(self):
        # The first session is the only neighbour; of its items b is in all four sessions.
        for rarity, expected in ((0, "bca"), (1, "acb")):
            self.assertEqual(self.rank(
                click_baselines.v_sknn, (9, 9, rarity), "a", 3, "abc bq bq cb"), expected)


class Choice(unittest.TestCase):
    """Settings are chosen on the validation cut alone."""

    def task(self):
        return datasets.ALL["ta-feng"].task

    def fold(self, seed, is_test=False):
        source = random.Random(seed)
        users = {f"u{number}": " ".join(
            "".join(source.sample("abcdefghijklmnopqrstuvwxyz", 4))
            for _ in range(source.randint(2, 5))) for number in range(12)}
        rows = basket_rows(**users)
        return HEADER, rows, [row.replace("2026-01", "2026-02") for row in basket_rows(**{
            user: "".join(source.sample("nopqrstuvwxyz" if is_test else "abcdefghijklm", 3))
            for user in users})]

    def test_another_test_part_never_changes_a_choice(self):
        validation = self.fold(1)
        chosen = []
        figures = set()
        for seed in range(2, 12):
            found = baselines.results(self.task(), validation, self.fold(seed, is_test=True))
            chosen.append({title: result["setting"] for title, result in found.items()})
            figures.add(found["decayed own share + w × popularity"]["recall"]["10"])
        self.assertGreater(len(figures), 1)
        for other in chosen[1:]:
            self.assertEqual(other, chosen[0])
        names = self.task().baselines[3].names
        self.assertEqual(
            dict(zip(names, baselines.choose(self.task(), validation)[
                "decayed own share + w × popularity"])),
            chosen[0]["decayed own share + w × popularity"])

    def test_another_validation_cut_does(self):
        chosen = {str(baselines.choose(self.task(), self.fold(seed))) for seed in range(5)}
        self.assertGreater(len(chosen), 1)

    def test_the_best_setting_is_chosen_and_the_first_of_equal_ones(self):
        def rank(known, setting, examples, length):
            del known, length
            for example in examples:
                yield [example + setting[0]]
        method = baselines.Baseline("m", rank, ("n",), ((0,), (1,), (2,), (1.0,)))
        task = baselines.Task(
            lambda header, rows: rows, lambda header, rows: (rows, [2, 3, 5]),
            lambda lists, targets: metrics.of_clicks(lists, targets, 1), 1, ("hit_rate", "mrr"),
            (method,))
        fold = "header", [], [1, 2, 3]
        self.assertEqual(baselines.choose(task, fold), {"m": (1,)})
        found = baselines.results(task, fold, ("header", [], [0, 1, 2]))["m"]
        self.assertEqual(found["setting"], {"n": 1})
        self.assertEqual(found["hit_rate"], {"1": 0})

    def test_where_nothing_is_asked_the_first_setting_is_taken(self):
        fold = HEADER, basket_rows(u="a b"), []
        for title, setting in baselines.choose(self.task(), fold).items():
            method, = (method for method in self.task().baselines if method.title == title)
            self.assertEqual(setting, method.settings[0])


if __name__ == "__main__":
    unittest.main()
