/* SPDX-License-Identifier: MIT */
/*
 * The test chart's lettering: a 5 by 7 module face with one row below the base line, ASCII 32 to
 * 126, drawn for this project. Scaling and placing is the chart's work.
 */
#ifndef WSD_APPS_RASTER_FONT_H
#define WSD_APPS_RASTER_FONT_H

#include <stdint.h>

#define FONT_FIRST   32
#define FONT_LAST    126
#define FONT_ROWS    8 /* 7 above the base line and 1 below */
#define FONT_COLUMNS 5
#define FONT_ADVANCE 6 /* modules from one character to the next */

/* The FONT_ROWS rows of a character, bit 4 the leftmost module; '?' for what the face lacks. */
const uint8_t *font_glyph(char c);

#endif
