# SPDX-License-Identifier: MIT
"""Sockets of the checker: questions by multicast, ears for Hello and Bye, a sink for events."""

import fcntl
import http.server
import ipaddress
import queue
import socket
import struct
import threading
import time

from wire import Complaint, Envelope, new_id

PORT = 3702
MULTICAST = {socket.AF_INET: "239.255.255.250", socket.AF_INET6: "ff02::c"}
SIOCGIFADDR, SIOCGIFNETMASK = 0x8915, 0x891b


def route_to(host):
    """Our own address on the way to a host."""
    family, _, _, _, address = socket.getaddrinfo(host, PORT, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.connect(address)
        return sock.getsockname()[0]


def ask_kernel(name, what):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            answer = fcntl.ioctl(sock, what, struct.pack("256s", name.encode()[:15]))
        except OSError:
            return None
    return socket.inet_ntoa(answer[20:24])


class Interface:
    """The adapter that the device is asked on."""

    def __init__(self, name):
        self.name, self.index = name, socket.if_nametoindex(name)
        self.ipv4 = ask_kernel(name, SIOCGIFADDR)
        mask = ask_kernel(name, SIOCGIFNETMASK)
        self.network = ipaddress.ip_network(f"{self.ipv4}/{mask}", strict=False) if mask else None
        self.ipv6 = None
        try:
            with open("/proc/net/if_inet6", encoding="ascii") as file:
                for digits, _, _, scope, _, owner in (line.split() for line in file):
                    if owner == name and scope == "20":
                        self.ipv6 = str(ipaddress.ip_address(bytes.fromhex(digits)))
        except OSError:
            pass

    def holds(self, address):
        """Whether an address is in the subnet of this adapter."""
        address = ipaddress.ip_address(address.partition("%")[0])
        if address.version == 6:
            return address.is_link_local or self.ipv6 is not None
        return self.network is not None and address in self.network

    @staticmethod
    def towards(host):
        own = route_to(host)
        for _, name in socket.if_nameindex():
            if ask_kernel(name, SIOCGIFADDR) == own:
                return Interface(name)
        raise Complaint(f"no interface has the address {own}; name one with --interface")

    @staticmethod
    def first():
        """The first that is not loopback and has an IPv4 address."""
        for _, name in socket.if_nameindex():
            address = ask_kernel(name, SIOCGIFADDR)
            if address and not address.startswith("127."):
                return Interface(name)
        raise Complaint("no network interface is up")


class Datagram:
    def __init__(self, data, peer, waited):
        self.envelope, self.waited = Envelope(data), waited
        self.peer, self.port = peer[0].partition("%")[0], peer[1]


class Mouth:
    """Asks one question by multicast from a port of its own, and hears what comes back there."""

    def __init__(self, interface, family=socket.AF_INET):
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        if family == socket.AF_INET:
            self.socket.bind((interface.ipv4, 0))
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                                   socket.inet_aton(interface.ipv4))
            self.group = (MULTICAST[family], PORT)
        else:
            self.socket.bind((interface.ipv6, 0, 0, interface.index))
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, interface.index)
            self.group = (MULTICAST[family], PORT, 0, interface.index)
        self.asked = time.monotonic()

    def say(self, data):
        self.asked = time.monotonic()
        self.socket.sendto(data, self.group)

    def hear(self, until):
        """The next datagram that is an envelope, or None at that time."""
        while True:
            self.socket.settimeout(max(0.001, until - time.monotonic()))
            try:
                data, peer = self.socket.recvfrom(65536)
                return Datagram(data, peer, time.monotonic() - self.asked)
            except Complaint:
                continue  # of whom it is cannot be told
            except (socket.timeout, BlockingIOError):
                return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


class Ears(Mouth):
    """Hears Hello and Bye on the interface."""

    def __init__(self, interface, family=socket.AF_INET):
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        group = socket.inet_pton(family, MULTICAST[family])
        if family == socket.AF_INET:
            self.socket.bind((MULTICAST[family], PORT))
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                                   struct.pack("=4s4si", group, bytes(4), interface.index))
        else:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            self.socket.bind((MULTICAST[family], PORT, 0, interface.index))
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                                   group + struct.pack("=I", interface.index))
        self.asked = time.monotonic()


class Sink:
    """Where the device sends its events: a path and an identifier of its own, as Windows has it."""

    def __init__(self, address, port=0):
        heard = self.heard = queue.Queue()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                heard.put((self.path, self.headers.get_content_type(), data))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            address_family = socket.AF_INET6 if ":" in address else socket.AF_INET

        self.server = Server((address, port), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.path, self.identifier = "/" + new_id().rpartition(":")[2], new_id()
        self.url = f"http://{address}:{self.server.server_address[1]}{self.path}"

    def hear(self, action, seconds):
        """(path, Envelope) of the next message of that action; None when there was none in time.
        Others that come meanwhile are given up."""
        until = time.monotonic() + seconds
        while True:
            try:
                path, _, data = self.heard.get(timeout=max(0.001, until - time.monotonic()))
            except queue.Empty:
                return None
            envelope = Envelope(data)
            if envelope.action.endswith("/" + action):
                return path, envelope

    def close(self):
        self.server.shutdown()
        self.server.server_close()
