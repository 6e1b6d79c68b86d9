/* SPDX-License-Identifier: MIT */
/*
 * Scratch folders, samples and shorthands.
 */
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jpeglib.h>
#include <png.h>
#include <tiffio.h>

int folder_setup(void **state)
{
    const char *base = getenv("TMPDIR");
    char path[512];
    snprintf(path, sizeof path, "%s/wsd-output-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(path))
        return -1;
    *state = strdup(path);
    return *state ? 0 : -1;
}

static void each_entry(const char *folder, unsigned *count, int remove_them)
{
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        ++*count;
        if (remove_them)
            unlinkat(dirfd(dir), e->d_name, 0);
    }
    closedir(dir);
}

int folder_teardown(void **state)
{
    unsigned count = 0;
    each_entry(*state, &count, 1);
    int r = rmdir(*state);
    free(*state);
    return r;
}

unsigned file_count(const char *folder)
{
    unsigned count = 0;
    each_entry(folder, &count, 0);
    return count;
}

void sample_pixel(uint32_t x, uint32_t y, uint8_t rgb[3])
{
    rgb[0] = (uint8_t)(x * 5 + y);
    rgb[1] = (uint8_t)(y * 3);
    rgb[2] = (uint8_t)(x ^ y);
}

static uint8_t *sample_rgb(uint32_t width, uint32_t height)
{
    uint8_t *rgb = malloc((size_t)width * height * 3);
    assert_non_null(rgb);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            sample_pixel(x, y, rgb + ((size_t)y * width + x) * 3);
    return rgb;
}

struct bytes sample_jpeg(uint32_t width, uint32_t height, unsigned dpi)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *out = NULL;
    unsigned long len = 0;
    uint8_t *rgb = sample_rgb(width, height);
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &out, &len);
    jpeg.image_width = width;
    jpeg.image_height = height;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 95, TRUE);
    jpeg.density_unit = dpi ? 1 : 0;
    jpeg.X_density = jpeg.Y_density = (UINT16)(dpi ? dpi : 1);
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < height) {
        JSAMPROW row = rgb + (size_t)jpeg.next_scanline * width * 3;
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    free(rgb);
    return (struct bytes){out, len};
}

struct bytes sample_png(uint32_t width, uint32_t height)
{
    png_image image = {.version = PNG_IMAGE_VERSION, .width = width, .height = height};
    uint8_t *rgb = sample_rgb(width, height);
    png_alloc_size_t len = 0;
    image.format = PNG_FORMAT_RGB;
    assert_true(png_image_write_to_memory(&image, NULL, &len, 0, rgb, 0, NULL));
    uint8_t *out = malloc(len);
    assert_non_null(out);
    assert_true(png_image_write_to_memory(&image, out, &len, 0, rgb, 0, NULL));
    free(rgb);
    return (struct bytes){out, len};
}

static void put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static struct bytes dib(uint32_t width, int32_t height, uint8_t bits, uint32_t colours)
{
    uint32_t rows = height < 0 ? (uint32_t)-height : (uint32_t)height;
    size_t stride = ((size_t)width * bits + 31) / 32 * 4;
    struct bytes out = {.len = 40 + colours * 4 + stride * rows};
    out.data = calloc(1, out.len);
    assert_non_null(out.data);
    put32(out.data, 40);
    put32(out.data + 4, width);
    put32(out.data + 8, (uint32_t)height);
    out.data[12] = 1;
    out.data[14] = bits;
    put32(out.data + 24, 11811); /* 300 dpi in dots per metre */
    put32(out.data + 28, 11811);
    return out;
}

struct bytes sample_dib(uint32_t width, int32_t height)
{
    struct bytes out = dib(width, height, 24, 0);
    uint32_t rows = height < 0 ? (uint32_t)-height : (uint32_t)height;
    size_t stride = ((size_t)width * 24 + 31) / 32 * 4;
    for (uint32_t y = 0; y < rows; y++)
        for (uint32_t x = 0; x < width; x++) {
            uint8_t rgb[3];
            sample_pixel(x, y, rgb);
            uint8_t *at = out.data + 40 + (height < 0 ? y : rows - 1 - y) * stride + x * 3;
            at[0] = rgb[2];
            at[1] = rgb[1];
            at[2] = rgb[0];
        }
    return out;
}

/* Black where x + y is a multiple of 3. */
struct bytes sample_dib_bits(uint32_t width, uint32_t height)
{
    struct bytes out = dib(width, (int32_t)height, 1, 2);
    size_t stride = ((size_t)width + 31) / 32 * 4;
    memset(out.data + 40, 255, 3);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            if ((x + y) % 3 == 0)
                out.data[48 + (height - 1 - y) * stride + x / 8] |= (uint8_t)(0x80 >> x % 8);
    return out;
}

struct bytes sample_tiff(const char *folder, uint32_t width, uint32_t height, unsigned pages)
{
    char path[600];
    uint8_t *rgb = sample_rgb(width, height);
    snprintf(path, sizeof path, "%s/sample", folder);
    TIFF *tiff = TIFFOpen(path, "w");
    assert_non_null(tiff);
    for (unsigned i = 0; i < pages; i++) {
        TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, width);
        TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, height);
        TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
        TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 3);
        TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_RGB);
        TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, height);
        assert_true(TIFFWriteEncodedStrip(tiff, 0, rgb, (tmsize_t)width * height * 3) > 0);
        assert_int_equal(TIFFWriteDirectory(tiff), 1);
    }
    TIFFClose(tiff);
    free(rgb);
    struct bytes out = file_read(folder, "sample");
    unlink(path);
    return out;
}

struct bytes file_read(const char *folder, const char *name)
{
    char path[600];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        fail_msg("%s does not exist", name);
    assert_int_equal(fstat(fd, &st), 0);
    struct bytes out = {.len = (size_t)st.st_size};
    out.data = malloc(out.len + 1);
    assert_non_null(out.data);
    assert_int_equal(read(fd, out.data, out.len), st.st_size);
    close(fd);
    return out;
}

void file_write(const char *folder, const char *name, const char *text)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

void assert_file_is(const char *folder, const char *name, struct bytes expected)
{
    struct bytes found = file_read(folder, name);
    assert_int_equal(found.len, expected.len);
    assert_memory_equal(found.data, expected.data, expected.len);
    free(found.data);
}

int send_page(struct output *output, struct bytes page, size_t chunk)
{
    int r = output_page_begin(output);
    if (r < 0)
        return r;
    for (size_t at = 0; r == 0 && at < page.len; at += chunk)
        r = output_page_write(output, page.data + at,
                              page.len - at < chunk ? page.len - at : chunk);
    int end = output_page_end(output, true);
    return r < 0 ? r : end;
}

struct output *open_output(struct output_options options, const char *folder, const char *pattern)
{
    struct output *output = NULL;
    struct output_error error;
    options.folder = folder;
    options.pattern = pattern;
    if (output_open(&options, &output, &error) < 0)
        fail_msg("%s", error.text);
    return output;
}
