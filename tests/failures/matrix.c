/* SPDX-License-Identifier: MIT */
/*
 * Every public call with the Nth allocation, call on a socket, call on a file and look at the clock
 * failing, for every N until it gets through.
 *
 *     matrix [SCENARIO...]
 *
 * A scenario makes a few calls on a fresh context, against a device in the same process. Whatever
 * failed: it brings what it brings without a failure, or an error that the failure accounts for;
 * nothing leaks (the sanitizer tells), nothing hangs; and afterwards the same context can ask the
 * device. check_table.py holds this file against the list of public calls.
 *
 * Nothing waits: a loop that would wait turns the others, and then the clock.
 */
#include "world.h"

/* -- scenarios: discovery --------------------------------------------------------------------- */

static const struct wsd_qname scan_type = {URI_SCAN, "ScanDeviceType", NULL};

static int run_context(struct wsd_context *c)
{
    struct wsd_context_options options = context_options(NULL);
    struct wsd_context *mine = NULL;
    struct wsd_error error = {0};
    int r = wsd_context_new(&options, &mine, &error);

    require(error.code == r, "the error has the code");
    if (r == 0) {
        require(wsd_context_fd(mine) >= 0 && wsd_context_timeout(mine) >= -1, "a loop");
        wsd_context_uses_interface(mine, "lo"); /* false where that cannot be found out */
        wsd_context_interrupt(mine);
        require(wsd_context_wait(mine, 0, NULL) == WSD_E_CANCELLED, "interrupted");
        require(wsd_context_dispatch(mine, NULL) == 0, "dispatched");
    }
    wsd_context_free(mine);
    (void)c;
    return r;
}

static int run_search(struct wsd_context *c)
{
    struct wsd_probe_options options = WSD_PROBE_OPTIONS_INIT;
    const struct wsd_target_set *set = NULL;
    const struct wsd_target *target = NULL;
    struct wsd_call *call = NULL;
    int r;

    options.types = &scan_type;
    options.n_types = 1;
    options.timeout = 500;
    CHECKED(wsd_probe(c, &options, &set, NULL));
    CHECKED(end_of(c, wsd_probe_start(c, &options, done, NULL, NULL, NULL)));
    CHECKED(wsd_resolve(c, EPR, NULL, &target, NULL));
    CHECKED(end_of(c, wsd_resolve_start(c, EPR, NULL, done, NULL, NULL, NULL)));
    CHECKED(wsd_resolve_start(c, EPR, NULL, done, NULL, &call, NULL));
    wsd_call_cancel(call);
    r = end_of(c, 0);
    r = r == WSD_E_CANCELLED ? 0 : r;
end:
    wsd_free(set);
    wsd_free(target);
    return r;
}

static int run_exchange(struct wsd_context *c)
{
    static const char probe[] =
        "<soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:wsa=\"http://"
        "schemas.xmlsoap.org/ws/2004/08/addressing\" xmlns:wsd=\"http://schemas.xmlsoap.org/ws/"
        "2005/04/discovery\"><soap:Header><wsa:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery"
        "</wsa:To><wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</wsa:Action>"
        "<wsa:MessageID>urn:uuid:00000000-0000-4000-8000-%012u</wsa:MessageID></soap:Header>"
        "<soap:Body><wsd:Probe/></soap:Body></soap:Envelope>";
    static unsigned number;
    struct wsd_multicast_exchange *exchange = NULL;
    const struct wsd_multicast_reply *reply = NULL;
    char message[sizeof probe + 16];
    int r;

    /* A device answers so many searches a second, and here is one for each failure. */
    SAFELY(let_pass(peer_context, 1000));
    number++;
    snprintf(message, sizeof message, probe, number);
    CHECKED(wsd_send_multicast_soap_msg(c, message, strlen(message), &exchange, NULL));
    CHECKED(wsd_read_discovery_multicast_reply(exchange, 3000, &reply, NULL));
end:
    wsd_free(reply);
    wsd_multicast_exchange_free(exchange);
    return r;
}

static void announced(void *user, const struct wsd_announcement *announcement)
{
    (void)user;
    require(announcement->target->endpoint != NULL, "a target has a name");
}

static int run_listener(struct wsd_context *c)
{
    struct wsd_listen_options options = WSD_LISTEN_OPTIONS_INIT;
    struct wsd_listener *listener = NULL;
    int r;

    options.announcement = announced;
    CHECKED(wsd_listen_multicast_announcements(c, &options, &listener, NULL));
    SAFELY(require(wsd_device_reboot(device, NULL) == 0, "it starts again"));
    let_pass(c, 1500);
    wsd_listener_n_dropped(listener);
end:
    wsd_listener_free(listener);
    return r;
}

static void target_changed(void *user, const struct wsd_watch_event *event)
{
    (void)user;
    require(event->target->endpoint != NULL, "a target has a name");
}

static int run_watch(struct wsd_context *c)
{
    struct wsd_watch_options options = WSD_WATCH_OPTIONS_INIT;
    const struct wsd_target *const *targets;
    struct wsd_watch *watch = NULL;
    int r;

    options.changed = target_changed;
    CHECKED(wsd_watch_new(c, &options, &watch, NULL));
    let_pass(c, 5000);
    CHECKED(wsd_watch_probe(watch, NULL));
    let_pass(c, 5000);
    wsd_watch_targets(watch, &targets);
    require(wsd_watch_proxy(watch) == NULL, "there is no proxy");
end:
    wsd_watch_free(watch);
    return r;
}

/* -- scenarios: the cache --------------------------------------------------------------------- */

static void found_cached(void *user, size_t place, const struct wsd_cached *cached)
{
    (void)user;
    require(place == 0 && strcmp(cached->target.endpoint, EPR) == 0, "the one that was asked for");
}

static int run_cache(struct wsd_context *c)
{
    struct wsd_cached one = {.target = {.endpoint = EPR, .address = "127.0.0.1", .interface_ = ""},
                             .friendly_name = "F",
                             .manufacturer = "",
                             .model_name = "",
                             .serial_number = "",
                             .scan_service = ""};
    const struct wsd_cached *all[] = {&one}, *found = NULL;
    const char *const endpoints[] = {EPR};
    const struct wsd_cached_set *set = NULL;
    struct wsd_cache *cache = NULL;
    const char *note = NULL;
    int r;

    (void)c;
    SAFELY(remove(cache_path));
    CHECKED(wsd_cache_open(cache_path, &cache, &note, NULL));
    require(strcmp(wsd_cache_path(cache), cache_path) == 0, "it lies there");
    CHECKED(wsd_cache_store(cache, &one, NULL));
    CHECKED(wsd_cache_store_all(cache, all, 1, NULL));
    CHECKED(wsd_cache_read(cache, &set, NULL));
    CHECKED(wsd_cache_find(cache, EPR, &found, NULL));
    CHECKED(wsd_cache_find_each(cache, endpoints, 1, found_cached, NULL, NULL));
    CHECKED(wsd_cache_drop(cache, EPR, NULL));
end:
    wsd_free(set);
    wsd_free(found);
    wsd_cache_close(cache);
    return r;
}

static int run_certificates(struct wsd_context *c)
{
    const struct wsd_certificate_set *set = NULL;
    const struct wsd_certificate *none = NULL;
    int r;

    SAFELY(remove(cache_path));
    CHECKED(wsd_keep_certificates(c, cache_path, NULL));
    CHECKED(wsd_certificate_list(c, &set, NULL));
    r = wsd_certificate_find(c, EPR, &none, NULL);
    require(r < 0, "nothing is remembered");
    CHECKED(r == WSD_E_NOT_FOUND ? 0 : r);
    CHECKED(wsd_certificate_forget(c, NULL, NULL));
end:
    wsd_free(set);
    return r;
}

static int run_devices(struct wsd_context *c)
{
    struct wsd_get_devices_options options = WSD_GET_DEVICES_OPTIONS_INIT;
    const struct wsd_target_set *set = NULL;
    int r;

    SAFELY(remove(cache_path));
    CHECKED(wsd_cache_open(cache_path, &options.cache, NULL, NULL));
    options.types = &scan_type;
    options.n_types = 1;
    options.probe_timeout = 500;
    CHECKED(wsd_get_devices(c, &options, &set, NULL));
    CHECKED(end_of(c, wsd_get_devices_start(c, &options, done, NULL, NULL, NULL)));
end:
    wsd_free(set);
    wsd_cache_close(options.cache);
    return r;
}

/* -- scenarios: metadata and scanning --------------------------------------------------------- */

static int run_get(struct wsd_context *c)
{
    const struct wsd_device_info *info = NULL;
    const struct wsd_hosted *hosted;
    int r;

    CHECKED(wsd_get(c, url, NULL, &info, NULL));
    hosted = wsd_device_info_find(info, URI_SCAN, "ScannerServiceType");
    require(hosted != NULL, "it has a scan service");
    wsd_hosted_address(info, hosted); /* NULL where interfaces could not be read */
    CHECKED(end_of(c, wsd_get_start(c, url, NULL, done, NULL, NULL, NULL)));
end:
    wsd_free(info);
    return r;
}

static int run_printer(struct wsd_context *c)
{
    const struct wsd_print_get_printer_elements_response *answer = NULL;
    int r;

    CHECKED(unless_fault(wsd_get_printer_elements(c, service, 1, NULL, &answer, NULL)));
    CHECKED(unless_fault(
        end_of(c, wsd_get_printer_elements_start(c, service, 1, NULL, done, NULL, NULL, NULL))));
end:
    wsd_free(answer);
    return r;
}

static int run_scanner(struct wsd_context *c)
{
    static const struct wsd_scan_ticket mine = {
        .job_description = {.job_name = "n", .job_originating_user_name = "u"}};
    const struct wsd_scan_get_scanner_elements_response *elements = NULL;
    const struct wsd_scan_validate_scan_ticket_response *valid = NULL;
    const struct wsd_scan_get_active_jobs_response *active = NULL;
    const struct wsd_scan_get_job_history_response *history = NULL;
    int r;

    CHECKED(wsd_get_scanner_elements(c, service, WSD_SCAN_ALL_PARTS, NULL, &elements, NULL));
    CHECKED(end_of(c, wsd_get_scanner_elements_start(c, service, WSD_SCAN_STATUS, NULL, done, NULL,
                                                     NULL, NULL)));
    CHECKED(wsd_validate_scan_ticket(c, service, &mine, NULL, &valid, NULL));
    CHECKED(
        end_of(c, wsd_validate_scan_ticket_start(c, service, &mine, NULL, done, NULL, NULL, NULL)));
    CHECKED(wsd_get_active_jobs(c, service, NULL, &active, NULL));
    CHECKED(end_of(c, wsd_get_active_jobs_start(c, service, NULL, done, NULL, NULL, NULL)));
    CHECKED(wsd_get_job_history(c, service, NULL, &history, NULL));
    CHECKED(end_of(c, wsd_get_job_history_start(c, service, NULL, done, NULL, NULL, NULL)));
end:
    wsd_free(elements);
    wsd_free(valid);
    wsd_free(active);
    wsd_free(history);
    return r;
}

static int swallow(void *user, const void *bytes, size_t size)
{
    (void)user, (void)bytes, (void)size;
    return 0;
}

/* A job may have been made whose answer was lost: the device waits a minute for somebody. */
static void forget_jobs(void)
{
    SAFELY(let_pass(peer_context, 70000));
}

static int run_job(struct wsd_context *c)
{
    static const struct wsd_scan_ticket mine = {
        .job_description = {.job_name = "n", .job_originating_user_name = "u"}};
    const struct wsd_scan_create_scan_job_response *job = NULL, *second = NULL;
    const struct wsd_scan_get_job_elements_response *elements = NULL;
    const struct wsd_image_info *image = NULL;
    struct wsd_image_sink sink = WSD_IMAGE_SINK_INIT, file = WSD_IMAGE_SINK_INIT;
    int r, fd = -1;

    SAFELY(fd = open("/dev/null", O_WRONLY | O_CLOEXEC));
    sink.write = swallow;
    file.descriptor = fd;
    CHECKED(wsd_create_scan_job(c, service, &mine, NULL, NULL, NULL, &job, NULL));
    CHECKED(wsd_get_job_elements(c, service, job->job_id, WSD_SCAN_JOB_ALL_PARTS, NULL, &elements,
                                 NULL));
    CHECKED(end_of(c, wsd_get_job_elements_start(c, service, job->job_id, WSD_SCAN_JOB_STATUS, NULL,
                                                 done, NULL, NULL, NULL)));
    CHECKED(wsd_retrieve_image(c, service, job->job_id, job->job_token, "d", &file, NULL, &image,
                               NULL));
    CHECKED(unless_fault(
        end_of(c, wsd_retrieve_image_start(c, service, job->job_id, job->job_token, "d", &sink,
                                           NULL, done, NULL, NULL, NULL))));
    CHECKED(unless_fault(wsd_cancel_job(c, service, job->job_id, NULL, NULL)));
    CHECKED(end_of(c, wsd_create_scan_job_start(c, service, &mine, NULL, NULL, NULL, done, &second,
                                                NULL, NULL)));
    CHECKED(
        end_of(c, wsd_cancel_job_start(c, service, second->job_id, NULL, done, NULL, NULL, NULL)));
end:
    close(fd);
    wsd_free(job);
    wsd_free(second);
    wsd_free(elements);
    wsd_free(image);
    forget_jobs();
    return r;
}

/* -- scenarios: eventing ---------------------------------------------------------------------- */

static struct wsd_subscribe_options subscribe_options(void)
{
    static const char *const actions[] = {URI_SCAN "/ScannerStatusSummaryEvent", NULL};
    struct wsd_subscribe_options options = WSD_SUBSCRIBE_OPTIONS_INIT;

    options.actions = actions;
    options.notify_to = "http://127.0.0.1:9/x";
    options.expires = (struct wsd_expires){.kind = WSD_EXPIRES_DURATION, .milliseconds = 60000};
    return options;
}

/* What was not left ends by its time. */
static void forget_subscriptions(void)
{
    SAFELY(require(wsd_device_reboot(device, NULL) == 0, "it starts again"));
}

static int run_operations(struct wsd_context *c)
{
    struct wsd_subscribe_options options = subscribe_options();
    const struct wsd_subscribed *one = NULL, *two = NULL;
    const struct wsd_grant *renewed = NULL, *status = NULL;
    int r;

    CHECKED(wsd_subscribe(c, service, &options, &one, NULL));
    CHECKED(wsd_renew(c, &one->manager, &options.expires, NULL, &renewed, NULL));
    CHECKED(end_of(
        c, wsd_renew_start(c, &one->manager, &options.expires, NULL, done, NULL, NULL, NULL)));
    CHECKED(wsd_get_status(c, &one->manager, NULL, &status, NULL));
    CHECKED(end_of(c, wsd_get_status_start(c, &one->manager, NULL, done, NULL, NULL, NULL)));
    CHECKED(wsd_unsubscribe(c, &one->manager, NULL, NULL));
    CHECKED(end_of(c, wsd_subscribe_start(c, service, &options, done, &two, NULL, NULL)));
    CHECKED(end_of(c, wsd_unsubscribe_start(c, &two->manager, NULL, done, NULL, NULL, NULL)));
end:
    wsd_free(one);
    wsd_free(two);
    wsd_free(renewed);
    wsd_free(status);
    forget_subscriptions();
    return r;
}

static void on_event(void *user, const struct wsd_event *event)
{
    (void)user;
    heard += event->action != NULL;
}

static int open_sink(struct wsd_context *c, struct wsd_sink **ret)
{
    struct wsd_sink_options options = WSD_SINK_OPTIONS_INIT;
    int r;

    options.address = "127.0.0.1";
    r = wsd_sink_new(c, &options, ret, NULL);
    if (r == 0)
        require(wsd_sink_port(*ret) != 0, "it has a port");
    return r;
}

static int run_sink(struct wsd_context *c)
{
    static const char *const actions[] = {URI_SCAN "/ScannerStatusSummaryEvent", NULL};
    struct wsd_subscription_options options = WSD_SUBSCRIPTION_OPTIONS_INIT;
    struct wsd_subscription *subscription = NULL;
    struct wsd_sink *sink = NULL;
    int r;

    options.service = service;
    options.actions = actions;
    options.event = on_event;
    options.lifetime = 600;
    CHECKED(open_sink(c, &sink));
    CHECKED(wsd_subscription_new(sink, &options, &subscription, NULL));
    let_pass(c, 1000);
    SAFELY(wsd_scan_service_busy(scan_service, WSD_SCAN_CALIBRATING));
    SAFELY(wsd_scan_service_busy(scan_service, WSD_SCAN_READY));
    let_pass(c, 400000);
    require((wsd_subscription_state(subscription) == WSD_SUBSCRIPTION_ACTIVE) ==
                (wsd_subscription_manager(subscription) != NULL),
            "an active one has a manager");
    require(wsd_subscription_remaining(subscription) >= 0, "time does not run out below nothing");
    wsd_subscription_manager_url(subscription);
    wsd_subscription_check(subscription);
    let_pass(c, 1000);
    CHECKED(wsd_subscription_restart(subscription, NULL, NULL));
    let_pass(c, 20000);
end:
    wsd_subscription_free(subscription);
    if (sink) {
        wsd_sink_drain(sink, 20000, NULL);
        require(failed || wsd_sink_counters(sink).malformed == 0, "no event is malformed");
    }
    wsd_sink_free(sink);
    forget_subscriptions();
    return r;
}

static void on_scan_event(void *user, const struct wsd_scan_event *event)
{
    (void)user;
    heard += event->header != NULL;
}
#define HEARD(name, type)                                                                          \
    static void name(void *user, const struct type *what)                                          \
    {                                                                                              \
        (void)user;                                                                                \
        heard += what != NULL;                                                                     \
    }
HEARD(on_elements, wsd_scan_element_changes)
HEARD(on_summary, wsd_scan_status_summary)
HEARD(on_condition, wsd_scan_condition)
HEARD(on_cleared, wsd_scan_condition_cleared)
HEARD(on_job, wsd_scan_job_status)
HEARD(on_job_end, wsd_scan_job_end_state)

static void on_available(void *user, const struct wsd_scan_available_event *event,
                         const char *token)
{
    (void)user, (void)token;
    heard += event != NULL;
}

static const struct wsd_scan_destination here = {.client_display_name = "Here",
                                                 .client_context = "here"};

static int run_events(struct wsd_context *c)
{
    struct wsd_scan_subscribe_options options = WSD_SCAN_SUBSCRIBE_OPTIONS_INIT;
    struct wsd_subscription *all[8] = {NULL};
    struct wsd_sink *sink = NULL;
    int r, id = 0;

    options.events = WSD_SCAN_ALL_BUT_AVAILABLE;
    options.event = on_scan_event;
    CHECKED(open_sink(c, &sink));
    CHECKED(wsd_scan_subscribe(sink, service, &options, &all[0], NULL));
    CHECKED(
        wsd_subscribe_scan_available(sink, service, &here, 1, on_available, NULL, &all[1], NULL));
    CHECKED(wsd_subscribe_scanner_elements_change(sink, service, on_elements, NULL, &all[2], NULL));
    CHECKED(wsd_subscribe_scanner_status_summary(sink, service, on_summary, NULL, &all[3], NULL));
    CHECKED(
        wsd_subscribe_scanner_status_condition(sink, service, on_condition, NULL, &all[4], NULL));
    CHECKED(wsd_subscribe_scanner_status_condition_cleared(sink, service, on_cleared, NULL, &all[5],
                                                           NULL));
    CHECKED(wsd_subscribe_job_status(sink, service, on_job, NULL, &all[6], NULL));
    CHECKED(wsd_subscribe_job_end_state(sink, service, on_job_end, NULL, &all[7], NULL));
    let_pass(c, 500);
    SAFELY(id = wsd_scan_service_condition(scan_service, WSD_SCAN_CONDITION_NAME_COVER_OPEN,
                                           WSD_SCAN_COMPONENT_ADF, WSD_SCAN_SEVERITY_WARNING));
    SAFELY(wsd_scan_service_clear(scan_service, id));
    SAFELY(wsd_scan_service_press(scan_service, 1, 0, NULL));
    let_pass(c, 2000);
end:
    for (size_t i = 0; i < 8; i++)
        wsd_subscription_free(all[i]);
    wsd_sink_free(sink);
    forget_subscriptions();
    return r;
}

static void read_monitor(struct wsd_scan_monitor *m)
{
    size_t n;

    if (wsd_scan_monitor_connection(m) == 0)
        wsd_scan_monitor_error(m);
    wsd_scan_monitor_description(m);
    wsd_scan_monitor_configuration(m);
    wsd_scan_monitor_default_ticket(m);
    wsd_scan_monitor_status(m);
    wsd_scan_monitor_conditions(m, &n);
    wsd_scan_monitor_jobs(m, &n);
    wsd_scan_monitor_history(m, &n);
    require(!wsd_scan_monitor_description_has_changed(m) &&
                !wsd_scan_monitor_configuration_has_changed(m) &&
                !wsd_scan_monitor_default_ticket_has_changed(m) &&
                !wsd_scan_monitor_status_has_changed(m) &&
                !wsd_scan_monitor_conditions_has_changed(m) &&
                !wsd_scan_monitor_jobs_has_changed(m) && !wsd_scan_monitor_history_has_changed(m),
            "what was read has not changed");
}

static int run_monitor(struct wsd_context *c)
{
    struct wsd_scan_monitor *monitor = NULL;
    struct wsd_sink *sink = NULL;
    int r;

    CHECKED(open_sink(c, &sink));
    CHECKED(wsd_scan_monitor_new(sink, service, NULL, &monitor, NULL));
    let_pass(c, 20000);
    read_monitor(monitor);
    CHECKED(wsd_scan_monitor_restart(monitor, NULL, NULL));
    let_pass(c, 70000);
    read_monitor(monitor);
end:
    wsd_scan_monitor_free(monitor);
    wsd_sink_free(sink);
    forget_subscriptions();
    return r;
}

/* -- scenarios: the device's side ------------------------------------------------------------- */

static int make_service(struct wsd_device *where, struct wsd_scan_service **ret)
{
    struct wsd_scan_service_options options = WSD_SCAN_SERVICE_OPTIONS_INIT;

    options.description = &description;
    options.configuration = &configuration;
    options.default_ticket = &ticket;
    options.scanner = (struct wsd_scanner){
        .size = sizeof options.scanner, .next_image = next_image, .read = read_image};
    return wsd_scan_service_new(where, &options, ret, NULL);
}

static int make_device(struct wsd_host *on, const char *endpoint, struct wsd_device **ret,
                       struct wsd_scan_service **ret_service)
{
    struct wsd_device_options options = WSD_DEVICE_OPTIONS_INIT;
    int r;

    options.endpoint = endpoint;
    options.friendly_name = options.manufacturer = options.model_name = "x";
    options.instance_id = 1;
    r = wsd_device_new(on, &options, ret, NULL);
    return r < 0 ? r : make_service(*ret, ret_service);
}

static int make_host(struct wsd_context *c, struct wsd_host **ret)
{
    struct wsd_host_options options = WSD_HOST_OPTIONS_INIT;

    options.address = "127.0.0.1";
    options.max_answer_delay = WSD_NO_DELAY;
    return wsd_host_new(c, &options, ret, NULL);
}

/* The peer asks it for metadata and makes a job. What it hears is not looked at: it ends. */
static void be_asked(struct wsd_context *c, const char *where)
{
    static const struct wsd_scan_ticket mine = {
        .job_description = {.job_name = "n", .job_originating_user_name = "u"}};
    char to[300];

    snprintf(to, sizeof to, "%s/scan", where);
    SAFELY(ended_with = wsd_get_start(peer_context, where, NULL, done, NULL, NULL, NULL));
    if (ended_with == 0)
        end_of(c, 0);
    SAFELY(ended_with = wsd_create_scan_job_start(peer_context, to, &mine, NULL, NULL, NULL, done,
                                                  NULL, NULL, NULL));
    if (ended_with == 0)
        end_of(c, 0);
}

static int run_host(struct wsd_context *c)
{
    const struct wsd_scan_panel *panel = NULL;
    struct wsd_scan_service *mine = NULL, *other = NULL;
    struct wsd_device *one = NULL, *two = NULL;
    struct wsd_host *own = NULL;
    int r, id;

    CHECKED(make_host(c, &own));
    require(wsd_host_port(own) != 0, "it has a port");
    CHECKED(make_device(own, EPR "1", &one, &mine));
    CHECKED(make_device(own, EPR "2", &two, &other));
    require(strcmp(wsd_device_endpoint(one), EPR "1") == 0, "it has its name");
    CHECKED(wsd_device_start(one, NULL));
    be_asked(c, wsd_device_url(one));
    CHECKED(id = wsd_scan_service_condition(mine, WSD_SCAN_CONDITION_NAME_MEDIA_JAM,
                                            WSD_SCAN_COMPONENT_ADF, WSD_SCAN_SEVERITY_CRITICAL));
    CHECKED(wsd_scan_service_clear(mine, id));
    CHECKED(wsd_scan_service_busy(mine, WSD_SCAN_LAMP_WARMING));
    CHECKED(wsd_scan_service_change(mine, &description, NULL, NULL, NULL));
    CHECKED(wsd_scan_service_panel(mine, &panel, NULL));
    require(wsd_scan_service_press(mine, 1, 0, NULL) < 0, "nobody is on the panel");
    wsd_scan_service_resume(mine, 1);
    wsd_scan_service_cancel(mine, 1);
    require(wsd_scan_service_events(mine).subscribers == 0, "nobody subscribed");
    CHECKED(wsd_device_reboot(one, NULL));
    let_pass(c, 2000);
end:
    wsd_free(panel);
    if (r == 0) {
        wsd_device_vanish(two);
        wsd_device_free(one);
    }
    wsd_host_free(own);
    return r;
}

/* -- scenarios: values ------------------------------------------------------------------------ */

static int see(void *user, const struct wsd_visit_event *event)
{
    (void)user;
    return event->depth > 100;
}

static int run_values(struct wsd_context *c)
{
    const struct wsd_type *type = wsd_type_find("ScannerConfiguration");
    const void *copy = NULL;
    struct wsd_error error = {0};
    struct wsd_expires expires;
    int r;

    (void)c;
    CHECKED(wsd_copy(type, &configuration, &copy, NULL));
    require(wsd_equal(type, &configuration, copy), "a copy is equal");
    CHECKED(wsd_validate(type, copy, true, NULL));
    CHECKED(wsd_visit(type, copy, "ScannerConfiguration", see, NULL));
    require(wsd_qname_is(&scan_type, URI_SCAN, "ScanDeviceType"), "its name");
    require(wsd_endpoint_equal(EPR, EPR) && !wsd_error_is_fault(&error, "x"), "its identity");
    require(wsd_expires_parse("PT1H", &expires), "an hour");
    require(wsd_strerror(WSD_E_FAULT)[0] && wsd_error_name(WSD_E_FAULT)[0], "words");
end:
    wsd_free(copy);
    return r;
}

/* -- the matrix ------------------------------------------------------------------------------- */

#define BIT(code) (UINT64_C(1) << -(code))
/* What a failure accounts for. A device whose answer was lost is not there, or says that it is busy
 * with a job that nobody knows of. */
#define LOST (BIT(WSD_E_TIMEOUT) | BIT(WSD_E_NOT_FOUND) | BIT(WSD_E_EMPTY) | BIT(WSD_E_TRUNCATED))
static const uint64_t accounted[FAILURES] = {
    [MEMORY] = BIT(WSD_E_NO_MEMORY) | LOST,
    [SOCKETS] = BIT(WSD_E_NETWORK) | BIT(WSD_E_SYSTEM) | LOST,
    [FILES] = BIT(WSD_E_SYSTEM) | BIT(WSD_E_NETWORK) | BIT(WSD_E_SINK) | LOST,
    [CLOCKS] = BIT(WSD_E_FAULT) | LOST, /* too much time goes by: the device has given up */
};
static const char *const kinds[FAILURES] = {"allocation", "socket", "file", "clock"};

static const struct scenario {
    const char *name;
    int (*run)(struct wsd_context *c);
} scenarios[] = {
    {"context", run_context},           {"search", run_search},   {"exchange", run_exchange},
    {"listener", run_listener},         {"watch", run_watch},     {"cache", run_cache},
    {"certificates", run_certificates}, {"devices", run_devices}, {"get", run_get},
    {"printer", run_printer},           {"scanner", run_scanner}, {"job", run_job},
    {"operations", run_operations},     {"sink", run_sink},       {"events", run_events},
    {"monitor", run_monitor},           {"host", run_host},       {"values", run_values},
};

/* The context can still be used; nothing fails any more. */
static void use(struct wsd_context *c)
{
    const struct wsd_device_info *info = NULL;
    struct wsd_error error = {0};
    int r = wsd_get(c, url, NULL, &info, &error);

    if (r < 0)
        fprintf(stderr, "%s\n", error.message);
    require(r == 0, "the context can be used afterwards");
    wsd_free(info);
}

/* One run: its result, with the Nth call of that kind failing. */
static int run_once(const struct scenario *scenario, long n)
{
    struct wsd_context_options options = context_options(&ends);
    struct wsd_context *c = NULL;
    struct wsd_error error = {0};
    int r;

    failed = false;
    ends = 0;
    left = n;
    r = wsd_context_new(&options, &c, &error);
    require(error.code == r, "the error has the code");
    if (r == 0)
        r = scenario->run(c);
    left = -1;
    if (c)
        use(c);
    wsd_context_free(c);
    while (turn_others()) {
    }
    return r;
}

static void run_all(const struct scenario *scenario)
{
    printf("%-10s", scenario->name);
    for (failing = 0; failing < FAILURES; failing++) {
        unsigned good = 0, bad = 0;

        for (long n = 0;; n++) {
            int r = run_once(scenario, n);

            if (!failed) {
                if (r < 0)
                    fprintf(stderr, "%s, nothing fails: %s\n", scenario->name, wsd_error_name(r));
                require(r >= 0, "it gets through");
                break;
            }
            if (r < 0 && !(accounted[failing] & BIT(r)))
                fprintf(stderr, "%s, %s %ld: %s\n", scenario->name, kinds[failing], n,
                        wsd_error_name(r));
            require(r >= 0 || (accounted[failing] & BIT(r)), "an error that the failure explains");
            good += r >= 0;
            bad += r < 0;
            require(n < 20000, "it comes to an end");
        }
        printf("  %s %u: %u good, %u an error;", kinds[failing], good + bad, good, bad);
    }
    printf("\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct wsd_context_options options = context_options(&device), peer = context_options(&url);
    char folder[] = "/tmp/wsd-failures-XXXXXX";

    require(mkdtemp(folder) != NULL, "a folder");
    snprintf(cache_path, sizeof cache_path, "%s/cache", folder);
    clock_ms = CLOCK_START;
    clock_turned = true;
    relay_begin(1);
    relay_honest = true;
    require(wsd_context_new(&options, &device_context, NULL) == 0 &&
                wsd_context_new(&peer, &peer_context, NULL) == 0 &&
                make_host(device_context, &host) == 0 &&
                make_device(host, EPR, &device, &scan_service) == 0 &&
                wsd_device_start(device, NULL) == 0,
            "a device");
    snprintf(url, sizeof url, "%s", wsd_device_url(device));
    snprintf(service, sizeof service, "%s/scan", url);
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        bool wanted = argc == 1;

        for (int k = 1; k < argc; k++)
            wanted = wanted || strcmp(argv[k], scenarios[i].name) == 0;
        if (wanted)
            run_all(&scenarios[i]);
    }
    wsd_host_free(host);
    clock_turned = false;
    wsd_context_free(peer_context);
    wsd_context_free(device_context);
    remove(cache_path);
    rmdir(folder);
    return 0;
}
