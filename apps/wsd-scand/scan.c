/* SPDX-License-Identifier: MIT */
/*
 * From the button to the job on the scanner: its configuration and default ticket, the
 * destination's settings laid over it, a look at it by the scanner, CreateScanJob with the
 * identifier and token of the event (WS-Scan 12.2). Then pages; then, whatever happened, CancelJob,
 * without which some scanners refuse the next job (S12, S22).
 *
 * A scanner does one scan at a time; a button that is pressed again waits.
 */
#include "scan.h"

#include <errno.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "common/control.h"
#include "common/print_json.h"
#include "common/text.h"
#include "delivery.h"
#include "log.h"
#include "notice.h"
#include "scan/crop.h"
#include "scan/refusal.h"

static void start(struct scan *scan);

struct log_about scan_about(const struct scan *scan)
{
    return (struct log_about){.scanner = scan->entry->scanner,
                              .destination = scan->destination->name,
                              .job = scan->job ? scan->job->id : NULL};
}

/* -- the end ------------------------------------------------------------------------------------
 */

static void drop(struct scan *scan)
{
    struct scand *scand = scan->scand;

    for (struct scan **at = &scand->scans; *at; at = &(*at)->next)
        if (*at == scan) {
            *at = scan->next;
            scand->n_scans--;
            break;
        }
    loop_disarm(&scand->loop, &scan->timer);
    helper_release(scan->helper);
    job_close(scan->job);
    wsd_free(scan->elements);
    wsd_free(scan->validation);
    wsd_free(scan->created);
    config_release(scan->config);
    free(scan->service);
    free(scan->endpoint);
    free(scan->identifier);
    free(scan->token);
    free(scan->gather.bytes);
    free(scan);
}

/* All is done: the outcome is told. */
static void finish(struct scan *scan)
{
    struct scand *scand = scan->scand;
    struct history_entry *e = scan->entry;
    struct log_about about = scan_about(scan);
    const struct json_object *first = e->files ? json_object_array_get_idx(e->files, 0) : NULL;

    e->ended = loop_wall(&scand->loop);
    if (first)
        about.file = json_object_get_string((struct json_object *)(uintptr_t)first);
    if (scan->error[0]) {
        history_fail(e, scan->error);
        log_say(LOG_LEVEL_ERROR, &about, "the scan to %s failed: %s%s%s", e->destination,
                scan->error, e->kept ? "; what came is in " : "", e->kept ? e->kept : "");
    } else {
        e->state = HISTORY_DONE;
        log_say(LOG_LEVEL_INFO, &about, "%u page%s to %s%s%s", e->pages, e->pages == 1 ? "" : "s",
                e->destination, about.file ? ": " : "", about.file ? about.file : "");
    }
    notice_scan(scand, e);
    drop(scan);
#ifdef __GLIBC__
    /* What many scans leave free between what is in use adds up to a megabyte in a month. */
    if (!scand->scans)
        malloc_trim(0);
#endif
}

static void go_on_ending(struct scan *scan)
{
    if (scan->device_done && scan->helper_done)
        finish(scan);
}

static void device_done(struct scan *scan)
{
    struct scanner *scanner = scan->scanner;

    if (scan->device_done)
        return;
    scan->device_done = true;
    scan->scanner = NULL; /* it may be gone from here on */
    if (scanner && scanner->scanning == scan)
        scanner_scanned(scanner);
    go_on_ending(scan);
}

static void job_cancelled(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct scan *scan = user;

    (void)status, (void)result, (void)error; /* that the job is over by itself is no news */
    scan->call = NULL;
    device_done(scan);
}

static void cancel_job(struct scan *scan)
{
    struct wsd_request_options options = scan->request;

    options.connect_timeout = options.answer_timeout = SCAN_CANCEL_MS;
    if (!scan->created ||
        wsd_cancel_job_start(scan->scand->context, scan->service, scan->created->job_id, &options,
                             job_cancelled, scan, &scan->call, NULL) < 0)
        device_done(scan); /* which may be the scan's end */
}

/* -- the document -------------------------------------------------------------------------------
 */

static void helper_needed(struct scan *scan);

static void helper_said(void *user, const struct json_object *said)
{
    struct scan *scan = user;
    struct log_about about = scan_about(scan);

    if (delivery_said(scan->scand, &about, scan->job, scan->entry, scan->error, said))
        scan->said_last = scan->ended; /* while pages come no word is the last one */
}

/* What the helper has dealt with is of no use in the spool any more, unless it could not be put
 * anywhere else. */
static void helper_over(struct scan *scan)
{
    if (delivery_settled(scan->job, scan->entry)) {
        job_remove(scan->job);
        scan->job = NULL;
    }
    go_on_ending(scan);
}

static void helper_ended(void *user, int status)
{
    struct scan *scan = user;

    scan->helper = NULL;
    if (scan->said_last) {
        scan->helper_done = true;
        helper_over(scan);
        return;
    }
    log_say(LOG_LEVEL_WARNING, NULL, "wsd-scand-deliver ended early (%s %d)",
            WIFSIGNALED(status) ? "signal" : "status",
            WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    if (scan->ended)
        helper_needed(scan);
}

static int start_helper(struct scan *scan)
{
    struct helper_hooks hooks = {.said = helper_said, .ended = helper_ended, .user = scan};
    int r = helper_start(scan->scand, scan->job->path, &hooks, &scan->helper);

    scan->helper_tries++;
    return r;
}

/* The end is written, and somebody has to make the document. */
static void helper_needed(struct scan *scan)
{
    uint64_t limit = SCAN_DELIVER_MS + (uint64_t)scan->destination->command_timeout * 1000;

    if (!scan->helper && (scan->helper_tries >= 3 || start_helper(scan) < 0)) {
        history_set(&scan->entry->kept, scan->job->path);
        if (!scan->error[0])
            snprintf(scan->error, sizeof scan->error,
                     "the document could not be made; wsd-scand tries again when it is started "
                     "anew");
        scan->helper_done = true;
        go_on_ending(scan);
        return;
    }
    helper_end(scan->helper, limit);
}

/* A full disk does not make a scan that is complete another one: it waits until there is room. */
static void write_end(void *user)
{
    struct scan *scan = user;
    struct log_about about = scan_about(scan);
    int r = job_end(scan->job, scan->complete, scan->images, scan->why);

    if (r < 0) {
        log_say(LOG_LEVEL_ERROR, &about, "%s cannot be written to: %s; it is tried again",
                scan->job->path, strerror(-r));
        loop_arm(&scan->scand->loop, &scan->timer, SCAN_DISK_MS, write_end, scan);
        return;
    }
    scan->ended = true;
    helper_needed(scan);
}

void scan_end(struct scan *scan, const char *why)
{
    struct scand *scand = scan->scand;

    if (scan->step == SCAN_ENDING)
        return;
    scan->step = SCAN_ENDING;
    scan->entry->state = HISTORY_DELIVERING;
    loop_disarm(&scand->loop, &scan->timer);
    if (why)
        snprintf(scan->error, sizeof scan->error, "%s", why);
    if (!scan->job) {
        scan->helper_done = true;
    } else {
        scan->complete = why == NULL;
        snprintf(scan->why, sizeof scan->why, "%s", why ? why : "");
        write_end(scan);
    }
    cancel_job(scan);
}

void scan_end_error(struct scan *scan, const struct wsd_error *error, const char *advice)
{
    char why[SCAND_ERROR];

    scand_error_text(error, advice, why);
    scan_end(scan, why);
}

/* -- the job ------------------------------------------------------------------------------------
 */

static void count_answer(struct scan *scan)
{
    scan->answers += loop_now(&scan->scand->loop) - scan->asked;
}

static void count_question(struct scan *scan)
{
    scan->asked = loop_now(&scan->scand->loop);
}

/* True if the daemon ends: nothing more is begun. */
static bool given_up(struct scan *scan, const void *result)
{
    if (!scan->cancelled)
        return false;
    wsd_free(result);
    scan_end(scan, "wsd-scand was ended");
    return true;
}

static void say_difference(void *user, const char *what, const char *asked, const char *got)
{
    const struct scan *scan = user;
    struct log_about about = scan_about(scan);

    log_say(LOG_LEVEL_INFO, &about, "the scanner changes %s: %s in place of %s", what, got, asked);
}

static void fill_order(const struct scan *scan, struct job_order *order)
{
    const struct config_destination *d = scan->destination;
    struct scan_crop crop;

    scan_crop_asked(&scan->wish.settings, &scan->has, &crop);
    scan_crop_agreed(&scan->wish.settings, &scan->created->document_final_parameters, &crop);
    *order = (struct job_order){
        .began = (int64_t)scan->entry->began,
        .title = d->name,
        .device = scan->entry->scanner,
        .uuid = scan->scanner->endpoint,
        .destination = d->name,
        .dpi = {(uint32_t)(crop.dpi_x + 0.5), (uint32_t)(crop.dpi_y + 0.5)},
        .crop = {crop.crop.x, crop.crop.y, crop.crop.width, crop.crop.height},
        .format = d->format,
        .folder = d->folder,
        .pattern = d->pattern,
        .quality = d->quality,
        .owner = d->owner,
        .group = d->group,
        .file_mode = d->file_mode,
        .drop_blank = d->drop_blank,
        .broken = d->broken,
        .command = d->command,
        .pipe = d->pipe,
        .command_timeout = d->command_timeout,
        .incomplete = scan->config->incomplete,
        .max_page_bytes = scan->config->max_page_size,
        .max_total_bytes = scan->config->max_size,
        .max_pages = JOB_MAX_PAGES,
    };
}

/* Where the job is, so that one that a crash leaves behind is cancelled by the next run. */
static void note_device(struct scan *scan)
{
    struct json_object *object = json_object_new_object();

    json_put_text(object, "service", scan->service);
    json_put_text(object, "endpoint", scan->endpoint);
    json_put_number(object, "job", scan->created->job_id);
    if (object)
        job_file_write(scan->job, SCAN_DEVICE_FILE, object);
    json_object_put(object);
}

static void begin_pages(struct scan *scan)
{
    struct job_order order;
    char why[SCAND_ERROR];

    fill_order(scan, &order);
    int r = job_create(scan->scand->spool, &order, &scan->job);
    if (r < 0) {
        scan->job = NULL;
        snprintf(why, sizeof why, "%.200s cannot be written to: %s", scan->scand->spool,
                 strerror(-r));
        scan_end(scan, why);
        return;
    }
    history_set(&scan->entry->id, scan->job->id);
    note_device(scan);
    if (start_helper(scan) < 0)
        scan->helper = NULL; /* tried again at the end */
    scan->page = 1;
    scan_fetch(scan);
}

static void created(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct scan *scan = user;
    struct log_about about = scan_about(scan);

    scan->call = NULL;
    count_answer(scan);
    if (status < 0 && scan->cancelled) {
        scan_end(scan, "wsd-scand was ended");
        return;
    }
    if (status < 0) {
        scan_refused(scan, error);
        return;
    }
    scan->created = result;
    if (given_up(scan, NULL))
        return;
    log_say(LOG_LEVEL_DEBUG, &about, "job %d, %d ms after the button, %d of them the scanner's",
            (int)scan->created->job_id, (int)(loop_now(&scan->scand->loop) - scan->pressed),
            (int)scan->answers);
    scan_ticket_changes(&scan->wish.made.ticket, &scan->created->document_final_parameters,
                        say_difference, scan);
    begin_pages(scan);
}

void scan_create(struct scan *scan)
{
    const struct wsd_scan_ticket *ticket =
        scan->use_corrected ? &scan->corrected : &scan->wish.ticket;
    struct wsd_error error = {0};

    scan->step = SCAN_CREATING;
    count_question(scan);
    if (wsd_create_scan_job_start(scan->scand->context, scan->service, ticket, scan->identifier,
                                  scan->token, &scan->request, created, scan, &scan->call,
                                  &error) < 0)
        scan_end_error(scan, &error, NULL);
}

static void validated(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct scan *scan = user;

    scan->call = NULL;
    count_answer(scan);
    if (given_up(scan, result))
        return;
    /* Some do not have the operation, some fault whatever they are asked; the job will tell. */
    if (status < 0 && error->code != WSD_E_FAULT && error->code != WSD_E_HTTP &&
        error->code != WSD_E_SCHEMA) {
        scan_end_error(scan, error, NULL);
        return;
    }
    scan->validation = result;
    const struct wsd_scan_validation_info *info =
        scan->validation ? &scan->validation->validation_info : NULL;
    if (info && !info->valid_ticket && info->valid_scan_ticket &&
        info->valid_scan_ticket->document_parameters) {
        scan_ticket_corrections(&scan->wish.made.ticket, info->valid_scan_ticket, say_difference,
                                scan);
        scan->corrected = *info->valid_scan_ticket;
        scan->corrected.job_description = scan->wish.ticket.job_description;
        scan->use_corrected = true;
    }
    scan_create(scan);
}

static void validate(struct scan *scan)
{
    struct wsd_error error = {0};

    scan->step = SCAN_VALIDATING;
    count_question(scan);
    if (wsd_validate_scan_ticket_start(scan->scand->context, scan->service, &scan->wish.ticket,
                                       &scan->request, validated, scan, &scan->call, &error) < 0)
        scan_end_error(scan, &error, NULL);
}

static void apply_quirks(struct scan *scan)
{
    const struct config_scanner *section = scanner_section(scan->scanner);

    scan_abilities_quirks(&scan->has, scan->scanner->manufacturer, scan->scanner->model);
    for (config_list word = section ? section->quirks : NULL; word && *word; word++)
        quirks_apply(&scan->has.quirks, *word);
}

static void asked(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct scan *scan = user;
    const char *why = NULL;

    scan->call = NULL;
    count_answer(scan);
    if (given_up(scan, result))
        return;
    if (status < 0) {
        scan_end_error(scan, error, NULL);
        return;
    }
    scan->elements = result;
    scan_abilities_take(&scan->has, scan->elements);
    apply_quirks(scan);
    if (!scan->has.configuration) {
        scan_end(scan, "it does not tell what it can do; switch it off and on");
        return;
    }
    scan_abilities_gather(&scan->has);
    if (wish_make(scan->destination, &scan->has, scan->panel_source, scan->config->host,
                  &scan->wish, &why) < 0)
        scan_end(scan, why);
    else
        validate(scan);
}

static void start(struct scan *scan)
{
    struct wsd_error error = {0};

    scan->step = SCAN_ASKING;
    count_question(scan);
    scan->entry->state = HISTORY_ASKING;
    scan->scanner->scanning = scan;
    if (wsd_get_scanner_elements_start(scan->scand->context, scan->service,
                                       WSD_SCAN_CONFIGURATION | WSD_SCAN_DEFAULT_TICKET |
                                           WSD_SCAN_STATUS,
                                       &scan->request, asked, scan, &scan->call, &error) < 0)
        scan_end_error(scan, &error, NULL);
}

/* -- the button ---------------------------------------------------------------------------------
 */

static size_t waiting(const struct scanner *scanner)
{
    size_t n = 0;

    for (const struct scan *scan = scanner->scand->scans; scan; scan = scan->next)
        n += scan->scanner == scanner && scan->step == SCAN_WAITING;
    return n;
}

static struct scan *make(struct scanner *scanner, const struct press *press)
{
    struct scand *scand = scanner->scand;
    const struct config_destination *destination = config_find(scand->config, press->destination);
    struct scan *scan = destination ? calloc(1, sizeof *scan) : NULL;

    if (!scan)
        return NULL;
    scan->scand = scand;
    scan->scanner = scanner;
    scan->page_fd = -1;
    scan->warming = REFUSAL_WARMING_SECONDS;
    scan->busy = REFUSAL_BUSY_SECONDS;
    scan->pressed = loop_now(&scand->loop);
    scan->panel_source = press->source;
    scan->config = config_hold(scand->config);
    scan->destination = destination;
    scan->service = strdup(scanner->service);
    scan->endpoint = strdup(scanner->endpoint);
    scan->request = (struct wsd_request_options)WSD_REQUEST_OPTIONS_INIT;
    scan->request.endpoint = scan->endpoint;
    scan->identifier = press->identifier ? strdup(press->identifier) : NULL;
    scan->token = press->token ? strdup(press->token) : NULL;
    scan->entry =
        history_add(scand->history, scanner->name, destination->name, loop_wall(&scand->loop));
    if (!scan->service || !scan->endpoint || !scan->entry) {
        if (scan->entry)
            history_fail(scan->entry, "out of memory");
        drop(scan);
        return NULL;
    }
    scan->next = scand->scans;
    scand->scans = scan;
    scand->n_scans++;
    return scan;
}

void scan_begin(struct scanner *scanner, const struct press *press)
{
    struct log_about about = {.scanner = scanner->name, .destination = press->destination};

    if (scanner->scand->ending)
        return;
    if (waiting(scanner) >= SCAND_MAX_WAITING) {
        log_say(LOG_LEVEL_WARNING, &about,
                "the button is pressed too often; this scan is left out");
        return;
    }
    struct scan *scan = make(scanner, press);
    if (!scan) {
        log_say(LOG_LEVEL_ERROR, &about, "out of memory, or the destination is gone");
        return;
    }
    log_say(LOG_LEVEL_INFO, &about, "the button was pressed: scan to %s", press->destination);
    if (!scanner->scanning)
        start(scan);
}

void scans_abandon(struct scanner *scanner)
{
    for (struct scan *scan = scanner->scand->scans, *next; scan; scan = next) {
        next = scan->next;
        if (scan->scanner == scanner && scan->step == SCAN_WAITING)
            scan_end(scan, "the scanner has left the network");
    }
}

void scans_go_on(struct scanner *scanner)
{
    struct scan *oldest = NULL;

    for (struct scan *scan = scanner->scand->scans; scan; scan = scan->next)
        if (scan->scanner == scanner && scan->step == SCAN_WAITING)
            oldest = scan; /* the newest come first */
    if (oldest && !scanner->scanning && !scanner->scand->ending)
        start(oldest);
}

/* -- the daemon ends ----------------------------------------------------------------------------
 */

void scans_stop(struct scand *scand)
{
    for (struct scan *scan = scand->scans, *next; scan; scan = next) {
        next = scan->next; /* nothing else goes, and nothing is begun any more */
        scan->cancelled = true;
        if (scan->step == SCAN_WAITING || (scan->step == SCAN_REFUSED && scan->timer.armed))
            scan_end(scan, "wsd-scand was ended");
        else if (scan->step != SCAN_ENDING && scan->step != SCAN_CREATING && scan->call)
            wsd_call_cancel(scan->call); /* a job that is being made is waited for, and cancelled */
    }
}

void scans_free(struct scand *scand)
{
    while (scand->scans) {
        scand->scans->scanner = NULL;
        drop(scand->scans);
    }
}
