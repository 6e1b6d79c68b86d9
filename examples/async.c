/* SPDX-License-Identifier: MIT */
/*
 * Asks several scanners at once how they are, by callbacks:
 *
 *     async DEVICE-URL...
 *
 * The answer of one call starts the next, and all devices are asked side by side, so that a dead
 * one delays nobody. One thread, no locks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <wsd/wsd.h>

struct question {
    struct wsd_context *context;
    const char *url;
    unsigned *waiting; /* questions that are still open */
    int *result;
};

/* Every question ends here, once. */
static void finish(struct question *question, const struct wsd_error *error, const char *text)
{
    printf("%s: %s\n", question->url, error != NULL ? error->message : text);
    if (error != NULL)
        *question->result = EXIT_FAILURE;
    --*question->waiting;
}

static void on_status(void *user, int status, const void *result, const struct wsd_error *error)
{
    const struct wsd_scan_get_scanner_elements_response *answer = result;
    const char *text = "does not say";

    for (size_t i = 0; status >= 0 && i < answer->n_scanner_elements; i++) {
        if (answer->scanner_elements[i].scanner_status != NULL)
            text = answer->scanner_elements[i].scanner_status->scanner_state.text;
    }
    finish(user, error, text);
    wsd_free(answer); /* a result is ours from the callback on */
}

static void on_device(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct question *question = user;
    const struct wsd_device_info *device = result;
    struct wsd_error reason = {0};

    if (status < 0) {
        finish(question, error, "");
        return;
    }
    const struct wsd_hosted *hosted =
        wsd_device_info_find(device, WSD_NS_SCAN, "ScannerServiceType");
    const char *service = hosted != NULL ? wsd_hosted_address(device, hosted) : NULL;
    if (service == NULL)
        finish(question, NULL, "is no scanner");
    else if (wsd_get_scanner_elements_start(question->context, service, WSD_SCAN_STATUS, NULL,
                                            on_status, question, NULL, &reason) < 0)
        finish(question, &reason, ""); /* not started: there will be no callback */
    wsd_free(device);
}

int main(int argc, char **argv)
{
    struct wsd_context *context = NULL;
    struct wsd_error error = {0};
    unsigned waiting = 0;
    int result = EXIT_SUCCESS;

    struct question *questions = calloc((size_t)argc, sizeof *questions);
    if (questions == NULL || wsd_context_new(NULL, &context, &error) < 0) {
        fprintf(stderr, "async: %s\n", questions ? error.message : wsd_strerror(WSD_E_NO_MEMORY));
        free(questions);
        return EXIT_FAILURE;
    }
    for (int i = 1; i < argc; i++) {
        questions[i] = (struct question){context, argv[i], &waiting, &result};
        waiting++;
        if (wsd_get_start(context, argv[i], NULL, on_device, &questions[i], NULL, &error) < 0)
            finish(&questions[i], &error, "");
    }
    while (waiting > 0 && wsd_context_wait(context, -1, &error) >= 0)
        continue;
    if (waiting > 0)
        result = EXIT_FAILURE;
    wsd_context_free(context); /* ends what is left: its callbacks still see `questions` */
    free(questions);
    return result;
}
