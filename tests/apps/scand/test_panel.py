#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""wsd-scand and the panels of scanners that go and come: see scand.py.

A host's clock cannot be set in a namespace. What resuming does beside that, it does to the links;
so the cases of sleep take the link of the sleeping host down and up again.
"""

import contextlib
import subprocess
from pathlib import Path

from scand import IN_TIME, SCAND, Document, check, equal, main, scene, wait_for
import network
from network import CLIENT, MOVED, SERVER, Switch

ONLY_4 = {"ipv6": False}


def begin(here, wire=True, **options):
    """A scanner with us on its panel."""
    here.marked = 0
    here.counts = here.wire(interface=network.INTERFACE) if wire else None
    here.box = here.scanner()
    here.daemon_ = here.daemon(**options)
    here.box.await_entry("Desk")
    here.daemon_.wait_ready()
    return here.box, here.daemon_


class Flood:
    """Little is said from here on; and the entry has to be a `new` one. A search is some datagrams,
    of each family, and there is one for each of the things that happen to a link."""

    def __init__(self, here, new=True, subscribes=2, probes=24):
        here.marked = len(here.box.events("destination-added")) if new else 0
        self.wire, self.before = here.counts, dict(here.counts.counts)
        self.most = {"Subscribe": subscribes, "Probe": probes, "Renew": 12, "Get": 12}

    def check(self):
        said = {name: self.wire.counts[name] - self.before[name] for name in self.most}
        check(all(said[name] <= self.most[name] for name in said),
              lambda: f"too much was said: {said}, at most {self.most}")


def back(here, flood=None):
    """Within the time, by the turned clock, one entry is there, and the button works."""
    box, daemon = here.box, here.daemon_
    took = here.turn_until("the entry is back", lambda: (
        "Desk" in box.panel() and len(box.events("destination-added")) > here.marked
        and (daemon.scanner() or {}).get("state") == "ready"))
    check(took <= IN_TIME, f"it took {took:.0f} s")
    here.let_pass(40)
    equal(box.panel(), ["Desk"], "the panel afterwards")
    before = len(daemon.scans())
    box.press("Desk")
    scans = daemon.wait_scans(before + 1)
    equal(scans[0]["state"], "done", f"the scan {scans[0]}")
    equal(Document(scans[0]["files"][0]).pages, 1, "pages")
    if flood:
        flood.check()


def left(here, box, daemon):
    """The clean end: nothing on the panel, nothing remembered."""
    daemon.stop()
    wait_for("an empty panel", lambda: not box.panel())
    equal(daemon.memory()["subscriptions"], [], "remembered subscriptions")


@scene("found, on the panel, pressed; a clean end leaves no entry and no memory of one")
def _(here):
    box, daemon = begin(here)
    equal(daemon.memory()["subscriptions"][0]["scanner"], daemon.scanner()["endpoint"], "memory")
    box.do("feeder", sheets=3)
    box.press("Desk", source="adf")
    (scan,) = daemon.wait_scans()
    equal((scan["state"], scan["pages"]), ("done", 3), f"{scan}")
    equal(Document(scan["files"][0]).pages, 3, "pages")
    box.wait_event("job-completed")
    equal(daemon.spool(), [], "spool")
    left(here, box, daemon)
    equal(here.counts.counts["Subscribe"], 1, "Subscribes")
    equal(here.counts.counts["Unsubscribe"], 1, "Unsubscribes")


@scene("the scanner is switched off and, a minute later, on again")
def _(here):
    box, _ = begin(here)
    box.do("vanish")
    here.let_pass(60)
    equal(box.panel(), [], "panel without power")
    flood = Flood(here)
    box.do("reboot")
    back(here, flood)


@scene("the scanner is rebooted")
def _(here):
    box, _ = begin(here)
    flood = Flood(here)
    box.do("reboot")
    back(here, flood)


@scene("the scanner is rebooted while its Hello gets lost")
def _(here):
    box, _ = begin(here)
    flood = Flood(here)
    network.carrier(here.world, "server", False)
    box.do("reboot")
    here.let_pass(5)
    network.carrier(here.world, "server", True)
    back(here, flood)


@scene("the scanner moves to another address")
def _(here):
    box, _ = begin(here, general=ONLY_4)
    flood = Flood(here)
    network.readdress(here.world, "server", SERVER, MOVED["server"])
    try:
        back(here, flood)
        equal(here.daemon_.scanner()["address"], MOVED["server"], "where it is")
    finally:
        here.box.end()
        network.readdress(here.world, "server", MOVED["server"], SERVER)


@scene("our own address changes")
def _(here):
    begin(here, general=ONLY_4)
    flood = Flood(here)
    network.readdress(here.world, "client", CLIENT, MOVED["client"])
    try:
        back(here, flood)
        equal(here.box.entries()[0][3], MOVED["client"], "where the scanner sees us")
    finally:
        here.daemon_.stop()
        network.readdress(here.world, "client", MOVED["client"], CLIENT)


@scene("we sleep, and the scanner is rebooted meanwhile (link down and up, see above)")
def _(here):
    box, _ = begin(here)
    network.bring_down(here.world, "client")
    box.do("reboot")
    here.let_pass(600, 60)
    flood = Flood(here)
    network.bring_up(here.world, "client")
    network.await_carrier(here.world, "client")
    back(here, flood)


@scene("we sleep for two hours, longer than the subscription lives")
def _(here):
    begin(here)
    network.bring_down(here.world, "client")
    here.clock.turn(7200)
    wait_for("the scanner has given us up", lambda: not here.box.panel(), poke=here.box.wake)
    flood = Flood(here)
    network.bring_up(here.world, "client")
    network.await_carrier(here.world, "client")
    back(here, flood)


@scene("the switch is restarted: no carrier on either side for a minute")
def _(here):
    begin(here)
    for host in ("server", "client"):
        network.carrier(here.world, host, False)
    here.let_pass(60)
    flood = Flood(here, new=False)
    for host in ("client", "server"):
        network.carrier(here.world, host, True)
    back(here, flood)


@scene("the switch is restarted and the scanner with it")
def _(here):
    begin(here)
    for host in ("server", "client"):
        network.carrier(here.world, host, False)
    here.box.do("reboot")
    here.let_pass(60)
    flood = Flood(here)
    for host in ("client", "server"):
        network.carrier(here.world, host, True)
    back(here, flood)


@scene("a scanner named by its bare address, where no multicast passes; rebooted unnoticed")
def _(here):
    with network.no_multicast(here.world):
        begin(here, general={"discovery": False}, scanners={"Box": {"address": SERVER}})
        equal(here.counts.counts["Probe"] <= 6, True, "Probes are few")
        flood = Flood(here)
        here.box.do("reboot")
        equal(here.box.panel(), [], "panel after the reboot")
        back(here, flood)
        left(here, here.box, here.daemon_)


@scene("a scanner that is named by its address and found by search as well has one entry of ours")
def _(here):
    for scanners in ({"Box": {"address": SERVER}}, {"Box": {"address": "no.such.host.invalid"}}):
        here.box = box = here.scanner()
        daemon = here.daemon(scanners=scanners)
        box.await_entry("Desk")
        daemon.wait_ready()
        here.let_pass(90)
        equal(box.panel(), ["Desk"], "panel")
        equal([s["state"] for s in daemon.status()["scanners"]].count("ready"), 1, "ready scanners")
        box.press("Desk")
        equal(daemon.wait_scans()[0]["state"], "done", "scan")
        here.let_pass(5)
        equal(len(daemon.scans()), 1, "scans")
        left(here, box, daemon)
        box.end()


@scene("a scanner named by its bare address is away at the start, and comes")
def _(here):
    with network.no_multicast(here.world):
        here.counts = here.wire(interface=network.INTERFACE)
        here.daemon_ = here.daemon(general={"discovery": False},
                                   scanners={"Box": {"address": SERVER}})
        here.let_pass(120)
        equal(here.daemon_.scanner()["state"], "away", "state")
        here.box = here.scanner()
        back(here)


@scene("the network is not there at the start, and comes")
def _(here):
    network.bring_down(here.world, "client")
    try:
        here.counts = here.wire(interface=network.INTERFACE)
        here.box = here.scanner()
        here.daemon_ = here.daemon()
        here.let_pass(120)
        flood = Flood(here)
    finally:
        network.bring_up(here.world, "client")
        network.await_carrier(here.world, "client")
    back(here, flood)
    left(here, here.box, here.daemon_)


@scene("a restart after kill -9 unsubscribes first: one entry, and the old one is gone")
def _(here):
    box, daemon = begin(here)
    daemon.kill()
    daemon.start()
    daemon.wait_ready()
    equal(box.panel(), ["Desk"], "panel")
    order = [name for name in here.counts.log if name in ("Subscribe", "Unsubscribe")]
    equal(order, ["Subscribe", "Unsubscribe", "Subscribe"], "messages in order")
    left(here, box, daemon)


@scene("the state's file is damaged: it is set aside, and we are on the panel once")
def _(here):
    box, daemon = begin(here)
    daemon.stop()
    Path(daemon.state, "state.json").write_text('{"subscriptions": [')
    daemon.start()
    daemon.wait_ready()
    equal(box.panel(), ["Desk"], "panel")
    check(Path(daemon.state, "state.json.broken").exists(), "it was not set aside")


@scene("the usual port is taken: another one is used, said, and works")
def _(here):
    begin(here)
    second = here.daemon(general={"host": "other"}, destinations={"Second": {}})
    second.wait_said("port 5366 is taken by another program")
    here.box.await_entry("Second")
    check(second.status()["port"] != 5366, "port")
    here.box.press("Second")
    equal(second.wait_scans()[0]["state"], "done", "scan")


@scene("a port of the configuration that is taken ends it, and is named")
def _(here):
    begin(here)
    second = here.daemon(general={"port": 5366}, start=False)
    second.start(ready=False)
    second.program.wait_line("port 5366 cannot be used")
    second.stop(status=1)


@scene("a second daemon on the same folder of state is refused")
def _(here):
    box, daemon = begin(here)
    second = here.daemon(general={"state": daemon.state}, start=False)
    second.start(ready=False)
    second.program.wait_line("another wsd-scand is running with the folder")
    second.stop(status=1)
    equal(box.panel(), ["Desk"], "panel")
    equal(daemon.scanner()["state"], "ready", "the first one")


@scene("SIGHUP adds and removes destinations, and a scan under way goes on")
def _(here):
    box, daemon = begin(here, destinations={"Desk": {"resolution": 300}, "Old": {}})
    box.await_entry("Old")
    box.press("Desk")
    box.wait_event("job-began")
    box.do("jam")
    daemon.destinations = {"Desk": {"resolution": 300}, "New": {}}
    daemon.write()
    daemon.reload()
    daemon.wait_said("the configuration was read again")
    here.turn_until("the new lines", lambda: sorted(box.panel()) == ["Desk", "New"])
    equal([s["state"] for s in daemon.scans()], ["scanning"], "the scan")
    box.do("clear", all=True)
    equal(daemon.wait_scans()[0]["state"], "done", "the scan")
    box.press("New")
    equal(daemon.wait_scans(2)[0]["destination"], "New", "the next scan")


@scene("a destination that is removed while it scans keeps its settings to the end")
def _(here):
    box, daemon = begin(here, destinations={"Desk": {"resolution": 300}})
    box.press("Desk")
    box.wait_event("job-began")
    box.do("jam")
    daemon.destinations = {"New": {}}
    daemon.write()
    daemon.reload()
    here.turn_until("the new line", lambda: box.panel() == ["New"])
    box.do("clear", all=True)
    (scan,) = daemon.wait_scans()
    equal((scan["state"], scan["destination"]), ("done", "Desk"), f"{scan}")


@scene("mistakes in the file leave the old one in force; each is said")
def _(here):
    box, daemon = begin(here)
    daemon.write("destination \"Desk\" { resolution = 17 }\nnonsense = 3\n")
    daemon.reload()
    daemon.wait_said("the configuration was not taken over")
    check("resolution" in daemon.said(), daemon.said())
    asked = subprocess.run([SCAND, "reload", "--control", daemon.control.path],
                           capture_output=True, text=True, check=False, timeout=30)
    equal((asked.returncode, "mistakes" in asked.stderr), (2, True), f"{asked}")
    here.let_pass(30)
    equal(box.panel(), ["Desk"], "panel")
    equal(here.counts.counts["Subscribe"], 1, "Subscribes")
    box.press("Desk")
    equal(daemon.wait_scans()[0]["state"], "done", "scan")


@scene("an unchanged file read again changes nothing on the panel")
def _(here):
    box, daemon = begin(here)
    for count in range(1, 4):
        daemon.reload()
        daemon.wait_said("the configuration was read again", count)
    here.let_pass(30)
    equal(len(box.events("destination-added", "destination-removed")), 1, "changes of the panel")


@scene("two computers with a destination of the same name: both are told apart, and both scan")
def _(here):
    general = {"panel-name": "{destination} ({host})"}
    box = here.scanner()
    one = here.daemon(general={**general, "host": "study"}, destinations={"Documents": {}})
    two = here.daemon(general={**general, "host": "kitchen"}, destinations={"Documents": {}},
                      host="third")
    for host in ("study", "kitchen"):
        box.await_entry(f"Documents ({host})")
    equal(len({entry[2] for entry in box.entries()}), 2, "contexts")
    for daemon, host in ((one, "study"), (two, "kitchen")):
        box.press(f"Documents ({host})")
        equal(daemon.wait_scans()[0]["state"], "done", host)
    equal((len(one.scans()), len(two.scans())), (1, 1), "scans of each")


@scene("a week passes: the subscription is renewed, never doubled")
def _(here):
    box, _ = begin(here)
    for _ in range(7 * 48):
        here.clock.turn(1800)
        wait = here.counts.counts["Renew"]
        del wait
        here.box.heed()
        check(here.daemon_.running(), "the daemon has ended")
        with contextlib.suppress(OSError):
            here.daemon_.control.ask("status")
    here.let_pass(60)
    equal(box.panel(), ["Desk"], "panel")
    back(here)


main(setup=Switch)
