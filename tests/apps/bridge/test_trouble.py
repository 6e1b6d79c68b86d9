#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What goes wrong at a SANE device, as the client of WSD sees it; and that the bridge goes on.

    test_trouble.py WSD GEN_DOCS ROOT [NAME...]

Time limits are reached by turning the clock of `wsd-turned` (../scand/turned_clock.h).
"""

import os
import select
import signal
import struct
import subprocess
import unittest

from bridge import Bridge, Stage, airscan_environment, status
from cli import LIMIT, WSD, main, wsd

TURNED = WSD + "-turned"
SMALL = ("-f", "png", "-m", "gray", "-r", "75")
UNSUPPORTED, CANCELLED, BUSY, INVAL, EOF, JAMMED, NO_DOCS, COVER, IO, NO_MEM, DENIED = range(1, 12)
NAMES = ("UNSUPPORTED CANCELLED DEVICE_BUSY INVAL EOF JAMMED NO_DOCS COVER_OPEN IO_ERROR NO_MEM "
         "ACCESS_DENIED").split()

# By status: the condition that there is afterwards, and whether it stops the scanner.
CONDITIONS = {JAMMED: ("MediaJam", "Warning"), NO_DOCS: ("InputTrayEmpty", "Warning"),
              COVER: ("CoverOpen", "Warning")}
# Those that stop the scanner without one: it needs attention, until SANE can open the device.
STOPS = (IO, DENIED)
ATTENTION = "needs somebody's attention\n.*plugged in"
# What `wsd scan` says when a scan does not begin, and its exit code.
REFUSALS = {UNSUPPORTED: (4, "ServerErrorInternalError"), CANCELLED: (4, "ServerErrorTemporary"),
            INVAL: (4, "ServerErrorInternalError"), EOF: (4, "ServerErrorInternalError"),
            JAMMED: (5, "jammed"), NO_DOCS: (5, "feeder is empty"), COVER: (5, "cover is open"),
            IO: (4, ATTENTION), NO_MEM: (4, "ServerErrorInternalError"), DENIED: (4, ATTENTION)}


def exit_code(number, otherwise):
    """Of a scan that the status breaks off."""
    return 4 if number in STOPS else 5 if number in CONDITIONS else otherwise


class Clock:
    """The time of `wsd-turned`."""

    def __init__(self, stage):
        self.path = stage.path / "clock"
        self.now = 0
        self.path.write_bytes(struct.pack("q", 0))
        self.env = {"WSD_CLOCK": str(self.path)}

    def turn(self, seconds, bridge):
        self.now += seconds * 1000
        with open(self.path, "r+b") as file:
            file.write(struct.pack("q", self.now))
        status(bridge.url)  # wakes it


class Case(unittest.TestCase):
    def setUp(self):
        self.stage = Stage()
        self.addCleanup(self.stage.cleanup)
        self.clock = Clock(self.stage)

    def bridge(self, *devices):
        bridge = Bridge(self.stage, *devices, wsd_path=TURNED, env=self.clock.env)
        self.addCleanup(bridge.end)
        return bridge

    def begin(self, bridge, *args):
        """A scan under way."""
        return subprocess.Popen(
            [WSD, "scan", bridge.url, "--quiet", *SMALL, "-o",
             str(self.stage.out() / "{page}.png"), *args],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def scan(self, bridge, *args, code=0):
        """What a scan says; its pages lie in self.pages."""
        out = self.stage.out()
        r = wsd("scan", bridge.url, "--quiet", *SMALL, "-o", f"{out}/{{page}}.png", *args,
                code=code)
        self.pages = sorted(path.name for path in out.iterdir())
        return r.stderr

    def last_job(self, bridge):
        """State and images of the job that ended last."""
        words = wsd("jobs", bridge.url, "--history").stdout.splitlines()[0].split("\t")
        return words[1], int(words[3])

    def conditions(self, bridge):
        found = status(bridge.url)["ScannerStatus"]
        return found["ScannerState"], [(c["Name"], c["Severity"])
                                       for c in found["ActiveConditions"]]

    def goes_on(self, bridge):
        """The trouble is over: a scan works, and nothing is left of it."""
        self.stage.order()
        if self.conditions(bridge) != ("Idle", []):
            self.clock.turn(11, bridge)  # asked again if it is gone, a warning is over
            bridge.event("condition-cleared")
        self.scan(bridge, "-s", "adf")
        self.assertEqual(self.pages, ["1.png", "2.png", "3.png"])
        self.assertEqual(self.last_job(bridge), ("Completed", 3))
        self.assertEqual(self.conditions(bridge), ("Idle", []))


class Statuses(Case):
    def check_condition(self, bridge, number):
        state, found = self.conditions(bridge)
        wanted = CONDITIONS.get(number)
        self.assertEqual(found, [wanted] if wanted else [])
        self.assertEqual(state, "Stopped" if number in STOPS else "Idle")

    def test_each_status_of_sane_start(self):
        bridge = self.bridge("puppet:plain")
        for number, (code, words) in REFUSALS.items():
            with self.subTest(NAMES[number - 1]):
                self.stage.order(start=number)
                self.assertRegex(self.scan(bridge, "-s", "adf", code=code), words)
                self.assertEqual(self.pages, [])
                self.check_condition(bridge, number)
                # An empty feeder ends a job, all else breaks it off.
                self.assertEqual(self.last_job(bridge),
                                 ("Completed" if number == NO_DOCS else "Aborted", 0))
                self.goes_on(bridge)

    def test_each_status_of_sane_get_parameters_and_sane_read(self):
        bridge = self.bridge("puppet:plain")
        for call in ("parameters", "read"):
            for number in range(1, 12):
                if call == "read" and number not in (JAMMED, IO, NO_MEM):
                    continue  # those of the test backend are below
                with self.subTest(call=call, status=NAMES[number - 1]):
                    self.stage.order(**{call: number})
                    self.scan(bridge, "-s", "adf", code=exit_code(number, 6))
                    self.assertEqual(self.pages, [])
                    self.check_condition(bridge, number)
                    self.assertEqual(self.last_job(bridge), ("Aborted", 0))
                    self.goes_on(bridge)

    def test_a_page_that_ends_early_is_white_below(self):
        bridge = self.bridge("puppet:plain")
        self.stage.order(read=EOF)
        self.scan(bridge)
        self.assertEqual(self.pages, ["1.png"])
        self.goes_on(bridge)

    def test_each_status_of_sane_open(self):
        bridge = self.bridge("puppet:plain")
        for number in (INVAL, IO, DENIED, NO_MEM, JAMMED, COVER, UNSUPPORTED):
            with self.subTest(NAMES[number - 1]):
                self.stage.order(open=number)
                self.clock.turn(25, bridge)  # the device was closed meanwhile
                self.scan(bridge, code=exit_code(number, 4))
                self.check_condition(bridge, IO if number == INVAL else number)
                self.goes_on(bridge)

    def test_each_status_of_the_test_backend(self):
        for number in range(1, 12):
            if number == EOF:
                continue
            with self.subTest(NAMES[number - 1]):
                stage = Stage(status=f"SANE_STATUS_{NAMES[number - 1]}")
                bridge = Bridge(stage, "test:0")
                # From the glass nobody expects an empty feeder.
                self.scan(bridge, code=6 if number == NO_DOCS else exit_code(number, 6))
                self.check_condition(bridge, number)
                bridge.end()
                stage.cleanup()

    def test_a_jam_on_the_second_page_leaves_the_first(self):
        bridge = self.bridge("puppet:plain")
        self.stage.order(**{"start": JAMMED, "from": 2})
        self.assertRegex(self.scan(bridge, "-s", "adf", code=5), "jammed")
        self.assertEqual(self.pages, ["1.png"])
        self.assertEqual(self.last_job(bridge), ("Aborted", 1))
        self.assertEqual(self.conditions(bridge), ("Idle", [("MediaJam", "Warning")]))
        self.goes_on(bridge)

    def test_a_jam_within_a_document_leaves_no_half_of_it(self):
        bridge = self.bridge("puppet:plain")
        self.stage.order(**{"start": JAMMED, "from": 2})
        out = self.stage.out()
        wsd("scan", bridge.url, "--quiet", "--wire-format", "pdf-a", "-s", "adf", "-o",
            f"{out}/all.pdf", code=5)
        self.assertEqual(list(out.iterdir()), [])
        self.assertEqual(self.last_job(bridge)[0], "Aborted")
        self.goes_on(bridge)

    def test_sane_airscan_hears_of_an_empty_feeder(self):
        bridge = self.bridge("puppet:plain")
        self.stage.order(sheets=0)
        r = subprocess.run(["scanimage", "-d", "airscan:w0:Bridge", "--source", "ADF",
                            "--format", "pnm", "-o", str(self.stage.out() / "p")], capture_output=True, text=True,
                           timeout=LIMIT, env=airscan_environment(self.stage, bridge.url))
        self.assertIn("out of documents", r.stderr)
        self.goes_on(bridge)

    def test_a_device_that_is_busy_for_a_moment_is_waited_for(self):
        bridge = self.bridge("puppet:plain")
        self.stage.order(start=BUSY)
        scan = self.begin(bridge)
        bridge.event("job-began")
        self.stage.order()
        self.assertEqual(scan.wait(LIMIT), 0, scan.stderr.read())
        scan.stderr.close()


class Gone(Case):
    def test_a_device_that_was_unplugged_stops_the_scanner_until_it_is_back(self):
        bridge = self.bridge("puppet:plain")
        self.stage.order(gone=1)
        self.scan(bridge, code=4)
        self.assertEqual(bridge.event("condition")["status"], "gone")
        self.assertEqual(self.conditions(bridge), ("Stopped", []))
        self.assertEqual(status(bridge.url)["ScannerStatus"]["ScannerStateReasons"],
                         ["AttentionRequired"])
        self.assertIn("attention", wsd("status", bridge.url).stdout)
        self.assertRegex(self.scan(bridge, code=4), ATTENTION)  # no job is taken
        self.goes_on(bridge)
        self.assertIn("the device is back", bridge.said())

    def test_unplugged_between_two_pages(self):
        bridge = self.bridge("puppet:plain")
        self.stage.order(**{"read": IO, "from": 2})
        self.scan(bridge, "-s", "adf", code=4)
        self.assertEqual(self.pages, ["1.png"])
        self.goes_on(bridge)

    def test_one_of_two_that_is_not_there_comes_later(self):
        self.stage.order(open=INVAL)
        bridge = self.bridge("test:0", "puppet:plain")
        self.assertEqual(len(bridge.devices), 1)
        self.stage.order()
        self.clock.turn(2, bridge)
        device = bridge.event("device")
        self.assertEqual(device["sane"], "puppet:plain")
        bridge.url = device["url"]
        self.goes_on(bridge)

    def test_a_backend_that_crashes_is_started_again(self):
        bridge = self.bridge("puppet:plain")
        for call in ("start", "read"):
            with self.subTest(call):
                before = bridge.hosts()
                self.stage.order(crash=call)
                self.scan(bridge, code=4)
                self.assertEqual(bridge.event("condition")["status"], "gone")
                self.goes_on(bridge)
                after = bridge.hosts()
                self.assertEqual((len(before), len(after)), (1, 1))
                self.assertNotEqual(before, after)

    def test_a_crash_of_an_idle_host_is_noticed(self):
        bridge = self.bridge("puppet:plain")
        os.kill(bridge.hosts()[0], signal.SIGKILL)
        bridge.event("condition")
        self.goes_on(bridge)


class Hanging(Case):
    def hang(self, call, page=1):
        bridge = self.bridge("puppet:plain")
        self.stage.order(**{"block": call, "from": page})
        scan = self.begin(bridge, "-s", "adf")
        self.addCleanup(scan.stderr.close)
        bridge.event("job-began")
        return bridge, scan

    def test_a_backend_that_hangs_is_ended_and_its_job_aborted(self):
        for call, page in (("start", 1), ("read", 1), ("start", 2)):
            with self.subTest(call=call, page=page):
                bridge, scan = self.hang(call, page)
                while scan.poll() is None:  # turns of the clock, not of time: 130 s at most each
                    self.clock.turn(130, bridge)
                self.assertNotEqual(scan.returncode, 0)
                self.assertIn("the SANE backend does not answer", bridge.said())
                self.goes_on(bridge)

    def test_a_scan_that_was_cancelled_does_not_wait_for_a_backend_that_hangs(self):
        bridge, scan = self.hang("start")
        scan.send_signal(signal.SIGINT)
        self.assertEqual(scan.wait(LIMIT), 130)
        self.assertEqual(bridge.event("job-cancelled")["number"], 1)
        self.clock.turn(31, bridge)
        self.goes_on(bridge)

    def test_the_service_ends_with_a_backend_that_hangs(self):
        bridge, scan = self.hang("start")
        hosts = bridge.hosts()
        self.assertEqual(len(hosts), 1)
        bridge.process.send_signal(signal.SIGTERM)
        self.assertEqual(bridge.process.wait(LIMIT), 0)
        self.assertFalse(os.path.exists(f"/proc/{hosts[0]}"))
        self.assertNotEqual(scan.wait(LIMIT), 0)

    def test_a_killed_service_leaves_no_host(self):
        bridge = Bridge(self.stage, "puppet:plain")
        hosts = bridge.hosts()
        fd = os.pidfd_open(hosts[0])
        bridge.process.kill()
        bridge.process.communicate()
        bridge.notes.close()
        self.assertTrue(select.select([fd], [], [], LIMIT)[0], "the host lives on")
        os.close(fd)


class Cancelling(Case):
    def test_a_client_that_goes_away_frees_the_device(self):
        for how in (signal.SIGINT, signal.SIGKILL):
            with self.subTest(how):
                bridge = self.bridge("puppet:plain")
                self.stage.order(slow=200, sheets=50)
                scan = self.begin(bridge, "-s", "adf")
                bridge.event("job-began")
                scan.send_signal(how)
                scan.wait(LIMIT)
                scan.stderr.close()
                bridge.event(("job-cancelled", "job-aborted"))
                self.goes_on(bridge)

    def test_the_next_scan_follows_a_cancelled_one(self):
        bridge = self.bridge("puppet:plain")
        self.stage.order(slow=400, sheets=50)
        scan = self.begin(bridge, "-s", "adf")
        bridge.event("job-began")
        scan.send_signal(signal.SIGINT)
        scan.wait(LIMIT)
        scan.stderr.close()
        self.scan(bridge)  # while the host still ends the one before
        self.assertEqual(self.pages, ["1.png"])


class Panel(Case):
    def test_what_is_for_software_scanners_is_refused_with_a_reason(self):
        self.bridge("puppet:plain")
        for words in (("jam",), ("cover", "open"), ("feeder", "load", "3"), ("vanish",)):
            said = wsd("panel", *words, code=4, env=self.stage.env).stderr
            self.assertIn("this one is a SANE device", said)

    def test_a_condition_can_be_cleared_by_hand(self):
        bridge = self.bridge("puppet:plain")
        self.stage.order(start=JAMMED)
        self.scan(bridge, code=5)
        wsd("panel", "clear", env=self.stage.env)
        self.assertEqual(self.conditions(bridge), ("Idle", []))
        self.goes_on(bridge)

    def test_the_button_of_the_panel_tells_a_computer(self):
        bridge = self.bridge("puppet:plain")
        with subprocess.Popen([WSD, "subscribe", bridge.url, "--json", "--loopback", "--name",
                               "Desk", "--scan-available"], stdout=subprocess.PIPE, text=True) as computer:
            try:
                bridge.event("destination-added")
                wsd("panel", "press", "1", env=self.stage.env)
                next(line for line in computer.stdout if "ScanAvailableEvent" in line)
            finally:
                computer.terminate()


if __name__ == "__main__":
    main()
