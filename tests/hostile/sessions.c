/* SPDX-License-Identifier: MIT */
/*
 * Sessions of a client with a device over a bad network, as many as wanted.
 *
 *     sessions COUNT [SEED]
 *
 * A session is a whole one: search, metadata, elements, subscriptions, validation, a job with its
 * images, questions about it, farewell. Both ends are the library's, through its public interface;
 * between them is the relay, which refuses, cuts, stalls, delays, corrupts, doubles and loses. What
 * holds of each session: every call ends once and within its limit, with the right answer or with
 * an error that the faults which struck it account for; an image is whole and the scanner's to the
 * byte, or the call says that it is not; afterwards no job is open on the device. At the end all
 * subscriptions are over, and no descriptor and (the sanitizer tells) no memory is left behind.
 *
 * The clock is the test's, so that a time limit costs nothing. The seed is printed first.
 */
#include <dirent.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "relay.h"

#include "../../fuzz/scanner.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
#define EPR      "urn:uuid:5f8b7a10-1111-4222-8333-94a5b6c7d8e1"
#define URI_SCAN "http://schemas.microsoft.com/windows/2006/08/wdp/scan"

/* -- the device ------------------------------------------------------------------------------- */

static struct {
    struct wsd_context *context;
    struct wsd_host *host;
    struct wsd_device *device;
    struct wsd_scan_service *service;
    unsigned begun, ended, pages;
    size_t size, given; /* of the image under way */
    int32_t job;
} device;

static char byte_of(size_t at, size_t size)
{
    return (char)(at * 7 + size);
}

static int begin(void *user, struct wsd_scan_job_info *job)
{
    (void)user;
    device.begun++;
    device.job = job->id;
    device.pages = 1 + relay_below(3);
    return 0;
}

static int next_image(void *user, struct wsd_scan_job_info *job, unsigned number,
                      const char **ret_type)
{
    (void)user, (void)job;
    if (number > device.pages)
        return 0;
    *ret_type = "image/png";
    device.size = 1 + relay_below(UINT32_C(1) << (4 + relay_below(12)));
    device.given = 0;
    return 1;
}

static ssize_t read_image(void *user, struct wsd_scan_job_info *job, void *buffer, size_t size)
{
    (void)user, (void)job;
    size_t left = device.size - device.given;

    size = size < left ? size : left;
    for (size_t i = 0; i < size; i++)
        ((char *)buffer)[i] = byte_of(device.given + i, device.size);
    device.given += size;
    return (ssize_t)size;
}

static void end(void *user, struct wsd_scan_job_info *job, int state)
{
    (void)user, (void)job, (void)state;
    device.ended++;
}

static void random_drawn(void *user, void *bytes, size_t size)
{
    (void)user;
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)bytes)[i] = (uint8_t)relay_random();
}

static struct wsd_context *make_context(void *owner)
{
    static const char *const interfaces[] = {"lo", NULL};
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    struct wsd_context *context = NULL;
    struct wsd_error error = {0};

    options.interfaces = interfaces;
    options.allow_loopback = true;
    options.ipv4_only = true;
    options.now = clock_now;
    options.random = random_drawn;
    options.open_socket = net_open;
    options.user = owner;
    require(wsd_context_new(&options, &context, &error) == 0, error.message);
    return context;
}

static void make_device(void)
{
    struct wsd_host_options host = WSD_HOST_OPTIONS_INIT;
    struct wsd_device_options options = WSD_DEVICE_OPTIONS_INIT;
    struct wsd_scan_service_options service = WSD_SCAN_SERVICE_OPTIONS_INIT;
    struct wsd_error error = {0};

    device.context = make_context(&device);
    host.address = "127.0.0.1";
    require(wsd_host_new(device.context, &host, &device.host, &error) == 0, error.message);
    options.endpoint = EPR;
    options.friendly_name = "Hostile";
    options.manufacturer = "Maker";
    options.model_name = "Model";
    options.instance_id = 1;
    require(wsd_device_new(device.host, &options, &device.device, &error) == 0, error.message);
    service.description = &description;
    service.configuration = &configuration;
    service.default_ticket = &ticket;
    service.max_subscribers_per_peer = 200; /* all are one peer here */
    service.scanner = (struct wsd_scanner){.size = sizeof service.scanner,
                                           .begin = begin,
                                           .next_image = next_image,
                                           .read = read_image,
                                           .end = end};
    require(wsd_scan_service_new(device.device, &service, &device.service, &error) == 0,
            error.message);
    require(wsd_device_start(device.device, &error) == 0, error.message);
}

/* -- the client, and time --------------------------------------------------------------------- */

static struct {
    struct wsd_context *context;
    struct wsd_call *call;
    unsigned ends;
    int status;
    struct wsd_error error;
    const void *result;
    bool cancelled;
    uint32_t session_effects; /* of all calls of this session */
    /* of an image */
    bool begun, over, complete;
    size_t size, wrong;
} client;

static unsigned long n_calls, n_outcomes[64];
static uint64_t longest;

static bool turn(void)
{
    bool worked = net_dispatch(device.context);

    worked = (client.context && net_dispatch(client.context)) || worked;
    return relay_turn() || worked;
}

static uint64_t sooner(uint64_t next, const struct wsd_context *context)
{
    int wait = context ? wsd_context_timeout(context) : -1;

    return wait >= 0 && clock_ms + (uint64_t)wait < next ? clock_ms + (uint64_t)wait : next;
}

/* Until the call has ended or, without one, until the time has come. */
static void run(bool call, uint64_t until)
{
    uint64_t next;

    for (unsigned turns = 0; !(call && client.ends) && clock_ms < until; turns++) {
        require(turns < 1000000, "it comes to an end");
        while (turn()) {
        }
        if (call && client.ends)
            break;
        next = sooner(sooner(relay_next(), device.context), client.context);
        next = next < until ? next : until;
        clock_ms = next > clock_ms ? next : clock_ms + 1;
    }
}

static void done(void *user, int status, const void *result, const struct wsd_error *error)
{
    (void)user;
    client.ends++;
    client.call = NULL;
    client.status = status;
    client.result = result;
    require((status < 0) == (error != NULL), "an error comes with a failure");
    if (error)
        client.error = *error;
}

/* -- which error is right --------------------------------------------------------------------- */

#define BIT(code) (UINT64_C(1) << -(code))
#define SPOILT                                                                                     \
    (BIT(WSD_E_HTTP) | BIT(WSD_E_NOT_SOAP) | BIT(WSD_E_EMPTY) | BIT(WSD_E_XML) |                   \
     BIT(WSD_E_SCHEMA) | BIT(WSD_E_LIMIT) | BIT(WSD_E_FAULT) | BIT(WSD_E_REDIRECT) |               \
     BIT(WSD_E_REFUSED_ADDRESS) | BIT(WSD_E_MIME) | BIT(WSD_E_TRUNCATED) | BIT(WSD_E_TIMEOUT) |    \
     BIT(WSD_E_NETWORK) | BIT(WSD_E_NOT_FOUND) | BIT(WSD_E_UNSUPPORTED))
#define BROKEN_OFF (BIT(WSD_E_EMPTY) | BIT(WSD_E_TRUNCATED) | BIT(WSD_E_NETWORK) | BIT(WSD_E_MIME))

/* A request that came to the device in a bad state is refused there, which is right too. */
static const uint64_t errors_after[RELAY_N_FAULTS] = {
    [RELAY_REFUSED] = BIT(WSD_E_NETWORK),
    [RELAY_CUT] = BROKEN_OFF,
    [RELAY_STALLED] = BIT(WSD_E_TIMEOUT) | BROKEN_OFF, /* the device hangs up first, at times */
    [RELAY_LATE] = BIT(WSD_E_TIMEOUT) | BROKEN_OFF,
    [RELAY_CORRUPTED] = SPOILT,
    [RELAY_REMOVED] = SPOILT,
    [RELAY_DOUBLED] = SPOILT,
    [RELAY_UDP_LOST] = BIT(WSD_E_NOT_FOUND),
    [RELAY_UDP_LATE] = BIT(WSD_E_NOT_FOUND),
    [RELAY_UDP_CUT] = BIT(WSD_E_NOT_FOUND),
    [RELAY_UDP_CORRUPTED] = BIT(WSD_E_NOT_FOUND),
};

enum { SPOILING = 1 << RELAY_CORRUPTED | 1 << RELAY_REMOVED | 1 << RELAY_DOUBLED };

static void explain(const char *what)
{
    static const char *const names[] = {
#define NAME(name) #name,
        RELAY_FAULTS(NAME)
#undef NAME
    };

    fprintf(stderr, "%s\nstatus %s: %s (HTTP %d, %s)\nfaults:", what, wsd_error_name(client.status),
            client.error.message, client.error.http_status, client.error.subcode);
    for (int i = 0; i < RELAY_N_FAULTS; i++)
        if (relay_effects >> i & 1)
            fprintf(stderr, " %s", names[i]);
    fprintf(stderr, "\nof the session:");
    for (int i = 0; i < RELAY_N_FAULTS; i++)
        if (client.session_effects >> i & 1)
            fprintf(stderr, " %s", names[i]);
    fputc('\n', stderr);
    abort();
}

static void check_status(void)
{
    uint64_t right = client.cancelled ? BIT(WSD_E_CANCELLED) : 0;

    for (int i = 0; i < RELAY_N_FAULTS; i++)
        if (relay_effects >> i & 1)
            right |= errors_after[i];
    if (client.session_effects | relay_effects) /* the job went another way */
        right |= BIT(WSD_E_FAULT);
    if (client.status < 0 && !(right & BIT(client.status)))
        explain("an error that nothing accounts for");
    if (client.status < 0 && client.error.message[0] == '\0')
        explain("an error without words");
}

/* -- calls ------------------------------------------------------------------------------------ */

static void begin_call(void)
{
    client.session_effects |= relay_effects;
    relay_effects = 0;
    client.ends = 0;
    client.status = 0;
    client.result = NULL;
    client.call = NULL;
    client.cancelled = false;
    memset(&client.error, 0, sizeof client.error);
}

/* True if it succeeded; `expected` is the subcode of a fault that is no failure, or NULL. */
static bool end_call(int started, uint64_t limit, const char *expected,
                     const struct wsd_error *error)
{
    uint64_t began = clock_ms;

    require(started == 0, error->message);
    if (relay_below(200) == 0 && !relay_honest) { /* a person loses patience */
        run(true, clock_ms + relay_below(2000));
        if (client.call) {
            client.cancelled = true;
            wsd_call_cancel(client.call);
        }
    }
    run(true, began + limit);
    if (client.ends != 1)
        explain("a call does not end within its limit");
    longest = clock_ms - began > longest ? clock_ms - began : longest;
    n_calls++;
    n_outcomes[-client.status]++;
    if (!(client.status == WSD_E_FAULT && expected && wsd_error_is_fault(&client.error, expected)))
        check_status();
    return client.status == 0;
}

static void drop(void)
{
    wsd_free(client.result);
    client.result = NULL;
}

/* What of an answer must be as the device said it, unless its bytes were changed on the way. */
static void require_true(bool holds, const char *what)
{
    if (!holds && !(relay_effects & SPOILING))
        explain(what);
}

enum { EXCHANGE = 5000 + 10000 + 30000 + 45000, PATIENCE = EXCHANGE + 70000 };

static void search(void)
{
    static const struct wsd_qname type = {URI_SCAN, "ScanDeviceType", NULL};
    struct wsd_probe_options options = WSD_PROBE_OPTIONS_INIT;
    struct wsd_error error = {0};

    options.types = &type;
    options.n_types = 1;
    options.timeout = 2000;
    begin_call();
    if (end_call(wsd_probe_start(client.context, &options, done, NULL, &client.call, &error), 5000,
                 NULL, &error)) {
        const struct wsd_target_set *set = client.result;

        if (relay_effects == 0)
            require_true(set->n_targets == 1 && set->targets[0]->xaddrs.n_items == 1 &&
                             wsd_endpoint_equal(set->targets[0]->endpoint, EPR),
                         "the search finds the device");
    }
    drop();
    if (relay_below(4) == 0) {
        begin_call();
        end_call(wsd_resolve_start(client.context, EPR, NULL, done, NULL, &client.call, &error),
                 6000, NULL, &error);
        drop();
    }
}

static void get(const char *service)
{
    struct wsd_request_options options = WSD_REQUEST_OPTIONS_INIT;
    struct wsd_error error = {0};

    options.to = EPR;
    begin_call();
    if (end_call(wsd_get_start(client.context, wsd_device_url(device.device), &options, done, NULL,
                               &client.call, &error),
                 EXCHANGE, NULL, &error)) {
        const struct wsd_device_info *info = client.result;
        const struct wsd_hosted *hosted =
            wsd_device_info_find(info, URI_SCAN, "ScannerServiceType");
        const char *address = hosted ? wsd_hosted_address(info, hosted) : NULL;

        require_true(strcmp(info->friendly_name, "Hostile") == 0 &&
                         strcmp(info->manufacturer, "Maker") == 0 && address &&
                         strcmp(address, service) == 0,
                     "the metadata is the device's");
    }
    drop();
}

static void elements(const char *service)
{
    struct wsd_error error = {0};

    begin_call();
    if (end_call(wsd_get_scanner_elements_start(client.context, service, WSD_SCAN_ALL_PARTS, NULL,
                                                done, NULL, &client.call, &error),
                 5 * EXCHANGE, NULL, &error)) {
        const struct wsd_scan_get_scanner_elements_response *all = client.result;

        require_true(all->n_scanner_elements == 4 || (client.session_effects | relay_effects) != 0,
                     "all four elements are there");
        for (size_t i = 0; i < all->n_scanner_elements; i++)
            if (all->scanner_elements[i].scanner_configuration)
                require_true(wsd_equal(wsd_type_find("ScannerConfiguration"),
                                       all->scanner_elements[i].scanner_configuration,
                                       &configuration),
                             "the configuration is the device's");
    }
    drop();
}

/* -- a job ------------------------------------------------------------------------------------ */

static int image_begin(void *user, const char *content_type)
{
    (void)user, (void)content_type;
    require(!client.begun, "an image begins once");
    client.begun = true;
    client.over = false;
    client.size = client.wrong = 0;
    return 0;
}

static int image_write(void *user, const void *bytes, size_t size)
{
    (void)user;
    require(client.begun, "bytes come after the beginning");
    for (size_t i = 0; i < size; i++)
        client.wrong += ((const char *)bytes)[i] != byte_of(client.size + i, device.size);
    client.size += size;
    return 0;
}

static int image_end(void *user, bool complete)
{
    (void)user;
    require(client.begun, "an image ends once");
    client.begun = false;
    client.over = true;
    client.complete = complete;
    return 0;
}

/* The images; true when the device has said that there are no more. */
static bool retrieve(const char *service, int32_t id, const char *token)
{
    struct wsd_image_sink sink = WSD_IMAGE_SINK_INIT;
    struct wsd_error error = {0};
    bool good = true;

    sink.begin = image_begin;
    sink.write = image_write;
    sink.end = image_end;
    while (good) {
        begin_call();
        client.over = client.complete = false;
        good = end_call(wsd_retrieve_image_start(client.context, service, id, token, "d", &sink,
                                                 NULL, done, NULL, &client.call, &error),
                        PATIENCE, "ClientErrorNoImagesAvailable", &error);
        require(!client.begun, "an image that began has ended");
        if (good != (client.over && client.complete) && good)
            explain("a success is a whole image");
        if (good)
            require_true(client.size == device.size && client.wrong == 0,
                         "an image is the scanner's");
        drop();
    }
    return wsd_error_is_fault(&client.error, "ClientErrorNoImagesAvailable");
}

static void scan(const char *service)
{
    static const struct wsd_scan_ticket_int all = {.value = 0};
    static const struct wsd_scan_ticket_token from = {
        .value = {.value = WSD_SCAN_INPUT_SOURCE_ADF}};
    static const struct wsd_scan_document_parameters wanted = {.images_to_transfer = &all,
                                                               .input_source = &from};
    static const struct wsd_scan_ticket mine = {
        .job_description = {.job_name = "Hostile", .job_originating_user_name = "u"},
        .document_parameters = &wanted};
    struct wsd_error error = {0};
    char token[256];
    int32_t id;

    begin_call();
    end_call(wsd_validate_scan_ticket_start(client.context, service, &mine, NULL, done, NULL,
                                            &client.call, &error),
             EXCHANGE, NULL, &error);
    drop();
    begin_call();
    if (!end_call(wsd_create_scan_job_start(client.context, service, &mine, NULL, NULL, NULL, done,
                                            NULL, &client.call, &error),
                  EXCHANGE, NULL, &error))
        return;
    const struct wsd_scan_create_scan_job_response *created = client.result;
    id = created->job_id;
    snprintf(token, sizeof token, "%s", created->job_token);
    drop();
    if (relay_below(10) && retrieve(service, id, token))
        return;
    begin_call();
    end_call(
        wsd_cancel_job_start(client.context, service, id, NULL, done, NULL, &client.call, &error),
        EXCHANGE, NULL, &error);
    drop();
}

static void ask_jobs(const char *service)
{
    struct wsd_error error = {0};

    begin_call();
    end_call(
        wsd_get_active_jobs_start(client.context, service, NULL, done, NULL, &client.call, &error),
        EXCHANGE, NULL, &error);
    drop();
    begin_call();
    end_call(
        wsd_get_job_history_start(client.context, service, NULL, done, NULL, &client.call, &error),
        EXCHANGE, NULL, &error);
    drop();
    begin_call();
    end_call(wsd_get_job_elements_start(client.context, service, device.job ? device.job : 1,
                                        WSD_SCAN_JOB_ALL_PARTS, NULL, done, NULL, &client.call,
                                        &error),
             EXCHANGE, "ClientErrorJobIdNotFound", &error);
    drop();
}

/* -- events ----------------------------------------------------------------------------------- */

static unsigned long n_events;

static void heard(void *user, const struct wsd_scan_event *event)
{
    (void)user;
    require(strcmp(event->peer, "127.0.0.1") == 0, "an event is the device's");
    n_events++;
}

static void happen(void)
{
    const struct wsd_scan_panel *panel = NULL;
    int id = wsd_scan_service_condition(device.service, WSD_SCAN_CONDITION_NAME_COVER_OPEN,
                                        WSD_SCAN_COMPONENT_ADF, WSD_SCAN_SEVERITY_WARNING);

    wsd_scan_service_clear(device.service, id);
    require(wsd_scan_service_panel(device.service, &panel, NULL) == 0, "the panel can be read");
    if (panel->n_entries)
        wsd_scan_service_press(device.service, panel->entries[panel->n_entries - 1].number, 0,
                               NULL);
    wsd_free(panel);
}

static void with_events(const char *service)
{
    static const struct wsd_scan_destination here = {.client_display_name = "Here",
                                                     .client_context = "here"};
    struct wsd_scan_subscribe_options options = WSD_SCAN_SUBSCRIBE_OPTIONS_INIT;
    struct wsd_sink_options where = WSD_SINK_OPTIONS_INIT;
    struct wsd_subscription *subscriptions[2] = {NULL, NULL};
    struct wsd_sink *sink = NULL;

    where.address = "127.0.0.1";
    require(wsd_sink_new(client.context, &where, &sink, NULL) == 0, "a sink");
    options.event = heard;
    options.events = WSD_SCAN_AVAILABLE;
    options.destinations = &here;
    options.n_destinations = 1;
    wsd_scan_subscribe(sink, service, &options, &subscriptions[0], NULL);
    options.events = WSD_SCAN_ALL_BUT_AVAILABLE;
    options.n_destinations = 0;
    wsd_scan_subscribe(sink, service, &options, &subscriptions[1], NULL);
    run(false, clock_ms + 100);
    happen();
    scan(service);
    run(false, clock_ms + relay_below(10000));
    for (size_t i = 0; i < 2; i++)
        wsd_subscription_free(subscriptions[i]);
    run(false, clock_ms + 10 * SECOND);
    wsd_sink_free(sink);
}

/* -- a session -------------------------------------------------------------------------------- */

/* Seen over an honest network: no job is open. */
static void no_job_is_open(const char *service)
{
    struct wsd_error error = {0};

    relay_honest = true;
    run(false, clock_ms + 2 * MINUTE);
    client.context = make_context(&client);
    begin_call();
    end_call(
        wsd_get_active_jobs_start(client.context, service, NULL, done, NULL, &client.call, &error),
        EXCHANGE, NULL, &error);
    const struct wsd_scan_get_active_jobs_response *answer = client.result;
    if (client.status != 0 || answer->n_active_jobs != 0)
        explain("no job is left open on the device");
    require(device.begun == device.ended, "each job that was begun has ended");
    drop();
    wsd_context_free(client.context);
    client.context = NULL;
    relay_honest = false;
}

static void session(void)
{
    char service[256];

    snprintf(service, sizeof service, "%s/scan", wsd_device_url(device.device));
    memset(&client, 0, sizeof client);
    relay_effects = 0;
    client.context = make_context(&client);
    search();
    get(service);
    elements(service);
    if (relay_below(3) == 0)
        with_events(service);
    else
        scan(service);
    if (relay_below(3) == 0)
        ask_jobs(service);
    wsd_context_free(client.context);
    client.context = NULL;
    no_job_is_open(service);
}

static size_t count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;

    require(folder != NULL, "/proc");
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static void report(unsigned long count, uint64_t seed, time_t took)
{
    static const char *const names[] = {
#define NAME(name) #name,
        RELAY_FAULTS(NAME)
#undef NAME
    };

    printf("%lu sessions of seed %llu in %ld s: %lu calls, %u jobs, %lu events, the longest call "
           "%llu ms of its clock\n",
           count, (unsigned long long)seed, (long)took, n_calls, device.begun, n_events,
           (unsigned long long)longest);
    printf("calls:");
    for (int i = 0; i < 64; i++)
        if (n_outcomes[i])
            printf(" %s %lu", i ? wsd_error_name(-i) : "good", n_outcomes[i]);
    printf("\nfaults:");
    for (int i = 0; i < RELAY_N_FAULTS; i++)
        if (relay_counts[i])
            printf(" %s %u", names[i], relay_counts[i]);
    printf("\n");
}

/* A network of our own, where that is allowed; else it is the machine's loopback. */
static void enter_namespace(void)
{
    struct ifreq request = {.ifr_name = "lo"};

    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    request.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING | IFF_MULTICAST;
    require(fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0, "loopback");
    close(fd);
}

/* All subscriptions are over, and the device ends. */
static void finish(void)
{
    relay_honest = true;
    run(false, clock_ms + 25 * (uint64_t)HOUR);
    require(wsd_scan_service_events(device.service).subscribers == 0,
            "no subscription outlives its time");
    wsd_host_free(device.host);
    run(false, clock_ms + 15 * SECOND);
    clock_turned = false;
    wsd_context_free(device.context);
    for (size_t i = 0; i < RELAY_WIRES; i++)
        if (relay_wires[i].ends[0] >= 0)
            relay_close(&relay_wires[i]);
    for (size_t i = 0; i < RELAY_DATAGRAMS; i++)
        if (relay_datagrams[i].due != 0)
            free(relay_datagrams[i].bytes);
}

int main(int argc, char **argv)
{
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 100;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
    time_t began = time(NULL);
    size_t descriptors = 0;

    printf("seed %llu\n", (unsigned long long)seed);
    fflush(stdout);
    enter_namespace();
    clock_ms = CLOCK_START;
    clock_turned = true;
    relay_begin(seed);
    make_device();
    run(false, clock_ms + SECOND);
    for (unsigned long i = 0; i < count; i++) {
        session();
        if (i == 0) /* libuv keeps some for itself */
            descriptors = count_descriptors();
    }
    require(count_descriptors() == descriptors, "no descriptor is left behind");
    finish();
    require(net_is_closed(), "all datagram sockets are closed");
    report(count, seed, time(NULL) - began);
    return 0;
}
