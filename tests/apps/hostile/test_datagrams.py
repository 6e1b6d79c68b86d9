# SPDX-License-Identifier: MIT
"""Datagrams of all kinds of badness, sent before the honest answer: the search goes on, the honest
device is listed, and --debug tells why each of the others was dropped.
"""

import json
import uuid

from device import NS, envelope, fault, probe_matches
from hostile import (FOREIGN, NOT_FOUND, OK, SERVER, case, check, device, equal, main,
                     responder, run, setup)

LISTEN = "0.6"  # seconds


def search(world, bad, *arguments):
    """`wsd list` where each Probe gets the datagrams of bad(message_id, device), then the honest
    answer. Returns the result; the honest device is in it."""
    fake = device(world, name="Honest")

    def answer(message_id, action):
        if action != "Probe":
            return []
        return bad(message_id, fake) + [fake.probe_matches(message_id)]
    ears = responder(world, answer)
    try:
        result = run(world, "list", "-t", LISTEN, "--json", "--debug", *arguments)
    finally:
        ears.stop()
        fake.stop()
    result.devices = [json.loads(line) for line in result.out.splitlines()]
    check(result.code == OK, result)
    return result


def listed(result, *names):
    equal(sorted(d["name"] for d in result.devices), sorted(names), f"devices\n{result}\n")


def dropped(world, datagram, *reasons):
    """One bad datagram; the reasons stand in the trace of it."""
    def bad(message_id, fake):
        data = datagram(message_id, fake) if callable(datagram) else datagram
        return [data]
    result = search(world, bad)
    listed(result, "Honest")
    drops = [line for line in result.err.splitlines() if " dropped: " in line]
    for reason in reasons:
        check(any(reason in line for line in drops), lambda r=reason: f"no {r!r} in {drops}")


def foreign_match(message_id, endpoint="urn:uuid:00000000-0000-0000-0000-00000000dead"):
    return probe_matches(message_id, endpoint, f"http://{SERVER}:9/")


@case("what is no XML")
def no_xml(world):
    dropped(world, b"\x00\xff\x01 SSDP? NOTIFY * HTTP/1.1\r\n\r\n", "not well-formed")


@case("an empty datagram")
def empty(world):
    dropped(world, b"", "empty")


@case("a message that breaks off")
def truncated(world):
    dropped(world, lambda m, _: foreign_match(m)[:-200], "not well-formed")


@case("a datagram over the limit")
def over_limit(world):
    def long(message_id, _fake):
        pad = f"<wsd:Pad>{'x' * 40000}</wsd:Pad>"
        return foreign_match(message_id).replace(b"</wsd:ProbeMatches>",
                                                 f"{pad}</wsd:ProbeMatches>".encode())
    dropped(world, long, "larger than a datagram may be")


@case("a document type")
def doctype(world):
    dropped(world, lambda m, _: foreign_match(m).replace(
        b"?>", b'?><!DOCTYPE soap:Envelope SYSTEM "http://203.0.113.5/x.dtd">', 1),
        "document type")


@case("elements inside each other without end")
def depth_bomb(world):
    dropped(world, lambda m, _: foreign_match(m).replace(
        b"<soap:Body>", b"<soap:Body>" + b"<a>" * 4000), "deep")


@case("entities that multiply")
def entity_bomb(world):
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    dropped(world, lambda m, _: foreign_match(m).replace(
        b"?>", f'?><!DOCTYPE e [<!ENTITY e0 "ha">{entities}]>'.encode(), 1).replace(
            b"<wsd:MetadataVersion>1", b"<wsd:MetadataVersion>&e9;"), "document type")


@case("an answer to a question that nobody asked")
def wrong_relates_to(world):
    dropped(world, lambda m, _: foreign_match(uuid.uuid4().urn), "no answer to a question of ours")


@case("an answer without RelatesTo")
def no_relates_to(world):
    dropped(world, lambda m, _: foreign_match(None), "no answer to a question of ours")


@case("an answer with our own MessageID as its own, and nothing it relates to (D29)")
def echoed_id(world):
    def echo(message_id, _fake):
        data = foreign_match(None).decode()
        start, end = data.index("<wsa:MessageID>") + 15, data.index("</wsa:MessageID>")
        return (data[:start] + message_id + data[end:]).encode()
    dropped(world, echo, "no answer to a question of ours")


@case("our own question, sent back")
def own_probe(world):
    dropped(world, lambda m, _: envelope(NS["wsd"] + "/Probe", "<wsd:Probe/>", None,
                                         names=("wsa", "wsd")),
            "no answer to a question of ours")


@case("a fault in a datagram (D31)")
def udp_fault(world):
    dropped(world, lambda m, _: fault("MatchingRuleNotSupported").pieces,
            "no answer to a question of ours")


@case("an answer without an endpoint")
def no_endpoint(world):
    dropped(world, lambda m, _: foreign_match(m, ""), "without a usable endpoint reference")


@case("an answer with another action")
def other_action(world):
    dropped(world, lambda m, _: foreign_match(m).replace(b"/ProbeMatches</wsa:Action>",
                                                         b"/ResolveMatches</wsa:Action>"),
            "not the kind of message")


@case("XAddrs with a user, of a file, with a wrong port, at a host of no kind are not contacted")
def odd_xaddrs(world):
    odd = uuid.uuid4().urn
    result = search(world, lambda m, _: [probe_matches(
        m, odd, f"http://user:secret@{SERVER}:9/ file:///etc/passwd http://{SERVER}:99999/ "
        f"gopher://{SERVER}/")])
    equal([d["xaddrs"] for d in result.devices if d["endpoint"] == odd], [[]], "addresses taken")


@case("an XAddr outside our networks is not contacted; the device is listed nevertheless")
def foreign_xaddr(world):
    far = device(world, name="Far", host=FOREIGN)
    result = search(world, lambda m, _: [far.probe_matches(m)])
    equal(far.connections, 0, "connections")
    refused = [d for d in result.devices if d["endpoint"] == far.uuid]
    equal([d["refused"] for d in refused], [far.url], "refused")
    check(f"{far.url}, which was not contacted" in result.err, result)


@case("with --allow-foreign it is contacted")
def foreign_allowed(world):
    far = device(world, name="Far", host=FOREIGN)
    result = search(world, lambda m, _: [far.probe_matches(m)], "--allow-foreign")
    listed(result, "Far", "Honest")


@case("ten thousand bad datagrams do not hide the honest device, nor hold up the search")
def flood(world):
    junk = [b"x" * 100, b"<a>" * 100, b"", b"\xff" * 1000]
    fake = device(world, name="Honest")

    def answer(message_id, _action):
        return [fake.probe_matches(message_id)] + junk * 2500
    ears = responder(world, answer)
    try:
        result = run(world, "list", "-t", LISTEN).ended(OK)
    finally:
        ears.stop()
    check("Honest" in result.out, result)


@case("a device that answers with three hundred identities at one address is bounded")
def many_identities(world):
    fake = device(world, name="Honest")

    def answer(message_id, _action):
        return [fake.probe_matches(message_id, endpoint=uuid.uuid4().urn) for _ in range(300)]
    ears = responder(world, answer)
    try:
        result = run(world, "list", "-t", LISTEN, "--json").ended(OK)
    finally:
        ears.stop()
    check("Honest" in result.out, result)


@case("only bad answers: nothing was found, and it is said what to do")
def nobody(world):
    ears = responder(world, lambda m, a: [b"junk"])
    try:
        run(world, "list", "-t", LISTEN).ended(NOT_FOUND, "no scanner was found")
    finally:
        ears.stop()


if __name__ == "__main__":
    main(setup=setup)
