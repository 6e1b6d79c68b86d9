/* SPDX-License-Identifier: MIT */
/* Tells the kinds of DEVICE apart by their looks; the tables of ports and paths. */
#include "scan/device_address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Where a Probe over HTTP is answered (WS-Scan, appendix B; DPWS 1.1, section 3), on ports that
 * devices were seen to use. */
#define STABLE_PATH "/StableWSDiscoveryEndpoint/schemas-xmlsoap-org_ws_2005_04_discovery"
static const unsigned stable_ports[] = {80, 5357, 8018, 3911, 5358, 53048, 53002, 65004, 9867};

/* Scan services, by make, for devices that answer no Probe at all. */
static const struct {
    unsigned port;
    const char *path;
} guesses[] = {
    {80, "/WDP/SCAN"},                   /* Epson WF, ET, ES */
    {8018, "/wsd/scan"},                 /* Samsung, HP Laser MFP, Xerox WorkCentre 3025 */
    {3911, "/scanner"},                  /* HP LaserJet Pro M125 to M127, ENVY */
    {5358, "/WSDScanner"},               /* Kyocera */
    {80, "/WebServices/ScannerService"}, /* Brother MFC, DCP */
    {53048, ""},                         /* Brother ADS-4300N, HP M478f, Canon iR-ADV */
    {53002, "/"},                        /* Ricoh */
    {65004, "/Scanner1/WebServices"},    /* Xerox B225, C315 */
    {9867, "/ws2/"},                     /* Fuji Xerox CM115w */
    {5357, "/"},
};

static bool is_uuid(const char *text)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (strlen(text) != sizeof form - 1)
        return false;
    for (size_t i = 0; i < sizeof form - 1; i++)
        if (form[i] == 'x' ? !isxdigit((unsigned char)text[i]) : text[i] != '-')
            return false;
    return true;
}

/* An IPv6 address, perhaps with a zone. */
static bool is_ipv6(const char *text)
{
    char address[INET6_ADDRSTRLEN + 1] = "";
    struct in6_addr ignored;
    size_t n = strcspn(text, "%");

    if (n >= sizeof address)
        return false;
    memcpy(address, text, n);
    return inet_pton(AF_INET6, address, &ignored) == 1;
}

static bool take_port(const char *text, unsigned *ret)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (!isdigit((unsigned char)*text) || *end || value == 0 || value > 65535)
        return false;
    *ret = (unsigned)value;
    return true;
}

/* "[2001:db8::7]:8018", "2001:db8::7", "192.0.2.7:8018", "printer.example", "localhost". */
static bool is_host(struct wanted *w)
{
    const char *text = w->text;
    const char *close = *text == '[' ? strchr(text, ']') : NULL;

    if (close) {
        snprintf(w->udp_host, sizeof w->udp_host, "%.*s", (int)(close - text - 1), text + 1);
        snprintf(w->host, sizeof w->host, "[%.290s]", w->udp_host);
        return is_ipv6(w->udp_host) &&
               (!close[1] || (close[1] == ':' && take_port(close + 2, &w->port)));
    }
    if (is_ipv6(text)) {
        snprintf(w->udp_host, sizeof w->udp_host, "%.290s", text);
        snprintf(w->host, sizeof w->host, "[%.290s]", text);
        return true;
    }
    const char *colon = strchr(text, ':');
    size_t n = colon ? (size_t)(colon - text) : strlen(text);
    if (n == 0 || n >= sizeof w->host || (colon && !take_port(colon + 1, &w->port)))
        return false;
    bool dotted = memchr(text, '.', n) != NULL;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr(".-_", text[i]))
            return false;
    snprintf(w->host, sizeof w->host, "%.*s", (int)n, text);
    snprintf(w->udp_host, sizeof w->udp_host, "%s", w->host);
    return dotted || colon || strcasecmp(w->host, "localhost") == 0;
}

bool wanted_parse(const char *text, struct wanted *ret)
{
    *ret = (struct wanted){.kind = WANTED_ANY};
    if (!text || !*text)
        return true;
    if (strlen(text) >= sizeof ret->host)
        return false;
    const char *uuid = strncasecmp(text, "urn:uuid:", 9) == 0 ? text + 9
                       : strncasecmp(text, "uuid:", 5) == 0   ? text + 5
                                                              : text;
    if (is_uuid(uuid)) {
        ret->kind = WANTED_UUID;
        snprintf(ret->text, sizeof ret->text, "urn:uuid:%s", uuid);
        return true;
    }
    snprintf(ret->text, sizeof ret->text, "%s", text);
    if (strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0)
        ret->kind = WANTED_URL;
    else
        ret->kind = is_host(ret) ? WANTED_HOST : WANTED_NAME;
    return true;
}

static void put_url(const struct wanted *w, unsigned port, const char *path, char ret[600])
{
    /* Kyocera's stable endpoint refuses a Host that names the default port. */
    if (port == 80)
        snprintf(ret, 600, "http://%s%s", w->host, path);
    else
        snprintf(ret, 600, "http://%s:%u%s", w->host, port, path);
}

size_t stable_urls(const struct wanted *w, char ret[STABLE_URLS_MAX][600])
{
    size_t n = 0;

    if (w->port) {
        put_url(w, w->port, STABLE_PATH, ret[n++]);
        put_url(w, w->port, "/", ret[n++]);
        return n;
    }
    for (; n < sizeof stable_ports / sizeof *stable_ports; n++)
        put_url(w, stable_ports[n], STABLE_PATH, ret[n]);
    return n;
}

size_t guess_urls(const struct wanted *w, char ret[GUESS_URLS_MAX][600])
{
    size_t n = 0;

    for (size_t i = 0; i < sizeof guesses / sizeof *guesses; i++) {
        bool again = false;
        put_url(w, w->port ? w->port : guesses[i].port, guesses[i].path, ret[n]);
        for (size_t k = 0; k < n; k++)
            again = again || strcmp(ret[k], ret[n]) == 0;
        n += !again;
    }
    return n;
}
