#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Debian's sane-airscan finds `wsd serve` and scans from it: each source, colour and resolution,
three regions; and what it delivers is what was rendered.

"What was rendered" is known twice: from a SOAP client of the test's own (soap.py) that fetches the
uncompressed page and decodes it by itself (pixels.py), and from `wsd scan`. sane-airscan scans the
whole glass and cuts out the region; so the page is fetched whole and cut likewise.

sane-airscan 0.99.27 offers no line art of a WSD scanner that has it (its modes are Color and Gray),
so line art is scanned with `wsd scan`, from each source and in each resolution, against the test's
own client.

Sizes: scanimage gives the region in millimetres, SANE as 16.16 fixed point; sane-airscan turns it
into pixels and cuts off a part of one (637 of 637.5). The scanner rounds to the nearest. So a size
may be off by one pixel each way, and no image is compared beyond what it has.
"""

import os
import re
import urllib.parse

import soap
from interop import Program, Serve, case, check, equal, main, run, wsd
from pixels import crop, not_blank, read_image, same_pixels

SHEETS = 2
MODEL = "libwsd Chart Scanner"
MODES = {"Color": "RGB24", "Gray": "Grayscale8", "Lineart": "BlackAndWhite1"}
OWN_MODES = {"Color": "color", "Gray": "gray", "Lineart": "bw"}
OWN_SOURCES = {"Flatbed": "platen", "ADF": "adf", "ADF Duplex": "duplex"}
SOURCES = {"Flatbed": "Platen", "ADF": "ADF", "ADF Duplex": "ADFDuplex"}
LIMITS = {"Platen": "wscn:Platen/wscn:PlatenMaximumSize",
          "ADF": "wscn:ADF/wscn:ADFFront/wscn:ADFMaximumSize",
          "ADFDuplex": "wscn:ADF/wscn:ADFFront/wscn:ADFMaximumSize"}
# left, top, width, height in millimetres
REGIONS = ((10, 20, 100, 60), (0, 0, 50.8, 25.4), (101.6, 127, 76.2, 88.9))

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>unix:path={path}</listen><auth>EXTERNAL</auth><policy context="default">
<allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_type="signal"/>
<allow send_requested_reply="true"/><allow receive_type="method_call"/>
<allow receive_type="signal"/><allow receive_requested_reply="true"/></policy></busconfig>
"""
AVAHI = """[server]
use-ipv4=yes
use-ipv6=yes
allow-interfaces=eth0
enable-dbus=yes
[publish]
disable-publishing=yes
"""


class Stage:
    def __init__(self, world):
        self.world = world
        self.serve = Serve(world, "--answer-delay", "0", "--sheets", str(SHEETS))
        self.device = soap.find_device(world)
        self.configuration = soap.operate(world, self.device.service, "GetScannerElements",
                                          "<wscn:RequestedElements><wscn:Name>"
                                          "wscn:ScannerConfiguration</wscn:Name>"
                                          "</wscn:RequestedElements>").envelope
        self.pages = {}
        world.write("static/dll.conf", "airscan\n")
        world.write("static/airscan.conf", f"[devices]\n\"Static\" = {self.device.service}, WSD\n"
                    "[options]\ndiscovery = disable\n")
        world.write("found/dll.conf", "airscan\n")
        world.write("found/airscan.conf", "[options]\nmodel = network\n")
        self.bus = None
        self.listed = "airscan:w0:Static"

    def start_daemons(self):
        """D-Bus and Avahi of the client's own: without them sane-airscan does not search at all."""
        if self.bus:
            return
        path = self.world.path("bus")
        config = self.world.write("bus.conf", BUS.format(path=path))
        self.bus = Program(self.world, "client", ["dbus-daemon", "--nofork", "--print-address",
                                                  "--config-file=" + config])
        self.bus.wait_line("unix:path")
        os.makedirs("/run/avahi-daemon", exist_ok=True)
        avahi = Program(self.world, "client", ["avahi-daemon", "--no-drop-root", "--no-chroot",
                                               "--no-rlimits", "-f",
                                               self.world.write("avahi.conf", AVAHI)],
                        env={"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=" + path})
        avahi.wait_line("startup complete")

    def environment(self, config):
        return {"SANE_CONFIG_DIR": self.world.path(config), "HOME": self.world.directory,
                "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=" + self.world.path("bus")}

    def scanimage(self, source, mode, dpi, region=None, form="pnm", batch=False):
        """The pages that scanimage made, as images."""
        argv = ["scanimage", "-d", self.listed, "--source", source, "--mode", mode,
                "--resolution", str(dpi), "--format", form]
        if region:
            for letter, value in zip("ltxy", region):
                argv += [f"-{letter}", str(value)]
        folder = self.empty_folder()
        argv += [f"--batch={folder}/%03d"] if batch else ["-o", folder + "/001"]
        run(self.world, "client", argv, env=self.environment("static"), timeout=120)
        return self.read_folder(folder)

    def own_scan(self, source, mode, dpi, *arguments):
        """The pages that wsd scan made."""
        folder = self.empty_folder()
        wsd(self.world, "scan", self.device.url, "-m", OWN_MODES[mode], "-r", str(dpi), "-f", "png",
            "-s", OWN_SOURCES[source], "-o", folder + "/{page}.png", *arguments)
        return self.read_folder(folder)

    def empty_folder(self):
        folder = self.world.path("out")
        os.makedirs(folder, exist_ok=True)
        for name in os.listdir(folder):
            os.unlink(os.path.join(folder, name))
        return folder

    @staticmethod
    def read_folder(folder):
        result = []
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), "rb") as file:
                result.append(read_image(file.read()))
        return result

    def limit(self, source):
        """Width and height that the source can scan, in 1/1000 inch."""
        base = ".//wscn:ScannerConfiguration/" + LIMITS[source]
        return tuple(int(self.configuration.body.findtext(f"{base}/wscn:{n}", namespaces=soap.NS))
                     for n in ("Width", "Height"))

    def rendered(self, source, mode, dpi):
        """All pages of a source, fetched uncompressed by the test's own client."""
        key = source, mode, dpi
        if key not in self.pages:
            size = self.limit(SOURCES[source])
            images, _ = soap.scan(self.world, self.device.service, form="dib", color=MODES[mode],
                                  dpi=dpi, source=SOURCES[source], media=size, region=(0, 0, *size))
            self.pages[key] = [read_image(image) for image in images]
            for image in self.pages[key]:
                not_blank(image, f"the page of {key}")
        return self.pages[key]


def inches(millimetres):
    return round(millimetres / 25.4 * 1000)


def check_size(image, millimetres, dpi):
    for got, asked in zip((image.width, image.height), millimetres):
        wanted = asked / 25.4 * dpi
        check(abs(got - wanted) <= 1.5, f"{got} pixels for {asked} mm at {dpi} dpi")


# -- finding ----------------------------------------------------------------------------------


@case("scanimage -L lists the scanner from a static entry")
def list_static(stage):
    text = run(stage.world, "client", ["scanimage", "-L"], env=stage.environment("static"))
    found = re.findall(r"device `(airscan:[^']*)'", text)
    equal(len(found), 1, f"scanners in {text!r}")
    stage.listed = found[0]


@case("airscan-discover finds the scanner by WS-Discovery")
def discover(stage):
    stage.start_daemons()
    text = run(stage.world, "client", ["airscan-discover"], env=stage.environment("found"))
    found = re.findall(r"^\s*(.*?) = (http\S+), WSD$", text, re.M)
    # It names the model, and gives a line for each address that it has heard of.
    equal({name for name, _ in found}, {MODEL}, f"scanners in {text!r}")
    equal({urllib.parse.urlsplit(url).path for _, url in found},
          {urllib.parse.urlsplit(stage.device.service).path}, "path of the URL")
    check(stage.device.service in [url for _, url in found], text)


@case("scanimage -L finds the scanner by WS-Discovery and opens it")
def list_found(stage):
    stage.start_daemons()
    text = run(stage.world, "client", ["scanimage", "-L"], env=stage.environment("found"))
    found = re.findall(r"device `(airscan:[^']*)'", text)
    equal(len(found), 1, f"scanners in {text!r}")
    check(MODEL in text, text)
    options = run(stage.world, "client", ["scanimage", "-d", found[0], "-A"],
                  env=stage.environment("found"))
    for name, wanted in (("source", {"Flatbed", "ADF", "ADF Duplex"}), ("mode", {"Color", "Gray"}),
                         ("resolution", {"75", "150", "300", "600"})):
        offered = re.search(rf"--{name} ([^\[\n]*?)(dpi)? \[", options)[1].split("|")
        check(wanted <= set(offered), f"{name} offers {offered}")


# -- the glass --------------------------------------------------------------------------------


def same_page(stage, page, wanted, source, dpi, what):
    """The whole page, but for the cut-off part of a pixel."""
    check_size(page, [n * 25.4 / 1000 for n in stage.limit(SOURCES[source])], dpi)
    check(page.width <= wanted.width and page.height <= wanted.height, f"{what}: too large")
    same_pixels(page, crop(wanted, 0, 0, page.width, page.height), what)


def flatbed_case(mode, dpi, form):
    @case(f"Flatbed, {mode}, {dpi} dpi as {form}: size as asked, pixels as rendered")
    def scanned(stage):
        (page,) = stage.scanimage("Flatbed", mode, dpi, form=form)
        (wanted,) = stage.rendered("Flatbed", mode, dpi)
        same_page(stage, page, wanted, "Flatbed", dpi, f"Flatbed {mode} {dpi}")


for mode_ in ("Color", "Gray"):
    for dpi_, form_ in ((75, "png"), (150, "tiff"), (300, "pnm"), (600, "pnm")):
        flatbed_case(mode_, dpi_, form_)


def region_case(region, mode, dpi):
    left, top, width, height = region

    @case(f"Flatbed, region {width}x{height}+{left}+{top} mm, {mode}, {dpi} dpi: size, pixels")
    def scanned(stage):
        (page,) = stage.scanimage("Flatbed", mode, dpi, region)
        check_size(page, (width, height), dpi)
        not_blank(page, "region")
        (whole,) = stage.rendered("Flatbed", mode, dpi)
        x, y = round(inches(left) * dpi / 1000), round(inches(top) * dpi / 1000)
        same_pixels(page, crop(whole, x, y, page.width, page.height), f"region {region}")


for region_, (mode_, dpi_) in zip(REGIONS, (("Color", 150), ("Gray", 300), ("Gray", 600))):
    region_case(region_, mode_, dpi_)


# -- the feeder -------------------------------------------------------------------------------


def feeder_case(source, mode, dpi, images, own=False):
    by = "wsd scan" if own else "scanimage"

    @case(f"{source} by {by}, {mode}, {dpi} dpi: {images} images, sizes and pixels as rendered")
    def scanned(stage):
        pages = (stage.own_scan(source, mode, dpi) if own else
                 stage.scanimage(source, mode, dpi, batch=True))
        equal(len(pages), images, "images")
        wanted = stage.rendered(source, mode, dpi)
        equal(len(wanted), images, "images that were rendered")
        for n, (page, other) in enumerate(zip(pages, wanted)):
            same_page(stage, page, other, source, dpi, f"{source} {mode} {dpi}, image {n + 1}")
        check(len({tuple(page.rows) for page in pages}) == images, "some pages are the same")


for mode_, dpi_ in (("Color", 75), ("Gray", 150)):
    feeder_case("ADF", mode_, dpi_, SHEETS)
    feeder_case("ADF Duplex", mode_, dpi_, 2 * SHEETS)
feeder_case("ADF", "Lineart", 150, SHEETS, own=True)
feeder_case("ADF Duplex", "Lineart", 300, 2 * SHEETS, own=True)


# -- our own client against the test's --------------------------------------------------------


def own_case(mode, dpi, region):
    left, top, width, height = region
    thousandths = tuple(inches(v) for v in region)

    @case(f"wsd scan, {mode}, {dpi} dpi, region {width}x{height}+{left}+{top} mm: as rendered")
    def scanned(stage):
        (own,) = stage.own_scan("Flatbed", mode, dpi, "-A", ",".join(map(str, region)))
        check_size(own, (width, height), dpi)
        (image,), _ = soap.scan(stage.world, stage.device.service, form="dib", color=MODES[mode],
                                dpi=dpi, region=thousandths, media=stage.limit("Platen"))
        fetched = read_image(image)
        same_pixels(own, fetched, "wsd scan and the test's own client")
        (whole,) = stage.rendered("Flatbed", mode, dpi)
        x, y = (round(v * dpi / 1000) for v in thousandths[:2])
        same_pixels(fetched, crop(whole, x, y, fetched.width, fetched.height),
                    "region and whole page")
        not_blank(fetched, "region")


def own_line_art_case(dpi):
    @case(f"Flatbed by wsd scan, Lineart, {dpi} dpi: size as asked, pixels as rendered")
    def scanned(stage):
        (page,) = stage.own_scan("Flatbed", "Lineart", dpi)
        (wanted,) = stage.rendered("Flatbed", "Lineart", dpi)
        same_pixels(page, wanted, f"Lineart {dpi}")


for dpi_ in (75, 150, 300, 600):
    own_line_art_case(dpi_)
own_case("Color", 75, REGIONS[0])
own_case("Gray", 150, REGIONS[1])
own_case("Lineart", 300, REGIONS[2])
own_case("Color", 600, (60, 70, 25.4, 12.7))


@case("the lossless formats agree among themselves")
def formats(stage):
    region = tuple(inches(v) for v in (10, 10, 100, 100))
    for color in MODES.values():
        images = {}
        for form in ("dib", "png", "tiff-single-uncompressed"):
            (data,), _ = soap.scan(stage.world, stage.device.service, form=form, color=color,
                                   dpi=75, region=region)
            images[form] = read_image(data)
        for form, image in images.items():
            same_pixels(image, images["dib"], f"{form}, {color}")


@case("the scanner ends in an orderly way")
def end(stage):
    stage.serve.end()


if __name__ == "__main__":
    main("scanimage", "airscan-discover", "dbus-daemon", "avahi-daemon", setup=Stage)
