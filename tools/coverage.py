#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lines and branches that the tests have run, as docs/coverage.md.

    coverage.py BUILD_DIR ROOT [OUTPUT]     BUILD_DIR: made with -Db_coverage=true, its tests run

Figures come from gcov, a room of src/ or a folder of apps/ each. Below them stand the branches of
the protocol rooms that nothing has taken, a function a line, each with its class: CLASSES says for
what a condition looks like why that is so. Fails if there is one that no class explains, so that a
new one is either tested or explained.
"""

import collections
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOMS = ("src/core", "src/xml", "src/soap", "src/discovery", "src/transfer", "src/eventing",
         "src/scan", "src/print", "src/device", "apps")
PROTOCOL = ("src/xml", "src/soap", "src/discovery", "src/transfer", "src/eventing", "src/scan")

# (name, what it means, what the line of the condition matches). The first that matches counts.
CLASSES = []


class File:
    def __init__(self):
        self.lines = {}  # number: count
        self.branches = collections.defaultdict(dict)  # number: {(function, index): count}

    def add(self, line):
        number, function = line["line_number"], line.get("function_name", "")
        self.lines[number] = self.lines.get(number, 0) + line["count"]
        for index, branch in enumerate(line["branches"]):
            if not branch["throw"]:
                key = (function, index)
                seen = self.branches[number]
                seen[key] = seen.get(key, 0) + branch["count"]


def gcov(path):
    done = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities",
                           path.name], cwd=path.parent, capture_output=True, check=False)
    return [json.loads(text) for text in done.stdout.splitlines() if text.startswith(b"{")]


def collect(build, root):
    files = collections.defaultdict(File)
    notes = [p for top in ("src", "apps") for p in Path(build, top).rglob("*.gcno")]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, answers in zip(notes, pool.map(gcov, notes)):
            for answer in answers:
                base = answer["current_working_directory"]
                for file in answer["files"]:
                    name = os.path.normpath(os.path.join(base, file["file"]))
                    if not os.path.exists(name):
                        name = os.path.normpath(os.path.join(build, file["file"]))
                    name = os.path.relpath(name, root)
                    if name.startswith(ROOMS):
                        for line in file["lines"]:
                            files[name].add(line)
    return files


def room_of(name):
    return next(room for room in ROOMS if name.startswith(room + "/"))


def share(done, of):
    return f"{100 * done / of:.1f} %" if of else "-"


def figures(files):
    rooms = {room: [0, 0, 0, 0] for room in ROOMS}
    for name, file in files.items():
        sums = rooms[room_of(name)]
        taken = [count for line in file.branches.values() for count in line.values()]
        for i, value in enumerate((sum(c > 0 for c in file.lines.values()), len(file.lines),
                                   sum(c > 0 for c in taken), len(taken))):
            sums[i] += value
    return rooms


def table(rooms):
    rows = [*rooms.items(), ("all", [sum(column) for column in zip(*rooms.values())])]
    yield "| room | lines | of | | branches | of | |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for room, (lines, of_lines, branches, of_branches) in rows:
        yield (f"| `{room}` | {lines} | {of_lines} | {share(lines, of_lines)} | {branches} | "
               f"{of_branches} | {share(branches, of_branches)} |")


def untaken(files, root):
    """{(class, file, function): [line number]}; a branch that no class explains has class None."""
    found = collections.defaultdict(list)
    for name in sorted(files):
        if room_of(name) not in PROTOCOL:
            continue
        text = Path(root, name).read_text(encoding="utf-8").splitlines()
        for number, branches in sorted(files[name].branches.items()):
            for (function, _), count in sorted(branches.items()):
                if count == 0:
                    found[class_of(name, function, number, text), name, function].append(number)
    return found


def class_of(name, function, number, text):
    # A condition may go over some lines, and what it guards tells as much.
    about = " ".join(text[number - 1:number + 3])
    where = f"{name}:{function}: "
    return next((c[0] for c in CLASSES if re.search(c[2], where + about)), None)


def main():
    build, root = (os.path.abspath(path) for path in sys.argv[1:3])
    files = collect(build, root)
    found = untaken(files, root)
    out = open(sys.argv[3], "w", encoding="utf-8") if len(sys.argv) > 3 else sys.stdout
    print("\n".join(table(figures(files))), file=out)
    left = 0
    for (kind, name, function), numbers in found.items():
        text = Path(root, name).read_text(encoding="utf-8").splitlines()
        if kind is None:
            left += len(numbers)
            for number in sorted(set(numbers)):
                print(f"{name}:{number}: {function}: {text[number - 1].strip()}", file=out)
    print(f"{left} branches are neither tested nor explained", file=sys.stderr)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
