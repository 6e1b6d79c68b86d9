#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures speed and memory of libwsd beside programs that do the same or the least of it.

usage: run.py BUILD [MEASURE ...]   (decode, image, memory, list, burst, http, probe, events,
       scand, sane)

Builds the programs of bench/, then runs itself in a user and network namespace of its own, where a
pair of virtual interfaces is the whole network: nothing leaves this machine, nothing of it is
changed. Prints a table and writes all figures to BUILD/bench-results.json. Exits with 0 whether
goals are reached or not; with 1 when something could not be measured.
"""

import http.client
import json
import os
import platform
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
import uuid
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATA = HERE / "data"
INTERFACE, ADDRESS, DEVICES_BASE = "bench0", "10.77.0.1", "10.77.1.0"
NETWORK_SETUP = """
    link set lo up
    link add bench0 type veth peer name bench1
    addr add 10.77.0.1/16 dev bench0
    link set bench0 up
    link set bench1 up
    route add 224.0.0.0/4 dev bench0
    route add local 10.77.0.0/16 dev bench0
"""
MB = 1e6
LOAD_SECONDS, ROUNDS = 2, 5
IMAGE_ROUNDS = {"100 MB": 15, "1 GB": 5}
IMAGES = {  # pixels of a DIB: area in 1/1000 inch and millimetres, dpi, scaling in percent
    "1 MB": {"width": 5906, "height": 5906, "area": "150x150", "dpi": 100, "scaling": 100},
    "100 MB": {"width": 8500, "height": 11700, "area": "max", "dpi": 600, "scaling": 100},
    "1 GB": {"width": 8500, "height": 11700, "area": "max", "dpi": 1200, "scaling": 153},
}


class Bench:
    """Where things are, and what was found."""

    def __init__(self, build):
        self.build = Path(build).resolve()
        self.wsd = str(self.build / "apps/wsd/wsd")
        memory = Path("/dev/shm")
        self.scratch = Path(tempfile.mkdtemp(
            prefix="wsd-bench-", dir=memory if os.access(memory, os.W_OK) else self.build))
        self.rows, self.raw = [], {}
        os.environ["WSD_CACHE_PATH"] = str(self.scratch / "devices.sqlite")

    def tool(self, name):
        return str(self.build / "bench" / f"bench-{name}")

    def row(self, measure, figure, goal, reached):
        self.rows.append({"measure": measure, "figure": figure, "goal": goal, "reached": reached})
        print_row(self.rows[-1])

    def ratio(self, measure, ours, other, goal):
        """A row of two answers of compare()."""
        a, b = ours["per_second"], other["per_second"]
        self.row(measure, f"{a / b:.2f} ({a:.0f}/{b:.0f} a second)", f"at least {goal}",
                 a >= goal * b)


def print_row(row):
    print(f"{row['measure']:<68} {row['figure']:>28}  {row['goal']:<20} "
          f"{'reached' if row['reached'] else 'MISSED'}", flush=True)


# -- processes ----------------------------------------------------------------

def read_until_ready(process, seconds=20):
    """The lines before "ready"."""
    lines, buffer, deadline = [], b"", time.monotonic() + seconds
    while "ready" not in lines:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
            raise RuntimeError(f"{process.args[0]} was not ready in time")
        piece = os.read(process.stdout.fileno(), 65536)
        if not piece:
            raise RuntimeError(f"{process.args[0]} ended before it was ready")
        buffer += piece
        *whole, buffer = buffer.split(b"\n")
        lines += [line.decode() for line in whole]
    return lines[:-1]


@contextmanager
def service(*command, ready=read_until_ready, **options):
    """A program that runs as long as the block; gives the process and what it said."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, **options)
    try:
        yield process, ready(process)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def first_line(process):
    return [process.stdout.readline().decode().strip()]


def peak_of(process):
    """Peak memory of a running process in bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024


def measured(bench, *command, seconds=120, **options):
    """Runs a command to its end; what it cost."""
    report = bench.scratch / "report.json"
    subprocess.run([bench.tool("measure"), report, *command], timeout=seconds, check=True,
                   **options)
    return json.loads(report.read_text())


def output_json(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, timeout=120, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def message(name, **values):
    text = (DATA / name).read_text()
    for key, value in {"message": uuid.uuid4().urn, **values}.items():
        text = text.replace("{" + key + "}", str(value))
    return text.encode()


def post(url, body):
    """One SOAP request; the body of the answer."""
    host, path = re.fullmatch(r"http://([^/]+)(/.*)", url).groups()
    connection = http.client.HTTPConnection(host, timeout=20)
    connection.request("POST", path, body, {"Content-Type": "application/soap+xml"})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{url} answers {answer.status}: {content[:300]!r}")
    return content


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


# -- images ----------------------------------------------------------------

def scan_command(bench, url, image, target):
    return [bench.wsd, "scan", url, "--quiet", "--mode", "color", "--wire-format", "dib",
            "--format", "raw", "--area", image["area"], "--resolution", str(image["dpi"]),
            "--scaling", str(image["scaling"]), "--source", "platen", "--output", str(target)]


def curl_command(bench, url, image, target):
    """Makes the job; gives the command that takes its image."""
    service_url = url + "/scan"
    answer = post(service_url, message("create-scan-job.xml", to=service_url, **{
        key: image[key] for key in ("width", "height", "dpi", "scaling")})).decode()
    job, token = (re.search(rf"{name}>([^<]*)<", answer)[1] for name in ("JobId", "JobToken"))
    request = bench.scratch / "retrieve.xml"
    request.write_bytes(message("retrieve-image.xml", to=service_url, job=job, token=token))
    return ["curl", "-s", "-f", "-o", str(target), "-H", "Content-Type: application/soap+xml",
            "--data-binary", f"@{request}", service_url]


def take_image(bench, make_command, url, image):
    """One image into a new file; cost and bytes."""
    target = bench.scratch / "image.bmp"
    command = make_command(bench, url, image, target)
    target.unlink(missing_ok=True)
    cost = measured(bench, *command, stdout=subprocess.DEVNULL)
    cost["bytes"] = target.stat().st_size
    target.unlink()
    return cost


def image_sources(bench):
    return {"wsd serve": [bench.wsd, "serve", "--quiet", "--interface", INTERFACE, "--port", "0"],
            "white page": [bench.tool("device"), INTERFACE]}


def local_url(said):
    return re.sub(r"//[^/:]+", "//127.0.0.1", said[0].split("\t")[-2])


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
                rates = {who: statistics.median(c["bytes"] / c["wall"] for c in costs[who])
                         for who in costs}
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
    for count, times in ((1, 5), (100, 5), (1000, 5)):
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
    # wsdd2 cannot keep a connection, so that there are two ways to compare with it.
    bench.ratio("wsd serve, Get on 8 kept connections, of wsdd2's on one each",
                raw["serve_kept"], raw["wsdd2_kept"], 1.5)
    bench.ratio("wsd serve, Get on a connection each, of wsdd2's", raw["serve_close"],
                raw["wsdd2_close"], 1.5)


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


# -- the SANE backend ----------------------------------------------------------------

SANE_ROUNDS = 9
SANE_IMAGES = {"DIB from the bottom up": [], "DIB from the top down": ["--top-down"],
               "JPEG": ["--jpeg"]}


class Backends:
    """Ours and sane-airscan, each with a folder of configuration that names the device."""

    def __init__(self, bench, url):
        self.bench, self.url = bench, url
        self.folders = {}
        for name, files in {
            "wsd": {"dll.conf": "wsd\n", "wsd.conf": ""},
            "airscan": {"dll.conf": "airscan\n", "airscan.conf":
                        f"[devices]\n\"Static\" = {url}/scan, WSD\n[options]\ndiscovery = disable\n"},
        }.items():
            self.folders[name] = folder = bench.scratch / f"sane-{name}"
            folder.mkdir(exist_ok=True)
            for file, text in files.items():
                (folder / file).write_text(text)

    def device(self, name):
        return "airscan:w0:Static" if name == "airscan" else f"wsd:{self.url}"

    def environment(self, name):
        return {**os.environ, "SANE_CONFIG_DIR": str(self.folders[name]),
                "LD_LIBRARY_PATH": str(self.bench.build / "sane"), "TMPDIR": str(self.bench.scratch)}

    def frontend(self, name):
        """Times of one page, without a file that is written."""
        done = subprocess.run([self.bench.tool("frontend"), self.device(name), "600"], timeout=60,
                              stdout=subprocess.PIPE, env=self.environment(name), check=True)
        return json.loads(done.stdout)

    def scanimage(self, name, *arguments):
        return measured(self.bench, "scanimage", *arguments, env=self.environment(name),
                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def sane_image(bench, kind, arguments, jpeg):
    device = [bench.tool("device"), INTERFACE, *arguments]
    with service(*device, *([jpeg] if "--jpeg" in arguments else [])) as (_, said):
        backends = Backends(bench, local_url(said))
        runs = {"airscan": [], "wsd": [], "bare": []}
        for _ in range(SANE_ROUNDS):
            for name in ("airscan", "wsd"):
                run = backends.frontend(name)
                run.update(backends.scanimage(name, "-d", backends.device(name), "--mode", "Color",
                                              "--resolution", "600"))
                runs[name].append(run)
            runs["bare"] += output_json(bench.tool("jpeg"), "decode", jpeg)
    bench.raw["sane"][kind] = runs
    return runs


def sane_rows(bench, kind, runs):
    ours, theirs = runs["wsd"], runs["airscan"]
    page, its = middle(ours, "page"), middle(theirs, "page")
    if kind == "JPEG":
        bare = middle(runs["bare"], "seconds")
        bench.row(f"SANE, {kind}: time of a page, of bare decoding",
                  f"{page / bare:.2f} ({page:.3f}/{bare:.3f} s)", "at most 1.05",
                  page <= 1.05 * bare)
    ratio = its / page
    bench.row(f"SANE, {kind}: throughput, of sane-airscan's", f"{ratio:.2f} ({page:.3f}/{its:.3f} s)",
              "at least 1.2", ratio >= 1.2)
    first, its_first = middle(ours, "first_line"), middle(theirs, "first_line")
    bench.row(f"SANE, {kind}: time to the first line, of sane-airscan's",
              f"{first / its_first:.2f} ({first * 1000:.1f}/{its_first * 1000:.1f} ms)",
              "at most a third", first <= its_first / 3)
    peak = max(run["peak_kib"] for run in ours) * 1024
    other = max(run["peak_kib"] for run in theirs) * 1024
    bench.row(f"SANE, {kind}: peak memory of scanimage (with airscan)",
              f"{peak / MB:.2f} MB ({other / MB:.0f})", "at most 14 MB", peak <= 14 * MB)
    wall, its_wall = middle(ours, "wall"), middle(theirs, "wall")
    bench.row(f"SANE, {kind}: scanimage as a whole, of sane-airscan's",
              f"{wall / its_wall:.2f} ({wall:.3f}/{its_wall:.3f} s)", "at most 1", wall <= its_wall)


def sane_list(bench):
    """Both are told the device. How long airscan searches is no secret: it needs Avahi for it."""
    with service(bench.tool("device"), INTERFACE) as (_, said):
        backends = Backends(bench, local_url(said))
        (backends.folders["wsd"] / "wsd.conf").write_text(
            f"search = false\ndevice \"Static\" {{ address = \"{local_url(said)}\" }}\n")
        told = {name: [backends.scanimage(name, "-L") for _ in range(SANE_ROUNDS)]
                for name in ("airscan", "wsd")}
        (backends.folders["wsd"] / "wsd.conf").write_text("")
        searched = [backends.scanimage("wsd", "-L") for _ in range(SANE_ROUNDS)]
    bench.raw["sane"]["list"] = {"told": told, "searched": searched}
    ours, its = middle(told["wsd"], "wall"), middle(told["airscan"], "wall")
    bench.row("scanimage -L, the device in both configurations: time, of sane-airscan's",
              f"{ours / its:.2f} ({ours * 1000:.0f}/{its * 1000:.0f} ms)", "at most 0.5",
              ours <= its / 2)
    cached = middle(searched[1:], "wall")
    bench.row("scanimage -L with a search, the device in the cache", f"{cached:.2f} s",
              "at most 1.25 s", cached <= 1.25)


def bench_sane(bench):
    if not shutil.which("scanimage") or not Path(bench.tool("frontend")).exists():
        print("SANE is not installed: not measured")
        return
    bench.raw["sane"] = {}
    jpeg = bench.scratch / "page.jpg"
    subprocess.run([bench.tool("jpeg"), "make", jpeg, "5100", "7020"], check=True)
    for kind, arguments in SANE_IMAGES.items():
        sane_rows(bench, kind, sane_image(bench, kind, arguments, jpeg))
    sane_list(bench)


# -- all of it ----------------------------------------------------------------

MEASURES = {"decode": bench_decode, "image": bench_image, "memory": bench_memory,
            "list": bench_list, "burst": bench_burst, "http": bench_http, "probe": bench_probe,
            "events": bench_events, "scand": bench_scand, "sane": bench_sane}


def machine():
    info = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*:\s*(.*)", info.read_text()) if info.exists() else None
    buffer = Path("/proc/sys/net/core/rmem_max")
    return {"system": f"{platform.system()} {platform.release()} {platform.machine()}",
            "processor": model[1] if model else platform.processor(), "cores": os.cpu_count(),
            "rmem_max": int(buffer.read_text()) if buffer.exists() else None,
            "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


def find_peers(build):
    """wsdd2 stands in nobody's PATH: it is unpacked, not installed (tools/fetch-peers.sh)."""
    folder = Path(build).resolve().parent / "peers"
    os.environ["PATH"] += f":/usr/sbin:/sbin:{folder}/usr/sbin"
    if not shutil.which("wsdd2"):
        subprocess.run([HERE.parent / "tools/fetch-peers.sh", folder], check=False)


def build_programs(build):
    done = subprocess.run(["meson", "compile", "-C", build, "bench-programs"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit(done.stdout.decode())


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
