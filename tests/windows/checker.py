#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plays the part of Windows against a WSD scanner, message by message, and says what is wrong.

    checker.py --device 192.0.2.7
    checker.py --device 192.0.2.7 --ask          with somebody at the scanner

Python's standard library is all that it needs. What it checks, and why: docs/windows.md. It exits
with 0 when all that could be tried is as Windows expects it, with 1 when something is not, with 2
for bad usage, with 3 when there is no device.
"""

import argparse
import json
import shlex
import subprocess
import sys

import registry
# In the order of their checks: those over the whole log come last.
import discovery  # noqa: F401
import metadata  # noqa: F401
import scanning  # noqa: F401
import jobs  # noqa: F401
import eventing  # noqa: F401
import restarts  # noqa: F401
import multipart  # noqa: F401
import answers  # noqa: F401
from session import Hooks, Session
from wire import Complaint, Untried

MARKS = {"passed": "ok    ", "failed": "FAILED", "untried": "-     "}


class Commands(Hooks):
    """Commands in place of the person; {name}, {number} and {sheets} are filled in."""

    def __init__(self, options):
        self.options = options

    def run(self, what, **words):
        line = getattr(self.options, "hook_" + what)
        if line:
            done = subprocess.run([w.format(**words) for w in shlex.split(line)], check=False,
                                  capture_output=True, text=True)
            if done.returncode != 0:
                raise Untried(f"--hook-{what} failed: {done.stderr.strip() or done.returncode}")
        elif self.options.ask:
            print(f"      >> {QUESTIONS[what].format(**words)}, then Enter (n: cannot)",
                  file=sys.stderr)
            return sys.stdin.readline().strip() != "n"
        return bool(line)

    def stop(self):
        return self.run("stop")

    def start(self):
        return self.run("start")

    def press(self, name, number):
        return self.run("press", name=name, number=number)

    def load(self, sheets):
        return self.run("load", sheets=sheets)


QUESTIONS = {
    "stop": "switch the scanner off as its manual says",
    "start": "switch it on",
    "press": "choose {name}, entry {number} of its five, on the panel and press the button",
    "load": "put {sheets} sheets into the feeder",
}


def parse():
    parser = argparse.ArgumentParser(description="Plays Windows against a WSD scanner.")
    parser.add_argument("--device", metavar="ADDRESS", help="where the scanner is")
    parser.add_argument("--url", help="its metadata's address, where no search reaches")
    parser.add_argument("--uuid", metavar="URN", help="its endpoint, where several answer")
    parser.add_argument("--interface", help="the network interface to ask on")
    parser.add_argument("--only", nargs="+", metavar="ID", help='checks by id; "job.*" works')
    parser.add_argument("--json", action="store_true", help="a JSON object for each check")
    parser.add_argument("--list", action="store_true", help="list the checks and end")
    parser.add_argument("--ask", action="store_true", help="ask for what a person has to do")
    parser.add_argument("--watch", type=float, default=10, metavar="SECONDS",
                        help="how long silence is watched (10)")
    parser.add_argument("--sheets", type=int, default=50, help="sheets of the full feeder (50)")
    parser.add_argument("--sink-port", type=int, default=0,
                        help="port for events, 5357 with Windows (any)")
    for name, what in QUESTIONS.items():
        parser.add_argument("--hook-" + name, metavar="COMMAND", help=what)
    return parser.parse_args()


def say(result, as_json):
    if as_json:
        print(json.dumps(result.as_dict()), flush=True)
        return
    print(f"{MARKS[result.state]} {result.check.id:24} {result.check.says}", flush=True)
    for detail in result.details:
        print(f"       {'The device ' if result.state == 'failed' else ''}{detail}.")
    if result.state == "failed":
        print(f"       To the user: {result.check.notice}.\n"
              f"       From: {result.check.source} ({result.check.level}).", flush=True)


def sum_up(results):
    counts = {state: sum(r.state == state for r in results) for state in MARKS}
    print(", ".join(f"{n} {state}" for state, n in counts.items()))
    ranked = sorted(((min(r.check.suspects), r) for r in results
                     if r.state == "failed" and r.check.suspects), key=lambda pair: pair[0])
    if ranked:
        print(f"Mend {ranked[0][1].check.id} first: it is the likeliest reason why Windows sees a "
              "scanner and does not use it.")


def main():
    options = parse()
    if options.list:
        for one in registry.CHECKS.values():
            print(f"{one.id:24} {one.level:5} {one.says} [{one.source}]")
        return 0
    try:
        session = Session(options.device, options.url, options.uuid, options.interface,
                          Commands(options), options.watch, options.sheets, options.sink_port)
        if not session.find():
            print("checker.py: no scanner answered, neither by multicast nor at an address; is WSD "
                  "switched on, and the scanner in this network?", file=sys.stderr)
            return 3
    except (Complaint, OSError) as error:
        print(f"checker.py: {error}", file=sys.stderr)
        return 3
    try:
        results = registry.run(session, options.only, lambda r: say(r, options.json))
    finally:
        session.close()
    if not options.json:
        sum_up(results)
    return 1 if any(r.state == "failed" for r in results) else 0


if __name__ == "__main__":
    sys.exit(main())
