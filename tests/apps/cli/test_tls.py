#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The built `wsd` against `wsd serve` behind TLS: certificates that stay, change, run out. See
cli.py and tls.py."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from cli import WSD, Scripted, Server, main, wsd
from tls import Announcer, Front, certificate

ONE, TWO = (f"5e0f9a52-5b0f-4e5c-8d75-2f3f6f0d7c{n}" for n in (41, 42))
URN = "urn:uuid:" + ONE
# Scanners hear searches on this interface alone, where nobody searches: the announcer speaks in
# their place.
ASIDE = ["--ipv4", "--interface", "aside"]
NET = ["--interface", "lo", "--loopback", "--timeout", "3"]
REFUSED, VERIFY_FAILED = 6, 9


def scanner(uuid, name):
    server = Server(*ASIDE, "--uuid", uuid, "--name", name)
    server.devices[0][1] = server.url.replace("192.0.2.1", "127.0.0.1")
    return server


def keys():
    return [json.loads(line) for line in wsd("cache", "keys", "--json").stdout.splitlines()]


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pems = tempfile.TemporaryDirectory()
        cls.own, cls.other = (certificate(cls.pems.name, name) for name in ("scanner", "someone"))
        cls.old = certificate(cls.pems.name, "elsewhere.example", days=-1)
        for command in ("link add aside type veth peer name nobody", "link set nobody up",
                        "address add 192.0.2.1/24 dev aside", "link set aside up"):
            subprocess.run(["ip", *command.split()], check=True)
        cls.server = scanner(ONE, "Safe One")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.pems.cleanup()

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name, "devices.sqlite")
        os.environ["WSD_CACHE_PATH"] = str(self.path)

    def tearDown(self):
        self.folder.cleanup()

    def front(self, pem=None, **more):
        return Front(self.server.url, pem or self.own, **more)

    def met(self):
        """A device whose certificate is known, by its endpoint alone; its port."""
        with self.front() as front, Announcer(URN, front.url):
            wsd("info", *NET, ONE)
            return front.own_port

    # -- the first time, and again ---------------------------------------------------------------

    def test_the_first_certificate_is_taken_and_remembered_for_device_and_place(self):
        with self.front() as front:
            text = wsd("info", *NET, front.url).stdout
            self.assertRegex(text, r"Certificate +known since 20\d\d-\d\d-\d\d; for CN ?= ?scanner")
            self.assertEqual(front.received[0][:5], b"POST ")
        self.assertEqual([k["device"] for k in keys()], [f"https://127.0.0.1:{front.own_port}"])
        self.assertEqual(keys()[0]["pem"].strip() + "\n", pem_of(self.own))

    def test_it_is_taken_again_wherever_the_device_is(self):
        self.met()
        with self.front() as front, Announcer(URN, front.url):
            wsd("info", *NET, ONE)
            self.assertTrue(front.did("Get"))
        self.assertEqual([k["device"] for k in keys()], [URN])

    def test_all_of_a_scan_goes_over_https(self):
        target = os.path.join(self.folder.name, "page.png")
        with self.front() as front, Announcer(URN, front.url):
            wsd("scan", *NET, ONE, "-o", target, "-r", "75", "--area", "50x50")
            for operation in ("CreateScanJob", "RetrieveImage"):
                self.assertTrue(front.did(operation), operation)
        self.assertEqual(pathlib.Path(target).read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual([k["device"] for k in keys()], [URN])

    def test_list_asks_by_https_and_remembers(self):
        with self.front() as front, Announcer(URN, front.url):
            (row,) = wsd("list", *NET, "--expect", "1", "--json").stdout.splitlines()
        self.assertEqual(json.loads(row)["name"], "Safe One")
        self.assertEqual([k["device"] for k in keys()], [URN])

    def test_one_that_ran_out_and_is_for_another_name_is_taken_with_a_note(self):
        with self.front(self.old) as front:
            text = wsd("info", *NET, "--debug", front.url)
        self.assertRegex(text.stderr, r"first certificate of https://127.*elsewhere\.example.*runs out")
        self.assertIn("elsewhere.example", text.stdout)

    def test_events_come_over_http_as_before(self):
        with self.front() as front, Announcer(URN, front.url):
            sink = subprocess.Popen([WSD, "subscribe", *NET, ONE, "--event", "job-end", "--count", "1",
                                     "--json", "--debug"],
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            with sink:
                for line in sink.stderr:
                    if b"subscribed to" in line:
                        break
                wsd("scan", *NET, ONE, "-o", "-", "-r", "75", "--area", "20x20", text=False)
                out, err = sink.communicate(timeout=60)
            self.assertEqual(sink.returncode, 0, err)
            self.assertIn(b"JobEndState", out)
            for operation in ("Subscribe", "Unsubscribe"):
                self.assertTrue(front.did(operation), operation)

    # -- another certificate ---------------------------------------------------------------------

    def refused(self, text, front):
        self.assertIn("another certificate", text.stderr)
        self.assertIn("wsd cache forget-key", text.stderr)
        self.assertGreater(front.handshakes, 0)
        self.assertEqual(front.received, [], "a request was sent before the certificate was looked at")

    def test_another_certificate_is_refused_before_a_byte_is_sent(self):
        port = self.met()
        with self.front(self.other, port=port) as front, Announcer(URN, front.url):
            self.refused(wsd("info", *NET, ONE, code=REFUSED), front)
            self.refused(wsd("scan", *NET, ONE, "-o", "-", code=REFUSED), front)
        self.assertEqual(keys()[0]["pem"].strip() + "\n", pem_of(self.own))

    def test_who_answers_elsewhere_in_its_name_is_refused(self):
        self.met()
        with self.front(self.other) as front, Announcer(URN, front.url):
            self.refused(wsd("info", *NET, ONE, code=REFUSED), front)

    def test_who_answers_for_its_name_written_otherwise_is_refused(self):
        self.met()
        with self.front(self.other) as front, Announcer("uuid:" + ONE.upper(), front.url):
            self.refused(wsd("info", *NET, ONE, code=REFUSED), front)

    def test_a_place_that_changes_its_certificate_is_refused(self):
        with self.front() as front:
            wsd("info", *NET, front.url)
        with self.front(self.other, port=front.own_port) as front:
            self.refused(wsd("info", *NET, front.url, code=REFUSED), front)

    def test_a_service_with_another_certificate_than_its_device_is_refused(self):
        with self.front(self.other) as service, \
                self.front(services=service.base) as front, Announcer(URN, front.url):
            text = wsd("status", *NET, ONE, code=REFUSED)
            self.refused(text, service)
            self.assertTrue(front.did("Get"))

    def test_another_device_at_an_old_address_is_no_impostor(self):
        port = self.met()
        with scanner(TWO, "Other") as other, \
                Front(other.url, self.other, port=port) as front, \
                Announcer("urn:uuid:" + TWO, front.url):
            wsd("info", *NET, TWO)
        self.assertEqual([k["device"] for k in keys()], [URN, "urn:uuid:" + TWO])

    def test_who_offers_http_alone_after_https_is_told_of(self):
        self.met()
        with Announcer(URN, self.server.url):
            text = wsd("info", *NET, ONE).stderr
        self.assertIn("had https", text)
        self.assertIn("wsd cache forget-key " + URN, text)

    def test_who_never_had_https_is_not_told_of(self):
        with Announcer(URN, self.server.url):
            self.assertEqual(wsd("info", *NET, ONE).stderr, "")

    def verify(self, *more, **how):
        return wsd("verify", *NET, ONE, "--only", "elements-answered", "--verbose", *more, **how)

    def test_verify_asks_over_https(self):
        with self.front() as front, Announcer(URN, front.url):
            self.assertIn("1 hold, 0 fail", self.verify().stdout)
            self.assertTrue(front.did("GetScannerElements"))

    def test_verify_sends_nothing_to_a_service_with_another_certificate(self):
        self.met()
        with self.front(self.other) as service, \
                self.front(services=service.base) as front, Announcer(URN, front.url):
            text = self.verify(code=VERIFY_FAILED).stdout
            self.assertIn("another certificate", text)
            self.assertGreater(service.handshakes, 0)
            self.assertEqual(service.received, [])

    # -- the memory ------------------------------------------------------------------------------

    def test_what_was_forgotten_is_learned_anew(self):
        with self.front() as front, Announcer(URN, front.url):
            wsd("info", *NET, front.url)
            wsd("info", *NET, ONE)
        self.assertEqual(len(keys()), 2)
        self.assertIn("is forgotten", wsd("cache", "forget-key", ONE).stdout)
        self.assertEqual(keys(), [], "the same certificate is known under another name")
        with self.front(self.other) as front, Announcer(URN, front.url):
            wsd("info", *NET, ONE)
        self.assertEqual(keys()[0]["pem"].strip() + "\n", pem_of(self.other))

    def test_forget_key_takes_a_name_and_a_url(self):
        with self.front() as front, Announcer(URN, front.url):
            wsd("list", *NET, "--expect", "1")
            wsd("cache", "forget-key", "safe one")
            self.assertEqual(keys(), [])
            wsd("info", *NET, front.url)
            wsd("cache", "forget-key", front.url)
            self.assertEqual(keys(), [])
        wsd("cache", "forget-key", "nobody", code=3)
        wsd("cache", "forget-key", "safe one", code=3)
        wsd("cache", "forget-key", code=2)
        wsd("cache", "keys", "--all", code=2)

    def test_drop_leaves_certificates_and_forget_key_all_does_not(self):
        self.met()
        wsd("cache", "drop", "--all")
        self.assertEqual([k["device"] for k in keys()], [URN])
        row = wsd("cache", "keys").stdout.rstrip("\n").split("\t")
        self.assertEqual((row[0], len(row)), (URN, 4))
        wsd("cache", "forget-key", "--all")
        self.assertEqual(keys(), [])

    def test_without_the_cache_nothing_is_compared_or_kept(self):
        with self.front() as front, Announcer(URN, front.url):
            wsd("info", *NET, "--no-cache", ONE)
            self.assertFalse(self.path.exists())

    def test_a_cache_that_cannot_be_written_leaves_the_connection_and_a_note(self):
        os.environ["WSD_CACHE_PATH"] = "/proc/nowhere/devices.sqlite"
        with self.front() as front:
            text = wsd("info", *NET, "--debug", front.url)
        self.assertIn("until this program ends only", text.stderr)

    def test_what_is_no_tls_is_another_failure(self):
        with Scripted(200, b"plain") as plain:
            text = wsd("info", *NET, plain.url.replace("http:", "https:"), code=REFUSED).stderr
        self.assertNotIn("certificate", text)
        self.assertIn("http address", text)


def pem_of(path):
    text = pathlib.Path(path).read_text(encoding="ascii")
    return re.search("-----BEGIN CERTIFICATE.*END CERTIFICATE-----\n", text, re.S).group(0)


if __name__ == "__main__":
    main()
