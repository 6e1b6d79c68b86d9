#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures speed and memory of libwsd beside programs that do the same or the least of it.

usage: run.py BUILD [MEASURE ...]   (decode, image, memory, list, burst, http, probe, events,
       scand, growth, sane, amplification)

Builds the programs of bench/, then runs itself in a user and network namespace of its own, where a
pair of virtual interfaces is the whole network: nothing leaves this machine, nothing of it is
changed. Prints a table, and writes it to BUILD/bench-table.md and all figures to BUILD/bench-results.json. Exits with 0 whether
goals are reached or not; with 1 when something could not be measured.
"""

import json
import os
import re
import select
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from amplification import measure as measure_amplification
from growth import bench_growth
from harness import (ADDRESS, DATA, DEVICES_BASE, INTERFACE, MB, NETWORK_SETUP, Bench,
                     build_programs, curl_command, find_peers, first_line, image_sources,
                     least, local_url, machine, measured, message, output_json, peak_of, post,
                     read_until_ready, scan_command, service, take_image)
from sane_backends import bench_sane

LOAD_SECONDS, ROUNDS = 2, 5
IMAGE_ROUNDS = {"100 MB": 15, "1 GB": 5}
IMAGES = {  # pixels of a DIB: area in 1/1000 inch and millimetres, dpi, scaling in percent
    "1 MB": {"width": 5906, "height": 5906, "area": "150x150", "dpi": 100, "scaling": 100},
    "100 MB": {"width": 8500, "height": 11700, "area": "max", "dpi": 600, "scaling": 100},
    "1 GB": {"width": 8500, "height": 11700, "area": "max", "dpi": 1200, "scaling": 153},
}


# -- decode ----------------------------------------------------------------

def bench_decode(bench):
    results = output_json(bench.tool("decode"), DATA / "probe-matches.xml", "discovery",
                          DATA / "scanner-elements.xml", "scan")
    bench.raw["decode"] = results
    for r in results:
        ratio = r["expat_per_second"] / r["codec_per_second"]
        floor = r["expat_reused_per_second"] / r["codec_per_second"]
        name = f"decode {r['file']}, {r['bytes']} bytes"
        bench.row(f"{name}: time, of expat's", f"{ratio:.2f} ({floor:.2f} of reused)",
                  "at most 1.5", ratio <= 1.5)
        bench.row(f"{name}: allocations", f"{r['codec_allocations']}", "at most 4",
                  r["codec_allocations"] <= 4)
    if not os.path.exists(bench.tool("decode_gsoap")):
        print("gSOAP is not installed: not compared")
        return
    peer = output_json(bench.tool("decode_gsoap"), DATA / "probe-matches.xml")[0]
    bench.raw["decode_gsoap"] = peer
    ratio = peer["gsoap_per_second"] / results[0]["codec_per_second"]
    bench.row("decode probe-matches.xml: time, of gSOAP's", f"{ratio:.2f}", "at most 1", ratio <= 1)


# -- images ----------------------------------------------------------------

def bench_image(bench):
    bench.raw["image"] = {}
    for source, command in image_sources(bench).items():
        with service(*command) as (_, said):
            url = local_url(said)
            for size, rounds in IMAGE_ROUNDS.items():
                costs = {"wsd": [], "curl": []}
                for _ in range(rounds):
                    costs["curl"].append(take_image(bench, curl_command, url, IMAGES[size]))
                    costs["wsd"].append(take_image(bench, scan_command, url, IMAGES[size]))
                rates = {who: runs[0]["bytes"] / least(runs, "wall") for who, runs in costs.items()}
                ratio = rates["wsd"] / rates["curl"]
                bench.raw["image"][f"{source}, {size}"] = costs
                bench.row(f"wsd scan of {size} from {source}: throughput, of curl's",
                          f"{ratio:.2f} ({rates['wsd'] / MB:.0f}/{rates['curl'] / MB:.0f} MB/s)",
                          "at least 0.9", ratio >= 0.9)


def bench_memory(bench):
    peaks = {}
    for size, image in IMAGES.items():
        runs = []
        for _ in range(3):
            with service(*image_sources(bench)["wsd serve"]) as (process, said):
                cost = take_image(bench, scan_command, local_url(said), image)
                runs.append({"client": cost["peak_kib"] * 1024, "service": peak_of(process)})
        peaks[size] = {who: statistics.median(run[who] for run in runs)
                       for who in ("client", "service")}
    bench.raw["memory"] = peaks
    for who in ("client", "service"):
        small = peaks["1 MB"][who]
        for size in ("1 MB", "100 MB", "1 GB"):
            peak = peaks[size][who]
            bench.row(f"peak memory of the {who}, image of {size}",
                      f"{peak / MB:.2f} MB ({(peak - small) / MB:+.2f})", "12 MB, within 1 MB",
                      peak <= 12 * MB and abs(peak - small) <= MB)


# -- search ----------------------------------------------------------------

def list_devices(bench, count, spread):
    """One search by `wsd list` among devices that answer within `spread` ms."""
    devices = subprocess.Popen(
        [bench.tool("devices"), ADDRESS, DEVICES_BASE, str(count), str(spread),
         DATA / "device-match.xml", DATA / "device-metadata.xml"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    report = bench.scratch / "report.json"
    try:
        read_until_ready(devices)
        client = subprocess.Popen(
            [bench.tool("measure"), report, bench.wsd, "list", "--interface", INTERFACE, "--expect",
             str(count), "--json"], stdout=subprocess.PIPE)
        lines = []
        for line in client.stdout:
            lines.append((time.monotonic(), line))
        client.wait(30)
        answers, _ = devices.communicate(timeout=30)
    finally:
        if devices.poll() is None:
            devices.kill()
            devices.wait()
    answered = dict(line.split() for line in answers.decode().splitlines())
    answered = {endpoint: float(when) for endpoint, when in answered.items()}
    printed = [(when, json.loads(line)) for when, line in lines]
    cost = json.loads(report.read_text())
    return {
        "found": len({found["endpoint"] for _, found in printed} & set(answered)),
        "named": sum(1 for _, found in printed if found["name"].startswith("Scanner ")),
        "first_ms": 1000 * (printed[0][0] - min(answered.values())) if printed else -1,
        "delays_ms": sorted(1000 * (when - answered[found["endpoint"]]) for when, found in printed),
        "end_ms": 1000 * (cost["ended"] - max(answered.values())),
        "cpu": cost["user"] + cost["system"],
        "user": cost["user"],
        "wall": cost["wall"],
        "peak": cost["peak_kib"] * 1024,
    }


def middle(runs, key):
    return statistics.median(run[key] for run in runs)


def bench_list(bench):
    bench.raw["list"] = {}
    for count, times in ((1, 5), (100, 5), (1000, 9)):
        runs = [list_devices(bench, count, 500) for _ in range(times)]
        bench.raw["list"][count] = runs
        name = f"wsd list, {count} device{'s' if count > 1 else ''} in 0 to 500 ms"
        found = min(run["found"] for run in runs)
        bench.row(f"{name}: found, the worst run", f"{found}", f"{count}", found == count)
        first, end = middle(runs, "first_ms"), middle(runs, "end_ms")
        bench.row(f"{name}: first printed after its answer", f"{first:.1f} ms", "at most 20 ms",
                  first <= 20)
        bench.row(f"{name}: ended after the last answer", f"{end:.1f} ms", "at most 100 ms",
                  end <= 100)
    cpu, peak = middle(runs, "cpu"), middle(runs, "peak")
    bench.row(f"{name}, with metadata: processor time", f"{cpu:.3f} s", "at most 0.3 s", cpu <= 0.3)
    bench.row(f"{name}, with metadata: peak memory", f"{peak / MB:.2f} MB", "at most 12 MB",
              peak <= 12 * MB)


def bench_burst(bench):
    runs = [list_devices(bench, 1000, 0) for _ in range(10)]
    bench.raw["burst"] = runs
    worst = min(run["found"] for run in runs)
    bench.row("wsd list, 1000 answers at one instant: worst of ten runs",
              f"{worst} ({middle(runs, 'wall'):.2f} s)", "1000", worst == 1000)


# -- service ----------------------------------------------------------------

def discover(beside):
    """The endpoint reference of the device, other than `beside`, that answers a Probe."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as question:
        question.bind((ADDRESS, 0))
        question.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(ADDRESS))
        for _ in range(20):
            question.sendto(message("probe.xml"), ("239.255.255.250", 3702))
            deadline = time.monotonic() + 0.5
            while select.select([question], [], [], max(0, deadline - time.monotonic()))[0]:
                answer = question.recv(65536).decode()
                found = re.search(r"EndpointReference>\s*<[^>]*Address>([^<]+)<", answer)[1]
                if found != beside:
                    return found
    raise RuntimeError("no device answers a Probe")


def wsdd2(beside=None):
    """It tells nobody when it is ready, but answers then. Its HTTP is on TCP port 3702. Not told
    an interface: that would bind it to the wire, where a client on the same machine never is."""
    return service("wsdd2", "-4", "-w", "-N", "BENCH", "-H", "bench", stderr=subprocess.DEVNULL,
                   ready=lambda process: [discover(beside)])


NGINX = """
user root; worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log stderr error;
events {{ worker_connections 64; }}
http {{ access_log off; client_body_temp_path {folder}/body; keepalive_requests 100000000;
proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
scgi_temp_path {folder}/scgi; default_type application/soap+xml; server {{ listen 127.0.0.1:{port};
location / {{ return 200 '{answer}'; }} }} }}
"""


def nginx(bench, answer):
    """One worker that answers each POST with the same bytes, which stand in its configuration."""
    port = 8087
    text = answer.read_text().replace("\\", "\\\\").replace("'", "\\'").replace("$", "")
    (bench.scratch / "nginx.conf").write_text(
        NGINX.format(folder=bench.scratch, port=port, answer=text))

    def ready(_):
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return [port]
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise RuntimeError("nginx does not listen")
    return service("nginx", "-c", str(bench.scratch / "nginx.conf"), "-e", "stderr", ready=ready,
                   stderr=subprocess.DEVNULL)


def get_request(bench, endpoint):
    path = bench.scratch / "get.xml"
    path.write_bytes(message("get.xml", to=endpoint))
    return path


def load(bench, address, port, path, request, *more):
    run = output_json(bench.tool("load"), address, str(port), path, request, "8",
                      str(LOAD_SECONDS), *more)[0]
    if run["failed"] > run["done"] / 20:  # wsdd2 resets some
        raise RuntimeError(f"requests to {address}:{port}{path} failed: {run}")
    return run


def compare(ours, other):
    """Takes turns, so that a machine that is busy for a while is so for both."""
    runs = [(ours(), other()) for _ in range(ROUNDS)]
    return [{"per_second": statistics.median(run["per_second"] for run in side), "runs": side}
            for side in zip(*runs)]


def bench_http(bench):
    raw = bench.raw["http"] = {}
    with service(*image_sources(bench)["wsd serve"]) as (_, said):
        url = local_url(said)
        endpoint = said[0].split("\t")[-1]
        request = get_request(bench, endpoint)
        answer = bench.scratch / "answer.xml"
        answer.write_bytes(post(url, request.read_bytes()))
        port, path = re.fullmatch(r"http://127.0.0.1:(\d+)(/.*)", url).groups()
        def ours(address, *more):
            return load(bench, address, port, path, request, *more)
        with service(bench.tool("mhd_constant"), answer, ready=first_line) as (_, constant):
            raw["serve"], raw["mhd"] = compare(
                lambda: ours("127.0.0.1"),
                lambda: load(bench, "127.0.0.1", constant[0], "/", request))
        bench.ratio("wsd serve, Get on 8 kept connections, of constant bytes", raw["serve"],
                    raw["mhd"], 0.4)
        if shutil.which("nginx"):
            with nginx(bench, answer) as (_, (its_port,)):
                raw["serve_nginx"], raw["nginx"] = compare(
                    lambda: ours("127.0.0.1"),
                    lambda: load(bench, "127.0.0.1", its_port, "/", request))
            bench.ratio("the same, of constant bytes from nginx", raw["serve_nginx"], raw["nginx"],
                        0.4)
        else:
            print("nginx is not installed: not compared")
        if not shutil.which("wsdd2"):
            print("wsdd2 is not installed: not compared")
            return
        with wsdd2(beside=endpoint) as (_, (its_endpoint,)):
            its_path = "/" + its_endpoint.split(":")[-1]
            its_request = bench.scratch / "get-wsdd2.xml"
            its_request.write_bytes(message("get.xml", to=its_endpoint))
            def theirs():
                return load(bench, ADDRESS, 3702, its_path, its_request, "--close")
            raw["serve_kept"], raw["wsdd2_kept"] = compare(lambda: ours(ADDRESS), theirs)
            raw["serve_close"], raw["wsdd2_close"] = compare(lambda: ours(ADDRESS, "--close"),
                                                             theirs)
    # wsdd2 cannot keep a connection: what a client that can gains by that is the first figure, what
    # is left where it makes one for each request too is the second, for comparison only.
    bench.ratio("wsd serve, Get on 8 kept connections, of wsdd2's on one each",
                raw["serve_kept"], raw["wsdd2_kept"], 1.5)
    a, b = raw["serve_close"]["per_second"], raw["wsdd2_close"]["per_second"]
    bench.row("wsd serve, Get on a connection each, of wsdd2's",
              f"{a / b:.2f} ({a:.0f}/{b:.0f} a second)", "for comparison", True)


def probes(bench, make_service):
    """One device at a time: what one answers the other hears."""
    with make_service():
        return output_json(bench.tool("probe_load"), ADDRESS, DATA / "probe.xml", "8",
                           str(LOAD_SECONDS))[0]


def bench_probe(bench):
    raw = bench.raw["probe"] = {}
    if not shutil.which("wsdd2"):
        print("wsdd2 is not installed: not compared")
        return
    raw["libwsd"], raw["wsdd2"] = compare(
        lambda: probes(bench, lambda: service(bench.tool("device"), INTERFACE)),
        lambda: probes(bench, wsdd2))
    bench.ratio("Probe answers a second without delay, of wsdd2's", raw["libwsd"], raw["wsdd2"], 1)


# -- events ----------------------------------------------------------------

def bench_events(bench):
    """One in ten subscribers is dead. The first event is the one that finds out which."""
    runs = [output_json(bench.tool("events"), bench.tool("device"), INTERFACE, "2000", "12",
                        "700")[0] for _ in range(5)]
    bench.raw["events"] = runs
    later = [event for run in runs for event in run["events"][1:]]
    name = "event to 1800 of 2000 subscribers, 200 dead"
    median, last = middle(later, "median"), middle(later, "last")
    first = middle([run["events"][0] for run in runs], "median")
    bench.row(f"{name}: median of the delays", f"{median:.1f} ms", "at most 50 ms", median <= 50)
    bench.row(f"{name}: the last", f"{last:.1f} ms", "at most 500 ms", last <= 500)
    bench.row(f"{name}: the very first, median", f"{first:.1f} ms", "at most 50 ms", first <= 50)
    cpu = statistics.median(1e6 * run["cpu"] / (run["live"] * len(run["events"])) for run in runs)
    bench.row(f"{name}: processor time of a delivery", f"{cpu:.0f} microseconds", "at most 50",
              cpu <= 50)
    lost = max(event["lost"] for run in runs for event in run["events"])
    bench.row(f"{name}: lost", f"{lost}", "0", lost == 0)
    growth = max(run["kib_end"] - run["kib_half"] for run in runs) * 1024
    bench.row(f"{name}: growth in the second half", f"{growth / MB:.2f} MB", "at most 0.1 MB",
              growth <= 0.1 * MB)
    each = statistics.median((run["kib_subscribed"] - run["kib_empty"]) * 1024
                             / run["subscribers"] for run in runs)
    bench.row("memory of a subscription", f"{each:.0f} bytes", "at most 2048", each <= 2048)


# -- wsd-scand ----------------------------------------------------------------

SCAND_CONFIG = """
state = "{0}/state"
host = "bench"
control = "{0}/control"
destination "Bench" {{ folder = "{0}/out" pattern = "{{counter}}" source = {1} resolution = {2} }}
"""
PRESSES, SHEETS = 30, 100


class Scand:
    """wsd-scand, with its log read as it comes."""

    def __init__(self, bench, folder, source, resolution, *more):
        os.makedirs(f"{folder}/out")
        path = Path(folder, "scand.conf")
        path.write_text(SCAND_CONFIG.format(folder, source, resolution))
        self.process = subprocess.Popen(
            [str(bench.build / "apps/wsd-scand/wsd-scand"), "--foreground", "--debug", "--config",
             str(path), *more], stderr=subprocess.PIPE, text=True)

    def line(self, text, seconds=300):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not select.select([self.process.stderr], [], [], 1)[0]:
                continue
            line = self.process.stderr.readline()
            if not line:
                raise RuntimeError("wsd-scand ended")
            if " failed: " in line:
                raise RuntimeError(line.strip())
            if text in line:
                return line
        raise RuntimeError(f"wsd-scand did not say '{text}'")

    def end(self):
        self.process.terminate()
        self.process.stderr.read()
        self.process.wait(30)


@contextmanager
def scand_and_scanner(bench, source, resolution, count=1, sheets=1):
    folder = tempfile.mkdtemp(dir=bench.scratch)
    control = f"{folder}/serve"
    with service(bench.wsd, "serve", "--quiet", "--count", str(count), "--sheets", str(sheets),
                 "--control", control):
        scand = Scand(bench, folder, source, resolution)
        try:
            for _ in range(count):
                scand.line("is on its panel")
            yield scand, [bench.wsd, "panel", "--control", control]
        finally:
            scand.end()


def status_of(pid):
    text = Path(f"/proc/{pid}/status").read_text()
    return {key: int(value) * 1024 for key, value in re.findall(r"(Vm\w+):\s+(\d+) kB", text)}


def scand_latency(bench):
    """From the event's arrival to the answer to CreateScanJob, less what the scanner's answers to
    the three questions took."""
    with scand_and_scanner(bench, "platen", 75) as (scand, panel):
        pairs = []
        for _ in range(PRESSES):
            subprocess.run([*panel, "press", "1"], check=True, stdout=subprocess.DEVNULL)
            line = scand.line("after the button")
            pairs.append([int(n) for n in re.search(r"(\d+) ms .* (\d+) of them", line).groups()])
            scand.line(" to Bench: ")
    bench.raw["scand_latency"] = pairs
    extra = statistics.median(whole - scanner for whole, scanner in pairs)
    bench.row("wsd-scand, event to CreateScanJob beyond the scanner's own answers, median of "
              f"{PRESSES}", f"{extra:.0f} ms", "at most 20 ms", extra <= 20)


def scand_memory(bench):
    resident = {}
    for count in (1, 101):
        with scand_and_scanner(bench, "platen", 75, count) as (scand, _):
            time.sleep(8)  # the first search is over then
            pid = scand.process.pid
            before = Path(f"/proc/{pid}/schedstat").read_text().split()
            time.sleep(5)
            after = Path(f"/proc/{pid}/schedstat").read_text().split()
            resident[count] = status_of(pid)["VmRSS"]
            if count == 1:
                wakes = int(after[2]) - int(before[2])
    each = (resident[101] - resident[1]) / 100
    bench.raw["scand_memory"] = {"resident": resident, "wakes": wakes}
    bench.row("wsd-scand, idle with one scanner", f"{resident[1] / MB:.2f} MB", "at most 12 MB",
              resident[1] <= 12 * MB)
    bench.row("each further scanner", f"{each / 1000:.1f} kB", "at most 40 kB", each <= 40e3)
    bench.row("times that it ran in 5 s without anything to do", str(wakes), "0", wakes == 0)


def scand_throughput(bench):
    """A long job: 200 pages in colour, by the button and by wsd scan, in turn."""
    ours, theirs, peaks = [], [], []
    with scand_and_scanner(bench, "duplex", 300, sheets=SHEETS) as (scand, panel):
        for number in range(3):
            began = time.monotonic()
            subprocess.run([*panel, "press", "1"], check=True, stdout=subprocess.DEVNULL)
            scand.line(" to Bench: ")
            ours.append(time.monotonic() - began)
            peaks.append(status_of(scand.process.pid)["VmHWM"])
            target = f"{bench.scratch}/scan-{number}.pdf"
            began = time.monotonic()
            subprocess.run([bench.wsd, "scan", ADDRESS, "--quiet", "-o", target, "--source",
                            "duplex", "-r", "300"], check=True, stdout=subprocess.DEVNULL)
            theirs.append(time.monotonic() - began)
            os.unlink(target)
    bench.raw["scand_throughput"] = {"button": ours, "wsd scan": theirs, "peaks": peaks}
    ratio = statistics.median(theirs) / statistics.median(ours)
    bench.row(f"wsd-scand, {2 * SHEETS} pages of 300 dpi colour: throughput, of wsd scan's",
              f"{ratio:.2f}", "at least 0.9", ratio >= 0.9)
    bench.row("the same: peak memory of the daemon", f"{max(peaks) / MB:.2f} MB",
              "flat: at most 13 MB", max(peaks) <= 13 * MB)


def bench_scand(bench):
    scand_latency(bench)
    scand_memory(bench)
    scand_throughput(bench)


# -- all of it ----------------------------------------------------------------

# -- amplification -------------------------------------------------------------

def bench_amplification(bench):
    device = "5e0f9a52-5b0f-4e5c-8d75-2f3f6f0d7c51"
    with service(bench.wsd, "serve", "--loopback", "--interface", "lo", "--quiet", "--port", "0",
                 "--uuid", device):
        rows = bench.raw["amplification"] = measure_amplification("urn:uuid:" + device)
    for r in rows:
        bench.row(f"amplification: {r['question']}: {r['in']} bytes in, {r['out']} out",
                  f"{r['factor']:.2f} ({r['on the wire']:.2f} with headers)", "at most 8",
                  r["factor"] <= 8)


MEASURES = {"decode": bench_decode, "image": bench_image, "memory": bench_memory,
            "list": bench_list, "burst": bench_burst, "http": bench_http, "probe": bench_probe,
            "events": bench_events, "scand": bench_scand, "growth": bench_growth,
            "sane": bench_sane, "amplification": bench_amplification}


def inside(build, names):
    for line in NETWORK_SETUP.split("\n"):
        if line.strip():
            subprocess.run(["ip", *line.split()], check=True)
    bench = Bench(build)
    failed = False
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    print(", ".join(f"{key}: {value}" for key, value in machine().items()))
    try:
        for name in names:
            try:
                MEASURES[name](bench)
            except (RuntimeError, OSError, subprocess.SubprocessError, ValueError) as error:
                print(f"{name}: not measured: {error}", file=sys.stderr)
                failed = True
    finally:
        shutil.rmtree(bench.scratch, ignore_errors=True)
    result = {"machine": machine(), "table": bench.rows, "figures": bench.raw}
    path = bench.build / "bench-results.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    # As docs/performance.md has them.
    bench.build.joinpath("bench-table.md").write_text(
        "| measure | figure | goal | |\n| --- | --- | --- | --- |\n" + "".join(
            f"| {row['measure']} | {row['figure']} | {row['goal']} | "
            f"{'reached' if row['reached'] else 'missed'} |\n" for row in bench.rows))
    missed = sum(not row["reached"] for row in bench.rows)
    print(f"{len(bench.rows) - missed} of {len(bench.rows)} reached; all figures: {path}")
    return 1 if failed else 0


def main(arguments):
    is_inside = arguments[:1] == ["--inside"]
    build, *names = arguments[1:] if is_inside else arguments or sys.exit(__doc__)
    unknown = set(names) - set(MEASURES)
    if unknown:
        sys.exit(f"no such measure: {', '.join(unknown)}")
    if is_inside:
        return inside(build, names or MEASURES)
    build_programs(build)
    find_peers(build)
    os.execvp("unshare", ["unshare", "-rn", sys.executable, __file__, "--inside", build, *names])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
