/* SPDX-License-Identifier: MIT */
/*
 * What the fuzzers of whole conversations share: a script, messages that it spoils, and the network
 * of support/local_net.h.
 *
 * A script is the input: each decision takes a byte of it, and when it is used up all decisions are
 * 0, which stands for what a well-behaved peer does. So the empty input is a conversation without
 * any fault, and each byte spoils it somewhere.
 */
#ifndef FUZZ_CONVERSATION_H
#define FUZZ_CONVERSATION_H

#include "support/local_net.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* -- the script ------------------------------------------------------------------------------- */

static const uint8_t *script_at, *script_end;

static inline unsigned take(void)
{
    return script_at < script_end ? *script_at++ : 0;
}

/* 0 to n - 1. */
static inline unsigned choose(unsigned n)
{
    return take() % n;
}

static inline unsigned take_two(void)
{
    unsigned high = take();

    return high << 8 | take();
}

static inline bool script_over(void)
{
    return script_at == script_end;
}

/* -- text ------------------------------------------------------------------------------------- */

/* A message under construction; what does not fit is left out. */
struct text {
    size_t length;
    char bytes[49152];
};

static inline void put_bytes(struct text *text, const void *bytes, size_t size)
{
    size_t room = sizeof text->bytes - 1 - text->length;

    if (size > room)
        size = room;
    memcpy(text->bytes + text->length, bytes, size);
    text->length += size;
    text->bytes[text->length] = '\0';
}

__attribute__((format(printf, 2, 3))) static inline void put(struct text *text, const char *format,
                                                             ...)
{
    char piece[8192];
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(piece, sizeof piece, format, arguments);
    va_end(arguments);
    put_bytes(text, piece, length < (int)sizeof piece ? (size_t)length : sizeof piece - 1);
}

/* The text of an element of any prefix; "" when there is none. */
static inline void text_of(const void *bytes, size_t size, const char *element, char *ret,
                           size_t room)
{
    const char *from = memmem(bytes, size, element, strlen(element));
    const char *end = (const char *)bytes + size;
    size_t length = 0;

    from = from ? memchr(from, '>', (size_t)(end - from)) : NULL;
    if (from) {
        const char *to;

        from++;
        to = memchr(from, '<', (size_t)(end - from));

        length = to ? (size_t)(to - from) : 0;
        length = length < room ? length : room - 1;
        memcpy(ret, from, length);
    }
    ret[length] = '\0';
}

/* The attribute of an element's name, or anything else up to a quote. */
static inline void value_after(const void *bytes, size_t size, const char *mark, char *ret,
                               size_t room)
{
    const char *from = memmem(bytes, size, mark, strlen(mark));
    size_t length = 0;

    if (from) {
        from += strlen(mark);
        while (length < room - 1 && from + length < (const char *)bytes + size &&
               strchr("\"'<\r\n", from[length]) == NULL)
            length++;
        memcpy(ret, from, length);
    }
    ret[length] = '\0';
}

static inline bool has(const void *bytes, size_t size, const char *text)
{
    return memmem(bytes, size, text, strlen(text)) != NULL;
}

/* -- edits ------------------------------------------------------------------------------------ */

static const char *const edit_words[] = {
    "",
    "<",
    ">",
    "\"",
    "&amp;",
    "&#0;",
    "0",
    "-1",
    "2147483648",
    "99999999999999999999",
    "PT0S",
    "PT1S",
    "P1000Y",
    "2030-01-01T00:00:00Z",
    "true",
    "<x/>",
    "<wscn:x xmlns:wscn='urn:y'/>",
    "]]>",
    "<!--",
    "<?xml version=\"1.0\"?>",
    "<!DOCTYPE a [<!ENTITY b 'c'>]>",
    "xmlns:wscn=''",
    "http://192.0.2.1/x",
    "http://127.0.0.1:1/y",
    "urn:uuid:00000000-0000-4000-8000-0000000000f0",
    "\r\n\r\n",
    "\r\n",
    "--b",
    "--b--",
    "\xff",
    "\xc3\xa4",
    "                                                                                        ",
};

static inline void edit_remove(struct text *text, size_t at, size_t size)
{
    size = at + size > text->length ? text->length - at : size;
    memmove(text->bytes + at, text->bytes + at + size, text->length - at - size);
    text->length -= size;
    text->bytes[text->length] = '\0';
}

static inline void edit_insert(struct text *text, size_t at, const void *bytes, size_t size)
{
    if (text->length + size >= sizeof text->bytes)
        return;
    memmove(text->bytes + at + size, text->bytes + at, text->length - at);
    memcpy(text->bytes + at, bytes, size);
    text->length += size;
    text->bytes[text->length] = '\0';
}

/* The next place like that after a random one; or that one. */
static inline size_t edit_find(const struct text *text, size_t at, char c)
{
    const char *found = memchr(text->bytes + at, c, text->length - at);

    return found ? (size_t)(found - text->bytes) : at;
}

/* An element with all that is in it, if no other of its name is in it. */
static inline size_t edit_element(const struct text *text, size_t at)
{
    char name[80] = "</";
    size_t length = 2 + strcspn(text->bytes + at + 1, " />\r\n");

    if (length < 3 || length >= sizeof name - 1 || text->bytes[at] != '<')
        return 1;
    memcpy(name + 2, text->bytes + at + 1, length - 2);
    const char *end = strstr(text->bytes + at, name);
    return end ? (size_t)(end - text->bytes) - at + length + 1 : edit_find(text, at, '>') - at + 1;
}

/* A word for what stands between the next `from` and the `to` behind it. */
static inline void edit_between(struct text *text, size_t at, char from, const char *to,
                                const char *word)
{
    at = edit_find(text, at, from) + 1;
    at = at < text->length ? at : text->length;
    edit_remove(text, at, strcspn(text->bytes + at, to));
    edit_insert(text, at, word, strlen(word));
}

/* Spoils a message in one place. */
static inline void edit_once(struct text *text)
{
    unsigned what = choose(8);
    size_t at = text->length ? take_two() % text->length : 0;
    const char *word = edit_words[choose(sizeof edit_words / sizeof *edit_words)];

    switch (text->length ? what : 0) {
    case 0: /* a word somewhere */
        edit_insert(text, at, word, strlen(word));
        break;
    case 1: /* a word for the text of an element */
        edit_between(text, at, '>', "<", word);
        break;
    case 2: /* a word for the value of an attribute */
        edit_between(text, at, '"', "\"", word);
        break;
    case 3:
        at = edit_find(text, at, '<');
        edit_remove(text, at, edit_element(text, at));
        break;
    case 4: { /* an element twice, or many times */
        static char copy[4096];
        at = edit_find(text, at, '<');
        size_t size = edit_element(text, at);
        if (size <= sizeof copy && at + size <= text->length) {
            memcpy(copy, text->bytes + at, size);
            for (unsigned i = 0, n = choose(4) == 3 ? 100 : 1; i < n; i++)
                edit_insert(text, at, copy, size);
        }
        break;
    }
    case 5:
        text->bytes[at] = (char)(text->bytes[at] ^ (1 << choose(8)));
        break;
    case 6:
        edit_remove(text, at, 1 + take());
        break;
    case 7:
        edit_remove(text, at, text->length);
        break;
    }
}

static inline void edit(struct text *text)
{
    for (unsigned n = 1 + choose(4); n > 0; n--)
        edit_once(text);
}

/* -- the two ends of a run -------------------------------------------------------------------- */

static inline struct wsd_context *conversation_begin(const uint8_t *data, size_t size)
{
    static const char *const interfaces[] = {"lo", NULL};
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    struct wsd_context *context = NULL;
    struct wsd_error error = {0};

    script_at = data;
    script_end = data + size;
    clock_ms = CLOCK_START;
    clock_turned = true;
    random_next = 0;
    net_n_sockets = 0;
    options.interfaces = interfaces;
    options.allow_loopback = true;
    options.ipv4_only = true;
    options.now = clock_now;
    options.random = random_counting;
    options.open_socket = net_open;
    require(wsd_context_new(&options, &context, &error) == 0, error.message);
    return context;
}

static inline void conversation_end(struct wsd_context *context)
{
    wsd_context_free(context);
    require(net_is_closed(), "the library has closed its datagram sockets");
    clock_turned = false;
}

#endif
