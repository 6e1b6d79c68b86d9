/* SPDX-License-Identifier: MIT */
/*
 * What the device can do, in the words of WS-Scan: read off its options for each source in turn.
 * What it has not is not said; only sizes of an area that it cannot be told are a guess.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "host.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define MM_PER_INCH  25.4
#define DPI_LEAST    10
#define DPI_MOST     4800

/* -- source, mode, resolution -------------------------------------------------------------------
 */

static const SANE_String_Const *text_list(const struct device *device, const char *name)
{
    static const SANE_String_Const none[] = {NULL};
    SANE_Int index;
    const SANE_Option_Descriptor *option = option_find(device, name, &index);

    return option && option->type == SANE_TYPE_STRING &&
                   option->constraint_type == SANE_CONSTRAINT_STRING_LIST &&
                   option->constraint.string_list
               ? option->constraint.string_list
               : none;
}

/* Where both sides are a switch beside the source: "adf-mode" of Epson, flags of others. */
static bool set_sides(const struct device *device, bool both)
{
    for (const SANE_String_Const *s = text_list(device, "adf-mode"); *s; s++)
        if ((strcasestr(*s, "duplex") != NULL) == both && option_set_text(device, "adf-mode", *s))
            return true;
    return option_set_flag(device, "duplex", both) || option_set_flag(device, "adf-duplex", both);
}

static bool set_source(const struct device *device, enum source_kind kind)
{
    char value[256];

    for (const SANE_String_Const *s = text_list(device, "source"); *s; s++) {
        if (word_source(*s) != kind)
            continue;
        /* The list may be gone once the option is set. */
        snprintf(value, sizeof value, "%s", *s);
        return option_set_text(device, "source", value);
    }
    return false;
}

/* A device without the option has one source, and says in its type which. */
static enum source_kind only_source(const struct device *device)
{
    return word_source(device->type) == SOURCE_FEEDER ? SOURCE_FEEDER : SOURCE_PLATEN;
}

static bool has_named_source(const struct device *device)
{
    for (const SANE_String_Const *s = text_list(device, "source"); *s; s++)
        if (word_source(*s) != SOURCE_NONE)
            return true;
    return false;
}

bool device_choose_source(const struct device *device, enum source_kind kind)
{
    bool named = has_named_source(device);

    if (kind == SOURCE_DUPLEX) {
        if (set_source(device, SOURCE_DUPLEX))
            return true;
        return (named ? set_source(device, SOURCE_FEEDER) : only_source(device) == SOURCE_FEEDER) &&
               set_sides(device, true);
    }
    if (named ? !set_source(device, kind) : only_source(device) != kind)
        return false;
    if (kind == SOURCE_FEEDER)
        set_sides(device, false);
    return true;
}

static bool set_mode(const struct device *device, enum raster_mode mode)
{
    char best[256] = "";
    int rank = 0;

    for (const SANE_String_Const *s = text_list(device, "mode"); *s; s++) {
        if (word_mode(*s, mode) <= rank)
            continue;
        rank = word_mode(*s, mode);
        snprintf(best, sizeof best, "%s", *s);
    }
    return rank > 0 && option_set_text(device, "mode", best);
}

bool device_choose_mode(const struct device *device, enum raster_mode mode)
{
    bool has_modes = *text_list(device, "mode") != NULL;
    double bits = 0, wanted = mode == RASTER_BW1 ? 1 : 8;

    if (has_modes && set_mode(device, mode)) {
        option_set_number(device, "depth", wanted, &bits);
        return true;
    }
    /* Where black and white is gray with one bit. */
    if (has_modes)
        return mode == RASTER_BW1 && set_mode(device, RASTER_GRAY8) &&
               option_set_number(device, "depth", wanted, &bits) && bits == wanted;
    /* Without the option it is what the device gives. */
    option_set_number(device, "depth", wanted, &bits);
    SANE_Parameters p;
    if (sane_get_parameters(device->handle, &p) != SANE_STATUS_GOOD)
        return false;
    return mode == (p.format != SANE_FRAME_GRAY ? RASTER_RGB24
                    : p.depth == 1              ? RASTER_BW1
                                                : RASTER_GRAY8);
}

void device_choose_resolution(const struct device *device, double dpi_x, double dpi_y,
                              double *ret_x, double *ret_y)
{
    *ret_x = dpi_x;
    *ret_y = dpi_y;
    if (option_set_number(device, "resolution", dpi_x, ret_x))
        *ret_y = *ret_x;
    else
        option_set_number(device, "x-resolution", dpi_x, ret_x);
    option_set_number(device, "y-resolution", dpi_y, ret_y);
}

static const SANE_Option_Descriptor *resolution_option(const struct device *device)
{
    SANE_Int index;
    const SANE_Option_Descriptor *option = option_find(device, "resolution", &index);

    return option ? option : option_find(device, "x-resolution", &index);
}

static const double usual_dpi[] = {75, 100, 150, 200, 240, 300, 400, 600, 1200, 2400, 4800};

static void add_dpi(struct json_object *list, double value)
{
    size_t n = json_object_array_length(list);
    int dpi = (int)lround(value);

    if (value < DPI_LEAST || value > DPI_MOST || n >= BRIDGE_DPI_MAX)
        return;
    for (size_t i = 0; i < n; i++)
        if (json_object_get_int(json_object_array_get_idx(list, i)) == dpi)
            return;
    json_object_array_add(list, json_object_new_int(dpi));
}

static double listed_dpi(const SANE_Option_Descriptor *option, SANE_Word i)
{
    return option_unfix(option, option->constraint.word_list[i]);
}

static double nearest_dpi(const SANE_Option_Descriptor *option, double wanted)
{
    double best = listed_dpi(option, 1);

    for (SANE_Word i = 2; i <= option->constraint.word_list[0]; i++)
        if (fabs(listed_dpi(option, i) - wanted) < fabs(best - wanted))
            best = listed_dpi(option, i);
    return best;
}

/* The whole list. Of one that is too long (Epson's have 35) what people know: the usual ones that
 * are in it, its ends, and what is nearest to the other usual ones. */
static void add_listed(struct json_object *list, const SANE_Option_Descriptor *option)
{
    SANE_Word n = option->constraint.word_list[0];

    if (n <= BRIDGE_DPI_MAX) {
        for (SANE_Word i = 1; i <= n; i++)
            add_dpi(list, listed_dpi(option, i));
        return;
    }
    for (size_t i = 0; i < COUNT(usual_dpi); i++)
        if (fabs(nearest_dpi(option, usual_dpi[i]) - usual_dpi[i]) < 0.5)
            add_dpi(list, usual_dpi[i]);
    add_dpi(list, nearest_dpi(option, DPI_LEAST));
    add_dpi(list, nearest_dpi(option, DPI_MOST));
    for (size_t i = 0; i < COUNT(usual_dpi); i++)
        add_dpi(list, nearest_dpi(option, usual_dpi[i]));
}

/* Of a range the usual ones, or its low end if there are none. */
static struct json_object *resolutions(const struct device *device)
{
    struct json_object *list = json_object_new_array();
    const SANE_Option_Descriptor *option = resolution_option(device);
    double low, high;

    if (!option || !option_range(option, &low, &high)) {
        add_dpi(list, 300);
        return list;
    }
    if (option->constraint_type == SANE_CONSTRAINT_WORD_LIST) {
        add_listed(list, option);
        return list;
    }
    for (size_t i = 0; i < COUNT(usual_dpi); i++)
        if (usual_dpi[i] >= low && usual_dpi[i] <= high)
            add_dpi(list, usual_dpi[i]);
    if (json_object_array_length(list) == 0)
        add_dpi(list, low);
    return list;
}

/* -- area ---------------------------------------------------------------------------------------
 */

static bool extent(const struct device *device, const char *from, const char *to, double *ret_from,
                   double *ret_size, bool *ret_pixels)
{
    SANE_Int index;
    const SANE_Option_Descriptor *near = option_find(device, from, &index);
    const SANE_Option_Descriptor *far = option_find(device, to, &index);
    double low, high, ignored;

    if (!near || !far || !option_range(near, &low, &ignored) ||
        !option_range(far, &ignored, &high) || high <= low)
        return false;
    *ret_from = low;
    *ret_size = high - low;
    *ret_pixels = far->unit == SANE_UNIT_PIXEL;
    return true;
}

bool device_area(const struct device *device, struct area *ret)
{
    bool pixels_x, pixels_y;
    double per_inch_x = MM_PER_INCH, per_inch_y = MM_PER_INCH;

    if (!extent(device, "tl-x", "br-x", &ret->x, &ret->width, &pixels_x) ||
        !extent(device, "tl-y", "br-y", &ret->y, &ret->height, &pixels_y))
        return false;
    ret->pixels = pixels_x || pixels_y;
    if (ret->pixels) { /* they count at the resolution that is set */
        per_inch_x = per_inch_y = 300;
        if (option_get_number(device, "resolution", &per_inch_x))
            per_inch_y = per_inch_x;
        option_get_number(device, "x-resolution", &per_inch_x);
        option_get_number(device, "y-resolution", &per_inch_y);
    }
    if (per_inch_x <= 0 || per_inch_y <= 0)
        return false;
    ret->x /= per_inch_x;
    ret->width /= per_inch_x;
    ret->y /= per_inch_y;
    ret->height /= per_inch_y;
    return true;
}

static void whole_area(const struct device *device, struct area *ret)
{
    SANE_Parameters p;
    double dpi_x, dpi_y;

    if (device_area(device, ret))
        return;
    *ret = (struct area){.width = 8.5, .height = 11.7};
    device_choose_resolution(device, 300, 300, &dpi_x, &dpi_y);
    if (sane_get_parameters(device->handle, &p) != SANE_STATUS_GOOD || dpi_x <= 0 || dpi_y <= 0)
        return;
    if (p.pixels_per_line > 0)
        ret->width = p.pixels_per_line / dpi_x;
    if (p.lines > 0)
        ret->height = p.lines / dpi_y;
}

/* 1/1000 inch, as much as is surely there. */
static int thousandths(double inches)
{
    return (int)fmin(fmax(floor(inches * 1000 + 0.001), 10), 100000);
}

/* -- all of it ----------------------------------------------------------------------------------
 */

static void add_source(const struct device *device, enum source_kind kind,
                       struct json_object *sources)
{
    struct json_object *object, *modes;
    struct area area;

    if (!device_choose_source(device, kind))
        return;
    object = json_object_new_object();
    modes = json_object_new_array();
    for (enum raster_mode mode = RASTER_BW1; mode <= RASTER_RGB24; mode++)
        if (device_choose_mode(device, mode))
            json_object_array_add(modes, json_object_new_string(word_raster(mode)));
    whole_area(device, &area);
    json_object_object_add(object, "kind", json_object_new_string(word_kind(kind)));
    json_object_object_add(object, "modes", modes);
    json_object_object_add(object, "dpi", resolutions(device));
    json_object_object_add(object, "width", json_object_new_int(thousandths(area.width)));
    json_object_object_add(object, "height", json_object_new_int(thousandths(area.height)));
    json_object_array_add(sources, object);
}

/* Sensors that a person works: options that cannot be set by a program (SANE 4.5: hard select or
 * none) and that are named for what they are. */
static bool is_button(const SANE_Option_Descriptor *option)
{
    static const char *const words[] = {"scan", "email", "copy", "fax",   "file",  "pdf",
                                        "web",  "ocr",   "text", "print", "extra", "button"};

    if (!option || !option->name || (option->cap & SANE_CAP_SOFT_SELECT) ||
        !(option->cap & SANE_CAP_SOFT_DETECT) || !SANE_OPTION_IS_ACTIVE(option->cap) ||
        (option->type != SANE_TYPE_BOOL && option->type != SANE_TYPE_INT))
        return false;
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(option->name, words[i]) == 0 || strcasestr(option->name, "button"))
            return true;
    return false;
}

static struct json_object *button_list(const struct device *device, bool held)
{
    struct json_object *list = json_object_new_array();
    SANE_Int count = 0;

    if (sane_control_option(device->handle, 0, SANE_ACTION_GET_VALUE, &count, NULL) !=
        SANE_STATUS_GOOD)
        return list;
    for (SANE_Int i = 1; i < count && json_object_array_length(list) < BRIDGE_BUTTONS_MAX; i++) {
        const SANE_Option_Descriptor *option = sane_get_option_descriptor(device->handle, i);
        bool on = true;
        if (is_button(option) && (!held || (option_get_flag(device, option, i, &on) && on)))
            json_object_array_add(list, json_object_new_string(option->name));
    }
    return list;
}

struct json_object *device_buttons(const struct device *device)
{
    struct json_object *object = json_object_new_object();

    json_object_object_add(object, "is", json_object_new_string("buttons"));
    json_object_object_add(object, "pressed", button_list(device, true));
    return object;
}

struct json_object *device_ability(const struct device *device)
{
    struct json_object *object = json_object_new_object(), *sources = json_object_new_array();

    for (enum source_kind kind = SOURCE_PLATEN; kind <= SOURCE_DUPLEX; kind++)
        add_source(device, kind, sources);
    json_object_object_add(object, "is", json_object_new_string("ability"));
    json_object_object_add(object, "vendor", json_object_new_string(device->vendor));
    json_object_object_add(object, "model", json_object_new_string(device->model));
    json_object_object_add(object, "sources", sources);
    json_object_object_add(object, "buttons", button_list(device, false));
    return object;
}
