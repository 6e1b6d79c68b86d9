/* SPDX-License-Identifier: MIT */
/*
 * Tells by its bytes what a scanner sent, and whether all of it came. The Content-Type of the image
 * part is not asked: it is generic or wrong with Samsung and others, and the Pantum M7100DN sends
 * JPEG where PNG was asked.
 */
#ifndef WSD_APPS_SNIFF_H
#define WSD_APPS_SNIFF_H

#include <stddef.h>
#include <stdint.h>

enum sniff_kind {
    SNIFF_UNKNOWN,
    SNIFF_JPEG,
    SNIFF_PNG,
    SNIFF_TIFF,
    SNIFF_PDF,
    SNIFF_BMP,
    SNIFF_DIB, /* a BMP that lacks its 14-byte file header */
    SNIFF_JPEG2000,
    SNIFF_JBIG,
    SNIFF_XPS,   /* or any other ZIP container */
    SNIFF_MARKUP /* HTML or XML: an error page or a SOAP message, never an image */
};

/* With this many bytes every kind is told apart, and sniff_dib_header() has all it needs. */
#define SNIFF_HEAD_BYTES      64u
#define SNIFF_BMP_FILE_HEADER 14u

/* What `len` first bytes of a file announce; fewer than SNIFF_HEAD_BYTES only if it is shorter. */
enum sniff_kind sniff(const uint8_t *head, size_t len);

/* The usual extension without its dot ("jpg"; "" for what is no image) and a name for people. */
const char *sniff_extension(enum sniff_kind kind);
const char *sniff_name(enum sniff_kind kind);

/* The kind that a file name's extension or a MIME type announces, else SNIFF_UNKNOWN; case does not
 * matter. The MIME type may carry parameters. */
enum sniff_kind sniff_from_extension(const char *extension);
enum sniff_kind sniff_from_mime(const char *mime);

/* Makes the file header that belongs in front of a SNIFF_DIB. The size field is left 0 for the
 * caller to put in when it is known (little endian, offset 2). 0, or -1 when `head` makes no sense.
 */
int sniff_dib_header(const uint8_t *head, size_t len, uint8_t ret[SNIFF_BMP_FILE_HEADER]);

/* Looks whether the file of `size` bytes in `fd` has its end: NULL, or what is missing ("its end
 * marker (EOI) is missing"). Reads by pread, a few kB. Of JBIG nothing can be said. */
const char *sniff_incomplete(int fd, uint64_t size, enum sniff_kind kind);

#endif
