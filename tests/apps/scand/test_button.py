#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the button of a scanner begins: each document once, whole, of its own pages only, and as the
panel, the file and the scanner's own ticket want it, in this order. See scand.py."""

from scand import Document, check, digest, equal, main, scene, wait_for
import network
from network import Switch
from puppet import Puppet, element, fault, image_reply, marked, png, status


def stage(here, *arguments, **options):
    box, daemon = here.scanner(*arguments), here.daemon(**options)
    for name in daemon.destinations:
        box.await_entry(name)
    daemon.wait_ready()
    return box, daemon


def puppet(here, daemon=None, images=None, **options):
    """A scanner that is played, and a daemon that has its line there."""
    fake = Puppet(here, **options)
    if images:
        fake.images = [image_reply(image) for image in images]
    here.daemon_ = here.daemon(scanners={"Puppet": fake.section()}, **{
        "general": {"discovery": False}, **(daemon or {})})
    fake.wait_subscribed()
    here.daemon_.wait_ready()
    return fake, here.daemon_


def done(scan, pages=None):
    equal(scan["state"], "done", f"{scan}")
    document = Document(scan["files"][0])
    if pages is not None:
        equal((document.pages, scan["pages"]), (pages, pages), f"pages of {scan}")
    return document


# -- what is asked for ------------------------------------------------------------------------


@scene("the source that was chosen at the panel wins over the file's")
def _(here):
    box, daemon = stage(here, destinations={"Desk": {"source": "platen"}})
    box.do("feeder", sheets=3)
    box.press("Desk", source="adf")
    done(daemon.wait_scans()[0], 3)
    box.do("feeder", sheets=2)
    box.press("Desk", source="duplex")
    done(daemon.wait_scans(2)[0], 4)


@scene("where the panel says nothing the file's source counts, else the scanner's own")
def _(here):
    box, daemon = stage(here, destinations={"Desk": {}, "Both sides": {"source": "duplex"}})
    box.do("feeder", sheets=2)
    box.press("Desk")
    done(daemon.wait_scans()[0], 1)
    box.press("Both sides")
    done(daemon.wait_scans(2)[0], 4)


@scene("mode, resolution, paper and quality are those of the destination")
def _(here):
    box, daemon = stage(here, destinations={
        "Fine": {"resolution": 150, "mode": "color", "paper": "a5", "quality": 95},
        "Coarse": {"resolution": 150, "mode": "color", "paper": "a5", "quality": 5},
        "Gray": {"resolution": 75, "mode": "gray", "paper": "100x50"}})
    sizes = {}
    for count, (name, width, height, colors) in enumerate((
            ("Fine", 874, 1240, 3), ("Coarse", 874, 1240, 3), ("Gray", 295, 148, 1)), 1):
        box.press(name)
        document = done(daemon.wait_scans(count)[0], 1)
        got = document.size()
        check(abs(got[0] - width) <= 2 and abs(got[1] - height) <= 2 and got[2] == colors,
              f"{name}: {got}, wanted {(width, height, colors)}")
        sizes[name] = len(document.images[0])
    check(sizes["Coarse"] * 2 < sizes["Fine"], f"sizes {sizes}")


@scene("the ticket is the scanner's own with the destination's wishes on top; nearest values")
def _(here):
    fake, daemon = puppet(here, {"destinations": {"Desk": {
        "resolution": 260, "mode": "bw", "quality": 33, "max-pages": 7, "source": "adf"}}})
    equal(fake.press(), 202, "answer")
    done(daemon.wait_scans()[0])
    (request,) = fake.all("CreateScanJob")
    for name, value in (("Width", "300"), ("ColorProcessing", "RGB24"), ("InputSource", "ADF"),
                        ("CompressionQualityFactor", "33"), ("ImagesToTransfer", "7"),
                        ("ScanIdentifier", "scan-1"), ("DestinationToken", "token-1-0"),
                        ("JobName", "Desk"), ("JobOriginatingUserName", "desk")):
        got = request.text[request.text.find("Resolution>"):] if name == "Width" else request.text
        check(f"{name}>{value}<" in got, f"{name} {value} is not in {request.text}")


# -- waiting ----------------------------------------------------------------------------------


@scene("a scanner that warms up is waited for")
def _(here):
    box, daemon = stage(here)
    box.do("lamp", lamp="warm")
    box.press("Desk")
    wait_for("the job is asked for", lambda: daemon.scans()
             and daemon.scans()[0]["state"] == "asking")
    here.let_pass(8, 1)
    equal(daemon.scans()[0]["state"], "asking", "state")
    box.do("lamp", lamp="ready")
    here.turn_until("the scan", lambda: daemon.scans()[0]["state"] == "done", 5)


@scene("a scanner that warms up for ever is given up after half a minute, and that is said")
def _(here):
    box, daemon = stage(here)
    box.do("lamp", lamp="warm")
    box.press("Desk")
    wait_for("the job is asked for", lambda: daemon.scans())
    here.turn_until("the end", lambda: daemon.scans()[0]["state"] == "failed", 60)
    check("warming up for too long" in daemon.scans()[0]["error"], f"{daemon.scans()}")
    box.do("lamp", lamp="ready")
    box.press("Desk")
    done(daemon.wait_scans(2)[0], 1)


@scene("a scanner that scans for somebody else is waited for")
def _(here):
    fake, daemon = puppet(here)
    busy = fault("ServerErrorNotAcceptingJobs")
    fake.status = status("Processing")
    fake.answers["CreateScanJob"] = [busy, busy, busy, None]
    fake.press()
    wait_for("the job is asked for", lambda: fake.count("CreateScanJob"))
    here.turn_until("the scan", lambda: daemon.scans()[0]["state"] == "done", 20)
    equal(fake.count("CreateScanJob"), 4, "tries")


@scene("an empty feeder is told, and leaves no job on the scanner")
def _(here):
    box, daemon = stage(here, destinations={"Desk": {"source": "adf"}})
    box.do("feeder", sheets=0)
    box.press("Desk")
    (scan,) = daemon.wait_scans()
    equal(scan["state"], "failed", f"{scan}")
    check("the feeder is empty" in scan["error"], f"{scan}")
    daemon.wait_said("the feeder is empty")
    equal(len(box.events("job-began")),
          len(box.events("job-completed", "job-cancelled", "job-aborted")), "jobs that are over")
    box.do("feeder", sheets=2)
    box.press("Desk")
    done(daemon.wait_scans(2)[0], 2)
    equal(len(daemon.files()), 1, "files")


# -- each document once -----------------------------------------------------------------------


@scene("two scanners at once: each document has its own pages")
def _(here):
    one, two = Puppet(here, name="One"), Puppet(here, name="Two")
    pages = {"One": [marked(f"one {n}") for n in range(5)],
             "Two": [marked(f"two {n}") for n in range(3)]}
    for fake in (one, two):
        fake.images = [image_reply(image) for image in pages[fake.name]]
    daemon = here.daemon(general={"discovery": False}, destinations={"Desk": {"source": "adf"}},
                         scanners={"One": one.section(), "Two": two.section()})
    daemon.wait_ready(2)
    one.press()
    two.press()
    for scan in daemon.wait_scans(2):
        document = done(scan, len(pages[scan["scanner"]]))
        equal([digest(image) for image in document.images],
              [digest(image) for image in pages[scan["scanner"]]], f"pages of {scan['scanner']}")


@scene("twenty scanners at once: twenty documents, each whole and of its own pages")
def _(here):
    box = here.scanner("--count", "20", "--sheets", "2", name="Unit")
    daemon = here.daemon(destinations={"Desk": {
        "source": "adf", "pattern": "{device}"}})
    daemon.wait_ready(20)
    for number in range(1, 21):
        equal(box.panel(number), ["Desk"], f"panel {number}")
    for number in range(1, 21):
        box.press("Desk", number)
    scans = daemon.wait_scans(20)
    equal(sorted(scan["scanner"] for scan in scans),
          sorted(f"Unit {n}" for n in range(1, 21)), "scanners")
    seen = {}
    for scan in scans:
        document = done(scan, 2)
        for page, image in enumerate(document.images):
            seen.setdefault(digest(image), []).append((scan["scanner"], page))
    # The chart shows the scanner's name and the page's number: no two are alike.
    equal([owners for owners in seen.values() if len(owners) > 1], [], "pages that are there twice")
    equal(len(daemon.files()), 20, "files")
    # And each is what that scanner sends to anybody.
    unit = next(s for s in scans if s["scanner"] == "Unit 7")
    box.do("feeder", device=7, sheets=2)
    before = len(scans)
    box.press("Desk", 7)
    again = done(daemon.wait_scans(before + 1)[0], 2)
    equal([digest(i) for i in again.images],
          [digest(i) for i in Document(unit["files"][0]).images], "the same again")


@scene("the button is pressed twice: the second scan waits for the first, both are whole")
def _(here):
    fake, daemon = puppet(here)
    sets = [[marked(f"{n} of {s}") for n in range(3)] for s in range(2)]
    fake.images = []

    def create(request):
        fake.images = [image_reply(image) for image in sets[fake.count("CreateScanJob") - 1]]
        return fake.createscanjob(request)
    fake.answers["CreateScanJob"] = create
    daemon.destinations["Desk"]["source"] = "adf"
    daemon.write()
    daemon.reload()
    daemon.wait_said("was read again")
    equal((fake.press(identifier="scan-1"), fake.press(identifier="scan-2")), (202, 202), "answers")
    scans = daemon.wait_scans(2)
    found = [[digest(i) for i in done(scan, 3).images] for scan in reversed(scans)]
    equal(found, [[digest(i) for i in images] for images in sets], "pages of both")
    equal([r.get("ScanIdentifier") for r in fake.all("CreateScanJob")], ["scan-1", "scan-2"],
          "identifiers")


@scene("the same event delivered twice makes one document")
def _(here):
    fake, daemon = puppet(here)
    for _ in range(3):
        equal(fake.press(message_id="urn:uuid:0f0f0f0f-0000-4000-8000-000000000001"), 202, "answer")
    daemon.wait_scans()
    here.let_pass(30)
    equal((len(daemon.scans()), fake.count("CreateScanJob"), len(daemon.files())), (1, 1, 1),
          "scans, jobs, files")


@scene("the same button press told under another message id makes one document")
def _(here):
    fake, daemon = puppet(here)
    fake.press(identifier="scan-1")
    fake.press(identifier="scan-1")
    daemon.wait_scans()
    here.let_pass(30)
    equal((len(daemon.files()), fake.count("CreateScanJob")), (1, 1), "files, jobs")
    fake.press(identifier="scan-2")
    wait_for("another document", lambda: len(daemon.files()) == 2)


@scene("a button that is held down fills no memory: eight wait, the others are left out and said")
def _(here):
    fake, daemon = puppet(here)
    fake.answers["CreateScanJob"] = [fault("ServerErrorNotAcceptingJobs")]
    fake.status = status("Processing")
    for number in range(30):
        equal(fake.press(identifier=f"scan-{number}"), 202, "answer")
    daemon.wait_said("pressed too often")
    check(len(daemon.scans()) <= 10, f"{len(daemon.scans())} scans")


@scene("a page that is a PNG and one that is a JPEG make one document")
def _(here):
    fake, daemon = puppet(here, {"destinations": {"Desk": {"source": "adf"}}},
                          [png(40, 30), marked("second"), png(30, 40)])
    fake.press()
    (scan,) = daemon.wait_scans()
    equal((scan["state"], scan["pages"]), ("done", 3), f"{scan}")


@scene("CreateScanJob that is refused for a dropped token leads to a new subscription")
def _(here):
    fake, daemon = puppet(here)
    fake.answers["CreateScanJob"] = [fault("ClientErrorInvalidDestinationToken"), None]
    fake.press()
    (scan,) = daemon.wait_scans()
    equal(scan["state"], "failed", f"{scan}")
    here.turn_until("another Subscribe", lambda: fake.count("Subscribe") == 2)
    equal(len(fake.subscribers), 1, "subscriptions")
    daemon.wait_ready()
    fake.press(identifier="scan-2")
    done(daemon.wait_scans(2)[0], 1)


del element, network
main(setup=Switch)
