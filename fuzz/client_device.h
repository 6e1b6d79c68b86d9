/* SPDX-License-Identifier: MIT */
/*
 * The device of the client's conversations: it answers as it should until the script says
 * otherwise, and notes what it has granted.
 */
#ifndef FUZZ_CLIENT_DEVICE_H
#define FUZZ_CLIENT_DEVICE_H

#include "client_messages.h"

enum { LINES = 16, IMAGE_SIZE = 3000, SUBSCRIPTIONS = 64, HOUR = 3600000 };

/* -- its connections -------------------------------------------------------------------------- */

enum after { KEEP, CLOSE, SILENCE };

static struct line {
    int fd;                /* -1: free */
    size_t got, from, cut; /* of in; of out: sent, and where it pauses */
    uint64_t due;          /* the next piece */
    uint32_t pause;
    size_t piece;
    enum after after;
    bool asked;  /* a request is here, the answer is on its way or over */
    int granted; /* this answer grants a subscription of that number; -1 */
    struct text out;
    char in[24576];
} lines[LINES];

static struct granted {
    bool live, left; /* the client has its answer; it has left, or has been told */
    uint64_t until;
    char notify[64], identifier[64]; /* path and identifier of NotifyTo */
} granted[SUBSCRIPTIONS];
static unsigned n_granted, pages_left, slack;
static bool exact;   /* the answer to the last request is as it should be and comes in time */
static bool excused; /* the client was kept from leaving */
static uint8_t image[IMAGE_SIZE];

static int net_connected(int fd, const struct sockaddr_in *to)
{
    /* Nobody but the device's own address, whatever it says. */
    require(to->sin_addr.s_addr == htonl(INADDR_LOOPBACK), "it connects to the device alone");
    if (choose(16) == 15) {
        excused = true;
        exact = false;
        show("connection refused");
        return ECONNREFUSED;
    }
    for (size_t i = 0; i < LINES; i++)
        if (lines[i].fd < 0) {
            lines[i] = (struct line){.fd = dup(fd), .granted = -1};
            close(fd);
            return 0;
        }
    excused = true;
    exact = false;
    return ECONNREFUSED;
}

static void put_header(struct text *out, const char *action, const char *relates_to)
{
    static unsigned number;

    number++;
    put(out,
        HEAD "<wsa:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsa:To>"
             "<wsa:Action>%s</wsa:Action><wsa:MessageID>urn:uuid:%08x-0000-4000-8000-000000000000"
             "</wsa:MessageID><wsd:AppSequence InstanceId=\"1\" MessageNumber=\"%u\"/>",
        action, number, number);
    if (*relates_to)
        put(out, "<wsa:RelatesTo>%s</wsa:RelatesTo>", relates_to);
}

static void put_answer(struct text *out, size_t number, const char *relates_to)
{
    char content[sizeof out->bytes / 4];

    put_header(out, answers[number].action, relates_to);
    put(out, MIDDLE);
    if (number == SUBSCRIBE) {
        snprintf(content, sizeof content, "urn:uuid:number%u", n_granted);
        const char *mark = strstr(answers[number].body, "urn:uuid:number%u");
        put_bytes(out, answers[number].body, (size_t)(mark - answers[number].body));
        put(out, "%s", content);
        put(out, "%s", mark + strlen("urn:uuid:number%u"));
    } else {
        put(out, "%s", answers[number].body);
    }
    put(out, TAIL);
}

static void put_fault(struct text *out, const char *subcode, const char *relates_to)
{
    put_header(out, URI_SCAN "/fault", relates_to);
    put(out,
        MIDDLE "<soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value><soap:Subcode>"
               "<soap:Value>wscn:%s</soap:Value></soap:Subcode></soap:Code><soap:Reason><soap:Text "
               "xml:lang=\"en\">no</soap:Text></soap:Reason></soap:Fault>" TAIL,
        subcode);
}

/* The multipart around an envelope, and the image. */
static void put_image(struct text *out, const struct text *envelope)
{
    put(out, "--b\r\nContent-Type: application/xop+xml; type=\"application/soap+xml\"\r\n"
             "Content-ID: <root>\r\n\r\n");
    put_bytes(out, envelope->bytes, envelope->length);
    put(out, "\r\n--b\r\nContent-Type: image/jpeg\r\nContent-ID: <i>\r\n"
             "Content-Transfer-Encoding: binary\r\n\r\n");
    put_bytes(out, image, sizeof image);
    put(out, "\r\n--b--\r\n");
}

/* Which answer a request asks for. */
static size_t answer_to(const char *bytes, size_t size)
{
    for (size_t i = 0; i < ANSWERS; i++)
        if (has(bytes, size, answers[i].asked))
            return i;
    return ANSWERS - 1;
}

static struct granted *granted_named(const char *bytes, size_t size)
{
    char text[32];

    value_after(bytes, size, "urn:uuid:number", text, sizeof text);
    unsigned number = (unsigned)strtoul(text, NULL, 10);
    return *text && number < n_granted ? &granted[number] : NULL;
}

/* What the device notes of a request before it answers. */
static void note(struct line *line, size_t number)
{
    struct granted *old = granted_named(line->in, line->got);

    if (number == SUBSCRIBE && n_granted < SUBSCRIPTIONS) {
        struct granted *new = &granted[n_granted];

        *new = (struct granted){.until = clock_ms + HOUR};
        const char *notify = memmem(line->in, line->got, "NotifyTo>", 9);
        size_t rest = notify ? (size_t)(line->in + line->got - notify) : 0;
        value_after(notify, rest, "http://127.0.0.1:", new->notify, sizeof new->notify);
        text_of(notify, rest, "Identifier", new->identifier, sizeof new->identifier);
    }
    if (old && number == SUBSCRIBE + 1)
        old->until = clock_ms + HOUR;
    if (old && number == SUBSCRIBE + 3)
        old->left = true;
}

/* -- an answer, as the script has it ------------------------------------------------------------
 */

struct reply {
    const char *status, *type;
    struct text body;
    bool chunked;
};
static struct reply reply;

static void make_right(struct line *line, size_t number)
{
    static struct text envelope;
    char id[128];

    text_of(line->in, line->got, "MessageID", id, sizeof id);
    memset(&envelope, 0, sizeof envelope.length + 1);
    reply.status = "200 OK";
    reply.type = "application/soap+xml";
    reply.body.length = 0;
    if (number == RETRIEVE && pages_left == 0) {
        put_fault(&reply.body, "ClientErrorNoImagesAvailable", id);
        reply.status = "400 Bad Request";
    } else if (number == RETRIEVE) {
        put_answer(&envelope, number, id);
        put_image(&reply.body, &envelope);
        reply.type =
            "multipart/related; boundary=b; type=\"application/xop+xml\"; start=\"<root>\"";
        pages_left--;
    } else {
        put_answer(&reply.body, number, id);
    }
    line->granted = number == SUBSCRIBE && n_granted < SUBSCRIPTIONS ? (int)n_granted++ : -1;
}

static void put_reply(struct line *line)
{
    put(&line->out, "HTTP/1.1 %s\r\nContent-Type: %s\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n",
        reply.status, reply.type);
    if (!reply.chunked) {
        put(&line->out, "Content-Length: %zu\r\n\r\n", reply.body.length);
        put_bytes(&line->out, reply.body.bytes, reply.body.length);
        return;
    }
    put(&line->out, "Transfer-Encoding: chunked\r\n\r\n");
    for (size_t at = 0; at < reply.body.length;) {
        size_t size = 1 + take() * 16u + 400;

        size = size < reply.body.length - at ? size : reply.body.length - at;
        put(&line->out, "%zx\r\n", size);
        put_bytes(&line->out, reply.body.bytes + at, size);
        put(&line->out, "\r\n");
        at += size;
    }
    put(&line->out, "0\r\n\r\n");
}

/* Spoils what would have been the right answer. True if it is still as good. */
static bool spoil(struct line *line, unsigned how)
{
    switch (how) {
    case 3:
        edit(&reply.body);
        return false;
    case 4:
        reply.body.length = 0;
        put_answer(&reply.body, choose(ANSWERS), "urn:uuid:x");
        return false;
    case 5:
        reply.body.length = 0;
        reply.type = "application/soap+xml";
        put_fault(&reply.body, faults[choose(sizeof faults / sizeof *faults)], "");
        reply.status = choose(2) ? "200 OK" : "400 Bad Request";
        return false;
    case 10:
        reply.status = status_lines[choose(sizeof status_lines / sizeof *status_lines)];
        return false;
    case 12:
        reply.body.length = 0;
        for (unsigned n = take(); n > 0; n--)
            put(&reply.body, "%s", edit_words[choose(sizeof edit_words / sizeof *edit_words)]);
        return false;
    case 13:
        put(&line->out, "HTTP/1.1 100 Continue\r\n\r\n");
        return true;
    default:
        return true;
    }
}

/* How it goes out. True if it arrives as a whole and in time. */
static bool transport(struct line *line, unsigned how)
{
    switch (how) {
    case 2:
        line->piece = 1 + take() * 8u + 256;
        line->pause = delays[choose(16)];
        slack += line->pause * (unsigned)(line->out.length / line->piece + 1);
        return line->pause < 10000;
    case 6:
        line->cut = take_two() % (line->out.length + 1);
        line->after = CLOSE;
        return false;
    case 7:
        line->cut = take_two() % (line->out.length + 1);
        line->after = SILENCE;
        return false;
    case 8:
        line->cut = 0;
        line->after = SILENCE;
        return false;
    case 9:
        line->cut = 0;
        line->after = CLOSE;
        return false;
    case 11:
        edit(&line->out);
        line->cut = line->out.length;
        return false;
    case 14:
        put(&line->out, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        line->cut = line->out.length;
        return true;
    case 15:
        line->due = clock_ms + delays[choose(16)];
        slack += (uint32_t)(line->due - clock_ms);
        return line->due - clock_ms < 9000;
    default:
        return true;
    }
}

static void answer(struct line *line)
{
    size_t number = answer_to(line->in, line->got);
    unsigned how = choose(16);
    bool close_after = has(line->in, line->got, "Connection: close");

    note(line, number);
    line->asked = true;
    line->out.length = line->from = 0;
    line->due = clock_ms;
    line->pause = 0;
    line->piece = sizeof line->out.bytes;
    line->after = close_after ? CLOSE : KEEP;
    make_right(line, number);
    show("%llu: %s, answered %u", (unsigned long long)clock_ms, answers[number].action, how);
    reply.chunked = how == 1;
    bool good = spoil(line, how);
    put_reply(line);
    line->cut = line->out.length;
    good = transport(line, how) && good;
    exact = exact && good;
    if (line->granted >= 0)
        granted[line->granted].live = good;
    else if (!good)
        excused = true; /* a Renew or Unsubscribe whose answer is lost is another story */
}

/* -- serving ---------------------------------------------------------------------------------- */

static void hang_up(struct line *line)
{
    close(line->fd);
    line->fd = -1;
}

static bool request_is_whole(struct line *line)
{
    const char *end, *length;

    line->in[line->got] = '\0';
    end = strstr(line->in, "\r\n\r\n");
    length = strstr(line->in, "Content-Length: ");
    return end && length &&
           line->got >= (size_t)(end + 4 - line->in) + strtoul(length + 16, NULL, 10);
}

static bool serve_reading(struct line *line)
{
    ssize_t got = recv(line->fd, line->in + line->got, sizeof line->in - 1 - line->got, 0);

    if (got == 0 || (got < 0 && errno != EAGAIN)) {
        hang_up(line);
        return true;
    }
    if (got < 0)
        return false;
    line->got += (size_t)got;
    require(line->got < sizeof line->in - 1, "a request is not that long");
    if (!line->asked && request_is_whole(line))
        answer(line);
    return true;
}

static bool serve_writing(struct line *line)
{
    size_t size = line->cut - line->from;

    if (!line->asked || clock_ms < line->due || line->due == UINT64_MAX)
        return false;
    size = size < line->piece ? size : line->piece;
    ssize_t sent = size ? send(line->fd, line->out.bytes + line->from, size, MSG_NOSIGNAL) : 0;
    if (sent < 0) {
        if (errno == EAGAIN)
            return false;
        hang_up(line);
        return true;
    }
    line->from += (size_t)sent;
    line->due = clock_ms + line->pause;
    if (line->from < line->cut)
        return true;
    if (line->after == CLOSE) {
        hang_up(line);
    } else if (line->after == SILENCE) {
        line->due = UINT64_MAX;
    } else {
        line->asked = false;
        line->got = 0;
    }
    return true;
}

static bool serve(void)
{
    bool worked = false;

    for (size_t i = 0; i < LINES; i++) {
        if (lines[i].fd >= 0)
            worked = serve_reading(&lines[i]) || worked;
        if (lines[i].fd >= 0)
            worked = serve_writing(&lines[i]) || worked;
    }
    return worked;
}

/* -- datagrams -------------------------------------------------------------------------------- */

static void net_datagram_sent(size_t number, const struct sockaddr_in *to, const void *bytes,
                              size_t size)
{
    static struct text text;
    struct net_envelope envelope = {htonl(INADDR_LOOPBACK), 3702, 0, 1};
    size_t asked = answer_to(bytes, size);
    unsigned how = choose(8);
    char id[128];

    (void)to;
    if (asked < HELLO - 2)
        return;
    text.length = 0;
    text_of(bytes, size, "MessageID", id, sizeof id);
    put_answer(&text, how == 3 ? choose(ANSWERS) : asked, how == 4 ? "urn:uuid:y" : id);
    if (how == 1)
        edit(&text);
    if (how == 5)
        envelope.from = htonl(0xc0000201 + choose(3));
    if (how == 6)
        text.length = take_two() % (text.length + 1);
    if (how != 2)
        net_datagram(number, &envelope, text.bytes, text.length);
    if (how == 7) /* many of them */
        for (unsigned i = 0; i < 40; i++) {
            edit_once(&text);
            net_datagram(number, &envelope, text.bytes, text.length);
        }
}

static void announce(size_t which)
{
    static struct text text;
    struct net_envelope envelope = {htonl(INADDR_LOOPBACK), 3702, 1, 1};

    text.length = 0;
    put_answer(&text, which, "");
    if (choose(2))
        edit(&text);
    for (size_t i = 0; i < net_n_sockets; i++)
        net_datagram(i, &envelope, text.bytes, text.length);
}

#endif
