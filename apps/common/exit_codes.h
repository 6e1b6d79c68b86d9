/* SPDX-License-Identifier: MIT */
/*
 * How the program ends. The one list for the code, `wsd --help`, the man page and the tests.
 */
#ifndef WSD_APPS_EXIT_CODES_H
#define WSD_APPS_EXIT_CODES_H

#define EXIT_CODE_MAP(X)                                                                           \
    X(OK, 0, "done")                                                                               \
    X(FAILURE, 1, "another failure")                                                               \
    X(USAGE, 2, "bad usage, or a value that the scanner does not have")                            \
    X(NOT_FOUND, 3, "nothing found, or more than one where one was meant")                         \
    X(REFUSED, 4, "the device refused")                                                            \
    X(PAPER, 5, "paper trouble: feeder empty, jam, cover open")                                    \
    X(NETWORK, 6, "the network failed, or what answered is no scanner")                            \
    X(OUTPUT, 7, "the output cannot be written: disk full, file exists")                           \
    X(PROBLEMS, 8, "wsd doctor found what is wrong")                                               \
    X(CHECKS, 9, "wsd verify found a requirement that does not hold")                              \
    X(INTERRUPTED, 130, "interrupted")

enum exit_code {
#define EXIT_CODE_ENUM(name, number, text) EXIT_CODE_##name = (number),
    EXIT_CODE_MAP(EXIT_CODE_ENUM)
#undef EXIT_CODE_ENUM
};

#endif
