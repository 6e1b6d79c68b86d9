/* SPDX-License-Identifier: MIT */
/*
 * Lists the scanners that are there, with the help of a cache of those that were there before:
 *
 *     get_devices FILE [INTERFACE]
 *
 * FILE is the cache, made when it is missing. What is known is printed as soon as it answers, long
 * before the search for new ones has ended; those that are new are asked for their names, which are
 * kept for the next time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wsd/wsd.h>

static void on_found(void *user, const struct wsd_target *target, bool cached)
{
    (void)user;
    printf("%s %s\n", cached ? "known" : "new", target->endpoint);
    fflush(stdout);
}

/* Asks a device for its name, and keeps it. */
static void describe(struct wsd_context *context, struct wsd_cache *cache,
                     const struct wsd_target *target)
{
    struct wsd_request_options options = WSD_REQUEST_OPTIONS_INIT;
    const struct wsd_device_info *info = NULL;
    struct wsd_cached device = {.target = *target};

    options.to = target->endpoint;
    for (size_t i = 0; i < target->xaddrs.n_items && info == NULL; i++)
        wsd_get(context, target->xaddrs.items[i], &options, &info, NULL);
    if (info == NULL)
        return;
    device.friendly_name = info->friendly_name;
    device.manufacturer = info->manufacturer;
    device.model_name = info->model_name;
    device.serial_number = info->serial_number;
    wsd_cache_store(cache, &device, NULL); /* if it fails it is asked again next time */
    wsd_free(info);
}

static void print(struct wsd_context *context, struct wsd_cache *cache,
                  const struct wsd_target *target)
{
    const struct wsd_cached *device = NULL;

    for (int asked = 0; asked < 2; asked++) {
        if (wsd_cache_find(cache, target->endpoint, &device, NULL) == 0 &&
            device->friendly_name[0] != '\0' &&
            device->described_version == target->metadata_version)
            break;
        if (asked == 0) {
            wsd_free(device);
            device = NULL;
            describe(context, cache, target);
        }
    }
    printf("%s: %s\n", target->endpoint, device != NULL ? device->friendly_name : "no name");
    wsd_free(device);
}

int main(int argc, char **argv)
{
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    struct wsd_get_devices_options search = WSD_GET_DEVICES_OPTIONS_INIT;
    const struct wsd_qname scanner = {.ns = WSD_NS_SCAN, .local = "ScanDeviceType"};
    const char *interfaces[] = {argc > 2 ? argv[2] : NULL, NULL}, *note = NULL;
    struct wsd_context *context = NULL;
    struct wsd_cache *cache = NULL;
    const struct wsd_target_set *set = NULL;
    struct wsd_error error = {0};

    if (argc > 2) {
        options.interfaces = interfaces;
        options.allow_loopback = strcmp(argv[2], "lo") == 0;
    }
    int status = wsd_context_new(&options, &context, &error);
    if (status >= 0)
        status = wsd_cache_open(argc > 1 ? argv[1] : NULL, &cache, &note, &error);
    if (status >= 0) {
        if (note != NULL)
            fprintf(stderr, "get_devices: %s\n", note);
        search.cache = cache;
        search.types = &scanner;
        search.n_types = 1;
        search.found = on_found;
        status = wsd_get_devices(context, &search, &set, &error);
    }
    if (status < 0) {
        fprintf(stderr, "get_devices: %s\n", error.message);
    } else {
        for (size_t i = 0; i < set->n_targets; i++)
            print(context, cache, set->targets[i]);
        printf("%zu found\n", set->n_targets);
    }
    wsd_free(set);
    wsd_cache_close(cache);
    wsd_context_free(context);
    return status < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
