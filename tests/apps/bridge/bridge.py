# SPDX-License-Identifier: MIT
"""What the tests of `wsd serve --sane` share: a configuration of SANE with its `test` backend and the
puppet (puppet.c), the bridge over them, and clients that scan from it.

Runs as the tests of the command line do (../cli/cli.py), in a network namespace of its own.
"""

import json
import os
import pathlib
import re
import select
import signal
import subprocess
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).parents[2] / "interop"))

from cli import LIMIT, NET, WSD, wsd  # noqa: E402
from pixels import read_image  # noqa: E402

PUPPET_DIR = os.environ["PUPPET_DIR"]
TEST_CONF = """number_of_devices 2
depth 8
test-picture "{picture}"
geometry_min 0.0
geometry_max 200.0
geometry_quant 0.0
read-status-code "{status}"
{more}
"""


def write_lines(path, lines):
    """Whole or not at all: somebody may be reading."""
    new = pathlib.Path(str(path) + ".new")
    new.write_text("".join(f"{line}\n" for line in lines))
    new.rename(path)


class Stage:
    """Folders of a test: SANE's configuration, the puppet's orders, files that were scanned."""

    def __init__(self, picture="Color pattern", status="Default", more=""):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.path.chmod(0o755)
        sane = self.path / "sane"
        sane.mkdir()
        write_lines(sane / "dll.conf", ["test", "puppet"])
        (sane / "test.conf").write_text(TEST_CONF.format(picture=picture, status=status, more=more))
        self.orders = self.path / "orders"
        self.order()
        self.env = {**os.environ, "SANE_CONFIG_DIR": str(sane), "LD_LIBRARY_PATH": PUPPET_DIR,
                    "PUPPET": str(self.orders), "XDG_RUNTIME_DIR": str(self.path)}
        os.environ["XDG_RUNTIME_DIR"] = str(self.path)

    def order(self, **lines):
        """What the puppet does from now on, and nothing else."""
        write_lines(self.orders, [f"{key} {value}" for key, value in lines.items()])

    def out(self):
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.path))
        return folder

    def scanimage(self, device, *args, env=None):
        """The picture that scanimage makes of one page."""
        def run(limit):
            return subprocess.run(["scanimage", "-d", device, "--format", "pnm", *args],
                                  timeout=limit, capture_output=True, env=env or self.env)
        try:
            r = run(LIMIT / 2)
        except subprocess.TimeoutExpired:
            # SANE's own test backend, with nothing of ours in the process, hung once in some
            # thousand runs.
            if not device.startswith("test:"):
                raise
            r = run(LIMIT)
        if r.returncode != 0:
            raise AssertionError(f"scanimage {' '.join(args)}: {r.stderr.decode()}")
        return read_image(r.stdout)

    def cleanup(self):
        self.folder.cleanup()


class Bridge:
    """`wsd serve --sane`, ready; its events are read as they are wanted."""

    def __init__(self, stage, *devices, args=(), wsd_path=WSD, env=None):
        self.stage = stage
        wanted = [word for device in devices for word in ("--sane", device)]
        self.notes = open(stage.path / "notes", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [wsd_path, "serve", *NET, "--ipv4", "--json", "--answer-delay", "0", "--port", "0",
             *wanted, *args], stdout=subprocess.PIPE, stderr=self.notes,
            env={**stage.env, **(env or {})})
        self.rest, self.devices = b"", []
        event = self.event()
        while event["event"] == "device":
            self.devices.append(event)
            event = self.event()
        assert event["event"] == "ready", event
        self.url = self.devices[0]["url"] if self.devices else None

    def event(self, wanted=None):
        """The next event, or the next of that kind or one of those kinds."""
        while True:
            while b"\n" not in self.rest:
                if not select.select([self.process.stdout], [], [], LIMIT)[0]:
                    raise AssertionError(f"no event '{wanted}' came; {self.said()}")
                more = os.read(self.process.stdout.fileno(), 65536)
                assert more, f"wsd serve ended early: {self.said()}"
                self.rest += more
            line, _, self.rest = self.rest.partition(b"\n")
            event = json.loads(line)
            if wanted is None or event["event"] in (wanted if isinstance(wanted, tuple) else (wanted,)):
                return event

    def said(self):
        self.notes.seek(0)
        return self.notes.read()

    def hosts(self):
        """The processes that have the SANE devices."""
        r = subprocess.run(["ps", "-o", "pid=,stat=", "--ppid", str(self.process.pid)],
                           capture_output=True, text=True)
        return [int(line.split()[0]) for line in r.stdout.splitlines() if "Z" not in line]

    def end(self):
        hosts = self.hosts() if self.process.poll() is None else []
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=LIMIT)
        said = self.said()
        self.notes.close()
        assert self.process.returncode == 0, f"wsd serve ended with {self.process.returncode}: {said}"
        for pid in hosts:
            assert not os.path.exists(f"/proc/{pid}"), f"host {pid} is left behind"


# -- clients ------------------------------------------------------------------------------------


def status(url):
    return json.loads(wsd("status", url, "--json").stdout)


def scan_with_wsd(stage, url, source, mode, dpi, area):
    folder = stage.out()
    wsd("scan", url, "--quiet", "-s", source, "-m", mode, "-r", str(dpi), "-f", "png", "-A",
        ",".join(map(str, area)), "-o", f"{folder}/{{page}}.png")
    return [read_image(path.read_bytes())
            for path in sorted(folder.iterdir(), key=lambda p: int(p.stem))]


AIRSCAN_SOURCES = {"platen": "Flatbed", "adf": "ADF", "duplex": "ADF Duplex"}
AIRSCAN_MODES = {"color": "Color", "gray": "Gray"}


def airscan_environment(stage, url):
    folder = stage.path / "airscan"
    folder.mkdir(exist_ok=True)
    (folder / "dll.conf").write_text("airscan\n")
    (folder / "airscan.conf").write_text(f"[devices]\n\"Bridge\" = {url}/scan, WSD\n"
                                         "[options]\ndiscovery = disable\n")
    return {**os.environ, "SANE_CONFIG_DIR": str(folder), "HOME": str(stage.path)}


def scan_with_airscan(stage, url, source, mode, dpi, area):
    if mode not in AIRSCAN_MODES:
        return None  # 0.99.27 offers no line art of a WSD scanner
    folder = stage.out()
    place = [word for pair in zip(("-l", "-t", "-x", "-y"), map(str, area)) for word in pair]
    r = subprocess.run(["scanimage", "-d", "airscan:w0:Bridge", "--source", AIRSCAN_SOURCES[source],
                        "--mode", AIRSCAN_MODES[mode], "--resolution", str(dpi), "--format", "pnm",
                        *place, f"--batch={folder}/%d",
                        *(["--batch-count=1"] if source == "platen" else [])],
                       capture_output=True, timeout=LIMIT, env=airscan_environment(stage, url))
    pages = sorted(folder.iterdir(), key=lambda p: int(p.name))
    if not pages:
        raise AssertionError(f"scanimage of sane-airscan: {r.returncode} {r.stderr.decode()}")
    return [read_image(path.read_bytes()) for path in pages]


OWN_MODES = {"color": "Color", "gray": "Gray", "bw": "Lineart"}


def backend_environment(stage):
    """Of scanimage with libsane-wsd; the sanitizers come first where it was built with them."""
    backend = os.path.abspath(os.environ["WSD_SANE"])
    folder = stage.path / "wsd"
    folder.mkdir(exist_ok=True)
    (folder / "dll.conf").write_text("wsd\n")
    (folder / "wsd.conf").write_text("search-time = 1\n")
    needed = subprocess.run(["ldd", backend], capture_output=True, text=True, check=True).stdout
    return {**os.environ, "SANE_CONFIG_DIR": str(folder), "HOME": str(stage.path),
            "LD_LIBRARY_PATH": os.path.dirname(backend), "TMPDIR": str(stage.path),
            "LD_PRELOAD": ":".join(re.findall(r"=> (\S*lib(?:asan|ubsan)\S*) ", needed))}


def scan_with_backend(stage, url, source, mode, dpi, area):
    folder = stage.out()
    place = [word for pair in zip(("-l", "-t", "-x", "-y"), map(str, area)) for word in pair]
    r = subprocess.run(["scanimage", "-d", f"wsd:{url}", "--source", AIRSCAN_SOURCES[source],
                        "--mode", OWN_MODES[mode], "--resolution", str(dpi), "--format", "pnm",
                        "--image-format", "PNG", *place, f"--batch={folder}/%d",
                        *(["--batch-count=1"] if source == "platen" else [])],
                       capture_output=True, timeout=LIMIT, env=backend_environment(stage))
    pages = sorted(folder.iterdir(), key=lambda p: int(p.name))
    if not pages:
        raise AssertionError(f"scanimage of libsane-wsd: {r.returncode} {r.stderr.decode()}")
    return [read_image(path.read_bytes()) for path in pages]


# Another client of the last link is a row here: how it scans, and whether it scans the whole glass and
# cuts the area out by itself.
CLIENTS = {"wsd scan": (scan_with_wsd, False), "sane-airscan": (scan_with_airscan, True),
           "libsane-wsd": (scan_with_backend, False)}
