/* SPDX-License-Identifier: MIT */
/* Decisions alone: who asks the scanner again, and how it is told, is the caller's. */
#include "scan/refusal.h"

enum refusal refusal_by_fault(const struct wsd_error *error, const struct scan_settings *settings,
                              const struct scan_abilities *has, bool minimal)
{
    if (wsd_error_is_fault(error, "ClientErrorNoImagesAvailable"))
        return scan_feeds(settings) ? REFUSAL_NO_PAPER : REFUSAL_FINAL;
    if (wsd_error_is_fault(error, "ClientErrorFormatNotSupported") &&
        settings->format + 1 < settings->n_formats)
        return REFUSAL_FORMAT;
    if (wsd_error_is_fault(error, "InvalidArgs") && !minimal && has->quirks.on[QUIRK_X6])
        return REFUSAL_TICKET;
    if (wsd_error_is_fault(error, "ServerErrorNotAcceptingJobs") ||
        wsd_error_is_fault(error, "ServerErrorTemporaryError") ||
        wsd_error_is_fault(error, "OperationFailed"))
        return REFUSAL_ASK_STATUS;
    return REFUSAL_FINAL;
}

enum refusal refusal_by_status(const struct wsd_error *error, const struct scan_settings *settings,
                               const struct wsd_scan_status *status,
                               struct scan_trouble *ret_trouble)
{
    if (status && scan_trouble_of(status, scan_feeds(settings), ret_trouble))
        return REFUSAL_TROUBLE;
    if (status && (scan_has_reason(status, WSD_SCAN_STATE_REASON_CALIBRATING) ||
                   scan_has_reason(status, WSD_SCAN_STATE_REASON_LAMP_WARMING)))
        return REFUSAL_WARMING;
    if ((status && status->scanner_state.value == WSD_SCAN_STATE_PROCESSING) ||
        wsd_error_is_fault(error, "ServerErrorTemporaryError"))
        return REFUSAL_BUSY;
    /* A job that waits to be fetched leaves some scanners Idle in name. */
    return REFUSAL_MAYBE_BUSY;
}

enum refusal refusal_without_jobs(const struct scan_settings *settings,
                                  const struct scan_abilities *has)
{
    return scan_feeds(settings) && has->quirks.on[QUIRK_S6] ? REFUSAL_NO_PAPER : REFUSAL_FINAL;
}
