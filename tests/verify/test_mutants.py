#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each check fails on the device that does just that wrong.

    test_mutants.py WSD GEN_DOCS ROOT PART/PARTS
    test_mutants.py WSD GEN_DOCS ROOT ID...

A part is every so many-th check, so that two processors have one each; each part has a network of
its own, since all devices listen to the same group.
"""

import json
import sys
import unittest

import verifying
from verifying import LIMIT, MINUTE, TURNED, Clock, Device, await_note, start, states, verify


SILENT = {"probe-answered", "probe-empty", "probe-scanner-type", "probe-both-types",
          "probe-other-prefix", "probe-unicast", "probe-ipv6", "probe-ipv4", "resolve-answered"}


def turned_run(check, clock):
    """A check that waits for a minute, which passes at once."""
    with Device(check["id"], program=TURNED, env=clock.env) as device:
        run = start(device, "--full", "--only", check["id"], program=TURNED, env=clock.env)
        await_note(run, "waiting for 61 s")
        clock.turn(MINUTE, device)
        out, _ = run.communicate(timeout=LIMIT)
        return states(json.loads(out))


def run(check):
    """The state of the check on its mutant."""
    if "time" in check["needs"]:
        return turned_run(check, Clock())[check["id"]]
    full = ["--full"] if "paper" in check["needs"] else []
    # An answer that was dropped need not be waited for as long as one that may be late.
    soon = ["--timeout", "1"] if check["id"] in SILENT else []
    with Device(check["id"]) as device:
        return states(verify(device, *full, *soon, "--only", check["id"]))[check["id"]]


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
