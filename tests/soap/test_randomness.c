/* SPDX-License-Identifier: MIT */
/* A system that gives no random numbers, from the start or from some time on: calls end with an
 * error, and nothing that could carry an id or a secret leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <uv.h>
#include <wsd/wsd.h>

#include "core/context.h"

static bool no_entropy, no_other_way;
static unsigned asked;

int __real_getentropy(void *bytes, size_t size);
int __wrap_getentropy(void *bytes, size_t size);
int __wrap_getentropy(void *bytes, size_t size)
{
    asked++;
    return no_entropy ? -1 : __real_getentropy(bytes, size);
}

int __real_uv_random(uv_loop_t *loop, uv_random_t *request, void *bytes, size_t size,
                     unsigned flags, uv_random_cb done);
int __wrap_uv_random(uv_loop_t *loop, uv_random_t *request, void *bytes, size_t size,
                     unsigned flags, uv_random_cb done);
int __wrap_uv_random(uv_loop_t *loop, uv_random_t *request, void *bytes, size_t size,
                     unsigned flags, uv_random_cb done)
{
    asked++;
    return no_other_way ? UV_EPERM : __real_uv_random(loop, request, bytes, size, flags, done);
}

static int give_again(void **state)
{
    (void)state;
    no_entropy = no_other_way = false;
    asked = 0;
    return 0;
}

static struct wsd_context *make(void)
{
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    struct wsd_context *context = NULL;

    options.allow_loopback = true;
    assert_int_equal(wsd_context_new(&options, &context, NULL), 0);
    return context;
}

/* Of what it has drawn nothing is left, and there is no more. */
static void dry_up(struct wsd_context *context)
{
    uint8_t bytes[512];

    no_entropy = no_other_way = true;
    wsd__random(context, bytes, sizeof bytes);
}

/* A port of loopback, and whether somebody came. */
static int listener(char url[64])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    snprintf(url, 64, "http://127.0.0.1:%u/", (unsigned)ntohs(address.sin_port));
    return fd;
}

static void assert_told(const struct wsd_error *error)
{
    assert_int_equal(error->code, WSD_E_SYSTEM);
    assert_non_null(strstr(error->message, "random numbers"));
}

static void test_no_context_is_made_without_randomness(void **state)
{
    struct wsd_context *context = NULL;
    struct wsd_error error = {0};

    (void)state;
    no_entropy = no_other_way = true;
    assert_int_equal(wsd_context_new(NULL, &context, &error), WSD_E_SYSTEM);
    assert_told(&error);
    assert_null(context);
    assert_int_equal(asked, 2);
}

static void test_another_way_will_do(void **state)
{
    static const uint8_t nothing[32] = {0};
    uint8_t bytes[2][32] = {{0}};

    (void)state;
    no_entropy = true;
    struct wsd_context *context = make();
    wsd__random(context, bytes[0], 32);
    wsd__random(context, bytes[1], 32);
    assert_memory_not_equal(bytes[0], nothing, 32);
    assert_memory_not_equal(bytes[0], bytes[1], 32);
    assert_int_equal(wsd__random_check(context, NULL), 0);
    wsd_context_free(context);
}

static void test_it_is_asked_no_more_once_it_gave_nothing(void **state)
{
    uint8_t bytes[64], nothing[64] = {0};

    (void)state;
    struct wsd_context *context = make();
    dry_up(context);
    asked = 0;
    give_again(NULL);
    memset(bytes, 1, sizeof bytes);
    wsd__random(context, bytes, sizeof bytes);
    assert_memory_equal(bytes, nothing, sizeof bytes);
    assert_int_equal(asked, 0);
    wsd_context_free(context);
}

static void test_a_request_is_not_sent(void **state)
{
    const struct wsd_device_info *info = NULL;
    struct wsd_error error = {0};
    char url[64];

    (void)state;
    struct wsd_context *context = make();
    int fd = listener(url);
    dry_up(context);
    assert_int_equal(wsd_get(context, url, NULL, &info, &error), WSD_E_SYSTEM);
    assert_told(&error);
    assert_int_equal(accept(fd, NULL, NULL), -1);
    close(fd);
    wsd_context_free(context);
}

static void test_a_probe_is_not_sent(void **state)
{
    struct wsd_probe_options probe = WSD_PROBE_OPTIONS_INIT;
    const struct wsd_target_set *set = NULL;
    struct wsd_error error = {0};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    char where[64], byte;

    (void)state;
    struct wsd_context *context = make();
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    snprintf(where, sizeof where, "127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    probe.directed = where;
    probe.timeout = 300;
    dry_up(context);
    assert_int_equal(wsd_probe(context, &probe, &set, &error), WSD_E_SYSTEM);
    assert_told(&error);
    assert_int_equal(recv(fd, &byte, 1, 0), -1);
    close(fd);
    wsd_context_free(context);
}

/* What the host says to a good request for metadata. */
static void ask_host(struct wsd_context *context, const struct wsd_host *host, char *ret,
                     size_t size)
{
    static const char body[] =
        "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" "
        "xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\"><s:Header>"
        "<a:Action>http://schemas.xmlsoap.org/ws/2004/09/transfer/Get</a:Action>"
        "<a:To>urn:uuid:4509a320-00a0-008f-00b6-002507510eca</a:To>"
        "<a:MessageID>urn:uuid:1</a:MessageID></s:Header><s:Body/></s:Envelope>";
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(wsd_host_port(host)),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    char head[400];
    size_t length = 0;
    ssize_t n = -1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    snprintf(head, sizeof head,
             "POST /4509a320-00a0-008f-00b6-002507510eca HTTP/1.0\r\nHost: x\r\nContent-Type: "
             "application/soap+xml\r\nContent-Length: %zu\r\n\r\n",
             sizeof body - 1);
    assert_int_equal(send(fd, head, strlen(head), 0), strlen(head));
    assert_int_equal(send(fd, body, sizeof body - 1, 0), sizeof body - 1);
    for (int turns = 0; n != 0 && turns < 200; turns++) {
        wsd_context_wait(context, 20, NULL);
        n = recv(fd, ret + length, size - 1 - length, MSG_DONTWAIT);
        length += n > 0 ? (size_t)n : 0;
    }
    ret[length] = 0;
    close(fd);
}

static void test_a_request_is_answered_with_503_and_no_message(void **state)
{
    struct wsd_host_options options = WSD_HOST_OPTIONS_INIT;
    struct wsd_device_options who = WSD_DEVICE_OPTIONS_INIT;
    struct wsd_device *device = NULL;
    struct wsd_host *host = NULL;
    char answer[8192];

    (void)state;
    struct wsd_context *context = make();
    options.no_discovery = true;
    options.address = "127.0.0.1";
    who.endpoint = "urn:uuid:4509a320-00a0-008f-00b6-002507510eca";
    who.friendly_name = who.manufacturer = who.model_name = "x";
    assert_int_equal(wsd_host_new(context, &options, &host, NULL), 0);
    assert_int_equal(wsd_device_new(host, &who, &device, NULL), 0);
    assert_int_equal(wsd_device_start(device, NULL), 0);
    ask_host(context, host, answer, sizeof answer);
    assert_non_null(strstr(answer, " 200 "));
    assert_non_null(strstr(answer, "GetResponse"));
    dry_up(context);
    ask_host(context, host, answer, sizeof answer);
    assert_non_null(strstr(answer, " 503 "));
    assert_null(strstr(answer, "Envelope"));
    wsd_host_free(host);
    wsd_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_no_context_is_made_without_randomness, give_again),
        cmocka_unit_test_teardown(test_another_way_will_do, give_again),
        cmocka_unit_test_teardown(test_it_is_asked_no_more_once_it_gave_nothing, give_again),
        cmocka_unit_test_teardown(test_a_request_is_not_sent, give_again),
        cmocka_unit_test_teardown(test_a_probe_is_not_sent, give_again),
        cmocka_unit_test_teardown(test_a_request_is_answered_with_503_and_no_message, give_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
