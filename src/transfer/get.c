/* SPDX-License-Identifier: MIT */
/*
 * WS-Transfer Get, the client's side: the sections of the metadata merged into one answer.
 *
 * Several sections of one dialect: the first ThisModel and ThisDevice win, Relationships add up
 * (DPWS R2029). Kyocera lists more than twenty services with two addresses each (M1).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wsd/discovery.h>

#include "core/error.h"
#include "core/interfaces.h"
#include "core/limits.h"
#include "core/options.h"
#include "core/uri.h"
#include "soap/exchange.h"
#include "transfer/metadata.h"

struct get {
    struct wsd_context *context;
    char *url, *to, *language;
};

static void forget(void *user)
{
    struct get *get = user;
    if (!get)
        return;
    free(get->url);
    free(get->to);
    free(get->language);
    free(get);
}

/* "de" takes "de" and "de-CH", and not "den": basic filtering of RFC 4647 (3.3.1). */
static bool is_in_language(const char *tag, const char *range)
{
    size_t length = strlen(range);
    return tag && strncasecmp(tag, range, length) == 0 &&
           (tag[length] == '\0' || tag[length] == '-');
}

/* The text in the wanted language, else the first, else "". */
static const char *pick_text(const struct wsd_lang_text *texts, size_t count, const char *language)
{
    for (size_t i = 0; language && i < count; i++)
        if (is_in_language(texts[i].lang, language))
            return texts[i].value;
    return count ? texts[0].value : "";
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static void take_model(struct wsd_device_info *info, const struct wsd_this_model *model,
                       const char *language)
{
    info->manufacturer = pick_text(model->manufacturer, model->n_manufacturer, language);
    info->manufacturer_url = or_empty(model->manufacturer_url);
    info->model_name = pick_text(model->model_name, model->n_model_name, language);
    info->model_number = or_empty(model->model_number);
    info->model_url = or_empty(model->model_url);
    info->presentation_url = or_empty(model->presentation_url);
    info->device_category = or_empty(model->device_category);
}

static void take_device(struct wsd_device_info *info, const struct wsd_this_device *device,
                        const char *language)
{
    info->friendly_name = pick_text(device->friendly_name, device->n_friendly_name, language);
    info->firmware_version = or_empty(device->firmware_version);
    info->serial_number = or_empty(device->serial_number);
}

/* -- which address of a service to call ---------------------------------------------------------
 */

static bool same_host(const struct wsd__uri *a, const struct wsd__uri *b)
{
    return a->host.length == b->host.length &&
           strncasecmp(a->host.data, b->host.data, a->host.length) == 0;
}

static bool http(const struct wsd__uri *uri)
{
    return wsd__slice_is_case(uri->scheme, "http") || wsd__slice_is_case(uri->scheme, "https");
}

/* For names that nobody resolves (Pantum, D2) and for link-local addresses. */
static const char *at_host(const struct wsd__uri *base, const struct wsd__uri *address,
                           struct wsd__arena *arena)
{
    struct wsd__buf url = WSD__BUF_INIT((size_t)2 * WSD_MAX_URI);
    wsd__uri_at_host(base, address, &url);
    const char *copy = url.failed ? NULL : wsd__arena_strdup(arena, url.data);
    wsd__buf_free(&url);
    return copy;
}

/* The name of the link on which the host that answered is. False if that cannot be told: of a name,
 * of what is behind a router, and of loopback, which is no link. */
static bool link_towards(const struct get *get, const struct wsd__uri *base, char link[IF_NAMESIZE])
{
    struct wsd__interfaces *interfaces;
    struct wsd__address host;
    unsigned longest = 0;
    if (base->zone.length) {
        snprintf(link, IF_NAMESIZE, "%.*s", (int)base->zone.length, base->zone.data);
        return true;
    }
    if (!wsd__address_parse(base->host.data, base->host.length, &host) ||
        wsd__address_is_loopback(&host) ||
        wsd__interfaces_load(get->context, &interfaces, NULL) < 0)
        return false;
    for (size_t i = 0; i < interfaces->n_networks; i++) {
        const struct wsd__network *network = &interfaces->networks[i];
        if (network->prefix > longest &&
            wsd__address_in(&host, &network->address, network->prefix)) {
            longest = network->prefix;
            snprintf(link, IF_NAMESIZE, "%s", wsd__interfaces_name(interfaces, network->interface));
        }
    }
    wsd__interfaces_free(interfaces);
    return longest > 0;
}

/* A link-local address means nothing without our own name of the link. */
static bool needs_link(const struct wsd__uri *address)
{
    struct wsd__address host = {0}; /* of no family, as a name is */
    wsd__address_parse(address->host.data, address->host.length, &host);
    return host.family == AF_INET6 && wsd__address_is_link_local(&host);
}

/* How good an address is: 3 the host that answered, 2 a name, which is not looked up, since the
 * same place at that host is called, 1 on our networks, 0 not to be contacted. */
static int goodness(const struct get *get, const struct wsd__uri *base,
                    const struct wsd__uri *address)
{
    struct wsd__address host;
    if (same_host(base, address))
        return 3;
    if (!wsd__address_parse(address->host.data, address->host.length, &host))
        return wsd__uri_is_disguised(address) ? 0 : 2;
    if (wsd__address_is_astray(&host))
        return 0;
    if (wsd__options(get->context)->allow_foreign_addresses)
        return 1;
    struct wsd__interfaces *interfaces;
    if (wsd__interfaces_load(get->context, &interfaces, NULL) < 0)
        return 0;
    bool on_link = wsd__interfaces_on_link(interfaces, &host, 0);
    wsd__interfaces_free(interfaces);
    return on_link ? 1 : 0;
}

/* Where a service at an address of that goodness is called; NULL without memory. */
static const char *placed(const struct get *get, const struct wsd__uri *base,
                          const struct wsd__uri *address, const char *text, int good,
                          struct wsd__arena *arena)
{
    struct wsd__uri host = *base;
    char link[IF_NAMESIZE];
    if (good == 1 ? !needs_link(address) : good == 3 && !base->zone.length)
        return text;
    if (good == 1 && link_towards(get, base, link)) {
        host = *address;
        host.zone = (struct wsd__slice){link, strlen(link)};
    }
    return at_host(&host, address, arena);
}

/* url: get->url, but as long-lived as the result. */
static int choose_address(const struct get *get, const char *url, const struct wsd_hosted *hosted,
                          struct wsd__arena *arena, const char **ret)
{
    struct wsd__uri base, best_uri = {0}, uri;
    int best = 0;
    *ret = NULL;
    if (!wsd__uri_parse(get->url, strlen(get->url), &base))
        return 0;
    for (size_t i = 0; i < hosted->n_endpoints && best < 3; i++) {
        const char *address = hosted->endpoints[i].address;
        if (!wsd__uri_parse(address, strlen(address), &uri) || !http(&uri)) {
            /* A logical address is the device's: calls go to its URL (dpws 5.3). */
            *ret = *ret || best ? *ret : url;
            continue;
        }
        int good = goodness(get, &base, &uri);
        if (good > best) {
            best = good;
            best_uri = uri;
            *ret = address;
        } else if (good == 0) {
            wsd__log(get->context, WSD_LOG_WARNING, "%s: %s is elsewhere and is not contacted",
                     get->url, address);
        }
    }
    if (best > 0)
        *ret = placed(get, &base, &best_uri, *ret, best, arena);
    return *ret || best == 0 ? 0 : WSD_E_NO_MEMORY;
}

static int choose_addresses(const struct get *get, struct wsd_device_info *info,
                            struct wsd__arena *arena)
{
    const char **addresses = wsd__arena_alloc(arena, (info->n_hosted + 1) * sizeof *addresses);
    if (!addresses)
        return WSD_E_NO_MEMORY;
    info->addresses = addresses;
    for (size_t i = 0; i < info->n_hosted; i++)
        if (choose_address(get, info->address, &info->hosted[i], arena, &addresses[i]) < 0)
            return WSD_E_NO_MEMORY;
    return 0;
}

static int take_hosted(struct wsd_device_info *info, const struct wsd_metadata *metadata,
                       struct wsd__arena *arena)
{
    size_t count = 0, n = 0;
    for (size_t i = 0; i < metadata->n_sections; i++)
        if (metadata->sections[i].relationship)
            count += metadata->sections[i].relationship->n_hosted;
    struct wsd_hosted *hosted = wsd__arena_alloc(arena, (count ? count : 1) * sizeof *hosted);
    if (!hosted)
        return WSD_E_NO_MEMORY;
    for (size_t i = 0; i < metadata->n_sections; i++) {
        const struct wsd_relationship *relationship = metadata->sections[i].relationship;
        if (!relationship)
            continue;
        if (relationship->n_hosted)
            memcpy(hosted + n, relationship->hosted, relationship->n_hosted * sizeof *hosted);
        n += relationship->n_hosted;
        if (relationship->host && relationship->host->n_endpoints && !*info->endpoint)
            info->endpoint = relationship->host->endpoints[0].address;
    }
    info->hosted = hosted;
    info->n_hosted = n;
    return 0;
}

static int pick(void *user, const struct wsd__envelope *answer, const void **ret_value,
                size_t *ret_size, struct wsd_error *reterr)
{
    const struct get *get = user;
    const struct wsd_transfer_body *body = answer->body;
    if (!body->metadata)
        return wsd__body_missing("Metadata", reterr);
    struct wsd__arena *arena = wsd__arena_of(answer);
    struct wsd_device_info *info = wsd__arena_alloc(arena, sizeof *info);
    const char *url = info ? wsd__arena_strdup(arena, get->url) : NULL;
    const char *to = info ? wsd__arena_strdup(arena, get->to ? get->to : "") : NULL;
    if (!url || !to)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    *info = (struct wsd_device_info){.address = url, .endpoint = to, .metadata = body->metadata};
    static const struct wsd_this_model no_model;
    static const struct wsd_this_device no_device;
    const struct wsd_this_model *model = &no_model;
    const struct wsd_this_device *device = &no_device;
    for (size_t i = body->metadata->n_sections; i-- > 0;) {
        const struct wsd_metadata_section *section = &body->metadata->sections[i];
        model = section->this_model ? section->this_model : model;
        device = section->this_device ? section->this_device : device;
    }
    take_model(info, model, get->language);
    take_device(info, device, get->language);
    if (take_hosted(info, body->metadata, arena) < 0 || choose_addresses(get, info, arena) < 0)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    *ret_value = info;
    *ret_size = sizeof *info;
    return 0;
}

static bool set(char **copy, const char *text)
{
    return !text || (*copy = strdup(text)) != NULL;
}

int wsd_get_start(struct wsd_context *context, const char *url,
                  const struct wsd_request_options *options, wsd_done_fn *done, void *user,
                  struct wsd_call **ret_call, struct wsd_error *reterr)
{
    if (!url || !*url)
        return wsd__error(reterr, WSD_E_INVALID, "the address of the device is missing");
    struct wsd_request_options own;
    WSD__OPTIONS_TAKE(own, options);
    if (!own.endpoint && own.to && strncasecmp(own.to, "http:", 5) != 0)
        own.endpoint = own.to;
    struct get *get = calloc(1, sizeof *get);
    if (get)
        get->context = context;
    if (!get || !set(&get->url, url) || !set(&get->to, own.to) ||
        !set(&get->language, own.language)) {
        forget(get);
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    struct wsd__exchange_request request = {.operation = "Get",
                                            .url = url,
                                            .action_ns = NS_WXF,
                                            .body_type = &wsd__type_transfer_body,
                                            .options = &own,
                                            .keep_alive = true,
                                            .pick = pick,
                                            .forget = forget,
                                            .user = get};
    return wsd__exchange_start(context, &request, done, user, ret_call, reterr);
}

int wsd_get(struct wsd_context *context, const char *url, const struct wsd_request_options *options,
            const struct wsd_device_info **ret_info, struct wsd_error *reterr)
{
    struct wsd__block block = {0};
    struct wsd_call *call;
    int r = wsd_get_start(context, url, options, wsd__block_done, &block, &call, reterr);
    const void *result;
    if (r == 0)
        r = wsd__block_wait(context, &block, call, &result, reterr);
    if (r == 0 && ret_info)
        *ret_info = result;
    else if (r == 0)
        wsd_free(result);
    return r;
}

/* -- looking into the answer
 * ------------------------------------------------------------------------ */

/* One word of a white-space separated list. */
static bool has_word(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; at && (at = strstr(at, word)); at++)
        if ((at == list || strchr(" \t\r\n", at[-1])) &&
            (at[length] == '\0' || strchr(" \t\r\n", at[length])))
            return true;
    return false;
}

const struct wsd_hosted *wsd_device_info_find(const struct wsd_device_info *info, const char *ns,
                                              const char *local)
{
    for (size_t i = 0; i < info->n_hosted; i++) {
        const struct wsd_qname_list *types = info->hosted[i].types;
        for (size_t t = 0; types && t < types->n_items; t++)
            if (wsd_qname_is(&types->items[t], ns, local))
                return &info->hosted[i];
    }
    char id[512];
    size_t ns_length = strlen(ns), local_length = strlen(local);
    if (ns_length + local_length + 2 > sizeof id)
        return NULL;
    memcpy(id, ns, ns_length);
    id[ns_length] = '/';
    memcpy(id + ns_length + 1, local, local_length + 1);
    for (size_t i = 0; i < info->n_hosted; i++)
        if (has_word(info->hosted[i].compatible_id, id))
            return &info->hosted[i];
    return NULL;
}

const char *wsd_hosted_address(const struct wsd_device_info *info, const struct wsd_hosted *hosted)
{
    return info->addresses[hosted - info->hosted];
}
