/* SPDX-License-Identifier: MIT */
/*
 * A job of the software scanner: each image is a raster made for the ticket (the chart or a
 * picture), encoded row by row as the client takes it. Memory is some rows, whatever the page.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "raster/chart.h"
#include "raster/encoder.h"
#include "raster/pages.h"
#include "scanner.h"
#include "serve.h"

#define READ_MAX 65536u /* of one call: the loop serves others in between */

struct serve_job {
    struct serve_device *device;
    const struct wsd_scan_final_parameters *parameters;
    struct encoder *encoder;
    unsigned images, given; /* of this job; handed to the encoder so far */
    bool failed;
};

static bool is_feeder(int source)
{
    return source == WSD_SCAN_INPUT_SOURCE_ADF || source == WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX;
}

static unsigned sides(int source)
{
    return source == WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX ? 2 : 1;
}

/* Images that lie in a source before a job begins. */
static unsigned loaded(const struct serve *serve, int source)
{
    if (!is_feeder(source))
        return 1;
    return (unsigned)serve->sheets * sides(source);
}

/* -- pictures -----------------------------------------------------------------------------------
 */

static enum raster_mode mode_of(const struct wsd_token *color)
{
    return color->value == WSD_SCAN_COLOR_BLACK_AND_WHITE1 ? RASTER_BW1
           : color->value == WSD_SCAN_COLOR_GRAYSCALE8     ? RASTER_GRAY8
                                                           : RASTER_RGB24;
}

static int rotation_of(const struct wsd_token *rotation)
{
    return rotation->value > WSD_SCAN_ROTATION_0 ? 90 * (rotation->value - WSD_SCAN_ROTATION_0) : 0;
}

static uint32_t positive(int32_t value)
{
    return value > 0 ? (uint32_t)value : 0;
}

static struct raster_request request_of(const struct serve_job *job, unsigned number)
{
    const struct wsd_scan_final_parameters *p = job->parameters;
    bool back = sides(p->input_source.value.value) == 2 && number % 2 == 0;
    const struct wsd_scan_final_media_side *side =
        back && p->media_sides.media_back ? p->media_sides.media_back : &p->media_sides.media_front;
    const struct wsd_scan_final_exposure_settings *e = &p->exposure.exposure_settings;
    const struct wsd_scan_source *source = is_feeder(p->input_source.value.value)
                                               ? &serve_configuration.adf->adf_front
                                               : serve_configuration.platen;
    struct raster_request request = {
        .mode = mode_of(&side->color_processing.value),
        .dpi_x = positive(side->resolution.width.value),
        .dpi_y = positive(side->resolution.height.value),
        .x = positive(side->scan_region.scan_region_x_offset.value),
        .y = positive(side->scan_region.scan_region_y_offset.value),
        .width = positive(side->scan_region.scan_region_width.value),
        .height = positive(side->scan_region.scan_region_height.value),
        .media_width = positive(p->input_size.input_media_size.width.value),
        .media_height = positive(p->input_size.input_media_size.height.value),
        .scale_x = positive(p->scaling.scaling_width.value),
        .scale_y = positive(p->scaling.scaling_height.value),
        .brightness = e->brightness.value,
        .contrast = e->contrast.value,
        .sharpness = e->sharpness.value,
        .rotation = rotation_of(&p->rotation.value),
        .page = number,
        .back = back,
        .title = job->device->name,
    };

    if (request.media_width == 0 || request.media_height == 0) {
        request.media_width = (uint32_t)source->maximum_size.width;
        request.media_height = (uint32_t)source->maximum_size.height;
    }
    return request;
}

/* The next image of the job, for the encoder; NULL when there is none. */
static struct raster *next_raster(void *user)
{
    struct serve_job *job = user;
    const struct pages *pages = job->device->serve->pages;
    struct raster *raster = NULL;
    int r;

    if (job->given >= job->images)
        return NULL;
    struct raster_request request = request_of(job, job->given + 1);
    if (pages) {
        /* The glass shows one picture after the other; the feeder holds them all in order. */
        unsigned first =
            is_feeder(job->parameters->input_source.value.value) ? 0 : job->device->turn;
        r = pages_open_page(pages, (first + job->given) % pages_count(pages) + 1, &request,
                            &raster);
    } else {
        r = chart_open(&request, &raster);
    }
    job->given++;
    if (r == 0)
        return raster;
    job->failed = true;
    session_note(job->device->serve->session, "image %u cannot be made: %s", job->given,
                 strerror(-r));
    return NULL;
}

static const char *format_of(const struct serve_job *job)
{
    return token_text(&job->parameters->format.value, format_word);
}

/* -- the scanner's functions --------------------------------------------------------------------
 */

static int begin(void *user, struct wsd_scan_job_info *info)
{
    struct serve_device *device = user;
    struct serve_job *job = calloc(1, sizeof *job);
    int32_t wanted = info->parameters->images_to_transfer.value;

    if (!job)
        return -1;
    job->device = device;
    job->parameters = info->parameters;
    job->images = loaded(device->serve, info->parameters->input_source.value.value);
    if (wanted > 0 && (unsigned)wanted < job->images)
        job->images = (unsigned)wanted;
    info->data = job;
    device->job = job;
    session_note(device->serve->session, "%s: job %d of %s begins", device->name, (int)info->id,
                 info->user_name ? info->user_name : "?");
    return 0;
}

static int next_image(void *user, struct wsd_scan_job_info *info, unsigned number,
                      const char **ret_type)
{
    struct serve_job *job = info->data;
    const char *type = encoder_mime_type(format_of(job));
    int32_t quality = job->parameters->compression_quality_factor.value;

    (void)user;
    encoder_free(job->encoder);
    job->encoder = NULL;
    if (job->given >= job->images || (number > 1 && encoder_is_multi_page(format_of(job))))
        return 0;
    if (!type || encoder_open(format_of(job),
                              quality < 0     ? 0
                              : quality > 100 ? 100
                                              : (int)quality,
                              next_raster, job, &job->encoder) < 0)
        return -1;
    *ret_type = type;
    return 1;
}

static ssize_t read_image(void *user, struct wsd_scan_job_info *info, void *buffer, size_t size)
{
    struct serve_device *device = user;
    struct serve_job *job = info->data;
    ssize_t n = encoder_read(job->encoder, buffer, size < READ_MAX ? size : READ_MAX);

    if (n > 0)
        return n;
    if (n == 0 && !job->failed)
        return WSD_SCANNER_END;
    if (n < 0)
        session_note(device->serve->session, "%s: %s", device->name, strerror((int)-n));
    return WSD_SCANNER_FAILED;
}

static unsigned images_done(void *user, struct wsd_scan_job_info *info)
{
    const struct serve_job *job = info->data;

    (void)user;
    return job->given;
}

static void end(void *user, struct wsd_scan_job_info *info, int state)
{
    static const char *const words[] = {"ended", "aborted", "cancelled", "completed"};
    struct serve_device *device = user;
    struct serve_job *job = info->data;

    device->serve->jobs_ended++;
    device->turn += job ? job->given : 0;
    session_note(device->serve->session, "%s: job %d %s, %u images", device->name, (int)info->id,
                 words[state > 0 && state <= WSD_SCAN_JOB_STATE_COMPLETED ? state : 0],
                 job ? job->given : 0);
    if (!job)
        return;
    if (device->job == job)
        device->job = NULL;
    encoder_free(job->encoder);
    free(job);
    info->data = NULL;
}

/* Sheets, of which the one that is being scanned counts until its back has been scanned too. */
static int originals(void *user, int source)
{
    const struct serve_device *device = user;
    const struct serve_job *job = device->job;
    unsigned left = loaded(device->serve, source);

    if (job && job->parameters->input_source.value.value == source)
        left = left > job->given ? left - job->given : 0;
    return (int)((left + sides(source) - 1) / sides(source));
}

static uint32_t bytes_per_line(void *user, const char *name, int color, uint32_t pixels)
{
    struct wsd_token token = {.value = color};
    struct raster_info info = {.width = pixels, .height = 1, .mode = mode_of(&token)};

    (void)user;
    return encoder_bytes_per_line(name, &info);
}

static bool format_has_color(void *user, const char *name, int color)
{
    struct wsd_token token = {.value = color};

    (void)user;
    return encoder_supports(name, mode_of(&token));
}

struct wsd_scanner serve_scanner(struct serve_device *device)
{
    return (struct wsd_scanner){
        .size = sizeof(struct wsd_scanner),
        .user = device,
        .begin = begin,
        .next_image = next_image,
        .read = read_image,
        .images_done = images_done,
        .end = end,
        .originals = originals,
        .bytes_per_line = bytes_per_line,
        .format_has_color = format_has_color,
    };
}
