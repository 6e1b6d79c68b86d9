#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints "N passed, N failed, N skipped" for the last run of `meson test`.

    tools/count-tests.py BUILD_DIR

A program of several tests counts as its tests where its output tells of them (TAP, or cmocka's own
lines), else as one. The names of what failed or was skipped stand above the closing line. Exits
with 1 if a test failed or none ran.
"""

import json
import re
import sys
from pathlib import Path

TAP = re.compile(r"^(not )?ok\b\s*(\d*)\s*-?\s*(.*)$")
TAP_DIRECTIVE = re.compile(r"#\s*(skip|todo)\b\S*\s*(.*)$", re.IGNORECASE)
CMOCKA = re.compile(r"^\[\s+(RUN|OK|FAILED|SKIPPED)\s+\]\s+(\S+)$")
# How meson says that a whole program went.
PASSED = {"OK", "EXPECTEDFAIL"}


def tap_results(lines):
    """(name, result) of each TAP line; indented lines belong to a test within a test."""
    for line in lines:
        match = TAP.match(line)
        if not match:
            continue
        failed, number, name = match.groups()
        directive = TAP_DIRECTIVE.search(name)
        kind = directive.group(1).lower() if directive else ""
        # cmocka writes the name of a skipped test where others write the reason.
        name = TAP_DIRECTIVE.sub("", name).strip() or (directive and directive.group(2)) or number
        if kind == "skip":
            yield name, "skipped"
        else:
            yield name, "failed" if failed and kind != "todo" else "passed"


def cmocka_results(lines):
    """A test that began and never ended has crashed; failures are listed twice by cmocka."""
    words = {"RUN": "failed", "OK": "passed", "FAILED": "failed", "SKIPPED": "skipped"}
    results = {}
    for line in lines:
        match = CMOCKA.match(line)
        if match and (match.group(1) == "RUN" or match.group(2) in results):
            results[match.group(2)] = words[match.group(1)]
    return results.items()


def results_of(test):
    """All (name, result) of one entry of the log."""
    output = (test.get("stdout") or "") + "\n" + (test.get("stderr") or "")
    lines = output.splitlines()
    results = list(cmocka_results(lines)) or list(tap_results(lines))
    results = [(f"{test['name']}: {name}", result) for name, result in results]
    outcome = test["result"]
    if outcome == "SKIP":
        return results if any(r == "skipped" for _, r in results) else [(test["name"], "skipped")]
    if outcome in PASSED:
        # A program that ended well but tells of failures would be a liar: what it tells counts.
        return results or [(test["name"], "passed")]
    if not any(result == "failed" for _, result in results):
        results.append((f"{test['name']} ({outcome.lower()})", "failed"))
    return results


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    log = Path(sys.argv[1]) / "meson-logs" / "testlog.json"
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    marked = []
    try:
        entries = [json.loads(line) for line in log.read_text("utf-8").splitlines() if line.strip()]
    except FileNotFoundError:
        entries = []
    for test in entries:
        for name, result in results_of(test):
            counts[result] += 1
            if result != "passed":
                marked.append((result, name))
    for result, name in sorted(marked, key=lambda mark: (mark[0] == "failed", mark)):
        print(f"{result}: {name}")
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
