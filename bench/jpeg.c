/* SPDX-License-Identifier: MIT */
/*
 * A JPEG like that of a photograph on the glass, and the least that it costs to decode one.
 *
 * usage: jpeg make FILE WIDTH HEIGHT   Writes one in colour, with grain that does not compress
 * well. jpeg decode FILE              Decodes it by libjpeg, row by row; prints the seconds as
 * JSON.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jpeglib.h>

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fill(uint8_t *row, uint32_t width, uint32_t y, uint32_t *state)
{
    for (uint32_t x = 0; x < width; x++) {
        *state = *state * 1664525u + 1013904223u;
        uint32_t grain = *state >> 26, shade = (x / 16 + y / 16) & 127;
        for (uint32_t c = 0; c < 3; c++)
            *row++ = (uint8_t)(shade + (grain >> c));
    }
}

static int make(FILE *file, uint32_t width, uint32_t height)
{
    struct jpeg_error_mgr errors;
    struct jpeg_compress_struct jpeg = {.err = jpeg_std_error(&errors)};
    uint8_t *row = malloc((size_t)width * 3);
    uint32_t state = 1;

    if (!row)
        return 1;
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = width;
    jpeg.image_height = height;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 92, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    for (uint32_t y = 0; y < height; y++) {
        fill(row, width, y, &state);
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    free(row);
    return 0;
}

static int decode(FILE *file)
{
    struct jpeg_error_mgr errors;
    struct jpeg_decompress_struct jpeg = {.err = jpeg_std_error(&errors)};
    double began = now();

    jpeg_create_decompress(&jpeg);
    jpeg_stdio_src(&jpeg, file);
    jpeg_read_header(&jpeg, TRUE);
    jpeg_start_decompress(&jpeg);
    uint8_t *row = malloc((size_t)jpeg.output_width * 3);
    if (!row)
        return 1;
    while (jpeg.output_scanline < jpeg.output_height)
        jpeg_read_scanlines(&jpeg, &row, 1);
    jpeg_finish_decompress(&jpeg);
    printf("{\"seconds\": %.6f, \"rows\": %u}\n", now() - began, jpeg.output_height);
    jpeg_destroy_decompress(&jpeg);
    free(row);
    return 0;
}

int main(int argc, char **argv)
{
    bool making = argc == 5 && strcmp(argv[1], "make") == 0;
    FILE *file = argc >= 3 ? fopen(argv[2], making ? "wb" : "rb") : NULL;

    if (!file)
        return 2;
    int code = making ? make(file, (uint32_t)strtoul(argv[3], NULL, 10),
                             (uint32_t)strtoul(argv[4], NULL, 10))
                      : decode(file);
    fclose(file);
    return code;
}
