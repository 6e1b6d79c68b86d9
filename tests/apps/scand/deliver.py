# SPDX-License-Identifier: MIT
"""What the tests of wsd-scand-deliver share: a spool, pages drawn for it, the worker and its events.

    test_X.py WSD DELIVER DRAW [FAILING]
"""

import ctypes
import functools
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "interop"))
import interop  # noqa: E402
from interop import Skip, case, check, equal, main  # noqa: E402,F401

DELIVER, DRAW = (os.path.abspath(path) for path in sys.argv[2:4])
FAILING = os.path.abspath(sys.argv[4]) if len(sys.argv) > 4 else None
BEGAN = 1795370310
DRAWN = tempfile.TemporaryDirectory(prefix="wsd-drawn-")


@functools.lru_cache(maxsize=None)
def draw(form="jpeg", kind="text", seed=1, width=620, height=876, dpi=75):
    """The bytes of a page, A4 unless said otherwise."""
    path = f"{DRAWN.name}/page"
    subprocess.run([DRAW, form, str(width), str(height), str(dpi), kind, str(seed), path],
                   check=True)
    return Path(path).read_bytes()


def a4(form, kind, seed=1, dpi=200):
    return draw(form, kind, seed, round(210 / 25.4 * dpi), round(297 / 25.4 * dpi), dpi)


class Job:
    """A job in a spool of its own, with a folder to deliver to and one for what is incomplete."""

    def __init__(self, *pages, base=None, end=True, id="20261122-183830-test", **order):
        self.root = tempfile.mkdtemp(prefix="wsd-deliver-", dir=base)
        self.archive, self.incomplete = f"{self.root}/archive", f"{self.root}/incomplete"
        self.id = id
        self.path = f"{self.root}/spool/{id}"
        os.makedirs(self.path)
        os.mkdir(self.archive)
        os.mkdir(self.incomplete)
        self.order = {"version": 1, "id": id, "began": BEGAN, "title": "A title",
                      "device": "Office MFP", "uuid": "urn:uuid:1234", "destination": "Archive",
                      "dpi": [75, 75], "format": "pdf", "folder": self.archive,
                      "pattern": "{date}-{time}-{device}", "quality": 0, "mode": -1,
                      "drop_blank": False, "broken": "keep", "incomplete": self.incomplete, **order}
        self.order = {key: value for key, value in self.order.items() if value is not None}
        self.write("job.json", json.dumps(self.order))
        self.pages = 0
        for page in pages:
            self.page(page)
        if end:
            self.end()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for folder in (self.archive, self.incomplete):
            if os.path.ismount(folder):
                umount(folder)
        shutil.rmtree(self.root, ignore_errors=True)

    def write(self, name, text):
        path = Path(self.path, name + ".part")
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.rename(Path(self.path, name))

    def page(self, data):
        self.pages += 1
        self.write(f"page-{self.pages:04}", data)
        return self.pages

    def end(self, why=None):
        self.write("end.json", json.dumps({"complete": why is None, **({"why": why} if why else {})}))

    def run(self, status=0, said="", program=None, **env):
        """The worker from beginning to end; its events."""
        result = subprocess.run([*(program or [DELIVER]), self.path], input=said.encode(),
                                capture_output=True, timeout=120, check=False,
                                env={**os.environ, **env})
        errors = result.stderr.decode("utf-8", "replace")
        check("Sanitizer" not in errors and "runtime error" not in errors, errors)
        check(status is None or result.returncode == status,
              f"status {result.returncode}: {result.stdout.decode()} {errors}")
        return Events(result.stdout)

    def start(self, program=None, **env):
        return subprocess.Popen([*(program or [DELIVER]), self.path], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env={**os.environ, **env}, start_new_session=True)

    def journal(self):
        path = Path(self.path, "delivered.json")
        return json.loads(path.read_text()) if path.exists() else None

    def files(self, folder=None):
        return sorted(os.listdir(folder or self.archive))

    def file(self, number=0):
        return Path(self.archive, self.files()[number])


class Events(list):
    def __init__(self, text):
        super().__init__(json.loads(line) for line in text.decode().splitlines())

    def of(self, name):
        return [event for event in self if event["event"] == name]

    def one(self, name):
        found = self.of(name)
        check(len(found) == 1, f"wanted one {name} in {self}")
        return found[0]

    @property
    def last(self):
        check(self, "there are no events")
        return self[-1]

    def done(self):
        equal(self.last["event"], "done", f"last event of {self}")
        return self.last

    def failed(self, code):
        equal(self.last["event"], "failed", f"last event of {self}")
        equal(self.last["code"], code, f"code in {self.last}")
        check("; " in self.last["what"] or ". " in self.last["what"], self.last["what"])
        return self.last


def tool(*arguments, binary=False):
    result = subprocess.run(arguments, capture_output=True, check=False)
    check(result.returncode == 0, f"{arguments}: {result.stderr.decode()}")
    return result.stdout if binary else result.stdout.decode("utf-8", "replace")


def pdf_images(path):
    """(type, width, height, colour, encoding) of each page's image."""
    rows = [line.split() for line in tool("pdfimages", "-list", str(path)).splitlines()[2:]]
    return [(row[2], int(row[3]), int(row[4]), row[5], row[8]) for row in rows]


def pdf_jpegs(path):
    """The very bytes of the JPEG files inside."""
    with tempfile.TemporaryDirectory() as folder:
        tool("pdfimages", "-j", str(path), f"{folder}/i")
        return [file.read_bytes() for file in sorted(Path(folder).iterdir())]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width, height, data):
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", data) + chunk(b"IEND", b""))


def png_bomb(width, height):
    """A head that promises a lot, and an end."""
    return png_of(width, height, zlib.compress(bytes(1 << 20)))


def jpeg_bomb(width, height):
    """A JPEG whose frame header was replaced."""
    data = bytearray(draw("jpeg-gray"))
    at = data.index(b"\xff\xc0")
    data[at + 5:at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def tmpfs(path, options, flags=0):
    interop.syscall(interop.libc.mount(b"tmpfs", path.encode(), b"tmpfs", flags, options.encode()),
                    "mount -t tmpfs")


def umount(path):
    interop.syscall(interop.libc.umount2(path.encode(), 2), "umount")


IN_MOVED_TO, IN_CREATE = 0x80, 0x100


class Consumer:
    """An import folder's owner: takes each file away the moment that it has its name."""

    def __init__(self, folder, taken):
        self.folder, self.taken = folder, taken
        os.makedirs(taken, exist_ok=True)
        self.count = 0
        self.fd = interop.libc.inotify_init1(0o2000000)
        check(self.fd >= 0, "inotify")
        interop.libc.inotify_add_watch(self.fd, ctypes.c_char_p(folder.encode()),
                                       IN_MOVED_TO | IN_CREATE)
        self.thread = threading.Thread(target=self.consume, daemon=True)
        self.thread.start()

    def take(self, name):
        if name.startswith("."):
            return True
        if name == "stop":
            return False
        try:
            os.rename(f"{self.folder}/{name}", f"{self.taken}/{self.count}-{name}")
            self.count += 1
        except FileNotFoundError:
            pass
        return True

    def consume(self):
        while True:
            data, at = os.read(self.fd, 65536), 0
            while at < len(data):
                length = struct.unpack_from("iIII", data, at)[3]
                name = data[at + 16:at + 16 + length].rstrip(b"\0").decode()
                if not self.take(name):
                    return
                at += 16 + length

    def stop(self):
        """All that has its name by now is taken."""
        Path(self.folder, "stop").touch()
        self.thread.join(20)
        os.unlink(f"{self.folder}/stop")
        os.close(self.fd)


def kill(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
