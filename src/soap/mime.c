/* SPDX-License-Identifier: MIT */
/*
 * The reader of multipart/related: a push parser that keeps no image byte.
 *
 * A delimiter is looked for with memchr() and memmem() over the caller's own slice, so the cost is
 * that of one fast pass over the bytes. Only what could still become a delimiter at the border of
 * two slices is copied, into a carry of a few hundred bytes; every decision is made on bytes that
 * lie together there, so that how the input was cut can never change the outcome. Header lines are
 * collected, bounded by WSD_MAX_MIME_HEADERS.
 *
 * What counts as a delimiter. With a line break before it: "--boundary" and then "--", or blanks
 * and a line break. Without one (Xerox WorkCentre 3025 leaves it out, sane-airscan issue 71) image
 * bytes could look alike, so more is asked for: a header line "Content-..." behind an opening
 * delimiter, the end of the input behind a closing one. A lone LF is a line break only where the
 * message's first delimiter line ended in a lone LF.
 *
 * Media types, their parameters and ids are cut here too; the writer is in mime_writer.c. Which
 * part is the root, and whether an image that lost its closing delimiter is whole, is for the
 * caller.
 */
#include "soap/mime.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/error.h"
#include "core/limits.h"
#include "core/xsd.h"

enum {
    MAX_PADDING = 64, /* blanks behind a delimiter (RFC 2046, 5.1.1: transport padding) */
    MAX_CLOSING = 8,  /* line breaks and blanks behind a last delimiter without a line break */
    /* CRLF, "--", boundary, "--", and the longest of what has to be seen behind it */
    CARRY_SIZE = 2 + 2 + WSD_MAX_MIME_BOUNDARY + 2 + MAX_PADDING + 2 + 8,
};

enum state { PREAMBLE, HEADERS, BODY, EPILOGUE };

struct wsd__mime_reader {
    struct wsd__mime_handler handler;
    struct wsd__buf headers;
    enum state state;
    int failed;           /* sticky: what the first failure was */
    unsigned parts;       /* begun so far */
    bool lone_lf;         /* line breaks are LF alone */
    bool untouched;       /* no byte of this preamble or body was passed on */
    size_t line;          /* where the current header line starts in headers */
    size_t needle_length; /* of "--boundary" */
    size_t carry_length;
    char needle[2 + WSD_MAX_MIME_BOUNDARY + 1];
    char carry[CARRY_SIZE];
};

/* -- media types ------------------------------------------------------------------------------ */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_token(char c)
{
    return c > ' ' && c < 0x7f && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

static const char *skip_blanks(const char *text)
{
    while (is_blank(*text))
        text++;
    return text;
}

static size_t media_type_length(const char *text)
{
    return strcspn(text, "; \t\r\n,\"");
}

bool wsd__mime_is(const char *content_type, const char *type)
{
    if (content_type == NULL)
        return false;
    const char *text = skip_blanks(content_type);
    size_t length = media_type_length(text);
    return length == strlen(type) && strncasecmp(text, type, length) == 0;
}

/* Whether a parameter without the semicolon before it begins here. */
static bool at_parameter(const char *text)
{
    const char *p = text;
    while (is_token(*p))
        p++;
    return p > text && *p == '=';
}

/* One value: between quotes, or up to the semicolon (values with '/', '=' and ':' come without
 * quotes from a Dell C2665dnf, sane-airscan issue 65). Returns where it ends. */
static const char *read_value(const char *text, char *value, size_t size, bool *ret_fits)
{
    size_t length = 0;
    bool quoted = *text == '"' && strchr(text + 1, '"') != NULL;
    const char *p = text + (*text == '"');
    *ret_fits = true;
    for (; *p != '\0' && *p != (quoted ? '"' : ';'); p++) {
        if (!quoted && is_blank(*p) && at_parameter(skip_blanks(p)))
            break;
        if (quoted && *p == '\\' && p[1] != '\0')
            p++;
        if (length + 1 < size)
            value[length++] = *p;
        else
            *ret_fits = false;
    }
    while (!quoted && length > 0 && is_blank(value[length - 1]))
        length--;
    value[length] = '\0';
    return quoted && *p == '"' ? p + 1 : p;
}

bool wsd__mime_parameter(const char *content_type, const char *name, char *value, size_t size)
{
    char buffer[WSD_MAX_HEADER_LINE];
    if (content_type == NULL || size == 0)
        return false;
    const char *p = skip_blanks(content_type);
    p += media_type_length(p);
    for (;;) {
        while (is_blank(*p) || *p == ';' || *p == ',' || *p == '"')
            p++;
        if (*p == '\0')
            return false;
        const char *key = p;
        size_t key_length = strcspn(key, "=; \t\r\n");
        p = skip_blanks(key + key_length);
        if (*p != '=')
            continue;
        bool fits;
        p = read_value(skip_blanks(p + 1), buffer, sizeof buffer, &fits);
        if (key_length != strlen(name) || strncasecmp(key, name, key_length) != 0)
            continue;
        if (!fits || strlen(buffer) >= size)
            return false;
        memcpy(value, buffer, strlen(buffer) + 1);
        return true;
    }
}

/* -- ids -------------------------------------------------------------------------------------- */

/* Angle brackets and blanks off (a WSS example has a stray blank inside the brackets). In place. */
static void strip_id(char *id)
{
    char *out = id;
    for (const char *p = id; *p != '\0'; p++)
        if (*p != '<' && *p != '>' && !is_blank(*p))
            *out++ = *p;
    *out = '\0';
}

bool wsd__mime_cid(const char *href, char *id, size_t size)
{
    if (href == NULL || size == 0)
        return false;
    href = skip_blanks(href);
    if (strncasecmp(href, "cid:", 4) != 0)
        return false;
    size_t length = 0;
    for (const char *p = href + 4; *p != '\0'; p++) {
        char c = *p;
        if (c == '%' && wsd__hex_value(p[1]) >= 0 && wsd__hex_value(p[2]) >= 0) {
            c = (char)(wsd__hex_value(p[1]) * 16 + wsd__hex_value(p[2]));
            p += 2;
        }
        if (c == '\0' || length + 1 >= size)
            return false;
        id[length++] = c;
    }
    id[length] = '\0';
    strip_id(id);
    return id[0] != '\0';
}

/* -- the header block of a part -----------------------------------------------------------------
 */

/* Folded lines become one (RFC 5322, 2.2.3), line ends become NULs. In place. */
static void unfold(char *block, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (block[i] != '\r' && block[i] != '\n')
            continue;
        size_t next = i + (block[i] == '\r' && i + 1 < length && block[i + 1] == '\n' ? 2 : 1);
        bool folded = next < length && (block[next] == ' ' || block[next] == '\t');
        memset(block + i, folded ? ' ' : '\0', next - i);
        i = next - 1;
    }
}

/* The value of one header, NUL-terminated inside the unfolded block; "" if absent. */
static char *header_value(char *block, size_t length, const char *name)
{
    size_t name_length = strlen(name);
    for (char *line = block; line < block + length; line += strlen(line) + 1) {
        char *colon = strchr(line, ':');
        if (colon == NULL)
            continue;
        size_t key = (size_t)(colon - line);
        while (key > 0 && is_blank(line[key - 1]))
            key--;
        if (key != name_length || strncasecmp(line, name, key) != 0)
            continue;
        char *value = colon + 1 + strspn(colon + 1, " \t\r\n");
        for (char *end = value + strlen(value); end > value && is_blank(end[-1]); end--)
            end[-1] = '\0';
        return value;
    }
    return block + length; /* the buffer's NUL */
}

static int fail(struct wsd__mime_reader *reader, int code)
{
    reader->failed = code;
    return code;
}

static int begin_part(struct wsd__mime_reader *reader, struct wsd_error *reterr)
{
    struct wsd__buf *headers = &reader->headers;
    if (memchr(headers->data, '\0', headers->length) != NULL)
        return wsd__error(reterr, WSD_E_MIME, "a header of a multipart part holds a NUL");
    if (reader->parts >= WSD_MAX_MIME_PARTS)
        return wsd__error(reterr, WSD_E_LIMIT, "the multipart answer has more than %d parts",
                          WSD_MAX_MIME_PARTS);
    unfold(headers->data, headers->length);
    const char *type = header_value(headers->data, headers->length, "Content-Type");
    char *id = header_value(headers->data, headers->length, "Content-ID");
    const char *encoding =
        header_value(headers->data, headers->length, "Content-Transfer-Encoding");
    if (strncasecmp(type, "multipart/", 10) == 0)
        return wsd__error(reterr, WSD_E_MIME, "a part of the multipart answer is multipart itself");
    if (strcasecmp(encoding, "base64") == 0 || strcasecmp(encoding, "quoted-printable") == 0)
        return wsd__error(reterr, WSD_E_MIME, /* DPWS R0037 */
                          "a part of the multipart answer is encoded as %.20s, not binary",
                          encoding);
    if (*id != '\0')
        strip_id(id);
    struct wsd__mime_part part = {.content_type = type, .content_id = id, .index = reader->parts};
    reader->parts++;
    reader->state = BODY;
    reader->untouched = true;
    int status = reader->handler.part(reader->handler.user, &part);
    return status < 0 ? wsd__error(reterr, status, NULL) : 0;
}

/* Takes header lines up to the blank one; *used says how much of the input that was. */
static int feed_headers(struct wsd__mime_reader *reader, const char *bytes, size_t size,
                        size_t *used, struct wsd_error *reterr)
{
    struct wsd__buf *headers = &reader->headers;
    *used = 0;
    while (*used < size) {
        const char *from = bytes + *used, *lf = memchr(from, '\n', size - *used);
        size_t length = lf != NULL ? (size_t)(lf - from) + 1 : size - *used;
        int status = wsd__buf_append(headers, from, length);
        if (status < 0)
            return wsd__error(reterr, status,
                              status == WSD_E_LIMIT ? "the headers of a multipart part are too long"
                                                    : NULL);
        *used += length;
        if (lf == NULL)
            return 0;
        const char *line = headers->data + reader->line;
        size_t line_length = headers->length - reader->line;
        if (line_length == 1 || (line_length == 2 && line[0] == '\r'))
            return begin_part(reader, reterr);
        if (line_length > reader->needle_length &&
            memcmp(line, reader->needle, reader->needle_length) == 0)
            return wsd__error(reterr, WSD_E_MIME, "the headers of a multipart part have no end");
        reader->line = headers->length;
    }
    return 0;
}

/* -- finding delimiters -------------------------------------------------------------------------
 */

enum verdict { DATA, OPENING, CLOSING, UNDECIDED };

struct found {
    enum verdict verdict;
    size_t data; /* bytes before the delimiter, or before what may still become one */
    size_t next; /* behind the delimiter */
};

/* Whether a line break ends the blanks behind a delimiter. */
static enum verdict judge_line(const char *tail, size_t length, size_t *ret_used)
{
    size_t i = 0;
    while (i < length && i < MAX_PADDING && (tail[i] == ' ' || tail[i] == '\t'))
        i++;
    if (i < length && tail[i] == '\r')
        i++;
    if (i >= length)
        return UNDECIDED;
    *ret_used = i + 1;
    return tail[i] == '\n' ? OPENING : DATA;
}

/* Behind "--boundary" with a line break before it. */
static enum verdict judge_regular(const char *tail, size_t length, size_t *ret_used)
{
    if (length == 0 || (length == 1 && tail[0] == '-'))
        return UNDECIDED;
    if (tail[0] == '-' && tail[1] == '-') {
        *ret_used = 2;
        return CLOSING;
    }
    return judge_line(tail, length, ret_used);
}

/* Behind "--boundary" with no line break before it: see the head of this file. */
static enum verdict judge_bare(const char *tail, size_t length, bool final, size_t *ret_used)
{
    static const char open[] = "\r\ncontent-", close[] = "--";
    size_t n = length < sizeof open - 1 ? length : sizeof open - 1;
    if (strncasecmp(tail, open, n) == 0 && n > 0) {
        *ret_used = 2;
        return n == sizeof open - 1 ? OPENING : UNDECIDED;
    }
    if (length < 2)
        return length == 0 || tail[0] == '-' ? UNDECIDED : DATA;
    if (memcmp(tail, close, 2) != 0 || length > 2 + MAX_CLOSING)
        return DATA;
    for (size_t i = 2; i < length; i++)
        if (!is_blank(tail[i]))
            return DATA;
    *ret_used = length;
    return final ? CLOSING : UNDECIDED;
}

/* How many bytes before `at` are the line break that belongs to a delimiter there; -1: none. */
static int break_before(const struct wsd__mime_reader *reader, const char *bytes, size_t at)
{
    if (at == 0)
        return reader->untouched ? 0 : -1;
    if (bytes[at - 1] != '\n')
        return -1;
    if (at >= 2 && bytes[at - 2] == '\r')
        return 2;
    return reader->lone_lf || reader->parts == 0 ? 1 : -1;
}

/* Where the bytes begin at the end of a slice that may grow into a delimiter. */
static size_t hold_from(const struct wsd__mime_reader *reader, const char *bytes, size_t size)
{
    size_t n = reader->needle_length - 1;
    size_t hold = size, from = size > n ? size - n : 0;
    for (const char *p = bytes + from; (p = memchr(p, '-', size - (size_t)(p - bytes))); p++)
        if (memcmp(p, reader->needle, size - (size_t)(p - bytes)) == 0) {
            hold = (size_t)(p - bytes);
            break;
        }
    if (hold > 0 && bytes[hold - 1] == '\n')
        hold--;
    if (hold > 0 && bytes[hold - 1] == '\r')
        hold--;
    return hold;
}

/* Many slices of an image that is not compressed have no '-' at all, and memchr() tells that in a
 * fraction of the time that memmem() takes. */
static const char *next_needle(const struct wsd__mime_reader *reader, const char *bytes,
                               size_t size)
{
    const char *first = memchr(bytes, reader->needle[0], size);
    return first == NULL ? NULL
                         : memmem(first, size - (size_t)(first - bytes), reader->needle,
                                  reader->needle_length);
}

/* Finds the first delimiter in bytes that lie together. */
static struct found find(const struct wsd__mime_reader *reader, const char *bytes, size_t size,
                         bool final)
{
    const char *from = bytes, *hit;
    size_t n = reader->needle_length;
    while ((hit = next_needle(reader, from, size - (size_t)(from - bytes))) != NULL) {
        size_t at = (size_t)(hit - bytes), used = 0;
        const char *tail = hit + n;
        int before = break_before(reader, bytes, at);
        enum verdict verdict = before >= 0 ? judge_regular(tail, size - at - n, &used) : DATA;
        if (verdict == DATA) {
            before = 0;
            verdict = judge_bare(tail, size - at - n, final, &used);
        }
        if (verdict == UNDECIDED && before == 0 && at > 0) /* the break is kept beside it */
            return (struct found){UNDECIDED, at - (bytes[at - 1] == '\n'), 0};
        if (verdict != DATA)
            return (struct found){verdict, at - (size_t)before, at + n + used};
        from = hit + 1;
    }
    return (struct found){UNDECIDED, hold_from(reader, bytes, size), 0};
}

/* -- the two searching states: preamble and body --------------------------------------------------
 */

static int pass_on(struct wsd__mime_reader *reader, const char *bytes, size_t size,
                   struct wsd_error *reterr)
{
    if (size == 0)
        return 0;
    reader->untouched = false;
    if (reader->state != BODY)
        return 0;
    int status = reader->handler.data(reader->handler.user, bytes, size);
    return status < 0 ? wsd__error(reterr, status, NULL) : 0;
}

static int end_part(struct wsd__mime_reader *reader, bool complete, struct wsd_error *reterr)
{
    if (reader->state != BODY)
        return 0;
    int status = reader->handler.part_end(reader->handler.user, complete);
    return status < 0 ? wsd__error(reterr, status, NULL) : 0;
}

/* A delimiter was found and what comes before it passed on; `line_end` is its last byte. */
static int delimiter(struct wsd__mime_reader *reader, enum verdict verdict, const char *line_end,
                     struct wsd_error *reterr)
{
    int status = end_part(reader, true, reterr);
    if (verdict == OPENING && reader->parts == 0)
        reader->lone_lf = line_end[-1] != '\r';
    reader->state = verdict == OPENING ? HEADERS : EPILOGUE;
    reader->carry_length = 0;
    wsd__buf_clear(&reader->headers);
    reader->line = 0;
    return status;
}

/* The border of two slices: works on the carry and a piece of the new one behind it. */
static int feed_carry(struct wsd__mime_reader *reader, const char *bytes, size_t size, size_t *used,
                      struct wsd_error *reterr)
{
    size_t old = reader->carry_length;
    size_t more = size < CARRY_SIZE - old ? size : CARRY_SIZE - old;
    memcpy(reader->carry + old, bytes, more);
    struct found found = find(reader, reader->carry, old + more, false);
    size_t passed = found.data < old ? found.data : old;
    *used = 0;
    int status = pass_on(reader, reader->carry, passed, reterr);
    if (status < 0)
        return status;
    if (found.verdict == UNDECIDED) {
        reader->carry_length = old - passed;
        memmove(reader->carry, reader->carry + passed, old - passed + more);
        if (more == size && reader->carry_length > 0) { /* all of it is still open */
            reader->carry_length += more;
            *used = more;
        }
        return 0;
    }
    status = pass_on(reader, bytes, found.data - passed, reterr);
    if (status < 0)
        return status;
    status = delimiter(reader, found.verdict, reader->carry + found.next - 1, reterr);
    if (status < 0 || found.next >= old) {
        *used = found.next - old;
        return status;
    }
    /* "Content-", looked at to be sure of the delimiter, began in the carry already. */
    size_t begun;
    return feed_headers(reader, reader->carry + found.next, old - found.next, &begun, reterr);
}

static int feed_search(struct wsd__mime_reader *reader, const char *bytes, size_t size,
                       size_t *used, struct wsd_error *reterr)
{
    if (reader->carry_length > 0)
        return feed_carry(reader, bytes, size, used, reterr);
    struct found found = find(reader, bytes, size, false);
    int status = pass_on(reader, bytes, found.data, reterr);
    if (status < 0)
        return status;
    if (found.verdict != UNDECIDED) {
        *used = found.next;
        return delimiter(reader, found.verdict, bytes + found.next - 1, reterr);
    }
    reader->carry_length = size - found.data;
    memcpy(reader->carry, bytes + found.data, reader->carry_length);
    *used = size;
    return 0;
}

/* -- face -----------------------------------------------------------------------------------------
 */

int wsd__mime_reader_new(const char *content_type, const struct wsd__mime_handler *handler,
                         struct wsd__mime_reader **ret_reader, struct wsd_error *reterr)
{
    char boundary[WSD_MAX_MIME_BOUNDARY + 1];
    if (content_type == NULL || strncasecmp(skip_blanks(content_type), "multipart/", 10) != 0)
        return wsd__error(reterr, WSD_E_MIME, "the answer is not multipart");
    if (!wsd__mime_parameter(content_type, "boundary", boundary, sizeof boundary) ||
        boundary[0] == '\0')
        return wsd__error(reterr, WSD_E_MIME, "the multipart answer names no usable boundary");
    for (const char *p = boundary; *p != '\0'; p++)
        if (*p == '\r' || *p == '\n')
            return wsd__error(reterr, WSD_E_MIME, "the multipart boundary holds a line break");
    struct wsd__mime_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    reader->handler = *handler;
    reader->headers = WSD__BUF_INIT(WSD_MAX_MIME_HEADERS);
    reader->untouched = true;
    reader->needle_length = 2 + strlen(boundary);
    memcpy(reader->needle, "--", 2);
    memcpy(reader->needle + 2, boundary, strlen(boundary) + 1);
    *ret_reader = reader;
    return 0;
}

int wsd__mime_reader_feed(struct wsd__mime_reader *reader, const void *bytes, size_t size,
                          struct wsd_error *reterr)
{
    const char *p = bytes;
    if (reader->failed < 0)
        return wsd__error(reterr, reader->failed, NULL);
    while (size > 0 && reader->state != EPILOGUE) {
        size_t used = 0;
        int status = reader->state == HEADERS ? feed_headers(reader, p, size, &used, reterr)
                                              : feed_search(reader, p, size, &used, reterr);
        if (status < 0)
            return fail(reader, status);
        p += used;
        size -= used;
    }
    return 0;
}

int wsd__mime_reader_finish(struct wsd__mime_reader *reader, struct wsd_error *reterr)
{
    if (reader->failed < 0)
        return wsd__error(reterr, reader->failed, NULL);
    if (reader->state == PREAMBLE || reader->state == BODY) {
        struct found found = find(reader, reader->carry, reader->carry_length, true);
        /* A delimiter that was cut itself is no part of the image. */
        const char *cut =
            memmem(reader->carry, reader->carry_length, reader->needle, reader->needle_length);
        size_t data = reader->carry_length;
        if (found.verdict != UNDECIDED ||
            (cut != NULL && found.data < data &&
             break_before(reader, reader->carry, (size_t)(cut - reader->carry)) >= 0))
            data = found.data;
        int status = pass_on(reader, reader->carry, data, reterr);
        bool complete = found.verdict == CLOSING;
        if (status == 0)
            status = end_part(reader, complete, reterr);
        if (status < 0)
            return fail(reader, status);
        if (complete)
            reader->state = EPILOGUE;
    }
    if (reader->state == EPILOGUE)
        return 0;
    return fail(reader, wsd__error(reterr, WSD_E_TRUNCATED,
                                   "the multipart answer ended before its closing delimiter"));
}

void wsd__mime_reader_free(struct wsd__mime_reader *reader)
{
    if (reader == NULL)
        return;
    wsd__buf_free(&reader->headers);
    free(reader);
}
