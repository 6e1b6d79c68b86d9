#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the examples against a scanner made of software; part of the test-suite.

    run.py WSD SCAN DISCOVER ASYNC FOREIGN_LOOP WATCH EVENTS MONITOR PANEL_SCAN GET_DEVICES

All of it on the loopback interface.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

TIMEOUT = 60
NOBODY = "http://127.0.0.1:9/"  # the port of discard, where nobody listens


class Scanner:
    """A running `wsd serve`, its address and its endpoint reference."""

    def __init__(self, wsd):
        self.process = subprocess.Popen(
            [wsd, "serve", "--loopback", "--port", "0", "--name", "Example", "--json"],
            stdout=subprocess.PIPE, text=True)
        device = self.hear("device")
        self.url, self.endpoint = device["url"], device["endpoint"]
        self.hear("ready")

    def hear(self, event):
        """The next of its events of that kind."""
        timer = threading.Timer(TIMEOUT, self.process.kill)
        timer.start()
        try:
            for line in iter(self.process.stdout.readline, ""):
                heard = json.loads(line)
                if heard["event"] == event:
                    return heard
        finally:
            timer.cancel()
        raise SystemExit(f"Bail out! wsd serve tells of no {event}")


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


@contextlib.contextmanager
def started(*command):
    """A running example: waits for a line that holds the given text and returns it."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        timer = threading.Timer(TIMEOUT, process.kill)
        timer.start()

        def wait_for(text):
            lines = []
            for line in iter(process.stdout.readline, ""):
                lines.append(line)
                if text in line:
                    return line
            raise AssertionError(f"{text!r} is not in {lines}")

        try:
            yield process, wait_for
        finally:
            timer.cancel()
            process.kill()


def panel(programs, *action):
    result = run(programs["wsd"], "panel", *action)
    assert result.returncode == 0, result.stderr
    return result.stdout


def events_tells_a_jam_and_its_end(programs, url, _):
    with started(programs["events"], f"{url}/scan", "4") as (process, wait_for):
        wait_for("subscribed")
        panel(programs, "jam")
        number = wait_for("MediaJam").split()[1].rstrip(":")
        panel(programs, "clear", "all")
        wait_for(f"condition {number} is over")
        assert process.wait(TIMEOUT) == 0, process.returncode


def events_says_why_there_are_none(programs, *_):
    with started(programs["events"], NOBODY, "1") as (_, wait_for):
        wait_for("not subscribed: ")


def monitor_follows_conditions_and_a_scan(programs, url, _):
    with started(programs["monitor"], f"{url}/scan") as (_, wait_for):
        wait_for("connection: live")
        panel(programs, "cover", "open")
        wait_for("1 conditions")
        panel(programs, "cover", "close")
        wait_for("state: Idle, 0 conditions")
        with tempfile.TemporaryDirectory() as folder:
            assert run(programs["scan"], url, str(Path(folder, "page.jpg"))).returncode == 0
        assert wait_for("last job: ").rstrip().endswith("Completed")


def monitor_ends_after_its_time(programs, url, _):
    result = run(programs["monitor"], f"{url}/scan", "1")
    assert result.returncode == 0, result.stderr


def panel_scan_writes_what_the_button_scans(programs, url, _):
    scanner = programs["scanner"]
    with tempfile.TemporaryDirectory() as folder, \
            started(programs["panel_scan"], f"{url}/scan", "Desk", f"{folder}/page") as (
                process, wait_for):
        scanner.hear("destination-added")
        panel(programs, "press", "Desk")
        wait_for("page1: ")
        assert process.wait(TIMEOUT) == 0, process.returncode
        assert Path(folder, "page1").read_bytes()[:2] == b"\xff\xd8", "no JPEG"
        scanner.hear("destination-removed")  # the panel does not offer who is gone


TESTS = [scan_writes_a_jpeg, scan_keeps_a_file_that_exists, scan_says_what_failed,
         discover_finds_and_describes, async_asks_all_though_one_is_dead, foreign_loop_finds,
         foreign_loop_stops_at_a_key, watch_adds_what_is_there, events_tells_a_jam_and_its_end,
         events_says_why_there_are_none, monitor_follows_conditions_and_a_scan,
         monitor_ends_after_its_time, panel_scan_writes_what_the_button_scans,
         get_devices_knows_them_the_next_time, get_devices_says_what_it_set_aside]


EXAMPLES = ("scan", "discover", "async", "foreign_loop", "watch", "events", "monitor", "panel_scan",
            "get_devices")


def run_tests(programs, scanner):
    failed = 0
    print(f"1..{len(TESTS)}")
    for number, test in enumerate(TESTS, 1):
        try:
            test(programs, scanner.url, scanner.endpoint)
            print(f"ok {number} - {test.__name__}")
        except (AssertionError, OSError, subprocess.TimeoutExpired) as error:
            failed += 1
            print(f"not ok {number} - {test.__name__}")
            print("\n".join(f"# {line}" for line in str(error).splitlines()))
    return failed


def main():
    programs = dict(zip(EXAMPLES, sys.argv[2:], strict=True), wsd=sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        os.environ["WSD_CACHE_PATH"] = str(Path(folder, "devices.sqlite"))
        os.environ["XDG_RUNTIME_DIR"] = folder  # of the socket by which wsd panel finds wsd serve
        os.environ["XDG_STATE_HOME"] = folder
        scanner = programs["scanner"] = Scanner(sys.argv[1])
        try:
            failed = run_tests(programs, scanner)
        finally:
            scanner.process.terminate()
            scanner.process.wait(TIMEOUT)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
