/* SPDX-License-Identifier: MIT */
/*
 * The certificates of devices, each remembered when it is first seen (wsd/certificate.h).
 *
 * Where they are remembered is behind a table of functions: in a list of the context, or where
 * another room keeps them. What is compared is the certificate as a whole, as text: that needs no
 * cryptography of ours.
 */
#ifndef WSD_SOAP_PINS_H
#define WSD_SOAP_PINS_H

#include <wsd/certificate.h>

#include "core/arena.h"
#include "core/limits.h"

enum { WSD__PIN_NAME_SIZE = WSD_MAX_URI + 16 };

/* Results are copied into `memory`, or point into what was given. */
struct wsd__pin_store {
    int (*find)(void *user, const char *name, struct wsd__arena *memory,
                struct wsd_certificate *ret, struct wsd_error *reterr); /* WSD_E_NOT_FOUND */
    /* Adds it unless there is one already; *ret is what is there then. WSD_E_LIMIT: full. */
    int (*add)(void *user, const struct wsd_certificate *certificate, struct wsd__arena *memory,
               struct wsd_certificate *ret, struct wsd_error *reterr);
    int (*list)(void *user, struct wsd__arena *memory, struct wsd_certificate_set *ret,
                struct wsd_error *reterr);
    /* With all that are the same certificate; NULL: every one. */
    int (*forget)(void *user, const char *name, struct wsd_error *reterr);
    void (*destroy)(void *user);
};

/* Keeps them in `store` from now on, in place of the context's own list; takes `user` over, also
 * when it fails. */
int wsd__pins_keep(struct wsd_context *context, const struct wsd__pin_store *store, void *user,
                   struct wsd_error *reterr);

/* Under which name the device of a request is remembered: equal for endpoints that
 * wsd_endpoint_equal() takes for equal. Fails with WSD_E_INVALID. */
int wsd__pin_name(const char *device, char name[WSD__PIN_NAME_SIZE], struct wsd_error *reterr);
/* 0 if it is the certificate of that device, or the first one, which is then remembered (`device`
 * and `since` of it do not count). WSD_E_CERTIFICATE. */
int wsd__pin_check(struct wsd_context *context, const char *device,
                   const struct wsd_certificate *shown, struct wsd_error *reterr);

#endif
