"""What all end-to-end tests share: runs of the program, a folder for each test, the server."""

import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from . import settings

SEED = int(os.environ.get("FORETWIN_TEST_SEED", "20260301"))
KEY = "00112233445566778899aabbccddeeff" * 2
HEADER = "event_id,user_id,item_id,type,timestamp\n"


def run(*arguments, cwd, stdin=None, timeout=300):
    """Runs the program and returns what it did; never waits longer than the timeout."""
    environment = {**os.environ, "FORETWIN_KEY": KEY}
    return subprocess.run(
        [settings.program, *map(str, arguments)], cwd=cwd, input=stdin, text=True, timeout=timeout,
        capture_output=True, env=environment, check=False)


def digest(folder):
    """The hash of every file below a folder, by relative path."""
    files = sorted(path for path in pathlib.Path(folder).rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


class Case(unittest.TestCase):
    """A test in a folder of its own."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="foretwin-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def file(self, name, content):
        path = pathlib.Path(self.folder, name)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, encoding="utf-8")
        return path

    def foretwin(self, *arguments, **options):
        return run(*arguments, cwd=self.folder, **options)

    def succeed(self, *arguments, **options):
        result = self.foretwin(*arguments, **options)
        self.assertEqual(result.returncode, 0, f"{arguments}: {result.stderr}")
        return result.stdout


class Server:
    """The server on a free port of this machine, stopped at the end in any case."""

    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [settings.program, "serve", "--port", str(self.port), "--log-level", "warning"],
            cwd=folder, env={**os.environ, "FORETWIN_KEY": KEY})

    def __enter__(self):
        for _ in range(300):
            try:
                self.get("/readyz")
                return self
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        self.__exit__()
        raise TimeoutError("the server did not become ready")

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=30)

    def get(self, path):
        return self.request(urllib.request.Request(f"http://127.0.0.1:{self.port}{path}"))

    def post(self, path, body):
        return self.request(urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"}))

    def request(self, request):
        with urllib.request.urlopen(request, timeout=60) as response:
            text = response.read().decode()
            return json.loads(text) if text[:1] in "{[" else text

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)
