/* SPDX-License-Identifier: MIT */
/*
 * One request and its answer: envelope out, HTTP POST, envelope in, for any service.
 *
 * Answers are judged by what they hold, not by their status: a fault may come with 200 (H4), an
 * error as plain text with 409 (R9). An attachment (MTOM) is streamed to callbacks.
 */
#ifndef WSD_SOAP_EXCHANGE_H
#define WSD_SOAP_EXCHANGE_H

#include "soap/envelope.h"

/* Where an attachment goes. Return 0 or a negative code that ends the exchange. */
struct wsd__attachment {
    void *user;
    int (*begin)(void *user, const char *content_type);
    int (*write)(void *user, const void *bytes, size_t size);
    int (*end)(void *user, bool complete);
    void (*unclosed)(void *user); /* the answer had no closing delimiter; may be NULL */
};

struct wsd__exchange_request {
    const char *operation; /* for errors: "CreateScanJob" */
    const char *url;
    enum wsd__ns action_ns; /* action = namespace "/" operation */
    const struct wsd_type *body_type;
    const void *body;                          /* request, NULL for an empty body */
    const struct wsd_request_options *options; /* may be NULL */
    uint32_t answer_timeout;                   /* default when the options name none */
    bool keep_alive;
    bool may_be_empty; /* 2xx without a body is success without a result */
    /* Makes the result out of the answer's body (never a fault): a pointer to a value inside the
     * envelope's arena and its size. NULL: there is no result. answer->date is INT64_MIN where the
     * HTTP answer had no Date. */
    int (*pick)(void *user, const struct wsd__envelope *answer, const void **ret_value,
                size_t *ret_size, struct wsd_error *reterr);
    const struct wsd__attachment *attachment; /* copied; NULL: none expected */
    void (*forget)(void *user); /* called when the exchange is over, for what user owns */
    void *user;                 /* for pick and forget */
};

int wsd__exchange_start(struct wsd_context *context, const struct wsd__exchange_request *request,
                        wsd_done_fn *done, void *user, struct wsd_call **ret_call,
                        struct wsd_error *reterr);

/* The error of an answer without the body that was asked for. */
int wsd__body_missing(const char *name, struct wsd_error *reterr);
/* pick() of the usual kind: the member of the body at an offset. */
int wsd__pick_member(const struct wsd__envelope *answer, size_t offset, const char *name,
                     size_t size, const void **ret_value, size_t *ret_size,
                     struct wsd_error *reterr);

#endif
