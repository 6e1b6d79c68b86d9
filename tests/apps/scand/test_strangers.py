#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Scanners, and hosts that are none, which mean harm: what they send is bounded, refused and said;
nothing is ever written outside of our folders, and no shell sees a word of theirs. See scand.py."""

import http.client
import os
import socket
import struct
import time
import urllib.parse
import zlib
from pathlib import Path

from scand import Document, check, equal, main, scene, wait_for
import network
from network import Switch
from puppet import (JPEG, Puppet, Reply, image_head, image_reply, marked, multipart_type, post,
                    scan_answer)

EVIL = "../../../../tmp/pwned;touch pwned;$(touch pwned)`touch pwned`|touch pwned\r\n\x1b[31m\x07"
XML_EVIL = "".join(c if c >= " " else f"&#{ord(c)};" if c in "\r\n" else "" for c in EVIL)


def puppet(here, images=None, general=None, destination=None, **options):
    fake = Puppet(here, **options)
    if images is not None:
        fake.images = images
    daemon = here.daemon(general={"discovery": False, **(general or {})},
                         destinations={"Desk": {"source": "adf", **(destination or {})}},
                         scanners={"Puppet": fake.section()})
    fake.wait_subscribed()
    daemon.wait_ready()
    return fake, daemon


def failed(daemon, *words, count=1):
    scan = daemon.wait_scans(count)[0]
    equal(scan["state"], "failed", f"{scan}")
    for word in words:
        check(word in scan["error"], lambda w=word: f"{w!r} is not in {scan['error']!r}")
        check(word in daemon.said(), lambda w=word: f"the log does not say {w!r}")
    return scan


def works(fake, daemon, count=2):
    """The same scanner, well-behaved, is scanned from as ever."""
    fake.images = [image_reply(marked("well"))]
    fake.press(identifier=f"scan-well-{count}")
    scan = daemon.wait_scans(count)[0]
    equal(scan["state"], "done", f"{scan}")
    return scan


def all_names(here, daemon):
    """Paths of all that is there, but for what has to be."""
    names = {str(Path(root, name).relative_to(here.world.directory))
             for root, folders, files in os.walk(here.world.directory) for name in folders + files}
    mine = str(Path(daemon.path).relative_to(here.world.directory))
    return {name for name in names if not name.startswith(mine)}


def endless(head=b"", piece=bytes(65536), pause=0.0):
    """`sent` of what is returned tells how much went out."""
    class Pieces:
        sent = 0

        def __iter__(self):
            yield head
            while True:
                self.sent += len(piece)
                yield piece
                if pause:
                    time.sleep(pause)
    return Pieces()


# -- names ------------------------------------------------------------------------------------


@scene("names with paths, quotes, shell and control characters stay inside of the folder")
def _(here):
    spy = Path(here.path, "spy")
    spy.write_text(f"#!/bin/sh\nfor a; do printf '%s\\n' \"$a\"; done > {here.path}/arguments\n"
                   f"printf '%s' \"$WSD_DEVICE\" > {here.path}/device\n")
    spy.chmod(0o755)
    command = {"command": [str(spy), "{file}", "{device}", "{name}"],
               "pattern": "{device}-{counter}"}
    fake = Puppet(here, name="Evil", model=EVIL.replace("\x1b", "").replace("\x07", ""))
    get = fake.get
    fake.get = lambda request: get(request).replace(b">Evil<", b">" + XML_EVIL.encode() + b"<")
    daemon = here.daemon(general={"discovery": False, "notify": [str(spy), "{scanner}", "{text}"]},
                         destinations={"Desk": command}, scanners={"Puppet": fake.section()})
    before = all_names(here, daemon)
    fake.wait_subscribed()
    daemon.wait_ready()
    fake.press(identifier=EVIL.replace("\x1b", "").replace("\x07", ""))
    scan = daemon.wait_scans()[0]
    equal(scan["state"], "done", f"{scan}")
    (name,) = daemon.files()
    check("/" not in name and name.isprintable(), name)
    equal(scan["files"], [f"{daemon.output}/{name}"], "files")
    wait_for("the notice", lambda: "touch pwned" in Path(here.path, "arguments").read_text())
    new = {n for n in all_names(here, daemon) - before
           if os.path.basename(n) not in ("arguments", "device")}
    equal(new, set(), "other new files")
    check(not list(Path(here.world.directory).rglob("pwned")), "a shell was there")
    check(not os.path.exists("/tmp/pwned"), "a path was followed")
    for line in daemon.said().split("\n"):
        check(line.isprintable(), f"the log has {line!r}")
    check(all(c.isprintable() for c in Path(here.path, "device").read_text()), "$WSD_DEVICE")


@scene("a name of ten thousand characters is cut; file, status and log stay usable")
def _(here):
    fake, daemon = puppet(here, name="N" * 10000, destination={"pattern": "{device}"})
    fake.press()
    scan = daemon.wait_scans()[0]
    equal(scan["state"], "done", f"{scan['state']}")
    check(len(os.path.basename(scan["files"][0])) <= 255, "name")
    check(len(scan["scanner"]) < 200, "name in the status")
    Document(scan["files"][0])


@scene("a scan identifier of markup goes back as the text that it is")
def _(here):
    fake, daemon = puppet(here)
    evil = '<x a="b">&amp;]]></x>'
    fake.press(identifier=evil)
    equal(daemon.wait_scans()[0]["state"], "done", "scan")
    text = fake.all("CreateScanJob")[0].text
    check("&lt;x a=" in text and "<x " not in text, text)


# -- pages ------------------------------------------------------------------------------------


@scene("a page without an end is given up at max-page-size")
def _(here):
    pieces = endless(image_head())
    fake, daemon = puppet(here, [Reply(pieces, content_type=multipart_type())],
                          general={"max-page-size": "2 MB"})
    fake.press()
    failed(daemon, "max-page-size")
    check(pieces.sent < 20e6, f"{pieces.sent} bytes were sent")
    equal(daemon.spool(), [], "spool")
    size = sum(p.stat().st_size for p in Path(daemon.path).rglob("*") if p.is_file())
    check(size < 3e6, f"{size} bytes are left")
    fake.wait_for("CancelJob")
    works(fake, daemon)


@scene("a page that claims ten gigabytes is given up before they come")
def _(here):
    fake, daemon = puppet(here, [Reply(image_head() + bytes(100000), length=10 ** 10, hold=True,
                                       content_type=multipart_type())],
                          general={"page-timeout": "5 s"})
    fake.press()
    wait_for("the page", lambda: fake.count("RetrieveImage"))
    here.turn_until("the end", lambda: daemon.scans()[0]["state"] == "failed", 10)
    works(fake, daemon)


@scene("pages without an end stop at max-pages; the job is cancelled, the document is whole")
def _(here):
    fake, daemon = puppet(here, destination={"max-pages": 20})
    fake.answers["RetrieveImage"] = lambda request: image_reply(JPEG)
    fake.press()
    scan = daemon.wait_scans()[0]
    equal((scan["state"], scan["pages"], fake.count("RetrieveImage")), ("done", 20, 20), f"{scan}")
    equal(Document(scan["files"][0]).pages, 20, "pages")
    fake.wait_for("CancelJob")


@scene("pages without an end stop at max-size; what came is kept")
def _(here):
    fake, daemon = puppet(here, general={"max-size": "1 MB", "max-page-size": "1 MB"})
    fake.answers["RetrieveImage"] = lambda request: image_reply(marked("much", 100000))
    fake.press()
    scan = failed(daemon, "larger than max-size allows")
    check(9 <= scan["pages"] <= 10 and scan["kept"], f"{scan}")
    fake.wait_for("CancelJob")
    fake.answers.clear()
    works(fake, daemon)


@scene("a page that drips byte by byte is given up after a quarter of an hour")
def _(here):
    fake, daemon = puppet(here, [Reply(endless(image_head() + JPEG[:20], b"x", 0.02),
                                       content_type=multipart_type())],
                          general={"page-timeout": "30 s"})
    fake.press()
    daemon.wait_pages(0, part=True)
    took = here.turn_until("the end", lambda: daemon.scans()[0]["state"] == "failed", 960, 15)
    check(took > 800, f"given up after {took:.0f} s, though bytes came")
    failed(daemon, "took longer than 15 minutes")
    fake.wait_for("CancelJob")
    works(fake, daemon)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(width, height, rows):
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    deflate = zlib.compressobj(9)
    data = b"".join(deflate.compress(bytes(width + 1)) for _ in range(rows)) + deflate.flush()
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data)
            + chunk(b"IEND", b""))


@scene("an image bomb is a broken page: it is kept as it came, the others become the document")
def _(here):
    images = [marked("one"), bomb(2 ** 31 - 1, 2 ** 31 - 1, 0), bomb(100000, 100000, 20),
              marked("two")]
    fake, daemon = puppet(here, [image_reply(image) for image in images],
                          destination={"drop-blank": True})
    fake.press()
    scan = failed(daemon, "page 2 is broken")
    daemon.wait_said("page 3 is broken")
    equal(Document(scan["files"][0]).pages, 2, "pages of the document")
    equal(sorted(p.name for p in Path(scan["kept"]).glob("page-*")),
          ["page-0002.png", "page-0003.png"], "pages that are kept")
    works(fake, daemon)


@scene("pages that are no image at all: text, nothing, a script")
def _(here):
    fake, daemon = puppet(here, [image_reply(data) for data in (
        b"#!/bin/sh\ntouch pwned\n", marked("good"), b"\xff\xd8\xff")])
    fake.press()
    scan = failed(daemon, "broken")
    equal(Document(scan["files"][0]).pages, 1, "pages")
    check(all(not os.access(p, os.X_OK) for p in Path(scan["kept"]).iterdir()), "executable")
    works(fake, daemon)


@scene("final parameters that make no sense are no harm")
def _(here):
    fake, daemon = puppet(here, destination={"paper": "a4"})
    good = fake.createscanjob
    for count, number in enumerate(("-2147483648", "2147483647", "0", "-1"), 1):
        def create(request, number=number):
            text = good(request).decode()
            for name in ("Width", "Height", "ScanRegionXOffset", "ScanRegionYOffset",
                         "ScanRegionWidth", "ScanRegionHeight", "PixelsPerLine", "NumberOfLines",
                         "ImagesToTransfer"):
                pieces = text.split(f"<wscn:{name}>")
                text = f"<wscn:{name}>{number}<".join(
                    [pieces[0]] + [piece.partition("<")[2] for piece in pieces[1:]])
            return text.encode()
        fake.answers["CreateScanJob"] = create
        fake.images = [image_reply(marked(f"page {count}"))]
        fake.press(identifier=f"scan-{number}")
        daemon.wait_scans(count)
    fake.answers.clear()
    works(fake, daemon, 5)


@scene("a job id that is none, and an answer for another operation, end the scan and say so")
def _(here):
    fake, daemon = puppet(here)
    for count, answer in enumerate((
            lambda request: scan_answer("CreateScanJob", "<wscn:JobId>0</wscn:JobId>",
                                        request.message_id),
            lambda request: scan_answer("CancelJob", "", request.message_id),
            lambda request: Reply(b"<html>hello</html>", content_type="text/html"),
            lambda request: Reply(endless(b"<?xml", b" " * 65536)),
            lambda request: Reply(hangup=True)), 1):
        fake.answers["CreateScanJob"] = [answer]
        fake.press(identifier=f"scan-{count}")
        scan = daemon.wait_scans(count)[0]
        equal(scan["state"], "failed", f"{count}: {scan}")
    fake.answers.clear()
    works(fake, daemon, 6)


# -- other hosts ------------------------------------------------------------------------------


@scene("an event from another host than the scanner begins no scan")
def _(here):
    fake, daemon = puppet(here)
    address, text = fake.event(fake.wait_subscribed())
    for host in ("third", "client"):
        with here.world.on(host):
            answer = post(address, text)
        check(answer >= 400, f"{host}: {answer}")
    here.let_pass(20)
    equal((daemon.scans(), fake.count("CreateScanJob")), ([], 0), "scans")
    equal(works(fake, daemon, 1)["pages"], 1, "pages")


@scene("events that are none of ours, none at all, or too large, begin no scan")
def _(here):
    fake, daemon = puppet(here)
    subscriber = fake.wait_subscribed()
    address, text = fake.event(subscriber)
    elsewhere = address.rpartition("/")[0] + "/0123456789abcdef0123456789abcdef"
    with here.world.on("server"):
        post(*fake.event(subscriber, context="nobody"))
        post(*fake.event(subscriber, context=""))
        post(address, b"<not xml")
        post(address, text.replace(b"ScanIdentifier", b"Identifier"))
        check(post(elsewhere, text) >= 400, "a path that is nobody's")
        try:
            check(post(address, text + b" " * (4 << 20)) >= 400, "a body of 4 MB")
        except (OSError, http.client.HTTPException):
            pass  # cut off in the middle of it
    daemon.wait_said("none of ours")
    equal((daemon.scans(), fake.count("CreateScanJob")), ([], 0), "scans")
    works(fake, daemon, 1)


@scene("a scanner that opens connections to the sink and says nothing does not keep out the button")
def _(here):
    fake, daemon = puppet(here)
    where = urllib.parse.urlsplit(fake.wait_subscribed()[0])
    opened = []
    with here.world.on("third"):
        for _ in range(200):
            try:
                opened.append(socket.create_connection((where.hostname, where.port), 2))
            except OSError:
                break
    fake.press()
    equal(daemon.wait_scans()[0]["state"], "done", "scan")
    for connection in opened:
        connection.close()


@scene("a search that is answered with a thousand scanners which are not there")
def _(here):
    box = here.scanner()
    daemon = here.daemon()
    box.await_entry("Desk")
    daemon.wait_ready()
    with here.world.on("third"):
        mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        mouth.bind((network.THIRD, 0))
        mouth.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                         socket.inet_aton(network.THIRD))
    for number in range(1000):
        mouth.sendto(hello(number), ("239.255.255.250", 3702))
    mouth.close()
    here.let_pass(60)
    check(len(daemon.status()["scanners"]) <= 512, "scanners")
    equal(daemon.scanner("Box")["state"], "ready", "the one that is there")
    box.press("Desk")
    equal(daemon.wait_scans()[0]["state"], "done", "scan")


def hello(number):
    identity = f"urn:uuid:00000000-0000-4000-8000-{number:012}"
    return (
        '<?xml version="1.0"?><soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
        'xmlns:wsd="http://schemas.xmlsoap.org/ws/2005/04/discovery" '
        'xmlns:wsdp="http://schemas.xmlsoap.org/ws/2006/02/devprof" '
        'xmlns:wscn="http://schemas.microsoft.com/windows/2006/08/wdp/scan"><soap:Header>'
        "<wsa:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</wsa:To>"
        "<wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Hello</wsa:Action>"
        f"<wsa:MessageID>urn:uuid:10000000-0000-4000-8000-{number:012}</wsa:MessageID>"
        '<wsd:AppSequence InstanceId="1" MessageNumber="1"/></soap:Header><soap:Body><wsd:Hello>'
        f"<wsa:EndpointReference><wsa:Address>{identity}</wsa:Address></wsa:EndpointReference>"
        "<wsd:Types>wsdp:Device wscn:ScanDeviceType</wsd:Types>"
        f"<wsd:XAddrs>http://{network.THIRD}:9/{number}</wsd:XAddrs>"
        "<wsd:MetadataVersion>1</wsd:MetadataVersion></wsd:Hello></soap:Body>"
        "</soap:Envelope>").encode()


main(setup=Switch)
