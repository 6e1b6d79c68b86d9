# SPDX-License-Identifier: MIT
"""Chromium without a window, asked over the pipe of its DevTools protocol: what a page shows, what
it asks for, and what it complains about."""

import base64
import json
import os
import selectors
import subprocess
import time

from interop import Failure, check, children, die_with_parent

LIMIT = 60  # seconds for an answer; a busy machine takes its time
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--disable-extensions", "--disable-default-apps",
         "--hide-scrollbars", "--remote-debugging-pipe"]


class Browser:
    """One browser; each Tab is a page of it."""

    def __init__(self, world, host):
        self.folder = world.path("chromium")
        os.makedirs(self.folder, exist_ok=True)
        commands, self.to = os.pipe()
        self.come, answers = os.pipe()
        log = open(os.path.join(self.folder, "log"), "wb")
        # The protocol wants its pipes as descriptors 3 and 4.
        argv = ["bash", "-c", f'exec "$@" 3<&{commands} 4>&{answers}', "bash", "chromium", *FLAGS,
                f"--user-data-dir={self.folder}/profile", "about:blank"]
        with world.on(host), log:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                pass_fds=[commands, answers], preexec_fn=die_with_parent,
                env={**os.environ, "HOME": self.folder, "LD_LIBRARY_PATH": ""})
        children.append(self)
        os.close(commands)
        os.close(answers)
        self.number, self.rest, self.events = 0, b"", []
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.come, selectors.EVENT_READ)

    def kill(self):
        self.process.kill()
        self.process.wait()
        children.remove(self)

    def read(self, deadline):
        """One more message."""
        while b"\0" not in self.rest:
            if not self.selector.select(max(0, deadline - time.monotonic())):
                raise Failure("the browser was silent for too long")
            piece = os.read(self.come, 1 << 20)
            if not piece:
                with open(os.path.join(self.folder, "log"), encoding="utf-8") as log:
                    raise Failure("the browser ended; it said:\n" + log.read()[-3000:])
            self.rest += piece
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + LIMIT
        while True:
            answer = self.read(deadline)
            if answer.get("id") == self.number:
                check("error" not in answer, lambda: f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def wait(self, wanted, what):
        """Until wanted(event) is true of one that came."""
        deadline, seen = time.monotonic() + LIMIT, 0
        while True:
            for event in self.events[seen:]:
                if wanted(event):
                    return event
            seen = len(self.events)
            try:
                self.events.append(self.read(deadline))
            except Failure as failure:
                raise Failure(f"{what}: {failure}") from failure


class Tab:
    """One page, in a size, in light or dark. `domains` of the protocol are listened to."""

    def __init__(self, browser, width=1200, height=900, dark=False, script=True):
        self.browser = browser
        self.target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=self.target,
                                    flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(domain + ".enable")
        self.size(width, height)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        if not script:
            self.call("Emulation.setScriptExecutionDisabled", value=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.browser.call("Target.closeTarget", targetId=self.target)

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  screenWidth=width, screenHeight=height, deviceScaleFactor=1, mobile=width < 600)

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.browser.wait(lambda e: e.get("sessionId") == self.session and
                          e["method"] == "Page.loadEventFired", f"{url} was not loaded")

    def seen(self, method):
        """The parameters of each event of that kind."""
        self.value("1")  # what was on its way is here now
        return [e["params"] for e in self.browser.events
                if e.get("sessionId") == self.session and e["method"] == method]

    def value(self, expression):
        """Of an expression in the page, or of what it promises."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                           awaitPromise=True)
        check("exceptionDetails" not in answer, lambda: str(answer.get("exceptionDetails")))
        return answer["result"].get("value")

    def wait(self, condition, what):
        """Until the page changes so that the condition holds. The page itself waits, since policies
        of its own keep others' scripts out but not the debugger's."""
        self.value(f"""new Promise((done, failed) => {{
            const holds = () => {{ if ({condition}) done(true); else return false; }};
            const late = setTimeout(() => failed(new Error({json.dumps(what)})), {LIMIT * 900});
            if (holds() === false)
                new MutationObserver(holds).observe(document,
                    {{attributes: true, childList: true, characterData: true, subtree: true}});
        }})""")

    def screenshot(self, path):
        picture = self.call("Page.captureScreenshot", captureBeyondViewport=True,
                            clip={"x": 0, "y": 0, "scale": 1,
                                  "width": self.value("screen.width"),
                                  "height": self.value("document.documentElement.scrollHeight")})
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))
