/* SPDX-License-Identifier: MIT */
/* Fields of an argument are filled in; it stays one argument, whatever a scanner is called. */
#include "notice.h"

#include <errno.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "common/child.h"
#include "common/text.h"
#include "log.h"

extern char **environ;

struct notice {
    struct notice *next;
    struct scand *scand;
    pid_t pid;
    struct loop_timer limit;
};

struct fact {
    const char *field, *variable;
    char value[NOTICE_MAX_ARGUMENT];
};

enum {
    FACT_TITLE,
    FACT_TEXT,
    FACT_STATE,
    FACT_SCANNER,
    FACT_DESTINATION,
    FACT_FILE,
    FACT_PAGES,
    FACTS
};

static void gather(const struct history_entry *e, struct fact facts[FACTS])
{
    static const char *const names[FACTS][2] = {
        {"{title}", "WSD_TITLE"},
        {"{text}", "WSD_TEXT"},
        {"{state}", "WSD_STATE"},
        {"{scanner}", "WSD_SCANNER"},
        {"{destination}", "WSD_DESTINATION"},
        {"{file}", "WSD_FILE"},
        {"{pages}", "WSD_PAGES"},
    };
    struct json_object *first = e->files ? json_object_array_get_idx(e->files, 0) : NULL;
    const char *file = first ? json_object_get_string(first) : e->kept ? e->kept : "";
    bool good = e->state == HISTORY_DONE;

    for (size_t i = 0; i < FACTS; i++)
        facts[i] = (struct fact){.field = names[i][0], .variable = names[i][1]};
#define PUT(fact, ...) snprintf(facts[fact].value, sizeof facts[fact].value, __VA_ARGS__)
    PUT(FACT_TITLE, good ? "Scanned to %.100s" : "Scan to %.100s failed", e->destination);
    PUT(FACT_TEXT, "%.1500s", good ? file : e->error);
    PUT(FACT_STATE, "%s", good ? "done" : "failed");
    /* It names itself, and is to be no option of the program. */
    PUT(FACT_SCANNER, "%s%.200s", *e->scanner == '-' ? "_" : "", e->scanner);
    PUT(FACT_DESTINATION, "%.200s", e->destination);
    PUT(FACT_FILE, "%.1500s", file);
    PUT(FACT_PAGES, "%u", e->pages);
#undef PUT
}

static char *fill(const char *argument, const struct fact facts[FACTS])
{
    char text[NOTICE_MAX_ARGUMENT] = "", clean[NOTICE_MAX_ARGUMENT];

    for (const char *at = argument; *at;) {
        size_t length = 1;
        const char *value = NULL;
        for (size_t i = 0; !value && i < FACTS; i++)
            if (strncmp(at, facts[i].field, strlen(facts[i].field)) == 0) {
                value = facts[i].value;
                length = strlen(facts[i].field);
            }
        if (value)
            text_append(text, sizeof text, "%s", value);
        else
            text_append(text, sizeof text, "%.1s", at);
        at += length;
    }
    return strdup(text_clean(text, clean, sizeof clean));
}

static void free_list(char **list)
{
    for (char **at = list; at && *at; at++)
        free(*at);
    free(list);
}

static char **arguments_of(config_list command, const struct fact facts[FACTS])
{
    char **list;
    size_t n = 0;

    while (command[n])
        n++;
    list = calloc(n + 1, sizeof *list);
    for (size_t i = 0; list && i < n; i++)
        if ((list[i] = fill(command[i], facts)) == NULL) {
            free_list(list);
            return NULL;
        }
    return list;
}

static char **environment_with(const struct fact facts[FACTS])
{
    size_t n = 0;
    char **list;

    while (environ[n])
        n++;
    list = calloc(n + FACTS + 1, sizeof *list);
    for (size_t i = 0; list && i < n; i++)
        list[i] = strdup(environ[i]);
    for (size_t i = 0; list && i < FACTS; i++) {
        char clean[NOTICE_MAX_ARGUMENT];
        if (asprintf(&list[n + i], "%s=%s", facts[i].variable,
                     text_clean(facts[i].value, clean, sizeof clean)) < 0)
            list[n + i] = NULL;
    }
    return list;
}

static void too_long(void *user)
{
    struct notice *notice = user;

    log_say(LOG_LEVEL_WARNING, NULL, "the program of `notify` takes too long; it is ended");
    kill(-notice->pid, SIGKILL);
}

static int spawn(struct notice *notice, char **arguments, char **environment)
{
    posix_spawnattr_t attributes;
    int r = child_attributes(&attributes);

    if (r < 0)
        return r;
    r = posix_spawnp(&notice->pid, arguments[0], NULL, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    return -r;
}

void notice_scan(struct scand *scand, const struct history_entry *entry)
{
    config_list command = scand->config->notify;
    struct fact *facts;
    struct notice *notice;
    size_t n = 0;

    for (notice = scand->notices; notice; notice = notice->next)
        n++;
    if (!command || !*command || n >= NOTICE_MAX)
        return;
    facts = calloc(FACTS, sizeof *facts);
    notice = calloc(1, sizeof *notice);
    if (facts && notice) {
        gather(entry, facts);
        char **arguments = arguments_of(command, facts), **environment = environment_with(facts);
        int r = arguments && environment ? spawn(notice, arguments, environment) : -ENOMEM;
        free_list(arguments);
        free_list(environment);
        if (r == 0) {
            notice->scand = scand;
            notice->next = scand->notices;
            scand->notices = notice;
            loop_arm(&scand->loop, &notice->limit, NOTICE_MOST_MS, too_long, notice);
            notice = NULL;
        } else {
            log_say(LOG_LEVEL_WARNING, NULL, "`notify`: %s: %s", command[0], strerror(-r));
        }
    }
    free(notice);
    free(facts);
}

static void forget(struct scand *scand, struct notice **at)
{
    struct notice *notice = *at;

    *at = notice->next;
    loop_disarm(&scand->loop, &notice->limit);
    free(notice);
}

void notices_reap(struct scand *scand)
{
    int status;

    for (struct notice **at = &scand->notices; *at;)
        if (waitpid((*at)->pid, &status, WNOHANG) == (*at)->pid)
            forget(scand, at);
        else
            at = &(*at)->next;
}

void notices_free(struct scand *scand)
{
    while (scand->notices)
        forget(scand, &scand->notices);
}
