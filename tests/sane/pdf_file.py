# SPDX-License-Identifier: MIT
"""PDFs as scanners write them, made of nothing but Python's library: a page is an image, or strips of
it one under the other, in a plain file with a table of cross references."""

import zlib


def pack(row):
    """Eight pixels of 0 or 255 in a byte."""
    row = row + bytes(-len(row) % 8)
    return bytes(sum((row[n + k] & 1) << (7 - k) for k in range(8)) for n in range(0, len(row), 8))


def sub(row, step):
    """As PNG's filter Sub leaves it."""
    return b"\1" + bytes((value - (row[n - step] if n >= step else 0)) & 255
                         for n, value in enumerate(row))


class Document:
    """`bytes()` of it is the file."""

    def __init__(self):
        self.objects, self.pages = [b"", b""], []

    def add(self, text):
        self.objects.append(text)
        return len(self.objects)

    def stream(self, words, data):
        return self.add(b"<<%s /Length %d>>\nstream\n%s\nendstream" % (words.encode(), len(data), data))

    def image(self, rows, width, channels, bits, predicted):
        words = (f"/Type /XObject /Subtype /Image /Width {width} /Height {len(rows)} "
                 f"/ColorSpace /{'DeviceRGB' if channels == 3 else 'DeviceGray'} "
                 f"/BitsPerComponent {bits} /Filter /FlateDecode")
        if predicted:
            rows = [sub(row, max(1, channels * bits // 8)) for row in rows]
            words += (f" /DecodeParms <</Predictor 15 /Colors {channels} /Columns {width} "
                      f"/BitsPerComponent {bits}>>")
        return self.stream(words, zlib.compress(b"".join(rows), 1))

    def page(self, image, strips=1, bits=8, predicted=False, more=""):
        """`image` has width, height, channels and rows (interop's pixels)."""
        rows = [pack(row) for row in image.rows] if bits == 1 else image.rows
        high = -(-len(rows) // strips)
        scale, content, names = 72 / 300, "", ""
        for n in range(strips):
            part = rows[n * high:(n + 1) * high]
            below = image.height - n * high - len(part)
            # The last one first: how they lie counts, not when they come.
            content = (f"q {image.width * scale:.4f} 0 0 {len(part) * scale:.4f} 0 {below * scale:.4f} cm "
                       f"/S{n} Do Q\n") + content
            names += f"/S{n} {self.image(part, image.width, image.channels, bits, predicted)} 0 R "
        self.own_page(content, names, image.width * scale, image.height * scale, more)
        return self

    def own_page(self, content, names, width=612, height=792, more=""):
        content = self.stream("", content.encode())
        self.pages.append(self.add(
            (f"<</Type /Page /Parent 2 0 R /MediaBox [0 0 {width:.4f} {height:.4f}] /Contents {content} 0 R "
             f"/Resources <</XObject <<{names}>>>> {more}>>").encode()))
        return self

    def __bytes__(self):
        kids = " ".join(f"{page} 0 R" for page in self.pages)
        self.objects[0] = b"<</Type /Catalog /Pages 2 0 R>>"
        self.objects[1] = f"<</Type /Pages /Kids [{kids}] /Count {len(self.pages)}>>".encode()
        data, at = b"%PDF-1.4\n", []
        for number, text in enumerate(self.objects, 1):
            at.append(len(data))
            data += b"%d 0 obj\n%s\nendobj\n" % (number, text)
        table = b"".join(b"%010d 00000 n \n" % place for place in at)
        return data + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d /Root 1 0 R>>\n" \
            b"startxref\n%d\n%%%%EOF\n" % (len(at) + 1, table, len(at) + 1, len(data))
