#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The checker of Windows' expectations passes on our own services (services.py has the list)."""

import json
import re
import subprocess
import sys

from services import HERE, SERVICES, WsdServe

import checker
import registry
from interop import SERVER, case, check, equal, main
from session import Session

FAST = {"watch": 1, "device": SERVER}


def outcome(results):
    return {state: [r.check.id for r in results if r.state == state]
            for state in ("failed", "untried")}


def told(results):
    return "\n".join(f"{r.check.id}: {d}" for r in results if r.state != "passed"
                     for d in r.details)


def service_case(name, make, untried):
    @case(f"{name} is as Windows expects it, with button, full feeder and restart")
    def passes(world):
        service = make(world)
        session = Session(hooks=service, **FAST)
        check(session.find(), "not found")
        results = registry.run(session)
        session.close()
        equal(outcome(results), {"failed": [], "untried": list(untried)}, told(results))
        service.stop()


for row in SERVICES:
    service_case(*row)


def command(world, *arguments, status):
    done = subprocess.run([sys.executable, f"{HERE}/checker.py", *arguments], cwd=world.directory,
                          capture_output=True, text=True, timeout=120, check=False)
    equal(done.returncode, status, f"{done.stdout[-3000:]}{done.stderr}")
    return done


@case("the command says a line a check, objects with --json, and ends with 0, or 1 for a fault")
def lines(world):
    service = WsdServe(world, port=5357)
    only = ["--only", "probe.*", "metadata.*", "hosted.*"]
    arguments = ["--device", SERVER, "--watch", "0.1"]
    text = command(world, *arguments, *only, status=0).stdout
    check("ok     hosted.compatible-id" in text and "0 failed" in text, text)
    objects = [json.loads(line) for line in
               command(world, *arguments, *only, "--json", status=0).stdout.splitlines()]
    equal({o["state"] for o in objects}, {"passed"}, "states")
    # Nothing is on port 80 here, where Windows looks for a scanner whose address it was told.
    text = command(world, *arguments, "--only", "directed.*", status=1).stdout
    check(re.search(r"FAILED directed\.stable.*\n.*The device gave no answer.*\n"
                    r".*To the user: adding the scanner by its address fails", text), text)
    service.stop()


@case("hooks are commands, in place of a person")
def hooks(world):
    service = WsdServe(world)
    flag = world.path("pressed")
    text = command(world, "--device", SERVER, "--watch", "0.1", "--hook-load",
                   f"touch {flag}-{{sheets}}", "--sheets", "7", "--only", "feeder.all",
                   status=1).stdout
    check("7 sheets in the feeder" in text, text)
    command(world, "--device", SERVER, "--only", "button.*", "--watch", "0.1", status=0)
    service.stop()


@case("where nobody answers the command says so and ends with 3")
def nobody(world):
    text = command(world, "--device", SERVER, "--only", "probe.*", status=3).stderr
    check("no scanner answered" in text, text)


@case("each suspect, and each diagnosis that needs no Windows, has its checks")
def complete(world):
    checks = registry.CHECKS.values()
    equal({n for c in checks for n in c.suspects}, set(range(1, 10)), "suspects")
    equal({n for c in checks for n in c.diagnosis}, set(range(1, 7)), "diagnoses")
    for one in checks:
        check(one.source and one.notice and one.says, one.id)


if __name__ == "__main__":
    assert checker
    main()
