/* SPDX-License-Identifier: MIT */
/* When to ask, and what the answer is worth. */
#include "scan/silence.h"

#include <stdlib.h>

enum { TIMES = 2 }; /* that it has to say so */

/* Lives until its call has ended, which may be after the image. */
struct silence_question {
    struct silence *silence; /* NULL: nobody wants to know any more */
    struct wsd_call *call;
};

void silence_begin(struct silence *silence, struct wsd_context *context, const char *service,
                   const struct wsd_request_options *request, bool feeder, uint64_t now)
{
    *silence = (struct silence){
        .context = context,
        .service = service,
        .request = *request,
        .feeder = feeder,
        .due = now + SILENCE_ASK_MS,
    };
    silence->request.connect_timeout = silence->request.answer_timeout = SILENCE_ANSWER_MS;
    silence->request.idle_timeout = SILENCE_ANSWER_MS;
}

void silence_broken(struct silence *silence)
{
    silence->pieces++;
}

static void answered(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct silence_question *question = user;
    struct silence *silence = question->silence;
    struct scan_abilities now = {0};

    (void)error; /* who does not answer is waited for */
    if (silence) {
        silence->question = NULL;
        silence->answered = true;
        if (status >= 0)
            scan_abilities_take(&now, result);
        /* Until the first byte a sheet may be missing; after it the last one is on its way. */
        if (now.status && scan_trouble_of_image(now.status, silence->feeder && silence->pieces == 0,
                                                &silence->trouble))
            silence->said++;
        else
            silence->said = 0;
    }
    wsd_free(result);
    free(question);
}

static void ask(struct silence *silence)
{
    struct silence_question *question = calloc(1, sizeof *question);

    if (silence->asked_at != silence->pieces)
        silence->said = 0;
    silence->asked_at = silence->pieces;
    if (!question)
        return;
    question->silence = silence;
    if (wsd_get_scanner_elements_start(silence->context, silence->service, WSD_SCAN_STATUS,
                                       &silence->request, answered, question, &question->call,
                                       NULL) < 0)
        free(question);
    else
        silence->question = question;
}

uint64_t silence_turn(struct silence *silence, uint64_t now)
{
    if (silence->pieces != silence->seen || silence->answered) {
        silence->seen = silence->pieces;
        silence->answered = false;
        silence->due = now + SILENCE_ASK_MS;
    }
    if (!silence->question && now >= silence->due) {
        silence->due = now + SILENCE_ASK_MS;
        ask(silence);
    }
    return silence->question ? UINT64_MAX : silence->due;
}

const struct scan_trouble *silence_trouble(const struct silence *silence)
{
    return silence->said >= TIMES && silence->pieces == silence->asked_at ? &silence->trouble
                                                                          : NULL;
}

void silence_end(struct silence *silence)
{
    if (!silence->question)
        return;
    silence->question->silence = NULL;
    wsd_call_cancel(silence->question->call);
    silence->question = NULL;
}
