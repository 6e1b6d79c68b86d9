#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the API reference from the comments of include/wsd/*.h.

    gen-api.py ROOT write            docs/api/*.md, a page a header
    gen-api.py ROOT check            fails if docs/api is not what `write` would make
    gen-api.py ROOT man VERSION DIR  the same as manual pages, wsd_HEADER.3
    gen-api.py ROOT names            the names of those manual pages, a line each
"""

import re
import sys
from pathlib import Path

from api_headers import read_headers

INTRO = """\
# The interface of libwsd

<!-- Made by tools/gen-api.py from the headers; do not edit. -->

Include the header of what you use, build with `pkg-config --cflags --libs wsd`, and look at
[examples/](../../examples) for whole programs. What holds everywhere:

- **Errors.** A call that can fail returns an `int`: zero or more is success, negative one of the
  codes in [error.h](error.md). The last argument, `reterr`, may be NULL; it is written on failure
  only, and says what happened, where, and what the device said.
- **Results.** A `ret_` argument is written on success only. A result is one thing: `wsd_free()`
  gives it back with all that hangs off it. All pointers inside are valid until then.
- **NULL.** Whatever frees, closes or cancels takes NULL. Options may be NULL, which means the
  defaults, as does a zero in them; start a structure of options from its `_INIT` macro.
- **Threads.** A context and all that was made from it belong to one thread. Two contexts share
  nothing.
- **Two forms.** `wsd_x()` runs the loop until it is done; `wsd_x_start()` returns at once and ends
  in exactly one callback, which never runs inside the call that started it.

What does not change within a major version: names, the meaning of arguments, the numbers of error
codes and of enumeration values, and the place of the members that a structure has. Structures that
the library makes may grow at their end, and so may structures of options, which carry their size.
"""

NAME = re.compile(r"(`[^`]*`)|<(wsd/\w+\.h)>|\b((?:wsd|WSD)_\w+)(\(\))?(\*)?")


BLOCK = r"\n\n|\s(?=@(?:param|return)\b)"


def first_sentence(doc):
    text = " ".join(doc.split("\n\n")[0].split("\n"))
    text = re.sub(r"@p (\w+)", r"\1", text)
    return re.split(r"(?<=[\w)\"'][.?])\s|\s(?=@return)", text)[0].strip()


class Pages:
    """The headers, and where each name is described."""

    def __init__(self, root):
        self.headers = read_headers(root)
        self.anchors = {}
        for header in self.headers:
            for item in header.items:
                self.anchors[item.name] = f"{header.name}.md#{heading(item)[1]}"

    def rich(self, text):
        """A comment's text as Markdown: names become code, those that are known links."""

        def name(match):
            if match[1]:
                return match[1]
            if match[2]:
                page = Path(match[2]).stem
                known = any(header.name == page for header in self.headers)
                return f"[`<{match[2]}>`]({page}.md)" if known else f"`<{match[2]}>`"
            code = f"`{match[3]}{match[4] or ''}{match[5] or ''}`"
            anchor = self.anchors.get(match[3])
            return f"[{code}]({anchor})" if anchor else code

        text = re.sub(r"@p (\w+)", r"`\1`", text)
        return NAME.sub(name, text)

    def prose(self, doc):
        out, parameters = [], []
        for block in re.split(BLOCK, doc):
            if block.startswith("@param"):
                _, name, text = block.split(None, 2)
                parameters.append(f"- `{name}`: {self.rich(text)}")
            elif block.startswith("@return"):
                # What follows @return on later lines belongs to it.
                parameters.append(f"- returns {self.rich(block.split(None, 1)[1])}")
            else:
                out.append(self.rich(block))
        return "\n\n".join(out + (["\n".join(parameters)] if parameters else []))

    def item(self, item):
        parts = [f"### {heading(item)[0]}", ""]
        doc = self.prose(item.doc)
        if doc:
            parts += [doc, ""]
        table = error_table(item)
        parts += table or ["```c", *[s.strip() for s in (item.source, *item.more)], "```"]
        return "\n".join(parts) + "\n"

    def page(self, header):
        head = f"# `<wsd/{header.name}.h>`\n\n<!-- Made by tools/gen-api.py; do not edit. -->\n"
        body = [head, self.prose(header.doc) + "\n"]
        listed = [
            f"| [`{f.name}()`](#{f.name}) | {self.rich(first_sentence(f.doc))} |"
            for f in header.functions()
        ]
        if listed:
            body.append("\n".join(["| call | what it does |", "| --- | --- |", *listed]) + "\n")
        return "\n".join(body + [self.item(item) for item in header.items])

    def index(self):
        rows = [
            f"| [`<wsd/{h.name}.h>`]({h.name}.md) | {self.rich(first_sentence(h.doc))} | "
            f"{len(h.functions())} |"
            for h in self.headers
        ]
        return "\n".join([INTRO, "| header | what is in it | calls |", "| --- | --- | --- |", *rows,
                          ""])

    def files(self):
        pages = {f"{header.name}.md": self.page(header) for header in self.headers}
        pages["README.md"] = self.index()
        return pages


def heading(item):
    """(text, anchor) of an item's heading."""
    if item.kind == "function":
        return f"{item.name}()", item.name
    if item.kind in ("struct", "enum") and item.name:
        return f"{item.kind} {item.name}", f"{item.kind}-{item.name}"
    if item.name:
        return item.name, item.name.lower()
    first = re.search(r"\{\s*(\w+)", item.source)[1]
    return first, first.lower()


def error_table(item):
    """The list of error codes reads better as a table than as a macro."""
    rows = re.findall(r'X\((\w+), (\d+), "([^"]+)"\)', item.source)
    if item.kind != "macro" or not rows:
        return None
    return ["| code | value | sentence |", "| --- | --- | --- |",
            *[f"| `WSD_E_{name}` | -{value} | {text} |" for name, value, text in rows]]


def roff(text):
    text = re.sub(r"@p (\w+)", r"\1", text).replace("\\", "\\e").replace("-", "\\-")
    text = re.sub(r"`([^`]*)`", r"\\fB\1\\fR", text)
    return "\n".join("\\&" + line if line.startswith((".", "'")) else line
                     for line in text.split("\n"))


def roff_prose(doc):
    out = []
    for block in re.split(BLOCK, doc):
        if block.startswith("@param"):
            _, name, text = block.split(None, 2)
            out.append(f".TP\n.I {name}\n{roff(text)}")
        elif block.startswith("@return"):
            out.append(f".TP\nreturns\n{roff(block.split(None, 1)[1])}")
        else:
            out.append(f".PP\n{roff(block)}")
    return "\n".join(out)


def man_page(header, version):
    names = ", ".join(f.name for f in header.functions()) or f"wsd_{header.name}"
    out = [f'.TH WSD_{header.name.upper()} 3 "" "libwsd {version}" "Library Functions"',
           f".SH NAME\n{names} \\- {roff(first_sentence(header.doc).rstrip('.'))}",
           f".SH SYNOPSIS\n.nf\n.B #include <wsd/{header.name}.h>\n.fi",
           f".SH DESCRIPTION\n{roff_prose(header.doc)}"]
    for item in header.items:
        code = "\n".join(s.strip() for s in (item.source, *item.more))
        code = re.sub(r"^WSD_API ", "", code, flags=re.M)
        out.append(f".SS {heading(item)[0]}\n.nf\n{roff(code)}\n.fi\n{roff_prose(item.doc)}")
    out.append(".SH SEE ALSO\n.BR wsd (1)")
    return "\n".join(out) + "\n"


def write(root, pages):
    folder = root / "docs/api"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")


def check(root, pages):
    folder = root / "docs/api"
    there = {p.name: p.read_text("utf-8") for p in folder.glob("*.md")}
    wrong = sorted(name for name in pages.keys() | there.keys()
                   if pages.get(name) != there.get(name))
    for name in wrong:
        print(f"docs/api/{name} does not say what the headers say; run tools/gen-api.py . write")
    print(f"gen-api: {len(pages)} pages, {len(wrong)} findings")
    return 1 if wrong else 0


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    root, what = Path(sys.argv[1]), sys.argv[2]
    pages = Pages(root)
    if what == "write":
        write(root, pages.files())
    elif what == "check":
        return check(root, pages.files())
    elif what == "names":
        print("\n".join(f"wsd_{header.name}.3" for header in pages.headers))
    elif what == "man" and len(sys.argv) == 5:
        for header in pages.headers:
            text = man_page(header, sys.argv[3])
            Path(sys.argv[4], f"wsd_{header.name}.3").write_text(text, encoding="utf-8")
    else:
        sys.exit(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main())
