# SPDX-License-Identifier: MIT
"""Reads the public headers: what they declare and what their comments say.

Not a parser of C: it knows the plain style in which include/wsd/ is written, and stops with a
message where it meets something else. For tools/gen-api.py and tools/check-symbols.py.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<doc>/\*\*(?!<).*?\*/)"
    r"|(?P<comment>/\*.*?\*/)"
    r"|(?P<define>\#define\b(?:[^\n\\]|\\\n|\\)*)"
    r"|(?P<directive>\#[^\n]*)"
    r'|(?P<linkage>extern "C" \{|\}(?=\s*\#endif))',
    re.S,
)
IN_DECLARATION = re.compile(r'/\*.*?\*/|"(?:[^"\\]|\\.)*"|[{};]', re.S)
TRAILING = re.compile(r"[ \t]*/\*\*<.*?\*/", re.S)
FUNCTION = re.compile(r"^WSD_API\b.*?\b(\w+)\(", re.S)


@dataclass
class Item:
    """One declaration with its comment; `more` holds the uncommented ones that follow it."""

    kind: str  # "function", "struct", "enum", "typedef", "macro"
    name: str
    source: str
    doc: str
    line: int
    more: list = field(default_factory=list)


@dataclass
class Header:
    name: str  # "context"
    doc: str
    items: list

    def functions(self):
        return [item for item in self.items if item.kind == "function"]


def comment_text(comment):
    """A comment without its frame; lines and indentation stay."""
    body = re.sub(r"^/\*+<?|\*+/$", "", comment)
    lines = [re.sub(r"^[ \t]*\*? {0,2}", "", line, count=1).rstrip() for line in body.split("\n")]
    return "\n".join(lines).strip()


def declaration_end(text, start):
    """Where the declaration at `start` ends, its trailing comment included."""
    depth = 0
    for match in IN_DECLARATION.finditer(text, start):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
        elif match[0] == ";" and depth == 0:
            trailing = TRAILING.match(text, match.end())
            return trailing.end() if trailing else match.end()
    raise SystemExit(f"no end of declaration: {text[start : start + 60]!r}")


def classify(source):
    """(kind, name) of a declaration."""
    function = FUNCTION.match(source)
    if function:
        return "function", function[1]
    bare = re.sub(r"/\*.*?\*/", "", source, flags=re.S)
    for kind in ("struct", "enum"):
        match = re.match(kind + r"\s+(\w+)?\s*[{;]", bare)
        if match:
            return kind, match[1] or ""
    match = re.match(r"typedef\s.*?(\w+)(?:\(.*\))?;", bare, re.S)
    if match:
        return "typedef", match[1]
    raise SystemExit(f"not understood: {source[:80]!r}")


def read_items(text):
    """(documentation of the file, items in order)."""
    at, pending, file_doc, items = 0, "", "", []

    def add(kind, name, source, position):
        nonlocal pending
        if not pending and kind != "function" and items:
            items[-1].more.append(source)
        else:
            line = text.count("\n", 0, position) + 1
            items.append(Item(kind, name, source, pending, line))
        pending = ""

    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            end = declaration_end(text, at)
            source = text[at:end]
            add(*classify(source), source, at)
            at = end
            continue
        if match["doc"]:
            doc = comment_text(match["doc"])
            if doc.startswith("@file"):
                file_doc = doc[len("@file") :].strip()
            else:
                pending = doc
        elif match["define"]:
            name = re.match(r"#define\s+(\w+)", match["define"])[1]
            if not name.endswith("_H"):
                add("macro", name, match["define"], at)
        at = match.end()
    return file_doc, items


def read_headers(root):
    """All public headers that declare something, by name."""
    headers = []
    for path in sorted(Path(root, "include/wsd").glob("*.h")):
        if path.stem == "export":  # only the mark WSD_API itself
            continue
        file_doc, items = read_items(path.read_text("utf-8"))
        if items:
            headers.append(Header(path.stem, file_doc, items))
    if not headers:
        raise SystemExit(f"{root}: there are no headers in include/wsd")
    return headers
