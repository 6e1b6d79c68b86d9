#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The built `wsd` against `wsd serve`: what was seen before. See cli.py."""

import json
import os
import pathlib
import re
import tempfile
import unittest

from cli import NET, Server, main, wsd

ONE, TWO = (f"5e0f9a52-5b0f-4e5c-8d75-2f3f6f0d7c{n}" for n in (21, 22))
# So slow that within the time of a search it hardly ever answers: what is found, is found directly.
DEAF = ["--answer-delay", "60000"]


def lines(*args, **more):
    return [json.loads(line) for line in wsd(*args, "--json", **more).stdout.splitlines()]


def port_of(server):
    return re.search(r":(\d+)/", server.url).group(1)


class Cache(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name, "sub", "devices.sqlite")
        os.environ["WSD_CACHE_PATH"] = str(self.path)

    def tearDown(self):
        self.folder.cleanup()

    def seen(self, *server, **more):
        """A scanner that was listed once and is away again."""
        with Server("--ipv4", *server) as running:
            wsd("list", *NET, "--expect", str(more.get("n", 1)))
            return running

    def test_list_stores_and_cached_lists_without_asking(self):
        self.seen("--uuid", ONE, "--name", "Old One")
        row = wsd("list", "--cached", "--debug").stdout.rstrip("\n").split("\t")
        self.assertEqual((row[0], row[2], row[3]), ("Old One", "127.0.0.1", "urn:uuid:" + ONE))
        self.assertRegex(row[4], r"^\d+ s ago$")
        (o,) = lines("list", "--cached")
        self.assertTrue(o["cached"])
        self.assertEqual((o["name"], o["model"]), ("Old One", "Chart Scanner"))
        self.assertIn("/scan", o["service"])
        self.assertRegex(o["lastSeen"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_two_of_one_make_are_stored_with_what_both_say(self):
        with Server("--ipv4", "--uuid", ONE, "--name", "Same"), \
                Server("--ipv4", "--uuid", TWO, "--name", "Same"):
            wsd("list", *NET, "--expect", "2")
        found = lines("cache")
        self.assertEqual([o["endpoint"] for o in found], ["urn:uuid:" + ONE, "urn:uuid:" + TWO])
        for o in found:
            self.assertEqual((o["name"], o["model"]), ("Same", "Chart Scanner"))
            self.assertIn(o["endpoint"][-36:], o["service"])

    def test_nothing_seen_before(self):
        wsd("list", "--cached", code=3)
        self.assertEqual(wsd("cache").stdout, "")
        self.assertEqual(wsd("cache", "verify").stdout, "")

    def test_no_cache_leaves_it_alone(self):
        with Server("--ipv4") as server:
            wsd("list", *NET, "--expect", "1", "--no-cache")
            wsd("status", *NET, "--no-cache", server.uuid)
            self.assertFalse(self.path.exists())
        wsd("list", "--cached", "--no-cache", code=2)

    def test_a_device_named_by_its_address_does_not_touch_it(self):
        with Server("--ipv4") as server:
            wsd("status", *NET, server.url)
        self.assertFalse(self.path.exists())

    def test_a_device_found_by_name_is_stored(self):
        with Server("--ipv4", "--name", "Old One"):
            wsd("status", *NET, "old one")
        self.assertEqual([o["name"] for o in lines("cache")], ["Old One"])

    def test_a_known_device_is_found_by_name_without_the_search(self):
        old = self.seen("--uuid", ONE, "--name", "Old One")
        with Server("--ipv4", "--uuid", ONE, "--name", "Old One", "--port", port_of(old), *DEAF):
            for name in ("Old One", "old"):
                self.assertIn("Idle", wsd("status", *NET, "--timeout", "1", name).stdout, name)

    def test_a_known_device_is_asked_at_once_where_it_was(self):
        with Server("--ipv4", "--uuid", ONE, "--name", "Old One") as server:
            wsd("list", *NET, "--expect", "1")
            for name in (ONE, "Old One"):
                text = wsd("info", *NET, "--debug", name).stderr
                first = next(line for line in text.splitlines() if line.startswith(">>> "))
                self.assertIn(server.url, first, name)

    def test_a_device_that_moved_is_found_by_the_search(self):
        self.seen("--uuid", ONE, "--name", "Old One")
        with Server("--ipv4", "--uuid", ONE, "--name", "Old One") as server:
            for name in (ONE, "Old One"):
                self.assertIn(port_of(server),
                              json.loads(wsd("info", *NET, "--json", name).stdout)["address"])
            self.assertIn(port_of(server), lines("cache")[0]["xaddrs"][0])

    def test_a_device_that_is_away_is_not_found_as_if_it_had_never_been_seen(self):
        text = wsd("status", *NET, "--timeout", "0.5", "Old One", code=3).stderr
        self.seen("--uuid", ONE, "--name", "Old One")
        self.assertEqual(wsd("status", *NET, "--timeout", "0.5", "Old One", code=3).stderr, text)

    def test_another_device_at_the_address_is_not_taken_for_it(self):
        old = self.seen("--uuid", ONE, "--name", "Old One")
        with Server("--ipv4", "--uuid", TWO, "--name", "New One", "--port", port_of(old)):
            wsd("status", *NET, "--timeout", "1", ONE, code=3)
            wsd("status", *NET, "--timeout", "1", "Old One", code=3)

    def test_a_device_that_the_cache_knows_counts_once(self):
        with Server("--ipv4", "--uuid", ONE, "--name", "Old One"):
            wsd("list", *NET, "--expect", "1")
            self.assertIn("Idle", wsd("status", *NET, "old").stdout)

    def test_verify_tells_who_is_gone_and_forgets_them(self):
        self.seen("--uuid", ONE, "--name", "Old One")
        with Server("--ipv4", "--uuid", TWO, "--name", "New One"):
            wsd("list", *NET, "--expect", "1")
            states = {o["name"]: o["state"] for o in lines("cache", "verify", *NET)}
            self.assertEqual(states, {"Old One": "gone", "New One": "here"})
            self.assertEqual([o["name"] for o in lines("cache")], ["New One"])
            row = wsd("cache", "verify", *NET).stdout.rstrip("\n").split("\t")
            self.assertEqual((row[0], row[4]), ("New One", "here"))

    def test_drop_one_several_and_all(self):
        self.seen("--count", "3", "--name", "Unit", n=3)
        text = wsd("cache", "drop", "unit", code=3).stderr
        self.assertIn("fits several", text)
        self.assertEqual(text.count("urn:uuid:"), 3)
        self.assertEqual(wsd("cache", "drop", "Unit 2").stdout, "Unit 2 is forgotten\n")
        left = {o["name"]: o["endpoint"] for o in lines("cache", "show")}
        self.assertEqual(set(left), {"Unit 1", "Unit 3"})
        wsd("cache", "drop", "Unit 2", code=3)
        (o,) = lines("cache", "drop", left["Unit 1"])
        self.assertEqual(o["dropped"], left["Unit 1"])
        wsd("cache", "drop", "--all")
        self.assertEqual(lines("cache"), [])

    def test_path(self):
        self.assertEqual(wsd("cache", "path").stdout, f"{self.path}\n")

    def test_bad_usage(self):
        for args in (["burn"], ["drop"], ["drop", "a", "b"], ["show", "x"], ["--all"],
                     ["drop", "--all", "a"]):
            wsd("cache", *args, code=2)

    def test_a_cache_that_cannot_be_made_is_no_reason_to_fail(self):
        os.environ["WSD_CACHE_PATH"] = "/dev/null/devices.sqlite"
        with Server("--ipv4", "--name", "Old One"):
            self.assertEqual(wsd("list", *NET, "--expect", "1").stderr, "")
            self.assertIn("Idle", wsd("status", *NET, "old one").stdout)
            text = wsd("list", *NET, "--expect", "1", "--debug").stderr
            self.assertEqual(text.count("without the cache"), 1)
        text = wsd("cache", code=1).stderr
        self.assertIn("/dev/null/devices.sqlite", text)

    def test_a_damaged_cache_is_set_aside_and_told(self):
        self.path.parent.mkdir()
        self.path.write_text("no database " * 1000)
        with Server("--ipv4"):
            self.assertIn("damaged", wsd("list", *NET, "--expect", "1").stderr)
        self.assertEqual(len(lines("cache")), 1)


if __name__ == "__main__":
    main()
