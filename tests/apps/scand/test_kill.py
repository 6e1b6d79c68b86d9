#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kill -9 at any instant of a scan: of the daemon, of the helper, of the process that decodes.

$KILL_SEED repeats a run, $KILL_COUNT makes it longer. Several daemons are at it at once, each with
a scanner, folders and a state of its own. After each kill the daemon is started again, and then:

  - what has its final name is a whole document of one scan, with all pages in their order;
  - each page that was whole in the spool is in the document or in the folder for what is incomplete,
    byte by byte;
  - no document is there twice, and its command ran once at most;
  - neither spool nor folders keep anything else.
"""

import collections
import os
import random
import signal
import time
from pathlib import Path

from scand import Document, Failure, check, diagnose, digest, equal, main, scene, wait_for
import network  # noqa: F401
from network import Switch
from puppet import BOUNDARY, Puppet, Reply, image_head, marked, multipart_type

SEED = int(os.environ.get("KILL_SEED") or random.SystemRandom().randrange(1 << 32))
KILLS = int(os.environ.get("KILL_COUNT", "200"))
LANES = 4


class Lane:
    def __init__(self, here, number):
        self.here, self.number = here, number
        self.fake = Puppet(here, name=f"Lane {number}")
        self.list = Path(here.path, f"commands-{number}")
        self.list.touch()
        script = Path(here.path, f"note-{number}")
        script.write_text(f'#!/bin/sh\necho "$1" >> {self.list}\n')
        script.chmod(0o755)
        self.daemon = here.daemon(
            general={"discovery": False, "port": 5400 + number},
            destinations={"Desk": {"source": "adf", "command": [str(script), "{file}"]}},
            scanners={"Lane": self.fake.section()}, start=False,
            # The search for leaks at the end of a program is a process of its own, and who kills
            # that one makes its program wait for ever.
            env={"ASAN_OPTIONS": "detect_leaks=0"})
        self.rounds = 0
        self.images, self.whole = [], []
        self.known = set()  # names in the folders that were looked at
        self.blamed = False

    def start(self):
        if not self.daemon.running():
            self.subscribes = self.fake.count("Subscribe")
            self.daemon.start(ready=False)

    def await_button(self):
        wait_for("a subscription", lambda: self.fake.count("Subscribe") > self.subscribes
                 and self.ready(), poke=self.daemon.heed)

    def ready(self):
        try:
            return (self.daemon.scanner() or {}).get("state") == "ready"
        except OSError:
            return False  # it is on its way

    def press(self, pages):
        self.rounds += 1
        self.images = [marked(f"lane {self.number} round {self.rounds} page {n}", 2000)
                       for n in range(pages)]
        self.fake.images = [slow(image) for image in self.images]
        equal(self.fake.press(identifier=f"scan-{self.rounds}"), 202, "answer to the event")

    def processes(self):
        """Of the daemon, helpers, decoders and commands."""
        daemon = self.daemon.program.process.pid
        helpers = children(daemon)
        return daemon, helpers, [pid for helper in helpers for pid in children(helper)]

    def kill(self, whom):
        daemon, helpers, decoders = self.processes()
        victims = {"daemon": [], "helper": helpers, "decoder": decoders,
                   "both": helpers}[whom]
        if whom in ("daemon", "both"):
            self.daemon.kill()
        for pid in victims:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        dead = whom in ("daemon", "both")
        self.blamed = whom == "decoder"
        # What is whole now has to outlive it.
        self.whole = [digest(Path(path).read_bytes()) for path in self.fetched()] if dead else None
        return len(victims) + dead

    def fetched(self):
        return [path for path in self.daemon.pages_fetched() if "/." not in path]

    def await_rest(self):
        def rests():
            return not self.daemon.spool() and all(
                scan["state"] in ("done", "failed") for scan in self.daemon.scans())
        try:
            wait_for(f"lane {self.number}: the spool is empty", rests, poke=self.daemon.heed)
        except Failure:
            diagnose(f"{self.daemon.scans()[0]}, processes {self.processes()}")
            for path in sorted(Path(self.daemon.state, "spool").rglob("*")):
                diagnose(f"{path.relative_to(self.daemon.state)}"
                         f" {path.read_text() if path.suffix == '.json' else ''}")
            raise

    def look(self):
        """What became of the round. True if there is a document."""
        mine = [digest(image) for image in self.images]
        names = [name for name in self.daemon.files() if name not in self.known]
        kept = [name for name in self.daemon.kept() if name not in self.known]
        self.known.update(names + kept)
        equal([n for n in names + kept if n.startswith(".")], [], "hidden names")
        check(len(names) <= 1 and len(kept) <= 1, f"documents {names}, kept {kept}")
        found = []
        for name in names:
            document = Document(f"{self.daemon.output}/{name}")
            found = [digest(image) for image in document.images]
            if not self.blamed:
                equal(found, mine, f"pages of {name}")
        saved = []
        for name in kept:
            folder = Path(self.daemon.state, "incomplete", name)
            saved = [digest(p.read_bytes()) for p in sorted(folder.glob("page-*"))]
            check((folder / "README.txt").exists(), f"{os.listdir(folder)}")
            if not self.blamed:
                equal(saved, mine[:len(saved)], f"pages in {name}")
        if self.blamed:
            # A page at which the decoder dies is taken for the cause, and kept beside the others.
            equal(sorted(found + saved), sorted(mine), "pages in the document and beside it")
            equal(found, [page for page in mine if page in found], "order of the pages")
            return bool(names)
        check(not (found and saved), f"a document {names} and pages {kept} as well")
        if self.whole is None:
            equal(found, mine, "pages of the document, though the daemon lived")
        else:
            check(set(self.whole) <= set(found + saved),
                  f"{len(self.whole)} pages were whole, of {len(mine)}; left are {len(found)} in a "
                  f"document and {len(saved)} in {kept}")
        return bool(names)


def slow(image):
    """A page that takes its time, so that there is a time in which to kill."""
    def pieces():
        head = image_head()
        yield head + image[:len(image) // 2]
        time.sleep(0.02)
        yield image[len(image) // 2:] + f"\r\n--{BOUNDARY}--\r\n".encode()
    return Reply(pieces(), content_type=multipart_type())


def children(pid):
    try:
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def measure(lane):
    """How long a scan takes when nobody kills."""
    began = time.monotonic()
    lane.press(4)
    lane.daemon.wait_scans(1)
    lane.whole, lane.blamed = None, False
    lane.await_rest()
    check(lane.look(), "there is no document")
    return time.monotonic() - began


@scene(f"{KILLS} kills in scans of several pages lose nothing and make nothing twice")
def _(here):
    chance = random.Random(SEED)
    diagnose(f"seed {SEED}")
    lanes = [Lane(here, number) for number in range(LANES)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.await_button()
    span = measure(lanes[0]) * 1.5
    kills, tally = 0, collections.Counter()
    while kills < KILLS:
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.await_button()
        plan = sorted((chance.uniform(0, span), lane.number,
                       chance.choice(("daemon", "daemon", "helper", "decoder", "both")))
                      for lane in lanes)
        for lane in lanes:
            lane.press(chance.randint(2, 6))
        began = time.monotonic()
        for instant, number, whom in plan:
            time.sleep(max(0, began + instant - time.monotonic()))
            killed = lanes[number].kill(whom)
            kills += killed > 0
            tally[whom] += killed > 0
        for lane in lanes:
            lane.start()
        for lane in lanes:
            wait_for("the daemon", lane.ready, poke=lane.daemon.heed)
            lane.await_rest()
            tally["document" if lane.look() else "no document"] += 1
    diagnose(f"{kills} kills within {span:.2f} s of a scan: {dict(tally)}")
    for lane in lanes:
        ran = lane.list.read_text().split("\n")[:-1]
        equal([n for n, times in collections.Counter(ran).items() if times > 1], [],
              "documents whose command ran twice")
        lane.daemon.stop()
    check(min(tally["document"], tally["no document"]) > 0, f"the kills were all alike: {tally}")


main(setup=Switch)
