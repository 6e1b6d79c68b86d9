/* SPDX-License-Identifier: MIT */
/*
 * Reads and writes the lexical forms of XML Schema.
 *
 * Written by hand because the C library's readers ask the locale, skip what they like and know
 * neither year 0001 nor a duration. Dates follow the proleptic Gregorian calendar with a year 0
 * (XML Schema 1.1, part 2, D.1.2.1), counted by arithmetic alone: no time_t, no tables of zones.
 * What the numbers mean (whose clock, from when on) is the caller's business, and so is the `text`
 * of a value, which the codec keeps and writes as it is. Each call is one pass over its text.
 */
#include "core/xsd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    FORMAT_SIZE = 40,
    NANOSECOND_DIGITS = 9,
    NANOSECONDS = 1000000000,
    YEAR_DIGITS = 12,      /* of the last year that 64 bits of seconds reach */
    DAYS_PER_ERA = 146097, /* the calendar repeats after 400 years */
    SECONDS_PER_DAY = 86400,
};

/* -- reading, character by character ----------------------------------------------------------- */

struct cursor {
    const char *at, *end;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool more_digits(const struct cursor *cursor)
{
    return cursor->at < cursor->end && is_digit(*cursor->at);
}

static bool accept(struct cursor *cursor, char c)
{
    if (cursor->at == cursor->end || *cursor->at != c)
        return false;
    cursor->at++;
    return true;
}

/* Exactly `count` digits. */
static bool take_digits(struct cursor *cursor, int count, int *ret)
{
    int value = 0;

    for (int i = 0; i < count; i++) {
        if (!more_digits(cursor))
            return false;
        value = value * 10 + (*cursor->at++ - '0');
    }
    *ret = value;
    return true;
}

/* ".123": at least one digit; what is finer than a nanosecond is dropped. */
static bool take_fraction(struct cursor *cursor, int32_t *ret)
{
    int32_t value = 0;
    int digits = 0;

    if (!more_digits(cursor))
        return false;
    for (; more_digits(cursor); cursor->at++) {
        if (digits == NANOSECOND_DIGITS)
            continue;
        value = value * 10 + (*cursor->at - '0');
        digits++;
    }
    for (; digits < NANOSECOND_DIGITS; digits++)
        value *= 10;
    *ret = value;
    return true;
}

static struct cursor trimmed(const char *text, size_t length)
{
    wsd__trim(&text, &length);
    return (struct cursor){text, text + length};
}

void wsd__trim(const char **text, size_t *length)
{
    while (*length > 0 && wsd__xml_space(**text)) {
        ++*text;
        --*length;
    }
    while (*length > 0 && wsd__xml_space((*text)[*length - 1]))
        --*length;
}

/* -- numbers and truth ------------------------------------------------------------------------- */

bool wsd__parse_int(const char *text, size_t length, int64_t *ret)
{
    struct cursor cursor = trimmed(text, length);
    bool negative = accept(&cursor, '-');
    int64_t value = 0;

    if (!negative)
        accept(&cursor, '+');
    if (!more_digits(&cursor))
        return false;
    for (; more_digits(&cursor); cursor.at++) {
        int digit = *cursor.at - '0';

        /* Grows towards its own sign, so that the smallest number is reached too. */
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value))
            return false;
    }
    if (cursor.at != cursor.end)
        return false;
    *ret = value;
    return true;
}

bool wsd__parse_bool(const char *text, size_t length, bool *ret)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"true", true}, {"false", false}, {"1", true}, {"0", false}};

    wsd__trim(&text, &length);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (length == strlen(words[i].word) && memcmp(text, words[i].word, length) == 0) {
            *ret = words[i].value;
            return true;
        }
    }
    return false;
}

/* -- the calendar ------------------------------------------------------------------------------ */

/* Both directions count in years that begin in March, so that the leap day comes last and the
 * months before it follow one formula. Day 0 of that count is 0000-03-01; 1970 begins on day: */
#define DAY_OF_1970 719468

static int64_t floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

static int64_t floor_mod(int64_t value, int64_t by)
{
    return value % by + (value % by < 0 ? by : 0);
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year));
}

static int64_t days_from_date(int64_t year, int month, int day)
{
    int64_t march_year = year - (month < 3);
    int64_t era = floor_div(march_year, 400);
    int64_t year_of_era = march_year - era * 400;
    int month_from_march = (month + 9) % 12;
    int day_of_year = (153 * month_from_march + 2) / 5 + day - 1;

    return era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
           day_of_year - DAY_OF_1970;
}

static void date_from_days(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day)
{
    int64_t shifted = days + DAY_OF_1970;
    int64_t era = floor_div(shifted, DAYS_PER_ERA);
    int day_of_era = (int)(shifted - era * DAYS_PER_ERA);
    /* Takes the leap days out: one in 1461 days, save for one in 36524, and again for the last. */
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (DAYS_PER_ERA - 1)) /
        365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month_from_march = (5 * day_of_year + 2) / 153;

    *ret_day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    *ret_month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    *ret_year = year_of_era + era * 400 + (*ret_month < 3);
}

/* -- dateTime ---------------------------------------------------------------------------------- */

/* "-12003-04-05": four digits or more, a fifth only when the first is no zero. */
static bool take_date(struct cursor *cursor, int64_t *ret_days)
{
    bool negative = accept(cursor, '-');
    const char *start = cursor->at;
    int64_t year = 0;
    int month, day;

    for (; more_digits(cursor); cursor->at++) {
        if (cursor->at - start == YEAR_DIGITS)
            return false;
        year = year * 10 + (*cursor->at - '0');
    }
    if (cursor->at - start < 4 || (cursor->at - start > 4 && *start == '0'))
        return false;
    if (negative)
        year = -year;
    if (!accept(cursor, '-') || !take_digits(cursor, 2, &month) || !accept(cursor, '-') ||
        !take_digits(cursor, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    *ret_days = days_from_date(year, month, day);
    return true;
}

static bool take_time(struct cursor *cursor, int64_t *ret_seconds, int32_t *ret_nanoseconds)
{
    int hour, minute, second;
    int32_t nanoseconds = 0;

    if (!take_digits(cursor, 2, &hour) || !accept(cursor, ':') ||
        !take_digits(cursor, 2, &minute) || !accept(cursor, ':') ||
        !take_digits(cursor, 2, &second))
        return false;
    if (accept(cursor, '.') && !take_fraction(cursor, &nanoseconds))
        return false;
    /* Second 60 is no XML Schema, but clocks that know leap seconds write it: it is the next
     * minute's first, as on a POSIX clock. 24:00:00 is Schema's other name of midnight. */
    if (hour > 24 || minute > 59 || second > 60)
        return false;
    if (hour == 24 && (minute != 0 || second != 0 || nanoseconds != 0))
        return false;
    *ret_seconds = hour * 3600 + minute * 60 + second;
    *ret_nanoseconds = nanoseconds;
    return true;
}

/* Nothing, "Z", "+hh:mm" or "-hh:mm" up to fourteen hours. */
static bool take_zone(struct cursor *cursor, bool *ret_has_zone, int64_t *ret_offset)
{
    int hour, minute;
    bool west;

    *ret_offset = 0;
    *ret_has_zone = cursor->at != cursor->end;
    if (!*ret_has_zone || accept(cursor, 'Z'))
        return true;
    west = accept(cursor, '-');
    if (!west && !accept(cursor, '+'))
        return false;
    if (!take_digits(cursor, 2, &hour) || !accept(cursor, ':') || !take_digits(cursor, 2, &minute))
        return false;
    if (minute > 59 || hour * 60 + minute > 14 * 60)
        return false;
    minute += hour * 60;
    *ret_offset = INT64_C(60) * (west ? -minute : minute);
    return true;
}

bool wsd__parse_datetime(const char *text, size_t length, struct wsd_datetime *ret)
{
    struct cursor cursor = trimmed(text, length);
    int64_t days, seconds, offset;
    int32_t nanoseconds;
    bool has_zone;

    if (!take_date(&cursor, &days) || !accept(&cursor, 'T') ||
        !take_time(&cursor, &seconds, &nanoseconds) || !take_zone(&cursor, &has_zone, &offset) ||
        cursor.at != cursor.end)
        return false;
    seconds -= offset;
    /* Counts a negative day from its end: its begin may be out of range when it is not. */
    if (days < 0) {
        days++;
        seconds -= SECONDS_PER_DAY;
    }
    if (__builtin_mul_overflow(days, SECONDS_PER_DAY, &days) ||
        __builtin_add_overflow(days, seconds, &seconds))
        return false;
    ret->seconds = seconds;
    ret->nanoseconds = nanoseconds;
    ret->has_zone = has_zone;
    return true;
}

/* A program may fill in any nanoseconds; what is past a second belongs to the seconds. */
static void normalise(int64_t *seconds, int32_t *nanoseconds)
{
    int32_t carry = (int32_t)floor_div(*nanoseconds, NANOSECONDS);

    *nanoseconds = (int32_t)(*nanoseconds - (int64_t)carry * NANOSECONDS);
    if (__builtin_add_overflow(*seconds, carry, seconds))
        *seconds = carry < 0 ? INT64_MIN : INT64_MAX;
}

/* ".25" for 250000000 of 9 digits, "" for 0. */
static const char *format_fraction(int32_t value, int digits, char buffer[static 16])
{
    if (value == 0)
        return "";
    for (; value % 10 == 0; value /= 10)
        digits--;
    snprintf(buffer, 16, ".%0*" PRId32, digits, value);
    return buffer;
}

char *wsd__format_datetime(const struct wsd_datetime *value, char *buffer)
{
    int64_t seconds = value->seconds, year;
    int32_t nanoseconds = value->nanoseconds;
    int month, day, length;
    unsigned of_day;
    char fraction[16];

    normalise(&seconds, &nanoseconds);
    of_day = (unsigned)floor_mod(seconds, SECONDS_PER_DAY);
    date_from_days(floor_div(seconds, SECONDS_PER_DAY), &year, &month, &day);
    length = snprintf(buffer, FORMAT_SIZE, "%s%04" PRId64 "-%02u-%02uT%02u:%02u:%02u",
                      year < 0 ? "-" : "", year < 0 ? -year : year, (unsigned)month % 100,
                      (unsigned)day % 100, of_day / 3600 % 24, of_day / 60 % 60, of_day % 60);
    snprintf(buffer + length, FORMAT_SIZE - (size_t)length, "%s%s",
             format_fraction(nanoseconds, NANOSECOND_DIGITS, fraction), value->has_zone ? "Z" : "");
    return buffer;
}

/* -- duration ---------------------------------------------------------------------------------- */

static const uint64_t most = UINT64_MAX;

static uint64_t saturating_add(uint64_t a, uint64_t b)
{
    return a > most - b ? most : a + b;
}

static uint64_t saturating_mul(uint64_t a, uint64_t b)
{
    return b != 0 && a > most / b ? most : a * b;
}

struct unit {
    char letter;
    uint64_t milliseconds;
};

/* Written as `struct wsd_duration` promises: a month is 30 days, a year 365. */
static const struct unit date_units[] = {
    {'Y', 365u * 86400000ull}, {'M', 30u * 86400000ull}, {'D', 86400000u}};
static const struct unit time_units[] = {{'H', 3600000u}, {'M', 60000u}, {'S', 1000u}};
enum { UNITS = 3 };

/* "1Y2M3D": any of the units, each at most once, in their order. Returns how many there were, -1
 * for what is none of it. Only seconds have a fraction. */
static int take_units(struct cursor *cursor, const struct unit units[static UNITS], uint64_t *sum)
{
    int found = 0;

    for (int next = 0; more_digits(cursor); found++) {
        uint64_t count = 0;
        int32_t nanoseconds = 0;
        bool fraction;

        for (; more_digits(cursor); cursor->at++)
            count = saturating_add(saturating_mul(count, 10), (uint64_t)(*cursor->at - '0'));
        fraction = accept(cursor, '.');
        if (fraction && !take_fraction(cursor, &nanoseconds))
            return -1;
        while (next < UNITS && (cursor->at == cursor->end || *cursor->at != units[next].letter))
            next++;
        if (next == UNITS || (fraction && units[next].letter != 'S'))
            return -1;
        cursor->at++;
        *sum = saturating_add(*sum, saturating_mul(count, units[next++].milliseconds));
        *sum = saturating_add(*sum, (uint64_t)(nanoseconds / 1000000));
    }
    return found;
}

bool wsd__parse_duration(const char *text, size_t length, struct wsd_duration *ret)
{
    struct cursor cursor = trimmed(text, length);
    bool negative = accept(&cursor, '-');
    uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
    uint64_t sum = 0;
    int dates, times = 0;

    if (!accept(&cursor, 'P') || (dates = take_units(&cursor, date_units, &sum)) < 0)
        return false;
    if (accept(&cursor, 'T') && (times = take_units(&cursor, time_units, &sum)) <= 0)
        return false;
    if (dates + times == 0 || cursor.at != cursor.end)
        return false;
    if (sum > limit)
        sum = limit;
    if (!negative)
        ret->milliseconds = (int64_t)sum;
    else
        ret->milliseconds = sum == limit ? INT64_MIN : -(int64_t)sum;
    return true;
}

/* Days, hours, minutes and seconds, each only when it is there: the shortest form, and "PT1H" for
 * the hour that all of Windows asks for. Months and years are no fixed time and never written. */
char *wsd__format_duration(const struct wsd_duration *value, char *buffer)
{
    bool negative = value->milliseconds < 0;
    uint64_t rest = negative ? 0 - (uint64_t)value->milliseconds : (uint64_t)value->milliseconds;
    char *at = buffer, *end = buffer + FORMAT_SIZE;
    char fraction[16];

    if (rest == 0)
        return memcpy(buffer, "PT0S", sizeof("PT0S"));
    at += snprintf(at, (size_t)(end - at), "%sP", negative ? "-" : "");
    if (rest >= date_units[2].milliseconds)
        at += snprintf(at, (size_t)(end - at), "%" PRIu64 "D", rest / date_units[2].milliseconds);
    rest %= date_units[2].milliseconds;
    if (rest != 0)
        at += snprintf(at, (size_t)(end - at), "T");
    for (int i = 0; i < UNITS && rest != 0; i++) {
        uint64_t count = rest / time_units[i].milliseconds;
        bool last = i == UNITS - 1;

        if (count == 0 && !last)
            continue;
        rest %= time_units[i].milliseconds;
        at +=
            snprintf(at, (size_t)(end - at), "%" PRIu64 "%s%c", count,
                     last ? format_fraction((int32_t)rest, 3, fraction) : "", time_units[i].letter);
    }
    return buffer;
}

/* -- base64 ------------------------------------------------------------------------------------ */

/* The six bits of a character, or -1 (RFC 4648, section 4). */
static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (is_digit(c))
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Tolerant where nothing is lost by it: white space anywhere, padding left out, odd last bits.
 * Wrong or half padding, a lone last character and any other character refuse the whole. */
ptrdiff_t wsd__base64_decode(const char *text, size_t length, void *out)
{
    uint8_t *bytes = out;
    size_t characters = 0, padding = 0, size = 0;
    uint32_t bits = 0;

    for (size_t i = 0; i < length; i++) {
        int value;

        if (wsd__xml_space(text[i]))
            continue;
        if (text[i] == '=') {
            padding++;
            continue;
        }
        value = base64_value(text[i]);
        if (value < 0 || padding > 0)
            return -1;
        bits = bits << 6 | (uint32_t)value;
        if (++characters % 4 != 1)
            bytes[size++] = (uint8_t)(bits >> (6 - 2 * ((characters - 1) % 4)));
    }
    if (characters % 4 == 1)
        return -1;
    if (padding > 0 && (padding > 2 || (characters + padding) % 4 != 0))
        return -1;
    return (ptrdiff_t)size;
}
