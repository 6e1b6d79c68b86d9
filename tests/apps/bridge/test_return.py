#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""That a SANE device which was away, slow or left alone is a scanner again afterwards.

    test_return.py WSD GEN_DOCS ROOT [NAME...]
"""

import os
import select
import signal
import subprocess

from bridge import status
from cli import LIMIT, NET, WSD, main, wsd
from test_trouble import JAMMED, Case


class Counted(Case):
    def setUp(self):
        super().setUp()
        self.count = self.stage.path / "count"
        self.count.touch()

    def order(self, **lines):
        """As Stage.order(), and the puppet counts its calls."""
        self.stage.order(count=self.count, **lines)

    def wait_for(self, call, more=1):
        """Until the puppet had that many more calls of the kind."""
        wanted = self.count.read_text().count(call[0]) + more
        for _ in range(LIMIT * 20):
            if self.count.read_text().count(call[0]) >= wanted:
                return
            select.select([], [], [], 0.05)
        self.fail(f"the puppet had no {more} calls of {call}")


class Plugged(Case):
    """Names at USB change with every plugging in."""

    def test_a_device_that_is_back_at_another_port_is_the_same_scanner(self):
        self.stage.order(port="001:004")
        bridge = self.bridge("puppet:plain:001:004")
        self.stage.order(gone=1)
        self.scan(bridge, code=4)
        bridge.event("condition")
        self.stage.order(port="001:009")
        self.clock.turn(11, bridge)
        bridge.event("condition-cleared")
        self.scan(bridge)
        self.assertEqual(self.pages, ["1.png"])
        self.assertIn("the device is back", bridge.said())

    def test_the_first_scan_after_it_was_switched_off_and_on_works(self):
        self.stage.order(port="001:004")
        bridge = self.bridge("puppet:plain:001:004")
        self.stage.order(port="001:009")
        self.clock.turn(25, bridge)  # the device was closed meanwhile
        self.scan(bridge)
        self.assertEqual(self.pages, ["1.png"])
        self.assertEqual(self.conditions(bridge), ("Idle", []))

    def test_a_device_that_is_gone_is_not_taken_for_its_twin(self):
        self.stage.order(port="1", twin="2")
        bridge = self.bridge("puppet:plain:1", "puppet:plain:2")
        bridge.url = bridge.devices[1]["url"]
        self.stage.order(port="1")
        self.clock.turn(25, bridge)
        self.scan(bridge, code=4)
        self.assertEqual(bridge.event("condition")["number"], 2)
        self.stage.order(port="1", twin="7")
        self.clock.turn(70, bridge)
        self.assertEqual(bridge.event("condition-cleared")["number"], 2)
        self.scan(bridge)

    def test_a_device_is_named_by_its_backend_or_its_model(self):
        self.stage.order(port="003:001")
        bridge = self.bridge("puppet", "Strings vendor", "epson")
        self.assertEqual([d["name"].partition(" on ")[0] for d in bridge.devices],
                         ["Strings plain", "Strings vendor", "Strings epson"])
        self.scan(bridge)
        self.assertEqual(self.pages, ["1.png"])


class Identity(Case):
    def test_a_search_that_finds_nothing_at_first_does_not_change_the_scanner(self):
        before = self.bridge("puppet:plain").devices[0]
        self.stage.order(unlisted=2)
        after = self.bridge("puppet:plain").devices[0]
        self.assertEqual((after["name"], after["endpoint"]), (before["name"], before["endpoint"]))

    def test_the_name_of_a_port_is_in_no_name_of_a_scanner(self):
        self.stage.order(unlisted=1000, port="001:004")
        one = self.bridge("puppet:plain:001:004").devices[0]
        self.stage.order(unlisted=1000, port="001:005")
        other = self.bridge("puppet:plain:001:005").devices[0]
        self.assertRegex(one["name"], "^SANE puppet on ")
        self.assertEqual(one["endpoint"], other["endpoint"])


class Cleared(Case):
    def test_a_scan_after_clearing_by_hand_starts_the_host(self):
        bridge = self.bridge("puppet:plain")
        self.stage.order(crash="open")
        os.kill(bridge.hosts()[0], signal.SIGKILL)
        bridge.event("condition")
        wsd("panel", "clear", env=self.stage.env)
        self.stage.order()
        self.scan(bridge)
        self.assertEqual(self.pages, ["1.png"])

    def test_what_was_cleared_by_hand_can_arise_again(self):
        bridge = self.bridge("puppet:plain")
        for _ in range(2):
            self.stage.order(start=JAMMED)
            self.scan(bridge, code=5)
            self.assertEqual(bridge.event(("condition", "condition-cleared"))["event"], "condition")
            self.assertIn("1 condition cleared", wsd("panel", "clear", env=self.stage.env).stdout)


class Slow(Counted):
    def test_a_first_page_that_comes_after_the_answer_has_begun_is_one_page(self):
        bridge = self.bridge("puppet:plain")
        self.stage.order(wait="start", sheets=1)
        scan = self.begin(bridge, "-s", "adf")
        self.addCleanup(scan.stderr.close)
        bridge.event("job-began")
        self.clock.turn(21, bridge)
        status(bridge.url)
        self.stage.order(sheets=1)
        self.assertEqual(scan.wait(LIMIT), 0, scan.stderr.read())
        self.assertEqual(self.last_job(bridge), ("Completed", 1))

    def test_a_page_that_is_kept_until_it_is_whole_is_no_silence(self):
        bridge = self.bridge("puppet:plain")
        for args in (("--wire-format", "pdf-a", "-o", "page.pdf"),
                     ("--rotate", "90", "-f", "png", "-o", "page.png")):
            with self.subTest(args):
                self.order(slowread=100)
                scan = subprocess.Popen([WSD, "scan", bridge.url, "--quiet", "-m", "gray", "-r",
                                         "75", "-A", "25x25", *args], cwd=self.stage.out(), stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True)
                self.addCleanup(scan.stderr.close)
                bridge.event("job-began")
                for _ in range(3):
                    self.wait_for("read", 15)  # as rows of 100 ms: a second and a half
                    self.clock.turn(100, bridge)
                self.stage.order()
                self.assertEqual(scan.wait(LIMIT), 0, scan.stderr.read())


class Buttons(Counted):
    def test_what_is_held_at_the_first_look_was_not_pressed(self):
        bridge = self.bridge("puppet:plain")
        self.order(held="scan")
        with subprocess.Popen([WSD, "subscribe", bridge.url, "--json", "--loopback", "--name",
                               "Desk", "--scan-available"], stdout=subprocess.PIPE, text=True) as computer:
            try:
                bridge.event("destination-added")
                self.wait_for("button", 2)
                self.order(held="email")
                next(line for line in computer.stdout if "ScanAvailableEvent" in line)
            finally:
                computer.terminate()
        self.assertIn("button 'email' is pressed", bridge.said())
        self.assertNotIn("button 'scan' is pressed", bridge.said())


class Left(Case):
    def test_a_cancelled_scan_whose_device_hangs_is_no_trouble_of_the_scanner(self):
        bridge = self.bridge("puppet:plain")
        hosts = bridge.hosts()
        self.stage.order(wait="start")
        scan = self.begin(bridge)
        self.addCleanup(scan.stderr.close)
        bridge.event("job-began")
        scan.send_signal(signal.SIGINT)
        self.assertEqual(scan.wait(LIMIT), 130)
        bridge.event("job-cancelled")
        self.clock.turn(31, bridge)
        self.stage.order(wait="nothing")
        self.scan(bridge)
        self.assertEqual(bridge.event(("condition", "job-began"))["event"], "job-began")
        self.assertNotEqual(bridge.hosts(), hosts)

    def test_a_client_that_leaves_before_there_is_an_answer_is_noticed_at_once(self):
        bridge = self.bridge("puppet:plain")
        self.stage.order(wait="start")
        scan = self.begin(bridge)
        self.addCleanup(scan.stderr.close)
        bridge.event("job-began")
        self.clock.turn(-100, bridge)  # what is due in twenty seconds is so in two minutes
        scan.kill()
        scan.wait(LIMIT)
        bridge.event(("job-aborted", "job-cancelled"))
        self.stage.order()


class Unit(Counted):
    def test_the_service_that_is_ended_while_it_starts_ends_well_and_soon(self):
        self.order(block="open")
        devices = "plain", "gray", "epson", "vendor", "inexact", "bare"
        with subprocess.Popen([WSD, "serve", *NET, "--port", "0",
                               *(w for d in devices for w in ("--sane", f"puppet:{d}"))],
                              stderr=subprocess.PIPE, text=True, env=self.stage.env) as process:
            try:
                self.wait_for("open", len(devices))
                process.send_signal(signal.SIGTERM)
                # TimeoutStopSec of the unit; each host has three seconds, all of them at once.
                self.assertEqual(process.wait(15), 0, process.stderr.read)
            finally:
                process.kill()


class Ending(Case):
    def test_a_lamp_that_goes_home_slowly_after_a_good_scan_is_not_hurried(self):
        bridge = self.bridge("puppet:plain")
        hosts = bridge.hosts()
        self.stage.order(wait="cancel")
        self.scan(bridge)
        bridge.event("job-completed")
        self.clock.turn(40, bridge)
        self.clock.turn(40, bridge)
        self.assertEqual(self.conditions(bridge), ("Idle", []))
        self.assertEqual(bridge.hosts(), hosts)
        self.stage.order()
        self.scan(bridge)
        self.assertEqual(self.pages, ["1.png"])
        self.assertEqual(bridge.hosts(), hosts)


if __name__ == "__main__":
    main()
