/* SPDX-License-Identifier: MIT */
/*
 * A SANE device behind a scanner of `wsd serve`. The device lives in a process of its own
 * (apps/wsd-sane, common/bridge.h); here is its other end, which waits for nothing.
 *
 * serve_host.c has the process and its packets, serve_bridge.c the bridge's life,
 * serve_bridge_scan.c the functions of the scanner, serve_bridge_ability.c what the device can do
 * as a setup, serve_bridge_panel.c conditions and buttons.
 */
#ifndef WSD_APPS_SERVE_BRIDGE_H
#define WSD_APPS_SERVE_BRIDGE_H

#include <sys/types.h>

#include "common/bridge.h"
#include "serve.h"

/* -- serve_host.c -------------------------------------------------------------------------------
 */

struct host {
    pid_t pid; /* 0: none, and none that is still to be waited for */
    int fd;    /* -1: it is gone or dying */
    uint8_t packet[BRIDGE_PACKET_MAX + 1];
    size_t at, size; /* of its bytes, while there are data in it */
};

/* Starts the process for the SANE device `name`. 0, or a negative errno; -EAGAIN while the one
 * before has not ended. */
int host_start(struct host *host, const char *name);
/* Ends it by force. */
void host_kill(struct host *host);
/* True once there is no process. */
bool host_gone(struct host *host);
/* Closes the socket of a host at the end of the program, and waits a moment for it. */
void host_end(struct host *host);
/* `object` is taken. False: the host does not take it, and should be killed. */
bool host_ask(struct host *host, struct json_object *object);
/* The next packet, if one is there: HOST_DATA (host->at and size), HOST_WORD (`ret` is the
 * caller's), HOST_NOTHING or HOST_DEAD. */
enum host_packet { HOST_NOTHING, HOST_DATA, HOST_WORD, HOST_DEAD };
enum host_packet host_take(struct host *host, struct json_object **ret);
/* Lists SANE's devices: runs the program, which leads a process group. Its output, a line each, is
 * what is returned, for the caller to close; or a negative errno. */
int host_list(pid_t *ret_pid);

/* -- serve_bridge.c -----------------------------------------------------------------------------
 */

struct bridge_job {
    int32_t id;
    const struct wsd_scan_final_parameters *parameters;
    uint64_t began;
    unsigned pages;  /* that the device has begun */
    bool page;       /* one of them belongs to the file that is asked for next */
    bool file_ended; /* the file under way is whole */
    bool over, failed;
    bool asked; /* the host has the wish */
    char status[16];
};

struct bridge {
    struct serve_device *device;
    const char *name; /* of the SANE device */
    struct host host;
    bool known, buttons; /* its abilities were heard; it has buttons */
    bool answered;       /* it was heard of at all, whatever it said */
    bool busy;           /* the host works for a scan that is under way, or was cancelled */
    bool waiting;        /* the service waits for a packet */
    struct bridge_job *job;
    int condition;    /* id; 0: none */
    char pressed[64]; /* the button that is held */
    unsigned backoff; /* milliseconds */
    /* Of session_now(); 0: none. */
    uint64_t ask_at, kill_at, close_at, look_at, decide_at, clear_at;
    char vendor[128], model[128], problem[200];
};

/* (serve_bridge_open.c) Reads --sane, makes serve->bridges. Returns an exit code, -1 if the command
 * is done. */
int bridges_open(struct serve *serve);
/* Starts the hosts and waits until each has answered once. Returns an exit code. */
int bridges_start(struct serve *serve, bool (*turn)(struct serve *serve, uint64_t deadline));
void bridges_free(struct serve *serve);

/* The list that names of bridges may point into. */
void bridges_forget_list(struct serve *serve);
void serve_name_bridge(struct bridge *bridge);
/* True for a device that `wsd` itself, or sane-airscan, brought here from the network as WSD. */
bool bridge_is_loop(const char *name);

/* For poll(): one place for each bridge; and the next moment that something is due. */
void bridges_want(const struct serve *serve, struct pollfd *fds);
uint64_t bridges_due(const struct serve *serve, uint64_t deadline);
void bridges_turn(struct serve *serve, const struct pollfd *fds);

/* Looks at what the host has sent. False when there is nothing more now. */
bool bridge_step(struct bridge *bridge);
/* The host can be of no use any more. */
void bridge_died(struct bridge *bridge, const char *why);
void bridge_ask(struct bridge *bridge, const char *what);
/* Gives the host the job's wish, or lets it wait. */
void bridge_ask_scan(struct bridge *bridge);

/* True while what the host says belongs to a scan that nobody wants any more. */
bool bridge_is_cancelling(const struct bridge *bridge);

/* -- serve_bridge_scan.c ------------------------------------------------------------------------
 */

struct wsd_scanner bridge_scanner(struct serve_device *device);
/* {"do":"scan",...}; NULL without memory. */
struct json_object *bridge_wish(const struct bridge_job *job);
/* What the host says of the scan that is under way. */
void bridge_scan_word(struct bridge *bridge, const char *is);
void bridge_scan_failed(struct bridge *bridge, const char *status) __attribute__((nonnull));
/* Data or a word has come that the service waits for. */
void bridge_resume(struct bridge *bridge);

/* -- serve_bridge_ability.c ---------------------------------------------------------------------
 */

/* False if there is no scanner in it. */
bool bridge_ability(struct bridge *bridge, const struct json_object *object,
                    struct serve_setup *ret);
/* -- serve_bridge_panel.c -----------------------------------------------------------------------
 */

/* Raises what `status` means to people; replaces what was raised before. */
void bridge_condition(struct bridge *bridge, const char *status);
void bridge_condition_clear(struct bridge *bridge);
/* True while its buttons are worth looking at. */
bool bridge_has_button_use(const struct bridge *bridge);
void bridge_buttons(struct bridge *bridge, const struct json_object *object);

#endif
