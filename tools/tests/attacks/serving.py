"""How the server starts, is set up, and ends."""

import os
import re
import resource
import subprocess
import time

from .server import Server
from .support import Case, attack


class Starting(Case):
    """Settings that do not fit."""

    def refuses(self, *arguments, seconds=20, **options):
        """Whether serve ends with a sentence; returns what it said."""
        server = Server(self, *arguments, wait=False, **options)
        try:
            code = server.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            code = None
        errors = [line for line in server.said.splitlines() if line.startswith("Error:")]
        server.kill()
        self.saw(f"exit code {code}" if code is not None else f"serves {seconds} s later")
        self.saw(errors[0][:160] if errors else "")
        return code is not None and 0 < code < 128 and len(errors) == 1, server.said

    @attack("Low", "serve --store with a slip of the pen")
    def test_a_store_that_is_not_there(self):
        self.shop()
        refused, _ = self.refuses("--store", "graph-data/stoer", seconds=8)
        made = sorted(name for name in os.listdir(self.folder / "graph-data") if "stoer" in name)
        self.saw(f"made: {', '.join(made) or 'nothing'}")
        self.harmless(["expected a sentence and the end" if not refused else "",
                       "expected no new store" if made else ""])

    @attack("H3", "serve --model-version of another version than the current one")
    def test_the_version_that_is_asked_for_is_served(self):
        self.shop()
        models = self.folder / "models/default"
        subprocess.run(["cp", "-r", models / "v0001", models / "v0002"], check=True)
        server = Server(self, "--model-version", "v0002")
        ready = server.get("/readyz")
        answer = server.get("/v1/twins/customer-0003/recommendations?paths=10")
        time.sleep(1.5)
        later = server.get("/readyz")
        versions = [one.json.get("model_version") for one in (ready, answer, later)]
        self.saw(f"readyz, recommendations and readyz again name {versions}")
        self.assertEqual(versions, ["v0002"] * 3, "expected v0002")

    @attack("H3", "serve --model-version v0099, which is not there")
    def test_a_version_that_is_not_there(self):
        self.shop()
        refused, _ = self.refuses("--model-version", "v0099", seconds=8)
        self.assertTrue(refused, "expected a sentence and the end")

    @attack("M6", "advice after --host 0.0.0.0")
    def test_advice_names_what_exists(self):
        self.shop()
        refused, said = self.refuses("--host", "0.0.0.0", seconds=8)
        help_text = self.help("serve")
        named = set(re.findall(r"--[a-z][a-z-]+", said)) - {"--host"}
        missing = [name for name in named if name not in help_text]
        advises = re.search(r"allow\w* remote|remote access", said)
        has_flag = re.search(r"--[a-z-]*(remote|expose|public|unsafe|insecure)", help_text)
        self.harmless([
            "expected a refusal without a flag" if not refused else "",
            f"advises {', '.join(missing)}, which serve lacks" if missing else "",
            "advises remote access, for which serve has no flag"
            if advises and not has_flag else ""])

    @attack("M6", "advice of twin erase while a server runs")
    def test_advice_about_a_running_server(self):
        self.shop()
        server = Server(self)
        erasing = self.run_program("twin", "erase", "customer-0001", "--yes")
        consent = self.run_program("twin", "consent", "customer-0001", "--forbid", "weather")
        can_delete = server.ask("DELETE", "/v1/twins/nobody-at-all").status not in (404, 405)
        problems = []
        for name, result in (("erase", erasing), ("consent", consent)):
            self.saw(f"{name}: {result}")
            if result.code == 75 and re.search(r"over HTTP", result.err) and not can_delete:
                problems.append(f"{name} advises HTTP, which cannot do it")
        self.harmless(problems)


class Ending(Case):
    """Signals and surroundings of a running server."""

    @attack("F25", "core files of a server with the key in memory")
    def test_no_core_is_written(self):
        self.shop()
        soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        if hard == 0:
            self.skipTest("core files are forbidden here anyway")
        server = Server(self, wrapper=["prlimit", "--core=1000000"])
        with open(f"/proc/{server.process.pid}/limits", encoding="ascii") as limits:
            line = next(line for line in limits if line.startswith("Max core file size"))
        owner = os.stat(f"/proc/{server.process.pid}/environ").st_uid
        is_hidden = os.getuid() != 0 and owner != os.getuid()
        self.saw(" ".join(line.split()))
        self.assertTrue(line.split()[4] == "0" or is_hidden,
                        "expected a limit of 0, or a process that cannot be dumped")

    @attack("Low", "a log that nobody reads: a full pipe on standard error")
    def test_a_log_that_nobody_reads(self):
        self.shop()
        read_end, write_end = os.pipe()
        self.addCleanup(os.close, read_end)
        server = Server(self, level="info", stderr=write_end)
        os.close(write_end)
        answered = 0
        limit = time.monotonic() + 40
        for _ in range(1500):
            if server.get("/healthz", timeout=3).status != 200 or time.monotonic() > limit:
                break
            answered += 1
        self.saw(f"{answered:,} of 1,500 answered")
        self.harmless([server.trouble, "expected all" if answered < 1500 else ""])

    @attack("Low", "200 connections to a server of 128 descriptors")
    def test_too_few_descriptors(self):
        self.shop()
        server = Server(self, wrapper=["prlimit", "--nofile=128"])
        connections = []
        for _ in range(200):
            try:
                connections.append(server.connect(timeout=2))
            except OSError:
                break
        time.sleep(0.5)
        before = server.processor_seconds
        time.sleep(5)
        spent = server.processor_seconds - before
        for connection in connections:
            connection.close()
        time.sleep(1)
        health = server.get("/healthz", timeout=10)
        self.saw(f"{len(connections)} connected, {spent:.1f} s of a processor in 5 s, "
                 f"{len(server.said)} bytes of log; afterwards healthz: {health}")
        self.harmless([
            server.trouble, "expected less than 0.3 s of a processor" if spent >= 0.3 else "",
            "expected healthz to answer afterwards" if health.status != 200 else ""])

    @attack("Low", "readyz after the store's folder has been moved away")
    def test_a_store_that_was_moved(self):
        self.shop()
        server = Server(self)
        self.assertEqual(server.get("/readyz").status, 200)
        os.rename(self.folder / "graph-data", self.folder / "elsewhere")
        time.sleep(1.5)
        answer = server.get("/readyz")
        self.saw(answer)
        self.assertEqual(answer.status, 503, "expected 503")

    @attack("F24", "the version of LMDB, which decides what a damaged file does")
    def test_the_version_names_the_database(self):
        result = self.run_program("--version")
        self.saw(" ".join(result.out.split()))
        self.assertRegex(result.out, r"(?i)lmdb\s+(version\s+)?\d", "expected LMDB and its version")
