/* SPDX-License-Identifier: MIT */
/*
 * The host's end of the socket (common/bridge.h). One request after the other; while a scan runs,
 * what comes is looked at between two rows. Ends when the other end closes.
 *
 *     wsd-sane-host DEVICE    serves DEVICE over its standard input
 *     wsd-sane-host --list    prints what there is: name, type, vendor and model, a line each
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "host.h"

#define SOCKET STDIN_FILENO

static struct device device;
static bool cancelled; /* the scan that runs, or that was just over */

static void leave(int code)
{
    device_close(&device);
    sane_exit();
    exit(code);
}

/* -- packets ------------------------------------------------------------------------------------
 */

/* Waits until the other end takes it. A peer that is gone is the end of all this. */
static void send_packet(const void *bytes, size_t size)
{
    ssize_t n;

    do
        n = send(SOCKET, bytes, size, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        leave(1);
}

void host_data(const void *bytes, size_t size)
{
    static uint8_t packet[BRIDGE_PACKET_MAX];

    packet[0] = BRIDGE_DATA;
    memcpy(packet + 1, bytes, size);
    send_packet(packet, size + 1);
}

void host_say(struct json_object *object)
{
    const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);

    if (!text || strlen(text) > BRIDGE_PACKET_MAX)
        leave(1);
    send_packet(text, strlen(text));
    json_object_put(object);
}

void host_say_word(const char *is)
{
    struct json_object *object = json_object_new_object();

    json_object_object_add(object, "is", json_object_new_string(is));
    host_say(object);
}

static void say_failed(const char *status, const char *who, const char *text, const char *doing)
{
    struct json_object *object = json_object_new_object();
    char sentence[120];

    snprintf(sentence, sizeof sentence, "%s: %s", who, text);
    json_object_object_add(object, "is", json_object_new_string("failed"));
    json_object_object_add(object, "status", json_object_new_string(status));
    json_object_object_add(object, "text", json_object_new_string(sentence));
    json_object_object_add(object, "doing", json_object_new_string(doing));
    host_say(object);
}

void host_say_failed(SANE_Status status, bool opening, const char *doing)
{
    say_failed(word_status(status, opening), "SANE says", sane_strstatus(status), doing);
}

void host_say_error(int error)
{
    bool folder = error == ENOSPC || error == EDQUOT || error == EFBIG || error == ENOENT ||
                  error == ENOTDIR || error == EACCES || error == EROFS;

    say_failed(error == ENOMEM ? BRIDGE_MEMORY : BRIDGE_FAILURE, "the file cannot be made",
               error == EOVERFLOW ? "the picture has more pixels than the format allows"
                                  : strerror(error),
               folder ? "look at the folder of TMPDIR, or /tmp" : "encoding it");
}

/* The next request, or NULL if there is none yet (with MSG_DONTWAIT). */
static struct json_object *take_packet(int flags)
{
    char packet[BRIDGE_PACKET_MAX + 1];
    ssize_t n;

    do
        n = recv(SOCKET, packet, sizeof packet - 1, flags);
    while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return NULL;
    if (n <= 0)
        leave(0);
    packet[n] = '\0';
    return json_tokener_parse(packet);
}

static const char *word_of(const struct json_object *request)
{
    struct json_object *value = NULL;

    if (!json_object_is_type(request, json_type_object) ||
        !json_object_object_get_ex(request, "do", &value) || !json_object_get_string(value))
        return "";
    return json_object_get_string(value);
}

/* Whoever closes the socket while a scan runs ends the scan as well. */
bool host_is_cancelled(void)
{
    struct json_object *request;

    while (!cancelled && (request = take_packet(MSG_DONTWAIT)) != NULL) {
        cancelled = strcmp(word_of(request), "cancel") == 0;
        json_object_put(request);
    }
    return cancelled;
}

/* -- requests -----------------------------------------------------------------------------------
 */

static void answer(const struct json_object *request)
{
    const char *word = word_of(request);
    SANE_Status status;

    cancelled = false;
    if (strcmp(word, "close") == 0)
        device_close(&device);
    if (strcmp(word, "close") == 0 || strcmp(word, "cancel") == 0)
        return;
    status = device_open(&device);
    if (status != SANE_STATUS_GOOD) {
        host_say_failed(status, true, "opening the device");
        return;
    }
    if (strcmp(word, "describe") == 0)
        host_say(device_ability(&device));
    else if (strcmp(word, "buttons") == 0)
        host_say(device_buttons(&device));
    else if (strcmp(word, "scan") == 0)
        host_scan(&device, request);
}

static int list(void)
{
    const SANE_Device **devices = NULL;
    SANE_Status status = sane_get_devices(&devices, SANE_FALSE);

    if (status != SANE_STATUS_GOOD) {
        fprintf(stderr, "wsd-sane-host: %s\n", sane_strstatus(status));
        return 1;
    }
    for (; *devices; devices++)
        printf("%s\t%s\t%s %s\n", (*devices)->name, (*devices)->type, (*devices)->vendor,
               (*devices)->model);
    sane_exit();
    return 0;
}

int main(int argc, char **argv)
{
    SANE_Status status;

    if (argc != 2) {
        fprintf(stderr, "wsd-sane-host: is started by 'wsd serve --sane DEVICE'\n");
        return 2;
    }
#ifdef __linux__
    /* Also when a backend hangs: nobody waits for this any more. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    /* A file as large as the system lets it be fails the scan. */
    signal(SIGXFSZ, SIG_IGN);
    status = sane_init(NULL, NULL);
    if (status != SANE_STATUS_GOOD) {
        fprintf(stderr, "wsd-sane-host: %s\n", sane_strstatus(status));
        return 1;
    }
    if (strcmp(argv[1], "--list") == 0)
        return list();
    device.name = argv[1];
    for (;;) {
        struct json_object *request = take_packet(0);
        answer(request);
        json_object_put(request);
    }
}
