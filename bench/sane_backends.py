# SPDX-License-Identifier: MIT
"""libsane-wsd beside sane-airscan: the same pages of the same service, by the same frontends."""

import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from harness import HERE, INTERFACE, MB, least, local_url, measured, output_json, service

SANE_ROUNDS = 15
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
        # Devices of other measures, which are gone by now, would be waited for.
        return {**os.environ, "SANE_CONFIG_DIR": str(self.folders[name]),
                "WSD_CACHE_PATH": str(self.bench.scratch / "sane.sqlite"),
                "LD_LIBRARY_PATH": str(self.bench.build / "sane")}

    def frontend(self, name, resolution=600):
        """Times of one page, without a file that is written."""
        done = subprocess.run([self.bench.tool("frontend"), self.device(name), str(resolution)],
                              timeout=60, stdout=subprocess.PIPE, env=self.environment(name), check=True)
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


def processor(runs):
    """What a busy machine does not change."""
    return statistics.median(run["user"] + run["system"] for run in runs)


def sane_rows(bench, kind, runs):
    ours, theirs = runs["wsd"], runs["airscan"]
    page, its = least(ours, "page"), least(theirs, "page")
    if kind == "JPEG":
        bare = least(runs["bare"], "seconds")
        bench.row(f"SANE, {kind}: time of a page, of bare decoding",
                  f"{page / bare:.2f} ({page:.3f}/{bare:.3f} s)", "at most 1.05",
                  page <= 1.05 * bare)
    ratio = its / page
    # Of a JPEG nearly all is decoding, by the same library.
    goal = 0 if kind == "JPEG" else 1.2
    bench.row(f"SANE, {kind}: throughput, of sane-airscan's", f"{ratio:.2f} ({page:.3f}/{its:.3f} s)",
              f"at least {goal}" if goal else "for comparison", ratio >= goal)
    first, its_first = least(ours, "first_line"), least(theirs, "first_line")
    bench.row(f"SANE, {kind}: time to the first line, of sane-airscan's",
              f"{first / its_first:.2f} ({first * 1000:.1f}/{its_first * 1000:.1f} ms)",
              "at most a third", first <= its_first / 3)
    peak = max(run["peak_kib"] for run in ours) * 1024
    other = max(run["peak_kib"] for run in theirs) * 1024
    bench.row(f"SANE, {kind}: peak memory of scanimage (with airscan)",
              f"{peak / MB:.2f} MB ({other / MB:.0f})", "at most 14 MB", peak <= 14 * MB)
    cpu, its_cpu = processor(ours), processor(theirs)
    bench.row(f"SANE, {kind}: processor time of scanimage, of sane-airscan's",
              f"{cpu / its_cpu:.2f} ({cpu:.3f}/{its_cpu:.3f} s)", "for comparison", True)


def sane_list(bench):
    """Both are told the device; sane_search() has the searches."""
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
    # Ours asks the device whether it is there; sane-airscan lists what it was told.
    bench.row("scanimage -L, the device in both configurations: time, of sane-airscan's",
              f"{ours / its:.2f} ({ours * 1000:.0f}/{its * 1000:.0f} ms)", "for comparison", True)
    cached = middle(searched[1:], "wall")
    bench.row("scanimage -L with a search, the device in the cache", f"{cached:.2f} s",
              "at most 1.25 s", cached <= 1.25)


def sane_search(bench):
    """Where there are two hosts: sane_search.py makes them."""
    done = subprocess.run([sys.executable, HERE / "sane_search.py", str(SANE_ROUNDS)], timeout=300,
                          stdout=subprocess.PIPE, env={
                              **os.environ, "WSD": bench.wsd,
                              "WSD_SANE_FOLDER": str(bench.build / "sane"),
                              "WSD_PEERS": str(bench.build.parent / "peers")})
    if done.returncode != 0:
        print("scanimage -L beside a search of sane-airscan: not measured")
        return
    runs = bench.raw["sane"]["search"] = json.loads(done.stdout)
    ours, its = statistics.median(runs["wsd"]), statistics.median(runs["airscan"])
    bench.row("scanimage -L, devices cached: of sane-airscan's",
              f"{ours / its:.2f} ({ours:.2f}/{its:.2f} s)", "at most 0.5", ours <= its / 2)


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
    sane_search(bench)


def middle(runs, key):
    return statistics.median(run[key] for run in runs)
