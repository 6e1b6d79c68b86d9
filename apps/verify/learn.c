/* SPDX-License-Identifier: MIT */
/*
 * What the device says of itself, as names that checks may use: its addresses, and a small scan
 * that it should be able to make.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "verify/checks.h"
#include "verify/verify.h"

#define CONFIGURATION "//wscn:ScannerConfiguration"

/* From the most telling to the plainest; what comes is looked at as a file. */
static const char *const formats[] = {"jfif", "exif",  "png", "tiff-single-uncompressed",
                                      "dib",  "pdf-a", NULL};

/* "http://host:port/path" in its parts. */
static void learn_address(struct verify *v)
{
    const char *url = v->options.url && *v->options.url ? v->options.url : v->options.service;
    const char *host = strstr(url ? url : "", "://"), *end, *port;
    char text[1024];

    if (!host)
        return;
    host += 3;
    end = host + strcspn(host, "/");
    port = *host == '[' ? strchr(host, ']') : host;
    port = port ? memchr(port, ':', (size_t)(end - port)) : NULL;
    if (*host == '[')
        snprintf(text, sizeof text, "%.*s", (int)strcspn(host + 1, "]"), host + 1);
    else
        snprintf(text, sizeof text, "%.*s", (int)((port ? port : end) - host), host);
    char *zone = strstr(text, "%25");
    if (zone)
        memmove(zone + 1, zone + 3, strlen(zone + 3) + 1);
    verify_set_name(v, "host", text);
    bool tls = strncasecmp(url, "https:", 6) == 0;
    snprintf(text, sizeof text, "%.*s", port ? (int)(end - port - 1) : 3,
             port  ? port + 1
             : tls ? "443"
                   : "80");
    verify_set_name(v, "port", text);
    snprintf(text, sizeof text,
             "%.*s/StableWSDiscoveryEndpoint/schemas-xmlsoap-org_ws_2005_04_discovery",
             (int)(end - url), url);
    verify_set_name(v, "stable", text);
    snprintf(text, sizeof text, "%.*s/nothing-is-here", (int)(end - url), url);
    verify_set_name(v, "nowhere", text);
}

static void learn_format(struct verify *v, const struct exchange *x)
{
    struct tree_found found[32];
    char text[300];
    int n = tree_select(x->tree, CONFIGURATION "//wscn:FormatValue", found, 32);

    for (size_t f = 0; formats[f]; f++)
        for (int i = 0; i < n; i++)
            if (strcmp(tree_text(&found[i], text, sizeof text), formats[f]) == 0) {
                verify_set_name(v, "format", text);
                return;
            }
}

static long number_at(const struct exchange *x, const char *path, long otherwise)
{
    char text[60];

    exchange_text(x, path, text, sizeof text);
    return *text ? strtol(text, NULL, 10) : otherwise;
}

static void set_number(struct verify *v, const char *name, long number)
{
    char text[30];

    snprintf(text, sizeof text, "%ld", number);
    verify_set_name(v, name, text);
}

/* Color, the lowest resolution, and a square inch that fits. */
static void learn_source(struct verify *v, const struct exchange *x, const char *place,
                         const char *prefix)
{
    char path[200], text[100];
    long width, height;

    snprintf(path, sizeof path, "%s/wscn:%sColor/wscn:ColorEntry", place, prefix);
    struct tree_found found[16];
    int n = tree_select(x->tree, path, found, 16);
    for (int i = 0; i < n; i++) {
        tree_text(&found[i], text, sizeof text);
        if (i == 0 || strcmp(text, "RGB24") == 0)
            verify_set_name(v, "color", text);
    }
    snprintf(path, sizeof path, "%s/wscn:%sResolutions/wscn:Widths/wscn:Width", place, prefix);
    set_number(v, "dpi", number_at(x, path, 300));
    snprintf(path, sizeof path, "%s/wscn:%sMaximumSize/wscn:Width", place, prefix);
    width = number_at(x, path, 1000);
    snprintf(path, sizeof path, "%s/wscn:%sMaximumSize/wscn:Height", place, prefix);
    height = number_at(x, path, 1000);
    if (width > 1000)
        width = 1000;
    set_number(v, "width", width);
    set_number(v, "pixels", (width * strtol(verify_name(v, "dpi"), NULL, 10) + 500) / 1000);
    set_number(v, "height", height < 1000 ? height : 1000);
}

/* What was not found out before: from its metadata, wherever it says so, or from a Probe. */
static void learn_identity(struct verify *v)
{
    static const char *const places[] = {"//wsdp:Host/wsa:EndpointReference/wsa:Address",
                                         "//wsd:ProbeMatch/wsa:EndpointReference/wsa:Address"};
    bool service = !*verify_name(v, "service"), endpoint = !*verify_name(v, "endpoint");
    struct exchange *x = service || endpoint ? verify_shared(v, "get") : NULL;
    char text[2048];

    for (int i = 0; endpoint && i < 2; i++) {
        exchange_text(i == 0 ? x : verify_shared(v, "probe-http"), places[i], text, sizeof text);
        if (*text) {
            verify_set_name(v, "endpoint", text);
            break;
        }
    }
    exchange_text(x, "//wsdp:Hosted/wsa:EndpointReference/wsa:Address", text, sizeof text);
    if (service && verify_is_own(v, text))
        verify_set_name(v, "service", text);
}

void verify_learn(struct verify *v)
{
    struct exchange *x;
    bool glass, feeder;
    struct tree_found found;

    verify_set_name(v, "endpoint", v->options.endpoint ? v->options.endpoint : "");
    verify_set_name(v, "device", v->options.url ? v->options.url : "");
    verify_set_name(v, "service", v->options.service ? v->options.service : "");
    verify_set_name(v, "device-name", v->options.name ? v->options.name : "");
    learn_address(v);
    learn_identity(v);
    x = verify_shared(v, "elements");
    if (!x || !x->tree)
        return;
    glass = tree_select(x->tree, CONFIGURATION "/wscn:Platen", &found, 1) > 0;
    feeder = tree_select(x->tree, CONFIGURATION "/wscn:ADF", &found, 1) > 0;
    learn_format(v, x);
    verify_set_name(v, "glass", glass ? "yes" : "");
    verify_set_name(v, "feeder", feeder ? "yes" : "");
    verify_set_name(v, "source", glass ? "Platen" : feeder ? "ADF" : "Film");
    if (glass)
        learn_source(v, x, CONFIGURATION "/wscn:Platen", "Platen");
    else if (feeder)
        learn_source(v, x, CONFIGURATION "/wscn:ADF/wscn:ADFFront", "ADF");
}
