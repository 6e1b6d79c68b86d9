#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""libsane-wsd in the hands of a frontend without manners (abuse.c), under the sanitizers; and with the
scanner going away, or falling silent, at each step. Afterwards nothing is left on a scanner that is
still there."""

import os
import re

from stage import BACKEND, Stage

from forger import Forger, noise_png, png
from interop import Program, case, check, equal, main, run

ABUSE = os.path.abspath(os.environ["WSD_ABUSE"])
PLAIN = {
    "open-and-close": "a thousand times opened and closed: no descriptor is left",
    "init-and-exit": "a hundred times begun and ended with a scanner open",
    "set-anything": "options in any order, with any value: each stays within its constraint",
    "set-what-is-inexact": "what cannot be had exactly is told, and what has to be read again",
    "out-of-order": "calls in the wrong order, a start too many, reads after the end",
    "cancel-at-every-stage": "cancelled after any number of reads, and once more: the next page comes",
    "cancel-from-a-signal": "cancelled by a signal handler, from the first call on",
    "cancel-from-a-thread": "cancelled by another thread while a read waits",
    "cancel-against-starts": "cancelled without end by another thread while scans start",
    "parameters-after-the-page": "the next page's parameters once an option was set after the page",
    "without-waiting": "reads that do not wait, by the descriptor that tells when there is something",
    "in-a-child": "a child that was forked in the middle of a page lets go, the parent goes on",
}
GOING = {step: f"the scanner is gone {when}" for step, when in {
    "open": "before it is opened", "start": "before a scan", "read": "in the middle of a page",
    "next": "between two pages", "cancel": "and the scan is cancelled",
    "close": "and the scanner is closed in the middle of a page"}.items()}


def plain_environment(stage):
    environment = stage.environment()
    del environment["LD_PRELOAD"]  # abuse is built as the backend is
    return environment


def abuse(stage, scenario, *more):
    run(stage.world, "client", [ABUSE, BACKEND, scenario, stage.name[4:], *more],
        env=plain_environment(stage), timeout=200)


def plain_case(scenario, name):
    @case(name)
    def tried(stage):
        stage.run("-L")  # it is known from then on
        abuse(stage, scenario)
        equal(stage.active(), 0, "jobs that are left on the scanner")


def going_case(step, name):
    @case(name + ": an error, and no end of the program")
    def tried(stage):
        try:
            abuse(stage, "vanish-" + step, str(stage.serve.process.pid))
        finally:
            stage.serve.kill()
            stage.serve = None
            stage.start()


def silent_case(step, name):
    @case(name + ": a cancellation ends the waiting")
    def tried(stage):
        abuse(stage, "hang-" + step, str(stage.serve.process.pid))
        equal(stage.active(), 0, "jobs that are left on the scanner")


def vast(answer):
    """Sizes and a resolution as no scanner has them."""
    for end, size in ((b"Maximum", b"2147483647"), (b"Minimum", b"2000000000")):
        for side in (b"Width", b"Height"):
            answer = re.sub(rb"(" + end + rb"Size>(?:(?!Size>).)*?" + side + rb">)\d+", rb"\g<1>" + size,
                            answer, flags=re.S)
    return re.sub(rb"(Widths>|Heights>)(<\w+:(?:Width|Height)>)\d+", rb"\1\g<2>2147483647", answer)


def forged_case(scenario, name, images=lambda: (), said="", **more):
    @case(name)
    def tried(stage):
        with Forger(stage, images(), **more) as forger:
            program = Program(stage.world, "client", [ABUSE, BACKEND, scenario, forger.url],
                              env=plain_environment(stage))
            equal(program.wait_end(100), 0, program.text())
        check(said in program.text(), program.text())
        equal(stage.active(), 0, "jobs that are left on the scanner")


forged_case("slow-image", "cancelled while rows of an image that is here are waited for",
            lambda: [png(20000, 20000, interlaced=True)])
forged_case("broken-then-whole", "a page that breaks in its middle: the next is not its rest",
            lambda: [noise_png(1600, broken=True), noise_png(1600)], "cannot be read")
forged_case("refused-image", "an image of far more pixels than the glass has is refused",
            lambda: [png(30000, 30000, interlaced=True)], "30000 x 30000")

forged_case("set-anything", "a scanner that says it is miles wide: options are kept within reason",
            change=vast)

for scenario_, name_ in PLAIN.items():
    plain_case(scenario_, name_)
for step_, name_ in GOING.items():
    going_case(step_, name_)
silent_case("start", "the scanner is silent when a scan starts")
silent_case("next", "the scanner is silent when a job has to end before the next starts")
silent_case("read", "the scanner falls silent in the middle of a page")

if __name__ == "__main__":
    main("scanimage", setup=Stage)
