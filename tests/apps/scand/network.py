# SPDX-License-Identifier: MIT
"""A switch between three hosts: carriers that go and come, and multicast that does not get through."""

import contextlib
import os
import socket
import subprocess

import interop
from interop import check, run_ip

# Of eth2, from a range for examples.
ADDRESSES = {"server": ("203.0.113.1", "fe80::c1"), "client": ("203.0.113.2", "fe80::c2"),
             "third": ("203.0.113.3", "fe80::c3")}
SERVER, CLIENT, THIRD = (ADDRESSES[host][0] for host in ADDRESSES)
MOVED = {"server": "203.0.113.11", "client": "203.0.113.12"}
INTERFACE = "eth2"


def open_namespace(world, name):
    interop.syscall(interop.libc.unshare(interop.CLONE_NEWNET), "unshare")
    world.hosts[name] = os.open("/proc/self/ns/net", os.O_RDONLY)
    world.move(world.here)


def bring_up(world, host):
    """The interface with its addresses and routes, which the system forgets when it goes down."""
    with world.on(host):
        run_ip(f"link set {INTERFACE} up")
        for address, bits in zip(ADDRESSES[host], (24, 64)):
            subprocess.run(["ip", "addr", "replace", f"{address}/{bits}", "dev", INTERFACE,
                            *(["nodad"] if ":" in address else [])], check=True)
        run_ip(f"route replace default dev {INTERFACE}")


def bring_down(world, host):
    with world.on(host):
        run_ip(f"link set {INTERFACE} down")


class Switch:
    """setup of interop.main(): all three hosts on it, and on nothing else."""

    def __new__(cls, world):
        for name in ("third", "switch"):
            open_namespace(world, name)
        with world.on("third"):
            run_ip("link set lo up")
        with world.on("switch"):
            run_ip("link add hub type bridge stp_state 0 mcast_snooping 0")
            run_ip("link set hub up")
            for host in ADDRESSES:
                peer = world.hosts[host]
                run_ip(f"link add {host} type veth peer name {INTERFACE} "
                       f"netns /proc/self/fd/{peer}", pass_fds=[peer])
                run_ip(f"link set {host} master hub up")
        for host in ADDRESSES:
            with world.on(host):
                for other in (0, 1) if host == "client" else ():
                    run_ip(f"link del eth{other}")
                run_ip(f"link set {INTERFACE} addrgenmode none")
            bring_up(world, host)
        for host in ADDRESSES:
            await_carrier(world, host)
        return world


def await_carrier(world, host, up=True):
    """The kernel needs a moment to notice what is at the other end."""
    with world.on(host), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as events:
        events.bind((0, 1))  # RTMGRP_LINK
        events.settimeout(10)
        while ("LOWER_UP" in subprocess.run(
                ["ip", "-oneline", "link", "show", "dev", INTERFACE], capture_output=True,
                check=True, text=True).stdout.replace("NO-CARRIER", "")) != up:
            events.recv(65536)


def carrier(world, host, up):
    """The switch's end of the host's cable."""
    with world.on("switch"):
        run_ip(f"link set {host} {'up' if up else 'down'}")
    await_carrier(world, host, up)


def readdress(world, host, old, new):
    with world.on(host):
        # The other way round the new one would be a secondary address, and go with the old one.
        run_ip(f"addr del {old}/24 dev {INTERFACE}")
        run_ip(f"addr add {new}/24 dev {INTERFACE}")
        run_ip(f"route replace default dev {INTERFACE}")


@contextlib.contextmanager
def no_multicast(world):
    """The switch keeps multicast to itself; what is for one host or all still passes."""
    def flood(how):
        with world.on("switch"):
            for host in ADDRESSES:
                done = subprocess.run(["bridge", "link", "set", "dev", host, "mcast_flood", how],
                                      capture_output=True, text=True, check=False)
                check(done.returncode == 0, done.stderr)
    flood("off")
    try:
        yield
    finally:
        flood("on")
