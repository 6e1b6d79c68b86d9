/* SPDX-License-Identifier: MIT */
/* Regions in pixels. */
#include "scan/crop.h"

void scan_crop_asked(const struct scan_settings *s, const struct scan_abilities *has,
                     struct scan_crop *ret)
{
    bool upright = s->scaling == 100 && s->rotation == 0;

    *ret = (struct scan_crop){.dpi_x = (double)s->dpi_x * (double)s->scaling / 100,
                              .dpi_y = (double)s->dpi_y * (double)s->scaling / 100};
    if (s->whole || !upright || !has->quirks.on[QUIRK_S3])
        return;
    ret->crop = (struct output_crop){
        s->x > 0 ? scan_pixels(s->x, s->dpi_x) : 0, s->y > 0 ? scan_pixels(s->y, s->dpi_y) : 0,
        scan_pixels(s->width, s->dpi_x), scan_pixels(s->height, s->dpi_y)};
}

void scan_crop_agreed(const struct scan_settings *s, const struct wsd_scan_final_parameters *final,
                      struct scan_crop *crop)
{
    const struct wsd_scan_final_media_side *f = &final->media_sides.media_front;
    int32_t dpi_x = f->resolution.width.value, dpi_y = f->resolution.height.value;

    if (dpi_x <= 0 || dpi_y <= 0)
        return;
    crop->dpi_x = (double)dpi_x * (double)s->scaling / 100;
    crop->dpi_y = (double)dpi_y * (double)s->scaling / 100;
    if (crop->crop.width == 0)
        return;
    /* The device may use another region than asked: what is cut out is counted from there. The
     * region as asked, in an image larger than it, means the whole glass. */
    int32_t x = f->scan_region.scan_region_x_offset.value;
    int32_t y = f->scan_region.scan_region_y_offset.value;
    int32_t left = x == s->x ? s->x : s->x - x, top = y == s->y ? s->y : s->y - y;
    crop->crop = (struct output_crop){
        left > 0 ? scan_pixels(left, dpi_x) : 0,
        top > 0 ? scan_pixels(top, dpi_y) : 0,
        scan_pixels(s->width, dpi_x),
        scan_pixels(s->height, dpi_y),
    };
}
