/* SPDX-License-Identifier: MIT */
/**
 * @file
 * SOAP and WS-Addressing: the parts of an envelope that programs see.
 */
#ifndef WSD_SOAP_H
#define WSD_SOAP_H

#include <wsd/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A bag of elements whose names are not fixed (reference parameters). */
struct wsd_soap_bag {
    const struct wsd_any *any;
};

/** A WS-Addressing endpoint reference. */
struct wsd_endpoint_reference {
    const char *address;                             /**< URI, compared as opaque text */
    const struct wsd_soap_bag *reference_properties; /**< 2004/08 only */
    const struct wsd_soap_bag *reference_parameters; /**< echoed as headers */
    const struct wsd_any *any;
};

/** wsa:RelatesTo. */
struct wsd_soap_relates_to {
    const char *message_id;
    const struct wsd_qname *relationship_type;
    const struct wsd_any *any;
};

/** d:AppSequence: the order of a target's messages (WS-Discovery, appendix I). */
struct wsd_app_sequence {
    uint32_t instance_id;
    const char *sequence_id;
    uint32_t message_number;
    const struct wsd_any *any;
};

/** The header of an envelope; absent ones are NULL. */
struct wsd_soap_header {
    const char *to;
    const char *action;
    const char *message_id;
    const struct wsd_soap_relates_to *relates_to;
    size_t n_relates_to;
    const struct wsd_endpoint_reference *reply_to;
    const struct wsd_endpoint_reference *fault_to;
    const struct wsd_endpoint_reference *from;
    const struct wsd_app_sequence *app_sequence;
    const struct wsd_any *any; /**< everything else, such as reference parameters */
};

/** A fault's code with its subcodes. */
struct wsd_soap_code {
    struct wsd_qname value;
    const struct wsd_soap_code *subcode;
    const struct wsd_any *any;
};

/** One language of a fault's reason. */
struct wsd_soap_text {
    const char *value;
    const char *lang;
    const struct wsd_any *any;
};

/** A SOAP fault, 1.2 or (when read) 1.1. */
struct wsd_soap_fault {
    const struct wsd_soap_code *code; /**< SOAP 1.2 */
    const struct wsd_soap_text *reason;
    size_t n_reason;
    const char *node, *role;
    const struct wsd_soap_bag *detail;
    const struct wsd_qname *faultcode; /**< SOAP 1.1 */
    const struct wsd_soap_text *faultstring;
    const struct wsd_soap_bag *detail_11;
    const struct wsd_any *any;
};

/** Time limits and addressing of one request to a device. Zero means the default. */
struct wsd_request_options {
    size_t size;
    /** wsa:To; NULL: the URL. The metadata Get wants the endpoint reference here. */
    const char *to;
    const struct wsd_any *reference_parameters; /**< copied into the header */
    uint32_t connect_timeout;                   /**< milliseconds, default 5000 */
    uint32_t answer_timeout; /**< to the first byte of the answer, default 10000; images 70000 */
    uint32_t idle_timeout;   /**< without a byte once the answer began, default 30000 */
    const char *from;        /**< wsa:From; NULL: none. Some firmware wants a client's UUID */
    const char *language;    /**< preferred xml:lang of texts; NULL: the first */
    /** wsd_renew(), wsd_get_status(), wsd_unsubscribe(): where the message is sent; NULL: to the
     *  address of the manager. A device cannot tell our zone of its link-local address. */
    const char *url;
    /** Endpoint reference of the device that is meant: over https it has to show the certificate
     *  that it had before (wsd/certificate.h). NULL: host and port stand for the device; but
     *  wsd_get() takes `to` for it, which is an endpoint reference there. */
    const char *endpoint;
};

#define WSD_REQUEST_OPTIONS_INIT                                                                   \
    {                                                                                              \
        .size = sizeof(struct wsd_request_options)                                                 \
    }

#ifdef __cplusplus
}
#endif
#endif
