# SPDX-License-Identifier: MIT
"""What the tests of `wsd doctor` share: a computer and a scanner, joined by a cable of their own, and
made anew for each case, so that a case may break whatever it likes.

    test_X.py WSD WSD-TURNED

A case is a scenario of one diagnosis, by its name:

    @scenario("port-held", "wsdd of old has the port for itself")
    def port_held(pair): ...

test_device.py compares the names with the table of the program and with docs/doctor.md.
"""

import contextlib
import itertools
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent / "interop"))
sys.path[:0] = [str(HERE.parent / "apps" / name) for name in ("hostile", "cli")]

import interop  # noqa: E402
from device import Device, Responder, envelope  # noqa: E402
from interop import WSD, Program, case, check, equal, main, run_ip  # noqa: E402,F401
from tls import Front, certificate  # noqa: E402,F401

OK, USAGE, PROBLEMS, INTERRUPTED = 0, 2, 8, 130
SCANNER, BOX = "192.0.2.1", "192.0.2.2"
LOCAL = {"scanner": "fe80::a1", "box": "fe80::a2"}
FAR = "203.0.113.5"  # of the scanner as well; in no network of the box
SEARCH = "1"  # seconds; nobody here waits before he answers

numbers = itertools.count()


class Pair:
    """Two hosts, "box" and "scanner", with eth0 of the one joined to eth0 of the other."""

    def __init__(self, world, ends):
        self.world, self.ends, self.number = world, ends, next(numbers)
        for host in ("scanner", "box"):
            before = world.here
            interop.syscall(interop.libc.unshare(interop.CLONE_NEWNET), "unshare")
            world.hosts[self.name(host)] = os.open("/proc/self/ns/net", os.O_RDONLY)
            world.move(before)
            ends.callback(os.close, world.hosts[self.name(host)])
        self.cable("eth0", {"scanner": SCANNER, "box": BOX}, LOCAL)
        for host in ("scanner", "box"):
            self.ip(host, "link set lo up")
            self.ip(host, "route add default dev eth0")

    def name(self, host):
        return f"{host}-{self.number}"

    def on(self, host):
        return self.world.on(self.name(host))

    def ip(self, host, line):
        with self.on(host):
            run_ip(line)

    def cable(self, interface, ipv4, ipv6):
        peer = self.world.hosts[self.name("scanner")]
        with self.on("box"):
            run_ip(f"link add {interface} type veth peer name {interface} netns /proc/self/fd/{peer}",
                   pass_fds=[peer])
        for host in ("scanner", "box"):
            self.ip(host, f"link set {interface} addrgenmode none")
            if host in ipv4:
                self.ip(host, f"addr add {ipv4[host]}/24 dev {interface}")
            if host in ipv6:
                self.ip(host, f"addr add {ipv6[host]}/64 dev {interface} nodad")
            self.ip(host, f"link set {interface} up")
        for host in ("scanner", "box"):
            self.await_carrier(host, interface)

    def await_carrier(self, host, interface="eth0", up=True):
        with self.on(host), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as events:
            events.bind((0, 1))  # RTMGRP_LINK
            events.settimeout(10)
            while ("LOWER_UP" in subprocess.run(
                    ["ip", "-oneline", "link", "show", "dev", interface], capture_output=True,
                    check=True, text=True).stdout) != up:
                events.recv(65536)

    def sysctl(self, host, name, value):
        with self.on(host):
            Path("/proc/sys", *name.split("/")).write_text(str(value), "ascii")

    def nft(self, host, rules, hook="input", family="inet", policy="accept", names=("f", "c"),
            more=""):
        """A table with one chain, in the way of packets, and what else belongs into the table."""
        table, chain = names
        rules = (f"table {family} {table} {{\n {more}\n chain {chain} {{\n type filter hook {hook} priority 0;"
                 f" policy {policy};\n {rules}\n }}\n}}\n")
        with self.on(host):
            done = subprocess.run(["nft", "-f", "-"], input=rules, text=True, capture_output=True,
                                  check=False)
        check(done.returncode == 0, done.stderr)

    def serve(self, *arguments, name="Chart Scanner"):
        """A scanner as it should be."""
        program = Program(self.world, self.name("scanner"), [
            WSD, "serve", "--quiet", "--no-control", "--answer-delay", "0", "--name", name,
            *arguments])
        self.ends.callback(program.kill)
        program.wait_line(lambda line: line.strip() == "ready")
        return program

    def device(self, *, found=True, xaddrs=None, types="wsdp:Device wscn:ScanDeviceType",
               host=SCANNER, **options):
        """A scanner that says what a case wants; with `found`, in answer to searches as well."""
        with self.on("scanner"):
            device = Device(host=host, **options)
            self.ends.callback(device.stop)
            device.answers["Subscribe"] = lambda request: subscribed(device, request)
            device.answers["Unsubscribe"] = lambda request: envelope(
                EVENTING + "/UnsubscribeResponse", "", request.message_id)
            if found:
                self.responder(device, xaddrs, types, host)
        return device

    def front(self, device, pem):
        """TLS in front of it."""
        with self.on("scanner"):
            return self.ends.enter_context(Front(device.url, pem, host=SCANNER))

    def responder(self, device, xaddrs, types, host):
        def answer(message_id, action):
            if action != "Probe":
                return []
            match = device.probe_matches(message_id, xaddrs and xaddrs.format(device.url))
            return [match.replace(b"wsdp:Device wscn:ScanDeviceType", types.encode())]
        ears = Responder(answer, host)
        self.ends.callback(ears.stop)
        return ears

    def doctor(self, *arguments, before=(), wsd=WSD):
        with self.on("box"):
            done = subprocess.run([*before, wsd, "doctor", "-t", SEARCH, "--json", *arguments],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=60, check=False, cwd=self.world.directory,
                                  preexec_fn=interop.die_with_parent)
        check("Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr)
        return Findings(done.returncode, done.stdout, done.stderr)


EVENTING = "http://schemas.xmlsoap.org/ws/2004/08/eventing"


def subscribed(device, request):
    wse = f'xmlns:wse="{EVENTING}"'
    return envelope(EVENTING + "/SubscribeResponse", (
        f"<wse:SubscribeResponse {wse}><wse:SubscriptionManager><wsa:Address>{device.base}/scan"
        f"</wsa:Address><wsa:ReferenceParameters><wse:Identifier>urn:uuid:1</wse:Identifier>"
        "</wsa:ReferenceParameters></wse:SubscriptionManager><wse:Expires>PT5M</wse:Expires>"
        "</wse:SubscribeResponse>"), request.message_id)


class Findings:
    """What came of a run."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err
        check(code in (OK, PROBLEMS), self)
        self.json = json.loads(out)
        self.problems = [d["id"] for d in self.json["diagnoses"] if d["severity"] == "problem"]
        self.notes = [d["id"] for d in self.json["diagnoses"] if d["severity"] == "note"]
        if os.path.exists("/.dockerenv") and not os.path.exists("/run/.containerenv"):
            # These tests themselves run in one, which no case is about.
            self.notes = [name for name in self.notes if name != "container"]
        equal(code, PROBLEMS if self.problems else OK, f"exit code\n{self}\n")

    def __str__(self):
        return f"exit {self.code}\n{self.out}\n{self.err}"

    def are(self, *problems, notes=()):
        """Exactly these, whatever their order."""
        equal((sorted(self.problems), sorted(self.notes)), (sorted(problems), sorted(notes)),
              f"diagnoses\n{self}\n")
        return self

    def one(self, name):
        return next(d for d in self.json["diagnoses"] if d["id"] == name)

    def says(self, name, *words):
        one = self.one(name)
        text = " ".join(one.get(key, "") for key in ("device", "what", "detail", "advice"))
        for word in words:
            check(word in text, f"{name} does not say {word!r}: {text}")
        return self

    def step(self, name):
        return next(s for s in self.json["steps"] if s["step"] == name)


def on_pair(name):
    """A case with two hosts of its own."""
    def register(function):
        @case(name)
        def run(world):
            with contextlib.ExitStack() as ends:
                function(Pair(world, ends))
        return run
    return register


def scenario(diagnosis, name):
    """A case that ends in that diagnosis; "" is for those that end in none."""
    return on_pair(f"{diagnosis or 'nothing'}: {name}")


def named_in_tests():
    """Of all test programs of this folder."""
    names = set()
    for path in HERE.glob("test_*.py"):
        names |= set(re.findall(r'^@scenario\("([a-z0-9-]+)"', path.read_text("utf-8"), re.M))
    return names
