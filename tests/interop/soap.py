# SPDX-License-Identifier: MIT
"""A WSD client of its own, made of Python's standard library alone.

Nothing here is shared with libwsd, so that what both agree on is agreed by two. Requests are
written by hand; answers are read with expat's tree builder, and each answer's body goes before the
judge of schema.py.
"""

import email.parser
import email.policy
import http.client
import io
import itertools
import re
import socket
import struct
import time
import urllib.parse
import uuid
import xml.etree.ElementTree as ElementTree

import schema
from interop import ADDRESSES, check, equal, receive

NS = {
    "soap": "http://www.w3.org/2003/05/soap-envelope",
    "wsa": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "wsd": "http://schemas.xmlsoap.org/ws/2005/04/discovery",
    "wsx": "http://schemas.xmlsoap.org/ws/2004/09/mex",
    "wse": "http://schemas.xmlsoap.org/ws/2004/08/eventing",
    "wxf": "http://schemas.xmlsoap.org/ws/2004/09/transfer",
    "wsdp": "http://schemas.xmlsoap.org/ws/2006/02/devprof",
    "pnpx": "http://schemas.microsoft.com/windows/pnpx/2005/10",
    "wscn": "http://schemas.microsoft.com/windows/2006/08/wdp/scan",
    "xop": "http://www.w3.org/2004/08/xop/include",
}
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
ANONYMOUS = NS["wsa"] + "/role/anonymous"
DISCOVERY_URN = "urn:schemas-xmlsoap-org:ws:2005:04:discovery"
STABLE_PATH = "/StableWSDiscoveryEndpoint/schemas-xmlsoap-org_ws_2005_04_discovery"
MULTICAST = {socket.AF_INET: "239.255.255.250", socket.AF_INET6: "ff02::c"}
PORT = 3702
MAX_ENVELOPE = 32767  # DPWS, Windows enforces it


def q(name):
    """prefix:local in the notation of ElementTree."""
    prefix, local = name.split(":")
    return f"{{{NS[prefix]}}}{local}"


def new_id():
    return uuid.uuid4().urn


# -- envelopes --------------------------------------------------------------------------------


class Envelope:
    """A message as it came, with the namespace bindings of each element, for QNames in text."""

    def __init__(self, data):
        self.data = data
        self.bindings = {}
        pending, stack = [], [{}]
        for event, item in ElementTree.iterparse(io.BytesIO(data), ("start-ns", "start", "end")):
            if event == "start-ns":
                pending.append(item)
            elif event == "start":
                stack.append({**stack[-1], **dict(pending)})
                pending = []
                self.bindings[item] = stack[-1]
                if len(stack) == 2:
                    self.root = item
            else:
                stack.pop()
        equal(self.root.tag, q("soap:Envelope"), "root element")
        equal([child.tag for child in self.root if child.tag.startswith("{" + NS["soap"])],
              [q("soap:Header"), q("soap:Body")], "parts of the envelope")
        self.header, self.body = self.root.find(q("soap:Header")), self.root.find(q("soap:Body"))

    def text(self, path, default=None):
        found = self.find(path)
        return default if found is None else (found.text or "")

    def find(self, path):
        return self.root.find(path, {**NS, "": ""} if path.startswith("{") else NS)

    def all(self, path):
        return self.root.findall(path, NS)

    def head(self, name):
        found = self.header.findall(q(name))
        check(len(found) <= 1, f"{len(found)} headers {name}")
        return found[0].text if found else None

    @property
    def action(self):
        return self.head("wsa:Action")

    def qnames(self, element):
        """The text of an element as a list of {namespace}local."""
        result = []
        for word in (element.text or "").split():
            prefix, _, local = word.rpartition(":")
            check(prefix in self.bindings[element] or not prefix,
                  f"prefix of {word} is not bound at {element.tag}")
            result.append(f"{{{self.bindings[element].get(prefix, '')}}}{local}")
        return result

    def subcode(self):
        """The fault as (code, subcode), each {namespace}local; None for no fault."""
        fault = self.body.find(q("soap:Fault"))
        if fault is None:
            return None
        code = fault.find("soap:Code/soap:Value", NS)
        sub = fault.find("soap:Code/soap:Subcode/soap:Value", NS)
        reason = fault.find("soap:Reason/soap:Text", NS)
        check(reason is not None and reason.text, "a fault without a reason")
        check(LANG in reason.attrib, "reason lacks xml:lang")
        return self.qnames(code)[0], self.qnames(sub)[0] if sub is not None else None


def request(action, body="", to=ANONYMOUS, message_id=None, header="", extra_ns=""):
    """An envelope as bytes. message_id "" leaves the header out."""
    names = "".join(f' xmlns:{p}="{NS[p]}"' for p in ("soap", "wsa", "wsd", "wsdp", "wscn"))
    if message_id is None:
        message_id = new_id()
    text = f"<wsa:MessageID>{message_id}</wsa:MessageID>" if message_id else ""
    return (f'<?xml version="1.0" encoding="UTF-8"?><soap:Envelope{names}{extra_ns}><soap:Header>'
            f"<wsa:To>{to}</wsa:To><wsa:Action>{action}</wsa:Action>{text}"
            f"<wsa:ReplyTo><wsa:Address>{ANONYMOUS}</wsa:Address></wsa:ReplyTo>{header}"
            f"</soap:Header><soap:Body>{body}</soap:Body></soap:Envelope>").encode()


def scan_request(operation, body="", to=ANONYMOUS, message_id=None):
    return request(f"{NS['wscn']}/{operation}",
                   f"<wscn:{operation}Request>{body}</wscn:{operation}Request>", to, message_id)


# -- HTTP -------------------------------------------------------------------------------------


class Answer:
    """What came back on a POST: status, headers, envelope, and the image of a multipart answer."""

    def __init__(self, status, headers, data):
        self.status, self.headers, self.data = status, headers, data
        self.image = self.image_type = None
        envelope = data
        if headers.get_content_type() == "multipart/related":
            envelope = self.take_parts()
        else:
            equal(headers.get_content_type(), "application/soap+xml", "Content-Type")
        self.envelope = Envelope(envelope)

    def take_parts(self):
        """MTOM as DPWS has it: the root part first, binary parts, an xop:Include to the second."""
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        message = email.parser.BytesHeaderParser(policy=email.policy.HTTP).parsebytes(head)
        boundary = message.get_boundary().encode()
        equal(message["Content-Type"].params.get("type"), "application/xop+xml", "type parameter")
        equal(message["Content-Type"].params.get("start-info"), "application/soap+xml",
              "start-info parameter")
        check(re.fullmatch(rb"[0-9A-Za-z'()+_,./:=?-]{1,70}", boundary), f"boundary {boundary}")
        parts = [self.read_part(start, end) for start, end in self.find_parts(b"--" + boundary)]
        equal(len(parts), 2, "parts")
        (root, envelope), (image, self.image) = parts
        equal(root.get_content_type(), "application/xop+xml", "type of the root part")
        equal(root["Content-Type"].params.get("type"), "application/soap+xml", "its envelope")
        equal(root["Content-Type"].params.get("charset", "").upper(), "UTF-8", "charset")
        equal(message["Content-Type"].params.get("start"), root["Content-ID"], "start parameter")
        self.image_type = image.get_content_type()
        include = Envelope(envelope).find("soap:Body/wscn:RetrieveImageResponse/wscn:ScanData/"
                                          "xop:Include")
        check(include is not None, "no xop:Include")
        equal("<" + urllib.parse.unquote(include.get("href")).removeprefix("cid:") + ">",
              image["Content-ID"], "href of xop:Include")
        check(include.get("href").startswith("cid:"), "href is no cid")
        self.data = envelope
        return envelope

    def find_parts(self, delimiter):
        """(start, end) of each part. Positions and not copies: an image may be 100 MB."""
        data, result = self.data, []
        at = 0 if data.startswith(delimiter) else data.find(b"\r\n" + delimiter) + 2
        check(data.startswith(delimiter, at), "no first delimiter")
        while not data.startswith(b"--", at + len(delimiter)):
            start = data.find(b"\r\n", at) + 2
            end = data.find(b"\r\n" + delimiter, start)
            check(end >= 0, "no closing delimiter")
            equal(data[at + len(delimiter):start].strip(b" \t\r\n"), b"", "rest of a delimiter")
            result.append((start, end))
            at = end + 2
        return result

    def read_part(self, start, end):
        middle = self.data.find(b"\r\n\r\n", start, end)
        check(middle >= 0, "a part without an end of its headers")
        fields = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(
            self.data[start:middle + 4])
        equal(fields["Content-Transfer-Encoding"], "binary", "Content-Transfer-Encoding")
        return fields, self.data[middle + 4:end]


def post_raw(world, url, data, headers=None, host="client", timeout=60):
    """(status, headers, body) of a POST, with Windows' headers unless told otherwise."""
    parts = urllib.parse.urlsplit(url)
    if headers is None:
        headers = {"Content-Type": "application/soap+xml", "User-Agent": "WSDAPI",
                   "Cache-Control": "no-cache", "Pragma": "no-cache"}
    with world.on(host):
        connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=timeout)
        connection.connect()
    try:
        connection.request("POST", parts.path or "/", data, headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def judge(answer, sent, action):
    """What every answer has to have, and its body against the schema."""
    envelope = answer.envelope
    sent = Envelope(sent)
    equal(envelope.head("wsa:RelatesTo"), sent.head("wsa:MessageID"), "RelatesTo")
    equal(envelope.head("wsa:To"), ANONYMOUS, "To of the answer")
    check(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", envelope.head("wsa:MessageID") or ""),
          f"MessageID {envelope.head('wsa:MessageID')}")
    check(envelope.head("wsa:MessageID") != sent.head("wsa:MessageID"), "MessageID was echoed")
    check(len(envelope.data) <= MAX_ENVELOPE, f"envelope of {len(envelope.data)} octets")
    if action is not None:
        equal(envelope.subcode(), None, "fault")
        equal(envelope.action, action, "Action")
        equal(answer.status, 200, "status")
    schema.judge_body(envelope)
    return answer


def call(world, url, data, action=None, host="client"):
    """POSTs an envelope and judges the answer; with action=None a fault is fine too."""
    return judge(Answer(*post_raw(world, url, data, host=host)), data, action)


def operate(world, url, operation, body="", host="client"):
    """One operation of WS-Scan that has to succeed."""
    return call(world, url, scan_request(operation, body, to=url),
                f"{NS['wscn']}/{operation}Response", host)


# -- devices ----------------------------------------------------------------------------------


class Device:
    """What Get told: endpoint, transport address, address of the scan service."""

    def __init__(self, world, url, endpoint, host="client"):
        self.url, self.endpoint = url, endpoint
        answer = call(world, url, request(NS["wxf"] + "/Get", to=endpoint),
                      NS["wxf"] + "/GetResponse", host)
        self.metadata = answer.envelope
        self.services = []
        for hosted in self.metadata.all("soap:Body/wsx:Metadata/wsx:MetadataSection/"
                                        "wsdp:Relationship/wsdp:Hosted"):
            types = self.metadata.qnames(hosted.find("wsdp:Types", NS))
            if q("wscn:ScannerServiceType") in types:
                self.services += [a.text for a in
                                  hosted.findall("wsa:EndpointReference/wsa:Address", NS)]
        check(self.services, "no scan service in the metadata")
        self.service = self.services[0]


def ticket(form="dib", color="RGB24", dpi=75, source="Platen", region=None, media=None, images=0):
    """A ScanTicket in the schema's order. region: x, y, width, height in 1/1000 inch."""
    size, area = "", ""
    if media:
        size = (f"<wscn:InputSize><wscn:InputMediaSize><wscn:Width>{media[0]}</wscn:Width>"
                f"<wscn:Height>{media[1]}</wscn:Height></wscn:InputMediaSize></wscn:InputSize>")
    if region:
        area = ("<wscn:ScanRegion>" + "".join(
            f"<wscn:ScanRegion{n}>{v}</wscn:ScanRegion{n}>"
            for n, v in zip(("XOffset", "YOffset", "Width", "Height"), region))
            + "</wscn:ScanRegion>")
    return ("<wscn:ScanTicket><wscn:JobDescription><wscn:JobName>interop</wscn:JobName>"
            "<wscn:JobOriginatingUserName>tester</wscn:JobOriginatingUserName>"
            "<wscn:JobInformation>none</wscn:JobInformation></wscn:JobDescription>"
            f"<wscn:DocumentParameters><wscn:Format>{form}</wscn:Format>"
            f"<wscn:ImagesToTransfer>{images}</wscn:ImagesToTransfer>"
            f"<wscn:InputSource>{source}</wscn:InputSource>{size}"
            f"<wscn:MediaSides><wscn:MediaFront>{area}"
            f"<wscn:ColorProcessing>{color}</wscn:ColorProcessing><wscn:Resolution>"
            f"<wscn:Width>{dpi}</wscn:Width><wscn:Height>{dpi}</wscn:Height></wscn:Resolution>"
            "</wscn:MediaFront></wscn:MediaSides></wscn:DocumentParameters></wscn:ScanTicket>")


def retrieve_body(job, token, name="interop"):
    return (f"<wscn:JobId>{job}</wscn:JobId><wscn:JobToken>{token}</wscn:JobToken>"
            f"<wscn:DocumentDescription><wscn:DocumentName>{name}</wscn:DocumentName>"
            "</wscn:DocumentDescription>")


def create(world, url, **settings):
    """CreateScanJob; returns (job id, token, the answer)."""
    answer = operate(world, url, "CreateScanJob", ticket(**settings))
    base = "soap:Body/wscn:CreateScanJobResponse/"
    return (answer.envelope.text(base + "wscn:JobId"), answer.envelope.text(base + "wscn:JobToken"),
            answer)


def scan(world, url, images=None, **settings):
    """All images of a job as bytes; from the feeder until the service has no more."""
    job, token, answer = create(world, url, images=images or 0, **settings)
    result = []
    while images is None or len(result) < images:
        data = scan_request("RetrieveImage", retrieve_body(job, token), to=url)
        got = call(world, url, data)
        fault = got.envelope.subcode()
        if fault:
            equal(fault, (q("soap:Sender"), q("wscn:ClientErrorNoImagesAvailable")), "last fault")
            break
        equal(got.envelope.action, NS["wscn"] + "/RetrieveImageResponse", "Action")
        result.append(got.image)
        if settings.get("source", "Platen") == "Platen":
            break
    return result, answer


# -- discovery --------------------------------------------------------------------------------


class Ears:
    """A socket on 3702 of one interface of the client, that hears Hello and Bye."""

    def __init__(self, world, family=socket.AF_INET, interface=0, host="client"):
        name = f"eth{interface}"
        self.theirs = {a for addresses in ADDRESSES["server"] for a in addresses}
        with world.on(host):
            self.socket = socket.socket(family, socket.SOCK_DGRAM)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name.encode())
            index = socket.if_nametoindex(name)
        group = socket.inet_pton(family, MULTICAST[family])
        if family == socket.AF_INET:
            self.socket.bind((MULTICAST[family], PORT))
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                                   struct.pack("=4s4si", group, bytes(4), index))
        else:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            self.socket.bind((MULTICAST[family], PORT, 0, index))
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                                   group + struct.pack("=I", index))

    def hear(self, action, timeout=5, of=None):
        """The next message of that action as (Envelope, peer); None when there was none."""
        deadline = time.monotonic() + timeout
        while (got := receive(self.socket, deadline - time.monotonic())) is not None:
            if got[1][0].partition("%")[0] in self.theirs:
                envelope = Envelope(got[0])
                if envelope.action == f"{NS['wsd']}/{action}" and \
                        (of is None or endpoint_of(envelope) == of):
                    return envelope, got[1]
        return None

    def close(self):
        self.socket.close()


class Mouth:
    """A socket of the client that asks by multicast and hears the answers.

    A target answers one peer only so often; where the test asks much, each socket on eth0 is a peer
    of its own, so that silence never means "asked too often"."""

    peers = itertools.count(129)

    def __init__(self, world, family=socket.AF_INET, interface=0):
        self.family = family
        with world.on("client"):
            index = socket.if_nametoindex(f"eth{interface}")
            self.socket = socket.socket(family, socket.SOCK_DGRAM)
        address = ADDRESSES["client"][interface]
        if family == socket.AF_INET:
            if interface == 0:
                address = (f"192.0.2.{next(self.peers)}",)
            self.socket.bind((address[0], 0))
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                                   socket.inet_aton(address[0]))
            self.group = (MULTICAST[family], PORT)
        else:
            self.socket.bind((address[1], 0, 0, index))
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
            self.group = (MULTICAST[family], PORT, 0, index)

    def say(self, data, to=None):
        self.socket.sendto(data, to or self.group)
        return Envelope(data).head("wsa:MessageID")

    def answers(self, message_id, timeout=2.5):
        """The first answer to that message as (Envelope, peer), and all that came before it."""
        deadline, others = time.monotonic() + timeout, []
        while (got := receive(self.socket, deadline - time.monotonic())) is not None:
            envelope = Envelope(got[0])
            if envelope.head("wsa:RelatesTo") == message_id:
                return envelope, got[1], others
            others.append(envelope)
        return None, None, others

    def ask(self, data, timeout=2.5, to=None):
        envelope, peer, _ = self.answers(self.say(data, to), timeout)
        check(envelope is not None, f"no answer within {timeout} s to {data.decode()}")
        return envelope, peer

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def probe(types=None, scopes=None, match_by=None, extra_ns="", to=DISCOVERY_URN):
    inner = f"<wsd:Types>{types}</wsd:Types>" if types is not None else ""
    if scopes is not None:
        by = f' MatchBy="{match_by}"' if match_by else ""
        inner += f"<wsd:Scopes{by}>{scopes}</wsd:Scopes>"
    return request(NS["wsd"] + "/Probe", f"<wsd:Probe>{inner}</wsd:Probe>", to=to,
                   extra_ns=extra_ns)


def resolve(endpoint):
    return request(NS["wsd"] + "/Resolve", "<wsd:Resolve><wsa:EndpointReference><wsa:Address>"
                   f"{endpoint}</wsa:Address></wsa:EndpointReference></wsd:Resolve>",
                   to=DISCOVERY_URN)


def endpoint_of(envelope):
    """The endpoint of a Hello, Bye or the only match of an answer."""
    found = envelope.body.findall(".//wsa:EndpointReference/wsa:Address", NS)
    equal(len(found), 1, "endpoint references")
    return found[0].text


def match_of(envelope):
    """(endpoint, types, scopes, xaddrs, version) of the only target in a message."""
    parent = {child: p for p in envelope.body.iter() for child in p}
    target = parent[envelope.body.find(".//wsa:EndpointReference", NS)]
    order = [child.tag for child in target]
    known = [q(n) for n in ("wsa:EndpointReference", "wsd:Types", "wsd:Scopes", "wsd:XAddrs",
                            "wsd:MetadataVersion")]
    equal([t for t in order if t in known], [t for t in known if t in order], "order of elements")
    types = target.find(q("wsd:Types"))
    version = target.findtext(q("wsd:MetadataVersion"))
    return (endpoint_of(envelope), envelope.qnames(types) if types is not None else [],
            (target.findtext(q("wsd:Scopes")) or "").split(),
            (target.findtext(q("wsd:XAddrs")) or "").split(),
            int(version) if version is not None else None)


def sequence_of(envelope):
    """(InstanceId, MessageNumber) of a discovery message."""
    found = envelope.header.findall(q("wsd:AppSequence"))
    equal(len(found), 1, "AppSequence headers")
    return int(found[0].get("InstanceId")), int(found[0].get("MessageNumber"))


def find_device(world):
    """The only device on the link, by a multicast Probe, then Get."""
    with Mouth(world) as mouth:
        envelope, _ = mouth.ask(probe("wsdp:Device"))
    endpoint, _, _, xaddrs, _ = match_of(envelope)
    check(xaddrs, "ProbeMatch without XAddrs")
    return Device(world, xaddrs[0], endpoint)
