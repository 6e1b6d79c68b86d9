/* SPDX-License-Identifier: MIT */
/*
 * The strips of a page, one behind the other, each by the reader of what it is; and plain rows,
 * which have none. One strip is open at a time.
 */
#include "picture_pdf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "filter.h"
#include "pdf_feed.h"
#include "picture.h"
#include "spool.h"

/* -- plain rows ---------------------------------------------------------------------------------
 */

struct rows {
    struct raster raster;
    const struct pdf_image *image;
    struct pdf_feed *feed;
    size_t size; /* of a row as it is stored */
    uint8_t *row;
};

static void rows_free(struct raster *raster)
{
    struct rows *rows = (struct rows *)raster;

    pdf_feed_close(rows->feed);
    free(rows->row);
    free(rows);
}

/* Rows begin at whole bytes; 16 bits have their high byte first. */
static unsigned sample(const uint8_t *row, size_t n, unsigned bits)
{
    if (bits == 16)
        return row[2 * n];
    if (bits == 8)
        return row[n];
    size_t at = n * bits;
    return (unsigned)row[at / 8] >> (8 - bits - at % 8) & ((1u << bits) - 1);
}

static void paint_row(const struct rows *rows, uint8_t *to)
{
    const struct pdf_image *image = rows->image;
    unsigned full = image->bits < 8 ? (1u << image->bits) - 1 : 255;
    size_t n = (size_t)image->width * image->samples;

    for (size_t i = 0; i < n; i++) {
        unsigned value = sample(rows->row, i, image->bits);
        if (!image->colours) {
            to[i] = (uint8_t)(value * (255 / full));
            continue;
        }
        value = value < image->colours ? value : image->colours - 1;
        memcpy(to + 3 * i, image->palette + 3 * (size_t)value, 3);
    }
}

static int rows_read(struct raster *raster, uint8_t *row)
{
    struct rows *rows = (struct rows *)raster;
    uint8_t *to = rows->row ? rows->row : row;

    for (size_t got = 0; got < rows->size;) {
        ssize_t n = pdf_feed_read(rows->feed, to + got, rows->size - got);
        if (n <= 0)
            return n < 0 ? (int)n : -EBADMSG;
        got += (size_t)n;
    }
    if (rows->row)
        paint_row(rows, row);
    return 0;
}

/* What is stored as a raster has it goes there as it is. */
static int rows_open(struct pdf_feed *feed, const struct pdf_image *image, struct raster **ret)
{
    struct rows *rows = calloc(1, sizeof *rows);
    bool bilevel = image->bits == 1 && image->samples == 1 && !image->colours;

    if (!rows) {
        pdf_feed_close(feed);
        return -ENOMEM;
    }
    rows->raster = (struct raster){
        .info = {.width = image->width,
                 .height = image->height,
                 .mode = bilevel                                 ? RASTER_BW1
                         : image->samples == 3 || image->colours ? RASTER_RGB24
                                                                 : RASTER_GRAY8},
        .read_row = rows_read,
        .free = rows_free,
    };
    rows->image = image;
    rows->feed = feed;
    rows->size = ((size_t)image->width * image->samples * image->bits + 7) / 8;
    if (!bilevel && (image->bits != 8 || image->colours) && !(rows->row = malloc(rows->size))) {
        rows_free(&rows->raster);
        return -ENOMEM;
    }
    *ret = &rows->raster;
    return 0;
}

/* -- a page -------------------------------------------------------------------------------------
 */

struct document {
    struct raster raster;
    struct pdf_page page;
    struct picture_pdf *asked;
    int fd;         /* the images as they are stored */
    uint64_t end;   /* of them; of the strip that is open: where the next one begins */
    unsigned strip; /* that is opened next */
    struct raster *open;
    uint32_t left; /* rows of it */
    /* Of the one that is open, where another reader reads it. */
    struct pdf_feed *feed;
    struct source_stream stream;
};

static void close_strip(struct document *document)
{
    raster_free(document->open);
    pdf_feed_close(document->feed);
    document->open = NULL;
    document->feed = NULL;
}

static void document_free(struct raster *raster)
{
    struct document *document = (struct document *)raster;

    close_strip(document);
    if (document->fd >= 0)
        close(document->fd);
    free(document);
}

static ssize_t on_read(void *user, void *buffer, size_t size)
{
    struct document *document = user;

    return pdf_feed_read(document->feed, buffer, size);
}

static bool on_stopped(void *user)
{
    const struct picture_pdf *asked = ((struct document *)user)->asked;

    return asked->stopped && asked->stopped(asked->user);
}

static int open_by_kind(struct document *document, const struct pdf_image *image,
                        struct pdf_feed *feed)
{
    static const enum sniff_kind kinds[] = {
        [PDF_FRAME_NONE] = SNIFF_JPEG, [PDF_FRAME_PNG] = SNIFF_PNG, [PDF_FRAME_TIFF] = SNIFF_TIFF};
    enum pdf_frame frame = pdf_feed_frame(feed);

    if (frame == PDF_FRAME_NONE && image->coding == PDF_ROWS)
        return rows_open(feed, image, &document->open);
    document->feed = feed;
    document->stream =
        (struct source_stream){.read = on_read, .stopped = on_stopped, .user = document};
    return picture_open_stream(&document->stream, kinds[frame], 0, &document->open);
}

/* The PDF says the size, and what is inside has to say the same. */
static int next_strip(struct document *document)
{
    const struct pdf_image *image = &document->page.images[document->strip];
    struct pdf_feed *feed = NULL;

    close_strip(document);
    int r = pdf_feed_open(document->fd, document->end, image, &feed);
    if (r == 0)
        r = open_by_kind(document, image, feed);
    if (r < 0)
        return r;
    const struct raster_info *info = &document->open->info;
    if (info->width != image->width || info->height != image->height ||
        (document->strip > 0 && info->mode != document->raster.info.mode))
        return -EBADMSG;
    document->end += image->size;
    document->left = image->height;
    document->strip++;
    return 0;
}

static void invert(const struct raster_info *info, uint8_t *row)
{
    size_t size = raster_row_bytes(info);

    for (size_t i = 0; i < size; i++)
        row[i] = (uint8_t)~row[i];
}

static int read_row(struct raster *raster, uint8_t *row)
{
    struct document *document = (struct document *)raster;
    int r = document->left == 0 ? next_strip(document) : 0;

    if (r == 0)
        r = document->open->read_row(document->open, row);
    if (r < 0)
        return r;
    document->left--;
    if (document->page.images[document->strip - 1].inverted)
        invert(&raster->info, row);
    if (raster->info.mode == RASTER_BW1 && raster->info.width % 8)
        row[raster_row_bytes(&raster->info) - 1] &= (uint8_t)(0xFF00 >> raster->info.width % 8);
    return 0;
}

static int on_bytes(void *user, const void *bytes, size_t size)
{
    struct document *document = user;
    int r = spool_write(document->fd, (off_t)document->end, bytes, size);

    document->end += r == 0 ? size : 0;
    document->asked->keep_error = r;
    return r;
}

/* With the first strip it is known what pixels there are. */
static int begin(struct document *document)
{
    struct raster_info *info = &document->raster.info;
    const struct pdf_image *first = &document->page.images[0];
    double high = 0;

    document->end = 0;
    int r = next_strip(document);
    if (r < 0)
        return r;
    *info = document->open->info;
    info->height = 0;
    for (unsigned i = 0; i < document->page.n; i++) {
        info->height += document->page.images[i].height;
        high += document->page.images[i].high;
    }
    info->dpi_x = picture_dpi(info->width * 72 / first->wide);
    info->dpi_y = picture_dpi(info->height * 72 / high);
    return 0;
}

/* Bi-level rows cannot be turned as such. */
static int turn(struct raster *raster, const struct pdf_page *page, struct raster **ret)
{
    static const enum spool_turn turns[] = {0, SPOOL_90, SPOOL_180, SPOOL_270};
    unsigned degrees = page->turn;

    if (page->upside_down)
        return spool_turn(raster, SPOOL_UPSIDE_DOWN, ret);
    if (degrees == 0) {
        *ret = raster;
        return 0;
    }
    int r = raster->info.mode == RASTER_BW1 ? filter_mode(raster, RASTER_GRAY8, NULL, &raster) : 0;
    return r < 0 ? r : spool_turn(raster, turns[degrees / 90], ret);
}

/* Before any of it is decoded. */
static int check_size(struct document *document, struct picture_pdf *pdf)
{
    pdf->width = document->page.images[0].width;
    for (unsigned i = 0; i < document->page.n; i++)
        pdf->height += document->page.images[i].height;
    return pdf->pixels_max > 0 && (uint64_t)pdf->width * pdf->height > pdf->pixels_max ? -EFBIG : 0;
}

int picture_pdf_open(int fd, unsigned page, struct picture_pdf *pdf, struct raster **ret)
{
    struct document *document = calloc(1, sizeof *document);

    pdf->pages = pdf->width = pdf->height = 0;
    pdf->keep_error = 0;
    pdf->why = NULL;
    if (!document)
        return -ENOMEM;
    document->asked = pdf;
    document->raster = (struct raster){.read_row = read_row, .free = document_free};
    document->fd = spool_open(NULL);
    pdf->keep_error = document->fd < 0 ? document->fd : 0;
    struct pdf_sink sink = {on_bytes, document};
    int r = document->fd < 0 ? document->fd : pdf_page_read(fd, page, &sink, &document->page);
    if (r == 0)
        r = check_size(document, pdf);
    if (r == 0)
        r = begin(document);
    pdf->pages = document->page.pages;
    pdf->why = document->page.why;
    if (r < 0) {
        document_free(&document->raster);
        return r;
    }
    return turn(&document->raster, &document->page, ret);
}

int picture_pdf_keep(const struct source_stream *stream, int *ret_fd)
{
    struct source *source = NULL;
    int r = source_open_stream(stream, &source);

    if (r == 0)
        r = source_keep(source);
    if (r == 0)
        r = source_fill(source, UINT64_MAX);
    if (r == 0) {
        *ret_fd = source->fd;
        source->fd = -1;
    }
    source_close(source);
    return r;
}
