/* SPDX-License-Identifier: MIT */
/* Messages to the scan service that are wrong, odd, or of another edition. */
#include "test_service_support.h"

#define NAMES(names) "<wscn:RequestedElements>" names "</wscn:RequestedElements>"
#define NAME(name)   "<wscn:Name>" name "</wscn:Name>"

static void test_unknown_operation_is_named(void **state)
{
    struct bench *bench = *state;

    ask_raw(bench, WSD_NS_SCAN "/ScanFaster", MESSAGE_ID, "<wscn:ScanFasterRequest/>");
    assert_fault(bench, "ActionNotSupported", 400);
    assert_string_equal(fault_detail(bench), WSD_NS_SCAN "/ScanFaster");
    assert_string_equal(bench->answer->header.action,
                        "http://schemas.xmlsoap.org/ws/2004/08/addressing/fault");
    assert_string_equal(bench->answer->header.relates_to[0].message_id, "urn:uuid:0");
}

static void test_odd_action_goes_by_the_body(void **state)
{
    struct bench *bench = *state;

    ask_raw(bench, "urn:example:odd", MESSAGE_ID, "<wscn:GetActiveJobsRequest/>");
    assert_non_null(bench->body->get_active_jobs_response);
    ask_raw(bench, "https://schemas.microsoft.com/windows/2006/01/wdp/scan/GetActiveJobs",
            MESSAGE_ID, "<wscn:GetActiveJobsRequest/>");
    assert_non_null(bench->body->get_active_jobs_response);
}

static void test_missing_body_and_missing_arguments_are_named(void **state)
{
    struct bench *bench = *state;

    ask_raw(bench, WSD_NS_SCAN "/CancelJob", MESSAGE_ID, "");
    assert_fault(bench, "InvalidArgs", 400);
    assert_string_equal(fault_detail(bench), "CancelJobRequest");
    ask(bench, "CancelJob", "");
    assert_fault(bench, "InvalidArgs", 400);
    assert_non_null(strstr(fault_detail(bench), "CancelJobRequest/JobId"));
    ask(bench, "CancelJob", "<wscn:JobId>many</wscn:JobId>");
    assert_fault(bench, "InvalidArgs", 400);
    ask(bench, "CreateScanJob", "");
    assert_fault(bench, "InvalidArgs", 400);
    assert_non_null(strstr(fault_detail(bench), "ScanTicket"));
    assert_string_equal(bench->answer->header.relates_to[0].message_id, "urn:uuid:0");
}

static void test_message_without_id_is_refused(void **state)
{
    struct bench *bench = *state;

    ask_raw(bench, WSD_NS_SCAN "/GetActiveJobs", "", "<wscn:GetActiveJobsRequest/>");
    assert_fault(bench, "MessageInformationHeaderRequired", 400);
}

static void test_reply_to_elsewhere_is_refused(void **state)
{
    struct bench *bench = *state;

    ask_raw(bench, WSD_NS_SCAN "/GetActiveJobs",
            MESSAGE_ID "<wsa:ReplyTo><wsa:Address>http://192.0.2.1/</wsa:Address></wsa:ReplyTo>",
            "<wscn:GetActiveJobsRequest/>");
    assert_fault(bench, "InvalidMessageInformationHeader", 400);
    ask_raw(bench, WSD_NS_SCAN "/GetActiveJobs",
            MESSAGE_ID
            "<wsa:ReplyTo><wsa:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/"
            "anonymous</wsa:Address></wsa:ReplyTo>",
            "<wscn:GetActiveJobsRequest/>");
    assert_non_null(bench->body->get_active_jobs_response);
}

static void test_faults_of_addressing_1_0_have_its_names(void **state)
{
    static const struct {
        const char *action, *headers, *subcode;
    } rows[] = {
        {"GetActiveJobs", "", "MessageAddressingHeaderRequired"},
        {"GetActiveJobs", "<wsa:MessageID></wsa:MessageID>", "MessageAddressingHeaderRequired"},
        {"GetActiveJobs",
         MESSAGE_ID "<wsa:ReplyTo><wsa:Address>http://192.0.2.1/</wsa:Address></wsa:ReplyTo>",
         "InvalidAddressingHeader"},
        {"Nonsense", MESSAGE_ID, "ActionNotSupported"},
    };
    struct bench *bench = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        char message[2048];

        snprintf(message, sizeof message,
                 "<soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\" "
                 "xmlns:wsa=\"http://www.w3.org/2005/08/addressing\" xmlns:wscn=\"" WSD_NS_SCAN
                 "\"><soap:Header><wsa:Action>" WSD_NS_SCAN "/%s</wsa:Action>%s</soap:Header>"
                 "<soap:Body><wscn:%sRequest/></soap:Body></soap:Envelope>",
                 rows[i].action, rows[i].headers, rows[i].action);
        send_bytes(bench, message);
        assert_fault(bench, rows[i].subcode, 400);
        assert_string_equal(bench->answer->header.action,
                            "http://www.w3.org/2005/08/addressing/fault");
    }
}

static void test_only_what_soap_says_must_be_understood_is_refused(void **state)
{
    static const struct {
        const char *attribute;
        bool refused;
    } rows[] = {
        {"soap:mustUnderstand=\"1\"", true},  {"soap:mustUnderstand=\"true\"", true},
        {"soap:mustUnderstand=\"0\"", false}, {"soap:mustUnderstand=\"false\"", false},
        {"mustUnderstand=\"1\"", false},      {"x:mustUnderstand=\"1\"", false},
        {"soap:role=\"1\"", false},
    };
    struct bench *bench = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        char headers[256];

        snprintf(headers, sizeof headers,
                 MESSAGE_ID "<x:Secret xmlns:x=\"urn:x\" %s>text</x:Secret>", rows[i].attribute);
        ask_raw(bench, WSD_NS_SCAN "/GetActiveJobs", headers, "<wscn:GetActiveJobsRequest/>");
        if ((bench->body->fault != NULL) != rows[i].refused)
            fail_msg("%s", rows[i].attribute);
    }
}

static void test_rubbish_gets_a_plain_fault(void **state)
{
    struct bench *bench = *state;
    const char *const messages[] = {"", "rubbish", "<a/>", "<soap:Envelope>"};

    for (size_t i = 0; i < COUNT(messages); i++) {
        send_bytes(bench, messages[i]);
        assert_non_null(bench->body->fault);
        assert_int_equal(bench->reply.status, 400);
        assert_string_equal(bench->body->fault->code->value.local, "Sender");
    }
}

/* -- peers' odd habits --------------------------------------------------------------------------
 */

/* PyWSD 0.x: declares "ASCII", writes bodies in the namespace of 2006/01 under actions of 2006/08,
 * and sends identifier and token, empty, for scans that a client starts. */
static void test_request_as_pywsd_writes_it(void **state)
{
    struct bench *bench = *state;

    send_bytes(bench,
               "<?xml version=\"1.0\" encoding=\"ASCII\"?><soap:Envelope "
               "xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\" "
               "xmlns:wsa=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" "
               "xmlns:sca=\"http://schemas.microsoft.com/windows/2006/01/wdp/scan\"><soap:Header>"
               "<wsa:Action>" WSD_NS_SCAN "/CreateScanJob</wsa:Action>"
               "<wsa:MessageID>urn:uuid:1</wsa:MessageID></soap:Header><soap:Body>"
               "<sca:CreateScanJobRequest><sca:ScanIdentifier></sca:ScanIdentifier>"
               "<sca:DestinationToken></sca:DestinationToken><sca:ScanTicket>"
               "<sca:JobDescription><sca:JobName>n</sca:JobName><sca:JobOriginatingUserName>u"
               "</sca:JobOriginatingUserName></sca:JobDescription></sca:ScanTicket>"
               "</sca:CreateScanJobRequest></soap:Body></soap:Envelope>");
    assert_non_null(bench->body->create_scan_job_response);
}

/* sane-airscan writes some children in another order than the schema, and the description before
 * the job; WsdScanService leaves description and user out. */
static void test_children_in_another_order_and_left_out(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(
        bench, "<wscn:ScanTicket><wscn:DocumentParameters><wscn:ContentType>Text"
               "</wscn:ContentType><wscn:InputSource>Platen</wscn:InputSource><wscn:MediaSides>"
               "<wscn:MediaFront><wscn:ColorProcessing>Grayscale8</wscn:ColorProcessing>"
               "<wscn:Resolution><wscn:Height>150</wscn:Height><wscn:Width>75</wscn:Width>"
               "</wscn:Resolution></wscn:MediaFront></wscn:MediaSides><wscn:Format>png"
               "</wscn:Format></wscn:DocumentParameters><wscn:JobDescription><wscn:JobName>x"
               "</wscn:JobName></wscn:JobDescription></wscn:ScanTicket>");

    ask(bench, "RetrieveImage", "<wscn:JobToken>%s</wscn:JobToken><wscn:JobId>%d</wscn:JobId>",
        job.token, job.id);
    pull_whole_image(bench);
    assert_job(bench, job.id, WSD_SCAN_JOB_STATE_COMPLETED, WSD_SCAN_JOB_STATE_REASON_NONE);
}

static void test_job_elements_body_by_its_other_name(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, TICKET(""));
    char body[512];

    snprintf(body, sizeof body,
             "<wscn:GetJobElements><wscn:JobId>%d</wscn:JobId>" NAMES(
                 NAME("JobStatus")) "</wscn:GetJobElements>",
             job.id);
    ask_raw(bench, WSD_NS_SCAN "/GetJobElements", MESSAGE_ID, body);
    assert_non_null(bench->body->get_job_elements_response);
    assert_true(bench->body->get_job_elements_response->job_elements[0].valid);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_unknown_operation_is_named),
        CASE(test_odd_action_goes_by_the_body),
        CASE(test_missing_body_and_missing_arguments_are_named),
        CASE(test_message_without_id_is_refused),
        CASE(test_reply_to_elsewhere_is_refused),
        CASE(test_faults_of_addressing_1_0_have_its_names),
        CASE(test_only_what_soap_says_must_be_understood_is_refused),
        CASE(test_rubbish_gets_a_plain_fault),
        CASE(test_request_as_pywsd_writes_it),
        CASE(test_children_in_another_order_and_left_out),
        CASE(test_job_elements_body_by_its_other_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
