/* SPDX-License-Identifier: MIT */
/* The list of namespaces; see namespaces.h. URIs stand without their scheme, which is compared
 * apart so that https: is taken for http:. */
#include "xml/namespaces.h"

#include <stdint.h>
#include <string.h>

#define SOAP_12 "www.w3.org/2003/05/soap-envelope"
#define SOAP_11 "schemas.xmlsoap.org/soap/envelope/"
#define SCAN    "schemas.microsoft.com/windows/2006/08/wdp/scan"
#define SCAN_2006                                                                                  \
    "schemas.microsoft.com/windows/2006/01/wdp/scan" /* printed samples, PyWSD (R5)                \
                                                      */
#define XOP "www.w3.org/2004/08/xop/include"

/* What is written: prefix and a URI for each dialect. */
static const struct {
    const char *prefix;
    const char *uri[WSD__DIALECTS];
} namespaces[NS_COUNT] = {
    [NS_NONE] = {"", {"", ""}},
    [NS_XML] = {"xml",
                {"http://www.w3.org/XML/1998/namespace", "http://www.w3.org/XML/1998/namespace"}},
    [NS_SOAP] = {"soap", {"http://" SOAP_12, "http://" SOAP_12}},
    [NS_WSA] = {"wsa",
                {"http://schemas.xmlsoap.org/ws/2004/08/addressing",
                 "http://www.w3.org/2005/08/addressing"}},
    [NS_WSD] = {"wsd",
                {"http://schemas.xmlsoap.org/ws/2005/04/discovery",
                 "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01"}},
    [NS_WSDP] = {"wsdp",
                 {"http://schemas.xmlsoap.org/ws/2006/02/devprof",
                  "http://docs.oasis-open.org/ws-dd/ns/dpws/2009/01"}},
    [NS_WXF] = {"wxf",
                {"http://schemas.xmlsoap.org/ws/2004/09/transfer",
                 "http://schemas.xmlsoap.org/ws/2004/09/transfer"}},
    [NS_WSX] = {"wsx",
                {"http://schemas.xmlsoap.org/ws/2004/09/mex",
                 "http://schemas.xmlsoap.org/ws/2004/09/mex"}},
    [NS_WSE] = {"wse",
                {"http://schemas.xmlsoap.org/ws/2004/08/eventing",
                 "http://schemas.xmlsoap.org/ws/2004/08/eventing"}},
    [NS_WSCN] = {"wscn", {"http://" SCAN, "http://" SCAN}},
    [NS_WPRT] = {"wprt",
                 {"http://schemas.microsoft.com/windows/2006/08/wdp/print",
                  "http://schemas.microsoft.com/windows/2006/08/wdp/print"}},
    [NS_PNPX] = {"pnpx",
                 {"http://schemas.microsoft.com/windows/pnpx/2005/10",
                  "http://schemas.microsoft.com/windows/pnpx/2005/10"}},
    [NS_DF] = {"df",
               {"http://schemas.microsoft.com/windows/2008/09/devicefoundation",
                "http://schemas.microsoft.com/windows/2008/09/devicefoundation"}},
    [NS_PUB] = {"pub",
                {"http://schemas.microsoft.com/windows/pub/2005/07",
                 "http://schemas.microsoft.com/windows/pub/2005/07"}},
    [NS_XOP] = {"xop", {"http://" XOP, "http://" XOP}},
    [NS_XMLMIME] = {"xmlmime",
                    {"http://www.w3.org/2005/05/xmlmime", "http://www.w3.org/2005/05/xmlmime"}},
};

/* What is read: every spelling, without scheme. */
#define SPELLING(text, id, edition)                                                                \
    {                                                                                              \
        text, sizeof(text) - 1, id, edition                                                        \
    }
#define EITHER WSD__DIALECTS
static const struct {
    const char *rest;
    uint8_t length, ns, dialect;
} spellings[] = {
    SPELLING(SOAP_12, NS_SOAP, EITHER),
    SPELLING("schemas.xmlsoap.org/ws/2004/08/addressing", NS_WSA, WSD__DIALECT_2005),
    SPELLING("schemas.xmlsoap.org/ws/2005/04/discovery", NS_WSD, WSD__DIALECT_2005),
    SPELLING("schemas.xmlsoap.org/ws/2006/02/devprof", NS_WSDP, EITHER),
    SPELLING(SCAN, NS_WSCN, EITHER),
    SPELLING("schemas.xmlsoap.org/ws/2004/09/transfer", NS_WXF, EITHER),
    SPELLING("schemas.xmlsoap.org/ws/2004/09/mex", NS_WSX, EITHER),
    SPELLING("schemas.xmlsoap.org/ws/2004/08/eventing", NS_WSE, EITHER),
    SPELLING("schemas.microsoft.com/windows/2006/08/wdp/print", NS_WPRT, EITHER),
    SPELLING("schemas.microsoft.com/windows/pnpx/2005/10", NS_PNPX, EITHER),
    SPELLING("schemas.microsoft.com/windows/2008/09/devicefoundation", NS_DF, EITHER),
    SPELLING("schemas.microsoft.com/windows/pub/2005/07", NS_PUB, EITHER),
    SPELLING("www.w3.org/XML/1998/namespace", NS_XML, EITHER),
    SPELLING(XOP, NS_XOP, EITHER),
    SPELLING("www.w3.org/2003/12/xop/include", NS_XOP, EITHER), /* printed samples (Q15) */
    SPELLING("www.w3.org/2005/05/xmlmime", NS_XMLMIME, EITHER),
    SPELLING(SCAN_2006, NS_WSCN, EITHER),
    SPELLING(SOAP_11, NS_SOAP, EITHER),
    SPELLING("www.w3.org/2005/08/addressing", NS_WSA, WSD__DIALECT_2009),
    SPELLING("schemas.xmlsoap.org/ws/2003/03/addressing", NS_WSA, WSD__DIALECT_2005), /* Q2 */
    SPELLING("docs.oasis-open.org/ws-dd/ns/discovery/2009/01", NS_WSD, WSD__DIALECT_2009),
    SPELLING("docs.oasis-open.org/ws-dd/ns/dpws/2009/01", NS_WSDP, WSD__DIALECT_2009),
};

static bool skip(const char **text, size_t *length, const char *prefix)
{
    size_t n = strlen(prefix);
    if (*length < n || memcmp(*text, prefix, n) != 0)
        return false;
    *text += n;
    *length -= n;
    return true;
}

enum wsd__ns wsd__ns_find(const char *uri, size_t length, enum wsd__dialect *ret_dialect)
{
    if (length == 0)
        return NS_NONE;
    if (!skip(&uri, &length, "http://") && !skip(&uri, &length, "https://"))
        return NS_UNKNOWN;
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        if (spellings[i].length != length || memcmp(spellings[i].rest, uri, length) != 0)
            continue;
        if (ret_dialect && spellings[i].dialect != EITHER)
            *ret_dialect = (enum wsd__dialect)spellings[i].dialect;
        return (enum wsd__ns)spellings[i].ns;
    }
    return NS_UNKNOWN;
}

const char *wsd__ns_uri(enum wsd__ns ns, enum wsd__dialect dialect)
{
    return ns < NS_COUNT ? namespaces[ns].uri[dialect] : "";
}

const char *wsd__ns_prefix(enum wsd__ns ns)
{
    return ns < NS_COUNT ? namespaces[ns].prefix : "";
}
