/* SPDX-License-Identifier: MIT */
/*
 * Chains that hang at the hooks for what comes in are followed in the order of their priorities; a
 * packet that one drops is dropped, whatever the others say.
 *
 * A rule that may apply or not makes unsure only what it would change: where it drops, the packet
 * may be dropped, and where it admits, it may be admitted. What both ways end in is sure.
 */
#include "doctor/firewall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/child.h"
#include "doctor/firewall_match.h"

struct firewall {
    struct json_object *root, *list;
};

/* What a chain, or a rule, says to a packet. GO_ON: nothing. */
enum outcome { GO_ON, ADMIT, DROP, RETURN, UNSURE };

struct walk {
    const struct firewall *firewall;
    const struct firewall_packet *packet;
    const char *family, *table; /* in which we are */
    const char *place;          /* the chain whose rule decided */
    bool may_admit, may_drop;   /* by a rule that may apply or not */
    unsigned rules;             /* that were looked at */
};

#define RULES_MAX 100000u /* of one walk: chains can be written so that they are endless */

/* The nth entry of a kind ("chain"), NULL if that one is of another. */
static struct json_object *entry(const struct firewall *firewall, size_t n, const char *kind)
{
    return firewall_member(json_object_array_get_idx(firewall->list, n), kind);
}

static bool in_table(const struct walk *walk, struct json_object *entry)
{
    return strcmp(firewall_text(entry, "family"), walk->family) == 0 &&
           strcmp(firewall_text(entry, "table"), walk->table) == 0;
}

static struct json_object *find_set(const void *user, const char *name)
{
    const struct walk *walk = user;

    for (size_t i = 0; i < json_object_array_length(walk->firewall->list); i++) {
        struct json_object *set = entry(walk->firewall, i, "set");
        set = set ? set : entry(walk->firewall, i, "map");
        if (set && in_table(walk, set) && strcmp(firewall_text(set, "name"), name) == 0)
            return firewall_member(set, "elem");
    }
    return NULL;
}

static enum outcome walk_chain(struct walk *walk, const char *name, int depth);

/* Chains of ufw for what is not for this machine, by a condition that iptables does not tell. */
static bool passes(const char *chain)
{
    return strcmp(chain, "ufw-not-local") == 0 || strcmp(chain, "ufw6-not-local") == 0;
}

/* {"accept": null}, {"jump": {"target": "more"}} and so on. */
static enum outcome verdict_of(struct walk *walk, struct json_object *statement, int depth)
{
    struct json_object *jump = firewall_member(statement, "jump"),
                       *to = firewall_member(statement, "goto");

    if (json_object_object_get_ex(statement, "accept", NULL))
        return ADMIT;
    if (json_object_object_get_ex(statement, "drop", NULL) ||
        json_object_object_get_ex(statement, "reject", NULL))
        return DROP;
    if (json_object_object_get_ex(statement, "return", NULL))
        return RETURN;
    if ((jump || to) && passes(firewall_text(jump ? jump : to, "target")))
        return GO_ON;
    if (jump || to) {
        enum outcome out = walk_chain(walk, firewall_text(jump ? jump : to, "target"), depth + 1);
        return out == GO_ON && to ? RETURN : out;
    }
    return GO_ON;
}

/* Rules that came over from iptables: what they compare is not told. Those that look at the state
 * of connections are there for packets of known ones, and for broken ones; some look at headers
 * that a plain packet does not have. */
static enum firewall_match foreign_match(struct json_object *foreign)
{
    static const char *const others[] = {"conntrack",  "state", "rt",    "icmp", "icmp6",
                                         "ipv6header", "hbh",   "dst",   "frag", "ah",
                                         "esp",        "mh",    "policy"};
    const char *name = firewall_text(foreign, "name");

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(name, others[i]) == 0)
            return MATCH_NO;
    return strcmp(name, "comment") == 0 ? MATCH_YES : MATCH_UNSURE;
}

static enum outcome foreign_verdict(struct json_object *foreign)
{
    const char *name = firewall_text(foreign, "name");

    if (strcmp(name, "REJECT") == 0)
        return DROP;
    return strcmp(name, "LOG") == 0 || strcmp(name, "NFLOG") == 0 ? GO_ON : UNSURE;
}

/* Statements that neither compare nor decide. */
static bool does_nothing(struct json_object *statement)
{
    static const char *const names[] = {"counter",   "log",        "mangle", "notrack", "last",
                                        "ct helper", "ct timeout", "set",    "flow"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (json_object_object_get_ex(statement, names[i], NULL))
            return true;
    return false;
}

/* One statement of a rule: whether the rule goes on behind it, and what it says. */
static enum firewall_match step(struct walk *walk, struct json_object *statement, int depth,
                                enum outcome *ret)
{
    const struct firewall_sets sets = {find_set, walk};
    struct json_object *part, *mapped;

    *ret = GO_ON;
    if ((part = firewall_member(statement, "match")))
        return firewall_match(part, walk->packet, &sets);
    if ((part = firewall_member(statement, "vmap"))) {
        enum firewall_match found = firewall_map(part, walk->packet, &sets, &mapped);
        if (found == MATCH_YES)
            *ret = verdict_of(walk, mapped, depth);
        else if (found == MATCH_UNSURE)
            *ret = UNSURE;
        return MATCH_YES;
    }
    if ((part = firewall_member(statement, "xt"))) {
        if (strcmp(firewall_text(part, "type"), "match") == 0)
            return foreign_match(part);
        *ret = foreign_verdict(part);
        return MATCH_YES;
    }
    /* What is above a rate does not concern a single packet. */
    if ((part = firewall_member(statement, "limit")))
        return json_object_get_boolean(firewall_member(part, "inv")) ? MATCH_NO : MATCH_YES;
    if (!json_object_is_type(statement, json_type_object))
        return MATCH_UNSURE;
    if (does_nothing(statement))
        return MATCH_YES;
    *ret = verdict_of(walk, statement, depth);
    bool calls = firewall_member(statement, "jump") || firewall_member(statement, "goto");
    return *ret == GO_ON && !calls ? MATCH_UNSURE : MATCH_YES;
}

static enum outcome walk_rule(struct walk *walk, struct json_object *statements, int depth)
{
    bool sure = true;

    if (!json_object_is_type(statements, json_type_array))
        return GO_ON;
    for (size_t i = 0; i < json_object_array_length(statements); i++) {
        enum outcome out;
        bool admit = walk->may_admit, drop = walk->may_drop;
        enum firewall_match goes_on =
            step(walk, json_object_array_get_idx(statements, i), depth, &out);
        if (goes_on == MATCH_NO)
            return GO_ON;
        sure = sure && goes_on == MATCH_YES;
        if (out == GO_ON)
            continue;
        if (sure && out != UNSURE)
            return out;
        /* It may be so, or the next rules may decide. */
        walk->may_admit = admit || walk->may_admit || out != DROP;
        walk->may_drop = drop || walk->may_drop || out != ADMIT;
        return GO_ON;
    }
    return GO_ON;
}

static enum outcome walk_chain(struct walk *walk, const char *name, int depth)
{
    size_t n = json_object_array_length(walk->firewall->list);

    if (depth > FIREWALL_DEPTH_MAX)
        return UNSURE;
    for (size_t i = 0; i < n; i++) {
        struct json_object *rule = entry(walk->firewall, i, "rule");
        if (!rule || !in_table(walk, rule) || strcmp(firewall_text(rule, "chain"), name) != 0)
            continue;
        if (++walk->rules > RULES_MAX)
            return UNSURE;
        enum outcome out = walk_rule(walk, firewall_member(rule, "expr"), depth);
        if (out == RETURN)
            return GO_ON;
        if (out != GO_ON) {
            walk->place = walk->place ? walk->place : name;
            return out;
        }
    }
    return GO_ON;
}

/* Chains that see what comes in for this machine; the family of the packet has to be theirs. */
static bool concerns(struct json_object *chain, const struct firewall_packet *packet)
{
    const char *family = firewall_text(chain, "family"), *hook = firewall_text(chain, "hook");

    if (strcmp(firewall_text(chain, "type"), "filter") != 0 ||
        (strcmp(hook, "input") != 0 && strcmp(hook, "prerouting") != 0))
        return false;
    return strcmp(family, "inet") == 0 ||
           strcmp(family, packet->from.family == AF_INET ? "ip" : "ip6") == 0;
}

static enum firewall_verdict judge_chain(struct walk *walk, struct json_object *chain)
{
    walk->family = firewall_text(chain, "family");
    walk->table = firewall_text(chain, "table");
    walk->place = NULL;
    walk->may_admit = walk->may_drop = false;
    enum outcome out = walk_chain(walk, firewall_text(chain, "name"), 0);
    if (out == GO_ON || out == RETURN) {
        walk->place = firewall_text(chain, "name");
        out = strcmp(firewall_text(chain, "policy"), "drop") == 0 ? DROP : ADMIT;
    }
    if (out == UNSURE || (out == DROP && walk->may_admit) || (out == ADMIT && walk->may_drop))
        return FIREWALL_UNSURE;
    return out == DROP ? FIREWALL_DROPS : FIREWALL_ADMITS;
}

enum firewall_verdict firewall_judge(const struct firewall *firewall,
                                     const struct firewall_packet *packet, char *ret_rule,
                                     size_t size)
{
    struct walk walk = {.firewall = firewall, .packet = packet};
    enum firewall_verdict verdict = FIREWALL_ADMITS;

    if (size > 0)
        *ret_rule = 0;
    for (size_t i = 0; i < json_object_array_length(firewall->list); i++) {
        struct json_object *chain = entry(firewall, i, "chain");
        if (!chain || !concerns(chain, packet))
            continue;
        enum firewall_verdict one = judge_chain(&walk, chain);
        if (one == FIREWALL_DROPS) {
            snprintf(ret_rule, size, "table %s, chain %s", walk.table, walk.place);
            return one;
        }
        verdict = one == FIREWALL_UNSURE ? one : verdict;
    }
    return verdict;
}

enum firewall_manager firewall_manager(const struct firewall *firewall)
{
    for (size_t i = 0; i < json_object_array_length(firewall->list); i++) {
        struct json_object *chain = entry(firewall, i, "chain");
        if (strcmp(firewall_text(chain, "table"), "firewalld") == 0)
            return FIREWALL_BY_FIREWALLD;
        if (strncmp(firewall_text(chain, "name"), "ufw", 3) == 0)
            return FIREWALL_BY_UFW;
    }
    return FIREWALL_BY_HAND;
}

bool firewall_empty(const struct firewall *firewall)
{
    for (size_t i = 0; i < json_object_array_length(firewall->list); i++)
        if (strcmp(firewall_text(entry(firewall, i, "chain"), "hook"), "input") == 0)
            return false;
    return true;
}

struct firewall *firewall_of(const char *json)
{
    struct firewall *firewall = calloc(1, sizeof *firewall);

    if (!firewall)
        return NULL;
    firewall->root = json_tokener_parse(json);
    firewall->list = firewall_member(firewall->root, "nftables");
    if (!json_object_is_type(firewall->list, json_type_array)) {
        firewall_free(firewall);
        return NULL;
    }
    return firewall;
}

struct firewall *firewall_read(void)
{
    static const char *const argv[] = {"nft", "-j", "list", "ruleset", NULL};
    char *json = child_output(argv);
    struct firewall *firewall = json ? firewall_of(json) : NULL;

    free(json);
    return firewall;
}

void firewall_free(struct firewall *firewall)
{
    if (!firewall)
        return;
    json_object_put(firewall->root);
    free(firewall);
}
