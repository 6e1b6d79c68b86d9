/* SPDX-License-Identifier: MIT */
/* wsd verify: options, the device, and where the report goes. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "common/exit_codes.h"
#include "common/print_json.h"
#include "report.h"
#include "trace.h"
#include "verify/report.h"

struct verifying {
    struct session *session;
    struct verify_options options;
    struct checks checks;
    struct device device;
    struct verify *verify;
    struct json_object *baseline;
    const char *area; /* the last that was printed */
    char stamp[40];
};

static bool interrupted(void *user)
{
    (void)user;
    return session_signals() > 0;
}

static uint64_t now(void *user)
{
    (void)user;
    return session_now();
}

static void seen(void *user, const struct wsd_trace *trace)
{
    struct verifying *w = user;

    trace_message(w->session->trace, trace);
}

static void watch(void *user, const struct wsd_trace *trace)
{
    struct verifying *w = user;

    verify_tap(w->verify, trace);
}

static void progress(void *user, size_t done, size_t all, const char *what)
{
    struct session *session = ((struct verifying *)user)->session;

    if (session->quiet || !session->terminal_err)
        return;
    fprintf(stderr, "\r\033[K%zu/%zu  %.60s", done, all, what);
    fflush(stderr);
    session->line_open = true;
}

static void waits(void *user, uint64_t milliseconds, const char *why)
{
    session_note(((struct verifying *)user)->session, "waiting for %llu s: %s",
                 (unsigned long long)milliseconds / 1000, why);
}

static void finished(void *user, const struct result *result)
{
    struct verifying *w = user;

    session_end_line(w->session);
    if (!w->session->json)
        report_text_result(stdout, result, args_has(w->session->args, OPT_VERBOSE_VERIFY),
                           &w->area);
}

/* -- the checks ---------------------------------------------------------------------------------
 */

#define BESIDE "checks.path"

/* Those of the source, where this was built, which a file beside the program names; else those that
 * are installed. */
static const char *own_folder(void)
{
    static char folder[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", folder, sizeof folder - sizeof BESIDE - 1);
    FILE *f;

    for (; n > 0 && folder[n - 1] != '/'; n--)
        ;
    if (n <= 0)
        return WSD_CHECKS_DIR;
    memcpy(folder + n, BESIDE, sizeof BESIDE);
    f = fopen(folder, "r");
    if (!f)
        return WSD_CHECKS_DIR;
    bool good = fgets(folder, sizeof folder, f) != NULL;
    fclose(f);
    folder[strcspn(folder, "\n")] = 0;
    return good ? folder : WSD_CHECKS_DIR;
}

static int read_checks(struct verifying *w)
{
    const struct args *args = w->session->args;
    char why[600];
    bool good = checks_read(&w->checks, own_folder(), why, sizeof why);

    for (unsigned i = 0; good && i < args->count[OPT_CHECKS]; i++)
        good = checks_read(&w->checks, args->values[OPT_CHECKS][i], why, sizeof why);
    if (good)
        return EXIT_CODE_OK;
    return report_failure(w->session, EXIT_CODE_USAGE, NULL, why,
                          "docs/verify.md says what a check is made of.");
}

static int check_only(const struct verifying *w)
{
    const struct args *args = w->session->args;

    for (unsigned i = 0; i < args->count[OPT_ONLY]; i++) {
        const char *wanted = args->values[OPT_ONLY][i];
        bool known = checks_find(&w->checks, wanted) != NULL;
        for (size_t k = 0; k < w->checks.n && !known; k++)
            known = strcmp(w->checks.list[k].area, wanted) == 0;
        if (!known) {
            usage_error(args, "there is no check or area '%s'; --list-checks shows them", wanted);
            return EXIT_CODE_USAGE;
        }
    }
    return EXIT_CODE_OK;
}

static int list_checks(const struct verifying *w)
{
    for (size_t i = 0; i < w->checks.n; i++) {
        const struct check *c = &w->checks.list[i];
        if (!w->session->json) {
            printf("%s\t%s\t%s\t%s\n", c->id, c->level, c->area, c->title);
            continue;
        }
        struct json_object *o = json_object_new_object();
        json_put_text(o, "id", c->id);
        json_put_text(o, "level", c->level);
        json_put_text(o, "area", c->area);
        json_put_text(o, "title", c->title);
        json_put_text(o, "source", c->source);
        json_put_text(o, "notice", c->notice);
        json_print_line(o);
    }
    return EXIT_CODE_OK;
}

static int read_baseline(struct verifying *w)
{
    const char *path = args_text(w->session->args, OPT_BASELINE, NULL);

    if (!path)
        return EXIT_CODE_OK;
    w->baseline = json_object_from_file(path);
    if (json_object_is_type(json_member(w->baseline, "checks"), json_type_array))
        return EXIT_CODE_OK;
    return report_failure(w->session, EXIT_CODE_USAGE, path, "this is no report of an earlier run",
                          "Make one with 'wsd verify --json'.");
}

/* A device may be so wrong that no other command can do anything with it: then its address has to
 * do, and the checks say what is the matter. */
static int find_device(struct verifying *w)
{
    const struct args *args = w->session->args;
    const char *wanted = args->n_operands == 1 ? args->operands[0] : "";
    int code = command_find_scanner(w->session, &w->device);

    if (code == EXIT_CODE_OK || strncmp(wanted, "http", 4) != 0 || session_signals() > 0)
        return code;
    session_note(w->session, "the checks are made all the same, at %s", wanted);
    device_free(&w->device);
    w->device.name = strdup(wanted);
    w->device.url = strdup(wanted);
    w->device.endpoint = strdup("");
    return w->device.name && w->device.url && w->device.endpoint ? EXIT_CODE_OK
                                                                 : report_no_memory();
}

/* -- the reports --------------------------------------------------------------------------------
 */

static int output_failure(const struct verifying *w, const char *path)
{
    char what[200];

    snprintf(what, sizeof what, "it cannot be written: %s", strerror(errno));
    return report_failure(w->session, EXIT_CODE_OUTPUT, path, what, NULL);
}

static int write_report(const struct verifying *w, const struct report *report, const char *path,
                        void (*print)(FILE *out, const struct report *report))
{
    FILE *f;

    if (!path)
        return EXIT_CODE_OK;
    f = fopen(path, "w");
    if (!f)
        return output_failure(w, path);
    print(f, report);
    bool good = !ferror(f);
    if (fclose(f) == 0 && good)
        return EXIT_CODE_OK;
    return output_failure(w, path);
}

static int write_all(const struct verifying *w, const struct report *report)
{
    const struct args *args = w->session->args;
    const char *folder = args_text(args, OPT_KEEP, NULL);
    int code = write_report(w, report, args_text(args, OPT_JUNIT, NULL), report_junit);

    if (code == EXIT_CODE_OK)
        code = write_report(w, report, args_text(args, OPT_HTML, NULL), report_html);
    if (code == EXIT_CODE_OK && folder &&
        ((mkdir(folder, 0777) < 0 && errno != EEXIST) || !report_keep(report, folder)))
        code = output_failure(w, folder);
    if (w->session->json) {
        int printed = json_print_pretty(report_json(report));
        code = code == EXIT_CODE_OK ? printed : code;
    } else {
        report_text_end(stdout, report);
    }
    return code;
}

/* -- the run ------------------------------------------------------------------------------------
 */

static int verify_it(struct verifying *w)
{
    struct session *session = w->session;
    struct report report = {.options = &w->options, .stamp = w->stamp, .baseline = w->baseline};
    size_t counts[VERIFY_STATES], worse;

    w->options.context = session->context;
    w->options.user = w;
    w->options.interrupted = interrupted;
    w->options.now = now;
    w->options.progress = progress;
    w->options.waits = waits;
    w->options.seen = seen;
    w->options.finished = finished;
    w->options.name = w->device.name;
    w->options.endpoint = w->device.endpoint;
    w->options.url = w->device.url;
    w->options.service = w->device.service;
    w->options.timeout = session->request.answer_timeout;
    w->options.full = args_has(session->args, OPT_FULL);
    if (session->args->count[OPT_ONLY] > 0)
        w->options.only = session->args->values[OPT_ONLY];
    w->verify = verify_new(&w->options, &w->checks);
    if (!w->verify)
        return report_no_memory();
    session->watch = watch;
    session->watch_user = w;
    verify_run(w->verify);
    report.verify = w->verify;
    report_count(&report, counts, &worse);
    int code = write_all(w, &report);
    verify_free(w->verify);
    w->verify = NULL;
    session->watch = NULL;
    if (code == EXIT_CODE_OK && (w->baseline ? worse : counts[VERIFY_FAILS]) > 0)
        code = EXIT_CODE_CHECKS;
    return code;
}

static void stamp(char ret[40])
{
    time_t t = time(NULL);
    struct tm parts;

    gmtime_r(&t, &parts);
    strftime(ret, 40, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

int command_verify(struct session *session)
{
    struct verifying w = {.session = session};
    int code = EXIT_CODE_OK;

    stamp(w.stamp);
    if (args_has(session->args, OPT_QUICK) && args_has(session->args, OPT_FULL)) {
        usage_error(session->args, "--quick and --full exclude each other");
        return EXIT_CODE_USAGE;
    }
    if (session->args->count[OPT_ONLY] == OPTIONS_MAX_REPEATS) {
        usage_error(session->args, "--only can be given %d times", OPTIONS_MAX_REPEATS - 1);
        return EXIT_CODE_USAGE;
    }
    code = read_checks(&w);
    if (code == EXIT_CODE_OK)
        code = check_only(&w);
    if (code == EXIT_CODE_OK && args_has(session->args, OPT_LIST_CHECKS)) {
        code = list_checks(&w);
    } else if (code == EXIT_CODE_OK) {
        code = read_baseline(&w);
        if (code == EXIT_CODE_OK)
            code = find_device(&w);
        if (code == EXIT_CODE_OK)
            code = verify_it(&w);
        device_free(&w.device);
    }
    json_object_put(w.baseline);
    checks_free(&w.checks);
    return code;
}
