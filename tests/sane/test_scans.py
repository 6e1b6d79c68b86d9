#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`scanimage` with libsane-wsd: what it lists, what it offers, and that each mode, source, resolution,
region and format delivers what the scanner rendered, to the pixel; JPEG within its quality."""

import re

from stage import MODES, SOURCES, Stage, difference

from interop import case, check, equal, main
from pixels import crop, same_pixels

LOSSLESS = ("--image-format", "PNG")
# left, top, width, height in millimetres
REGIONS = ((10, 20, 100, 60), (0, 0, 50.8, 25.4), (101.6, 127, 76.2, 88.9), (60.3, 70.7, 25.1, 12.9))


def inches(millimetres):
    return round(millimetres / 25.4 * 1000)


# -- the list and what is offered -------------------------------------------------------------


@case("scanimage -L names the scanner once, by its UUID, with maker and model")
def listed(stage):
    for _ in range(2):  # by the search, then by the cache as well
        text = stage.run("-L")
        equal(re.findall(r"device `([^']*)' is a (.*)", text),
              [(stage.name, "libwsd Chart Scanner flatbed scanner")], text)


@case("scanimage -A offers the well-known options with units, and nothing that the scanner has not")
def offered(stage):
    text = stage.run("-d", stage.name, "-A")
    for wanted in (r"--mode Color\|Gray\|Lineart \[Color\]", r"--depth 8bit \[8\]",
                   r"--source Flatbed\|ADF\|ADF Duplex \[Flatbed\]", r"--adf-duplex\[=\(yes\|no\)\]",
                   r"--resolution 75\|100\|150\|200\|300\|400\|600\|1200dpi \[300\]",
                   r"--preview\[=\(yes\|no\)\] \[no\]", r"-l 0\.\.215\.9mm \[0\]",
                   r"-t 0\.\.297\.18mm \[0\]", r"-x 0\.\.215\.9mm \[215\.9\]",
                   r"-y 0\.\.297\.18mm \[297\.18\]", r"--brightness -100\.\.100% ",
                   r"--contrast -100\.\.100% ", r"--sharpness -100\.\.100% ",
                   r"--threshold 0\.\.100% \[inactive\]", r"--page-rotation 0\|90\|180\|270 \[0\]",
                   r"--compression-quality 0\.\.100 ", r"--image-format Auto\|JPEG\|PNG\|TIFF\|DIB"):
        check(re.search(wanted, text), f"{wanted} is not in\n{text}")


# -- modes, sources, resolutions --------------------------------------------------------------


def plain_case(source, mode, dpi):
    @case(f"{source}, {mode}, {dpi} dpi: all pages, pixels as rendered")
    def scanned(stage):
        pages = stage.scan("--source", source, "--mode", mode, "--resolution", str(dpi), *LOSSLESS,
                           batch=source != "Flatbed")
        wanted = stage.rendered(source, mode, dpi)
        equal(len(pages), len(wanted), "pages")
        for n, (page, other) in enumerate(zip(pages, wanted)):
            same_pixels(page, other, f"page {n + 1}")
        stage.no_job_is_left()


for source_ in SOURCES:
    for mode_ in MODES:
        for dpi_ in (75, 150, 300) if source_ == "Flatbed" else (75, 100, 150):
            plain_case(source_, mode_, dpi_)


def region_case(region, mode, dpi):
    left, top, width, height = region

    @case(f"region {width}x{height}+{left}+{top} mm, {mode}, {dpi} dpi: pixels as rendered")
    def scanned(stage):
        arguments = [str(part) for pair in zip(("-l", "-t", "-x", "-y"), region) for part in pair]
        (page,) = stage.scan("--mode", mode, "--resolution", str(dpi), *LOSSLESS, *arguments)
        for got, asked in zip((page.width, page.height), (width, height)):
            check(abs(got - asked / 25.4 * dpi) <= 1, f"{got} pixels for {asked} mm")
        (whole,) = stage.rendered("Flatbed", mode, dpi)
        x, y = round(inches(left) * dpi / 1000), round(inches(top) * dpi / 1000)
        same_pixels(page, crop(whole, x, y, page.width, page.height), "region")


for region_, (mode_, dpi_) in zip(REGIONS, (("Color", 150), ("Gray", 300), ("Lineart", 300),
                                            ("Color", 600))):
    region_case(region_, mode_, dpi_)


# -- formats ----------------------------------------------------------------------------------


def format_case(form, mode):
    @case(f"images that come as {form}, {mode}: as rendered")
    def scanned(stage):
        (page,) = stage.scan("--mode", mode, "--resolution", "100", "--image-format", form)
        (wanted,) = stage.rendered("Flatbed", mode, 100)
        if form in ("Auto", "JPEG") and mode != "Lineart":
            far = difference(page, wanted)
            check(0 < far < 4, f"{far:.2f} levels from what was rendered")
        else:
            same_pixels(page, wanted, form)


for form_ in ("Auto", "JPEG", "TIFF", "DIB"):
    for mode_ in MODES:
        format_case(form_, mode_)


@case("compression quality: the finer it is asked for, the nearer is the image")
def quality(stage):
    far = []
    (wanted,) = stage.rendered("Flatbed", "Gray", 75)
    for value in ("10", "50", "100"):
        (page,) = stage.scan("--mode", "Gray", "--resolution", "75", "--image-format", "JPEG",
                             "--compression-quality", value)
        far.append(difference(page, wanted))
    check(far[0] > far[1] > far[2] and far[2] < 1, f"distances {far}")


def only_case(form, modes, source, mode):
    @case(f"a scanner with {form} and {modes} alone, asked for {mode}: as rendered")
    def scanned(stage):
        stage.panel("configure", f"formats={form}", f"modes={modes}")
        try:
            pages = stage.scan("--source", source, "--mode", mode, "--resolution", "75",
                               batch=source != "Flatbed")
            check(pages and all(page.width == 638 for page in pages), "pages")
            if mode == {"gray": "Gray", "color": "Color", "bw": "Lineart"}[modes] and "jpeg" not in form:
                for page, wanted in zip(pages, stage.rendered(source, mode, 75)):
                    same_pixels(page, wanted, form)
            channels = 3 if mode == "Color" else 1
            equal({page.channels for page in pages}, {channels}, "channels")
            if mode == "Lineart":
                equal(set(b"".join(pages[0].rows)), {0, 255}, "levels")
        finally:
            stage.panel("configure", "formats=jfif,png,dib,tiff-single-uncompressed",
                        "modes=bw,gray,color")


only_case("dib", "color", "ADF", "Color")
only_case("tiff-single-uncompressed", "gray", "ADF", "Gray")
only_case("tiff-single-g4", "bw", "Flatbed", "Lineart")
only_case("png", "gray", "Flatbed", "Lineart")
only_case("png", "color", "Flatbed", "Gray")
only_case("tiff-single-jpeg-tn2", "color", "Flatbed", "Color")


@case("the threshold decides what is black where the scanner knows no black and white")
def threshold(stage):
    stage.panel("configure", "modes=gray")
    try:
        black = []
        for value in ("20", "80"):
            (page,) = stage.scan("--mode", "Lineart", "--resolution", "75", "--threshold", value)
            black.append(sum(row.count(0) for row in page.rows))
        check(0 < black[0] < black[1], f"black pixels {black}")
    finally:
        stage.panel("configure", "modes=bw,gray,color")


# -- what else is asked of the scanner ---------------------------------------------------------


@case("page rotation is the scanner's, and the size is that of the turned page")
def rotation(stage):
    (page,) = stage.scan("--resolution", "75", *LOSSLESS, "--page-rotation", "90")
    equal((page.width, page.height), (878, 638), "width and height")


@case("brightness reaches the scanner")
def brightness(stage):
    light = []
    for value in ("-50", "0", "50"):
        (page,) = stage.scan("--mode", "Gray", "--resolution", "75", *LOSSLESS, "--brightness",
                             value)
        light.append(sum(map(sum, page.rows)))
    check(light[0] < light[1] < light[2], f"sums {light}")


@case("a preview comes in the lowest resolution from 75 dpi on")
def preview(stage):
    (page,) = stage.scan("--resolution", "300", "--preview=yes", *LOSSLESS)
    equal((page.width, page.height), (638, 878), "width and height")


@case("adf-duplex is another name of the source")
def duplex(stage):
    pages = stage.scan("--source", "ADF", "--adf-duplex=yes", "--resolution", "75", "--mode", "Gray",
                       *LOSSLESS, batch=True)
    wanted = stage.rendered("ADF Duplex", "Gray", 75)
    equal(len(pages), len(wanted), "pages")
    for page, other in zip(pages, wanted):
        same_pixels(page, other, "page")


# -- long jobs --------------------------------------------------------------------------------


@case("fifty sheets from the feeder: fifty different pages, then the end, and no job is left")
def fifty(stage):
    stage.panel("feeder", "load", "50")
    try:
        pages = stage.scan("--source", "ADF", "--mode", "Gray", "--resolution", "75", batch=True)
        equal(len(pages), 50, "pages")
        equal(len({tuple(page.rows) for page in pages}), 50, "different pages")
        stage.no_job_is_left()
    finally:
        stage.start()


if __name__ == "__main__":
    main("scanimage", setup=Stage)
