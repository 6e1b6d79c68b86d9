# SPDX-License-Identifier: MIT
"""`wsd list` among ever more devices, and the searches of others among as many.

sane-airscan searches only where there are D-Bus and Avahi, and does not hear its own host: so the two
hosts of tests/interop are made, for all alike. Prints JSON: who, among how many devices, what it cost
and how many it found. Those of others take seconds each and are run once; of three rounds of ours
it is the one with the median of the processor time, and of what was found the least.

usage: WSD=... WSD_PEERS=... crowds.py BUILD
"""

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from harness import DATA, DEVICES_BASE, HERE, Bench, measured, read_until_ready, service

sys.path.insert(0, str(HERE.parent / "tests/interop"))

from interop import (SERVER, Failure, Program, Skip, World, kill_children,  # noqa: E402
                     needs, run_ip)
from test_airscan import Stage  # noqa: E402

DEVICES = (1, 10, 100, 1000, 10000)
PEERS_UP_TO = 1000
WSDD_SILENCE = 4  # seconds; it waits up to three before it asks


class Client(Stage):
    """The host that searches; no scanner but those of the crowd."""

    def __init__(self, world, bench):
        self.world, self.bench, self.bus = world, bench, None
        self.searches = {"wsd list": self.wsd_list}
        world.write("found/dll.conf", "airscan\n")
        world.write("found/airscan.conf", "[options]\nmodel = network\n")

    def add(self, name, search, *programs, prepare=None):
        """Takes a search of others part, where its programs are there."""
        try:
            needs(name, *programs)
            if prepare:
                prepare()
            self.searches[name] = search
        except (Skip, Failure) as why:
            print(f"growth: {name} among devices: not measured: {why}", file=sys.stderr)

    def run(self, *command, **options):
        """A search that ends by itself: its cost and its lines."""
        out = self.bench.scratch / "list"
        with open(out, "wb") as file, self.world.on("client"):
            cost = measured(self.bench, *command, stdout=file, stderr=subprocess.DEVNULL, **options)
        return cost, out.read_text().splitlines()

    def wsd_list(self, count):
        Path(os.environ["WSD_CACHE_PATH"]).unlink(missing_ok=True)
        cost, lines = self.run(self.bench.wsd, "list", "--interface", "eth0", "--timeout", "30",
                               "--expect", str(count), "--json")
        return cost, len(lines)

    def airscan(self, _):
        cost, lines = self.run("airscan-discover", env={**os.environ, **self.environment("found")})
        return cost, len({line.split(" = ")[1] for line in lines if line.endswith(", WSD")})

    def wsdd(self, count):
        """It has no end, so it is ended when it has all, or says no more; its time says nothing."""
        report = self.bench.scratch / "report.json"
        program = Program(self.world, "client", [self.bench.tool("measure"), str(report), "wsdd",
                                                 "-v", "-4", "-D", "-o", "-i", "eth0"])
        try:
            while len(discovered(program)) < count:
                if not program.read(WSDD_SILENCE):
                    raise RuntimeError(f"wsdd ended: {program.text()}")
        except Failure:
            pass  # some were lost
        found = len(discovered(program))
        children = Path(f"/proc/{program.process.pid}/task/{program.process.pid}/children")
        os.kill(int(children.read_text()), signal.SIGTERM)
        program.wait_end()
        program.forget()
        return {**json.loads(report.read_text()), "wall": None}, found


def discovered(program):
    return [line for line in program.lines if "discovered " in line]


@contextmanager
def crowd(bench, world, count):
    """Devices that answer within half a second, ten thousand within five."""
    with world.on("server"), service(
            bench.tool("devices"), SERVER, DEVICES_BASE, str(count), str(max(500, count // 2)),
            DATA / "device-match.xml", DATA / "device-metadata.xml", stdin=subprocess.PIPE,
            ready=read_until_ready):
        yield


def join_hosts(world):
    """One link, so that nobody asks twice; all addresses of the devices are the server's."""
    with world.on("server"):
        run_ip("route add local 10.77.0.0/16 dev eth0")
    with world.on("client"):
        run_ip("link set eth1 down")
        run_ip(f"route add 10.77.0.0/16 via {SERVER}")


def of_rounds(runs):
    costs = sorted((cost for cost, _ in runs), key=lambda cost: cost["user"] + cost["system"])
    cost = costs[len(costs) // 2]
    return {"found": min(found for _, found in runs), "cpu": cost["user"] + cost["system"],
            "wall": cost["wall"], "peak": cost["peak_kib"] * 1024}


def main(build):
    bench = Bench(build)
    atexit.register(shutil.rmtree, bench.scratch, ignore_errors=True)
    world = World()
    join_hosts(world)
    client = Client(world, bench)
    client.add("airscan-discover", client.airscan, "dbus-daemon", "avahi-daemon",
               prepare=client.start_daemons)
    client.add("wsdd", client.wsdd)
    curves = {name: {} for name in client.searches}
    for count in DEVICES:
        with crowd(bench, world, count):
            for name, search in client.searches.items():
                if name == "wsd list" or count <= PEERS_UP_TO:
                    rounds = 3 if name == "wsd list" and count <= PEERS_UP_TO else 1
                    curves[name][count] = of_rounds([search(count) for _ in range(rounds)])
    kill_children()
    print(json.dumps(curves))


main(sys.argv.pop())
