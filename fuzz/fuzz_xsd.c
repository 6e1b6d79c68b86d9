/* SPDX-License-Identifier: MIT */
/*
 * The lexical forms of XML Schema, fed with anything.
 *
 * What is read must, once written, be read again as the same value; what is refused must leave the
 * result alone. The first byte chooses the form, so that a corpus file is a form's letter and a
 * text: i int, b bool, t dateTime, d duration, 6 base64; w is twelve bytes of numbers to write.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/xsd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void fuzz_int(const char *text, size_t length)
{
    int64_t value = 77, again;
    char written[32];

    if (!wsd__parse_int(text, length, &value)) {
        require(value == 77);
        return;
    }
    snprintf(written, sizeof(written), "%" PRId64, value);
    require(wsd__parse_int(written, strlen(written), &again) && again == value);
}

static void fuzz_bool(const char *text, size_t length)
{
    bool value;

    wsd__trim(&text, &length);
    if (wsd__parse_bool(text, length, &value))
        require(memchr("t1", text[0], 2) ? value : !value);
}

static void fuzz_datetime(const char *text, size_t length)
{
    struct wsd_datetime value = {77, 77, false, "kept"}, again = {0};
    char *written = malloc(40);

    require(written != NULL);
    if (wsd__parse_datetime(text, length, &value)) {
        require(value.nanoseconds >= 0 && value.nanoseconds < 1000000000);
        wsd__format_datetime(&value, written);
        require(wsd__parse_datetime(written, strlen(written), &again));
        require(again.seconds == value.seconds && again.nanoseconds == value.nanoseconds &&
                again.has_zone == value.has_zone);
    } else {
        require(value.seconds == 77 && value.nanoseconds == 77 && !value.has_zone);
    }
    require(strcmp(value.text, "kept") == 0);
    free(written);
}

/* Any numbers at all are written as something that is read as the same. */
static void fuzz_written(const char *bytes, size_t size)
{
    struct wsd_datetime time = {.has_zone = size % 2 == 0}, time_again;
    struct wsd_duration duration, duration_again;
    char *written = malloc(40);

    require(written != NULL);
    if (size >= sizeof(time.seconds) + sizeof(time.nanoseconds)) {
        memcpy(&time.seconds, bytes, sizeof(time.seconds));
        memcpy(&time.nanoseconds, bytes + sizeof(time.seconds), sizeof(time.nanoseconds));
        duration.milliseconds = time.seconds;
        wsd__format_datetime(&time, written);
        require(wsd__parse_datetime(written, strlen(written), &time_again));
        if (time.nanoseconds >= 0 && time.nanoseconds < 1000000000)
            require(time_again.seconds == time.seconds &&
                    time_again.nanoseconds == time.nanoseconds);
        wsd__format_duration(&duration, written);
        require(wsd__parse_duration(written, strlen(written), &duration_again));
        require(duration_again.milliseconds == duration.milliseconds);
    }
    free(written);
}

static void fuzz_duration(const char *text, size_t length)
{
    struct wsd_duration value = {77, "kept"}, again = {0};
    char *written = malloc(40);

    require(written != NULL);
    if (wsd__parse_duration(text, length, &value)) {
        wsd__format_duration(&value, written);
        require(wsd__parse_duration(written, strlen(written), &again));
        require(again.milliseconds == value.milliseconds);
    } else {
        require(value.milliseconds == 77);
    }
    require(strcmp(value.text, "kept") == 0);
    free(written);
}

/* Text must come back from its bytes: the same letters, blanks, padding and spare bits aside. */
static void require_same_letters(const uint8_t *bytes, size_t size, const char *text, size_t length)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t bit = 0;

    for (; length > 0; text++, length--) {
        unsigned six = 0;

        if (wsd__xml_space(*text) || *text == '=')
            continue;
        for (int i = 0; i < 6; i++, bit++)
            six = six << 1 | (bit < size * 8 ? (unsigned)bytes[bit / 8] >> (7 - bit % 8) & 1u : 0u);
        if (bit <= size * 8)
            require(*text == letters[six]);
    }
    require(bit / 8 == size);
}

static void fuzz_base64(const char *text, size_t length)
{
    uint8_t *bytes = malloc(length / 4 * 3 + 3);
    ptrdiff_t size;

    require(bytes != NULL);
    size = wsd__base64_decode(text, length, bytes);
    require(size >= -1 && size <= (ptrdiff_t)(length / 4 * 3 + 3));
    if (size >= 0)
        require_same_letters(bytes, (size_t)size, text, length);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        char letter;
        void (*fuzz)(const char *text, size_t length);
    } forms[] = {{'i', fuzz_int},      {'b', fuzz_bool},   {'t', fuzz_datetime},
                 {'d', fuzz_duration}, {'6', fuzz_base64}, {'w', fuzz_written}};

    if (size == 0)
        return 0;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (data[0] == (uint8_t)forms[i].letter)
            forms[i].fuzz((const char *)data + 1, size - 1);
    }
    return 0;
}
