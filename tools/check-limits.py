#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that docs/security.md and the code name the same bounds; part of the test-suite.

    check-limits.py [ROOT]

The page has a section per header, "### Bounds of `src/core/limits.h`", and in it a table row per
bound: "| `NAME` | value | what happens |". A bound of src/core/limits.h without a row, a row
without a bound, and a value that differs are errors. Of any other file the page lists what it wants;
those bounds must be there with that value.
"""

import re
import sys
from pathlib import Path

LIMITS = "src/core/limits.h"
SECTION = re.compile(r"^### Bounds of `([^`]+)`\n(.*?)(?=^#|\Z)", re.M | re.S)
ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \| ([^|\n]+) \|$", re.M)
UNITS = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "ms": 1, "s": 1000}
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def constant(expression):
    """The value of a C constant made of numbers, brackets, + - * and <<; None if it is not."""
    expression = re.sub(r"U?INT(?:32|64)_C\((\w+)\)", r"\1", expression)
    expression = re.sub(r"\b(\d+)[uUlL]+\b", r"\1", expression).strip()
    if not re.fullmatch(r"[\d\s()+*<-]+", expression):
        return None
    return eval(expression, {"__builtins__": {}})  # nothing but digits and operators


def bounds(path):
    """Name and value of each numeric macro and enumerator of a file."""
    text = COMMENT.sub(" ", path.read_text("utf-8"))
    found = re.findall(r"^#define (\w+)[ \t]+(\S.*)$", text, re.M)
    found += re.findall(r"\b([A-Z][A-Z0-9_]+) = ([^,}\n]+)", text)
    values = {name: constant(expression) for name, expression in found}
    return {name: value for name, value in values.items() if value is not None}


def stated(text):
    """The number that a cell of the page says: "64", "32 767", "16 MiB", "30 s"."""
    match = re.fullmatch(r"(\d[\d ]*?) ?(KiB|MiB|GiB|ms|s|)", text.strip())
    return int(match[1].replace(" ", "")) * UNITS[match[2]] if match else None


def findings(root):
    page = (root / "docs/security.md").read_text("utf-8")
    sections = dict(SECTION.findall(page))
    if LIMITS not in sections:
        yield f"docs/security.md: there is no section 'Bounds of `{LIMITS}`'"
        return
    for name, body in sections.items():
        if not (root / name).is_file():
            yield f"docs/security.md: there is no file {name}"
            continue
        known, rows = bounds(root / name), ROW.findall(body)
        if not rows:
            yield f"docs/security.md: no bounds are listed for {name}"
        for bound, value, _ in rows:
            if bound not in known:
                yield f"docs/security.md: {name} has no bound {bound}"
            elif stated(value) != known[bound]:
                yield f"docs/security.md: {bound} is {known[bound]} in {name}, not {value}"
        if name == LIMITS:
            for bound in sorted(set(known) - {row[0] for row in rows}):
                yield f"docs/security.md: {bound} of {name} is missing"


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    found = list(findings(root))
    print("\n".join(found + [f"check-limits: {len(found)} findings"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
