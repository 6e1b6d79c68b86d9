/* SPDX-License-Identifier: MIT */
/* The conditions of one rule of nftables, in its JSON form (libnftables-json(5)). */
#ifndef WSD_APPS_DOCTOR_FIREWALL_MATCH_H
#define WSD_APPS_DOCTOR_FIREWALL_MATCH_H

#include <json-c/json.h>

#include "doctor/firewall.h"

enum firewall_match { MATCH_NO, MATCH_YES, MATCH_UNSURE };

/* Finds the elements of a named set; NULL if there is none. */
struct firewall_sets {
    struct json_object *(*find)(const void *user, const char *name);
    const void *user;
};

/* A member of an object; NULL if it has none, or is no object. */
struct json_object *firewall_member(struct json_object *object, const char *key);
/* The text of a member; "" if it is none. */
const char *firewall_text(struct json_object *object, const char *key);

/* A "match" statement: {"op", "left", "right"}. */
enum firewall_match firewall_match(struct json_object *match, const struct firewall_packet *packet,
                                   const struct firewall_sets *sets);

/* Of a "vmap": the verdict for this packet in `ret`; NULL with MATCH_NO: none. */
enum firewall_match firewall_map(struct json_object *map, const struct firewall_packet *packet,
                                 const struct firewall_sets *sets, struct json_object **ret);

#endif
