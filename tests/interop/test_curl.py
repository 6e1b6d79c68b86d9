#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Requests written by hand and posted by curl: every operation, every fault, every oddity of HTTP.

The judges are independent of libwsd: curl for HTTP, Python's own XML and e-mail parsers, and the
schema table for each body of WS-Scan.
"""

import email.parser
import email.policy
import re
import urllib.parse

import schema
from interop import Serve, case, check, equal, main, run
from pixels import read_bmp
from soap import (ANONYMOUS, NS, STABLE_PATH, Answer, find_device, judge, probe, q,
                  request, resolve, retrieve_body, scan_request, ticket)

SOAP_TYPE = "application/soap+xml"
ELEMENTS = ("ScannerDescription", "ScannerConfiguration", "ScannerStatus", "DefaultScanTicket")


class Stage:
    def __init__(self, world):
        self.world = world
        self.serve = Serve(world, "--answer-delay", "0", "--sheets", "1")
        self.device = find_device(world)
        self.url = self.device.service
        self.count = self.continued = 0


def curl(stage, url, data=None, *options, content_type=SOAP_TYPE):
    """(status, headers, body, HTTP version) of what curl got."""
    stage.count += 1
    argv = ["curl", "--silent", "--show-error", "--include", "--max-time", "30", "--globoff",
            "--noproxy", "*", *options, url]
    if data is not None:
        path = stage.world.write(f"request-{stage.count}.xml", data)
        argv += ["--data-binary", "@" + path, "--header", f"Content-Type: {content_type}"]
        if not any(o.lower().startswith("expect:") for o in options):
            argv += ["--header", "Expect:"]
    raw = run(stage.world, "client", argv, binary=True)
    while True:
        head, _, body = raw.partition(b"\r\n\r\n")
        first, _, fields = head.partition(b"\r\n")
        version, status, *_ = first.decode().split(" ")
        if status != "100":
            break
        stage.continued += 1
        raw = body
    headers = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(fields + b"\r\n\r\n")
    if status == "200" or "soap" in (headers["Content-Type"] or ""):
        framed = headers["Content-Length"] or headers["Transfer-Encoding"] == "chunked"
        closed = "--http1.0" in options and (headers["Connection"] or "").lower() != "keep-alive"
        check(framed or closed, "neither Content-Length nor chunked")
    if headers["Content-Length"]:
        equal(int(headers["Content-Length"]), len(body), "Content-Length")
    return int(status), headers, body, version


def ask(stage, data, action, url=None, *options, **more):
    """A request that has to succeed; returns the judged answer."""
    status, headers, body, _ = curl(stage, url or stage.url, data, *options, **more)
    return judge(Answer(status, headers, body), data, action)


def operate(stage, operation, body=""):
    return ask(stage, scan_request(operation, body, stage.url), f"{NS['wscn']}/{operation}Response")


def refused(stage, data, subcode, status=400, code="soap:Sender", url=None, action=None,
            sent=None, **more):
    """A request that has to fail with this subcode; the fault relates to it."""
    got, headers, body, _ = curl(stage, url or stage.url, data, **more)
    answer = Answer(got, headers, body)
    equal(answer.envelope.subcode(), (q(code), q(subcode) if subcode else None), "fault")
    equal(got, status, "status")
    equal(answer.envelope.action, action or NS["wsa"] + "/fault", "Action")
    if sent is not False:
        judge(answer, sent or data, None)
    return answer


def path(answer, name):
    return answer.envelope.text("soap:Body/" + "/".join("wscn:" + n for n in name.split("/")))


def create(stage, **settings):
    answer = operate(stage, "CreateScanJob", ticket(**settings))
    return (path(answer, "CreateScanJobResponse/JobId"),
            path(answer, "CreateScanJobResponse/JobToken"), answer)


def cancel(stage, job):
    operate(stage, "CancelJob", f"<wscn:JobId>{job}</wscn:JobId>")


def states_of(history, job):
    return [summary.findtext(q("wscn:JobState"))
            for summary in history.envelope.body.iter(q("wscn:JobSummary"))
            if summary.findtext(q("wscn:JobId")) == job]


def names(*words):
    return ("<wscn:RequestedElements>" + "".join(f"<wscn:Name>{w}</wscn:Name>" for w in words)
            + "</wscn:RequestedElements>")


# -- what has to work -------------------------------------------------------------------------


@case("Get answers with the metadata")
def get(stage):
    ask(stage, request(NS["wxf"] + "/Get", to=stage.device.endpoint), NS["wxf"] + "/GetResponse",
        stage.device.url)


@case("directed Probe at the stable URL and at the device's URL")
def directed_probe(stage):
    host = urllib.parse.urlsplit(stage.device.url).netloc
    for url in (f"http://{host}{STABLE_PATH}", stage.device.url):
        answer = ask(stage, probe("wsdp:Device"), NS["wsd"] + "/ProbeMatches", url)
        check(stage.device.endpoint.encode() in answer.data, "endpoint")


@case("directed Resolve at the device's URL")
def directed_resolve(stage):
    answer = ask(stage, resolve(stage.device.endpoint), NS["wsd"] + "/ResolveMatches",
                 stage.device.url)
    check(stage.device.url.encode() in answer.data, "transport address")


@case("GetScannerElements answers with all four, in the schema's order")
def scanner_elements(stage):
    answer = operate(stage, "GetScannerElements", names(*("wscn:" + e for e in ELEMENTS)))
    data = answer.envelope.all("soap:Body/wscn:GetScannerElementsResponse/wscn:ScannerElements/"
                               "wscn:ElementData")
    equal([d.get("Name").rpartition(":")[2] for d in data], list(ELEMENTS), "names")
    equal([d[0].tag for d in data], [q("wscn:" + e) for e in ELEMENTS], "contents")
    check(all(d.get("Valid") in ("true", "1") for d in data), "Valid")


@case("GetScannerElements takes any prefix, none, and says Valid=false to what it does not know")
def scanner_elements_odd(stage):
    extra = f' xmlns:s="{NS["wscn"]}" xmlns:v="http://example.net/vendor"'
    body = (f"<wscn:GetScannerElementsRequest{extra}>"
            + names("s:ScannerStatus", "ScannerStatus", "v:Coffee", "wscn:Nonsense")
            + "</wscn:GetScannerElementsRequest>")
    answer = ask(stage, request(NS["wscn"] + "/GetScannerElements", body, stage.url),
                 NS["wscn"] + "/GetScannerElementsResponse")
    data = answer.envelope.all("soap:Body/wscn:GetScannerElementsResponse/wscn:ScannerElements/"
                               "wscn:ElementData")
    equal([d.get("Valid") in ("true", "1") for d in data], [True, True, False, False], "Valid")
    equal([len(d) for d in data], [1, 1, 0, 0], "contents")
    prefix, _, local = data[2].get("Name").partition(":")
    equal((answer.envelope.bindings[data[2]].get(prefix), local),
          ("http://example.net/vendor", "Coffee"), "the vendor's name")


@case("ScannerStatus always has reasons")
def status_reasons(stage):
    answer = operate(stage, "GetScannerElements", names("wscn:ScannerStatus"))
    check(answer.envelope.body.find(".//" + q("wscn:ScannerStateReason")) is not None, "no reason")


@case("ValidateScanTicket: a good ticket is valid")
def validate_good(stage):
    answer = operate(stage, "ValidateScanTicket", ticket(form="png", color="Grayscale8", dpi=150))
    equal(path(answer, "ValidateScanTicketResponse/ValidationInfo/ValidTicket"), "true",
          "ValidTicket")


@case("ValidateScanTicket: a bad one comes back repaired")
def validate_bad(stage):
    answer = operate(stage, "ValidateScanTicket", ticket(form="png", dpi=777777))
    base = "ValidateScanTicketResponse/ValidationInfo/"
    equal(path(answer, base + "ValidTicket"), "false", "ValidTicket")
    width = path(answer, base + "ValidScanTicket/DocumentParameters/MediaSides/MediaFront/"
                 "Resolution/Width")
    check(width and int(width) < 777777, f"resolution {width}")


@case("CreateScanJob, GetActiveJobs, GetJobElements, RetrieveImage, GetJobHistory: a job's life")
def life(stage):
    job, token, answer = create(stage, form="dib", color="Grayscale8", dpi=75)
    check(int(job) > 0 and token, "job id and token")
    active = operate(stage, "GetActiveJobs")
    equal(path(active, "GetActiveJobsResponse/ActiveJobs/JobSummary/JobId"), job, "active job")
    equal(path(active, "GetActiveJobsResponse/ActiveJobs/JobSummary/JobName"), "interop", "name")
    asked = f"<wscn:JobId>{job}</wscn:JobId>" + names("wscn:JobStatus", "wscn:ScanTicket",
                                                      "wscn:Documents", "wscn:Nothing")
    elements = operate(stage, "GetJobElements", asked)
    data = elements.envelope.all("soap:Body/wscn:GetJobElementsResponse/wscn:JobElements/"
                                 "wscn:ElementData")
    equal([d.get("Valid") in ("true", "1") for d in data], [True, True, True, False], "Valid")
    got = ask(stage, scan_request("RetrieveImage", retrieve_body(job, token), stage.url),
              NS["wscn"] + "/RetrieveImageResponse")
    image = read_bmp(got.image)
    base = "CreateScanJobResponse/ImageInformation/MediaFrontImageInfo/"
    equal((image.width, image.height), (int(path(answer, base + "PixelsPerLine")),
                                        int(path(answer, base + "NumberOfLines"))), "size")
    equal(int(path(answer, base + "BytesPerLine")), (image.width + 3) // 4 * 4, "BytesPerLine")
    equal(got.image_type, "image/bmp", "type of the image")
    history = operate(stage, "GetJobHistory")
    ids = [e.text for e in history.envelope.body.iter(q("wscn:JobId"))]
    check(job in ids, f"job {job} in {ids}")
    equal(states_of(history, job), ["Completed"], "state")
    equal(operate(stage, "GetActiveJobs").envelope.body.find(".//" + q("wscn:JobSummary")), None,
          "active jobs")


@case("the multipart answer has the MTOM framing, and its image is whole")
def mtom(stage):
    for form, kind, magic in (("png", "image/png", b"\x89PNG"), ("jfif", "image/jpeg", b"\xff\xd8"),
                              ("exif", "image/jpeg", b"\xff\xd8"),
                              ("pdf-a", "application/pdf", b"%PDF"),
                              ("tiff-single-uncompressed", "image/tiff", b"II")):
        job, token, _ = create(stage, form=form, dpi=75)
        data = scan_request("RetrieveImage", retrieve_body(job, token), stage.url)
        status, headers, body, _ = curl(stage, stage.url, data)
        equal(headers.get_content_type(), "multipart/related", "Content-Type")
        check(body.startswith(b"\r\n--") or body.startswith(b"--"), "first delimiter")
        check(body.startswith(b"\r\n--"), "no CRLF before the first delimiter, which PyWSD needs")
        answer = judge(Answer(status, headers, body), data, NS["wscn"] + "/RetrieveImageResponse")
        equal(answer.image_type, kind, f"type of {form}")
        check(answer.image.startswith(magic), f"{form} begins with {answer.image[:8]}")


@case("CancelJob ends a job; RetrieveImage then says that it was cancelled")
def cancelled(stage):
    job, token, _ = create(stage)
    cancel(stage, job)
    refused(stage, scan_request("RetrieveImage", retrieve_body(job, token), stage.url),
            "wscn:ClientErrorJobCancelled")
    equal(states_of(operate(stage, "GetJobHistory"), job), ["Canceled"], "state")
    # Q11: cancelling what has ended is an error, and not "unknown job".
    refused(stage, scan_request("CancelJob", f"<wscn:JobId>{job}</wscn:JobId>", stage.url),
            "wscn:OperationFailed", 500, "soap:Receiver")


@case("the feeder's job ends with ClientErrorNoImagesAvailable")
def feeder_end(stage):
    job, token, _ = create(stage, source="ADF", dpi=75)
    data = scan_request("RetrieveImage", retrieve_body(job, token), stage.url)
    ask(stage, data, NS["wscn"] + "/RetrieveImageResponse")
    refused(stage, scan_request("RetrieveImage", retrieve_body(job, token), stage.url),
            "wscn:ClientErrorNoImagesAvailable")


@case("DefaultScanTicket can be sent back unchanged")
def default_ticket(stage):
    answer = operate(stage, "GetScannerElements", names("wscn:DefaultScanTicket"))
    text = answer.envelope.data.decode()
    inner = re.search(r"<(\w+):DefaultScanTicket>(.*)</\1:DefaultScanTicket>", text, re.S)
    prefix, content = inner[1], inner[2]
    content = re.sub(rf"(</?){prefix}:", r"\1wscn:", content)
    ticket_ = f"<wscn:ScanTicket>{content}</wscn:ScanTicket>"
    validated = operate(stage, "ValidateScanTicket", ticket_)
    equal(path(validated, "ValidateScanTicketResponse/ValidationInfo/ValidTicket"), "true", "valid")
    created = operate(stage, "CreateScanJob", ticket_)
    cancel(stage, path(created, "CreateScanJobResponse/JobId"))


# -- faults -----------------------------------------------------------------------------------


@case("fault: unknown job id, with the id in Detail")
def unknown_job(stage):
    for operation, body in (("RetrieveImage", retrieve_body(987654, "x")),
                            ("CancelJob", "<wscn:JobId>987654</wscn:JobId>"),
                            ("GetJobElements", "<wscn:JobId>987654</wscn:JobId>"
                             + names("wscn:JobStatus"))):
        answer = refused(stage, scan_request(operation, body, stage.url),
                         "wscn:ClientErrorJobIdNotFound")
        detail = answer.envelope.find("soap:Body/soap:Fault/soap:Detail")
        check(detail is not None and "987654" in "".join(detail.itertext()), "no id in Detail")


@case("fault: wrong job token")
def wrong_token(stage):
    job, token, _ = create(stage)
    for bad in (token + "x", "", "x" * 255):
        refused(stage, scan_request("RetrieveImage", retrieve_body(job, bad), stage.url),
                "wscn:ClientErrorInvalidJobToken")
    cancel(stage, job)


@case("fault: unknown action, at the service and at the device")
def unknown_action(stage):
    refused(stage, request(NS["wscn"] + "/MakeCoffee", "<wscn:MakeCoffeeRequest/>", stage.url),
            "wsa:ActionNotSupported")
    refused(stage, request("http://example.net/Nothing", "", stage.device.endpoint),
            "wsa:ActionNotSupported", url=stage.device.url)


@case("fault: a format that it does not have, with the formats in Detail if any")
def bad_format(stage):
    refused(stage, scan_request("CreateScanJob", ticket(form="jbig"), stage.url),
            "wscn:ClientErrorFormatNotSupported")


@case("fault: a ticket without its required parts, a misnamed body, a number that is none")
def invalid_arguments(stage):
    for body in ("", "<wscn:ScanTicket/>", ticket().replace(">75<", ">seventy<")):
        answer = refused(stage, scan_request("CreateScanJob", body, stage.url), "wscn:InvalidArgs")
        detail = answer.envelope.find("soap:Body/soap:Fault/soap:Detail")
        check(detail is not None and "".join(detail.itertext()).strip(), "Detail names no argument")
    refused(stage, request(NS["wscn"] + "/CreateScanJob", "<wscn:CancelJobRequest><wscn:JobId>1"
                           "</wscn:JobId></wscn:CancelJobRequest>", stage.url), "wscn:InvalidArgs")


@case("fault: a setting that must be honored and is not offered")
def must_honor(stage):
    bad = ticket().replace("<wscn:InputSource>Platen",
                           '<wscn:InputSource wscn:MustHonor="true">Film')
    refused(stage, scan_request("CreateScanJob", bad, stage.url), "wscn:InvalidArgs")


@case("a setting that need not be honored is replaced, and the answer says so")
def override(stage):
    answer = operate(stage, "CreateScanJob", ticket(dpi=99999))
    base = "CreateScanJobResponse/DocumentFinalParameters/MediaSides/MediaFront/Resolution/Width"
    check(int(path(answer, base)) < 99999, "resolution")
    cancel(stage, path(answer, "CreateScanJobResponse/JobId"))


@case("fault: a scan identifier and a destination token that nobody gave out")
def device_initiated(stage):
    body = ("<wscn:ScanIdentifier>nobody</wscn:ScanIdentifier>"
            "<wscn:DestinationToken>nothing</wscn:DestinationToken>" + ticket())
    refused(stage, scan_request("CreateScanJob", body, stage.url),
            "wscn:ClientErrorInvalidScanIdentifier")


@case("empty ScanIdentifier and DestinationToken count as absent")
def device_initiated_empty(stage):
    answer = operate(stage, "CreateScanJob", "<wscn:ScanIdentifier></wscn:ScanIdentifier>"
                     "<wscn:DestinationToken></wscn:DestinationToken>" + ticket())
    cancel(stage, path(answer, "CreateScanJobResponse/JobId"))


@case("fault: missing MessageID, a ReplyTo elsewhere")
def headers(stage):
    data = scan_request("GetActiveJobs", "", stage.url, message_id="")
    refused(stage, data, "wsa:MessageInformationHeaderRequired", sent=False)
    data = scan_request("GetActiveJobs", "", stage.url).replace(
        f"<wsa:ReplyTo><wsa:Address>{ANONYMOUS}".encode(),
        b"<wsa:ReplyTo><wsa:Address>http://192.0.2.9/")
    refused(stage, data, "wsa:InvalidMessageInformationHeader")


@case("bad XML, DTD, text that is no SOAP: a Sender fault, and the service lives on")
def bad_xml(stage):
    good = scan_request("GetActiveJobs", "", stage.url)
    dtd = good.replace(b"<soap:Envelope", b'<!DOCTYPE x [<!ENTITY a "b">]><soap:Envelope', 1)
    unbound = good.replace(b"wscn:GetActiveJobsRequest", b"nope:x")
    for data in (b"", b"<", b"hello", good[:-20], unbound, b"<a/>", dtd, b"\xff\xfe\x00",
                 good + good):
        status, fields, body, _ = curl(stage, stage.url, data)
        equal(status, 400, f"status for {data[:60]!r}")
        equal(Answer(status, fields, body).envelope.subcode()[0], q("soap:Sender"), "code")
    ask(stage, good, NS["wscn"] + "/GetActiveJobsResponse")


# -- HTTP -------------------------------------------------------------------------------------


@case("GET on a SOAP path is 405, an unknown path 404, a foreign content type 415")
def http_refusals(stage):
    equal(curl(stage, stage.url)[0], 405, "status of GET")
    equal(curl(stage, stage.device.url)[0], 405, "status of GET at the device's URL")
    good = scan_request("GetActiveJobs", "", stage.url)
    base = urllib.parse.urlsplit(stage.url)
    equal(curl(stage, f"http://{base.netloc}/nowhere", good)[0], 404, "status of an unknown path")
    for kind in ("image/png", "application/json", "application/x-www-form-urlencoded"):
        equal(curl(stage, stage.url, good, content_type=kind)[0], 415, f"status of {kind}")
    status = curl(stage, stage.url, None, "--request", "DELETE")[0]
    equal(status, 405, "status of DELETE")


@case("the content type may have parameters, any case, and be text/xml")
def content_types(stage):
    for kind in ("application/soap+xml; charset=utf-8", "Application/SOAP+XML;charset=UTF-8",
                 f'application/soap+xml; action="{NS["wscn"]}/GetActiveJobs"', "text/xml"):
        ask(stage, scan_request("GetActiveJobs", "", stage.url),
            NS["wscn"] + "/GetActiveJobsResponse", content_type=kind)


@case("a body beyond the bound is 413")
def too_large(stage):
    data = scan_request("GetActiveJobs", "<!--" + "x" * (400 << 10) + "-->", stage.url)
    equal(curl(stage, stage.url, data)[0], 413, "status")
    equal(curl(stage, stage.url, data, "--header", "Transfer-Encoding: chunked")[0], 413,
          "status when chunked")


@case("a chunked request is taken")
def chunked(stage):
    ask(stage, scan_request("GetActiveJobs", "", stage.url), NS["wscn"] + "/GetActiveJobsResponse",
        None, "--header", "Transfer-Encoding: chunked")


@case("Expect: 100-continue is answered with 100")
def expect(stage):
    data = scan_request("GetActiveJobs", "<!--" + "x" * 5000 + "-->", stage.url)
    # curl would send the body by itself only after this time.
    options = ("--header", "Expect: 100-continue", "--expect100-timeout", "25")
    before = stage.continued
    ask(stage, data, NS["wscn"] + "/GetActiveJobsResponse", None, *options)
    equal(stage.continued, before + 1, "answers of status 100")


@case("HTTP/1.0 is answered, without chunks, image and all")
def http10(stage):
    data = scan_request("GetActiveJobs", "", stage.url)
    ask(stage, data, NS["wscn"] + "/GetActiveJobsResponse", None, "--http1.0")
    job, token, _ = create(stage, form="png", dpi=75)
    data = scan_request("RetrieveImage", retrieve_body(job, token), stage.url)
    status, fields, body, _ = curl(stage, stage.url, data, "--http1.0")
    equal(fields["Transfer-Encoding"], None, "Transfer-Encoding")
    check(judge(Answer(status, fields, body), data, NS["wscn"] + "/RetrieveImageResponse")
          .image.endswith(b"IEND\xaeB`\x82"), "the end of the image")


@case("a connection is kept for the next request, and a slash behind the path is fine")
def keep_alive(stage):
    data = scan_request("GetActiveJobs", "", stage.url)
    file = stage.world.write("keep.xml", data)
    one = ["--data-binary", "@" + file, "--header", "Content-Type: " + SOAP_TYPE, "--header",
           "Expect:", "--noproxy", "*", "--silent", "--output", "/dev/null", "--write-out",
           "%{http_code} %{num_connects}\n"]
    text = run(stage.world, "client", ["curl", *one, stage.url, "--next", *one, stage.url + "/"])
    equal(text.split("\n")[:2], ["200 1", "200 0"], "status and new connections")


# -- what real clients send -------------------------------------------------------------------


@case("a body in namespace 2006/01 under an action of 2006/08 is taken (PyWSD)")
def old_namespace(stage):
    data = scan_request("CreateScanJob", ticket(), stage.url)
    old = NS["wscn"].replace("2006/08", "2006/01").encode()
    data = data.replace(f'xmlns:wscn="{NS["wscn"]}"'.encode(), b'xmlns:wscn="' + old + b'"')
    answer = ask(stage, data, NS["wscn"] + "/CreateScanJobResponse")
    cancel(stage, path(answer, "CreateScanJobResponse/JobId"))


@case('encoding="ASCII" is taken (PyWSD)')
def ascii_encoding(stage):
    data = scan_request("GetActiveJobs", "", stage.url).replace(b'encoding="UTF-8"',
                                                                b'encoding="ASCII"')
    ask(stage, data, NS["wscn"] + "/GetActiveJobsResponse")


@case("UTF-16 with a byte order mark is taken")
def utf16(stage):
    text = scan_request("GetActiveJobs", "", stage.url).decode().replace("UTF-8", "UTF-16")
    ask(stage, text.encode("utf-16"), NS["wscn"] + "/GetActiveJobsResponse")


@case("children in sane-airscan's order, RetrieveImage with the name first, are taken")
def foreign_order(stage):
    text = ticket()
    size = ("<wscn:InputSize><wscn:InputMediaSize><wscn:Width>8000</wscn:Width>"
            "<wscn:Height>11000</wscn:Height></wscn:InputMediaSize></wscn:InputSize>")
    text = text.replace("<wscn:InputSource>", size + "<wscn:InputSource>")
    answer = operate(stage, "CreateScanJob", text)
    job = path(answer, "CreateScanJobResponse/JobId")
    token = path(answer, "CreateScanJobResponse/JobToken")
    body = (f"<wscn:DocumentDescription><wscn:DocumentName>IMAGE000.JPG</wscn:DocumentName>"
            f"</wscn:DocumentDescription><wscn:JobId>{job}</wscn:JobId>"
            f"<wscn:JobToken>{token}</wscn:JobToken>")
    got = operate(stage, "RetrieveImage", body)
    check(got.image, "no image")


@case("GetJobElements with the body's name as Microsoft's page has it is taken")
def misnamed_job_elements(stage):
    job, _, _ = create(stage)
    body = (f"<wscn:GetJobElements><wscn:JobId>{job}</wscn:JobId>" + names("JobStatus")
            + "</wscn:GetJobElements>")
    ask(stage, request(NS["wscn"] + "/GetJobElements", body, stage.url),
        NS["wscn"] + "/GetJobElementsResponse")
    cancel(stage, job)


@case("unknown headers and vendor elements are passed over")
def extensions(stage):
    extra = ' xmlns:v="http://example.net/vendor"'
    text = ticket().replace("</wscn:DocumentParameters>",
                            "<v:Staple>yes</v:Staple></wscn:DocumentParameters>")
    data = request(NS["wscn"] + "/ValidateScanTicket", "<wscn:ValidateScanTicketRequest>" + text
                   + "</wscn:ValidateScanTicketRequest>", stage.url,
                   header="<v:Color>green</v:Color>", extra_ns=extra)
    ask(stage, data, NS["wscn"] + "/ValidateScanTicketResponse")


@case("a header that must be understood and is not gets a MustUnderstand fault")
def must_understand(stage):
    data = request(NS["wscn"] + "/GetActiveJobs", "<wscn:GetActiveJobsRequest/>", stage.url,
                   header='<v:Law soap:mustUnderstand="true">x</v:Law>',
                   extra_ns=' xmlns:v="http://example.net/vendor"')
    status, fields, body, _ = curl(stage, stage.url, data)
    answer = Answer(status, fields, body)
    equal((answer.envelope.subcode() or [None])[0], q("soap:MustUnderstand"), "code")
    equal(status, 500, "status")


@case("white space around action, address and values is trimmed")
def white_space(stage):
    data = scan_request("GetScannerElements", names("\n  wscn:ScannerStatus\n  "), stage.url)
    data = data.replace(b"<wsa:Action>", b"<wsa:Action>\n   ").replace(b"</wsa:Action>",
                                                                     b"\n  </wsa:Action>")
    ask(stage, data, NS["wscn"] + "/GetScannerElementsResponse", None)


@case("each of the eight answers came before the schema's judge")
def all_judged(stage):
    wanted = {n + "Response" for n in ("CreateScanJob", "RetrieveImage", "CancelJob",
                                       "ValidateScanTicket", "GetScannerElements", "GetJobElements",
                                       "GetActiveJobs", "GetJobHistory")}
    check(wanted <= schema.judged, f"missing: {wanted - schema.judged}")
    stage.serve.end()


if __name__ == "__main__":
    main("curl", setup=Stage)
