/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a page once all of it is in its temporary file: examined, then passed through
 * untouched, converted into a file of its own, or joined to the document. Reads and writes by the
 * row; the names are output.c's.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../raster/bytes.h"
#include "../raster/filter.h"
#include "../raster/pdf.h"
#include "../raster/picture.h"
#include "fail.h"
#include "image.h"
#include "job.h"

bool page_convertible(const struct output *o, enum sniff_kind received)
{
    if (o->wanted == SNIFF_UNKNOWN || o->wanted == received)
        return true;
    return picture_readable(received) && !o->target.is_stdout;
}

int page_cannot_convert(const struct output *o, enum sniff_kind received,
                        struct output_error *ret_error)
{
    return output_fail(ret_error, OUTPUT_E_CANNOT_CONVERT,
                       "%s cannot be turned into %s%s; ask the scanner for another format or save "
                       "it as it is.",
                       sniff_name(received), sniff_name(o->wanted),
                       o->target.is_stdout ? " on standard output" : "");
}

static bool too_large(const struct output *o, const struct raster_info *info)
{
    return o->options.max_pixels > 0 &&
           (uint64_t)info->width * info->height > o->options.max_pixels;
}

/* A negative errno of raster/ or image.h; which side failed tells what to say. */
static int fail_image(struct output *o, int r)
{
    const char *name = sniff_name(o->page.received);
    if (r == -EDOM)
        return output_fail(&o->error, OUTPUT_E_LIMIT,
                           "The %s has more than %llu million pixels; lower the resolution.", name,
                           (unsigned long long)(o->options.max_pixels / 1000000));
    if (r == -EBADMSG || r == -EINVAL)
        return output_fail(&o->error, OUTPUT_E_TRUNCATED,
                           "The %s is damaged or its data end early; scan the page again.", name);
    if (r == -ENOTSUP)
        return output_fail(&o->error, OUTPUT_E_CANNOT_CONVERT,
                           "This sort of %s cannot be turned into %s; ask the scanner for another "
                           "format or save it as it is.",
                           name, sniff_name(o->wanted ? o->wanted : o->page.received));
    return output_fail_errno(&o->error, -r, "Writing to", o->target.path);
}

/* The rectangle for an image of that size and resolution; false if the image is to stay as it is.
 */
static bool crop_for(const struct output *o, uint32_t width, uint32_t height, double dpi_x,
                     double dpi_y, struct output_crop *ret)
{
    struct output_crop c = o->options.crop;
    if (c.width == 0 || c.height == 0 || width == 0 || height == 0)
        return false;
    double scale_x = dpi_x > 0 ? dpi_x / o->options.dpi_x : 1;
    double scale_y = dpi_y > 0 ? dpi_y / o->options.dpi_y : scale_x;
    double right = nearest((c.x + (double)c.width) * scale_x);
    double bottom = nearest((c.y + (double)c.height) * scale_y);
    right = right < width ? right : width;
    bottom = bottom < height ? bottom : height;
    double left = nearest(c.x * scale_x), top = nearest(c.y * scale_y);
    if (width <= nearest(c.width * scale_x) + OUTPUT_CROP_SLACK &&
        height <= nearest(c.height * scale_y) + OUTPUT_CROP_SLACK)
        return false;
    /* A rectangle that lies outside what came belongs to another image: better all than nothing. */
    if (left >= right || top >= bottom)
        return false;
    *ret = (struct output_crop){(uint32_t)left, (uint32_t)top, (uint32_t)(right - left),
                                (uint32_t)(bottom - top)};
    return true;
}

/* Opens image `number` of the page's file, cropped, with a resolution in any case. */
static int open_image(const struct output *o, int fd, enum sniff_kind kind, unsigned number,
                      struct raster **ret)
{
    struct raster *raster = NULL;
    struct output_crop rectangle;
    int r = picture_open(fd, kind, number, &raster);
    if (r < 0)
        return r;
    struct raster_info *info = &raster->info;
    if (too_large(o, info)) {
        raster_free(raster);
        return -EDOM;
    }
    if (crop_for(o, info->width, info->height, info->dpi_x, info->dpi_y, &rectangle)) {
        r = filter_cut(raster, rectangle.x, rectangle.y, rectangle.width, rectangle.height,
                       &raster);
        if (r < 0)
            return r;
        info = &raster->info;
    }
    if (info->dpi_x == 0)
        info->dpi_x = nearest(o->options.dpi_x);
    if (info->dpi_y == 0)
        info->dpi_y = nearest(o->options.dpi_y);
    *ret = raster;
    return 0;
}

static int part_size(struct output *o, const struct part *part, uint64_t *ret)
{
    struct stat st;
    if (fstat(part->fd, &st) < 0)
        return output_fail_errno(&o->error, errno, "Reading from", o->target.path);
    *ret = (uint64_t)st.st_size;
    return 0;
}

/* One image of the page as a file of its own, JPEG or PNG. */
static int convert_image(struct output *o, enum sniff_kind format, unsigned number)
{
    struct part part = PART_NONE;
    struct raster *raster = NULL;
    uint64_t size = 0;
    int r = open_image(o, o->part.fd, o->page.received, number, &raster);
    if (r < 0)
        return fail_image(o, r);
    r = part_create(&o->target, &part, &o->error);
    if (r < 0) {
        raster_free(raster);
        return r;
    }
    r = image_write(part.fd, format, raster, o->options.quality);
    if (r < 0)
        r = fail_image(o, r);
    if (r == 0)
        r = part_size(o, &part, &size);
    if (r == 0)
        r = output_deliver(o, &part, format, size);
    part_drop(&o->target, &part);
    return r;
}

/* The file's own type where the crop alone asks for a new one. */
static int convert_page(struct output *o, enum sniff_kind format, unsigned images)
{
    int r = 0;
    for (unsigned i = 0; r == 0 && i < images; i++)
        r = convert_image(o, format, i);
    return r;
}

static double or_else(double dpi, double otherwise)
{
    return dpi > 0 ? dpi : otherwise;
}

static int join_images_pdf(struct output *o, unsigned images)
{
    int r = 0;
    for (unsigned i = 0; r == 0 && i < images; i++) {
        struct raster *raster = NULL;
        r = open_image(o, o->part.fd, o->page.received, i, &raster);
        if (r == 0)
            r = pdf_add_raster(o->pdf, raster, o->options.quality);
        raster_free(raster);
    }
    return r;
}

static int join_pdf(struct output *o, const struct picture_probe *probe, uint64_t size)
{
    int r = 0;
    if (!o->pdf)
        r = pdf_open(o->scratch ? o->scratch : o->target.path, o->options.pdfa,
                     o->title[0] ? o->title : NULL, &o->pdf);
    if (r == 0 && o->page.received == SNIFF_JPEG && !o->page.cropped)
        r = pdf_add_jpeg_file(o->pdf, o->part.fd, (off_t)size,
                              or_else(probe->info.dpi_x, o->options.dpi_x),
                              or_else(probe->info.dpi_y, o->options.dpi_y));
    else if (r == 0)
        r = join_images_pdf(o, probe->pages);
    o->document_pages = o->pdf ? pdf_page_count(o->pdf) : 0;
    return r < 0 ? fail_image(o, r) : 0;
}

static int start_tiff(struct output *o)
{
    int r = part_create(&o->target, &o->document, &o->error);
    if (r < 0)
        return r;
    r = image_tiff_create(o->document.fd, &o->tiff);
    if (r == 0)
        return 0;
    part_drop(&o->target, &o->document);
    return fail_image(o, r);
}

static void drop_tiff(struct output *o)
{
    if (o->tiff) /* not even asked for where nothing was converted */
        image_tiff_finish(o->tiff);
    o->tiff = NULL;
    part_drop(&o->target, &o->document);
}

/* libtiff does not let go of a first page that failed. */
static int restart_tiff(struct output *o)
{
    drop_tiff(o);
    return start_tiff(o);
}

/* All images of the file `fd`, one directory each. */
static int join_images_tiff(struct output *o, int fd, enum sniff_kind kind, unsigned images)
{
    int r = 0;
    for (unsigned i = 0; r == 0 && i < images; i++) {
        struct raster *raster = NULL;
        r = open_image(o, fd, kind, i, &raster);
        if (r == 0)
            r = image_tiff_add_raster(o->tiff, raster);
        raster_free(raster);
        o->document_pages += r == 0;
    }
    return r;
}

/* The TIFF that was held for the case that it stays alone goes in before its successor; one that
 * cannot be decoded stays what it is, a file of its own. */
static int join_held(struct output *o)
{
    struct picture_probe probe;
    uint64_t size = 0;
    int r = picture_probe(o->held.fd, SNIFF_TIFF, &probe);
    if (r == 0)
        r = join_images_tiff(o, o->held.fd, SNIFF_TIFF, probe.pages);
    if (r == 0)
        part_drop(&o->target, &o->held);
    else if (o->document_pages == 0 && part_size(o, &o->held, &size) == 0 &&
             output_deliver(o, &o->held, SNIFF_TIFF, size) == 0)
        r = restart_tiff(o);
    return r;
}

static int add_to_tiff(struct output *o, const struct picture_probe *probe, uint64_t size)
{
    int r = -ENOTSUP;
    if (o->page.received == SNIFF_JPEG && !o->page.cropped) {
        r = image_tiff_add_jpeg(o->tiff, o->part.fd, size,
                                or_else(probe->info.dpi_x, o->options.dpi_x),
                                or_else(probe->info.dpi_y, o->options.dpi_y));
        o->document_pages += r == 0;
    }
    if (r == -ENOTSUP)
        r = join_images_tiff(o, o->part.fd, o->page.received, probe->pages);
    return r;
}

static int join_tiff(struct output *o, const struct picture_probe *probe, uint64_t size)
{
    bool alone = !o->tiff && o->held.fd < 0;
    if (alone && o->page.received == SNIFF_TIFF && !o->page.cropped) {
        o->held = o->part;
        o->part.fd = -1;
        return 0;
    }
    int r = o->tiff ? 0 : start_tiff(o);
    if (r < 0)
        return r;
    if (o->held.fd >= 0)
        r = join_held(o);
    if (r == 0)
        r = add_to_tiff(o, probe, size);
    if (r < 0 && o->document_pages == 0)
        drop_tiff(o);
    return r < 0 && o->error.code == 0 ? fail_image(o, r) : r;
}

static int save_pdf(struct output *o)
{
    struct part part = PART_NONE;
    uint64_t size = 0;
    int r = part_create(&o->target, &part, &o->error);
    if (r < 0)
        return r;
    r = pdf_save(o->pdf, part.fd);
    if (r < 0)
        r = output_fail_errno(&o->error, -r, "Writing to", o->target.path);
    if (r == 0)
        r = part_size(o, &part, &size);
    if (r == 0)
        r = output_deliver(o, &part, SNIFF_PDF, size);
    part_drop(&o->target, &part);
    return r;
}

static int save_tiff(struct output *o, struct part *part)
{
    uint64_t size = 0;
    int r = image_tiff_finish(o->tiff);
    o->tiff = NULL;
    if (r < 0)
        return output_fail_errno(&o->error, -r, "Writing to", o->target.path);
    r = part_size(o, part, &size);
    return r < 0 ? r : output_deliver(o, part, SNIFF_TIFF, size);
}

int document_finish(struct output *o)
{
    int r = 0;
    if (o->pdf && o->document_pages > 0)
        r = save_pdf(o);
    else if (o->held.fd >= 0)
        r = save_tiff(o, &o->held);
    else if (o->tiff && o->document_pages > 0)
        r = save_tiff(o, &o->document);
    document_drop(o);
    return r;
}

void document_drop(struct output *o)
{
    pdf_free(o->pdf);
    o->pdf = NULL;
    drop_tiff(o);
    part_drop(&o->target, &o->held);
    o->document_pages = 0;
}

/* The page goes where the options send it. `format` is what its file will be. */
static int route(struct output *o, const struct picture_probe *probe, uint64_t size)
{
    enum sniff_kind received = o->page.received == SNIFF_DIB ? SNIFF_BMP : o->page.received;
    enum sniff_kind format = o->wanted == SNIFF_UNKNOWN ? received : o->wanted;
    bool untouched = received == format && !o->page.cropped;
    int r;
    /* A cropped BMP has no writer here and no reason to stay one. */
    if (format == SNIFF_BMP && o->page.cropped)
        format = SNIFF_PNG;
    if (untouched && !(o->joined && format == SNIFF_TIFF))
        return output_deliver(o, &o->part, received, size);
    if (format == SNIFF_PDF)
        r = join_pdf(o, probe, size);
    else if (format == SNIFF_TIFF)
        r = join_tiff(o, probe, size);
    else
        return convert_page(o, format, probe->pages);
    return r == 0 && !o->joined ? document_finish(o) : r;
}

static int finish_dib(struct output *o, uint64_t size)
{
    uint8_t field[4];
    put_le32(field, (uint32_t)size);
    if (pwrite(o->part.fd, field, sizeof field, 2) != (ssize_t)sizeof field)
        return output_fail_errno(&o->error, errno, "Writing to", o->target.path);
    return 0;
}

/* Header and tail; fills in o->page. */
static int examine(struct output *o, uint64_t size, struct picture_probe *ret)
{
    const char *missing = sniff_incomplete(o->part.fd, size, o->page.received);
    if (missing)
        return output_fail(&o->error, OUTPUT_E_TRUNCATED,
                           "The %s page is cut short after %llu bytes (%s); scan it again.",
                           sniff_name(o->page.received), (unsigned long long)size, missing);
    int r = picture_probe(o->part.fd, o->page.received, ret);
    if (r < 0)
        return fail_image(o, r);
    const struct raster_info *info = &ret->info;
    struct output_crop rectangle;
    if (too_large(o, info))
        return fail_image(o, -EDOM);
    o->page.width = info->width;
    o->page.height = info->height;
    o->page.dpi_x = info->dpi_x;
    o->page.dpi_y = info->dpi_y;
    o->page.cropped = picture_readable(o->page.received) &&
                      crop_for(o, info->width, info->height, info->dpi_x, info->dpi_y, &rectangle);
    return 0;
}

int page_finish(struct output *o)
{
    struct picture_probe probe = {0};
    uint64_t size = 0;
    int r = part_size(o, &o->part, &size);
    if (r == 0 && o->page.received == SNIFF_DIB)
        r = finish_dib(o, size);
    if (r == 0)
        r = examine(o, size, &probe);
    return r == 0 ? route(o, &probe, size) : r;
}
