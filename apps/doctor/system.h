/* SPDX-License-Identifier: MIT */
/*
 * What this machine says of its network. Most of it is asked in ways that all systems have; what
 * only one tells stands in a file of its own (system_linux.c, system_other.c), and what cannot be
 * looked at is no failure. Nothing here sends anything.
 */
#ifndef WSD_APPS_DOCTOR_SYSTEM_H
#define WSD_APPS_DOCTOR_SYSTEM_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYSTEM_INTERFACES_MAX 64
#define SYSTEM_ADDRESSES_MAX  256
#define SYSTEM_ADDRESS_TEXT   (INET6_ADDRSTRLEN + 1)

#define SYSTEM_DISCOVERY_PORT 3702

struct system_address {
    int family;
    unsigned interface_; /* index */
    unsigned prefix;
    unsigned char bytes[16]; /* 4 of them of IPv4 */
    char text[SYSTEM_ADDRESS_TEXT];
};

struct system_interface {
    char name[IF_NAMESIZE];
    unsigned index, flags; /* IFF_... */
    bool used;             /* by a search; the caller says so */
    unsigned n_ipv4, n_ipv6;
    bool self_assigned; /* its IPv4 addresses are all of 169.254.0.0/16 */
};

struct system_facts {
    struct system_interface interfaces[SYSTEM_INTERFACES_MAX];
    size_t n_interfaces;
    struct system_address addresses[SYSTEM_ADDRESSES_MAX];
    size_t n_addresses;
};

/* Interfaces and addresses as they are now. False with errno set. */
bool system_look(struct system_facts *ret);
const struct system_interface *system_interface(const struct system_facts *facts, unsigned index);

/* Reads a numeric address, without zone; false if it is none. */
bool system_address_read(const char *text, struct system_address *ret);
/* The address of ours whose network contains `address`; NULL: of none. Link-local IPv6 always lies
 * in the first such network. */
const struct system_address *system_network_of(const struct system_facts *facts,
                                               const struct system_address *address);
bool system_same_network(const struct system_address *a, const struct system_address *b);
bool system_link_local(const struct system_address *address);

/* The interface by which the search's group is left for by a program that chooses none: its index,
 * 0: there is no route, -1: it cannot be told. */
int system_group_route(const struct system_facts *facts);
/* Our own address towards `to`; false if there is no route. */
bool system_source(const struct system_address *to, struct system_address *ret);

/* Tries to join the group of that family there. 0, or errno. */
int system_join(int family, unsigned interface);

/* Tries to bind the port. 0, or errno: EADDRINUSE when another program has it for itself. */
int system_udp_port(uint16_t port);
int system_tcp_port(uint16_t port);
/* A UDP port that is free; 0: none. */
uint16_t system_free_port(void);

/* -- what not every system tells -------------------------------------------------------------- */

/* Programs that hold the port, "wsdd (812), ..."; what could not be looked at is left out. False:
 * nothing is known. */
bool system_port_holders(bool tcp, uint16_t port, char *ret, size_t size);
/* True if answers from addresses that we would reach by another interface are dropped here. */
bool system_checks_reverse_path(const char *interface);
/* True if this is a container. */
bool system_in_container(void);
/* True if a program of that name runs. */
bool system_runs(const char *name);
/* True if it is known how the rules of the packet filter are read. */
bool system_reads_rules(void);
/* True if there are packet filter rules of the old kind, which nft does not show. */
bool system_has_legacy_rules(void);

#endif
