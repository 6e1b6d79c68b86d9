# SPDX-License-Identifier: MIT
"""What the tests of `wsd verify` share: a device, sound or broken, and the report of a run on it.

The support of the command line's tests does the rest (tests/apps/cli/cli.py). Where a check waits
for a minute, both sides have a clock that is turned.
"""

import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "apps/cli"))
import cli  # noqa: E402  (its folder is no package)
from cli import LIMIT, WSD  # noqa: E402

NET = ["--interface", "wsd0"]
TURNED = WSD + "-turned"
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MINUTE = 61000  # milliseconds that a check of a time limit waits


class Device:
    """`wsd serve`, ready, with the faults that it is to have."""

    def __init__(self, *faults, program=WSD, env=None, shares=None):
        options = [word for fault in faults for word in ("--break", fault)]
        options += ["--sane", shares] if shares else ["--sheets", "2"]
        self.process = subprocess.Popen(
            [program, "serve", *NET, "--quiet", "--no-control", "--answer-delay", "0", "--port",
             "0", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env=env)
        lines = []
        for line in self.process.stdout:
            if line == "ready\n":
                break
            lines.append(line.rstrip("\n").split("\t"))
        if not lines:
            raise AssertionError(f"wsd serve ended early: {self.process.stderr.read()}")
        # It names itself as loopback sees it, where there is less to test.
        self.url = lines[0][1].replace("127.0.0.1", "192.0.2.1")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        _, errors = self.process.communicate(timeout=LIMIT)
        assert self.process.returncode == 0, f"wsd serve: {self.process.returncode}\n{errors}"


def verify(device, *args, codes=(0, 9), program=WSD, **more):
    """The report of a run, as JSON."""
    run = subprocess.run([program, "verify", *NET, device.url, "--json", *args],
                         capture_output=True, text=True, timeout=300, **more)
    report = json.loads(run.stdout or "{}")
    said = [f"{c['id']}: {c['said']}" for c in report.get("checks", []) if c["state"] == "fails"]
    assert run.returncode in codes, f"{run.returncode}\n{run.stderr}\n{said}"
    assert (report["fails"] > 0) == (run.returncode == 9) or "worse" in report, run.returncode
    return report


def start(device, *args, program=WSD, env=None):
    return subprocess.Popen([program, "verify", *NET, device.url, "--json", *args], env=env,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def await_note(process, word):
    for line in process.stderr:
        if word in line:
            return
    raise AssertionError(f"it ended without '{word}'")


def states(report):
    return {check["id"]: check["state"] for check in report["checks"]}


class Clock:
    """A file that both programs read their clock's offset from."""

    def __init__(self):
        self.file = tempfile.NamedTemporaryFile()
        self.file.write(struct.pack("q", 0))
        self.file.flush()
        self.env = {**os.environ, "WSD_CLOCK": self.file.name}

    def turn(self, milliseconds, device):
        """A minute is over; who waits for that notices when somebody calls."""
        self.file.seek(0)
        now, = struct.unpack("q", self.file.read(8))
        self.file.seek(0)
        self.file.write(struct.pack("q", now + milliseconds))
        self.file.flush()
        for _ in range(2):
            try:
                urllib.request.urlopen(device.url, timeout=LIMIT).close()
            except urllib.error.HTTPError:
                pass  # it answers messages only


def list_checks():
    """Each check as the command lists it, and what it needs as its file says."""
    needs = {}
    for path in sorted((ROOT / "checks").glob("*.json")):
        for check in json.loads(path.read_text("utf-8"))["checks"]:
            needs[check["id"]] = check.get("needs", [])
    run = subprocess.run([WSD, "verify", "--list-checks", "--json"], capture_output=True, text=True,
                         timeout=LIMIT, check=True)
    return [{**json.loads(line), "needs": needs[json.loads(line)["id"]]}
            for line in run.stdout.splitlines()]


def list_faults():
    run = subprocess.run([WSD, "serve", "--break", "list"], capture_output=True, text=True,
                         timeout=LIMIT, check=True)
    return run.stdout.split()


def enter_namespace():
    """A cable with both ends here, since loopback has no multicast of IPv6; and places of its own
    for what is kept."""
    if not os.environ.get("WSD_TEST_INSIDE"):
        if subprocess.run(["unshare", "-rn", "true"], capture_output=True,
                          check=False).returncode != 0:
            sys.exit(77)
        os.environ["WSD_TEST_INSIDE"] = "1"
        script = ("ip link set lo up && ip link add wsd0 type veth peer name wsd1 && "
                  "ip link set wsd0 addrgenmode none && ip link set wsd0 up && "
                  "ip link set wsd1 up && ip addr add 192.0.2.1/24 dev wsd0 && "
                  "ip addr add fe80::1/64 dev wsd0 nodad && "
                  "ip route add 224.0.0.0/4 dev wsd0 && exec \"$@\"")
        os.execvp("unshare", ["unshare", "-rn", "sh", "-c", script, "sh", sys.executable,
                              *sys.argv])
    own = tempfile.TemporaryDirectory()
    os.environ["WSD_CACHE_PATH"] = own.name + "/devices.sqlite"
    os.environ["XDG_RUNTIME_DIR"] = os.environ["XDG_STATE_HOME"] = own.name
    return own
