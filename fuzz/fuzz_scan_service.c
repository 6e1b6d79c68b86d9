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
#include "scanner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SEPARATOR "\n--next--\n"

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
