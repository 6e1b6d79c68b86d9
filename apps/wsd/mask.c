/* SPDX-License-Identifier: MIT */
/*
 * One pass over the text; at each place the matchers are asked in turn how long a secret begins
 * here. Nothing is parsed: a trace may hold broken messages, and they are what matters in it.
 */
#include "mask.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum secret_kind { SECRET_UUID, SECRET_IPV4, SECRET_IPV6, SECRET_MAC, SECRET_HOST, SECRET_TEXT };

struct secret {
    enum secret_kind kind;
    char *text;
    size_t size;
    unsigned number; /* of its kind, from 1 */
};

struct mask {
    struct secret *secrets;
    size_t n;
    unsigned numbers[SECRET_TEXT + 1];
};

/* A text to look at, and how much stands before. */
struct place {
    const char *at;
    size_t left, before;
};

struct mask *mask_new(void)
{
    return calloc(1, sizeof(struct mask));
}

void mask_free(struct mask *mask)
{
    if (!mask)
        return;
    for (size_t i = 0; i < mask->n; i++)
        free(mask->secrets[i].text);
    free(mask->secrets);
    free(mask);
}

static size_t match_uuid(const struct place *p)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (p->left < sizeof form - 1)
        return 0;
    for (size_t i = 0; i < sizeof form - 1; i++)
        if (form[i] == 'x' ? !isxdigit((unsigned char)p->at[i]) : p->at[i] != '-')
            return 0;
    return sizeof form - 1;
}

static bool joins_word(char c)
{
    return isalnum((unsigned char)c) || c == '.' || c == '_';
}

static size_t match_ipv4(const struct place *p)
{
    size_t i = 0;

    if (p->before && joins_word(p->at[-1]))
        return 0;
    for (int part = 0; part < 4; part++) {
        unsigned value = 0, digits = 0;
        for (; i < p->left && isdigit((unsigned char)p->at[i]) && digits < 4; i++, digits++)
            value = value * 10 + (unsigned)(p->at[i] - '0');
        if (digits == 0 || digits > 3 || value > 255)
            return 0;
        if (part < 3 && (i >= p->left || p->at[i++] != '.'))
            return 0;
    }
    if (i < p->left && (isalnum((unsigned char)p->at[i]) || p->at[i] == '_'))
        return 0;
    return i;
}

/* Counts in a run of hexadecimal digits and colons. */
static size_t match_colons(const struct place *p, bool *ret_mac)
{
    size_t i = 0, colons = 0, run = 0;
    bool pair = false, even = true;

    if (p->before && (joins_word(p->at[-1]) || p->at[-1] == ':'))
        return 0;
    for (; i < p->left && (isxdigit((unsigned char)p->at[i]) || p->at[i] == ':'); i++) {
        if (p->at[i] != ':') {
            if (++run > 4)
                return 0;
            continue;
        }
        pair = pair || (i > 0 && p->at[i - 1] == ':');
        even = even && run == 2;
        run = 0;
        colons++;
    }
    if (i < p->left && joins_word(p->at[i]))
        return 0;
    *ret_mac = colons == 5 && even && run == 2;
    return *ret_mac || colons == 7 || (pair && colons >= 2) ? i : 0;
}

static bool public_text(const char *text, size_t size)
{
    static const char *const known[] = {
        "239.255.255.250",
        "127.0.0.1",
        "0.0.0.0",
        "::1",
        "::",
        "ff02::c",
        "FF02::C",
        "schemas.xmlsoap.org",
        "schemas.microsoft.com",
        "www.w3.org",
        "docs.oasis-open.org",
        "localhost",
        "www.microsoft.com",
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i]) == size && memcmp(known[i], text, size) == 0)
            return true;
    return false;
}

static size_t match_host(const struct place *p)
{
    size_t i = 0;

    if (p->before < 3 || memcmp(p->at - 3, "://", 3) != 0)
        return 0;
    while (i < p->left && (isalnum((unsigned char)p->at[i]) || strchr("-._%", p->at[i])))
        i++;
    return i;
}

/* The content of an element that holds a secret: `at` stands right after its start tag. */
static size_t match_content(const struct place *p)
{
    static const char *const names[] = {"SerialNumber", "JobOriginatingUserName", "ScannerLocation",
                                        "ContainerId", "UserName"};
    size_t size = 0;

    if (p->before < 2 || p->at[-1] != '>')
        return 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i]);
        if (p->before > n + 1 && memcmp(p->at - 1 - n, names[i], n) == 0 &&
            (p->at[-2 - (ptrdiff_t)n] == ':' || p->at[-2 - (ptrdiff_t)n] == '<'))
            size = 1;
    }
    if (size == 0)
        return 0;
    for (size = 0; size < p->left && p->at[size] != '<';)
        size++;
    return size;
}

/* A text that was found to be a secret elsewhere, such as a serial number in a name. */
static size_t match_known(const struct mask *mask, const struct place *p)
{
    for (size_t i = 0; i < mask->n; i++) {
        const struct secret *s = &mask->secrets[i];
        if (s->kind == SECRET_TEXT && s->size >= 4 && s->size <= p->left &&
            memcmp(s->text, p->at, s->size) == 0)
            return s->size;
    }
    return 0;
}

static size_t match(const struct mask *mask, const struct place *p, enum secret_kind *ret_kind)
{
    bool mac = false;
    size_t n;

    if ((n = match_uuid(p)))
        *ret_kind = SECRET_UUID;
    else if ((n = match_ipv4(p)))
        *ret_kind = SECRET_IPV4;
    else if ((n = match_colons(p, &mac)))
        *ret_kind = mac ? SECRET_MAC : SECRET_IPV6;
    else if ((n = match_content(p)) || (n = match_known(mask, p)))
        *ret_kind = SECRET_TEXT;
    else if ((n = match_host(p)))
        *ret_kind = SECRET_HOST;
    return n && !public_text(p->at, n) ? n : 0;
}

static const struct secret *remember(struct mask *mask, enum secret_kind kind, const char *text,
                                     size_t size)
{
    for (size_t i = 0; i < mask->n; i++)
        if (mask->secrets[i].kind == kind && mask->secrets[i].size == size &&
            memcmp(mask->secrets[i].text, text, size) == 0)
            return &mask->secrets[i];
    if ((mask->n & (mask->n - 1)) == 0) {
        size_t room = mask->n ? 2 * mask->n : 1;
        struct secret *more = realloc(mask->secrets, room * sizeof *more);
        if (!more)
            return NULL;
        mask->secrets = more;
    }
    char *copy = strndup(text, size);
    if (!copy)
        return NULL;
    mask->secrets[mask->n] = (struct secret){kind, copy, size, ++mask->numbers[kind]};
    return &mask->secrets[mask->n++];
}

/* Addresses come from the ranges that are set aside for documentation (RFC 5737, RFC 3849). */
static void put_stand_in(FILE *out, const struct secret *s)
{
    static const char *const nets[] = {"192.0.2", "198.51.100", "203.0.113"};
    unsigned n = s->number;

    switch (s->kind) {
    case SECRET_UUID:
        fprintf(out, "00000000-0000-4000-8000-%012x", n);
        break;
    case SECRET_IPV4:
        fprintf(out, "%s.%u", nets[(n - 1) / 254 % 3], (n - 1) % 254 + 1);
        break;
    case SECRET_IPV6:
        fprintf(out, "2001:db8::%x", n);
        break;
    case SECRET_MAC:
        fprintf(out, "02:00:00:00:%02x:%02x", n >> 8 & 0xFF, n & 0xFF);
        break;
    case SECRET_HOST:
        fprintf(out, "host-%u.invalid", n);
        break;
    case SECRET_TEXT:
        fprintf(out, "masked-%u", n);
        break;
    }
}

char *mask_text(struct mask *mask, const char *text, size_t size, size_t *ret_size)
{
    char *copy = NULL;
    size_t copied = 0;
    FILE *out = open_memstream(&copy, &copied);
    bool failed = !out;

    for (size_t i = 0; out && i < size;) {
        struct place place = {text + i, size - i, i};
        enum secret_kind kind = SECRET_TEXT;
        size_t n = match(mask, &place, &kind);
        const struct secret *s = n ? remember(mask, kind, text + i, n) : NULL;
        if (s)
            put_stand_in(out, s);
        else if (n)
            failed = true;
        else
            fputc(text[i], out);
        i += n ? n : 1;
    }
    if (out && fclose(out) != 0)
        failed = true;
    if (failed) {
        free(copy);
        return NULL;
    }
    *ret_size = copied;
    return copy;
}
