/* SPDX-License-Identifier: MIT */
/*
 * wsd doctor: the steps, each a function that looks, diagnoses and tells one line. What a diagnosis
 * is, and what the system says of itself, is in apps/doctor/; here the network and the devices are
 * asked.
 *
 * Cost: the time of one search, and of each device found that of a few requests. What is asked are
 * the group of WS-Discovery, the device that was named, and addresses that devices gave, by the
 * rules of the library.
 */
#ifndef WSD_APPS_DOCTOR_H
#define WSD_APPS_DOCTOR_H

#include <json-c/json.h>
#include <wsd/discovery.h>
#include <wsd/transfer.h>

#include "doctor/diagnosis.h"
#include "doctor/firewall.h"
#include "doctor/system.h"
#include "scan/device_address.h"
#include "session.h"

#define DOCTOR_PATIENTS_MAX 64   /* devices that are examined */
#define DOCTOR_XADDRS_MAX   16   /* of one */
#define DOCTOR_HEARD_MAX    1024 /* senders of answers that are told apart */
#define DOCTOR_GET_MAX      4    /* addresses of one that are asked for its metadata */
#define DOCTOR_GET_MS       5000 /* for each to answer, unless --timeout says otherwise */
#define DOCTOR_REACH_MS     2000 /* for a host to accept a connection */
#define DOCTOR_LATE_MS      2500 /* what Windows waits for an answer */
#define DOCTOR_EVENT_PORT   5366 /* of wsd-scand */

/* A device. */
struct patient {
    char name[128]; /* to be shown */
    char endpoint[300];
    char address[128]; /* numeric, with zone; "" when not known */
    char xaddrs[DOCTOR_XADDRS_MAX][600];
    size_t n_xaddrs;
    char refused[300]; /* an address that is not contacted; "": none */
    unsigned delay;    /* of its answer to the search */
    bool searched;     /* it answered the search */
    bool alone;        /* it answered when it was asked alone */
    bool named;        /* it is the one that the person means */
    bool computer, scanner;
    const struct wsd_device_info *info;
    char url[600];     /* that answered with metadata; "": none */
    char service[600]; /* of the scan service; "": none */
    const struct wsd_scan_get_scanner_elements_response *elements;
};

struct doctor {
    struct session *session;
    struct diagnoses found;
    size_t told; /* of `found`, by lines so far */
    struct json_object *steps;
    struct system_facts facts;
    bool no_network; /* no interface that is used works: nothing can be asked */
    uint16_t event_port;
    bool event_port_taken;
    bool event_port_matters;     /* events are wanted there: it was named, or wsd-scand has it */
    const char *firewall_unread; /* why its rules could not be read; NULL: they could */
    char host[300];              /* of a device that is named by an address: numeric; "": none */
    struct wanted wanted;        /* WANTED_ANY: all that are found */
    /* of the search, as the wire had it */
    char heard[DOCTOR_HEARD_MAX][SYSTEM_ADDRESS_TEXT];
    size_t n_heard;
    unsigned sent, unsent;
    char send_error[80];
    struct patient patients[DOCTOR_PATIENTS_MAX];
    size_t n_patients;
    size_t n_answered; /* the search, examined or not */
    bool interrupted;
};

/* Ends a step: a line, good or bad by what was diagnosed since the one before. `device` may be "".
 * With `unknown` nothing could be looked at. */
void doctor_step(struct doctor *doctor, const char *step, const char *device, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));
void doctor_unknown(struct doctor *doctor, const char *step, const char *device, const char *format,
                    ...) __attribute__((format(printf, 4, 5)));

/* doctor_machine.c */
void doctor_interfaces(struct doctor *doctor);
void doctor_groups(struct doctor *doctor);
void doctor_routes(struct doctor *doctor);
void doctor_ports(struct doctor *doctor);
void doctor_firewall(struct doctor *doctor);

/* doctor_network.c */
void doctor_host(struct doctor *doctor); /* fills `host` */
void doctor_search(struct doctor *doctor);
/* The device that was named, found by whatever way; NULL: none, and it is diagnosed. */
struct patient *doctor_named(struct doctor *doctor);
struct patient *doctor_patient(struct doctor *doctor, const struct wsd_target *target);

/* doctor_device.c */
void doctor_examine(struct doctor *doctor, struct patient *patient);
/* For a request to it: over https it has to show its certificate. */
struct wsd_request_options doctor_request(const struct doctor *doctor,
                                          const struct patient *patient);
/* Asks for its metadata, without a word. */
bool doctor_get(struct doctor *doctor, struct patient *patient, struct wsd_error *reterr);
void doctor_discharge(struct patient *patient);

/* doctor_events.c */
void doctor_events(struct doctor *doctor, struct patient *patient);

#endif
