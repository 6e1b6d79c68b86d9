# SPDX-License-Identifier: MIT
"""Checks of subscriptions as Windows 10 makes them, and of the button at the scanner's panel."""

import urllib.parse

import jobs
import wire
from registry import check
from scanning import CAPTURE, SERVICE, offer_of
from session import is_literal, requested
from tickets import small
from wire import NS, Complaint, Untried, q, short, trimmed

DESTINATIONS = ("Scan", "ScanToPrint", "ScanToEmail", "ScanToFax", "ScanToOCR")
NAME = "WSD-CHECKER"
PUSH = NS["wse"] + "/DeliveryModes/Push"
ACTIONS = NS["wsdp"] + "/Action"
AVAILABLE = NS["wscn"] + "/ScanAvailableEvent"
SEVERAL = " ".join(f"{NS['wscn']}/{n}" for n in ("ScannerStatusSummaryEvent", "JobStatusEvent",
                                                 "JobEndStateEvent"))
BIT = "WSDAPI Basic Interoperability Tool, eventing scenarios"
LOST = "this computer is gone from the scanner's panel after an hour"
PANEL = "this computer does not appear on the scanner's panel, or its button does nothing"


class Subscription:
    """A subscription that was granted, as Windows addresses its manager."""

    def __init__(self, s, envelope):
        self.s = s
        manager = envelope.find(".//wse:SubscribeResponse/wse:SubscriptionManager")
        if manager is None:
            raise Complaint("granted a subscription without a SubscriptionManager")
        self.url = trimmed(manager.find("wsa:Address", NS))
        self.expires = trimmed(envelope.find(".//wse:SubscribeResponse/wse:Expires"))
        self.headers, self.identifier = "", ""
        for kind in ("ReferenceParameters", "ReferenceProperties"):
            for child in manager.findall(f"wsa:{kind}/*", NS):
                self.headers += wire.ElementTree.tostring(child, encoding="unicode")
                if child.tag == q("wse:Identifier"):
                    self.identifier = trimmed(child)
        self.given = [(trimmed(r.find(q("wscn:ClientContext"))),
                       trimmed(r.find(q("wscn:DestinationToken"))))
                      for r in envelope.all(".//wscn:DestinationResponse")]
        s.subscriptions.append(self)

    def manage(self, operation, content="", fault=False):
        return self.s.event(operation, f"<wse:{operation}>{content}</wse:{operation}>",
                            self.url if self.url.startswith("http") else None, self.headers, fault)

    def end(self):
        self.s.subscriptions.remove(self)
        return self.manage("Unsubscribe")


def body(s, events, destinations=(), mode=PUSH):
    """Subscribe with the order of elements that Windows 10 has."""
    sink = s.get_sink()
    to, end = (f"<wse:{name}><wsa:Address>{sink.url}</wsa:Address><wsa:ReferenceParameters>"
               f"<wse:Identifier>{sink.identifier}</wse:Identifier></wsa:ReferenceParameters>"
               f"</wse:{name}>" for name in ("NotifyTo", "EndTo"))
    listed = "".join(f"<wscn:ScanDestination><wscn:ClientDisplayName>{NAME}"
                     f"</wscn:ClientDisplayName><wscn:ClientContext>{d}</wscn:ClientContext>"
                     "</wscn:ScanDestination>" for d in destinations)
    listed = listed and f"<wscn:ScanDestinations>{listed}</wscn:ScanDestinations>"
    return (f'<wse:Subscribe>{end}<wse:Delivery Mode="{mode}">{to}</wse:Delivery>'
            f'<wse:Expires>PT1H</wse:Expires><wse:Filter Dialect="{ACTIONS}">{events}</wse:Filter>'
            f"{listed}</wse:Subscribe>")


def subscription(s):
    def make():
        answer = s.good(s.event("Subscribe", body(s, AVAILABLE, DESTINATIONS)))
        return Subscription(s, answer)
    return s.once("subscription", make)


@check("subscribe.answer", "Subscribe as Windows 10 writes it is granted",
       CAPTURE + "; " + SERVICE + " 5.2", PANEL, level="seen")
def answer_(s):
    subscription(s)


@check("subscribe.expires", "the hour that was asked for is granted, as it was asked for",
       BIT + " 4.2", LOST)
def expires(s):
    said = subscription(s).expires
    if wire.seconds_of(said) != 3600:
        yield f"granted {said or 'no Expires'} for PT1H; Windows expects the same duration back"


@check("subscribe.destinations", "all five destinations are answered, in order, each with a token",
       SERVICE + " 5.2; " + CAPTURE, PANEL, level="seen")
def destinations(s):
    given = subscription(s).given
    if [context for context, _ in given] != list(DESTINATIONS):
        yield (f"answered the destinations {', '.join(c for c, _ in given) or 'none'}; Windows "
               f"asks for {', '.join(DESTINATIONS)} and expects a DestinationResponse for each")
    tokens = [token for _, token in given]
    if not all(tokens) or len(set(tokens)) < len(tokens):
        yield f"gave the tokens {tokens}; Windows expects one of its own for each destination"


@check("subscribe.manager", "the manager has a URL and an Identifier", BIT + " 4; DPWS", LOST)
def manager(s):
    one = subscription(s)
    if not one.url.startswith("http"):
        yield f"has the manager of subscriptions at {one.url or 'nothing'}; Windows expects a URL"
    elif is_literal(urllib.parse.urlsplit(one.url).hostname) and \
            urllib.parse.urlsplit(one.url).hostname != urllib.parse.urlsplit(s.service).hostname:
        yield f"has the manager of subscriptions at {one.url}, another host than {s.service}"
    if not one.identifier:
        yield "gave no Identifier for the subscription; Windows names it by that"


@check("subscribe.renew", "Renew for an hour grants the hour", BIT + " 4.1, 4.2", LOST)
def renew(s):
    answer = s.good(subscription(s).manage("Renew", "<wse:Expires>PT1H</wse:Expires>"))
    said = answer.inside("wse:Expires")
    if wire.seconds_of(said) != 3600:
        yield f"granted {said or 'no Expires'} on Renew for PT1H; Windows expects the same back"


@check("subscribe.status", "GetStatus is answered, or refused as an action",
       "DPWS R3015; Microsoft Learn", LOST)
def status(s):
    answer = subscription(s).manage("GetStatus")
    if answer.envelope.fault():
        answer.wanted = None
        yield from s.expect_fault(answer, "wsa:ActionNotSupported")
    elif not answer.envelope.inside("wse:Expires"):
        yield "answered GetStatus without Expires"


@check("subscribe.filter", "a filter that names no event is refused", BIT + " 4.4; DPWS R3020",
       "programs wait for events that never come")
def unknown_filter(s):
    answer = s.event("Subscribe", body(s, "http://example.net/NoEvent"), fault=True)
    yield from s.expect_fault(answer, "wsdp:FilterActionNotSupported")


@check("subscribe.mode", "a delivery other than Push is refused", "DPWS R3009; WS-Eventing 3",
       "the HLK's tests of the device fail")
def mode(s):
    answer = s.event("Subscribe", body(s, AVAILABLE, DESTINATIONS, PUSH + "ed"), fault=True)
    yield from s.expect_fault(answer, "wse:DeliveryModeRequestedUnavailable")


def several(s):
    return s.once("subscription to several", lambda: Subscription(
        s, s.good(s.event("Subscribe", body(s, SEVERAL)))))


@check("events.job", "a filter of several events is granted; a scan is told to its end",
       "HLK, WSD Scan Verify (with a subscription); DPWS 6.1.1",
       "Windows does not see what the scanner does")
def job_events(s):
    several(s)
    if not jobs.Job(s, small(offer_of(s)).ticket(), "with a subscription").all().images:
        yield "gave no image for a job while there is a subscription"
    heard = s.once("event", lambda: s.get_sink().hear("JobEndStateEvent", max(5, s.watch)))
    if heard is None:
        yield "sent no JobEndStateEvent after the last image"


def heard_event(s):
    heard = s.once("event", lambda: None)
    if heard is None:
        raise Untried("no event was heard")
    return heard


@check("events.address", "events go to NotifyTo, with its reference parameters as headers",
       "WS-Addressing 3.2; " + CAPTURE, "Windows drops the events: the button does nothing")
def event_address(s):
    path, envelope = heard_event(s)
    sink = s.get_sink()
    if path != sink.path or envelope.head("wsa:To") != sink.url:
        yield f"sent an event to {path}, To {envelope.head('wsa:To')}; Windows waits at {sink.url}"
    if envelope.head("wse:Identifier") != sink.identifier:
        yield (f"sent an event with Identifier {envelope.head('wse:Identifier') or 'missing'}; "
               "Windows expects the one of NotifyTo as a header")


@check("events.unsubscribe", "after Unsubscribe nothing is sent, and Renew is refused",
       BIT + " 4.3", "the panel lists computers that are gone")
def unsubscribe(s):
    one = several(s)
    s.good(one.end())
    while s.get_sink().hear("Event", 0):
        pass  # what was on its way
    yield from s.expect_fault(one.manage("Renew", fault=True), "wse:UnableToRenew",
                              "wse:InvalidMessage", "wsa:DestinationUnreachable")
    jobs.Job(s, small(offer_of(s)).ticket(), "after Unsubscribe").all()
    heard = s.get_sink().hear("JobEndStateEvent", min(s.watch, 2))
    if heard is not None:
        yield "sent an event after Unsubscribe"


# -- the button -------------------------------------------------------------------------------


def press(s, number):
    """The ScanAvailableEvent of a press on one of our five lines, as (path, Envelope)."""
    one = subscription(s)
    if number > len(one.given):
        raise Untried("the device did not register the destination")
    if not s.hooks.press(NAME, number):
        raise Untried("nobody presses the button; give --hook-press or --ask")
    heard = s.get_sink().hear("ScanAvailableEvent", 60)
    if heard is None:
        raise Complaint("sent no ScanAvailableEvent within 60 s of the button; Windows starts its "
                        "scan program by it")
    return heard


@check("button.event", "the button sends ScanAvailableEvent to the destination that was chosen",
       SERVICE + " 5.2.5", PANEL)
def button(s):
    path, envelope = s.once("press", lambda: press(s, 1))
    context, scan_id = (envelope.inside("wscn:" + n) for n in ("ClientContext", "ScanIdentifier"))
    if context != DESTINATIONS[0]:
        yield f"sent the ClientContext {context or 'missing'}; {DESTINATIONS[0]} was chosen"
    if not scan_id:
        yield "sent no ScanIdentifier; Windows begins the job with it"
    if envelope.head("wse:Identifier") != s.get_sink().identifier or path != s.get_sink().path:
        yield "sent the event without the Identifier or to another path than NotifyTo has"


def from_event(s, envelope, token=None, scan_id=None):
    """The body of CreateScanJob after the button."""
    given = dict(subscription(s).given)
    context = envelope.inside("wscn:ClientContext")
    source = envelope.inside("wscn:InputSource")
    offer = offer_of(s)
    wish = small(offer, source if source.replace("Duplex", "") in offer.sides else None)
    return (f"<wscn:ScanIdentifier>{scan_id or envelope.inside('wscn:ScanIdentifier')}"
            "</wscn:ScanIdentifier>"
            f"<wscn:DestinationToken>{token or given.get(context, '')}</wscn:DestinationToken>"
            ), wish.ticket()


@check("button.token", "a job with the token of nobody, or for no press, is refused",
       SERVICE + " 6.2.6", "anybody on the network can take the page of another")
def wrong_token(s):
    _, envelope = s.once("press", lambda: press(s, 1))
    for what, more, fault in (
            ("token", {"token": "of-nobody"}, "wscn:ClientErrorInvalidDestinationToken"),
            ("identifier", {"scan_id": "of-no-press"}, "wscn:ClientErrorInvalidScanIdentifier")):
        head, ticket = from_event(s, envelope, **more)
        yield from s.expect_fault(s.scan("CreateScanJob", head + ticket, fault=True,
                                         name=f"CreateScanJob with a wrong {what}"), fault)


@check("button.scan", "the button leads to ValidateScanTicket, CreateScanJob, RetrieveImage",
       CAPTURE + "; " + SERVICE + " 12", "the button opens the scan program, and the scan fails",
       level="seen")
def button_scan(s):
    _, envelope = s.once("press", lambda: press(s, 1))
    head, ticket = from_event(s, envelope)
    s.good(s.scan("GetScannerElements", requested("ScannerStatus", "DefaultScanTicket"),
                  name="GetScannerElements after the button"))
    s.good(s.scan("ValidateScanTicket", ticket, name="ValidateScanTicket after the button"))
    job = jobs.Job(s, head + ticket, "after the button")
    if not job.all().images:
        yield f"gave no image after the button, but {short(job.fault.envelope.fault())}"


@check("button.last", "the last of the five destinations reaches its own line", CAPTURE, PANEL,
       level="seen")
def button_last(s):
    _, envelope = press(s, len(DESTINATIONS))
    if envelope.inside("wscn:ClientContext") != DESTINATIONS[-1]:
        yield (f"sent the ClientContext {envelope.inside('wscn:ClientContext') or 'missing'}; "
               f"{DESTINATIONS[-1]} was chosen")
