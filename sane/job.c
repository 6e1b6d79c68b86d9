/* SPDX-License-Identifier: MIT */
/* The thread of a job: what it waits for, the pages one by one, and the end. */
#include "job.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bounds.h"
#include "thread.h"

uint64_t clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The context's clock stands while a slow frontend holds the image up. */
static uint64_t job_now(void *user)
{
    const struct job *job = user;

    return clock_ms() - job->held;
}

/* -- waiting ------------------------------------------------------------------------------------
 */

static void clear_wake(struct job *job)
{
    uint64_t count;

    if (read(job->cancels->wake, &count, sizeof count) < 0)
        return; /* there was nothing */
}

/* Until something happens: to the context if `loop`, to the job in any case. */
static void turn(struct job *job, bool loop, int milliseconds)
{
    struct pollfd fds[] = {{.fd = job->cancels->wake, .events = POLLIN},
                           {.fd = loop ? wsd_context_fd(job->context) : -1, .events = POLLIN}};
    int due = loop ? wsd_context_timeout(job->context) : -1;

    if (due < 0 || (milliseconds >= 0 && milliseconds < due))
        due = milliseconds;
    if (poll(fds, 2, due) > 0 && fds[0].revents)
        clear_wake(job);
    if (loop)
        wsd_context_dispatch(job->context, NULL);
}

/* The frontend is told at once; what is to be told to the scanner comes later. */
static bool is_cancelled(struct job *job)
{
    if (!job_is_cancelled(job))
        return false;
    ring_break(&job->bytes, SANE_STATUS_CANCELLED);
    pthread_mutex_lock(&job->lock);
    if (job->rows)
        ring_break(job->rows, SANE_STATUS_CANCELLED);
    if (job->reader >= 0)
        shutdown(job->reader, SHUT_RDWR);
    pthread_mutex_unlock(&job->lock);
    return true;
}

bool job_pause(struct job *job, unsigned milliseconds)
{
    uint64_t until = clock_ms() + milliseconds;

    for (uint64_t now = clock_ms(); now < until && !is_cancelled(job); now = clock_ms())
        turn(job, true, (int)(until - now));
    return !is_cancelled(job);
}

void call_outlast(struct job *job, struct call *call)
{
    while (!call->ended) {
        is_cancelled(job);
        turn(job, true, -1);
    }
}

void call_done(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct call *call = user;

    call->ended = true;
    call->status = status;
    call->result = result;
    if (error)
        call->error = *error;
}

int call_wait(struct job *job, struct call *call, int started)
{
    bool given_up = false;

    if (started < 0)
        return started;
    while (!call->ended) {
        if (!given_up && is_cancelled(job)) {
            given_up = true;
            wsd_call_cancel(call->call);
        }
        turn(job, true, -1);
    }
    return call->status;
}

/* -- the end ------------------------------------------------------------------------------------
 */

/* CancelJob after each job, or the next is refused by some (S12). */
static void farewell(struct job *job)
{
    struct wsd_request_options options = scanner_request(job->scanner);

    if (!job->created || !job->scanner->has.quirks.on[QUIRK_S12] || job->stopped)
        return;
    job->stopped = true;
    options.connect_timeout = options.answer_timeout = SANE_FAREWELL_MS;
    wsd_cancel_job(job->context, job->scanner->found.service, job->created->job_id, &options, NULL);
}

/* -- images -------------------------------------------------------------------------------------
 */

static int sink_write(void *user, const void *bytes, size_t size)
{
    struct job *job = user;
    uint64_t since = 0;

    silence_broken(&job->silence);
    while (size > 0) {
        ssize_t n = ring_put(&job->bytes, bytes, size);
        /* What comes until the scanner has been told is nobody's: see image_wait(). */
        if (is_cancelled(job))
            return 0;
        if (n < 0)
            return WSD_E_SINK;
        bytes = (const char *)bytes + n;
        size -= (size_t)n;
        if (size == 0)
            break;
        since = since ? since : clock_ms();
        turn(job, false, -1);
    }
    if (since)
        job->held += clock_ms() - since;
    return 0;
}

/* Milliseconds until the scanner is to be asked why nothing comes; -1: not before something did. */
static int image_due(struct job *job)
{
    uint64_t now = job_now(job), due = silence_turn(&job->silence, now);

    return due == UINT64_MAX ? -1 : (int)(due - now);
}

/* While the image arrives: on a cancellation the scanner is told while the line is still open, so
 * that it knows of a person's wish and not of a broken line. */
static int image_wait(struct job *job, struct call *call, int started)
{
    bool given_up = false;

    if (started < 0)
        return started;
    while (!call->ended) {
        if (!job->stopped && is_cancelled(job)) {
            silence_end(&job->silence);
            farewell(job);
            job->stopped = true;
            if (!call->ended)
                wsd_call_cancel(call->call);
            /* A call that was failing already, while the scanner was told, has its end pending. */
            wsd_context_dispatch(job->context, NULL);
            continue;
        }
        if (!given_up && silence_trouble(&job->silence)) {
            given_up = true;
            wsd_call_cancel(call->call);
        }
        turn(job, true, given_up ? -1 : image_due(job));
    }
    silence_end(&job->silence);
    return call->status;
}

static bool is_end(const struct job *job, const struct wsd_error *error)
{
    return wsd_error_is_fault(error, "ClientErrorNoImagesAvailable") ||
           (scan_feeds(&job->settings) && job->scanner->has.quirks.on[QUIRK_S5] &&
            wsd_error_is_fault(error, "ClientErrorJobIdNotFound"));
}

void job_ask_status(struct job *job, const struct wsd_request_options *options, struct call *call,
                    struct scan_abilities *ret)
{
    int r = call_wait(job, call,
                      wsd_get_scanner_elements_start(job->context, job->scanner->found.service,
                                                     WSD_SCAN_STATUS, options, call_done, call,
                                                     &call->call, NULL));

    if (r >= 0)
        scan_abilities_take(ret, call->result);
}

/* A jam looks like any failure of the transfer; the scanner knows more. */
static SANE_Status ask_why(struct job *job, const struct wsd_error *error)
{
    struct wsd_request_options options = scanner_request(job->scanner);
    struct call call = {0};
    struct scan_abilities now = {0};
    struct scan_trouble trouble;
    SANE_Status status = status_of_error(error);

    options.connect_timeout = options.answer_timeout = SANE_FAREWELL_MS;
    job_ask_status(job, &options, &call, &now);
    if (now.status && scan_trouble_of(now.status, scan_feeds(&job->settings), &trouble)) {
        say(job->config, 1, "%s: %s. %s", job->scanner->label, trouble.what, trouble.advice);
        status = status_of_trouble(&trouble);
    } else {
        say_error(job->config, job->scanner->label, error);
    }
    wsd_free(call.result);
    return status;
}

/* It said so while its image was waited for; that it has no further sheet is the end as ever. */
static SANE_Status say_stopped(struct job *job, const struct scan_trouble *trouble)
{
    SANE_Status status = status_of_trouble(trouble);

    if (status != SANE_STATUS_NO_DOCS)
        say(job->config, 1, "%s: nothing more comes of page %u: %s. %s", job->scanner->label,
            job->page, trouble->what, trouble->advice);
    return status;
}

static SANE_Status fetch(struct job *job)
{
    struct wsd_image_sink sink = WSD_IMAGE_SINK_INIT;
    struct wsd_request_options options = scanner_request(job->scanner);
    struct call call = {0};
    char document[32];

    sink.user = job;
    sink.write = sink_write;
    sink.max_bytes = SANE_IMAGE_MAX;
    options.connect_timeout = SANE_CONNECT_MS;
    snprintf(document, sizeof document, "page %u", ++job->page);
    silence_begin(&job->silence, job->context, job->scanner->found.service, &options,
                  scan_feeds(&job->settings), job_now(job));
    int r = image_wait(job, &call,
                       wsd_retrieve_image_start(job->context, job->scanner->found.service,
                                                job->created->job_id, job->created->job_token,
                                                document, &sink, &options, call_done, &call,
                                                &call.call, &call.error));
    wsd_free(call.result);
    if (is_cancelled(job))
        return SANE_STATUS_CANCELLED;
    if (r >= 0)
        return SANE_STATUS_GOOD;
    if (call.error.code == WSD_E_CANCELLED && silence_trouble(&job->silence))
        return say_stopped(job, silence_trouble(&job->silence));
    /* Who reads the image has given it up, and knows why. */
    if (call.error.code == WSD_E_SINK)
        return SANE_STATUS_IO_ERROR;
    if (is_end(job, &call.error) && (job->page > 1 || scan_feeds(&job->settings)))
        return SANE_STATUS_NO_DOCS;
    return ask_why(job, &call.error);
}

static SANE_Status page(struct job *job)
{
    SANE_Status status = job->created ? SANE_STATUS_GOOD : job_create(job);

    if (is_cancelled(job))
        status = SANE_STATUS_CANCELLED;
    if (status == SANE_STATUS_GOOD)
        status = fetch(job);
    return status;
}

/* Pages until one fails, the last has come, or it is cancelled. */
static void pages(struct job *job)
{
    bool more = true;

    while (more && !is_cancelled(job)) {
        if (!atomic_exchange(&job->wanted, false)) {
            turn(job, true, -1);
            continue;
        }
        SANE_Status status = page(job);
        more =
            status == SANE_STATUS_GOOD && scan_feeds(&job->settings) && job->page < SANE_PAGES_MAX;
        if (!more)
            atomic_store(&job->over, true);
        ring_end(&job->bytes, (int)status);
    }
    is_cancelled(job);
    atomic_store(&job->over, true);
    ring_end(&job->bytes, SANE_STATUS_CANCELLED);
    farewell(job);
}

static void *run(void *user)
{
    struct job *job = user;
    struct wsd_error error = {0};

    if (config_context(job->config, job_now, job, &job->context, &error) < 0) {
        say(job->config, 1, "%s: %s", job->scanner->label, error.message);
        atomic_store(&job->over, true);
        ring_end(&job->bytes, (int)status_of_error(&error));
        return NULL;
    }
    pages(job);
    wsd_free(job->created);
    wsd_free(job->validation);
    wsd_context_free(job->context);
    /* The image may be here and its rows still be waited for. */
    while (!is_cancelled(job))
        turn(job, false, -1);
    return NULL;
}

/* -- the frontend's side ------------------------------------------------------------------------
 */

static void wake(const struct cancels *cancels)
{
    uint64_t one = 1;

    if (write(cancels->wake, &one, sizeof one) < 0)
        return; /* it is awake as it is */
}

struct job *job_begin(const struct config *config, const struct scanner *scanner,
                      const struct scan_settings *settings, const struct cancels *cancels,
                      unsigned since)
{
    struct job *job = calloc(1, sizeof *job);

    if (!job)
        return NULL;
    job->config = config;
    job->scanner = scanner;
    job->asked = job->settings = *settings;
    job->cancels = cancels;
    job->since = since;
    job->wanted = true;
    job->pdf.fd = job->reader = -1;
    if (ring_init(&job->bytes, SANE_BYTES_RING, 0, cancels->wake) < 0) {
        free(job);
        return NULL;
    }
    pthread_mutex_init(&job->lock, NULL);
    if (thread_begin(&job->thread, run, job) == 0)
        return job;
    pthread_mutex_destroy(&job->lock);
    ring_destroy(&job->bytes);
    free(job);
    return NULL;
}

void job_next(struct job *job)
{
    if (job->pdf.next < job->pdf.pages)
        return;
    ring_reopen(&job->bytes);
    atomic_store(&job->wanted, true);
    wake(job->cancels);
}

bool job_is_over(struct job *job)
{
    return atomic_load(&job->over) || job_is_cancelled(job);
}

bool job_is_cancelled(const struct job *job)
{
    return job && (atomic_load(&job->dropped) || atomic_load(&job->cancels->count) != job->since);
}

void job_watch(struct job *job, struct ring *rows)
{
    pthread_mutex_lock(&job->lock);
    job->rows = rows;
    pthread_mutex_unlock(&job->lock);
    wake(job->cancels);
}

/* Whose job was cancelled before has nobody left to be told. */
void job_watch_reader(struct job *job, int socket)
{
    pthread_mutex_lock(&job->lock);
    job->reader = socket;
    pthread_mutex_unlock(&job->lock);
    if (socket >= 0 && job_is_cancelled(job))
        shutdown(socket, SHUT_RDWR);
}

void job_drop(struct job *job)
{
    atomic_store(&job->dropped, true);
    wake(job->cancels);
}

void cancels_add(struct cancels *cancels)
{
    int before = errno;

    atomic_fetch_add(&cancels->count, 1);
    wake(cancels);
    errno = before;
}

void job_free(struct job *job)
{
    if (!job)
        return;
    job_drop(job);
    pthread_join(job->thread, NULL);
    if (job->pdf.fd >= 0)
        close(job->pdf.fd);
    pthread_mutex_destroy(&job->lock);
    ring_destroy(&job->bytes);
    free(job);
}
