/* SPDX-License-Identifier: MIT */
/*
 * What a plan means for others: the size of its images (WS-Scan 4.6), and the ticket that would
 * have been good (3.4). Pure functions; the mended ticket shares what it does not change.
 */
#include <stdlib.h>
#include <string.h>

#include "scan/schema.h"
#include "scan/service_ticket.h"

/* Its header counts in 16 bits (ITU-T T.81, B.2.2), and no library goes to the very end. */
#define JPEG_SIDE_MAX 65500

/* -- image information --------------------------------------------------------------------------
 */

/* round(length / 1000 * dpi * scale / 100), at least 1, and INT32_MAX where that is too small. */
static int32_t pixels(int32_t length, int32_t dpi, int32_t scale)
{
    uint64_t product = (uint64_t)length * (uint64_t)dpi, rounded;

    if (product > UINT64_MAX / 2000)
        return INT32_MAX;
    rounded = (product * (uint64_t)scale + 50000) / 100000;
    return rounded < 1 ? 1 : rounded > INT32_MAX ? INT32_MAX : (int32_t)rounded;
}

static int32_t bytes_per_line(const struct wsd__scan_capabilities *capabilities,
                              const struct wsd_token *format, int color, int32_t width)
{
    static const uint8_t bits[] = {
        [WSD_SCAN_COLOR_BLACK_AND_WHITE1] = 1, [WSD_SCAN_COLOR_GRAYSCALE4] = 4,
        [WSD_SCAN_COLOR_GRAYSCALE8] = 8,       [WSD_SCAN_COLOR_GRAYSCALE16] = 16,
        [WSD_SCAN_COLOR_RGB24] = 24,           [WSD_SCAN_COLOR_RGB48] = 48,
        [WSD_SCAN_COLOR_RGBA32] = 32,          [WSD_SCAN_COLOR_RGBA64] = 64};
    const struct wsd_scanner *scanner = capabilities->scanner;
    uint64_t bytes = 0; /* of what is compressed */

    if (scanner && scanner->bytes_per_line)
        bytes = scanner->bytes_per_line(scanner->user, wsd__scan_word(&wsd__scan_formats, format),
                                        color, (uint32_t)width);
    else if (color > 0 && color < (int)sizeof bits &&
             format->value == WSD_SCAN_FORMAT_DIB) /* lines end on 4 bytes */
        bytes = ((uint64_t)width * bits[color] + 31) / 32 * 4;
    else if (color > 0 && color < (int)sizeof bits &&
             (format->value == WSD_SCAN_FORMAT_TIFF_SINGLE_UNCOMPRESSED ||
              format->value == WSD_SCAN_FORMAT_TIFF_MULTI_UNCOMPRESSED))
        bytes = ((uint64_t)width * bits[color] + 7) / 8;
    return bytes > INT32_MAX ? INT32_MAX : (int32_t)bytes;
}

static void image_of_side(const struct wsd__scan_capabilities *capabilities,
                          const struct wsd_scan_final_parameters *final,
                          const struct wsd_scan_final_media_side *side,
                          struct wsd_scan_media_image_info *ret)
{
    int32_t width = pixels(side->scan_region.scan_region_width.value, side->resolution.width.value,
                           final->scaling.scaling_width.value);
    int32_t height = pixels(side->scan_region.scan_region_height.value,
                            side->resolution.height.value, final->scaling.scaling_height.value);
    int rotation = final->rotation.value.value;
    bool turned = rotation == WSD_SCAN_ROTATION_90 || rotation == WSD_SCAN_ROTATION_270;

    *ret = (struct wsd_scan_media_image_info){
        .pixels_per_line = turned ? height : width,
        .number_of_lines = turned ? width : height,
    };
    ret->bytes_per_line = bytes_per_line(capabilities, &final->format.value,
                                         side->color_processing.value.value, ret->pixels_per_line);
}

void wsd__scan_plan_image(const struct wsd__scan_capabilities *capabilities,
                          const struct wsd__scan_plan *plan,
                          struct wsd_scan_image_information *ret_info,
                          struct wsd_scan_media_image_info *back)
{
    const struct wsd_scan_final_media_sides *sides = &plan->final_.media_sides;

    *ret_info = (struct wsd_scan_image_information){0};
    image_of_side(capabilities, &plan->final_, &sides->media_front,
                  &ret_info->media_front_image_info);
    if (sides->media_back) {
        image_of_side(capabilities, &plan->final_, sides->media_back, back);
        ret_info->media_back_image_info = back;
    }
}

/* -- what a JPEG file can hold ------------------------------------------------------------------
 */

/* One direction: the largest scaling with which there are no more pixels than JPEG_SIDE_MAX. */
static void fit_scaling(struct wsd__scan_plan *plan, const struct wsd_scan_scaling *asked,
                        int32_t length, int32_t dpi, int32_t least, struct wsd_scan_final_int *out)
{
    static const bool yes = true;
    int64_t product = (int64_t)length * dpi;
    int64_t room = product > 0 ? JPEG_SIDE_MAX * INT64_C(100000) / product : INT32_MAX;
    bool fits = room >= least, must = asked && asked->must_honor && *asked->must_honor;

    if (out->value <= room)
        return;
    if (fits)
        out->value = (int32_t)room;
    if (fits && asked)
        out->override_ = &yes;
    plan->adjusted += asked || !fits;
    if (fits && !must)
        return;
    /* Another format would have it. */
    plan->conflict = true;
    if (!plan->rejected)
        plan->rejected = fits ? "Scaling" : "Resolution";
}

static void fit_side(const struct wsd_scan_scaling_range *offer,
                     const struct wsd_scan_scaling *asked,
                     const struct wsd_scan_final_media_side *side, struct wsd__scan_plan *plan)
{
    const struct wsd_scan_final_region *region = &side->scan_region;
    struct wsd_scan_final_scaling *out = &plan->final_.scaling;

    fit_scaling(plan, asked, region->scan_region_width.value, side->resolution.width.value,
                offer->scaling_width.min_value, &out->scaling_width);
    fit_scaling(plan, asked, region->scan_region_height.value, side->resolution.height.value,
                offer->scaling_height.min_value, &out->scaling_height);
}

void wsd__scan_plan_fit(const struct wsd__scan_capabilities *capabilities,
                        const struct wsd_scan_ticket *ticket, struct wsd__scan_plan *plan)
{
    const struct wsd_scan_scaling_range *offer =
        &capabilities->configuration->device_settings.scaling_range_supported;
    const struct wsd_scan_scaling *asked =
        ticket->document_parameters ? ticket->document_parameters->scaling : NULL;
    const struct wsd_scan_final_media_sides *sides = &plan->final_.media_sides;
    int format = plan->final_.format.value.value;

    if (format != WSD_SCAN_FORMAT_JFIF && format != WSD_SCAN_FORMAT_EXIF)
        return;
    fit_side(offer, asked, &sides->media_front, plan);
    if (sides->media_back)
        fit_side(offer, asked, sides->media_back, plan);
}

/* -- the mended ticket --------------------------------------------------------------------------
 */

/* Copies are made of what changes alone; the first failed allocation spoils the whole. */
struct mend {
    struct wsd__arena *arena;
    bool failed;
};

static void *dup_piece(struct mend *mend, const void *from, size_t size)
{
    void *copy = wsd__arena_alloc(mend->arena, size);

    if (!copy)
        mend->failed = true;
    else if (from)
        memcpy(copy, from, size);
    return copy;
}

static bool overridden(const struct wsd_scan_final_int *value)
{
    return value->override_ && *value->override_;
}

static void mend_token(struct mend *mend, const struct wsd_scan_ticket_token **token,
                       const struct wsd_scan_final_token *used)
{
    struct wsd_scan_ticket_token *copy;

    if (!*token || !used->override_)
        return;
    copy = dup_piece(mend, *token, sizeof *copy);
    if (copy) {
        copy->value = used->value;
        *token = copy;
    }
}

static void mend_int(struct mend *mend, const struct wsd_scan_ticket_int **number,
                     const struct wsd_scan_final_int *used)
{
    struct wsd_scan_ticket_int *copy;

    if (!*number || !overridden(used))
        return;
    copy = dup_piece(mend, *number, sizeof *copy);
    if (copy) {
        copy->value = used->value;
        *number = copy;
    }
}

static void mend_strength(struct mend *mend, const int32_t **number,
                          const struct wsd_scan_final_int *used)
{
    int32_t *copy;

    if (!*number || !overridden(used))
        return;
    copy = dup_piece(mend, &used->value, sizeof *copy);
    if (copy)
        *number = copy;
}

static void mend_input_size(struct mend *mend, struct wsd_scan_document_parameters *p,
                            const struct wsd__scan_plan *plan)
{
    const struct wsd_scan_final_size *used = &plan->final_.input_size.input_media_size;
    struct wsd_scan_input_size *copy;
    struct wsd_scan_size *size;

    if (!p->input_size ||
        (!plan->drop_auto_size && !overridden(&used->width) && !overridden(&used->height)))
        return;
    copy = dup_piece(mend, p->input_size, sizeof *copy);
    size = dup_piece(mend, p->input_size->input_media_size, sizeof *size);
    if (!copy || !size)
        return;
    size->width = used->width.value;
    size->height = used->height.value;
    copy->document_size_auto_detect = NULL;
    copy->input_media_size = size;
    p->input_size = copy;
}

static void mend_exposure(struct mend *mend, struct wsd_scan_document_parameters *p,
                          const struct wsd__scan_plan *plan)
{
    const struct wsd_scan_final_exposure_settings *used = &plan->final_.exposure.exposure_settings;
    struct wsd_scan_exposure *copy;
    struct wsd_scan_exposure_settings *settings;

    if (!p->exposure || (!plan->drop_auto_exposure && !overridden(&used->contrast) &&
                         !overridden(&used->brightness) && !overridden(&used->sharpness)))
        return;
    copy = dup_piece(mend, p->exposure, sizeof *copy);
    settings = dup_piece(mend, p->exposure->exposure_settings, sizeof *settings);
    if (!copy || !settings)
        return;
    mend_strength(mend, &settings->contrast, &used->contrast);
    mend_strength(mend, &settings->brightness, &used->brightness);
    mend_strength(mend, &settings->sharpness, &used->sharpness);
    if (plan->drop_auto_exposure)
        copy->auto_exposure = NULL;
    copy->exposure_settings = settings;
    p->exposure = copy;
}

static void mend_scaling(struct mend *mend, struct wsd_scan_document_parameters *p,
                         const struct wsd__scan_plan *plan)
{
    const struct wsd_scan_final_scaling *used = &plan->final_.scaling;
    struct wsd_scan_scaling *copy;

    if (!p->scaling || (!overridden(&used->scaling_width) && !overridden(&used->scaling_height)))
        return;
    copy = dup_piece(mend, p->scaling, sizeof *copy);
    if (!copy)
        return;
    copy->scaling_width = used->scaling_width.value;
    copy->scaling_height = used->scaling_height.value;
    p->scaling = copy;
}

static void mend_region(struct mend *mend, const struct wsd_scan_region **region,
                        const struct wsd_scan_final_region *used)
{
    struct wsd_scan_region *copy;

    if (!*region)
        return;
    copy = dup_piece(mend, *region, sizeof *copy);
    if (!copy)
        return;
    mend_int(mend, &copy->scan_region_x_offset, &used->scan_region_x_offset);
    mend_int(mend, &copy->scan_region_y_offset, &used->scan_region_y_offset);
    copy->scan_region_width.value = used->scan_region_width.value;
    copy->scan_region_height.value = used->scan_region_height.value;
    *region = copy;
}

static void mend_resolution(struct mend *mend, const struct wsd_scan_resolution **resolution,
                            const struct wsd_scan_final_resolution *used)
{
    struct wsd_scan_resolution *copy;
    int32_t *height;

    if (!*resolution || (!overridden(&used->width) && !overridden(&used->height)))
        return;
    copy = dup_piece(mend, *resolution, sizeof *copy);
    height = dup_piece(mend, &used->height.value, sizeof *height);
    if (!copy || !height)
        return;
    copy->width = used->width.value;
    copy->height = copy->height || *height != copy->width ? height : NULL;
    *resolution = copy;
}

static void mend_side(struct mend *mend, struct wsd_scan_media_side *side,
                      const struct wsd_scan_final_media_side *used)
{
    mend_region(mend, &side->scan_region, &used->scan_region);
    mend_token(mend, &side->color_processing, &used->color_processing);
    mend_resolution(mend, &side->resolution, &used->resolution);
}

static void mend_sides(struct mend *mend, struct wsd_scan_document_parameters *p,
                       const struct wsd__scan_plan *plan)
{
    const struct wsd_scan_final_media_sides *used = &plan->final_.media_sides;
    struct wsd_scan_media_sides *copy;
    struct wsd_scan_media_side *back;

    if (!p->media_sides)
        return;
    copy = dup_piece(mend, p->media_sides, sizeof *copy);
    if (!copy)
        return;
    p->media_sides = copy;
    mend_side(mend, &copy->media_front, &used->media_front);
    if (plan->drop_back)
        copy->media_back = NULL;
    if (copy->media_back && used->media_back) {
        back = dup_piece(mend, copy->media_back, sizeof *back);
        if (!back)
            return;
        mend_side(mend, back, used->media_back);
        copy->media_back = back;
    }
}

const struct wsd_scan_ticket *wsd__scan_ticket_mend(struct wsd__arena *arena,
                                                    const struct wsd_scan_ticket *ticket,
                                                    const struct wsd__scan_plan *plan)
{
    struct mend mend = {.arena = arena};
    struct wsd_scan_ticket *copy = dup_piece(&mend, ticket, sizeof *copy);
    struct wsd_scan_document_parameters *p = NULL;

    if (copy && ticket->document_parameters)
        p = dup_piece(&mend, ticket->document_parameters, sizeof *p);
    if (p) {
        const struct wsd_scan_final_parameters *used = &plan->final_;

        copy->document_parameters = p;
        mend_token(&mend, &p->format, &used->format);
        mend_int(&mend, &p->compression_quality_factor, &used->compression_quality_factor);
        mend_int(&mend, &p->images_to_transfer, &used->images_to_transfer);
        mend_token(&mend, &p->input_source, &used->input_source);
        mend_token(&mend, &p->film_scan_mode, &plan->film_scan_mode);
        mend_token(&mend, &p->content_type, &used->content_type);
        mend_input_size(&mend, p, plan);
        mend_exposure(&mend, p, plan);
        mend_scaling(&mend, p, plan);
        mend_token(&mend, &p->rotation, &used->rotation);
        mend_sides(&mend, p, plan);
        if (plan->drop_film)
            p->film_scan_mode = NULL;
    }
    if (copy && !copy->job_description.job_name)
        copy->job_description.job_name = "";
    if (copy && !copy->job_description.job_originating_user_name)
        copy->job_description.job_originating_user_name = "";
    return mend.failed ? NULL : copy;
}
