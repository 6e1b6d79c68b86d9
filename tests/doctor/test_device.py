# SPDX-License-Identifier: MIT
"""Scanners that are not there, hide, or do not do what they should; and that each diagnosis has its
scenario and its section in the documentation.
"""

import os
import re
import signal
import struct
import sys

import doctor  # noqa: F401  it knows where the modules below lie
import interop
from device import Reply, Responder, fault, status
from doctor import (FAR, INTERRUPTED, PROBLEMS, ROOT, SCANNER, USAGE, WSD, Program, case, certificate,
                    check, equal, main, named_in_tests, on_pair, scenario)

WSD_TURNED = os.path.abspath(sys.argv[2])
NOBODY = "192.0.2.77"


def without_service(device):
    """Metadata as a printer has it."""
    return lambda request: re.sub(rb"<wsdp:Hosted>.*?</wsdp:Hosted>", b"", device.get(request))


@scenario("no-answer", "nobody is there")
def no_answer(pair):
    pair.doctor().are("no-answer")


@scenario("no-scanner", "a printer answers")
def no_scanner(pair):
    device = pair.device(types="wsdp:Device")
    device.answers["Get"] = without_service(device)
    pair.doctor().are("no-scanner", notes=["no-scan-service"])


@scenario("device-unknown", "a name that nobody has")
def device_unknown(pair):
    pair.serve()
    pair.doctor("Nobody").are("device-unknown").says("device-unknown", "Nobody", "1 other device")


@scenario("device-silent", "an address that nobody has")
def device_silent(pair):
    pair.doctor(NOBODY).are("device-silent").says("device-silent", NOBODY)


@scenario("wsd-off", "a host without WSD")
def wsd_off(pair):
    pair.doctor(SCANNER).are("wsd-off").says("wsd-off", SCANNER)


@scenario("other-network", "a scanner beyond our networks")
def other_network(pair):
    pair.ip("scanner", f"addr add {FAR}/32 dev eth0")
    device = pair.device(found=False, host=FAR)
    pair.doctor(device.url).are("other-network").says("other-network", FAR)


@scenario("multicast-lost", "a scanner that answers when it is asked alone")
def multicast_lost(pair):
    device = pair.device(found=False)
    pair.doctor(device.url).are("multicast-lost").says("multicast-lost", SCANNER)


@scenario("multicast-lost", "a scanner of the cache that no longer answers searches")
def from_the_cache(pair):
    serve = pair.serve("--port", "80", name="Old Friend")
    listed = interop.run(pair.world, pair.name("box"), [WSD, "list", "-t", "1"])
    check("Old Friend" in listed, listed)
    serve.kill()
    pair.nft("scanner", "ip daddr 239.255.255.250 drop; ip6 daddr ff02::c drop;")
    pair.serve("--port", "80", name="Old Friend")
    result = pair.doctor("old friend").are("multicast-lost")
    check(SCANNER in result.step("device")["text"] or "fe80" in result.step("device")["text"],
          result)


@scenario("reverse-path", "answers from an address that we have no route to")
def reverse_path(pair):
    pair.ip("scanner", f"addr add {FAR}/32 dev eth0")
    pair.ip("box", "route del default")
    pair.sysctl("box", "net/ipv4/conf/eth0/rp_filter", 1)
    # Else the box would not even tell its hardware address.
    pair.sysctl("scanner", "net/ipv4/conf/eth0/arp_announce", 2)
    pair.device(host=FAR)
    pair.doctor().are("reverse-path", notes=["no-multicast-route"]).says("reverse-path", FAR, "eth0")


@scenario("address-refused", "an address outside our networks")
def address_refused(pair):
    pair.device(xaddrs="http://198.18.0.9:80/")
    pair.doctor().are("address-refused").says("address-refused", "198.18.0.9")


@scenario("no-live-address", "the port that it names is closed")
def no_live_address(pair):
    pair.device(xaddrs=f"http://{SCANNER}:9/")
    pair.doctor().are("no-live-address").says("no-live-address", "port 9", "refuses")


@scenario("dead-address", "a second address where nobody is")
def dead_address(pair):
    pair.device(xaddrs=f"http://{NOBODY}:80/ {{}}")
    pair.doctor().are(notes=["dead-address"]).says("dead-address", NOBODY)


@scenario("link-local-only", "a scanner without IPv4")
def link_local_only(pair):
    pair.serve("--ipv6")
    result = pair.doctor("--ipv6").are(notes=["link-local-only"])
    result.says("link-local-only", "fe80::a1")


@scenario("other-certificate", "somebody else answers in the name of a scanner at https")
def other_certificate(pair):
    own, other = (certificate(pair.world.directory, name) for name in ("own", "other"))
    device = pair.device(found=False)
    safe = pair.front(device, own)
    with pair.on("scanner"):
        pair.responder(device, safe.url, "wsdp:Device wscn:ScanDeviceType", SCANNER)
    pair.doctor().are()
    safe.show(other)
    device.requests.clear()
    pair.doctor().are("other-certificate").says("other-certificate", "wsd cache forget-key")
    equal(device.requests, [], "what was sent")
    safe.show(own)
    # The device is who it was, its service is not.
    safe.services = pair.front(device, other).base
    result = pair.doctor().are("other-certificate")
    result.says("other-certificate", safe.services.decode())


@scenario("no-metadata", "an error in place of the metadata")
def no_metadata(pair):
    pair.device().answers["Get"] = Reply("hung up", 500, "text/plain")
    pair.doctor().are("no-metadata").says("no-metadata", "500")


@scenario("no-scan-service", "scanning is switched off; where it is switched on is known")
def no_scan_service(pair):
    device = pair.device(manufacturer="Canon", model="MF240")
    device.answers["Get"] = without_service(device)
    pair.doctor().are("no-scan-service").says("no-scan-service", "Canon", "MF240",
                                              "Use WSD Scanning")


@scenario("service-dead", "the port of the scan service is closed")
def service_dead(pair):
    pair.device().service_url = f"http://{SCANNER}:9/scan"
    pair.doctor().are("service-dead").says("service-dead", f"http://{SCANNER}:9/scan")


@scenario("service-refuses", "scanning is prohibited; where is known")
def service_refuses(pair):
    device = pair.device(manufacturer="Ricoh", model="MP C3003")
    device.answers["GetScannerElements"] = fault("OperationFailed")
    pair.doctor().are("service-refuses").says("service-refuses", "OperationFailed",
                                              "Prohibit WSD Scan Command")


@scenario("not-ready", "the cover is open")
def not_ready(pair):
    pair.device().status = status("Stopped", ("CoverOpen",))
    pair.doctor().are(notes=["not-ready"]).says("not-ready", "cover")


@scenario("subscribe-refused", "a scanner without events")
def subscribe_refused(pair):
    pair.device().answers["Subscribe"] = fault("ActionNotSupported")
    pair.doctor().are("subscribe-refused").says("subscribe-refused", "ActionNotSupported")


@scenario("no-way-back", "a scanner whose events do not come")
def no_way_back(pair):
    device = pair.device()
    result = pair.doctor(SCANNER, "--scan-job").are("no-way-back")
    result.says("no-way-back", "Nothing came")
    equal((device.count("CreateScanJob"), device.count("CancelJob")), (1, 1), "jobs")
    equal((device.count("Subscribe"), device.count("Unsubscribe")), (1, 1), "subscriptions")


@scenario("no-way-back", "a firewall between the two")
def firewall_between(pair):
    pair.nft("scanner", "tcp dport 5400 drop;", hook="output")
    pair.serve()
    pair.doctor(SCANNER, "--scan-job", "--port", "5400").are("no-way-back").says("no-way-back", "5400")


@scenario("late-answer", "after three seconds, by the clock of the program")
def late_answer(pair):
    path = pair.world.path(f"clock-{pair.number}")
    device = pair.device(found=False)

    def turn(seconds):
        with open(path, "r+b") as file:
            file.write(struct.pack("=q", int(seconds * 1000)))
    with open(path, "wb") as file:
        file.write(bytes(8))

    def answer(message_id, action):
        if action == "Probe":
            if len(ears.heard) == 1:
                turn(3)
            yield device.probe_matches(message_id)
    with pair.on("scanner"):
        ears = Responder(answer, SCANNER)
    pair.ends.callback(ears.stop)
    doctor = Program(pair.world, pair.name("box"), [WSD_TURNED, "doctor", "-t", "30", "--debug",
                                                    "--ipv4"], env={"WSD_CLOCK": path})
    pair.ends.callback(doctor.kill)
    doctor.wait_line("ProbeMatches")
    turn(60)
    ears.mouth.sendto(b"awake", ears.peer)
    equal(doctor.wait_end(), 0, f"exit code\n{doctor.text()}\n")
    check("[late-answer]" in doctor.text() and "After 3." in doctor.text(), doctor.text())


@on_pair("a signal ends it, and the subscription")
def interrupted(pair):
    device = pair.device()
    doctor = Program(pair.world, pair.name("box"), [WSD, "doctor", "-t", "1", "--scan-job",
                                                    SCANNER])
    pair.ends.callback(doctor.kill)
    device.wait_for("CancelJob")  # it waits for an event now
    equal(doctor.stop(signal.SIGINT), INTERRUPTED, f"exit code\n{doctor.text()}\n")
    equal(device.count("Unsubscribe"), 1, "Unsubscribe")


@on_pair("a signal ends the search")
def interrupted_search(pair):
    doctor = Program(pair.world, pair.name("box"), [WSD, "doctor", "-t", "60"])
    pair.ends.callback(doctor.kill)
    doctor.wait_line("firewall")
    equal(doctor.stop(signal.SIGINT), INTERRUPTED, f"exit code\n{doctor.text()}\n")
    check("interrupted" in doctor.text() and "[" not in doctor.text(), doctor.text())


@on_pair("a job is started on the scanner that is named, never on all")
def no_jobs_everywhere(pair):
    device = pair.device()
    interop.run(pair.world, pair.name("box"), [WSD, "doctor", "-t", "1", "--scan-job"], status=USAGE)
    pair.doctor().are()
    equal(device.count("CreateScanJob"), 0, "CreateScanJob")
    equal((device.count("Subscribe"), device.count("Unsubscribe")), (1, 1), "subscriptions")


@on_pair("people read it: lines as it goes, then what is wrong and what to do")
def for_people(pair):
    doctor = Program(pair.world, pair.name("box"), [WSD, "doctor", "-t", "1"])
    pair.ends.callback(doctor.kill)
    equal(doctor.wait_end(), PROBLEMS, f"exit code\n{doctor.text()}\n")
    for line in (r"ok +interfaces +eth0 \(192\.0\.2\.2, fe80::a2\)",
                 r"problem +search +0 devices answered", r"What is wrong, the likeliest cause first:",
                 r" 1\. \[no-answer\]", r"    What to do:"):
        check(re.search(f"^{line}$", doctor.text(), re.M), f"no {line!r} in\n{doctor.text()}")


@case("each diagnosis has a scenario, and a section in docs/doctor.md")
def complete(_world):
    table = (ROOT / "apps/doctor/diagnosis.c").read_text("utf-8")
    names = set(re.findall(r'\[DIAGNOSIS_\w+\] =\s*\{\s*"([a-z0-9-]+)", SEVERITY_', table))
    header = (ROOT / "apps/doctor/diagnosis.h").read_text("utf-8")
    equal(names, {name.lower().replace("_", "-") for name in re.findall(
        r"^    DIAGNOSIS_(\w+),", header, re.M)}, "rows of the table")
    equal(named_in_tests(), names, "scenarios")
    page = (ROOT / "docs/doctor.md").read_text("utf-8")
    equal(set(re.findall(r"^### `([a-z0-9-]+)`$", page, re.M)), names, "sections")


if __name__ == "__main__":
    main("nft")
