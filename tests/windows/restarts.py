# SPDX-License-Identifier: MIT
"""Checks of what a device says when it goes and comes, and of what has to be the same then."""

import socket
import time

import network
import wire
from registry import check
from session import IPV4, IPV6
from wire import NS, Complaint, Untried, q, short, trimmed

BIT = "WSDAPI Basic Interoperability Tool 1.1"
TWICE = "the scanner is listed twice after it was switched off, or has lost its driver"
SWITCHED_OFF = "a scanner that is off is shown as ready"


class Restart:
    """Off in an orderly way and on again: what was heard meanwhile, and what it is afterwards."""

    def __init__(self, s):
        self.before = s.datagrams[-1].envelope.sequence() if s.datagrams else None
        self.services = service_ids(s.metadata)
        self.ears = {IPV4: network.Ears(s.interface)}
        if s.interface.ipv6:
            self.ears[IPV6] = network.Ears(s.interface, IPV6)
        if not s.hooks.stop():
            raise Untried("nobody switches the device off; give --hook-stop and --hook-start, or "
                          "--ask")
        self.byes = self.hear(s, "Bye", 5)
        self.farewell = s.sink.hear("SubscriptionEnd", 5) if s.sink else None
        if not s.hooks.start():
            raise Untried("nobody switches the device on; give --hook-start or --ask")
        self.hellos = self.hear(s, "Hello", 120)
        s.subscriptions.clear()
        try:
            self.metadata, self.refusal = s.good(s.get()), None
        except Complaint as complaint:
            self.metadata, self.refusal = None, complaint
        got = s.ask_any()
        self.target = wire.targets_of(got.envelope)[0] if got else None
        self.after = got.envelope.sequence() if got else None
        if got:
            s.datagrams.remove(got)  # another instance: the rules for one do not hold across
        for ears in self.ears.values():
            ears.socket.close()

    def hear(self, s, kind, seconds):
        """The first announcement of that kind on each family. Long is waited for the first one."""
        heard = {}
        for family, ears in self.ears.items():
            until = time.monotonic() + (seconds if not heard else 5)
            while (got := ears.hear(until)) is not None:
                ours = got.peer in {s.address, *(d.peer for d in s.datagrams)} or any(
                    t.endpoint == s.endpoint for t in wire.targets_of(got.envelope))
                if ours and got.envelope.action.endswith("/" + kind):
                    heard[family] = got
                    break
        return heard


def service_ids(metadata):
    return sorted(trimmed(e) for e in metadata.body.iter(q("wsdp:ServiceId")))


def restart(s):
    if not s.endpoint:
        raise Untried("the device was not found")
    return s.once("restart", lambda: Restart(s))


@check("restart.bye", "Bye is sent at an orderly end", BIT, SWITCHED_OFF)
def bye(s):
    heard = restart(s).byes
    if not heard:
        yield "sent no Bye when it was switched off; Windows expects one at an orderly end"
    for got in heard.values():
        if not any(t.endpoint == s.endpoint for t in wire.targets_of(got.envelope)):
            yield f"sent a Bye of another endpoint than {s.endpoint}"


@check("restart.subscription-end", "subscribers are told at an orderly end", "WS-Eventing 5; "
       "Microsoft Learn", "Windows believes that it is still on the panel", level="guess")
def farewell(s):
    if not s.sink:
        raise Untried("there was no subscription")
    heard = restart(s).farewell
    if heard is None:
        yield "sent no SubscriptionEnd to EndTo when it was switched off"
    elif not heard[1].inside("wse:Status").startswith(NS["wse"] + "/"):
        yield f"sent a SubscriptionEnd with the Status {heard[1].inside('wse:Status') or 'missing'}"


@check("restart.hello", "Hello is sent at the start, over IPv4 and IPv6", "WS-Discovery 4.1; "
       "Microsoft Learn, multi-homed computers", "the scanner appears minutes later, or never")
def hello(s):
    one = restart(s)
    for family, name in ((IPV4, "IPv4"), (IPV6, "IPv6")):
        if family in one.ears and family not in one.hellos:
            yield f"sent no Hello over {name} when it was switched on"


def hellos(s):
    found = restart(s).hellos
    if not found:
        raise Untried("no Hello was heard")
    return found


@check("restart.hello-types", "Hello has the types wsdp:Device and wscn:ScanDeviceType",
       "Scan Service Definition, Appendix B 3.1", "Windows passes the scanner over", suspects=(2,))
def hello_types(s):
    for got in hellos(s).values():
        types = [t for target in wire.targets_of(got.envelope) for t in target.types]
        for name in ("wsdp:Device", "wscn:ScanDeviceType"):
            if q(name) not in types:
                yield (f"sent a Hello of the types {' '.join(map(short, types)) or 'none'}; "
                       f"Windows expects {name} among them")


@check("restart.hello-one", "one Hello goes to all: one MessageID", "Microsoft Learn, multi-homed "
       "computers", "the scanner is listed twice")
def hello_one(s):
    ids = {got.envelope.head("wsa:MessageID") for got in hellos(s).values()}
    if len(ids) > 1:
        yield f"sent Hello with {len(ids)} MessageIDs; Windows expects the same on each network"


@check("restart.get", "Get is answered without any search before",
       "WSDAPI Basic Interoperability Tool 1.5",
       "Windows takes a scanner that it knows for switched off")
def get(s):
    if restart(s).refusal:
        yield str(restart(s).refusal)


@check("restart.endpoint", "the endpoint is the same after a restart", BIT + "; DPWS R0004", TWICE,
       suspects=(4,))
def endpoint(s):
    one = restart(s)
    found = {t.endpoint for got in one.hellos.values() for t in wire.targets_of(got.envelope)}
    found |= {one.target.endpoint} if one.target else set()
    for other in sorted(found - {s.endpoint}):
        yield f"calls itself {other} after a restart, {s.endpoint} before; Windows sees two devices"
    if not found:
        yield f"did not come back as {s.endpoint} after a restart"


@check("restart.version", "the MetadataVersion is the same after a restart", BIT,
       "Windows reads everything anew after each start", level="doc")
def version(s):
    one, first = restart(s), s.targets.get("first")
    if not one.target or not first:
        raise Untried("no answers to compare")
    if one.target.version != first.version:
        yield (f"has the MetadataVersion {one.target.version} after a restart and {first.version} "
               "before, though nothing changed")


@check("restart.instance", "the InstanceId never falls", "Microsoft Learn, AppSequence validation "
       "rules", "Windows does not use the scanner's addresses any more", diagnosis=(2,))
def instance(s):
    one = restart(s)
    if not one.before or not one.after:
        raise Untried("no AppSequence to compare")
    if one.after[0] < one.before[0]:
        yield (f"has the InstanceId {one.after[0]} after a restart and {one.before[0]} before; "
               "Windows ignores the addresses of what is older")
    elif one.after[0] == one.before[0] and one.after[1] <= one.before[1]:
        yield (f"kept the InstanceId {one.after[0]} over a restart and began to count anew; "
               "Windows drops that as old")


@check("restart.services", "the ServiceIds are the same after a restart",
       "WDK, Reading device metadata; Plug and Play Extensions", TWICE, suspects=(4,))
def services(s):
    one = restart(s)
    if one.metadata is None:
        raise Untried("no metadata after the restart")
    after = service_ids(one.metadata)
    if after != one.services:
        yield (f"has the ServiceIds {', '.join(after)} after a restart and "
               f"{', '.join(one.services)} before; Windows keeps its driver by them")
