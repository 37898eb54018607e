"""Files of the user that a command must not lose."""

import subprocess
import time

from .support import HEADER, Case, attack

DEMO = ("demo", "--customers", 40, "--items", 60, "--days", 60, "--epochs", 1, "--width", 8)

# What an edge of a graph has to say, with its kind.
EDGE = {"type": "string", "weight": "double", "count": "long", "first": "long", "last": "long"}


class Losses(Case):
    @attack("F16", "a second ingest with rejected lines")
    def test_earlier_rejects_are_kept(self):
        self.file("one.csv", HEADER + "1,first-user,tea,nope,2026-01-01\n")
        self.file("two.csv", HEADER + "2,second-user,tea,nope,2026-01-01\n")
        self.succeed("ingest", "one.csv")
        second = self.succeed("ingest", "two.csv")
        texts = {path.name: path.read_text("utf-8") for path in self.folder.glob("rejects*")}
        first_in = [name for name, text in texts.items() if "first-user" in text]
        second_in = [name for name, text in texts.items() if "second-user" in text]
        self.saw(f"first line in {first_in or 'no file'}, second in {second_in or 'no file'}")
        self.harmless([
            "expected the first run's line in a file" if not first_in else "",
            "expected the second run's line in a file" if not second_in else "",
            "expected the second run to name its file"
            if second_in and second_in[0] not in second else ""])

    @attack("F17", "a second demo in a folder with the user's own files")
    def test_the_demo_keeps_other_files(self):
        self.succeed(*DEMO)
        own = ["demo/notes.txt", "demo/mine/kept.txt", "demo/models/own.txt", "demo/shop/own.csv"]
        for name in own:
            self.file(name, "mine")
        result = self.run_program(*DEMO)
        kept = [name for name in own if (self.folder / name).exists()]
        self.saw(f"{result}; kept {len(kept)} of {len(own)}")
        self.harmless([f"{name} is gone" for name in own if name not in kept])

    @attack("F22", "graph import --into a folder that somebody fills meanwhile")
    def test_an_import_keeps_what_was_made_meanwhile(self):
        count = 150_000
        self.write_graph("big.graphml", count)
        process = self.start("graph", "import", "big.graphml", "--into", "made",
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        time.sleep(0.3)
        if process.poll() is not None:
            raise RuntimeError("the import was over too soon")
        precious = self.file("made/precious.txt", "mine")
        process.wait(timeout=100)
        self.saw(f"exit code {process.returncode}, the file is "
                 f"{'there' if precious.exists() else 'gone'}")
        self.harmless([
            "expected the file to be kept" if not precious.exists() else "",
            "expected a refusal" if process.returncode == 0 and precious.exists() else ""])

    def write_graph(self, name, count):
        """A way through many nodes, as GraphML."""
        keys = "".join(f'<key id="{key}" for="edge" attr.name="{key}" attr.type="{kind}"/>'
                       for key, kind in EDGE.items())
        data = "".join(f'<data key="{key}">{"NEXT" if key == "type" else 1}</data>'
                       for key in EDGE)
        with open(self.folder / name, "w", encoding="utf-8") as out:
            out.write('<?xml version="1.0"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
                      f'{keys}<graph id="0" edgedefault="directed">')
            for node in range(count):
                out.write(f'<node id="Item:n{node}"/>')
            for node in range(count - 1):
                out.write(f'<edge source="Item:n{node}" target="Item:n{node + 1}">{data}</edge>')
            out.write("</graph></graphml>")

    @attack("F22", "graph import --into a store that is made meanwhile")
    def test_an_import_keeps_a_store_made_meanwhile(self):
        self.write_graph("big.graphml", 150_000)
        self.file("one.csv", HEADER + "1,ann,tea,view,2026-01-01\n")
        process = self.start("graph", "import", "big.graphml", "--into", "made",
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        time.sleep(0.2)
        made = self.run_program("ingest", "one.csv", "--store", "made")
        if made.code != 0 or process.poll() is not None:
            raise RuntimeError(f"the store was not made meanwhile: {made}")
        process.wait(timeout=100)
        shown = self.run_program("twin", "show", "ann", "--store", "made")
        self.saw(f"exit code {process.returncode} of the import, then twin show: {shown}")
        self.harmless(["expected the store of twins to be kept" if shown.code else ""])
