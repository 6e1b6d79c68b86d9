/* SPDX-License-Identifier: MIT */
/*
 * A scanner that stops sending is asked why: when, how often, and what its answer is worth. The
 * clock is the test's; scanners are raw bytes on loopback.
 */
#include "scan/silence.h"

#include <poll.h>
#include <time.h>
#include <wsd/wsd.h>

#include "support/peer.h"

#define SCAN "xmlns:wscn=\"http://schemas.microsoft.com/windows/2006/08/wdp/scan\""
#define SOAP "xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\""
#define BODY(text)                                                                                 \
    "<soap:Envelope " SOAP " " SCAN "><soap:Body>" text "</soap:Body></soap:Envelope>"
#define STATUS(state, reason, conditions)                                                          \
    BODY("<wscn:GetScannerElementsResponse><wscn:ScannerElements><wscn:ElementData "               \
         "Name=\"wscn:ScannerStatus\" Valid=\"true\"><wscn:ScannerStatus>"                         \
         "<wscn:ScannerCurrentTime>2026-11-22T18:38:30Z</wscn:ScannerCurrentTime>"                 \
         "<wscn:ScannerState>" state                                                               \
         "</wscn:ScannerState><wscn:ScannerStateReasons><wscn:ScannerStateReason>" reason          \
         "</wscn:ScannerStateReason></wscn:ScannerStateReasons><wscn:ActiveConditions>" conditions \
         "</wscn:ActiveConditions></wscn:ScannerStatus></wscn:ElementData></wscn:ScannerElements>" \
         "</wscn:GetScannerElementsResponse>")
/* One more of them. */
#define REASON(reason) "</wscn:ScannerStateReason><wscn:ScannerStateReason>" reason
#define CONDITION(name, component, severity)                                                       \
    "<wscn:DeviceCondition Id=\"1\"><wscn:Time>2026-11-22T18:38:30Z</wscn:Time><wscn:Name>" name   \
    "</wscn:Name><wscn:Component>" component "</wscn:Component><wscn:Severity>" severity           \
    "</wscn:Severity></wscn:DeviceCondition>"
#define SOAP_TYPE "200 OK\r\nContent-Type: application/soap+xml"
#define SAYS(text)                                                                                 \
    {                                                                                              \
        .head = SOAP_TYPE, .body = text                                                            \
    }
#define SILENT                                                                                     \
    {                                                                                              \
        .head = NULL                                                                               \
    }
#define JAMMED         STATUS("Stopped", "MediaJam", "")
#define WORKS          STATUS("Processing", "None", "")
#define COUNT(answers) ((unsigned)(sizeof(answers) / sizeof *(answers)))

#define HALF_AN_IMAGE                                                                              \
    "\r\n--b\r\nContent-Type: application/xop+xml; charset=UTF-8; type=\"application/soap+xml\""   \
    "\r\nContent-ID: <r@x>\r\n\r\n" BODY(                                                          \
        "<wscn:RetrieveImageResponse><wscn:ScanData><xop:Include "                                 \
        "xmlns:xop=\"http://www.w3.org/2004/08/xop/include\" href=\"cid:i@x\"/></wscn:ScanData>"   \
        "</wscn:RetrieveImageResponse>") "\r\n--b\r\nContent-Type: image/jpeg\r\n"                 \
                                         "Content-ID: <i@x>\r\n\r\nthe first half"
#define IMAGE_TYPE                                                                                 \
    "200 OK\r\nContent-Type: multipart/related; type=\"application/xop+xml\"; boundary=\"b\"; "    \
    "start=\"<r@x>\"; start-info=\"application/soap+xml\""

struct stage {
    struct wsd_context *context;
    uint64_t now;
    struct peer *peer; /* who is asked */
    int pipe[2];       /* a byte for each question that it has read */
    struct silence silence;
};

static uint64_t stage_now(void *user)
{
    return ((struct stage *)user)->now;
}

static void begin(struct stage *stage, bool feeder)
{
    struct wsd_request_options request = WSD_REQUEST_OPTIONS_INIT;

    silence_begin(&stage->silence, stage->context, stage->peer->url, &request, feeder, stage->now);
}

static void open_stage(struct stage *stage, const struct answer *answers, unsigned n)
{
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;

    *stage = (struct stage){.now = 1000000};
    options.user = stage;
    options.now = stage_now;
    assert_int_equal(wsd_context_new(&options, &stage->context, NULL), 0);
    assert_int_equal(pipe(stage->pipe), 0);
    stage->peer = peer_new(answers, n);
    stage->peer->tell = stage->pipe[1];
    begin(stage, true);
}

static void close_stage(struct stage *stage)
{
    silence_end(&stage->silence);
    wsd_context_free(stage->context);
    peer_free(stage->peer);
    close(stage->pipe[0]);
    close(stage->pipe[1]);
}

static time_t seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* Turns the loop until it holds; a test that waits ten seconds for it has failed. */
#define UNTIL(stage, condition)                                                                    \
    do {                                                                                           \
        time_t until_began = seconds();                                                            \
        while (!(condition)) {                                                                     \
            if (seconds() - until_began > 10)                                                      \
                fail_msg("waited in vain for: %s", #condition);                                    \
            wsd_context_wait((stage)->context, 1, NULL);                                           \
        }                                                                                          \
    } while (0)

/* One more question has come to the scanner, as a whole. */
static bool was_asked(struct stage *stage)
{
    struct pollfd fd = {.fd = stage->pipe[0], .events = POLLIN};
    char byte;

    return poll(&fd, 1, 0) == 1 && read(stage->pipe[0], &byte, 1) == 1;
}

/* The time of a question: it is asked, and its answer is here. */
static void ask(struct stage *stage)
{
    stage->now = stage->silence.due;
    assert_true(silence_turn(&stage->silence, stage->now) == UINT64_MAX);
    UNTIL(stage, !stage->silence.question);
}

/* The same until it has been said twice. */
static void ask_twice(struct stage *stage)
{
    ask(stage);
    silence_turn(&stage->silence, stage->now);
    ask(stage);
}

static int reason_said(const struct stage *stage)
{
    const struct scan_trouble *trouble = silence_trouble(&stage->silence);

    return trouble ? trouble->reason : -1;
}

/* -- when it is asked ------------------------------------------------------------------------- */

static void test_nothing_is_asked_before_its_time_and_the_status_alone_then(void **state)
{
    static const struct answer answers[] = {SAYS(WORKS)};
    struct stage stage;

    (void)state;
    open_stage(&stage, answers, COUNT(answers));
    stage.now += SILENCE_ASK_MS - 1;
    assert_true(silence_turn(&stage.silence, stage.now) == stage.now + 1);
    assert_null(stage.silence.question);
    ask(&stage);
    assert_true(was_asked(&stage));
    assert_non_null(strstr(stage.peer->requests[0], "GetScannerElementsRequest"));
    assert_non_null(strstr(stage.peer->requests[0], "ScannerStatus"));
    assert_null(strstr(stage.peer->requests[0], "ScannerConfiguration"));
    close_stage(&stage);
}

static void test_each_byte_puts_the_question_off(void **state)
{
    static const struct answer answers[] = {SAYS(WORKS)};
    struct stage stage;

    (void)state;
    open_stage(&stage, answers, COUNT(answers));
    for (int i = 0; i < 20; i++) {
        stage.now += SILENCE_ASK_MS - 1;
        silence_broken(&stage.silence);
        assert_true(silence_turn(&stage.silence, stage.now) == stage.now + SILENCE_ASK_MS);
    }
    assert_null(stage.silence.question);
    close_stage(&stage);
}

static void test_as_long_as_it_is_silent_it_is_asked_again_one_question_at_a_time(void **state)
{
    static const struct answer answers[] = {SAYS(WORKS), SILENT, SAYS(JAMMED), SAYS(JAMMED)};
    struct stage stage;

    (void)state;
    open_stage(&stage, answers, COUNT(answers));
    ask(&stage);
    assert_int_equal(reason_said(&stage), -1);
    assert_true(silence_turn(&stage.silence, stage.now) == stage.now + SILENCE_ASK_MS);
    assert_true(was_asked(&stage));
    /* No answer to the second: while it is waited for there is no other. */
    stage.now += SILENCE_ASK_MS;
    assert_true(silence_turn(&stage.silence, stage.now) == UINT64_MAX);
    UNTIL(&stage, was_asked(&stage));
    stage.now += SILENCE_ANSWER_MS;
    const struct silence_question *second = stage.silence.question;
    assert_true(silence_turn(&stage.silence, stage.now) == UINT64_MAX);
    assert_ptr_equal(stage.silence.question, second);
    UNTIL(&stage, !stage.silence.question);
    assert_int_equal(reason_said(&stage), -1);
    assert_true(silence_turn(&stage.silence, stage.now) == stage.now + SILENCE_ASK_MS);
    assert_false(was_asked(&stage));
    ask(&stage);
    assert_int_equal(reason_said(&stage), -1); /* once is not enough */
    silence_turn(&stage.silence, stage.now);
    ask(&stage);
    assert_int_equal(reason_said(&stage), WSD_SCAN_STATE_REASON_MEDIA_JAM);
    close_stage(&stage);
}

/* -- what the answer is worth ----------------------------------------------------------------- */

static void test_a_byte_before_between_or_after_the_answers_makes_them_void(void **state)
{
    static const struct answer answers[] = {SAYS(JAMMED), SAYS(JAMMED), SAYS(JAMMED), SAYS(JAMMED),
                                            SAYS(WORKS)};
    struct stage stage;

    (void)state;
    open_stage(&stage, answers, COUNT(answers));
    stage.now += SILENCE_ASK_MS;
    silence_turn(&stage.silence, stage.now);
    silence_broken(&stage.silence);
    UNTIL(&stage, !stage.silence.question);
    assert_int_equal(reason_said(&stage), -1);
    silence_turn(&stage.silence, stage.now);
    ask(&stage);
    silence_broken(&stage.silence);
    silence_turn(&stage.silence, stage.now);
    ask(&stage);
    assert_int_equal(reason_said(&stage), -1); /* the first after that byte */
    silence_turn(&stage.silence, stage.now);
    ask(&stage);
    assert_int_equal(reason_said(&stage), WSD_SCAN_STATE_REASON_MEDIA_JAM);
    silence_broken(&stage.silence);
    assert_int_equal(reason_said(&stage), -1);
    silence_turn(&stage.silence, stage.now);
    stage.now = stage.silence.due;
    assert_true(silence_turn(&stage.silence, stage.now) == UINT64_MAX);
    assert_int_equal(reason_said(&stage), -1); /* the old answer is none to the new question */
    UNTIL(&stage, !stage.silence.question);
    assert_int_equal(reason_said(&stage), -1);
    close_stage(&stage);
}

static void test_only_what_stops_a_scan_counts(void **state)
{
    static const struct {
        const char *what, *text;
        bool half; /* of the image has come */
        int reason;
    } rows[] = {
        {"at work", WORKS, true, -1},
        {"idle", STATUS("Idle", "None", ""), true, -1},
        {"a word that nobody knows", STATUS("Dreaming", "Sheep", ""), true, -1},
        {"a reason while it works", STATUS("Processing", "CoverOpen", ""), true, -1},
        {"its lamp warms up", STATUS("Stopped", "LampWarming", ""), true, -1},
        {"its lamp warms up for the last sheet",
         STATUS("Stopped", "LampWarming" REASON("InputTrayEmpty"), ""), false, -1},
        {"it calibrates, whatever else it says",
         STATUS("Stopped", "AttentionRequired" REASON("Calibrating"), ""), true, -1},
        {"a warning", STATUS("Processing", "None", CONDITION("MediaJam", "ADF", "Warning")), true,
         -1},
        {"a critical condition",
         STATUS("Processing", "None", CONDITION("MediaJam", "ADF", "Critical")), true,
         WSD_SCAN_STATE_REASON_MEDIA_JAM},
        {"stopped, with a reason", STATUS("Stopped", "CoverOpen", ""), true,
         WSD_SCAN_STATE_REASON_COVER_OPEN},
        {"stopped, without one", STATUS("Stopped", "None", ""), true, 0},
        {"the last sheet is on its way", STATUS("Stopped", "InputTrayEmpty", ""), true, -1},
        {"no sheet is left", STATUS("Stopped", "InputTrayEmpty", ""), false,
         WSD_SCAN_STATE_REASON_INPUT_TRAY_EMPTY},
        {"the last sheet is drawn in",
         STATUS("Processing", "InputTrayEmpty", CONDITION("InputTrayEmpty", "ADF", "Critical")),
         false, -1},
        {"a fault", BODY("<soap:Fault/>"), true, -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct stage stage;
        const struct answer answers[] = {SAYS(rows[i].text), SAYS(rows[i].text)};
        open_stage(&stage, answers, COUNT(answers));
        if (rows[i].half)
            silence_broken(&stage.silence);
        silence_turn(&stage.silence, stage.now);
        ask_twice(&stage);
        if (reason_said(&stage) != rows[i].reason)
            fail_msg("%s: %d", rows[i].what, reason_said(&stage));
        close_stage(&stage);
    }
}

static void test_an_empty_feeder_does_not_stop_the_glass(void **state)
{
    static const struct answer answers[] = {SAYS(STATUS("Stopped", "InputTrayEmpty", "")),
                                            SAYS(STATUS("Stopped", "InputTrayEmpty", ""))};
    struct stage stage;

    (void)state;
    open_stage(&stage, answers, COUNT(answers));
    begin(&stage, false);
    ask_twice(&stage);
    assert_int_equal(reason_said(&stage), -1);
    close_stage(&stage);
}

/* -- the end ---------------------------------------------------------------------------------- */

/* Asked, and without an answer. */
static void open_in_question(struct stage *stage)
{
    static const struct answer answers[] = {SILENT};

    open_stage(stage, answers, COUNT(answers));
    stage->now += SILENCE_ASK_MS;
    silence_turn(&stage->silence, stage->now);
    UNTIL(stage, was_asked(stage));
}

static void test_the_end_gives_the_question_up(void **state)
{
    struct stage stage;

    (void)state;
    open_in_question(&stage);
    silence_end(&stage.silence);
    memset(&stage.silence, 0x55, sizeof stage.silence); /* its place is somebody else's now */
    struct silence after = stage.silence;
    wsd_context_wait(stage.context, 1, NULL);
    assert_memory_equal(&after, &stage.silence, sizeof after);
    stage.silence = (struct silence){0};
    close_stage(&stage);
}

static void test_a_context_that_is_freed_ends_the_question(void **state)
{
    struct stage stage;

    (void)state;
    open_in_question(&stage);
    wsd_context_free(stage.context);
    stage.context = NULL;
    assert_null(stage.silence.question);
    assert_int_equal(reason_said(&stage), -1);
    close_stage(&stage);
}

struct transfer {
    struct stage *stage;
    size_t size;
    bool ended;
    int status;
};

static int put(void *user, const void *bytes, size_t size)
{
    struct transfer *transfer = user;

    (void)bytes;
    transfer->size += size;
    silence_broken(&transfer->stage->silence);
    return 0;
}

static void transferred(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct transfer *transfer = user;

    (void)error;
    wsd_free(result);
    transfer->ended = true;
    transfer->status = status;
}

static void test_who_answers_no_question_ends_by_the_limit_of_the_transfer(void **state)
{
    static const struct answer silent[] = {SILENT, SILENT, SILENT, SILENT, SILENT, SILENT};
    static const struct answer half = {
        .head = IMAGE_TYPE, .body = HALF_AN_IMAGE, .announced = 100000, .hold = true};
    struct stage stage;
    struct transfer transfer = {.stage = &stage};
    struct wsd_image_sink sink = WSD_IMAGE_SINK_INIT;
    struct wsd_call *call;
    unsigned questions = 0;
    uint64_t since;

    (void)state;
    open_stage(&stage, silent, COUNT(silent));
    struct peer *image = peer_new(&half, 1);
    sink.user = &transfer;
    sink.write = put;
    assert_int_equal(wsd_retrieve_image_start(stage.context, image->url, 7, "tok", NULL, &sink,
                                              NULL, transferred, &transfer, &call, NULL),
                     0);
    UNTIL(&stage, transfer.size > 0);
    for (since = stage.now; !transfer.ended && stage.now - since < 60000; stage.now += 1000) {
        bool had = stage.silence.question != NULL;
        silence_turn(&stage.silence, stage.now);
        if (!had && stage.silence.question) {
            UNTIL(&stage, was_asked(&stage));
            questions++;
        }
        wsd_context_wait(stage.context, 1, NULL);
        assert_int_equal(reason_said(&stage), -1);
    }
    assert_true(transfer.ended);
    assert_int_equal(transfer.status, WSD_E_TIMEOUT);
    assert_int_equal(stage.now - since, 30000 + 1000);
    assert_true(questions >= 4);
    close_stage(&stage);
    peer_free(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_asked_before_its_time_and_the_status_alone_then),
        cmocka_unit_test(test_each_byte_puts_the_question_off),
        cmocka_unit_test(test_as_long_as_it_is_silent_it_is_asked_again_one_question_at_a_time),
        cmocka_unit_test(test_a_byte_before_between_or_after_the_answers_makes_them_void),
        cmocka_unit_test(test_only_what_stops_a_scan_counts),
        cmocka_unit_test(test_an_empty_feeder_does_not_stop_the_glass),
        cmocka_unit_test(test_the_end_gives_the_question_up),
        cmocka_unit_test(test_a_context_that_is_freed_ends_the_question),
        cmocka_unit_test(test_who_answers_no_question_ends_by_the_limit_of_the_transfer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
