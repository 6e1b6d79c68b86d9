#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that the rooms of the house keep to themselves; part of the test-suite.

    check-rooms.py [ROOT]

A room of src/ may include from itself and from rooms of a lower floor (docs/architecture.md):

    core <- xml <- soap <- discovery, transfer, eventing <- scan, print <- device <- apps

Programs and examples see nothing but <wsd/...>, public headers see nothing but <wsd/...> and the C
library, and each library that we depend on is known to one room alone.
"""

import re
import sys
from pathlib import Path

FLOORS = [
    {"core"},
    {"xml"},
    {"soap"},
    {"discovery", "transfer", "eventing"},
    {"scan", "print"},
    {"device"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

# Which room of src/ knows which library.
LIBRARIES = {
    "uv.h": {"core"},
    "expat.h": {"xml"},
    "curl/": {"soap"},
    "microhttpd.h": {"soap"},
    "sqlite3.h": {"discovery"},
}

# What the public headers may include besides <wsd/...>.
PUBLIC = {"stdarg.h", "stdbool.h", "stddef.h", "stdint.h", "sys/types.h"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)', re.M)
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def includes(path):
    """(line, name, quoted) of each include of a file, comments left out."""
    text = path.read_text("utf-8", errors="replace")
    text = COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match[1] or match[2], match[1] is not None


def c_files(folder):
    return sorted(path for path in folder.rglob("*") if path.suffix in (".c", ".h"))


def library_of(name):
    return next((rooms for prefix, rooms in LIBRARIES.items() if name.startswith(prefix)), None)


def check_room_file(room, name, quoted):
    """What is wrong with an include in src/, or None."""
    if not quoted:
        rooms = library_of(name)
        if rooms is not None and room not in rooms:
            return f"<{name}> belongs to src/{', src/'.join(sorted(rooms))}"
        return None
    other, _, rest = name.partition("/")
    if not rest or other not in FLOOR:
        return f'"{name}" is not written as "room/file.h"'
    if other != room and FLOOR[other] >= FLOOR[room]:
        return f"src/{room} must not include from src/{other}"
    return None


def check_public(name, quoted):
    if quoted:
        return f'"{name}": a public header includes by <wsd/...>'
    if not name.startswith("wsd/") and name not in PUBLIC:
        return f"<{name}> would become part of the interface"
    return None


def check_program(root, path, name, quoted):
    """Programs: no header of src/, by whatever way it is named."""
    if not quoted:
        return None
    target = (path.parent / name).resolve()
    inside = (root / "src").resolve()
    if inside in target.parents or name.split("/")[0] in FLOOR and (root / "src" / name).exists():
        return f'"{name}" is an inside of the library'
    return None


def findings(root):
    count = 0
    for room_folder in sorted((root / "src").iterdir()):
        room = room_folder.name
        if not room_folder.is_dir():
            continue
        if room not in FLOOR:
            yield None, f"src/{room}: no room of this name is known to tools/check-rooms.py"
            continue
        for path in c_files(room_folder):
            for line, name, quoted in includes(path):
                count += 1
                yield (path, line), check_room_file(room, name, quoted)
    for path in c_files(root / "include"):
        for line, name, quoted in includes(path):
            count += 1
            yield (path, line), check_public(name, quoted)
    for folder in ("apps", "examples", "sane"):
        for path in c_files(root / folder) if (root / folder).is_dir() else []:
            for line, name, quoted in includes(path):
                count += 1
                yield (path, line), check_program(root, path, name, quoted)
    if count == 0:
        yield None, "there is nothing to check here"


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    checked = failed = 0
    for place, what in findings(root):
        checked += 1
        if what is None:
            continue
        failed += 1
        where = f"{place[0].relative_to(root)}:{place[1]}: " if place else ""
        print(f"{where}{what}")
    print(f"check-rooms: {checked} includes, {failed} findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
