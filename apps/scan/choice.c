/* SPDX-License-Identifier: MIT */
/*
 * Words for settings, and what is nearest to a wish among what a scanner has. Knows nothing of
 * options, files of configuration or how a lack is told.
 */
#include "scan/choice.h"

#include <stdlib.h>

#include "common/text.h"
#include "raster/bytes.h"

#define AREA_SLACK 50 /* 1/1000 inch: paper sizes are rounded by some devices */

static const struct {
    const char *word;
    int source;
} source_words[] = {
    {"platen", WSD_SCAN_INPUT_SOURCE_PLATEN},
    {"flatbed", WSD_SCAN_INPUT_SOURCE_PLATEN},
    {"glass", WSD_SCAN_INPUT_SOURCE_PLATEN},
    {"adf", WSD_SCAN_INPUT_SOURCE_ADF},
    {"feeder", WSD_SCAN_INPUT_SOURCE_ADF},
    {"duplex", WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX},
    {"adf-duplex", WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX},
    {"adfduplex", WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX},
    {"film", WSD_SCAN_INPUT_SOURCE_FILM},
};

int choice_source(const char *word)
{
    for (size_t i = 0; i < sizeof source_words / sizeof *source_words; i++)
        if (text_same(word, source_words[i].word))
            return source_words[i].source;
    return 0;
}

const struct scan_source *choice_nearest_source(const struct scan_abilities *has, int wanted)
{
    for (size_t i = 0; i < has->n_sources; i++)
        if (has->sources[i].source == wanted)
            return &has->sources[i];
    /* One side of a feeder is as near to duplex as can be. */
    for (size_t i = 0; wanted == WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX && i < has->n_sources; i++)
        if (has->sources[i].source == WSD_SCAN_INPUT_SOURCE_ADF)
            return &has->sources[i];
    return NULL;
}

static const struct {
    const char *word;
    int color;
} mode_words[] = {
    {"color", WSD_SCAN_COLOR_RGB24},         {"colour", WSD_SCAN_COLOR_RGB24},
    {"gray", WSD_SCAN_COLOR_GRAYSCALE8},     {"grey", WSD_SCAN_COLOR_GRAYSCALE8},
    {"bw", WSD_SCAN_COLOR_BLACK_AND_WHITE1}, {"lineart", WSD_SCAN_COLOR_BLACK_AND_WHITE1},
};

int choice_color(const char *word)
{
    for (size_t i = 0; i < sizeof mode_words / sizeof *mode_words; i++)
        if (text_same(word, mode_words[i].word))
            return mode_words[i].color;
    for (int i = WSD_SCAN_COLOR_BLACK_AND_WHITE1; i <= WSD_SCAN_COLOR_RGBA64; i++)
        if (text_same(word, color_word(i)))
            return i;
    return 0;
}

bool choice_has_color(const struct wsd_scan_source *source, int color)
{
    for (size_t i = 0; i < source->n_colors; i++)
        if (source->colors[i].value == color)
            return true;
    return false;
}

/* By falling likeness to what was wanted. */
int choice_nearest_color(const struct wsd_scan_source *source, int wanted)
{
    static const int by_wish[][6] = {
        {WSD_SCAN_COLOR_RGB24, WSD_SCAN_COLOR_RGB48, WSD_SCAN_COLOR_GRAYSCALE8,
         WSD_SCAN_COLOR_GRAYSCALE16, WSD_SCAN_COLOR_GRAYSCALE4, WSD_SCAN_COLOR_BLACK_AND_WHITE1},
        {WSD_SCAN_COLOR_GRAYSCALE8, WSD_SCAN_COLOR_GRAYSCALE16, WSD_SCAN_COLOR_GRAYSCALE4,
         WSD_SCAN_COLOR_RGB24, WSD_SCAN_COLOR_BLACK_AND_WHITE1, WSD_SCAN_COLOR_RGB48},
        {WSD_SCAN_COLOR_BLACK_AND_WHITE1, WSD_SCAN_COLOR_GRAYSCALE4, WSD_SCAN_COLOR_GRAYSCALE8,
         WSD_SCAN_COLOR_RGB24, WSD_SCAN_COLOR_GRAYSCALE16, WSD_SCAN_COLOR_RGB48},
    };
    int row = wanted >= WSD_SCAN_COLOR_RGB24 ? 0 : wanted >= WSD_SCAN_COLOR_GRAYSCALE4 ? 1 : 2;

    for (size_t i = 0; i < 6; i++)
        if (choice_has_color(source, by_wish[row][i]))
            return by_wish[row][i];
    return source->n_colors ? source->colors[0].value : 0;
}

int32_t choice_nearest_number(const int32_t *list, size_t n, long wanted)
{
    int32_t best = n ? list[0] : (int32_t)wanted;

    for (size_t i = 1; i < n; i++)
        if (labs(list[i] - wanted) < labs(best - wanted))
            best = list[i];
    return best;
}

static const struct {
    const char *name;
    double width, height; /* mm */
} papers[] = {
    {"a3", 297, 420},         {"a4", 210, 297},        {"a5", 148, 210},
    {"a6", 105, 148},         {"b4", 257, 364},        {"b5", 182, 257},
    {"letter", 215.9, 279.4}, {"legal", 215.9, 355.6}, {"executive", 184.15, 266.7},
    {"photo", 100, 150},      {"card", 86, 54},
};

bool choice_paper(const char *word, double *ret_width, double *ret_height)
{
    for (size_t i = 0; i < sizeof papers / sizeof *papers; i++)
        if (text_same(word, papers[i].name)) {
            *ret_width = papers[i].width;
            *ret_height = papers[i].height;
            return true;
        }
    return false;
}

int32_t choice_thousandths(double mm)
{
    return (int32_t)nearest(mm / 0.0254);
}

bool choice_fit(int32_t *offset, int32_t *length, int32_t low, int32_t high)
{
    bool good = true;

    if (high > 0 && *offset + *length > high) {
        good = *offset + *length <= high + AREA_SLACK;
        if (*offset >= high)
            *offset = 0;
        *length = high - *offset < *length ? high - *offset : *length;
    }
    if (*length < low) {
        good = false;
        *length = low;
        if (high > 0 && *offset + *length > high)
            *offset = high - *length;
    }
    return good;
}

enum { F_END = 0 };

/* What needs the least conversion comes first; the last entries lose least where one must be. */
static const int for_jpeg[] = {WSD_SCAN_FORMAT_JFIF,
                               WSD_SCAN_FORMAT_EXIF,
                               WSD_SCAN_FORMAT_PNG,
                               WSD_SCAN_FORMAT_DIB,
                               WSD_SCAN_FORMAT_TIFF_SINGLE_UNCOMPRESSED,
                               WSD_SCAN_FORMAT_TIFF_SINGLE_JPEG_TN2,
                               F_END};
static const int for_png[] = {
    WSD_SCAN_FORMAT_PNG,  WSD_SCAN_FORMAT_DIB,  WSD_SCAN_FORMAT_TIFF_SINGLE_UNCOMPRESSED,
    WSD_SCAN_FORMAT_JFIF, WSD_SCAN_FORMAT_EXIF, F_END};
static const int for_tiff[] = {WSD_SCAN_FORMAT_TIFF_SINGLE_UNCOMPRESSED,
                               WSD_SCAN_FORMAT_PNG,
                               WSD_SCAN_FORMAT_DIB,
                               WSD_SCAN_FORMAT_JFIF,
                               WSD_SCAN_FORMAT_EXIF,
                               F_END};
static const int for_pdf[] = {WSD_SCAN_FORMAT_JFIF,
                              WSD_SCAN_FORMAT_EXIF,
                              WSD_SCAN_FORMAT_PNG,
                              WSD_SCAN_FORMAT_DIB,
                              WSD_SCAN_FORMAT_TIFF_SINGLE_UNCOMPRESSED,
                              WSD_SCAN_FORMAT_PDF_A,
                              F_END};
/* Black and white does not go into a JPEG. */
static const int for_bw[] = {WSD_SCAN_FORMAT_TIFF_SINGLE_G4, WSD_SCAN_FORMAT_PNG,
                             WSD_SCAN_FORMAT_DIB, WSD_SCAN_FORMAT_TIFF_SINGLE_UNCOMPRESSED, F_END};
static const int for_bw_png[] = {WSD_SCAN_FORMAT_PNG, WSD_SCAN_FORMAT_TIFF_SINGLE_G4,
                                 WSD_SCAN_FORMAT_DIB, WSD_SCAN_FORMAT_TIFF_SINGLE_UNCOMPRESSED,
                                 F_END};
static const int for_raw[] = {WSD_SCAN_FORMAT_JFIF,
                              WSD_SCAN_FORMAT_EXIF,
                              WSD_SCAN_FORMAT_PNG,
                              WSD_SCAN_FORMAT_TIFF_SINGLE_G4,
                              WSD_SCAN_FORMAT_TIFF_SINGLE_UNCOMPRESSED,
                              WSD_SCAN_FORMAT_DIB,
                              WSD_SCAN_FORMAT_PDF_A,
                              F_END};

static const int *wishes(const struct scan_settings *s, const struct quirks *quirks)
{
    if (s->color == WSD_SCAN_COLOR_BLACK_AND_WHITE1)
        return s->kind == OUTPUT_PNG ? for_bw_png : for_bw;
    switch (s->kind) {
    case OUTPUT_JPEG:
        return for_jpeg;
    case OUTPUT_PNG:
        return for_png;
    case OUTPUT_TIFF:
        return quirks->on[QUIRK_S16] && s->dpi_x > 150 ? for_jpeg : for_tiff;
    case OUTPUT_PDF:
        return for_pdf;
    case OUTPUT_AS_RECEIVED:
        break;
    }
    return for_raw;
}

void choice_formats(const struct scan_abilities *has, struct scan_settings *s)
{
    const struct wsd_scan_device_settings *d = &has->configuration->device_settings;

    for (const int *wish = wishes(s, &has->quirks); *wish != F_END; wish++)
        for (size_t i = 0; i < d->n_formats_supported && s->n_formats < SCAN_FORMATS_MAX; i++)
            if (d->formats_supported[i].value == *wish)
                s->formats[s->n_formats++] = token_text(&d->formats_supported[i], format_word);
    /* Nothing that we know how to convert: take what there is. */
    if (s->n_formats == 0 && d->n_formats_supported > 0)
        s->formats[s->n_formats++] = token_text(&d->formats_supported[0], format_word);
}

uint32_t scan_pixels(int32_t length, int32_t dpi)
{
    double pixels = (double)length * dpi / 1000;

    return pixels < 1 ? 1 : nearest(pixels);
}
