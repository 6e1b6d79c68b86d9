#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the bridge makes of a device's options and list, and of files that cannot be made.

    test_options.py WSD GEN_DOCS ROOT [NAME...]
"""

import os
import pathlib
import resource
import select
import signal
import subprocess
import unittest

from bridge import Bridge, Stage, scan_with_wsd, status, write_lines
from cli import LIMIT, WSD, main, wsd

USUAL = {75, 100, 150, 200, 240, 300, 400, 600, 1200, 2400, 4800}


class Case(unittest.TestCase):
    def setUp(self):
        self.stage = Stage()
        self.addCleanup(self.stage.cleanup)

    def bridge(self, *devices, **more):
        bridge = Bridge(self.stage, *devices, **more)
        self.addCleanup(bridge.end)
        return bridge

    def caps(self, device):
        return wsd("caps", self.bridge(device).url).stdout


class Options(Case):
    def test_of_a_long_list_the_usual_resolutions_are_offered_and_its_ends(self):
        self.stage.order(long=1)
        line = next(line for line in self.caps("puppet:gray").splitlines() if "dpi" in line)
        offered = {int(word) for word in line.replace(",", " ").split() if word.isdigit()}
        self.assertLessEqual(USUAL | {50}, offered)

    def test_colours_with_one_bit_each_are_not_black_and_white(self):
        self.stage.order(tints=1)
        self.assertNotIn("BlackAndWhite1", self.caps("puppet:plain"))


class Places(Case):
    """The region that was asked for, whatever the device does with it."""

    def check(self, area, **orders):
        """In pixels at 100 dpi; sample (x, y) of the glass is x + 3 y + 50."""
        left, top, width, height = area
        self.stage.order(**orders)
        page = scan_with_wsd(self.stage, self.bridge("puppet:plain").url, "platen", "gray", 100,
                             [n * 0.254 for n in area])[0]
        self.assertEqual((page.width, page.height), (width, height))
        for y in (0, height // 2, height - 1):
            self.assertEqual(page.rows[y], bytes((x + left + 3 * (y + top) + 50) % 251
                                                 for x in range(width)), f"row {y}")

    def test_an_edge_that_cannot_be_set_above(self):
        self.check((0, 75, 200, 125), fixed="tl-y")

    def test_an_edge_that_cannot_be_set_at_the_left(self):
        self.check((75, 50, 200, 125), fixed="tl-x")

    def test_an_edge_that_the_device_sets_elsewhere(self):
        self.check((50, 75, 200, 125), clamp=5)

    def test_a_small_offset_that_cannot_be_set_costs_nothing_at_the_other_end(self):
        self.check((2, 2, 385, 230), fixed="tl-x")


class Feeding(Case):
    def test_the_rest_of_a_page_that_was_cut_is_read_before_the_next_starts(self):
        self.stage.order(strict=1, sheets=3)
        bridge = self.bridge("puppet:bare")
        pages = scan_with_wsd(self.stage, bridge.url, "adf", "color", 300, (0, 0, 50, 20))
        self.assertEqual(len(pages), 3)


class Files(Case):
    """A file that cannot be made is no trouble of the device."""

    def fails(self, bridge, *args, words):
        out = self.stage.out()
        r = subprocess.run([WSD, "scan", bridge.url, "-m", "gray", "-s", "platen", *args, "-o",
                            f"{out}/page.%s" % args[-1].split("-")[0]], capture_output=True,
                           text=True, timeout=LIMIT)
        self.assertNotEqual(r.returncode, 0, r.stdout)
        found = status(bridge.url)["ScannerStatus"]
        self.assertEqual((found["ScannerState"], found["ActiveConditions"]), ("Idle", []))
        self.assertIn("job-aborted", bridge.event(("job-aborted", "job-completed"))["event"])
        self.assertRegex(bridge.said(), words)
        return r.stderr

    def test_a_folder_for_temporary_files_that_is_not_there_fails_the_scan(self):
        bridge = self.bridge("puppet:plain", env={"TMPDIR": "/nonexistent"})
        said = self.fails(bridge, "-r", "75", "--wire-format", "pdf-a",
                          words="the file cannot be made: No such file.*TMPDIR")
        self.assertIn("ServerErrorInternalError", said)

    def test_a_limit_on_the_size_of_files_fails_the_scan_and_not_the_device(self):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100000, before[1]))
        try:
            bridge = Bridge(self.stage, "puppet:plain")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        self.addCleanup(bridge.end)
        hosts = bridge.hosts()
        self.fails(bridge, "-r", "300", "--wire-format", "tiff-single-uncompressed",
                   words="the file cannot be made: File too large.*TMPDIR")
        self.assertEqual(bridge.hosts(), hosts)

    def test_a_picture_larger_than_its_format_allows_is_scaled_to_what_it_does(self):
        self.stage.order(long=1)
        bridge = self.bridge("puppet:gray")
        out = self.stage.out() / "x.jpg"
        wsd("scan", bridge.url, "-m", "gray", "-r", "4800", "-s", "platen", "-A", "0,0,100,1",
            "--scaling", "400", "--wire-format", "jfif", "-f", "raw", "-o", str(out))
        picture = out.read_bytes()
        frame = next(picture.index(b"\xff" + mark) for mark in (b"\xc0", b"\xc2")
                     if b"\xff" + mark in picture)
        width = int.from_bytes(picture[frame + 7:frame + 9], "big")
        self.assertLessEqual(width, 65500)
        self.assertGreater(width, 65000)


class Listing(Case):
    """Devices of the test backend go by names of others (dll.aliases)."""

    def names(self, *names, total=None):
        sane = pathlib.Path(self.stage.env["SANE_CONFIG_DIR"])
        write_lines(sane / "dll.conf", ["test"])
        conf = sane / "test.conf"
        conf.write_text(conf.read_text().replace("number_of_devices 2",
                                                 f"number_of_devices {total or len(names)}"))
        write_lines(sane / "dll.aliases",
                    [f'alias "{name}" test:{i}' for i, name in enumerate(names)])

    def listed(self):
        said = wsd("serve", "--sane", "list", env=self.stage.env).stdout
        return [line.split("\t")[0] for line in said.splitlines()]

    def shared(self):
        return [device["sane"] for device in self.bridge("all").devices]

    def refused(self, *devices, code=3):
        return wsd("serve", "--loopback", "--port", "0",
                   *(word for name in devices for word in ("--sane", name)), code=code,
                   env=self.stage.env).stderr

    def test_scanners_on_the_network_are_left_out_by_whatever_backend_they_come(self):
        network = ("epson2:net:192.0.2.7", "magicolor:net:192.0.2.7", "pixma:MX920_192.0.2.7",
                   "hpaio:/net/Officejet?ip=192.0.2.7", "brother4:net1;dev0",
                   "xerox_mfp:tcp 192.0.2.7", "airscan:e0:Office", "escl:http://192.0.2.7:80",
                   "net:192.0.2.7:plustek:libusb:001:002")
        local = ("epson2:libusb:001:004", "pixma:04A9173A_51C3B2", "hpaio:/usb/Officejet?serial=1",
                 "brother4:bus1;dev1")
        self.names(*network, *local)
        self.assertEqual(self.listed(), [*network, *local])
        self.assertEqual(self.shared(), list(local))

    def test_scanners_that_ipp_usb_serves_are_at_this_computer(self):
        for names, wanted in ((("escl:http://127.0.0.1:60000", "escl:https://[::1]:60001",
                                "escl:http://localhost:60002", "escl:http://127.0.0.1.example:80"),
                               3), (("airscan:e0:Officejet (USB)", "escl:http://127.0.0.1:60000"), 1)):
            with self.subTest(names):
                self.stage = Stage()
                self.addCleanup(self.stage.cleanup)
                self.names(*names)
                self.assertEqual(self.shared(), list(names[:wanted]))

    def test_cameras_are_shared_only_by_name(self):
        for kind in ("video camera", "still camera", "frame grabber"):
            with self.subTest(kind):
                sane = pathlib.Path(self.stage.env["SANE_CONFIG_DIR"])
                write_lines(sane / "dll.conf", ["puppet"])
                self.stage.order(type=kind.replace(" ", "_"))
                self.assertIn("SANE finds no scanner", self.refused("all"))
        self.assertEqual(len(self.bridge("puppet:plain").devices), 1)

    def test_backends_of_cameras_are_left_out(self):
        self.names("v4l:/dev/video0", "gphoto2:Canon", "test:here")
        self.assertEqual(self.shared(), ["test:here"])

    def test_the_list_is_whole_and_what_is_shared_comes_after_many_that_are_not(self):
        names = [f"net:192.0.2.{i}:test:0" for i in range(1, 20)]
        self.names(*names, "test:here")
        self.assertEqual(self.listed(), [*names, "test:here"])
        self.assertEqual(self.shared(), ["test:here"])

    def test_wsd_scanners_behind_another_computers_sane_are_not_shared_back(self):
        for name in ("net:office:wsd:urn:uuid:1", "net:[fe80::1]:airscan:w0:Office",
                     "net:a:net:b:wsd:urn:uuid:1"):
            with self.subTest(name):
                self.assertIn("is a WSD scanner on the network already",
                              self.refused(name, code=2))

    def test_a_backend_that_hangs_in_its_search_does_not_outlive_a_signal(self):
        fifo = self.stage.path / "tell"
        os.mkfifo(fifo)
        told = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
        self.addCleanup(os.close, told)
        self.stage.order(block="list", tell=fifo)
        for how in (signal.SIGTERM, signal.SIGINT):
            for what in ("all", "list"):
                with self.subTest(how=how, what=what):
                    process = subprocess.Popen(
                        [WSD, "serve", "--loopback", "--port", "0", "--sane", what],
                        env=self.stage.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                    self.addCleanup(process.kill)
                    self.assertTrue(select.select([told], [], [], LIMIT)[0])
                    os.read(told, 1)
                    process.send_signal(how)
                    self.assertEqual(process.wait(20), 130)


if __name__ == "__main__":
    main()
