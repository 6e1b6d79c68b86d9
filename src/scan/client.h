/* SPDX-License-Identifier: MIT */
/* The operations of WS-Scan as a table, for client.c, retrieve.c and elements.c. */
#ifndef WSD_SCAN_CLIENT_H
#define WSD_SCAN_CLIENT_H

#include <wsd/discovery.h>
#include <wsd/scan.h>

#include "soap/exchange.h"

enum wsd__scan_op {
    SCAN_CREATE_SCAN_JOB,
    SCAN_RETRIEVE_IMAGE,
    SCAN_CANCEL_JOB,
    SCAN_VALIDATE_SCAN_TICKET,
    SCAN_GET_SCANNER_ELEMENTS,
    SCAN_GET_JOB_ELEMENTS,
    SCAN_GET_ACTIVE_JOBS,
    SCAN_GET_JOB_HISTORY,
    SCAN_OPERATIONS
};

struct wsd__scan_operation {
    const char *name, *answer;
    size_t request_offset, answer_offset; /* of the members of struct wsd_scan_body */
    size_t size;                          /* of the answer's struct */
};

extern const struct wsd__scan_operation wsd__scan_operations[SCAN_OPERATIONS];

int wsd__scan_start(struct wsd_context *context, enum wsd__scan_op op, const char *service,
                    const void *request, const struct wsd_request_options *options,
                    wsd_done_fn *done, void *user, struct wsd_call **ret_call,
                    struct wsd_error *reterr);

/* One GetScannerElements for all parts, as it stands on the wire. */
int wsd__scanner_elements_start(struct wsd_context *context, const char *service, unsigned parts,
                                const struct wsd_request_options *options, wsd_done_fn *done,
                                void *user, struct wsd_call **ret_call, struct wsd_error *reterr);

#endif
