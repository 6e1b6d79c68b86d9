/* SPDX-License-Identifier: MIT */
/* SANE has eleven words for all that can go wrong; what else is known goes to the log. */
#include "scanner.h"

SANE_Status status_of_error(const struct wsd_error *error)
{
    switch (error->code) {
    case 0:
        return SANE_STATUS_GOOD;
    case WSD_E_CANCELLED:
        return SANE_STATUS_CANCELLED;
    case WSD_E_NO_MEMORY:
        return SANE_STATUS_NO_MEM;
    case WSD_E_INVALID:
        return SANE_STATUS_INVAL;
    case WSD_E_BUSY:
        return SANE_STATUS_DEVICE_BUSY;
    case WSD_E_REFUSED_ADDRESS:
    case WSD_E_CERTIFICATE:
        return SANE_STATUS_ACCESS_DENIED;
    default:
        break;
    }
    if (error->http_status == 401 || error->http_status == 403 ||
        wsd_error_is_fault(error, "ClientErrorInvalidJobToken"))
        return SANE_STATUS_ACCESS_DENIED;
    if (error->http_status == 503 || wsd_error_is_fault(error, "ServerErrorNotAcceptingJobs") ||
        wsd_error_is_fault(error, "ServerErrorTemporaryError"))
        return SANE_STATUS_DEVICE_BUSY;
    if (wsd_error_is_fault(error, "ClientErrorNoImagesAvailable"))
        return SANE_STATUS_NO_DOCS;
    if (wsd_error_is_fault(error, "ClientErrorJobCancelled"))
        return SANE_STATUS_CANCELLED;
    if (wsd_error_is_fault(error, "ClientErrorFormatNotSupported"))
        return SANE_STATUS_UNSUPPORTED;
    return SANE_STATUS_IO_ERROR;
}

SANE_Status status_of_trouble(const struct scan_trouble *trouble)
{
    switch (trouble->reason) {
    case WSD_SCAN_STATE_REASON_MEDIA_JAM:
    case WSD_SCAN_STATE_REASON_MULTIPLE_FEED_ERROR:
        return SANE_STATUS_JAMMED;
    case WSD_SCAN_STATE_REASON_COVER_OPEN:
    case WSD_SCAN_STATE_REASON_INTERLOCK_OPEN:
        return SANE_STATUS_COVER_OPEN;
    case WSD_SCAN_STATE_REASON_INPUT_TRAY_EMPTY:
        return SANE_STATUS_NO_DOCS;
    case WSD_SCAN_STATE_REASON_PAUSED:
    case WSD_SCAN_STATE_REASON_ATTENTION_REQUIRED:
        return SANE_STATUS_DEVICE_BUSY;
    default:
        return SANE_STATUS_IO_ERROR;
    }
}
