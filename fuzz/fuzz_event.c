/* SPDX-License-Identifier: MIT */
/*
 * What is posted to a sink, as a plain subscription and as that of a scanner reads it: it is an
 * event or the end of a subscription or an error that is reported, and both agree on which end it
 * was. Expiries and extensions in it are read as those of an answer would be.
 */
#include "codec.h"
#include "eventing/arrival.h"
#include "scan/schema.h"
#include "xml/any_typed.h"

static void read_extension(const struct wsd_any *any)
{
    const struct wsd_any *element = wsd__any_find(any, NS_WSCN, "DestinationResponses");
    const void *value = NULL;
    struct wsd_error error = {0};
    if (!element)
        return;
    int r = wsd__any_decode(context, element, &wsd__type_scan_destination_responses, NS_WSCN,
                            &value, &error);
    require(r == error.code && (r == 0) == (value != NULL), "a value or an error");
    wsd_free(value);
}

static bool read_as(const struct wsd_type *type, const uint8_t *data, size_t size, bool *ret_end)
{
    struct wsd__arrival arrival;
    struct wsd_error error = {0};
    int r = wsd__arrival_read(context, type, data, size, &arrival, &error);
    require(r <= 0 && error.code == r, "an error is reported");
    require((r < 0) == (arrival.envelope == NULL), "an error holds nothing");
    if (r < 0)
        return false;
    require(arrival.action != NULL, "there is an action, if an empty one");
    *ret_end = arrival.end != NULL;
    if (arrival.end) {
        struct wsd_expires expires;
        require(arrival.end->status && arrival.end->manager.address, "an end is whole");
        (void)wsd_expires_parse(arrival.end->status, &expires);
    } else if (!type) {
        read_extension(arrival.any);
    }
    wsd__arrival_free(&arrival);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool plain_end = false, typed_end = false;
    if (!context && wsd_context_new(NULL, &context, NULL) < 0)
        abort();
    bool plain = read_as(NULL, data, size, &plain_end);
    bool typed = read_as(&wsd__type_scan_body, data, size, &typed_end);
    if (plain && typed)
        require(plain_end == typed_end, "an end is an end, whoever reads it");
    return 0;
}
