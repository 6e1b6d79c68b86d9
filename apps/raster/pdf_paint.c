/* SPDX-License-Identifier: MIT */
/*
 * Of the operators of a page's content only those that place and paint an image matter, and those
 * that show text. Operands of others, strings and the like, are stepped over. Numbers are read by
 * hand: strtod() would ask for the locale's comma.
 */
#include "pdf_paint.h"

#include <errno.h>
#include <string.h>

#define OPERANDS 6u /* of `cm`; of more the last count */

struct reader {
    const char *at, *end;
    double operands[OPERANDS];
    unsigned n;
    char name[PDF_NAME_MAX];
    struct state {
        struct pdf_place place;
        double text_mode;
    } now, saved[PDF_STATES_MAX];
    unsigned depth;
    struct pdf_paint *paint;
    const char *why;
};

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0;
}

static bool is_delimiter(char c)
{
    return c != 0 && strchr("()<>[]{}/%", c) != NULL;
}

static bool is_regular(const struct reader *reader)
{
    return reader->at < reader->end && !is_blank(*reader->at) && !is_delimiter(*reader->at);
}

/* -- tokens -------------------------------------------------------------------------------------
 */

static void skip_string(struct reader *reader)
{
    unsigned depth = 0;

    for (; reader->at < reader->end; reader->at++) {
        if (*reader->at == '\\' && reader->at + 1 < reader->end)
            reader->at++;
        else if (*reader->at == '(')
            depth++;
        else if (*reader->at == ')' && --depth == 0)
            break;
    }
    if (reader->at < reader->end)
        reader->at++;
}

static void skip_until(struct reader *reader, const char *ends)
{
    while (reader->at < reader->end && (*reader->at == 0 || !strchr(ends, *reader->at)))
        reader->at++;
    if (reader->at < reader->end)
        reader->at++;
}

static void read_name(struct reader *reader)
{
    size_t n = 0;

    do {
        if (n < sizeof reader->name - 1)
            reader->name[n++] = *reader->at;
        reader->at++;
    } while (is_regular(reader));
    reader->name[n] = 0;
}

/* A regular token as a number; false if it is none. */
static bool number_of(const char *at, size_t size, double *ret)
{
    double value = 0, place = 0;
    bool minus = size > 0 && *at == '-', digits = false;

    for (size_t i = minus || (size > 0 && *at == '+'); i < size; i++) {
        if (at[i] == '.' && place == 0) {
            place = 1;
            continue;
        }
        if (at[i] < '0' || at[i] > '9')
            return false;
        digits = true;
        place /= 10;
        value = place > 0 ? value + (at[i] - '0') * place : value * 10 + (at[i] - '0');
    }
    *ret = minus ? -value : value;
    return digits;
}

static void push(struct reader *reader, double value)
{
    if (reader->n == OPERANDS) {
        memmove(reader->operands, reader->operands + 1, (OPERANDS - 1) * sizeof value);
        reader->n--;
    }
    reader->operands[reader->n++] = value;
}

/* -- operators ----------------------------------------------------------------------------------
 */

static struct pdf_place within(const double *m, const struct pdf_place *p)
{
    return (struct pdf_place){
        .a = m[0] * p->a + m[1] * p->c,
        .b = m[0] * p->b + m[1] * p->d,
        .c = m[2] * p->a + m[3] * p->c,
        .d = m[2] * p->b + m[3] * p->d,
        .e = m[4] * p->a + m[5] * p->c + p->e,
        .f = m[4] * p->b + m[5] * p->d + p->f,
    };
}

static void on_save(struct reader *reader)
{
    if (reader->depth == PDF_STATES_MAX)
        reader->why = "its content is nested too deeply";
    else
        reader->saved[reader->depth++] = reader->now;
}

static void on_restore(struct reader *reader)
{
    if (reader->depth > 0)
        reader->now = reader->saved[--reader->depth];
}

static void on_matrix(struct reader *reader)
{
    if (reader->n == OPERANDS)
        reader->now.place = within(reader->operands, &reader->now.place);
}

static void on_paint(struct reader *reader)
{
    struct pdf_paint *paint = reader->paint;

    if (paint->n == PDF_STRIPS_MAX) {
        reader->why = "a page is made of too many images";
        return;
    }
    struct pdf_painted *image = &paint->images[paint->n++];
    memcpy(image->name, reader->name, sizeof image->name);
    image->place = reader->now.place;
    paint->text = false;
}

/* Invisible text is what was recognised in the image (9.3.6: modes 3 and 7). */
static void on_text(struct reader *reader)
{
    reader->paint->text =
        reader->paint->text || (reader->now.text_mode != 3 && reader->now.text_mode != 7);
}

static void on_text_mode(struct reader *reader)
{
    if (reader->n > 0)
        reader->now.text_mode = reader->operands[reader->n - 1];
}

static void on_inline_image(struct reader *reader)
{
    reader->why = "an image stands within the page's content";
}

static const struct {
    const char *name;
    void (*run)(struct reader *reader);
} operators[] = {
    {"q", on_save},       {"Q", on_restore},       {"cm", on_matrix}, {"Do", on_paint},
    {"Tj", on_text},      {"TJ", on_text},         {"'", on_text},    {"\"", on_text},
    {"Tr", on_text_mode}, {"BI", on_inline_image},
};

static void read_word(struct reader *reader)
{
    const char *start = reader->at;
    double value;

    while (is_regular(reader))
        reader->at++;
    size_t size = (size_t)(reader->at - start);
    if (number_of(start, size, &value)) {
        push(reader, value);
        return;
    }
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (strlen(operators[i].name) == size && memcmp(operators[i].name, start, size) == 0)
            operators[i].run(reader);
    reader->n = 0;
    reader->name[0] = 0;
}

int pdf_paint_read(const char *content, size_t size, struct pdf_paint *ret, const char **ret_why)
{
    struct reader reader = {
        .at = content, .end = content + size, .now.place = {.a = 1, .d = 1}, .paint = ret};

    ret->n = 0;
    ret->text = false;
    while (reader.at < reader.end && !reader.why) {
        if (is_regular(&reader))
            read_word(&reader);
        else if (*reader.at == '/')
            read_name(&reader);
        else if (*reader.at == '(')
            skip_string(&reader);
        else if (*reader.at == '%')
            skip_until(&reader, "\r\n");
        else if (*reader.at == '<' && reader.at + 1 < reader.end && reader.at[1] == '<')
            reader.at += 2;
        else if (*reader.at == '<')
            skip_until(&reader, ">");
        else
            reader.at++;
    }
    if (reader.why)
        *ret_why = reader.why;
    return reader.why ? -ENOTSUP : 0;
}
