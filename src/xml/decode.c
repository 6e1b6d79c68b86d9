/* SPDX-License-Identifier: MIT */
/*
 * Decode: expat's events on an explicit stack of frames.
 *
 * No recursion on the peer's depth; the stack is the error path. Each frame is one open element:
 * a struct, a scalar, the wrapper of a list, or a part that no table knows. Absent, present and
 * wrong are three answers: a member met twice, a value out of range and a missing one are errors
 * that name the path. Cost: one arena, one parse; the parser is kept in the context.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/error.h"
#include "core/xsd.h"
#include "xml/any.h"
#include "xml/codec.h"
#include "xml/reader.h"

enum mode { MODE_STRUCT, MODE_SCALAR, MODE_WRAPPER, MODE_ANY };

struct frame {
    enum mode mode;
    const struct wsd_type *type; /* of a struct, and of the struct that a wrapper stands in */
    const struct wsd__row *row;  /* the row that led here, NULL for the root and the unknown */
    char *object;                /* struct, scalar value, or the struct of a wrapper */
    struct wsd_any *any;         /* node of an unknown element */
    const struct wsd_any **tail; /* where the next unknown part is linked */
    size_t text_start;
    uint64_t seen; /* bit per row */
    uint32_t item;
    uint16_t next_row; /* where the next element is likely to be */
    uint16_t position; /* for unknown parts: 1 + number of the last row met */
};

struct decoder {
    struct wsd__reader reader;
    struct wsd__buf text;
    struct wsd__scope scope;
    const struct wsd__decode_request *request;
    struct frame frames[WSD_MAX_XML_DEPTH + 1];
    unsigned n_frames;
    void *root;
    struct wsd__span located;
};

static struct frame *top(struct decoder *d)
{
    return &d->frames[d->n_frames - 1];
}

/* -- errors -------------------------------------------------------------------------------------
 */

static void append_step(char *path, size_t size, const char *name, const struct frame *frame)
{
    size_t used = strlen(path);
    if (used + 1 >= size)
        return;
    bool item = frame && frame->row && frame->row->presence == PRESENCE_LIST &&
                frame->mode != MODE_WRAPPER && frame->item > 0;
    if (item)
        snprintf(path + used, size - used, "/%s[%u]", name, frame->item + 1);
    else
        snprintf(path + used, size - used, "/%s", name);
}

static const char *frame_name(const struct frame *frame)
{
    if (frame->mode == MODE_WRAPPER)
        return frame->row->wrapper;
    if (frame->row)
        return frame->row->name;
    return frame->mode == MODE_ANY ? frame->any->local : frame->type->name;
}

/* Reports a broken schema at the open element, or at `name` below it. */
static void schema_error(struct decoder *d, const char *name, const char *value, size_t length,
                         const char *what)
{
    if (d->reader.failed)
        return;
    char path[sizeof d->reader.error->path] = "";
    for (unsigned i = 0; i < d->n_frames; i++)
        append_step(path, sizeof path, frame_name(&d->frames[i]), &d->frames[i]);
    if (name)
        append_step(path, sizeof path, name, NULL);
    WSD__ERROR_SET(d->reader.error->path, path);
    if (value)
        wsd__error_set(d->reader.error->value, sizeof d->reader.error->value, value, length);
    wsd__reader_fail(&d->reader, WSD_E_SCHEMA, "%s: %s", d->reader.error->path, what);
}

static void no_memory(struct decoder *d)
{
    wsd__reader_fail(&d->reader, WSD_E_NO_MEMORY, "the message needs too much memory");
}

/* -- values -------------------------------------------------------------------------------------
 */

/* A part that is required, but not of the devices that a quirk in force is named for. */
static bool may_miss(const struct decoder *d, const struct wsd__row *row)
{
    return (row->quirk & d->request->quirks & WSD__QUIRKS_PRESENCE) != 0;
}

static void set_value(struct decoder *d, const struct wsd__row *row, const struct wsd__row *outer,
                      const char *name, const char *text, size_t length, void *value)
{
    const struct wsd__row *facets = wsd__facets(row, outer);
    enum wsd__scalar_result r =
        wsd__scalar_parse(facets, row->kind, text, length, &d->scope, d->reader.arena, value);
    if (r == SCALAR_OK || (r == SCALAR_OUT_OF_RANGE &&
                           wsd__scalar_tolerated(facets, row->kind, value, d->request->quirks)))
        return;
    if (r == SCALAR_NO_MEMORY) {
        no_memory(d);
        return;
    }
    char allowed[160], what[256];
    wsd__scalar_allowed(facets, row->kind, allowed, sizeof allowed);
    snprintf(what, sizeof what, "\"%.*s\" is not %s", (int)wsd__error_cut(text, length, 40), text,
             allowed);
    schema_error(d, name, text, length, what);
}

static void *new_item(struct decoder *d, const struct wsd__row *row, char *object, size_t item_size)
{
    void **member = (void **)(void *)(object + row->offset);
    size_t *count = (size_t *)(void *)(object + row->count_offset);
    if (*count == WSD_MAX_XML_ITEMS) {
        schema_error(d, row->name, NULL, 0, "more items than this program accepts");
        return NULL;
    }
    if ((*count & (*count - 1)) == 0 && (*count == 0 || *count >= 4)) { /* 0, 4, 8, 16 ... */
        size_t capacity = *count ? *count * 2 : 4;
        void *items =
            wsd__arena_grow(d->reader.arena, *member, *count * item_size, capacity * item_size);
        if (!items) {
            no_memory(d);
            return NULL;
        }
        *member = items;
    }
    return (char *)*member + (*count)++ * item_size;
}

/* Room for the value of a row in object; NULL after an error was reported. */
static void *make_slot(struct decoder *d, const struct wsd__row *row, char *object)
{
    size_t item_size = row->flags & ROW_LATE ? d->request->late->size : row->item_size;
    if (row->presence == PRESENCE_INLINE ||
        (row->kind == KIND_STRING && row->presence == PRESENCE_POINTER))
        return object + row->offset;
    if (row->presence == PRESENCE_LIST)
        return new_item(d, row, object, item_size);
    void *value = wsd__arena_alloc(d->reader.arena, item_size);
    if (!value)
        no_memory(d);
    else
        *(void **)(void *)(object + row->offset) = value;
    return value;
}

/* -- unknown parts ------------------------------------------------------------------------------
 */

static void link_any(struct decoder *d, struct frame *frame, struct wsd_any *any)
{
    if (!any) {
        no_memory(d);
        return;
    }
    any->position = frame->position;
    *frame->tail = any;
    frame->tail = &any->next;
}

/* The frame whose struct keeps what is unknown inside the open element. */
static struct frame *keeper(struct decoder *d)
{
    unsigned i = d->n_frames - 1;
    while (d->frames[i].mode != MODE_STRUCT)
        i--;
    return &d->frames[i];
}

static void keep_attribute(struct decoder *d, const struct wsd__attribute *attribute,
                           const struct wsd__row *row, uint32_t item)
{
    struct frame *frame = keeper(d);
    struct wsd_any *any = wsd__any_attribute(&d->reader, attribute);
    if (any && row) {
        any->on_row = (uint16_t)(row - frame->type->rows + 1);
        any->on_item = item;
    }
    link_any(d, frame, any);
}

/* -- start --------------------------------------------------------------------------------------
 */

static struct frame *push(struct decoder *d, enum mode mode, const struct wsd_type *type,
                          const struct wsd__row *row, void *object)
{
    if (d->n_frames == WSD_MAX_XML_DEPTH) { /* the reader's bound comes first */
        wsd__reader_fail(&d->reader, WSD_E_LIMIT, "nested too deep");
        return NULL;
    }
    struct frame *frame = &d->frames[d->n_frames++];
    *frame = (struct frame){.mode = mode,
                            .type = type,
                            .row = row,
                            .object = object,
                            .text_start = d->text.length,
                            .position = 1};
    if (mode == MODE_STRUCT)
        frame->tail = (const struct wsd_any **)(void *)(frame->object + type->any_offset);
    return frame;
}

static const struct wsd__row *match_attribute(const struct wsd_type *type,
                                              const struct wsd__name *name, enum wsd__ns element_ns)
{
    for (unsigned i = 0; i < type->n_rows && (type->rows[i].flags & ROW_ATTRIBUTE); i++) {
        const struct wsd__row *row = &type->rows[i];
        if (strcmp(row->name, name->local) != 0)
            continue;
        /* Devices and printed samples put prefixes on or leave them off at will (ws-scan 9). */
        if (name->ns == row->ns ||
            (row->ns != NS_XML && (name->ns == NS_NONE || name->ns == element_ns)))
            return row;
    }
    return NULL;
}

/* The attribute by its right name goes before one that is only taken for it. */
static bool has_attribute(const struct decoder *d, const struct wsd__row *row)
{
    for (unsigned i = 0; i < d->reader.n_attributes; i++) {
        const struct wsd__name *name = &d->reader.attributes[i].name;
        if (name->ns == row->ns && strcmp(name->local, row->name) == 0)
            return true;
    }
    return false;
}

static void take_struct_attributes(struct decoder *d, const struct wsd__name *name)
{
    struct frame *frame = top(d);
    for (unsigned i = 0; i < d->reader.n_attributes && !d->reader.failed; i++) {
        const struct wsd__attribute *attribute = &d->reader.attributes[i];
        const struct wsd__row *row = match_attribute(frame->type, &attribute->name, name->ns);
        uint64_t bit = row ? (uint64_t)1 << (row - frame->type->rows) : 0;
        if (!row || (frame->seen & bit) ||
            (row->ns != attribute->name.ns && has_attribute(d, row))) {
            keep_attribute(d, attribute, NULL, 0);
            continue;
        }
        frame->seen |= bit;
        void *slot = make_slot(d, row, frame->object);
        if (slot)
            set_value(d, row, frame->row, row->name, attribute->value, strlen(attribute->value),
                      slot);
    }
}

static void start_value(struct decoder *d, const struct wsd__row *row, struct frame *parent,
                        const struct wsd__name *name)
{
    uint32_t item = row->presence == PRESENCE_LIST
                        ? (uint32_t) * (size_t *)(void *)(parent->object + row->count_offset)
                        : 0;
    void *slot = make_slot(d, row, parent->object);
    if (!slot)
        return;
    if (row->kind == KIND_STRUCT) {
        const struct wsd_type *type = row->flags & ROW_LATE ? d->request->late : row->type;
        struct frame *frame = push(d, MODE_STRUCT, type, row, slot);
        if (!frame)
            return;
        frame->item = item;
        take_struct_attributes(d, name);
        return;
    }
    for (unsigned i = 0; i < d->reader.n_attributes && !d->reader.failed; i++)
        keep_attribute(d, &d->reader.attributes[i], row, item);
    struct frame *frame = push(d, MODE_SCALAR, NULL, row, slot);
    if (frame)
        frame->item = item;
    if (row->flags & ROW_LOCATED)
        d->located.start = wsd__reader_tag(&d->reader).end;
}

static void start_unknown(struct decoder *d, const struct wsd__name *name)
{
    struct frame *parent = top(d);
    if (parent->mode == MODE_SCALAR) {
        schema_error(d, name->local, NULL, 0, "an element where only text may stand");
        return;
    }
    struct wsd_any *any = wsd__any_element(&d->reader, name);
    if (!any) {
        no_memory(d);
        return;
    }
    if (parent->mode == MODE_ANY) {
        *parent->tail = any;
        parent->tail = &any->next;
    } else {
        struct frame *frame = keeper(d);
        if (parent->mode == MODE_WRAPPER)
            any->on_row = (uint16_t)(parent->row - frame->type->rows + 1);
        link_any(d, frame, any);
    }
    struct frame *frame = push(d, MODE_ANY, NULL, NULL, NULL);
    if (!frame)
        return;
    frame->any = any;
    frame->tail = &any->children;
    while (*frame->tail)
        frame->tail = (const struct wsd_any **)(uintptr_t) & (*frame->tail)->next;
}

static const struct wsd__row *match_element(struct frame *frame, const struct wsd__name *name)
{
    const struct wsd_type *type = frame->type;
    for (unsigned n = 0, i = frame->next_row; n < type->n_rows; n++, i++) {
        if (i >= type->n_rows)
            i = 0;
        const struct wsd__row *row = &type->rows[i];
        if (row->ns != name->ns || (row->flags & (ROW_ATTRIBUTE | ROW_TEXT)))
            continue;
        if (strcmp(row->wrapper ? row->wrapper : row->name, name->local) != 0)
            continue;
        frame->next_row = (uint16_t)i; /* repeated, or passed over when the next one comes */
        return row;
    }
    return NULL;
}

static void start_in_struct(struct decoder *d, struct frame *frame, const struct wsd__name *name)
{
    const struct wsd__row *row = match_element(frame, name);
    if (!row) {
        start_unknown(d, name);
        return;
    }
    unsigned number = (unsigned)(row - frame->type->rows);
    uint64_t bit = (uint64_t)1 << number;
    if ((frame->seen & bit) && (row->presence != PRESENCE_LIST || row->wrapper)) {
        schema_error(d, name->local, NULL, 0, "appears twice");
        return;
    }
    frame->seen |= bit;
    frame->position = (uint16_t)(number + 2);
    if (!row->wrapper) {
        start_value(d, row, frame, name);
        return;
    }
    for (unsigned i = 0; i < d->reader.n_attributes && !d->reader.failed; i++)
        keep_attribute(d, &d->reader.attributes[i], row, UINT32_MAX);
    push(d, MODE_WRAPPER, frame->type, row, frame->object);
}

static bool keeps_text(const struct frame *frame)
{
    return frame->mode == MODE_ANY || (frame->mode == MODE_STRUCT && frame->type->mixed);
}

/* Text that came so far becomes a node; between the elements of a struct, white space does not. */
static void flush_text(struct decoder *d, struct frame *frame)
{
    const char *bytes = d->text.length ? d->text.data + frame->text_start : "";
    size_t length = d->text.length - frame->text_start, solid = length;
    const char *rest = bytes;
    wsd__trim(&rest, &solid);
    d->text.length = frame->text_start;
    if (length == 0 || (solid == 0 && frame->mode == MODE_STRUCT))
        return;
    struct wsd_any *any = wsd__any_text(d->reader.arena, bytes, length);
    if (!any) {
        no_memory(d);
        return;
    }
    if (frame->mode == MODE_STRUCT)
        any->position = frame->position;
    *frame->tail = any;
    frame->tail = &any->next;
}

static void start(void *user, const struct wsd__name *name)
{
    struct decoder *d = user;
    if (d->n_frames == 0) {
        if (strcasecmp(name->local, "html") == 0) {
            wsd__reader_fail(&d->reader, WSD_E_NOT_SOAP,
                             "a web page came in place of a SOAP message");
            return;
        }
        if (name->ns != d->request->ns || strcmp(name->local, d->request->type->name) != 0) {
            wsd__reader_fail(&d->reader, WSD_E_NOT_SOAP, "the message is <%.40s>, not <%s>",
                             name->local, d->request->type->name);
            return;
        }
        if (push(d, MODE_STRUCT, d->request->type, NULL, d->root))
            take_struct_attributes(d, name);
        return;
    }
    struct frame *frame = top(d);
    if (keeps_text(frame))
        flush_text(d, frame);
    if (d->reader.failed)
        return;
    if (frame->mode == MODE_STRUCT)
        start_in_struct(d, frame, name);
    else if (frame->mode == MODE_WRAPPER && name->ns == frame->row->ns &&
             strcmp(name->local, frame->row->name) == 0)
        start_value(d, frame->row, frame, name);
    else
        start_unknown(d, name);
}

/* -- end ----------------------------------------------------------------------------------------
 */

static const char *frame_text(struct decoder *d, const struct frame *frame, size_t *length)
{
    *length = d->text.length - frame->text_start;
    return *length ? d->text.data + frame->text_start : "";
}

static void end_struct(struct decoder *d, struct frame *frame)
{
    const struct wsd_type *type = frame->type;
    for (unsigned i = 0; i < type->n_rows && !d->reader.failed; i++) {
        const struct wsd__row *row = &type->rows[i];
        if (row->flags & ROW_TEXT) {
            size_t length;
            const char *text = frame_text(d, frame, &length);
            if (row->flags & ROW_LENIENT) /* white space around an element is no text */
                wsd__trim(&text, &length);
            void *slot = make_slot(d, row, frame->object);
            if (slot && (length || !(row->flags & ROW_LENIENT)))
                set_value(d, row, frame->row, NULL, text, length, slot);
            continue;
        }
        if ((row->flags & ROW_REQUIRED) && !(frame->seen >> i & 1) && !may_miss(d, row))
            schema_error(d, row->wrapper ? row->wrapper : row->name, NULL, 0, "is required");
    }
    const char *broken = !d->reader.failed && type->check ? type->check(frame->object) : NULL;
    if (broken && !(frame->row && may_miss(d, frame->row)))
        schema_error(d, NULL, NULL, 0, broken);
}

static void end_wrapper(struct decoder *d, struct frame *frame)
{
    const size_t *count = (const void *)(frame->object + frame->row->count_offset);
    if ((frame->row->flags & ROW_NONEMPTY) && *count == 0 && !may_miss(d, frame->row))
        schema_error(d, frame->row->name, NULL, 0, "is required");
}

static void end_any(struct decoder *d, struct frame *frame)
{
    flush_text(d, frame);
    bool outermost = d->n_frames < 2 || d->frames[d->n_frames - 2].mode != MODE_ANY;
    if (outermost && !wsd__any_complete(&d->reader, frame->any))
        no_memory(d);
}

static void end(void *user)
{
    struct decoder *d = user;
    struct frame *frame = top(d);
    size_t length;
    switch (frame->mode) {
    case MODE_STRUCT:
        if (frame->type->mixed)
            flush_text(d, frame);
        end_struct(d, frame);
        break;
    case MODE_SCALAR: {
        const char *text = frame_text(d, frame, &length);
        set_value(d, frame->row, NULL, NULL, text, length, frame->object);
        if (frame->row->flags & ROW_LOCATED)
            d->located.end = wsd__reader_tag(&d->reader).start;
        break;
    }
    case MODE_WRAPPER:
        end_wrapper(d, frame);
        break;
    case MODE_ANY:
        end_any(d, frame);
        break;
    }
    d->text.length = frame->text_start;
    d->n_frames--;
}

/* -- text ---------------------------------------------------------------------------------------
 */

static bool takes_text(const struct frame *frame)
{
    if (frame->mode == MODE_SCALAR || keeps_text(frame))
        return true;
    if (frame->mode == MODE_WRAPPER)
        return false;
    for (unsigned i = 0; i < frame->type->n_rows; i++)
        if (frame->type->rows[i].flags & ROW_TEXT)
            return true;
        else if (!(frame->type->rows[i].flags & ROW_ATTRIBUTE))
            break; /* the text row follows the attributes */
    return false;
}

static void text(void *user, const char *bytes, size_t length)
{
    struct decoder *d = user;
    if (d->n_frames == 0)
        return;
    struct frame *frame = top(d);
    if (takes_text(frame)) {
        bool image = frame->mode == MODE_STRUCT && frame->type->base64;
        size_t most = image ? WSD_MAX_ENVELOPE : WSD_MAX_XML_TEXT;
        if (d->text.length - frame->text_start + length > most)
            wsd__reader_fail(&d->reader, WSD_E_LIMIT, "a text is longer than %zu bytes", most);
        else if (wsd__buf_append(&d->text, bytes, length) < 0)
            no_memory(d);
        return;
    }
    const char *rest = bytes;
    wsd__trim(&rest, &length);
    if (length)
        schema_error(d, NULL, rest, length, "text where only elements may stand");
}

/* -- the verb -----------------------------------------------------------------------------------
 */

static const char *lookup(void *user, const char *prefix, size_t length)
{
    return wsd__reader_lookup(user, prefix, length);
}

static void decoder_free(void *value)
{
    struct decoder *d = value;
    if (!d)
        return;
    wsd__reader_close(&d->reader);
    wsd__buf_free(&d->text);
    free(d);
}

static struct decoder *decoder_of(struct wsd_context *context)
{
    struct decoder *d = wsd__part(context, WSD__PART_DECODER);
    if (d)
        return d;
    d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->text = WSD__BUF_INIT(WSD_MAX_ENVELOPE);
    d->reader.user = d;
    wsd__random(context, &d->reader.salt, sizeof d->reader.salt);
    d->reader.start = start;
    d->reader.end = end;
    d->reader.text = text;
    d->scope = (struct wsd__scope){lookup, &d->reader};
    wsd__part_set(context, WSD__PART_DECODER, d, decoder_free);
    return d;
}

static size_t memory_hint(size_t size)
{
    return size + 512; /* structs take about what their XML takes */
}

int wsd__decode(struct wsd_context *context, const struct wsd__decode_request *request,
                struct wsd__decode_result *ret, struct wsd_error *reterr)
{
    struct wsd_error scratch = {0};
    struct wsd_error *error = reterr && reterr->code >= 0 ? reterr : &scratch;
    if (request->size == 0)
        return wsd__error(error, WSD_E_EMPTY, NULL);
    struct decoder *d = decoder_of(context);
    struct wsd__arena *arena =
        d ? wsd__arena_new(request->type->size, memory_hint(request->size), WSD_MAX_MESSAGE_MEMORY)
          : NULL;
    if (!arena)
        return wsd__error(error, WSD_E_NO_MEMORY, NULL);
    d->request = request;
    d->root = wsd__arena_root(arena);
    d->n_frames = 0;
    d->located = (struct wsd__span){0, 0};
    wsd__buf_clear(&d->text);
    d->reader.arena = arena;
    d->reader.error = error;
    d->reader.max_elements = request->max_elements ? request->max_elements : WSD_MAX_XML_ELEMENTS;
    int r = wsd__reader_parse(&d->reader, request->bytes, request->size);
    if (d->text.capacity > WSD_MAX_XML_TEXT) /* an inline image was in it */
        wsd__buf_free(&d->text);
    if (r < 0) {
        wsd__arena_free(arena);
        return r;
    }
    if (d->located.end < d->located.start) /* of <a/>, whose one tag is told twice */
        d->located.end = d->located.start;
    *ret = (struct wsd__decode_result){wsd__arena_root(arena), d->reader.dialect, d->reader.soap_11,
                                       d->located};
    return 0;
}
