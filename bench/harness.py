# SPDX-License-Identifier: MIT
"""What all measures share: the network they run in, programs and what they cost, the table."""

import http.client
import json
import os
import platform
import re
import select
import shutil
import subprocess
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
    link set lo multicast on
    link add bench0 type veth peer name bench1
    addr add 10.77.0.1/16 dev bench0
    link set bench0 up
    link set bench1 up
    route add 224.0.0.0/4 dev bench0
    route add local 10.77.0.0/16 dev bench0
"""
MB = 1e6


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
        os.environ["XDG_STATE_HOME"] = str(self.scratch)

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


def least(runs, key):
    """Of a time: what else the machine does only adds to it."""
    return min(run[key] for run in runs)


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


# -- the machine ----------------------------------------------------------------

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
