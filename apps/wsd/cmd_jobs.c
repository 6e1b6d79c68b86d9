/* SPDX-License-Identifier: MIT */
/* wsd jobs, wsd job and wsd cancel. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <wsd/scan.h>

#include "commands.h"
#include "common/exit_codes.h"
#include "common/print_json.h"
#include "common/text.h"
#include "report.h"

static const char *token_or(const struct wsd_token *token, const char *otherwise)
{
    return token->text && *token->text ? token->text : otherwise;
}

struct rows {
    struct session *session;
    bool header;
};

static void print_summary(struct rows *rows, const struct wsd_scan_job_summary *j, const char *list)
{
    if (rows->session->json) {
        struct json_object *o = json_of("JobSummary", j);
        if (o)
            json_put_text(o, "list", list);
        json_print_line(o);
        return;
    }
    const char *reason = j->n_job_state_reasons ? token_or(&j->job_state_reasons[0], "") : "";
    if (!rows->session->terminal_out) {
        char name[300], user[300], state[100], why[100];
        printf("%" PRId32 "\t%s\t%s\t%" PRId32 "\t%s\t%s\n", j->job_id,
               text_clean(token_or(&j->job_state, "unknown"), state, sizeof state),
               text_clean(reason, why, sizeof why), j->scans_completed,
               text_clean(j->job_originating_user_name, user, sizeof user),
               text_clean(j->job_name, name, sizeof name));
        return;
    }
    if (!rows->header)
        printf("%-8s  %-12s  %-26s  %5s  %-16s  %s\n", "JOB", "STATE", "REASON", "PAGES", "USER",
               "NAME");
    rows->header = true;
    printf("%-8" PRId32 "  ", j->job_id);
    text_column(stdout, token_or(&j->job_state, "unknown"), 12);
    fputs("  ", stdout);
    text_column(stdout, reason, 26);
    printf("  %5" PRId32 "  ", j->scans_completed);
    text_column(stdout, j->job_originating_user_name, 16);
    fputs("  ", stdout);
    text_put(stdout, j->job_name);
    putchar('\n');
}

static int list_active(struct rows *rows, const struct device *device)
{
    const struct wsd_scan_get_active_jobs_response *answer = NULL;
    struct wsd_error error = {0};

    if (wsd_get_active_jobs(rows->session->context, device->service, &rows->session->request,
                            &answer, &error) < 0)
        return report_error(rows->session, device->name, &error);
    for (size_t i = 0; i < answer->n_active_jobs; i++)
        print_summary(rows, &answer->active_jobs[i], "active");
    wsd_free(answer);
    return EXIT_CODE_OK;
}

static int list_history(struct rows *rows, const struct device *device)
{
    const struct wsd_scan_get_job_history_response *answer = NULL;
    struct wsd_error error = {0};

    if (wsd_get_job_history(rows->session->context, device->service, &rows->session->request,
                            &answer, &error) < 0)
        return report_error(rows->session, device->name, &error);
    for (size_t i = 0; i < answer->n_job_history; i++)
        print_summary(rows, &answer->job_history[i], "history");
    wsd_free(answer);
    return EXIT_CODE_OK;
}

int command_jobs(struct session *session)
{
    bool active = args_has(session->args, OPT_ACTIVE),
         history = args_has(session->args, OPT_HISTORY);
    struct rows rows = {.session = session};
    struct device device;
    int code = command_find_scanner(session, &device);

    if (code != EXIT_CODE_OK)
        return code;
    if (active || !history)
        code = list_active(&rows, &device);
    if (code == EXIT_CODE_OK && (history || !active))
        code = list_history(&rows, &device);
    device_free(&device);
    return code;
}

/* "[DEVICE] ID" */
static int take_operands(struct session *session, struct device *ret, int32_t *ret_id)
{
    const struct args *args = session->args;
    long id = 0;

    if (args->n_operands < 1 || args->n_operands > 2 ||
        !text_number(args->operands[args->n_operands - 1], 1, INT32_MAX, &id)) {
        usage_error(args, "wsd %s takes the number of a job, and before it a device if wanted",
                    command_name(args->command));
        return EXIT_CODE_USAGE;
    }
    *ret_id = (int32_t)id;
    return device_find(session, args->n_operands == 2 ? args->operands[0] : NULL, true, ret);
}

static void print_line(const char *label, const char *text)
{
    if (!text || !*text)
        return;
    printf("%-14s ", label);
    text_put(stdout, text);
    putchar('\n');
}

static void print_job_status(const struct wsd_scan_job_status *s)
{
    printf("%-14s %" PRId32 "\n", "Job", s->job_id);
    print_line("State", token_or(&s->job_state, "unknown"));
    for (size_t i = 0; i < s->n_job_state_reasons; i++)
        print_line(i ? "" : "Reason", token_or(&s->job_state_reasons[i], ""));
    printf("%-14s %" PRId32 "\n", "Pages", s->scans_completed);
    if (s->job_created_time)
        print_line("Created", s->job_created_time->text);
    if (s->job_completed_time)
        print_line("Ended", s->job_completed_time->text);
}

static void print_job(const struct wsd_scan_get_job_elements_response *answer)
{
    for (size_t i = 0; i < answer->n_job_elements; i++) {
        const struct wsd_scan_job_element_data *e = &answer->job_elements[i];
        if (e->job_status)
            print_job_status(e->job_status);
        if (e->scan_ticket) {
            print_line("Name", e->scan_ticket->job_description.job_name);
            print_line("User", e->scan_ticket->job_description.job_originating_user_name);
            print_line("Information", e->scan_ticket->job_description.job_information);
        }
        if (!e->documents)
            continue;
        const struct wsd_scan_final_parameters *p = &e->documents->document_final_parameters;
        print_line("Format", token_or(&p->format.value, ""));
        print_line("Source", token_or(&p->input_source.value, ""));
        print_line("Mode", token_or(&p->media_sides.media_front.color_processing.value, ""));
        printf("%-14s %" PRId32 " x %" PRId32 " dpi\n", "Resolution",
               p->media_sides.media_front.resolution.width.value,
               p->media_sides.media_front.resolution.height.value);
        for (size_t k = 0; k < e->documents->n_document; k++)
            print_line(k ? "" : "Documents",
                       e->documents->document[k].document_description.document_name);
    }
}

int command_job(struct session *session)
{
    const struct wsd_scan_get_job_elements_response *answer = NULL;
    struct wsd_error error = {0};
    struct device device;
    int32_t id = 0;
    int code = take_operands(session, &device, &id);

    if (code != EXIT_CODE_OK)
        return code;
    if (wsd_get_job_elements(session->context, device.service, id, WSD_SCAN_JOB_ALL_PARTS,
                             &session->request, &answer, &error) < 0)
        code = report_error(session, device.name, &error);
    else if (session->json)
        code = json_print_pretty(json_of("GetJobElementsResponse", answer));
    else
        print_job(answer);
    wsd_free(answer);
    device_free(&device);
    return code;
}

int command_cancel(struct session *session)
{
    struct wsd_error error = {0};
    struct device device;
    int32_t id = 0;
    int code = take_operands(session, &device, &id);

    if (code != EXIT_CODE_OK)
        return code;
    if (wsd_cancel_job(session->context, device.service, id, &session->request, &error) < 0)
        code = report_error(session, device.name, &error);
    else if (session->json) {
        struct json_object *o = json_object_new_object();
        json_put_number(o, "cancelled", id);
        code = json_print_pretty(o);
    } else {
        printf("job %" PRId32 " cancelled\n", id);
    }
    device_free(&device);
    return code;
}
