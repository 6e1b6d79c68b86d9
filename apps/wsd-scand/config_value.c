/* SPDX-License-Identifier: MIT */
/*
 * Texts become values, by kind. What is wrong is said in one sentence that ends in what is allowed.
 */
#include "config_inside.h"

#include <errno.h>
#include <grp.h>
#include <math.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/text.h"
#include "output/name.h"
#include "output/output.h"
#include "scan/choice.h"
#include "scan/quirks.h"

#define PAPER_LEAST  1.0 /* mm */
#define PAPER_MOST   10000.0
#define MAX_MEMBER   64 /* bytes of an owner's or group's name */
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What all readers get. */
struct place {
    struct config_pool *pool;
    const struct config_key *key;
    void *member; /* to write to */
    char *reason;
};

/* -- sentences ----------------------------------------------------------------------------------
 */

static int wrong(const struct place *p, const char *value)
{
    char allowed[CONFIG_REASON], clean[64];

    config_allowed(p->key, allowed);
    p->reason[0] = 0;
    text_append(p->reason, CONFIG_REASON, "\"%s\" is not allowed; allowed is %s",
                text_clean(value, clean, sizeof clean), allowed);
    return -EINVAL;
}

/* `what` begins behind the value, as in: "x" is no program. */
static int wrong_because(const struct place *p, const char *value, const char *what)
{
    char clean[64];

    snprintf(p->reason, CONFIG_REASON, "\"%s\" %s", text_clean(value, clean, sizeof clean), what);
    return -EINVAL;
}

static bool harmless(const char *text)
{
    size_t left = strlen(text), length;

    for (; left > 0; text += length, left -= length)
        if ((length = text_harmless(text, left)) == 0)
            return false;
    return true;
}

/* -- numbers ------------------------------------------------------------------------------------
 */

static const struct config_word *word_of(const struct config_key *key, const char *text)
{
    for (const struct config_word *w = key->words; w && w->word; w++)
        if (text_same(w->word, text))
            return w;
    return NULL;
}

static void store(const struct place *p, int64_t value)
{
    uint16_t narrow = (uint16_t)value;
    uint32_t middle = (uint32_t)value;

    if (p->key->size == sizeof narrow)
        memcpy(p->member, &narrow, sizeof narrow);
    else if (p->key->size == sizeof middle)
        memcpy(p->member, &middle, sizeof middle);
    else
        memcpy(p->member, &value, sizeof value);
}

static int read_word(const struct place *p, const char *text)
{
    const struct config_word *word = word_of(p->key, text);

    if (!word)
        return wrong(p, text);
    store(p, word->value);
    return 0;
}

/* Digits, with a sign where the key allows one. */
static bool is_integer(const char *text, bool sign, int64_t *ret)
{
    const char *digits = text + (sign && (*text == '-' || *text == '+'));
    size_t length = strspn(digits, "0123456789");

    if (length == 0 || length > 18 || digits[length])
        return false;
    *ret = strtoll(text, NULL, 10);
    return true;
}

static int read_number(const struct place *p, const char *text)
{
    int64_t value;

    if (word_of(p->key, text))
        return read_word(p, text);
    if (!is_integer(text, p->key->low < 0, &value) || value < p->key->low || value > p->key->high)
        return wrong(p, text);
    store(p, value);
    return 0;
}

struct unit {
    const char *word;
    int64_t factor;
};

/* "1", "1.5": up to 15 digits, and 3 behind the point. In thousandths. */
static bool take_decimal(const char **at, int64_t *ret)
{
    size_t whole = strspn(*at, "0123456789"), part = 0;

    if (whole == 0 || whole > 15)
        return false;
    *ret = strtoll(*at, NULL, 10) * 1000;
    *at += whole;
    if (**at != '.')
        return true;
    part = strspn(++*at, "0123456789");
    if (part == 0 || part > 3)
        return false;
    for (int64_t place = 100; part > 0; part--, place /= 10)
        *ret += (*(*at)++ - '0') * place;
    return true;
}

static int64_t take_unit(const char **at, const struct unit *units, size_t n)
{
    char word[16];
    size_t length = 0;

    while (((*at)[length] | 0x20) >= 'a' && ((*at)[length] | 0x20) <= 'z')
        length++;
    snprintf(word, sizeof word, "%.*s", (int)(length < 15 ? length : 15), *at);
    *at += length;
    for (size_t i = 0; i < n; i++)
        if (text_same(word, units[i].word))
            return units[i].factor;
    return 0;
}

/* "1.5 GB", "1 h 30 min"; the first unit is that of a number alone. */
static bool is_measure(const char *text, const struct unit *units, size_t n, int64_t *ret)
{
    int64_t sum = 0, part;

    do {
        text += strspn(text, " ");
        if (!take_decimal(&text, &part))
            return false;
        text += strspn(text, " ");
        int64_t factor = take_unit(&text, units, n), whole;
        if (factor == 0 || __builtin_mul_overflow(part / 1000, factor, &whole) ||
            __builtin_add_overflow(sum, whole, &sum) ||
            __builtin_add_overflow(sum, part % 1000 * factor / 1000, &sum))
            return false;
        text += strspn(text, " ");
    } while (*text);
    *ret = sum;
    return true;
}

static int read_measure(const struct place *p, const char *text)
{
    static const struct unit bytes[] = {
        {"", 1},
        {"B", 1},
        {"kB", 1000},
        {"MB", 1000000},
        {"GB", 1000000000},
        {"TB", INT64_C(1000000000000)},
        {"KiB", INT64_C(1) << 10},
        {"MiB", INT64_C(1) << 20},
        {"GiB", INT64_C(1) << 30},
        {"TiB", INT64_C(1) << 40},
    };
    static const struct unit seconds[] = {
        {"", 1},         {"s", 1},       {"sec", 1},      {"second", 1},   {"seconds", 1},
        {"min", 60},     {"minute", 60}, {"minutes", 60}, {"h", 3600},     {"hour", 3600},
        {"hours", 3600}, {"d", 86400},   {"day", 86400},  {"days", 86400},
    };
    bool size = p->key->kind == KIND_BYTES;
    int64_t value;

    if (word_of(p->key, text))
        return read_word(p, text);
    if (!is_measure(text, size ? bytes : seconds, size ? COUNT(bytes) : COUNT(seconds), &value) ||
        value < p->key->low || value > p->key->high)
        return wrong(p, text);
    store(p, value);
    return 0;
}

static int read_flag(const struct place *p, const char *text)
{
    static const char *const words[2][4] = {{"no", "off", "false", "0"},
                                            {"yes", "on", "true", "1"}};

    for (int i = 0; i < 8; i++)
        if (text_same(text, words[i / 4][i % 4])) {
            *(bool *)p->member = i / 4;
            return 0;
        }
    return wrong(p, text);
}

static int read_mode(const struct place *p, const char *text)
{
    size_t length = strspn(text, "01234567");

    if (length < 3 || length > 4 || text[length] || (length == 4 && *text != '0'))
        return wrong(p, text);
    store(p, strtol(text, NULL, 8));
    return 0;
}

static int read_paper(const struct place *p, const char *text)
{
    double *size = p->member, width = 0, height = 0;
    char end;

    if (!text_same(text, "max") && !choice_paper(text, &width, &height)) {
        /* No sign, no exponent: what sscanf() knows besides is no measure. */
        if (strspn(text, "0123456789.x") != strlen(text) || strlen(text) > 30 ||
            sscanf(text, "%lfx%lf%c", &width, &height, &end) != 2 || !(width >= PAPER_LEAST) ||
            !(height >= PAPER_LEAST) || width > PAPER_MOST || height > PAPER_MOST)
            return wrong(p, text);
    }
    size[0] = width;
    size[1] = height;
    return 0;
}

/* -- texts --------------------------------------------------------------------------------------
 */

static int keep(const struct place *p, const char *text)
{
    char *copy = config_take_text(p->pool, text, strlen(text));

    if (!copy)
        return -ENOMEM;
    *(char **)p->member = copy;
    return 0;
}

static int read_text(const struct place *p, const char *text)
{
    if (!*text || !harmless(text))
        return wrong(p, text);
    return keep(p, text);
}

static int read_name(const struct place *p, const char *text)
{
    return config_is_name(text) ? keep(p, text) : wrong(p, text);
}

static int read_path(const struct place *p, const char *text)
{
    if (!harmless(text) || (*text != '/' && strncmp(text, "~/", 2) != 0 && strcmp(text, "~") != 0))
        return wrong(p, text);
    if (*text == '/')
        return keep(p, text);
    char *path = config_below_home(p->pool, text);
    if (!path)
        return -ENOMEM;
    *(char **)p->member = path;
    return 0;
}

static int read_pattern(const struct place *p, const char *text)
{
    struct name_pattern has;
    struct output_error error = {0};

    if (!harmless(text))
        return wrong(p, text);
    if (name_check(text, &has, &error) < 0) {
        snprintf(p->reason, CONFIG_REASON, "%s", error.text);
        return -EINVAL;
    }
    return keep(p, text);
}

static int read_line(const struct place *p, const char *text)
{
    static const char *const fields[] = {"{destination}", "{host}", "{user}"};

    if (!*text || !harmless(text))
        return wrong(p, text);
    for (const char *brace = text; (brace = strpbrk(brace, "{}"));) {
        size_t i = 0;
        while (i < COUNT(fields) && strncmp(brace, fields[i], strlen(fields[i])) != 0)
            i++;
        if (i == COUNT(fields))
            return wrong(p, text);
        brace += strlen(fields[i]);
    }
    return keep(p, text);
}

static int read_owner(const struct place *p, const char *text)
{
    char **names = p->member;
    size_t user = strcspn(text, ":");
    const char *group = text[user] ? text + user + 1 : NULL;
    char *kept = config_take_text(p->pool, text, user);

    if (!kept)
        return -ENOMEM;
    if (user > MAX_MEMBER || (group && (!*group || strlen(group) > MAX_MEMBER)) ||
        (user == 0 && !group))
        return wrong(p, text);
    if (*kept && !getpwnam(kept))
        return wrong_because(p, kept,
                             "is no user of this computer; allowed is a user, or "
                             "\"user:group\"");
    if (group && !getgrnam(group))
        return wrong_because(p, group, "is no group of this computer; allowed is \"user:group\"");
    char *kept_group = group ? config_take_text(p->pool, group, strlen(group)) : NULL;
    if (group && !kept_group)
        return -ENOMEM;
    names[0] = *kept ? kept : NULL;
    names[1] = kept_group;
    return 0;
}

/* -- lists --------------------------------------------------------------------------------------
 */

static bool is_program(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

/* Looks along $PATH. */
static bool is_in_path(const char *name)
{
    const char *folder = getenv("PATH");
    char path[CONFIG_MAX_VALUE];

    for (; folder && *folder; folder += strspn(folder, ":")) {
        size_t length = strcspn(folder, ":");
        int n = snprintf(path, sizeof path, "%.*s/%s", (int)(length < 2048 ? length : 2048), folder,
                         name);
        if (*folder == '/' && n > 0 && n < (int)sizeof path && is_program(path))
            return true;
        folder += length;
    }
    return false;
}

static int check_program(const struct place *p, const char *name)
{
    if (*name != '/' && strchr(name, '/'))
        return wrong_because(p, name,
                             "is neither an absolute path nor a name; allowed is a program "
                             "such as \"/usr/bin/lp\" or \"lp\"");
    if (*name == '/' ? !is_program(name) : !*name || !is_in_path(name))
        return wrong_because(p, name,
                             "is no program that can be run; allowed is an absolute path, "
                             "or a name that is found in PATH");
    return 0;
}

static int check_item(const struct place *p, const char *text, size_t i)
{
    struct quirks quirks = {0};

    if (p->key->kind == KIND_COMMAND)
        return i == 0 ? check_program(p, text) : 0;
    if (p->key->kind == KIND_QUIRKS)
        return quirks_apply(&quirks, text) ? 0 : wrong(p, text);
    if (!*text || !harmless(text))
        return wrong_because(p, text,
                             "cannot be in this list; allowed are texts that are not empty "
                             "and have no control characters");
    return 0;
}

static int read_list(const struct place *p, char *const *values, size_t n)
{
    char **list = n ? config_take(p->pool, (n + 1) * sizeof *list) : NULL;
    int r = n && !list ? -ENOMEM : 0;

    for (size_t i = 0; i < n && r == 0; i++) {
        list[i] = config_take_text(p->pool, values[i], strlen(values[i]));
        r = list[i] ? check_item(p, values[i], i) : -ENOMEM;
    }
    if (r == 0)
        *(config_list *)p->member = list;
    return r;
}

int config_value(struct config_pool *pool, const struct config_key *key, char *const *values,
                 size_t n, void *object, char reason[CONFIG_REASON])
{
    static int (*const readers[])(const struct place *, const char *) = {
        [KIND_TEXT] = read_text,       [KIND_NAME] = read_name,     [KIND_PATH] = read_path,
        [KIND_FLAG] = read_flag,       [KIND_NUMBER] = read_number, [KIND_BYTES] = read_measure,
        [KIND_SECONDS] = read_measure, [KIND_WORD] = read_word,     [KIND_PAPER] = read_paper,
        [KIND_OWNER] = read_owner,     [KIND_MODE] = read_mode,     [KIND_PATTERN] = read_pattern,
        [KIND_LINE] = read_line,       [KIND_LIST] = NULL,          [KIND_QUIRKS] = NULL,
        [KIND_COMMAND] = NULL,
    };
    struct place p = {pool, key, (char *)object + key->offset, reason};
    char allowed[CONFIG_REASON];

    if (n > CONFIG_MAX_LIST) {
        snprintf(reason, CONFIG_REASON, "there are more than %d in the list", CONFIG_MAX_LIST);
        return -EINVAL;
    }
    for (size_t i = 0; i < n; i++)
        if (strlen(values[i]) > CONFIG_MAX_VALUE) {
            snprintf(reason, CONFIG_REASON, "it is longer than %d bytes", CONFIG_MAX_VALUE);
            return -EINVAL;
        }
    if (!readers[key->kind])
        return read_list(&p, values, n);
    if (n != 1) {
        config_allowed(key, allowed);
        reason[0] = 0;
        text_append(reason, CONFIG_REASON, "there are %zu values; allowed is %s", n, allowed);
        return -EINVAL;
    }
    return readers[key->kind](&p, values[0]);
}
