/* SPDX-License-Identifier: MIT */
/*
 * Prints the table of keys, for the build: the example file that is installed, or a line a key that
 * tools/gen-config.py compares with the manual.
 */
#include "config_inside.h"

#include <stdio.h>
#include <string.h>

static void print_line(void *user, const char *text)
{
    (void)user;
    puts(text);
}

static void print_keys(void)
{
    char allowed[CONFIG_REASON];

    for (size_t i = 0; i < config_n_keys; i++) {
        const struct config_key *key = &config_keys[i];
        const char *level = config_level_words[key->level];
        config_allowed(key, allowed);
        printf("%s\t%s\t%s\t%s\t%s\n", *level ? level : "general", key->name, allowed,
               key->initial ? key->initial : key->otherwise, key->summary);
    }
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "example") == 0)
        config_print_example(print_line, NULL);
    else if (argc == 2 && strcmp(argv[1], "keys") == 0)
        print_keys();
    else
        return 2;
    return ferror(stdout) || fflush(stdout) != 0;
}
