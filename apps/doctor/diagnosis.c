/* SPDX-License-Identifier: MIT */
/* The table, and the list of what was found. */
#include "doctor/diagnosis.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

#define ASK_FOR_ADDRESS                                                                            \
    "Name the scanner by its address (wsd scan ADDRESS): a question to one host passes where a "   \
    "search does not."

static const struct row {
    const char *name;
    enum severity severity;
    bool silences; /* explains why nobody answers a search */
    const char *what, *advice;
} rows[DIAGNOSIS_COUNT] = {
    [DIAGNOSIS_NO_INTERFACE] = {"no-interface", SEVERITY_PROBLEM, true,
                                "No network interface can be used for a search.",
                                "Switch the network on. If the scanner is behind an interface that "
                                "was left out, name that one with --interface."},
    [DIAGNOSIS_NO_CARRIER] = {"no-carrier", SEVERITY_PROBLEM, true,
                              "The network is switched on, but nothing is at the other end.",
                              "Plug the cable in at both ends, or join the Wi-Fi."},
    [DIAGNOSIS_NO_MULTICAST] = {"no-multicast", SEVERITY_PROBLEM, true,
                                "The interface does not do multicast, by which scanners are "
                                "searched for.",
                                "Switch it on: ip link set dev INTERFACE multicast on."},
    [DIAGNOSIS_SELF_ASSIGNED] = {"self-assigned", SEVERITY_PROBLEM, true,
                                 "This machine gave itself an address, as no DHCP server answered; "
                                 "scanners are on other addresses.",
                                 "See to the DHCP server (usually in the router), or set an "
                                 "address of the scanner's network by hand."},
    [DIAGNOSIS_SEND_REFUSED] = {"send-refused", SEVERITY_PROBLEM, true,
                                "This machine does not let the search out.",
                                "A firewall on this machine refuses what goes out: admit UDP to "
                                "port 3702. Without a firewall, look at its routes."},
    [DIAGNOSIS_GROUP_REFUSED] = {"group-refused", SEVERITY_PROBLEM, false,
                                 "The system does not let programs join the group to which "
                                 "scanners announce themselves.",
                                 "Raise net.ipv4.igmp_max_memberships, or end programs that have "
                                 "joined many groups."},
    [DIAGNOSIS_FIREWALL_ANSWERS] = {"firewall-answers", SEVERITY_PROBLEM, true,
                                    "The firewall of this machine drops the answers of scanners.",
                                    "Admit UDP that comes from port 3702 of the local network (a "
                                    "search goes to a group, so that the firewall does not see "
                                    "that these are answers). The documentation of wsd-scand has "
                                    "rules for firewalld, ufw and nftables."},
    [DIAGNOSIS_REVERSE_PATH] = {"reverse-path", SEVERITY_PROBLEM, true,
                                "The system drops answers because it would send to that address by "
                                "another interface.",
                                "Give this machine an address of the scanner's network, or a route "
                                "to it by that interface; or loosen the check: sysctl "
                                "net.ipv4.conf.INTERFACE.rp_filter=2."},
    [DIAGNOSIS_NO_ANSWER] = {"no-answer", SEVERITY_PROBLEM, false, "Nobody answers the search.",
                             "Is the scanner on, awake, and on the same network? A guest Wi-Fi, "
                             "an access point that isolates its clients, a switch with IGMP "
                             "snooping and no querier, and a router all keep a search from it. "
                             "Or WSD is switched off in its web page. Ask it by its address: wsd "
                             "doctor ADDRESS."},
    [DIAGNOSIS_NO_SCANNER] = {"no-scanner", SEVERITY_PROBLEM, false,
                              "Devices answer, but none of them is a scanner.",
                              "WSD, or scanning by it, may be switched off in the scanner's web "
                              "page. Ask it by its address: wsd doctor ADDRESS."},
    [DIAGNOSIS_DEVICE_UNKNOWN] = {"device-unknown", SEVERITY_PROBLEM, false,
                                  "By that name no device is found.",
                                  "'wsd list --all' shows who answers, and by which name. Else "
                                  "name it by its address: wsd doctor ADDRESS."},
    [DIAGNOSIS_DEVICE_SILENT] = {"device-silent", SEVERITY_PROBLEM, false,
                                 "At that address nobody answers anything.",
                                 "Is it on, and is that still its address? Its panel shows it, "
                                 "mostly below Network or TCP/IP. A firewall between the two may "
                                 "drop all as well."},
    [DIAGNOSIS_WSD_OFF] = {"wsd-off", SEVERITY_PROBLEM, false,
                           "The host is there, but does not speak WSD.",
                           "Open its web page in a browser and switch WSD (Web Services) and WSD "
                           "scanning on, mostly below Network, Protocols; or it is no scanner, or "
                           "one that scans by another protocol alone (eSCL)."},
    [DIAGNOSIS_OTHER_NETWORK] = {"other-network", SEVERITY_PROBLEM, false,
                                 "It is on another network, and searches do not pass a router.",
                                 ASK_FOR_ADDRESS " For wsd-scand, give it a section with its "
                                                 "address."},
    [DIAGNOSIS_MULTICAST_LOST] = {"multicast-lost", SEVERITY_PROBLEM, false,
                                  "It answers when it is asked alone, but not to the search.",
                                  "Multicast does not get through between the two: client "
                                  "isolation of an access point, or a switch with IGMP snooping "
                                  "and no querier; or multicast discovery is off in its web page; "
                                  "some firmware never answers, or later than was listened "
                                  "(--timeout 10). " ASK_FOR_ADDRESS},
    [DIAGNOSIS_ADDRESS_REFUSED] = {"address-refused", SEVERITY_PROBLEM, false,
                                   "It wants to be asked at addresses that are not on our "
                                   "networks, which are not contacted.",
                                   "It may have a second network of its own, or a wrong address "
                                   "set. If you trust it, add --allow-foreign."},
    [DIAGNOSIS_NO_LIVE_ADDRESS] = {"no-live-address", SEVERITY_PROBLEM, false,
                                   "At none of the addresses that it names a connection is "
                                   "accepted.",
                                   "A firewall between the two admits the search and not the "
                                   "connection; or its server hangs: switch it off and on."},
    [DIAGNOSIS_OTHER_CERTIFICATE] = {"other-certificate", SEVERITY_PROBLEM, false,
                                     "It shows another certificate than before, so that nothing "
                                     "was sent to it.",
                                     "Somebody may be answering in its place. If you know why it "
                                     "has a new one, 'wsd cache forget-key' lets it be learned "
                                     "anew."},
    [DIAGNOSIS_NO_METADATA] = {"no-metadata", SEVERITY_PROBLEM, false,
                               "It takes connections, but does not tell what it is.",
                               "Switch it off and on: some hang for minutes after a program left "
                               "without a word. If it stays so, look for new firmware."},
    [DIAGNOSIS_NO_SCAN_SERVICE] = {"no-scan-service", SEVERITY_PROBLEM, false,
                                   "It speaks WSD, but offers no scanning by it.",
                                   "Switch WSD scanning on in its panel or web page; or it is a "
                                   "printer, or scans by another protocol alone (eSCL)."},
    [DIAGNOSIS_SERVICE_DEAD] = {"service-dead", SEVERITY_PROBLEM, false,
                                "Its scan service does not answer.",
                                "A firewall between the two may admit other ports and not that "
                                "one; else switch the device off and on."},
    [DIAGNOSIS_SERVICE_REFUSES] = {"service-refuses", SEVERITY_PROBLEM, false,
                                   "Its scan service refuses to tell what it can do.",
                                   "Scanning from computers may be switched off in its panel or "
                                   "web page."},
    [DIAGNOSIS_PORT_HELD] = {"port-held", SEVERITY_PROBLEM, false,
                             "Another program has UDP port 3702 for itself: no announcements are "
                             "heard, so that scanners which come and go are noticed late.",
                             "End it, or use a version that shares the port (wsdd from 0.7 on "
                             "does)."},
    [DIAGNOSIS_FIREWALL_ANNOUNCEMENTS] = {"firewall-announcements", SEVERITY_NOTE, false,
                                          "The firewall of this machine drops the announcements of "
                                          "scanners; those that come and go are noticed late.",
                                          "Admit UDP port 3702."},
    [DIAGNOSIS_SUBSCRIBE_REFUSED] = {"subscribe-refused", SEVERITY_PROBLEM, false,
                                     "It accepts no subscription, without which 'Scan to this "
                                     "computer' does not work.",
                                     "Its list of computers may be full: remove old ones in its "
                                     "web page, or switch it off and on. Scanning from the "
                                     "computer works without."},
    [DIAGNOSIS_NO_WAY_BACK] = {"no-way-back", SEVERITY_PROBLEM, false,
                               "It accepts a subscription, but its events do not arrive, so that "
                               "its scan button would do nothing.",
                               "Let it connect to this machine: admit the TCP port of --port (of "
                               "wsd-scand: 5366) in every firewall between the two; it cannot "
                               "reach an address behind NAT, such as a container's or a VPN's."},
    [DIAGNOSIS_FIREWALL_EVENTS] = {"firewall-events", SEVERITY_NOTE, false,
                                   "The firewall of this machine does not let scanners connect, "
                                   "which the scan button of the device needs.",
                                   "Admit that TCP port from the local network, if you want 'Scan "
                                   "to this computer'; scanning from the computer works without."},
    [DIAGNOSIS_CONTAINER] = {"container", SEVERITY_NOTE, false,
                             "This is a container; searches do not leave a network of its own.",
                             "Start the container with the network of its host (--network host), "
                             "or name scanners by address."},
    [DIAGNOSIS_FIREWALL_UNREAD] = {"firewall-unread", SEVERITY_NOTE, false,
                                   "The rules of the firewall could not be read, so it may be the "
                                   "reason.",
                                   "As root it can be looked at: sudo wsd doctor."},
    [DIAGNOSIS_NO_IPV4] = {"no-ipv4", SEVERITY_NOTE, false,
                           "The interface has no IPv4 address; many scanners speak nothing else.",
                           "See to the DHCP server, or set an address by hand."},
    [DIAGNOSIS_SAME_NETWORK] = {"same-network", SEVERITY_NOTE, false,
                                "Two interfaces are in the same network: answers may come by the "
                                "one and connections leave by the other.",
                                "Switch one of them off (Wi-Fi, when the cable is in), or choose "
                                "with --interface."},
    [DIAGNOSIS_MULTICAST_ELSEWHERE] = {"multicast-elsewhere", SEVERITY_NOTE, false,
                                       "Multicast leaves by another interface, mostly a VPN, "
                                       "unless a program chooses. This one does; others may search "
                                       "in the wrong network.",
                                       "For those: ip route add 239.255.255.250 dev INTERFACE."},
    [DIAGNOSIS_NO_MULTICAST_ROUTE] = {"no-multicast-route", SEVERITY_NOTE, false,
                                      "There is no route for multicast. This program chooses the "
                                      "interface itself; others may fail to search.",
                                      "For those: ip route add 239.255.255.250 dev INTERFACE."},
    [DIAGNOSIS_EVENT_PORT_HELD] = {"event-port-held", SEVERITY_NOTE, false,
                                   "The port for events is taken by another program.",
                                   "Use another one (--port; of wsd-scand the key port), and admit "
                                   "that one in the firewall."},
    [DIAGNOSIS_LATE_ANSWER] = {"late-answer", SEVERITY_NOTE, false,
                               "It takes long to answer a search; programs that wait less do not "
                               "find it (Windows waits for 2.5 s).",
                               "Search longer (--timeout 10), or name it by its address. Many are "
                               "slow while they sleep."},
    [DIAGNOSIS_DEAD_ADDRESS] = {"dead-address", SEVERITY_NOTE, false,
                                "One of the addresses that it names accepts no connection; "
                                "programs that try only the first may hang.",
                                "Switch off what that address belongs to in its web page (a second "
                                "interface, IPv6), or give it one that works."},
    [DIAGNOSIS_LINK_LOCAL_ONLY] = {"link-local-only", SEVERITY_NOTE, false,
                                   "It is reached by link-local IPv6 addresses alone, which some "
                                   "programs cannot use.",
                                   "Switch IPv4 on in the device, or on this machine."},
    [DIAGNOSIS_NOT_READY] = {"not-ready", SEVERITY_NOTE, false,
                             "It is not ready to scan at the moment.", "Look at its panel."},
};

const char *diagnosis_name(enum diagnosis id)
{
    return rows[id].name;
}

const char *diagnosis_what(enum diagnosis id)
{
    return rows[id].what;
}

struct diagnosed *diagnoses_add(struct diagnoses *list, enum diagnosis id, const char *device,
                                const char *format, ...)
{
    /* Past the bound the last one is written over: a list of that length is read by nobody. */
    struct diagnosed *item = &list->items[list->n < DIAGNOSED_MAX ? list->n : DIAGNOSED_MAX - 1];
    char raw[sizeof item->detail];
    va_list arguments;

    if (list->n < DIAGNOSED_MAX)
        list->n++;
    va_start(arguments, format);
    vsnprintf(raw, sizeof raw, format, arguments);
    va_end(arguments);
    *item = (struct diagnosed){.id = id, .severity = rows[id].severity};
    text_clean(device, item->device, sizeof item->device);
    text_clean(raw, item->detail, sizeof item->detail);
    snprintf(item->advice, sizeof item->advice, "%s", rows[id].advice);
    return item;
}

void diagnoses_soften(struct diagnoses *list, enum diagnosis id)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i].id == id)
            list->items[i].severity = SEVERITY_NOTE;
}

bool diagnoses_have(const struct diagnoses *list, enum diagnosis id)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i].id == id)
            return true;
    return false;
}

size_t diagnoses_count(const struct diagnoses *list, enum severity severity)
{
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++)
        n += list->items[i].severity == severity;
    return n;
}

bool diagnoses_explain_silence(const struct diagnoses *list)
{
    for (size_t i = 0; i < list->n; i++)
        if (rows[list->items[i].id].silences)
            return true;
    return false;
}

static bool before(const struct diagnosed *a, const struct diagnosed *b)
{
    return a->severity != b->severity ? a->severity < b->severity : a->id < b->id;
}

/* By insertion: short, and it keeps the order of equals. */
void diagnoses_rank(struct diagnoses *list)
{
    for (size_t i = 1; i < list->n; i++) {
        struct diagnosed item = list->items[i];
        size_t at = i;
        for (; at > 0 && before(&item, &list->items[at - 1]); at--)
            list->items[at] = list->items[at - 1];
        list->items[at] = item;
    }
}

/* Broken into lines at blanks, each behind the indentation. */
static void print_wrapped(FILE *out, int indent, const char *text)
{
    const size_t width = 88;

    while (*text) {
        size_t n = strlen(text);
        if (n > width) {
            for (n = width; n > 0 && text[n] != ' ';)
                n--;
            n = n > 0 ? n : width;
        }
        fprintf(out, "%*s%.*s\n", indent, "", (int)n, text);
        text += n;
        text += *text == ' ';
    }
}

static void print_one(FILE *out, size_t number, const struct diagnosed *item)
{
    char line[1200] = "";

    text_append(line, sizeof line, "%s%s%s", item->device, *item->device ? ": " : "",
                rows[item->id].what);
    fprintf(out, "\n%2zu. [%s]\n", number, rows[item->id].name);
    print_wrapped(out, 4, line);
    print_wrapped(out, 4, item->detail);
    fputs("    What to do:\n", out);
    print_wrapped(out, 6, item->advice);
}

void diagnoses_print(FILE *out, const struct diagnoses *list)
{
    size_t problems = diagnoses_count(list, SEVERITY_PROBLEM), number = 0;

    fputs(problems ? "\nWhat is wrong, the likeliest cause first:\n"
                   : "\nNothing wrong was found.\n",
          out);
    for (size_t i = 0; i < list->n; i++) {
        if (number == problems && list->items[i].severity == SEVERITY_NOTE)
            fputs("\nWorth knowing:\n", out);
        print_one(out, ++number, &list->items[i]);
    }
}
