/* SPDX-License-Identifier: MIT */
/*
 * The status page: what `wsd-scand status` prints, for a browser on this computer. Nothing can be
 * changed by it. Off unless the configuration names a port (`status-port`).
 *
 *     GET /                     the page, one file that is part of the program (page.html)
 *     GET /status.json          status_json(), with the last PAGE_MAX_SCANS scans
 *     GET /thumbnails/ID.jpg    the first page of scan ID, small
 *
 * It listens on 127.0.0.1 and ::1. What a stranger's page in the same browser could do is in
 * docs/security.md.
 */
#ifndef WSD_SCAND_PAGE_H
#define WSD_SCAND_PAGE_H

#include "scand.h"

#define PAGE_MAX_CONNECTIONS   24      /* of each family; one more, and the oldest is cut */
#define PAGE_CONNECTION_MS     10000u  /* from its beginning until its answer is through */
#define PAGE_CONNECTION_MEMORY 16384   /* bytes of request and header lines of the answer */
#define PAGE_MAX_SCANS         100     /* shown */
#define PAGE_MAX_THUMBNAIL     1048576 /* bytes */

struct page;

/* 0, with NULL where the configuration wants no page; a negative errno, after a warning. */
int page_open(struct scand *scand, struct page **ret);
void page_free(struct page *page);

#endif
