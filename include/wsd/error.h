/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Errors: one list of codes, and one fixed-size report that a call fills when it fails.
 *
 * Every call of the library that can fail returns an `int`: zero or more is success, a negative
 * value is one of the codes below. Its last argument is a `struct wsd_error *`, which may be NULL;
 * the call writes it on failure only, and the first cause wins.
 */
#ifndef WSD_ERROR_H
#define WSD_ERROR_H

#include <wsd/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The one list that makes the codes, their names and their sentences. */
#define WSD_ERROR_MAP(X)                                                                           \
    X(NO_MEMORY, 1, "out of memory")                                                               \
    X(INVALID, 2, "an argument is not valid")                                                      \
    X(CANCELLED, 3, "the call was cancelled")                                                      \
    X(TIMEOUT, 4, "no answer within the time limit")                                               \
    X(NETWORK, 5, "the network failed")                                                            \
    X(NAME, 6, "the host name could not be resolved")                                              \
    X(TLS, 7, "the TLS connection failed")                                                         \
    X(HTTP, 8, "the device answered with an HTTP error")                                           \
    X(NOT_SOAP, 9, "the answer is not a SOAP message")                                             \
    X(EMPTY, 10, "the answer is empty")                                                            \
    X(XML, 11, "the message is not well-formed XML")                                               \
    X(SCHEMA, 12, "the message breaks its schema")                                                 \
    X(LIMIT, 13, "a limit was exceeded")                                                           \
    X(FAULT, 14, "the device answered with a SOAP fault")                                          \
    X(NOT_FOUND, 15, "nothing was found")                                                          \
    X(REDIRECT, 16, "the device redirects to another place")                                       \
    X(REFUSED_ADDRESS, 17, "the address is not one that this machine may be sent to")              \
    X(MIME, 18, "the multipart answer is malformed")                                               \
    X(TRUNCATED, 19, "the data ended before its end")                                              \
    X(SINK, 20, "the receiver of the data failed")                                                 \
    X(BUSY, 21, "the object is in use")                                                            \
    X(SYSTEM, 22, "the operating system refused")                                                  \
    X(UNSUPPORTED, 23, "not supported")                                                            \
    X(CERTIFICATE, 24, "the device shows another certificate than before")

/** Codes: `WSD_E_TIMEOUT` and so on, all negative. */
enum wsd_error_code {
#define WSD_ERROR_ENUM(name, number, text) WSD_E_##name = -(number),
    WSD_ERROR_MAP(WSD_ERROR_ENUM)
#undef WSD_ERROR_ENUM
};

/** What went wrong, where. Strings are never NULL; those that do not apply are empty. */
struct wsd_error {
    int code;            /**< one of enum wsd_error_code, 0 if nothing was reported */
    int http_status;     /**< status of the HTTP answer, 0 if there was none */
    int system;          /**< errno of the system call that failed, 0 if none did */
    int line;            /**< line in the message, 0 if unknown */
    char operation[48];  /**< protocol operation, such as "CreateScanJob" */
    char device[128];    /**< transport address or name of the device */
    char path[256];      /**< path of the offending element, "/Body/ScanTicket/..." */
    char value[48];      /**< offending text, cut to fit */
    char fault_code[48]; /**< SOAP fault code, local name: "Sender" or "Receiver" */
    char subcode[96];    /**< SOAP fault subcode, local name: "ClientErrorJobIdNotFound" */
    char detail[160];    /**< text of the fault's Detail, cut to fit */
    char message[320];   /**< one English sentence that says what happened */
};

/** The sentence that belongs to @p code; never NULL. */
WSD_API const char *wsd_strerror(int code);

/** The name of @p code, such as "WSD_E_TIMEOUT"; never NULL. */
WSD_API const char *wsd_error_name(int code);

#ifdef __cplusplus
}
#endif
#endif
