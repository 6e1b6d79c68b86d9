/* SPDX-License-Identifier: MIT */
/* How wsd-scand ends. The one list for the code, --help and the manual. */
#ifndef WSD_SCAND_EXITS_H
#define WSD_SCAND_EXITS_H

#define EXITS_MAP(X)                                                                               \
    X(OK, 0, "done, or ended by a signal as it should be")                                         \
    X(FAILURE, 1, "a failure; it is said on standard error")                                       \
    X(USAGE, 2, "bad usage, or a mistake in the configuration")                                    \
    X(NOT_RUNNING, 3, "status, reload: no wsd-scand is running")

enum exits {
#define EXITS_ENUM(name, number, text) EXITS_##name = (number),
    EXITS_MAP(EXITS_ENUM)
#undef EXITS_ENUM
};

#endif
