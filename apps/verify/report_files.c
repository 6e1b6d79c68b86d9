/* SPDX-License-Identifier: MIT */
/*
 * The report for programs (JSON, JUnit) and as a page to read or print (HTML, in one file, without
 * scripts). What a device said stands in it escaped; of long answers the beginning.
 */
#include <string.h>

#include "common/print_json.h"
#include "common/text.h"
#include "verify/report.h"

#define SHOWN_MAX 20000 /* bytes of a message in a report */

static bool is_shown(const struct result *r)
{
    return r->state == VERIFY_FAILS || r->state == VERIFY_UNTESTED;
}

/* -- JSON ---------------------------------------------------------------------------------------
 */

/* Bytes as text that JSON can hold. */
static struct json_object *json_bytes(const char *bytes, size_t size)
{
    static char clean[SHOWN_MAX + 1];
    size_t n = 0;

    for (size_t i = 0; i < size && n < SHOWN_MAX;) {
        size_t length = bytes[i] == '\n' || bytes[i] == '\r' || bytes[i] == '\t'
                            ? 1
                            : text_harmless(bytes + i, size - i);
        if (n + (length ? length : 1) > SHOWN_MAX)
            break;
        if (length == 0)
            clean[n++] = '?';
        else
            memcpy(clean + n, bytes + i, length), n += length;
        i += length ? length : 1;
    }
    return json_object_new_string_len(clean, (int)n);
}

static struct json_object *json_exchange(const struct exchange *x)
{
    struct json_object *o = json_object_new_object();

    json_put_text(o, "what", x->name);
    json_put_text(o, "where", x->where);
    if (x->sent)
        json_put(o, "sent", json_bytes(x->sent, x->n_sent));
    json_put_number(o, "status", x->status);
    json_put_number(o, "milliseconds", (int64_t)x->took);
    if (x->headers)
        json_put(o, "headers", json_bytes(x->headers, strlen(x->headers)));
    if (x->got)
        json_put(o, "got", json_bytes(x->got, x->n_got));
    if (*x->failure)
        json_put_text(o, "failure", x->failure);
    return o;
}

static struct json_object *json_result(const struct report *report, const struct result *r)
{
    static const char *const changes[] = {"same", "worse", "better", "new"};
    struct json_object *o = json_object_new_object(), *list = json_object_new_array();

    json_put_text(o, "id", r->check->id);
    json_put_text(o, "area", r->check->area);
    json_put_text(o, "title", r->check->title);
    json_put_text(o, "level", r->check->level);
    json_put_text(o, "source", r->check->source);
    json_put_text(o, "notice", r->check->notice);
    json_put_text(o, "state", verify_state_word(r->state));
    json_put_text(o, "said", r->said);
    if (report->baseline)
        json_put_text(o, "change", changes[report_change(report, r)]);
    for (size_t i = 0; is_shown(r) && i < r->n_exchanges; i++)
        json_object_array_add(list, json_exchange(r->exchanges[i]));
    json_put(o, "exchanges", list);
    return o;
}

struct json_object *report_json(const struct report *report)
{
    struct json_object *o = json_object_new_object(), *list = json_object_new_array();
    size_t n, counts[VERIFY_STATES], worse;
    const struct result *results = verify_results(report->verify, &n);

    report_count(report, counts, &worse);
    json_put_text(o, "name", report->options->name);
    json_put_text(o, "endpoint", report->options->endpoint);
    json_put_text(o, "url", report->options->url);
    json_put_text(o, "service", report->options->service);
    json_put_text(o, "time", report->stamp);
    json_put_text(o, "mode", report->options->full ? "full" : "quick");
    for (int i = 0; i < VERIFY_STATES; i++)
        json_put_number(o, verify_state_word((enum verify_state)i), (int64_t)counts[i]);
    if (report->baseline)
        json_put_number(o, "worse", (int64_t)worse);
    for (size_t i = 0; i < n; i++)
        json_object_array_add(list, json_result(report, &results[i]));
    json_put(o, "checks", list);
    return o;
}

/* -- XML and HTML -------------------------------------------------------------------------------
 */

void report_escape(FILE *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        size_t length = text[i] == '\n' || text[i] == '\t' ? 1 : text_harmless(text + i, size - i);
        if (length == 0)
            fputc(text[i] == '\r' ? ' ' : '?', out);
        else if (length > 1)
            fwrite(text + i, 1, length, out), i += length - 1;
        else if (strchr("<>&\"'", text[i]))
            fprintf(out, "&#%d;", text[i]);
        else
            fputc(text[i], out);
    }
}

static void put(FILE *out, const char *text)
{
    report_escape(out, text ? text : "", text ? strlen(text) : 0);
}

static void junit_case(FILE *out, const struct result *r)
{
    fputs("    <testcase classname=\"", out);
    put(out, r->check->area);
    fputs("\" name=\"", out);
    put(out, r->check->id);
    if (r->state == VERIFY_HOLDS) {
        fputs("\"/>\n", out);
        return;
    }
    fputs(r->state == VERIFY_FAILS ? "\"><failure message=\"" : "\"><skipped message=\"", out);
    put(out, r->said);
    fputs("\">", out);
    put(out, r->check->title);
    fputs("\n", out);
    put(out, r->check->source);
    fputs("\n", out);
    put(out, r->check->notice);
    fputs(r->state == VERIFY_FAILS ? "</failure></testcase>\n" : "</skipped></testcase>\n", out);
}

void report_junit(FILE *out, const struct report *report)
{
    size_t n, counts[VERIFY_STATES], worse;
    const struct result *results = verify_results(report->verify, &n);

    report_count(report, counts, &worse);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"", out);
    put(out, report->options->name);
    fprintf(out, "\" tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\" errors=\"0\" timestamp=\"", n,
            counts[VERIFY_FAILS], counts[VERIFY_UNTESTED] + counts[VERIFY_SKIPPED]);
    put(out, report->stamp);
    fputs("\">\n", out);
    for (size_t i = 0; i < n; i++)
        junit_case(out, &results[i]);
    fputs("  </testsuite>\n</testsuites>\n", out);
}

static const char style[] =
    "body{font:15px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}"
    "h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em;border-bottom:1px solid #ccc}"
    "dl{display:grid;grid-template-columns:8em auto;margin:.3em 0}dd{margin:0}"
    ".c{margin:.5em 0;padding-left:1em;border-left:4px solid #4a4}.fails{border-color:#c22}"
    ".untested{border-color:#d90}.skipped{border-color:#bbb}"
    ".c p{margin:.2em 0}.s{color:#666;font-size:.9em}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f5f5f5;padding:.5em;font-size:"
    "12px}"
    "@media print{body{margin:0;max-width:none;font-size:11px}pre{font-size:8px}"
    ".c{break-inside:avoid-page}}";

static void html_exchange(FILE *out, const struct exchange *x)
{
    fputs("<details open><summary>", out);
    put(out, x->name);
    fputs(" &rarr; ", out);
    put(out, x->where);
    fputs("</summary>", out);
    if (x->sent) {
        fputs("<p class=s>sent</p><pre>", out);
        report_escape(out, x->sent, x->n_sent < SHOWN_MAX ? x->n_sent : SHOWN_MAX);
        fputs("</pre>", out);
    }
    fputs("<p class=s>got</p><pre>", out);
    put(out, x->headers);
    if (x->got)
        report_escape(out, x->got, x->n_got < SHOWN_MAX ? x->n_got : SHOWN_MAX);
    put(out, x->failure);
    fputs("</pre></details>\n", out);
}

static void html_result(FILE *out, const struct result *r)
{
    fprintf(out, "<div class=\"c %s\" id=\"", verify_state_word(r->state));
    put(out, r->check->id);
    fputs("\"><p><b>", out);
    put(out, r->check->title);
    fputs("</b> ", out);
    fprintf(out, "&mdash; %s</p><p class=s>", verify_state_word(r->state));
    put(out, r->check->id);
    fputs(" &middot; ", out);
    put(out, r->check->level);
    fputs(" &middot; ", out);
    put(out, r->check->source);
    fputs("</p>", out);
    if (*r->said) {
        fputs("<p>", out);
        put(out, r->said);
        fputs("</p>", out);
    }
    if (r->state == VERIFY_FAILS) {
        fputs("<p>What it does: ", out);
        put(out, r->check->notice);
        fputs("</p>\n", out);
    }
    for (size_t i = 0; is_shown(r) && i < r->n_exchanges; i++)
        html_exchange(out, r->exchanges[i]);
    fputs("</div>\n", out);
}

static void html_head(FILE *out, const struct report *report, const size_t counts[VERIFY_STATES])
{
    const struct {
        const char *key, *text;
    } rows[] = {{"Endpoint", report->options->endpoint},
                {"Address", report->options->url},
                {"Scan service", report->options->service},
                {"When", report->stamp},
                {"How", report->options->full ? "full" : "quick, without moving paper"}};

    fputs("<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8><title>", out);
    put(out, report->options->name);
    fprintf(out, "</title><style>%s</style></head><body><h1>", style);
    put(out, report->options->name);
    fputs("</h1><dl>", out);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fprintf(out, "<dt>%s</dt><dd>", rows[i].key);
        put(out, rows[i].text);
        fputs("</dd>", out);
    }
    fprintf(out, "</dl><p><b>%zu hold, %zu fail, %zu could not be tested, %zu skipped</b></p>\n",
            counts[VERIFY_HOLDS], counts[VERIFY_FAILS], counts[VERIFY_UNTESTED],
            counts[VERIFY_SKIPPED]);
}

void report_html(FILE *out, const struct report *report)
{
    size_t n, counts[VERIFY_STATES], worse;
    const struct result *results = verify_results(report->verify, &n);
    const char *area = "";

    report_count(report, counts, &worse);
    html_head(out, report, counts);
    if (counts[VERIFY_FAILS] > 0)
        fputs("<h2>What fails</h2>\n<ul>", out);
    for (size_t i = 0; i < n; i++) {
        if (results[i].state != VERIFY_FAILS)
            continue;
        fputs("<li><a href=\"#", out);
        put(out, results[i].check->id);
        fputs("\">", out);
        put(out, results[i].check->title);
        fputs("</a></li>\n", out);
    }
    fputs(counts[VERIFY_FAILS] > 0 ? "</ul>\n" : "", out);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(area, results[i].check->area) != 0) {
            area = results[i].check->area;
            fputs("<h2>", out);
            put(out, area);
            fputs("</h2>\n", out);
        }
        html_result(out, &results[i]);
    }
    fputs("</body></html>\n", out);
}
