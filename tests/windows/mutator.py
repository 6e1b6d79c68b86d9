# SPDX-License-Identifier: MIT
"""A scanner that is wrong in one thing: `wsd serve` on loopback, and between it and the network a
relay that rewrites what it says.

To others the relay is the scanner: it hears their multicast, answers HTTP on eth0, and sends the
events on. Each message passes `change(message)`, which alters or drops it; with none the addresses
alone are rewritten, and the checker has nothing to complain of.
"""

import http.client
import http.server
import itertools
import re
import selectors
import socket
import struct
import threading
import urllib.parse

from interop import ADDRESSES
from network import MULTICAST, PORT
from services import WsdServe
from wire import NS, Envelope, probe, request

FAULT = ("<soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value><soap:Subcode><soap:Value>{}"
         "</soap:Value></soap:Subcode></soap:Code><soap:Reason><soap:Text xml:lang='en'>no"
         "</soap:Text></soap:Reason></soap:Fault>")
INNER, EVENTS = "127.0.0.1:8080", "127.0.0.1:8081"
OTHER = ADDRESSES["server"][1][0]  # of the other interface
OWN4, OWN6 = ADDRESSES["server"][0]
IPV4, IPV6 = socket.AF_INET, socket.AF_INET6


class Message:
    """What passes: kind is "question", "answer" (both of HTTP), "datagram" or "event"; name is the
    question's action, or its own where nobody asked.

    `asked` is the question's text."""

    def __init__(self, kind, name, data, asked=b"", status=200, headers=()):
        self.kind, self.name, self.data, self.asked = kind, name, data, asked
        self.status, self.headers = status, list(headers)
        self.drop, self.path, self.control, self.family = False, "", b"", None

    def sub(self, pattern, text, count=0):
        """Rewrites what a pattern finds, in the envelope and not in an image."""
        self.data = re.sub(pattern.encode(), text.encode(), self.data, count=count)

    def refuse(self, code):
        """Takes a fault in place of the answer."""
        self.data, self.status = request(NS["wsa"] + "/fault", FAULT.format(code), header=(
            f"<wsa:RelatesTo>{Envelope(self.asked).head('wsa:MessageID')}</wsa:RelatesTo>")), 400
        self.headers = [("Content-Type", "application/soap+xml")]


def action_of(data):
    found = re.search(rb"<\w+:Action[^>]*>\s*[^<]*/(\w+)\s*<", data)
    return found[1].decode() if found else ""


def outward(data, host):
    return data.replace(INNER.encode(), f"{host}:80".encode())


class Http(http.server.BaseHTTPRequestHandler):
    """Passes a question on to the scanner and its answer back."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        relay, own = self.server.relay, self.server.own
        if relay.early and relay.early(self.headers):
            self.wfile.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            self.close_connection = True
            return
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        question = Message("question", action_of(asked), asked, asked)
        question.path = self.path
        relay.pass_on(question)
        for name in (f"{own}:80", own):
            question.sub(f"http://{re.escape(name)}/", f"http://{INNER}/")
        # Events have to go to the host that asks, which to the scanner is this one.
        question.sub(r"http://(192\.0\.2\.2:\d+)/", f"http://{EVENTS}/\\1/")
        message = relay.ask(self.path, question.data, question.name)
        message.data = outward(message.data, own)
        message.asked, message.path = asked, self.path
        relay.pass_on(message)
        if message.drop:
            self.close_connection = True
            return
        self.send_response(message.status)
        for name, value in message.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(message.data)))
        self.end_headers()
        self.wfile.write(message.data)

    def log_message(self, *_):
        pass


class Event(Http):
    """Passes an event of the scanner on to whom it is for."""

    def do_POST(self):
        data = self.rfile.read(int(self.headers["Content-Length"]))
        _, host, path = self.path.split("/", 2)
        message = Message("event", action_of(data), outward(
            data.replace(f"http://{EVENTS}/{host}/".encode(), f"http://{host}/".encode()), OWN4))
        message.path = "/" + path
        self.server.relay.pass_on(message)
        if not message.drop:
            connection = http.client.HTTPConnection(host, timeout=10)
            try:
                connection.request("POST", message.path, message.data,
                                   {"Content-Type": "application/soap+xml; charset=utf-8"})
                connection.getresponse().read()
            except OSError:
                pass  # the listener is gone, as listeners do
            finally:
                connection.close()
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()


class Relay:
    """All sockets of the relay; made on the host of the scanner, threads inherit it."""

    def __init__(self):
        self.change, self.early, self.servers = None, None, []
        index = socket.if_nametoindex("eth0")
        for handler, family, address in (
                (Http, IPV4, (OWN4, 80)), (Http, IPV4, (OTHER, 80)),
                (Http, IPV6, (OWN6, 80, 0, index)), (Event, IPV4, (
                    EVENTS.split(":")[0], int(EVENTS.split(":")[1])))):
            server = type("Server", (http.server.ThreadingHTTPServer,),
                          {"address_family": family, "allow_reuse_address": True})(address, handler)
            server.relay, server.handle_error = self, lambda *_: None
            server.own = f"[{OWN6}]" if family == IPV6 else address[0]
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            self.servers.append(server)
        self.peers = itertools.count()
        self.selector, self.ears = selectors.DefaultSelector(), {}
        for family, name in ((IPV4, "eth0"), (IPV6, "eth0"), (IPV4, "lo")):
            self.ears[family, name] = self.open_ears(family, name)
            self.selector.register(self.ears[family, name], selectors.EVENT_READ, (family, name))
        threading.Thread(target=self.hear, daemon=True).start()

    @staticmethod
    def open_ears(family, name):
        """On 3702 of an interface; what is sent goes there as well."""
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name.encode())
        index, group = socket.if_nametoindex(name), socket.inet_pton(family, MULTICAST[family])
        if family == IPV4:
            sock.bind(("", PORT))
            own = OWN4 if name == "eth0" else "127.0.0.1"
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, name == "lo")
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                            struct.pack("=4s4si", group, bytes(4), index))
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind(("::", PORT, 0, index))
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 0)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                            group + struct.pack("=I", index))
        return sock

    def hear(self):
        while True:
            for key, _ in self.selector.select():
                family, name = key.data
                data, peer = key.fileobj.recvfrom(65536)
                action = action_of(data)
                if name == "eth0" and action in ("Probe", "Resolve"):
                    self.search(family, data, peer)
                elif name == "lo" and action in ("Hello", "Bye"):
                    self.announce(action, data)

    def search(self, family, data, peer):
        """Asks the scanner on loopback, and answers as if it were we."""
        with socket.socket(IPV4, socket.SOCK_DGRAM) as sock:
            # A scanner answers one peer only so often: each question is a peer's of its own.
            sock.bind((f"127.0.{next(self.peers) % 250 + 1}.1", 0))
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                            socket.inet_aton("127.0.0.1"))
            # Answers are not delayed: when that to a second question is there, none is to come.
            control = probe("wsdp:Device")
            for question in (data, control):
                sock.sendto(question, (MULTICAST[IPV4], PORT))
            sock.settimeout(10)
            answer, last = b"", sock.recv(65536)
            while Envelope(control).head("wsa:MessageID") not in last.decode():
                answer, last = last, sock.recv(65536)
        host = f"[{OWN6}]" if family == IPV6 else OWN4
        message = Message("datagram", action_of(data), outward(answer, host), data)
        message.family, message.control = family, outward(last, host)
        self.pass_on(message)
        if message.data and not message.drop:
            self.ears[family, "eth0"].sendto(message.data, peer)

    def announce(self, action, data):
        for family, host in ((IPV4, OWN4), (IPV6, f"[{OWN6}]")):
            message = Message("datagram", action, outward(data, host))
            message.family = family
            self.pass_on(message)
            if message.data and not message.drop:
                sock = self.ears[family, "eth0"]
                sock.sendto(message.data, (MULTICAST[family], PORT) if family == IPV4 else
                            (MULTICAST[family], PORT, 0, socket.if_nametoindex("eth0")))

    @staticmethod
    def ask(path, data, name):
        """The scanner's answer as a Message."""
        connection = http.client.HTTPConnection(INNER, timeout=60)
        try:
            connection.request("POST", path, data, {"Content-Type": "application/soap+xml"})
            response = connection.getresponse()
            kept = [(n, v) for n, v in response.headers.items() if n.lower() == "content-type"]
            return Message("answer", name, response.read(), b"", response.status, kept)
        finally:
            connection.close()

    def pass_on(self, message):
        if self.change:
            self.change(message)


class Mutated(WsdServe):
    """The scanner behind its relay; the same hooks, and `change` to be set."""

    def __init__(self, world):
        with world.on("server"):
            self.relay = Relay()
        super().__init__(world, "--loopback", "--interface", "lo",
                         port=urllib.parse.urlsplit("//" + INNER).port)
