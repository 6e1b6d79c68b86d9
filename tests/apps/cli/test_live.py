#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The built `wsd` against `wsd serve`: commands that go on. See cli.py."""

import contextlib
import fcntl
import http.client
import http.server
import json
import os
import pathlib
import pty
import re
import resource
import select
import signal
import subprocess
import tempfile
import threading
import time
import unittest
import unittest.mock

from cli import LIMIT, NET, WSD, Server, main, wsd

UUID = "5e0f9a52-5b0f-4e5c-8d75-2f3f6f0d7c11"


class Live:
    """A command that goes on; its output is read line by line, with a limit of time."""

    def __init__(self, *args, net=NET):
        self.process = subprocess.Popen([WSD, *args, *net], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self.rest, self.said, self.errors = b"", [], b""

    def wait(self, wanted):
        """The first line from now on for which wanted() is true."""
        deadline = time.monotonic() + LIMIT
        while True:
            while b"\n" in self.rest:
                line, self.rest = self.rest.split(b"\n", 1)
                self.said.append(line.decode())
                if wanted(self.said[-1]):
                    return self.said[-1]
            self.read(deadline)

    def read(self, deadline):
        pipes = [self.process.stdout, self.process.stderr]
        ready = select.select(pipes, [], [], max(0, deadline - time.monotonic()))[0]
        if not ready:
            raise AssertionError(f"silent for too long; it said {self.said}, {self.errors.decode()}")
        for pipe in ready:
            piece = os.read(pipe.fileno(), 65536)
            if pipe is self.process.stderr:
                self.errors += piece
            else:
                self.rest += piece
            if not piece and pipe is self.process.stdout:
                raise AssertionError(f"it ended; it said {self.said}, {self.errors.decode()}")

    def wait_object(self, **wanted):
        """The first object from now on that has these members."""
        def fits(line):
            o = json.loads(line)
            return all(o.get(key) == value for key, value in wanted.items())
        return json.loads(self.wait(fits))

    def end(self, code=0, how=signal.SIGINT):
        """Ends it; what it still said, and its standard error."""
        if how:
            self.process.send_signal(how)
        out, errors = self.process.communicate(timeout=LIMIT)
        text = (self.errors + errors).decode()
        assert self.process.returncode == code, f"{self.process.returncode}\n{self.said}\n{text}"
        assert "Sanitizer" not in text and "runtime error" not in text, text
        return [l for l in (self.rest + out).decode().split("\n") if l], text

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


def scan(server):
    with tempfile.TemporaryDirectory() as folder:
        wsd("scan", server.url, "-r", "75", "--job-name", "Tax return", "-o", folder + "/a.jpg")


class Mute(http.server.BaseHTTPRequestHandler):
    """In front of a scan service; there are no events behind it."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, answer = 200, NO_EVENTS
        if b"eventing/Subscribe" not in body:
            connection = http.client.HTTPConnection("127.0.0.1", self.server.behind, timeout=LIMIT)
            connection.request("POST", self.path, body, {"Content-Type": "application/soap+xml"})
            came = connection.getresponse()
            status, answer = came.status, came.read()
            connection.close()
        self.send_response(status)
        self.send_header("Content-Type", "application/soap+xml")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


NO_EVENTS = (b'<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope" '
             b'xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing"><soap:Body><soap:Fault>'
             b"<soap:Code><soap:Value>soap:Sender</soap:Value><soap:Subcode><soap:Value>"
             b"wsa:ActionNotSupported</soap:Value></soap:Subcode></soap:Code><soap:Reason>"
             b'<soap:Text xml:lang="en">no events here</soap:Text></soap:Reason></soap:Fault>'
             b"</soap:Body></soap:Envelope>")


@contextlib.contextmanager
def without_events(server):
    """The address of the scan service of `server`, without events."""
    front = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mute)
    front.behind = int(re.search(r":(\d+)/", server.url).group(1))
    threading.Thread(target=front.serve_forever, args=(0.01,)).start()
    try:
        yield server.url.replace(str(front.behind), str(front.server_port), 1) + "/scan"
    finally:
        front.shutdown()
        front.server_close()


def pull_plug(server):
    """It goes without a word."""
    server.process.kill()
    server.process.wait()
    server.process.stdout.close()


class Monitor(unittest.TestCase):
    def test_a_device_that_comes_and_goes_is_added_and_removed(self):
        with Live("monitor", "--json") as live, Live("monitor") as beside:
            with Server("--ipv4", "--name", "Comet") as server:
                added = live.wait_object(event="added")
                self.assertEqual((added["name"], added["endpoint"]), ("Comet", server.uuid))
                self.assertIn("/scan", added["service"])
                beside.wait(lambda line: "\tadded\t" in line)
            removed = live.wait_object(event="removed")
            self.assertEqual((removed["name"], removed.get("expired")), ("Comet", None))
            row = beside.wait(lambda line: "\tremoved\t" in line).split("\t")
            self.assertRegex(row[0], r"^\d\d:\d\d:\d\d$")
            self.assertEqual(row[2:4] + row[5:], ["Comet", "libwsd Chart Scanner", server.uuid])
            live.end()
            beside.end()

    def test_devices_that_are_there_already_are_added_with_their_names(self):
        with Server("--ipv4", "--count", "20", "--name", "Star") as server, \
                Live("monitor", "--json") as live:
            names = {live.wait_object(event="added")["name"] for _ in range(20)}
            self.assertEqual(names, {d[0] for d in server.devices})
            live.end()

    def test_only_the_types_that_are_wanted(self):
        with Server("--ipv4"):
            self.assertEqual(wsd("monitor", *NET, "--type", "printer", "--timeout", "2").stdout, "")
            out = wsd("monitor", *NET, "--type", "printer", "--type", "scanner", "--timeout",
                      "2").stdout
            self.assertEqual(out.count("\tadded\t"), 1)

    def test_its_time_is_up(self):
        self.assertEqual(wsd("monitor", *NET, "--timeout", "0.2").stdout, "")

    def test_bad_usage(self):
        wsd("monitor", "office", code=2)
        wsd("monitor", "--type", "fax", code=2)

    def test_events_of_a_scanner_stand_behind_its_name(self):
        with Server("--ipv4", "--name", "Comet") as server, \
                Live("monitor", "--events", "--debug") as live:
            live.wait(lambda line: "Comet\tit tells what happens" in line)
            scan(server)
            end = live.wait(lambda line: "is over" in line).split("\t")
            self.assertEqual(end[1:3], ["event", "Comet"])
            self.assertIn("completed, 1 image, 'Tax return'", end[3])
            self.assertTrue(any("state: working" in line for line in live.said), live.said)
            self.assertIn("UnsubscribeResponse", live.end()[1])

    def test_events_go_on_after_a_restart(self):
        with Live("monitor", "--events", "--json") as live:
            first = Server("--ipv4", "--uuid", UUID)
            live.wait_object(event="subscribed")
            pull_plug(first)
            with Server("--ipv4", "--uuid", UUID) as again:
                self.assertIn(again.url, live.wait_object(event="restarted")["service"])
                live.wait_object(event="subscribed")
                scan(again)
                end = live.wait_object(event="JobEndStateEvent")
                self.assertEqual(end["JobEndState"]["JobCompletedState"], "Completed")
                live.end()


    def test_a_restarted_device_is_told_as_such(self):
        with Server("--ipv4", "--name", "Comet"), Live("monitor", "--json") as live:
            live.wait_object(event="added")
            wsd("panel", "reboot")
            self.assertEqual(live.wait_object(event="restarted")["name"], "Comet")
            live.end()


class Watch(unittest.TestCase):
    def test_a_jam_is_shown_with_advice_and_goes(self):
        with Server("--ipv4", "--name", "Comet") as server, Live("watch", server.url) as live:
            live.wait(lambda line: line.startswith("State"))
            wsd("panel", "jam")
            live.wait(lambda line: re.match(r"Condition +paper is jammed \(.*critical\), for \d+ s",
                                            line))
            self.assertTrue(any(re.match(r"To do +paper is jammed\. Take", l) for l in live.said))
            wsd("panel", "clear")
            live.wait(lambda line: re.match(r"State +ready", line))
            live.end()

    def test_a_scanner_without_events_is_asked_and_that_is_said(self):
        with Server("--ipv4") as server, without_events(server) as service:
            out = wsd("watch", service, "--once", *NET).stdout
            self.assertRegex(out, r"(?m)^Connection +asked each 15 s, as it sends no events: .+")
            self.assertRegex(out, r"(?m)^State +ready")

    def test_once_shows_state_and_jobs(self):
        with Server("--ipv4", "--name", "Comet") as server:
            scan(server)
            out = wsd("watch", server.url, "--once", *NET).stdout
            self.assertRegex(out, r"(?m)^Scanner +Comet$")
            self.assertRegex(out, r"(?m)^Connection +live$")
            self.assertRegex(out, r"(?m)^State +ready")
            self.assertRegex(out, r"(?m)^Last jobs +\d+: completed, 1 image, 'Tax return'")

    def test_each_change_is_an_object(self):
        with Server("--ipv4") as server, Live("watch", server.url, "--json", "--debug") as live:
            first = json.loads(live.wait(lambda line: True))
            self.assertEqual((first["connection"], first["JobHistory"]), ("live", []))
            scan(server)
            line = live.wait(lambda line: json.loads(line)["JobHistory"])
            self.assertEqual(json.loads(line)["JobHistory"][0]["JobState"], "Completed")
            states = [json.loads(l)["ScannerStatus"]["ScannerState"] for l in live.said]
            self.assertIn("Processing", states)
            self.assertIn("UnsubscribeResponse", live.end()[1])

    def test_each_change_is_a_block_where_there_is_no_terminal(self):
        with Server("--ipv4") as server, Live("watch", server.url) as live:
            live.wait(lambda line: line.startswith("State"))
            scan(server)
            live.wait(lambda line: line.startswith("Last jobs"))
            self.assertIn("", live.said)
            self.assertNotIn("\033", "".join(live.said))
            live.end()

    def test_on_a_terminal_it_is_drawn_in_its_place(self):
        with Server("--ipv4", "--name", "Comet") as server:
            master, slave = pty.openpty()
            process = subprocess.Popen([WSD, "watch", server.url, *NET], stdout=slave,
                                       stderr=subprocess.DEVNULL)
            os.close(slave)
            try:
                said = self.read_until(master, b"", rb"State +ready")
                scan(server)
                said = self.read_until(master, said, rb"Last jobs +\d+: completed")
                self.assertEqual(said.count(b"\r\nScanner "), 0, said)
                self.assertRegex(said, rb"\x1b\[\d+A\r(\x1b\[K)?Scanner +Comet")
            finally:
                process.send_signal(signal.SIGINT)
                self.assertEqual(process.wait(LIMIT), 0)
                os.close(master)

    def read_until(self, terminal, said, pattern):
        deadline = time.monotonic() + LIMIT
        while not re.search(pattern, said):
            if not select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError(said)
            said += os.read(terminal, 65536)
        return said

    def test_a_restart_at_another_address_is_followed(self):
        first = Server("--ipv4", "--uuid", UUID)
        with Live("watch", UUID, "--json") as live:
            live.wait_object(connection="live")
            pull_plug(first)
            with Server("--ipv4", "--uuid", UUID) as again:
                live.wait(lambda line: json.loads(line)["connection"] == "live")
                scan(again)
                live.wait(lambda line: json.loads(line)["JobHistory"])
                live.end()

    def test_nobody_of_that_name_is_3(self):
        wsd("watch", *NET, "--timeout", "0.3", "nobody", code=3)


class Restart(unittest.TestCase):
    """InstanceId is higher with each start (WS-Discovery, appendix I), whatever the clock says."""

    def setUp(self):
        own = tempfile.TemporaryDirectory()
        self.addCleanup(own.cleanup)
        self.state = pathlib.Path(own.name)
        self.environment = {"XDG_STATE_HOME": own.name}
        self.kept = self.state / "wsd" / "serve-instance"

    def keep(self, text):
        self.kept.parent.mkdir(exist_ok=True)
        self.kept.write_text(text)

    def instance(self, *more):
        with unittest.mock.patch.dict(os.environ, self.environment), \
                Server("--ipv4", "--uuid", UUID, *more):
            return json.loads(wsd("resolve", UUID, *NET, "--json").stdout)["instanceId"]

    def test_starts_within_a_second(self):
        numbers = [self.instance() for _ in range(4)]
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertLess(abs(numbers[0] - time.time()), 60)

    def test_a_clock_that_went_back(self):
        self.keep("4000000000\n")
        self.assertEqual([self.instance(), self.instance()], [4000000001, 4000000002])

    def test_a_panel_that_restarts_it_is_counted(self):
        self.keep("4000000000\n")
        with unittest.mock.patch.dict(os.environ, self.environment), Server("--ipv4"):
            wsd("panel", "reboot")
            wsd("panel", "reboot")
        self.assertEqual(self.instance(), 4000000004)
        self.assertEqual(self.kept.read_text(), "4000000004\n")

    def test_several_scanners_of_one_program_share_a_number(self):
        self.keep("4000000000\n")
        with unittest.mock.patch.dict(os.environ, self.environment), \
                Server("--ipv4", "--count", "3"):
            self.assertEqual(self.kept.read_text(), "4000000001\n")

    def test_what_is_no_number_counts_for_nothing(self):
        for text in "", "\n", "-5\n", "x\n", "12 34\n", "4294967296\n", "9" * 5000, "4294967295\n":
            with self.subTest(text=text[:20]):
                self.keep(text)
                self.assertLess(abs(self.instance() - time.time()), 60)
                self.assertLess(abs(int(self.kept.read_text()) - time.time()), 60)

    def test_the_folder_that_systemd_made(self):
        given = self.state / "given"
        given.mkdir()
        self.environment = {"STATE_DIRECTORY": f"{given}:{self.state}", "XDG_STATE_HOME": ""}
        number = self.instance()
        self.assertEqual((given / "serve-instance").read_text(), f"{number}\n")

    def test_a_file_that_cannot_be_written_counts(self):
        self.keep("4000000000\n")
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, limit[1]))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_FSIZE, limit)
        self.assertEqual(self.instance(), 4000000001)
        self.assertEqual(self.kept.read_text(), "4000000000\n")

    def test_one_that_holds_the_file_for_ever_is_not_waited_for(self):
        self.keep("")
        with open(self.kept, "w", encoding="ascii") as kept:
            fcntl.flock(kept, fcntl.LOCK_EX)
            self.assertLess(abs(self.instance() - time.time()), 60)

    def test_the_home_of_another_user_is_left_alone(self):
        if os.geteuid() != 0:
            self.skipTest("needs a folder of another user")
        self.environment = {"XDG_STATE_HOME": "", "HOME": "/proc/1"}
        self.assertLess(abs(self.instance() - time.time()), 60)

    def test_without_a_place_to_keep_it_is_the_clock(self):
        self.environment["XDG_STATE_HOME"] = "/proc/nowhere"
        self.assertLess(abs(self.instance() - time.time()), 60)


class Subscribe(unittest.TestCase):
    def test_a_manager_at_a_link_local_address_is_reached(self):
        """The device names it without a zone, as it cannot know ours."""
        for command in ("link add scanner0 type veth peer name scanner1",
                        "link set scanner0 addrgenmode none", "link set scanner0 up",
                        "link set scanner1 up", "address add fe80::5ca/64 dev scanner0 nodad"):
            if subprocess.run(["ip", *command.split()], capture_output=True).returncode != 0:
                self.skipTest("no interface of its own may be made")
        self.addCleanup(subprocess.run, ["ip", "link", "delete", "scanner0"])
        with Server("--interface", "scanner0", "--interface", "lo") as server:
            port = re.search(r":(\d+)/", server.url).group(1)
            path = server.url.split("/", 3)[3]
            with Live("subscribe", f"http://[fe80::5ca%25scanner0]:{port}/{path}", "--debug") as live:
                while b"subscribed to" not in live.errors:
                    live.read(time.monotonic() + LIMIT)
                self.assertIn("UnsubscribeResponse", live.end()[1])

    def test_events_of_a_job_one_a_line(self):
        with Server("--ipv4") as server, Live("subscribe", server.url, "--debug") as live:
            while b"subscribed to" not in live.errors:
                live.read(time.monotonic() + LIMIT)
            scan(server)
            row = live.wait(lambda line: "\tJobEndStateEvent\t" in line).split("\t")
            self.assertRegex(row[2], r"^job \d+ is over: completed, 1 image, 'Tax return' of ")
            names = {line.split("\t")[1] for line in live.said}
            self.assertTrue({"JobStatusEvent", "ScannerStatusSummaryEvent"} <= names, live.said)
            self.assertIn("UnsubscribeResponse", live.end()[1])

    def test_one_kind_and_so_many(self):
        with Server("--ipv4") as server, \
                Live("subscribe", server.url, "--event", "job-end", "--count", "1", "--json",
                     "--lifetime", "60") as live:
            while b"subscribed to" not in live.errors:
                live.read(time.monotonic() + LIMIT)
            self.assertRegex(live.errors, rb"for (\d\d s|1 min) at a time")
            scan(server)
            event = live.wait_object(event="JobEndStateEvent")
            self.assertEqual(event["JobEndState"]["JobName"], "Tax return")
            self.assertEqual(live.end(how=None)[0], [])

    def test_interrupted_before_the_count_is_130(self):
        with Server("--ipv4") as server, Live("subscribe", server.url, "--count", "5") as live:
            while b"subscribed to" not in live.errors:
                live.read(time.monotonic() + LIMIT)
            live.end(code=130)

    def test_a_scanner_that_is_restarted_is_subscribed_to_anew(self):
        first = Server("--ipv4", "--uuid", UUID)
        with Live("subscribe", UUID, "--event", "JobEndStateEvent") as live:
            while b"subscribed to" not in live.errors:
                live.read(time.monotonic() + LIMIT)
            pull_plug(first)
            with Server("--ipv4", "--uuid", UUID) as again:
                while live.errors.count(b"subscribed to") < 2:
                    live.read(time.monotonic() + LIMIT)
                scan(again)
                live.wait(lambda line: "JobEndStateEvent" in line)
                live.end()

    def test_the_button_of_the_scanner_is_told_with_what_a_job_needs(self):
        with Server("--ipv4") as server, \
                Live("subscribe", server.url, "--scan-available", "--name", "My desk", "--name",
                     "Archive", "--count", "1", "--json") as live:
            while b"subscribed to its panel" not in live.errors:
                live.read(time.monotonic() + LIMIT)
            wsd("panel", "press", "Archive", "--source", "duplex")
            event = live.wait_object(event="ScanAvailableEvent")
            self.assertEqual(event["destination"], "Archive")
            self.assertTrue(event["destinationToken"])
            self.assertTrue(event["ScanAvailableEvent"]["ScanIdentifier"])
            self.assertEqual(event["ScanAvailableEvent"]["InputSource"], "ADFDuplex")
            live.end(how=None)
            self.assertEqual(json.loads(wsd("panel", "--json").stdout)["destinations"], [])

    def test_a_scanner_without_events_is_an_error(self):
        with Server("--ipv4") as server, without_events(server) as service:
            text = wsd("subscribe", service, *NET, code=4).stderr
            self.assertRegex(text, "(?i)ActionNotSupported|no events")

    def test_it_appears_on_the_panel_by_its_names(self):
        with Server("--ipv4") as server, \
                Live("subscribe", server.url, "--scan-available", "--name", "My desk", "--name",
                     "Archive", "--debug") as live:
            while b"subscribed to its panel" not in live.errors:
                live.read(time.monotonic() + LIMIT)
            text = live.end()[1]
            for name in ("My desk", "Archive"):
                self.assertIn(f"ClientDisplayName>{name}<", text)
            self.assertEqual(text.count("</wscn:DestinationToken>"), 2)
            self.assertIn("UnsubscribeResponse", text)

    def test_bad_usage(self):
        for args in (["--event", "fire"], ["--count", "0"], ["--name", "x"], ["a", "b"],
                     ["--lifetime", "soon"], ["--scan-available", "--name", ""]):
            wsd("subscribe", *args, code=2)

    def test_a_port_that_is_taken_is_told(self):
        with Server("--ipv4") as server:
            port = re.search(r":(\d+)/", server.url).group(1)
            text = wsd("subscribe", server.url, "--port", port, *NET, code=6).stderr
            self.assertIn("events cannot be received", text)


if __name__ == "__main__":
    main()
