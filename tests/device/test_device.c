/* SPDX-License-Identifier: MIT */
/* A host on loopback, asked over HTTP: paths, Get, Probe and Resolve, a whole scan. */
#include "site.h"

#define HEAD_WITHOUT_TO                                                                            \
    "<soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\" "                       \
    "xmlns:wsa=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\"><soap:Header>"
#define STABLE "/StableWSDiscoveryEndpoint/schemas-xmlsoap-org_ws_2005_04_discovery"

static void test_get_describes_a_scanner(void **state)
{
    struct site *site = *state;
    const struct wsd__envelope *answer;
    const struct wsd_transfer_body *body;
    const struct wsd_hosted *hosted;
    char url[256];

    /* Twice: what was kept of the first answer must not show in the second. */
    post(site, "/" UUID,
         HEAD_WITHOUT_TO "<wsa:Action>" WXF
                         "Get</wsa:Action><wsa:MessageID>urn:another-and-longer-id:9"
                         "</wsa:MessageID></soap:Header><soap:Body/></soap:Envelope>");
    soap(site, "/" UUID, "urn:uuid:" UUID, WXF "Get", "");
    assert_null(strstr(site->answer.data, "another"));
    assert_int_equal(site->http_status, 200);
    assert_int_equal(wsd__envelope_decode(site->context, &wsd__type_transfer_body,
                                          site->answer.data, site->answer.length - 1, 0, &answer,
                                          NULL),
                     0);
    body = answer->body;
    assert_string_equal(answer->header.action, WXF "GetResponse");
    assert_string_equal(answer->header.relates_to[0].message_id, "urn:uuid:7");
    assert_int_equal(body->metadata->n_sections, 3);
    assert_string_equal(body->metadata->sections[0].this_model->device_category, "Scanners");
    assert_string_equal(body->metadata->sections[0].this_model->manufacturer[0].value, "ACME Inc");
    assert_string_equal(body->metadata->sections[0].this_model->manufacturer[0].lang, "en");
    assert_string_equal(body->metadata->sections[1].this_device->friendly_name[0].value,
                        "Scanner & Co");
    assert_string_equal(body->metadata->sections[1].this_device->serial_number, "42");
    assert_null(body->metadata->sections[1].this_device->firmware_version);
    assert_int_equal(body->metadata->sections[2].relationship->host->types->n_items, 2);
    assert_int_equal(body->metadata->sections[2].relationship->n_hosted, 1);
    hosted = &body->metadata->sections[2].relationship->hosted[0];
    assert_string_equal(hosted->compatible_id, WSD_NS_SCAN "/ScannerServiceType");
    assert_string_equal(hosted->hardware_id, "VEN_ACME_Inc&DEV_Roadrunner_3");
    assert_true(wsd_qname_is(&hosted->types->items[0], WSD_NS_SCAN, "ScannerServiceType"));
    snprintf(url, sizeof url, "http://127.0.0.1:%u/" UUID "/scan", wsd_host_port(site->host));
    assert_string_equal(hosted->endpoints[0].address, url);
    wsd_free(answer);
}

static void test_own_client_reads_the_metadata(void **state)
{
    struct site *site = *state;
    const struct wsd_device_info *info;

    assert_int_equal(wsd_get(site->context, wsd_device_url(site->device), NULL, &info, NULL), 0);
    assert_string_equal(info->endpoint, "urn:uuid:" UUID);
    assert_string_equal(info->model_name, "Roadrunner 3");
    assert_non_null(wsd_device_info_find(info, WSD_NS_SCAN, "ScannerServiceType"));
    wsd_free(info);
}

static void test_get_is_taken_for_endpoint_url_anonymous_and_slash(void **state)
{
    struct site *site = *state;

    soap(site, "/" UUID "/", wsd_device_endpoint(site->device), WXF "Get", "");
    assert_int_equal(site->http_status, 200);
    soap(site, "/" UUID, "http://scanner.example:5357/" UUID, WXF "Get", "");
    assert_int_equal(site->http_status, 200);
    soap(site, "/" UUID, "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous",
         WXF "Get", "");
    assert_int_equal(site->http_status, 200);
    soap(site, "/" UUID, "", WXF "Get", "");
    assert_int_equal(site->http_status, 200);
}

static void test_get_for_another_device_is_unreachable(void **state)
{
    struct site *site = *state;

    soap(site, "/" UUID, "urn:uuid:11111111-0000-4000-8000-00000000cafe", WXF "Get", "");
    assert_int_equal(site->http_status, 400);
    assert_has(site, "wsa:DestinationUnreachable");
}

static void test_put_and_foreign_actions_are_not_supported(void **state)
{
    struct site *site = *state;
    const char *const actions[] = {WXF "Put", WXF "Create", WXF "Delete", "urn:example:Foo",
                                   WSD_NS_SCAN "/GetActiveJobs"};

    for (size_t i = 0; i < COUNT(actions); i++) {
        soap(site, "/" UUID, "urn:uuid:" UUID, actions[i], "");
        assert_int_equal(site->http_status, 400);
        assert_has(site, "wsa:ActionNotSupported");
        assert_has(site, actions[i]);
        assert_has(site, "urn:uuid:7");
    }
}

static void test_probe_at_the_stable_path_finds_the_device(void **state)
{
    struct site *site = *state;

    soap(site, STABLE, "urn:schemas-xmlsoap-org:ws:2005:04:discovery", WSD_NS_DISCOVERY "/Probe",
         "<d:Probe><d:Types>wscn:ScanDeviceType</d:Types></d:Probe>");
    assert_int_equal(site->http_status, 200);
    assert_has(site, "urn:uuid:" UUID);
    assert_has(site, wsd_device_url(site->device));
    soap(site, STABLE "/", "urn:schemas-xmlsoap-org:ws:2005:04:discovery",
         WSD_NS_DISCOVERY "/Probe", "<d:Probe><d:Types>wscn:Other</d:Types></d:Probe>");
    assert_int_equal(site->http_status, 200);
    assert_null(strstr(site->answer.data, UUID));
}

static void test_probe_and_resolve_at_the_device(void **state)
{
    struct site *site = *state;

    soap(site, "/" UUID, "urn:schemas-xmlsoap-org:ws:2005:04:discovery", WSD_NS_DISCOVERY "/Probe",
         "<d:Probe/>");
    assert_int_equal(site->http_status, 200);
    assert_has(site, "ProbeMatches");
    soap(site, "/" UUID, "urn:schemas-xmlsoap-org:ws:2005:04:discovery",
         WSD_NS_DISCOVERY "/Resolve",
         "<d:Resolve><wsa:EndpointReference><wsa:Address>urn:uuid:" UUID
         "</wsa:Address></wsa:EndpointReference></d:Resolve>");
    assert_int_equal(site->http_status, 200);
    assert_has(site, "ResolveMatches");
}

static void test_unknown_paths_are_not_found(void **state)
{
    struct site *site = *state;
    const char *const paths[] = {"/",
                                 "/x",
                                 "/" UUID "x",
                                 "/" UUID "/scanx",
                                 "/" UUID "/scan/x",
                                 "/11111111-0000-4000-8000-00000000cafe",
                                 "/11111111-0000-4000-8000-00000000cafg",
                                 "/" UUID "//"};

    for (size_t i = 0; i < COUNT(paths); i++) {
        soap(site, paths[i], "urn:uuid:" UUID, WXF "Get", "");
        if (site->http_status != 404)
            fail_msg("%s: %d", paths[i], site->http_status);
    }
}

static void test_bytes_that_are_no_soap_get_a_fault(void **state)
{
    struct site *site = *state;
    const char *const bodies[] = {"rubbish", "<a/>", "", "<soap:Envelope"};
    const char *const paths[] = {"/" UUID, "/" UUID "/scan", STABLE};

    for (size_t i = 0; i < COUNT(bodies) * COUNT(paths); i++) {
        post(site, paths[i % COUNT(paths)], bodies[i / COUNT(paths)]);
        assert_int_equal(site->http_status, 400);
        assert_has(site, "Fault");
        assert_non_null(strstr(site->type, "application/soap+xml"));
    }
}

static void test_device_that_was_freed_is_gone(void **state)
{
    struct site *site = *state;

    wsd_device_free(site->device);
    soap(site, "/" UUID, "urn:uuid:" UUID, WXF "Get", "");
    assert_int_equal(site->http_status, 404);
}

static void test_device_is_silent_before_it_is_started(void **state)
{
    struct site *site = *state;
    struct wsd_device_options options = WSD_DEVICE_OPTIONS_INIT;
    struct wsd_device *device, *twin;

    options.friendly_name = "Second";
    options.manufacturer = "M";
    options.model_name = "N";
    assert_int_equal(wsd_device_new(site->host, &options, &device, NULL), 0);
    assert_int_equal(wsd_device_new(site->host, &options, &twin, NULL), WSD_E_BUSY);
    soap(site, strrchr(wsd_device_url(device), '/'), wsd_device_endpoint(device), WXF "Get", "");
    assert_int_equal(site->http_status, 404);
    assert_int_equal(wsd_device_start(device, NULL), 0);
    soap(site, strrchr(wsd_device_url(device), '/'), wsd_device_endpoint(device), WXF "Get", "");
    assert_int_equal(site->http_status, 200);
    assert_null(strstr(site->answer.data, "DeviceCategory")); /* no service, no category */
}

static void test_long_names_are_cut_at_a_character(void **state)
{
    struct site *site = *state;
    struct wsd_device_options options = WSD_DEVICE_OPTIONS_INIT;
    struct wsd_device *device;
    char name[600] = "", url[3000];
    const struct wsd_device_info *info;

    for (int i = 0; i < 290; i++)
        strcat(name, "\xc3\xa4");
    memset(url, 'u', sizeof url - 1);
    url[sizeof url - 1] = '\0';
    options.friendly_name = name;
    options.manufacturer = "M";
    options.model_name = "N";
    options.model_url = url;
    assert_int_equal(wsd_device_new(site->host, &options, &device, NULL), WSD_E_INVALID);
    options.model_url = NULL;
    assert_int_equal(wsd_device_new(site->host, &options, &device, NULL), 0);
    assert_int_equal(wsd_device_start(device, NULL), 0);
    assert_int_equal(wsd_get(site->context, wsd_device_url(device), NULL, &info, NULL), 0);
    assert_int_equal(strlen(info->friendly_name), 510);
    wsd_free(info);
}

/* At most 255 units of UTF-16, which Windows counts; no character is cut in two. */
static void test_names_are_cut_at_whole_characters_of_any_length(void **state)
{
    static const struct {
        const char *character;
        size_t many, length; /* of what is left, in octets */
    } rows[] = {
        {"a", 256, 255},
        {"\xc3\xa4", 256, 255 * 2},
        {"\xe2\x82\xac", 256, 255 * 3},
        {"\xf0\x9f\x96\xa8", 128, 127 * 4},
    };
    struct site *site = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wsd_device_options options = WSD_DEVICE_OPTIONS_INIT;
        const struct wsd_device_info *info;
        struct wsd_device *device;
        char name[1200] = "";

        for (size_t n = 0; n < rows[i].many; n++)
            strcat(name, rows[i].character);
        options.friendly_name = name;
        options.manufacturer = "M";
        options.model_name = "N";
        assert_int_equal(wsd_device_new(site->host, &options, &device, NULL), 0);
        assert_int_equal(wsd_device_reboot(device, NULL), 0); /* of one that nobody knows yet */
        assert_int_equal(wsd_device_start(device, NULL), 0);
        assert_int_equal(wsd_scan_service_new(device, NULL, NULL, NULL), WSD_E_BUSY);
        assert_int_equal(wsd_scan_service_new(site->device, NULL, NULL, NULL), WSD_E_BUSY);
        assert_int_equal(wsd_get(site->context, wsd_device_url(device), NULL, &info, NULL), 0);
        assert_int_equal(strlen(info->friendly_name), rows[i].length);
        assert_memory_equal(info->friendly_name, name, rows[i].length);
        wsd_free(info);
        wsd_device_free(device);
        wsd_device_free(NULL);
    }
}

static void test_thousand_devices_on_one_host(void **state)
{
    struct site *site = *state;
    struct wsd_scan_service_options service = bench_options(&site->bench);
    struct wsd_device *devices[1000];

    for (unsigned i = 0; i < COUNT(devices); i++) {
        struct wsd_device_options options = WSD_DEVICE_OPTIONS_INIT;
        char name[32];

        snprintf(name, sizeof name, "Device %u", i);
        options.friendly_name = name;
        options.manufacturer = "M";
        options.model_name = "N";
        assert_int_equal(wsd_device_new(site->host, &options, &devices[i], NULL), 0);
        assert_int_equal(wsd_scan_service_new(devices[i], &service, NULL, NULL), 0);
        assert_int_equal(wsd_device_start(devices[i], NULL), 0);
    }
    for (unsigned i = 0; i < COUNT(devices); i += 99) {
        char name[64];

        soap(site, strrchr(wsd_device_url(devices[i]), '/'), wsd_device_endpoint(devices[i]),
             WXF "Get", "");
        assert_int_equal(site->http_status, 200);
        snprintf(name, sizeof name, ">Device %u<", i);
        assert_has(site, name);
    }
    for (unsigned i = 0; i < COUNT(devices); i += 2)
        wsd_device_free(devices[i]);
    soap(site, strrchr(wsd_device_url(devices[501]), '/'), "", WXF "Get", "");
    assert_int_equal(site->http_status, 200);
}

/* -- a scan over HTTP ---------------------------------------------------------------------------
 */

static void test_scan_over_http_and_again(void **state)
{
    struct site *site = *state;

    for (int i = 0; i < 2; i++) {
        fetch(site);
        assert_int_equal(site->status, 0);
        assert_int_equal(site->http_status, 200);
        assert_non_null(strstr(site->type, "multipart/related"));
        assert_true(site->answer.length > 100000);
        assert_memory_equal(site->answer.data + site->answer.length - 5, "--\r\n", 4);
    }
    assert_int_equal(site->bench.fake.ended, 2);
    assert_int_equal(site->bench.fake.end_state, WSD_SCAN_JOB_STATE_COMPLETED);
}

static struct wsd__timer resume_timer;
static void resume(void *user)
{
    struct site *site = user;

    wsd_scan_service_resume(site->service, site->service->active->info.id);
}

static ssize_t waiting_read(void *user, struct wsd_scan_job_info *job, void *buffer, size_t size)
{
    struct fake *fake = user;
    ssize_t n = fake_read(user, job, buffer, size);
    struct site *site = (struct site *)(void *)((char *)fake - offsetof(struct site, bench.fake));

    if (n == WSD_SCANNER_WAIT)
        assert_int_equal(wsd__timer_start(site->context, &resume_timer, 0, resume, site), 0);
    return n;
}

static void test_scanner_that_waits_is_resumed(void **state)
{
    struct site *site = *state;

    site->service->scanner.read = waiting_read;
    site->bench.fake.wait_at = 5000;
    fetch(site);
    assert_int_equal(site->status, 0);
    assert_int_equal(site->bench.fake.wait_at, -1);
    assert_true(site->answer.length > 100000);
}

static void test_scanner_that_fails_cuts_the_connection(void **state)
{
    struct site *site = *state;

    site->bench.fake.fail_at = 50000;
    fetch(site);
    assert_int_equal(site->http_status, 200);
    assert_true(site->status < 0);
    assert_int_equal(site->bench.fake.end_state, WSD_SCAN_JOB_STATE_ABORTED);
}

static void test_device_freed_in_mid_image_cuts_the_connection(void **state)
{
    struct site *site = *state;
    struct wsd__http_call *call;
    struct wsd__http_post request;
    int32_t id;
    char token[64], url[256], body[2048];

    make_job(site, &id, token);
    site->bench.fake.wait_at = 100;
    snprintf(url, sizeof url, "http://127.0.0.1:%u/" UUID "/scan", wsd_host_port(site->host));
    snprintf(body, sizeof body,
             HEAD_START "<wsa:Action>" WSD_NS_SCAN "/RetrieveImage</wsa:Action><wsa:MessageID>u:1"
                        "</wsa:MessageID></soap:Header><soap:Body><wscn:RetrieveImageRequest>"
                        "<wscn:JobId>%d</wscn:JobId><wscn:JobToken>%s</wscn:JobToken>"
                        "</wscn:RetrieveImageRequest></soap:Body></soap:Envelope>",
             id, token);
    request = (struct wsd__http_post){.url = url,
                                      .body = body,
                                      .size = strlen(body),
                                      .user = site,
                                      .headers = on_headers,
                                      .data = on_data,
                                      .done = on_done};
    site->ended = 0;
    assert_int_equal(wsd__http_post(site->context, &request, &call, NULL), 0);
    while (site->bench.fake.wait_at != -1 && !site->ended)
        assert_int_equal(wsd_context_wait(site->context, 10000, NULL), 0);
    wsd_device_free(site->device);
    while (!site->ended)
        assert_int_equal(wsd_context_wait(site->context, 10000, NULL), 0);
    assert_true(site->status < 0);
    assert_int_equal(site->bench.fake.end_state, WSD_SCAN_JOB_STATE_ABORTED);
}

/* -- what curl of a person would see ------------------------------------------------------------
 */

static void raw(struct site *site, const char *head)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(wsd_host_port(site->host)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    char piece[2048];
    ssize_t n = -1;

    assert_true(fd >= 0);
    (void)!connect(fd, (struct sockaddr *)&to, sizeof to);
    assert_int_equal(wsd_context_wait(site->context, 1000, NULL), 0);
    assert_int_equal(send(fd, head, strlen(head), MSG_NOSIGNAL), (ssize_t)strlen(head));
    wsd__buf_clear(&site->answer);
    while ((n = recv(fd, piece, sizeof piece, 0)) != 0) {
        if (n > 0)
            wsd__buf_append(&site->answer, piece, (size_t)n);
        else
            assert_int_equal(wsd_context_wait(site->context, 1000, NULL), 0);
    }
    wsd__buf_append(&site->answer, "", 1);
    close(fd);
}

static void test_browser_is_told_what_this_is(void **state)
{
    struct site *site = *state;

    raw(site, "GET /" UUID " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_has(site, "HTTP/1.1 405 ");
    assert_has(site, "text/plain");
    assert_has(site, "\"Scanner & Co\", a WSD scanner");
    raw(site, "GET " STABLE " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_has(site, "HTTP/1.1 405 ");
    assert_has(site, "discovery address");
    raw(site, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_has(site, "HTTP/1.1 404 ");
}

static void test_content_types(void **state)
{
    struct site *site = *state;
    const struct {
        const char *type;
        const char *status;
    } cases[] = {
        {"application/soap+xml", " 400 "},
        {"Application/SOAP+XML; charset=utf-8; action=\"x\"", " 400 "},
        {"text/xml", " 400 "},
        {"application/xml;charset=UTF-8", " 400 "},
        {"multipart/related; type=\"application/xop+xml\"; boundary=\"b\"", " 415 "},
        {"text/plain", " 415 "},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char head[512];

        snprintf(head, sizeof head,
                 "POST /" UUID "/scan HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                 "Content-Type: %s\r\nContent-Length: 3\r\n\r\nabc",
                 cases[i].type);
        raw(site, head);
        assert_has(site, cases[i].status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_get_describes_a_scanner),
        CASE(test_own_client_reads_the_metadata),
        CASE(test_get_is_taken_for_endpoint_url_anonymous_and_slash),
        CASE(test_get_for_another_device_is_unreachable),
        CASE(test_put_and_foreign_actions_are_not_supported),
        CASE(test_probe_at_the_stable_path_finds_the_device),
        CASE(test_probe_and_resolve_at_the_device),
        CASE(test_unknown_paths_are_not_found),
        CASE(test_bytes_that_are_no_soap_get_a_fault),
        CASE(test_device_that_was_freed_is_gone),
        CASE(test_device_is_silent_before_it_is_started),
        CASE(test_long_names_are_cut_at_a_character),
        CASE(test_names_are_cut_at_whole_characters_of_any_length),
        CASE(test_thousand_devices_on_one_host),
        CASE(test_scan_over_http_and_again),
        CASE(test_scanner_that_waits_is_resumed),
        CASE(test_scanner_that_fails_cuts_the_connection),
        CASE(test_device_freed_in_mid_image_cuts_the_connection),
        CASE(test_browser_is_told_what_this_is),
        CASE(test_content_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
