# SPDX-License-Identifier: MIT
"""Checks a body of WS-Scan against the table of the schema, tests/data/ws-scan-schema.tsv.

Names, how often each may stand, order, numbers and booleans. Elements and attributes of other
namespaces are a vendor's own and skipped; so are words of open enumerations. The table is read here
with nothing of libwsd's own in between.
"""

import csv
import functools
import os
import re

from wire import NS

WSCN = NS["wscn"]
CONTEXTS = {
    "DocumentParameters": "ticket", "DocumentFinalParameters": "final", "DeviceSettings": "config",
    "GetScannerElementsRequest": "scanner", "GetScannerElementsResponse": "scanner",
    "GetJobElementsRequest": "job", "GetJobElementsResponse": "job",
}


@functools.cache
def table():
    here = os.path.dirname(os.path.abspath(__file__))
    rows = {}
    with open(os.path.join(here, "..", "data", "ws-scan-schema.tsv"), newline="",
              encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["kind"] == "element":
                rows.setdefault(row["parent"], []).append(row)
    return rows


def rows_of(name, context):
    return table().get(f"{name}@{context}") or table().get(name, [])


def split(tag):
    ns, _, local = tag.rpartition("}")
    return ns[1:], local


def value(row, text, path):
    values, text = row["values-or-range"], text.strip()
    if row["type"] == "int":
        if not re.fullmatch(r"[-+]?\d+", text):
            yield f"{path}: {text!r} is no number"
            return
        found = re.match(r"(-?\d+)\.\.(-?\d+)?", values)
        if found and not int(found[1]) <= int(text) <= int(found[2] or 2147483647):
            yield f"{path}: {text} is outside of {found[0]}"
    elif row["type"] == "bool" and text not in ("0", "1", "false", "true"):
        yield f"{path}: {text!r} is no boolean"
    elif row["type"] == "enum" and (not text or re.search(r"\s", text)):
        yield f"{path}: {text!r} is no word"
    elif row["type"] == "string":
        found = re.match(r"length \d+\.\.(\d+)", values)
        if found and len(text) > int(found[1]):
            yield f"{path}: {len(text)} characters, at most {found[1]} are allowed"


def faults_of(element, context="", path="", row=None):
    """What is wrong with an element and all below it, a line each."""
    name = split(element.tag)[1]
    path, context = f"{path}/{name}", CONTEXTS.get(name, context)
    if row is not None and row["type"] in ("string", "int", "bool", "enum", "qname", "datetime"):
        yield from value(row, element.text or "", path)
        return
    rows = [r for r in rows_of(name, context) if ":" not in r["name"] and r["name"] != "*"]
    names, counts, last = [r["name"] for r in rows], {}, -1
    for child in element:
        ns, local = split(child.tag)
        if ns != WSCN or not rows:
            continue
        if local not in names:
            yield f"{path}: {local} does not belong here"
            continue
        if names.index(local) < last:
            yield f"{path}: {local} stands behind {names[last]}"
        last = max(last, names.index(local))
        counts[local] = counts.get(local, 0) + 1
        yield from faults_of(child, context, path, rows[names.index(local)])
    empty = element.get("Valid") in ("false", "0")
    for row in rows:
        n = counts.get(row["name"], 0)
        if n < int(row["min"]) and not empty:
            yield f"{path}: {row['name']} is missing"
        if row["max"] != "unbounded" and n > int(row["max"]):
            yield f"{path}: {row['name']} stands {n} times"


def judge(envelope):
    for root in envelope.body:
        ns, name = split(root.tag)
        if ns == WSCN and any(row["name"] == name for row in table()["soap:Body"]):
            yield from faults_of(root)
