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
    int32_t id;
    unsigned most, given; /* images: wanted, 0 for all there are; handed to the encoder so far */
    bool failed;
};

bool serve_is_feeder(int source)
{
    return source == WSD_SCAN_INPUT_SOURCE_ADF || source == WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX;
}

static unsigned sides(int source)
{
    return source == WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX ? 2 : 1;
}

/* True if the job finds another original: on the glass one, in the feeder what lies there, and the
 * back of the sheet that was taken last. */
static bool has_original(const struct serve_job *job)
{
    int source = job->parameters->input_source.value.value;

    if (job->most > 0 && job->given >= job->most)
        return false;
    if (!serve_is_feeder(source))
        return job->given == 0;
    return job->given % sides(source) != 0 || job->device->sheets > 0;
}

static void take_original(struct serve_job *job)
{
    int source = job->parameters->input_source.value.value;

    if (serve_is_feeder(source) && job->given % sides(source) == 0)
        job->device->sheets--;
    job->given++;
}

/* -- pictures -----------------------------------------------------------------------------------
 */

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
    struct raster_request request = {
        .mode = serve_mode(side->color_processing.value.value),
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

    if (request.media_width == 0 || request.media_height == 0)
        serve_media_max(job->device->setup, serve_is_feeder(p->input_source.value.value),
                        &request.media_width, &request.media_height);
    return request;
}

/* The next image of the job, for the encoder; NULL when there is none. */
static struct raster *next_raster(void *user)
{
    struct serve_job *job = user;
    const struct pages *pages = job->device->serve->pages;
    struct raster *raster = NULL;
    int r;

    if (!has_original(job))
        return NULL;
    struct raster_request request = request_of(job, job->given + 1);
    if (pages) {
        /* The glass shows one picture after the other; the feeder holds them all in order. */
        unsigned first =
            serve_is_feeder(job->parameters->input_source.value.value) ? 0 : job->device->turn;
        r = pages_open_page(pages, (first + job->given) % pages_count(pages) + 1, &request,
                            &raster);
    } else {
        r = chart_open(&request, &raster);
    }
    take_original(job);
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

    if (!job)
        return -1;
    job->device = device;
    job->parameters = info->parameters;
    job->most = positive(info->parameters->images_to_transfer.value);
    info->data = job;
    device->job = job;
    job->id = info->id;
    serve_say_job(device, info, "job-began", 0);
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
    if (!has_original(job) || (number > 1 && encoder_is_multi_page(format_of(job))))
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

static void wait_for_turn(struct serve_device *device)
{
    if (device->waits)
        return;
    device->waits = true;
    device->next_waiting = device->serve->waiting;
    device->serve->waiting = device;
}

static ssize_t read_image(void *user, struct wsd_scan_job_info *info, void *buffer, size_t size)
{
    struct serve_device *device = user;
    struct serve_job *job = info->data;

    if (serve_is_stopped(device))
        return WSD_SCANNER_WAIT;
    /* A client that takes all at once would have the loop to itself for as long as pages are made:
     * others, and the panel, get their turn in between. */
    if (session_now() >= device->serve->turn_until) {
        wait_for_turn(device);
        return WSD_SCANNER_WAIT;
    }
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

static const char *job_end_word(int state)
{
    switch (state) {
    case WSD_SCAN_JOB_STATE_COMPLETED:
        return "job-completed";
    case WSD_SCAN_JOB_STATE_CANCELED:
        return "job-cancelled";
    default:
        return "job-aborted";
    }
}

static void end(void *user, struct wsd_scan_job_info *info, int state)
{
    struct serve_device *device = user;
    struct serve_job *job = info->data;

    device->serve->jobs_ended++;
    device->turn += job ? job->given : 0;
    serve_say_job(device, info, job_end_word(state), job ? job->given : 0);
    if (device->refilled)
        device->sheets = (unsigned)device->serve->sheets;
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
    bool back = job && job->given % sides(job->parameters->input_source.value.value) != 0;

    return serve_is_feeder(source) ? (int)device->sheets + back : 1;
}

uint32_t serve_bytes_per_line(void *user, const char *name, int color, uint32_t pixels)
{
    struct raster_info info = {.width = pixels, .height = 1, .mode = serve_mode(color)};

    (void)user;
    return encoder_bytes_per_line(name, &info);
}

bool serve_format_has_color(void *user, const char *name, int color)
{
    (void)user;
    return encoder_supports(name, serve_mode(color));
}

bool serve_is_stopped(const struct serve_device *device)
{
    for (size_t i = 0; i < device->n_conditions; i++)
        if (device->conditions[i].severity == WSD_SCAN_SEVERITY_CRITICAL)
            return true;
    return device->attention;
}

void serve_go_on(struct serve_device *device)
{
    if (device->job && !serve_is_stopped(device))
        wsd_scan_service_resume(device->service, device->job->id);
}

void serve_go_on_all(struct serve *serve)
{
    struct serve_device *device = serve->waiting;

    serve->waiting = NULL;
    while (device) {
        struct serve_device *next = device->next_waiting;
        device->waits = false;
        serve_go_on(device);
        device = next;
    }
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
        .bytes_per_line = serve_bytes_per_line,
        .format_has_color = serve_format_has_color,
    };
}
