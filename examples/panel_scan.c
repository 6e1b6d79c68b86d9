/* SPDX-License-Identifier: MIT */
/*
 * Appears on the scanner's panel, waits for the button, and writes what is scanned:
 *
 *     panel_scan SERVICE-URL NAME [PREFIX]
 *
 * writes PREFIX1, PREFIX2 and so on, as they come from the scanner, and ends after one job.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wsd/wsd.h>

/* What the button brought; strings of an event end with its callback. */
struct button {
    bool pressed;
    char identifier[256], token[256];
    int source; /* enum wsd_scan_input_source, 0 if the scanner does not say */
};

static void on_button(void *user, const struct wsd_scan_available_event *event, const char *token)
{
    struct button *button = user;

    snprintf(button->identifier, sizeof button->identifier, "%s", event->scan_identifier);
    snprintf(button->token, sizeof button->token, "%s", token != NULL ? token : "");
    button->source = event->input_source != NULL ? event->input_source->value : 0;
    button->pressed = true;
}

static const struct wsd_scan_ticket *
default_ticket(const struct wsd_scan_get_scanner_elements_response *answer)
{
    for (size_t i = 0; i < answer->n_scanner_elements; i++)
        if (answer->scanner_elements[i].default_scan_ticket != NULL)
            return answer->scanner_elements[i].default_scan_ticket;
    return NULL;
}

/* One page into a file of its own. */
static int fetch(struct wsd_context *context, const char *service, int32_t job, const char *token,
                 const char *name, struct wsd_error *error)
{
    struct wsd_image_sink sink = WSD_IMAGE_SINK_INIT;
    const struct wsd_image_info *info = NULL;
    int r;

    sink.descriptor = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (sink.descriptor < 0) {
        snprintf(error->message, sizeof error->message, "%.255s cannot be written", name);
        return WSD_E_SYSTEM;
    }
    r = wsd_retrieve_image(context, service, job, token, name, &sink, NULL, &info, error);
    close(sink.descriptor);
    if (r < 0)
        unlink(name);
    else
        printf("%s: %llu bytes, %s\n", name, (unsigned long long)info->size, info->content_type);
    wsd_free(info);
    return r;
}

static int scan(struct wsd_context *context, const char *service, const struct button *button,
                const char *prefix, struct wsd_error *error)
{
    const struct wsd_scan_get_scanner_elements_response *answer = NULL;
    const struct wsd_scan_create_scan_job_response *job = NULL;
    const struct wsd_scan_ticket *ticket = NULL;
    char name[256];
    int r =
        wsd_get_scanner_elements(context, service, WSD_SCAN_DEFAULT_TICKET, NULL, &answer, error);

    if (r == 0)
        ticket = default_ticket(answer);
    if (ticket != NULL)
        r = wsd_create_scan_job(context, service, ticket, button->identifier, button->token, NULL,
                                &job, error);
    for (int page = 1; r == 0 && job != NULL; page++) {
        snprintf(name, sizeof name, "%.200s%d", prefix, page);
        r = fetch(context, service, job->job_id, job->job_token, name, error);
    }
    if (wsd_error_is_fault(error, "ClientErrorNoImagesAvailable"))
        r = 0; /* that was the last page */
    else if (job != NULL)
        wsd_cancel_job(context, service, job->job_id, NULL, NULL);
    wsd_free(job);
    wsd_free(answer);
    return r;
}

int main(int argc, char **argv)
{
    struct wsd_context *context = NULL;
    struct wsd_sink *sink = NULL;
    struct wsd_subscription *subscription = NULL;
    struct wsd_scan_destination destination = {.client_context = "panel_scan"};
    struct button button = {0};
    struct wsd_error error = {0};
    int r;

    if (argc < 3) {
        fprintf(stderr, "usage: panel_scan SERVICE-URL NAME [PREFIX]\n");
        return EXIT_FAILURE;
    }
    destination.client_display_name = argv[2];
    r = wsd_context_new(NULL, &context, &error);
    if (r == 0)
        r = wsd_sink_new(context, NULL, &sink, &error);
    if (r == 0)
        r = wsd_subscribe_scan_available(sink, argv[1], &destination, 1, on_button, &button,
                                         &subscription, &error);
    while (r == 0 && !button.pressed)
        r = wsd_context_wait(context, -1, &error);
    if (r == 0)
        r = scan(context, argv[1], &button, argc > 3 ? argv[3] : "page", &error);
    if (r < 0)
        fprintf(stderr, "panel_scan: %s\n", error.message);
    wsd_subscription_free(subscription);
    if (sink != NULL)
        wsd_sink_drain(sink, 2000, NULL); /* so that no panel offers who is gone */
    wsd_sink_free(sink);
    wsd_context_free(context);
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
