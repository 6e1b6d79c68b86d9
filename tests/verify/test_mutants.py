#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each check fails on the device that does just that wrong.

    test_mutants.py WSD GEN_DOCS ROOT PART/PARTS
    test_mutants.py WSD GEN_DOCS ROOT ID...

A part is every so many-th check, so that two processors have one each; each part has a network of
its own, since all devices listen to the same group.
"""

import sys
import threading
import unittest

import verifying
from verifying import MINUTE, TURNED, Clock, Device, states, verify


def turned_run(check, clock):
    """A check that waits for a minute, which passes at once."""
    with Device(check["id"], program=TURNED, env=clock.env) as device:
        late = threading.Timer(0.7, clock.turn, [MINUTE + 1000])
        late.start()
        try:
            return states(verify(device, "--full", "--only", check["id"], program=TURNED,
                                 env=clock.env))
        finally:
            late.join()


def run(check):
    """The state of the check on its mutant."""
    if "time" in check["needs"]:
        return turned_run(check, Clock())[check["id"]]
    full = ["--full"] if "paper" in check["needs"] else []
    with Device(check["id"]) as device:
        return states(verify(device, *full, "--only", check["id"]))[check["id"]]


def chosen(checks, words):
    if len(words) == 1 and "/" in words[0]:
        part, parts = map(int, words[0].split("/"))
        return checks[part - 1::parts]
    return [check for check in checks if check["id"] in words]


class Mutants(unittest.TestCase):
    def test_each_check_has_a_mutant_of_its_name_and_each_mutant_a_check(self):
        self.assertEqual(sorted({c["id"] for c in CHECKS}), sorted(verifying.list_faults()))

    def test_each_check_fails_on_its_mutant(self):
        mine = chosen(CHECKS, sys.argv[4:])
        self.assertTrue(mine)
        missed = {check["id"]: state for check in mine if (state := run(check)) != "fails"}
        self.assertEqual(missed, {}, f"{len(missed)} of {len(mine)} are not caught")
        print(f"{len(mine)} mutants, all caught", file=sys.stderr)


if __name__ == "__main__":
    OWN = verifying.enter_namespace()
    CHECKS = verifying.list_checks()
    unittest.main(argv=sys.argv[:1], verbosity=2)
