#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A neighbour gives names that lead to this machine itself, as an attacker on the link can make any
name do. What listens on the loopback is for this machine alone, and is not called."""

import select
import socket
import struct
import subprocess
import threading

from interop import SERVER, WSD, case, check, equal, main

UUID = "urn:uuid:1c9f2a44-0d7e-4b0e-8f7b-5a2b7f6f1e03"
PORT = 8099
ASTRAY = ("vm", "vm.example", "cloud")
HOSTS = f"""127.0.0.1 localhost
127.0.1.1 vm
::1 vm.example
169.254.169.254 cloud
127.0.1.1 both
{SERVER} both
"""
MATCHES = """<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"
 xmlns:c="http://schemas.microsoft.com/windows/2006/08/wdp/scan"
 xmlns:p="http://schemas.xmlsoap.org/ws/2006/02/devprof"><s:Header>
<a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>
<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</a:Action>
<a:MessageID>urn:uuid:7b0f8f43-5f5e-4c3c-9b8e-2f1f6a0c9d10</a:MessageID>
<a:RelatesTo>%s</a:RelatesTo></s:Header><s:Body><d:ProbeMatches><d:ProbeMatch>
<a:EndpointReference><a:Address>%s</a:Address></a:EndpointReference>
<d:Types>p:Device c:ScanDeviceType</d:Types><d:XAddrs>http://%s:%u/device</d:XAddrs>
<d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"""


class Neighbour:
    """Answers each Probe with one name."""

    def __init__(self, world, name):
        self.name = name
        self.stop, self.stopped = socket.socketpair()
        with world.on("server"):
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.sock.bind(("", 3702))
            self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                                 struct.pack("4s4si", socket.inet_aton("239.255.255.250"), bytes(4),
                                             socket.if_nametoindex("eth0")))
        self.thread = threading.Thread(target=self.answer)
        self.thread.start()

    def answer(self):
        while self.stopped not in select.select([self.sock, self.stopped], [], [])[0]:
            data, peer = self.sock.recvfrom(65536)
            asked = data.split(b"MessageID>")[1].split(b"<")[0].decode()
            self.sock.sendto((MATCHES % (asked, UUID, self.name, PORT)).encode(), peer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop.close()
        self.thread.join()
        self.sock.close()
        self.stopped.close()


class Stage:
    """Listeners that answer nothing: on the loopback of this machine, and on the neighbour's."""

    def __init__(self, world):
        self.world = world
        world.bind("/etc/hosts", HOSTS)
        with world.on("client"):
            self.own = [listener(socket.AF_INET, "127.0.1.1"), listener(socket.AF_INET6, "::1")]
        with world.on("server"):
            self.there = listener(socket.AF_INET, SERVER)

    def wsd(self, *arguments, status):
        with self.world.on("client"):
            done = subprocess.run([WSD, *arguments], capture_output=True, timeout=60, check=False,
                                  stdin=subprocess.DEVNULL, text=True)
        check(done.returncode == status and "Sanitizer" not in done.stderr, done)
        return done


def listener(family, host):
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.bind((host, PORT))
    sock.listen(64)
    sock.setblocking(False)
    return sock


def called(sock):
    """How often, since it was last asked."""
    times = 0
    while select.select([sock], [], [], 0)[0]:
        sock.accept()[0].close()
        times += 1
    return times


for name in ASTRAY:
    @case(f"a neighbour that names itself {name}: its own address is called, and nothing else")
    def found(stage, name=name):
        with Neighbour(stage.world, name):
            out = stage.wsd("list", "--timeout", "1", "--json", "--no-cache", status=0).stdout
        check(UUID in out, out)
        equal([called(sock) for sock in stage.own], [0, 0], "calls of this machine")
        check(called(stage.there) > 0, "nobody asked the neighbour")


for name in ASTRAY:
    @case(f"http://{name}/ is not called, and why is said")
    def told(stage, name=name):
        done = stage.wsd("get", f"http://{name}:{PORT}/device", "--timeout", "0.3", status=6)
        check("leads to this machine" in done.stderr, done)
        equal([called(sock) for sock in stage.own], [0, 0], "calls of this machine")


@case("of a name with several addresses the one elsewhere is called")
def both(stage):
    stage.wsd("get", f"http://both:{PORT}/device", "--timeout", "0.3", status=6)
    equal([called(sock) for sock in stage.own], [0, 0], "calls of this machine")
    equal(called(stage.there), 1, "calls of the neighbour")


@case("what a person means is called: localhost, a number, and any name with --loopback")
def meant(stage):
    for n, (host, *more) in enumerate((("127.0.1.1",), ("[::1]",), ("vm", "--loopback"),
                                       ("vm.example", "--loopback"))):
        stage.wsd("get", f"http://{host}:{PORT}/device", "--timeout", "0.3", *more, status=6)
        equal([called(sock) for sock in stage.own], [1 - n % 2, n % 2], f"calls for {host}")
    stage.wsd("get", f"http://localhost:{PORT}/device", "--timeout", "0.3", status=6)
    equal(sum(called(sock) for sock in stage.own), 1, "calls for localhost")


if __name__ == "__main__":
    main(setup=Stage)
