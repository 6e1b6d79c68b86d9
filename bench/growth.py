# SPDX-License-Identifier: MIT
"""How each cost grows: from 1 to 10 000 devices, from 1 kB to 1 GB, from 1 to 10 000 subscribers.

The one goal here is that nothing grows faster than what is asked of it. gnuplot draws the curves,
if it is there.
"""

import os
import resource
import shutil
import subprocess
from pathlib import Path

from harness import (ADDRESS, DATA, DEVICES_BASE, INTERFACE, MB, curl_command, local_url, measured,
                     output_json, peak_of, read_until_ready, scan_command, service, take_image)

DEVICES = (1, 10, 100, 1000, 10000)
SUBSCRIBERS = (1, 10, 100, 1000, 10000)
DPI = 600
IMAGE_SIDES = {  # bytes of a DIB: 1/1000 inch across and down at 600 dpi
    "1 kB": (30, 30), "10 kB": (100, 93), "100 kB": (300, 309), "1 MB": (1000, 926),
    "10 MB": (3000, 3087), "100 MB": (8500, 10893), "1 GB": None}
GIGABYTE = {"width": 8500, "height": 11700, "area": "max", "dpi": 1200, "scaling": 153}


# -- devices ----------------------------------------------------------------

def crowd(bench, count):
    """Devices that answer within half a second, ten thousand within five."""
    spread = max(500, count // 2)
    return service(bench.tool("devices"), ADDRESS, DEVICES_BASE, str(count), str(spread),
                   DATA / "device-match.xml", DATA / "device-metadata.xml",
                   stdin=subprocess.PIPE, ready=read_until_ready)


def list_crowd(bench, count):
    with crowd(bench, count):
        Path(os.environ["WSD_CACHE_PATH"]).unlink(missing_ok=True)
        out = bench.scratch / "list"
        with open(out, "wb") as file:
            cost = measured(bench, bench.wsd, "list", "--interface", INTERFACE, "--timeout", "30",
                            "--expect", str(count), "--json", stdout=file)
        found = len(out.read_bytes().splitlines())
    return {"found": found, "cpu": cost["user"] + cost["system"], "wall": cost["wall"],
            "peak": cost["peak_kib"] * 1024}


def grow_devices(bench):
    curve = {"wsd list": {count: list_crowd(bench, count) for count in DEVICES}}
    ours = curve["wsd list"]
    most, some = DEVICES[-1], DEVICES[-2]
    bench.row(f"growth: wsd list of {most} devices: found", f"{ours[most]['found']}", f"{most}",
              ours[most]["found"] == most)
    factor = ours[most]["cpu"] / ours[some]["cpu"]
    bench.row(f"growth: its processor time, of that for {some}", f"{factor:.1f}",
              f"at most {most / some:.0f} (+20 %)", factor <= 1.2 * most / some)
    return curve


# -- bytes ----------------------------------------------------------------

def image_of(size):
    if not IMAGE_SIDES[size]:
        return GIGABYTE
    width, height = IMAGE_SIDES[size]
    return {"width": width, "height": height, "dpi": DPI, "scaling": 100,
            "area": f"{width * 0.0254:.3f}x{height * 0.0254:.3f}"}


def grow_bytes(bench):
    curve = {"wsd scan": {}, "curl": {}}
    with service(bench.tool("device"), INTERFACE) as (process, said):
        url = local_url(said)
        for size in IMAGE_SIDES:
            for who, command in (("wsd scan", scan_command), ("curl", curl_command)):
                runs = [take_image(bench, command, url, image_of(size)) for _ in range(3)]
                cost = min(runs, key=lambda run: run["wall"])
                curve[who][cost["bytes"]] = {
                    "wall": cost["wall"], "cpu": cost["user"] + cost["system"],
                    "peak": max(run["peak_kib"] for run in runs) * 1024}
        curve["service"] = {"peak": peak_of(process)}
    peaks = [cost["peak"] for cost in curve["wsd scan"].values()]
    bench.row("growth: peak memory of wsd scan from 1 kB to 1 GB",
              f"{min(peaks) / MB:.2f} to {max(peaks) / MB:.2f} MB", "within 1 MB",
              max(peaks) - min(peaks) <= MB)
    return curve


# -- subscribers ----------------------------------------------------------------

def grow_subscribers(bench):
    curve = {}
    for count in SUBSCRIBERS:
        interval = max(100, count)
        run = output_json(bench.tool("events"), bench.tool("device"), INTERFACE, str(count), "6",
                          str(interval))[0]
        later = run["events"][1:]
        curve[count] = {
            "live": run["live"],
            "lost": sum(event["lost"] for event in run["events"]),
            "last": max(event["last"] for event in later),
            "cpu": run["cpu"] / (run["live"] * len(run["events"])),
            "memory": (run["kib_subscribed"] - run["kib_empty"]) * 1024}
    most = SUBSCRIBERS[-1]
    bench.row(f"growth: events that {curve[most]['live']} live of {most} subscribers missed",
              f"{curve[most]['lost']}", "0", curve[most]["lost"] == 0)
    factor = curve[most]["cpu"] / curve[1000]["cpu"]
    bench.row("growth: processor time of a delivery to one of them, of that to one of 1000",
              f"{factor:.2f}", "at most 1.2", factor <= 1.2)
    return {"wsd": curve}


# -- the picture ----------------------------------------------------------------

PLOT = """
set terminal svg size 900,620 font "sans-serif,11" background "white"
set output "{output}"
set logscale xy
set grid lc rgb "#dddddd"
set key left top
set format xy "10^{{%L}}"
set multiplot layout 2,2
set xlabel "devices"
set ylabel "processor time, s"
{devices_cpu}
set ylabel "peak memory, MB"
{devices_peak}
set xlabel "bytes of the image"
set ylabel "time, s"
{bytes_wall}
set xlabel "subscribers, one in ten dead"
set ylabel "ms until the last one has the event"
{subscribers_last}
unset multiplot
"""


def series(bench, name, curves, key, scale=1.0):
    """A plot command with its figures in files."""
    parts = []
    for number, (who, curve) in enumerate(curves.items()):
        path = bench.scratch / f"{name}-{number}.dat"
        path.write_text("".join(f"{x} {y[key] * scale:.6g}\n" for x, y in curve.items()
                                if y[key] > 0))
        parts.append(f'"{path}" with linespoints pt 7 ps 0.6 title "{who}"')
    return "plot " + ", ".join(parts)


def draw(bench, figures):
    if not shutil.which("gnuplot"):
        print("gnuplot is not installed: no picture of the growth")
        return
    output = bench.build / "bench-growth.svg"
    images = {who: figures["bytes"][who] for who in ("wsd scan", "curl")}
    script = PLOT.format(
        output=output,
        devices_cpu=series(bench, "cpu", figures["devices"], "cpu"),
        devices_peak=series(bench, "peak", figures["devices"], "peak", 1 / MB),
        bytes_wall=series(bench, "wall", images, "wall"),
        subscribers_last=series(bench, "last", figures["subscribers"], "last"))
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
    print(f"the curves: {output}")


def bench_growth(bench):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    figures = bench.raw["growth"] = {}
    try:
        figures["devices"] = grow_devices(bench)
        figures["bytes"] = grow_bytes(bench)
        figures["subscribers"] = grow_subscribers(bench)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    draw(bench, figures)
