/* SPDX-License-Identifier: MIT */
/*
 * An answer that is given again and again, written once: see stencil.c.
 */
#ifndef WSD_SOAP_STENCIL_H
#define WSD_SOAP_STENCIL_H

#include "soap/envelope.h"

struct wsd__stencil {
    struct wsd__buf bytes; /* the message; empty: nothing is kept */
    struct wsd__span to, message_id, relates_to;
    struct wsd__span number; /* MessageNumber of AppSequence; empty where there is none */
};

#define WSD__STENCIL_INIT(maximum) ((struct wsd__stencil){.bytes = WSD__BUF_INIT(maximum)})

/* Keeps a message of ours with To, MessageID and RelatesTo in its header, whole and without any
 * header but those of wsd__answer_header and AppSequence. Empty afterwards if there was no memory,
 * or no room. */
void wsd__stencil_cut(struct wsd__stencil *stencil, const struct wsd__buf *message);
/* Appends what the codec would write for the same message under this header, of which only To,
 * MessageID, RelatesTo and MessageNumber may differ. False, and nothing appended, if nothing is
 * kept, if a text does not stand in XML as it is, or if there was no memory: then encode it. */
bool wsd__stencil_print(const struct wsd__stencil *stencil, const struct wsd_soap_header *header,
                        struct wsd__buf *out);
void wsd__stencil_clear(struct wsd__stencil *stencil); /* keeps the memory */
void wsd__stencil_free(struct wsd__stencil *stencil);

#endif
