# SPDX-License-Identifier: MIT
"""What single models do otherwise: they are scanned all the same, or it is said why not.

The names of the quirks are those of `wsd scan --help` and docs/quirks.md.
"""

import base64

from device import (BOUNDARY, JPEG, Reply, adf, default_ticket, device_settings, element, fault,
                    image_reply, multipart_type, png, png_size, scan_answer, source)
from hostile import (NETWORK, OK, REFUSED, cancelled, case, check, device, equal, files, main, read,
                     scan, setup)


def ticket(fake):
    """The ticket of the job that was made, as text."""
    equal(fake.count("CreateScanJob"), 1, "jobs asked for")
    return fake.all("CreateScanJob")[0]


@case("a well-behaved device is scanned, and its job is ended (S12)")
def plain(world):
    fake = device(world)
    result = scan(world, fake).ended(OK)
    equal(files(result.folder), ["page.jpg"], "files")
    equal(read(result.folder, "page.jpg"), JPEG, "bytes")
    cancelled(fake)


@case("all of a feeder is scanned in one job, which is then ended (S8, S12)")
def feeder(world):
    fake = device(world)
    fake.sources["ADF"] = adf()
    fake.images = [image_reply(JPEG)] * 3
    result = scan(world, fake, "--source", "adf", output="page-{page}.jpg").ended(OK)
    equal(files(result.folder), ["page-1.jpg", "page-2.jpg", "page-3.jpg"], "files")
    equal(ticket(fake).get("ImagesToTransfer"), "0", "ImagesToTransfer")
    cancelled(fake)


@case("S2: sizes that a Kyocera swaps are swapped back")
def swapped(world):
    fake = device(world, manufacturer="Kyocera", model="ECOSYS M2040dn")
    fake.sources["Platen"] = source("Platen", 11700, 8500)
    scan(world, fake).ended(OK)
    equal((ticket(fake).get("ScanRegionWidth"), ticket(fake).get("ScanRegionHeight")),
          ("8500", "11700"), "region asked for")


@case("S2: sizes of others are believed, wide ones too")
def wide(world):
    fake = device(world)
    fake.sources["Platen"] = source("Platen", 17000, 11700)
    scan(world, fake).ended(OK)
    equal(ticket(fake).get("ScanRegionWidth"), "17000", "width asked for")


@case("S3: a region that the device ignores is cut out of what it sends")
def region_ignored(world):
    fake = device(world)
    fake.images = [image_reply(png(850, 1170), image_type="image/png")]
    result = scan(world, fake, "--area", "25.4,50.8,50.8,76.2", "-r", "100", "--wire-format", "png",
                  "--json", output="page.png").ended(OK)
    equal(png_size(read(result.folder, "page.png")), (200, 300), "pixels")
    check(result.json()["pages"][0]["cropped"], result)


@case("S3: an image of the region's size is left as it is")
def region_kept(world):
    fake = device(world)
    image = png(200, 300)
    fake.images = [image_reply(image, image_type="image/png")]
    result = scan(world, fake, "--area", "25.4,50.8,50.8,76.2", "-r", "100", "--wire-format", "png",
                  output="page.png").ended(OK)
    equal(read(result.folder, "page.png"), image, "bytes")


@case("S4: a Ricoh Aficio MP 201 is asked for 100 images in place of all")
def a_hundred(world):
    fake = device(world, manufacturer="RICOH", model="Aficio MP 201")
    fake.sources["ADF"] = adf()
    scan(world, fake, "--source", "adf").ended(OK)
    equal(ticket(fake).get("ImagesToTransfer"), "100", "ImagesToTransfer")


@case("S9: a feeder with a back side is duplex, whatever it says")
def back_side(world):
    fake = device(world)
    fake.sources["ADF"] = adf(back=source("ADF"), duplex=0)
    scan(world, fake, "--source", "duplex").ended(OK)
    equal(ticket(fake).get("InputSource"), "ADFDuplex", "InputSource")
    check("MediaBack>" in ticket(fake).text, ticket(fake).text)


@case("S28: no back side is asked of a scan of front sides")
def no_back_side(world):
    fake = device(world)
    fake.sources["ADF"] = adf(back=source("ADF"), duplex=1)
    scan(world, fake, "--source", "adf").ended(OK)
    check("MediaBack" not in ticket(fake).text, ticket(fake).text)


@case("S10: of unlike front and back sizes the smaller counts")
def unlike_sides(world):
    fake = device(world)
    fake.sources["ADF"] = adf(source("ADF", 8500, 14000), source("ADF", 8000, 11000), 1)
    scan(world, fake, "--source", "duplex").ended(OK)
    equal((ticket(fake).get("ScanRegionWidth"), ticket(fake).get("ScanRegionHeight")),
          ("8000", "11000"), "region asked for")


@case("S16: a Samsung M288x is asked for JPEG where its TIFF would fail")
def no_tiff(world):
    fake = device(world, manufacturer="Samsung", model="M288x Series")
    fake.settings = device_settings(("tiff-single-uncompressed", "jfif"))
    result = scan(world, fake, "-r", "300", output="page.tif").ended(OK)
    equal(ticket(fake).get("Format"), "jfif", "format asked for")
    check(read(result.folder, "page.tif")[:2] in (b"II", b"MM"), "no TIFF was written")


@case("S16: a device that refuses the format is asked for the next one")
def next_format(world):
    fake = device(world)
    fake.settings = device_settings(("png", "jfif"))
    fake.answers["CreateScanJob"] = [fault("ClientErrorFormatNotSupported"), None]
    scan(world, fake).ended(OK)
    asked = [r.get("Format") for r in fake.all("CreateScanJob")]
    equal(asked, ["jfif", "png"], "formats asked for")


@case("S17: a region of zero in the default ticket means all there is")
def zero_region(world):
    fake = device(world)
    fake.ticket = default_ticket((0, 0))
    scan(world, fake).ended(OK)
    equal(ticket(fake).get("ScanRegionHeight"), "11700", "height asked for")


@case("S18: a device that only has exif gets its exif, and gives a JPEG")
def exif_only(world):
    fake = device(world)
    fake.settings = device_settings(("exif",))
    result = scan(world, fake).ended(OK)
    equal(ticket(fake).get("Format"), "exif", "format asked for")
    equal(read(result.folder, "page.jpg"), JPEG, "bytes")


@case("H4: a fault is a fault, also with status 200")
def fault_with_200(world):
    fake = device(world)
    fake.answers["CreateScanJob"] = fault("ServerErrorInternalError", 200)
    scan(world, fake).ended(REFUSED, "ServerErrorInternalError", "Switch it off and on")


@case("H5: a Ricoh that refuses with status 500 leads to its menu")
def ricoh(world):
    fake = device(world, manufacturer="RICOH", model="MP C3003")
    fake.answers["CreateScanJob"] = fault("OperationFailed", 500, code="Receiver")
    scan(world, fake).ended(REFUSED, "OperationFailed", "Prohibit WSD Scan Command")


@case("H5: the same when it does not even tell what it can do")
def ricoh_at_once(world):
    fake = device(world, manufacturer="RICOH", model="MP C3003")
    fake.answers["GetScannerElements"] = fault("OperationFailed", 500, code="Receiver")
    scan(world, fake).ended(REFUSED, "OperationFailed", "Prohibit WSD Scan Command")
    equal(fake.count("CreateScanJob"), 0, "jobs")


@case("H16: a device that offers PNG and sends JPEG still makes the PNG that was asked for")
def png_that_is_jpeg(world):
    fake = device(world)
    result = scan(world, fake, "--wire-format", "png", output="page.png").ended(OK)
    equal(png_size(read(result.folder, "page.png")), (16, 8), "pixels")


@case("X6: a ticket that is not understood is sent again in its shortest form")
def shortest(world):
    fake = device(world)
    fake.answers["CreateScanJob"] = [fault("InvalidArgs"), None]
    scan(world, fake, "--quality", "50", "--content", "Text").ended(OK, "shorter")
    long, short = fake.all("CreateScanJob")
    check("CompressionQualityFactor" in long.text and "InputSize" in long.text, long.text)
    for name in ("CompressionQualityFactor", "ContentType", "InputSize", "Exposure", "Scaling"):
        check(name not in short.text, short.text)


@case("X13: sections that cannot be had together are asked for one by one")
def one_by_one(world):
    fake = device(world)
    fake.answers["GetScannerElements"] = lambda request: (
        fault("OperationFailed", 500) if request.text.count("Name>wscn:") > 1 else None)
    scan(world, fake).ended(OK)


@case("X13: the same when only the default ticket breaks the answer")
def without_ticket(world):
    fake = device(world)
    fake.answers["GetScannerElements"] = lambda request: (
        fault("OperationFailed", 500) if "DefaultScanTicket" in request.text else None)
    scan(world, fake).ended(OK)


@case("X17: a device that calls every ticket valid is scanned nevertheless")
def all_valid(world):
    fake = device(world)
    fake.answers["CreateScanJob"] = fault("ClientErrorConflictingRequiredParameters")
    scan(world, fake).ended(REFUSED, "ClientErrorConflictingRequiredParameters",
                            "do not go together")


@case("R7: answers with an empty header are taken")
def no_header(world):
    fake = device(world)

    def bare(request):
        data = fake.validatescanticket(request).decode()
        return data[:data.find("<soap:Header>")] + "<soap:Header/>" + data[data.find("<soap:Body"):]
    fake.answers["ValidateScanTicket"] = bare
    scan(world, fake).ended(OK)


@case("R9: a refusal in plain text is passed on, with its status")
def plain_text(world):
    fake = device(world)
    fake.answers["CreateScanJob"] = Reply("Scanner is locked\r\nby somebody\r\n", 409, "text/plain")
    scan(world, fake).ended(NETWORK, "409", "Scanner is locked").silent_on("by somebody")


# -- multipart --------------------------------------------------------------------------------


def scans_jpeg(world, reply):
    fake = device(world)
    fake.images = [reply]
    result = scan(world, fake).ended(OK)
    equal(read(result.folder, "page.jpg"), JPEG, "bytes")


@case("P1: a delimiter without a line break before it")
def no_line_break(world):
    scans_jpeg(world, image_reply(JPEG, tail=f"--{BOUNDARY}--\r\n".encode()))


@case("P2: special characters without quotes in the media type")
def unquoted(world):
    reply = image_reply(JPEG)
    reply.content_type = multipart_type(quote="")
    scans_jpeg(world, reply)


@case("P3: other letter case in the parts' headers")
def letter_case(world):
    reply = image_reply(JPEG)
    reply.pieces = reply.pieces.replace(b"Content-Type:", b"content-TYPE:").replace(
        b"Content-ID:", b"CONTENT-ID:").replace(b"application/xop+xml", b"Application/XOP+xml")
    reply.content_type = reply.content_type.replace("multipart/related", "Multipart/Related")
    scans_jpeg(world, reply)


@case("P4: an image whose type is generic or wrong is known by its bytes")
def wrong_type(world):
    scans_jpeg(world, image_reply(JPEG, image_type="application/binary"))


@case("P5: a multipart answer in chunks of three bytes")
def small_chunks(world):
    reply = image_reply(JPEG)
    data = reply.pieces
    reply.pieces = [data[i:i + 3] for i in range(0, len(data), 3)]
    scans_jpeg(world, reply)


@case("P6: an image as base64 with line breaks, inside the envelope")
def inline(world):
    text = base64.encodebytes(JPEG).decode().replace("\n", "\r\n")
    scans_jpeg(world, Reply(scan_answer("RetrieveImage", element("ScanData", text))))


if __name__ == "__main__":
    main(setup=setup)
