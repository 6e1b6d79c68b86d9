# SPDX-License-Identifier: MIT
"""A scanner that stops sending in the middle of a page and keeps the connection is asked why. What it
says is told, and it is waited for as long as any silence is, or with --no-wait not at all; while it
says nothing against it, it is waited for without a word."""

import signal
from concurrent.futures import ThreadPoolExecutor

from device import (JPEG, Reply, adf, half_reply, image_reply, multipart_type, questions_since_page,
                    reply_after_questions, status)
from hostile import (INTERRUPTED, OK, PAPER, REFUSED, WSD, cancelled, case, check, device, equal,
                     files, folder, main, read, scan, setup)
from interop import Program

# By these words alone it is known that the scanner was asked while its page was waited for.
SAYS = "nothing more comes of page {}; the scanner says: "
WAITS = "page {} waits; the scanner says: "


def feeding(world, images, state, reason="None", conditions=""):
    """`images`, and that status from when the last of them was asked for."""
    fake = device(world)
    fake.sources["ADF"] = adf()
    fake.images = images
    fake.status = lambda: (status(state, (reason,), conditions)
                           if fake.count("RetrieveImage") >= len(fake.images) else status())
    return fake


def side_by_side(*scans):
    """Each waits for some seconds that are real."""
    with ThreadPoolExecutor() as pool:
        for future in [pool.submit(*arguments) for arguments in scans]:
            future.result()


def stops(world, reason, code, *words):
    fake = feeding(world, [half_reply(JPEG)], "Stopped", reason)
    result = scan(world, fake, "--no-wait").ended(code, SAYS.format(1), *words)
    equal(files(result.folder), [], "files")
    equal(questions_since_page(fake), 2, "questions")
    cancelled(fake)


@case("with --no-wait: a jam, an open cover, a full memory, a stop without a reason in mid page: told in "
      "these words by two questions, the job is ended, no half page is left")
def stopped(world):
    side_by_side((stops, world, "MediaJam", PAPER, "paper is jammed", "Take the paper out"),
                 (stops, world, "CoverOpen", PAPER, "a cover is open", "Close it"),
                 (stops, world, "InternalStorageFull", REFUSED, "its memory is full"),
                 (stops, world, "None", REFUSED, "it has stopped", "panel"))


def mended(world, reason, *words):
    fake = feeding(world, [], "Stopped", reason)
    fake.images = [reply_after_questions(fake, JPEG, 3)]  # what is asked for once more was heard
    result = scan(world, fake, "--pages", "1").ended(OK, WAITS.format(1), *words)
    equal(read(result.folder, "page.jpg"), JPEG, "the page")


@case("a jam, an open cover in mid page: told, with what to do, and waited for; mended, the page is whole")
def waited(world):
    side_by_side((mended, world, "MediaJam", "paper is jammed", "Take the paper out"),
                 (mended, world, "CoverOpen", "a cover is open", "Close it"))


@case("a critical condition is enough, whatever the state is; a page before is kept")
def condition(world):
    critical = ('<wscn:DeviceCondition Id="3"><wscn:Time>2026-11-22T18:38:30Z</wscn:Time><wscn:Name>'
                "MediaJam</wscn:Name><wscn:Component>ADF</wscn:Component><wscn:Severity>Critical"
                "</wscn:Severity></wscn:DeviceCondition>")
    fake = feeding(world, [image_reply(JPEG), half_reply(JPEG)], "Processing", conditions=critical)
    result = scan(world, fake, "--source", "adf", "--no-wait", output="page-{page}.jpg").ended(
        PAPER, SAYS.format(2), "paper is jammed")
    equal(files(result.folder), ["page-1.jpg"], "files")
    cancelled(fake)


@case("a jam before the first byte of a page is told as well, once, and is what the scan ends with")
def before_page(world):
    fake = feeding(world, [Reply(silent=True)], "Stopped", "MediaJam")
    result = scan(world, fake, "--source", "adf", "--timeout", "8").ended(
        PAPER, WAITS.format(1), "paper is jammed")
    equal(result.err.count("the scanner says"), 1, result.err)
    cancelled(fake)


@case("an empty feeder in place of a second page is the end of the scan")
def no_second_page(world):
    fake = feeding(world, [image_reply(JPEG), Reply(silent=True)], "Stopped", "InputTrayEmpty")
    result = scan(world, fake, "--source", "adf", output="page-{page}.jpg").ended(
        OK, "no page 2 comes; the scanner says: the feeder is empty")
    equal(files(result.folder), ["page-1.jpg"], "files")
    cancelled(fake)


def late(fake, number):
    """A whole page, that begins when the scanner was asked so often how it is."""
    def pieces():
        fake.wait_for("GetScannerElements", fake.count("GetScannerElements") + number)
        yield image_reply(JPEG).pieces
    return Reply(pieces(), content_type=multipart_type())


def comes_late(world, number, reason):
    fake = feeding(world, [], "Stopped", reason)
    fake.images = [image_reply(JPEG), late(fake, number)]
    result = scan(world, fake, "--source", "adf", "--pages", "2", output="page-{page}.jpg").ended(OK)
    equal(files(result.folder), ["page-1.jpg", "page-2.jpg"], "files")


@case("a second page that begins late, while the feeder is empty and the scanner stopped for a moment: it is "
      "not lost")
def second_page(world):
    side_by_side((comes_late, world, 1, "InputTrayEmpty"), (comes_late, world, 2, "LampWarming"))


def goes_on(world, *of_status):
    fake = feeding(world, [], *of_status)
    fake.images = [reply_after_questions(fake, JPEG, 1)]
    result = scan(world, fake, "--source", "adf", "--pages", "1").ended(OK).silent_on("says")
    equal(read(result.folder, "page.jpg"), JPEG, "the page")


@case("silent for a while, but at work, idle in name or at its last sheet: it is not disturbed, and its "
      "page is whole")
def honest(world):
    side_by_side((goes_on, world, "Processing"), (goes_on, world, "Idle"),
                 (goes_on, world, "Stopped", "InputTrayEmpty"))


@case("silent for a while, and no answer to the question: its page is whole")
def no_answer(world):
    fake = feeding(world, [], "Processing")
    fake.images = [reply_after_questions(fake, JPEG, 1)]
    fake.answers["GetScannerElements"] = lambda _request: (
        Reply(silent=True) if fake.count("RetrieveImage") else None)
    result = scan(world, fake).ended(OK)
    equal(read(result.folder, "page.jpg"), JPEG, "the page")


@case("Ctrl-C while the question is unanswered: it ends, the job is cancelled, nothing is left")
def interrupted(world):
    fake, where = feeding(world, [half_reply(JPEG)], "Processing"), folder(world)
    fake.answers["GetScannerElements"] = lambda _request: (
        Reply(silent=True) if fake.count("RetrieveImage") else None)
    program = Program(world, "client", ["env", "-C", where, WSD, "scan", fake.url, "-o", "page.jpg"])
    fake.wait_for("RetrieveImage")
    fake.wait_for("GetScannerElements", fake.count("GetScannerElements") + 1)
    equal(program.stop(signal.SIGINT), INTERRUPTED, program.text())
    check("Sanitizer" not in program.text(), program.text())
    equal(files(where), [], "files")
    cancelled(fake)


if __name__ == "__main__":
    main(setup=setup)
