/* SPDX-License-Identifier: MIT */
/*
 * multipart/related with MTOM/XOP: the reader as a push parser, the writer's few pieces.
 *
 * No I/O: bytes in, parts out. The reader takes what real devices send (dpws sheet 8.2,
 * device-quirks P1 to P6): parameters without quotes, startinfo, delimiters without CRLF before
 * them, header names in any case, a missing closing delimiter (reported, the caller decides).
 */
#ifndef WSD_SOAP_MIME_H
#define WSD_SOAP_MIME_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/context.h"

/* A media type with one parameter's value cut out of a Content-Type header. Lenient. */
bool wsd__mime_is(const char *content_type, const char *type); /* "application/soap+xml" */
/* Copies parameter `name` into value; false if absent or too long. */
bool wsd__mime_parameter(const char *content_type, const char *name, char *value, size_t size);

struct wsd__mime_part {
    const char *content_type, *content_id; /* "" if absent; id without <> and blanks */
    unsigned index;
};

struct wsd__mime_reader;
struct wsd__mime_handler {
    void *user;
    /* Return 0 or a negative code that ends the reading. */
    int (*part)(void *user, const struct wsd__mime_part *part);
    int (*data)(void *user, const void *bytes, size_t size); /* slices of the input, not copies */
    int (*part_end)(void *user, bool complete);              /* false: the input ended inside it */
};
/* content_type: of the whole answer; must be multipart with a boundary. Fails with WSD_E_MIME. */
int wsd__mime_reader_new(const char *content_type, const struct wsd__mime_handler *handler,
                         struct wsd__mime_reader **ret_reader, struct wsd_error *reterr);
int wsd__mime_reader_feed(struct wsd__mime_reader *reader, const void *bytes, size_t size,
                          struct wsd_error *reterr);
/* The input is over. WSD_E_TRUNCATED if the closing delimiter did not come. */
int wsd__mime_reader_finish(struct wsd__mime_reader *reader, struct wsd_error *reterr);
void wsd__mime_reader_free(struct wsd__mime_reader *reader);

/* Decodes an XOP href: "cid:" off, percent-decoded, into id. False if it is no cid. */
bool wsd__mime_cid(const char *href, char *id, size_t size);

/* The writer: boundary and ids are random per message. */
struct wsd__mime_writer {
    char boundary[48], root_id[64], image_id[64];
};
void wsd__mime_writer_init(struct wsd_context *context, struct wsd__mime_writer *writer);
int wsd__mime_writer_content_type(const struct wsd__mime_writer *writer, struct wsd__buf *out);
/* All up to the first byte of the image: CRLF, delimiter, root part, delimiter, image header. */
int wsd__mime_writer_head(const struct wsd__mime_writer *writer, const void *envelope, size_t size,
                          const char *image_type, struct wsd__buf *out);
int wsd__mime_writer_tail(const struct wsd__mime_writer *writer, struct wsd__buf *out);

#endif
