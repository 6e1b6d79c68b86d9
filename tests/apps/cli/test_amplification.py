#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `wsd serve` answers to datagrams: how much for how little, and to whom not at all. See
cli.py; measured by bench/amplification.py."""

import os
import socket
import sys
import unittest

from cli import ROOT, Server, main

sys.path.insert(0, os.path.join(ROOT, "bench"))
from amplification import EDITIONS, ask, measure, question  # noqa: E402

ONE = "5e0f9a52-5b0f-4e5c-8d75-2f3f6f0d7c51"
URN = "urn:uuid:" + ONE
# The specification's need: one match of 1200 bytes, and its repeat, for a question of 330.
MOST = 8.0


class Amplification(unittest.TestCase):
    def test_each_answer_goes_out_twice_at_most_and_stays_below_the_factor(self):
        with Server("--uuid", ONE, "--name", "One"):
            rows = measure(URN)
        self.assertEqual(len(rows), 12)
        for row in rows:
            self.assertEqual(row["answers"], 2, row)
            self.assertLess(row["factor"], MOST, row)

    def test_the_same_question_again_brings_nothing(self):
        with Server("--ipv4", "--uuid", ONE):
            message = question("2005/04", "again")
            self.assertEqual(len(ask(socket.AF_INET, False, message, port=40000)), 2)
            self.assertEqual(ask(socket.AF_INET, False, message, port=40000, first=1), [])

    def test_a_flood_from_one_host_is_answered_up_to_its_rate(self):
        with Server("--ipv4", "--uuid", ONE), \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for n in range(500):
                sock.sendto(question("2005/04", f"flood{n}"), ("127.0.0.1", 3702))
            sock.settimeout(1)
            answers = 0
            try:
                while True:
                    sock.recv(65536)
                    answers += 1
            except socket.timeout:
                pass
        # Ten a second, twice that at once, and a question to the host counts twice; each is
        # repeated. What little time passes meanwhile brings some more.
        self.assertGreaterEqual(answers, 2)
        self.assertLess(answers, 120)

    def test_questions_of_nothing_bring_nothing(self):
        with Server("--ipv4", "--uuid", ONE):
            for edition in EDITIONS:
                for message in (question(edition, "x", "urn:uuid:" + "0" * 8 + ONE[8:]),
                                question(edition, "y").replace(b"d:Probe/>", b"d:Bye/>"),
                                question(edition, "z")[:-5], b"", b"x"):
                    self.assertEqual(ask(socket.AF_INET, False, message, first=1), [], message)

    def test_ports_that_would_answer_back_get_nothing(self):
        with Server("--ipv4", "--uuid", ONE):
            for port in (7, 19, 53, 123, 1900):
                sizes = ask(socket.AF_INET, False, question("2005/04", f"p{port}"), port=port,
                            first=1)
                self.assertEqual(sizes, [], port)


if __name__ == "__main__":
    main()
