/* SPDX-License-Identifier: MIT */
/*
 * Whether there is anything on a page: paper's colour, cells that differ from it, and the marks
 * that these make. A mark is measured by a flood fill; a round one of the right size near an edge
 * is a punch hole. Errs on the side of something being there. Cost: a byte and a number a cell.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "deliver.h"

struct marks {
    const struct deliver_cells *cells;
    uint8_t *ink;    /* 1: a cell with ink that is in no mark yet */
    uint32_t *stack; /* of a fill */
};

struct mark {
    uint32_t left, top, right, bottom; /* last ones included */
    size_t cells;
};

/* The value that half of the cells are below, of one colour. */
static int median(const struct deliver_cells *cells, unsigned colour)
{
    size_t seen = 0, count = (size_t)cells->width * cells->height, histogram[256] = {0};

    for (size_t i = 0; i < count; i++)
        histogram[cells->rgb[i * 3 + colour]]++;
    for (int value = 0; value < 256; value++) {
        seen += histogram[value];
        if (seen * 2 >= count)
            return value;
    }
    return 255;
}

static uint32_t edge(double per_mm, uint32_t side)
{
    double cells = per_mm * BLANK_EDGE_MM;

    return cells < side / 4.0 ? (uint32_t)cells : side / 4;
}

static void find_ink(const struct marks *marks, const int paper[3])
{
    const struct deliver_cells *cells = marks->cells;
    uint32_t x_edge = edge(cells->per_mm_x, cells->width);
    uint32_t y_edge = edge(cells->per_mm_y, cells->height);

    for (uint32_t y = y_edge; y < cells->height - y_edge; y++)
        for (uint32_t x = x_edge; x < cells->width - x_edge; x++) {
            size_t i = (size_t)y * cells->width + x;
            for (unsigned c = 0; c < 3; c++)
                if (abs(cells->rgb[i * 3 + c] - paper[c]) >= BLANK_INK)
                    marks->ink[i] = 1;
        }
}

/* Takes the mark that cell `start` is in off the ink. */
static struct mark fill(const struct marks *marks, size_t start)
{
    uint32_t width = marks->cells->width, height = marks->cells->height;
    struct mark mark = {.left = UINT32_MAX, .top = UINT32_MAX};
    size_t depth = 0;

    marks->ink[start] = 0;
    marks->stack[depth++] = (uint32_t)start;
    while (depth > 0) {
        uint32_t at = marks->stack[--depth], x = at % width, y = at / width;
        mark.cells++;
        mark.left = x < mark.left ? x : mark.left;
        mark.right = x > mark.right ? x : mark.right;
        mark.top = y < mark.top ? y : mark.top;
        mark.bottom = y > mark.bottom ? y : mark.bottom;
        for (uint32_t ny = y ? y - 1 : 0; ny <= y + 1 && ny < height; ny++)
            for (uint32_t nx = x ? x - 1 : 0; nx <= x + 1 && nx < width; nx++)
                if (marks->ink[(size_t)ny * width + nx]) {
                    marks->ink[(size_t)ny * width + nx] = 0;
                    marks->stack[depth++] = ny * width + nx;
                }
    }
    return mark;
}

static bool near_edge(double middle, double length)
{
    return middle < BLANK_HOLE_MM || middle > length - BLANK_HOLE_MM;
}

/* A disc fills 79 parts of 100 of the square around it; a ring, a frame and a letter do not. */
static bool is_hole(const struct deliver_cells *cells, const struct mark *mark)
{
    double wide = (mark->right - mark->left + 1) / cells->per_mm_x;
    double high = (mark->bottom - mark->top + 1) / cells->per_mm_y;
    double square = (double)(mark->right - mark->left + 1) * (mark->bottom - mark->top + 1);
    double x = (mark->left + mark->right + 1) / 2.0 / cells->per_mm_x;
    double y = (mark->top + mark->bottom + 1) / 2.0 / cells->per_mm_y;

    return wide >= BLANK_HOLE_LEAST_MM && high >= BLANK_HOLE_LEAST_MM &&
           wide <= BLANK_HOLE_MOST_MM && high <= BLANK_HOLE_MOST_MM && wide < high * 1.35 &&
           high < wide * 1.35 && (double)mark->cells > square * 0.68 &&
           (double)mark->cells < square * 0.95 &&
           (near_edge(x, cells->width / cells->per_mm_x) ||
            near_edge(y, cells->height / cells->per_mm_y));
}

static bool judge(const struct marks *marks)
{
    size_t count = (size_t)marks->cells->width * marks->cells->height, ink = 0;

    for (size_t i = 0; i < count && ink <= BLANK_INK_CELLS; i++) {
        if (!marks->ink[i])
            continue;
        struct mark mark = fill(marks, i);
        if (mark.cells > BLANK_DUST_CELLS && !is_hole(marks->cells, &mark))
            ink += mark.cells;
    }
    return ink <= BLANK_INK_CELLS;
}

int deliver_blank(const struct deliver_cells *cells)
{
    size_t count = (size_t)cells->width * cells->height;
    int paper[3];

    for (unsigned c = 0; c < 3; c++) {
        paper[c] = median(cells, c);
        if (paper[c] < BLANK_PAPER_LEAST)
            return 0;
    }
    struct marks marks = {
        .cells = cells, .ink = calloc(count, 1), .stack = malloc(count * sizeof(uint32_t))};
    int r = marks.ink && marks.stack ? 0 : -ENOMEM;
    if (r == 0) {
        find_ink(&marks, paper);
        r = judge(&marks);
    }
    free(marks.ink);
    free(marks.stack);
    return r;
}
