/* SPDX-License-Identifier: MIT */
/*
 * The functions of a scanner whose images are made by a host. Bytes go from its socket to the
 * client and are not held: what the client does not take stays in the socket, and the host waits.
 * Whether there is an image is known when the device has moved; until then the answer is "later".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "raster/encoder.h"
#include "scanner.h"
#include "serve_bridge.h"

/* The client has waited long enough: its answer begins, though the device has not. */
#define DECIDE_MS 20000u
#define RETRY_MS  1000u
/* A local program may have the device for a moment. */
#define BUSY_MS 15000u

static int source_of(const struct bridge_job *job)
{
    return job->parameters->input_source.value.value;
}

static const char *format_of(const struct bridge_job *job)
{
    return token_text(&job->parameters->format.value, format_word);
}

void bridge_resume(struct bridge *bridge)
{
    if (!bridge->waiting || !bridge->job)
        return;
    bridge->waiting = false;
    wsd_scan_service_resume(bridge->device->service, bridge->job->id);
}

/* -- the wish -----------------------------------------------------------------------------------
 */

static void put(struct json_object *object, const char *key, int64_t value)
{
    json_object_object_add(object, key, json_object_new_int64(value));
}

static void put_word(struct json_object *object, const char *key, const char *value)
{
    json_object_object_add(object, key, json_object_new_string(value));
}

static const char *mode_word(int color)
{
    static const char *const words[] = {"bw", "gray", "color"};

    return words[serve_mode(color)];
}

static const char *kind_word(int source)
{
    return source == WSD_SCAN_INPUT_SOURCE_ADF          ? "feeder"
           : source == WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX ? "duplex"
                                                        : "platen";
}

/* A SANE device scans both sides alike: the front says how. */
struct json_object *bridge_wish(const struct bridge_job *job)
{
    const struct wsd_scan_final_parameters *p = job->parameters;
    const struct wsd_scan_final_media_side *side = &p->media_sides.media_front;
    const struct wsd_scan_final_exposure_settings *e = &p->exposure.exposure_settings;
    struct json_object *wish = json_object_new_object();
    int rotation = p->rotation.value.value;

    if (!wish)
        return NULL;
    put_word(wish, "do", "scan");
    put_word(wish, "kind", kind_word(source_of(job)));
    put_word(wish, "mode", mode_word(side->color_processing.value.value));
    put_word(wish, "format", format_of(job));
    put(wish, "quality", p->compression_quality_factor.value);
    put(wish, "images", p->images_to_transfer.value);
    put(wish, "dpi_x", side->resolution.width.value);
    put(wish, "dpi_y", side->resolution.height.value);
    put(wish, "x", side->scan_region.scan_region_x_offset.value);
    put(wish, "y", side->scan_region.scan_region_y_offset.value);
    put(wish, "width", side->scan_region.scan_region_width.value);
    put(wish, "height", side->scan_region.scan_region_height.value);
    put(wish, "scale_x", p->scaling.scaling_width.value);
    put(wish, "scale_y", p->scaling.scaling_height.value);
    put(wish, "brightness", e->brightness.value);
    put(wish, "contrast", e->contrast.value);
    put(wish, "sharpness", e->sharpness.value);
    put(wish, "rotation",
        rotation > WSD_SCAN_ROTATION_0 ? 90 * (rotation - WSD_SCAN_ROTATION_0) : 0);
    return wish;
}

/* -- what the host says -------------------------------------------------------------------------
 */

/* Somebody else has the device: that may pass. */
static bool try_again(struct bridge *bridge, const char *status)
{
    struct bridge_job *job = bridge->job;
    uint64_t now = session_now();

    if (strcmp(status, BRIDGE_BUSY) != 0 || job->pages > 0 || now - job->began > BUSY_MS)
        return false;
    job->asked = false;
    bridge->ask_at = now + RETRY_MS;
    return true;
}

void bridge_scan_failed(struct bridge *bridge, const char *status)
{
    struct bridge_job *job = bridge->job;

    if (!job || job->over || try_again(bridge, status))
        return;
    job->over = job->failed = true;
    snprintf(job->status, sizeof job->status, "%s", status);
    /* An empty feeder at the first page is no failure of the scanner. */
    if (strcmp(status, BRIDGE_EMPTY) == 0 && job->pages == 0)
        job->failed = false;
}

void bridge_scan_word(struct bridge *bridge, const char *is)
{
    struct bridge_job *job = bridge->job;

    if (!job)
        return;
    if (strcmp(is, "page") == 0) {
        job->pages++;
        job->page = !job->early;
        job->early = false;
        bridge->backoff = 0;
        bridge_condition_clear(bridge);
    } else if (strcmp(is, "end") == 0) {
        job->file_ended = true;
    } else if (strcmp(is, "done") == 0) {
        job->over = true;
    }
}

/* -- the scanner's functions --------------------------------------------------------------------
 */

static struct bridge *bridge_of(void *user)
{
    return ((struct serve_device *)user)->bridge;
}

static int begin(void *user, struct wsd_scan_job_info *info)
{
    struct bridge *bridge = bridge_of(user);
    struct bridge_job *job = calloc(1, sizeof *job);

    if (!job)
        return -1;
    job->id = info->id;
    job->parameters = info->parameters;
    job->began = session_now();
    info->data = job;
    bridge->job = job;
    bridge->waiting = false;
    serve_say_job(bridge->device, info, "job-began", 0);
    if (!serve_is_stopped(bridge->device))
        bridge->ask_at = bridge->host.fd >= 0 ? 0 : session_now();
    bridge_ask_scan(bridge);
    return 0;
}

/* The next packet is waited for; the service asks again when it is there. */
static void wait_for_host(struct bridge *bridge)
{
    bridge->waiting = true;
}

static int failed_as(const struct bridge_job *job)
{
    return strcmp(job->status, BRIDGE_FAILURE) == 0 || strcmp(job->status, BRIDGE_MEMORY) == 0
               ? WSD_SCANNER_FAILED
               : WSD_SCANNER_BUSY;
}

static int next_image(void *user, struct wsd_scan_job_info *info, unsigned number,
                      const char **ret_type)
{
    struct bridge *bridge = bridge_of(user);
    struct bridge_job *job = info->data;

    if (number > 1 && encoder_is_multi_page(format_of(job)))
        return 0;
    while (!job->page && !job->over && bridge_step(bridge))
        ;
    *ret_type = encoder_mime_type(format_of(job));
    if (!job->page && job->over)
        return job->failed ? failed_as(job) : 0;
    if (!job->page && (bridge->decide_at == 0 || session_now() < bridge->decide_at)) {
        if (bridge->decide_at == 0)
            bridge->decide_at = session_now() + DECIDE_MS;
        wait_for_host(bridge);
        return WSD_SCANNER_LATER;
    }
    bridge->decide_at = 0;
    job->early = !job->page;
    job->page = job->file_ended = false;
    return 1;
}

static ssize_t read_image(void *user, struct wsd_scan_job_info *info, void *buffer, size_t size)
{
    struct bridge *bridge = bridge_of(user);
    struct bridge_job *job = info->data;
    struct host *host = &bridge->host;

    while (host->at == host->size) {
        if (job->file_ended)
            return WSD_SCANNER_END;
        if (job->over)
            return WSD_SCANNER_FAILED;
        if (!bridge_step(bridge) && !job->over) {
            wait_for_host(bridge);
            return WSD_SCANNER_WAIT;
        }
    }
    if (size > host->size - host->at)
        size = host->size - host->at;
    memcpy(buffer, host->packet + host->at, size);
    host->at += size;
    return (ssize_t)size;
}

static unsigned images_done(void *user, struct wsd_scan_job_info *info)
{
    const struct bridge_job *job = info->data;

    (void)user;
    return job->pages;
}

static void end(void *user, struct wsd_scan_job_info *info, int state)
{
    struct bridge *bridge = bridge_of(user);
    struct bridge_job *job = info->data;

    bridge->job = NULL;
    bridge->waiting = false;
    bridge->decide_at = 0;
    bridge->host.at = bridge->host.size = 0;
    if (bridge->busy && state == WSD_SCAN_JOB_STATE_COMPLETED)
        bridge_let_end(bridge);
    else if (bridge->busy)
        bridge_ask(bridge, "cancel");
    bridge->device->serve->jobs_ended++;
    serve_say_job(bridge->device, info,
                  state == WSD_SCAN_JOB_STATE_COMPLETED  ? "job-completed"
                  : state == WSD_SCAN_JOB_STATE_CANCELED ? "job-cancelled"
                                                         : "job-aborted",
                  job->pages);
    free(job);
    info->data = NULL;
}

/* SANE does not tell how much lies in a feeder; that it is empty is known when the scan has found
 * it so. */
static int originals(void *user, int source)
{
    const struct bridge *bridge = bridge_of(user);
    const struct bridge_job *job = bridge->job;

    if (!serve_is_feeder(source))
        return job && job->pages > 0 ? 0 : 1;
    return job && job->over && !job->page ? 0 : -1;
}

struct wsd_scanner bridge_scanner(struct serve_device *device)
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
