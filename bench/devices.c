/* SPDX-License-Identifier: MIT */
/*
 * Many scanners that answer searches at times that are known: the other side of `wsd list`.
 *
 * Device n has an address of its own, BASE + n, which must be local to this machine. Each new Probe
 * is answered once by every device: after a time drawn from 0 to SPREAD milliseconds, or with
 * SPREAD 0 all at one instant, as fast as the system takes them. Each also serves its metadata. The
 * messages are constant bytes with the few words filled in that must differ, so that nothing of
 * ours measures itself.
 *
 * When standard input ends, the first answer of each device is printed as a line
 * "ENDPOINT SECONDS" on the monotonic clock, and the program ends.
 *
 * usage: devices INTERFACE-ADDRESS BASE COUNT SPREAD MATCH-FILE METADATA-FILE
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support.h"

enum { MAX_DEVICES = 10240, MAX_ANSWERS = 16 * MAX_DEVICES, MAX_SEEN = 64, MESSAGE = 4096 };

struct answer {
    double due;
    unsigned device, probe;
};

struct probe {
    char id[128];
    struct sockaddr_in peer;
};

struct devices {
    int fd, http_port;
    uint32_t base;
    unsigned count, spread, n_probes, n_answers, next;
    char *match, *metadata;
    struct probe probes[MAX_SEEN];
    struct answer answers[MAX_ANSWERS]; /* from next on: waiting, the earliest first */
    double first[MAX_DEVICES];          /* when each answered first, 0: not yet */
    uint64_t random;
};

static uint32_t random_below(struct devices *d, uint32_t limit)
{
    d->random = d->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((d->random >> 33) % limit);
}

/* The template with what differs from device to device. */
static size_t message_of(const struct devices *d, const char *template_, unsigned device,
                         const char *relates, char *out)
{
    char number[16], endpoint[64], message[64], base[64], address[INET_ADDRSTRLEN];
    struct in_addr in = {.s_addr = htonl(d->base + device)};
    inet_ntop(AF_INET, &in, address, sizeof address);
    snprintf(number, sizeof number, "%u", device + 1);
    snprintf(endpoint, sizeof endpoint, "urn:uuid:5ca90000-b0b0-4000-8000-%012x", device + 1);
    snprintf(message, sizeof message, "urn:uuid:5ca9a115-b0b0-4000-%04x-%012x",
             d->n_answers & 0xffff, device + 1);
    snprintf(base, sizeof base, "http://%s:%d", address, d->http_port);
    return fill_in(out, MESSAGE, template_,
                   (const char *const[]){"number", number, "endpoint", endpoint, "message", message,
                                         "base", base, "relates", relates, NULL});
}

/* -- discovery ----------------------------------------------------------------------------------
 */

static int by_due(const void *a, const void *b)
{
    const struct answer *x = a, *y = b;
    return (x->due > y->due) - (x->due < y->due);
}

/* Repeats of a Probe are no new question, as the protocol has it. */
static void take_probe(struct devices *d, const char *bytes, size_t size,
                       const struct sockaddr_in *peer)
{
    struct probe probe = {.peer = *peer};
    if (!memmem(bytes, size, "discovery/Probe<", 16) ||
        element_text(bytes, size, "MessageID", probe.id, sizeof probe.id) == 0)
        return;
    for (unsigned i = 0; i < d->n_probes; i++)
        if (strcmp(d->probes[i].id, probe.id) == 0)
            return;
    if (d->n_probes == MAX_SEEN || d->n_answers + d->count > MAX_ANSWERS)
        return;
    d->probes[d->n_probes] = probe;
    double heard = now();
    for (unsigned i = 0; i < d->count; i++) {
        double wait = d->spread ? random_below(d, d->spread * 1000) / 1e6 : 0;
        d->answers[d->n_answers++] =
            (struct answer){.due = heard + wait, .device = i, .probe = d->n_probes};
    }
    d->n_probes++;
    qsort(d->answers + d->next, d->n_answers - d->next, sizeof *d->answers, by_due);
}

static void send_answer(struct devices *d, const struct answer *answer)
{
    char out[MESSAGE];
    const struct probe *probe = &d->probes[answer->probe];
    size_t size = message_of(d, d->match, answer->device, probe->id, out);
    struct iovec bytes = {.iov_base = out, .iov_len = size};
    union {
        char room[CMSG_SPACE(sizeof(struct in_pktinfo))];
        struct cmsghdr align;
    } control = {0};
    struct msghdr header = {.msg_name = (void *)(uintptr_t)&probe->peer,
                            .msg_namelen = sizeof probe->peer,
                            .msg_iov = &bytes,
                            .msg_iovlen = 1,
                            .msg_control = control.room,
                            .msg_controllen = sizeof control.room};
    struct cmsghdr *part = CMSG_FIRSTHDR(&header);
    struct in_pktinfo from = {.ipi_spec_dst.s_addr = htonl(d->base + answer->device)};
    part->cmsg_level = IPPROTO_IP;
    part->cmsg_type = IP_PKTINFO;
    part->cmsg_len = CMSG_LEN(sizeof from);
    memcpy(CMSG_DATA(part), &from, sizeof from);
    must(sendmsg(d->fd, &header, 0) == (ssize_t)size, "sendmsg");
    if (d->first[answer->device] <= 0)
        d->first[answer->device] = now();
}

/* Milliseconds to wait, rounded down, so that the last one is spent awake. */
static int send_due(struct devices *d)
{
    for (; d->next < d->n_answers; d->next++) {
        double wait = d->answers[d->next].due - now();
        if (wait > 0)
            return (int)(wait * 1000);
        send_answer(d, &d->answers[d->next]);
    }
    return -1;
}

static void run(struct devices *d)
{
    char bytes[65536];
    struct pollfd ready[2] = {{.fd = d->fd, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
    do {
        must(poll(ready, 2, send_due(d)) >= 0, "poll");
        struct sockaddr_in peer;
        socklen_t peer_size = sizeof peer;
        ssize_t got = recvfrom(d->fd, bytes, sizeof bytes, MSG_DONTWAIT, (struct sockaddr *)&peer,
                               &peer_size);
        if (got > 0)
            take_probe(d, bytes, (size_t)got, &peer);
    } while (!ready[1].revents);
    for (unsigned i = 0; i < d->count; i++)
        if (d->first[i] > 0)
            printf("urn:uuid:5ca90000-b0b0-4000-8000-%012x %.6f\n", i + 1, d->first[i]);
}

static int open_group(const char *interface)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1, room = 4 << 20;
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(3702)};
    struct ip_mreq group = {0};
    inet_pton(AF_INET, "239.255.255.250", &group.imr_multiaddr);
    must(inet_pton(AF_INET, interface, &group.imr_interface) == 1, "interface address");
    must(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
             setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0 &&
             bind(fd, (struct sockaddr *)&any, sizeof any) == 0 &&
             setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group) == 0,
         "port 3702");
    return fd;
}

/* -- metadata -----------------------------------------------------------------------------------
 */

struct request {
    size_t size;
    char bytes[MESSAGE];
};

static enum MHD_Result answer_metadata(struct devices *d, struct MHD_Connection *connection,
                                       const struct request *request)
{
    struct sockaddr_in local;
    socklen_t size = sizeof local;
    char relates[128], out[MESSAGE];
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (!info || getsockname(info->connect_fd, (struct sockaddr *)&local, &size) < 0)
        return MHD_NO;
    element_text(request->bytes, request->size, "MessageID", relates, sizeof relates);
    size_t length =
        message_of(d, d->metadata, ntohl(local.sin_addr.s_addr) - d->base, relates, out);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(length, out, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/soap+xml");
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *bytes,
                                  size_t *size, void **state)
{
    struct request *request = *state;
    (void)url, (void)method, (void)version;
    if (!request) {
        *state = calloc(1, sizeof *request);
        return *state ? MHD_YES : MHD_NO;
    }
    if (*size == 0)
        return answer_metadata(user, connection, request);
    if (*size > MESSAGE - request->size)
        return MHD_NO;
    memcpy(request->bytes + request->size, bytes, *size);
    request->size += *size;
    *size = 0;
    return MHD_YES;
}

static void on_completed(void *user, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode why)
{
    (void)user, (void)connection, (void)why;
    free(*state);
    *state = NULL;
}

static struct MHD_Daemon *start_http(struct devices *d)
{
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, d, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, NULL, MHD_OPTION_LISTEN_BACKLOG_SIZE, MAX_DEVICES, MHD_OPTION_END);
    must(daemon != NULL, "HTTP server");
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    must(info != NULL, "HTTP port");
    d->http_port = info->port;
    return daemon;
}

int main(int argc, char **argv)
{
    static struct devices d;
    struct in_addr base;
    must(argc == 7, "usage: devices INTERFACE-ADDRESS BASE COUNT SPREAD MATCH METADATA");
    must(inet_pton(AF_INET, argv[2], &base) == 1, "base address");
    d.base = ntohl(base.s_addr);
    d.count = (unsigned)strtoul(argv[3], NULL, 10);
    d.spread = (unsigned)strtoul(argv[4], NULL, 10);
    must(d.count > 0 && d.count <= MAX_DEVICES, "count");
    d.match = read_file(argv[5], NULL);
    d.metadata = read_file(argv[6], NULL);
    d.random = d.count + 1000u * (unsigned)getpid();
    d.fd = open_group(argv[1]);
    struct MHD_Daemon *daemon = start_http(&d);
    puts("ready");
    fflush(stdout);
    run(&d);
    MHD_stop_daemon(daemon);
    return 0;
}
