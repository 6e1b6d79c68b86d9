#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lines and branches that the tests have run, as docs/coverage.md.

    coverage.py ROOT PAGE BUILD_DIR...     made with -Db_coverage=true, their tests run

A build directory lies two folders deep in its sources. Figures come from gcov, a room of src/ or a folder of apps/ each. Below them stand the branches of
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
CLASSES = [
    ("memory", "an allocation fails. Each that a public call makes fails once in the tests "
     "`failures-*` and `allocations*`; here it is the same function reached from elsewhere, or the "
     "side of a condition that two failures share",
     r"== NULL|NO_MEMORY|strn?dup|arena_|[cm]alloc|summarize|copy_into|buf_append|\.failed\b|"
     r"[( ]!\(?\*?(ret|copy|answer|items|stream|arena|value|any|frame|back|size|height|data|"
     r"service|member|list|name|text|start|record|call|row|entry|x|to|from|given|url|path)\b"),
    ("passed on", "a failure from below is handed on as it is",
     r"\b(status|r|rc|code|system|failed|number|result)\)? (<|>|>=|==|!=) (0|CURL|SQLITE|WSD)|"
     r"\b(status|r) \?|if \(failed|return (r|status)\b"),
    ("system", "the system or a library below refuses what it never refused in a test",
     r"setsockopt|set\(fd|fcntl|stat\(|mkdir|link\(|errno|EINTR|SQLITE|is_damage|is_busy|CURL|"
     r"mhd|dlopen|info\b.*NULL|getentropy|broken|fd [<>]|sockaddr|interfaces_load"),
    ("telling", "what a log line or a trace says of it",
     r"\.?note\b|trac|wsd__log|peer_port|IPv%d|\? 4 : 6|: \"\"|explain|strerror"),
    ("IPv6", "the same over IPv6, a zone, an address in brackets",
     r"INET6|IPV6|ipv6|bracketed|zone|scope|link_local|\[0\] == '\['"),
    ("order", "the same events in another order: something is gone, closed, cancelled or busy, or "
     "stands first, last or in the middle of a list",
     r"gone|closed|cancelled|finished|ended|busy|leaving|again|previous|next\b|step|state\b|"
     r"pending|active|waiting|active|phase|told|armed|under_way|stopping|suspended|unsaid|"
     r"proxy|proxied|missed|lost|due|until"),
    ("option", "an option that the program gives or leaves out",
     r"options|wish|request\b|scanner->|description|capabilities|configuration|ticket|settings"),
    ("comparison", "one part of a comparison of texts, names or lists the whole of which is tested "
     "both ways",
     r"equal|str\w*cmp|memcmp|strchr|strpbrk|strspn|memchr|memmem|length|hash|n_items|n_\w+|"
     r"local\b|prefix|host|uri|size\b|count|kind|value|for \(|while \(|switch|case |'.'"),
    ("condition", "one part of a condition of several parts the whole of which is tested both ways",
     r"&&|\|\||\?"),
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


def untaken_pages(found):
    """A table of the classes, and below it a function a line."""
    sums = collections.Counter()
    for (kind, _, _), numbers in found.items():
        sums[kind] += len(numbers)
    yield "| class | branches | what it is |"
    yield "| --- | ---: | --- |"
    for name, meaning, _ in CLASSES:
        yield f"| {name} | {sums[name]} | {meaning} |"
    yield f"| open | {sums[None]} | none of these |"
    for room in PROTOCOL:
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
    found = untaken(files, root)
    write(files, found, page)
    left = sum(len(numbers) for (kind, _, _), numbers in found.items() if kind is None)
    print("\n".join(table(figures(files))))
    print(f"{sum(map(len, found.values()))} branches of the protocol rooms were not taken, "
          f"{left} of them are of no class")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
