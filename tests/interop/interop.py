# SPDX-License-Identifier: MIT
"""What all interoperation tests share: TAP, two hosts joined by a cable, and programs on them.

A test program registers its cases with @case and calls main(). Before the first case it moves into
network and mount namespaces of its own; where the system forbids that, or a foreign program is not
installed, each case is skipped by its name with the reason. With CI=true such a skip is a failure.

The world has two hosts, "server" and "client", with eth0 of the one joined to eth0 of the other,
and eth1 likewise, so that multicast crosses a link. Nothing of it outlives the program: each child
dies with it, and the namespaces with the last child.
"""

import atexit
import contextlib
import ctypes
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
PR_SET_PDEATHSIG = 1

# Where the two hosts are: (IPv4, IPv6 link-local) of eth0 and eth1, from the ranges for examples.
ADDRESSES = {
    "server": (("192.0.2.1", "fe80::a1"), ("198.51.100.1", "fe80::b1")),
    "client": (("192.0.2.2", "fe80::a2"), ("198.51.100.2", "fe80::b2")),
}
SERVER, CLIENT = ADDRESSES["server"][0][0], ADDRESSES["client"][0][0]

libc = ctypes.CDLL(None, use_errno=True)
in_ci = os.environ.get("CI", "").lower() in ("true", "1")


class Skip(Exception):
    """This case cannot be tried here; says why."""


class Failure(AssertionError):
    """A case's expectation that did not hold."""


def check(condition, message):
    if not condition:
        raise Failure(message() if callable(message) else message)


def equal(got, wanted, what):
    check(got == wanted, lambda: f"{what}: got {got!r}, wanted {wanted!r}")


# -- namespaces -------------------------------------------------------------------------------


def syscall(result, what):
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def run_ip(line, **options):
    result = subprocess.run(["ip", *line.split()], capture_output=True, text=True, **options)
    if result.returncode != 0:
        raise OSError(0, f"ip {line}: {result.stderr.strip()}")


def enter_namespaces():
    """A user namespace where we are not root, then mounts and a network of our own."""
    user, group = os.getuid(), os.getgid()
    if user != 0 or libc.unshare(CLONE_NEWNS | CLONE_NEWNET) != 0:
        syscall(libc.unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET), "unshare")
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"),
                           ("gid_map", f"0 {group} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
    syscall(libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None), "mount --make-rprivate /")
    # Several daemons keep their sockets here; a second one of the machine's is not wanted.
    syscall(libc.mount(b"tmpfs", b"/run", b"tmpfs", 0, None), "mount -t tmpfs /run")


class World:
    """The two hosts."""

    def __init__(self):
        enter_namespaces()
        self.directory = tempfile.mkdtemp(prefix="wsd-hosts-")
        atexit.register(shutil.rmtree, self.directory, ignore_errors=True)
        # What one program learns of devices, no other one of this machine is to know.
        os.environ["WSD_CACHE_PATH"] = self.path("devices.sqlite")
        os.environ["XDG_STATE_HOME"] = self.path("state")
        self.replace_files()
        self.hosts = {"server": os.open("/proc/self/ns/net", os.O_RDONLY)}
        syscall(libc.unshare(CLONE_NEWNET), "unshare")
        self.hosts["client"] = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.here = "client"
        peer = self.hosts["server"]
        for n in (0, 1):
            run_ip(f"link add eth{n} type veth peer name eth{n} netns /proc/self/fd/{peer}",
                   pass_fds=[peer])
        for host in ("client", "server"):
            with self.on(host):
                run_ip("link set lo up")
                for n, (ip4, ip6) in enumerate(ADDRESSES[host]):
                    run_ip(f"link set eth{n} addrgenmode none")
                    run_ip(f"addr add {ip4}/24 dev eth{n}")
                    # A tentative address cannot be bound yet; nobody else is there to collide with.
                    run_ip(f"addr add {ip6}/64 dev eth{n} nodad")
                    run_ip(f"link set eth{n} up")
                run_ip("route add default dev eth0")
        self.await_links()
        with self.on("client"):
            # All of these are the client's: a peer for each question, see soap.Mouth.
            run_ip("route add local 192.0.2.128/25 dev eth0")

    def replace_files(self):
        """No name service, whose time-outs programs would wait for; and every account is ours, as
        there is but one user in a user namespace and avahi-daemon gives its folder away."""
        self.bind("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n")
        for path in ("/etc/passwd", "/etc/group"):
            with open(path, encoding="utf-8") as file:
                rows = [line.split(":") for line in file.read().splitlines()]
            # An avahi-daemon that is unpacked and not installed has not made its account.
            rows.append("avahi:x:0:0::/:/bin/false".split(":") if path == "/etc/passwd"
                        else "avahi:x:0:".split(":"))
            for row in rows:
                row[2:4] = ["0", "0"] if path == "/etc/passwd" else ["0", ""]
            self.bind(path, "".join(":".join(row) + "\n" for row in rows))

    def bind(self, path, text):
        if not os.path.exists(path):
            return
        own = self.write("etc" + path, text).encode()
        syscall(libc.mount(own, path.encode(), None, MS_BIND, None), f"mount --bind {path}")

    def await_links(self):
        """A new link carries nothing until the kernel has noticed that both ends are up."""
        for host in self.hosts:
            with self.on(host), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as events:
                events.bind((0, 1))  # RTMGRP_LINK
                events.settimeout(10)
                while subprocess.run(["ip", "-brief", "link"], capture_output=True, check=True,
                                     text=True).stdout.count(" UP ") < 2:
                    events.recv(65536)

    def move(self, host):
        syscall(libc.setns(self.hosts[host], CLONE_NEWNET), "setns")

    @contextlib.contextmanager
    def on(self, host):
        """What is made inside belongs to `host`: sockets, and whom a child can reach."""
        before, self.here = self.here, host
        self.move(host)
        try:
            yield
        finally:
            self.here = before
            self.move(before)

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def write(self, name, text):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb" if isinstance(text, bytes) else "w") as file:
            file.write(text)
        return path


# -- programs ---------------------------------------------------------------------------------

children = []


def die_with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


class Program:
    """A program on one of the hosts, whose output is read while it runs."""

    def __init__(self, world, host, argv, env=None):
        self.argv = argv
        self.lines, self.rest = [], b""
        with world.on(host):
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})}, cwd=world.directory,
                preexec_fn=die_with_parent)
        children.append(self)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)

    def read(self, timeout):
        """One more piece of output; False at its end."""
        if not self.selector.select(timeout):
            raise Failure(f"{self.argv[0]} was silent for too long; it said:\n{self.text()}")
        piece = os.read(self.process.stdout.fileno(), 65536)
        self.rest += piece
        *whole, self.rest = self.rest.split(b"\n")
        self.lines += [line.decode("utf-8", "replace") for line in whole]
        return bool(piece)

    def wait_line(self, wanted, timeout=20, start=0):
        """The first line for which wanted() is true, or that contains it."""
        test = wanted if callable(wanted) else lambda line: wanted in line
        deadline = time.monotonic() + timeout
        while True:
            for line in self.lines[start:]:
                if test(line):
                    return line
            start = len(self.lines)
            if not self.read(max(0, deadline - time.monotonic())):
                raise Failure(f"{self.argv[0]} ended; it said:\n{self.text()}")

    def text(self):
        return "\n".join(self.lines + [self.rest.decode("utf-8", "replace")])

    def wait_end(self, timeout=20):
        deadline = time.monotonic() + timeout
        while self.read(max(0, deadline - time.monotonic())):
            pass
        return self.process.wait(max(1, deadline - time.monotonic()))

    def stop(self, how=signal.SIGTERM, timeout=20):
        """Ends it in an orderly way and returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        status = self.wait_end(timeout)
        self.forget()
        return status

    def forget(self):
        if self in children:
            children.remove(self)
            self.selector.close()
            self.process.stdout.close()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.forget()


@atexit.register
def kill_children():
    for child in list(children):
        child.kill()


def run(world, host, argv, env=None, timeout=60, status=0, binary=False):
    """Runs a program to its end; returns its standard output."""
    with world.on(host):
        result = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True,
                                env={**os.environ, **(env or {})}, cwd=world.directory,
                                timeout=timeout, preexec_fn=die_with_parent, check=False)
    errors = result.stderr.decode("utf-8", "replace")
    check(status is None or result.returncode == status,
          lambda: f"{' '.join(argv)}: status {result.returncode}\n"
                  f"{result.stdout.decode('utf-8', 'replace')[-2000:]}\n{errors[-4000:]}")
    check("Sanitizer" not in errors and "runtime error" not in errors, errors)
    return result.stdout if binary else result.stdout.decode("utf-8", "replace")


def wsd_path():
    path = os.environ.get("WSD") or (sys.argv[1] if len(sys.argv) > 1 else None)
    path = path and os.path.abspath(path)
    if not path or not os.access(path, os.X_OK):
        sys.exit("name the wsd program in the environment's WSD or as the argument")
    return path


WSD = wsd_path()


def wsd(world, *arguments, host="client", **options):
    return run(world, host, [WSD, *arguments], **options)


class Serve(Program):
    """`wsd serve` on the server, ready to answer."""

    NAME = "Interop Scanner"

    def __init__(self, world, *arguments, name=NAME, port=5357):
        super().__init__(world, "server", [WSD, "serve", "--name", name, "--port", str(port),
                                           *arguments])
        self.port = port
        self.wait_line(lambda line: line.strip() == "ready")

    def end(self):
        """Stops it; a sanitizer's complaint, leaks too, fails the case."""
        status = self.stop()
        equal(status, 0, f"exit status of wsd serve, which said:\n{self.text()}\n")
        check("Sanitizer" not in self.text() and "runtime error" not in self.text(), self.text())


def use_unpacked(folder):
    """Programs that `make check` unpacks and does not install (tools/fetch-peers.sh)."""
    if os.path.isdir(folder):
        os.environ["PATH"] += f":{folder}/usr/sbin"
        libraries = [str(path.parent) for path in Path(folder).glob("usr/lib/**/libavahi-core.so.7")]
        known = os.environ.get("LD_LIBRARY_PATH")
        os.environ["LD_LIBRARY_PATH"] = ":".join(libraries + ([known] if known else []))


def needs(*programs):
    """Debian's administrators' programs are not in everybody's PATH."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    use_unpacked(os.environ.get("WSD_PEERS", ""))
    missing = [name for name in programs if not shutil.which(name)]
    if missing:
        raise Skip("not installed: " + ", ".join(missing))


# -- sockets ----------------------------------------------------------------------------------


def receive(sock, timeout, size=65536):
    """One datagram as (bytes, peer), or None when none came in time."""
    sock.settimeout(max(0.001, timeout))
    try:
        return sock.recvfrom(size)
    except (socket.timeout, BlockingIOError):
        return None


# -- TAP --------------------------------------------------------------------------------------

cases = []


def case(name):
    def register(function):
        cases.append((name, function))
        return function
    return register


def diagnose(text):
    for line in str(text).splitlines()[-60:]:
        print("#", line)


def report(number, name, result, reason=""):
    if result == "skip" and in_ci:
        diagnose(f"skipped, which CI does not allow: {reason}")
        result = "not ok"
    if result == "skip":
        print(f"ok {number} - {name} # SKIP {reason}", flush=True)
    else:
        print(f"{result} {number} - {name}", flush=True)
    return result != "not ok"


def skip_all(reason):
    return all([report(n + 1, name, "skip", reason) for n, (name, _) in enumerate(cases)])


def run_case(number, name, function, world):
    began = time.monotonic()
    try:
        function(world)
        result, reason = "ok", ""
    except Skip as skip:
        result, reason = "skip", str(skip)
    except Failure as failure:
        diagnose(failure)
        result, reason = "not ok", ""
    except Exception:
        diagnose(traceback.format_exc())
        result, reason = "not ok", ""
    took = time.monotonic() - began
    if took > 1:
        diagnose(f"{took:.1f} s")
    return report(number, name, result, reason)


def main(*programs, setup=None):
    """Runs all cases in the order of the file. `setup` makes what they share out of the world."""
    only = os.environ.get("INTEROP_ONLY")
    if only:
        cases[:] = [c for c in cases if only in c[0]]
    print(f"1..{len(cases)}", flush=True)
    try:
        needs("ip", *programs)
        world = World()
    except (Skip, OSError) as error:
        # EPERM, EINVAL or ENOSPC by system; all say that there are no namespaces for us.
        reason = error if isinstance(error, Skip) else f"no namespaces here: {error}"
        sys.exit(0 if skip_all(reason) else 1)
    try:
        shared = setup(world) if setup else world
    except Exception as error:
        diagnose(traceback.format_exc())
        for number, (name, _) in enumerate(cases):
            report(number + 1, name, "not ok")
        sys.exit(1)
    results = [run_case(n + 1, name, function, shared)
               for n, (name, function) in enumerate(cases)]
    kill_children()
    sys.exit(0 if all(results) else 1)
