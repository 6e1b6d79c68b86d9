# SPDX-License-Identifier: MIT
"""Checks of Get and of the metadata: what makes a device a scanner that Windows can install."""

import re
import socket
import time
import urllib.parse

import wire
from registry import check
from session import COMPATIBLE_ID, IPV6, SCAN_TYPE, connects, is_literal
from wire import NS, Complaint, Untried, q, short, trimmed

EMPTY = "the scanner is shown without function, or not at all"
UNAVAILABLE = "driver is unavailable: the scanner is seen and cannot be used"
APPENDIX = "Scan Service Definition, Appendix B"
DPWS = "Microsoft Learn, DPWS specification compliance"
DIALECTS = {name: f"{NS['wsdp']}/{name}" for name in ("ThisModel", "ThisDevice", "Relationship")}


@check("get.answer", "Get with the headers of Windows is answered with the metadata",
       "Microsoft Learn, Inspecting network traces for HTTP metadata exchange", EMPTY,
       diagnosis=(4,))
def get(s):
    if s.metadata.find("soap:Body/wsx:Metadata") is None:
        yield "answered Get without wsx:Metadata in the body; Windows expects nothing else there"


def fault_of(s, exchange, *wanted):
    yield from s.expect_fault(exchange, *wanted)


@check("get.wrong-to", "Get with To of another device is refused",
       "Microsoft Learn, Dispatching SOAP messages; WS-Addressing 4",
       "Windows talks to the wrong device after addresses have changed", diagnosis=(4,))
def wrong_to(s):
    answer = s.get(to=wire.NIL, action="Get")
    answer.wanted = None
    yield from fault_of(s, answer, "wsa:DestinationUnreachable")


@check("get.transfer", "operations of WS-Transfer but Get are refused", "DPWS R2045",
       "the HLK's tests of the device fail")
def put(s):
    answer = s.get(action="Put")
    answer.wanted = None
    yield from fault_of(s, answer, "wsa:ActionNotSupported")


@check("get.extensible", "unknown headers, attributes and elements are left alone",
       "HLK, Device.Connectivity.WSD.DPWSExtensibility", "the HLK's tests of the device fail")
def extensible(s):
    answer = s.get(header=f'<x:Unknown xmlns:x="{wire.FOREIGN}" x:attribute="1"><x:Inner/>'
                          "</x:Unknown>")
    s.good(answer)


@check("get.reads-first", "the HTTP server answers when it has read the whole question",
       DPWS, EMPTY + "; connections break now and then", suspects=(8,))
def reads_first(s):
    if not s.url:
        raise Untried("no address of the device is known")
    connection = wire.Connection(s.url, s.interface.name, 10)
    data = wire.request(NS["wxf"] + "/Get", to=s.endpoint)
    head = (f"POST {connection.path} HTTP/1.1\r\nHost: {connection.host_line}\r\n"
            "Content-Type: application/soap+xml\r\nUser-Agent: WSDAPI\r\n"
            f"Content-Length: {len(data)}\r\n\r\n").encode()
    connection.connect()
    try:
        connection.sock.sendall(head)
        connection.sock.settimeout(0.3)
        try:
            early = connection.sock.recv(100)
            yield (f"answered {early[:30]!r} to the header of a request alone; Windows does not "
                   "read before it has sent all, and sends no Expect")
            return
        except socket.timeout:
            pass
        connection.sock.settimeout(10)
        connection.sock.sendall(data)
        line = connection.sock.recv(100)
        if not re.match(rb"HTTP/1\.[01] 200", line):
            yield (f"answered {line[:30]!r} to a body that came after its header; Windows often "
                   "sends the two apart")
    except OSError as error:
        yield f"broke the connection of a body that came after its header ({error})"
    finally:
        connection.close()


def section(s, name):
    for found in s.metadata.all(".//wsx:MetadataSection"):
        if found.get("Dialect") == DIALECTS[name] and len(found):
            return found[0]
    raise Untried(f"there is no section {name}")


@check("metadata.sections", "ThisModel, ThisDevice and Relationship are there", DPWS, EMPTY,
       suspects=(3,), diagnosis=(5,))
def sections(s):
    found = {m.get("Dialect") for m in s.metadata.all(".//wsx:MetadataSection")}
    for name, dialect in DIALECTS.items():
        if dialect not in found:
            yield f"has no section {name} ({dialect}) in its metadata; Windows drops all of it"


@check("metadata.lengths", "texts have less than 256 characters, URIs at most 2048", DPWS,
       EMPTY, suspects=(3,), diagnosis=(5,))
def lengths(s):
    for element in s.metadata.body.iter():
        uri = element.tag.endswith(("Url", "}Address", "}ServiceId"))
        most, text = (2048 if uri else 255), trimmed(element)
        if len(text) > most:
            yield (f"gives {short(element.tag)} {len(text)} characters; Windows allows {most} and "
                   "drops the whole metadata for one that is longer")


@check("metadata.names", "manufacturer, model and friendly name are given, with their language",
       "DPWS 5.1; Microsoft Learn", "the scanner has no name", suspects=(3,))
def names(s):
    for part, child in (("ThisModel", "Manufacturer"), ("ThisModel", "ModelName"),
                        ("ThisDevice", "FriendlyName")):
        found = section(s, part).find(q("wsdp:" + child))
        if not trimmed(found):
            yield f"gives no {child}; Windows shows it and requires it"


@check("metadata.order", "the children of ThisModel and ThisDevice have the schema's order",
       "DPWS 5.1, its schema", EMPTY, suspects=(3,), diagnosis=(5,))
def order(s):
    for part, wanted in (("ThisModel", ("Manufacturer", "ManufacturerUrl", "ModelName",
                                        "ModelNumber", "ModelUrl", "PresentationUrl")),
                         ("ThisDevice", ("FriendlyName", "FirmwareVersion", "SerialNumber"))):
        known = [q("wsdp:" + name) for name in wanted]
        tags = [known.index(e.tag) if e.tag in known else len(known) for e in section(s, part)]
        if tags != sorted(tags):
            yield (f"has the children of {part} in the order "
                   f"{', '.join(short(e.tag) for e in section(s, part))}; the schema has "
                   f"{', '.join(wanted)}, then others")


@check("metadata.category", "DeviceCategory says Scanners", APPENDIX + " 2",
       "the scanner has the picture of an unknown device")
def category(s):
    said = trimmed(section(s, "ThisModel").find(q("pnpx:DeviceCategory")))
    if "Scanners" not in said.split():
        yield f"says DeviceCategory {said or 'nothing'}; Windows expects Scanners in ThisModel"


@check("metadata.host", "Host, where it is given, is the device that was asked", "DPWS 5.2",
       UNAVAILABLE, level="seen", suspects=(4,))
def host(s):
    found = s.metadata.find(".//wsdp:Relationship/wsdp:Host")
    if found is None:
        raise Untried("the metadata have no Host, which some working devices leave out")
    said = trimmed(found.find("wsa:EndpointReference/wsa:Address", NS))
    if said != s.endpoint:
        yield f"calls its Host {said}, and {s.endpoint} in discovery; Windows expects one of both"


@check("hosted.types", "a Hosted element has the type wscn:ScannerServiceType", APPENDIX + " 3.1",
       UNAVAILABLE, suspects=(2,))
def hosted_types(s):
    said = []
    for hosted in s.hosted():
        types = hosted.find(q("wsdp:Types"))
        said += s.metadata.qnames(types) if types is not None else []
    if SCAN_TYPE not in said:
        yield (f"offers services of the types {' '.join(map(short, said)) or 'none'}; Windows "
               f"expects {SCAN_TYPE}")


@check("hosted.address", "the scan service has a URL on the address that was asked",
       "Microsoft Learn, Using logical and physical addresses, multi-homed computers",
       "the scanner is installed and each scan fails", suspects=(5,), diagnosis=(6,))
def hosted_address(s):
    asked_host = urllib.parse.urlsplit(s.url).hostname
    found = [trimmed(e) for e in s.scan_hosted().findall("wsa:EndpointReference/wsa:Address", NS)]
    hosts = [urllib.parse.urlsplit(a).hostname for a in found if a.startswith("http")]
    if not hosts:
        yield (f"gives the scan service the address {' '.join(found) or 'none'}; Windows expects a "
               "URL of http")
    elif is_literal(asked_host) and asked_host not in hosts:
        yield (f"was asked at {asked_host} and gives the scan service at {', '.join(found)}; "
               "Windows expects the address that it asked at")


@check("hosted.reachable", "the scan service's address accepts a connection and the path as given",
       "DPWS R0042", "the scanner is installed and each scan fails", suspects=(5,), diagnosis=(6,))
def hosted_reachable(s):
    why = connects(s.service, s.interface.name)
    if why:
        yield f"gives the scan service at {s.service}, where nobody answers ({why})"
        return
    answer = s.scan("GetActiveJobs", name="GetActiveJobs at the path as given")
    if answer.status in (404, 405):
        yield f"answers {answer.status} at {s.service}, its own address of the scan service"


@check("hosted.service-id", "each service has a ServiceId of its own",
       "WDK, Reading device metadata; DPWS 5.2", UNAVAILABLE, suspects=(4,))
def service_id(s):
    found = [trimmed(h.find(q("wsdp:ServiceId"))) for h in s.hosted()]
    if not all(found):
        yield "has a Hosted element without ServiceId; the driver of Windows starts by it"
    if len(set(found)) < len(found):
        yield f"gives the ServiceIds {', '.join(found)}; Windows expects each once"


@check("hosted.compatible-id", "the scan service has the CompatibleId, to the letter",
       APPENDIX + " 1", UNAVAILABLE, suspects=(1,), diagnosis=(5,))
def compatible_id(s):
    found = s.scan_hosted().find(q("pnpx:CompatibleId"))
    if found is None:
        elsewhere = [e for e in s.metadata.body.iter() if e.tag.endswith("CompatibleId")]
        where = "in another place" if elsewhere else "nowhere"
        yield (f"has a CompatibleId {where}; Windows finds its driver by the one "
               f"({{{NS['pnpx']}}}CompatibleId) in the Hosted element of the scan service")
    elif COMPATIBLE_ID not in (found.text or "").split():
        yield f"says CompatibleId {trimmed(found)!r}; Windows expects {COMPATIBLE_ID}"


@check("hosted.hardware-id", "the scan service has a HardwareId, without white space",
       "Microsoft Learn, WsdCodegen; Plug and Play Extensions", UNAVAILABLE, suspects=(1,))
def hardware_id(s):
    said = trimmed(s.scan_hosted().find(q("pnpx:HardwareId")))
    if not said:
        yield "gives no HardwareId; Windows expects it beside CompatibleId"
    elif any(len(word) > 196 for word in said.split()):
        yield f"gives a HardwareId of {len(said)} characters; Windows allows 196"


@check("metadata.ipv6", "Get over IPv6 gives addresses of that interface and family alone",
       "Microsoft Learn, multi-homed computers", "scans fail where Windows prefers IPv6")
def over_ipv6(s):
    target = next((t for name, t in s.targets.items() if name.endswith("over IPv6")), None)
    url = next((x for x in (target.xaddrs if target else []) if x.startswith("http://[")), None)
    if not url:
        raise Untried("the device gave no address of IPv6")
    envelope = s.good(s.get(url, zone=s.interface.name))
    hosts = {urllib.parse.urlsplit(trimmed(e)).hostname
             for h in envelope.all(".//wsdp:Hosted")
             for e in h.findall("wsa:EndpointReference/wsa:Address", NS)}
    if "%" in envelope.data.decode("utf-8", "replace").partition("http://[fe80")[2][:60]:
        yield "writes a zone into its metadata; zones are each computer's own"
    if urllib.parse.urlsplit(url).hostname not in hosts:
        yield (f"was asked at {url} and gives services at {', '.join(map(str, hosts))}; Windows "
               "expects the address that it asked at")
