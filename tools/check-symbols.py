#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that headers, version script and built library agree; part of the test-suite.

    check-symbols.py LIBRARY [ROOT]

Each function that include/wsd/ marks WSD_API has a comment, is listed in src/libwsd.map and is
exported by LIBRARY (the shared one) under the node that lists it; nothing else is.
"""

import re
import subprocess
import sys
from pathlib import Path

from api_headers import read_headers

MAP = "src/libwsd.map"
NODE = re.compile(r"(\w[\w.]*)\s*\{(.*?)\}\s*[\w.]*\s*;", re.S)


def listed(path):
    """{symbol: node} of the version script."""
    text = re.sub(r"/\*.*?\*/|#[^\n]*", " ", path.read_text("utf-8"), flags=re.S)
    symbols = {}
    for node, body in NODE.findall(text):
        names = body.partition("local:")[0].replace("global:", " ").split(";")
        symbols.update({name.strip(): node for name in names if name.strip()})
    return symbols


def exported(library):
    """{symbol: node} of the library."""
    out = subprocess.run(["nm", "-D", "--defined-only", library], check=True, text=True,
                         capture_output=True).stdout
    symbols = {}
    for line in out.splitlines():
        kind, name = line.split()[-2:]
        symbol, _, node = name.replace("@@", "@").partition("@")
        if kind != "A":  # the nodes themselves
            symbols[symbol] = node
    return symbols


def findings(root, library):
    functions = {f.name: (h.name, f) for h in read_headers(root) for f in h.functions()}
    in_map, in_library = listed(root / MAP), exported(library)
    for name, (header, function) in sorted(functions.items()):
        where = f"include/wsd/{header}.h:{function.line}"
        if not function.doc:
            yield f"{where}: {name}() has no comment"
        if name not in in_map:
            yield f"{where}: {name} is missing from {MAP}"
        if name not in in_library:
            yield f"{where}: {name} is not exported by {library}"
        elif name in in_map and in_library[name] != in_map[name]:
            yield f"{library}: {name} is of {in_library[name] or 'no node'}, not {in_map[name]}"
    for name in sorted(set(in_map) - set(functions)):
        yield f"{MAP}: {name} is not declared in include/wsd"
    for name in sorted(set(in_library) - set(functions)):
        yield f"{library}: {name} is exported but not declared in include/wsd"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    root = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).resolve().parent.parent
    found = list(findings(root, sys.argv[1]))
    print("\n".join(found + [f"check-symbols: {len(found)} findings"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
