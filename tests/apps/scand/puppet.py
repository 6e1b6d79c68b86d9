# SPDX-License-Identifier: MIT
"""A scanner with a button whose every answer a test may write: device.py of the hostile tests, and
events on top. It serves a static address, as it answers no search."""

import http.client
import itertools
import threading
import urllib.parse
from xml.sax.saxutils import escape

import network
from device import (BOUNDARY, JPEG, NS, Device, Reply, adf, element, envelope, fault, image_head,  # noqa: F401
                    image_reply, multipart_type, png, scan_answer, source, status, text_of)

NS["wse"] = "http://schemas.xmlsoap.org/ws/2004/08/eventing"
EVENTING = ("wsa", "wse", "wscn")


def post(address, body, source_host=None, timeout=20):
    """Posts a message to an address of the daemon's sink; the HTTP status."""
    where = urllib.parse.urlsplit(address)
    connection = http.client.HTTPConnection(
        where.hostname, where.port, timeout=timeout,
        source_address=(source_host, 0) if source_host else None)
    try:
        connection.request("POST", where.path, body, {"Content-Type": "application/soap+xml"})
        return connection.getresponse().status
    finally:
        connection.close()


class Puppet(Device):
    """`subscribers` are those that live: {identifier: (NotifyTo, {context: token}, names)}."""

    def __init__(self, scene, host="server", address=None, **options):
        self.scene = scene
        self.where = host
        self.subscribers, self.count_of = {}, itertools.count(1)
        self.changed = threading.Condition()
        self.expires = "PT1H"
        with scene.world.on(host):
            super().__init__(host=address or network.SERVER, **options)
        scene.ends.callback(self.stop)
        self.sources["ADF"] = adf()

    def stop(self):
        try:
            super().stop()
        except OSError:
            pass  # a test has stopped it

    # -- subscriptions

    def subscribe(self, request):
        number = next(self.count_of)
        notify = request.text.split("NotifyTo", 1)[1]
        tokens, names = {}, {}
        answers = ""
        for piece in request.text.split("ScanDestination>")[1::2]:
            context = text_of(piece, "ClientContext")
            tokens[context] = f"token-{number}-{len(tokens)}"
            names[context] = text_of(piece, "ClientDisplayName")
            answers += element("DestinationResponse", element("ClientContext", context)
                               + element("DestinationToken", tokens[context]))
        identifier = f"urn:uuid:0000000{number % 10}-0000-4000-8000-{number:012}"
        with self.changed:
            self.subscribers[identifier] = (
                text_of(notify, "Address"), tokens, names, text_of(notify, "Identifier"))
            self.changed.notify_all()
        body = ("<wse:SubscribeResponse><wse:SubscriptionManager><wsa:Address>"
                f"{self.base}/scan</wsa:Address><wsa:ReferenceParameters><wse:Identifier>"
                f"{identifier}</wse:Identifier></wsa:ReferenceParameters></wse:SubscriptionManager>"
                f"<wse:Expires>{self.expires}</wse:Expires>"
                f"{element('DestinationResponses', answers)}</wse:SubscribeResponse>")
        return envelope(NS["wse"] + "/SubscribeResponse", body, request.message_id, names=EVENTING)

    def known(self, request):
        return self.subscribers.get(request.get("Identifier"))

    def unknown(self, request):
        body = ("<soap:Fault><soap:Code><soap:Value>soap:Receiver</soap:Value><soap:Subcode>"
                "<soap:Value>wse:UnableToRenew</soap:Value></soap:Subcode></soap:Code><soap:Reason>"
                '<soap:Text xml:lang="en">unknown</soap:Text></soap:Reason></soap:Fault>')
        return Reply(envelope(NS["wse"] + "/fault", body, request.message_id, names=EVENTING), 400)

    def renew(self, request):
        if not self.known(request):
            return self.unknown(request)
        return envelope(NS["wse"] + "/RenewResponse", "<wse:RenewResponse><wse:Expires>"
                        f"{self.expires}</wse:Expires></wse:RenewResponse>", request.message_id,
                        names=EVENTING)

    def unsubscribe(self, request):
        with self.changed:
            gone = self.subscribers.pop(request.get("Identifier"), None)
            self.changed.notify_all()
        return (envelope(NS["wse"] + "/UnsubscribeResponse", "", request.message_id,
                         names=EVENTING) if gone else self.unknown(request))

    def wait_subscribed(self, count=1, timeout=20):
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.subscribers) >= count, timeout):
                raise AssertionError(f"nobody subscribed, only {self.operations()}")
            return list(self.subscribers.values())[-1]

    # -- the button

    def event(self, subscriber, context=None, identifier="scan-1", message_id=None, source=None):
        """An event as bytes, and where it goes."""
        address, tokens, _, parameter = subscriber
        context = next(iter(tokens)) if context is None else context
        wished = element("InputSource", source) if source else ""
        body = ('<wscn:ScanAvailableEvent>' + element("ClientContext", escape(context))
                + element("ScanIdentifier", escape(identifier)) + wished
                + "</wscn:ScanAvailableEvent>")
        text = envelope(NS["wscn"] + "/ScanAvailableEvent", body,
                        head=f"<wse:Identifier>{parameter}</wse:Identifier>", names=EVENTING)
        text = text.replace(b"<wsa:To>" + (NS["wsa"] + "/role/anonymous").encode(),
                            b"<wsa:To>" + address.encode())
        if message_id:
            first, rest = text.split(b"<wsa:MessageID>", 1)
            text = (first + b"<wsa:MessageID>" + message_id.encode()
                    + rest[rest.index(b"</wsa:MessageID>"):])
        return address, text

    def press(self, host=None, **options):
        """Presses the button; the HTTP status of the daemon's answer."""
        address, text = self.event(self.wait_subscribed(), **options)
        with self.scene.world.on(host or self.where):
            return post(address, text)

    def await_cancel(self, count=1):
        self.wait_for("CancelJob", count)

    def section(self):
        """A section `scanner` of the daemon's configuration."""
        return {"address": self.url}


def marked(number, size=0):
    """A JPEG that differs from all others, of at least that size; whole and small to decode."""
    comment = f"page {number}".encode()
    out = JPEG[:2]
    while True:
        piece = comment + bytes(max(0, min(size - len(out), 60000)))
        out += b"\xff\xfe" + (len(piece) + 2).to_bytes(2, "big") + piece
        if len(out) >= size:
            return out + JPEG[2:]
