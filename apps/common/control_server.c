/* SPDX-License-Identifier: MIT */
/*
 * The server of a control socket. It owns no loop: the program polls for control_server_wants() and
 * then calls control_server_turn(). Each connection has one request under way and one answer on its
 * way out; what it sends meanwhile waits in the kernel. When all places are taken the connection
 * that has been quiet longest gives way.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/control.h"
#include "common/control_place.h"

#define READ_AT_ONCE 16384
#define BACKLOG      16

struct client {
    struct control_server *server;
    int fd;
    uint64_t last_used; /* of server->turns */
    bool ended;         /* nothing more will come */
    struct control_reader reader;
    struct control_request *request; /* under way */
    char *out;
    size_t out_length, out_sent;
};

struct control_request {
    struct client *client; /* NULL: it has gone */
    struct json_object *object;
};

struct control_server {
    int fd;
    char path[CONTROL_MAX_PATH];
    dev_t device; /* of the socket's file, so that no other one is removed */
    ino_t inode;
    control_handler *handler;
    void *user;
    uint64_t turns;
    struct client clients[CONTROL_MAX_CLIENTS];
};

/* -- birth and death ----------------------------------------------------------------------------
 */

/* For the owner alone, from the first moment on. */
static int bind_closed(int fd, const struct sockaddr_un *address)
{
    mode_t before = umask(0177);
    int r = bind(fd, (const struct sockaddr *)address, sizeof *address) < 0 ? -errno : 0;

    umask(before);
    return r;
}

static int listen_at(struct control_server *server, const struct sockaddr_un *address)
{
    struct stat about;
    int r = bind_closed(server->fd, address);

    if (r == -EADDRINUSE && control_is_dead(server->path) && unlink(server->path) == 0)
        r = bind_closed(server->fd, address);
    if (r == -EADDRINUSE && lstat(server->path, &about) == 0 && !S_ISSOCK(about.st_mode))
        r = -EEXIST;
    if (r == 0 && (listen(server->fd, BACKLOG) < 0 || lstat(server->path, &about) < 0)) {
        r = -errno;
        unlink(server->path);
    }
    if (r == 0) {
        server->device = about.st_dev;
        server->inode = about.st_ino;
    }
    return r;
}

static int open_socket(struct control_server *server)
{
    struct sockaddr_un address;

    if (!control_address(server->path, &address))
        return -ENAMETOOLONG;
    server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (server->fd < 0)
        return -errno;
    int lock = control_lock(server->path);
    int r = listen_at(server, &address);
    if (lock >= 0)
        close(lock);
    if (r < 0)
        close(server->fd);
    return r;
}

int control_server_open(const char *path, control_handler *handler, void *user,
                        struct control_server **ret, control_reason reason)
{
    struct control_server *server = calloc(1, sizeof *server);
    int r = server ? 0 : -ENOMEM;

    if (r == 0 && strlen(path) >= sizeof server->path)
        r = -ENAMETOOLONG;
    if (r == 0) {
        snprintf(server->path, sizeof server->path, "%s", path);
        server->handler = handler;
        server->user = user;
        for (size_t i = 0; i < CONTROL_MAX_CLIENTS; i++)
            server->clients[i] = (struct client){.server = server, .fd = -1};
        r = open_socket(server);
    }
    if (r < 0) {
        snprintf(reason, CONTROL_REASON, "%s",
                 r == -EADDRINUSE     ? "a program that runs listens there already"
                 : r == -EEXIST       ? "something else has that name"
                 : r == -ENAMETOOLONG ? "the path is too long for a socket"
                                      : strerror(-r));
        free(server);
        return r;
    }
    *ret = server;
    return 0;
}

static void drop(struct client *client)
{
    if (client->fd < 0)
        return;
    close(client->fd);
    if (client->request)
        client->request->client = NULL;
    free(client->out);
    control_reader_free(&client->reader);
    *client = (struct client){.server = client->server, .fd = -1};
}

void control_server_free(struct control_server *server)
{
    struct stat about;

    if (!server)
        return;
    for (size_t i = 0; i < CONTROL_MAX_CLIENTS; i++)
        drop(&server->clients[i]);
    if (lstat(server->path, &about) == 0 && about.st_dev == server->device &&
        about.st_ino == server->inode)
        unlink(server->path);
    close(server->fd);
    free(server);
}

const char *control_server_path(const struct control_server *server)
{
    return server->path;
}

/* -- connections --------------------------------------------------------------------------------
 */

static bool may_speak(int fd)
{
#ifdef SO_PEERCRED
    struct ucred peer;
    socklen_t size = sizeof peer;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
#else
    uid_t user;
    gid_t group;

    return getpeereid(fd, &user, &group) == 0 && (user == geteuid() || user == 0);
#endif
}

/* A free place, or that of the one which has been quiet longest; NULL: all wait for an answer. */
static struct client *place_for_one(struct control_server *server)
{
    struct client *oldest = NULL;

    for (size_t i = 0; i < CONTROL_MAX_CLIENTS; i++) {
        struct client *client = &server->clients[i];
        if (client->fd < 0)
            return client;
        if (!client->request && (!oldest || client->last_used < oldest->last_used))
            oldest = client;
    }
    if (oldest)
        drop(oldest);
    return oldest;
}

static void write_out(struct client *client)
{
    while (client->out_sent < client->out_length) {
        ssize_t n = send(client->fd, client->out + client->out_sent,
                         client->out_length - client->out_sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
            drop(client);
            return;
        }
        if (n < 0)
            return;
        client->out_sent += (size_t)n;
    }
    free(client->out);
    client->out = NULL;
    client->out_length = client->out_sent = 0;
}

void control_answer(struct control_request *request, struct json_object *answer)
{
    struct client *client = request->client;
    size_t length = 0;
    const char *text =
        client && answer
            ? json_object_to_json_string_length(
                  answer, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length)
            : NULL;
    char *out = text ? malloc(length + 1) : NULL;

    if (client)
        client->request = NULL;
    if (out) {
        memcpy(out, text, length);
        out[length] = '\n';
        client->out = out;
        client->out_length = length + 1;
        write_out(client);
    } else if (client) {
        drop(client); /* without memory for an answer this is the only one */
    }
    json_object_put(answer);
    json_object_put(request->object);
    free(request);
}

static void refuse(struct client *client, const char *what)
{
    struct control_request *request = calloc(1, sizeof *request);
    struct json_object *answer = json_object_new_object();

    if (!request || !answer) {
        free(request);
        json_object_put(answer);
        drop(client);
        return;
    }
    json_object_object_add(answer, "ok", json_object_new_boolean(false));
    json_object_object_add(answer, "kind", json_object_new_string("usage"));
    json_object_object_add(answer, "error", json_object_new_string(what));
    request->client = client;
    control_answer(request, answer);
}

static void take_line(struct client *client)
{
    struct json_object *object = NULL;
    int r = control_reader_next(&client->reader, &object);

    if (r == -EBADMSG) {
        refuse(client, "the line is no JSON object");
    } else if (r == -E2BIG) {
        refuse(client, "the line is too long");
    } else if (r < 0) {
        drop(client);
    } else if (r > 0) {
        struct control_request *request = calloc(1, sizeof *request);
        if (!request) {
            json_object_put(object);
            drop(client);
            return;
        }
        request->client = client;
        request->object = object;
        client->request = request;
        client->server->handler(client->server->user, request, object);
    }
}

static void read_in(struct client *client)
{
    char bytes[READ_AT_ONCE];
    ssize_t n = recv(client->fd, bytes, sizeof bytes, 0);

    if (n > 0) {
        if (control_reader_add(&client->reader, bytes, (size_t)n) < 0)
            drop(client);
    } else if (n == 0) {
        client->ended = true;
    } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        drop(client);
    }
}

static void turn_client(struct client *client, short ready)
{
    struct control_server *server = client->server;

    client->last_used = server->turns;
    if (ready & POLLIN)
        read_in(client);
    if (client->fd >= 0 && client->out)
        write_out(client);
    /* One line a turn: no connection keeps the others waiting. */
    if (client->fd >= 0 && !client->out && !client->request)
        take_line(client);
    if (client->fd < 0)
        return;
    bool idle = !client->out && !client->request && !control_reader_has_line(&client->reader);
    if ((client->ended && idle) || (ready & (POLLERR | POLLNVAL)) ||
        ((ready & (POLLHUP | POLLIN)) == POLLHUP && (idle || client->request)))
        drop(client);
}

static void accept_one(struct control_server *server)
{
    int fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct client *client = fd >= 0 && may_speak(fd) ? place_for_one(server) : NULL;

    if (!client) {
        if (fd >= 0)
            close(fd);
        return;
    }
    client->fd = fd;
    client->last_used = server->turns;
    client->reader.limit = CONTROL_MAX_REQUEST;
    turn_client(client, POLLIN); /* who connects has mostly spoken already */
}

/* -- the loop's side ----------------------------------------------------------------------------
 */

void control_server_wants(const struct control_server *server,
                          struct pollfd fds[CONTROL_DESCRIPTORS])
{
    for (size_t i = 0; i < CONTROL_DESCRIPTORS; i++)
        fds[i] = (struct pollfd){.fd = -1};
    if (!server)
        return;
    fds[0] = (struct pollfd){.fd = server->fd, .events = POLLIN};
    for (size_t i = 0; i < CONTROL_MAX_CLIENTS; i++) {
        const struct client *client = &server->clients[i];
        bool line = control_reader_has_line(&client->reader);
        fds[i + 1].fd = client->fd;
        /* A line that waits for its turn is taken when there is room for its answer. */
        if (client->out || (line && !client->request))
            fds[i + 1].events = POLLOUT;
        else if (!client->request && !client->ended)
            fds[i + 1].events = POLLIN;
    }
}

void control_server_turn(struct control_server *server,
                         const struct pollfd fds[CONTROL_DESCRIPTORS])
{
    if (!server)
        return;
    server->turns++;
    for (size_t i = 0; i < CONTROL_MAX_CLIENTS; i++) {
        struct client *client = &server->clients[i];
        /* An answer of this very turn may have closed it. */
        if (client->fd >= 0 && client->fd == fds[i + 1].fd && fds[i + 1].revents)
            turn_client(client, fds[i + 1].revents);
    }
    if (fds[0].revents & POLLIN)
        accept_one(server);
}
