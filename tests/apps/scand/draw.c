/* SPDX-License-Identifier: MIT */
/*
 * Draws pages for the tests: draw FORMAT WIDTH HEIGHT DPI KIND SEED FILE. What a scanner makes of
 * paper is imitated as far as it matters: noise, grey, holes, dust, shadows, show-through, print.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output/image.h"
#include "raster/filter.h"
#include "raster/font.h"
#include "raster/pdf.h"

struct page {
    uint32_t width, height, dpi;
    uint8_t *gray;
    uint32_t seed;
};

static uint32_t chance(struct page *page)
{
    page->seed = page->seed * 1664525u + 1013904223u;
    return page->seed >> 8;
}

static uint32_t mm(const struct page *page, double length)
{
    return (uint32_t)(length * page->dpi / 25.4);
}

static void dot(struct page *page, uint32_t x, uint32_t y, uint8_t gray)
{
    if (x < page->width && y < page->height)
        page->gray[(size_t)y * page->width + x] = gray;
}

static void box(struct page *page, uint32_t x, uint32_t y, uint32_t w, uint32_t h, uint8_t gray)
{
    for (uint32_t j = y; j < y + h; j++)
        for (uint32_t i = x; i < x + w; i++)
            dot(page, i, j, gray);
}

static void disc(struct page *page, double x, double y, double diameter, uint8_t gray)
{
    int64_t r = mm(page, diameter / 2), cx = mm(page, x), cy = mm(page, y);

    for (int64_t j = -r; j <= r; j++)
        for (int64_t i = -r; i <= r; i++)
            if (i * i + j * j <= r * r && cx + i >= 0 && cy + j >= 0)
                dot(page, (uint32_t)(cx + i), (uint32_t)(cy + j), gray);
}

static void text(struct page *page, double x, double y, double height, const char *what,
                 uint8_t gray)
{
    uint32_t module = mm(page, height / 7), left = mm(page, x), top = mm(page, y);

    module = module ? module : 1;
    for (; *what; what++, left += FONT_ADVANCE * module) {
        const uint8_t *glyph = font_glyph(*what);
        for (uint32_t row = 0; row < FONT_ROWS; row++)
            for (uint32_t column = 0; column < FONT_COLUMNS; column++)
                if (glyph[row] >> (FONT_COLUMNS - 1 - column) & 1)
                    box(page, left + column * module, top + row * module, module, module, gray);
    }
}

static void noise(struct page *page, unsigned most)
{
    size_t count = (size_t)page->width * page->height;

    for (size_t i = 0; i < count; i++) {
        int gray = page->gray[i] + (int)(chance(page) % (most * 2 + 1)) - (int)most;
        page->gray[i] = (uint8_t)(gray < 0 ? 0 : gray > 255 ? 255 : gray);
    }
}

static void paper(struct page *page, uint8_t gray)
{
    memset(page->gray, gray, (size_t)page->width * page->height);
}

/* -- kinds --------------------------------------------------------------------------------------
 */

static void draw_white(struct page *page)
{
    paper(page, 255);
}

static void draw_noise(struct page *page)
{
    paper(page, 240);
    noise(page, 15);
}

static void draw_grey(struct page *page)
{
    paper(page, 205);
    noise(page, 12);
}

static void draw_holes(struct page *page)
{
    draw_noise(page);
    disc(page, 12, 108, 6, 40);
    disc(page, 12, 188, 6, 40);
}

static void draw_holes_us(struct page *page)
{
    draw_noise(page);
    disc(page, 10, 32, 8, 0);
    disc(page, 10, 140, 8, 0);
    disc(page, 10, 247, 8, 0);
}

static void draw_dust(struct page *page)
{
    draw_noise(page);
    for (unsigned i = 0; i < 30; i++)
        box(page, chance(page) % page->width, chance(page) % page->height, mm(page, 0.3),
            mm(page, 0.3), 90);
}

static void draw_shadow(struct page *page)
{
    draw_noise(page);
    box(page, 0, 0, mm(page, 2), page->height, 120);
    box(page, 0, page->height - mm(page, 1.5), page->width, mm(page, 1.5), 60);
}

static void draw_through(struct page *page)
{
    paper(page, 240);
    for (unsigned line = 0; line < 20; line++)
        text(page, 20, 30 + line * 8, 3, "the other side shines through the paper", 228);
    noise(page, 10);
}

static void draw_line(struct page *page)
{
    draw_noise(page);
    text(page, 25, 100, 2.5, "One line of text.", 40);
}

static void draw_number(struct page *page)
{
    draw_noise(page);
    text(page, 100, 280, 2.5, "- 7 -", 40);
}

static void draw_pale(struct page *page)
{
    draw_grey(page);
    text(page, 25, 100, 3, "A pale stamp of 2026", 130);
}

static void draw_pen(struct page *page)
{
    draw_noise(page);
    for (uint32_t i = 0; i < mm(page, 40); i++)
        box(page, mm(page, 60) + i, mm(page, 120) + i / 5, mm(page, 0.4), mm(page, 0.4), 110);
}

static void draw_ring(struct page *page) /* as large as a hole, and no hole */
{
    draw_noise(page);
    disc(page, 12, 108, 8, 40);
    disc(page, 12, 108, 6, 240);
}

static void draw_black(struct page *page)
{
    paper(page, 20);
    noise(page, 10);
}

static void draw_text(struct page *page)
{
    char line[40];

    draw_noise(page);
    for (unsigned i = 0; i < 30; i++) {
        snprintf(line, sizeof line, "line %u of page %u: %08x", i, page->seed % 1000, chance(page));
        text(page, 20, 20 + i * 8, 3, line, (uint8_t)(i * 5));
    }
}

static const struct {
    const char *name;
    void (*draw)(struct page *page);
} kinds[] = {
    {"white", draw_white},   {"noise", draw_noise},       {"grey", draw_grey},
    {"holes", draw_holes},   {"holes-us", draw_holes_us}, {"dust", draw_dust},
    {"shadow", draw_shadow}, {"through", draw_through},   {"line", draw_line},
    {"number", draw_number}, {"pale", draw_pale},         {"pen", draw_pen},
    {"ring", draw_ring},     {"black", draw_black},       {"text", draw_text},
};

/* -- formats ------------------------------------------------------------------------------------
 */

struct memory {
    struct raster raster;
    const struct page *page;
    uint32_t y;
};

static int memory_row(struct raster *raster, uint8_t *row)
{
    struct memory *memory = (struct memory *)raster;

    memcpy(row, memory->page->gray + (size_t)memory->y++ * memory->page->width,
           memory->page->width);
    return 0;
}

static void memory_free(struct raster *raster)
{
    free(raster);
}

static int make_raster(const struct page *page, enum raster_mode mode, struct raster **ret)
{
    struct memory *memory = calloc(1, sizeof *memory);

    if (!memory)
        return -ENOMEM;
    memory->page = page;
    memory->raster = (struct raster){.info = {.width = page->width,
                                              .height = page->height,
                                              .mode = RASTER_GRAY8,
                                              .dpi_x = page->dpi,
                                              .dpi_y = page->dpi},
                                     .read_row = memory_row,
                                     .free = memory_free};
    return filter_mode(&memory->raster, mode, NULL, ret);
}

static int write_tiff(int fd, struct raster *raster)
{
    struct image_tiff *tiff = NULL;
    int r = image_tiff_create(fd, &tiff);

    if (r == 0) {
        r = image_tiff_add_raster(tiff, raster);
        int end = image_tiff_finish(tiff);
        r = r < 0 ? r : end;
    }
    raster_free(raster);
    return r;
}

static int write_pdf(int fd, struct raster *raster)
{
    struct pdf *pdf = NULL;
    int r = pdf_open(NULL, true, "made by the device", &pdf);

    if (r == 0)
        r = pdf_add_raster(pdf, raster, 80);
    if (r == 0)
        r = pdf_save(pdf, fd);
    pdf_free(pdf);
    raster_free(raster);
    return r;
}

static int write_jpeg(int fd, struct raster *raster)
{
    return image_write(fd, SNIFF_JPEG, raster, 80);
}

static int write_png(int fd, struct raster *raster)
{
    return image_write(fd, SNIFF_PNG, raster, 0);
}

static const struct {
    const char *name;
    enum raster_mode mode;
    int (*write)(int fd, struct raster *raster);
} formats[] = {
    {"jpeg", RASTER_RGB24, write_jpeg},  {"jpeg-gray", RASTER_GRAY8, write_jpeg},
    {"png", RASTER_RGB24, write_png},    {"png-gray", RASTER_GRAY8, write_png},
    {"png-bw", RASTER_BW1, write_png},   {"tiff", RASTER_RGB24, write_tiff},
    {"tiff-g4", RASTER_BW1, write_tiff}, {"pdfa", RASTER_GRAY8, write_pdf},
};

static int write_page(const char *format, const struct page *page, int fd)
{
    struct raster *raster = NULL;

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, format) == 0) {
            int r = make_raster(page, formats[i].mode, &raster);
            return r < 0 ? r : formats[i].write(fd, raster);
        }
    return -EINVAL;
}

static bool draw(struct page *page, const char *kind)
{
    page->gray = malloc((size_t)page->width * page->height);
    for (size_t i = 0; page->gray && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, kind) == 0) {
            kinds[i].draw(page);
            return true;
        }
    return false;
}

int main(int argc, char **argv)
{
    if (argc != 8)
        return 64;
    struct page page = {.width = (uint32_t)strtoul(argv[2], NULL, 10),
                        .height = (uint32_t)strtoul(argv[3], NULL, 10),
                        .dpi = (uint32_t)strtoul(argv[4], NULL, 10),
                        .seed = (uint32_t)strtoul(argv[6], NULL, 10)};
    int fd = open(argv[7], O_RDWR | O_CREAT | O_TRUNC, 0644);
    int r = fd >= 0 && draw(&page, argv[5]) ? write_page(argv[1], &page, fd) : -EINVAL;
    if (fd >= 0)
        close(fd);
    free(page.gray);
    if (r < 0)
        fprintf(stderr, "draw: %s\n", strerror(-r));
    return r < 0;
}
