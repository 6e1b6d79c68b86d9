/* SPDX-License-Identifier: MIT */
/*
 * The command line. Commands and options stand in one table that tools/gen-docs.py makes from
 * docs/options and docs/man; parsing, --help, the man pages and the completion come from it.
 *
 * Parsing keeps the text of each option that was given; a command asks for it by type. Those that
 * can fail say on standard error what is wrong and return false.
 */
#ifndef WSD_APPS_OPTIONS_H
#define WSD_APPS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define OPTIONS_MAX_REPEATS  16 /* of one option */
#define OPTIONS_MAX_OPERANDS 16

enum command_id {
#define OPTION_TABLE_COMMANDS
#define COMMAND(id, name, operands, summary, text, examples) COMMAND_##id,
#include "options_table.inc"
#undef COMMAND
#undef OPTION_TABLE_COMMANDS
    COMMAND_COUNT
};

enum option_id {
#define OPTION_TABLE_OPTIONS
#define OPTION(id, long_name, letter, argument, commands, summary) OPT_##id,
#include "options_table.inc"
#undef OPTION
#undef OPTION_TABLE_OPTIONS
    OPT_END
};

struct args {
    enum command_id command;
    unsigned count[OPT_END]; /* how often it was given */
    const char *values[OPT_END][OPTIONS_MAX_REPEATS];
    const char *operands[OPTIONS_MAX_OPERANDS];
    size_t n_operands;
};

enum args_result { ARGS_OK, ARGS_HELP, ARGS_VERSION, ARGS_BAD };

/* Reads the command line. On ARGS_HELP `ret->command` is COMMAND_COUNT if no command was named. */
enum args_result args_parse(int argc, char **argv, struct args *ret);

/* True if it was given. */
bool args_has(const struct args *args, enum option_id option);

/* The last value given, or `otherwise`. */
const char *args_text(const struct args *args, enum option_id option, const char *otherwise);

/* A whole number in the range given; `ret` stays as it is when the option is absent. */
bool args_number(const struct args *args, enum option_id option, long low, long high, long *ret);

/* Milliseconds from seconds, with a fraction if wanted; `ret` stays when the option is absent. */
bool args_seconds(const struct args *args, enum option_id option, unsigned *ret);

/* Reads all of `text` as a whole number. */
bool text_number(const char *text, long low, long high, long *ret);

const char *command_name(enum command_id command);

void print_help(FILE *out, enum command_id command);
void print_main_help(FILE *out);

/* Says how the command line was wrong, and which help to look at. */
void usage_error(const struct args *args, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
