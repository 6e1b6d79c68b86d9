#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What comes out of the chain (SANE device, bridge, WSD, client) is what SANE delivers directly.

    test_chain.py WSD GEN_DOCS ROOT [NAME...]
"""

import pathlib
import subprocess
import unittest

from bridge import CLIENTS, Bridge, Stage, scan_with_wsd, status
from cli import WSD, main, wsd
from pixels import crop, read_image

MODES = {"color": "Color", "gray": "Gray"}
# left, top, width, height in millimetres: whole pixels at 75, 150 and 300 dpi
AREAS = ((0, 0, 127, 127), (50.8, 25.4, 76.2, 101.6))


class Case(unittest.TestCase):
    def stage(self, *args, **more):
        stage = Stage(*args, **more)
        self.addCleanup(stage.cleanup)
        return stage

    def bridge(self, stage, *devices, **more):
        bridge = Bridge(stage, *devices, **more)
        self.addCleanup(bridge.end)
        return bridge

    def same(self, got, wanted, what):
        """Alike in size, but for a pixel that one end rounds away, and in each sample."""
        for a, b in ((got.width, wanted.width), (got.height, wanted.height)):
            self.assertLessEqual(abs(a - b), 1, f"{what}: {got[:3]}, not {wanted[:3]}")
        self.assertEqual(got.channels, wanted.channels, what)
        width = min(got.width, wanted.width) * got.channels
        for y in range(min(got.height, wanted.height)):
            self.assertEqual(got.rows[y][:width], wanted.rows[y][:width], f"{what}: row {y}")


class Chain(Case):
    def direct(self, stage, mode, dpi, area, *args):
        words = [w for pair in zip(("-l", "-t", "-x", "-y"), map(str, area)) for w in pair]
        return stage.scanimage("test:0", "--resolution", str(dpi), *words, *args,
                               *(["--mode", "Gray", "--depth", "1"] if mode == "bw" else
                                 ["--mode", MODES[mode], "--depth", "8"]))

    def wanted(self, stage, mode, dpi, area, whole):
        if not whole:
            return self.direct(stage, mode, dpi, area)
        left, top, width, height = (round(mm / 25.4 * dpi) for mm in area)
        page = self.direct(stage, mode, dpi, (0, 0, 200, 200))
        return crop(page, left, top, width, height)

    def each_client(self, stage, bridge, mode, dpi, area, reference=None):
        for name, (client, whole) in CLIENTS.items():
            pages = client(stage, bridge.url, "platen", mode, dpi, area)
            if pages is None:
                continue
            self.assertEqual(len(pages), 1, name)
            self.same(pages[0], self.wanted(reference or stage, mode, dpi, area, whole),
                      f"{name}, {mode} {dpi} dpi {area}")

    def test_each_mode_resolution_and_area_arrives_as_sane_delivers_it(self):
        stage = self.stage()
        bridge = self.bridge(stage, "test:0")
        for area in AREAS:
            for mode in ("color", "gray", "bw"):
                for dpi in (75, 150, 300):
                    with self.subTest(area=area, mode=mode, dpi=dpi):
                        self.each_client(stage, bridge, mode, dpi, area)

    def test_each_test_picture(self):
        for picture in ("Solid black", "Solid white", "Grid"):
            with self.subTest(picture):
                stage = self.stage(picture=picture)
                bridge = self.bridge(stage, "test:0")
                self.each_client(stage, bridge, "gray", 150, AREAS[0])
                self.each_client(stage, bridge, "bw", 150, AREAS[0])

    def test_three_passes_become_one_picture(self):
        for order in ("RGB", "GBR"):
            stage = self.stage(more=f"three-pass true\nthree-pass-order {order}\nmode Color")
            bridge = self.bridge(stage, "test:0")
            one = self.stage()
            got = scan_with_wsd(stage, bridge.url, "platen", "color", 150, AREAS[0])
            self.same(got[0], self.direct(one, "color", 150, AREAS[0]), order)

    def test_a_hand_scanner_that_does_not_know_its_lines_is_cut_to_the_area(self):
        stage = self.stage(more="hand-scanner true")
        bridge = self.bridge(stage, "test:0")
        got = scan_with_wsd(stage, bridge.url, "platen", "gray", 100, (0, 0, 101.6, 101.6))[0]
        wanted = stage.scanimage("test:0", "--mode", "Gray", "--resolution", "100", "-y", "101.6")
        self.assertEqual((got.width, got.height), (400, 400))
        self.assertEqual(got.rows, [row[:400] for row in wanted.rows[:400]])

    def test_short_reads_and_fuzzy_parameters_change_nothing(self):
        plain = self.stage()
        for more in ("read-limit true\nread-limit-size 7", "fuzzy-parameters true",
                     "non-blocking true", "select-fd true"):
            with self.subTest(more):
                stage = self.stage(more=more)
                bridge = self.bridge(stage, "test:0")
                self.each_client(stage, bridge, "gray", 75, AREAS[0], plain)

    def test_pixels_that_a_device_loses_at_the_edge_are_white(self):
        stage = self.stage(more="ppl-loss 5")
        bridge = self.bridge(stage, "test:0")
        got = scan_with_wsd(stage, bridge.url, "platen", "gray", 75, AREAS[0])[0]
        wanted = self.direct(self.stage(), "gray", 75, AREAS[0])
        self.assertEqual(got.width, wanted.width)
        self.assertEqual([r[:370] for r in got.rows], [r[:370] for r in wanted.rows])
        self.assertEqual({r[370:] for r in got.rows}, {b"\xff" * 5})

    def test_formats_of_windows_hold_the_same_pixels(self):
        stage = self.stage()
        bridge = self.bridge(stage, "test:0")
        wanted = self.direct(stage, "color", 75, AREAS[0])
        said = wsd("caps", bridge.url).stdout
        for name in ("dib", "exif", "jfif", "png", "tiff-single-uncompressed", "pdf-a"):
            self.assertIn(name, said)
        for form in ("dib", "tiff-single-uncompressed"):
            out = stage.out() / f"page.{'bmp' if form == 'dib' else 'tiff'}"
            wsd("scan", bridge.url, "--quiet", "--wire-format", form, "-f", "raw", "-r", "75", "-A",
                "127x127", "-m", "color", "-o", str(out))
            self.same(read_image(out.read_bytes()), wanted, form)


class Shapes(Case):
    """Devices of the puppet, each odd in its way. Sample (x, y) of page n is x + 3 y + 50 n."""

    def rows(self, page, channels, width, height, left=0, top=0):
        return [bytes((x + left + 3 * (y + top) + 50 * page) % 251 for x in range(width)
                      for _ in range(channels)) for y in range(height)]

    def check(self, got, page, channels, width, height):
        self.assertEqual((got.width, got.height, got.channels), (width, height, channels))
        self.assertEqual(got.rows, self.rows(page, channels, width, height))

    def scan(self, device, source, mode, dpi, area):
        stage = self.stage()
        bridge = self.bridge(stage, device)
        return stage, bridge, scan_with_wsd(stage, bridge.url, source, mode, dpi, area)

    def test_the_feeder_gives_its_sheets_and_both_sides(self):
        stage, bridge, pages = self.scan("puppet:plain", "adf", "gray", 100, (0, 0, 50.8, 25.4))
        self.assertEqual(len(pages), 3)
        for n, page in enumerate(pages):
            self.check(page, n + 1, 1, 200, 100)
        for name, (client, _) in CLIENTS.items():
            pages = client(stage, bridge.url, "duplex", "color", 100, (0, 0, 50.8, 25.4))
            self.assertEqual(len(pages), 6, name)
            for n, page in enumerate(pages):
                self.assertEqual(page.rows, self.rows(n + 1, 3, 200, 100), name)

    def test_both_sides_by_a_switch_beside_the_source(self):
        _, bridge, pages = self.scan("puppet:epson", "duplex", "gray", 100, (0, 0, 50.8, 25.4))
        self.assertEqual(len(pages), 6)
        self.assertEqual(len(scan_with_wsd(bridge.stage, bridge.url, "adf", "gray", 100,
                                           (0, 0, 50.8, 25.4))), 3)

    def test_only_as_many_as_were_asked_for(self):
        stage = self.stage()
        bridge = self.bridge(stage, "puppet:plain")
        out = stage.out()
        wsd("scan", bridge.url, "-s", "adf", "-n", "2", "-f", "png", "-o", f"{out}/{{page}}.png")
        self.assertEqual(len(list(out.iterdir())), 2)

    def test_what_the_device_has_not_is_not_offered(self):
        stage = self.stage()
        bridge = self.bridge(stage, "puppet:gray")
        said = wsd("caps", bridge.url).stdout
        self.assertIn("60, 120, 250 dpi", said)
        self.assertIn("Grayscale8", said)
        for word in ("RGB24", "BlackAndWhite1", "feeder", "tiff-single-g4"):
            self.assertNotIn(word, said)
        got = scan_with_wsd(stage, bridge.url, "platen", "gray", 60, (0, 0, 25.4, 25.4))
        self.check(got[0], 1, 1, 60, 60)

    def test_areas_in_pixels_and_modes_in_a_makers_words(self):
        _, bridge, pages = self.scan("puppet:vendor", "platen", "color", 100, (0, 0, 50.8, 25.4))
        self.assertIn("BlackAndWhite1", wsd("caps", bridge.url).stdout)
        self.check(pages[0], 1, 3, 201, 101) if pages[0].width == 201 else \
            self.check(pages[0], 1, 3, 200, 100)

    def test_a_resolution_that_the_device_changes_is_made_good(self):
        _, _, pages = self.scan("puppet:inexact", "platen", "gray", 100, (0, 0, 50.8, 25.4))
        self.assertEqual((pages[0].width, pages[0].height), (200, 100))

    def test_a_device_without_options_is_cut(self):
        _, bridge, pages = self.scan("puppet:bare", "adf", "color", 300, (0, 0, 25.4, 12.7))
        self.assertEqual(len(pages), 3)
        self.check(pages[0], 1, 3, 300, 150)
        self.assertNotIn("platen", wsd("caps", bridge.url).stdout)

    def test_rotation_scaling_and_brightness_are_ours(self):
        stage = self.stage(picture="Solid black")
        bridge = self.bridge(stage, "test:0")
        out = stage.out() / "page.png"
        wsd("scan", bridge.url, "-m", "gray", "-r", "75", "-A", "101.6x50.8", "--rotate", "90",
            "--scaling", "50", "--brightness", "500", "-f", "png", "-o", str(out))
        got = read_image(out.read_bytes())
        self.assertEqual((got.width, got.height), (75, 150))
        self.assertEqual(set(b"".join(got.rows)), {128})


class Several(Case):
    def test_each_has_its_name_and_keeps_its_endpoint(self):
        stage = self.stage()
        before = None
        for _ in range(2):
            bridge = Bridge(stage, "test:0", "test:1", "puppet:gray")
            try:
                self.assertEqual([d["sane"] for d in bridge.devices],
                                 ["test:0", "test:1", "puppet:gray"])
                ends = [d["endpoint"] for d in bridge.devices]
                self.assertEqual(len(set(ends)), 3)
                self.assertRegex(bridge.devices[0]["name"], "^Noname frontend-tester on ")
                self.assertRegex(bridge.devices[1]["name"], "^Noname frontend-tester on .* 2$")
                self.assertEqual(before or ends, ends)
                before = ends
            finally:
                bridge.end()

    def test_they_scan_at_the_same_time(self):
        stage = self.stage()
        stage.order(slow=300)
        bridge = self.bridge(stage, "puppet:plain", "puppet:gray", "test:0")
        runs = [subprocess.Popen([WSD, "scan", d["url"], "--quiet", "-f", "png", "-o",
                                  str(stage.out() / "p.png")]) for d in bridge.devices]
        self.assertEqual([r.wait(60) for r in runs], [0, 0, 0])

    def test_the_metadata_name_the_maker(self):
        bridge = self.bridge(self.stage(), "puppet:gray")
        said = wsd("info", bridge.url).stdout
        self.assertIn("Strings", said)
        self.assertIn("gray", said)
        self.assertEqual(status(bridge.url)["ScannerStatus"]["ScannerState"], "Idle")


class Choosing(Case):
    def run_serve(self, stage, *args, code=0):
        return wsd("serve", "--loopback", "--port", "0", *args, code=code, env=stage.env)

    def test_list_prints_what_sane_finds(self):
        said = self.run_serve(self.stage(), "--sane", "list").stdout
        self.assertIn("test:0\tNoname frontend-tester\n", said)
        self.assertIn("puppet:gray\t", said)

    def test_all_takes_all(self):
        bridge = self.bridge(self.stage(), "all")
        self.assertEqual(len(bridge.devices), 8)

    def test_a_wsd_scanner_is_not_shared_back(self):
        for name in ("wsd:urn:uuid:1", "airscan:w0:Office"):
            said = self.run_serve(self.stage(), "--sane", name, code=2).stderr
            self.assertIn("is a WSD scanner on the network already", said)

    def test_a_device_that_is_not_there_says_where_to_look(self):
        said = self.run_serve(self.stage(), "--sane", "puppet:none", code=3).stderr
        self.assertRegex(said, "puppet:none.*SANE says: Invalid argument")
        self.assertIn("--sane list", said)

    def test_nothing_to_share_is_said(self):
        stage = self.stage()
        pathlib.Path(stage.env["SANE_CONFIG_DIR"], "dll.conf").write_text("")
        said = self.run_serve(stage, "--sane", "all", code=3).stderr
        self.assertIn("SANE finds no scanner", said)

    def test_a_name_is_for_one_device(self):
        said = self.run_serve(self.stage(), "--sane", "all", "--name", "Office", code=2).stderr
        self.assertIn("--sane means 8", said)

    def test_what_is_for_software_scanners_is_refused(self):
        for more in (("--count", "2"), ("--sheets", "3")):
            said = self.run_serve(self.stage(), "--sane", "test:0", *more, code=2).stderr
            self.assertIn("--sane shares devices as they are", said)


if __name__ == "__main__":
    main()
