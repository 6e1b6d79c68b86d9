# SPDX-License-Identifier: MIT
"""A WSD scanner made of Python's standard library, that says whatever a test wants it to say.

It shares nothing with libwsd: messages are written here by hand, as a device's firmware would, and
good by default. A test overrides one answer, a list of answers, or one element of the
configuration; all requests are kept, so that it can ask afterwards what was sent.

    device = Device()
    device.answers["CreateScanJob"] = [fault("ServerErrorNotAcceptingJobs"), None]
    ... wsd scan device.url ...
    device.count("CancelJob")

An answer is bytes or text (the body of a 200 with SOAP's media type), a Reply, a callable that is
given the request and returns one of these, or None for the default. A list is used up in order;
its last entry then stays.
"""

import base64
import re
import socket
import struct
import threading
import uuid
import zlib
from xml.sax.saxutils import escape

NS = {
    "soap": "http://www.w3.org/2003/05/soap-envelope",
    "wsa": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "wsd": "http://schemas.xmlsoap.org/ws/2005/04/discovery",
    "wsx": "http://schemas.xmlsoap.org/ws/2004/09/mex",
    "wsdp": "http://schemas.xmlsoap.org/ws/2006/02/devprof",
    "wscn": "http://schemas.microsoft.com/windows/2006/08/wdp/scan",
    "xop": "http://www.w3.org/2004/08/xop/include",
}
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
ANONYMOUS = NS["wsa"] + "/role/anonymous"
PORT = 3702
GROUP = "239.255.255.250"


# -- images -----------------------------------------------------------------------------------

# 16 x 8 pixels of gray.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZG"
    "NywtQFdBRkxOUlNSMj5aYVpQYEpRUk//wAALCAAIABABAREA/8QAFQABAQAAAAAAAAAAAAAAAAAAAAH/xAAUEAEA"
    "AAAAAAAAAAAAAAAAAAAA/9oACAEBAAA/AIP/2Q==")


def png(width=16, height=8, dpi=None):
    """An RGB image whose red tells the column and green the row."""
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))

    red = bytes(v for x in range(width) for v in (x & 255, 0, 0))
    rows = bytearray()
    for y in range(height):
        row = bytearray(red)
        row[1::3] = bytes([y & 255]) * width
        rows += b"\0" + row
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    if dpi:
        per_metre = round(dpi / 0.0254)
        head += chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1))
    return (b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(rows), 1))
            + chunk(b"IEND", b""))


def png_size(data):
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise AssertionError(f"no PNG: {data[:16]!r}")
    return struct.unpack(">II", data[16:24])


# -- answers ----------------------------------------------------------------------------------


class Reply:
    """An HTTP answer. `pieces` is bytes or an iterable of them, sent one by one.

    length   None: as long as `pieces`, if these are bytes, else chunked; a number is what
             Content-Length claims
    cut      the connection ends behind the pieces, whatever was claimed
    silent   nothing is sent at all; the connection stays until the client goes
    hangup   nothing is sent at all, and the connection ends
    hold     behind the pieces nothing more comes until the client goes
    """

    def __init__(self, pieces=b"", status=200, content_type="application/soap+xml", headers=(),
                 length=None, cut=False, silent=False, hold=False,
                 hangup=False):
        self.pieces = pieces.encode() if isinstance(pieces, str) else pieces
        self.status, self.content_type, self.headers = status, content_type, list(headers)
        self.length, self.cut, self.silent, self.hold = length, cut, silent, hold
        self.hangup = hangup


def envelope(action, body, relates_to=None, head="", names=("wsa", "wscn")):
    spaces = "".join(f' xmlns:{p}="{NS[p]}"' for p in ("soap", *names))
    relates = f"<wsa:RelatesTo>{relates_to}</wsa:RelatesTo>" if relates_to else ""
    return (f'<?xml version="1.0" encoding="UTF-8"?><soap:Envelope{spaces}><soap:Header>'
            f"<wsa:To>{ANONYMOUS}</wsa:To><wsa:Action>{action}</wsa:Action>"
            f"<wsa:MessageID>{uuid.uuid4().urn}</wsa:MessageID>{relates}{head}"
            f"</soap:Header><soap:Body>{body}</soap:Body></soap:Envelope>").encode()


def scan_answer(operation, inner, relates_to=None, names=("wsa", "wscn")):
    body = f"<wscn:{operation}Response>{inner}</wscn:{operation}Response>"
    return envelope(f"{NS['wscn']}/{operation}Response", body, relates_to, names=names)


def fault(subcode, status=400, reason="no", detail="", code="Sender"):
    extra = f"<soap:Detail>{detail}</soap:Detail>" if detail else ""
    body = (f"<soap:Fault><soap:Code><soap:Value>soap:{code}</soap:Value><soap:Subcode>"
            f"<soap:Value>wscn:{subcode}</soap:Value></soap:Subcode></soap:Code><soap:Reason>"
            f'<soap:Text xml:lang="en">{reason}</soap:Text></soap:Reason>{extra}</soap:Fault>')
    return Reply(envelope(f"{NS['wscn']}/fault", body), status)


BOUNDARY = "edge-of-page"


def multipart_type(boundary=BOUNDARY, quote='"'):
    return (f"multipart/related; type={quote}application/xop+xml{quote}; "
            f"boundary={quote}{boundary}{quote}; start={quote}<root@device>{quote}; "
            f"start-info={quote}application/soap+xml{quote}")


def image_envelope(cid="image@device", relates_to=None):
    return scan_answer("RetrieveImage", f'<wscn:ScanData><xop:Include href="cid:{cid}"/>'
                       "</wscn:ScanData>", relates_to, names=("wsa", "wscn", "xop"))


def image_head(boundary=BOUNDARY, cid="image@device", image_type="image/jpeg", relates_to=None):
    """All before the first byte of the image."""
    return (f'\r\n--{boundary}\r\nContent-Type: application/xop+xml; type="application/soap+xml"; '
            "charset=UTF-8\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <root@device>\r\n"
            "\r\n").encode() + image_envelope(relates_to=relates_to) + (
        f"\r\n--{boundary}\r\nContent-Type: {image_type}\r\nContent-Transfer-Encoding: binary\r\n"
        f"Content-ID: <{cid}>\r\n\r\n").encode()


def image_reply(image, boundary=BOUNDARY, tail=None, **options):
    end = f"\r\n--{boundary}--\r\n".encode() if tail is None else tail
    return Reply(image_head(boundary, **options) + image + end,
                 content_type=multipart_type(boundary))


def half_reply(image):
    """Half of an image, and then nothing, with the connection open."""
    head = image_head() + image[:len(image) // 2]
    return Reply(head, content_type=multipart_type(), length=len(head) + 1000, hold=True)


def reply_after_questions(fake, image, number):
    """A whole image, of which the second half comes when the scanner was asked so often how it is."""
    def pieces():
        asked = fake.count("GetScannerElements")
        yield image_head() + image[:len(image) // 2]
        fake.wait_for("GetScannerElements", asked + number)
        yield image[len(image) // 2:] + image_reply(b"").pieces[len(image_head()):]
    return Reply(pieces(), content_type=multipart_type())


def questions_since_page(fake):
    """How often it was asked how it is since the last page was asked for."""
    after = fake.operations()
    return after[len(after) - after[::-1].index("RetrieveImage"):].count("GetScannerElements")


# -- what the default answers are made of -----------------------------------------------------


def element(name, inner):
    return f"<wscn:{name}>{inner}</wscn:{name}>"


def many(name, values):
    return "".join(element(name, v) for v in values)


def size(width, height):
    return element("Width", width) + element("Height", height)


def source(prefix, width=8500, height=11700, resolutions=(100, 300), colors=("RGB24",)):
    """The content of Platen, ADFFront and ADFBack. An OpticalResolution above all of them."""
    lists = element("Widths", many("Width", resolutions)) + element(
        "Heights", many("Height", resolutions))
    return (element(prefix + "OpticalResolution", size(1200, 1200))
            + element(prefix + "Resolutions", lists)
            + element(prefix + "Color", many("ColorEntry", colors))
            + element(prefix + "MinimumSize", size(10, 10))
            + element(prefix + "MaximumSize", size(width, height)))


def adf(front=None, back=None, duplex=0):
    inner = element("ADFSupportsDuplex", duplex)
    inner += element("ADFFront", source("ADF") if front is None else front)
    return inner + (element("ADFBack", back) if back else "")


def device_settings(formats=("jfif", "png")):
    percent = element("MinValue", 1) + element("MaxValue", 100)
    return (element("FormatsSupported", many("FormatValue", formats))
            + element("CompressionQualityFactorSupported", percent)
            + element("ContentTypesSupported", many("ContentTypeValue", ("Auto", "Text")))
            + element("DocumentSizeAutoDetectSupported", 0) + element("AutoExposureSupported", 0)
            + element("BrightnessSupported", 0) + element("ContrastSupported", 0)
            + element("ScalingRangeSupported", element("ScalingWidth", percent)
                      + element("ScalingHeight", percent))
            + element("RotationsSupported", many("RotationValue", (0,))))


def status(state="Idle", reasons=("None",), conditions=""):
    return (element("ScannerCurrentTime", "2026-11-22T18:38:30Z") + element("ScannerState", state)
            + element("ScannerStateReasons", many("ScannerStateReason", reasons))
            + element("ActiveConditions", conditions))


def default_ticket(region=(8500, 11700)):
    place = element("ScanRegionXOffset", 0) + element("ScanRegionYOffset", 0)
    place += element("ScanRegionWidth", region[0]) + element("ScanRegionHeight", region[1])
    front = (element("ScanRegion", place) + element("ColorProcessing", "RGB24")
             + element("Resolution", size(300, 300)))
    return element("JobDescription", element("JobName", "Scan") + element(
        "JobOriginatingUserName", "nobody")) + element("DocumentParameters", (
            element("Format", "jfif") + element("ImagesToTransfer", 1)
            + element("InputSource", "Platen")
            + element("MediaSides", element("MediaFront", front))))


def text_of(request_text, name, default=""):
    """The text of the first element of that local name."""
    found = re.search(rf"<(?:\w+:)?{name}(?:\s[^>]*)?>([^<]*)<", request_text)
    return found.group(1) if found else default


def as_response(request):
    """What CreateScanJob makes of the ticket: all as asked."""
    t = request.text
    region = "".join(element(n, text_of(t, n, d)) for n, d in (
        ("ScanRegionXOffset", 0), ("ScanRegionYOffset", 0), ("ScanRegionWidth", 8500),
        ("ScanRegionHeight", 11700)))
    resolution = t[t.find("Resolution>"):]
    front = (element("ScanRegion", region)
             + element("ColorProcessing", text_of(t, "ColorProcessing", "RGB24"))
             + element("Resolution", size(text_of(resolution, "Width", 300),
                                          text_of(resolution, "Height", 300))))
    return (element("Format", text_of(t, "Format", "jfif"))
            + element("CompressionQualityFactor", 80)
            + element("ImagesToTransfer", text_of(t, "ImagesToTransfer", 1))
            + element("InputSource", text_of(t, "InputSource", "Platen"))
            + element("ContentType", "Auto")
            + element("InputSize", element("InputMediaSize", size(8500, 11700)))
            + element("Exposure", element("ExposureSettings", many("Contrast", [0])
                                          + many("Brightness", [0]) + many("Sharpness", [0])))
            + element("Scaling", element("ScalingWidth", 100) + element("ScalingHeight", 100))
            + element("Rotation", 0)
            + element("MediaSides", element("MediaFront", front)))


# -- the device -------------------------------------------------------------------------------


class Request:
    def __init__(self, line, headers, body):
        self.line, self.headers, self.text = line, headers, body.decode("utf-8", "replace")
        self.path = line.split(" ")[1] if line.count(" ") >= 2 else ""
        self.operation = text_of(self.text, "Action").rsplit("/", 1)[-1]
        self.message_id = text_of(self.text, "MessageID")

    def get(self, name):
        return text_of(self.text, name)


class Device:
    """The scanner; lives until stop(). `job` is the id that it gives to its jobs."""

    def __init__(self, name="Fake Scanner", model="Fake 1", manufacturer="Nobody",
                 host="127.0.0.1"):
        self.name, self.model, self.manufacturer = name, model, manufacturer
        self.uuid = uuid.uuid4().urn
        self.job = 7
        self.images = [image_reply(JPEG)]  # one an image; then ClientErrorNoImagesAvailable
        self.served = 0
        self.answers = {}
        self.settings, self.sources = device_settings(), {"Platen": source("Platen")}
        self.status, self.ticket = status(), default_ticket()
        self.extra_hosted, self.service_url = "", None
        self.one_address = False  # the device's own address is the service's too
        self.requests = []
        self.arrived = threading.Condition()
        self.listener = socket.create_server((host, 0), backlog=128)
        self.host, self.port = self.listener.getsockname()
        self.base = f"http://{host}:{self.port}"
        self.url = self.base + "/device"
        self.connections = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    # -- what a test asks

    def operations(self):
        with self.arrived:
            return [r.operation for r in self.requests]

    def all(self, operation):
        with self.arrived:
            return [r for r in self.requests if r.operation == operation]

    def count(self, operation):
        return len(self.all(operation))

    def wait_for(self, operation, n=1, timeout=15):
        """Until the n-th such request was read."""
        with self.arrived:
            if not self.arrived.wait_for(
                    lambda: sum(r.operation == operation for r in self.requests) >= n, timeout):
                raise AssertionError(f"no {operation} number {n} came, only "
                                     f"{[r.operation for r in self.requests]}")

    # -- the defaults

    def get(self, request):
        host = element_reference(self.uuid, "wsdp:Device wscn:ScanDeviceType", self.uuid, "Host")
        hosted = element_reference(self.service_url or self.base + "/scan",
                                   "wscn:ScannerServiceType", self.uuid + "/scan", "Hosted")
        dialect = NS["wsdp"]
        body = (
            f'<wsx:Metadata><wsx:MetadataSection Dialect="{dialect}/ThisModel"><wsdp:ThisModel>'
            f"<wsdp:Manufacturer>{escape(self.manufacturer)}</wsdp:Manufacturer><wsdp:ModelName>"
            f"{escape(self.model)}</wsdp:ModelName></wsdp:ThisModel></wsx:MetadataSection>"
            f'<wsx:MetadataSection Dialect="{dialect}/ThisDevice"><wsdp:ThisDevice>'
            f"<wsdp:FriendlyName>{escape(self.name)}</wsdp:FriendlyName></wsdp:ThisDevice>"
            f'</wsx:MetadataSection><wsx:MetadataSection Dialect="{dialect}/Relationship">'
            f'<wsdp:Relationship Type="{dialect}/host">{host}{self.extra_hosted}{hosted}'
            "</wsdp:Relationship></wsx:MetadataSection></wsx:Metadata>")
        return envelope(TRANSFER + "/GetResponse", body, request.message_id,
                        names=("wsa", "wsdp", "wsx", "wscn"))

    def probe(self, request):
        return self.probe_matches(request.message_id)

    def probe_matches(self, relates_to, xaddrs=None, endpoint=None):
        return probe_matches(relates_to, endpoint or self.uuid, xaddrs or self.url)

    def getscannerelements(self, request):
        sections = {
            "ScannerDescription": element("ScannerName", escape(self.name[:100])),
            "ScannerConfiguration": element("DeviceSettings", self.settings) + "".join(
                element(name, inner) for name, inner in self.sources.items()),
            "ScannerStatus": self.status() if callable(self.status) else self.status,
            "DefaultScanTicket": self.ticket,
        }
        asked = [n.split(":")[-1] for n in re.findall(r"Name>([^<]+)<", request.text)]
        data = "".join(f'<wscn:ElementData Name="wscn:{name}" Valid="true">'
                       f"{element(name, sections[name])}</wscn:ElementData>"
                       for name in asked if name in sections)
        return scan_answer("GetScannerElements", element("ScannerElements", data),
                           request.message_id)

    def validatescanticket(self, request):
        return scan_answer("ValidateScanTicket", element("ValidationInfo", element(
            "ValidTicket", "true") + element("ImageInformation", element(
                "MediaFrontImageInfo", media_info()))), request.message_id)

    def createscanjob(self, request):
        self.served = 0
        return scan_answer("CreateScanJob", (
            element("JobId", self.job) + element("JobToken", "token")
            + element("ImageInformation", element("MediaFrontImageInfo", media_info()))
            + element("DocumentFinalParameters", as_response(request))), request.message_id)

    def retrieveimage(self, _request):
        self.served += 1
        if self.served > len(self.images):
            return fault("ClientErrorNoImagesAvailable")
        return self.images[self.served - 1]

    def canceljob(self, request):
        return scan_answer("CancelJob", "", request.message_id)

    def getactivejobs(self, request):
        return scan_answer("GetActiveJobs", element("ActiveJobs", ""), request.message_id)

    # -- HTTP

    def is_lost(self, request):
        """Calls of the scan service come to its own address, as Epson has it (M3)."""
        return (request.path == "/device" and not self.one_address
                and request.operation not in ("Get", "Probe"))

    def answer_to(self, request):
        planned = self.answers.get(request.operation)
        if self.is_lost(request):
            planned = fault("DestinationUnreachable")
        if isinstance(planned, list):
            planned = planned.pop(0) if len(planned) > 1 else planned[0]
        for _ in range(2):
            if callable(planned):
                planned = planned(request)
            if planned is None:
                default = getattr(self, request.operation.lower(), None)
                planned = default(request) if default else fault("ActionNotSupported")
        return planned if isinstance(planned, Reply) else Reply(planned)

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            with connection, connection.makefile("rb") as stream:
                request = read_request(stream)
                if request is None:
                    return
                with self.arrived:
                    self.requests.append(request)
                    reply = self.answer_to(request)
                    self.arrived.notify_all()
                send(connection, reply)
        except OSError:
            pass  # the client went away, which is its right


def element_reference(address, types, service_id, name):
    return (f"<wsdp:{name}><wsa:EndpointReference><wsa:Address>{escape(address)}</wsa:Address>"
            f"</wsa:EndpointReference><wsdp:Types>{types}</wsdp:Types><wsdp:ServiceId>"
            f"{escape(service_id)}</wsdp:ServiceId></wsdp:{name}>")


def media_info(width=16, height=8):
    return (element("PixelsPerLine", width) + element("NumberOfLines", height)
            + element("BytesPerLine", 0))


def probe_matches(relates_to, endpoint, xaddrs, types="wsdp:Device wscn:ScanDeviceType"):
    match = (f"<wsd:ProbeMatch><wsa:EndpointReference><wsa:Address>{endpoint}</wsa:Address>"
             f"</wsa:EndpointReference><wsd:Types>{types}</wsd:Types><wsd:XAddrs>{xaddrs}"
             "</wsd:XAddrs><wsd:MetadataVersion>1</wsd:MetadataVersion></wsd:ProbeMatch>")
    head = '<wsd:AppSequence InstanceId="1" MessageNumber="1"/>'
    return envelope(NS["wsd"] + "/ProbeMatches", f"<wsd:ProbeMatches>{match}</wsd:ProbeMatches>",
                    relates_to, head, ("wsa", "wsd", "wsdp", "wscn"))


def read_request(stream):
    line = stream.readline(65536).decode("latin-1").strip()
    if not line:
        return None
    headers = {}
    while (text := stream.readline(65536).decode("latin-1").strip()):
        name, _, value = text.partition(":")
        headers[name.strip().lower()] = value.strip()
    return Request(line, headers, stream.read(int(headers.get("content-length", 0))))


def wait_until_gone(connection):
    connection.settimeout(60)
    while connection.recv(65536):
        pass


def send(connection, reply):
    if reply.silent:
        wait_until_gone(connection)
    if reply.silent or reply.hangup:
        return
    chunked = reply.length is None and not isinstance(reply.pieces, bytes)
    head = [f"HTTP/1.1 {reply.status} Whatever", "Connection: close"]
    if reply.content_type:
        head.append(f"Content-Type: {reply.content_type}")
    if chunked:
        head.append("Transfer-Encoding: chunked")
    else:
        length = len(reply.pieces) if reply.length is None else reply.length
        head.append(f"Content-Length: {length}")
    connection.sendall("\r\n".join(head + reply.headers + ["", ""]).encode("latin-1"))
    for piece in [reply.pieces] if isinstance(reply.pieces, bytes) else reply.pieces:
        if chunked:
            connection.sendall(b"%x\r\n" % len(piece))
        connection.sendall(piece)
        if chunked:
            connection.sendall(b"\r\n")
    if reply.hold:
        wait_until_gone(connection)
    if chunked and not reply.cut and not reply.hold:
        connection.sendall(b"0\r\n\r\n")
    connection.shutdown(socket.SHUT_WR)
    # Whoever closes with unread input resets the connection, and the answer is lost.
    wait_until_gone(connection)


# -- UDP --------------------------------------------------------------------------------------


class Responder:
    """Hears Probes on the group; `answer(message_id, action)` returns the datagrams to send."""

    def __init__(self, answer, interface="127.0.0.1"):
        self.answer = answer
        self.heard = []
        self.peer = None  # who asked last
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("", PORT))
        member = socket.inet_aton(GROUP) + socket.inet_aton(interface)
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        self.mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.mouth.bind((interface, 0))
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                data, self.peer = self.socket.recvfrom(65536)
            except OSError:
                return
            text = data.decode("utf-8", "replace")
            action = text_of(text, "Action").rsplit("/", 1)[-1]
            if action not in ("Probe", "Resolve"):
                continue
            self.heard.append(action)
            try:
                for datagram in self.answer(text_of(text, "MessageID"), action):
                    self.mouth.sendto(datagram, self.peer)
            except OSError:
                return  # stopped

    def stop(self):
        # A datagram socket that is shut down wakes its reader, but says that it is not connected.
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
        self.mouth.close()
