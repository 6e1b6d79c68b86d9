#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""libsane-wsd and scanners that send nothing but PDF: the pages of each file one by one, as they were
rendered; what cannot be read is said in words."""

import os
import random
import re
import shutil

from stage import BACKEND, IO_ERROR, MODES, SOURCES, Stage, difference

import pdf_file
from forger import Forger
from interop import case, check, equal, main, run
from pixels import Image, same_pixels

UNSUPPORTED = 1
LOSSLESS = (("deflated", {}), ("predicted", {"predicted": True}), ("in seven strips", {"strips": 7}))
ABUSE = {
    "cancel-at-every-stage": "cancelled after any number of reads, and once more: the next page comes",
    "cancel-against-starts": "cancelled without end by another thread while scans start",
    "in-a-child": "a child that was forked in the middle of a page lets go, the parent goes on",
    "out-of-order": "calls in the wrong order, a start too many, reads after the end",
}


def setup(world):
    stage = Stage(world)
    only_pdf(stage)
    return stage


def only_pdf(stage):
    stage.panel("configure", "formats=pdf-a")


def status_of(stage, name, *arguments, **environment):
    """What scanimage ends with, and what it says."""
    folder = stage.empty_folder()
    program = stage.begin("-d", name, "--format", "pnm", *arguments, "-o", folder + "/001",
                          **environment)
    status = program.wait_end(100)
    check("Sanitizer" not in program.text(), program.text)
    return status, program.text()


def noise(width, height, channels=1, seed=1):
    """A picture that no mistake leaves as it is."""
    source = random.Random(seed)
    return Image(width, height, channels,
                 [source.randbytes(width * channels) for _ in range(height)])


# -- from our own service ---------------------------------------------------------------------


def own_case(source, mode):
    @case(f"a service with PDF alone, {source}, {mode}: all pages, as rendered")
    def scanned(stage):
        pages = stage.scan("--source", source, "--mode", mode, "--resolution", "100",
                           batch=source != "Flatbed")
        stage.panel("configure", "formats=dib,pdf-a")
        try:
            wanted = stage.rendered(source, mode, 100)
        finally:
            only_pdf(stage)
        equal(len(pages), len(wanted), "pages")
        for n, (page, other) in enumerate(zip(pages, wanted)):
            if mode == "Lineart":
                same_pixels(page, other, f"page {n + 1}")
            else:
                far = difference(page, other)
                check(0 < far < 4, f"page {n + 1}: {far:.2f} levels from what was rendered")
        stage.no_job_is_left()


for source_ in SOURCES:
    for mode_ in MODES:
        own_case(source_, mode_)


@case("a region of the glass: pixels as rendered")
def region(stage):
    (page,) = stage.scan("--mode", "Lineart", "--resolution", "100", "-l", "10", "-t", "20",
                         "-x", "100", "-y", "60")
    check(abs(page.width - 394) <= 1 and abs(page.height - 236) <= 1, (page.width, page.height))


def with_xps(answer):
    """It is offered first, and is nothing that the backend reads."""
    return re.sub(rb"(<\w+:FormatsSupported>)(<\w+:FormatValue>)[^<]*(</\w+:FormatValue>)",
                  lambda m: m[1] + m[2] + b"xps" + m[3] + m[0][len(m[1]):], answer)


@case("PDF is not asked for where there is anything else, and is where there is nothing that can be read")
def last_choice(stage):
    try:
        for formats, wanted in (("pdf-a,jfif", "jfif"), ("pdf-a,png,dib", "png"), ("pdf-a", "pdf-a")):
            stage.panel("configure", f"formats={formats}")
            with Forger(stage, (), change=with_xps) as between:
                stage.scan("--resolution", "75", name="wsd:" + between.url)
            check(any(b">" + wanted.encode() + b"<" in body for body in between.requests
                      if b"CreateScanJobRequest" in body), f"{wanted} of {formats} was not asked for")
    finally:
        only_pdf(stage)


# -- PDFs of another hand ---------------------------------------------------------------------


def lossless_case(name, how, mode, channels):
    @case(f"{mode}, {name}: the pixels are those of the file")
    def scanned(stage):
        image = noise(413, 585, channels)
        bits = 8
        if mode == "Lineart":
            bits = 1
            image = image._replace(rows=[bytes(255 * (v & 1) for v in row) for row in image.rows])
        made = bytes(pdf_file.Document().page(image, bits=bits, **how))
        with Forger(stage, [made]) as between:
            (page,) = stage.scan("--mode", mode, "--resolution", "75", name="wsd:" + between.url)
        same_pixels(page, image, name)


for name_, how_ in LOSSLESS:
    for mode_, channels_ in (("Color", 3), ("Gray", 1), ("Lineart", 1)):
        lossless_case(name_, how_, mode_, channels_)


def several(*seeds):
    made = pdf_file.Document()
    for seed in seeds:
        made.page(noise(40 + seed, 50, seed=seed))
    return bytes(made)


@case("a feeder that sends two PDFs of three pages each: six pages in their order, then the end")
def two_files(stage):
    stage.panel("configure", "formats=jfif")  # one image a sheet
    try:
        with Forger(stage, [several(1, 2, 3), several(4, 5, 6)]) as between:
            pages = stage.scan("--source", "ADF", "--mode", "Gray", "--resolution", "75", batch=True,
                               name="wsd:" + between.url)
            asked = sum(b"RetrieveImageRequest" in body for body in between.requests)
    finally:
        only_pdf(stage)
    equal(len(pages), 6, "pages")
    for seed, page in enumerate(pages, 1):
        same_pixels(page, noise(40 + seed, 50, seed=seed), f"page {seed}")
    equal(asked, 3, "images that were asked for, with the one that is not there")
    stage.no_job_is_left()


@case("one page of a PDF of three: the job is cancelled on the scanner")
def one_of_three(stage):
    with Forger(stage, [several(1, 2, 3)]) as between:
        (page,) = stage.scan("--source", "ADF", "--mode", "Gray", "--resolution", "75", "--batch-count=1",
                             batch=True, name="wsd:" + between.url)
    same_pixels(page, noise(41, 50, seed=1), "page")
    equal(stage.active(), 0, "jobs that are left")
    stage.panel("feeder", "load", "2")


@case("a PDF of three pages from the glass: the first is taken, the others are told of")
def from_glass(stage):
    with Forger(stage, [several(1, 2, 3)]) as between:
        status, text = status_of(stage, "wsd:" + between.url, "--mode", "Gray", "--resolution", "75")
    equal(status, 0, text)
    check("a PDF of 3 pages for one" in text, text)


@case("a page that is shown turned comes as it is shown")
def turned(stage):
    image = noise(40, 60)
    made = bytes(pdf_file.Document().page(image, more="/Rotate 180"))
    with Forger(stage, [made]) as between:
        (page,) = stage.scan("--mode", "Gray", "--resolution", "75", name="wsd:" + between.url)
    same_pixels(page, image._replace(rows=[row[::-1] for row in image.rows[::-1]]), "page")


# -- what cannot be read ----------------------------------------------------------------------


def words(filters, side=9):
    made = pdf_file.Document()
    number = made.stream(f"/Subtype /Image /Width {side} /Height {side} /ColorSpace /DeviceGray /BitsPerComponent 8 "
                         + filters, bytes(81))
    return made.own_page("612 0 0 792 0 0 cm /A Do", f"/A {number} 0 R")


def refused_case(name, make, status, said):
    @case(f"{name}: SANE's status {status}, and words for it")
    def scanned(stage):
        with Forger(stage, [bytes(make())]) as between:
            got, text = status_of(stage, "wsd:" + between.url, "--mode", "Gray", "--resolution", "75")
        equal(got, status, text)
        check(said in text, text)
        stage.no_job_is_left()


refused_case("JPEG 2000 inside", lambda: words("/Filter /JPXDecode"), UNSUPPORTED,
             "it sent a PDF that cannot be read: an image is JPEG 2000")
refused_case("JBIG2 inside", lambda: words("/Filter /JBIG2Decode"), UNSUPPORTED, "an image is JBIG2")
refused_case("text alone", lambda: pdf_file.Document().own_page("BT (a) Tj ET", ""), UNSUPPORTED,
             "a page has no image on it")
refused_case("layers", lambda: words("/SMask 3 0 R"), UNSUPPORTED, "a page is made of layers")
refused_case("no pages", pdf_file.Document, IO_ERROR, "it has no pages")
refused_case("a file that ends early", lambda: several(1, 2)[:-40], IO_ERROR, "its end is missing")
refused_case("garbage", lambda: b"%PDF-1.4\n" + random.Random(3).randbytes(20000) + b"%%EOF\n", IO_ERROR,
             "it sent a PDF that cannot be read")
refused_case("far too many pixels", lambda: words("", 60000), IO_ERROR,
             "60000 x 60000 pixels, far more")


@case("rows that end early: an error with the row, and a feeder's next page is not taken for the rest")
def short(stage):
    made = pdf_file.Document()
    image = noise(300, 400)
    made.page(image)
    data = bytes(made).replace(b"/Height 400", b"/Height 500")
    with Forger(stage, [data]) as between:
        status, text = status_of(stage, "wsd:" + between.url, "--mode", "Gray", "--resolution", "75")
    equal(status, IO_ERROR, text)
    check("cannot be read from row 401 of 500 on" in text, text)


@case("without its module the backend says that PDF cannot be read, and reads all else")
def without_module(stage):
    folder = stage.world.path("alone")
    os.makedirs(folder, exist_ok=True)
    shutil.copy(BACKEND, folder + "/libsane-wsd.so.1")
    status, text = status_of(stage, stage.name, "--resolution", "75", LD_LIBRARY_PATH=folder)
    equal(status, UNSUPPORTED, text)
    check("wsd-pdf.so" in text, text)
    stage.panel("configure", "formats=jfif")
    try:
        status, text = status_of(stage, stage.name, "--resolution", "75", LD_LIBRARY_PATH=folder)
        equal(status, 0, text)
    finally:
        only_pdf(stage)


# -- a frontend without manners ---------------------------------------------------------------


def abuse_case(scenario, name):
    @case(f"PDF alone; {name}")
    def tried(stage):
        environment = stage.environment()
        del environment["LD_PRELOAD"]
        stage.run("-L")
        run(stage.world, "client", [os.path.abspath(os.environ["WSD_ABUSE"]), BACKEND, scenario,
                                    stage.name[4:]], env=environment, timeout=200)
        equal(stage.active(), 0, "jobs that are left on the scanner")


for scenario_, name_ in ABUSE.items():
    abuse_case(scenario_, name_)


@case("nothing of PDF is loaded before one comes, and no file is left")
def lazily(stage):
    needed = run(stage.world, "client", ["ldd", BACKEND])
    check("qpdf" not in needed, needed)
    before = sorted(os.listdir(stage.world.directory))
    stage.scan("--resolution", "75")
    equal(sorted(os.listdir(stage.world.directory)), before, "files in TMPDIR")


if __name__ == "__main__":
    main("scanimage", setup=setup)
