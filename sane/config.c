/* SPDX-License-Identifier: MIT */
/*
 * The file is read by libconfuse, which the configuration of wsd-scand is read by as well.
 */
#include "config.h"

#include <confuse.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wsd/certificate.h>

#include "bounds.h"
#include "common/confuse.h"
#include "common/text.h"
#include "lean.h"

#ifndef WSD_SANE_CONFIG_DIR
#define WSD_SANE_CONFIG_DIR "/etc/sane.d"
#endif

void say(const struct config *config, int level, const char *format, ...)
{
    char line[1024], clean[1024];
    va_list arguments;

    if (config->debug < level)
        return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    fprintf(stderr, "[wsd] %s\n", text_clean(line, clean, sizeof clean));
}

/* -- the file -----------------------------------------------------------------------------------
 */

static void on_mistake(cfg_t *cfg, const char *format, va_list arguments)
{
    char what[300];

    vsnprintf(what, sizeof what, format, arguments);
    fprintf(stderr, "[wsd] %s:%d: %s\n", cfg && cfg->filename ? cfg->filename : "wsd.conf",
            cfg ? cfg->line : 0, what);
}

/* Where the file is: the first of the folders that has one. */
static bool find_file(char *ret, size_t size)
{
    const char *folders = getenv("SANE_CONFIG_DIR");
    char list[2048];
    size_t n = folders ? strlen(folders) : 0;

    /* A list that ends in a colon goes on with the folders that are looked in anyway. */
    snprintf(list, sizeof list, "%s%s", n ? folders : "",
             n == 0                  ? ".:" WSD_SANE_CONFIG_DIR
             : folders[n - 1] == ':' ? ".:" WSD_SANE_CONFIG_DIR
                                     : "");
    for (const char *at = list; *at; at += *at == ':') {
        size_t length = strcspn(at, ":");
        snprintf(ret, size, "%.*s/wsd.conf", (int)length, at);
        if (length > 0 && access(ret, R_OK) == 0)
            return true;
        at += length;
    }
    return false;
}

static unsigned milliseconds(double seconds, unsigned low)
{
    double high = SANE_SEARCH_MAX_MS / 1000.0;
    double kept = seconds >= 0 ? seconds < high ? seconds : high : 0; /* it may be no number */

    return (unsigned)(kept * 1000) < low ? low : (unsigned)(kept * 1000);
}

static bool take_places(cfg_t *cfg, struct config *config)
{
    unsigned n = cfg_size(cfg, "device");

    n = n < SANE_PLACES_MAX ? n : SANE_PLACES_MAX;
    config->places = calloc(n ? n : 1, sizeof *config->places);
    if (!config->places)
        return false;
    for (unsigned i = 0; i < n; i++) {
        cfg_t *section = cfg_getnsec(cfg, "device", i);
        struct place *place = &config->places[config->n_places];
        const char *address = cfg_getstr(section, "address");
        if (!address || !*address) {
            fprintf(stderr, "[wsd] %s: device \"%s\" has no address\n", cfg->filename,
                    cfg_title(section));
            continue;
        }
        place->name = strdup(cfg_title(section));
        place->address = strdup(address);
        config->n_places++;
        if (!place->name || !place->address)
            return false;
    }
    return true;
}

static bool take_interfaces(cfg_t *cfg, struct config *config)
{
    unsigned n = cfg_size(cfg, "interfaces");

    if (n == 0)
        return true;
    config->interfaces = calloc(n + 1, sizeof *config->interfaces);
    for (unsigned i = 0; config->interfaces && i < n; i++)
        if (!(config->interfaces[i] = strdup(cfg_getnstr(cfg, "interfaces", i))))
            return false;
    return config->interfaces != NULL;
}

/* NULL if it cannot be read. */
static char *read_text(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "re");
    char *text = file ? calloc(1, SANE_CONFIG_MAX + 1) : NULL;

    if (text && (*ret_size = fread(text, 1, SANE_CONFIG_MAX, file)) == SANE_CONFIG_MAX &&
        fgetc(file) != EOF)
        fprintf(stderr, "[wsd] %s: what is beyond 64 KiB is not read\n", path);
    if (file)
        fclose(file);
    return text;
}

/* As cfg_parse_fp(), with 2.5 for two and a half whatever the program's language has; only for this
 * thread. */
static int parse_numbers(cfg_t *cfg, FILE *file)
{
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);

    if (!plain)
        return CFG_FILE_ERROR;
    locale_t before = uselocale(plain);
    int code = cfg_parse_fp(cfg, file);
    uselocale(before);
    freelocale(plain);
    return code;
}

static void on_guarded(void *user, unsigned line, const char *what)
{
    fprintf(stderr, "[wsd] %s:%u: %s\n", *(const char *const *)user, line, what);
}

/* As cfg_parse(), of a text. */
static int parse(cfg_t *cfg, const char *path, char *text, size_t size)
{
    if (!confuse_guard(text, size, SANE_VALUE_MAX, on_guarded, &path))
        return CFG_PARSE_ERROR;
    FILE *file = size > 0 ? fmemopen(text, size, "r") : NULL;
    int code = size > 0 ? CFG_FILE_ERROR : CFG_SUCCESS;

    if (file) {
        cfg->filename = strdup(path);
        code = parse_numbers(cfg, file);
        fclose(file);
    }
    return code;
}

bool config_take(const char *path, char *text, size_t size, struct config *config)
{
    cfg_opt_t device[] = {CFG_STR("address", NULL, CFGF_NONE), CFG_END()};
    cfg_opt_t options[] = {CFG_BOOL("search", cfg_true, CFGF_NONE),
                           CFG_FLOAT("search-time", SANE_SEARCH_MS / 1000.0, CFGF_NONE),
                           CFG_BOOL("allow-foreign", cfg_false, CFGF_NONE),
                           CFG_STR_LIST("interfaces", NULL, CFGF_NONE),
                           CFG_SEC("device", device, CFGF_MULTI | CFGF_TITLE),
                           CFG_END()};
    cfg_t *cfg = cfg_init(options, CFGF_NONE);
    bool good = true;

    if (!cfg)
        return false;
    cfg_set_error_function(cfg, on_mistake);
    if (parse(cfg, path, text, size) == CFG_SUCCESS) {
        config->search = cfg_getbool(cfg, "search");
        config->search_ms = milliseconds(cfg_getfloat(cfg, "search-time"), SANE_SEARCH_MIN_MS);
        config->allow_foreign = cfg_getbool(cfg, "allow-foreign");
        good = take_places(cfg, config) && take_interfaces(cfg, config);
    }
    cfg_free(cfg);
    return good;
}

static bool read_file(const char *path, struct config *config)
{
    size_t size = 0;
    char *text = read_text(path, &size);
    bool good = !text || config_take(path, text, size, config);

    free(text);
    return good;
}

bool config_read(struct config *ret)
{
    const char *debug = getenv("SANE_DEBUG_WSD");
    char path[2200];

    *ret = (struct config){.search = true, .search_ms = SANE_SEARCH_MS};
    ret->debug = debug ? (int)strtol(debug, NULL, 10) : 0;
    if (find_file(path, sizeof path) && !read_file(path, ret)) {
        config_free(ret);
        return false;
    }
    ret->quick_ms = ret->search_ms < SANE_QUICK_MS ? ret->search_ms : SANE_QUICK_MS;
    return true;
}

void config_free(struct config *config)
{
    for (size_t i = 0; i < config->n_places; i++) {
        free(config->places[i].name);
        free(config->places[i].address);
    }
    for (size_t i = 0; config->interfaces && config->interfaces[i]; i++)
        free((char *)config->interfaces[i]);
    free(config->interfaces);
    free(config->places);
    *config = (struct config){0};
}

/* -- a context ----------------------------------------------------------------------------------
 */

static void on_log(void *user, enum wsd_log_level level, const char *line)
{
    (void)level;
    (void)user;
    fprintf(stderr, "[wsd] %s\n", line);
}

int config_context(const struct config *config, uint64_t (*now)(void *user), void *user,
                   struct wsd_context **ret, struct wsd_error *reterr)
{
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;

    lean();
    options.log = config->debug >= 3 ? on_log : NULL;
    options.interfaces = config->interfaces;
    options.allow_foreign_addresses = config->allow_foreign;
    options.now = now;
    options.user = user;
    int r = wsd_context_new(&options, ret, reterr);
    /* A context is made for each step: what a certificate was has to outlive it. */
    if (r >= 0 && (r = wsd_keep_certificates(*ret, NULL, reterr)) < 0) {
        wsd_context_free(*ret);
        *ret = NULL;
    }
    return r;
}
