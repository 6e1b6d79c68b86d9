/* SPDX-License-Identifier: MIT */
/* A POST of which only the status counts, against answers of all kinds. */
#include "peer.h"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <wsd/error.h>

#include "core/limits.h"
#include "soap/http_notify.h"

struct outcome {
    unsigned ends;
    int http_status, code;
};

static void done(void *user, int http_status, const struct wsd_error *error)
{
    struct outcome *outcome = user;

    outcome->ends++;
    outcome->http_status = http_status;
    outcome->code = error ? error->code : 0;
    assert_int_equal(http_status == 0, error != NULL);
}

static struct outcome notify(const char *url, const char *body, size_t size)
{
    struct wsd_context *context = NULL;
    struct outcome outcome = {0};
    struct wsd__http_notify *call = NULL;
    struct wsd_error error = {0};
    struct wsd__http_notice notice = {
        .url = url, .body = body, .size = size, .user = &outcome, .done = done};

    assert_int_equal(wsd_context_new(NULL, &context, NULL), 0);
    if (wsd__http_notify(context, &notice, &call, &error) < 0) {
        outcome.code = error.code;
        assert_true(error.message[0]);
    } else {
        assert_int_equal(outcome.ends, 0); /* not from within */
        while (outcome.ends == 0)
            assert_int_equal(wsd_context_wait(context, 10000, NULL), 0);
    }
    wsd_context_free(context);
    assert_true(outcome.ends <= 1);
    return outcome;
}

/* A sink that answers with these bytes as they are, in pieces of `piece`. */
struct raw {
    int listener;
    pthread_t thread;
    const char *bytes;
    size_t piece;
    char url[64];
    char request[65536];
};

static void *raw_run(void *user)
{
    struct raw *raw = user;
    int fd = accept(raw->listener, NULL, NULL);
    size_t size = strlen(raw->bytes), n;

    peer_read_request(fd, raw->request, sizeof raw->request);
    for (size_t at = 0; at < size; at += n) {
        n = size - at < raw->piece ? size - at : raw->piece;
        if (!peer_send(fd, raw->bytes + at, n))
            break;
    }
    close(fd);
    return NULL;
}

/* False where the port is not ours to take. */
static bool listen_at(struct raw *raw, uint32_t host, uint16_t port, struct sockaddr_in *ret)
{
    socklen_t size = sizeof *ret;
    int on = 1;

    *ret = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(host)};
    raw->listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(raw->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(raw->listener, (struct sockaddr *)ret, size) < 0) {
        close(raw->listener);
        return false;
    }
    assert_int_equal(listen(raw->listener, 4), 0);
    assert_int_equal(getsockname(raw->listener, (struct sockaddr *)ret, &size), 0);
    return true;
}

static struct outcome answered(struct raw *raw, const char *bytes, size_t piece)
{
    struct sockaddr_in address;
    struct outcome outcome;

    *raw = (struct raw){.bytes = bytes, .piece = piece};
    assert_true(listen_at(raw, INADDR_LOOPBACK, 0, &address));
    snprintf(raw->url, sizeof raw->url, "http://127.0.0.1:%u/a/b?c=d", ntohs(address.sin_port));
    assert_int_equal(pthread_create(&raw->thread, NULL, raw_run, raw), 0);
    outcome = notify(raw->url, "<body/>", 7);
    pthread_join(raw->thread, NULL);
    close(raw->listener);
    return outcome;
}

static void test_answers_of_all_kinds(void **state)
{
    static const struct {
        const char *bytes;
        int http_status, code;
    } cases[] = {
        {"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", 202, 0},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, 0},
        {"HTTP/1.0 204\r\n\r\n", 204, 0},
        {"HTTP/1.1 202 Accepted\n\n", 202, 0},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nA: b\r\n\r\n", 202, 0},
        {"HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:1/\r\n\r\n", 307, 0},
        {"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", 500, 0},
        {"HTTP/1.1 202 Accepted\r\nServer", 202, 0}, /* the status has come */
        {"HTTP/1.1 20", 0, WSD_E_EMPTY},
        {"", 0, WSD_E_EMPTY},
        {"rubbish\r\n\r\n", 0, WSD_E_EMPTY},
        {"HTTP/1.1 2x2 A\r\n\r\n", 0, WSD_E_EMPTY},
        {"HTTP/2.0 202 A\r\n\r\n", 0, WSD_E_EMPTY},
        {"HTTP/1.10 202 A\r\n\r\n", 0, WSD_E_EMPTY},
        {"HTTP/1.1 2", 0, WSD_E_EMPTY},
        {"HTTP/1.1 100 Continue\r\n\r\n", 0, WSD_E_EMPTY},
    };
    static const size_t pieces[] = {1, 7, 1000};
    static struct raw raw;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t p = 0; p < 3; p++) {
            struct outcome outcome = answered(&raw, cases[i].bytes, pieces[p]);

            if (outcome.http_status != cases[i].http_status || outcome.code != cases[i].code)
                fail_msg("%s: %d, %s", cases[i].bytes, outcome.http_status,
                         wsd_error_name(outcome.code));
        }
}

static void test_request_is_like_that_of_windows(void **state)
{
    static struct raw raw;
    char host[64];

    (void)state;
    answered(&raw, "HTTP/1.1 202 A\r\n\r\n", 1000);
    assert_int_equal(strncmp(raw.request, "POST /a/b?c=d HTTP/1.1\r\n", 24), 0);
    snprintf(host, sizeof host, "\r\nHost: %.*s\r\n", (int)strcspn(raw.url + 7, "/"), raw.url + 7);
    assert_non_null(strstr(raw.request, host));
    assert_non_null(strstr(raw.request, "\r\nContent-Type: application/soap+xml\r\n"));
    assert_non_null(strstr(raw.request, "\r\nUser-Agent: WSDAPI\r\n"));
    assert_non_null(strstr(raw.request, "\r\nContent-Length: 7\r\n"));
    assert_non_null(strstr(raw.request, "\r\n\r\n<body/>"));
}

static void test_default_port_is_left_out_of_host(void **state)
{
    static const char *const urls[] = {"http://127.77.0.2/a", "http://127.77.0.2:80/a"};
    static struct raw raw;
    struct sockaddr_in address;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        raw = (struct raw){.bytes = "HTTP/1.1 202 A\r\n\r\n", .piece = 100};
        if (!listen_at(&raw, 0x7f4d0002, 80, &address))
            skip(); /* low ports are not for everybody */
        assert_int_equal(pthread_create(&raw.thread, NULL, raw_run, &raw), 0);
        assert_int_equal(notify(urls[i], "", 0).http_status, 202);
        pthread_join(raw.thread, NULL);
        close(raw.listener);
        assert_non_null(strstr(raw.request, "\r\nHost: 127.77.0.2\r\n"));
    }
}

static void test_header_lines_without_end_have_a_bound(void **state)
{
    char *line = malloc(WSD_MAX_HTTP_HEADERS + 100);
    static struct raw raw;
    struct outcome outcome;

    (void)state;
    assert_non_null(line);
    memset(line, 'x', WSD_MAX_HTTP_HEADERS + 99);
    line[WSD_MAX_HTTP_HEADERS + 99] = '\0';
    outcome = answered(&raw, line, 4096);
    assert_int_equal(outcome.code, WSD_E_LIMIT);
    free(line);
}

/* A network of our own in which little is taken from a socket at a time. */
static bool enter_narrow_network(void)
{
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return false;
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    bool up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    FILE *file = fopen("/proc/sys/net/ipv4/tcp_wmem", "w");

    close(fd);
    if (!file)
        return false;
    bool written = fprintf(file, "4096 4096 4096\n") > 0;
    return fclose(file) == 0 && written && up;
}

enum { LARGE = 250000 };

/* Takes all of a large request; returns what came of its body. */
static void *take_large(void *user)
{
    struct raw *raw = user;
    int fd = accept(raw->listener, NULL, NULL);
    char *bytes = malloc(LARGE + 4096);
    size_t size = 0;

    assert_non_null(bytes);
    for (ssize_t n = 1; n > 0 && (size < LARGE || bytes[size - 1] != 'e'); size += (size_t)n) {
        n = read(fd, bytes + size, LARGE + 4095 - size);
        if (n < 0)
            break;
    }
    bytes[size] = '\0';
    peer_send(fd, raw->bytes, strlen(raw->bytes));
    close(fd);
    return bytes;
}

static void test_large_message_goes_in_pieces(void **state)
{
    static struct raw raw = {.bytes = "HTTP/1.1 202 Accepted\r\n\r\n"};
    struct sockaddr_in address;
    char *body = malloc(LARGE);
    void *came = NULL;

    (void)state;
    assert_non_null(body);
    if (!enter_narrow_network()) {
        free(body);
        skip();
    }
    memset(body, 'b', LARGE);
    body[LARGE - 1] = 'e';
    assert_true(listen_at(&raw, INADDR_LOOPBACK, 0, &address));
    snprintf(raw.url, sizeof raw.url, "http://127.0.0.1:%u/", ntohs(address.sin_port));
    assert_int_equal(pthread_create(&raw.thread, NULL, take_large, &raw), 0);
    assert_int_equal(notify(raw.url, body, LARGE).http_status, 202);
    pthread_join(raw.thread, &came);
    assert_memory_equal(strstr(came, "\r\n\r\n") + 4, body, LARGE);
    close(raw.listener);
    free(came);
    free(body);
}

static void test_nobody_there_is_a_network_error(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char url[64];

    (void)state;
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", ntohs(address.sin_port));
    assert_int_equal(notify(url, "", 0).code, WSD_E_NETWORK);
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", ntohs(address.sin_port));
    assert_int_equal(notify(url, "", 0).code, WSD_E_NETWORK);
    close(fd);
}

static void test_names_and_other_schemes_are_not_taken(void **state)
{
    (void)state;
    assert_int_equal(notify("http://localhost/", "", 0).code, WSD_E_INVALID);
    assert_int_equal(notify("rubbish", "", 0).code, WSD_E_INVALID);
    assert_int_equal(notify("ftp://127.0.0.1/", "", 0).code, WSD_E_INVALID);
}

static void test_cancelled_one_says_nothing(void **state)
{
    struct answer answer = {0};
    struct peer *peer = peer_new(&answer, 1);
    struct wsd_context *context = NULL;
    struct outcome outcome = {0};
    struct wsd__http_notify *call = NULL;
    struct wsd__http_notice notice = {
        .url = peer->url, .body = "x", .size = 1, .user = &outcome, .done = done};

    (void)state;
    assert_int_equal(wsd_context_new(NULL, &context, NULL), 0);
    assert_int_equal(wsd__http_notify(context, &notice, &call, NULL), 0);
    wsd__http_notify_cancel(call);
    wsd__http_notify_cancel(NULL);
    wsd_context_wait(context, 20, NULL);
    assert_int_equal(outcome.ends, 0);
    wsd_context_free(context);
    peer_free(peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_of_all_kinds),
        cmocka_unit_test(test_request_is_like_that_of_windows),
        cmocka_unit_test(test_default_port_is_left_out_of_host),
        cmocka_unit_test(test_header_lines_without_end_have_a_bound),
        cmocka_unit_test(test_nobody_there_is_a_network_error),
        cmocka_unit_test(test_names_and_other_schemes_are_not_taken),
        cmocka_unit_test(test_cancelled_one_says_nothing),
        cmocka_unit_test(test_large_message_goes_in_pieces), /* the last: it changes the network */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
