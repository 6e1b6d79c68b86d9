/* SPDX-License-Identifier: MIT */
/* GetPrinterElements, the client's side. */
#include <wsd/discovery.h>
#include <wsd/print.h>

#include "core/error.h"
#include "print/schema.h"
#include "soap/exchange.h"

static const char *const sections[] = {"PrinterDescription", "PrinterConfiguration",
                                       "PrinterStatus", "DefaultPrintTicket",
                                       "PrinterCapabilities"};
enum { N_SECTIONS = sizeof sections / sizeof *sections };

static int pick(void *user, const struct wsd__envelope *answer, const void **ret_value,
                size_t *ret_size, struct wsd_error *reterr)
{
    (void)user;
    return wsd__pick_member(answer, offsetof(struct wsd_print_body, get_printer_elements_response),
                            "GetPrinterElementsResponse",
                            sizeof(struct wsd_print_get_printer_elements_response), ret_value,
                            ret_size, reterr);
}

int wsd_get_printer_elements_start(struct wsd_context *context, const char *service, unsigned parts,
                                   const struct wsd_request_options *options, wsd_done_fn *done,
                                   void *user, struct wsd_call **ret_call, struct wsd_error *reterr)
{
    struct wsd_qname names[N_SECTIONS];
    struct wsd_print_get_printer_elements_request request = {.requested_elements = names};
    struct wsd_print_body body = {.get_printer_elements_request = &request};

    if (!service || !*service)
        return wsd__error(reterr, WSD_E_INVALID, "the address of the print service is missing");
    for (unsigned i = 0; i < N_SECTIONS; i++)
        if (parts >> i & 1)
            names[request.n_requested_elements++] =
                (struct wsd_qname){WSD_NS_PRINT, sections[i], "wprt"};
    if (request.n_requested_elements == 0)
        return wsd__error(reterr, WSD_E_INVALID, "no part of the printer was asked for");
    struct wsd__exchange_request exchange = {
        .operation = "GetPrinterElements",
        .url = service,
        .action_ns = NS_WPRT,
        .body_type = &wsd__type_print_body,
        .body = &body,
        .options = options,
        .pick = pick,
    };
    return wsd__exchange_start(context, &exchange, done, user, ret_call, reterr);
}

int wsd_get_printer_elements(struct wsd_context *context, const char *service, unsigned parts,
                             const struct wsd_request_options *options,
                             const struct wsd_print_get_printer_elements_response **ret,
                             struct wsd_error *reterr)
{
    struct wsd__block block = {0};
    struct wsd_call *call = NULL;
    const void *result = NULL;
    int r = wsd_get_printer_elements_start(context, service, parts, options, wsd__block_done,
                                           &block, &call, reterr);

    if (r == 0)
        r = wsd__block_wait(context, &block, call, &result, reterr);
    if (r == 0 && ret)
        *ret = result;
    else if (r == 0)
        wsd_free(result);
    return r;
}
