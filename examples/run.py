#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the examples against a scanner made of software; part of the test-suite.

    run.py WSD SCAN DISCOVER ASYNC FOREIGN_LOOP WATCH EVENTS MONITOR PANEL_SCAN GET_DEVICES

All of it on the loopback interface.
"""

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

TIMEOUT = 60
NOBODY = "http://127.0.0.1:9/"  # the port of discard, where nobody listens


def start_scanner(wsd):
    """A running scanner, its address and its endpoint reference."""
    process = subprocess.Popen([wsd, "serve", "--loopback", "--port", "0", "--name", "Example"],
                               stdout=subprocess.PIPE, text=True)
    url = endpoint = None
    for line in process.stdout:
        if line.strip() == "ready":
            return process, url, endpoint
        fields = line.rstrip("\n").split("\t")
        if len(fields) == 3:
            _, url, endpoint = fields
    raise SystemExit("Bail out! wsd serve does not get ready")


def run(*command, text="", **more):
    return subprocess.run(command, input=text, text=True, capture_output=True, timeout=TIMEOUT,
                          check=False, **more)


def scan_writes_a_jpeg(programs, url, _):
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "page.jpg")
        result = run(programs["scan"], url, str(page))
        assert result.returncode == 0, result.stderr
        data = page.read_bytes()
        assert data[:2] == b"\xff\xd8" and data[-2:] == b"\xff\xd9", "no whole JPEG"
        assert f"{len(data)} bytes" in result.stdout, result.stdout


def scan_keeps_a_file_that_exists(programs, url, _):
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "page.jpg")
        page.write_text("mine")
        assert run(programs["scan"], url, str(page)).returncode == 1
        assert page.read_text() == "mine"


def scan_says_what_failed(programs, *_):
    result = run(programs["scan"], NOBODY, "/dev/null/none")
    assert result.returncode == 1 and "WSD_E_NETWORK" in result.stderr, result.stderr


def discover_finds_and_describes(programs, _, endpoint):
    result = run(programs["discover"], "lo")
    assert result.returncode == 0, result.stderr
    assert f"heard of {endpoint} at 127.0.0.1" in result.stdout, result.stdout
    assert "Example: " in result.stdout, result.stdout


def async_asks_all_though_one_is_dead(programs, url, _):
    result = run(programs["async"], url, NOBODY, url)
    lines = result.stdout.splitlines()
    assert result.returncode == 1 and len(lines) == 3, result.stdout
    assert lines.count(f"{url}: Idle") == 2, result.stdout


def foreign_loop_finds(programs, _, endpoint):
    result = run(programs["foreign_loop"], "lo")
    assert result.returncode == 0 and endpoint in result.stdout, result.stdout
    assert result.stdout.rstrip().endswith(" found"), result.stdout


def foreign_loop_stops_at_a_key(programs, *_):
    result = run(programs["foreign_loop"], "lo", text="\n")
    assert result.returncode == 0 and "stopped" in result.stdout, result.stdout


def watch_adds_what_is_there(programs, _, endpoint):
    with subprocess.Popen([programs["watch"], "lo"], stdout=subprocess.PIPE, text=True) as process:
        timer = threading.Timer(TIMEOUT, process.kill)
        timer.start()
        added = [line for line in iter(process.stdout.readline, "")
                 if line.startswith("added") and endpoint in line and not process.terminate()][:1]
        timer.cancel()
        assert added and "\tlo\t127.0.0.1\t" in added[0], added
        assert process.wait(TIMEOUT) == 0, process.returncode


def get_devices_knows_them_the_next_time(programs, _, endpoint):
    with tempfile.TemporaryDirectory() as folder:
        cache = str(Path(folder, "of", "mine.sqlite"))
        for how in ("new", "known"):
            result = run(programs["get_devices"], cache, "lo")
            assert result.returncode == 0, result.stderr
            assert f"{how} {endpoint}" in result.stdout, result.stdout
            assert f"{endpoint}: Example" in result.stdout, result.stdout


def get_devices_says_what_it_set_aside(programs, *_):
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder, "mine.sqlite")
        cache.write_text("my notes")
        result = run(programs["get_devices"], str(cache), "lo")
        assert result.returncode == 0 and f"{cache}.damaged-1" in result.stderr, result.stderr
        assert Path(f"{cache}.damaged-1").read_text() == "my notes"


TESTS = [scan_writes_a_jpeg, scan_keeps_a_file_that_exists, scan_says_what_failed,
         discover_finds_and_describes, async_asks_all_though_one_is_dead, foreign_loop_finds,
         foreign_loop_stops_at_a_key, watch_adds_what_is_there,
         get_devices_knows_them_the_next_time, get_devices_says_what_it_set_aside]


def main():
    cache = tempfile.TemporaryDirectory()
    os.environ["WSD_CACHE_PATH"] = str(Path(cache.name, "devices.sqlite"))
    names = ("scan", "discover", "async", "foreign_loop", "watch", "events", "monitor", "panel_scan",
             "get_devices")
    programs = dict(zip(names, sys.argv[2:], strict=True))
    scanner, url, endpoint = start_scanner(sys.argv[1])
    failed = 0
    print(f"1..{len(TESTS)}")
    try:
        for number, test in enumerate(TESTS, 1):
            try:
                test(programs, url, endpoint)
                print(f"ok {number} - {test.__name__}")
            except (AssertionError, OSError, subprocess.TimeoutExpired) as error:
                failed += 1
                print(f"not ok {number} - {test.__name__}")
                print("\n".join(f"# {line}" for line in str(error).splitlines()))
    finally:
        scanner.terminate()
        scanner.wait(TIMEOUT)
        cache.cleanup()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
