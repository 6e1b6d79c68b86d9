# SPDX-License-Identifier: MIT
"""Rules for the multipart answers in which images come: over the whole log, as answers.py."""

from jobs import DEVICE_PART, SERVICE
from registry import check
from wire import NS, Untried, q


def multipart(s):
    found = [e for e in s.exchanges if e.name.startswith("RetrieveImage") and not
             (e.envelope is not None and e.envelope.fault()) and e.headers is not None]
    if not found:
        raise Untried("no image was scanned")
    return found


@check("mtom.header", "images come as multipart/related of application/xop+xml",
       "MTOM; Scan Service Definition 6.3.4; DPWS", DEVICE_PART)
def mtom_header(s):
    for answer in multipart(s):
        said = answer.headers.get_content_type()
        kind = str(answer.headers.get_param("type") or "").lower()
        if said != "multipart/related" or kind != "application/xop+xml":
            yield (f"sent an image as {answer.headers['Content-Type']}; Windows expects "
                   'multipart/related; type="application/xop+xml"')
        elif not answer.headers.get_param("start-info"):
            yield "leaves start-info out of the Content-Type of an image"


@check("mtom.root-first", "the envelope is the first part", "DPWS R0038, R0039", DEVICE_PART)
def root_first(s):
    for answer in multipart(s):
        if answer.parts and b"Envelope" not in answer.parts[0].data[:400]:
            yield "sent the image before the envelope; Windows rejects the answer then"
        start = str(answer.headers.get_param("start") or "").strip("<>")
        if answer.parts and start and answer.parts[0].id != start:
            yield f"names {start} as the first part, which is called {answer.parts[0].id}"


@check("mtom.binary", "each part has the encoding binary", "DPWS R0037; MTOM", DEVICE_PART)
def binary(s):
    for answer in multipart(s):
        for n, part in enumerate(answer.parts):
            if part.encoding != "binary":
                yield (f"sent part {n + 1} with Content-Transfer-Encoding "
                       f"{part.encoding or 'missing'}; Windows expects binary")


@check("mtom.include", "xop:Include names the image part by its Content-ID", "XOP 2.1",
       DEVICE_PART)
def include(s):
    for answer in multipart(s):
        found = answer.envelope.body.find(f".//{q('wscn:ScanData')}/{q('xop:Include')}")
        if found is None:
            yield f"sent ScanData without an Include of {NS['xop']}"
            continue
        href = found.get("href", "")
        if not href.startswith("cid:") or len(answer.parts) < 2 or \
                answer.image().id != href.removeprefix("cid:"):
            yield f"names the image {href}, and no part is called so"


@check("mtom.closed", "the answer ends with the closing boundary", "RFC 2046 5.1.1; MTOM",
       "images are cut, or the scan ends in an error")
def closed(s):
    for answer in multipart(s):
        if not answer.closed:
            yield "ended an answer without the closing boundary; to Windows the image is cut"


@check("retrieve.time", "RetrieveImage is answered within 60 s", SERVICE + " 6.3",
       "Windows gives the scan up")
def retrieve_time(s):
    for answer in multipart(s):
        if answer.waited >= 60:
            yield f"began to answer after {answer.waited:.0f} s; Windows waits for 60 s"
