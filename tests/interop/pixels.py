# SPDX-License-Identifier: MIT
"""Reads the lossless formats of the tests into plain pixels: PNG, BMP, PNM and plain TIFF.

Made of the standard library alone and apart from the libraries that libwsd and sane-airscan use. An
image is its size, its number of channels and its rows as bytes; of line art each pixel is a byte
too, 0 or 255, whatever its packing was.
"""

import array
import itertools
import struct
import zlib
from collections import namedtuple

from interop import Failure, check, equal

Image = namedtuple("Image", "width height channels rows")

EXPAND = [bytes(255 if byte >> bit & 1 else 0 for bit in range(7, -1, -1)) for byte in range(256)]
INVERT = bytes(255 - n for n in range(256))


def unpack(row, width, white_is_one=True):
    row = b"".join(map(EXPAND.__getitem__, row))[:width]
    return row if white_is_one else row.translate(INVERT)


# -- PNG --------------------------------------------------------------------------------------


def add_rows(a, b):
    """Bytewise sum modulo 256, all bytes at once."""
    low, high = (int.from_bytes(byte * len(a), "big") for byte in (b"\x7f", b"\x80"))
    x, y = int.from_bytes(a, "big"), int.from_bytes(b, "big")
    return (((x & low) + (y & low)) ^ ((x ^ y) & high)).to_bytes(len(a), "big")


def undo_sub(row, step):
    result = bytearray(len(row))
    for n in range(step):
        sums = array.array("Q", itertools.accumulate(row[n::step]))
        if sums and struct.pack("=H", 1) == b"\1\0":
            result[n::step] = sums.tobytes()[::8]
        else:
            result[n::step] = bytes(s & 255 for s in sums)
    return bytes(result)


def undo_average(row, above, step):
    result = bytearray(row)
    for n in range(len(row)):
        left = result[n - step] if n >= step else 0
        result[n] = (row[n] + (left + above[n] >> 1)) & 255
    return bytes(result)


def undo_paeth(row, above, step):
    result = bytearray(row)
    for n in range(len(row)):
        b = above[n]
        a, c = (result[n - step], above[n - step]) if n >= step else (0, 0)
        pa, pb, pc = abs(b - c), abs(a - c), abs(a + b - 2 * c)
        result[n] = (row[n] + (a if pa <= pb and pa <= pc else b if pb <= pc else c)) & 255
    return bytes(result)


def read_png(data):
    check(data.startswith(b"\x89PNG\r\n\x1a\n"), "no PNG")
    at, header, packed, end = 8, None, [], False
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        (crc,) = struct.unpack(">I", data[at + 8 + size:at + 12 + size])
        equal(crc, zlib.crc32(kind + body), f"CRC of {kind}")
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", body)
        packed += [body] if kind == b"IDAT" else []
        end = end or kind == b"IEND"
        at += 12 + size
    check(header and end, "PNG without IHDR or IEND")
    width, height, depth, color, _, _, interlace = header
    check((depth, color) in ((1, 0), (8, 0), (8, 2)) and not interlace, f"PNG of kind {header}")
    channels = 3 if color == 2 else 1
    line = (width * channels * depth + 7) // 8
    raw = zlib.decompress(b"".join(packed))
    equal(len(raw), height * (line + 1), "size of the PNG's data")
    rows, above = [], bytes(line)
    for y in range(height):
        kind, row = raw[y * (line + 1)], raw[y * (line + 1) + 1:(y + 1) * (line + 1)]
        if kind == 1:
            row = undo_sub(row, channels)
        elif kind == 2:
            row = add_rows(row, above)
        elif kind == 3:
            row = undo_average(row, above, channels)
        elif kind == 4:
            row = undo_paeth(row, above, channels)
        above = row
        rows.append(unpack(row, width) if depth == 1 else row)
    return Image(width, height, channels, rows)


# -- BMP --------------------------------------------------------------------------------------


def read_bmp(data):
    check(data[:2] == b"BM", "no BMP file")
    size, offset = struct.unpack("<I4xI", data[2:14])
    equal(size, len(data), "bfSize")
    head, width, height, planes, bits, packing = struct.unpack("<IiiHHI", data[14:34])
    check(head >= 40 and planes == 1 and packing == 0, "a BMP that is not plain")
    line = (width * bits + 31) // 32 * 4
    equal(len(data) - offset, line * abs(height), "size of the BMP's data")
    (colors,) = struct.unpack("<I", data[46:50])
    table = data[14 + head:offset]
    rows = [data[offset + y * line:offset + (y + 1) * line] for y in range(abs(height))]
    if height > 0:
        rows.reverse()
    if bits == 24:
        result = []
        for row in rows:
            row = bytearray(row[:3 * width])
            row[0::3], row[2::3] = row[2::3], row[0::3]
            result.append(bytes(row))
        return Image(width, abs(height), 3, result)
    grays = [table[n] for n in range(0, 4 * (colors or 1 << bits), 4)]
    check(all(table[4 * n:4 * n + 3] == bytes([g]) * 3 for n, g in enumerate(grays)),
          "a BMP whose palette is not gray")
    if bits == 8:
        mapping = bytes(grays + [0] * (256 - len(grays)))
        return Image(width, abs(height), 1, [row[:width].translate(mapping) for row in rows])
    equal(bits, 1, "bits of the BMP")
    check(sorted(grays) == [0, 255], f"palette {grays}")
    return Image(width, abs(height), 1, [unpack(row, width, grays[1] == 255) for row in rows])


# -- PNM, TIFF --------------------------------------------------------------------------------


def read_pnm(data):
    words, at = [], 0
    kind = data[:2]
    wanted = 3 if kind == b"P4" else 4
    while len(words) < wanted:
        while data[at:at + 1].isspace():
            at += 1
        if data[at:at + 1] == b"#":
            at = data.index(b"\n", at)
            continue
        end = at
        while not data[end:end + 1].isspace():
            end += 1
        words.append(data[at:end])
        at = end
    at += 1
    width, height = int(words[1]), int(words[2])
    line = {b"P4": (width + 7) // 8, b"P5": width, b"P6": 3 * width}.get(kind)
    check(line is not None and (kind == b"P4" or words[3] == b"255"), f"PNM of kind {words}")
    equal(len(data) - at, line * height, "size of the PNM's data")
    rows = [data[at + y * line:at + (y + 1) * line] for y in range(height)]
    if kind == b"P4":
        rows = [unpack(row, width, False) for row in rows]
    return Image(width, height, 3 if kind == b"P6" else 1, rows)


def read_tiff(data):
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    check(order, "no TIFF")
    (at,) = struct.unpack(order + "I", data[4:8])
    (count,) = struct.unpack(order + "H", data[at:at + 2])
    tags = {}
    for n in range(count):
        entry = data[at + 2 + 12 * n:at + 14 + 12 * n]
        tag, kind, number = struct.unpack(order + "HHI", entry[:8])
        letter = {1: "B", 3: "H", 4: "I"}.get(kind)
        if letter:
            size = struct.calcsize(letter) * number
            where = entry[8:] if size <= 4 else data[struct.unpack(order + "I", entry[8:])[0]:]
            tags[tag] = struct.unpack(f"{order}{number}{letter}", where[:size])
    equal(tags.get(259, (1,))[0], 1, "compression of the TIFF")
    width, height, photo = tags[256][0], tags[257][0], tags[262][0]
    channels, bits = tags.get(277, (1,))[0], tags.get(258, (1,))[0]
    raw = b"".join(data[o:o + n] for o, n in zip(tags[273], tags[279]))
    line = (width * channels * bits + 7) // 8
    equal(len(raw), line * height, "size of the TIFF's data")
    rows = [raw[y * line:(y + 1) * line] for y in range(height)]
    if bits == 1:
        rows = [unpack(row, width, photo == 1) for row in rows]
    return Image(width, height, channels, rows)


def read_image(data):
    for magic, read in ((b"\x89PNG", read_png), (b"BM", read_bmp), (b"II", read_tiff),
                        (b"MM", read_tiff), (b"P4", read_pnm), (b"P5", read_pnm),
                        (b"P6", read_pnm)):
        if data.startswith(magic):
            return read(data)
    raise Failure(f"an unknown file that begins with {data[:16]!r}")


# -- comparing --------------------------------------------------------------------------------


def crop(image, x, y, width, height):
    c = image.channels
    check(0 <= x and 0 <= y and x + width <= image.width and y + height <= image.height,
          f"{width}x{height}+{x}+{y} is outside {image.width}x{image.height}")
    return Image(width, height, c,
                 [row[x * c:(x + width) * c] for row in image.rows[y:y + height]])


def same_pixels(got, wanted, what):
    """Equal in size and in each pixel; says where the first difference is."""
    equal((got.width, got.height, got.channels), (wanted.width, wanted.height, wanted.channels),
          f"{what}: width, height, channels")
    for y, (a, b) in enumerate(zip(got.rows, wanted.rows)):
        if a != b:
            at = next(n for n in range(len(a)) if a[n] != b[n])
            total = sum(r != s for r, s in zip(got.rows, wanted.rows))
            raise Failure(f"{what}: differs at x={at // got.channels} y={y} ({a[at]} for {b[at]}), "
                          f"in {total} of {got.height} rows")


def not_blank(image, what):
    """A comparison of two white sheets would prove nothing."""
    check(len({row for row in image.rows}) > 10 and len(set(b"".join(image.rows[::7]))) >= 2,
          f"{what} is blank")
