/* SPDX-License-Identifier: MIT */
/*
 * The namespaces that the protocols use: one list maps URIs to ids, several URIs to one.
 *
 * A dialect picks the URI on the way out; on the way in every known spelling of a namespace is
 * taken for the same id: discovery of 2005 and 2009, addressing of 2004 and 2005, scan with the
 * 2006/01 of the printed samples, and each with https: where devices were modelled on samples.
 */
#ifndef WSD_XML_NAMESPACES_H
#define WSD_XML_NAMESPACES_H

#include <stdbool.h>
#include <stddef.h>

enum wsd__ns {
    NS_NONE, /* no namespace */
    NS_XML,
    NS_SOAP,
    NS_WSA,
    NS_WSD,
    NS_WSDP,
    NS_WXF,
    NS_WSX,
    NS_WSE,
    NS_WSCN,
    NS_WPRT,
    NS_PNPX,
    NS_DF,
    NS_PUB,
    NS_XOP,
    NS_XMLMIME,
    NS_COUNT,
    NS_UNKNOWN = NS_COUNT
};

/* Which edition of the discovery family a message is written in. */
enum wsd__dialect {
    WSD__DIALECT_2005, /* WS-Discovery 2005/04, WS-Addressing 2004/08, DPWS 2006/02 */
    WSD__DIALECT_2009, /* OASIS 1.1 of 2009/01, WS-Addressing 2005/08 */
    WSD__DIALECTS
};

/* The id of a URI, NS_UNKNOWN for a foreign one. ret_dialect, when given, learns which edition the
 * spelling belongs to, for namespaces where editions differ; else it is left alone. */
enum wsd__ns wsd__ns_find(const char *uri, size_t length, enum wsd__dialect *ret_dialect);
const char *wsd__ns_uri(enum wsd__ns ns, enum wsd__dialect dialect);
/* The customary prefix: some devices compare text (device-quirks X3, X4, D30). */
const char *wsd__ns_prefix(enum wsd__ns ns);

#endif
