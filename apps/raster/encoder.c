/* SPDX-License-Identifier: MIT */
/*
 * The pull side of encoding and the table of formats; the formats themselves are in encode_*.c.
 */
#include "encoder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "encoder_backend.h"

#define BW   (1u << RASTER_BW1)
#define GRAY (1u << RASTER_GRAY8)
#define RGB  (1u << RASTER_RGB24)

#define TIFF_FORMAT(name_, modes_, multi_, padded_, compression_)                                  \
    {                                                                                              \
        .name = name_, .mime_type = "image/tiff", .backend = &encode_spooled_tiff,                 \
        .modes = modes_, .multi = multi_, .padded = padded_, .compression = compression_           \
    }

static const struct format formats[] = {
    {.name = "jfif", .mime_type = "image/jpeg", .backend = &encode_jpeg, .modes = GRAY | RGB},
    {.name = "exif",
     .mime_type = "image/jpeg",
     .backend = &encode_jpeg,
     .modes = GRAY | RGB,
     .exif = true},
    {.name = "png", .mime_type = "image/png", .backend = &encode_png, .modes = BW | GRAY | RGB},
    {.name = "dib",
     .mime_type = "image/bmp",
     .backend = &encode_dib,
     .modes = BW | GRAY | RGB,
     .padded = true},
    TIFF_FORMAT("tiff-single-uncompressed", BW | GRAY | RGB, false, true, TIFF_FILE_RAW),
    TIFF_FORMAT("tiff-single-g4", BW, false, false, TIFF_FILE_G4),
    TIFF_FORMAT("tiff-single-jpeg-tn2", GRAY | RGB, false, false, TIFF_FILE_JPEG),
    TIFF_FORMAT("tiff-multi-uncompressed", BW | GRAY | RGB, true, true, TIFF_FILE_RAW),
    TIFF_FORMAT("tiff-multi-g4", BW, true, false, TIFF_FILE_G4),
    TIFF_FORMAT("tiff-multi-jpeg-tn2", GRAY | RGB, true, false, TIFF_FILE_JPEG),
    {.name = "pdf-a",
     .mime_type = "application/pdf",
     .backend = &encode_spooled_pdf,
     .modes = BW | GRAY | RGB,
     .multi = true},
};

static const struct format *find(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcasecmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

const char *encoder_mime_type(const char *format)
{
    const struct format *found = find(format);

    return found ? found->mime_type : NULL;
}

bool encoder_supports(const char *format, enum raster_mode mode)
{
    const struct format *found = find(format);

    return found && (found->modes >> mode & 1);
}

bool encoder_is_multi_page(const char *format)
{
    const struct format *found = find(format);

    return found && found->multi;
}

uint32_t encoder_bytes_per_line(const char *format, const struct raster_info *info)
{
    const struct format *found = find(format);

    if (!found || !found->padded)
        return 0;

    size_t bytes = raster_row_bytes(info);

    return (uint32_t)(found->backend == &encode_dib ? (bytes + 3) / 4 * 4 : bytes);
}

int encoder_open(const char *format, int quality, struct raster *(*next)(void *user), void *user,
                 struct encoder **ret)
{
    const struct format *found = find(format);

    if (!found)
        return -ENOTSUP;
    if (quality < 0 || quality > 100)
        return -EINVAL;

    struct encoder *encoder = calloc(1, sizeof *encoder);

    if (!encoder)
        return -ENOMEM;
    encoder->format = found;
    encoder->quality = quality;
    encoder->next = next;
    encoder->user = user;
    *ret = encoder;
    return 0;
}

int encoder_put(struct encoder *encoder, const void *data, size_t size)
{
    if (size > encoder->room - encoder->filled) {
        size_t room = encoder->room ? encoder->room : 8192;

        while (room - encoder->filled < size)
            room *= 2;

        uint8_t *grown = realloc(encoder->data, room);

        if (!grown)
            return -ENOMEM;
        encoder->data = grown;
        encoder->room = room;
    }
    memcpy(encoder->data + encoder->filled, data, size);
    encoder->filled += size;
    return 0;
}

int encoder_next_page(struct encoder *encoder)
{
    raster_free(encoder->page);
    encoder->page = encoder->next(encoder->user);
    if (!encoder->page)
        return 0;
    return encoder->format->modes >> encoder->page->info.mode & 1 ? 1 : -ENOTSUP;
}

ssize_t encoder_read(struct encoder *encoder, void *buf, size_t size)
{
    if (size == 0)
        return -EINVAL;
    while (encoder->at == encoder->filled && encoder->error == 0) {
        encoder->at = encoder->filled = 0;
        if (encoder->finished)
            return 0;
        encoder->error = encoder->format->backend->step(encoder);
    }
    if (encoder->error < 0)
        return encoder->error;

    size_t part = encoder->filled - encoder->at < size ? encoder->filled - encoder->at : size;

    memcpy(buf, encoder->data + encoder->at, part);
    encoder->at += part;
    return (ssize_t)part;
}

void encoder_free(struct encoder *encoder)
{
    if (!encoder)
        return;
    encoder->format->backend->close(encoder);
    raster_free(encoder->page);
    free(encoder->data);
    free(encoder);
}
