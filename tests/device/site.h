/* SPDX-License-Identifier: MIT */
/* A host on loopback with a scanner, asked over HTTP. */
#ifndef WSD_TEST_DEVICE_SITE_H
#define WSD_TEST_DEVICE_SITE_H

#include "test_service_support.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wsd/transfer.h>

#include "device/host.h"
#include "peer.h"
#include "soap/http_client.h"
#include "transfer/metadata.h"

#define UUID "8f9e1c1a-0000-4000-8000-00000000cafe"

struct site {
    struct wsd_context *context;
    struct wsd_host *host;
    struct wsd_device *device;
    struct wsd_scan_service *service;
    struct bench bench; /* its scanner */
    /* the last answer */
    int ended, status, http_status;
    char type[256];
    struct wsd__buf answer;
};

static int on_headers(void *user, int http_status, const char *content_type)
{
    struct site *site = user;

    site->http_status = http_status;
    snprintf(site->type, sizeof site->type, "%s", content_type);
    return 0;
}

static int on_data(void *user, const void *bytes, size_t size)
{
    return wsd__buf_append(&((struct site *)user)->answer, bytes, size);
}

static void on_done(void *user, int status, int http_status, const struct wsd_error *error)
{
    struct site *site = user;

    (void)error;
    site->ended = 1;
    site->status = status;
    site->http_status = http_status;
}

static void post(struct site *site, const char *path, const char *body)
{
    char url[512];
    struct wsd__http_call *call;
    struct wsd__http_post request = {.url = url,
                                     .body = body,
                                     .size = strlen(body),
                                     .connect_timeout = 5000,
                                     .answer_timeout = 10000,
                                     .idle_timeout = 10000,
                                     .user = site,
                                     .headers = on_headers,
                                     .data = on_data,
                                     .done = on_done};

    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", wsd_host_port(site->host), path);
    wsd__buf_clear(&site->answer);
    site->ended = 0;
    assert_int_equal(wsd__http_post(site->context, &request, &call, NULL), 0);
    while (!site->ended)
        assert_int_equal(wsd_context_wait(site->context, 10000, NULL), 0);
    wsd__buf_append(&site->answer, "", 1);
}

static void soap(struct site *site, const char *path, const char *to, const char *action,
                 const char *body)
{
    char message[8192];

    snprintf(message, sizeof message,
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soap:Envelope "
             "xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\" "
             "xmlns:wsa=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" "
             "xmlns:d=\"" WSD_NS_DISCOVERY "\" xmlns:wscn=\"" WSD_NS_SCAN "\"><soap:Header>"
             "<wsa:To>%s</wsa:To><wsa:Action>%s</wsa:Action><wsa:MessageID>urn:uuid:7"
             "</wsa:MessageID></soap:Header><soap:Body>%s</soap:Body></soap:Envelope>",
             to, action, body);
    post(site, path, message);
}

#define WXF "http://schemas.xmlsoap.org/ws/2004/09/transfer/"

static int setup(void **state)
{
    struct site *site = calloc(1, sizeof *site);
    struct wsd_host_options host = WSD_HOST_OPTIONS_INIT;
    struct wsd_device_options device = WSD_DEVICE_OPTIONS_INIT;
    struct wsd_scan_service_options service;
    struct wsd_context_options context = WSD_CONTEXT_OPTIONS_INIT;

    assert_non_null(site);
    site->answer = WSD__BUF_INIT(4 << 20);
    site->bench.fake = (struct fake){
        .originals = -1, .pages = -1, .image_size = 100000, .wait_at = -1, .fail_at = -1};
    context.allow_loopback = true;
    assert_int_equal(wsd_context_new(&context, &site->context, NULL), 0);
    host.no_discovery = true;
    host.address = "127.0.0.1";
    assert_int_equal(wsd_host_new(site->context, &host, &site->host, NULL), 0);
    device.endpoint = "urn:uuid:" UUID;
    device.friendly_name = "Scanner & Co";
    device.manufacturer = "ACME Inc";
    device.model_name = "Roadrunner 3";
    device.serial_number = "42";
    assert_int_equal(wsd_device_new(site->host, &device, &site->device, NULL), 0);
    service = bench_options(&site->bench);
    assert_int_equal(wsd_scan_service_new(site->device, &service, &site->service, NULL), 0);
    assert_int_equal(wsd_device_start(site->device, NULL), 0);
    *state = site;
    return 0;
}

static int teardown(void **state)
{
    struct site *site = *state;

    wsd_host_free(site->host);
    wsd_context_free(site->context);
    wsd__buf_free(&site->answer);
    free(site);
    return 0;
}

static void assert_has(const struct site *site, const char *text)
{
    if (!strstr(site->answer.data, text))
        fail_msg("\"%s\" is not in %s", text, site->answer.data);
}

static void make_job(struct site *site, int32_t *id, char token[64])
{
    const char *p;

    soap(site, "/" UUID "/scan", "x", WSD_NS_SCAN "/CreateScanJob",
         "<wscn:CreateScanJobRequest>" TICKET("") "</wscn:CreateScanJobRequest>");
    assert_int_equal(site->http_status, 200);
    p = strstr(site->answer.data, "JobId>");
    assert_non_null(p);
    *id = (int32_t)strtol(p + 6, NULL, 10);
    p = strstr(p, "JobToken>");
    assert_non_null(p);
    snprintf(token, 64, "%.32s", p + 9);
}

static void fetch(struct site *site)
{
    int32_t id;
    char token[64], body[512];

    make_job(site, &id, token);
    snprintf(body, sizeof body,
             "<wscn:RetrieveImageRequest><wscn:JobId>%d</wscn:JobId><wscn:JobToken>%s"
             "</wscn:JobToken><wscn:DocumentDescription><wscn:DocumentName>a</wscn:DocumentName>"
             "</wscn:DocumentDescription></wscn:RetrieveImageRequest>",
             id, token);
    soap(site, "/" UUID "/scan", "x", WSD_NS_SCAN "/RetrieveImage", body);
}

#undef CASE
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
