#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests the checks of tools/: each must object to what it is there to find.

    check_checks.py [ROOT]

Each case is a small tree with one fault; the same tree without it must pass.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[2])

ROOMS = {
    "src/core/arena.h": "#include <stddef.h>\n",
    "src/xml/codec.h": '#include "core/arena.h"\n#include <expat.h>\n',
    "src/scan/client.c": '#include "xml/codec.h"\n#include <wsd/scan.h>\n',
    "include/wsd/scan.h": "#include <stdint.h>\n",
    "apps/wsd/main.c": "#include <wsd/scan.h>\n",
}
LIMITS = {
    "src/core/limits.h": "#define WSD_MAX_DEPTH 64 /* deep */\n#define WSD_MAX_SIZE (4u << 20)\n",
    "docs/security.md": "### Bounds of `src/core/limits.h`\n\n| bound | value | when |\n"
                        "| --- | --- | --- |\n| `WSD_MAX_DEPTH` | 64 | refused |\n"
                        "| `WSD_MAX_SIZE` | 4 MiB | refused |\n",
}
DOCS = {
    "README.md": "    wsd scan --output x.pdf    what stands behind is no --option\n\n"
                 "[more](docs/more.md#a-heading)\n",
    "CONTRIBUTING.md": "",
    "docs/more.md": "## A heading\n\n<!-- from a.c -->\n```c\nint a;\n```\n",
    "docs/man/wsd-scan.md": "",
    "docs/options/output.md": "---\nlong: output\nshort: o\n---\n",
    "a.c": "int  a;\nint b;\n",
}

QUIRKS = {
    **DOCS,
    "apps/scan/quirks.c": '[QUIRK_S1] = {"S1", "Kyocera"},\n',
    "src/xml/schema.h": "WSD__QUIRK_ZERO = 1 << 0,\n",
    "docs/quirks.md": "| id |\n| S1 |\n| ZERO (S17) |\n",
}

# check, tree, file to change, its new text, what the check must say
CASES = [
    ("check-rooms", ROOMS, "src/core/arena.h", '#include "xml/codec.h"\n', "must not include"),
    ("check-rooms", ROOMS, "src/xml/codec.h", "#include <uv.h>\n", "belongs to src/core"),
    ("check-rooms", ROOMS, "src/xml/codec.h", '#include "codec.h"\n', "room/file.h"),
    ("check-rooms", ROOMS, "src/attic/a.h", "\n", "no room of this name"),
    ("check-rooms", ROOMS, "include/wsd/scan.h", "#include <curl/curl.h>\n", "interface"),
    ("check-rooms", ROOMS, "include/wsd/scan.h", '#include "export.h"\n', "public header"),
    ("check-rooms", ROOMS, "apps/wsd/main.c", '#include "core/arena.h"\n', "inside of the library"),
    ("check-rooms", ROOMS, "apps/wsd/main.c", '#include "../../src/xml/codec.h"\n', "inside of"),
    ("check-limits", LIMITS, "src/core/limits.h",
     LIMITS["src/core/limits.h"] + "#define WSD_MAX_NEW 1\n", "WSD_MAX_NEW of"),
    ("check-limits", LIMITS, "src/core/limits.h",
     LIMITS["src/core/limits.h"].replace("64", "65"), "is 65 in"),
    ("check-limits", LIMITS, "src/core/limits.h", "#define WSD_MAX_DEPTH 64\n", "has no bound"),
    ("check-limits", LIMITS, "docs/security.md", "Nothing.\n", "there is no section"),
    ("check-docs", DOCS, "README.md", "[more](docs/none.md)\n", "there is no docs/none.md"),
    ("check-docs", DOCS, "README.md", "[more](docs/more.md#none)\n", "there is no heading"),
    ("check-docs", DOCS, "README.md", "    wsd scan --colour\n", "no option 'colour'"),
    ("check-docs", DOCS, "README.md", "Try `wsd fax`.\n", "no command 'fax'"),
    ("check-docs", DOCS, "README.md", "It is in `src/none.c`.\n", "there is no src/none.c"),
    ("check-docs", QUIRKS, "docs/quirks.md", "| id |\n| S2, ZERO |\n", "S1 of apps/scan/quirks.c"),
    ("check-docs", QUIRKS, "docs/quirks.md", "| id |\n| S1 |\n", "ZERO of src/xml/schema.h"),
    ("check-docs", DOCS, "a.c", "long a;\n", "a.c does not say"),
]


def check(name, tree):
    """(exit code, output) of a check in a tree."""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in tree.items():
            target = Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        result = subprocess.run([sys.executable, ROOT / f"tools/{name}.py", folder], text=True,
                                capture_output=True, check=False)
    return result.returncode, result.stdout + result.stderr


def main():
    good = {"check-rooms": ROOMS, "check-limits": LIMITS, "check-docs": QUIRKS}
    print(f"1..{len(good) + len(CASES)}")
    failed = number = 0
    for name, tree in good.items():
        number += 1
        code, output = check(name, tree)
        failed += code != 0
        print(f"{'not ' if code else ''}ok {number} - {name} passes what is right")
        if code:
            print("# " + output.replace("\n", "\n# "))
    for name, tree, path, text, expected in CASES:
        number += 1
        code, output = check(name, {**tree, path: text})
        bad = code != 1 or expected not in output
        failed += bad
        print(f"{'not ' if bad else ''}ok {number} - {name} finds: {expected}")
        if bad:
            print("# " + output.replace("\n", "\n# "))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
