/* SPDX-License-Identifier: MIT */
/*
 * What stands between a file and libconfuse 3.3, which has some faults that its callers have to
 * know of: each comment moves its line numbers by two; a section or text that the file's end cuts
 * off counts as whole, and leaves the lexer within it for the next reading; "${" goes on to any
 * later brace; a zero byte ends what it reads; a long text takes time by the square of its length.
 * So comments are made blank here and the rest is refused, with the line where it began. Values,
 * keys and their order are not looked at.
 *
 * It walks the text as libconfuse's lexer does: what is a quote or a comment here is one there.
 */
#include "common/confuse.h"

#include <string.h>

struct walk {
    void (*wrong)(void *user, unsigned line, const char *what);
    void *user;
    char *at, *end; /* a zero stands at `end` */
    size_t longest;
    unsigned line;
    unsigned depth, opened; /* braces, and the line of the outermost open one */
    bool failed;
};

static void refuse(struct walk *w, unsigned line, const char *what)
{
    w->wrong(w->user, line, what);
    w->failed = true;
}

/* To the line's end, blank. */
static void skip_line(struct walk *w)
{
    while (w->at < w->end && *w->at != '\n')
        *w->at++ = ' ';
}

static void skip_comment(struct walk *w)
{
    unsigned began = w->line;

    memset(w->at, ' ', 2);
    for (w->at += 2; w->at < w->end && (w->at[0] != '*' || w->at[1] != '/'); w->at++)
        if (*w->at == '\n')
            w->line++;
        else
            *w->at = ' ';
    if (w->at >= w->end) {
        refuse(w, began, "this comment has no end; close it with */");
        return;
    }
    memset(w->at, ' ', 2);
    w->at += 2;
}

/* Behind ${NAME}. */
static void skip_variable(struct walk *w)
{
    size_t length = strcspn(w->at, "}\n\"");

    if (w->at[length] != '}') {
        refuse(w, w->line,
               "a variable of the environment is written ${NAME}; write \\$ for the sign itself");
        return;
    }
    w->at += length + 1;
}

/* A zero within a text would end it unseen: \0, \000, \x0. */
static bool is_zero(const char *escape)
{
    size_t digits = *escape == 'x' ? 1 : 0;
    size_t zeros = strspn(escape + digits, "0");

    if (zeros == 0)
        return false;
    char next = escape[digits + zeros];
    if (digits)
        return zeros >= 2 || !strchr("123456789abcdefABCDEF", next) || !next;
    return zeros >= 3 || !strchr("1234567", next) || !next;
}

static void skip_text(struct walk *w)
{
    unsigned began = w->line;
    const char quote = *w->at++, *start = w->at;

    while (w->at < w->end && *w->at != quote && !w->failed) {
        if (*w->at == '\\' && w->at + 1 < w->end) {
            if (quote == '"' && is_zero(w->at + 1))
                refuse(w, w->line, "a text may not contain a zero byte");
            w->at++;
        } else if (quote == '"' && w->at[0] == '$' && w->at[1] == '{') {
            skip_variable(w);
            continue;
        }
        w->line += *w->at == '\n';
        w->at++;
    }
    if (w->at >= w->end && !w->failed)
        refuse(w, began, "this text has no end; close it with the quote that it began with");
    else if ((size_t)(w->at - start) > w->longest && !w->failed)
        refuse(w, began, "this text is far too long for a value");
    w->at++;
}

static void skip_brace(struct walk *w)
{
    if (*w->at == '{' && w->depth++ == 0)
        w->opened = w->line;
    else if (*w->at == '}' && w->depth > 0)
        w->depth--;
    w->at++;
}

/* What begins at `at`. */
static void step(struct walk *w)
{
    const char c = *w->at, next = w->at[1];

    if (c == '#' || (c == '/' && next == '/')) {
        skip_line(w);
    } else if (c == '/' && next == '*') {
        skip_comment(w);
    } else if (c == '"' || c == '\'') {
        skip_text(w);
    } else if (c == '$' && next == '{') {
        skip_variable(w);
    } else if (c == '{' || c == '}') {
        skip_brace(w);
    } else if (c == '+' && next == '=') {
        refuse(w, w->line, "+= is not known; write one list");
    } else {
        /* A word may contain a slash or dollar, which mean nothing there. */
        size_t length = strcspn(w->at, " #\"'\t\n\r={}()+,*");
        w->line += c == '\n';
        w->at += length ? length : 1;
    }
}

bool confuse_guard(char *text, size_t size, size_t longest,
                   void (*wrong)(void *user, unsigned line, const char *what), void *user)
{
    struct walk w = {wrong, user, text, text + size, longest, .line = 1};
    const char *zero = size ? memchr(text, 0, size) : NULL;

    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        memset(text, ' ', 3); /* what Windows' editors put first */
    for (const char *c = text; zero && c < zero; c++)
        w.line += *c == '\n';
    if (zero)
        refuse(&w, w.line, "a zero byte stands here; this is no text file");
    while (w.at < w.end && !w.failed)
        step(&w);
    if (w.depth > 0 && !w.failed)
        refuse(&w, w.opened, "this brace is never closed");
    return !w.failed;
}
