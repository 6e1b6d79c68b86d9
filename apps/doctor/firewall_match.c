/* SPDX-License-Identifier: MIT */
/*
 * What a rule compares becomes a value (a number, a text, an address), or is not known; what it is
 * compared with is a value, a range, a prefix, a set or a list of those.
 */
#include "doctor/firewall_match.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum value_kind { VALUE_UNKNOWN, VALUE_ABSENT, VALUE_NUMBER, VALUE_TEXT, VALUE_ADDRESS };

/* Of this packet. VALUE_ABSENT: it has no such header, so that no comparison holds. */
struct value {
    enum value_kind kind;
    uint64_t number; /* of a text: that stands for it as well; 0: none */
    const char *text;
    const struct system_address *address;
};

struct json_object *firewall_member(struct json_object *object, const char *key)
{
    struct json_object *found = NULL;

    if (!json_object_is_type(object, json_type_object))
        return NULL;
    return json_object_object_get_ex(object, key, &found) ? found : NULL;
}

const char *firewall_text(struct json_object *object, const char *key)
{
    struct json_object *found = firewall_member(object, key);

    return json_object_is_type(found, json_type_string) ? json_object_get_string(found) : "";
}

static struct value number_value(uint64_t number)
{
    return (struct value){.kind = VALUE_NUMBER, .number = number};
}

static struct value text_value(const char *text)
{
    return (struct value){.kind = VALUE_TEXT, .text = text};
}

/* Where there is no /etc/protocols nft knows a protocol by its number alone. */
static struct value protocol_value(const struct firewall_packet *packet)
{
    return (struct value){.kind = VALUE_TEXT,
                          .text = packet->tcp ? "tcp" : "udp",
                          .number = packet->tcp ? IPPROTO_TCP : IPPROTO_UDP};
}

static struct value port_value(const struct firewall_packet *packet, const char *field)
{
    if (strcmp(field, "dport") == 0)
        return number_value(packet->to_port);
    if (strcmp(field, "sport") == 0 && packet->from_port)
        return number_value(packet->from_port);
    return (struct value){.kind = VALUE_UNKNOWN};
}

static struct value payload_value(const struct firewall_packet *packet, const char *protocol,
                                  const char *field)
{
    bool ipv4 = packet->from.family == AF_INET;

    if (strcmp(protocol, "th") == 0)
        return port_value(packet, field);
    if (strcmp(protocol, "tcp") == 0 || strcmp(protocol, "udp") == 0)
        return (*protocol == 't') == packet->tcp ? port_value(packet, field)
                                                 : (struct value){.kind = VALUE_ABSENT};
    if (strcmp(protocol, "ip") == 0 || strcmp(protocol, "ip6") == 0) {
        if (ipv4 != (strcmp(protocol, "ip") == 0))
            return (struct value){.kind = VALUE_ABSENT};
        if (strcmp(field, "saddr") == 0)
            return (struct value){.kind = VALUE_ADDRESS, .address = &packet->from};
        if (strcmp(field, "daddr") == 0)
            return (struct value){.kind = VALUE_ADDRESS, .address = &packet->to};
        if (strcmp(field, "protocol") == 0 || strcmp(field, "nexthdr") == 0)
            return protocol_value(packet);
    }
    if (strcmp(protocol, "icmp") == 0 || strcmp(protocol, "icmpv6") == 0 ||
        strcmp(protocol, "igmp") == 0)
        return (struct value){.kind = VALUE_ABSENT};
    return (struct value){.kind = VALUE_UNKNOWN};
}

static struct value meta_value(const struct firewall_packet *packet, const char *key)
{
    bool ipv4 = packet->from.family == AF_INET;

    if (strcmp(key, "iifname") == 0 || strcmp(key, "iif") == 0)
        return text_value(packet->interface_);
    if (strcmp(key, "l4proto") == 0)
        return protocol_value(packet);
    if (strcmp(key, "nfproto") == 0)
        return text_value(ipv4 ? "ipv4" : "ipv6");
    if (strcmp(key, "protocol") == 0)
        return text_value(ipv4 ? "ip" : "ip6");
    if (strcmp(key, "pkttype") == 0)
        return text_value(packet->multicast ? "multicast" : "host");
    if (strcmp(key, "mark") == 0)
        return number_value(0);
    return (struct value){.kind = VALUE_UNKNOWN};
}

/* Of a connection that has just begun, and that nobody has redirected. */
static struct value connection_value(const char *key)
{
    if (strcmp(key, "state") == 0)
        return text_value("new");
    if (strcmp(key, "status") == 0)
        return text_value("none");
    if (strcmp(key, "direction") == 0)
        return text_value("original");
    if (strcmp(key, "mark") == 0)
        return number_value(0);
    return (struct value){.kind = VALUE_UNKNOWN};
}

static bool has_flag(struct json_object *flags, const char *wanted)
{
    size_t n = json_object_is_type(flags, json_type_array) ? json_object_array_length(flags) : 0;

    for (size_t i = 0; i < n; i++)
        if (strcmp(json_object_get_string(json_object_array_get_idx(flags, i)), wanted) == 0)
            return true;
    return json_object_is_type(flags, json_type_string) &&
           strcmp(json_object_get_string(flags), wanted) == 0;
}

static struct value value_of(struct json_object *left, const struct firewall_packet *packet)
{
    struct json_object *part;

    if ((part = firewall_member(left, "payload")))
        return payload_value(packet, firewall_text(part, "protocol"), firewall_text(part, "field"));
    if ((part = firewall_member(left, "meta")))
        return meta_value(packet, firewall_text(part, "key"));
    if ((part = firewall_member(left, "ct")))
        return connection_value(firewall_text(part, "key"));
    if ((part = firewall_member(left, "fib")) &&
        strcmp(firewall_text(part, "result"), "type") == 0 &&
        has_flag(firewall_member(part, "flags"), "daddr"))
        return text_value(packet->multicast ? "multicast" : "local");
    /* Whether there is a way back to where it came from: neighbours have one. */
    if ((part = firewall_member(left, "fib")) &&
        strcmp(firewall_text(part, "result"), "oif") == 0 &&
        has_flag(firewall_member(part, "flags"), "saddr"))
        return text_value("true");
    return (struct value){.kind = VALUE_UNKNOWN};
}

/* -- what it is compared with -------------------------------------------------------------------
 */

/* "eth*" of an interface's name; else equal. */
static enum firewall_match text_matches(const char *text, const char *pattern)
{
    size_t n = strlen(pattern);

    if (n > 0 && pattern[n - 1] == '*')
        return strncmp(text, pattern, n - 1) == 0 ? MATCH_YES : MATCH_NO;
    return strcmp(text, pattern) == 0 ? MATCH_YES : MATCH_NO;
}

static enum firewall_match compare_scalar(const struct value *value, struct json_object *right)
{
    const char *text = json_object_get_string(right);
    struct system_address address;
    char *end;

    if (!text)
        return MATCH_UNSURE;
    uint64_t number = strtoull(text, &end, 0);
    if (value->kind == VALUE_TEXT && value->number > 0 && *text && !*end)
        return number == value->number ? MATCH_YES : MATCH_NO;
    if (value->kind == VALUE_TEXT)
        return text_matches(value->text, text);
    if (value->kind == VALUE_NUMBER)
        return *end ? MATCH_UNSURE : number == value->number ? MATCH_YES : MATCH_NO;
    if (!system_address_read(text, &address) || address.family != value->address->family)
        return MATCH_UNSURE;
    return memcmp(address.bytes, value->address->bytes, 16) == 0 ? MATCH_YES : MATCH_NO;
}

static enum firewall_match in_prefix(const struct value *value, struct json_object *prefix)
{
    struct system_address network;

    if (value->kind != VALUE_ADDRESS ||
        !system_address_read(firewall_text(prefix, "addr"), &network))
        return MATCH_UNSURE;
    network.prefix = (unsigned)json_object_get_int(firewall_member(prefix, "len"));
    return system_same_network(&network, value->address) ? MATCH_YES : MATCH_NO;
}

static enum firewall_match in_range(const struct value *value, struct json_object *range)
{
    if (!json_object_is_type(range, json_type_array) || json_object_array_length(range) != 2)
        return MATCH_UNSURE;
    struct json_object *low = json_object_array_get_idx(range, 0);
    struct json_object *high = json_object_array_get_idx(range, 1);

    if (value->kind == VALUE_NUMBER)
        return value->number >= (uint64_t)json_object_get_int64(low) &&
                       value->number <= (uint64_t)json_object_get_int64(high)
                   ? MATCH_YES
                   : MATCH_NO;
    struct system_address from, to;
    if (value->kind != VALUE_ADDRESS || !system_address_read(json_object_get_string(low), &from) ||
        !system_address_read(json_object_get_string(high), &to) ||
        from.family != value->address->family)
        return MATCH_UNSURE;
    return memcmp(value->address->bytes, from.bytes, 16) >= 0 &&
                   memcmp(value->address->bytes, to.bytes, 16) <= 0
               ? MATCH_YES
               : MATCH_NO;
}

static enum firewall_match among(const struct value *value, struct json_object *right,
                                 const struct firewall_sets *sets, int depth);

static enum firewall_match among_items(const struct value *value, struct json_object *array,
                                       const struct firewall_sets *sets, int depth)
{
    enum firewall_match found = MATCH_NO;

    for (size_t i = 0; i < json_object_array_length(array); i++) {
        enum firewall_match one =
            among(value, json_object_array_get_idx(array, i), sets, depth + 1);
        if (one == MATCH_YES)
            return MATCH_YES;
        found = one == MATCH_UNSURE ? MATCH_UNSURE : found;
    }
    return found;
}

static enum firewall_match among_named(const struct value *value, const char *name,
                                       const struct firewall_sets *sets, int depth)
{
    struct json_object *elements = sets->find(sets->user, name);

    return elements ? among(value, elements, sets, depth + 1) : MATCH_NO; /* an empty set */
}

static enum firewall_match among(const struct value *value, struct json_object *right,
                                 const struct firewall_sets *sets, int depth)
{
    struct json_object *part;

    if (depth > FIREWALL_DEPTH_MAX)
        return MATCH_UNSURE;
    if (json_object_is_type(right, json_type_array))
        return among_items(value, right, sets, depth);
    if (json_object_is_type(right, json_type_string) && *json_object_get_string(right) == '@')
        return among_named(value, json_object_get_string(right) + 1, sets, depth);
    if (!json_object_is_type(right, json_type_object))
        return compare_scalar(value, right);
    if ((part = firewall_member(right, "set")))
        return among(value, part, sets, depth + 1);
    if ((part = firewall_member(right, "elem"))) /* with a time limit or a counter */
        return among(value, firewall_member(part, "val"), sets, depth + 1);
    if ((part = firewall_member(right, "prefix")))
        return in_prefix(value, part);
    if ((part = firewall_member(right, "range")))
        return in_range(value, part);
    return MATCH_UNSURE;
}

static enum firewall_match order(const struct value *value, struct json_object *right,
                                 const char *op)
{
    if (value->kind != VALUE_NUMBER || !json_object_is_type(right, json_type_int))
        return MATCH_UNSURE;
    uint64_t than = (uint64_t)json_object_get_int64(right);
    bool holds = (*op == '<' ? value->number < than : value->number > than) ||
                 (op[1] == '=' && value->number == than);
    return holds ? MATCH_YES : MATCH_NO;
}

enum firewall_match firewall_match(struct json_object *match, const struct firewall_packet *packet,
                                   const struct firewall_sets *sets)
{
    const char *op = firewall_text(match, "op");
    struct value value = value_of(firewall_member(match, "left"), packet);

    if (value.kind == VALUE_ABSENT)
        return MATCH_NO;
    if (value.kind == VALUE_UNKNOWN)
        return MATCH_UNSURE;
    if (*op == '<' || *op == '>')
        return order(&value, firewall_member(match, "right"), op);
    enum firewall_match is = among(&value, firewall_member(match, "right"), sets, 0);
    if (strcmp(op, "==") == 0 || strcmp(op, "in") == 0)
        return is;
    if (strcmp(op, "!=") == 0 && is != MATCH_UNSURE)
        return is == MATCH_YES ? MATCH_NO : MATCH_YES;
    return MATCH_UNSURE;
}

enum firewall_match firewall_map(struct json_object *map, const struct firewall_packet *packet,
                                 const struct firewall_sets *sets, struct json_object **ret)
{
    struct value value = value_of(firewall_member(map, "key"), packet);
    struct json_object *data = firewall_member(map, "data");
    enum firewall_match found = MATCH_NO;

    *ret = NULL;
    if (value.kind == VALUE_ABSENT)
        return MATCH_NO;
    if (json_object_is_type(data, json_type_string))
        data = sets->find(sets->user, json_object_get_string(data) + 1);
    else
        data = firewall_member(data, "set");
    if (value.kind == VALUE_UNKNOWN || !json_object_is_type(data, json_type_array))
        return data ? MATCH_UNSURE : MATCH_NO;
    for (size_t i = 0; i < json_object_array_length(data); i++) {
        struct json_object *pair = json_object_array_get_idx(data, i);
        if (!json_object_is_type(pair, json_type_array) || json_object_array_length(pair) != 2)
            return MATCH_UNSURE;
        enum firewall_match one = among(&value, json_object_array_get_idx(pair, 0), sets, 0);
        if (one == MATCH_YES)
            *ret = json_object_array_get_idx(pair, 1);
        if (one == MATCH_YES)
            return MATCH_YES;
        found = one == MATCH_UNSURE ? MATCH_UNSURE : found;
    }
    return found;
}
