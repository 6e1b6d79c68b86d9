/* SPDX-License-Identifier: MIT */
/*
 * The commands of a destination: words with {fields} to arguments, the facts to the environment,
 * and the journal before and after, so that none runs twice. What was begun before a crash is not
 * begun again: nobody knows how far it came.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "common/text.h"
#include "deliver.h"

extern char **environ;

enum field { FILE_, FOLDER, NAME, DEVICE, DESTINATION, PAGES, DATE, TIME, N_FIELDS };

static const char *const fields[N_FIELDS] = {
    [FILE_] = "{file}",
    [FOLDER] = "{folder}",
    [NAME] = "{name}",
    [DEVICE] = "{device}",
    [DESTINATION] = "{destination}",
    [PAGES] = "{pages}",
    [DATE] = "{date}",
    [TIME] = "{time}",
};

struct facts {
    char *value[N_FIELDS];
    char *files; /* all of them, a line each */
};

/* -- the facts ----------------------------------------------------------------------------------
 */

static char *join_files(const struct deliver_journal *journal)
{
    size_t size = 1, at = 0;

    for (size_t i = 0; i < journal->n_files; i++)
        size += strlen(journal->folder) + strlen(journal->files[i].name) + 2;
    char *all = malloc(size);
    if (!all)
        return NULL;
    *all = '\0';
    for (size_t i = 0; i < journal->n_files; i++)
        at += (size_t)snprintf(all + at, size - at, "%s%s/%s", i ? "\n" : "", journal->folder,
                               journal->files[i].name);
    return all;
}

static char *format_time(const struct deliver *d, const char *format)
{
    char text[64];

    return strdup(strftime(text, sizeof text, format, &d->when) > 0 ? text : "");
}

/* A device that calls itself "-rf" is no option. */
static char *harmless(const char *text)
{
    char *copy = strdup(text);

    if (copy && *copy == '-')
        *copy = '_';
    return copy;
}

static void facts_free(struct facts *facts)
{
    for (size_t i = 0; i < N_FIELDS; i++)
        free(facts->value[i]);
    free(facts->files);
}

static int facts_make(const struct deliver *d, size_t file, struct facts *ret)
{
    const struct deliver_journal *journal = &d->journal;
    const char *name = journal->files[file].name;
    struct facts facts = {.files = join_files(journal)};
    bool made = facts.files != NULL;

    if (asprintf(&facts.value[FILE_], "%s/%s", journal->folder, name) < 0)
        facts.value[FILE_] = NULL;
    if (asprintf(&facts.value[PAGES], "%u", deliver_pages(d)) < 0)
        facts.value[PAGES] = NULL;
    facts.value[FOLDER] = strdup(journal->folder);
    facts.value[NAME] = harmless(name);
    facts.value[DEVICE] = harmless(d->device);
    facts.value[DESTINATION] = harmless(d->destination);
    facts.value[DATE] = format_time(d, "%Y-%m-%d");
    facts.value[TIME] = format_time(d, "%H%M%S");
    for (size_t i = 0; i < N_FIELDS; i++)
        made &= facts.value[i] != NULL;
    if (!made) {
        facts_free(&facts);
        return -ENOMEM;
    }
    *ret = facts;
    return 0;
}

/* -- arguments and environment ------------------------------------------------------------------
 */

/* The field at `at` and its length; N_FIELDS: none. */
static size_t field_at(const char *at, size_t *ret)
{
    for (size_t i = 0; i < N_FIELDS; i++) {
        *ret = strlen(fields[i]);
        if (strncmp(at, fields[i], *ret) == 0)
            return i;
    }
    *ret = 1;
    return N_FIELDS;
}

/* One word, whatever is in the values; what they hold is not looked at again. */
static char *expand(const char *word, const struct facts *facts)
{
    char *text = NULL;
    size_t size = 0, len;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    for (; *word; word += len) {
        size_t field = field_at(word, &len);
        if (field < N_FIELDS)
            fputs(facts->value[field], out);
        else
            fputc(*word, out);
    }
    bool failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed) {
        free(text);
        return NULL;
    }
    return text;
}

static void list_free(char **list)
{
    for (size_t i = 0; list && list[i]; i++)
        free(list[i]);
    free(list);
}

static char **expand_all(config_list words, const struct facts *facts)
{
    size_t count = 0;

    while (words[count])
        count++;
    char **list = calloc(count + 1, sizeof *list);
    for (size_t i = 0; list && i < count; i++) {
        list[i] = expand(words[i], facts);
        if (!list[i]) {
            list_free(list);
            return NULL;
        }
    }
    return list;
}

static char **make_environment(const struct deliver *d, const struct facts *facts)
{
    char began[32];
    const struct {
        const char *name, *value;
    } rows[] = {
        {"WSD_FILE", facts->value[FILE_]},
        {"WSD_FILES", facts->files},
        {"WSD_DEVICE", d->device},
        {"WSD_UUID", d->order.uuid ? d->order.uuid : ""},
        {"WSD_DESTINATION", d->destination},
        {"WSD_PAGES", facts->value[PAGES]},
        {"WSD_TIME", began},
        {"WSD_JOB", d->job->id},
    };
    size_t n = 0, own = sizeof rows / sizeof *rows;

    strftime(began, sizeof began, "%Y-%m-%dT%H:%M:%S", &d->when);
    while (environ[n])
        n++;
    char **list = calloc(n + own + 1, sizeof *list);
    bool made = list != NULL;
    size_t at = 0;
    for (size_t i = 0; made && i < own; i++, at++)
        if (asprintf(&list[at], "%s=%s", rows[i].name, rows[i].value) < 0) {
            list[at] = NULL;
            made = false;
        }
    for (size_t i = 0; made && i < n; i++)
        if (strncmp(environ[i], "WSD_", 4) != 0 || strncmp(environ[i], "WSD_TEST", 8) == 0)
            made = (list[at++] = strdup(environ[i])) != NULL;
    if (!made) {
        list_free(list);
        return NULL;
    }
    return list;
}

/* -- running ------------------------------------------------------------------------------------
 */

static void say(const char *which, const struct deliver_ran *ran)
{
    struct json_object *object = json_object_new_object();

    if (!object)
        return;
    json_object_object_add(object, "event", json_object_new_string("command"));
    json_object_object_add(object, "which", json_object_new_string(which));
    json_object_object_add(object, "status", json_object_new_int(ran->status));
    json_object_object_add(object, "what", json_object_new_string(ran->what));
    if (*ran->output)
        json_object_object_add(object, "output", json_object_new_string(ran->output));
    deliver_say(object);
}

static void run_one(struct deliver *d, config_list words, size_t file, const char *input,
                    struct deliver_ran *ret)
{
    struct facts facts = {0};
    char **arguments = NULL, **environment = NULL;
    uint32_t seconds =
        d->order.command_timeout ? d->order.command_timeout : DELIVER_COMMAND_SECONDS;

    *ret = (struct deliver_ran){.status = -1};
    if (facts_make(d, file, &facts) == 0) {
        arguments = expand_all(words, &facts);
        environment = make_environment(d, &facts);
    }
    if (arguments && environment)
        deliver_run(arguments, environment, input, seconds, ret);
    else
        snprintf(ret->what, sizeof ret->what, "Out of memory; close some programs.");
    list_free(arguments);
    list_free(environment);
    facts_free(&facts);
}

static void interrupted(struct deliver_ran *ret)
{
    *ret = (struct deliver_ran){.status = -1};
    snprintf(ret->what, sizeof ret->what,
             "It was begun before a crash and is not run a second time; see how far it came.");
}

/* The copy that was kept for it, or, where that is all there is, the document itself. */
static void input_of(const struct deliver *d, size_t file, char *ret, size_t size)
{
    char name[32];

    snprintf(name, sizeof name, DELIVER_INPUT, file + 1);
    snprintf(ret, size, "%s/%s", d->job->path, name);
    if (access(ret, R_OK) < 0)
        snprintf(ret, size, "%s/%s", d->journal.folder, d->journal.files[file].name);
}

static bool pipe_one(struct deliver *d, size_t file, struct deliver_failure *ret_failure)
{
    struct deliver_journal *journal = &d->journal;
    struct deliver_ran ran;
    char input[8192];

    if (journal->piping > journal->piped) {
        interrupted(&ran);
    } else {
        journal->piping = (unsigned)file + 1;
        if (deliver_journal_write(d) < 0) {
            deliver_fail(ret_failure, "io",
                         "The delivery could not be recorded; make room in the "
                         "spool.");
            return false;
        }
        input_of(d, file, input, sizeof input);
        run_one(d, d->order.pipe, file, input, &ran);
    }
    say("pipe", &ran);
    if (ran.status != 0)
        deliver_fail(ret_failure, "pipe", "The command would not take the document: %s", ran.what);
    if (ran.status != 0 && !d->order.folder)
        return false;
    journal->piped = (unsigned)file + 1; /* it stands in its folder in any case */
    deliver_journal_write(d);
    return true;
}

static void run_command(struct deliver *d)
{
    struct deliver_journal *journal = &d->journal;
    struct deliver_ran ran;

    if (journal->command_begun) {
        interrupted(&ran);
    } else {
        journal->command_begun = true;
        if (deliver_journal_write(d) < 0) {
            ran = (struct deliver_ran){.status = -1,
                                       .what = "It could not be recorded that it runs; "
                                               "make room in the spool."};
            journal->command_begun = false;
        } else {
            run_one(d, d->order.command, 0, NULL, &ran);
        }
    }
    say("command", &ran);
    journal->command_done = true;
    deliver_journal_write(d);
}

int deliver_commands(struct deliver *d, struct deliver_failure *ret_failure)
{
    struct deliver_journal *journal = &d->journal;

    if (journal->n_files == 0)
        return 0;
    for (size_t i = journal->piped; d->order.pipe && i < journal->n_files; i++)
        if (!pipe_one(d, i, ret_failure))
            return -1;
    if (d->order.command && !journal->command_done)
        run_command(d);
    return 0;
}
