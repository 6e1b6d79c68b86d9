/* SPDX-License-Identifier: MIT */
/* The images of a job, one after the other, from the socket into the files. */
#include "scan_run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/exit_codes.h"
#include "common/print_json.h"
#include "common/text.h"
#include "progress.h"
#include "report.h"
#include "scan/crop.h"
#include "scan/silence.h"
#include "scan_changes.h"
#include "scan_job.h"

struct run {
    struct session *session;
    const struct scan_output *where;
    struct scan_job job;
    struct output *output;
    struct progress progress;
    struct silence silence; /* of the image that comes */
    bool output_failed;
    int page_code; /* of the last page that was taken in */
};

static bool is_multi(const char *format)
{
    return strncasecmp(format, "tiff-multi", 10) == 0 || strcasecmp(format, "pdf-a") == 0 ||
           strcasecmp(format, "xps") == 0;
}

/* What will come when the scanner is asked for a format. */
static enum sniff_kind kind_of(const char *format)
{
    static const struct {
        const char *start;
        enum sniff_kind kind;
    } kinds[] = {{"jfif", SNIFF_JPEG}, {"exif", SNIFF_JPEG},       {"png", SNIFF_PNG},
                 {"dib", SNIFF_BMP},   {"tiff", SNIFF_TIFF},       {"pdf", SNIFF_PDF},
                 {"xps", SNIFF_XPS},   {"jpeg2k", SNIFF_JPEG2000}, {"jbig", SNIFF_JBIG}};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strncasecmp(format, kinds[i].start, strlen(kinds[i].start)) == 0)
            return kinds[i].kind;
    return SNIFF_UNKNOWN;
}

static int output_exit_code(int code)
{
    switch (code) {
    case OUTPUT_E_USAGE:
        return EXIT_CODE_USAGE;
    case OUTPUT_E_TRUNCATED:
    case OUTPUT_E_NOT_AN_IMAGE:
        return EXIT_CODE_NETWORK;
    default:
        return EXIT_CODE_OUTPUT;
    }
}

static int report_output(struct run *run, const struct output_error *error)
{
    return report_failure(run->session, output_exit_code(error->code), NULL, error->text, NULL);
}

/* -- output -------------------------------------------------------------------------------------
 */

static struct output_options output_options(const struct run *run)
{
    const struct scan_settings *s = run->job.settings;
    struct scan_crop crop;

    scan_crop_asked(s, &run->job.scanner->has, &crop);
    if (run->job.created)
        scan_crop_agreed(s, &run->job.created->document_final_parameters, &crop);
    return (struct output_options){
        .folder = run->where->folder,
        .pattern = run->where->pattern,
        .kind = s->kind,
        .force = args_has(run->session->args, OPT_FORCE),
        .quality = s->has_quality && s->quality > 0 ? (int)s->quality : 0,
        .pdfa = args_has(run->session->args, OPT_PDFA),
        .title = s->job_name,
        .dpi_x = crop.dpi_x,
        .dpi_y = crop.dpi_y,
        .device = run->job.scanner->device.name,
        .expected = kind_of(s->formats[s->format]),
        .crop = crop.crop,
    };
}

/* The first failure is the one to be told. */
static int fail_output(struct run *run)
{
    run->output_failed = true;
    run->page_code = report_output(run, output_last_error(run->output));
    return WSD_E_SINK;
}

static int sink_begin(void *user, const char *content_type)
{
    struct run *run = user;

    (void)content_type; /* often wrong: the bytes tell */
    progress_page(&run->progress);
    return output_page_begin(run->output) == 0 ? 0 : fail_output(run);
}

static int sink_write(void *user, const void *bytes, size_t size)
{
    struct run *run = user;

    silence_broken(&run->silence);
    progress_bytes(&run->progress, size);
    return output_page_write(run->output, bytes, size) == 0 ? 0 : fail_output(run);
}

static int sink_end(void *user, bool complete)
{
    struct run *run = user;

    if (run->output_failed) {
        output_page_end(run->output, false);
        return WSD_E_SINK;
    }
    return output_page_end(run->output, complete) == 0 ? 0 : fail_output(run);
}

/* -- images -------------------------------------------------------------------------------------
 */

enum step { STEP_NEXT, STEP_DONE, STEP_FAILED };

/* How a job of a feeder ends (S5, WS-Scan 3.2). */
static bool is_end(const struct run *run, const struct wsd_error *error)
{
    return wsd_error_is_fault(error, "ClientErrorNoImagesAvailable") ||
           (scan_feeds(run->job.settings) && run->job.scanner->has.quirks.on[QUIRK_S5] &&
            wsd_error_is_fault(error, "ClientErrorJobIdNotFound"));
}

static int feeder_empty(struct run *run)
{
    return report_failure(
        run->session, EXIT_CODE_PAPER, run->job.scanner->device.name, "the feeder is empty",
        "Put paper into the feeder, or scan from the glass with --source platen.");
}

/* The scanner said so while its image was waited for. */
static enum step fail_stopped(struct run *run, unsigned number, const struct scan_trouble *trouble,
                              int *ret_code)
{
    char what[200];

    if (trouble->reason == WSD_SCAN_STATE_REASON_INPUT_TRAY_EMPTY && number > 1) {
        session_note(run->session, "%s: no page %u comes; the scanner says: %s",
                     run->job.scanner->device.name, number, trouble->what);
        return STEP_DONE;
    }
    snprintf(what, sizeof what, "nothing more comes of page %u; the scanner says: %s", number,
             trouble->what);
    *ret_code = report_failure(run->session, trouble->paper ? EXIT_CODE_PAPER : EXIT_CODE_REFUSED,
                               run->job.scanner->device.name, what, trouble->advice);
    return STEP_FAILED;
}

static int fail_transfer(struct run *run, const struct wsd_error *error)
{
    const struct wsd_scan_get_scanner_elements_response *answer = NULL;
    const struct wsd_scan_status *status = NULL;
    const char *name = run->job.scanner->device.name;

    if (session_signals() > 0 || error->code == WSD_E_CANCELLED)
        return report_failure(run->session, EXIT_CODE_INTERRUPTED, NULL,
                              "interrupted; the job is cancelled on the scanner", NULL);
    if (run->output_failed)
        return run->page_code;
    /* A jam looks like any failure of the transfer; the scanner knows more. */
    scanner_read_status(run->session, run->job.scanner, &answer, &status);
    int code = scan_job_check_status(&run->job, status);
    wsd_free(answer);
    return code != EXIT_CODE_OK ? code : report_error(run->session, name, error);
}

struct transfer {
    bool ended;
    int status;
    struct wsd_error error;
};

static void transferred(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct transfer *transfer = user;

    wsd_free(result);
    transfer->ended = true;
    transfer->status = status;
    if (error)
        transfer->error = *error;
}

/* Whether an image is not waited for any longer that the scanner has stopped for `trouble`. Most of
 * it a person can mend, and many scanners go on then; so it is said, and waited for as long as any
 * silence is. */
static bool is_over(struct run *run, const struct scan_trouble *trouble, unsigned number,
                    const char **told)
{
    if (trouble->reason == WSD_SCAN_STATE_REASON_INPUT_TRAY_EMPTY ||
        args_has(run->session->args, OPT_NO_WAIT))
        return true;
    if (*told != trouble->what)
        session_note(run->session, "%s: page %u waits; the scanner says: %s. %s",
                     run->job.scanner->device.name, number, trouble->what, trouble->advice);
    *told = trouble->what;
    return false;
}

/* Waits for the image. On Ctrl-C the job is cancelled while its connection is still open, so that
 * the scanner knows of a person's wish and not of a broken line. */
static int await_image(struct run *run, unsigned number, struct wsd_call *call,
                       struct transfer *transfer)
{
    bool given_up = false;
    const char *told = NULL;

    while (!transfer->ended) {
        const struct scan_trouble *trouble = silence_trouble(&run->silence);
        if (given_up) {
            wsd_context_wait(run->session->context, -1, NULL);
        } else if (trouble && is_over(run, trouble, number, &told)) {
            given_up = true;
            wsd_call_cancel(call);
        } else if (!session_turn(run->session, silence_turn(&run->silence, session_now()))) {
            given_up = true;
            silence_end(&run->silence);
            scan_job_cancel(&run->job);
            if (!transfer->ended)
                wsd_call_cancel(call);
        }
    }
    silence_end(&run->silence);
    return transfer->status;
}

static enum step fetch(struct run *run, unsigned number, int *ret_code)
{
    struct wsd_image_sink sink = WSD_IMAGE_SINK_INIT;
    struct wsd_request_options request = run->session->request;
    struct transfer transfer = {0};
    struct wsd_call *call = NULL;
    char document[64];

    sink.user = run;
    sink.begin = sink_begin;
    sink.write = sink_write;
    sink.end = sink_end;
    if (!args_has(run->session->args, OPT_TIMEOUT))
        request.answer_timeout = 0; /* the library's own, which is longer for images */
    snprintf(document, sizeof document, "page %u", number);
    silence_begin(&run->silence, run->session->context, run->job.scanner->device.service,
                  &run->session->request, scan_feeds(run->job.settings), session_now());
    int r =
        wsd_retrieve_image_start(run->session->context, run->job.scanner->device.service,
                                 run->job.created->job_id, run->job.created->job_token, document,
                                 &sink, &request, transferred, &transfer, &call, &transfer.error);
    if (r == 0)
        r = await_image(run, number, call, &transfer);
    if (r >= 0)
        return STEP_NEXT;
    if (transfer.error.code == WSD_E_CANCELLED && session_signals() == 0 &&
        silence_trouble(&run->silence))
        return fail_stopped(run, number, silence_trouble(&run->silence), ret_code);
    if (is_end(run, &transfer.error) && number > 1)
        return STEP_DONE;
    if (is_end(run, &transfer.error) && scan_feeds(run->job.settings)) {
        *ret_code = feeder_empty(run);
        return STEP_FAILED;
    }
    *ret_code = fail_transfer(run, &transfer.error);
    return STEP_FAILED;
}

static int fetch_all(struct run *run)
{
    const struct wsd_scan_final_parameters *final = &run->job.created->document_final_parameters;
    const char *format = final->format.value.text && *final->format.value.text
                             ? final->format.value.text
                             : run->job.settings->formats[run->job.settings->format];
    long images = scan_images(run->job.settings);
    int code = EXIT_CODE_OK;

    if (is_multi(format))
        images = 1;
    for (unsigned number = 1; images == 0 || number <= (unsigned long)images; number++) {
        if (session_signals() > 0)
            return report_failure(run->session, EXIT_CODE_INTERRUPTED, NULL,
                                  "interrupted; the job is cancelled on the scanner", NULL);
        enum step step = fetch(run, number, &code);
        if (step != STEP_NEXT)
            return step == STEP_DONE ? EXIT_CODE_OK : code;
    }
    return EXIT_CODE_OK;
}

/* -- result -------------------------------------------------------------------------------------
 */

static void print_files(const struct run *run)
{
    const char *folder = run->where->folder;
    bool here = strcmp(folder, ".") == 0;
    size_t pages = output_page_count(run->output), files = output_file_count(run->output);
    uint64_t total = 0;
    char size[32];

    for (size_t i = 0; i < files; i++) {
        total += output_file_size(run->output, i);
        if (strcmp(output_file_name(run->output, i), "-") == 0)
            continue;
        printf("%s%s%s\n", here ? "" : folder, here || strcmp(folder, "/") == 0 ? "" : "/",
               output_file_name(run->output, i));
    }
    fflush(stdout);
    session_note(run->session, "%zu page%s, %s", pages, pages == 1 ? "" : "s",
                 text_bytes(total, size, sizeof size));
}

static struct json_object *pages_json(const struct run *run)
{
    struct json_object *pages = json_object_new_array();

    for (size_t i = 0; i < output_page_count(run->output); i++) {
        const struct output_page *p = output_page_info(run->output, i);
        struct json_object *page = json_object_new_object();
        json_put_text(page, "received", sniff_extension(p->received));
        json_put_number(page, "bytes", (int64_t)p->bytes);
        json_put_number(page, "width", p->width);
        json_put_number(page, "height", p->height);
        json_put(page, "cropped", json_object_new_boolean(p->cropped));
        json_object_array_add(pages, page);
    }
    return pages;
}

static void print_result(struct run *run)
{
    struct json_object *o = json_object_new_object(), *files = json_object_new_array();

    for (size_t i = 0; i < output_file_count(run->output); i++) {
        struct json_object *file = json_object_new_object();
        json_put_text(file, "folder", run->where->folder);
        json_put_text(file, "name", output_file_name(run->output, i));
        json_put_number(file, "bytes", (int64_t)output_file_size(run->output, i));
        json_object_array_add(files, file);
    }
    json_put_number(o, "job", run->job.created->job_id);
    json_put(o, "files", files);
    json_put(o, "pages", pages_json(run));
    json_put(o, "changes", json_object_get(run->job.changes));
    json_print_pretty(o);
}

/* What is whole is kept, also when the job broke off; an interrupted document is given up. */
static int finish(struct run *run, int code)
{
    bool to_stdout = strcmp(run->where->pattern, "-") == 0;

    if (code == EXIT_CODE_INTERRUPTED || output_page_count(run->output) == 0) {
        output_abort(run->output);
    } else if (output_finish(run->output) < 0) {
        int failed = report_output(run, output_last_error(run->output));
        return code == EXIT_CODE_OK ? failed : code;
    }
    session_end_line(run->session);
    if (output_file_count(run->output) == 0)
        return code;
    if (code != EXIT_CODE_OK)
        session_note(run->session, "the pages before are saved");
    if (run->session->json && !to_stdout)
        print_result(run);
    else
        print_files(run);
    return code;
}

static void expect_bytes(struct run *run)
{
    const struct wsd_scan_media_image_info *info =
        &run->job.created->image_information.media_front_image_info;

    if (info->bytes_per_line > 0 && info->number_of_lines > 0)
        run->progress.expected = (uint64_t)info->bytes_per_line * (uint64_t)info->number_of_lines;
    run->progress.pages = scan_images(run->job.settings);
}

static int fetch_into_output(struct run *run)
{
    struct output_options options = output_options(run);
    struct output_error error = {0};

    scan_ticket_changes(run->job.use_corrected ? &run->job.corrected : &run->job.ticket.ticket,
                        &run->job.created->document_final_parameters, scan_say_difference,
                        &(struct scan_changes){run->session, run->job.changes});
    expect_bytes(run);
    if (output_open(&options, &run->output, &error) < 0) {
        scan_job_cancel(&run->job);
        return report_output(run, &error);
    }
    int code = fetch_all(run);
    scan_job_cancel(&run->job);
    code = finish(run, code);
    output_free(run->output);
    return code;
}

int scan_run(struct session *session, const struct scanner *scanner, struct scan_settings *settings,
             const struct scan_output *where)
{
    struct run run = {
        .session = session,
        .where = where,
        .job = {.session = session, .scanner = scanner, .settings = settings},
        .progress = {.session = session},
    };
    struct output_options options = output_options(&run);
    struct output_error error = {0};
    int code = EXIT_CODE_OK;

    if (output_check(&options, &error) < 0)
        return report_output(&run, &error);
    if (session->json)
        run.job.changes = json_object_new_array();
    scan_ticket_make(settings, &scanner->has, false, &run.job.ticket);
    code = scan_job_check_status(&run.job, scanner->has.status);
    if (code == EXIT_CODE_OK)
        code = scan_job_validate(&run.job);
    if (code == EXIT_CODE_OK)
        code = scan_job_create(&run.job);
    if (code == EXIT_CODE_OK)
        code = fetch_into_output(&run);
    scan_job_free(&run.job);
    return code;
}
