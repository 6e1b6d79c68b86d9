/* SPDX-License-Identifier: MIT */
/*
 * A control socket: how a person at a terminal talks to a program of his own that runs elsewhere.
 *
 * A Unix stream socket that only its owner (and root) may use. A request is one JSON object on a
 * line, and so is its answer; a connection takes as many as wanted, one after the other. An answer
 * may come later, from the program's loop; meanwhile further lines of that connection wait.
 *
 * Nothing here blocks but the client's calls, nothing grows without a bound, and no other part of
 * the program is known.
 */
#ifndef WSD_APPS_COMMON_CONTROL_H
#define WSD_APPS_COMMON_CONTROL_H

#include <json-c/json.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTROL_MAX_REQUEST 65536      /* bytes of a line to the server */
#define CONTROL_MAX_ANSWER  (16 << 20) /* bytes of a line to the client */
#define CONTROL_MAX_DEPTH   16         /* of objects and arrays within a line */
#define CONTROL_MAX_CLIENTS 16
#define CONTROL_MAX_PATH    108 /* sun_path */
#define CONTROL_REASON      256 /* room for a sentence */

/* -- lines --------------------------------------------------------------------------------------
 */

/* Bytes of the other side, of which whole lines are taken. Zero it, then set the limit. */
struct control_reader {
    size_t limit; /* of a line, its end not counted */
    char *bytes;
    size_t length, capacity;
    size_t scanned; /* bytes that hold no line end */
    bool skipping;  /* within a line that is too long */
};

/* Takes over bytes that came. 0 or -ENOMEM. */
int control_reader_add(struct control_reader *reader, const void *bytes, size_t size);
/* True if control_reader_next() would not answer 0. */
bool control_reader_has_line(const struct control_reader *reader);
/*
 * The next line. 1: `ret` is an object (release it); 0: there is no whole line yet; -EBADMSG: the
 * line is no JSON object; -E2BIG: it is too long; -ENOMEM. What was wrong is behind us.
 */
int control_reader_next(struct control_reader *reader, struct json_object **ret);
void control_reader_free(struct control_reader *reader);

/* Members of a request. False if it is absent or of another kind; `ret` stays as it is then. */
bool control_text(const struct json_object *object, const char *key, const char **ret);
bool control_number(const struct json_object *object, const char *key, int64_t low, int64_t high,
                    int64_t *ret);
bool control_flag(const struct json_object *object, const char *key, bool *ret);

/* -- where sockets are --------------------------------------------------------------------------
 */

/* What keeps the folder or the socket from being used, for a person. */
typedef char control_reason[CONTROL_REASON];

/*
 * The folder of this user's sockets: $XDG_RUNTIME_DIR/wsd, or /tmp/wsd-UID where there is none of
 * ours. It is made if `make` is set, and trusted only if it is ours and closed to others. 0 or a
 * negative errno.
 */
int control_folder(char ret[CONTROL_MAX_PATH], bool make, control_reason reason);

/* FOLDER/KIND-NAME.sock; of `name` what a file may be called. -ENAMETOOLONG; -EINVAL: nothing of
 * `name` can be used. */
int control_path(const char *folder, const char *kind, const char *name,
                 char ret[CONTROL_MAX_PATH]);

/* Shows each socket KIND-*.sock of `folder`, in the order of their names. Those on which nobody
 * listens are passed over, and removed with `sweep`. 0 or a negative errno. */
int control_each(const char *folder, const char *kind, bool sweep,
                 void (*found)(void *user, const char *path), void *user);

/* -- server -------------------------------------------------------------------------------------
 */

struct control_server;
struct control_request;

/* Takes over `request`, to be answered once, now or later. `object` lives until then. */
typedef void control_handler(void *user, struct control_request *request,
                             const struct json_object *object);

/*
 * Listens at `path`. A socket there on which nobody listens any more is replaced. -EADDRINUSE:
 * somebody listens there; -EEXIST: something else has that name; another negative errno.
 */
int control_server_open(const char *path, control_handler *handler, void *user,
                        struct control_server **ret, control_reason reason);
/* Removes the socket. Requests that have no answer yet still take one, which nobody gets. NULL is
 * fine. */
void control_server_free(struct control_server *server);
const char *control_server_path(const struct control_server *server);

/* What to poll for, in CONTROL_DESCRIPTORS places; unused ones are -1, which poll() passes over. */
#define CONTROL_DESCRIPTORS (CONTROL_MAX_CLIENTS + 1)
void control_server_wants(const struct control_server *server,
                          struct pollfd fds[CONTROL_DESCRIPTORS]);
/* Does what these descriptors are ready for. Handlers run in here and nowhere else. */
void control_server_turn(struct control_server *server,
                         const struct pollfd fds[CONTROL_DESCRIPTORS]);

/* Ends `request`. `answer` is taken; NULL: there was no memory for one. */
void control_answer(struct control_request *request, struct json_object *answer);

/* -- client -------------------------------------------------------------------------------------
 */

/* A descriptor, or a negative errno: -ECONNREFUSED and -ENOENT when nobody listens. */
int control_connect(const char *path);
/*
 * Sends `request` and waits for its answer. -ETIMEDOUT after `milliseconds`; -EINTR after a signal;
 * -EPIPE when the server went away; -EBADMSG, -E2BIG for an answer that is none; another negative
 * errno.
 */
int control_call(int fd, struct json_object *request, unsigned milliseconds,
                 struct json_object **ret_answer);

#endif
