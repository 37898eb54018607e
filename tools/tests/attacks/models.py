"""Damaged and contradictory versions of a model, and two trainings at once."""

import json
import os
import shutil
import subprocess
import time

from .server import Server
from .support import Case, attack, megabytes
from .tensors import Tensors

INT_MAX = (1 << 63) - 1
STRACE = shutil.which("strace")
# Calls that give the files of a version their names.
PUBLISHING = "rename,renameat,renameat2,link,linkat"
BYTES_MAX = 300_000_000


def change_json(version, name, change):
    path = version / name
    value = json.loads(path.read_text("utf-8"))
    value = change(value) or value
    path.write_text(json.dumps(value), "utf-8")


def greatest_width(version):
    """The greatest width, beside gates that were made for the former one.

    A training on little data makes no gates, and only gates are compared with the width early.
    """
    def change(config):
        sources = len(config["mixture"]["names"])
        width = config["sequence"]["width"] + 1
        tensors.parts["mixture.gates"] = bytes(4 * sources * width)
        tensors.head["mixture.gates"]["shape"] = [sources, width]
        config["sequence"]["width"] = INT_MAX
    tensors = Tensors(version / "model.safetensors")
    change_json(version, "config.json", change)
    tensors.write()


def empty_gates(version):
    tensors = Tensors(version / "model.safetensors")
    if "mixture.gates" not in tensors.parts:
        raise RuntimeError("the model has no gates")
    tensors.parts["mixture.gates"] = b""
    tensors.head["mixture.gates"]["shape"] = [1 << 40, 0]
    tensors.write()


def great_json(name):
    """Makes a JSON file of a version 500 MB long without changing what it says."""
    def damage(version):
        text = (version / name).read_bytes().rstrip()
        with open(version / name, "wb") as out:
            out.write(text[:1])
            for _ in range(500):
                out.write(b" " * 1_000_000)
            out.write(text[1:])
    return damage


def reversed_catalogue(version):
    change_json(version, "catalogue.json", lambda names: names[::-1])


def one_item(version):
    change_json(version, "catalogue.json", lambda names: names[:1] * len(names))


class Damage(Case):
    """A version that cannot be used is refused with a sentence; a server keeps the one it has."""

    def version(self, damage, name="v0090"):
        self.shop()
        models = self.folder / "models/default"
        shutil.copytree(models / "v0001", models / name)
        damage(models / name)
        return name

    def refused(self, damage):
        name = self.version(damage)
        result = self.run_program("recommend", "customer-0003", "--model-version", name)
        self.saw(f"recommend: {result}, {megabytes(result.peak)}")
        self.harmless([
            "expected an exit code and one sentence" if not result.is_refusal else "",
            f"expected less than {megabytes(BYTES_MAX)}" if result.peak > BYTES_MAX else "",
            *self.server_problems(name)])

    def server_problems(self, name):
        server = Server(self)
        current = self.folder / "models/default/current"
        fresh = self.folder / "models/default/current.new"
        fresh.write_text(name + "\n", "utf-8")
        os.replace(fresh, current)
        time.sleep(2.5)
        answers = [server.get("/v1/twins/customer-0003/recommendations?paths=10"),
                   server.get("/readyz")]
        versions = [answer.json.get("model_version") for answer in answers]
        self.saw(f"a running server answers {[answer.status for answer in answers]} "
                 f"with {versions}")
        problems = [server.trouble] if server.trouble else [
            "" if versions == ["v0001"] * 2 else "expected the server to keep v0001"]
        server.kill()
        return problems

    @attack("F9", "config.json with a width of 2^63 - 1")
    def test_a_width_that_overflows(self):
        self.refused(greatest_width)

    @attack("F9", "mixture.gates of shape [2^40, 0]")
    def test_gates_without_end(self):
        self.refused(empty_gates)

    @attack("F9", "config.json of 500 MB")
    def test_a_great_configuration(self):
        self.refused(great_json("config.json"))

    @attack("F9", "catalogue.json of 500 MB")
    def test_a_great_catalogue(self):
        self.refused(great_json("catalogue.json"))

    @attack("F9", "response.json of 500 MB")
    def test_a_great_response(self):
        self.refused(great_json("response.json"))

    @attack("F9", "model.safetensors cut in half")
    def test_half_of_the_numbers(self):
        def damage(version):
            path = version / "model.safetensors"
            os.truncate(path, path.stat().st_size // 2)
        self.refused(damage)

    @attack("F9, Low", "catalogue.json in another order than the numbers")
    def test_a_catalogue_of_another_order(self):
        self.refused(reversed_catalogue)

    @attack("F9, Low", "catalogue.json with one item again and again")
    def test_a_catalogue_of_one_item(self):
        self.refused(one_item)

    @attack("F9", "a server that starts with a damaged current version")
    def test_a_start_with_a_damaged_version(self):
        name = self.version(greatest_width)
        (self.folder / "models/default/current").write_text(name + "\n", "utf-8")
        server = Server(self, wait=False)
        try:
            server.wait()
        except RuntimeError:
            self.fail(server.trouble or "the server does not answer")
        answers = [server.get("/readyz"), server.get("/v1/twins/customer-0003")]
        self.saw(f"readyz and a twin answer {[answer.status for answer in answers]}")
        self.harmless([server.trouble,
                       "expected the twin to be shown" if answers[1].status != 200 else ""])


class Trainings(Case):
    """Two trainings that publish into one folder."""

    def train_twice(self, name, rounds=3):
        problems, seen = [], []
        for number in range(rounds):
            models = f"models/{name}-{number}"
            # One takes its time to publish, if that can be arranged, and the other comes then.
            slow = [STRACE, "-f", "-qq", "-o", os.devnull, "-e", f"trace={PUBLISHING}",
                    "-e", f"inject={PUBLISHING}:delay_enter=2000000"] if STRACE else []
            runs = [self.start_training(models, slow)]
            limit = time.monotonic() + 30
            while (STRACE and time.monotonic() < limit and runs[0].poll() is None
                   and not list((self.folder / models).glob(".draft*"))):
                time.sleep(0.01)
            runs.append(self.start_training(models, []))
            ends = [run.communicate(timeout=60)[1] for run in runs]
            results = [(run.returncode, err.decode("utf-8", "replace"))
                       for run, err in zip(runs, ends)]
            problems += self.judge(self.folder / models, results, seen)
            if problems:
                break
        self.saw("exit codes " + ", ".join(seen))
        return problems

    def start_training(self, models, wrapper):
        return self.start(
            "train", "--epochs", 1, "--width", 8, "--fresh", "--backtest-customers", 0,
            "--models", models, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, wrapper=wrapper)

    @attack("F18", "two trainings of one folder at once, up to three times")
    def test_two_trainings(self):
        self.shop()
        self.harmless(self.train_twice("alone"))

    @attack("F18", "two trainings of one folder at once beside a server, up to three times")
    def test_two_trainings_beside_a_server(self):
        # The server has the store, so neither training waits for the other's hold of it.
        self.shop()
        server = Server(self)
        self.harmless([*self.train_twice("served"), server.trouble])

    def judge(self, models, results, seen):
        """What is wrong after two trainings; notes their exit codes."""
        codes = [code for code, _ in results]
        seen.append("/".join(map(str, codes)))
        versions = sorted(path.name for path in models.glob("v*") if path.is_dir())
        problems = []
        for code, err in results:
            errors = [line for line in err.splitlines() if line.startswith("Error:")]
            if code != 0 and (code < 0 or code >= 128 or len(errors) != 1):
                problems.append(f"a training ended with {code} and {len(errors)} sentences")
            if code != 0 and "busy" not in err and "another" not in err.lower() and code != 75:
                problems.append(f"a training failed as by a damage: {errors[:1]}")
        if len(versions) != codes.count(0):
            problems.append(f"{codes.count(0)} trainings succeeded, and there are {versions}")
        left = [path.name for path in models.iterdir() if path.name.startswith(".draft")]
        if left:
            problems.append(f"left behind: {left}")
        for version in versions:
            result = self.run_program("recommend", "customer-0003", "--paths", 10,
                                      "--models", models, "--model-version", version)
            if result.code != 0:
                problems.append(f"{version} cannot be used: {result}")
        return problems
