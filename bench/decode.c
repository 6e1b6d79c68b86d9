/* SPDX-License-Identifier: MIT */
/*
 * How fast messages become structs, beside the least that any reader of ours could cost: bare
 * expat with namespaces, empty handlers, over the same bytes.
 *
 * expat is measured twice. With a parser for each message it is what a program that calls expat
 * for a message does; this is the yardstick. With one parser that is reset between messages (which
 * is what the codec does inside) it is the floor, and stricter. The turns of the measures
 * interleave, so that a machine that slows down slows down all of them; the medians are printed.
 *
 * Allocations are counted by standing in front of the C library's malloc: those of one message
 * once the context has decoded another, which is the state that a program is in.
 *
 * usage: decode FILE discovery|scan ...      prints one JSON object per pair
 */
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "discovery/messages.h"
#include "scan/schema.h"
#include "soap/envelope.h"

enum { TURNS = 15, TURN_MILLISECONDS = 60 };

/* -- allocations --------------------------------------------------------------------------------
 */

/* The C library's own names for what is replaced here. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static unsigned long allocations;

#define SEEN_BY_ALL __attribute__((visibility("default"))) /* expat's calls come here too */

SEEN_BY_ALL void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

SEEN_BY_ALL void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

SEEN_BY_ALL void *realloc(void *old, size_t size)
{
    allocations++;
    return __libc_realloc(old, size);
}

/* -- the measures -------------------------------------------------------------------------------
 */

struct subject {
    struct wsd_context *context;
    const struct wsd_type *body;
    XML_Parser parser; /* of the floor */
    char *bytes;
    size_t size;
};

/* Handles one message; false if it cannot. */
typedef bool measure_fn(struct subject *subject);

static unsigned long events; /* so that the handlers are not nothing */

static void on_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
    (void)user, (void)name, (void)attributes;
    events++;
}

static void on_end(void *user, const XML_Char *name)
{
    (void)user, (void)name;
    events++;
}

static void on_text(void *user, const XML_Char *text, int length)
{
    (void)user, (void)text, (void)length;
    events++;
}

static bool parse(XML_Parser parser, const struct subject *subject)
{
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    return XML_Parse(parser, subject->bytes, (int)subject->size, 1) == XML_STATUS_OK;
}

static bool by_expat(struct subject *subject)
{
    XML_Parser parser = XML_ParserCreateNS(NULL, '\n');
    bool good = parser && parse(parser, subject);
    if (parser)
        XML_ParserFree(parser);
    return good;
}

static bool by_expat_reused(struct subject *subject)
{
    return XML_ParserReset(subject->parser, NULL) && parse(subject->parser, subject);
}

static bool by_codec(struct subject *subject)
{
    const struct wsd__envelope *envelope = NULL;
    struct wsd_error error = {0};
    if (wsd__envelope_decode(subject->context, subject->body, subject->bytes, subject->size, 0,
                             &envelope, &error) < 0) {
        fprintf(stderr, "decode: %s\n", error.message);
        return false;
    }
    wsd_free(envelope);
    return true;
}

static const struct measure {
    const char *name;
    measure_fn *run;
} measures[] = {{"codec", by_codec}, {"expat", by_expat}, {"expat_reused", by_expat_reused}};
enum { MEASURES = sizeof measures / sizeof *measures };

/* -- time ---------------------------------------------------------------------------------------
 */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Messages a second in one turn; negative if one failed. */
static double turn(measure_fn *run, struct subject *subject)
{
    double begin = seconds(), end;
    unsigned long count = 0;
    do {
        for (int i = 0; i < 100; i++, count++)
            if (!run(subject))
                return -1;
        end = seconds();
    } while (end - begin < TURN_MILLISECONDS / 1e3);
    return (double)count / (end - begin);
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static bool compare(const char *path, struct subject *subject)
{
    double rates[MEASURES][TURNS];
    unsigned long counts[MEASURES];
    for (int m = 0; m < MEASURES; m++) {
        if (!measures[m].run(subject))
            return false;
        unsigned long before = allocations;
        if (!measures[m].run(subject))
            return false;
        counts[m] = allocations - before;
    }
    for (int t = 0; t < TURNS; t++)
        for (int m = 0; m < MEASURES; m++)
            rates[m][t] = turn(measures[m].run, subject);
    const char *name = strrchr(path, '/');
    printf("{\"file\": \"%s\", \"bytes\": %zu", name ? name + 1 : path, subject->size);
    for (int m = 0; m < MEASURES; m++) {
        qsort(rates[m], TURNS, sizeof(double), by_size);
        if (rates[m][0] < 0)
            return false;
        printf(", \"%s_per_second\": %.0f, \"%s_allocations\": %lu", measures[m].name,
               rates[m][TURNS / 2], measures[m].name, counts[m]);
    }
    printf("}\n");
    return events > 0;
}

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(1 << 20);
    *size = file && bytes ? fread(bytes, 1, 1 << 20, file) : 0;
    if (file)
        fclose(file);
    if (*size == 0)
        fprintf(stderr, "decode: cannot read %s\n", path);
    return bytes;
}

int main(int argc, char **argv)
{
    struct subject subject = {.parser = XML_ParserCreateNS(NULL, '\n')};
    bool good = argc > 2 && subject.parser && wsd_context_new(NULL, &subject.context, NULL) == 0;
    for (int i = 1; good && i + 1 < argc; i += 2) {
        subject.bytes = read_file(argv[i], &subject.size);
        subject.body =
            strcmp(argv[i + 1], "scan") == 0 ? &wsd__type_scan_body : &wsd__type_discovery_body;
        good = subject.size > 0 && compare(argv[i], &subject);
        free(subject.bytes);
    }
    XML_ParserFree(subject.parser);
    wsd_context_free(subject.context);
    return good ? 0 : 1;
}
