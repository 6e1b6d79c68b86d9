/* SPDX-License-Identifier: MIT */
/* The scan service as its clients see it: sections, status, validation, and what its options must
 * be. */
#include "test_service_support.h"

#define NAMES(names) "<wscn:RequestedElements>" names "</wscn:RequestedElements>"
#define NAME(name)   "<wscn:Name>" name "</wscn:Name>"

/* -- answers ------------------------------------------------------------------------------------
 */

static void test_answer_is_addressed_to_the_question(void **state)
{
    struct bench *bench = *state;
    const struct wsd_soap_header *header;

    ask(bench, "GetActiveJobs", "");
    header = &bench->answer->header;
    assert_int_equal(bench->reply.status, 200);
    assert_string_equal(header->action, WSD_NS_SCAN "/GetActiveJobsResponse");
    assert_string_equal(header->to,
                        "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous");
    assert_int_equal(header->n_relates_to, 1);
    assert_string_equal(header->relates_to[0].message_id, "urn:uuid:0");
    assert_non_null(header->message_id);
    assert_int_equal(strncmp(header->message_id, "urn:uuid:", 9), 0);
}

static void test_all_four_sections_are_there(void **state)
{
    struct bench *bench = *state;
    const struct wsd_scan_get_scanner_elements_response *a;

    a = ask(bench, "GetScannerElements",
            NAMES(NAME("wscn:ScannerConfiguration") NAME("wscn:ScannerDescription")
                      NAME("wscn:DefaultScanTicket") NAME("wscn:ScannerStatus")))
            ->get_scanner_elements_response;
    assert_int_equal(a->n_scanner_elements, 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(a->scanner_elements[i].valid);
    assert_true(wsd_equal(wsd_type_find("ScannerConfiguration"),
                          a->scanner_elements[0].scanner_configuration, &bench_configuration));
    assert_string_equal(a->scanner_elements[1].scanner_description->scanner_name[0].value, "Bench");
    assert_non_null(a->scanner_elements[2].default_scan_ticket);
    assert_int_equal(a->scanner_elements[3].scanner_status->scanner_state.value,
                     WSD_SCAN_STATE_IDLE);
    assert_true(bench->reply.body.length < 32767);
}

static void test_default_ticket_is_accepted_unchanged(void **state)
{
    struct bench *bench = *state;
    const char *start, *end;
    char ticket[8192], content[9000];

    ask(bench, "GetScannerElements", NAMES(NAME("wscn:DefaultScanTicket")));
    start = strstr(bench->reply.body.data, "<wscn:DefaultScanTicket>");
    end = strstr(bench->reply.body.data, "</wscn:DefaultScanTicket>");
    assert_non_null(start);
    assert_non_null(end);
    start += strlen("<wscn:DefaultScanTicket>");
    snprintf(ticket, sizeof ticket, "%.*s", (int)(end - start), start);
    snprintf(content, sizeof content, "<wscn:ScanTicket>%s</wscn:ScanTicket>", ticket);
    assert_true(ask(bench, "ValidateScanTicket", "%s", content)
                    ->validate_scan_ticket_response->validation_info.valid_ticket);
    create_job(bench, content);
}

static void test_names_of_strangers_are_answered_as_invalid(void **state)
{
    struct bench *bench = *state;
    const struct wsd_scan_get_scanner_elements_response *a;

    a = ask(bench, "GetScannerElements",
            NAMES("<wscn:Name xmlns:v=\"urn:vendor\">v:Gadget</wscn:Name>" NAME(
                "wscn:Nonsense") "<wscn:Name xmlns:sca=\"" WSD_NS_SCAN
                                 "\">sca:ScannerStatus</wscn:Name>" NAME("ScannerDescription") NAME(
                                     "wscn:ScannerDescription") NAME("wscn:ScannerDescription")))
            ->get_scanner_elements_response;
    assert_int_equal(a->n_scanner_elements, 6);
    assert_false(a->scanner_elements[0].valid);
    assert_true(wsd_qname_is(&a->scanner_elements[0].name, "urn:vendor", "Gadget"));
    assert_false(a->scanner_elements[1].valid);
    assert_true(a->scanner_elements[2].valid);
    assert_non_null(strstr(bench->reply.body.data, "Name=\"wscn:ScannerStatus\""));
    assert_non_null(a->scanner_elements[3].scanner_description); /* no prefix at all */
    assert_non_null(a->scanner_elements[4].scanner_description); /* asked twice, */
    assert_non_null(a->scanner_elements[5].scanner_description); /* answered twice */
}

static void test_answer_that_would_be_too_large_is_refused(void **state)
{
    struct bench *bench = *state;
    char names[16384] = NAME("wscn:ScannerConfiguration");

    while (strlen(names) < 6000)
        strcat(names, NAME("wscn:ScannerConfiguration"));
    ask(bench, "GetScannerElements", "<wscn:RequestedElements>%s</wscn:RequestedElements>", names);
    assert_fault(bench, "InvalidArgs", 400);
    assert_true(bench->reply.body.length < 32767);
}

/* -- status and conditions ----------------------------------------------------------------------
 */

static const struct wsd_scan_status *status_of(struct bench *bench)
{
    return ask(bench, "GetScannerElements", NAMES(NAME("wscn:ScannerStatus")))
        ->get_scanner_elements_response->scanner_elements[0]
        .scanner_status;
}

static void test_status_of_a_scanner_at_rest(void **state)
{
    const struct wsd_scan_status *status = status_of(*state);

    assert_int_equal(status->scanner_current_time.seconds, 1700000000);
    assert_true(status->scanner_current_time.has_zone);
    assert_int_equal(status->n_scanner_state_reasons, 1);
    assert_int_equal(status->scanner_state_reasons[0].value, WSD_SCAN_STATE_REASON_NONE);
    assert_int_equal(status->n_active_conditions, 0);
    assert_int_equal(status->n_condition_history, 0);
}

static void test_scanner_is_processing_while_a_job_runs(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(bench, TICKET(""));
    struct wsd__scan_stream *stream;

    assert_int_equal(status_of(bench)->scanner_state.value, WSD_SCAN_STATE_IDLE);
    retrieve(bench, &job);
    stream = bench->reply.stream;
    assert_int_equal(status_of(bench)->scanner_state.value, WSD_SCAN_STATE_PROCESSING);
    wsd__scan_stream_closed(stream, false);
    assert_int_equal(status_of(bench)->scanner_state.value, WSD_SCAN_STATE_IDLE);
}

static void test_life_of_a_condition(void **state)
{
    struct bench *bench = *state;
    const struct wsd_scan_status *status;
    int id = wsd_scan_service_condition(bench->service, WSD_SCAN_CONDITION_NAME_COVER_OPEN,
                                        WSD_SCAN_COMPONENT_ADF, WSD_SCAN_SEVERITY_WARNING);

    assert_int_equal(id, 1);
    status = status_of(bench);
    assert_int_equal(status->scanner_state.value, WSD_SCAN_STATE_IDLE);
    assert_int_equal(status->scanner_state_reasons[0].value, WSD_SCAN_STATE_REASON_COVER_OPEN);
    assert_int_equal(status->n_active_conditions, 1);
    assert_int_equal(status->active_conditions[0].id, 1);
    assert_int_equal(status->active_conditions[0].time.seconds, 1700000000);
    /* It grows: the same one. */
    assert_int_equal(wsd_scan_service_condition(bench->service, WSD_SCAN_CONDITION_NAME_COVER_OPEN,
                                                WSD_SCAN_COMPONENT_ADF, WSD_SCAN_SEVERITY_CRITICAL),
                     id);
    status = status_of(bench);
    assert_int_equal(status->scanner_state.value, WSD_SCAN_STATE_STOPPED);
    assert_int_equal(status->n_active_conditions, 1);
    assert_int_equal(status->active_conditions[0].severity.value, WSD_SCAN_SEVERITY_CRITICAL);
    assert_int_equal(wsd_scan_service_clear(bench->service, id), 0);
    assert_int_equal(wsd_scan_service_clear(bench->service, id), WSD_E_NOT_FOUND);
    status = status_of(bench);
    assert_int_equal(status->scanner_state.value, WSD_SCAN_STATE_IDLE);
    assert_int_equal(status->n_active_conditions, 0);
    assert_int_equal(status->n_condition_history, 1);
    assert_int_equal(status->condition_history[0].id, id);
    assert_non_null(status->condition_history[0].clear_time);
    assert_int_equal(wsd_scan_service_condition(bench->service, WSD_SCAN_CONDITION_NAME_COVER_OPEN,
                                                WSD_SCAN_COMPONENT_ADF,
                                                WSD_SCAN_SEVERITY_INFORMATIONAL),
                     2);
    assert_int_equal(status_of(bench)->scanner_state_reasons[0].value, WSD_SCAN_STATE_REASON_NONE);
}

static void test_condition_without_a_reason_of_its_name_asks_for_attention(void **state)
{
    struct bench *bench = *state;
    const struct wsd_scan_status *status;

    wsd_scan_service_condition(bench->service, WSD_SCAN_CONDITION_NAME_INPUT_TRAY_EMPTY,
                               WSD_SCAN_COMPONENT_ADF, WSD_SCAN_SEVERITY_CRITICAL);
    status = status_of(bench);
    assert_int_equal(status->scanner_state_reasons[0].value,
                     WSD_SCAN_STATE_REASON_ATTENTION_REQUIRED);
    assert_int_equal(wsd_scan_service_condition(bench->service, 99, 1, 1), WSD_E_INVALID);
    assert_int_equal(wsd_scan_service_condition(bench->service, 1, 0, 1), WSD_E_INVALID);
}

static void test_conditions_that_lie_together_are_bounded_and_cleared_one_by_one(void **state)
{
    struct bench *bench = *state;
    int ids[64], n = 0, r = 0;

    for (int name = 1; r >= 0 && name <= WSD_SCAN_CONDITION_NAME_MULTIPLE_FEED_ERROR; name++)
        for (int component = 1; r >= 0 && component <= WSD_SCAN_COMPONENT_PLATEN; component++) {
            r = wsd_scan_service_condition(bench->service, name, component,
                                           WSD_SCAN_SEVERITY_WARNING);
            if (r >= 0)
                ids[n++] = r;
        }
    assert_int_equal(r, WSD_E_LIMIT);
    assert_int_equal(status_of(bench)->n_active_conditions, n);
    assert_int_equal(wsd_scan_service_clear(bench->service, ids[1]), 0);
    assert_int_equal(status_of(bench)->n_active_conditions, n - 1);
    assert_int_equal(status_of(bench)->active_conditions[0].id, ids[0]);
    assert_int_equal(status_of(bench)->active_conditions[1].id, ids[2]);
    assert_int_equal(wsd_scan_service_condition(bench->service, 1, 1, 99), WSD_E_INVALID);
    assert_int_equal(wsd_scan_service_condition(bench->service, -1, 1, 1), WSD_E_INVALID);
    assert_int_equal(wsd_scan_service_busy(bench->service, (enum wsd_scan_busy)99), WSD_E_INVALID);
    assert_int_equal(wsd_scan_service_busy(bench->service, (enum wsd_scan_busy) - 1),
                     WSD_E_INVALID);
}

/* A program may count as it likes; the schema counts to 2147483647. */
static void test_count_of_images_beyond_the_schema_is_its_most(void **state)
{
    struct bench *bench = *state;
    struct created job = create_job(
        bench, TICKET("<wscn:Format>pdf-a</wscn:Format><wscn:InputSource>ADF</wscn:InputSource>"
                      "<wscn:ImagesToTransfer>0</wscn:ImagesToTransfer>"));
    struct wsd__scan_stream *stream;

    bench->fake.multi_images = UINT32_MAX;
    retrieve(bench, &job);
    stream = bench->reply.stream;
    assert_int_equal(job_status(bench, job.id)->scans_completed, INT32_MAX);
    wsd_scan_service_resume(bench->service, job.id + 1); /* of another one: nothing */
    bench->reply.stream = stream;
    pull_whole_image(bench);
    assert_int_equal(job_status(bench, job.id)->scans_completed, INT32_MAX);
}

static void test_attention_stops_the_scanner_without_a_condition(void **state)
{
    struct bench *bench = *state;
    const struct wsd_scan_status *status;

    assert_int_equal(wsd_scan_service_busy(bench->service, WSD_SCAN_ATTENTION), 0);
    status = status_of(bench);
    assert_int_equal(status->scanner_state.value, WSD_SCAN_STATE_STOPPED);
    assert_int_equal(status->n_scanner_state_reasons, 1);
    assert_int_equal(status->scanner_state_reasons[0].value,
                     WSD_SCAN_STATE_REASON_ATTENTION_REQUIRED);
    assert_int_equal(status->n_active_conditions, 0);
    ask(bench, "CreateScanJob", "%s", TICKET(""));
    assert_fault(bench, "ServerErrorNotAcceptingJobs", 500);
    assert_int_equal(wsd_scan_service_busy(bench->service, WSD_SCAN_READY), 0);
    assert_int_equal(status_of(bench)->scanner_state.value, WSD_SCAN_STATE_IDLE);
    assert_int_equal(wsd_scan_service_busy(bench->service, WSD_SCAN_ATTENTION + 1), WSD_E_INVALID);
}

static void test_condition_history_is_bounded(void **state)
{
    struct bench *bench = *state;
    const struct wsd_scan_status *status;

    for (int i = 1; i <= CONDITION_HISTORY + 3; i++) {
        int id = wsd_scan_service_condition(bench->service, WSD_SCAN_CONDITION_NAME_MEDIA_JAM,
                                            WSD_SCAN_COMPONENT_ADF, WSD_SCAN_SEVERITY_WARNING);

        assert_int_equal(id, i);
        assert_int_equal(wsd_scan_service_clear(bench->service, id), 0);
    }
    status = status_of(bench);
    assert_int_equal(status->n_condition_history, CONDITION_HISTORY);
    assert_int_equal(status->condition_history[0].id, 4);
}

/* -- ValidateScanTicket -------------------------------------------------------------------------
 */

static const struct wsd_scan_validation_info *validate(struct bench *bench, const char *ticket)
{
    const struct wsd_scan_body *body = ask(bench, "ValidateScanTicket", "%s", ticket);

    if (!body->validate_scan_ticket_response)
        fail_msg("%s", bench->reply.body.data);
    return &body->validate_scan_ticket_response->validation_info;
}

static void test_good_ticket_is_valid_and_comes_with_geometry(void **state)
{
    const struct wsd_scan_validation_info *info = validate(*state, TICKET(""));

    assert_true(info->valid_ticket);
    assert_null(info->valid_scan_ticket);
    assert_int_equal(info->image_information.media_front_image_info.pixels_per_line, 1200);
}

static void test_bad_ticket_comes_back_mended(void **state)
{
    const struct wsd_scan_document_parameters *p;
    const struct wsd_scan_validation_info *info = validate(
        *state, TICKET("<wscn:Format>jpeg2k</wscn:Format><wscn:ContentType>Text</wscn:ContentType>"
                       "<wscn:Scaling><wscn:ScalingWidth>250</wscn:ScalingWidth>"
                       "<wscn:ScalingHeight>250</wscn:ScalingHeight></wscn:Scaling>"
                       "<wscn:MediaSides><wscn:MediaFront><wscn:Resolution wscn:MustHonor=\"true\">"
                       "<wscn:Width>350</wscn:Width></wscn:Resolution></wscn:MediaFront>"
                       "<wscn:MediaBack/></wscn:MediaSides>"));

    assert_false(info->valid_ticket);
    assert_non_null(info->valid_scan_ticket);
    p = info->valid_scan_ticket->document_parameters;
    assert_string_equal(info->valid_scan_ticket->job_description.job_name, "Job");
    assert_int_equal(p->format->value.value, WSD_SCAN_FORMAT_EXIF);
    assert_int_equal(p->content_type->value.value, WSD_SCAN_CONTENT_TYPE_TEXT);
    assert_int_equal(p->scaling->scaling_width, 200);
    assert_int_equal(p->media_sides->media_front.resolution->width, 300);
    assert_true(*p->media_sides->media_front.resolution->must_honor);
    assert_null(p->media_sides->media_front.resolution->height);
    assert_null(p->media_sides->media_back);
    assert_null(p->input_source); /* what was not asked for stays away */
}

/* The ticket is not valid; what came back in its place is. */
static void require_mended(struct bench *bench, const char *ticket)
{
    const char *start, *end;
    char content[9000];

    if (validate(bench, ticket)->valid_ticket)
        fail_msg("valid: %s", ticket);
    start = strstr(bench->reply.body.data, "<wscn:ValidScanTicket>");
    end = strstr(bench->reply.body.data, "</wscn:ValidScanTicket>");
    assert_non_null(start);
    assert_non_null(end);
    start += strlen("<wscn:ValidScanTicket>");
    snprintf(content, sizeof content, "<wscn:ScanTicket>%.*s</wscn:ScanTicket>", (int)(end - start),
             start);
    if (!validate(bench, content)->valid_ticket)
        fail_msg("%s became %s", ticket, content);
}

static void test_mended_ticket_is_valid(void **state)
{
    struct bench *bench = *state;

    require_mended(bench,
                   TICKET("<wscn:Format>jpeg2k</wscn:Format><wscn:CompressionQualityFactor>100"
                          "</wscn:CompressionQualityFactor><wscn:ImagesToTransfer>9"
                          "</wscn:ImagesToTransfer><wscn:InputSource>Cupboard</wscn:InputSource>"
                          "<wscn:FilmScanMode>ColorSlideFilm</wscn:FilmScanMode>"
                          "<wscn:ContentType>Photo</wscn:ContentType>"
                          "<wscn:InputSize><wscn:InputMediaSize><wscn:Width>99999</wscn:Width>"
                          "<wscn:Height>1</wscn:Height></wscn:InputMediaSize></wscn:InputSize>"
                          "<wscn:MediaSides><wscn:MediaFront><wscn:ScanRegion>"
                          "<wscn:ScanRegionXOffset>9000</wscn:ScanRegionXOffset>"
                          "<wscn:ScanRegionWidth>99999</wscn:ScanRegionWidth>"
                          "<wscn:ScanRegionHeight>1</wscn:ScanRegionHeight></wscn:ScanRegion>"
                          "<wscn:ColorProcessing>RGBa64</wscn:ColorProcessing></wscn:MediaFront>"
                          "</wscn:MediaSides>"));
}

/* With brightness and contrast, automatic or not, that the scanner does not have. */
static void test_each_wrong_value_alone_is_mended(void **state)
{
#define SETTINGS(settings)                                                                         \
    "<wscn:Exposure><wscn:ExposureSettings>" settings "</wscn:ExposureSettings></wscn:Exposure>"
#define SIZE(w, h)                                                                                 \
    "<wscn:InputSize><wscn:InputMediaSize><wscn:Width>" w "</wscn:Width><wscn:Height>" h           \
    "</wscn:Height></wscn:InputMediaSize></wscn:InputSize>"
#define SCALING(w, h)                                                                              \
    "<wscn:Scaling><wscn:ScalingWidth>" w "</wscn:ScalingWidth><wscn:ScalingHeight>" h             \
    "</wscn:ScalingHeight></wscn:Scaling>"
#define SIDES(front, back)                                                                         \
    "<wscn:InputSource>ADFDuplex</wscn:InputSource><wscn:MediaSides><wscn:MediaFront>" front       \
    "</wscn:MediaFront><wscn:MediaBack>" back "</wscn:MediaBack></wscn:MediaSides>"
#define DPI(w, h)                                                                                  \
    "<wscn:Resolution><wscn:Width>" w "</wscn:Width><wscn:Height>" h "</wscn:Height>"              \
    "</wscn:Resolution>"
    static const char *const tickets[] = {
        TICKET("<wscn:Exposure><wscn:AutoExposure>true</wscn:AutoExposure></wscn:Exposure>"),
        TICKET(SETTINGS("<wscn:Contrast>5</wscn:Contrast>")),
        TICKET(SETTINGS("<wscn:Brightness>5</wscn:Brightness>")),
        TICKET(SETTINGS("<wscn:Contrast>5</wscn:Contrast><wscn:Brightness>5</wscn:Brightness>"
                        "<wscn:Sharpness>5</wscn:Sharpness>")),
        TICKET(SIZE("99999", "5000")),
        TICKET(SIZE("5000", "99999")),
        TICKET(SCALING("250", "100")),
        TICKET(SCALING("100", "250")),
        TICKET("<wscn:Rotation>270</wscn:Rotation>"),
        TICKET("<wscn:CompressionQualityFactor>95</wscn:CompressionQualityFactor>"),
        TICKET(SIDES(DPI("300", "150"), DPI("350", "150"))),
        TICKET(SIDES(DPI("300", "150"), DPI("150", "350"))),
        TICKET(SIDES(DPI("350", "150"), DPI("150", "75"))),
        TICKET(SIDES("", "<wscn:ColorProcessing>RGB24</wscn:ColorProcessing>")),
    };
    struct bench *bench = *state;
    struct wsd_scan_configuration less = bench_configuration;
    struct wsd_scan_document_parameters parameters = bench_parameters;
    struct wsd_scan_ticket ticket = bench_ticket;
    const struct wsd__scan_capabilities whole = bench->service->capabilities;

    less.device_settings.auto_exposure_supported = false;
    less.device_settings.brightness_supported = false;
    less.device_settings.contrast_supported = false;
    less.device_settings.n_rotations_supported = 2;
    parameters.exposure = NULL;
    ticket.document_parameters = &parameters;
    bench->service->capabilities.configuration = &less;
    bench->service->capabilities.default_ticket = &ticket;
    for (size_t i = 0; i < COUNT(tickets); i++)
        require_mended(bench, tickets[i]);
    bench->service->capabilities = whole;
}

static void test_validation_of_a_conflict_is_a_fault(void **state)
{
    struct bench *bench = *state;

    ask(bench, "ValidateScanTicket",
        TICKET("<wscn:InputSource wscn:MustHonor=\"true\">ADF</wscn:InputSource>"
               "<wscn:MediaSides><wscn:MediaFront><wscn:Resolution wscn:MustHonor=\"true\">"
               "<wscn:Width>600</wscn:Width></wscn:Resolution></wscn:MediaFront>"
               "</wscn:MediaSides>"));
    assert_fault(bench, "ClientErrorConflictingRequiredParameters", 400);
}

static void test_validation_makes_no_job(void **state)
{
    struct bench *bench = *state;

    validate(bench, TICKET(""));
    assert_int_equal(ask(bench, "GetActiveJobs", "")->get_active_jobs_response->n_active_jobs, 0);
}

/* -- CreateScanJob: faults ----------------------------------------------------------------------
 */

static void test_unknown_format_is_refused_with_a_list(void **state)
{
    struct bench *bench = *state;

    ask(bench, "CreateScanJob", TICKET("<wscn:Format>jbig</wscn:Format>"));
    assert_fault(bench, "ClientErrorFormatNotSupported", 400);
    assert_non_null(strstr(bench->reply.body.data, "<wscn:FormatValue>exif</wscn:FormatValue>"));
    assert_non_null(strstr(bench->reply.body.data, "<wscn:FormatValue>pdf-a</wscn:FormatValue>"));
}

static void test_conflict_and_rejection_refuse_the_job(void **state)
{
    struct bench *bench = *state;

    ask(bench, "CreateScanJob",
        TICKET("<wscn:InputSource wscn:MustHonor=\"true\">ADF</wscn:InputSource>"
               "<wscn:MediaSides><wscn:MediaFront><wscn:Resolution wscn:MustHonor=\"true\">"
               "<wscn:Width>600</wscn:Width></wscn:Resolution></wscn:MediaFront>"
               "</wscn:MediaSides>"));
    assert_fault(bench, "ClientErrorConflictingRequiredParameters", 400);
    ask(bench, "CreateScanJob",
        TICKET("<wscn:ContentType wscn:MustHonor=\"1\">Photo</wscn:ContentType>"));
    assert_fault(bench, "InvalidArgs", 400);
    assert_string_equal(fault_detail(bench), "ContentType");
    ask(bench, "CreateScanJob",
        TICKET("<wscn:MediaSides><wscn:MediaFront><wscn:ScanRegion>"
               "<wscn:ScanRegionXOffset>20000</wscn:ScanRegionXOffset>"
               "<wscn:ScanRegionWidth>100</wscn:ScanRegionWidth>"
               "<wscn:ScanRegionHeight>100</wscn:ScanRegionHeight></wscn:ScanRegion>"
               "</wscn:MediaFront></wscn:MediaSides>"));
    assert_fault(bench, "InvalidArgs", 400);
    assert_string_equal(fault_detail(bench), "ScanRegion");
}

static void test_scans_that_no_panel_started_are_refused(void **state)
{
    struct bench *bench = *state;

    ask(bench, "CreateScanJob",
        "<wscn:ScanIdentifier>a</wscn:ScanIdentifier><wscn:DestinationToken>b"
        "</wscn:DestinationToken>" TICKET(""));
    assert_fault(bench, "ClientErrorInvalidScanIdentifier", 400);
    /* One without the other is a matter of the schema. */
    ask(bench, "CreateScanJob", "<wscn:ScanIdentifier>a</wscn:ScanIdentifier>" TICKET(""));
    assert_fault(bench, "InvalidArgs", 400);
    assert_non_null(strstr(fault_detail(bench), "CreateScanJobRequest"));
    ask(bench, "CreateScanJob",
        "<wscn:ScanIdentifier></wscn:ScanIdentifier><wscn:DestinationToken></"
        "wscn:DestinationToken>" TICKET(""));
    assert_non_null(bench->body->create_scan_job_response);
}

static void test_final_parameters_are_complete(void **state)
{
    struct bench *bench = *state;
    const struct wsd_scan_create_scan_job_response *a =
        ask(bench, "CreateScanJob", TICKET("<wscn:InputSource>ADFDuplex</wscn:InputSource>"))
            ->create_scan_job_response;
    struct wsd_error error = {0};

    assert_non_null(a);
    assert_int_equal(wsd_validate(wsd_type_find("CreateScanJobResponse"), a, true, &error), 0);
    assert_non_null(a->document_final_parameters.media_sides.media_back);
    assert_non_null(a->image_information.media_back_image_info);
    assert_true(*a->document_final_parameters.format.used_default);
}

/* -- what is refused at the start ---------------------------------------------------------------
 */

static int try_service(struct bench *bench, const struct wsd_scan_service_options *options,
                       struct wsd_error *error)
{
    struct wsd_scan_service *service = NULL;
    int r;

    *error = (struct wsd_error){0};
    r = wsd__scan_service_create(bench->context, &bench->profiles, options, &service, error);
    wsd__scan_service_destroy(service, true);
    return r;
}

static void test_ticket_beyond_its_configuration_is_refused_at_the_start(void **state)
{
    struct bench *bench = *state;
    struct wsd_scan_service_options options = bench_options(bench);
    struct wsd_scan_document_parameters parameters = bench_parameters;
    struct wsd_scan_ticket ticket = bench_ticket;
    const struct wsd_scan_ticket_token mixed = {.value = {WSD_SCAN_CONTENT_TYPE_MIXED, NULL}};
    struct wsd_error error;

    parameters.content_type = &mixed;
    ticket.document_parameters = &parameters;
    options.default_ticket = &ticket;
    assert_int_equal(try_service(bench, &options, &error), WSD_E_INVALID);
    assert_non_null(strstr(error.message, "default ticket"));
}

static void test_configuration_that_breaks_the_schema_is_refused(void **state)
{
    struct bench *bench = *state;
    struct wsd_scan_service_options options = bench_options(bench);
    struct wsd_scan_configuration configuration = bench_configuration;
    struct wsd_error error;

    configuration.device_settings.n_formats_supported = 0;
    options.configuration = &configuration;
    assert_int_equal(try_service(bench, &options, &error), WSD_E_SCHEMA);
    assert_true(error.path[0] != '\0');
    configuration = bench_configuration;
    configuration.platen = configuration.film = NULL;
    configuration.adf = NULL;
    assert_int_equal(try_service(bench, &options, &error), WSD_E_INVALID);
    options = bench_options(bench);
    options.description = NULL;
    assert_int_equal(try_service(bench, &options, &error), WSD_E_INVALID);
}

static void test_service_without_one_of_its_parts_is_refused(void **state)
{
    struct bench *bench = *state;
    struct wsd_scan_service_options options[5];
    struct wsd_error error;

    for (size_t i = 0; i < COUNT(options); i++)
        options[i] = bench_options(bench);
    options[0].configuration = NULL;
    options[1].default_ticket = NULL;
    options[2].scanner.next_image = NULL;
    options[3].scanner.read = NULL;
    options[4].size = 0;
    for (size_t i = 0; i < COUNT(options); i++)
        assert_int_equal(try_service(bench, &options[i], &error), WSD_E_INVALID);
    assert_int_equal(try_service(bench, NULL, &error), WSD_E_INVALID);
}

/* All else that a scanner may be asked is left out. */
static void test_scanner_that_only_gives_images_scans(void **state)
{
    static const struct {
        const char *ticket;
        int files;
    } rows[] = {
        {TICKET(""), 1},
        {TICKET("<wscn:Format>dib</wscn:Format>"), 1},
        {TICKET("<wscn:InputSource>ADF</wscn:InputSource>"
                "<wscn:ImagesToTransfer>2</wscn:ImagesToTransfer>"),
         2},
        {TICKET("<wscn:Format>pdf-a</wscn:Format><wscn:InputSource>ADF</wscn:InputSource>"
                "<wscn:ImagesToTransfer>0</wscn:ImagesToTransfer>"),
         1},
    };
    struct bench *bench = *state;
    struct wsd_scanner *scanner = &bench->service->scanner;

    scanner->begin = NULL;
    scanner->end = NULL;
    scanner->originals = NULL;
    scanner->images_done = NULL;
    scanner->format_has_color = NULL;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct created job = create_job(bench, rows[i].ticket);

        for (int n = 0; n < rows[i].files; n++) {
            retrieve(bench, &job);
            pull_whole_image(bench);
        }
        assert_job(bench, job.id, WSD_SCAN_JOB_STATE_COMPLETED, WSD_SCAN_JOB_STATE_REASON_NONE);
        assert_int_equal(job_status(bench, job.id)->scans_completed, rows[i].files);
    }
}

/* Each kind of source alone makes a scanner. */
static void test_scanner_of_one_source_is_taken(void **state)
{
    struct bench *bench = *state;
    const struct wsd_scan_ticket_token sources[] = {{.value = {WSD_SCAN_INPUT_SOURCE_PLATEN, NULL}},
                                                    {.value = {WSD_SCAN_INPUT_SOURCE_ADF, NULL}}};
    struct wsd_error error;

    for (size_t i = 0; i < COUNT(sources); i++) {
        struct wsd_scan_service_options options = bench_options(bench);
        struct wsd_scan_configuration configuration = bench_configuration;
        struct wsd_scan_document_parameters parameters = bench_parameters;
        struct wsd_scan_ticket ticket = bench_ticket;

        configuration.film = NULL;
        configuration.platen = i == 0 ? &bench_platen : NULL;
        configuration.adf = i == 1 ? &bench_adf : NULL;
        parameters.input_source = &sources[i];
        ticket.document_parameters = &parameters;
        options.configuration = &configuration;
        options.default_ticket = &ticket;
        if (try_service(bench, &options, &error) < 0)
            fail_msg("%s (%s: %s)", error.message, error.path, error.value);
    }
}

static void test_description_beyond_an_envelope_is_refused(void **state)
{
    struct bench *bench = *state;
    struct wsd_scan_service_options options = bench_options(bench);
    struct wsd_scan_text infos[400];
    struct wsd_scan_description description = bench_description;
    struct wsd_error error;

    for (size_t i = 0; i < COUNT(infos); i++)
        infos[i] =
            (struct wsd_scan_text){.value = "A scanner, described at some length", .lang = "en"};
    description.scanner_info = infos;
    description.n_scanner_info = COUNT(infos);
    options.description = &description;
    assert_int_equal(try_service(bench, &options, &error), WSD_E_LIMIT);
}

static void test_equal_services_share_their_configuration(void **state)
{
    struct bench *bench = *state;
    struct wsd_scan_service_options options = bench_options(bench);
    struct wsd_scan_service *twin;

    assert_int_equal(
        wsd__scan_service_create(bench->context, &bench->profiles, &options, &twin, NULL), 0);
    assert_ptr_equal(twin->profile, bench->service->profile);
    wsd__scan_service_destroy(twin, true);
    assert_int_equal(status_of(bench)->n_active_conditions, 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_answer_is_addressed_to_the_question),
        CASE(test_all_four_sections_are_there),
        CASE(test_default_ticket_is_accepted_unchanged),
        CASE(test_names_of_strangers_are_answered_as_invalid),
        CASE(test_answer_that_would_be_too_large_is_refused),
        CASE(test_status_of_a_scanner_at_rest),
        CASE(test_scanner_is_processing_while_a_job_runs),
        CASE(test_life_of_a_condition),
        CASE(test_condition_without_a_reason_of_its_name_asks_for_attention),
        CASE(test_conditions_that_lie_together_are_bounded_and_cleared_one_by_one),
        CASE(test_count_of_images_beyond_the_schema_is_its_most),
        CASE(test_attention_stops_the_scanner_without_a_condition),
        CASE(test_condition_history_is_bounded),
        CASE(test_good_ticket_is_valid_and_comes_with_geometry),
        CASE(test_bad_ticket_comes_back_mended),
        CASE(test_mended_ticket_is_valid),
        CASE(test_each_wrong_value_alone_is_mended),
        CASE(test_validation_of_a_conflict_is_a_fault),
        CASE(test_validation_makes_no_job),
        CASE(test_unknown_format_is_refused_with_a_list),
        CASE(test_conflict_and_rejection_refuse_the_job),
        CASE(test_scans_that_no_panel_started_are_refused),
        CASE(test_final_parameters_are_complete),
        CASE(test_ticket_beyond_its_configuration_is_refused_at_the_start),
        CASE(test_service_without_one_of_its_parts_is_refused),
        CASE(test_scanner_that_only_gives_images_scans),
        CASE(test_scanner_of_one_source_is_taken),
        CASE(test_configuration_that_breaks_the_schema_is_refused),
        CASE(test_description_beyond_an_envelope_is_refused),
        CASE(test_equal_services_share_their_configuration),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
