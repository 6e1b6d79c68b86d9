/* SPDX-License-Identifier: MIT */
/* wsd info and wsd get: who a device is and what it offers. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <wsd/certificate.h>
#include <wsd/scan.h>

#include "commands.h"
#include "common/exit_codes.h"
#include "common/print_json.h"
#include "common/stamp.h"
#include "common/text.h"
#include "report.h"

static void line(const char *label, const char *text)
{
    if (!text || !*text)
        return;
    printf("%-14s ", label);
    text_put(stdout, text);
    putchar('\n');
}

static void print_types(const struct wsd_hosted *hosted)
{
    for (size_t i = 0; hosted->types && i < hosted->types->n_items; i++) {
        fputs(i ? " " : "", stdout);
        text_put(stdout, hosted->types->items[i].local);
    }
    if (!hosted->types || hosted->types->n_items == 0)
        fputs("(service without a type)", stdout);
}

/* What is remembered of the device's certificate, NULL if nothing is; free with wsd_free(). */
static const struct wsd_certificate *certificate_of(const struct session *session,
                                                    const char *endpoint, const char *url)
{
    const struct wsd_certificate *c = NULL;

    if (strncasecmp(url, "https:", 6) == 0 &&
        (!endpoint || wsd_certificate_find(session->context, endpoint, &c, NULL) < 0))
        wsd_certificate_find(session->context, url, &c, NULL);
    return c;
}

static void print_certificate(const struct wsd_certificate *c)
{
    char text[400] = "", day[STAMP_SIZE];

    if (!c)
        return;
    text_append(text, sizeof text,
                "known since %.10s; for %.150s, until %.60s, neither of which is "
                "looked at",
                stamp_of(c->since, day), c->subject, c->expires);
    line("Certificate", text);
}

static void print_info(const struct wsd_device_info *info, const struct wsd_certificate *c)
{
    line("Name", info->friendly_name);
    line("Manufacturer", info->manufacturer);
    line("Model", info->model_name);
    line("Model number", info->model_number);
    line("Firmware", info->firmware_version);
    line("Serial number", info->serial_number);
    line("Category", info->device_category);
    line("Endpoint", info->endpoint);
    line("Address", info->address);
    print_certificate(c);
    line("Web page", info->presentation_url);
    for (size_t i = 0; i < info->n_hosted; i++) {
        fputs(i ? "               " : "Services       ", stdout);
        print_types(&info->hosted[i]);
        putchar('\n');
        for (size_t k = 0; k < info->hosted[i].n_endpoints; k++) {
            fputs("                 ", stdout);
            text_put(stdout, info->hosted[i].endpoints[k].address);
            putchar('\n');
        }
    }
}

struct json_object *json_of_certificate(const struct wsd_certificate *c)
{
    struct json_object *o = json_object_new_object();
    char time[STAMP_SIZE];

    json_put_text(o, "device", c->device);
    json_put_text(o, "since", stamp_of(c->since, time));
    json_put_text(o, "subject", c->subject);
    json_put_text(o, "expires", c->expires);
    json_put_text(o, "pem", c->pem);
    return o;
}

static struct json_object *services_json(const struct wsd_device_info *info)
{
    struct json_object *services = json_object_new_array();

    for (size_t i = 0; i < info->n_hosted; i++) {
        const struct wsd_hosted *h = &info->hosted[i];
        struct json_object *service = json_object_new_object();
        struct json_object *addresses = json_object_new_array();
        json_put(service, "types", json_of_qnames(h->types));
        for (size_t k = 0; k < h->n_endpoints; k++)
            json_object_array_add(addresses, json_object_new_string(h->endpoints[k].address));
        json_put(service, "addresses", addresses);
        json_put_text(service, "id", h->service_id);
        json_put_text(service, "compatibleId", h->compatible_id);
        json_put_text(service, "hardwareId", h->hardware_id);
        json_object_array_add(services, service);
    }
    return services;
}

static int print_info_json(const struct wsd_device_info *info, const struct wsd_certificate *c)
{
    struct json_object *o = json_object_new_object();

    json_put_text(o, "name", info->friendly_name);
    json_put_text(o, "manufacturer", info->manufacturer);
    json_put_text(o, "manufacturerUrl", info->manufacturer_url);
    json_put_text(o, "model", info->model_name);
    json_put_text(o, "modelNumber", info->model_number);
    json_put_text(o, "modelUrl", info->model_url);
    json_put_text(o, "presentationUrl", info->presentation_url);
    json_put_text(o, "category", info->device_category);
    json_put_text(o, "firmware", info->firmware_version);
    json_put_text(o, "serialNumber", info->serial_number);
    json_put_text(o, "endpoint", info->endpoint);
    json_put_text(o, "address", info->address);
    json_put(o, "services", services_json(info));
    if (c)
        json_put(o, "certificate", json_of_certificate(c));
    json_put(o, "Metadata", json_of("Metadata", info->metadata));
    return json_print_pretty(o);
}

static int print_device(const struct session *session, const struct wsd_device_info *info,
                        const char *endpoint)
{
    const struct wsd_certificate *c = certificate_of(session, endpoint, info->address);
    int code = EXIT_CODE_OK;

    if (session->json)
        code = print_info_json(info, c);
    else
        print_info(info, c);
    wsd_free(c);
    return code;
}

/* A device that answers as a scan service but told nothing of itself. */
static int print_service(struct session *session, const struct device *device)
{
    const struct wsd_scan_get_scanner_elements_response *answer = NULL;
    const struct wsd_scan_description *description = NULL;
    struct wsd_error error = {0};

    if (wsd_get_scanner_elements(session->context, device->service, WSD_SCAN_DESCRIPTION,
                                 &session->request, &answer, &error) < 0)
        return report_error(session, device->name, &error);
    for (size_t i = 0; i < answer->n_scanner_elements; i++)
        if (answer->scanner_elements[i].scanner_description)
            description = answer->scanner_elements[i].scanner_description;
    int code = EXIT_CODE_OK;
    if (session->json) {
        struct json_object *o = json_object_new_object();
        json_put_text(o, "service", device->service);
        if (description)
            json_put(o, "ScannerDescription", json_of("ScannerDescription", description));
        code = json_print_pretty(o);
    } else {
        if (description && description->n_scanner_name)
            line("Name", description->scanner_name[0].value);
        line("Scan service", device->service);
        session_note(session, "it gave no metadata; only its scan service answers");
    }
    wsd_free(answer);
    return code;
}

int command_info(struct session *session)
{
    const struct args *args = session->args;
    struct device device = {0};

    if (args->n_operands > 1) {
        usage_error(args, "one device at a time");
        return EXIT_CODE_USAGE;
    }
    int code = device_find(session, args->n_operands ? args->operands[0] : NULL, false, &device);
    if (code != EXIT_CODE_OK)
        return code;
    if (device.info)
        code = print_device(session, device.info, session->request.endpoint);
    else
        code = print_service(session, &device);
    device_free(&device);
    return code;
}

int command_get(struct session *session)
{
    const struct args *args = session->args;
    struct wsd_request_options request = session->request;
    const struct wsd_device_info *info = NULL;
    struct wsd_error error = {0};
    int code = EXIT_CODE_OK;

    if (args->n_operands != 1) {
        usage_error(args, "wsd get takes one URL");
        return EXIT_CODE_USAGE;
    }
    request.to = args_text(args, OPT_TO, NULL);
    if (wsd_get(session->context, args->operands[0], &request, &info, &error) < 0)
        return report_error(session, args->operands[0], &error);
    code = print_device(session, info, request.to);
    wsd_free(info);
    return code;
}

int command_find_scanner(struct session *session, struct device *ret)
{
    const struct args *args = session->args;

    if (args->n_operands > 1) {
        usage_error(args, "one device at a time");
        return EXIT_CODE_USAGE;
    }
    return device_find(session, args->n_operands ? args->operands[0] : NULL, true, ret);
}
