# SPDX-License-Identifier: MIT
"""How each cost grows: from 1 to 10 000 devices, from 1 kB to 1 GB, from 1 to 10 000 subscribers.

The one goal here is that nothing grows faster than what is asked of it. Programs of others stand
beside ours for comparison, as far as they go. gnuplot draws the curves, if it is there.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

from harness import (HERE, INTERFACE, MB, curl_command, local_url, output_json, peak_of,
                     scan_command, service, take_image)
from sane_backends import Backends

SUBSCRIBERS = (1, 10, 100, 1000, 10000)
DPI = 600
IMAGE_SIDES = {  # bytes of a DIB: 1/1000 inch across and down at 600 dpi
    "1 kB": (30, 30), "10 kB": (100, 93), "100 kB": (300, 309), "1 MB": (1000, 926),
    "10 MB": (3000, 3087), "100 MB": (8500, 10893), "1 GB": None}
GIGABYTE = {"width": 8500, "height": 11700, "area": "max", "dpi": 1200, "scaling": 153}
SANE_GLASSES = {  # of a page that is all of the glass: 1/1000 inch across and down, dpi
    **{size: (*sides, DPI) for size, sides in IMAGE_SIDES.items() if sides},
    "430 MB": (8500, 11700, 1200), "1 GB": (13000, 17806, 1200)}
SANE_OURS_ALONE = ("1 GB",)  # sane-airscan would hold all of it
SANE_ROUNDS = 3


# -- devices ----------------------------------------------------------------

def search_crowds(bench):
    """Where there are two hosts: crowds.py makes them. How many devices is a number again."""
    done = subprocess.run([sys.executable, HERE / "crowds.py", bench.build], timeout=400,
                          stdout=subprocess.PIPE, check=True, env={
                              **os.environ, "WSD": bench.wsd,
                              "WSD_PEERS": str(bench.build.parent / "peers")})
    return {who: {int(count): cost for count, cost in curve.items()}
            for who, curve in json.loads(done.stdout).items()}


def grow_devices(bench):
    curves = search_crowds(bench)
    ours = curves["wsd list"]
    some, most = sorted(ours)[-2:]
    bench.row(f"growth: wsd list of {most} devices: found", f"{ours[most]['found']}", f"{most}",
              ours[most]["found"] == most)
    factor = ours[most]["cpu"] / ours[some]["cpu"]
    bench.row(f"growth: its processor time, of that for {some}", f"{factor:.1f}",
              f"at most {most / some:.0f} (+20 %)", factor <= 1.2 * most / some)
    for who, its in curves.items():
        if its is not ours:
            compare_searches(bench, ours, who, its)
    return curves


def compare_searches(bench, ours, who, its):
    """Costs among as many devices as all find; how many it still finds where there are most."""
    all_found = max((count for count in its if its[count]["found"] == count), default=None)
    most = max(its)
    if all_found:
        a, b = ours[all_found], its[all_found]
        of = f"growth: wsd list of {all_found} devices"
        bench.row(f"{of}: processor time, of {who}'s",
                  f"{a['cpu'] / b['cpu']:.2f} ({a['cpu']:.3f}/{b['cpu']:.3f} s)", "for comparison",
                  True)
        bench.row(f"{of}: peak memory, of {who}'s",
                  f"{a['peak'] / b['peak']:.2f} ({a['peak'] / MB:.2f}/{b['peak'] / MB:.2f} MB)",
                  "for comparison", True)
    if all_found != most:
        bench.row(f"growth: {most} devices: found by wsd list, by {who}",
                  f"{ours[most]['found']}, {its[most]['found']}", "for comparison", True)


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


def sane_page(bench, name, glass):
    """A page through a backend, from a device whose glass is no larger: sane-airscan has all of it
    sent and cuts."""
    width, height, dpi = glass
    with service(bench.tool("device"), INTERFACE, "--top-down", str(width), str(height)) as (_, said):
        backends = Backends(bench, local_url(said))
        pages = [backends.frontend(name, dpi) for _ in range(SANE_ROUNDS)]
        whole = backends.scanimage(name, "-d", backends.device(name), "--mode", "Color",
                                   "--resolution", str(dpi))
    page = min(pages, key=lambda run: run["page"])
    return page["bytes"], {"page": page["page"], "first_line": page["first_line"],
                           "cpu": whole["user"] + whole["system"],
                           "peak": whole["peak_kib"] * 1024}


def grow_sane(bench):
    if not shutil.which("scanimage") or not Path(bench.tool("frontend")).exists():
        print("growth: SANE is not installed: not measured")
        return {}
    curves = {"libsane-wsd": {}}
    if shutil.which("airscan-discover"):  # of the same package
        curves["sane-airscan"] = {}
    else:
        print("growth: sane-airscan is not installed: not measured")
    for size, glass in SANE_GLASSES.items():
        for who, curve in curves.items():
            if who == "libsane-wsd" or size not in SANE_OURS_ALONE:
                count, curve[count] = sane_page(bench, who.split("-")[1], glass)
    for who, curve in curves.items():
        peaks = [cost["peak"] for cost in curve.values()]
        bench.row(f"growth: peak memory of scanimage by {who} from 1 kB to {max(curve) / MB:.0f} MB",
                  f"{min(peaks) / MB:.2f} to {max(peaks) / MB:.2f} MB", "for comparison", True)
    return curves


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
set terminal svg size 900,1240 font "sans-serif,11" background "white"
set output "{output}"
set logscale xy
set grid lc rgb "#dddddd"
set key left top
set format xy "10^{{%L}}"
set multiplot layout 4,2
set xlabel "devices (above 1000: wsd list alone)"
set ylabel "processor time, s"
{devices_cpu}
set ylabel "peak memory, MB"
{devices_peak}
set ylabel "found"
{devices_found}
set ylabel "time, s (wsdd has no end)"
{devices_wall}
set xlabel "bytes of the image"
set ylabel "time, s"
{bytes_wall}
{sane}
set xlabel "subscribers, one in ten dead"
set ylabel "ms until the last one has the event"
{subscribers_last}
unset multiplot
"""
SANE_PLOT = """
set xlabel "bytes of the image (above 430 MB: libsane-wsd alone)"
set ylabel "time of a page by SANE, s"
{page}
set ylabel "peak memory of scanimage, MB"
{peak}
"""


def series(bench, name, curves, key, scale=1.0):
    """A plot command with its figures in files."""
    parts = []
    for number, (who, curve) in enumerate(curves.items()):
        path = bench.scratch / f"{name}-{number}.dat"
        path.write_text("".join(f"{x} {y[key] * scale:.6g}\n" for x, y in curve.items()
                                if y[key]))
        parts.append(f'"{path}" with linespoints pt 7 ps 0.6 title "{who}"')
    return "plot " + ", ".join(parts)


def draw(bench, figures):
    if not shutil.which("gnuplot"):
        print("gnuplot is not installed: no picture of the growth")
        return
    output = bench.build / "bench-growth.svg"
    devices, images, sane = figures["devices"], figures["bytes"], figures["sane"]
    script = PLOT.format(
        output=output,
        devices_cpu=series(bench, "cpu", devices, "cpu"),
        devices_peak=series(bench, "peak", devices, "peak", 1 / MB),
        devices_found=series(bench, "found", devices, "found"),
        devices_wall=series(bench, "time", {who: curve for who, curve in devices.items()
                                            if who != "wsdd"}, "wall"),
        bytes_wall=series(bench, "wall", {who: images[who] for who in ("wsd scan", "curl")},
                          "wall"),
        sane=sane and SANE_PLOT.format(page=series(bench, "page", sane, "page"),
                                       peak=series(bench, "sane", sane, "peak", 1 / MB)) or "",
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
        figures["sane"] = grow_sane(bench)
        figures["subscribers"] = grow_subscribers(bench)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    draw(bench, figures)
