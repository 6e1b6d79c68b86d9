/* SPDX-License-Identifier: MIT */
/* What the device of the client's conversations says when nothing is wrong with it. */
#ifndef FUZZ_CLIENT_MESSAGES_H
#define FUZZ_CLIENT_MESSAGES_H

#include "conversation.h"

#define URI_SCAN "http://schemas.microsoft.com/windows/2006/08/wdp/scan"
#define URI_WSE  "http://schemas.xmlsoap.org/ws/2004/08/eventing"
#define URI_WSA  "http://schemas.xmlsoap.org/ws/2004/08/addressing"
#define EPR      "urn:uuid:5f8b7a10-1111-4222-8333-94a5b6c7d8e1"
#define SERVICE  "http://127.0.0.1:8080/scan"
#define XADDR    "http://127.0.0.1:8080/device"

/* -- what the device says --------------------------------------------------------------------- */

#define HEAD                                                                                       \
    "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope "                                    \
    "xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:wsa=\"" URI_WSA                  \
    "\" xmlns:wsd=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\" xmlns:wsdp=\""               \
    "http://schemas.xmlsoap.org/ws/2006/02/devprof\" xmlns:wse=\"" URI_WSE                         \
    "\" xmlns:wscn=\"" URI_SCAN "\"><soap:Header>"
#define MIDDLE "</soap:Header><soap:Body>"
#define TAIL   "</soap:Body></soap:Envelope>"

#define SIZES(p)                                                                                   \
    "<wscn:" p "OpticalResolution><wscn:Width>600</wscn:Width><wscn:Height>600</wscn:Height>"      \
    "</wscn:" p "OpticalResolution><wscn:" p "Resolutions><wscn:Widths><wscn:Width>150"            \
    "</wscn:Width><wscn:Width>300</wscn:Width></wscn:Widths><wscn:Heights><wscn:Height>150"        \
    "</wscn:Height></wscn:Heights></wscn:" p "Resolutions><wscn:" p "Color><wscn:ColorEntry>RGB24" \
    "</wscn:ColorEntry></wscn:" p "Color><wscn:" p "MinimumSize><wscn:Width>10</wscn:Width>"       \
    "<wscn:Height>10</wscn:Height></wscn:" p "MinimumSize><wscn:" p                                \
    "MaximumSize><wscn:Width>8500</wscn:Width><wscn:Height>11700</wscn:Height></wscn:" p           \
    "MaximumSize>"
#define CONFIGURATION                                                                              \
    "<wscn:ScannerConfiguration><wscn:DeviceSettings><wscn:FormatsSupported><wscn:FormatValue>"    \
    "jfif</wscn:FormatValue><wscn:FormatValue>exif</wscn:FormatValue></wscn:FormatsSupported>"     \
    "<wscn:CompressionQualityFactorSupported><wscn:MinValue>0</wscn:MinValue><wscn:MaxValue>100"   \
    "</wscn:MaxValue></wscn:CompressionQualityFactorSupported><wscn:ContentTypesSupported>"        \
    "<wscn:ContentTypeValue>Auto</wscn:ContentTypeValue></wscn:ContentTypesSupported>"             \
    "<wscn:DocumentSizeAutoDetectSupported>0</wscn:DocumentSizeAutoDetectSupported>"               \
    "<wscn:AutoExposureSupported>1</wscn:AutoExposureSupported><wscn:BrightnessSupported>false"    \
    "</wscn:BrightnessSupported><wscn:ContrastSupported>false</wscn:ContrastSupported>"            \
    "<wscn:ScalingRangeSupported><wscn:ScalingWidth><wscn:MinValue>100</wscn:MinValue>"            \
    "<wscn:MaxValue>100</wscn:MaxValue></wscn:ScalingWidth><wscn:ScalingHeight><wscn:MinValue>100" \
    "</wscn:MinValue><wscn:MaxValue>100</wscn:MaxValue></wscn:ScalingHeight>"                      \
    "</wscn:ScalingRangeSupported><wscn:RotationsSupported><wscn:RotationValue>0"                  \
    "</wscn:RotationValue></wscn:RotationsSupported></wscn:DeviceSettings><wscn:Platen>" SIZES(    \
        "Platen") "</wscn:Platen><wscn:ADF><wscn:ADFSupportsDuplex>0</wscn:ADFSupportsDuplex>"     \
                  "<wscn:ADFFront>" SIZES("ADF") "</wscn:ADFFront></wscn:ADF>"                     \
                                                 "</wscn:ScannerConfiguration>"
#define DESCRIPTION                                                                                \
    "<wscn:ScannerDescription><wscn:ScannerName xml:lang=\"en\">Fuzzed</wscn:ScannerName>"         \
    "<wscn:ScannerInfo>x</wscn:ScannerInfo></wscn:ScannerDescription>"
#define STATUS                                                                                     \
    "<wscn:ScannerStatus><wscn:ScannerCurrentTime>2024-01-01T00:00:00Z</wscn:ScannerCurrentTime>"  \
    "<wscn:ScannerState>Idle</wscn:ScannerState><wscn:ScannerStateReasons>"                        \
    "<wscn:ScannerStateReason>None</wscn:ScannerStateReason></wscn:ScannerStateReasons>"           \
    "<wscn:ActiveConditions><wscn:DeviceCondition Id=\"1\"><wscn:Time>2020-01-01T00:00:00Z"        \
    "</wscn:Time><wscn:Name>CoverOpen</wscn:Name><wscn:Component>ADF</wscn:Component>"             \
    "<wscn:Severity>Warning</wscn:Severity></wscn:DeviceCondition></wscn:ActiveConditions>"        \
    "</wscn:ScannerStatus>"
#define PARAMETERS                                                                                 \
    "<wscn:Format>jfif</wscn:Format><wscn:ImagesToTransfer>0</wscn:ImagesToTransfer>"              \
    "<wscn:InputSource>Platen</wscn:InputSource><wscn:ContentType>Auto</wscn:ContentType>"
#define TICKET                                                                                     \
    "<wscn:JobDescription><wscn:JobName>n</wscn:JobName><wscn:JobOriginatingUserName>u"            \
    "</wscn:JobOriginatingUserName></wscn:JobDescription><wscn:DocumentParameters>" PARAMETERS     \
    "</wscn:DocumentParameters>"
#define DATA(name, content)                                                                        \
    "<wscn:ElementData Name=\"wscn:" name "\" Valid=\"true\">" content "</wscn:ElementData>"
#define IMAGE_INFORMATION                                                                          \
    "<wscn:ImageInformation><wscn:MediaFrontImageInfo><wscn:PixelsPerLine>10</wscn:PixelsPerLine>" \
    "<wscn:NumberOfLines>20</wscn:NumberOfLines><wscn:BytesPerLine>30</wscn:BytesPerLine>"         \
    "</wscn:MediaFrontImageInfo></wscn:ImageInformation>"
#define JOB                                                                                        \
    "<wscn:JobId>7</wscn:JobId><wscn:JobState>Processing</wscn:JobState>"                          \
    "<wscn:ScansCompleted>1</wscn:ScansCompleted>"

/* The answer to a request that contains `asked`; %s in it are the port-less pieces it needs. */
static const struct answer {
    const char *asked, *action, *body;
} answers[] = {
    {"GetScannerElementsRequest>", URI_SCAN "/GetScannerElementsResponse",
     "<wscn:GetScannerElementsResponse><wscn:ScannerElements>" DATA("ScannerDescription",
                                                                    DESCRIPTION)
         DATA("ScannerConfiguration", CONFIGURATION) DATA("ScannerStatus", STATUS) DATA(
             "DefaultScanTicket", "<wscn:DefaultScanTicket>" TICKET
                                  "</wscn:DefaultScanTicket>") "</wscn:ScannerElements></"
                                                               "wscn:GetScannerElementsResponse>"},
    {"ValidateScanTicketRequest>", URI_SCAN "/ValidateScanTicketResponse",
     "<wscn:ValidateScanTicketResponse><wscn:ValidationInfo><wscn:ValidTicket>true"
     "</wscn:ValidTicket>" IMAGE_INFORMATION
     "</wscn:ValidationInfo></wscn:ValidateScanTicketResponse>"},
    {"CreateScanJobRequest>", URI_SCAN "/CreateScanJobResponse",
     "<wscn:CreateScanJobResponse><wscn:JobId>7</wscn:JobId><wscn:JobToken>secret</"
     "wscn:JobToken>" IMAGE_INFORMATION "<wscn:DocumentFinalParameters>" PARAMETERS
     "</wscn:DocumentFinalParameters></wscn:CreateScanJobResponse>"},
    {"RetrieveImageRequest>", URI_SCAN "/RetrieveImageResponse",
     "<wscn:RetrieveImageResponse><wscn:ScanData><xop:Include "
     "xmlns:xop=\"http://www.w3.org/2004/08/xop/include\" href=\"cid:i\"/></wscn:ScanData>"
     "</wscn:RetrieveImageResponse>"},
    {"GetJobElementsRequest>", URI_SCAN "/GetJobElementsResponse",
     "<wscn:GetJobElementsResponse><wscn:JobElements>" DATA("JobStatus", "<wscn:JobStatus>" JOB
                                                                         "</wscn:JobStatus>")
         DATA("ScanTicket", "<wscn:ScanTicket>" TICKET "</wscn:ScanTicket>") DATA(
             "Documents",
             "<wscn:Documents><wscn:DocumentFinalParameters>" PARAMETERS
             "</wscn:DocumentFinalParameters><wscn:Document><wscn:DocumentDescription>"
             "<wscn:DocumentName>d</wscn:DocumentName></wscn:DocumentDescription></wscn:Document>"
             "</wscn:Documents>") "</wscn:JobElements></wscn:GetJobElementsResponse>"},
    {"GetActiveJobsRequest", URI_SCAN "/GetActiveJobsResponse",
     "<wscn:GetActiveJobsResponse><wscn:ActiveJobs><wscn:JobSummary><wscn:JobId>7</wscn:JobId>"
     "<wscn:JobName>n</wscn:JobName><wscn:JobOriginatingUserName>u</wscn:JobOriginatingUserName>"
     "<wscn:JobState>Processing</wscn:JobState><wscn:ScansCompleted>1</wscn:ScansCompleted>"
     "</wscn:JobSummary></wscn:ActiveJobs></wscn:GetActiveJobsResponse>"},
    {"GetJobHistoryRequest", URI_SCAN "/GetJobHistoryResponse",
     "<wscn:GetJobHistoryResponse><wscn:JobHistory/></wscn:GetJobHistoryResponse>"},
    {"CancelJobRequest>", URI_SCAN "/CancelJobResponse", "<wscn:CancelJobResponse/>"},
    {"eventing/Subscribe<", URI_WSE "/SubscribeResponse",
     "<wse:SubscribeResponse><wse:SubscriptionManager><wsa:Address>http://127.0.0.1:8080/manager"
     "</wsa:Address><wsa:ReferenceParameters><wse:Identifier>urn:uuid:number%u</wse:Identifier>"
     "</wsa:ReferenceParameters></wse:SubscriptionManager><wse:Expires>PT1H</wse:Expires>"
     "<wscn:DestinationResponses><wscn:DestinationResponse><wscn:ClientContext>here"
     "</wscn:ClientContext><wscn:DestinationToken>token</wscn:DestinationToken>"
     "</wscn:DestinationResponse></wscn:DestinationResponses></wse:SubscribeResponse>"},
    {"eventing/Renew<", URI_WSE "/RenewResponse",
     "<wse:RenewResponse><wse:Expires>PT1H</wse:Expires></wse:RenewResponse>"},
    {"eventing/GetStatus<", URI_WSE "/GetStatusResponse",
     "<wse:GetStatusResponse><wse:Expires>PT30M</wse:Expires></wse:GetStatusResponse>"},
    {"eventing/Unsubscribe<", URI_WSE "/UnsubscribeResponse", ""},
    {"transfer/Get<", "http://schemas.xmlsoap.org/ws/2004/09/transfer/GetResponse",
     "<x:Metadata xmlns:x=\"http://schemas.xmlsoap.org/ws/2004/09/mex\"><x:MetadataSection "
     "Dialect=\"http://schemas.xmlsoap.org/ws/2006/02/devprof/ThisModel\"><wsdp:ThisModel>"
     "<wsdp:Manufacturer>M</wsdp:Manufacturer><wsdp:ModelName>N</wsdp:ModelName></wsdp:ThisModel>"
     "</x:MetadataSection><x:MetadataSection Dialect=\""
     "http://schemas.xmlsoap.org/ws/2006/02/devprof/ThisDevice\"><wsdp:ThisDevice>"
     "<wsdp:FriendlyName>F</wsdp:FriendlyName></wsdp:ThisDevice></x:MetadataSection>"
     "<x:MetadataSection Dialect=\"http://schemas.xmlsoap.org/ws/2006/02/devprof/Relationship\">"
     "<wsdp:Relationship Type=\"http://schemas.xmlsoap.org/ws/2006/02/devprof/host\"><wsdp:Hosted>"
     "<wsa:EndpointReference><wsa:Address>" SERVICE "</wsa:Address></wsa:EndpointReference>"
     "<wsdp:Types>wscn:ScannerServiceType</wsdp:Types><wsdp:ServiceId>s</wsdp:ServiceId>"
     "</wsdp:Hosted></wsdp:Relationship></x:MetadataSection></x:Metadata>"},
    {"discovery/Probe<", "http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches",
     "<wsd:ProbeMatches><wsd:ProbeMatch><wsa:EndpointReference><wsa:Address>" EPR "</wsa:Address>"
     "</wsa:EndpointReference><wsd:Types>wsdp:Device wscn:ScanDeviceType</wsd:Types><wsd:XAddrs>"
     "" XADDR "</wsd:XAddrs><wsd:MetadataVersion>1</wsd:MetadataVersion></wsd:ProbeMatch>"
     "</wsd:ProbeMatches>"},
    {"discovery/Resolve<", "http://schemas.xmlsoap.org/ws/2005/04/discovery/ResolveMatches",
     "<wsd:ResolveMatches><wsd:ResolveMatch><wsa:EndpointReference><wsa:Address>" EPR
     "</wsa:Address></wsa:EndpointReference><wsd:Types>wsdp:Device wscn:ScanDeviceType</wsd:Types>"
     "<wsd:XAddrs>" XADDR "</wsd:XAddrs><wsd:MetadataVersion>1</wsd:MetadataVersion>"
     "</wsd:ResolveMatch></wsd:ResolveMatches>"},
    {"discovery/Hello", "http://schemas.xmlsoap.org/ws/2005/04/discovery/Hello",
     "<wsd:Hello><wsa:EndpointReference><wsa:Address>" EPR "</wsa:Address></wsa:EndpointReference>"
     "<wsd:Types>wsdp:Device wscn:ScanDeviceType</wsd:Types><wsd:XAddrs>" XADDR "</wsd:XAddrs>"
     "<wsd:MetadataVersion>2</wsd:MetadataVersion></wsd:Hello>"},
    {"discovery/Bye", "http://schemas.xmlsoap.org/ws/2005/04/discovery/Bye",
     "<wsd:Bye><wsa:EndpointReference><wsa:Address>" EPR "</wsa:Address></wsa:EndpointReference>"
     "</wsd:Bye>"},
};
enum { ANSWERS = sizeof answers / sizeof *answers, RETRIEVE = 3, SUBSCRIBE = 8, HELLO = 15 };

static const char *const events[][2] = {
    {"ScanAvailableEvent",
     "<wscn:ScanAvailableEvent><wscn:ClientContext>here</wscn:ClientContext>"
     "<wscn:ScanIdentifier>1</wscn:ScanIdentifier></wscn:ScanAvailableEvent>"},
    {"ScannerElementsChangeEvent",
     "<wscn:ScannerElementsChangeEvent><wscn:ElementChanges>" DATA(
         "ScannerDescription",
         DESCRIPTION) "</wscn:ElementChanges></wscn:ScannerElementsChangeEvent>"},
    {"ScannerStatusSummaryEvent",
     "<wscn:ScannerStatusSummaryEvent><wscn:StatusSummary><wscn:ScannerState>Idle"
     "</wscn:ScannerState><wscn:ScannerStateReasons><wscn:ScannerStateReason>None"
     "</wscn:ScannerStateReason></wscn:ScannerStateReasons></wscn:StatusSummary>"
     "</wscn:ScannerStatusSummaryEvent>"},
    {"ScannerStatusConditionEvent",
     "<wscn:ScannerStatusConditionEvent><wscn:DeviceCondition Id=\"2\"><wscn:Time>"
     "2020-01-01T00:00:00Z</wscn:Time><wscn:Name>MediaJam</wscn:Name><wscn:Component>ADF"
     "</wscn:Component><wscn:Severity>Critical</wscn:Severity></wscn:DeviceCondition>"
     "</wscn:ScannerStatusConditionEvent>"},
    {"ScannerStatusConditionClearedEvent",
     "<wscn:ScannerStatusConditionClearedEvent><wscn:DeviceConditionCleared><wscn:ConditionId>2"
     "</wscn:ConditionId><wscn:ConditionClearTime>2020-01-01T00:00:00Z</wscn:ConditionClearTime>"
     "</wscn:DeviceConditionCleared></wscn:ScannerStatusConditionClearedEvent>"},
    {"JobStatusEvent",
     "<wscn:JobStatusEvent><wscn:JobStatus>" JOB "</wscn:JobStatus></wscn:JobStatusEvent>"},
    {"JobEndStateEvent",
     "<wscn:JobEndStateEvent><wscn:JobEndState><wscn:JobId>7</wscn:JobId><wscn:JobCompletedState>"
     "Completed</wscn:JobCompletedState><wscn:ScansCompleted>1</wscn:ScansCompleted>"
     "</wscn:JobEndState></wscn:JobEndStateEvent>"},
};

static const char *const faults[] = {
    "ClientErrorNoImagesAvailable",
    "ClientErrorJobIdNotFound",
    "ServerErrorNotAcceptingJobs",
    "ServerErrorTemporaryError",
    "ActionNotSupported",
    "InvalidMessage",
    "FilterActionNotSupported",
    "InvalidExpirationTime",
    "UnableToRenew",
    "OperationFailed",
    "InvalidArgs",
    "x",
};
static const char *const status_lines[] = {
    "200 OK",        "202 Accepted",  "204 No Content", "400 Bad Request",
    "401 Who",       "404 Not Found", "500 Internal",   "503 Busy",
    "302 Elsewhere", "100 Continue",  "101 Switching",  "999 ?",
    "200",           "0 nothing",     "200 OK\r\nX: y", "304 Not Modified",
};
static const uint32_t delays[] = {0,    1,     100,   900,   2000,  4900,  5100,   9000,
                                  9900, 10100, 29000, 31000, 69000, 71000, 130000, 3000000};

#endif
