/* SPDX-License-Identifier: MIT */
/*
 * The expectations of a check on one exchange (docs/verify.md). Each kind of them is a function;
 * the first that does not hold says what was expected and what came.
 */
#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "verify/checks.h"
#include "verify/verify.h"

#define SHOWN 160 /* characters of a value in a sentence */

/* One expectation at work. */
struct look {
    struct verify *v;
    const struct exchange *x;
    struct json_object *wish;
    const char *path;
    struct tree_found *found;
    int n;
};

static bool fails(struct verify *v, const char *expected, const char *got)
{
    verify_say(v, VERIFY_FAILS, "expected %s; got %s", expected, got);
    return false;
}

static const char *shown(const char *text, char ret[SHOWN + 8])
{
    char clean[SHOWN];

    text_clean(text, clean, sizeof clean);
    snprintf(ret, SHOWN + 8, "'%s'", clean);
    return ret;
}

/* -- of the exchange as a whole -----------------------------------------------------------------
 */

static bool one_of_numbers(struct json_object *wish, int number)
{
    if (!json_object_is_type(wish, json_type_array))
        return json_object_get_int(wish) == number;
    for (size_t i = 0; i < json_object_array_length(wish); i++)
        if (json_object_get_int(json_object_array_get_idx(wish, i)) == number)
            return true;
    return false;
}

static bool expect_status(struct look *l, struct json_object *wish)
{
    char expected[120], got[200];

    if (one_of_numbers(wish, l->x->status))
        return true;
    snprintf(expected, sizeof expected, "HTTP status %s", json_object_to_json_string(wish));
    if (l->x->status == 0)
        snprintf(got, sizeof got, "no answer (%s)", l->x->failure);
    else
        snprintf(got, sizeof got, "%d", l->x->status);
    return fails(l->v, expected, got);
}

static bool expect_within(struct look *l, struct json_object *wish)
{
    char expected[60], got[60];

    if (l->x->took <= (uint64_t)json_object_get_int(wish))
        return true;
    snprintf(expected, sizeof expected, "an answer within %d ms", json_object_get_int(wish));
    snprintf(got, sizeof got, "it after %llu ms", (unsigned long long)l->x->took);
    return fails(l->v, expected, got);
}

static bool expect_size(struct look *l, struct json_object *wish)
{
    char expected[60], got[60];

    if (l->x->total <= (uint64_t)json_object_get_int64(wish))
        return true;
    snprintf(expected, sizeof expected, "at most %lld bytes",
             (long long)json_object_get_int64(wish));
    snprintf(got, sizeof got, "%llu", (unsigned long long)l->x->total);
    return fails(l->v, expected, got);
}

static bool expect_silence(struct look *l, struct json_object *wish)
{
    char got[SHOWN + 8];

    (void)wish;
    return l->x->n_answers == 0 || fails(l->v, "silence", shown(l->x->got ? l->x->got : "", got));
}

/* Finds it anywhere unless it begins with ^. */
static bool like(const char *pattern, const char *text)
{
    regex_t regex;
    bool match;

    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    match = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return match;
}

static bool expect_header(struct look *l, struct json_object *wish)
{
    const char *pattern = json_text(l->wish, "like");
    char value[1000], expected[SHOWN + 200], got[SHOWN + 8];
    const char *name = json_object_get_string(wish);
    const char *there = exchange_header(l->x, name, value, sizeof value);

    if (there && (!pattern || like(pattern, value)))
        return true;
    snprintf(expected, sizeof expected, "a header line %s%s%.150s", name, pattern ? " like " : "",
             pattern ? pattern : "");
    return fails(l->v, expected, there ? shown(value, got) : "none");
}

static bool expect_raw(struct look *l, struct json_object *wish)
{
    char expected[SHOWN + 60], got[SHOWN + 8];

    if (l->x->got && like(json_object_get_string(wish), l->x->got))
        return true;
    snprintf(expected, sizeof expected, "an answer like %.160s", json_object_get_string(wish));
    return fails(l->v, expected, shown(l->x->got ? l->x->got : "", got));
}

static bool expect_unlike(struct look *l, struct json_object *wish)
{
    char expected[SHOWN + 60], got[SHOWN + 8];

    if (l->x->got && !like(json_object_get_string(wish), l->x->got))
        return true;
    snprintf(expected, sizeof expected, "nothing like %.160s", json_object_get_string(wish));
    return fails(l->v, expected, shown(l->x->got ? l->x->got : "", got));
}

/* The answer names the message that it answers. */
static bool expect_relates(struct look *l, struct json_object *wish)
{
    const char *name = json_object_get_string(wish);
    const char *id = l->x->sent ? strstr(l->x->sent, "MessageID>") : NULL;
    char path[100], text[300], expected[320], got[SHOWN + 8];

    snprintf(path, sizeof path, "soap:Header/%.40s:RelatesTo", name);
    exchange_text(l->x, path, text, sizeof text);
    if (id && *text && strncmp(id + 10, text, strlen(text)) == 0 && id[10 + strlen(text)] == '<')
        return true;
    snprintf(expected, sizeof expected, "RelatesTo %.*s", id ? (int)strcspn(id + 10, "<") : 0,
             id ? id + 10 : "");
    return fails(l->v, expected, *text ? shown(text, got) : "none");
}

/* The last bytes of an answer that may hold anything. */
static bool expect_end(struct look *l, struct json_object *wish)
{
    char tail[80] = "", got[SHOWN + 8], expected[SHOWN + 60];
    size_t n = l->x->n_got < sizeof tail - 1 ? l->x->n_got : sizeof tail - 1;

    if (l->x->got) {
        memcpy(tail, l->x->got + l->x->n_got - n, n);
        for (size_t i = 0; i < n; i++)
            tail[i] = tail[i] ? tail[i] : ' ';
    }
    if (l->x->total == l->x->n_got && !*l->x->failure && like(json_object_get_string(wish), tail))
        return true;
    snprintf(expected, sizeof expected, "an end like %.160s", json_object_get_string(wish));
    return fails(l->v, expected, *l->x->failure ? l->x->failure : shown(tail, got));
}

/* A fault: its subcode, and with "code" its code. */
static bool fault_is(const struct look *l, const char *path, const char *name)
{
    struct tree_found found;
    char text[200];

    if (!l->x->tree || tree_select(l->x->tree, path, &found, 1) < 1)
        return false;
    tree_text(&found, text, sizeof text);
    return tree_is_qname(&found, text, strlen(text), name);
}

#define CODE    "soap:Body/soap:Fault/soap:Code/soap:Value"
#define SUBCODE "soap:Body/soap:Fault/soap:Code/soap:Subcode/soap:Value"

static bool expect_fault(struct look *l, struct json_object *wish)
{
    bool list = json_object_is_type(wish, json_type_array), fits = false;
    const char *code = json_text(l->wish, "code");
    char expected[400], got[500], text[200], said[200];

    for (size_t i = 0; i < (list ? json_object_array_length(wish) : 1); i++) {
        struct json_object *one = list ? json_object_array_get_idx(wish, i) : wish;
        fits = fits || fault_is(l, SUBCODE, json_object_get_string(one)) ||
               (strcmp(json_object_get_string(one), "any") == 0 &&
                *exchange_text(l->x, CODE, text, sizeof text));
    }
    if (fits && (!code || fault_is(l, CODE, code)))
        return true;
    snprintf(expected, sizeof expected, "a fault %s%s%s", json_object_get_string(wish),
             code ? " with code " : "", code ? code : "");
    exchange_text(l->x, SUBCODE, text, sizeof text);
    if (*text)
        snprintf(got, sizeof got, "'%s' with code '%s'", text,
                 exchange_text(l->x, CODE, said, sizeof said));
    else if (*exchange_text(l->x, CODE, text, sizeof text))
        snprintf(got, sizeof got, "a fault '%s' without subcode", text);
    else
        snprintf(got, sizeof got, "no fault (HTTP %d)", l->x->status);
    return fails(l->v, expected, got);
}

static bool expect_action(struct look *l, struct json_object *wish)
{
    const char *name = json_object_get_string(wish), *colon = strchr(name, ':');
    const char *uri = colon ? tree_namespace(name, (size_t)(colon - name)) : NULL;
    char wanted[300], text[300], got[SHOWN + 8], expected[320];

    snprintf(wanted, sizeof wanted, "%s%s%s", uri ? uri : "", uri ? "/" : "",
             uri ? colon + 1 : name);
    exchange_text(l->x, "soap:Header/wsa:Action", text, sizeof text);
    if (strcmp(text, wanted) == 0)
        return true;
    snprintf(expected, sizeof expected, "Action %s", wanted);
    return fails(l->v, expected, *text ? shown(text, got) : "none");
}

/* -- of what a path leads to --------------------------------------------------------------------
 */

static bool value_fails(struct look *l, const char *expected, const char *text)
{
    char what[700], got[SHOWN + 8];

    snprintf(what, sizeof what, "%s at %.200s", expected, l->path);
    return fails(l->v, what, shown(text, got));
}

static bool text_is(struct verify *v, struct json_object *wish, const char *text)
{
    const char *unknown;
    char *wanted = verify_expand(v, json_object_get_string(wish), &unknown);
    bool same = wanted && strcmp(wanted, text) == 0;

    free(wanted);
    return same;
}

static bool each_is(struct look *l, struct json_object *wish, const char *text)
{
    char expected[300];
    const char *unknown;

    if (text_is(l->v, wish, text))
        return true;
    char *wanted = verify_expand(l->v, json_object_get_string(wish), &unknown);
    snprintf(expected, sizeof expected, "'%.200s'", wanted ? wanted : "");
    free(wanted);
    return value_fails(l, expected, text);
}

static bool each_one_of(struct look *l, struct json_object *wish, const char *text)
{
    char expected[500] = "one of";

    for (size_t i = 0; i < json_object_array_length(wish); i++)
        if (text_is(l->v, json_object_array_get_idx(wish, i), text))
            return true;
    for (size_t i = 0; i < json_object_array_length(wish); i++)
        text_append(expected, sizeof expected, " %s",
                    json_object_get_string(json_object_array_get_idx(wish, i)));
    return value_fails(l, expected, text);
}

static bool each_like(struct look *l, struct json_object *wish, const char *text)
{
    char expected[300];

    if (like(json_object_get_string(wish), text))
        return true;
    snprintf(expected, sizeof expected, "a text like %.200s", json_object_get_string(wish));
    return value_fails(l, expected, text);
}

static bool each_longest(struct look *l, struct json_object *wish, const char *text)
{
    char expected[60];
    size_t n = 0;

    for (const char *p = text; *p; p++)
        n += ((unsigned char)*p & 0xc0) != 0x80;
    if (n <= (size_t)json_object_get_int(wish))
        return true;
    snprintf(expected, sizeof expected, "at most %d characters", json_object_get_int(wish));
    return value_fails(l, expected, text);
}

static bool each_between(struct look *l, struct json_object *wish, const char *text)
{
    long long low = json_object_get_int64(json_object_array_get_idx(wish, 0));
    long long high = json_object_get_int64(json_object_array_get_idx(wish, 1));
    char expected[100], *end;
    long long number = strtoll(text, &end, 10);

    if (*text && !*end && number >= low && number <= high)
        return true;
    snprintf(expected, sizeof expected, "a number from %lld to %lld", low, high);
    return value_fails(l, expected, text);
}

/* What stands there has no white space around it. */
static bool each_bare(struct look *l, struct json_object *wish, const char *text)
{
    (void)wish;
    for (int i = 0; i < l->n; i++) {
        const char *raw = tree_raw_text(&l->found[i]);
        size_t n = strlen(raw);
        if (n > 0 && (isspace((unsigned char)raw[0]) || isspace((unsigned char)raw[n - 1])))
            return value_fails(l, "no white space around the value", text);
    }
    return true;
}

static bool each_is_not(struct look *l, struct json_object *wish, const char *text)
{
    return !text_is(l->v, wish, text) || value_fails(l, "another value", text);
}

static bool each_above(struct look *l, struct json_object *wish, const char *text)
{
    const char *unknown;
    char *low = verify_expand(l->v, json_object_get_string(wish), &unknown), expected[100];
    bool above = low && strtoll(text, NULL, 10) > strtoll(low, NULL, 10);

    snprintf(expected, sizeof expected, "a number above %.60s", low ? low : "?");
    free(low);
    return above || value_fails(l, expected, text);
}

/* One of those that another path leads to. */
static bool each_in(struct look *l, struct json_object *wish, const char *text)
{
    static struct tree_found others[VERIFY_MAX_FOUND];
    int n = tree_select(l->x->tree, json_object_get_string(wish), others, VERIFY_MAX_FOUND);
    char other[1000], expected[300];

    for (int i = 0; i < n; i++)
        if (strcmp(tree_text(&others[i], other, sizeof other), text) == 0)
            return true;
    snprintf(expected, sizeof expected, "one of %.250s", json_object_get_string(wish));
    return value_fails(l, expected, text);
}

static const struct {
    const char *key;
    bool (*holds)(struct look *l, struct json_object *wish, const char *text);
} of_each[] = {
    {"is", each_is},           {"one_of", each_one_of},   {"like", each_like},
    {"longest", each_longest}, {"between", each_between}, {"bare", each_bare},
    {"not", each_is_not},      {"above", each_above},     {"in", each_in},
};

static bool has_qname(const struct tree_found *found, const char *name)
{
    const char *p = tree_raw_text(found);

    while (*p) {
        size_t n;
        while (isspace((unsigned char)*p))
            p++;
        n = strcspn(p, " \t\r\n");
        if (n > 0 && tree_is_qname(found, p, n, name))
            return true;
        p += n;
    }
    return false;
}

static bool some_qname(struct look *l, struct json_object *wish)
{
    char expected[200];

    for (int i = 0; i < l->n; i++)
        if (has_qname(&l->found[i], json_object_get_string(wish)))
            return true;
    snprintf(expected, sizeof expected, "the name %s", json_object_get_string(wish));
    return value_fails(l, expected, l->n ? tree_raw_text(&l->found[0]) : "");
}

static bool some_is(struct look *l, struct json_object *wish)
{
    char text[1000], expected[400];

    for (int i = 0; i < l->n; i++) {
        tree_text(&l->found[i], text, sizeof text);
        if (!json_object_is_type(wish, json_type_array) && text_is(l->v, wish, text))
            return true;
        for (size_t k = 0;
             json_object_is_type(wish, json_type_array) && k < json_object_array_length(wish); k++)
            if (text_is(l->v, json_object_array_get_idx(wish, k), text))
                return true;
    }
    snprintf(expected, sizeof expected, "%s among the values", json_object_to_json_string(wish));
    return value_fails(l, expected, l->n ? tree_raw_text(&l->found[0]) : "");
}

static bool all_unique(struct look *l, struct json_object *wish)
{
    char a[1000], b[1000];

    (void)wish;
    for (int i = 0; i < l->n; i++)
        for (int k = 0; k < i; k++)
            if (strcmp(tree_text(&l->found[i], a, sizeof a),
                       tree_text(&l->found[k], b, sizeof b)) == 0)
                return value_fails(l, "different values", a);
    return true;
}

static bool all_rising(struct look *l, struct json_object *wish)
{
    char a[100], b[100];

    (void)wish;
    for (int i = 1; i < l->n; i++)
        if (strtoll(tree_text(&l->found[i - 1], a, sizeof a), NULL, 10) >
            strtoll(tree_text(&l->found[i], b, sizeof b), NULL, 10))
            return value_fails(l, "a value that is not below the one before", b);
    return true;
}

/* Children stand in the order of the list, whichever of it are there. */
static bool in_order(struct look *l, struct json_object *wish)
{
    for (int i = 0; i < l->n; i++) {
        size_t at = 0, n = json_object_array_length(wish);
        for (const struct tree_node *c = l->found[i].node->children; c; c = c->next) {
            size_t k = 0;
            while (k < n && strcmp(json_object_get_string(json_object_array_get_idx(wish, k)),
                                   c->local) != 0)
                k++;
            if (k == n) /* a vendor's */
                continue;
            if (k < at)
                return value_fails(l, "the order of the schema", c->local);
            at = k;
        }
    }
    return true;
}

static bool count_is(struct look *l, struct json_object *wish)
{
    char expected[100], got[40];
    bool range = json_object_is_type(wish, json_type_array);
    int low = json_object_get_int(range ? json_object_array_get_idx(wish, 0) : wish);
    int high = json_object_get_int(range ? json_object_array_get_idx(wish, 1) : wish);

    if (l->n >= low && l->n <= high)
        return true;
    snprintf(expected, sizeof expected, "%d%s", low, range ? " or more" : "");
    snprintf(got, sizeof got, "%d of them", l->n);
    return value_fails(l, expected, got);
}

static const struct {
    const char *key;
    bool (*holds)(struct look *l, struct json_object *wish);
} of_all[] = {
    {"has_qname", some_qname}, {"some", some_is},   {"unique", all_unique},
    {"rising", all_rising},    {"order", in_order}, {"count", count_is},
};

static bool expect_values(struct look *l)
{
    static char text[65536];

    if (l->n == 0 && !json_flag(l->wish, "optional") && !json_member(l->wish, "count")) {
        char expected[300];
        snprintf(expected, sizeof expected, "%.280s", l->path);
        return fails(l->v, expected, "none");
    }
    for (size_t i = 0; i < sizeof of_all / sizeof *of_all; i++) {
        struct json_object *wish = json_member(l->wish, of_all[i].key);
        if (wish && (l->n > 0 || strcmp(of_all[i].key, "count") == 0) && !of_all[i].holds(l, wish))
            return false;
    }
    for (int n = 0; n < l->n; n++) {
        tree_text(&l->found[n], text, sizeof text);
        for (size_t i = 0; i < sizeof of_each / sizeof *of_each; i++) {
            struct json_object *wish = json_member(l->wish, of_each[i].key);
            if (wish && !of_each[i].holds(l, wish, text))
                return false;
        }
    }
    return true;
}

static bool expect_path(struct look *l)
{
    char got[SHOWN + 8], unless[400];
    bool good;

    if (!l->x->tree) {
        snprintf(unless, sizeof unless, "%s", *l->x->failure ? l->x->failure : l->x->not_xml);
        return fails(l->v, "an XML message", unless);
    }
    l->found = calloc(VERIFY_MAX_FOUND, sizeof *l->found);
    l->n = l->found ? tree_select(l->x->tree, l->path, l->found, VERIFY_MAX_FOUND) : -1;
    if (l->n < 0) {
        verify_say(l->v, VERIFY_UNTESTED, "the check's path is wrong: %s", l->path);
        good = false;
    } else if (json_flag(l->wish, "absent")) {
        snprintf(unless, sizeof unless, "no %.300s", l->path);
        good = l->n == 0 || fails(l->v, unless, shown(tree_raw_text(&l->found[0]), got));
    } else {
        good = expect_values(l);
    }
    free(l->found);
    return good;
}

static const struct {
    const char *key;
    bool (*holds)(struct look *l, struct json_object *wish);
} of_exchange[] = {
    {"status", expect_status}, {"within", expect_within},   {"size", expect_size},
    {"fault", expect_fault},   {"silence", expect_silence}, {"raw", expect_raw},
    {"header", expect_header}, {"action", expect_action},   {"end", expect_end},
    {"unlike", expect_unlike}, {"relates", expect_relates},
};

static bool expect_one(struct verify *v, struct json_object *wish, const struct exchange *x)
{
    struct look l = {.v = v, .x = x, .wish = wish, .path = json_text(wish, "path")};

    if (l.path)
        return expect_path(&l);
    for (size_t i = 0; i < sizeof of_exchange / sizeof *of_exchange; i++) {
        struct json_object *value = json_member(wish, of_exchange[i].key);
        if (value && !of_exchange[i].holds(&l, value))
            return false;
    }
    return true;
}

bool expect_all(struct verify *v, struct json_object *expect, const struct exchange *x)
{
    for (size_t i = 0; expect && i < json_object_array_length(expect); i++)
        if (!expect_one(v, json_object_array_get_idx(expect, i), x))
            return false;
    return true;
}
