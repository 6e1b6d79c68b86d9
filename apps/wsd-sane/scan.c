/* SPDX-License-Identifier: MIT */
/*
 * A scan: the device is set as the ticket asks, each page that it delivers becomes a raster, and
 * what it cannot do itself (scaling, rotation, exposure, another mode) is done to that raster on
 * its way into the encoder. Sides of a sheet come as the device delivers them.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "raster/encoder.h"
#include "raster/filter.h"
#include "raster/resample.h"
#include "raster/spool.h"

#define MM_PER_INCH 25.4

struct scan {
    const struct device *device;
    enum source_kind kind;
    struct raster_request request;
    double dpi_x, dpi_y; /* that the device has chosen */
    bool placed;         /* the device scans the region itself */
    unsigned most, pages;
    const char *format;
    int quality;
    bool over;          /* no more pages */
    SANE_Status status; /* why it failed; GOOD: not because of the device */
    int error;          /* the same of what is done here, a negative errno; 0: nothing did */
    bool unread;        /* the device has not said that the page is over */
};

/* -- the wish -----------------------------------------------------------------------------------
 */

static int number(const struct json_object *wish, const char *key)
{
    struct json_object *value = NULL;

    return json_object_object_get_ex(wish, key, &value) ? json_object_get_int(value) : 0;
}

static const char *text(const struct json_object *wish, const char *key)
{
    struct json_object *value = NULL;
    const char *found =
        json_object_object_get_ex(wish, key, &value) ? json_object_get_string(value) : NULL;

    return found ? found : "";
}

static uint32_t positive(const struct json_object *wish, const char *key)
{
    int value = number(wish, key);

    return value > 0 ? (uint32_t)value : 0;
}

static bool read_wish(const struct json_object *wish, struct scan *scan)
{
    struct raster_info info;

    scan->kind = word_kind_find(text(wish, "kind"));
    scan->most = positive(wish, "images");
    scan->format = text(wish, "format");
    scan->quality = number(wish, "quality");
    scan->request = (struct raster_request){
        .dpi_x = positive(wish, "dpi_x"),
        .dpi_y = positive(wish, "dpi_y"),
        .x = positive(wish, "x"),
        .y = positive(wish, "y"),
        .width = positive(wish, "width"),
        .height = positive(wish, "height"),
        .scale_x = positive(wish, "scale_x"),
        .scale_y = positive(wish, "scale_y"),
        .brightness = number(wish, "brightness"),
        .contrast = number(wish, "contrast"),
        .sharpness = number(wish, "sharpness"),
        .rotation = number(wish, "rotation"),
    };
    return word_raster_find(text(wish, "mode"), &scan->request.mode) &&
           raster_request_size(&scan->request, &info) == 0;
}

/* -- settings -----------------------------------------------------------------------------------
 */

/* One direction of the region, in the unit of its options. */
struct axis {
    const char *near, *far;
    double origin, from, until, pixel;
};

/* What the near end may be off by: a step of the option, or a pixel. */
static double slack_of(const struct device *device, const struct axis *axis)
{
    SANE_Int index;
    const SANE_Option_Descriptor *option = option_find(device, axis->near, &index);
    double step = option && option->constraint_type == SANE_CONSTRAINT_RANGE
                      ? option_unfix(option, option->constraint.range->quant)
                      : 0;

    return 1.001 * fmax(step, axis->pixel);
}

/* Far ends are first moved out of the way, then near ones are set, then far ones. False: the device
 * does not begin where it should, as some that have the option without heeding it. */
static bool set_axis(const struct device *device, const struct axis *axis)
{
    double got, ignored;

    option_set_number(device, axis->far, INT32_MAX / 65536, &ignored);
    return option_set_number(device, axis->near, axis->from, &got) &&
           fabs(got - axis->from) <= slack_of(device, axis) &&
           option_set_number(device, axis->far, axis->until, &ignored);
}

/* From the origin on, for who cuts the region out. */
static void open_axis(const struct device *device, const struct axis *axis)
{
    double ignored;

    option_set_number(device, axis->near, axis->origin, &ignored);
    option_set_number(device, axis->far, axis->until, &ignored);
}

static struct axis axis_of(const char *near, const char *far, double origin, uint32_t offset,
                           uint32_t size, double per_inch, double dpi)
{
    return (struct axis){
        .near = near,
        .far = far,
        .origin = origin * per_inch,
        .from = (origin + offset / 1000.0) * per_inch,
        .until = (origin + offset / 1000.0 + size / 1000.0) * per_inch,
        .pixel = dpi > 0 ? per_inch / dpi : 0,
    };
}

static void choose_area(struct scan *scan)
{
    const struct raster_request *r = &scan->request;
    struct area area;
    double per_inch_x, per_inch_y;

    scan->placed = device_area(scan->device, &area);
    if (!scan->placed)
        return;
    per_inch_x = area.pixels ? scan->dpi_x : MM_PER_INCH;
    per_inch_y = area.pixels ? scan->dpi_y : MM_PER_INCH;
    struct axis x = axis_of("tl-x", "br-x", area.x, r->x, r->width, per_inch_x, scan->dpi_x);
    struct axis y = axis_of("tl-y", "br-y", area.y, r->y, r->height, per_inch_y, scan->dpi_y);
    scan->placed = set_axis(scan->device, &x) && set_axis(scan->device, &y);
    if (!scan->placed) {
        open_axis(scan->device, &x);
        open_axis(scan->device, &y);
    }
}

static bool choose_settings(struct scan *scan)
{
    const struct device *device = scan->device;

    if (!device_choose_source(device, scan->kind) ||
        !device_choose_mode(device, scan->request.mode))
        return false;
    device_choose_resolution(device, scan->request.dpi_x, scan->request.dpi_y, &scan->dpi_x,
                             &scan->dpi_y);
    /* Some backends measure in pixels of the resolution that was set last. */
    choose_area(scan);
    return true;
}

/* -- pages --------------------------------------------------------------------------------------
 */

/* Mode and size as asked, from whatever came. Each step owns the raster. */
static int shape(const struct scan *scan, struct raster *raster, struct raster **ret)
{
    struct raster_request r = scan->request;
    struct raster_info wanted = {0};
    bool exposed = r.brightness || r.contrast || r.sharpness;
    int rotation = r.rotation, result = 0;

    r.rotation = 0;
    if (scan->placed)
        r.x = r.y = 0; /* the picture begins where the region does */
    raster_request_size(&r, &wanted);
    bool sized = raster->info.width == wanted.width &&
                 (raster->info.height == wanted.height || raster->info.height < wanted.height) &&
                 r.x == 0 && r.y == 0 && r.scale_x == 100 && r.scale_y == 100;
    if ((!sized || exposed || rotation) && raster->info.mode == RASTER_BW1)
        result = filter_mode(raster, RASTER_GRAY8, NULL, &raster);
    if (result == 0 && !sized)
        result = resample_open(raster, &r, &raster);
    if (result == 0 && exposed)
        result = filter_adjust(raster, r.brightness, r.contrast, r.sharpness, &raster);
    if (result == 0 && rotation)
        result = spool_turn(raster,
                            rotation == 90    ? SPOOL_90
                            : rotation == 180 ? SPOOL_180
                                              : SPOOL_270,
                            &raster);
    if (result == 0)
        result = filter_mode(raster, r.mode, NULL, &raster);
    if (result == 0)
        *ret = raster;
    return result;
}

static int open_page(struct scan *scan, struct raster **ret)
{
    struct raster_request upright = scan->request;
    struct raster_info wanted = {0};
    struct raster *raster = NULL;
    int r;

    upright.rotation = 0;
    upright.scale_x = upright.scale_y = 100;
    if (!scan->placed) { /* the region is cut out of what begins at the origin */
        upright.width += upright.x;
        upright.height += upright.y;
        upright.x = upright.y = 0;
    }
    raster_request_size(&upright, &wanted);
    r = frames_open(scan->device, wanted.width, wanted.height, scan->dpi_x, scan->dpi_y,
                    &scan->status, &scan->unread, &raster);
    return r < 0 ? r : shape(scan, raster, ret);
}

static bool is_last(const struct scan *scan)
{
    return scan->over || (scan->most > 0 && scan->pages >= scan->most) ||
           (scan->kind == SOURCE_PLATEN && scan->pages > 0);
}

/* The end of the feeder is the end of the scan, not a failure, once there was a page. */
static bool start(struct scan *scan)
{
    SANE_Status status;

    /* What was cut off the page before. */
    if (scan->unread && frames_drain(scan->device, &scan->status, &scan->unread) < 0) {
        scan->over = true;
        return false;
    }
    status = sane_start(scan->device->handle);

    if (status == SANE_STATUS_GOOD)
        return true;
    scan->over = true;
    if (status != SANE_STATUS_NO_DOCS || scan->pages == 0)
        scan->status = status;
    return false;
}

/* The next page, for the encoder; NULL when there is none. */
static struct raster *next_page(void *user)
{
    struct scan *scan = user;
    struct raster *raster = NULL;
    int r;

    if (is_last(scan) || !start(scan))
        return NULL;
    host_say_word("page");
    scan->pages++;
    r = open_page(scan, &raster);
    if (r == 0)
        return raster;
    scan->over = true;
    scan->error = r;
    return NULL;
}

/* -- files --------------------------------------------------------------------------------------
 */

static bool failed(const struct scan *scan)
{
    return scan->status != SANE_STATUS_GOOD || scan->error < 0;
}

/* One file, to its end. False: there is none, or it failed(). */
static bool make_file(struct scan *scan)
{
    uint8_t bytes[BRIDGE_PACKET_MAX - 1];
    struct encoder *encoder;
    ssize_t n;

    if (encoder_open(scan->format, scan->quality, next_page, scan, &encoder) < 0) {
        scan->status = SANE_STATUS_UNSUPPORTED;
        return false;
    }
    do {
        n = encoder_read(encoder, bytes, sizeof bytes);
        if (n > 0 && !failed(scan) && host_is_cancelled())
            scan->status = SANE_STATUS_CANCELLED;
        if (n > 0 && !failed(scan))
            host_data(bytes, (size_t)n);
    } while (n > 0 && !failed(scan));
    if (n < 0 && n != -ENODATA && !failed(scan))
        scan->error = (int)n;
    encoder_free(encoder);
    return n == 0 && !failed(scan);
}

void host_scan(const struct device *device, const struct json_object *wish)
{
    struct scan scan = {.device = device, .status = SANE_STATUS_GOOD};

    option_trouble();
    if (!read_wish(wish, &scan) || !choose_settings(&scan)) {
        SANE_Status why = option_trouble();
        host_say_failed(why == SANE_STATUS_GOOD ? SANE_STATUS_UNSUPPORTED : why, false,
                        "setting the options of the scan");
        return;
    }
    while (!is_last(&scan) && make_file(&scan))
        host_say_word("end");
    sane_cancel(device->handle);
    if (scan.status != SANE_STATUS_GOOD)
        host_say_failed(scan.status, false, "scanning");
    else if (scan.error < 0)
        host_say_error(-scan.error);
    else
        host_say_word("done");
}
