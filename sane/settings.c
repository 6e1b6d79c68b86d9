/* SPDX-License-Identifier: MIT */
/* From the options to what is asked of the scanner, and to the size of what will come. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <sane/saneopts.h>

#include "options.h"
#include "scan/choice.h"

#define PREVIEW_DPI 75

enum frame options_frame(const struct options *o)
{
    const char *mode = o->texts[OPTION_MODE];

    return strcmp(mode, SANE_VALUE_SCAN_MODE_COLOR) == 0  ? FRAME_COLOR
           : strcmp(mode, SANE_VALUE_SCAN_MODE_GRAY) == 0 ? FRAME_GRAY
                                                          : FRAME_LINEART;
}

static bool is_format(const struct options *o, const char *name)
{
    return strcmp(o->texts[OPTION_FORMAT], name) == 0;
}

/* Previews want to be there soon. */
static int32_t resolution(const struct options *o)
{
    int32_t wanted = o->words[OPTION_RESOLUTION];

    for (SANE_Word i = 1; o->words[OPTION_PREVIEW] && i <= o->resolutions[0]; i++)
        if (o->resolutions[i] >= PREVIEW_DPI && o->resolutions[i] < wanted)
            return o->resolutions[i];
    return wanted;
}

/* A smallest size that is none, or beyond the largest, says nothing. */
static int32_t least(int32_t low, int32_t high)
{
    return low < 1 || low > high ? 1 : low;
}

static void put_area(const struct options *o, struct scan_settings *s)
{
    const SANE_Word *w = o->words;
    SANE_Word left = w[OPTION_TL_X], top = w[OPTION_TL_Y], right = w[OPTION_BR_X],
              bottom = w[OPTION_BR_Y];

    s->whole = left == 0 && top == 0 && right == o->ranges[OPTION_BR_X].max &&
               bottom == o->ranges[OPTION_BR_Y].max;
    s->x = choice_thousandths(SANE_UNFIX(left < right ? left : right));
    s->y = choice_thousandths(SANE_UNFIX(top < bottom ? top : bottom));
    s->width = choice_thousandths(SANE_UNFIX(left < right ? right : left)) - s->x;
    s->height = choice_thousandths(SANE_UNFIX(top < bottom ? bottom : top)) - s->y;
    int32_t high_x = choice_thousandths(SANE_UNFIX(o->ranges[OPTION_BR_X].max));
    int32_t high_y = choice_thousandths(SANE_UNFIX(o->ranges[OPTION_BR_Y].max));
    choice_fit(&s->x, &s->width, least(s->source->min_width, high_x), high_x);
    choice_fit(&s->y, &s->height, least(s->source->min_height, high_y), high_y);
}

static void put_exposure(const struct options *o, struct scan_settings *s)
{
    s->brightness = o->words[OPTION_BRIGHTNESS] * 10;
    s->contrast = o->words[OPTION_CONTRAST] * 10;
    s->sharpness = o->words[OPTION_SHARPNESS];
    s->has_exposure = s->brightness != 0 || s->contrast != 0 || s->sharpness != 0;
}

static bool is_read(int format)
{
    return format != WSD_SCAN_FORMAT_OTHER && format != WSD_SCAN_FORMAT_JBIG &&
           format != WSD_SCAN_FORMAT_JPEG2K && format != WSD_SCAN_FORMAT_XPS &&
           format != WSD_SCAN_FORMAT_PDF_A;
}

/* A PDF is the last choice: none of it can be shown before all of it has come. Where nothing is
 * offered that is read, choice_formats() has taken anything. */
static void put_pdf(const struct options *o, struct scan_settings *s)
{
    const struct wsd_scan_device_settings *d = &o->has->configuration->device_settings;
    const char *pdf = NULL;
    bool other = false;

    for (size_t i = 0; i < d->n_formats_supported; i++) {
        int format = d->formats_supported[i].value;
        if (format == WSD_SCAN_FORMAT_PDF_A)
            pdf = token_text(&d->formats_supported[i], format_word);
        other = other || is_read(format);
    }
    if (pdf && (!other || s->formats[0] == pdf))
        s->n_formats = 0;
    if (pdf && s->n_formats < SCAN_FORMATS_MAX)
        s->formats[s->n_formats++] = pdf;
}

/* The one that was chosen first, then what else there is. */
static void put_formats(const struct options *o, struct scan_settings *s)
{
    bool bw = s->color == WSD_SCAN_COLOR_BLACK_AND_WHITE1;

    s->kind = bw || is_format(o, "PNG") ? OUTPUT_PNG
              : is_format(o, "TIFF")    ? OUTPUT_TIFF
                                        : OUTPUT_JPEG;
    choice_formats(o->has, s);
    for (size_t i = 1; is_format(o, "DIB") && i < s->n_formats; i++)
        if (strcasecmp(s->formats[i], format_word(WSD_SCAN_FORMAT_DIB)) == 0) {
            const char *first = s->formats[0];
            s->formats[0] = s->formats[i];
            s->formats[i] = first;
        }
    put_pdf(o, s);
}

static void put_names(struct scan_settings *s)
{
    const char *user = getenv("USER");
    char host[64] = "";

    gethostname(host, sizeof host - 1);
    snprintf(s->user, sizeof s->user, "%.60s@%.60s", user ? user : "user", host);
    snprintf(s->job_name, sizeof s->job_name, "Scan");
}

void options_settings(const struct options *o, struct scan_settings *ret)
{
    static const int colors[] = {[FRAME_LINEART] = WSD_SCAN_COLOR_BLACK_AND_WHITE1,
                                 [FRAME_GRAY] = WSD_SCAN_COLOR_GRAYSCALE8,
                                 [FRAME_COLOR] = WSD_SCAN_COLOR_RGB24};

    memset(ret, 0, sizeof *ret); /* padding too: it is compared as a whole */
    ret->scaling = 100;
    for (size_t i = 0; i < o->has->n_sources; i++)
        if (o->sources[i] == o->texts[OPTION_SOURCE])
            ret->source = &o->has->sources[i];
    ret->color = choice_nearest_color(ret->source->front, colors[options_frame(o)]);
    ret->dpi_x = ret->dpi_y = resolution(o);
    put_area(o, ret);
    put_formats(o, ret);
    put_exposure(o, ret);
    ret->quality = o->words[OPTION_QUALITY];
    ret->has_quality = o->quality_set;
    ret->rotation = o->words[OPTION_ROTATION];
    ret->has_rotation = ret->rotation != 0;
    put_names(ret);
}

void frame_parameters(enum frame frame, uint32_t width, uint32_t height, SANE_Parameters *ret)
{
    *ret = (SANE_Parameters){
        .format = frame == FRAME_COLOR ? SANE_FRAME_RGB : SANE_FRAME_GRAY,
        .last_frame = SANE_TRUE,
        .pixels_per_line = (SANE_Int)width,
        .lines = (SANE_Int)height,
        .depth = frame == FRAME_LINEART ? 1 : 8,
        .bytes_per_line = (SANE_Int)(frame == FRAME_COLOR     ? 3 * width
                                     : frame == FRAME_LINEART ? (width + 7) / 8
                                                              : width),
    };
}

void options_parameters(const struct options *o, SANE_Parameters *ret)
{
    struct scan_settings s;

    options_settings(o, &s);
    uint32_t width = scan_pixels(s.width, s.dpi_x), height = scan_pixels(s.height, s.dpi_y);
    bool turned = s.rotation == 90 || s.rotation == 270;
    frame_parameters(options_frame(o), turned ? height : width, turned ? width : height, ret);
}
