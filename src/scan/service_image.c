/* SPDX-License-Identifier: MIT */
/*
 * RetrieveImage (WS-Scan 3.2 and 8): one file, as it comes from the scanner, inside a multipart
 * answer.
 *
 * The answer is pulled: its head first and alone, so that the client sees an answer before the
 * scanner has moved, then whatever the scanner gives, then the tail. Nothing of an image is kept.
 * A scanner that has to move before it knows whether there is an image says so (PHASE_PENDING):
 * then there is no head yet, and a fault is still possible. A job is charged for an image when the
 * image has left, not when it was read. What goes wrong after the head can only be said by cutting
 * the connection before the closing delimiter.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "scan/service_parts.h"
#include "soap/mime.h"

enum phase { PHASE_PENDING, PHASE_HEAD, PHASE_IMAGE, PHASE_TAIL, PHASE_END };

struct wsd__scan_stream {
    struct wsd__scan_job *job; /* NULL: the service is gone */
    struct wsd_context *context;
    const struct wsd__envelope *request, *kept; /* while pending; the one that is freed with it */
    struct wsd__mime_writer writer;
    struct wsd__buf type, piece; /* Content-Type; head, later tail */
    size_t sent;                 /* of piece */
    enum phase phase;
    int image_failed; /* the scanner's failure, for the job's reason */
    void (*wake)(void *user);
    void *wake_user;
};

static const char *default_type(const struct wsd_token *format)
{
    static const char *const types[] = {
        [WSD_SCAN_FORMAT_DIB] = "image/bmp",
        [WSD_SCAN_FORMAT_EXIF] = "image/jpeg",
        [WSD_SCAN_FORMAT_JBIG] = "image/jbig",
        [WSD_SCAN_FORMAT_JFIF] = "image/jpeg",
        [WSD_SCAN_FORMAT_JPEG2K] = "image/jp2",
        [WSD_SCAN_FORMAT_PDF_A] = "application/pdf",
        [WSD_SCAN_FORMAT_PNG] = "image/png",
        [WSD_SCAN_FORMAT_XPS] = "application/vnd.ms-xpsdocument",
    };
    int value = format->value;

    if (value > 0 && value < (int)(sizeof types / sizeof *types) && types[value])
        return types[value];
    return value >= WSD_SCAN_FORMAT_TIFF_SINGLE_UNCOMPRESSED &&
                   value <= WSD_SCAN_FORMAT_TIFF_MULTI_JPEG_TN2
               ? "image/tiff"
               : "application/octet-stream";
}

static bool job_is_multi(const struct wsd__scan_job *job)
{
    return wsd__scan_format_is_multi(&job->plan.final_.format.value);
}

/* -- the answer ---------------------------------------------------------------------------------
 */

static void stream_free(struct wsd__scan_stream *stream)
{
    if (!stream)
        return;
    wsd__buf_free(&stream->type);
    wsd__buf_free(&stream->piece);
    wsd_free(stream->kept);
    free(stream);
}

/* The envelope whose ScanData refers to the second part, and all that stands before that part. */
static int stream_head(struct wsd__scan_stream *stream, const char *image_type)
{
    struct wsd__buf href = WSD__BUF_INIT(256), envelope = WSD__BUF_INIT(WSD_MAX_DATAGRAM);
    struct wsd_xop_include include = {0};
    struct wsd_scan_retrieve_image_response response = {.scan_data = {.include = &include}};
    struct wsd_scan_body body = {.retrieve_image_response = &response};
    int r;

    wsd__mime_writer_init(stream->context, &stream->writer);
    wsd__buf_printf(&href, "cid:%s", stream->writer.image_id);
    include.href = href.data;
    r = href.failed;
    if (r == 0)
        r = wsd__answer_encode(stream->context, stream->request,
                               WSD_NS_SCAN "/RetrieveImageResponse", &wsd__type_scan_body, &body,
                               &envelope, NULL);
    if (r == 0)
        r = wsd__mime_writer_content_type(&stream->writer, &stream->type);
    if (r == 0)
        r = wsd__mime_writer_head(&stream->writer, envelope.data, envelope.length, image_type,
                                  &stream->piece);
    wsd__buf_free(&href);
    wsd__buf_free(&envelope);
    if (r == 0)
        stream->phase = PHASE_HEAD;
    return r;
}

static struct wsd__scan_stream *stream_new(struct wsd__scan_exchange *x, struct wsd__scan_job *job)
{
    struct wsd__scan_stream *stream = calloc(1, sizeof *stream);

    if (!stream)
        return NULL;
    stream->job = job;
    stream->context = x->service->context;
    stream->request = x->request;
    stream->type = WSD__BUF_INIT(1024);
    stream->piece = WSD__BUF_INIT((size_t)2 * WSD_MAX_DATAGRAM);
    return stream;
}

/* -- RetrieveImage ------------------------------------------------------------------------------
 */

static const struct wsd__fault *ended_fault(const struct wsd__scan_job *job)
{
    int state = job->state == WSD_SCAN_JOB_STATE_TERMINATING ? job->end_state : job->state;

    switch (state) {
    case WSD_SCAN_JOB_STATE_COMPLETED:
        return &wsd__scan_no_images;
    case WSD_SCAN_JOB_STATE_CANCELED:
        return &wsd__scan_job_cancelled;
    default:
        return &wsd__scan_job_ended;
    }
}

static const struct wsd__fault *scanner_failed(struct wsd__scan_job *job, int why)
{
    bool stopped = wsd__scan_state(job->service) == WSD_SCAN_STATE_STOPPED;

    wsd__scan_job_set(job, WSD_SCAN_JOB_STATE_ABORTED,
                      WSD_SCAN_JOB_STATE_REASON_JOB_COMPLETED_WITH_ERRORS);
    return stopped || why == WSD_SCANNER_BUSY ? &wsd__scan_temporary_error
                                              : &wsd__scan_internal_error;
}

bool wsd__scan_secret_equal(const char *secret, const char *given)
{
    unsigned char difference = 0;

    if (!given || strlen(given) != strlen(secret))
        return false;
    for (size_t i = 0; secret[i]; i++)
        difference |= (unsigned char)(secret[i] ^ given[i]);
    return difference == 0;
}

/* Whether there is a file. NULL: *ret_type is its type, or *ret_later is true. */
static const struct wsd__fault *ask_file(struct wsd__scan_job *job, const char **ret_type,
                                         bool *ret_later)
{
    const struct wsd_scanner *scanner = &job->service->scanner;
    int r;

    *ret_type = NULL;
    r = scanner->next_image(scanner->user, &job->info, job->files, ret_type);
    *ret_later = r == WSD_SCANNER_LATER;
    if (r < 0)
        return scanner_failed(job, r);
    if (r == 0) {
        wsd__scan_job_set(job, WSD_SCAN_JOB_STATE_COMPLETED, WSD_SCAN_JOB_STATE_REASON_NONE);
        return &wsd__scan_no_images;
    }
    return NULL;
}

/* Brings the scanner to the next file. */
static const struct wsd__fault *next_file(struct wsd__scan_job *job, const char **ret_type,
                                          bool *ret_later)
{
    const struct wsd_scanner *scanner = &job->service->scanner;

    if (!job->begun) {
        wsd__scan_job_set(job, WSD_SCAN_JOB_STATE_STARTED, WSD_SCAN_JOB_STATE_REASON_NONE);
        int r = scanner->begin ? scanner->begin(scanner->user, &job->info) : 0;
        if (r < 0)
            return scanner_failed(job, r);
        job->begun = true;
    }
    wsd__scan_job_set(job, WSD_SCAN_JOB_STATE_PROCESSING, WSD_SCAN_JOB_STATE_REASON_JOB_SCANNING);
    job->files++;
    return ask_file(job, ret_type, ret_later);
}

static int begin_answer(struct wsd__scan_job *job, struct wsd__scan_stream *stream,
                        const char *type)
{
    return stream_head(stream, type ? type : default_type(&job->plan.final_.format.value));
}

/* What the client calls the document; names beyond the bound replace the last. */
static void note_document(struct wsd__scan_job *job, const char *name)
{
    char *copy = name && name[0] ? wsd__arena_strdup(wsd__arena_of(job), name) : NULL;

    if (!copy)
        return;
    if (job->n_documents < JOB_MAX_DOCUMENTS)
        job->n_documents++;
    job->documents[job->n_documents - 1] = copy;
}

const struct wsd__fault *wsd__scan_retrieve_image(struct wsd__scan_exchange *x)
{
    const struct wsd_scan_retrieve_image_request *request = x->body->retrieve_image_request;
    struct wsd__scan_job *job = wsd__scan_job_find(x->service, request->job_id);
    const struct wsd__fault *fault;
    const char *type;
    bool later;

    if (!job)
        return wsd__scan_fault_job(x, &wsd__scan_job_not_found, request->job_id);
    if (!wsd__scan_secret_equal(job->token, request->job_token))
        return &wsd__scan_invalid_job_token;
    if (wsd__scan_job_ended_p(job) || job->state == WSD_SCAN_JOB_STATE_TERMINATING)
        return ended_fault(job);
    if (job->stream)
        return &wsd__scan_job_busy;
    wsd__timer_stop(&x->service->pickup);
    fault = next_file(job, &type, &later);
    if (fault)
        return fault;
    note_document(job, request->document_description.document_name);
    job->stream = stream_new(x, job);
    if (!job->stream || (!later && begin_answer(job, job->stream, type) < 0)) {
        stream_free(job->stream);
        job->stream = NULL;
        wsd__scan_job_set(job, WSD_SCAN_JOB_STATE_ABORTED,
                          WSD_SCAN_JOB_STATE_REASON_IMAGE_TRANSFER_ERROR);
        return &wsd__scan_temporary_error;
    }
    x->reply->stream = job->stream;
    return NULL;
}

/* -- not known yet ------------------------------------------------------------------------------
 */

bool wsd__scan_stream_pending(const struct wsd__scan_stream *stream)
{
    return stream->phase == PHASE_PENDING;
}

void wsd__scan_stream_keep(struct wsd__scan_stream *stream, const struct wsd__envelope *request)
{
    stream->request = stream->kept = request;
}

/* The job goes its way without the stream, which has nothing but a fault to say. */
static const struct wsd__fault *settle(struct wsd__scan_stream *stream, bool *ret_later)
{
    struct wsd__scan_job *job = stream->job;
    const struct wsd__fault *fault;
    const char *type;

    *ret_later = false;
    if (job->state == WSD_SCAN_JOB_STATE_TERMINATING) {
        fault = ended_fault(job);
        job->stream = NULL;
        wsd__scan_job_set(job, job->end_state, job->reason);
        return fault;
    }
    fault = ask_file(job, &type, ret_later);
    if (fault) {
        job->stream = NULL;
    } else if (!*ret_later && begin_answer(job, stream, type) < 0) {
        job->stream = NULL;
        wsd__scan_job_set(job, WSD_SCAN_JOB_STATE_ABORTED,
                          WSD_SCAN_JOB_STATE_REASON_IMAGE_TRANSFER_ERROR);
        fault = &wsd__scan_temporary_error;
    }
    return fault;
}

bool wsd__scan_stream_settle(struct wsd__scan_stream *stream, struct wsd__scan_reply *reply)
{
    const struct wsd__fault *fault;
    bool later = false;

    *reply = (struct wsd__scan_reply){.body.max = WSD_MAX_DATAGRAM};
    if (!stream->job)
        return true;
    fault = settle(stream, &later);
    if (fault) {
        stream->job = NULL;
        reply->status =
            wsd__answer_fault(stream->context, stream->request, fault, NULL, &reply->body);
    } else if (!later) {
        reply->status = 200;
        reply->stream = stream;
    }
    return fault || !later;
}

/* -- pulling ------------------------------------------------------------------------------------
 */

const char *wsd__scan_stream_type(const struct wsd__scan_stream *stream)
{
    return stream->type.data;
}

void wsd__scan_stream_on_wake(struct wsd__scan_stream *stream, void (*wake)(void *user), void *user)
{
    stream->wake = wake;
    stream->wake_user = user;
}

void wsd__scan_stream_wake(struct wsd__scan_stream *stream)
{
    if (stream->wake)
        stream->wake(stream->wake_user);
}

void wsd__scan_stream_orphan(struct wsd__scan_stream *stream)
{
    stream->job = NULL;
    wsd__scan_stream_wake(stream);
}

static ssize_t read_piece(struct wsd__scan_stream *stream, void *buffer, size_t size)
{
    size_t left = stream->piece.length - stream->sent;
    size_t n = left < size ? left : size;

    memcpy(buffer, stream->piece.data + stream->sent, n);
    stream->sent += n;
    if (stream->sent == stream->piece.length)
        stream->phase = stream->phase == PHASE_HEAD ? PHASE_IMAGE : PHASE_END;
    return (ssize_t)n;
}

static ssize_t read_image(struct wsd__scan_stream *stream, void *buffer, size_t size)
{
    struct wsd__scan_job *job = stream->job;
    const struct wsd_scanner *scanner = &job->service->scanner;
    ssize_t n = scanner->read(scanner->user, &job->info, buffer, size);

    if (n > 0 && job->reason == WSD_SCAN_JOB_STATE_REASON_JOB_SCANNING)
        wsd__scan_job_set(job, WSD_SCAN_JOB_STATE_PROCESSING,
                          WSD_SCAN_JOB_STATE_REASON_JOB_SCANNING_AND_TRANSFERRING);
    if (n > 0 && job_is_multi(job)) /* images are counted while their one file leaves */
        wsd__scan_events_job(job);
    if (n > 0 || n == WSD_SCANNER_WAIT)
        return n;
    if (n == WSD_SCANNER_END) {
        wsd__buf_clear(&stream->piece);
        if (wsd__mime_writer_tail(&stream->writer, &stream->piece) == 0) {
            stream->sent = 0;
            stream->phase = PHASE_TAIL;
            return read_piece(stream, buffer, size);
        }
    }
    stream->image_failed = 1;
    return WSD_SCANNER_FAILED;
}

ssize_t wsd__scan_stream_read(struct wsd__scan_stream *stream, void *buffer, size_t size)
{
    /* Cancelled, or the service is gone: not one byte more, not even the tail. */
    if (!stream->job || stream->job->state == WSD_SCAN_JOB_STATE_TERMINATING)
        return WSD_SCANNER_FAILED;
    if (size == 0)
        return WSD_SCANNER_WAIT;
    switch (stream->phase) {
    case PHASE_HEAD:
    case PHASE_TAIL:
        return read_piece(stream, buffer, size);
    case PHASE_IMAGE:
        return read_image(stream, buffer, size);
    default:
        return WSD_SCANNER_END;
    }
}

/* -- afterwards ---------------------------------------------------------------------------------
 */

/* Whether the file that has just gone was the last: all that was asked for, or all there is. A
 * feeder that knows itself to be empty frees the scanner at once, since some clients never come
 * back to be told (sane-airscan 0.99.27 after a platen job). */
static bool was_last(const struct wsd__scan_job *job)
{
    const struct wsd_scan_final_parameters *final = &job->plan.final_;
    const struct wsd_scanner *scanner = &job->service->scanner;
    int32_t wanted = final->images_to_transfer.value;

    if (job_is_multi(job) || (wanted > 0 && job->scans_completed >= wanted))
        return true;
    return scanner->originals &&
           scanner->originals(scanner->user, final->input_source.value.value) == 0;
}

static void file_left(struct wsd__scan_job *job)
{
    const struct wsd_scanner *scanner = &job->service->scanner;
    unsigned images = 1;

    if (job_is_multi(job) && scanner->images_done)
        images = scanner->images_done(scanner->user, &job->info);
    job->scans_completed = images > (unsigned)(INT32_MAX - job->scans_completed)
                               ? INT32_MAX
                               : job->scans_completed + (int32_t)images;
    if (was_last(job))
        wsd__scan_job_set(job, WSD_SCAN_JOB_STATE_COMPLETED, WSD_SCAN_JOB_STATE_REASON_NONE);
    else if (wsd__scan_job_await_pickup(job) < 0)
        wsd__scan_job_set(job, WSD_SCAN_JOB_STATE_ABORTED,
                          WSD_SCAN_JOB_STATE_REASON_JOB_COMPLETED_WITH_ERRORS);
    else
        wsd__scan_job_set(job, WSD_SCAN_JOB_STATE_PROCESSING,
                          WSD_SCAN_JOB_STATE_REASON_JOB_SCANNING);
}

void wsd__scan_stream_closed(struct wsd__scan_stream *stream, bool complete)
{
    struct wsd__scan_job *job = stream->job;
    bool all = complete && stream->phase == PHASE_END, failed = stream->image_failed;

    stream_free(stream);
    if (!job)
        return;
    job->stream = NULL;
    if (job->state == WSD_SCAN_JOB_STATE_TERMINATING)
        wsd__scan_job_set(job, job->end_state, job->reason);
    else if (all)
        file_left(job);
    else
        wsd__scan_job_set(job, WSD_SCAN_JOB_STATE_ABORTED,
                          failed ? WSD_SCAN_JOB_STATE_REASON_JOB_COMPLETED_WITH_ERRORS
                                 : WSD_SCAN_JOB_STATE_REASON_IMAGE_TRANSFER_ERROR);
}
