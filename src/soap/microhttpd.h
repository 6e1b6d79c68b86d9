/* SPDX-License-Identifier: MIT */
/*
 * libmicrohttpd, loaded when the first server is made.
 *
 * Linked, it would be in the memory of each program that uses libwsd, most of which listen nowhere.
 * It stays once it is there: connections of other contexts may be on their way.
 */
#ifndef WSD_SOAP_MICROHTTPD_H
#define WSD_SOAP_MICROHTTPD_H

#include <microhttpd.h>
#include <stdbool.h>

/* What is used of it, without the prefix. */
/* clang-format off */
#define WSD__MHD(X) \
    X(add_response_header) X(create_response_from_buffer) X(create_response_from_callback) \
    X(destroy_response) X(get_connection_info) X(get_daemon_info) X(get_fdset2) X(get_timeout) \
    X(lookup_connection_value) X(queue_response) X(resume_connection) X(run) X(start_daemon) \
    X(stop_daemon) X(suspend_connection)
/* clang-format on */

struct wsd__mhd {
#define WSD__MHD_MEMBER(name) __typeof__(MHD_##name) *name;
    WSD__MHD(WSD__MHD_MEMBER)
#undef WSD__MHD_MEMBER
};

/* Only to be used after wsd__mhd_load(), which fills it once for all threads; false: it is not
 * installed. */
extern struct wsd__mhd wsd__mhd;
bool wsd__mhd_load(void);

#endif
