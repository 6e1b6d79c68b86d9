#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Nothing is lost in a round trip: the infoset of what went in is that of what comes out.

Decoding twice and comparing cannot see what the first decode lost. So both sides are canonicalised
by another implementation (C14N 2.0 of Python's library, prefixes rewritten, QNames in content
resolved) and compared as text. Usage: infoset.py REENCODE FILE...
"""
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

NAMES = "{http://schemas.microsoft.com/windows/2006/08/wdp/scan}"
# Their text or attribute is a qualified name, whose prefix is spelling.
QNAME_TAGS = [NAMES + "Name", "{http://www.w3.org/2003/05/soap-envelope}Value",
              "{http://schemas.xmlsoap.org/ws/2006/02/devprof}Types"]


def canonical(text):
    return ET.canonicalize(text, rewrite_prefixes=True, strip_text=True,
                           qname_aware_tags=QNAME_TAGS, qname_aware_attrs=["Name"])


def header_sorted(match):
    """The parts of a header have no order of their own; they are written in the table's."""
    parts = re.split(r"(?=<n\d+:\w+ xmlns:n1=)", match.group(2))
    return match.group(1) + "".join(sorted(parts)) + match.group(3)


def normal(text):
    text = re.sub(r"(<n0:Header>)(.*?)(</n0:Header>)", header_sorted, canonical(text), flags=re.S)
    # The other spelling of a boolean is the same value.
    return re.sub(r">1</(n\d+:\w*(?:Supported|SupportsDuplex|AutoExposure))>", r">true</\1>",
                  re.sub(r">0</(n\d+:\w*(?:Supported|SupportsDuplex|AutoExposure))>",
                         r">false</\1>", text))


def main(tool, files):
    bad = 0
    for name in files:
        with open(name, encoding="utf-8") as file:
            before = normal(file.read())
        after = normal(subprocess.run([tool, name], check=True, capture_output=True,
                                      text=True).stdout)
        if before != after:
            bad += 1
            at = next((i for i, (a, b) in enumerate(zip(before, after)) if a != b),
                      min(len(before), len(after)))
            print(f"{name}: differs\n  in:  {before[max(0, at - 200):at + 200]}\n"
                  f"  out: {after[max(0, at - 200):at + 200]}")
    print(f"{len(files) - bad} of {len(files)} keep their infoset")
    return bad or not files


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
