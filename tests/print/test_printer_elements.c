/* SPDX-License-Identifier: MIT */
/* GetPrinterElements: what a printer says of itself. */
#include "../support/codec.h"
#include "../support/peer.h"
#include <wsd/print.h>

#include "print/schema.h"

#define ELEMENTS(inner)                                                                            \
    BODY("<p:GetPrinterElementsResponse xmlns:p=\"http://schemas.microsoft.com/windows/2006/08/"   \
         "wdp/print\"><p:PrinterElements>" inner                                                   \
         "</p:PrinterElements></p:GetPrinterElementsResponse>")
#define DATA(name, inner)                                                                          \
    "<p:ElementData Name=\"p:" name "\" Valid=\"true\">" inner "</p:ElementData>"

/* As an HP Color Laser MFP 178 has it: levels unknown, one tray. */
static const char printer[] = ELEMENTS(
    DATA("PrinterDescription",
         "<p:PrinterDescription><p:ColorSupported>true</p:ColorSupported><p:DeviceId>MFG:X;MDL:Y;"
         "</p:DeviceId><p:PagesPerMinute>18</p:PagesPerMinute><p:PrinterName xml:lang=\"en\">Y"
         "</p:PrinterName></p:PrinterDescription>")
        DATA("PrinterConfiguration",
             "<p:PrinterConfiguration><p:PrinterEventRate>5</p:PrinterEventRate><p:Consumables>"
             "<p:ConsumableEntry Name=\"BlackToner\"><p:Type>Toner</p:Type><p:Color>Black</p:Color>"
             "<p:Level>-1</p:Level></p:ConsumableEntry></p:Consumables><p:InputBins>"
             "<p:InputBinEntry Name=\"Tray1\"><p:FeedDirection>ShortEdgeFirst</p:FeedDirection>"
             "<p:MediaSize>na_letter_8.5x11in</p:MediaSize><p:Capacity>150</p:Capacity>"
             "<p:Level>100</p:Level></p:InputBinEntry></p:InputBins></p:PrinterConfiguration>")
            DATA(
                "PrinterStatus",
                "<p:PrinterStatus><p:PrinterCurrentTime>2026-01-01T00:00:00Z</p:PrinterCurrentTime>"
                "<p:PrinterState>Stopped</"
                "p:PrinterState><p:PrinterStateReasons><p:PrinterStateReason>"
                "MediaJam</p:PrinterStateReason><p:PrinterStateReason>v:Own</p:PrinterStateReason>"
                "</p:PrinterStateReasons><p:QueuedJobCount>2</p:QueuedJobCount><p:ActiveCondition>"
                "<p:DeviceCondition "
                "Id=\"7\"><p:Time>2026-01-01T00:00:00Z</p:Time><p:Name>Jam</p:Name>"
                "<p:Component><p:Group>MediaPath</p:Group><p:Name>p</p:Name></p:Component>"
                "<p:Severity>Critical</p:Severity></p:DeviceCondition></p:ActiveCondition>"
                "</p:PrinterStatus>")
                DATA("DefaultPrintTicket",
                     "<p:DefaultPrintTicket><p:JobDescription/></p:DefaultPrintTicket>"));

static void the_sections_of_a_printer_are_read(void **state)
{
    struct peer *peer = peer_new(&(struct answer){.head = "200 OK", .body = printer}, 1);
    const struct wsd_print_get_printer_elements_response *answer = NULL;
    struct wsd_error error = {0};
    int r = wsd_get_printer_elements(*state, peer->url, WSD_PRINT_ALL_PARTS, NULL, &answer, &error);

    if (r < 0)
        fail_msg("%s", error.message);
    assert_has(peer->requests[0], "<wprt:Name>wprt:PrinterStatus</wprt:Name>");
    assert_has(peer->requests[0], "/wdp/print/GetPrinterElements</wsa:Action>");
    assert_int_equal(answer->n_printer_elements, 4);
    assert_int_equal(answer->printer_elements[0].printer_description->pages_per_minute, 18);
    const struct wsd_print_configuration *configuration =
        answer->printer_elements[1].printer_configuration;
    assert_int_equal(configuration->n_consumables, 1);
    assert_int_equal(configuration->consumables[0].level, -1);
    assert_string_equal(configuration->input_bins[0].name, "Tray1");
    const struct wsd_print_status *status = answer->printer_elements[2].printer_status;
    assert_int_equal(status->printer_state.value, WSD_PRINT_STATE_STOPPED);
    assert_int_equal(status->n_printer_state_reasons, 2);
    assert_int_equal(status->printer_state_reasons[0].value, WSD_PRINT_STATE_REASON_MEDIA_JAM);
    assert_int_equal(status->printer_state_reasons[1].value, WSD_PRINT_STATE_REASON_OTHER);
    assert_string_equal(status->active_condition[0].component.group, "MediaPath");
    assert_int_equal(status->active_condition[0].severity.value, WSD_PRINT_SEVERITY_CRITICAL);
    assert_string_equal(answer->printer_elements[3].any->local, "DefaultPrintTicket");
    wsd_free(answer);
    peer_free(peer);
}

static void what_was_read_is_written_the_same(void **state)
{
    char *once = recode(*state, &wsd__type_print_body, printer);
    char *twice = recode(*state, &wsd__type_print_body, once);

    assert_string_equal(once, twice);
    assert_has(once, "<wprt:Name>Jam</wprt:Name>");
    free(once);
    free(twice);
}

static void a_level_of_200_percent_is_refused_with_its_path(void **state)
{
    const char *text = ELEMENTS(
        DATA("PrinterConfiguration",
             "<p:PrinterConfiguration><p:OutputBins><p:OutputBinEntry Name=\"o\"><p:Capacity>1"
             "</p:Capacity><p:Level>200</p:Level></p:OutputBinEntry></p:OutputBins>"
             "</p:PrinterConfiguration>"));
    struct peer *peer = peer_new(&(struct answer){.head = "200 OK", .body = text}, 1);
    struct wsd_error error = {0};

    assert_int_equal(
        wsd_get_printer_elements(*state, peer->url, WSD_PRINT_CONFIGURATION, NULL, NULL, &error),
        WSD_E_SCHEMA);
    assert_has(error.path, "OutputBinEntry");
    assert_has(error.message, "200");
    peer_free(peer);
}

static void a_call_without_parts_is_refused(void **state)
{
    assert_int_equal(wsd_get_printer_elements(*state, "http://127.0.0.1:9/", 0, NULL, NULL, NULL),
                     WSD_E_INVALID);
    assert_int_equal(wsd_get_printer_elements(*state, "", WSD_PRINT_STATUS, NULL, NULL, NULL),
                     WSD_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sections_of_a_printer_are_read),
        cmocka_unit_test(what_was_read_is_written_the_same),
        cmocka_unit_test(a_level_of_200_percent_is_refused_with_its_path),
        cmocka_unit_test(a_call_without_parts_is_refused),
    };
    return cmocka_run_group_tests(tests, context_up, context_down);
}
