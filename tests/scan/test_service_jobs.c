/* SPDX-License-Identifier: MIT */
/* The life of a scan job: creation, pick-up, transfer, cancelling, history. */
#include "test_service_support.h"

#define EMPTY_TICKET TICKET("")
#define FEEDER(n)                                                                                  \
    TICKET("<wscn:ImagesToTransfer>" n "</wscn:ImagesToTransfer>"                                  \
           "<wscn:InputSource>ADF</wscn:InputSource>")

static void advance(struct bench *bench, uint64_t milliseconds)
{
    bench->now += milliseconds;
    assert_int_equal(wsd_context_dispatch(bench->context, NULL), 0);
}

static void test_created_job_is_pending(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, EMPTY_TICKET);
    const struct wsd_scan_job_status *status;

    assert_true(job.id > 0);
    assert_int_equal(strlen(job.token), 32);
    status = job_status(bench, job.id);
    assert_int_equal(status->job_state.value, WSD_SCAN_JOB_STATE_PENDING);
    assert_int_equal(status->job_state_reasons[0].value, WSD_SCAN_JOB_STATE_REASON_NONE);
    assert_int_equal(status->scans_completed, 0);
    assert_int_equal(status->job_created_time->seconds, 1700000000);
    assert_null(status->job_completed_time);
    assert_int_equal(bench->fake.begun, 0);
}

static void test_second_job_is_refused_while_one_is_active(void **state)
{
    struct bench *bench = *state;

    create_job(bench, EMPTY_TICKET);
    ask(bench, "CreateScanJob", EMPTY_TICKET);
    assert_fault(bench, "ServerErrorNotAcceptingJobs", 500);
}

static void test_platen_job_completes_with_its_one_image(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, EMPTY_TICKET), next;

    retrieve(bench, &job);
    pull_whole_image(bench);
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_COMPLETED, WSD_SCAN_JOB_STATE_REASON_NONE);
    assert_int_equal(job_status(bench, job.id)->scans_completed, 1);
    assert_non_null(job_status(bench, job.id)->job_completed_time);
    assert_int_equal(bench->fake.ended, 1);
    assert_int_equal(bench->fake.end_state, WSD_SCAN_JOB_STATE_COMPLETED);
    next = create_job(bench, EMPTY_TICKET);
    assert_int_equal(next.id, job.id + 1);
    assert_string_not_equal(next.token, job.token);
}

static void test_retrieve_after_completion_has_no_images(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, EMPTY_TICKET);

    retrieve(bench, &job);
    pull_whole_image(bench);
    retrieve(bench, &job);
    assert_fault(bench, "ClientErrorNoImagesAvailable", 400);
}

static void test_feeder_job_ends_when_all_wanted_images_have_left(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, FEEDER("2"));

    retrieve(bench, &job);
    pull_whole_image(bench);
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_PROCESSING,
               WSD_SCAN_JOB_STATE_REASON_JOB_SCANNING);
    retrieve(bench, &job);
    pull_whole_image(bench);
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_COMPLETED, WSD_SCAN_JOB_STATE_REASON_NONE);
    assert_int_equal(job_status(bench, job.id)->scans_completed, 2);
}

static void test_feeder_job_ends_when_the_scanner_has_no_more(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, FEEDER("0"));

    bench->fake.pages = 1;
    retrieve(bench, &job);
    pull_whole_image(bench);
    retrieve(bench, &job);
    assert_fault(bench, "ClientErrorNoImagesAvailable", 400);
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_COMPLETED, WSD_SCAN_JOB_STATE_REASON_NONE);
}

static void test_feeder_known_to_be_empty_ends_the_job_at_once(void **state)
{
    struct bench *bench = *state;
    struct created job;

    bench->fake.originals = 1;
    job = create_job(bench, FEEDER("0"));
    retrieve(bench, &job);
    pull_whole_image(bench);
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_COMPLETED, WSD_SCAN_JOB_STATE_REASON_NONE);
    retrieve(bench, &job);
    assert_fault(bench, "ClientErrorNoImagesAvailable", 400);
}

static void test_empty_feeder_refuses_the_job(void **state)
{
    struct bench *bench = *state;

    bench->fake.originals = 0;
    ask(bench, "CreateScanJob", FEEDER("0"));
    assert_fault(bench, "ClientErrorNoImagesAvailable", 400);
    create_job(bench, EMPTY_TICKET);
}

static void test_multi_page_file_is_one_retrieve_for_all_images(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(
        bench, TICKET("<wscn:Format>pdf-a</wscn:Format><wscn:ImagesToTransfer>0"
                      "</wscn:ImagesToTransfer><wscn:InputSource>ADF</wscn:InputSource>"));

    bench->fake.multi_images = 7;
    retrieve(bench, &job);
    pull_whole_image(bench);
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_COMPLETED, WSD_SCAN_JOB_STATE_REASON_NONE);
    assert_int_equal(job_status(bench, job.id)->scans_completed, 7);
}

static void test_nobody_comes_for_a_minute_aborts_the_job(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, EMPTY_TICKET);

    advance(bench, 59999);
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_PENDING, WSD_SCAN_JOB_STATE_REASON_NONE);
    advance(bench, 1);
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_ABORTED, WSD_SCAN_JOB_STATE_REASON_JOB_TIMED_OUT);
    assert_int_equal(bench->fake.ended, 0);
    retrieve(bench, &job);
    assert_fault(bench, "OperationFailed", 500);
}

static void test_minute_runs_anew_between_images(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, FEEDER("3"));

    advance(bench, 59000);
    retrieve(bench, &job);
    advance(bench, 120000); /* an image may take as long as it likes */
    pull_whole_image(bench);
    advance(bench, 59999);
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_PROCESSING,
               WSD_SCAN_JOB_STATE_REASON_JOB_SCANNING);
    advance(bench, 1);
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_ABORTED, WSD_SCAN_JOB_STATE_REASON_JOB_TIMED_OUT);
    assert_int_equal(bench->fake.ended, 1);
    assert_int_equal(bench->fake.end_state, WSD_SCAN_JOB_STATE_ABORTED);
}

static void cancel(struct bench *bench, int32_t id)
{
    ask(bench, "CancelJob", "<wscn:JobId>%d</wscn:JobId>", id);
}

static void test_cancel_of_a_pending_job(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, EMPTY_TICKET);

    cancel(bench, job.id);
    assert_non_null(bench->body->cancel_job_response);
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_CANCELED, WSD_SCAN_JOB_STATE_REASON_NONE);
    retrieve(bench, &job);
    assert_fault(bench, "ClientErrorJobCancelled", 400);
    create_job(bench, EMPTY_TICKET);
}

static void test_cancel_between_two_images(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, FEEDER("0"));

    retrieve(bench, &job);
    pull_whole_image(bench);
    cancel(bench, job.id);
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_CANCELED, WSD_SCAN_JOB_STATE_REASON_NONE);
    assert_int_equal(bench->fake.ended, 1);
    assert_int_equal(bench->fake.end_state, WSD_SCAN_JOB_STATE_CANCELED);
}

static int woken;
static void wake(void *user)
{
    (void)user;
    woken++;
}

static void test_cancel_cuts_an_image_that_waits(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, EMPTY_TICKET);
    struct wsd__buf all = WSD__BUF_INIT(1 << 20);
    struct wsd__scan_stream *stream;

    bench->fake.wait_at = 100;
    retrieve(bench, &job);
    assert_int_equal(pull(bench, &all), WSD_SCANNER_WAIT);
    stream = bench->reply.stream;
    woken = 0;
    wsd__scan_stream_on_wake(stream, wake, NULL);
    cancel(bench, job.id);
    assert_non_null(bench->body->cancel_job_response);
    assert_int_equal(woken, 1);
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_TERMINATING, WSD_SCAN_JOB_STATE_REASON_NONE);
    cancel(bench, job.id); /* twice is once */
    assert_non_null(bench->body->cancel_job_response);
    ask(bench, "CreateScanJob", EMPTY_TICKET);
    assert_fault(bench, "ServerErrorNotAcceptingJobs", 500);
    retrieve(bench, &job);
    assert_fault(bench, "ClientErrorJobCancelled", 400);
    assert_int_equal(wsd__scan_stream_read(stream, &(char[8]){0}, 8), WSD_SCANNER_FAILED);
    wsd__scan_stream_closed(stream, false);
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_CANCELED, WSD_SCAN_JOB_STATE_REASON_NONE);
    assert_int_equal(bench->fake.end_state, WSD_SCAN_JOB_STATE_CANCELED);
    wsd__buf_free(&all);
}

static void test_cancel_at_the_panel_says_so(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, EMPTY_TICKET);

    assert_int_equal(wsd_scan_service_cancel(bench->service, job.id), 0);
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_CANCELED,
               WSD_SCAN_JOB_STATE_REASON_JOB_CANCELED_AT_DEVICE);
    assert_int_equal(wsd_scan_service_cancel(bench->service, job.id), WSD_E_INVALID);
    assert_int_equal(wsd_scan_service_cancel(bench->service, 5), WSD_E_NOT_FOUND);
}

static void test_cancel_of_a_finished_job_fails(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, EMPTY_TICKET);

    retrieve(bench, &job);
    pull_whole_image(bench);
    cancel(bench, job.id);
    assert_fault(bench, "OperationFailed", 500);
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_COMPLETED, WSD_SCAN_JOB_STATE_REASON_NONE);
}

static void test_cancel_of_an_unknown_job_names_it(void **state)
{
    struct bench *bench = *state;

    cancel(bench, 77);
    assert_fault(bench, "ClientErrorJobIdNotFound", 400);
    assert_string_equal(fault_detail(bench), "77");
}

static void test_broken_connection_aborts_the_job(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, EMPTY_TICKET);
    char piece[64];

    retrieve(bench, &job);
    assert_true(wsd__scan_stream_read(bench->reply.stream, piece, sizeof piece) > 0);
    wsd__scan_stream_closed(bench->reply.stream, false);
    bench->reply.stream = NULL;
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_ABORTED,
               WSD_SCAN_JOB_STATE_REASON_IMAGE_TRANSFER_ERROR);
    assert_int_equal(bench->fake.end_state, WSD_SCAN_JOB_STATE_ABORTED);
}

static void test_second_retrieve_during_an_image_is_refused(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, EMPTY_TICKET);
    struct wsd__scan_stream *stream;

    retrieve(bench, &job);
    stream = bench->reply.stream;
    retrieve(bench, &job);
    assert_fault(bench, "OperationFailed", 500);
    wsd__scan_stream_closed(stream, false);
}

static void test_wrong_token_is_refused(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, EMPTY_TICKET), other = job;

    other.token[31] = (char)(other.token[31] == '0' ? '1' : '0');
    retrieve(bench, &other);
    assert_fault(bench, "ClientErrorInvalidJobToken", 400);
    other.token[0] = '\0';
    retrieve(bench, &other);
    assert_fault(bench, "ClientErrorInvalidJobToken", 400);
    retrieve(bench, &job);
    pull_whole_image(bench);
}

static void test_unknown_job_of_a_retrieve_is_named(void **state)
{
    struct bench *bench = *state;
    struct created job = {.id = 4711, .token = "x"};

    retrieve(bench, &job);
    assert_fault(bench, "ClientErrorJobIdNotFound", 400);
    assert_string_equal(fault_detail(bench), "4711");
}

static void test_scanner_that_cannot_begin_aborts_the_job(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, EMPTY_TICKET);

    bench->fake.begin_result = -1;
    retrieve(bench, &job);
    assert_fault(bench, "ServerErrorInternalError", 500);
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_ABORTED,
               WSD_SCAN_JOB_STATE_REASON_JOB_COMPLETED_WITH_ERRORS);
    assert_int_equal(bench->fake.ended, 0);
}

static void test_jam_on_the_way_to_an_image_is_temporary(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, EMPTY_TICKET);

    bench->fake.next_result = -1;
    assert_true(wsd_scan_service_condition(bench->service, WSD_SCAN_CONDITION_NAME_MEDIA_JAM,
                                           WSD_SCAN_COMPONENT_ADF, WSD_SCAN_SEVERITY_CRITICAL) > 0);
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_PENDING,
               WSD_SCAN_JOB_STATE_REASON_SCANNER_STOPPED);
    retrieve(bench, &job);
    assert_fault(bench, "ServerErrorTemporaryError", 500);
    assert_int_equal(bench->fake.ended, 1);
    ask(bench, "CreateScanJob", EMPTY_TICKET);
    assert_fault(bench, "ServerErrorNotAcceptingJobs", 500);
}

static void test_scanner_that_fails_in_mid_image_sends_no_tail(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, EMPTY_TICKET);
    struct wsd__buf all = WSD__BUF_INIT(1 << 20);

    bench->fake.fail_at = 200;
    retrieve(bench, &job);
    assert_int_equal(pull(bench, &all), WSD_SCANNER_FAILED);
    assert_null(strstr(all.data, "--\r\n\r\n"));
    wsd__scan_stream_closed(bench->reply.stream, false);
    bench->reply.stream = NULL;
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_ABORTED,
               WSD_SCAN_JOB_STATE_REASON_JOB_COMPLETED_WITH_ERRORS);
    wsd__buf_free(&all);
}

static void test_image_is_wrapped_in_two_parts(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, EMPTY_TICKET);
    struct wsd__buf all = WSD__BUF_INIT(1 << 20);
    const char *cid;

    retrieve(bench, &job);
    assert_non_null(strstr(wsd__scan_stream_type(bench->reply.stream), "multipart/related"));
    assert_int_equal(bench->reply.status, 200);
    assert_int_equal(pull(bench, &all), WSD_SCANNER_END);
    assert_memory_equal(all.data, "\r\n--", 4); /* PyWSD wants a line end before the first one */
    cid = strstr(all.data, "href=\"cid:");
    assert_non_null(cid);
    assert_non_null(strstr(all.data, "RelatesTo>urn:uuid:0<"));
    assert_non_null(strstr(all.data, "RetrieveImageResponse<"));
    assert_non_null(strstr(all.data, "Content-Type: image/x-test"));
    assert_non_null(strstr(all.data, "xxxxx"));
    wsd__scan_stream_closed(bench->reply.stream, true);
    bench->reply.stream = NULL;
    wsd__buf_free(&all);
}

static void test_image_without_a_type_has_that_of_its_format(void **state)
{
    static const struct {
        struct wsd_token format;
        const char *type;
    } rows[] = {
        {{WSD_SCAN_FORMAT_DIB, "dib"}, "image/bmp"},
        {{WSD_SCAN_FORMAT_EXIF, "exif"}, "image/jpeg"},
        {{WSD_SCAN_FORMAT_JBIG, "jbig"}, "image/jbig"},
        {{WSD_SCAN_FORMAT_JFIF, "jfif"}, "image/jpeg"},
        {{WSD_SCAN_FORMAT_JPEG2K, "jpeg2k"}, "image/jp2"},
        {{WSD_SCAN_FORMAT_PDF_A, "pdf-a"}, "application/pdf"},
        {{WSD_SCAN_FORMAT_PNG, "png"}, "image/png"},
        {{WSD_SCAN_FORMAT_TIFF_SINGLE_UNCOMPRESSED, "tiff-single-uncompressed"}, "image/tiff"},
        {{WSD_SCAN_FORMAT_TIFF_MULTI_JPEG_TN2, "tiff-multi-jpeg-tn2"}, "image/tiff"},
        {{WSD_SCAN_FORMAT_XPS, "xps"}, "application/vnd.ms-xpsdocument"},
        {{WSD_SCAN_FORMAT_OTHER, "x-vendor"}, "application/octet-stream"},
    };
    struct bench *bench = *state;
    struct wsd_scan_configuration all = bench_configuration;
    struct wsd_token formats[COUNT(rows)];
    const struct wsd_scan_configuration *before = bench->service->capabilities.configuration;

    for (size_t i = 0; i < COUNT(rows); i++)
        formats[i] = rows[i].format;
    all.device_settings.formats_supported = formats;
    all.device_settings.n_formats_supported = COUNT(rows);
    bench->service->capabilities.configuration = &all;
    bench->fake.untyped = true;
    bench->fake.pages = 1;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wsd__buf image = WSD__BUF_INIT(1 << 20);
        char ticket[512], wanted[128];
        struct created job;

        snprintf(ticket, sizeof ticket, TICKET("<wscn:Format>%s</wscn:Format>"),
                 rows[i].format.text);
        snprintf(wanted, sizeof wanted, "\r\nContent-Type: %s\r\n", rows[i].type);
        job = create_job(bench, ticket);
        retrieve(bench, &job);
        assert_int_equal(pull(bench, &image), WSD_SCANNER_END);
        if (!strstr(image.data, wanted))
            fail_msg("%s: %s", rows[i].format.text, image.data);
        wsd__scan_stream_closed(bench->reply.stream, true);
        bench->reply.stream = NULL;
        wsd__buf_free(&image);
    }
    ask(bench, "CreateScanJob", TICKET("<wscn:Format>x-other</wscn:Format>"));
    assert_fault(bench, "ClientErrorFormatNotSupported", 400);
    bench->service->capabilities.configuration = before;
}

static void test_head_comes_before_the_scanner_is_read(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, EMPTY_TICKET);
    char piece[8192];

    retrieve(bench, &job);
    assert_true(wsd__scan_stream_read(bench->reply.stream, piece, sizeof piece) > 0);
    assert_int_equal(bench->fake.given, 0);
    pull_whole_image(bench);
}

static void test_documents_are_named_by_the_client(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, FEEDER("0"));
    const char *names[] = {"wscn:Documents", "Documents", "wscn:Document", "Document"};

    for (size_t i = 0; i < COUNT(names); i++) {
        const struct wsd_scan_documents *documents;
        const struct wsd_scan_body *body =
            ask(bench, "GetJobElements",
                "<wscn:JobId>%d</wscn:JobId><wscn:RequestedElements><wscn:Name>%s</wscn:Name>"
                "</wscn:RequestedElements>",
                job.id, names[i]);

        documents = body->get_job_elements_response->job_elements[0].documents;
        assert_non_null(documents);
        assert_int_equal(documents->n_document, 1);
        assert_string_equal(documents->document[0].document_description.document_name,
                            i < 2 ? "Job" : "Page");
        if (i == 1) {
            retrieve(bench, &job);
            pull_whole_image(bench);
        }
    }
}

static void test_job_elements_in_the_order_asked_for(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, TICKET("<wscn:Format>png</wscn:Format>"));
    const struct wsd_scan_get_job_elements_response *answer;

    answer = ask(bench, "GetJobElements",
                 "<wscn:JobId>%d</wscn:JobId><wscn:RequestedElements>"
                 "<wscn:Name>wscn:ScanTicket</wscn:Name><wscn:Name>wscn:Nonsense</wscn:Name>"
                 "<wscn:Name>wscn:JobStatus</wscn:Name></wscn:RequestedElements>",
                 job.id)
                 ->get_job_elements_response;
    assert_int_equal(answer->n_job_elements, 3);
    assert_true(answer->job_elements[0].valid);
    assert_int_equal(answer->job_elements[0].scan_ticket->document_parameters->format->value.value,
                     WSD_SCAN_FORMAT_PNG);
    assert_false(answer->job_elements[1].valid);
    assert_string_equal(answer->job_elements[1].name.local, "Nonsense");
    assert_non_null(answer->job_elements[2].job_status);
}

static void test_job_elements_of_an_unknown_job(void **state)
{
    struct bench *bench = *state;

    ask(bench, "GetJobElements",
        "<wscn:JobId>3</wscn:JobId><wscn:RequestedElements><wscn:Name>wscn:JobStatus</wscn:Name>"
        "</wscn:RequestedElements>");
    assert_fault(bench, "ClientErrorJobIdNotFound", 400);
    assert_string_equal(fault_detail(bench), "3");
}

static void test_lists_of_active_and_ended_jobs(void **state)
{
    struct bench *bench = *state;
    struct created job;
    const struct wsd_scan_body *body;

    assert_int_equal(ask(bench, "GetActiveJobs", "")->get_active_jobs_response->n_active_jobs, 0);
    assert_int_equal(ask(bench, "GetJobHistory", "")->get_job_history_response->n_job_history, 0);
    job = create_job(bench, EMPTY_TICKET);
    body = ask(bench, "GetActiveJobs", "");
    assert_int_equal(body->get_active_jobs_response->n_active_jobs, 1);
    assert_int_equal(body->get_active_jobs_response->active_jobs[0].job_id, job.id);
    assert_string_equal(body->get_active_jobs_response->active_jobs[0].job_name, "Job");
    assert_string_equal(body->get_active_jobs_response->active_jobs[0].job_originating_user_name,
                        "User");
    cancel(bench, job.id);
    assert_int_equal(ask(bench, "GetActiveJobs", "")->get_active_jobs_response->n_active_jobs, 0);
    body = ask(bench, "GetJobHistory", "");
    assert_int_equal(body->get_job_history_response->n_job_history, 1);
    assert_int_equal(body->get_job_history_response->job_history[0].job_state.value,
                     WSD_SCAN_JOB_STATE_CANCELED);
}

static void test_history_is_bounded_and_forgets_the_oldest(void **state)
{
    struct bench *bench = *state;
    int32_t first = 0;

    for (int i = 0; i < WSD_MAX_JOB_HISTORY + 1; i++) {
        struct created job = create_job(bench, EMPTY_TICKET);

        first = i == 0 ? job.id : first;
        cancel(bench, job.id);
    }
    assert_int_equal(ask(bench, "GetJobHistory", "")->get_job_history_response->n_job_history,
                     WSD_MAX_JOB_HISTORY);
    cancel(bench, first);
    assert_fault(bench, "ClientErrorJobIdNotFound", 400);
}

static void test_history_of_long_names_fits_into_an_envelope(void **state)
{
    struct bench *bench = *state;
    char name[256], content[1024];
    size_t n;

    memset(name, 'n', 255);
    name[255] = '\0';
    snprintf(content, sizeof content,
             "<wscn:ScanTicket><wscn:JobDescription><wscn:JobName>%s</wscn:JobName>"
             "<wscn:JobOriginatingUserName>%s</wscn:JobOriginatingUserName></wscn:JobDescription>"
             "</wscn:ScanTicket>",
             name, name);
    for (int i = 0; i < WSD_MAX_JOB_HISTORY; i++)
        cancel(bench, create_job(bench, content).id);
    n = ask(bench, "GetJobHistory", "")->get_job_history_response->n_job_history;
    assert_true(n >= 8 && n < WSD_MAX_JOB_HISTORY);
    assert_true(bench->reply.body.length < 32767);
}

static void test_resume_wakes_the_stream_of_its_job_only(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, EMPTY_TICKET);
    struct wsd__buf all = WSD__BUF_INIT(1 << 20);

    bench->fake.wait_at = 0;
    retrieve(bench, &job);
    wsd__scan_stream_on_wake(bench->reply.stream, wake, NULL);
    assert_int_equal(pull(bench, &all), WSD_SCANNER_WAIT);
    woken = 0;
    wsd_scan_service_resume(bench->service, job.id + 1);
    assert_int_equal(woken, 0);
    wsd_scan_service_resume(bench->service, job.id);
    assert_int_equal(woken, 1);
    pull_whole_image(bench);
    wsd__buf_free(&all);
}

static void test_service_freed_in_mid_image_ends_the_stream(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, EMPTY_TICKET);
    struct wsd__scan_stream *stream;
    char piece[64];

    retrieve(bench, &job);
    stream = bench->reply.stream;
    bench->reply.stream = NULL;
    assert_true(wsd__scan_stream_read(stream, piece, sizeof piece) > 0);
    wsd__scan_service_destroy(bench->service, true);
    bench->service = NULL;
    assert_int_equal(bench->fake.ended, 1);
    assert_int_equal(bench->fake.end_state, WSD_SCAN_JOB_STATE_ABORTED);
    assert_int_equal(wsd__scan_stream_read(stream, piece, sizeof piece), WSD_SCANNER_FAILED);
    wsd__scan_stream_closed(stream, false);
}

/* -- a scanner that has to move before it knows -------------------------------------------------
 */

static struct wsd__scan_stream *pending_image(struct bench *bench, struct created *job)
{
    struct wsd__scan_stream *stream;

    *job = create_job(bench, EMPTY_TICKET);
    retrieve(bench, job);
    stream = bench->reply.stream;
    assert_non_null(stream);
    assert_true(wsd__scan_stream_pending(stream));
    return stream;
}

/* The answer is a fault, and the stream has nothing more to say. */
static void assert_settled_fault(struct bench *bench, const char *subcode)
{
    struct wsd__scan_stream *stream = bench->reply.stream;
    struct wsd__scan_reply reply;

    bench->reply.stream = NULL;
    assert_true(wsd__scan_stream_settle(stream, &reply));
    assert_null(reply.stream);
    assert_non_null(strstr(reply.body.data, subcode));
    assert_non_null(strstr(reply.body.data, "RelatesTo"));
    wsd__buf_free(&reply.body);
    wsd__scan_stream_closed(stream, true);
}

static void test_scanner_that_does_not_know_yet_is_asked_again(void **state)
{
    struct bench *bench = *state;
    struct wsd__scan_stream *stream;
    struct wsd__scan_reply reply;
    struct created job;

    bench->fake.later = 2;
    stream = pending_image(bench, &job);
    assert_false(wsd__scan_stream_settle(stream, &reply));
    assert_true(wsd__scan_stream_settle(stream, &reply));
    assert_ptr_equal(reply.stream, stream);
    assert_int_equal(reply.status, 200);
    pull_whole_image(bench);
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_COMPLETED, WSD_SCAN_JOB_STATE_REASON_NONE);
}

static void test_scanner_that_finds_nothing_later_says_so_by_a_fault(void **state)
{
    struct bench *bench = *state;
    struct created job;

    bench->fake.later = 1;
    bench->fake.pages = 0;
    pending_image(bench, &job);
    assert_settled_fault(bench, "ClientErrorNoImagesAvailable");
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_COMPLETED, WSD_SCAN_JOB_STATE_REASON_NONE);
}

static void test_scanner_that_cannot_now_is_a_passing_problem(void **state)
{
    struct bench *bench = *state;
    struct created job;

    bench->fake.later = 1;
    bench->fake.next_result = WSD_SCANNER_BUSY;
    pending_image(bench, &job);
    assert_settled_fault(bench, "ServerErrorTemporaryError");
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_ABORTED,
               WSD_SCAN_JOB_STATE_REASON_JOB_COMPLETED_WITH_ERRORS);
    assert_int_equal(bench->fake.ended, 1);
}

static void test_cancel_before_the_scanner_knows(void **state)
{
    struct bench *bench = *state;
    struct wsd__scan_stream *stream;
    struct created job;

    bench->fake.later = 9;
    stream = pending_image(bench, &job);
    bench->reply.stream = NULL; /* the answer to the next request is another */
    woken = 0;
    wsd__scan_stream_on_wake(stream, wake, NULL);
    cancel(bench, job.id);
    assert_int_equal(woken, 1);
    bench->reply.stream = stream;
    assert_settled_fault(bench, "ClientErrorJobCancelled");
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_CANCELED, WSD_SCAN_JOB_STATE_REASON_NONE);
}

static void test_connection_that_breaks_before_the_scanner_knows(void **state)
{
    struct bench *bench = *state;
    struct wsd__scan_stream *stream;
    struct created job;

    bench->fake.later = 9;
    stream = pending_image(bench, &job);
    bench->reply.stream = NULL;
    wsd__scan_stream_closed(stream, false);
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_ABORTED,
               WSD_SCAN_JOB_STATE_REASON_IMAGE_TRANSFER_ERROR);
}

static void test_service_freed_before_the_scanner_knows(void **state)
{
    struct bench *bench = *state;
    struct wsd__scan_stream *stream;
    struct wsd__scan_reply reply;
    struct created job;

    bench->fake.later = 9;
    stream = pending_image(bench, &job);
    bench->reply.stream = NULL;
    wsd__scan_service_destroy(bench->service, true);
    bench->service = NULL;
    assert_true(wsd__scan_stream_settle(stream, &reply));
    assert_int_equal(reply.status, 0);
    wsd__scan_stream_closed(stream, false);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_created_job_is_pending),
        CASE(test_second_job_is_refused_while_one_is_active),
        CASE(test_platen_job_completes_with_its_one_image),
        CASE(test_retrieve_after_completion_has_no_images),
        CASE(test_feeder_job_ends_when_all_wanted_images_have_left),
        CASE(test_feeder_job_ends_when_the_scanner_has_no_more),
        CASE(test_feeder_known_to_be_empty_ends_the_job_at_once),
        CASE(test_empty_feeder_refuses_the_job),
        CASE(test_multi_page_file_is_one_retrieve_for_all_images),
        CASE(test_nobody_comes_for_a_minute_aborts_the_job),
        CASE(test_minute_runs_anew_between_images),
        CASE(test_cancel_of_a_pending_job),
        CASE(test_cancel_between_two_images),
        CASE(test_cancel_cuts_an_image_that_waits),
        CASE(test_cancel_at_the_panel_says_so),
        CASE(test_cancel_of_a_finished_job_fails),
        CASE(test_cancel_of_an_unknown_job_names_it),
        CASE(test_broken_connection_aborts_the_job),
        CASE(test_second_retrieve_during_an_image_is_refused),
        CASE(test_wrong_token_is_refused),
        CASE(test_unknown_job_of_a_retrieve_is_named),
        CASE(test_scanner_that_cannot_begin_aborts_the_job),
        CASE(test_jam_on_the_way_to_an_image_is_temporary),
        CASE(test_scanner_that_fails_in_mid_image_sends_no_tail),
        CASE(test_image_is_wrapped_in_two_parts),
        CASE(test_image_without_a_type_has_that_of_its_format),
        CASE(test_head_comes_before_the_scanner_is_read),
        CASE(test_documents_are_named_by_the_client),
        CASE(test_job_elements_in_the_order_asked_for),
        CASE(test_job_elements_of_an_unknown_job),
        CASE(test_lists_of_active_and_ended_jobs),
        CASE(test_history_is_bounded_and_forgets_the_oldest),
        CASE(test_history_of_long_names_fits_into_an_envelope),
        CASE(test_resume_wakes_the_stream_of_its_job_only),
        CASE(test_service_freed_in_mid_image_ends_the_stream),
        CASE(test_scanner_that_does_not_know_yet_is_asked_again),
        CASE(test_scanner_that_finds_nothing_later_says_so_by_a_fault),
        CASE(test_scanner_that_cannot_now_is_a_passing_problem),
        CASE(test_cancel_before_the_scanner_knows),
        CASE(test_connection_that_breaks_before_the_scanner_knows),
        CASE(test_service_freed_before_the_scanner_knows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
