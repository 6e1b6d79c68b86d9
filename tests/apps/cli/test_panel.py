#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`wsd panel` and the control socket of `wsd serve`, in a network namespace of its own.

    test_panel.py WSD GEN_DOCS ROOT [NAME...]

Arguments and helpers are those of test_cli.py. Each test has a folder of sockets of its own.
"""

import json
import os
import pathlib
import select
import signal
import socket
import stat
import subprocess
import tempfile
import unittest
from sys import argv

from test_cli import LIMIT, NET, WSD, enter_namespace, wsd


class Serve:
    """`wsd serve --json`, ready; its events are read as they are wanted."""

    def __init__(self, *args, env=None):
        self.process = subprocess.Popen(
            [WSD, "serve", *NET, "--ipv4", "--quiet", "--json", "--answer-delay", "0", "--port",
             "0", *args], stdout=subprocess.PIPE, env={**os.environ, **(env or {})})
        self.rest, self.devices = b"", []
        event = self.event()
        while event["event"] == "device":
            self.devices.append(event)
            event = self.event()
        assert event["event"] == "ready", event
        self.ready, self.control = event, event.get("control")
        self.url = self.devices[0]["url"]

    def event(self, wanted=None):
        """The next event, or the next of that kind."""
        while True:
            while b"\n" not in self.rest:
                if not select.select([self.process.stdout], [], [], LIMIT)[0]:
                    raise AssertionError(f"no event '{wanted}' came")
                more = os.read(self.process.stdout.fileno(), 65536)
                assert more, "wsd serve ended early"
                self.rest += more
            line, _, self.rest = self.rest.partition(b"\n")
            event = json.loads(line)
            if wanted is None or event["event"] == wanted:
                return event

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=LIMIT)
        if self.process.returncode not in (0, -signal.SIGKILL):
            raise AssertionError(f"wsd serve ended with {self.process.returncode}")


def panel(*args, code=0):
    return wsd("panel", *args, code=code)


def panel_json(*args):
    return json.loads(panel(*args, "--json").stdout)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)
        os.environ["XDG_RUNTIME_DIR"] = self.folder.name

    def serve(self, *args):
        server = Serve(*args)
        self.addCleanup(server.__exit__)
        return server

    def refused(self, code, words, *args):
        self.assertRegex(panel(*args, code=code).stderr, words)


class Finding(Case):
    def test_no_server_says_how_to_start_one(self):
        self.refused(3, "(?s)no 'wsd serve'.*Start one")

    def test_the_only_one_needs_no_name(self):
        self.serve("--name", "Photo box")
        self.assertIn("Photo box", panel().stdout)
        self.assertIn("Photo box", panel("show").stdout)

    def test_by_name_part_uuid_and_number(self):
        server = self.serve("--name", "Unit", "--count", "12")
        for name, number in (("Unit 1", 1), ("unit 12", 12), ("3", 3),
                             (server.devices[4]["endpoint"], 5),
                             (server.devices[5]["endpoint"].split(":")[-1], 6)):
            self.assertEqual(panel_json(name)["device"]["number"], number, name)

    def test_several_must_be_named_and_are_listed(self):
        self.serve("--name", "Unit", "--count", "2")
        self.serve("--name", "Other")
        text = panel(code=3).stderr
        self.assertIn("several scanners", text)
        for name in ("Unit 1", "Unit 2", "Other"):
            self.assertIn(name, text)
        text = panel("unit", "jam", code=3).stderr
        self.assertIn("'unit' fits several", text)
        self.assertNotIn("Other", text)
        self.assertIn("Other", panel("other").stdout)

    def test_a_name_that_nobody_has_lists_those_there_are(self):
        self.serve("--name", "Photo box")
        self.refused(3, "(?s)'nobody'.*Photo box", "nobody", "jam")

    def test_word_that_is_no_action_lists_the_actions(self):
        self.serve()
        self.refused(2, "has no 'dance'.*feeder, jam", "chart", "dance")

    def test_wrong_words_of_an_action_are_bad_usage(self):
        for args in (["feeder"], ["feeder", "load"], ["feeder", "load", "x"], ["feeder", "full"],
                     ["cover"], ["cover", "ajar"], ["clear", "x"], ["clear", "1", "2"],
                     ["condition", "MediaJam"], ["cancel", "x"], ["jam", "now"], ["show", "me"]):
            self.refused(2, "wsd panel", *args)

    def test_a_server_that_is_stopped_is_told(self):
        server = self.serve()
        server.process.send_signal(signal.SIGSTOP)
        try:
            self.refused(3, "does not answer")
        finally:
            server.process.send_signal(signal.SIGCONT)


class Sockets(Case):
    def test_default_is_named_after_the_scanner_and_closed_to_others(self):
        server = self.serve("--name", "Photo box")
        self.assertEqual(server.control, str(self.path / "wsd" / "serve-Photo-box.sock"))
        self.assertEqual(stat.S_IMODE(os.stat(server.control).st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(os.stat(self.path / "wsd").st_mode), 0o700)

    def test_without_a_name_it_is_named_after_the_process(self):
        server = self.serve()
        self.assertEqual(server.control,
                         str(self.path / "wsd" / f"serve-{server.process.pid}.sock"))

    def test_two_of_one_name_get_two_sockets(self):
        first, second = self.serve("--name", "Twin"), self.serve("--name", "Twin")
        self.assertNotEqual(first.control, second.control)
        self.assertIn("Twin", panel("--control", second.control).stdout)

    def test_it_is_gone_with_the_server(self):
        with Serve() as server:
            self.assertTrue(os.path.exists(server.control))
        self.assertFalse(os.path.exists(server.control))

    def test_that_of_a_killed_server_is_passed_over_and_replaced(self):
        with Serve("--name", "Twin") as server:
            server.process.kill()
        self.assertTrue(os.path.exists(server.control))
        self.refused(3, "no 'wsd serve' of this user runs")
        self.assertEqual(self.serve("--name", "Twin").control, server.control)
        self.assertIn("Twin", panel().stdout)

    def test_those_of_killed_servers_are_swept_away(self):
        with Serve() as server:
            server.process.kill()
        self.serve()
        self.assertFalse(os.path.exists(server.control))

    def test_path_of_ones_own(self):
        path = str(self.path / "mine.sock")
        self.assertEqual(self.serve("--control", path).control, path)
        self.assertIn("Chart Scanner", panel("--control", path).stdout)
        self.refused(3, "no 'wsd serve' of this user runs")

    def test_path_that_is_taken_is_an_error(self):
        path = str(self.path / "mine.sock")
        self.serve("--control", path)
        text = wsd("serve", *NET, "--port", "0", "--control", path, code=7).stderr
        self.assertIn("listens there already", text)
        (self.path / "file").write_text("mine")
        text = wsd("serve", *NET, "--port", "0", "--control", str(self.path / "file"), code=7).stderr
        self.assertIn("something else has that name", text)
        self.assertEqual((self.path / "file").read_text(), "mine")

    def test_path_where_nobody_listens(self):
        self.refused(3, "listens there", "--control", str(self.path / "none.sock"))

    def test_none_if_none_is_wanted(self):
        self.assertIsNone(self.serve("--no-control").control)
        self.refused(3, "no 'wsd serve' of this user runs")
        wsd("serve", "--no-control", "--control", "x", code=2)

    def test_a_folder_open_to_others_is_not_used(self):
        (self.path / "wsd").mkdir(mode=0o755)
        self.assertIsNone(self.serve().control)
        self.refused(1, "open to others")

    def test_human_output_names_the_socket_and_keeps_the_ready_line(self):
        process = subprocess.Popen([WSD, "serve", *NET, "--port", "0", "--name", "Plain"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(process.stdout.readline().split("\t")[0], "Plain")
        self.assertEqual(process.stdout.readline(), "ready\n")
        process.send_signal(signal.SIGTERM)
        self.assertRegex(process.communicate(timeout=LIMIT)[1], "control socket: .*serve-Plain.sock")


def ask(server, *lines):
    """What any program of the same user may do: requests, or lines of bytes, on one connection."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(LIMIT)
        s.connect(server.control)
        s.sendall(b"".join(l if isinstance(l, bytes) else json.dumps(l).encode() + b"\n"
                           for l in lines))
        file = s.makefile("rb")
        return [json.loads(file.readline()) for _ in lines]


class Raw(Case):
    def setUp(self):
        super().setUp()
        self.server = self.serve("--count", "2")

    def test_requests_of_one_connection_are_answered_in_order(self):
        answers = ask(self.server, {"command": "devices"}, {"command": "show", "device": 2},
                      {"command": "jam", "device": 1})
        self.assertEqual([d["number"] for d in answers[0]["devices"]], [1, 2])
        self.assertEqual(answers[1]["device"]["number"], 2)
        self.assertEqual([a["ok"] for a in answers], [True] * 3)

    def test_what_is_wrong_is_refused_with_a_sentence(self):
        for request, kind in (
                ({"command": "dance"}, "usage"), ({}, "usage"), ({"command": 7}, "usage"),
                (b"[]\n", "usage"), (b"x" * 70000 + b"\n", "usage"),
                ({"command": "show", "device": 3}, "not-found"),
                ({"command": "show", "device": "1"}, "not-found"),
                ({"command": "show", "device": 0}, "not-found"),
                ({"command": "feeder"}, "usage"), ({"command": "feeder", "sheets": -1}, "usage"),
                ({"command": "feeder", "sheets": 10 ** 12}, "usage"),
                ({"command": "cover"}, "usage"), ({"command": "cover", "open": 1}, "usage"),
                ({"command": "clear", "condition": "x"}, "not-found"),
                ({"command": "condition", "name": "MediaJam"}, "usage"),
                ({"command": "cancel", "job": -5}, "not-found"),
                ({"command": "cancel"}, "not-found")):
            (answer,) = ask(self.server, request)
            self.assertIs(answer["ok"], False, request)
            self.assertEqual(answer["kind"], kind, request)
            self.assertTrue(answer["error"], request)
        self.assertTrue(ask(self.server, {"command": "show"})[0]["ok"])


class Acting(Case):
    def setUp(self):
        super().setUp()
        self.server = self.serve("--name", "Paper Tiger")

    def scan(self, *args, code=0):
        return wsd("scan", self.server.url, "-r", "75", *args, code=code, cwd=self.path)

    def status(self):
        text = wsd("status", self.server.url, "--json").stdout
        return json.loads(text)["ScannerStatus"]

    def test_show_json_has_state_feeder_and_jobs(self):
        self.scan("-o", "a.jpg")
        shown = panel_json()
        self.assertEqual(shown["ScannerStatus"]["ScannerState"], "Idle")
        self.assertEqual(shown["feeder"], {"sheets": 10, "refilled": True})
        self.assertEqual(shown["ActiveJobs"], [])
        self.assertEqual(shown["JobHistory"][0]["JobState"], "Completed")
        self.assertEqual(shown["device"]["url"], self.server.url)
        self.assertRegex(panel().stdout, r"(?m)^Job \d+ +Completed")

    def test_what_is_loaded_is_used_up(self):
        self.assertIn("3 sheets lie", panel("feeder", "load", "3").stdout)
        self.scan("-s", "adf", "-n", "1", "-o", "a.jpg")
        self.assertEqual(panel_json()["feeder"], {"sheets": 2, "refilled": False})
        self.scan("-s", "duplex", "-o", "p-{page}.jpg")
        self.assertEqual(len(list(self.path.glob("p-*.jpg"))), 4)
        self.assertEqual(panel_json()["feeder"]["sheets"], 0)
        self.assertIn("feeder", self.scan("-s", "adf", "-o", "b.pdf", code=5).stderr)

    def test_an_emptied_feeder_is_empty_until_it_is_loaded(self):
        self.assertIn("empty", panel("feeder", "empty").stdout)
        self.scan("-s", "adf", "-o", "a.pdf", code=5)
        panel("feeder", "load", "1")
        self.scan("-s", "adf", "-o", "a.pdf")
        self.assertRegex(panel().stdout, r"(?m)^Feeder +0 sheets$")

    def test_more_sheets_than_a_feeder_holds_are_refused(self):
        self.refused(2, "0 to 10000", "feeder", "load", "10001")

    def test_a_jam_stops_the_scanner_until_it_is_cleared(self):
        self.assertIn("MediaJam at ADF, Critical", panel("jam").stdout)
        self.assertEqual(self.status()["ScannerState"], "Stopped")
        self.assertRegex(panel().stdout, r"(?m)^State +Stopped\nReasons +MediaJam\nCondition 1 ")
        self.assertIn("jam", self.scan("-o", "a.jpg", "--no-wait", code=5).stderr)
        self.assertIn("1 condition cleared", panel("clear").stdout)
        self.assertEqual(self.status()["ScannerState"], "Idle")
        self.scan("-o", "a.jpg")

    def test_a_jam_halts_the_scan_that_runs_and_clearing_lets_it_go_on(self):
        process = subprocess.Popen(
            [WSD, "scan", self.server.url, "-A", "a4", "-r", "300", "--wire-format", "dib", "-f",
             "raw", "-o", "a.bmp"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=self.path)
        self.server.event("job-began")
        process.send_signal(signal.SIGSTOP)
        panel("jam")
        process.send_signal(signal.SIGCONT)
        job = panel_json()["ActiveJobs"][0]
        self.assertEqual(job["JobStateReasons"], ["ScannerStopped"])
        self.assertIsNone(process.poll())
        panel("clear", "all")
        process.communicate(timeout=LIMIT)
        self.assertEqual(process.returncode, 0)
        self.assertEqual((self.path / "a.bmp").stat().st_size, 54 + 2480 * 3 * 3508)

    def test_cover(self):
        panel("cover", "open")
        self.assertEqual(self.status()["ScannerStateReasons"], ["CoverOpen"])
        self.assertIn("closed", panel("cover", "close").stdout)
        self.assertEqual(self.status()["ScannerState"], "Idle")
        self.assertIn("already", panel("cover", "close").stdout)

    def test_any_condition_by_its_words(self):
        answer = panel_json("condition", "lamperror", "Platen", "warning")
        (condition,) = self.status()["ActiveConditions"]
        self.assertEqual((condition["Name"], condition["Component"], condition["Severity"]),
                         ("LampError", "Platen", "Warning"))
        self.assertEqual(condition["@Id"], answer["condition"])
        self.refused(2, "no name 'Fire'.*MediaJam", "condition", "Fire", "ADF", "Warning")
        self.refused(2, "no component 'Lid'.*MediaPath", "condition", "MediaJam", "Lid", "Warning")
        self.refused(2, "no severity 'Bad'.*Critical", "condition", "MediaJam", "ADF", "Bad")

    def test_clearing_one_of_several(self):
        panel("jam")
        panel("cover", "open")
        self.refused(3, r"1 \(MediaJam\), 2 \(CoverOpen\)", "clear", "9")
        self.assertIn("condition 1 cleared", panel("clear", "1").stdout)
        self.assertEqual([c["Name"] for c in self.status()["ActiveConditions"]], ["CoverOpen"])
        panel("clear")
        self.refused(3, "no condition", "clear", "2")

    def test_more_conditions_than_a_scanner_has_are_refused(self):
        names = ("Calibrating CoverOpen InputTrayEmpty InterlockOpen InternalStorageFull LampError "
                 "LampWarming MediaJam").split()
        ask(self.server, *({"command": "condition", "name": name, "component": component,
                            "severity": "Informational"}
                           for name in names for component in ("ADF", "Platen")))
        self.refused(4, "(?s)no further condition.*panel clear", "condition", "MediaJam", "Film",
                     "Warning")
        self.assertIn("16 conditions", panel("clear").stdout)

    def test_cancel_the_job_that_runs(self):
        self.refused(3, "no job to cancel", "cancel")
        self.refused(3, "no job 77", "cancel", "77")
        process = subprocess.Popen(
            [WSD, "scan", self.server.url, "-s", "adf", "-r", "600", "-m", "color", "-o",
             "x-{page}.png"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            cwd=self.path)
        job = self.server.event("job-began")["job"]
        self.assertIn(f"job {job} is cancelled", panel("cancel").stdout)
        self.assertEqual(self.server.event("job-cancelled")["job"], job)
        process.communicate(timeout=LIMIT)
        self.assertNotEqual(process.returncode, 0)
        self.assertEqual(panel_json()["JobHistory"][0]["JobStateReasons"], ["JobCanceledAtDevice"])
        self.refused(4, "is over", "cancel", str(job))

    def test_each_answer_is_json_if_wanted(self):
        for args in (["jam"], ["feeder", "empty"], ["cover", "open"], ["clear"]):
            self.assertTrue(panel_json(*args)["done"], args)

    def test_events_of_a_job(self):
        self.scan("-s", "adf", "-n", "2", "-o", "a.pdf")
        began, ended = self.server.event(), self.server.event()
        self.assertEqual((began["event"], ended["event"]), ("job-began", "job-completed"))
        self.assertEqual((began["job"], ended["images"]), (ended["job"], 2))
        self.assertEqual(began["device"], "Paper Tiger")


if __name__ == "__main__":
    enter_namespace()
    unittest.main(argv=[argv[0], *argv[4:]], verbosity=2)
