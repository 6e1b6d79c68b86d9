/* SPDX-License-Identifier: MIT */
/* The decoder's thread, and the frontend's side of it. */
#include "page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bounds.h"
#include "raster/filter.h"
#include "raster/picture.h"
#include "raster/spool.h"
#include "scan/crop.h"
#include "thread.h"

/* -- bytes --------------------------------------------------------------------------------------
 */

/* More bytes of the image; the frontend gets all rows that there are before this waits. */
static ssize_t more(struct page *page, void *buffer, size_t size)
{
    if (page->rows.bytes && ring_empty(&page->job->bytes))
        ring_flush(&page->rows);
    return ring_get(&page->job->bytes, buffer, size, true);
}

static ssize_t on_read(void *user, void *buffer, size_t size)
{
    struct page *page = user;
    size_t left = page->head_size - page->head_at;

    if (left == 0)
        return more(page, buffer, size);
    size = size < left ? size : left;
    memcpy(buffer, page->head + page->head_at, size);
    page->head_at += size;
    return (ssize_t)size;
}

/* What is read from its end goes to the file by the thread that receives it. */
static int on_keep(void *user, int fd, uint64_t *at, uint64_t end)
{
    struct page *page = user;
    size_t left = page->head_size - page->head_at;
    size_t n = left < end - *at ? left : (size_t)(end - *at);
    int r = spool_write(fd, (off_t)*at, page->head + page->head_at, n);

    if (r < 0)
        return r;
    page->head_at += n;
    *at += n;
    page->kept = true;
    return ring_divert(&page->job->bytes, fd, at, end);
}

static bool on_stopped(void *user)
{
    const struct page *page = user;

    return job_is_cancelled(page->job);
}

/* What came is told by its first bytes; a BMP that lacks its file header gets it. */
static enum sniff_kind look(struct page *page)
{
    uint8_t header[SNIFF_BMP_FILE_HEADER];
    size_t size = 0;
    ssize_t n;

    while (size < SNIFF_HEAD_BYTES &&
           (n = more(page, page->head + size, SNIFF_HEAD_BYTES - size)) > 0)
        size += (size_t)n;
    enum sniff_kind kind = sniff(page->head, size);
    if (kind == SNIFF_DIB && sniff_dib_header(page->head, size, header) == 0) {
        memmove(page->head + sizeof header, page->head, size);
        memcpy(page->head, header, sizeof header);
        size += sizeof header;
        kind = SNIFF_BMP;
    }
    page->head_size = size;
    return kind;
}

/* -- pixels -------------------------------------------------------------------------------------
 */

/* Some send the whole glass whatever was agreed (S3). */
static int cut(struct page *page, struct raster **raster)
{
    const struct job *job = page->job;
    const struct raster_info *info = &(*raster)->info;
    struct wsd_scan_final_parameters final;
    struct scan_crop crop;

    scan_crop_asked(&job->settings, &job->scanner->has, &crop);
    pthread_mutex_lock(&page->job->lock);
    final = job->final;
    pthread_mutex_unlock(&page->job->lock);
    scan_crop_agreed(&job->settings, &final, &crop);
    struct output_crop *c = &crop.crop;
    if (c->width == 0 || (info->width <= c->width + OUTPUT_CROP_SLACK &&
                          info->height <= c->height + OUTPUT_CROP_SLACK))
        return 0;
    if (c->x >= info->width || c->y >= info->height)
        c->x = c->y = 0;
    uint32_t width = info->width - c->x, height = info->height - c->y;
    return filter_cut(*raster, c->x, c->y, c->width < width ? c->width : width,
                      c->height < height ? c->height : height, raster);
}

static int convert(struct page *page, struct raster **raster)
{
    static const enum raster_mode modes[] = {
        [FRAME_GRAY] = RASTER_GRAY8, [FRAME_COLOR] = RASTER_RGB24};
    enum raster_mode mode = page->frame == FRAME_LINEART
                                ? ((*raster)->info.mode == RASTER_BW1 ? RASTER_BW1 : RASTER_GRAY8)
                                : modes[page->frame];

    return filter_mode(*raster, mode, NULL, raster);
}

/* SANE has black as 1. Bits past the last pixel are 0. */
static void ink(const struct page *page, const struct raster *raster, const uint8_t *from,
                uint8_t *row)
{
    uint32_t width = raster->info.width, bytes = (width + 7) / 8;

    if (raster->info.mode == RASTER_BW1)
        for (uint32_t i = 0; i < bytes; i++)
            row[i] = (uint8_t)~from[i];
    else
        for (uint32_t i = 0; i < bytes; i++) {
            unsigned bits = 0;
            for (uint32_t x = 8 * i; x < 8 * i + 8; x++)
                bits = bits << 1 | (x < width && from[x] < page->threshold);
            row[i] = (uint8_t)bits;
        }
    if (width % 8)
        row[bytes - 1] &= (uint8_t)(0xFF00 >> width % 8);
}

/* As many pixels as an image may have. */
static uint64_t pixels_max(const struct page *page)
{
    const struct scan_settings *s = &page->job->settings;
    int32_t width = s->source->max_width > s->width ? s->source->max_width : s->width;
    int32_t height = s->source->max_height > s->height ? s->source->max_height : s->height;
    int32_t dpi = s->dpi_x > SANE_PIXELS_DPI ? s->dpi_x : SANE_PIXELS_DPI;

    width = width < SANE_SIDE_MAX ? width : SANE_SIDE_MAX;
    height = height < SANE_SIDE_MAX ? height : SANE_SIDE_MAX;
    return (uint64_t)scan_pixels(width, dpi) * scan_pixels(height, dpi) * SANE_PIXELS_TIMES;
}

static int decode_row(struct page *page, struct raster *raster, uint8_t *row)
{
    int r = raster->read_row(raster, page->line ? page->line : row);

    if (r == 0 && page->line)
        ink(page, raster, page->line, row);
    page->next += r == 0;
    return r;
}

/* To the last one, or to the one with which all of the page has come into a file. */
static int decode_rows(struct page *page, struct raster *raster)
{
    size_t size = (size_t)page->parameters.bytes_per_line;
    int r = 0;

    while (r == 0 && page->next < raster->info.height && !(page->kept && page->next > 0)) {
        uint8_t *row = ring_reserve(&page->rows, size);
        if (!row)
            break; /* nobody reads on */
        r = decode_row(page, raster, row);
        if (r == 0)
            ring_commit(&page->rows, size);
    }
    return r;
}

/* -- the thread ---------------------------------------------------------------------------------
 */

static SANE_Status status_of_decoder(int r)
{
    switch (r) {
    case 0:
        return SANE_STATUS_GOOD;
    case -ECANCELED:
        return SANE_STATUS_CANCELLED;
    case -ENOMEM:
        return SANE_STATUS_NO_MEM;
    case -ENOTSUP:
        return SANE_STATUS_UNSUPPORTED;
    default:
        return SANE_STATUS_IO_ERROR;
    }
}

static void announce(struct page *page)
{
    pthread_mutex_lock(&page->lock);
    page->ready = true;
    pthread_cond_signal(&page->changed);
    pthread_mutex_unlock(&page->lock);
}

/* The last row is decoded before the last byte has come, and only then is the page whole. */
static void drain(struct page *page)
{
    uint8_t rest[4096];

    while (ring_get(&page->job->bytes, rest, sizeof rest, true) > 0)
        ;
}

static int begin_rows(struct page *page, const struct raster *raster)
{
    frame_parameters(page->frame, raster->info.width, raster->info.height, &page->parameters);
    if (page->frame == FRAME_LINEART && !(page->line = malloc(raster_row_bytes(&raster->info))))
        return -ENOMEM;
    size_t row = (size_t)page->parameters.bytes_per_line;
    size_t n = SANE_ROWS_RING / row;
    size_t wake_at = SANE_ROWS_WAKE < row ? row : SANE_ROWS_WAKE;

    int r = ring_init(&page->rows, row * (n < 2 ? 2 : n), wake_at, -1);
    if (r < 0)
        return r;
    job_watch(page->job, &page->rows);
    announce(page);
    return 0;
}

/* Says what is wrong with the image, or with keeping it here. */
static void complain(const struct page *page, int r)
{
    const struct config *config = page->job->config;
    const char *label = page->job->scanner->label, *kind = sniff_name(page->kind);

    if (page->pdf.why)
        say(config, 1, "%s: it sent a PDF that cannot be read: %s", label, page->pdf.why);
    else if (page->keep_error == -EFBIG)
        say(config, 1, "%s: it sent %s of far more bytes than its page has", label, kind);
    else if (page->keep_error < 0)
        say(config, 1, "%s: what it sends cannot be kept in %s: %s; TMPDIR names another folder",
            label, spool_folder(), strerror(-page->keep_error));
    else if (r == -EFBIG)
        say(config, 1,
            "%s: it sent %s of %u x %u pixels, far more than there is to scan; it may be another "
            "resolution that it can do",
            label, kind, page->width, page->height);
    else if (page->rows.bytes)
        say(config, 1, "%s: it sent %s that cannot be read from row %u of %u on", label, kind,
            page->next + 1, page->height);
    else
        say(config, 1, "%s: it sent %s that cannot be read", label, kind);
}

/* One that came with pages left over is finished first. */
static bool has_pdf(const struct job *job)
{
    return job->pdf.next < job->pdf.pages;
}

static int keep_pdf(struct page *page, const struct source_stream *stream)
{
    struct job *job = page->job;

    if (job->pdf.fd >= 0)
        close(job->pdf.fd);
    job->pdf.fd = -1;
    job->pdf.next = job->pdf.pages = 0;
    return picture_pdf_keep(stream, &job->pdf.fd);
}

/* A sheet on the glass is one page; what else came with it would be taken for the next sheet. */
static void count_pages(struct page *page)
{
    struct job *job = page->job;
    bool feeds = scan_feeds(&job->settings);

    job->pdf.next++;
    job->pdf.pages = feeds ? page->pdf.pages : 1;
    if (!feeds && page->pdf.pages > 1)
        say(job->config, 1, "%s: it sent a PDF of %u pages for one; the first is taken",
            job->scanner->label, page->pdf.pages);
}

static int open_pdf(struct page *page, struct raster **ret)
{
    page->kept = true;
    page->pdf.pixels_max = pixels_max(page);
    page->pdf.stopped = on_stopped;
    page->pdf.user = page;
    int r = picture_pdf_open(page->job->pdf.fd, page->job->pdf.next, &page->pdf, ret);
    page->keep_error = page->pdf.keep_error;
    page->width = page->pdf.width;
    page->height = page->pdf.height;
    if (r == 0)
        count_pages(page);
    return r;
}

static int open_image(struct page *page, struct raster **ret)
{
    uint64_t times =
        page->kind == SNIFF_PDF && scan_feeds(&page->job->settings) ? SANE_PDF_TIMES : 1;
    struct source_stream stream = {
        .read = on_read,
        .keep = on_keep,
        .stopped = on_stopped,
        .keep_error = &page->keep_error,
        .keep_max = (pixels_max(page) * SANE_PIXEL_BYTES + SANE_IMAGE_BYTES_MORE) * times,
        .user = page,
    };
    int r;

    if (page->kind != SNIFF_PDF) {
        r = picture_open_stream(&stream, page->kind, 0, ret);
    } else {
        r = has_pdf(page->job) ? 0 : keep_pdf(page, &stream);
        r = r == 0 ? open_pdf(page, ret) : r;
    }
    if (r < 0)
        return r;
    page->width = (*ret)->info.width;
    page->height = (*ret)->info.height;
    if ((uint64_t)page->width * page->height <= pixels_max(page))
        return 0;
    raster_free(*ret);
    return -EFBIG;
}

/* It is found once the ring has ended. */
static int hand_over(struct page *page, struct raster *raster)
{
    page->row = malloc((size_t)page->parameters.bytes_per_line);
    if (!page->row) {
        raster_free(raster);
        return -ENOMEM;
    }
    page->raster = raster;
    return 0;
}

static int decode(struct page *page)
{
    struct raster *raster = NULL;

    page->kind = has_pdf(page->job) ? SNIFF_PDF : look(page);
    if (page->head_size == 0 && !has_pdf(page->job))
        return -EBADMSG;
    int r = open_image(page, &raster);
    if (r == 0)
        r = cut(page, &raster);
    if (r == 0)
        r = convert(page, &raster);
    if (r < 0)
        return r;
    r = begin_rows(page, raster);
    if (r == 0)
        r = decode_rows(page, raster);
    if (r == 0 && page->kept && page->next < raster->info.height)
        return hand_over(page, raster);
    raster_free(raster);
    return r;
}

static void *run(void *user)
{
    struct page *page = user;
    struct ring *bytes = &page->job->bytes;
    int r = decode(page);

    if (r == 0)
        drain(page);
    SANE_Status status = (SANE_Status)ring_status(bytes);
    /* What came is no picture since the line broke; or the job has to be told that it is none. */
    if (r < 0 && status == SANE_STATUS_GOOD) {
        status = status_of_decoder(r);
        if (!job_is_cancelled(page->job))
            complain(page, r);
        ring_break(bytes, (int)status);
    }
    pthread_mutex_lock(&page->lock);
    page->failure = status;
    pthread_mutex_unlock(&page->lock);
    if (page->rows.bytes)
        ring_end(&page->rows, (int)status);
    announce(page);
    return NULL;
}

/* -- the frontend's side ------------------------------------------------------------------------
 */

SANE_Status page_open(struct job *job, enum frame frame, uint32_t threshold, struct page **ret)
{
    struct page *page = calloc(1, sizeof *page);

    if (!page)
        return SANE_STATUS_NO_MEM;
    page->job = job;
    page->frame = frame;
    page->threshold = threshold;
    pthread_mutex_init(&page->lock, NULL);
    pthread_cond_init(&page->changed, NULL);
    if (thread_begin(&page->thread, run, page) != 0) {
        pthread_mutex_destroy(&page->lock);
        pthread_cond_destroy(&page->changed);
        free(page);
        return SANE_STATUS_NO_MEM;
    }
    pthread_mutex_lock(&page->lock);
    while (!page->ready)
        pthread_cond_wait(&page->changed, &page->lock);
    SANE_Status status = page->rows.bytes ? SANE_STATUS_GOOD : page->failure;
    pthread_mutex_unlock(&page->lock);
    if (!page->rows.bytes && status == SANE_STATUS_GOOD)
        status = SANE_STATUS_IO_ERROR;
    if (status == SANE_STATUS_GOOD)
        *ret = page;
    else
        page_close(page);
    return status;
}

/* Whole rows go where they are wanted; only of what is larger than the buffer a part is kept. */
static int read_rows(struct page *page, uint8_t *buffer, size_t size, size_t *ret_size)
{
    size_t row = (size_t)page->parameters.bytes_per_line, n = 0;
    uint32_t height = page->raster->info.height;
    int r = 0;

    while (r == 0 && page->row_left == 0 && size - n >= row && page->next < height) {
        r = decode_row(page, page->raster, buffer + n);
        n += r == 0 ? row : 0;
    }
    if (r == 0 && page->row_left == 0 && n == 0 && page->next < height) {
        r = decode_row(page, page->raster, page->row);
        page->row_left = r == 0 ? row : 0;
    }
    if (page->row_left > 0) {
        n = page->row_left < size ? page->row_left : size;
        memcpy(buffer, page->row + row - page->row_left, n);
        page->row_left -= n;
    }
    *ret_size = n;
    return r;
}

static SANE_Status read_kept(struct page *page, void *buffer, size_t size, size_t *ret_size)
{
    int r = page->failed ? 0 : read_rows(page, buffer, size, ret_size);

    page->failed = page->failed || r < 0;
    /* Else the line broke, and this comes of it. */
    if (r < 0 && page->failure == SANE_STATUS_GOOD) {
        complain(page, r);
        page->failure = status_of_decoder(r);
    }
    if (*ret_size > 0)
        return SANE_STATUS_GOOD;
    return page->failure == SANE_STATUS_GOOD ? SANE_STATUS_EOF : page->failure;
}

SANE_Status page_read(struct page *page, void *buffer, size_t size, bool wait, size_t *ret_size)
{
    ssize_t n = ring_get(&page->rows, buffer, size, wait);

    *ret_size = n > 0 ? (size_t)n : 0;
    if (n > 0 || n == -EAGAIN)
        return SANE_STATUS_GOOD;
    SANE_Status status = (SANE_Status)ring_status(&page->rows);
    /* What is cancelled has ended while the page's thread may still be at work. */
    if (status != SANE_STATUS_CANCELLED && page->raster)
        return read_kept(page, buffer, size, ret_size);
    return status == SANE_STATUS_GOOD ? SANE_STATUS_EOF : status;
}

void page_close(struct page *page)
{
    if (!page)
        return;
    if (page->rows.bytes)
        ring_break(&page->rows, SANE_STATUS_CANCELLED);
    pthread_join(page->thread, NULL);
    job_watch(page->job, NULL);
    ring_destroy(&page->rows);
    raster_free(page->raster);
    free(page->line);
    free(page->row);
    pthread_mutex_destroy(&page->lock);
    pthread_cond_destroy(&page->changed);
    free(page);
}
