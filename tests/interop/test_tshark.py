#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Wireshark's dissectors look at our traffic: nothing malformed, nothing that earns an error.

A packet socket on the client's eth0 takes every frame while `wsd serve` starts, is found,
described, scanned from and ends; tshark then reads the file. The capture is our own since a packet
socket can be drained to the last frame, where a second program would have to be waited for.
"""

import collections
import re
import select
import socket
import struct
import threading

from interop import SERVER, Serve, case, check, equal, main, run, wsd
from soap import STABLE_PATH

ETH_P_ALL, SO_RCVBUFFORCE = 3, 33
NAMESPACES = {
    "http://schemas.xmlsoap.org/ws/2005/04/discovery":
        ("Hello", "Bye", "Probe", "ProbeMatches", "Resolve", "ResolveMatches"),
    "http://schemas.xmlsoap.org/ws/2004/09/transfer": ("Get", "GetResponse"),
    "http://schemas.microsoft.com/windows/2006/08/wdp/scan": tuple(
        n + suffix for n in ("GetScannerElements", "ValidateScanTicket", "CreateScanJob",
                             "RetrieveImage", "GetJobElements", "GetActiveJobs", "GetJobHistory",
                             "CancelJob")
        for suffix in ("", "Response")),
}


class Capture(threading.Thread):
    """All frames of an interface of the client, as a pcap file."""

    def __init__(self, world, path):
        super().__init__(daemon=True)
        with world.on("client"):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            for option in (SO_RCVBUFFORCE, socket.SO_RCVBUF):
                try:
                    self.socket.setsockopt(socket.SOL_SOCKET, option, 64 << 20)
                    break
                except PermissionError:
                    pass
            self.socket.bind(("eth0", ETH_P_ALL))
        self.frames = 0
        self.end, self.ended = socket.socketpair()
        self.file = open(path, "wb")
        self.file.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        self.start()

    def take(self):
        frame = self.socket.recv(262144)
        # The time is of no interest; the number of the frame keeps the order.
        self.file.write(struct.pack("=IIII", 1700000000 + self.frames // 1000,
                                    self.frames % 1000 * 1000, len(frame), len(frame)) + frame)
        self.frames += 1

    def run(self):
        while True:
            ready, _, _ = select.select([self.socket, self.ended], [], [])
            if self.socket in ready:
                self.take()
            elif ready:
                return

    def stop(self):
        """What was sent on a veth pair before is in the socket by now."""
        self.end.send(b"x")
        self.join()
        packets, drops = struct.unpack("=II", self.socket.getsockopt(263, 6, 8))
        self.file.close()
        self.socket.close()
        equal(drops, 0, f"frames that were lost of {packets}")


class Stage:
    def __init__(self, world):
        self.world = world
        self.path = world.path("all.pcap")
        capture = Capture(world, self.path)
        # Not on 5357, so that nothing is taken for HTTP by its port alone.
        serve = Serve(world, port=8008)
        # Small pages, since the socket's buffer is small where we are not root.
        on, small = ("--interface", "eth0"), ("-r", "75", "-A", "10,10,60,60")
        wsd(world, "list", *on, "--expect", "1")
        wsd(world, "probe", *on, "--expect", "1")
        endpoint = wsd(world, "probe", *on, "--expect", "1").split()[0]
        wsd(world, "resolve", endpoint, *on)
        device = Serve.NAME
        for command in ("info", "caps", "status", "jobs"):
            wsd(world, command, device, *on)
        wsd(world, "jobs", device, "--history", *on)
        for form in ("png", "jpeg", "pdf"):
            wsd(world, "scan", device, *on, *small, "-f", form, "-o", f"page-{{page}}.{form}")
        wsd(world, "scan", device, *on, *small, "-s", "duplex", "-n", "2", "-o", "two.pdf")
        wsd(world, "validate", device, *on, "-r", "150")
        wsd(world, "probe", f"http://{SERVER}:8008{STABLE_PATH}")
        serve.end()
        capture.stop()
        self.frames = capture.frames

    def tshark(self, *options):
        return run(self.world, "client", [
            "tshark", "-n", "-r", self.path, "--enable-heuristic", "xml_udp",
            "-d", "tcp.port==8008,http", "-d", "media_type==application/xop+xml,xml", *options],
            env={"HOME": self.world.directory, "XDG_CONFIG_HOME": self.world.directory},
            timeout=120)

    def fields(self, display, *names):
        """A row a frame of the fields named."""
        options = [o for name in names for o in ("-e", name)]
        text = self.tshark("-Y", display, "-T", "fields", "-E", "separator=\t", *options)
        return [line.split("\t") for line in text.splitlines()]


@case("no packet is malformed")
def malformed(stage):
    check(stage.frames > 100, f"only {stage.frames} frames")
    rows = stage.fields("_ws.malformed || _ws.short", "frame.number", "_ws.col.Info")
    equal(rows, [], "malformed packets")


@case("no packet earns an error or a warning of the dissectors of ours")
def experts(stage):
    # ICMP quotes the beginning of a datagram, which is no whole message.
    rows = stage.fields("_ws.expert.severity >= 0x600000 && !icmp && !icmpv6",
                        "frame.number", "_ws.expert.message")
    # TCP's own remarks are the kernel's affair: a connection reset, a window, a retransmission.
    ours = [row for row in rows if not re.fullmatch(
        r"((Previous segment|Connection reset|ACKed segment|This frame is a|TCP |D-SACK|"
        r"Duplicate|Out-Of-Order)[^,]*,?)+", row[1])]
    equal(ours, [], "expert items")


@case("each UDP datagram on 3702 is XML to Wireshark")
def datagrams(stage):
    every = stage.fields("udp.port == 3702 && !icmp && !icmpv6", "frame.number")
    xml = stage.fields("udp.port == 3702 && !icmp && !icmpv6 && xml.tag", "frame.number")
    check(len(every) >= 8, f"{len(every)} datagrams")
    equal(xml, every, "datagrams that are XML")


@case("discovery leaves with TTL or hop limit 1 when multicast")
def hops(stage):
    for display, field in (("ip.dst == 239.255.255.250 && udp.dstport == 3702", "ip.ttl"),
                           ("ipv6.dst == ff02::c && udp.dstport == 3702", "ipv6.hlim")):
        rows = stage.fields(display, field)
        check(rows, f"no frames of {display}")
        equal({row[0] for row in rows}, {"1"}, field)


@case("each HTTP message is one to Wireshark, with XML or multipart inside")
def http(stage):
    requests = stage.fields("http.request", "http.request.method", "http.content_type",
                            "http.user_agent", "http.content_length")
    check(len(requests) >= 15, f"{len(requests)} requests")
    for method, kind, agent, length in requests:
        equal((method, kind.split(";")[0], agent), ("POST", "application/soap+xml", "WSDAPI"),
              "request")
        check(int(length) > 100, "Content-Length")
    responses = stage.fields("http.response", "http.response.code", "http.content_type")
    equal(len(responses), len(requests), "responses")
    kinds = collections.Counter((code, kind.split(";")[0]) for code, kind in responses)
    check(set(kinds) <= {("200", "application/soap+xml"), ("200", "multipart/related"),
                         ("500", "application/soap+xml")}, kinds)
    # After each job wsd cancels it, ended or not (some devices stay busy else).
    check(kinds["500", "application/soap+xml"] <= 4, kinds)
    check(kinds["200", "multipart/related"] >= 5, kinds)
    plain = stage.fields('http.content_type contains "soap"', "frame.number")
    equal(stage.fields('http.content_type contains "soap" && xml.tag', "frame.number"), plain,
          "messages that are XML")


@case("each image answer is multipart with two parts to Wireshark, the image decoded")
def multipart(stage):
    rows = stage.fields('http.content_type contains "multipart"', "mime_multipart.type",
                        "mime_multipart.header.content-type", "mime_multipart.header.content-id",
                        "mime_multipart.header.content-transfer-encoding")
    check(len(rows) >= 5, f"{len(rows)} answers")
    for kind, types, _, encodings in rows:
        equal(kind, "multipart/related", "type")
        equal(types.split(",")[0].split(";")[0], "application/xop+xml", "type of the root part")
        equal(encodings.split(","), ["binary", "binary"], "transfer encodings")
    check(stage.fields("png.signature || png", "frame.number"), "no PNG was decoded")
    check(stage.fields("image-jfif", "frame.number"), "no JFIF was decoded")


@case("every message of the exchange is there: Hello, Probe, Get, the operations, Bye")
def messages(stage):
    counted = collections.Counter()
    for (text,) in stage.fields("xml.cdata", "xml.cdata"):
        for uri, names in NAMESPACES.items():
            for name in names:
                counted[name] += bool(re.search(re.escape(f"{uri}/{name}") + r"(?![A-Za-z])", text))
    for name in ("Hello", "Bye", "Probe", "ProbeMatches", "Resolve", "ResolveMatches", "Get",
                 "GetResponse", "GetScannerElements", "GetScannerElementsResponse",
                 "ValidateScanTicket", "ValidateScanTicketResponse", "CreateScanJob",
                 "CreateScanJobResponse", "RetrieveImage", "RetrieveImageResponse", "GetActiveJobs",
                 "GetActiveJobsResponse", "GetJobHistory", "GetJobHistoryResponse"):
        check(counted[name] > 0, f"no {name}: {dict(counted)}")
    equal(counted["Get"], counted["GetResponse"], "Get and GetResponse")
    equal(counted["CreateScanJob"], counted["CreateScanJobResponse"], "CreateScanJobs")
    check(counted["Hello"] >= 2, "Hello of IPv4 and IPv6")


if __name__ == "__main__":
    main("tshark", setup=Stage)
