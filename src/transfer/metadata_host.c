/* SPDX-License-Identifier: MIT */
/*
 * The device's side of DPWS metadata (DPWS 5, PnP-X): builds the structs of a GetResponse and lets
 * the codec write them.
 *
 * What Windows insists on is written here and nowhere else: ThisModel and ThisDevice always,
 * DeviceCategory together with CompatibleId and HardwareId or none of the three, texts below 256
 * characters. Cost: one encoding of about 3 kB per answer, no memory but the output.
 */
#include "transfer/metadata_host.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <wsd/discovery.h>

#include "core/error.h"
#include "core/limits.h"
#include "soap/answer.h"
#include "transfer/metadata.h"

#define COMPATIBLE_ID WSD_NS_SCAN "/ScannerServiceType"

static const struct wsd_qname device_types[] = {{WSD_NS_DEVPROF, "Device", "wsdp"},
                                                {WSD_NS_SCAN, "ScanDeviceType", "wscn"}};
static const struct wsd_qname service_types[] = {{WSD_NS_SCAN, "ScannerServiceType", "wscn"}};

struct wsd_qname_list wsd__metadata_types(bool scanner)
{
    return (struct wsd_qname_list){device_types, scanner ? 2 : 1};
}

/* -- copying ------------------------------------------------------------------------------------
 */

/* Octets of text that hold at most WSD__METADATA_TEXT UTF-16 units, whole characters. */
static size_t cut(const char *text)
{
    size_t at = 0, units = 0;

    while (text[at]) {
        unsigned char c = (unsigned char)text[at];
        size_t wide = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;

        units += wide == 4 ? 2 : 1;
        if (units > WSD__METADATA_TEXT || strnlen(text + at, wide) < wide)
            break;
        at += wide;
    }
    return at;
}

static int copy_text(struct wsd__arena *arena, const char *text, const char **ret)
{
    if (!text)
        return 0;
    *ret = wsd__arena_strndup(arena, text, cut(text));
    return *ret ? 0 : WSD_E_NO_MEMORY;
}

static int copy_uri(struct wsd__arena *arena, const char *uri, const char **ret)
{
    if (!uri)
        return 0;
    if (strnlen(uri, WSD__METADATA_URI + 1) > WSD__METADATA_URI)
        return WSD_E_INVALID;
    *ret = wsd__arena_strdup(arena, uri);
    return *ret ? 0 : WSD_E_NO_MEMORY;
}

int wsd__metadata_copy(struct wsd__arena *arena, const struct wsd__self_description *from,
                       struct wsd__self_description *ret, struct wsd_error *reterr)
{
    const struct {
        const char *from, **to;
        bool uri;
    } fields[] = {
        {from->endpoint, &ret->endpoint, true},
        {from->friendly_name, &ret->friendly_name, false},
        {from->manufacturer, &ret->manufacturer, false},
        {from->model_name, &ret->model_name, false},
        {from->manufacturer_url, &ret->manufacturer_url, true},
        {from->model_number, &ret->model_number, false},
        {from->model_url, &ret->model_url, true},
        {from->presentation_url, &ret->presentation_url, true},
        {from->firmware_version, &ret->firmware_version, false},
        {from->serial_number, &ret->serial_number, false},
        {from->hardware_id, &ret->hardware_id, false},
    };

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        int r = fields[i].uri ? copy_uri(arena, fields[i].from, fields[i].to)
                              : copy_text(arena, fields[i].from, fields[i].to);

        if (r == WSD_E_INVALID)
            return wsd__error(reterr, r, "a URL of the device is longer than %d octets",
                              WSD__METADATA_URI);
        if (r < 0)
            return wsd__error(reterr, r, NULL);
    }
    return 0;
}

/* The list's items are separated by blanks, and an id may have 196 characters. */
const char *wsd__metadata_hardware_id(struct wsd__arena *arena, const char *manufacturer,
                                      const char *model)
{
    enum { PART = 90 };
    char id[2 * PART + 16];

    snprintf(id, sizeof id, "VEN_%.*s&DEV_%.*s", PART, manufacturer, PART, model);
    for (char *p = id; *p; p++) {
        if (!isascii((unsigned char)*p) || (!isalnum((unsigned char)*p) && !strchr("_&.-", *p)))
            *p = '_';
    }
    return wsd__arena_strdup(arena, id);
}

/* -- the answer ---------------------------------------------------------------------------------
 */

static void this_model(const struct wsd__self_description *self, struct wsd_this_model *model,
                       struct wsd_lang_text texts[2])
{
    texts[0] = (struct wsd_lang_text){.value = self->manufacturer, .lang = "en"};
    texts[1] = (struct wsd_lang_text){.value = self->model_name, .lang = "en"};
    *model = (struct wsd_this_model){
        .manufacturer = &texts[0],
        .n_manufacturer = 1,
        .manufacturer_url = self->manufacturer_url,
        .model_name = &texts[1],
        .n_model_name = 1,
        .model_number = self->model_number,
        .model_url = self->model_url,
        .presentation_url = self->presentation_url,
        .device_category = self->hardware_id ? "Scanners" : NULL,
    };
}

struct relationship {
    struct wsd_endpoint_reference host_endpoint, service_endpoint;
    struct wsd_qname_list host_types, service_types;
    struct wsd_hosted host, hosted;
    char service_id[WSD__METADATA_URI + 16];
    struct wsd_relationship relationship;
};

static void relationship(const struct wsd__self_description *self, const char *service_url,
                         struct relationship *r)
{
    r->host_endpoint = (struct wsd_endpoint_reference){.address = self->endpoint};
    r->host_types = wsd__metadata_types(self->hardware_id != NULL);
    r->host = (struct wsd_hosted){.endpoints = &r->host_endpoint,
                                  .n_endpoints = 1,
                                  .types = &r->host_types,
                                  .service_id = self->endpoint};
    r->relationship = (struct wsd_relationship){.type = WSD__RELATIONSHIP_HOST, .host = &r->host};
    if (!self->hardware_id)
        return;
    snprintf(r->service_id, sizeof r->service_id, "%s/scan", self->endpoint);
    r->service_endpoint = (struct wsd_endpoint_reference){.address = service_url};
    r->service_types = (struct wsd_qname_list){service_types, 1};
    r->hosted = (struct wsd_hosted){.endpoints = &r->service_endpoint,
                                    .n_endpoints = 1,
                                    .types = &r->service_types,
                                    .service_id = r->service_id,
                                    .compatible_id = COMPATIBLE_ID,
                                    .hardware_id = self->hardware_id};
    r->relationship.hosted = &r->hosted;
    r->relationship.n_hosted = 1;
}

int wsd__metadata_answer(struct wsd_context *context, const struct wsd__envelope *request,
                         const struct wsd__self_description *self, const char *service_url,
                         struct wsd__buf *out, struct wsd_error *reterr)
{
    struct wsd_lang_text names[2];
    struct wsd_lang_text friendly = {.value = self->friendly_name, .lang = "en"};
    struct wsd_this_model model;
    struct wsd_this_device device = {.friendly_name = &friendly,
                                     .n_friendly_name = 1,
                                     .firmware_version = self->firmware_version,
                                     .serial_number = self->serial_number};
    struct relationship related;
    struct wsd_metadata_section sections[3] = {
        {.dialect = WSD__DIALECT_THIS_MODEL, .this_model = &model},
        {.dialect = WSD__DIALECT_THIS_DEVICE, .this_device = &device},
        {.dialect = WSD__DIALECT_RELATIONSHIP, .relationship = &related.relationship},
    };
    struct wsd_metadata metadata = {.sections = sections, .n_sections = 3};
    struct wsd_transfer_body body = {.metadata = &metadata};
    char action[96];

    this_model(self, &model, names);
    relationship(self, service_url, &related);
    snprintf(action, sizeof action, "%s/GetResponse", wsd__ns_uri(NS_WXF, WSD__DIALECT_2005));
    return wsd__answer_encode(context, request, action, &wsd__type_transfer_body, &body, out,
                              reterr);
}
