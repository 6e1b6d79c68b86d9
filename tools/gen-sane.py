#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the manual of the SANE backend, and holds it against the program.

    gen-sane.py ROOT man VERSION OUTPUT   sane-wsd.5 from docs/man/sane-wsd.md
    gen-sane.py ROOT check                keys and options are those of sane/config.c and options.c
"""

import importlib.util
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
SPEC = importlib.util.spec_from_file_location("gen_docs", HERE / "gen-docs.py")
gen_docs = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(gen_docs)
# How saneopts.h calls the options whose names are not in the source.
SANE_NAMES = {"SCAN_MODE": "mode", "BIT_DEPTH": "depth", "SCAN_SOURCE": "source",
              "SCAN_RESOLUTION": "resolution", "PREVIEW": "preview", "SCAN_TL_X": "tl-x",
              "SCAN_TL_Y": "tl-y", "SCAN_BR_X": "br-x", "SCAN_BR_Y": "br-y",
              "BRIGHTNESS": "brightness", "CONTRAST": "contrast", "THRESHOLD": "threshold"}


def page_of(root):
    return gen_docs.front_matter(pathlib.Path(root) / "docs/man/sane-wsd.md")


def block(text):
    """A heading, a term with what it means, or a paragraph."""
    if text.startswith("## "):
        return f".SH {gen_docs.roff(text[3:])}"
    term, colon, meaning = text.partition("\n: ")
    if colon:
        return f".TP\n{gen_docs.roff(term)}\n{gen_docs.roff(meaning)}"
    return f".PP\n{gen_docs.roff(text)}"


def man(root, version, output):
    page = page_of(root)
    parts = [f'.TH SANE\\-WSD 5 "" "libwsd {version}" "SANE Scanner Access Now Easy"',
             f".SH NAME\nsane\\-wsd \\- {gen_docs.roff(page['summary'])}", ".SH DESCRIPTION"]
    parts += [block(text) for text in page["body"].split("\n\n")]
    parts += [gen_docs.man_examples(page),
              ".SH SEE ALSO\n.BR sane (7),\n.BR scanimage (1),\n.BR wsd (1),\n.BR wsd\\-cache (1)"]
    pathlib.Path(output).write_text("\n".join(parts) + "\n", encoding="utf-8")


def terms(page, heading):
    """What is described under a heading."""
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", page["body"], re.M | re.S)[1]
    heads = re.findall(r"^(`.*)\n: ", section, re.M)
    return {word for head in heads for word in re.findall(r"`([^`]+)`", head)}


def check(root):
    page = page_of(root)
    config = (pathlib.Path(root) / "sane/config.c").read_text(encoding="utf-8")
    options = (pathlib.Path(root) / "sane/options.c").read_text(encoding="utf-8")
    table = options[options.index("rows[OPTION_N]"):options.index("source_names[]")]
    in_table = re.findall(r'= \{SANE_NAME_(\w+), SANE_TITLE|= \{"([\w-]+)"', table)
    known = {"keys": set(re.findall(r'CFG_(?:BOOL|FLOAT|STR_LIST|SEC)\("([^"]+)"', config)),
             "options": {SANE_NAMES.get(constant, literal) for constant, literal in in_table} - {""}}
    told = {"keys": terms(page, "CONFIGURATION"), "options": terms(page, "OPTIONS")}
    for what, names in known.items():
        for name in sorted(names ^ told[what]):
            print(f"docs/man/sane-wsd.md and the program differ in the {what}: {name}")
    return known != told or not all(known.values())


def main():
    if sys.argv[2] == "check":
        sys.exit(check(sys.argv[1]))
    man(sys.argv[1], sys.argv[3], sys.argv[4])


if __name__ == "__main__":
    main()
