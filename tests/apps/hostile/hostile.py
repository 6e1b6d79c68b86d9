# SPDX-License-Identifier: MIT
"""What the tests against bad devices share: a device on a host of its own, and `wsd` on another.

Namespaces, TAP and the rest come from the interoperation tests (tests/interop/interop.py): the
device lives on the "server", the program runs on the "client" at the other end of the cable. So
addresses are real ones, and "outside our networks" is outside.
"""

import itertools
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "interop"))

import interop  # noqa: E402
from device import Device, Responder  # noqa: E402
from interop import SERVER, WSD, case, check, equal, main  # noqa: E402,F401

# Exit codes of the program (apps/common/exit_codes.h).
OK, FAILURE, USAGE, NOT_FOUND, REFUSED, PAPER, NETWORK, OUTPUT, INTERRUPTED = (
    0, 1, 2, 3, 4, 5, 6, 7, 130)

# Where nobody is but the device's side of the cable, and what no network of ours contains.
FOREIGN = "203.0.113.5"

folders = itertools.count()


class Result:
    """A run of the program that has ended."""

    def __init__(self, argv, code, out, err):
        self.argv, self.code, self.out, self.err = argv, code, out, err
        check("Sanitizer" not in err and "runtime error" not in err, self)
        check(code >= 0, lambda: f"died of signal {-code}\n{self}")

    def __str__(self):
        return (f"$ {' '.join(self.argv)}\nexit {self.code}\n{self.out[-3000:]}\n"
                f"{self.err[-5000:]}")

    def ended(self, code, *words):
        """Expects the exit code, and each of the words on standard error."""
        check(self.code == code, lambda: f"exit code: wanted {code}\n{self}")
        for word in words:
            check(word in self.err, lambda w=word: f"does not say {w!r}\n{self}")
        return self

    def silent_on(self, *words):
        for word in words:
            check(word not in self.err, lambda w=word: f"says {w!r}\n{self}")
        return self

    def json(self):
        return json.loads(self.out)


def setup(world):
    """The device's host has an address that is in none of our networks, and yet within reach."""
    with world.on("server"):
        interop.run_ip(f"addr add {FOREIGN}/32 dev eth0")
    return world


def device(world, host=SERVER, **options):
    with world.on("server"):
        return Device(host=host, **options)


def responder(world, answer):
    with world.on("server"):
        return Responder(answer, SERVER)


def folder(world):
    """A new empty folder."""
    path = world.path(f"pages-{next(folders)}")
    os.mkdir(path)
    return path


def run(world, *arguments, cwd=None, timeout=60, prepare=None, text=True, out=subprocess.PIPE):
    """Runs `wsd` on the client."""
    def before():
        interop.die_with_parent()
        if prepare:
            prepare()

    with world.on("client"):
        done = subprocess.run([WSD, *arguments], stdin=subprocess.DEVNULL, stdout=out,
                              stderr=subprocess.PIPE, cwd=cwd or world.directory, timeout=timeout,
                              preexec_fn=before, check=False)
    out = done.stdout or b""
    out = out.decode("utf-8", "replace") if text else out
    return Result([WSD, *arguments], done.returncode, out, done.stderr.decode("utf-8", "replace"))


def scan(world, fake, *arguments, output="page.jpg", where=None, **options):
    """A scan from the device into a folder; the folder is the result's `folder`."""
    where = where or folder(world)
    result = run(world, "scan", fake.url, "--output", output, *arguments, cwd=where, **options)
    result.folder = where
    return result


def files(path):
    """All names in a folder, those of temporaries too."""
    return sorted(os.listdir(path))


def read(path, name):
    with open(os.path.join(path, name), "rb") as file:
        return file.read()


def cancelled(fake, n=1):
    """The device was told to end its job, and nothing else."""
    jobs = [r.get("JobId") for r in fake.all("CancelJob")]
    equal(jobs, [str(fake.job)] * n, "jobs cancelled on the device")
