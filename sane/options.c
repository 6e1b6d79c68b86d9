/* SPDX-License-Identifier: MIT */
/* The descriptions: one table, and the constraints from what the scanner says of itself. */
#include "options.h"

#include <sane/saneopts.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "bounds.h"
#include "scan/choice.h"

#define I18N(text)      text
#define SETTABLE        (SANE_CAP_SOFT_SELECT | SANE_CAP_SOFT_DETECT)
#define DEFAULT_DPI     300
#define MM(thousandths) SANE_FIX((double)(thousandths)*0.0254)

static const struct row {
    SANE_String_Const name, title, desc;
    SANE_Value_Type type;
    SANE_Unit unit;
    SANE_Int cap;
} rows[OPTION_N] = {
    [OPTION_COUNT_OF_THEM] = {SANE_NAME_NUM_OPTIONS, SANE_TITLE_NUM_OPTIONS, SANE_DESC_NUM_OPTIONS,
                              SANE_TYPE_INT, SANE_UNIT_NONE, SANE_CAP_SOFT_DETECT},
    [OPTION_GROUP_STANDARD] = {SANE_NAME_STANDARD, SANE_TITLE_STANDARD, SANE_DESC_STANDARD,
                               SANE_TYPE_GROUP, SANE_UNIT_NONE, 0},
    [OPTION_MODE] = {SANE_NAME_SCAN_MODE, SANE_TITLE_SCAN_MODE, SANE_DESC_SCAN_MODE,
                     SANE_TYPE_STRING, SANE_UNIT_NONE, SETTABLE},
    [OPTION_DEPTH] = {SANE_NAME_BIT_DEPTH, SANE_TITLE_BIT_DEPTH, SANE_DESC_BIT_DEPTH, SANE_TYPE_INT,
                      SANE_UNIT_BIT, SETTABLE},
    [OPTION_SOURCE] = {SANE_NAME_SCAN_SOURCE, SANE_TITLE_SCAN_SOURCE, SANE_DESC_SCAN_SOURCE,
                       SANE_TYPE_STRING, SANE_UNIT_NONE, SETTABLE},
    [OPTION_ADF_DUPLEX] = {"adf-duplex", I18N("ADF duplex"),
                           I18N("Scan both sides of each sheet in the feeder"), SANE_TYPE_BOOL,
                           SANE_UNIT_NONE, SETTABLE},
    [OPTION_RESOLUTION] = {SANE_NAME_SCAN_RESOLUTION, SANE_TITLE_SCAN_RESOLUTION,
                           SANE_DESC_SCAN_RESOLUTION, SANE_TYPE_INT, SANE_UNIT_DPI, SETTABLE},
    [OPTION_PREVIEW] = {SANE_NAME_PREVIEW, SANE_TITLE_PREVIEW, SANE_DESC_PREVIEW, SANE_TYPE_BOOL,
                        SANE_UNIT_NONE, SETTABLE},
    [OPTION_GROUP_GEOMETRY] = {SANE_NAME_GEOMETRY, SANE_TITLE_GEOMETRY, SANE_DESC_GEOMETRY,
                               SANE_TYPE_GROUP, SANE_UNIT_NONE, 0},
    [OPTION_TL_X] = {SANE_NAME_SCAN_TL_X, SANE_TITLE_SCAN_TL_X, SANE_DESC_SCAN_TL_X,
                     SANE_TYPE_FIXED, SANE_UNIT_MM, SETTABLE},
    [OPTION_TL_Y] = {SANE_NAME_SCAN_TL_Y, SANE_TITLE_SCAN_TL_Y, SANE_DESC_SCAN_TL_Y,
                     SANE_TYPE_FIXED, SANE_UNIT_MM, SETTABLE},
    [OPTION_BR_X] = {SANE_NAME_SCAN_BR_X, SANE_TITLE_SCAN_BR_X, SANE_DESC_SCAN_BR_X,
                     SANE_TYPE_FIXED, SANE_UNIT_MM, SETTABLE},
    [OPTION_BR_Y] = {SANE_NAME_SCAN_BR_Y, SANE_TITLE_SCAN_BR_Y, SANE_DESC_SCAN_BR_Y,
                     SANE_TYPE_FIXED, SANE_UNIT_MM, SETTABLE},
    [OPTION_GROUP_ENHANCEMENT] = {SANE_NAME_ENHANCEMENT, SANE_TITLE_ENHANCEMENT,
                                  SANE_DESC_ENHANCEMENT, SANE_TYPE_GROUP, SANE_UNIT_NONE, 0},
    [OPTION_BRIGHTNESS] = {SANE_NAME_BRIGHTNESS, SANE_TITLE_BRIGHTNESS, SANE_DESC_BRIGHTNESS,
                           SANE_TYPE_INT, SANE_UNIT_PERCENT, SETTABLE},
    [OPTION_CONTRAST] = {SANE_NAME_CONTRAST, SANE_TITLE_CONTRAST, SANE_DESC_CONTRAST, SANE_TYPE_INT,
                         SANE_UNIT_PERCENT, SETTABLE},
    [OPTION_SHARPNESS] = {"sharpness", I18N("Sharpness"),
                          I18N("Makes edges softer (below 0) or sharper (above 0)"), SANE_TYPE_INT,
                          SANE_UNIT_PERCENT, SETTABLE},
    [OPTION_THRESHOLD] = {SANE_NAME_THRESHOLD, SANE_TITLE_THRESHOLD, SANE_DESC_THRESHOLD,
                          SANE_TYPE_FIXED, SANE_UNIT_PERCENT, SETTABLE | SANE_CAP_EMULATED},
    [OPTION_GROUP_ADVANCED] = {SANE_NAME_ADVANCED, SANE_TITLE_ADVANCED, SANE_DESC_ADVANCED,
                               SANE_TYPE_GROUP, SANE_UNIT_NONE, SANE_CAP_ADVANCED},
    [OPTION_ROTATION] = {"page-rotation", I18N("Page rotation"),
                         I18N("Turns the page clockwise, in the scanner"), SANE_TYPE_INT,
                         SANE_UNIT_NONE, SETTABLE | SANE_CAP_ADVANCED},
    [OPTION_QUALITY] = {"compression-quality", I18N("Compression quality"),
                        I18N("Quality of the images that the scanner compresses; until it is set, "
                             "as the scanner likes"),
                        SANE_TYPE_INT, SANE_UNIT_NONE, SETTABLE | SANE_CAP_ADVANCED},
    [OPTION_FORMAT] = {"image-format", I18N("Image format"),
                       I18N(
                           "How images come from the scanner: Auto is fast, PNG, TIFF and DIB lose "
                           "nothing"),
                       SANE_TYPE_STRING, SANE_UNIT_NONE, SETTABLE | SANE_CAP_ADVANCED},
};

/* Names by which frontends know sources. */
static const struct {
    int source;
    SANE_String_Const name;
} source_names[] = {
    {WSD_SCAN_INPUT_SOURCE_PLATEN, I18N("Flatbed")},
    {WSD_SCAN_INPUT_SOURCE_ADF, I18N("ADF")},
    {WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX, I18N("ADF Duplex")},
    {WSD_SCAN_INPUT_SOURCE_FILM, I18N("Transparency Unit")},
};

static const struct {
    SANE_String_Const name;
    int formats[3];
} format_names[] = {
    {"JPEG", {WSD_SCAN_FORMAT_JFIF, WSD_SCAN_FORMAT_EXIF, 0}},
    {"PNG", {WSD_SCAN_FORMAT_PNG, 0, 0}},
    {"TIFF", {WSD_SCAN_FORMAT_TIFF_SINGLE_UNCOMPRESSED, 0, 0}},
    {"DIB", {WSD_SCAN_FORMAT_DIB, 0, 0}},
};

/* -- parts of it --------------------------------------------------------------------------------
 */

static void activate(struct options *o, enum option option, bool active)
{
    SANE_Int *cap = &o->descriptors[option].cap;

    *cap = active ? *cap & ~SANE_CAP_INACTIVE : *cap | SANE_CAP_INACTIVE;
}

static const struct scan_source *source_of(const struct options *o)
{
    for (size_t i = 0; i < o->has->n_sources; i++)
        if (o->sources[i] == o->texts[OPTION_SOURCE])
            return &o->has->sources[i];
    return &o->has->sources[0];
}

static bool has_source(const struct options *o, int source)
{
    const struct scan_source *nearest = choice_nearest_source(o->has, source);

    return nearest && nearest->source == source;
}

static void set_range(struct options *o, enum option option, SANE_Word low, SANE_Word high,
                      SANE_Word quant)
{
    o->ranges[option] = (SANE_Range){low, high, quant};
    o->descriptors[option].constraint_type = SANE_CONSTRAINT_RANGE;
    o->descriptors[option].constraint.range = &o->ranges[option];
}

static void set_words(struct options *o, enum option option, const SANE_Word *list)
{
    o->descriptors[option].constraint_type = SANE_CONSTRAINT_WORD_LIST;
    o->descriptors[option].constraint.word_list = list;
}

static void set_texts(struct options *o, enum option option, const SANE_String_Const *list)
{
    o->descriptors[option].constraint_type = SANE_CONSTRAINT_STRING_LIST;
    o->descriptors[option].constraint.string_list = list;
    o->descriptors[option].size = OPTION_STRING_SIZE + 8;
}

static bool in_list(const SANE_String_Const *list, SANE_String_Const text)
{
    for (; *list; list++)
        if (*list == text)
            return true;
    return false;
}

/* -- what hangs on the source -------------------------------------------------------------------
 */

/* Black and white and gray can be had from more. */
static void list_modes(struct options *o, const struct wsd_scan_source *front)
{
    size_t n = 0;
    int best = choice_nearest_color(front, WSD_SCAN_COLOR_RGB24);
    bool color = best >= WSD_SCAN_COLOR_RGB24;
    bool only_bw = best == WSD_SCAN_COLOR_BLACK_AND_WHITE1;

    if (color)
        o->modes[n++] = SANE_VALUE_SCAN_MODE_COLOR;
    if (!only_bw)
        o->modes[n++] = SANE_VALUE_SCAN_MODE_GRAY;
    o->modes[n++] = SANE_VALUE_SCAN_MODE_LINEART;
    o->modes[n] = NULL;
    if (!in_list(o->modes, o->texts[OPTION_MODE]))
        o->texts[OPTION_MODE] = o->modes[0];
}

static void list_resolutions(struct options *o, const struct wsd_scan_source *front)
{
    int32_t list[OPTION_RESOLUTIONS_MAX];
    size_t n = scan_resolutions(front, list, OPTION_RESOLUTIONS_MAX);
    SANE_Word wanted = o->words[OPTION_RESOLUTION];

    /* They rise. */
    while (n > 0 && list[n - 1] > SANE_DPI_MAX)
        n--;
    if (n == 0)
        list[n++] = DEFAULT_DPI;
    o->resolutions[0] = (SANE_Word)n;
    memcpy(o->resolutions + 1, list, n * sizeof *list);
    o->words[OPTION_RESOLUTION] = choice_nearest_number(list, n, wanted);
}

/* A corner that was at the edge stays there; another one is kept as far as there is room. */
static void set_extent(struct options *o, enum option tl, enum option br, int32_t thousandths)
{
    int32_t most = thousandths <= 0              ? 8500
                   : thousandths > SANE_SIDE_MAX ? SANE_SIDE_MAX
                                                 : thousandths;
    SANE_Word before = o->ranges[br].max, high = MM(most);
    bool at_edge = o->words[br] == before;

    set_range(o, tl, 0, high, 0);
    set_range(o, br, 0, high, 0);
    if (at_edge || o->words[br] > high)
        o->words[br] = high;
    if (o->words[tl] > high)
        o->words[tl] = 0;
}

static void follow_mode(struct options *o)
{
    bool lineart = options_frame(o) == FRAME_LINEART;
    const struct wsd_scan_source *front = source_of(o)->front;

    activate(o, OPTION_DEPTH, !lineart);
    activate(o, OPTION_THRESHOLD,
             lineart && !choice_has_color(front, WSD_SCAN_COLOR_BLACK_AND_WHITE1));
}

static void follow_source(struct options *o)
{
    const struct scan_source *source = source_of(o);
    bool feeder = source->source == WSD_SCAN_INPUT_SOURCE_ADF ||
                  source->source == WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX;

    list_modes(o, source->front);
    list_resolutions(o, source->front);
    set_extent(o, OPTION_TL_X, OPTION_BR_X, source->max_width);
    set_extent(o, OPTION_TL_Y, OPTION_BR_Y, source->max_height);
    o->words[OPTION_ADF_DUPLEX] = source->source == WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX;
    activate(o, OPTION_ADF_DUPLEX,
             feeder && has_source(o, WSD_SCAN_INPUT_SOURCE_ADF) &&
                 has_source(o, WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX));
    follow_mode(o);
}

/* -- what does not ------------------------------------------------------------------------------
 */

static void list_sources(struct options *o)
{
    for (size_t i = 0; i < o->has->n_sources; i++)
        for (size_t k = 0; k < sizeof source_names / sizeof *source_names; k++)
            if (source_names[k].source == o->has->sources[i].source)
                o->sources[i] = source_names[k].name;
    set_texts(o, OPTION_SOURCE, o->sources);
    o->texts[OPTION_SOURCE] = o->sources[0];
}

static bool has_format(const struct options *o, const int *wanted)
{
    const struct wsd_scan_device_settings *d = &o->has->configuration->device_settings;

    for (; *wanted; wanted++)
        for (size_t i = 0; i < d->n_formats_supported; i++)
            if (d->formats_supported[i].value == *wanted)
                return true;
    return false;
}

static void list_formats(struct options *o)
{
    size_t n = 0;

    o->formats[n++] = "Auto";
    for (size_t i = 0; i < sizeof format_names / sizeof *format_names; i++)
        if (has_format(o, format_names[i].formats))
            o->formats[n++] = format_names[i].name;
    set_texts(o, OPTION_FORMAT, o->formats);
    o->texts[OPTION_FORMAT] = o->formats[0];
    activate(o, OPTION_FORMAT, n > 2);
}

static void list_rotations(struct options *o)
{
    const struct wsd_scan_device_settings *d = &o->has->configuration->device_settings;
    SANE_Word n = 0;

    o->rotations[++n] = 0;
    for (int turn = 1; turn <= 3; turn++)
        for (size_t i = 0; i < d->n_rotations_supported; i++)
            if (d->rotations_supported[i].value == WSD_SCAN_ROTATION_0 + turn) {
                o->rotations[++n] = 90 * turn;
                break;
            }
    o->rotations[0] = n;
    set_words(o, OPTION_ROTATION, o->rotations);
    activate(o, OPTION_ROTATION, n > 1);
}

static void set_quality(struct options *o)
{
    const struct wsd_scan_device_settings *d = &o->has->configuration->device_settings;
    const struct wsd_scan_range *range = &d->compression_quality_factor_supported;
    const struct wsd_scan_document_parameters *p =
        o->has->default_ticket ? o->has->default_ticket->document_parameters : NULL;
    SANE_Word value = range->max_value;

    if (p && p->compression_quality_factor)
        value = p->compression_quality_factor->value;
    set_range(o, OPTION_QUALITY, range->min_value, range->max_value, 1);
    o->words[OPTION_QUALITY] = value < range->min_value   ? range->min_value
                               : value > range->max_value ? range->max_value
                                                          : value;
    activate(o, OPTION_QUALITY,
             range->max_value > range->min_value && has_format(o, format_names[0].formats));
}

static void set_device_options(struct options *o)
{
    const struct wsd_scan_device_settings *d = &o->has->configuration->device_settings;

    for (enum option option = OPTION_BRIGHTNESS; option <= OPTION_SHARPNESS; option++)
        set_range(o, option, -100, 100, 1);
    set_range(o, OPTION_THRESHOLD, SANE_FIX(0), SANE_FIX(100), 0);
    o->words[OPTION_THRESHOLD] = SANE_FIX(50);
    activate(o, OPTION_BRIGHTNESS, d->brightness_supported);
    activate(o, OPTION_CONTRAST, d->contrast_supported);
    /* WS-Scan has no word for whether sharpness is heard; what hears the others has it. */
    activate(o, OPTION_SHARPNESS, d->brightness_supported || d->contrast_supported);
    list_rotations(o);
    set_quality(o);
    list_formats(o);
}

void options_init(struct options *o, const struct scan_abilities *has)
{
    *o = (struct options){.has = has};
    for (size_t i = 0; i < OPTION_N; i++)
        o->descriptors[i] = (SANE_Option_Descriptor){
            .name = rows[i].name,
            .title = rows[i].title,
            .desc = rows[i].desc,
            .type = rows[i].type,
            .unit = rows[i].unit,
            .size = rows[i].type == SANE_TYPE_GROUP ? 0 : (SANE_Int)sizeof(SANE_Word),
            .cap = rows[i].cap,
        };
    o->words[OPTION_COUNT_OF_THEM] = OPTION_N;
    o->words[OPTION_RESOLUTION] = DEFAULT_DPI;
    o->depths[0] = 1;
    o->depths[1] = o->words[OPTION_DEPTH] = 8;
    set_words(o, OPTION_DEPTH, o->depths);
    set_words(o, OPTION_RESOLUTION, o->resolutions);
    list_sources(o);
    follow_source(o);
    set_texts(o, OPTION_MODE, o->modes);
    set_device_options(o);
}

/* -- reading and setting ------------------------------------------------------------------------
 */

static bool settable(const struct options *o, SANE_Int number)
{
    return number > 0 && number < OPTION_N && SANE_OPTION_IS_ACTIVE(o->descriptors[number].cap) &&
           SANE_OPTION_IS_SETTABLE(o->descriptors[number].cap);
}

SANE_Status options_get(const struct options *o, SANE_Int number, void *value)
{
    if (!value || number < 0 || number >= OPTION_N ||
        !SANE_OPTION_IS_ACTIVE(o->descriptors[number].cap) ||
        o->descriptors[number].type == SANE_TYPE_GROUP)
        return SANE_STATUS_INVAL;
    if (o->descriptors[number].type == SANE_TYPE_STRING)
        snprintf(value, (size_t)o->descriptors[number].size, "%s", o->texts[number]);
    else
        memcpy(value, &o->words[number], sizeof(SANE_Word));
    return SANE_STATUS_GOOD;
}

static SANE_Word nearest_in(const SANE_Word *list, SANE_Word wanted)
{
    SANE_Word best = list[1];

    for (SANE_Word i = 2; i <= list[0]; i++) {
        int64_t a = (int64_t)list[i] - wanted, b = (int64_t)best - wanted;
        if ((a < 0 ? -a : a) < (b < 0 ? -b : b))
            best = list[i];
    }
    return best;
}

static SANE_Word constrained(const SANE_Option_Descriptor *d, SANE_Word wanted)
{
    const SANE_Range *range = d->constraint.range;

    if (d->constraint_type == SANE_CONSTRAINT_WORD_LIST)
        return nearest_in(d->constraint.word_list, wanted);
    if (d->constraint_type != SANE_CONSTRAINT_RANGE)
        return wanted;
    return wanted < range->min ? range->min : wanted > range->max ? range->max : wanted;
}

/* In letters of any case, but whole: nobody knows how much room there is for a longer one. */
static SANE_String_Const find_text(const SANE_String_Const *list, const char *wanted)
{
    for (; *list; list++)
        if (strcasecmp(*list, wanted) == 0)
            return *list;
    return NULL;
}

static SANE_Status set_text(struct options *o, SANE_Int number, char *value, SANE_Int *info)
{
    const SANE_Option_Descriptor *d = &o->descriptors[number];
    SANE_String_Const found = find_text(d->constraint.string_list, value);

    if (!found)
        return SANE_STATUS_INVAL;
    if (strcmp(found, value) != 0) {
        memcpy(value, found, strlen(found));
        *info |= SANE_INFO_INEXACT;
    }
    o->texts[number] = found;
    return SANE_STATUS_GOOD;
}

static SANE_Status set_word(struct options *o, SANE_Int number, SANE_Word *value, SANE_Int *info)
{
    const SANE_Option_Descriptor *d = &o->descriptors[number];
    SANE_Word kept = constrained(d, *value);

    if (d->type == SANE_TYPE_BOOL && *value != SANE_FALSE && *value != SANE_TRUE)
        return SANE_STATUS_INVAL;
    if (kept != *value)
        *info |= SANE_INFO_INEXACT;
    *value = o->words[number] = kept;
    return SANE_STATUS_GOOD;
}

/* The feeder with and without its back sides: two names for one wish. */
static void follow_duplex(struct options *o)
{
    int wanted =
        o->words[OPTION_ADF_DUPLEX] ? WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX : WSD_SCAN_INPUT_SOURCE_ADF;

    for (size_t i = 0; i < o->has->n_sources; i++)
        if (o->has->sources[i].source == wanted)
            o->texts[OPTION_SOURCE] = o->sources[i];
}

static SANE_Int follow(struct options *o, SANE_Int number)
{
    switch (number) {
    case OPTION_ADF_DUPLEX:
        follow_duplex(o);
        follow_source(o);
        return SANE_INFO_RELOAD_OPTIONS | SANE_INFO_RELOAD_PARAMS;
    case OPTION_SOURCE:
        follow_source(o);
        return SANE_INFO_RELOAD_OPTIONS | SANE_INFO_RELOAD_PARAMS;
    case OPTION_MODE:
        follow_mode(o);
        return SANE_INFO_RELOAD_OPTIONS | SANE_INFO_RELOAD_PARAMS;
    case OPTION_QUALITY:
        o->quality_set = true;
        return 0;
    case OPTION_RESOLUTION:
    case OPTION_PREVIEW:
    case OPTION_TL_X:
    case OPTION_TL_Y:
    case OPTION_BR_X:
    case OPTION_BR_Y:
    case OPTION_ROTATION:
        return SANE_INFO_RELOAD_PARAMS;
    default:
        return 0;
    }
}

SANE_Status options_set(struct options *o, SANE_Int number, void *value, SANE_Int *ret_info)
{
    SANE_Int info = 0;

    if (!value || !settable(o, number))
        return SANE_STATUS_INVAL;
    SANE_Status status = o->descriptors[number].type == SANE_TYPE_STRING
                             ? set_text(o, number, value, &info)
                             : set_word(o, number, value, &info);
    if (status != SANE_STATUS_GOOD)
        return status;
    info |= follow(o, number);
    if (ret_info)
        *ret_info = info;
    return SANE_STATUS_GOOD;
}
