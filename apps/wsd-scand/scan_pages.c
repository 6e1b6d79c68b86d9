/* SPDX-License-Identifier: MIT */
/*
 * Pages, one RetrieveImage each, from the socket into the spool. What is whole gets its name there
 * and is announced to the helper, which works on it while the next one comes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "log.h"
#include "scan.h"

static void close_page(struct scan *scan, bool whole)
{
    int r = 0;

    if (scan->page_fd < 0)
        return;
    if (whole)
        r = gather_flush(&scan->gather);
    if (whole && r == 0)
        r = job_page_commit(scan->job, scan->page, scan->page_fd);
    else
        job_page_drop(scan->job, scan->page, scan->page_fd);
    scan->page_fd = -1;
    if (r < 0) {
        scan->disk_failed = true;
        scan->disk_error = -r;
    } else if (whole) {
        scan->entry->pages++;
        scan->entry->bytes += scan->page_bytes;
        if (scan->helper)
            helper_page(scan->helper, scan->page);
    }
}

static int sink_begin(void *user, const char *content_type)
{
    struct scan *scan = user;

    (void)content_type; /* often wrong: the bytes tell */
    close_page(scan, false);
    scan->page_bytes = 0;
    if (!scan->gather.bytes)
        scan->gather.bytes = malloc(GATHER_BYTES);
    scan->page_fd = scan->gather.bytes ? job_page_open(scan->job, scan->page) : -ENOMEM;
    if (scan->page_fd >= 0) {
        scan->gather =
            (struct gather){.fd = scan->page_fd, .bytes = scan->gather.bytes, .size = GATHER_BYTES};
        return 0;
    }
    scan->disk_failed = true;
    scan->disk_error = -scan->page_fd;
    scan->page_fd = -1;
    return WSD_E_SINK;
}

static int sink_write(void *user, const void *bytes, size_t size)
{
    struct scan *scan = user;
    int r = gather_write(&scan->gather, bytes, size);

    scan->page_bytes += size;
    if (r == 0 && scan->entry->bytes + scan->page_bytes > scan->config->max_size)
        r = -EFBIG;
    if (r == 0)
        return 0;
    scan->disk_failed = true;
    scan->disk_error = -r;
    return WSD_E_SINK;
}

/* What came of a page that broke off is kept where the destination keeps such: the helper finds
 * that it is cut short, and it goes with the others. */
static int sink_end(void *user, bool complete)
{
    struct scan *scan = user;
    bool keep =
        complete || (scan->page_bytes > 0 && scan->destination->broken == CONFIG_BROKEN_KEEP);

    close_page(scan, keep && !scan->disk_failed);
    return scan->disk_failed ? WSD_E_SINK : 0;
}

/* -- the end ------------------------------------------------------------------------------------
 */

/* How a job of a feeder ends (S5, WS-Scan 3.2). */
static bool is_end(const struct scan *scan, const struct wsd_error *error)
{
    return wsd_error_is_fault(error, "ClientErrorNoImagesAvailable") ||
           (scan_feeds(&scan->wish.settings) && scan->has.quirks.on[QUIRK_S5] &&
            wsd_error_is_fault(error, "ClientErrorJobIdNotFound"));
}

static bool is_multi(const char *format)
{
    return strncasecmp(format, "tiff-multi", 10) == 0 || strcasecmp(format, "pdf-a") == 0 ||
           strcasecmp(format, "xps") == 0;
}

static const char *format_of(const struct scan *scan)
{
    const struct wsd_scan_final_parameters *final = &scan->created->document_final_parameters;

    return final->format.value.text && *final->format.value.text
               ? final->format.value.text
               : scan->wish.settings.formats[scan->wish.settings.format];
}

/* Images that will come at most; 0: until the feeder is empty. */
static unsigned images(const struct scan *scan)
{
    return is_multi(format_of(scan)) ? 1 : (unsigned)scan_images(&scan->wish.settings);
}

static void not_come(struct scan *scan, const char *what, const char *advice)
{
    char why[SCAND_ERROR];

    snprintf(why, sizeof why, "%s; page %u did not come. %s", what, scan->page, advice);
    scan_end(scan, why);
}

static void job_came(void *user, int status, const void *result, const struct wsd_error *error)
{
    const struct wsd_scan_get_job_elements_response *answer = result;
    struct scan *scan = user;
    bool cancelled = false;
    char why[SCAND_ERROR];

    (void)error;
    scan->call = NULL;
    for (size_t i = 0; status == 0 && i < answer->n_job_elements; i++) {
        const struct wsd_scan_job_status *job = answer->job_elements[i].job_status;
        cancelled = cancelled || (job && job->job_state.value == WSD_SCAN_JOB_STATE_CANCELED);
    }
    wsd_free(result);
    if (cancelled) {
        not_come(scan, "the scan was cancelled at the scanner", "Press the button again.");
        return;
    }
    snprintf(why, sizeof why, "page %u did not come: %s", scan->page, scan->refusal.message);
    scan_end(scan, why);
}

static void ask_for_job(struct scan *scan)
{
    struct wsd_request_options options = scan->request;

    options.connect_timeout = options.answer_timeout = SCAN_CANCEL_MS;
    if (scan->cancelled ||
        wsd_get_job_elements_start(scan->scand->context, scan->service, scan->created->job_id,
                                   WSD_SCAN_JOB_STATUS, &options, job_came, scan, &scan->call,
                                   NULL) < 0)
        scan_end_error(scan, &scan->refusal, NULL);
}

/* A jam looks like any failure of the transfer, and so does a job that was cancelled; the scanner
 * knows more. */
static void status_came(void *user, int status, const void *result, const struct wsd_error *error)
{
    const struct wsd_scan_get_scanner_elements_response *answer = result;
    struct scan *scan = user;
    struct scan_abilities now = {0};
    struct scan_trouble trouble;

    (void)error;
    scan->call = NULL;
    if (status == 0)
        scan_abilities_take(&now, answer);
    if (now.status && scan_trouble_of(now.status, scan_feeds(&scan->wish.settings), &trouble))
        not_come(scan, trouble.what, trouble.advice);
    else
        ask_for_job(scan);
    wsd_free(result);
}

static void ask_why(struct scan *scan, const struct wsd_error *error)
{
    struct wsd_request_options options = scan->request;

    scan->refusal = *error;
    options.connect_timeout = options.answer_timeout = SCAN_CANCEL_MS;
    if (wsd_get_scanner_elements_start(scan->scand->context, scan->service, WSD_SCAN_STATUS,
                                       &options, status_came, scan, &scan->call, NULL) < 0)
        scan_end_error(scan, error, NULL);
}

static void say_disk(struct scan *scan)
{
    char why[SCAND_ERROR];

    if (scan->disk_error == EFBIG)
        snprintf(why, sizeof why,
                 "the scan is larger than max-size allows; raise it, or scan fewer pages");
    else
        snprintf(why, sizeof why, "page %u cannot be written to %.200s: %s; free some space",
                 scan->page, scan->scand->spool, strerror(scan->disk_error));
    scan_end(scan, why);
}

static void failed(struct scan *scan, const struct wsd_error *error)
{
    char why[SCAND_ERROR];

    if (scan->disk_failed) {
        say_disk(scan);
    } else if (scan->page_late) {
        snprintf(why, sizeof why, "page %u took longer than %u minutes; the scan is given up",
                 scan->page, SCAN_PAGE_MOST_MS / 60000);
        scan_end(scan, why);
    } else if (error->code == WSD_E_LIMIT) {
        snprintf(why, sizeof why,
                 "page %u is larger than max-page-size allows; raise it, or lower the resolution",
                 scan->page);
        scan_end(scan, why);
    } else if (is_end(scan, error) && scan->page > 1) {
        scan_end(scan, NULL);
    } else if (is_end(scan, error) && scan_feeds(&scan->wish.settings)) {
        scan_end(scan, "the feeder is empty; put paper into it, or choose the glass at the panel");
    } else {
        ask_why(scan, error);
    }
}

/* One file may hold many pages: only the scanner knows how many. */
static void images_counted(void *user, int status, const void *result,
                           const struct wsd_error *error)
{
    const struct wsd_scan_get_job_elements_response *answer = result;
    struct scan *scan = user;

    (void)error;
    scan->call = NULL;
    for (size_t i = 0; status == 0 && i < answer->n_job_elements; i++) {
        const struct wsd_scan_job_status *job = answer->job_elements[i].job_status;
        if (job && job->scans_completed > 0)
            scan->images = (unsigned)job->scans_completed;
    }
    wsd_free(result);
    scan_end(scan, NULL);
}

static void all_came(struct scan *scan)
{
    struct wsd_request_options options = scan->request;

    options.connect_timeout = options.answer_timeout = SCAN_CANCEL_MS;
    if (!is_multi(format_of(scan)) ||
        wsd_get_job_elements_start(scan->scand->context, scan->service, scan->created->job_id,
                                   WSD_SCAN_JOB_STATUS, &options, images_counted, scan, &scan->call,
                                   NULL) < 0)
        scan_end(scan, NULL);
}

static void page_came(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct scan *scan = user;
    unsigned most = images(scan);

    scan->call = NULL;
    wsd_free(result);
    loop_disarm(&scan->scand->loop, &scan->timer);
    if (scan->cancelled)
        scan_end(scan, "wsd-scand was ended");
    else if (status < 0)
        failed(scan, error);
    else if (most && scan->page >= most)
        all_came(scan);
    else if (scan->page >= JOB_MAX_PAGES)
        scan_end(scan, "it sends more pages than one scan may have");
    else {
        scan->page++;
        scan_fetch(scan);
    }
}

static void page_is_late(void *user)
{
    struct scan *scan = user;

    scan->page_late = true;
    wsd_call_cancel(scan->call);
}

void scan_fetch(struct scan *scan)
{
    struct wsd_request_options options = scan->request;
    struct wsd_image_sink sink = WSD_IMAGE_SINK_INIT;
    struct wsd_error error = {0};
    char document[32];

    scan->step = SCAN_FETCHING;
    scan->entry->state = HISTORY_SCANNING;
    sink.user = scan;
    sink.begin = sink_begin;
    sink.write = sink_write;
    sink.end = sink_end;
    sink.max_bytes = scan->config->max_page_size;
    options.answer_timeout = options.idle_timeout = scan->config->page_timeout * 1000;
    snprintf(document, sizeof document, "page %u", scan->page);
    if (wsd_retrieve_image_start(scan->scand->context, scan->service, scan->created->job_id,
                                 scan->created->job_token, document, &sink, &options, page_came,
                                 scan, &scan->call, &error) < 0)
        scan_end_error(scan, &error, NULL);
    else
        loop_arm(&scan->scand->loop, &scan->timer, SCAN_PAGE_MOST_MS, page_is_late, scan);
}
