/* SPDX-License-Identifier: MIT */
/* wsd scan and wsd validate. */
#include <inttypes.h>
#include <stdio.h>

#include "commands.h"
#include "common/exit_codes.h"
#include "common/print_json.h"
#include "common/text.h"
#include "report.h"
#include "scan_changes.h"
#include "scan_run.h"

static int open_and_choose(struct session *session, struct scanner *scanner,
                           struct scan_settings *settings, struct scan_output *output)
{
    int code = scanner_open(session, WSD_SCAN_ALL_PARTS, scanner);

    if (code != EXIT_CODE_OK)
        return code;
    code = scan_settings_choose(session, scanner, settings, output);
    if (code != EXIT_CODE_OK)
        scanner_close(scanner);
    return code;
}

int command_scan(struct session *session)
{
    static struct scan_settings settings;
    static struct scan_output output;
    struct scanner scanner;
    int code = open_and_choose(session, &scanner, &settings, &output);

    if (code != EXIT_CODE_OK)
        return code;
    code = scan_run(session, &scanner, &settings, &output);
    scanner_close(&scanner);
    return code;
}

static void print_validation(struct session *session, const struct scan_settings *settings,
                             const struct scan_ticket *ticket,
                             const struct wsd_scan_validation_info *info)
{
    const struct wsd_scan_media_image_info *image = &info->image_information.media_front_image_info;

    puts(info->valid_ticket ? "valid" : "not valid as it is");
    printf("%-14s %s, %s, %" PRId32 " x %" PRId32 " dpi, ", "Asked for", settings->source->word,
           color_word(settings->color), settings->dpi_x, settings->dpi_y);
    text_put(stdout, settings->formats[settings->format]);
    putchar('\n');
    if (image->pixels_per_line > 0)
        printf("%-14s %" PRId32 " x %" PRId32 " pixels\n", "Image", image->pixels_per_line,
               image->number_of_lines);
    if (!info->valid_ticket && info->valid_scan_ticket)
        scan_ticket_corrections(&ticket->ticket, info->valid_scan_ticket, scan_say_difference,
                                &(struct scan_changes){session, NULL});
}

int command_validate(struct session *session)
{
    static struct scan_settings settings;
    static struct scan_output output;
    const struct wsd_scan_validate_scan_ticket_response *answer = NULL;
    struct wsd_error error = {0};
    struct scan_ticket ticket;
    struct scanner scanner;
    int code = open_and_choose(session, &scanner, &settings, &output);

    if (code != EXIT_CODE_OK)
        return code;
    scan_ticket_make(&settings, &scanner.has, false, &ticket);
    if (wsd_validate_scan_ticket(session->context, scanner.device.service, &ticket.ticket,
                                 &session->request, &answer, &error) < 0) {
        code = report_error(session, scanner.device.name, &error);
    } else {
        if (session->json)
            code = json_print_pretty(json_of("ValidationInfo", &answer->validation_info));
        else
            print_validation(session, &settings, &ticket, &answer->validation_info);
        if (code == EXIT_CODE_OK && !answer->validation_info.valid_ticket)
            code = EXIT_CODE_REFUSED;
    }
    wsd_free(answer);
    scanner_close(&scanner);
    return code;
}
