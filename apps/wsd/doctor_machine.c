/* SPDX-License-Identifier: MIT */
/* wsd doctor: this machine, before anything is asked on the network. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"
#include "doctor.h"

#define EPHEMERAL_PORT 49152 /* where answers go to, for one */

/* -- interfaces ---------------------------------------------------------------------------------
 */

/* "eth0 (192.0.2.2, fe80::a2)" */
static void append_interface(const struct system_facts *facts, const struct system_interface *i,
                             char *line, size_t size)
{
    bool first = true;

    text_append(line, size, "%s%s", *line ? "; " : "", i->name);
    for (size_t k = 0; k < facts->n_addresses; k++) {
        if (facts->addresses[k].interface_ != i->index)
            continue;
        text_append(line, size, "%s%s", first ? " (" : ", ", facts->addresses[k].text);
        first = false;
    }
    text_append(line, size, "%s", first ? "" : ")");
}

static const char *why_not(const struct system_interface *i)
{
    if (!(i->flags & IFF_UP))
        return "is switched off";
    if (!(i->flags & IFF_RUNNING))
        return "has nothing at its other end";
    if (i->n_ipv4 + i->n_ipv6 == 0)
        return "has no address";
    if (!(i->flags & IFF_MULTICAST))
        return "does no multicast";
    return "is left out: virtual, a tunnel, or not chosen";
}

static void no_interface(struct doctor *d)
{
    const struct system_interface *off = NULL, *cut = NULL, *single = NULL;
    char line[300] = "";

    for (size_t k = 0; k < d->facts.n_interfaces; k++) {
        const struct system_interface *i = &d->facts.interfaces[k];
        if (i->flags & IFF_LOOPBACK)
            continue;
        text_append(line, sizeof line, "%s%s %s", *line ? "; " : "", i->name, why_not(i));
        if (!(i->flags & IFF_UP))
            off = i;
        else if (!(i->flags & IFF_RUNNING))
            cut = i;
        else if (i->n_ipv4 + i->n_ipv6 > 0 && !(i->flags & IFF_MULTICAST))
            single = i;
    }
    if (single)
        diagnoses_add(&d->found, DIAGNOSIS_NO_MULTICAST, "", "%s has it switched off.",
                      single->name);
    else if (cut && !off)
        diagnoses_add(&d->found, DIAGNOSIS_NO_CARRIER, "", "%s has no carrier.", cut->name);
    else
        diagnoses_add(&d->found, DIAGNOSIS_NO_INTERFACE, "", "%s.", *line ? line : "There is none");
    doctor_step(d, "interfaces", "", "none can be used%s%s", *line ? ": " : "", line);
}

static void same_network(struct doctor *d, const struct system_address *a)
{
    for (const struct system_address *b = d->facts.addresses; b < a; b++) {
        const struct system_interface *i = system_interface(&d->facts, a->interface_);
        const struct system_interface *k = system_interface(&d->facts, b->interface_);
        if (!i || !k || i == k || !i->used || !k->used || a->family != AF_INET ||
            system_link_local(a) || !system_same_network(a, b))
            continue;
        diagnoses_add(&d->found, DIAGNOSIS_SAME_NETWORK, "", "%s (%s) and %s (%s).", k->name,
                      b->text, i->name, a->text);
        return;
    }
}

/* Of those that are used. */
static void judge_addresses(struct doctor *d)
{
    const struct system_interface *cut = NULL, *self = NULL;
    unsigned running = 0, ipv4 = 0, good = 0;

    for (size_t k = 0; k < d->facts.n_interfaces; k++) {
        const struct system_interface *i = &d->facts.interfaces[k];
        if (!i->used)
            continue;
        if (!(i->flags & IFF_RUNNING)) {
            cut = i;
            continue;
        }
        running++;
        ipv4 += i->n_ipv4 > 0;
        good += i->n_ipv4 > 0 && !i->self_assigned;
        self = i->self_assigned ? i : self;
    }
    d->no_network = running == 0;
    if (running == 0 && cut)
        diagnoses_add(&d->found, DIAGNOSIS_NO_CARRIER, "", "%s has no carrier.", cut->name);
    if (good == 0 && self)
        diagnoses_add(&d->found, DIAGNOSIS_SELF_ASSIGNED, "", "%s has no other.", self->name);
    if (running > 0 && ipv4 == 0 && !args_has(d->session->args, OPT_IPV6))
        diagnoses_add(&d->found, DIAGNOSIS_NO_IPV4, "", "None of those that are used has one.");
    for (size_t k = 0; k < d->facts.n_addresses; k++)
        same_network(d, &d->facts.addresses[k]);
}

void doctor_interfaces(struct doctor *d)
{
    char line[400] = "";
    unsigned used = 0;

    if (!system_look(&d->facts)) {
        doctor_unknown(d, "interfaces", "", "%s", strerror(errno));
        return;
    }
    for (size_t k = 0; k < d->facts.n_interfaces; k++) {
        struct system_interface *i = &d->facts.interfaces[k];
        i->used = wsd_context_uses_interface(d->session->context, i->name);
        used += i->used;
        if (i->used)
            append_interface(&d->facts, i, line, sizeof line);
    }
    if (used == 0) {
        d->no_network = true;
        no_interface(d);
        return;
    }
    judge_addresses(d);
    doctor_step(d, "interfaces", "", "%s", line);
}

/* -- groups, routes, ports ----------------------------------------------------------------------
 */

void doctor_groups(struct doctor *d)
{
    char line[300] = "";

    for (size_t k = 0; k < d->facts.n_interfaces; k++) {
        const struct system_interface *i = &d->facts.interfaces[k];
        int failed = 0;
        if (!i->used || i->flags & IFF_LOOPBACK)
            continue;
        if (i->n_ipv4 > 0 && !args_has(d->session->args, OPT_IPV6))
            failed = system_join(AF_INET, i->index);
        if (!failed && i->n_ipv6 > 0 && !args_has(d->session->args, OPT_IPV4))
            failed = system_join(AF_INET6, i->index);
        text_append(line, sizeof line, "%s%s: %s", *line ? "; " : "", i->name,
                    failed ? strerror(failed) : "can be joined");
        if (failed && !diagnoses_have(&d->found, DIAGNOSIS_GROUP_REFUSED))
            diagnoses_add(&d->found, DIAGNOSIS_GROUP_REFUSED, "", "%s: %s.", i->name,
                          strerror(failed));
    }
    if (*line)
        doctor_step(d, "groups", "", "%s", line);
}

void doctor_routes(struct doctor *d)
{
    int index = system_group_route(&d->facts);
    const struct system_interface *i =
        index > 0 ? system_interface(&d->facts, (unsigned)index) : NULL;

    /* Who chooses an interface knows why. */
    if (args_has(d->session->args, OPT_IPV6) || args_has(d->session->args, OPT_LOOPBACK) ||
        args_has(d->session->args, OPT_INTERFACE))
        return;
    if (index < 0 || (index > 0 && !i)) {
        doctor_unknown(d, "routes", "", "it cannot be told where multicast leaves");
        return;
    }
    if (index == 0)
        diagnoses_add(&d->found, DIAGNOSIS_NO_MULTICAST_ROUTE, "",
                      "Nothing leads to 239.255.255.250.");
    else if (!i->used)
        diagnoses_add(&d->found, DIAGNOSIS_MULTICAST_ELSEWHERE, "", "It leaves by %s.", i->name);
    if (i)
        doctor_step(d, "routes", "", "multicast leaves by %s", i->name);
    else
        doctor_step(d, "routes", "", "there is none for multicast");
}

/* Where Windows, and `wsd serve` if it can, receives requests. */
static void host_port(char *line, size_t size)
{
    char holders[200];

    text_append(line, size, "; TCP 5357: ");
    if (system_tcp_port(5357) != EADDRINUSE)
        text_append(line, size, "free");
    else if (system_port_holders(true, 5357, holders, sizeof holders))
        text_append(line, size, "held by %s", holders);
    else
        text_append(line, size, "held by another program");
}

static void event_port(struct doctor *d, char *line, size_t size)
{
    bool named = args_has(d->session->args, OPT_PORT_EVENTS) && d->event_port;
    char holders[200];

    d->event_port = d->event_port ? d->event_port : DOCTOR_EVENT_PORT;
    d->event_port_matters = named;
    d->event_port_taken = system_tcp_port(d->event_port) == EADDRINUSE;
    text_append(line, size, "; TCP %u (events): ", (unsigned)d->event_port);
    if (!d->event_port_taken) {
        text_append(line, size, "free");
        return;
    }
    bool known = system_port_holders(true, d->event_port, holders, sizeof holders);
    bool scand = known && strncmp(holders, "wsd-scand ", 10) == 0;
    text_append(line, size, "held by %s", known ? holders : "another program");
    d->event_port_matters = named || scand;
    if (named || (known && !scand))
        diagnoses_add(&d->found, DIAGNOSIS_EVENT_PORT_HELD, "", "TCP %u: %s.",
                      (unsigned)d->event_port, known ? holders : "by which one only root can see");
}

void doctor_ports(struct doctor *d)
{
    char line[500] = "", holders[200];
    int failed = system_udp_port(SYSTEM_DISCOVERY_PORT);
    bool known = system_port_holders(false, SYSTEM_DISCOVERY_PORT, holders, sizeof holders);

    if (failed == EADDRINUSE) {
        diagnoses_add(&d->found, DIAGNOSIS_PORT_HELD, "", "It is %s.",
                      known ? holders : "one that only root can see");
        text_append(line, sizeof line, "UDP 3702: held by %s", known ? holders : "another program");
    } else {
        text_append(line, sizeof line, "UDP 3702: %s%s", known ? "shared with " : "free",
                    known ? holders : "");
    }
    host_port(line, sizeof line);
    event_port(d, line, sizeof line);
    doctor_step(d, "ports", "", "%s", line);
}

/* -- the firewall -------------------------------------------------------------------------------
 */

static void unread(struct doctor *d, const char *why)
{
    d->firewall_unread = why;
    doctor_unknown(d, "firewall", "", "not read: %s", why);
}

static void say_unread(struct doctor *d)
{
    if (!system_reads_rules())
        doctor_unknown(d, "firewall", "", "how to read its rules on this system is not known");
    else if (geteuid() != 0)
        unread(d, system_runs("firewalld") ? "firewalld runs, and its rules are for root"
                                           : "rules are for root");
    else
        unread(d, "nft, which tells the rules, is not installed or not permitted");
}

/* Who sends: the device that was named, or a host next to ours, of which only the last bit differs.
 */
static struct system_address sender(const struct doctor *d, const struct system_address *own)
{
    struct system_address other = *own, named;

    if (*d->host && system_address_read(d->host, &named) && named.family == own->family)
        return named;
    other.bytes[own->family == AF_INET ? 3 : 15] ^= 1;
    return other;
}

/* What scanners send to us, and what it means when it is dropped. */
static const struct incoming {
    enum diagnosis id;
    bool tcp, group;
    uint16_t from_port, to_port; /* to_port 0: that for events */
    const char *what;
    const char *firewalld, *ufw; /* the command that admits it; %u is the port */
} incoming[] = {
    {DIAGNOSIS_FIREWALL_ANSWERS, false, false, SYSTEM_DISCOVERY_PORT, EPHEMERAL_PORT, "answers",
     "firewall-cmd --permanent --add-source-port=3702/udp && firewall-cmd --reload",
     "ufw allow proto udp from any port 3702"},
    {DIAGNOSIS_FIREWALL_ANNOUNCEMENTS, false, true, SYSTEM_DISCOVERY_PORT, SYSTEM_DISCOVERY_PORT,
     "announcements", "firewall-cmd --permanent --add-port=3702/udp && firewall-cmd --reload",
     "ufw allow 3702/udp"},
    {DIAGNOSIS_FIREWALL_EVENTS, true, false, 0, 0, "events",
     "firewall-cmd --permanent --add-port=%u/tcp && firewall-cmd --reload", "ufw allow %u/tcp"},
};

/* By the command of who made the rules. */
static void advise(struct diagnosed *made, const struct incoming *in, enum firewall_manager by,
                   unsigned port)
{
    const char *command = by == FIREWALL_BY_UFW ? in->ufw : in->firewalld;
    const char *number = strstr(command, "%u");
    char advice[sizeof made->advice] = "";

    if (by == FIREWALL_BY_HAND)
        return;
    if (number)
        text_append(advice, sizeof advice, "As root: %.*s%u%s", (int)(number - command), command,
                    port, number + 2);
    else
        text_append(advice, sizeof advice, "As root: %s", command);
    memcpy(made->advice, advice, sizeof made->advice);
}

static enum firewall_verdict judge(struct doctor *d, const struct firewall *firewall,
                                   const struct incoming *in, const struct system_address *own)
{
    const struct system_interface *i = system_interface(&d->facts, own->interface_);
    struct firewall_packet packet = {
        .interface_ = i->name,
        .from = sender(d, own),
        .to = *own,
        .tcp = in->tcp,
        .multicast = in->group,
        .from_port = in->from_port,
        .to_port = in->to_port ? in->to_port : d->event_port,
    };
    char rule[200];
    long port = 0;

    /* Searches may have a port of their own, just for the firewall's sake. */
    if (in->id == DIAGNOSIS_FIREWALL_ANSWERS &&
        args_number(d->session->args, OPT_SOURCE_PORT, 1, 65535, &port) && port)
        packet.to_port = (uint16_t)port;

    if (in->group)
        system_address_read(own->family == AF_INET ? "239.255.255.250" : "ff02::c", &packet.to);
    enum firewall_verdict verdict = firewall_judge(firewall, &packet, rule, sizeof rule);
    if (verdict != FIREWALL_DROPS || diagnoses_have(&d->found, in->id))
        return verdict;
    struct diagnosed *made =
        diagnoses_add(&d->found, in->id, "", "%s port %u on %s (%s): dropped by %s.",
                      in->tcp ? "TCP" : "UDP", (unsigned)(in->tcp ? packet.to_port : 3702), i->name,
                      own->family == AF_INET ? "IPv4" : "IPv6", rule);
    advise(made, in, firewall_manager(firewall), packet.to_port);
    if (in->id == DIAGNOSIS_FIREWALL_EVENTS && d->event_port_matters)
        made->severity = SEVERITY_PROBLEM;
    return verdict;
}

static void judge_all(struct doctor *d, const struct firewall *firewall)
{
    static const char *const words[] = {"admitted", "dropped", "not sure"};
    char line[200] = "";

    for (size_t n = 0; n < sizeof incoming / sizeof *incoming; n++) {
        enum firewall_verdict worst = FIREWALL_ADMITS;
        for (size_t k = 0; k < d->facts.n_addresses; k++) {
            const struct system_address *own = &d->facts.addresses[k];
            const struct system_interface *i = system_interface(&d->facts, own->interface_);
            if (!i || !i->used)
                continue;
            enum firewall_verdict one = judge(d, firewall, &incoming[n], own);
            worst = worst == FIREWALL_DROPS || one == FIREWALL_ADMITS ? worst : one;
        }
        text_append(line, sizeof line, "%s%s: %s", n ? "; " : "", incoming[n].what, words[worst]);
    }
    doctor_step(d, "firewall", "", "%s", line);
}

void doctor_firewall(struct doctor *d)
{
    struct firewall *firewall = firewall_read();

    if (!firewall)
        say_unread(d);
    else if (system_has_legacy_rules())
        unread(d, "there may be rules of iptables-legacy, which nft does not show");
    else if (firewall_empty(firewall))
        doctor_step(d, "firewall", "", "no rules for what comes in");
    else
        judge_all(d, firewall);
    firewall_free(firewall);
}
