/* SPDX-License-Identifier: MIT */
/*
 * A message as a tree, whatever it is, and paths into it.
 *
 * The library's reader is lenient by design, and a check wants to know what is there: prefixes,
 * order, white space, namespaces that are a little wrong. So expat is asked directly here.
 *
 * A path is made of steps: "soap:Body/wscn:ScannerStatus/@Name". Prefixes are the customary ones of
 * tree_namespace(), whatever the message calls them; "*" is any name, a leading "//" any depth,
 * "[2]" the second of its kind, "[@Name=ScannerStatus]" those whose attribute has that value (its
 * prefix left out).
 */
#ifndef WSD_APPS_VERIFY_TREE_H
#define WSD_APPS_VERIFY_TREE_H

#include <stdbool.h>
#include <stddef.h>

struct tree_binding {
    struct tree_binding *next;
    const char *prefix, *uri;
};

struct tree_attribute {
    struct tree_attribute *next;
    const char *ns, *local, *value;
};

struct tree_node {
    struct tree_node *parent, *next, *children, *last;
    struct tree_attribute *attributes;
    struct tree_binding *bindings;
    const char *ns, *local;
    char *text;          /* all character data that stands directly in it */
    size_t n_text, room; /* bytes of it, and those that there is room for, its end included */
};

struct tree {
    struct tree_node *root;
    struct tree_piece *pieces; /* its memory */
    size_t n_nodes;
};

/* What a path leads to: an element or an attribute of it. */
struct tree_found {
    const struct tree_node *node;
    const struct tree_attribute *attribute; /* NULL: the element itself */
};

/* NULL if it is not well-formed, has a DTD or is over a bound; `why` says what is wrong. */
struct tree *tree_parse(const char *bytes, size_t size, char *why, size_t why_size);
void tree_free(struct tree *tree);

/* The URI behind a customary prefix; NULL if there is none. */
const char *tree_namespace(const char *prefix, size_t length);
/* Each customary prefix in turn; NULL behind the last. */
const char *tree_prefix(size_t number);

/* Fills `found`; returns how many. -1: the path itself is wrong. */
int tree_select(const struct tree *tree, const char *path, struct tree_found *found, int max);

/* The text of what was found, without white space around it, into `ret`; it is cut to fit. */
const char *tree_text(const struct tree_found *found, char *ret, size_t size);
/* The same without care for white space. */
const char *tree_raw_text(const struct tree_found *found);

/* True if `text`, as it stands there, is the QName "prefix:local" (customary prefix). */
bool tree_is_qname(const struct tree_found *found, const char *text, size_t length,
                   const char *qname);
#endif
