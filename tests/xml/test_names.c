/* SPDX-License-Identifier: MIT */
/* Namespaces, qualified names, and what no table knows: kept, and written back where it stood. */
#include "../support/codec.h"
#include "xml/namespaces.h"

static const struct wsd_qname *requested(const struct wsd__envelope *e, size_t item)
{
    const struct wsd_scan_body *body = e->body;
    assert_true(item < body->get_scanner_elements_request->n_requested_elements);
    return &body->get_scanner_elements_request->requested_elements[item];
}

#define ASK(names)                                                                                 \
    BODY("<wscn:GetScannerElementsRequest><wscn:RequestedElements>" names                          \
         "</wscn:RequestedElements></wscn:GetScannerElementsRequest>")

/* -- qualified names in content
 * --------------------------------------------------------------------- */

static void test_qname_with_a_prefix_declared_on_the_element_itself(void **state)
{
    const struct wsd__envelope *e = decode_ok(
        *state, SCAN, ASK("<wscn:Name xmlns:q=\"" URI_SCAN "\">q:ScannerStatus</wscn:Name>"));
    assert_true(wsd_qname_is(requested(e, 0), URI_SCAN, "ScannerStatus"));
    char *text = encode_again(e, SCAN);
    assert_has(text, "<wscn:Name>wscn:ScannerStatus</wscn:Name>");
    free(text);
    wsd_free(e);
}

static void test_qname_without_prefix_takes_the_default_namespace(void **state)
{
    const struct wsd__envelope *e =
        decode_ok(*state, SCAN,
                  ASK("<wscn:Name>ScannerStatus</wscn:Name><wscn:Name xmlns=\"" URI_SCAN
                      "\">ScannerStatus</wscn:Name>"));
    assert_true(wsd_qname_is(requested(e, 0), "", "ScannerStatus"));
    assert_true(wsd_qname_is(requested(e, 1), URI_SCAN, "ScannerStatus"));
    wsd_free(e);
}

static void test_qname_with_an_undeclared_prefix_keeps_its_local_part(void **state)
{
    const struct wsd__envelope *e = decode_ok(*state, SCAN,
                                              ASK("<wscn:Name>no:ScannerStatus</wscn:Name>"
                                                  "<wscn:Name>a:b:Odd</wscn:Name>"));
    assert_true(wsd_qname_is(requested(e, 0), "", "ScannerStatus"));
    assert_true(wsd_qname_is(requested(e, 1), "", "Odd"));
    char *text = encode_again(e, SCAN);
    char *again = recode(*state, SCAN, text);
    assert_string_equal(text, again);
    free(text);
    free(again);
    wsd_free(e);
}

static void test_qname_that_is_no_name_is_an_error(void **state)
{
    static const char *const names[] = {"", " ", "wscn:", ":", "wscn:Scanner Status"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char xml[1024];
        snprintf(xml, sizeof xml,
                 BODY("<wscn:GetScannerElementsRequest><wscn:RequestedElements><wscn:Name>%s"
                      "</wscn:Name></wscn:RequestedElements></wscn:GetScannerElementsRequest>"),
                 names[i]);
        struct wsd_error e = decode_fails(*state, xml, WSD_E_SCHEMA);
        assert_string_equal(e.path,
                            "/Envelope/Body/GetScannerElementsRequest/RequestedElements/Name");
    }
}

static void test_qname_of_a_vendor_declares_its_prefix(void **state)
{
    char *text =
        recode(*state, SCAN, ASK("<wscn:Name xmlns:v=\"urn:a&quot;b&amp;c\">v:Extra</wscn:Name>"));
    assert_has(text, "<wscn:Name xmlns:v=\"urn:a&quot;b&amp;c\">v:Extra</wscn:Name>");
    free(text);
}

static void test_prefix_that_means_something_else_is_not_misread(void **state)
{
    /* wscn bound to a vendor's URI on the element: the name is the vendor's. */
    const struct wsd__envelope *e =
        decode_ok(*state, SCAN,
                  ASK("<wscn:Name xmlns:wscn=\"" URI_SCAN "\">wscn:X</wscn:Name>"
                      "<x:Name xmlns:x=\"" URI_SCAN "\" xmlns:wscn=\"urn:v\">wscn:X</x:Name>"));
    assert_true(wsd_qname_is(requested(e, 0), URI_SCAN, "X"));
    assert_true(wsd_qname_is(requested(e, 1), "urn:v", "X"));
    char *text = encode_again(e, SCAN);
    const struct wsd__envelope *again = decode_ok(*state, SCAN, text);
    assert_true(wsd_qname_is(requested(again, 1), "urn:v", "X"));
    free(text);
    wsd_free(again);
    wsd_free(e);
}

static void test_list_of_qnames(void **state)
{
    const struct wsd__envelope *e =
        decode_ok(*state, wsd_type_find("Hosted") ? &wsd__type_scan_body : SCAN,
                  ASK("<wscn:Name>wscn:A</wscn:Name><wscn:Name>wscn:B</wscn:Name>"));
    assert_true(wsd_qname_is(requested(e, 1), URI_SCAN, "B"));
    wsd_free(e);
}

/* -- spellings of namespaces
 * ------------------------------------------------------------------------- */

static enum wsd__ns find(const char *uri)
{
    return wsd__ns_find(uri, strlen(uri), NULL);
}

static void test_spellings_that_are_one_namespace(void **state)
{
    (void)state;
    assert_int_equal(find(URI_SCAN), NS_WSCN);
    assert_int_equal(find("http://schemas.microsoft.com/windows/2006/01/wdp/scan"), NS_WSCN);
    assert_int_equal(find("https://schemas.microsoft.com/windows/2006/08/wdp/scan"), NS_WSCN);
    assert_int_equal(find("http://www.w3.org/2003/12/xop/include"), NS_XOP);
    assert_int_equal(find("http://www.w3.org/2004/08/xop/include"), NS_XOP);
    assert_int_equal(find("http://schemas.xmlsoap.org/soap/envelope/"), NS_SOAP);
    assert_int_equal(find("http://www.w3.org/2005/08/addressing"), NS_WSA);
    assert_int_equal(find("http://schemas.xmlsoap.org/ws/2003/03/addressing"), NS_WSA);
}

static void test_uris_that_are_no_known_namespace(void **state)
{
    (void)state;
    assert_int_equal(find(URI_SCAN "/"), NS_UNKNOWN);
    assert_int_equal(find("http://"), NS_UNKNOWN);
    assert_int_equal(find("schemas.microsoft.com/windows/2006/08/wdp/scan"), NS_UNKNOWN);
    assert_int_equal(find("HTTP://www.w3.org/2005/08/addressing"), NS_UNKNOWN);
    assert_int_equal(find(""), NS_NONE);
}

static void test_body_in_2006_01_and_https_is_read_and_written_as_2006_08(void **state)
{
    char *text = recode(
        *state, SCAN,
        "<s:Envelope xmlns:s=\"https://www.w3.org/2003/05/soap-envelope\"><s:Body>"
        "<GetActiveJobsRequest xmlns=\"http://schemas.microsoft.com/windows/2006/01/wdp/scan\"/>"
        "</s:Body></s:Envelope>");
    assert_string_equal(text,
                        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soap:Envelope "
                        "xmlns:soap=\"" URI_SOAP "\" xmlns:wscn=\"" URI_SCAN "\"><soap:Header/>"
                        "<soap:Body><wscn:GetActiveJobsRequest/></soap:Body></soap:Envelope>");
    free(text);
}

static void test_right_name_in_the_wrong_namespace_is_another_element(void **state)
{
    const struct wsd__envelope *e = decode_ok(
        *state, SCAN,
        BODY("<GetActiveJobsRequest/><x:GetActiveJobsRequest xmlns:x=\"" URI_SCAN "#\"/>"));
    const struct wsd_scan_body *body = e->body;
    assert_null(body->get_active_jobs_request);
    assert_string_equal(body->any->local, "GetActiveJobsRequest");
    assert_string_equal(body->any->ns, "");
    assert_string_equal(body->any->next->ns, URI_SCAN "#");
    wsd_free(e);
}

static void test_edition_that_is_declared_and_not_used_does_not_count(void **state)
{
    const char *xml = "<soap:Envelope xmlns:soap=\"" URI_SOAP "\" xmlns:wsa=\"" URI_WSA
                      "\"><soap:Header><wsa:MessageID>urn:a</wsa:MessageID></soap:Header>"
                      "<soap:Body xmlns:n=\"http://www.w3.org/2005/08/addressing\"/>"
                      "</soap:Envelope>";
    const struct wsd__envelope *e = decode_ok(*state, SCAN, xml);
    assert_int_equal(e->dialect, WSD__DIALECT_2005);
    wsd_free(e);
}

static void test_edition_of_2009_is_written_as_it_came(void **state)
{
    const char *xml =
        "<soap:Envelope xmlns:soap=\"" URI_SOAP
        "\" xmlns:wsa=\"http://www.w3.org/2005/08/addressing\"><soap:Header><wsa:MessageID>urn:a"
        "</wsa:MessageID></soap:Header><soap:Body><v:X xmlns:v=\"urn:v\" "
        "xmlns:a=\"http://www.w3.org/2005/08/addressing\"><a:To>t</a:To></v:X></soap:Body>"
        "</soap:Envelope>";
    const struct wsd__envelope *e = decode_ok(*state, SCAN, xml);
    assert_int_equal(e->dialect, WSD__DIALECT_2009);
    char *text = encode_again(e, SCAN);
    assert_has_not(text, "2004/08");
    assert_has(text, "xmlns:a=\"http://www.w3.org/2005/08/addressing\"");
    free(text);
    wsd_free(e);
}

static void test_one_line_customary_prefixes_only_what_is_used(void **state)
{
    char *text = recode(*state, SCAN,
                        "<e:Envelope xmlns:e=\"" URI_SOAP "\" xmlns:a=\"" URI_WSA
                        "\" xmlns:unused=\"urn:u\" xmlns:p=\"http://schemas.microsoft.com/windows/"
                        "2006/08/wdp/print\">\n <e:Header>\n  <a:To> urn:x </a:To>\n </e:Header>\n"
                        " <e:Body>\n  <CancelJobRequest xmlns=\"" URI_SCAN
                        "\">\n <JobId> 4 </JobId>\n </CancelJobRequest>\n </e:Body>\n"
                        "</e:Envelope>\n");
    assert_string_equal(
        text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soap:Envelope xmlns:soap=\"" URI_SOAP
              "\" xmlns:wsa=\"" URI_WSA "\" xmlns:wscn=\"" URI_SCAN
              "\"><soap:Header><wsa:To>urn:x</wsa:To></soap:Header><soap:Body>"
              "<wscn:CancelJobRequest><wscn:JobId>4</wscn:JobId></wscn:CancelJobRequest>"
              "</soap:Body></soap:Envelope>");
    free(text);
}

/* -- what no table knows
 * -------------------------------------------------------------------------------- */

static void test_vendor_element_stays_where_it_stood(void **state)
{
    char *text = recode(
        *state, SCAN,
        TICKET("<v:a xmlns:v=\"urn:v\"/><wscn:JobName>n</wscn:JobName><v:b xmlns:v=\"urn:v\" "
               "c=\"1\" v:d=\"2\">t<v:e/>u</v:b><wscn:JobOriginatingUserName>u"
               "</wscn:JobOriginatingUserName><v:z xmlns:v=\"urn:v\"/>",
               ""));
    assert_has(text, "<wscn:JobDescription><v:a xmlns:v=\"urn:v\"/><wscn:JobName>n</wscn:JobName>"
                     "<v:b xmlns:v=\"urn:v\" c=\"1\" v:d=\"2\">t<v:e/>u</v:b>"
                     "<wscn:JobOriginatingUserName>u</wscn:JobOriginatingUserName>"
                     "<v:z xmlns:v=\"urn:v\"/></wscn:JobDescription>");
    free(text);
}

static void test_attributes_of_leafs_lists_and_wrappers_are_kept(void **state)
{
    char *text =
        recode(*state, SCAN,
               ASK("<wscn:Name>wscn:A</wscn:Name><wscn:Name v:x=\"2\" xmlns:v=\"urn:v\">wscn:B"
                   "</wscn:Name>"));
    assert_has(text, "<wscn:Name>wscn:A</wscn:Name><wscn:Name xmlns:v=\"urn:v\" v:x=\"2\">wscn:B");
    free(text);
    text = recode(*state, SCAN,
                  BODY("<soap:Fault><soap:Reason w=\"1\"><x/></soap:Reason></soap:Fault>"));
    assert_has(text, "<soap:Reason w=\"1\"><x/></soap:Reason>");
    free(text);
    text = recode(*state, SCAN,
                  ENVELOPE("<soap:Header><wsa:To soap:mustUnderstand=\"1\">urn:x</wsa:To>"
                           "</soap:Header>",
                           "<wscn:GetActiveJobsRequest/>"));
    assert_has(text, "<wsa:To soap:mustUnderstand=\"1\">urn:x</wsa:To>");
    free(text);
}

static void test_child_in_no_namespace_stays_there(void **state)
{
    char *text = recode(*state, SCAN, BODY("<d xmlns=\"urn:d\"><e xmlns=\"\"><f/></e></d><g/>"));
    const struct wsd__envelope *e = decode_ok(*state, SCAN, text);
    const struct wsd_scan_body *body = e->body;
    const struct wsd_any *d = body->any, *inner = d->children;
    while (inner->kind != WSD_ANY_ELEMENT)
        inner = inner->next;
    assert_string_equal(d->ns, "urn:d");
    assert_string_equal(inner->ns, "");
    assert_string_equal(d->next->ns, "");
    free(text);
    wsd_free(e);
}

static void test_prefixes_that_vendor_content_relies_on_are_declared(void **state)
{
    char *text =
        recode(*state, SCAN,
               "<soap:Envelope xmlns:soap=\"" URI_SOAP "\" xmlns:q=\"urn:q\" xmlns:r=\"urn:r\">"
               "<soap:Body><x type=\"q:thing\"><y>r:other</y></x></soap:Body></soap:Envelope>");
    assert_has(text, "xmlns:q=\"urn:q\"");
    assert_has(text, "xmlns:r=\"urn:r\"");
    free(text);
}

/* "aq:b" mentions no prefix q, whatever byte of a name goes before. */
static void test_end_of_another_prefix_is_no_prefix(void **state)
{
    static const char *const values[] = {"aq:b", "Zq:b",        "9q:b", "_q:b", "-q:b",
                                         ".q:b", "\xc3\xa4q:b", "q.b",  "q"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char xml[1024];
        snprintf(xml, sizeof xml,
                 "<soap:Envelope xmlns:soap=\"" URI_SOAP "\" xmlns:q=\"urn:q\">"
                 "<soap:Body><x><y>%s</y></x></soap:Body></soap:Envelope>",
                 values[i]);
        char *text = recode(*state, SCAN, xml);
        assert_has(text, values[i]);
        assert_has_not(text, "urn:q");
        free(text);
    }
    char *text = recode(*state, SCAN,
                        "<soap:Envelope xmlns:soap=\"" URI_SOAP "\" xmlns:q=\"urn:q\">"
                        "<soap:Body><x><y>aq:b,q:c</y></x></soap:Body></soap:Envelope>");
    assert_has(text, "xmlns:q=\"urn:q\"");
    free(text);
}

static void test_vendor_prefix_that_is_a_customary_one(void **state)
{
    char *text = recode(
        *state, SCAN,
        BODY("<soap:x xmlns:soap=\"urn:v\" soap:y=\"1\"><z:q xmlns:z=\"" URI_SOAP "\"/></soap:x>"));
    char *again = recode(*state, SCAN, text);
    assert_string_equal(text, again);
    const struct wsd__envelope *e = decode_ok(*state, SCAN, text);
    const struct wsd_scan_body *body = e->body;
    assert_string_equal(body->any->ns, "urn:v");
    free(text);
    free(again);
    wsd_free(e);
}

static void test_many_prefixes_that_clash_get_names_of_their_own(void **state)
{
    /* Both elements bind a..z anew: nothing the child needs may be declared twice on it. */
    char xml[16384] = "", part[128];
    strcat(xml, "<soap:Envelope xmlns:soap=\"" URI_SOAP "\"><soap:Body><soap:Fault");
    for (int i = 0; i < 20; i++) {
        snprintf(part, sizeof part, " xmlns:p%c=\"urn:1%c\" p%c:x=\"1\"", 'a' + i, 'a' + i,
                 'a' + i);
        strcat(xml, part);
    }
    strcat(xml, "><soap:Code");
    for (int i = 0; i < 20; i++) {
        snprintf(part, sizeof part, " xmlns:p%c=\"urn:2%c\" p%c:x=\"1\"", 'a' + i, 'a' + i,
                 'a' + i);
        strcat(xml, part);
    }
    strcat(xml, "><soap:Value>soap:Sender</soap:Value></soap:Code></soap:Fault></soap:Body>"
                "</soap:Envelope>");
    char *text = recode(*state, SCAN, xml);
    char *again = recode(*state, SCAN, text);
    assert_string_equal(text, again);
    free(text);
    free(again);
}

int main(void)
{
#define T(name) cmocka_unit_test(test_##name)
    const struct CMUnitTest tests[] = {
        T(qname_with_a_prefix_declared_on_the_element_itself),
        T(qname_without_prefix_takes_the_default_namespace),
        T(qname_with_an_undeclared_prefix_keeps_its_local_part),
        T(qname_that_is_no_name_is_an_error),
        T(qname_of_a_vendor_declares_its_prefix),
        T(prefix_that_means_something_else_is_not_misread),
        T(list_of_qnames),
        T(spellings_that_are_one_namespace),
        T(uris_that_are_no_known_namespace),
        T(body_in_2006_01_and_https_is_read_and_written_as_2006_08),
        T(right_name_in_the_wrong_namespace_is_another_element),
        T(edition_that_is_declared_and_not_used_does_not_count),
        T(edition_of_2009_is_written_as_it_came),
        T(one_line_customary_prefixes_only_what_is_used),
        T(vendor_element_stays_where_it_stood),
        T(attributes_of_leafs_lists_and_wrappers_are_kept),
        T(child_in_no_namespace_stays_there),
        T(prefixes_that_vendor_content_relies_on_are_declared),
        T(end_of_another_prefix_is_no_prefix),
        T(vendor_prefix_that_is_a_customary_one),
        T(many_prefixes_that_clash_get_names_of_their_own),
    };
    return cmocka_run_group_tests(tests, context_up, context_down);
}
