#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The built `wsd` against `wsd serve`: commands that ask once. See cli.py."""

import json
import pathlib
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import unittest

from cli import GEN_DOCS, LIMIT, NET, ROOT, WSD, Scripted, Server, main, wsd

SOAP = {"Content-Type": "application/soap+xml"}
FAULT = (b'<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope" '
         b'xmlns:w="http://schemas.microsoft.com/windows/2006/08/wdp/scan"><soap:Body><soap:Fault>'
         b"<soap:Code><soap:Value>soap:Receiver</soap:Value><soap:Subcode><soap:Value>"
         b"w:OperationFailed</soap:Value></soap:Subcode></soap:Code><soap:Reason>"
         b'<soap:Text xml:lang="en">no</soap:Text></soap:Reason></soap:Fault></soap:Body>'
         b"</soap:Envelope>")


class Help(unittest.TestCase):
    commands = re.findall(r"^  ([a-z]+) ", wsd("--help").stdout.split("Commands:")[1]
                          .split("'wsd")[0], re.M)

    def test_main_help_lists_all_commands_and_exit_codes(self):
        self.assertEqual(len(self.commands), 20)
        text = wsd("--help").stdout
        for code in "0 1 2 3 4 5 6 7 8 9 130".split():
            self.assertRegex(text, rf"(?m)^ +{code}  ")

    def test_each_command_has_help_and_the_man_page_the_same_options(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, GEN_DOCS, ROOT, "man", "0", folder], check=True)
            for command in self.commands:
                text = wsd(command, "--help").stdout.split("\nQuirks")[0]
                flags = set(re.findall(r"--([a-z0-9-]+)", text.split("Options:")[-1]
                                       .split("Examples:")[0]))
                flags |= set(re.findall(r"(?m)^  .{4}--([a-z0-9-]+)", text))
                man = pathlib.Path(folder, f"wsd-{command}.1").read_text().replace("\\-", "-")
                in_man = set(re.findall(r"\\fB--([a-z0-9-]+)\\fR", man))
                self.assertTrue(flags >= in_man or in_man >= flags, command)
                for flag in re.findall(r"(?m)^  .{4}--([a-z0-9-]+)", text):
                    self.assertIn(flag, in_man, command)

    def test_version(self):
        self.assertRegex(wsd("--version").stdout, r"^wsd \d+\.\d+")


class Size(unittest.TestCase):
    def test_libraries_that_few_commands_need_are_not_linked(self):
        needed = subprocess.run(["ldd", WSD], stdout=subprocess.PIPE, text=True, check=True).stdout
        self.assertIn("libcurl", needed)
        for library in ("libmicrohttpd", "libsqlite3", "libtiff"):
            self.assertNotIn(library, needed)


class Usage(unittest.TestCase):
    def test_bad_usage_is_2(self):
        for args in ([], ["bogus"], ["list", "--nonsense"], ["list", "x"], ["cancel", "x"],
                     ["list", "--expect", "many"], ["get"], ["serve", "--sheets", "-1"],
                     ["scan", "--timeout", "never"], ["list", "--ipv4", "--ipv6"]):
            wsd(*args, code=2)

    def test_nothing_found_is_3(self):
        wsd("list", *NET, "--timeout", "0.3", code=3)
        wsd("info", *NET, "--timeout", "0.3", "nobody", code=3)


class Failures(unittest.TestCase):
    """What answers is no scanner: each failure has words of its own."""

    def get(self, device, code, words, *more):
        text = wsd("get", device.url, *more, code=code).stderr
        self.assertRegex(text, words)
        return text

    def test_html_empty_cut_fault_redirect_and_silence_are_told_apart(self):
        texts = set()
        with Scripted(200, b"<html><body>Login</body></html>", **{"Content-Type": "text/html"}) as d:
            texts.add(self.get(d, 6, "(?i)soap"))
        with Scripted(200, b"", **SOAP) as d:
            texts.add(self.get(d, 6, "(?i)empty"))
        with Scripted(None) as d:
            texts.add(self.get(d, 6, "(?i)end|broke|trunc|cut"))
        with Scripted(200, FAULT, **SOAP) as d:
            texts.add(self.get(d, 4, "OperationFailed"))
        with Scripted(302, b"", Location="http://192.0.2.1/") as d:
            texts.add(self.get(d, 6, "(?i)redirect"))
        with Scripted(0) as d:
            texts.add(self.get(d, 6, "(?i)time|answer", "--timeout", "0.3"))
        self.assertEqual(len(texts), 6)

    def test_nobody_listening_is_a_network_failure(self):
        wsd("get", "http://127.0.0.1:1/", code=6)


class Asking(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--name", "Paper Tiger", "--ipv4")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def test_list_prints_name_model_address_endpoint(self):
        row = wsd("list", *NET, "--expect", "1").stdout.split("\n")[0].split("\t")
        self.assertEqual(row[0], "Paper Tiger")
        self.assertEqual(row[3], self.server.uuid)

    def test_list_json_is_an_object_a_line(self):
        o = json.loads(wsd("list", *NET, "--expect", "1", "--json").stdout)
        self.assertEqual(o["name"], "Paper Tiger")
        self.assertIn("service", o)

    def test_device_by_uuid_name_part_address_and_url(self):
        port = re.search(r":(\d+)/", self.server.url).group(1)
        for name in (self.server.uuid, self.server.uuid.split(":")[-1], "tiger", "Paper Tiger",
                     "127.0.0.1", f"127.0.0.1:{port}", self.server.url):
            o = json.loads(wsd("info", *NET, "--json", name).stdout)
            self.assertEqual(o["endpoint"], self.server.uuid, name)

    def test_left_out_it_is_the_only_scanner(self):
        self.assertIn("Idle", wsd("status", *NET).stdout)

    def test_service_url_alone_is_enough(self):
        service = json.loads(wsd("list", *NET, "--expect", "1", "--json").stdout)["service"]
        self.assertIn("RGB24", wsd("caps", service).stdout)

    def test_caps_and_status_json(self):
        caps = json.loads(wsd("caps", self.server.url, "--json").stdout)
        formats = caps["ScannerConfiguration"]["DeviceSettings"]["FormatsSupported"]
        self.assertIn("tiff-single-g4", json.dumps(formats))
        status = json.loads(wsd("status", self.server.url, "--json").stdout)
        self.assertEqual(status["ScannerStatus"]["ScannerState"], "Idle")

    def test_probe_resolve_get(self):
        o = json.loads(wsd("probe", *NET, "--type", "scanner", "--expect", "1", "--json").stdout)
        self.assertEqual(o["endpoint"], self.server.uuid)
        o = json.loads(wsd("resolve", *NET, self.server.uuid, "--json").stdout)
        self.assertTrue(o["xaddrs"])
        o = json.loads(wsd("get", o["xaddrs"][0], "--to", self.server.uuid, "--json").stdout)
        self.assertEqual(o["name"], "Paper Tiger")

    def test_validate_says_the_size(self):
        self.assertIn("2480 x 3508",
                      wsd("validate", self.server.url, "-A", "a4", "-r", "300").stdout)

    def test_lacking_value_lists_what_there_is(self):
        text = wsd("validate", self.server.url, "-r", "350", code=2).stderr
        self.assertIn("75, 100, 150, 200, 300, 400, 600, 1200", text)
        wsd("validate", self.server.url, "-r", "350", "--nearest")

    def test_debug_shows_both_sides(self):
        text = wsd("status", self.server.url, "--debug").stderr
        self.assertIn(">>>", text)
        self.assertIn("<<<", text)
        self.assertIn("GetScannerElementsResponse", text)

    def test_trace_is_a_tar_that_can_be_masked(self):
        with tempfile.TemporaryDirectory() as folder:
            wsd("info", self.server.url, "--trace", folder, "--mask")
            (archive,) = pathlib.Path(folder).glob("*.tar")
            with tarfile.open(archive) as tar:
                texts = {m.name: tar.extractfile(m).read().decode() for m in tar.getmembers()}
        self.assertIn("wsd-trace/exchanges.txt", texts)
        self.assertTrue(any("GetResponse" in t for t in texts.values()))
        uuid = self.server.uuid.split(":")[-1]
        for name, text in texts.items():
            self.assertNotIn(uuid, text, name)

    def test_unknown_job_is_refused(self):
        wsd("job", self.server.url, "77", code=4)
        wsd("cancel", self.server.url, "77", code=4)


class Scanning(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def scan(self, server, *args, code=0):
        return wsd("scan", server.url, *args, code=code, cwd=self.path)

    def start(self, name):
        return (self.path / name).read_bytes()[:8]

    def test_each_kind_of_file(self):
        with Server() as server:
            for name, magic in (("a.jpg", b"\xff\xd8\xff"), ("a.png", b"\x89PNG"),
                                ("a.tif", b"II*\0"), ("a.pdf", b"%PDF")):
                self.scan(server, "-r", "75", "-o", name)
                self.assertTrue(self.start(name).startswith(magic), name)
            self.scan(server, "-r", "100", "-m", "bw", "-o", "b.tif")
            self.scan(server, "-r", "75", "-m", "gray", "-f", "png", "-o", "c")
            self.assertTrue((self.path / "c.png").exists())

    def test_jpeg_passes_through_untouched(self):
        with Server() as server:
            self.scan(server, "-r", "75", "-o", "a.jpg", "--wire-format", "jfif")
            self.scan(server, "-r", "75", "-o", "b.pdf", "--wire-format", "jfif")
        self.assertIn((self.path / "a.jpg").read_bytes()[-4000:], (self.path / "b.pdf").read_bytes())

    def test_duplex_gives_both_sides(self):
        with Server("--sheets", "2") as server:
            self.scan(server, "-s", "duplex", "-r", "75", "-o", "p-{page}.jpg")
            self.assertEqual(len(list(self.path.glob("p-*.jpg"))), 4)
            r = self.scan(server, "-s", "duplex", "-r", "75", "-n", "3", "-o", "p.pdf", "--json")
            self.assertEqual(len(json.loads(r.stdout)["pages"]), 3)
            jobs = wsd("jobs", server.url, "--history").stdout
            self.assertEqual(jobs.count("Completed"), 2)

    def test_to_standard_output(self):
        with Server() as server:
            r = subprocess.run([WSD, "scan", server.url, "-r", "75", "-f", "jpeg", "-o", "-"],
                               capture_output=True, timeout=LIMIT, check=True)
        self.assertTrue(r.stdout.startswith(b"\xff\xd8\xff"))

    def test_empty_feeder_is_paper_trouble(self):
        with Server("--sheets", "0") as server:
            self.assertIn("feeder", self.scan(server, "-s", "adf", "-o", "a.pdf", code=5).stderr)
        self.assertEqual(list(self.path.iterdir()), [])

    def test_existing_file_stays_and_no_job_is_made(self):
        (self.path / "a.jpg").write_text("mine")
        with Server() as server:
            self.scan(server, "-o", "a.jpg", code=7)
            self.assertEqual(wsd("jobs", server.url).stdout, "")
            self.scan(server, "-r", "75", "-o", "a.jpg", "--force")
        self.assertNotEqual((self.path / "a.jpg").read_bytes(), b"mine")

    def test_missing_folder_is_told_before_the_scan(self):
        with Server() as server:
            self.scan(server, "-o", "no/such/a.jpg", code=7)
            self.assertEqual(wsd("jobs", server.url).stdout, "")

    def test_busy_scanner_is_refused_without_waiting(self):
        """A job whose image is not taken to its end keeps the scanner busy."""
        with Server() as server:
            first = self.stuck_scan(server)
            try:
                text = self.scan(server, "-o", "b.jpg", "--no-wait", code=4).stderr
                self.assertIn("busy", text)
            finally:
                self.stop(first)

    def stuck_scan(self, server):
        """A client that was stopped in the middle of its image."""
        process = subprocess.Popen(
            [WSD, "scan", server.url, "-r", "1200", "--wire-format", "dib", "-f", "raw", "-o",
             "stuck.bmp", "--debug"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            cwd=self.path)
        for line in process.stderr:
            if "RetrieveImageRequest" in line:
                break
        process.send_signal(signal.SIGSTOP)
        return process

    def stop(self, process):
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGCONT)
        process.stderr.read()
        process.stderr.close()
        self.assertEqual(process.wait(LIMIT), 130)

    def test_interrupt_cancels_the_job_on_the_device(self):
        with Server() as server:
            process = subprocess.Popen(
                [WSD, "scan", server.url, "-s", "adf", "-r", "1200", "-m", "color", "--wire-format",
                 "png", "-o", "x-{page}.png", "--debug"], stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True, cwd=self.path)
            for line in process.stderr:
                if "RetrieveImage" in line:
                    break
            process.send_signal(signal.SIGINT)
            process.stderr.read()
            process.stderr.close()
            process.stdout.close()
            self.assertEqual(process.wait(LIMIT), 130)
            jobs = wsd("jobs", server.url).stdout
            self.assertIn("Canceled", jobs)
            self.assertNotIn("Processing", jobs)

    def test_pages_of_a_folder_come_back(self):
        with Server() as server:
            self.scan(server, "-r", "75", "-o", "src.png")
        with Server("--pages", str(self.path)) as server:
            self.scan(server, "-s", "adf", "-r", "75", "-o", "back.pdf")
        self.assertTrue(self.start("back.pdf").startswith(b"%PDF"))


class Serving(unittest.TestCase):
    def test_many_are_all_found(self):
        with Server("--count", "30", "--name", "Unit", "--ipv4") as server:
            out = wsd("list", *NET, "--expect", "30").stdout
            self.assertEqual({l.split("\t")[0] for l in out.splitlines()},
                             {d[0] for d in server.devices})
            text = wsd("status", *NET, "--timeout", "1", "unit", code=3).stderr
            self.assertIn("several", text)

    def test_once_ends_after_the_job(self):
        server = Server("--once")
        with tempfile.TemporaryDirectory() as folder:
            wsd("scan", server.url, "-r", "75", "-o", folder + "/a.jpg")
        server.process.stdout.close()
        self.assertEqual(server.process.wait(LIMIT), 0)


if __name__ == "__main__":
    main()
