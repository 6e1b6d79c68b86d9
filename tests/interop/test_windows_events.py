#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plays the part of Windows that subscribes to a scanner's events.

What Windows 10 writes (five destinations, EndTo, PT1H, reference parameters in both addresses), and
what WSDBIT and the HLK's WSD Scan Verify look at: the same expiry comes back, renewal, faults, no
event after Unsubscribe, jobs with and without a subscription. Against `wsd serve` across a link.
"""

import http.server
import queue
import re
import socket
import threading
import time
import urllib.parse

from interop import ADDRESSES, Serve, case, check, equal, main
from soap import NS, Device, Envelope, call, new_id, probe, match_of, Mouth, q, request, scan

CLIENT, LINK_LOCAL = ADDRESSES["client"][0]
DESTINATIONS = ("Scan", "ScanToPrint", "ScanToEmail", "ScanToFax", "ScanToOCR")
PUSH = NS["wse"] + "/DeliveryModes/Push"
ACTION_FILTER = NS["wsdp"] + "/Action"
EVENTING = f' xmlns:wse="{NS["wse"]}"'
OTHER_EVENTS = " ".join(f"{NS['wscn']}/{name}" for name in (
    "ScannerElementsChangeEvent", "ScannerStatusSummaryEvent", "ScannerStatusConditionEvent",
    "ScannerStatusConditionClearedEvent", "JobStatusEvent", "JobEndStateEvent"))


class Sink:
    """A listener as Windows opens it: a path of its own, 202 with an empty body."""

    def __init__(self, world, family=socket.AF_INET):
        heard = self.heard = queue.Queue()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                data = self.rfile.read(int(self.headers["Content-Length"]))
                # Before the answer: after it the next event may come by another thread.
                heard.put((self.path, self.headers, data))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            address_family = family

        with world.on("client"):
            address = (CLIENT, 0) if family == socket.AF_INET else (
                LINK_LOCAL, 0, 0, socket.if_nametoindex("eth0"))
            self.server = Server(address, Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.path = "/" + new_id().rpartition(":")[2]
        host = CLIENT if family == socket.AF_INET else f"[{LINK_LOCAL}]"
        self.url = f"http://{host}:{self.server.server_address[1]}{self.path}"
        self.identifier = new_id()

    def hear(self, timeout=5):
        """The next message; its header is checked for what Windows goes by."""
        path, headers, data = self.heard.get(timeout=timeout)
        equal(path, self.path, "path")
        check(headers["Content-Type"].startswith("application/soap+xml"), headers["Content-Type"])
        envelope = Envelope(data)
        equal(envelope.head("wsa:To"), self.url, "To")
        equal(envelope.head("wse:Identifier"), self.identifier, "reference parameter")
        check(envelope.head("wsa:MessageID").startswith("urn:uuid:"), "MessageID")
        return envelope

    def silent(self, seconds=1):
        try:
            path, _, data = self.heard.get(timeout=seconds)
        except queue.Empty:
            return
        check(False, f"{path}: {data.decode()}")


def reference(name, sink):
    return (f"<wse:{name}><wsa:Address>{sink.url}</wsa:Address><wsa:ReferenceParameters>"
            f"<wse:Identifier>{sink.identifier}</wse:Identifier></wsa:ReferenceParameters>"
            f"</wse:{name}>")


def subscribe_body(sink, events, expires="PT1H", destinations=(), mode=PUSH, dialect=ACTION_FILTER):
    listed = "".join("<wscn:ScanDestination><wscn:ClientDisplayName>DESKTOP</wscn:ClientDisplayName>"
                     f"<wscn:ClientContext>{d}</wscn:ClientContext></wscn:ScanDestination>"
                     for d in destinations)
    listed = listed and f"<wscn:ScanDestinations>{listed}</wscn:ScanDestinations>"
    return (f"<wse:Subscribe>{reference('EndTo', sink)}<wse:Delivery Mode=\"{mode}\">"
            f"{reference('NotifyTo', sink)}</wse:Delivery><wse:Expires>{expires}</wse:Expires>"
            f"<wse:Filter Dialect=\"{dialect}\">{events}</wse:Filter>{listed}</wse:Subscribe>")


class Stage:
    """The running scanner, found as Windows finds it, and a sink."""

    def __init__(self, world):
        self.world = world
        self.serve = Serve(world, "--answer-delay", "0", "--sheets", "1")
        with Mouth(world) as mouth:
            envelope, _ = mouth.ask(probe("wscn:ScanDeviceType"))
        endpoint, _, _, xaddrs, _ = match_of(envelope)
        self.service = Device(world, xaddrs[0], endpoint).service
        self.sink = Sink(world)

    def ask(self, operation, body, to=None, header=""):
        data = request(f"{NS['wse']}/{operation}", body, to=to or self.service, header=header,
                       extra_ns=EVENTING)
        return call(self.world, to or self.service, data)

    def subscribe(self, *arguments, **options):
        answer = self.ask("Subscribe", subscribe_body(self.sink, *arguments, **options))
        equal(answer.status, 200, "status")
        equal(answer.envelope.action, NS["wse"] + "/SubscribeResponse", "Action")
        return Subscription(self, answer.envelope)


class Subscription:
    """A subscription that was granted: its manager, as Windows addresses it."""

    def __init__(self, stage, envelope):
        self.stage = stage
        (self.response,) = envelope.all("soap:Body/wse:SubscribeResponse")
        manager = self.response.find("wse:SubscriptionManager", NS)
        self.url = manager.findtext("wsa:Address", namespaces=NS)
        self.identifier = manager.findtext("wsa:ReferenceParameters/wse:Identifier", namespaces=NS)
        self.expires = self.response.findtext("wse:Expires", namespaces=NS)

    def manage(self, operation, content=""):
        return self.stage.ask(
            operation, f"<wse:{operation}>{content}</wse:{operation}>", self.url,
            f"<wse:Identifier>{self.identifier}</wse:Identifier>")


@case("Subscribe as Windows 10 writes it: five destinations, PT1H comes back")
def five_destinations(stage):
    subscription = stage.subscribe(NS["wscn"] + "/ScanAvailableEvent", destinations=DESTINATIONS)
    equal(subscription.expires, "PT1H", "Expires")
    equal(subscription.url, stage.service, "address of the manager")
    check(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", subscription.identifier), subscription.identifier)
    given = [(r.findtext("wscn:ClientContext", namespaces=NS),
              r.findtext("wscn:DestinationToken", namespaces=NS)) for r in
             subscription.response.findall("wscn:DestinationResponses/wscn:DestinationResponse",
                                           NS)]
    equal(tuple(context for context, _ in given), DESTINATIONS, "destinations")
    equal(len({token for _, token in given}), 5, "different tokens")
    equal(subscription.response[-1].tag, q("wscn:DestinationResponses"), "last element")
    stage.subscription = subscription


@case("Renew of 60 minutes grants the same (WSDBIT 4.2); GetStatus tells what is left")
def renew(stage):
    answer = stage.subscription.manage("Renew", "<wse:Expires>PT60M</wse:Expires>")
    equal(answer.status, 200, "status")
    equal(answer.envelope.action, NS["wse"] + "/RenewResponse", "Action")
    equal(answer.envelope.text("soap:Body/wse:RenewResponse/wse:Expires"), "PT60M", "Expires")
    answer = stage.subscription.manage("GetStatus")
    left = answer.envelope.text("soap:Body/wse:GetStatusResponse/wse:Expires")
    check(left == "PT1H" or left.startswith("PT59M"), left)


@case("Unsubscribe answers with an empty body; after that Renew is refused (WSDBIT 4.3)")
def unsubscribe(stage):
    answer = stage.subscription.manage("Unsubscribe")
    equal(answer.status, 200, "status")
    equal(answer.envelope.action, NS["wse"] + "/UnsubscribeResponse", "Action")
    equal(len(answer.envelope.body), 0, "elements in the body")
    answer = stage.subscription.manage("Renew")
    equal(answer.envelope.subcode(), (q("soap:Receiver"), q("wse:UnableToRenew")), "fault")
    equal(answer.envelope.action, NS["wse"] + "/fault", "Action")


@case("a filter that names no event is refused (WSDBIT 4.4), and so are mode and dialect")
def faults(stage):
    for code, options in (("wsdp:FilterActionNotSupported", {"events": "http://example.net/Event"}),
                          ("wse:DeliveryModeRequestedUnavailable", {"mode": PUSH + "ed"}),
                          ("wse:FilteringRequestedUnavailable", {"dialect": "urn:xpath"}),
                          ("wse:InvalidExpirationTime", {"expires": "PT0S"})):
        body = subscribe_body(stage.sink, **{"events": OTHER_EVENTS, **options})
        answer = stage.ask("Subscribe", body)
        equal(answer.status, 400, "status")
        equal(answer.envelope.subcode(), (q("soap:Sender"), q(code)), "fault")


@case("a scan with a subscription: each step is told, in order, to its end; then silence")
def events_of_a_scan(stage):
    subscription = stage.subscribe(OTHER_EVENTS)
    scan(stage.world, stage.service, 1)
    told = []
    while not told or told[-1] != ("ScannerStatusSummaryEvent", "Idle"):
        envelope = stage.sink.hear()
        name = envelope.action.rpartition("/")[2]
        equal(envelope.action, f"{NS['wscn']}/{name}", "Action")
        (event,) = envelope.body
        equal(event.tag, q("wscn:" + name), "body")
        states = [e.text for e in event.iter() if e.tag in (
            q("wscn:JobState"), q("wscn:JobCompletedState"), q("wscn:ScannerState"))]
        told.append((name, states[0]))
    names = [name for name, _ in told]
    equal(told[0], ("JobStatusEvent", "Started"), "first event")
    equal(told[1], ("ScannerStatusSummaryEvent", "Processing"), "second event")
    equal(told[-3:], [("JobStatusEvent", "Completed"), ("JobEndStateEvent", "Completed"),
                      ("ScannerStatusSummaryEvent", "Idle")], "last events")
    equal(names.count("JobEndStateEvent"), 1, "JobEndStateEvents")
    subscription.manage("Unsubscribe")
    scan(stage.world, stage.service, 1)
    stage.sink.silent()


@case("events for another host than the one that asks are refused")
def forgery(stage):
    sink = Sink(stage.world)
    sink.url = f"http://{ADDRESSES['client'][1][0]}/"
    answer = stage.ask("Subscribe", subscribe_body(sink, OTHER_EVENTS))
    equal(answer.envelope.subcode(), (q("soap:Sender"), q("wsa:DestinationUnreachable")), "fault")


@case("a subscriber on a link-local IPv6 address gets its events: the zone is the scanner's own")
def link_local(stage):
    sink = Sink(stage.world, socket.AF_INET6)
    data = request(NS["wse"] + "/Subscribe", subscribe_body(sink, OTHER_EVENTS), extra_ns=EVENTING)
    server = ADDRESSES["server"][0][1]
    with stage.world.on("client"):
        connection = socket.create_connection((server + "%eth0", stage.serve.port), 10)
    connection.sendall(f"POST {urllib.parse.urlsplit(stage.service).path} HTTP/1.1\r\n"
                       f"Host: [{server}]\r\nContent-Type: application/soap+xml\r\n"
                       f"Connection: close\r\nContent-Length: {len(data)}\r\n\r\n".encode()
                       + data)
    answer = b"".join(iter(lambda: connection.recv(65536), b""))
    connection.close()
    check(answer.startswith(b"HTTP/1.1 200"), answer)
    check(f"http://[{server}]:{stage.serve.port}/".encode() in answer, answer)
    scan(stage.world, stage.service, 1)
    equal(sink.hear().action, NS["wscn"] + "/JobStatusEvent", "Action")


@case("at the end subscribers are told: SubscriptionEnd, SourceShuttingDown, to EndTo")
def shutting_down(stage):
    subscription = stage.subscribe(OTHER_EVENTS)
    begin = time.monotonic()
    stage.serve.end()
    check(time.monotonic() - begin < 5, "the end took long")
    envelope = stage.sink.hear()
    equal(envelope.action, NS["wse"] + "/SubscriptionEnd", "Action")
    end = "soap:Body/wse:SubscriptionEnd/"
    equal(envelope.text(end + "wse:Status"), NS["wse"] + "/SourceShuttingDown", "Status")
    equal(envelope.text(end + "wse:SubscriptionManager/wsa:ReferenceParameters/wse:Identifier"),
          subscription.identifier, "Identifier")


if __name__ == "__main__":
    main(setup=Stage)
