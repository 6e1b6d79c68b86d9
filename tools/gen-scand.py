#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the manual and the completion of wsd-scand, and holds them against the program's help.

The text is docs/options-scand/*.md (a file an option) and docs/man/wsd-scand.md, which may have
headings and lists. Exit codes are those of apps/wsd-scand/exits.h.

    gen-scand.py ROOT man VERSION OUTPUT   wsd-scand.8
    gen-scand.py ROOT bash OUTPUT          the completion
    gen-scand.py ROOT check WSD_SCAND      compares `wsd-scand --help` with the files, both ways
"""

import importlib.util
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SPEC = importlib.util.spec_from_file_location("gen_docs", HERE / "gen-docs.py")
gen_docs = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(gen_docs)
roff = gen_docs.roff

FIELDS = {"long", "short", "argument", "summary"}
COMMANDS = ["status", "reload"]
HELP = re.compile(r"^  (?:-(?P<short>\w), |    )--(?P<long>[\w-]+)(?: (?P<argument>[A-Z]+))?\s{2,}(?P<summary>.+)$")


class Docs:
    def __init__(self, root):
        root = pathlib.Path(root)
        self.page = gen_docs.front_matter(root / "docs/man/wsd-scand.md")
        found = [gen_docs.front_matter(path, FIELDS) for path in (root / "docs/options-scand").glob("*.md")]
        source = (root / "apps/wsd-scand/main.c").read_text(encoding="utf-8")
        # In the order of the help.
        self.options = sorted(found, key=lambda option: source.find(f'"{option["long"]}"'))
        source = (root / "apps/wsd-scand/exits.h").read_text(encoding="utf-8")
        self.exits = re.findall(r'X\((\w+), (\d+), "([^"]*)"\)', source)


def item(text):
    """A point of a list: what stands in quotes before the colon, and what is said of it."""
    head, _, body = text[2:].partition(": ")
    return f".TP\n{roff(head)}\n{roff(body[0].upper() + body[1:])}"


def block(text):
    if text.startswith("- "):
        points = re.split(r"\n(?=- )", text)
        return "\n".join(item(re.sub(r"\n +", "\n", point)) for point in points)
    return ".PP\n" + roff(text)


def section(text):
    """The part of a page below a heading."""
    title, _, body = text.partition("\n\n")
    return f".SH {roff(title)}\n" + "\n".join(block(part) for part in body.strip().split("\n\n"))


def man(docs, version, output):
    first, *others = re.split(r"^## ", docs.page["body"], flags=re.M)
    parts = [f'.TH WSD\\-SCAND 8 "" "libwsd {version}" "System Administration"',
             f".SH NAME\nwsd\\-scand \\- {roff(docs.page['summary'])}",
             f".SH SYNOPSIS\n.B wsd\\-scand\n{roff(docs.page['operands'])}",
             section("DESCRIPTION\n\n" + first)]
    sections = [section(text) for text in others]
    options = ".SH OPTIONS\n" + "\n".join(gen_docs.man_option(option) for option in docs.options)
    parts += [sections[0], options, *sections[1:], gen_docs.man_exits(docs), gen_docs.man_examples(docs.page)]
    parts.append(".SH SEE ALSO\n.BR wsd\\-scand.conf (5),\n.BR wsd (1),\n.BR wsd\\-panel (1),\n.BR journalctl (1)")
    pathlib.Path(output).write_text("\n".join(parts) + "\n", encoding="utf-8")


def flags(option):
    return ([f"-{option['short']}"] if "short" in option else []) + [f"--{option['long']}"]


def bash(docs, output):
    files = "|".join(flag for option in docs.options if "argument" in option for flag in flags(option))
    words = " ".join(COMMANDS + [f"--{option['long']}" for option in docs.options])
    out = ["# bash completion for wsd-scand(8); made by tools/gen-scand.py", "_wsd_scand()", "{",
           "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}",
           "    case $prev in",
           f'    {files}) COMPREPLY=($(compgen -f -- "$cur")) ;;',
           f'    *) COMPREPLY=($(compgen -W "{words}" -- "$cur")) ;;',
           "    esac", "}", "complete -o filenames -F _wsd_scand wsd-scand"]
    pathlib.Path(output).write_text("\n".join(out) + "\n", encoding="utf-8")


def check(docs, program):
    text = subprocess.run([program, "--help"], check=True, capture_output=True, text=True).stdout
    said = {}
    for line in text.splitlines():
        match = HELP.match(line)
        if match:
            said[match["long"]] = {key: value for key, value in match.groupdict().items() if value}
    written = {option["long"]: option for option in docs.options}
    found = [f"docs/options-scand/{name}.md is missing" for name in said.keys() - written.keys()]
    found += [f"docs/options-scand/{name}.md: the program has no such option" for name in written.keys() - said.keys()]
    for name in said.keys() & written.keys():
        for field in FIELDS:
            if said[name].get(field) != written[name].get(field):
                found.append(f"docs/options-scand/{name}.md: {field} is '{written[name].get(field)}', in the "
                             f"program '{said[name].get(field)}'")
        if written[name]["id"] != name:
            found.append(f"docs/options-scand/{written[name]['id']}.md: is of {name}")
    for command in COMMANDS:
        if f"- `{command}`:" not in docs.page["body"] or not re.search(rf"^  wsd-scand {command}\b", text, re.M):
            found.append(f"command {command}: not in the manual, or not in the help")
    for _, number, what in docs.exits:
        if not re.search(rf"^  {number} +{re.escape(what)}$", text, re.M):
            found.append(f"exit code {number} is not in the help")
    print("\n".join(sorted(found) + [f"gen-scand: {len(said)} options, {len(found)} findings"]))
    return 1 if found or not said else 0


def main():
    docs, what = Docs(sys.argv[1]), sys.argv[2]
    if what == "check":
        return check(docs, sys.argv[3])
    if what == "bash":
        bash(docs, sys.argv[3])
    else:
        man(docs, sys.argv[3], sys.argv[4])
    return 0


if __name__ == "__main__":
    sys.exit(main())
