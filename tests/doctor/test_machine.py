# SPDX-License-Identifier: MIT
"""Networks that are broken on this computer: what `wsd doctor` makes of them."""

import socket

from doctor import BOX, SCANNER, check, equal, main, on_pair, scenario, subprocess

STATEFUL = "ct state established,related accept; meta l4proto { icmp, icmpv6 } accept;"


@scenario("", "an honest network with a scanner")
def honest(pair):
    pair.serve()
    result = pair.doctor().are()
    assert result.step("scan service")["text"] == "Idle", result
    assert result.step("firewall")["text"] == "no rules for what comes in", result


@scenario("", "a firewall that admits what scanners send")
def good_firewall(pair):
    pair.nft("box", STATEFUL + "udp sport 3702 accept; udp dport 3702 accept; "
             "tcp dport { 5366, 5400 } accept;", policy="drop")
    pair.serve()
    result = pair.doctor().are()
    assert result.step("firewall")["text"] == (
        "answers: admitted; announcements: admitted; events: admitted"), result


@scenario("", "a firewall that admits one port, from which the search is sent")
def one_port(pair):
    pair.nft("box", STATEFUL + "udp dport { 3702, 40000 } accept; tcp dport 5366 accept;",
             policy="drop")
    pair.serve()
    pair.doctor("--source-port", "40000").are()
    result = pair.doctor()
    assert result.problems == ["firewall-answers"], result


@scenario("", "a scanner that is named, its events too")
def named(pair):
    pair.serve()
    for device in (SCANNER, "chart", f"http://{SCANNER}:5357/"):
        result = pair.doctor(device, "--scan-job").are()
        assert "arrived" in result.step("way back")["text"], result


@scenario("no-interface", "the interface is switched off")
def no_interface(pair):
    pair.ip("box", "link set eth0 down")
    pair.doctor().are("no-interface").says("no-interface", "eth0 is switched off")


@scenario("no-interface", "the only one is not among those chosen")
def not_chosen(pair):
    pair.doctor("--interface", "wlan0").are("no-interface").says("no-interface", "eth0 is left out")


@scenario("no-interface", "a tunnel alone, and a scanner that is named beyond it: a note")
def tunnel(pair):
    pair.ip("box", "link set eth0 down")
    pair.ip("box", "link set eth0 name tun0")
    pair.ip("box", "link set tun0 up")
    pair.serve()
    pair.await_carrier("box", "tun0")
    pair.doctor(SCANNER).are(notes=["no-interface"])
    pair.doctor().are("no-interface").says("no-interface", "tun0 is left out")


@scenario("no-carrier", "the cable is out")
def no_carrier(pair):
    pair.ip("scanner", "link set eth0 down")
    pair.await_carrier("box", up=False)
    pair.doctor().are("no-carrier").says("no-carrier", "eth0")


@scenario("no-multicast", "the interface has it switched off")
def no_multicast(pair):
    pair.ip("box", "link set eth0 multicast off")
    pair.doctor().are("no-multicast").says("no-multicast", "eth0")


@scenario("self-assigned", "no DHCP server answered")
def self_assigned(pair):
    pair.ip("box", f"addr del {BOX}/24 dev eth0")
    pair.ip("box", "addr add 169.254.7.7/16 dev eth0")
    pair.doctor().are("self-assigned", notes=["no-multicast-route"])


@scenario("no-ipv4", "IPv6 alone")
def no_ipv4(pair):
    pair.ip("box", f"addr del {BOX}/24 dev eth0")
    pair.serve()
    result = pair.doctor()
    assert "no-ipv4" in result.notes and not result.problems, result


@scenario("same-network", "cable and Wi-Fi in the same network")
def same_network(pair):
    pair.cable("eth1", {"box": "192.0.2.3"}, {})
    pair.serve()
    pair.doctor().are(notes=["same-network"]).says("same-network", "eth0", "eth1")


@scenario("multicast-elsewhere", "a VPN has the default route")
def multicast_elsewhere(pair):
    pair.ip("box", "link add tun0 type veth peer name tun1")
    pair.ip("box", "addr add 10.8.0.2/24 dev tun0")
    pair.ip("box", "link set tun0 up")
    pair.ip("box", "link set tun1 up")
    pair.ip("box", "route replace default dev tun0")
    pair.serve()
    pair.doctor().are(notes=["multicast-elsewhere"]).says("multicast-elsewhere", "tun0")


@scenario("no-multicast-route", "no default route")
def no_route(pair):
    pair.ip("box", "route del default")
    pair.serve()
    pair.doctor().are(notes=["no-multicast-route"])


@scenario("group-refused", "a limit of the system")
def group_refused(pair):
    pair.sysctl("box", "net/ipv4/igmp_max_memberships", 0)
    pair.serve()
    pair.doctor().are("group-refused").says("group-refused", "eth0")


@scenario("port-held", "a program that does not share 3702")
def port_held(pair):
    with pair.on("box"):
        held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        held.bind(("", 3702))
    with held:
        pair.serve()
        pair.doctor().are("port-held").says("port-held", "python")


@scenario("event-port-held", "another program listens there")
def event_port_held(pair):
    with pair.on("box"):
        held = socket.create_server(("", 5400))
    with held:
        pair.serve()
        pair.doctor("--port", "5400").are(notes=["event-port-held"]).says(
            "event-port-held", "5400", "python")


@scenario("send-refused", "the firewall lets no search out")
def send_refused(pair):
    pair.nft("box", "udp dport 3702 drop;", hook="output")
    pair.serve()
    pair.doctor().are("send-refused").says("send-refused", "Operation not permitted")


@scenario("firewall-answers", "rules that know no answer to a search")
def firewall_answers(pair):
    pair.nft("box", STATEFUL, policy="drop")
    pair.serve()
    result = pair.doctor().are("firewall-answers",
                               notes=["firewall-announcements", "firewall-events"])
    result.says("firewall-answers", "eth0", "table f, chain c")


@scenario("firewall-answers", "seen on the wire, where the rules do not tell")
def wire(pair):
    # The hook of an interface, before those that are looked at.
    pair.nft("box", "udp sport 3702 drop;", hook="ingress device eth0", family="netdev")
    pair.serve()
    pair.doctor().are("firewall-answers").says("firewall-answers", SCANNER, "eth0",
                                               "did not reach this program")


@scenario("firewall-answers", "a rule against the scanner that is named")
def against_one(pair):
    pair.nft("box", f"ip saddr {SCANNER} udp sport 3702 drop;")
    pair.serve()
    result = pair.doctor(SCANNER)
    assert "firewall-answers" in result.problems, result


@scenario("firewall-announcements", "a rule against port 3702")
def firewall_announcements(pair):
    pair.nft("box", "udp dport 3702 drop;")
    pair.serve()
    pair.doctor().are(notes=["firewall-announcements"])


@scenario("firewall-events", "the port of wsd-scand is closed; a note, since it does not run")
def firewall_events(pair):
    pair.nft("box", "tcp dport 5366 reject;")
    pair.serve()
    pair.doctor().are(notes=["firewall-events"]).says("firewall-events", "5366")


@scenario("firewall-events", "a problem for the port that was named")
def firewall_events_named(pair):
    pair.nft("box", "tcp dport 5400 drop;")
    pair.serve()
    pair.doctor("--port", "5400").are("firewall-events").says("firewall-events", "5400")


WITHOUT_RIGHTS = ["setpriv", "--bounding-set", "-net_admin,-net_raw", "--inh-caps",
                  "-net_admin,-net_raw"]


@scenario("firewall-events", "rules of ufw and of firewalld: the command that admits it")
def firewall_managers(pair):
    for names, command in ((("filter", "ufw-input"), "As root: ufw allow 5400/tcp"),
                           (("firewalld", "filter_INPUT"),
                            "As root: firewall-cmd --permanent --add-port=5400/tcp &&")):
        pair.nft("box", "tcp dport 5400 drop;", names=names)
        result = pair.doctor("--port", "5400").are("no-answer", "firewall-events")
        result.says("firewall-events", command)
        with pair.on("box"):
            subprocess.run(["nft", "flush", "ruleset"], check=True)


@scenario("firewall-unread", "nobody answers, and the rules may not be read")
def firewall_unread(pair):
    result = pair.doctor(before=WITHOUT_RIGHTS).are("no-answer", notes=["firewall-unread"])
    assert "only root can see" in result.step("search")["text"], result


@scenario("", "without the right to look, where all is well")
def without_rights(pair):
    pair.serve()
    result = pair.doctor(before=WITHOUT_RIGHTS).are()
    assert "not read" in result.step("firewall")["text"], result


@scenario("container", "a network of its own")
def container(pair):
    with open("/run/.containerenv", "w", encoding="ascii"):  # /run is ours alone
        pass
    try:
        pair.doctor().are("no-answer", notes=["container"])
    finally:
        subprocess.run(["rm", "/run/.containerenv"], check=True)


# What nft may be told: the rules, and what stands beside the chain.
RULES = [
    ("", ""),
    ("tcp dport 5366 accept; udp sport 3702 accept; drop;", ""),
    ("ct state vmap { established : accept, related : accept, invalid : drop }; tcp dport 5000-6000 "
     "accept; drop;", ""),
    ("iifname != \"lo\" meta l4proto tcp drop;", ""),
    ("ip saddr 192.0.2.0/30 drop;", ""),
    ("ip saddr 192.0.2.4-192.0.2.9 drop;", ""),
    ("ip saddr @bad drop;", "set bad { type ipv4_addr; flags interval; elements = { 192.0.2.0/29 }; }"),
    ("meta l4proto { tcp, udp } th dport { 22, 5366 } accept; meta nfproto ipv4 reject;", ""),
    ("jump more; drop;", "chain more { udp sport 3702 accept; tcp dport 5366 return; accept; }"),
    ("goto more; accept;", "chain more { udp sport 3702 drop; }"),
    ("tcp dport vmap { 5366 : drop, 80-90 : accept };", ""),
    ("udp sport != 3702 drop; udp dport >= 50000 drop;", ""),
    ("limit rate 100/second accept; drop;", ""),
    ("ct state new tcp dport 5366 counter log prefix \"x\" reject with tcp reset;", ""),
    ("meta mark 0 ip protocol udp drop;", ""),
    ("fib daddr type local udp dport 49152 drop;", ""),
    # In the shape of firewalld's.
    ("ct state { established, related } accept; ct status dnat accept; ct state invalid drop; jump "
     "zones; reject with icmpx admin-prohibited;",
     "chain allow { tcp dport 5366 accept; }\n chain public { jump allow; icmp type echo-request "
     "accept; }\n chain zones { iifname \"eth0\" goto public; goto public; }"),
]


def arrives(pair, kind, expected):
    """By trying: the packet that the program thinks about. Long is waited only for what arrives."""
    how, port, source = ((socket.SOCK_DGRAM, 49152, 3702) if kind == "answers"
                         else (socket.SOCK_STREAM, 5366, 0))
    with pair.on("box"):
        there = socket.socket(socket.AF_INET, how)
    with pair.on("scanner"):
        here = socket.socket(socket.AF_INET, how)
    with there, here:
        for end, address in ((there, (BOX, port)), (here, (SCANNER, source))):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            end.bind(address)
            end.settimeout(10 if expected else 0.2)
        try:
            if how == socket.SOCK_STREAM:
                there.listen()
                here.connect((BOX, port))
            else:
                here.sendto(b"answer", (BOX, port))
                there.recv(100)
        except OSError:
            return False
        return True


@on_pair("what the rules are said to do is what the kernel does")
def oracle(pair):
    for rules, more in RULES:
        pair.nft("box", rules, more=more)
        text = pair.doctor("-t", "0.05").step("firewall")["text"]
        for kind in ("answers", "events"):
            said = f"{kind}: admitted" in text
            check(said or f"{kind}: dropped" in text, f"{rules}: {text}")
            equal(arrives(pair, kind, said), said, f"{kind} by {rules!r} {more!r}, of which is said "
                  f"{text!r}")
        with pair.on("box"):
            subprocess.run(["nft", "flush", "ruleset"], check=True)


if __name__ == "__main__":
    main("nft", "setpriv")
