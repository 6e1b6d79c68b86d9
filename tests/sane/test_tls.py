#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""libsane-wsd and a scanner at https: it is known by the certificate that it showed first, whichever
program met it. See stage.py, and tls.py of the command line's tests."""

import json
import os
import sys
import urllib.parse
from pathlib import Path

from stage import ACCESS_DENIED, Stage

from interop import SERVER, case, check, equal, main, wsd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "apps" / "cli"))

from tls import Front, certificate  # noqa: E402

QUICK = ("--resolution", "75", "--mode", "Gray")


def front(stage, pem):
    path = urllib.parse.urlsplit(stage.device.url).path
    with stage.world.on("server"):
        return Front(f"http://{SERVER}:5357{path}", pem, host=SERVER)


def pem(stage, name):
    path = stage.world.path(name + ".pem")
    return path if Path(path).exists() else certificate(stage.world.directory, name)


def keys(stage):
    lines = wsd(stage.world, "cache", "keys", "--json").splitlines()
    return {key["device"]: key["pem"] for key in map(json.loads, lines)}


def told(program):
    check("Sanitizer" not in program.text(), program.text)
    for word in ("shows another certificate", "nothing was sent there", "wsd cache forget-key"):
        check(word in program.text(), program.text)


@case("all of a scan goes over https, and the device is known by its endpoint afterwards")
def scanned(stage):
    with front(stage, pem(stage, "own")) as safe:
        equal(len(stage.scan(*QUICK, name="wsd:" + safe.url)), 1, "pages")
        for operation in ("GetScannerElements", "CreateScanJob", "RetrieveImage"):
            check(safe.did(operation), operation)
    check(stage.device.endpoint in keys(stage), keys(stage))


@case("who answers in its name elsewhere, with another certificate, is not asked what it can do")
def elsewhere(stage):
    with front(stage, pem(stage, "other")) as false:
        program = stage.begin("-d", "wsd:" + false.url, "--format", "pnm", *QUICK,
                              "-o", stage.world.path("none"))
        check(program.wait_end(60) != 0, program.text)
        told(program)
        check("Access to resource has been denied" in program.text(), program.text)
        check(not false.did("GetScannerElements"), "the service was asked")


@case("another certificate in the middle of a batch: the pages before are there, no further one is asked for")
def changed(stage):
    stage.panel("feeder", "load", "40")
    folder = stage.empty_folder()
    with front(stage, pem(stage, "own")) as safe:
        program = stage.begin("-d", "wsd:" + safe.url, "--source", "ADF", "--resolution", "300",
                              "--mode", "Color", f"--batch={folder}/%03d", "--batch-print")
        try:
            program.wait_line("001")
            safe.show(pem(stage, "other"))
            equal(program.wait_end(100), ACCESS_DENIED, program.text())
            told(program)
            check(1 <= len(os.listdir(folder)) < 40, os.listdir(folder))
        finally:
            stage.start()


@case("wsd cache forget-key lets the new one be learned")
def learned(stage):
    wsd(stage.world, "cache", "forget-key", "--all")
    with front(stage, pem(stage, "other")) as safe:
        equal(len(stage.scan(*QUICK, name="wsd:" + safe.url)), 1, "pages")


if __name__ == "__main__":
    main("scanimage", "openssl", setup=Stage)
