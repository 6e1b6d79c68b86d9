/* SPDX-License-Identifier: MIT */
/*
 * A PNG's data are a stream of zlib with predicted rows, and so are those of an image in a PDF
 * whose predictor is one of PNG (ISO 32000-1, 7.4.4.4): only the chunks have to be put about them.
 * Fax is the data of a TIFF's only strip, and so is what predictor 2 deflated.
 */
#include "pdf_feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <tiff.h>
#include <zlib.h>

#include "bytes.h"

#define PIECE 16384u /* bytes of the file at once */
#define FRAME 1024u  /* more than all that is put before the data, or about a piece of them */

enum { PNG_GRAY = 0, PNG_RGB = 2, PNG_PALETTE = 3 };

struct pdf_feed {
    int fd;
    uint64_t at, left; /* of what is stored */
    const struct pdf_image *image;
    enum pdf_frame frame;
    bool inflates, over;
    z_stream z;
    size_t out_size, out_at; /* of what is ready to be read */
    uint8_t in[PIECE], out[PIECE + FRAME];
};

/* -- what is stored -----------------------------------------------------------------------------
 */

static ssize_t read_stored(struct pdf_feed *feed, void *buffer, size_t size)
{
    size = size < feed->left ? size : (size_t)feed->left;
    if (size > 0 && !read_at(feed->fd, buffer, size, feed->at))
        return -EIO;
    feed->at += size;
    feed->left -= size;
    return (ssize_t)size;
}

static ssize_t read_inflated(struct pdf_feed *feed, void *buffer, size_t size)
{
    z_stream *z = &feed->z;

    z->next_out = buffer;
    z->avail_out = (uInt)(size < PIECE ? size : PIECE);
    size = z->avail_out;
    while (z->avail_out == size && !feed->over) {
        if (z->avail_in == 0) {
            ssize_t n = read_stored(feed, feed->in, sizeof feed->in);
            if (n <= 0)
                return n;
            z->next_in = feed->in;
            z->avail_in = (uInt)n;
        }
        int state = inflate(z, Z_NO_FLUSH);
        feed->over = state == Z_STREAM_END;
        if (state != Z_OK && !feed->over)
            return state == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
    }
    return (ssize_t)(size - z->avail_out);
}

static ssize_t read_plain(struct pdf_feed *feed, void *buffer, size_t size)
{
    return feed->inflates ? read_inflated(feed, buffer, size) : read_stored(feed, buffer, size);
}

/* -- as a PNG -----------------------------------------------------------------------------------
 */

/* Data of `size` bytes lie 8 bytes behind the end of what is ready. */
static void end_chunk(struct pdf_feed *feed, const char type[static 4], size_t size)
{
    uint8_t *chunk = feed->out + feed->out_size;

    put_be32(chunk, (uint32_t)size);
    memcpy(chunk + 4, type, 4);
    put_be32(chunk + 8 + size, (uint32_t)crc32(crc32(0, NULL, 0), chunk + 4, (uInt)size + 4));
    feed->out_size += size + 12;
}

static void begin_png(struct pdf_feed *feed)
{
    static const uint8_t signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    const struct pdf_image *image = feed->image;
    uint8_t *data = feed->out + sizeof signature + 8;

    memcpy(feed->out, signature, sizeof signature);
    feed->out_size = sizeof signature;
    memset(data, 0, 13);
    put_be32(data, image->width);
    put_be32(data + 4, image->height);
    data[8] = (uint8_t)image->bits;
    data[9] = image->colours ? PNG_PALETTE : image->samples == 1 ? PNG_GRAY : PNG_RGB;
    end_chunk(feed, "IHDR", 13);
    if (image->colours) {
        memcpy(feed->out + feed->out_size + 8, image->palette, (size_t)image->colours * 3);
        end_chunk(feed, "PLTE", (size_t)image->colours * 3);
    }
}

static ssize_t next_chunk(struct pdf_feed *feed)
{
    ssize_t n = read_stored(feed, feed->out + 8, PIECE);

    if (n < 0)
        return n;
    feed->over = n == 0;
    end_chunk(feed, n > 0 ? "IDAT" : "IEND", (size_t)n);
    return (ssize_t)feed->out_size;
}

/* -- as a TIFF ----------------------------------------------------------------------------------
 */

/* Without a flag that says so, a fax' black is the sample 0 (7.4.6), which is white to a TIFF whose
 * black is 1; all that is to be turned over is turned over afterwards. */
static void begin_tiff(struct pdf_feed *feed)
{
    const struct pdf_image *image = feed->image;
    bool fax = image->coding == PDF_FAX;
    uint32_t photometric = fax                   ? PHOTOMETRIC_MINISWHITE
                           : image->samples == 1 ? PHOTOMETRIC_MINISBLACK
                                                 : PHOTOMETRIC_RGB;
    enum { ENTRIES = 10, BITS_AT = 8 + 2 + ENTRIES * 12 + 4, DATA_AT = BITS_AT + 6 };
    const uint32_t entries[ENTRIES][4] = {
        {TIFFTAG_IMAGEWIDTH, TIFF_LONG, 1, image->width},
        {TIFFTAG_IMAGELENGTH, TIFF_LONG, 1, image->height},
        {TIFFTAG_BITSPERSAMPLE, TIFF_SHORT, image->samples,
         image->samples == 1 ? image->bits : BITS_AT},
        {TIFFTAG_COMPRESSION, TIFF_SHORT, 1,
         fax ? COMPRESSION_CCITTFAX4 : COMPRESSION_ADOBE_DEFLATE},
        {TIFFTAG_PHOTOMETRIC, TIFF_SHORT, 1, photometric},
        {TIFFTAG_STRIPOFFSETS, TIFF_LONG, 1, DATA_AT},
        {TIFFTAG_SAMPLESPERPIXEL, TIFF_SHORT, 1, image->samples},
        {TIFFTAG_ROWSPERSTRIP, TIFF_LONG, 1, image->height},
        {TIFFTAG_STRIPBYTECOUNTS, TIFF_LONG, 1, (uint32_t)image->size},
        {TIFFTAG_PREDICTOR, TIFF_SHORT, 1, fax ? PREDICTOR_NONE : PREDICTOR_HORIZONTAL},
    };
    uint8_t *p = feed->out;

    memset(p, 0, DATA_AT);
    memcpy(p, "II*\0\10\0\0\0\12", 9);
    p += 10;
    for (size_t i = 0; i < ENTRIES; i++, p += 12) {
        put_le32(p, entries[i][0] | entries[i][1] << 16);
        put_le32(p + 4, entries[i][2]);
        put_le32(p + 8, entries[i][3]);
    }
    for (size_t i = 0; i < 3; i++)
        feed->out[BITS_AT + 2 * i] = (uint8_t)image->bits;
    feed->out_size = DATA_AT;
}

/* -- all together -------------------------------------------------------------------------------
 */

static enum pdf_frame frame_of(const struct pdf_image *image)
{
    if (image->coding == PDF_FAX)
        return PDF_FRAME_TIFF;
    if (image->coding == PDF_JPEG || image->predictor == 1)
        return PDF_FRAME_NONE;
    return image->predictor == 2 ? PDF_FRAME_TIFF : PDF_FRAME_PNG;
}

int pdf_feed_open(int fd, uint64_t at, const struct pdf_image *image, struct pdf_feed **ret)
{
    struct pdf_feed *feed = calloc(1, sizeof *feed);

    if (!feed)
        return -ENOMEM;
    feed->fd = fd;
    feed->at = at;
    feed->left = image->size;
    feed->image = image;
    feed->frame = frame_of(image);
    /* A frame's library inflates by itself. */
    feed->inflates = image->deflated && (feed->frame == PDF_FRAME_NONE || image->coding == PDF_FAX);
    if (feed->inflates && inflateInit(&feed->z) != Z_OK) {
        free(feed);
        return -ENOMEM;
    }
    if (feed->frame == PDF_FRAME_PNG)
        begin_png(feed);
    else if (feed->frame == PDF_FRAME_TIFF)
        begin_tiff(feed);
    *ret = feed;
    return 0;
}

void pdf_feed_close(struct pdf_feed *feed)
{
    if (!feed)
        return;
    if (feed->inflates)
        inflateEnd(&feed->z);
    free(feed);
}

enum pdf_frame pdf_feed_frame(const struct pdf_feed *feed)
{
    return feed->frame;
}

ssize_t pdf_feed_read(struct pdf_feed *feed, void *buffer, size_t size)
{
    if (feed->out_at == feed->out_size) {
        feed->out_at = feed->out_size = 0;
        if (feed->frame != PDF_FRAME_PNG)
            return read_plain(feed, buffer, size);
        ssize_t n = feed->over ? 0 : next_chunk(feed);
        if (n <= 0)
            return n;
    }
    size_t left = feed->out_size - feed->out_at;
    size = size < left ? size : left;
    memcpy(buffer, feed->out + feed->out_at, size);
    feed->out_at += size;
    return (ssize_t)size;
}
