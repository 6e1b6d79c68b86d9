/* SPDX-License-Identifier: MIT */
/*
 * Holds the tables of WS-Scan against the catalogue of its schema, tests/data/ws-scan-schema.tsv,
 * row by row and both ways, and against the structs that they describe.
 *
 * A catalogue row is "parent, name, kind, min, max, type, values or range, unit, source". Where a
 * parent's shape depends on the place it has a context, as in "InputSize@final"; the walk starts at
 * the bodies of messages, goes down tables and catalogue in lockstep and knows by the elements it
 * passed which context holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scan/schema.h"
#include "soap/envelope.h"

enum { MAX_LINES = 600, MAX_TABLES = 200, MAX_DEPTH = 24 };

struct line {
    char *parent, *name, *kind, *min, *max, *type, *values, *unit;
    bool met;
};

static char *text;
static struct line lines[MAX_LINES];
static size_t n_lines;
static const struct wsd_type *walked[MAX_TABLES];
static size_t n_walked;

/* Reading the catalogue */

static char *next_field(char **rest)
{
    char *field = *rest, *tab = strchr(field, '\t');
    if (tab == NULL)
        fail_msg("catalogue line %zu is too short", n_lines + 2);
    *tab = '\0';
    *rest = tab + 1;
    return field;
}

static void read_text(void)
{
    const char *folder = getenv("WSD_TEST_DATA");
    char path[4096];
#ifdef WSD_TEST_DATA
    if (folder == NULL)
        folder = WSD_TEST_DATA;
#endif
    if (folder == NULL)
        fail_msg("WSD_TEST_DATA must name the folder of the test data");
    snprintf(path, sizeof path, "%s/ws-scan-schema.tsv", folder);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("cannot open %s", path);
    enum { SIZE = 1 << 18 };
    text = malloc(SIZE);
    assert_non_null(text);
    size_t size = fread(text, 1, SIZE - 1, file);
    fclose(file);
    assert_in_range(size, 1, SIZE - 2);
    text[size] = '\0';
}

static int read_catalogue(void **state)
{
    (void)state;
    read_text();
    char *save = NULL, *row = strtok_r(text, "\n", &save);
    assert_non_null(row);
    for (row = strtok_r(NULL, "\n", &save); row != NULL; row = strtok_r(NULL, "\n", &save)) {
        assert_true(n_lines < MAX_LINES);
        struct line *line = &lines[n_lines];
        line->parent = next_field(&row);
        line->name = next_field(&row);
        line->kind = next_field(&row);
        line->min = next_field(&row);
        line->max = next_field(&row);
        line->type = next_field(&row);
        line->values = next_field(&row);
        line->unit = next_field(&row);
        n_lines++;
    }
    return 0;
}

static int free_catalogue(void **state)
{
    (void)state;
    free(text);
    return 0;
}

/* Where the walk stands */

struct place {
    const char *label;   /* parent name in the catalogue, with its context */
    const char *context; /* that holds below, "" for none */
    unsigned depth;
};

static bool has_lines(const char *label)
{
    for (size_t i = 0; i < n_lines; i++)
        if (strcmp(lines[i].parent, label) == 0)
            return true;
    return false;
}

static const char *context_below(const char *element, const char *context)
{
    static const struct {
        const char *element, *context;
    } table[] = {
        {"DocumentParameters", "ticket"},
        {"DocumentFinalParameters", "final"},
        {"DeviceSettings", "config"},
        {"GetScannerElementsRequest", "scanner"},
        {"GetScannerElementsResponse", "scanner"},
        {"GetJobElementsRequest", "job"},
        {"GetJobElementsResponse", "job"},
        {"Scanner", "model"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].element, element) == 0)
            return table[i].context;
    return context;
}

/* The place below an element; buffer holds its label. */
static struct place place_below(const struct place *from, const char *element, char buffer[128])
{
    struct place place = {.label = buffer, .depth = from->depth + 1};
    place.context = context_below(element, from->context);
    snprintf(buffer, 128, "%s@%s", element, place.context);
    if (!has_lines(buffer))
        snprintf(buffer, 128, "%s", element);
    return place;
}

/* Comparing a row of a table with a line of the catalogue */

#define EXPECT(condition, what)                                                                    \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_msg("%s/%s: %s differs", line->parent, line->name, what);                         \
    } while (0)

static bool same_text(const char *a, const char *b)
{
    return strcmp(a == NULL ? "" : a, b == NULL ? "" : b) == 0;
}

static void expect_name(const struct line *line, const char *name, enum wsd__ns ns)
{
    const char *colon = strchr(line->name, ':');
    size_t prefix = colon == NULL ? 0 : (size_t)(colon - line->name);
    enum wsd__ns expected = NS_WSCN;
    if (prefix == 0 && strcmp(line->kind, "attribute") == 0)
        expected = NS_NONE;
    else if (prefix == 3 && strncmp(line->name, "xml", 3) == 0)
        expected = NS_XML;
    else if (prefix == 3 && strncmp(line->name, "xop", 3) == 0)
        expected = NS_XOP;
    else if (prefix != 0)
        EXPECT(strncmp(line->name, "wscn:", 5) == 0, "prefix");
    if (!same_text(name, colon == NULL ? line->name : colon + 1))
        fail_msg("%s: the catalogue has %s where the table has %s", line->parent, line->name, name);
    EXPECT(ns == expected, "namespace");
}

static void expect_occurrence(const struct line *line, bool required, bool repeated)
{
    EXPECT(same_text(line->min, required ? "1" : "0"), "minimum");
    EXPECT(same_text(line->max, repeated ? "unbounded" : "1"), "maximum");
}

static void expect_words(const struct line *line, const struct wsd__enum *words)
{
    const char *at = line->values;
    EXPECT(words != NULL, "presence of words");
    if (strncmp(at, "open: ", 6) == 0)
        at += 6;
    for (unsigned i = 0; i < words->n_names; i++) {
        size_t length = strcspn(at, "|;");
        EXPECT(length == strlen(words->names[i]) && memcmp(at, words->names[i], length) == 0,
               words->names[i]);
        at += length;
        EXPECT((*at == '|') == (i + 1 < words->n_names), "number of words");
        at += *at == '|';
    }
}

/* "0..100", "length 0..255, ...", "1..InputSize width": a bound that depends on another element is
 * for the service to judge, the table has the type's own. */
static void expect_range(const struct line *line, const struct wsd__row *row)
{
    const char *at = line->values;
    char *end;
    if (strncmp(at, "length ", 7) == 0)
        at += 7;
    long low = strtol(at, &end, 10);
    if (end == at || strncmp(end, "..", 2) != 0) {
        EXPECT(!row->bounded, "presence of a range");
        EXPECT(strcmp(line->type, "int") != 0, "range in the catalogue");
        return;
    }
    at = end + 2;
    long high = strtol(at, &end, 10);
    if (end == at) {
        EXPECT(strncmp(at, "InputSize", 9) == 0, "bound by another element");
        high = INT32_MAX;
    }
    EXPECT(row->bounded, "presence of a range");
    EXPECT(row->low == low, "lower bound");
    EXPECT(row->high == high, "upper bound");
}

static void expect_facets(const struct line *line, const struct wsd__row *row)
{
    bool number_or_text = strcmp(line->type, "int") == 0 || strcmp(line->type, "string") == 0;
    if (number_or_text)
        expect_range(line, row);
    else
        EXPECT(!row->bounded, "absence of a range");
    if (strcmp(line->type, "enum") == 0)
        expect_words(line, row->words);
    else
        EXPECT(row->words == NULL, "absence of words");
    EXPECT(same_text(row->unit, line->unit), "unit");
    EXPECT(((row->flags & ROW_PRESERVE) != 0) ==
               (strstr(line->values, "whitespace preserved") != NULL),
           "white space");
}

static const struct wsd__row *text_row(const struct wsd_type *type)
{
    for (unsigned i = 0; i < type->n_rows; i++)
        if (type->rows[i].flags & ROW_TEXT)
            return &type->rows[i];
    return NULL;
}

static enum wsd__kind kind_of_type(const struct line *line)
{
    static const struct {
        const char *type;
        enum wsd__kind kind;
    } table[] = {
        {"string", KIND_STRING},     {"int", KIND_INT},       {"bool", KIND_BOOL},
        {"enum", KIND_TOKEN},        {"qname", KIND_QNAME},   {"struct", KIND_STRUCT},
        {"datetime", KIND_DATETIME}, {"base64", KIND_STRING},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].type, line->type) == 0)
            return table[i].kind;
    fail_msg("%s/%s: type %s is unknown", line->parent, line->name, line->type);
    return KIND_COUNT;
}

/* A scalar with attributes is a struct with a text row, whose facets are the outer row's. */
static void expect_kind(const struct line *line, const struct wsd__row *row, bool has_parts)
{
    enum wsd__kind kind = kind_of_type(line);
    EXPECT((row->kind == KIND_STRUCT) == (has_parts || kind == KIND_STRUCT), "kind");
    if (row->kind != KIND_STRUCT || kind == KIND_STRUCT) {
        EXPECT(row->kind == kind, "kind");
        EXPECT(kind != KIND_STRUCT || text_row(row->type) == NULL, "kind (has text)");
        return;
    }
    const struct wsd__row *value = text_row(row->type);
    EXPECT(value != NULL && value->kind == kind, "kind of the text");
    EXPECT(row->type->base64 == (strcmp(line->type, "base64") == 0), "base64");
    EXPECT(!value->bounded && value->words == NULL && value->unit == NULL && value->quirk == 0 &&
               (value->flags & ROW_PRESERVE) == 0,
           "place of the facets");
}

static void walk(const struct wsd_type *type, const struct place *place);

static void compare_leaf(struct line *line, const struct wsd__row *row, const struct place *place)
{
    char buffer[128];
    struct place below = place_below(place, row->name, buffer);
    bool attribute = (row->flags & ROW_ATTRIBUTE) != 0;
    if (row->ns != NS_WSCN && !attribute)
        snprintf(buffer, sizeof buffer, "%s", line->name);
    bool has_parts = !attribute && has_lines(below.label);
    EXPECT(same_text(line->kind, attribute ? "attribute" : "element"), "kind of node");
    expect_kind(line, row, has_parts);
    expect_facets(line, row);
    line->met = true;
    if (row->kind == KIND_STRUCT) {
        EXPECT(has_parts, "presence of children in the catalogue");
        walk(row->type, &below);
    }
}

/* A list with a wrapper is two lines: the wrapper, and in it nothing but the item. */
static void compare_wrapped(struct line *wrapper, const struct wsd__row *row,
                            const struct place *place)
{
    char buffer[128];
    struct place below = place_below(place, row->wrapper, buffer);
    struct line *line = NULL;
    expect_name(wrapper, row->wrapper, row->ns);
    expect_occurrence(wrapper, (row->flags & ROW_REQUIRED) != 0, false);
    if (!same_text(wrapper->type, "struct") || !same_text(wrapper->unit, ""))
        fail_msg("%s/%s is no wrapper", wrapper->parent, wrapper->name);
    wrapper->met = true;
    for (size_t i = 0; i < n_lines; i++) {
        if (strcmp(lines[i].parent, below.label) != 0)
            continue;
        if (line != NULL)
            fail_msg("%s holds more than the items of a list", below.label);
        line = &lines[i];
    }
    if (line == NULL)
        fail_msg("%s is empty in the catalogue", below.label);
    expect_name(line, row->name, row->ns);
    expect_occurrence(line, (row->flags & ROW_NONEMPTY) != 0, true);
    compare_leaf(line, row, &below);
}

static void compare_row(struct line *line, const struct wsd__row *row, const struct wsd_type *type,
                        const struct place *place)
{
    bool repeated = row->presence == PRESENCE_LIST;
    bool required = (row->flags & ROW_REQUIRED) != 0;
    if (row->wrapper != NULL) {
        compare_wrapped(line, row, place);
        return;
    }
    expect_name(line, row->name, (enum wsd__ns)row->ns);
    if (repeated)
        EXPECT(required == ((row->flags & ROW_NONEMPTY) != 0), "emptiness");
    /* Base64 may stand inline instead of the reference: the type's check asks for one of them. */
    if (type->base64 && !required) {
        EXPECT(type->check != NULL, "check");
        required = true;
    }
    expect_occurrence(line, required, repeated);
    compare_leaf(line, row, place);
}

static bool rule_is_told(const struct line *line)
{
    return strstr(line->values, "choice:") != NULL ||
           strstr(line->values, "both or neither") != NULL ||
           strstr(line->values, "not below MinValue") != NULL;
}

/* The next row that the schema knows and that is not the text. */
static unsigned next_row(const struct wsd_type *type, unsigned at)
{
    while (at < type->n_rows && (type->rows[at].flags & (ROW_TEXT | ROW_LENIENT)) != 0)
        at++;
    return at;
}

static void note_walked(const struct wsd_type *type)
{
    for (size_t i = 0; i < n_walked; i++)
        if (walked[i] == type)
            return;
    assert_true(n_walked < MAX_TABLES);
    walked[n_walked++] = type;
}

static void walk(const struct wsd_type *type, const struct place *place)
{
    bool open = false;
    unsigned at = next_row(type, 0);
    if (type == &wsd__type_scan_body)
        at = next_row(type, 1); /* the fault is SOAP's, not WS-Scan's */
    assert_true(place->depth < MAX_DEPTH);
    note_walked(type);
    for (size_t i = 0; i < n_lines; i++) {
        struct line *line = &lines[i];
        if (strcmp(line->parent, place->label) != 0)
            continue;
        if (strcmp(line->name, "*") == 0) {
            open = line->met = true;
            continue;
        }
        if (at == type->n_rows)
            fail_msg("%s/%s has no row", line->parent, line->name);
        compare_row(line, &type->rows[at], type, place);
        EXPECT(type->check != NULL || !rule_is_told(line), "presence of a check");
        at = next_row(type, at + 1);
    }
    if (at != type->n_rows)
        fail_msg("%s/%s is not in the catalogue", place->label, type->rows[at].name);
    if (type->open != open)
        fail_msg("%s: wildcard differs", place->label);
}

/* A root that stands in a message of another service, or in none. */
static void walk_root(const char *parent, const char *element, const struct wsd_type *type)
{
    const struct place top = {.label = parent, .context = ""};
    char buffer[128];
    struct place below = place_below(&top, element, buffer);
    assert_string_equal(type->name, element);
    for (size_t i = 0; i < n_lines; i++) {
        struct line *line = &lines[i];
        if (strcmp(line->parent, parent) != 0 || strcmp(line->name, element) != 0)
            continue;
        assert_string_equal(line->kind, "element");
        assert_string_equal(line->type, "struct");
        assert_string_equal(line->max, "1");
        line->met = true;
    }
    walk(type, &below);
}

/* The tests */

#define ADDRESS(object, tag) &object,
static const struct wsd_type *const all_types[] = {WSD__SCAN_TYPES(ADDRESS)
                                                       WSD__SCAN_SHARED_TYPES(ADDRESS)};
enum { N_TYPES = sizeof all_types / sizeof *all_types };

static void test_tables_and_catalogue_agree_both_ways(void **state)
{
    (void)state;
    size_t n_met = 0;
    walk(&wsd__type_scan_body, &(struct place){.label = "soap:Body", .context = ""});
    walk_root("wse:Subscribe", "ScanDestinations", &wsd__type_scan_destinations);
    walk_root("wse:SubscribeResponse", "DestinationResponses",
              &wsd__type_scan_destination_responses);
    walk_root("(model)", "Scanner", &wsd__type_scanner_model);
    for (size_t i = 0; i < n_lines; i++) {
        if (!lines[i].met)
            print_error("not met: %s/%s\n", lines[i].parent, lines[i].name);
        n_met += lines[i].met;
    }
    assert_int_equal(n_lines, 427);
    assert_int_equal(n_met, n_lines);
    for (size_t i = 0; i < N_TYPES; i++) {
        bool found = false;
        for (size_t k = 0; k < n_walked; k++)
            found = found || walked[k] == all_types[i];
        if (!found)
            fail_msg("no element of the catalogue leads to the type %s", all_types[i]->name);
    }
    assert_int_equal(n_walked, N_TYPES);
}

static void expect_row_of(const struct wsd_type *type, unsigned at)
{
    const struct wsd__row *row = &type->rows[at];
    const struct wsd__row *before = at == 0 ? NULL : row - 1;
    bool attribute = (row->flags & ROW_ATTRIBUTE) != 0, is_text = (row->flags & ROW_TEXT) != 0;
    if (before != NULL && (before->flags & ROW_ATTRIBUTE) == 0)
        assert_false(attribute);
    if (is_text && before != NULL)
        assert_true(before->flags & ROW_ATTRIBUTE);
    assert_true((row->name == NULL) == is_text);
    assert_true((row->kind == KIND_STRUCT) == (row->type != NULL));
    assert_true(row->offset + sizeof(void *) <= type->size || row->presence == PRESENCE_INLINE);
    assert_true(row->wrapper == NULL || row->presence == PRESENCE_LIST);
    assert_true((row->flags & ROW_NONEMPTY) == 0 || row->presence == PRESENCE_LIST);
    if (row->presence == PRESENCE_LIST) {
        assert_true(row->count_offset + sizeof(size_t) <= type->size);
        assert_int_not_equal(row->count_offset, row->offset);
        assert_true(row->item_size > 0);
    }
    if (row->kind == KIND_STRUCT && row->type != &wsd__type_soap_fault)
        assert_int_equal(row->item_size, row->type->size);
    for (unsigned i = 0; i < at && !is_text; i++)
        assert_false(same_text(type->rows[i].name, row->name) && row->wrapper == NULL &&
                     type->rows[i].wrapper == NULL && type->rows[i].ns == row->ns &&
                     ((type->rows[i].flags ^ row->flags) & ROW_ATTRIBUTE) == 0);
}

static void test_tables_keep_the_order_and_bounds_of_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_TYPES; i++) {
        const struct wsd_type *type = all_types[i];
        assert_true(type->n_rows <= 64);
        assert_non_null(type->name);
        assert_int_equal(type->any_offset + sizeof(void *), type->size);
        for (unsigned at = 0; at < type->n_rows; at++)
            expect_row_of(type, at);
    }
}

/* A name leads to one type, but for elements that are one thing in a ticket and another elsewhere:
 * the ticket's comes first. */
static void test_a_name_finds_the_type_of_the_ticket_first(void **state)
{
    (void)state;
    static const char *const twice[] = {"InputSize",  "InputMediaSize",   "Exposure",   "Scaling",
                                        "MediaSides", "ExposureSettings", "MediaFront", "MediaBack",
                                        "ScanRegion", "Resolution",       "ElementData"};
    size_t n_twice = 0;
    for (size_t i = 0; i < wsd__scan_n_types; i++)
        for (size_t k = 0; k < i; k++) {
            const char *name = wsd__scan_types[i]->name;
            bool known = false;
            if (strcmp(name, wsd__scan_types[k]->name) != 0)
                continue;
            for (size_t n = 0; n < sizeof twice / sizeof *twice; n++)
                known = known || strcmp(twice[n], name) == 0;
            if (!known)
                fail_msg("two types are named %s", name);
            n_twice++;
        }
    assert_int_equal(n_twice, sizeof twice / sizeof *twice);
    for (size_t i = 0; i < wsd__scan_n_types; i++)
        if (strcmp(wsd__scan_types[i]->name, "MediaFront") == 0) {
            assert_ptr_equal(wsd__scan_types[i], &wsd__type_scan_media_front);
            break;
        }
}

/* Members */

#if defined(__has_builtin)
#if __has_builtin(__builtin_clear_padding)
#define CAN_FIND_PADDING 1
#endif
#endif

#ifdef CAN_FIND_PADDING
static void cover(unsigned char *uses, const struct wsd_type *type, size_t offset, size_t size)
{
    for (size_t i = offset; i < offset + size; i++) {
        if (i >= type->size || uses[i] == UINT8_MAX)
            fail_msg("%s: a row lies outside the struct", type->name);
        uses[i]++;
    }
}

/* value: 0xff in each byte of the struct that is not padding, else 0. */
static void expect_covered(const struct wsd_type *type, const unsigned char *value)
{
    unsigned char *uses = calloc(1, type->size);
    assert_non_null(uses);
    for (unsigned i = 0; i < type->n_rows; i++) {
        const struct wsd__row *row = &type->rows[i];
        cover(uses, type, row->offset,
              row->presence == PRESENCE_INLINE ? row->item_size : sizeof(void *));
        if (row->presence == PRESENCE_LIST)
            cover(uses, type, row->count_offset, sizeof(size_t));
    }
    cover(uses, type, type->any_offset, sizeof(void *));
    for (size_t i = 0; i < type->size; i++) {
        if (uses[i] == 0 && value[i] != 0)
            fail_msg("%s: no row covers byte %zu", type->name, i);
        if (uses[i] > 1)
            fail_msg("%s: two rows cover byte %zu", type->name, i);
    }
    free(uses);
}

#define COVER(object, tag)                                                                         \
    do {                                                                                           \
        struct tag value;                                                                          \
        memset(&value, 0xff, sizeof value);                                                        \
        __builtin_clear_padding(&value);                                                           \
        assert_int_equal(object.size, sizeof value);                                               \
        expect_covered(&object, (const unsigned char *)&value);                                    \
    } while (0);

static void test_rows_cover_each_member_once(void **state)
{
    (void)state;
    WSD__SCAN_TYPES(COVER)
    WSD__SCAN_SHARED_TYPES(COVER)
}
#else
static void test_rows_cover_each_member_once(void **state)
{
    (void)state;
    skip(); /* the compiler cannot tell padding from members */
}
#endif

/* Words */

static void expect_word(const struct wsd__enum *words, int value, const char *word)
{
    assert_in_range(value, 1, words->n_names);
    assert_string_equal(words->names[value - 1], word);
}

/* Order is held to the catalogue above; first, last and one between pin the enums to it. */
static void test_enum_values_are_places_in_the_word_lists(void **state)
{
    (void)state;
    expect_word(&wsd__scan_formats, WSD_SCAN_FORMAT_DIB, "dib");
    expect_word(&wsd__scan_formats, WSD_SCAN_FORMAT_PDF_A, "pdf-a");
    expect_word(&wsd__scan_formats, WSD_SCAN_FORMAT_PNG, "png");
    expect_word(&wsd__scan_formats, WSD_SCAN_FORMAT_TIFF_MULTI_G4, "tiff-multi-g4");
    expect_word(&wsd__scan_formats, WSD_SCAN_FORMAT_XPS, "xps");
    expect_word(&wsd__scan_colors, WSD_SCAN_COLOR_RGB24, "RGB24");
    expect_word(&wsd__scan_colors, WSD_SCAN_COLOR_RGBA64, "RGBa64");
    expect_word(&wsd__scan_content_types, WSD_SCAN_CONTENT_TYPE_MIXED, "Mixed");
    expect_word(&wsd__scan_input_sources, WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX, "ADFDuplex");
    expect_word(&wsd__scan_input_sources, WSD_SCAN_INPUT_SOURCE_PLATEN, "Platen");
    expect_word(&wsd__scan_film_scan_modes, WSD_SCAN_FILM_SCAN_MODE_BLACK_AND_WHITE_NEGATIVE_FILM,
                "BlackandWhiteNegativeFilm");
    expect_word(&wsd__scan_rotations, WSD_SCAN_ROTATION_270, "270");
    expect_word(&wsd__scan_states, WSD_SCAN_STATE_STOPPED, "Stopped");
    expect_word(&wsd__scan_state_reasons, WSD_SCAN_STATE_REASON_MEDIA_JAM, "MediaJam");
    expect_word(&wsd__scan_state_reasons, WSD_SCAN_STATE_REASON_PAUSED, "Paused");
    expect_word(&wsd__scan_condition_names, WSD_SCAN_CONDITION_NAME_MULTIPLE_FEED_ERROR,
                "MultipleFeedError");
    expect_word(&wsd__scan_components, WSD_SCAN_COMPONENT_PLATEN, "Platen");
    expect_word(&wsd__scan_severities, WSD_SCAN_SEVERITY_CRITICAL, "Critical");
    expect_word(&wsd__scan_job_states, WSD_SCAN_JOB_STATE_PENDING_HELD, "Pending-Held");
    expect_word(&wsd__scan_job_states, WSD_SCAN_JOB_STATE_TERMINATING, "Terminating");
    expect_word(&wsd__scan_job_completed_states, WSD_SCAN_JOB_COMPLETED_STATE_TERMINATING,
                "Terminating");
    expect_word(&wsd__scan_job_state_reasons, WSD_SCAN_JOB_STATE_REASON_JOB_TIMED_OUT,
                "JobTimedOut");
    expect_word(&wsd__scan_job_state_reasons, WSD_SCAN_JOB_STATE_REASON_SCANNER_STOPPED,
                "ScannerStopped");
    assert_true(wsd__scan_colors.any_case);
    assert_false(wsd__scan_formats.any_case);
}

/* Rules across fields */

static void test_a_choice_needs_one_branch_and_bears_both(void **state)
{
    (void)state;
    const bool yes = true;
    const struct wsd_scan_size size = {1, 1, NULL};
    const struct wsd_scan_exposure_settings settings = {0};
    struct wsd_scan_input_size input = {0};
    struct wsd_scan_exposure exposure = {0};
    assert_non_null(wsd__type_scan_input_size.check(&input));
    input.must_honor = &yes;
    assert_non_null(wsd__type_scan_input_size.check(&input));
    input.input_media_size = &size;
    assert_null(wsd__type_scan_input_size.check(&input));
    input.document_size_auto_detect = &yes;
    assert_null(wsd__type_scan_input_size.check(&input));
    assert_non_null(wsd__type_scan_exposure.check(&exposure));
    exposure.auto_exposure = &yes;
    assert_null(wsd__type_scan_exposure.check(&exposure));
    exposure.exposure_settings = &settings;
    assert_null(wsd__type_scan_exposure.check(&exposure));
}

static void test_identifier_and_token_come_together(void **state)
{
    (void)state;
    struct wsd_scan_create_scan_job_request request = {.destination_token = ""};
    const struct wsd_type *type = &wsd__type_scan_create_scan_job_request;
    assert_null(type->check(&request));
    request.scan_identifier = "7";
    assert_non_null(type->check(&request));
    request.destination_token = "t";
    assert_null(type->check(&request));
    request.scan_identifier = NULL;
    assert_non_null(type->check(&request));
}

static void test_a_range_must_not_be_upside_down(void **state)
{
    (void)state;
    const struct wsd_scan_range good = {100, 100, NULL}, bad = {101, 100, NULL};
    assert_null(wsd__type_scan_percent_range.check(&good));
    assert_non_null(wsd__type_scan_percent_range.check(&bad));
    assert_non_null(wsd__type_scan_quality_range.check(&bad));
}

static void test_valid_element_data_has_one_section(void **state)
{
    (void)state;
    const struct wsd_scan_ticket ticket = {0};
    const struct wsd_scan_status status = {0};
    const struct wsd_any vendor = {.kind = WSD_ANY_ELEMENT};
    const struct wsd_any attribute = {.kind = WSD_ANY_ATTRIBUTE};
    const struct wsd_any both = {.kind = WSD_ANY_ATTRIBUTE, .next = &vendor};
    const struct wsd_type *type = &wsd__type_scan_scanner_element_data;
    struct wsd_scan_scanner_element_data data = {.valid = false};
    assert_null(type->check(&data));
    data.valid = true;
    assert_non_null(type->check(&data));
    data.any = &attribute;
    assert_non_null(type->check(&data));
    data.any = &both;
    assert_null(type->check(&data));
    data.default_scan_ticket = &ticket;
    assert_null(type->check(&data));
    data.scanner_status = &status;
    assert_non_null(type->check(&data));

    struct wsd_scan_job_element_data job = {.valid = true};
    assert_non_null(wsd__type_scan_job_element_data.check(&job));
    job.scan_ticket = &ticket;
    assert_null(wsd__type_scan_job_element_data.check(&job));
}

static void test_scan_data_is_a_reference_or_inline(void **state)
{
    (void)state;
    const struct wsd_xop_include include = {.href = "cid:1"};
    struct wsd_scan_data data = {.text = ""};
    assert_non_null(wsd__type_scan_data.check(&data));
    data.include = &include;
    assert_null(wsd__type_scan_data.check(&data));
    data = (struct wsd_scan_data){.text = "AA=="};
    assert_null(wsd__type_scan_data.check(&data));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables_and_catalogue_agree_both_ways),
        cmocka_unit_test(test_tables_keep_the_order_and_bounds_of_rows),
        cmocka_unit_test(test_a_name_finds_the_type_of_the_ticket_first),
        cmocka_unit_test(test_rows_cover_each_member_once),
        cmocka_unit_test(test_enum_values_are_places_in_the_word_lists),
        cmocka_unit_test(test_a_choice_needs_one_branch_and_bears_both),
        cmocka_unit_test(test_identifier_and_token_come_together),
        cmocka_unit_test(test_a_range_must_not_be_upside_down),
        cmocka_unit_test(test_valid_element_data_has_one_section),
        cmocka_unit_test(test_scan_data_is_a_reference_or_inline),
    };
    return cmocka_run_group_tests(tests, read_catalogue, free_catalogue);
}
