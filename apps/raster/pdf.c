/* SPDX-License-Identifier: MIT */
/*
 * PDF by libharu, with the page data outside of it. libharu would keep each stream in memory; its
 * stream objects are tables of functions, though, so an image gets one that reads a part of our
 * temporary file, and the document one that writes to the caller's descriptor.
 *
 * Cost: a temporary file of all page data (Flate pages raw there, deflated while saved), a few
 * hundred bytes a page in memory, some hundred kilobytes for libharu itself.
 */
#include "pdf.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jpeglib.h>

#include <hpdf.h>

#include "../common/gather.h"
#include "encoder.h"
#include "pdf_archive.h"
#include "spool.h"
#include "tiff_file.h"

#define DEFAULT_DPI 300.0
/* The format's cross references and libharu's counters are 32 bits wide; past this no more pages.
 */
#define PDF_MAX_DATA ((off_t)INT32_MAX - (1 << 20))
#define READ_SIZE    32768
#define WRITE_SIZE   65536

/* A page's data in the spool; libharu's stream points here, so parts are never moved. */
struct part {
    struct part *next;
    struct pdf *pdf;
    off_t start, size, at;
};

struct pdf {
    HPDF_Doc doc;
    struct part *parts;
    int spool;
    off_t end; /* of what the spool holds for good */
    char *tmp_dir;
    bool archive, saved;
    int error; /* of a transfer inside libharu's calls */
    int out;
    uint8_t *buffer; /* of what goes out, which libharu hands over by the word */
    size_t filled;
};

/* How the data of an image is to be read. */
struct image {
    uint32_t width, height;
    unsigned bits;
    const char *colours;
    HPDF_UINT filter;
    bool inverted; /* CMYK as Adobe writes it */
    double dpi_x, dpi_y;
    off_t size;
};

static int map_status(const struct pdf *pdf, HPDF_STATUS status)
{
    if (status == HPDF_OK)
        return 0;
    if (pdf->error < 0)
        return pdf->error;
    return status == HPDF_FAILD_TO_ALLOC_MEM ? -ENOMEM : -EIO;
}

/* ------------------------------------------------------------------ streams */

static HPDF_STATUS part_read(HPDF_Stream stream, HPDF_BYTE *data, HPDF_UINT *size)
{
    struct part *part = stream->attr;
    off_t left = part->size - part->at;
    bool last = left <= (off_t)*size;
    int r;

    if (last)
        *size = (HPDF_UINT)left;
    r = spool_read(part->pdf->spool, part->start + part->at, data, *size);
    if (r < 0) {
        part->pdf->error = r;
        return HPDF_SetError(stream->error, HPDF_FILE_IO_ERROR, 0);
    }
    part->at += (off_t)*size;
    return last ? HPDF_STREAM_EOF : HPDF_OK;
}

static HPDF_STATUS part_seek(HPDF_Stream stream, HPDF_INT position, HPDF_WhenceMode mode)
{
    struct part *part = stream->attr;
    off_t base = mode == HPDF_SEEK_SET ? 0 : mode == HPDF_SEEK_CUR ? part->at : part->size;

    if (base + position < 0 || base + position > part->size)
        return HPDF_SetError(stream->error, HPDF_INVALID_PARAMETER, 0);
    part->at = base + position;
    return HPDF_OK;
}

static HPDF_INT32 part_tell(HPDF_Stream stream)
{
    return (HPDF_INT32)((struct part *)stream->attr)->at;
}

static HPDF_UINT32 part_size(HPDF_Stream stream)
{
    return (HPDF_UINT32)((struct part *)stream->attr)->size;
}

static int flush_out(struct pdf *pdf)
{
    int r = write_all(pdf->out, pdf->buffer, pdf->filled);

    pdf->filled = 0;
    return r;
}

static HPDF_STATUS write_out(HPDF_Stream stream, const HPDF_BYTE *data, HPDF_UINT size)
{
    struct pdf *pdf = stream->attr;
    int r = size > WRITE_SIZE - pdf->filled ? flush_out(pdf) : 0;

    if (r == 0 && size > WRITE_SIZE) {
        r = write_all(pdf->out, data, size);
    } else if (r == 0) {
        memcpy(pdf->buffer + pdf->filled, data, size);
        pdf->filled += size;
    }
    if (r == 0)
        return HPDF_OK;
    pdf->error = r;
    return HPDF_SetError(stream->error, HPDF_FILE_IO_ERROR, 0);
}

/* -------------------------------------------------------------------- pages */

/* libharu refuses no page size below or above these (points); readers do. */
static double points(uint32_t pixels, double dpi)
{
    double size = pixels * 72.0 / (dpi > 0 ? dpi : DEFAULT_DPI);

    return fmin(fmax(size, 3), 14400);
}

static int add_array(HPDF_Dict dict, const char *key, const int *values, size_t count)
{
    HPDF_Array array = HPDF_Array_New(dict->mmgr);

    if (!array || HPDF_Dict_Add(dict, key, array) != HPDF_OK)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        if (HPDF_Array_AddNumber(array, values[i]) != HPDF_OK)
            return -ENOMEM;
    return 0;
}

static int add_fax_parameters(HPDF_Dict dict, const struct image *image)
{
    /* libharu writes Filter as an array, so its parameters have to be one too. */
    HPDF_Array array = HPDF_Array_New(dict->mmgr);
    HPDF_Dict parameters;
    HPDF_STATUS status;

    if (!array || HPDF_Dict_Add(dict, "DecodeParms", array) != HPDF_OK)
        return -ENOMEM;
    parameters = HPDF_Dict_New(dict->mmgr);
    if (!parameters)
        return -ENOMEM;
    status = HPDF_Array_Add(array, parameters);
    if (status == HPDF_OK) {
        status |= HPDF_Dict_AddNumber(parameters, "K", -1);
        status |= HPDF_Dict_AddNumber(parameters, "Columns", (HPDF_INT32)image->width);
        status |= HPDF_Dict_AddNumber(parameters, "Rows", (HPDF_INT32)image->height);
    }
    return status == HPDF_OK ? 0 : -ENOMEM;
}

static int fill_image(HPDF_Dict dict, const struct image *image)
{
    static const int inverted[] = {1, 0, 1, 0, 1, 0, 1, 0};
    HPDF_STATUS status = HPDF_Dict_AddName(dict, "Type", "XObject");

    status |= HPDF_Dict_AddName(dict, "Subtype", "Image");
    status |= HPDF_Dict_AddNumber(dict, "Width", (HPDF_INT32)image->width);
    status |= HPDF_Dict_AddNumber(dict, "Height", (HPDF_INT32)image->height);
    status |= HPDF_Dict_AddNumber(dict, "BitsPerComponent", (HPDF_INT32)image->bits);
    status |= HPDF_Dict_AddName(dict, "ColorSpace", image->colours);
    if (status != HPDF_OK)
        return -ENOMEM;
    dict->filter = image->filter;
    if (image->filter == HPDF_STREAM_FILTER_CCITT_DECODE)
        return add_fax_parameters(dict, image);
    return image->inverted ? add_array(dict, "Decode", inverted, 8) : 0;
}

/* An image object whose data is the next `image->size` bytes of the spool. */
static int new_image(struct pdf *pdf, const struct image *image, HPDF_Dict *ret)
{
    HPDF_Dict dict = HPDF_DictStream_New(pdf->doc->mmgr, pdf->doc->xref);
    struct part *part = calloc(1, sizeof *part);
    HPDF_Stream stream = dict && part
                             ? HPDF_CallbackReader_New(pdf->doc->mmgr, part_read, part_seek,
                                                       part_tell, part_size, part)
                             : NULL;

    if (!stream) {
        free(part);
        return -ENOMEM;
    }
    *part = (struct part){
        .next = pdf->parts, .pdf = pdf, .start = pdf->end, .size = image->size, .at = 0};
    pdf->parts = part;
    HPDF_Stream_Free(dict->stream);
    dict->stream = stream;
    dict->header.obj_class |= HPDF_OSUBCLASS_XOBJECT;
    *ret = dict;
    return fill_image(dict, image);
}

static int draw_page(struct pdf *pdf, const struct image *image, HPDF_Dict dict)
{
    double width = points(image->width, image->dpi_x), height = points(image->height, image->dpi_y);
    HPDF_Page page = HPDF_AddPage(pdf->doc);

    if (!page)
        return -ENOMEM;

    HPDF_STATUS status = HPDF_Page_SetWidth(page, (HPDF_REAL)width);

    status |= HPDF_Page_SetHeight(page, (HPDF_REAL)height);
    status |= HPDF_Page_DrawImage(page, dict, 0, 0, (HPDF_REAL)width, (HPDF_REAL)height);
    return map_status(pdf, status);
}

/* Turns the spool's next bytes into a page and keeps them. */
static int add_page(struct pdf *pdf, const struct image *image)
{
    HPDF_Dict dict;
    int r;

    if (image->size > PDF_MAX_DATA - pdf->end)
        return -EFBIG;
    r = new_image(pdf, image, &dict);
    if (r == 0)
        r = draw_page(pdf, image, dict);
    if (r == 0)
        pdf->end += image->size;
    return r;
}

/* --------------------------------------------------------------- JPEG pages */

struct header_reader {
    struct jpeg_decompress_struct cinfo;
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr source;
    jmp_buf failed;
    int fd;
    off_t at, end;
    uint8_t buffer[READ_SIZE];
};

static void header_error(j_common_ptr cinfo)
{
    longjmp(((struct header_reader *)cinfo->client_data)->failed, 1);
}

static void header_message(j_common_ptr cinfo)
{
    (void)cinfo;
}

static void header_nothing(j_decompress_ptr cinfo)
{
    (void)cinfo;
}

static boolean header_fill(j_decompress_ptr cinfo)
{
    struct header_reader *reader = cinfo->client_data;
    off_t left = reader->end - reader->at;
    size_t size = left < READ_SIZE ? (size_t)left : READ_SIZE;

    if (size == 0 || spool_read(reader->fd, reader->at, reader->buffer, size) < 0)
        longjmp(reader->failed, 1);
    reader->at += (off_t)size;
    reader->source.next_input_byte = reader->buffer;
    reader->source.bytes_in_buffer = size;
    return TRUE;
}

static void header_skip(j_decompress_ptr cinfo, long count)
{
    struct header_reader *reader = cinfo->client_data;
    size_t have = reader->source.bytes_in_buffer;

    if (count <= 0)
        return;
    if ((size_t)count <= have) {
        reader->source.next_input_byte += count;
        reader->source.bytes_in_buffer -= (size_t)count;
        return;
    }
    if (count - (long)have > reader->end - reader->at)
        longjmp(reader->failed, 1);
    reader->at += count - (long)have;
    reader->source.bytes_in_buffer = 0;
}

/* Reads what the PDF has to say about a JPEG; -EBADMSG for what is none. */
static int read_jpeg_header(struct header_reader *reader, struct image *image)
{
    struct jpeg_decompress_struct *cinfo = &reader->cinfo;

    cinfo->err = jpeg_std_error(&reader->errors);
    reader->errors.error_exit = header_error;
    reader->errors.output_message = header_message;
    reader->source = (struct jpeg_source_mgr){.init_source = header_nothing,
                                              .fill_input_buffer = header_fill,
                                              .skip_input_data = header_skip,
                                              .resync_to_restart = jpeg_resync_to_restart,
                                              .term_source = header_nothing};
    cinfo->client_data = reader;
    if (setjmp(reader->failed)) {
        jpeg_destroy_decompress(cinfo);
        return -EBADMSG;
    }
    jpeg_create_decompress(cinfo);
    cinfo->src = &reader->source;
    jpeg_read_header(cinfo, TRUE);
    image->width = cinfo->image_width;
    image->height = cinfo->image_height;
    image->bits = (unsigned)cinfo->data_precision;
    image->colours = cinfo->num_components == 1   ? "DeviceGray"
                     : cinfo->num_components == 3 ? "DeviceRGB"
                     : cinfo->num_components == 4 ? "DeviceCMYK"
                                                  : NULL;
    image->inverted = cinfo->num_components == 4 && cinfo->saw_Adobe_marker;
    jpeg_destroy_decompress(cinfo);
    return image->colours ? 0 : -ENOTSUP;
}

/* Adds the JPEG that lies at the end of the spool already. */
static int add_spooled_jpeg(struct pdf *pdf, off_t size, double dpi_x, double dpi_y)
{
    struct image image = {
        .filter = HPDF_STREAM_FILTER_DCT_DECODE, .dpi_x = dpi_x, .dpi_y = dpi_y, .size = size};
    struct header_reader *reader = calloc(1, sizeof *reader);
    int r;

    if (!reader)
        return -ENOMEM;
    reader->fd = pdf->spool;
    reader->at = pdf->end;
    reader->end = pdf->end + size;
    r = read_jpeg_header(reader, &image);
    free(reader);
    if (r == 0 && pdf->archive && strcmp(image.colours, "DeviceCMYK") == 0)
        r = -ENOTSUP; /* its output intent is sRGB: PDF/A-1, 6.2.3.3 */
    return r < 0 ? r : add_page(pdf, &image);
}

int pdf_add_jpeg_file(struct pdf *pdf, int fd, off_t len, double dpi_x, double dpi_y)
{
    if (len <= 0)
        return -EBADMSG;
    if (len > PDF_MAX_DATA - pdf->end)
        return -EFBIG;

    int r = spool_copy(fd, 0, pdf->spool, pdf->end, len);

    return r < 0 ? r : add_spooled_jpeg(pdf, len, dpi_x, dpi_y);
}

/* ------------------------------------------------------------- raster pages */

static int add_fax(struct pdf *pdf, struct raster *raster, struct image *image)
{
    struct tiff_page page = {.compression = TIFF_FILE_G4, .inverted = true};
    struct tiff_file *file;
    off_t offset = 0;
    int fd = spool_open(pdf->tmp_dir), r;

    if (fd < 0)
        return fd;
    r = tiff_file_open(fd, &file);
    if (r == 0) {
        r = tiff_file_add(file, raster, &page);
        if (r == 0)
            r = tiff_file_strip(file, &offset, &image->size);
        tiff_file_free(file);
    }
    if (r == 0 && image->size > PDF_MAX_DATA - pdf->end)
        r = -EFBIG;
    if (r == 0)
        r = spool_copy(fd, offset, pdf->spool, pdf->end, image->size);
    close(fd);
    image->bits = 1;
    image->filter = HPDF_STREAM_FILTER_CCITT_DECODE;
    return r < 0 ? r : add_page(pdf, image);
}

static int add_flate(struct pdf *pdf, struct raster *raster, struct image *image)
{
    size_t size = raster_row_bytes(&raster->info);
    uint8_t *row = malloc(size);
    int r = row ? 0 : -ENOMEM;

    image->size = (off_t)size * raster->info.height;
    if (image->size > PDF_MAX_DATA - pdf->end)
        r = -EFBIG;
    for (uint32_t y = 0; r == 0 && y < raster->info.height; y++) {
        r = raster->read_row(raster, row);
        if (r == 0)
            r = spool_write(pdf->spool, pdf->end + (off_t)y * (off_t)size, row, size);
    }
    free(row);
    image->filter = HPDF_STREAM_FILTER_FLATE_DECODE;
    return r < 0 ? r : add_page(pdf, image);
}

/* The encoder frees the pages it is given; this one is lent. */
struct lent {
    struct raster raster;
    struct raster *owner;
    bool given;
};

static int lent_row(struct raster *raster, uint8_t *row)
{
    struct raster *owner = ((struct lent *)raster)->owner;

    return owner->read_row(owner, row);
}

static void lent_free(struct raster *raster)
{
    (void)raster;
}

static struct raster *lend(void *user)
{
    struct lent *lent = user;

    if (lent->given)
        return NULL;
    lent->given = true;
    return &lent->raster;
}

static int add_jpeg(struct pdf *pdf, struct raster *raster, int quality)
{
    struct lent lent = {.raster = {.info = raster->info, .read_row = lent_row, .free = lent_free},
                        .owner = raster};
    struct encoder *encoder;
    uint8_t buffer[8192];
    off_t size = 0;
    ssize_t got;
    int r = encoder_open("jfif", quality, lend, &lent, &encoder);

    if (r < 0)
        return r;
    while ((got = encoder_read(encoder, buffer, sizeof buffer)) > 0) {
        if (got > PDF_MAX_DATA - pdf->end - size) {
            got = -EFBIG;
            break;
        }
        r = spool_write(pdf->spool, pdf->end + size, buffer, (size_t)got);
        if (r < 0) {
            got = r;
            break;
        }
        size += got;
    }
    encoder_free(encoder);
    if (got < 0)
        return (int)got;
    return add_spooled_jpeg(pdf, size, raster->info.dpi_x, raster->info.dpi_y);
}

int pdf_add_raster(struct pdf *pdf, struct raster *raster, int quality)
{
    const struct raster_info *info = &raster->info;
    struct image image = {.width = info->width,
                          .height = info->height,
                          .bits = 8,
                          .colours = info->mode == RASTER_RGB24 ? "DeviceRGB" : "DeviceGray",
                          .dpi_x = info->dpi_x,
                          .dpi_y = info->dpi_y};

    if (info->mode == RASTER_BW1)
        return add_fax(pdf, raster, &image);
    return quality < 0 ? add_flate(pdf, raster, &image) : add_jpeg(pdf, raster, quality);
}

/* ----------------------------------------------------------------- document */

int pdf_open(const char *tmp_dir, bool pdfa, const char *title, struct pdf **ret)
{
    struct pdf *pdf = calloc(1, sizeof *pdf);
    int r = 0;

    if (!pdf)
        return -ENOMEM;
    pdf->archive = pdfa;
    pdf->spool = spool_open(tmp_dir);
    pdf->tmp_dir = tmp_dir ? strdup(tmp_dir) : NULL;
    pdf->doc = HPDF_New(NULL, NULL);
    if (pdf->spool < 0)
        r = pdf->spool;
    else if (!pdf->doc || (tmp_dir && !pdf->tmp_dir))
        r = -ENOMEM;
    if (r == 0)
        r = pdf_archive_describe(pdf->doc, pdfa, title);
    if (r < 0) {
        pdf_free(pdf);
        return r;
    }
    *ret = pdf;
    return 0;
}

unsigned pdf_page_count(const struct pdf *pdf)
{
    return pdf->doc->page_list->count;
}

int pdf_save(struct pdf *pdf, int fd)
{
    if (pdf->saved || pdf_page_count(pdf) == 0)
        return -EINVAL;
    pdf->saved = true;
    pdf->out = fd;
    /* HPDF_SaveToStream() writes to this one when there is one, and else to memory. */
    pdf->doc->stream = HPDF_CallbackWriter_New(pdf->doc->mmgr, write_out, pdf);
    pdf->buffer = malloc(WRITE_SIZE);
    if (!pdf->doc->stream || !pdf->buffer)
        return -ENOMEM;

    int r = map_status(pdf, HPDF_SaveToStream(pdf->doc));

    return r < 0 ? r : flush_out(pdf);
}

void pdf_free(struct pdf *pdf)
{
    if (!pdf)
        return;
    if (pdf->doc)
        HPDF_Free(pdf->doc);
    while (pdf->parts) {
        struct part *part = pdf->parts;

        pdf->parts = part->next;
        free(part);
    }
    if (pdf->spool >= 0)
        close(pdf->spool);
    free(pdf->tmp_dir);
    free(pdf->buffer);
    free(pdf);
}
