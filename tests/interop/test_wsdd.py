#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Debian's wsdd and wsdd2 as devices that `wsd` finds and describes, and wsdd's own search as a
client that finds `wsd serve`."""

import json
import signal

from interop import SERVER, WSD, Program, Serve, case, check, equal, main, wsd

UUID = "7d2e58a4-1f0c-4a51-9a77-3b5f6e0c1d21"
COMPUTER = "{http://schemas.microsoft.com/windows/pub/2005/07}Computer"
DEVICE = "{http://schemas.xmlsoap.org/ws/2006/02/devprof}Device"


class Stage:
    def __init__(self, world):
        self.world = world
        # Both hold UDP 3702 with address reuse; HTTP is 5357 of the one and 3702 of the other.
        self.wsdd = start_wsdd(world)
        self.wsdd2 = Program(world, "server", [
            "wsdd2", "-4", "-w", "-W", "-W", "-i", "eth0", "-H", "cellar", "-N", "CELLAR", "-G",
            "HOMEGROUP", "-b", "vendor:ACME", "-b", "model:Shelf"])
        self.listed = lines(wsd(world, "list", "--all", "--json", "--interface", "eth0",
                                "--expect", "2"))


def start_wsdd(world):
    wsdd = Program(world, "server", ["wsdd", "-v", "-4", "-i", "eth0", "-s", "-U", UUID, "-n",
                                     "ATTIC", "-w", "HOMEGROUP", "-p"])
    wsdd.wait_line("Hello")
    return wsdd


def lines(text):
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def find(stage, part):
    found = [d for d in stage.listed if part.lower() in json.dumps(d).lower()]
    equal(len(found), 1, f"devices with {part} in {stage.listed}")
    return found[0]


@case("wsd list --all finds wsdd and wsdd2")
def list_all(stage):
    equal(len(stage.listed), 2, f"devices in {stage.listed}")
    for device in stage.listed:
        check(device["endpoint"].startswith("urn:uuid:"), device["endpoint"])
        equal(device["address"].split(":")[0], SERVER, "address")
        check("error" not in device, device.get("error"))


@case("wsd list --all shows the metadata of wsdd")
def wsdd_metadata(stage):
    device = find(stage, UUID)
    equal(device["endpoint"], "urn:uuid:" + UUID, "endpoint")
    check("ATTIC" in device["name"], device["name"])
    check(device["manufacturer"] and device["model"], "no manufacturer or model")
    check("service" not in device, "wsdd is no scanner")


@case("wsd list --all shows the metadata of wsdd2")
def wsdd2_metadata(stage):
    device = find(stage, "ACME")
    equal((device["manufacturer"], device["model"]), ("ACME", "Shelf"), "manufacturer and model")
    equal(device["name"], "Microsoft Publication Service Device Host", "name, which is fixed")
    check("service" not in device, "wsdd2 is no scanner")


@case("wsd list without --all leaves the computers out")
def list_scanners(stage):
    wsd(stage.world, "list", "--interface", "eth0", "--timeout", "1.5", status=3)


@case("wsd probe shows both, with types; wsdd without XAddrs, as it sends none")
def probe_types(stage):
    found = lines(wsd(stage.world, "probe", "--type", "device", "--json", "--interface", "eth0",
                      "--expect", "2"))
    equal(len(found), 2, "answers")
    for target in found:
        check({DEVICE, COMPUTER} <= set(target["types"]), target["types"])
    own = next(t for t in found if UUID in t["endpoint"])
    equal(own["xaddrs"], [], "XAddrs of wsdd")


@case("wsd resolve finds the transport address of wsdd")
def resolve_wsdd(stage):
    target = json.loads(wsd(stage.world, "resolve", UUID, "--json", "--interface", "eth0"))
    equal(target["xaddrs"], [f"http://{SERVER}:5357/{UUID}"], "XAddrs")


@case("wsd get shows what wsdd says of itself")
def get_wsdd(stage):
    info = json.loads(wsd(stage.world, "get", f"http://{SERVER}:5357/{UUID}", "--to",
                          "urn:uuid:" + UUID, "--json"))
    check("ATTIC" in info["name"], info["name"])
    equal(info["category"], "Computers", "category")
    text = wsd(stage.world, "get", f"http://{SERVER}:5357/{UUID}", "--to", "urn:uuid:" + UUID)
    check("ATTIC" in text and "Computers" in text, text)


@case("wsd info finds wsdd2 by its UUID and shows its serial number")
def info_wsdd2(stage):
    endpoint = find(stage, "ACME")["endpoint"]
    info = json.loads(wsd(stage.world, "info", endpoint.removeprefix("urn:uuid:"), "--json",
                          "--interface", "eth0"))
    # The serial number is wired into wsdd2 1.8.7.
    equal((info["manufacturer"], info["serialNumber"]), ("ACME", "20050718"), "maker and serial")


@case("neither is taken for a scanner")
def not_scanners(stage):
    wsd(stage.world, "caps", UUID, "--interface", "eth0", "--timeout", "2", status=3)


@case("wsd monitor tells of wsdd as it comes and goes, beside a second listener on port 3702")
def monitor_wsdd(stage):
    listeners = [Program(stage.world, "client", [WSD, "monitor", "--json", "--interface", "eth0"])
                 for _ in range(2)]
    for listener in listeners:
        listener.wait_line(lambda line: event_of(line) == ("added", UUID))
    equal(stage.wsdd.stop(), 0, "exit status of wsdd")
    stage.wsdd = None
    for listener in listeners:
        listener.wait_line(lambda line: event_of(line) == ("removed", UUID))
    stage.wsdd = start_wsdd(stage.world)
    for listener in listeners:
        start = len(listener.lines)
        line = listener.wait_line(
            lambda line: event_of(line) in (("added", UUID), ("restarted", UUID)), start=start)
        check("ATTIC" in json.loads(line)["name"], line)
        equal(listener.stop(signal.SIGINT), 0, f"exit status, which said:\n{listener.text()}\n")
        check("Sanitizer" not in listener.text(), listener.text())


def event_of(line):
    """What happened to whom."""
    event = json.loads(line) if line.startswith("{") else {}
    return event.get("event"), event.get("endpoint", "").removeprefix("urn:uuid:")


@case("wsdd's own search finds wsd serve and reads its name")
def wsdd_finds_us(stage):
    stage.wsdd.kill()
    stage.wsdd2.kill()
    serve = Serve(stage.world, "--answer-delay", "0")
    # Its API socket, which would list devices, does not open under the Python of Debian 12.
    search = Program(stage.world, "client", ["wsdd", "-v", "-D", "-o", "-s", "-i", "eth0"])
    # It probes by itself when it starts, on both families, and fetches our metadata.
    search.wait_line(lambda line: f"discovered {Serve.NAME} on {SERVER}%eth0" in line)
    search.wait_line(lambda line: f"discovered {Serve.NAME} on [fe80::a1]%eth0" in line)
    search.kill()
    serve.end()


if __name__ == "__main__":
    main("wsdd", "wsdd2", setup=Stage)
