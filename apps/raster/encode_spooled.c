/* SPDX-License-Identifier: MIT */
/*
 * TIFF and PDF: the first step writes the whole file to an unlinked temporary one, the others
 * stream that out.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "encoder_backend.h"
#include "pdf.h"
#include "spool.h"

#define PART 65536

struct spooled {
    int fd;
    off_t at, size;
    uint8_t part[PART];
};

static int fill_tiff(struct encoder *encoder, struct spooled *spooled)
{
    const struct format *format = encoder->format;
    struct tiff_page page = {
        .compression = format->compression, .quality = encoder->quality, .multi = format->multi};
    struct tiff_file *file;
    unsigned pages = 0;
    int r = tiff_file_open(spooled->fd, &file);

    if (r < 0)
        return r;
    while ((pages == 0 || format->multi) && (r = encoder_next_page(encoder)) > 0) {
        r = tiff_file_add(file, encoder->page, &page);
        if (r < 0)
            break;
        pages++;
    }
    if (r >= 0)
        r = pages > 0 ? tiff_file_finish(file) : -ENODATA;
    spooled->size = tiff_file_size(file);
    tiff_file_free(file);
    return r;
}

static int fill_pdf(struct encoder *encoder, struct spooled *spooled)
{
    struct pdf *pdf;
    int r = pdf_open(NULL, true, NULL, &pdf);

    if (r < 0)
        return r;
    while ((r = encoder_next_page(encoder)) > 0) {
        r = pdf_add_raster(pdf, encoder->page, encoder->quality);
        if (r < 0)
            break;
    }
    if (r >= 0)
        r = pdf_page_count(pdf) > 0 ? pdf_save(pdf, spooled->fd) : -ENODATA;
    spooled->size = lseek(spooled->fd, 0, SEEK_END);
    pdf_free(pdf);
    return r;
}

static int start(struct encoder *encoder, int (*fill)(struct encoder *, struct spooled *))
{
    struct spooled *spooled = calloc(1, sizeof *spooled);

    if (!spooled)
        return -ENOMEM;
    encoder->state = spooled;
    spooled->fd = spool_open(NULL);
    return spooled->fd < 0 ? spooled->fd : fill(encoder, spooled);
}

static int stream(struct encoder *encoder)
{
    struct spooled *spooled = encoder->state;
    off_t left = spooled->size - spooled->at;
    size_t size = left < PART ? (size_t)left : PART;
    int r = spool_read(spooled->fd, spooled->at, spooled->part, size);

    if (r < 0)
        return r;
    spooled->at += (off_t)size;
    encoder->finished = spooled->at == spooled->size;
    return encoder_put(encoder, spooled->part, size);
}

static int step_tiff(struct encoder *encoder)
{
    return encoder->state ? stream(encoder) : start(encoder, fill_tiff);
}

static int step_pdf(struct encoder *encoder)
{
    return encoder->state ? stream(encoder) : start(encoder, fill_pdf);
}

static void close_spooled(struct encoder *encoder)
{
    struct spooled *spooled = encoder->state;

    if (!spooled)
        return;
    if (spooled->fd >= 0)
        close(spooled->fd);
    free(spooled);
}

const struct backend encode_spooled_tiff = {step_tiff, close_spooled};
const struct backend encode_spooled_pdf = {step_pdf, close_spooled};
