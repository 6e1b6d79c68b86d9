/* SPDX-License-Identifier: MIT */
/*
 * Targets and their announcements: Hello and Bye.
 *
 * A Hello goes out on each interface with that interface's transport address, under one MessageID
 * and MessageNumber (discovery 7.2): clients that never Resolve find the device, and no address of
 * another network is disclosed.
 */
#include <string.h>

#include "core/error.h"
#include "discovery/responder.h"

static int copy_uris(struct wsd__arena *arena, const struct wsd_uri_list *from,
                     struct wsd_uri_list *to)
{
    const char **items = wsd__arena_alloc(arena, from->n_items * sizeof *items);
    if (items == NULL) {
        return WSD_E_NO_MEMORY;
    }
    for (size_t i = 0; i < from->n_items; i++) {
        items[i] = wsd__arena_strdup(arena, from->items[i]);
        if (items[i] == NULL) {
            return WSD_E_NO_MEMORY;
        }
    }
    *to = (struct wsd_uri_list){items, from->n_items};
    return 0;
}

static int copy_names(struct wsd__arena *arena, const struct wsd_qname_list *from,
                      struct wsd_qname_list *to)
{
    struct wsd_qname *items = wsd__arena_alloc(arena, from->n_items * sizeof *items);
    if (items == NULL) {
        return WSD_E_NO_MEMORY;
    }
    for (size_t i = 0; i < from->n_items; i++) {
        const char *prefix = from->items[i].prefix;
        items[i].ns = wsd__arena_strdup(arena, from->items[i].ns);
        items[i].local = wsd__arena_strdup(arena, from->items[i].local);
        items[i].prefix = wsd__arena_strdup(arena, prefix != NULL ? prefix : "");
        if (items[i].ns == NULL || items[i].local == NULL || items[i].prefix == NULL) {
            return WSD_E_NO_MEMORY;
        }
    }
    *to = (struct wsd_qname_list){items, from->n_items};
    return 0;
}

int wsd__target_add(struct wsd__responder *responder,
                    const struct wsd__target_description *description,
                    struct wsd__target **ret_target, struct wsd_error *reterr)
{
    if (description->endpoint == NULL || description->endpoint[0] == '\0' ||
        description->types.n_items > WSD_MAX_TYPES ||
        description->scopes.n_items > WSD_MAX_SCOPES) {
        return wsd__error(reterr, WSD_E_INVALID, "a target needs an endpoint, and few types");
    }
    struct wsd__arena *memory = wsd__arena_new(sizeof(struct wsd__target), 1024, 1u << 20);
    if (memory == NULL) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    struct wsd__target *target = wsd__arena_root(memory);
    struct wsd__target_description *own = &target->description;
    *own = *description;
    own->endpoint = wsd__arena_strdup(memory, description->endpoint);
    if (own->endpoint == NULL || copy_names(memory, &description->types, &own->types) < 0 ||
        copy_uris(memory, &description->scopes, &own->scopes) < 0) {
        wsd__arena_free(memory);
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    target->memory = memory;
    target->said.stencil = WSD__STENCIL_INIT(WSD__MAX_ANSWER);
    target->responder = responder;
    target->next = responder->targets;
    if (target->next != NULL) {
        target->next->previous = target;
    }
    responder->targets = target;
    *ret_target = target;
    return 0;
}

struct announcement {
    enum wsd__message message;
    char id[WSD__UUID_URN_SIZE];
    struct wsd_app_sequence sequence;
};

static int announce_on(struct wsd__target *target, const struct announcement *announcement,
                       unsigned interface, int family, struct wsd_error *reterr)
{
    struct wsd__responder *responder = target->responder;
    const struct wsd__network *own =
        wsd__interfaces_source(responder->interfaces, interface, family, NULL);
    union wsd__sockaddr local;
    struct wsd__self self;
    struct wsd__buf out = WSD__BUF_INIT(WSD__MAX_ANSWER);
    bool hello = announcement->message == WSD__HELLO;
    if (own != NULL) {
        wsd__address_sockaddr(&own->address, 0, &local);
    }
    wsd__target_describe(target, WSD__DIALECT_2005, own != NULL && hello ? &local.any : NULL,
                         &self);
    struct wsd_target_message bye = {.endpoint = self.message.endpoint};
    struct wsd_discovery_body body = {
        .hello = hello ? &self.message : NULL,
        .bye = hello ? NULL : &bye,
    };
    struct wsd_soap_header header = {
        .to = wsd__discovery_to(WSD__DIALECT_2005),
        .action = wsd__message_action(announcement->message, WSD__DIALECT_2005),
        .message_id = announcement->id,
        .app_sequence = &announcement->sequence,
    };
    int status = wsd__message_encode(&header, &body, WSD__DIALECT_2005, &out, reterr);
    const void *bytes = out.data;
    size_t size = out.length;
    if (status >= 0 && wsd__udp_filter(responder->context, true, &bytes, &size, NULL)) {
        status = wsd__udp_multicast(responder->udp, interface, family, bytes, size,
                                    WSD__MULTICAST_UDP_REPEAT, reterr);
    }
    wsd__buf_free(&out);
    return status;
}

static void announce(struct wsd__target *target, enum wsd__message message)
{
    struct wsd__responder *responder = target->responder;
    struct announcement announcement = {
        .message = message,
        .sequence = wsd__target_sequence(target),
    };
    unsigned interface;
    int family;
    wsd__uuid_urn(responder->context, announcement.id);
    for (size_t i = 0; wsd__udp_link(responder->udp, i, &interface, &family); i++) {
        struct wsd_error error = {0};
        if (announce_on(target, &announcement, interface, family, &error) < 0) {
            responder->unsaid |= message == WSD__HELLO;
            wsd__log(responder->context, WSD_LOG_INFO, "%s: %s cannot be announced: %s",
                     wsd__interfaces_name(responder->interfaces, interface),
                     target->description.endpoint, error.message);
        }
    }
}

static void say_hello(void *user)
{
    announce(user, WSD__HELLO);
}

int wsd__target_hello(struct wsd__target *target, struct wsd_error *reterr)
{
    struct wsd__responder *responder = target->responder;
    if (responder->udp == NULL) {
        return 0;
    }
    uint32_t delay = wsd__random_below(responder->context, responder->options.max_answer_delay + 1);
    int status = wsd__timer_start(responder->context, &target->hello, delay, say_hello, target);
    return status < 0 ? wsd__error(reterr, status, NULL) : 0;
}

int wsd__target_changed(struct wsd__target *target, uint32_t metadata_version,
                        struct wsd_error *reterr)
{
    target->description.metadata_version = metadata_version;
    wsd__stencil_clear(&target->said.stencil);
    return wsd__target_hello(target, reterr);
}

int wsd__target_restart(struct wsd__target *target, uint32_t instance_id, struct wsd_error *reterr)
{
    wsd__responder_forget_target(target->responder, target);
    target->description.instance_id = instance_id;
    wsd__stencil_clear(&target->said.stencil);
    target->n_messages = 0;
    return wsd__target_hello(target, reterr);
}

void wsd__target_remove(struct wsd__target *target)
{
    if (target == NULL) {
        return;
    }
    wsd__timer_stop(&target->hello);
    if (target->responder->udp != NULL) {
        announce(target, WSD__BYE);
    }
    wsd__target_vanish(target);
}

void wsd__target_vanish(struct wsd__target *target)
{
    if (target == NULL) {
        return;
    }
    struct wsd__responder *responder = target->responder;
    wsd__timer_stop(&target->hello);
    wsd__responder_forget_target(responder, target);
    if (target->previous != NULL) {
        target->previous->next = target->next;
    } else {
        responder->targets = target->next;
    }
    if (target->next != NULL) {
        target->next->previous = target->previous;
    }
    wsd__stencil_free(&target->said.stencil);
    wsd__arena_free(target->memory);
}
