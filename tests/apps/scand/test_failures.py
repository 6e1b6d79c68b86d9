#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The Nth call of the daemon fails, of its memory, its sockets or its files: over its start, the
button, the delivery and its stop. See scand.py and daemon_failing.c.

Whatever failed: the daemon goes on, or it ends with a message; once it runs undisturbed the button
works; what has its final name is a whole document; a scan that the scanner finished is a document,
or pages that were kept, or a failure that is told; nothing stays in the spool.

$FAILURES_STEP is how many numbers are left out between two (0: every one fails once, for hours);
without it a few of each kind are drawn by $FAILURES_SEED.
"""

import os
import random
import struct
import time
from pathlib import Path

from scand import Document, check, diagnose, equal, main, scene, wait_for
from network import Switch

SEED = int(os.environ.get("FAILURES_SEED") or random.SystemRandom().randrange(1 << 32))
STEP = os.environ.get("FAILURES_STEP")
DRAWN = int(os.environ.get("FAILURES_DRAWN", "6"))
KINDS = ("memory", "sockets", "files")
DAY = 24 * 3600


def whole(daemon):
    """Documents; what has a final name is one."""
    names = [n for n in daemon.files() if not n.startswith(".")]
    for name in names:
        Document(Path(daemon.output, name))
    return names


def on_panel_or_over(here, box, daemon):
    """Until the button can be pressed, or the daemon has given up. Its pauses are turned away."""
    began = here.clock.now()
    while True:
        for _ in range(20):
            if not daemon.running():
                return False
            if "Desk" in box.panel():
                return True
            time.sleep(0.01)
        check(here.clock.now() - began < DAY, "not on the panel in a day")
        here.clock.turn(20)


def scan_or_over(here, box, daemon):
    """The button is pressed; until something has come of it."""
    began = here.clock.now()
    box.press("Desk")
    while daemon.running():
        for _ in range(20):
            if whole(daemon) or daemon.kept() or not daemon.running():
                return
            if any(f"{word}" in daemon.said() for word in ("failed", "cannot", "memory")):
                break
            time.sleep(0.01)
        if here.clock.now() - began > 600:
            return
        here.clock.turn(20)


def live(here, box, kind, number):
    """One life with that failure. Returns how many calls there were, and what became of it."""
    counter = Path(here.path, "count")
    counter.write_bytes(bytes(8))
    daemon = here.daemon(start=False, env={"WSD_TEST_FAIL_KIND": kind,
                                           "WSD_TEST_FAIL": str(number),
                                           "WSD_TEST_FAIL_COUNT": str(counter)})
    daemon.start(ready=False)
    if on_panel_or_over(here, box, daemon):
        scan_or_over(here, box, daemon)
    went_on = daemon.running()
    if went_on:
        daemon.stop()
    else:
        here.clock.wakers.remove(daemon.wake)
        check(daemon.program.stop() in (1, 2), "it ends in an orderly way")
        check(daemon.said().strip(), "who ends says why")
    calls = struct.unpack("=q", counter.read_bytes())[0]
    before = whole(daemon)
    daemon.env = {}
    recover(here, box, daemon, before, f"{kind} {number}")
    return calls, went_on


def recover(here, box, daemon, before, what):
    """Undisturbed: the spool empties, nothing is twice, and the button works."""
    daemon.start()
    wait_for(f"{what}: the panel", lambda: "Desk" in box.panel(), poke=lambda: here.clock.turn(5))
    daemon.wait_spool_empty()
    count = len(whole(daemon))
    check(count >= len(before), f"{what}: a document is gone")
    check(count <= 1, f"{what}: a document is there twice")
    box.do("feeder", sheets=0)
    box.press("Desk")
    wait_for(f"{what}: the next document", lambda: len(whole(daemon)) > count, poke=daemon.heed)
    equal([n for n in daemon.files() if n.startswith(".")], [], f"{what}: hidden files")
    daemon.stop()


def numbers(total, draw):
    if STEP is not None:
        return range(1, total + 1, int(STEP) + 1)
    return sorted(draw.sample(range(1, total + 1), min(DRAWN, total)))


@scene("the Nth call of the daemon fails: nothing is lost, nothing is half made, it says what it is")
def _(here):
    diagnose(f"seed {SEED}")
    draw, box = random.Random(SEED), here.scanner()
    for kind in KINDS:
        total, _ = live(here, box, kind, 0)
        check(total > 20, f"{total} calls of {kind}")
        ended = 0
        chosen = numbers(total, draw)
        for number in chosen:
            ended += not live(here, box, kind, number)[1]
        diagnose(f"{kind}: {total} calls in a life, {len(chosen)} failed, {ended} daemons gave up")


main(setup=Switch)
