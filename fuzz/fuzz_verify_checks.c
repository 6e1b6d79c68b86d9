/* SPDX-License-Identifier: MIT */
/*
 * A file of checks. Either it is refused with a sentence, or all of its checks can be made, on a
 * device that answers as a scanner does (verifying.h).
 */
#include "verifying.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD(action)                                                                               \
    "HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\n\r\n"                                \
    "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" "                             \
    "xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" "                                \
    "xmlns:w=\"http://schemas.microsoft.com/windows/2006/08/wdp/scan\"><s:Header><a:Action>"       \
    "http://schemas.microsoft.com/windows/2006/08/wdp/scan/" action "</a:Action>"                  \
    "<a:RelatesTo>urn:uuid:1</a:RelatesTo></s:Header><s:Body>"
#define TAIL "</s:Body></s:Envelope>"

static const char device[] = HEAD(
    "GetScannerElementsResponse") "<w:GetScannerElementsResponse><w:ScannerElements>"
                                  "<w:ElementData Name=\"w:ScannerStatus\" Valid=\"true\">"
                                  "<w:ScannerStatus><w:ScannerState>Idle</w:ScannerState>"
                                  "</w:ScannerStatus></w:ElementData></w:ScannerElements>"
                                  "</w:GetScannerElementsResponse>" TAIL SEPARATOR HEAD(
                                      "CreateScanJobResponse") "<w:CreateScanJobResponse><w:JobId>"
                                                               "7</w:JobId><w:JobToken>t"
                                                               "</w:JobToken></"
                                                               "w:CreateScanJobResponse>" TAIL
                                                                   SEPARATOR
                                                               "HTTP/1.1 500 No\r\n\r\n<s:Envelope "
                                                               "xmlns:s=\"http://www.w3.org/2003/"
                                                               "05/soap-envelope\"><s:Body>"
                                                               "<s:Fault><s:Code><s:Value>s:Sender<"
                                                               "/s:Value></s:Code></s:Fault>" TAIL;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_tokener *tokener = json_tokener_new();
    struct checks checks = {0};
    char why[600] = "";

    require(tokener != NULL);
    struct json_object *file =
        size <= 65536 ? json_tokener_parse_ex(tokener, (const char *)data, (int)size) : NULL;
    json_tokener_free(tokener);
    if (!file)
        return 0;
    if (checks_take(&checks, file, "fuzz", why, sizeof why)) {
        take_answers(device, sizeof device - 1);
        run_checks(&checks, context_of_all());
    } else {
        require(*why);
    }
    checks_free(&checks);
    return 0;
}
