# SPDX-License-Identifier: MIT
"""Output that cannot be written: told before the scanner moves, else the job is ended; and nothing
that exists is overwritten without --force.
"""

import os
import resource

from device import JPEG, image_reply
from hostile import (NETWORK, OK, OUTPUT, USAGE, cancelled, case, check, device, equal, files,
                     folder, interop, main, read, run, scan, setup)

MS_RDONLY = 1


def big_jpeg(size):
    """A JPEG that is blown up with comments, in front of its end."""
    comment = b"\xff\xfe\xff\xff" + b"c" * 65533
    return JPEG[:2] + comment * (size // len(comment) + 1) + JPEG[2:]


def tmpfs(world, options, flags=0):
    path = folder(world)
    interop.syscall(interop.libc.mount(b"tmpfs", path.encode(), b"tmpfs", flags, options.encode()),
                    "mount -t tmpfs")
    return path


def told_before(world, fake, result, code, *words):
    result.ended(code, *words)
    equal(fake.count("CreateScanJob"), 0, "jobs asked for")


def write(path, name, data):
    with open(os.path.join(path, name), "wb") as file:
        file.write(data)


@case("a file that exists is told before a job is made, and stays as it is")
def exists(world):
    fake, where = device(world), folder(world)
    write(where, "page.jpg", b"mine")
    told_before(world, fake, scan(world, fake, where=where), OUTPUT, "page.jpg", "--force")
    equal(read(where, "page.jpg"), b"mine", "the file")


@case("with --force it is replaced, by a whole image only")
def force(world):
    fake, where = device(world), folder(world)
    write(where, "page.jpg", b"mine")
    fake.images = [image_reply(JPEG[:-30])]
    scan(world, fake, "--force", where=where).ended(NETWORK)
    equal(read(where, "page.jpg"), b"mine", "the file after a broken scan")
    fake.images = [image_reply(JPEG)]
    scan(world, fake, "--force", where=where).ended(OK)
    equal(read(where, "page.jpg"), JPEG, "the file after a whole scan")
    equal(files(where), ["page.jpg"], "files")


@case("a link that exists is not written through")
def link(world):
    fake, where, other = device(world), folder(world), folder(world)
    os.symlink(os.path.join(other, "victim"), os.path.join(where, "page.jpg"))
    told_before(world, fake, scan(world, fake, where=where), OUTPUT, "page.jpg")
    equal(files(other), [], "files behind the link")


@case("a file that comes up during the scan is not overwritten; the page gets a free name")
def comes_up(world):
    fake, where = device(world), folder(world)

    def answer(_request):
        write(where, "page.jpg", b"mine")
        return image_reply(JPEG)
    fake.answers["RetrieveImage"] = answer
    result = scan(world, fake, where=where).ended(OK)
    equal(read(where, "page.jpg"), b"mine", "the file")
    others = [n for n in files(where) if n != "page.jpg"]
    equal(len(others), 1, "other files")
    equal(read(where, others[0]), JPEG, others[0])
    equal(result.out, others[0] + "\n", "standard output")


@case("a file in place of the folder is told before a job is made")
def no_folder(world):
    fake, where = device(world), folder(world)
    write(where, "blocked", b"")
    told_before(world, fake, scan(world, fake, where=where, output="blocked/page.jpg"), OUTPUT,
                "blocked")


@case("a folder that is not there is told before a job is made")
def missing_folder(world):
    fake = device(world)
    told_before(world, fake, scan(world, fake, output="nowhere/page.jpg"), OUTPUT, "nowhere")


@case("a folder that cannot be written in is told before a job is made")
def read_only(world):
    fake = device(world)
    where = tmpfs(world, "size=1m", MS_RDONLY)
    told_before(world, fake, scan(world, fake, where=where), OUTPUT)


@case("a disk that is full is told before a job is made")
def full(world):
    fake = device(world)
    where = tmpfs(world, "size=64k")
    told_before(world, fake, scan(world, fake, where=where), OUTPUT, "free some space")


@case("a disk that fills up in mid page: said so, the job ended, nothing left")
def fills_up(world):
    fake = device(world)
    fake.images = [image_reply(big_jpeg(4 << 20))]
    where = tmpfs(world, "size=1m")
    scan(world, fake, where=where).ended(OUTPUT, "space")
    equal(files(where), [], "files")
    cancelled(fake)


@case("a disk that fills up while a page is converted: said so, the job ended, nothing left")
def fills_up_converting(world):
    fake = device(world)
    fake.images = [image_reply(big_jpeg(600 << 10))]
    where = tmpfs(world, "size=1m")
    scan(world, fake, where=where, output="page.pdf").ended(OUTPUT, "space")
    equal(files(where), [], "files")
    cancelled(fake)


@case("a limit of the size of files counts as a full disk, and does not kill")
def file_size(world):
    fake = device(world)
    fake.images = [image_reply(big_jpeg(4 << 20))]

    def prepare():
        resource.setrlimit(resource.RLIMIT_FSIZE, (300 << 10, 300 << 10))
    result = scan(world, fake, prepare=prepare).ended(OUTPUT)
    equal(files(result.folder), [], "files")
    cancelled(fake)


@case("standard output that is full: said so, the job ended")
def stdout_full(world):
    fake = device(world)
    with open("/dev/full", "wb") as out:
        run(world, "scan", fake.url, "-o", "-", "-f", "raw", out=out).ended(OUTPUT)
    cancelled(fake)


@case("standard output that nobody reads: said so, the job ended")
def stdout_closed(world):
    fake = device(world)
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as out:
        run(world, "scan", fake.url, "-o", "-", "-f", "raw", out=out).ended(OUTPUT)
    cancelled(fake)


@case("a pattern that names a path is refused before the device is asked for anything")
def pattern(world):
    fake = device(world)
    result = scan(world, fake, output="page-%s.jpg")
    equal(fake.count("CreateScanJob"), 0, "jobs asked for")
    check(result.code in (USAGE, OUTPUT), result)


@case("the device's name cannot lead out of the folder")
def name_as_path(world):
    fake = device(world, name="../../escape")
    result = scan(world, fake, output="{device}.jpg").ended(OK)
    equal(len(files(result.folder)), 1, "files")
    check(not os.path.exists(os.path.join(result.folder, "..", "..", "escape.jpg")), result)


if __name__ == "__main__":
    main(setup=setup)
