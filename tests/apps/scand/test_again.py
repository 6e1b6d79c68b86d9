#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is not over yet is not forgotten: scans whose helper still runs, jobs that are being made, lines
on a panel whose scanner does not answer, scanners that are to be used again. See scand.py."""

import contextlib
import signal
import threading
import time
from pathlib import Path

from scand import check, equal, main, other_helper, scene, wait_for
import network
from network import Switch
from device import Responder, probe_matches
from puppet import Puppet, Reply

SILENT = Reply(silent=True)


def puppet(here):
    """A scanner that is named by its address, and the daemon on its panel."""
    fake = Puppet(here)
    daemon = here.daemon(general={"discovery": False}, scanners={"Puppet": fake.section()})
    fake.wait_subscribed()
    daemon.wait_ready()
    wait_for("what is remembered", daemon.memory)
    return fake, daemon


def later(answer, wait):
    """The answer, which comes when wait() has returned."""
    def pieces(body):
        wait()
        yield body

    def reply(request):
        return Reply(pieces(answer(request)))
    return reply


# -- scans ------------------------------------------------------------------------------------


@scene("CancelJob is answered before the helper has ended: nothing of the scan stays in the spool")
def _(here):
    stub, go = Path(here.path, "helper"), Path(here.path, "go")
    stub.write_text('#!/bin/sh\ncat > /dev/null\n'
                    f'echo \'{{"event": "done", "pages": 1, "files": ["{here.path}/a.pdf"]}}\'\n'
                    'exec >&-\n'
                    f'for i in $(seq 600); do [ -e {go} ] && exit; sleep 0.05; done\n')
    stub.chmod(0o755)
    fake, daemon = puppet(here)
    cancelled = threading.Event()

    def heard():
        wait_for("the helper's word", lambda: daemon.scans()[0].get("files"))
        cancelled.set()
    fake.answers["CancelJob"] = later(fake.canceljob, heard)
    with other_helper(str(stub)):
        fake.press()
        check(cancelled.wait(20), "no CancelJob")
        time.sleep(0.5)
        equal(daemon.scans()[0]["state"], "delivering", "state while the helper runs")
        equal(len(daemon.spool()), 1, "jobs in the spool")
        go.touch()
        equal(daemon.wait_scans()[0]["state"], "done", "state")
        daemon.wait_spool_empty()


@scene("the daemon is ended while CreateScanJob is answered: the job that was made is cancelled")
def _(here):
    fake, daemon = puppet(here)
    go = threading.Event()
    fake.answers["CreateScanJob"] = later(fake.createscanjob, lambda: go.wait(20))
    fake.press()
    fake.wait_for("CreateScanJob")
    daemon.program.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    go.set()
    fake.await_cancel()
    equal(fake.all("CancelJob")[0].get("JobId"), str(fake.job), "the job")
    daemon.stop()
    equal((fake.count("RetrieveImage"), daemon.spool()), (0, []), "pages asked for, and spool")
    equal(fake.subscribers, {}, "subscribers")


# -- panels -----------------------------------------------------------------------------------


def remembered(daemon):
    """The registrations that the state's file holds, as text."""
    return [str(s["manager"]) for s in daemon.memory()["subscriptions"]]


def not_answered(here, fake, count):
    """The count-th Unsubscribe was not answered in time."""
    here.turn_until(f"Unsubscribe {count}", lambda: fake.count("Unsubscribe") >= count)
    here.clock.turn(6)


@scene("an Unsubscribe of what an earlier run left is not answered: it stays known, and comes again")
def _(here):
    fake, daemon = puppet(here)
    (old,) = remembered(daemon)
    (identifier,) = fake.subscribers
    check(identifier in old, lambda: f"{identifier} is not in {old}")
    fake.answers["Unsubscribe"] = SILENT
    daemon.kill()
    daemon.start()
    not_answered(here, fake, 1)
    daemon.wait_state("away")
    equal(remembered(daemon), [old], "remembered, as nobody answered")
    not_answered(here, fake, 2)
    daemon.stop()
    equal(remembered(daemon), [old], "remembered after a clean end")
    equal(fake.count("Subscribe"), 1, "Subscribes")
    before = fake.count("Unsubscribe")
    fake.answers.clear()
    daemon.start()
    daemon.wait_ready()
    equal(fake.count("Unsubscribe"), before + 1, "Unsubscribes")
    equal({r.get("Identifier") for r in fake.all("Unsubscribe")}, {identifier}, "what they end")
    equal((fake.count("Subscribe"), len(fake.subscribers)), (2, 1), "Subscribes, subscribers")
    daemon.stop()
    equal((remembered(daemon), fake.subscribers), ([], {}), "left after the clean end")


@scene("an Unsubscribe that is never answered does not keep us from the panel for ever")
def _(here):
    fake, daemon = puppet(here)
    fake.answers["Unsubscribe"] = SILENT
    daemon.kill()
    daemon.start()
    for count in range(1, 5):
        not_answered(here, fake, count)
    daemon.wait_ready()
    equal(fake.count("Unsubscribe"), 4, "Unsubscribes")
    fake.answers.clear()


@scene("a fault in answer to the Unsubscribe of what an earlier run left is an answer")
def _(here):
    fake, daemon = puppet(here)
    fake.subscribers.clear()
    daemon.kill()
    daemon.start()
    daemon.wait_ready()
    equal((fake.count("Unsubscribe"), len(fake.subscribers)), (1, 1), "Unsubscribes, subscribers")


@scene("a clean end towards a scanner that cannot be reached: the next start ends what it holds")
def _(here):
    box, daemon = here.scanner(), here.daemon(general={"ipv6": False})
    box.await_entry("Desk")
    daemon.wait_ready()
    (old,) = wait_for("what is remembered", lambda: remembered(daemon))
    with unreachable(here):
        daemon.stop()
    equal(box.panel(), ["Desk"], "the panel")
    equal(remembered(daemon), [old], "remembered")
    daemon.start()
    daemon.wait_ready()
    equal(box.panel(), ["Desk"], "the panel")
    equal(len(box.events("destination-removed")), 1, "lines that were removed")


@contextlib.contextmanager
def unreachable(here):
    """The daemon's host has no way to the scanner."""
    def route(verb):
        with here.world.on("client"):
            network.run_ip(f"route {verb} unreachable {network.SERVER}/32")
    route("add")
    try:
        yield
    finally:
        route("del")


# -- scanners ---------------------------------------------------------------------------------


def reload(daemon, scanners, count):
    daemon.scanners = scanners
    daemon.write()
    daemon.reload()
    daemon.wait_said("the configuration was read again", count)


def at_once(box):
    wait_for("the line is on the panel", lambda: box.panel() == ["Desk"], 10, box.scene.heed)


@scene("a scanner that is ignored, and by a reload no longer, is on the panel at once")
def _(here):
    for start in ({}, {"Box": {"ignore": True}}):
        box, daemon = here.scanner(), here.daemon(scanners=start)
        if start:
            daemon.wait_said("is left alone")
        else:
            box.await_entry("Desk")
            daemon.wait_ready()
        for count in (1, 3):
            reload(daemon, {"Box": {"ignore": True}}, count)
            wait_for("the line is gone", lambda: not box.panel(), poke=here.heed)
            equal(daemon.status()["scanners"], [], "scanners")
            reload(daemon, {}, count + 1)
            at_once(box)
        box.press("Desk")
        equal(daemon.wait_scans()[0]["state"], "done", "the scan")
        daemon.stop()
        box.end()


@scene("a scanner that names its address, ignored and then no longer, is on the panel at once")
def _(here):
    box = here.scanner()
    section = {"address": network.SERVER}
    daemon = here.daemon(general={"discovery": False}, scanners={"Box": section})
    box.await_entry("Desk")
    daemon.wait_ready()
    reload(daemon, {"Box": {**section, "ignore": True}}, 1)
    wait_for("the line is gone", lambda: not box.panel(), poke=here.heed)
    reload(daemon, {"Box": section}, 2)
    at_once(box)


@scene("of three addresses that a scanner names only the last one answers: it is reached")
def _(here):
    fake = Puppet(here)
    urls = " ".join([f"http://{network.SERVER}:9/device", f"http://{network.SERVER}:10/device",
                     fake.url])
    with here.world.on("server"):
        responder = Responder(lambda message_id, _: [probe_matches(message_id, fake.uuid, urls)],
                              network.SERVER)
    here.ends.callback(responder.stop)
    daemon = here.daemon(general={"ipv6": False})
    here.turn_until("it is reached", lambda: fake.subscribers)
    daemon.wait_ready()
    equal(daemon.scanner()["address"], network.SERVER, "where it is")


main(setup=Switch)
