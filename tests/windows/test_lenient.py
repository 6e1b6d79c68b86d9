#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A scanner that is good enough for sane-airscan, which finds it and scans from it, and that
Windows would not use: the checker says why. That another program works proves little about Windows.
"""

import os
import re

import services

import checker
import interop
import mutants
import registry
from interop import SERVER, case, check, equal, main, run
from mutator import Mutated
from mutants import both, sub
from session import Session

# Its stage knows how to start what sane-airscan's search needs; its cases are not ours.
import test_airscan
interop.cases.clear()

# What is wrong with the service, all of it at once, and the checks that are to see it.
WRONG = both(
    sub("datagram", ("Probe", "Resolve", "Hello"), "2006/08/wdp", "2006/01/wdp"),
    sub("datagram", ("Probe", "Resolve", "Hello"), "<wsd:AppSequence[^>]*/>", ""),
    sub("answer", "Get", "<pnpx:.*?</pnpx:[A-Za-z]*>", ""),
    sub("answer", "Get", ">Windows Checker</wsdp:Fr", ">" + "n" * 300 + "</wsdp:Fr"),
    sub("answer", "Subscribe", ">PT1H<", ">PT15M<"),
)
SEEN = ["answers.namespaces", "hosted.compatible-id", "hosted.hardware-id", "match.sequence",
        "match.types", "metadata.category", "metadata.lengths", "restart.hello-types",
        "subscribe.expires"]


class Stage(test_airscan.Stage):
    def __init__(self, world):
        self.world, self.bus = world, None
        self.service = Mutated(world)
        self.service.relay.change = WRONG
        world.write("found/dll.conf", "airscan\n")
        world.write("found/airscan.conf", "[options]\nmodel = network\n")


@case("sane-airscan finds the service and scans a page from it")
def airscan(stage):
    stage.start_daemons()
    text = run(stage.world, "client", ["scanimage", "-L"], env=stage.environment("found"))
    found = re.findall(r"device `(airscan:[^']*)'", text)
    equal(len(found), 1, f"scanners in {text!r}")
    page = stage.world.path("page.png")
    run(stage.world, "client", ["scanimage", "-d", found[0], "--resolution", "75", "--format",
                                "png", "-o", page], env=stage.environment("found"), timeout=120)
    check(os.path.getsize(page) > 1000, "the page is empty")


@case("the checker says what Windows would not take, and nothing else")
def windows(stage):
    session = Session(device=SERVER, watch=0.3, latest=3, sheets=3, hooks=stage.service)
    check(session.find(), "not found")
    results = registry.run(session)
    session.close()
    said = "\n".join(f"{r.check.id}: {r.state}: {d}" for r in results for d in r.details)
    equal(sorted(r.check.id for r in results if r.state == "failed"), SEEN, said)
    equal([r.check.id for r in results if r.state == "untried"], ["restart.instance"], said)


if __name__ == "__main__":
    assert services and checker and mutants
    main("scanimage", "dbus-daemon", "avahi-daemon", setup=Stage)
