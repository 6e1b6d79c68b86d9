/* SPDX-License-Identifier: MIT */
/* The control socket: lines, the server on a loop of ours, and where sockets are. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/control.h"

#define LIMIT_MS 10000
#define FDS_MAX  128

struct fixture {
    char folder[64], path[CONTROL_MAX_PATH];
    struct control_server *server;
    struct control_request *held; /* a request "hold", not answered yet */
    unsigned requests;
    struct control_reader readers[FDS_MAX]; /* what came, by descriptor */
};

static struct json_object *object_of(const char *text)
{
    struct json_object *object = json_tokener_parse(text);
    assert_non_null(object);
    return object;
}

/* "hold" waits, "large" gets an answer that fills any socket, all else is echoed. */
static void on_request(void *user, struct control_request *request,
                       const struct json_object *object)
{
    struct fixture *f = user;
    struct json_object *answer = json_object_new_object(), *copy = NULL;
    const char *command = "";

    f->requests++;
    control_text(object, "command", &command);
    if (strcmp(command, "hold") == 0) {
        json_object_put(answer);
        f->held = request;
        return;
    }
    if (strcmp(command, "large") == 0) {
        char *text = calloc(1, 4 << 20);
        memset(text, 'x', (4 << 20) - 1);
        json_object_object_add(answer, "text", json_object_new_string(text));
        free(text);
    }
    json_object_deep_copy((struct json_object *)object, &copy, NULL);
    json_object_object_add(answer, "echo", copy);
    control_answer(request, answer);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    control_reason reason;

    snprintf(f->folder, sizeof f->folder, "/tmp/wsd-control-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/serve-a.sock", f->folder);
    assert_int_equal(control_server_open(f->path, on_request, f, &f->server, reason), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    control_server_free(f->server);
    assert_int_equal(access(f->path, F_OK), -1);
    assert_int_equal(rmdir(f->folder), 0);
    for (size_t i = 0; i < FDS_MAX; i++)
        control_reader_free(&f->readers[i]);
    free(f);
    return 0;
}

/* One turn; false if nothing came within `milliseconds`. */
static bool turn(struct fixture *f, int milliseconds)
{
    struct pollfd fds[CONTROL_DESCRIPTORS];

    control_server_wants(f->server, fds);
    int n = poll(fds, CONTROL_DESCRIPTORS, milliseconds);
    assert_true(n >= 0);
    control_server_turn(f->server, fds);
    return n > 0;
}

static void settle(struct fixture *f)
{
    while (turn(f, 0))
        continue;
}

static int client(struct fixture *f)
{
    int fd = control_connect(f->path);
    assert_in_range(fd, 0, FDS_MAX - 1);
    control_reader_free(&f->readers[fd]); /* of the one before it */
    settle(f);
    return fd;
}

static void say(struct fixture *f, int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
    settle(f);
}

/* The next answer; NULL when the server has hung up. */
static struct json_object *hear(struct fixture *f, int fd)
{
    struct control_reader *reader = &f->readers[fd];
    struct json_object *answer = NULL;
    char bytes[65536];

    reader->limit = CONTROL_MAX_ANSWER;
    while (control_reader_next(reader, &answer) == 0) {
        ssize_t n = recv(fd, bytes, sizeof bytes, 0);
        if (n > 0)
            assert_int_equal(control_reader_add(reader, bytes, (size_t)n), 0);
        else if (n == 0)
            return NULL;
        else
            assert_true(turn(f, LIMIT_MS));
    }
    return answer;
}

static void assert_echo(struct fixture *f, int fd, const char *command)
{
    struct json_object *answer = hear(f, fd), *echo = NULL;
    const char *text = "";

    assert_non_null(answer);
    assert_true(json_object_object_get_ex(answer, "echo", &echo));
    assert_true(control_text(echo, "command", &text));
    assert_string_equal(text, command);
    json_object_put(answer);
}

static void assert_refused(struct fixture *f, int fd, const char *what)
{
    struct json_object *answer = hear(f, fd);
    const char *text = "";
    bool ok = true;

    assert_non_null(answer);
    assert_true(control_flag(answer, "ok", &ok));
    assert_false(ok);
    control_text(answer, "error", &text);
    assert_non_null(strstr(text, what));
    json_object_put(answer);
}

/* -- requests -----------------------------------------------------------------------------------
 */

static void test_a_request_is_answered_and_the_connection_takes_the_next(void **state)
{
    struct fixture *f = *state;
    int fd = client(f);

    say(f, fd, "{\"command\":\"one\"}\n");
    assert_echo(f, fd, "one");
    say(f, fd, "{\"comm");
    say(f, fd, "and\":\"two\"}\n");
    assert_echo(f, fd, "two");
    close(fd);
}

static void test_an_answer_may_come_later_and_other_connections_do_not_wait(void **state)
{
    struct fixture *f = *state;
    int slow = client(f), quick = client(f);

    say(f, slow, "{\"command\":\"hold\"}\n{\"command\":\"after\"}\n");
    assert_non_null(f->held);
    say(f, quick, "{\"command\":\"quick\"}\n");
    assert_echo(f, quick, "quick");
    assert_int_equal(f->requests, 2);
    control_answer(f->held, object_of("{\"echo\":{\"command\":\"held\"}}"));
    assert_echo(f, slow, "held");
    assert_echo(f, slow, "after");
    close(slow);
    close(quick);
}

static void test_who_asks_and_closes_its_side_is_answered(void **state)
{
    struct fixture *f = *state;
    int fd = client(f);

    say(f, fd, "{\"command\":\"last\"}\n");
    shutdown(fd, SHUT_WR);
    settle(f);
    assert_echo(f, fd, "last");
    assert_null(hear(f, fd));
    close(fd);
}

static void test_who_goes_away_before_the_answer_harms_nobody(void **state)
{
    struct fixture *f = *state;
    int fd = client(f);

    say(f, fd, "{\"command\":\"hold\"}\n");
    close(fd);
    settle(f); /* ends only if the closed connection does not stay ready */
    control_answer(f->held, object_of("{\"echo\":1}"));
    fd = client(f);
    say(f, fd, "{\"command\":\"next\"}\n");
    assert_echo(f, fd, "next");
    close(fd);
}

static void test_a_request_may_be_answered_after_the_server_is_gone(void **state)
{
    struct fixture *f = *state;
    int fd = client(f);

    say(f, fd, "{\"command\":\"hold\"}\n");
    control_server_free(f->server);
    f->server = NULL;
    control_answer(f->held, object_of("{\"echo\":1}"));
    close(fd);
}

static void test_lines_that_are_no_objects_are_refused_one_by_one(void **state)
{
    struct fixture *f = *state;
    static const char *const lines[] = {"[1]\n",  "\n",      "{\n",
                                        "{}{}\n", "\"x\"\n", "{\"a\":\"\xff\"}\n"};
    int fd = client(f);

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        say(f, fd, lines[i]);
        assert_refused(f, fd, "no JSON object");
    }
    assert_int_equal(f->requests, 0);
    say(f, fd, "{\"command\":\"good\"}\n");
    assert_echo(f, fd, "good");
    close(fd);
}

static void test_a_line_that_is_too_long_is_refused_and_not_kept(void **state)
{
    struct fixture *f = *state;
    char part[8192];
    int fd = client(f);

    memset(part, ' ', sizeof part);
    for (size_t sent = 0; sent <= 20 * CONTROL_MAX_REQUEST; sent += sizeof part) {
        assert_int_equal(send(fd, part, sizeof part, MSG_NOSIGNAL), sizeof part);
        settle(f);
    }
    say(f, fd, "\n{\"command\":\"good\"}\n");
    assert_refused(f, fd, "too long");
    assert_echo(f, fd, "good");
    close(fd);
}

static void test_a_line_of_the_longest_length_is_taken(void **state)
{
    struct fixture *f = *state;
    static const char start[] = "{\"command\":\"long\"}";
    char *line = malloc(CONTROL_MAX_REQUEST + 1);
    int fd = client(f);

    memset(line, ' ', CONTROL_MAX_REQUEST);
    memcpy(line, start, sizeof start - 1);
    line[CONTROL_MAX_REQUEST] = '\n';
    for (size_t sent = 0; sent < CONTROL_MAX_REQUEST + 1;) {
        ssize_t n = send(fd, line + sent, CONTROL_MAX_REQUEST + 1 - sent, MSG_NOSIGNAL);
        if (n > 0)
            sent += (size_t)n;
        settle(f);
    }
    assert_echo(f, fd, "long");
    free(line);
    close(fd);
}

static void test_a_client_that_does_not_read_keeps_nobody_waiting(void **state)
{
    struct fixture *f = *state;
    int slow = client(f), quick = client(f);

    say(f, slow, "{\"command\":\"large\"}\n{\"command\":\"after\"}\n");
    assert_int_equal(f->requests, 1); /* the second waits until the first answer has left */
    say(f, quick, "{\"command\":\"quick\"}\n");
    assert_echo(f, quick, "quick");
    assert_false(turn(f, 0)); /* nothing spins */
    assert_echo(f, slow, "large");
    assert_echo(f, slow, "after");
    close(slow);
    close(quick);
}

static void test_when_all_places_are_taken_the_quietest_gives_way(void **state)
{
    struct fixture *f = *state;
    int fds[CONTROL_MAX_CLIENTS], one_more;
    char byte;

    for (size_t i = 0; i < CONTROL_MAX_CLIENTS; i++)
        fds[i] = client(f);
    say(f, fds[0], "{\"command\":\"busy\"}\n");
    assert_echo(f, fds[0], "busy");
    one_more = client(f);
    say(f, one_more, "{\"command\":\"more\"}\n");
    assert_echo(f, one_more, "more");
    assert_int_equal(recv(fds[1], &byte, 1, 0), 0);
    assert_int_equal(recv(fds[0], &byte, 1, 0), -1);
    for (size_t i = 0; i < CONTROL_MAX_CLIENTS; i++)
        close(fds[i]);
    close(one_more);
}

static void test_who_waits_for_an_answer_does_not_give_way(void **state)
{
    struct fixture *f = *state;
    struct control_request *held[CONTROL_MAX_CLIENTS];
    int fds[CONTROL_MAX_CLIENTS], one_more;
    char byte;

    for (size_t i = 0; i < CONTROL_MAX_CLIENTS; i++) {
        fds[i] = client(f);
        say(f, fds[i], "{\"command\":\"hold\"}\n");
        held[i] = f->held;
    }
    one_more = client(f);
    assert_int_equal(recv(one_more, &byte, 1, 0), 0);
    close(one_more);
    for (size_t i = 0; i < CONTROL_MAX_CLIENTS; i++) {
        control_answer(held[i], object_of("{\"echo\":{\"command\":\"held\"}}"));
        assert_echo(f, fds[i], "held");
        close(fds[i]);
    }
}

/* -- places -------------------------------------------------------------------------------------
 */

static void test_the_socket_is_for_its_owner_alone(void **state)
{
    struct fixture *f = *state;
    struct stat about;

    assert_int_equal(lstat(f->path, &about), 0);
    assert_true(S_ISSOCK(about.st_mode));
    assert_int_equal(about.st_mode & 07777, 0600);
}

static void test_a_socket_on_which_somebody_listens_is_not_taken(void **state)
{
    struct fixture *f = *state;
    struct control_server *second = NULL;
    control_reason reason;

    assert_int_equal(control_server_open(f->path, on_request, f, &second, reason), -EADDRINUSE);
    int fd = client(f);
    say(f, fd, "{\"command\":\"still\"}\n");
    assert_echo(f, fd, "still");
    close(fd);
}

/* What a program that was killed leaves behind. */
static void leave_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
}

static void test_the_socket_of_a_killed_program_is_replaced(void **state)
{
    struct fixture *f = *state;
    struct control_server *second = NULL;
    char path[CONTROL_MAX_PATH];
    control_reason reason;

    snprintf(path, sizeof path, "%s/serve-b.sock", f->folder);
    leave_socket(path);
    assert_int_equal(control_connect(path), -ECONNREFUSED);
    assert_int_equal(control_server_open(path, on_request, f, &second, reason), 0);
    int fd = control_connect(path);
    assert_true(fd >= 0);
    close(fd);
    control_server_free(second);
    assert_int_equal(access(path, F_OK), -1);
}

static void test_a_file_that_is_no_socket_stays(void **state)
{
    struct fixture *f = *state;
    struct control_server *second = NULL;
    char path[CONTROL_MAX_PATH];
    control_reason reason;

    snprintf(path, sizeof path, "%s/mine", f->folder);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(control_server_open(path, on_request, f, &second, reason), -EEXIST);
    assert_int_equal(unlink(path), 0);
}

static void test_a_path_that_is_too_long_is_refused(void **state)
{
    struct fixture *f = *state;
    struct control_server *second = NULL;
    char path[200];
    control_reason reason;

    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = 0;
    assert_int_equal(control_server_open(path, on_request, f, &second, reason), -ENAMETOOLONG);
    assert_int_equal(control_connect(path), -ENAMETOOLONG);
}

static void count_path(void *user, const char *path)
{
    char *list = user;

    assert_non_null(strstr(path, "/serve-"));
    strcat(list, strstr(path, "/serve-"));
}

static void test_dead_sockets_are_passed_over_and_swept(void **state)
{
    struct fixture *f = *state;
    char dead[CONTROL_MAX_PATH], other[CONTROL_MAX_PATH], list[300] = "";

    snprintf(dead, sizeof dead, "%s/serve-dead.sock", f->folder);
    snprintf(other, sizeof other, "%s/sink-dead.sock", f->folder);
    leave_socket(dead);
    leave_socket(other);
    assert_int_equal(control_each(f->folder, "serve", false, count_path, list), 0);
    assert_string_equal(list, "/serve-a.sock");
    assert_int_equal(access(dead, F_OK), 0);
    assert_int_equal(control_each(f->folder, "serve", true, count_path, list), 0);
    assert_int_equal(access(dead, F_OK), -1);
    assert_int_equal(unlink(other), 0); /* of another kind: left alone */
}

static void test_names_become_names_of_files(void **state)
{
    static const char *const names[][2] = {
        {"Photo box", "/f/serve-Photo-box.sock"},
        {"../../etc/x", "/f/serve-..-..-etc-x.sock"},
        {"B\xc3\xbcro  7", "/f/serve-B-ro-7.sock"},
        {"a\n", "/f/serve-a.sock"},
        {"123", "/f/serve-123.sock"},
    };
    char path[CONTROL_MAX_PATH], folder[200];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(control_path("/f", "serve", names[i][0], path), 0);
        assert_string_equal(path, names[i][1]);
    }
    assert_int_equal(control_path("/f", "serve", "\xe3\x82\xb9", path), -EINVAL);
    assert_int_equal(control_path("/f", "serve", "", path), -EINVAL);
    memset(folder, 'x', sizeof folder - 1);
    folder[sizeof folder - 1] = 0;
    assert_int_equal(control_path(folder, "serve", "a", path), -ENAMETOOLONG);
}

static void test_the_folder_is_made_and_must_be_closed_to_others(void **state)
{
    struct fixture *f = *state;
    char folder[CONTROL_MAX_PATH], wanted[CONTROL_MAX_PATH];
    control_reason reason;

    setenv("XDG_RUNTIME_DIR", f->folder, 1);
    snprintf(wanted, sizeof wanted, "%s/wsd", f->folder);
    assert_int_equal(control_folder(folder, false, reason), -ENOENT);
    assert_int_equal(control_folder(folder, true, reason), 0);
    assert_string_equal(folder, wanted);
    assert_int_equal(control_folder(folder, false, reason), 0);
    chmod(wanted, 0755);
    assert_int_equal(control_folder(folder, true, reason), -EPERM);
    assert_non_null(strstr(reason, wanted));
    assert_int_equal(rmdir(wanted), 0);
    assert_int_equal(symlink("/tmp", wanted), 0);
    assert_true(control_folder(folder, true, reason) < 0);
    assert_int_equal(unlink(wanted), 0);
}

static void test_a_runtime_folder_of_another_user_is_not_used(void **state)
{
    char folder[CONTROL_MAX_PATH], wanted[CONTROL_MAX_PATH];
    control_reason reason;

    (void)state;
    snprintf(wanted, sizeof wanted, "/tmp/wsd-%lu", (unsigned long)geteuid());
    setenv("XDG_RUNTIME_DIR", "relative", 1);
    control_folder(folder, false, reason);
    assert_string_equal(folder, wanted);
    setenv("XDG_RUNTIME_DIR", "/nowhere", 1);
    control_folder(folder, false, reason);
    assert_string_equal(folder, wanted);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_a_request_is_answered_and_the_connection_takes_the_next),
        CASE(test_an_answer_may_come_later_and_other_connections_do_not_wait),
        CASE(test_who_asks_and_closes_its_side_is_answered),
        CASE(test_who_goes_away_before_the_answer_harms_nobody),
        CASE(test_a_request_may_be_answered_after_the_server_is_gone),
        CASE(test_lines_that_are_no_objects_are_refused_one_by_one),
        CASE(test_a_line_that_is_too_long_is_refused_and_not_kept),
        CASE(test_a_line_of_the_longest_length_is_taken),
        CASE(test_a_client_that_does_not_read_keeps_nobody_waiting),
        CASE(test_when_all_places_are_taken_the_quietest_gives_way),
        CASE(test_who_waits_for_an_answer_does_not_give_way),
        CASE(test_the_socket_is_for_its_owner_alone),
        CASE(test_a_socket_on_which_somebody_listens_is_not_taken),
        CASE(test_the_socket_of_a_killed_program_is_replaced),
        CASE(test_a_file_that_is_no_socket_stays),
        CASE(test_a_path_that_is_too_long_is_refused),
        CASE(test_dead_sockets_are_passed_over_and_swept),
        cmocka_unit_test(test_names_become_names_of_files),
        CASE(test_the_folder_is_made_and_must_be_closed_to_others),
        cmocka_unit_test(test_a_runtime_folder_of_another_user_is_not_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
