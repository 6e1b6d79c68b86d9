# SPDX-License-Identifier: MIT
"""Checks of the scan service: its sections, what it has at least, tickets that are validated."""

import wire
from registry import check
from session import requested
from tickets import DRIVER_COLORS, DRIVER_FORMATS, Offer, retrieve_body, small
from wire import FOREIGN, NS, Complaint, Untried, q, trimmed

FAILS = "the scanner is installed, and each scan fails"
CAPTURE = "a capture of Windows 10 (airscand project)"
APPENDIX = "Scan Service Definition, Appendix B 4"
SERVICE = "Scan Service Definition"


def offer_of(s):
    return s.once("offer", lambda: Offer(s.elements("ScannerConfiguration")))


def section(name):
    @check(f"elements.{name}", f"GetScannerElements gives {name}", f"{SERVICE}; {CAPTURE}", FAILS,
           suspects=(6,))
    def given(s):
        s.elements(name)


for name_ in ("ScannerDescription", "DefaultScanTicket", "ScannerConfiguration", "ScannerStatus"):
    section(name_)


@check("elements.together", "one question for all four sections is answered with four, in order",
       SERVICE, FAILS)
def together(s):
    names = ["ScannerDescription", "DefaultScanTicket", "ScannerConfiguration", "ScannerStatus"]
    answer = s.good(s.scan("GetScannerElements", requested(*names)))
    data = answer.body.findall(".//" + q("wscn:ElementData"))
    if len(data) != 4:
        yield f"answered the question for 4 sections with {len(data)}; each has to come, once"
    for element, name in zip(data, names):
        said = (element.get("Name") or element.get(q("wscn:Name")) or "").rpartition(":")[2]
        if said != name:
            yield f"gave {said or 'a section without Name'} where {name} was asked for"


@check("elements.unknown", "a section that nobody knows is answered with Valid false",
       SERVICE + "; windows-driver-docs, ElementData", "the HLK's WSD Scan Verify fails")
def unknown_section(s):
    body = ("<wscn:RequestedElements><wscn:Name>x:Nothing</wscn:Name></wscn:RequestedElements>")
    answer = s.good(s.scan("GetScannerElements", body, more_ns=f' xmlns:x="{FOREIGN}"'))
    data = answer.body.find(".//" + q("wscn:ElementData"))
    if data is None or data.get("Valid", data.get(q("wscn:Valid"))) not in ("false", "0"):
        yield "answered for an unknown section as if there were one; Valid is false then"


@check("elements.extensible", "unknown headers and elements in a question are left alone",
       "HLK, Device.Connectivity.WSD.DPWSExtensibility", "the HLK's tests of the device fail")
def extensible(s):
    more = f' xmlns:x="{FOREIGN}"'
    s.good(s.scan("GetScannerElements", requested("ScannerStatus") + "<x:Unknown x:a='1'/>",
                  header='<x:Header><x:Inner x:a="1"/></x:Header>', more_ns=more,
                  name="GetScannerElements with foreign elements"))


def plain(name):
    @check(f"operation.{name}", f"{name} is answered", SERVICE + " 3.4", "the HLK's WSD Scan "
           "Verify fails")
    def answered(s):
        answer = s.good(s.scan(name))
        if answer.body.find(q(f"wscn:{name}Response")) is None:
            yield f"answered {name} without {name}Response in the body"


for name_ in ("GetActiveJobs", "GetJobHistory"):
    plain(name_)


@check("operation.unknown", "an operation that nobody knows is refused",
       "WS-Addressing 4; Scan Service Definition 6.1", "the HLK's tests of the device fail")
def unknown_operation(s):
    yield from s.expect_fault(s.scan("MakeCoffee", fault=True), "wsa:ActionNotSupported")


# -- the minimum ------------------------------------------------------------------------------


@check("minimum.source", "there is a glass or a feeder, with a size", APPENDIX,
       "Windows offers no source to scan from", suspects=(9,))
def source(s):
    offer = offer_of(s)
    if not offer.sides:
        yield "offers neither Platen nor ADF; Windows scans from nothing else"
    for name, side in offer.sides.items():
        if not all(side.most):
            yield f"gives no maximum size of {name}; Windows shows no area to scan"


@check("minimum.color", "each source has a colour that Windows takes", APPENDIX,
       "Windows offers no scan", suspects=(9,))
def color(s):
    for name, side in offer_of(s).sides.items():
        if not set(side.colors) & set(DRIVER_COLORS):
            yield (f"offers the colours {' '.join(side.colors) or 'none'} for {name}; Windows "
                   f"takes {', '.join(DRIVER_COLORS)}")


@check("minimum.format", "there is a format that Windows takes", APPENDIX,
       "Windows offers no scan, or it fails", suspects=(9,))
def form(s):
    formats = offer_of(s).formats
    if not set(formats) & set(DRIVER_FORMATS):
        yield (f"offers the formats {' '.join(formats) or 'none'}; Windows takes "
               f"{', '.join(DRIVER_FORMATS)}")


@check("minimum.all-colors", "all that it offers can reach Windows in some format", APPENDIX,
       "only colour, or only black and white, can be chosen", level="doc", suspects=(9,))
def all_colors(s):
    formats = set(offer_of(s).formats) & set(DRIVER_FORMATS)
    for only, what in (("exif", "RGB24"), ("tiff-single-g4", "BlackAndWhite1")):
        if formats == {only} and any(set(side.colors) - {what}
                                     for side in offer_of(s).sides.values()):
            yield f"offers {only} alone, in which Windows transfers {what} alone; add png"


@check("minimum.scaling", "scaling 100 and rotation 0 are offered",
       SERVICE + "; windows-driver-docs, ScalingRangeSupported", FAILS, suspects=(6,))
def scaling(s):
    configuration = s.elements("ScannerConfiguration")
    if "0" not in [trimmed(e) for e in configuration.iter(q("wscn:RotationValue"))]:
        yield "does not offer rotation 0, which has to be"
    span = configuration.find(".//" + q("wscn:ScalingRangeSupported"))
    for axis in ("ScalingWidth", "ScalingHeight") if span is not None else ():
        least, most = (int(trimmed(span.find(f"wscn:{axis}/wscn:{n}Value", NS)) or 100)
                       for n in ("Min", "Max"))
        if not least <= 100 <= most:
            yield f"offers {axis} {least} to {most}, without 100"


# -- tickets ----------------------------------------------------------------------------------


def validate(s, ticket, name="ValidateScanTicket", **more):
    return s.scan("ValidateScanTicket", ticket, name=name, **more)


def says(envelope):
    return envelope.inside("wscn:ValidTicket") in ("true", "1")


@check("ticket.windows", "the driver's ticket, all of it to be honoured, is valid",
       CAPTURE, "Windows says that the scan cannot be done with these settings", level="seen")
def windows(s):
    offer = offer_of(s)
    for name in offer.sides:
        wish = small(offer, name)
        answer = s.good(validate(s, wish.ticket()))
        if not says(answer):
            yield (f"says ValidTicket false to {wish.form}, {wish.color}, {wish.dpi} dpi from "
                   f"{name}, all of which it offers")


@check("ticket.image", "a valid ticket is answered with the size of the image",
       SERVICE + " 6.5", "Windows shows a wrong preview, or none")
def image(s):
    wish = small(offer_of(s))
    answer = s.good(validate(s, wish.ticket()))
    got = [answer.inside(f"wscn:{n}") for n in ("PixelsPerLine", "NumberOfLines")]
    wanted = [round(v * wish.dpi / 1000) for v in wish.size]
    if not all(n.isdigit() for n in got):
        yield "gives no ImageInformation for a valid ticket"
    elif any(abs(int(a) - b) > max(2, b // 50) for a, b in zip(got, wanted)):
        yield (f"foretells {got[0]} x {got[1]} pixels for {wish.size[0]} x {wish.size[1]} "
               f"thousandths of an inch at {wish.dpi} dpi; that would be {wanted[0]} x {wanted[1]}")


@check("ticket.default", "DefaultScanTicket is valid as it stands",
       "windows-driver-docs, DefaultScanTicket", FAILS)
def default(s):
    section_ = s.elements("DefaultScanTicket")
    inner = wire.ElementTree.tostring(section_, encoding="unicode")
    inner = inner.replace("DefaultScanTicket", "ScanTicket")
    answer = s.good(validate(s, inner, "ValidateScanTicket of DefaultScanTicket"))
    if not says(answer):
        yield "says ValidTicket false to its own DefaultScanTicket"


def impossible(s):
    wish = small(offer_of(s))
    wish.dpi = 12347
    return wish


@check("ticket.must-honor", "what must be honoured and cannot be makes a ticket invalid",
       SERVICE + " 6.5; windows-driver-docs, ValidTicket",
       "the user gets another resolution than was chosen, without a word")
def must_honor(s):
    answer = validate(s, impossible(s).ticket(), "ValidateScanTicket that cannot be honoured")
    if answer.envelope.fault():
        answer.wanted = None
        yield from s.expect_fault(answer, "wscn:ClientErrorConflictingRequiredParameters",
                                  "wscn:InvalidArgs")
    elif says(answer.envelope):
        yield "says ValidTicket true to 12347 dpi that must be honoured"


@check("ticket.mended", "an invalid ticket comes back mended in ValidScanTicket",
       "windows-driver-docs, ValidScanTicket", "Windows cannot offer the nearest settings")
def mended(s):
    answer = validate(s, impossible(s).ticket(), "ValidateScanTicket that cannot be honoured")
    if answer.envelope.fault():
        answer.wanted = None
        raise Untried("the device answers with a fault instead, which is allowed")
    if says(answer.envelope):
        raise Untried("the device takes the ticket for valid")
    fixed = answer.envelope.body.find(".//" + q("wscn:ValidScanTicket"))
    if fixed is None:
        yield "gives no ValidScanTicket for a ticket that is not valid"
        return
    dpi = trimmed(fixed.find(".//wscn:Resolution/wscn:Width", NS))
    if not dpi.isdigit() or int(dpi) == 12347:
        yield f"mends 12347 dpi to {dpi or 'nothing'} in ValidScanTicket"


@check("ticket.must-honor-job", "such a ticket makes no job", SERVICE + " 6.2; windows-driver-docs",
       "the user gets another resolution than was chosen, without a word")
def must_honor_job(s):
    answer = s.scan("CreateScanJob", impossible(s).ticket(), fault=True,
                    name="CreateScanJob that cannot be honoured")
    if not answer.envelope.fault():
        answer.wanted = NS["wscn"] + "/CreateScanJobResponse"
        yield "began a job at 12347 dpi that must be honoured; Windows expects a fault"
        s.scan("CancelJob", f"<wscn:JobId>{answer.envelope.inside('wscn:JobId')}</wscn:JobId>")
    else:
        yield from s.expect_fault(answer, "wscn:ClientErrorConflictingRequiredParameters",
                                  "wscn:InvalidArgs")


@check("ticket.auto", "a ticket with a Format alone is valid",
       "windows-driver-docs, Auto-configured scanning", "Auto in the Scan app fails", level="seen")
def auto(s):
    answer = s.good(validate(s, auto_ticket(s), "ValidateScanTicket of Auto"))
    if not says(answer):
        yield "says ValidTicket false to a ticket that leaves all but the Format to it"


def auto_ticket(s):
    return ("<wscn:ScanTicket><wscn:JobDescription><wscn:JobName>Auto</wscn:JobName>"
            "<wscn:JobOriginatingUserName>USER</wscn:JobOriginatingUserName><wscn:JobInformation>"
            "Auto</wscn:JobInformation></wscn:JobDescription><wscn:DocumentParameters>"
            f"<wscn:Format>{offer_of(s).format()}</wscn:Format></wscn:DocumentParameters>"
            "</wscn:ScanTicket>")


@check("ticket.extensible", "unknown elements in a ticket are left alone",
       "HLK, Device.Connectivity.WSD.DPWSExtensibility; Scan Service Definition",
       "scans of programs with additions of their own fail")
def ticket_extensible(s):
    answer = s.good(validate(s, small(offer_of(s)).ticket('<x:Vendor x:a="1">1</x:Vendor>'),
                             "ValidateScanTicket with a foreign element",
                             more_ns=f' xmlns:x="{FOREIGN}"'))
    if not says(answer):
        yield "says ValidTicket false for an element of another namespace at the end of a ticket"


@check("job.unknown", "RetrieveImage of a job that is not there is refused",
       SERVICE + " 6.3.5", "a program waits for an image that never comes")
def unknown_job(s):
    yield from s.expect_fault(
        s.scan("RetrieveImage", retrieve_body(2147483646, "none"), fault=True,
               name="RetrieveImage of no job"), "wscn:ClientErrorJobIdNotFound")
