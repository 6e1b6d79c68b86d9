/* SPDX-License-Identifier: MIT */
/* By a packet socket with a filter, so that nothing but datagrams to the port is copied. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doctor/wire.h"

#define UDP       17
#define IPV4_FROM 12 /* where the source address stands in the header */
#define IPV6_FROM 8

struct wire {
    int fd;
    struct wire_peer peers[WIRE_PEERS_MAX];
    size_t n;
};

static bool filter(int fd, uint16_t port)
{
    /* From the network header on; IPv4: UDP, no later fragment, port; IPv6: UDP next, port. */
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x60, 8, 0), /* IPv6 */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x40, 0, 11),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, UDP, 0, 9),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 7, 0),
        BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
        BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 5, 4),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, UDP, 0, 2),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 42),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 64),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};

    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

struct wire *wire_open(uint16_t port)
{
    struct wire *wire = calloc(1, sizeof *wire);
    struct sockaddr_ll all = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};

    if (!wire)
        return NULL;
    /* Bound once the filter is there: before, everything would be copied. */
    wire->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (wire->fd >= 0 && filter(wire->fd, port) &&
        bind(wire->fd, (const struct sockaddr *)&all, sizeof all) == 0)
        return wire;
    wire_close(wire);
    return NULL;
}

static void add(struct wire *wire, const unsigned char *packet, size_t size, int interface)
{
    bool ipv6 = packet[0] >> 4 == 6;
    struct system_address from = {.family = ipv6 ? AF_INET6 : AF_INET, .prefix = 128};

    if (size < (ipv6 ? IPV6_FROM + 16u : IPV4_FROM + 4u))
        return;
    memcpy(from.bytes, packet + (ipv6 ? IPV6_FROM : IPV4_FROM), ipv6 ? 16 : 4);
    from.interface_ = (unsigned)interface;
    inet_ntop(from.family, from.bytes, from.text, sizeof from.text);
    for (size_t i = 0; i < wire->n; i++)
        if (strcmp(wire->peers[i].address.text, from.text) == 0 &&
            wire->peers[i].address.interface_ == from.interface_) {
            wire->peers[i].datagrams++;
            return;
        }
    if (wire->n < WIRE_PEERS_MAX)
        wire->peers[wire->n++] = (struct wire_peer){.address = from, .datagrams = 1};
}

size_t wire_read(struct wire *wire)
{
    unsigned char packet[64];
    struct sockaddr_ll from = {0};

    for (;;) {
        socklen_t size = sizeof from;
        ssize_t n = recvfrom(wire->fd, packet, sizeof packet, 0, (struct sockaddr *)&from, &size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return wire->n;
        if (n > 0 && from.sll_pkttype != PACKET_OUTGOING)
            add(wire, packet, (size_t)n, from.sll_ifindex);
    }
}

const struct wire_peer *wire_peer(const struct wire *wire, size_t n)
{
    return &wire->peers[n];
}

void wire_close(struct wire *wire)
{
    if (!wire)
        return;
    if (wire->fd >= 0)
        close(wire->fd);
    free(wire);
}
