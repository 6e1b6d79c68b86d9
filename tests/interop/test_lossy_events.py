#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Events over a bad cable, for a day: two hosts, 40 scanners, 200 subscriptions, 1000 job events.

A relay loses 30 % of all frames, doubles and reorders others. The clock of both hosts stands as
long as something is under way, since TCP's own repeats take real time, and is turned to what is due
next as soon as all is quiet. Every subscription must hear all that a subscriber inside of the
devices' own host hears, in that order, or be told that it was lost.
"""

import collections
import os
import selectors
import subprocess
import sys
import time

import cable
import interop
from interop import case, check, diagnose, equal, main

PEER = os.environ["LOSSY_EVENTS"]
SEED = int(os.environ.get("LOSSY_SEED", "20261122"))
DEVICES, SUBSCRIPTIONS, EVENTS = 40, 200, 1000
DAY = 24 * 3600 * 1000
BATCHES, JOBS = 3, 5  # so often a day each device has so many jobs
PATIENCE = 120  # seconds without any progress


class Peer:
    """lossy_events, on one of the hosts."""

    def __init__(self, world, host, *arguments):
        with world.on(host):
            self.process = subprocess.Popen([PEER, *arguments], stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE,
                                            preexec_fn=interop.die_with_parent)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)
        self.rest, self.lines = b"", collections.deque()
        self.heard = collections.defaultdict(list)  # of each subscription: events, None: lost
        self.made, self.lost, self.why = set(), 0, collections.Counter()

    def say(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def read(self, timeout):
        if not self.selector.select(timeout):
            return
        piece = os.read(self.process.stdout.fileno(), 1 << 20)
        check(piece, f"{PEER} ended early with {self.process.poll()}")
        *whole, self.rest = (self.rest + piece).split(b"\n")
        for line in whole:
            self.take(line.decode())

    def take(self, line):
        word, _, rest = line.partition(" ")
        number, _, text = rest.partition(" ")
        if word == "heard":
            self.heard[int(number)].append(text)
        elif word == "made":
            self.made.add(int(number))
        elif word == "lost":
            self.made.discard(int(number))
            self.heard[int(number)].append(None)
            self.lost += 1
            self.why[text] += 1
        else:
            self.lines.append(line)

    def wait(self, word, timeout=60):
        """The next line that begins with word."""
        deadline = time.monotonic() + timeout
        while not self.lines or not self.lines[0].startswith(word):
            if self.lines:
                self.lines.popleft()
                continue
            check(time.monotonic() < deadline, f"no '{word}' in {timeout} s")
            self.read(max(0, deadline - time.monotonic()))
        return self.lines.popleft()

    def state(self):
        self.say("ask")
        _, busy, due = self.wait("state").split()
        return busy == "1", int(due)

    def end(self):
        self.say("end")
        self.wait("ended", 90)
        equal(self.process.wait(20), 0, "exit status")


def quiet(peers):
    """Waits until nobody has work under way; how long nothing is due then."""
    deadline = time.monotonic() + PATIENCE
    calm = 0
    while True:
        states = [peer.state() for peer in peers]
        due = [ms for _, ms in states if ms >= 0]
        # Twice in a row, a moment apart: what left one host may not have reached the other.
        calm = 0 if any(busy for busy, _ in states) else calm + 1
        if calm == 2:
            return min(due, default=DAY)
        check(time.monotonic() < deadline, f"no rest: {states}")
        for peer in peers:
            peer.read(0.05)


def turn(peers, milliseconds):
    """The clocks go on; returns by how much."""
    milliseconds = max(1, milliseconds)
    for peer in peers:
        peer.say(f"turn {milliseconds}")
    return milliseconds


def agree(number, got, wanted):
    """got has all of wanted, in order, but for gaps after a None."""
    place, gap = 0, False
    for event in got:
        if event is None:
            gap = True
            continue
        found = place
        if gap:
            while found < len(wanted) and wanted[found] != event:
                found += 1
        check(found < len(wanted) and wanted[found] == event,
              lambda: f"subscription {number} got {event}, due was {wanted[place:place + 1]} "
                      f"of {len(wanted)}; got so far {got[:place + 2][-6:]}")
        place, gap = found + 1, False
    check(gap or place == len(wanted),
          lambda: f"subscription {number} was not told of {wanted[place:][:5]}")


@case("no event is lost without notice and no subscription lapses in a day over a bad cable")
def _(world):
    bad = cable.Cable(world, SEED)
    devices = Peer(world, "server", "devices", cable.SERVER, str(DEVICES))
    urls = []
    for number in range(DEVICES):
        url = devices.wait("device").split()[1]
        urls.append(url.replace(cable.SERVER, cable.MANY[number % len(cable.MANY)][0]))
    devices.wait("ready")
    subscribers = Peer(world, "client", "subscribers", str(SUBSCRIPTIONS), *urls)
    subscribers.wait("ready")
    peers, began = (devices, subscribers), time.monotonic()
    quiet(peers)
    equal(len(devices.made), DEVICES, "subscriptions inside")
    passed, batches = 0, 0
    while passed < DAY:
        if batches * DAY <= BATCHES * passed:
            for number in range(DEVICES):
                devices.say(f"jobs {number} {JOBS}")
            batches += 1
        passed += turn(peers, min(quiet(peers), DAY // 100))
    quiet(peers)
    told = sum(len(events) for events in devices.heard.values())
    diagnose(f"seed {SEED}; {passed / 3600000:.1f} hours in {time.monotonic() - began:.0f} s; "
             f"{batches * DEVICES * JOBS} jobs, {told} events, {sum(map(len, subscribers.heard.values()))} heard; "
             f"{subscribers.lost} losses told: {dict(subscribers.why)}")
    check(told >= EVENTS, f"{told} events")
    equal(len(subscribers.made), SUBSCRIPTIONS, "subscriptions that live")
    for number in range(SUBSCRIPTIONS):
        agree(number, subscribers.heard[number], devices.heard[number % DEVICES])
    subscribers.end()
    # Of a Subscribe whose answer got lost the subscriber knows nothing, and cannot take it back. The
    # next event finds nobody there, and ends it.
    for number in range(DEVICES):
        devices.say(f"jobs {number} 1")
    for _ in range(4):
        turn(peers[:1], min(quiet(peers[:1]), 60000))
    devices.say("left")
    for number in range(DEVICES):
        equal(devices.wait("left").split()[2], "1", f"subscribers of device {number}")
    devices.end()
    diagnose(bad.end())


main()
