#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The Debian packages in a system that has nothing else: installed, used, upgraded, removed.

    test_packages.py PACKAGES FOLDER

PACKAGES is what tools/make-packages.sh made. FOLDER keeps the base of the system for the next time.
Prints TAP. It needs root, and the package mirror for what our packages depend on. From then on there is
no network but that of a namespace of its own.
"""

import json
import os
import pathlib
import shutil
import sys
import threading

from chroot import TIMEOUT, Chroot, run

OURS = ("libwsd0", "libwsd-dev", "wsd", "wsd-scand", "libsane-wsd", "wsd-share")
# To compile a program, and to see what SANE sees; not what our packages need.
TOOLS = ("gcc", "libc6-dev", "pkg-config", "sane-utils")
EXAMPLE = "/usr/share/doc/libwsd-dev/examples/scan.c"
STATIC = "-l:libwsd.a -lexpat -lcurl -luv -lm -ldl -pthread"
SCANS = "/var/lib/wsd-scand/scans"
CONFIG = "/etc/wsd-scand.conf"
NEXT = "+next1"  # the version that an upgrade brings


def check(condition, said):
    if not condition:
        raise AssertionError(said)


class Packages:
    def __init__(self, packages, folder):
        self.debs = {run("dpkg-deb", "-f", p, "Package").stdout.strip(): p for p in packages.glob("*.deb")
                     if "-dbgsym_" not in p.name}
        check(self.debs, f"{packages} holds no packages: make package")
        self.version = run("dpkg-deb", "-f", self.debs["wsd"], "Version").stdout.strip()
        self.system = Chroot(folder)
        shutil.copytree(packages, self.system.root / "packages", ignore=lambda _, names: [
            n for n in names if n not in {p.name for p in self.debs.values()}])
        self.before = None

    def paths(self, folder="/packages"):
        return [f"{folder}/{p.name}" for p in self.debs.values()]

    def installed(self):
        r = self.system.inside("dpkg-query", "-W", "-f", "${Package} ${Version} ${db:Status-Status}\\n")
        rows = [line.split() for line in r.stdout.splitlines()]
        return {name: version for name, version, status in rows if name in OURS and status == "installed"}

    # -- the tests, in this order ----------------------------------------------------------------------

    def test_dependencies_are_all_in_the_distribution(self):
        self.system.apt("update", network=True)
        self.system.apt("install", *TOOLS, network=True)
        plan = self.system.apt("--simulate", "install", *self.paths()).stdout
        needed = [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]
        check(set(self.debs) <= set(needed), plan)
        self.system.apt("install", *[n for n in needed if n not in self.debs], network=True)
        self.before = self.system.files()

    def test_packages_install_without_the_network(self):
        self.system.apt("install", *self.paths())
        check(self.installed() == {name: self.version for name in self.debs}, self.installed())

    def test_service_is_there_and_waits_to_be_enabled(self):
        added = self.system.files() - self.before
        check(not [p for p in added if p.startswith("/etc/systemd/")], added)
        units = [p for p in added if p.endswith(".service") and "/systemd/system/" in p]
        check(units, added)
        r = self.system.inside("systemd-analyze", "verify", "--man=no", *units)
        check("wsd-" not in r.stderr, r.stderr)
        self.system.inside("runuser", "-u", "wsd-scand", "--", "test", "-w", SCANS)
        self.system.inside("wsd-scand", "--config", CONFIG, "--check")

    def test_list_finds_the_scanner_that_serve_is(self):
        self.system.cut_off()
        self.scanner = Watched(self.system.start("wsd", "serve", "--name", "Packaged", "--json"))
        device = json.loads(self.scanner.wait_for('"device"'))
        self.scanner.wait_for('"ready"')
        self.url = device["url"]
        found = self.system.run("wsd", "list", "--expect", "1", "--json").stdout
        check("Packaged" in found and device["endpoint"] in found, found)

    def test_scan_writes_each_kind_of_file(self):
        for kind, begins in {"pdf": b"%PDF-", "jpg": b"\xff\xd8", "png": b"\x89PNG", "tiff": b"II*\0"}.items():
            path = f"/tmp/page.{kind}"
            self.system.run("wsd", "scan", self.url, "-o", path)
            data = self.system.file(path).read_bytes()
            check(data.startswith(begins) and len(data) > 10000, f"{path}: {len(data)} bytes, {data[:8]}")

    def test_program_is_compiled_against_the_interface_and_scans(self):
        flags = self.system.run("pkg-config", "--cflags", "--libs", "wsd").stdout
        for name, libraries in {"scan": flags, "scan-static": STATIC}.items():
            self.system.run("sh", "-c", f"cc -Wall -Werror -o /tmp/{name} {EXAMPLE} {libraries}")
            self.system.run(f"/tmp/{name}", self.url, f"/tmp/{name}.jpg")
            check(self.system.file(f"/tmp/{name}.jpg").read_bytes()[:2] == b"\xff\xd8", "no JPEG")
            needed = self.system.run("ldd", f"/tmp/{name}").stdout
            check(("libwsd.so.0" in needed) == (name == "scan"), needed)

    def test_sane_finds_the_scanner(self):
        listed = self.system.run("scanimage", "-L").stdout
        check("`wsd:" in listed, listed)
        name = listed.split("`wsd:")[1].split("'")[0]
        self.system.run("sh", "-c", f"scanimage -d 'wsd:{name}' --format=pnm > /tmp/sane.pnm")
        check(self.system.file("/tmp/sane.pnm").stat().st_size > 100000, "no image")

    def test_device_of_sane_is_shared(self):
        folder = self.system.file("/tmp/sane")
        folder.mkdir()
        (folder / "dll.conf").write_text("test\n", encoding="utf-8")
        shared = Watched(self.system.start("env", "SANE_CONFIG_DIR=/tmp/sane", "wsd", "serve", "--sane", "test:0",
                                           "--no-control", "--port", "0", "--json"))
        url = json.loads(shared.wait_for('"device"'))["url"]
        shared.wait_for('"ready"')
        self.system.run("wsd", "scan", url, "-o", "/tmp/shared.png")
        shared.end()
        check(self.system.file("/tmp/shared.png").stat().st_size > 1000, "no image")

    def test_button_delivers_a_pdf_to_the_daemon(self):
        self.system.run("install", "-d", "-o", "wsd-scand", "-g", "wsd-scand", "/run/wsd-scand")
        self.daemon = Watched(self.system.start(
            "runuser", "-u", "wsd-scand", "--", "env", "RUNTIME_DIRECTORY=/run/wsd-scand",
            "wsd-scand", "--system", "--foreground"))
        self.scanner.wait_for('"destination-added"')
        self.system.run("wsd", "panel", "press", "1")
        said = self.daemon.wait_for(".pdf")
        (path,) = self.system.file(SCANS).glob("*.pdf")
        check(path.read_bytes().startswith(b"%PDF-"), said)
        check("Packaged" in self.system.run("wsd-scand", "status").stdout, "the status knows nothing of it")
        self.daemon.end()
        self.scanner.end()

    def test_upgrade_keeps_documents_and_configuration(self):
        with self.system.file(CONFIG).open("a", encoding="utf-8") as config:
            config.write("port = 5377\n")
        self.next_version()
        self.system.apt("install", *self.paths("/packages/next"))
        check(self.installed() == {name: self.version + NEXT for name in self.debs}, self.installed())
        check("port = 5377" in self.system.file(CONFIG).read_text("utf-8"), "the configuration was replaced")
        check(len(list(self.system.file(SCANS).glob("*.pdf"))) == 1, "the document is gone")

    def test_removal_leaves_configuration_and_documents(self):
        self.system.apt("remove", *self.debs)
        left = self.system.files() - self.before
        check(not self.installed() and CONFIG in left, left)
        check(not [p for p in left if p.startswith("/usr/") or p.endswith(".service")], left)

    def test_purge_leaves_documents_alone(self):
        self.system.inside("dpkg", "--purge", *self.debs)
        left = {p for p in self.system.files() - self.before if self.system.file(p).is_file()}
        check(len(left) == 1 and all(p.startswith(SCANS) for p in left), left)

    def test_purge_without_documents_leaves_nothing(self):
        shutil.rmtree(self.system.file("/var/lib/wsd-scand"))
        self.system.apt("install", *self.paths())
        self.system.inside("dpkg", "--purge", *self.debs)
        after = self.system.files()
        check(after == self.before, f"left: {after - self.before}, lost: {self.before - after}")

    # ----------------------------------------------------------------------------------------------------

    def next_version(self):
        """The same packages, as they were of the next version."""
        folder = self.system.file("/packages/next")
        folder.mkdir()
        for path in self.debs.values():
            tree = folder / "tree"
            run("dpkg-deb", "-R", path, tree)
            control = tree / "DEBIAN/control"
            text = control.read_text("utf-8")
            control.write_text(text.replace(self.version, self.version + NEXT), encoding="utf-8")
            run("dpkg-deb", "-Zgzip", "-b", tree, folder / path.name)
            shutil.rmtree(tree)

    def close(self):
        for name in ("daemon", "scanner"):
            if hasattr(self, name):
                getattr(self, name).end()
        self.system.let_go()


class Watched:
    """A program that runs, and its lines."""

    def __init__(self, process):
        self.process, self.lines = process, []

    def wait_for(self, text):
        timer = threading.Timer(TIMEOUT, self.process.kill)
        timer.start()
        try:
            for line in iter(self.process.stdout.readline, ""):
                self.lines.append(line)
                if text in line:
                    return line
        finally:
            timer.cancel()
        raise AssertionError(f"no line with {text} in {self.lines}")

    def end(self):
        self.process.terminate()
        self.process.communicate(timeout=TIMEOUT)


def why_not():
    missing = [t for t in ("debootstrap", "unshare", "nsenter", "ip", "dpkg-deb") if not shutil.which(t)]
    return "only root can make a system" if os.geteuid() else f"there is no {missing[0]}" if missing else None


def main():
    packages, folder = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
    names = [n for n in vars(Packages) if n.startswith("test_")]
    reason = why_not()
    if reason:
        print(f"1..0 # SKIP {reason}")
        return 0
    print(f"1..{len(names)}", flush=True)
    world, failed = Packages(packages, folder), 0
    try:
        for i, name in enumerate(names, 1):
            said = name.removeprefix("test_").replace("_", " ")
            try:
                getattr(world, name)()
                print(f"ok {i} - {said}", flush=True)
            except Exception as wrong:  # pylint: disable=broad-except
                failed += 1
                print(f"not ok {i} - {said}", *[f"# {line}" for line in str(wrong).splitlines()], sep="\n",
                      flush=True)
    finally:
        world.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
