/* SPDX-License-Identifier: MIT */
/*
 * The least of a SANE frontend: one page in colour, whose rows are read and thrown away. Prints as
 * JSON what it took, in seconds: to open the device; and from sane_start() on to the first whole
 * line and to the end of the page.
 *
 * usage: frontend DEVICE RESOLUTION
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sane/sane.h>

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int fail(const char *what, SANE_Status status)
{
    fprintf(stderr, "frontend: %s: %s\n", what, sane_strstatus(status));
    return 1;
}

static void set(SANE_Handle handle, const char *name, void *value)
{
    const SANE_Option_Descriptor *d;

    for (SANE_Int i = 1; (d = sane_get_option_descriptor(handle, i)); i++)
        if (d->name && strcmp(d->name, name) == 0)
            sane_control_option(handle, i, SANE_ACTION_SET_VALUE, value, NULL);
}

int main(int argc, char **argv)
{
    static SANE_Byte bytes[32768];
    char color[32] = "Color";
    SANE_Word dpi = argc > 2 ? (SANE_Word)strtol(argv[2], NULL, 10) : 600;
    SANE_Parameters parameters = {0};
    SANE_Handle handle;
    SANE_Status status;
    size_t size = 0;
    SANE_Int n;
    double first = 0;

    if (argc < 2)
        return 2;
    sane_init(NULL, NULL);
    double began = now();
    if ((status = sane_open(argv[1], &handle)) != SANE_STATUS_GOOD)
        return fail("sane_open", status);
    set(handle, "mode", color);
    set(handle, "resolution", &dpi);
    double started = now();
    if ((status = sane_start(handle)) != SANE_STATUS_GOOD)
        return fail("sane_start", status);
    sane_get_parameters(handle, &parameters);
    while ((status = sane_read(handle, bytes, sizeof bytes, &n)) == SANE_STATUS_GOOD) {
        size += (size_t)n;
        if (first == 0 && size >= (size_t)parameters.bytes_per_line)
            first = now() - started;
    }
    double ended = now();
    if (status != SANE_STATUS_EOF)
        return fail("sane_read", status);
    sane_cancel(handle);
    sane_close(handle);
    sane_exit();
    printf("{\"open\": %.6f, \"first_line\": %.6f, \"page\": %.6f, \"bytes\": %zu}\n",
           started - began, first, ended - started, size);
    return 0;
}
