/* SPDX-License-Identifier: MIT */
/*
 * Media types, their parameters and cid references: a value found fits its buffer, ends in it, and
 * does not depend on the buffer's size; a buffer that is too small gives nothing.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "soap/mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_parameter(const char *text, const char *name)
{
    char large[4096], *exact;
    if (!wsd__mime_parameter(text, name, large, sizeof large))
        return;
    size_t length = strlen(large);
    if (length > strlen(text))
        abort();
    if ((exact = malloc(length + 1)) == NULL)
        return;
    if (!wsd__mime_parameter(text, name, exact, length + 1) || strcmp(exact, large) != 0)
        abort();
    if (length > 0 && wsd__mime_parameter(text, name, exact, length))
        abort();
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), id[256];
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    check_parameter(text, "boundary");
    check_parameter(text, "start");
    check_parameter(text, "type");
    (void)wsd__mime_is(text, "application/soap+xml");
    if (wsd__mime_cid(text, id, sizeof id) &&
        (id[0] == '\0' || strlen(id) >= sizeof id || strpbrk(id, "<> \r\n\t") != NULL))
        abort();
    free(text);
    return 0;
}
