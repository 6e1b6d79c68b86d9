/* SPDX-License-Identifier: MIT */
/*
 * A scan service on a bench: envelopes in, envelopes out, a clock that the test turns, a scanner
 * made of a few numbers. No sockets.
 */
#ifndef TEST_SERVICE_SUPPORT_H
#define TEST_SERVICE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <wsd/discovery.h>

#include "scan/service_parts.h"

#define UNUSED       __attribute__((unused))
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The scanner: how many originals it has, how it fails, what it was told. */
struct fake {
    int originals;                 /* in the feeder; -1: does not say */
    int pages;                     /* images that next_image will give; -1: without end */
    int begin_result, next_result; /* negative: fails */
    size_t image_size;             /* bytes of an image */
    size_t given;                  /* of the image under way */
    int wait_at, fail_at;          /* byte at which read says so once; -1: never */
    unsigned multi_images;         /* for images_done */
    int begun, ended, end_state;
    int later;    /* so often next_image does not know yet */
    bool untyped; /* next_image leaves the type of the image to the service */
};

struct bench {
    struct wsd_context *context;
    struct wsd__scan_profiles profiles;
    struct wsd_scan_service *service;
    struct fake fake;
    uint64_t now;
    uint32_t next_random;
    const struct wsd__event_transport *transport;
    struct wsd__scan_reply reply; /* the last one */
    const struct wsd__envelope *answer;
    const struct wsd_scan_body *body;
};

static uint64_t bench_now(void *user)
{
    return ((struct bench *)user)->now;
}

static void bench_random(void *user, void *bytes, size_t size)
{
    struct bench *bench = user;

    for (size_t i = 0; i < size; i++)
        ((uint8_t *)bytes)[i] = (uint8_t)((++bench->next_random * UINT32_C(2654435761)) >> 24);
}

static int64_t bench_clock(void)
{
    return 1700000000;
}

/* -- the scanner --------------------------------------------------------------------------------
 */

static int fake_begin(void *user, struct wsd_scan_job_info *job)
{
    struct fake *fake = user;

    assert_non_null(job->parameters);
    fake->begun++;
    return fake->begin_result;
}

static int fake_next(void *user, struct wsd_scan_job_info *job, unsigned number,
                     const char **ret_type)
{
    struct fake *fake = user;

    (void)job;
    *ret_type = fake->untyped ? NULL : "image/x-test";
    if (fake->later > 0) {
        fake->later--;
        return WSD_SCANNER_LATER;
    }
    if (fake->next_result < 0)
        return fake->next_result;
    if (fake->pages >= 0 && number > (unsigned)fake->pages)
        return 0;
    if (fake->originals > 0)
        fake->originals--;
    fake->given = 0;
    return 1;
}

static ssize_t fake_read(void *user, struct wsd_scan_job_info *job, void *buffer, size_t size)
{
    struct fake *fake = user;
    size_t left = fake->image_size - fake->given, n = left < size ? left : size;

    (void)job;
    if (fake->wait_at >= 0 && fake->given >= (size_t)fake->wait_at) {
        fake->wait_at = -1;
        return WSD_SCANNER_WAIT;
    }
    if (fake->fail_at >= 0 && fake->given >= (size_t)fake->fail_at)
        return WSD_SCANNER_FAILED;
    if (n > 100)
        n = 100;
    memset(buffer, 'x', n);
    fake->given += n;
    return (ssize_t)n;
}

static unsigned fake_images_done(void *user, struct wsd_scan_job_info *job)
{
    (void)job;
    return ((struct fake *)user)->multi_images;
}

static void fake_end(void *user, struct wsd_scan_job_info *job, int state)
{
    struct fake *fake = user;

    (void)job;
    fake->ended++;
    fake->end_state = state;
}

static int fake_originals(void *user, int source)
{
    (void)source;
    return ((struct fake *)user)->originals;
}

static bool fake_format_has_color(void *user, const char *format, int color)
{
    (void)user;
    if (strcmp(format, "exif") == 0)
        return color == WSD_SCAN_COLOR_RGB24 || color == WSD_SCAN_COLOR_GRAYSCALE8;
    if (strcmp(format, "tiff-single-g4") == 0)
        return color == WSD_SCAN_COLOR_BLACK_AND_WHITE1;
    return true;
}

/* -- what it can --------------------------------------------------------------------------------
 */

static const struct wsd_token bench_formats[] = {{WSD_SCAN_FORMAT_EXIF, NULL},
                                                 {WSD_SCAN_FORMAT_PNG, NULL},
                                                 {WSD_SCAN_FORMAT_DIB, NULL},
                                                 {WSD_SCAN_FORMAT_TIFF_SINGLE_UNCOMPRESSED, NULL},
                                                 {WSD_SCAN_FORMAT_TIFF_SINGLE_G4, NULL},
                                                 {WSD_SCAN_FORMAT_PDF_A, NULL}};
static const struct wsd_token bench_contents[] = {{WSD_SCAN_CONTENT_TYPE_AUTO, NULL},
                                                  {WSD_SCAN_CONTENT_TYPE_TEXT, NULL}};
static const struct wsd_token bench_rotations[] = {{WSD_SCAN_ROTATION_0, NULL},
                                                   {WSD_SCAN_ROTATION_90, NULL},
                                                   {WSD_SCAN_ROTATION_180, NULL},
                                                   {WSD_SCAN_ROTATION_270, NULL}};
static const struct wsd_token bench_three_colors[] = {{WSD_SCAN_COLOR_BLACK_AND_WHITE1, NULL},
                                                      {WSD_SCAN_COLOR_GRAYSCALE8, NULL},
                                                      {WSD_SCAN_COLOR_RGB24, NULL}};
static const struct wsd_token bench_film_colors[] = {{WSD_SCAN_COLOR_RGB24, NULL},
                                                     {WSD_SCAN_COLOR_RGB48, NULL}};
static const struct wsd_token bench_film_modes[] = {
    {WSD_SCAN_FILM_SCAN_MODE_COLOR_SLIDE_FILM, NULL},
    {WSD_SCAN_FILM_SCAN_MODE_COLOR_NEGATIVE_FILM, NULL}};
static const int32_t bench_platen_dpi[] = {75, 150, 300, 600};
static const int32_t bench_adf_dpi[] = {75, 150, 300};
static const int32_t bench_film_dpi[] = {1200, 2400};

static const struct wsd_scan_source bench_platen = {
    .optical_resolution = {.width = 600},
    .resolutions = {bench_platen_dpi, COUNT(bench_platen_dpi), bench_platen_dpi,
                    COUNT(bench_platen_dpi), NULL},
    .colors = bench_three_colors,
    .n_colors = 3,
    .minimum_size = {100, 200, NULL},
    .maximum_size = {8500, 11700, NULL}};
static const struct wsd_scan_source bench_adf_back = {
    .optical_resolution = {.width = 300},
    .resolutions = {bench_adf_dpi, COUNT(bench_adf_dpi), bench_adf_dpi, COUNT(bench_adf_dpi), NULL},
    .colors = bench_three_colors,
    .n_colors = 2, /* no colour on the back */
    .minimum_size = {1000, 1000, NULL},
    .maximum_size = {8500, 14000, NULL}};
static const struct wsd_scan_adf bench_adf = {
    .adf_supports_duplex = true,
    .adf_front = {.optical_resolution = {.width = 300},
                  .resolutions = {bench_adf_dpi, COUNT(bench_adf_dpi), bench_adf_dpi,
                                  COUNT(bench_adf_dpi), NULL},
                  .colors = bench_three_colors,
                  .n_colors = 3,
                  .minimum_size = {1000, 1000, NULL},
                  .maximum_size = {8500, 14000, NULL}},
    .adf_back = &bench_adf_back};
static const struct wsd_scan_source bench_film = {
    .film_scan_modes = bench_film_modes,
    .n_film_scan_modes = 2,
    .optical_resolution = {.width = 2400},
    .resolutions = {bench_film_dpi, COUNT(bench_film_dpi), bench_film_dpi, COUNT(bench_film_dpi),
                    NULL},
    .colors = bench_film_colors,
    .n_colors = 2,
    .minimum_size = {100, 100, NULL},
    .maximum_size = {1500, 1000, NULL}};
static const struct wsd_scan_configuration bench_configuration = {
    .device_settings = {.formats_supported = bench_formats,
                        .n_formats_supported = COUNT(bench_formats),
                        .compression_quality_factor_supported = {10, 90, NULL},
                        .content_types_supported = bench_contents,
                        .n_content_types_supported = COUNT(bench_contents),
                        .document_size_auto_detect_supported = true,
                        .auto_exposure_supported = true,
                        .brightness_supported = true,
                        .contrast_supported = true,
                        .scaling_range_supported = {.scaling_width = {50, 200, NULL},
                                                    .scaling_height = {50, 200, NULL}},
                        .rotations_supported = bench_rotations,
                        .n_rotations_supported = COUNT(bench_rotations)},
    .platen = &bench_platen,
    .adf = &bench_adf,
    .film = &bench_film};

static const struct wsd_scan_ticket_token bench_exif = {.value = {WSD_SCAN_FORMAT_EXIF, NULL}};
static const struct wsd_scan_ticket_int bench_quality = {.value = 80};
static const struct wsd_scan_ticket_int bench_one = {.value = 1};
static const struct wsd_scan_ticket_token bench_from_platen = {
    .value = {WSD_SCAN_INPUT_SOURCE_PLATEN, NULL}};
static const struct wsd_scan_ticket_token bench_no_film = {
    .value = {WSD_SCAN_FILM_SCAN_MODE_NOT_APPLICABLE, NULL}};
static const struct wsd_scan_ticket_token bench_auto = {
    .value = {WSD_SCAN_CONTENT_TYPE_AUTO, NULL}};
static const struct wsd_scan_size bench_media = {8500, 11700, NULL};
static const struct wsd_scan_input_size bench_input = {.input_media_size = &bench_media};
static const int32_t bench_zero = 0, bench_brightness = 7;
static const struct wsd_scan_exposure_settings bench_settings = {
    .contrast = &bench_zero, .brightness = &bench_brightness, .sharpness = &bench_zero};
static const struct wsd_scan_exposure bench_exposure = {.exposure_settings = &bench_settings};
static const struct wsd_scan_scaling bench_scaling = {.scaling_width = 100, .scaling_height = 100};
static const struct wsd_scan_ticket_token bench_upright = {.value = {WSD_SCAN_ROTATION_0, NULL}};
static const struct wsd_scan_region bench_region = {.scan_region_width = {.value = 4000},
                                                    .scan_region_height = {.value = 6000}};
static const struct wsd_scan_ticket_token bench_rgb = {.value = {WSD_SCAN_COLOR_RGB24, NULL}};
static const struct wsd_scan_resolution bench_resolution = {.width = 300};
static const struct wsd_scan_media_sides bench_sides = {
    .media_front = {.scan_region = &bench_region,
                    .color_processing = &bench_rgb,
                    .resolution = &bench_resolution}};
static const struct wsd_scan_document_parameters bench_parameters = {
    .format = &bench_exif,
    .compression_quality_factor = &bench_quality,
    .images_to_transfer = &bench_one,
    .input_source = &bench_from_platen,
    .film_scan_mode = &bench_no_film,
    .content_type = &bench_auto,
    .input_size = &bench_input,
    .exposure = &bench_exposure,
    .scaling = &bench_scaling,
    .rotation = &bench_upright,
    .media_sides = &bench_sides};
static const struct wsd_scan_ticket bench_ticket = {
    .job_description = {.job_name = "Scan", .job_originating_user_name = ""},
    .document_parameters = &bench_parameters};
static const struct wsd_scan_text bench_name = {.value = "Bench", .lang = "en"};
static const struct wsd_scan_description bench_description = {.scanner_name = &bench_name,
                                                              .n_scanner_name = 1};

/* -- the bench ----------------------------------------------------------------------------------
 */

static struct wsd_scan_service_options bench_options(struct bench *bench)
{
    struct wsd_scan_service_options options = WSD_SCAN_SERVICE_OPTIONS_INIT;

    options.description = &bench_description;
    options.configuration = &bench_configuration;
    options.default_ticket = &bench_ticket;
    options.scanner = (struct wsd_scanner){.size = sizeof(struct wsd_scanner),
                                           .user = &bench->fake,
                                           .begin = fake_begin,
                                           .next_image = fake_next,
                                           .read = fake_read,
                                           .images_done = fake_images_done,
                                           .end = fake_end,
                                           .originals = fake_originals,
                                           .format_has_color = fake_format_has_color};
    return options;
}

/* A context and a service for it. */
UNUSED static void bench_open(struct bench *bench, void (*panel_changed)(void *user), void *user)
{
    struct wsd_context_options context = WSD_CONTEXT_OPTIONS_INIT;
    struct wsd_scan_service_options options;
    struct wsd_error error = {0};

    bench->now = 1000;
    bench->fake = (struct fake){
        .originals = -1, .pages = -1, .image_size = 250, .wait_at = -1, .fail_at = -1};
    context.now = bench_now;
    context.random = bench_random;
    context.user = bench;
    assert_int_equal(wsd_context_new(&context, &bench->context, NULL), 0);
    options = bench_options(bench);
    options.destinations_changed = panel_changed;
    options.user = user;
    if (wsd__scan_service_create(bench->context, &bench->profiles, &options, &bench->service,
                                 &error) != 0)
        fail_msg("%s (%s: %s)", error.message, error.path, error.value);
    bench->service->clock = bench_clock;
}

UNUSED static int bench_setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);

    assert_non_null(bench);
    bench_open(bench, NULL, NULL);
    *state = bench;
    return 0;
}

static void bench_forget(struct bench *bench)
{
    wsd_free(bench->answer);
    wsd__buf_free(&bench->reply.body);
    bench->reply = (struct wsd__scan_reply){0};
    bench->answer = NULL;
    bench->body = NULL;
}

UNUSED static int bench_teardown(void **state)
{
    struct bench *bench = *state;

    bench_forget(bench);
    wsd__scan_service_destroy(bench->service, true);
    assert_null(bench->profiles.first);
    wsd_context_free(bench->context);
    free(bench);
    return 0;
}

/* Sends bytes; the answer, when it is an envelope, is decoded without any quirk. */
UNUSED static void send_bytes(struct bench *bench, const char *bytes)
{
    struct wsd_error error = {0};

    bench_forget(bench);
    wsd__scan_serve(bench->service, bench->transport, bytes, strlen(bytes), &bench->reply);
    if (bench->reply.stream)
        return;
    if (wsd__envelope_decode(bench->context, &wsd__type_scan_body, bench->reply.body.data,
                             bench->reply.body.length, 0, &bench->answer, &error) != 0)
        fail_msg("%s (%s: %s) in %s", error.message, error.path, error.value,
                 bench->reply.body.data);
    bench->body = bench->answer->body;
}

#define HEAD_START                                                                                 \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"                                                   \
    "<soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\" "                       \
    "xmlns:wsa=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" "                              \
    "xmlns:wscn=\"" WSD_NS_SCAN "\"><soap:Header>"                                                 \
    "<wsa:To>http://127.0.0.1/scan</wsa:To>"

/* Sends a request of an operation; body is the content of its root element. */
UNUSED static const struct wsd_scan_body *ask(struct bench *bench, const char *operation,
                                              const char *format, ...)
{
    char content[16384], message[20000];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(content, sizeof content, format, arguments);
    va_end(arguments);
    snprintf(message, sizeof message,
             HEAD_START "<wsa:Action>" WSD_NS_SCAN "/%s</wsa:Action>"
                        "<wsa:MessageID>urn:uuid:0</wsa:MessageID></soap:Header>"
                        "<soap:Body><wscn:%sRequest>%s</wscn:%sRequest></soap:Body>"
                        "</soap:Envelope>",
             operation, operation, content, operation);
    send_bytes(bench, message);
    return bench->body;
}

/* A whole message, for what ask() does not do. */
UNUSED static void ask_raw(struct bench *bench, const char *action, const char *headers,
                           const char *body)
{
    char message[8192];

    snprintf(message, sizeof message,
             HEAD_START "<wsa:Action>%s</wsa:Action>%s</soap:Header><soap:Body>%s</soap:Body>"
                        "</soap:Envelope>",
             action, headers, body);
    send_bytes(bench, message);
}

#define MESSAGE_ID "<wsa:MessageID>urn:uuid:0</wsa:MessageID>"

/* The last answer is this fault. */
UNUSED static void assert_fault(struct bench *bench, const char *subcode, int status)
{
    const struct wsd_qname *name;

    assert_non_null(bench->body);
    if (!bench->body->fault)
        fail_msg("no fault but %s", bench->reply.body.data);
    name = wsd__fault_subcode(bench->body->fault);
    assert_non_null(name);
    assert_string_equal(name->local, subcode);
    assert_int_equal(bench->reply.status, status);
    assert_string_equal(bench->body->fault->code->value.local,
                        status == 400 ? "Sender" : "Receiver");
    assert_true(bench->body->fault->n_reason > 0);
    assert_string_equal(bench->body->fault->reason[0].lang, "en");
}

/* Text inside the Detail of the last fault. */
UNUSED static const char *fault_detail(struct bench *bench)
{
    static char text[256];
    struct wsd_error error = {0};

    assert_non_null(bench->body->fault);
    wsd__fault_error(bench->body->fault, &error);
    snprintf(text, sizeof text, "%s", error.detail);
    return text;
}

#define TICKET(parameters)                                                                         \
    "<wscn:ScanTicket><wscn:JobDescription><wscn:JobName>Job</wscn:JobName>"                       \
    "<wscn:JobOriginatingUserName>User</wscn:JobOriginatingUserName></wscn:JobDescription>"        \
    "<wscn:DocumentParameters>" parameters "</wscn:DocumentParameters></wscn:ScanTicket>"

struct created {
    int32_t id;
    char token[64];
};

UNUSED static struct created create_job(struct bench *bench, const char *content)
{
    struct created job;
    const struct wsd_scan_body *body = ask(bench, "CreateScanJob", "%s", content);

    if (!body->create_scan_job_response)
        fail_msg("no job: %s", bench->reply.body.data);
    job.id = body->create_scan_job_response->job_id;
    snprintf(job.token, sizeof job.token, "%s", body->create_scan_job_response->job_token);
    return job;
}

UNUSED static const struct wsd_scan_body *retrieve(struct bench *bench, const struct created *job)
{
    return ask(bench, "RetrieveImage",
               "<wscn:JobId>%d</wscn:JobId><wscn:JobToken>%s</wscn:JobToken>"
               "<wscn:DocumentDescription><wscn:DocumentName>Page</wscn:DocumentName>"
               "</wscn:DocumentDescription>",
               job->id, job->token);
}

/* Takes all that the stream of the last answer gives now; returns how it ended. */
UNUSED static ssize_t pull(struct bench *bench, struct wsd__buf *all)
{
    char piece[512];
    ssize_t n;

    assert_non_null(bench->reply.stream);
    while ((n = wsd__scan_stream_read(bench->reply.stream, piece, sizeof piece)) > 0)
        wsd__buf_append(all, piece, (size_t)n);
    return n;
}

UNUSED static void pull_whole_image(struct bench *bench)
{
    struct wsd__buf all = WSD__BUF_INIT(1 << 20);

    assert_int_equal(pull(bench, &all), WSD_SCANNER_END);
    wsd__buf_free(&all);
    wsd__scan_stream_closed(bench->reply.stream, true);
    bench->reply.stream = NULL;
}

UNUSED static const struct wsd_scan_job_status *job_status(struct bench *bench, int32_t id)
{
    const struct wsd_scan_body *body =
        ask(bench, "GetJobElements",
            "<wscn:JobId>%d</wscn:JobId><wscn:RequestedElements><wscn:Name>wscn:JobStatus"
            "</wscn:Name></wscn:RequestedElements>",
            id);

    if (!body->get_job_elements_response)
        fail_msg("no status: %s", bench->reply.body.data);
    assert_int_equal(body->get_job_elements_response->n_job_elements, 1);
    return body->get_job_elements_response->job_elements[0].job_status;
}

UNUSED static void assert_job(struct bench *bench, int32_t id, int state, int reason)
{
    const struct wsd_scan_job_status *status = job_status(bench, id);

    assert_non_null(status);
    assert_int_equal(status->job_state.value, state);
    assert_int_equal(status->n_job_state_reasons, 1);
    assert_int_equal(status->job_state_reasons[0].value, reason);
}

#endif
