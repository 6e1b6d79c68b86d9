#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plays the part of Windows that finds and describes a scanner.

What WSDBIT, the HLK's WSD Scan Discover and the rules of WSDAPI (XAddr validation, AppSequence,
envelope and field sizes, metadata of a scanner) look at, against `wsd serve` across a link.
"""

import re
import socket
import time
import urllib.parse

from interop import ADDRESSES, SERVER, Serve, case, check, equal, main
from soap import (DISCOVERY_URN, LANG, MAX_ENVELOPE, NS, STABLE_PATH, Device, Ears, Mouth, call,
                  endpoint_of, match_of, operate, probe, q, request, resolve, retrieve_body,
                  scan_request, sequence_of)

SHEETS = 2
NIL = "urn:uuid:00000000-0000-0000-0000-000000000000"
COMPATIBLE_ID = "http://schemas.microsoft.com/windows/2006/08/wdp/scan/ScannerServiceType"
TYPES = [q("wsdp:Device"), q("wscn:ScanDeviceType")]
FOREIGN = ' xmlns:x="http://example.net/none"'
IPV4, IPV6 = socket.AF_INET, socket.AF_INET6


class Stage:
    """The running scanner and what was heard when it began."""

    def __init__(self, world):
        self.world = world
        self.ears = {(family, n): Ears(world, family, n) for family in (IPV4, IPV6) for n in (0, 1)}
        self.serve = Serve(world, "--answer-delay", "0", "--sheets", str(SHEETS))
        self.hellos = {key: ears.hear("Hello") for key, ears in self.ears.items()}
        envelope, _ = self.ask(probe("wsdp:Device"))
        self.endpoint, _, _, xaddrs, self.version = match_of(envelope)
        self.device = Device(world, xaddrs[0], self.endpoint)

    def ask(self, question, family=IPV4, interface=0, to=None):
        with Mouth(self.world, family, interface) as mouth:
            return mouth.ask(question, to=to)

    def silent(self, question):
        """No answer: a later question on the same socket is answered, this one was not.

        Answers are not delayed here, so that what will be answered is answered in order."""
        with Mouth(self.world) as mouth:
            asked = mouth.say(question)
            control = mouth.say(probe("wsdp:Device"))
            envelope, _, others = mouth.answers(control)
        check(envelope is not None, "the scanner answers no more")
        relations = [other.head("wsa:RelatesTo") for other in others]
        check(asked not in relations, lambda: f"answered to {question.decode()}")


def check_announcement(envelope):
    check(len(envelope.data) <= 4096, f"datagram of {len(envelope.data)} octets")
    equal(envelope.head("wsa:To"), DISCOVERY_URN, "To")
    sequence_of(envelope)


def check_match(envelope, endpoint, version, family, interface):
    """The rules of XAddrs (MSL "XAddr validation rules") and what a match has to have."""
    equal(envelope.head("wsa:To"), NS["wsa"] + "/role/anonymous", "To")
    check(len(envelope.data) <= 4096, f"datagram of {len(envelope.data)} octets")
    got_endpoint, types, _, xaddrs, got_version = match_of(envelope)
    equal(got_endpoint, endpoint, "endpoint")
    equal(got_version, version, "MetadataVersion")
    check(set(TYPES) <= set(types), f"types {types}")
    check(xaddrs, "no XAddrs")
    first = urllib.parse.urlsplit(xaddrs[0])
    for xaddr in xaddrs:
        equal(urllib.parse.urlsplit(xaddr).scheme, "http", "scheme of an XAddr")
        check("%" not in urllib.parse.urlsplit(xaddr).netloc, f"zone in {xaddr}")
    wanted = ADDRESSES["server"][interface][family == IPV6]
    equal(first.hostname, wanted, "host of the first XAddr")
    return first


def connect(world, host, port, interface, family):
    with world.on("client"):
        sock = socket.socket(family)
        index = socket.if_nametoindex(f"eth{interface}")
    sock.settimeout(5)
    try:
        sock.connect((host, port) if family == IPV4 else (host, port, 0, index))
    finally:
        sock.close()


@case("Hello is sent at the start on each interface and family")
def hello(stage):
    for (family, n), heard in stage.hellos.items():
        check(heard is not None, f"no Hello on eth{n}, {family.name}")
        envelope, peer = heard
        check_announcement(envelope)
        endpoint, types, _, xaddrs, version = match_of(envelope)
        equal((endpoint, version), (stage.endpoint, stage.version), "endpoint and version")
        equal(types, TYPES, "types")
        own = ADDRESSES["server"][n][family == IPV6]
        equal(peer[0].partition("%")[0], own, "sender")
        for xaddr in xaddrs:
            equal(urllib.parse.urlsplit(xaddr).hostname, own, "host of the XAddr")


@case("one Hello goes to all interfaces: same MessageID, same AppSequence")
def hello_is_one(stage):
    for name in ("MessageID", "AppSequence"):
        values = {e.head("wsa:MessageID") if name == "MessageID" else sequence_of(e)
                  for e, _ in stage.hellos.values()}
        equal(len(values), 1, f"values of {name}")


def probe_case(name, family, interface, *arguments, **options):
    @case(f"Probe {name} is answered, {family.name} on eth{interface}, by the rules of XAddrs")
    def answered(stage):
        envelope, peer = stage.ask(probe(*arguments, **options), family, interface)
        equal(envelope.action, NS["wsd"] + "/ProbeMatches", "Action")
        first = check_match(envelope, stage.endpoint, stage.version, family, interface)
        equal(peer[0].partition("%")[0], first.hostname, "sender of the answer")
        equal(peer[1], 3702, "source port")
        connect(stage.world, first.hostname, first.port or 80, interface, family)


for family_ in (IPV4, IPV6):
    probe_case("without types", family_, 0)
    probe_case("for wsdp:Device", family_, 0, "wsdp:Device")
    probe_case("for ScanDeviceType alone", family_, 0, "wscn:ScanDeviceType")
    probe_case("for both types", family_, 1, "wsdp:Device wscn:ScanDeviceType")
probe_case("with other prefixes", IPV4, 0, "y:Device",
           extra_ns=' xmlns:y="http://schemas.xmlsoap.org/ws/2006/02/devprof"')


@case("Probe for a type that it has and one that it has not gets silence")
def probe_both(stage):
    stage.silent(probe("wsdp:Device x:Toaster", extra_ns=FOREIGN))


@case("Probe for a foreign type gets silence")
def probe_foreign(stage):
    stage.silent(probe("x:Toaster", extra_ns=FOREIGN))


@case("Probe for ScanDeviceType in a foreign namespace gets silence")
def probe_foreign_namespace(stage):
    stage.silent(probe("x:ScanDeviceType", extra_ns=FOREIGN))


@case("Probe for the service's type, which is none of the device's, gets silence")
def probe_service_type(stage):
    stage.silent(probe("wscn:ScannerServiceType"))


@case("Probe for a scope that it has not gets silence")
def probe_scope(stage):
    stage.silent(probe("wsdp:Device", "http://example.net/Here"))


@case("its own scopes match in the right case and are silent in another")
def probe_scope_case(stage):
    envelope, _ = stage.ask(probe("wsdp:Device"))
    scopes = match_of(envelope)[2]
    for scope in scopes:
        stage.ask(probe("wsdp:Device", scope))
        stage.silent(probe("wsdp:Device", scope.swapcase(),
                           NS["wsd"] + "/strcmp0"))
    if not scopes:  # then the adhoc scope is what the specification gives it
        stage.silent(probe("wsdp:Device", "http://SCHEMAS.example/ADHOC", NS["wsd"] + "/strcmp0"))


@case("Probe with an unknown MatchBy gets silence by multicast, a fault over HTTP")
def probe_match_by(stage):
    question = probe("wsdp:Device", "http://example.net/", "http://example.net/rule")
    stage.silent(question)
    answer = call(stage.world, stage.device.url, question)
    equal(answer.envelope.subcode(), (q("soap:Sender"), q("wsd:MatchingRuleNotSupported")), "fault")
    equal(answer.status, 400, "status")
    equal(answer.envelope.action, NS["wsd"] + "/fault", "Action")


@case("Resolve of its endpoint is answered, IPv4 and IPv6")
def resolve_own(stage):
    for family in (IPV4, IPV6):
        envelope, peer = stage.ask(resolve(stage.endpoint), family)
        equal(envelope.action, NS["wsd"] + "/ResolveMatches", "Action")
        first = check_match(envelope, stage.endpoint, stage.version, family, 0)
        equal(peer[0].partition("%")[0], first.hostname, "sender")


@case("Resolve of the nil UUID gets silence")
def resolve_nil(stage):
    stage.silent(resolve(NIL))


@case("malformed and foreign datagrams get silence")
def malformed(stage):
    with Mouth(stage.world) as mouth:
        for data in (b"<:/>", b"", b"\0" * 100, probe().replace(b"/Probe<", b"/Nonsense<"),
                     b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a/>"):
            mouth.socket.sendto(data, mouth.group)
        control = mouth.say(probe("wsdp:Device"))
        envelope, _, others = mouth.answers(control)
    check(envelope is not None and not others, f"{len(others)} answers to nonsense")


@case("a repeated datagram is answered once")
def repeated(stage):
    question = probe("wsdp:Device")
    with Mouth(stage.world) as mouth:
        first = [mouth.say(question) for _ in range(3)][0]
        _, _, others = mouth.answers(mouth.say(probe("wsdp:Device")))
    # The scanner may repeat its own answer (SOAP-over-UDP 2.1), under the same MessageID.
    answers = {e.head("wsa:MessageID") for e in others if e.head("wsa:RelatesTo") == first}
    equal(len(answers), 1, "answers")


@case("a Probe by unicast UDP from the link is answered")
def unicast(stage):
    envelope, peer = stage.ask(probe("wsdp:Device"), to=(SERVER, 3702))
    equal(endpoint_of(envelope), stage.endpoint, "endpoint")
    equal(peer[0], SERVER, "sender")


@case("HTTP Probe at the stable URL and at the device's URL is answered, no match with none")
def directed(stage):
    host = urllib.parse.urlsplit(stage.device.url).netloc
    for url in (f"http://{host}{STABLE_PATH}", stage.device.url):
        for types in (None, "wsdp:Device", "wscn:ScanDeviceType"):
            answer = call(stage.world, url, probe(types), NS["wsd"] + "/ProbeMatches")
            endpoint, _, _, xaddrs, version = match_of(answer.envelope)
            equal((endpoint, version), (stage.endpoint, stage.version), "endpoint and version")
            equal(urllib.parse.urlsplit(xaddrs[0]).hostname, SERVER, "host of the XAddr")
        answer = call(stage.world, url, probe("x:Toaster", extra_ns=FOREIGN),
                      NS["wsd"] + "/ProbeMatches")
        matches = answer.envelope.find("soap:Body/wsd:ProbeMatches")
        check(matches is not None and len(matches) == 0, "an empty ProbeMatches was wanted")


@case("MessageNumber rises and InstanceId stays, message by message")
def sequence(stage):
    numbers = []
    for _ in range(3):
        envelope, _ = stage.ask(probe("wsdp:Device"))
        numbers.append(sequence_of(envelope))
    equal(len({instance for instance, _ in numbers}), 1, "InstanceIds")
    check(numbers == sorted(set(numbers)), f"MessageNumbers {numbers}")
    check(numbers[0] > sequence_of(stage.hellos[IPV4, 0][0]), "Hello's number is not the lower")


@case("the metadata make it a scanner that Windows can install")
def metadata(stage):
    m = stage.device.metadata
    check(len(m.data) < MAX_ENVELOPE, f"{len(m.data)} octets")
    sections = {s.get("Dialect"): s for s in m.all("soap:Body/wsx:Metadata/wsx:MetadataSection")}
    names = [NS["wsdp"] + "/" + n for n in ("ThisModel", "ThisDevice", "Relationship")]
    equal(sorted(sections), sorted(names), "dialects")
    model, device, relation = (sections[n][0] for n in names)
    equal(relation.get("Type"), NS["wsdp"] + "/host", "Type of the relationship")
    for part, children in ((model, ("wsdp:Manufacturer", "wsdp:ModelName")),
                           (device, ("wsdp:FriendlyName",))):
        for child in children:
            found = part.findall(q(child))
            check(found and found[0].text.strip(), f"no {child}")
            check(LANG in found[0].attrib, f"{child}: no lang")
    equal(device.findtext(q("wsdp:FriendlyName")), Serve.NAME, "FriendlyName")
    equal(model.findtext(q("pnpx:DeviceCategory")), "Scanners", "DeviceCategory")
    order = [q("wsdp:" + n) for n in ("Manufacturer", "ManufacturerUrl", "ModelName", "ModelNumber",
                                      "ModelUrl", "PresentationUrl")] + [q("pnpx:DeviceCategory")]
    tags = [child.tag for child in model]
    equal(tags, [t for t in order if t in tags], "order in ThisModel")
    for element in m.body.iter():
        check(len(element.text or "") < 256, f"{element.tag} is too long")


@case("Host and Hosted: endpoint, types, CompatibleId and HardwareId to the letter")
def relationship(stage):
    m = stage.device.metadata
    base = "soap:Body/wsx:Metadata/wsx:MetadataSection/wsdp:Relationship/"
    (host,) = m.all(base + "wsdp:Host")
    equal(host.findtext("wsa:EndpointReference/wsa:Address", namespaces=NS), stage.endpoint, "Host")
    equal(m.qnames(host.find(q("wsdp:Types"))), TYPES, "types of the host")
    check(re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", stage.endpoint),
          f"endpoint {stage.endpoint}")
    (hosted,) = m.all(base + "wsdp:Hosted")
    equal(m.qnames(hosted.find(q("wsdp:Types"))), [q("wscn:ScannerServiceType")], "types")
    equal(hosted.findtext(q("pnpx:CompatibleId")), COMPATIBLE_ID, "CompatibleId")
    hardware = hosted.findtext(q("pnpx:HardwareId"))
    check(hardware and not re.search(r"\s", hardware), f"HardwareId {hardware!r}")
    check((hosted.findtext(q("wsdp:ServiceId")) or "").strip(), "no ServiceId")
    check(host.find(q("wsdp:ServiceId")) is not None, "the host has no ServiceId")


@case("GetResponse on one interface lists addresses of that one alone")
def per_interface(stage):
    for n in (0, 1):
        own = ADDRESSES["server"][n][0]
        device = Device(stage.world, f"http://{own}:{stage.serve.port}"
                        + urllib.parse.urlsplit(stage.device.url).path, stage.endpoint)
        equal({urllib.parse.urlsplit(s).hostname for s in device.services}, {own}, "service hosts")
        other = ADDRESSES["server"][1 - n][0].encode()
        check(other not in device.metadata.data, f"metadata asked of {own} name {other.decode()}")


@case("Get over IPv6 link-local lists IPv6 addresses without a zone")
def metadata_ipv6(stage):
    path = urllib.parse.urlsplit(stage.device.url).path
    host = ADDRESSES["server"][0][1]
    with stage.world.on("client"):
        sock = socket.create_connection((host + "%eth0", stage.serve.port), 10)
    body = request(NS["wxf"] + "/Get", to=stage.endpoint)
    sock.sendall(f"POST {path} HTTP/1.1\r\nHost: [{host}]:{stage.serve.port}\r\n"
                 "Content-Type: application/soap+xml\r\nConnection: close\r\n"
                 f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
    answer = b""
    while piece := sock.recv(65536):
        answer += piece
    sock.close()
    check(answer.startswith(b"HTTP/1.1 200"), answer[:200])
    check(f"http://[{host}]:".encode() in answer, "no address of the interface asked")
    check(b"%eth" not in answer and b"%25" not in answer, "zone in the metadata")
    check(SERVER.encode() not in answer, "IPv4 address in the metadata asked over IPv6")


@case("Get with To of another device is refused")
def wrong_to(stage):
    answer = call(stage.world, stage.device.url, request(NS["wxf"] + "/Get", to=NIL))
    equal(answer.envelope.subcode(), (q("soap:Sender"), q("wsa:DestinationUnreachable")), "fault")
    equal(answer.status, 400, "status")


@case("Transfer operations other than Get are refused")
def put(stage):
    answer = call(stage.world, stage.device.url, request(NS["wxf"] + "/Put", to=stage.endpoint))
    equal(answer.envelope.subcode(), (q("soap:Sender"), q("wsa:ActionNotSupported")), "fault")


@case("the scan service has what the inbox driver needs at least")
def minimum(stage):
    names = "".join(f"<wscn:Name>wscn:{n}</wscn:Name>" for n in
                    ("ScannerDescription", "DefaultScanTicket", "ScannerConfiguration",
                     "ScannerStatus"))
    answer = operate(stage.world, stage.device.service, "GetScannerElements",
                     f"<wscn:RequestedElements>{names}</wscn:RequestedElements>")
    check(len(answer.envelope.data) < MAX_ENVELOPE, f"{len(answer.envelope.data)} octets")
    texts = {tag: {e.text for e in answer.envelope.body.iter(q("wscn:" + tag))}
             for tag in ("FormatValue", "ColorEntry")}
    check({"png", "exif"} <= texts["FormatValue"], f"formats {texts['FormatValue']}")
    check({"RGB24", "Grayscale8", "BlackAndWhite1"} <= texts["ColorEntry"],
          f"colors {texts['ColorEntry']}")
    check(answer.envelope.body.find(".//" + q("wscn:Platen")) is not None, "no Platen")


def windows_ticket(form, color, source="Platen", size=(4000, 3000)):
    """What the inbox driver of Windows 10 sends: nearly everything must be honored."""
    must = ' wscn:MustHonor="true"'
    region = "".join(f"<wscn:ScanRegion{n}{must}>{v}</wscn:ScanRegion{n}>" for n, v in
                     (("XOffset", 0), ("YOffset", 0), ("Width", size[0]), ("Height", size[1])))
    return ("<wscn:ScanTicket><wscn:JobDescription><wscn:JobName>Validating scan ticket for "
            "current WIA item properties</wscn:JobName><wscn:JobOriginatingUserName>WIA session run "
            "for USER on HOST</wscn:JobOriginatingUserName><wscn:JobInformation>Validating scan ticket"
            "</wscn:JobInformation></wscn:JobDescription><wscn:DocumentParameters>"
            f"<wscn:Format{must}>{form}</wscn:Format>"
            f"<wscn:ImagesToTransfer{must}>0</wscn:ImagesToTransfer>"
            f"<wscn:InputSource{must}>{source}</wscn:InputSource>"
            f"<wscn:InputSize{must}><wscn:InputMediaSize><wscn:Width>8500</wscn:Width>"
            "<wscn:Height>11000</wscn:Height></wscn:InputMediaSize></wscn:InputSize>"
            f"<wscn:Exposure{must}><wscn:ExposureSettings><wscn:Contrast>0</wscn:Contrast>"
            "<wscn:Brightness>0</wscn:Brightness></wscn:ExposureSettings></wscn:Exposure>"
            f"<wscn:Scaling{must}><wscn:ScalingWidth>100</wscn:ScalingWidth>"
            "<wscn:ScalingHeight>100</wscn:ScalingHeight></wscn:Scaling>"
            f"<wscn:Rotation{must}>0</wscn:Rotation><wscn:MediaSides><wscn:MediaFront>"
            f"<wscn:ScanRegion>{region}</wscn:ScanRegion>"
            f"<wscn:ColorProcessing{must}>{color}</wscn:ColorProcessing>"
            f"<wscn:Resolution{must}><wscn:Width>75</wscn:Width><wscn:Height>75"
            "</wscn:Height></wscn:Resolution></wscn:MediaFront></wscn:MediaSides>"
            "</wscn:DocumentParameters></wscn:ScanTicket>")


def scan_as_windows(stage, ticket):
    """ValidateScanTicket, CreateScanJob, RetrieveImage to the end: (images, CreateScanJobResponse).
    """
    url = stage.device.service
    valid = operate(stage.world, url, "ValidateScanTicket", ticket)
    equal(valid.envelope.body.findtext(".//" + q("wscn:ValidTicket")), "true", "ValidTicket")
    created = operate(stage.world, url, "CreateScanJob", ticket).envelope
    job, token = (created.body.findtext(".//" + q("wscn:" + n)) for n in ("JobId", "JobToken"))
    images = []
    while True:
        got = call(stage.world, url, scan_request("RetrieveImage", retrieve_body(job, token), url))
        if got.envelope.subcode():
            equal(got.envelope.subcode()[1], q("wscn:ClientErrorNoImagesAvailable"), "fault")
            return images, created
        images.append(got.image)


@case("the inbox driver's ticket, all of it to be honored, is valid and scans")
def inbox_ticket(stage):
    for form, color, magic in (("exif", "RGB24", b"\xff\xd8"), ("png", "RGB24", b"\x89PNG"),
                               ("png", "Grayscale8", b"\x89PNG"),
                               ("png", "BlackAndWhite1", b"\x89PNG"),
                               ("tiff-single-uncompressed", "RGB24", b"II*\0")):
        images, created = scan_as_windows(stage, windows_ticket(form, color))
        equal([image[:len(magic)] for image in images], [magic], f"{form}, {color}")
        size = [int(created.body.findtext(".//" + q("wscn:" + n)))
                for n in ("PixelsPerLine", "NumberOfLines")]
        equal(size, [300, 225], "pixels of 4 by 3 inches at 75 dpi")


@case("duplex with MediaFront alone scans both sides alike")
def inbox_duplex(stage):
    images, created = scan_as_windows(stage, windows_ticket("png", "Grayscale8", "ADFDuplex",
                                                            (8500, 11000)))
    equal(len(images), 2 * SHEETS, "images")
    check(len(set(images)) == len(images), "front and back are the same image")
    back = created.find("soap:Body/wscn:CreateScanJobResponse/wscn:ImageInformation/"
                        "wscn:MediaBackImageInfo")
    check(back is not None, "no MediaBackImageInfo")
    final = created.body.find(".//" + q("wscn:MediaSides"))
    front, rear = (["".join(e.itertext()) for e in final.find(q("wscn:" + n)).iter()]
                   for n in ("MediaFront", "MediaBack"))
    equal(rear, front, "settings of the back")


@case("a ticket with a Format alone, as the Scan app's Auto sends it, is scanned")
def inbox_auto(stage):
    ticket = ("<wscn:ScanTicket><wscn:JobDescription><wscn:JobName>Auto</wscn:JobName>"
              "<wscn:JobOriginatingUserName>USER</wscn:JobOriginatingUserName>"
              "</wscn:JobDescription><wscn:DocumentParameters><wscn:Format>png</wscn:Format>"
              "</wscn:DocumentParameters></wscn:ScanTicket>")
    images, _ = scan_as_windows(stage, ticket)
    check(images and images[0].startswith(b"\x89PNG"), "no image")


@case("the default wait before an answer stays below the 2500 ms of Windows")
def default_delay(stage):
    second = Serve(stage.world, name="Slow Scanner", port=0)
    envelopes = []
    with Mouth(stage.world) as mouth:
        asked, deadline = mouth.say(probe("wscn:ScanDeviceType")), time.monotonic() + 2.5
        while not any(endpoint_of(e) != stage.endpoint for e in envelopes):
            envelope, _, _ = mouth.answers(asked, deadline - time.monotonic())
            check(envelope is not None, "no answer within 2500 ms")
            envelopes.append(envelope)
    second.end()


@case("on port 80 the stable URL of the scan service definition answers, without a port")
def port_80(stage):
    serve = Serve(stage.world, "--answer-delay", "0", name="Port 80", port=80)
    answer = call(stage.world, f"http://{SERVER}{STABLE_PATH}", probe("wscn:ScanDeviceType"),
                  NS["wsd"] + "/ProbeMatches")
    endpoint, _, _, xaddrs, _ = match_of(answer.envelope)
    check(endpoint != stage.endpoint, "the other scanner answered")
    Device(stage.world, xaddrs[0], endpoint)
    serve.end()


@case("Bye is sent at the end, on each interface and family, above all numbers before")
def bye(stage):
    envelope, _ = stage.ask(probe("wsdp:Device"))
    before = sequence_of(envelope)
    stage.serve.end()
    for (family, n), ears in stage.ears.items():
        heard = ears.hear("Bye", of=stage.endpoint)
        check(heard is not None, f"no Bye on eth{n}, {family.name}")
        check_announcement(heard[0])
        check(sequence_of(heard[0]) > before, f"{sequence_of(heard[0])} is not above {before}")
    stage.last = sequence_of(heard[0])


@case("after a restart: same endpoint, services and MetadataVersion, a higher InstanceId")
def restart(stage):
    serve = Serve(stage.world, "--answer-delay", "0")
    heard = stage.ears[IPV4, 0].hear("Hello", of=stage.endpoint)
    check(heard is not None, "no Hello of the same endpoint")
    equal(match_of(heard[0])[4], stage.version, "MetadataVersion")
    check(sequence_of(heard[0])[0] > stage.last[0],
          f"InstanceId {sequence_of(heard[0])[0]} after {stage.last[0]}")
    # Serve Get without any discovery before (WSDBIT 1.5), with the same ServiceIds.
    again = Device(stage.world, stage.device.url, stage.endpoint)
    for path in ("wsdp:ServiceId", "wsdp:FriendlyName", "pnpx:HardwareId"):
        equal([e.text for e in again.metadata.body.iter(q(path))],
              [e.text for e in stage.device.metadata.body.iter(q(path))], path)
    equal(again.services, stage.device.services, "addresses of the service")
    serve.end()


if __name__ == "__main__":
    main(setup=Stage)
