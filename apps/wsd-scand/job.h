/* SPDX-License-Identifier: MIT */
/*
 * A scan on its way: a folder of the spool that holds all there is to know of it, so that what was
 * fetched outlives any crash, and so that the two programs that share it need no more than its
 * path.
 *
 *     SPOOL/ID/job.json       what to do with it; written first, never changed
 *     SPOOL/ID/page-0001      a page that came whole; page-0001.part while it comes
 *     SPOOL/ID/end.json       no more pages come: {"complete":true} or {"complete":false,"why":""}
 *     SPOOL/ID/delivered.json the files that stand under their names, written before they get them
 *     SPOOL/ID/thumbnail.jpg  of the first page
 *     SPOOL/ID/lock           held by whoever works on it
 *
 * The daemon writes pages and the end, wsd-scand-deliver makes the document of them. Each file
 * appears whole or not at all: written under another name, synced, renamed.
 */
#ifndef WSD_SCAND_JOB_H
#define WSD_SCAND_JOB_H

#define JOB_ORDER     "job.json"
#define JOB_END       "end.json"
#define JOB_DELIVERED "delivered.json"
#define JOB_THUMBNAIL "thumbnail.jpg"
#define JOB_LOCK      "lock"
#define JOB_PAGE      "page-%04u"
#define JOB_PAGE_PART "page-%04u.part"

#define JOB_MAX_PAGES 10000

#endif
