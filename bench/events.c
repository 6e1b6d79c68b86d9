/* SPDX-License-Identifier: MIT */
/*
 * Many subscribers of one scan service, one in ten of them dead, all played by this process on
 * loopback addresses of their own: how long an event takes to each of the others.
 *
 * Half of the dead refuse connections, half accept them and never answer. An event is asked for by
 * a byte to the device's standard input; the clock runs from there to the whole message. Times are
 * of one clock, memory is what /proc says of the device.
 *
 * usage: events DEVICE INTERFACE SUBSCRIBERS EVENTS MILLISECONDS      Prints one line of JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

enum { ROOM = 8192, MAX_SUBSCRIBERS = 10000, MAX_EVENTS = 200, READY = 64, BASE = 0x7f010001 };

struct connection {
    int fd;
    size_t used;
    char room[ROOM + 1];
};

struct bench {
    pid_t device;
    FILE *said;
    int ask; /* the device's standard input */
    uint16_t device_port, live_port, silent_port, refusing_port;
    char path[256];
    int listener, epoll;
    unsigned subscribers, live, events, begun;
    double began[MAX_EVENTS];
    unsigned got[MAX_SUBSCRIBERS];
    double *took; /* events x subscribers, negative: did not come */
};

static void start_device(struct bench *bench, const char *program, const char *interface)
{
    int in[2], out[2];
    char line[512];

    must(pipe(in) == 0 && pipe(out) == 0, "pipe");
    bench->device = fork();
    must(bench->device >= 0, "fork");
    if (bench->device == 0) {
        must(dup2(in[0], 0) == 0 && dup2(out[1], 1) == 1, "dup2");
        close(in[0]);
        close(in[1]);
        close(out[0]);
        close(out[1]);
        execl(program, program, interface, "--events", (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    bench->ask = in[1];
    bench->said = fdopen(out[0], "r");
    must(bench->said && fgets(line, sizeof line, bench->said) != NULL, "the device's address");
    const char *colon = strrchr(line, ':'), *slash;
    for (const char *at = line; *at && *at != '\t'; at++)
        if (*at == ':')
            colon = at;
    slash = colon ? strchr(colon, '/') : NULL;
    must(slash != NULL, "the device's address");
    bench->device_port = (uint16_t)strtoul(colon + 1, NULL, 10);
    snprintf(bench->path, sizeof bench->path, "%.*s/scan", (int)strcspn(slash, "\t"), slash);
    must(fgets(line, sizeof line, bench->said) != NULL, "ready");
}

static int port(bool listens, uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    must(fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0, "bind");
    must(getsockname(fd, (struct sockaddr *)&address, &size) == 0, "getsockname");
    must(!listens || listen(fd, 4096) == 0, "listen");
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static struct sockaddr_in address_of(unsigned subscriber, uint16_t at)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(at), .sin_addr.s_addr = htonl(BASE + subscriber)};
}

static const char subscribe_message[] =
    "<?xml version=\"1.0\"?><soap:Envelope "
    "xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\" "
    "xmlns:wsa=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" "
    "xmlns:wse=\"http://schemas.xmlsoap.org/ws/2004/08/eventing\"><soap:Header>"
    "<wsa:To>http://127.0.0.1/</wsa:To>"
    "<wsa:Action>http://schemas.xmlsoap.org/ws/2004/08/eventing/Subscribe</wsa:Action>"
    "<wsa:MessageID>urn:uuid:{number}</wsa:MessageID></soap:Header><soap:Body><wse:Subscribe>"
    "<wse:EndTo><wsa:Address>http://{host}:{port}/end</wsa:Address></wse:EndTo><wse:Delivery>"
    "<wse:NotifyTo><wsa:Address>http://{host}:{port}/8f9e1c1a-0000-4000-8000-00000000cafe"
    "</wsa:Address><wsa:ReferenceParameters><wse:Identifier>"
    "urn:uuid:8f9e1c1a-0000-4000-8000-00000000cafe</wse:Identifier></wsa:ReferenceParameters>"
    "</wse:NotifyTo></wse:Delivery><wse:Expires>PT1H</wse:Expires><wse:Filter "
    "Dialect=\"http://schemas.xmlsoap.org/ws/2006/02/devprof/Action\">"
    "http://schemas.microsoft.com/windows/2006/08/wdp/scan</wse:Filter></wse:Subscribe>"
    "</soap:Body></soap:Envelope>";

static void subscribe(struct bench *bench, unsigned number)
{
    struct sockaddr_in from = address_of(number, 0), to = address_of(0, bench->device_port);
    char host[32], digits[16], sink[16], body[4096], message[8192], answer[16];
    uint16_t at = number % 20 == 9    ? bench->silent_port
                  : number % 20 == 19 ? bench->refusing_port
                                      : bench->live_port;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    inet_ntop(AF_INET, &from.sin_addr, host, sizeof host);
    snprintf(digits, sizeof digits, "%u", number);
    snprintf(sink, sizeof sink, "%u", at);
    const char *const pairs[] = {"number", digits, "host", host, "port", sink, NULL};
    size_t size = fill_in(body, sizeof body, subscribe_message, pairs);
    int length = snprintf(message, sizeof message,
                          "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                          "Content-Type: application/soap+xml\r\nContent-Length: %zu\r\n\r\n%s",
                          bench->path, size, body);
    must(fd >= 0 && bind(fd, (struct sockaddr *)&from, sizeof from) == 0, "bind");
    must(connect(fd, (struct sockaddr *)&to, sizeof to) == 0, "connect");
    must(send(fd, message, (size_t)length, MSG_NOSIGNAL) == length, "send");
    must(recv(fd, answer, 12, MSG_WAITALL) == 12 && memcmp(answer + 9, "200", 3) == 0,
         "a subscription is refused");
    close(fd);
    bench->live += at == bench->live_port;
}

/* -- the sinks ------------------------------------------------------------------------------------
 */

static void close_connection(struct connection *c)
{
    close(c->fd);
    free(c);
}

static void take(struct bench *bench, struct connection *c)
{
    static const char answer[] = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
    struct sockaddr_in own;
    socklen_t size = sizeof own;

    must(getsockname(c->fd, (struct sockaddr *)&own, &size) == 0, "getsockname");
    unsigned number = ntohl(own.sin_addr.s_addr) - BASE;
    must(number < bench->subscribers, "a subscriber");
    unsigned event = bench->got[number]++;
    must(event < bench->begun, "an event that nobody asked for");
    bench->took[event * bench->subscribers + number] = now() - bench->began[event];
    must(send(c->fd, answer, sizeof answer - 1, MSG_NOSIGNAL) > 0, "send");
    c->used = 0;
}

static bool is_whole(const struct connection *c)
{
    const char *end = memmem(c->room, c->used, "\r\n\r\n", 4);
    const char *length = memmem(c->room, c->used, "Content-Length: ", 16);

    return end && length && c->used >= (size_t)(end + 4 - c->room) + strtoul(length + 16, NULL, 10);
}

static void receive(struct bench *bench, struct connection *c)
{
    for (;;) {
        ssize_t n = recv(c->fd, c->room + c->used, ROOM - c->used, 0);

        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            close_connection(c);
            return;
        }
        c->used += (size_t)n;
        c->room[c->used] = '\0';
        if (is_whole(c))
            take(bench, c);
    }
}

static void accept_all(struct bench *bench)
{
    int fd;

    while ((fd = accept4(bench->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *c = calloc(1, sizeof *c);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};

        must(c != NULL, "memory");
        c->fd = fd;
        must(epoll_ctl(bench->epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
        receive(bench, c);
    }
}

static void run_until(struct bench *bench, double end)
{
    struct epoll_event events[READY];

    for (double left; (left = end - now()) > 0;) {
        int n = epoll_wait(bench->epoll, events, READY, (int)(left * 1000) + 1);

        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr)
                receive(bench, events[i].data.ptr);
            else
                accept_all(bench);
        }
    }
}

/* -- figures --------------------------------------------------------------------------------------
 */

static long resident(const struct bench *bench)
{
    char name[64], line[256];
    long kib = -1;

    snprintf(name, sizeof name, "/proc/%d/status", (int)bench->device);
    FILE *file = fopen(name, "r");
    must(file != NULL, name);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    fclose(file);
    return kib;
}

/* Processor time of the device so far, in seconds. */
static double busy(const struct bench *bench)
{
    char name[64], line[1024];
    unsigned long user = 0, system = 0;

    snprintf(name, sizeof name, "/proc/%d/stat", (int)bench->device);
    FILE *file = fopen(name, "r");
    must(file && fgets(line, sizeof line, file), name);
    fclose(file);
    const char *at = strrchr(line, ')');
    must(at && sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                      &system) == 2,
         name);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Median and the like of one event, in milliseconds; lost: living that did not get it. */
static void print_event(const struct bench *bench, unsigned event)
{
    double *sorted = malloc(bench->subscribers * sizeof *sorted);
    unsigned n = 0;

    must(sorted != NULL, "memory");
    for (unsigned i = 0; i < bench->subscribers; i++) {
        double took = bench->took[event * bench->subscribers + i];

        if (took >= 0)
            sorted[n++] = 1000 * took;
    }
    qsort(sorted, n, sizeof *sorted, by_size);
    printf("%s{\"median\": %.2f, \"p95\": %.2f, \"last\": %.2f, \"lost\": %u}", event ? ", " : "",
           n ? sorted[n / 2] : -1, n ? sorted[n * 95 / 100] : -1, n ? sorted[n - 1] : -1,
           bench->live - n);
    free(sorted);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    struct epoll_event listening = {.events = EPOLLIN};

    must(argc == 6, "usage: events DEVICE INTERFACE SUBSCRIBERS EVENTS MILLISECONDS");
    bench.subscribers = (unsigned)strtoul(argv[3], NULL, 10);
    bench.events = (unsigned)strtoul(argv[4], NULL, 10);
    double interval = strtod(argv[5], NULL) / 1000;
    must(bench.subscribers <= MAX_SUBSCRIBERS && bench.events <= MAX_EVENTS, "too many");
    bench.took = malloc((size_t)bench.subscribers * bench.events * sizeof *bench.took);
    must(bench.took != NULL, "memory");
    for (size_t i = 0; i < (size_t)bench.subscribers * bench.events; i++)
        bench.took[i] = -1;
    bench.listener = port(true, &bench.live_port);
    port(true, &bench.silent_port);
    port(false, &bench.refusing_port);
    bench.epoll = epoll_create1(EPOLL_CLOEXEC);
    must(epoll_ctl(bench.epoll, EPOLL_CTL_ADD, bench.listener, &listening) == 0, "epoll_ctl");
    start_device(&bench, argv[1], argv[2]);
    long empty = resident(&bench);
    for (unsigned i = 0; i < bench.subscribers; i++)
        subscribe(&bench, i);
    long subscribed = resident(&bench), half = 0;
    double cpu = busy(&bench);
    double begin = now();
    for (unsigned i = 0; i < bench.events; i++) {
        bench.began[bench.begun++] = now();
        must(write(bench.ask, "e", 1) == 1, "write");
        run_until(&bench, begin + (i + 1) * interval);
        if (i == bench.events / 2)
            half = resident(&bench);
    }
    run_until(&bench, now() + 2);
    printf("{\"subscribers\": %u, \"live\": %u, \"kib_empty\": %ld, \"kib_subscribed\": %ld, "
           "\"kib_half\": %ld, \"kib_end\": %ld, \"cpu\": %.2f, \"events\": [",
           bench.subscribers, bench.live, empty, subscribed, half, resident(&bench),
           busy(&bench) - cpu);
    for (unsigned i = 0; i < bench.events; i++)
        print_event(&bench, i);
    printf("]}\n");
    close(bench.ask);
    waitpid(bench.device, NULL, 0);
    return 0;
}
