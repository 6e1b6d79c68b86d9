#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The memory of the program that reads PDF is bounded, whatever it is given. It is built without
sanitizers for this, which need more addresses than the bound leaves."""

import os
import resource
import struct
import subprocess
import zlib

from stage import Stage  # noqa: F401  (where the tests find each other)

import pdf_file
from interop import case, check, equal, main
from pixels import Image

READER = os.environ["WSD_PDF_PLAIN"]
BOUND = 512 << 20   # sane/bounds.h
HELLO = 28          # struct pdf_hello, before the answer


def table_of(mebibytes):
    """A PDF whose table of objects is so large, packed into a thousandth of it: it is read whole."""
    pack = zlib.compressobj(9)
    data = b"".join(pack.compress(bytes(1 << 20)) for _ in range(mebibytes)) + pack.flush()
    return (b"%%PDF-1.5\n1 0 obj\n<</Type /XRef /Size 10 /W [1 4 2] /Root 2 0 R /Filter /FlateDecode "
            b"/Length %d>>\nstream\n%s\nendstream\nendobj\nstartxref\n9\n%%%%EOF\n" % (len(data), data))


def answer(said):
    """Result and number of pages, behind the pieces of the images (sane/pdf_reader.h)."""
    at, size = HELLO, 1
    while size:
        size = struct.unpack_from("I", said, at)[0]
        at += 4 + size
    return struct.unpack_from("iI", said, at)


def page():
    return bytes(pdf_file.Document().page(Image(40, 50, 1, [bytes(40)] * 50)))


def read(pdf, hard=None):
    """What the reader says, and the most memory that it had."""
    def bounded():
        if hard:
            resource.setrlimit(resource.RLIMIT_AS, (hard, hard))

    with open("given.pdf", "wb") as file:
        file.write(pdf)
    with open("given.pdf", "rb") as given, open("said", "w+b") as said:
        # pylint: disable-next=subprocess-popen-preexec-fn
        process = subprocess.Popen([READER, "0"], stdin=given, stdout=said, preexec_fn=bounded)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        return process.returncode, said.read(), used.ru_maxrss * 1024


def setup(world):
    os.chdir(world.path("."))
    return world


@case("a packed table of 800 MB: an error, within 512 MiB")
def bomb(_):
    status, said, peak = read(table_of(800))
    equal(status, 0, said)
    check(b"it is damaged" in said, said)
    check(peak <= BOUND, f"{peak >> 20} MiB")


@case("one that fits is read to its end, with more memory than a page needs")
def fits(_):
    status, said, peak = read(table_of(100))
    equal(status, 0, said)
    check(b"some of its pages are missing" in said, said)
    check(peak > 100 << 20, f"{peak >> 20} MiB")


@case("where less is allowed already, that holds, and a plain page is read")
def less(_):
    status, said, _ = read(page(), 128 << 20)
    equal(status, 0, said)
    equal(answer(said), (0, 1), said)
    status, said, peak = read(table_of(100), 128 << 20)
    check(status != 0 or b"it is damaged" in said, said)
    check(peak <= 128 << 20, f"{peak >> 20} MiB")


main(setup=setup)
