/* SPDX-License-Identifier: MIT */
/*
 * The archive is a tar (POSIX ustar): a header of 512 bytes and the bytes of each message, written
 * as they come, so that it is good up to the last message even when the program is killed. Images
 * are no part of a message (see wsd_trace), so it stays small.
 */
#include "trace.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "common/exit_codes.h"
#include "common/text.h"
#include "mask.h"
#include "report.h"
#include "session.h"

#define TRACE_MESSAGES_MAX 100000u
#define TAR_BLOCK          512u

struct trace {
    struct session *session;
    bool show; /* --debug */
    FILE *tar; /* NULL: no archive */
    char path[4096];
    struct mask *mask;
    FILE *list; /* becomes exchanges.txt */
    char *list_text;
    size_t list_size;
    uint64_t started;
    unsigned messages;
};

/* -- the archive --------------------------------------------------------------------------------
 */

static void tar_add(struct trace *t, const char *name, const void *bytes, size_t size)
{
    char header[TAR_BLOCK] = {0};
    static const char zeros[TAR_BLOCK];
    unsigned sum = 0;

    snprintf(header, 100, "wsd-trace/%s", name);
    snprintf(header + 100, 8, "%07o", 0644);
    snprintf(header + 108, 8, "%07o", 0);
    snprintf(header + 116, 8, "%07o", 0);
    snprintf(header + 124, 12, "%011llo", (unsigned long long)size);
    snprintf(header + 136, 12, "%011llo", (unsigned long long)time(NULL));
    memset(header + 148, ' ', 8);
    header[156] = '0';
    memcpy(header + 257, "ustar\00000", 8);
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += (unsigned char)header[i];
    snprintf(header + 148, 8, "%06o", sum);
    fwrite(header, 1, TAR_BLOCK, t->tar);
    fwrite(bytes, 1, size, t->tar);
    fwrite(zeros, 1, (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK, t->tar);
    fflush(t->tar);
}

/* Through the mask if there is one; what cannot be masked is left out. */
static void tar_add_text(struct trace *t, const char *name, const void *bytes, size_t size)
{
    if (!t->mask) {
        tar_add(t, name, bytes, size);
        return;
    }
    size_t masked_size = 0;
    char *masked = mask_text(t->mask, bytes, size, &masked_size);
    if (masked)
        tar_add(t, name, masked, masked_size);
    free(masked);
}

static void add_readme(struct trace *t)
{
    char text[2048] = "", when[64];
    struct utsname system = {0};
    time_t now = time(NULL);

    uname(&system);
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S %z", localtime(&now));
    text_append(text, sizeof text,
                "wsd " WSD_VERSION "\n%s\n%s %s %s\ncommand: %s\noperands:", when, system.sysname,
                system.release, system.machine, command_name(t->session->args->command));
    for (size_t i = 0; i < t->session->args->n_operands; i++)
        text_append(text, sizeof text, " %s", t->session->args->operands[i]);
    text_append(
        text, sizeof text,
        "\n\nexchanges.txt lists the messages in order; each is in a file of its own, as it "
        "went over the wire.\nImages are left out.%s\n",
        t->mask ? " Addresses, names and serial numbers have been replaced." : "");
    tar_add_text(t, "README.txt", text, strlen(text));
}

static int open_archive(struct trace *t, const char *folder)
{
    char name[64];
    time_t now = time(NULL);

    if (mkdir(folder, 0777) < 0 && errno != EEXIST) {
        char what[600];
        snprintf(what, sizeof what, "cannot make the folder: %s", strerror(errno));
        return report_failure(t->session, EXIT_CODE_OUTPUT, folder, what, NULL);
    }
    strftime(name, sizeof name, "wsd-trace-%Y%m%d-%H%M%S", localtime(&now));
    for (unsigned n = 1; n < 100 && !t->tar; n++) {
        char number[16] = "";
        if (n > 1)
            snprintf(number, sizeof number, "-%u", n);
        snprintf(t->path, sizeof t->path, "%s/%s%s.tar", folder, name, number);
        t->tar = fopen(t->path, "wbxe");
        if (!t->tar && errno != EEXIST)
            break;
    }
    if (!t->tar) {
        char what[600];
        snprintf(what, sizeof what, "cannot write the trace: %s", strerror(errno));
        return report_failure(t->session, EXIT_CODE_OUTPUT, t->path, what, NULL);
    }
    t->list = open_memstream(&t->list_text, &t->list_size);
    if (args_has(t->session->args, OPT_MASK))
        t->mask = mask_new();
    if (!t->list || (args_has(t->session->args, OPT_MASK) && !t->mask))
        return report_no_memory();
    add_readme(t);
    return EXIT_CODE_OK;
}

int trace_open(struct session *session, struct trace **ret)
{
    const char *folder = args_text(session->args, OPT_TRACE, NULL);

    if (!session->debug && !folder)
        return EXIT_CODE_OK;
    struct trace *t = calloc(1, sizeof *t);
    if (!t)
        return report_no_memory();
    t->session = session;
    t->show = session->debug;
    t->started = session_now();
    int code = folder ? open_archive(t, folder) : EXIT_CODE_OK;
    if (code != EXIT_CODE_OK) {
        trace_close(t);
        return code;
    }
    *ret = t;
    return EXIT_CODE_OK;
}

void trace_close(struct trace *t)
{
    if (!t)
        return;
    if (t->list)
        fclose(t->list);
    if (t->tar) {
        static const char end[2 * TAR_BLOCK];
        if (t->list)
            tar_add_text(t, "exchanges.txt", t->list_text, t->list_size);
        fwrite(end, 1, sizeof end, t->tar);
        bool bad = ferror(t->tar) != 0;
        if (fclose(t->tar) != 0 || bad)
            fprintf(stderr, "wsd: %s is not whole: %s\n", t->path, strerror(errno));
        else if (!t->session->quiet)
            fprintf(stderr, "wsd: trace written to %s\n", t->path);
    }
    free(t->list_text);
    mask_free(t->mask);
    free(t);
}

/* -- reading along ------------------------------------------------------------------------------
 */

/* Prints the first character, or the first byte in digits; how many bytes that was. */
static size_t put_character(FILE *out, const char *text, size_t size)
{
    size_t length = *text == '\n' ? 1 : text_harmless(text, size);

    if (length > 0)
        return fwrite(text, 1, length, out), length;
    if (*text != '\r')
        fprintf(out, "\\x%02x", (unsigned char)*text);
    return 1;
}

/* Breaks the line before each tag and indents by the depth, unless the tag ends a run of text. For
 * the eye only: it has to cope with messages that are not XML at all. */
static void put_readable(FILE *out, const char *text, size_t size)
{
    int depth = 0;
    bool after_tag = true;

    for (size_t i = 0; i < size;) {
        if (text[i] != '<') {
            bool blank = strchr(" \t\r\n", text[i]) != NULL;
            if (blank && after_tag) {
                i++;
            } else {
                i += put_character(out, text + i, size - i);
                after_tag = false;
            }
            continue;
        }
        const char *close = memchr(text + i, '>', size - i);
        size_t n = close ? (size_t)(close - (text + i)) + 1 : size - i;
        bool end = n > 1 && text[i + 1] == '/';
        bool alone = n > 2 && (text[i + n - 2] == '/' || text[i + 1] == '?' || text[i + 1] == '!');
        if (end && depth > 0)
            depth--;
        if (after_tag)
            fprintf(out, "\n  %*s", 2 * (depth < 40 ? depth : 40), "");
        for (size_t k = 0; k < n;)
            k += put_character(out, text + i + k, n - k);
        if (!end && !alone)
            depth++;
        /* Text follows a start tag on its line; behind an end tag a new line begins. */
        after_tag = end || alone || (i + n < size && text[i + n] == '<');
        if (!end && !alone && i + n + 1 < size && text[i + n] == '<' && text[i + n + 1] == '/')
            after_tag = false;
        i += n;
    }
    fputc('\n', out);
}

static void show(const struct wsd_trace *m, unsigned long long at)
{
    fprintf(stderr, "%s %llu.%03llu s %s ", m->sent ? ">>>" : "<<<", at / 1000, at % 1000,
            m->datagram ? "UDP" : "HTTP");
    text_put(stderr, m->peer);
    if (m->note && *m->note) {
        fputs("  [", stderr);
        text_put(stderr, m->note);
        fputs("]", stderr);
    }
    fprintf(stderr, "  %zu bytes", m->size);
    if (m->size)
        put_readable(stderr, m->bytes, m->size);
    else
        fputc('\n', stderr);
}

void trace_message(struct trace *t, const struct wsd_trace *m)
{
    if (!t)
        return;
    unsigned long long at = session_now() - t->started;
    if (t->show)
        show(m, at);
    if (!t->tar || t->messages == TRACE_MESSAGES_MAX)
        return;
    char name[64];
    snprintf(name, sizeof name, "%04u-%s-%s.xml", ++t->messages, m->sent ? "sent" : "received",
             m->datagram ? "udp" : "http");
    fprintf(t->list, "%llu.%03llu\t%s\t%s\t%zu bytes\t%s\n", at / 1000, at % 1000, name,
            m->peer ? m->peer : "", m->size, m->note ? m->note : "");
    tar_add_text(t, name, m->bytes, m->size);
}

void trace_note(struct trace *t, const char *kind, const char *line)
{
    if (!t || !t->tar)
        return;
    unsigned long long at = session_now() - t->started;
    fprintf(t->list, "%llu.%03llu\t%s\t%s\n", at / 1000, at % 1000, kind, line);
}
