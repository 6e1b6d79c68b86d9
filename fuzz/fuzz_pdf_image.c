/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a PDF that a scanner sent. Its pages open or are refused by an error that the reader
 * names; what opens has the size that was told before, and no row is longer than that says.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "raster/picture_pdf.h"

#define ROW_BYTES_MAX (1u << 20)
#define ROWS_MAX      2048u
#define PIXELS_MAX    (1u << 24)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void read_rows(struct raster *raster)
{
    size_t size = raster_row_bytes(&raster->info);
    uint8_t *row = size <= ROW_BYTES_MAX ? malloc(size) : NULL;

    for (uint32_t y = 0; row && y < raster->info.height && y < ROWS_MAX; y++)
        if (raster->read_row(raster, row) < 0)
            break;
    free(row);
}

/* How many pages there are. */
static unsigned read_page(int fd, unsigned page)
{
    struct picture_pdf pdf = {.pixels_max = PIXELS_MAX};
    struct raster *raster = NULL;
    int r = picture_pdf_open(fd, page, &pdf, &raster);

    require(r == 0 || r == -EBADMSG || r == -ENOTSUP || r == -EFBIG || r == -EINVAL ||
            r == -ENOMEM);
    if (r < 0) {
        require(!raster && (r != -ENOTSUP || pdf.why || pdf.width > 0));
        return pdf.pages;
    }
    const struct raster_info *info = &raster->info;
    require(page < pdf.pages && (uint64_t)pdf.width * pdf.height <= PIXELS_MAX);
    require((info->width == pdf.width && info->height == pdf.height) ||
            (info->width == pdf.height && info->height == pdf.width));
    read_rows(raster);
    raster_free(raster);
    return pdf.pages;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("page", 0);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    unsigned pages = read_page(fd, 0);
    if (pages > 1)
        read_page(fd, pages - 1);
    close(fd);
    return 0;
}
