/* SPDX-License-Identifier: MIT */
/*
 * The least that an HTTP service on libmicrohttpd can cost: each request is answered with the same
 * bytes from memory, whatever it asks. One thread with epoll, the shape that libmicrohttpd's own
 * manual recommends for one processor.
 *
 * usage: mhd_constant FILE    the body of all answers. Prints the port, then runs until killed.
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>

#include "support.h"

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *bytes,
                                  size_t *size, void **request)
{
    static int seen; /* only its address counts */
    (void)url, (void)method, (void)version, (void)bytes;
    if (*request == NULL) {
        *request = &seen;
        return MHD_YES;
    }
    if (*size > 0) {
        *size = 0;
        return MHD_YES;
    }
    return MHD_queue_response(connection, MHD_HTTP_OK, user);
}

int main(int argc, char **argv)
{
    size_t size = 0;
    must(argc == 2, "usage: mhd_constant FILE");
    char *bytes = read_file(argv[1], &size);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(size, bytes, MHD_RESPMEM_PERSISTENT);
    must(response != NULL, "response");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/soap+xml");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, response,
                         MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_END);
    must(daemon != NULL, "daemon");
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    must(info != NULL, "port");
    printf("%u\n", info->port);
    fflush(stdout);
    sigset_t none;
    sigemptyset(&none);
    sigsuspend(&none);
    return 0;
}
