/* SPDX-License-Identifier: MIT */
/*
 * Who is behind an announcement: asks targets for their metadata, address after address, after a
 * Resolve where none is known. At most DESCRIBE_AT_ONCE are asked at a time, the others wait.
 */
#ifndef WSD_APPS_DESCRIBE_H
#define WSD_APPS_DESCRIBE_H

#include <wsd/discovery.h>
#include <wsd/transfer.h>

#include "session.h"

#define DESCRIBE_AT_ONCE    8
#define DESCRIBE_XADDRS_MAX 4 /* of one target */

struct describer;
struct describe; /* a question */

/* NULL when memory is out. */
struct describer *describer_new(struct session *session);
/* Ends all questions without a word. */
void describer_free(struct describer *describer);

/* One of `info` and `error` is set; both are valid during the call. */
typedef void describe_done(void *user, const struct wsd_device_info *info,
                           const struct wsd_error *error);

/* Asks. *slot is the question until it is over, then NULL; `done` is called once, after that, and
 * perhaps inside this call. */
void describe_start(struct describer *describer, const struct wsd_target *target,
                    struct describe **slot, describe_done *done, void *user);
/* Ends the question in *slot, if there is one, without a word. */
void describe_cancel(struct describe **slot);

/* The address of the scan service, NULL if there is none that may be contacted. */
const char *describe_scan_service(const struct wsd_device_info *info);

/* "HP LaserJet": manufacturer and model, the former only if the latter does not name it. */
char *describe_model(const char *manufacturer, const char *model, char *ret, size_t size);

#endif
