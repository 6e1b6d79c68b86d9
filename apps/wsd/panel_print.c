/* SPDX-License-Identifier: MIT */
/* The panel as text. What stands in it comes from the server, names of clients included. */
#include <inttypes.h>
#include <stdio.h>

#include "common/text.h"
#include "panel.h"

static struct json_object *member(const struct json_object *object, const char *key)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(object, key, &value);
    return value;
}

static const char *text_of(const struct json_object *object, const char *key)
{
    const char *text = "";

    control_text(object, key, &text);
    return text;
}

static int64_t number_of(const struct json_object *object, const char *key)
{
    int64_t number = 0;

    control_number(object, key, INT64_MIN, INT64_MAX, &number);
    return number;
}

/* The items of an array, none if it is no array. */
static size_t count(const struct json_object *array)
{
    return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

static void put_reasons(const struct json_object *array, const char *otherwise)
{
    size_t n = count(array);

    for (size_t i = 0; i < n; i++) {
        fputs(i ? ", " : "", stdout);
        text_put(stdout, json_object_get_string(json_object_array_get_idx(array, i)));
    }
    if (n == 0)
        fputs(otherwise, stdout);
}

static void print_status(const struct json_object *status)
{
    const struct json_object *conditions = member(status, "ActiveConditions");

    printf("%-14s ", "State");
    text_put(stdout, text_of(status, "ScannerState"));
    printf("\n%-14s ", "Reasons");
    put_reasons(member(status, "ScannerStateReasons"), "None");
    putchar('\n');
    for (size_t i = 0; i < count(conditions); i++) {
        const struct json_object *c = json_object_array_get_idx(conditions, i);
        printf("Condition %-4" PRId64 " ", number_of(c, "@Id"));
        text_put(stdout, text_of(c, "Name"));
        fputs(" at ", stdout);
        text_put(stdout, text_of(c, "Component"));
        fputs(", ", stdout);
        text_put(stdout, text_of(c, "Severity"));
        putchar('\n');
    }
}

static void print_feeder(const struct json_object *feeder)
{
    bool refilled = false;
    int64_t sheets = number_of(feeder, "sheets");

    control_flag(feeder, "refilled", &refilled);
    if (!feeder)
        printf("%-14s none\n", "Feeder");
    else
        printf("%-14s %" PRId64 " sheet%s%s\n", "Feeder", sheets, sheets == 1 ? "" : "s",
               refilled && sheets > 0 ? ", and as many for the next job" : "");
}

static void print_jobs(const struct json_object *jobs)
{
    for (size_t i = 0; i < count(jobs); i++) {
        const struct json_object *job = json_object_array_get_idx(jobs, i);
        printf("Job %-10" PRId64 " ", number_of(job, "JobId"));
        text_put(stdout, text_of(job, "JobState"));
        fputs(" (", stdout);
        put_reasons(member(job, "JobStateReasons"), "None");
        printf("), %" PRId64 " images, ", number_of(job, "ScansCompleted"));
        text_put(stdout, text_of(job, "JobName"));
        fputs(" of ", stdout);
        text_put(stdout, text_of(job, "JobOriginatingUserName"));
        putchar('\n');
    }
}

static void print_remaining(int64_t seconds)
{
    if (seconds >= 7200)
        printf(", %" PRId64 " hours left", seconds / 3600);
    else if (seconds >= 120)
        printf(", %" PRId64 " minutes left", seconds / 60);
    else
        printf(", %" PRId64 " seconds left", seconds);
}

static void print_destinations(const struct json_object *destinations)
{
    for (size_t i = 0; i < count(destinations); i++) {
        const struct json_object *d = json_object_array_get_idx(destinations, i);
        printf("Destination %-2" PRId64 " ", number_of(d, "number"));
        text_put(stdout, text_of(d, "name"));
        fputs(" at ", stdout);
        text_put(stdout, text_of(d, "computer"));
        print_remaining(number_of(d, "remaining"));
        putchar('\n');
    }
    if (count(destinations) == 0)
        printf("%-14s none; computers register by themselves\n", "Destinations");
}

void panel_print(const struct json_object *answer)
{
    const struct json_object *device = member(answer, "device");
    bool plugged = true;

    printf("%-14s ", "Scanner");
    text_put(stdout, text_of(device, "name"));
    control_flag(answer, "plugged", &plugged);
    if (!plugged) {
        printf("\n%-14s its plug is pulled; 'wsd panel reboot' puts it in again\n", "State");
        return;
    }
    printf("\n%-14s ", "Address");
    text_put(stdout, text_of(device, "url"));
    putchar('\n');
    print_status(member(answer, "ScannerStatus"));
    print_feeder(member(answer, "feeder"));
    print_jobs(member(answer, "ActiveJobs"));
    print_jobs(member(answer, "JobHistory"));
    print_destinations(member(answer, "destinations"));
}
