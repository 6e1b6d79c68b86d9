# SPDX-License-Identifier: MIT
"""Images that are none, or not whole, or too many: no file has its final name before it is whole,
and the job is ended on the device whatever happened.
"""

from device import (BOUNDARY, JPEG, Reply, adf, image_head, image_reply, multipart_type, png,
                    scan_answer)
from hostile import (NETWORK, OK, OUTPUT, cancelled, case, check, device, equal, files, main,
                     read, run, scan, setup)

PAGE_LIMIT = 1000          # OUTPUT_MAX_PAGES
PAGE_BYTES_LIMIT = 1 << 30  # OUTPUT_MAX_PAGE_BYTES


def fails(world, reply, code, *words, arguments=(), output="page.jpg"):
    """The scan fails like this, leaves nothing behind, and ends the job."""
    fake = device(world)
    fake.images = [reply]
    result = scan(world, fake, *arguments, output=output).ended(code, *words)
    equal(files(result.folder), [], "files")
    cancelled(fake)
    return result


def succeeds(world, reply):
    fake = device(world)
    fake.images = [reply]
    result = scan(world, fake).ended(OK)
    equal(read(result.folder, "page.jpg"), JPEG, "bytes")
    cancelled(fake)


# -- multipart --------------------------------------------------------------------------------


@case("an odd boundary of 70 characters is found")
def odd_boundary(world):
    succeeds(world, image_reply(JPEG, boundary="'()+_,-./:=?" + "x" * 57 + "?"))


@case("a boundary that is longer than allowed is refused")
def long_boundary(world):
    fails(world, image_reply(JPEG, boundary="x" * 5000), NETWORK, "RetrieveImage")


@case("a multipart answer without a boundary is refused")
def no_boundary(world):
    reply = image_reply(JPEG)
    reply.content_type = "multipart/related"
    fails(world, reply, NETWORK, "boundary")


@case("another boundary than the one announced")
def other_boundary(world):
    reply = image_reply(JPEG, boundary="other")
    reply.content_type = multipart_type("announced")
    fails(world, reply, NETWORK, "RetrieveImage")


@case("a boundary that stands inside the image does not cut it")
def boundary_inside(world):
    comment = b"\xff\xfe\x00\x20" + f"--{BOUNDARY}--and more".encode().ljust(30)
    image = JPEG[:-2] + comment + JPEG[-2:]
    fake = device(world)
    fake.images = [image_reply(image)]
    result = scan(world, fake).ended(OK)
    equal(read(result.folder, "page.jpg"), image, "bytes")


@case("a missing end of the message: a whole image is kept")
def no_end_whole(world):
    succeeds(world, image_reply(JPEG, tail=b""))


@case("a missing end of the message: an image that is not whole is dropped")
def no_end_cut(world):
    fails(world, image_reply(JPEG[:-20], tail=b""), NETWORK, "end")


@case("a wrong Content-ID does not hide the only image")
def wrong_id(world):
    succeeds(world, image_reply(JPEG, cid="somebody-else"))


@case("an answer that announces an image and brings none")
def no_image(world):
    reply = Reply(image_head().rsplit(b"\r\n--", 1)[0] + f"\r\n--{BOUNDARY}--\r\n".encode(),
                  content_type=multipart_type())
    fails(world, reply, NETWORK, "brings none")


@case("an answer that is neither multipart nor inline")
def no_data(world):
    fails(world, Reply(scan_answer("RetrieveImage", "<wscn:ScanData/>")), NETWORK, "ScanData")


@case("headers of a part without end are cut off at the limit")
def endless_part_headers(world):
    head = f"--{BOUNDARY}\r\n".encode() + b"X-Long: " + b"x" * 100000
    fails(world, Reply(head, content_type=multipart_type()), NETWORK, "RetrieveImage")


# -- images -----------------------------------------------------------------------------------


@case("a web page in place of the image")
def html_image(world):
    fails(world, image_reply(b"<html><body>Scanner</body></html>" * 20), NETWORK, "HTML")


@case("noise in place of the image")
def noise(world):
    fails(world, image_reply(bytes(range(1, 256)) * 100), NETWORK)


@case("an image of no bytes")
def no_bytes(world):
    fails(world, image_reply(b""), NETWORK, "empty")


@case("an image of one byte")
def one_byte(world):
    fails(world, image_reply(JPEG[:1]), NETWORK)


@case("an image that lost its end never stands under its name, though the message is whole")
def truncated(world):
    fails(world, image_reply(JPEG[:-30]), NETWORK, "end")
    fails(world, image_reply(png(100, 100)[:-40]), NETWORK, "cut short", output="page.png",
          arguments=("--wire-format", "png"))


@case("an image whose connection breaks: dropped, said so")
def broken_off(world):
    head = image_head() + JPEG[:100]
    fails(world, Reply(head, content_type=multipart_type(), length=len(head) + 500), NETWORK,
          "connection broke")


@case("an image in chunks whose connection breaks between them")
def broken_off_in_chunks(world):
    fails(world, Reply([image_head(), JPEG[:100]], content_type=multipart_type(), cut=True),
          NETWORK, "connection broke")


@case("a PNG that claims four thousand million pixels is not decoded into memory")
def bomb(world):
    image = png(16, 8)
    image = image[:16] + b"\0\0\xff\xff\0\0\xff\xff" + image[24:]
    fake = device(world)
    fake.images = [image_reply(image)]
    result = scan(world, fake, "--wire-format", "png", "-f", "jpeg")
    check(result.code in (NETWORK, OUTPUT), result)
    equal(files(result.folder), [], "files")
    cancelled(fake)


@case("an image without end is cut off at the limit of bytes, and removed")
def endless_image(world):
    sent = 0

    def pieces():
        nonlocal sent
        yield image_head() + JPEG[:-2]
        block = b"\x55" * (1 << 20)
        while True:
            yield block
            sent += len(block)
    result = fails(world, Reply(pieces(), content_type=multipart_type()), OUTPUT,
                   f"larger than {PAGE_BYTES_LIMIT} bytes")
    check(PAGE_BYTES_LIMIT - (2 << 20) < sent < PAGE_BYTES_LIMIT + (64 << 20), f"{sent}\n{result}")


@case("pages without end stop at the limit of pages; those before are kept")
def endless_pages(world):
    fake = device(world)
    fake.sources["ADF"] = adf()
    fake.answers["RetrieveImage"] = image_reply(JPEG)
    result = scan(world, fake, "--source", "adf", output="all.pdf").ended(
        OUTPUT, str(PAGE_LIMIT), "pages before are saved")
    equal(files(result.folder), ["all.pdf"], "files")
    equal(fake.count("RetrieveImage"), PAGE_LIMIT + 1, "images asked for")
    cancelled(fake)


@case("--pages ends the job when there are so many, whatever the feeder holds")
def pages_option(world):
    fake = device(world)
    fake.sources["ADF"] = adf()
    fake.answers["RetrieveImage"] = image_reply(JPEG)
    result = scan(world, fake, "--source", "adf", "--pages", "2", output="page-{page}.jpg")
    result.ended(OK)
    equal(files(result.folder), ["page-1.jpg", "page-2.jpg"], "files")
    cancelled(fake)


@case("a page in the middle that is bad: the good ones before it stay, the code tells")
def bad_in_the_middle(world):
    fake = device(world)
    fake.sources["ADF"] = adf()
    fake.images = [image_reply(JPEG), image_reply(JPEG[:-30]), image_reply(JPEG)]
    result = scan(world, fake, "--source", "adf", output="page-{page}.jpg")
    check(result.code == NETWORK, result)
    check("page-1.jpg" in files(result.folder) and "page-2.jpg" not in files(result.folder), result)
    check(not [n for n in files(result.folder) if n.endswith(".part")], files(result.folder))
    cancelled(fake)


@case("to standard output nothing is written of an image that is not whole")
def stdout_truncated(world):
    fake = device(world)
    fake.images = [image_reply(JPEG[:-30])]
    result = scan(world, fake, "-f", "raw", output="-").ended(NETWORK)
    equal(result.out, "", "standard output")


@case("to standard output the image goes byte by byte, and nothing else")
def stdout_whole(world):
    fake = device(world)
    result = run(world, "scan", fake.url, "-o", "-", "-f", "raw", text=False).ended(OK)
    equal(result.out, JPEG, "standard output")


if __name__ == "__main__":
    main(setup=setup)
