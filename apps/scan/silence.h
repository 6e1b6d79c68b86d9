/* SPDX-License-Identifier: MIT */
/*
 * A scanner that stops sending an image is asked why. Where paper jams or a cover is opened many
 * keep the connection and send nothing more; their status tells at once what the limit of silence
 * would tell after half a minute, and without the reason.
 *
 * A question a time, and none while bytes come. A scanner has to say twice that it has stopped, as
 * between two sheets some look so for a moment; one that is at work, idle or gives no answer is
 * waited for, as long as the transfer itself waits. The time is the caller's, and what becomes of
 * the transfer: the SANE backend ends the page, since that is how a frontend hears of it; `wsd
 * scan` tells and goes on waiting. wsd-scand does not ask: who pressed the button stands at the
 * scanner, and may take the paper out before it gives up.
 */
#ifndef WSD_APPS_SCAN_SILENCE_H
#define WSD_APPS_SCAN_SILENCE_H

#include <stdint.h>

#include "scan/abilities.h"

#define SILENCE_ASK_MS    3000 /* no byte came for so long, or since the last answer */
#define SILENCE_ANSWER_MS 3000 /* the answer may take; there will be another question */

/* Of one image. */
struct silence {
    struct wsd_context *context;
    const char *service;
    struct wsd_request_options request;
    bool feeder;
    uint64_t pieces, seen; /* that came, and of which silence_turn() knows */
    uint64_t due;          /* the next question */
    struct silence_question *question;
    uint64_t asked_at; /* pieces that had come */
    bool answered;
    unsigned said; /* answers in a row by which it has stopped */
    struct scan_trouble trouble;
};

/* The image is asked for now. What `request` and `service` point to stays; with `feeder` it comes
 * from there. */
void silence_begin(struct silence *silence, struct wsd_context *context, const char *service,
                   const struct wsd_request_options *request, bool feeder, uint64_t now);
/* Bytes of the image came. */
void silence_broken(struct silence *silence);
/* After each turn of the loop: asks if it is time to. Returns when to come again at the latest;
 * UINT64_MAX while a question is under way, whose answer turns the loop. */
uint64_t silence_turn(struct silence *silence, uint64_t now);
/* What stopped the scanner, by two answers in a row and no byte since the first was asked for;
 * NULL: nothing. */
const struct scan_trouble *silence_trouble(const struct silence *silence);
/* No call of it comes after this; what the scanner said stays. A question that is under way is
 * given up. */
void silence_end(struct silence *silence);

#endif
