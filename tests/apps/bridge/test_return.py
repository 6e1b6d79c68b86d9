#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""That a SANE device which was away, slow or left alone is a scanner again afterwards.

    test_return.py WSD GEN_DOCS ROOT [NAME...]
"""

import os
import select
import subprocess
import unittest

from bridge import Bridge
from cli import LIMIT, WSD, main
from test_trouble import SMALL, TURNED, Case


class Ending(Case):
    def test_a_lamp_that_goes_home_slowly_after_a_good_scan_is_not_hurried(self):
        bridge = self.bridge("puppet:plain")
        hosts = bridge.hosts()
        self.stage.order(wait="cancel")
        self.scan(bridge)
        bridge.event("job-completed")
        self.clock.turn(40, bridge)
        self.clock.turn(40, bridge)
        self.assertEqual(self.conditions(bridge), ("Idle", []))
        self.assertEqual(bridge.hosts(), hosts)
        self.stage.order()
        self.scan(bridge)
        self.assertEqual(self.pages, ["1.png"])
        self.assertEqual(bridge.hosts(), hosts)


if __name__ == "__main__":
    main()
