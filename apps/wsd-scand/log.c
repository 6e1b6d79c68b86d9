/* SPDX-License-Identifier: MIT */
/*
 * The journal takes a record as one datagram of NAME=value lines (systemd's "Native Journal
 * Protocol", documented as stable); with it `journalctl SCANNER=...` finds what belongs to one.
 * libsystemd would do the same, at the price of a dozen libraries in memory.
 */
#include "log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/text.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define LINE           1024
#define RECORD         4096

static struct {
    enum log_target target;
    enum log_level most;
    int journal;
} out = {LOG_TARGET_PREFIX, LOG_LEVEL_INFO, -1};

static const struct {
    const char *word;
    int priority; /* of syslog(3) */
} levels[] = {{"error: ", 3}, {"warning: ", 4}, {"", 6}, {"debug: ", 7}};

/* $JOURNAL_STREAM is "device:inode" of the stream that standard error is, if that is the journal.
 */
static bool journal_reads_stderr(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat st;

    return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &st) == 0 && st.st_dev == (dev_t)device &&
           st.st_ino == (ino_t)inode;
}

static int journal_connect(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = JOURNAL_SOCKET};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

void log_open(int foreground, enum log_level most)
{
    out.most = most;
    out.target = foreground ? LOG_TARGET_TERMINAL : LOG_TARGET_PREFIX;
    if (!foreground && journal_reads_stderr()) {
        out.journal = journal_connect();
        if (out.journal >= 0)
            out.target = LOG_TARGET_JOURNAL;
    }
}

void log_close(void)
{
    if (out.journal >= 0)
        close(out.journal);
    out.journal = -1;
    out.target = LOG_TARGET_PREFIX;
}

enum log_target log_target(void)
{
    return out.target;
}

int log_wants(enum log_level level)
{
    return level <= out.most;
}

static void put_field(char *record, const char *name, const char *value)
{
    char clean[LINE];

    if (value)
        text_append(record, RECORD, "%s=%s\n", name, text_clean(value, clean, sizeof clean));
}

static bool say_to_journal(enum log_level level, const struct log_about *about, const char *line)
{
    char record[RECORD] = "", message[2 * LINE];

    text_append(record, sizeof record, "PRIORITY=%d\nSYSLOG_IDENTIFIER=wsd-scand\n",
                levels[level].priority);
    snprintf(message, sizeof message, "%s%s%s", about->scanner ? about->scanner : "",
             about->scanner ? ": " : "", line);
    put_field(record, "MESSAGE", message);
    put_field(record, "SCANNER", about->scanner);
    put_field(record, "DESTINATION", about->destination);
    put_field(record, "SCAN", about->job);
    put_field(record, "FILE", about->file);
    return send(out.journal, record, strlen(record), MSG_NOSIGNAL) >= 0;
}

void log_say(enum log_level level, const struct log_about *about, const char *format, ...)
{
    static const struct log_about nothing;
    char text[LINE], line[LINE], clock[16] = "";
    time_t now = time(NULL);
    struct tm tm;
    va_list arguments;

    if (!log_wants(level))
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    text_clean(text, line, sizeof line);
    about = about ? about : &nothing;
    if (out.target == LOG_TARGET_JOURNAL && say_to_journal(level, about, line))
        return;
    if (out.target == LOG_TARGET_TERMINAL && localtime_r(&now, &tm))
        strftime(clock, sizeof clock, "%H:%M:%S ", &tm);
    if (out.target != LOG_TARGET_TERMINAL)
        snprintf(clock, sizeof clock, "<%d>", levels[level].priority);
    fprintf(stderr, "%s%s%s%s%s\n", clock, levels[level].word, about->scanner ? about->scanner : "",
            about->scanner ? ": " : "", line);
}
