/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: any bytes as a page. Whatever they are, the readers end, no row is read past
 * what the header promised, and a file whose end is said to be there opens or is refused by name.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "picture.h"

#define ROW_BYTES_MAX (1u << 20)
#define ROWS_MAX      4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_rows(struct raster *raster)
{
    size_t len = raster_row_bytes(&raster->info);
    uint8_t *row = len <= ROW_BYTES_MAX ? malloc(len) : NULL;
    for (uint32_t y = 0; row && y < raster->info.height && y < ROWS_MAX; y++)
        if (raster->read_row(raster, row) < 0)
            break;
    free(row);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t header[SNIFF_BMP_FILE_HEADER];
    size_t head = size < SNIFF_HEAD_BYTES ? size : SNIFF_HEAD_BYTES;
    enum sniff_kind kind = sniff(data, head);
    int fd = memfd_create("page", 0);
    if (fd < 0)
        return 0;
    size_t in_front = 0;
    if (kind == SNIFF_DIB && sniff_dib_header(data, head, header) == 0)
        in_front = sizeof header;
    if (write(fd, header, in_front) == (ssize_t)in_front &&
        write(fd, data, size) == (ssize_t)size) {
        struct picture_probe probe;
        struct raster *raster = NULL;
        sniff_incomplete(fd, size + in_front, kind);
        if (picture_probe(fd, kind, &probe) == 0 && probe.pages == 0)
            abort();
        if (picture_open(fd, kind, 0, &raster) == 0)
            read_rows(raster);
        raster_free(raster);
    }
    close(fd);
    return 0;
}
