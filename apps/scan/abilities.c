/* SPDX-License-Identifier: MIT */
/* Reads a scanner's sections and brings its sources into one shape. */
#include "scan/abilities.h"

#include <stdlib.h>

static const char *const color_words[] = {"other",      "BlackAndWhite1", "Grayscale4",
                                          "Grayscale8", "Grayscale16",    "RGB24",
                                          "RGB48",      "RGBa32",         "RGBa64"};
static const char *const format_words[] = {
    "other",
    "dib",
    "exif",
    "jbig",
    "jfif",
    "jpeg2k",
    "pdf-a",
    "png",
    "tiff-single-uncompressed",
    "tiff-single-g4",
    "tiff-single-g3mh",
    "tiff-single-jpeg-tn2",
    "tiff-multi-uncompressed",
    "tiff-multi-g4",
    "tiff-multi-g3mh",
    "tiff-multi-jpeg-tn2",
    "xps",
};

const char *color_word(int color)
{
    return color_words[color >= 0 && color <= WSD_SCAN_COLOR_RGBA64 ? color : 0];
}

const char *format_word(int format)
{
    return format_words[format >= 0 && format <= WSD_SCAN_FORMAT_XPS ? format : 0];
}

const char *token_text(const struct wsd_token *token, const char *(*word)(int))
{
    return token->text && *token->text ? token->text : word(token->value);
}

/* -- sections -----------------------------------------------------------------------------------
 */

void scan_abilities_take(struct scan_abilities *a,
                         const struct wsd_scan_get_scanner_elements_response *answer)
{
    for (size_t i = 0; i < answer->n_scanner_elements; i++) {
        const struct wsd_scan_scanner_element_data *e = &answer->scanner_elements[i];
        if (e->scanner_configuration)
            a->configuration = e->scanner_configuration;
        if (e->scanner_description)
            a->description = e->scanner_description;
        if (e->scanner_status)
            a->status = e->scanner_status;
        if (e->default_scan_ticket)
            a->default_ticket = e->default_scan_ticket;
    }
}

void scan_abilities_quirks(struct scan_abilities *a, const char *manufacturer, const char *model)
{
    /* The name of the scanner tells the maker where there was no metadata to tell it. */
    if (!*model && a->description && a->description->n_scanner_name > 0)
        model = a->description->scanner_name[0].value;
    quirks_choose(manufacturer, model ? model : "", &a->quirks);
}

/* -- sources ------------------------------------------------------------------------------------
 */

static void add_source(struct scan_abilities *a, int source, const char *word, const char *name,
                       const struct wsd_scan_source *front, const struct wsd_scan_source *back)
{
    struct scan_source *ret = &a->sources[a->n_sources++];

    *ret = (struct scan_source){
        .source = source,
        .word = word,
        .name = name,
        .front = front,
        .min_width = front->minimum_size.width,
        .min_height = front->minimum_size.height,
        .max_width = front->maximum_size.width,
        .max_height = front->maximum_size.height,
    };
    if (back && a->quirks.on[QUIRK_S10]) {
        if (back->maximum_size.width > 0 && back->maximum_size.width < ret->max_width)
            ret->max_width = back->maximum_size.width;
        if (back->maximum_size.height > 0 && back->maximum_size.height < ret->max_height)
            ret->max_height = back->maximum_size.height;
    }
    if (a->quirks.on[QUIRK_S2] && ret->max_width > ret->max_height) {
        int32_t width = ret->max_width;
        ret->max_width = ret->max_height;
        ret->max_height = width;
    }
}

void scan_abilities_gather(struct scan_abilities *a)
{
    const struct wsd_scan_configuration *c = a->configuration;
    const struct wsd_scan_adf *adf = c->adf;

    if (c->platen)
        add_source(a, WSD_SCAN_INPUT_SOURCE_PLATEN, "platen", "glass", c->platen, NULL);
    if (adf) {
        bool duplex = adf->adf_supports_duplex || (adf->adf_back && a->quirks.on[QUIRK_S9]);
        add_source(a, WSD_SCAN_INPUT_SOURCE_ADF, "adf", "feeder, front sides", &adf->adf_front,
                   NULL);
        if (duplex)
            add_source(a, WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX, "duplex", "feeder, both sides",
                       &adf->adf_front, adf->adf_back);
    }
    if (c->film)
        add_source(a, WSD_SCAN_INPUT_SOURCE_FILM, "film", "film", c->film, NULL);
}

static int compare(const void *a, const void *b)
{
    const int32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

size_t scan_resolutions(const struct wsd_scan_source *source, int32_t *ret, size_t max)
{
    const struct wsd_scan_resolutions *r = &source->resolutions;
    size_t n = 0;

    for (size_t i = 0; i < r->n_widths && n < max; i++) {
        bool both = r->n_heights == 0;
        for (size_t k = 0; k < r->n_heights; k++)
            both = both || r->heights[k] == r->widths[i];
        if (both && r->widths[i] > 0)
            ret[n++] = r->widths[i];
    }
    if (n == 0 && source->optical_resolution.width > 0 && max > 0)
        ret[n++] = source->optical_resolution.width;
    qsort(ret, n, sizeof *ret, compare);
    return n;
}

/* -- trouble ------------------------------------------------------------------------------------
 */

static const struct {
    int reason, condition;
    bool feeder; /* only when the feeder is used */
    struct scan_trouble trouble;
} troubles[] = {
    {WSD_SCAN_STATE_REASON_MEDIA_JAM,
     WSD_SCAN_CONDITION_NAME_MEDIA_JAM,
     false,
     {0, true, "paper is jammed", "Take the paper out, close the cover and try again."}},
    {WSD_SCAN_STATE_REASON_MULTIPLE_FEED_ERROR,
     WSD_SCAN_CONDITION_NAME_MULTIPLE_FEED_ERROR,
     false,
     {0, true, "it drew in more than one sheet",
      "Take the paper out, fan it, put it back and try again."}},
    {WSD_SCAN_STATE_REASON_COVER_OPEN,
     WSD_SCAN_CONDITION_NAME_COVER_OPEN,
     false,
     {0, true, "a cover is open", "Close it and try again."}},
    {WSD_SCAN_STATE_REASON_INTERLOCK_OPEN,
     WSD_SCAN_CONDITION_NAME_INTERLOCK_OPEN,
     false,
     {0, true, "a door or tray is open", "Close it and try again."}},
    {WSD_SCAN_STATE_REASON_INPUT_TRAY_EMPTY,
     WSD_SCAN_CONDITION_NAME_INPUT_TRAY_EMPTY,
     true,
     {0, true, "the feeder is empty",
      "Put paper into the feeder, or scan from the glass with --source platen."}},
    {WSD_SCAN_STATE_REASON_INTERNAL_STORAGE_FULL,
     WSD_SCAN_CONDITION_NAME_INTERNAL_STORAGE_FULL,
     false,
     {0, false, "its memory is full",
      "Delete jobs at its panel or with 'wsd cancel', or scan with a lower resolution."}},
    {WSD_SCAN_STATE_REASON_LAMP_ERROR,
     WSD_SCAN_CONDITION_NAME_LAMP_ERROR,
     false,
     {0, false, "its lamp has failed",
      "Switch it off and on; if that does not help it "
      "needs service."}},
    {WSD_SCAN_STATE_REASON_ATTENTION_REQUIRED,
     -1,
     false,
     {0, false, "it needs somebody's attention",
      "Look at its panel, and whether it is switched on and plugged in."}},
    {WSD_SCAN_STATE_REASON_PAUSED,
     -1,
     false,
     {0, false, "it is paused", "Let it go on, at its panel."}},
};

bool scan_has_reason(const struct wsd_scan_status *status, int reason)
{
    for (size_t i = 0; i < status->n_scanner_state_reasons; i++)
        if (status->scanner_state_reasons[i].value == reason)
            return true;
    return false;
}

static bool has_condition(const struct wsd_scan_status *status, int name, bool any_severity)
{
    for (size_t i = 0; i < status->n_active_conditions; i++)
        if (status->active_conditions[i].name.value == name &&
            (any_severity ||
             status->active_conditions[i].severity.value == WSD_SCAN_SEVERITY_CRITICAL))
            return true;
    return false;
}

static bool is_warming(const struct wsd_scan_status *status)
{
    return scan_has_reason(status, WSD_SCAN_STATE_REASON_CALIBRATING) ||
           scan_has_reason(status, WSD_SCAN_STATE_REASON_LAMP_WARMING);
}

/* The trouble of a row. */
static bool take(size_t row, struct scan_trouble *ret)
{
    *ret = troubles[row].trouble;
    ret->reason = troubles[row].reason;
    return true;
}

bool scan_trouble_of(const struct wsd_scan_status *status, bool feeder, struct scan_trouble *ret)
{
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++) {
        if (troubles[i].feeder && !feeder)
            continue;
        /* An empty tray is a warning at most, yet no page can come from it. */
        if (!scan_has_reason(status, troubles[i].reason) &&
            (troubles[i].condition < 0 ||
             !has_condition(status, troubles[i].condition, troubles[i].feeder)))
            continue;
        return take(i, ret);
    }
    if (status->scanner_state.value == WSD_SCAN_STATE_STOPPED && !is_warming(status)) {
        *ret = (struct scan_trouble){0, false, "it has stopped", "Look at its panel."};
        return true;
    }
    return false;
}

bool scan_trouble_of_image(const struct wsd_scan_status *status, bool sheet,
                           struct scan_trouble *ret)
{
    struct scan_trouble trouble;

    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++)
        if (!troubles[i].feeder && troubles[i].condition >= 0 &&
            has_condition(status, troubles[i].condition, false))
            return take(i, ret);
    if (status->scanner_state.value != WSD_SCAN_STATE_STOPPED || is_warming(status) ||
        !scan_trouble_of(status, true, &trouble) ||
        (trouble.reason == WSD_SCAN_STATE_REASON_INPUT_TRAY_EMPTY && !sheet))
        return false;
    *ret = trouble;
    return true;
}
