/* SPDX-License-Identifier: MIT */
/*
 * Command line and help, from the one table. getopt_long() does the reading; it is given only the
 * options that the command has, so that a misplaced one is an error and not ignored.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/exit_codes.h"

struct command {
    const char *name, *operands, *summary, *text, *examples;
};

static const struct command commands[COMMAND_COUNT] = {
#define OPTION_TABLE_COMMANDS
#define COMMAND(id, name, operands, summary, text, examples)                                       \
    {#name, operands, summary, text, examples},
#include "options_table.inc"
#undef COMMAND
#undef OPTION_TABLE_COMMANDS
};

struct option_row {
    const char *name;
    int letter;
    const char *argument; /* NULL: takes none */
    unsigned commands;    /* bit 1 << enum command_id */
    const char *summary;
};

#define C(id) (1u << COMMAND_##id)
#define ALL   ((1u << COMMAND_COUNT) - 1)
static const struct option_row rows[OPT_END] = {
#define OPTION_TABLE_OPTIONS
#define OPTION(id, long_name, letter, argument, commands, summary)                                 \
    {long_name, letter, argument, commands, summary},
#include "options_table.inc"
#undef OPTION
#undef OPTION_TABLE_OPTIONS
};
#undef C
#undef ALL

#define FIRST_LONG 256 /* getopt's value of option n is FIRST_LONG + n */

struct getopt_table {
    struct option longs[OPT_END + 1];
    char shorts[2 * OPT_END + 2];
};

static void make_table(unsigned command_bits, struct getopt_table *ret)
{
    size_t n = 0, s = 0;

    ret->shorts[s++] = ':';
    for (int i = 0; i < OPT_END; i++) {
        const struct option_row *row = &rows[i];
        if (!(row->commands & command_bits))
            continue;
        ret->longs[n++] = (struct option){
            .name = row->name,
            .has_arg = row->argument ? required_argument : no_argument,
            .val = FIRST_LONG + i,
        };
        if (row->letter)
            ret->shorts[s++] = (char)row->letter;
        if (row->letter && row->argument)
            ret->shorts[s++] = ':';
    }
    ret->longs[n] = (struct option){0};
    ret->shorts[s] = 0;
}

static int option_of_letter(int letter, unsigned command_bits)
{
    for (int i = 0; i < OPT_END; i++)
        if (rows[i].letter == letter && rows[i].commands & command_bits)
            return i;
    return -1;
}

const char *command_name(enum command_id command)
{
    return command < COMMAND_COUNT ? commands[command].name : "wsd";
}

void usage_error(const struct args *args, const char *format, ...)
{
    va_list list;

    fputs("wsd: ", stderr);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    if (args->command < COMMAND_COUNT)
        fprintf(stderr, "\nTry 'wsd %s --help'.\n", commands[args->command].name);
    else
        fputs("\nTry 'wsd --help'.\n", stderr);
}

static enum command_id find_command(const char *name)
{
    for (unsigned i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return (enum command_id)i;
    return COMMAND_COUNT;
}

/* What stands before the command: --help or --version alone. */
static enum args_result parse_front(const char *word, const struct args *args)
{
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
        return ARGS_HELP;
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
        return ARGS_VERSION;
    if (word[0] == '-')
        usage_error(args, "options follow the command: wsd COMMAND %s", word);
    else
        usage_error(args, "'%s' is no command", word);
    return ARGS_BAD;
}

static bool add_value(struct args *args, int option, const char *value)
{
    if (args->count[option] == OPTIONS_MAX_REPEATS) {
        usage_error(args, "--%s was given too often", rows[option].name);
        return false;
    }
    args->values[option][args->count[option]++] = value;
    return true;
}

static void say_bad_option(const struct args *args, int argc, char **argv, int how)
{
    int letter = optopt > 0 && optopt < FIRST_LONG ? optopt : 0;
    int at = optind > 0 && optind <= argc ? optind - 1 : 0;

    if (how == ':' && letter)
        usage_error(args, "-%c needs a value", letter);
    else if (how == ':')
        usage_error(args, "%s needs a value", argv[at]);
    else if (letter)
        usage_error(args, "wsd %s has no option -%c", command_name(args->command), letter);
    else
        usage_error(args, "wsd %s has no option %s, or it takes no value",
                    command_name(args->command), argv[at]);
}

static bool take_operands(struct args *args, int argc, char **argv)
{
    for (int i = optind; i < argc; i++) {
        if (args->n_operands == OPTIONS_MAX_OPERANDS) {
            usage_error(args, "too many operands");
            return false;
        }
        args->operands[args->n_operands++] = argv[i];
    }
    return true;
}

enum args_result args_parse(int argc, char **argv, struct args *ret)
{
    *ret = (struct args){.command = COMMAND_COUNT};
    if (argc < 2)
        return ARGS_HELP;
    enum command_id command = find_command(argv[1]);
    if (command == COMMAND_COUNT) {
        if (strcmp(argv[1], "help") == 0 && argc > 2)
            ret->command = find_command(argv[2]);
        return parse_front(argv[1], ret);
    }
    ret->command = command;

    struct getopt_table table;
    unsigned bits = 1u << command;
    make_table(bits, &table);
    argc--;
    argv++;
    optind = 1;
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, table.shorts, table.longs, NULL)) != -1;) {
        int option = c >= FIRST_LONG ? c - FIRST_LONG : option_of_letter(c, bits);
        if (c == '?' || c == ':' || option < 0) {
            say_bad_option(ret, argc, argv, c);
            return ARGS_BAD;
        }
        if (!add_value(ret, option, optarg))
            return ARGS_BAD;
    }
    if (!take_operands(ret, argc, argv))
        return ARGS_BAD;
    return ret->count[OPT_HELP] ? ARGS_HELP : ret->count[OPT_VERSION] ? ARGS_VERSION : ARGS_OK;
}

bool args_has(const struct args *args, enum option_id option)
{
    return args->count[option] > 0;
}

const char *args_text(const struct args *args, enum option_id option, const char *otherwise)
{
    unsigned n = args->count[option];
    return n ? args->values[option][n - 1] : otherwise;
}

bool text_number(const char *text, long low, long high, long *ret)
{
    char *end;

    errno = 0;
    long value = strtol(text, &end, 10);
    if (end == text || *end || errno || value < low || value > high)
        return false;
    *ret = value;
    return true;
}

bool args_number(const struct args *args, enum option_id option, long low, long high, long *ret)
{
    const char *text = args_text(args, option, NULL);

    if (!text || text_number(text, low, high, ret))
        return true;
    usage_error(args, "--%s takes a whole number from %ld to %ld, not '%s'", rows[option].name, low,
                high, text);
    return false;
}

bool args_seconds(const struct args *args, enum option_id option, unsigned *ret)
{
    const char *text = args_text(args, option, NULL);
    char *end;

    if (!text)
        return true;
    double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value) || value < 0.001 || value > 86400) {
        usage_error(args, "--%s takes seconds, such as 10 or 0.5, not '%s'", rows[option].name,
                    text);
        return false;
    }
    *ret = (unsigned)(value * 1000);
    return true;
}

static void print_option(FILE *out, const struct option_row *row)
{
    char left[80];
    int width = 28;
    int n = snprintf(left, sizeof left, "  %c%c%s --%s%s%s", row->letter ? '-' : ' ',
                     row->letter ? row->letter : ' ', row->letter ? "," : " ", row->name,
                     row->argument ? " " : "", row->argument ? row->argument : "");

    if (n < width)
        fprintf(out, "%-*s %s\n", width, left, row->summary);
    else
        fprintf(out, "%s\n%*s %s\n", left, width, "", row->summary);
}

/* Options of this command first, then those that all have. */
static void print_options(FILE *out, enum command_id command)
{
    for (int common = 0; common < 2; common++) {
        bool first = true;
        for (int i = 0; i < OPT_END; i++) {
            bool is_common = __builtin_popcount(rows[i].commands) * 4 >= COMMAND_COUNT * 3;
            if (!(rows[i].commands & 1u << command) || is_common != common)
                continue;
            if (first)
                fprintf(out, "\n%s:\n", common ? "Common options" : "Options");
            first = false;
            print_option(out, &rows[i]);
        }
    }
}

static void print_exits(FILE *out)
{
    fputs("\nExit status:\n", out);
#define EXIT_CODE_LINE(name, number, text) fprintf(out, "  %3d  %s\n", number, text);
    EXIT_CODE_MAP(EXIT_CODE_LINE)
#undef EXIT_CODE_LINE
}

void print_help(FILE *out, enum command_id command)
{
    const struct command *c = &commands[command];

    fprintf(out, "Usage: wsd %s [OPTIONS]%s%s\n\n%s\n", c->name, *c->operands ? " " : "",
            c->operands, c->text);
    print_options(out, command);
    fprintf(out, "\nExamples:\n%s\n", c->examples);
    print_exits(out);
}

void print_main_help(FILE *out)
{
#define OPTION_TABLE_MAIN
#define MAIN(text, examples) static const char about[] = text, shown[] = examples;
#include "options_table.inc"
#undef MAIN
#undef OPTION_TABLE_MAIN

    fprintf(out, "Usage: wsd COMMAND [OPTIONS] [OPERANDS]\n\n%s\n\nCommands:\n", about);
    for (unsigned i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-9s %-12s %s\n", commands[i].name, commands[i].operands,
                commands[i].summary);
    fprintf(out, "\n'wsd COMMAND --help' tells the options of a command.\n\nExamples:\n%s\n",
            shown);
    print_exits(out);
}
