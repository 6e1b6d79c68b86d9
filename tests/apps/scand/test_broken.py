#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Scans that go wrong: what was fetched is kept where `broken` says so, the job on the scanner is
ended, the failure is told in status and log, and the next scan works. See scand.py."""

import os
import shutil
from pathlib import Path

from scand import (Document, check, digest, equal, interop, main, other_helper, scene, tmpfs,
                   wait_for)
import network
from network import Switch
from puppet import (Puppet, Reply, fault, image_head, image_reply, marked, multipart_type)

BIG = {"resolution": 300, "mode": "color", "source": "adf"}
LATE = 5  # seconds of page-timeout
SLACK = 3


def stage(here, *arguments, **options):
    box, daemon = here.scanner(*arguments), here.daemon(**options)
    box.await_entry("Desk")
    daemon.wait_ready()
    return box, daemon


def failed(daemon, *words, count=1, pages=None):
    """The newest scan has failed, and these words are said of it."""
    scan = daemon.wait_scans(count)[0]
    equal(scan["state"], "failed", f"{scan}")
    for word in words:
        check(word in scan["error"], lambda w=word: f"{w!r} is not in {scan['error']!r}")
        check(word in daemon.said(), lambda w=word: f"the log does not say {w!r}")
    if pages is not None:
        equal(scan["pages"], pages, f"pages of {scan}")
    return scan


def kept(daemon, scan, pages, suffix="-incomplete"):
    """So many pages lie in a folder of their own, which the scan names."""
    folder = Path(scan["kept"])
    check(folder.name.endswith(suffix) and folder.is_dir(), f"kept: {scan['kept']}")
    names = sorted(p.name for p in folder.iterdir())
    equal(len([n for n in names if n.startswith("page-")]), pages, f"pages in {names}")
    check("README.txt" in names, f"{names}")
    equal(daemon.spool(), [], "spool")
    return folder


def next_works(box, daemon, count=2, source="adf", sheets=1, device=1):
    box.do("clear", all=True)
    box.do("feeder", sheets=sheets)
    box.press("Desk", device, source=source)
    scan = daemon.wait_scans(count)[0]
    equal(scan["state"], "done", f"the next scan: {scan}")
    Document(scan["files"][0])


def program(here, text):
    """A shell script of its own, for `command`."""
    path = Path(here.path, "program")
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return str(path)


def job_is_over(box):
    wait_for("the scanner's job is over",
             lambda: box.events("job-completed", "job-cancelled", "job-aborted"), poke=box.wake)
    equal(len(box.events("job-began")),
          len(box.events("job-completed", "job-cancelled", "job-aborted")), "jobs that are over")


# -- the computer -----------------------------------------------------------------------------


@scene("kill -9 of the daemon in a job: its pages are kept, the job is cancelled, all is told")
def _(here):
    box, daemon = stage(here, destinations={"Desk": BIG})
    box.do("feeder", sheets=50)
    box.press("Desk", source="adf")
    daemon.wait_pages(2)
    box.do("jam")
    daemon.kill()
    here.let_pass(3)
    whole = [digest(Path(p).read_bytes()) for p in sorted(daemon.pages_fetched())]
    check(len(whole) >= 2, f"{len(whole)} pages")
    daemon.start()
    scan = failed(daemon, "wsd-scand was ended while it came")
    folder = kept(daemon, scan, len(whole))
    equal([digest(p.read_bytes()) for p in sorted(folder.glob("page-*"))], whole, "the pages")
    equal(daemon.files(), [], "files")
    job_is_over(box)
    daemon.wait_ready()
    equal(box.panel(), ["Desk"], "panel")
    next_works(box, daemon)


@scene("kill -9 of the daemon while the document is made: it stands once, and that is told")
def _(here):
    slow = program(here, f"echo x >> {here.path}/count\nsleep 0.7\n")
    box, daemon = stage(here, destinations={"Desk": {**BIG, "command": [slow]}})
    box.do("feeder", sheets=2)
    box.press("Desk", source="adf")
    wait_for("the command runs", lambda: Path(here.path, "count").exists(), poke=here.heed)
    daemon.kill()
    daemon.start()
    scan = daemon.wait_scans()[0]
    equal((scan["state"], len(scan["files"])), ("done", 1), f"{scan}")
    equal((Document(scan["files"][0]).pages, scan["pages"]), (2, 2), "pages")
    equal(len(daemon.files()), 1, "files")
    daemon.wait_spool_empty()
    equal(Path(here.path, "count").read_text(), "x\n", "times the command ran")


@scene("the disk of the spool is full: said with what to do, the job is ended, the next one works")
def _(here):
    with tmpfs(here.world, f"{here.path}/small", "2m") as small:
        box, daemon = stage(here, general={"state": f"{small}/state",
                                           "incomplete": f"{here.path}/incomplete"},
                            destinations={"Desk": {**BIG, "resolution": 600}})
        daemon.state = f"{small}/state"
        box.do("feeder", sheets=3)
        box.press("Desk", source="adf")
        failed(daemon, "cannot be written", "No space left on device", "free some space")
        job_is_over(box)
        equal(daemon.spool(), [], "spool")
        daemon.destinations = {"Desk": {}}
        daemon.write()
        daemon.reload()
        daemon.wait_said("was read again")
        next_works(box, daemon)
        daemon.stop()


@scene("the disk of the folder is full: the pages are kept elsewhere, nothing half made stays")
def _(here):
    with tmpfs(here.world, f"{here.path}/small", "300k") as small:
        box, daemon = stage(here, destinations={"Desk": {"folder": small, **BIG}})
        box.do("feeder", sheets=3)
        box.press("Desk", source="adf")
        scan = failed(daemon, "space", pages=3)
        kept(daemon, scan, 3)
        equal(os.listdir(small), [], "files in the full folder")
        job_is_over(box)
        daemon.destinations = {"Desk": {}}
        daemon.write()
        daemon.reload()
        daemon.wait_said("was read again")
        next_works(box, daemon)


@scene("the folder is on a disk that is read-only: said at the start, pages are kept")
def _(here):
    with tmpfs(here.world, f"{here.path}/fixed") as fixed:
        interop.syscall(interop.libc.mount(None, fixed.encode(), None, 32 | 1, None), "remount")
        box, daemon = stage(here, destinations={"Desk": {"folder": fixed}})
        daemon.wait_said("cannot be written to")
        box.do("feeder", sheets=2)
        box.press("Desk", source="adf")
        kept(daemon, failed(daemon, pages=2), 2)
        interop.syscall(interop.libc.mount(None, fixed.encode(), None, 32, None), "remount")
        next_works(box, daemon)


@scene("the folder is gone: the pages are kept, and the next scan works when it is back")
def _(here):
    box, daemon = stage(here)
    shutil.rmtree(daemon.output)
    box.do("feeder", sheets=2)
    box.press("Desk", source="adf")
    scan = daemon.wait_scans()[0]
    if scan["state"] == "failed":
        kept(daemon, scan, 2)
    else:
        equal(Document(scan["files"][0]).pages, 2, "pages")
    os.makedirs(daemon.output, exist_ok=True)
    next_works(box, daemon)


@scene("a folder that became a file is no crash: the pages are kept")
def _(here):
    box, daemon = stage(here)
    os.rmdir(daemon.output)
    Path(daemon.output).write_text("mine")
    box.do("feeder", sheets=2)
    box.press("Desk", source="adf")
    kept(daemon, failed(daemon, pages=2), 2)
    equal(Path(daemon.output).read_text(), "mine", "the file")
    os.remove(daemon.output)
    os.mkdir(daemon.output)
    next_works(box, daemon)


@scene("the command fails: the document stands, the failure is told")
def _(here):
    box, daemon = stage(here, destinations={"Desk": {"command": ["/bin/false"]}})
    box.press("Desk")
    scan = failed(daemon, "the command failed", "status 1")
    Document(scan["files"][0])
    daemon.wait_spool_empty()
    job_is_over(box)
    daemon.destinations = {"Desk": {}}
    daemon.write()
    daemon.reload()
    daemon.wait_said("was read again")
    next_works(box, daemon)


@scene("the command cannot be run at all: likewise")
def _(here):
    path = program(here, "true\n")
    box, daemon = stage(here, destinations={"Desk": {"command": [path]}})
    os.remove(path)
    box.press("Desk")
    scan = failed(daemon, "the command failed", path, "No such file")
    Document(scan["files"][0])
    daemon.wait_spool_empty()


@scene("the command hangs: it is ended after command-timeout, and other scans do not wait for it")
def _(here):
    hang = {"command": ["/bin/sleep", "600"], "command-timeout": "1 s"}
    box, daemon = stage(here, destinations={"Hang": hang, "Desk": {}})
    box.await_entry("Hang")
    box.press("Hang")
    wait_for("the job is over", lambda: box.events("job-completed"), poke=here.heed)
    box.press("Desk")
    scans = daemon.wait_scans(2)
    equal({s["destination"]: s["state"] for s in scans}, {"Hang": "failed", "Desk": "done"},
          "states")
    scan = next(s for s in scans if s["destination"] == "Hang")
    check("took longer than 1 second" in scan["error"], scan["error"])
    Document(scan["files"][0])
    equal(subprocesses(daemon), [], "processes left")


def subprocesses(daemon):
    """Names of the daemon's children."""
    try:
        pids = Path(f"/proc/{daemon.program.process.pid}/task/{daemon.program.process.pid}"
                    "/children").read_text().split()
    except OSError:
        return []
    return [Path(f"/proc/{pid}/comm").read_text().strip() for pid in pids
            if Path(f"/proc/{pid}/comm").exists()]


@scene("a document that is only piped, and the pipe fails: the document is kept")
def _(here):
    box, daemon = stage(here, destinations={"Desk": {}})
    text = Path(daemon.path, "scand.conf").read_text()
    Path(daemon.path, "scand.conf").write_text(
        text.replace(f'folder = "{daemon.output}"', 'pipe = { "/bin/false" }'))
    daemon.reload()
    daemon.wait_said("was read again")
    here.turn_until("the panel", lambda: box.panel() == ["Desk"])
    daemon.wait_ready()
    box.press("Desk")
    scan = failed(daemon, "status 1")
    folder = Path(scan["kept"])
    check(folder.name.endswith("-undelivered"), folder.name)
    Document(next(folder.glob("*.pdf")))


@scene("the helper is killed at its work: another one takes over")
def _(here):
    box, daemon = stage(here, destinations={"Desk": BIG})
    box.do("feeder", sheets=4)
    box.press("Desk", source="adf")
    daemon.wait_pages(1)
    box.do("jam")
    for pid in children(daemon):
        os.kill(pid, 9)
    daemon.wait_said("wsd-scand-deliver ended early")
    box.do("clear", all=True)
    scan = daemon.wait_scans()[0]
    equal((scan["state"], scan["pages"]), ("done", 4), f"{scan}")
    equal(Document(scan["files"][0]).pages, 4, "pages")
    equal(len(daemon.files()), 1, "files")


def children(daemon):
    pid = daemon.program.process.pid
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@scene("the helper cannot be run: pages stay in the spool, and the next start delivers them")
def _(here):
    box, daemon = stage(here)
    box.do("feeder", sheets=2)
    with other_helper("/bin/false"):
        box.press("Desk", source="adf")
        scan = failed(daemon, "the document could not be made", pages=2)
        equal(len(daemon.spool()), 1, "jobs in the spool")
        check(scan["kept"].startswith(f"{daemon.state}/spool"), scan["kept"])
    daemon.stop()
    daemon.start()
    wait_for("the document", daemon.files, poke=here.heed)
    equal(Document(f"{daemon.output}/{daemon.files()[0]}").pages, 2, "pages")
    daemon.wait_spool_empty()


@scene("neither the folder nor that for what is incomplete can be written to: pages stay in the "
       "spool, and the next start delivers them")
def _(here):
    with tmpfs(here.world, f"{here.path}/fixed") as fixed:
        os.mkdir(f"{fixed}/scans")
        interop.syscall(interop.libc.mount(None, fixed.encode(), None, 32 | 1, None), "remount")
        box, daemon = stage(here, general={"incomplete": f"{fixed}/incomplete"},
                            destinations={"Desk": {"folder": f"{fixed}/scans"}})
        box.do("feeder", sheets=2)
        box.press("Desk", source="adf")
        scan = failed(daemon, pages=2)
        check(scan["kept"].startswith(f"{daemon.state}/spool"), f"{scan}")
        equal(len(daemon.pages_fetched()), 2, "pages in the spool")
        daemon.stop()
        daemon.start()
        failed(daemon, pages=2)
        equal(len(daemon.pages_fetched()), 2, "pages in the spool, still")
        daemon.kill()
        interop.syscall(interop.libc.mount(None, fixed.encode(), None, 32, None), "remount")
        daemon.start()
        scan = daemon.wait_scans()[0]
        equal((scan["state"], scan["pages"]), ("done", 2), f"{scan}")
        equal(Document(scan["files"][0]).pages, 2, "pages")
        daemon.wait_spool_empty()
        daemon.stop()


@scene("a clean end in a job: its pages are kept or in a document, the job is cancelled")
def _(here):
    box, daemon = stage(here, destinations={"Desk": BIG})
    box.do("feeder", sheets=50)
    box.press("Desk", source="adf")
    daemon.wait_pages(2)
    daemon.stop()
    job_is_over(box)
    wait_for("an empty panel", lambda: not box.panel())
    equal(daemon.memory()["subscriptions"], [], "remembered subscriptions")
    equal(daemon.spool(), [], "spool")
    (names,) = daemon.kept().values()
    check(len([n for n in names if n.startswith("page-")]) >= 2, f"{names}")


# -- the scanner ------------------------------------------------------------------------------


def puppet(here, images, broken="keep", **general):
    fake = Puppet(here)
    fake.images = images
    daemon = here.daemon(
        general={"discovery": False, "page-timeout": f"{LATE} s", **general},
        destinations={"Desk": {"source": "adf", "broken": broken}},
        scanners={"Puppet": fake.section()})
    fake.wait_subscribed()
    daemon.wait_ready()
    return fake, daemon


def half(image, **how):
    """A page of which only the first half comes."""
    return Reply(image_head() + image[:len(image) // 2], content_type=multipart_type(),
                 length=len(image_head()) + len(image) + 40, **how)


def play_stop(here, third, broken, words, expect_late):
    """Two whole pages, then `third`; how it is told and what is left."""
    images = [marked(f"page {n}", 5000) for n in range(3)]
    fake, daemon = puppet(here, [image_reply(images[0]), image_reply(images[1]), third(images[2])],
                          broken)
    fake.press()
    if expect_late:
        wait_for("page 3 is asked for", lambda: fake.count("RetrieveImage") == 3)
        daemon.wait_pages(2)
        took = here.turn_until("the end", lambda: daemon.scans()[0]["state"] == "failed",
                               LATE + SLACK, 0.5)
        check(took >= LATE - 1, f"given up after {took:.1f} s")
    scan = failed(daemon, *words)
    fake.await_cancel()
    return fake, daemon, scan, images


def first_pages_are(folder, images):
    found = [digest(p.read_bytes()) for p in sorted(folder.glob("page-*"))]
    equal(found[:2], [digest(image) for image in images[:2]], "the whole pages")


for NAME, THIRD, LATE_ONE in (
        ("stops in mid page", lambda image: half(image, hold=True), True),
        ("never answers for a page", lambda image: Reply(silent=True), True),
        ("breaks the connection in mid page", lambda image: half(image, cut=True), False),
        ("refuses a page", lambda image: fault("OperationFailed", 500), False)):

    @scene(f"the scanner {NAME}: what came is kept")
    def _(here, third=THIRD, late=LATE_ONE):
        fake, daemon, scan, images = play_stop(here, third, "keep", ["page 3"], late)
        folder = Path(scan["kept"])
        first_pages_are(folder, images)
        check("README.txt" in os.listdir(folder), "README.txt is missing")
        equal((daemon.files(), daemon.spool()), ([], []), "files, spool")
        again(fake, daemon)

    @scene(f"the scanner {NAME}: with broken = drop nothing stays")
    def _(here, third=THIRD, late=LATE_ONE):
        fake, daemon, scan, _ = play_stop(here, third, "drop", ["page 3"], late)
        check("kept" not in scan, f"{scan}")
        equal((daemon.files(), daemon.spool(), daemon.kept()), ([], [], {}), "files, spool, kept")
        again(fake, daemon)


def again(fake, daemon):
    fake.images = [image_reply(marked("again"))]
    fake.press(identifier="scan-again")
    equal(daemon.wait_scans(2)[0]["state"], "done", "the next scan")


def stopped(here, how, *words):
    """Two pages of five are there, then `how` at the scanner."""
    box, daemon = stage(here, general={"page-timeout": f"{LATE} s"}, destinations={"Desk": BIG})
    box.do("feeder", sheets=50)
    box.press("Desk", source="adf")
    daemon.wait_pages(2)
    how(box)
    took = here.turn_until("the end", lambda: daemon.scans()[0]["state"] == "failed",
                           LATE + SLACK, 0.5)
    scan = failed(daemon, *words)
    pages = scan["pages"]
    folder = Path(scan["kept"])
    equal(len(list(folder.glob("page-*"))), pages, f"pages in {os.listdir(folder)}")
    check(pages >= 2, f"{scan}")
    job_is_over(box)
    next_works(box, daemon)
    return took


@scene("the paper jams: told in these words, what came is kept, the job is ended")
def _(here):
    stopped(here, lambda box: box.do("jam"), "jam")


@scene("the cover is opened: likewise")
def _(here):
    stopped(here, lambda box: box.do("cover", open=True), "cover")


@scene("cancelled at the panel: it ends at once, what came is kept")
def _(here):
    stopped(here, lambda box: box.do("cancel"), "cancel")


@scene("the scanner loses its power in mid job: told, kept, and it works again afterwards")
def _(here):
    box, daemon = stage(here, general={"page-timeout": f"{LATE} s"}, destinations={"Desk": BIG})
    box.do("feeder", sheets=50)
    box.press("Desk", source="adf")
    daemon.wait_pages(2)
    box.do("vanish")
    here.turn_until("the end", lambda: daemon.scans()[0]["state"] == "failed", LATE + 12, 0.5)
    scan = failed(daemon)
    check(len(list(Path(scan["kept"]).glob("page-*"))) >= 2, f"{scan}")
    box.do("reboot")
    here.turn_until("the panel", lambda: box.panel() == ["Desk"])
    daemon.wait_ready()
    next_works(box, daemon)


@scene("the cable is pulled in mid job, and stays out: told after page-timeout, kept")
def _(here):
    box, daemon = stage(here, general={"page-timeout": f"{LATE} s"}, destinations={"Desk": BIG})
    box.do("feeder", sheets=50)
    box.press("Desk", source="adf")
    daemon.wait_pages(2)
    network.carrier(here.world, "server", False)
    here.let_pass(LATE + 1, 1)  # what else it asks runs into real time limits of connections
    scan = failed(daemon)
    check(len(list(Path(scan["kept"]).glob("page-*"))) >= 2, f"{scan}")
    network.carrier(here.world, "server", True)
    here.turn_until("the panel", lambda: daemon.scanner()["state"] == "ready"
                    and box.panel() == ["Desk"])


main(setup=Switch)
