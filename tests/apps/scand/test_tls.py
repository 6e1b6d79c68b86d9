#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""wsd-scand and a scanner at https: it is known by the certificate that it showed first, in all that is
asked of it. See scand.py, and tls.py of the command line's tests."""

import http.client
import http.server
import json
import sys
import threading
import urllib.parse

from scand import CLIENT, HERE, SERVER, Document, check, equal, main, scene, wait_for

sys.path.insert(0, str(HERE.parent / "cli"))

from interop import wsd  # noqa: E402
from tls import Front, certificate  # noqa: E402

WORDS = ("shows another certificate than the one it has been known by", "nothing was sent there",
         "make this be forgotten (wsd-scand(8), FILES)")


def scanner(here):
    """A scanner that nobody finds by itself, and two certificates for whoever stands before it."""
    here.own, here.other = (certificate(here.path, name) for name in ("scanner", "someone"))
    here.relay = relay(here)
    box = here.scanner()
    here.device = box.show()
    return box


class Event(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        sink = http.client.HTTPConnection(CLIENT, 5366)
        sink.request("POST", self.path, body, {"Content-Type": self.headers["Content-Type"]})
        self.send_response(sink.getresponse().status)
        self.send_header("Content-Length", "0")
        self.end_headers()
        sink.close()

    def log_message(self, *_):
        pass


def relay(here):
    """Hands events on: the scanner takes the front for the subscriber, and posts to nobody else."""
    with here.world.on("server"):
        server = http.server.ThreadingHTTPServer((SERVER, 0), Event)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()

    def stop():
        server.shutdown()
        thread.join()
        server.server_close()
    here.ends.callback(stop)
    return server.server_port


def front(here, pem, port=0):
    path = urllib.parse.urlsplit(here.device["url"]).path
    with here.world.on("server"):
        made = here.ends.enter_context(Front(f"http://{SERVER}:5357{path}", pem, port, host=SERVER))
    made.swaps.append((f"http://{CLIENT}:5366/".encode(), f"http://{SERVER}:{here.relay}/".encode()))
    return made


def daemon_of(here, url, **more):
    return here.daemon(scanners={"Box": {"address": url}}, general={"discovery": False, **more})


def on_the_panel(here):
    """A scanner, its https, and a daemon whose line is there."""
    box = scanner(here)
    safe = front(here, here.own)
    daemon = daemon_of(here, safe.url)
    box.await_entry("Desk")
    daemon.wait_ready()
    return box, safe, daemon


def known(here, daemon):
    """{device: certificate}"""
    lines = wsd(here.world, "cache", "keys", "--json",
                env={"WSD_CACHE_PATH": f"{daemon.state}/certificates.sqlite"}).splitlines()
    return {key["device"]: key["pem"] for key in map(json.loads, lines)}


def refused(text):
    for word in WORDS:
        check(word in text, f"{word!r} is not in {text!r}")


@scene("a line on the panel, a press and its document, all of it by https but the event")
def _(here):
    box, safe, daemon = on_the_panel(here)
    box.press("Desk")
    scan = daemon.wait_scans()[0]
    equal(scan["state"], "done", f"{scan}")
    equal(Document(scan["files"][0]).pages, 1, "pages")
    for operation in ("Subscribe", "CreateScanJob", "RetrieveImage"):
        check(safe.did(operation), f"no {operation} by https")
    daemon.stop()
    check(safe.did("Unsubscribe"), "no Unsubscribe by https")
    keys = known(here, daemon)
    check(here.device["endpoint"] in keys, f"the device is not known by its endpoint: {keys}")
    equal(len(set(keys.values())), 1, "certificates")


@scene("its service shows another certificate elsewhere: the daemon's next run puts no line there")
def _(here):
    box = scanner(here)
    daemon = daemon_of(here, front(here, here.own).url)
    box.await_entry("Desk")
    daemon.stop()
    wait_for("the panel is empty", lambda: not box.panel(), poke=here.heed)
    # At a place where nobody was met before: only the endpoint tells that it is somebody else.
    false = front(here, here.other)
    daemon.scanners["Box"]["address"] = false.url
    daemon.write()
    daemon.start()
    daemon.wait_said("another certificate")
    refused(daemon.scanner()["error"])
    check(not false.did("Subscribe"), "it was subscribed")
    equal(box.panel(), [], "panel")


@scene("another certificate between the line and the press: the scan fails, with the reason, and no job is made")
def _(here):
    box, safe, daemon = on_the_panel(here)
    safe.show(here.other)
    box.press("Desk")
    scan = daemon.wait_scans()[0]
    equal(scan["state"], "failed", f"{scan}")
    refused(scan["error"])
    for operation in ("GetScannerElements", "ValidateScanTicket", "CreateScanJob"):
        check(not safe.did(operation), f"{operation} was sent")
    safe.show(here.own)
    box.press("Desk")
    equal(daemon.wait_scans(2)[0]["state"], "done", "the scan after it")


if __name__ == "__main__":
    main()
