#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the manual of the configuration of wsd-scand, and holds it against the program's table.

The text is docs/config/SECTION-KEY.md (a file a key) below docs/man/wsd-scand.conf.md. Which keys
there are, what may be written and what is in force without them stands in the table of the program
as well (apps/wsd-scand/config_table.c), which `config-show keys` prints.

    gen-config.py ROOT man VERSION OUTPUT   wsd-scand.conf.5
    gen-config.py ROOT check CONFIG_SHOW    compares both ways
"""

import importlib.util
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SPEC = importlib.util.spec_from_file_location("gen_docs", HERE / "gen-docs.py")
gen_docs = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(gen_docs)
roff = gen_docs.roff

FIELDS = ["section", "key", "value", "default", "summary"]
SECTIONS = {
    "general": ("GENERAL KEYS", "These stand outside of sections."),
    "destination": ("SECTION destination", 'A section `destination "NAME" { }` is a line of the panel, '
                    "and says what becomes of what is scanned to it."),
    "scanner": ("SECTION scanner", 'A section `scanner "NAME" { }` says something of one scanner. Its '
                "name is that of the device, its UUID or an address of it."),
}


def keys_of_docs(root):
    """The files by (section, key)."""
    found = {}
    for path in sorted((pathlib.Path(root) / "docs/config").glob("*.md")):
        entry = gen_docs.front_matter(path, set(FIELDS))
        missing = [field for field in FIELDS if field not in entry]
        if missing:
            sys.exit(f"{path}: no {missing[0]}")
        if path.stem != f"{entry['section']}-{entry['key']}":
            sys.exit(f"{path}: is of {entry['section']}-{entry['key']}")
        found[entry["section"], entry["key"]] = entry
    return found


def keys_of_program(command):
    """The rows of the table, in its order."""
    lines = subprocess.run([command, "keys"], check=True, capture_output=True, text=True).stdout
    rows = [dict(zip(FIELDS, line.split("\t"))) for line in lines.splitlines()]
    return {(row["section"], row["key"]): row for row in rows}


def sentence(text):
    return text[0].upper() + text[1:] + "."


def place(source, entry):
    """Where the table has it: the manual has the order of the example file."""
    return source.find(f'    {entry["section"][0].upper()}("{entry["key"]}"')


def man_key(entry):
    body = "\n.IP\n".join(roff(part) for part in entry["body"].split("\n\n"))
    return (f".TP\n\\fB{roff(entry['key'])}\\fR\n{roff(sentence(entry['summary']))}\n{body}\n.br\n"
            f"Allowed: {roff(entry['value'])}.\n.br\nDefault: {roff(entry['default'])}.")


def man(root, version, output):
    page = gen_docs.front_matter(pathlib.Path(root) / "docs/man/wsd-scand.conf.md")
    source = (pathlib.Path(root) / "apps/wsd-scand/config_table.c").read_text(encoding="utf-8")
    entries = sorted(keys_of_docs(root).values(), key=lambda entry: place(source, entry))
    parts = [f'.TH WSD\\-SCAND.CONF 5 "" "libwsd {version}" "File Formats"',
             f".SH NAME\nwsd\\-scand.conf \\- {roff(page['summary'])}",
             ".SH DESCRIPTION\n" + gen_docs.paragraphs(page["body"])]
    for section, (title, text) in SECTIONS.items():
        own = [man_key(entry) for entry in entries if entry["section"] == section]
        parts.append(f".SH {roff(title)}\n{roff(text)}\n" + "\n".join(own))
    parts += [gen_docs.man_examples(page), ".SH SEE ALSO\n.BR wsd\\-scand (8),\n.BR wsd (1)"]
    pathlib.Path(output).write_text("\n".join(parts) + "\n", encoding="utf-8")


def check(root, command):
    docs, program = keys_of_docs(root), keys_of_program(command)
    found = [f"docs/config: {section}-{key}.md is missing" for section, key in program.keys() - docs.keys()]
    found += [f"docs/config/{section}-{key}.md: the program has no such key"
              for section, key in docs.keys() - program.keys()]
    for name in sorted(docs.keys() & program.keys()):
        for field in FIELDS:
            if docs[name][field] != program[name][field]:
                found.append(f"docs/config/{'-'.join(name)}.md: {field} is '{docs[name][field]}', in the "
                             f"program '{program[name][field]}'")
    print("\n".join(sorted(found) + [f"gen-config: {len(program)} keys, {len(found)} findings"]))
    return 1 if found or not program else 0


def main():
    root, what = sys.argv[1:3]
    if what == "check":
        return check(root, sys.argv[3])
    man(root, sys.argv[3], sys.argv[4])
    return 0


if __name__ == "__main__":
    sys.exit(main())
