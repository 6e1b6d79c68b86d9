/* SPDX-License-Identifier: MIT */
/* wsd: finds scanners, scans, and is a scanner, by the public interface of libwsd alone. */
#include <stdio.h>

#include "commands.h"
#include "common/exit_codes.h"
#include "lean.h"
#include "options.h"
#include "scan/quirks.h"
#include "session.h"

static int (*const run[COMMAND_COUNT])(struct session *) = {
#define OPTION_TABLE_COMMANDS
#define COMMAND(id, name, operands, summary, text, examples) [COMMAND_##id] = command_##name,
#include "options_table.inc"
#undef COMMAND
#undef OPTION_TABLE_COMMANDS
};

static int help(const struct args *args, int argc)
{
    FILE *out = argc < 2 ? stderr : stdout;

    if (args->command < COMMAND_COUNT)
        print_help(out, args->command);
    else
        print_main_help(out);
    if (args->command == COMMAND_SCAN)
        quirks_list(out);
    return argc < 2 ? EXIT_CODE_USAGE : EXIT_CODE_OK;
}

/* A full disk shows only when the buffer is written out. */
static int flush_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    perror("wsd: standard output");
    return code == EXIT_CODE_OK ? EXIT_CODE_OUTPUT : code;
}

int main(int argc, char **argv)
{
    static struct args args;
    static struct session session;

    lean_begin();
    switch (args_parse(argc, argv, &args)) {
    case ARGS_HELP:
        return flush_output(help(&args, argc));
    case ARGS_VERSION:
        puts("wsd " WSD_VERSION);
        return flush_output(EXIT_CODE_OK);
    case ARGS_BAD:
        return EXIT_CODE_USAGE;
    case ARGS_OK:
        break;
    }
    int code = session_open(&session, &args);
    if (code == EXIT_CODE_OK)
        code = run[args.command](&session);
    session_close(&session);
    code = flush_output(code);
    if (session_signals() > 0 && args.command != COMMAND_SERVE && !session.until_signal)
        return EXIT_CODE_INTERRUPTED;
    return code;
}
