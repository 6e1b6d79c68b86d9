# SPDX-License-Identifier: MIT
"""What the tests of wsd-scand share: the daemon, scanners with a person at the panel, a clock.

    test_X.py WSD-TURNED WSD-SCAND-TURNED

Hosts are those of the interoperation tests: scanners live on the "server", the daemon on the
"client" at the other end of the cable. Both programs are the builds whose clock is a file
(turned_clock.h): nothing waits for time to pass, a test turns it.
"""

import contextlib
import itertools
import json
import mmap
import os
import re
import signal
import socket
import struct
import sys
import threading
import time
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parents[1] / "interop"))
sys.path.insert(0, str(HERE.parent / "hostile"))

import interop  # noqa: E402
from interop import (ADDRESSES, CLIENT, SERVER, WSD, Failure, Program, Skip,  # noqa: E402,F401
                     case, check, diagnose, equal, main, run_ip)

SCAND = os.path.abspath(os.environ.get("WSD_SCAND") or sys.argv[2])
IN_TIME = 30  # seconds in which a scanner that came back has us on its panel again
PATIENCE = 30  # real seconds for anything that is under way to come about
STEP = 0.05
numbers = itertools.count()


def wait_for(what, test, seconds=PATIENCE, poke=None):
    """test()'s first true value."""
    until = time.monotonic() + seconds
    while True:
        value = test()
        if value:
            return value
        check(time.monotonic() < until, f"{what}: not in {seconds} s")
        if poke:
            poke()
        time.sleep(STEP)


class Clock:
    """Milliseconds that are added to the system's clock."""

    def __init__(self, path):
        self.path = path
        with open(path, "wb") as file:
            file.write(bytes(8))
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 8)
        self.wakers = []

    def now(self):
        return time.monotonic() + struct.unpack("=q", self.map[:8])[0] / 1000

    def turn(self, seconds):
        self.map[:8] = struct.pack("=q", struct.unpack("=q", self.map[:8])[0] + int(seconds * 1000))
        self.wake()

    def wake(self):
        for waker in list(self.wakers):
            waker()


class Control:
    """A control socket: a request and its answer are a line of JSON each."""

    def __init__(self, path):
        self.path = path

    def ask(self, command, timeout=PATIENCE, **more):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(timeout)
            sock.connect(self.path)
            sock.sendall(json.dumps({"command": command, **more}).encode() + b"\n")
            data = b""
            while not data.endswith(b"\n"):
                piece = sock.recv(1 << 20)
                check(piece, f"{self.path}: no answer to {command}")
                data += piece
        return json.loads(data)

    def do(self, command, **more):
        answer = self.ask(command, **more)
        check(answer["ok"], lambda: f"{command} {more}: {answer}")
        return answer


# -- the scanner ------------------------------------------------------------------------------


class Scanner(Program):
    """`wsd serve`, with a person before it. `number` is that of a device among --count."""

    def __init__(self, scene, *arguments, name="Box", host="server", port=5357):
        self.scene, self.name = scene, name
        path = f"{scene.path}/serve-{next(numbers)}.sock"
        super().__init__(scene.world, host, [
            WSD, "serve", "--json", "--quiet", "--answer-delay", "0", "--name", name, "--control",
            path, "--port", str(port), *arguments],
            env={"WSD_CLOCK": scene.clock.path})
        self.wait_line(lambda line: line.startswith("{") and json.loads(line)["event"] == "ready")
        self.control = Control(path)
        scene.clock.wakers.append(self.wake)
        scene.ends.callback(self.end)

    def wake(self):
        # Reading what it says keeps its pipe from filling up.
        self.heed()
        with contextlib.suppress(OSError, Failure):
            self.control.ask("devices")

    def heed(self):
        while self.selector.get_map() and self.selector.select(0):
            if not self.read(0):
                break

    def do(self, command, device=1, **more):
        return self.control.do(command, device=device, **more)

    def events(self, *names, device=1):
        self.heed()
        every = [json.loads(line) for line in self.lines if line.startswith("{")]
        return [e for e in every if e["event"] in names
                and (device is None or e.get("number", device) == device)]

    def entries(self, device=1):
        """What is on the panel, as the scanner tells each that comes and goes."""
        entries = []
        for event in self.events("destination-added", "destination-removed", device=device):
            entry = tuple(event[key] for key in ("destination", "name", "context", "computer"))
            if event["event"] == "destination-added":
                entries.append(entry)
            elif entry in entries:
                entries.remove(entry)
        return entries

    def panel(self, device=1):
        """The names on it."""
        return [entry[1] for entry in self.entries(device)]

    def show(self, device=1):
        return self.do("show", device=device)["device"]

    def press(self, name, device=1, source=None):
        self.do("press", device=device, destination=name,
                **({"source": source} if source else {}))

    def await_entry(self, name, device=1):
        return wait_for(f"'{name}' on the panel",
                        lambda: name in self.panel(device), poke=self.scene.heed)

    def wait_event(self, name, count=1, device=1):
        return wait_for(f"{count} {name}", lambda: len(self.events(name, device=device)) >= count,
                        poke=self.scene.heed)

    def end(self):
        if self.wake in self.scene.clock.wakers:
            self.scene.clock.wakers.remove(self.wake)
        if self.process.poll() is None or self in interop.children:
            status = self.stop()
            check("Sanitizer" not in self.text() and "runtime error" not in self.text(),
                  self.text())
            equal(status, 0, f"exit status of wsd serve, which said:\n{self.text()[-2000:]}\n")


# -- the daemon -------------------------------------------------------------------------------


def quoted(value):
    if isinstance(value, (list, tuple)):
        return "{ " + ", ".join(quoted(v) for v in value) + " }"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def lines_of(settings, indent=""):
    return "".join(f"{indent}{key.replace('_', '-')} = {quoted(value)}\n"
                   for key, value in settings.items())


# What a scan takes as little time as possible with.
QUICK = {"resolution": 75, "mode": "gray"}


class Daemon:
    """wsd-scand with folders of its own. It may be killed and started again."""

    def __init__(self, scene, host="client", general=None, destinations=None, scanners=None,
                 start=True, env=None):
        self.scene, self.host, self.env = scene, host, env or {}
        self.path = f"{scene.path}/daemon-{next(numbers)}"
        self.output, self.state = f"{self.path}/scans", f"{self.path}/state"
        os.makedirs(self.output)
        self.general = {"host": "desk", "state": self.state, "control": f"{self.path}/control",
                        "panel-name": "{destination}", **(general or {})}
        self.destinations = destinations if destinations is not None else {"Desk": {}}
        self.scanners = scanners or {}
        self.control = Control(self.general["control"])
        self.program, self.programs = None, []
        self.write()
        scene.daemons.append(self)
        scene.ends.callback(self.end)
        if start:
            self.start()

    def write(self, more=""):
        text = lines_of(self.general)
        for name, settings in self.destinations.items():
            settings = {"folder": self.output, **QUICK, **settings}
            text += f"destination {quoted(name)} {{\n{lines_of(settings, '  ')}}}\n"
        for name, settings in self.scanners.items():
            text += f"scanner {quoted(name)} {{\n{lines_of(settings, '  ')}}}\n"
        Path(f"{self.path}/scand.conf").write_text(text + more)

    def start(self, ready=True):
        self.program = Program(self.scene.world, self.host,
                               [SCAND, "--config", f"{self.path}/scand.conf", "--foreground",
                                *(["--debug"] if os.environ.get("SCAND_DEBUG") else [])],
                               env={"WSD_CLOCK": self.scene.clock.path, "HOME": self.path,
                                    **self.env})
        self.programs.append(self.program)
        self.scene.clock.wakers.append(self.wake)
        if ready:
            self.program.wait_line("ready: ")
        return self

    def wake(self):
        self.heed()
        if self.running():
            self.program.process.send_signal(signal.SIGCHLD)

    def heed(self):
        if self.program in interop.children:
            while self.program.selector.get_map() and self.program.selector.select(0):
                if not self.program.read(0):
                    break

    def running(self):
        return self.program and self.program.process.poll() is None

    def said(self):
        """All that all runs have logged."""
        self.heed()
        return "\n".join(program.text() for program in self.programs)

    def wait_said(self, text, count=1, seconds=PATIENCE):
        wait_for(f"the daemon says '{text}' ({count})",
                 lambda: self.said().count(text) >= count, seconds)

    def not_said(self, text):
        check(text not in self.said(), lambda: f"the daemon says '{text}':\n{self.said()}")

    def status(self):
        return self.control.do("status")

    def scanner(self, name=None):
        found = [s for s in self.status()["scanners"] if name in (None, s["name"])]
        return found[0] if found else None

    def scans(self):
        """The newest first."""
        return self.status()["scans"]

    def wait_scans(self, count=1, state=("done", "failed"), seconds=PATIENCE):
        """Until so many scans are over; the newest first."""
        def over():
            scans = [s for s in self.scans() if s["state"] in state]
            return scans if len(scans) >= count else None
        return wait_for(f"{count} scans that are over", over, seconds, self.heed)

    def wait_ready(self, count=1):
        return wait_for(f"{count} scanners that are ready", lambda: sum(
            s["state"] == "ready" for s in self.status()["scanners"]) >= count, poke=self.heed)

    def wait_state(self, state, name=None):
        return wait_for(f"{name or 'the scanner'} is {state}", lambda: (
            self.scanner(name) or {}).get("state") == state, poke=self.heed)

    def reload(self):
        self.program.process.send_signal(signal.SIGHUP)

    def stop(self, status=0):
        if self.program not in interop.children:
            return
        if self.wake in self.scene.clock.wakers:
            self.scene.clock.wakers.remove(self.wake)
        code = self.program.stop()
        equal(code, status, f"exit status of wsd-scand, which said:\n{self.said()}\n")

    def kill(self):
        self.scene.clock.wakers.remove(self.wake)
        self.heed()
        self.program.kill()

    def end(self):
        self.stop()
        check("Sanitizer" not in self.said() and "runtime error" not in self.said(), self.said())

    # -- folders

    def spool(self):
        """Jobs in it."""
        path = f"{self.state}/spool"
        return sorted(os.listdir(path)) if os.path.isdir(path) else []

    def wait_spool_empty(self):
        wait_for("the spool is empty", lambda: not self.spool(), poke=self.heed)

    def pages_fetched(self):
        """Names of whole pages in the spool."""
        return [str(p) for p in Path(self.state, "spool").glob("*/page-[0-9][0-9][0-9][0-9]")]

    def wait_pages(self, count, part=False):
        """Until so many pages are whole, and (part) another one has begun."""
        def there():
            parts = list(Path(self.state, "spool").glob("*/page-*.part"))
            return len(self.pages_fetched()) >= count and (not part or parts)
        return wait_for(f"{count} pages in the spool", there, poke=self.heed)

    def files(self):
        return sorted(os.listdir(self.output)) if os.path.isdir(self.output) else []

    def kept(self):
        """{name of a folder of what is incomplete: names in it}"""
        top = Path(self.general.get("incomplete", f"{self.state}/incomplete"))
        return {p.name: sorted(os.listdir(p)) for p in sorted(top.iterdir())
                if p.is_dir()} if top.is_dir() else {}

    def memory(self):
        return json.loads(Path(self.state, "state.json").read_text())


# -- documents --------------------------------------------------------------------------------


def pdf_images(data):
    """The bytes of the images of a PDF, in order; one a page."""
    pages = len(re.findall(rb"/Type\s*/Page\b", data))
    images = []
    for match in re.finditer(rb"<<((?:[^<>]|<<[^<>]*>>)*)>>\s*stream\r?\n", data):
        words = match.group(1)
        if b"/Image" not in words:
            continue
        length, elsewhere = re.search(rb"/Length\s+(\d+)(\s+0\s+R)?", words).groups()
        if elsewhere:
            length = re.search(rb"\s" + length + rb"\s+0\s+obj\s+(\d+)", data).group(1)
        length = int(length)
        images.append(data[match.end():match.end() + length])
    return pages, images


class Document:
    """A PDF whose pages are an image each."""

    def __init__(self, path):
        self.data = Path(path).read_bytes()
        check(self.data.startswith(b"%PDF-") and b"%%EOF" in self.data[-1024:],
              f"{path} is no whole PDF")
        self.pages, self.images = pdf_images(self.data)
        equal(len(self.images), self.pages, f"images of the {self.pages} pages of {path}")

    def size(self, page=0):
        return jpeg_size(self.images[page])


def jpeg_size(data):
    """(width, height, components)"""
    at = 2
    while at < len(data) - 9:
        marker, length = data[at + 1], struct.unpack(">H", data[at + 2:at + 4])[0]
        if 0xc0 <= marker <= 0xcf and marker not in (0xc4, 0xc8, 0xcc):
            height, width = struct.unpack(">HH", data[at + 5:at + 9])
            return width, height, data[at + 9]
        at += 2 + length
    raise Failure("no JPEG")


def digest(data):
    return zlib.crc32(data)


# -- what goes over the cable -----------------------------------------------------------------


class Wire:
    """Counts the messages that pass an interface."""

    WORDS = {"Subscribe": b"eventing/Subscribe<", "Unsubscribe": b"eventing/Unsubscribe<",
             "Renew": b"eventing/Renew<", "Probe": b"discovery/Probe<",
             "Resolve": b"discovery/Resolve<", "Get": b"transfer/Get<",
             "CancelJob": b"/CancelJob<", "CreateScanJob": b"/CreateScanJob<",
             "RetrieveImage": b"/RetrieveImage<", "Event": b"/ScanAvailableEvent<"}

    def __init__(self, world, host="server", interface="eth0"):
        with world.on(host):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            self.socket.bind((interface, 0))
        self.counts = dict.fromkeys(self.WORDS, 0)
        self.log = []
        self.stopped = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.socket.settimeout(0.2)
        self.thread.start()

    def run(self):
        while not self.stopped:
            try:
                frame = self.socket.recv(1 << 17)
            except socket.timeout:
                continue
            except OSError:
                continue  # the link is down
            for name, word in self.WORDS.items():
                if word in frame:
                    self.counts[name] += 1
                    self.log.append(name)

    def stop(self):
        self.stopped = True
        self.thread.join()
        self.socket.close()


# -- a case -----------------------------------------------------------------------------------


class Scene:
    """What one case plays with: a folder, a clock; all of it ends with the case."""

    def __init__(self, world):
        self.world = world
        self.path = world.path(f"scene-{next(numbers)}")
        os.makedirs(self.path)
        self.clock = Clock(f"{self.path}/clock")
        self.ends = contextlib.ExitStack()
        self.daemons, self.marked = [], 0

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        if kind:
            for daemon in self.daemons:
                diagnose(daemon.said()[-6000:])
            with contextlib.suppress(Exception):
                self.ends.close()
            return False
        self.ends.close()
        return False

    def heed(self):
        for daemon in self.daemons:
            daemon.heed()

    def scanner(self, *arguments, **options):
        return Scanner(self, *arguments, **options)

    def daemon(self, **options):
        return Daemon(self, **options)

    def wire(self, **options):
        wire = Wire(self.world, **options)
        self.ends.callback(wire.stop)
        return wire

    def turn_until(self, what, test, seconds=IN_TIME, step=1.0):
        """Turns the clock step by step, until test() holds. Returns how long it took by it."""
        began = self.clock.now()
        while True:
            # What the last turn began is over when several looks in a row show nothing new.
            for _ in range(5):
                if test():
                    return self.clock.now() - began
                time.sleep(0.02)
            took = self.clock.now() - began
            check(took < seconds, f"{what}: not in {took:.0f} s of the turned clock")
            self.clock.turn(min(step, max(0.1, seconds - took)))

    def let_pass(self, seconds, step=5.0):
        """So much time goes by, and what is due is done."""
        until = self.clock.now() + seconds
        while self.clock.now() < until:
            self.clock.turn(min(step, until - self.clock.now() + 0.001))
            time.sleep(0.05)


def scene(name):
    """Registers a case that is given a Scene."""
    def register(function):
        @case(name)
        def play(world):
            with Scene(world) as here:
                function(here)
        return function
    return register


@contextlib.contextmanager
def tmpfs(world, path, size="1m"):
    """A small file system at `path`."""
    os.makedirs(path, exist_ok=True)
    interop.syscall(interop.libc.mount(b"tmpfs", path.encode(), b"tmpfs", 0,
                                       f"size={size}".encode()), "mount tmpfs")
    try:
        yield path
    finally:
        interop.libc.umount2(path.encode(), 2)


@contextlib.contextmanager
def other_helper(program):
    """It takes the place of wsd-scand-deliver."""
    path = f"{os.path.dirname(SCAND)}/wsd-scand-deliver".encode()
    interop.syscall(interop.libc.mount(program.encode(), path, None, interop.MS_BIND, None),
                    "mount --bind")
    try:
        yield
    finally:
        interop.libc.umount2(path, 2)
