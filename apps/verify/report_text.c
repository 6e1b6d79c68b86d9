/* SPDX-License-Identifier: MIT */
/* The report for a person at a terminal, and the exchanges as files. */
#include <errno.h>
#include <string.h>

#include "common/text.h"
#include "verify/report.h"

static const char *earlier_state(const struct report *report, const char *id)
{
    struct json_object *list = json_member(report->baseline, "checks");

    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        const char *name = json_text(one, "id");
        if (name && strcmp(name, id) == 0)
            return json_text(one, "state");
    }
    return NULL;
}

enum report_change report_change(const struct report *report, const struct result *result)
{
    const char *was = earlier_state(report, result->check->id);
    const char *is = verify_state_word(result->state);

    if (!was)
        return REPORT_NEW;
    if (strcmp(was, is) == 0)
        return REPORT_SAME;
    if (result->state == VERIFY_FAILS)
        return REPORT_WORSE;
    return strcmp(was, "fails") == 0 ? REPORT_BETTER : REPORT_SAME;
}

void report_count(const struct report *report, size_t counts[VERIFY_STATES], size_t *ret_worse)
{
    size_t n;
    const struct result *results = verify_results(report->verify, &n);

    *ret_worse = 0;
    memset(counts, 0, VERIFY_STATES * sizeof *counts);
    for (size_t i = 0; i < n; i++) {
        counts[results[i].state]++;
        enum report_change change = report_change(report, &results[i]);
        *ret_worse +=
            results[i].state == VERIFY_FAILS && (change == REPORT_WORSE || change == REPORT_NEW);
    }
}

void report_text_result(FILE *out, const struct result *r, bool verbose, const char **area)
{
    static const char *const marks[VERIFY_STATES] = {"ok", "FAIL", "?", "-"};
    bool detail = r->state == VERIFY_FAILS || r->state == VERIFY_UNTESTED;

    if (!verbose && !detail)
        return;
    if (!*area || strcmp(*area, r->check->area) != 0)
        fprintf(out, "\n%s\n", r->check->area);
    *area = r->check->area;
    fprintf(out, "  %-4s  %s  (%s)\n", marks[r->state], r->check->title, r->check->id);
    if (*r->said && (detail || verbose)) {
        fputs("        ", out);
        text_put(out, r->said);
        fputc('\n', out);
    }
    if (r->state == VERIFY_FAILS)
        fprintf(out, "        %s: %s\n        What it does: %s\n", r->check->level,
                r->check->source, r->check->notice);
}

void report_text_end(FILE *out, const struct report *report)
{
    size_t counts[VERIFY_STATES], worse;

    report_count(report, counts, &worse);
    fprintf(out, "\n%zu hold, %zu fail, %zu could not be tested, %zu skipped\n",
            counts[VERIFY_HOLDS], counts[VERIFY_FAILS], counts[VERIFY_UNTESTED],
            counts[VERIFY_SKIPPED]);
    if (report->baseline)
        fprintf(out, "%zu that did not fail before\n", worse);
}

/* -- exchanges as files -------------------------------------------------------------------------
 */

static bool write_file(const char *path, const char *bytes, size_t size)
{
    FILE *f = fopen(path, "wb");

    if (!f)
        return false;
    bool good = size == 0 || fwrite(bytes, 1, size, f) == size;
    return (fclose(f) == 0) && good;
}

static bool keep_one(const struct exchange *x, const char *folder, const char *id, size_t number)
{
    char path[4096];
    bool good = true;

    if (x->sent) {
        snprintf(path, sizeof path, "%s/%s-%02zu-sent.xml", folder, id, number);
        good = write_file(path, x->sent, x->n_sent);
    }
    if (good && x->got) {
        snprintf(path, sizeof path, "%s/%s-%02zu-got%s", folder, id, number,
                 x->tree && x->n_got == x->total ? ".xml" : ".bin");
        good = write_file(path, x->got, x->n_got);
    }
    return good;
}

bool report_keep(const struct report *report, const char *folder)
{
    size_t n;
    const struct result *results = verify_results(report->verify, &n);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < results[i].n_exchanges; k++)
            if (!keep_one(results[i].exchanges[k], folder, results[i].check->id, k + 1))
                return false;
    return true;
}
