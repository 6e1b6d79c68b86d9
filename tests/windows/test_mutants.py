#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each check can fail: a scanner that is wrong in one thing is reported by the checks that are
meant to see it, and by no others.

    test_mutants.py WSD search|metadata|scan|events|restart
"""

import os
import sys

import services

import checker
import interop
import mutants
import mutants_scan
import registry
from interop import SERVER, case, check, equal, main
from mutator import Mutated
from session import Session

# Mutants against which all checks are run, those of the restart too.
WITH_ALL = ("ProbeMatches have the type of the service and not", "RelatesTo is missing",
            "CompatibleId with https:", "half an hour is granted")
LISTS = {"search": mutants.SEARCH, "metadata": mutants.METADATA, "scan": mutants_scan.SCAN,
         "events": mutants_scan.EVENTS, "restart": mutants_scan.RESTART + [
             row for row in mutants.SEARCH + mutants.METADATA + mutants_scan.EVENTS
             if row[0].startswith(WITH_ALL)]}
WHICH = sys.argv[2] if len(sys.argv) > 2 else os.environ.get("MUTANTS", "search")
# What takes long is left out where a mutant is not meant for it; of the last list nothing is.
SLOW = ["restart.*", "job.formats", "feeder.*", "events.unsubscribe"]
LEFT_OUT = [] if WHICH == "restart" else SLOW
DEAD = "what the checker does not understand"


def judged(service, change, early, names):
    """{state: ids} of a run of some checks with a change, and what was said."""
    service.relay.change, service.relay.early = change, early
    session = Session(device=SERVER, watch=0.3, latest=3, sheets=3, hooks=service)
    session.find()
    results = registry.run(session, names)
    service.relay.change = service.relay.early = None
    session.close()
    said = "\n".join(f"{r.check.id}: {r.state}: {d}" for r in results for d in r.details)
    check(DEAD not in said, said)
    if "button.scan" in said:  # the scan waits for somebody to fetch it, and others have to wait
        service.stop()
        service.start()
    return {state: [r.check.id for r in results if r.state == state]
            for state in ("failed", "untried")}, said


def spread(names):
    """Names with `*` written out."""
    return sorted(n for n in registry.CHECKS if registry.matches(n, names))


@case("the relay alone changes nothing")
def nothing(service):
    got, said = judged(service, None, None, list(registry.CHECKS))
    equal(got, {"failed": [], "untried": []}, said)


def mutant_case(name, change, failed, untried, early=None):
    @case(f"{name}: {', '.join(failed)}")
    def reported(service):
        meant = set(spread(failed) + spread(untried))
        names = [n for n in registry.CHECKS if n in meant or not registry.matches(n, LEFT_OUT)]
        got, said = judged(service, change, early, names)
        equal(sorted(got["failed"]), spread(failed), f"failed\n{said}\n")
        equal(sorted(got["untried"]), spread(untried), f"untried\n{said}\n")


for row in LISTS[WHICH]:
    mutant_case(*row)
if WHICH == "metadata":
    mutant_case("answers before the question is read", None, ["get.reads-first"], [],
                lambda headers: "Cache-Control" not in headers)


@case("the service ends in an orderly way")
def end(service):
    service.stop()


if __name__ == "__main__":
    assert services and checker and interop
    main(setup=Mutated)
