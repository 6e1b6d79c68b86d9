/* SPDX-License-Identifier: MIT */
/*
 * Merging and checking a scan ticket (WS-Scan 4.3 to 4.5).
 *
 * Every setting goes the same way: what the ticket asks for, else the default; the nearest that the
 * scanner offers; then settle() notes what became of it: Override, UsedDefault, or a rejection when
 * the ticket insisted (MustHonor). A value that this source or format lacks while another has it is
 * a conflict between settings; one that nothing offers is a bad argument (Q12 of the sheet).
 *
 * Cost: a few loops over the lists of the configuration, no memory.
 */
#include "scan/service_ticket.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scan/schema.h"

static const bool yes = true, no = false;

struct merge {
    const struct wsd__scan_capabilities *capabilities;
    const struct wsd_scan_configuration *configuration;
    const struct wsd_scan_document_parameters *asked, *defaults;
    const struct wsd_scan_source *source; /* chosen; its front */
    struct wsd__scan_plan *plan;
};

static const struct wsd_scan_document_parameters no_parameters;
static const struct wsd_scan_media_side no_side;

/* -- words ------------------------------------------------------------------------------------- */

const char *wsd__scan_word(const struct wsd__enum *words, const struct wsd_token *token)
{
    if (token->text)
        return token->text;
    if (token->value > 0 && (unsigned)token->value <= words->n_names)
        return words->names[token->value - 1];
    return "";
}

static bool token_empty(const struct wsd_token *token)
{
    return token->value == 0 && (!token->text || !token->text[0]);
}

static bool token_same(const struct wsd_token *a, const struct wsd_token *b)
{
    if (a->value || b->value)
        return a->value == b->value;
    return a->text && b->text && strcmp(a->text, b->text) == 0;
}

static const struct wsd_token *token_find(const struct wsd_token *list, size_t n,
                                          const struct wsd_token *wanted)
{
    for (size_t i = 0; i < n; i++) {
        if (token_same(&list[i], wanted))
            return &list[i];
    }
    return NULL;
}

/* A device sends an empty word where it means none (HP Laser MFP 178: ContentType). */
static const struct wsd_scan_ticket_token *given(const struct wsd_scan_ticket_token *token)
{
    return token && !token_empty(&token->value) ? token : NULL;
}

static bool must(const bool *must_honor)
{
    return must_honor && *must_honor;
}

bool wsd__scan_format_is_multi(const struct wsd_token *format)
{
    switch ((enum wsd_scan_format)format->value) {
    case WSD_SCAN_FORMAT_PDF_A:
    case WSD_SCAN_FORMAT_XPS:
    case WSD_SCAN_FORMAT_TIFF_MULTI_UNCOMPRESSED:
    case WSD_SCAN_FORMAT_TIFF_MULTI_G4:
    case WSD_SCAN_FORMAT_TIFF_MULTI_G3MH:
    case WSD_SCAN_FORMAT_TIFF_MULTI_JPEG_TN2:
        return true;
    default:
        return false;
    }
}

/* The document formats count as lossy: the pictures inside are of the device's choice. */
static bool format_is_lossy(const struct wsd_token *format)
{
    switch ((enum wsd_scan_format)format->value) {
    case WSD_SCAN_FORMAT_EXIF:
    case WSD_SCAN_FORMAT_JFIF:
    case WSD_SCAN_FORMAT_JPEG2K:
    case WSD_SCAN_FORMAT_TIFF_SINGLE_JPEG_TN2:
    case WSD_SCAN_FORMAT_TIFF_MULTI_JPEG_TN2:
    case WSD_SCAN_FORMAT_PDF_A:
    case WSD_SCAN_FORMAT_XPS:
        return true;
    default:
        return false;
    }
}

/* -- what becomes of a setting ------------------------------------------------------------------
 */

/* kept: the ticket gets what it asked for. elsewhere: another combination would have had it. */
static void settle(struct merge *m, const char *element, bool kept, bool must_honor, bool elsewhere)
{
    if (kept)
        return;
    m->plan->adjusted++;
    if (!must_honor)
        return;
    if (elsewhere)
        m->plan->conflict = true;
    if (!m->plan->rejected)
        m->plan->rejected = element;
}

static void final_int(struct wsd_scan_final_int *out, const int32_t *asked, int32_t used)
{
    *out = (struct wsd_scan_final_int){.value = used};
    if (!asked)
        out->used_default = &yes;
    else if (*asked != used)
        out->override_ = &yes;
    else if (used == 0) /* said outright: a bare 0 is taken for one that was left out */
        out->override_ = &no;
}

static bool overridden(const struct wsd_scan_final_int *value)
{
    return value->override_ && *value->override_;
}

static void final_token(struct wsd_scan_final_token *out, const struct wsd_scan_ticket_token *asked,
                        const struct wsd_token *used)
{
    *out = (struct wsd_scan_final_token){.value = *used};
    if (!asked)
        out->used_default = &yes;
    else if (!token_same(&asked->value, used))
        out->override_ = &yes;
}

static int32_t clamp(int64_t value, int64_t low, int64_t high)
{
    return (int32_t)(value < low ? low : value > high ? high : value);
}

/* The nearest; of two equally near ones the larger, which loses nothing. */
static int32_t nearest(const int32_t *list, size_t n, int32_t wanted)
{
    int32_t best = n ? list[0] : wanted;

    for (size_t i = 1; i < n; i++) {
        int64_t distance = llabs((int64_t)list[i] - wanted), record = llabs((int64_t)best - wanted);

        if (distance < record || (distance == record && list[i] > best))
            best = list[i];
    }
    return best;
}

static bool int_listed(const int32_t *list, size_t n, int32_t wanted)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i] == wanted)
            return true;
    }
    return false;
}

/* -- sources ------------------------------------------------------------------------------------
 */

static const struct wsd_scan_source *source_front(const struct wsd_scan_configuration *c,
                                                  int source)
{
    switch (source) {
    case WSD_SCAN_INPUT_SOURCE_PLATEN:
        return c->platen;
    case WSD_SCAN_INPUT_SOURCE_ADF:
        return c->adf ? &c->adf->adf_front : NULL;
    case WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX:
        return c->adf && (c->adf->adf_supports_duplex || c->adf->adf_back) ? &c->adf->adf_front
                                                                           : NULL;
    case WSD_SCAN_INPUT_SOURCE_FILM:
        return c->film;
    default:
        return NULL;
    }
}

bool wsd__scan_has_source(const struct wsd_scan_configuration *configuration, int source)
{
    return source_front(configuration, source) != NULL;
}

/* The four sources, in the order in which each is replaced by another. */
#define N_SOURCES 4
static const uint8_t *replacements(int source)
{
    enum {
        ADF = WSD_SCAN_INPUT_SOURCE_ADF,
        DUPLEX = WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX,
        FILM = WSD_SCAN_INPUT_SOURCE_FILM,
        PLATEN = WSD_SCAN_INPUT_SOURCE_PLATEN
    };
    static const uint8_t of_duplex[N_SOURCES] = {DUPLEX, ADF, PLATEN, FILM};
    static const uint8_t of_adf[N_SOURCES] = {ADF, DUPLEX, PLATEN, FILM};
    static const uint8_t of_film[N_SOURCES] = {FILM, PLATEN, ADF, DUPLEX};
    static const uint8_t of_platen[N_SOURCES] = {PLATEN, ADF, DUPLEX, FILM};

    switch (source) {
    case WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX:
        return of_duplex;
    case WSD_SCAN_INPUT_SOURCE_ADF:
        return of_adf;
    case WSD_SCAN_INPUT_SOURCE_FILM:
        return of_film;
    default:
        return of_platen;
    }
}

static void plan_source(struct merge *m, int used)
{
    const struct wsd_scan_ticket_token *asked = given(m->asked->input_source);
    struct wsd_token token = {.value = used};

    final_token(&m->plan->final_.input_source, asked, &token);
    settle(m, "InputSource", !m->plan->final_.input_source.override_,
           asked && must(asked->must_honor), false);
    m->source = source_front(m->configuration, used);
}

/* -- formats and colours ------------------------------------------------------------------------
 */

static bool format_carries(const struct merge *m, const struct wsd_token *format,
                           const struct wsd_token *color)
{
    const struct wsd_scanner *scanner = m->capabilities->scanner;

    return !scanner || !scanner->format_has_color ||
           scanner->format_has_color(scanner->user, wsd__scan_word(&wsd__scan_formats, format),
                                     color->value);
}

static const struct wsd_scan_ticket_token *asked_color(const struct merge *m)
{
    return m->asked->media_sides ? given(m->asked->media_sides->media_front.color_processing)
                                 : NULL;
}

/* A Format that the ticket names is never exchanged for another that is offered. One that it leaves
 * open is chosen so that the colour it names can be had. */
static void plan_format(struct merge *m)
{
    const struct wsd_scan_device_settings *offer = &m->configuration->device_settings;
    const struct wsd_scan_ticket_token *asked = given(m->asked->format);
    const struct wsd_scan_ticket_token *color = asked_color(m);
    const struct wsd_token *list = offer->formats_supported, *used = NULL;
    size_t n = offer->n_formats_supported;

    if (asked)
        used = token_find(list, n, &asked->value);
    m->plan->bad_format = asked && !used;
    if (!used && given(m->defaults->format))
        used = token_find(list, n, &m->defaults->format->value);
    if (!used)
        used = &list[0];
    if ((!asked || m->plan->bad_format) && color && !format_carries(m, used, &color->value) &&
        token_find(m->source->colors, m->source->n_colors, &color->value)) {
        for (size_t i = 0; i < n; i++) {
            if (format_carries(m, &list[i], &color->value)) {
                used = &list[i];
                break;
            }
        }
    }
    final_token(&m->plan->final_.format, asked, used);
    settle(m, "Format", !m->plan->bad_format, false, false);
}

/* Colour modes as points: what kind they are weighs more than how deep. */
static int color_distance(int a, int b)
{
    static const struct {
        uint8_t kind, bits;
    } modes[] = {[WSD_SCAN_COLOR_BLACK_AND_WHITE1] = {0, 1}, [WSD_SCAN_COLOR_GRAYSCALE4] = {1, 4},
                 [WSD_SCAN_COLOR_GRAYSCALE8] = {1, 8},       [WSD_SCAN_COLOR_GRAYSCALE16] = {1, 16},
                 [WSD_SCAN_COLOR_RGB24] = {2, 24},           [WSD_SCAN_COLOR_RGB48] = {2, 48},
                 [WSD_SCAN_COLOR_RGBA32] = {3, 32},          [WSD_SCAN_COLOR_RGBA64] = {3, 64}};
    const int n = (int)(sizeof modes / sizeof *modes);

    if (a <= 0 || b <= 0 || a >= n || b >= n)
        return 1 << 16;
    return abs(modes[a].kind - modes[b].kind) * 1000 + abs(modes[a].bits - modes[b].bits);
}

static const struct wsd_token *nearest_color(const struct merge *m,
                                             const struct wsd_scan_source *source,
                                             const struct wsd_token *wanted)
{
    const struct wsd_token *best = NULL;
    int record = 0;

    for (size_t i = 0; i < source->n_colors; i++) {
        const struct wsd_token *color = &source->colors[i];
        int distance = token_same(color, wanted) ? 0 : color_distance(color->value, wanted->value);

        if (format_carries(m, &m->plan->final_.format.value, color) &&
            (!best || distance < record)) {
            best = color;
            record = distance;
        }
    }
    return best;
}

static bool color_offered(const struct merge *m, const struct wsd_token *wanted)
{
    for (int source = 1; source <= N_SOURCES; source++) {
        const struct wsd_scan_source *front = source_front(m->configuration, source);

        if (front && token_find(front->colors, front->n_colors, wanted))
            return true;
    }
    return false;
}

static void plan_color(struct merge *m, const struct wsd_scan_source *source,
                       const struct wsd_scan_ticket_token *asked,
                       const struct wsd_scan_ticket_token *fallback,
                       struct wsd_scan_final_token *out)
{
    static const struct wsd_token rgb = {.value = WSD_SCAN_COLOR_RGB24};
    const struct wsd_token *wanted = asked ? &asked->value : fallback ? &fallback->value : &rgb;
    const struct wsd_token *used = nearest_color(m, source, wanted);

    if (!used) { /* the format carries none of the source's: nothing would make them fit */
        final_token(out, asked, &source->colors[0]);
        settle(m, "ColorProcessing", false, true, true);
        return;
    }
    final_token(out, asked, used);
    settle(m, "ColorProcessing", !out->override_, asked && must(asked->must_honor),
           color_offered(m, wanted));
}

/* -- settings of the document -------------------------------------------------------------------
 */

static void plan_quality(struct merge *m)
{
    const struct wsd_scan_range *range =
        &m->configuration->device_settings.compression_quality_factor_supported;
    const struct wsd_scan_ticket_int *asked = m->asked->compression_quality_factor;
    struct wsd_scan_final_int *out = &m->plan->final_.compression_quality_factor;
    int32_t wanted = asked ? asked->value
                     : m->defaults->compression_quality_factor
                         ? m->defaults->compression_quality_factor->value
                         : range->max_value;

    if (!format_is_lossy(&m->plan->final_.format.value)) {
        /* Ignored, which does no harm: the ticket is a good one, unless it insists. */
        final_int(out, asked ? &asked->value : NULL, 100);
        settle(m, "CompressionQualityFactor",
               !asked || asked->value == 100 || !must(asked->must_honor), true, false);
        return;
    }
    final_int(out, asked ? &asked->value : NULL, clamp(wanted, range->min_value, range->max_value));
    settle(m, "CompressionQualityFactor", !overridden(out), asked && must(asked->must_honor),
           false);
}

/* The platen and the film holder have one image; a feeder has what is in it. */
static void plan_images(struct merge *m)
{
    const struct wsd_scan_ticket_int *asked = m->asked->images_to_transfer;
    struct wsd_scan_final_int *out = &m->plan->final_.images_to_transfer;
    int source = m->plan->final_.input_source.value.value;
    bool feeder = source == WSD_SCAN_INPUT_SOURCE_ADF || source == WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX;
    int32_t wanted = asked                             ? asked->value
                     : m->defaults->images_to_transfer ? m->defaults->images_to_transfer->value
                                                       : 0;

    final_int(out, asked ? &asked->value : NULL, feeder ? wanted : 1);
    /* 0 asks for all there are, and one is all there are. */
    settle(m, "ImagesToTransfer", !overridden(out) || wanted == 0, asked && must(asked->must_honor),
           false);
}

static void plan_film(struct merge *m)
{
    const struct wsd_scan_ticket_token *asked = given(m->asked->film_scan_mode);
    const struct wsd_scan_ticket_token *fallback = given(m->defaults->film_scan_mode);
    const struct wsd_token *used = NULL;

    if (m->plan->final_.input_source.value.value != WSD_SCAN_INPUT_SOURCE_FILM) {
        bool harmless = !asked || asked->value.value == WSD_SCAN_FILM_SCAN_MODE_NOT_APPLICABLE;

        m->plan->drop_film = !harmless;
        settle(m, "FilmScanMode", harmless, asked && must(asked->must_honor),
               m->configuration->film != NULL);
        return;
    }
    if (asked)
        used = token_find(m->source->film_scan_modes, m->source->n_film_scan_modes, &asked->value);
    if (!used && fallback)
        used =
            token_find(m->source->film_scan_modes, m->source->n_film_scan_modes, &fallback->value);
    if (!used)
        used = &m->source->film_scan_modes[0];
    final_token(&m->plan->film_scan_mode, asked, used);
    settle(m, "FilmScanMode", !m->plan->film_scan_mode.override_, asked && must(asked->must_honor),
           false);
    m->plan->final_.film_scan_mode = &m->plan->film_scan_mode;
}

static void plan_content(struct merge *m)
{
    const struct wsd_scan_device_settings *offer = &m->configuration->device_settings;
    const struct wsd_scan_ticket_token *asked = given(m->asked->content_type);
    const struct wsd_scan_ticket_token *fallback = given(m->defaults->content_type);
    static const struct wsd_token automatic = {.value = WSD_SCAN_CONTENT_TYPE_AUTO};
    const struct wsd_token *list = offer->content_types_supported, *used = NULL;
    size_t n = offer->n_content_types_supported;

    if (asked)
        used = token_find(list, n, &asked->value);
    if (!used && fallback)
        used = token_find(list, n, &fallback->value);
    if (!used)
        used = token_find(list, n, &automatic);
    final_token(&m->plan->final_.content_type, asked, used ? used : &list[0]);
    settle(m, "ContentType", !m->plan->final_.content_type.override_,
           asked && must(asked->must_honor), false);
}

/* One dimension of the original; 0 means the maximum (a habit of HP and Samsung firmware). */
static bool plan_dimension(const int32_t *asked, const int32_t *fallback, int32_t low, int32_t high,
                           struct wsd_scan_final_int *out)
{
    int32_t wanted = asked ? *asked : fallback ? *fallback : 0;

    final_int(out, asked, wanted == 0 ? high : clamp(wanted, low < high ? low : high, high));
    return !overridden(out) || wanted == 0;
}

static void plan_input_size(struct merge *m)
{
    const struct wsd_scan_input_size *asked = m->asked->input_size;
    const struct wsd_scan_size *wanted = asked ? asked->input_media_size : NULL;
    const struct wsd_scan_size *fallback =
        m->defaults->input_size ? m->defaults->input_size->input_media_size : NULL;
    const struct wsd_scan_size *low = &m->source->minimum_size, *high = &m->source->maximum_size;
    struct wsd_scan_final_size *out = &m->plan->final_.input_size.input_media_size;
    bool detect = asked && must(asked->document_size_auto_detect), kept;

    if (detect && !m->configuration->device_settings.document_size_auto_detect_supported) {
        m->plan->drop_auto_size = true;
        detect = false;
    }
    if (detect) /* found while scanning: until then all that the source can take */
        wanted = fallback = NULL;
    kept = plan_dimension(wanted ? &wanted->width : NULL, fallback ? &fallback->width : NULL,
                          low->width, high->width, &out->width);
    kept = plan_dimension(wanted ? &wanted->height : NULL, fallback ? &fallback->height : NULL,
                          low->height, high->height, &out->height) &&
           kept;
    settle(m, "InputSize", kept && !m->plan->drop_auto_size, asked && must(asked->must_honor),
           false);
}

static bool plan_strength(bool supported, const int32_t *asked, const int32_t *fallback,
                          struct wsd_scan_final_int *out)
{
    int32_t wanted = asked ? *asked : fallback ? *fallback : 0;

    final_int(out, asked, supported ? wanted : 0);
    return !overridden(out);
}

static void plan_exposure(struct merge *m)
{
    static const struct wsd_scan_exposure_settings none;
    const struct wsd_scan_device_settings *offer = &m->configuration->device_settings;
    const struct wsd_scan_exposure *asked = m->asked->exposure;
    const struct wsd_scan_exposure_settings *wanted = &none, *fallback = &none;
    struct wsd_scan_final_exposure_settings *out = &m->plan->final_.exposure.exposure_settings;
    bool automatic = asked && must(asked->auto_exposure), kept;

    if (automatic && !offer->auto_exposure_supported) {
        m->plan->drop_auto_exposure = true;
        automatic = false;
    }
    if (asked && asked->exposure_settings && !automatic)
        wanted = asked->exposure_settings;
    if (m->defaults->exposure && m->defaults->exposure->exposure_settings)
        fallback = m->defaults->exposure->exposure_settings;
    kept = plan_strength(offer->contrast_supported, wanted->contrast, fallback->contrast,
                         &out->contrast);
    kept = plan_strength(offer->brightness_supported, wanted->brightness, fallback->brightness,
                         &out->brightness) &&
           kept;
    /* The configuration has no word on sharpness: it is the program's to heed. */
    kept = plan_strength(true, wanted->sharpness, fallback->sharpness, &out->sharpness) && kept;
    settle(m, "Exposure", kept && !m->plan->drop_auto_exposure, asked && must(asked->must_honor),
           false);
}

static void plan_scaling(struct merge *m)
{
    const struct wsd_scan_scaling_range *offer =
        &m->configuration->device_settings.scaling_range_supported;
    const struct wsd_scan_scaling *asked = m->asked->scaling;
    const struct wsd_scan_scaling *from = asked ? asked : m->defaults->scaling;
    struct wsd_scan_final_scaling *out = &m->plan->final_.scaling;
    int32_t width = from ? from->scaling_width : 100, height = from ? from->scaling_height : 100;

    final_int(&out->scaling_width, asked ? &width : NULL,
              clamp(width, offer->scaling_width.min_value, offer->scaling_width.max_value));
    final_int(&out->scaling_height, asked ? &height : NULL,
              clamp(height, offer->scaling_height.min_value, offer->scaling_height.max_value));
    settle(m, "Scaling", !overridden(&out->scaling_width) && !overridden(&out->scaling_height),
           asked && must(asked->must_honor), false);
}

static int degrees(int rotation)
{
    return rotation > 0 ? (rotation - WSD_SCAN_ROTATION_0) * 90 : 0;
}

static void plan_rotation(struct merge *m)
{
    const struct wsd_scan_device_settings *offer = &m->configuration->device_settings;
    const struct wsd_scan_ticket_token *asked = given(m->asked->rotation);
    const struct wsd_scan_ticket_token *fallback = given(m->defaults->rotation);
    static const struct wsd_token upright = {.value = WSD_SCAN_ROTATION_0};
    const struct wsd_token *wanted = asked ? &asked->value : fallback ? &fallback->value : &upright;
    const struct wsd_token *used = &upright;
    int record = 360;

    for (size_t i = 0; i < offer->n_rotations_supported; i++) {
        const struct wsd_token *rotation = &offer->rotations_supported[i];
        int distance = abs(degrees(rotation->value) - degrees(wanted->value));

        distance = distance > 180 ? 360 - distance : distance;
        if (token_same(rotation, wanted))
            distance = -1;
        if (distance < record) {
            used = rotation;
            record = distance;
        }
    }
    final_token(&m->plan->final_.rotation, asked, used);
    settle(m, "Rotation", !m->plan->final_.rotation.override_, asked && must(asked->must_honor),
           false);
}

/* -- settings of a side -------------------------------------------------------------------------
 */

/* One direction of a region. */
struct axis {
    const struct wsd_scan_ticket_int *offset, *size; /* as asked; size NULL: nothing asked */
    int32_t default_offset, default_size;            /* size 0: all */
    int32_t bound, least;
    const char *offset_name, *size_name;
};

static void plan_axis(struct merge *m, const struct axis *axis, struct wsd_scan_final_int *offset,
                      struct wsd_scan_final_int *size)
{
    int32_t from = !axis->size ? axis->default_offset : axis->offset ? axis->offset->value : 0;
    int32_t wide = axis->size ? axis->size->value : axis->default_size;
    int32_t least = axis->least < axis->bound ? axis->least : axis->bound;
    bool whole = wide == 0;

    if (from >= axis->bound || from < 0) {
        if (axis->size) { /* nothing of it is on the glass: no near value would be what was meant */
            m->plan->adjusted++;
            if (!m->plan->rejected)
                m->plan->rejected = "ScanRegion";
        }
        from = 0;
    }
    if (whole || wide > axis->bound - from)
        wide = axis->bound - from;
    if (wide < least) {
        wide = least;
        if (from > axis->bound - wide)
            from = axis->bound - wide;
    }
    final_int(offset, axis->offset ? &axis->offset->value : NULL, from);
    final_int(size, axis->size ? &axis->size->value : NULL, wide);
    settle(m, axis->offset_name, !overridden(offset),
           axis->offset && must(axis->offset->must_honor), false);
    settle(m, axis->size_name, !overridden(size) || whole,
           axis->size && must(axis->size->must_honor), false);
}

static void plan_region(struct merge *m, const struct wsd_scan_source *source,
                        const struct wsd_scan_region *asked, const struct wsd_scan_region *fallback,
                        struct wsd_scan_final_region *out)
{
    const struct wsd_scan_final_size *input = &m->plan->final_.input_size.input_media_size;
    struct axis x = {.bound = input->width.value,
                     .least = source->minimum_size.width,
                     .offset_name = "ScanRegionXOffset",
                     .size_name = "ScanRegionWidth"};
    struct axis y = {.bound = input->height.value,
                     .least = source->minimum_size.height,
                     .offset_name = "ScanRegionYOffset",
                     .size_name = "ScanRegionHeight"};

    if (asked) {
        x.offset = asked->scan_region_x_offset;
        y.offset = asked->scan_region_y_offset;
        x.size = &asked->scan_region_width;
        y.size = &asked->scan_region_height;
    } else if (fallback && !m->asked->input_size) {
        /* An original of a size of its own is scanned whole, not where the default one lies. */
        x.default_offset =
            fallback->scan_region_x_offset ? fallback->scan_region_x_offset->value : 0;
        y.default_offset =
            fallback->scan_region_y_offset ? fallback->scan_region_y_offset->value : 0;
        x.default_size = fallback->scan_region_width.value;
        y.default_size = fallback->scan_region_height.value;
    }
    plan_axis(m, &x, &out->scan_region_x_offset, &out->scan_region_width);
    plan_axis(m, &y, &out->scan_region_y_offset, &out->scan_region_height);
}

static bool resolution_offered(const struct merge *m, int32_t width, int32_t height)
{
    for (int source = 1; source <= N_SOURCES; source++) {
        const struct wsd_scan_source *front = source_front(m->configuration, source);

        if (front && int_listed(front->resolutions.widths, front->resolutions.n_widths, width) &&
            int_listed(front->resolutions.heights, front->resolutions.n_heights, height))
            return true;
    }
    return false;
}

static void plan_resolution(struct merge *m, const struct wsd_scan_source *source,
                            const struct wsd_scan_resolution *asked,
                            const struct wsd_scan_resolution *fallback,
                            struct wsd_scan_final_resolution *out)
{
    const struct wsd_scan_resolutions *offer = &source->resolutions;
    const struct wsd_scan_resolution *from = asked ? asked : fallback;
    int32_t width = from ? from->width : 300;
    int32_t height = from && from->height ? *from->height : width;

    final_int(&out->width, asked ? &width : NULL, nearest(offer->widths, offer->n_widths, width));
    final_int(&out->height, asked ? &height : NULL,
              nearest(offer->heights, offer->n_heights, height));
    settle(m, "Resolution", !overridden(&out->width) && !overridden(&out->height),
           asked && must(asked->must_honor), resolution_offered(m, width, height));
}

static void plan_side(struct merge *m, const struct wsd_scan_source *source,
                      const struct wsd_scan_media_side *asked,
                      const struct wsd_scan_media_side *fallback,
                      struct wsd_scan_final_media_side *out)
{
    plan_region(m, source, asked->scan_region, fallback->scan_region, &out->scan_region);
    plan_color(m, source, given(asked->color_processing), given(fallback->color_processing),
               &out->color_processing);
    plan_resolution(m, source, asked->resolution, fallback->resolution, &out->resolution);
}

/* What the front says holds for a back that does not say otherwise (WS-Scan: MediaBack). */
static void plan_sides(struct merge *m)
{
    const struct wsd_scan_media_sides *asked = m->asked->media_sides;
    const struct wsd_scan_media_side *front = asked ? &asked->media_front : &no_side;
    const struct wsd_scan_media_side *back = asked ? asked->media_back : NULL;
    const struct wsd_scan_media_side *fallback =
        m->defaults->media_sides ? &m->defaults->media_sides->media_front : &no_side;
    const struct wsd_scan_adf *adf = m->configuration->adf;
    struct wsd_scan_media_side merged = *front;

    plan_side(m, m->source, front, fallback, &m->plan->final_.media_sides.media_front);
    if (m->plan->final_.input_source.value.value != WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX) {
        m->plan->drop_back = back != NULL;
        settle(m, "MediaBack", !back, asked && must(asked->must_honor),
               wsd__scan_has_source(m->configuration, WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX));
        return;
    }
    if (back) {
        merged.scan_region = back->scan_region ? back->scan_region : merged.scan_region;
        merged.color_processing =
            back->color_processing ? back->color_processing : merged.color_processing;
        merged.resolution = back->resolution ? back->resolution : merged.resolution;
    }
    plan_side(m, adf->adf_back ? adf->adf_back : m->source, &merged, fallback,
              &m->plan->media_back);
    m->plan->final_.media_sides.media_back = &m->plan->media_back;
}

/* -- the whole ----------------------------------------------------------------------------------
 */

static void plan_for_source(const struct wsd__scan_capabilities *capabilities,
                            const struct wsd_scan_ticket *ticket, int source,
                            struct wsd__scan_plan *plan)
{
    const struct wsd_scan_document_parameters *defaults =
        capabilities->default_ticket ? capabilities->default_ticket->document_parameters : NULL;
    struct merge m = {
        .capabilities = capabilities,
        .configuration = capabilities->configuration,
        .asked = ticket->document_parameters ? ticket->document_parameters : &no_parameters,
        .defaults = defaults ? defaults : &no_parameters,
        .plan = plan,
    };

    *plan = (struct wsd__scan_plan){0};
    plan_source(&m, source);
    plan_format(&m);
    plan_quality(&m);
    plan_images(&m);
    plan_film(&m);
    plan_content(&m);
    plan_input_size(&m);
    plan_exposure(&m);
    plan_scaling(&m);
    plan_rotation(&m);
    plan_sides(&m);
    wsd__scan_plan_fit(capabilities, ticket, plan);
}

void wsd__scan_plan_make(const struct wsd__scan_capabilities *capabilities,
                         const struct wsd_scan_ticket *ticket, struct wsd__scan_plan *ret_plan)
{
    const struct wsd_scan_document_parameters *asked = ticket->document_parameters;
    const struct wsd_scan_document_parameters *defaults =
        capabilities->default_ticket ? capabilities->default_ticket->document_parameters : NULL;
    const struct wsd_scan_ticket_token *token = given(asked ? asked->input_source : NULL);
    bool fixed = token && must(token->must_honor), first = true;
    struct wsd__scan_plan plan;
    const uint8_t *order;

    if (!token)
        token = given(defaults ? defaults->input_source : NULL);
    order = replacements(token ? token->value.value : WSD_SCAN_INPUT_SOURCE_PLATEN);
    /* The source asked for, or the first one there is; where that cannot give what the ticket
     * insists on and the ticket does not insist on the source, one that can. */
    for (unsigned i = 0; i < N_SOURCES; i++) {
        if (!wsd__scan_has_source(capabilities->configuration, order[i]))
            continue;
        plan_for_source(capabilities, ticket, order[i], &plan);
        if (first || !plan.rejected)
            wsd__scan_plan_copy(&plan, ret_plan);
        if (fixed || !plan.rejected)
            return;
        first = false;
    }
}

void wsd__scan_plan_copy(const struct wsd__scan_plan *from, struct wsd__scan_plan *to)
{
    *to = *from;
    if (to->final_.film_scan_mode)
        to->final_.film_scan_mode = &to->film_scan_mode;
    if (to->final_.media_sides.media_back)
        to->final_.media_sides.media_back = &to->media_back;
}
