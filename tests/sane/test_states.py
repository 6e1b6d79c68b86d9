#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""libsane-wsd and scanners that cannot scan just now: what SANE is told, that others are waited for,
that a job which is given up is given up on the scanner too; and by which names a scanner is found."""

import os
import select
import signal
import socket
import subprocess

from stage import COVER_OPEN, INVALID, IO_ERROR, JAMMED, NO_DOCS, Stage

from interop import SERVER, Program, Skip, case, check, equal, main

QUICK = ("--resolution", "75", "--mode", "Gray")


def scan_status(stage, *arguments, name=None):
    """What scanimage ends with."""
    folder = stage.empty_folder()
    program = stage.begin("-d", name or stage.name, "--format", "pnm", *arguments, "-o", folder + "/001")
    status = program.wait_end(100)
    check("Sanitizer" not in program.text(), program.text)
    return status, program.text()


# -- conditions -------------------------------------------------------------------------------


def condition_case(name, action, undo, wanted, word, *arguments):
    @case(f"{name}: SANE's status {wanted}, the reason in the log, and afterwards it scans")
    def scanned(stage):
        stage.panel(*action)
        try:
            status, text = scan_status(stage, *QUICK, *arguments)
            equal(status, wanted, text)
            check(word in text, text)
        finally:
            stage.panel(*undo)
        equal(len(stage.scan(*QUICK)), 1, "pages")
        stage.no_job_is_left()


condition_case("paper jam", ("jam",), ("clear",), JAMMED, "jammed")
condition_case("open cover", ("cover", "open"), ("cover", "close"), COVER_OPEN, "cover")
condition_case("empty feeder", ("feeder", "empty"), ("feeder", "load", "2"), NO_DOCS,
               "out of documents", "--source", "ADF")


@case("a jam in the middle of a batch: the pages before are there, then the jam")
def jam_in_batch(stage):
    stage.panel("feeder", "load", "40")
    folder = stage.empty_folder()
    program = stage.begin("-d", stage.name, "--source", "ADF", "--resolution", "300",
                          "--mode", "Color", f"--batch={folder}/%03d", "--batch-print")
    try:
        program.wait_line("001")
        stage.panel("jam")
        equal(program.wait_end(100), JAMMED, program.text())
        check(1 <= len(os.listdir(folder)) < 40, os.listdir(folder))
    finally:
        stage.panel("clear")
        stage.start()


@case("a lamp that warms up is waited for")
def warming(stage):
    stage.panel("lamp", "warm")
    folder = stage.empty_folder()
    program = stage.begin("-d", stage.name, *QUICK, "--format", "pnm", "-o", folder + "/001")
    # The first refusal is told by the log.
    program.wait_line("warming up")
    stage.panel("lamp", "ready")
    equal(program.wait_end(60), 0, program.text())
    equal(len(stage.read_folder(folder)), 1, "pages")


# -- others -----------------------------------------------------------------------------------


@case("two programs at once: the second waits for the first, and both have their pages")
def two_at_once(stage):
    stage.panel("feeder", "load", "6")
    folder = stage.empty_folder()
    try:
        first = stage.begin("-d", stage.name, "--source", "ADF", *QUICK,
                            f"--batch={folder}/a%03d", "--batch-print")
        first.wait_line("a001")
        second = stage.begin("-d", stage.name, *QUICK, "--format", "pnm", "-o", folder + "/b")
        equal(second.wait_end(100), 0, second.text())
        equal(first.wait_end(100), 0, first.text())
        equal(len(stage.read_folder(folder)), 7, "pages")
        stage.no_job_is_left()
    finally:
        stage.start()


# -- giving up --------------------------------------------------------------------------------


@case("Ctrl-C in the middle of a page: scanimage ends at once, the job is cancelled on the scanner")
def interrupted(stage):
    # 1200 dpi in colour, of which nobody reads but the first rows: it is the reader that is slow.
    os.mkfifo(stage.world.path("fifo"))
    program = stage.begin("-d", stage.name, "--resolution", "1200", "--mode", "Color", "--format", "pnm",
                          "-o", stage.world.path("fifo"))
    reader = os.open(stage.world.path("fifo"), os.O_RDONLY | os.O_NONBLOCK)
    check(select.select([reader], [], [], 60)[0], program.text)
    os.set_blocking(reader, True)
    check(os.read(reader, 65536), "no rows")
    equal(stage.active(), 1, "jobs")
    program.process.send_signal(signal.SIGINT)
    while os.read(reader, 1 << 20):
        pass
    os.close(reader)
    program.wait_end(20)
    equal(stage.active(), 0, "jobs that are left")
    equal(stage.jobs()[0], "Canceled", "the job")


@case("one page of a full feeder: the rest of the job is given up")
def one_of_many(stage):
    stage.panel("feeder", "load", "5")
    try:
        equal(len(stage.scan("--source", "ADF", *QUICK)), 1, "pages")
        stage.no_job_is_left()
        equal(len(stage.scan(*QUICK)), 1, "pages afterwards")
    finally:
        stage.start()


# -- names ------------------------------------------------------------------------------------


def name_case(what, name):
    @case(f"{what} names the scanner")
    def scanned(stage):
        stage.configure(f"search-time = 1\ndevice \"Study\" {{ address = \"{SERVER}\" }}\n")
        try:
            equal(len(stage.scan(*QUICK, name="wsd:" + name(stage))), 1, "pages")
        finally:
            stage.configure()


name_case("an address", lambda stage: SERVER)
name_case("the URL of the device", lambda stage: stage.device.url)
name_case("the URL of its scan service", lambda stage: stage.device.service)
name_case("a part of its name", lambda stage: "interop")
name_case("its model", lambda stage: "chart scanner")
name_case("its name in wsd.conf", lambda stage: "study")
name_case("nothing, where it is the first one,", lambda stage: "")


@case("a name that nobody has is an invalid argument, within the time of a search")
def unknown(stage):
    status, text = scan_status(stage, *QUICK, name="wsd:4d36e96e-e325-11ce-bfc1-08002be10318")
    equal(status in (INVALID, IO_ERROR, 1), True, text)


@case("the name stays when the address does not, and the cache finds the new one")
def moved(stage):
    before = stage.name
    stage.run("-L")
    stage.start(2, 5358)
    try:
        equal(stage.name, before, "name")
        equal(len(stage.scan(*QUICK, name=before)), 1, "pages")
        check(before in stage.run("-L"), "it is not listed")
    finally:
        stage.start()


@case("a scanner that has moved is listed even if its old address is silent")
def moved_from_silence(stage):
    stage.run("-L")
    stage.start(2, 5358)
    try:
        with stage.world.on("server"), socket.socket() as silent:
            silent.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            silent.bind((SERVER, 5357))
            silent.listen()
            check(stage.name in stage.run("-L"), "it is not listed")
    finally:
        stage.start()


@case("without a search the device of wsd.conf is listed, once, by the name that it always has")
def listed_without_search(stage):
    stage.configure("search = false\n" + "".join(
        f"device \"{name}\" {{ address = \"{address}\" }}\n"
        for name, address in (("One", SERVER), ("Two", stage.device.url))))
    try:
        text = stage.run("-L")
        equal(text.count("device `"), 1, text)
        check(stage.name in text, text)
    finally:
        stage.configure()


@case("a wsd.conf with a mistake is told, with its line, and the defaults hold")
def mistake(stage):
    stage.configure("search-time = 1\n# a comment\n  # and one more\nserach = true\n")
    try:
        status, text = scan_status(stage, *QUICK)
        equal(status, 0, text)
        check("wsd.conf:4" in text and "serach" in text, text)
    finally:
        stage.configure()


@case("a number in wsd.conf has a point in every language")
def decimal_comma(stage):
    folder = stage.world.path("locales")
    os.makedirs(folder, exist_ok=True)
    made = subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8", folder + "/de_DE.UTF-8"],
                          capture_output=True, text=True, check=False)
    if not os.path.exists(folder + "/de_DE.UTF-8/LC_NUMERIC"):
        raise Skip(f"no locale with a comma can be made here: {made.stderr}")
    stage.configure("search-time = 1.5\n")
    try:
        program = Program(stage.world, "client", ["scanimage", "-d", stage.name, "-A"],
                          env=stage.environment(LOCPATH=folder, LC_ALL="de_DE.UTF-8",
                                                ASAN_OPTIONS="detect_leaks=0"))
        equal(program.wait_end(100), 0, program.text())
        check("wsd.conf" not in program.text(), program.text())
    finally:
        stage.configure()


@case("a wsd.conf of 64 KiB is read whole, and of a longer one it is told")
def long_file(stage):
    for more in (0, 1):
        text = "search-time = 1\n"
        stage.configure(text + " " * ((64 << 10) - len(text) + more))
        try:
            status, said = scan_status(stage, *QUICK)
        finally:
            stage.configure()
        equal(status, 0, said)
        equal("64 KiB" in said, more == 1, said)


# -- this side --------------------------------------------------------------------------------


@case("a folder for temporary files that is not there: the error names it, not the scanner's image")
def no_folder(stage):
    for form in ("TIFF", "DIB"):
        program = Program(stage.world, "client",
                          ["scanimage", "-d", stage.name, *QUICK, "--image-format", form,
                           "--format", "pnm", "-o", stage.world.path("none")],
                          env=stage.environment(TMPDIR="/nonexistent"))
        equal(program.wait_end(60), IO_ERROR, program.text())
        check("/nonexistent" in program.text() and "No such file" in program.text(), program.text())
        check("cannot be read" not in program.text(), program.text())
        check("receiver" not in program.text(), program.text())
    stage.no_job_is_left()


if __name__ == "__main__":
    main("scanimage", setup=Stage)
