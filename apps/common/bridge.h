/* SPDX-License-Identifier: MIT */
/*
 * Between `wsd serve --sane` and the process that has the SANE device (wsd-sane-host): packets on a
 * socket of kind SOCK_SEQPACKET, which is the host's standard input. A packet that begins with '{'
 * is one JSON object; one that begins with BRIDGE_DATA carries bytes of the file that is being
 * made. Both ends refuse what is longer.
 *
 * To the host, "do" says what:
 *   describe   opens the device and answers what it can do
 *   scan       what a ticket asks (struct scan_wish); files follow
 *   cancel     ends the scan as soon as the backend lets go
 *   buttons    asks which of the device's buttons are held
 *   close      lets other programs have the device
 * From the host, "is" says what:
 *   ability    vendor, model, sources, modes, resolutions, buttons
 *   page       the device has begun to deliver a page
 *   end        a file is whole
 *   done       the scan is over: no more originals, or as many as were asked for
 *   failed     "status" is a word of the list below, "text" a sentence that says whose it is,
 *              "doing" what was under way or what to look at
 *   buttons    "pressed" lists names
 */
#ifndef WSD_APPS_BRIDGE_H
#define WSD_APPS_BRIDGE_H

#define BRIDGE_DATA        'D'
#define BRIDGE_PACKET_MAX  32768 /* of either direction, the first byte included */
#define BRIDGE_SOURCES_MAX 3     /* glass, feeder, both sides */
#define BRIDGE_DPI_MAX     16    /* resolutions */
#define BRIDGE_BUTTONS_MAX 16

/* What SANE's statuses are here. "crash", which no host can say, is the service's own word. */
#define BRIDGE_BUSY      "busy"
#define BRIDGE_GONE      "gone"
#define BRIDGE_DENIED    "denied"
#define BRIDGE_JAM       "jam"
#define BRIDGE_COVER     "cover"
#define BRIDGE_EMPTY     "empty"
#define BRIDGE_MEMORY    "memory"
#define BRIDGE_CANCELLED "cancelled"
#define BRIDGE_FAILURE   "failure"

#endif
