# SPDX-License-Identifier: MIT
"""The scan services that the checker is run against: a row each in SERVICES, at the end.

A service is a program on the host "server" of interop.World, with what stands in for the person at
it. Another one is a class of a few lines, or the arguments of `wsd serve` alone.
"""

import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE]
sys.path.append(os.path.join(HERE, "..", "interop"))

import interop  # noqa: E402
from session import Hooks  # noqa: E402
from wire import Untried  # noqa: E402


class WsdServe(Hooks):
    """`wsd serve`, whose panel is worked by `wsd panel`."""

    def __init__(self, world, *arguments, port=80, ready=60):
        self.world, self.arguments, self.port = world, arguments, port
        self.control = world.path("control")
        self.serve = None
        self.start()

    def start(self):
        self.serve = interop.Serve(self.world, "--answer-delay", "0", "--control", self.control,
                                   *self.arguments, name="Windows Checker", port=self.port)
        return True

    def stop(self):
        self.serve.end()
        return True

    def panel(self, *words):
        try:
            interop.wsd(self.world, "panel", "--control", self.control, *words, host="server")
        except interop.Failure as failure:
            raise Untried(f"wsd panel: {failure}")
        return True

    def press(self, name, number):
        return self.panel("press", str(number))

    def load(self, sheets):
        return self.panel("feeder", "load", str(sheets))


class Shared(WsdServe):
    """A scanner of SANE's that `wsd serve --sane` shares: one that does as the tests of the bridge
    say (apps/bridge/puppet.c), with a feeder."""

    def __init__(self, world):
        world.write("sane/dll.conf", "puppet\n")
        self.orders = world.write("orders", "")
        # For every program that this test starts: there is one world a process.
        os.environ.update(SANE_CONFIG_DIR=world.path("sane"), PUPPET=self.orders,
                          LD_LIBRARY_PATH=os.environ["PUPPET_DIR"])
        super().__init__(world, "--sane", "puppet:plain")

    def load(self, sheets):
        Path(self.orders).write_text(f"sheets {sheets}\n", encoding="utf-8")
        return True


# Name, how it is made in a world, and the checks that cannot be tried on it.
SERVICES = [
    ("wsd serve", WsdServe, ()),
]
if "PUPPET_DIR" in os.environ:
    SERVICES.append(("wsd serve --sane", Shared, ()))
