#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The checker of Windows' expectations passes on our own services (services.py has the list)."""

import json
import re
import struct
import subprocess
import sys
import zlib

from services import HERE, SERVICES, WsdServe

import checker
import images
import mutants
import mutants_scan
import registry
from interop import SERVER, case, check, equal, main
from session import Session
from wire import Complaint

FAST = {"watch": 1, "device": SERVER}


def outcome(results):
    return {state: [r.check.id for r in results if r.state == state]
            for state in ("failed", "untried")}


def told(results):
    return "\n".join(f"{r.check.id}: {d}" for r in results if r.state != "passed"
                     for d in r.details)


def service_case(name, make, untried):
    @case(f"{name} is as Windows expects it, with button, full feeder and restart")
    def passes(world):
        service = make(world)
        session = Session(hooks=service, **FAST)
        check(session.find(), "not found")
        results = registry.run(session)
        session.close()
        equal(outcome(results), {"failed": [], "untried": list(untried)}, told(results))
        service.stop()


for row in SERVICES:
    service_case(*row)


def command(world, *arguments, status):
    done = subprocess.run([sys.executable, f"{HERE}/checker.py", *arguments], cwd=world.directory,
                          capture_output=True, text=True, timeout=120, check=False)
    equal(done.returncode, status, f"{done.stdout[-3000:]}{done.stderr}")
    return done


@case("the command says a line a check, objects with --json, and ends with 0, or 1 for a fault")
def lines(world):
    service = WsdServe(world, port=5357)
    only = ["--only", "probe.*", "metadata.*", "hosted.*"]
    arguments = ["--device", SERVER, "--watch", "0.1"]
    text = command(world, *arguments, *only, status=0).stdout
    check("ok     hosted.compatible-id" in text and "0 failed" in text, text)
    objects = [json.loads(line) for line in
               command(world, *arguments, *only, "--json", status=0).stdout.splitlines()]
    equal({o["state"] for o in objects}, {"passed"}, "states")
    # Nothing is on port 80 here, where Windows looks for a scanner whose address it was told.
    text = command(world, *arguments, "--only", "directed.*", status=1).stdout
    check(re.search(r"FAILED directed\.stable.*\n.*The device gave no answer.*\n"
                    r".*To the user: adding the scanner by its address fails", text), text)
    service.stop()


@case("hooks are commands, in place of a person")
def hooks(world):
    service = WsdServe(world)
    flag = world.path("pressed")
    text = command(world, "--device", SERVER, "--watch", "0.1", "--hook-load",
                   f"touch {flag}-{{sheets}}", "--sheets", "7", "--only", "feeder.all",
                   status=1).stdout
    check("7 sheets in the feeder" in text, text)
    command(world, "--device", SERVER, "--only", "button.*", "--watch", "0.1", status=0)
    service.stop()


@case("where nobody answers the command says so and ends with 3")
def nobody(world):
    text = command(world, "--device", SERVER, "--only", "probe.*", status=3).stderr
    check("no scanner answered" in text, text)


class Imagined:
    """A device that is only thought of, for what takes minutes on a real one."""

    def __init__(self, **facts):
        self.__dict__.update(facts)


def judged(name, session):
    return registry.judge(session, registry.CHECKS[name]).state


@case("an answer after 2.5 s is late, and so is the first octet of an image after 60 s")
def late(world):
    for waited, wanted in ((2.4, "passed"), (2.6, "failed")):
        session = Imagined(datagrams=[Imagined(waited=waited, name="Probe")])
        equal(judged("match.time", session), wanted, f"after {waited} s")
    for waited, wanted in ((59, "passed"), (61, "failed")):
        answer = Imagined(name="RetrieveImage", waited=waited, headers={},
                          envelope=Imagined(fault=lambda: None))
        equal(judged("retrieve.time", Imagined(exchanges=[answer])), wanted, f"after {waited} s")


@case("an endpoint has to be a urn:uuid:")
def endpoint_form(world):
    number = "183c190a-a83a-5093-b902-4b05ad457e89"
    for endpoint, wanted in (("urn:uuid:" + number, "passed"), ("uuid:" + number, "failed"),
                             ("http://192.0.2.1/", "failed"), (None, "untried")):
        equal(judged("match.endpoint-form", Imagined(endpoint=endpoint)), wanted, endpoint)


@case("images that are cut or are something else are seen")
def broken_images(world):
    white = zlib.compress(b"\0\xff" * 2)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(
            ">I", zlib.crc32(kind + data))
    png = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 2, 8, 0, 0, 0, 0))
           + chunk(b"IDAT", white) + chunk(b"IEND", b""))
    equal(images.measure("png", png), (1, 2), "size of a PNG")
    jpeg = b"\xff\xd8\xff\xc0\0\x0b\x08\0\x02\0\x01\x01\x01\x11\0\xff\xda\0\x02xx\xff\xd9"
    equal(images.measure("exif", jpeg), (1, 2), "size of a JPEG")
    dib = b"BM" + struct.pack("<IIIIiiHH", 62, 0, 54, 40, 1, 2, 1, 24) + bytes(24 + 8)
    equal(images.measure("dib", dib), (1, 2), "size of a bitmap")
    for form, data in (("png", png), ("exif", jpeg), ("dib", dib)):
        for wrong in (data[:-1 - len(data) // 4], b"", b"nothing at all", data[::-1]):
            try:
                images.measure(form, wrong)
            except Complaint:
                continue
            check(False, f"{form} took {wrong!r}")


@case("each check has a mutant that it reports, or a case here")
def every_check_can_fail(world):
    rows = [row for rows in ("SEARCH", "METADATA") for row in getattr(mutants, rows)]
    rows += [row for rows in ("SCAN", "EVENTS", "RESTART") for row in getattr(mutants_scan, rows)]
    broken = {name for row in rows for name in row[2]}
    here = {"match.time", "retrieve.time", "match.endpoint-form", "get.reads-first"}
    equal(sorted(set(registry.CHECKS) - broken - here), [], "checks that were never seen to fail")


@case("each suspect, and each diagnosis that needs no Windows, has its checks")
def complete(world):
    checks = registry.CHECKS.values()
    equal({n for c in checks for n in c.suspects}, set(range(1, 10)), "suspects")
    equal({n for c in checks for n in c.diagnosis}, set(range(1, 7)), "diagnoses")
    for one in checks:
        check(one.source and one.notice and one.says, one.id)


if __name__ == "__main__":
    assert checker
    main()
