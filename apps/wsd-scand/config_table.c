/* SPDX-License-Identifier: MIT */
/*
 * The keys. Reading, ranges, error texts, the example file and (by a test) the manual follow this
 * table; a new key is a row here, a member in config.h and a file in docs/config.
 */
#include "config_inside.h"

#include <stdio.h>
#include <string.h>
#include <wsd/scan_types.h>

#include "common/text.h"
#include "job.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define DAY          INT64_C(86400)
#define MB           INT64_C(1000000)
#define TB           INT64_C(1000000000000)

const char *const config_level_words[CONFIG_LEVELS] = {
    [CONFIG_GENERAL] = "", [CONFIG_DESTINATION] = "destination", [CONFIG_SCANNER] = "scanner"};

static const struct config_word sources[] = {
    {"panel", 0},
    {"platen", WSD_SCAN_INPUT_SOURCE_PLATEN},
    {"adf", WSD_SCAN_INPUT_SOURCE_ADF},
    {"duplex", WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX},
    {NULL, 0},
};
static const struct config_word modes[] = {
    {"color", WSD_SCAN_COLOR_RGB24},
    {"gray", WSD_SCAN_COLOR_GRAYSCALE8},
    {"bw", WSD_SCAN_COLOR_BLACK_AND_WHITE1},
    {"default", 0},
    {NULL, 0},
};
static const struct config_word formats[] = {
    {"pdf", CONFIG_PDF},
    {"pdfa", CONFIG_PDFA},
    {"tiff", CONFIG_TIFF},
    {"jpeg", CONFIG_JPEG},
    {"png", CONFIG_PNG},
    {"raw", CONFIG_RAW},
    {NULL, 0},
};
static const struct config_word brokens[] = {
    {"keep", CONFIG_BROKEN_KEEP}, {"drop", CONFIG_BROKEN_DROP}, {NULL, 0}};
static const struct config_word default_0[] = {{"default", 0}, {NULL, 0}};
static const struct config_word default_unset[] = {{"default", CONFIG_UNSET}, {NULL, 0}};
static const struct config_word all_0[] = {{"all", 0}, {NULL, 0}};
static const struct config_word off_0[] = {{"off", 0}, {NULL, 0}};
static const struct config_word never_0[] = {{"never", 0}, {NULL, 0}};

#define MEMBER(structure, member)                                                                  \
    .offset = offsetof(struct structure, member), .size = sizeof((struct structure *)0)->member

/* Level, name, kind, member; then what else there is. */
#define G(key, what, member, ...)                                                                  \
    {                                                                                              \
        .level = CONFIG_GENERAL, .name = key, .kind = what, MEMBER(config, member), __VA_ARGS__    \
    }
#define D(key, what, member, ...)                                                                  \
    {                                                                                              \
        .level = CONFIG_DESTINATION, .name = key, .kind = what,                                    \
        MEMBER(config_destination, member), __VA_ARGS__                                            \
    }
#define S(key, what, member, ...)                                                                  \
    {                                                                                              \
        .level = CONFIG_SCANNER, .name = key, .kind = what, MEMBER(config_scanner, member),        \
        __VA_ARGS__                                                                                \
    }
#define RANGE(from, to) .low = (from), .high = (to)

/* In the order of the manual and of the example file. */
const struct config_key config_keys[] = {
    G("host", KIND_NAME, host, .otherwise = "the host name", .example = "study",
      .summary = "how this computer is called on the panels of scanners"),
    G("panel-name", KIND_LINE, panel_name, .initial = "{destination} ({host})",
      .summary = "how a destination is called on the panels"),
    G("port", KIND_NUMBER, port, RANGE(1, 65535), .initial = "5366",
      .summary = "TCP port that scanners send their events to"),
    G("interfaces", KIND_LIST, interfaces, .otherwise = "all", .example = "{ \"eth0\", \"wlan*\" }",
      .summary = "network interfaces to use"),
    G("discovery", KIND_FLAG, discovery, .initial = "yes",
      .summary = "whether scanners are searched for and listened to"),
    G("ipv4", KIND_FLAG, ipv4, .initial = "yes", .summary = "whether IPv4 is used"),
    G("ipv6", KIND_FLAG, ipv6, .initial = "yes", .summary = "whether IPv6 is used"),
    G("lifetime", KIND_SECONDS, lifetime, RANGE(60, 7 * DAY), .initial = "1 h",
      .summary = "how long a subscription is to last before it is renewed"),
    G("max-page-size", KIND_BYTES, max_page_size, RANGE(MB, TB), .initial = "1 GB",
      .summary = "size of a page above which it is given up"),
    G("max-size", KIND_BYTES, max_size, RANGE(MB, TB), .initial = "16 GB",
      .summary = "size of a scan above which it is given up"),
    G("page-timeout", KIND_SECONDS, page_timeout, RANGE(1, DAY), .initial = "60 s",
      .summary = "how long nothing may come of a page before it has failed"),
    G("state", KIND_PATH, state, .otherwise = "see below", .example = "/var/lib/wsd-scand",
      .summary = "folder for scans that are being received and for what outlives a restart"),
    G("incomplete", KIND_PATH, incomplete, .otherwise = "incomplete, in the folder of state",
      .example = "/var/lib/wsd-scand/incomplete",
      .summary = "folder for what is left of scans that broke off"),
    G("control", KIND_PATH, control, .otherwise = "see below",
      .example = "/run/wsd-scand/control.sock", .summary = "path of the control socket"),
    G("status-port", KIND_NUMBER, status_port, RANGE(1, 65535), .words = off_0, .initial = "off",
      .summary = "TCP port of the status page, which only this computer can see"),
    G("history", KIND_NUMBER, keep_history, RANGE(0, 10000), .initial = "50",
      .summary = "how many finished scans are remembered"),
    G("notify", KIND_COMMAND, notify, .otherwise = "nothing is run",
      .example = "{ \"logger\", \"-t\", \"scan\" }",
      .summary = "command that is run when there is something to tell"),

    D("source", KIND_WORD, source, .words = sources, .initial = "panel",
      .summary = "where pages are taken from"),
    D("mode", KIND_WORD, mode, .words = modes, .initial = "color", .summary = "colours"),
    D("resolution", KIND_NUMBER, resolution, RANGE(50, 9600), .words = default_0, .initial = "300",
      .summary = "pixels per inch"),
    D("paper", KIND_PAPER, paper_width, .initial = "max", .example = "a4",
      .summary = "size of the part that is scanned"),
    D("quality", KIND_NUMBER, quality, RANGE(1, 100), .words = default_0, .initial = "default",
      .summary = "quality of what the scanner compresses"),
    D("brightness", KIND_NUMBER, brightness, RANGE(-1000, 1000), .words = default_unset,
      .initial = "default", .summary = "brightness"),
    D("contrast", KIND_NUMBER, contrast, RANGE(-1000, 1000), .words = default_unset,
      .initial = "default", .summary = "contrast"),
    D("max-pages", KIND_NUMBER, max_pages, RANGE(1, JOB_MAX_PAGES), .words = all_0,
      .initial = "all", .summary = "how many pages are taken at most"),
    D("format", KIND_WORD, format, .words = formats, .initial = "pdf",
      .summary = "kind of the file that is made"),
    D("folder", KIND_PATH, folder, .otherwise = "see below", .example = "/srv/scans",
      .summary = "where the file goes"),
    D("pattern", KIND_PATTERN, pattern, .initial = "{date}-{time}-{device}",
      .summary = "name of the file"),
    D("owner", KIND_OWNER, owner, .otherwise = "who runs wsd-scand", .example = "root:root",
      .summary = "user and group that the file is given to"),
    D("file-mode", KIND_MODE, file_mode, .otherwise = "by the umask", .example = "0640",
      .summary = "permissions of the file"),
    D("drop-blank", KIND_FLAG, drop_blank, .initial = "no",
      .summary = "whether blank pages are left out"),
    D("broken", KIND_WORD, broken, .words = brokens, .initial = "keep",
      .summary = "what becomes of the pages of a scan that broke off"),
    D("command", KIND_COMMAND, command, .otherwise = "nothing is run",
      .example = "{ \"logger\", \"-t\", \"scan\", \"a scan came\" }",
      .summary = "command that is run when the file is there"),
    D("pipe", KIND_COMMAND, pipe, .otherwise = "nothing is run", .example = "{ \"cat\" }",
      .summary = "command that gets the document on its standard input"),
    D("command-timeout", KIND_SECONDS, command_timeout, RANGE(1, DAY), .initial = "5 min",
      .summary = "how long a command may run"),
    D("scanners", KIND_LIST, scanners, .otherwise = "all", .example = "{ \"Office\" }",
      .summary = "scanners that offer this destination"),

    S("address", KIND_TEXT, address, .otherwise = "it is found by search", .example = "192.0.2.20",
      .summary = "where it is, if it cannot be found by search"),
    S("ignore", KIND_FLAG, ignore, .initial = "no", .summary = "whether it is left alone"),
    S("destinations", KIND_LIST, destinations, .otherwise = "all", .example = "{ \"Documents\" }",
      .summary = "destinations that it offers"),
    S("quirks", KIND_QUIRKS, quirks, .otherwise = "those of its model",
      .example = "{ \"S4\", \"no-S2\" }", .summary = "device quirks to switch on or off"),
    S("check", KIND_SECONDS, check, RANGE(5, DAY), .words = never_0,
      .otherwise = "25 s with address, else never", .example = "25 s",
      .summary = "how often it is asked whether it still knows this computer"),
};
const size_t config_n_keys = COUNT(config_keys);

const struct config_key *config_key(enum config_level level, const char *name)
{
    for (size_t i = 0; i < config_n_keys; i++)
        if (config_keys[i].level == level && strcmp(config_keys[i].name, name) == 0)
            return &config_keys[i];
    return NULL;
}

bool config_is_name(const char *name)
{
    size_t left = strlen(name), length = 1;

    if (left == 0 || left > CONFIG_MAX_NAME || *name == ' ' || name[left - 1] == ' ')
        return false;
    for (; left > 0 && length > 0; name += length, left -= length)
        length = text_harmless(name, left);
    return length > 0;
}

/* -- what is allowed ----------------------------------------------------------------------------
 */

/* A number of bytes or seconds in the largest unit that fits. */
static const char *measure(int64_t value, bool bytes, char *ret, size_t size)
{
    static const struct {
        int64_t factor;
        const char *unit;
    } units[2][4] = {
        {{DAY, "days"}, {3600, "h"}, {60, "min"}, {1, "s"}},
        {{TB, "TB"}, {1000 * MB, "GB"}, {MB, "MB"}, {1, "B"}},
    };
    int i = 0;

    while (i < 3 && (value < units[bytes][i].factor || value % units[bytes][i].factor != 0))
        i++;
    int64_t number = value / units[bytes][i].factor;
    snprintf(ret, size, "%lld %s", (long long)number,
             !bytes && i == 0 && number == 1 ? "day" : units[bytes][i].unit);
    return ret;
}

static void add_words(const struct config_key *key, const char *before, char *ret)
{
    for (const struct config_word *w = key->words; w && w->word; w++)
        text_append(ret, CONFIG_REASON, "%s%s", w == key->words ? before : ", ", w->word);
}

static void add_range(const struct config_key *key, char *ret)
{
    char low[32], high[32];

    if (key->kind == KIND_NUMBER) {
        text_append(ret, CONFIG_REASON, "a whole number from %lld to %lld", (long long)key->low,
                    (long long)key->high);
        return;
    }
    bool bytes = key->kind == KIND_BYTES;
    text_append(ret, CONFIG_REASON, "%s, from %s to %s",
                bytes ? "a size such as \"500 MB\"" : "a time such as \"30 s\" or \"5 min\"",
                measure(key->low, bytes, low, sizeof low),
                measure(key->high, bytes, high, sizeof high));
}

void config_allowed(const struct config_key *key, char ret[CONFIG_REASON])
{
    static const char *const fixed[] = {
        [KIND_TEXT] = "a text without control characters",
        [KIND_NAME] = "1 to 64 bytes of UTF-8 without control characters or blanks around them",
        [KIND_PATH] = "a path that begins with / or ~/",
        [KIND_FLAG] = "yes or no",
        [KIND_PAPER] =
            ("max, a3 to a6, b4, b5, letter, legal, executive, photo, card, or width and "
             "height in mm such as 210x297"),
        [KIND_OWNER] = "a user, or \"user:group\", of this computer",
        [KIND_MODE] = "an octal number from 0000 to 0777, such as 0640",
        [KIND_PATTERN] =
            ("a file name, in which {date}, {time}, {device}, {page} and {counter} are "
             "replaced"),
        [KIND_LINE] = "a text, in which {destination}, {host} and {user} are replaced",
        [KIND_LIST] = "a list such as { \"one\", \"two\" }",
        [KIND_QUIRKS] = "a list of names such as S4 or no-S4; wsd scan --help lists them",
        [KIND_COMMAND] = "a program and its arguments, such as { \"/usr/bin/lp\", \"-s\" }",
    };

    ret[0] = 0;
    if (key->kind == KIND_NUMBER || key->kind == KIND_BYTES || key->kind == KIND_SECONDS) {
        add_range(key, ret);
        add_words(key, ", or ", ret);
    } else if (key->kind == KIND_WORD) {
        add_words(key, "one of ", ret);
    } else {
        text_append(ret, CONFIG_REASON, "%s", fixed[key->kind]);
    }
}
