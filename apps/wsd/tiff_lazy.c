/* SPDX-License-Identifier: MIT */
/*
 * libtiff, loaded when the first TIFF is read or written: `wsd list` and a scan that passes through
 * untouched need none of it nor of the libraries that it brings along. Each function here has the
 * name and type of libtiff's own and calls it.
 *
 * A program that cannot load it behaves as if every TIFF were broken (NULL, 0 or -1).
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <stddef.h>
#include <tiffio.h>

/* One name more than once would be a second definition; one missing does not link. */
#define LAZY(type, name, failed, parameters, arguments)                                            \
    type name parameters                                                                           \
    {                                                                                              \
        static type(*real) parameters;                                                             \
        if (!real)                                                                                 \
            *(void **)&real = tiff_symbol(#name);                                                  \
        return real ? real arguments : failed;                                                     \
    }

#define LAZY_VOID(name, parameters, arguments)                                                     \
    void name parameters                                                                           \
    {                                                                                              \
        static void(*real) parameters;                                                             \
        if (!real)                                                                                 \
            *(void **)&real = tiff_symbol(#name);                                                  \
        if (real)                                                                                  \
            real arguments;                                                                        \
    }

/* libtiff's functions of the form f(TIFF *, tag, ...) have twins that take a va_list. */
#define LAZY_FIELD(name, twin)                                                                     \
    int name(TIFF *tiff, uint32_t tag, ...)                                                        \
    {                                                                                              \
        static int (*real)(TIFF *, uint32_t, va_list);                                             \
        va_list list;                                                                              \
        int r = 0;                                                                                 \
        if (!real)                                                                                 \
            *(void **)&real = tiff_symbol(#twin);                                                  \
        va_start(list, tag);                                                                       \
        if (real)                                                                                  \
            r = real(tiff, tag, list);                                                             \
        va_end(list);                                                                              \
        return r;                                                                                  \
    }

static void *tiff_symbol(const char *name)
{
    static void *library;

    if (!library)
        library = dlopen(TIFF_LIBRARY, RTLD_LAZY | RTLD_LOCAL);
    return library ? dlsym(library, name) : NULL;
}

/* clang-format off */
#define LAZY_INT_OF_TIFF(name) LAZY(int, name, 0, (TIFF *tiff), (tiff))

LAZY_VOID(TIFFClose, (TIFF *tiff), (tiff))
LAZY_VOID(TIFFCleanup, (TIFF *tiff), (tiff))
LAZY_INT_OF_TIFF(TIFFFlush)
LAZY_INT_OF_TIFF(TIFFFlushData)
LAZY_INT_OF_TIFF(TIFFIsTiled)
LAZY_INT_OF_TIFF(TIFFLastDirectory)
LAZY_INT_OF_TIFF(TIFFReadDirectory)
LAZY_INT_OF_TIFF(TIFFWriteDirectory)
LAZY(tdir_t, TIFFNumberOfDirectories, 0, (TIFF *tiff), (tiff))
LAZY(uint32_t, TIFFNumberOfStrips, 0, (TIFF *tiff), (tiff))
LAZY(uint32_t, TIFFNumberOfTiles, 0, (TIFF *tiff), (tiff))
LAZY(tmsize_t, TIFFScanlineSize, 0, (TIFF *tiff), (tiff))
LAZY(int, TIFFSetDirectory, 0, (TIFF *tiff, tdir_t number), (tiff, number))
LAZY(int, TIFFUnlinkDirectory, 0, (TIFF *tiff, tdir_t number), (tiff, number))
LAZY(int, TIFFRGBAImageOK, 0, (TIFF *tiff, char text[1024]), (tiff, text))
LAZY(int, TIFFReadRGBAStripExt, 0, (TIFF *tiff, uint32_t row, uint32_t *raster, int stop),
     (tiff, row, raster, stop))
LAZY(int, TIFFReadRGBATileExt, 0,
     (TIFF *tiff, uint32_t column, uint32_t row, uint32_t *raster, int stop),
     (tiff, column, row, raster, stop))
LAZY(int, TIFFReadScanline, -1, (TIFF *tiff, void *data, uint32_t row, uint16_t sample),
     (tiff, data, row, sample))
LAZY(int, TIFFWriteScanline, -1, (TIFF *tiff, void *data, uint32_t row, uint16_t sample),
     (tiff, data, row, sample))
LAZY(int, TIFFWriteBufferSetup, 0, (TIFF *tiff, void *data, tmsize_t size), (tiff, data, size))
LAZY(tmsize_t, TIFFWriteRawStrip, -1, (TIFF *tiff, uint32_t strip, void *data, tmsize_t size),
     (tiff, strip, data, size))
LAZY(uint64_t, TIFFGetStrileOffset, 0, (TIFF *tiff, uint32_t strile), (tiff, strile))
LAZY(uint64_t, TIFFGetStrileOffsetWithErr, 0, (TIFF *tiff, uint32_t strile, int *error),
     (tiff, strile, error))
LAZY(uint64_t, TIFFGetStrileByteCountWithErr, 0, (TIFF *tiff, uint32_t strile, int *error),
     (tiff, strile, error))
LAZY_FIELD(TIFFSetField, TIFFVSetField)
LAZY_FIELD(TIFFGetField, TIFFVGetField)
LAZY_FIELD(TIFFGetFieldDefaulted, TIFFVGetFieldDefaulted)

#if TIFFLIB_VERSION >= 20221213 /* 4.5.0 */
LAZY(TIFFOpenOptions *, TIFFOpenOptionsAlloc, NULL, (void), ())
LAZY_VOID(TIFFOpenOptionsFree, (TIFFOpenOptions *options), (options))
LAZY_VOID(TIFFOpenOptionsSetMaxSingleMemAlloc, (TIFFOpenOptions *options, tmsize_t size),
          (options, size))
LAZY_VOID(TIFFOpenOptionsSetErrorHandlerExtR,
          (TIFFOpenOptions *options, TIFFErrorHandlerExtR handler, void *user),
          (options, handler, user))
LAZY_VOID(TIFFOpenOptionsSetWarningHandlerExtR,
          (TIFFOpenOptions *options, TIFFErrorHandlerExtR handler, void *user),
          (options, handler, user))
LAZY(TIFF *, TIFFClientOpenExt, NULL,
     (const char *name, const char *mode, thandle_t user, TIFFReadWriteProc read,
      TIFFReadWriteProc write, TIFFSeekProc seek, TIFFCloseProc close, TIFFSizeProc size,
      TIFFMapFileProc map, TIFFUnmapFileProc unmap, TIFFOpenOptions *options),
     (name, mode, user, read, write, seek, close, size, map, unmap, options))
#else
LAZY(TIFFErrorHandler, TIFFSetErrorHandler, NULL, (TIFFErrorHandler handler), (handler))
LAZY(TIFFErrorHandler, TIFFSetWarningHandler, NULL, (TIFFErrorHandler handler), (handler))
LAZY(TIFF *, TIFFClientOpen, NULL,
     (const char *name, const char *mode, thandle_t user, TIFFReadWriteProc read,
      TIFFReadWriteProc write, TIFFSeekProc seek, TIFFCloseProc close, TIFFSizeProc size,
      TIFFMapFileProc map, TIFFUnmapFileProc unmap),
     (name, mode, user, read, write, seek, close, size, map, unmap))
#endif
/* clang-format on */
