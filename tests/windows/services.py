# SPDX-License-Identifier: MIT
"""The scan services that the checker is run against: a row each in SERVICES, at the end.

A service is a program on the host "server" of interop.World, with what stands in for the person at
it. Another one is a class of a few lines, or the arguments of `wsd serve` alone.
"""

import os
import sys
import time

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
        # InstanceId counts seconds, and two starts within one are not what is looked at.
        time.sleep(1 - time.time() % 1)
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


# Name, how it is made in a world, and the checks that cannot be tried on it.
SERVICES = [
    ("wsd serve", WsdServe, ()),
]
