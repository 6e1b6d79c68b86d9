# SPDX-License-Identifier: MIT
"""scanimage -L with a search, ours with the device in the cache beside sane-airscan's.

sane-airscan searches only where there are D-Bus and Avahi, and does not hear its own host: so the two
hosts of tests/interop are made. Prints JSON: the seconds of each run in turn.

usage: WSD=... WSD_SANE_FOLDER=... sane_search.py ROUNDS
"""

import json
import os
import sys
import time
from pathlib import Path

ROUNDS = int(sys.argv.pop())
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests/interop"))

from interop import World, check, kill_children, needs, run  # noqa: E402
from test_airscan import Stage  # noqa: E402


def listing(world, environment):
    began = time.monotonic()
    said = run(world, "client", ["scanimage", "-L"], env=environment)
    took = time.monotonic() - began
    check("device" in said, lambda: f"no scanner was listed: {said}")
    return took


def main():
    needs("ip", "dbus-daemon", "avahi-daemon", "scanimage")
    world = World()
    stage = Stage(world)
    stage.start_daemons()
    world.write("wsd/dll.conf", "wsd\n")
    world.write("wsd/wsd.conf", "")
    environments = {"airscan": stage.environment("found"),
                    "wsd": {**stage.environment("wsd"),
                            "LD_LIBRARY_PATH": os.environ["WSD_SANE_FOLDER"]}}
    listing(world, environments["wsd"])  # it is in the cache from here on
    runs = {name: [] for name in environments}
    for _ in range(ROUNDS):
        for name, environment in environments.items():
            runs[name].append(listing(world, environment))
    kill_children()
    print(json.dumps(runs))


main()
