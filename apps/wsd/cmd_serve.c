/* SPDX-License-Identifier: MIT */
/* wsd serve: makes the devices, says where they are, and runs until a signal comes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "device_address.h"
#include "exit_codes.h"
#include "print_json.h"
#include "raster/pages.h"
#include "report.h"
#include "serve.h"
#include "text.h"

#define WINDOWS_PORT   5357
#define COUNT_MAX      10000
#define SHEETS_DEFAULT 10
/* The last answer leaves after the job has ended. */
#define LINGER_MS 500u

static int open_pages(struct serve *serve)
{
    const char *folder = args_text(serve->session->args, OPT_PAGES_SERVE, NULL);
    bool given = args_has(serve->session->args, OPT_SHEETS);
    char what[300];

    if (!folder)
        return EXIT_CODE_OK;
    int r = pages_open(folder, &serve->pages);
    if (r < 0) {
        snprintf(what, sizeof what, "the folder cannot be read: %s", strerror(-r));
        return report_failure(serve->session, EXIT_CODE_OUTPUT, folder, what, NULL);
    }
    if (pages_count(serve->pages) == 0)
        return report_failure(serve->session, EXIT_CODE_USAGE, folder,
                              "there are no JPEG, PNG or TIFF files in it", NULL);
    if (!given)
        serve->sheets = (long)pages_count(serve->pages);
    return EXIT_CODE_OK;
}

static int read_options(struct serve *serve)
{
    const struct args *args = serve->session->args;

    serve->name = args_text(args, OPT_NAME, "Chart Scanner");
    serve->manufacturer = args_text(args, OPT_MANUFACTURER, "libwsd");
    serve->model = args_text(args, OPT_MODEL, "Chart Scanner");
    serve->sheets = SHEETS_DEFAULT;
    serve->count = 1;
    if (args->n_operands > 0) {
        usage_error(args, "wsd serve takes no operands");
        return EXIT_CODE_USAGE;
    }
    if (!args_number(args, OPT_SHEETS, 0, 10000, &serve->sheets) ||
        !args_number(args, OPT_COUNT, 1, COUNT_MAX, &serve->count))
        return EXIT_CODE_USAGE;
    if (args_has(args, OPT_UUID) && serve->count > 1) {
        usage_error(args, "--uuid names one scanner, --count makes several");
        return EXIT_CODE_USAGE;
    }
    return open_pages(serve);
}

static int open_host(struct serve *serve)
{
    const struct args *args = serve->session->args;
    struct wsd_host_options options = WSD_HOST_OPTIONS_INIT;
    struct wsd_error error = {0};
    long port = WINDOWS_PORT, delay = -1;

    if (!args_number(args, OPT_PORT, 0, 65535, &port) ||
        !args_number(args, OPT_ANSWER_DELAY, 0, 60000, &delay))
        return EXIT_CODE_USAGE;
    options.port = (uint16_t)port;
    if (delay >= 0)
        options.max_answer_delay = delay == 0 ? WSD_NO_DELAY : (uint32_t)delay;
    if (serve->count > 1) {
        /* The limit protects the network from one device, not from as many as were asked for. */
        options.answers_per_second = WSD_NO_LIMIT;
        options.answers_per_second_per_peer = WSD_NO_LIMIT;
    }
    int r = wsd_host_new(serve->session->context, &options, &serve->host, &error);
    if (r < 0 && port == WINDOWS_PORT && !args_has(args, OPT_PORT)) {
        options.port = 0;
        error = (struct wsd_error){0};
        r = wsd_host_new(serve->session->context, &options, &serve->host, &error);
    }
    return r < 0 ? report_error(serve->session, NULL, &error) : EXIT_CODE_OK;
}

static int add_service(struct serve_device *d, struct wsd_error *error)
{
    struct wsd_scan_service_options options = WSD_SCAN_SERVICE_OPTIONS_INIT;
    struct wsd_scan_text name = {.value = d->name, .lang = "en"};
    struct wsd_scan_text info = {.value = "A scanner made of software", .lang = "en"};
    struct wsd_scan_description description = {
        .scanner_name = &name, .n_scanner_name = 1, .scanner_info = &info, .n_scanner_info = 1};
    struct wsd_scan_service *service = NULL;

    options.description = &description;
    options.configuration = &serve_configuration;
    options.default_ticket = &serve_default_ticket;
    options.scanner = serve_scanner(d);
    return wsd_scan_service_new(d->device, &options, &service, error);
}

static int add_device(struct serve *serve, long number)
{
    const struct args *args = serve->session->args;
    struct serve_device *d = &serve->devices[number - 1];
    struct wsd_device_options options = WSD_DEVICE_OPTIONS_INIT;
    struct wsd_error error = {0};
    struct wanted uuid = {0};

    d->serve = serve;
    if (serve->count > 1)
        snprintf(d->name, sizeof d->name, "%.100s %ld", serve->name, number);
    else
        snprintf(d->name, sizeof d->name, "%.120s", serve->name);
    if (args_has(args, OPT_UUID)) {
        if (!wanted_parse(args_text(args, OPT_UUID, ""), &uuid) || uuid.kind != WANTED_UUID) {
            usage_error(args, "'%s' is no UUID", args_text(args, OPT_UUID, ""));
            return EXIT_CODE_USAGE;
        }
        options.endpoint = uuid.text;
    }
    options.friendly_name = d->name;
    options.manufacturer = serve->manufacturer;
    options.model_name = serve->model;
    options.firmware_version = WSD_VERSION;
    options.serial_number = d->name;
    int r = wsd_device_new(serve->host, &options, &d->device, &error);
    if (r >= 0)
        r = add_service(d, &error);
    if (r >= 0)
        r = wsd_device_start(d->device, &error);
    return r < 0 ? report_error(serve->session, d->name, &error) : EXIT_CODE_OK;
}

static void announce(const struct serve *serve)
{
    for (long i = 0; i < serve->count; i++) {
        const struct serve_device *d = &serve->devices[i];
        if (serve->session->json) {
            struct json_object *o = json_object_new_object();
            json_put_text(o, "name", d->name);
            json_put_text(o, "url", wsd_device_url(d->device));
            json_put_text(o, "endpoint", wsd_device_endpoint(d->device));
            json_print_line(o);
        } else {
            char clean[200];
            printf("%s\t%s\t%s\n", text_clean(d->name, clean, sizeof clean),
                   wsd_device_url(d->device), wsd_device_endpoint(d->device));
        }
    }
    puts("ready");
    fflush(stdout);
}

static void run(struct serve *serve)
{
    bool once = args_has(serve->session->args, OPT_ONCE);

    while (!once || serve->jobs_ended == 0)
        if (!session_turn(serve->session, session_now() + 60000))
            return;
    session_sleep(serve->session, LINGER_MS);
}

int command_serve(struct session *session)
{
    struct serve serve = {.session = session};
    int code = read_options(&serve);

    if (code == EXIT_CODE_OK)
        code = open_host(&serve);
    if (code == EXIT_CODE_OK) {
        serve.devices = calloc((size_t)serve.count, sizeof *serve.devices);
        if (!serve.devices)
            code = report_no_memory();
    }
    for (long i = 1; code == EXIT_CODE_OK && i <= serve.count; i++)
        code = add_device(&serve, i);
    if (code == EXIT_CODE_OK) {
        announce(&serve);
        run(&serve);
    }
    wsd_host_free(serve.host);
    free(serve.devices);
    pages_free(serve.pages);
    return code;
}
