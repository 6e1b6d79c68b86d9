# SPDX-License-Identifier: MIT
"""Rules for every answer by HTTP, looked at when all others are through: over the whole log."""

import re

from judge import judge
from registry import check
from wire import MAX_ENVELOPE, NS, Untried, q, short

EMPTY = "the scanner is shown without function, or each scan fails"


def answered(s):
    found = [e for e in s.exchanges if e.envelope is not None]
    if not found:
        raise Untried("no question by HTTP was answered")
    return found


@check("answers.relates", "each answer names its question in RelatesTo",
       "WS-Addressing 3.3; DPWS R0019", EMPTY, suspects=(7,))
def relates(s):
    for exchange in answered(s):
        said = exchange.envelope.head("wsa:RelatesTo")
        if said != exchange.sent.head("wsa:MessageID"):
            yield (f"answered {exchange.name} with RelatesTo {said or 'missing'}; Windows expects "
                   "the MessageID of its question")


@check("answers.action", "each answer has its Action: the question's and Response, or a fault's",
       "WS-Transfer, WS-Eventing, Scan Service Definition", EMPTY, suspects=(7,))
def action(s):
    for exchange in answered(s):
        said = exchange.envelope.action
        if exchange.envelope.fault():
            if not re.search(r"/fault$", said, re.IGNORECASE):
                yield f"refused {exchange.name} with Action {said or 'missing'}; it ends in /fault"
        elif exchange.wanted and said != exchange.wanted:
            yield (f"answered {exchange.name} with Action {said or 'missing'}; Windows expects "
                   f"{exchange.wanted}")


@check("answers.body", "each answer has the body that belongs to its Action",
       "Scan Service Definition; WS-Eventing", EMPTY, suspects=(6,))
def body(s):
    for exchange in answered(s):
        name = (exchange.wanted or "").rpartition("/")[2]
        if exchange.envelope.fault() or not exchange.wanted or not exchange.wanted.startswith(
                (NS["wscn"], NS["wsd"])):
            continue
        found = [short(e.tag).partition(":")[2] for e in exchange.envelope.body]
        if found != [name]:
            yield f"answered {exchange.name} with {', '.join(found) or 'nothing'} and not {name}"


@check("answers.size", "no envelope has more than 32767 octets",
       "Microsoft Learn, DPWS specification compliance", EMPTY, suspects=(6,))
def size(s):
    for exchange in answered(s):
        if len(exchange.envelope.data) > MAX_ENVELOPE:
            yield (f"answered {exchange.name} with {len(exchange.envelope.data)} octets; Windows "
                   f"closes the connection after {MAX_ENVELOPE}")


@check("answers.type", "answers are of the type application/soap+xml, or multipart/related",
       "SOAP 1.2, HTTP binding; DPWS", EMPTY)
def kind(s):
    for exchange in answered(s):
        said = exchange.headers.get_content_type()
        if said not in ("application/soap+xml", "multipart/related"):
            yield (f"answered {exchange.name} as {said}; Windows expects application/soap+xml")


@check("answers.namespaces", "namespaces begin with http: and are of the right year",
       "the schemas; samples on Microsoft Learn are misprinted", EMPTY + "; most often copied from "
       "samples", suspects=(1, 2), diagnosis=(5,), level="seen")
def namespaces(s):
    known = "|".join(re.escape(uri.partition("://")[2]) for uri in NS.values())
    messages = [(e.name, e.envelope) for e in answered(s)]
    messages += [(d.name, d.envelope) for d in s.datagrams]
    for name, envelope in messages:
        for uri in sorted(envelope.namespaces):
            if re.fullmatch(f"https://({known})", uri) or uri.endswith("2006/01/wdp/scan"):
                yield f"answered {name} in the namespace {uri}; Windows knows only the right one"


@check("answers.schema", "what the scan service says is valid by its schema",
       "Scan Service Definition, its schema", "the scanner is installed, and each scan fails",
       suspects=(6,), diagnosis=(5,))
def schema(s):
    for exchange in answered(s):
        for fault in judge(exchange.envelope):
            yield f"answered {exchange.name} with {fault}"


@check("answers.faults", "faults have Code, Subcode and a Reason, and no status of success",
       "SOAP 1.2 part 1, 5.4; part 2, 7", "an error is shown without its reason")
def faults(s):
    for exchange in answered(s):
        fault = exchange.envelope.body.find(q("soap:Fault"))
        if fault is None:
            continue
        for path in ("soap:Code/soap:Value", "soap:Code/soap:Subcode/soap:Value",
                     "soap:Reason/soap:Text"):
            if fault.find(path, NS) is None:
                yield f"refused {exchange.name} with a fault that has no {path.split('/')[1]}"
        if exchange.status == 200:
            yield f"refused {exchange.name} with status 200; a fault has 400 or 500"


@check("answers.status", "what is done is answered with status 200", "SOAP 1.2 part 2, 7", EMPTY)
def status(s):
    for exchange in answered(s):
        if not exchange.envelope.fault() and exchange.status != 200:
            yield f"answered {exchange.name} with status {exchange.status}; Windows expects 200"
