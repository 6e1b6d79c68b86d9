/* SPDX-License-Identifier: MIT */
/*
 * The scanner made of software: what it can do (serve_config.c), what it scans (serve_scan.c), its
 * panel as requests from outside (serve_control.c and its kin), and what it says (serve_say.c).
 */
#ifndef WSD_APPS_SERVE_H
#define WSD_APPS_SERVE_H

#include <json-c/json.h>
#include <wsd/device.h>

#include "common/control.h"
#include "raster/raster.h"
#include "scan/device_address.h"
#include "session.h"

struct bridge;
struct found;
struct pages;
struct serve_job;

#define SERVE_CONDITIONS_MAX  16 /* as many as the service takes */
#define SERVE_TEXT_MAX        512
#define SERVE_RESOLUTIONS_MAX 16
#define SERVE_FORMATS_MAX     16
#define SERVE_COLORS_MAX      4
#define SERVE_BRIDGES_MAX     16 /* SANE devices */

/* What of the scanner's description and configuration may be changed while it runs. */
struct serve_setup {
    char name[SERVE_TEXT_MAX], info[SERVE_TEXT_MAX], location[SERVE_TEXT_MAX];
    int formats[SERVE_FORMATS_MAX]; /* enum wsd_scan_format */
    size_t n_formats;
    int colors[SERVE_COLORS_MAX]; /* enum wsd_scan_color */
    size_t n_colors;
    int32_t resolutions[SERVE_RESOLUTIONS_MAX];
    size_t n_resolutions;
    bool glass, feeder, duplex;
    uint32_t glass_width, glass_height, feeder_width, feeder_height; /* 1/1000 inch */
};

/* What all devices of this program share. */
struct serve {
    struct session *session;
    struct wsd_host *host;
    struct control_server *control; /* NULL: none */
    const char *name, *manufacturer, *model;
    struct wanted uuid;    /* of the one device, "" for one of its own */
    struct broken *broken; /* what is done wrong on purpose; NULL: nothing */
    struct pages *pages;   /* NULL: the test chart */
    long sheets, count;
    unsigned long jobs_ended;
    uint32_t instance;            /* the highest InstanceId so far; 0: none */
    uint64_t turn_until;          /* when this turn of the loop should end, of session_now() */
    struct serve_device *waiting; /* those whose image goes on with the next turn */
    struct serve_device *devices;
    struct bridge *bridges; /* to SANE devices, one for each of `devices`; NULL: none */
    long n_bridges;
    struct found *found; /* what SANE has listed */
    bool ready;          /* that it runs was said */
};

struct serve_condition {
    int32_t id;
    int name, component, severity;
};

struct serve_device {
    struct serve *serve;
    long number;
    struct wsd_device *device;
    struct wsd_scan_service *service; /* both NULL: the plug is pulled */
    uint32_t instance_id;             /* at least that of its last start */
    struct serve_job *job;            /* the one that scans */
    struct serve_device *next_waiting;
    bool waits;      /* is in the list of those */
    unsigned turn;   /* which picture lies on the glass */
    unsigned sheets; /* in the feeder, the one that is being scanned not counted */
    bool refilled;   /* as many lie there again when a job is over */
    struct serve_condition conditions[SERVE_CONDITIONS_MAX];
    size_t n_conditions;
    bool attention;                     /* it has stopped for what is no condition */
    const struct wsd_scan_panel *panel; /* what was said of it */
    char *address;                      /* of its scan service, once it was asked for */
    struct serve_setup *setup;          /* NULL: that of its birth */
    struct bridge *bridge;              /* to the SANE device behind it; NULL: none */
    const char *endpoint;               /* NULL: one made from its name */
    char name[160];
};

/* -- cmd_serve.c --------------------------------------------------------------------------------
 */

/* Makes the device, with its service, and starts it. Returns a code of the library. */
int serve_plug_in(struct serve_device *device, struct wsd_error *reterr);

/* -- serve_instance.c ---------------------------------------------------------------------------
 */

/* InstanceId for a start: higher than `last`, the device's own, and than all that programs of this
 * user gave before this one began. */
uint32_t serve_instance(struct serve *serve, uint32_t last);

/* -- serve_config.c -----------------------------------------------------------------------------
 */

/* Description, configuration and default ticket for a setup, and all that they point to; it must
 * stay where it was made. */
struct serve_offer {
    struct wsd_scan_description description;
    struct wsd_scan_configuration configuration;
    struct wsd_scan_ticket ticket;
    struct wsd_scan_text texts[3];
    struct wsd_token formats[SERVE_FORMATS_MAX], colors[SERVE_COLORS_MAX];
    struct wsd_scan_source platen, adf_back;
    struct wsd_scan_adf adf;
    struct wsd_scan_ticket_token format, source, color;
    struct wsd_scan_region region;
    struct wsd_scan_size media;
    struct wsd_scan_input_size input_size;
    struct wsd_scan_resolution resolution;
    int32_t dpi;
    struct wsd_scan_media_sides sides;
    struct wsd_scan_document_parameters parameters;
};

void serve_setup_init(struct serve_setup *ret, const char *name);
void serve_offer_make(const struct serve_setup *setup, struct serve_offer *ret);
enum raster_mode serve_mode(int color);
/* 1/1000 inch; setup may be NULL. */
void serve_media_max(const struct serve_setup *setup, bool feeder, uint32_t *ret_width,
                     uint32_t *ret_height);

/* -- serve_setup.c ------------------------------------------------------------------------------
 */

/* Changes one thing. False, with a sentence on what there is, if it cannot be had. */
bool serve_setup_set(struct serve_setup *setup, const char *key, const char *value,
                     control_reason reason);
/* False, with a sentence, if the parts do not go together. */
bool serve_setup_check(const struct serve_setup *setup, control_reason reason);

/* -- serve_scan.c -------------------------------------------------------------------------------
 */

bool serve_is_feeder(int source);
/* What both kinds of scanners say of the files that our encoders make: functions of wsd_scanner. */
uint32_t serve_bytes_per_line(void *user, const char *name, int color, uint32_t pixels);
bool serve_format_has_color(void *user, const char *name, int color);

/* The functions of the scanner behind `device`. */
struct wsd_scanner serve_scanner(struct serve_device *device);
/* Lets images go on that waited for a new turn of the loop. */
void serve_go_on_all(struct serve *serve);
/* True while something keeps the scanner from moving. */
bool serve_is_stopped(const struct serve_device *device);
/* It may move again: the job that waited goes on. */
void serve_go_on(struct serve_device *device);

/* -- serve_say.c --------------------------------------------------------------------------------
 */

/* Prints an event as a line of JSON, with --json; `object` is taken. */
void serve_event(const struct serve *serve, const char *event, struct json_object *object);
/* A job began or ended, so that `event` says; as a note, and as an event with --json. */
void serve_say_job(const struct serve_device *device, const struct wsd_scan_job_info *job,
                   const char *event, unsigned images);
void serve_say_ready(struct serve *serve);
void serve_say_device(const struct serve_device *device);
struct json_object *serve_device_json(const struct serve_device *device);

/* -- serve_break.c ------------------------------------------------------------------------------
 */

/* With `--break list`: prints what may be broken. */
bool serve_break_lists(const struct serve *serve);
/* Takes up the options `--break ID`. Returns an exit code. */
int serve_break_open(struct serve *serve);
/* The host's filter; NULL when nothing is broken. */
void (*serve_break_filter(const struct serve *serve))(void *user, struct wsd_host_message *message);
void serve_break_close(struct serve *serve);

/* -- serve_control.c ----------------------------------------------------------------------------
 */

/* Opens the control socket, if one is wanted. Returns an exit code. */
int serve_control_open(struct serve *serve);

/* Ends a request with {"ok":true,...} and what was done, for a person. `more` is taken, NULL for
 * none. */
void serve_done(struct control_request *request, struct json_object *more, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Ends it with {"ok":false,...}. `kind` tells the exit code: "usage", "not-found", "refused",
 * "failure". */
void serve_refuse(struct control_request *request, const char *kind, const char *advice,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

typedef void serve_action(struct serve_device *device, struct control_request *request,
                          const struct json_object *object);

#define SERVE_SHEETS_MAX 10000
serve_action serve_feeder;

/* -- serve_conditions.c -------------------------------------------------------------------------
 */

serve_action serve_jam, serve_cover, serve_condition_set, serve_clear;
/* It stops for what is no condition, or goes on. False: it does so already. */
bool serve_attend(struct serve_device *device, bool wanted);

/* -- serve_panel.c ------------------------------------------------------------------------------
 */

serve_action serve_press;
struct json_object *serve_destinations_json(struct serve_device *device);
/* Says who has come and gone since it was last called; `user` is the device. */
void serve_destinations_changed(void *user);

/* -- serve_power.c ------------------------------------------------------------------------------
 */

serve_action serve_lamp, serve_configure, serve_reboot, serve_vanish;

/* -- serve_inquiry.c ----------------------------------------------------------------------------
 */

/* What needs the scan service's own word comes by the protocol, as everybody else gets it. */
serve_action serve_show, serve_cancel;

#endif
