# SPDX-License-Identifier: MIT
"""A bad cable: loses, doubles and reorders the frames between two hosts.

    relay.py SEED LOSS DOUBLE REORDER      on a host whose interfaces r0 and r1 lead to the two

The kernel's own means for that (netem) are not there on many machines. Chances are in percent; each
frame is treated by itself, whichever way it goes. Ends with its parent, or at the end of its input.
A line with the counts is printed then.
"""

import array
import fcntl
import random
import select
import socket
import struct
import sys
import time

SIOCETHTOOL = 0x8946
# Checksums left to hardware that is not there, and frames joined into larger ones: the relay's
# sockets would see what never goes over a cable.
OFFLOADS = {"tx checksums": 0x17, "segmentation of TCP": 0x1f, "joining on send": 0x24,
            "joining on receipt": 0x2c}
HELD_FOR = 0.004  # seconds; a frame that is held is overtaken by those behind it


def plain_frames(name):
    """Makes an interface of this host send and receive frames as they are on a cable."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for command in OFFLOADS.values():
            buffer = array.array("B", struct.pack("II", command, 0))
            request = struct.pack("16sP", name.encode(), buffer.buffer_info()[0])
            try:
                fcntl.ioctl(sock, SIOCETHTOOL, request)
            except OSError:
                pass  # older kernels lack some, and then do not do it either


class Relay:
    def __init__(self, seed, loss, double, reorder):
        self.random = random.Random(seed)
        self.loss, self.double, self.reorder = loss, double, reorder
        self.counts = {"frames": 0, "lost": 0, "doubled": 0, "held": 0}
        self.held = []  # (due, port, frame), in order of due
        self.ports = []
        for name in ("r0", "r1"):
            port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            port.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            port.bind((name, 0))
            port.setblocking(False)
            self.ports.append(port)

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def send(self, port, frame):
        try:
            port.send(frame)
        except OSError:
            self.counts["lost"] += 1  # the link is gone or full: a cable loses it as well

    def pass_on(self, out, frame):
        self.counts["frames"] += 1
        if self.chance(self.loss):
            self.counts["lost"] += 1
            return
        if self.chance(self.double):
            self.counts["doubled"] += 1
            self.send(out, frame)
        if self.chance(self.reorder):
            self.counts["held"] += 1
            self.held.append((time.monotonic() + HELD_FOR, out, frame))
        else:
            self.send(out, frame)

    def empty(self, port):
        out = self.ports[1 - self.ports.index(port)]
        while True:
            try:
                frame, address = port.recvfrom(65536)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                return
            if address[2] != socket.PACKET_OUTGOING:
                self.pass_on(out, frame)

    def run(self):
        while True:
            wait = max(0, self.held[0][0] - time.monotonic()) if self.held else None
            ready, _, _ = select.select([sys.stdin, *self.ports], [], [], wait)
            if sys.stdin in ready and not sys.stdin.buffer.read1(1):
                return
            for port in ready:
                if port is not sys.stdin:
                    self.empty(port)
            while self.held and self.held[0][0] <= time.monotonic():
                _, out, frame = self.held.pop(0)
                self.send(out, frame)


if __name__ == "__main__":
    relay = Relay(*(float(word) for word in sys.argv[1:5]))
    print("ready", flush=True)
    relay.run()
    try:
        print(" ".join(f"{count} {name}" for name, count in relay.counts.items()), flush=True)
    except BrokenPipeError:
        pass  # nobody wants to know any more
