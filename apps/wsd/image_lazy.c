/* SPDX-License-Identifier: MIT */
/*
 * What needs an image library lives in a module of its own (wsd-image), which is loaded when it is
 * first used: `wsd list`, and a scan whose pages pass through untouched, do without it and without
 * the libraries that it brings along. Each function here has the name and type of the one in the
 * module and calls it. Where the module cannot be loaded, images cannot be converted.
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "output/image.h"
#include "raster/chart.h"
#include "raster/encoder.h"
#include "raster/filter.h"
#include "raster/pages.h"
#include "raster/pdf.h"
#include "raster/picture.h"
#include "raster/tiff_client.h"

#define MODULE "wsd-image.so"

/* Beside the program where it was built, else where it was installed. */
static void *load(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - sizeof MODULE - 1);

    for (; n > 0 && path[n - 1] != '/'; n--)
        ;
    if (n > 0) {
        memcpy(path + n, MODULE, sizeof MODULE);
        if (access(path, R_OK) == 0)
            return dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    }
    return dlopen(WSD_MODULE_DIR "/" MODULE, RTLD_LAZY | RTLD_LOCAL);
}

static void *image_symbol(const char *name)
{
    static void *module;
    static bool tried;

    if (!tried) {
        tried = true;
        module = load();
        if (!module)
            fprintf(stderr, "wsd: the image module cannot be loaded: %s\n", dlerror());
    }
    return module ? dlsym(module, name) : NULL;
}

#define LAZY(type, name, failed, parameters, arguments)                                            \
    type name parameters                                                                           \
    {                                                                                              \
        static type(*real) parameters;                                                             \
        if (!real)                                                                                 \
            *(void **)&real = image_symbol(#name);                                                 \
        return real ? real arguments : failed;                                                     \
    }

#define LAZY_FREE(name, type)                                                                      \
    void name(type *object)                                                                        \
    {                                                                                              \
        static void (*real)(type *);                                                               \
        if (object && !real)                                                                       \
            *(void **)&real = image_symbol(#name);                                                 \
        if (object && real)                                                                        \
            real(object);                                                                          \
    }

/* clang-format off */
LAZY(int, picture_read_png, (source_close(source), -ENOTSUP),
     (struct source *source, struct raster **ret), (source, ret))
LAZY(int, picture_read_tiff, (source_close(source), -ENOTSUP),
     (struct source *source, unsigned page, struct raster **ret), (source, page, ret))
LAZY(int, picture_probe_tiff, (source_close(source), -ENOTSUP),
     (struct source *source, struct picture_probe *ret), (source, ret))
LAZY(TIFF *, tiff_client_open, NULL, (struct tiff_client *client, const char *mode),
     (client, mode))
LAZY(int, filter_cut, (raster_free(source), -ENOTSUP),
     (struct raster *source, uint32_t x, uint32_t y, uint32_t width, uint32_t height,
      struct raster **ret),
     (source, x, y, width, height, ret))

LAZY(int, image_write, (raster_free(raster), -ENOTSUP),
     (int fd, enum sniff_kind kind, struct raster *raster, int quality),
     (fd, kind, raster, quality))
LAZY(int, image_tiff_create, -ENOTSUP, (int fd, struct image_tiff **ret), (fd, ret))
LAZY(int, image_tiff_add_raster, -ENOTSUP, (struct image_tiff *document, struct raster *raster),
     (document, raster))
LAZY(int, image_tiff_add_jpeg, -ENOTSUP,
     (struct image_tiff *document, int fd, uint64_t size, double dpi_x, double dpi_y),
     (document, fd, size, dpi_x, dpi_y))

LAZY(int, chart_open, -ENOTSUP, (const struct raster_request *request, struct raster **ret),
     (request, ret))
LAZY(int, pages_open, -ENOTSUP, (const char *dir, struct pages **ret), (dir, ret))
LAZY(unsigned, pages_count, 0, (const struct pages *pages), (pages))
LAZY(int, pages_open_page, -ENOTSUP,
     (const struct pages *pages, unsigned page, const struct raster_request *request,
      struct raster **ret),
     (pages, page, request, ret))

LAZY(int, encoder_open, -ENOTSUP,
     (const char *format, int quality, struct raster *(*next)(void *user), void *user,
      struct encoder **ret),
     (format, quality, next, user, ret))
LAZY(ssize_t, encoder_read, -ENOTSUP, (struct encoder *encoder, void *data, size_t size),
     (encoder, data, size))
LAZY(const char *, encoder_mime_type, NULL, (const char *format), (format))
LAZY(bool, encoder_supports, false, (const char *format, enum raster_mode mode), (format, mode))
LAZY(bool, encoder_is_multi_page, false, (const char *format), (format))
LAZY(uint32_t, encoder_bytes_per_line, 0, (const char *format, const struct raster_info *info),
     (format, info))

LAZY(int, pdf_open, -ENOTSUP,
     (const char *folder, bool pdfa, const char *title, struct pdf **ret),
     (folder, pdfa, title, ret))
LAZY(int, pdf_add_jpeg_file, -ENOTSUP,
     (struct pdf *pdf, int fd, off_t size, double dpi_x, double dpi_y),
     (pdf, fd, size, dpi_x, dpi_y))
LAZY(int, pdf_add_raster, -ENOTSUP, (struct pdf *pdf, struct raster *raster, int quality),
     (pdf, raster, quality))
LAZY(unsigned, pdf_page_count, 0, (const struct pdf *pdf), (pdf))
LAZY(int, pdf_save, -ENOTSUP, (struct pdf *pdf, int fd), (pdf, fd))

/* Of nothing, as for a document that never began. */
int image_tiff_finish(struct image_tiff *document)
{
    static int (*real)(struct image_tiff *);

    if (document && !real)
        *(void **)&real = image_symbol("image_tiff_finish");
    return document && real ? real(document) : 0;
}

/* Nothing was made, so nothing is freed: the module is not loaded for these. */
LAZY_FREE(encoder_free, struct encoder)
LAZY_FREE(pages_free, struct pages)
LAZY_FREE(pdf_free, struct pdf)
/* clang-format on */
