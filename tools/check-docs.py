#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks what the pages say that a machine can check; part of the test-suite.

    check-docs.py [ROOT]

- A link to a file leads to one, and to a heading of it if it names one.
- A block of C below "<!-- from FILE -->" stands in FILE, white space aside.
- `wsd` commands use commands and options that docs/man and docs/options describe.
- A file that is named in code quotes exists.
- docs/quirks.md has a row for each quirk of apps/scan/quirks.c and src/xml/schema.h.
"""

import re
import sys
from pathlib import Path

LINK = re.compile(r'\]\(([^)\s]+)\)|<img src="([^"]+)"')
QUOTE = re.compile(r"^<!-- from (\S+) -->\n```c\n(.*?)^```$", re.M | re.S)
CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.M | re.S)
COMMAND = re.compile(r"(?:^ {4}|^    .*, |`)wsd ([a-z]+)\b([^\n`]*)", re.M)
OPTION = re.compile(r"(?<![\w-])--?([a-z][a-z-]*)")
PATH = re.compile(r"`((?:src|apps|tools|tests|include|docs|examples|fuzz|packaging)/[^`\s]*)`")
COMMENT = r"\s{2,}\S.*$"  # what stands behind a command, two blanks apart


def pages(root):
    """The pages for readers; not the sources of help and manual, which have a form of their own."""
    found = [root / "README.md", root / "CONTRIBUTING.md"]
    for path in sorted((root / "docs").rglob("*.md")):
        if path.relative_to(root).parts[1] not in ("config", "man", "options", "options-scand"):
            found.append(path)
    return found


def anchors(text):
    """The names under which a page's headings are reached."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    heads = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def check_links(root, path, text):
    for match in LINK.finditer(CODE.sub("", text)):
        link = match[1] or match[2]
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.exists():
            yield f"there is no {link}"
        elif anchor and anchor not in anchors(target.read_text("utf-8")):
            yield f"there is no heading for {link}"


def squeezed(text):
    return re.sub(r"\s+", "", text)


def check_quotes(root, text):
    for name, code in QUOTE.findall(text):
        source = root / name
        if not source.is_file() or squeezed(code) not in squeezed(source.read_text("utf-8")):
            yield f"{name} does not say: {code.strip().splitlines()[0]} ..."


def known_options(root):
    names = {"help", "version"}
    for path in (root / "docs/options").glob("*.md"):
        front = path.read_text("utf-8").split("\n---", 1)[0]
        names.update(re.findall(r"^(?:long|short): (\S+)$", front, re.M))
    return names


def check_commands(text, commands, options):
    for command, rest in COMMAND.findall(text):
        if command not in commands:
            yield f"wsd has no command '{command}'"
        for option in OPTION.findall(re.sub(COMMENT, "", rest)):
            if option not in options:
                yield f"wsd {command} has no option '{option}'"


def check_paths(root, text):
    for name in PATH.findall(text):
        if not any(root.glob(name.rstrip("/"))):
            yield f"there is no {name}"


def check_quirks(root):
    """Names of quirks in the code that docs/quirks.md does not list."""
    page = root / "docs/quirks.md"
    sources = {"apps/scan/quirks.c": r'= \{"(\w+)", ', "src/xml/schema.h": r"WSD__QUIRK_(\w+) = 1 <<"}
    if not page.is_file():
        return
    listed = set(re.findall(r"\w+", " ".join(re.findall(r"^\| ([^|]+) \|", page.read_text("utf-8"),
                                                        re.M))))
    for name, pattern in sources.items():
        found = re.findall(pattern, (root / name).read_text("utf-8"))
        if not found:
            yield f"no quirks were recognised in {name}"
        for quirk in found:
            if quirk not in listed:
                yield f"{quirk} of {name} is missing"


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    commands = {path.stem[len("wsd-") :] for path in (root / "docs/man").glob("wsd-*.md")}
    options, failed, checked = known_options(root), 0, pages(root)
    for path in checked:
        text = path.read_text("utf-8")
        found = [*check_links(root, path, text), *check_quotes(root, text),
                 *check_commands(text, commands, options), *check_paths(root, text)]
        if path.name == "quirks.md":
            found += check_quirks(root)
        failed += len(found)
        for what in found:
            print(f"{path.relative_to(root)}: {what}")
    print(f"check-docs: {len(checked)} pages, {failed} findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
