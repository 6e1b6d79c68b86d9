/* SPDX-License-Identifier: MIT */
/*
 * Bounds of wsd verify: what a device can make it hold, and how long it waits.
 *
 * docs/security.md says for each what happens when it is reached. Sizes are in bytes, times in
 * milliseconds.
 */
#ifndef WSD_APPS_VERIFY_BOUNDS_H
#define WSD_APPS_VERIFY_BOUNDS_H

#define VERIFY_MAX_ANSWER    (1u << 20)   /* of an answer, kept; what follows is counted only */
#define VERIFY_MAX_TRANSFER  (256u << 20) /* of an answer */
#define VERIFY_MAX_DEPTH     64
#define VERIFY_MAX_NODES     50000 /* elements of an answer */
#define VERIFY_MAX_FOUND     4096  /* that one path leads to */
#define VERIFY_MAX_DATAGRAMS 64    /* looked at in one exchange */
#define VERIFY_MAX_EVENTS    64    /* kept of one subscription */
/* A message that is sent, once its names are filled in. */
#define VERIFY_MAX_EXPANDED   (256u << 10)
#define VERIFY_MAX_PENDING    16 /* jobs, and subscriptions, that one check leaves to be ended */
#define VERIFY_MAX_EXCHANGES  24 /* shown of one check */
#define VERIFY_MAX_CHECK_FILE (4u << 20)
#define VERIFY_ANSWER_TIME    10000
#define VERIFY_IMAGE_TIME     90000
#define VERIFY_CONNECT_TIME   5000
#define VERIFY_DATAGRAM_TIME  4000 /* for an answer; a firewall of Windows waits no longer */
#define VERIFY_SILENCE        1200 /* for an answer that must not come */
#define VERIFY_SILENCE_FULL   4000 /* with --full */
#define VERIFY_EVENT_TIME     10000
#define VERIFY_EVENT_REST     300 /* after the last event that is awaited */

#endif
