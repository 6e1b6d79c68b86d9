/* SPDX-License-Identifier: MIT */
/*
 * All that may be wrong between this machine and a scanner, in one table: what it is in words, and
 * what to do. docs/doctor.md has a section for each, and tests/doctor a broken network or device
 * that shows it; a test compares the three.
 */
#ifndef WSD_APPS_DOCTOR_DIAGNOSIS_H
#define WSD_APPS_DOCTOR_DIAGNOSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* By rank: what stands above may be the cause of what stands below. */
enum diagnosis {
    DIAGNOSIS_NO_INTERFACE,
    DIAGNOSIS_NO_CARRIER,
    DIAGNOSIS_NO_MULTICAST,
    DIAGNOSIS_SELF_ASSIGNED,
    DIAGNOSIS_SEND_REFUSED,
    DIAGNOSIS_GROUP_REFUSED,
    DIAGNOSIS_FIREWALL_ANSWERS,
    DIAGNOSIS_REVERSE_PATH,
    DIAGNOSIS_NO_ANSWER,
    DIAGNOSIS_NO_SCANNER,
    DIAGNOSIS_DEVICE_UNKNOWN,
    DIAGNOSIS_DEVICE_SILENT,
    DIAGNOSIS_WSD_OFF,
    DIAGNOSIS_OTHER_NETWORK,
    DIAGNOSIS_MULTICAST_LOST,
    DIAGNOSIS_ADDRESS_REFUSED,
    DIAGNOSIS_NO_LIVE_ADDRESS,
    DIAGNOSIS_OTHER_CERTIFICATE,
    DIAGNOSIS_NO_METADATA,
    DIAGNOSIS_NO_SCAN_SERVICE,
    DIAGNOSIS_SERVICE_DEAD,
    DIAGNOSIS_SERVICE_REFUSES,
    DIAGNOSIS_PORT_HELD,
    DIAGNOSIS_FIREWALL_ANNOUNCEMENTS,
    DIAGNOSIS_SUBSCRIBE_REFUSED,
    DIAGNOSIS_NO_WAY_BACK,
    DIAGNOSIS_FIREWALL_EVENTS,
    DIAGNOSIS_CONTAINER,
    DIAGNOSIS_FIREWALL_UNREAD,
    DIAGNOSIS_NO_IPV4,
    DIAGNOSIS_SAME_NETWORK,
    DIAGNOSIS_MULTICAST_ELSEWHERE,
    DIAGNOSIS_NO_MULTICAST_ROUTE,
    DIAGNOSIS_EVENT_PORT_HELD,
    DIAGNOSIS_LATE_ANSWER,
    DIAGNOSIS_DEAD_ADDRESS,
    DIAGNOSIS_LINK_LOCAL_ONLY,
    DIAGNOSIS_NOT_READY,
    DIAGNOSIS_COUNT
};

enum severity {
    SEVERITY_PROBLEM,
    SEVERITY_NOTE /* may matter to other programs, or to what was not asked for */
};

#define DIAGNOSED_MAX 128

/* One that was made. */
struct diagnosed {
    enum diagnosis id;
    enum severity severity;
    char device[128]; /* "" for this machine and its network */
    char detail[400]; /* what was seen, a sentence; "" for nothing more */
    char advice[600];
};

struct diagnoses {
    struct diagnosed items[DIAGNOSED_MAX];
    size_t n;
};

/* "firewall-answers". */
const char *diagnosis_name(enum diagnosis id);
const char *diagnosis_what(enum diagnosis id);

/* Adds it with the severity and advice of the table, which the caller may change in what is
 * returned; never NULL. */
struct diagnosed *diagnoses_add(struct diagnoses *list, enum diagnosis id, const char *device,
                                const char *format, ...) __attribute__((format(printf, 4, 5)));

/* One that turned out to be in nobody's way becomes a note. */
void diagnoses_soften(struct diagnoses *list, enum diagnosis id);

bool diagnoses_have(const struct diagnoses *list, enum diagnosis id);
size_t diagnoses_count(const struct diagnoses *list, enum severity severity);

/* True if one is there that explains why nobody answers a search. */
bool diagnoses_explain_silence(const struct diagnoses *list);

/* Problems first, then by rank; those of one kind stay in the order in which they were made. */
void diagnoses_rank(struct diagnoses *list);

/* The closing list, for people. */
void diagnoses_print(FILE *out, const struct diagnoses *list);

#endif
