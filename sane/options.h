/* SPDX-License-Identifier: MIT */
/*
 * What can be set at a scanner, as SANE describes it. A table has what never changes; the rest is
 * read off the scanner's abilities, and again whenever another source is chosen.
 */
#ifndef WSD_SANE_OPTIONS_H
#define WSD_SANE_OPTIONS_H

#include <sane/sane.h>

#include "scan/settings.h"

enum option {
    OPTION_COUNT_OF_THEM,
    OPTION_GROUP_STANDARD,
    OPTION_MODE,
    OPTION_DEPTH,
    OPTION_SOURCE,
    OPTION_ADF_DUPLEX,
    OPTION_RESOLUTION,
    OPTION_PREVIEW,
    OPTION_GROUP_GEOMETRY,
    OPTION_TL_X,
    OPTION_TL_Y,
    OPTION_BR_X,
    OPTION_BR_Y,
    OPTION_GROUP_ENHANCEMENT,
    OPTION_BRIGHTNESS,
    OPTION_CONTRAST,
    OPTION_SHARPNESS,
    OPTION_THRESHOLD,
    OPTION_GROUP_ADVANCED,
    OPTION_ROTATION,
    OPTION_QUALITY,
    OPTION_FORMAT,
    OPTION_N
};

#define OPTION_RESOLUTIONS_MAX 64
#define OPTION_FORMATS_MAX     5
#define OPTION_STRING_SIZE     16

struct options {
    const struct scan_abilities *has;
    SANE_Option_Descriptor descriptors[OPTION_N];
    SANE_Range ranges[OPTION_N];
    SANE_Word resolutions[1 + OPTION_RESOLUTIONS_MAX], rotations[5], depths[2];
    SANE_String_Const modes[4], sources[SCAN_SOURCES_MAX + 1], formats[OPTION_FORMATS_MAX + 1];
    SANE_Word words[OPTION_N];
    SANE_String_Const texts[OPTION_N]; /* one of the constraint's list */
    bool quality_set;                  /* by the frontend; until then the scanner decides */
};

void options_init(struct options *options, const struct scan_abilities *has);

/* sane_control_option() but for its checks of the handle. */
SANE_Status options_get(const struct options *options, SANE_Int number, void *value);
SANE_Status options_set(struct options *options, SANE_Int number, void *value, SANE_Int *info);

/* How a page comes to the frontend. */
enum frame { FRAME_LINEART, FRAME_GRAY, FRAME_COLOR };

/* What to ask the scanner for. */
void options_settings(const struct options *options, struct scan_settings *ret);
enum frame options_frame(const struct options *options);
/* Of a page of that size. */
void frame_parameters(enum frame frame, uint32_t width, uint32_t height, SANE_Parameters *ret);
/* As far as it can be told before the scan. */
void options_parameters(const struct options *options, SANE_Parameters *ret);

#endif
