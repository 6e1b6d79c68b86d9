/* SPDX-License-Identifier: MIT */
/*
 * The magic numbers. Where a format has a version or a byte order behind its magic, that is looked
 * at too, so that two chance bytes ("BM", "II") do not make an image. Cost: none.
 * Completeness is complete.c.
 */
#include "sniff.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "bytes.h"

/* BITMAPINFOHEADER and the versions that grew from it; nothing else is sent without a file header.
 */
static const uint32_t dib_header_sizes[] = {40, 52, 56, 108, 124};

static const struct {
    enum sniff_kind kind;
    const char *extension, *name;
} kinds[] = {
    {SNIFF_JPEG, "jpg", "JPEG"},    {SNIFF_PNG, "png", "PNG"},
    {SNIFF_TIFF, "tif", "TIFF"},    {SNIFF_PDF, "pdf", "PDF"},
    {SNIFF_BMP, "bmp", "BMP"},      {SNIFF_DIB, "bmp", "BMP"},
    {SNIFF_JBIG, "jbg", "JBIG"},    {SNIFF_JPEG2000, "jp2", "JPEG 2000"},
    {SNIFF_XPS, "xps", "XPS"},      {SNIFF_MARKUP, "", "HTML or XML text"},
    {SNIFF_UNKNOWN, "", "unknown"},
};

static const struct {
    const char *word;
    enum sniff_kind kind;
} extensions[] = {
    {"jpg", SNIFF_JPEG}, {"jpeg", SNIFF_JPEG}, {"jpe", SNIFF_JPEG},     {"jfif", SNIFF_JPEG},
    {"png", SNIFF_PNG},  {"tif", SNIFF_TIFF},  {"tiff", SNIFF_TIFF},    {"pdf", SNIFF_PDF},
    {"bmp", SNIFF_BMP},  {"dib", SNIFF_BMP},   {"jp2", SNIFF_JPEG2000}, {"j2k", SNIFF_JPEG2000},
    {"jbg", SNIFF_JBIG}, {"jbig", SNIFF_JBIG}, {"xps", SNIFF_XPS},
};

/* WS-Scan names formats, not MIME types; these are the ones devices put on the image part. */
static const struct {
    const char *word;
    enum sniff_kind kind;
} mimes[] = {
    {"image/jpeg", SNIFF_JPEG},     {"image/jpg", SNIFF_JPEG},
    {"image/png", SNIFF_PNG},       {"image/tiff", SNIFF_TIFF},
    {"application/pdf", SNIFF_PDF}, {"image/bmp", SNIFF_BMP},
    {"image/x-ms-bmp", SNIFF_BMP},  {"image/jp2", SNIFF_JPEG2000},
    {"image/jbig", SNIFF_JBIG},     {"application/vnd.ms-xpsdocument", SNIFF_XPS},
};

const char *sniff_extension(enum sniff_kind kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].kind == kind)
            return kinds[i].extension;
    return "";
}

const char *sniff_name(enum sniff_kind kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].kind == kind)
            return kinds[i].name;
    return "unknown";
}

enum sniff_kind sniff_from_extension(const char *extension)
{
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
        if (strcasecmp(extensions[i].word, extension) == 0)
            return extensions[i].kind;
    return SNIFF_UNKNOWN;
}

enum sniff_kind sniff_from_mime(const char *mime)
{
    size_t len = strcspn(mime, "; \t");
    for (size_t i = 0; i < sizeof mimes / sizeof *mimes; i++)
        if (strlen(mimes[i].word) == len && strncasecmp(mimes[i].word, mime, len) == 0)
            return mimes[i].kind;
    return SNIFF_UNKNOWN;
}

static bool starts(const uint8_t *head, size_t len, const char *magic, size_t magic_len)
{
    return len >= magic_len && memcmp(head, magic, magic_len) == 0;
}

static bool is_dib(const uint8_t *head, size_t len)
{
    if (len < 40 || le16(head + 12) != 1 || le32(head + 16) > 6)
        return false;
    unsigned bits = le16(head + 14);
    if (bits != 1 && bits != 4 && bits != 8 && bits != 16 && bits != 24 && bits != 32)
        return false;
    for (size_t i = 0; i < sizeof dib_header_sizes / sizeof *dib_header_sizes; i++)
        if (le32(head) == dib_header_sizes[i])
            return true;
    return false;
}

/* A bi-level image entity (T.82 6.2): layers 0 to 0, one plane, a zero byte, then the size. */
static bool is_jbig(const uint8_t *head, size_t len)
{
    return len >= 20 && head[0] == 0 && head[1] == 0 && head[2] == 1 && head[3] == 0 &&
           be32(head + 4) > 0 && be32(head + 4) < 1u << 20 && be32(head + 8) > 0;
}

/* Text of an embedded web server or a SOAP message: '<' after a byte order mark and blanks. */
static bool is_markup(const uint8_t *head, size_t len)
{
    size_t at = starts(head, len, "\xEF\xBB\xBF", 3) ? 3 : 0;
    while (at < len && (head[at] == ' ' || (head[at] >= '\t' && head[at] <= '\r')))
        at++;
    if (at + 1 >= len || head[at] != '<')
        return false;
    uint8_t next = head[at + 1];
    return next == '?' || next == '!' || ((next | 0x20) >= 'a' && (next | 0x20) <= 'z');
}

enum sniff_kind sniff(const uint8_t *head, size_t len)
{
    if (starts(head, len, "\xFF\xD8\xFF", 3))
        return SNIFF_JPEG;
    if (starts(head, len, "\x89PNG\r\n\x1A\n", 8))
        return SNIFF_PNG;
    if (starts(head, len, "II*\0", 4) || starts(head, len, "MM\0*", 4) ||
        starts(head, len, "II+\0\x8\0\0\0", 8) || starts(head, len, "MM\0+\0\x8\0\0", 8))
        return SNIFF_TIFF;
    if (starts(head, len, "%PDF-", 5))
        return SNIFF_PDF;
    if (starts(head, len, "\xFF\x4F\xFF\x51", 4) ||
        starts(head, len, "\0\0\0\x0CjP  \r\n\x87\n", 12))
        return SNIFF_JPEG2000;
    if (starts(head, len, "PK\x3\x4", 4))
        return SNIFF_XPS;
    if (starts(head, len, "BM", 2) && len >= 18 && le32(head + 14) >= 12 && le32(head + 14) <= 124)
        return SNIFF_BMP;
    if (is_dib(head, len))
        return SNIFF_DIB;
    if (is_jbig(head, len))
        return SNIFF_JBIG;
    return is_markup(head, len) ? SNIFF_MARKUP : SNIFF_UNKNOWN;
}

int sniff_dib_header(const uint8_t *head, size_t len, uint8_t ret[SNIFF_BMP_FILE_HEADER])
{
    if (!is_dib(head, len))
        return -1;
    unsigned bits = le16(head + 14);
    uint32_t colours = le32(head + 32);
    if (colours > 256)
        return -1;
    if (colours == 0 && bits <= 8)
        colours = 1u << bits;
    /* BI_BITFIELDS behind the plain 40-byte header: three masks stand between it and the palette.
     */
    uint32_t masks = le32(head) == 40 && le32(head + 16) == 3 ? 12 : 0;
    uint32_t offset = SNIFF_BMP_FILE_HEADER + le32(head) + masks + colours * 4;
    memset(ret, 0, SNIFF_BMP_FILE_HEADER);
    ret[0] = 'B';
    ret[1] = 'M';
    put_le32(ret + 10, offset);
    return 0;
}
