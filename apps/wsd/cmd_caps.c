/* SPDX-License-Identifier: MIT */
/* wsd caps and wsd status: what a scanner can do, and how it is. */
#include <stdio.h>

#include "commands.h"
#include "common/exit_codes.h"
#include "common/print_json.h"
#include "common/text.h"
#include "report.h"
#include "scanner.h"

#define RESOLUTIONS_MAX 64

static double mm(int32_t thousandths)
{
    return (double)thousandths * 0.0254;
}

static void print_words(const char *label, const struct wsd_token *tokens, size_t n,
                        const char *(*word)(int))
{
    printf("%-14s ", label);
    for (size_t i = 0; i < n; i++) {
        fputs(i ? ", " : "", stdout);
        text_put(stdout, token_text(&tokens[i], word));
    }
    putchar('\n');
}

static const char *no_word(int value)
{
    (void)value;
    return "other";
}

static void print_source(const struct scan_source *s)
{
    int32_t list[RESOLUTIONS_MAX];
    size_t n = scan_resolutions(s->front, list, RESOLUTIONS_MAX);

    printf("%-14s %s: %.0f x %.0f mm", s->word, s->name, mm(s->max_width), mm(s->max_height));
    if (s->min_width > 0 && s->min_height > 0)
        printf(", at least %.0f x %.0f mm", mm(s->min_width), mm(s->min_height));
    putchar('\n');
    printf("%-14s ", "  resolutions");
    for (size_t i = 0; i < n; i++)
        printf("%s%d", i ? ", " : "", (int)list[i]);
    puts(" dpi");
    print_words("  modes", s->front->colors, s->front->n_colors, color_word);
}

static const char *yes(bool value)
{
    return value ? "yes" : "no";
}

static void print_caps(const struct scanner *s)
{
    const struct wsd_scan_device_settings *d = &s->has.configuration->device_settings;

    printf("%-14s ", "Scanner");
    text_put(stdout, s->device.name);
    putchar('\n');
    for (size_t i = 0; i < s->has.n_sources; i++)
        print_source(&s->has.sources[i]);
    print_words("Formats", d->formats_supported, d->n_formats_supported, format_word);
    printf("%-14s %d to %d\n", "JPEG quality",
           (int)d->compression_quality_factor_supported.min_value,
           (int)d->compression_quality_factor_supported.max_value);
    print_words("Content", d->content_types_supported, d->n_content_types_supported, no_word);
    printf("%-14s %d to %d %%\n", "Scaling",
           (int)d->scaling_range_supported.scaling_width.min_value,
           (int)d->scaling_range_supported.scaling_width.max_value);
    print_words("Rotation", d->rotations_supported, d->n_rotations_supported, no_word);
    printf("%-14s brightness %s, contrast %s, automatic exposure %s, size detection %s\n",
           "Settings", yes(d->brightness_supported), yes(d->contrast_supported),
           yes(d->auto_exposure_supported), yes(d->document_size_auto_detect_supported));
    quirks_print(stdout, &s->has.quirks);
}

int command_caps(struct session *session)
{
    struct scanner s;
    int code = scanner_open(
        session, WSD_SCAN_DESCRIPTION | WSD_SCAN_CONFIGURATION | WSD_SCAN_DEFAULT_TICKET, &s);

    if (code != EXIT_CODE_OK)
        return code;
    if (session->json) {
        struct json_object *o = json_object_new_object();
        json_put_text(o, "name", s.device.name);
        json_put_text(o, "endpoint", s.device.endpoint);
        json_put_text(o, "service", s.device.service);
        json_put(o, "quirks", quirks_json(&s.has.quirks));
        if (s.has.description)
            json_put(o, "ScannerDescription", json_of("ScannerDescription", s.has.description));
        json_put(o, "ScannerConfiguration", json_of("ScannerConfiguration", s.has.configuration));
        if (s.has.default_ticket)
            json_put(o, "DefaultScanTicket", json_of("ScanTicket", s.has.default_ticket));
        code = json_print_pretty(o);
    } else {
        print_caps(&s);
    }
    scanner_close(&s);
    return code;
}

/* -- status -------------------------------------------------------------------------------------
 */

static const char *state_word(int value)
{
    static const char *const words[] = {"unknown", "Idle", "Processing", "Stopped"};
    return words[value >= 0 && value <= WSD_SCAN_STATE_STOPPED ? value : 0];
}

static void print_condition(const char *label, const struct wsd_scan_condition *c)
{
    printf("%-14s ", label);
    text_put(stdout, token_text(&c->name, no_word));
    fputs(" at ", stdout);
    text_put(stdout, token_text(&c->component, no_word));
    fputs(", ", stdout);
    text_put(stdout, token_text(&c->severity, no_word));
    if (c->time.text) {
        fputs(", since ", stdout);
        text_put(stdout, c->time.text);
    }
    putchar('\n');
}

static void print_status(const struct scanner *s)
{
    const struct wsd_scan_status *status = s->has.status;
    struct scan_trouble trouble;

    printf("%-14s ", "Scanner");
    text_put(stdout, s->device.name);
    printf("\n%-14s ", "State");
    text_put(stdout, token_text(&status->scanner_state, state_word));
    putchar('\n');
    if (status->n_scanner_state_reasons > 0)
        print_words("Reasons", status->scanner_state_reasons, status->n_scanner_state_reasons,
                    no_word);
    for (size_t i = 0; i < status->n_active_conditions; i++)
        print_condition("Condition", &status->active_conditions[i]);
    if (scan_trouble_of(status, true, &trouble))
        printf("%-14s %s. %s\n", "To do", trouble.what, trouble.advice);
    else if (scan_has_reason(status, WSD_SCAN_STATE_REASON_LAMP_WARMING) ||
             scan_has_reason(status, WSD_SCAN_STATE_REASON_CALIBRATING))
        printf("%-14s %s\n", "To do", "it gets ready; wait half a minute.");
}

int command_status(struct session *session)
{
    struct scanner s;
    int code = scanner_open(session, WSD_SCAN_STATUS, &s);

    if (code != EXIT_CODE_OK)
        return code;
    if (!s.has.status) {
        code = report_failure(session, EXIT_CODE_NETWORK, s.device.name,
                              "it does not tell its state", NULL);
    } else if (session->json) {
        struct json_object *o = json_object_new_object();
        json_put_text(o, "name", s.device.name);
        json_put_text(o, "endpoint", s.device.endpoint);
        json_put(o, "ScannerStatus", json_of("ScannerStatus", s.has.status));
        code = json_print_pretty(o);
    } else {
        print_status(&s);
    }
    scanner_close(&s);
    return code;
}
