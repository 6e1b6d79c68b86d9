/* SPDX-License-Identifier: MIT */
/* A scanner of a daemon that has a configuration and a state, and nothing else. */
#ifndef TESTS_SCAND_LINES_SUPPORT_H
#define TESTS_SCAND_LINES_SUPPORT_H

#include "config_support.h"

#include <stdlib.h>

#include "wsd-scand/lines.h"
#include "wsd-scand/state.h"

static struct scand scand;
static struct scanner scanner;

/* scanner.c is not here. */
const struct config_scanner *scanner_section(const struct scanner *s)
{
    for (size_t i = 0; s->configured && i < scand.config->n_scanners; i++)
        if (strcmp(scand.config->scanners[i].name, s->configured) == 0)
            return &scand.config->scanners[i];
    return NULL;
}

static inline void play(struct config *config, struct state *state)
{
    scand = (struct scand){.config = config, .state = state};
    scanner = (struct scanner){
        .scand = &scand,
        .endpoint = (char *)(uintptr_t) "urn:uuid:00000000-0000-4000-8000-00000000000a",
        .name = (char *)(uintptr_t) "Office MFP",
        .model = (char *)(uintptr_t) "Model 5",
        .host = (char *)(uintptr_t) "192.0.2.7"};
}

#endif
