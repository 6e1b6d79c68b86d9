#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The table of checks in docs/verify.md, made of checks/*.json.

    gen-checks.py ROOT           exits with 1 if the page is not up to date
    gen-checks.py ROOT write     renews it
"""

import json
import pathlib
import sys

MARK = "<!-- checks: made by tools/gen-checks.py -->\n"


def tables(root):
    out = []
    for path in sorted((root / "checks").glob("*.json")):
        area = json.loads(path.read_text("utf-8"))
        out.append(f"\n### {area['area']}\n\n| id | level | what | source |\n| --- | --- | --- | --- |\n")
        out += [f"| `{c['id']}` | {c['level']} | {c['title']} | {c['source']} |\n"
                for c in area["checks"]]
    return "".join(out)


def main():
    root = pathlib.Path(sys.argv[1])
    page = root / "docs/verify.md"
    text = page.read_text("utf-8")
    wanted = text.split(MARK)[0] + MARK + tables(root)
    if sys.argv[2:] == ["write"]:
        page.write_text(wanted, "utf-8")
    elif wanted != text:
        sys.exit(f"{page} is not what the checks say; tools/gen-checks.py . write renews it")


if __name__ == "__main__":
    main()
