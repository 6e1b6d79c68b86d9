# SPDX-License-Identifier: MIT
"""Looks into an image: is it what its format says, whole, and how large?

PNG is decoded to the last row. Of the others the structure is walked: a reader that stops at a cut
or at rubbish would be stopped here too. `measure()` gives (width, height), or None where the format
has no such thing (a document); it complains when the file is broken.
"""

import struct
import zlib

from wire import Complaint


def broken(what):
    return Complaint(f"sent an image that no reader opens: {what}")


def png(data):
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        raise broken(f"a PNG that begins with {data[:8]!r}")
    at, packed, size, ended = 8, [], None, False
    while at + 12 <= len(data) and not ended:
        length, kind = struct.unpack_from(">I4s", data, at)
        chunk = data[at + 8:at + 8 + length]
        crc = data[at + 8 + length:at + 12 + length]
        if len(crc) < 4 or struct.unpack(">I", crc)[0] != zlib.crc32(kind + chunk):
            raise broken(f"chunk {kind!r} of the PNG is cut or its check sum is wrong")
        if kind == b"IHDR":
            size = struct.unpack(">IIBB", chunk[:10])
        elif kind == b"IDAT":
            packed.append(chunk)
        ended = kind == b"IEND"
        at += 12 + length
    if not ended or size is None:
        raise broken("the PNG has no end")
    width, height, depth, color = size
    row = 1 + (width * depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color] + 7) // 8
    try:
        rows = len(zlib.decompress(b"".join(packed)))
    except zlib.error as error:
        raise broken(f"the PNG cannot be unpacked ({error})")
    if rows != row * height:
        raise broken(f"the PNG holds {rows} octets of pixels, {row * height} were wanted")
    return width, height


def jpeg(data):
    if not data.startswith(b"\xff\xd8"):
        raise broken(f"a JPEG that begins with {data[:4]!r}")
    at, size = 2, None
    while at + 4 <= len(data):
        marker, length = data[at + 1], struct.unpack_from(">H", data, at + 2)[0]
        if data[at] != 0xff:
            raise broken("no marker where the JPEG should have one")
        if marker in (0xc0, 0xc1, 0xc2):
            height, width = struct.unpack_from(">HH", data, at + 5)
            size = width, height
        at += 2 + length
        if marker == 0xda:
            break
    if size is None or data.rstrip(b"\0")[-2:] != b"\xff\xd9":
        raise broken("the JPEG has no frame or no end")
    return size


def dib(data):
    if not data.startswith(b"BM"):
        raise broken(f"a bitmap that begins with {data[:4]!r}; Windows wants the file's header too")
    offset, = struct.unpack_from("<I", data, 10)
    width, height, _, depth = struct.unpack_from("<iiHH", data, 18)
    need = offset + (width * depth + 31) // 32 * 4 * abs(height)
    if len(data) < need:
        raise broken(f"the bitmap has {len(data)} octets, {need} were wanted")
    return width, abs(height)


def tiff(data):
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None:
        raise broken(f"a TIFF that begins with {data[:4]!r}")
    at, = struct.unpack_from(order + "I", data, 4)
    if at + 2 > len(data):
        raise broken("the directory of the TIFF lies behind its end")
    tags = {}
    for n in range(struct.unpack_from(order + "H", data, at)[0]):
        tag, kind, count, = struct.unpack_from(order + "HHI", data, at + 2 + 12 * n)
        word = "H" if kind == 3 else "I"
        where = at + 2 + 12 * n + 8
        if count * struct.calcsize(word) > 4 and kind in (3, 4):
            where, = struct.unpack_from(order + "I", data, where)
        if kind in (3, 4):
            tags[tag] = struct.unpack_from(f"{order}{count}{word}", data, where)
    for start, length in zip(tags.get(273, ()), tags.get(279, ())):
        if start + length > len(data):
            raise broken("a strip of the TIFF lies behind its end")
    return tags[256][0], tags[257][0]


def document(data):
    if not (data.startswith(b"%PDF") and b"%%EOF" in data[-1024:]) and \
            not (data.startswith(b"PK\3\4") and b"PK\5\6" in data[-66000:]):
        raise broken(f"a document that begins with {data[:8]!r} and ends with {data[-8:]!r}")


READERS = {"png": png, "exif": jpeg, "jfif": jpeg, "dib": dib, "pdf-a": document, "xps": document}


def measure(form, data):
    reader = tiff if form.startswith("tiff") else READERS.get(form)
    if not data:
        raise broken("it is empty")
    try:
        return reader(data) if reader else None
    except (struct.error, IndexError, KeyError) as error:
        raise broken(f"the {form} is cut or twisted ({error})")
