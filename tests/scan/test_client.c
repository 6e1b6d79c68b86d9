/* SPDX-License-Identifier: MIT */
/*
 * The eight calls of a scan client, and bad input: each row is what a device may answer, and the
 * test says what the caller learns of it.
 */
#include "../support/codec.h"
#include "../support/peer.h"
#include <wsd/scan.h>

#define SOAP_OK "200 OK\r\nContent-Type: application/soap+xml"
#define FAULT(subcode)                                                                             \
    BODY("<soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value><soap:Subcode><soap:Value>"   \
         "wscn:" subcode "</soap:Value></soap:Subcode></soap:Code><soap:Reason>"                   \
         "<soap:Text xml:lang=\"en\">why</soap:Text></soap:Reason></soap:Fault>")
#define STATUS_SECTION                                                                             \
    "<wscn:ElementData Name=\"wscn:ScannerStatus\" Valid=\"true\"><wscn:ScannerStatus>"            \
    "<wscn:ScannerCurrentTime>2024-01-01T00:00:00Z</wscn:ScannerCurrentTime>"                      \
    "<wscn:ScannerState>Idle</wscn:ScannerState><wscn:ActiveConditions/></wscn:ScannerStatus>"     \
    "</wscn:ElementData>"
#define TICKET_SECTION                                                                             \
    "<wscn:ElementData Name=\"wscn:DefaultScanTicket\" Valid=\"true\"><wscn:DefaultScanTicket>"    \
    "<wscn:JobDescription>" NAME_AND_USER "</wscn:JobDescription></wscn:DefaultScanTicket>"        \
    "</wscn:ElementData>"
#define ELEMENTS(sections)                                                                         \
    BODY("<wscn:GetScannerElementsResponse><wscn:ScannerElements>" sections                        \
         "</wscn:ScannerElements></wscn:GetScannerElementsResponse>")
#define CREATED                                                                                    \
    BODY(                                                                                          \
        "<wscn:CreateScanJobResponse><wscn:JobId>7</wscn:JobId><wscn:JobToken>tok</wscn:JobToken>" \
        "<wscn:ImageInformation><wscn:MediaFrontImageInfo><wscn:PixelsPerLine>10"                  \
        "</wscn:PixelsPerLine><wscn:NumberOfLines>20</wscn:NumberOfLines><wscn:BytesPerLine>30"    \
        "</wscn:BytesPerLine></wscn:MediaFrontImageInfo></wscn:ImageInformation>"                  \
        "<wscn:DocumentFinalParameters/></wscn:CreateScanJobResponse>")

static const struct wsd_scan_ticket ticket = {
    .job_description = {.job_name = "n", .job_originating_user_name = "u"}};

/* Asks for the status of a device that gives this one answer. */
static int ask(struct wsd_context *context, const struct answer *answer, struct wsd_error *error)
{
    struct peer *peer = peer_new(answer, 1);
    const struct wsd_scan_get_scanner_elements_response *response = NULL;
    *error = (struct wsd_error){0};
    int r = wsd_get_scanner_elements(context, peer->url, WSD_SCAN_STATUS, NULL, &response, error);
    if (r == 0)
        wsd_free(response);
    else
        assert_null(response);
    if (r < 0) { /* each failure names the call and the device */
        assert_int_equal(error->code, r);
        assert_string_equal(error->operation, "GetScannerElements");
        assert_string_equal(error->device, peer->url);
        assert_true(error->message[0] != '\0');
    }
    peer_free(peer);
    return r;
}

#define ASK(head_text, body_text, expected)                                                        \
    struct wsd_error error;                                                                        \
    assert_int_equal(                                                                              \
        ask(*state, &(struct answer){.head = (head_text), .body = (body_text)}, &error), expected)

/* -- the calls
 * -------------------------------------------------------------------------------------- */

static void test_scanner_elements(void **state)
{
    struct peer *peer =
        peer_new(&(struct answer){.head = SOAP_OK, .body = ELEMENTS(STATUS_SECTION)}, 1);
    const struct wsd_scan_get_scanner_elements_response *response;
    assert_int_equal(
        wsd_get_scanner_elements(*state, peer->url, WSD_SCAN_STATUS, NULL, &response, NULL), 0);
    assert_int_equal(response->n_scanner_elements, 1);
    assert_int_equal(response->scanner_elements[0].scanner_status->scanner_state.value,
                     WSD_SCAN_STATE_IDLE);
    assert_has(peer->requests[0], "<wscn:RequestedElements><wscn:Name>wscn:ScannerStatus"
                                  "</wscn:Name></wscn:RequestedElements>");
    assert_has(peer->requests[0], "<wsa:Action>" URI_SCAN "/GetScannerElements</wsa:Action>");
    assert_has(peer->requests[0], "Connection: close");
    wsd_free(response);
    peer_free(peer);
}

static void test_create_scan_job(void **state)
{
    struct peer *peer = peer_new(&(struct answer){.head = SOAP_OK, .body = CREATED}, 1);
    const struct wsd_scan_create_scan_job_response *response;
    assert_int_equal(
        wsd_create_scan_job(*state, peer->url, &ticket, "id", "dest", NULL, &response, NULL), 0);
    assert_int_equal(response->job_id, 7);
    assert_string_equal(response->job_token, "tok");
    assert_has(peer->requests[0],
               "<wscn:CreateScanJobRequest><wscn:ScanIdentifier>id</wscn:ScanIdentifier>"
               "<wscn:DestinationToken>dest</wscn:DestinationToken><wscn:ScanTicket>");
    wsd_free(response);
    peer_free(peer);
}

static void test_identifier_without_token_is_refused_before_anything_is_sent(void **state)
{
    struct wsd_error error = {0};
    assert_int_equal(
        wsd_create_scan_job(*state, "http://127.0.0.1:9/", &ticket, "id", NULL, NULL, NULL, &error),
        WSD_E_INVALID);
}

static void test_validate_scan_ticket(void **state)
{
    struct peer *peer = peer_new(
        &(struct answer){
            .head = SOAP_OK,
            .body = BODY("<wscn:ValidateScanTicketResponse><wscn:ValidationInfo><wscn:ValidTicket>"
                         "0</wscn:ValidTicket><wscn:ImageInformation><wscn:MediaFrontImageInfo>"
                         "<wscn:PixelsPerLine>0</wscn:PixelsPerLine><wscn:NumberOfLines>0"
                         "</wscn:NumberOfLines><wscn:BytesPerLine>0</wscn:BytesPerLine>"
                         "</wscn:MediaFrontImageInfo></wscn:ImageInformation></wscn:ValidationInfo>"
                         "</wscn:ValidateScanTicketResponse>")},
        1);
    const struct wsd_scan_validate_scan_ticket_response *response;
    assert_int_equal(wsd_validate_scan_ticket(*state, peer->url, &ticket, NULL, &response, NULL),
                     0);
    assert_false(response->validation_info.valid_ticket);
    wsd_free(response);
    peer_free(peer);
}

static void test_job_lists_and_elements(void **state)
{
    static const struct answer answers[] = {
        {.head = SOAP_OK,
         .body = BODY("<wscn:GetActiveJobsResponse><wscn:ActiveJobs><wscn:JobSummary><wscn:JobId>3"
                      "</wscn:JobId><wscn:JobName>n</wscn:JobName><wscn:JobState>Pending"
                      "</wscn:JobState><wscn:ScansCompleted>0</wscn:ScansCompleted>"
                      "</wscn:JobSummary></wscn:ActiveJobs></wscn:GetActiveJobsResponse>")},
        {.head = SOAP_OK,
         .body = BODY("<wscn:GetJobHistoryResponse><wscn:JobHistory/>"
                      "</wscn:GetJobHistoryResponse>")},
        {.head = SOAP_OK,
         .body = BODY("<wscn:GetJobElementsResponse><wscn:JobElements><wscn:ElementData "
                      "Name=\"wscn:JobStatus\" Valid=\"true\"><wscn:JobStatus><wscn:JobId>3"
                      "</wscn:JobId><wscn:JobState>Processing</wscn:JobState><wscn:ScansCompleted>"
                      "1</wscn:ScansCompleted></wscn:JobStatus></wscn:ElementData>"
                      "</wscn:JobElements></wscn:GetJobElementsResponse>")}};
    struct peer *peer = peer_new(answers, 3);
    const struct wsd_scan_get_active_jobs_response *active;
    const struct wsd_scan_get_job_history_response *history;
    const struct wsd_scan_get_job_elements_response *elements;
    assert_int_equal(wsd_get_active_jobs(*state, peer->url, NULL, &active, NULL), 0);
    assert_int_equal(active->active_jobs[0].job_id, 3);
    assert_int_equal(wsd_get_job_history(*state, peer->url, NULL, &history, NULL), 0);
    assert_int_equal(history->n_job_history, 0);
    assert_int_equal(wsd_get_job_elements(*state, peer->url, 3, 1, NULL, &elements, NULL), 0);
    assert_int_equal(elements->job_elements[0].job_status->scans_completed, 1);
    wsd_free(active);
    wsd_free(history);
    wsd_free(elements);
    peer_free(peer);
}

static void test_cancel_job_with_answer_and_with_an_empty_body_element(void **state)
{
    static const struct answer answers[] = {
        {.head = SOAP_OK, .body = BODY("<wscn:CancelJobResponse/>")},
        {.head = SOAP_OK, .body = BODY("")}};
    struct peer *peer = peer_new(answers, 2);
    assert_int_equal(wsd_cancel_job(*state, peer->url, 7, NULL, NULL), 0);
    assert_has(peer->requests[0], "<wscn:CancelJobRequest><wscn:JobId>7</wscn:JobId>");
    assert_int_equal(wsd_cancel_job(*state, peer->url, 7, NULL, NULL), 0);
    peer_free(peer);
}

static void test_result_that_nobody_wants_is_given_back(void **state)
{
    struct peer *peer = peer_new(&(struct answer){.head = SOAP_OK, .body = CREATED}, 1);
    assert_int_equal(wsd_create_scan_job(*state, peer->url, &ticket, NULL, NULL, NULL, NULL, NULL),
                     0);
    peer_free(peer);
}

static void test_results_that_nobody_wants_are_given_back(void **state)
{
    static const struct answer answers[] = {
        {.head = SOAP_OK, .body = ELEMENTS(STATUS_SECTION)},
        {.head = SOAP_OK,
         .body =
             BODY("<wscn:GetActiveJobsResponse><wscn:ActiveJobs/></wscn:GetActiveJobsResponse>")},
        {.head = SOAP_OK,
         .body = BODY("<wscn:GetJobHistoryResponse><wscn:JobHistory/>"
                      "</wscn:GetJobHistoryResponse>")},
        {.head = SOAP_OK,
         .body = BODY("<wscn:GetJobElementsResponse><wscn:JobElements><wscn:ElementData "
                      "Name=\"wscn:JobStatus\" Valid=\"false\"/></wscn:JobElements>"
                      "</wscn:GetJobElementsResponse>")},
        {.head = SOAP_OK,
         .body = BODY("<wscn:ValidateScanTicketResponse><wscn:ValidationInfo><wscn:ValidTicket>"
                      "1</wscn:ValidTicket><wscn:ImageInformation><wscn:MediaFrontImageInfo>"
                      "<wscn:PixelsPerLine>1</wscn:PixelsPerLine><wscn:NumberOfLines>1"
                      "</wscn:NumberOfLines><wscn:BytesPerLine>1</wscn:BytesPerLine>"
                      "</wscn:MediaFrontImageInfo></wscn:ImageInformation></wscn:ValidationInfo>"
                      "</wscn:ValidateScanTicketResponse>")},
    };
    struct peer *peer = peer_new(answers, 5);
    const char *url = peer->url;
    assert_int_equal(wsd_get_scanner_elements(*state, url, WSD_SCAN_STATUS, NULL, NULL, NULL), 0);
    assert_int_equal(wsd_get_active_jobs(*state, url, NULL, NULL, NULL), 0);
    assert_int_equal(wsd_get_job_history(*state, url, NULL, NULL, NULL), 0);
    assert_int_equal(wsd_get_job_elements(*state, url, 3, 1, NULL, NULL, NULL), 0);
    assert_int_equal(wsd_validate_scan_ticket(*state, url, &ticket, NULL, NULL, NULL), 0);
    peer_free(peer);
}

static void test_call_that_cannot_be_sent_fails_at_once(void **state)
{
    static const char *const urls[] = {"", "ftp://127.0.0.1/", "nonsense"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        const char *url = urls[i];
        struct wsd_error error = {0};
        assert_int_equal(wsd_get_scanner_elements(*state, url, WSD_SCAN_STATUS, NULL, NULL, &error),
                         WSD_E_INVALID);
        assert_string_equal(error.operation, "GetScannerElements");
        assert_int_equal(wsd_get_active_jobs(*state, url, NULL, NULL, NULL), WSD_E_INVALID);
        assert_int_equal(wsd_get_job_history(*state, url, NULL, NULL, NULL), WSD_E_INVALID);
        assert_int_equal(wsd_get_job_elements(*state, url, 3, 1, NULL, NULL, NULL), WSD_E_INVALID);
        assert_int_equal(wsd_validate_scan_ticket(*state, url, &ticket, NULL, NULL, NULL),
                         WSD_E_INVALID);
        assert_int_equal(wsd_cancel_job(*state, url, 3, NULL, NULL), WSD_E_INVALID);
    }
    const char *nobody = "http://127.0.0.1:9/";
    assert_int_equal(wsd_get_scanner_elements(*state, nobody, 0, NULL, NULL, NULL), WSD_E_INVALID);
    assert_int_equal(wsd_get_job_elements(*state, nobody, 3, 0, NULL, NULL, NULL), WSD_E_INVALID);
}

/* -- bad input: faults
 * -------------------------------------------------------------------------------- */

static void test_fault_whatever_its_status(void **state)
{
    static const char *const heads[] = {SOAP_OK, "400 Bad Request", "500 Internal Server Error",
                                        "200 OK\r\nContent-Type: text/plain"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        ASK(heads[i], FAULT("ServerErrorNotAcceptingJobs"), WSD_E_FAULT);
        assert_string_equal(error.subcode, "ServerErrorNotAcceptingJobs");
        assert_int_equal(error.http_status, atoi(heads[i]));
        assert_true(wsd_error_is_fault(&error, "ServerErrorNotAcceptingJobs"));
    }
}

static void test_message_that_is_no_fault_under_a_status_of_failure(void **state)
{
    ASK("500 Internal Server Error", ELEMENTS(STATUS_SECTION), WSD_E_HTTP);
    assert_int_equal(error.http_status, 500);
}

static void test_status_names_what_may_be_wrong(void **state)
{
    static const struct {
        const char *head, *hint;
    } rows[] = {{"401 Unauthorized", "login"},
                {"403 Forbidden", "login"},
                {"404 Not Found", "no such service"},
                {"503 Service Unavailable", "busy"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ASK(rows[i].head, "\r\n Go away\r\nplease", WSD_E_HTTP);
        assert_has(error.message, rows[i].hint);
        assert_has(error.message, "Go away");
        assert_has_not(error.message, "please");
    }
}

/* Firmware leaves out what it likes. */
static void test_faults_that_say_little(void **state)
{
    static const struct {
        const char *body, *subcode, *reason, *detail;
    } rows[] = {
        {BODY("<soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value></soap:Code>"
              "<soap:Reason><soap:Text xml:lang=\"en\">\r\n\t why</soap:Text></soap:Reason>"
              "</soap:Fault>"),
         "Sender", "(why)", ""},
        {BODY("<soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value></soap:Code>"
              "<soap:Reason><soap:Text xml:lang=\"en\"></soap:Text></soap:Reason>"
              "<soap:Detail><a b=\"c\">one</a><a>two</a></soap:Detail></soap:Fault>"),
         "Sender", "refuses: Sender", "one two"},
        {BODY("<soap:Fault/>"), "Fault", "refuses: Fault", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wsd_error error;
        int r = ask(*state, &(struct answer){.head = "500 No", .body = rows[i].body}, &error);
        if (r != WSD_E_FAULT)
            fail_msg("row %zu: %s", i, error.message);
        assert_string_equal(error.subcode, rows[i].subcode);
        assert_has(error.message, rows[i].reason);
        assert_string_equal(error.detail, rows[i].detail);
    }
}

static void test_misspelt_faults_are_what_they_mean(void **state)
{
    (void)state;
    struct wsd_error error = {.code = WSD_E_FAULT, .subcode = "ClientErrorInvalidDetinationToken"};
    assert_true(wsd_error_is_fault(&error, "ClientErrorInvalidDestinationToken"));
    assert_false(wsd_error_is_fault(&error, "ClientErrorJobIdNotFound"));
    strcpy(error.subcode, "ClientErrorJobCanceled");
    assert_true(wsd_error_is_fault(&error, "ClientErrorJobCancelled"));
    strcpy(error.subcode, "clienterrorjobidnotfound");
    assert_true(wsd_error_is_fault(&error, "ClientErrorJobIdNotFound"));
    error.code = WSD_E_HTTP;
    assert_false(wsd_error_is_fault(&error, "ClientErrorJobIdNotFound"));
    assert_false(wsd_error_is_fault(NULL, "x"));
}

/* -- bad input: no SOAP
 * ---------------------------------------------------------------------------------- */

static void test_web_page(void **state)
{
    ASK("200 OK\r\nContent-Type: text/html", "<!DOCTYPE html><html><br></html>", WSD_E_NOT_SOAP);
    assert_has(error.message, "web page");
}

static void test_web_page_with_an_error_status(void **state)
{
    ASK("404 Not Found\r\nContent-Type: text/html", "<html>gone</html>", WSD_E_HTTP);
    assert_int_equal(error.http_status, 404);
    assert_has(error.message, "no such service");
}

static void test_empty_body(void **state)
{
    ASK(SOAP_OK, "", WSD_E_EMPTY);
}

static void test_broken_xml(void **state)
{
    ASK(SOAP_OK, "<soap:Envelope", WSD_E_XML);
    assert_int_equal(error.line, 1);
}

static void test_conflict_as_plain_text(void **state)
{
    ASK("409 Conflict\r\nContent-Type: text/plain", "scanner busy\r\nsecond line", WSD_E_HTTP);
    assert_int_equal(error.http_status, 409);
    assert_has(error.message, "409: scanner busy");
    assert_has_not(error.message, "second");
}

static void test_redirect_is_refused(void **state)
{
    ASK("302 Found\r\nLocation: http://127.0.0.1:9/", "", WSD_E_REDIRECT);
}

static void test_connection_cut_inside_the_body(void **state)
{
    struct wsd_error error;
    assert_int_equal(
        ask(*state, &(struct answer){.head = SOAP_OK, .body = "<soap:Envelope>", .announced = 5000},
            &error),
        WSD_E_TRUNCATED);
}

static void test_endless_envelope(void **state)
{
    struct wsd_error error;
    static char blanks[65536];
    memset(blanks, ' ', sizeof blanks - 1);
    assert_int_equal(
        ask(*state,
            &(struct answer){
                .head = SOAP_OK, .body = blanks, .repeat = 100, .announced = (size_t)-1},
            &error),
        WSD_E_LIMIT);
}

/* -- bad input: broken schema
 * ---------------------------------------------------------------------------- */

static void test_missing_element_names_device_operation_and_path(void **state)
{
    ASK(SOAP_OK,
        ELEMENTS("<wscn:ElementData Name=\"wscn:ScannerStatus\" Valid=\"1\"><wscn:ScannerStatus/>"
                 "</wscn:ElementData>"),
        WSD_E_SCHEMA);
    assert_string_equal(error.path, "/Envelope/Body/GetScannerElementsResponse/ScannerElements/"
                                    "ElementData/ScannerStatus/ScannerCurrentTime");
}

static void test_value_out_of_range_names_what_was_allowed(void **state)
{
    struct peer *peer = peer_new(
        &(struct answer){.head = SOAP_OK,
                         .body = BODY("<wscn:CreateScanJobResponse><wscn:JobId>0</wscn:JobId>"
                                      "</wscn:CreateScanJobResponse>")},
        1);
    struct wsd_error error = {0};
    assert_int_equal(
        wsd_create_scan_job(*state, peer->url, &ticket, NULL, NULL, NULL, NULL, &error),
        WSD_E_SCHEMA);
    assert_string_equal(error.path, "/Envelope/Body/CreateScanJobResponse/JobId");
    assert_string_equal(error.value, "0");
    assert_has(error.message, "1..2147483647");
    peer_free(peer);
}

static void test_wrong_namespace(void **state)
{
    ASK(SOAP_OK, BODY("<x:GetScannerElementsResponse xmlns:x=\"urn:x\"/>"), WSD_E_SCHEMA);
    assert_string_equal(error.path, "/Envelope/Body/GetScannerElementsResponse");
    assert_has(error.message, "is required");
}

static void test_answer_to_another_question(void **state)
{
    ASK(SOAP_OK, BODY("<wscn:CancelJobResponse/>"), WSD_E_SCHEMA);
    assert_string_equal(error.path, "/Envelope/Body/GetScannerElementsResponse");
}

static void test_ticket_that_breaks_its_schema_is_not_sent(void **state)
{
    struct wsd_scan_ticket_int quality = {.value = 400};
    struct wsd_scan_document_parameters parameters = {.compression_quality_factor = &quality};
    struct wsd_scan_ticket bad = ticket;
    bad.document_parameters = &parameters;
    struct wsd_error error = {0};
    assert_int_equal(
        wsd_create_scan_job(*state, "http://127.0.0.1:9/", &bad, NULL, NULL, NULL, NULL, &error),
        WSD_E_SCHEMA);
    assert_has(error.path, "/ScanTicket/DocumentParameters/CompressionQualityFactor");
}

/* -- devices that refuse several parts at once (X13)
 * -------------------------------------------------- */

static void test_parts_are_asked_for_one_by_one_after_a_fault(void **state)
{
    static const struct answer answers[] = {{.head = "500 Oops", .body = FAULT("OperationFailed")},
                                            {.head = SOAP_OK, .body = ELEMENTS(STATUS_SECTION)},
                                            {.head = SOAP_OK, .body = ELEMENTS(TICKET_SECTION)}};
    struct peer *peer = peer_new(answers, 3);
    const struct wsd_scan_get_scanner_elements_response *response;
    assert_int_equal(wsd_get_scanner_elements(*state, peer->url,
                                              WSD_SCAN_STATUS | WSD_SCAN_DEFAULT_TICKET, NULL,
                                              &response, NULL),
                     0);
    assert_int_equal(response->n_scanner_elements, 2);
    assert_non_null(response->scanner_elements[0].scanner_status);
    assert_string_equal(response->scanner_elements[1].default_scan_ticket->job_description.job_name,
                        "n");
    assert_has_not(peer->requests[1], "DefaultScanTicket");
    assert_has_not(peer->requests[2], "ScannerStatus");
    wsd_free(response);
    peer_free(peer);
}

static void test_part_that_is_refused_alone_is_left_out(void **state)
{
    static const struct answer answers[] = {{.head = SOAP_OK, .body = FAULT("InvalidArgs")},
                                            {.head = SOAP_OK, .body = ELEMENTS(STATUS_SECTION)},
                                            {.head = SOAP_OK, .body = FAULT("InvalidArgs")}};
    struct peer *peer = peer_new(answers, 3);
    const struct wsd_scan_get_scanner_elements_response *response;
    assert_int_equal(wsd_get_scanner_elements(*state, peer->url,
                                              WSD_SCAN_STATUS | WSD_SCAN_DEFAULT_TICKET, NULL,
                                              &response, NULL),
                     0);
    assert_int_equal(response->n_scanner_elements, 1);
    wsd_free(response);
    peer_free(peer);
}

static void test_device_that_refuses_each_part_reports_its_first_fault(void **state)
{
    static const struct answer answers[] = {{.head = SOAP_OK, .body = FAULT("OperationFailed")},
                                            {.head = SOAP_OK, .body = FAULT("InvalidArgs")},
                                            {.head = SOAP_OK, .body = FAULT("InvalidArgs")}};
    struct peer *peer = peer_new(answers, 3);
    struct wsd_error error = {0};
    assert_int_equal(wsd_get_scanner_elements(*state, peer->url,
                                              WSD_SCAN_STATUS | WSD_SCAN_DEFAULT_TICKET, NULL, NULL,
                                              &error),
                     WSD_E_FAULT);
    assert_string_equal(error.subcode, "OperationFailed");
    peer_free(peer);
}

/* -- asynchronous
 * ------------------------------------------------------------------------------------- */

struct seen {
    int times, status;
    char subcode[96];
    const void *result;
};

static void done(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct seen *seen = user;
    seen->times++;
    seen->status = status;
    seen->result = result;
    if (error)
        snprintf(seen->subcode, sizeof seen->subcode, "%s", error->subcode);
}

static void wait_until(struct wsd_context *context, const int *times)
{
    while (*times == 0)
        assert_int_equal(wsd_context_wait(context, 5000, NULL), 0);
}

static void test_reference_parameters_may_go_once_the_call_is_started(void **state)
{
    static const struct answer answers[] = {{.head = SOAP_OK, .body = FAULT("OperationFailed")},
                                            {.head = SOAP_OK, .body = ELEMENTS(STATUS_SECTION)},
                                            {.head = SOAP_OK, .body = ELEMENTS(TICKET_SECTION)}};
    struct peer *peer = peer_new(answers, 3);
    struct seen seen = {0};
    struct wsd_any *parameter = calloc(1, sizeof *parameter);
    assert_non_null(parameter);
    *parameter =
        (struct wsd_any){.kind = WSD_ANY_ELEMENT, .ns = "urn:p", .local = "Key", .prefix = "p"};
    struct wsd_request_options options = WSD_REQUEST_OPTIONS_INIT;
    options.reference_parameters = parameter;
    assert_int_equal(wsd_get_scanner_elements_start(*state, peer->url,
                                                    WSD_SCAN_STATUS | WSD_SCAN_DEFAULT_TICKET,
                                                    &options, done, &seen, NULL, NULL),
                     0);
    free(parameter);
    wait_until(*state, &seen.times);
    assert_int_equal(seen.status, 0);
    for (int i = 0; i < 3; i++)
        assert_has(peer->requests[i], "<p:Key xmlns:p=\"urn:p\"/></soap:Header>");
    wsd_free(seen.result);
    peer_free(peer);
}

static void test_started_call_gives_what_the_blocking_one_gives(void **state)
{
    static const struct answer answers[] = {{.head = SOAP_OK, .body = CREATED},
                                            {.head = SOAP_OK, .body = CREATED}};
    struct peer *peer = peer_new(answers, 2);
    const struct wsd_scan_create_scan_job_response *blocking;
    struct seen seen = {0};
    assert_int_equal(
        wsd_create_scan_job(*state, peer->url, &ticket, NULL, NULL, NULL, &blocking, NULL), 0);
    assert_int_equal(wsd_create_scan_job_start(*state, peer->url, &ticket, NULL, NULL, NULL, done,
                                               &seen, NULL, NULL),
                     0);
    assert_int_equal(seen.times, 0); /* never inside the call that starts */
    wait_until(*state, &seen.times);
    assert_true(wsd_equal(&wsd__type_scan_create_scan_job_response, blocking, seen.result));
    wsd_free(blocking);
    wsd_free(seen.result);
    peer_free(peer);
}

static void test_callback_does_not_come_inside_the_call_even_when_it_fails_at_once(void **state)
{
    struct seen seen = {0};
    int r = wsd_get_active_jobs_start(*state, "http://127.0.0.1:1/", NULL, done, &seen, NULL, NULL);
    assert_int_equal(seen.times, 0);
    assert_int_equal(r, 0);
    wait_until(*state, &seen.times);
    assert_int_equal(seen.status, WSD_E_NETWORK);
    assert_int_equal(wsd_get_active_jobs_start(*state, "ftp:/x", NULL, done, &seen, NULL, NULL),
                     WSD_E_INVALID);
    assert_int_equal(seen.times, 1);
}

static struct peer *silent(int *tell)
{
    int pair[2];
    assert_int_equal(pipe(pair), 0);
    struct peer *peer = peer_new(&(struct answer){.head = NULL}, 1);
    peer->tell = pair[1];
    *tell = pair[0];
    return peer;
}

static void silent_free(struct peer *peer, int tell)
{
    int other = peer->tell;
    peer_free(peer);
    close(tell);
    close(other);
}

/* Turns the loop until the device has read the request. */
static void until_asked(struct wsd_context *context, struct peer *peer)
{
    while (!*(volatile unsigned *)&peer->served)
        wsd_context_wait(context, 1, NULL);
}

static void test_cancel_in_flight_ends_once_and_later(void **state)
{
    int tell;
    struct peer *peer = silent(&tell);
    struct seen seen = {0};
    struct wsd_call *call;
    assert_int_equal(wsd_get_scanner_elements_start(*state, peer->url, WSD_SCAN_ALL_PARTS, NULL,
                                                    done, &seen, &call, NULL),
                     0);
    until_asked(*state, peer);
    wsd_call_cancel(call);
    assert_int_equal(seen.times, 0);
    wait_until(*state, &seen.times);
    assert_int_equal(seen.status, WSD_E_CANCELLED);
    wsd_context_dispatch(*state, NULL);
    assert_int_equal(seen.times, 1);
    silent_free(peer, tell);
}

static void test_context_freed_in_flight_ends_each_call_once(void **state)
{
    (void)state;
    int tell;
    struct peer *peer = silent(&tell);
    struct wsd_context *context = make_context();
    struct seen one = {0}, two = {0};
    assert_int_equal(
        wsd_get_scanner_elements_start(context, peer->url, 15, NULL, done, &one, NULL, NULL), 0);
    until_asked(context, peer);
    assert_int_equal(wsd_get_active_jobs_start(context, peer->url, NULL, done, &two, NULL, NULL),
                     0);
    wsd_context_free(context);
    assert_int_equal(one.times, 1);
    assert_int_equal(one.status, WSD_E_CANCELLED);
    assert_int_equal(two.times, 1);
    assert_int_equal(two.status, WSD_E_CANCELLED);
    silent_free(peer, tell);
}

static uint64_t clock_now;

static uint64_t turned_clock(void *user)
{
    (void)user;
    return clock_now;
}

static void test_no_answer_within_the_limit(void **state)
{
    (void)state;
    int tell;
    struct peer *peer = silent(&tell);
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    options.now = turned_clock;
    struct wsd_context *context;
    assert_int_equal(wsd_context_new(&options, &context, NULL), 0);
    struct seen seen = {0};
    assert_int_equal(wsd_get_active_jobs_start(context, peer->url, NULL, done, &seen, NULL, NULL),
                     0);
    until_asked(context, peer);
    clock_now += 9000;
    wsd_context_dispatch(context, NULL);
    assert_int_equal(seen.times, 0);
    clock_now += 1001;
    for (int i = 0; i < 3; i++)
        wsd_context_dispatch(context, NULL);
    assert_int_equal(seen.times, 1);
    assert_int_equal(seen.status, WSD_E_TIMEOUT);
    wsd_context_free(context);
    silent_free(peer, tell);
}

int main(void)
{
#define T(name) cmocka_unit_test(test_##name)
    const struct CMUnitTest tests[] = {
        T(scanner_elements),
        T(create_scan_job),
        T(identifier_without_token_is_refused_before_anything_is_sent),
        T(validate_scan_ticket),
        T(job_lists_and_elements),
        T(cancel_job_with_answer_and_with_an_empty_body_element),
        T(result_that_nobody_wants_is_given_back),
        T(results_that_nobody_wants_are_given_back),
        T(call_that_cannot_be_sent_fails_at_once),
        T(fault_whatever_its_status),
        T(message_that_is_no_fault_under_a_status_of_failure),
        T(status_names_what_may_be_wrong),
        T(faults_that_say_little),
        T(misspelt_faults_are_what_they_mean),
        T(web_page),
        T(web_page_with_an_error_status),
        T(empty_body),
        T(broken_xml),
        T(conflict_as_plain_text),
        T(redirect_is_refused),
        T(connection_cut_inside_the_body),
        T(endless_envelope),
        T(missing_element_names_device_operation_and_path),
        T(value_out_of_range_names_what_was_allowed),
        T(wrong_namespace),
        T(answer_to_another_question),
        T(ticket_that_breaks_its_schema_is_not_sent),
        T(parts_are_asked_for_one_by_one_after_a_fault),
        T(part_that_is_refused_alone_is_left_out),
        T(device_that_refuses_each_part_reports_its_first_fault),
        T(reference_parameters_may_go_once_the_call_is_started),
        T(started_call_gives_what_the_blocking_one_gives),
        T(callback_does_not_come_inside_the_call_even_when_it_fails_at_once),
        T(cancel_in_flight_ends_once_and_later),
        T(context_freed_in_flight_ends_each_call_once),
        T(no_answer_within_the_limit),
    };
    return cmocka_run_group_tests(tests, context_up, context_down);
}
