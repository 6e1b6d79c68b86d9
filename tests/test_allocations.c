/* SPDX-License-Identifier: MIT */
/*
 * Memory runs out, at every place where it can: each scenario runs with its first allocation
 * failing, then its second, until one run gets through without a failure. No run may crash or
 * leak (the sanitizer tells), each call ends in one callback.
 *
 * SQLite is told to allocate by us.
 */
#include "discovery/cache_support.h"
#include "soap/http_server.h"
#include "soap/pins.h"
#include "soap/recall.h"
#include "support/codec.h"
#include "support/failing_allocations.h"
#include "transfer/metadata.h"
#include <sqlite3.h>
#include <wsd/scan.h>
#include <wsd/transfer.h>

/* -- messages
 * ----------------------------------------------------------------------------------------- */

struct message {
    const struct wsd_type *type;
    const char *xml;
    struct wsd_context *context;
};

#define FINAL                                                                                      \
    "<wscn:DocumentFinalParameters><wscn:Format>png</wscn:Format><wscn:ContentType/>"              \
    "</wscn:DocumentFinalParameters>"

static struct message messages[] = {
    {&wsd__type_scan_body,
     PARAMETERS("<wscn:Format v:a=\"1\" xmlns:v=\"urn:v\">png</wscn:Format><wscn:InputSize>"
                "<wscn:InputMediaSize><wscn:Width>1</wscn:Width><wscn:Height>2</wscn:Height>"
                "</wscn:InputMediaSize></wscn:InputSize><v:x xmlns:v=\"urn:v\">t<v:y/>u</v:x>"),
     NULL},
    {&wsd__type_scan_body,
     BODY("<wscn:GetScannerElementsRequest><wscn:RequestedElements><wscn:Name>wscn:A</wscn:Name>"
          "<wscn:Name>wscn:B</wscn:Name><wscn:Name>wscn:C</wscn:Name><wscn:Name>wscn:D</wscn:Name>"
          "<wscn:Name xmlns:v=\"urn:v\">v:E</wscn:Name></wscn:RequestedElements>"
          "</wscn:GetScannerElementsRequest>"),
     NULL},
    {&wsd__type_scan_body,
     BODY("<wscn:GetJobElementsResponse><wscn:JobElements><wscn:ElementData Name=\"wscn:Documents\""
          " Valid=\"true\"><wscn:Documents>" FINAL "<wscn:Document><wscn:DocumentDescription>"
          "<wscn:DocumentName>d</wscn:DocumentName></wscn:DocumentDescription></wscn:Document>"
          "</wscn:Documents></wscn:ElementData></wscn:JobElements></wscn:GetJobElementsResponse>"),
     NULL},
    {&wsd__type_scan_body,
     BODY("<soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value></soap:Code><soap:Reason>"
          "<soap:Text xml:lang=\"en\">r</soap:Text></soap:Reason><soap:Detail>t<a/></soap:Detail>"
          "</soap:Fault>"),
     NULL},
    {&wsd__type_transfer_body,
     ENVELOPE("<soap:Header><wsa:To>t</wsa:To><wsa:ReplyTo><wsa:Address>a</wsa:Address>"
              "</wsa:ReplyTo></soap:Header>",
              "<x:Metadata xmlns:x=\"http://schemas.xmlsoap.org/ws/2004/09/mex\" "
              "xmlns:p=\"http://schemas.xmlsoap.org/ws/2006/02/devprof\"><x:MetadataSection "
              "Dialect=\"d\"><p:Relationship Type=\"t\"><p:Hosted><wsa:EndpointReference>"
              "<wsa:Address>a</wsa:Address></wsa:EndpointReference><p:Types>p:A p:B</p:Types>"
              "<p:ServiceId>s</p:ServiceId></p:Hosted></p:Relationship></x:MetadataSection>"
              "</x:Metadata>"),
     NULL},
};

static int recode_message(void *user)
{
    struct message *message = user;
    const struct wsd__envelope *envelope = NULL;
    const void *copy = NULL;
    struct wsd__buf out = WSD__BUF_INIT(1u << 20);
    struct wsd_error error = {0};
    int r = wsd__envelope_decode(message->context, message->type, message->xml,
                                 strlen(message->xml), WSD__QUIRKS_DEFAULT, &envelope, &error);
    if (r == 0)
        r = wsd__envelope_encode(&envelope->header, NULL, message->type, envelope->body,
                                 envelope->dialect, &out, &error);
    if (r == 0)
        r = wsd_copy(message->type, envelope->body, &copy, &error);
    if (r == 0)
        assert_true(wsd_equal(message->type, envelope->body, copy));
    else
        assert_int_equal(r, WSD_E_NO_MEMORY);
    assert_int_equal(error.code, r);
    wsd_free(copy);
    wsd_free(envelope);
    wsd__buf_free(&out);
    return r;
}

static void test_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        messages[i].context = make_context();
        each_failure(recode_message, &messages[i]);
        wsd_context_free(messages[i].context);
    }
}

#define REQUEST(id) ENVELOPE("<soap:Header><wsa:MessageID>" id "</wsa:MessageID></soap:Header>", "")

/* Without memory to remember a request it is decoded all the same. */
static int recall_requests(void *user)
{
    static const char *const requests[] = {REQUEST("urn:a"), REQUEST("urn:b"), REQUEST("urn:b")};
    (void)user;
    struct wsd_context *context = NULL;
    int r = wsd_context_new(NULL, &context, NULL);
    for (size_t i = 0; i < 3 && r == 0; i++) {
        const struct wsd__envelope *envelope = NULL;
        r = wsd__recall_decode(context, &wsd__type_scan_body, requests[i], strlen(requests[i]), 0,
                               &envelope, NULL);
        if (r == 0)
            assert_string_equal(envelope->header.message_id, i == 0 ? "urn:a" : "urn:b");
        wsd__recall_done(context, envelope);
    }
    wsd_context_free(context);
    return r;
}

static void test_recalling_requests(void **state)
{
    (void)state;
    each_failure(recall_requests, NULL);
}

static int new_context(void *user)
{
    (void)user;
    static const char *const interfaces[] = {"eth0", "lo*", NULL};
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    options.interfaces = interfaces;
    struct wsd_context *context = NULL;
    struct wsd_error error = {0};
    int r = wsd_context_new(&options, &context, &error);
    assert_int_equal(error.code, r);
    wsd_context_free(context);
    return r;
}

static void test_making_a_context(void **state)
{
    (void)state;
    each_failure(new_context, NULL);
}

/* -- calls over the loopback
 * -------------------------------------------------------------------------- */

#define MULTIPART                                                                                  \
    "\r\n--b\r\nContent-Type: application/xop+xml\r\n\r\n" BODY(                                   \
        "<wscn:RetrieveImageResponse><wscn:ScanData><i:Include "                                   \
        "xmlns:i=\"http://www.w3.org/2004/08/xop/include\" href=\"cid:i\"/></wscn:ScanData>"       \
        "</wscn:RetrieveImageResponse>") "\r\n--b\r\nContent-Type: image/png\r\nContent-ID: "      \
                                         "<i>\r\n\r\nPNG\r\n--b--\r\n"

static const char status_section[] =
    BODY("<wscn:GetScannerElementsResponse><wscn:ScannerElements><wscn:ElementData "
         "Name=\"wscn:ScannerStatus\" Valid=\"true\"><wscn:ScannerStatus><wscn:ScannerCurrentTime>"
         "2024-01-01T00:00:00Z</wscn:ScannerCurrentTime><wscn:ScannerState>Idle"
         "</wscn:ScannerState><wscn:ActiveConditions/></wscn:ScannerStatus></wscn:ElementData>"
         "</wscn:ScannerElements></wscn:GetScannerElementsResponse>");
static const char refused[] =
    BODY("<soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value></soap:Code></soap:Fault>");
static const char created[] =
    BODY("<wscn:CreateScanJobResponse><wscn:JobId>7</wscn:JobId><wscn:JobToken>t</wscn:JobToken>"
         "<wscn:ImageInformation><wscn:MediaFrontImageInfo><wscn:PixelsPerLine>1"
         "</wscn:PixelsPerLine><wscn:NumberOfLines>1</wscn:NumberOfLines><wscn:BytesPerLine>1"
         "</wscn:BytesPerLine></wscn:MediaFrontImageInfo></wscn:ImageInformation>" FINAL
         "</wscn:CreateScanJobResponse>");

static bool contains(const struct wsd__http_request *request, const char *text)
{
    return memmem(request->body, request->size, text, strlen(text)) != NULL;
}

/* The device runs in the same process; its own memory does not fail. */
static void device(void *user, const struct wsd__http_request *request,
                   struct wsd__http_reply *reply)
{
    (void)user;
    bool image = contains(request, "RetrieveImageRequest>");
    const char *body = image                                              ? MULTIPART
                       : contains(request, "CreateScanJobRequest>")       ? created
                       : !contains(request, "GetScannerElementsRequest>") ? messages[4].xml
                       : contains(request, "DefaultScanTicket")           ? refused
                                                                          : status_section;
    reply->status = 200;
    reply->content_type = image ? "multipart/related; boundary=b" : "application/soap+xml";
    reply->body = __real_strdup(body);
    reply->size = strlen(body);
}

struct calls {
    int number;
    char url[64];
    struct wsd_context *device_context;
    int ends, status;
    const void *result;
};

static void done(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct calls *calls = user;
    calls->ends++;
    calls->status = status;
    calls->result = result;
    assert_int_equal(status < 0, error != NULL);
    assert_int_equal(status < 0, result == NULL);
}

static int swallow(void *user, const void *bytes, size_t size)
{
    (void)user, (void)bytes, (void)size;
    return 0;
}

static int start(struct wsd_context *context, struct calls *calls)
{
    static const struct wsd_scan_ticket ticket = {
        .job_description = {.job_name = "n", .job_originating_user_name = "u"}};
    static const struct wsd_any parameter = {
        .kind = WSD_ANY_ELEMENT, .ns = "urn:p", .local = "K", .prefix = "p"};
    struct wsd_request_options options = WSD_REQUEST_OPTIONS_INIT;
    struct wsd_image_sink sink = WSD_IMAGE_SINK_INIT;
    struct wsd_error error = {0};
    int r = WSD_E_INVALID;
    options.to = "urn:uuid:1";
    options.reference_parameters = &parameter;
    sink.write = swallow;
    switch (calls->number) {
    case 0:
        r = wsd_get_start(context, calls->url, &options, done, calls, NULL, &error);
        break;
    case 1:
        r = wsd_get_scanner_elements_start(context, calls->url, WSD_SCAN_ALL_PARTS, &options, done,
                                           calls, NULL, &error);
        break;
    case 2:
        r = wsd_create_scan_job_start(context, calls->url, &ticket, "i", "t", &options, done, calls,
                                      NULL, &error);
        break;
    case 3:
        r = wsd_retrieve_image_start(context, calls->url, 7, "t", "d", &sink, &options, done, calls,
                                     NULL, &error);
        break;
    }
    assert_int_equal(error.code, r);
    return r;
}

static int one_call(void *user)
{
    struct calls *calls = user;
    struct wsd_context *context;
    calls->ends = 0;
    calls->result = NULL;
    int r = wsd_context_new(NULL, &context, NULL);
    if (r < 0)
        return r;
    r = start(context, calls);
    while (r == 0 && calls->ends == 0)
        turn_both(context, calls->device_context);
    assert_int_equal(calls->ends, r == 0); /* a call that did not start has no callback */
    wsd_free(calls->result);
    wsd_context_free(context);
    assert_true(calls->ends <= 1);
    return r < 0 ? r : calls->status;
}

static void test_calls(void **state)
{
    (void)state;
    struct calls calls = {.device_context = make_context()};
    struct wsd__http_server_options options = {.address = "127.0.0.1",
                                               .max_request = 1u << 20,
                                               .max_connections = 64,
                                               .max_connections_per_peer = 64,
                                               .idle_timeout = 30000};
    struct wsd__http_server *server;
    assert_int_equal(
        wsd__http_server_new(calls.device_context, &options, device, NULL, &server, NULL), 0);
    snprintf(calls.url, sizeof calls.url, "http://127.0.0.1:%u/x", wsd__http_server_port(server));
    for (calls.number = 0; calls.number < 4; calls.number++)
        each_failure(one_call, &calls);
    wsd__http_server_free(server);
    wsd_context_free(calls.device_context);
}

/* -- the cache of devices
 * ----------------------------------------------------------------------------- */

/* SQLite asks how large a piece is: the size stands before it. */
enum { HEAD = 16 };

static void *sqlite_malloc(int size)
{
    char *piece = malloc((size_t)size + HEAD);
    if (!piece)
        return NULL;
    memcpy(piece, &size, sizeof size);
    return piece + HEAD;
}

static void sqlite_free(void *piece)
{
    if (piece)
        free((char *)piece - HEAD);
}

static void *sqlite_realloc(void *old, int size)
{
    char *piece = realloc(old ? (char *)old - HEAD : NULL, (size_t)size + HEAD);
    if (!piece)
        return NULL;
    memcpy(piece, &size, sizeof size);
    return piece + HEAD;
}

static int sqlite_size(void *piece)
{
    int size = 0;
    if (piece)
        memcpy(&size, (char *)piece - HEAD, sizeof size);
    return size;
}

static int sqlite_roundup(int size)
{
    return (size + 7) & ~7;
}

static int sqlite_init(void *user)
{
    (void)user;
    return SQLITE_OK;
}

static void sqlite_shutdown(void *user)
{
    (void)user;
}

static void let_sqlite_fail(void)
{
    static const sqlite3_mem_methods methods = {
        .xMalloc = sqlite_malloc,
        .xFree = sqlite_free,
        .xRealloc = sqlite_realloc,
        .xSize = sqlite_size,
        .xRoundup = sqlite_roundup,
        .xInit = sqlite_init,
        .xShutdown = sqlite_shutdown,
    };
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods), SQLITE_OK);
    /* Each connection's own store of small pieces would hide most of them. */
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0), SQLITE_OK);
    assert_int_equal(sqlite3_initialize(), SQLITE_OK);
}

static const char *const cached_at[1];

static struct wsd_cached cached_device(const char *endpoint, const char *const *xaddr)
{
    struct wsd_cached device = device_of(endpoint, 100);
    device.target.xaddrs = (struct wsd_uri_list){xaddr, xaddr == cached_at ? 0 : 1};
    device.target.address = "127.0.0.1";
    return device;
}

/* What was there is there, and nothing was taken for damage. */
static void require_whole(bool stored)
{
    struct wsd_cache *cache = open_cache(false);
    assert_true(holds(cache, DEVICE));
    assert_true(!stored || holds(cache, "urn:new"));
    close_cache(cache);
    assert_false(is_there("devices.sqlite.damaged-1"));
}

static int use_cache(void *user)
{
    struct wsd_cached device = cached_device("urn:new", cached_at);
    const struct wsd_cached_set *set = NULL;
    const struct wsd_cached *found = NULL;
    struct wsd_cache *cache = NULL;
    struct wsd_error error = {0};
    long kept;
    (void)user;
    int r = wsd_cache_open(path, &cache, NULL, &error);
    if (r == 0)
        r = wsd_cache_store(cache, &device, &error);
    bool stored = r == 0;
    if (r == 0)
        r = wsd_cache_read(cache, &set, &error);
    if (r == 0)
        r = wsd_cache_find(cache, DEVICE, &found, &error);
    wsd_cache_close(cache);
    wsd_free(set);
    wsd_free(found);
    assert_true(r == 0 || r == WSD_E_NO_MEMORY);
    assert_int_equal(error.code, r);
    kept = left;
    left = -1;
    require_whole(stored);
    left = kept;
    return r;
}

static void test_cache(void **state)
{
    struct wsd_cached device = cached_device(DEVICE, cached_at);
    struct wsd_cache *cache = open_cache(false);
    (void)state;
    store(cache, &device);
    close_cache(cache);
    each_failure(use_cache, NULL);
}

static int make_cache(void *user)
{
    struct wsd_cache *cache = NULL;
    struct wsd_error error = {0};
    (void)user;
    remove(path);
    int r = wsd_cache_open(path, &cache, NULL, &error);
    assert_int_equal(error.code, r);
    wsd_cache_close(cache);
    return r;
}

/* What is asked of a memory of certificates in which one is. */
struct certificates {
    bool kept; /* in the cache */
    int what;
};
enum {
    CERTIFICATE_FIRST,
    CERTIFICATE_ANOTHER,
    CERTIFICATE_FIND,
    CERTIFICATE_LIST,
    CERTIFICATE_FORGET,
    CERTIFICATE_QUESTIONS
};

static int ask_certificates(struct wsd_context *context, int what, struct wsd_error *error)
{
    const struct wsd_certificate another = {.pem = "2", .subject = "", .expires = ""};
    const struct wsd_certificate *found = NULL;
    const struct wsd_certificate_set *set = NULL;
    int r;
    switch (what) {
    case CERTIFICATE_FIRST:
        return wsd__pin_check(context, "urn:new", &another, error);
    case CERTIFICATE_ANOTHER:
        r = wsd__pin_check(context, DEVICE, &another, error);
        assert_int_not_equal(r, 0); /* without memory neither */
        error->code = r == WSD_E_CERTIFICATE ? 0 : r;
        return error->code;
    case CERTIFICATE_FIND:
        r = wsd_certificate_find(context, DEVICE, &found, error);
        wsd_free(found);
        return r;
    case CERTIFICATE_LIST:
        r = wsd_certificate_list(context, &set, error);
        wsd_free(set);
        return r;
    default:
        return wsd_certificate_forget(context, DEVICE, error);
    }
}

static int use_certificates(void *user)
{
    const struct wsd_certificate own = {.pem = "1", .subject = "s", .expires = "e"};
    const struct certificates *use = user;
    struct wsd_context *context = NULL;
    struct wsd_error error = {0};
    long kept = left;
    left = -1;
    remove(path);
    remove(in_folder("devices.sqlite-journal"));
    assert_int_equal(wsd_context_new(NULL, &context, NULL), 0);
    if (use->kept)
        assert_int_equal(wsd_keep_certificates(context, path, NULL), 0);
    assert_int_equal(wsd__pin_check(context, DEVICE, &own, NULL), 0);
    left = kept;
    int r = ask_certificates(context, use->what, &error);
    assert_int_equal(error.code, r);
    left = -1;
    wsd_context_free(context);
    return r;
}

static void test_certificates(void **state)
{
    (void)state;
    for (int what = 0; what < CERTIFICATE_QUESTIONS; what++) {
        each_failure(use_certificates, &(struct certificates){false, what});
        each_failure(use_certificates, &(struct certificates){true, what});
    }
}

static void test_making_a_cache(void **state)
{
    (void)state;
    each_failure(make_cache, NULL);
}

static int set_aside(void *user)
{
    static const char text[] = "no cache at all";
    struct wsd_cache *cache = NULL;
    struct wsd_error error = {0};
    const char *note = NULL;
    size_t size;
    (void)user;
    long kept = left;
    left = -1;
    remove(in_folder("devices.sqlite.damaged-1"));
    write_file(path, text, sizeof text);
    left = kept;
    int r = wsd_cache_open(path, &cache, &note, &error);
    assert_int_equal(error.code, r);
    assert_true(r == WSD_E_NO_MEMORY || note != NULL);
    wsd_cache_close(cache);
    kept = left;
    left = -1;
    bool aside = is_there("devices.sqlite.damaged-1");
    char *content = read_file(aside ? in_folder("devices.sqlite.damaged-1") : path, &size);
    assert_string_equal(content, text);
    free(content);
    left = kept;
    return r;
}

static void test_setting_a_cache_aside(void **state)
{
    (void)state;
    each_failure(set_aside, NULL);
}

static const char probe_match[] =
    "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" "
    "xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\" xmlns:a=\"" URI_WSA
    "\"><s:Body><d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>" DEVICE
    "</a:Address></a:EndpointReference><d:Types xmlns:w=\"" URI_SCAN
    "\">w:ScanDeviceType</d:Types></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>";

static void probed_device(void *user, const struct wsd__http_request *request,
                          struct wsd__http_reply *reply)
{
    (void)user;
    const char *body = contains(request, "discovery/Probe") ? probe_match : messages[4].xml;
    reply->status = 200;
    reply->content_type = "application/soap+xml";
    reply->body = __real_strdup(body);
    reply->size = strlen(body);
}

static int get_devices(struct wsd_context *context, struct calls *calls)
{
    struct wsd_get_devices_options options = WSD_GET_DEVICES_OPTIONS_INIT;
    static const struct wsd_qname type = {URI_SCAN, "ScanDeviceType", "wscn"};
    struct wsd_cache *cache = NULL;
    struct wsd_error error = {0};
    int r = wsd_cache_open(path, &cache, NULL, &error);
    options.cache = cache;
    options.types = &type;
    options.n_types = 1;
    options.probe_timeout = 5;
    if (r == 0)
        r = wsd_get_devices_start(context, &options, done, calls, NULL, &error);
    assert_int_equal(error.code, r);
    while (r == 0 && calls->ends == 0)
        turn_both(context, calls->device_context);
    assert_int_equal(calls->ends, r == 0);
    wsd_cache_close(cache);
    return r;
}

static int ask_devices(void *user)
{
    static const char *const interfaces[] = {"lo", NULL};
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    struct calls *calls = user;
    struct wsd_context *context;
    options.interfaces = interfaces;
    options.allow_loopback = true;
    calls->ends = 0;
    calls->result = NULL;
    int r = wsd_context_new(&options, &context, NULL);
    if (r < 0)
        return r;
    r = get_devices(context, calls);
    wsd_free(calls->result);
    wsd_context_free(context);
    assert_true(calls->ends <= 1);
    long kept = left;
    left = -1;
    require_whole(false); /* a device that we had no memory to ask does not leave */
    left = kept;
    return r < 0 ? r : calls->status;
}

static void test_getting_devices(void **state)
{
    struct calls calls = {.device_context = make_context()};
    struct wsd__http_server_options options = {.address = "127.0.0.1",
                                               .max_request = 1u << 20,
                                               .max_connections = 64,
                                               .max_connections_per_peer = 64,
                                               .idle_timeout = 30000};
    struct wsd__http_server *server;
    const char *xaddr = calls.url;
    (void)state;
    assert_int_equal(
        wsd__http_server_new(calls.device_context, &options, probed_device, NULL, &server, NULL),
        0);
    snprintf(calls.url, sizeof calls.url, "http://127.0.0.1:%u/x", wsd__http_server_port(server));
    struct wsd_cached device = cached_device(DEVICE, &xaddr);
    struct wsd_cache *cache = open_cache(false);
    store(cache, &device);
    close_cache(cache);
    each_failure(ask_devices, &calls);
    wsd__http_server_free(server);
    wsd_context_free(calls.device_context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_recalling_requests),
        cmocka_unit_test(test_making_a_context),
        cmocka_unit_test(test_calls),
        cmocka_unit_test_setup_teardown(test_cache, folder_up, folder_down),
        cmocka_unit_test_setup_teardown(test_certificates, folder_up, folder_down),
        cmocka_unit_test_setup_teardown(test_making_a_cache, folder_up, folder_down),
        cmocka_unit_test_setup_teardown(test_setting_a_cache_aside, folder_up, folder_down),
        cmocka_unit_test_setup_teardown(test_getting_devices, folder_up, folder_down),
    };
    let_sqlite_fail();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
