/* SPDX-License-Identifier: MIT */
/* wsd doctor: the steps in order, a line each, and what is wrong at the end. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "common/exit_codes.h"
#include "common/print_json.h"
#include "common/text.h"
#include "doctor.h"
#include "report.h"

#define STEP_COLUMN 14

static const char *const severity_words[] = {
    [SEVERITY_PROBLEM] = "problem",
    [SEVERITY_NOTE] = "note",
};

/* -- a step -------------------------------------------------------------------------------------
 */

static void tell(struct doctor *d, const char *result, const char *step, const char *device,
                 const char *format, va_list list)
{
    char raw[700], text[700], name[140];
    struct json_object *o;

    vsnprintf(raw, sizeof raw, format, list);
    text_clean(raw, text, sizeof text);
    text_clean(device, name, sizeof name);
    d->told = d->found.n;
    if (d->session->json) {
        o = json_object_new_object();
        json_put_text(o, "step", step);
        if (*name)
            json_put_text(o, "device", name);
        json_put_text(o, "result", result);
        json_put_text(o, "text", text);
        json_object_array_add(d->steps, o);
        return;
    }
    session_end_line(d->session);
    printf("%-8s %-*s %s%s%s\n", result, STEP_COLUMN, step, name, *name ? ": " : "", text);
    fflush(stdout);
}

void doctor_step(struct doctor *d, const char *step, const char *device, const char *format, ...)
{
    const char *result = "ok";
    va_list list;

    for (size_t i = d->told; i < d->found.n; i++)
        if (d->found.items[i].severity == SEVERITY_PROBLEM || strcmp(result, "ok") == 0)
            result = severity_words[d->found.items[i].severity];
    va_start(list, format);
    tell(d, result, step, device, format, list);
    va_end(list);
}

void doctor_unknown(struct doctor *d, const char *step, const char *device, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    tell(d, "-", step, device, format, list);
    va_end(list);
}

/* Shown while something takes its time. */
static void show_progress(struct doctor *d, const char *what)
{
    if (!d->session->terminal_err || d->session->quiet || d->session->json)
        return;
    session_end_line(d->session);
    fputs(what, stderr);
    fflush(stderr);
    d->session->line_open = true;
}

/* -- the run ------------------------------------------------------------------------------------
 */

static void look_at_machine(struct doctor *d)
{
    doctor_interfaces(d);
    if (!d->no_network) {
        doctor_groups(d);
        doctor_routes(d);
    }
    doctor_ports(d);
    doctor_firewall(d);
}

/* Every device that answered, but computers. */
static void examine_all(struct doctor *d)
{
    bool scans = false, other = false;

    for (size_t i = 0; i < d->n_patients && session_signals() == 0; i++) {
        if (d->patients[i].computer)
            continue;
        doctor_examine(d, &d->patients[i]);
        scans = scans || *d->patients[i].service;
    }
    for (size_t i = 0; i < d->found.n; i++)
        other =
            other || (*d->found.items[i].device && d->found.items[i].severity == SEVERITY_PROBLEM);
    /* What is wrong with one that should scan is told of that one. */
    if (session_signals() == 0 && d->n_patients > 0 && !scans && !other) {
        diagnoses_add(&d->found, DIAGNOSIS_NO_SCANNER, "", "%zu answered.", d->n_answered);
        doctor_step(d, "scanners", "", "none");
    }
}

static void run(struct doctor *d)
{
    struct patient *named;

    doctor_host(d);
    look_at_machine(d);
    show_progress(d, "searching");
    doctor_search(d);
    if (d->interrupted || session_signals() > 0)
        return;
    show_progress(d, "asking");
    if (d->wanted.kind == WANTED_ANY)
        examine_all(d);
    else if ((named = doctor_named(d)))
        doctor_examine(d, named);
}

/* What could not be looked at matters where something does not arrive. */
static void suspect_firewall(struct doctor *d)
{
    static const enum diagnosis missed[] = {DIAGNOSIS_NO_ANSWER,     DIAGNOSIS_DEVICE_UNKNOWN,
                                            DIAGNOSIS_DEVICE_SILENT, DIAGNOSIS_MULTICAST_LOST,
                                            DIAGNOSIS_OTHER_NETWORK, DIAGNOSIS_NO_WAY_BACK};

    for (size_t i = 0; d->firewall_unread && i < sizeof missed / sizeof *missed; i++)
        if (diagnoses_have(&d->found, missed[i])) {
            diagnoses_add(&d->found, DIAGNOSIS_FIREWALL_UNREAD, "", "%s.", d->firewall_unread);
            return;
        }
}

/* -- the outcome --------------------------------------------------------------------------------
 */

static struct json_object *diagnosed_json(const struct diagnosed *item)
{
    struct json_object *o = json_object_new_object();

    json_put_text(o, "id", diagnosis_name(item->id));
    json_put_text(o, "severity", severity_words[item->severity]);
    if (*item->device)
        json_put_text(o, "device", item->device);
    json_put_text(o, "what", diagnosis_what(item->id));
    if (*item->detail)
        json_put_text(o, "detail", item->detail);
    json_put_text(o, "advice", item->advice);
    return o;
}

static int print_json(struct doctor *d)
{
    struct json_object *root = json_object_new_object(), *list = json_object_new_array();

    for (size_t i = 0; i < d->found.n; i++)
        json_object_array_add(list, diagnosed_json(&d->found.items[i]));
    json_put(root, "steps", json_object_get(d->steps));
    json_put(root, "diagnoses", list);
    return json_print_pretty(root);
}

static int conclude(struct doctor *d)
{
    int code = EXIT_CODE_OK;

    session_end_line(d->session);
    if (session_signals() > 0)
        return report_failure(d->session, EXIT_CODE_INTERRUPTED, NULL, "interrupted", NULL);
    suspect_firewall(d);
    diagnoses_rank(&d->found);
    if (d->session->json)
        code = print_json(d);
    else
        diagnoses_print(stdout, &d->found);
    if (code == EXIT_CODE_OK && diagnoses_count(&d->found, SEVERITY_PROBLEM) > 0)
        code = EXIT_CODE_PROBLEMS;
    return code;
}

static int read_options(struct doctor *d)
{
    const struct args *args = d->session->args;
    long port = 0;

    if (args->n_operands > 1) {
        usage_error(args, "one device at a time");
        return EXIT_CODE_USAGE;
    }
    /* Not a job on each scanner of an office. */
    if (args_has(args, OPT_SCAN_JOB) && args->n_operands == 0) {
        usage_error(args, "--scan-job takes the scanner: wsd doctor DEVICE --scan-job");
        return EXIT_CODE_USAGE;
    }
    if (!args_number(args, OPT_PORT_EVENTS, 0, 65535, &port))
        return EXIT_CODE_USAGE;
    d->event_port = (uint16_t)port;
    if (!args_number(args, OPT_SOURCE_PORT, 1, 65535, &port))
        return EXIT_CODE_USAGE;
    if (!wanted_parse(args->n_operands ? args->operands[0] : NULL, &d->wanted)) {
        usage_error(args, "'%.60s...' is too long for a device", args->operands[0]);
        return EXIT_CODE_USAGE;
    }
    return EXIT_CODE_OK;
}

int command_doctor(struct session *session)
{
    struct doctor *d = calloc(1, sizeof *d);

    if (!d)
        return report_no_memory();
    d->session = session;
    d->steps = json_object_new_array();
    int code = d->steps ? read_options(d) : report_no_memory();
    if (code == EXIT_CODE_OK) {
        run(d);
        code = conclude(d);
    }
    for (size_t i = 0; i < DOCTOR_PATIENTS_MAX; i++)
        doctor_discharge(&d->patients[i]);
    json_object_put(d->steps);
    free(d);
    return code;
}
