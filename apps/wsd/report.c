/* SPDX-License-Identifier: MIT */
/*
 * Two tables: faults of the scan service, and failures below it.
 */
#include "report.h"

#include <stdio.h>
#include <string.h>
#include <wsd/scan.h>

#include "common/exit_codes.h"
#include "common/text.h"
#include "session.h"
#include "trace.h"

/* WS-Scan, section 10 of the faults; sentences are ours. */
static const struct {
    const char *subcode;
    int code;
    const char *what, *advice;
} faults[] = {
    {"ClientErrorNoImagesAvailable", EXIT_CODE_PAPER, "there is nothing to scan",
     "Put paper into the feeder, or scan from the glass with --source platen."},
    {"ClientErrorJobIdNotFound", EXIT_CODE_REFUSED, "it knows no such job",
     "'wsd jobs' lists those it knows."},
    {"ClientErrorJobCancelled", EXIT_CODE_REFUSED, "the job was cancelled at the scanner", ""},
    {"ClientErrorInvalidJobToken", EXIT_CODE_REFUSED, "the job belongs to another program", ""},
    {"ClientErrorFormatNotSupported", EXIT_CODE_REFUSED, "it does not make that file format",
     "'wsd caps' lists the formats; choose one with --wire-format."},
    {"ClientErrorConflictingRequiredParameters", EXIT_CODE_REFUSED,
     "these settings do not go together", "Leave some out, or use --nearest."},
    {"InvalidArgs", EXIT_CODE_REFUSED, "it does not understand the request",
     "Try with fewer options; --debug shows what was asked."},
    {"OperationFailed", EXIT_CODE_REFUSED, "it cannot do that in its present state",
     "Look at its panel; scanning from computers may be switched off in its web page."},
    {"ServerErrorNotAcceptingJobs", EXIT_CODE_REFUSED, "it takes no jobs now",
     "Look at its panel; it may be in a menu, or wait for a person. Then try again."},
    {"ServerErrorTemporaryError", EXIT_CODE_REFUSED, "it has a passing problem",
     "Try again in a moment."},
    {"ServerErrorInternalError", EXIT_CODE_REFUSED, "it has an internal error",
     "Switch it off and on."},
    {"ActionNotSupported", EXIT_CODE_REFUSED, "it does not have this operation",
     "The address may be that of another service of the device; name the device instead."},
    {"DestinationUnreachable", EXIT_CODE_REFUSED, "this address is not one of its services",
     "Name the device, so that its own addresses are used."},
};

static const struct {
    int error, code;
    const char *advice;
} failures[] = {
    {WSD_E_TIMEOUT, EXIT_CODE_NETWORK,
     "It may be asleep, switched off or busy: wake it at its panel and try again, or allow more "
     "time with --timeout."},
    {WSD_E_NETWORK, EXIT_CODE_NETWORK,
     "Check that it is switched on and on this network, and that its WSD function is enabled."},
    {WSD_E_NAME, EXIT_CODE_NETWORK,
     "Use its address, or a part of the name that 'wsd list' shows."},
    {WSD_E_TLS, EXIT_CODE_NETWORK, "Try its http address."},
    {WSD_E_CERTIFICATE, EXIT_CODE_NETWORK,
     "Somebody may be answering in its place. If you know why it has a new one (a reset, new "
     "firmware, one made in its web page), 'wsd cache forget-key DEVICE' lets it be learned anew."},
    {WSD_E_HTTP, EXIT_CODE_NETWORK,
     "Something answers there that does not take this request; WSD may be disabled in the web page "
     "of the device."},
    {WSD_E_NOT_SOAP, EXIT_CODE_NETWORK,
     "What answers there is not a WSD service, perhaps the web page of the device; leave the path "
     "out so that the right one is searched for."},
    {WSD_E_EMPTY, EXIT_CODE_NETWORK, "Try again; if it stays so, switch the device off and on."},
    {WSD_E_XML, EXIT_CODE_NETWORK, "Please report it, with a trace made by --trace DIR --mask."},
    {WSD_E_SCHEMA, EXIT_CODE_NETWORK, "Please report it, with a trace made by --trace DIR --mask."},
    {WSD_E_LIMIT, EXIT_CODE_NETWORK, "Please report it, with a trace made by --trace DIR --mask."},
    {WSD_E_MIME, EXIT_CODE_NETWORK, "Please report it, with a trace made by --trace DIR --mask."},
    {WSD_E_REDIRECT, EXIT_CODE_NETWORK,
     "Redirects are not followed. If you trust the new address, name it in place of the device."},
    {WSD_E_REFUSED_ADDRESS, EXIT_CODE_NETWORK,
     "The device named an address that is neither its own nor on our networks. If you trust it, "
     "add "
     "--allow-foreign."},
    {WSD_E_TRUNCATED, EXIT_CODE_NETWORK,
     "The connection broke; try again, nearer to the access point or with a lower resolution."},
    {WSD_E_NOT_FOUND, EXIT_CODE_NOT_FOUND,
     "Check that it is on this network, or name it by its address."},
    {WSD_E_INVALID, EXIT_CODE_USAGE, ""},
    {WSD_E_CANCELLED, EXIT_CODE_INTERRUPTED, ""},
    {WSD_E_SINK, EXIT_CODE_OUTPUT, ""},
    {WSD_E_SYSTEM, EXIT_CODE_FAILURE, ""},
};

int report_no_memory(void)
{
    fputs("wsd: out of memory\n", stderr);
    return EXIT_CODE_FAILURE;
}

int report_failure(struct session *session, int code, const char *device, const char *what,
                   const char *advice)
{
    char line[1200] = "", clean[640];

    session_end_line(session);
    if (device && *device)
        text_append(line, sizeof line, "%s: ", text_clean(device, clean, sizeof clean));
    text_append(line, sizeof line, "%s", text_clean(what, clean, sizeof clean));
    fprintf(stderr, "wsd: %s\n", line);
    if (advice && *advice)
        fprintf(stderr, "  %s\n", advice);
    trace_note(session->trace, "error", line);
    return code;
}

static int report_fault(struct session *session, const char *device, const struct wsd_error *error)
{
    char what[700] = "";

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        if (!wsd_error_is_fault(error, faults[i].subcode))
            continue;
        text_append(what, sizeof what, "%s (%s%s%s)", faults[i].what, error->subcode,
                    *error->detail ? ": " : "", error->detail);
        return report_failure(session, faults[i].code, device, what, faults[i].advice);
    }
    text_append(what, sizeof what, "%s", error->message);
    return report_failure(session, EXIT_CODE_REFUSED, device, what, "");
}

int report_error(struct session *session, const char *device, const struct wsd_error *error)
{
    if (!device || !*device)
        device = error->device;
    if (error->code == WSD_E_CANCELLED)
        return report_failure(session, EXIT_CODE_INTERRUPTED, NULL, "interrupted", NULL);
    if (error->code == WSD_E_FAULT)
        return report_fault(session, device, error);

    const char *advice = "";
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
        if (failures[i].error == error->code)
            advice = failures[i].advice;
    const char *what = *error->message ? error->message : wsd_strerror(error->code);
    char line[700] = "";
    text_append(line, sizeof line, "%s", what);
    if (*error->path && !strstr(what, error->path))
        text_append(line, sizeof line, " (%s)", error->path);
    if (*error->operation && !strstr(line, error->operation))
        text_append(line, sizeof line, " (%s)", error->operation);
    return report_failure(session, report_exit_code(error), device, line, advice);
}

int report_exit_code(const struct wsd_error *error)
{
    if (error->code == WSD_E_FAULT) {
        for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
            if (wsd_error_is_fault(error, faults[i].subcode))
                return faults[i].code;
        return EXIT_CODE_REFUSED;
    }
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
        if (failures[i].error == error->code)
            return failures[i].code;
    return EXIT_CODE_FAILURE;
}
