/* SPDX-License-Identifier: MIT */
/* Decodes a file and writes it again to the standard output; for infoset.py. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scan/schema.h"
#include "soap/envelope.h"
#include "transfer/metadata.h"

int main(int argc, char **argv)
{
    static char text[1 << 20];
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    struct wsd_context *context = NULL;
    if (!file || wsd_context_new(NULL, &context, NULL) < 0)
        return 2;
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    const struct wsd_type *type =
        strstr(text, "2004/09/mex") ? &wsd__type_transfer_body : &wsd__type_scan_body;
    const struct wsd__envelope *envelope = NULL;
    struct wsd__buf out = WSD__BUF_INIT(1u << 20);
    struct wsd_error error = {0};
    int r = wsd__envelope_decode(context, type, text, size, WSD__QUIRKS_DEFAULT, &envelope, &error);
    if (r == 0)
        r = wsd__envelope_encode(&envelope->header, NULL, type, envelope->body, envelope->dialect,
                                 &out, &error);
    if (r == 0)
        fwrite(out.data, 1, out.length, stdout);
    else
        fprintf(stderr, "%s\n", error.message);
    wsd__buf_free(&out);
    wsd_free(envelope);
    wsd_context_free(context);
    return r < 0;
}
