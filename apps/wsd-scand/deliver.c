/* SPDX-License-Identifier: MIT */
/*
 * wsd-scand-deliver: the process that waits. It starts the one that decodes, begins anew without
 * the page that was too much for it, and then does what has to be done whatever became of the
 * document: the journal, the commands, the keeping, the last word.
 */
#include "deliver.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <json-c/json.h>

#include "common/text.h"

#define EXIT_STAYS 1 /* the job has to stay in the spool */

unsigned deliver_count(const struct deliver *d, enum deliver_page state)
{
    unsigned count = 0;

    for (unsigned page = 1; page <= JOB_MAX_PAGES; page++)
        count += d->shared->page[page] == state;
    return count;
}

unsigned deliver_pages(const struct deliver *d)
{
    struct job_ending ending = {0};
    unsigned good = deliver_count(d, PAGE_GOOD);

    return good == 1 && job_ended(d->job, &ending) > 0 && ending.pages > 0 ? ending.pages : good;
}

void deliver_fail(struct deliver_failure *ret, const char *code, const char *format, ...)
{
    va_list args;

    if (*ret->code)
        return;
    snprintf(ret->code, sizeof ret->code, "%s", code);
    va_start(args, format);
    vsnprintf(ret->what, sizeof ret->what, format, args);
    va_end(args);
}

/* -- the process that decodes -------------------------------------------------------------------
 */

static __attribute__((noreturn)) void decode(struct deliver *d, pid_t parent)
{
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
#endif
    if (getppid() != parent)
        _exit(EXIT_STAYS);
    deliver_confine();
    deliver_make(d, STDIN_FILENO);
    deliver_journal_free(&d->journal);
    job_order_free(&d->order);
    job_close(d->job);
    exit(0);
}

/* What a page did to it. */
static void blame(struct deliver *d, unsigned page, int status)
{
    char what[160];
    int s = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

    if (s == SIGXCPU)
        snprintf(what, sizeof what,
                 "Page %u takes longer than %d seconds to decode; scan it again.", page,
                 DELIVER_CPU_SECONDS);
    else
        snprintf(what, sizeof what,
                 "Page %u made the decoder end with %s %d; scan it again, in another format.", page,
                 s ? "signal" : "status", s ? s : WEXITSTATUS(status));
    d->shared->page[page] = PAGE_BROKEN;
    deliver_say_broken(page, what);
}

/* Once. OUTCOME_NONE: it crashed. */
static enum deliver_outcome decode_once(struct deliver *d, int *ret_status)
{
    pid_t parent = getpid(), child;

    d->shared->outcome = OUTCOME_NONE;
    d->shared->current = 0;
    child = fork();
    if (child == 0)
        decode(d, parent);
    *ret_status = -1;
    if (child < 0)
        return OUTCOME_NONE;
    while (waitpid(child, ret_status, 0) < 0 && errno == EINTR)
        ;
    int outcome = d->shared->outcome;
    bool well = WIFEXITED(*ret_status) && WEXITSTATUS(*ret_status) == 0;
    return well && outcome > OUTCOME_NONE && outcome <= OUTCOME_ABANDONED
               ? (enum deliver_outcome)outcome
               : OUTCOME_NONE;
}

/* How it stands after the journal: files in it get, or have, their names. */
static enum deliver_outcome resume(struct deliver *d, enum deliver_outcome otherwise,
                                   struct deliver_failure *failure, bool *stays)
{
    if (d->journal.keeping) {
        *failure = d->journal.failure;
        return OUTCOME_FAILED;
    }
    if (d->journal.n_files == 0)
        return otherwise;
    *failure = (struct deliver_failure){0};
    int r = deliver_resume(d, failure);
    *stays = r == -2;
    return r < 0 ? OUTCOME_FAILED : OUTCOME_MADE;
}

static enum deliver_outcome make(struct deliver *d, struct deliver_failure *failure, bool *stays)
{
    enum deliver_outcome outcome = resume(d, OUTCOME_NONE, failure, stays);
    struct job_ending ending;
    unsigned crashes = 0;
    int status = 0;

    while (outcome == OUTCOME_NONE) {
        outcome = decode_once(d, &status);
        unsigned page = d->shared->current;
        int r = deliver_journal_read(d);
        if (r < 0) {
            deliver_fail(failure, "io", "The record of the delivery cannot be read: %s.",
                         strerror(-r));
            *stays = true;
            return OUTCOME_FAILED;
        }
        *failure = d->shared->failure;
        failure->code[sizeof failure->code - 1] = '\0';
        failure->what[sizeof failure->what - 1] = '\0';
        outcome = resume(d, outcome, failure, stays);
        if (outcome != OUTCOME_NONE)
            break;
        if (page >= 1 && page <= JOB_MAX_PAGES)
            blame(d, page, status);
        if (++crashes < (page > 0 ? DELIVER_MAX_CRASHES : DELIVER_MAX_KILLS))
            continue;
        /* Pages may still come, and are to be kept with the others: not yet. */
        if (job_ended(d->job, &ending) == 0)
            return OUTCOME_ABANDONED;
        *failure = (struct deliver_failure){0};
        deliver_fail(failure, "crashed",
                     "The document could not be made, its maker ended with status %#x; this is a "
                     "mistake of the program, report it with the pages.",
                     (unsigned)status);
        outcome = OUTCOME_FAILED;
    }
    return outcome;
}

/* -- the end ------------------------------------------------------------------------------------
 */

/* The last word, on the disk before it is said: who comes later says it again. */
static int conclude(struct deliver *d, struct json_object *event, bool stays)
{
    if (!stays) {
        d->journal.result = json_object_get(event);
        deliver_journal_write(d); /* else all is found done, and concluded once more */
    }
    deliver_say(event);
    return stays ? EXIT_STAYS : 0;
}

static int stay(struct deliver *d, const struct deliver_failure *failure)
{
    return conclude(d, deliver_failed_event(d, failure, d->job->path), true);
}

/* There is no document: pages go where they are kept, unless they are not wanted. */
static int give_up(struct deliver *d, enum deliver_keep what, const struct deliver_failure *failure)
{
    char kept[sizeof d->job->path + sizeof d->journal.kept] = "";

    if (!d->journal.keeping) {
        d->journal.keeping = true;
        d->journal.failure = *failure;
        if (deliver_journal_write(d) < 0)
            return stay(d, failure);
    }
    deliver_sweep(d);
    if (deliver_keep(d, what, failure, kept, sizeof kept) < 0) {
        /* Nothing of it is anywhere: the next one may try to deliver it again. */
        if (d->journal.n_files == 0) {
            d->journal.keeping = false;
            deliver_journal_write(d);
        }
        return stay(d, failure);
    }
    return conclude(d, deliver_failed_event(d, failure, kept), false);
}

static int drop(struct deliver *d, const struct deliver_failure *failure)
{
    deliver_sweep(d);
    return conclude(d, deliver_failed_event(d, failure, ""), false);
}

static int give_up_incomplete(struct deliver *d)
{
    struct job_ending ending = {0};
    struct deliver_failure failure = {0};
    char why[JOB_MAX_WHY];
    unsigned count = 0;

    job_ended(d->job, &ending);
    for (unsigned page = 0; (page = job_page_next(d->job, page)) > 0;)
        count++;
    text_clean(*ending.why ? ending.why : "no reason was told", why, sizeof why - 128);
    deliver_fail(&failure, "incomplete",
                 "The scan broke off after %u whole page%s: %s; scan %s again.", count,
                 count == 1 ? "" : "s", why, count == 1 ? "it" : "them");
    return d->order.broken == CONFIG_BROKEN_KEEP ? give_up(d, KEEP_PAGES, &failure)
                                                 : drop(d, &failure);
}

/* Broken pages beside a document that stands. */
static int finish(struct deliver *d)
{
    struct deliver_failure why = {0};
    char kept[sizeof d->job->path + sizeof d->journal.kept] = "";
    unsigned broken = deliver_count(d, PAGE_BROKEN);

    if (broken > 0 && d->order.broken == CONFIG_BROKEN_KEEP) {
        deliver_fail(&why, "broken",
                     "%u page%s of this scan could not be made part of the document; what came of "
                     "%s is here. Scan %s again.",
                     broken, broken == 1 ? "" : "s", broken == 1 ? "it" : "them",
                     broken == 1 ? "it" : "them");
        if (deliver_keep(d, KEEP_BROKEN, &why, kept, sizeof kept) < 0)
            return conclude(d, deliver_done_event(d, d->job->path), true);
    }
    return conclude(d, deliver_done_event(d, kept), false);
}

static int finish_made(struct deliver *d)
{
    struct deliver_failure failure = {0};

    deliver_say_delivered(d);
    if (deliver_commands(d, &failure) < 0)
        return give_up(d, KEEP_DOCUMENT, &failure);
    return finish(d);
}

static int finish_nothing(struct deliver *d)
{
    struct deliver_failure failure = {0};
    unsigned broken = deliver_count(d, PAGE_BROKEN), blank = deliver_count(d, PAGE_BLANK);

    if (broken == 0 && blank > 0)
        return finish(d);
    if (broken == 0) {
        deliver_fail(&failure, "empty",
                     "The scan ended without a page; look at the scanner and try "
                     "again.");
        return drop(d, &failure);
    }
    deliver_fail(&failure, "broken",
                 "No page of the scan is whole, so that there is no document; scan it again.");
    return d->order.broken == CONFIG_BROKEN_KEEP ? give_up(d, KEEP_PAGES, &failure)
                                                 : drop(d, &failure);
}

/* What was given up before a crash: a document that was only to be piped stands, and its pages do
 * not count. */
static enum deliver_keep kept_kind(const struct deliver *d)
{
    return !d->order.folder && d->journal.n_files > 0 && d->journal.piping > 0 ? KEEP_DOCUMENT
                                                                               : KEEP_PAGES;
}

static int work(struct deliver *d)
{
    struct deliver_failure failure = {0};
    bool stays = false;

    if (d->journal.result) {
        deliver_say(json_object_get(d->journal.result));
        return 0;
    }
    enum deliver_outcome outcome = make(d, &failure, &stays);
    if (stays)
        return stay(d, &failure);
    switch (outcome) {
    case OUTCOME_MADE:
        return finish_made(d);
    case OUTCOME_NOTHING:
        return finish_nothing(d);
    case OUTCOME_INCOMPLETE:
        return give_up_incomplete(d);
    case OUTCOME_NONE:
    case OUTCOME_FAILED:
        return give_up(d, kept_kind(d), &failure);
    case OUTCOME_ABANDONED:
        break;
    }
    return 0;
}

/* -- the beginning ------------------------------------------------------------------------------
 */

static int complain(const char *path, int error, const char *detail)
{
    fprintf(stderr, "wsd-scand-deliver: %s: %s%s%s\n", path, strerror(error), detail ? ": " : "",
            detail ? detail : "");
    return EXIT_STAYS;
}

/* A job whose order nobody can read stays for people to look at. */
static int refuse_order(struct deliver *d, int error, const char *wrong)
{
    struct deliver_failure failure = {0};

    deliver_fail(&failure, "order",
                 "What is to become of the scan cannot be read (" JOB_ORDER ", %s: %s); its pages "
                 "stay in the spool.",
                 wrong, strerror(error));
    return stay(d, &failure);
}

static void prepare(struct deliver *d)
{
    time_t began = (time_t)d->order.began;

    localtime_r(&began, &d->when);
    text_clean(d->order.device && *d->order.device ? d->order.device : "scanner", d->device,
               sizeof d->device);
    text_clean(d->order.title, d->title, sizeof d->title);
    text_clean(d->order.destination, d->destination, sizeof d->destination);
    snprintf(d->prefix, sizeof d->prefix, ".wsd-scand-%s-", d->job->id);
}

static int run(struct deliver *d, const char *path)
{
    const char *wrong = NULL;
    int r = job_open(path, &d->job);

    if (r == 0)
        r = job_lock(d->job);
    if (r == -EWOULDBLOCK)
        return EX_TEMPFAIL;
    if (r < 0)
        return complain(path, -r, NULL);
    r = job_order_load(d->job, &d->order, &wrong);
    if (r < 0)
        return refuse_order(d, -r, wrong);
    prepare(d);
    r = deliver_journal_read(d);
    if (r < 0)
        return complain(path, -r, JOB_DELIVERED);
    return work(d);
}

int main(int argc, char **argv)
{
    struct deliver *d = calloc(1, sizeof *d);
    int code = EX_USAGE;

    if (argc != 2 || argv[1][0] == '-') {
        fprintf(stderr, "usage: wsd-scand-deliver FOLDER\n");
        free(d);
        return code;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    void *shared =
        mmap(NULL, sizeof *d->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!d || shared == MAP_FAILED) {
        free(d);
        return complain(argv[1], ENOMEM, NULL);
    }
    d->shared = shared;
    code = run(d, argv[1]);
    deliver_journal_free(&d->journal);
    job_order_free(&d->order);
    job_close(d->job);
    munmap(shared, sizeof *d->shared);
    free(d);
    return code;
}
