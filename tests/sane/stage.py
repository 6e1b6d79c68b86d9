# SPDX-License-Identifier: MIT
"""What the tests of the SANE backend share: a scanner of `wsd serve` on one host, and `scanimage` with
libsane-wsd, as it was built, on the other. The hosts are those of the interoperation tests."""

import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "interop"))

import soap  # noqa: E402
from interop import Program, Serve, check, equal, run, wsd  # noqa: E402
from pixels import not_blank, read_image  # noqa: E402

BACKEND = os.path.abspath(os.environ["WSD_SANE"])
MODES = {"Color": "RGB24", "Gray": "Grayscale8", "Lineart": "BlackAndWhite1"}
SOURCES = {"Flatbed": "Platen", "ADF": "ADF", "ADF Duplex": "ADFDuplex"}
# Of `wsd serve`, in 1/1000 inch.
MEDIA = {"Flatbed": (8500, 11700), "ADF": (8500, 14000), "ADF Duplex": (8500, 14000)}
# What scanimage ends with: the status of SANE.
CANCELLED, BUSY, INVALID, JAMMED, NO_DOCS, COVER_OPEN, IO_ERROR, ACCESS_DENIED = (
    2, 3, 4, 6, 7, 8, 9, 11)


def sanitizers():
    """The libraries to load first, where the backend was built with them and scanimage was not."""
    needed = subprocess.run(["ldd", BACKEND], capture_output=True, text=True, check=True).stdout
    return ":".join(re.findall(r"=> (\S*lib(?:asan|ubsan)\S*) ", needed))


def difference(page, other):
    """Mean distance of the samples."""
    equal((page.width, page.height, page.channels), (other.width, other.height, other.channels),
          "size")
    total = sum(abs(a - b) for mine, its in zip(page.rows, other.rows) for a, b in zip(mine, its))
    return total / (page.width * page.height * page.channels)


class Stage:
    """`wsd serve`, its panel, and scanimage."""

    def __init__(self, world, *arguments, sheets=2):
        self.world = world
        self.control = world.path("control")
        self.arguments = ("--control", self.control, *arguments)
        self.preload = sanitizers()
        self.pages = {}
        self.serve = None
        self.start(sheets)
        self.configure()

    def start(self, sheets=2, port=5357, *arguments):
        if self.serve:
            self.serve.end()
        self.serve = Serve(self.world, "--answer-delay", "0", "--sheets", str(sheets),
                           *self.arguments, *arguments, port=port)
        self.device = soap.find_device(self.world)
        self.name = "wsd:" + self.device.endpoint.split(":")[-1]

    def configure(self, text="search-time = 1\n"):
        self.world.write("sane/dll.conf", "wsd\n")
        self.world.write("sane/wsd.conf", text)

    def environment(self, **more):
        return {"SANE_CONFIG_DIR": self.world.path("sane"), "HOME": self.world.directory,
                "LD_LIBRARY_PATH": os.path.dirname(BACKEND), "LD_PRELOAD": self.preload,
                "SANE_DEBUG_WSD": "2", "TMPDIR": self.world.directory, **more}

    def run(self, *arguments, status=0, timeout=120, **more):
        return run(self.world, "client", ["scanimage", *arguments], env=self.environment(**more),
                   status=status, timeout=timeout)

    def begin(self, *arguments, **more):
        """The same, to be left running."""
        return Program(self.world, "client", ["scanimage", *arguments],
                       env=self.environment(**more))

    def scan(self, *arguments, name=None, batch=False, form="pnm"):
        """The pages that scanimage made, as images."""
        folder = self.empty_folder()
        target = [f"--batch={folder}/%03d"] if batch else ["-o", folder + "/001"]
        self.run("-d", name or self.name, "--format", form, *arguments, *target)
        return self.read_folder(folder)

    def empty_folder(self):
        folder = self.world.path("out")
        os.makedirs(folder, exist_ok=True)
        for name in os.listdir(folder):
            os.unlink(os.path.join(folder, name))
        return folder

    @staticmethod
    def read_folder(folder):
        return [read_image(Path(folder, name).read_bytes()) for name in sorted(os.listdir(folder))]

    def panel(self, *arguments):
        return wsd(self.world, "panel", "--control", self.control, *arguments, host="server")

    def rendered(self, source, mode, dpi):
        """Pages as they were drawn, fetched uncompressed by the tests' own client."""
        key = source, mode, dpi
        if key not in self.pages:
            images, _ = soap.scan(self.world, self.device.service, form="dib", color=MODES[mode],
                                  dpi=dpi, source=SOURCES[source], media=MEDIA[source],
                                  region=(0, 0, *MEDIA[source]))
            self.pages[key] = [read_image(image) for image in images]
            for image in self.pages[key]:
                not_blank(image, f"the page of {key}")
        return self.pages[key]

    def jobs(self):
        """States of the jobs that are over, the last one first."""
        answer = soap.operate(self.world, self.device.service, "GetJobHistory", "").envelope
        return [node.text.strip() for node in
                answer.body.iterfind(".//wscn:JobState", namespaces=soap.NS)]

    def active(self):
        answer = soap.operate(self.world, self.device.service, "GetActiveJobs", "").envelope
        return len(list(answer.body.iterfind(".//wscn:JobSummary", namespaces=soap.NS)))

    def no_job_is_left(self):
        equal(self.active(), 0, "jobs that are left on the scanner")
        check(self.jobs(), "no job was ever there")


__all__ = ["Stage", "difference", "MODES", "SOURCES", "CANCELLED", "BUSY", "INVALID", "JAMMED", "NO_DOCS",
           "COVER_OPEN", "IO_ERROR", "ACCESS_DENIED", "BACKEND"]
