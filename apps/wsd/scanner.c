/* SPDX-License-Identifier: MIT */
/* Finds a scanner and reads its sections. */
#include "scanner.h"

#include <string.h>

#include "commands.h"
#include "common/exit_codes.h"
#include "report.h"

static bool choose_quirks(struct session *session, struct scanner *s)
{
    const struct wsd_device_info *info = s->device.info;
    const struct args *args = session->args;

    scan_abilities_quirks(&s->has, info ? info->manufacturer : "",
                          info && info->model_name ? info->model_name : "");
    for (unsigned i = 0; i < args->count[OPT_QUIRK]; i++)
        if (!quirks_apply(&s->has.quirks, args->values[OPT_QUIRK][i])) {
            usage_error(args, "'%s' is no quirk", args->values[OPT_QUIRK][i]);
            return false;
        }
    return true;
}

/* Where scanning from computers is switched off, some do not even tell what they can do (H5). */
static int say_refusal(struct session *session, struct scanner *s, const struct wsd_error *error)
{
    if (!wsd_error_is_fault(error, "OperationFailed"))
        return report_error(session, s->device.name, error);
    if (!choose_quirks(session, s))
        return EXIT_CODE_USAGE;
    return report_failure(session, EXIT_CODE_REFUSED, s->device.name,
                          "it does not tell what it can do (OperationFailed)",
                          quirks_refusal_advice(&s->has.quirks));
}

int scanner_open(struct session *session, unsigned parts, struct scanner *ret)
{
    struct wsd_error error = {0};

    *ret = (struct scanner){0};
    int code = command_find_scanner(session, &ret->device);
    if (code != EXIT_CODE_OK)
        return code;
    if (wsd_get_scanner_elements(session->context, ret->device.service, parts, &session->request,
                                 &ret->elements, &error) < 0)
        code = say_refusal(session, ret, &error);
    if (code == EXIT_CODE_OK) {
        scan_abilities_take(&ret->has, ret->elements);
        if (!choose_quirks(session, ret))
            code = EXIT_CODE_USAGE;
        else if (ret->has.configuration)
            scan_abilities_gather(&ret->has);
        else if (parts & WSD_SCAN_CONFIGURATION)
            code = report_failure(session, EXIT_CODE_NETWORK, ret->device.name,
                                  "it does not tell what it can do", "Switch it off and on.");
    }
    if (code != EXIT_CODE_OK)
        scanner_close(ret);
    return code;
}

void scanner_close(struct scanner *scanner)
{
    wsd_free(scanner->elements);
    device_free(&scanner->device);
    *scanner = (struct scanner){0};
}

int scanner_read_status(struct session *session, const struct scanner *scanner,
                        const struct wsd_scan_get_scanner_elements_response **ret_answer,
                        const struct wsd_scan_status **ret)
{
    const struct wsd_scan_get_scanner_elements_response *answer = NULL;

    *ret = NULL;
    *ret_answer = NULL;
    int r = wsd_get_scanner_elements(session->context, scanner->device.service, WSD_SCAN_STATUS,
                                     &session->request, &answer, NULL);
    if (r < 0)
        return r;
    for (size_t i = 0; i < answer->n_scanner_elements; i++)
        if (answer->scanner_elements[i].scanner_status)
            *ret = answer->scanner_elements[i].scanner_status;
    *ret_answer = answer;
    return 0;
}
