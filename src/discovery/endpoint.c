/* SPDX-License-Identifier: MIT */
/*
 * Endpoint references as keys.
 *
 * WS-Discovery compares them as opaque text. Devices write "uuid:" where the next firmware writes
 * "urn:uuid:", and change letter case between answers, so the 128 bits decide where there are any.
 */
#include "discovery/endpoint.h"

#include <string.h>

#include <wsd/discovery.h>

#include "core/uuid.h"
#include "discovery/table.h"

static const char blanks[] = " \t\r\n";

void wsd__endpoint_key(uint64_t seed, const char *text, struct wsd__endpoint_key *ret)
{
    memset(ret, 0, sizeof *ret);
    text += strspn(text, blanks);
    size_t length = strlen(text);
    while (length > 0 && strchr(blanks, text[length - 1]) != NULL) {
        length--;
    }
    ret->text = text;
    ret->length = length;
    ret->is_uuid = wsd__uuid_parse(text, ret->uuid);
    ret->hash =
        ret->is_uuid ? wsd__hash(seed, ret->uuid, sizeof ret->uuid) : wsd__hash(seed, text, length);
}

bool wsd__endpoint_key_equal(const struct wsd__endpoint_key *a, const struct wsd__endpoint_key *b)
{
    if (a->is_uuid && b->is_uuid) {
        return memcmp(a->uuid, b->uuid, sizeof a->uuid) == 0;
    }
    return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

bool wsd_endpoint_equal(const char *a, const char *b)
{
    struct wsd__endpoint_key left, right;
    if (a == NULL || b == NULL) {
        return false;
    }
    if (strcmp(a, b) == 0) {
        return true;
    }
    wsd__endpoint_key(0, a, &left);
    wsd__endpoint_key(0, b, &right);
    return wsd__endpoint_key_equal(&left, &right);
}
