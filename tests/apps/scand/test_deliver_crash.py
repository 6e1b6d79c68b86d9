# SPDX-License-Identifier: MIT
"""wsd-scand-deliver, exactly once: killed at any instant, before and after each call that reaches the
disk, and with each such call failing; with somebody who takes documents away at once. After one more
run there is one document, or all pages are kept, and nothing else lies about.
"""

import atexit
import os
import random
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

from deliver import (Consumer, DELIVER, Events, FAILING, Job, case, check, draw, equal, kill, main,
                     pdf_jpegs, tmpfs, umount)

BASE = tempfile.mkdtemp(prefix="wsd-crash-")


@atexit.register
def remove_base():
    if os.path.ismount(BASE):
        umount(BASE)
    os.rmdir(BASE)


PAGES = [draw("jpeg", seed=n) for n in (1, 2, 3)]


def named(folder):
    return [name for name in os.listdir(folder) if not name.startswith(".")]


def documents(job):
    """Files that were delivered, wherever they are by now."""
    found = [Path(job.archive, name) for name in named(job.archive)]
    taken = Path(job.root, "taken")
    return found + (sorted(taken.iterdir()) if taken.is_dir() else [])


def check_document(job, files):
    if job.order["format"] == "pdf":
        equal(len(files), 1, f"documents: {files}")
        equal(pdf_jpegs(files[0]), PAGES, "pages inside")
    else:
        equal(sorted(file.read_bytes() for file in files), sorted(PAGES), "pages delivered")


def check_kept(job, folder):
    equal(sorted(os.listdir(folder)), ["README.txt"] + [f"page-000{n}.jpg" for n in (1, 2, 3)],
          "kept")
    equal([Path(folder, f"page-000{n}.jpg").read_bytes() for n in (1, 2, 3)], PAGES, "pages kept")


def settle(job, hits=()):
    """One more run, and how everything has to be then; `hits` are the events of those before."""
    last = job.run().last
    files = documents(job)
    kept = named(job.incomplete)
    equal([n for f in (job.archive, job.incomplete) for n in os.listdir(f) if n.startswith(".")], [],
          f"hidden files left behind; the last word is {last}")
    if last["event"] == "done":
        check_document(job, files)
        equal(kept, [], "kept beside a document")
        return True
    equal(last["event"], "failed", "last word")
    # A document whose folder could not be synced stands, and is told, and its pages are kept.
    equal(sorted(last["files"]), sorted(str(file) for file in files if "taken" not in str(file)),
          "files that stand")
    equal([last["kept"]], [f"{job.incomplete}/{name}" for name in kept], "kept")
    check_kept(job, last["kept"])
    return False


def make(**order):
    return Job(*PAGES, base=BASE, **order)


# -- killed at random instants ----------------------------------------------------------------------


def run_and_kill(job, after):
    """The worker, killed with all its processes so many seconds after its start; whether it was, and
    how long it lived."""
    began = time.monotonic()
    worker = job.start()
    timer = threading.Timer(after, kill, (worker,))
    timer.start()
    worker.communicate()
    timer.cancel()
    timer.join()
    return worker.returncode == -signal.SIGKILL, time.monotonic() - began


def how_long(**order):
    with make(**order) as job:
        began = time.monotonic()
        job.run().done()
        return time.monotonic() - began


def kill_at_random(wanted, consumer, **order):
    """Until so many were killed. How long a run takes moves with what else the machine does, so the
    instants are drawn from what the last whole run took."""
    chance, killed, jobs = random.Random(wanted), 0, 0
    longest = how_long(**order)
    while killed < wanted:
        jobs += 1
        check(jobs <= 5 * wanted, f"{killed} of {jobs} jobs were killed, and no more can be")
        with make(**order) as job:
            taker = Consumer(job.archive, f"{job.root}/taken") if consumer else None
            for run in range(chance.choice((1, 1, 2, 3))):
                hit, lived = run_and_kill(job, chance.uniform(0, longest * 1.1))
                killed += hit
                if run == 0 and not hit:
                    longest = lived
            job.run()
            if taker:
                taker.stop()
            check(settle(job), "the pages were kept, and nothing had failed")
    print(f"# {jobs} jobs, killed {killed} times")


@case("killed at 100 random instants: delivered once")
def random_kill(_):
    kill_at_random(100, False)


@case("killed at 100 random instants, a consumer taking files at once: delivered once")
def random_kill_consumer(_):
    kill_at_random(100, True)


@case("killed at 60 random instants with a file a page")
def random_kill_pages(_):
    kill_at_random(60, True, format="raw", pattern="p-{page}")


@case("killed while the scan goes on")
def random_kill_streaming(_):
    chance = random.Random(7)
    for _ in range(20):
        with Job(end=False, base=BASE) as job:
            worker = job.start()
            for n, page in enumerate(PAGES, 1):
                job.page(page)
                if chance.random() < 0.4:
                    kill(worker)
                    worker.communicate()
                    worker = job.start()
                try:
                    worker.stdin.write(b"page %d\n" % n)
                    worker.stdin.flush()
                except BrokenPipeError:
                    pass
            job.end()
            worker.communicate()
            check(settle(job), "kept")


# -- at each call -----------------------------------------------------------------------------------


def each_call(variable, consumer=False, finish=settle, limit=600, **order):
    """Runs with the Nth call hit, for every N, until a run is over before."""
    delivered = kept = 0
    for n in range(1, limit):
        with make(**order) as job:
            taker = Consumer(job.archive, f"{job.root}/taken") if consumer else None
            hit = Path(job.root, "hit")
            worker = job.start(program=[FAILING], **{variable: str(n), "WSD_TEST_HIT": str(hit)})
            out, errors = worker.communicate(timeout=120)
            check(b"Sanitizer" not in errors and b"runtime error" not in errors,
                  errors.decode("utf-8", "replace"))
            whole = out[:out.rfind(b"\n") + 1]
            job.run(status=None)
            if taker:
                taker.stop()
            try:
                if finish(job, Events(whole)):
                    delivered += 1
                else:
                    kept += 1
            except Exception:
                print(f"# at call {n}; it said {out!r}, the journal is {job.journal()}")
                raise
            if not hit.exists():
                break
    else:
        check(False, "there is no end of calls")
    print(f"# {n - 1} calls: {delivered} times delivered, {kept} times kept")
    check(n > 20, f"{n} calls only")
    return delivered, kept


@case("killed before each call: delivered once")
def kill_before(_):
    equal(each_call("WSD_TEST_KILL")[1], 0, "kept")


@case("killed after each call, a consumer taking files at once: delivered once")
def kill_after(_):
    equal(each_call("WSD_TEST_KILL_AFTER", consumer=True)[1], 0, "kept")


@case("killed after each call with a file a page")
def kill_after_pages(_):
    equal(each_call("WSD_TEST_KILL_AFTER", consumer=True, format="raw", pattern="p-{page}")[1], 0,
          "kept")


@case("killed at each call while pages are kept: kept once, whole")
def kill_keeping(_):
    def finish(job, _):
        return settle(job)

    for variable in ("WSD_TEST_KILL", "WSD_TEST_KILL_AFTER"):
        delivered, kept = each_call(variable, finish=finish, owner="nobody-of-this-name")
        equal(delivered, 0, "delivered")
        check(kept > 20, f"kept {kept} times")


@case("killed at each call with a command: it never runs twice, and the document is there once")
def kill_command(_):
    def finish(job, _):
        ran = Path(f"{job.root}-ran")
        times = len(ran.read_text()) if ran.exists() else 0
        ran.unlink(missing_ok=True)
        check(times <= 1, f"it ran {times} times")
        return settle(job)

    job_ran = 'echo -n x >> "$(dirname "$(dirname "$WSD_FILE")")-ran"'
    equal(each_call("WSD_TEST_KILL", finish=finish, command=["sh", "-c", job_ran])[1], 0, "kept")


@case("killed at each call with a pipe alone: piped once, or kept and never both untold")
def kill_pipe(_):
    def finish(job, _):
        last = job.run().last
        ran = Path(f"{job.root}/piped")
        times = len(ran.read_text()) if ran.exists() else 0
        check(times <= 1, f"it ran {times} times")
        kept = named(job.incomplete)
        if last["event"] == "done":
            equal((times, kept), (1, []), "piped and kept")
            return True
        equal((last["code"], len(kept)), ("pipe", 1), f"{last}")
        check("before a crash" in last["what"], last["what"])
        document = next(Path(last["kept"]).glob("*-undelivered.pdf"))
        equal(pdf_jpegs(document), PAGES, "pages of the document that is kept")
        return False

    delivered, kept = each_call(
        "WSD_TEST_KILL", finish=finish, folder=None,
        pipe=["sh", "-c", 'cat > /dev/null; echo -n x >> "${WSD_FILE%/spool/*}/piped"'])
    check(delivered > kept, f"{delivered} piped, {kept} kept")


@case("each call failing once: one document, or all pages kept")
def fail_once(_):
    for order in ({}, {"format": "raw", "pattern": "p-{page}"}):
        delivered, kept = each_call("WSD_TEST_FAIL", **order)
        check(delivered > 5, f"delivered {delivered} times, kept {kept} times")


@case("each call failing, and all after it: the job stays, and is delivered when there is room")
def fail_from(_):
    def finish(job, events):
        if events and events[-1]["event"] == "failed" and events[-1]["kept"] == job.path:
            check(not [f for f in documents(job) if f.suffix != ".pdf"], "half a document stands")
        return settle(job)

    each_call("WSD_TEST_FAIL_FROM", finish=finish)


def setup(world):
    """In memory: what is synced there is synced at once."""
    tmpfs(BASE, "size=256m")
    return world


main("pdfimages", setup=setup)
