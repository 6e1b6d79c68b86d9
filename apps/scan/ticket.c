/* SPDX-License-Identifier: MIT */
/* Tickets hold what was asked for and no more: each element is one that some device may refuse. */
#include "scan/ticket.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

bool scan_feeds(const struct scan_settings *s)
{
    return s->source->source == WSD_SCAN_INPUT_SOURCE_ADF ||
           s->source->source == WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX;
}

long scan_images(const struct scan_settings *s)
{
    if (!scan_feeds(s))
        return 1;
    return s->pages;
}

static void fill_sides(const struct scan_settings *s, struct scan_ticket *t)
{
    static const struct wsd_scan_ticket_int zero;

    t->x = zero;
    t->y = zero;
    t->x.value = s->x;
    t->y.value = s->y;
    t->region = (struct wsd_scan_region){
        .scan_region_x_offset = &t->x,
        .scan_region_y_offset = &t->y,
        .scan_region_width = {.value = s->width},
        .scan_region_height = {.value = s->height},
    };
    t->color = (struct wsd_scan_ticket_token){.value = {.value = s->color}};
    t->dpi_y = s->dpi_y;
    t->resolution = (struct wsd_scan_resolution){.width = s->dpi_x, .height = &t->dpi_y};
    t->back = (struct wsd_scan_media_side){
        .scan_region = s->width > 0 && s->height > 0 ? &t->region : NULL,
        .color_processing = &t->color,
        .resolution = &t->resolution,
    };
    t->sides = (struct wsd_scan_media_sides){
        .media_front = t->back,
        .media_back =
            s->source->source == WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX ? &t->back : NULL, /* S28 */
    };
}

static void fill_optional(const struct scan_settings *s, struct scan_ticket *t)
{
    struct wsd_scan_document_parameters *p = &t->parameters;

    if (s->has_quality) {
        t->quality.value = (int32_t)s->quality;
        p->compression_quality_factor = &t->quality;
    }
    if (s->content) {
        t->content.value.text = s->content;
        p->content_type = &t->content;
    }
    if (s->auto_exposure) {
        t->auto_exposure = true;
        t->exposure.auto_exposure = &t->auto_exposure;
        p->exposure = &t->exposure;
    } else if (s->has_exposure) {
        t->brightness = (int32_t)s->brightness;
        t->contrast = (int32_t)s->contrast;
        t->sharpness = (int32_t)s->sharpness;
        t->exposure_settings = (struct wsd_scan_exposure_settings){
            .contrast = &t->contrast, .brightness = &t->brightness, .sharpness = &t->sharpness};
        t->exposure.exposure_settings = &t->exposure_settings;
        p->exposure = &t->exposure;
    }
    if (s->has_scaling) {
        t->scaling.scaling_width = t->scaling.scaling_height = (int32_t)s->scaling;
        p->scaling = &t->scaling;
    }
    if (s->has_rotation) {
        t->rotation.value.value = WSD_SCAN_ROTATION_0 + (int)(s->rotation / 90);
        p->rotation = &t->rotation;
    }
    if (s->source->max_width > 0 && s->source->max_height > 0) {
        t->media =
            (struct wsd_scan_size){.width = s->source->max_width, .height = s->source->max_height};
        t->input_size.input_media_size = &t->media;
        p->input_size = &t->input_size;
    }
}

void scan_ticket_make(const struct scan_settings *s, const struct scan_abilities *has, bool minimal,
                      struct scan_ticket *ret)
{
    long images = scan_images(s);

    *ret = (struct scan_ticket){0};
    ret->ticket.job_description = (struct wsd_scan_job_description){
        .job_name = s->job_name,
        .job_originating_user_name = s->user,
        .job_information = "wsd scan", /* S7 */
    };
    ret->ticket.document_parameters = &ret->parameters;
    ret->format.value.text = s->formats[s->format];
    ret->parameters.format = &ret->format;
    if (images == 0 && has->quirks.on[QUIRK_S4])
        images = 100;
    ret->images.value = (int32_t)images;
    ret->parameters.images_to_transfer = &ret->images;
    ret->source.value.value = s->source->source;
    ret->parameters.input_source = &ret->source;
    fill_sides(s, ret);
    ret->parameters.media_sides = &ret->sides;
    if (!minimal)
        fill_optional(s, ret);
}

/* -- differences --------------------------------------------------------------------------------
 */

struct differences {
    scan_difference *told;
    void *user;
    unsigned n;
};

static void differ(struct differences *d, const char *what, const char *asked, const char *got)
{
    if (!asked || !got || !*got || text_same(asked, got))
        return;
    d->n++;
    d->told(d->user, what, asked, got);
}

static void differ_number(struct differences *d, const char *what, int32_t asked, int32_t got)
{
    char a[16], b[16];

    snprintf(a, sizeof a, "%" PRId32, asked);
    snprintf(b, sizeof b, "%" PRId32, got);
    if (got > 0)
        differ(d, what, a, b);
}

/* Devices round; a change of the region by less than a millimetre is none. */
static void differ_length(struct differences *d, const char *what, int32_t asked, int32_t got)
{
    char a[24], b[24];

    if (got <= 0 || (got - asked < 40 && asked - got < 40))
        return;
    snprintf(a, sizeof a, "%.0f mm", (double)asked * 0.0254);
    snprintf(b, sizeof b, "%.0f mm", (double)got * 0.0254);
    differ(d, what, a, b);
}

static const char *source_word(int source)
{
    static const char *const words[] = {"", "ADF", "ADFDuplex", "Film", "Platen"};
    return words[source >= 0 && source <= WSD_SCAN_INPUT_SOURCE_PLATEN ? source : 0];
}

unsigned scan_ticket_changes(const struct wsd_scan_ticket *asked,
                             const struct wsd_scan_final_parameters *final, scan_difference *told,
                             void *user)
{
    const struct wsd_scan_document_parameters *p = asked->document_parameters;
    const struct wsd_scan_media_side *a = &p->media_sides->media_front;
    const struct wsd_scan_final_media_side *f = &final->media_sides.media_front;
    struct differences d = {told, user, 0};

    differ(&d, "the format", p->format->value.text, final->format.value.text);
    differ(&d, "the source", source_word(p->input_source->value.value),
           final->input_source.value.text);
    differ(&d, "the mode", color_word(a->color_processing->value.value),
           f->color_processing.value.text);
    differ_number(&d, "the resolution", a->resolution->width, f->resolution.width.value);
    if (a->scan_region) {
        differ_length(&d, "the width", a->scan_region->scan_region_width.value,
                      f->scan_region.scan_region_width.value);
        differ_length(&d, "the height", a->scan_region->scan_region_height.value,
                      f->scan_region.scan_region_height.value);
    }
    if (p->compression_quality_factor)
        differ_number(&d, "the quality", p->compression_quality_factor->value,
                      final->compression_quality_factor.value);
    return d.n;
}

unsigned scan_ticket_corrections(const struct wsd_scan_ticket *asked,
                                 const struct wsd_scan_ticket *valid, scan_difference *told,
                                 void *user)
{
    const struct wsd_scan_document_parameters *p = asked->document_parameters;
    const struct wsd_scan_document_parameters *v = valid->document_parameters;
    struct differences d = {told, user, 0};

    if (!v)
        return 0;
    if (v->format)
        differ(&d, "the format", p->format->value.text, v->format->value.text);
    if (v->input_source)
        differ(&d, "the source", source_word(p->input_source->value.value),
               v->input_source->value.text);
    if (p->compression_quality_factor && v->compression_quality_factor)
        differ_number(&d, "the quality", p->compression_quality_factor->value,
                      v->compression_quality_factor->value);
    if (p->rotation && v->rotation) {
        static const char *const words[] = {"", "0", "90", "180", "270"};
        differ(&d, "the rotation", words[p->rotation->value.value], v->rotation->value.text);
    }
    if (p->scaling && v->scaling)
        differ_number(&d, "the scaling", p->scaling->scaling_width, v->scaling->scaling_width);
    if (!v->media_sides)
        return d.n;
    const struct wsd_scan_media_side *a = &p->media_sides->media_front;
    const struct wsd_scan_media_side *f = &v->media_sides->media_front;
    if (f->color_processing)
        differ(&d, "the mode", color_word(a->color_processing->value.value),
               f->color_processing->value.text);
    if (f->resolution)
        differ_number(&d, "the resolution", a->resolution->width, f->resolution->width);
    if (a->scan_region && f->scan_region) {
        differ_length(&d, "the width", a->scan_region->scan_region_width.value,
                      f->scan_region->scan_region_width.value);
        differ_length(&d, "the height", a->scan_region->scan_region_height.value,
                      f->scan_region->scan_region_height.value);
    }
    return d.n;
}
