# SPDX-License-Identifier: MIT
"""Answers that are wrong: each has its own words and exit code, and none leads elsewhere.

Breaks of the schema name the device, the operation, the element's path, its value and what would
have been allowed. Addresses outside the device's own and our networks are not contacted.
"""

import socket
import threading

from device import NS, Reply, element, envelope, fault, scan_answer
from hostile import (FOREIGN, NETWORK, NOT_FOUND, OK, case, check, device, equal, files,
                     main, run, scan, setup)

EVENTING = "http://schemas.xmlsoap.org/ws/2004/08/eventing"


# -- XML --------------------------------------------------------------------------------------


def replaced(fake, operation, old, new):
    """The device's own answer, with one thing in it replaced."""
    def answer(request):
        data = getattr(fake, operation.lower())(request).decode()
        check(old in data, f"{old} is not in {data}")
        return data.replace(old, new)
    fake.answers[operation] = answer


@case("a required element that is missing is named by its path")
def missing_element(world):
    fake = device(world, name="Sloppy")
    replaced(fake, "GetScannerElements", element("ScannerState", "Idle"), "")
    scan(world, fake).ended(NETWORK, "Sloppy", "GetScannerElements", "ScannerStatus/ScannerState",
                            "is required")


@case("a number out of range is named with its path, its value and what is allowed")
def out_of_range(world):
    fake = device(world, name="Sloppy")
    replaced(fake, "GetScannerElements", element("MaxValue", 100), element("MaxValue", "9999999"))
    scan(world, fake).ended(NETWORK, "Sloppy", "GetScannerElements",
                            "CompressionQualityFactorSupported/MaxValue", "9999999", "100")


@case("a size of zero is out of range")
def zero_size(world):
    fake = device(world, name="Sloppy")
    replaced(fake, "GetScannerElements", element("Height", 11700), element("Height", 0))
    scan(world, fake).ended(NETWORK, "Sloppy", "GetScannerElements", "PlatenMaximumSize/Height",
                            '"0"', "1..")


@case("text where a number belongs is named with its path and its value")
def no_number(world):
    fake = device(world, name="Sloppy")
    replaced(fake, "CreateScanJob", element("JobId", fake.job), element("JobId", "seven"))
    result = scan(world, fake).ended(NETWORK, "Sloppy", "CreateScanJob", "JobId", "seven")
    equal(files(result.folder), [], "files")


@case("a long value is cut in the error, and no control character of it is printed")
def long_value(world):
    fake = device(world, name="Sloppy")
    replaced(fake, "CreateScanJob", element("JobId", fake.job),
             element("JobId", "\u009b31m" + "9" * 50000))
    result = scan(world, fake).ended(NETWORK, "JobId")
    check(len(result.err) < 2000 and "\u009b" not in result.err, result)


@case("an answer in another namespace is not taken")
def wrong_namespace(world):
    fake = device(world, name="Sloppy")
    replaced(fake, "CreateScanJob", NS["wscn"] + '"', 'urn:example:scan"')
    scan(world, fake).ended(NETWORK, "Sloppy", "CreateScanJob", "CreateScanJobResponse",
                            "is required")


@case("the answer to another operation is not taken")
def other_answer(world):
    fake = device(world)
    fake.answers["CreateScanJob"] = scan_answer("CancelJob", "")
    scan(world, fake).ended(NETWORK, "CreateScanJobResponse", "is required")


@case("XML that is none: the line is named, and it is not taken for a web page")
def broken_xml(world):
    fake = device(world)
    fake.answers["CreateScanJob"] = scan_answer("CreateScanJob", "<wscn:JobId>7</wscn:Jo")
    scan(world, fake).ended(NETWORK, "well-formed")


@case("a document type is refused")
def doctype(world):
    fake = device(world)
    fake.answers["CreateScanJob"] = (
        '<?xml version="1.0"?><!DOCTYPE e [<!ENTITY a SYSTEM "file:///etc/passwd">]><e>&a;</e>')
    scan(world, fake).ended(NETWORK, "document type").silent_on("root:")


@case("an envelope without end is cut off at the limit")
def endless_envelope(world):
    fake = device(world)

    def pieces():
        yield b'<soap:Envelope xmlns:soap="' + NS["soap"].encode() + b'">'
        while True:
            yield b"<a/>" * 16384
    fake.answers["CreateScanJob"] = lambda _: Reply(pieces())
    scan(world, fake).ended(NETWORK, "longer than")


@case("elements without end are cut off at the limit")
def many_elements(world):
    fake = device(world)
    fake.answers["CreateScanJob"] = lambda _: scan_answer("CreateScanJob", "<wscn:A/>" * 200000)
    scan(world, fake).ended(NETWORK, "CreateScanJob")


# -- elsewhere --------------------------------------------------------------------------------


class Trap:
    """A listener that nobody should come to. `came` counts who does."""

    def __init__(self, world, host=FOREIGN, answer=None):
        with world.on("server"):
            self.listener = socket.create_server((host, 0))
        self.url = f"http://{host}:{self.listener.getsockname()[1]}/scan"
        self.came = 0
        self.answer = answer
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            self.came += 1
            connection.close()


@case("a service outside our networks is not contacted, and that is said")
def foreign_service(world):
    fake, trap = device(world), Trap(world)
    fake.service_url = trap.url
    scan(world, fake).ended(NETWORK, trap.url, "--allow-foreign")
    equal(trap.came, 0, "connections")


@case("with --allow-foreign it is contacted")
def foreign_service_allowed(world):
    fake, trap = device(world), Trap(world)
    fake.service_url = trap.url
    scan(world, fake, "--allow-foreign").ended(NETWORK).silent_on("--allow-foreign")
    check(trap.came > 0, "nobody came")


@case("a scanner outside our networks is scanned with --allow-foreign")
def foreign_scan(world):
    fake, far = device(world), device(world, host=FOREIGN)
    fake.service_url = far.base + "/scan"
    result = scan(world, fake, "--allow-foreign").ended(OK)
    equal(files(result.folder), ["page.jpg"], "files")
    equal(fake.count("CreateScanJob"), 0, "jobs at the first address")


@case("an XAddr outside our networks is not contacted, and that is said")
def foreign_xaddr(world):
    fake, trap = device(world), Trap(world)
    fake.answers["Get"] = fault("ActionNotSupported")
    fake.answers["GetScannerElements"] = fault("ActionNotSupported")
    fake.answers["Probe"] = lambda request: fake.probe_matches(request.message_id, trap.url)
    scan(world, fake, "-t", "0.5").ended(NETWORK, trap.url, "--allow-foreign")
    equal(trap.came, 0, "connections")


@case("our own loopback is no place for a device to send us to")
def loopback(world):
    fake = device(world)
    fake.service_url = "http://127.0.0.1:9/scan"
    scan(world, fake).ended(NETWORK, fake.service_url, "--allow-foreign")


@case("wsd verify asks no other host that the manager of a subscription is said to be at")
def verify_elsewhere(world):
    with world.on("client"), socket.create_server(("127.0.0.1", 0)) as trap:
        trap.setblocking(False)
        fake = device(world)
        fake.answers["Subscribe"] = lambda request: envelope(
            EVENTING + "/SubscribeResponse",
            f'<wse:SubscribeResponse xmlns:wse="{EVENTING}"><wse:SubscriptionManager><wsa:Address>'
            f"http://127.0.0.1:{trap.getsockname()[1]}/x</wsa:Address><wsa:ReferenceParameters>"
            "<wse:Identifier>urn:uuid:1</wse:Identifier></wsa:ReferenceParameters></wse:SubscriptionManager>"
            "<wse:Expires>PT1H</wse:Expires></wse:SubscribeResponse>", request.message_id)
        result = run(world, "verify", fake.url, "--only", "renew-answered", "--json")
        (made,) = result.json()["checks"]
        equal(made["state"], "untested", "the check")
        check("another host" in made["said"], made)
        equal(fake.count("Subscribe"), 1, "subscriptions")
        try:
            trap.accept()
        except BlockingIOError:
            return
        raise AssertionError("somebody came")


@case("a service without an http address is asked at the device's own")
def strange_scheme(world):
    fake = device(world)
    fake.service_url, fake.one_address = "file:///etc/passwd", True
    scan(world, fake).ended(OK)
    check(all(r.path == "/device" for r in fake.requests), [r.path for r in fake.requests])


@case("a service at a host's name is asked at the device's own address")
def by_name(world):
    fake = device(world)
    fake.service_url = f"http://printer.invalid:{fake.port}/by-name"
    scan(world, fake).ended(OK)
    equal(fake.all("CreateScanJob")[0].path, "/by-name", "path")


def redirect(place, status=307):
    return Reply(b"", status, headers=[f"Location: {place}"], content_type="")


@case("a redirect to another host is not followed, and that is said")
def redirect_elsewhere(world):
    fake, trap = device(world), Trap(world)
    fake.answers["CreateScanJob"] = redirect(trap.url)
    scan(world, fake).ended(NETWORK, "redirects", trap.url)
    equal(trap.came, 0, "connections")


@case("a redirect is not followed with --allow-foreign either, nor to the same host")
def redirect_always(world):
    fake, trap = device(world), Trap(world)
    fake.answers["CreateScanJob"] = [redirect(trap.url), redirect(fake.base + "/other", 301)]
    scan(world, fake, "--allow-foreign").ended(NETWORK, "redirects", trap.url)
    scan(world, fake, "--allow-foreign").ended(NETWORK, "redirects", fake.base + "/other")
    equal(trap.came, 0, "connections")
    equal(fake.count("CreateScanJob"), 2, "jobs asked for")


# -- HTTP -------------------------------------------------------------------------------------


@case("a web page in place of SOAP")
def html(world):
    fake = device(world)
    fake.answers["CreateScanJob"] = Reply("<!DOCTYPE html><html><body>Hello</body></html>",
                                          content_type="text/html")
    scan(world, fake).ended(NETWORK, "web page").silent_on("Hello")


@case("a web page with an error status")
def html_error(world):
    fake = device(world)
    fake.answers["CreateScanJob"] = Reply("<html><body>Not here</body></html>", 404, "text/html")
    scan(world, fake).ended(NETWORK, "404", "no such service")


@case("a login that is asked for")
def login(world):
    fake = device(world)
    fake.answers["CreateScanJob"] = Reply(b"", 401, "")
    scan(world, fake).ended(NETWORK, "401", "login")


@case("an empty answer")
def empty(world):
    fake = device(world)
    fake.answers["CreateScanJob"] = Reply(b"")
    scan(world, fake).ended(NETWORK, "empty")


@case("a connection that is closed without an answer")
def closed(world):
    fake = device(world)
    fake.answers["CreateScanJob"] = Reply(b"", hangup=True)
    scan(world, fake).ended(NETWORK).silent_on("is empty", "no answer within")


@case("a connection that is cut inside the answer")
def cut(world):
    fake = device(world)
    fake.answers["CreateScanJob"] = lambda request: Reply(
        fake.createscanjob(request)[:-40], length=5000)
    scan(world, fake).ended(NETWORK, "connection broke")


@case("no answer at all: the time limit is told, and how to change it")
def silent(world):
    fake = device(world)
    fake.answers["CreateScanJob"] = Reply(silent=True)
    scan(world, fake, "-t", "0.3").ended(NETWORK, "300 ms", "--timeout")


@case("nobody at that address")
def nobody(world):
    fake = device(world)
    fake.stop()
    run(world, "scan", fake.url, "-t", "0.5").ended(NETWORK, "switched on")


@case("a host that answers nothing")
def no_host(world):
    run(world, "scan", "http://192.0.2.77/device", "-t", "0.3").ended(NETWORK)


@case("what is no scanner but a device: it is said that it offers no scan service")
def no_scanner(world):
    fake = device(world, name="Just a Printer")
    replaced(fake, "Get", "wscn:ScannerServiceType", "wscn:PaintService")
    fake.answers["GetScannerElements"] = fault("ActionNotSupported")
    run(world, "scan", fake.url, "-t", "0.5").ended(NOT_FOUND, "Just a Printer", "no scan service")


@case("header lines without end are cut off at the limit")
def endless_headers(world):
    fake = device(world)
    fake.answers["CreateScanJob"] = Reply(b"", headers=["X-Long: " + "x" * 8000] * 100)
    scan(world, fake).ended(NETWORK, "headers are too long")


if __name__ == "__main__":
    main(setup=setup)
