/* SPDX-License-Identifier: MIT */
/*
 * The memory of requests that were decoded lately.
 *
 * What a client asks again, and what another client of the same make asks, is the same bytes but
 * for the text of wsa:MessageID, a UUID. Reading it costs several times what answering it does. So
 * the last few requests are kept, as they came and as they were decoded. One that differs from such
 * a request in nothing but the text of MessageID is decoded already: it has that result, with its
 * own MessageID in it.
 *
 * That this is what the decoder would say rests on four things, all of which are compared and none
 * assumed, so that hostile bytes get the same answer as ever:
 *
 *   - the parser itself says where the text of MessageID lies (ROW_LOCATED), and what lies there is
 *     the text that was decoded, byte for byte: no reference, no CDATA section, no comment;
 *   - all bytes outside of it are equal, the declared encoding among them, and so is the length;
 *   - inside, both have only letters, digits, ':', '-' and '.', which neither begin nor end
 *     anything in XML and are themselves in each encoding that the reader takes (one that is not
 *     a superset of ASCII has other bytes among them and is not remembered);
 *   - the table asks of a MessageID only how long it is.
 *
 * Bytes are compared, no hash is. A request is remembered only once it has been decoded without an
 * error, for the type and the quirks it was decoded with, and if it is small. Whoever sends
 * requests that differ drives others out, which then cost what they cost without this.
 *
 * Cost: of a known request up to WSD_MAX_RECALLED comparisons of bytes and no allocation; of a new
 * one its copy. Memory: the bounds in core/limits.h, less than 200 KiB at the very most; of
 * Probes and Gets as they are, about 3 KB each.
 */
#include "soap/recall.h"

#include <stdlib.h>
#include <string.h>

#include "core/limits.h"

struct memory {
    const struct wsd__envelope *decoded; /* result; NULL while the place is free */
    const struct wsd_type *body_type;
    uint32_t quirks;
    unsigned users; /* of `view`: it is filled anew for one at a time */
    uint64_t asked; /* when it was last, in requests */
    size_t size;
    struct wsd__span id;       /* text of MessageID in bytes */
    struct wsd__envelope view; /* what is given out: as decoded, with the MessageID asked with */
    char *bytes;               /* as it came; behind it, and terminated, the view's MessageID */
};

struct recall {
    struct memory memories[WSD_MAX_RECALLED];
    uint64_t n_asked;
};

static bool is_plain(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char c = bytes[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == ':' || c == '-' || c == '.'))
            return false;
    }
    return true;
}

static void forget(struct memory *memory)
{
    wsd_free(memory->decoded);
    free(memory->bytes);
    *memory = (struct memory){0};
}

static void recall_free(void *value)
{
    struct recall *recall = value;
    for (size_t i = 0; i < WSD_MAX_RECALLED; i++)
        forget(&recall->memories[i]);
    free(recall);
}

/* NULL without memory: nothing is remembered then. */
static struct recall *recall_of(struct wsd_context *context)
{
    struct recall *recall = wsd__part(context, WSD__PART_RECALL);
    if (recall)
        return recall;
    recall = calloc(1, sizeof *recall);
    if (recall)
        wsd__part_set(context, WSD__PART_RECALL, recall, recall_free);
    return recall;
}

/* -- recalling ----------------------------------------------------------------------------------
 */

static bool is_like(const struct memory *memory, const struct wsd_type *body_type,
                    const char *bytes, size_t size, uint32_t quirks)
{
    const struct wsd__span *id = &memory->id;
    return memory->decoded && memory->users == 0 && memory->size == size &&
           memory->body_type == body_type && memory->quirks == quirks &&
           memcmp(memory->bytes, bytes, id->start) == 0 &&
           memcmp(memory->bytes + id->end, bytes + id->end, size - id->end) == 0 &&
           is_plain(bytes + id->start, id->end - id->start);
}

static struct memory *find(struct recall *recall, const struct wsd_type *body_type,
                           const char *bytes, size_t size, uint32_t quirks)
{
    for (size_t i = 0; i < WSD_MAX_RECALLED; i++)
        if (is_like(&recall->memories[i], body_type, bytes, size, quirks))
            return &recall->memories[i];
    return NULL;
}

/* -- remembering --------------------------------------------------------------------------------
 */

static bool is_worth_it(const struct wsd__envelope *envelope, const char *bytes, size_t size)
{
    const struct wsd__span *id = &envelope->message_id;
    const char *text = envelope->header.message_id;
    size_t length = id->end - id->start;
    return size <= WSD_MAX_RECALLED_MESSAGE && id->end <= size && length > 0 && text &&
           strlen(text) == length && memcmp(text, bytes + id->start, length) == 0 &&
           is_plain(text, length) &&
           wsd__arena_used(wsd__arena_of(envelope)) <= WSD_MAX_RECALLED_MEMORY;
}

/* A free place, or that of the one asked longest ago; NULL when all are in use. */
static struct memory *place_of(struct recall *recall)
{
    struct memory *place = NULL;
    for (size_t i = 0; i < WSD_MAX_RECALLED; i++) {
        struct memory *memory = &recall->memories[i];
        if (memory->users == 0 && (!place || memory->asked < place->asked))
            place = memory;
    }
    return place;
}

/* Takes the result over. The view that stands for it then; the result itself if it was not taken.
 */
static const struct wsd__envelope *remember(struct recall *recall, const struct memory *about,
                                            const struct wsd__envelope *envelope, const char *bytes)
{
    struct memory *place = place_of(recall);
    size_t length = envelope->message_id.end - envelope->message_id.start;
    char *copy = place ? malloc(about->size + length + 1) : NULL;
    if (!copy)
        return envelope;
    forget(place);
    *place = *about;
    place->users = 1;
    place->asked = ++recall->n_asked;
    place->decoded = envelope;
    place->id = envelope->message_id;
    place->view = *envelope;
    place->bytes = memcpy(copy, bytes, about->size);
    place->view.header.message_id = copy + about->size;
    memcpy(copy + about->size, envelope->header.message_id, length + 1);
    return &place->view;
}

/* -- face ---------------------------------------------------------------------------------------
 */

int wsd__recall_decode(struct wsd_context *context, const struct wsd_type *body_type,
                       const void *bytes, size_t size, uint32_t quirks,
                       const struct wsd__envelope **ret_envelope, struct wsd_error *reterr)
{
    struct recall *recall = recall_of(context);
    struct memory *memory = recall ? find(recall, body_type, bytes, size, quirks) : NULL;
    if (memory) {
        memory->users = 1;
        memory->asked = ++recall->n_asked;
        memcpy(memory->bytes + size, (const char *)bytes + memory->id.start,
               memory->id.end - memory->id.start);
        *ret_envelope = &memory->view;
        return 0;
    }
    const struct wsd__envelope *envelope;
    int r = wsd__envelope_decode(context, body_type, bytes, size, quirks, &envelope, reterr);
    if (r < 0)
        return r;
    if (recall && is_worth_it(envelope, bytes, size)) {
        struct memory about = {.body_type = body_type, .quirks = quirks, .size = size};
        envelope = remember(recall, &about, envelope, bytes);
    }
    *ret_envelope = envelope;
    return 0;
}

void wsd__recall_done(struct wsd_context *context, const struct wsd__envelope *envelope)
{
    struct recall *recall = wsd__part(context, WSD__PART_RECALL);
    for (size_t i = 0; recall && i < WSD_MAX_RECALLED; i++) {
        struct memory *memory = &recall->memories[i];
        if (envelope == &memory->view) {
            memory->users = 0;
            return;
        }
    }
    wsd_free(envelope);
}
