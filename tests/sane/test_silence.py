#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""libsane-wsd and a scanner that stops sending in the middle of a page, with the connection open: it is
asked why, and SANE is told that. The scanner is the one of the hostile tests, which says what it is to
say."""

import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "apps" / "hostile"))

from device import (JPEG, Device, Reply, adf, half_reply, image_reply, png,  # noqa: E402
                    questions_since_page, reply_after_questions, status)
from stage import CANCELLED, COVER_OPEN, IO_ERROR, JAMMED, NO_DOCS, Stage, sanitizers  # noqa: E402

from interop import SERVER, case, check, equal, main  # noqa: E402

PAGE = png(850, 1169)
SAYS = "nothing more comes of page {}: "


class Bench(Stage):
    """The same without `wsd serve`."""

    def __init__(self, world):  # pylint: disable=super-init-not-called
        self.world = world
        self.preload = sanitizers()
        self.configure("search = false\n")


def scanner(bench, images, state="Processing", reason="None"):
    """`images`, and that status from when the last of them was asked for."""
    with bench.world.on("server"):
        fake = Device(host=SERVER)
    fake.sources["ADF"] = adf()
    fake.images = images
    fake.status = lambda: (status(state, (reason,))
                           if fake.count("RetrieveImage") >= len(fake.images) else status())
    return fake


def begin(bench, fake, *arguments):
    return bench.begin("-d", "wsd:" + fake.url, "--format", "pnm", "--resolution", "100", *arguments)


def ended(program, fake, wanted, *words):
    equal(program.wait_end(100), wanted, program.text())
    check("Sanitizer" not in program.text(), program.text())
    for word in words:
        check(word in program.text(), lambda: f"does not say {word!r}\n{program.text()}")
    equal(fake.count("CancelJob"), 1, "jobs cancelled on the scanner")


STOPS = (("MediaJam", PAGE, JAMMED, "paper is jammed"),
         ("MediaJam", JPEG, JAMMED, "paper is jammed"),  # before the first row
         ("CoverOpen", PAGE, COVER_OPEN, "a cover is open"),
         ("None", PAGE, IO_ERROR, "it has stopped"))


@case("a jam, an open cover, a stop without a reason in mid page: SANE's status and the log say so, by two "
      "questions, and the job is cancelled")
def stopped(bench):
    fakes = [scanner(bench, [half_reply(image)], "Stopped", reason) for reason, image, _, _ in STOPS]
    # Each waits for some seconds that are real: side by side.
    programs = [begin(bench, fake, "-o", bench.world.path(f"stopped-{i}")) for i, fake in enumerate(fakes)]
    for fake, program, (_, _, wanted, word) in zip(fakes, programs, STOPS):
        ended(program, fake, wanted, SAYS.format(1) + word)
        equal(questions_since_page(fake), 2, "questions")


@case("a jam in the second page of a feeder: the first is there")
def second_page(bench):
    fake = scanner(bench, [image_reply(PAGE), half_reply(PAGE)], "Stopped", "MediaJam")
    folder = bench.empty_folder()
    ended(begin(bench, fake, "--source", "ADF", f"--batch={folder}/%03d"), fake, JAMMED, SAYS.format(2))
    check("001" in os.listdir(folder), os.listdir(folder))


@case("an empty feeder in place of a second page is the end of the batch")
def no_second_page(bench):
    fake = scanner(bench, [image_reply(PAGE), Reply(silent=True)], "Stopped", "InputTrayEmpty")
    folder = bench.empty_folder()
    program = begin(bench, fake, "--source", "ADF", f"--batch={folder}/%03d")
    # scanimage takes a batch that ends so for a success, from some version on.
    check(program.wait_end(100) in (0, NO_DOCS), program.text())
    check("Sanitizer" not in program.text() and "nothing more comes" not in program.text(), program.text())
    equal([(page.width, page.height) for page in bench.read_folder(folder)], [(850, 1169)], "pages")
    equal(questions_since_page(fake), 2, "questions")


def go_on(bench, *fakes):
    folder = bench.empty_folder()
    for fake in fakes:
        fake.images = [reply_after_questions(fake, PAGE, 1)]
    programs = [begin(bench, fake, "-o", f"{folder}/{i}") for i, fake in enumerate(fakes)]
    for fake, program in zip(fakes, programs):
        ended(program, fake, 0)
        check("nothing more comes" not in program.text(), program.text())
    equal([(page.width, page.height) for page in bench.read_folder(folder)], [(850, 1169)] * len(fakes),
          "pages")


@case("silent for a while, but at work: it is not disturbed, and its page is whole")
def honest(bench):
    go_on(bench, scanner(bench, [None]), scanner(bench, [None], "Idle"))


def mute(fake):
    """No answer to the question how it is, once a page was asked for."""
    fake.answers["GetScannerElements"] = lambda _request: (
        Reply(silent=True) if fake.count("RetrieveImage") else None)
    return fake


@case("silent for a while, and no answer to the question: its page is whole")
def no_answer(bench):
    go_on(bench, mute(scanner(bench, [None])))


@case("cancelled while the question is unanswered: scanimage ends, the job is cancelled")
def cancelled(bench):
    fake = mute(scanner(bench, [half_reply(PAGE)]))
    program = begin(bench, fake, "-o", bench.world.path("cancelled"))
    fake.wait_for("RetrieveImage")
    fake.wait_for("GetScannerElements", fake.count("GetScannerElements") + 1)
    program.process.send_signal(signal.SIGINT)
    check(program.wait_end(20) in (0, CANCELLED), program.text())
    check("Sanitizer" not in program.text(), program.text())
    equal(fake.count("CancelJob"), 1, "jobs cancelled on the scanner")


if __name__ == "__main__":
    main("scanimage", setup=Bench)
