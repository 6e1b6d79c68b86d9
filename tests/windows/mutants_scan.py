# SPDX-License-Identifier: MIT
"""The ways in which a scan service can be wrong, its events, and its restart: see mutants.py."""

import re

from mutants import (after_hello, both, content_type, drop, once, refuse, status, sub, takes, when)

ONE_SECTION = r"<wscn:{0}>.*</wscn:{0}>"


def section(name, untried=(), also=()):
    """A section that is not given when it is asked for alone."""
    def act(m):
        if m.asked.count(b":Name>") == 2:
            m.sub(f'Valid="true">{ONE_SECTION.format(name)}', 'Valid="false">')
    return (f"no {name}", when("answer", "GetScannerElements", act, asked=name),
            [f"elements.{name}", *also], list(untried))


def invalid(asked, without=None):
    return sub("answer", "ValidateScanTicket", "ValidTicket>true", "ValidTicket>false",
               asked=asked, without=without)


def swap_parts(m):
    """The image before the envelope."""
    found = re.match(rb"(\r\n)?(--[^\r]*\r\n)(.*?\r\n)(--[^\r]*\r\n)(.*\r\n)(--[^\r]*--\r\n)",
                     m.data, re.DOTALL)
    if found:
        m.data = b"".join(found[n] for n in (2, 5, 4, 3, 6))


def unclosed(m):
    if m.data.startswith(b"\r\n--"):
        m.data = m.data[:m.data.rindex(b"\r\n--")]


def right_token():
    """A device that does not look at the token: ours is put in for a wrong one."""
    last = []

    def change(m):
        if m.name == "CreateScanJob" and (found := re.search(rb"JobToken>([^<]*)", m.data)):
            last[:] = [found[1].decode()]
        if m.kind == "question" and m.name == "RetrieveImage" and last:
            m.sub("JobToken>wrong<", f"JobToken>{last[0]}<")
    return change


def unknown_format(**more):
    """Refuses a job. The scanner itself has to, or it waits for somebody to fetch the image."""
    return takes("CreateScanJob", ">png<", ">gif<", **more)


def image(act, **more):
    return when("answer", "RetrieveImage", act, **more)


def replaced(old, new):
    def act(m):
        m.data = m.data.replace(old, new)
    return image(act)


NO_IMAGE = ["job.image", "job.end", "job.final", "job.elements"]
NO_SCAN = ["ticket.windows", "ticket.image", "ticket.must-honor*", "ticket.mended",
           "ticket.extensible", "job.scan", *NO_IMAGE, "job.token", "job.cancel", "events.*",
           "button.token", "button.scan"]
BROKEN_IMAGE = ["job.image", "job.auto", "job.formats", "feeder.all", "feeder.duplex"]

SCAN = [
    section("ScannerDescription"),
    section("ScannerStatus"),
    section("DefaultScanTicket", ["ticket.default"]),
    section("ScannerConfiguration", [
        "minimum.*", "ticket.windows", "ticket.image", "ticket.must-honor*", "ticket.mended",
        "ticket.auto", "ticket.extensible", "job.scan", "job.[!su]*", "mtom.*", "retrieve.*",
        "feeder.*", "events.*", "button.token", "button.scan"]),
    ("three sections of four",
     sub("answer", "GetScannerElements",
         '<wscn:ElementData Name="wscn:ScannerStatus".*?</wscn:ElementData>', "",
         asked="Configuration</wscn:Name><wscn:Name>wscn:ScannerSt"), ["elements.together"], []),
    ("an unknown section is valid", sub("answer", "GetScannerElements", 'Valid="false"',
                                        'Valid="true"', asked="x:Nothing"),
     ["elements.unknown"], []),
    ("foreign elements in a question are refused",
     refuse("GetScannerElements", "wscn:InvalidArgs", asked="x:Unknown"),
     ["elements.extensible"], []),
    ("GetActiveJobs is not there", refuse("GetActiveJobs", "wsa:ActionNotSupported"),
     ["operation.GetActiveJobs"], []),
    ("GetJobHistory is not there", refuse("GetJobHistory", "wsa:ActionNotSupported"),
     ["operation.GetJobHistory"], []),
    ("any operation is done", takes("MakeCoffee", "MakeCoffee", "GetActiveJobs"),
     ["operation.unknown"], []),
    ("a glass without a width", sub("answer", "GetScannerElements",
                                    r"(<wscn:PlatenMaximumSize><wscn:Width>)\d+", r"\g<1>0"),
     ["minimum.source", "answers.schema"], []),
    ("a glass of colours that Windows does not take",
     sub("answer", "GetScannerElements", "(<wscn:PlatenColor>).*(</wscn:PlatenColor>)",
         r"\1<wscn:ColorEntry>RGB48</wscn:ColorEntry>\2"),
     ["minimum.color", "job.formats"], NO_SCAN),
    ("jfif alone", sub("answer", "GetScannerElements", "(<wscn:FormatsS.*?>).*(</wscn:FormatsS)",
                       r"\1<wscn:FormatValue>jfif</wscn:FormatValue>\2"),
     ["minimum.format"], [*NO_SCAN, "ticket.auto", "job.auto", "feeder.*"]),
    ("exif alone", sub("answer", "GetScannerElements", "(<wscn:FormatsS.*?>).*(</wscn:FormatsS)",
                       r"\1<wscn:FormatValue>exif</wscn:FormatValue>\2"),
     ["minimum.all-colors"], []),
    ("no rotation 0", sub("answer", "GetScannerElements",
                          "<wscn:RotationValue>0</wscn:RotationValue>", ""),
     ["minimum.scaling"], []),
    ("a ticket for the feeder is invalid", invalid(">ADF<"), ["ticket.windows"], []),
    ("a wrong size of the image is foretold",
     sub("answer", "ValidateScanTicket", "PixelsPerLine>75<", "PixelsPerLine>750<"),
     ["ticket.image"], []),
    ("its own default ticket is invalid", invalid("", without="WIA item prop"),
     ["ticket.default", "ticket.auto"], []),
    ("what must be honoured is not",
     sub("answer", "ValidateScanTicket", "ValidTicket>false", "ValidTicket>true"),
     ["ticket.must-honor"], ["ticket.mended"]),
    ("an invalid ticket is not mended",
     sub("answer", "ValidateScanTicket", "<wscn:ValidScanTicket>.*</wscn:ValidScanTicket>", ""),
     ["ticket.mended"], []),
    ("a job at another resolution than must be honoured", takes("CreateScanJob", "12347", "75"),
     ["ticket.must-honor-job"], []),
    ("a ticket of Auto is invalid", invalid("JobName>Auto<"), ["ticket.auto"], []),
    ("a foreign element in a ticket is refused",
     refuse("ValidateScanTicket", "wscn:InvalidArgs", asked="x:Vendor"),
     ["ticket.extensible"], []),
    ("another fault for a job that is not there",
     refuse("RetrieveImage", "wscn:InvalidArgs", asked="2147483646"), ["job.unknown"], []),
    ("the first job is refused",
     once(unknown_format(without="12347")),
     ["job.scan"], NO_IMAGE),
    ("images are broken", replaced(b"IDAT", b"IDAX"), BROKEN_IMAGE, []),
    ("another fault at the end of the images",
     sub("answer", "RetrieveImage", "NoImagesAvailable", "JobIdNotFound"),
     ["job.end", "feeder.all"], []),
    ("another colour than must be honoured",
     sub("answer", "CreateScanJob", ">RGB24<", ">Grayscale8<"), ["job.final"], []),
    ("images of another multipart", content_type("RetrieveImage", "application/xop.xml",
                                                 "text/xml"), ["mtom.header"], []),
    ("the image before the envelope", image(swap_parts), ["mtom.root-first"], []),
    ("images are said to be base64", replaced(b"Encoding: binary", b"Encoding: base64"),
     ["mtom.binary"], []),
    ("xop:Include names no part", replaced(b'href="cid:image', b'href="cid:picture'),
     ["mtom.include"], []),
    ("the closing boundary is missing", image(unclosed), ["mtom.closed"], []),
    ("any token fetches the image", right_token(), ["job.token"], []),
    ("a job's documents are not told",
     sub("answer", "GetJobElements", r'(Documents"[^>]*>).*?</wscn:Documents>', r"\1"),
     ["job.elements"], []),
    ("another fault after CancelJob",
     sub("answer", "RetrieveImage", "ClientErrorJobCancelled", "ClientErrorNoImagesAvailable"),
     ["job.cancel"], []),
    ("a job of Auto is refused", unknown_format(asked="JobName>Auto<"), ["job.auto"], []),
    ("dib is offered and refused",
     takes("CreateScanJob", ">dib<", ">gif<"),
     ["job.formats"], []),
    ("one sheet of three", takes("CreateScanJob", ">0</wscn:ImagesToTransfer>",
                                 ">1</wscn:ImagesToTransfer>", asked=">ADF<"),
     ["feeder.all"], []),
    ("duplex scans the fronts", takes("CreateScanJob", ">ADFDuplex<", ">ADF<"),
     ["feeder.duplex"], []),
    ("another body than the Action says",
     sub("answer", "ValidateScanTicket", "ValidateScanTicketResponse>", "ValidationResponse>"),
     ["answers.body"], []),
    ("a status without time",
     sub("answer", "GetScannerElements", "<wscn:ScannerCurrentTime>.*?</wscn:ScannerCurrentTime>",
         ""), ["answers.schema"], []),
]

EVENTS = [
    ("Subscribe is refused", refuse("Subscribe", "wse:EventSourceUnableToProcess", asked="ToOCR",
                                    without="Pushed"),
     ["subscribe.answer"], ["subscribe.expires", "subscribe.destinations", "subscribe.manager",
                            "subscribe.renew", "subscribe.status", "button.*"]),
    ("half an hour is granted for the hour that was asked for",
     sub("answer", "Subscribe", ">PT1H<", ">PT30M<"), ["subscribe.expires"], []),
    ("the last destination is not answered",
     sub("answer", "Subscribe", "<wscn:DestinationResponse><wscn:ClientContext>ScanToOCR.*?"
         "</wscn:DestinationResponse>", ""), ["subscribe.destinations"], ["button.last"]),
    ("the manager has a logical address",
     sub("answer", "Subscribe", r"http://192.0.2.1:80[^<]*", "urn:uuid:manager"),
     ["subscribe.manager"], []),
    ("Renew grants a quarter of an hour", sub("answer", "Renew", ">PT1H<", ">PT15M<"),
     ["subscribe.renew"], []),
    ("GetStatus is refused with another fault", refuse("GetStatus", "wse:InvalidMessage"),
     ["subscribe.status"], []),
    ("any filter is granted",
     takes("Subscribe", "http://example.net/NoEvent",
           "http://schemas.microsoft.com/windows/2006/08/wdp/scan/ScannerElementsChangeEvent"),
     ["subscribe.filter"], []),
    ("another mode is refused with another fault",
     refuse("Subscribe", "wsa:ActionNotSupported", asked="Pushed"), ["subscribe.mode"], []),
    ("the end of a job is not told", drop("event", "JobEndStateEvent"), ["events.job"],
     ["events.address"]),
    ("events have another Identifier", sub("event", ("JobEndStateEvent", "ScanAvailableEvent"),
                                           "(<wse:Identifier[^>]*>)[^<]*", r"\1urn:uuid:other"),
     ["events.address", "button.event"], []),
    ("Unsubscribe ends nothing", both(
        takes("Unsubscribe", "eventing/Unsubscribe", "eventing/GetStatus"),
        sub("answer", "Unsubscribe", "GetStatusResponse", "UnsubscribeResponse")),
     ["events.unsubscribe"], []),
    ("any token begins a job",
     sub("answer", "CreateScanJob", "InvalidDestinationToken", "InvalidScanIdentifier"),
     ["button.token"], []),
    ("a job for the button is refused",
     refuse("CreateScanJob", "wscn:ServerErrorNotAcceptingJobs", asked="ScanIdentifier>",
            without=">of-no"), ["button.scan"], ["button.last"]),
    ("the button of one destination is another's",
     sub("event", "ScanAvailableEvent", ">ScanToOCR<", ">ScanToFax<"), ["button.last"], []),
    ("the first destination's button is another's, so that its token is wrong",
     sub("event", "ScanAvailableEvent", ">Scan<", ">ScanToFax<"),
     ["button.event", "button.scan"], []),
    ("Renew has status 202", status("Renew", 202), ["answers.status"], []),
]

RESTART = [
    ("no Bye", drop("datagram", "Bye"), ["restart.bye"], []),
    ("no SubscriptionEnd", drop("event", "SubscriptionEnd"), ["restart.subscription-end"], []),
    ("no Hello over IPv6", drop("datagram", "Hello", family=10), ["restart.hello"], []),
    ("Hello has the type of the service",
     sub("datagram", "Hello", "ScanDeviceType", "ScannerServiceType"), ["restart.hello-types"], []),
    ("a Hello of its own for each family",
     sub("datagram", "Hello", "(MessageID>urn:uuid:)........", r"\g<1>01234567", family=10),
     ["restart.hello-one"], []),
    ("Get is refused after the restart", after_hello(refuse("Get", "wsa:EndpointUnavailable")),
     ["restart.get"], ["restart.services"]),
    ("another endpoint after the restart",
     sub("datagram", "Hello", "(<wsa:Address>urn:uuid:)........", r"\g<1>01234567"),
     ["restart.endpoint"], []),
    ("another MetadataVersion after the restart",
     after_hello(sub("datagram", "Probe", "MetadataVersion>1<", "MetadataVersion>2<")),
     ["restart.version"], []),
    ("a lower InstanceId after the restart",
     after_hello(sub("datagram", "Probe", r'InstanceId="\d+"', 'InstanceId="7"')),
     ["restart.instance"], []),
    ("the ServiceId changes at the restart",
     after_hello(sub("answer", "Get", "/scan</wsdp:ServiceId>", "/scan2</wsdp:ServiceId>")),
     ["restart.services"], []),
]
