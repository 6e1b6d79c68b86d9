#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A month of wsd-scand: 20 scanners, reboots, pulled plugs, new addresses on both sides, and scans.

The clock of both hosts is turned by the test, never while something is under way. At the end every
document is there, whole and once, each panel has each of our lines once, and the daemon has as many
descriptors open as at the beginning; without a sanitizer, whose own memory grows, also as much
memory.

Arguments: wsd, wsd-turned, wsd-scand-turned. $SOAK_SCANS scans (60) in $SOAK_DAYS days (3), seed $SOAK_SEED; `make soak` lives a month with 2000.
"""

import json
import mmap
import os
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "interop"))
import interop  # noqa: E402
from interop import case, check, diagnose, equal, main  # noqa: E402

_, TURNED_WSD, TURNED_SCAND = (os.path.abspath(path) for path in sys.argv[1:4])
SCANS = int(os.environ.get("SOAK_SCANS", "60"))
SEED = int(os.environ.get("SOAK_SEED", "20261128"))
DAYS = int(os.environ.get("SOAK_DAYS", "3"))
SCANNERS, MINUTE = 20, 60 * 1000
STEP = 15 * MINUTE  # less than half of what a subscription lasts
PATIENCE = 30  # seconds

CONFIG = """
state = "{0}/state"
host = "nas"
control = "{0}/control"
history = 10
destination "Glass" {{ folder = "{0}/out" pattern = "glass-{{counter}}"
    source = platen resolution = 75 paper = "card" mode = gray }}
destination "Feeder" {{ folder = "{0}/out" pattern = "feeder-{{counter}}"
    source = adf resolution = 75 paper = "card" mode = gray }}
"""


class Clock:
    def __init__(self, path):
        self.path, self.now = path, 0
        Path(path).write_bytes(struct.pack("q", 0))
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 8)

    def turn(self, milliseconds):
        self.now += milliseconds
        self.map[:] = struct.pack("q", self.now)


class Control:
    """A control socket: a JSON object a line, both ways."""

    def __init__(self, path):
        deadline = time.monotonic() + PATIENCE
        while not os.path.exists(path):
            check(time.monotonic() < deadline, f"there is no {path}")
            time.sleep(0.05)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.file = self.socket.makefile("rw", encoding="utf-8")

    def ask(self, command, **more):
        self.file.write(json.dumps({"command": command, **more}) + "\n")
        self.file.flush()
        answer = json.loads(self.file.readline())
        check(answer["ok"], f"{command} {more}: {answer}")
        return answer


class Month:
    def __init__(self, world):
        self.world = world
        self.folder = world.path("month")
        os.makedirs(self.folder + "/out")
        self.clock = Clock(world.path("clock"))
        environment = {"WSD_CLOCK": self.clock.path}
        # Names of every device at once are no flood.
        self.serve = interop.Program(world, "server", [
            TURNED_WSD, "serve", "--count", str(SCANNERS), "--sheets", "3", "--quiet",
            "--control", self.folder + "/serve"], environment)
        self.serve.wait_line(lambda line: line.strip() == "ready")
        config = world.write("month/scand.conf", CONFIG.format(self.folder))
        self.log = Path(os.environ.get("SOAK_LOG", self.folder + "/log"))
        debug = ["--debug"] if "SOAK_LOG" in os.environ else []
        # A pipe that nobody empties would stop it after a while.
        with world.on("client"), open(self.log, "wb") as log:
            self.scand = subprocess.Popen(
                [TURNED_SCAND, "--foreground", *debug, "--config", config], stderr=log,
                env={**os.environ, **environment}, preexec_fn=interop.die_with_parent)
        self.panel = Control(self.folder + "/serve")
        self.daemon = Control(self.folder + "/control")
        self.random = random.Random(SEED)
        self.pressed = {"Glass": 0, "Feeder": 0}
        self.addresses = {"server": 1, "client": 2}
        self.presses_lost = 0

    def until(self, what, test):
        deadline = time.monotonic() + PATIENCE
        while True:
            status = self.daemon.ask("status")
            if test(status):
                return status
            check(time.monotonic() < deadline,
                  lambda: f"{what}: {json.dumps(status)[:3000]}\n{self.log.read_text()[-3000:]}")
            time.sleep(0.02)

    def wake(self):
        self.scand.send_signal(signal.SIGCHLD)
        self.panel.ask("devices")

    def listed(self, *devices):
        """Each of these scanners has each of our lines once, and both sides know it. Who has just
        come back has an Unsubscribe under way, for a moment."""
        self.all_ready()
        for device in devices or range(1, SCANNERS + 1):
            deadline = time.monotonic() + PATIENCE
            while True:
                shown = self.panel.ask("show", device=device)
                lines = sorted(d["name"] for d in shown["destinations"])
                if lines == ["Feeder (nas)", "Glass (nas)"] or time.monotonic() > deadline:
                    break
                time.sleep(0.02)
            equal(lines, ["Feeder (nas)", "Glass (nas)"], f"panel of scanner {device}")

    def all_ready(self, least=0):
        """A step of the clock may fall into a question of the watch, whose time is over then and
        whose scanner counts as gone until it is searched for again; so seconds pass until all is
        well."""
        for second in range(600):
            status = self.daemon.ask("status")["scanners"]
            if len(status) == SCANNERS and all(
                    s["state"] == "ready" and s["remaining"] > least for s in status):
                return
            time.sleep(0.01)
            if second > 10:
                self.clock.turn(1000)
                self.wake()
        check(False, json.dumps(status)[:3000])

    def pass_time(self, milliseconds):
        while milliseconds > 0:
            step = min(STEP, milliseconds)
            milliseconds -= step
            self.clock.turn(step)
            self.wake()
            self.all_ready(25 * 60)

    def come_back(self):
        """Within 30 seconds, told by the turned clock, all is as it was."""
        for _ in range(30):
            self.clock.turn(1000)
            self.wake()
            time.sleep(0.05)
            status = self.daemon.ask("status")
            if len(status["scanners"]) == SCANNERS and all(
                    s["state"] == "ready" for s in status["scanners"]):
                break
        self.listed()

    def reboot(self):
        device = self.random.randint(1, SCANNERS)
        if self.random.random() < 0.5:
            self.panel.ask("vanish", device=device)
            self.clock.turn(self.random.randint(1, 20) * 1000)
            self.wake()
        self.panel.ask("reboot", device=device)
        self.come_back()

    def move(self, host):
        """eth0 of that host gets another address; the old one goes."""
        old = self.addresses[host]
        new = self.addresses[host] = old + 2 if old < 100 else old - 98
        with self.world.on(host):
            # In this order: the kernel takes the second address away with the first.
            interop.run_ip(f"addr del 192.0.2.{old}/24 dev eth0")
            interop.run_ip(f"addr add 192.0.2.{new}/24 dev eth0")
        time.sleep(0.3)  # the kernel tells of it in its own time
        self.come_back()

    def begun(self, before):
        """A scan is there that was not; it is told of within five seconds."""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            scans = self.daemon.ask("status")["scans"]
            if scans and [scans[0].get("id"), scans[0]["began"]] != [
                    scan.get("id") for scan in before] + [scan["began"] for scan in before]:
                return True
            time.sleep(0.01)
        return False

    def scan(self):
        device = self.random.randint(1, SCANNERS)
        name = "Feeder" if self.random.random() < 0.1 else "Glass"
        before = self.daemon.ask("status")["scans"][:1]
        for _ in range(3):
            self.listed(device)
            self.panel.ask("press", device=device, destination=f"{name} (nas)")
            if self.begun(before):
                break
            # The line was made anew in that moment; a person presses again.
            self.presses_lost += 1
        self.pressed[name] += 1
        status = self.until("a scan does not end", lambda status: status["scans"]
                            and status["scans"][0]["state"] in ("done", "failed")
                            and status["scans"][:1] != before)
        scan = status["scans"][0]
        equal(scan["state"], "done", json.dumps(scan))
        equal(scan["pages"], 3 if name == "Feeder" else 1, "pages")

    def size(self):
        """Descriptors at rest (connections are kept for a moment), and memory in kB where no
        sanitizer keeps what was freed."""
        proc = Path(f"/proc/{self.scand.pid}")
        descriptors = min(self.descriptors(proc) for _ in range(30))
        memory = int(re.search(r"VmRSS:\s+(\d+)", (proc / "status").read_text())[1])
        sanitized = "libasan" in (proc / "maps").read_text()
        return descriptors, None if sanitized else memory

    @staticmethod
    def descriptors(proc):
        time.sleep(0.05)
        return len(list((proc / "fd").iterdir()))


def check_documents(month):
    files = sorted(Path(month.folder, "out").iterdir())
    equal(len(files), SCANS, "documents")
    for path in files:
        bytes_ = path.read_bytes()
        check(bytes_.startswith(b"%PDF-") and bytes_.rstrip().endswith(b"%%EOF"), f"{path.name}")
        pages = len(re.findall(rb"/Type\s*/Page\b", bytes_))
        equal(pages, 3 if path.name.startswith("feeder") else 1, f"pages of {path.name}")
    for name, count in month.pressed.items():
        equal(sum(path.name.startswith(name.lower()) for path in files), count, name)
    # That a scan is done is told when its document stands; the spool is cleared after that.
    deadline = time.monotonic() + PATIENCE
    while os.listdir(month.folder + "/state/spool") and time.monotonic() < deadline:
        time.sleep(0.05)
    equal(os.listdir(month.folder + "/state/spool"), [], "the spool")
    check(not os.path.exists(month.folder + "/state/incomplete")
          or not os.listdir(month.folder + "/state/incomplete"), "something is incomplete")


@case("a month of reboots, moves and scans loses and doubles nothing")
def month(world):
    diagnose(f"seed {SEED}, {SCANS} scans")
    month = Month(world)
    live(month)


def live(month):
    month.listed()
    descriptors = memory = None
    for number in range(1, SCANS + 1):
        if "SOAK_LOG" in os.environ:
            print(f"# scan {number}", flush=True)
        month.pass_time(DAYS * 24 * 60 * MINUTE // SCANS)
        if number % 40 == 7:
            month.reboot()
        if number % 100 == 50:
            month.move("server")
        if number % 100 == 90:
            month.move("client")
        month.scan()
        if number == max(20, SCANS // 10):
            descriptors, memory = month.size()
    check_documents(month)
    diagnose(f"{month.presses_lost} presses met a line that was being made anew")
    check(month.presses_lost <= 1 + SCANS // 100, "too many presses were lost")
    end_descriptors, end_memory = month.size()
    # Connections to scanners are kept for a while: one each, at most.
    check(end_descriptors <= descriptors + SCANNERS,
          f"open descriptors: {descriptors} early, {end_descriptors} at the end")
    if memory:
        diagnose(f"memory {memory} kB, at the end {end_memory} kB")
        check(end_memory - memory <= 512, f"memory grew from {memory} to {end_memory} kB")
    month.scand.terminate()
    equal(month.scand.wait(PATIENCE), 0, "exit status")
    said = month.log.read_text()
    check("Sanitizer" not in said, said[-5000:])
    for device in range(1, SCANNERS + 1):
        equal(month.panel.ask("show", device=device)["destinations"], [],
              f"panel of scanner {device} after the end")
    month.serve.stop()


if __name__ == "__main__":
    main()
