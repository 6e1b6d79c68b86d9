/* SPDX-License-Identifier: MIT */
/*
 * A relay between the two ends of support/local_net.h, which treats what it carries badly.
 *
 * Each connection is given at most one fault for each way, at some byte; each datagram its own.
 * What has happened in fact is noted in relay_effects, so that a test can tell which answers are
 * right after it. All is drawn from one seed.
 */
#ifndef TESTS_HOSTILE_RELAY_H
#define TESTS_HOSTILE_RELAY_H

#include "support/local_net.h"

/* clang-format off */
#define RELAY_FAULTS(X) \
    X(NONE) X(REFUSED) X(CUT) X(STALLED) X(LATE) X(SLOW) X(TRICKLED) X(CORRUPTED) X(REMOVED) \
    X(DOUBLED) X(UDP_LOST) X(UDP_DOUBLED) X(UDP_LATE) X(UDP_CUT) X(UDP_CORRUPTED)
/* clang-format on */

enum relay_fault {
#define RELAY_ENUM(name) RELAY_##name,
    RELAY_FAULTS(RELAY_ENUM)
#undef RELAY_ENUM
        RELAY_N_FAULTS
};

enum { RELAY_WIRES = 64, RELAY_DATAGRAMS = 256, RELAY_PIECE = 4096 };

static uint32_t relay_effects;                /* bits: what has happened since somebody looked */
static unsigned relay_counts[RELAY_N_FAULTS]; /* since the start */
static bool relay_honest;                     /* no faults for now */
static unsigned relay_chance = 30;            /* percent of the ways of connections with a fault */

/* -- chance ----------------------------------------------------------------------------------- */

static uint64_t relay_seed; /* not 0 */

static inline uint32_t relay_random(void)
{
    relay_seed ^= relay_seed << 13;
    relay_seed ^= relay_seed >> 7;
    relay_seed ^= relay_seed << 17;
    return (uint32_t)(relay_seed >> 16);
}

static inline uint32_t relay_below(uint32_t n)
{
    return relay_random() % n;
}

static inline void relay_happened(enum relay_fault fault)
{
    relay_effects |= UINT32_C(1) << fault;
    relay_counts[fault]++;
}

/* -- connections ------------------------------------------------------------------------------ */

struct relay_way {
    enum relay_fault fault;
    size_t at;     /* byte of the fault */
    size_t passed; /* bytes */
    uint64_t due;  /* nothing goes on before */
    size_t held;   /* bytes that wait in piece */
    bool over, struck;
    char piece[RELAY_PIECE];
};

static struct relay_wire {
    int ends[2];              /* who connected, and who listens; -1: free */
    struct relay_way ways[2]; /* from the one, from the other */
} relay_wires[RELAY_WIRES];

static inline void relay_draw(struct relay_way *way)
{
    way->fault = relay_honest || relay_below(100) >= relay_chance
                     ? RELAY_NONE
                     : (enum relay_fault)(RELAY_CUT + relay_below(RELAY_UDP_LOST - RELAY_CUT));
    way->at = relay_below(UINT32_C(1) << (4 + relay_below(11)));
    way->passed = way->held = 0;
    way->due = 0;
    way->over = way->struck = false;
}

static int net_connected(int fd, const struct sockaddr_in *to)
{
    struct relay_wire *wire = relay_wires;

    require(to->sin_addr.s_addr == htonl(INADDR_LOOPBACK), "only the two ends are connected to");
    if (!relay_honest && relay_below(100) < relay_chance / 10) {
        relay_happened(RELAY_REFUSED);
        return ECONNREFUSED;
    }
    while (wire < relay_wires + RELAY_WIRES && wire->ends[0] >= 0)
        wire++;
    require(wire < relay_wires + RELAY_WIRES, "a wire is free");
    int far = net_call(ntohs(to->sin_port));
    if (far < 0)
        return ECONNREFUSED;
    wire->ends[0] = dup(fd);
    close(fd);
    wire->ends[1] = far;
    relay_draw(&wire->ways[0]);
    relay_draw(&wire->ways[1]);
    return 0;
}

static inline void relay_close(struct relay_wire *wire)
{
    close(wire->ends[0]);
    close(wire->ends[1]);
    wire->ends[0] = wire->ends[1] = -1;
}

/* The byte of the fault is among those that wait. */
static inline bool relay_reached(const struct relay_way *way)
{
    return !way->struck && way->fault != RELAY_NONE && way->passed + way->held > way->at;
}

static inline void relay_spoil(struct relay_way *way, size_t at)
{
    size_t size = 1 + relay_below(32);

    size = size < way->held - at ? size : way->held - at;
    if (way->fault == RELAY_CORRUPTED) {
        for (size_t i = 0; i < size; i += 8)
            way->piece[at + i] = (char)(way->piece[at + i] ^ (1 << relay_below(8)));
    } else if (way->fault == RELAY_REMOVED) {
        memmove(way->piece + at, way->piece + at + size, way->held - at - size);
        way->held -= size;
    } else if (way->held + size <= sizeof way->piece) {
        memmove(way->piece + at + size, way->piece + at, way->held - at);
        way->held += size;
    }
}

/* Strikes. False when the connection is gone. */
static inline bool relay_strike(struct relay_wire *wire, struct relay_way *way, int out)
{
    size_t before = way->at > way->passed ? way->at - way->passed : 0;

    way->struck = true;
    relay_happened(way->fault);
    switch (way->fault) {
    case RELAY_CUT:
        if (before > 0)
            send(out, way->piece, before, MSG_NOSIGNAL);
        relay_close(wire);
        return false;
    case RELAY_STALLED:
        way->due = UINT64_MAX;
        return true;
    case RELAY_LATE:
        way->due = clock_ms + 11000 + relay_below(30000);
        return true;
    case RELAY_SLOW:
        way->due = clock_ms + 1 + relay_below(2500);
        return true;
    case RELAY_CORRUPTED:
    case RELAY_REMOVED:
    case RELAY_DOUBLED:
        relay_spoil(way, before);
        return true;
    default:
        return true;
    }
}

/* Carries what is there, one way. True if something happened. */
static inline bool relay_carry(struct relay_wire *wire, int number)
{
    struct relay_way *way = &wire->ways[number];
    int in = wire->ends[number], out = wire->ends[1 - number];

    if (way->held == 0 && !way->over) {
        size_t room = way->fault == RELAY_TRICKLED ? 1 + relay_below(600) : sizeof way->piece / 2;
        ssize_t got = recv(in, way->piece, room, MSG_DONTWAIT);

        if (got < 0 && errno == EAGAIN)
            return false;
        way->over = got <= 0;
        way->held = got > 0 ? (size_t)got : 0;
        if (relay_reached(way) && !relay_strike(wire, way, out))
            return true;
        if (way->fault == RELAY_TRICKLED)
            way->due = clock_ms + 1 + relay_below(20);
    }
    if (clock_ms < way->due)
        return false;
    if (way->over) {
        relay_close(wire);
        return true;
    }
    ssize_t sent = send(out, way->piece, way->held, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EAGAIN)
        return false;
    if (sent < 0) {
        relay_close(wire);
        return true;
    }
    memmove(way->piece, way->piece + sent, way->held - (size_t)sent);
    way->held -= (size_t)sent;
    way->passed += (size_t)sent;
    return sent > 0;
}

/* -- datagrams -------------------------------------------------------------------------------- */

static struct relay_datagram {
    uint64_t due; /* 0: free */
    size_t socket, size;
    struct net_envelope envelope;
    char *bytes;
} relay_datagrams[RELAY_DATAGRAMS];

static inline void relay_later(uint64_t due, size_t socket, const struct net_envelope *envelope,
                               const void *bytes, size_t size)
{
    struct relay_datagram *one = relay_datagrams;

    while (one < relay_datagrams + RELAY_DATAGRAMS && one->due != 0)
        one++;
    if (one == relay_datagrams + RELAY_DATAGRAMS)
        return; /* it is lost */
    *one = (struct relay_datagram){due, socket, size, *envelope, malloc(size ? size : 1)};
    require(one->bytes != NULL, "memory");
    memcpy(one->bytes, bytes, size);
}

static inline void relay_deliver(size_t socket, const struct net_envelope *envelope,
                                 const void *bytes, size_t size)
{
    uint32_t chance = relay_honest ? 100 : relay_below(100);

    if (chance < 10) {
        relay_happened(RELAY_UDP_LOST);
    } else if (chance < 15) {
        relay_happened(RELAY_UDP_DOUBLED);
        net_datagram(socket, envelope, bytes, size);
        net_datagram(socket, envelope, bytes, size);
    } else if (chance < 25) {
        relay_happened(RELAY_UDP_LATE);
        relay_later(clock_ms + 1 + relay_below(3000), socket, envelope, bytes, size);
    } else if (chance < 28) {
        relay_happened(RELAY_UDP_CUT);
        net_datagram(socket, envelope, bytes, relay_below((uint32_t)size + 1));
    } else if (chance < 31) {
        struct net_envelope same = *envelope;
        char *spoilt = malloc(size ? size : 1);

        require(spoilt != NULL, "memory");
        memcpy(spoilt, bytes, size);
        for (size_t i = 0; i < 4 && size > 0; i++)
            spoilt[relay_below((uint32_t)size)] ^= (char)(1 << relay_below(8));
        relay_happened(RELAY_UDP_CORRUPTED);
        net_datagram(socket, &same, spoilt, size);
        free(spoilt);
    } else {
        net_datagram(socket, envelope, bytes, size);
    }
}

/* To the group: to all sockets of the others. To a port: to the socket that has it. */
static void net_datagram_sent(size_t number, const struct sockaddr_in *to, const void *bytes,
                              size_t size)
{
    struct net_envelope envelope = {htonl(INADDR_LOOPBACK), (uint16_t)(NET_FIRST_PORT + number), 0,
                                    1};
    uint16_t port = ntohs(to->sin_port);

    if (port >= NET_FIRST_PORT) {
        relay_deliver((size_t)(port - NET_FIRST_PORT), &envelope, bytes, size);
        return;
    }
    envelope.multicast = IN_MULTICAST(ntohl(to->sin_addr.s_addr));
    for (size_t i = 0; i < net_n_sockets; i++)
        if (net_sockets[i].owner != net_sockets[number].owner)
            relay_deliver(i, &envelope, bytes, size);
}

/* -- turns ------------------------------------------------------------------------------------ */

static inline void relay_begin(uint64_t seed)
{
    relay_seed = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    for (size_t i = 0; i < RELAY_WIRES; i++)
        relay_wires[i].ends[0] = relay_wires[i].ends[1] = -1;
}

/* Carries all that can go now. True if something happened. */
static inline bool relay_turn(void)
{
    bool worked = false;

    for (size_t i = 0; i < RELAY_WIRES; i++)
        for (int way = 0; way < 2; way++)
            if (relay_wires[i].ends[0] >= 0)
                worked = relay_carry(&relay_wires[i], way) || worked;
    for (size_t i = 0; i < RELAY_DATAGRAMS; i++) {
        struct relay_datagram *one = &relay_datagrams[i];

        if (one->due == 0 || one->due > clock_ms)
            continue;
        net_datagram(one->socket, &one->envelope, one->bytes, one->size);
        free(one->bytes);
        one->due = 0;
        worked = true;
    }
    return worked;
}

/* When something goes on; UINT64_MAX: never. */
static inline uint64_t relay_next(void)
{
    uint64_t next = UINT64_MAX;

    for (size_t i = 0; i < RELAY_WIRES; i++)
        for (int way = 0; way < 2 && relay_wires[i].ends[0] >= 0; way++)
            if (relay_wires[i].ways[way].due > clock_ms && relay_wires[i].ways[way].due < next)
                next = relay_wires[i].ways[way].due;
    for (size_t i = 0; i < RELAY_DATAGRAMS; i++)
        if (relay_datagrams[i].due != 0 && relay_datagrams[i].due < next)
            next = relay_datagrams[i].due;
    return next;
}

#endif
