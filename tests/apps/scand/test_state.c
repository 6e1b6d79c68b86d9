/* SPDX-License-Identifier: MIT */
/* What outlives the daemon: identity and subscriptions, from file to file, whatever is in it. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "wsd-scand/state.h"

static char folder[] = "/tmp/wsd-state-XXXXXX";

static const char *path(const char *name)
{
    static char text[256];

    snprintf(text, sizeof text, "%s/%s", folder, name);
    return text;
}

static void write_file(const char *text)
{
    FILE *file = fopen(path("state.json"), "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static struct state *opened(void)
{
    struct state *state = NULL;

    assert_int_equal(state_open(folder, &state), 0);
    assert_non_null(state);
    return state;
}

static int begin(void **state)
{
    (void)state;
    unlink(path("state.json"));
    unlink(path("state.json.broken"));
    return 0;
}

/* -- subscriptions ------------------------------------------------------------------------------
 */

static const struct wsd_any text_node = {.kind = WSD_ANY_TEXT, .text = "a < b & \"c\" \xc3\xa4"};
static const struct wsd_any inner = {.kind = WSD_ANY_ELEMENT,
                                     .ns = "urn:inner",
                                     .local = "Inner",
                                     .prefix = "i",
                                     .children = &text_node};
static const struct wsd_any attribute = {
    .kind = WSD_ANY_ATTRIBUTE, .ns = "", .local = "Name", .text = "value", .next = &inner};
static const struct wsd_any declaration = {
    .kind = WSD_ANY_NAMESPACE, .ns = "urn:declared", .local = "d", .next = &attribute};
static const struct wsd_any second = {
    .kind = WSD_ANY_ELEMENT, .ns = "urn:two", .local = "Second", .prefix = "t"};
static const struct wsd_any first = {.kind = WSD_ANY_ELEMENT,
                                     .ns = "urn:one",
                                     .local = "First",
                                     .prefix = "o",
                                     .children = &declaration,
                                     .next = &second};
static const struct wsd_soap_bag parameters = {.any = &first}, properties = {.any = &second};

static const struct state_subscription *subscription(const char *scanner, const char *address)
{
    static struct wsd_endpoint_reference manager;
    static struct state_subscription kept;

    manager = (struct wsd_endpoint_reference){.address = address,
                                              .reference_properties = &properties,
                                              .reference_parameters = &parameters};
    kept = (struct state_subscription){.scanner = scanner,
                                       .service = "http://192.0.2.1/scan",
                                       .url = address,
                                       .manager = &manager};
    return &kept;
}

static void assert_text(const char *got, const char *wanted)
{
    if (!wanted || !got)
        assert_true(!wanted && !got);
    else
        assert_string_equal(got, wanted);
}

static void assert_any(const struct wsd_any *got, const struct wsd_any *wanted)
{
    for (; wanted; wanted = wanted->next, got = got->next) {
        assert_non_null(got);
        assert_int_equal(got->kind, wanted->kind);
        assert_text(got->ns, wanted->ns ? wanted->ns : "");
        assert_text(got->local, wanted->local);
        assert_text(got->prefix, wanted->prefix);
        assert_text(got->text, wanted->text);
        assert_any(got->children, wanted->children);
    }
    assert_null(got);
}

static void test_identity_is_the_same_in_every_run(void **unused)
{
    char identity[64];

    (void)unused;
    struct state *state = opened();
    snprintf(identity, sizeof identity, "%s", state_identity(state));
    assert_int_equal(strlen(identity), 45);
    assert_memory_equal(identity, "urn:uuid:", 9);
    assert_int_equal(identity[23], '4');
    state_free(state);
    state = opened();
    assert_string_equal(state_identity(state), identity);
    state_free(state);
    unlink(path("state.json"));
    state = opened();
    assert_string_not_equal(state_identity(state), identity);
    state_free(state);
}

static void test_reference_parameters_make_the_round_trip(void **unused)
{
    (void)unused;
    struct state *state = opened();
    assert_int_equal(
        state_put(state, "urn:uuid:1", subscription("urn:uuid:1", "http://192.0.2.1/manager")), 0);
    assert_int_equal(state_flush(state), 0);
    state_free(state);
    state = opened();
    const struct state_subscription *left = state_left(state, "urn:uuid:1");
    assert_non_null(left);
    assert_string_equal(left->scanner, "urn:uuid:1");
    assert_string_equal(left->service, "http://192.0.2.1/scan");
    assert_string_equal(left->manager->address, "http://192.0.2.1/manager");
    assert_any(left->manager->reference_parameters->any, &first);
    assert_any(left->manager->reference_properties->any, &second);
    assert_null(state_left(state, "urn:uuid:2"));
    state_free(state);
}

static void test_what_is_over_is_gone_in_the_next_run(void **unused)
{
    (void)unused;
    struct state *state = opened();
    assert_int_equal(state_put(state, "one", subscription("one", "http://192.0.2.1/1")), 0);
    assert_int_equal(state_put(state, "two", subscription("two", "http://192.0.2.1/2")), 0);
    assert_int_equal(state_put(state, "one", subscription("one", "http://192.0.2.1/3")), 0);
    assert_string_equal(state_left(state, "one")->manager->address, "http://192.0.2.1/3");
    assert_non_null(state_each(state, 1));
    assert_null(state_each(state, 2));
    assert_int_equal(state_put(state, "two", NULL), 0);
    assert_int_equal(state_put(state, "three", NULL), 0);
    assert_int_equal(state_flush(state), 0);
    state_free(state);
    state = opened();
    assert_non_null(state_left(state, "one"));
    assert_null(state_left(state, "two"));
    assert_null(state_each(state, 1));
    state_free(state);
}

static void test_a_uuid_is_compared_as_endpoints_are(void **unused)
{
    (void)unused;
    struct state *state = opened();
    const char *endpoint = "urn:uuid:00000000-ABCD-4000-8000-000000000001";
    assert_int_equal(state_put(state, endpoint, subscription(endpoint, "http://192.0.2.1/")), 0);
    assert_non_null(state_left(state, "urn:uuid:00000000-abcd-4000-8000-000000000001"));
    state_free(state);
}

static void test_a_full_table_forgets_the_oldest(void **unused)
{
    char name[32];

    (void)unused;
    struct state *state = opened();
    for (unsigned i = 0; i < STATE_MAX_SUBSCRIPTIONS + 3; i++) {
        snprintf(name, sizeof name, "scanner-%u", i);
        assert_int_equal(state_put(state, name, subscription(name, "http://192.0.2.1/")), 0);
    }
    assert_null(state_left(state, "scanner-0"));
    assert_null(state_left(state, "scanner-2"));
    assert_non_null(state_left(state, "scanner-3"));
    assert_non_null(state_left(state, name));
    assert_null(state_each(state, STATE_MAX_SUBSCRIPTIONS));
    assert_int_equal(state_flush(state), 0);
    state_free(state);
    state = opened();
    assert_non_null(state_each(state, STATE_MAX_SUBSCRIPTIONS - 1));
    state_free(state);
}

/* -- the file -----------------------------------------------------------------------------------
 */

static void test_a_broken_file_is_set_aside(void **unused)
{
    static const char *const texts[] = {"", "{", "[]", "3", "{\"identity\": \"urn", "\x01\x02"};

    (void)unused;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_file(texts[i]);
        struct state *state = opened();
        assert_int_equal(strlen(state_identity(state)), 45);
        assert_null(state_each(state, 0));
        state_free(state);
        assert_int_equal(access(path("state.json.broken"), F_OK), 0);
        assert_int_equal(access(path("state.json"), F_OK), 0);
        unlink(path("state.json.broken"));
    }
}

static void test_a_file_that_is_too_large_is_set_aside(void **unused)
{
    (void)unused;
    write_file("{}");
    assert_int_equal(truncate(path("state.json"), STATE_MAX_FILE + 1), 0);
    struct state *state = opened();
    assert_null(state_each(state, 0));
    state_free(state);
    assert_int_equal(access(path("state.json.broken"), F_OK), 0);
}

static void test_members_of_other_types_are_passed_over(void **unused)
{
    (void)unused;
    write_file(
        "{\"version\": 1, \"identity\": \"urn:uuid:../../../etc/passwd-and-other-things-12\","
        " \"subscriptions\": [3, null, [], {}, {\"scanner\": 1, \"service\": {}},"
        " {\"scanner\": \"a\", \"service\": \"b\", \"manager\": 5},"
        " {\"scanner\": \"a\", \"service\": \"b\", \"manager\": {\"address\": []}},"
        " {\"scanner\": \"good\", \"service\": \"b\", \"manager\": {\"address\": \"c\","
        " \"parameters\": 7, \"properties\": \"x\"}}]}");
    struct state *state = opened();
    assert_memory_equal(state_identity(state), "urn:uuid:", 9);
    assert_null(strchr(state_identity(state), '/'));
    const struct state_subscription *left = state_each(state, 0);
    assert_non_null(left);
    assert_string_equal(left->scanner, "good");
    assert_null(state_each(state, 1));
    state_free(state);
}

static void assert_sound(const struct wsd_any *any)
{
    for (; any; any = any->next) {
        assert_non_null(any->ns);
        if (any->kind != WSD_ANY_TEXT)
            assert_non_null(any->local);
        if (any->kind == WSD_ANY_TEXT || any->kind == WSD_ANY_ATTRIBUTE)
            assert_non_null(any->text);
        assert_sound(any->children);
    }
}

static void test_parameters_that_are_none_are_passed_over(void **unused)
{
    (void)unused;
    write_file("{\"subscriptions\": [{\"scanner\": \"a\", \"service\": \"b\", \"manager\":"
               " {\"address\": \"c\", \"parameters\": [1, \"x\", {}, {\"kind\": \"element\"},"
               " {\"kind\": \"text\"}, {\"kind\": \"attribute\", \"local\": \"n\"},"
               " {\"kind\": \"unheard-of\", \"local\": \"e\"},"
               " {\"kind\": \"element\", \"local\": \"good\", \"children\":"
               " [{\"kind\": \"text\", \"text\": \"t\"}, {\"kind\": 3}]}]}}]}");
    struct state *state = opened();
    const struct state_subscription *left = state_left(state, "a");
    assert_non_null(left);
    const struct wsd_any *any = left->manager->reference_parameters->any;
    assert_sound(any);
    while (any && (!any->local || strcmp(any->local, "good") != 0))
        any = any->next;
    assert_non_null(any);
    assert_string_equal(any->children->text, "t");
    state_free(state);
}

static void test_depth_is_bounded(void **unused)
{
    struct wsd_any nodes[40] = {0};
    const struct wsd_soap_bag bag = {.any = nodes};
    const struct wsd_endpoint_reference manager = {.address = "a", .reference_parameters = &bag};
    const struct state_subscription deep = {.scanner = "s", .service = "x", .manager = &manager};
    unsigned depth = 0;

    (void)unused;
    for (size_t i = 0; i < 40; i++) {
        nodes[i] = (struct wsd_any){.kind = WSD_ANY_ELEMENT, .ns = "", .local = "e"};
        nodes[i].children = i < 39 ? &nodes[i + 1] : NULL;
    }
    struct state *state = opened();
    assert_int_equal(state_put(state, "s", &deep), 0);
    assert_int_equal(state_flush(state), 0);
    state_free(state);
    state = opened();
    const struct state_subscription *left = state_left(state, "s");
    assert_non_null(left);
    for (const struct wsd_any *any = left->manager->reference_parameters->any; any;
         any = any->children)
        depth++;
    assert_int_equal(depth, STATE_MAX_DEPTH);
    state_free(state);
}

static void test_what_could_not_be_written_is_written_later(void **unused)
{
    (void)unused;
    struct state *state = opened();
    assert_int_equal(state_put(state, "s", subscription("s", "http://192.0.2.1/")), 0);
    assert_int_equal(mkdir(path("state.json.part"), 0700), 0);
    assert_true(state_flush(state) < 0);
    assert_true(state_flush(state) < 0);
    assert_int_equal(rmdir(path("state.json.part")), 0);
    assert_int_equal(state_flush(state), 0);
    state_free(state);
    state = opened();
    assert_non_null(state_left(state, "s"));
    state_free(state);
}

static void test_a_folder_that_is_not_there_is_an_error(void **unused)
{
    struct state *state = NULL;

    (void)unused;
    assert_int_equal(state_open("/nowhere/at/all", &state), -ENOENT);
    assert_null(state);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    begin(state);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_identity_is_the_same_in_every_run, begin),
        cmocka_unit_test_setup(test_reference_parameters_make_the_round_trip, begin),
        cmocka_unit_test_setup(test_what_is_over_is_gone_in_the_next_run, begin),
        cmocka_unit_test_setup(test_a_uuid_is_compared_as_endpoints_are, begin),
        cmocka_unit_test_setup(test_a_full_table_forgets_the_oldest, begin),
        cmocka_unit_test_setup(test_a_broken_file_is_set_aside, begin),
        cmocka_unit_test_setup(test_a_file_that_is_too_large_is_set_aside, begin),
        cmocka_unit_test_setup(test_members_of_other_types_are_passed_over, begin),
        cmocka_unit_test_setup(test_parameters_that_are_none_are_passed_over, begin),
        cmocka_unit_test_setup(test_depth_is_bounded, begin),
        cmocka_unit_test_setup(test_what_could_not_be_written_is_written_later, begin),
        cmocka_unit_test_setup(test_a_folder_that_is_not_there_is_an_error, begin),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
