# SPDX-License-Identifier: MIT
"""How much a device answers to how little: bytes out for bytes in, of the smallest questions.

Who forges a sender has the answer sent there. What decides is how many bytes leave for each byte
that came, all datagrams counted, and both with and without the headers of IP and UDP. Each question
is the shortest that the device takes. Run inside of a namespace where lo is up and does multicast;
the test of the bound (tests/apps/cli/test_amplification.py) measures by the same functions.
"""

import select
import socket
import time

EDITIONS = {
    "2005/04": ("http://schemas.xmlsoap.org/ws/2004/08/addressing",
                "http://schemas.xmlsoap.org/ws/2005/04/discovery"),
    "1.1": ("http://www.w3.org/2005/08/addressing",
            "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01"),
}
PORT = 3702
HEADERS = {socket.AF_INET: 28, socket.AF_INET6: 48}  # of IP and UDP
GROUP = "239.255.255.250"
HOSTS = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
# UNICAST_UDP_REPEAT is one, after at most UDP_MAX_DELAY; then nothing more comes.
QUIET = 0.75
FIRST = 5


def question(edition, number, endpoint=None):
    addressing, discovery = EDITIONS[edition]
    kind = "Resolve" if endpoint else "Probe"
    inner = (f"<d:Resolve><a:EndpointReference><a:Address>{endpoint}</a:Address>"
             "</a:EndpointReference></d:Resolve>") if endpoint else "<d:Probe/>"
    return (f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="{addressing}" '
            f'xmlns:d="{discovery}"><s:Header><a:Action>{discovery}/{kind}</a:Action>'
            f"<a:MessageID>{number}</a:MessageID></s:Header><s:Body>{inner}</s:Body>"
            "</s:Envelope>").encode()


def ask(family, multicast, message, port=0, first=FIRST):
    """Sends one datagram and gives the sizes of all that come back, the first within so long."""
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.bind((HOSTS[family], port))
        if family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                            socket.inet_aton(HOSTS[family]))
        to = (GROUP if multicast else HOSTS[family], PORT)
        sock.sendto(message, to)
        sizes, deadline = [], time.monotonic() + first
        while select.select([sock], [], [], max(0, deadline - time.monotonic()))[0]:
            sizes.append(len(sock.recv(65536)))
            deadline = time.monotonic() + QUIET
        return sizes


def measure(endpoint):
    """A row for each kind of question to the one device that is there."""
    rows, number = [], 0
    for family, name in ((socket.AF_INET, "IPv4"), (socket.AF_INET6, "IPv6")):
        for edition in EDITIONS:
            # lo takes nothing for ff02::c; the answer would be the same as that to the host.
            for multicast in (True, False) if family == socket.AF_INET else (False,):
                for kind in ("Probe", "Resolve"):
                    number += 1
                    message = question(edition, number, endpoint if kind == "Resolve" else None)
                    sizes = ask(family, multicast, message)
                    extra = HEADERS[family]
                    rows.append({
                        "question": f"{kind}, {edition}, {name}, "
                                    f"{'to the group' if multicast else 'to the host'}",
                        "in": len(message), "answers": len(sizes), "out": sum(sizes),
                        "factor": sum(sizes) / len(message),
                        "on the wire": (sum(sizes) + extra * len(sizes)) / (len(message) + extra),
                    })
    return rows
