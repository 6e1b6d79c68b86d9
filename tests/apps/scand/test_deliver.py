# SPDX-License-Identifier: MIT
"""wsd-scand-deliver: what becomes of the pages of a scan, by other people's tools."""

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from deliver import (DELIVER, Job, Skip, a4, case, check, draw, equal, interop, jpeg_bomb, main,
                     pdf_images, pdf_jpegs, png_bomb, tmpfs, tool, umount)

MS_RDONLY = 1
STAMP = time.strftime("%Y-%m-%d-%H%M%S", time.localtime(1795370310))
NAME = f"{STAMP}-Office_MFP"
ECHO = [sys.executable, "-c", "import json,os,sys; json.dump([sys.argv[2:], dict(os.environ), "
        "sorted(os.listdir('/proc/self/fd')), sys.stdin.buffer.read().hex()], open(sys.argv[1], 'w'))"]


# -- formats ----------------------------------------------------------------------------------------


@case("JPEG pages are in the PDF as the very bytes that came")
def jpeg_to_pdf(_):
    pages = [draw("jpeg", seed=1), draw("jpeg-gray", seed=2), draw("jpeg", seed=3)]
    with Job(*pages) as job:
        done = job.run().done()
        equal(done["files"], [f"{job.archive}/{NAME}.pdf"], "files")
        equal((done["pages"], done["blank"], done["broken"]), (3, 0, 0), "pages")
        equal(done["bytes"], job.file().stat().st_size, "bytes")
        equal(pdf_jpegs(job.file()), pages, "pages inside")
        info = tool("pdfinfo", str(job.file()))
        check("Pages:           3" in info and "A title" in info, info)
        equal(job.files(), [NAME + ".pdf"], "files")
        equal(job.files(job.incomplete), [], "files in the folder of what is incomplete")


@case("line art becomes CCITT G4 in a PDF, whatever it came as")
def line_art(_):
    with Job(draw("tiff-g4"), draw("png-bw")) as job:
        job.run().done()
        equal([image[4] for image in pdf_images(job.file())], ["ccitt", "ccitt"], "encodings")


@case("colours and grey of PNG and TIFF become JPEG of their kind in a PDF")
def lossless_to_pdf(_):
    with Job(draw("png"), draw("png-gray"), draw("tiff")) as job:
        job.run().done()
        equal([image[3:] for image in pdf_images(job.file())],
              [("rgb", "jpeg"), ("gray", "jpeg"), ("rgb", "jpeg")], "images")


@case("PDF/A says that it is one, and has the bytes of its JPEG pages")
def pdfa(_):
    with Job(draw("jpeg"), format="pdfa") as job:
        job.run().done()
        equal(pdf_jpegs(job.file()), [draw("jpeg")], "pages inside")
        check(b"pdfaid:conformance" in job.file().read_bytes(), "there is no claim")


@case("a PDF/A that the device made passes through untouched")
def pdfa_untouched(_):
    with Job(draw("pdfa"), format="pdfa") as job:
        job.run().done()
        equal(job.file().read_bytes(), draw("pdfa"), "document")


@case("TIFF: all pages in one file, JPEG and line art in their compression")
def tiff(_):
    with Job(draw("jpeg"), draw("tiff-g4"), draw("png-gray"), format="tiff") as job:
        done = job.run().done()
        equal([Path(name).name for name in done["files"]], [NAME + ".tif"], "files")
        info = tool("tiffinfo", str(job.file()))
        found = [line.split(": ")[1] for line in info.splitlines() if "Compression Scheme" in line]
        equal(found, ["JPEG", "CCITT Group 4", "AdobeDeflate"], "compression")


@case("a TIFF that is the only page passes through untouched")
def tiff_untouched(_):
    with Job(draw("tiff-g4"), format="tiff") as job:
        job.run().done()
        equal(job.file().read_bytes(), draw("tiff-g4"), "document")


@case("JPEG, PNG and raw: a file a page, untouched where it is of that kind")
def page_files(_):
    for form, pages, extension in (("jpeg", [draw("jpeg"), draw("png")], "jpg"),
                                   ("png", [draw("png"), draw("jpeg-gray")], "png"),
                                   ("raw", [draw("jpeg"), draw("tiff-g4")], "jpg")):
        with Job(*pages, format=form, pattern="page-%02d.pdf") as job:
            done = job.run().done()
            equal(len(done["files"]), 2, "files")
            equal(job.files()[0], f"page-01.{extension}", "name")
            equal(job.file(0).read_bytes(), pages[0], "first page")
            heads = {"jpg": b"\xff\xd8", "png": b"\x89PNG", "tif": b"II*\0"}
            second = job.file(1)
            check(second.read_bytes().startswith(heads[second.suffix[1:]]), "second page's kind")
            if form == "raw":
                equal(second.read_bytes(), pages[1], "second page")


@case("a crop that was asked for is cut, and a whole page is left alone")
def crop(_):
    with Job(draw("jpeg"), crop=[100, 100, 200, 300]) as job:
        job.run().done()
        equal(pdf_images(job.file())[0][1:3], (200, 300), "size")


@case("a name that is taken is never overwritten")
def taken(_):
    with Job(draw("jpeg"), pattern="scan") as job:
        Path(job.archive, "scan.pdf").write_text("mine")
        done = job.run().done()
        equal(done["files"], [f"{job.archive}/scan-2.pdf"], "files")
        equal(Path(job.archive, "scan.pdf").read_text(), "mine", "the other file")


# -- the conversation -------------------------------------------------------------------------------


@case("pages are taken as they are announced, the thumbnail with the first")
def stream(_):
    with Job(end=False) as job:
        worker = job.start()
        for n in (1, 2):
            job.page(draw("jpeg", seed=n))
            worker.stdin.write(b"page %d\n" % n)
            worker.stdin.flush()
            seen = []
            while not seen or seen[-1]["event"] != "page":
                seen.append(json.loads(worker.stdout.readline()))
            equal(seen[-1], {"event": "page", "page": n, "bytes": len(draw("jpeg", seed=n)),
                             "width": 620, "height": 876, "blank": False}, "event")
            equal([event["event"] for event in seen[:-1]], ["thumbnail"] if n == 1 else [], "before")
        job.end()
        worker.stdin.write(b"end\n")
        worker.stdin.flush()
        rest = [json.loads(line)["event"] for line in worker.stdout]
        equal((rest, worker.wait(20)), (["delivered", "done"], 0), "end")
        check(worker.stderr.read() == b"", "it complains")


@case("the thumbnail has at most 240 pixels and the shape of the page")
def thumbnail(_):
    for form in ("jpeg", "png-bw", "tiff", "png-gray"):
        with Job(a4(form, "text")) as job:
            job.run().one("thumbnail")
            data = Path(job.path, "thumbnail.jpg").read_bytes()
            at = data.index(b"\xff\xc0")
            height, width = (int.from_bytes(data[at + n:at + n + 2], "big") for n in (5, 7))
            check(height == 240 and 168 <= width <= 171, f"{width} by {height}")


@case("when the daemon dies everything stays, and the next worker delivers")
def daemon_dies(_):
    with Job(draw("jpeg"), draw("jpeg", seed=2), end=False) as job:
        events = job.run(said="page 1\npage 2\n")
        check(not events.of("done") and not events.of("failed"), events)
        equal(job.files(), [], "files")
        job.end()
        equal(job.run().done()["pages"], 2, "pages")


@case("noise on standard input changes nothing")
def noisy_input(_):
    with Job(draw("jpeg"), end=False) as job:
        job.run(said="page 99999999999999999999\npage -1\n" + "x" * 100000 + "\n\nend\npage 1\n")
        job.end()
        job.run().done()


@case("two workers on one job: the second one leaves with 75")
def lock(_):
    with Job(draw("jpeg"), end=False) as job:
        worker = job.start()
        worker.stdin.write(b"page 1\n")
        worker.stdin.flush()
        worker.stdout.readline()
        job.run(status=75)
        job.end()
        worker.stdin.close()
        check(b'"done"' in worker.stdout.read(), "the first one does not deliver")
        equal(worker.wait(20), 0, "status of the first")


@case("called again after the end it says the same last word and does nothing")
def again(_):
    with Job(draw("jpeg"), command=["sh", "-c", "echo x >> \"$(dirname \"$WSD_FILE\")/../ran\""]) as job:
        first = job.run().done()
        os.unlink(job.file())
        second = job.run()
        equal(list(second), [first], "events")
        equal(job.files(), [], "files")
        equal(Path(job.root, "ran").read_text(), "x\n", "runs of the command")


@case("an empty job says so, and one without an order stays")
def empty(_):
    with Job() as job:
        failed = job.run().failed("empty")
        check("kept" not in failed, failed)
    with Job(draw("jpeg")) as job:
        job.write("job.json", "{}")
        equal(job.run(status=1).failed("order")["kept"], job.path, "kept")


# -- blank pages ------------------------------------------------------------------------------------

BLANK = ("white", "noise", "grey", "holes", "holes-us", "dust", "shadow", "through")
WRITTEN = ("line", "number", "pale", "pen", "ring", "black", "text")


@case("noise, grey paper, punch holes, dust, shadows and show-through are blank")
def blank(_):
    for dpi in (100, 200, 300):
        with Job(*(a4("jpeg", kind, dpi=dpi) for kind in BLANK), a4("jpeg", "line"),
                 drop_blank=True) as job:
            events = job.run()
            equal({BLANK[e["page"] - 1] for e in events.of("page")[:-1] if not e["blank"]}, set(),
                  f"pages at {dpi} dpi that are not blank")
            done = events.done()
            equal((done["pages"], done["blank"]), (1, len(BLANK)), "pages")


@case("a line of text, a page number, pale print, a stroke of a pen, a black page are not")
def not_blank(_):
    for form in ("jpeg", "png-gray", "tiff"):
        for dpi in (100, 300) if form == "jpeg" else (200,):
            with Job(*(a4(form, kind, dpi=dpi) for kind in WRITTEN), drop_blank=True) as job:
                events = job.run()
                equal({WRITTEN[e["page"] - 1] for e in events.of("page") if e["blank"]}, set(),
                      f"{form} pages at {dpi} dpi that are blank")
                equal(events.done()["blank"], 0, "blank pages")


@case("line art is judged as well")
def blank_bilevel(_):
    with Job(a4("tiff-g4", "white", dpi=300), a4("png-bw", "line", dpi=300), a4("png-bw", "noise"),
             drop_blank=True) as job:
        events = job.run()
        equal([e["blank"] for e in events.of("page")], [True, False, True], "blank")


@case("a job of blank pages alone delivers nothing, says so, and runs no command")
def only_blank(_):
    with Job(a4("jpeg", "noise"), a4("jpeg", "holes"), drop_blank=True, command=["false"]) as job:
        events = job.run()
        done = events.done()
        equal((done["files"], done["pages"], done["blank"]), ([], 0, 2), "done")
        equal((job.files(), events.of("command")), ([], []), "files and commands")


# -- pages that are broken --------------------------------------------------------------------------

WRONG = {
    "cut short": lambda: draw("jpeg")[:-3000],
    "no image": lambda: b"<html>no paper</html>" * 50,
    "empty": lambda: b"",
    "noise": lambda: os.urandom(5000),
    "a PNG of 60000 by 60000": lambda: png_bomb(60000, 60000),
    "a JPEG head of 65500 by 65500": lambda: jpeg_bomb(65500, 65500),
    "a damaged PNG": lambda: draw("png").replace(b"IDAT", b"IDAT\xff\xff", 1),
}


@case("a broken page, or an image bomb, costs itself alone; keep keeps its bytes")
def broken_keep(_):
    for name, make in WRONG.items():
        bad = make()
        with Job(draw("jpeg"), bad, draw("jpeg", seed=3), drop_blank=True) as job:
            began = time.monotonic()
            events = job.run()
            check(time.monotonic() - began < 20, f"{name}: it takes too long")
            equal(events.one("broken")["page"], 2, f"{name}: page")
            done = events.done()
            equal((done["pages"], done["broken"]), (2, 1), f"{name}: pages")
            equal(pdf_jpegs(job.file()), [draw("jpeg"), draw("jpeg", seed=3)], f"{name}: pages inside")
            equal(done["kept"], f"{job.incomplete}/{NAME}-broken", f"{name}: kept")
            kept = [file for file in Path(done["kept"]).iterdir() if file.name != "README.txt"]
            equal([file.read_bytes() for file in kept], [bad], f"{name}: bytes kept")
            equal(job.files(job.incomplete), [f"{NAME}-broken"], f"{name}: incomplete")


@case("drop drops it")
def broken_drop(_):
    with Job(WRONG["cut short"](), draw("jpeg"), broken="drop") as job:
        events = job.run()
        equal(events.one("broken")["page"], 1, "page")
        check("kept" not in events.done(), "something is kept")
        equal(job.files(job.incomplete), [], "incomplete")


@case("a page past its limits is broken, the others are delivered")
def too_large(_):
    small, large = draw("jpeg"), a4("jpeg", "text", dpi=150)
    with Job(small, large, small, max_page_bytes=len(small) + 10) as job:
        equal(job.run().one("broken")["page"], 2, "page over max_page_bytes")
    with Job(small, small, small, max_pages=2) as job:
        equal(job.run().one("broken")["page"], 3, "page over max_pages")
    with Job(small, small, small, max_total_bytes=2 * len(small)) as job:
        equal(job.run().one("broken")["page"], 3, "page over max_total_bytes")


@case("a job of broken pages alone has no document; keep and drop hold")
def only_broken(_):
    with Job(b"noise") as job:
        failed = job.run().failed("broken")
        equal(sorted(os.listdir(failed["kept"])), ["README.txt", "page-0001.bin"], "kept")
        equal(job.files(), [], "files")
    with Job(b"noise", broken="drop") as job:
        check("kept" not in job.run().failed("broken"), "something is kept")


@case("a page that kills the decoder is broken, and the rest is delivered")
def crash(_):
    with Job(draw("jpeg"), draw("jpeg", seed=2), draw("jpeg", seed=3)) as job:
        events = job.run(WSD_TEST_CRASH="2", program=[os.path.abspath(sys.argv[4])])
        broken = events.one("broken")
        equal(broken["page"], 2, "page")
        check("signal" in broken["what"], broken["what"])
        equal(events.done()["pages"], 2, "pages")
        equal(pdf_jpegs(job.file()), [draw("jpeg"), draw("jpeg", seed=3)], "pages inside")
        equal([e["page"] for e in events.of("page")], [1, 3], "pages told")


@case("a page that takes too much time is broken, and the rest is delivered")
def slow_page(_):
    # It would take for ever. The honest pages have enough even where a busy host steals their time.
    limit = ["sh", "-c", 'ulimit -t 4; exec "$0" "$1"', os.path.abspath(sys.argv[4])]
    with Job(draw("jpeg"), draw("jpeg", seed=2), draw("jpeg", seed=3), format="jpeg") as job:
        events = job.run(program=limit, WSD_TEST_SPIN="2")
        broken = events.one("broken")
        equal(broken["page"], 2, "page")
        check("signal" in broken["what"], broken["what"])
        equal(events.done()["pages"], 2, "pages")
        equal([name for name in job.files() if name.startswith(".")], [], "left behind")


# -- what does not become a document ----------------------------------------------------------------


def kept_pages(job, failed, pages):
    folder = Path(failed["kept"])
    equal(str(folder.parent), job.incomplete, "where it is kept")
    equal(job.files(job.incomplete), [folder.name], "what is there")
    equal(sorted(os.listdir(folder)),
          sorted([f"page-{n + 1:04}.jpg" for n in range(len(pages))] + ["README.txt"]), "kept")
    equal([(folder / f"page-{n + 1:04}.jpg").read_bytes() for n in range(len(pages))], pages, "pages")
    check(failed["what"] in (folder / "README.txt").read_text(), "README.txt does not say why")


@case("a scan that broke off: keep keeps its pages where nobody takes them for a document")
def incomplete_keep(_):
    pages = [draw("jpeg"), draw("jpeg", seed=2)]
    with Job(*pages, end=False) as job:
        job.end("the feeder jammed")
        failed = job.run().failed("incomplete")
        check("the feeder jammed" in failed["what"], failed["what"])
        equal(failed["kept"], f"{job.incomplete}/{NAME}-incomplete", "kept")
        kept_pages(job, failed, pages)
        equal(job.files(), [], "files")


@case("the same across file systems, and beside a folder of that name")
def incomplete_elsewhere(_):
    with Job(draw("jpeg"), end=False) as job:
        tmpfs(job.incomplete, "size=4m")
        os.mkdir(f"{job.incomplete}/{NAME}-incomplete")
        Path(f"{job.incomplete}/{NAME}-incomplete/mine").touch()
        job.end("x")
        failed = job.run().failed("incomplete")
        equal(failed["kept"], f"{job.incomplete}/{NAME}-incomplete-2", "kept")
        equal(Path(failed["kept"], "page-0001.jpg").read_bytes(), draw("jpeg"), "page")
        equal([n for n in job.files(job.incomplete) if n.startswith(".")], [], "hidden")
        umount(job.incomplete)


@case("drop drops it, and no pages are no folder")
def incomplete_drop(_):
    with Job(draw("jpeg"), end=False, broken="drop") as job:
        job.end("x")
        check("kept" not in job.run().failed("incomplete"), "something is kept")
        equal(job.files(job.incomplete), [], "incomplete")
    with Job(end=False) as job:
        job.end("x")
        check("kept" not in job.run().failed("incomplete"), "something is kept")
        equal(job.files(job.incomplete), [], "incomplete")


def fails_with(code, setup, **order):
    pages = [draw("jpeg"), draw("jpeg", seed=2)]
    with Job(*pages, **order) as job:
        setup(job)
        failed = job.run().failed(code)
        kept_pages(job, failed, pages)
        equal(failed["files"], [], "files")
        equal(list(job.run()), [failed], "said again")
        return failed


@case("disk full: the pages are kept, the folder is left clean")
def disk_full(_):
    def setup(job):
        tmpfs(job.archive, "size=64k")
    fails_with("disk-full", setup)

    def full(job):
        tmpfs(job.archive, "size=16m,nr_inodes=3")
        for n in range(2):
            Path(job.archive, f"f{n}").touch()
    fails_with("disk-full", full)


@case("disk full, then room: what was begun is delivered")
def disk_full_then_room(_):
    with Job(draw("jpeg"), end=False, format="raw") as job:
        tmpfs(job.archive, "size=1m")
        Path(job.archive, "filler").write_bytes(bytes((1 << 20) - 8192))
        worker = job.start()
        for n in (1, 2):
            worker.stdin.write(b"page %d\n" % n)
        worker.stdin.flush()
        equal(json.loads(worker.stdout.readline())["event"], "thumbnail", "first event")
        job.page(draw("jpeg", seed=2))
        os.unlink(f"{job.archive}/filler")
        job.end()
        worker.stdin.close()
        events = [json.loads(line) for line in worker.stdout]
        equal(events[-1]["event"], "done", f"last of {events}")
        equal(len(job.files()), 2, "files")
        worker.wait(20)
        umount(job.archive)


@case("a folder that is read-only, gone, or a file")
def folders(_):
    def read_only(job):
        tmpfs(job.archive, "size=4m", MS_RDONLY)
    fails_with("unwritable", read_only)
    failed = fails_with("unwritable", lambda job: os.rmdir(job.archive))
    check("make the folder first" in failed["what"], failed["what"])
    fails_with("unwritable", lambda job: (os.rmdir(job.archive), Path(job.archive).touch()))


@case("when the pages cannot be kept either the job stays, and is delivered when it can be")
def stays(_):
    with Job(draw("jpeg")) as job:
        os.rmdir(job.archive)
        tmpfs(job.incomplete, "size=4m", MS_RDONLY)
        equal(job.run(status=1).failed("unwritable")["kept"], job.path, "kept")
        equal(job.run(status=1).failed("unwritable")["kept"], job.path, "kept")
        os.mkdir(job.archive)
        equal(job.run().done()["files"], [f"{job.archive}/{NAME}.pdf"], "files")
        umount(job.incomplete)
    with Job(draw("jpeg"), incomplete=None) as job:
        os.rmdir(job.archive)
        equal(job.run(status=1).failed("unwritable")["kept"], job.path, "kept")


@case("a folder that is another one after a crash: it stays until the right one is back")
def folder_unmounted(_):
    with Job(draw("jpeg")) as job:
        tmpfs(job.archive, "size=4m")
        # Killed right after the journal was written, with the temporary in the folder.
        for n in range(1, 100):
            worker = job.start(program=[os.path.abspath(sys.argv[4])], WSD_TEST_KILL=str(n))
            worker.communicate()
            if job.journal() and job.journal()["files"]:
                break
        hidden = job.files()
        check(len(hidden) == 1 and hidden[0].startswith(".wsd-scand-"), hidden)
        aside = job.archive + "-aside"
        os.mkdir(aside)
        subprocess.run(["mount", "--move", job.archive, aside], check=True)
        failed = job.run(status=1).failed("unwritable")
        equal((failed["kept"], job.files()), (job.path, []), "kept")
        subprocess.run(["mount", "--move", aside, job.archive], check=True)
        equal(job.run().done()["files"], [f"{job.archive}/{NAME}.pdf"], "files")
        equal(job.files(), [f"{NAME}.pdf"], "files")
        umount(job.archive)


# -- mode and owner ---------------------------------------------------------------------------------


@case("mode and owner are set before the file has its name")
def mode_and_owner(_):
    with Job(draw("jpeg"), mode=0o640, owner="0", group="root") as job:
        job.run().done()
        stat = job.file().stat()
        equal((stat.st_mode & 0o7777, stat.st_uid, stat.st_gid), (0o640, 0, 0), "mode and owner")
    with Job(draw("jpeg"), mode=-1) as job:
        job.run().done()
        mask = os.umask(0)
        os.umask(mask)
        equal(job.file().stat().st_mode & 0o7777, 0o666 & ~mask, "mode by the umask")


@case("an owner among many is set")
def other_owner(_):
    with Job(draw("jpeg"), owner="12345", group="54321") as job:
        try:
            os.chown(job.incomplete, 12345, 54321)
        except OSError as error:
            if interop.in_ci:
                return  # one user is all that there is in a namespace of a user's
            raise Skip("there is but one user here") from error
        job.run().done()
        stat = job.file().stat()
        equal((stat.st_uid, stat.st_gid), (12345, 54321), "owner")


@case("an owner who is not there, or not ours to give to, is a failure with advice")
def wrong_owner(_):
    with Job(draw("jpeg"), owner="nobody-of-this-name") as job:
        failed = job.run().failed("unwritable")
        check("nobody-of-this-name" in failed["what"], failed["what"])
    with Job(draw("jpeg"), owner="12345") as job:
        failed = job.run(program=["unshare", "-r", DELIVER]).failed("unwritable")
        check("leave owner and group" in failed["what"], failed["what"])
        equal(job.files(), [], "files")


# -- commands ---------------------------------------------------------------------------------------


@case("a command has words for arguments, facts in its environment, and no descriptors of ours")
def command(_):
    with Job(draw("jpeg"), draw("jpeg", seed=2), title="t", device="Office; MFP $(x) 'y'",
             destination="-Archive") as job:
        report = f"{job.root}/report"
        job.order["command"] = ECHO + [report, "{file}", "{folder}|{name}", "{device}",
                                       "{destination}", "{pages}-{date}-{time}", "{other} {", ""]
        job.write("job.json", json.dumps(job.order))
        events = job.run()
        done = events.done()
        event = events.one("command")
        equal((event["which"], event["status"], event["what"]), ("command", 0, ""), "event")
        argv, env, fds, stdin = json.loads(Path(report).read_text())
        file = done["files"][0]
        equal(argv, [file, f"{job.archive}|{Path(file).name}", "Office; MFP $(x) 'y'", "_Archive",
                     f"2-{STAMP}", "{other} {", ""], "arguments")
        equal({k: v for k, v in env.items() if k.startswith("WSD_") and k != "WSD_CACHE_PATH"
               and not k.startswith("WSD_TEST")},
              {"WSD_FILE": file, "WSD_FILES": file, "WSD_DEVICE": "Office; MFP $(x) 'y'",
               "WSD_UUID": "urn:uuid:1234", "WSD_DESTINATION": "-Archive", "WSD_PAGES": "2",
               "WSD_TIME": time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(1795370310)),
               "WSD_JOB": job.id}, "environment")
        equal((fds[:3], len(fds), stdin), (["0", "1", "2"], 4, ""), "descriptors and input")


@case("it is run once a scan, for several files too")
def command_once(_):
    with Job(draw("jpeg"), draw("jpeg", seed=2), format="jpeg") as job:
        report = f"{job.root}/report"
        job.order["command"] = ["sh", "-c", f'echo "$WSD_FILES" >> {report}']
        job.write("job.json", json.dumps(job.order))
        done = job.run().done()
        equal(Path(report).read_text().splitlines(), done["files"], "files told")


@case("what a command says is told, within bounds and without what a terminal obeys")
def command_output(_):
    code = r"import sys; sys.stdout.write('\33[2Jno\n'); sys.stdout.flush(); " \
           r"sys.stderr.write('x' * 100000); sys.exit(3)"
    with Job(draw("jpeg"), command=[sys.executable, "-c", code]) as job:
        event = job.run().one("command")
        equal(event["status"], 3, "status")
        check(event["output"].startswith(" [2Jno x"), event["output"][:20])
        check(4000 < len(event["output"]) <= 4096, len(event["output"]))
        equal(len(job.files()), 1, "files")


@case("a command that fails, is not there or dies of a signal is told; the document stands")
def command_fails(_):
    for words, status, text in ((["false"], 1, "status 1"), (["/nonexistent/x"], -1, "No such file"),
                                (["sh", "-c", "kill -9 $$"], 137, "signal 9"),
                                (["/etc/passwd"], -1, "Permission denied")):
        with Job(draw("jpeg"), command=words) as job:
            events = job.run()
            event = events.one("command")
            equal(event["status"], status, f"status of {words}")
            check(text in event["what"], event["what"])
            events.done()
            equal(len(job.files()), 1, "files")


@case("a command that hangs, deaf to TERM and with children, is ended with all of them")
def command_hangs(_):
    script = 'trap "" TERM; sh -c \'trap "" TERM; echo $$ > "$0"; exec tail -f /dev/null\' "$0" & ' \
             'wait; tail -f /dev/null'
    with Job(draw("jpeg"), command_timeout=1) as job:
        pid = f"{job.root}/pid"
        job.order["command"] = ["sh", "-c", script, pid]
        job.write("job.json", json.dumps(job.order))
        began = time.monotonic()
        events = job.run()
        took = time.monotonic() - began
        check(5 < took < 15, f"it took {took} s")
        check("longer than 1 seconds" in events.one("command")["what"], events)
        events.done()
        child = int(Path(pid).read_text())
        stat = Path(f"/proc/{child}/stat")
        check(not stat.exists() or stat.read_text().split()[2] == "Z", "its child lives")


@case("one that leaves something in the background is not waited for")
def command_background(_):
    with Job(draw("jpeg"), command=["sh", "-c", "tail -f /dev/null & echo $!"]) as job:
        began = time.monotonic()
        event = job.run().one("command")
        check(time.monotonic() - began < 10, "it waited")
        os.kill(int(event["output"]), 9)


@case("the command has the rights and limits of the daemon, not those of the decoder")
def command_limits(_):
    code = "import resource as r; print(r.getrlimit(r.RLIMIT_AS) == r.getrlimit(r.RLIMIT_CPU) == " \
           "(r.RLIM_INFINITY,) * 2, 'NoNewPrivs:\t0' in open('/proc/self/status').read())"
    with Job(draw("jpeg"), command=[sys.executable, "-c", code]) as job:
        inherited = "NoNewPrivs:\t1" not in Path("/proc/self/status").read_text()
        equal(job.run().one("command")["output"].split(), ["True", str(inherited)], "limits")


@case("pipe: the document on standard input, and no folder")
def pipe(_):
    with Job(draw("jpeg"), folder=None, pipe=["true"]) as job:
        report = f"{job.root}/report"
        job.order["pipe"] = ECHO + [report, "{name}", "{pages}"]
        job.write("job.json", json.dumps(job.order))
        events = job.run()
        equal(events.one("command")["which"], "pipe", "event")
        events.done()
        argv, env, _, stdin = json.loads(Path(report).read_text())
        equal(argv, [NAME + ".pdf", "1"], "arguments")
        check(bytes.fromhex(stdin).startswith(b"%PDF-") and bytes.fromhex(stdin).rstrip()
              .endswith(b"%%EOF"), "it is no PDF")
        equal(job.files(job.incomplete), [], "incomplete")


@case("pipe and folder: both have it, even if it is taken from the folder at once")
def pipe_and_folder(_):
    with Job(draw("jpeg"), draw("jpeg", seed=2), format="raw") as job:
        log = f"{job.root}/log"
        job.order["pipe"] = ["sh", "-c", f"sha256sum >> {log}; rm -f \"$WSD_FILE\""]
        job.write("job.json", json.dumps(job.order))
        job.run().done()
        equal([line.split()[0] for line in Path(log).read_text().splitlines()],
              [hashlib.sha256(draw("jpeg", seed=n)).hexdigest() for n in (1, 2)], "piped")


@case("a pipe that fails: the whole document is kept, named so that nobody takes it for delivered")
def pipe_fails(_):
    for words in (["sh", "-c", "cat > /dev/null; exit 1"], ["/nonexistent"], ["false"]):
        with Job(draw("jpeg"), folder=None, pipe=words, command=["true"]) as job:
            events = job.run()
            failed = events.failed("pipe")
            equal(len(events.of("command")), 1, "commands")
            equal(sorted(os.listdir(failed["kept"])), [f"{NAME}-undelivered.pdf", "README.txt"],
                  "kept")
            document = Path(failed["kept"], f"{NAME}-undelivered.pdf")
            equal(pdf_jpegs(document), [draw("jpeg")], "pages")
            equal(list(job.run()), [failed], "said again")


# -- names ------------------------------------------------------------------------------------------

NASTY = ["../../../etc/x", "a/b\\c", ".hidden", "-rf", "a\nb\tc", "\x1b[2J", "x" * 5000, "%s%n{date}",
         "é" * 200, "‮gpj", "..", " ", "con:", "", "\xff"]


@case("names that devices give themselves are names of files and nothing else")
def nasty_names(_):
    for name in NASTY:
        with Job(draw("jpeg"), draw("jpeg", seed=2), b"noise", device=name, title=name,
                 destination=name, pattern="{device}") as job:
            done = job.run().done()
            check(len(done["files"]) == 1, done)
            file = Path(done["files"][0])
            equal((str(file.parent), file.suffix), (job.archive, ".pdf"), "place")
            check(file.name[0] not in ".-" and file.name.isprintable() and
                  not set(file.name) & set('\\/:*?"<>|\n%{}'), repr(file.name))
            equal(job.files(), [file.name], "files")
            equal(len(job.files(job.incomplete)), 1, "incomplete")
            equal(sorted(os.listdir(job.root)), ["archive", "incomplete", "spool"], "all")
            tool("pdfinfo", str(file))


main("pdfimages", "pdfinfo", "tiffinfo", "unshare")
