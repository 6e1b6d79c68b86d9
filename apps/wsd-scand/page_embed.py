#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a C array of the status page, and the policy that admits its style and its script alone.

    page_embed.py page.html page_asset.inc

The page has one <style> and one <script>. A browser holds what stands between their tags against
the hashes in the policy (CSP 3, 8.5): what somebody else managed to put into the page does not run.
"""

import base64
import hashlib
import re
import sys
from pathlib import Path

POLICY = ("default-src 'none'; connect-src 'self'; img-src 'self'; script-src {script}; "
          "style-src {style}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
          "require-trusted-types-for 'script'; trusted-types 'none'")


def source(html, tag):
    inside = re.findall(rf"<{tag}>(.*?)</{tag}>".encode(), html, re.S)
    if len(inside) != 1:
        sys.exit(f"the page has {len(inside)} <{tag}>; it is to have one, without attributes")
    return f"'sha256-{base64.b64encode(hashlib.sha256(inside[0]).digest()).decode()}'"


def main():
    html = Path(sys.argv[1]).read_bytes()
    if b"\r" in html:
        sys.exit("a browser would hash the ends of these lines as others")
    policy = POLICY.format(script=source(html, "script"), style=source(html, "style"))
    rows = [", ".join(map(str, html[i:i + 20])) for i in range(0, len(html), 20)]
    Path(sys.argv[2]).write_text(
        f'static const char page_policy[] = "{policy}";\n'
        "static const unsigned char page_html[] = {\n" + ",\n".join(rows) + "\n};\n")


main()
