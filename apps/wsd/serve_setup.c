/* SPDX-License-Identifier: MIT */
/* Changes of the scanner's setup, as words: "resolutions" and "75,150". */
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "raster/encoder.h"
#include "scanner.h"
#include "serve.h"

#define DPI_MIN 10
#define DPI_MAX 4800

/* Takes the next of a list into `ret`; false at its end, or when it does not fit. */
static bool next_word(const char **list, char ret[64])
{
    size_t length = strcspn(*list, ",");

    if (length == 0 || length >= 64)
        return false;
    memcpy(ret, *list, length);
    ret[length] = 0;
    *list += length + ((*list)[length] == ',' && (*list)[length + 1] != 0);
    return true;
}

static bool set_text(char *to, const char *value, const char *key, bool needed,
                     control_reason reason)
{
    if ((needed && !*value) || strlen(value) >= SERVE_TEXT_MAX) {
        snprintf(reason, CONTROL_REASON, "%s is a text of up to 127 characters", key);
        return false;
    }
    snprintf(to, SERVE_TEXT_MAX, "%s", value);
    return true;
}

static bool set_flag(bool *to, const char *value, const char *key, control_reason reason)
{
    if (text_same(value, "on") || text_same(value, "off")) {
        *to = text_same(value, "on");
        return true;
    }
    snprintf(reason, CONTROL_REASON, "%s is on or off, not '%.40s'", key, value);
    return false;
}

static bool set_resolutions(struct serve_setup *setup, const char *value, control_reason reason)
{
    char word[64];
    size_t n = 0;
    int32_t list[SERVE_RESOLUTIONS_MAX];
    const char *rest = value;
    bool good = true;

    while (good && *rest && n < SERVE_RESOLUTIONS_MAX && next_word(&rest, word)) {
        long dpi;
        good = text_number(word, DPI_MIN, DPI_MAX, &dpi) && (n == 0 || dpi > list[n - 1]);
        if (good)
            list[n++] = (int32_t)dpi;
    }
    if (!good || *rest || n == 0) {
        snprintf(reason, CONTROL_REASON,
                 "resolutions are up to %d rising numbers from %d to %d, such as 75,150,300",
                 SERVE_RESOLUTIONS_MAX, DPI_MIN, DPI_MAX);
        return false;
    }
    memcpy(setup->resolutions, list, sizeof list);
    setup->n_resolutions = n;
    return true;
}

/* A list of words, each once, each found by `find` (0: unknown). */
static bool set_words(int *to, size_t *to_n, size_t max, int (*find)(const char *word),
                      const char *value)
{
    char word[64];
    size_t n = 0;
    int list[SERVE_FORMATS_MAX];
    const char *rest = value;

    while (*rest && n < max && next_word(&rest, word)) {
        list[n] = find(word);
        for (size_t i = 0; i < n; i++)
            if (list[i] == list[n])
                return false;
        if (list[n++] == 0)
            return false;
    }
    if (*rest || n == 0)
        return false;
    memcpy(to, list, n * sizeof *list);
    *to_n = n;
    return true;
}

static int find_format(const char *word)
{
    for (int f = 1; f <= WSD_SCAN_FORMAT_XPS; f++)
        if (text_same(word, format_word(f)))
            return encoder_mime_type(format_word(f)) ? f : 0;
    return 0;
}

static int find_color(const char *word)
{
    return text_same(word, "bw")      ? WSD_SCAN_COLOR_BLACK_AND_WHITE1
           : text_same(word, "gray")  ? WSD_SCAN_COLOR_GRAYSCALE8
           : text_same(word, "color") ? WSD_SCAN_COLOR_RGB24
                                      : 0;
}

static bool set_formats(struct serve_setup *setup, const char *value, control_reason reason)
{
    if (set_words(setup->formats, &setup->n_formats, SERVE_FORMATS_MAX, find_format, value))
        return true;
    snprintf(reason, CONTROL_REASON, "formats are a list of:");
    for (int f = 1; f <= WSD_SCAN_FORMAT_XPS; f++)
        if (find_format(format_word(f)))
            text_append(reason, CONTROL_REASON, " %s", format_word(f));
    return false;
}

static bool set_modes(struct serve_setup *setup, const char *value, control_reason reason)
{
    if (set_words(setup->colors, &setup->n_colors, SERVE_COLORS_MAX, find_color, value))
        return true;
    snprintf(reason, CONTROL_REASON, "modes are a list of: bw gray color");
    return false;
}

bool serve_setup_set(struct serve_setup *setup, const char *key, const char *value,
                     control_reason reason)
{
    if (text_same(key, "name"))
        return set_text(setup->name, value, "name", true, reason);
    if (text_same(key, "info"))
        return set_text(setup->info, value, "info", false, reason);
    if (text_same(key, "location"))
        return set_text(setup->location, value, "location", false, reason);
    if (text_same(key, "resolutions"))
        return set_resolutions(setup, value, reason);
    if (text_same(key, "formats"))
        return set_formats(setup, value, reason);
    if (text_same(key, "modes"))
        return set_modes(setup, value, reason);
    if (text_same(key, "glass"))
        return set_flag(&setup->glass, value, "glass", reason);
    if (text_same(key, "feeder"))
        return set_flag(&setup->feeder, value, "feeder", reason);
    if (text_same(key, "duplex"))
        return set_flag(&setup->duplex, value, "duplex", reason);
    snprintf(reason, CONTROL_REASON,
             "there is no '%.40s' to configure; there are name, info, location, resolutions, "
             "formats, modes, glass, feeder, duplex",
             key);
    return false;
}

bool serve_setup_check(const struct serve_setup *setup, control_reason reason)
{
    if (setup->glass || setup->feeder)
        return true;
    snprintf(reason, CONTROL_REASON, "a scanner needs a glass or a feeder");
    return false;
}
