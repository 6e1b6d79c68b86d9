/* SPDX-License-Identifier: MIT */
/*
 * In falling order: what the person chose at the panel (ScanAvailableEvent's InputSource; E11),
 * what the configuration says, what the scanner's default ticket says.
 */
#include "wish.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "scan/choice.h"

#define RESOLUTIONS_MAX 64
#define USUAL_DPI       300

static const struct wsd_scan_document_parameters *defaults(const struct scan_abilities *has)
{
    return has->default_ticket ? has->default_ticket->document_parameters : NULL;
}

static const struct wsd_scan_media_side *default_side(const struct scan_abilities *has)
{
    const struct wsd_scan_document_parameters *d = defaults(has);

    return d && d->media_sides ? &d->media_sides->media_front : NULL;
}

static void choose_source(const struct config_destination *destination,
                          const struct scan_abilities *has, int panel, struct scan_settings *s)
{
    const struct wsd_scan_document_parameters *d = defaults(has);
    const int wishes[] = {panel, destination->source,
                          d && d->input_source ? d->input_source->value.value : 0};

    s->source = NULL;
    for (size_t i = 0; !s->source && i < sizeof wishes / sizeof *wishes; i++)
        if (wishes[i])
            s->source = choice_nearest_source(has, wishes[i]);
    if (!s->source)
        s->source = &has->sources[0];
}

static void choose_look(const struct config_destination *destination,
                        const struct scan_abilities *has, struct scan_settings *s)
{
    const struct wsd_scan_source *source = s->source->front;
    const struct wsd_scan_media_side *side = default_side(has);
    int32_t list[RESOLUTIONS_MAX];
    size_t n = scan_resolutions(source, list, RESOLUTIONS_MAX);
    int color = destination->mode;
    long dpi = destination->resolution;

    if (!color && side && side->color_processing)
        color = side->color_processing->value.value;
    color = color ? color : WSD_SCAN_COLOR_RGB24;
    s->color = choice_has_color(source, color) ? color : choice_nearest_color(source, color);
    if (!dpi && side && side->resolution)
        dpi = side->resolution->width;
    s->dpi_x = s->dpi_y = choice_nearest_number(list, n, dpi > 0 ? dpi : USUAL_DPI);
}

static void choose_area(const struct config_destination *destination, struct scan_settings *s)
{
    s->whole = destination->paper_width <= 0 || destination->paper_height <= 0;
    s->width = s->source->max_width;
    s->height = s->source->max_height;
    if (s->whole)
        return;
    s->width = choice_thousandths(destination->paper_width);
    s->height = choice_thousandths(destination->paper_height);
    choice_fit(&s->x, &s->width, s->source->min_width, s->source->max_width);
    choice_fit(&s->y, &s->height, s->source->min_height, s->source->max_height);
}

static void choose_format(const struct config_destination *destination,
                          const struct scan_abilities *has, struct scan_settings *s)
{
    static const enum output_kind kinds[] = {
        [CONFIG_PDF] = OUTPUT_PDF,   [CONFIG_PDFA] = OUTPUT_PDF, [CONFIG_TIFF] = OUTPUT_TIFF,
        [CONFIG_JPEG] = OUTPUT_JPEG, [CONFIG_PNG] = OUTPUT_PNG,  [CONFIG_RAW] = OUTPUT_AS_RECEIVED,
    };
    const struct wsd_scan_device_settings *d = &has->configuration->device_settings;

    s->kind = kinds[destination->format];
    s->n_formats = 0;
    /* A PDF/A that the scanner makes itself needs no making here. */
    for (size_t i = 0; destination->format == CONFIG_PDFA && i < d->n_formats_supported; i++)
        if (d->formats_supported[i].value == WSD_SCAN_FORMAT_PDF_A && s->n_formats == 0)
            s->formats[s->n_formats++] = token_text(&d->formats_supported[i], format_word);
    choice_formats(has, s);
}

static long within(long value, long low, long high)
{
    return value < low ? low : value > high ? high : value;
}

static void choose_numbers(const struct config_destination *destination,
                           const struct scan_abilities *has, struct scan_settings *s)
{
    const struct wsd_scan_device_settings *d = &has->configuration->device_settings;
    const struct wsd_scan_range *quality = &d->compression_quality_factor_supported;

    s->scaling = 100;
    s->pages = (long)destination->max_pages;
    if (destination->quality > 0 && quality->max_value > 0) {
        s->quality = within(destination->quality, quality->min_value, quality->max_value);
        s->has_quality = true;
    }
    if (destination->brightness != CONFIG_UNSET && d->brightness_supported) {
        s->brightness = destination->brightness;
        s->has_exposure = true;
    }
    if (destination->contrast != CONFIG_UNSET && d->contrast_supported) {
        s->contrast = destination->contrast;
        s->has_exposure = true;
    }
}

/* Each part that was chosen takes the place of the scanner's own. */
static void lay_over(struct wish *wish, const struct scan_abilities *has)
{
    const struct wsd_scan_document_parameters *made = &wish->made.parameters;
    const struct wsd_scan_document_parameters *d = defaults(has);
    struct wsd_scan_document_parameters *p = &wish->parameters;

    *p = d ? *d : (struct wsd_scan_document_parameters){0};
#define LAY_OVER(member)                                                                           \
    if (made->member)                                                                              \
    p->member = made->member
    LAY_OVER(format);
    LAY_OVER(compression_quality_factor);
    LAY_OVER(images_to_transfer);
    LAY_OVER(input_source);
    LAY_OVER(content_type);
    LAY_OVER(input_size);
    LAY_OVER(exposure);
    LAY_OVER(scaling);
    LAY_OVER(rotation);
    LAY_OVER(media_sides);
#undef LAY_OVER
    if (wish->settings.source->source != WSD_SCAN_INPUT_SOURCE_FILM)
        p->film_scan_mode = NULL;
    wish->ticket = wish->made.ticket;
    wish->ticket.document_parameters = p;
}

void wish_remake(struct wish *wish, const struct scan_abilities *has, bool minimal)
{
    scan_ticket_make(&wish->settings, has, minimal, &wish->made);
    if (minimal)
        wish->ticket = wish->made.ticket;
    else
        lay_over(wish, has);
}

int wish_make(const struct config_destination *destination, const struct scan_abilities *has,
              int panel, const char *user, struct wish *ret, const char **why)
{
    struct scan_settings *s = &ret->settings;

    *ret = (struct wish){0};
    if (has->n_sources == 0) {
        *why = "it reports nothing to scan from; switch it off and on";
        return -1;
    }
    choose_source(destination, has, panel, s);
    choose_look(destination, has, s);
    choose_area(destination, s);
    choose_format(destination, has, s);
    choose_numbers(destination, has, s);
    if (s->n_formats == 0) {
        *why = "it reports no file format; switch it off and on";
        return -1;
    }
    text_clean(destination->name, s->job_name, sizeof s->job_name);
    text_clean(user, s->user, sizeof s->user);
    wish_remake(ret, has, false);
    return 0;
}
