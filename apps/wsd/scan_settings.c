/* SPDX-License-Identifier: MIT */
/* Chooses what to ask the scanner for. */
#include "scan_settings.h"

#include <math.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/exit_codes.h"
#include "common/text.h"
#include "report.h"
#include "scan/choice.h"

#define RESOLUTIONS_MAX 64
#define DEFAULT_DPI     300
#define AREA_MAX_MM     10000.0
#define DEFAULT_PATTERN "scan-{date}-{time}"

struct chooser {
    struct session *session;
    const struct args *args;
    const struct scanner *scanner;
    struct scan_settings *s;
    struct scan_output *output;
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

static int choose_source(struct chooser *c)
{
    const char *word = args_text(c->args, OPT_SOURCE, NULL);
    char list[200] = "";
    int wanted = 0;

    if (c->scanner->has.n_sources == 0)
        return report_failure(c->session, EXIT_CODE_REFUSED, c->scanner->device.name,
                              "it reports nothing to scan from", "Switch it off and on.");
    c->s->source = &c->scanner->has.sources[0];
    if (!word)
        return EXIT_CODE_OK;
    wanted = choice_source(word);
    if (wanted == 0) {
        usage_error(c->args, "--source takes platen, adf, duplex or film, not '%s'", word);
        return EXIT_CODE_USAGE;
    }
    const struct scan_source *near = choice_nearest_source(&c->scanner->has, wanted);
    if (near && (near->source == wanted || c->nearest)) {
        c->s->source = near;
        return EXIT_CODE_OK;
    }
    for (size_t i = 0; i < c->scanner->has.n_sources; i++)
        text_append(list, sizeof list, "%s%s", i ? ", " : "", c->scanner->has.sources[i].word);
    return lacks(c, word, list);
}

/* -- mode ---------------------------------------------------------------------------------------
 */

static int choose_mode(struct chooser *c)
{
    const char *word = args_text(c->args, OPT_MODE, NULL);
    const struct wsd_scan_source *source = c->s->source->front;
    char list[300] = "";
    int wanted = word ? choice_color(word) : WSD_SCAN_COLOR_RGB24;

    if (wanted == 0) {
        usage_error(c->args, "--mode takes color, gray, bw or a word of the protocol, not '%s'",
                    word);
        return EXIT_CODE_USAGE;
    }
    c->s->color = choice_has_color(source, wanted) ? wanted : choice_nearest_color(source, wanted);
    if (c->s->color == wanted || !word || c->nearest)
        return EXIT_CODE_OK;
    for (size_t i = 0; i < source->n_colors; i++)
        text_append(list, sizeof list, "%s%s", i ? ", " : "",
                    token_text(&source->colors[i], color_word));
    return lacks(c, word, list);
}

/* -- resolution ---------------------------------------------------------------------------------
 */

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
    size_t n = scan_resolutions(c->s->source->front, list, RESOLUTIONS_MAX);
    char words[400] = "";

    if (text && !parse_resolution(c, text, &x, &y))
        return EXIT_CODE_USAGE;
    c->s->dpi_x = choice_nearest_number(list, n, x);
    c->s->dpi_y = choice_nearest_number(list, n, y);
    if (!text || c->nearest || (c->s->dpi_x == x && c->s->dpi_y == y))
        return EXIT_CODE_OK;
    for (size_t i = 0; i < n; i++)
        text_append(words, sizeof words, "%s%d", i ? ", " : "", (int)list[i]);
    text_append(words, sizeof words, " dpi");
    return lacks(c, text, words);
}

/* -- area ---------------------------------------------------------------------------------------
 */

static bool parse_area(const struct chooser *c, const char *text, double ret[4])
{
    char end;

    ret[0] = ret[1] = 0;
    if (choice_paper(text, &ret[2], &ret[3]))
        return true;
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

static int choose_area(struct chooser *c)
{
    const char *text = args_text(c->args, OPT_AREA, NULL);
    const struct scan_source *source = c->s->source;
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
    s->x = choice_thousandths(area[0]);
    s->y = choice_thousandths(area[1]);
    s->width = choice_thousandths(area[2]);
    s->height = choice_thousandths(area[3]);
    bool across = choice_fit(&s->x, &s->width, source->min_width, source->max_width);
    bool down = choice_fit(&s->y, &s->height, source->min_height, source->max_height);
    if ((across && down) || c->nearest)
        return EXIT_CODE_OK;
    char has[200];
    snprintf(has, sizeof has, "%.0f x %.0f mm (%s)", (double)source->max_width * 0.0254,
             (double)source->max_height * 0.0254, source->name);
    return lacks(c, "room for that area", has);
}

/* -- format -------------------------------------------------------------------------------------
 */

static int force_format(struct chooser *c, const char *wanted)
{
    const struct wsd_scan_device_settings *d = &c->scanner->has.configuration->device_settings;
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
    struct scan_settings *s = c->s;

    if (forced)
        return force_format(c, forced);
    choice_formats(&c->scanner->has, s);
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
    struct scan_output *o = c->output;

    snprintf(o->folder, sizeof o->folder, ".");
    o->pattern = NULL;
    if (path && strcmp(path, "-") == 0)
        o->pattern = path;
    else if (path && output_path_split(path, o->folder, sizeof o->folder, &o->pattern) < 0) {
        usage_error(c->args, "--output takes the name of a file, not '%s'", path);
        return EXIT_CODE_USAGE;
    }
    const char *dot = o->pattern ? strrchr(o->pattern, '.') : NULL;
    enum output_kind named = dot ? output_kind_from_name(dot + 1) : OUTPUT_AS_RECEIVED;
    s->kind = format ? output_kind_from_name(format) : named;
    if (format && s->kind == OUTPUT_AS_RECEIVED && !text_same(format, "raw")) {
        usage_error(c->args, "--format takes pdf, jpeg, png, tiff or raw, not '%s'", format);
        return EXIT_CODE_USAGE;
    }
    /* A folder or a name without an extension becomes a PDF; standard output what comes. */
    if (!format && s->kind == OUTPUT_AS_RECEIVED &&
        (!o->pattern || (!dot && strcmp(o->pattern, "-") != 0)))
        s->kind = OUTPUT_PDF;
    if (!o->pattern) {
        snprintf(o->pattern_store, sizeof o->pattern_store, DEFAULT_PATTERN);
        o->pattern = o->pattern_store;
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
    const struct wsd_scan_device_settings *d = &c->scanner->has.configuration->device_settings;
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
    const struct wsd_scan_device_settings *d = &c->scanner->has.configuration->device_settings;
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
    const char *pattern = c->output->pattern;

    gethostname(host, sizeof host - 1);
    snprintf(s->user, sizeof s->user, "%.60s@%.60s", person ? person->pw_name : "user", host);
    text_clean(args_text(c->args, OPT_JOB_NAME, strcmp(pattern, "-") ? pattern : "wsd scan"),
               s->job_name, sizeof s->job_name);
}

int scan_settings_choose(struct session *session, const struct scanner *scanner,
                         struct scan_settings *ret, struct scan_output *ret_output)
{
    static int (*const steps[])(struct chooser *) = {
        choose_source, choose_mode,        choose_resolution, choose_area,
        choose_output, choose_wire_format, choose_exposure,   choose_turns,
    };
    const struct wsd_scan_range *quality =
        &scanner->has.configuration->device_settings.compression_quality_factor_supported;
    struct chooser c = {session, session->args, scanner,
                        ret,     ret_output,    args_has(session->args, OPT_NEAREST)};
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
