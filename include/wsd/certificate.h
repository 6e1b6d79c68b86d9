/* SPDX-License-Identifier: MIT */
/**
 * @file
 * TLS: the certificates of devices, remembered when they are first seen.
 *
 * Devices sign their certificates themselves, for other names than the one they are reached by, and
 * let them expire; no authority vouches for them, and neither expiry nor names are looked at. What
 * can be checked is that it is the same as before. So the first https connection to a device stores
 * its certificate, and a later one to the same device that brings another fails with
 * WSD_E_CERTIFICATE, after the handshake and before a byte of the request is sent.
 *
 * A device is known by its endpoint reference, at whatever address and port it answers
 * (wsd_request_options.endpoint). A request that does not name it is meant for a place, and
 * "https://HOST:PORT" stands for the device then. Without wsd_keep_certificates() the memory is
 * that of the context, and ends with it.
 *
 * A device that had https and now offers http alone is not refused, since it may have been set up
 * anew: wsd_certificate_find() tells a program that there is reason to ask.
 *
 * Events that are delivered to https addresses are not checked: a sink is no device.
 */
#ifndef WSD_CERTIFICATE_H
#define WSD_CERTIFICATE_H

#include <wsd/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What is remembered of a device. Strings are never NULL. */
struct wsd_certificate {
    const char *device;  /**< endpoint reference, or "https://HOST:PORT" */
    const char *pem;     /**< the device's own certificate, without those that signed it */
    const char *subject; /**< whom it says it is for, as the TLS library writes it */
    const char *expires; /**< until when, likewise */
    int64_t since;       /**< when it was first seen: seconds since 1970 */
};

/** Certificates, ordered by device; free with wsd_free(). */
struct wsd_certificate_set {
    const struct wsd_certificate *certificates;
    size_t n_certificates;
};

/**
 * From now on certificates are remembered in the cache of devices at @p path (NULL: as
 * wsd_cache_open()), which is opened when there is an https connection, or one of the calls below,
 * and closed again. Needs libsqlite3. A file that cannot be opened then is logged, and the
 * certificate remembered by the context alone.
 * @return 0, WSD_E_NO_MEMORY.
 */
WSD_API int wsd_keep_certificates(struct wsd_context *context, const char *path,
                                  struct wsd_error *reterr);

/**
 * What is remembered of @p device, an endpoint reference or an https URL; free with wsd_free().
 * @return 0, WSD_E_NOT_FOUND, WSD_E_INVALID, WSD_E_NO_MEMORY, the codes of wsd_cache_open().
 */
WSD_API int wsd_certificate_find(struct wsd_context *context, const char *device,
                                 const struct wsd_certificate **ret_certificate,
                                 struct wsd_error *reterr);

/** All that are remembered. @return 0, WSD_E_NO_MEMORY, the codes of wsd_cache_open(). */
WSD_API int wsd_certificate_list(struct wsd_context *context,
                                 const struct wsd_certificate_set **ret_set,
                                 struct wsd_error *reterr);

/**
 * Forgets the certificate of @p device (NULL: all), and the same certificate under other names; the
 * next one that the device shows is taken for its own.
 * @return 0 also if there was none, WSD_E_INVALID, WSD_E_NO_MEMORY, the codes of wsd_cache_open().
 */
WSD_API int wsd_certificate_forget(struct wsd_context *context, const char *device,
                                   struct wsd_error *reterr);

#ifdef __cplusplus
}
#endif
#endif
