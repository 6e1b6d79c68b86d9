/* SPDX-License-Identifier: MIT */
/*
 * What PDF/A-1b asks beyond a PDF: metadata, an output intent with an sRGB profile, an identifier.
 */
#ifndef WSD_APPS_PDF_ARCHIVE_H
#define WSD_APPS_PDF_ARCHIVE_H

#include <stdbool.h>

#include <hpdf.h>

/* Sets the document's title (UTF-8, may be NULL) and dates, and with `archive` all of the above. */
int pdf_archive_describe(HPDF_Doc doc, bool archive, const char *title);

#endif
