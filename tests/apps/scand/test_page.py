#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The status page of wsd-scand: what its server lets in, and what a browser makes of it.

On hosts of their own (see interop.py): `wsd serve` under a name that is markup is the server's, the
daemon, its page and the browser are the client's. One scan went well, one met a jam. With
WSD_SCAND_SHOTS=FOLDER the pictures that the browser makes of the page are kept there."""

import base64
import contextlib
import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import struct
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "interop"))
from interop import CLIENT, Program, Serve, Skip, case, check, equal, main, wsd
from browser import Browser, Tab

SCAND = os.path.abspath(os.environ["WSD_SCAND"])
NAME = "<script>alert(1)</script><b>"
FILE = "<img src=x onerror=alert(2)>"
PORT = 8081
LIMITS = dict(re.findall(r"^#define (PAGE_\w+) +(\d+)", Path(os.environ["WSD_PAGE_H"]).read_text(),
                         re.M))
CONNECTIONS, CONNECTION_MS = (int(LIMITS["PAGE_" + name]) for name in
                              ("MAX_CONNECTIONS", "CONNECTION_MS"))
HEADERS = {
    "Cache-Control": "no-store",
    "Connection": "close",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


# -- the daemon -------------------------------------------------------------------------------


class Daemon(Program):
    """wsd-scand with a clock that can be turned."""

    def __init__(self, world, name, port, events=PORT + 1000):
        self.events = events
        self.world, self.name = world, name
        self.folder = world.path(name)
        os.makedirs(self.folder, exist_ok=True)
        self.clock = world.write(name + "/clock", bytes(8))
        self.control = os.path.join(self.folder, "control")
        self.configure(port)
        super().__init__(world, "client", [SCAND, "--foreground", "--config", self.config],
                         env={"WSD_CLOCK": self.clock})
        self.wait_line("ready:")

    def configure(self, port):
        self.config = self.world.write(self.name + "/conf", f"""
            host = "study"
            status-port = {port}
            state = "{self.folder}/state"
            control = "{self.control}"
            port = {self.events}
            destination "Inbox" {{
                folder = "{self.folder}/scans"
                format = jpeg
                pattern = "{{date}} {FILE}"
                source = platen
                resolution = 75
            }}
            destination "Receipts" {{
                folder = "{self.folder}/receipts"
                source = adf
                resolution = 75
            }}
            """)

    def status(self):
        with self.world.on("client"):
            return json.loads(get("/status.json")[2])

    def reload(self, port, said):
        start = len(self.lines)
        self.configure(port)
        self.process.send_signal(signal.SIGHUP)
        self.wait_line(said, start=start)
        self.wait_line("read again", start=start)

    def turn_clock(self, ms):
        with open(self.clock, "r+b") as file:
            now = struct.unpack("q", file.read(8))[0]
            file.seek(0)
            file.write(struct.pack("q", now + ms))
        self.process.send_signal(signal.SIGCHLD)  # which it handles: it looks at its clock

    def wait_scan(self, start, text):
        return self.wait_line(text, timeout=60, start=start)

    def end(self):
        equal(self.stop(), 0, f"exit status of wsd-scand, which said:\n{self.text()}\n")
        check("Sanitizer" not in self.text() and "runtime error" not in self.text(), self.text())


class Shared:
    """What the cases work with."""

    def __init__(self, world):
        self.world = world
        self.server = Serve(world, name=NAME)
        self.daemon = Daemon(world, "scand", PORT)
        self.daemon.wait_line("on its panel", timeout=60)
        self.scan("Inbox", "to Inbox")
        wsd(world, "panel", "feeder", "load", "2")
        wsd(world, "panel", "jam")
        self.scan("Receipts", "Receipts failed")
        wsd(world, "panel", "clear", "all")

    def scan(self, destination, said):
        start = len(self.daemon.lines)
        wsd(self.world, "panel", "press", destination)
        self.daemon.wait_scan(start, said)

    @property
    def browser(self):
        if not hasattr(self, "the_browser"):
            if not shutil.which("chromium"):
                raise Skip("not installed: chromium")
            self.the_browser = Browser(self.world, "client")
        return self.the_browser


# -- requests ---------------------------------------------------------------------------------


def get(path, method="GET", host="localhost", to="127.0.0.1", port=PORT, body=None):
    """(status, headers, body) of one request; called on the client."""
    connection = http.client.HTTPConnection(to, port, timeout=20)
    with contextlib.closing(connection):
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for value in [host] if isinstance(host, str) else host:
            connection.putheader("Host", value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()


def on_client(function):
    """A case whose sockets are the client's."""
    def inside(shared):
        with shared.world.on("client"):
            function(shared)
    inside.__name__ = function.__name__
    return inside


def answers(port=PORT):
    return get("/", port=port)[0] == 200


def refused(port=PORT, to="127.0.0.1"):
    try:
        socket.create_connection((to, port), timeout=20).close()
    except ConnectionRefusedError:
        return True
    return False


def good_scan(shared):
    return next(s for s in shared.daemon.status()["scans"] if s["destination"] == "Inbox")


def thumbnail(shared):
    return f"/thumbnails/{good_scan(shared)['id']}.jpg"


@case("the page, the status and a thumbnail are served on 127.0.0.1 and on ::1")
@on_client
def served(shared):
    for to, host in (("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("127.0.0.1", "localhost")):
        for path, kind, begin in (("/", "text/html; charset=utf-8", b"<!DOCTYPE html>"),
                                  ("/status.json", "application/json", b"{"),
                                  (thumbnail(shared), "image/jpeg", b"\xff\xd8\xff")):
            status, headers, body = get(path, to=to, host=host)
            equal((status, headers["Content-Type"], body[:len(begin)]), (200, kind, begin), path)
            equal(headers["Content-Length"], str(len(body)), path)


@case("the status says of each state what it means, as wsd-scand status does")
@on_client
def words(shared):
    status = shared.daemon.status()
    (scanner,) = status["scanners"]
    equal((scanner["name"], scanner["state"]), (NAME, "ready"), "the scanner")
    equal(status["state_words"]["refused"], "does not let computers register", "words")
    equal([status["scan_words"][s["state"]] for s in status["scans"]], ["failed", "done"], "scans")


@case("every answer has the headers, a refusal too")
@on_client
def headers_of_all(shared):
    for path, method, host, wanted in (("/", "GET", "localhost", 200),
                                       ("/status.json", "GET", "localhost", 200),
                                       (thumbnail(shared), "GET", "localhost", 200),
                                       ("/none", "GET", "localhost", 404),
                                       ("/", "POST", "localhost", 405),
                                       ("/", "GET", "example.org", 403)):
        status, headers, _ = get(path, method, host)
        equal(status, wanted, f"{method} {path}")
        for name, value in HEADERS.items():
            equal(headers.get(name), value, f"{name} of {method} {path}")
        check(headers["Content-Security-Policy"].startswith("default-src 'none';"), str(headers))
        check("Access-Control-Allow-Origin" not in headers and "Set-Cookie" not in headers,
              str(headers))


@case("the policy admits the style and the script of the page by their hashes, and nothing inline")
@on_client
def policy(_):
    _, headers, body = get("/")
    rules = dict(rule.strip().split(" ", 1)
                 for rule in headers["Content-Security-Policy"].split(";"))
    for tag in ("script", "style"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>".encode(), body, re.S)
        digest = base64.b64encode(hashlib.sha256(text).digest()).decode()
        equal(rules[tag + "-src"], f"'sha256-{digest}'", tag)
    check(b"unsafe" not in str(headers).encode() and b"http:" not in body and b"https:" not in body,
          "something comes from elsewhere")
    for rule in ("frame-ancestors", "base-uri", "form-action", "default-src"):
        equal(rules[rule], "'none'", rule)


@case("a request for another name than this computer's is refused with 403")
@on_client
def names_refused(_):
    for host in ("example.org", "example.org:8081", "localhost.example.org", "127.0.0.1.example.org",
                 "xlocalhost", "localhost:", "localhost:80x", "localhost:123456", "localhost.",
                 "0.0.0.0", "127.0.0.2", "[::1", "::1", "[::2]", CLIENT, "", "localhost, example.org",
                 [], ["localhost", "localhost"], ["localhost", "example.org"]):
        for path in ("/", "/status.json"):
            status, _, body = get(path, host=host)
            # Without any, libmicrohttpd itself may refuse: HTTP/1.1 wants one (RFC 9112, 3.2).
            check(status == 403 or (not host and status == 400), f"{host!r}: {status}")
            check(b"study" not in body, "the refusal tells something")


@case("this computer's names are admitted, with the port of a tunnel too")
@on_client
def names_admitted(_):
    for host in ("localhost", "LocalHost", "127.0.0.1", "[::1]", f"localhost:{PORT}",
                 "127.0.0.1:1", "[::1]:65535"):
        equal(get("/", host=host)[0], 200, host)


@case("what is no GET and no HEAD is refused with 405, and says what is allowed")
@on_client
def methods(_):
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "BREW"):
        for path in ("/", "/status.json", "/none"):
            status, headers, _ = get(path, method, body=b"{}" if method == "POST" else None)
            equal((status, headers.get("Allow")), (405, "GET, HEAD"), f"{method} {path}")


@case("HEAD is GET without its body")
@on_client
def head(shared):
    for path in ("/", thumbnail(shared), "/none"):
        status, headers, body = get(path)
        none = get(path, "HEAD")
        for each in (headers, none[1]):
            each.pop("Date", None)
        equal(none, (status, headers, b""), path)
        equal(int(headers["Content-Length"]), len(body), path)
    equal(get("/status.json", "HEAD")[2], b"", "/status.json")


@case("any other path is not found, those that lead out of the folder too")
@on_client
def paths(shared):
    good = thumbnail(shared)
    # There to be found, if names were made into paths.
    for name in ("other.jpg", "thumbnails/other.jpg"):
        Path(shared.daemon.folder, "state", name).write_bytes(b"\xff\xd8\xff")
    for path in ("//", "/index.html", "/status.json/", "/status", "/Status.json", "/thumbnails",
                 "/thumbnails/", "/thumbnails/.jpg", "/thumbnails/other.jpg", good[:-4],
                 good + "/", good + ".jpg", good.replace("thumbnails/", "thumbnails//"),
                 "/thumbnails/../other.jpg", "/thumbnails/..%2fother.jpg",
                 "/thumbnails/%2e%2e/other.jpg", "/thumbnails/../../../../etc/passwd",
                 "/thumbnails/../thumbnails/" + os.path.basename(good), "/../etc/passwd",
                 "/%2e%2e/etc/passwd", "/./status.json", "/%73tatus.json", "/%00", "/status.json%00",
                 "/thumbnails/" + "a" * 64 + ".jpg", "/thumbnails/" + "a" * 5000 + ".jpg",
                 "http://example.org/", "http://localhost/status.json", "*", "/thumbnails/*.jpg"):
        equal(get(path)[0], 404, path)
    equal(get("/?x=1")[0], 200, "a question is nobody's")


@case("a thumbnail that is no plain small file is not found")
@on_client
def strange_thumbnails(shared):
    path = thumbnail(shared)
    file = Path(shared.daemon.folder, "state" + path)
    bytes_, secret = file.read_bytes(), file.with_name("secret")
    secret.write_bytes(bytes_)
    try:
        for what, change in (
                ("gone", lambda: None), ("a link", lambda: file.symlink_to(secret)),
                ("a folder", file.mkdir), ("a pipe", lambda: os.mkfifo(file)),
                ("empty", file.touch),
                ("too large", lambda: file.write_bytes(bytes(int(LIMITS["PAGE_MAX_THUMBNAIL"]) + 1)))):
            if file.is_dir():
                file.rmdir()
            else:
                file.unlink(missing_ok=True)
            change()
            equal(get(path)[0], 404, what)
    finally:
        file.unlink()
        secret.unlink()
        file.write_bytes(bytes_)
    equal(get(path)[::2], (200, bytes_), "as it was")


@case("no other address of this computer and no other computer reaches the page")
def from_outside(shared):
    for host in ("client", "server"):
        with shared.world.on(host):
            check(refused(to=CLIENT), f"{CLIENT} answers {host}")


# -- peers that behave badly ------------------------------------------------------------------


def read_all(sock):
    """What comes until the connection ends, however it ends."""
    sock.settimeout(20)
    got = b""
    with contextlib.suppress(ConnectionError):
        while piece := sock.recv(65536):
            got += piece
    return got


@case("of many connections that ask for nothing the oldest are cut, and others get their answer")
@on_client
def many(_):
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(socket.create_connection(("127.0.0.1", PORT), timeout=20))
                for _ in range(4 * CONNECTIONS)]
        check(answers(), "the page does not answer")
        equal([read_all(sock) for sock in idle[:3 * CONNECTIONS]], [b""] * (3 * CONNECTIONS), "idle")
    # By the crowd, and not by their time limit: what is quiet must not hold up the rest.
    check(time.monotonic() - began < CONNECTION_MS / 1000, "they were let in too slowly")


@case("a request that trickles is cut in its time, and with it all that is quiet")
@on_client
def slow(shared):
    with socket.create_connection(("127.0.0.1", PORT), timeout=20) as trickle, \
            socket.create_connection(("::1", PORT), timeout=20) as quiet:
        trickle.sendall(b"GET / HTTP/1.1\r\nHost: loc")
        answers()  # both are known to the daemon by now
        shared.daemon.turn_clock(CONNECTION_MS - 1000)
        trickle.sendall(b"al")
        check(answers(), "the page does not answer")
        trickle.setblocking(False)
        try:
            equal(trickle.recv(1), None, "cut before its time")
        except BlockingIOError:
            pass
        shared.daemon.turn_clock(1000)
        equal([read_all(trickle), read_all(quiet)], [b"", b""], "what they got")
    check(answers(), "the page does not answer")


@case("an answer that nobody reads is cut in its time")
@on_client
def unread(shared):
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        sock.connect(("127.0.0.1", PORT))
        sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answers()
        shared.daemon.turn_clock(CONNECTION_MS)
        check(answers(), "the page does not answer")
        read_all(sock)  # ends


@case("header lines and paths without end are refused")
@on_client
def huge(_):
    for what, request in (
            ("a header line", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 200000 + b"\r\n\r\n"),
            ("header lines", b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 40000 + b"\r\n"),
            ("a path", b"GET /" + b"x" * 200000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            ("no HTTP", b"\x16\x03\x01" + b"\xff" * 200000)):
        with socket.create_connection(("127.0.0.1", PORT), timeout=20) as sock:
            with contextlib.suppress(ConnectionError):
                sock.sendall(request)
            got = read_all(sock)
        check(not got or re.match(rb"HTTP/1\.[01] 4\d\d ", got), f"{what}: {got[:100]!r}")
        check(answers(), f"after {what} the page does not answer")


@case("a body is not waited for")
@on_client
def body(_):
    with socket.create_connection(("127.0.0.1", PORT), timeout=20) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n")
        check(read_all(sock).startswith(b"HTTP/1.1 405 "), "no answer")


# -- the configuration ------------------------------------------------------------------------


@case("the page follows the configuration to another port, and goes when it is off")
@on_client
def moves(shared):
    daemon = shared.daemon
    daemon.reload(PORT + 1, f"the status page is http://localhost:{PORT + 1}/")
    check(refused() and answers(PORT + 1), "the page has not moved")
    start = len(daemon.lines)
    daemon.reload("off", "read again")
    check(refused(PORT + 1) and "status page" not in "".join(daemon.lines[start:]), "not off")
    daemon.reload(PORT, "the status page is")
    check(answers(), "the page is not back")


@case("a port that is taken is a warning, and is tried again")
@on_client
def taken(shared):
    daemon = shared.daemon
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family) as other:
            other.bind((address, PORT + 2))
            other.listen()
            daemon.reload(PORT + 2, f"is no status page: port {PORT + 2} of this computer cannot be used")
            equal(daemon.process.poll(), None, "the daemon")
        daemon.reload(PORT + 2, "the status page is")
        check(answers(PORT + 2), "the page does not answer")
        daemon.reload(PORT, "the status page is")


@case("a daemon begins and ends beside another that has its port")
@on_client
def begins_beside(shared):
    second = Daemon(shared.world, "second", PORT, PORT + 1001)
    check("is no status page" in second.text(), second.text())
    second.end()
    check(answers(), "the page of the first does not answer")


# -- a browser --------------------------------------------------------------------------------


def shown(shared, **options):
    """The page in a tab, with all that it shows."""
    tab = Tab(shared.browser, **options)
    tab.open(f"http://localhost:{PORT}/")
    if options.get("script", True):
        tab.wait("document.documentElement.dataset.asked === 'answered' && "
                 "document.querySelector('#scans img')?.dataset.width",
                 "the page never showed its scans")
    shoot(tab, "page", options)
    return tab


def shoot(tab, name, options):
    """Keeps a picture for people to look at, where one is wanted."""
    folder = os.environ.get("WSD_SCAND_SHOTS")
    if folder:
        parts = [name, *(f"{key}-{value}" for key, value in options.items() if key != "height")]
        tab.screenshot(os.path.join(folder, "-".join(parts) + ".png"))


def text(tab, selector):
    return tab.value(f"document.querySelector({json.dumps(selector)}).innerText")


@case("the browser shows this computer, its scanners with their state in words, and their panels")
def shows_scanners(shared):
    with shown(shared) as tab:
        equal(text(tab, "h1"), "Scan to study", "heading")
        equal(tab.value("document.title"), "Scan to study", "title")
        equal(text(tab, "#scanners h3"), NAME, "the scanner's name")
        equal(tab.value("document.querySelector('#scanners .state').textContent"), "ready", "state")
        equal(tab.value("[...document.querySelectorAll('.panel li')].map(e => e.innerText)"),
              ["Inbox (study)", "Receipts (study)"], "its panel")
        check(re.search(r"Registered for another \d+ min\.", text(tab, "#scanners")), "remaining")


@case("the browser shows the last scans, with picture, file, error and what to do")
def shows_scans(shared):
    with shown(shared) as tab:
        rows = tab.value("[...document.querySelectorAll('#scans tr')].map(e => e.innerText)")
        equal(len(rows), 2, "scans")
        failed, good = rows
        for row in rows:  # that began a second before midnight
            check(re.search("Today, |Yesterday, ", row), row)
        for wanted in (NAME, "Receipts", "0 pages", "Failed", "jammed", "Take the paper out"):
            check(wanted in failed, f"{wanted!r} is missing in {failed!r}")
        for wanted in (NAME, "Inbox", "1 page", "kB", "Done", shared.daemon.folder):
            check(wanted in good, f"{wanted!r} is missing in {good!r}")
        equal(tab.value("Number(document.querySelector('#scans tr:last-child img').dataset.width)"
                        " > 0"), True, "the thumbnail is decoded")
        equal(tab.value("document.querySelectorAll('#scans img').length"), 1, "pictures")


@case("names that are markup are text, and no script of theirs runs")
def markup(shared):
    with shown(shared) as tab:
        equal(tab.seen("Page.javascriptDialogOpening"), [], "alerts")
        equal(tab.value("document.querySelectorAll('main script, main b, main img[src=x]').length"),
              0, "elements made of names")
        equal(tab.value("document.scripts.length"), 1, "scripts")
        problems = tab.seen("Runtime.exceptionThrown") + [
            entry["entry"] for entry in tab.seen("Log.entryAdded")
            if not entry["entry"].get("url", "").endswith("/favicon.ico")]
        equal(problems, [], "what the browser complains about")


@case("a script that stands in the page by whatever mistake is kept from running by the policy")
def policy_holds(shared):
    with shown(shared) as tab:
        equal(tab.value("""(() => {
            const script = document.createElement("script");
            try { script.textContent = "window.ran = true"; } catch (e) { window.kept = e.name; }
            document.body.append(script);
            try { document.body.innerHTML += "<p>"; } catch (e) { window.kept += e.name; }
            return [window.ran === undefined, window.kept];
        })()"""), [True, "TypeErrorTypeError"], "a script in the page")


@case("the browser asks nobody but this computer")
def asks_nobody(shared):
    with shown(shared) as tab:
        asked = {e["request"]["url"] for e in tab.seen("Network.requestWillBeSent")}
        check(len(asked) >= 3, str(asked))
        equal([url for url in asked if not url.startswith(f"http://localhost:{PORT}/")], [], "asked")


@case("without JavaScript the page says where else to look")
def without_script(shared):
    with shown(shared, script=False) as tab:
        _, _, body = on_client_get(shared, "/")
        check(b"<noscript>" in body, "no noscript")
        document = tab.call("DOM.getDocument")["root"]["nodeId"]
        link = tab.call("DOM.querySelector", nodeId=document, selector="noscript a")["nodeId"]
        box = tab.call("DOM.getBoxModel", nodeId=link)["model"]
        check(box["width"] > 0 and box["height"] > 0, "the link is not shown")


def on_client_get(shared, path):
    with shared.world.on("client"):
        return get(path)


@case("the page renews itself while it is looked at, and only then")
def renews(shared):
    with shown(shared) as tab:
        def count():
            return sum(e["request"]["url"].endswith("status.json")
                       for e in tab.seen("Network.requestWillBeSent"))

        def pass_time(seconds):
            """On the page's clock."""
            tab.call("Emulation.setVirtualTimePolicy", policy="pauseIfNetworkFetchesPending",
                     budget=1000 * seconds)
            shared.browser.wait(lambda e: e.get("sessionId") == tab.session and
                                e["method"] == "Emulation.virtualTimeBudgetExpired",
                                "the page's time does not pass")
            shared.browser.events = [e for e in shared.browser.events
                                     if e["method"] != "Emulation.virtualTimeBudgetExpired"]

        tab.value("window.kept = document.querySelector('#scans tr'); 1")
        before = count()
        pass_time(30)
        shown_count = count()
        check(before + 5 <= shown_count <= before + 10, f"{shown_count - before} requests in 30 s")
        equal(tab.value("window.kept === document.querySelector('#scans tr')"), True,
              "a row that has not changed stays")
        tab.value("""Object.defineProperty(document, "visibilityState",
            {get: () => window.hide ? "hidden" : "visible", configurable: true});
            window.hide = true; document.dispatchEvent(new Event("visibilitychange")); 1""")
        pass_time(600)
        equal(count(), shown_count, "requests while nobody looks")
        tab.value("window.hide = false; document.dispatchEvent(new Event('visibilitychange')); 1")
        pass_time(1)
        equal(count(), shown_count + 1, "requests once somebody looks again")


@case("a scan that comes, and a daemon that goes, are seen without a reload")
def news(shared):
    with shown(shared) as tab:
        # Who comes back to a page sees news at once; nobody has to wait for its next look.
        look = "document.dispatchEvent(new Event('visibilitychange')); 1"
        shared.scan("Inbox", "to Inbox")
        tab.value(look)
        tab.wait("document.querySelectorAll('#scans img').length === 2", "the new scan is not shown")
        shared.daemon.reload("off", "read again")
        tab.value(look)
        tab.wait("document.querySelector('#trouble').textContent.includes('does not answer')",
                 "that the daemon is gone is not shown")
        check("What is shown is of" in text(tab, "#trouble"), "since when")
        shoot(tab, "gone", {})
        shared.daemon.reload(PORT, "the status page is")
        tab.value(look)
        tab.wait("document.querySelector('#trouble').textContent === ''", "it is not seen again")


# A phone makes the page as wide as its widest part and shows it smaller: the screen's width counts.
NARROW = """(() => {
    const wide = [...document.querySelectorAll("body *")].filter(e =>
        e.getClientRects().length && !e.closest(".hidden, thead") &&
        e.getBoundingClientRect().right > screen.width + 0.5);
    return wide.map(e => e.outerHTML.slice(0, 80)).concat(
        document.documentElement.scrollWidth > screen.width ? [innerWidth] : []);
})()"""
CONTRAST = """(() => {
    const parse = c => c.match(/[\\d.]+/g).map(Number);
    const light = c => { const [r, g, b] = parse(c).map(v => (v /= 255) <= 0.03928 ? v / 12.92 :
        ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
        if (parse(c)[3] !== 0) return c; } return "rgb(255, 255, 255)"; };
    return [...document.querySelectorAll("body *")].filter(e => e.getClientRects().length &&
        [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())).map(e => {
        const a = light(getComputedStyle(e).color), b = light(ground(e));
        return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.outerHTML.slice(0, 80)];
    }).filter(([ratio]) => ratio < 4.5);
})()"""


@case("in light and in dark every text stands out from its ground (WCAG 2, 1.4.3)")
def contrast(shared):
    grounds = set()
    for dark in (False, True):
        with shown(shared, dark=dark) as tab:
            equal(tab.value(CONTRAST), [], f"texts that are hard to read, dark: {dark}")
            grounds.add(tab.value("getComputedStyle(document.body).backgroundColor"))
    equal(len(grounds), 2, "grounds")


@case("on a phone nothing sticks out")
def narrow(shared):
    for width, dark in ((320, False), (390, True), (760, False)):
        with shown(shared, width=width, height=800, dark=dark) as tab:
            equal(tab.value(NARROW), [], f"at {width} pixels")


MANY = """(() => {
    clearTimeout(timer);
    const stamp = new Date(new Date().setHours(12) - 864e5).toISOString();
    const all = %s, words = Object.keys(all.state_words), scans = Object.keys(all.scan_words);
    show({...all, running: 400000, configuration: ["/etc/wsd-scand.conf"],
        scanners: words.map((state, i) => ({name: "Scanner " + state, endpoint: "urn:uuid:" + i,
            manufacturer: "Acme", model: "Model " + i, address: "192.0.2." + i, service: "", state,
            remaining: state === "ready" ? 5000 : undefined, scanning: state === "ready",
            panel: state === "ready" || state === "lost" ? [{destination: "a", shown: "A".repeat(90)},
                {destination: "b", shown: "Inbox (study)"}] : [], error_time: stamp,
            error: ["away", "lost", "refused", "ready"].includes(state) ?
                "connection refused. Is it switched on? Switch it off and on again." : undefined})),
        scans: scans.map((state, i) => ({id: "x" + i, scanner: "Scanner " + i, destination: "Inbox",
            state, began: i ? stamp : new Date().toISOString(), pages: i, bytes: 12345678 * i,
            blank: i === 4 ? 2 : undefined, files: i === 4 ? ["/srv/scans/" + "x".repeat(200) + ".pdf",
            "/srv/scans/b.pdf"] : [], thumbnail: false, kept: i === 5 ? "/var/lib/wsd-scand/incomplete/a" :
            undefined, error: i === 5 ? "page 5 did not come: connection reset" : undefined}))});
    document.querySelector("details").open = true;
    return [[...document.querySelectorAll("#scanners .state")].map(e => e.textContent),
            [...document.querySelectorAll("#scans .state")].map(e => e.textContent)];
})()"""


@case("every state is shown in its words, with what is the matter, in every width and in the dark")
def all_states(shared):
    status = shared.daemon.status()
    for options in ({}, {"dark": True}, {"width": 320, "height": 800}):
        with shown(shared, **options) as tab:
            equal(tab.value(MANY % json.dumps(status)), [list(status["state_words"].values()),
                                                         list(status["scan_words"].values())], "words")
            equal(tab.value(NARROW), [], f"what sticks out with {options}")
            equal(tab.value(CONTRAST), [], f"what is hard to read with {options}")
            for wanted in ("Yesterday, ", "62 MB", "49 MB", "2 blank", "83 min", "4 days",
                           "Switch it off and on again.", "did not come", "incomplete/a", "(study)"):
                check(wanted in text(tab, "body"), f"{wanted!r} is missing")
            shoot(tab, "many", options)


@case("who listens to the page hears headings, a table with names, and what pictures are")
def accessible(shared):
    for width in (1200, 390):
        with shown(shared, width=width, height=900) as tab:
            tab.call("Accessibility.enable")
            nodes = [(n["role"]["value"], n.get("name", {}).get("value", ""))
                     for n in tab.call("Accessibility.getFullAXTree")["nodes"]
                     if not n.get("ignored")]
            for wanted in (("heading", "Scan to study"), ("heading", "Scanners"),
                           ("heading", NAME), ("heading", "Last scans"), ("table", "Last scans"),
                           ("columnheader", "First page"), ("columnheader", "Result"),
                           ("region", "Scanners")):
                check(wanted in nodes, f"{wanted} is missing at {width}: {nodes}")
            rows = sum(role == "row" for role, _ in nodes)
            scans = tab.value("document.querySelectorAll('#scans tr').length")
            equal(rows, scans + 1, "rows")
            check(all(re.match("First page of the scan of (to|yester)day, ", name)
                      for role, name in nodes if role == "image"), str(nodes))


@case("wsd-scand ends in an orderly way, with all of that behind it")
def ends(shared):
    shared.daemon.end()
    shared.server.end()


main(setup=Shared)
