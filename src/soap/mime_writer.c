/* SPDX-License-Identifier: MIT */
/*
 * The writer of multipart/related: the bytes around an envelope and an image (MTOM, XOP).
 *
 * The image itself never comes through here: the caller sends head, image and tail. Boundary and
 * ids are random, so that no image can be made to hold them. The body begins with a line break,
 * which is preamble to everybody and needed by readers that look for a break before the first
 * delimiter too (PyWSD).
 */
#include "soap/mime.h"

#include <stdio.h>
#include <string.h>

#include "core/error.h"

static void random_name(struct wsd_context *context, char *name, size_t length)
{
    static const char letters[] = "0123456789abcdefghijklmnopqrstuv"; /* 32: five bits each */
    unsigned char bytes[48];
    wsd__random(context, bytes, length);
    for (size_t i = 0; i < length; i++)
        name[i] = letters[bytes[i] & 31];
    name[length] = '\0';
}

void wsd__mime_writer_init(struct wsd_context *context, struct wsd__mime_writer *writer)
{
    char name[33];
    random_name(context, writer->boundary, 40);
    random_name(context, name, 32);
    snprintf(writer->root_id, sizeof writer->root_id, "root.%s@wsd", name);
    random_name(context, name, 32);
    snprintf(writer->image_id, sizeof writer->image_id, "image.%s@wsd", name);
}

int wsd__mime_writer_content_type(const struct wsd__mime_writer *writer, struct wsd__buf *out)
{
    return wsd__buf_printf(out,
                           "multipart/related; type=\"application/xop+xml\"; boundary=\"%s\"; "
                           "start=\"<%s>\"; start-info=\"application/soap+xml\"",
                           writer->boundary, writer->root_id);
}

int wsd__mime_writer_head(const struct wsd__mime_writer *writer, const void *envelope, size_t size,
                          const char *image_type, struct wsd__buf *out)
{
    if (strpbrk(image_type, "\r\n") != NULL)
        return WSD_E_INVALID;
    wsd__buf_printf(out,
                    "\r\n--%s\r\n"
                    "Content-Type: application/xop+xml; charset=UTF-8; "
                    "type=\"application/soap+xml\"\r\n"
                    "Content-Transfer-Encoding: binary\r\n"
                    "Content-ID: <%s>\r\n\r\n",
                    writer->boundary, writer->root_id);
    wsd__buf_append(out, envelope, size);
    wsd__buf_printf(out,
                    "\r\n--%s\r\n"
                    "Content-Type: %s\r\n"
                    "Content-Transfer-Encoding: binary\r\n"
                    "Content-ID: <%s>\r\n\r\n",
                    writer->boundary, image_type, writer->image_id);
    return out->failed;
}

int wsd__mime_writer_tail(const struct wsd__mime_writer *writer, struct wsd__buf *out)
{
    return wsd__buf_printf(out, "\r\n--%s--\r\n", writer->boundary);
}
