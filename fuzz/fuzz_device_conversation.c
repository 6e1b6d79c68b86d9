/* SPDX-License-Identifier: MIT */
/*
 * A device against clients that the input plays: searches, requests, subscriptions, jobs, images,
 * their faults and their ends; and against who stands before it: the button, covers, the plug.
 *
 * Each step of the input is an operation on a device with its sockets: a request that is right, or
 * edited, cut, in pieces, on a connection that is kept, closed or never read; a datagram; time; a
 * hand at the panel; what the sinks of events answer; what the scanner behind it does. What must
 * hold: who sent a whole request and listens gets one whole answer, and it decodes; what is said to
 * sinks is whole; when everybody has gone, no job is open, each that was begun has ended, no
 * subscription outlives its time, and no descriptor and no memory is left behind.
 */
#include "device_messages.h"
#include "eventing/messages.h"
#include "scan/schema.h"
#include "scanner.h"
#include "soap/envelope.h"

enum { LINES = 8, SINKS = 24, MINUTE = 60000, HOUR = 60 * MINUTE, ANSWER_SIZE = 262144 };

/* -- the device, and the scanner behind it ----------------------------------------------------- */

static struct device {
    struct wsd_context *context;
    struct wsd_host *host;
    struct wsd_device *device;
    struct wsd_scan_service *service;
    char path[128]; /* of its URL */
    uint16_t port;
    unsigned begun, ended;
    bool refuses;
    unsigned pages, wait, fail; /* images left; reads until it waits or fails, 0: never */
    size_t left;                /* of the image */
    int32_t last_condition, last_job;
} device;

static int scanner_begin(void *user, struct wsd_scan_job_info *job)
{
    (void)user;
    require(job->parameters && job->ticket, "a job is decided when it begins");
    if (device.refuses)
        return -1;
    device.begun++;
    device.last_job = job->id;
    return 0;
}

static int scanner_next(void *user, struct wsd_scan_job_info *job, unsigned number,
                        const char **ret_type)
{
    (void)user, (void)job, (void)number;
    *ret_type = "image/png";
    if (device.pages == 0)
        return 0;
    device.pages--;
    device.left = 5000;
    return 1;
}

static ssize_t scanner_read(void *user, struct wsd_scan_job_info *job, void *buffer, size_t size)
{
    (void)user, (void)job;
    if (device.wait && --device.wait == 0)
        return WSD_SCANNER_WAIT;
    if (device.fail && --device.fail == 0)
        return WSD_SCANNER_FAILED;
    size = size < device.left ? size : device.left;
    size = size < 1000 ? size : 1000;
    memset(buffer, 'i', size);
    device.left -= size;
    return (ssize_t)size;
}

static void scanner_end(void *user, struct wsd_scan_job_info *job, int state)
{
    (void)user, (void)job;
    device.ended++;
    require(state != WSD_SCAN_JOB_STATE_PROCESSING, "a job ends in an end state");
}

static void make_device(void)
{
    struct wsd_host_options host = WSD_HOST_OPTIONS_INIT;
    struct wsd_device_options options = WSD_DEVICE_OPTIONS_INIT;
    struct wsd_scan_service_options service = WSD_SCAN_SERVICE_OPTIONS_INIT;
    struct wsd_error error = {0};

    host.address = "127.0.0.1";
    require(wsd_host_new(device.context, &host, &device.host, &error) == 0, error.message);
    options.endpoint = EPR;
    options.friendly_name = "Fuzzed";
    options.manufacturer = options.model_name = "x";
    options.instance_id = 1;
    require(wsd_device_new(device.host, &options, &device.device, &error) == 0, error.message);
    service.description = &description;
    service.configuration = &configuration;
    service.default_ticket = &ticket;
    service.scanner = (struct wsd_scanner){.size = sizeof service.scanner,
                                           .begin = scanner_begin,
                                           .next_image = scanner_next,
                                           .read = scanner_read,
                                           .end = scanner_end};
    require(wsd_scan_service_new(device.device, &service, &device.service, &error) == 0,
            error.message);
    require(wsd_device_start(device.device, &error) == 0, error.message);
    device.port = wsd_host_port(device.host);
    snprintf(device.path, sizeof device.path, "%s",
             strchr(wsd_device_url(device.device) + strlen("http://"), '/'));
    device.pages = 2;
}

/* -- sinks ------------------------------------------------------------------------------------ */

enum sink_habit { TAKES, REFUSES, FORGETS, FAILS, HANGS, CLOSES, BABBLES, HABITS };

static struct sink_line {
    int fd; /* -1: free */
    enum sink_habit habit;
    size_t got;
    char in[32768];
} sinks[SINKS];
static enum sink_habit habit;
static unsigned n_events;

static int net_connected(int fd, const struct sockaddr_in *to)
{
    require(to->sin_addr.s_addr == htonl(INADDR_LOOPBACK), "events go to the subscriber's host");
    for (size_t i = 0; i < SINKS && habit != REFUSES; i++)
        if (sinks[i].fd < 0) {
            sinks[i].fd = dup(fd);
            sinks[i].habit = habit;
            sinks[i].got = 0;
            close(fd);
            return 0;
        }
    return ECONNREFUSED;
}

static void sink_close(struct sink_line *sink)
{
    close(sink->fd);
    sink->fd = -1;
}

/* One event is there as a whole: it is looked at, and answered. */
static void sink_answer(struct sink_line *sink, const char *body, size_t size)
{
    static const char *const answers[HABITS] = {
        [TAKES] = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n",
        [FORGETS] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        [FAILS] = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
        [BABBLES] =
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 302 There\r\nLocation: http://x/\r\n\r\n",
    };
    const struct wsd__envelope *event = NULL;
    char scan[64];

    require(has(sink->in, sink->got, "POST /"), "an event is posted");
    require(wsd__envelope_decode(device.context, &wsd__type_scan_body, body, size, 0, &event,
                                 NULL) == 0,
            "an event decodes");
    wsd_free(event);
    n_events++;
    show("event: %.*s", (int)size, body);
    text_of(body, size, ":ScanIdentifier", scan, sizeof scan);
    if (*scan)
        memcpy(known.scan, scan, sizeof scan);
    if (answers[sink->habit])
        send(sink->fd, answers[sink->habit], strlen(answers[sink->habit]), MSG_NOSIGNAL);
    if (sink->habit != HANGS)
        sink_close(sink);
}

static bool serve_sink(struct sink_line *sink)
{
    ssize_t got = recv(sink->fd, sink->in + sink->got, sizeof sink->in - 1 - sink->got, 0);
    const char *end, *length;

    if (got <= 0) {
        if (got < 0 && errno == EAGAIN)
            return false;
        sink_close(sink);
        return true;
    }
    sink->got += (size_t)got;
    sink->in[sink->got] = '\0';
    end = strstr(sink->in, "\r\n\r\n");
    length = strstr(sink->in, "Content-Length: ");
    if (end && length) {
        size_t size = strtoul(length + 16, NULL, 10);

        if (sink->got >= (size_t)(end + 4 - sink->in) + size)
            sink_answer(sink, end + 4, size);
    }
    return true;
}

/* -- clients ---------------------------------------------------------------------------------- */

static struct line {
    int fd;        /* -1: free */
    bool deaf;     /* does not read */
    bool honest;   /* all that was sent was whole and true HTTP */
    uint64_t used; /* when something was sent on it */
    unsigned owed; /* answers that are to come */
    size_t got;
    char *in; /* ANSWER_SIZE */
} lines[LINES];

static void hang_up(struct line *line)
{
    close(line->fd);
    free(line->in);
    *line = (struct line){.fd = -1};
}

/* The answer decodes, as what it is. */
static void check_body(const char *body, size_t size)
{
    const struct wsd__envelope *answer = NULL;
    struct wsd_error error = {0};

    if (wsd__envelope_decode(device.context, &wsd__type_scan_body, body, size, 0, &answer, &error) <
        0)
        fprintf(stderr, "%s\n%.*s\n", error.message, (int)size, body);
    require(answer != NULL, "an answer decodes");
    wsd_free(answer);
}

static void learn(const char *body, size_t size)
{
    struct known new;

    text_of(body, size, ":JobToken", new.token, sizeof new.token);
    text_of(body, size, ":JobId", new.job, sizeof new.job);
    text_of(body, size, "wse:Identifier", new.subscription, sizeof new.subscription);
    text_of(body, size, ":DestinationToken", new.destination, sizeof new.destination);
    if (*new.token) {
        memcpy(known.token, new.token, sizeof new.token);
        memcpy(known.job, new.job, sizeof new.job);
    }
    if (*new.subscription && has(body, size, "SubscribeResponse>"))
        memcpy(known.subscription, new.subscription, sizeof new.subscription);
    if (*new.destination)
        memcpy(known.destination, new.destination, sizeof new.destination);
}

/* Takes the first answer off what has come, if it is there as a whole. */
static bool take_answer(struct line *line)
{
    char *end = memmem(line->in, line->got, "\r\n\r\n", 4);
    size_t head = end ? (size_t)(end + 4 - line->in) : 0, size = 0;
    char value[32];

    if (!end)
        return false;
    require(memcmp(line->in, "HTTP/1.1 ", 9) == 0, "an answer is HTTP");
    int status = atoi(line->in + 9);
    value_after(line->in, head, "Content-Length: ", value, sizeof value);
    if (has(line->in, head, "chunked")) {
        char *last = memmem(end, line->got - head + 4, "\r\n0\r\n\r\n", 7);
        if (!last)
            return false;
        size = (size_t)(last + 7 - line->in) - head;
        require(memmem(line->in + head, size, "--", 2) != NULL, "an image is multipart");
    } else if (!*value) {
        return false; /* to HTTP/1.0: its end is that of the connection */
    } else {
        size = strtoul(value, NULL, 10);
        if (line->got < head + size)
            return false;
        show("answer on %td: %.*s", line - lines, (int)(head + size), line->in);
        learn(line->in + head, size);
        if (has(line->in, head, "soap+xml"))
            check_body(line->in + head, size);
    }
    memmove(line->in, line->in + head + size, line->got - head - size);
    line->got -= head + size;
    if (status >= 200 && line->owed)
        line->owed--;
    return true;
}

static bool serve_line(struct line *line)
{
    if (line->deaf)
        return false;
    ssize_t got = recv(line->fd, line->in + line->got, ANSWER_SIZE - line->got, 0);
    if (got < 0 && errno == EAGAIN)
        return false;
    if (got <= 0) {
        hang_up(line);
        return true;
    }
    line->got += (size_t)got;
    require(line->got < ANSWER_SIZE, "answers have an end");
    while (take_answer(line)) {
    }
    return true;
}

static struct line *pick_line(bool fresh)
{
    struct line *line = &lines[choose(LINES)];

    if (fresh && line->fd >= 0)
        hang_up(line);
    if (line->fd < 0) {
        int fd = net_call(device.port);

        if (fd < 0)
            return NULL;
        *line =
            (struct line){.fd = fd, .honest = true, .used = clock_ms, .in = malloc(ANSWER_SIZE)};
    }
    if (clock_ms - line->used > MINUTE / 3) /* the device need not keep it */
        line->honest = false;
    line->used = clock_ms;
    return line;
}

/* -- turns ------------------------------------------------------------------------------------- */

static void settle(void)
{
    bool worked = true;

    for (unsigned turns = 0; worked; turns++) {
        require(turns < 10000, "it comes to rest");
        worked = net_dispatch(device.context);
        for (size_t i = 0; i < LINES; i++)
            worked = (lines[i].fd >= 0 && serve_line(&lines[i])) || worked;
        for (size_t i = 0; i < SINKS; i++)
            worked = (sinks[i].fd >= 0 && serve_sink(&sinks[i])) || worked;
    }
}

/* Time goes by, from one thing that is due to the next. */
static void pass(uint64_t milliseconds)
{
    uint64_t until = clock_ms + milliseconds;

    for (unsigned turns = 0; clock_ms < until; turns++) {
        settle();
        int wait = wsd_context_timeout(device.context);
        uint64_t next = wait >= 0 ? clock_ms + (uint64_t)wait : until;

        next = next > clock_ms ? next : clock_ms + 1;
        clock_ms = next < until && turns < 5000 ? next : until;
    }
    settle();
}

/* -- operations -------------------------------------------------------------------------------- */

static void send_all(struct line *line, const struct text *text, size_t from, size_t to)
{
    if (from < to &&
        send(line->fd, text->bytes + from, to - from, MSG_NOSIGNAL) != (ssize_t)(to - from))
        line->honest = false;
}

static void put_http(struct text *out, unsigned which, const struct text *body, unsigned how)
{
    bool service = which < PROBE;

    put(out,
        "POST %s%s HTTP/1.%d\r\nHost: 127.0.0.1\r\nContent-Type: application/soap+xml\r\n"
        "User-Agent: WSDAPI\r\nConnection: %s\r\n",
        device.path, service ? "/scan" : "", how == 7 ? 0 : 1, how & 1 ? "close" : "Keep-Alive");
    if (how != 6) {
        put(out, "Content-Length: %zu\r\n\r\n", body->length);
        put_bytes(out, body->bytes, body->length);
        return;
    }
    put(out, "Transfer-Encoding: chunked\r\n\r\n");
    size_t half = body->length / 2;
    put(out, "%zx\r\n", half ? half : body->length);
    put_bytes(out, body->bytes, half ? half : body->length);
    if (half) {
        put(out, "\r\n%zx\r\n", body->length - half);
        put_bytes(out, body->bytes + half, body->length - half);
    }
    put(out, "\r\n0\r\n\r\n");
}

static void request(bool fresh)
{
    static struct text body, http;
    unsigned which = choose(REQUESTS), how = choose(12);
    struct line *line = pick_line(fresh);

    if (!line)
        return;
    body.length = http.length = 0;
    put_message(&body, which);
    if (how == 2 || how == 3)
        edit(&body);
    if (body.length == 0)
        put(&body, "x");
    put_http(&http, which, &body, how);
    if (how == 4)
        edit(&http);
    if (how == 4 || http.length == sizeof http.bytes - 1) /* it did not fit */
        line->honest = false;
    show("%llu: request %u, %u, on %td: %.*s", (unsigned long long)clock_ms, which, how,
         line - lines, (int)body.length, body.bytes);
    size_t cut = how >= 8 && how <= 10 ? take_two() % (http.length + 1) : http.length;
    if (how == 7)
        line->honest = false;
    if (how & 1)
        line->honest = line->honest && line->owed == 0;
    line->owed++;
    send_all(line, &http, 0, cut);
    if (how == 8) {
        hang_up(line);
    } else if (how == 9) {
        settle();
        pass(choose(4) * 1000u);
        if (line->fd >= 0)
            send_all(line, &http, cut, http.length);
    } else if (how == 10) {
        line->honest = false;
    }
    if (how == 11) { /* one on the heels of the other */
        send_all(line, &http, 0, http.length);
        line->owed++;
    }
}

static void datagram(void)
{
    static struct text text;
    struct net_envelope envelope = {htonl(INADDR_LOOPBACK), 4000, 1, 1};
    unsigned which = PROBE + choose(REQUESTS - PROBE), how = choose(8);

    text.length = 0;
    put_message(&text, which);
    if (how == 1)
        edit(&text);
    if (how == 2)
        text.length = take_two() % (text.length + 1);
    if (how == 3)
        envelope.from = htonl(0xc0000201);
    if (how == 4)
        envelope.multicast = 0;
    for (unsigned n = how == 5 ? 30 : how == 6 ? 2 : 1; n > 0; n--)
        net_datagram(choose(4) % (net_n_sockets ? net_n_sockets : 1), &envelope, text.bytes,
                     text.length);
}

static void net_datagram_sent(size_t number, const struct sockaddr_in *to, const void *bytes,
                              size_t size)
{
    (void)number, (void)to;
    require(size < 32768 && has(bytes, size, "Envelope>"), "a datagram is whole");
}

static void press(void)
{
    const struct wsd_scan_panel *panel = NULL;

    require(wsd_scan_service_panel(device.service, &panel, NULL) == 0, "the panel can be read");
    if (panel->n_entries)
        wsd_scan_service_press(device.service,
                               panel->entries[choose((unsigned)panel->n_entries)].number,
                               (int)choose(4), NULL);
    wsd_free(panel);
}

static void hand_at_the_device(unsigned what)
{
    switch (what) {
    case 0:
        press();
        break;
    case 1:
        device.last_condition = wsd_scan_service_condition(device.service, (int)choose(12),
                                                           (int)choose(6), (int)choose(4));
        break;
    case 2:
        wsd_scan_service_clear(device.service, device.last_condition);
        break;
    case 3:
        wsd_scan_service_busy(device.service, (enum wsd_scan_busy)choose(3));
        break;
    case 4:
        wsd_scan_service_resume(device.service, device.last_job);
        break;
    case 5:
        wsd_scan_service_cancel(device.service, device.last_job);
        break;
    case 6:
        require(wsd_device_reboot(device.device, NULL) == 0, "it starts again");
        break;
    default:
        require(wsd_scan_service_change(device.service, &description, &configuration, &ticket,
                                        NULL) == 0,
                "it changes");
        break;
    }
}

static void step(void)
{
    static const uint32_t times[] = {1,       50,       300,   1100,   5000,    11000,
                                     31000,   59000,    61000, 130000, 1000000, 3600000,
                                     7300000, 90000000, 10,    2};
    struct line *line;

    switch (choose(12)) {
    case 0:
    case 1:
        request(true);
        break;
    case 2:
        request(false);
        break;
    case 3:
        datagram();
        break;
    case 4:
    case 5:
        pass(times[choose(16)]);
        break;
    case 6:
    case 7:
        hand_at_the_device(choose(8));
        break;
    case 8:
        line = &lines[choose(LINES)];
        if (line->fd >= 0)
            hang_up(line);
        break;
    case 9:
        habit = (enum sink_habit)choose(HABITS);
        break;
    case 10:
        device.refuses = choose(2);
        device.pages = choose(4);
        device.wait = choose(8);
        device.fail = choose(8);
        break;
    default:
        line = &lines[choose(LINES)];
        if (line->fd >= 0)
            line->deaf = !line->deaf, line->honest = false; /* nor for one who does not read */
        break;
    }
    settle();
}

/* -- the end ----------------------------------------------------------------------------------- */

static bool is_owed(const struct line *line)
{
    return line->fd >= 0 && line->honest && !line->deaf && line->owed > 0;
}

/* The system may take its time to hand over what was sent, however little that is. */
static void wait_for_answers(void)
{
    for (size_t i = 0; i < LINES; i++)
        for (int tries = 0; tries < 100 && is_owed(&lines[i]); tries++) {
            struct pollfd both[2] = {{.fd = lines[i].fd, .events = POLLIN},
                                     {.fd = wsd_context_fd(device.context), .events = POLLIN}};

            poll(both, 2, 20);
            settle();
        }
}

/* Who was honest and listens has had all answers; then everybody goes. */
static void everybody_goes(void)
{
    device.wait = device.fail = 0;
    device.pages = 0;
    wsd_scan_service_resume(device.service, device.last_job);
    settle();
    wait_for_answers();
    for (size_t i = 0; i < LINES; i++)
        if (lines[i].fd >= 0) {
            require(!is_owed(&lines[i]), "each whole request has its answer");
            hang_up(&lines[i]);
        }
    pass(3 * MINUTE);
}

static void nothing_is_left(void)
{
    static struct text body, http;
    struct line *line = pick_line(true);
    struct wsd_event_counters events;

    require(line != NULL, "it listens still");
    body.length = http.length = 0;
    put_scan(&body, "GetActiveJobs", "");
    put_http(&http, 6, &body, 0);
    line->owed = 1;
    send_all(line, &http, 0, http.length);
    for (int i = 0; i < 100 && line->got == 0; i++) {
        struct pollfd ready = {.fd = wsd_context_fd(device.context), .events = POLLIN};

        poll(&ready, 1, 20);
        net_dispatch(device.context);
        ssize_t got = recv(line->fd, line->in, ANSWER_SIZE, 0);
        line->got = got > 0 ? (size_t)got : 0;
    }
    require(has(line->in, line->got, "GetActiveJobsResponse"), "it answers still");
    require(!has(line->in, line->got, "JobSummary"), "no job is left open");
    hang_up(line);
    require(device.begun == device.ended, "each job that was begun has ended");
    habit = REFUSES;
    pass(25 * HOUR);
    events = wsd_scan_service_events(device.service);
    require(events.subscribers == 0, "no subscription outlives its time");
    require(events.sent <= events.delivered + events.failed + events.dropped,
            "each event has its end");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    memset(&device, 0, sizeof device);
    memset(&known, 0, sizeof known);
    memcpy(known.job, "1", 2);
    habit = TAKES;
    message_number = 0;
    for (size_t i = 0; i < LINES; i++)
        lines[i] = (struct line){.fd = -1};
    for (size_t i = 0; i < SINKS; i++)
        sinks[i].fd = -1;
    device.context = conversation_begin(data, size);
    make_device();
    settle();
    for (unsigned steps = 0; !script_over() && steps < 100; steps++)
        step();
    everybody_goes();
    nothing_is_left();
    wsd_device_free(device.device);
    settle();
    pass(15000);
    wsd_host_free(device.host);
    conversation_end(device.context);
    for (size_t i = 0; i < SINKS; i++)
        if (sinks[i].fd >= 0)
            sink_close(&sinks[i]);
    for (size_t i = 0; i < LINES; i++)
        if (lines[i].fd >= 0)
            hang_up(&lines[i]);
    return 0;
}
