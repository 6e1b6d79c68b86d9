# SPDX-License-Identifier: MIT
"""Messages as they go over the wire: envelopes, HTTP as Windows speaks it, multipart answers.

Python's standard library alone; nothing is shared with libwsd, so that what both agree on is agreed
by two. Reading is lenient: what is wrong with a message is for the checks to say.
"""

import email.parser
import email.policy
import http.client
import io
import re
import socket
import time
import urllib.parse
import uuid
import xml.etree.ElementTree as ElementTree

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
NIL = "urn:uuid:00000000-0000-0000-0000-000000000000"
MAX_ENVELOPE = 32767  # octets; Windows closes the connection at one more
MAX_ANSWER = 1 << 30  # octets of one answer that the checker reads
# Something that no device knows, and that each has to leave alone.
FOREIGN = "http://example.net/windows-checker"


class Complaint(Exception):
    """What the device did, and what Windows expects instead."""


class Untried(Exception):
    """Why a check could not be tried."""


def q(name):
    """prefix:local in the notation of ElementTree."""
    prefix, local = name.split(":")
    return f"{{{NS[prefix]}}}{local}"


def short(tag):
    """The reverse, for messages; a namespace that is none of ours is written out."""
    ns, _, local = (tag or "").rpartition("}")
    for prefix, uri in NS.items():
        if ns[1:] == uri:
            return f"{prefix}:{local}"
    return tag or "nothing"


def new_id():
    return uuid.uuid4().urn


def trimmed(element):
    return (element.text or "").strip() if element is not None else ""


class Envelope:
    """A message as it came, with the namespace bindings of each element, for QNames in text."""

    def __init__(self, data):
        self.data, self.bindings, self.namespaces = data, {}, set()
        pending, stack, self.root = [], [{}], None
        try:
            for event, item in ElementTree.iterparse(io.BytesIO(data),
                                                     ("start-ns", "start", "end")):
                if event == "start-ns":
                    pending.append(item)
                    self.namespaces.add(item[1])
                elif event == "start":
                    stack.append({**stack[-1], **dict(pending)})
                    pending = []
                    self.bindings[item] = stack[-1]
                    self.root = item if self.root is None else self.root
                else:
                    stack.pop()
        except ElementTree.ParseError as error:
            raise Complaint(f"sent XML that is not well-formed ({error}): {data[:200]!r}")
        if self.root is None or self.root.tag != q("soap:Envelope"):
            raise Complaint(f"sent {short(self.root.tag)}, not an envelope of SOAP 1.2")
        empty = ElementTree.Element("none")
        self.header = self.root.find(q("soap:Header"))
        self.body = self.root.find(q("soap:Body"))
        self.header = empty if self.header is None else self.header
        self.body = empty if self.body is None else self.body

    def find(self, path):
        return self.root.find(path, NS)

    def all(self, path):
        return self.root.findall(path, NS)

    def text(self, path):
        return trimmed(self.find(path))

    def inside(self, name):
        """Text of the first element of that name in the body, "" for none."""
        return trimmed(self.body.find(".//" + q(name)))

    def head(self, name):
        return trimmed(self.header.find(q(name)))

    @property
    def action(self):
        return self.head("wsa:Action")

    def qnames(self, element):
        """The text of an element as a list of {namespace}local; an unbound prefix stays."""
        result = []
        for word in trimmed(element).split():
            prefix, _, local = word.rpartition(":")
            bound = self.bindings[element].get(prefix)
            result.append(f"{{{bound}}}{local}" if bound else word)
        return result

    def fault(self):
        """The most telling code of a fault as {namespace}local; None for no fault."""
        fault = self.body.find(q("soap:Fault"))
        if fault is None:
            return None
        for path in ("soap:Code/soap:Subcode/soap:Value", "soap:Code/soap:Value"):
            found = fault.find(path, NS)
            if found is not None and self.qnames(found):
                return self.qnames(found)[0]
        return "a fault without a code"

    def sequence(self):
        """(InstanceId, MessageNumber), or None."""
        found = self.header.find(q("wsd:AppSequence"))
        try:
            return int(found.get("InstanceId")), int(found.get("MessageNumber"))
        except (AttributeError, TypeError, ValueError):
            return None


class Target:
    """One device of a Hello, ProbeMatches or ResolveMatches."""

    def __init__(self, envelope, element):
        self.envelope = envelope
        self.endpoint = trimmed(element.find("wsa:EndpointReference/wsa:Address", NS))
        types = element.find(q("wsd:Types"))
        self.types = envelope.qnames(types) if types is not None else []
        self.scopes = trimmed(element.find(q("wsd:Scopes"))).split()
        self.xaddrs = trimmed(element.find(q("wsd:XAddrs"))).split()
        self.version = trimmed(element.find(q("wsd:MetadataVersion")))


def targets_of(envelope):
    return [Target(envelope, element) for element in envelope.body.iter()
            if element.find(q("wsa:EndpointReference")) is not None]


# -- what Windows writes ----------------------------------------------------------------------


def request(action, body="", to=ANONYMOUS, message_id=None, header="", more_ns=""):
    names = "".join(f' xmlns:{p}="{NS[p]}"' for p in ("soap", "wsa", "wsd", "wsdp", "wscn", "wse"))
    return (f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope{names}{more_ns}><soap:Header>'
            f"<wsa:To>{to}</wsa:To><wsa:Action>{action}</wsa:Action>"
            f"<wsa:MessageID>{message_id or new_id()}</wsa:MessageID>"
            f"<wsa:ReplyTo><wsa:Address>{ANONYMOUS}</wsa:Address></wsa:ReplyTo>{header}"
            f"</soap:Header><soap:Body>{body}</soap:Body></soap:Envelope>").encode()


def probe(types=None, scopes=None, message_id=None):
    inner = f"<wsd:Types>{types}</wsd:Types>" if types else ""
    inner += f"<wsd:Scopes>{scopes}</wsd:Scopes>" if scopes else ""
    return request(NS["wsd"] + "/Probe", f"<wsd:Probe>{inner}</wsd:Probe>", DISCOVERY_URN,
                   message_id, more_ns=f' xmlns:x="{FOREIGN}"')


def resolve(endpoint, message_id=None):
    return request(NS["wsd"] + "/Resolve", "<wsd:Resolve><wsa:EndpointReference><wsa:Address>"
                   f"{endpoint}</wsa:Address></wsa:EndpointReference></wsd:Resolve>",
                   DISCOVERY_URN, message_id)


# -- HTTP -------------------------------------------------------------------------------------


WINDOWS_HEADERS = (("Cache-Control", "no-cache"), ("Connection", "Keep-Alive"),
                   ("Pragma", "no-cache"), ("Content-Type", "application/soap+xml"),
                   ("User-Agent", "WSDAPI"))


class Part:
    """One part of a multipart answer."""

    def __init__(self, fields, data):
        self.fields, self.data = fields, data
        self.id = (fields["Content-ID"] or "").strip().strip("<>")
        self.encoding = (fields["Content-Transfer-Encoding"] or "").strip().lower()


class Exchange:
    """One question by HTTP and what came back."""

    def __init__(self, name, url, sent, wanted):
        self.name, self.url, self.sent, self.wanted = name, url, Envelope(sent), wanted
        self.status = self.headers = self.envelope = None
        self.data, self.parts, self.closed, self.waited = b"", [], True, 0

    def __str__(self):
        return f"{self.name} at {self.url}"

    def read(self):
        """Takes the answer apart; complains where that cannot be done."""
        root = self.data
        if self.headers.get_content_type() == "multipart/related":
            self.parts, self.closed = split_parts(self.headers, self.data)
            if not self.parts:
                raise Complaint(f"answered {self} with a multipart message that has no parts")
            start = str(self.headers.get_param("start") or "").strip("<>")
            roots = [p for p in self.parts if start and p.id == start] or self.parts
            root = roots[0].data
        if not root.strip():
            raise Complaint(f"answered {self} with status {self.status} and an empty body")
        self.envelope = Envelope(root)

    def image(self):
        """The part that xop:Include names, else the second; None when there is none."""
        if len(self.parts) < 2:
            return None
        include = self.envelope.body.find(".//" + q("xop:Include"))
        href = include.get("href", "") if include is not None else ""
        wanted = urllib.parse.unquote(href.removeprefix("cid:"))
        return next((p for p in self.parts if p.id == wanted), self.parts[1])


def split_parts(headers, data):
    """(parts, whether the closing delimiter came)."""
    boundary = headers.get_boundary()
    if not boundary:
        return [], False
    delimiter, parts = b"--" + boundary.encode(), []
    at = data.find(delimiter)
    while at >= 0 and not data.startswith(b"--", at + len(delimiter)):
        start = data.find(b"\r\n", at) + 2
        end = data.find(b"\r\n" + delimiter, start)
        middle = data.find(b"\r\n\r\n", start)
        if middle < 0 or start < 2:
            break
        fields = email.parser.BytesParser(policy=email.policy.compat32).parsebytes(
            data[start:middle + 4])
        parts.append(Part(fields, data[middle + 4:end if end >= 0 else len(data)]))
        at = end + 2 if end >= 0 else -1
    return parts, at >= 0


class Connection(http.client.HTTPConnection):
    """To an address that may be link-local: the zone is ours and is never written."""

    def __init__(self, url, zone, timeout):
        parts = urllib.parse.urlsplit(url)
        super().__init__(parts.hostname, parts.port or 80, timeout=timeout)
        self.zone, self.path = zone, parts.path or "/"
        name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self.host_line = name if self.port == 80 else f"{name}:{self.port}"

    def connect(self):
        host = self.host + (f"%{self.zone}" if self.host.startswith("fe80:") and self.zone else "")
        self.sock = socket.create_connection((host, self.port), self.timeout)


def post(exchange, data, zone=None, timeout=60):
    """Sends as Windows does and reads the whole answer into the exchange."""
    connection = Connection(exchange.url, zone, timeout)
    began = time.monotonic()
    try:
        connection.putrequest("POST", connection.path, skip_host=True, skip_accept_encoding=True)
        for name, value in WINDOWS_HEADERS:
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(data)))
        connection.putheader("Host", connection.host_line)
        connection.endheaders(data)
        response = connection.getresponse()
        exchange.waited = time.monotonic() - began
        exchange.status, exchange.headers = response.status, response.headers
        exchange.data = response.read(MAX_ANSWER)
    except (OSError, http.client.HTTPException) as error:
        raise Complaint(f"gave no answer to {exchange}: {error or type(error).__name__}; Windows "
                        "waits for one to each question")
    finally:
        connection.close()
    exchange.read()


def seconds_of(duration):
    """An xs:duration in seconds; None when it is none."""
    found = re.fullmatch(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?"
                         r"(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", duration)
    if not found or not any(found.groups()):
        return None
    sizes = (31536000, 2592000, 86400, 3600, 60, 1)
    return sum(float(n or 0) * size for n, size in zip(found.groups(), sizes))
