/* SPDX-License-Identifier: MIT */
/*
 * AppSequence, as the one who hears it uses it.
 *
 * A lower InstanceId is an older one's message, a higher one a restarted device. Within one
 * instance and sequence the MessageNumber orders; different sequences of one instance have no
 * order, and wsdd opens a new one with each message. Without AppSequence the order is that of
 * arrival, and only the MessageID tells a repeat.
 *
 * Endpoints are kept as hashes with a secret seed, 128 bits, so that a speaker is of one size
 * whatever it calls itself. Cost: one hash lookup a message.
 */
#include "discovery/order.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <wsd/error.h>

#include "core/limits.h"

/* Remembered of one speaker. wsdd sends a message of its own by each interface and family, and the
 * repeats of its Hellos can come behind its Byes. */
enum { MESSAGES = 16 };

struct wsd__speaker {
    struct wsd__speaker *previous, *next;
    uint64_t hash, check;
    bool sequenced; /* the rest is known */
    uint32_t instance, number;
    uint64_t sequence; /* hash of SequenceId, 0 for none */
    struct {
        uint64_t hash, when;
    } messages[MESSAGES];
    unsigned next_message;
};

static uint64_t hash_text(const struct wsd__order *order, const char *text)
{
    return wsd__hash(order->seed, text, strlen(text));
}

static void unlink_speaker(struct wsd__order *order, struct wsd__speaker *speaker)
{
    if (speaker->previous != NULL) {
        speaker->previous->next = speaker->next;
    } else {
        order->first = speaker->next;
    }
    if (speaker->next != NULL) {
        speaker->next->previous = speaker->previous;
    } else {
        order->last = speaker->previous;
    }
}

static void link_first(struct wsd__order *order, struct wsd__speaker *speaker)
{
    speaker->previous = NULL;
    speaker->next = order->first;
    if (speaker->next != NULL) {
        speaker->next->previous = speaker;
    } else {
        order->last = speaker;
    }
    order->first = speaker;
}

static void drop_last(struct wsd__order *order)
{
    struct wsd__speaker *speaker = order->last;
    unlink_speaker(order, speaker);
    wsd__table_remove(&order->table, speaker->hash, speaker);
    order->n_speakers--;
    free(speaker);
}

static struct wsd__speaker *speaker_of(struct wsd__order *order, const char *endpoint)
{
    struct wsd__endpoint_key key;
    struct wsd__speaker *speaker;
    size_t cursor = 0;
    wsd__endpoint_key(order->seed, endpoint, &key);
    uint64_t check = key.is_uuid ? wsd__hash(~order->seed, key.uuid, sizeof key.uuid)
                                 : wsd__hash(~order->seed, key.text, key.length);
    while ((speaker = wsd__table_next(&order->table, key.hash, &cursor)) != NULL) {
        if (speaker->check == check) {
            unlink_speaker(order, speaker);
            link_first(order, speaker);
            return speaker;
        }
    }
    speaker = calloc(1, sizeof *speaker);
    if (speaker == NULL || wsd__table_add(&order->table, key.hash, speaker) != 0) {
        free(speaker);
        return NULL;
    }
    speaker->hash = key.hash;
    speaker->check = check;
    link_first(order, speaker);
    if (++order->n_speakers > WSD_MAX_SPEAKERS) {
        drop_last(order);
    }
    return speaker;
}

/* True if the message came before; else it is remembered. */
static bool came_before(struct wsd__speaker *speaker, uint64_t hash, uint64_t now)
{
    for (int i = 0; i < MESSAGES; i++) {
        if (speaker->messages[i].hash == hash && speaker->messages[i].when != 0 &&
            now + 1 - speaker->messages[i].when < WSD_SEEN_ID_LIFETIME) {
            return true;
        }
    }
    speaker->messages[speaker->next_message].hash = hash;
    speaker->messages[speaker->next_message].when = now + 1; /* 0: none */
    speaker->next_message = (speaker->next_message + 1) % MESSAGES;
    return false;
}

static enum wsd__verdict take_sequence(const struct wsd__order *order, struct wsd__speaker *speaker,
                                       const struct wsd_app_sequence *sequence)
{
    uint64_t id = sequence->sequence_id != NULL ? hash_text(order, sequence->sequence_id) | 1 : 0;
    bool known = speaker->sequenced;
    uint32_t instance = speaker->instance;
    if (known && (sequence->instance_id < instance ||
                  (sequence->instance_id == instance && speaker->sequence == id &&
                   sequence->message_number <= speaker->number))) {
        return WSD__VERDICT_OLD;
    }
    speaker->sequenced = true;
    speaker->instance = sequence->instance_id;
    speaker->sequence = id;
    speaker->number = sequence->message_number;
    return known && sequence->instance_id > instance ? WSD__VERDICT_REBOOT : WSD__VERDICT_NEW;
}

int wsd__order_judge(struct wsd__order *order, const char *endpoint,
                     const struct wsd_soap_header *header, const void *bytes, size_t size,
                     uint64_t now)
{
    struct wsd__speaker *speaker = speaker_of(order, endpoint);
    if (speaker == NULL) {
        return WSD_E_NO_MEMORY;
    }
    bool named = header->message_id != NULL && header->message_id[0] != '\0';
    uint64_t hash =
        named ? hash_text(order, header->message_id) : wsd__hash(~order->seed, bytes, size);
    if (came_before(speaker, hash, now)) {
        return WSD__VERDICT_COPY;
    }
    if (header->app_sequence == NULL) {
        return WSD__VERDICT_NEW;
    }
    return (int)take_sequence(order, speaker, header->app_sequence);
}

void wsd__order_free(struct wsd__order *order)
{
    while (order->last != NULL) {
        drop_last(order);
    }
    wsd__table_free(&order->table);
}
