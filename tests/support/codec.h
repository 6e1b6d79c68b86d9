/* SPDX-License-Identifier: MIT */
/*
 * What the tests of messages share: envelopes out of a body's text, decoded and encoded again.
 *
 * All of it is static, so that a test stays one file. Failures end the test.
 */
#ifndef TESTS_SUPPORT_CODEC_H
#define TESTS_SUPPORT_CODEC_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/buf.h"
#include "scan/schema.h"
#include "soap/envelope.h"

#define URI_SOAP "http://www.w3.org/2003/05/soap-envelope"
#define URI_WSA  "http://schemas.xmlsoap.org/ws/2004/08/addressing"
#define URI_SCAN "http://schemas.microsoft.com/windows/2006/08/wdp/scan"

#define ENVELOPE(head, body)                                                                       \
    "<soap:Envelope xmlns:soap=\"" URI_SOAP "\" xmlns:wsa=\"" URI_WSA "\" xmlns:wscn=\"" URI_SCAN  \
    "\">" head "<soap:Body>" body "</soap:Body></soap:Envelope>"
#define BODY(body) ENVELOPE("", body)
/* A CreateScanJobRequest with parts of its ticket. */
#define TICKET(description, parameters)                                                            \
    BODY("<wscn:CreateScanJobRequest><wscn:ScanTicket><wscn:JobDescription>" description           \
         "</wscn:JobDescription>" parameters "</wscn:ScanTicket></wscn:CreateScanJobRequest>")
#define NAME_AND_USER                                                                              \
    "<wscn:JobName>n</wscn:JobName>"                                                               \
    "<wscn:JobOriginatingUserName>u</wscn:JobOriginatingUserName>"
#define PARAMETERS(inner)                                                                          \
    TICKET(NAME_AND_USER, "<wscn:DocumentParameters>" inner "</wscn:DocumentParameters>")

static inline struct wsd_context *make_context(void)
{
    struct wsd_context *context = NULL;
    assert_int_equal(wsd_context_new(NULL, &context, NULL), 0);
    return context;
}

static inline int decode_bytes(struct wsd_context *context, const struct wsd_type *body,
                               const void *bytes, size_t size, uint32_t quirks,
                               const struct wsd__envelope **envelope, struct wsd_error *error)
{
    /* A copy of just the size: reading past its end is seen by the sanitizer. */
    void *exact = malloc(size ? size : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, size);
    int r = wsd__envelope_decode(context, body, exact, size, quirks, envelope, error);
    free(exact);
    return r;
}

static inline const struct wsd__envelope *decode_ok(struct wsd_context *context,
                                                    const struct wsd_type *body, const char *xml)
{
    const struct wsd__envelope *envelope = NULL;
    struct wsd_error error = {0};
    int r = decode_bytes(context, body, xml, strlen(xml), WSD__QUIRKS_DEFAULT, &envelope, &error);
    if (r < 0)
        fail_msg("%s: %s", wsd_error_name(r), error.message);
    return envelope;
}

/* Decodes what must fail, without any quirk. */
static inline struct wsd_error decode_fails(struct wsd_context *context, const char *xml, int code)
{
    const struct wsd__envelope *envelope = NULL;
    struct wsd_error error = {0};
    int r = decode_bytes(context, &wsd__type_scan_body, xml, strlen(xml), 0, &envelope, &error);
    if (r != code)
        fail_msg("%s (%s) and not %s", wsd_error_name(r), error.message, wsd_error_name(code));
    assert_null(envelope);
    assert_int_equal(error.code, code);
    return error;
}

/* A new string; free it. */
static inline char *encode_again(const struct wsd__envelope *envelope, const struct wsd_type *body)
{
    struct wsd__buf out = WSD__BUF_INIT(4u << 20);
    struct wsd_error error = {0};
    const struct wsd_any *any = envelope->header.any;
    if (wsd__envelope_encode(&envelope->header, any, body, envelope->body, envelope->dialect, &out,
                             &error) < 0)
        fail_msg("%s", error.message);
    return out.data;
}

static inline char *recode(struct wsd_context *context, const struct wsd_type *body,
                           const char *xml)
{
    const struct wsd__envelope *envelope = decode_ok(context, body, xml);
    char *text = encode_again(envelope, body);
    wsd_free(envelope);
    return text;
}

static inline void assert_has(const char *text, const char *part)
{
    if (!text || !strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text ? text : "(nothing)");
}

static inline void assert_has_not(const char *text, const char *part)
{
    assert_non_null(text);
    if (strstr(text, part))
        fail_msg("\"%s\" is in \"%s\"", part, text ? text : "");
}

/* A group's set-up and tear-down: one context. */
static inline int context_up(void **state)
{
    *state = make_context();
    return 0;
}

static inline int context_down(void **state)
{
    wsd_context_free(*state);
    return 0;
}

#define SCAN (&wsd__type_scan_body)

#endif
