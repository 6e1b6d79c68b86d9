/* SPDX-License-Identifier: MIT */
/* The bounds of the SANE backend, and the times that it waits. */
#ifndef WSD_SANE_BOUNDS_H
#define WSD_SANE_BOUNDS_H

#define SANE_SEARCH_MS     2500 /* that a list takes, unless wsd.conf says otherwise */
#define SANE_SEARCH_MIN_MS 100
#define SANE_SEARCH_MAX_MS 30000
/* How long strangers are waited for where the cache has scanners. Devices wait up to 500 ms before
 * they answer (WS-Discovery): one in five that would come late is found by the next list. */
#define SANE_QUICK_MS    400
#define SANE_KNOWN_MS    1500  /* for a scanner of the cache to answer */
#define SANE_CONFIG_MAX  65536 /* bytes of wsd.conf */
#define SANE_VALUE_MAX   4096  /* bytes of a text in it, as it is written */
#define SANE_PLACES_MAX  64    /* devices of wsd.conf */
#define SANE_LIST_MAX    256   /* scanners of a list */
#define SANE_ADDRESS_MAX 4     /* addresses that are tried of one */

#define SANE_BYTES_RING (256u << 10) /* of an image that were received and are not decoded yet */
#define SANE_ROWS_RING  (256u << 10) /* decoded and not read yet; at least two rows */
#define SANE_ROWS_WAKE  (128u << 10) /* who waits for rows is woken for no less, while more come */
#define SANE_IMAGE_MAX  (UINT64_C(16) << 30)
#define SANE_PAGES_MAX  100000u
#define SANE_DPI_MAX    65535
#define SANE_SIDE_MAX   500000 /* of what is scanned, in 1/1000 inch: 12.7 m */

/* An image may have so many times the pixels of all that is there to be scanned: feeders take more
 * than they say, and not all send the resolution that was asked for. So many bytes for each and
 * some more are kept of one in a file. */
#define SANE_PIXELS_TIMES     4
#define SANE_PIXELS_DPI       300 /* reckoned with at least */
#define SANE_PIXEL_BYTES      8   /* four samples of 16 bits */
#define SANE_IMAGE_BYTES_MORE (1u << 20)

/* A PDF may have the bytes of so many pages of the largest kind: a feeder's may come in one. */
#define SANE_PDF_TIMES 20

/* Of the process that reads one. */
#define SANE_PDF_MEMORY  (512u << 20)
#define SANE_PDF_SECONDS 60 /* of a processor */

#define SANE_CONNECT_MS  5000
#define SANE_ANSWER_MS   10000
#define SANE_FAREWELL_MS 3000 /* for a CancelJob, which nobody waits for with pleasure */

#endif
