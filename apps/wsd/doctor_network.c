/* SPDX-License-Identifier: MIT */
/* wsd doctor: the search, what became of its datagrams, and the way to a device that was named. */
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <wsd/scan.h>

#include "common/text.h"
#include "doctor.h"
#include "doctor/reach.h"
#include "doctor/wire.h"
#include "known.h"

#define ALONE_MS 1500 /* for a device that is asked alone */

/* -- the search ---------------------------------------------------------------------------------
 */

/* "192.0.2.7:3702", "[fe80::1%eth0]:3702": without port and zone. */
static void bare_address(const char *peer, char ret[SYSTEM_ADDRESS_TEXT])
{
    const char *from = *peer == '[' ? peer + 1 : peer;
    size_t n = strcspn(from, *peer == '[' ? "%]" : ":");

    snprintf(ret, SYSTEM_ADDRESS_TEXT, "%.*s", (int)n, from);
}

static bool was_heard(const struct doctor *d, const char *address)
{
    for (size_t i = 0; i < d->n_heard; i++)
        if (strcmp(d->heard[i], address) == 0)
            return true;
    return false;
}

static void on_message(void *user, const struct wsd_trace *message)
{
    struct doctor *d = user;
    char address[SYSTEM_ADDRESS_TEXT];

    if (!message->datagram)
        return;
    if (message->sent && *message->note) {
        d->unsent++;
        snprintf(d->send_error, sizeof d->send_error, "%s", message->note);
    } else if (message->sent) {
        d->sent++;
    } else {
        bare_address(message->peer, address);
        if (d->n_heard < DOCTOR_HEARD_MAX && !was_heard(d, address))
            snprintf(d->heard[d->n_heard++], SYSTEM_ADDRESS_TEXT, "%s", address);
    }
}

static bool has_type(const struct wsd_target *target, const char *ns, const char *local)
{
    for (size_t i = 0; i < target->types.n_items; i++)
        if (wsd_qname_is(&target->types.items[i], ns, local))
            return true;
    return false;
}

/* What a target says of itself becomes a patient, or part of one that is known already. */
struct patient *doctor_patient(struct doctor *d, const struct wsd_target *t)
{
    struct patient *p = NULL;

    for (size_t i = 0; i < d->n_patients && !p; i++)
        if (wsd_endpoint_equal(d->patients[i].endpoint, t->endpoint))
            p = &d->patients[i];
    if (!p && d->n_patients == DOCTOR_PATIENTS_MAX)
        return NULL;
    if (!p) {
        p = &d->patients[d->n_patients++];
        text_clean(t->address, p->name, sizeof p->name);
        snprintf(p->endpoint, sizeof p->endpoint, "%.299s", t->endpoint);
        snprintf(p->address, sizeof p->address, "%.127s", t->address);
        p->delay = t->delay;
    }
    for (size_t i = 0; i < t->xaddrs.n_items && p->n_xaddrs < DOCTOR_XADDRS_MAX; i++) {
        bool again = strlen(t->xaddrs.items[i]) >= sizeof p->xaddrs[0];
        for (size_t k = 0; k < p->n_xaddrs; k++)
            again = again || strcmp(p->xaddrs[k], t->xaddrs.items[i]) == 0;
        if (!again)
            snprintf(p->xaddrs[p->n_xaddrs++], sizeof p->xaddrs[0], "%s", t->xaddrs.items[i]);
    }
    if (t->refused.n_items && !*p->refused)
        snprintf(p->refused, sizeof p->refused, "%.299s", t->refused.items[0]);
    p->computer = p->computer || has_type(t, WSD_NS_PUB, "Computer");
    p->scanner = p->scanner || has_type(t, WSD_NS_SCAN, "ScanDeviceType");
    return p;
}

/* Answers that are on the wire and were not heard are dropped on this machine. */
static void compare_with_wire(struct doctor *d, struct wire *wire)
{
    size_t n = wire_read(wire);

    for (size_t k = 0; k < n; k++) {
        const struct wire_peer *peer = wire_peer(wire, k);
        const struct system_interface *i = system_interface(&d->facts, peer->address.interface_);
        struct system_address own;
        if (was_heard(d, peer->address.text) || !i || !i->used)
            continue;
        /* By which interface we would send there. */
        const struct system_address *ours =
            system_source(&peer->address, &own) ? system_network_of(&d->facts, &own) : NULL;
        bool elsewhere = !ours || ours->interface_ != i->index;
        enum diagnosis id =
            peer->address.family == AF_INET && elsewhere && system_checks_reverse_path(i->name)
                ? DIAGNOSIS_REVERSE_PATH
                : DIAGNOSIS_FIREWALL_ANSWERS;
        if (!diagnoses_have(&d->found, id))
            diagnoses_add(&d->found, id, "",
                          "%s answered by %s, and the answer did not reach this program.",
                          peer->address.text, i->name);
    }
}

static void judge_search(struct doctor *d, const struct wsd_error *error)
{
    if (d->no_network)
        return;
    if (d->sent == 0)
        diagnoses_add(&d->found, DIAGNOSIS_SEND_REFUSED, "", "Sending fails: %s.",
                      *d->send_error ? d->send_error : error->message);
    if (d->n_patients > 0 || diagnoses_explain_silence(&d->found) || d->wanted.kind != WANTED_ANY)
        return;
    diagnoses_add(&d->found, DIAGNOSIS_NO_ANSWER, "", "%s", "");
    if (system_in_container())
        diagnoses_add(&d->found, DIAGNOSIS_CONTAINER, "", "%s", "");
}

/* The numeric address of the host that the person means, for which a name may have to be resolved.
 */
void doctor_host(struct doctor *d)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    struct reach_try place = {0};

    if (d->wanted.kind == WANTED_HOST)
        snprintf(place.host, sizeof place.host, "%s", d->wanted.udp_host);
    else if (d->wanted.kind != WANTED_URL || !reach_of_url(d->wanted.text, &place))
        return;
    if (getaddrinfo(place.host, NULL, &hints, &found) != 0)
        return;
    if (getnameinfo(found->ai_addr, found->ai_addrlen, d->host, sizeof d->host, NULL, 0,
                    NI_NUMERICHOST) != 0)
        *d->host = 0;
    freeaddrinfo(found);
}

static bool is_host(const struct doctor *d, const char *url)
{
    struct reach_try place;

    return reach_of_url(url, &place) && strcmp(place.host, d->host) == 0;
}

static bool target_is_meant(const struct doctor *d, const struct wsd_target *t)
{
    if (d->wanted.kind == WANTED_UUID)
        return wsd_endpoint_equal(t->endpoint, d->wanted.text);
    bool meant = *d->host && strcmp(t->address, d->host) == 0;
    for (size_t i = 0; *d->host && i < t->xaddrs.n_items; i++)
        meant = meant || is_host(d, t->xaddrs.items[i]);
    return meant;
}

static void take_answer(struct doctor *d, const struct wsd_target *target)
{
    struct patient *p = doctor_patient(d, target);

    if (p)
        p->searched = true;
}

static int probe(struct doctor *d, uint16_t port, struct wsd_error *reterr)
{
    static const struct wsd_qname types[] = {{WSD_NS_DEVPROF, "Device", "wsdp"},
                                             {WSD_NS_SCAN, "ScanDeviceType", "wscn"}};
    struct wsd_probe_options options = WSD_PROBE_OPTIONS_INIT;
    const struct wsd_target_set *set = NULL;

    options.types = types;
    options.n_types = 2;
    options.any_of_types = true;
    options.timeout = d->session->search_ms;
    options.source_port = port;
    int r = wsd_probe(d->session->context, &options, &set, reterr);
    /* The one that is meant first: there may be more than are examined. */
    for (int meant = 1; r >= 0 && meant >= 0; meant--)
        for (size_t i = 0; i < set->n_targets; i++)
            if (target_is_meant(d, set->targets[i]) == (meant == 1))
                take_answer(d, set->targets[i]);
    d->n_answered = r >= 0 ? set->n_targets : 0;
    wsd_free(set);
    return r;
}

void doctor_search(struct doctor *d)
{
    long port = 0;
    struct wsd_error error = {0};

    if (d->no_network) {
        doctor_unknown(d, "search", "", "not tried");
        return;
    }
    args_number(d->session->args, OPT_SOURCE_PORT, 1, 65535, &port); /* looked at before */
    port = port ? port : system_free_port();
    struct wire *wire = port ? wire_open((uint16_t)port) : NULL;
    d->session->watch = on_message;
    d->session->watch_user = d;
    int r = probe(d, (uint16_t)port, &error);
    d->session->watch = NULL;
    d->interrupted = error.code == WSD_E_CANCELLED;
    if (wire && r >= 0)
        compare_with_wire(d, wire);
    if (!d->interrupted)
        judge_search(d, &error);
    if (!d->interrupted)
        doctor_step(d, "search", "", "%zu device%s answered%s%s", d->n_answered,
                    d->n_answered == 1 ? "" : "s",
                    d->n_answered > DOCTOR_PATIENTS_MAX ? ", of which 64 are examined" : "",
                    wire ? "" : "; whether answers are dropped on this machine only root can see");
    wire_close(wire);
}

/* -- a device that was named --------------------------------------------------------------------
 */

static struct patient *ask_alone(struct doctor *d, const char *where)
{
    struct wsd_probe_options options = WSD_PROBE_OPTIONS_INIT;
    const struct wsd_target_set *set = NULL;
    struct patient *p = NULL;

    options.directed = where;
    options.timeout = ALONE_MS;
    options.expect = 1;
    if (wsd_probe(d->session->context, &options, &set, NULL) >= 0 && set->n_targets > 0)
        p = doctor_patient(d, set->targets[0]);
    wsd_free(set);
    return p;
}

static struct patient *new_patient(struct doctor *d, const char *address)
{
    if (d->n_patients == DOCTOR_PATIENTS_MAX)
        d->n_patients--; /* the one that is meant counts more */
    struct patient *p = &d->patients[d->n_patients++];
    *p = (struct patient){0};
    snprintf(p->address, sizeof p->address, "%.127s", address);
    text_clean(address, p->name, sizeof p->name);
    return p;
}

/* An address that answers what a scan service does, though nothing leads there. */
static struct patient *guess(struct doctor *d, const char *address, const char *url)
{
    const struct wsd_scan_get_scanner_elements_response *elements = NULL;
    struct patient *p = NULL;

    if (wsd_get_scanner_elements(d->session->context, url, WSD_SCAN_DESCRIPTION,
                                 &d->session->request, &elements, NULL) >= 0) {
        p = new_patient(d, address);
        snprintf(p->service, sizeof p->service, "%.599s", url);
    }
    wsd_free(elements);
    return p;
}

#define PLACES_MAX (STABLE_URLS_MAX + GUESS_URLS_MAX)

/* Over HTTP, at the places that are known of makes. *ret_alive: the host does something at all. */
static struct patient *ask_places(struct doctor *d, const char *address, bool *ret_alive)
{
    char urls[PLACES_MAX][600];
    struct reach_try tries[PLACES_MAX];
    struct wanted there;
    struct patient *p = NULL;

    *ret_alive = false;
    if (!wanted_parse(address, &there))
        return NULL;
    there.port = d->wanted.port;
    size_t n_stable = stable_urls(&there, urls), n = n_stable;
    n += guess_urls(&there, &urls[n]);
    for (size_t i = 0; i < n; i++)
        reach_of_url(urls[i], &tries[i]);
    reach(tries, n, DOCTOR_REACH_MS);
    for (size_t i = 0; i < n; i++)
        *ret_alive =
            *ret_alive || tries[i].result == REACH_ACCEPTS || tries[i].result == REACH_REFUSES;
    for (size_t i = 0; i < n && !p && session_signals() == 0; i++)
        if (tries[i].result == REACH_ACCEPTS)
            p = i < n_stable ? ask_alone(d, urls[i]) : guess(d, address, urls[i]);
    return p;
}

/* A URL is asked as it stands. */
static struct patient *ask_url(struct doctor *d, const char *address)
{
    struct patient *p = ask_alone(d, d->wanted.text);

    if (p)
        return p;
    p = new_patient(d, address);
    snprintf(p->xaddrs[p->n_xaddrs++], sizeof p->xaddrs[0], "%.599s", d->wanted.text);
    if (doctor_get(d, p, NULL))
        return p;
    d->n_patients--;
    return guess(d, address, d->wanted.text);
}

static bool has_host(const struct doctor *d, const struct patient *p)
{
    bool has = strcmp(p->address, d->host) == 0;

    for (size_t i = 0; i < p->n_xaddrs; i++)
        has = has || is_host(d, p->xaddrs[i]);
    return has;
}

static struct patient *named_by_address(struct doctor *d)
{
    struct patient *p = NULL;
    bool alive = true;

    if (!*d->host) {
        diagnoses_add(&d->found, DIAGNOSIS_DEVICE_UNKNOWN, d->wanted.text,
                      "The name leads to no address.");
        return NULL;
    }
    for (size_t i = 0; i < d->n_patients; i++)
        if (d->patients[i].searched && has_host(d, &d->patients[i]))
            return &d->patients[i];
    if (d->wanted.kind == WANTED_URL)
        p = ask_url(d, d->host);
    if (!p && d->wanted.kind == WANTED_HOST)
        p = ask_alone(d, d->host);
    if (!p)
        p = ask_places(d, d->host, &alive);
    if (p) {
        p->alone = true;
        snprintf(p->address, sizeof p->address, "%.127s", d->host);
    } else if (session_signals() == 0) {
        diagnoses_add(&d->found, alive ? DIAGNOSIS_WSD_OFF : DIAGNOSIS_DEVICE_SILENT,
                      d->wanted.text,
                      alive ? "%s reacts, but not as a WSD device does."
                            : "%s takes no connection and refuses none.",
                      d->host);
    }
    return p;
}

static bool is_meant(const struct doctor *d, const struct patient *p)
{
    char full[600];

    if (d->wanted.kind == WANTED_UUID)
        return wsd_endpoint_equal(p->endpoint, d->wanted.text);
    if (!p->info)
        return false;
    snprintf(full, sizeof full, "%s %s", p->info->manufacturer, p->info->model_name);
    return text_contains(p->info->friendly_name, d->wanted.text) ||
           text_contains(full, d->wanted.text);
}

static bool cached_is_meant(const struct doctor *d, const struct wsd_cached *known)
{
    if (d->wanted.kind == WANTED_UUID)
        return wsd_endpoint_equal(known->target.endpoint, d->wanted.text);
    return text_contains(known->friendly_name, d->wanted.text) ||
           text_contains(known->model_name, d->wanted.text);
}

static bool near_us(const struct doctor *d, const char *address)
{
    struct system_address a;

    return system_address_read(address, &a) && system_network_of(&d->facts, &a) != NULL;
}

/* Where it was when it was last seen; only on our networks, as anybody may have said so. */
static bool recall_address(struct doctor *d, char *ret, size_t size)
{
    struct wsd_cache *cache = known_open(d->session);
    const struct wsd_cached_set *set = known_read(d->session, cache);
    bool found = false;

    for (size_t i = 0; set && i < set->n_devices && !found; i++)
        if (cached_is_meant(d, &set->devices[i]) && near_us(d, set->devices[i].target.address)) {
            snprintf(ret, size, "%s", set->devices[i].target.address);
            found = true;
        }
    wsd_free(set);
    wsd_cache_close(cache);
    return found;
}

static struct patient *named_by_name(struct doctor *d)
{
    char address[128];

    for (size_t i = 0; i < d->n_patients && session_signals() == 0; i++) {
        struct patient *p = &d->patients[i];
        if (d->wanted.kind == WANTED_NAME && !p->computer && !p->info)
            doctor_get(d, p, NULL);
        if (is_meant(d, p))
            return p;
    }
    if (recall_address(d, address, sizeof address) && wanted_parse(address, &d->wanted) &&
        d->wanted.kind == WANTED_HOST) {
        doctor_host(d);
        doctor_step(d, "device", d->session->args->operands[0],
                    "not among those that answered; it was last seen at %s", address);
        return named_by_address(d);
    }
    diagnoses_add(&d->found, DIAGNOSIS_DEVICE_UNKNOWN, d->session->args->operands[0],
                  "%zu other device%s answered.", d->n_answered, d->n_answered == 1 ? "" : "s");
    return NULL;
}

struct patient *doctor_named(struct doctor *d)
{
    bool place = d->wanted.kind == WANTED_HOST || d->wanted.kind == WANTED_URL;
    struct patient *p = place ? named_by_address(d) : named_by_name(d);

    /* By a tunnel, for one, which is not searched. */
    if (p && d->no_network)
        diagnoses_soften(&d->found, DIAGNOSIS_NO_INTERFACE);
    if (p)
        p->named = true;
    else if (session_signals() == 0)
        doctor_step(d, "device", d->session->args->operands[0], "not found");
    return p;
}
