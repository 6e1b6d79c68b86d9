/* SPDX-License-Identifier: MIT */
/*
 * Makes, reads and writes UUIDs (RFC 4122).
 *
 * Where randomness comes from is the context's business; what a UUID stands for is the caller's.
 * Addresses of endpoints stay opaque strings elsewhere: only who compares or makes identities comes
 * here.
 */
#include "core/uuid.h"

#include <string.h>

#include "core/uri.h"
#include "core/xsd.h"

enum { UUID_SIZE = 16, UUID_TEXT = 36 };

static void stamp(uint8_t uuid[UUID_SIZE], unsigned version)
{
    uuid[6] = (uint8_t)((uuid[6] & 0x0f) | version << 4);
    uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
}

void wsd__uuid_urn(struct wsd_context *context, char urn[WSD__UUID_URN_SIZE])
{
    uint8_t uuid[UUID_SIZE];

    wsd__random(context, uuid, sizeof(uuid));
    stamp(uuid, 4);
    wsd__uuid_format(uuid, urn);
}

/* True where the text form has its dashes: 8-4-4-4-12. */
static bool dash_before(size_t byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

void wsd__uuid_format(const uint8_t uuid[16], char urn[WSD__UUID_URN_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    char *at = urn;

    memcpy(at, "urn:uuid:", 9);
    at += 9;
    for (size_t i = 0; i < UUID_SIZE; i++) {
        if (dash_before(i))
            *at++ = '-';
        *at++ = digits[uuid[i] >> 4];
        *at++ = digits[uuid[i] & 15];
    }
    *at = '\0';
}

/* The 36 characters, dashes in their places. */
static bool parse_digits(const char *text, uint8_t uuid[UUID_SIZE])
{
    for (size_t i = 0; i < UUID_SIZE; i++, text += 2) {
        int high, low;

        if (dash_before(i) && *text++ != '-')
            return false;
        high = wsd__hex_value(text[0]);
        low = wsd__hex_value(text[1]);
        if (high < 0 || low < 0)
            return false;
        uuid[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* WS-Discovery of 2005 writes "uuid:", DPWS and Windows "urn:uuid:", Windows' own tools braces. */
bool wsd__uuid_parse(const char *text, uint8_t uuid[16])
{
    static const char *const prefixes[] = {"urn:uuid:", "uuid:"};
    size_t length = strlen(text);
    uint8_t value[UUID_SIZE];

    wsd__trim(&text, &length);
    if (length == UUID_TEXT + 2 && text[0] == '{' && text[length - 1] == '}') {
        text++;
        length -= 2;
    }
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        size_t skip = strlen(prefixes[i]);

        if (length == UUID_TEXT + skip &&
            wsd__slice_is_case((struct wsd__slice){text, skip}, prefixes[i])) {
            text += skip;
            length -= skip;
        }
    }
    if (length != UUID_TEXT || !parse_digits(text, value))
        return false;
    memcpy(uuid, value, sizeof(value));
    return true;
}

/* -- a UUID from a name ------------------------------------------------------------------------ */

/* Odd constants: the fraction bits of the golden ratio, of the square roots of 3 and 5, and of the
 * cube root of 2. They and all below may never change, or devices lose their identity. */
#define MIX_A UINT64_C(0x9e3779b97f4a7c15)
#define MIX_B UINT64_C(0xbb67ae8584caa73b)
#define MIX_C UINT64_C(0x3c6ef372fe94f82b)
#define MIX_D UINT64_C(0x428a2f98d728ae23)

/* Spreads each bit of a word over all of it. A bijection: nothing collides here. */
static uint64_t spread(uint64_t word)
{
    word ^= word >> 32;
    word *= MIX_B;
    word ^= word >> 29;
    word *= MIX_C;
    word ^= word >> 32;
    return word;
}

/* Two words that eat the name byte by byte and stir each other, so that 128 bits remember it; then
 * a few rounds more, so that the last bytes reach every bit. Not cryptography: who can choose names
 * can make two of one UUID. By bytes, so that it is the same on every machine. */
void wsd__uuid_from_name(const char *name, uint8_t uuid[16])
{
    uint64_t a = MIX_A, b = MIX_D, length = 0;

    for (; name[length] != '\0'; length++) {
        a = spread(a ^ (uint8_t)name[length]) + b;
        b = (b << 23 | b >> 41) * MIX_A ^ a;
    }
    a ^= length;
    for (int round = 0; round < 4; round++) {
        a = spread(a + b);
        b = spread(b ^ a) + MIX_D;
    }
    for (int i = 0; i < 8; i++) {
        uuid[i] = (uint8_t)(a >> (56 - 8 * i));
        uuid[8 + i] = (uint8_t)(b >> (56 - 8 * i));
    }
    stamp(uuid, 5);
}
