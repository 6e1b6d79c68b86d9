/* SPDX-License-Identifier: MIT */
/* Reads a scanner's sections and brings its sources into one shape. */
#include "scanner.h"

#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "exit_codes.h"
#include "report.h"

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

/* -- sources ------------------------------------------------------------------------------------
 */

static void add_source(struct scanner *s, int source, const char *word, const char *name,
                       const struct wsd_scan_source *front, const struct wsd_scan_source *back)
{
    struct scanner_source *ret = &s->sources[s->n_sources++];

    *ret = (struct scanner_source){
        .source = source,
        .word = word,
        .name = name,
        .front = front,
        .min_width = front->minimum_size.width,
        .min_height = front->minimum_size.height,
        .max_width = front->maximum_size.width,
        .max_height = front->maximum_size.height,
    };
    if (back && s->quirks.on[QUIRK_S10]) {
        if (back->maximum_size.width > 0 && back->maximum_size.width < ret->max_width)
            ret->max_width = back->maximum_size.width;
        if (back->maximum_size.height > 0 && back->maximum_size.height < ret->max_height)
            ret->max_height = back->maximum_size.height;
    }
    if (s->quirks.on[QUIRK_S2] && ret->max_width > ret->max_height) {
        int32_t width = ret->max_width;
        ret->max_width = ret->max_height;
        ret->max_height = width;
    }
}

static void gather_sources(struct scanner *s)
{
    const struct wsd_scan_configuration *c = s->configuration;
    const struct wsd_scan_adf *adf = c->adf;

    if (c->platen)
        add_source(s, WSD_SCAN_INPUT_SOURCE_PLATEN, "platen", "glass", c->platen, NULL);
    if (adf) {
        bool duplex = adf->adf_supports_duplex || (adf->adf_back && s->quirks.on[QUIRK_S9]);
        add_source(s, WSD_SCAN_INPUT_SOURCE_ADF, "adf", "feeder, front sides", &adf->adf_front,
                   NULL);
        if (duplex)
            add_source(s, WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX, "duplex", "feeder, both sides",
                       &adf->adf_front, adf->adf_back);
    }
    if (c->film)
        add_source(s, WSD_SCAN_INPUT_SOURCE_FILM, "film", "film", c->film, NULL);
}

static int compare(const void *a, const void *b)
{
    const int32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

size_t scanner_resolutions(const struct wsd_scan_source *source, int32_t *ret, size_t max)
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

/* -- opening ------------------------------------------------------------------------------------
 */

static void take_sections(struct scanner *s)
{
    for (size_t i = 0; i < s->elements->n_scanner_elements; i++) {
        const struct wsd_scan_scanner_element_data *e = &s->elements->scanner_elements[i];
        if (e->scanner_configuration)
            s->configuration = e->scanner_configuration;
        if (e->scanner_description)
            s->description = e->scanner_description;
        if (e->scanner_status)
            s->status = e->scanner_status;
        if (e->default_scan_ticket)
            s->default_ticket = e->default_scan_ticket;
    }
}

/* The name of the scanner tells the maker where there was no metadata to tell it. */
static bool choose_quirks(struct session *session, struct scanner *s)
{
    const struct wsd_device_info *info = s->device.info;
    const char *model = info ? info->model_name : "";

    if (!*model && s->description && s->description->n_scanner_name > 0)
        model = s->description->scanner_name[0].value;
    return quirks_choose(session->args, info ? info->manufacturer : "", model ? model : "",
                         &s->quirks);
}

/* Where scanning from computers is switched off, some do not even tell what they can do (H5). */
static int say_refusal(struct session *session, struct scanner *s, const struct wsd_error *error)
{
    if (!wsd_error_is_fault(error, "OperationFailed"))
        return report_error(session, s->device.name, error);
    if (!choose_quirks(session, s))
        return EXIT_CODE_USAGE;
    return report_failure(session, EXIT_CODE_REFUSED, s->device.name,
                          "it does not tell what it can do (OperationFailed)",
                          quirks_refusal_advice(&s->quirks));
}

int scanner_open(struct session *session, unsigned parts, struct scanner *ret)
{
    struct wsd_error error = {0};

    *ret = (struct scanner){0};
    int code = command_find_scanner(session, &ret->device);
    if (code != EXIT_CODE_OK)
        return code;
    if (wsd_get_scanner_elements(session->context, ret->device.service, parts, &session->request,
                                 &ret->elements, &error) < 0)
        code = say_refusal(session, ret, &error);
    if (code == EXIT_CODE_OK) {
        take_sections(ret);
        if (!choose_quirks(session, ret))
            code = EXIT_CODE_USAGE;
        else if (ret->configuration)
            gather_sources(ret);
        else if (parts & WSD_SCAN_CONFIGURATION)
            code = report_failure(session, EXIT_CODE_NETWORK, ret->device.name,
                                  "it does not tell what it can do", "Switch it off and on.");
    }
    if (code != EXIT_CODE_OK)
        scanner_close(ret);
    return code;
}

void scanner_close(struct scanner *scanner)
{
    wsd_free(scanner->elements);
    device_free(&scanner->device);
    *scanner = (struct scanner){0};
}

int scanner_read_status(struct session *session, const struct scanner *scanner,
                        const struct wsd_scan_get_scanner_elements_response **ret_answer,
                        const struct wsd_scan_status **ret)
{
    const struct wsd_scan_get_scanner_elements_response *answer = NULL;

    *ret = NULL;
    *ret_answer = NULL;
    int r = wsd_get_scanner_elements(session->context, scanner->device.service, WSD_SCAN_STATUS,
                                     &session->request, &answer, NULL);
    if (r < 0)
        return r;
    for (size_t i = 0; i < answer->n_scanner_elements; i++)
        if (answer->scanner_elements[i].scanner_status)
            *ret = answer->scanner_elements[i].scanner_status;
    *ret_answer = answer;
    return 0;
}

/* -- trouble ------------------------------------------------------------------------------------
 */

static const struct {
    int reason, condition;
    bool feeder; /* only when the feeder is used */
    struct scanner_trouble trouble;
} troubles[] = {
    {WSD_SCAN_STATE_REASON_MEDIA_JAM,
     WSD_SCAN_CONDITION_NAME_MEDIA_JAM,
     false,
     {EXIT_CODE_PAPER, "paper is jammed", "Take the paper out, close the cover and try again."}},
    {WSD_SCAN_STATE_REASON_MULTIPLE_FEED_ERROR,
     WSD_SCAN_CONDITION_NAME_MULTIPLE_FEED_ERROR,
     false,
     {EXIT_CODE_PAPER, "it drew in more than one sheet",
      "Take the paper out, fan it, put it back and try again."}},
    {WSD_SCAN_STATE_REASON_COVER_OPEN,
     WSD_SCAN_CONDITION_NAME_COVER_OPEN,
     false,
     {EXIT_CODE_PAPER, "a cover is open", "Close it and try again."}},
    {WSD_SCAN_STATE_REASON_INTERLOCK_OPEN,
     WSD_SCAN_CONDITION_NAME_INTERLOCK_OPEN,
     false,
     {EXIT_CODE_PAPER, "a door or tray is open", "Close it and try again."}},
    {WSD_SCAN_STATE_REASON_INPUT_TRAY_EMPTY,
     WSD_SCAN_CONDITION_NAME_INPUT_TRAY_EMPTY,
     true,
     {EXIT_CODE_PAPER, "the feeder is empty",
      "Put paper into the feeder, or scan from the glass with --source platen."}},
    {WSD_SCAN_STATE_REASON_INTERNAL_STORAGE_FULL,
     WSD_SCAN_CONDITION_NAME_INTERNAL_STORAGE_FULL,
     false,
     {EXIT_CODE_REFUSED, "its memory is full",
      "Delete jobs at its panel or with 'wsd cancel', or scan with a lower resolution."}},
    {WSD_SCAN_STATE_REASON_LAMP_ERROR,
     WSD_SCAN_CONDITION_NAME_LAMP_ERROR,
     false,
     {EXIT_CODE_REFUSED, "its lamp has failed",
      "Switch it off and on; if that does not help it "
      "needs service."}},
    {WSD_SCAN_STATE_REASON_ATTENTION_REQUIRED,
     -1,
     false,
     {EXIT_CODE_REFUSED, "it waits for somebody at its panel", "Look at its panel."}},
    {WSD_SCAN_STATE_REASON_PAUSED,
     -1,
     false,
     {EXIT_CODE_REFUSED, "it is paused", "Let it go on, at its panel."}},
};

bool scanner_has_reason(const struct wsd_scan_status *status, int reason)
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

bool scanner_trouble(const struct wsd_scan_status *status, bool feeder, struct scanner_trouble *ret)
{
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++) {
        if (troubles[i].feeder && !feeder)
            continue;
        /* An empty tray is a warning at most, yet no page can come from it. */
        if (!scanner_has_reason(status, troubles[i].reason) &&
            (troubles[i].condition < 0 ||
             !has_condition(status, troubles[i].condition, troubles[i].feeder)))
            continue;
        *ret = troubles[i].trouble;
        return true;
    }
    if (status->scanner_state.value == WSD_SCAN_STATE_STOPPED &&
        !scanner_has_reason(status, WSD_SCAN_STATE_REASON_CALIBRATING) &&
        !scanner_has_reason(status, WSD_SCAN_STATE_REASON_LAMP_WARMING)) {
        *ret = (struct scanner_trouble){EXIT_CODE_REFUSED, "it has stopped", "Look at its panel."};
        return true;
    }
    return false;
}
