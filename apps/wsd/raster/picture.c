/* SPDX-License-Identifier: MIT */
/*
 * Tells picture files apart by their first bytes and reads JPEG and PNG; TIFF is in picture_tiff.c.
 */
#include "picture.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jpeglib.h>

#include <png.h>

#include "spool.h"

enum kind { KIND_NONE, KIND_JPEG, KIND_PNG, KIND_TIFF };

static enum kind kind_of(int fd)
{
    uint8_t head[8];

    if (spool_read(fd, 0, head, sizeof head) < 0)
        return KIND_NONE;
    if (head[0] == 0xff && head[1] == 0xd8 && head[2] == 0xff)
        return KIND_JPEG;
    if (memcmp(head, "\x89PNG\r\n\x1a\n", 8) == 0)
        return KIND_PNG;
    if (memcmp(head, "II*\0", 4) == 0 || memcmp(head, "MM\0*", 4) == 0)
        return KIND_TIFF;
    return KIND_NONE;
}

static int open_file(const char *path)
{
    /* Not to hang on a pipe that somebody left in the folder. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    return fd < 0 ? -errno : fd;
}

int picture_count(const char *path)
{
    int fd = open_file(path), count = 0;

    if (fd < 0)
        return fd == -EACCES || fd == -ENOENT || fd == -ENXIO || fd == -ELOOP ? 0 : fd;
    switch (kind_of(fd)) {
    case KIND_NONE:
        break;
    case KIND_JPEG:
    case KIND_PNG:
        count = 1;
        break;
    case KIND_TIFF:
        count = picture_count_tiff(fd);
        break;
    }
    close(fd);
    return count;
}

int picture_open(const char *path, unsigned index, struct raster **ret)
{
    int fd = open_file(path);

    if (fd < 0)
        return fd;
    switch (kind_of(fd)) {
    case KIND_JPEG:
        return picture_open_jpeg(fd, ret);
    case KIND_PNG:
        return picture_open_png(fd, ret);
    case KIND_TIFF:
        return picture_open_tiff(fd, index, ret);
    case KIND_NONE:
        break;
    }
    close(fd);
    return -ENOTSUP;
}

/* --------------------------------------------------------------------- JPEG */

struct jpeg {
    struct raster raster;
    struct jpeg_decompress_struct cinfo;
    struct jpeg_error_mgr errors;
    jmp_buf failed;
    FILE *file;
    uint8_t *ink; /* a row of CMYK */
};

static void jpeg_error(j_common_ptr cinfo)
{
    longjmp(((struct jpeg *)cinfo->client_data)->failed, 1);
}

static void jpeg_message(j_common_ptr cinfo)
{
    (void)cinfo;
}

static void jpeg_free(struct raster *raster)
{
    struct jpeg *jpeg = (struct jpeg *)raster;

    jpeg_destroy_decompress(&jpeg->cinfo);
    if (jpeg->file)
        fclose(jpeg->file);
    free(jpeg->ink);
    free(jpeg);
}

static void ink_to_rgb(const struct jpeg *jpeg, uint8_t *row)
{
    /* Adobe writes 255 for no ink, everybody else 0. */
    unsigned flip = jpeg->cinfo.saw_Adobe_marker ? 0 : 255;

    for (uint32_t x = 0; x < jpeg->raster.info.width; x++) {
        const uint8_t *ink = jpeg->ink + (size_t)x * 4;

        for (int c = 0; c < 3; c++)
            row[(size_t)x * 3 + (size_t)c] = (uint8_t)((ink[c] ^ flip) * (ink[3] ^ flip) / 255);
    }
}

static int jpeg_row(struct raster *raster, uint8_t *row)
{
    struct jpeg *jpeg = (struct jpeg *)raster;
    JSAMPROW out = jpeg->ink ? jpeg->ink : row;

    if (setjmp(jpeg->failed))
        return -EBADMSG;
    jpeg_read_scanlines(&jpeg->cinfo, &out, 1);
    if (jpeg->ink)
        ink_to_rgb(jpeg, row);
    return 0;
}

static uint32_t dots(double density, int unit)
{
    double dpi = unit == 1 ? density : unit == 2 ? density * 2.54 : 0;

    return dpi >= 1 && dpi <= RASTER_MAX_DPI ? (uint32_t)(dpi + 0.5) : 0;
}

static int start_jpeg(struct jpeg *jpeg)
{
    struct jpeg_decompress_struct *cinfo = &jpeg->cinfo;

    if (setjmp(jpeg->failed))
        return -EBADMSG;
    jpeg_create_decompress(cinfo);
    jpeg_stdio_src(cinfo, jpeg->file);
    jpeg_read_header(cinfo, TRUE);
    if (jpeg_has_multiple_scans(cinfo) &&
        (uint64_t)cinfo->image_width * cinfo->image_height * (unsigned)cinfo->num_components * 2 >
            PICTURE_MAX_BAND)
        return -EFBIG;
    cinfo->out_color_space = cinfo->num_components == 1   ? JCS_GRAYSCALE
                             : cinfo->num_components == 4 ? JCS_CMYK
                                                          : JCS_RGB;
    jpeg_start_decompress(cinfo);
    jpeg->raster.info = (struct raster_info){
        .width = cinfo->output_width,
        .height = cinfo->output_height,
        .mode = cinfo->num_components == 1 ? RASTER_GRAY8 : RASTER_RGB24,
        .dpi_x = cinfo->saw_JFIF_marker ? dots(cinfo->X_density, cinfo->density_unit) : 0,
        .dpi_y = cinfo->saw_JFIF_marker ? dots(cinfo->Y_density, cinfo->density_unit) : 0,
    };
    if (cinfo->num_components == 4) {
        jpeg->ink = malloc((size_t)cinfo->output_width * 4);
        return jpeg->ink ? 0 : -ENOMEM;
    }
    return 0;
}

int picture_open_jpeg(int fd, struct raster **ret)
{
    struct jpeg *jpeg = calloc(1, sizeof *jpeg);
    int r;

    if (!jpeg) {
        close(fd);
        return -ENOMEM;
    }
    jpeg->cinfo.err = jpeg_std_error(&jpeg->errors);
    jpeg->errors.error_exit = jpeg_error;
    jpeg->errors.output_message = jpeg_message;
    jpeg->cinfo.client_data = jpeg;
    jpeg->raster = (struct raster){.read_row = jpeg_row, .free = jpeg_free};
    jpeg->file = fdopen(fd, "rb");
    if (!jpeg->file) {
        close(fd);
        r = -ENOMEM;
    } else {
        r = start_jpeg(jpeg);
    }
    if (r < 0) {
        jpeg_free(&jpeg->raster);
        return r;
    }
    *ret = &jpeg->raster;
    return 0;
}

/* ---------------------------------------------------------------------- PNG */

struct png {
    struct raster raster;
    png_structp png;
    png_infop info;
    FILE *file;
    int spool; /* interlaced: the rows, else -1 */
    uint32_t next_row;
};

static void png_failed(png_structp png_ptr, png_const_charp message)
{
    (void)message;
    png_longjmp(png_ptr, 1);
}

static void png_warned(png_structp png_ptr, png_const_charp message)
{
    (void)png_ptr;
    (void)message;
}

static void png_free_raster(struct raster *raster)
{
    struct png *png = (struct png *)raster;

    png_destroy_read_struct(&png->png, &png->info, NULL);
    if (png->file)
        fclose(png->file);
    if (png->spool >= 0)
        close(png->spool);
    free(png);
}

static int read_png_row(struct png *png, uint8_t *row)
{
    if (setjmp(png_jmpbuf(png->png)))
        return -EBADMSG;
    png_read_row(png->png, row, NULL);
    return 0;
}

static int png_row(struct raster *raster, uint8_t *row)
{
    struct png *png = (struct png *)raster;
    size_t size = raster_row_bytes(&raster->info);

    if (png->spool < 0)
        return read_png_row(png, row);
    return spool_read(png->spool, (off_t)png->next_row++ * (off_t)size, row, size);
}

/* Each pass adds to the rows of the pass before, which libpng wants handed back to it. */
static int spool_passes(struct png *png, int passes)
{
    size_t size = raster_row_bytes(&png->raster.info);
    uint8_t *row = calloc(1, size);
    int r = row ? 0 : -ENOMEM;

    png->spool = spool_open(NULL);
    if (r == 0 && png->spool < 0)
        r = png->spool;
    for (int pass = 0; r == 0 && pass < passes; pass++) {
        for (uint32_t y = 0; r == 0 && y < png->raster.info.height; y++) {
            off_t at = (off_t)y * (off_t)size;

            if (pass > 0)
                r = spool_read(png->spool, at, row, size);
            if (r == 0)
                r = read_png_row(png, row);
            if (r == 0)
                r = spool_write(png->spool, at, row, size);
        }
    }
    free(row);
    return r;
}

/* To 8 bits of gray or RGB on white paper. */
static void set_transforms(struct png *png)
{
    png_color_16 white = {.index = 0, .red = 255, .green = 255, .blue = 255, .gray = 255};
    bool alpha = (png_get_color_type(png->png, png->info) & PNG_COLOR_MASK_ALPHA) ||
                 png_get_valid(png->png, png->info, PNG_INFO_tRNS);

    png_set_expand(png->png);
    png_set_scale_16(png->png);
    if (alpha) {
        if (png_get_bit_depth(png->png, png->info) == 16)
            white.red = white.green = white.blue = white.gray = 65535;
        png_set_background_fixed(png->png, &white, PNG_BACKGROUND_GAMMA_SCREEN, 0, 0);
    }
}

static int start_png(struct png *png, int *ret_passes)
{
    png_uint_32 x = 0, y = 0;
    int unit = PNG_RESOLUTION_UNKNOWN;

    if (setjmp(png_jmpbuf(png->png)))
        return -EBADMSG;
    png_init_io(png->png, png->file);
    png_set_user_limits(png->png, RASTER_MAX_SIDE, RASTER_MAX_SIDE);
    png_read_info(png->png, png->info);
    set_transforms(png);
    *ret_passes = png_set_interlace_handling(png->png);
    png_get_pHYs(png->png, png->info, &x, &y, &unit);
    png_read_update_info(png->png, png->info);
    png->raster.info = (struct raster_info){
        .width = png_get_image_width(png->png, png->info),
        .height = png_get_image_height(png->png, png->info),
        .mode = png_get_channels(png->png, png->info) == 1 ? RASTER_GRAY8 : RASTER_RGB24,
        .dpi_x = dots(x / 100.0, unit == PNG_RESOLUTION_METER ? 2 : 0),
        .dpi_y = dots(y / 100.0, unit == PNG_RESOLUTION_METER ? 2 : 0),
    };
    if (png_get_rowbytes(png->png, png->info) != raster_row_bytes(&png->raster.info))
        return -ENOTSUP;
    return 0;
}

int picture_open_png(int fd, struct raster **ret)
{
    struct png *png = calloc(1, sizeof *png);
    int r = -ENOMEM, passes = 1;

    if (!png) {
        close(fd);
        return -ENOMEM;
    }
    png->spool = -1;
    png->raster = (struct raster){.read_row = png_row, .free = png_free_raster};
    png->file = fdopen(fd, "rb");
    if (!png->file)
        close(fd);
    png->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, png_failed, png_warned);
    png->info = png->png ? png_create_info_struct(png->png) : NULL;
    if (png->file && png->info)
        r = start_png(png, &passes);
    if (r == 0 && passes > 1)
        r = spool_passes(png, passes);
    if (r < 0) {
        png_free_raster(&png->raster);
        return r;
    }
    *ret = &png->raster;
    return 0;
}
