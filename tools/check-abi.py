#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the interface of libwsd with that of the release before: do its programs still run?

    check-abi.py check [ROOT]     against the record in packaging/abi; exits with 1 where not
    check-abi.py record [ROOT]    makes the record anew: for a release, in the commit of its version

The record is the public headers in one, without comments, and the version script. From it and from
the headers of today a library of empty functions is compiled, and abidiff (of abigail-tools) compares
what the compiler says of both: functions and their arguments, sizes, offsets, values of enumerations.
So the record can be read, is of every architecture, and what is opaque stays out of it. That the real
library exports what headers and version script say is the affair of check-symbols.py.

Added functions, types and words of an enumeration are fine, and so is an options structure that grows
at its end: it begins with its size, by which the library knows the callers of before.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from api_headers import read_headers

RECORD = "packaging/abi"
HEADER, MAP = "wsd.h", "libwsd.map"
TEXT = "interface.txt"  # what the record of the headers is called
INCLUDE = re.compile(r"^#include <wsd/(\w+\.h)>\n", re.M)
FUNCTION = re.compile(r"^WSD_API [^;{]*;", re.M)
# A structure that begins with its size; the first in a list of members.
SIZED = re.compile(r"^struct (wsd_\w+) \{\n( *size_t size;.*?)^\};\n", re.M | re.S)
TAG = re.compile(r"^((?:struct|enum) wsd_\w+) \{", re.M)
UNNAMED = re.compile(r"^enum \{(\s*)(\w+)", re.M)
MEMBER = re.compile(r"\(\*(\w+)\)|(\w+)(?:\[[^\]]*\])*[;,]")
GROWN = """struct {name}__grown {{
{body}}};
_Static_assert(offsetof(struct {name}__grown, {member}) >= sizeof(struct {name}),
    "{name}: {member} is where callers of before have padding, which may hold anything");
"""


def without_comments(path):
    """What the header says to a compiler, macros included."""
    command = ["cc", "-fpreprocessed", "-dD", "-E", "-P", "-x", "c", path]
    return subprocess.run(command, check=True, text=True, capture_output=True).stdout


def joined(folder, name, seen):
    """A header behind those that it includes, each once."""
    text = without_comments(folder / name)
    before = "".join(joined(folder, n, seen) for n in INCLUDE.findall(text) if n not in seen)
    seen.add(name)
    return before + INCLUDE.sub("", text)


def current(root):
    return joined(root / "include/wsd", HEADER, set())


def record(root):
    folder = root / RECORD
    folder.mkdir(exist_ok=True)
    (folder / TEXT).write_text(current(root), encoding="utf-8")
    (folder / MAP).write_text((root / "src" / MAP).read_text("utf-8"), encoding="utf-8")
    print(f"check-abi: {RECORD} is what the headers say")
    return 0


def cut_back(now, before):
    """The headers of now without the members by which options structures have grown."""
    bodies = dict(SIZED.findall(before))
    grown = []

    def cut(match):
        name, body = match.groups()
        old = bodies.get(name, body).rstrip()
        if body.rstrip() == old or not body.startswith(old):
            return match[0]
        member = next(n for n in MEMBER.search(body[len(old):]).groups() if n)
        grown.append(GROWN.format(name=name, body=body, member=member))
        return match[0].replace(body, old + "\n")

    return SIZED.sub(cut, now) + "#include <stddef.h>\n" + "".join(grown)


def named(text):
    """Enumerations without a name get one, so that they can be led to."""
    return UNNAMED.sub(r"enum wsd_with_\2 {\1\2", text)


def compile_stub(work, name, header, version_script, functions, tags):
    """
    A library of functions that do nothing, and one more to which the types of all @p tags lead: many
    are met in calls as int or behind void pointers alone. Returns its path.
    """
    members = "".join(f"    {tag} *{tag.split()[1]};\n" for tag in tags)
    code = header + "".join(f"{source.strip().rstrip(';')} {{ __builtin_trap(); }}\n" for source in functions)
    code += f"struct types {{\n{members}}};\nWSD_API void types_of_wsd(struct types *all) {{ (void)all; }}\n"
    script, out = work / f"{name}.map", work / f"{name}.so"
    script.write_text(version_script + "TYPES {\nglobal:\n    types_of_wsd;\n};\n", encoding="utf-8")
    subprocess.run(["cc", "-x", "c", "-w", "-g", "-gdwarf-4", "-fPIC", "-shared",
                    f"-Wl,--version-script={script}", "-Wl,-soname,libwsd.so.0", "-o", out, "-"],
                   input=code, text=True, check=True, stderr=subprocess.PIPE)
    return out


def compare(before, now):
    """What abidiff says: nothing is wrong when it says nothing but what was added."""
    command = ["abidiff", "--no-show-locs"]
    strict = subprocess.run([*command, "--no-added-syms", before, now], text=True, capture_output=True)
    if strict.returncode:
        return strict.returncode, strict.stdout + strict.stderr
    return 0, subprocess.run([*command, before, now], text=True, capture_output=True).stdout


def check(root):
    recorded, script = ((root / RECORD / name).read_text("utf-8") for name in (TEXT, MAP))
    recorded = named(recorded)
    tags = TAG.findall(recorded)
    functions = [f.source for h in read_headers(root) for f in h.functions()]
    with tempfile.TemporaryDirectory() as work:
        try:
            before = compile_stub(Path(work), "before", recorded, script, FUNCTION.findall(recorded), tags)
            now = compile_stub(Path(work), "now", cut_back(named(current(root)), recorded),
                               (root / "src" / MAP).read_text("utf-8"), functions, tags)
            code, said = compare(before, now)
        except subprocess.CalledProcessError as wrong:
            code, said = 1, wrong.stderr
    print(said, end="")
    print(f"check-abi: {len(functions)} functions, {len(tags)} types; programs of before "
          f"{'BREAK' if code else 'run on'}")
    return 1 if code else 0


def main():
    verbs = {"check": check, "record": record}
    if len(sys.argv) not in (2, 3) or sys.argv[1] not in verbs:
        sys.exit(__doc__)
    root = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).resolve().parent.parent
    return verbs[sys.argv[1]](root)


if __name__ == "__main__":
    sys.exit(main())
