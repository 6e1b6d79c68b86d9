/* SPDX-License-Identifier: MIT */
/*
 * Whether a received file has its end. A scanner that dies, a feeder that jams and a proxy that
 * gives up all leave a file that opens well and lacks its lower half; so each format is asked for
 * what only its end holds. Structure inside is the decoder's business. Cost: a few kB read by
 * pread, for TIFF its directories.
 */
#include "sniff.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "picture.h"
#include "tiff_client.h"

#define TAIL_BYTES        1024u
#define PADDING_BYTES_MAX (1u << 20) /* devices pad to a block; more than this is a lost image */
#define JP2_BOXES_MAX     64u

/* Where the file ends without the zeros (and the line end of a multipart delimiter that was taken
 * for data) behind it; 0 if all of the last PADDING_BYTES_MAX bytes are padding. */
static uint64_t end_without_padding(int fd, uint64_t size)
{
    uint8_t buf[TAIL_BYTES];
    uint64_t end = size;
    while (end > 0 && size - end < PADDING_BYTES_MAX) {
        size_t len = end < sizeof buf ? (size_t)end : sizeof buf;
        if (!read_at(fd, buf, len, end - len))
            return 0;
        for (size_t i = len; i > 0; i--)
            if (buf[i - 1] != 0 && buf[i - 1] != '\r' && buf[i - 1] != '\n')
                return end - len + i;
        end -= len;
    }
    return 0;
}

/* JPEG's EOI and JPEG 2000's EOC are the same two bytes. */
static bool ends_with_ffd9(int fd, uint64_t size)
{
    uint8_t buf[2];
    uint64_t end = end_without_padding(fd, size);
    return end >= 4 && read_at(fd, buf, 2, end - 2) && buf[0] == 0xFF && buf[1] == 0xD9;
}

static bool png_ends(int fd, uint64_t size)
{
    static const uint8_t iend[] = {0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xAE, 0x42, 0x60, 0x82};
    uint8_t buf[sizeof iend];
    uint64_t end = end_without_padding(fd, size);
    return end > sizeof buf && read_at(fd, buf, sizeof buf, end - sizeof buf) &&
           memcmp(buf, iend, sizeof iend) == 0;
}

static bool tail_has(int fd, uint64_t size, const char *mark)
{
    uint8_t buf[TAIL_BYTES];
    size_t len = size < sizeof buf ? (size_t)size : sizeof buf, mark_len = strlen(mark);
    if (!read_at(fd, buf, len, size - len))
        return false;
    for (size_t i = 0; i + mark_len <= len; i++)
        if (memcmp(buf + i, mark, mark_len) == 0)
            return true;
    return false;
}

/* Every strip or tile of the current directory lies inside the file. */
static bool directory_inside(TIFF *tiff, uint64_t size)
{
    uint32_t count = TIFFIsTiled(tiff) ? TIFFNumberOfTiles(tiff) : TIFFNumberOfStrips(tiff);
    for (uint32_t i = 0; i < count; i++) {
        int failed = 0;
        uint64_t at = TIFFGetStrileOffsetWithErr(tiff, i, &failed);
        uint64_t len = failed ? 0 : TIFFGetStrileByteCountWithErr(tiff, i, &failed);
        if (failed || at > size || len > size - at)
            return false;
    }
    return true;
}

/* A TIFF may have its directories in front, so that a cut file still lists all its pages: each
 * page's data is looked for, not the directories alone. */
static bool tiff_inside(int fd, uint64_t size)
{
    struct tiff_client client = {.fd = fd};
    TIFF *tiff = tiff_client_open(&client, "rm");
    if (!tiff)
        return false;
    bool inside = true;
    unsigned pages = 0;
    do
        inside = directory_inside(tiff, size);
    while (inside && ++pages < PICTURE_TIFF_PAGES_MAX && !TIFFLastDirectory(tiff) &&
           (inside = TIFFReadDirectory(tiff) == 1));
    TIFFClose(tiff);
    return inside;
}

/* An uncompressed BMP tells its length by its geometry; its size field, which some writers leave 0
 * or wrong, is believed only where geometry says nothing. */
static bool bmp_inside(int fd, uint64_t size)
{
    uint8_t head[SNIFF_HEAD_BYTES] = {0};
    size_t len = size < sizeof head ? (size_t)size : sizeof head;
    if (len < 34 || !read_at(fd, head, len, 0))
        return false;
    if (le32(head + 14) < 40 || le32(head + 30) != 0)
        return le32(head + 2) <= size;
    uint64_t width = le32(head + 18), height = le32(head + 22);
    if (height > INT32_MAX) /* negative: rows from top to bottom */
        height = (1ull << 32) - height;
    if (width > INT32_MAX || le16(head + 28) > 64)
        return false;
    uint64_t stride = (width * le16(head + 28) + 31) / 32 * 4;
    uint64_t offset = le32(head + 10);
    return offset <= size && (stride == 0 || height <= (size - offset) / stride);
}

/* Boxes of a .jp2 file (T.800 I.4) up to its code stream, which may reach to the end of the file.
 */
static bool jpeg2000_ends(int fd, uint64_t size)
{
    uint8_t head[16];
    uint64_t at = 0;
    if (size < sizeof head || !read_at(fd, head, 4, 0))
        return false;
    if (head[0] == 0xFF)
        return ends_with_ffd9(fd, size);
    for (unsigned i = 0; i < JP2_BOXES_MAX && at + sizeof head <= size; i++) {
        if (!read_at(fd, head, sizeof head, at))
            return false;
        uint64_t len = be32(head);
        bool stream = memcmp(head + 4, "jp2c", 4) == 0;
        if (len == 1)
            len = (uint64_t)be32(head + 8) << 32 | be32(head + 12);
        if (len == 0)
            return stream && ends_with_ffd9(fd, size);
        if (len < 8 || len > size - at)
            return false;
        if (stream)
            return true;
        at += len;
    }
    return false;
}

const char *sniff_incomplete(int fd, uint64_t size, enum sniff_kind kind)
{
    switch (kind) {
    case SNIFF_JPEG:
        return ends_with_ffd9(fd, size) ? NULL : "its end marker (EOI) is missing";
    case SNIFF_PNG:
        return png_ends(fd, size) ? NULL : "its last chunk (IEND) is missing";
    case SNIFF_PDF:
        return tail_has(fd, size, "%%EOF") ? NULL : "its last line (%%EOF) is missing";
    case SNIFF_XPS:
        return tail_has(fd, size, "PK\5\6") ? NULL : "its table of contents is missing";
    case SNIFF_TIFF:
        return tiff_inside(fd, size) ? NULL : "its page data reaches past the end";
    case SNIFF_BMP:
    case SNIFF_DIB:
        return bmp_inside(fd, size) ? NULL : "rows are missing";
    case SNIFF_JPEG2000:
        return jpeg2000_ends(fd, size) ? NULL : "its code stream has no end";
    case SNIFF_JBIG:
    case SNIFF_UNKNOWN:
    case SNIFF_MARKUP:
        break;
    }
    return NULL;
}
