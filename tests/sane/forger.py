# SPDX-License-Identifier: MIT
"""A man in the middle, on the client's host: hands on what the scanner says, but for its images."""

import http.client
import http.server
import random
import struct
import threading
import zlib
from urllib.parse import urlsplit

from interop import CLIENT, SERVER

HOP = ("host", "connection", "expect", "transfer-encoding", "content-length")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_file(width, height, pieces, interlaced=False):
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, interlaced)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(pieces) + chunk(b"IEND", b""))


def png(width, height, interlaced=False):
    """A small file of many black pixels, which ends long before them."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(150)) + packer.flush()
    return png_file(width, height, [chunk(b"IDAT", packed)], interlaced)


def noise_png(side, broken=False):
    """Pixels that cannot be packed; broken in a checksum after a quarter of them."""
    noise = random.Random(2)
    data = zlib.compress(b"".join(b"\0" + noise.randbytes(side) for _ in range(side)), 1)
    pieces = [chunk(b"IDAT", data[i:i + 8192]) for i in range(0, len(data), 8192)]
    if broken:
        at = len(pieces) // 4
        pieces[at] = pieces[at][:-1] + bytes([pieces[at][-1] ^ 255])
    return png_file(side, side, pieces)


def forge(answer, kind, image):
    """The answer of RetrieveImage with another image in its second part."""
    boundary = b"--" + kind.split("boundary=")[1].split(";")[0].strip('"').encode()
    envelope, part = answer.split(boundary)[1:3]
    head = part[:part.index(b"\r\n\r\n") + 4]
    return boundary + envelope + boundary + head + image + b"\r\n" + boundary + b"--\r\n"


class Forger:
    """`url` is the scan service, but images are those that are given, in turn, the last one again
    and again."""

    def __init__(self, stage, images, change=lambda answer: answer):
        self.stage, self.images, self.change = stage, list(images), change
        self.requests = []

    def answer(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        self.requests.append(body)
        port = urlsplit(self.stage.device.service).port
        up = http.client.HTTPConnection(SERVER, port, timeout=60)
        up.request("POST", request.path, body,
                   {k: v for k, v in request.headers.items() if k.lower() not in HOP})
        answer = up.getresponse()
        data, kind = answer.read(), answer.getheader("Content-Type", "")
        if answer.status == 200 and kind.startswith("multipart/") and self.images:
            data = forge(data, kind, self.images[0])
            self.images = self.images[1:] or self.images
        elif not kind.startswith("multipart/"):
            data = self.change(data)
        request.send_response(answer.status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        try:
            request.wfile.write(data)
        except OSError:
            request.close_connection = True  # it has heard enough

    def __enter__(self):
        forger = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                forger.answer(self)

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

        # Threads are on the host of the one that begins them.
        with self.stage.world.on("client"):
            self.server = Server((CLIENT, 0), Handler)
            threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://{CLIENT}:{self.server.server_port}{urlsplit(self.stage.device.service).path}"
        return self

    def __exit__(self, *reason):
        self.server.shutdown()
        self.server.server_close()
