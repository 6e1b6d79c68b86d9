/* SPDX-License-Identifier: MIT */
/*
 * A folder of JPEG, PNG, TIFF and BMP files as the stack of originals, in the order of their names;
 * each page of a TIFF file is an original of its own. A picture lies on the media at its own
 * resolution, top left, when its file states one; otherwise it is scaled to fit and centred. What
 * it does not cover is white.
 */
#ifndef WSD_APPS_RASTER_PAGES_H
#define WSD_APPS_RASTER_PAGES_H

#include "raster.h"

/* More originals than this are not looked at. */
#define PAGES_MAX 10000u

struct pages;

/* Lists the folder; files that are no pictures are passed over. An empty folder is no error. */
int pages_open(const char *dir, struct pages **ret);
unsigned pages_count(const struct pages *pages);

/* Opens original `page` (1 is the first) as the request asks; `request->page` and `title` are not
 * used. -ENOENT past the last, -EBADMSG for a file whose data end early, then or at the row that is
 * missing. The raster may outlive `pages`.
 * Cost: some rows of the file and of the result; a rotated page and an interlaced PNG go through an
 * unlinked temporary file. libjpeg holds the coefficients of a progressive JPEG in memory. */
int pages_open_page(const struct pages *pages, unsigned page, const struct raster_request *request,
                    struct raster **ret);

void pages_free(struct pages *pages);

#endif
