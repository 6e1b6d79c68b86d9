/* SPDX-License-Identifier: MIT */
/*
 * The packet filter of this machine: would it let a packet in?
 *
 * The rules are those that nft tells, which are also those of firewalld, ufw and iptables where
 * these stand on nftables. A rule is followed as far as it is understood; what hangs on one that is
 * not is said to be unsure, never guessed. Linux alone has it; elsewhere nothing can be read.
 */
#ifndef WSD_APPS_DOCTOR_FIREWALL_H
#define WSD_APPS_DOCTOR_FIREWALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doctor/system.h"

#define FIREWALL_DEPTH_MAX 16 /* of chains that call each other */

enum firewall_verdict { FIREWALL_ADMITS, FIREWALL_DROPS, FIREWALL_UNSURE };

/* A packet that comes in and belongs to no connection that the filter knows. */
struct firewall_packet {
    const char *interface_;
    struct system_address from, to;
    bool tcp, multicast;
    uint16_t from_port, to_port; /* from_port 0: any */
};

struct firewall;

/* The rules, or NULL when they cannot be read: no such program, no right to, another system. */
struct firewall *firewall_read(void);
/* Of what nft prints with -j; NULL if it is not that. */
struct firewall *firewall_of(const char *json);
void firewall_free(struct firewall *firewall);

/* `ret_rule` becomes the place of the rule that decided, "table f, chain in". */
enum firewall_verdict firewall_judge(const struct firewall *firewall,
                                     const struct firewall_packet *packet, char *ret_rule,
                                     size_t size);

/* Who made them, by the names of tables and chains. */
enum firewall_manager { FIREWALL_BY_HAND, FIREWALL_BY_FIREWALLD, FIREWALL_BY_UFW };
enum firewall_manager firewall_manager(const struct firewall *firewall);

/* True if there are no rules for what comes in. */
bool firewall_empty(const struct firewall *firewall);

#endif
