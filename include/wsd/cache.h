/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The cache of devices that were seen before, and the search that makes use of it.
 *
 * A cache is one file. Programs may share it at the same time; each call is one transaction, and a
 * program that is killed or a machine that goes dark leaves either all of a change or nothing.
 * What is in the cache is what devices said of themselves when they were heard: addresses are to be
 * tried, not believed. Needs libsqlite3, which is loaded while a cache is open.
 */
#ifndef WSD_CACHE_H
#define WSD_CACHE_H

#include <wsd/discovery.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Devices that were seen, in a file that several programs share. Belongs to one thread. */
struct wsd_cache;

/** What is known of a device. */
struct wsd_cached {
    struct wsd_target target;      /**< `address` and `interface_` as last heard; `delay` is 0 */
    int64_t first_seen, last_seen; /**< seconds since 1970 */
    /** Of its metadata, "" while unknown. */
    const char *friendly_name, *manufacturer, *model_name, *serial_number;
    const char *scan_service; /**< address of its scan service, "" if none is known */
    /** target.metadata_version at the time when the metadata above were stored: if the two differ,
     *  they may have changed since. Not read by wsd_cache_store(). */
    uint32_t described_version;
};

/** Content of a cache, ordered by endpoint; free with wsd_free(). */
struct wsd_cached_set {
    const struct wsd_cached *devices;
    size_t n_devices;
};

/**
 * Opens a cache. @p path NULL: WSD_CACHE_PATH of the environment, else `wsd/devices.sqlite` in
 * XDG_CACHE_HOME, else in ~/.cache; folders that are missing are made, for the user alone. A file
 * that is damaged or is none of ours is set aside as `PATH.damaged-N` and a new one begun;
 * @p ret_note (may be NULL) then tells so, else it is NULL; it lives as long as the cache. What is
 * no file at all, such as a folder, is left alone and is an error.
 * @return 0, WSD_E_SYSTEM (it cannot be read or written, or another program holds it for more than
 *         ten seconds), WSD_E_UNSUPPORTED (a newer version of this library wrote it, or libsqlite3
 *         is missing), WSD_E_NO_MEMORY.
 */
WSD_API int wsd_cache_open(const char *path, struct wsd_cache **ret_cache, const char **ret_note,
                           struct wsd_error *reterr);

/** Where it lies. */
WSD_API const char *wsd_cache_path(const struct wsd_cache *cache);

/** Everything in it. @return 0, WSD_E_SYSTEM, WSD_E_NO_MEMORY. */
WSD_API int wsd_cache_read(struct wsd_cache *cache, const struct wsd_cached_set **ret_devices,
                           struct wsd_error *reterr);

/** One device, by endpoint (wsd_endpoint_equal()); WSD_E_NOT_FOUND. Free with wsd_free(). */
WSD_API int wsd_cache_find(struct wsd_cache *cache, const char *endpoint,
                           const struct wsd_cached **ret_device, struct wsd_error *reterr);

/**
 * Several, by endpoint, in one look at the file: @p found runs inside this call for each that is
 * there, with its place in @p endpoints; @p device is valid during it. Where another program writes
 * meanwhile it may run for all of them once more. @return as wsd_cache_read(); WSD_E_INVALID.
 */
WSD_API int
wsd_cache_find_each(struct wsd_cache *cache, const char *const *endpoints, size_t n_endpoints,
                    void (*found)(void *user, size_t place, const struct wsd_cached *device),
                    void *user, struct wsd_error *reterr);

/**
 * Stores a device or brings it up to date. `first_seen` of one that is there stays, `last_seen`
 * never goes back (0 or less in either: now); empty texts and lists and a zero leave what is there,
 * but for a scan service on a host that the device no longer names. Texts that are too long are
 * cut, URLs that are too long are left out. A cache of 4096 devices forgets for a new one the one
 * that was seen longest ago. When it returns 0 the device survives a crash.
 * @return 0, WSD_E_INVALID (no endpoint, or what is no UTF-8), WSD_E_SYSTEM, WSD_E_NO_MEMORY.
 */
WSD_API int wsd_cache_store(struct wsd_cache *cache, const struct wsd_cached *device,
                            struct wsd_error *reterr);

/** The same for several, which become true together: all or, when it fails, none. One transaction
 *  costs about as much as storing one device. */
WSD_API int wsd_cache_store_all(struct wsd_cache *cache, const struct wsd_cached *const *devices,
                                size_t n_devices, struct wsd_error *reterr);
/** Forgets one device (NULL: all). @return 0 also if it was not there. */
WSD_API int wsd_cache_drop(struct wsd_cache *cache, const char *endpoint, struct wsd_error *reterr);

/** Closes it. NULL is fine. */
WSD_API void wsd_cache_close(struct wsd_cache *cache);

/** Options of wsd_get_devices(). Start from WSD_GET_DEVICES_OPTIONS_INIT. */
struct wsd_get_devices_options {
    size_t size;
    struct wsd_cache *cache;       /**< NULL: none is used */
    bool no_cache;                 /**< do not read it (what is found is stored nevertheless) */
    bool no_discovery;             /**< do not search: what is in the cache and answers */
    uint32_t probe_timeout;        /**< milliseconds of the search, default 4000 */
    uint32_t verify_timeout;       /**< milliseconds for a cached device to answer, default 1500 */
    const struct wsd_qname *types; /**< only targets that have all of them */
    size_t n_types;
    bool any_of_types; /**< a target needs only one of types */
    unsigned expect;   /**< end as soon as so many are known to be there; 0: do not */
    /** Called for each device once it is known to be there; valid during the call. @p cached: it
     *  was in the cache. */
    void (*found)(void *user, const struct wsd_target *target, bool cached);
    void *user; /**< for found */
};

#define WSD_GET_DEVICES_OPTIONS_INIT                                                               \
    {                                                                                              \
        .size = sizeof(struct wsd_get_devices_options)                                             \
    }

/**
 * The devices that are there: cached ones of the types wanted are asked side by side at their
 * addresses (a Probe over HTTP, and a Get if that is not understood), while a search finds new
 * ones. Those that answered are stored, resolved, when the call ends; those that did not leave the
 * cache, unless none of their addresses lies on a network of ours at present: then they are
 * elsewhere, or we are, and they stay for 30 days after they were last seen. It lasts no longer
 * than both time limits together; what could not be asked in that time stays.
 * @param ret_targets one per endpoint reference, possibly none; free with wsd_free().
 * @return 0; the codes of wsd_probe(); a cache that cannot be read or written is logged, not an
 *         error.
 */
WSD_API int wsd_get_devices(struct wsd_context *context,
                            const struct wsd_get_devices_options *options,
                            const struct wsd_target_set **ret_targets, struct wsd_error *reterr);

/** The same, started; the result is a `struct wsd_target_set`. The cache must outlive the call, and
 *  may be used in the meantime. A call that is cancelled stores nothing. */
WSD_API int wsd_get_devices_start(struct wsd_context *context,
                                  const struct wsd_get_devices_options *options, wsd_done_fn *done,
                                  void *user, struct wsd_call **ret_call, struct wsd_error *reterr);

#ifdef __cplusplus
}
#endif
#endif
