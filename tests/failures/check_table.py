#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every public call is made by a scenario of the matrix: check_table.py MATRIX_C LIBWSD_MAP"""

import re
import sys

matrix, library = (open(path, encoding="utf-8").read() for path in sys.argv[1:3])
public = re.findall(r"^\s+(wsd_\w+);", library, re.M)
called = set(re.findall(r"\b(wsd_\w+)\(", matrix))
missing = [name for name in public if name not in called]
if len(public) < 100 or missing:
    print(f"{len(public)} public calls; no scenario makes: {', '.join(missing) or 'none missing'}")
    sys.exit(1)
# A scenario that is not in the table would not compile; one without a test would not run.
names = set(re.findall(r'\{"(\w+)", run_\w+\}', matrix))
build = open(sys.argv[1].replace("matrix.c", "meson.build"), encoding="utf-8").read()
untested = sorted(name for name in names if f"'{name}'" not in build)
if not names or untested:
    print(f"without a test: {', '.join(untested)}")
    sys.exit(1)
print(f"{len(public)} public calls in {len(names)} scenarios")
