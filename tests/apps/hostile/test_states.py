# SPDX-License-Identifier: MIT
"""A scanner that cannot scan now: waited for where that helps, else the words say what to do.

Paper trouble has an exit code of its own. Where the status tells the trouble beforehand, no job is
made; where it comes out later, the job is ended.
"""

from device import (JPEG, Reply, adf, element, fault, image_head, image_reply, multipart_type,
                    status)
from hostile import OK, PAPER, REFUSED, cancelled, case, device, equal, files, main, scan, setup

NOT_NOW = "ServerErrorNotAcceptingJobs"


def feeding(world, **options):
    fake = device(world, **options)
    fake.sources["ADF"] = adf()
    return fake


def refusing(fake, state, reason="None", subcode=NOT_NOW):
    """The status is fine until a job was asked for, and then tells this."""
    fake.answers["CreateScanJob"] = fault(subcode)
    fake.status = lambda: status(*(state, (reason,)) if fake.count("CreateScanJob") else ())
    return fake


def trouble_at_once(world, reason, code, *words, source=None):
    fake = feeding(world)
    fake.status = status("Stopped", (reason,))
    result = scan(world, fake, *(["--source", source] if source else [])).ended(code, *words)
    equal(fake.count("CreateScanJob"), 0, "jobs asked for")
    equal(files(result.folder), [], "files")


@case("a busy scanner, with --no-wait: it is told what to do")
def busy(world):
    fake = refusing(device(world), "Processing")
    scan(world, fake, "--no-wait").ended(REFUSED, "busy with another job", "wsd jobs")
    equal(fake.count("CreateScanJob"), 1, "tries")


@case("a lamp that warms up is waited for, with a count-down")
def warming(world):
    fake = device(world)
    fake.answers["CreateScanJob"] = [fault(NOT_NOW), None]
    fake.status = lambda: (status("Stopped", ("LampWarming",))
                           if fake.count("CreateScanJob") == 1 else status())
    result = scan(world, fake).ended(OK, "warming up", "30 s")
    equal(fake.count("CreateScanJob"), 2, "tries")
    equal(files(result.folder), ["page.jpg"], "files")


@case("a scanner that warms up, with --no-wait: try again in a minute")
def warming_no_wait(world):
    fake = refusing(device(world), "Stopped", "LampWarming")
    scan(world, fake, "--no-wait").ended(REFUSED, "warming up", "in a minute")


@case("a scanner that calibrates counts as one that warms up")
def calibrating(world):
    fake = refusing(device(world), "Stopped", "Calibrating")
    scan(world, fake, "--no-wait").ended(REFUSED, "warming up")


@case("jammed paper is told before a job is made")
def jam(world):
    trouble_at_once(world, "MediaJam", PAPER, "jammed", "Take the paper out")


@case("an open cover is told before a job is made")
def cover(world):
    trouble_at_once(world, "CoverOpen", PAPER, "cover is open", "Close it")


@case("an open door is told before a job is made")
def door(world):
    trouble_at_once(world, "InterlockOpen", PAPER, "door or tray is open")


@case("more than one sheet drawn in is told before a job is made")
def double_feed(world):
    trouble_at_once(world, "MultipleFeedError", PAPER, "more than one sheet", "fan it")


@case("an empty feeder is told before a job is made, when the feeder is to be used")
def empty_tray(world):
    trouble_at_once(world, "InputTrayEmpty", PAPER, "feeder is empty", source="adf")


@case("an empty feeder does not keep from scanning from the glass")
def empty_tray_glass(world):
    fake = feeding(world)
    fake.status = status("Idle", ("InputTrayEmpty",))
    scan(world, fake, "--source", "platen").ended(OK)


@case("a full memory, a broken lamp and a waiting panel are no paper trouble")
def no_paper_trouble(world):
    trouble_at_once(world, "InternalStorageFull", REFUSED, "memory is full")
    trouble_at_once(world, "LampError", REFUSED, "lamp has failed")
    trouble_at_once(world, "AttentionRequired", REFUSED, "panel")


@case("a state that nobody knows is no trouble")
def unknown_state(world):
    fake = device(world)
    fake.status = status("Dreaming", ("Sheep",))
    scan(world, fake).ended(OK)


@case("a cover that opens when the job is asked for")
def cover_at_create(world):
    fake = refusing(device(world), "Stopped", "CoverOpen")
    scan(world, fake).ended(PAPER, "cover is open")


@case("paper that jams in mid page: said so, the page is dropped, the job ended")
def jam_in_page(world):
    fake = feeding(world)
    head = image_head() + JPEG[:60]
    fake.images = [image_reply(JPEG), Reply(head, content_type=multipart_type(),
                                           length=len(head) + 1000, cut=True)]
    fake.status = lambda: (status("Stopped", ("MediaJam",))
                           if fake.count("RetrieveImage") == 2 else status())
    result = scan(world, fake, "--source", "adf", output="page-{page}.jpg").ended(PAPER, "jammed")
    equal(files(result.folder), ["page-1.jpg"], "files")
    cancelled(fake)


@case("a feeder found empty when the job is made (ClientErrorNoImagesAvailable)")
def empty_at_create(world):
    fake = feeding(world)
    fake.answers["CreateScanJob"] = fault("ClientErrorNoImagesAvailable")
    scan(world, fake, "--source", "adf").ended(PAPER, "feeder is empty", "--source platen")


@case("a feeder found empty at the first page: the job is ended, no file is left")
def empty_at_first_page(world):
    fake = feeding(world)
    fake.images = []
    result = scan(world, fake, "--source", "adf", output="all.pdf").ended(PAPER, "feeder is empty")
    equal(files(result.folder), [], "files")
    cancelled(fake)


@case("S5: an unknown job at the first page of a feeder means that it is empty")
def s5_first(world):
    fake = feeding(world, manufacturer="RICOH", model="Aficio MP 201")
    fake.answers["RetrieveImage"] = fault("ClientErrorJobIdNotFound")
    scan(world, fake, "--source", "adf").ended(PAPER, "feeder is empty")


@case("S5: an unknown job behind the pages of a feeder is their end")
def s5_end(world):
    fake = feeding(world)
    fake.answers["RetrieveImage"] = [image_reply(JPEG), fault("ClientErrorJobIdNotFound")]
    result = scan(world, fake, "--source", "adf", output="page-{page}.jpg").ended(OK)
    equal(files(result.folder), ["page-1.jpg"], "files")


@case("an unknown job on the glass is an error")
def unknown_job(world):
    fake = device(world)
    fake.answers["RetrieveImage"] = fault("ClientErrorJobIdNotFound")
    result = scan(world, fake).ended(REFUSED, "knows no such job")
    equal(files(result.folder), [], "files")


@case("S6: a Canon that refuses while idle has an empty feeder")
def s6(world):
    fake = refusing(feeding(world, manufacturer="Canon", model="MF410 Series"), "Idle")
    scan(world, fake, "--source", "adf").ended(PAPER, "feeder is empty")


@case("S6: it is not so for the glass")
def s6_glass(world):
    fake = refusing(feeding(world, manufacturer="Canon", model="MF410 Series"), "Idle")
    scan(world, fake, "--source", "platen").ended(
        REFUSED, NOT_NOW, "Use WSD Scanning").silent_on("feeder is empty")


@case("S1: a Kyocera that refuses while idle wants a choice on its panel")
def kyocera(world):
    fake = refusing(device(world, manufacturer="Kyocera", model="ECOSYS M2040dn"), "Idle")
    scan(world, fake).ended(REFUSED, NOT_NOW, "choose Send, then WSD Scan, then From Computer")


@case("any other that refuses while idle: look at its panel")
def refuses(world):
    fake = refusing(device(world), "Idle")
    scan(world, fake).ended(REFUSED, NOT_NOW, "panel").silent_on("From Computer")
    equal(fake.count("CreateScanJob"), 1, "tries")


@case("a ticket that is refused in its shortest form too: try fewer options")
def invalid_args(world):
    fake = device(world)
    fake.answers["CreateScanJob"] = fault("InvalidArgs")
    scan(world, fake).ended(REFUSED, "InvalidArgs", "fewer options")
    equal(fake.count("CreateScanJob"), 2, "tries")


@case("a fault that nobody knows is shown with its own words")
def unknown_fault(world):
    fake = device(world)
    fake.answers["CreateScanJob"] = fault("ServerErrorCoffee", reason="out of beans")
    scan(world, fake).ended(REFUSED, "ServerErrorCoffee", "out of beans")


@case("a job that is cancelled at the panel says so")
def cancelled_at_panel(world):
    fake = device(world)
    fake.answers["RetrieveImage"] = fault("ClientErrorJobCanceled")
    result = scan(world, fake).ended(REFUSED, "cancel")
    equal(files(result.folder), [], "files")


@case("a ticket that the scanner mends is used as mended, and the change is told")
def mended(world):
    fake = device(world)
    region = "".join(element(n, v) for n, v in (
        ("ScanRegionXOffset", 0), ("ScanRegionYOffset", 0), ("ScanRegionWidth", 8500),
        ("ScanRegionHeight", 11700)))
    front = (element("ScanRegion", region) + element("ColorProcessing", "Grayscale8")
             + element("Resolution", element("Width", 200) + element("Height", 200)))
    valid = element("JobDescription", element("JobName", "x") + element(
        "JobOriginatingUserName", "x")) + element("DocumentParameters", (
            element("Format", "jfif") + element("InputSource", "Platen")
            + element("MediaSides", element("MediaFront", front))))
    fake.answers["ValidateScanTicket"] = lambda request: fake.validatescanticket(
        request).replace(b"<wscn:ValidTicket>true</wscn:ValidTicket>",
                         (element("ValidTicket", "false")
                          + element("ValidScanTicket", valid)).encode())
    scan(world, fake).ended(OK, "Grayscale8 in place of RGB24", "200 in place of 300")
    equal(fake.all("CreateScanJob")[0].get("ColorProcessing"), "Grayscale8", "mode asked for")


if __name__ == "__main__":
    main(setup=setup)
