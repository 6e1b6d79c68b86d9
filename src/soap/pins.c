/* SPDX-License-Identifier: MIT */
/*
 * What is remembered of certificates, and the question whether one is the same as before.
 *
 * The list of a context is walked through from its beginning: a handshake costs a thousand times as
 * much as its whole length.
 */
#include "soap/pins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "core/context.h"
#include "core/error.h"
#include "core/uri.h"
#include "core/uuid.h"

struct pin {
    struct pin *next;
    struct wsd_certificate certificate; /* points into text */
    char text[];
};

struct pins {
    struct pin *first; /* by name */
    size_t n;
    const struct wsd__pin_store *store; /* NULL: the list alone */
    void *user;
};

/* -- the list of a context -------------------------------------------------------------------- */

static int list_find(void *user, const char *name, struct wsd__arena *memory,
                     struct wsd_certificate *ret, struct wsd_error *reterr)
{
    const struct pins *pins = user;
    (void)memory;
    for (const struct pin *pin = pins->first; pin != NULL; pin = pin->next)
        if (strcmp(pin->certificate.device, name) == 0) {
            *ret = pin->certificate;
            return 0;
        }
    return wsd__error(reterr, WSD_E_NOT_FOUND, "no certificate of %.200s is remembered", name);
}

static const char *put(char **at, const char *text)
{
    size_t size = strlen(text) + 1;
    const char *place = memcpy(*at, text, size);
    *at += size;
    return place;
}

static struct pin *pin_new(const struct wsd_certificate *c)
{
    size_t size = strlen(c->device) + strlen(c->pem) + strlen(c->subject) + strlen(c->expires) + 4;
    struct pin *pin = calloc(1, sizeof *pin + size);
    if (pin == NULL)
        return NULL;
    char *at = pin->text;
    pin->certificate.device = put(&at, c->device);
    pin->certificate.pem = put(&at, c->pem);
    pin->certificate.subject = put(&at, c->subject);
    pin->certificate.expires = put(&at, c->expires);
    pin->certificate.since = c->since;
    return pin;
}

static int list_add(void *user, const struct wsd_certificate *certificate,
                    struct wsd__arena *memory, struct wsd_certificate *ret,
                    struct wsd_error *reterr)
{
    struct pins *pins = user;
    if (list_find(pins, certificate->device, memory, ret, NULL) == 0)
        return 0;
    if (pins->n == WSD_MAX_CERTIFICATES)
        return wsd__error(reterr, WSD_E_LIMIT, "%d certificates are remembered, and no more can be",
                          WSD_MAX_CERTIFICATES);
    struct pin *pin = pin_new(certificate), **link = &pins->first;
    if (pin == NULL)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    while (*link != NULL && strcmp((*link)->certificate.device, certificate->device) < 0)
        link = &(*link)->next;
    pin->next = *link;
    *link = pin;
    pins->n++;
    *ret = pin->certificate;
    return 0;
}

static bool copy(struct wsd__arena *memory, struct wsd_certificate *ret,
                 const struct wsd_certificate *c)
{
    ret->device = wsd__arena_strdup(memory, c->device);
    ret->pem = wsd__arena_strdup(memory, c->pem);
    ret->subject = wsd__arena_strdup(memory, c->subject);
    ret->expires = wsd__arena_strdup(memory, c->expires);
    ret->since = c->since;
    return ret->device != NULL && ret->pem != NULL && ret->subject != NULL && ret->expires != NULL;
}

static int list_list(void *user, struct wsd__arena *memory, struct wsd_certificate_set *ret,
                     struct wsd_error *reterr)
{
    const struct pins *pins = user;
    struct wsd_certificate *all = wsd__arena_alloc(memory, (pins->n + 1) * sizeof *all);
    bool ok = all != NULL;
    size_t n = 0;
    for (const struct pin *pin = pins->first; ok && pin != NULL; pin = pin->next)
        ok = copy(memory, &all[n++], &pin->certificate);
    if (!ok)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    *ret = (struct wsd_certificate_set){all, n};
    return 0;
}

static void unlink_pin(struct pins *pins, struct pin **link)
{
    struct pin *pin = *link;
    *link = pin->next;
    pins->n--;
    free(pin);
}

static int list_forget(void *user, const char *name, struct wsd_error *reterr)
{
    struct pins *pins = user;
    struct wsd_certificate meant;
    (void)reterr;
    if (name != NULL && list_find(pins, name, NULL, &meant, NULL) < 0)
        return 0;
    char *pem = name != NULL ? strdup(meant.pem) : NULL; /* its pin goes as well */
    if (name != NULL && pem == NULL)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    for (struct pin **link = &pins->first; *link != NULL;) {
        if (pem == NULL || strcmp((*link)->certificate.pem, pem) == 0)
            unlink_pin(pins, link);
        else
            link = &(*link)->next;
    }
    free(pem);
    return 0;
}

static const struct wsd__pin_store own_list = {list_find, list_add, list_list, list_forget, NULL};

/* -- of a context ------------------------------------------------------------------------------
 */

static void leave_store(struct pins *pins)
{
    if (pins->store != NULL)
        pins->store->destroy(pins->user);
    pins->store = NULL;
}

static void pins_free(void *value)
{
    struct pins *pins = value;
    list_forget(pins, NULL, NULL);
    leave_store(pins);
    free(pins);
}

static struct pins *pins_of(struct wsd_context *context, struct wsd_error *reterr)
{
    struct pins *pins = wsd__part(context, WSD__PART_PINS);
    if (pins != NULL)
        return pins;
    pins = calloc(1, sizeof *pins);
    if (pins == NULL)
        wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    else
        wsd__part_set(context, WSD__PART_PINS, pins, pins_free);
    return pins;
}

int wsd__pins_keep(struct wsd_context *context, const struct wsd__pin_store *store, void *user,
                   struct wsd_error *reterr)
{
    struct pins *pins = pins_of(context, reterr);
    if (pins == NULL) {
        store->destroy(user);
        return WSD_E_NO_MEMORY;
    }
    leave_store(pins);
    pins->store = store;
    pins->user = user;
    return 0;
}

/* -- names ------------------------------------------------------------------------------------ */

static const char *lower(char *text)
{
    for (char *c = text; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return text;
}

static int name_of_place(const struct wsd__uri *uri, char name[WSD__PIN_NAME_SIZE])
{
    snprintf(name, WSD__PIN_NAME_SIZE, "https://%s%.*s%s%.*s%s:%u", uri->bracketed ? "[" : "",
             (int)uri->host.length, uri->host.data, uri->zone.length > 0 ? "%" : "",
             (int)uri->zone.length, uri->zone.length > 0 ? uri->zone.data : "",
             uri->bracketed ? "]" : "", uri->port_number != 0 ? uri->port_number : 443u);
    lower(name);
    return 0;
}

int wsd__pin_name(const char *device, char name[WSD__PIN_NAME_SIZE], struct wsd_error *reterr)
{
    static const char blanks[] = " \t\r\n";
    struct wsd__uri uri;
    uint8_t uuid[16];
    device += strspn(device, blanks);
    size_t length = strlen(device);
    while (length > 0 && strchr(blanks, device[length - 1]) != NULL)
        length--;
    if (length == 0 || length > WSD_MAX_URI)
        return wsd__error(reterr, WSD_E_INVALID, "no endpoint reference, or one too long");
    if (wsd__uuid_parse(device, uuid)) {
        wsd__uuid_format(uuid, name);
        return 0;
    }
    if (wsd__uri_parse(device, length, &uri) && wsd__slice_is_case(uri.scheme, "https"))
        return name_of_place(&uri, name);
    snprintf(name, WSD__PIN_NAME_SIZE, "%.*s", (int)length, device);
    return 0;
}

/* -- the question ----------------------------------------------------------------------------- */

/* The one that is remembered, which may just have become the one that is shown. */
static int find_or_add(struct wsd_context *context, const struct wsd__pin_store *store, void *user,
                       struct wsd__arena *memory, const struct wsd_certificate *shown,
                       struct wsd_certificate *ret, struct wsd_error *reterr)
{
    struct wsd_error error = {0};
    int status = store->find(user, shown->device, memory, ret, &error);
    if (status == WSD_E_NOT_FOUND) {
        error.code = 0;
        status = store->add(user, shown, memory, ret, &error);
        if (status == 0)
            wsd__log(context, WSD_LOG_INFO,
                     "the first certificate of %.200s is remembered: it is for %.200s and runs out "
                     "%.60s, which is not looked at",
                     shown->device, shown->subject, shown->expires);
    }
    if (status < 0 && reterr != NULL)
        *reterr = error;
    return status;
}

static int recall(struct wsd_context *context, struct pins *pins, struct wsd__arena *memory,
                  const struct wsd_certificate *shown, struct wsd_certificate *ret,
                  struct wsd_error *reterr)
{
    struct wsd_error error = {0};
    if (pins->store != NULL) {
        int status = find_or_add(context, pins->store, pins->user, memory, shown, ret, &error);
        if (status == 0 || status == WSD_E_LIMIT || status == WSD_E_NO_MEMORY) {
            if (status < 0 && reterr != NULL)
                *reterr = error;
            return status;
        }
        wsd__log(context, WSD_LOG_WARNING,
                 "certificates are remembered until this program ends only: %s", error.message);
    }
    return find_or_add(context, &own_list, pins, memory, shown, ret, reterr);
}

int wsd__pin_check(struct wsd_context *context, const char *device,
                   const struct wsd_certificate *shown, struct wsd_error *reterr)
{
    char name[WSD__PIN_NAME_SIZE], day[16] = "";
    struct wsd_certificate known = {0}, now = *shown;
    struct tm tm;
    struct pins *pins = pins_of(context, reterr);
    int status = pins != NULL ? wsd__pin_name(device, name, reterr) : WSD_E_NO_MEMORY;
    if (status < 0)
        return status;
    struct wsd__arena *memory =
        wsd__arena_new(1, 4096, (size_t)4 * (WSD_MAX_CERTIFICATE + WSD_MAX_URI));
    if (memory == NULL)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    now.device = name;
    now.since = (int64_t)time(NULL);
    status = recall(context, pins, memory, &now, &known, reterr);
    if (status == 0 && strcmp(known.pem, shown->pem) != 0) {
        time_t since = (time_t)known.since;
        if (gmtime_r(&since, &tm) != NULL)
            strftime(day, sizeof day, "%Y-%m-%d", &tm);
        status = wsd__error(reterr, WSD_E_CERTIFICATE,
                            "%.120s shows another certificate than the one it has been known by "
                            "since %s; nothing was sent there",
                            name, day);
    }
    wsd__arena_free(memory);
    return status;
}

/* -- for programs ----------------------------------------------------------------------------- */

static const struct wsd__pin_store *store_of(struct pins *pins, void **ret_user)
{
    *ret_user = pins->store != NULL ? pins->user : pins;
    return pins->store != NULL ? pins->store : &own_list;
}

int wsd_certificate_find(struct wsd_context *context, const char *device,
                         const struct wsd_certificate **ret_certificate, struct wsd_error *reterr)
{
    char name[WSD__PIN_NAME_SIZE];
    struct wsd_certificate found;
    void *user;
    struct pins *pins = pins_of(context, reterr);
    int status = pins != NULL ? wsd__pin_name(device, name, reterr) : WSD_E_NO_MEMORY;
    if (status < 0)
        return status;
    struct wsd__arena *memory =
        wsd__arena_new(sizeof found, 4096, (size_t)4 * (WSD_MAX_CERTIFICATE + WSD_MAX_URI));
    if (memory == NULL)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    const struct wsd__pin_store *store = store_of(pins, &user);
    status = store->find(user, name, memory, &found, reterr);
    if (status == 0 && !copy(memory, wsd__arena_root(memory), &found))
        status = wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    if (status < 0)
        wsd__arena_free(memory);
    else
        *ret_certificate = wsd__arena_root(memory);
    return status;
}

int wsd_certificate_list(struct wsd_context *context, const struct wsd_certificate_set **ret_set,
                         struct wsd_error *reterr)
{
    void *user;
    struct pins *pins = pins_of(context, reterr);
    if (pins == NULL)
        return WSD_E_NO_MEMORY;
    struct wsd__arena *memory = wsd__arena_new(sizeof **ret_set, 4096, WSD_MAX_CACHE_MEMORY);
    if (memory == NULL)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    const struct wsd__pin_store *store = store_of(pins, &user);
    int status = store->list(user, memory, wsd__arena_root(memory), reterr);
    if (status < 0)
        wsd__arena_free(memory);
    else
        *ret_set = wsd__arena_root(memory);
    return status;
}

int wsd_certificate_forget(struct wsd_context *context, const char *device,
                           struct wsd_error *reterr)
{
    char name[WSD__PIN_NAME_SIZE];
    void *user;
    struct pins *pins = pins_of(context, reterr);
    int status = pins != NULL ? 0 : WSD_E_NO_MEMORY;
    if (status == 0 && device != NULL)
        status = wsd__pin_name(device, name, reterr);
    if (status < 0)
        return status;
    const struct wsd__pin_store *store = store_of(pins, &user);
    status = list_forget(pins, device != NULL ? name : NULL, reterr);
    return status == 0 && store != &own_list
               ? store->forget(user, device != NULL ? name : NULL, reterr)
               : status;
}
