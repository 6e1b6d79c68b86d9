/* SPDX-License-Identifier: MIT */
/*
 * What the test chart shows and where. Blocks are stacked from the top down in millimetres; one
 * that a small media has no room for is left out. Drawing is scene.h's work, exposure and the
 * change of mode filter.h's.
 */
#include "chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "filter.h"
#include "font.h"
#include "scene.h"

#define MM_PER_MIL 0.0254

#define BLACK   SCENE_RGB(0, 0, 0)
#define WHITE   SCENE_RGB(255, 255, 255)
#define GRAY(v) SCENE_RGB(v, v, v)
#define SLATE   SCENE_RGB(84, 96, 110)
#define ACCENT  SCENE_RGB(0, 92, 158)

#define MARGIN_LEFT  16.0
#define MARGIN_RIGHT 9.0
#define MARGIN_TOP   13.0
#define MARGIN_FOOT  6.0
#define GAP          4.0
#define LABEL        0.28 /* module of small lettering, mm */

struct sheet {
    struct scene *scene;
    const struct raster_request *request;
    double width, height; /* of the media, mm */
    double x, y, room;    /* where the next block starts and how wide it may be */
};

static double text_width(const char *text, double module)
{
    size_t length = strlen(text);

    return length > 0 ? ((double)length * FONT_ADVANCE - 1) * module : 0;
}

static void centred(const struct sheet *sheet, double x, double y, double module, uint32_t colour,
                    const char *text)
{
    double width = text_width(text, scene_module(sheet->scene, module));

    scene_text(sheet->scene, x - width / 2, y, module, colour, text);
}

static bool fits(const struct sheet *sheet, double height)
{
    return sheet->y + height <= sheet->height - MARGIN_FOOT;
}

static void frame(const struct sheet *sheet, double x, double y, double width, double height,
                  double thickness, uint32_t colour)
{
    struct scene *scene = sheet->scene;

    scene_hair(scene, x, y, width, thickness, colour);
    scene_hair(scene, x, y + height - thickness, width, thickness, colour);
    scene_hair(scene, x, y, thickness, height, colour);
    scene_hair(scene, x + width - thickness, y, thickness, height, colour);
}

/* ------------------------------------------------------------------- rulers */

static double tick_length(int mm)
{
    return mm % 10 == 0 ? 4.5 : mm % 5 == 0 ? 3.2 : 2.0;
}

static void rulers(const struct sheet *sheet)
{
    struct scene *scene = sheet->scene;
    char number[16];

    for (int mm = 1; mm < sheet->width; mm++) {
        scene_hair(scene, mm, 0, 0.12, tick_length(mm), BLACK);
        snprintf(number, sizeof number, "%d", mm);
        if (mm % 10 == 0 && mm + 4 < sheet->width)
            centred(sheet, mm, 5.3, LABEL, BLACK, number);
    }
    for (int mm = 1; mm < sheet->height; mm++) {
        scene_hair(scene, 0, mm, tick_length(mm), 0.12, BLACK);
        snprintf(number, sizeof number, "%d", mm);
        if (mm % 10 == 0 && mm + 2 < sheet->height)
            scene_text(scene, 5.3, mm - 3.5 * LABEL, LABEL, BLACK, number);
    }
    /* The far edges: a line just inside, to see at once whether the whole media came. */
    scene_hair(scene, 0, 0, sheet->width, 0.12, BLACK);
    scene_hair(scene, 0, 0, 0.12, sheet->height, BLACK);
    scene_rect(scene, sheet->width - 0.5, 0, 0.5, sheet->height, ACCENT);
    scene_rect(scene, 0, sheet->height - 0.5, sheet->width, 0.5, ACCENT);
}

/* ------------------------------------------------------------------- header */

static const char *const mode_names[] = {
    [RASTER_BW1] = "BlackAndWhite1",
    [RASTER_GRAY8] = "Grayscale8",
    [RASTER_RGB24] = "RGB24",
};

static void settings(const struct sheet *sheet, double y, double room)
{
    const struct raster_request *request = sheet->request;
    char lines[3][96];

    snprintf(lines[0], sizeof lines[0], "%s  %u x %u dpi", mode_names[request->mode],
             request->dpi_x, request->dpi_y);
    snprintf(lines[1], sizeof lines[1], "media %.1f x %.1f mm", sheet->width, sheet->height);
    snprintf(lines[2], sizeof lines[2],
             "scale %u x %u %%  rotation %d  brightness %d  contrast %d  sharpness %d",
             request->scale_x ? request->scale_x : 100, request->scale_y ? request->scale_y : 100,
             request->rotation, request->brightness, request->contrast, request->sharpness);
    for (int i = 0; i < 3; i++) {
        double module = fmin(0.3, 0.3 * room / text_width(lines[i], 0.3));

        scene_text(sheet->scene, sheet->x, y + i * 3.6, module, SLATE, lines[i]);
    }
}

static void header(struct sheet *sheet)
{
    const char *title = sheet->request->title ? sheet->request->title : "Test chart";
    const char *side = sheet->request->back ? "back" : "front";
    char page[16];
    double height = 21, module = 2.0;

    snprintf(page, sizeof page, "%u", sheet->request->page);

    double wide = fmax(text_width(page, module), text_width(side, 0.55));
    double left = sheet->x + sheet->room - wide;
    double room = sheet->room - wide - 6;

    if (!fits(sheet, height) || room < 20)
        return;
    scene_text(sheet->scene, left + (wide - text_width(page, module)) / 2, sheet->y, module, ACCENT,
               page);
    centred(sheet, left + wide / 2, sheet->y + 15.8, 0.55, ACCENT, side);
    if (*title)
        scene_text(sheet->scene, sheet->x, sheet->y, fmin(0.7, 0.7 * room / text_width(title, 0.7)),
                   BLACK, title);
    settings(sheet, sheet->y + 8, room);
    sheet->y += height + GAP - 1;
}

/* ------------------------------------------------------------------ patches */

struct patch {
    const char *name;
    uint32_t colour;
};

static const struct patch primaries[] = {
    {"R", SCENE_RGB(255, 0, 0)},
    {"G", SCENE_RGB(0, 255, 0)},
    {"B", SCENE_RGB(0, 0, 255)},
    {"C", SCENE_RGB(0, 255, 255)},
    {"M", SCENE_RGB(255, 0, 255)},
    {"Y", SCENE_RGB(255, 255, 0)},
    {"black", BLACK},
    {"white", WHITE},
};

static const struct patch naturals[] = {
    {"skin 1", SCENE_RGB(242, 208, 184)},
    {"skin 2", SCENE_RGB(198, 148, 116)},
    {"skin 3", SCENE_RGB(112, 74, 56)},
    {"leaf", SCENE_RGB(92, 122, 64)},
    {"sky", SCENE_RGB(108, 150, 196)},
    {"gray 25", GRAY(191)},
    {"gray 50", GRAY(128)},
    {"gray 75", GRAY(64)},
};

static void patches(struct sheet *sheet, const struct patch *patch, size_t count)
{
    double step = (sheet->room + 2) / (double)count, height = 11;

    if (!fits(sheet, height + 3))
        return;
    for (size_t i = 0; i < count; i++, patch++) {
        double x = sheet->x + (double)i * step;

        scene_rect(sheet->scene, x, sheet->y, step - 2, height, patch->colour);
        if (patch->colour == WHITE)
            frame(sheet, x, sheet->y, step - 2, height, 0.12, BLACK);
        centred(sheet, x + (step - 2) / 2, sheet->y + height + 0.8,
                fmin(LABEL, LABEL * (step - 1) / text_width(patch->name, LABEL)), BLACK,
                patch->name);
    }
    sheet->y += height + 3 + GAP - 1;
}

/* --------------------------------------------------------------- grey ramps */

static void ramps(struct sheet *sheet)
{
    double step = sheet->room / 11, height = 9;
    char label[8];

    if (!fits(sheet, 2 * height + 3))
        return;
    for (int i = 0; i <= 10; i++) {
        uint8_t value = (uint8_t)(255 - i * 255 / 10);

        scene_rect(sheet->scene, sheet->x + i * step, sheet->y, step, height, GRAY(value));
        snprintf(label, sizeof label, "%d%%", i * 10);
        centred(sheet, sheet->x + (i + 0.5) * step, sheet->y + height / 2 - 3.5 * LABEL, LABEL,
                value < 128 ? WHITE : BLACK, label);
    }
    for (int i = 0; i < 256; i++)
        scene_rect(sheet->scene, sheet->x + i * sheet->room / 256, sheet->y + height + 1,
                   sheet->room / 256, height - 3, GRAY(255 - i));
    frame(sheet, sheet->x, sheet->y, sheet->room, height, 0.12, BLACK);
    frame(sheet, sheet->x, sheet->y + height + 1, sheet->room, height - 3, 0.12, BLACK);
    sheet->y += 2 * height - 2 + GAP;
}

/* --------------------------------------------------------------- line pairs */

static void line_pairs(struct sheet *sheet)
{
    static const int per_mm[] = {1, 2, 3, 4, 5, 6, 8, 10};
    const int groups = sizeof per_mm / sizeof *per_mm;
    double step = (sheet->room + 2) / groups, wide = step - 2, height = 8;
    char label[16];

    if (!fits(sheet, 2 * height + 4))
        return;
    for (int group = 0; group < groups; group++) {
        double x = sheet->x + group * step, period = 1.0 / per_mm[group];
        double y = sheet->y + height + 1;

        for (int i = 0; (i + 0.5) * period <= wide; i++)
            scene_rect(sheet->scene, x + i * period, sheet->y, period / 2, height, BLACK);
        for (int i = 0; (i + 0.5) * period <= height; i++)
            scene_rect(sheet->scene, x, y + i * period, wide, period / 2, BLACK);
        snprintf(label, sizeof label, "%d lp/mm", per_mm[group]);
        centred(sheet, x + wide / 2, y + height + 0.8,
                fmin(LABEL, LABEL * (step - 1) / text_width(label, LABEL)), BLACK, label);
    }
    sheet->y += 2 * height + 4 + GAP - 1;
}

/* ----------------------------------------------------- geometry and reading */

static void target(const struct sheet *sheet, double x, double y, double size)
{
    struct scene *scene = sheet->scene;
    double middle_x = x + size / 2, middle_y = y + size / 2;
    char label[32];

    frame(sheet, x, y, size, size, 0.2, BLACK);
    scene_line(scene, x, y, x + size, y + size, 0.25, BLACK);
    scene_line(scene, x, y + size, x + size, y, 0.25, BLACK);
    scene_hair(scene, middle_x - 0.06, y, 0.12, size, SLATE);
    scene_hair(scene, x, middle_y - 0.06, size, 0.12, SLATE);
    for (int ring = 1; ring <= 4; ring++)
        scene_ring(scene, middle_x, middle_y, size / 8 * ring, size / 8 * ring - 0.3,
                   ring % 2 ? ACCENT : BLACK);
    scene_ring(scene, middle_x, middle_y, 1.2, 0, ACCENT);
    snprintf(label, sizeof label, "square and circle %.0f mm", size);
    scene_text(scene, x, y + size + 1, LABEL, BLACK, label);
}

static void reading(const struct sheet *sheet, double x, double y, double room, double height)
{
    static const double modules[] = {0.12, 0.17, 0.25, 0.34, 0.42, 0.51, 0.75, 1.0};
    static const char *const samples[] = {
        "Sphinx of black quartz, judge my vow.",
        "0123456789 Il1| O0Q 5S 8B 2Z rn m",
    };
    double bottom = y + height;
    char text[64];

    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        double module = scene_module(sheet->scene, modules[i]), line = module * FONT_ROWS + 0.9;
        size_t most = (size_t)fmax(room / (FONT_ADVANCE * module), 0);

        if (y + 2 * line > bottom)
            return;
        for (size_t j = 0; j < 2; j++, y += line) {
            snprintf(text, sizeof text, "%.*s", (int)(most < 60 ? most : 60), samples[j]);
            scene_text(sheet->scene, x, y, modules[i], BLACK, text);
        }
        y += 1;
    }
}

static void geometry(struct sheet *sheet)
{
    double room = sheet->height - MARGIN_FOOT - sheet->y - 4;
    double size = floor(fmin(fmin(room, sheet->room * 0.5), 80) / 10) * 10;

    if (size < 10)
        return;
    target(sheet, sheet->x, sheet->y, size);
    reading(sheet, sheet->x + size + 5, sheet->y, sheet->room - size - 5, size);
    sheet->y += size + 4 + GAP;
}

/* Spokes that close up towards the middle: where they run into one another is the resolution. */
static void star(const struct sheet *sheet, double x, double y, double size)
{
    const int spokes = 36;
    double middle_x = x + size / 2, middle_y = y + size / 2, radius = size / 2;

    for (int i = 0; i < spokes; i++) {
        double angle = 2 * M_PI * (i + 0.5) / spokes;

        scene_line(sheet->scene, middle_x, middle_y, middle_x + radius * cos(angle),
                   middle_y + radius * sin(angle), 0.35, BLACK);
    }
    scene_ring(sheet->scene, middle_x, middle_y, radius, radius - 0.3, ACCENT);
}

static void lettering(struct sheet *sheet)
{
    const double module = 0.5, line = FONT_ROWS * module + 1.2;
    const int columns = 19; /* five lines of the 95 characters */
    double room = sheet->height - MARGIN_FOOT - sheet->y;
    double size = floor(fmin(fmin(room, sheet->room * 0.35), 60) / 10) * 10;
    double left = sheet->x + sheet->room - size;

    if (size < 20)
        return;
    star(sheet, left, sheet->y, size);
    for (int first = FONT_FIRST, y = 0; first <= FONT_LAST; first += columns, y++) {
        char text[32];
        int count = 0;

        for (; count < columns && first + count <= FONT_LAST; count++)
            text[count] = (char)(first + count);
        text[count] = '\0';
        if ((y + 1) * line > size || sheet->x + text_width(text, module) > left - 3)
            return;
        scene_text(sheet->scene, sheet->x, sheet->y + y * line, module, BLACK, text);
    }
}

/* ----------------------------------------------------------------- in whole */

static void draw(struct scene *scene, const struct raster_request *request)
{
    uint32_t width = request->media_width ? request->media_width : request->x + request->width;
    uint32_t height = request->media_height ? request->media_height : request->y + request->height;
    struct sheet sheet = {
        .scene = scene,
        .request = request,
        .width = width * MM_PER_MIL,
        .height = height * MM_PER_MIL,
        .x = MARGIN_LEFT,
        .y = MARGIN_TOP,
    };

    sheet.room = sheet.width - MARGIN_LEFT - MARGIN_RIGHT;
    rulers(&sheet);
    if (sheet.room < 20)
        return;
    header(&sheet);
    patches(&sheet, primaries, sizeof primaries / sizeof *primaries);
    patches(&sheet, naturals, sizeof naturals / sizeof *naturals);
    ramps(&sheet);
    line_pairs(&sheet);
    geometry(&sheet);
    lettering(&sheet);
}

int chart_open(const struct raster_request *request, struct raster **ret)
{
    struct scene *scene;
    struct raster *raster;
    int r = scene_open(request, &scene);

    if (r < 0)
        return r;

    struct filter_grid grid = scene_grid(scene);

    draw(scene, request);
    r = scene_close(scene, &raster);
    if (r == 0)
        r = filter_adjust(raster, request->brightness, request->contrast, request->sharpness,
                          &raster);
    if (r == 0)
        r = filter_mode(raster, request->mode, &grid, &raster);
    if (r == 0)
        *ret = raster;
    return r;
}
