/* SPDX-License-Identifier: MIT */
/*
 * Each NAME.xml of the folder given, decoded, is what NAME.json says; encoded again it still is.
 *
 * A new device is two files and no code: with WRITE_JSON set in the environment a missing NAME.json
 * is written, to be read by a person before it is kept. Usage: devices FOLDER
 */
#include <dirent.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "discovery/messages.h"
#include "scan/schema.h"
#include "transfer/metadata.h"

enum { MAX_FILE = 1 << 20 };

/* -- a message as JSON, by wsd_visit() alone ------------------------------------------------------
 */

struct printer {
    struct json_object *open[WSD_MAX_XML_DEPTH * 2];
};

static int print_step(void *user, const struct wsd_visit_event *event)
{
    struct printer *printer = user;
    struct json_object *value = NULL,
                       *parent = event->depth ? printer->open[event->depth - 1] : NULL;
    switch (event->kind) {
    case WSD_VISIT_END:
        return 0;
    case WSD_VISIT_STRUCT:
    case WSD_VISIT_LIST:
        value = event->kind == WSD_VISIT_LIST ? json_object_new_array() : json_object_new_object();
        printer->open[event->depth] = value;
        break;
    case WSD_VISIT_STRING:
        value = json_object_new_string(event->text);
        break;
    case WSD_VISIT_INTEGER:
        value = json_object_new_int64(event->number);
        break;
    case WSD_VISIT_BOOLEAN:
        value = json_object_new_boolean((int)event->number);
        break;
    }
    if (!parent)
        return 0;
    if (!event->name)
        return json_object_array_add(parent, value);
    return json_object_object_add(parent, event->name, value);
}

static struct json_object *to_json(const struct wsd__envelope *envelope,
                                   const struct wsd_type *body)
{
    struct printer printer;
    struct json_object *both = json_object_new_object();
    if (wsd_visit(&wsd__type_soap_header, &envelope->header, "Header", print_step, &printer) == 0)
        json_object_object_add(both, "Header", printer.open[0]);
    if (wsd_visit(body, envelope->body, "Body", print_step, &printer) == 0)
        json_object_object_add(both, "Body", printer.open[0]);
    return both;
}

/* -- files
 * ------------------------------------------------------------------------------------------- */

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = file ? calloc(1, MAX_FILE) : NULL;
    if (text)
        text[fread(text, 1, MAX_FILE - 1, file)] = '\0';
    if (file)
        fclose(file);
    return text;
}

static const struct wsd_type *type_of(const char *xml)
{
    if (strstr(xml, "schemas.xmlsoap.org/ws/2004/09/mex"))
        return &wsd__type_transfer_body;
    return strstr(xml, "/discovery") ? &wsd__type_discovery_body : &wsd__type_scan_body;
}

static bool same(const struct wsd__envelope *envelope, const struct wsd_type *type,
                 const char *path, const char *what)
{
    struct json_object *is = to_json(envelope, type), *should = json_object_from_file(path);
    int flags = JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE;
    if (!should && getenv("WRITE_JSON"))
        json_object_to_file_ext(path, is, flags);
    bool equal = should && json_object_equal(is, should);
    if (!equal)
        printf("%s: %s differs; it is\n%s\n", path, what,
               json_object_to_json_string_ext(is, flags));
    json_object_put(is);
    json_object_put(should);
    return equal;
}

static bool check_message(struct wsd_context *context, const char *xml, const char *path)
{
    const struct wsd_type *type = type_of(xml);
    const struct wsd__envelope *first = NULL, *second = NULL;
    struct wsd__buf out = WSD__BUF_INIT(WSD_MAX_ENVELOPE);
    struct wsd_error error = {0};
    int r =
        wsd__envelope_decode(context, type, xml, strlen(xml), WSD__QUIRKS_DEFAULT, &first, &error);
    if (r == 0)
        r = wsd__envelope_encode(&first->header, NULL, type, first->body, first->dialect, &out,
                                 &error);
    if (r == 0)
        r = wsd__envelope_decode(context, type, out.data, out.length, WSD__QUIRKS_DEFAULT, &second,
                                 &error);
    if (r < 0)
        printf("%s: %s\n", path, error.message);
    bool good = r == 0 && same(first, type, path, "the message") &&
                same(second, type, path, "the message written again");
    wsd__buf_free(&out);
    wsd_free(first);
    wsd_free(second);
    return good;
}

static bool check_file(struct wsd_context *context, const char *folder, const char *name)
{
    char path[4096];
    size_t length = strlen(name) - 4;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    char *xml = read_file(path);
    snprintf(path, sizeof path, "%s/%.*s.json", folder, (int)length, name);
    bool good = xml && check_message(context, xml, path);
    free(xml);
    return good;
}

int main(int argc, char **argv)
{
    struct wsd_context *context = NULL;
    DIR *directory = argc == 2 ? opendir(argv[1]) : NULL;
    int checked = 0, bad = 0;
    if (!directory || wsd_context_new(NULL, &context, NULL) < 0) {
        fprintf(stderr, "usage: devices FOLDER\n");
        return 2;
    }
    for (struct dirent *entry; (entry = readdir(directory));) {
        const char *end = strrchr(entry->d_name, '.');
        if (!end || strcmp(end, ".xml") != 0)
            continue;
        checked++;
        bad += !check_file(context, argv[1], entry->d_name);
    }
    closedir(directory);
    wsd_context_free(context);
    printf("%d of %d messages are as expected\n", checked - bad, checked);
    return bad || checked == 0;
}
