/* SPDX-License-Identifier: MIT */
/* From a name to a scanner that is open. */
#include "scanner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "common/text.h"
#include "scan/device_address.h"
#include "scan/locate.h"

/* -- finding ------------------------------------------------------------------------------------
 */

struct locating {
    bool ended;
    int code;
    struct found *ret;
    struct wsd_error *error;
};

static int take(const struct wsd_device_info *info, struct found *ret, struct wsd_error *reterr)
{
    const struct wsd_hosted *hosted = wsd_device_info_find(info, WSD_NS_SCAN, "ScannerServiceType");
    const char *service = hosted ? wsd_hosted_address(info, hosted) : NULL;

    *ret = (struct found){.info = info};
    if (!service) {
        snprintf(reterr->message, sizeof reterr->message,
                 "the device is there, but offers no scan service; scanning by WSD may be switched "
                 "off in its web page");
        found_free(ret);
        return reterr->code = WSD_E_NOT_FOUND;
    }
    ret->service = strdup(service);
    return ret->service ? 0 : (found_free(ret), reterr->code = WSD_E_NO_MEMORY);
}

static void on_located(void *user, const struct located *located)
{
    struct locating *locating = user;

    locating->ended = true;
    if (located->error) {
        *locating->error = *located->error;
        locating->code = located->error->code;
    } else if (located->info) {
        locating->code = take(located->info, locating->ret, locating->error);
    } else {
        *locating->ret = (struct found){.service = strdup(located->service)};
        locating->code = locating->ret->service ? 0 : WSD_E_NO_MEMORY;
    }
}

static int find_at(struct wsd_context *context, const char *address, struct found *ret,
                   struct wsd_error *reterr)
{
    struct locating locating = {.ret = ret, .error = reterr};
    struct locate *locate = NULL;
    int r = locate_start(context, address, NULL, on_located, &locating, &locate, reterr);

    while (r >= 0 && !locating.ended)
        r = wsd_context_wait(context, -1, reterr);
    if (!locating.ended)
        locate_cancel(locate);
    return r < 0 ? r : locating.code;
}

/* A scanner that is known is asked where it was; that takes one question. */
static int find_known(struct wsd_context *context, const char *endpoint, struct found *ret,
                      struct wsd_error *reterr)
{
    struct wsd_request_options options = WSD_REQUEST_OPTIONS_INIT;
    const struct wsd_device_info *info = NULL;
    const struct wsd_cached *known = NULL;
    struct wsd_cache *cache = NULL;
    int r = wsd_cache_open(NULL, &cache, NULL, NULL);

    if (r >= 0)
        r = wsd_cache_find(cache, endpoint, &known, NULL);
    options.to = endpoint;
    options.connect_timeout = options.answer_timeout = SANE_KNOWN_MS;
    if (r >= 0) {
        r = WSD_E_NOT_FOUND;
        for (size_t i = 0; r < 0 && i < known->target.xaddrs.n_items && i < SANE_ADDRESS_MAX; i++)
            r = wsd_get(context, known->target.xaddrs.items[i], &options, &info, NULL);
    }
    if (r >= 0 && !wsd_endpoint_equal(info->endpoint, endpoint)) {
        wsd_free(info);
        r = WSD_E_NOT_FOUND;
    }
    wsd_free(known);
    wsd_cache_close(cache);
    return r < 0 ? r : take(info, ret, reterr);
}

static bool called(const struct found *found, const char *text)
{
    char full[600];

    if (!found->info)
        return false;
    snprintf(full, sizeof full, "%s %s", found->info->manufacturer, found->info->model_name);
    return text_contains(found->info->friendly_name, text) || text_contains(full, text);
}

static int find_listed(const struct config *config, const char *text, struct found *ret,
                       struct wsd_error *reterr)
{
    struct found_list list = {0};
    int r = list_scanners(config, !*text, &list, reterr);

    for (size_t i = 0; r >= 0 && i < list.n; i++)
        if (!*text || called(&list.found[i], text)) {
            *ret = list.found[i];
            list.found[i] = (struct found){0};
            list_free(&list);
            return 0;
        }
    list_free(&list);
    if (r >= 0)
        snprintf(
            reterr->message, sizeof reterr->message,
            "no scanner answered%s%s; is it switched on, and on this network? Where the search "
            "does not reach, name its address in wsd.conf",
            *text ? " to the name " : "", text);
    return r < 0 ? r : (reterr->code = WSD_E_NOT_FOUND);
}

static int find_wanted(const struct config *config, const struct wanted *wanted, struct found *ret,
                       struct wsd_error *reterr)
{
    struct wsd_context *context = NULL;
    int r = config_context(config, NULL, NULL, &context, reterr);

    if (r < 0)
        return r;
    r = wanted->kind == WANTED_UUID ? find_known(context, wanted->text, ret, reterr)
                                    : WSD_E_NOT_FOUND;
    if (r < 0)
        r = find_at(context, wanted->text, ret, reterr);
    wsd_context_free(context);
    return r;
}

int find_scanner(const struct config *config, const char *name, struct found *ret,
                 struct wsd_error *reterr)
{
    struct wanted wanted;

    *ret = (struct found){0};
    for (size_t i = 0; i < config->n_places; i++)
        if (text_same(config->places[i].name, name))
            name = config->places[i].address;
    if (!wanted_parse(name, &wanted)) {
        snprintf(reterr->message, sizeof reterr->message, "the name is too long");
        return reterr->code = WSD_E_INVALID;
    }
    int r = wanted.kind == WANTED_ANY || wanted.kind == WANTED_NAME
                ? find_listed(config, name, ret, reterr)
                : find_wanted(config, &wanted, ret, reterr);
    if (r >= 0 && !ret->name && !(ret->name = strdup(name))) {
        found_free(ret);
        r = WSD_E_NO_MEMORY;
    }
    return r;
}

/* -- opening ------------------------------------------------------------------------------------
 */

const char *found_vendor(const struct found *found, char *ret, size_t size)
{
    const char *vendor = found->info ? found->info->manufacturer : "";

    return text_clean(*vendor ? vendor : "WSD", ret, size);
}

const char *found_model(const struct found *found, char *ret, size_t size)
{
    const char *model = found->info ? found->info->model_name : "";

    if (!*model && found->info)
        model = found->info->friendly_name;
    return text_clean(*model ? model : found->service, ret, size);
}

static void put_label(struct scanner *scanner)
{
    char vendor[100], model[140];

    snprintf(scanner->label, sizeof scanner->label, "%s %s",
             found_vendor(&scanner->found, vendor, sizeof vendor),
             found_model(&scanner->found, model, sizeof model));
}

struct wsd_request_options scanner_request(const struct scanner *scanner)
{
    struct wsd_request_options options = WSD_REQUEST_OPTIONS_INIT;

    options.endpoint = scanner->found.info ? scanner->found.info->endpoint : NULL;
    return options;
}

void say_error(const struct config *config, const char *label, const struct wsd_error *error)
{
    say(config, 1, "%s: %s%s", label, error->message,
        error->code == WSD_E_CERTIFICATE
            ? ". If it has a new one for a reason, 'wsd cache forget-key' lets it be learned anew"
            : "");
}

static int read_elements(const struct config *config, struct scanner *scanner,
                         struct wsd_error *reterr)
{
    struct wsd_request_options options = scanner_request(scanner);
    struct wsd_context *context = NULL;
    int r = config_context(config, NULL, NULL, &context, reterr);

    options.answer_timeout = SANE_ANSWER_MS;
    if (r >= 0)
        r = wsd_get_scanner_elements(context, scanner->found.service, WSD_SCAN_ALL_PARTS, &options,
                                     &scanner->elements, reterr);
    wsd_context_free(context);
    return r;
}

/* Where scanning from computers is switched off, some do not even tell what they can do (H5). */
static SANE_Status refused(const struct config *config, const struct scanner *scanner,
                           const struct wsd_error *error)
{
    if (!wsd_error_is_fault(error, "OperationFailed")) {
        say_error(config, scanner->label, error);
        return status_of_error(error);
    }
    say(config, 1, "%s: it does not tell what it can do. %s", scanner->label,
        quirks_refusal_advice(&scanner->has.quirks));
    return SANE_STATUS_ACCESS_DENIED;
}

SANE_Status scanner_open(const struct config *config, const char *name, struct scanner *ret)
{
    struct wsd_error error = {0};
    const struct wsd_device_info *info;

    *ret = (struct scanner){0};
    if (find_scanner(config, name, &ret->found, &error) < 0) {
        say_error(config, *name ? name : "any scanner", &error);
        return error.code == WSD_E_NOT_FOUND ? SANE_STATUS_INVAL : status_of_error(&error);
    }
    put_label(ret);
    info = ret->found.info;
    int r = read_elements(config, ret, &error);
    if (r >= 0)
        scan_abilities_take(&ret->has, ret->elements);
    scan_abilities_quirks(&ret->has, info ? info->manufacturer : "", info ? info->model_name : "");
    SANE_Status status = r < 0 ? refused(config, ret, &error) : SANE_STATUS_GOOD;
    if (status == SANE_STATUS_GOOD && ret->has.configuration)
        scan_abilities_gather(&ret->has);
    if (status == SANE_STATUS_GOOD && ret->has.n_sources == 0) {
        say(config, 1, "%s: it names nothing to scan from; switch it off and on", ret->label);
        status = SANE_STATUS_UNSUPPORTED;
    }
    if (status != SANE_STATUS_GOOD)
        scanner_close(ret);
    return status;
}

void scanner_close(struct scanner *scanner)
{
    wsd_free(scanner->elements);
    found_free(&scanner->found);
    *scanner = (struct scanner){0};
}
