/* SPDX-License-Identifier: MIT */
/*
 * What comes in on the wire for one UDP port of ours, before any firewall of this machine sees it.
 * Held against what programs get, it proves that answers are dropped here, whoever drops them.
 * Takes the right to look at packets (root); Linux alone has it.
 */
#ifndef WSD_APPS_DOCTOR_WIRE_H
#define WSD_APPS_DOCTOR_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "doctor/system.h"

#define WIRE_PEERS_MAX 1024

/* Who sent something, and where it came in. */
struct wire_peer {
    struct system_address address; /* with the index of the interface */
    unsigned datagrams;
};

struct wire;

/* NULL where it may not look. */
struct wire *wire_open(uint16_t port);
/* Takes what has come; the count of peers so far. The kernel keeps it until then. */
size_t wire_read(struct wire *wire);
const struct wire_peer *wire_peer(const struct wire *wire, size_t n);
void wire_close(struct wire *wire); /* NULL is fine */

#endif
