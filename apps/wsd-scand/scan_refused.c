/* SPDX-License-Identifier: MIT */
/* A refusal, by scan/refusal.h: what can be waited out or asked otherwise is; the rest is told. */
#include <stdio.h>

#include "log.h"
#include "scan.h"
#include "scan/refusal.h"

static void act(struct scan *scan, enum refusal refusal, const struct scan_trouble *trouble);

static void again(void *user)
{
    scan_create(user);
}

static void wait_for(struct scan *scan, const char *what, unsigned *left, unsigned seconds)
{
    struct log_about about = scan_about(scan);

    if (*left < seconds) {
        char why[SCAND_ERROR];
        snprintf(why, sizeof why, "it is %s for too long; press the button again later", what);
        scan_end(scan, why);
        return;
    }
    log_say(LOG_LEVEL_DEBUG, &about, "it is %s; tried again in %u s", what, seconds);
    *left -= seconds;
    loop_arm(&scan->scand->loop, &scan->timer, (uint64_t)seconds * 1000, again, scan);
}

static void jobs_came(void *user, int status, const void *result, const struct wsd_error *error)
{
    const struct wsd_scan_get_active_jobs_response *answer = result;
    struct scan *scan = user;
    bool busy = status == 0 && answer->n_active_jobs > 0;

    (void)error;
    scan->call = NULL;
    wsd_free(result);
    act(scan, busy ? REFUSAL_BUSY : refusal_without_jobs(&scan->wish.settings, &scan->has), NULL);
}

static void ask_for_jobs(struct scan *scan)
{
    if (wsd_get_active_jobs_start(scan->scand->context, scan->service, &scan->request, jobs_came,
                                  scan, &scan->call, NULL) < 0)
        act(scan, REFUSAL_FINAL, NULL);
}

static void status_came(void *user, int status, const void *result, const struct wsd_error *error)
{
    const struct wsd_scan_get_scanner_elements_response *answer = result;
    struct scan *scan = user;
    struct scan_abilities now = {0};
    struct scan_trouble trouble = {0};

    (void)error;
    scan->call = NULL;
    if (status == 0)
        scan_abilities_take(&now, answer);
    act(scan, refusal_by_status(&scan->refusal, &scan->wish.settings, now.status, &trouble),
        &trouble);
    wsd_free(result);
}

static void ask_for_status(struct scan *scan)
{
    if (wsd_get_scanner_elements_start(scan->scand->context, scan->service, WSD_SCAN_STATUS,
                                       &scan->request, status_came, scan, &scan->call, NULL) < 0)
        act(scan, REFUSAL_FINAL, NULL);
}

static void another_ticket(struct scan *scan)
{
    scan->use_corrected = false;
    wish_remake(&scan->wish, &scan->has, scan->minimal);
    scan_create(scan);
}

static void act(struct scan *scan, enum refusal refusal, const struct scan_trouble *trouble)
{
    char why[SCAND_ERROR];

    if (scan->cancelled) {
        scan_end(scan, "wsd-scand was ended");
        return;
    }
    switch (refusal) {
    case REFUSAL_FORMAT:
        scan->wish.settings.format++;
        another_ticket(scan);
        return;
    case REFUSAL_TICKET:
        scan->minimal = true;
        another_ticket(scan);
        return;
    case REFUSAL_ASK_STATUS:
        ask_for_status(scan);
        return;
    case REFUSAL_MAYBE_BUSY:
        ask_for_jobs(scan);
        return;
    case REFUSAL_WARMING:
        wait_for(scan, "warming up", &scan->warming, 1);
        return;
    case REFUSAL_BUSY:
        wait_for(scan, "busy", &scan->busy, REFUSAL_BUSY_TRY_EVERY);
        return;
    case REFUSAL_NO_PAPER:
        scan_end(scan, "the feeder is empty; put paper into it, or choose the glass at the panel");
        return;
    case REFUSAL_TROUBLE:
        snprintf(why, sizeof why, "%s. %s", trouble->what, trouble->advice);
        scan_end(scan, why);
        return;
    case REFUSAL_FINAL:
        scan_end_error(scan, &scan->refusal, quirks_refusal_advice(&scan->has.quirks));
        return;
    }
}

void scan_refused(struct scan *scan, const struct wsd_error *error)
{
    scan->step = SCAN_REFUSED;
    scan->refusal = *error;
    /* A token of a subscription that the device has dropped: the next press will work. */
    if (wsd_error_is_fault(error, "ClientErrorInvalidDestinationToken"))
        scanner_relist(scan->scanner);
    act(scan, refusal_by_fault(error, &scan->wish.settings, &scan->has, scan->minimal), NULL);
}
