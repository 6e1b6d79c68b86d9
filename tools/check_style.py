#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The rules of style that a script can check; see tools/check-style.sh, which runs this.

Prints "file:line: what" for each finding. Exits with 1 if there is one, else with 77 (skipped) if
universal-ctags is missing, else with 0. With --list-c: only prints the C files, NUL-terminated.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

MAX_FUNCTION = 60
MAX_FILE = 800
SPDX = "/* SPDX-License-Identifier: MIT */"
BANNED_IN = ("src/", "include/", "apps/", "tests/")
# Tests run under the sanitizers and feed these with their own text; waiting stays banned there.
FINE_IN_TESTS = {"strcpy", "strcat", "atoi", "atol", "system"}
BANNED = {
    "strcpy": "memcpy or snprintf",
    "strcat": "a buffer that knows its length",
    "sprintf": "snprintf",
    "vsprintf": "vsnprintf",
    "gets": "fgets",
    "strtok": "a cursor, strtok keeps a global",
    "atoi": "a reader that sees errors",
    "atol": "a reader that sees errors",
    "alloca": "malloc",
    "sleep": "a timer, nothing sleeps here",
    "usleep": "a timer, nothing sleeps here",
    "rand": "the context's randomness",
    "system": "posix_spawn",
}
# Not as a member (x.rand, x->rand) and not within a longer name.
BANNED_CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
# Comments, strings and character constants: none of them is code.
NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
# A path of somebody's machine; behind a host name it is a part of an address.
MACHINE_PATH = re.compile(rb"(?<![\w.\-\]])/(?:work|root|home)/[\w.\-]*")
SKIPPED_DIRS = {".git", "build", "__pycache__", ".cache"}


def project_files():
    """Tracked and untracked files; without git (a release's archive) all but what is built."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "-co", "--exclude-standard"]
    try:
        listed = subprocess.run(command, check=True, capture_output=True).stdout
        names = [os.fsdecode(name) for name in listed.split(b"\0") if name]
    except (OSError, subprocess.CalledProcessError):
        names = []
        for folder, folders, files in os.walk("."):
            folders[:] = [name for name in folders if name not in SKIPPED_DIRS]
            names += [os.path.relpath(os.path.join(folder, name)) for name in files]
    return sorted({name for name in names if os.path.isfile(name)})


def blanked(text):
    """The text with everything that is no code made blank, line by line in its place."""
    return NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def check_c_file(name, text):
    """SPDX line, length, banned calls."""
    lines = text.split("\n")
    if lines[0] != SPDX:
        yield name, 1, f"the first line is not '{SPDX}'"
    if len(lines) - 1 > MAX_FILE:
        yield name, MAX_FILE + 1, f"{len(lines) - 1} lines; {MAX_FILE} is the most"
    if name.startswith(BANNED_IN):
        for number, line in enumerate(blanked(text).split("\n"), 1):
            for match in BANNED_CALL.finditer(line):
                if name.startswith("tests/") and match[1] in FINE_IN_TESTS:
                    continue
                yield name, number, f"{match[1]}() is banned; use {BANNED[match[1]]}"


def opening_comment(lines, number):
    """The comment that ends right above the declaration around line `number` (from 1)."""
    at = number - 2
    while at >= 0 and lines[at].strip() and not lines[at].rstrip().endswith("*/"):
        at -= 1  # a return type or attribute on a line of its own
    if at < 0 or not lines[at].rstrip().endswith("*/"):
        return ""
    end = at
    while at > 0 and "/*" not in lines[at]:
        at -= 1
    return "\n".join(lines[at : end + 1])


def have_ctags():
    """Exuberant ctags, the older kin, does not know where a function ends."""
    try:
        version = subprocess.run(["ctags", "--version"], capture_output=True, check=False).stdout
    except OSError:
        return False
    return b"Universal" in version


def check_functions(texts):
    """Functions that are too long without a reason."""
    command = ["ctags", "-f", "-", "--sort=no", "--language-force=C", "--fields=+ne", "--kinds-C=f"]
    tags = subprocess.run(command + ["-L", "-"], input="\n".join(texts), text=True, check=True,
                          capture_output=True).stdout
    for tag in tags.splitlines():
        fields = tag.split("\t")
        extra = dict(field.split(":", 1) for field in fields[3:] if ":" in field)
        if "line" not in extra or "end" not in extra:
            continue
        start, end = int(extra["line"]), int(extra["end"])
        length = end - start + 1
        if length <= MAX_FUNCTION:
            continue
        reason = re.search(r"Length:\s*\w", opening_comment(texts[fields[1]].split("\n"), start))
        if not reason:
            yield fields[1], start, (f"{fields[0]}() has {length} lines; past {MAX_FUNCTION} its "
                                     "comment gives a reason behind 'Length:'")


def check_paths(names):
    """Paths of the machine on which something was written."""
    for name in names:
        data = Path(name).read_bytes()
        for match in MACHINE_PATH.finditer(data):
            number = data.count(b"\n", 0, match.start()) + 1
            yield name, number, f"path of one machine: {match.group().decode('latin-1')}"


def main():
    os.chdir(Path(__file__).resolve().parent.parent)
    names = project_files()
    c_files = [name for name in names if name.endswith((".c", ".h"))]
    if sys.argv[1:] == ["--list-c"]:
        sys.stdout.write("".join(name + "\0" for name in c_files))
        return 0
    texts = {name: Path(name).read_text("utf-8", errors="replace") for name in c_files}
    findings = [found for name, text in texts.items() for found in check_c_file(name, text)]
    findings += check_paths(names)
    counted = have_ctags()
    if counted and texts:
        findings += check_functions(texts)
    for name, number, what in sorted(findings):
        print(f"{name}:{number}: {what}")
    print(f"check-style: {len(names)} files, {len(c_files)} of them C, {len(findings)} findings")
    if findings:
        return 1
    if not counted:
        print("check-style: functions were not measured, there is no universal-ctags")
        return 77
    return 0


if __name__ == "__main__":
    sys.exit(main())
