# SPDX-License-Identifier: MIT
"""Devices with TLS for the tests: certificates by openssl, and a front for `wsd serve`.

The front ends TLS, hands each request on and puts its own address into what goes back. It keeps of
each connection what came over it, so that a test can say that nothing did. An announcer answers
Probes in a device's place, with whatever addresses the test gives it.
"""

import http.client
import http.server
import re
import socket
import ssl
import struct
import subprocess
import threading
import urllib.parse

CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def certificate(folder, name, days=30):
    """A self-signed certificate and its key in one file; of `days` -1 it has run out."""
    key, request, path = (f"{folder}/{name}.{end}" for end in ("key", "csr", "pem"))
    for command in (["req", "-new", *CURVE, "-keyout", key, "-out", request, "-subj", f"/CN={name}"],
                    ["x509", "-req", "-in", request, "-signkey", key, "-days", str(days), "-out", path]):
        subprocess.run(["openssl", *command], check=True, capture_output=True)
    with open(key, encoding="ascii") as source, open(path, "a", encoding="ascii") as sink:
        sink.write(source.read())
    return path


class Request(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def parse_request(self):
        self.server.front.received.append(self.raw_requestline)
        return super().parse_request()

    def do_POST(self):
        front = self.server.front
        body = self.rfile.read(int(self.headers["Content-Length"]))
        front.bodies.append(body)
        upstream = http.client.HTTPConnection(front.host, front.port)
        for ours, theirs in [(front.base, front.inner), *front.swaps]:
            body = body.replace(ours, theirs)
        upstream.request("POST", self.path, body, {"Content-Type": self.headers["Content-Type"]})
        answer = upstream.getresponse()
        body = answer.read().replace(front.inner, front.services or front.base)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers.get("Content-Type", "text/plain"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        upstream.close()
        self.close_connection = True

    def log_message(self, *_):
        pass


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def finish_request(self, request, client_address):
        """In the connection's own thread: a handshake holds nobody up."""
        try:
            tls = self.front.context.wrap_socket(request, server_side=True)
        except OSError:
            request.close()
            return
        self.front.handshakes += 1
        try:
            super().finish_request(tls, client_address)
            tls.unwrap()
        except OSError:
            pass
        finally:
            tls.close()

    def handle_error(self, *_):
        pass


class Front:
    """TLS in front of the device at `url`; its services are said to be at `services`."""

    def __init__(self, url, pem, port=0, services=None, host="127.0.0.1"):
        parts = urllib.parse.urlsplit(url)
        self.host, self.port = parts.hostname, parts.port
        self.received, self.bodies, self.handshakes = [], [], 0
        self.swaps = []  # what else is written otherwise in requests
        self.show(pem)
        Listener.allow_reuse_address = True
        self.listener = Listener((host, port), Request)
        self.listener.front = self
        self.own_port = self.listener.server_port
        self.inner = f"http://{self.host}:{self.port}/".encode()
        self.base = f"https://{host}:{self.own_port}/".encode()
        self.services = services
        self.url = self.base.decode() + parts.path.lstrip("/")
        self.thread = threading.Thread(target=self.listener.serve_forever, args=(0.01,))
        self.thread.start()

    def show(self, pem):
        """That certificate from now on; a handshake that goes on keeps the one that it has begun with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        self.context = context

    def did(self, operation):
        return any(f"/{operation}<".encode() in body for body in self.bodies)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown()
        self.thread.join()
        self.listener.server_close()


MATCHES = """<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"
 xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:wsd="http://schemas.xmlsoap.org/ws/2005/04/discovery"
 xmlns:wsdp="http://schemas.xmlsoap.org/ws/2006/02/devprof"
 xmlns:wscn="http://schemas.microsoft.com/windows/2006/08/wdp/scan"><soap:Header>
<wsa:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsa:To>
<wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/{kind}Matches</wsa:Action>
<wsa:MessageID>urn:uuid:00000000-0000-4000-8000-{number:012x}</wsa:MessageID>
<wsa:RelatesTo>{id}</wsa:RelatesTo>
<wsd:AppSequence InstanceId="1" MessageNumber="{number}"/></soap:Header><soap:Body>
<wsd:{kind}Matches><wsd:{kind}Match>
<wsa:EndpointReference><wsa:Address>{endpoint}</wsa:Address></wsa:EndpointReference>
<wsd:Types>wsdp:Device wscn:ScanDeviceType</wsd:Types><wsd:XAddrs>{xaddrs}</wsd:XAddrs>
<wsd:MetadataVersion>1</wsd:MetadataVersion>
</wsd:{kind}Match></wsd:{kind}Matches></soap:Body></soap:Envelope>"""


class Announcer:
    """Answers every Probe and Resolve in the name of `endpoint`."""

    def __init__(self, endpoint, *xaddrs):
        self.endpoint, self.xaddrs, self.number = endpoint, " ".join(xaddrs), 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("239.255.255.250", 3702))
        group = socket.inet_aton("239.255.255.250") + socket.inet_aton("127.0.0.1")
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
        self.replies = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.replies.bind(("127.0.0.1", 0))
        self.ended, self.wake = threading.Event(), struct.pack("B", 0)
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while True:
            question, sender = self.socket.recvfrom(65536)
            if self.ended.is_set():
                return
            kind = re.search(rb"/(Probe|Resolve)<", question)
            message = re.search(rb"MessageID>\s*([^<\s]+)", question)
            if not kind or not message:
                continue
            self.number += 1
            self.replies.sendto(MATCHES.format(
                kind=kind.group(1).decode(), number=self.number, id=message.group(1).decode(),
                endpoint=self.endpoint, xaddrs=self.xaddrs).encode(), sender)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.replies.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                                socket.inet_aton("127.0.0.1"))
        self.replies.sendto(self.wake, ("239.255.255.250", 3702))
        self.thread.join()
        self.socket.close()
        self.replies.close()
