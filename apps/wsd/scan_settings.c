/* SPDX-License-Identifier: MIT */
/* Chooses what to ask the scanner for. */
#include "scan_settings.h"
#include "raster/bytes.h"

#include <math.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"
#include "exit_codes.h"
#include "report.h"

#define RESOLUTIONS_MAX 64
#define DEFAULT_DPI     300
#define AREA_SLACK      50 /* 1/1000 inch: paper sizes are rounded by some devices */
#define AREA_MAX_MM     10000.0
#define DEFAULT_PATTERN "scan-{date}-{time}"

struct chooser {
    struct session *session;
    const struct args *args;
    const struct scanner *scanner;
    struct scan_settings *s;
    bool nearest;
};

/* "it has no ...; it has A, B, C", the list made by `append`. Returns EXIT_CODE_USAGE. */
static int lacks(const struct chooser *c, const char *what, const char *list)
{
    char line[900];

    snprintf(line, sizeof line, "it has no %s; it has %s", what, *list ? list : "none at all");
    return report_failure(c->session, EXIT_CODE_USAGE, c->scanner->device.name, line,
                          "Choose one of these, or add --nearest.");
}

/* -- source -------------------------------------------------------------------------------------
 */

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

int settings_source(const char *word)
{
    for (size_t i = 0; i < sizeof source_words / sizeof *source_words; i++)
        if (text_same(word, source_words[i].word))
            return source_words[i].source;
    return 0;
}

static int choose_source(struct chooser *c)
{
    const char *word = args_text(c->args, OPT_SOURCE, NULL);
    char list[200] = "";
    int wanted = 0;

    if (c->scanner->n_sources == 0)
        return report_failure(c->session, EXIT_CODE_REFUSED, c->scanner->device.name,
                              "it reports nothing to scan from", "Switch it off and on.");
    c->s->source = &c->scanner->sources[0];
    if (!word)
        return EXIT_CODE_OK;
    wanted = settings_source(word);
    if (wanted == 0) {
        usage_error(c->args, "--source takes platen, adf, duplex or film, not '%s'", word);
        return EXIT_CODE_USAGE;
    }
    for (size_t i = 0; i < c->scanner->n_sources; i++) {
        if (c->scanner->sources[i].source == wanted) {
            c->s->source = &c->scanner->sources[i];
            return EXIT_CODE_OK;
        }
        text_append(list, sizeof list, "%s%s", i ? ", " : "", c->scanner->sources[i].word);
    }
    /* One side of a feeder is as near to duplex as can be. */
    for (size_t i = 0; c->nearest && i < c->scanner->n_sources; i++)
        if (c->scanner->sources[i].source == WSD_SCAN_INPUT_SOURCE_ADF) {
            c->s->source = &c->scanner->sources[i];
            return EXIT_CODE_OK;
        }
    return lacks(c, word, list);
}

/* -- mode ---------------------------------------------------------------------------------------
 */

static const struct {
    const char *word;
    int color;
} mode_words[] = {
    {"color", WSD_SCAN_COLOR_RGB24},         {"colour", WSD_SCAN_COLOR_RGB24},
    {"gray", WSD_SCAN_COLOR_GRAYSCALE8},     {"grey", WSD_SCAN_COLOR_GRAYSCALE8},
    {"bw", WSD_SCAN_COLOR_BLACK_AND_WHITE1}, {"lineart", WSD_SCAN_COLOR_BLACK_AND_WHITE1},
};

static int mode_of(const char *word)
{
    for (size_t i = 0; i < sizeof mode_words / sizeof *mode_words; i++)
        if (text_same(word, mode_words[i].word))
            return mode_words[i].color;
    for (int i = WSD_SCAN_COLOR_BLACK_AND_WHITE1; i <= WSD_SCAN_COLOR_RGBA64; i++)
        if (text_same(word, color_word(i)))
            return i;
    return 0;
}

static bool has_color(const struct wsd_scan_source *source, int color)
{
    for (size_t i = 0; i < source->n_colors; i++)
        if (source->colors[i].value == color)
            return true;
    return false;
}

/* By falling likeness to what was wanted. */
static int nearest_color(const struct wsd_scan_source *source, int wanted)
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
        if (has_color(source, by_wish[row][i]))
            return by_wish[row][i];
    return source->n_colors ? source->colors[0].value : 0;
}

static int choose_mode(struct chooser *c)
{
    const char *word = args_text(c->args, OPT_MODE, NULL);
    const struct wsd_scan_source *source = c->s->source->front;
    char list[300] = "";
    int wanted = word ? mode_of(word) : WSD_SCAN_COLOR_RGB24;

    if (wanted == 0) {
        usage_error(c->args, "--mode takes color, gray, bw or a word of the protocol, not '%s'",
                    word);
        return EXIT_CODE_USAGE;
    }
    c->s->color = has_color(source, wanted) ? wanted : nearest_color(source, wanted);
    if (c->s->color == wanted || !word || c->nearest)
        return EXIT_CODE_OK;
    for (size_t i = 0; i < source->n_colors; i++)
        text_append(list, sizeof list, "%s%s", i ? ", " : "",
                    token_text(&source->colors[i], color_word));
    return lacks(c, word, list);
}

/* -- resolution ---------------------------------------------------------------------------------
 */

static int32_t nearest_number(const int32_t *list, size_t n, long wanted)
{
    int32_t best = n ? list[0] : (int32_t)wanted;

    for (size_t i = 1; i < n; i++)
        if (labs(list[i] - wanted) < labs(best - wanted))
            best = list[i];
    return best;
}

static bool parse_resolution(const struct chooser *c, const char *text, long *ret_x, long *ret_y)
{
    char x[16];
    const char *by = strchr(text, 'x');
    size_t n = by ? (size_t)(by - text) : strlen(text);

    snprintf(x, sizeof x, "%.*s", (int)(n < 15 ? n : 15), text);
    if (text_number(x, 1, 100000, ret_x) &&
        (by ? text_number(by + 1, 1, 100000, ret_y) : ((*ret_y = *ret_x), true)))
        return true;
    usage_error(c->args, "--resolution takes a number such as 300, or 300x600, not '%s'", text);
    return false;
}

static int choose_resolution(struct chooser *c)
{
    const char *text = args_text(c->args, OPT_RESOLUTION, NULL);
    long x = DEFAULT_DPI, y = DEFAULT_DPI;
    int32_t list[RESOLUTIONS_MAX];
    size_t n = scanner_resolutions(c->s->source->front, list, RESOLUTIONS_MAX);
    char words[400] = "";

    if (text && !parse_resolution(c, text, &x, &y))
        return EXIT_CODE_USAGE;
    c->s->dpi_x = nearest_number(list, n, x);
    c->s->dpi_y = nearest_number(list, n, y);
    if (!text || c->nearest || (c->s->dpi_x == x && c->s->dpi_y == y))
        return EXIT_CODE_OK;
    for (size_t i = 0; i < n; i++)
        text_append(words, sizeof words, "%s%d", i ? ", " : "", (int)list[i]);
    text_append(words, sizeof words, " dpi");
    return lacks(c, text, words);
}

/* -- area ---------------------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    double width, height; /* mm */
} papers[] = {
    {"a3", 297, 420},         {"a4", 210, 297},        {"a5", 148, 210},
    {"a6", 105, 148},         {"b4", 257, 364},        {"b5", 182, 257},
    {"letter", 215.9, 279.4}, {"legal", 215.9, 355.6}, {"executive", 184.15, 266.7},
    {"photo", 100, 150},      {"card", 86, 54},
};

static int32_t thousandths(double mm)
{
    return (int32_t)nearest(mm / 0.0254);
}

static bool parse_area(const struct chooser *c, const char *text, double ret[4])
{
    char end;

    ret[0] = ret[1] = 0;
    for (size_t i = 0; i < sizeof papers / sizeof *papers; i++)
        if (text_same(text, papers[i].name)) {
            ret[2] = papers[i].width;
            ret[3] = papers[i].height;
            return true;
        }
    bool read = sscanf(text, "%lf,%lf,%lf,%lf%c", &ret[0], &ret[1], &ret[2], &ret[3], &end) == 4;
    if (!read) {
        ret[0] = ret[1] = 0;
        read = sscanf(text, "%lfx%lf%c", &ret[2], &ret[3], &end) == 2;
    }
    for (int i = 0; read && i < 4; i++)
        read = isfinite(ret[i]) && ret[i] >= (i < 2 ? 0 : 0.1) && ret[i] <= AREA_MAX_MM;
    if (!read)
        usage_error(c->args,
                    "--area takes a paper name such as a4, WIDTHxHEIGHT or X,Y,WIDTH,HEIGHT in "
                    "millimetres, not '%s'",
                    text);
    return read;
}

/* Keeps offset and length within the source; false if it had to be changed by more than rounding.
 */
static bool fit(int32_t *offset, int32_t *length, int32_t low, int32_t high)
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

static int choose_area(struct chooser *c)
{
    const char *text = args_text(c->args, OPT_AREA, NULL);
    const struct scanner_source *source = c->s->source;
    struct scan_settings *s = c->s;
    double area[4];

    s->whole = !text || text_same(text, "max");
    s->x = s->y = 0;
    s->width = source->max_width;
    s->height = source->max_height;
    if (s->whole)
        return EXIT_CODE_OK;
    if (!parse_area(c, text, area))
        return EXIT_CODE_USAGE;
    s->x = thousandths(area[0]);
    s->y = thousandths(area[1]);
    s->width = thousandths(area[2]);
    s->height = thousandths(area[3]);
    bool across = fit(&s->x, &s->width, source->min_width, source->max_width);
    bool down = fit(&s->y, &s->height, source->min_height, source->max_height);
    if ((across && down) || c->nearest)
        return EXIT_CODE_OK;
    char has[200];
    snprintf(has, sizeof has, "%.0f x %.0f mm (%s)", (double)source->max_width * 0.0254,
             (double)source->max_height * 0.0254, source->name);
    return lacks(c, "room for that area", has);
}

/* -- format -------------------------------------------------------------------------------------
 */

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

static int force_format(struct chooser *c, const char *wanted)
{
    const struct wsd_scan_device_settings *d = &c->scanner->configuration->device_settings;
    char list[400] = "";

    for (size_t i = 0; i < d->n_formats_supported; i++) {
        const char *word = token_text(&d->formats_supported[i], format_word);
        if (text_same(word, wanted)) {
            c->s->formats[c->s->n_formats++] = word;
            return EXIT_CODE_OK;
        }
        text_append(list, sizeof list, "%s%s", i ? ", " : "", word);
    }
    return lacks(c, wanted, list);
}

static int choose_wire_format(struct chooser *c)
{
    const char *forced = args_text(c->args, OPT_WIRE_FORMAT, NULL);
    const struct wsd_scan_device_settings *d = &c->scanner->configuration->device_settings;
    struct scan_settings *s = c->s;

    if (forced)
        return force_format(c, forced);
    for (const int *wish = wishes(s, &c->scanner->quirks); *wish != F_END; wish++)
        for (size_t i = 0; i < d->n_formats_supported && s->n_formats < SCAN_FORMATS_MAX; i++)
            if (d->formats_supported[i].value == *wish)
                s->formats[s->n_formats++] = token_text(&d->formats_supported[i], format_word);
    /* Nothing that we know how to convert: take what there is. */
    if (s->n_formats == 0 && d->n_formats_supported > 0)
        s->formats[s->n_formats++] = token_text(&d->formats_supported[0], format_word);
    if (s->n_formats > 0)
        return EXIT_CODE_OK;
    return report_failure(c->session, EXIT_CODE_REFUSED, c->scanner->device.name,
                          "it reports no file format", "Switch it off and on.");
}

static int choose_output(struct chooser *c)
{
    const char *format = args_text(c->args, OPT_FORMAT, NULL);
    const char *path =
        c->args->command == COMMAND_SCAN ? args_text(c->args, OPT_OUTPUT, NULL) : NULL;
    struct scan_settings *s = c->s;

    snprintf(s->folder, sizeof s->folder, ".");
    s->pattern = NULL;
    if (path && strcmp(path, "-") == 0)
        s->pattern = path;
    else if (path && output_path_split(path, s->folder, sizeof s->folder, &s->pattern) < 0) {
        usage_error(c->args, "--output takes the name of a file, not '%s'", path);
        return EXIT_CODE_USAGE;
    }
    const char *dot = s->pattern ? strrchr(s->pattern, '.') : NULL;
    enum output_kind named = dot ? output_kind_from_name(dot + 1) : OUTPUT_AS_RECEIVED;
    s->kind = format ? output_kind_from_name(format) : named;
    if (format && s->kind == OUTPUT_AS_RECEIVED && !text_same(format, "raw")) {
        usage_error(c->args, "--format takes pdf, jpeg, png, tiff or raw, not '%s'", format);
        return EXIT_CODE_USAGE;
    }
    /* A folder or a name without an extension becomes a PDF; standard output what comes. */
    if (!format && s->kind == OUTPUT_AS_RECEIVED &&
        (!s->pattern || (!dot && strcmp(s->pattern, "-") != 0)))
        s->kind = OUTPUT_PDF;
    if (!s->pattern) {
        snprintf(s->pattern_store, sizeof s->pattern_store, DEFAULT_PATTERN);
        s->pattern = s->pattern_store;
    }
    return EXIT_CODE_OK;
}

/* -- the rest -----------------------------------------------------------------------------------
 */

/* A number within what the scanner says it takes. */
static int choose_number(struct chooser *c, enum option_id option, const char *what, long low,
                         long high, long device_low, long device_high, long *ret, bool *ret_has)
{
    char line[100], list[100];

    if (!args_has(c->args, option))
        return EXIT_CODE_OK;
    if (!args_number(c->args, option, low, high, ret))
        return EXIT_CODE_USAGE;
    *ret_has = true;
    if (*ret >= device_low && *ret <= device_high)
        return EXIT_CODE_OK;
    snprintf(line, sizeof line, "%s of %ld", what, *ret);
    snprintf(list, sizeof list, "%ld to %ld", device_low, device_high);
    *ret = *ret < device_low ? device_low : device_high;
    return c->nearest ? EXIT_CODE_OK : lacks(c, line, list);
}

static int choose_exposure(struct chooser *c)
{
    const struct wsd_scan_device_settings *d = &c->scanner->configuration->device_settings;
    struct scan_settings *s = c->s;
    long brightness = d->brightness_supported ? 1000 : 0,
         contrast = d->contrast_supported ? 1000 : 0;
    int code = choose_number(c, OPT_BRIGHTNESS, "brightness", -1000, 1000, -brightness, brightness,
                             &s->brightness, &s->has_exposure);

    if (code == EXIT_CODE_OK)
        code = choose_number(c, OPT_CONTRAST, "contrast", -1000, 1000, -contrast, contrast,
                             &s->contrast, &s->has_exposure);
    if (code == EXIT_CODE_OK)
        code = choose_number(c, OPT_SHARPNESS, "sharpness", -100, 100, -100, 100, &s->sharpness,
                             &s->has_exposure);
    s->auto_exposure = args_has(c->args, OPT_AUTO_EXPOSURE);
    if (code == EXIT_CODE_OK && s->auto_exposure && s->has_exposure) {
        usage_error(c->args, "--auto-exposure excludes --brightness, --contrast and --sharpness");
        return EXIT_CODE_USAGE;
    }
    if (code == EXIT_CODE_OK && s->auto_exposure && !d->auto_exposure_supported) {
        s->auto_exposure = false;
        return c->nearest ? code : lacks(c, "automatic exposure", "");
    }
    return code;
}

/* A word of a list that the scanner gives. */
static int choose_word(struct chooser *c, const char *word, const struct wsd_token *tokens,
                       size_t n, const char **ret)
{
    char list[300] = "";

    for (size_t i = 0; i < n; i++) {
        const char *text = tokens[i].text ? tokens[i].text : "";
        if (text_same(text, word)) {
            *ret = text;
            return EXIT_CODE_OK;
        }
        text_append(list, sizeof list, "%s%s", i ? ", " : "", text);
    }
    return c->nearest ? EXIT_CODE_OK : lacks(c, word, list);
}

static int choose_turns(struct chooser *c)
{
    const struct wsd_scan_device_settings *d = &c->scanner->configuration->device_settings;
    const struct wsd_scan_range *range = &d->scaling_range_supported.scaling_width;
    const char *rotate = args_text(c->args, OPT_ROTATE, NULL);
    const char *content = args_text(c->args, OPT_CONTENT, NULL);
    struct scan_settings *s = c->s;
    const char *found = NULL;
    int code = choose_number(c, OPT_SCALING, "scaling", 1, 1000, range->min_value, range->max_value,
                             &s->scaling, &s->has_scaling);

    if (code == EXIT_CODE_OK && rotate) {
        if (!text_number(rotate, 0, 270, &s->rotation) || s->rotation % 90 != 0) {
            usage_error(c->args, "--rotate takes 0, 90, 180 or 270, not '%s'", rotate);
            return EXIT_CODE_USAGE;
        }
        code = choose_word(c, rotate, d->rotations_supported, d->n_rotations_supported, &found);
        s->has_rotation = found != NULL;
        s->rotation = found ? s->rotation : 0;
    }
    if (code == EXIT_CODE_OK && content)
        code = choose_word(c, content, d->content_types_supported, d->n_content_types_supported,
                           &s->content);
    return code;
}

static void choose_names(struct chooser *c)
{
    const struct passwd *person = getpwuid(getuid());
    char host[64] = "";
    struct scan_settings *s = c->s;

    gethostname(host, sizeof host - 1);
    snprintf(s->user, sizeof s->user, "%.60s@%.60s", person ? person->pw_name : "user", host);
    text_clean(args_text(c->args, OPT_JOB_NAME, strcmp(s->pattern, "-") ? s->pattern : "wsd scan"),
               s->job_name, sizeof s->job_name);
}

uint32_t scan_pixels(int32_t length, int32_t dpi)
{
    double pixels = (double)length * dpi / 1000;

    return pixels < 1 ? 1 : nearest(pixels);
}

int scan_settings_choose(struct session *session, const struct scanner *scanner,
                         struct scan_settings *ret)
{
    static int (*const steps[])(struct chooser *) = {
        choose_source, choose_mode,        choose_resolution, choose_area,
        choose_output, choose_wire_format, choose_exposure,   choose_turns,
    };
    const struct wsd_scan_range *quality =
        &scanner->configuration->device_settings.compression_quality_factor_supported;
    struct chooser c = {session, session->args, scanner, ret, args_has(session->args, OPT_NEAREST)};
    int code = EXIT_CODE_OK;

    *ret = (struct scan_settings){.scaling = 100};
    if (!args_number(c.args, OPT_PAGES, 1, OUTPUT_MAX_PAGES, &ret->pages))
        return EXIT_CODE_USAGE;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && code == EXIT_CODE_OK; i++)
        code = steps[i](&c);
    if (code == EXIT_CODE_OK)
        code = choose_number(&c, OPT_QUALITY, "JPEG quality", 0, 100, quality->min_value,
                             quality->max_value, &ret->quality, &ret->has_quality);
    if (code == EXIT_CODE_OK)
        choose_names(&c);
    return code;
}
