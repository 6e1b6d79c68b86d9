#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`wsd verify` on a sound device, and what it makes of what it finds."""

import html.parser
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

import verifying
from verifying import (LIMIT, MINUTE, NET, ROOT, TURNED, WSD, Clock, Device, await_note, start,
                       states, verify)

VOID = {"meta", "br"}


class Tags(html.parser.HTMLParser):
    """Whether each tag that is opened is closed."""

    def __init__(self):
        super().__init__()
        self.open, self.text = [], ""

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, tag

    def handle_data(self, data):
        self.text += data


def active_jobs(device):
    run = subprocess.run([WSD, "jobs", *NET, device.url, "--active", "--json"],
                         capture_output=True, text=True, timeout=LIMIT, check=True)
    return run.stdout


class Sound(unittest.TestCase):
    def test_quick_run_fails_nowhere_and_leaves_nothing_behind(self):
        with Device() as device:
            report = verify(device, "--quick", codes=(0,))
            self.assertEqual(active_jobs(device), "")
        found = states(report)
        self.assertEqual(len(found), len(verifying.list_checks()))
        self.assertEqual({i for i, state in found.items() if state not in ("holds", "skipped")},
                         set())
        needs = {c["id"]: c["needs"] for c in verifying.list_checks()}
        self.assertEqual({i for i, state in found.items() if state == "skipped"},
                         {i for i, what in needs.items() if {"paper", "time"} & set(what)})

    def full_run(self, clock, device):
        run = start(device, "--full", program=TURNED, env=clock.env)
        for _ in range(sum("time" in c["needs"] for c in verifying.list_checks())):
            await_note(run, "waiting for 61 s")
            clock.turn(MINUTE, device)
        out, errors = run.communicate(timeout=200)
        self.assertEqual([c for c in json.loads(out)["checks"] if c["state"] == "fails"], [])
        self.assertEqual(run.returncode, 0, errors)
        self.assertEqual({i for i, state in states(json.loads(out)).items() if state != "holds"},
                         set())

    def test_full_run_fails_nowhere_and_skips_nothing(self):
        clock = Clock()
        with Device(program=TURNED, env=clock.env) as device:
            self.full_run(clock, device)

    @unittest.skipUnless("PUPPET_DIR" in os.environ, "built without SANE")
    def test_full_run_fails_nowhere_on_a_scanner_of_sane_that_is_shared(self):
        clock = Clock()
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "dll.conf").write_text("puppet\n")
            orders = pathlib.Path(folder, "orders")
            orders.write_text("")
            env = {**clock.env, "SANE_CONFIG_DIR": folder, "PUPPET": str(orders),
                   "LD_LIBRARY_PATH": os.environ["PUPPET_DIR"]}
            with Device(program=TURNED, env=env, shares="puppet:plain") as device:
                self.full_run(clock, device)


class Broken(unittest.TestCase):
    def test_a_failure_names_expectation_source_effect_and_exchange(self):
        with Device("get-compatible-id") as device:
            check, = verify(device, "--only", "get-compatible-id", codes=(9,))["checks"]
            text = subprocess.run([WSD, "verify", *NET, device.url, "--only", "get-compatible-id"],
                                  capture_output=True, text=True, timeout=LIMIT, check=False).stdout
        self.assertEqual(check["state"], "fails")
        self.assertRegex(check["said"], "expected .*CompatibleId.*; got 'https:")
        self.assertIn("transfer/Get", check["exchanges"][0]["sent"])
        self.assertIn("CompatibleId>https:", check["exchanges"][0]["got"])
        for word in ("FAIL", "expected", check["source"], check["notice"]):
            self.assertIn(word, text)

    def test_a_device_without_metadata_is_verified_all_the_same(self):
        with Device("get-answered", "get-hosted") as device:
            report = verify(device, "--only", "Metadata", codes=(9,))
        found = states(report)
        self.assertEqual(found["get-answered"], "fails")
        self.assertEqual(found["get-hosted"], "fails")
        self.assertEqual(found["transfer-put"], "holds")

    def test_two_faults_are_two_failures_and_no_others_of_their_area(self):
        with Device("subscribe-mode", "renew-hour") as device:
            found = states(verify(device, "--only", "Events", codes=(9,)))
        self.assertEqual({i for i, state in found.items() if state == "fails"},
                         {"subscribe-mode", "renew-hour"})


class Reports(unittest.TestCase):
    def test_reports_agree(self):
        with tempfile.TemporaryDirectory() as folder, Device("get-order") as device:
            report = verify(device, "--only", "Metadata", "--junit", folder + "/j.xml", "--html",
                            folder + "/h.html", "--keep", folder + "/kept", codes=(9,))
            suite = ElementTree.parse(folder + "/j.xml").getroot()[0]
            page = pathlib.Path(folder + "/h.html").read_text("utf-8")
            kept = sorted(p.name for p in pathlib.Path(folder + "/kept").iterdir())
        self.assertEqual(int(suite.get("tests")), len(report["checks"]))
        self.assertEqual(int(suite.get("failures")), report["fails"])
        self.assertEqual([c.get("name") for c in suite if c.find("failure") is not None],
                         ["get-order"])
        tags = Tags()
        tags.feed(page)
        self.assertEqual(tags.open, [])
        for check in report["checks"]:
            self.assertIn(check["title"], tags.text)
        self.assertIn("get-order-01-sent.xml", kept)
        self.assertIn("get-order-01-got.xml", kept)

    def test_a_baseline_counts_only_what_is_new(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "before.json"
            with Device("get-order") as device:
                path.write_text(json.dumps(verify(device, "--only", "Metadata")), "utf-8")
                again = verify(device, "--only", "Metadata", "--baseline", str(path), codes=(0,))
            self.assertEqual((again["fails"], again["worse"]), (1, 0))
            with Device("get-order", "get-relates") as device:
                worse = verify(device, "--only", "Metadata", "--baseline", str(path), codes=(9,))
            self.assertEqual((worse["fails"], worse["worse"]), (2, 1))
            with Device() as device:
                better = verify(device, "--only", "Metadata", "--baseline", str(path), codes=(0,))
            self.assertEqual([c["id"] for c in better["checks"] if c["change"] == "better"],
                             ["get-order"])


class Makers(unittest.TestCase):
    """Checks of one's own."""

    def run_with(self, device, checks, codes):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "own.json").write_text(json.dumps(checks), "utf-8")
            return verify(device, "--checks", folder, "--only", "Ours", codes=codes)

    def check(self, **more):
        return {"area": "Ours", "checks": [{
            "id": "ours-name", "title": "It has our name", "level": "must", "source": "our manual",
            "notice": "Nobody knows whose it is.", "use": "get", **more}]}

    def test_a_check_of_ones_own_is_data(self):
        wish = [{"path": "//wsdp:Manufacturer", "is": "libwsd"}]
        with Device() as device:
            self.assertEqual(states(self.run_with(device, self.check(expect=wish), (0,))),
                             {"ours-name": "holds"})
            wish[0]["is"] = "Acme"
            check, = self.run_with(device, self.check(expect=wish), (9,))["checks"]
        self.assertEqual(check["said"], "expected 'Acme' at //wsdp:Manufacturer; got 'libwsd'")

    def test_a_check_that_is_wrong_is_refused_with_its_place(self):
        for wrong in ({"level": "perhaps"}, {"id": "get-answered"}, {"procedure": "none"},
                      {"notice": None}, {"steps": 5}, {"needs": [None]}, {"expect": {"status": 200}},
                      {"expect": [{"path": "//*", "liek": "."}]}, {"expect": [{"between": [1]}]},
                      {"use": None, "send": {"omit": "To"}}, {"steps": [{"wait": -1}]},
                      {"keep": [1]}):
            with tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "own.json"
                path.write_text(json.dumps(self.check(**wrong)), "utf-8")
                run = subprocess.run([WSD, "verify", "--checks", folder, "--list-checks"],
                                     capture_output=True, text=True, timeout=LIMIT, check=False)
            self.assertEqual(run.returncode, 2, wrong)
            self.assertIn("own.json", run.stderr)

    def test_a_name_that_stands_for_nothing_makes_it_untested(self):
        with Device() as device:
            report = self.run_with(device, self.check(
                use=None, send={"action": "wxf:Get", "body": "${nobody-knows}"}), (0,))
        self.assertEqual(states(report), {"ours-name": "untested"})
        self.assertIn("nobody-knows", report["checks"][0]["said"])


class Manners(unittest.TestCase):
    def test_an_interrupted_run_cancels_its_job(self):
        with Device() as device:
            run = start(device, "--full", "--only", "job-timeout")
            await_note(run, "waiting for")
            self.assertNotEqual(active_jobs(device), "")
            run.send_signal(signal.SIGINT)
            _, errors = run.communicate(timeout=LIMIT)
            self.assertEqual(run.returncode, 130, errors)
            self.assertEqual(active_jobs(device), "")

    def test_bad_usage_is_2(self):
        for args in (["--quick", "--full"], ["--only", "no-such-check"], ["--baseline", "/dev/null"],
                     ["--checks", "/nowhere"]):
            run = subprocess.run([WSD, "verify", "http://127.0.0.1:9/", *args], capture_output=True,
                                 text=True, timeout=LIMIT, check=False)
            self.assertEqual(run.returncode, 2, run.stderr)
        run = subprocess.run([WSD, "serve", "--break", "nothing"], capture_output=True, text=True,
                             timeout=LIMIT, check=False)
        self.assertEqual(run.returncode, 2, run.stderr)

    def test_a_report_that_cannot_be_written_is_7(self):
        with Device() as device:
            verify(device, "--only", "get-answered", "--html", "/nowhere/h.html", codes=(7,))


class Page(unittest.TestCase):
    def test_the_page_lists_each_check(self):
        run = subprocess.run([sys.executable, str(ROOT / "tools/gen-checks.py"), str(ROOT)],
                             capture_output=True, text=True, timeout=LIMIT, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)


if __name__ == "__main__":
    OWN = verifying.enter_namespace()
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
