/* SPDX-License-Identifier: MIT */
/* Checks that are more than messages and what stands in them. Each is named in a file of checks. */
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "verify/checks.h"
#include "verify/verify.h"

/* -- the parts of an image ----------------------------------------------------------------------
 */

/* The header lines of the second part, and its first bytes. */
static bool second_part(const struct exchange *x, char *head, size_t size,
                        const unsigned char **ret_bytes, size_t *ret_n)
{
    char type[600];
    const char *boundary, *at, *end;

    if (!x->got || !exchange_header(x, "Content-Type", type, sizeof type) ||
        !(boundary = strcasestr(type, "boundary=")))
        return false;
    boundary += 9;
    char mark[120];
    bool quoted = *boundary == '"';
    snprintf(mark, sizeof mark, "\r\n--%.*s",
             (int)(quoted ? strcspn(boundary + 1, "\"") : strcspn(boundary, "; ")),
             boundary + quoted);
    /* The first delimiter may have no line end before it. */
    at = strncmp(x->got, mark + 2, strlen(mark) - 2) == 0 ? x->got : strstr(x->got, mark);
    at = at ? strstr(at + 2, mark) : NULL;
    end = at ? strstr(at, "\r\n\r\n") : NULL;
    if (!end)
        return false;
    snprintf(head, size, "%.*s\r\n", (int)(end - at), at);
    *ret_bytes = (const unsigned char *)end + 4;
    *ret_n = x->n_got - (size_t)(end + 4 - x->got);
    return true;
}

static struct exchange *image(struct verify *v)
{
    struct exchange *x = verify_shared(v, "image");

    if (x && x->status != 200) {
        verify_say(v, VERIFY_UNTESTED, "no image came (HTTP %d)", x->status);
        return NULL;
    }
    return x;
}

/* The part with the file; false when there is none, which was said. */
static bool image_part(struct verify *v, char *head, size_t size, const unsigned char **ret_bytes,
                       size_t *ret_n)
{
    struct exchange *x = image(v);

    if (!x)
        return false;
    if (second_part(x, head, size, ret_bytes, ret_n))
        return true;
    verify_say(v, VERIFY_FAILS, "expected a second part; got none");
    return false;
}

static enum verify_state image_id(struct verify *v)
{
    struct exchange *x = image(v);
    char head[2000], href[300], id[320];
    const unsigned char *bytes;
    size_t n;

    if (!x)
        return v->now->state;
    exchange_text(x, "soap:Body/wscn:RetrieveImageResponse/wscn:ScanData/xop:Include/@href", href,
                  sizeof href);
    if (!image_part(v, head, sizeof head, &bytes, &n))
        return v->now->state;
    snprintf(id, sizeof id, "<%s>", strncmp(href, "cid:", 4) == 0 ? href + 4 : "");
    if (strlen(id) > 2 && strstr(head, id))
        return VERIFY_HOLDS;
    return verify_say(v, VERIFY_FAILS, "expected a part with Content-ID %s; got %.300s", id,
                      head + 2);
}

static enum verify_state image_binary(struct verify *v)
{
    char head[2000];
    const unsigned char *bytes;
    size_t n;

    if (!image_part(v, head, sizeof head, &bytes, &n))
        return v->now->state;
    if (strcasestr(head, "\r\nContent-Transfer-Encoding: binary\r\n"))
        return VERIFY_HOLDS;
    return verify_say(v, VERIFY_FAILS, "expected Content-Transfer-Encoding: binary; got %.300s",
                      head + 2);
}

/* What a format begins with. */
static const struct {
    const char *format, *magic;
    size_t n;
} magics[] = {
    {"exif", "\xff\xd8\xff", 3},
    {"jfif", "\xff\xd8\xff", 3},
    {"png", "\x89PNG\r\n\x1a\n", 8},
    {"dib", "BM", 2},
    {"pdf-a", "%PDF-", 5},
    {"tiff-single-uncompressed", "II*", 3},
    {"tiff-multi-uncompressed", "II*", 3},
    {"tiff-single-g4", "II*", 3},
};

static enum verify_state image_magic(struct verify *v)
{
    const char *format = verify_name(v, "format");
    char head[2000];
    const unsigned char *bytes;
    size_t n;

    if (!image_part(v, head, sizeof head, &bytes, &n))
        return v->now->state;
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        if (strcmp(magics[i].format, format) != 0)
            continue;
        if (n >= magics[i].n && (memcmp(bytes, magics[i].magic, magics[i].n) == 0 ||
                                 (*magics[i].magic == 'I' && memcmp(bytes, "MM", 2) == 0)))
            return VERIFY_HOLDS;
        return verify_say(v, VERIFY_FAILS,
                          "expected a file of format %s; got one that begins %02x %02x", format,
                          n > 0 ? bytes[0] : 0u, n > 1 ? bytes[1] : 0u);
    }
    return verify_say(v, VERIFY_UNTESTED, "how a file of format %s begins is not known here",
                      format);
}

/* -- a visitor who does not finish --------------------------------------------------------------
 */

static int connect_to(struct verify *v)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    int fd = -1;

    if (getaddrinfo(verify_name(v, "host"), verify_name(v, "port"), &hints, &list) != 0)
        return -1;
    fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, list->ai_addr, list->ai_addrlen) < 0) {
        close(fd);
        fd = -1;
    }
    freeaddrinfo(list);
    return fd;
}

/* Half a request lies there, and somebody else asks: he is answered. */
static enum verify_state half_request(struct verify *v)
{
    static const char half[] = "POST / HTTP/1.1\r\nHost: half\r\nContent-Type: "
                               "application/soap+xml\r\nContent-Length: 500\r\n\r\n<soap:Envelope";
    struct json_object *get = json_member(v->checks->exchanges, "get");
    int fd = connect_to(v);
    enum verify_state state = VERIFY_HOLDS;

    if (fd < 0)
        return verify_say(v, VERIFY_UNTESTED, "no connection to %s", verify_name(v, "host"));
    ssize_t n = write(fd, half, sizeof half - 1);
    struct exchange *x = n > 0 && get ? verify_send(v, get, "Get beside half a request") : NULL;
    if (!x)
        state = verify_say(v, VERIFY_UNTESTED, "the connection did not last");
    else if (x->status != 200)
        state = verify_say(v, VERIFY_FAILS, "expected an answer beside half a request; got %s",
                           *x->failure ? x->failure : "an error");
    exchange_free(x);
    close(fd);
    return state;
}

/* -- the table ----------------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    verify_procedure *run;
} procedures[] = {
    {"image-id", image_id},         {"image-binary", image_binary},
    {"image-magic", image_magic},   {"half-request", half_request},
    {"events-order", events_order}, {"events-after-unsubscribe", events_after_unsubscribe},
};

verify_procedure *procedure_find(const char *name)
{
    for (size_t i = 0; i < sizeof procedures / sizeof *procedures; i++)
        if (strcmp(procedures[i].name, name) == 0)
            return procedures[i].run;
    return NULL;
}
