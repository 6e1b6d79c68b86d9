# SPDX-License-Identifier: MIT
"""One device under test: what was learnt of it, and the log of all that it sent.

Checks ask through here, so that rules for every message (RelatesTo, size, namespaces, ...) are
looked at once, over the whole log, in answers.py.
"""

import contextlib
import ipaddress
import selectors
import socket
import time
import urllib.parse

import network
import wire
from wire import NS, Complaint, Untried, q

IPV4, IPV6 = socket.AF_INET, socket.AF_INET6
LATEST = 4.0  # seconds; the firewall of Windows drops what comes later
SCAN_TYPE = q("wscn:ScannerServiceType")
COMPATIBLE_ID = "http://schemas.microsoft.com/windows/2006/08/wdp/scan/ScannerServiceType"


class Hooks:
    """What a person does at the device. Each says whether there is somebody to do it, and raises
    Untried where it could not be done."""

    def stop(self):
        """Switches the device off in an orderly way."""
        return False

    def start(self):
        """Switches it on again, and returns when that is done or under way."""
        return False

    def press(self, name, number):
        """Chooses the computer called `name`, entry `number` of its list, and the button."""
        return False

    def load(self, sheets):
        """Puts sheets into the feeder."""
        return False


class Session:
    def __init__(self, device=None, url=None, endpoint=None, interface=None, hooks=None, watch=10,
                 sheets=50, sink_port=0, latest=LATEST):
        self.asked_for, self.url, self.wanted_endpoint = device, url, endpoint
        self.latest = latest
        self.hooks, self.watch, self.sheets = hooks or Hooks(), watch, sheets
        self.sink_port, self.sink, self.subscriptions = sink_port, None, []
        self.address = socket.gethostbyname(device) if device else None
        if url and not device:
            self.address = urllib.parse.urlsplit(url).hostname
        self.interface = (network.Interface(interface) if interface else
                          network.Interface.towards(self.address) if self.address else
                          network.Interface.first())
        self.exchanges, self.datagrams, self.asked = [], [], set()
        self.endpoint, self.targets = None, {}
        self.facts = {}

    # -- datagrams --------------------------------------------------------------------------

    def is_ours(self, datagram, family):
        targets = wire.targets_of(datagram.envelope)
        if self.endpoint and any(t.endpoint == self.endpoint for t in targets):
            return True
        if family == IPV6:
            return False  # whose address this is we do not know
        if self.address:
            return datagram.peer == self.address
        return any(t.endpoint == self.wanted_endpoint for t in targets) or (
            not self.wanted_endpoint and
            any(q("wscn:ScanDeviceType") in t.types for t in targets))

    def ask(self, name, question, family=IPV4):
        """The device's answer to a multicast question as a Datagram; None when none came."""
        if family == IPV6 and not self.interface.ipv6:
            raise Untried(f"{self.interface.name} has no link-local IPv6 address here")
        with network.Mouth(self.interface, family) as mouth:
            mouth.say(question)
            return self.listen(mouth, name, question, family, mouth.asked + self.latest)

    def listen(self, mouth, name, question, family, until):
        while (got := mouth.hear(until)) is not None:
            if self.is_ours(got, family):
                got.name, got.family = name, family
                got.question = wire.Envelope(question)
                self.datagrams.append(got)
                return got
        return None

    def silences(self, questions):
        """What came back on questions that are none of the device's business: {name: Datagram}.

        All are watched at once. After that the device has to answer a question of its own, or its
        silence says nothing."""
        answers = {}
        with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
            for name, question in questions.items():
                mouth = stack.enter_context(network.Mouth(self.interface))
                mouth.say(question)
                selector.register(mouth.socket, selectors.EVENT_READ, (name, mouth))
            until = time.monotonic() + self.watch
            while ready := selector.select(max(0, until - time.monotonic())):
                for key, _ in ready:
                    name, mouth = key.data
                    got = mouth.hear(time.monotonic())
                    if got is not None and self.is_ours(got, IPV4):
                        answers.setdefault(name, got)
        if not self.ask_any():
            raise Untried("the device answers no Probe at all")
        return answers

    def ask_any(self):
        """The answer to the Probe that it answers, if any."""
        return (self.ask("Probe for ScanDeviceType", wire.probe("wscn:ScanDeviceType")) or
                self.ask("Probe for Device", wire.probe("wsdp:Device")))

    def find(self):
        """The first Probe; the endpoint and first address are known afterwards, if at all."""
        got = self.ask_any()
        if got is not None:
            found = [t for t in wire.targets_of(got.envelope)
                     if not self.wanted_endpoint or t.endpoint == self.wanted_endpoint]
            self.take_target(found[0], got.peer)
        elif self.address:
            self.find_directed()
        return self.endpoint is not None

    def take_target(self, target, peer):
        self.endpoint, self.address = target.endpoint, self.address or peer
        self.targets["first"] = target
        usable = [x for x in target.xaddrs if x.startswith("http")]
        self.url = self.url or (usable[0] if usable else None)

    def find_directed(self):
        """By HTTP, where multicast does not reach it."""
        urls = [self.url] if self.url else []
        urls += [f"http://{self.address}{port}{wire.STABLE_PATH}" for port in ("", ":5357")]
        for url in urls:
            try:
                answer = self.post("directed Probe", url, wire.probe("wsdp:Device"), None)
            except Complaint:
                continue
            found = wire.targets_of(answer.envelope)
            if found:
                self.take_target(found[0], self.address)
                return

    # -- HTTP -------------------------------------------------------------------------------

    def post(self, name, url, data, wanted, zone=None):
        """One exchange, for the log too. `wanted`: the Action of the answer; None for a fault."""
        exchange = wire.Exchange(name, url, data, wanted)
        self.exchanges.append(exchange)
        wire.post(exchange, data, zone)
        return exchange

    def good(self, exchange):
        """An answer that has to be no fault."""
        fault = exchange.envelope.fault()
        if fault:
            reason = exchange.envelope.inside("soap:Text")
            raise Complaint(f"refused {exchange} with {wire.short(fault)} ({reason}); Windows "
                            "expects it to be done")
        return exchange.envelope

    def get(self, url=None, to=None, zone=None, header="", action="Get"):
        if not (url or self.url):
            raise Untried("no address of the device is known")
        name = action if not header else f"{action} with a foreign header"
        return self.post(name, url or self.url,
                         wire.request(f"{NS['wxf']}/{action}", to=to or self.endpoint,
                                      header=header),
                         NS["wxf"] + "/GetResponse", zone)

    @property
    def metadata(self):
        """The answer to Get, asked once."""
        return self.once("metadata", lambda: self.good(self.get()))

    def once(self, name, make):
        """What `make` gives, made at the first time. Where that fails, the check that asked first
        fails, and those that need it too cannot be tried."""
        if name not in self.facts:
            try:
                self.facts[name] = make(), None
            except (Complaint, Untried) as error:
                self.facts[name] = None, error
                raise
        value, error = self.facts[name]
        if error:
            raise Untried(f"there is no {name}")
        return value

    def hosted(self):
        return self.metadata.all(".//wsdp:Relationship/wsdp:Hosted")

    def scan_hosted(self):
        """The Hosted element of the scan service: by its Types, else by what it is called."""
        envelope = self.metadata
        for hosted in self.hosted():
            types = hosted.find(q("wsdp:Types"))
            if types is not None and SCAN_TYPE in envelope.qnames(types):
                return hosted
        for hosted in self.hosted():
            text = "".join(hosted.itertext())
            if "ScannerServiceType" in text or "ScanDeviceType" in text:
                return hosted
        raise Untried("there is no scan service in the metadata")

    @property
    def service(self):
        """The address of the scan service that Windows talks to."""
        for found in self.scan_hosted().findall("wsa:EndpointReference/wsa:Address", NS):
            url = wire.trimmed(found)
            if url.startswith("http"):
                return url
        raise Untried("the scan service has no address of http")

    def scan(self, operation, body="", header="", fault=False, attributes="", more_ns="",
             name=None):
        """One operation of WS-Scan; `fault` says that a fault is what is wanted."""
        url = self.service
        action = f"{NS['wscn']}/{operation}"
        data = wire.request(action, f"<wscn:{operation}Request{attributes}>{body}"
                            f"</wscn:{operation}Request>", url, header=header, more_ns=more_ns)
        return self.post(name or operation, url, data, None if fault else action + "Response")

    def event(self, operation, body, to=None, header="", fault=False):
        """One operation of WS-Eventing."""
        url = to or self.service
        data = wire.request(f"{NS['wse']}/{operation}", body, url, header=header)
        return self.post(operation, url, data,
                         None if fault else f"{NS['wse']}/{operation}Response")

    def expect_fault(self, exchange, *wanted):
        """Complaints unless the answer is one of these faults."""
        got = exchange.envelope.fault()
        if got not in [q(name) for name in wanted]:
            yield (f"answered {exchange} with {wire.short(got) if got else 'success'}; Windows "
                   f"expects the fault {' or '.join(wanted)}")

    # -- the rest ---------------------------------------------------------------------------

    def elements(self, name):
        """A section of the scanner by its name, as an element."""
        def fetch():
            answer = self.good(self.scan("GetScannerElements", requested(name),
                                         name=f"GetScannerElements of {name}"))
            found = answer.body.find(".//" + q("wscn:" + name))
            if found is None:
                raise Complaint(f"gave no {name} when asked for it; Windows asks for it before "
                                "each scan")
            return found
        return self.once(name, fetch)

    def get_sink(self):
        if self.sink is None:
            self.sink = network.Sink(self.interface.ipv4, self.sink_port)
        return self.sink

    def close(self):
        """Leaves nothing behind on the device."""
        for subscription in self.subscriptions:
            try:
                subscription.manage("Unsubscribe")
            except Complaint:
                pass
        if self.sink:
            self.sink.close()


def requested(*names):
    inner = "".join(f"<wscn:Name>wscn:{name}</wscn:Name>" for name in names)
    return f"<wscn:RequestedElements>{inner}</wscn:RequestedElements>"


def short_action(envelope):
    return envelope.action.rpartition("/")[2] or "a message without Action"


def is_literal(host):
    try:
        ipaddress.ip_address((host or "").partition("%")[0])
        return True
    except ValueError:
        return False


def connects(url, zone=None, seconds=5):
    """Why nobody answers at an address; "" when somebody does."""
    try:
        connection = wire.Connection(url, zone, seconds)
        connection.connect()
        connection.close()
        return ""
    except (OSError, ValueError) as error:
        return str(error)
