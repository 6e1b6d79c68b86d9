/* SPDX-License-Identifier: MIT */
/*
 * The process that decodes: it takes pages into the document as they come, and gives the document
 * its name when the last one has. A delivery that fails on the way is tried once more at the end,
 * when somebody may have made room, from the pages, which are all still there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "deliver.h"
#include "output/name.h"
#include "output/output.h"
#include "raster/picture.h"

#define MAX_LINE 64

struct maker {
    struct deliver *d;
    struct output *output;
    char *pattern;
    unsigned last; /* page that was taken */
    bool failed;   /* the delivery as it stands; it may be tried again */
};

static const struct {
    int code;
    const char *word;
    bool page; /* it is the page's fault, and others may do better */
} codes[] = {
    {OUTPUT_E_USAGE, "usage", false},
    {OUTPUT_E_EXISTS, "exists", false},
    {OUTPUT_E_UNWRITABLE, "unwritable", false},
    {OUTPUT_E_DISK_FULL, "disk-full", false},
    {OUTPUT_E_LIMIT, "limit", true},
    {OUTPUT_E_TRUNCATED, "broken", true},
    {OUTPUT_E_NOT_AN_IMAGE, "broken", true},
    {OUTPUT_E_CANNOT_CONVERT, "broken", true},
    {OUTPUT_E_IO, "io", false},
};

static bool is_page_fault(int code)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].code == code)
            return codes[i].page;
    return false;
}

static const char *word_of(int code)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].code == code)
            return codes[i].word;
    return "io";
}

static void note_failure(struct maker *m, const struct output_error *error)
{
    m->d->shared->failure = (struct deliver_failure){0};
    deliver_fail(&m->d->shared->failure, word_of(error->code), "%s", error->text);
    m->failed = true;
}

/* -- the document -------------------------------------------------------------------------------
 */

static int naming(void *user, const struct output *output, enum output_naming what)
{
    struct maker *m = user;
    struct deliver_journal *journal = &m->d->journal;

    if (what == OUTPUT_NAMES_GIVE_UP) { /* from here on there is no document */
        const struct output_error *error = output_last_error(output);
        journal->keeping = true;
        deliver_fail(&journal->failure, word_of(error->code), "%s", error->text);
    }
    return deliver_naming(m->d, output);
}

/* The order's format decides, not what the pattern ends in. */
static void set_pattern(struct maker *m, struct output_options *options)
{
    const char *given = m->d->order.pattern ? m->d->order.pattern : "{date}-{time}-{device}";
    const char *extension = name_extension(given);
    size_t len = strlen(given);

    if (*extension && sniff_from_extension(extension) != SNIFF_UNKNOWN)
        len = (size_t)(extension - given) - 1;
    free(m->pattern);
    m->pattern = strndup(given, len);
    options->pattern = m->pattern;
}

static int open_output(struct maker *m)
{
    struct output_options options;
    struct output_error error;
    char folder[4096];

    m->failed = false;
    m->d->shared->failure = (struct deliver_failure){0};
    if (deliver_options(m->d, &options, &m->d->shared->failure) < 0) {
        m->failed = true;
        return -1;
    }
    int r = deliver_folder(m->d, folder, sizeof folder);
    if (r < 0) {
        deliver_fail(
            &m->d->shared->failure, "unwritable",
            "A folder for the document could not be made in the spool: %s; see that it can "
            "be written to.",
            strerror(-r));
        m->failed = true;
        return -1;
    }
    set_pattern(m, &options);
    options.folder = folder;
    options.naming = naming;
    options.user = m;
    if (output_open(&options, &m->output, &error) == 0)
        return 0;
    m->output = NULL;
    note_failure(m, &error);
    return -1;
}

static void drop_output(struct maker *m)
{
    output_free(m->output);
    m->output = NULL;
}

/* -- pages --------------------------------------------------------------------------------------
 */

static void broken(struct maker *m, unsigned page, const char *what)
{
    m->d->shared->page[page] = PAGE_BROKEN;
    deliver_say_broken(page, what);
}

/* All images of the page are looked at: 1, all are blank; 0; negative, it cannot be decoded. */
static int look(struct maker *m, int fd)
{
    struct deliver *d = m->d;
    int blank = 1;

    for (unsigned image = 0; blank == 1; image++) {
        struct deliver_cells cells = {0};
        int r = deliver_look(fd, image, d->order.dpi, &cells);
        if (r == -ENOENT) /* there are no more */
            break;
        if (r < 0)
            return r;
        if (!d->shared->thumbnail && deliver_thumbnail(d->job, &cells) == 0) {
            struct json_object *event = json_object_new_object();
            d->shared->thumbnail = true;
            if (event)
                json_object_object_add(event, "event", json_object_new_string("thumbnail"));
            deliver_say(event);
        }
        blank = d->order.drop_blank ? deliver_blank(&cells) : 0;
        deliver_cells_free(&cells);
    }
    return blank == 1 && d->order.drop_blank;
}

static uint64_t size_of(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* It is told once, although it may be taken twice. */
static void good(struct maker *m, unsigned page, int fd, bool blank)
{
    const struct output_page *info =
        blank ? NULL : output_page_info(m->output, output_page_count(m->output) - 1);
    uint8_t *state = &m->d->shared->page[page];

    if (*state == PAGE_NONE)
        deliver_say_page(page, size_of(fd), info ? info->width : 0, info ? info->height : 0, blank);
    *state = blank ? PAGE_BLANK : PAGE_GOOD;
}

static void take_open_page(struct maker *m, unsigned page, int fd)
{
    const struct deliver *d = m->d;
    bool wanted = d->order.drop_blank || !d->shared->thumbnail;
    int blank = wanted ? look(m, fd) : 0;

    if (blank == 1) {
        good(m, page, fd, true);
        return;
    }
    if (!m->output)
        return;
    /* What could not be looked at may still do as it is: a JPEG of a kind that our reader lacks. */
    if (output_page_take(m->output, fd) == 0) {
        good(m, page, fd, false);
        return;
    }
    const struct output_error *error = output_last_error(m->output);
    if (is_page_fault(error->code)) {
        broken(m, page, error->text);
        return;
    }
    note_failure(m, error);
    drop_output(m);
}

static void take_page(struct maker *m, unsigned page)
{
    uint8_t state = m->d->shared->page[page];

    if (state == PAGE_BLANK || state == PAGE_BROKEN)
        return;
    m->d->shared->current = page;
    int fd = job_page_read(m->d->job, page);
    if (fd < 0) {
        m->d->shared->current = 0;
        deliver_fail(&m->d->shared->failure, "io", "Page %u could not be read: %s; try again.",
                     page, strerror(-fd));
        m->failed = true;
        drop_output(m);
        return;
    }
    deliver_allow_page();
    take_open_page(m, page, fd);
    m->d->shared->current = 0;
    close(fd);
}

static void take_pages(struct maker *m)
{
    unsigned page;

    while (!m->failed && (page = job_page_next(m->d->job, m->last)) > 0) {
        take_page(m, page);
        if (!m->failed)
            m->last = page;
    }
}

/* -- the end ------------------------------------------------------------------------------------
 */

static enum deliver_outcome finish(struct maker *m)
{
    struct deliver *d = m->d;

    take_pages(m);
    if (m->failed || !m->output) { /* once more, from the first page */
        drop_output(m);
        m->last = 0;
        if (open_output(m) == 0)
            take_pages(m);
    }
    if (m->failed)
        return OUTCOME_FAILED;
    if (deliver_count(d, PAGE_GOOD) == 0)
        return OUTCOME_NOTHING;
    deliver_allow_page();
    if (output_finish(m->output) < 0) {
        note_failure(m, output_last_error(m->output));
        return OUTCOME_FAILED;
    }
    for (size_t i = 0; i < d->journal.n_files; i++)
        d->journal.files[i].done = true;
    /* Should this fail, the files tell of themselves (deliver_resume()). */
    deliver_journal_write(d);
    return OUTCOME_MADE;
}

/* 1 and the next line without its end, 0 when there are no more. What is too long is cut. */
static int read_line(int fd, char ret[MAX_LINE])
{
    size_t len = 0;

    for (;;) {
        char c;
        ssize_t n = read(fd, &c, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return 0;
        if (c == '\n')
            break;
        if (len + 1 < MAX_LINE)
            ret[len++] = c;
    }
    ret[len] = '\0';
    return 1;
}

static enum deliver_outcome make(struct maker *m, int input)
{
    struct job_ending ending;
    char line[MAX_LINE];
    bool more = true;

    open_output(m);
    for (;;) {
        int ended = job_ended(m->d->job, &ending);
        if (ended > 0 && !ending.complete)
            return OUTCOME_INCOMPLETE;
        if (ended > 0)
            return finish(m);
        if (!more)
            return OUTCOME_ABANDONED;
        if (m->output)
            take_pages(m);
        more = read_line(input, line);
    }
}

enum deliver_outcome deliver_make(struct deliver *d, int input)
{
    struct maker m = {.d = d};

    deliver_sweep(d);
    enum deliver_outcome outcome = make(&m, input);
    drop_output(&m);
    free(m.pattern);
    d->shared->outcome = (int)outcome;
    return outcome;
}
