/* SPDX-License-Identifier: MIT */
/* The other side of a scanner made of software: who is there, and what its panel shows. */
#ifndef WSD_APPS_PANEL_H
#define WSD_APPS_PANEL_H

#include <json-c/json.h>

#include "common/control.h"
#include "session.h"

/* A device of a `wsd serve` that runs. */
struct panel_device {
    char path[CONTROL_MAX_PATH];
    int64_t number;
    struct json_object *about; /* name, url, endpoint */
};

/* Finds the device that `name` means, or the only one. Returns an exit code, and has said why. */
int panel_find(struct session *session, const char *name, struct panel_device *ret);
void panel_device_free(struct panel_device *device);
const char *panel_device_text(const struct panel_device *device, const char *key);

/* Asks the server of the socket at `path`; `request` is taken. `ret` is an answer with "ok": true.
 * Returns an exit code; what the server refused has been said, with `device` in front of it. */
int panel_ask(struct session *session, const char *path, const char *device,
              struct json_object *request, struct json_object **ret);

/* Prints the answer to "show", for people. */
void panel_print(const struct json_object *answer);

#endif
