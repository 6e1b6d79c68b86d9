/* SPDX-License-Identifier: MIT */
/* Decode: what comes is taken apart, and what is wrong is told with its place. */
#include "../support/codec.h"

#define IN_TICKET "/Envelope/Body/CreateScanJobRequest/ScanTicket"

static const struct wsd_scan_document_parameters *parameters_of(const struct wsd__envelope *e)
{
    const struct wsd_scan_body *body = e->body;
    return body->create_scan_job_request->scan_ticket.document_parameters;
}

/* -- absent, present, wrong ----------------------------------------------------------------------
 */

static void test_ticket_without_user_names_the_path(void **state)
{
    struct wsd_error e =
        decode_fails(*state, TICKET("<wscn:JobName>n</wscn:JobName>", ""), WSD_E_SCHEMA);
    assert_string_equal(e.path, IN_TICKET "/JobDescription/JobOriginatingUserName");
    assert_has(e.message, IN_TICKET "/JobDescription/JobOriginatingUserName: is required");
    assert_int_equal(e.line, 1);
}

static void test_optional_that_is_absent_is_null(void **state)
{
    const struct wsd__envelope *e = decode_ok(*state, SCAN, PARAMETERS(""));
    assert_null(parameters_of(e)->format);
    assert_null(parameters_of(e)->any);
    wsd_free(e);
}

static void test_number_out_of_range_names_value_and_range(void **state)
{
    struct wsd_error e = decode_fails(
        *state, PARAMETERS("<wscn:CompressionQualityFactor>400</wscn:CompressionQualityFactor>"),
        WSD_E_SCHEMA);
    assert_string_equal(e.path, IN_TICKET "/DocumentParameters/CompressionQualityFactor");
    assert_string_equal(e.value, "400");
    assert_has(e.message, "\"400\" is not 0..100");
}

static void test_number_that_is_none_names_the_value(void **state)
{
    struct wsd_error e = decode_fails(
        *state, PARAMETERS("<wscn:ImagesToTransfer>many</wscn:ImagesToTransfer>"), WSD_E_SCHEMA);
    assert_string_equal(e.value, "many");
    assert_string_equal(e.path, IN_TICKET "/DocumentParameters/ImagesToTransfer");
}

static void test_number_beyond_32_bits_is_out_of_range(void **state)
{
    decode_fails(*state, PARAMETERS("<wscn:ImagesToTransfer>2147483648</wscn:ImagesToTransfer>"),
                 WSD_E_SCHEMA);
    decode_fails(*state,
                 PARAMETERS("<wscn:ImagesToTransfer>99999999999999999999</wscn:ImagesToTransfer>"),
                 WSD_E_SCHEMA);
    decode_fails(*state, PARAMETERS("<wscn:ImagesToTransfer>-2147483649</wscn:ImagesToTransfer>"),
                 WSD_E_SCHEMA);
}

static void test_numbers_in_all_their_forms(void **state)
{
    static const char *const forms[] = {"7", "+7", "007", " 7 ", "\n\t7\r\n"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char xml[2048];
        snprintf(xml, sizeof xml, "%.*s%s%s",
                 (int)(strstr(PARAMETERS("<wscn:ImagesToTransfer>@"), "@") -
                       PARAMETERS("<wscn:ImagesToTransfer>@")),
                 PARAMETERS("<wscn:ImagesToTransfer>@"), forms[i],
                 strstr(PARAMETERS("<wscn:ImagesToTransfer>@</wscn:ImagesToTransfer>"), "@") + 1);
        const struct wsd__envelope *e = decode_ok(*state, SCAN, xml);
        assert_int_equal(parameters_of(e)->images_to_transfer->value, 7);
        wsd_free(e);
    }
}

static void test_third_item_that_is_wrong_is_an_error_with_its_number(void **state)
{
    struct wsd_error e = decode_fails(
        *state,
        BODY("<wscn:GetScannerElementsRequest><wscn:RequestedElements>"
             "<wscn:Name>wscn:ScannerStatus</wscn:Name><wscn:Name>wscn:ScannerStatus</wscn:Name>"
             "<wscn:Name> </wscn:Name></wscn:RequestedElements></wscn:GetScannerElementsRequest>"),
        WSD_E_SCHEMA);
    assert_string_equal(e.path,
                        "/Envelope/Body/GetScannerElementsRequest/RequestedElements/Name[3]");
}

static void test_empty_list_that_needs_an_item(void **state)
{
    struct wsd_error e =
        decode_fails(*state,
                     BODY("<wscn:GetScannerElementsRequest><wscn:RequestedElements/>"
                          "</wscn:GetScannerElementsRequest>"),
                     WSD_E_SCHEMA);
    assert_string_equal(e.path, "/Envelope/Body/GetScannerElementsRequest/RequestedElements/Name");
}

static void test_error_in_list_without_reading_to_its_end(void **state)
{
    struct wsd_error e =
        decode_fails(*state,
                     PARAMETERS("<wscn:Exposure/>\n<wscn:Scaling><wscn:ScalingWidth>0"
                                "</wscn:ScalingWidth></wscn:Scaling>"),
                     WSD_E_SCHEMA);
    assert_has(e.message, "needs AutoExposure or ExposureSettings");
    assert_int_equal(e.line, 1);
}

static void test_line_of_the_error(void **state)
{
    struct wsd_error e = decode_fails(
        *state, PARAMETERS("\n\n<wscn:ImagesToTransfer>x</wscn:ImagesToTransfer>"), WSD_E_SCHEMA);
    assert_int_equal(e.line, 3);
    assert_has(e.message, "(line 3)");
}

static void test_first_cause_wins(void **state)
{
    struct wsd_error error = {.code = WSD_E_TIMEOUT, .path = "kept"};
    const struct wsd__envelope *envelope = NULL;
    const char *xml = PARAMETERS("<wscn:ImagesToTransfer>x</wscn:ImagesToTransfer>");
    assert_int_equal(decode_bytes(*state, SCAN, xml, strlen(xml), 0, &envelope, &error),
                     WSD_E_SCHEMA);
    assert_int_equal(error.code, WSD_E_TIMEOUT);
    assert_string_equal(error.path, "kept");
    assert_int_equal(decode_bytes(*state, SCAN, xml, strlen(xml), 0, &envelope, NULL),
                     WSD_E_SCHEMA);
}

static void test_value_in_the_message_is_cut_between_characters(void **state)
{
    struct wsd_error e = decode_fails(
        *state,
        PARAMETERS("<wscn:ImagesToTransfer>"
                   "x\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
                   "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
                   "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
                   "</wscn:ImagesToTransfer>"),
        WSD_E_SCHEMA);
    const char *quote = strstr(e.message, "\" is not");
    assert_non_null(quote);
    assert_int_equal((unsigned char)quote[-1], 0xa4);
}

/* -- twice, out of order, mixed
 * -------------------------------------------------------------------- */

static void test_element_met_twice_is_an_error(void **state)
{
    struct wsd_error e =
        decode_fails(*state,
                     PARAMETERS("<wscn:Format>png</wscn:Format><wscn:Rotation>0</wscn:Rotation>"
                                "<wscn:Format>exif</wscn:Format>"),
                     WSD_E_SCHEMA);
    assert_string_equal(e.path, IN_TICKET "/DocumentParameters/Format");
    assert_has(e.message, "appears twice");
}

static void test_wrapper_met_twice_is_an_error(void **state)
{
    decode_fails(*state,
                 BODY("<wscn:GetScannerElementsRequest>"
                      "<wscn:RequestedElements><wscn:Name>a</wscn:Name></wscn:RequestedElements>"
                      "<wscn:RequestedElements><wscn:Name>b</wscn:Name></wscn:RequestedElements>"
                      "</wscn:GetScannerElementsRequest>"),
                 WSD_E_SCHEMA);
}

static void test_any_order_is_accepted_and_the_tables_order_written(void **state)
{
    char *text = recode(*state, SCAN,
                        PARAMETERS("<wscn:Rotation>90</wscn:Rotation>"
                                   "<wscn:ImagesToTransfer>1</wscn:ImagesToTransfer>"
                                   "<wscn:Format>png</wscn:Format>"));
    assert_has(text, "<wscn:Format>png</wscn:Format><wscn:ImagesToTransfer>1"
                     "</wscn:ImagesToTransfer><wscn:Rotation>90</wscn:Rotation>");
    free(text);
}

static void test_text_between_elements_is_an_error(void **state)
{
    struct wsd_error e =
        decode_fails(*state, PARAMETERS(" <wscn:Format>png</wscn:Format> stray "), WSD_E_SCHEMA);
    assert_string_equal(e.path, IN_TICKET "/DocumentParameters");
    assert_string_equal(e.value, "stray");
}

static void test_element_inside_a_value_is_an_error(void **state)
{
    struct wsd_error e =
        decode_fails(*state, TICKET("<wscn:JobName>a<b/></wscn:JobName>", ""), WSD_E_SCHEMA);
    assert_string_equal(e.path, IN_TICKET "/JobDescription/JobName/b");
}

/* -- white space
 * ------------------------------------------------------------------------------------ */

static void test_white_space_is_content_of_strings_and_none_of_words(void **state)
{
    const struct wsd__envelope *e =
        decode_ok(*state, SCAN,
                  TICKET("<wscn:JobName> a\n b </wscn:JobName>"
                         "<wscn:JobOriginatingUserName>u</wscn:JobOriginatingUserName>",
                         "<wscn:DocumentParameters><wscn:Format>\n png </wscn:Format>"
                         "</wscn:DocumentParameters>"));
    const struct wsd_scan_body *body = e->body;
    assert_string_equal(body->create_scan_job_request->scan_ticket.job_description.job_name,
                        " a\n b ");
    assert_string_equal(parameters_of(e)->format->value.text, "png");
    assert_int_equal(parameters_of(e)->format->value.value, WSD_SCAN_FORMAT_PNG);
    wsd_free(e);
}

#define UNKNOWN "<v:a xmlns:v=\"urn:v\"> <v:b>  </v:b>\n<v:c/> x </v:a>"

static void test_white_space_in_unknown_elements_survives(void **state)
{
    const struct wsd__envelope *e = decode_ok(*state, SCAN, PARAMETERS(UNKNOWN));
    char *text = encode_again(e, SCAN);
    assert_has(text, UNKNOWN);
    free(text);
    wsd_free(e);
}

static void test_carriage_return_tab_and_newline_survive(void **state)
{
    const struct wsd__envelope *e =
        decode_ok(*state, SCAN,
                  TICKET("<wscn:JobName a=\"&#13;&#10;&#9;\">&#13;x&#10;y&#9;z</wscn:JobName>"
                         "<wscn:JobOriginatingUserName>u</wscn:JobOriginatingUserName>",
                         ""));
    char *text = encode_again(e, SCAN);
    const struct wsd__envelope *again = decode_ok(*state, SCAN, text);
    const struct wsd_scan_body *body = again->body;
    const struct wsd_scan_job_description *d =
        &body->create_scan_job_request->scan_ticket.job_description;
    assert_string_equal(d->job_name, "\rx\ny\tz");
    assert_string_equal(d->any->text, "\r\n\t");
    free(text);
    wsd_free(e);
    wsd_free(again);
}

static void test_comment_in_the_middle_of_a_number(void **state)
{
    const struct wsd__envelope *e = decode_ok(
        *state, SCAN,
        PARAMETERS("<wscn:ImagesToTransfer>1<!-- x -->2<![CDATA[3]]></wscn:ImagesToTransfer>"));
    assert_int_equal(parameters_of(e)->images_to_transfer->value, 123);
    wsd_free(e);
}

/* -- attributes
 * ------------------------------------------------------------------------------------- */

static bool must_honor(struct wsd_context *context, const char *xml)
{
    const struct wsd__envelope *e = decode_ok(context, SCAN, xml);
    const bool *value = parameters_of(e)->images_to_transfer->must_honor;
    bool result = value && *value;
    assert_null(parameters_of(e)->images_to_transfer->any);
    wsd_free(e);
    return result;
}

#define IMAGES(attributes)                                                                         \
    PARAMETERS("<wscn:ImagesToTransfer " attributes ">1</wscn:ImagesToTransfer>")

static void test_attribute_with_and_without_prefix(void **state)
{
    assert_true(must_honor(*state, IMAGES("wscn:MustHonor=\"1\"")));
    assert_true(must_honor(*state, IMAGES("MustHonor=\"true\"")));
    assert_false(must_honor(*state, IMAGES("")));
}

static void test_attribute_in_a_foreign_namespace_is_another_one(void **state)
{
    const struct wsd__envelope *e =
        decode_ok(*state, SCAN, IMAGES("xmlns:v=\"urn:v\" v:MustHonor=\"true\""));
    assert_null(parameters_of(e)->images_to_transfer->must_honor);
    assert_string_equal(parameters_of(e)->images_to_transfer->any->local, "MustHonor");
    assert_string_equal(parameters_of(e)->images_to_transfer->any->ns, "urn:v");
    wsd_free(e);
}

static void test_attribute_by_its_right_name_goes_before_the_other(void **state)
{
    static const char *const both[] = {IMAGES("MustHonor=\"false\" wscn:MustHonor=\"true\""),
                                       IMAGES("wscn:MustHonor=\"true\" MustHonor=\"false\"")};
    for (size_t i = 0; i < 2; i++) {
        const struct wsd__envelope *e = decode_ok(*state, SCAN, both[i]);
        assert_true(*parameters_of(e)->images_to_transfer->must_honor);
        char *text = encode_again(e, SCAN);
        wsd_free(decode_ok(*state, SCAN, text)); /* no attribute stands there twice */
        assert_has(text, "wscn:MustHonor=\"true\" MustHonor=\"false\"");
        free(text);
        wsd_free(e);
    }
}

static void test_attribute_that_is_wrong_names_the_path(void **state)
{
    struct wsd_error e = decode_fails(*state, IMAGES("wscn:MustHonor=\"maybe\""), WSD_E_SCHEMA);
    assert_string_equal(e.path, IN_TICKET "/DocumentParameters/ImagesToTransfer/MustHonor");
    assert_has(e.message, "\"maybe\" is not true or false");
}

static void test_attribute_that_is_required(void **state)
{
    struct wsd_error e =
        decode_fails(*state,
                     BODY("<wscn:GetScannerElementsResponse><wscn:ScannerElements>"
                          "<wscn:ElementData Valid=\"false\"/></wscn:ScannerElements>"
                          "</wscn:GetScannerElementsResponse>"),
                     WSD_E_SCHEMA);
    assert_string_equal(
        e.path, "/Envelope/Body/GetScannerElementsResponse/ScannerElements/ElementData/Name");
}

/* -- unknown words
 * ------------------------------------------------------------------------------------ */

static void test_unknown_word_is_kept(void **state)
{
    const struct wsd__envelope *e =
        decode_ok(*state, SCAN, PARAMETERS("<wscn:Format>vnd:raw</wscn:Format>"));
    assert_int_equal(parameters_of(e)->format->value.value, 0);
    assert_string_equal(parameters_of(e)->format->value.text, "vnd:raw");
    wsd_free(e);
}

static void test_colour_in_another_case_is_known_and_its_text_kept(void **state)
{
    const struct wsd__envelope *e =
        decode_ok(*state, SCAN,
                  PARAMETERS("<wscn:MediaSides><wscn:MediaFront><wscn:ColorProcessing>GrayScale4"
                             "</wscn:ColorProcessing></wscn:MediaFront></wscn:MediaSides>"));
    const struct wsd_scan_ticket_token *color =
        parameters_of(e)->media_sides->media_front.color_processing;
    assert_int_equal(color->value.value, WSD_SCAN_COLOR_GRAYSCALE4);
    assert_string_equal(color->value.text, "GrayScale4");
    wsd_free(e);
}

/* -- quirks are precise
 * --------------------------------------------------------------------------------- */

static int quirk_result(struct wsd_context *context, const char *xml, uint32_t quirks)
{
    const struct wsd__envelope *envelope = NULL;
    int r = decode_bytes(context, SCAN, xml, strlen(xml), quirks, &envelope, NULL);
    wsd_free(envelope ? (const void *)envelope : NULL);
    return r;
}

#define SIZE(width)                                                                                \
    PARAMETERS("<wscn:InputSize><wscn:InputMediaSize><wscn:Width>" width                           \
               "</wscn:Width><wscn:Height>1</wscn:Height></wscn:InputMediaSize></wscn:InputSize>")

static void test_size_zero_is_tolerated_by_its_quirk_alone(void **state)
{
    assert_int_equal(quirk_result(*state, SIZE("0"), 0), WSD_E_SCHEMA);
    assert_int_equal(quirk_result(*state, SIZE("0"), WSD__QUIRK_EMPTY_TOKEN), WSD_E_SCHEMA);
    assert_int_equal(quirk_result(*state, SIZE("0"), WSD__QUIRK_ZERO_SIZE), 0);
}

static void test_size_quirk_tolerates_zero_alone(void **state)
{
    assert_int_equal(quirk_result(*state, SIZE("-5"), WSD__QUIRKS_DEFAULT), WSD_E_SCHEMA);
    assert_int_equal(quirk_result(*state, SIZE("99999999999"), WSD__QUIRKS_DEFAULT), WSD_E_SCHEMA);
    assert_int_equal(
        quirk_result(*state,
                     PARAMETERS("<wscn:InputSize><wscn:InputMediaSize><wscn:Height>1"
                                "</wscn:Height></wscn:InputMediaSize></wscn:InputSize>"),
                     WSD__QUIRKS_DEFAULT),
        WSD_E_SCHEMA);
}

static void test_empty_content_type_is_tolerated_by_its_quirk_alone(void **state)
{
    const char *xml = PARAMETERS("<wscn:ContentType/>");
    assert_int_equal(quirk_result(*state, xml, WSD__QUIRKS_DEFAULT & ~WSD__QUIRK_EMPTY_TOKEN),
                     WSD_E_SCHEMA);
    assert_int_equal(quirk_result(*state, xml, WSD__QUIRK_EMPTY_TOKEN), 0);
    assert_int_equal(quirk_result(*state, PARAMETERS("<wscn:Format/>"), WSD__QUIRKS_DEFAULT),
                     WSD_E_SCHEMA);
}

static void test_missing_user_is_tolerated_but_not_one_too_long(void **state)
{
    assert_int_equal(quirk_result(*state, TICKET("<wscn:JobName>n</wscn:JobName>", ""),
                                  WSD__QUIRK_NO_DESCRIPTION),
                     0);
    char xml[4096], name[300];
    memset(name, 'u', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    const char *whole = TICKET("<wscn:JobName>n</wscn:JobName><wscn:JobOriginatingUserName>@"
                               "</wscn:JobOriginatingUserName>",
                               "");
    const char *at = strchr(whole, '@');
    snprintf(xml, sizeof xml, "%.*s%s%s", (int)(at - whole), whole, name, at + 1);
    assert_int_equal(quirk_result(*state, xml, WSD__QUIRKS_DEFAULT), WSD_E_SCHEMA);
}

static void test_length_counts_characters_and_not_bytes(void **state)
{
    char xml[4096], name[600] = "";
    for (int i = 0; i < 255; i++)
        strcat(name, "\xc3\xa4");
    const char *whole = TICKET("<wscn:JobName>@</wscn:JobName><wscn:JobOriginatingUserName>u"
                               "</wscn:JobOriginatingUserName>",
                               "");
    const char *at = strchr(whole, '@');
    snprintf(xml, sizeof xml, "%.*s%s%s", (int)(at - whole), whole, name, at + 1);
    assert_int_equal(quirk_result(*state, xml, 0), 0);
    snprintf(xml, sizeof xml, "%.*s%sx%s", (int)(at - whole), whole, name, at + 1);
    assert_int_equal(quirk_result(*state, xml, 0), WSD_E_SCHEMA);
}

/* -- SOAP
 * --------------------------------------------------------------------------------------------- */

static const struct wsd_soap_fault *fault_of(const struct wsd__envelope *e)
{
    return ((const struct wsd_scan_body *)e->body)->fault;
}

static void test_fault_1_2_with_subcode_reason_and_detail(void **state)
{
    const struct wsd__envelope *e = decode_ok(
        *state, SCAN,
        BODY("<soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value><soap:Subcode><soap:Value>"
             "wscn:ClientErrorJobIdNotFound</soap:Value></soap:Subcode></soap:Code><soap:Reason>"
             "<soap:Text xml:lang=\"en\"> no such job</soap:Text></soap:Reason>"
             "<soap:Detail>\n <wscn:JobId>7</wscn:JobId> </soap:Detail></soap:Fault>"));
    struct wsd_error error = {0};
    assert_int_equal(wsd__fault_error(fault_of(e), &error), WSD_E_FAULT);
    assert_string_equal(error.subcode, "ClientErrorJobIdNotFound");
    assert_string_equal(error.fault_code, "Sender");
    assert_string_equal(error.detail, "7");
    assert_has(error.message, "no such job");
    wsd_free(e);
}

static void test_fault_detail_that_is_plain_text(void **state)
{
    const char *xml = BODY("<soap:Fault><soap:Code><soap:Value>soap:Receiver</soap:Value>"
                           "</soap:Code><soap:Reason><soap:Text xml:lang=\"en\">r</soap:Text>"
                           "</soap:Reason><soap:Detail>\nlid <b>open</b> !</soap:Detail>"
                           "</soap:Fault>");
    const struct wsd__envelope *e = decode_ok(*state, SCAN, xml);
    struct wsd_error error = {0};
    wsd__fault_error(fault_of(e), &error);
    assert_has(error.detail, "lid");
    assert_has(error.detail, "open");
    char *text = encode_again(e, SCAN);
    assert_has(text, "<soap:Detail>\nlid <b>open</b> !</soap:Detail>");
    free(text);
    wsd_free(e);
}

static void test_fault_1_1(void **state)
{
    const struct wsd__envelope *e = decode_ok(
        *state, SCAN,
        "<S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\"><S:Body><S:Fault>"
        "<faultcode>S:Server</faultcode><faultstring>no</faultstring><detail><x/></detail>"
        "</S:Fault></S:Body></S:Envelope>");
    assert_true(e->soap_11);
    struct wsd_error error = {0};
    wsd__fault_error(fault_of(e), &error);
    assert_string_equal(error.fault_code, "Server");
    assert_has(error.message, "no");
    wsd_free(e);
}

static void test_fault_subcodes_nest_and_the_innermost_names_it(void **state)
{
    const struct wsd__envelope *e = decode_ok(
        *state, SCAN,
        BODY("<soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value><soap:Subcode>"
             "<soap:Value>wscn:Outer</soap:Value><soap:Subcode><soap:Value>wscn:Inner</soap:Value>"
             "</soap:Subcode></soap:Subcode></soap:Code><soap:Reason><soap:Text xml:lang=\"en\">r"
             "</soap:Text></soap:Reason></soap:Fault>"));
    assert_string_equal(wsd__fault_subcode(fault_of(e))->local, "Inner");
    wsd_free(e);
}

static void test_envelope_without_header(void **state)
{
    const struct wsd__envelope *e = decode_ok(*state, SCAN, BODY("<wscn:GetActiveJobsRequest/>"));
    assert_null(e->header.action);
    wsd_free(e);
}

static void test_envelope_without_body(void **state)
{
    struct wsd_error e =
        decode_fails(*state, "<s:Envelope xmlns:s=\"" URI_SOAP "\"/>", WSD_E_SCHEMA);
    assert_string_equal(e.path, "/Envelope/Body");
}

static void test_another_root_is_no_soap(void **state)
{
    struct wsd_error e = decode_fails(*state, "<device/>", WSD_E_NOT_SOAP);
    assert_has(e.message, "<device>");
    decode_fails(*state, "<s:Envelope xmlns:s=\"urn:other\"><s:Body/></s:Envelope>",
                 WSD_E_NOT_SOAP);
}

static void test_final_parameters_with_zeros_in_range_are_all_there(void **state)
{
    /* Contrast 0 is a value; only a number 0 outside its range means that none was sent. */
    const char *xml = BODY(
        "<wscn:GetJobElementsResponse><wscn:JobElements><wscn:ElementData "
        "Name=\"wscn:Documents\" Valid=\"true\"><wscn:Documents><wscn:DocumentFinalParameters>"
        "<wscn:Exposure><wscn:ExposureSettings><wscn:Contrast>0</wscn:Contrast>"
        "<wscn:Brightness>0</wscn:Brightness><wscn:Sharpness>0</wscn:Sharpness>"
        "</wscn:ExposureSettings></wscn:Exposure></wscn:DocumentFinalParameters><wscn:Document>"
        "<wscn:DocumentDescription><wscn:DocumentName>d</wscn:DocumentName>"
        "</wscn:DocumentDescription></wscn:Document></wscn:Documents></wscn:ElementData>"
        "</wscn:JobElements></wscn:GetJobElementsResponse>");
    char *text = recode(*state, SCAN, xml);
    assert_has(text, "<wscn:Contrast>0</wscn:Contrast><wscn:Brightness>0</wscn:Brightness>");
    assert_has_not(text, "Scaling"); /* 1..1000: 0 is none */
    assert_has_not(text, "<wscn:Format");
    free(text);
}

static void test_inline_image_longer_than_a_text_may_be(void **state)
{
    size_t size = 200000;
    char *xml = malloc(size + 1000), *at = xml;
    assert_non_null(xml);
    const char *whole = BODY("<wscn:RetrieveImageResponse><wscn:ScanData>@</wscn:ScanData>"
                             "</wscn:RetrieveImageResponse>");
    const char *mark = strchr(whole, '@');
    memcpy(at, whole, (size_t)(mark - whole));
    at += mark - whole;
    memset(at, 'A', size);
    strcpy(at + size, mark + 1);
    const struct wsd__envelope *e = decode_ok(*state, SCAN, xml);
    const struct wsd_scan_body *body = e->body;
    assert_int_equal(strlen(body->retrieve_image_response->scan_data.text), size);
    wsd_free(e);
    free(xml);
}

static void test_white_space_around_an_include_is_no_image(void **state)
{
    const struct wsd__envelope *e =
        decode_ok(*state, SCAN,
                  BODY("<wscn:RetrieveImageResponse><wscn:ScanData>\n <xop:Include "
                       "xmlns:xop=\"http://www.w3.org/2003/12/xop/include\" href=\"cid:a\"/>\n"
                       "</wscn:ScanData></wscn:RetrieveImageResponse>"));
    const struct wsd_scan_body *body = e->body;
    assert_string_equal(body->retrieve_image_response->scan_data.include->href, "cid:a");
    assert_null(body->retrieve_image_response->scan_data.text);
    wsd_free(e);
}

int main(void)
{
#define T(name) cmocka_unit_test(test_##name)
    const struct CMUnitTest tests[] = {
        T(ticket_without_user_names_the_path),
        T(optional_that_is_absent_is_null),
        T(number_out_of_range_names_value_and_range),
        T(number_that_is_none_names_the_value),
        T(number_beyond_32_bits_is_out_of_range),
        T(numbers_in_all_their_forms),
        T(third_item_that_is_wrong_is_an_error_with_its_number),
        T(empty_list_that_needs_an_item),
        T(error_in_list_without_reading_to_its_end),
        T(line_of_the_error),
        T(first_cause_wins),
        T(value_in_the_message_is_cut_between_characters),
        T(element_met_twice_is_an_error),
        T(wrapper_met_twice_is_an_error),
        T(any_order_is_accepted_and_the_tables_order_written),
        T(text_between_elements_is_an_error),
        T(element_inside_a_value_is_an_error),
        T(white_space_is_content_of_strings_and_none_of_words),
        T(white_space_in_unknown_elements_survives),
        T(carriage_return_tab_and_newline_survive),
        T(comment_in_the_middle_of_a_number),
        T(attribute_with_and_without_prefix),
        T(attribute_in_a_foreign_namespace_is_another_one),
        T(attribute_by_its_right_name_goes_before_the_other),
        T(attribute_that_is_wrong_names_the_path),
        T(attribute_that_is_required),
        T(unknown_word_is_kept),
        T(colour_in_another_case_is_known_and_its_text_kept),
        T(size_zero_is_tolerated_by_its_quirk_alone),
        T(size_quirk_tolerates_zero_alone),
        T(empty_content_type_is_tolerated_by_its_quirk_alone),
        T(missing_user_is_tolerated_but_not_one_too_long),
        T(length_counts_characters_and_not_bytes),
        T(fault_1_2_with_subcode_reason_and_detail),
        T(fault_detail_that_is_plain_text),
        T(fault_1_1),
        T(fault_subcodes_nest_and_the_innermost_names_it),
        T(envelope_without_header),
        T(envelope_without_body),
        T(another_root_is_no_soap),
        T(final_parameters_with_zeros_in_range_are_all_there),
        T(inline_image_longer_than_a_text_may_be),
        T(white_space_around_an_include_is_no_image),
    };
    return cmocka_run_group_tests(tests, context_up, context_down);
}
