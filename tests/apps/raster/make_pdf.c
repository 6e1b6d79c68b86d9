/* SPDX-License-Identifier: MIT */
#include "make_pdf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#define ROOM (1u << 22)

const char made_plain[] = "q 100 0 0 100 0 0 cm /A Do Q";
const uint8_t made_levels[16] = {0,  10, 20,  30,  40,  50,  60,  70,
                                 80, 90, 100, 110, 120, 130, 140, 150};

static void put(struct made *made, const void *data, size_t size)
{
    if (size > ROOM - made->size)
        abort();
    memcpy(made->bytes + made->size, data, size);
    made->size += size;
}

static void print(struct made *made, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void print(struct made *made, const char *format, ...)
{
    char text[4096];
    va_list list;

    va_start(list, format);
    int n = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (n < 0 || (size_t)n >= sizeof text)
        abort();
    put(made, text, (size_t)n);
}

void made_begin(struct made *made)
{
    *made = (struct made){.bytes = malloc(ROOM)};
    if (!made->bytes)
        abort();
    print(made, "%%PDF-1.4\n");
}

void made_object(struct made *made, unsigned number, const char *format, ...)
{
    char text[4096];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    made->at[number] = made->size;
    print(made, "%u 0 obj\n%s\nendobj\n", number, text);
}

void made_stream(struct made *made, unsigned number, const char *dictionary, const void *data,
                 size_t size)
{
    made->at[number] = made->size;
    print(made, "%u 0 obj\n<<%s /Length %zu>>\nstream\n", number, dictionary, size);
    put(made, data, size);
    print(made, "\nendstream\nendobj\n");
}

void made_end(struct made *made)
{
    size_t table = made->size;

    print(made, "xref\n0 %d\n0000000000 65535 f \n", MADE_OBJECTS);
    for (unsigned i = 1; i < MADE_OBJECTS; i++)
        print(made, "%010zu %s \n", made->at[i], made->at[i] ? "00000 n" : "65535 f");
    print(made, "trailer\n<</Size %d /Root 1 0 R>>\nstartxref\n%zu\n%%%%EOF\n", MADE_OBJECTS,
          table);
}

void made_free(struct made *made)
{
    free(made->bytes);
    made->bytes = NULL;
}

void made_page(struct made *made, const char *page, const char *content,
               const struct made_image *images)
{
    char resources[2048] = "", dictionary[1024];

    made_begin(made);
    made_object(made, 1, "<</Type /Catalog /Pages 2 0 R>>");
    made_object(made, 2, "<</Type /Pages /Kids [3 0 R] /Count 1>>");
    for (unsigned i = 0; images[i].name; i++) {
        size_t n = strlen(resources);
        snprintf(resources + n, sizeof resources - n, "/%s %u 0 R ", images[i].name, 5 + i);
        snprintf(dictionary, sizeof dictionary, "/Type /XObject /Subtype /Image %s",
                 images[i].dictionary);
        made_stream(made, 5 + i, dictionary, images[i].data, images[i].size);
    }
    made_object(made, 3,
                "<</Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R "
                "/Resources <</XObject <<%s>>>> %s>>",
                resources, page);
    made_stream(made, 4, "", content, strlen(content));
    made_end(made);
}

uint8_t *made_flate(const void *data, size_t size, size_t *ret_size)
{
    uLongf n = compressBound(size);
    uint8_t *packed = malloc(n);

    if (!packed || compress2(packed, &n, data, size, 9) != Z_OK)
        abort();
    *ret_size = n;
    return packed;
}

/* -- reading ------------------------------------------------------------------------------------
 */

int made_open(const uint8_t *bytes, size_t size, struct picture_pdf *pdf, struct raster **ret)
{
    int fd = file_of(bytes, size), r = picture_pdf_open(fd, 0, pdf, ret);

    close(fd);
    return r;
}

struct image made_read(struct made *made)
{
    struct picture_pdf pdf = {0};
    struct raster *raster = NULL;
    int r = made_open(made->bytes, made->size, &pdf, &raster);

    if (r < 0)
        fail_msg("%d: %s", r, pdf.why ? pdf.why : "no words");
    assert_int_equal(pdf.pages, 1);
    made_free(made);
    return image_read(raster);
}

void made_one(struct made *made, const char *page, const char *content, const char *dictionary,
              const void *data, size_t size)
{
    const struct made_image images[] = {{"A", dictionary, data, size}, {0}};

    made_page(made, page, content, images);
}

void made_refused(struct made *made, int wanted, const char *word)
{
    struct picture_pdf pdf = {0};
    struct raster *raster = NULL;
    int r = made_open(made->bytes, made->size, &pdf, &raster);

    raster_free(r == 0 ? raster : NULL);
    assert_int_equal(r, wanted);
    if (word && (!pdf.why || !strstr(pdf.why, word)))
        fail_msg("'%s' does not say '%s'", pdf.why ? pdf.why : "", word);
    made_free(made);
}

int made_read_rows(struct raster *raster)
{
    uint8_t *row = malloc(raster_row_bytes(&raster->info));
    int r = 0;

    assert_non_null(row);
    for (uint32_t y = 0; r == 0 && y < raster->info.height; y++)
        r = raster->read_row(raster, row);
    free(row);
    raster_free(raster);
    return r;
}

int made_open_and_read(const uint8_t *bytes, size_t size)
{
    struct picture_pdf pdf = {0};
    struct raster *raster = NULL;
    int r = made_open(bytes, size, &pdf, &raster);

    return r < 0 ? r : made_read_rows(raster);
}
