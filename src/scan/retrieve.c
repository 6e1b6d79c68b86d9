/* SPDX-License-Identifier: MIT */
/*
 * RetrieveImage: the image from the socket to the sink, not held.
 *
 * The image is an MTOM attachment; what firmware sends inline as base64 is decoded from the
 * envelope (bounded by it). The answer may take a minute to begin, the image as long as the paper
 * moves.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/options.h"
#include "core/xsd.h"
#include "scan/client.h"
#include "scan/schema.h"

#define ANSWER_TIMEOUT 70000 /* the device has 60 s (ws-scan 7), and a margin */

struct retrieve {
    struct wsd_image_sink sink;
    uint64_t size;
    char content_type[160];
    bool seen, unclosed;
};

static int write_all(int descriptor, const char *bytes, size_t size)
{
    while (size) {
        ssize_t n = write(descriptor, bytes, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        bytes += n;
        size -= (size_t)n;
    }
    return 0;
}

static int image_begin(void *user, const char *content_type)
{
    struct retrieve *x = user;
    x->seen = true;
    wsd__error_set(x->content_type, sizeof x->content_type, content_type, (size_t)-1);
    return x->sink.begin ? x->sink.begin(x->sink.user, x->content_type) : 0;
}

static int image_write(void *user, const void *bytes, size_t size)
{
    struct retrieve *x = user;
    x->size += size;
    if (x->sink.max_bytes && x->size > x->sink.max_bytes)
        return WSD_E_LIMIT;
    if (x->sink.write)
        return x->sink.write(x->sink.user, bytes, size);
    return write_all(x->sink.descriptor, bytes, size) < 0 ? WSD_E_SINK : 0;
}

static int image_end(void *user, bool complete)
{
    struct retrieve *x = user;
    bool empty = complete && x->size == 0; /* no format has files of no bytes */
    int r = x->sink.end ? x->sink.end(x->sink.user, complete && !empty) : 0;
    return r == 0 && empty ? WSD_E_EMPTY : r;
}

static void image_unclosed(void *user)
{
    struct retrieve *x = user;
    x->unclosed = true;
}

static int inline_image(struct retrieve *x, const char *text, struct wsd__arena *arena)
{
    size_t length = strlen(text);
    void *bytes = wsd__arena_alloc(arena, length / 4 * 3 + 3);
    if (!bytes)
        return WSD_E_NO_MEMORY;
    ptrdiff_t size = wsd__base64_decode(text, length, bytes);
    if (size < 0)
        return WSD_E_SCHEMA;
    int r = image_begin(x, "");
    if (r == 0)
        r = image_write(x, bytes, (size_t)size);
    int ended = image_end(x, r == 0);
    return r < 0 ? r : ended;
}

static int pick(void *user, const struct wsd__envelope *answer, const void **ret_value,
                size_t *ret_size, struct wsd_error *reterr)
{
    struct retrieve *x = user;
    const struct wsd_scan_body *body = answer->body;
    struct wsd__arena *arena = wsd__arena_of(answer);
    if (!body->retrieve_image_response)
        return wsd__body_missing("RetrieveImageResponse", reterr);
    const struct wsd_scan_data *data = &body->retrieve_image_response->scan_data;
    if (!x->seen && !data->include && data->text && *data->text) {
        int r = inline_image(x, data->text, arena);
        if (r < 0)
            return wsd__error(reterr, r, "the image in the answer could not be taken");
    }
    if (!x->seen)
        return wsd__error(reterr, WSD_E_MIME, "the answer announces an image but brings none");
    struct wsd_image_info *info = wsd__arena_alloc(arena, sizeof *info);
    const char *type = info ? wsd__arena_strdup(arena, x->content_type) : NULL;
    if (!type)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    *info = (struct wsd_image_info){.content_type = type, .size = x->size, .closed = !x->unclosed};
    *ret_value = info;
    *ret_size = sizeof *info;
    return 0;
}

int wsd_retrieve_image_start(struct wsd_context *context, const char *service, int32_t job_id,
                             const char *job_token, const char *document_name,
                             const struct wsd_image_sink *sink,
                             const struct wsd_request_options *options, wsd_done_fn *done,
                             void *user, struct wsd_call **ret_call, struct wsd_error *reterr)
{
    struct wsd_image_sink own;
    WSD__OPTIONS_TAKE(own, sink);
    if (!service || !*service || !sink || (!own.write && own.descriptor < 0))
        return wsd__error(reterr, WSD_E_INVALID, "service or sink is missing");
    struct retrieve *x = calloc(1, sizeof *x);
    if (!x)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    x->sink = own;
    struct wsd_scan_retrieve_image_request request = {
        .job_id = job_id,
        .job_token = job_token,
        .document_description = {.document_name = document_name ? document_name : "Scan"}};
    struct wsd_scan_body body = {.retrieve_image_request = &request};
    struct wsd__attachment attachment = {x, image_begin, image_write, image_end, image_unclosed};
    struct wsd__exchange_request exchange = {
        .operation = wsd__scan_operations[SCAN_RETRIEVE_IMAGE].name,
        .url = service,
        .action_ns = NS_WSCN,
        .body_type = &wsd__type_scan_body,
        .body = &body,
        .options = options,
        .answer_timeout = ANSWER_TIMEOUT,
        .pick = pick,
        .attachment = &attachment,
        .forget = free,
        .user = x,
    };
    return wsd__exchange_start(context, &exchange, done, user, ret_call, reterr);
}

int wsd_retrieve_image(struct wsd_context *context, const char *service, int32_t job_id,
                       const char *job_token, const char *document_name,
                       const struct wsd_image_sink *sink, const struct wsd_request_options *options,
                       const struct wsd_image_info **ret, struct wsd_error *reterr)
{
    struct wsd__block block = {0};
    struct wsd_call *call = NULL;
    const void *result = NULL;
    int r = wsd_retrieve_image_start(context, service, job_id, job_token, document_name, sink,
                                     options, wsd__block_done, &block, &call, reterr);
    if (r == 0)
        r = wsd__block_wait(context, &block, call, &result, reterr);
    if (r == 0 && ret)
        *ret = result;
    else if (r == 0)
        wsd_free(result);
    return r;
}
