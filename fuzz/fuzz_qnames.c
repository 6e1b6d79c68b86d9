/* SPDX-License-Identifier: MIT */
/*
 * Qualified names in content, in any scope: the input is a few declarations and a text, put into a
 * GetScannerElementsRequest. See codec.h for what must hold.
 *
 * Bytes up to the first NUL: prefixes and URIs for declarations on the root, separated by blanks;
 * up to the second: the same for the element; the rest: its text.
 */
#include "codec.h"
#include "scan/schema.h"

static void put_text(struct wsd__buf *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (strchr("<>&\"'", text[i]))
            wsd__buf_printf(out, "&#%d;", text[i]);
        else
            wsd__buf_putc(out, text[i]);
    }
}

static void put_declarations(struct wsd__buf *out, char *text)
{
    char *rest = NULL;
    for (char *prefix = strtok_r(text, " ", &rest); prefix; prefix = strtok_r(NULL, " ", &rest)) {
        const char *uri = strtok_r(NULL, " ", &rest);
        wsd__buf_puts(out, strcmp(prefix, "-") == 0 ? " xmlns" : " xmlns:");
        wsd__buf_puts(out, strcmp(prefix, "-") == 0 ? "" : prefix);
        wsd__buf_puts(out, "=\"");
        put_text(out, uri ? uri : "", uri ? strlen(uri) : 0);
        wsd__buf_puts(out, "\"");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 3);
    if (!text)
        return 0;
    memcpy(text, data, size);
    memset(text + size, 0, 3);
    char *second = text + strlen(text) + 1;
    char *third = second < text + size ? second + strlen(second) + 1 : text + size;
    struct wsd__buf xml = WSD__BUF_INIT(1u << 20);
    wsd__buf_puts(&xml, "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:w=\""
                        "http://schemas.microsoft.com/windows/2006/08/wdp/scan\"");
    put_declarations(&xml, text);
    wsd__buf_puts(&xml, "><s:Body><w:GetScannerElementsRequest><w:RequestedElements><w:Name");
    if (second < text + size)
        put_declarations(&xml, second);
    wsd__buf_puts(&xml, ">");
    if (third < text + size)
        put_text(&xml, third, strlen(third));
    wsd__buf_puts(&xml, "</w:Name></w:RequestedElements></w:GetScannerElementsRequest></s:Body>"
                        "</s:Envelope>");
    if (!xml.failed)
        fuzz_envelope(&wsd__type_scan_body, (const uint8_t *)xml.data, xml.length);
    wsd__buf_free(&xml);
    free(text);
    return 0;
}
