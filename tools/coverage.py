#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lines and branches that the tests have run, as docs/coverage.md.

    coverage.py ROOT PAGE BUILD_DIR...     made with -Db_coverage=true, their tests run

A build directory lies two folders deep in its sources. Figures come from gcov, a room of src/ or a
folder of apps/ each. Below them stand the branches of src/ that nothing has taken, a function a
line: each is of a CLASS, which says for what a condition looks like why it is so, or has its reason
in coverage-reasons.tsv beside the page, found by a person who read it. What has neither is "open".

A line of reasons: file, function, the line of source as it stands there, reason. One that fits no
branch that is not taken is an error: the line was changed, or a test takes it now. Where it depends
on the machine, the moment or the choice of tests whether a branch is taken, the reason begins with
"At times".
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
LIBRARY = tuple(room for room in ROOMS if room.startswith("src/"))
AT_TIMES = "At times"
BY_HAND = "by hand"

# (name, what it means, what the line of the condition matches). The first that matches counts.
CLASSES = [
    ("memory", "an allocation fails. Each that a public call makes fails once in the tests "
     "`failures-*` and `allocations*`; here it is the same function reached from elsewhere, or the "
     "side of a condition that two failures share",
     r"(?=.*(== NULL|!= NULL|NO_MEMORY|[( ]!|\.failed|\?|status|\br\b))(?=.*("
     r"NO_MEMORY|strn?dup|arena|[cm]alloc|_new\(|copy|buf_|\.failed\b|_add\(|insert|grow|_init\(|"
     r"reserve|summarize|put_|printf|node\(|_append|fault_detail_init|dup_piece))"),
    ("passed on", "a failure from below is handed on as it is",
     r"\b(status|r|rc|code|system|failed|number|result)\)? (<|>|>=|==|!=) (0|CURL|SQLITE|WSD)|"
     r"\b(status|r) \?|if \(failed|return (r|status)\b"),
    ("system", "the system or a library below refuses what it never refused in a test",
     r"setsockopt|set\(fd|fcntl|stat\(|mkdir|link\(|errno|EINTR|SQLITE|is_damage|is_busy|CURL|"
     r"mhd|dlopen|info\b.*NULL|getentropy|broken|fd [<>]|sockaddr|interfaces_load"),
    ("telling", "what a log line or a trace says of it",
     r"\.?note\b|trac|wsd__log|peer_port|IPv%d|\? 4 : 6|: \"\"|explain|strerror"),
]


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


def collect(builds, root):
    files = collections.defaultdict(File)
    for build in builds:
        source = os.path.dirname(os.path.dirname(build))
        notes = [p for top in ("src", "apps") for p in Path(build, top).rglob("*.gcno")]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            answers = [a for found in pool.map(gcov, notes) for a in found]
        for answer in answers:
            for file in answer["files"]:
                path = os.path.normpath(os.path.join(build, file["file"]))
                name = os.path.relpath(path, source)
                if name.startswith(ROOMS) and same(path, os.path.join(root, name)):
                    for line in file["lines"]:
                        files[name].add(line)
    return files


def same(one, other):
    """A build of other sources counts for what they share."""
    try:
        return Path(one).read_bytes() == Path(other).read_bytes()
    except OSError:
        return False


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


class Reasons:
    def __init__(self, path):
        self.texts, self.used, self.seen = {}, set(), set()
        for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines()):
            fields = line.split("\t")
            if number > 0:
                if len(fields) != 4 or tuple(fields[:3]) in self.texts:
                    sys.exit(f"{path}:{number + 1}: twice, or not four fields")
                self.texts[tuple(fields[:3])] = fields[3]

    def find(self, key, count):
        if key not in self.texts:
            return None
        self.seen.add(key)
        if count == 0:
            self.used.add(key)
        return self.texts[key]

    def stale(self):
        for key, reason in self.texts.items():
            if key not in self.seen:
                yield f"{key[0]}: {key[1]}: no longer there: {key[2]}"
            elif key not in self.used and not reason.startswith(AT_TIMES):
                yield f"{key[0]}: {key[1]}: is taken now: {key[2]}"


def untaken(files, root, reasons):
    """{(class, file, function): [line number]}; a branch that nothing explains has class None."""
    found = collections.defaultdict(list)
    for name in sorted(files):
        if room_of(name) not in LIBRARY:
            continue
        text = Path(root, name).read_text(encoding="utf-8").splitlines()
        for number, branches in sorted(files[name].branches.items()):
            for (function, _), count in sorted(branches.items()):
                reason = reasons.find((name, function, text[number - 1].strip()), count)
                if count == 0:
                    kind = BY_HAND if reason else class_of(text, number)
                    found[kind, name, function].append(number)
    return found


def class_of(text, number):
    # A condition may go over some lines; what stands above it and what it guards tell as much.
    about = " ".join(text[max(number - 4, 0):number + 2])
    return next((c[0] for c in CLASSES if re.search(c[2], about)), None)


def untaken_pages(found):
    """A table of the classes, and below it a function a line."""
    sums = collections.Counter()
    for (kind, _, _), numbers in found.items():
        sums[kind] += len(numbers)
    yield "| class | branches | what it is |"
    yield "| --- | ---: | --- |"
    for name, meaning, _ in CLASSES:
        yield f"| {name} | {sums[name]} | {meaning} |"
    yield f"| {BY_HAND} | {sums[BY_HAND]} | [coverage-reasons.tsv](coverage-reasons.tsv) says why |"
    yield f"| open | {sums[None]} | not explained |"
    for room in LIBRARY:
        yield f"\n### {room}\n"
        for (kind, name, function), numbers in sorted(found.items(),
                                                      key=lambda item: (item[0][1:], str(item[0]))):
            if room_of(name) == room:
                lines = ", ".join(str(n) for n in sorted(set(numbers)))
                yield (f"- {Path(name).name}:{function}: {kind or 'open'}, {len(numbers)} "
                       f"(line {lines})")


def write(files, found, path):
    """Puts the figures between the marks of the page."""
    text = Path(path).read_text(encoding="utf-8")
    for mark, lines in (("figures", table(figures(files))), ("untaken", untaken_pages(found))):
        begin, end = f"<!-- {mark} -->\n", f"<!-- end of {mark} -->"
        before, rest = text.split(begin)
        text = before + begin + "\n".join(lines) + "\n" + end + rest.split(end)[1]
    Path(path).write_text(text, encoding="utf-8")


def main():
    root, page, *builds = (os.path.abspath(path) for path in sys.argv[1:])
    files = collect(builds, root)
    reasons = Reasons(Path(page).with_name("coverage-reasons.tsv"))
    found = untaken(files, root, reasons)
    write(files, found, page)
    left = sum(len(numbers) for (kind, _, _), numbers in found.items() if kind is None)
    print("\n".join(table(figures(files))))
    print(f"{sum(map(len, found.values()))} branches of src/ were not taken, {left} are open")
    stale = list(reasons.stale())
    for line in stale:
        print(f"docs/coverage-reasons.tsv: {line}", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
