# SPDX-License-Identifier: MIT
"""The ways in which a scanner can be wrong, and which checks have to say so: one list a concern.

A row: what is wrong, the change to messages (see mutator.Message), the checks that fail, and those
that cannot be tried any more because of it. All others have to pass. `*` stands for any end.
"""

import re

from wire import FOREIGN, NIL

DATAGRAMS = ("Probe", "Resolve")


def when(kind, names, act, asked="", path="", without=None, family=None):
    """A change of messages of that kind and these names, whose question holds some text."""
    names = (names,) if isinstance(names, str) else names

    def change(m):
        if m.kind == kind and m.name in names and asked.encode() in m.asked and \
                m.path.startswith(path) and (without is None or without.encode() not in m.asked) \
                and family in (None, m.family):
            act(m)
    return change


def sub(kind, names, pattern, text, **more):
    return when(kind, names, lambda m: m.sub(pattern, text), **more)


def drop(kind, names, **more):
    def act(m):
        m.drop = True
    return when(kind, names, act, **more)


def refuse(names, code="wscn:OperationFailed", **more):
    return when("answer", names, lambda m: m.refuse(code), **more)


def takes(names, old, new, **more):
    """A scanner that takes a question for another one."""
    return sub("question", names, re.escape(old), new, **more)


def status(names, code, **more):
    def act(m):
        m.status = code
    return when("answer", names, act, **more)


def content_type(names, pattern, text):
    def act(m):
        m.headers = [(n, re.sub(pattern, text, v)) for n, v in m.headers]
    return when("answer", names, act)


def answer_all(asked):
    """Answers a question of others as if it were its own."""
    def act(m):
        theirs = re.search(rb"MessageID>([^<]*)", m.asked)[1]
        m.data = re.sub(rb"(RelatesTo>)[^<]*", rb"\g<1>" + theirs, m.control)
    return when("datagram", DATAGRAMS, act, asked=asked)


def after_hello(*changes):
    """Changes that begin with the Hello of the restart: the first one behind a Bye."""
    seen = []

    def change(m):
        if m.name in ("Bye", "Hello") and [m.name] != seen[-1:] and (seen or m.name == "Bye"):
            seen.append(m.name)
        if "Hello" in seen:
            for one in changes:
                one(m)
    return change


def once(change, count=1):
    """A change of the first messages alone."""
    left = [count]

    def first(m):
        before = m.data
        if left[0]:
            change(m)
            left[0] -= before != m.data
    return first


def both(*changes):
    def change(m):
        for one in changes:
            one(m)
    return change


IPV4, IPV6 = 2, 10
SCAN_TYPE = "wscn:ScannerServiceType"
COMPATIBLE = r"<pnpx:CompatibleId>.*?</pnpx:CompatibleId>"

SEARCH = [
    (f"no answer to the Probe for {asked or 'nothing'} over {family}",
     drop("datagram", "Probe", asked=asked, without=without,
          family=IPV6 if family == "ipv6" else IPV4), [f"probe.{name}.{family}"], [])
    for family in ("ipv4", "ipv6")
    for name, asked, without in (("scanner", "ScanDeviceType</", None),
                                 ("device", "p:Device</", None), ("empty", "<wsd:Probe></", None))
] + [
    (f"no answer to Resolve over {family}",
     drop("datagram", "Resolve", family=IPV6 if family == "ipv6" else IPV4),
     [f"probe.resolve.{family}"], []) for family in ("ipv4", "ipv6")
] + [
    ("answers Probes for foreign types", answer_all("x:Toaster"), ["silence.foreign-type"], []),
    ("answers Probes for foreign scopes", answer_all("Scopes>http"), ["silence.scope"], []),
    ("answers Resolves of others", answer_all(NIL), ["silence.resolve"], []),
    ("RelatesTo is missing in ProbeMatches",
     sub("datagram", "Probe", "<wsa:RelatesTo>.*?</wsa:RelatesTo>", ""), ["match.relates"], []),
    ("ProbeMatches has the Action of Probe",
     sub("datagram", "Probe", "discovery/ProbeMatches", "discovery/Probe"), ["match.action"], []),
    ("ProbeMatches have the type of the service and not of the device",
     sub("datagram", "Probe", "wscn:ScanDeviceType", SCAN_TYPE),
     ["match.types", "match.types-device"], []),
    ("ProbeMatches have the type of the service too",
     sub("datagram", "Probe", "wscn:ScanDeviceType", "wscn:ScanDeviceType " + SCAN_TYPE),
     ["match.types-device"], []),
    ("the type is of the namespace of another year",
     sub("datagram", "Probe", "2006/08", "2006/01"), ["match.types", "answers.namespaces"], []),
    ("another endpoint in answer to a Probe without types",
     sub("datagram", "Probe", "urn:uuid:[0-9a-f-]*(</wsa:Address></wsa:End)", NIL + r"\1",
         asked="<wsd:Probe></", family=IPV4), ["match.endpoint"], []),
    ("no MetadataVersion in ResolveMatches",
     sub("datagram", "Resolve", "<wsd:MetadataV.*?</wsd:MetadataVersion>", ""),
     ["match.version"], []),
    ("the MessageNumber is always 1",
     sub("datagram", DATAGRAMS, r'MessageNumber="\d+"', 'MessageNumber="1"'),
     ["match.sequence"], []),
    ("ResolveMatches without XAddrs", sub("datagram", "Resolve", "<wsd:XAddrs>.*</wsd:XAddrs>", ""),
     ["xaddr.present"], []),
    ("http and https are mixed", sub("datagram", "Resolve", "</wsd:XAddrs>",
                                     " https://192.0.2.1/</wsd:XAddrs>"), ["xaddr.scheme"], []),
    ("the host of an address is unknown",
     sub("datagram", "Resolve", "http://192.0.2.1:80", "http://scanner.invalid"),
     ["xaddr.host", "xaddr.connects"], []),
    ("the address is in another subnet",
     sub("datagram", "Resolve", "http://192.0.2.1:80", "http://203.0.113.9"), ["xaddr.subnet"], []),
    ("the address is that of another host",
     sub("datagram", "Resolve", "http://192.0.2.1:80", "http://192.0.2.222"),
     ["xaddr.source", "xaddr.connects"], []),
    ("nobody listens at the address", sub("datagram", "Resolve", "http://192.0.2.1:80",
                                          "http://192.0.2.1:81"), ["xaddr.connects"], []),
    ("nothing at the stable URL", drop("answer", "Probe", path="/Stable"), ["directed.stable"], []),
    ("an HTTP Probe at the device's URL matches nothing",
     sub("answer", "Probe", "<wsd:ProbeMatch>.*</wsd:ProbeMatch>", "", path="/1",
         without="Toaster"), ["directed.device"], []),
    ("an HTTP Probe for a foreign type gets no answer",
     drop("answer", "Probe", asked="Toaster"), ["directed.none"], []),
]

METADATA = [
    ("GetResponse without Metadata", sub("answer", "Get", "(</?wsx:Metadata)>", r"\1s>"),
     ["get.answer"], []),
    ("Get for another device is answered",
     when("question", "Get", lambda m: m.sub(NIL, "urn:uuid:" + m.path[1:37]), asked=NIL),
     ["get.wrong-to"], []),
    ("Put is answered as Get", takes("Put", "transfer/Put", "transfer/Get"), ["get.transfer"], []),
    ("a foreign header is refused", refuse("Get", "soap:MustUnderstand", asked=FOREIGN),
     ["get.extensible"], []),
    ("a section is missing", sub("answer", "Get", "devprof/ThisDevice", "devprof/NoDevice"),
     ["metadata.sections"], ["metadata.names", "metadata.order"]),
    ("a name of 256 characters", sub("answer", "Get", ">Windows Checker</wsdp:Fr",
                                     ">" + "n" * 256 + "</wsdp:Fr"), ["metadata.lengths"], []),
    ("the manufacturer has no name", sub("answer", "Get", ">libwsd<", "><"),
     ["metadata.names"], []),
    ("the model stands before its manufacturer",
     sub("answer", "Get", "(<wsdp:Manuf.*</wsdp:Manufacturer>)(<wsdp:ModelN.*</wsdp:ModelName>)",
         r"\2\1"), ["metadata.order"], []),
    ("the category is Printers", sub("answer", "Get", ">Scanners<", ">Printers<"),
     ["metadata.category"], []),
    ("the Host is another device", sub("answer", "Get", "(<wsdp:Host><wsa:End.*?ess>)[^<]*",
                                       r"\1" + NIL), ["metadata.host"], []),
    ("the service has the type of the device", sub("answer", "Get", f"<wsdp:Types>{SCAN_TYPE}",
                                                   "<wsdp:Types>wscn:ScanDeviceType"),
     ["hosted.types"], []),
    ("the service is at another of its addresses",
     sub("answer", "Get", "http://192.0.2.1:80", "http://198.51.100.1:80"), ["hosted.address"], []),
    ("the path of the service is not found", status("GetActiveJobs", 404),
     ["hosted.reachable", "answers.status"], []),
    ("the service has no ServiceId",
     sub("answer", "Get", "(</wsdp:Types>)<wsdp:ServiceId>[^<]*/scan</wsdp:ServiceId>", r"\1"),
     ["hosted.service-id"], []),
    ("CompatibleId with https:, as misprinted samples have it",
     sub("answer", "Get", "<pnpx:CompatibleId>http:", "<pnpx:CompatibleId>https:"),
     ["hosted.compatible-id"], []),
    ("no CompatibleId", sub("answer", "Get", COMPATIBLE, ""), ["hosted.compatible-id"], []),
    ("CompatibleId in Host", sub("answer", "Get", f"(</wsdp:Host>.*)({COMPATIBLE})", r"\2\1"),
     ["hosted.compatible-id"], []),
    ("the PnP-X namespace with https:", sub("answer", "Get", 'pnpx="http:', 'pnpx="https:'),
     ["answers.namespaces", "hosted.compatible-id", "hosted.hardware-id", "metadata.category"], []),
    ("no HardwareId", sub("answer", "Get", "<pnpx:H.*</pnpx:HardwareId>", ""),
     ["hosted.hardware-id"], []),
    ("IPv4 addresses in metadata asked over IPv6",
     when("answer", "Get", lambda m: m.sub(r"\[fe80::a1\]", "192.0.2.1")), ["metadata.ipv6"], []),
    ("RelatesTo is missing in GetResponse",
     sub("answer", "Get", "<wsa:RelatesTo>.*?</wsa:RelatesTo>", ""), ["answers.relates"], []),
    ("GetResponse has the Action of Get", sub("answer", "Get", "transfer/GetResponse",
                                              "transfer/Get"), ["answers.action"], []),
    ("metadata of 33000 octets", sub("answer", "Get", "</soap:Body>", f"{' ' * 33000}</soap:Body>"),
     ["answers.size"], []),
    ("metadata as text/xml", content_type("Get", ".*", "text/xml"), ["answers.type"], []),
    ("a fault with status 200", status("Put", 200), ["answers.faults"], []),
]
