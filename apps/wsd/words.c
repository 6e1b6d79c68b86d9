/* SPDX-License-Identifier: MIT */
#include "words.h"

#include "common/text.h"

static const char *word_of(const struct wsd_token *token, const char *const *words, size_t n)
{
    if (token->value > 0 && (size_t)token->value < n && words[token->value])
        return words[token->value];
    return token->text && *token->text ? token->text : "unknown";
}

#define WORD_OF(token, words) word_of(token, words, sizeof(words) / sizeof *(words))

const char *words_state(const struct wsd_token *state)
{
    static const char *const words[] = {
        [WSD_SCAN_STATE_IDLE] = "ready",
        [WSD_SCAN_STATE_PROCESSING] = "working",
        [WSD_SCAN_STATE_STOPPED] = "stopped",
    };
    return WORD_OF(state, words);
}

const char *words_state_reason(const struct wsd_token *reason)
{
    static const char *const words[] = {
        [WSD_SCAN_STATE_REASON_ATTENTION_REQUIRED] = "it needs somebody's attention",
        [WSD_SCAN_STATE_REASON_CALIBRATING] = "calibrating",
        [WSD_SCAN_STATE_REASON_COVER_OPEN] = "a cover is open",
        [WSD_SCAN_STATE_REASON_INPUT_TRAY_EMPTY] = "the feeder is empty",
        [WSD_SCAN_STATE_REASON_INTERLOCK_OPEN] = "a door or tray is open",
        [WSD_SCAN_STATE_REASON_INTERNAL_STORAGE_FULL] = "its memory is full",
        [WSD_SCAN_STATE_REASON_LAMP_ERROR] = "its lamp has failed",
        [WSD_SCAN_STATE_REASON_LAMP_WARMING] = "its lamp warms up",
        [WSD_SCAN_STATE_REASON_MEDIA_JAM] = "paper is jammed",
        [WSD_SCAN_STATE_REASON_MULTIPLE_FEED_ERROR] = "it drew in more than one sheet",
        [WSD_SCAN_STATE_REASON_NONE] = "",
        [WSD_SCAN_STATE_REASON_PAUSED] = "paused",
    };
    return WORD_OF(reason, words);
}

const char *words_condition(const struct wsd_token *name)
{
    static const char *const words[] = {
        [WSD_SCAN_CONDITION_NAME_CALIBRATING] = "calibrating",
        [WSD_SCAN_CONDITION_NAME_COVER_OPEN] = "a cover is open",
        [WSD_SCAN_CONDITION_NAME_INPUT_TRAY_EMPTY] = "the feeder is empty",
        [WSD_SCAN_CONDITION_NAME_INTERLOCK_OPEN] = "a door or tray is open",
        [WSD_SCAN_CONDITION_NAME_INTERNAL_STORAGE_FULL] = "its memory is full",
        [WSD_SCAN_CONDITION_NAME_LAMP_ERROR] = "its lamp has failed",
        [WSD_SCAN_CONDITION_NAME_LAMP_WARMING] = "its lamp warms up",
        [WSD_SCAN_CONDITION_NAME_LAMP_WARNING] = "its lamp warms up",
        [WSD_SCAN_CONDITION_NAME_MEDIA_JAM] = "paper is jammed",
        [WSD_SCAN_CONDITION_NAME_MULTIPLE_FEED_ERROR] = "it drew in more than one sheet",
    };
    return WORD_OF(name, words);
}

const char *words_component(const struct wsd_token *component)
{
    static const char *const words[] = {
        [WSD_SCAN_COMPONENT_ADF] = "feeder",
        [WSD_SCAN_COMPONENT_FILM] = "film unit",
        [WSD_SCAN_COMPONENT_MEDIA_PATH] = "paper path",
        [WSD_SCAN_COMPONENT_PLATEN] = "glass",
    };
    return WORD_OF(component, words);
}

const char *words_severity(const struct wsd_token *severity)
{
    static const char *const words[] = {
        [WSD_SCAN_SEVERITY_INFORMATIONAL] = "note",
        [WSD_SCAN_SEVERITY_WARNING] = "warning",
        [WSD_SCAN_SEVERITY_CRITICAL] = "critical",
    };
    return WORD_OF(severity, words);
}

const char *words_job_state(const struct wsd_token *state)
{
    static const char *const words[] = {
        [WSD_SCAN_JOB_STATE_ABORTED] = "aborted",
        [WSD_SCAN_JOB_STATE_CANCELED] = "cancelled",
        [WSD_SCAN_JOB_STATE_COMPLETED] = "completed",
        [WSD_SCAN_JOB_STATE_CREATING] = "being created",
        [WSD_SCAN_JOB_STATE_HELD] = "held",
        [WSD_SCAN_JOB_STATE_PENDING] = "waiting",
        [WSD_SCAN_JOB_STATE_PENDING_HELD] = "held",
        [WSD_SCAN_JOB_STATE_PROCESSING] = "in progress",
        [WSD_SCAN_JOB_STATE_STARTED] = "started",
        [WSD_SCAN_JOB_STATE_TERMINATING] = "ending",
    };
    return WORD_OF(state, words);
}

const char *words_job_end(const struct wsd_token *state)
{
    static const char *const words[] = {
        [WSD_SCAN_JOB_COMPLETED_STATE_ABORTED] = "aborted",
        [WSD_SCAN_JOB_COMPLETED_STATE_CANCELED] = "cancelled",
        [WSD_SCAN_JOB_COMPLETED_STATE_COMPLETED] = "completed",
        [WSD_SCAN_JOB_COMPLETED_STATE_TERMINATING] = "ending",
    };
    return WORD_OF(state, words);
}

/* Those that say no more than the state does are "". */
const char *words_job_reason(const struct wsd_token *reason)
{
    static const char *const words[] = {
        [WSD_SCAN_JOB_STATE_REASON_INVALID_SCAN_TICKET] = "its ticket was not valid",
        [WSD_SCAN_JOB_STATE_REASON_COMPRESSION_ERROR] = "compression failed",
        [WSD_SCAN_JOB_STATE_REASON_DOCUMENT_FORMAT_ERROR] = "the file format failed",
        [WSD_SCAN_JOB_STATE_REASON_IMAGE_TRANSFER_ERROR] = "the transfer failed",
        [WSD_SCAN_JOB_STATE_REASON_JOB_CANCELED_AT_DEVICE] = "at the scanner",
        [WSD_SCAN_JOB_STATE_REASON_JOB_COMPLETED_SUCCESSFULLY] = "",
        [WSD_SCAN_JOB_STATE_REASON_JOB_COMPLETED_WITH_ERRORS] = "with errors",
        [WSD_SCAN_JOB_STATE_REASON_JOB_COMPLETED_WITH_WARNINGS] = "with warnings",
        [WSD_SCAN_JOB_STATE_REASON_JOB_SCANNING] = "scanning",
        [WSD_SCAN_JOB_STATE_REASON_JOB_SCANNING_AND_TRANSFERRING] = "scanning and sending",
        [WSD_SCAN_JOB_STATE_REASON_JOB_SCANNING_AND_TRANSFERING] = "scanning and sending",
        [WSD_SCAN_JOB_STATE_REASON_JOB_TIMED_OUT] = "nobody took its images",
        [WSD_SCAN_JOB_STATE_REASON_JOB_TRANSFERRING] = "sending",
        [WSD_SCAN_JOB_STATE_REASON_JOB_TRANSFERING] = "sending",
        [WSD_SCAN_JOB_STATE_REASON_NONE] = "",
        [WSD_SCAN_JOB_STATE_REASON_SCANNER_STOPPED] = "the scanner has stopped",
    };
    return WORD_OF(reason, words);
}

const char *words_source(const struct wsd_token *source)
{
    static const char *const words[] = {
        [WSD_SCAN_INPUT_SOURCE_ADF] = "feeder",
        [WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX] = "feeder, both sides",
        [WSD_SCAN_INPUT_SOURCE_FILM] = "film",
        [WSD_SCAN_INPUT_SOURCE_PLATEN] = "glass",
    };
    return WORD_OF(source, words);
}

void words_reasons(char *buffer, size_t size, const struct wsd_token *reasons, size_t n,
                   const char *(*word)(const struct wsd_token *))
{
    bool open = false;

    for (size_t i = 0; i < n; i++) {
        const char *text = word(&reasons[i]);
        if (!*text)
            continue;
        text_append(buffer, size, "%s%s", open ? ", " : " (", text);
        open = true;
    }
    if (open)
        text_append(buffer, size, ")");
}
