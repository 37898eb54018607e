"""Who can read the files that a run makes, with the usual umask of 022."""

import os
import pathlib
import stat
import subprocess
import threading
import time

from .support import HEADER, QUICK_TRAIN, TRAIN, Case, attack


class Watch:
    """Looks at a folder all the time, so that files are seen that a command makes and removes."""

    def __init__(self, folder):
        self.folder, self.modes = folder, {}
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def look(self):
        for root, folders, files in os.walk(self.folder):
            for name in folders + files:
                path = os.path.join(root, name)
                try:
                    mode = stat.S_IMODE(os.lstat(path).st_mode)
                except OSError:
                    continue
                self.modes[path] = self.modes.get(path, 0) | mode

    def work(self):
        while not self.stopping.wait(0.002):
            self.look()

    def stop(self):
        self.stopping.set()
        self.thread.join()
        self.look()
        return self.modes


class Modes(Case):
    """Commands whose files hold something of customers."""

    def private(self, *commands, inputs=()):
        """Runs commands and looks at all that they make, also for a moment only."""
        known = {str(path) for path in self.folder.rglob("*")}
        watch = Watch(self.folder)
        for command in commands:
            self.succeed(*command)
        modes = {path: mode for path, mode in watch.stop().items() if path not in known}
        names = {path: pathlib.Path(path).relative_to(self.folder).as_posix() for path in modes}
        # A folder that nobody else may enter protects all that is in it.
        open_ = {path for path, mode in modes.items() if mode & 0o077}
        bad = sorted(names[path] for path in open_ if names[path] not in inputs)
        self.saw(f"{len(modes)} files and folders, {len(bad)} open to others")
        self.assertTrue(modes, "nothing was made")
        self.harmless([f"{name} is {modes[str(self.folder / name)]:o}" for name in bad])

    @attack("F10", "ingest: store, key, rejects")
    def test_ingest(self):
        self.file("events.csv", HEADER + "1,ann,tea,view,2026-01-01\n2,ann,tea,nope,2026-01-01\n")
        self.private(["ingest", "events.csv"])

    @attack("F4, F10", "train: models and checkpoints")
    def test_train(self):
        self.shop()
        self.private(TRAIN, QUICK_TRAIN)

    @attack("F4, F10", "train that is ended half-way: its checkpoint")
    def test_checkpoints(self):
        self.shop()
        watch = Watch(self.folder / "models")
        process = self.start(
            "train", "--epochs", 200, "--width", 32, "--backtest-customers", 0,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        limit = time.monotonic() + 30
        seen = {}
        while time.monotonic() < limit and process.poll() is None and not seen:
            time.sleep(0.05)
            seen = {path: mode for path, mode in dict(watch.modes).items()
                    if ".training" in path and os.path.isfile(path)}
        process.kill()
        process.wait()
        modes = {path: mode for path, mode in watch.stop().items() if ".training" in path}
        self.saw(f"{len(modes)} files and folders of the checkpoint")
        if not modes:
            raise RuntimeError("no checkpoint was seen")
        self.harmless([f"{os.path.basename(path)} is {mode:o}"
                       for path, mode in sorted(modes.items()) if mode & 0o077])

    @attack("F10", "report: page.html")
    def test_report(self):
        self.shop()
        self.private(["report", "customer-0003", "-o", "page.html"])

    @attack("F10", "simulate --all: fleet.jsonl, demand.csv, and what lies there meanwhile")
    def test_fleet(self):
        self.shop()
        self.private(["simulate", "--all", "--paths", 20, "--horizon", 14, "-o", "fleet.jsonl",
                      "--demand", "demand.csv"])

    @attack("F10", "report --fleet: fleet.html and fleet.csv")
    def test_fleet_report(self):
        self.shop()
        self.succeed("simulate", "--all", "--paths", 20, "--horizon", 14, "-o", "fleet.jsonl",
                     "--demand", "demand.csv")
        self.private(["report", "--fleet", "fleet.jsonl", "--demand", "demand.csv",
                      "-o", "fleet.html", "--csv", "fleet.csv"])

    @attack("F10", "twin export and graph export, all formats")
    def test_exports(self):
        self.shop()
        self.private(
            ["twin", "export", "customer-0003", "--to", "exported"],
            ["graph", "export", "shop.graphml"], ["graph", "export", "shop.jsonl"],
            ["graph", "export", "shop.cypher"],
            ["graph", "export", "--twin", "customer-0003", "twin.graphml"])

    @attack("F10", "backup --with-key, restore, migrate's and compact's copies")
    def test_copies(self):
        self.shop()
        self.private(["backup", "shop.backup", "--with-key"],
                     ["restore", "shop.backup", "--store", "second/store"],
                     ["compact", "--store", "second/store"])

    @attack("F10", "backtest and models vectors")
    def test_measures(self):
        self.shop()
        self.private(
            ["backtest", "--synthetic", "--customers", 40, "--epochs", 1, "--width", 8, "--paths",
             20, "--calibrations", 1, "--json", "backtest.json", "--html", "backtest.html"],
            ["models", "vectors", "-o", "items.txt"])

    @attack("F10", "demo: everything in its folder")
    def test_demo(self):
        self.private(["demo", "--customers", 40, "--items", 60, "--days", 60, "--epochs", 1,
                      "--width", 8])
