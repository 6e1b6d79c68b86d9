/* SPDX-License-Identifier: MIT */
/*
 * Lists the scanners of the local network, by blocking calls:
 *
 *     discover [INTERFACE]
 *
 * Each is printed when it answers; then each is asked for its name and model.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wsd/wsd.h>

static void on_found(void *user, const struct wsd_target *target)
{
    (void)user;
    printf("heard of %s at %s after %u ms\n", target->endpoint, target->address,
           (unsigned)target->delay);
    fflush(stdout);
}

static void describe(struct wsd_context *context, const struct wsd_target *target)
{
    struct wsd_request_options options = WSD_REQUEST_OPTIONS_INIT;
    struct wsd_error error = {0};

    options.to = target->endpoint; /* a Get is addressed to the device, not to the URL */
    for (size_t i = 0; i < target->xaddrs.n_items; i++) {
        const struct wsd_device_info *info = NULL;
        if (wsd_get(context, target->xaddrs.items[i], &options, &info, &error) < 0)
            continue; /* one of several addresses may be dead */
        printf("%s: %s %s, %zu services\n", info->friendly_name, info->manufacturer,
               info->model_name, info->n_hosted);
        wsd_free(info);
        return;
    }
    printf("%s: %s\n", target->endpoint,
           target->xaddrs.n_items > 0 ? error.message : "names no address");
}

int main(int argc, char **argv)
{
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    struct wsd_probe_options search = WSD_PROBE_OPTIONS_INIT;
    const struct wsd_qname scanner = {.ns = WSD_NS_SCAN, .local = "ScanDeviceType"};
    const char *interfaces[] = {argc > 1 ? argv[1] : NULL, NULL};
    struct wsd_context *context = NULL;
    const struct wsd_target_set *set = NULL;
    struct wsd_error error = {0};

    if (argc > 1) {
        options.interfaces = interfaces;
        options.allow_loopback = strcmp(argv[1], "lo") == 0;
    }
    search.types = &scanner;
    search.n_types = 1;
    search.found = on_found;
    int status = wsd_context_new(&options, &context, &error);
    if (status >= 0)
        status = wsd_probe(context, &search, &set, &error);
    if (status < 0) {
        fprintf(stderr, "discover: %s\n", error.message);
    } else {
        for (size_t i = 0; i < set->n_targets; i++)
            describe(context, set->targets[i]);
        printf("%zu found\n", set->n_targets);
    }
    wsd_free(set);
    wsd_context_free(context);
    return status < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
