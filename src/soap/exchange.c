/* SPDX-License-Identifier: MIT */
/* One request and its answer; see exchange.h. */
#include "soap/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/error.h"
#include "core/limits.h"
#include "core/options.h"
#include "core/uuid.h"
#include "soap/http_client.h"
#include "soap/mime.h"

#define CONNECT_TIMEOUT 5000
#define ANSWER_TIMEOUT  10000
#define IDLE_TIMEOUT    30000

enum part { PART_NONE, PART_ROOT, PART_ATTACHMENT, PART_OTHER };

struct exchange {
    struct wsd_call call; /* first */
    struct wsd__http_call *http;
    struct wsd__exchange_request request;
    struct wsd__attachment attachment;
    char *url;
    struct wsd__buf body; /* the answer's envelope */
    struct wsd__mime_reader *mime;
    enum part part;
    bool attachment_open, attachment_seen;
    char content_type[512];
    int64_t date; /* of the answer, INT64_MIN: none */
    int http_status;
};

/* -- end ------------------------------------------------------------------------------------------
 */

static int close_attachment(struct exchange *x, bool complete)
{
    if (!x->attachment_open)
        return 0;
    x->attachment_open = false;
    return x->attachment.end ? x->attachment.end(x->attachment.user, complete) : 0;
}

static void cancel(struct wsd_call *call)
{
    struct exchange *x = (struct exchange *)call;
    wsd__http_cancel(x->http);
    x->http = NULL;
    close_attachment(x, false);
}

static void destroy(struct wsd_call *call)
{
    struct exchange *x = (struct exchange *)call;
    wsd__http_cancel(x->http);
    if (x->request.forget)
        x->request.forget(x->request.user);
    wsd__mime_reader_free(x->mime);
    wsd__buf_free(&x->body);
    free(x->url);
    free(x);
}

static void fail(struct exchange *x, int code)
{
    struct wsd_error *error = &x->call.error;
    close_attachment(x, false);
    WSD__ERROR_SET(error->operation, x->request.operation);
    WSD__ERROR_SET(error->device, x->url);
    error->http_status = x->http_status;
    wsd__call_end(&x->call, code, NULL);
}

/* -- the answer
 * ------------------------------------------------------------------------------------ */

/* A status that means failure, with a body that is no SOAP: the status and the body's first line
 * are all that can be said (R9). */
static int http_failure(struct exchange *x)
{
    char line[80] = "";
    const char *text = x->body.length ? x->body.data : "";
    text += strspn(text, " \t\r\n");
    if (*text != '<')
        wsd__error_set(line, sizeof line, text, strcspn(text, "\r\n"));
    memset(&x->call.error, 0, sizeof x->call.error);
    const char *hint = x->http_status == 401 || x->http_status == 403
                           ? "; the device wants a login or has this service switched off"
                       : x->http_status == 404 ? "; there is no such service at this address"
                       : x->http_status == 503 ? "; the device is busy, try again"
                                               : "";
    return wsd__error(&x->call.error, WSD_E_HTTP, "HTTP status %d%s%s%s", x->http_status,
                      *line ? ": " : "", line, hint);
}

static int judge(struct exchange *x, const void **ret_result)
{
    const struct wsd__envelope *answer;
    bool good_status = x->http_status >= 200 && x->http_status < 300;
    if (x->body.length == 0 && good_status)
        return x->request.may_be_empty ? 0 : wsd__error(&x->call.error, WSD_E_EMPTY, NULL);
    int r = wsd__envelope_decode(x->call.context, x->request.body_type, x->body.data,
                                 x->body.length, WSD__QUIRKS_DEFAULT, &answer, &x->call.error);
    if (r < 0)
        return good_status || r == WSD_E_SCHEMA || r == WSD_E_NO_MEMORY ? r : http_failure(x);
    ((struct wsd__envelope *)(uintptr_t)answer)->date = x->date;
    const struct wsd_soap_fault *const *fault = answer->body; /* the first member of every body */
    const void *value = NULL;
    size_t size = 0;
    if (*fault)
        r = wsd__fault_error(*fault, &x->call.error);
    else if (!good_status)
        r = http_failure(x);
    else if (x->request.pick)
        r = x->request.pick(x->request.user, answer, &value, &size, &x->call.error);
    if (r == 0 && value && !(*ret_result = wsd__arena_reroot(answer, value, size)))
        r = wsd__error(&x->call.error, WSD_E_NO_MEMORY, NULL);
    if (r < 0 || !value)
        wsd_free(answer);
    return r;
}

static void trace_answer(struct exchange *x)
{
    char note[WSD_MAX_HEADER_LINE];
    if (!wsd__tracing(x->call.context))
        return;
    snprintf(note, sizeof note, "HTTP %d %s", x->http_status, x->content_type);
    wsd__trace(x->call.context, &(struct wsd_trace){.peer = x->url,
                                                    .note = note,
                                                    .bytes = x->body.length ? x->body.data : "",
                                                    .size = x->body.length});
}

/* The input is over. A missing closing delimiter is no failure where the body ended as announced:
 * whether the image is whole, its own end tells. */
static int finish_parts(struct exchange *x)
{
    if (!x->mime)
        return 0;
    struct wsd_error unclosed = {0};
    int r = wsd__mime_reader_finish(x->mime, &unclosed);
    if (r == WSD_E_TRUNCATED && x->attachment_seen) {
        if (x->attachment.unclosed)
            x->attachment.unclosed(x->attachment.user);
        return 0;
    }
    return r < 0 ? wsd__error(&x->call.error, r, "%s", unclosed.message) : 0;
}

static void answered(void *user, int status, int http_status, const struct wsd_error *error)
{
    struct exchange *x = user;
    x->http = NULL;
    x->http_status = http_status;
    trace_answer(x);
    if (status < 0) {
        if (x->call.error.code == 0 && error)
            x->call.error = *error;
        fail(x, status);
        return;
    }
    const void *result = NULL;
    int r = finish_parts(x);
    if (r == 0)
        r = judge(x, &result);
    if (r == 0) /* only now is it known that all is well */
        r = close_attachment(x, true);
    if (r == 0) {
        wsd__call_end(&x->call, 0, result);
    } else {
        wsd_free(result);
        fail(x, r);
    }
}

/* -- parts
 * ------------------------------------------------------------------------------------------ */

static bool is_envelope(const char *content_type)
{
    return wsd__mime_is(content_type, "application/xop+xml") ||
           wsd__mime_is(content_type, "application/soap+xml") ||
           wsd__mime_is(content_type, "text/xml");
}

static int part_begins(void *user, const struct wsd__mime_part *part)
{
    struct exchange *x = user;
    char start[128] = "", *id = start;
    wsd__mime_parameter(x->content_type, "start", start, sizeof start);
    size_t length = strlen(start);
    if (length > 1 && start[0] == '<' && start[length - 1] == '>') {
        start[length - 1] = '\0';
        id++;
    }
    /* Root by its id, else the first: ids may be odd, repeated or missing (ws-scan 8). */
    bool root = *id && *part->content_id ? strcmp(part->content_id, id) == 0 : part->index == 0;
    if (!x->body.length && (root || is_envelope(part->content_type))) {
        x->part = PART_ROOT;
    } else if (x->attachment.write && !x->attachment_seen) {
        x->part = PART_ATTACHMENT;
        x->attachment_seen = x->attachment_open = true;
        return x->attachment.begin ? x->attachment.begin(x->attachment.user, part->content_type)
                                   : 0;
    } else {
        x->part = PART_OTHER;
    }
    return 0;
}

static int collect(struct exchange *x, const void *bytes, size_t size)
{
    int r = wsd__buf_append(&x->body, bytes, size);
    return r == WSD_E_LIMIT ? wsd__error(&x->call.error, r, "the answer is longer than %u bytes",
                                         WSD_MAX_ENVELOPE)
                            : r;
}

static int part_data(void *user, const void *bytes, size_t size)
{
    struct exchange *x = user;
    if (x->part == PART_ROOT)
        return collect(x, bytes, size);
    if (x->part != PART_ATTACHMENT)
        return 0;
    int r = x->attachment.write(x->attachment.user, bytes, size);
    return r < 0 ? wsd__error(&x->call.error, r, NULL) : 0;
}

/* The attachment is closed when all of the answer is known. */
static int part_ends(void *user, bool complete)
{
    (void)user, (void)complete;
    return 0;
}

/* -- HTTP
 * -------------------------------------------------------------------------------------------- */

static int got_headers(void *user, int http_status, const char *content_type)
{
    struct exchange *x = user;
    x->http_status = http_status;
    x->date = wsd__http_date(x->http);
    snprintf(x->content_type, sizeof x->content_type, "%s", content_type);
    if (strncasecmp(content_type, "multipart/", 10) != 0)
        return 0;
    struct wsd__mime_handler handler = {x, part_begins, part_data, part_ends};
    return wsd__mime_reader_new(content_type, &handler, &x->mime, &x->call.error);
}

static int got_data(void *user, const void *bytes, size_t size)
{
    struct exchange *x = user;
    return x->mime ? wsd__mime_reader_feed(x->mime, bytes, size, &x->call.error)
                   : collect(x, bytes, size);
}

static int encode(struct exchange *x, struct wsd__buf *out, struct wsd_error *reterr)
{
    const struct wsd__exchange_request *request = &x->request;
    const struct wsd_request_options *options = request->options;
    char action[256], id[WSD__UUID_URN_SIZE];
    snprintf(action, sizeof action, "%s/%s", wsd__ns_uri(request->action_ns, WSD__DIALECT_2005),
             request->operation);
    wsd__uuid_urn(x->call.context, id);
    struct wsd_endpoint_reference reply_to = {.address = wsd__anonymous(WSD__DIALECT_2005)};
    struct wsd_endpoint_reference from = {.address = options->from};
    struct wsd_soap_header header = {.to = options->to ? options->to : x->url,
                                     .action = action,
                                     .message_id = id,
                                     .reply_to = &reply_to,
                                     .from = from.address ? &from : NULL};
    return wsd__envelope_encode(&header, options->reference_parameters, request->body_type,
                                request->body, WSD__DIALECT_2005, out, reterr);
}

static uint32_t limit(uint32_t wanted, uint32_t usual)
{
    return wanted ? wanted : usual;
}

static int post(struct exchange *x, const struct wsd__buf *out, struct wsd_error *reterr)
{
    const struct wsd_request_options *options = x->request.options;
    struct wsd__http_post request = {
        .url = x->url,
        .body = out->data,
        .size = out->length,
        .connect_timeout = limit(options->connect_timeout, CONNECT_TIMEOUT),
        .answer_timeout =
            limit(options->answer_timeout, limit(x->request.answer_timeout, ANSWER_TIMEOUT)),
        .idle_timeout = limit(options->idle_timeout, IDLE_TIMEOUT),
        .keep_alive = x->request.keep_alive,
        .large = x->request.attachment != NULL,
        .device = options->endpoint,
        .user = x,
        .headers = got_headers,
        .data = got_data,
        .done = answered,
    };
    wsd__trace(x->call.context, &(struct wsd_trace){.sent = true,
                                                    .peer = x->url,
                                                    .note = x->request.operation,
                                                    .bytes = out->data,
                                                    .size = out->length});
    return wsd__http_post(x->call.context, &request, &x->http, reterr);
}

int wsd__exchange_start(struct wsd_context *context, const struct wsd__exchange_request *request,
                        wsd_done_fn *done, void *user, struct wsd_call **ret_call,
                        struct wsd_error *reterr)
{
    struct exchange *x = calloc(1, sizeof *x);
    if (!x || !(x->url = strdup(request->url))) {
        free(x);
        if (request->forget)
            request->forget(request->user);
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    wsd__call_init(&x->call, context, done, user, cancel, destroy);
    x->request = *request;
    x->body = WSD__BUF_INIT(WSD_MAX_ENVELOPE);
    if (request->attachment)
        x->attachment = *request->attachment;
    struct wsd_request_options own;
    WSD__OPTIONS_TAKE(own, request->options);
    x->request.options = &own;
    struct wsd__buf out = WSD__BUF_INIT(WSD_MAX_REQUEST_ENVELOPE);
    int r = encode(x, &out, reterr);
    if (r == 0)
        r = post(x, &out, reterr);
    wsd__buf_free(&out);
    x->request.options = NULL; /* not looked at again */
    x->request.body = NULL;
    if (r < 0) {
        if (reterr) {
            WSD__ERROR_SET(reterr->operation, request->operation);
            WSD__ERROR_SET(reterr->device, request->url);
        }
        wsd__call_abandon(&x->call);
        return r;
    }
    if (ret_call)
        *ret_call = &x->call;
    return 0;
}

int wsd__body_missing(const char *name, struct wsd_error *reterr)
{
    if (reterr && reterr->code >= 0)
        snprintf(reterr->path, sizeof reterr->path, "/Envelope/Body/%s", name);
    return wsd__error(reterr, WSD_E_SCHEMA, "/Envelope/Body/%s: is required", name);
}

int wsd__pick_member(const struct wsd__envelope *answer, size_t offset, const char *name,
                     size_t size, const void **ret_value, size_t *ret_size,
                     struct wsd_error *reterr)
{
    const void *const *member = (const void *)((const char *)answer->body + offset);
    if (!*member)
        return wsd__body_missing(name, reterr);
    *ret_value = *member;
    *ret_size = size;
    return 0;
}
