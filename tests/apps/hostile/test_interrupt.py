# SPDX-License-Identifier: MIT
"""Ctrl-C: the program ends soon with exit code 130, and the device knows that the job is over."""

import signal
import threading
import time

from device import JPEG, Reply, adf, fault, image_head, image_reply, multipart_type, status
from hostile import (INTERRUPTED, WSD, cancelled, case, check, device, equal, files, folder, main,
                     setup)
from interop import Program

SOON = 5  # seconds; far below every time limit of the program


def start(world, fake, where, *arguments):
    return Program(world, "client", ["env", "-C", where, WSD, "scan", fake.url, *arguments])


def interrupt(program, how=signal.SIGINT):
    began = time.monotonic()
    equal(program.stop(how), INTERRUPTED, f"exit code\n{program.text()}\n")
    check(time.monotonic() - began < SOON, f"took {time.monotonic() - began:.1f} s")
    check("Sanitizer" not in program.text(), program.text())
    return program.text()


def stuck_page(begun):
    """An image that stops in its middle; so much has been read by then that it lies on the disk."""
    def pieces():
        yield image_head() + JPEG[:-2]
        for _ in range(32):
            yield b"\x55" * (1 << 20)
        begun.set()
    return Reply(pieces(), content_type=multipart_type(), hold=True)


def in_page(world, how, output, source=()):
    fake, where, begun = device(world), folder(world), threading.Event()
    fake.sources["ADF"] = adf()
    fake.images = [image_reply(JPEG), stuck_page(begun)] if source else [stuck_page(begun)]
    program = start(world, fake, where, "-o", output, *source)
    check(begun.wait(20), "no image was taken")
    text = interrupt(program, how)
    check("cancelled on the scanner" in text, text)
    cancelled(fake)
    return files(where)


@case("in mid page: the job is ended on the device, no file is left")
def mid_page(world):
    equal(in_page(world, signal.SIGINT, "page.jpg"), [], "files")


@case("SIGTERM and SIGHUP in mid page do the same")
def other_signals(world):
    equal(in_page(world, signal.SIGTERM, "page.jpg"), [], "files")
    equal(in_page(world, signal.SIGHUP, "page.jpg"), [], "files")


@case("in the second page: the first one has its file and keeps it")
def second_page(world):
    equal(in_page(world, signal.SIGINT, "page-{page}.jpg", ("--source", "adf")), ["page-1.jpg"],
          "files")


@case("in the second page of a PDF: no half document is left")
def second_page_of_pdf(world):
    equal(in_page(world, signal.SIGINT, "all.pdf", ("--source", "adf")), [], "files")


@case("while the device takes its time for an image")
def before_page(world):
    fake, where = device(world), folder(world)
    fake.images = [Reply(silent=True)]
    program = start(world, fake, where, "-o", "page.jpg")
    fake.wait_for("RetrieveImage")
    interrupt(program)
    equal(files(where), [], "files")
    cancelled(fake)


@case("while the lamp warms up: there is no job yet, and none is made")
def warming(world):
    fake, where = device(world), folder(world)
    fake.answers["CreateScanJob"] = fault("ServerErrorNotAcceptingJobs")
    fake.status = lambda: (status("Stopped", ("LampWarming",)) if fake.count("CreateScanJob")
                           else status())
    program = start(world, fake, where, "-o", "page.jpg")
    fake.wait_for("CreateScanJob")
    fake.wait_for("GetScannerElements", 2)
    tries = fake.count("CreateScanJob")
    interrupt(program)
    check(fake.count("CreateScanJob") <= tries + 1, fake.operations())
    equal(fake.count("CancelJob"), 0, "jobs cancelled")
    equal(files(where), [], "files")


@case("while somebody else's job is waited for")
def busy(world):
    fake, where = device(world), folder(world)
    fake.answers["CreateScanJob"] = fault("ServerErrorNotAcceptingJobs")
    fake.status = lambda: status("Processing") if fake.count("CreateScanJob") else status()
    program = start(world, fake, where, "-o", "page.jpg")
    fake.wait_for("GetScannerElements", 2)
    interrupt(program)
    equal(fake.count("CancelJob"), 0, "jobs cancelled: the other one's")


@case("while the device takes its time to tell what it can do")
def at_start(world):
    fake, where = device(world), folder(world)
    fake.answers["GetScannerElements"] = Reply(silent=True)
    program = start(world, fake, where, "-o", "page.jpg")
    fake.wait_for("GetScannerElements")
    interrupt(program)
    equal(fake.count("CreateScanJob"), 0, "jobs asked for")


@case("while a job is being made: if the device makes it nevertheless, it is ended")
def creating(world):
    fake, where, gate = device(world), folder(world), threading.Event()

    def answer(request):
        begun.set()
        gate.wait(20)
        return fake.createscanjob(request)
    begun = threading.Event()
    fake.answers["CreateScanJob"] = answer
    program = start(world, fake, where, "-o", "page.jpg")
    check(begun.wait(20), "no job was asked for")
    program.process.send_signal(signal.SIGINT)
    gate.set()
    equal(program.wait_end(SOON), INTERRUPTED, f"exit code\n{program.text()}\n")
    program.forget()
    equal(files(where), [], "files")


@case("a device that does not answer CancelJob does not keep us")
def deaf(world):
    fake, where = device(world), folder(world)
    fake.images = [Reply(silent=True)]
    fake.answers["CancelJob"] = Reply(silent=True)
    program = start(world, fake, where, "-o", "page.jpg", "-t", "0.5")
    fake.wait_for("RetrieveImage")
    interrupt(program)
    cancelled(fake)


@case("a second Ctrl-C while CancelJob is waited for ends the program")
def twice(world):
    fake, where = device(world), folder(world)
    fake.images = [Reply(silent=True)]
    fake.answers["CancelJob"] = Reply(silent=True)
    program = start(world, fake, where, "-o", "page.jpg")
    fake.wait_for("RetrieveImage")
    program.process.send_signal(signal.SIGINT)
    fake.wait_for("CancelJob")
    interrupt(program)
    equal(files(where), [], "files")


if __name__ == "__main__":
    main(setup=setup)
