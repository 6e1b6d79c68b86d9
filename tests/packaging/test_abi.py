#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/check-abi.py must object to what breaks programs of the release before, and to nothing else.

    test_abi.py ROOT

Each test records the interface as it is, changes a copy of the headers in one way and asks.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(sys.argv[1]).resolve()
TOOL = ROOT / "tools/check-abi.py"


@unittest.skipUnless(shutil.which("abidiff"), "there is no abidiff (package abigail-tools)")
class Abi(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        shutil.copytree(ROOT / "include", self.root / "include")
        for name in ("src", "packaging"):
            (self.root / name).mkdir()
        shutil.copy(ROOT / "src/libwsd.map", self.root / "src")
        self.tool("record", 0)

    def tool(self, verb, code):
        r = subprocess.run([sys.executable, TOOL, verb, self.root], text=True, capture_output=True, timeout=120)
        self.assertEqual(r.returncode, code, r.stdout + r.stderr)
        return r.stdout

    def change(self, name, pattern, replacement):
        path = self.root / name
        text, n = re.subn(pattern, replacement, path.read_text("utf-8"), count=1, flags=re.M | re.S)
        self.assertEqual(n, 1, f"{name} has no {pattern}")
        path.write_text(text, encoding="utf-8")

    def broken(self, said):
        self.assertIn(said, self.tool("check", 1))

    def test_nothing_changed_is_fine(self):
        self.tool("check", 0)

    def test_function_that_is_removed(self):
        self.change("include/wsd/cache.h", r"^WSD_API [^;]*wsd_cache_close\([^;]*;", "")
        self.change("src/libwsd.map", r"^ *wsd_cache_close;\n", "")
        self.broken("wsd_cache_close")

    def test_function_that_moves_to_another_node(self):
        self.change("src/libwsd.map", r"^ *wsd_cache_close;\n", "")
        self.change("src/libwsd.map", r"\Z", "WSD_0.2 {\nglobal:\n    wsd_cache_close;\n} WSD_0.1;\n")
        self.broken("wsd_cache_close")

    def test_argument_of_another_type(self):
        self.change("include/wsd/error.h", r"wsd_strerror\(int code", "wsd_strerror(long code")
        self.broken("wsd_strerror")

    def test_value_of_an_enumeration(self):
        self.change("include/wsd/context.h", r"WSD_LOG_INFO,", "WSD_LOG_INFO = 7,")
        self.broken("WSD_LOG_INFO")

    def test_word_put_between_words_that_only_an_int_carries(self):
        self.change("include/wsd/scan_words.h", r"(WSD_SCAN_INPUT_SOURCE_ADF),",
                    r"\1, WSD_SCAN_INPUT_SOURCE_NEW,")
        self.broken("WSD_SCAN_INPUT_SOURCE_PLATEN")

    def test_number_of_an_error(self):
        self.change("include/wsd/error.h", r"X\(CANCELLED, 3,", "X(CANCELLED, 103,")
        self.broken("WSD_E_CANCELLED")

    def test_value_of_an_enumeration_without_a_name(self):
        self.change("include/wsd/device.h", r"WSD_SCANNER_WAIT = -1", "WSD_SCANNER_WAIT = -7")
        self.broken("WSD_SCANNER_WAIT")

    def test_size_of_a_structure(self):
        self.change("include/wsd/error.h", r"char message\[320\]", "char message[321]")
        self.broken("wsd_error")

    def test_member_of_a_structure_that_has_another_place(self):
        self.change("include/wsd/context.h", r"size_t size; +(/\*\*< sizeof)", r"int first; size_t size; \1")
        self.broken("wsd_context_options")

    def test_result_that_grows(self):
        self.change("include/wsd/discovery.h", r"size_t n_targets;", "size_t n_targets; void *added;")
        self.broken("wsd_target_set")

    def test_options_that_grow_in_front_of_their_end(self):
        self.change("include/wsd/discovery.h", r"bool any_of_types;", "void *added; bool any_of_types;")
        self.broken("wsd_probe_options")

    def test_options_that_grow_where_callers_had_padding(self):
        self.change("include/wsd/discovery.h", r"(void \*user; /\*\*< for found \*/)", r"\1 uint16_t last;")
        self.tool("record", 0)
        self.change("include/wsd/discovery.h", r"uint16_t last;", r"uint16_t last; uint16_t added;")
        self.broken("wsd_probe_options")

    def test_options_that_grow_at_their_end_are_fine(self):
        self.change("include/wsd/discovery.h", r"(void \*user; /\*\*< for found \*/)", r"\1 void *added;")
        self.tool("check", 0)

    def test_word_at_the_end_is_fine(self):
        self.change("include/wsd/scan_words.h", r"(WSD_SCAN_INPUT_SOURCE_PLATEN)\n",
                    r"\1, WSD_SCAN_INPUT_SOURCE_NEW\n")
        self.tool("check", 0)

    def test_new_function_and_type_are_fine(self):
        self.change("include/wsd/error.h", r"(WSD_API)",
                    r"struct wsd_new { int a; };\nenum wsd_new_words { WSD_NEW };\n"
                    r"/** New. */\nWSD_API int wsd_new(struct wsd_new *n);\n\1")
        self.change("src/libwsd.map", r"\Z", "WSD_0.2 {\nglobal:\n    wsd_new;\n} WSD_0.1;\n")
        self.tool("check", 0)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
