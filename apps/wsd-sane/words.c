/* SPDX-License-Identifier: MIT */
/*
 * The words of SANE backends. The standard fixes names of options, not their values: a source is
 * "Flatbed", "Automatic Document Feeder(left aligned)" or "Document Table", a mode is "Color",
 * "24bit Color" or "True Gray". So words are looked for in them.
 */
#include <string.h>

#include "host.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The first that is part of the value decides. Epson's "Document Table" is its glass; backs alone
 * and films are nothing that a ticket of WS-Scan could name here. */
static const struct {
    const char *part;
    enum source_kind kind;
} sources[] = {
    {"back", SOURCE_NONE},      {"transparen", SOURCE_NONE}, {"negative", SOURCE_NONE},
    {"slide", SOURCE_NONE},     {"film", SOURCE_NONE},       {"tpu", SOURCE_NONE},
    {"tma", SOURCE_NONE},       {"duplex", SOURCE_DUPLEX},   {"both sides", SOURCE_DUPLEX},
    {"flatbed", SOURCE_PLATEN}, {"table", SOURCE_PLATEN},    {"platen", SOURCE_PLATEN},
    {"glass", SOURCE_PLATEN},   {"fb", SOURCE_PLATEN},       {"normal", SOURCE_PLATEN},
    {"adf", SOURCE_FEEDER},     {"feed", SOURCE_FEEDER},     {"sheet", SOURCE_FEEDER},
    {"simplex", SOURCE_FEEDER},
};

enum source_kind word_source(const char *value)
{
    for (size_t i = 0; i < COUNT(sources); i++)
        if (strcasestr(value, sources[i].part))
            return sources[i].kind;
    return SOURCE_NONE;
}

/* Better ones have the higher rank; what has a part of rank 0 is none: eight colours are neither
 * black and white nor a colour of WS-Scan. */
static const struct {
    const char *part;
    enum raster_mode mode;
    int rank;
} modes[] = {
    {"infrared", RASTER_RGB24, 0},
    {"rgbi", RASTER_RGB24, 0},
    {"color lineart", RASTER_RGB24, 0},
    {"color halftone", RASTER_RGB24, 0},
    {"lineart", RASTER_BW1, 9},
    {"binary", RASTER_BW1, 8},
    {"black", RASTER_BW1, 8},
    {"threshold", RASTER_BW1, 7},
    {"1bit", RASTER_BW1, 7},
    {"gray[", RASTER_BW1, 2}, /* brother: error diffusion */
    {"halftone", RASTER_BW1, 3},
    {"dither", RASTER_BW1, 3},
    {"diffusion", RASTER_BW1, 2},
    {"16bit", RASTER_GRAY8, 1},
    {"48bit", RASTER_RGB24, 1},
    {"gray", RASTER_GRAY8, 8},
    {"grey", RASTER_GRAY8, 8},
    {"color", RASTER_RGB24, 8},
    {"colour", RASTER_RGB24, 8},
    {"rgb", RASTER_RGB24, 8},
};

int word_mode(const char *value, enum raster_mode mode)
{
    for (size_t i = 0; i < COUNT(modes); i++)
        if (strcasestr(value, modes[i].part))
            return modes[i].mode == mode ? modes[i].rank : 0;
    return 0;
}

static const char *const kinds[] = {"", "platen", "feeder", "duplex"};

const char *word_kind(enum source_kind kind)
{
    return kinds[kind];
}

enum source_kind word_kind_find(const char *text)
{
    for (size_t i = 1; i < COUNT(kinds); i++)
        if (strcmp(kinds[i], text) == 0)
            return (enum source_kind)i;
    return SOURCE_NONE;
}

static const char *const rasters[] = {"bw", "gray", "color"};

const char *word_raster(enum raster_mode mode)
{
    return rasters[mode];
}

bool word_raster_find(const char *text, enum raster_mode *ret)
{
    for (size_t i = 0; i < COUNT(rasters); i++)
        if (strcmp(rasters[i], text) == 0) {
            *ret = (enum raster_mode)i;
            return true;
        }
    return false;
}

/* A device that was unplugged answers with IO_ERROR, and when it is opened with INVAL; at other
 * calls that means settings which do not go together (SANE 4.3). */
const char *word_status(SANE_Status status, bool opening)
{
    switch (status) {
    case SANE_STATUS_DEVICE_BUSY:
        return BRIDGE_BUSY;
    case SANE_STATUS_INVAL:
        return opening ? BRIDGE_GONE : BRIDGE_FAILURE;
    case SANE_STATUS_IO_ERROR:
        return BRIDGE_GONE;
    case SANE_STATUS_ACCESS_DENIED:
        return BRIDGE_DENIED;
    case SANE_STATUS_JAMMED:
        return BRIDGE_JAM;
    case SANE_STATUS_COVER_OPEN:
        return BRIDGE_COVER;
    case SANE_STATUS_NO_DOCS:
        return BRIDGE_EMPTY;
    case SANE_STATUS_NO_MEM:
        return BRIDGE_MEMORY;
    case SANE_STATUS_CANCELLED:
        return BRIDGE_CANCELLED;
    default:
        return BRIDGE_FAILURE;
    }
}
