/* SPDX-License-Identifier: MIT */
/* What the clients of the device's conversations ask. */
#ifndef FUZZ_DEVICE_MESSAGES_H
#define FUZZ_DEVICE_MESSAGES_H

#include "conversation.h"

#define URI_SCAN "http://schemas.microsoft.com/windows/2006/08/wdp/scan"
#define URI_WSE  "http://schemas.xmlsoap.org/ws/2004/08/eventing"
#define URI_WSD  "http://schemas.xmlsoap.org/ws/2005/04/discovery"
#define URI_WSA  "http://schemas.xmlsoap.org/ws/2004/08/addressing"
#define EPR      "urn:uuid:5f8b7a10-1111-4222-8333-94a5b6c7d8e1"

/* -- what clients know ------------------------------------------------------------------------ */

static struct known {
    char job[16], token[64], subscription[64], destination[64], scan[64];
} known;

static unsigned message_number;

static void put_request(struct text *out, const char *action, const char *header)
{
    put(out,
        "<?xml version=\"1.0\"?><soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/"
        "soap-envelope\" xmlns:wsa=\"" URI_WSA "\" xmlns:wse=\"" URI_WSE "\" xmlns:wsd=\"" URI_WSD
        "\" xmlns:wsdp=\"http://schemas.xmlsoap.org/ws/2006/02/devprof\" xmlns:wscn=\"" URI_SCAN
        "\"><soap:Header><wsa:To>" EPR "</wsa:To><wsa:Action>%s</wsa:Action><wsa:MessageID>"
        "urn:uuid:%08x-0000-4000-8000-000000000000</wsa:MessageID>%s</soap:Header><soap:Body>",
        action, ++message_number, header);
}

static void put_scan(struct text *out, const char *operation, const char *inner)
{
    char action[128];

    snprintf(action, sizeof action, URI_SCAN "/%s", operation);
    put_request(out, action, "");
    put(out, "<wscn:%sRequest>%s</wscn:%sRequest></soap:Body></soap:Envelope>", operation, inner,
        operation);
}

#define TICKET(source)                                                                             \
    "<wscn:ScanTicket><wscn:JobDescription><wscn:JobName>J</wscn:JobName>"                         \
    "<wscn:JobOriginatingUserName>U</wscn:JobOriginatingUserName></wscn:JobDescription>"           \
    "<wscn:DocumentParameters><wscn:Format>png</wscn:Format><wscn:ImagesToTransfer>0"              \
    "</wscn:ImagesToTransfer><wscn:InputSource>" source "</wscn:InputSource>"                      \
    "</wscn:DocumentParameters></wscn:ScanTicket>"
#define ALL_ELEMENTS                                                                               \
    "<wscn:RequestedElements><wscn:Name>wscn:ScannerDescription</wscn:Name><wscn:Name>"            \
    "wscn:ScannerConfiguration</wscn:Name><wscn:Name>wscn:ScannerStatus</wscn:Name><wscn:Name>"    \
    "wscn:DefaultScanTicket</wscn:Name></wscn:RequestedElements>"
#define ALL_JOB_ELEMENTS                                                                           \
    "<wscn:RequestedElements><wscn:Name>wscn:JobStatus</wscn:Name><wscn:Name>wscn:ScanTicket"      \
    "</wscn:Name><wscn:Name>wscn:Documents</wscn:Name></wscn:RequestedElements>"

static void put_subscribe(struct text *out, const char *filter, const char *more)
{
    static const char *const expires[] = {"PT1H", "PT1M", "P30D", "2099-01-01T00:00:00Z"};

    put_request(out, URI_WSE "/Subscribe", "");
    put(out,
        "<wse:Subscribe><wse:EndTo><wsa:Address>http://127.0.0.1:9/end</wsa:Address></wse:EndTo>"
        "<wse:Delivery Mode=\"" URI_WSE "/DeliveryModes/Push\"><wse:NotifyTo><wsa:Address>"
        "http://127.0.0.1:9/notify</wsa:Address><wsa:ReferenceParameters><wse:Identifier>urn:uuid:"
        "%u</wse:Identifier></wsa:ReferenceParameters></wse:NotifyTo></wse:Delivery><wse:Expires>"
        "%s</wse:Expires><wse:Filter Dialect=\"http://schemas.xmlsoap.org/ws/2006/02/devprof/"
        "Action\">%s</wse:Filter>%s</wse:Subscribe></soap:Body></soap:Envelope>",
        message_number, expires[choose(4)], filter, more);
}

static void put_manage(struct text *out, const char *operation, const char *inner)
{
    char action[128], header[256];

    snprintf(action, sizeof action, URI_WSE "/%s", operation);
    snprintf(header, sizeof header, "<wse:Identifier>%s</wse:Identifier>", known.subscription);
    put_request(out, action, header);
    put(out, "<wse:%s>%s</wse:%s></soap:Body></soap:Envelope>", operation, inner, operation);
}

static void put_discovery(struct text *out, const char *operation, const char *inner)
{
    char action[128];

    snprintf(action, sizeof action, URI_WSD "/%s", operation);
    put_request(out, action, "");
    put(out, "<wsd:%s>%s</wsd:%s></soap:Body></soap:Envelope>", operation, inner, operation);
}

#define ADDRESS "<wsa:EndpointReference><wsa:Address>" EPR "</wsa:Address></wsa:EndpointReference>"

enum { PROBE = 15, RESOLVE, GET, HELLO, BYE, NONSENSE, REQUESTS };

static void put_job_request(struct text *out, unsigned which)
{
    char inner[1024];

    switch (which) {
    case 4:
        snprintf(inner, sizeof inner,
                 "<wscn:JobId>%s</wscn:JobId><wscn:JobToken>%s</wscn:JobToken>"
                 "<wscn:DocumentDescription><wscn:DocumentName>d</wscn:DocumentName>"
                 "</wscn:DocumentDescription>",
                 known.job, known.token);
        put_scan(out, "RetrieveImage", inner);
        break;
    case 5:
        snprintf(inner, sizeof inner, "<wscn:JobId>%s</wscn:JobId>" ALL_JOB_ELEMENTS, known.job);
        put_scan(out, "GetJobElements", inner);
        break;
    case 8:
        snprintf(inner, sizeof inner, "<wscn:JobId>%s</wscn:JobId>", known.job);
        put_scan(out, "CancelJob", inner);
        break;
    default:
        snprintf(inner, sizeof inner,
                 "<wscn:ScanIdentifier>%s</wscn:ScanIdentifier><wscn:DestinationToken>%s"
                 "</wscn:DestinationToken>" TICKET("Platen"),
                 known.scan, known.destination);
        put_scan(out, "CreateScanJob", inner);
        break;
    }
}

static void put_event_request(struct text *out, unsigned which)
{
    static const char destinations[] =
        "<wscn:ScanDestinations><wscn:ScanDestination><wscn:ClientDisplayName>PC"
        "</wscn:ClientDisplayName><wscn:ClientContext>Scan</wscn:ClientContext>"
        "</wscn:ScanDestination><wscn:ScanDestination><wscn:ClientDisplayName>PC"
        "</wscn:ClientDisplayName><wscn:ClientContext>Fax</wscn:ClientContext>"
        "</wscn:ScanDestination></wscn:ScanDestinations>";

    switch (which) {
    case 9:
        put_subscribe(out,
                      URI_SCAN
                      "/ScannerElementsChangeEvent " URI_SCAN "/ScannerStatusSummaryEvent " URI_SCAN
                      "/ScannerStatusConditionEvent " URI_SCAN
                      "/ScannerStatusConditionClearedEvent " URI_SCAN "/JobStatusEvent " URI_SCAN
                      "/JobEndStateEvent",
                      "");
        break;
    case 10:
        put_subscribe(out, URI_SCAN "/ScanAvailableEvent", destinations);
        break;
    case 11:
        put_manage(out, "Renew", "<wse:Expires>PT2H</wse:Expires>");
        break;
    case 12:
        put_manage(out, "GetStatus", "");
        break;
    default:
        put_manage(out, "Unsubscribe", "");
        break;
    }
}

static void put_message(struct text *out, unsigned which)
{
    switch (which) {
    case 0:
        put_scan(out, "GetScannerElements", ALL_ELEMENTS);
        break;
    case 1:
        put_scan(out, "ValidateScanTicket", TICKET("ADF"));
        break;
    case 2:
        put_scan(out, "CreateScanJob", TICKET("Platen"));
        break;
    case 3:
        put_scan(out, "CreateScanJob", TICKET("ADF"));
        break;
    case 6:
        put_scan(out, "GetActiveJobs", "");
        break;
    case 7:
        put_scan(out, "GetJobHistory", "");
        break;
    case 4:
    case 5:
    case 8:
    case 14:
        put_job_request(out, which);
        break;
    case PROBE:
        put_discovery(out, "Probe", "<wsd:Types>wscn:ScanDeviceType</wsd:Types>");
        break;
    case RESOLVE:
        put_discovery(out, "Resolve", ADDRESS);
        break;
    case GET:
        put_request(out, "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get", "");
        put(out, "</soap:Body></soap:Envelope>");
        break;
    case HELLO:
        put_discovery(out, "Hello", ADDRESS "<wsd:MetadataVersion>1</wsd:MetadataVersion>");
        break;
    case BYE:
        put_discovery(out, "Bye", ADDRESS);
        break;
    case NONSENSE:
        put(out, "%s", edit_words[choose(sizeof edit_words / sizeof *edit_words)]);
        break;
    default:
        put_event_request(out, which);
        break;
    }
}

#endif
