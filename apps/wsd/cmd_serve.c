/* SPDX-License-Identifier: MIT */
/* wsd serve: makes the devices, says where they are, and runs until a signal comes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "common/exit_codes.h"
#include "raster/pages.h"
#include "report.h"
#include "serve_bridge.h"

#define WINDOWS_PORT   5357
#define COUNT_MAX      10000
#define SHEETS_DEFAULT 10
/* The last answer leaves after the job has ended. */
#define LINGER_MS 500u
#define WAIT_MS   60000
/* What images may take of one turn of the loop. */
#define TURN_MS 20u

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
    if (!args_number(args, OPT_SHEETS, 0, SERVE_SHEETS_MAX, &serve->sheets) ||
        !args_number(args, OPT_COUNT, 1, COUNT_MAX, &serve->count))
        return EXIT_CODE_USAGE;
    if (args_has(args, OPT_UUID) && serve->count > 1) {
        usage_error(args, "--uuid names one scanner, --count makes several");
        return EXIT_CODE_USAGE;
    }
    if (args_has(args, OPT_UUID) && (!wanted_parse(args_text(args, OPT_UUID, ""), &serve->uuid) ||
                                     serve->uuid.kind != WANTED_UUID)) {
        usage_error(args, "'%s' is no UUID", args_text(args, OPT_UUID, ""));
        return EXIT_CODE_USAGE;
    }
    if (args_has(args, OPT_SANE) &&
        (args_has(args, OPT_COUNT) || args_has(args, OPT_PAGES_SERVE) ||
         args_has(args, OPT_SHEETS) || (args_has(args, OPT_UUID) && args->count[OPT_SANE] > 1))) {
        usage_error(args, "--sane shares devices as they are: it goes without --count, --pages and "
                          "--sheets, and with --uuid for one device alone");
        return EXIT_CODE_USAGE;
    }
    if (args_has(args, OPT_CONTROL) && args_has(args, OPT_NO_CONTROL)) {
        usage_error(args, "--control and --no-control exclude each other");
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
    options.filter = serve_break_filter(serve);
    options.user = serve;
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
    struct serve_setup setup;
    struct serve_offer offer;

    serve_setup_init(&setup, d->name);
    if (d->setup)
        setup = *d->setup;
    serve_offer_make(&setup, &offer);
    options.description = &offer.description;
    options.configuration = &offer.configuration;
    options.default_ticket = &offer.ticket;
    options.scanner = d->bridge ? bridge_scanner(d) : serve_scanner(d);
    options.destinations_changed = serve_destinations_changed;
    options.user = d;
    return wsd_scan_service_new(d->device, &options, &d->service, error);
}

int serve_plug_in(struct serve_device *d, struct wsd_error *reterr)
{
    struct wsd_device_options options = WSD_DEVICE_OPTIONS_INIT;
    const struct args *args = d->serve->session->args;
    int r;

    d->instance_id = serve_instance(d->serve, d->instance_id);
    options.endpoint = d->endpoint;
    options.friendly_name = d->name;
    options.manufacturer =
        d->bridge && !args_has(args, OPT_MANUFACTURER) ? d->bridge->vendor : d->serve->manufacturer;
    options.model_name =
        d->bridge && !args_has(args, OPT_MODEL) ? d->bridge->model : d->serve->model;
    options.firmware_version = WSD_VERSION;
    options.serial_number = d->name;
    options.instance_id = d->instance_id;
    r = wsd_device_new(d->serve->host, &options, &d->device, reterr);
    if (r >= 0)
        r = add_service(d, reterr);
    if (r >= 0)
        r = wsd_device_start(d->device, reterr);
    if (r < 0) {
        wsd_device_free(d->device);
        d->device = NULL;
        d->service = NULL;
    }
    return r;
}

static int add_device(struct serve *serve, long number)
{
    struct serve_device *d = &serve->devices[number - 1];
    struct wsd_error error = {0};

    d->serve = serve;
    d->number = number;
    d->sheets = (unsigned)serve->sheets;
    d->refilled = true;
    d->endpoint = *serve->uuid.text ? serve->uuid.text : NULL;
    if (serve->bridges) { /* made when the device has said what it is */
        d->bridge = &serve->bridges[number - 1];
        d->bridge->device = d;
        return EXIT_CODE_OK;
    }
    if (serve->count > 1)
        snprintf(d->name, sizeof d->name, "%.100s %ld", serve->name, number);
    else
        snprintf(d->name, sizeof d->name, "%.120s", serve->name);
    return serve_plug_in(d, &error) < 0 ? report_error(serve->session, d->name, &error)
                                        : EXIT_CODE_OK;
}

/* One turn of the loop that the library and the control socket share. False if a signal came. */
static bool turn(struct serve *serve, uint64_t deadline)
{
    struct wsd_context *context = serve->session->context;
    struct pollfd fds[1 + CONTROL_DESCRIPTORS + SERVE_BRIDGES_MAX];
    struct pollfd *bridges = fds + 1 + CONTROL_DESCRIPTORS;
    uint64_t now = session_now();

    deadline = bridges_due(serve, deadline);
    int left = deadline <= now ? 0 : deadline - now > WAIT_MS ? WAIT_MS : (int)(deadline - now);

    serve_go_on_all(serve);
    int wait = wsd_context_timeout(context);

    fds[0] = (struct pollfd){.fd = wsd_context_fd(context), .events = POLLIN};
    control_server_wants(serve->control, fds + 1);
    bridges_want(serve, bridges);
    if (session_signals() > 0)
        return false;
    int n = poll(fds, (nfds_t)(1 + CONTROL_DESCRIPTORS + serve->n_bridges),
                 wait < 0 || wait > left ? left : wait);
    if (n < 0 && errno != EINTR)
        return false;
    serve->turn_until = session_now() + TURN_MS;
    if (n > 0)
        control_server_turn(serve->control, fds + 1);
    bridges_turn(serve, n > 0 ? bridges : NULL);
    return wsd_context_dispatch(context, NULL) >= 0 && session_signals() == 0;
}

static void run(struct serve *serve)
{
    bool once = args_has(serve->session->args, OPT_ONCE);

    while (!once || serve->jobs_ended == 0)
        if (!turn(serve, session_now() + WAIT_MS))
            return;
    uint64_t end = session_now() + LINGER_MS;
    while (session_now() < end)
        if (!turn(serve, end))
            return;
}

static void free_devices(struct serve *serve)
{
    for (long i = 0; serve->devices && i < serve->count; i++) {
        wsd_free(serve->devices[i].panel);
        free(serve->devices[i].address);
        free(serve->devices[i].setup);
    }
    free(serve->devices);
}

int command_serve(struct session *session)
{
    struct serve serve = {.session = session};
    int code = read_options(&serve);

    if (code == EXIT_CODE_OK && serve_break_lists(&serve))
        return EXIT_CODE_OK;
    if (code == EXIT_CODE_OK)
        code = serve_break_open(&serve);
    if (code == EXIT_CODE_OK)
        code = bridges_open(&serve);
    if (code == EXIT_CODE_OK)
        code = open_host(&serve);
    if (code == EXIT_CODE_OK) {
        serve.devices = calloc((size_t)serve.count, sizeof *serve.devices);
        if (!serve.devices)
            code = report_no_memory();
    }
    for (long i = 1; code == EXIT_CODE_OK && i <= serve.count; i++)
        code = add_device(&serve, i);
    if (code == EXIT_CODE_OK)
        code = bridges_start(&serve, turn);
    if (code == EXIT_CODE_OK)
        code = serve_control_open(&serve);
    if (code == EXIT_CODE_OK) {
        serve_say_ready(&serve);
        run(&serve);
    }
    control_server_free(serve.control);
    wsd_host_free(serve.host);
    bridges_free(&serve);
    bridges_forget_list(&serve);
    free_devices(&serve);
    pages_free(serve.pages);
    serve_break_close(&serve);
    return code < 0 ? EXIT_CODE_OK : code;
}
