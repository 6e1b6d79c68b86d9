/* SPDX-License-Identifier: MIT */
/*
 * A load of Probes: as many under way as told, each answer brings the next one out.
 *
 * Each Probe is a new message with a MessageID of its own, sent to the multicast group of the
 * interface that has ADDRESS; an answer counts when it relates to a Probe that has had none. A
 * Probe that is not answered within a tenth of a second is given up and replaced, and counted.
 *
 * usage: probe_load ADDRESS FILE WINDOW SECONDS      FILE has {message} and is the Probe
 * Prints one JSON object.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "support.h"

enum { MAX_WINDOW = 256, PATIENCE = 100 };

struct load {
    int fd;
    struct sockaddr_in group;
    const char *probe;
    unsigned long number, answers, strays, lost;
    unsigned window;
    unsigned long waiting[MAX_WINDOW]; /* number of the Probe in each place, 0: none */
};

static void ask(struct load *load, unsigned place)
{
    char id[64], message[4096];
    load->waiting[place] = ++load->number;
    snprintf(id, sizeof id, "urn:uuid:b0b0b0b0-%04x-4000-8000-%012lx", place, load->number);
    size_t size =
        fill_in(message, sizeof message, load->probe, (const char *const[]){"message", id, NULL});
    must(sendto(load->fd, message, size, 0, (struct sockaddr *)&load->group, sizeof load->group) >
             0,
         "sendto");
}

static void take(struct load *load, const char *bytes, size_t size)
{
    char relates[64];
    unsigned place = 0;
    unsigned long number = 0;
    element_text(bytes, size, "RelatesTo", relates, sizeof relates);
    if (sscanf(relates, "urn:uuid:b0b0b0b0-%4x-4000-8000-%12lx", &place, &number) != 2 ||
        place >= load->window || load->waiting[place] != number) {
        load->strays++;
        return;
    }
    load->answers++;
    ask(load, place);
}

static void run(struct load *load, double until)
{
    char bytes[65536];
    for (unsigned i = 0; i < load->window; i++)
        ask(load, i);
    while (now() < until) {
        struct pollfd ready = {.fd = load->fd, .events = POLLIN};
        if (poll(&ready, 1, PATIENCE) == 0)
            for (unsigned i = 0; i < load->window; i++, load->lost++)
                ask(load, i);
        ssize_t got = recv(load->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (got > 0)
            take(load, bytes, (size_t)got);
    }
}

int main(int argc, char **argv)
{
    must(argc == 5, "usage: probe_load ADDRESS FILE WINDOW SECONDS");
    struct load load = {.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
                        .probe = read_file(argv[2], NULL),
                        .window = (unsigned)strtoul(argv[3], NULL, 10),
                        .group = {.sin_family = AF_INET, .sin_port = htons(3702)}};
    struct sockaddr_in self = {.sin_family = AF_INET};
    inet_pton(AF_INET, "239.255.255.250", &load.group.sin_addr);
    must(load.window > 0 && load.window <= MAX_WINDOW, "window");
    must(inet_pton(AF_INET, argv[1], &self.sin_addr) == 1, "address");
    must(load.fd >= 0 && bind(load.fd, (struct sockaddr *)&self, sizeof self) == 0, "bind");
    must(setsockopt(load.fd, IPPROTO_IP, IP_MULTICAST_IF, &self.sin_addr, sizeof self.sin_addr) ==
             0,
         "IP_MULTICAST_IF");
    double begin = now();
    run(&load, begin + strtod(argv[4], NULL));
    printf("{\"per_second\": %.0f, \"answers\": %lu, \"lost\": %lu, \"strays\": %lu}\n",
           (double)load.answers / (now() - begin), load.answers, load.lost, load.strays);
    return load.answers > 0 ? 0 : 1;
}
