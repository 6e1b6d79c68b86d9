/* SPDX-License-Identifier: MIT */
/* Messages as trees, and paths into them. Cost: one allocation an element and two an attribute. */
#include "verify/tree.h"

#include <ctype.h>
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/bounds.h"

#define SEPARATOR '\n'

static const struct {
    const char *prefix, *uri;
} namespaces[] = {
    {"soap", "http://www.w3.org/2003/05/soap-envelope"},
    {"soap11", "http://schemas.xmlsoap.org/soap/envelope/"},
    {"wsa", "http://schemas.xmlsoap.org/ws/2004/08/addressing"},
    {"wsa5", "http://www.w3.org/2005/08/addressing"},
    {"wsd", "http://schemas.xmlsoap.org/ws/2005/04/discovery"},
    {"wsd11", "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01"},
    {"wsdp", "http://schemas.xmlsoap.org/ws/2006/02/devprof"},
    {"wsx", "http://schemas.xmlsoap.org/ws/2004/09/mex"},
    {"wxf", "http://schemas.xmlsoap.org/ws/2004/09/transfer"},
    {"wse", "http://schemas.xmlsoap.org/ws/2004/08/eventing"},
    {"wscn", "http://schemas.microsoft.com/windows/2006/08/wdp/scan"},
    {"pnpx", "http://schemas.microsoft.com/windows/pnpx/2005/10"},
    {"xop", "http://www.w3.org/2004/08/xop/include"},
    {"xml", "http://www.w3.org/XML/1998/namespace"},
};
#define N_NAMESPACES (sizeof namespaces / sizeof *namespaces)

const char *tree_namespace(const char *prefix, size_t length)
{
    for (size_t i = 0; i < N_NAMESPACES; i++)
        if (strlen(namespaces[i].prefix) == length &&
            memcmp(namespaces[i].prefix, prefix, length) == 0)
            return namespaces[i].uri;
    return NULL;
}

const char *tree_prefix(size_t number)
{
    return number < N_NAMESPACES ? namespaces[number].prefix : NULL;
}

/* -- reading ------------------------------------------------------------------------------------
 */

struct tree_piece {
    struct tree_piece *next;
};

struct reading {
    struct tree *tree;
    struct tree_node *at;
    struct tree_binding *bindings; /* declared on the element that comes next */
    XML_Parser parser;
    const char *why;
    unsigned depth;
};

static void *give(struct reading *r, size_t size)
{
    struct tree_piece *piece = calloc(1, sizeof *piece + size);

    if (!piece) {
        r->why = "out of memory";
        XML_StopParser(r->parser, XML_FALSE);
        return NULL;
    }
    piece->next = r->tree->pieces;
    r->tree->pieces = piece;
    return piece + 1;
}

static char *give_text(struct reading *r, const char *text, size_t length)
{
    char *copy = give(r, length + 1);

    if (copy)
        memcpy(copy, text, length);
    return copy ? copy : "";
}

/* expat writes "URI\nlocal", without a URI "local". */
static void split(struct reading *r, const char *name, const char **ret_ns, const char **ret_local)
{
    const char *mark = strrchr(name, SEPARATOR);

    *ret_ns = mark ? give_text(r, name, (size_t)(mark - name)) : "";
    *ret_local = mark ? give_text(r, mark + 1, strlen(mark + 1)) : give_text(r, name, strlen(name));
}

static void on_namespace(void *user, const char *prefix, const char *uri)
{
    struct reading *r = user;
    struct tree_binding *binding = give(r, sizeof *binding);

    if (!binding)
        return;
    *binding = (struct tree_binding){
        .next = r->bindings,
        .prefix = give_text(r, prefix ? prefix : "", prefix ? strlen(prefix) : 0),
        .uri = give_text(r, uri ? uri : "", uri ? strlen(uri) : 0)};
    r->bindings = binding;
}

static void add_attributes(struct reading *r, struct tree_node *node, const char **pairs)
{
    for (; pairs[0]; pairs += 2) {
        struct tree_attribute *a = give(r, sizeof *a);
        if (!a)
            return;
        split(r, pairs[0], &a->ns, &a->local);
        a->value = give_text(r, pairs[1], strlen(pairs[1]));
        a->next = node->attributes;
        node->attributes = a;
    }
}

static void on_start(void *user, const char *name, const char **attributes)
{
    struct reading *r = user;
    struct tree_node *node = give(r, sizeof *node);

    if (!node)
        return;
    if (++r->depth > VERIFY_MAX_DEPTH || ++r->tree->n_nodes > VERIFY_MAX_NODES) {
        r->why = "it is nested too deeply, or has too many elements";
        XML_StopParser(r->parser, XML_FALSE);
        return;
    }
    split(r, name, &node->ns, &node->local);
    add_attributes(r, node, attributes);
    node->text = "";
    node->bindings = r->bindings;
    r->bindings = NULL;
    node->parent = r->at;
    if (!r->at)
        r->tree->root = node;
    else if (r->at->last)
        r->at->last->next = node;
    else
        r->at->children = node;
    if (r->at)
        r->at->last = node;
    r->at = node;
}

static void on_end(void *user, const char *name)
{
    struct reading *r = user;

    (void)name;
    r->depth--;
    r->at = r->at->parent;
}

static void on_text(void *user, const char *text, int length)
{
    struct reading *r = user;
    struct tree_node *node = r->at;
    size_t wanted = node->n_text + (size_t)length + 1;

    /* It comes in as many pieces as the sender likes, a line end is one: what lies there already is
     * not copied for each. */
    if (wanted > node->room) {
        size_t room = wanted < 16 ? 16 : wanted * 2;
        char *larger = give(r, room);
        if (!larger)
            return;
        memcpy(larger, node->text, node->n_text);
        node->text = larger;
        node->room = room;
    }
    memcpy(node->text + node->n_text, text, (size_t)length);
    node->n_text += (size_t)length;
    node->text[node->n_text] = 0;
}

static void on_doctype(void *user, const char *name, const char *system, const char *public,
                       int has)
{
    struct reading *r = user;

    (void)name, (void)system, (void)public, (void)has;
    r->why = "it has a document type declaration";
    XML_StopParser(r->parser, XML_FALSE);
}

struct tree *tree_parse(const char *bytes, size_t size, char *why, size_t why_size)
{
    struct reading r = {.parser = XML_ParserCreateNS(NULL, SEPARATOR)};

    r.tree = calloc(1, sizeof *r.tree);
    if (!r.parser || !r.tree) {
        snprintf(why, why_size, "out of memory");
        XML_ParserFree(r.parser);
        free(r.tree);
        return NULL;
    }
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartNamespaceDeclHandler(r.parser, on_namespace);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    enum XML_Status status = size > VERIFY_MAX_ANSWER
                                 ? XML_STATUS_ERROR
                                 : XML_Parse(r.parser, bytes, (int)size, XML_TRUE);
    if (status != XML_STATUS_OK) {
        snprintf(why, why_size, "%s (line %lu)",
                 r.why ? r.why : XML_ErrorString(XML_GetErrorCode(r.parser)),
                 (unsigned long)XML_GetCurrentLineNumber(r.parser));
        tree_free(r.tree);
        r.tree = NULL;
    }
    XML_ParserFree(r.parser);
    return r.tree;
}

void tree_free(struct tree *tree)
{
    while (tree && tree->pieces) {
        struct tree_piece *next = tree->pieces->next;
        free(tree->pieces);
        tree->pieces = next;
    }
    free(tree);
}

/* -- paths --------------------------------------------------------------------------------------
 */

/* One step of a path, as slices of it. */
struct step {
    bool deep, attribute, any;
    const char *ns; /* NULL: any */
    const char *local;
    size_t n_local;
    int number; /* 0: all */
    const char *key, *value;
    size_t n_key, n_value;
};

static bool read_name(const char **at, struct step *step)
{
    const char *p = *at, *colon = NULL;

    if (*p == '*') {
        step->any = true;
        *at = p + 1;
        return true;
    }
    while (*p && !strchr("/[@", *p)) {
        if (*p == ':')
            colon = p;
        p++;
    }
    step->local = colon ? colon + 1 : *at;
    step->n_local = (size_t)(p - step->local);
    step->ns = colon ? tree_namespace(*at, (size_t)(colon - *at)) : "";
    *at = p;
    return step->n_local > 0 && step->ns;
}

static bool read_predicate(const char **at, struct step *step)
{
    const char *p = *at + 1, *end = strchr(p, ']');

    if (!end)
        return false;
    *at = end + 1;
    if (isdigit((unsigned char)*p)) {
        step->number = (int)strtol(p, NULL, 10);
        return true;
    }
    const char *equal = memchr(p, '=', (size_t)(end - p));
    if (*p != '@' || !equal)
        return false;
    step->key = p + 1;
    step->n_key = (size_t)(equal - step->key);
    step->value = equal + 1;
    step->n_value = (size_t)(end - step->value);
    return true;
}

/* False at its end, or where it is wrong (then *ret_wrong). */
static bool next_step(const char **at, struct step *step, bool *ret_wrong)
{
    *step = (struct step){0};
    if (!**at)
        return false;
    if (strncmp(*at, "//", 2) == 0) {
        step->deep = true;
        *at += 2;
    } else if (**at == '/') {
        (*at)++;
    }
    if (**at == '@') {
        step->attribute = true;
        (*at)++;
    }
    *ret_wrong = !read_name(at, step);
    while (!*ret_wrong && **at == '[')
        *ret_wrong = !read_predicate(at, step);
    return !*ret_wrong;
}

static bool slice_is(const char *text, const char *slice, size_t length)
{
    return strlen(text) == length && memcmp(text, slice, length) == 0;
}

static bool attribute_fits(const struct tree_node *node, const struct step *step)
{
    for (const struct tree_attribute *a = node->attributes; a; a = a->next) {
        const char *colon = strchr(a->value, ':');
        if (slice_is(a->local, step->key, step->n_key) &&
            (slice_is(a->value, step->value, step->n_value) ||
             (colon && slice_is(colon + 1, step->value, step->n_value))))
            return true;
    }
    return false;
}

static bool node_fits(const struct tree_node *node, const struct step *step)
{
    if (!step->any &&
        (strcmp(node->ns, step->ns) != 0 || !slice_is(node->local, step->local, step->n_local)))
        return false;
    return !step->key || attribute_fits(node, step);
}

struct set {
    struct tree_found *items;
    int n, max;
};

static void set_add(struct set *set, const struct tree_node *node,
                    const struct tree_attribute *attribute)
{
    if (set->n < set->max)
        set->items[set->n++] = (struct tree_found){node, attribute};
}

/* In the order of the document, without recursion. */
static void add_below(struct set *to, const struct tree_node *from, const struct step *step)
{
    const struct tree_node *node = from->children;
    int count = 0;

    while (node) {
        if (node_fits(node, step) && (++count == step->number || step->number == 0))
            set_add(to, node, NULL);
        if (step->deep && node->children) {
            node = node->children;
            continue;
        }
        while (node != from && !node->next && step->deep && node->parent != from)
            node = node->parent;
        node = node->next;
    }
}

static void add_attributes_of(struct set *to, const struct tree_node *node, const struct step *step)
{
    for (const struct tree_attribute *a = node->attributes; a; a = a->next)
        if (step->any ||
            (strcmp(a->ns, step->ns) == 0 && slice_is(a->local, step->local, step->n_local)))
            set_add(to, node, a);
}

int tree_select(const struct tree *tree, const char *path, struct tree_found *found, int max)
{
    struct tree_found *room = calloc(2 * VERIFY_MAX_FOUND, sizeof *room);
    struct set now = {room, 0, VERIFY_MAX_FOUND},
               next = {room + VERIFY_MAX_FOUND, 0, VERIFY_MAX_FOUND};
    struct step step;
    bool wrong = false;

    if (!room)
        return -1;
    set_add(&now, tree->root, NULL);
    for (const char *at = path; next_step(&at, &step, &wrong);) {
        next.n = 0;
        for (int i = 0; i < now.n; i++) {
            if (step.attribute)
                add_attributes_of(&next, now.items[i].node, &step);
            else
                add_below(&next, now.items[i].node, &step);
        }
        struct set swap = now;
        now = next;
        next = swap;
    }
    if (now.n > max)
        now.n = max;
    memcpy(found, now.items, (size_t)now.n * sizeof *found);
    free(room);
    return wrong ? -1 : now.n;
}

/* -- texts --------------------------------------------------------------------------------------
 */

const char *tree_raw_text(const struct tree_found *found)
{
    return found->attribute ? found->attribute->value : found->node->text;
}

const char *tree_text(const struct tree_found *found, char *ret, size_t size)
{
    const char *text = tree_raw_text(found);
    size_t length;

    while (isspace((unsigned char)*text))
        text++;
    length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    snprintf(ret, size, "%.*s", (int)length, text);
    return ret;
}

static const char *binding_of(const struct tree_node *node, const char *prefix, size_t length)
{
    for (; node; node = node->parent)
        for (const struct tree_binding *b = node->bindings; b; b = b->next)
            if (slice_is(b->prefix, prefix, length))
                return b->uri;
    return NULL;
}

bool tree_is_qname(const struct tree_found *found, const char *text, size_t length,
                   const char *qname)
{
    const char *colon = memchr(text, ':', length), *wanted = strchr(qname, ':');
    const char *uri = binding_of(found->node, text, colon ? (size_t)(colon - text) : 0);
    const char *local = colon ? colon + 1 : text;

    if (!wanted || !slice_is(wanted + 1, local, length - (size_t)(local - text)))
        return false;
    const char *right = tree_namespace(qname, (size_t)(wanted - qname));
    return right && uri && strcmp(uri, right) == 0;
}
