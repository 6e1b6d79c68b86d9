/* SPDX-License-Identifier: MIT */
/*
 * What a foreign client sends to a scan service and its event source, message after message.
 *
 * An input is one or more messages, apart by a line "--next--". Clock and randomness stand still,
 * so that identifiers and tokens are the same in each run and an input may name them. What must
 * hold: each message gets an answer that decodes without any quirk, events for whoever subscribed
 * can be encoded, the panel can be read, nothing is left over. Nothing is sent: the loop never
 * turns.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "eventing/messages.h"
#include "scan/service_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SEPARATOR "\n--next--\n"

static const struct wsd_token formats[] = {{.value = WSD_SCAN_FORMAT_PNG}};
static const struct wsd_token contents[] = {{.value = WSD_SCAN_CONTENT_TYPE_AUTO}};
static const struct wsd_token rotations[] = {{.value = WSD_SCAN_ROTATION_0}};
static const struct wsd_token colors[] = {{.value = WSD_SCAN_COLOR_RGB24}};
static const int32_t resolutions[] = {100, 300}, dpi = 300, zero = 0;
static const struct wsd_scan_source platen = {.optical_resolution = {.width = 300},
                                              .resolutions = {resolutions, 2, resolutions, 2, NULL},
                                              .colors = colors,
                                              .n_colors = 1,
                                              .minimum_size = {10, 10, NULL},
                                              .maximum_size = {8500, 11700, NULL}};
static const struct wsd_scan_configuration configuration = {
    .device_settings = {.formats_supported = formats,
                        .n_formats_supported = 1,
                        .compression_quality_factor_supported = {0, 100, NULL},
                        .content_types_supported = contents,
                        .n_content_types_supported = 1,
                        .scaling_range_supported = {.scaling_width = {100, 400, NULL},
                                                    .scaling_height = {100, 400, NULL}},
                        .rotations_supported = rotations,
                        .n_rotations_supported = 1},
    .platen = &platen};
static const struct wsd_scan_ticket_token format = {.value = {.value = WSD_SCAN_FORMAT_PNG}};
static const struct wsd_scan_ticket_int quality = {.value = 0}, images = {.value = 1}, corner = {0};
static const struct wsd_scan_ticket_token source = {
    .value = {.value = WSD_SCAN_INPUT_SOURCE_PLATEN}};
static const struct wsd_scan_ticket_token content = {
    .value = {.value = WSD_SCAN_CONTENT_TYPE_AUTO}};
static const struct wsd_scan_ticket_token rotation = {.value = {.value = WSD_SCAN_ROTATION_0}};
static const struct wsd_scan_ticket_token color = {.value = {.value = WSD_SCAN_COLOR_RGB24}};
static const struct wsd_scan_size media = {.width = 8500, .height = 11700};
static const struct wsd_scan_input_size input_size = {.input_media_size = &media};
static const struct wsd_scan_exposure_settings exposures = {&zero, &zero, &zero, NULL};
static const struct wsd_scan_exposure exposure = {.exposure_settings = &exposures};
static const struct wsd_scan_scaling scaling = {.scaling_width = 100, .scaling_height = 100};
static const struct wsd_scan_region region = {.scan_region_x_offset = &corner,
                                              .scan_region_y_offset = &corner,
                                              .scan_region_width = {.value = 8500},
                                              .scan_region_height = {.value = 11700}};
static const struct wsd_scan_resolution resolution = {.width = 300, .height = &dpi};
static const struct wsd_scan_media_sides sides = {
    .media_front = {.scan_region = &region, .color_processing = &color, .resolution = &resolution}};
static const struct wsd_scan_document_parameters parameters = {.format = &format,
                                                               .compression_quality_factor =
                                                                   &quality,
                                                               .images_to_transfer = &images,
                                                               .input_source = &source,
                                                               .content_type = &content,
                                                               .input_size = &input_size,
                                                               .exposure = &exposure,
                                                               .scaling = &scaling,
                                                               .rotation = &rotation,
                                                               .media_sides = &sides};
static const struct wsd_scan_ticket ticket = {
    .job_description = {.job_name = "Fuzz", .job_originating_user_name = ""},
    .document_parameters = &parameters};
static const struct wsd_scan_text name = {.value = "Fuzz", .lang = "en"};
static const struct wsd_scan_description description = {.scanner_name = &name, .n_scanner_name = 1};

static uint8_t next_byte;

static uint64_t standing(void *user)
{
    (void)user;
    return 1000;
}

static void counting(void *user, void *bytes, size_t size)
{
    (void)user;
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)bytes)[i] = next_byte++;
}

static int next_image(void *user, struct wsd_scan_job_info *job, unsigned number,
                      const char **ret_type)
{
    (void)user, (void)job, (void)ret_type;
    return number == 1;
}

static ssize_t read_image(void *user, struct wsd_scan_job_info *job, void *buffer, size_t size)
{
    (void)user, (void)job, (void)buffer, (void)size;
    return WSD_SCANNER_END;
}

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static struct wsd_scan_service *make(struct wsd_context **context,
                                     struct wsd__scan_profiles *profiles)
{
    struct wsd_context_options own = WSD_CONTEXT_OPTIONS_INIT;
    struct wsd_scan_service_options options = WSD_SCAN_SERVICE_OPTIONS_INIT;
    struct wsd_scan_service *service;
    struct wsd_error error = {0};

    own.now = standing;
    own.random = counting;
    if (!*context) {
        const struct wsd__envelope *none;

        require(wsd_context_new(&own, context, &error) == 0, error.message);
        /* What is made on first use takes its random bytes now. */
        wsd__envelope_decode(*context, &wsd__type_scan_body, "<a/>", 4, 0, &none, NULL);
    }
    next_byte = 0;
    options.description = &description;
    options.configuration = &configuration;
    options.default_ticket = &ticket;
    options.scanner.size = sizeof options.scanner;
    options.scanner.next_image = next_image;
    options.scanner.read = read_image;
    require(wsd__scan_service_create(*context, profiles, &options, &service, &error) == 0,
            error.message);
    return service;
}

static void check_answer(struct wsd_context *context, const struct wsd__scan_reply *reply)
{
    const struct wsd__envelope *answer = NULL;
    struct wsd_error error = {0};

    if (getenv("WSD_FUZZ_SHOW"))
        fprintf(stderr, "%s\n", reply->body.data ? reply->body.data : "an image");
    require(reply->status == 200 || reply->status == 400 || reply->status == 500, "status");
    if (reply->stream) {
        char piece[4096];

        while (wsd__scan_stream_read(reply->stream, piece, sizeof piece) > 0) {
        }
        wsd__scan_stream_closed(reply->stream, true);
        return;
    }
    if (wsd__envelope_decode(context, &wsd__type_scan_body, reply->body.data, reply->body.length, 0,
                             &answer, &error) < 0)
        fprintf(stderr, "%s\n%s\n", error.message, reply->body.data);
    require(answer != NULL, "an answer decodes");
    wsd_free(answer);
    if (wsd__envelope_decode(context, &wsd__type_eventing_body, reply->body.data,
                             reply->body.length, 0, &answer, &error) == 0)
        wsd_free(answer);
}

static void send_one(struct wsd_context *context, struct wsd_scan_service *service,
                     const void *bytes, size_t size)
{
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct wsd__event_transport transport = {(struct sockaddr *)&peer, "http://127.0.0.1/x/scan"};
    struct wsd__scan_reply reply = {0};

    wsd__scan_serve(service, &transport, bytes, size, &reply);
    check_answer(context, &reply);
    wsd__buf_free(&reply.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct wsd_context *context; /* made once: it keeps the parser */
    struct wsd__scan_profiles profiles = {NULL};
    const struct wsd_scan_panel *panel = NULL;
    struct wsd_scan_service *service;
    size_t length = strlen(SEPARATOR);

    service = make(&context, &profiles);
    for (const uint8_t *at = data, *end = data + size; at;) {
        const uint8_t *next = memmem(at, (size_t)(end - at), SEPARATOR, length);

        send_one(context, service, at, (size_t)((next ? next : end) - at));
        at = next ? next + length : NULL;
    }
    require(wsd_scan_service_panel(service, &panel, NULL) == 0, "the panel can be read");
    for (size_t i = 0; i < panel->n_entries; i++)
        require(wsd_scan_service_press(service, panel->entries[i].number, 0, NULL) <= 0, "press");
    wsd_free(panel);
    wsd_scan_service_condition(service, WSD_SCAN_CONDITION_NAME_COVER_OPEN,
                               WSD_SCAN_COMPONENT_PLATEN, WSD_SCAN_SEVERITY_CRITICAL);
    wsd_scan_service_busy(service, WSD_SCAN_CALIBRATING);
    wsd__scan_service_destroy(service, false);
    require(profiles.first == NULL, "all profiles are given back");
    return 0;
}
