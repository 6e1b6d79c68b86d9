# SPDX-License-Identifier: MIT
"""Checks of jobs: CreateScanJob, RetrieveImage to the end, and the image."""

import images
from registry import check
from scanning import CAPTURE, FAILS, SERVICE, auto_ticket, offer_of
from tickets import COLORS_OF, MULTI_PAGE, retrieve_body, small
from wire import Complaint, Untried, q, short, trimmed

FEEDER = "scans from the feeder end too early, hang, or lose pages"
DEVICE_PART = "the scan ends in an error after the paper has moved"
MORE_THAN_ANY_FEEDER = 1000
ENDS = ("wscn:ClientErrorNoImagesAvailable",)


class Job:
    """A job of ours, from CreateScanJob on."""

    def __init__(self, s, body, name):
        self.s, self.name, self.images, self.fault = s, name, [], None
        self.created = s.good(s.scan("CreateScanJob", body, name=f"CreateScanJob {name}"))
        self.id, self.token = (self.created.inside("wscn:" + n) for n in ("JobId", "JobToken"))
        if not self.id or not self.token:
            raise Complaint(f"began a job {name} without JobId or JobToken")

    def size(self, side="Front"):
        found = self.created.find(f".//wscn:ImageInformation/wscn:Media{side}ImageInfo")
        texts = [trimmed(found.find(q("wscn:" + n))) if found is not None else ""
                 for n in ("PixelsPerLine", "NumberOfLines")]
        return tuple(int(t) for t in texts) if all(t.isdigit() for t in texts) else None

    def final(self, name):
        found = self.created.find(f".//wscn:DocumentFinalParameters//wscn:{name}")
        return trimmed(found)

    def next(self):
        """The next image as an Exchange; None when the device has no more, by a fault."""
        answer = self.s.scan("RetrieveImage", retrieve_body(self.id, self.token),
                             name=f"RetrieveImage {self.name}")
        if answer.envelope.fault():
            answer.wanted, self.fault = None, answer
            return None
        part = answer.image()
        if part is None:
            raise Complaint(f"answered {answer} without an image part; Windows expects the image "
                            "as the second part of a multipart answer")
        self.images.append(part.data)
        return answer

    def all(self):
        while self.next() is not None:
            if len(self.images) > MORE_THAN_ANY_FEEDER:
                self.cancel()
                raise Complaint(f"gave more than {MORE_THAN_ANY_FEEDER} images for one job")
        return self

    def cancel(self):
        return self.s.scan("CancelJob", f"<wscn:JobId>{self.id}</wscn:JobId>")


def decoded(job, form):
    """Complaints about the images of a job that are not what was foretold."""
    for n, data in enumerate(job.images):
        size = images.measure(form, data)
        sides = {job.size(), job.size("Back")} - {None}
        if size and sides and not any(
                abs(a - b) <= 1 for a, b in [(size[0], w) for w, _ in sides]):
            yield f"foretold {sides} pixels {job.name}, and image {n + 1} is {size[0]} x {size[1]}"


@check("job.scan", "a job without a subscription is made, and its image is retrieved",
       "HLK, WSD Scan Verify; " + CAPTURE, FAILS)
def scan(s):
    job = s.once("first job", lambda: Job(s, small(offer_of(s), must=True).ticket(),
                                          "of the driver's ticket").all())
    if not job.images:
        yield (f"began the job and gave no image, but {short(job.fault.envelope.fault())}; Windows "
               "asks at once and waits up to 60 s")


def first_job(s):
    job = s.once("first job", lambda: None)
    if not job or not job.images:
        raise Untried("no image was scanned")
    return job


@check("job.image", "the image can be opened and has the size that was foretold",
       SERVICE + " 6.2.5", DEVICE_PART)
def image(s):
    yield from decoded(first_job(s), offer_of(s).format())


@check("job.end", "after the last image there are no more, by ClientErrorNoImagesAvailable",
       SERVICE + " 6.3.5", "a finished scan is reported as failed")
def end(s):
    yield from s.expect_fault(first_job(s).fault, *ENDS)


@check("job.final", "DocumentFinalParameters have what the ticket must have honoured",
       SERVICE + " 6.2.5", "the image has other colours or another resolution than was chosen")
def final(s):
    job, wish = first_job(s), small(offer_of(s))
    for name, wanted in (("Format", wish.form), ("ColorProcessing", wish.color),
                         ("InputSource", wish.source), ("Resolution/wscn:Width", str(wish.dpi))):
        if job.final(name) != wanted:
            yield (f"made {name.partition('/')[0]} {job.final(name) or 'nothing'} of {wanted}, "
                   "which had to be honoured")


@check("job.token", "RetrieveImage with a wrong token is refused", SERVICE + " 6.3.5",
       "anybody on the network can fetch the image of another")
def token(s):
    job = Job(s, small(offer_of(s)).ticket(), "for the wrong token")
    try:
        answer = s.scan("RetrieveImage", retrieve_body(job.id, "wrong"), fault=True,
                        name="RetrieveImage with a wrong token")
        yield from s.expect_fault(answer, "wscn:ClientErrorInvalidJobToken")
    finally:
        job.cancel()


@check("job.elements", "GetJobElements tells state, ticket and documents of a job",
       SERVICE + " 3.4", "the HLK's WSD Scan Verify fails")
def elements(s):
    names = ("JobStatus", "ScanTicket", "Documents")
    body = "<wscn:JobId>{}</wscn:JobId><wscn:RequestedElements>{}</wscn:RequestedElements>".format(
        first_job(s).id, "".join(f"<wscn:Name>wscn:{n}</wscn:Name>" for n in names))
    answer = s.good(s.scan("GetJobElements", body))
    for name in names:
        if answer.body.find(".//" + q("wscn:" + name)) is None:
            yield f"gave no {name} of a job that has just ended"


@check("job.cancel", "a cancelled job gives no image, and the next job is done",
       SERVICE + " 6.4; HLK, WIA Transfer Test", "after Cancel the scanner is busy for minutes")
def cancel(s):
    job = Job(s, small(offer_of(s)).ticket(), "to be cancelled")
    s.good(job.cancel())
    answer = s.scan("RetrieveImage", retrieve_body(job.id, job.token), fault=True,
                    name="RetrieveImage of a cancelled job")
    yield from s.expect_fault(answer, "wscn:ClientErrorJobCancelled",
                              "wscn:ClientErrorJobIdNotFound")
    after = Job(s, small(offer_of(s)).ticket(), "after a cancelled one").all()
    if not after.images:
        yield "gave no image for the job after a cancelled one"


@check("job.auto", "a job of a ticket with a Format alone gives an image",
       "windows-driver-docs, Auto-configured scanning", "Auto in the Scan app fails", level="seen")
def auto(s):
    job = Job(s, auto_ticket(s), "of Auto")
    if job.next() is None:
        yield f"gave {short(job.fault.envelope.fault())} for a ticket with a Format alone"
    job.s.scan("CancelJob", f"<wscn:JobId>{job.id}</wscn:JobId>", name="CancelJob of Auto"
               ).wanted = None
    yield from decoded(job, offer_of(s).format())


@check("job.formats", "each colour that is offered comes in each format that is offered",
       "Scan Service Definition, Appendix B 4", "some choices of colour end in an error")
def formats(s):
    offer = offer_of(s)
    source = offer.source
    for form in offer.formats:
        for color in offer.sides[source].colors:
            if color not in COLORS_OF.get(form, (color,)):
                continue
            what = f"{color} as {form}"
            try:
                job = Job(s, small(offer, source, form, color).ticket(), what).all()
                problems = list(decoded(job, form)) or [] if job.images else ["no image came"]
            except Complaint as complaint:
                problems = [str(complaint)]
            yield from (f"offers {color} and {form}, and of {what}: {p}" for p in problems)


# -- the feeder -------------------------------------------------------------------------------


def feeder(s, source, name, sheets):
    """All images of a job from the feeder."""
    offer = offer_of(s)
    if "ADF" not in offer.sides:
        raise Untried("the scanner has no feeder")
    loaded = s.hooks.load(sheets)
    try:
        return Job(s, small(offer, source).ticket(), name).all(), loaded
    except Complaint as complaint:
        if "NoImagesAvailable" in str(complaint) and not loaded:
            raise Untried("the feeder is empty; load it, or give --hook-load")
        raise


@check("feeder.all", "all sheets of a full feeder come, then ClientErrorNoImagesAvailable",
       "HLK, WIA Transfer Test (about 50 sheets); Scan Service Definition 6.3.5", FEEDER)
def feeder_all(s):
    job, loaded = feeder(s, "ADF", "from the feeder", s.sheets)
    if loaded and len(job.images) != s.sheets:
        yield f"gave {len(job.images)} images of {s.sheets} sheets in the feeder"
    yield from s.expect_fault(job.fault, *ENDS)
    yield from decoded(job, offer_of(s).format())


@check("feeder.duplex", "duplex with settings for the front alone scans both sides",
       "Scan Service Definition, Appendix B 4", "the backs are missing, or scanned otherwise")
def duplex(s):
    if "ADF" not in offer_of(s).sides or not offer_of(s).duplex:
        raise Untried("the scanner has no duplex feeder")
    job, loaded = feeder(s, "ADFDuplex", "duplex", 2)
    if loaded and len(job.images) != 4:
        yield f"gave {len(job.images)} images of 2 sheets, both sides"
    elif len(job.images) % 2:
        yield f"gave {len(job.images)} images of both sides, an odd number"
    if job.created.find(".//wscn:ImageInformation/wscn:MediaBackImageInfo") is None:
        yield "gives no MediaBackImageInfo for a duplex job; Windows sets the front and means both"
    yield from decoded(job, offer_of(s).format())
