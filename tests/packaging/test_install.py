#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is installed, and the files that make a service of wsd-scand.

    test_install.py ROOT BUILD

Installs the build into a folder that is thrown away and looks at what is there. What systemd-analyze,
xmllint, shellcheck and nft say is asked where they are; else those tests are skipped.
"""

import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest
import xml.dom.minidom

ROOT, BUILD = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
PAGE = ROOT / "docs/scan-to-computer.md"
THRESHOLD = 20  # tenths of what systemd-analyze security says
# The user, group and programs of the page's examples need not be on this computer.
ELSEWHERE = re.compile(r"is no (group|user) of this computer|is no program that can be run")
SERVICE = "wsd-scand.service"


def run(*command, code=0, **more):
    r = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=120, **more)
    if code is not None and r.returncode != code:
        raise AssertionError(f"{' '.join(map(str, command))}: {r.returncode}\n{r.stdout}{r.stderr}")
    return r


def needs(tool):
    return unittest.skipUnless(shutil.which(tool), f"there is no {tool}")


def option(name):
    """What the build was set up with."""
    text = run("meson", "introspect", "--buildoptions", BUILD).stdout
    return next(o["value"] for o in json.loads(text) if o["name"] == name)


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)


def commands(program):
    """The page's lines of commands, without what is said of them."""
    lines = re.findall(rf"^    ({program} .*)$", PAGE.read_text("utf-8"), re.M)
    return [re.sub(r"\s{2,}\S.*$", "", line) for line in lines]


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.dest = pathlib.Path(cls.folder.name)
        run("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", cls.dest)
        cls.prefix = cls.dest / option("prefix").lstrip("/")
        cls.scand = cls.prefix / option("bindir") / "wsd-scand"
        os.environ["LD_LIBRARY_PATH"] = str(cls.prefix / option("libdir"))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def find(self, pattern):
        found = sorted(self.dest.rglob(pattern))
        self.assertTrue(found, f"{pattern} is not installed")
        return found

    def unit(self, folder):
        """The unit, with our installation in the place of the computer's."""
        (path,) = [p for p in self.find(SERVICE) if p.parent.name == folder]
        copy = self.dest / f"copy-{folder}" / SERVICE
        copy.parent.mkdir(exist_ok=True)
        text = path.read_text("utf-8")
        self.assertNotIn("@bindir", text)
        self.assertIn(f"ExecStart={option('prefix')}/{option('bindir')}/wsd-scand --", text)
        copy.write_text(re.sub(r"=(\S*/wsd-scand)\b", f"={self.scand}", text), encoding="utf-8")
        return copy

    def test_all_files_are_there(self):
        for pattern in ("wsd-scand.8", "wsd-scand.conf.5", "wsd-scand.bash", "wsd-scand.conf.example",
                        "sysusers.d/wsd-scand.conf", "tmpfiles.d/wsd-scand.conf",
                        "firewalld/services/wsd-scand.xml", "wsd-scand.ufw", "wsd-scand.nft",
                        "wsd-scand.init", "wsd-scand.freebsd", "container/Containerfile",
                        "container/compose.yaml", "libexec/wsd/wsd-scand-deliver",
                        "libexec/wsd/wsd-sane-host", "wsd-share.service", "wsd-share.ufw",
                        "firewalld/services/wsd-share.xml", "sysusers.d/wsd-share.conf"):
            self.find(pattern)
        self.assertEqual(len(self.find(SERVICE)), 2)
        self.assertTrue(os.access(self.scand, os.X_OK))

    def test_the_sane_backend_is_where_sane_looks(self):
        if not (BUILD / "sane").is_dir():
            self.skipTest("it was not built")
        for pattern in ("sane/libsane-wsd.so.1", "sane.d/wsd.conf", "sane.d/dll.d/wsd", "sane-wsd.5"):
            self.find(pattern)
        exported = run("nm", "-D", "--defined-only", self.find("libsane-wsd.so.1")[0]).stdout
        names = {line.split()[-1] for line in exported.splitlines()}
        self.assertEqual({name for name in names if not name.startswith("sane_")}, set())
        self.assertEqual(len({name for name in names if name.startswith("sane_wsd_")}), 14)

    def test_nothing_is_writable_for_others_or_names_the_build(self):
        for path in self.dest.rglob("*"):
            if path.is_file() and not path.is_symlink():
                self.assertFalse(path.stat().st_mode & stat.S_IWOTH, path)
                if path.suffix in (".service", ".conf", ".xml", ".bash", ".8", ".5", ".pc"):
                    self.assertNotIn(str(BUILD), path.read_text("utf-8"), path)

    def test_the_example_configuration_has_no_mistake(self):
        (example,) = self.find("wsd-scand.conf.example")
        run(self.scand, "--config", example, "--check")

    def share_unit(self):
        """That of shared scanners, likewise."""
        (path,) = [p for p in self.find("wsd-share.service") if p.parent.name == "system"]
        text = path.read_text("utf-8")
        wsd = self.prefix / option("bindir") / "wsd"
        self.assertIn(f"ExecStart={option('prefix')}/{option('bindir')}/wsd serve ", text)
        copy = self.dest / "copy-share" / "wsd-share.service"
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(re.sub(r"=(\S*/wsd) serve", f"={wsd} serve", text), encoding="utf-8")
        return copy

    @needs("systemd-analyze")
    def test_systemd_verifies_the_unit_of_shared_scanners(self):
        r = run("systemd-analyze", "verify", "--man=no", self.share_unit())
        self.assertNotIn("wsd-share.service", r.stderr)

    @needs("systemd-analyze")
    def test_exposure_of_the_unit_of_shared_scanners(self):
        unit = self.share_unit()
        r = run("systemd-analyze", "security", "--offline=true", f"--threshold={THRESHOLD}", unit,
                code=None)
        if "unrecognized option" in r.stderr:
            self.skipTest("this systemd-analyze does not rate files")
        self.assertEqual(r.returncode, 0, r.stdout[-400:] + r.stderr)

    @needs("systemd-analyze")
    def test_systemd_verifies_the_unit(self):
        r = run("systemd-analyze", "verify", "--man=no", self.unit("system"))
        self.assertNotIn(SERVICE, r.stderr)

    @needs("systemd-analyze")
    def test_systemd_verifies_the_unit_of_users(self):
        r = run("systemd-analyze", "verify", "--man=no", self.unit("user"))
        self.assertNotIn(SERVICE, r.stderr)

    @needs("systemd-analyze")
    def test_exposure_of_the_unit(self):
        unit = self.unit("system")
        r = run("systemd-analyze", "security", "--offline=true", f"--threshold={THRESHOLD}", unit, code=None)
        if "unrecognized option" in r.stderr:
            self.skipTest("this systemd-analyze does not rate files")
        self.assertEqual(r.returncode, 0, r.stdout[-400:] + r.stderr)

    @needs("systemd-analyze")
    def test_systemd_takes_the_drop_ins_of_the_page(self):
        unit = self.unit("system")
        folder = unit.parent / (SERVICE + ".d")
        folder.mkdir(exist_ok=True)
        found = blocks("ini")
        self.assertGreaterEqual(len(found), 3)
        for text in found:
            (folder / "page.conf").write_text(text, encoding="utf-8")
            r = run("systemd-analyze", "verify", "--man=no", unit)
            self.assertNotIn(SERVICE, r.stderr, text)
        shutil.rmtree(folder)

    @needs("systemd-sysusers")
    def test_sysusers_makes_the_user(self):
        (rules,) = self.find("sysusers.d/wsd-scand.conf")
        with tempfile.TemporaryDirectory() as root:
            pathlib.Path(root, "etc").mkdir()
            r = run("systemd-sysusers", f"--root={root}", rules, code=None)
            if r.returncode != 0 and os.geteuid() != 0:
                self.skipTest("only root may")
            self.assertEqual(r.returncode, 0, r.stderr)
            self.assertRegex(pathlib.Path(root, "etc/passwd").read_text("utf-8"),
                             r"wsd-scand:.*:/var/lib/wsd-scand:")

    @needs("systemd-sysusers")
    def test_sysusers_makes_the_groups_that_the_unit_of_shared_scanners_names(self):
        (rules,) = self.find("sysusers.d/wsd-share.conf")
        with tempfile.TemporaryDirectory() as root:
            pathlib.Path(root, "etc").mkdir()
            r = run("systemd-sysusers", f"--root={root}", rules, code=None)
            if r.returncode != 0 and os.geteuid() != 0:
                self.skipTest("only root may")
            self.assertEqual(r.returncode, 0, r.stderr)
            made = pathlib.Path(root, "etc/group").read_text("utf-8")
        (unit,) = [p for p in self.find("wsd-share.service") if p.parent.name == "system"]
        (groups,) = re.findall("^SupplementaryGroups=(.*)$", unit.read_text("utf-8"), re.M)
        for group in groups.split():
            self.assertRegex(made, f"(?m)^{group}:")

    def test_completion_offers_options_and_commands(self):
        (script,) = self.find("wsd-scand.bash")
        ask = f"source {script}; COMP_WORDS=(wsd-scand $1); COMP_CWORD=1; _wsd_scand; echo ${{COMPREPLY[@]}}"
        self.assertEqual(run("bash", "-c", ask, "bash", "sta").stdout.split(), ["status"])
        self.assertEqual(run("bash", "-c", ask, "bash", "--pr").stdout.split(), ["--print-config"])

    @needs("man")
    def test_manual_is_read_without_a_warning(self):
        for name in ("wsd-scand.8", "wsd-scand.conf.5"):
            (page,) = self.find(name)
            r = run("man", "--warnings", "-l", "-Tutf8", page, env={**os.environ, "MANPAGER": "cat"})
            self.assertIn("wsd-scand", r.stdout)
            self.assertEqual(r.stderr, "")

    # -- the page ----------------------------------------------------------------------------------

    def test_configurations_of_the_page_have_no_mistake(self):
        found = blocks("conf")
        self.assertGreaterEqual(len(found), 6)
        for text in found:
            path = self.dest / "page.conf"
            path.write_text(text, encoding="utf-8")
            r = run(self.scand, "--config", path, "--check", code=None)
            wrong = [line for line in r.stderr.splitlines() if not ELSEWHERE.search(line)]
            self.assertEqual(wrong, [], text)
            self.assertIn(r.returncode, (0, 2))

    def test_commands_of_the_page_that_only_look(self):
        config = self.dest / "empty"
        config.mkdir(exist_ok=True)
        env = {**os.environ, "HOME": str(config), "XDG_CONFIG_HOME": str(config)}
        found = [c for c in commands("wsd-scand") if re.search("--check|--print-config", c)]
        self.assertGreaterEqual(len(found), 2)
        for command in found:
            words = command.split(" > ")[0].split()[1:]
            r = run(self.scand, "--user", *words, env=env, cwd=config)
            self.assertTrue(r.stdout, command)

    def test_options_of_the_page_are_there(self):
        known = set(re.findall(r"--[\w-]+", run(self.scand, "--help").stdout))
        for command in commands("wsd-scand"):
            for name in re.findall(r"--[\w-]+", command):
                self.assertIn(name, known, command)


class Files(unittest.TestCase):
    """Those of packaging/, as they are."""

    def test_xml_is_well_formed(self):
        tree = xml.dom.minidom.parse(str(ROOT / "packaging/firewalld/wsd-scand.xml"))
        ports = {(p.getAttribute("protocol"), p.getAttribute("port")) for p in
                 tree.getElementsByTagName("port")}
        self.assertEqual(ports, {("tcp", "5366"), ("udp", "3702")})
        (source,) = tree.getElementsByTagName("source-port")
        self.assertEqual(source.getAttribute("port"), "3702")

    def test_ports_of_shared_scanners_are_those_of_the_program(self):
        port = re.search(r"#define WINDOWS_PORT +(\d+)",
                         (ROOT / "apps/wsd/cmd_serve.c").read_text("utf-8"))[1]
        for name in ("firewalld/wsd-share.xml", "ufw/wsd-share"):
            text = (ROOT / "packaging" / name).read_text("utf-8")
            xml.dom.minidom.parseString(text) if name.endswith("xml") else None
            self.assertIn(port, text, name)
            self.assertIn("3702", text, name)

    def test_ports_are_those_of_the_program(self):
        table = (ROOT / "apps/wsd-scand/config_table.c").read_text("utf-8")
        port = re.search(r'G\("port",.*?\.initial = "(\d+)"', table, re.S)[1]
        for name in ("firewalld/wsd-scand.xml", "ufw/wsd-scand", "nftables/wsd-scand.nft",
                     "container/Containerfile"):
            text = (ROOT / "packaging" / name).read_text("utf-8")
            self.assertIn(port, text, name)
            self.assertIn("3702", text, name)

    def scripts(self):
        found = [p for p in (ROOT / "packaging").rglob("*") if p.is_file()
                 and p.read_bytes().startswith(b"#!/bin/sh")]
        self.assertGreaterEqual(len(found), 2)
        return found

    def test_shell_reads_the_scripts(self):
        for path in self.scripts():
            run("sh", "-n", path)
        for text in blocks("sh"):
            run("sh", "-n", "/dev/stdin", input=text)

    @needs("shellcheck")
    def test_shellcheck_finds_nothing(self):
        run("shellcheck", *self.scripts())

    @needs("nft")
    def test_nft_reads_its_rules(self):
        r = run("nft", "-c", "-f", ROOT / "packaging/nftables/wsd-scand.nft", code=None)
        if "Operation not permitted" in r.stderr:
            self.skipTest("nft needs root")
        self.assertEqual(r.returncode, 0, r.stderr)

    def test_container_installs_what_is_listed(self):
        """Each library that the programs are built with has its run-time package in the image."""
        listed = (ROOT / "packaging/debian-packages.txt").read_text("utf-8")
        image = (ROOT / "packaging/container/Containerfile").read_text("utf-8")
        build = listed.split("[build]")[1].split("[test]")[0]
        for name in re.findall(r"^lib(\w+?)\d*(?:-gnutls)?-dev", build, re.M):
            if name not in ("c6", "sane", "qpdf"):  # a container for wsd-scand has none of SANE
                self.assertRegex(image, rf"\blib{name}", name)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
