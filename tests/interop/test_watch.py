#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Debian's wsdd comes and goes: what a watch and a listener tell of it, over IPv4 and IPv6, beside
a second program on port 3702 and on an interface that was not there when they began."""

import os
import socket
import struct

from interop import Program, Serve, case, check, equal, main, receive, run_ip

UUID = "7d2e58a4-1f0c-4a51-9a77-3b5f6e0c1d21"
ENDPOINT = "urn:uuid:" + UUID
GROUP4, GROUP6, PORT = "239.255.255.250", "ff02::c", 3702
WATCH = os.environ["WSD_WATCH"]
LATE = {"server": ("203.0.113.1", "fe80::c1"), "client": ("203.0.113.2", "fe80::c2")}


class Wsdd(Program):
    def __init__(self, world, *arguments, interface="eth0"):
        super().__init__(world, "server", ["wsdd", "-v", "-i", interface, "-s", "-U", UUID, "-n",
                                           "ATTIC", "-w", "HOMEGROUP", *arguments])
        self.wait_line("Hello")


class Watch(Program):
    """The example: a line an event, "KIND ENDPOINT INTERFACE ADDRESS XADDR..."."""

    def __init__(self, world, *interfaces):
        super().__init__(world, "client", [WATCH, *interfaces])
        self.wait_line("ready")
        self.seen = {}

    def next(self, kind):
        """The fields of the next line of that kind about wsdd; kinds come in any order."""
        def wanted(line):
            return line.startswith(kind + "\t") and ENDPOINT in line
        line = self.wait_line(wanted, start=self.seen.get(kind, 0))
        self.seen[kind] = self.lines.index(line, self.seen.get(kind, 0)) + 1
        return line.split("\t")

    def count(self, kind):
        return sum(line.startswith(kind + "\t") for line in self.lines)

    def end(self):
        equal(self.stop(), 0, f"exit status of watch, which said:\n{self.text()}\n")
        check("Sanitizer" not in self.text() and "runtime error" not in self.text(), self.text())


def second_listener(world, interface="eth0"):
    with world.on("client"):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(("", PORT))
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                        struct.pack("4s4si", socket.inet_aton(GROUP4), bytes(4),
                                    socket.if_nametoindex(interface)))
        return sock


def heard(sock, action, part=UUID):
    """True when the second listener has got such a message with that part in it."""
    while (datagram := receive(sock, 10)) is not None:
        if f"discovery/{action}<".encode() in datagram[0] and part.encode() in datagram[0]:
            return True
    return False


def come_and_go(world, family, address, xaddr):
    before = second_listener(world)
    watch = Watch(world, "eth0")
    after = second_listener(world)
    wsdd = Wsdd(world, family)
    equal(watch.next("hello")[2:4], ["eth0", address], "interface and address of the Hello")
    # Its Hello names no address: what is added was resolved.
    equal(watch.next("added")[2:], ["eth0", address, xaddr], "interface, address and XAddrs")
    if family == "-4":
        for sock in (before, after):
            check(heard(sock, "Hello"), "a second listener has missed the Hello")
    wsdd.stop()
    watch.next("bye")
    watch.next("removed")
    if family == "-4":
        check(heard(before, "Bye") and heard(after, "Bye"), "a second listener missed the Bye")
    equal((watch.count("added"), watch.count("removed")), (1, 1), "added and removed")
    watch.end()
    before.close()
    after.close()


@case("wsdd comes and goes over IPv4, and other listeners on the port still hear it")
def over_ipv4(world):
    come_and_go(world, "-4", "192.0.2.1", f"http://192.0.2.1:5357/{UUID}")


@case("wsdd comes and goes over IPv6")
def over_ipv6(world):
    come_and_go(world, "-6", "fe80::a1%eth0", f"http://[fe80::a1%25eth0]:5357/{UUID}")


@case("a wsdd that is there already is found by the search")
def already_there(world):
    listener = second_listener(world)
    wsdd = Wsdd(world)
    check(heard(listener, "Hello"), "wsdd says no Hello")
    while receive(listener, 1.5):  # its repeats
        pass
    listener.close()
    watch = Watch(world, "eth0")
    watch.next("added")
    equal(watch.count("hello"), 0, "Hellos")
    wsdd.stop()
    watch.next("removed")
    equal((watch.count("added"), watch.count("removed")), (1, 1), "added and removed")
    watch.end()


@case("wsdd on two links and both families is shown once")
def on_two_links(world):
    watch = Watch(world, "eth0", "eth1")
    wsdd = Wsdd(world, "-i", "eth1")
    watch.next("added")
    for interface in ("eth0", "eth1"):
        watch.wait_line(lambda line, name=interface: line.startswith("hello\t") and name in line)
    wsdd.stop()
    watch.next("removed")
    equal((watch.count("added"), watch.count("removed")), (1, 1), "added and removed")
    watch.end()


def add_late_link(world):
    peer = world.hosts["server"]
    with world.on("client"):
        run_ip(f"link add late0 type veth peer name late0 netns /proc/self/fd/{peer}",
               pass_fds=[peer])
    for host, (ip4, ip6) in LATE.items():
        with world.on(host):
            run_ip("link set late0 addrgenmode none")
            run_ip(f"addr add {ip4}/24 dev late0")
            run_ip(f"addr add {ip6}/64 dev late0 nodad")
            run_ip("link set late0 up")


@case("an interface that appears while the watch runs is joined, and left when it goes")
def late_interface(world):
    watch = Watch(world, "eth0", "late0")
    add_late_link(world)
    for family, address, xaddr in (
            ("-4", "203.0.113.1", f"http://203.0.113.1:5357/{UUID}"),
            ("-6", "fe80::c1%late0", f"http://[fe80::c1%25late0]:5357/{UUID}")):
        wsdd = Wsdd(world, family, interface="late0")
        equal(watch.next("added")[2:], ["late0", address, xaddr], "interface, address, XAddrs")
        wsdd.stop()
        watch.next("removed")
    with world.on("client"):
        run_ip("link del late0")
    wsdd = Wsdd(world, "-4")
    equal(watch.next("added")[2], "eth0", f"interface, in:\n{watch.text()}\n")
    wsdd.stop()
    watch.next("removed")
    watch.end()


@case("wsd serve says Hello on an interface that appears later")
def serve_late(world):
    serve = Serve(world, "--answer-delay", "0")
    endpoint = next(line.split("\t")[2] for line in serve.lines if line.count("\t") == 2)
    watch = Watch(world, "lo", "late0")
    add_late_link(world)
    listener = second_listener(world, "late0")
    check(heard(listener, "Hello", "http://203.0.113.1:5357/"), "no Hello on the new link")
    listener.close()
    watch.wait_line(lambda line: endpoint in line and "\thttp://203.0.113.1:" in line)
    watch.end()
    with world.on("client"):
        run_ip("link del late0")
    serve.end()


@case("wsd serve says Hello over IPv6 when the new link's address has been checked")
def serve_late_ipv6(world):
    serve = Serve(world, "--answer-delay", "0")
    peer = world.hosts["server"]
    with world.on("client"):
        run_ip(f"link add slow0 type veth peer name slow0 netns /proc/self/fd/{peer}",
               pass_fds=[peer])
        run_ip("link set slow0 up")
        sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(("::", PORT))
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                        socket.inet_pton(socket.AF_INET6, GROUP6) +
                        struct.pack("@I", socket.if_nametoindex("slow0")))
    with world.on("server"):
        run_ip("link set slow0 up")  # its link-local address is checked for a second or two
    check(heard(sock, "Hello", "http://[fe80::"), "no Hello on the new link")
    sock.close()
    with world.on("client"):
        run_ip("link del slow0")
    serve.end()


if __name__ == "__main__":
    main("wsdd")
