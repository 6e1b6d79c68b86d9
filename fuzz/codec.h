/* SPDX-License-Identifier: MIT */
/*
 * What must hold of any message that decodes, whatever it holds:
 * it encodes; what was written is read again as the same value; writing that again gives the same
 * bytes; a copy equals the original; no verb crashes on it. And what is remembered of requests that
 * came before (soap/recall.h) says of each what the decoder says of it.
 */
#ifndef FUZZ_CODEC_H
#define FUZZ_CODEC_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "soap/envelope.h"
#include "soap/recall.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Made once: it keeps the parser. The address is held, so that no leak is seen. */
static struct wsd_context *context;

static inline void require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "broken: %s\n", what);
        abort();
    }
}

static inline int count_steps(void *user, const struct wsd_visit_event *event)
{
    size_t *depth = user;
    if (event->kind == WSD_VISIT_STRUCT || event->kind == WSD_VISIT_LIST)
        ++*depth;
    if (event->kind == WSD_VISIT_END)
        --*depth;
    return 0;
}

static inline void check_values(const struct wsd_type *type, const void *value)
{
    struct wsd_error error = {0};
    const void *copy = NULL;
    size_t depth = 0;
    require(wsd_copy(type, value, &copy, &error) == 0, "it can be copied");
    require(wsd_equal(type, value, copy), "the copy is equal");
    int lenient = wsd_validate(type, value, false, &error);
    require(lenient == 0 || (lenient == WSD_E_SCHEMA && error.message[0]), "validate says why");
    require(wsd_validate(type, copy, true, NULL) <= 0, "validate");
    require(wsd_visit(type, copy, NULL, count_steps, &depth) == 0 && depth == 0, "visit closes");
    wsd_free(copy);
}

static inline bool encode(const struct wsd__envelope *envelope, const struct wsd_type *type,
                          struct wsd__buf *out)
{
    struct wsd_error error = {0};
    int r = wsd__envelope_encode(&envelope->header, NULL, type, envelope->body, envelope->dialect,
                                 out, &error);
    if (r < 0 && r != WSD_E_LIMIT)
        fprintf(stderr, "%s\n", error.message);
    require(r == 0 || r == WSD_E_LIMIT, "what decodes encodes");
    return r == 0;
}

/* Both ways to decode it agree. Where the text of its MessageID lies, empty if it has none. */
static inline struct wsd__span check_recall(const struct wsd_type *type, const uint8_t *data,
                                            size_t size)
{
    const struct wsd__envelope *plain = NULL, *recalled = NULL;
    struct wsd_error one = {0}, two = {0};
    struct wsd__span id = {0, 0};
    int r = wsd__envelope_decode(context, type, data, size, WSD__QUIRKS_DEFAULT, &plain, &one);
    require(wsd__recall_decode(context, type, data, size, WSD__QUIRKS_DEFAULT, &recalled, &two) ==
                r,
            "a recalled request decodes if it decodes");
    require(one.code == two.code && one.line == two.line && strcmp(one.message, two.message) == 0,
            "it fails for the same reason");
    if (r == 0) {
        require(wsd_equal(type, plain->body, recalled->body), "its body is the same");
        require(wsd_equal(&wsd__type_soap_header, &plain->header, &recalled->header),
                "its header is the same");
        require(plain->dialect == recalled->dialect && plain->soap_11 == recalled->soap_11,
                "its edition is the same");
        id = plain->message_id;
        require(id.start <= id.end && id.end <= size, "its MessageID lies in it");
    }
    wsd_free(plain);
    wsd__recall_done(context, recalled);
    return id;
}

/* It, its like under other MessageIDs, plain and hostile, and with a byte changed anywhere. */
static inline void fuzz_recall(const struct wsd_type *type, const uint8_t *data, size_t size)
{
    static const char texts[] = "09:azAZ-.urn:uuid:<&;> \t]\xc3";
    struct wsd__span id = check_recall(type, data, size);
    uint8_t *other = malloc(size + 1);
    if (!other)
        abort();
    for (size_t round = 0; round < 4; round++) {
        size_t letters = round < 2 ? 13 : sizeof texts - 1;
        memcpy(other, data, size);
        for (size_t i = id.start; i < id.end; i++)
            other[i] = (uint8_t)texts[(i * 7 + round * 5 + data[i]) % letters];
        check_recall(type, other, size);
        if (size > 0)
            other[(size / 3 + round * 97 + data[size / 2] * 31u) % size] ^= (uint8_t)(1 << round);
        check_recall(type, other, size);
    }
    check_recall(type, data, size);
    free(other);
}

static inline void fuzz_envelope(const struct wsd_type *type, const uint8_t *data, size_t size)
{
    if (!context && wsd_context_new(NULL, &context, NULL) < 0)
        abort();
    fuzz_recall(type, data, size);
    const struct wsd__envelope *first = NULL, *second = NULL;
    struct wsd_error error = {0};
    int r = wsd__envelope_decode(context, type, data, size, WSD__QUIRKS_DEFAULT, &first, &error);
    require(r <= 0 && error.code == r, "an error is reported");
    if (r < 0)
        return;
    check_values(type, first->body);
    check_values(&wsd__type_soap_header, &first->header);
    struct wsd__buf one = WSD__BUF_INIT(1u << 20), two = WSD__BUF_INIT(1u << 20);
    if (encode(first, type, &one)) {
        r = wsd__envelope_decode(context, type, one.data, one.length, WSD__QUIRKS_DEFAULT, &second,
                                 &error);
        if (r < 0)
            fprintf(stderr, "%s\n%s\n", error.message, one.data);
        require(r == 0, "what was written can be read");
        require(wsd_equal(type, first->body, second->body), "the body is the same");
        require(wsd_equal(&wsd__type_soap_header, &first->header, &second->header),
                "the header is the same");
        require(encode(second, type, &two), "it encodes again");
        if (one.length != two.length || memcmp(one.data, two.data, one.length) != 0)
            fprintf(stderr, "%s\n%s\n", one.data, two.data);
        require(one.length == two.length && memcmp(one.data, two.data, one.length) == 0,
                "writing is a fixed point");
        wsd_free(second);
    }
    wsd__buf_free(&one);
    wsd__buf_free(&two);
    wsd_free(first);
}

#endif
