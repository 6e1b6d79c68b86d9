/* SPDX-License-Identifier: MIT */
/*
 * What the host says of its device, as a setup of the scanner. One list of resolutions and one of
 * colors serve all sources: what not every source has is left out.
 */
#include <stdio.h>
#include <string.h>

#include "common/control.h"
#include "raster/encoder.h"
#include "scanner.h"
#include "serve_bridge.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define SIDE_MAX     100000 /* 1/1000 inch */

static int color_of(const char *word)
{
    return strcmp(word, "bw") == 0      ? WSD_SCAN_COLOR_BLACK_AND_WHITE1
           : strcmp(word, "gray") == 0  ? WSD_SCAN_COLOR_GRAYSCALE8
           : strcmp(word, "color") == 0 ? WSD_SCAN_COLOR_RGB24
                                        : 0;
}

/* The numbers of a list, rising; returns how many. */
static size_t take_numbers(const struct json_object *object, const char *key,
                           int32_t list[SERVE_RESOLUTIONS_MAX])
{
    struct json_object *array = NULL;
    size_t n = 0;

    json_object_object_get_ex(object, key, &array);
    for (size_t i = 0; json_object_is_type(array, json_type_array) &&
                       i < json_object_array_length(array) && n < SERVE_RESOLUTIONS_MAX;
         i++) {
        int32_t value = json_object_get_int(json_object_array_get_idx(array, i));
        size_t at = n;
        if (value < 1)
            continue;
        while (at > 0 && list[at - 1] > value)
            at--;
        if (at > 0 && list[at - 1] == value)
            continue;
        memmove(list + at + 1, list + at, (n - at) * sizeof *list);
        list[at] = value;
        n++;
    }
    return n;
}

/* What of `list` is in `other` too; all of it if nothing is. */
static size_t common(int32_t *list, size_t n, const int32_t *other, size_t n_other)
{
    size_t kept = 0;
    int32_t both[SERVE_RESOLUTIONS_MAX];

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n_other; k++)
            if (list[i] == other[k])
                both[kept++] = list[i];
    if (kept == 0)
        return n;
    memcpy(list, both, kept * sizeof *both);
    return kept;
}

static void take_modes(const struct json_object *source, bool first, struct serve_setup *setup)
{
    struct json_object *array = NULL;
    int32_t colors[SERVE_COLORS_MAX], had[SERVE_COLORS_MAX];
    size_t n = 0, n_had = setup->n_colors;

    json_object_object_get_ex(source, "modes", &array);
    for (size_t i = 0; json_object_is_type(array, json_type_array) &&
                       i < json_object_array_length(array) && n < SERVE_COLORS_MAX;
         i++) {
        const char *word = json_object_get_string(json_object_array_get_idx(array, i));
        colors[n] = color_of(word ? word : "");
        n += colors[n] != 0;
    }
    for (size_t i = 0; i < n_had; i++)
        had[i] = setup->colors[i];
    if (!first)
        n = n == 0 ? n_had : common(memcpy(colors, had, sizeof had), n_had, colors, n);
    setup->n_colors = n;
    for (size_t i = 0; i < n; i++)
        setup->colors[i] = colors[i];
}

static uint32_t side(const struct json_object *source, const char *key)
{
    int64_t value = 0;

    return control_number(source, key, 10, SIDE_MAX, &value) ? (uint32_t)value : 0;
}

static bool take_source(const struct json_object *source, struct serve_setup *setup)
{
    const char *kind = "";
    bool first = !setup->glass && !setup->feeder;
    int32_t dpi[SERVE_RESOLUTIONS_MAX];
    uint32_t width = side(source, "width"), height = side(source, "height");
    size_t n = take_numbers(source, "dpi", dpi);

    control_text(source, "kind", &kind);
    if (n == 0 || width == 0 || height == 0)
        return false;
    if (first) {
        memcpy(setup->resolutions, dpi, n * sizeof *dpi);
        setup->n_resolutions = n;
    } else {
        setup->n_resolutions = common(setup->resolutions, setup->n_resolutions, dpi, n);
    }
    take_modes(source, first, setup);
    if (strcmp(kind, "platen") == 0) {
        setup->glass = true;
        setup->glass_width = width;
        setup->glass_height = height;
        return true;
    }
    setup->duplex = setup->duplex || strcmp(kind, "duplex") == 0;
    /* Both sides may be less than one: then one is as much. */
    setup->feeder_width =
        !setup->feeder || width < setup->feeder_width ? width : setup->feeder_width;
    setup->feeder_height =
        !setup->feeder || height < setup->feeder_height ? height : setup->feeder_height;
    setup->feeder = true;
    return true;
}

/* Those that can carry one of the colors, at least. */
static void take_formats(struct serve_setup *setup)
{
    struct serve_setup all;

    serve_setup_init(&all, setup->name);
    setup->n_formats = 0;
    for (size_t i = 0; i < all.n_formats; i++) {
        bool fits = false;
        for (size_t c = 0; c < setup->n_colors; c++)
            fits =
                fits || encoder_supports(format_word(all.formats[i]), serve_mode(setup->colors[c]));
        if (fits)
            setup->formats[setup->n_formats++] = all.formats[i];
    }
}

bool bridge_ability(struct bridge *bridge, const struct json_object *object,
                    struct serve_setup *ret)
{
    struct json_object *sources = NULL, *buttons = NULL;
    const char *text = "";

    control_text(object, "vendor", &text);
    snprintf(bridge->vendor, sizeof bridge->vendor, "%s", *text ? text : "SANE");
    text = "";
    control_text(object, "model", &text);
    snprintf(bridge->model, sizeof bridge->model, "%s", *text ? text : bridge->name);
    json_object_object_get_ex(object, "buttons", &buttons);
    bridge->buttons =
        json_object_is_type(buttons, json_type_array) && json_object_array_length(buttons) > 0;
    *ret = (struct serve_setup){0};
    json_object_object_get_ex(object, "sources", &sources);
    for (size_t i = 0; json_object_is_type(sources, json_type_array) &&
                       i < json_object_array_length(sources) && i < BRIDGE_SOURCES_MAX;
         i++)
        take_source(json_object_array_get_idx(sources, i), ret);
    take_formats(ret);
    return (ret->glass || ret->feeder) && ret->n_colors > 0 && ret->n_formats > 0;
}
