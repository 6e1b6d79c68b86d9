# SPDX-License-Identifier: MIT
"""What a device calls itself: nothing of it reaches a terminal raw, however it is printed, and
nothing is lost or overrun by its length, its number or its changing identity.
"""

import json
import os
import pty
import subprocess
import uuid

from device import (JPEG, Reply, element, element_reference, fault, image_reply, scan_answer,
                    status)
from hostile import (NETWORK, NOT_FOUND, OK, REFUSED, WSD, case, check, device, equal, files, main,
                     responder, run, scan, setup)

# What a terminal would obey: C1 controls as UTF-8, a bidirectional override, a line separator, tab
# and line break. XML 1.0 itself keeps escape and bell out.
EVIL = "Nice\u009b31mred\u0085\u202egnp.exe\u2028\u200f\tScanner\nsecond line"
HARMFUL = "\u009b\u0085\u202e\u2028\u200f\x1b\x07\r"


def harmless(text, result):
    found = [c for c in HARMFUL if c in text]
    check(not found, lambda: f"{found!r} in {text!r}\n{result}")


@case("control characters in names are not printed raw, by no command")
def controls(world):
    for command in ("info", "caps", "status", "jobs", "validate"):
        fake = device(world, name=EVIL, model=EVIL, manufacturer=EVIL)
        result = run(world, command, fake.url)
        check("Nice" in result.out + result.err or command == "validate", result)
        harmless(result.out + result.err, result)


@case("control characters in the device's words are not printed raw either")
def controls_in_words(world):
    fake = device(world)
    for word in ("jfif", "Auto"):
        fake.settings = fake.settings.replace(f">{word}<", f">{EVIL}<")
    fake.settings = fake.settings.replace(element("FormatValue", "png"), "")
    fake.status = status(EVIL, (EVIL,), '<wscn:DeviceCondition wscn:Id="1">' + element(
        "Time", "2026-11-22T18:38:30Z") + element("Name", EVIL) + element("Component", EVIL)
        + element("Severity", EVIL) + "</wscn:DeviceCondition>")
    job = element("JobSummary", element("JobId", 7) + element("JobName", EVIL)
                  + element("JobOriginatingUserName", EVIL) + element("JobState", EVIL)
                  + element("JobStateReasons", element("JobStateReason", EVIL))
                  + element("ScansCompleted", 0))
    fake.answers["GetActiveJobs"] = lambda r: scan_answer(
        "GetActiveJobs", element("ActiveJobs", job), r.message_id)
    for command in ("caps", "status", "jobs", "validate", "scan"):
        result = run(world, command, fake.url, *(["-o", "x-{page}.jpg"] * (command == "scan")))
        harmless(result.out + result.err, result)
        check("Envelope" not in result.err, result)
        check("Nice" in result.out + result.err or command == "scan", result)


@case("control characters in names do not break the lines of a list")
def controls_in_list(world):
    fake = device(world, name=EVIL, model=EVIL)
    ears = responder(world, lambda m, _: [fake.probe_matches(m)])
    try:
        result = run(world, "list", "-t", "0.6").ended(OK)
    finally:
        ears.stop()
    harmless(result.out + result.err, result)
    lines = result.out.splitlines()
    equal(len(lines), 1, f"lines\n{result}")
    equal(lines[0].count("\t"), 3, "columns")


@case("control characters in errors, faults and HTTP answers are not printed raw")
def controls_in_errors(world):
    fake = device(world, name=EVIL)
    for answer in (fault("ServerErrorInternalError", reason=EVIL, detail=EVIL),
                   fault("Unknown" + "x" * 500, reason="\u009b" * 400),
                   Reply(EVIL.encode() + b"\x1b[31m\x07", 409, "text/plain"),
                   Reply(b"\x1b]0;owned\x07", 200, "text/html")):
        fake.answers["CreateScanJob"] = answer
        result = scan(world, fake)
        check(result.code != OK, result)
        harmless(result.err, result)


@case("--debug prints what came, and the terminal is safe from it")
def debug(world):
    fake = device(world, name=EVIL)
    fake.answers["CreateScanJob"] = Reply(b"\x1b[31m\x9b31m\x07" + EVIL.encode(), 409, "text/plain",
                                          headers=["Server: \x1b[31m"])
    result = scan(world, fake, "--debug")
    check(result.code != OK, result)
    harmless(result.err, result)


@case("on a terminal, too")
def terminal(world):
    fake = device(world, name=EVIL, model=EVIL)
    master, slave = pty.openpty()
    with world.on("client"):
        program = subprocess.Popen([WSD, "info", fake.url], stdin=subprocess.DEVNULL, stdout=slave,
                                   stderr=slave)
    os.close(slave)
    seen = b""
    try:
        while piece := os.read(master, 65536):
            seen += piece
    except OSError:
        pass  # Linux says so when the other side is closed
    os.close(master)
    equal(program.wait(20), OK, seen)
    text = seen.decode("utf-8", "replace")
    check("Nice" in text, text)
    harmless(text.replace("\r\n", "\n"), text)


@case("as JSON the name is whole, and escaped")
def as_json(world):
    fake = device(world, name="Nice \u009b31m \"quoted\" \\ name")
    result = run(world, "info", fake.url, "--json").ended(OK)
    check("Nice" in json.dumps(json.loads(result.out)), result)


@case("a job's name cannot be broken by our own file name")
def job_name(world):
    fake = device(world)
    scan(world, fake, output="<&\"'>.jpg").ended(OK)
    check("&lt;&amp;" in fake.all("CreateScanJob")[0].text, fake.all("CreateScanJob")[0].text)


@case("names of 60 000 bytes are cut where they are printed")
def long_names(world):
    long = "Lang\u00e4" * 10000
    fake = device(world, name=long, model=long, manufacturer=long)
    for command in ("info", "caps"):
        run(world, command, fake.url).ended(OK)
    result = scan(world, fake, output="{device}.jpg").ended(OK)
    equal(len(files(result.folder)), 1, "files")
    fake.answers["CreateScanJob"] = fault("ServerErrorInternalError")
    result = scan(world, fake).ended(REFUSED, "internal error")
    check(len(result.err) < 2500, f"{len(result.err)} characters\n{result}")
    check("\ufffd" not in result.err, f"cut inside a character\n{result}")


@case("a name over the limit is an error that says so")
def too_long_name(world):
    fake = device(world, name="x" * 70000)
    scan(world, fake).ended(NETWORK, "longer than 65536 bytes", "Get")


@case("names without a character at all are replaced by the address")
def no_names(world):
    fake = device(world, name="", model="", manufacturer="")
    scan(world, fake).ended(OK)
    fake.answers["CreateScanJob"] = fault("ServerErrorInternalError")
    scan(world, fake).ended(REFUSED, fake.url)


@case("300 hosted services with the scanner behind them")
def many_hosted(world):
    fake = device(world)
    fake.extra_hosted = "".join(
        element_reference(f"{fake.base}/print{n}", "wscn:Other", f"urn:other:{n}", "Hosted")
        for n in range(300))
    scan(world, fake).ended(OK)
    equal(fake.all("CreateScanJob")[0].path, "/scan", "path")


@case("300 addresses of one service: the reachable one is taken")
def many_endpoints(world):
    fake = device(world)
    one = "<wsa:EndpointReference><wsa:Address>http://{}/scan</wsa:Address></wsa:EndpointReference>"
    wrong = "".join(one.format(f"203.0.113.{n % 250 + 1}:{n + 1000}") for n in range(299))
    fake.extra_hosted = (f"<wsdp:Hosted>{wrong}{one.format(fake.base[7:])}"
                         "<wsdp:Types>wscn:ScannerServiceType</wsdp:Types>"
                         "<wsdp:ServiceId>urn:x</wsdp:ServiceId></wsdp:Hosted>")
    scan(world, fake).ended(OK)


@case("metadata of another endpoint than the one that answered the search is told apart")
def other_endpoint(world):
    fake = device(world, name="Two Faces")
    said = uuid.uuid4().urn
    ears = responder(world, lambda m, _: [fake.probe_matches(m, endpoint=said)])
    try:
        result = run(world, "list", "-t", "0.6", "--json").ended(OK)
    finally:
        ears.stop()
    found = [json.loads(line) for line in result.out.splitlines()]
    equal([d["endpoint"] for d in found], [said], "endpoints")
    equal([r.get("To") for r in fake.all("Get")][:1], [said], "whom the Get was for")


@case("a device asked for by its UUID is not replaced by one that answers in its place")
def impostor(world):
    asked, other = uuid.uuid4().urn, uuid.uuid4().urn
    fake = device(world, name="Impostor")
    ears = responder(world, lambda m, _: [fake.probe_matches(m, endpoint=other)])
    try:
        run(world, "info", asked, "-t", "0.5").ended(NOT_FOUND).silent_on("Impostor")
    finally:
        ears.stop()
    equal(fake.count("Get"), 0, "requests for metadata")


@case("two scanners of one name: neither is chosen, both are shown")
def twins(world):
    one, two = device(world, name="Twin"), device(world, name="Twin")
    ears = responder(world, lambda m, _: [one.probe_matches(m), two.probe_matches(m)])
    try:
        result = run(world, "scan", "twi", "-t", "0.6", "-o", "page.jpg").ended(
            NOT_FOUND, "several", one.uuid, two.uuid)
    finally:
        ears.stop()
    equal(one.count("CreateScanJob") + two.count("CreateScanJob"), 0, "jobs")


@case("a format that nobody knows is asked for by its own name, and taken as it comes")
def unknown_format(world):
    fake = device(world)
    fake.settings = fake.settings.replace(element("FormatValue", "jfif"), "").replace(
        element("FormatValue", "png"), element("FormatValue", "vendor-\u00fcber-format"))
    fake.images = [image_reply(JPEG)]
    scan(world, fake, "-f", "raw", output="page.bin")
    equal(fake.all("CreateScanJob")[0].get("Format"), "vendor-\u00fcber-format", "format")


if __name__ == "__main__":
    main(setup=setup)
