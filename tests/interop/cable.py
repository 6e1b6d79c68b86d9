# SPDX-License-Identifier: MIT
"""A second way between the two hosts of interop.py, over a bad cable (relay.py)."""

import os
import subprocess
import sys
from pathlib import Path

import interop
import relay

# Of eth2, from a range for examples.
ADDRESSES = {"server": "203.0.113.1", "client": "203.0.113.2"}
SERVER, CLIENT = ADDRESSES["server"], ADDRESSES["client"]
# More of each: each of the server's and one of the client's speak with each other alone, so that
# they look like as many hosts. A device limits what one host may have open.
MANY = [(f"203.0.113.{10 + n}", f"203.0.113.{110 + n}") for n in range(20)]


class Cable:
    def __init__(self, world, seed, loss=30, double=5, reorder=10):
        """eth2 of both hosts; percentages as relay.py has them."""
        before = world.here
        interop.syscall(interop.libc.unshare(interop.CLONE_NEWNET), "unshare")
        world.hosts["relay"] = os.open("/proc/self/ns/net", os.O_RDONLY)
        world.here = "relay"
        for n, host in enumerate(ADDRESSES):
            peer = world.hosts[host]
            interop.run_ip(f"link add r{n} type veth peer name eth2 netns /proc/self/fd/{peer}",
                           pass_fds=[peer])
            # The relay is no host: it has no addresses and says nothing of its own.
            Path(f"/proc/sys/net/ipv6/conf/r{n}/disable_ipv6").write_text("1", "ascii")
            interop.run_ip(f"link set r{n} arp off up")
            relay.plain_frames(f"r{n}")
        for host, address in ADDRESSES.items():
            with world.on(host):
                interop.run_ip("link set eth2 addrgenmode none")
                interop.run_ip(f"addr add {address}/24 dev eth2")
                interop.run_ip("link set eth2 up")
                relay.plain_frames("eth2")
        for server, client in MANY:
            with world.on("server"):
                interop.run_ip(f"addr add {server}/24 dev eth2")
                interop.run_ip(f"route add {client}/32 dev eth2 src {server}")
            with world.on("client"):
                interop.run_ip(f"addr add {client}/24 dev eth2")
                interop.run_ip(f"route add {server}/32 dev eth2 src {client}")
        world.move(before)
        world.here = before
        with world.on("relay"):
            self.process = subprocess.Popen(
                [sys.executable, relay.__file__, str(seed), str(loss), str(double), str(reorder)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                preexec_fn=interop.die_with_parent)
        interop.check(self.process.stdout.readline() == "ready\n", "the relay does not start")

    def end(self):
        """Cuts it; what it did, in words."""
        text, _ = self.process.communicate(timeout=20)
        return text.strip()
