/* SPDX-License-Identifier: MIT */
/*
 * qpdf's C interface hands a stream over as a whole, in memory, but for one call: that which writes
 * objects as JSON does it piece by piece, a stream's bytes as base64 under the key "data". Bytes
 * are fetched by that call; nothing else of the JSON is looked at. Cost: a megabyte and a half,
 * whatever the file's size, and some hundred bytes an object.
 *
 * qpdf would inflate cross-reference streams and object streams in memory, without a bound: they
 * are not read. PDF/A-1, which is what a scanner is asked for, knows neither.
 */
#include "pdf_page.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <qpdf/qpdf-c.h>
#include <zlib.h>

#include "bytes.h"
#include "pdf_paint.h"
#include "raster.h"

#define TAIL          1024u /* at the end of a file, in which its end mark is */
#define AWAY          1.5   /* points that strips may be apart, or lie upon one another */
#define SKEW          0.01  /* of a side, by which it may be out of the straight */
#define PALETTE_BYTES (3 * PDF_COLOURS_MAX)

struct reading {
    qpdf_data pdf;
    struct pdf_page *page;
    const struct pdf_sink *sink;
    struct pdf_paint paint;
};

static int refuse(struct reading *reading, int code, const char *why)
{
    if (!reading->page->why)
        reading->page->why = why;
    return code;
}

static int damaged(struct reading *reading, const char *why)
{
    return refuse(reading, -EBADMSG, why);
}

static int unsupported(struct reading *reading, const char *why)
{
    return refuse(reading, -ENOTSUP, why);
}

/* -- objects ------------------------------------------------------------------------------------
 */

/* A null object where there is none, or no dictionary. */
static qpdf_oh key(const struct reading *reading, qpdf_oh object, const char *name)
{
    return qpdf_oh_get_key_if_dict(reading->pdf, object, name);
}

static bool is_null(const struct reading *reading, qpdf_oh object)
{
    return qpdf_oh_is_null(reading->pdf, object);
}

static bool is_name(const struct reading *reading, qpdf_oh object, const char *name)
{
    return qpdf_oh_is_name_and_equals(reading->pdf, object, name);
}

static bool is_array(const struct reading *reading, qpdf_oh object)
{
    return qpdf_oh_is_array(reading->pdf, object);
}

static qpdf_oh item(const struct reading *reading, qpdf_oh array, int n)
{
    return qpdf_oh_get_array_item(reading->pdf, array, n);
}

static int items(const struct reading *reading, qpdf_oh array)
{
    return is_array(reading, array) ? qpdf_oh_get_array_n_items(reading->pdf, array) : 0;
}

static long long number(const struct reading *reading, qpdf_oh object, long long otherwise)
{
    long long value;

    return qpdf_oh_get_value_as_longlong(reading->pdf, object, &value) ? value : otherwise;
}

static bool truth(const struct reading *reading, qpdf_oh object, bool otherwise)
{
    QPDF_BOOL value;

    return qpdf_oh_get_value_as_bool(reading->pdf, object, &value) ? value : otherwise;
}

/* Of a thing that is there once or in a list of them: the nth, counted from 0. */
static qpdf_oh nth(const struct reading *reading, qpdf_oh object, int n)
{
    if (is_array(reading, object))
        return item(reading, object, n);
    return n == 0 ? object : qpdf_oh_new_null(reading->pdf);
}

/* Whether something was wrong since the last time that this was asked. */
static bool warned(const struct reading *reading)
{
    bool any = false;

    while (qpdf_more_warnings(reading->pdf)) {
        qpdf_next_warning(reading->pdf);
        any = true;
    }
    return any;
}

/* -- the bytes of a stream ----------------------------------------------------------------------
 */

struct fetching {
    int (*write)(void *user, const void *bytes, size_t size);
    void *user;
    int error;
    const char *awaited; /* what of `"data": "` is still to come; NULL: the bytes, or after them */
    bool within;
    uint8_t values[256]; /* of digits, and 1 more */
    uint32_t bits;
    unsigned n_bits;
    size_t n;
    uint8_t bytes[4096];
};

static const char mark[] = "\"data\": \"";

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void flush(struct fetching *fetching)
{
    if (fetching->n > 0 && fetching->error == 0)
        fetching->error = fetching->write(fetching->user, fetching->bytes, fetching->n);
    fetching->n = 0;
}

/* Four digits are three bytes; true while more of them may come. */
static bool on_digit(struct fetching *fetching, char c)
{
    unsigned value = fetching->values[(uint8_t)c];

    if (value == 0)
        return c != '"';
    fetching->bits = fetching->bits << 6 | (value - 1);
    fetching->n_bits += 6;
    if (fetching->n_bits >= 8) {
        fetching->n_bits -= 8;
        fetching->bytes[fetching->n++] = (uint8_t)(fetching->bits >> fetching->n_bits);
    }
    if (fetching->n == sizeof fetching->bytes)
        flush(fetching);
    return true;
}

/* A text in the JSON that says the same has its quotes escaped. */
static int on_json(const char *text, size_t size, void *user)
{
    struct fetching *fetching = user;

    for (size_t i = 0; i < size && fetching->error == 0; i++) {
        if (fetching->within) {
            fetching->within = on_digit(fetching, text[i]);
        } else if (fetching->awaited) {
            if (text[i] != *fetching->awaited)
                fetching->awaited = mark;
            if (text[i] == *fetching->awaited)
                fetching->awaited++;
            fetching->within = !*fetching->awaited;
            if (fetching->within)
                fetching->awaited = NULL;
        }
    }
    return fetching->error < 0 ? -1 : 0;
}

/* As they are stored. */
static int fetch(struct reading *reading, qpdf_oh stream,
                 int (*write)(void *user, const void *bytes, size_t size), void *user)
{
    struct fetching fetching = {.write = write, .user = user, .awaited = mark};
    char name[64];
    const char *wanted[] = {name, NULL};

    for (uint8_t i = 0; i < 64; i++)
        fetching.values[(uint8_t)digits[i]] = (uint8_t)(i + 1);
    snprintf(name, sizeof name, "obj:%d %d R", qpdf_oh_get_object_id(reading->pdf, stream),
             qpdf_oh_get_generation(reading->pdf, stream));
    warned(reading);
    int r = qpdf_write_json(reading->pdf, 2, on_json, &fetching, qpdf_dl_none, qpdf_sj_inline, "",
                            wanted);
    flush(&fetching);
    if (fetching.error < 0)
        return fetching.error;
    if ((r & QPDF_ERRORS) || fetching.awaited || fetching.within || warned(reading))
        return damaged(reading, "one of its streams cannot be read");
    return 0;
}

struct buffer {
    uint8_t *bytes;
    size_t size, max;
};

static int to_buffer(void *user, const void *bytes, size_t size)
{
    struct buffer *buffer = user;

    if (size > buffer->max - buffer->size)
        return -EFBIG;
    if (size == 0)
        return 0;
    uint8_t *grown = realloc(buffer->bytes, buffer->size + size);
    if (!grown)
        return -ENOMEM;
    memcpy(grown + buffer->size, bytes, size);
    buffer->bytes = grown;
    buffer->size += size;
    return 0;
}

/* Of a stream that ends early what there is. */
static int inflate_into(struct buffer *to, const struct buffer *from)
{
    z_stream z = {.next_in = from->bytes, .avail_in = (uInt)from->size};
    uint8_t piece[4096];
    int state = inflateInit(&z), r = state == Z_OK ? 0 : -ENOMEM;

    while (r == 0 && state == Z_OK) {
        z.next_out = piece;
        z.avail_out = sizeof piece;
        state = inflate(&z, Z_NO_FLUSH);
        r = to_buffer(to, piece, sizeof piece - z.avail_out);
    }
    inflateEnd(&z);
    return r;
}

/* What a small stream says, added to `to`: plain or deflated. */
static int read_small(struct reading *reading, qpdf_oh stream, struct buffer *to)
{
    qpdf_oh dictionary = qpdf_oh_get_dict(reading->pdf, stream);
    qpdf_oh filters = key(reading, dictionary, "/Filter");
    qpdf_oh filter = nth(reading, filters, 0);
    bool plain =
        is_null(reading, filters) || (is_array(reading, filters) && items(reading, filters) == 0);
    struct buffer stored = {.max = to->max};

    if (!plain && (items(reading, filters) > 1 || !is_name(reading, filter, "/FlateDecode")))
        return unsupported(reading, "its content is compressed in an unusual way");
    if (plain)
        return fetch(reading, stream, to_buffer, to);
    int r = fetch(reading, stream, to_buffer, &stored);
    if (r == 0)
        r = inflate_into(to, &stored);
    free(stored.bytes);
    return r;
}

/* -- one image ----------------------------------------------------------------------------------
 */

/* Samples a pixel; 0: not to be told. */
static unsigned samples_of(const struct reading *reading, qpdf_oh space)
{
    static const struct {
        const char *name;
        unsigned samples;
    } spaces[] = {
        {"/DeviceGray", 1}, {"/CalGray", 1}, {"/DeviceRGB", 3}, {"/CalRGB", 3}, {"/DeviceCMYK", 4}};
    qpdf_oh name = nth(reading, space, 0);

    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        if (is_name(reading, name, spaces[i].name))
            return spaces[i].samples;
    if (!is_name(reading, name, "/ICCBased"))
        return 0;
    qpdf_oh profile = nth(reading, space, 1);
    if (!qpdf_oh_is_stream(reading->pdf, profile))
        return 0;
    long long n = number(reading, key(reading, qpdf_oh_get_dict(reading->pdf, profile), "/N"), 0);
    return n == 1 || n == 3 || n == 4 ? (unsigned)n : 0;
}

static int read_lookup(struct reading *reading, qpdf_oh lookup, struct buffer *to)
{
    size_t size = 0;

    if (qpdf_oh_is_stream(reading->pdf, lookup))
        return read_small(reading, lookup, to);
    if (!qpdf_oh_is_string(reading->pdf, lookup))
        return damaged(reading, "its palette is missing");
    const char *bytes = qpdf_oh_get_binary_string_value(reading->pdf, lookup, &size);
    return to_buffer(to, bytes, size);
}

/* [/Indexed base high lookup] (8.6.6.3) */
static int read_palette(struct reading *reading, qpdf_oh space, struct pdf_image *image)
{
    unsigned samples = samples_of(reading, item(reading, space, 1));
    long long high = number(reading, item(reading, space, 2), -1);
    struct buffer lookup = {.max = 4 * PALETTE_BYTES};

    if (samples != 1 && samples != 3)
        return unsupported(reading, "its palette has colours of an unusual kind");
    if (high < 0 || high >= PDF_COLOURS_MAX)
        return damaged(reading, "its palette is wrong");
    int r = read_lookup(reading, item(reading, space, 3), &lookup);
    image->colours = (unsigned)high + 1;
    image->samples = 1;
    for (unsigned i = 0; r == 0 && i < 3 * image->colours; i++) {
        size_t at = samples == 3 ? i : i / 3;
        image->palette[i] = at < lookup.size ? lookup.bytes[at] : 0;
    }
    free(lookup.bytes);
    return r;
}

static int read_colours(struct reading *reading, qpdf_oh dictionary, struct pdf_image *image)
{
    qpdf_oh space = key(reading, dictionary, "/ColorSpace");

    image->bits = (unsigned)number(reading, key(reading, dictionary, "/BitsPerComponent"), 0);
    if (image->coding == PDF_FAX)
        image->bits = 1;
    if (is_array(reading, space) && is_name(reading, item(reading, space, 0), "/Indexed")) {
        int r = read_palette(reading, space, image);
        if (r < 0)
            return r;
    } else {
        image->samples = samples_of(reading, space);
    }
    if (image->coding == PDF_JPEG)
        return image->colours ? unsupported(reading, "a JPEG in it has a palette") : 0;
    unsigned bits = image->bits;
    if (bits != 1 && bits != 2 && bits != 4 && bits != 8 && bits != 16)
        return damaged(reading, "the depth of an image is wrong");
    if (image->samples != 1 && image->samples != 3)
        return unsupported(reading, "an image has colours of an unusual kind");
    if (image->coding == PDF_FAX && (image->samples != 1 || image->colours))
        return unsupported(reading, "a fax image in it has colours");
    return 0;
}

/* [0 1 ...] is what is anyway, [1 0 ...] turns it over (8.9.5.2); of a palette [0 high]. */
static int read_decode(struct reading *reading, qpdf_oh dictionary, struct pdf_image *image)
{
    qpdf_oh decode = key(reading, dictionary, "/Decode");
    int n = items(reading, decode), turned = 0;
    double high = image->colours ? (1u << image->bits) - 1 : 1;

    for (int i = 0; i + 1 < n; i += 2) {
        double from = -1, to = -1;
        qpdf_oh_get_value_as_number(reading->pdf, item(reading, decode, i), &from);
        qpdf_oh_get_value_as_number(reading->pdf, item(reading, decode, i + 1), &to);
        if (from == high && to == 0)
            turned++;
        else if (from != 0 || to != high)
            return unsupported(reading, "the levels of an image are mapped to others");
    }
    if (turned != 0 && (turned != n / 2 || image->colours))
        return unsupported(reading, "the levels of an image are mapped to others");
    /* JPEGs in four inks are turned over where Adobe's mark says so: the reader of JPEG does it. */
    if (turned > 0 && !(image->coding == PDF_JPEG && n == 8))
        image->inverted = !image->inverted;
    return 0;
}

/* G4 alone: of the others no scanner was seen (7.4.6). */
static int read_fax(struct reading *reading, qpdf_oh parameters, struct pdf_image *image)
{
    if (number(reading, key(reading, parameters, "/K"), 0) >= 0 ||
        truth(reading, key(reading, parameters, "/EncodedByteAlign"), false))
        return unsupported(reading, "an image is fax of another kind than G4");
    if (number(reading, key(reading, parameters, "/Columns"), 1728) != image->width)
        return damaged(reading, "the width of a fax image is not that of its lines");
    image->inverted = truth(reading, key(reading, parameters, "/BlackIs1"), false);
    return 0;
}

static int read_predictor(struct reading *reading, qpdf_oh parameters, struct pdf_image *image)
{
    long long predictor = number(reading, key(reading, parameters, "/Predictor"), 1);

    if (predictor != 1 && predictor != 2 && (predictor < 10 || predictor > 15))
        return damaged(reading, "the predictor of an image is wrong");
    image->predictor = (unsigned)predictor;
    return 0;
}

/* Rows that are predicted are told their form once more. */
static int check_predictor(struct reading *reading, qpdf_oh parameters,
                           const struct pdf_image *image)
{
    if (image->predictor == 1)
        return 0;
    if (number(reading, key(reading, parameters, "/Columns"), 1) != image->width ||
        number(reading, key(reading, parameters, "/Colors"), 1) != image->samples ||
        number(reading, key(reading, parameters, "/BitsPerComponent"), 8) != image->bits)
        return unsupported(reading, "the rows of an image are predicted in an unusual way");
    /* What PNG and TIFF have no pixels for. */
    if ((image->predictor == 2 && (image->bits != 8 || image->colours)) ||
        (image->samples == 3 && image->bits < 8) || (image->colours && image->bits == 16))
        return unsupported(reading, "the rows of an image are predicted in an unusual way");
    return 0;
}

static const char *unread_filter(const struct reading *reading, qpdf_oh filter)
{
    static const struct {
        const char *name, *why;
    } filters[] = {
        {"/JPXDecode", "an image is JPEG 2000"},
        {"/JBIG2Decode", "an image is JBIG2"},
        {"/LZWDecode", "an image is compressed by LZW"},
        {"/RunLengthDecode", "an image is compressed by run lengths"},
        {"/ASCII85Decode", "an image is written as text"},
        {"/ASCIIHexDecode", "an image is written as text"},
    };

    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        if (is_name(reading, filter, filters[i].name))
            return filters[i].why;
    return "an image is compressed in an unusual way";
}

/* Flate or not, and then a coding or none. */
static int read_filters(struct reading *reading, qpdf_oh dictionary, struct pdf_image *image,
                        qpdf_oh *ret_parameters)
{
    qpdf_oh filters = key(reading, dictionary, "/Filter");
    qpdf_oh parameters = key(reading, dictionary, "/DecodeParms");
    int n = is_null(reading, filters)    ? 0
            : is_array(reading, filters) ? items(reading, filters)
                                         : 1;

    image->coding = PDF_ROWS;
    image->predictor = 1;
    for (int i = 0; i < n; i++) {
        qpdf_oh filter = nth(reading, filters, i);
        *ret_parameters = nth(reading, parameters, i);
        if (image->coding == PDF_ROWS && !image->deflated &&
            is_name(reading, filter, "/FlateDecode"))
            image->deflated = true;
        else if (image->coding == PDF_ROWS && is_name(reading, filter, "/DCTDecode"))
            image->coding = PDF_JPEG;
        else if (image->coding == PDF_ROWS && is_name(reading, filter, "/CCITTFaxDecode"))
            image->coding = PDF_FAX;
        else
            return unsupported(reading, unread_filter(reading, filter));
        int r = image->coding == PDF_FAX    ? read_fax(reading, *ret_parameters, image)
                : image->coding == PDF_ROWS ? read_predictor(reading, *ret_parameters, image)
                                            : 0;
        if (r < 0)
            return r;
    }
    if ((image->coding != PDF_ROWS && image->predictor != 1) ||
        (image->coding == PDF_FAX && image->deflated))
        return unsupported(reading, "an image is compressed in an unusual way");
    return 0;
}

static int read_image(struct reading *reading, qpdf_oh stream, struct pdf_image *image)
{
    qpdf_oh dictionary = qpdf_oh_get_dict(reading->pdf, stream);
    qpdf_oh parameters = qpdf_oh_new_null(reading->pdf);
    long long width = number(reading, key(reading, dictionary, "/Width"), 0);
    long long height = number(reading, key(reading, dictionary, "/Height"), 0);

    if (width < 1 || height < 1 || width > RASTER_MAX_SIDE || height > RASTER_MAX_SIDE)
        return damaged(reading, "the size of an image is wrong");
    if (truth(reading, key(reading, dictionary, "/ImageMask"), false) ||
        !is_null(reading, key(reading, dictionary, "/SMask")) ||
        !is_null(reading, key(reading, dictionary, "/Mask")))
        return unsupported(reading, "a page is made of layers");
    image->width = (uint32_t)width;
    image->height = (uint32_t)height;
    int r = read_filters(reading, dictionary, image, &parameters);
    if (r == 0)
        r = read_colours(reading, dictionary, image);
    if (r == 0)
        r = read_decode(reading, dictionary, image);
    if (r == 0 && image->coding == PDF_ROWS)
        r = check_predictor(reading, parameters, image);
    return r;
}

/* -- how they lie -------------------------------------------------------------------------------
 */

static bool is_small(double value, double beside)
{
    return fabs(value) <= SKEW * fabs(beside);
}

/* How a single image is turned on its page, which may be turned itself (8.3, 14.11.2). */
static int read_turn(struct reading *reading, const struct pdf_place *p, long long page_turn)
{
    struct pdf_page *page = reading->page;
    bool upright = is_small(p->b, p->a) && is_small(p->c, p->d);
    bool lying = is_small(p->a, p->b) && is_small(p->d, p->c);
    double area = p->a * p->d - p->b * p->c;

    if (!(fabs(area) > 0) || (!upright && !lying))
        return unsupported(reading, "an image lies askew");
    unsigned turn = upright ? (p->a > 0 ? 0 : 180) : (p->b < 0 ? 90 : 270);
    page->turn = (turn + (unsigned)((page_turn % 360 + 360) % 360)) % 360;
    page->upside_down = area < 0;
    if (page->turn % 90 != 0)
        return damaged(reading, "its page is turned by no right angle");
    if (page->upside_down && page->turn != 0)
        return unsupported(reading, "an image is mirrored");
    return 0;
}

static void put_place(struct pdf_image *image, const struct pdf_place *p)
{
    image->wide = hypot(p->a, p->b);
    image->high = hypot(p->c, p->d);
    image->left = p->e;
    image->top = p->f + p->d;
}

static int higher(const void *a, const void *b)
{
    const struct pdf_painted *one = a, *other = b;
    double top = one->place.f + one->place.d, its = other->place.f + other->place.d;

    return top > its ? -1 : top < its;
}

/* One under the other, with the same margins. */
static int check_strips(struct reading *reading)
{
    const struct pdf_page *page = reading->page;
    uint64_t height = page->images[0].height;

    for (unsigned i = 1; i < page->n; i++) {
        const struct pdf_image *above = &page->images[i - 1], *image = &page->images[i];
        const struct pdf_place *p = &reading->paint.images[i].place;
        if (!is_small(p->b, p->a) || !is_small(p->c, p->d) || p->a <= 0 || p->d <= 0 ||
            fabs(image->left - above->left) > AWAY || fabs(image->wide - above->wide) > AWAY ||
            image->width != above->width || fabs(above->top - above->high - image->top) > AWAY)
            return unsupported(reading,
                               "a page is made of images that are not strips of one another");
        height += image->height;
    }
    return height <= RASTER_MAX_SIDE ? 0 : damaged(reading, "the size of an image is wrong");
}

/* -- a page -------------------------------------------------------------------------------------
 */

static int read_content(struct reading *reading, qpdf_oh page)
{
    qpdf_oh contents = key(reading, page, "/Contents");
    int n = is_array(reading, contents) ? items(reading, contents) : 1, r = 0;
    struct buffer content = {.max = PDF_CONTENT_MAX};

    if (n == 0)
        return unsupported(reading, "a page has no image on it");
    for (int i = 0; r == 0 && i < n; i++) {
        qpdf_oh stream = nth(reading, contents, i);
        if (qpdf_oh_is_stream(reading->pdf, stream))
            r = read_small(reading, stream, &content);
        if (r == 0)
            r = to_buffer(&content, "\n", 1);
    }
    if (r == -EFBIG)
        r = unsupported(reading, "a page has far more to it than an image");
    if (r == 0)
        r = pdf_paint_read((const char *)content.bytes, content.size, &reading->paint,
                           &reading->page->why);
    free(content.bytes);
    if (r == 0 && reading->paint.n == 0)
        r = unsupported(reading, "a page has no image on it");
    if (r == 0 && reading->paint.text)
        r = unsupported(reading, "a page has text on it that is no image");
    return r;
}

static int read_images(struct reading *reading, qpdf_oh page, qpdf_oh *ret_streams)
{
    qpdf_oh resources = key(reading, key(reading, page, "/Resources"), "/XObject");
    struct pdf_paint *paint = &reading->paint;
    int r = 0;

    qsort(paint->images, paint->n, sizeof *paint->images, higher);
    reading->page->n = paint->n;
    for (unsigned i = 0; r == 0 && i < paint->n; i++) {
        qpdf_oh stream = key(reading, resources, paint->images[i].name);
        ret_streams[i] = stream;
        reading->page->images[i] = (struct pdf_image){0};
        if (!qpdf_oh_is_stream(reading->pdf, stream))
            return damaged(reading, "an image that it paints is missing");
        if (!is_name(reading, key(reading, qpdf_oh_get_dict(reading->pdf, stream), "/Subtype"),
                     "/Image"))
            return unsupported(reading, "a page paints something else than images");
        put_place(&reading->page->images[i], &paint->images[i].place);
        r = read_image(reading, stream, &reading->page->images[i]);
    }
    return r;
}

struct counting {
    const struct pdf_sink *sink;
    uint64_t *size;
};

static int on_bytes(void *user, const void *bytes, size_t size)
{
    struct counting *counting = user;

    *counting->size += size;
    return counting->sink->write(counting->sink->user, bytes, size);
}

static int read_page(struct reading *reading, qpdf_oh page)
{
    qpdf_oh streams[PDF_STRIPS_MAX];
    long long turn = number(reading, key(reading, page, "/Rotate"), 0);
    int r = read_content(reading, page);

    if (r == 0)
        r = read_images(reading, page, streams);
    if (r == 0)
        r = read_turn(reading, &reading->paint.images[0].place, turn);
    if (r == 0)
        r = check_strips(reading);
    for (unsigned i = 0; r == 0 && i < reading->page->n; i++) {
        struct counting counting = {reading->sink, &reading->page->images[i].size};
        r = fetch(reading, streams[i], on_bytes, &counting);
    }
    return r;
}

/* -- the document -------------------------------------------------------------------------------
 */

static int open_error(struct reading *reading)
{
    qpdf_error error = qpdf_get_error(reading->pdf);
    enum qpdf_error_code_e code = qpdf_get_error_code(reading->pdf, error);

    if (code == qpdf_e_password)
        return unsupported(reading, "it is encrypted");
    return damaged(reading, "it is damaged, or its cross-references are compressed");
}

/* One that was cut off may still show some of its pages. */
static bool has_end(int fd, uint64_t size)
{
    static const char end[] = "%%EOF";
    char tail[TAIL];
    size_t n = size < TAIL ? (size_t)size : TAIL;

    return read_at(fd, tail, n, size - n) && memmem(tail, n, end, sizeof end - 1) != NULL;
}

/* By name, since qpdf takes no descriptor; all objects are looked at once, so that a warning that
 * comes later is of what is read then. */
static int open_document(struct reading *reading, int fd, uint64_t size)
{
    static const char *const nothing[] = {"obj:0 0 R", NULL};
    struct fetching fetching = {0};
    char name[64];

    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    if (access(name, R_OK) < 0)
        return refuse(reading, -errno, "it is kept in a file that /proc does not open again");
    qpdf_silence_errors(reading->pdf);
    qpdf_set_suppress_warnings(reading->pdf, QPDF_TRUE);
    qpdf_set_ignore_xref_streams(reading->pdf, QPDF_TRUE);
    qpdf_set_attempt_recovery(reading->pdf, size <= PDF_REPAIR_MAX);
    if (qpdf_read(reading->pdf, name, NULL) & QPDF_ERRORS)
        return open_error(reading);
    if (qpdf_is_encrypted(reading->pdf))
        return unsupported(reading, "it is encrypted");
    int n = qpdf_get_num_pages(reading->pdf);
    qpdf_oh tree = key(reading, qpdf_get_root(reading->pdf), "/Pages");
    if (n < 0 || number(reading, key(reading, tree, "/Count"), n) != n)
        return damaged(reading, "some of its pages are missing");
    if (n == 0)
        return damaged(reading, "it has no pages");
    if (n > (int)PDF_PAGES_MAX)
        return unsupported(reading, "it has too many pages");
    reading->page->pages = (unsigned)n;
    if ((qpdf_push_inherited_attributes_to_page(reading->pdf) & QPDF_ERRORS) ||
        (qpdf_write_json(reading->pdf, 2, on_json, &fetching, qpdf_dl_none, qpdf_sj_none, "",
                         nothing) &
         QPDF_ERRORS))
        return damaged(reading, "its objects cannot be read");
    return 0;
}

static int read_document(struct reading *reading, int fd, unsigned number)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return -errno;
    if (!has_end(fd, (uint64_t)status.st_size))
        return damaged(reading, "its end is missing");
    int r = open_document(reading, fd, (uint64_t)status.st_size);
    if (r < 0)
        return r;
    if (number >= reading->page->pages)
        return -EINVAL;
    return read_page(reading, qpdf_get_page_n(reading->pdf, number));
}

int pdf_page_read(int fd, unsigned number, const struct pdf_sink *sink, struct pdf_page *ret)
{
    struct reading *reading = calloc(1, sizeof *reading);

    ret->pages = ret->turn = ret->n = 0;
    ret->why = NULL;
    ret->upside_down = false;
    if (!reading)
        return -ENOMEM;
    reading->page = ret;
    reading->sink = sink;
    reading->pdf = qpdf_init();
    int r = read_document(reading, fd, number);
    /* What is left would be said on standard error. */
    if (qpdf_has_error(reading->pdf))
        qpdf_get_error(reading->pdf);
    qpdf_cleanup(&reading->pdf);
    free(reading);
    return r;
}
