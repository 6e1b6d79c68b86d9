# SPDX-License-Identifier: MIT
"""What the tests of the command line share: running the tool, `wsd serve`, a device by script.

Each test program runs as "NAME.py WSD GEN_DOCS ROOT [CASE...]" in a network namespace of its own,
with a cache of devices and a place for control sockets of its own. It exits with 77 (skipped) where
no namespace may be made. Nothing sleeps: servers tell when they are ready, and the scripted device
answers as each test says.
"""

import http.server
import os
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

WSD, GEN_DOCS, ROOT = (os.path.abspath(a) for a in sys.argv[1:4])
LIMIT = 60
NET = ["--loopback"]


def wsd(*args, code=0, **more):
    """Runs the tool and checks how it ended."""
    r = subprocess.run([WSD, *args], capture_output=True, timeout=LIMIT, **{"text": True, **more})
    if r.returncode != code:
        raise AssertionError(f"wsd {' '.join(args)}: {r.returncode}, not {code}\n{r.stdout}{r.stderr}")
    return r


class Server:
    """`wsd serve`, ready."""

    def __init__(self, *args):
        self.process = subprocess.Popen(
            [WSD, "serve", *NET, "--quiet", "--answer-delay", "0", "--port", "0", *args],
            stdout=subprocess.PIPE, text=True)
        self.devices = []
        for line in self.process.stdout:
            if line == "ready\n":
                return
            self.devices.append(line.rstrip("\n").split("\t"))
        raise AssertionError("wsd serve ended early")

    @property
    def url(self):
        return self.devices[0][1]

    @property
    def uuid(self):
        return self.devices[0][2]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.stdout.read()
        self.process.stdout.close()
        assert self.process.wait(LIMIT) == 0, "wsd serve did not end cleanly"


class Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, headers, body = self.server.answer
        if status is None:  # cut
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\n"
                             b"Content-Length: 500\r\n\r\n<soap:Env")
            self.close_connection = True
            return
        if status == 0:  # no answer at all
            self.server.hold.wait(LIMIT)
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Scripted:
    """A device that answers everything with one thing."""

    def __init__(self, status, body=b"", **headers):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.server.answer = (status, headers, body)
        self.server.hold = threading.Event()
        threading.Thread(target=self.server.serve_forever, args=(0.01,)).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/device"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.hold.set()
        self.server.shutdown()
        self.server.server_close()


def enter_namespace():
    if os.environ.get("WSD_TEST_INSIDE"):
        return
    script = ("ip link set lo up && ip link set lo multicast on && "
              "ip route add 224.0.0.0/4 dev lo && exec \"$@\"")
    if subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode != 0:
        sys.exit(77)
    os.environ["WSD_TEST_INSIDE"] = "1"
    os.execvp("unshare", ["unshare", "-rn", "sh", "-c", script, "sh", sys.executable, *sys.argv])


def main():
    enter_namespace()
    own = tempfile.TemporaryDirectory()
    os.environ["WSD_CACHE_PATH"] = own.name + "/devices.sqlite"
    os.environ["XDG_RUNTIME_DIR"] = own.name  # of the control sockets
    os.environ["XDG_STATE_HOME"] = own.name
    unittest.main(module="__main__", argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
