/* SPDX-License-Identifier: MIT */
/* Changes of the network as the kernel tells them, in a network of our own. */
#include "../discovery/support.h"

#include "core/netwatch.h"

struct listener {
    struct wsd__netwatch watch;
    unsigned n_told;
    struct wsd__netwatch *stop; /* in the callback */
};

static void changed(void *user)
{
    struct listener *listener = user;
    listener->n_told++;
    if (listener->stop != NULL) {
        wsd__netwatch_stop(listener->stop);
    }
}

static void listen_to(struct wsd_context *context, struct listener *listener)
{
    *listener = (struct listener){0};
    assert_int_equal(wsd__netwatch_start(context, &listener->watch, changed, listener), 0);
}

/* Brings loopback down or up; the kernel has told of it when this returns. */
static void set_loopback(bool up)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    request.ifr_flags = (short)(IFF_LOOPBACK | (up ? IFF_UP | IFF_RUNNING : 0));
    assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
    close(fd);
}

static void test_link_that_goes_down_is_told(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_context *context = make_context(false);
    struct listener listener;
    listen_to(context, &listener);
    pass_time(context, 5000);
    assert_int_equal(listener.n_told, 0);
    set_loopback(false);
    turn(context);
    pass_time(context, 200);
    assert_int_equal(listener.n_told, 1);
    set_loopback(true);
    turn(context);
    pass_time(context, 2000);
    assert_int_equal(listener.n_told, 2);
    wsd__netwatch_stop(&listener.watch);
    wsd_context_free(context);
}

static void test_many_changes_are_told_once_a_second(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_context *context = make_context(false);
    struct listener listener;
    listen_to(context, &listener);
    for (int i = 0; i < 30; i++) {
        set_loopback(i % 2 != 0);
        pass_time(context, 100);
    }
    assert_in_range(listener.n_told, 3, 4);
    pass_time(context, 2000);
    unsigned n_told = listener.n_told;
    pass_time(context, 10000);
    assert_int_equal(listener.n_told, n_told);
    wsd__netwatch_stop(&listener.watch);
    wsd_context_free(context);
}

/* More is said than the socket's buffer holds while nobody reads. */
static void test_flood_that_overruns_the_socket_is_a_change(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_context *context = make_context(false);
    struct listener listener;
    listen_to(context, &listener);
    for (int i = 0; i < 2000; i++) {
        set_loopback(i % 2 != 0);
    }
    turn(context);
    pass_time(context, 3000);
    assert_in_range(listener.n_told, 1, 3);
    unsigned n_told = listener.n_told;
    set_loopback(false);
    turn(context);
    pass_time(context, 2000);
    assert_true(listener.n_told > n_told); /* and it still listens */
    set_loopback(true);
    wsd__netwatch_stop(&listener.watch);
    wsd_context_free(context);
}

static void test_all_who_listen_are_told(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_context *context = make_context(false);
    struct listener listeners[3];
    for (int i = 0; i < 3; i++) {
        listen_to(context, &listeners[i]);
    }
    wsd__netwatch_stop(&listeners[1].watch);
    wsd__netwatch_stop(&listeners[1].watch);
    wsd__netwatch_poke(context);
    pass_time(context, 2000);
    assert_int_equal(listeners[0].n_told, 1);
    assert_int_equal(listeners[1].n_told, 0);
    assert_int_equal(listeners[2].n_told, 1);
    wsd__netwatch_stop(&listeners[0].watch);
    wsd__netwatch_stop(&listeners[2].watch);
    wsd_context_free(context);
}

/* Each of them stops itself or its neighbour while they are told. */
static void test_stopping_inside_the_callback(void **state)
{
    NEED_NAMESPACE(state);
    for (int stopped = 0; stopped < 3; stopped++) {
        struct wsd_context *context = make_context(false);
        struct listener listeners[3];
        for (int i = 0; i < 3; i++) {
            listen_to(context, &listeners[i]);
        }
        listeners[1].stop = &listeners[stopped].watch;
        wsd__netwatch_poke(context);
        pass_time(context, 2000);
        assert_int_equal(listeners[1].n_told, 1);
        /* The last one that came is told first. */
        assert_int_equal(listeners[0].n_told, stopped != 0);
        assert_int_equal(listeners[2].n_told, 1);
        for (int i = 0; i < 3; i++) {
            wsd__netwatch_stop(&listeners[i].watch);
        }
        wsd_context_free(context);
    }
}

static int n_descriptors(void)
{
    int count = 0;
    for (int fd = 0; fd < 256; fd++) {
        count += fcntl(fd, F_GETFD) >= 0;
    }
    return count;
}

static void test_one_socket_serves_all_and_goes_with_the_last(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_context *context = make_context(false);
    struct listener listeners[3];
    int before = n_descriptors();
    for (int i = 0; i < 3; i++) {
        listen_to(context, &listeners[i]);
        assert_int_equal(n_descriptors(), before + 1);
    }
    for (int i = 0; i < 3; i++) {
        wsd__netwatch_stop(&listeners[i].watch);
        assert_int_equal(n_descriptors(), before + (i < 2));
    }
    wsd__netwatch_poke(context); /* nobody is there */
    pass_time(context, 2000);
    listen_to(context, &listeners[0]); /* anew */
    set_loopback(false);
    turn(context);
    pass_time(context, 2000);
    assert_int_equal(listeners[0].n_told, 1);
    set_loopback(true);
    wsd_context_free(context); /* with one still listening */
    assert_null(listeners[0].watch.context);
    wsd__netwatch_stop(&listeners[0].watch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_link_that_goes_down_is_told),
        cmocka_unit_test(test_many_changes_are_told_once_a_second),
        cmocka_unit_test(test_flood_that_overruns_the_socket_is_a_change),
        cmocka_unit_test(test_all_who_listen_are_told),
        cmocka_unit_test(test_stopping_inside_the_callback),
        cmocka_unit_test(test_one_socket_serves_all_and_goes_with_the_last),
    };
    return cmocka_run_group_tests(tests, setup_namespace, NULL);
}
