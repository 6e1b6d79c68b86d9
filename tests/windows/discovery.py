# SPDX-License-Identifier: MIT
"""Checks of the search: what Windows asks by multicast, and by HTTP where it knows the address."""

import socket
import urllib.parse

import wire
from registry import check
from session import IPV4, IPV6, connects, is_literal, short_action
from wire import NS, Complaint, Untried, q, short

GONE = "the scanner does not appear under Add a device, or is gone after a refresh"
HLK = "HLK, WSD Scan Discover"
BIT = "WSDAPI Basic Interoperability Tool, UDP discovery scenarios"
XADDR = "Microsoft Learn, XAddr validation rules"


def asked(name, words, question, family, source):
    """Registers a check that a multicast question is answered."""
    over = "IPv6" if family == IPV6 else "IPv4"

    @check(f"probe.{name}.{over.lower()}", f"{words} over {over} is answered", source, GONE,
           diagnosis=(1,))
    def answered(s):
        if s.endpoint is None and family == IPV6:
            raise Untried("the device was not found over IPv4")
        got = s.ask(words, question(s), family)
        if got is None:
            yield f"did not answer {words} over {over} within 4 s; Windows expects ProbeMatches"
            return
        s.targets.setdefault(f"{words} over {over}", wire.targets_of(got.envelope)[0])


for family_ in (IPV4, IPV6):
    homed = "; Microsoft Learn, multi-homed computers" if family_ == IPV6 else ""
    asked("scanner", "Probe for ScanDeviceType",
          lambda s: wire.probe("wscn:ScanDeviceType"), family_, HLK + homed)
    asked("device", "Probe for Device", lambda s: wire.probe("wsdp:Device"), family_, BIT + homed)
    asked("empty", "Probe without Types", lambda s: wire.probe(), family_, BIT + homed)
    asked("resolve", "Resolve of its endpoint", lambda s: wire.resolve(s.endpoint), family_,
          HLK + homed)


def questions_of_others(s):
    own = s.targets["first"].scopes if "first" in s.targets else []
    scope = own[0].swapcase() if own else "http://example.net/windows-checker/scope"
    return {"a Probe for a foreign type": wire.probe("x:Toaster"),
            "a Probe for a scope of others": wire.probe("wsdp:Device", scope),
            "a Resolve of an unknown endpoint": wire.resolve(wire.NIL)}


def silence(name, words, notice, **more):
    """Registers a check that a question is not answered."""
    @check("silence." + name, f"{words} is not answered", BIT, notice, **more)
    def silent(s):
        got = s.once("silence", lambda: s.silences(questions_of_others(s))).get(words)
        if got is not None:
            yield (f"answered {words} with {short_action(got.envelope)}; Windows expects silence")


silence("foreign-type", "a Probe for a foreign type",
        "the scanner appears where another kind of device is looked for")
silence("scope", "a Probe for a scope of others",
        "the scanner appears in a search of another place")
silence("resolve", "a Resolve of an unknown endpoint",
        "Windows takes the scanner for another device that is switched off", diagnosis=(3,))


@check("match.time", "answers come within 2.5 s", "Microsoft Learn, Inspecting network traces for "
       "UDP WS-Discovery", "the firewall of Windows drops the answer: sometimes found, often not",
       diagnosis=(1,))
def in_time(s):
    for got in s.datagrams:
        if got.waited > 2.5:
            yield (f"took {got.waited:.1f} s to answer {got.name}; Windows expects at most 2.5 s "
                   "and takes nothing after 4 s")


@check("match.relates", "each answer names the question in RelatesTo", "WS-Discovery 5.3; "
       "SOAP-over-UDP", GONE, suspects=(7,))
def relates(s):
    for got in s.datagrams:
        wanted, said = got.question.head("wsa:MessageID"), got.envelope.head("wsa:RelatesTo")
        if said != wanted:
            yield (f"answered {got.name} with RelatesTo {said or 'missing'}; Windows expects the "
                   "MessageID of its question and drops the answer")


def each_target(s):
    seen = set()
    for got in s.datagrams:
        for target in wire.targets_of(got.envelope):
            key = (got.name, got.family)
            if key not in seen:
                seen.add(key)
                yield got, target
    if not seen:
        raise Untried("the device answered no multicast")


@check("match.action", "the Action of answers is ProbeMatches or ResolveMatches",
       "WS-Discovery 5.3", GONE, suspects=(7,))
def action(s):
    for got in s.datagrams:
        kind = "Resolve" if got.name.startswith("Resolve") else "Probe"
        wanted = f"{NS['wsd']}/{kind}Matches"
        if got.envelope.action != wanted:
            yield f"answered {got.name} with Action {got.envelope.action}; Windows expects {wanted}"


@check("match.types", "ProbeMatches have the types wsdp:Device and wscn:ScanDeviceType",
       "Scan Service Definition, Appendix B 3.1; Microsoft Learn, DPWS specification compliance",
       "Windows sees a device and does not take it for a scanner", suspects=(2,))
def types(s):
    for got, target in each_target(s):
        for name in ("wsdp:Device", "wscn:ScanDeviceType"):
            if q(name) not in target.types and not got.name.startswith("Resolve"):
                said = " ".join(map(short, target.types)) or "none"
                yield (f"answered {got.name} with the types {said}; Windows expects {name} "
                       f"({q(name)}) among them")


@check("match.types-device", "the type of the service stays out of ProbeMatches",
       "Scan Service Definition, Appendix B 3.1",
       "Windows takes the service for a device", suspects=(2,))
def types_device(s):
    for got, target in each_target(s):
        if any(t.endswith("}ScannerServiceType") for t in target.types):
            yield (f"answered {got.name} with ScannerServiceType; Windows expects ScanDeviceType "
                   "here, and the other in the metadata alone")


@check("match.endpoint", "all answers name one endpoint", "DPWS R0004; reports to wsdd",
       "the scanner is listed twice, or loses its driver", suspects=(4,))
def endpoint(s):
    found = {target.endpoint for _, target in each_target(s)}
    if len(found) > 1:
        yield f"called itself {' and '.join(sorted(found))}; Windows expects one endpoint for ever"


@check("match.endpoint-form", "the endpoint is a urn:uuid:",
       "WDK, Container IDs for DPWS devices; DPWS R0005",
       "Windows does not join the functions of one device", suspects=(4,))
def endpoint_form(s):
    if not s.endpoint:
        raise Untried("the device was not found")
    if not s.endpoint.lower().startswith("urn:uuid:") or len(s.endpoint) != 45:
        yield f"calls itself {s.endpoint}; Windows expects urn:uuid: and 36 characters"


@check("match.version", "each answer has the same MetadataVersion", "WS-Discovery 4.1",
       "Windows keeps what it knew, or asks again and again")
def version(s):
    found = {target.version for _, target in each_target(s)}
    if len(found) > 1 or not all(v.isdigit() for v in found):
        yield (f"gave the MetadataVersion {' and '.join(sorted(found)) or 'nothing'}; Windows "
               "expects one number while nothing changes")


@check("match.sequence", "MessageNumber rises and InstanceId stays",
       "Microsoft Learn, AppSequence validation rules", "Windows drops answers as old ones",
       diagnosis=(2,))
def sequence(s):
    last = None
    for got in s.datagrams:
        now = got.envelope.sequence()
        if now is None:
            yield f"answered {got.name} without an AppSequence; Windows expects one in each answer"
            return
        if last and now[0] != last[0]:
            yield (f"changed its InstanceId from {last[0]} to {now[0]} while it ran; Windows takes "
                   "that for a restart")
        elif last and now[1] <= last[1]:
            yield (f"gave MessageNumber {now[1]} after {last[1]}; Windows expects it to rise and "
                   "drops what does not")
        last = now


def first_xaddrs(s):
    for got, target in each_target(s):
        if target.xaddrs:
            yield got, target, target.xaddrs[0]
    if not any(t.xaddrs for _, t in each_target(s)):
        raise Untried("no answer has XAddrs")


@check("xaddr.present", "each ProbeMatches and ResolveMatches names an address",
       "Microsoft Learn, Additional WS-Discovery functionality",
       GONE)
def present(s):
    for got, target in each_target(s):
        if not target.xaddrs:
            yield f"answered {got.name} without XAddrs; Windows expects an address to ask next"


@check("xaddr.scheme", "addresses are of http or https, not mixed; https ones equal the endpoint",
       XADDR, GONE)
def scheme(s):
    for got, target in each_target(s):
        schemes = {urllib.parse.urlsplit(x).scheme for x in target.xaddrs}
        if not target.xaddrs:
            continue
        if not schemes & {"http", "https"}:
            yield f"answered {got.name} with {target.xaddrs}; Windows skips all but http and https"
        elif "https" in schemes and len(schemes) > 1:
            yield f"mixed {' and '.join(sorted(schemes))} in {target.xaddrs}; Windows drops all"
        elif "https" in schemes and target.endpoint not in target.xaddrs:
            yield (f"gave {target.xaddrs[0]} for the endpoint {target.endpoint}; with https "
                   "Windows expects both to be equal")


@check("xaddr.host", "the host of an address is an IP literal or a known name, without a zone",
       XADDR + "; Using IPv6 link-local addresses", GONE)
def host(s):
    for got, _, xaddr in first_xaddrs(s):
        name = urllib.parse.urlsplit(xaddr).hostname
        if "%" in urllib.parse.urlsplit(xaddr).netloc:
            yield f"wrote a zone into {xaddr}; zones are each computer's own"
        elif not is_literal(name):
            try:
                socket.getaddrinfo(name, 80)
            except OSError:
                yield f"gave {xaddr}, whose host is unknown here; Windows has to look it up"


@check("xaddr.subnet", "the first address is in the subnet of the adapter that it came in on",
       XADDR, GONE, diagnosis=(1,))
def subnet(s):
    for got, _, xaddr in first_xaddrs(s):
        name = urllib.parse.urlsplit(xaddr).hostname or ""
        if is_literal(name) and not s.interface.holds(name):
            yield (f"answered {got.name} on {s.interface.name} with {xaddr}; Windows expects an "
                   f"address in {s.interface.network or 'the subnet'} and drops others")


@check("xaddr.source", "the answer comes from the address that it names",
       "reports to wsdd (issues 8, 15, 32, 195)", GONE, level="seen", diagnosis=(1,))
def source(s):
    for got, _, xaddr in first_xaddrs(s):
        name = (urllib.parse.urlsplit(xaddr).hostname or "").partition("%")[0]
        if is_literal(name) and name != got.peer and s.interface.holds(name):
            yield (f"answered {got.name} from {got.peer} and named {xaddr}; Windows expects both "
                   "to be one")


@check("xaddr.connects", "the first address accepts a connection", XADDR, GONE)
def first_connects(s):
    for got, _, xaddr in first_xaddrs(s):
        name = urllib.parse.urlsplit(xaddr).hostname or ""
        if is_literal(name) and not s.interface.holds(name):
            continue
        why = connects(xaddr, s.interface.name)
        if why:
            yield (f"named {xaddr} in answer to {got.name}, where nobody answers ({why}); Windows "
                   "tries the first address alone")


# -- by HTTP ----------------------------------------------------------------------------------


def directed(s, url, types_=None):
    answer = s.post("directed Probe", url, wire.probe(types_), NS["wsd"] + "/ProbeMatches")
    return wire.targets_of(s.good(answer))


@check("directed.stable", "an HTTP Probe at the stable URL on port 80 is answered",
       "Scan Service Definition, Appendix B 3.2; WSDAPI Basic Interoperability Tool 1.4",
       "adding the scanner by its address fails")
def stable(s):
    if not s.address:
        raise Untried("the device was not found")
    url = f"http://{s.address}{wire.STABLE_PATH}"
    if not directed(s, url, "wscn:ScanDeviceType"):
        yield f"answered the Probe at {url} with no match; Windows expects the scanner"


@check("directed.device", "an HTTP Probe at the device's own URL is answered", "DPWS R1015",
       "adding the scanner by its URL fails")
def own(s):
    if not s.url:
        raise Untried("no address of the device is known")
    for types_ in ("wsdp:Device", "wscn:ScanDeviceType"):
        found = directed(s, s.url, types_)
        if not found:
            yield f"answered the Probe for {types_} at {s.url} with no match"
        elif found[0].endpoint != s.endpoint:
            yield f"called itself {found[0].endpoint} there, and {s.endpoint} by multicast"


@check("directed.none", "an HTTP Probe for a foreign type gets an empty ProbeMatches",
       "DPWS R1021, R1022", "a search by address ends in an error", level="doc")
def none(s):
    if not s.url:
        raise Untried("no address of the device is known")
    try:
        if directed(s, s.url, "x:Toaster"):
            yield "matched a Probe for a foreign type; Windows expects an empty ProbeMatches"
    except Complaint as complaint:
        yield str(complaint)
