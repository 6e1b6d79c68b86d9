/* SPDX-License-Identifier: MIT */
/*
 * Subscriptions are kept as the JSON that they are written as; those of an earlier run are made
 * into structures of the library when they are asked for.
 */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/control.h"
#include "common/print_json.h"
#include "file.h"

#define NAME    "state.json"
#define VERSION 1

/* Memory of a structure that was made of JSON. */
struct piece {
    struct piece *next;
    max_align_t bytes[];
};

struct state {
    int folder;
    struct json_object *root, *subscriptions;
    char identity[48];
    bool dirty;
    struct piece *pieces; /* of `shown` */
    struct state_subscription shown;
};

/* -- nodes of a manager's reference parameters ------------------------------------------------ */

static const char *const kinds[] = {"element", "attribute", "text", "namespace"};

static struct json_object *json_of_any(const struct wsd_any *any, unsigned depth)
{
    struct json_object *list = json_object_new_array();

    for (; any && depth < STATE_MAX_DEPTH; any = any->next) {
        struct json_object *node = json_object_new_object();
        json_put_text(node, "kind", kinds[any->kind]);
        json_put_text(node, "ns", any->ns);
        json_put_text(node, "local", any->local);
        json_put_text(node, "prefix", any->prefix);
        json_put_text(node, "text", any->text);
        if (any->children)
            json_put(node, "children", json_of_any(any->children, depth + 1));
        json_object_array_add(list, node);
    }
    return list;
}

static void *take_piece(struct state *state, size_t size)
{
    struct piece *piece = calloc(1, sizeof *piece + size);

    if (!piece)
        return NULL;
    piece->next = state->pieces;
    state->pieces = piece;
    return piece->bytes;
}

static void drop_pieces(struct state *state)
{
    while (state->pieces) {
        struct piece *next = state->pieces->next;
        free(state->pieces);
        state->pieces = next;
    }
    state->shown = (struct state_subscription){0};
}

static const char *text_of(const struct json_object *object, const char *key)
{
    const char *text = NULL;

    control_text(object, key, &text);
    return text;
}

/* Who writes messages of it relies on a name, and on a text where there has to be one. */
static bool is_node(const struct json_object *node, enum wsd_any_kind *ret)
{
    const char *kind = text_of(node, "kind");
    size_t k = 0;

    while (k < sizeof kinds / sizeof *kinds && kind && strcmp(kind, kinds[k]) != 0)
        k++;
    *ret = (enum wsd_any_kind)k;
    return kind && k < sizeof kinds / sizeof *kinds &&
           (*ret == WSD_ANY_TEXT || text_of(node, "local")) &&
           ((*ret != WSD_ANY_TEXT && *ret != WSD_ANY_ATTRIBUTE) || text_of(node, "text"));
}

static const struct wsd_any *any_of_json(struct state *state, const struct json_object *list,
                                         unsigned depth)
{
    struct wsd_any *first = NULL, **end = &first;
    size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

    for (size_t i = 0; i < n && depth < STATE_MAX_DEPTH; i++) {
        const struct json_object *node = json_object_array_get_idx(list, i);
        enum wsd_any_kind kind = WSD_ANY_ELEMENT;
        if (!is_node(node, &kind))
            continue;
        struct wsd_any *any = take_piece(state, sizeof *any);
        if (!any)
            return NULL;
        any->kind = kind;
        any->ns = text_of(node, "ns");
        any->ns = any->ns ? any->ns : "";
        any->local = text_of(node, "local");
        any->prefix = text_of(node, "prefix");
        any->text = text_of(node, "text");
        any->children = any_of_json(state, json_object_object_get(node, "children"), depth + 1);
        *end = any;
        end = (struct wsd_any **)(void *)&any->next;
    }
    return first;
}

static const struct wsd_soap_bag *bag_of_json(struct state *state, const struct json_object *list)
{
    struct wsd_soap_bag *bag = list ? take_piece(state, sizeof *bag) : NULL;

    if (bag)
        bag->any = any_of_json(state, list, 0);
    return bag;
}

/* -- the file -----------------------------------------------------------------------------------
 */

static bool is_identity(const char *text)
{
    return text && strncmp(text, "urn:uuid:", 9) == 0 && strlen(text) == 45 &&
           strspn(text + 9, "0123456789abcdef-") == 36;
}

/* A random UUID (RFC 9562, version 4). */
static int make_identity(char ret[48])
{
    unsigned char b[16];
    int r = file_random(b, sizeof b);

    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    snprintf(ret, 48,
             "urn:uuid:%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
             b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
             b[14], b[15]);
    return r;
}

/* Takes over what was read, as far as it is what we write. */
static void take_root(struct state *state, struct json_object *root)
{
    struct json_object *list = json_object_object_get(root, "subscriptions");
    size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

    if (is_identity(text_of(root, "identity")))
        snprintf(state->identity, sizeof state->identity, "%s", text_of(root, "identity"));
    for (size_t i = 0; i < n && i < STATE_MAX_SUBSCRIPTIONS; i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        const struct json_object *manager = json_object_object_get(one, "manager");
        if (text_of(one, "scanner") && text_of(one, "service") && text_of(manager, "address"))
            json_object_array_add(state->subscriptions, json_object_get(one));
    }
}

static int begin(struct state *state, struct json_object *root)
{
    state->root = json_object_new_object();
    state->subscriptions = json_object_new_array();
    if (!state->root || !state->subscriptions)
        return -ENOMEM;
    json_put_number(state->root, "version", VERSION);
    if (root)
        take_root(state, root);
    if (!*state->identity) {
        int r = make_identity(state->identity);
        if (r < 0)
            return r;
        state->dirty = true;
    }
    json_put_text(state->root, "identity", state->identity);
    json_put(state->root, "subscriptions", json_object_get(state->subscriptions));
    return 0;
}

int state_open(const char *folder, struct state **ret)
{
    struct state *state = calloc(1, sizeof *state);
    struct json_object *root = NULL;

    if (!state)
        return -ENOMEM;
    state->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = state->folder < 0
                ? -errno
                : file_read_json(state->folder, NAME, STATE_MAX_FILE, 4 * STATE_MAX_DEPTH, &root);
    /* Kept under a name of its own, for who wants to know what happened. */
    if (r == -EBADMSG || r == -EFBIG)
        renameat(state->folder, NAME, state->folder, NAME ".broken");
    if (state->folder >= 0 && (r == -ENOENT || r == -EBADMSG || r == -EFBIG))
        r = 0;
    if (r == 0)
        r = begin(state, root);
    json_object_put(root);
    if (r == 0)
        r = state_flush(state);
    if (r < 0)
        state_free(state);
    else
        *ret = state;
    return r;
}

void state_free(struct state *state)
{
    if (!state)
        return;
    drop_pieces(state);
    json_object_put(state->subscriptions);
    json_object_put(state->root);
    if (state->folder >= 0)
        close(state->folder);
    free(state);
}

const char *state_identity(const struct state *state)
{
    return state->identity;
}

int state_flush(struct state *state)
{
    if (!state->dirty)
        return 0;
    int r = file_write_json(state->folder, NAME, state->root);
    state->dirty = r < 0;
    return r;
}

/* -- subscriptions ------------------------------------------------------------------------------
 */

static size_t find(const struct state *state, const char *scanner)
{
    size_t n = json_object_array_length(state->subscriptions);

    for (size_t i = 0; i < n; i++)
        if (wsd_endpoint_equal(
                text_of(json_object_array_get_idx(state->subscriptions, i), "scanner"), scanner))
            return i;
    return n;
}

static struct json_object *json_of_subscription(const struct state_subscription *s)
{
    struct json_object *object = json_object_new_object(), *manager = json_object_new_object();

    json_put_text(object, "scanner", s->scanner);
    json_put_text(object, "service", s->service);
    json_put_text(object, "url", s->url);
    json_put_text(manager, "address", s->manager->address);
    if (s->manager->reference_properties)
        json_put(manager, "properties", json_of_any(s->manager->reference_properties->any, 0));
    if (s->manager->reference_parameters)
        json_put(manager, "parameters", json_of_any(s->manager->reference_parameters->any, 0));
    json_put(object, "manager", manager);
    return object;
}

int state_put(struct state *state, const char *scanner,
              const struct state_subscription *subscription)
{
    size_t at = find(state, scanner), n = json_object_array_length(state->subscriptions);

    if (at == n && !subscription)
        return 0;
    drop_pieces(state);
    state->dirty = true;
    if (at == n && n >= STATE_MAX_SUBSCRIPTIONS)
        at = 0; /* the oldest, of a scanner that was not seen for long */
    if (at < n)
        json_object_array_del_idx(state->subscriptions, at, 1);
    if (!subscription)
        return 0;
    struct json_object *object = json_of_subscription(subscription);
    if (!object || json_object_array_add(state->subscriptions, object) < 0) {
        json_object_put(object);
        return -ENOMEM;
    }
    return 0;
}

/* Makes structures of the JSON. */
static const struct state_subscription *show(struct state *state, const struct json_object *object)
{
    const struct json_object *manager = json_object_object_get(object, "manager");
    struct wsd_endpoint_reference *reference;

    drop_pieces(state);
    reference = take_piece(state, sizeof *reference);
    if (!reference)
        return NULL;
    reference->address = text_of(manager, "address");
    reference->reference_properties =
        bag_of_json(state, json_object_object_get(manager, "properties"));
    reference->reference_parameters =
        bag_of_json(state, json_object_object_get(manager, "parameters"));
    state->shown = (struct state_subscription){.scanner = text_of(object, "scanner"),
                                               .service = text_of(object, "service"),
                                               .url = text_of(object, "url"),
                                               .manager = reference};
    return &state->shown;
}

const struct state_subscription *state_left(struct state *state, const char *scanner)
{
    size_t at = find(state, scanner);

    return at < json_object_array_length(state->subscriptions)
               ? show(state, json_object_array_get_idx(state->subscriptions, at))
               : NULL;
}

const struct state_subscription *state_each(struct state *state, size_t i)
{
    return i < json_object_array_length(state->subscriptions)
               ? show(state, json_object_array_get_idx(state->subscriptions, i))
               : NULL;
}
