# SPDX-License-Identifier: MIT
"""The judge: checks a body of WS-Scan against the table in tests/data/ws-scan-schema.tsv.

Names, order, how often each may stand, ranges, words, and attributes. The table is read here with
nothing of libwsd's own in between, so it can tell when the encoder or its tables are wrong. What it
does not know is an error: our service has no vendor extensions.
"""

import csv
import os
import re

from interop import Failure

WSCN = "http://schemas.microsoft.com/windows/2006/08/wdp/scan"
SOAP = "http://www.w3.org/2003/05/soap-envelope"
XOP = "http://www.w3.org/2004/08/xop/include"
XML = "http://www.w3.org/XML/1998/namespace"

DATETIME = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
# Which context the elements below one of these have; see the table's section in docs.
CONTEXTS = {
    "DocumentParameters": "ticket", "DocumentFinalParameters": "final", "DeviceSettings": "config",
    "GetScannerElementsRequest": "scanner", "GetScannerElementsResponse": "scanner",
    "GetJobElementsRequest": "job", "GetJobElementsResponse": "job",
}
TEXT_TYPES = {"string", "int", "bool", "enum", "qname", "datetime"}


def read_table():
    default = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")
    path = os.path.join(os.environ.get("WSD_TEST_DATA", default), "ws-scan-schema.tsv")
    table = {}
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            table.setdefault(row["parent"], []).append(row)
    return table


TABLE = read_table()
judged = set()  # names of all bodies that were judged, for a test that wants to have seen them all


def rows_of(name, context, kind):
    """The rows of a parent: those of its context, else those of the bare name."""
    for key in (f"{name}@{context}", name):
        if key in TABLE:
            return [row for row in TABLE[key] if row["kind"] == kind]
    return []


def attributes_of(name, context):
    """Attributes stand under the bare name, the context or both."""
    rows = TABLE.get(f"{name}@{context}", []) + TABLE.get(name, [])
    return [row for row in rows if row["kind"] == "attribute"]


def split(tag):
    ns, _, local = tag.rpartition("}")
    return ns[1:], local


def complain(path, message):
    raise Failure(f"schema: {path}: {message}")


def check_value(row, text, path):
    """A simple value against its row's type and values column."""
    kind, values = row["type"], row["values-or-range"]
    if kind != "string" and text != text.strip():
        complain(path, f"white space around {text!r}")
    if kind == "int":
        if not re.fullmatch(r"-?\d+", text):
            complain(path, f"{text!r} is no number")
        found = re.match(r"(-?\d+)\.\.(-?\d+)", values)
        if found and not int(found[1]) <= int(text) <= int(found[2]):
            complain(path, f"{text} is outside {found[0]}")
        found = re.match(r"(-?\d+)\.\.", values)
        if found and int(text) < int(found[1]):
            complain(path, f"{text} is less than {found[1]}")
    elif kind == "bool" and text not in ("0", "1", "false", "true"):
        complain(path, f"{text!r} is no boolean")
    elif kind == "enum":
        words = values.removeprefix("open:").split(";")[0].strip().split("|")
        if text not in words:
            complain(path, f"{text!r} is none of {words}")
    elif kind == "datetime" and not DATETIME.fullmatch(text):
        complain(path, f"{text!r} is no dateTime")
    elif kind == "string":
        found = re.match(r"length \d+\.\.(\d+)", values)
        if found and len(text) > int(found[1]):
            complain(path, f"{len(text)} characters, at most {found[1]}")


def check_attributes(envelope, element, name, context, path):
    rows = {row["name"]: row for row in attributes_of(name, context)}
    seen = set()
    for key, value in element.attrib.items():
        ns, local = split(key)
        label = {WSCN: "wscn:", XML: "xml:", "": ""}.get(ns, ns + " ") + local
        if label not in rows:
            complain(path, f"attribute {label} does not belong here")
        seen.add(label)
        check_value(rows[label], value, f"{path}/@{label}")
        if rows[label]["type"] == "qname":
            prefix, _, _ = value.rpartition(":")
            if prefix and prefix not in envelope.bindings[element]:
                complain(f"{path}/@{label}", f"prefix of {value!r} is not bound")
    for label, row in rows.items():
        if int(row["min"]) and label not in seen:
            complain(path, f"attribute {label} is missing")


def check_children(element, name, rows, path):
    """Names, their order and number."""
    order, counts, last = [row["name"] for row in rows], {}, -1
    for child in element:
        ns, local = split(child.tag)
        label = local if ns == WSCN else "xop:" + local if ns == XOP else "*"
        if label not in order or label == "*":
            complain(path, f"element {child.tag} does not belong here")
        if order.index(label) < last:
            complain(path, f"{local} stands after {order[last]}")
        last = order.index(label)
        counts[label] = counts.get(label, 0) + 1
    valid = element.get("Valid")
    for row in rows:
        n = counts.get(row["name"], 0)
        if n < int(row["min"]) and row["name"] != "*":
            complain(path, f"{row['name']} stands {n} times, at least {row['min']}")
        if row["max"] != "unbounded" and n > int(row["max"]):
            complain(path, f"{row['name']} stands {n} times, at most {row['max']}")
    choice = [row["name"] for row in rows if "choice: exactly one" in row["values-or-range"]]
    chosen = sum(counts.get(n, 0) for n in choice)
    wanted = 0 if valid in ("false", "0") else 1
    if choice and chosen != wanted:
        complain(path, f"{chosen} of {choice}, wanted {wanted}")


def check_element(envelope, element, row, context, path):
    _, name = split(element.tag)
    label = "xop:Include" if element.tag == f"{{{XOP}}}Include" else name
    context = CONTEXTS.get(name, context)
    check_attributes(envelope, element, label, context, path)
    if row["type"] in TEXT_TYPES:
        if len(element):
            complain(path, "has children, should have text")
        check_value(row, element.text or "", path)
        if row["type"] == "qname":
            envelope.qnames(element)
        return
    if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
        complain(path, "text between elements")
    rows = rows_of(label, context, "element")
    check_children(element, label, rows, path)
    for child in element:
        ns, local = split(child.tag)
        local = "xop:" + local if ns == XOP else local
        check_element(envelope, child, next(r for r in rows if r["name"] == local), context,
                      f"{path}/{local}")


def judge_body(envelope):
    """Fails on the first thing in the body that the schema does not allow. Bodies of other
    namespaces (faults, metadata, discovery) are not its business."""
    roots = [child for child in envelope.body if split(child.tag)[0] == WSCN]
    if roots and len(envelope.body) != 1:
        complain("Body", f"{len(envelope.body)} elements")
    for root in roots:
        _, name = split(root.tag)
        rows = [row for row in TABLE["soap:Body"] if row["name"] == name]
        if not rows:
            complain("Body", f"{name} is no body")
        judged.add(name)
        check_element(envelope, root, rows[0], "", name)
