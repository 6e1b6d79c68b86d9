/* SPDX-License-Identifier: MIT */
/*
 * What the system tells and wants to be told: systemd's notifications and watchdog; that the
 * computer was asleep, that a cable was plugged in. Where there is none of that, nothing is done.
 */
#ifndef WSD_SCAND_SERVICE_H
#define WSD_SCAND_SERVICE_H

#include "scand.h"

struct service;

/* 0 or -ENOMEM; `awake` runs after a sleep, a jump of the clock or when a link has come up. */
int service_open(struct scand *scand, void (*awake)(struct scand *scand), struct service **ret);
void service_free(struct service *service);

void service_ready(struct service *service, const char *status);
void service_reloading(struct service *service);
void service_stopping(struct service *service);

#endif
