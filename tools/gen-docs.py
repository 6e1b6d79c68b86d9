#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the option table of the C program, the man pages and the completion of bash.

All come from docs/options/*.md (a file a flag), docs/man/*.md (a file a command) and the list of
exit codes in apps/common/exit_codes.h, so that help, manual and completion cannot drift apart.

    gen-docs.py ROOT table OUTPUT        the C tables (options_table.inc)
    gen-docs.py ROOT man VERSION FOLDER  wsd.1 and wsd-COMMAND.1
    gen-docs.py ROOT bash OUTPUT         the completion
"""

import pathlib
import re
import sys

GROUPS = {
    "client": "list monitor info caps status watch subscribe scan validate jobs job cancel cache probe "
    "resolve get doctor verify".split(),
    "device": "info caps status watch subscribe scan validate jobs job cancel verify".split(),
}
# The order in which help shows the commands.
ORDER = (
    "list monitor info caps status watch subscribe scan validate jobs job cancel cache probe resolve "
    "get serve panel doctor verify"
).split()
FRONT = {"long", "short", "argument", "commands", "summary", "name", "operands", "example"}


def front_matter(path, known=frozenset(FRONT)):
    text = path.read_text(encoding="utf-8")
    match = re.match(r"---\n(.*?)\n---\n\n?(.*)", text, re.S)
    if not match:
        sys.exit(f"{path}: no front matter")
    fields = {"example": [], "body": match.group(2).strip(), "id": path.stem}
    for line in match.group(1).splitlines():
        key, _, value = line.partition(": ")
        if key not in known or not value:
            sys.exit(f"{path}: '{line}' is no field")
        if key == "example":
            fields["example"].append(value)
        else:
            fields[key] = value
    return fields


class Docs:
    def __init__(self, root):
        root = pathlib.Path(root)
        self.main = front_matter(root / "docs/man/wsd.md")
        self.commands = [front_matter(root / f"docs/man/wsd-{name}.md") for name in ORDER]
        self.options = [front_matter(p) for p in sorted((root / "docs/options").glob("*.md"))]
        for option in self.options:
            names = []
            for word in option["commands"].split():
                names += ORDER if word == "all" else GROUPS.get(word, [word])
            unknown = set(names) - set(ORDER)
            if unknown:
                sys.exit(f"{option['id']}: unknown command {unknown}")
            option["for"] = names
        source = (root / "apps/common/exit_codes.h").read_text(encoding="utf-8")
        self.exits = re.findall(r'X\((\w+), (\d+), "([^"]*)"\)', source)

    def of(self, command):
        own = [o for o in self.options if command in o["for"]]
        # What is special to the command first, what all have last.
        return sorted(own, key=lambda o: (len(o["for"]), o["long"]))


def c_string(text):
    out = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    # Long strings are split, for compilers that bound them.
    pieces = [out[i : i + 90] for i in range(0, len(out), 90)] or [""]
    for i in range(len(pieces) - 1):
        # Never between a backslash and what it escapes.
        while re.search(r"(?<!\\)(\\\\)*\\$", pieces[i]):
            pieces[i + 1] = pieces[i][-1] + pieces[i + 1]
            pieces[i] = pieces[i][:-1]
    return "\n        ".join(f'"{p}"' for p in pieces)


def plain(text):
    return text.replace("`", "")


def macro(name):
    return name.upper().replace("-", "_")


def table(docs):
    out = ["/* Made by tools/gen-docs.py; do not edit. */"]
    out.append("#ifdef OPTION_TABLE_COMMANDS")
    for c in docs.commands:
        out.append(
            f"COMMAND({macro(c['name'])}, {c['name']}, {c_string(c.get('operands', ''))}, "
            f"{c_string(c['summary'])},\n        {c_string(plain(c['body']))},\n        "
            f"{c_string(chr(10).join('  ' + e for e in c['example']))})"
        )
    out.append("#endif")
    out.append("#ifdef OPTION_TABLE_MAIN")
    out.append(
        f"MAIN({c_string(plain(docs.main['body']))},\n        "
        f"{c_string(chr(10).join('  ' + e for e in docs.main['example']))})"
    )
    out.append("#endif")
    out.append("#ifdef OPTION_TABLE_OPTIONS")
    for o in docs.options:
        short = f"'{o['short']}'" if "short" in o else "0"
        argument = c_string(o["argument"]) if "argument" in o else "NULL"
        mask = "ALL" if len(o["for"]) == len(ORDER) else " | ".join(f"C({macro(n)})" for n in o["for"])
        out.append(
            f"OPTION({macro(o['id'])}, \"{o['long']}\", {short}, {argument}, {mask},\n        "
            f"{c_string(o['summary'])})"
        )
    out.append("#endif")
    return "\n".join(out) + "\n"


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    text = re.sub(r"`([^`]*)`", r"\\fB\1\\fR", text)
    return "\n".join("\\&" + l if l.startswith((".", "'")) else l for l in text.splitlines())


def paragraphs(text):
    return "\n.PP\n".join(roff(p) for p in text.split("\n\n"))


def man_option(o):
    names = ([f"-{o['short']}"] if "short" in o else []) + [f"--{o['long']}"]
    head = ", ".join(f"\\fB{roff(n)}\\fR" for n in names)
    if "argument" in o:
        head += f" \\fI{roff(o['argument'])}\\fR"
    body = o["summary"][0].upper() + o["summary"][1:] + "."
    return f".TP\n{head}\n{roff(body)}\n{roff(o['body'])}"


def man_exits(docs):
    return ".SH EXIT STATUS\n" + "\n".join(f".TP\n.B {n}\n{roff(t)}" for _, n, t in docs.exits)


def man_examples(page):
    return ".SH EXAMPLES\n" + "\n".join(f".EX\n{roff(e)}\n.EE" for e in page["example"])


def man_head(title, version, name, summary):
    return (
        f'.TH {title} 1 "" "libwsd {version}" "User Commands"\n'
        f".SH NAME\n{roff(name)} \\- {roff(summary)}"
    )


def man(docs, version, folder):
    folder = pathlib.Path(folder)
    parts = [man_head("WSD", version, "wsd", docs.main["summary"])]
    parts.append(".SH SYNOPSIS\n.B wsd\n" + roff(docs.main["operands"]))
    parts.append(".SH DESCRIPTION\n" + paragraphs(docs.main["body"]))
    rows = [f".TP\n\\fB{c['name']}\\fR {roff(c.get('operands', ''))}\n{roff(c['summary'])}" for c in docs.commands]
    parts.append(".SH COMMANDS\nEach has a page of its own, such as\n.BR wsd\\-scan (1).\n" + "\n".join(rows))
    common = [o for o in docs.options if len(o["for"]) >= len(GROUPS["client"])]
    parts.append(".SH COMMON OPTIONS\n" + "\n".join(man_option(o) for o in common))
    parts += [man_exits(docs), man_examples(docs.main)]
    (folder / "wsd.1").write_text("\n".join(parts) + "\n", encoding="utf-8")
    for c in docs.commands:
        name = f"wsd-{c['name']}"
        parts = [man_head(name.upper(), version, name, c["summary"])]
        parts.append(f".SH SYNOPSIS\n.B wsd {c['name']}\n[\\fIOPTIONS\\fR] {roff(c.get('operands', ''))}")
        parts.append(".SH DESCRIPTION\n" + paragraphs(c["body"]))
        parts.append(".SH OPTIONS\n" + "\n".join(man_option(o) for o in docs.of(c["name"])))
        parts += [man_exits(docs), man_examples(c), ".SH SEE ALSO\n.BR wsd (1)"]
        (folder / f"{name}.1").write_text("\n".join(parts) + "\n", encoding="utf-8")


WORDS = {
    "source": "platen adf duplex film",
    "mode": "color gray bw",
    "format": "pdf jpeg png tiff raw",
    "rotate": "0 90 180 270",
    "content": "auto text photo halftone mixed",
    "area": "a3 a4 a5 a6 b5 letter legal executive photo card max",
    "type": "scanner printer device computer",
    "type-monitor": "scanner printer device computer",
    "event": "state condition cleared job job-end elements",
}

# Words that stand for themselves where others take a device.
OPERANDS = {"cache": ["show", "verify", "drop", "path"]}


def bash(docs):
    out = ["# bash completion for wsd(1); made by tools/gen-docs.py", "_wsd()", "{"]
    out.append('    local cur prev command="" word i')
    out.append('    cur=${COMP_WORDS[COMP_CWORD]}; prev=${COMP_WORDS[COMP_CWORD-1]}')
    out.append("    for ((i = 1; i < COMP_CWORD; i++)); do")
    out.append("        case ${COMP_WORDS[i]} in -*) ;; *) command=${COMP_WORDS[i]}; break ;; esac")
    out.append("    done")
    out.append("    COMPREPLY=()")
    out.append("    if [[ -z $command ]]; then")
    names = " ".join(c["name"] for c in docs.commands)
    out.append(f'        COMPREPLY=($(compgen -W "{names} --help --version" -- "$cur"))')
    out.append("        return")
    out.append("    fi")
    out.append("    case $command$prev in")
    for o in docs.options:
        if "argument" not in o:
            continue
        flags = [f"--{o['long']}"] + ([f"-{o['short']}"] if "short" in o else [])
        pattern = "|".join(f"{c}{f}" for c in o["for"] for f in flags)
        if o["id"] in WORDS:
            action = f'COMPREPLY=($(compgen -W "{WORDS[o["id"]]}" -- "$cur"))'
        elif o["argument"] == "DIR":
            action = 'COMPREPLY=($(compgen -d -- "$cur"))'
        elif o["argument"] == "FILE":
            action = 'COMPREPLY=($(compgen -f -- "$cur"))'
        else:
            action = ":"
        out.append(f"    {pattern})\n        {action}; return ;;")
    out.append("    esac")
    out.append("    case $command in")
    for c in docs.commands:
        words = " ".join(f"--{o['long']}" for o in docs.of(c["name"]))
        words = " ".join(OPERANDS.get(c["name"], []) + [words])
        out.append(f'    {c["name"]}) COMPREPLY=($(compgen -W "{words}" -- "$cur")) ;;')
    out += ["    esac", "}", "complete -F _wsd wsd"]
    return "\n".join(out) + "\n"


def main():
    docs, what = Docs(sys.argv[1]), sys.argv[2]
    if what == "table":
        pathlib.Path(sys.argv[3]).write_text(table(docs), encoding="utf-8")
    elif what == "bash":
        pathlib.Path(sys.argv[3]).write_text(bash(docs), encoding="utf-8")
    else:
        man(docs, sys.argv[3], sys.argv[4])


if __name__ == "__main__":
    main()
