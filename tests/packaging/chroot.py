# SPDX-License-Identifier: MIT
"""A small Debian of its own, made by debootstrap, and a namespace without any network to run it in."""

import os
import pathlib
import re
import shutil
import subprocess

TIMEOUT = 600
# What a package system writes for itself, wherever anything is installed or removed; and what libsnmp
# does when SANE is used.
ITS_OWN = re.compile(r"/(proc|sys|dev|run|tmp|packages)(/|$)|/var/(cache|log|lib/(apt|dpkg|snmp|systemd))(/|$)|"
                     r"/etc/(passwd|group|shadow|gshadow|subuid|subgid|\.pwd\.lock)-?$")


def run(*command, code=0, **more):
    r = subprocess.run([str(c) for c in command], text=True, capture_output=True, timeout=TIMEOUT, **more)
    if code is not None and r.returncode != code:
        raise AssertionError(f"{' '.join(map(str, command))}: {r.returncode}\n{r.stdout[-3000:]}{r.stderr[-3000:]}")
    return r


def release():
    """Codename and mirror of this system, for whose libraries the packages were built."""
    code = re.search(r"^VERSION_CODENAME=(\w+)", pathlib.Path("/etc/os-release").read_text("utf-8"), re.M)[1]
    sites = run("apt-get", "indextargets", "--format", "$(SITE)", f"Codename: {code}", "Component: main").stdout
    return code, sites.split()[0]


class Chroot:
    """The system in FOLDER/root. Its base is fetched once and kept."""

    def __init__(self, folder):
        self.base, self.root = folder / "base", folder / "root"
        folder.mkdir(parents=True, exist_ok=True)
        done = folder / "base.done"
        if not done.exists():
            shutil.rmtree(self.base, ignore_errors=True)
            run("debootstrap", "--variant=minbase", release()[0], self.base, release()[1])
            done.touch()
        shutil.rmtree(self.root, ignore_errors=True)
        run("cp", "-a", "--reflink=auto", self.base, self.root)
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")
        self.holder = None

    def inside(self, *command, network=True):
        """Runs a command, with the network of this machine if need be."""
        spaces = ["--mount"] if network else ["--mount", "--net"]
        return run("unshare", *spaces, "sh", "-c", 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"',
                   self.root, *command, env=self.environment())

    def apt(self, *arguments, network=False):
        return self.inside("apt-get", "-q", "-y", "--no-install-recommends", *arguments, network=network)

    @staticmethod
    def environment():
        kept = {k: v for k, v in os.environ.items() if k.lower().endswith("_proxy")}
        return {**kept, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp", "LC_ALL": "C.UTF-8",
                "DEBIAN_FRONTEND": "noninteractive"}

    # -- without any network but its own ---------------------------------------------------------------

    def cut_off(self):
        """From now on run() and start() see loopback and a cable whose other end leads nowhere."""
        self.holder = subprocess.Popen(
            ["unshare", "--mount", "--net", "sh", "-c", """
                mount -t proc proc "$0/proc" && ip link set lo up &&
                ip link add eth0 type veth peer name nowhere && ip link set nowhere up &&
                ip addr add 192.0.2.1/24 dev eth0 && ip link set eth0 up &&
                ip route add default dev eth0 && echo ready && exec cat""", self.root],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.holder.stdout.readline() != "ready\n":
            raise AssertionError("there is no namespace to be had")

    def let_go(self):
        if self.holder:
            self.holder.communicate("")

    def entered(self, command):
        return ["nsenter", f"--target={self.holder.pid}", "--mount", "--net", "chroot", str(self.root), *command]

    def run(self, *command, **more):
        return run(*self.entered(command), env=self.environment(), **more)

    def start(self, *command):
        return subprocess.Popen(self.entered(command), env=self.environment(), text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    # -- its files -------------------------------------------------------------------------------------

    def files(self):
        """All of them but those that the package system keeps for itself."""
        found = set()
        for folder, folders, names in os.walk(self.root):
            inside = "/" + os.path.relpath(folder, self.root)
            for name in [*folders, *names]:
                path = os.path.normpath(f"{inside}/{name}")
                if not ITS_OWN.match(path):
                    found.add(path)
        return found

    def file(self, path):
        return self.root / path.lstrip("/")
