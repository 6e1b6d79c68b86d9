/* SPDX-License-Identifier: MIT */
/*
 * The bytes of an image out of a PDF, for the reader that knows what is in them: as they are
 * stored, inflated, or with the frame of a file about them, so that libpng undoes what only PNG
 * predicts and libtiff reads fax. Cost: 32 KiB and what zlib holds.
 */
#ifndef WSD_APPS_RASTER_PDF_FEED_H
#define WSD_APPS_RASTER_PDF_FEED_H

#include <sys/types.h>

#include "pdf_page.h"
#include "source.h"

enum pdf_frame { PDF_FRAME_NONE, PDF_FRAME_PNG, PDF_FRAME_TIFF };

struct pdf_feed;

/* `image` lies at `at` in `fd`; both have to outlive the feed. */
int pdf_feed_open(int fd, uint64_t at, const struct pdf_image *image, struct pdf_feed **ret);
void pdf_feed_close(struct pdf_feed *feed);

/* What it has about it. */
enum pdf_frame pdf_feed_frame(const struct pdf_feed *feed);

/* 1..size bytes, 0 at the end or a negative errno; -EBADMSG for what cannot be inflated. */
ssize_t pdf_feed_read(struct pdf_feed *feed, void *buffer, size_t size);

#endif
