/* SPDX-License-Identifier: MIT */
/*
 * The job: options, pages as they stream in, limits, and which file gets which name. What becomes
 * of a page once it is whole is page.c; temporaries and names on the disk are target.c. Cost of a
 * page: large writes, and a look at its head and its tail.
 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fail.h"
#include "job.h"

static const struct {
    const char *name;
    enum output_kind kind;
    enum sniff_kind format;
} kinds[] = {
    {"jpeg", OUTPUT_JPEG, SNIFF_JPEG}, {"jpg", OUTPUT_JPEG, SNIFF_JPEG},
    {"png", OUTPUT_PNG, SNIFF_PNG},    {"tiff", OUTPUT_TIFF, SNIFF_TIFF},
    {"tif", OUTPUT_TIFF, SNIFF_TIFF},  {"pdf", OUTPUT_PDF, SNIFF_PDF},
};

enum output_kind output_kind_from_name(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcasecmp(kinds[i].name, name) == 0)
            return kinds[i].kind;
    return OUTPUT_AS_RECEIVED;
}

static enum sniff_kind format_of(enum output_kind kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].kind == kind)
            return kinds[i].format;
    return SNIFF_UNKNOWN;
}

static enum output_kind kind_of(enum sniff_kind format)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].format == format)
            return kinds[i].kind;
    return OUTPUT_AS_RECEIVED;
}

int output_path_split(const char *path, char *folder, size_t folder_size, const char **ret_pattern)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *from = slash ? path : ".";
    size_t len = !slash || slash == path ? 1 : (size_t)(slash - path);
    if (!*name || len >= folder_size)
        return -1;
    memcpy(folder, from, len);
    folder[len] = '\0';
    *ret_pattern = name;
    return 0;
}

static int set_text(char *to, size_t size, const char *from, const char *what,
                    struct output_error *ret_error)
{
    if (strlen(from) >= size)
        return output_fail(ret_error, OUTPUT_E_USAGE, "The %s is too long; shorten it.", what);
    memcpy(to, from, strlen(from) + 1);
    return 0;
}

/* Kind and extension have to agree; either may be left out. */
static int settle_kind(struct output *o, struct output_error *ret_error)
{
    enum sniff_kind named = sniff_from_extension(name_extension(o->pattern));
    if (o->options.kind == OUTPUT_AS_RECEIVED)
        o->options.kind = kind_of(named);
    else if (named != SNIFF_UNKNOWN && kind_of(named) != o->options.kind)
        return output_fail(
            ret_error, OUTPUT_E_USAGE,
            "File name \"%.80s\" and the format %s contradict each other; change one.", o->pattern,
            sniff_name(format_of(o->options.kind)));
    o->wanted = format_of(o->options.kind);
    bool many_pages = o->wanted == SNIFF_PDF || o->wanted == SNIFF_TIFF;
    o->joined = many_pages && !o->fields.has_page;
    return 0;
}

static int check_numbers(const struct output_options *options, struct output_error *ret_error)
{
    if (options->quality < 0 || options->quality > 100)
        return output_fail(ret_error, OUTPUT_E_USAGE, "Quality %d is not in 1..100; change it.",
                           options->quality);
    if (!(options->dpi_x >= 0 && options->dpi_x <= 100000) ||
        !(options->dpi_y >= 0 && options->dpi_y <= 100000))
        return output_fail(ret_error, OUTPUT_E_USAGE, "The resolution is not one; change it.");
    return 0;
}

static void set_defaults(struct output *o)
{
    struct output_options *options = &o->options;
    if (options->quality == 0)
        options->quality = OUTPUT_JPEG_QUALITY;
    if (options->max_page_bytes == 0)
        options->max_page_bytes = OUTPUT_MAX_PAGE_BYTES;
    if (options->max_total_bytes == 0)
        options->max_total_bytes = OUTPUT_MAX_TOTAL_BYTES;
    if (options->max_pages == 0)
        options->max_pages = OUTPUT_MAX_PAGES;
    if (options->dpi_x <= 0)
        options->dpi_x = OUTPUT_DPI;
    if (options->dpi_y <= 0)
        options->dpi_y = options->dpi_x;
    time_t now = options->now ? options->now : time(NULL);
    o->values.device = o->device;
    o->values.page = o->values.counter = 1;
    localtime_r(&now, &o->values.when);
}

/* The name of the file that comes next, with the extension of what is in it, or as far as known. */
static int name_next(struct output *o, enum sniff_kind format, char ret[NAME_BYTES],
                     struct output_error *ret_error)
{
    o->values.page = o->next_number;
    bool numbered = o->next_number > 1 && !o->fields.has_page;
    char name[NAME_BYTES];
    bool made = name_make(o->pattern, &o->values, name) == 0;
    if (made && format != SNIFF_UNKNOWN && sniff_from_extension(name_extension(name)) != format)
        made = name_set_extension(name, sniff_extension(format)) == 0;
    if (made && numbered)
        made = name_beside(name, o->next_number, ret) == 0;
    else if (made)
        memcpy(ret, name, sizeof name);
    return made ? 0
                : output_fail(ret_error, OUTPUT_E_USAGE,
                              "File name \"%.80s\" comes out empty, hidden or too long; change it.",
                              o->pattern);
}

static enum sniff_kind expected_format(const struct output *o)
{
    enum sniff_kind expected = o->options.expected == SNIFF_DIB ? SNIFF_BMP : o->options.expected;
    return o->wanted != SNIFF_UNKNOWN ? o->wanted : expected;
}

/* The counter is settled once for a job, before its first page. */
static int settle_counter(struct output *o, struct output_error *ret_error)
{
    char name[NAME_BYTES];
    for (o->values.counter = 1; o->fields.has_counter; o->values.counter++) {
        int r = name_next(o, expected_format(o), name, ret_error);
        if (r < 0 || !target_exists(&o->target, name))
            return r;
        if (o->values.counter >= NAME_COUNTER_MAX)
            return output_fail(ret_error, OUTPUT_E_EXISTS,
                               "All numbers of \"%.80s\" are taken; choose another name.",
                               o->pattern);
    }
    return 0;
}

/* What temporaries and finished files are like. */
static int set_files(struct output *o, struct output_error *ret_error)
{
    const struct output_options *options = &o->options;
    if (options->set_mode)
        o->target.mode = options->mode & 0777;
    if (options->set_owner) {
        o->target.owner = options->owner;
        o->target.group = options->group;
    }
    if (options->scratch && !(o->scratch = strdup(options->scratch)))
        return output_fail(ret_error, OUTPUT_E_IO, "Out of memory; close some programs.");
    if (!options->part_prefix)
        return 0;
    return set_text(o->target.prefix, sizeof o->target.prefix, options->part_prefix,
                    "prefix of temporaries", ret_error);
}

static int open_job(struct output *o, struct output_error *ret_error)
{
    const struct output_options *options = &o->options;
    const char *pattern = options->pattern ? options->pattern : "scan";
    bool is_stdout = strcmp(pattern, "-") == 0;
    int r = set_text(o->pattern, sizeof o->pattern, pattern, "file name", ret_error);
    if (r == 0)
        r = set_text(o->device, sizeof o->device, options->device ? options->device : "",
                     "device name", ret_error);
    if (r == 0)
        r = set_text(o->title, sizeof o->title, options->title ? options->title : "", "title",
                     ret_error);
    if (r == 0 && !is_stdout)
        r = name_check(o->pattern, &o->fields, ret_error);
    if (r == 0)
        r = check_numbers(options, ret_error);
    if (r == 0)
        r = settle_kind(o, ret_error);
    if (r == 0)
        r = target_open(options->folder ? options->folder : ".", is_stdout, options->force,
                        &o->target, ret_error);
    if (r == 0)
        r = set_files(o, ret_error);
    if (r < 0)
        return r;
    set_defaults(o);
    o->options.folder = o->options.pattern = o->options.device = o->options.title = NULL;
    o->options.scratch = o->options.part_prefix = NULL;
    return settle_counter(o, ret_error);
}

int output_open(const struct output_options *options, struct output **ret,
                struct output_error *ret_error)
{
    if (ret_error)
        *ret_error = (struct output_error){0};
    struct output *o = calloc(1, sizeof *o);
    if (!o)
        return output_fail(ret_error, OUTPUT_E_IO, "Out of memory; close some programs.");
    o->options = *options;
    o->target.folder = -1;
    o->part.fd = o->held.fd = o->document.fd = -1;
    o->next_number = 1;
    o->gather.size = GATHER_BYTES;
    o->gather.bytes = malloc(GATHER_BYTES);
    int r = o->gather.bytes
                ? open_job(o, ret_error)
                : output_fail(ret_error, OUTPUT_E_IO, "Out of memory; close some programs.");
    if (r < 0)
        output_free(o);
    else
        *ret = o;
    return r;
}

static int check_stdout(const struct output *o, struct output_error *ret_error)
{
    if (isatty(STDOUT_FILENO))
        return output_fail(
            ret_error, OUTPUT_E_USAGE,
            "An image does not go to a terminal; redirect the output or name a file.");
    if (o->wanted != SNIFF_UNKNOWN && o->options.expected != SNIFF_UNKNOWN &&
        o->options.expected != o->wanted)
        return page_cannot_convert(o, o->options.expected, ret_error);
    return 0;
}

static int check_name(struct output *o, struct output_error *ret_error)
{
    char name[NAME_BYTES];
    int r = name_next(o, expected_format(o), name, ret_error);
    if (r == 0 && !o->target.force && target_exists(&o->target, name))
        r = output_fail_errno(ret_error, EEXIST, "Writing", name);
    return r;
}

int output_check(const struct output_options *options, struct output_error *ret_error)
{
    struct output *o = NULL;
    int r = output_open(options, &o, ret_error);
    if (r < 0)
        return r;
    if (o->target.is_stdout)
        r = check_stdout(o, ret_error);
    else
        r = check_name(o, ret_error);
    if (r == 0 && options->expected != SNIFF_UNKNOWN && !page_convertible(o, options->expected))
        r = page_cannot_convert(o, options->expected, ret_error);
    if (r == 0)
        r = target_probe(&o->target, options->expected_bytes, ret_error);
    output_free(o);
    return r;
}

/* Puts a finished temporary under its name, or beside it where someone was faster. */
static int deliver_now(struct output *o, struct part *part, char name[NAME_BYTES])
{
    char base[NAME_BYTES];
    memcpy(base, name, sizeof base);
    int r = part_deliver(&o->target, part, name, &o->error);
    for (unsigned i = 2; r == OUTPUT_E_EXISTS && o->error.code == 0 && i < NAME_COUNTER_MAX; i++) {
        if (name_beside(base, i, name) < 0)
            break;
        r = part_deliver(&o->target, part, name, &o->error);
    }
    return r == OUTPUT_E_EXISTS ? output_fail_errno(&o->error, EEXIST, "Writing", base) : r;
}

int output_deliver(struct output *o, struct part *part, enum sniff_kind format, uint64_t size)
{
    struct output_file *files = realloc(o->files, (o->file_count + 1) * sizeof *files);
    if (!files)
        return output_fail(&o->error, OUTPUT_E_IO, "Out of memory; close some programs.");
    o->files = files;
    struct output_file *file = &o->files[o->file_count];
    *file = (struct output_file){.name = "-", .size = size};
    int r = 0;
    if (!o->target.is_stdout)
        r = name_next(o, format == SNIFF_DIB ? SNIFF_BMP : format, file->name, &o->error);
    if (r == 0)
        r = part_own(&o->target, part, &o->error);
    if (r == 0 && o->options.hold && !o->target.is_stdout)
        r = output_hold(o, part, file);
    else if (r == 0)
        r = deliver_now(o, part, file->name);
    if (r < 0)
        return r;
    o->file_count++;
    o->next_number++;
    return 0;
}

static int begin_page(struct output *o)
{
    o->error = (struct output_error){0};
    if (o->in_page || o->finished)
        return output_fail(&o->error, OUTPUT_E_USAGE, "A page is begun at the wrong time.");
    if (o->pages_begun >= o->options.max_pages)
        return output_fail(&o->error, OUTPUT_E_LIMIT,
                           "The scanner sends more than %u pages; raise the page limit or scan "
                           "fewer.",
                           o->options.max_pages);
    if (o->target.is_stdout && o->file_count > 0)
        return output_fail(&o->error, OUTPUT_E_LIMIT,
                           "Standard output takes one page and the scanner has more; name a file "
                           "instead.");
    o->head_len = 0;
    o->page_failed = false;
    o->page = (struct output_page){0};
    return 0;
}

int output_page_begin(struct output *o)
{
    int r = begin_page(o);
    if (r == 0)
        r = part_create(&o->target, &o->part, &o->error);
    if (r < 0)
        return r;
    o->gather.fd = o->part.fd;
    o->gather.at = o->gather.used = 0;
    o->in_page = true;
    o->pages_begun++;
    return 0;
}

static int written(struct output *o, int r)
{
    return r < 0 ? output_fail_errno(&o->error, -r, "Writing to", o->target.path) : 0;
}

static int put(struct output *o, const void *data, size_t len)
{
    return written(o, gather_write(&o->gather, data, len));
}

/* Looks at the first bytes, `len` of them, which are about to be written: what they are, and
 * whether anything can come of them. For a DIB the missing header goes first. */
static int look(struct output *o, const uint8_t *head, size_t len)
{
    uint8_t header[SNIFF_BMP_FILE_HEADER];
    o->page.received = sniff(head, len);
    switch (o->page.received) {
    case SNIFF_MARKUP:
        return output_fail(&o->error, OUTPUT_E_NOT_AN_IMAGE,
                           "The scanner sent text (HTML or XML) in place of an image; look at its "
                           "panel and try again.");
    case SNIFF_UNKNOWN:
        return output_fail(&o->error, OUTPUT_E_NOT_AN_IMAGE,
                           "The scanner sent data of no known image format (first bytes %02x %02x "
                           "%02x %02x); ask for another format.",
                           head[0], len > 1 ? head[1] : 0, len > 2 ? head[2] : 0,
                           len > 3 ? head[3] : 0);
    case SNIFF_DIB:
        if (sniff_dib_header(head, len, header) < 0)
            return output_fail(&o->error, OUTPUT_E_NOT_AN_IMAGE,
                               "The scanner sent a broken DIB; ask for another format.");
        break;
    default:
        break;
    }
    if (!page_convertible(o, o->page.received))
        return page_cannot_convert(o, o->page.received, &o->error);
    if (o->page.received != SNIFF_DIB)
        return 0;
    return put(o, header, sizeof header);
}

/* Collects the head until it is long enough to be looked at; the usual first chunk is, and is then
 * looked at and written where it lies. */
static int put_first(struct output *o, const uint8_t *data, size_t len)
{
    if (o->head_len == 0 && len >= SNIFF_HEAD_BYTES) {
        o->head_len = SNIFF_HEAD_BYTES;
        int r = look(o, data, SNIFF_HEAD_BYTES);
        return r < 0 ? r : put(o, data, len);
    }
    size_t part = SNIFF_HEAD_BYTES - o->head_len;
    if (part > len)
        part = len;
    memcpy(o->head + o->head_len, data, part);
    o->head_len += part;
    if (o->head_len < SNIFF_HEAD_BYTES)
        return 0;
    int r = look(o, o->head, o->head_len);
    if (r == 0)
        r = put(o, o->head, o->head_len);
    return r == 0 && len > part ? put(o, data + part, len - part) : r;
}

static int check_limits(struct output *o, size_t len)
{
    if (len > o->options.max_page_bytes - o->page.bytes)
        return output_fail(&o->error, OUTPUT_E_LIMIT,
                           "The page is larger than %llu bytes; raise the limit or lower the "
                           "resolution.",
                           (unsigned long long)o->options.max_page_bytes);
    if (len > o->options.max_total_bytes - o->total_bytes)
        return output_fail(&o->error, OUTPUT_E_LIMIT,
                           "The scan is larger than %llu bytes; raise the limit or scan fewer "
                           "pages.",
                           (unsigned long long)o->options.max_total_bytes);
    o->page.bytes += len;
    o->total_bytes += len;
    return 0;
}

int output_page_write(struct output *o, const void *data, size_t len)
{
    if (!o->in_page)
        return output_fail(&o->error, OUTPUT_E_USAGE, "Image data came outside a page.");
    if (o->page_failed)
        return o->error.code;
    if (len == 0)
        return 0;
    int r = check_limits(o, len);
    if (r == 0)
        r = o->head_len < SNIFF_HEAD_BYTES ? put_first(o, data, len) : put(o, data, len);
    o->page_failed = r < 0;
    return r;
}

/* An image of fewer bytes than the head is looked at now. */
static int end_head(struct output *o)
{
    if (o->page.bytes == 0)
        return output_fail(&o->error, OUTPUT_E_TRUNCATED,
                           "The scanner delivered an empty page; try again.");
    if (o->head_len >= SNIFF_HEAD_BYTES || o->page_failed)
        return 0;
    int r = look(o, o->head, o->head_len);
    return r == 0 ? put(o, o->head, o->head_len) : r;
}

static int keep_page(struct output *o)
{
    struct output_page *pages = realloc(o->pages, (o->page_count + 1) * sizeof *pages);
    if (!pages)
        return output_fail(&o->error, OUTPUT_E_IO, "Out of memory; close some programs.");
    o->pages = pages;
    size_t files = o->file_count;
    int r = page_finish(o);
    if (r == 0)
        o->pages[o->page_count++] = o->page;
    else
        output_drop_held(o, files, true); /* of a page with several images, the first ones */
    return r;
}

int output_page_end(struct output *o, bool complete)
{
    if (!o->in_page)
        return output_fail(&o->error, OUTPUT_E_USAGE, "A page is ended that was not begun.");
    int r = o->page_failed ? o->error.code : 0;
    if (complete && r == 0)
        r = end_head(o);
    if (complete && r == 0)
        r = written(o, gather_flush(&o->gather));
    if (complete && r == 0)
        r = keep_page(o);
    part_drop(&o->target, &o->part);
    o->in_page = false;
    o->page_failed = false;
    return complete ? r : 0;
}

/* A DIB needs another head: it goes the way of pages that stream in. */
static int take_by_copy(struct output *o, int fd)
{
    char buf[65536];
    off_t at = 0;
    ssize_t n = 0;
    int r = output_page_begin(o);
    while (r == 0 && (n = pread(fd, buf, sizeof buf, at)) > 0) {
        r = output_page_write(o, buf, (size_t)n);
        at += n;
    }
    if (r == 0 && n < 0)
        r = output_fail_errno(&o->error, errno, "Reading a page for", o->target.path);
    if (!o->in_page)
        return r;
    int end = output_page_end(o, r == 0);
    return r < 0 ? r : end;
}

/* The head is known. */
static int take_borrowed(struct output *o, int fd, uint64_t size)
{
    int r = begin_page(o);
    if (r < 0)
        return r;
    o->pages_begun++;
    r = check_limits(o, size);
    if (r == 0 && size == 0)
        r = output_fail(&o->error, OUTPUT_E_TRUNCATED,
                        "The scanner delivered an empty page; try again.");
    if (r == 0)
        r = look(o, o->head, size < SNIFF_HEAD_BYTES ? (size_t)size : SNIFF_HEAD_BYTES);
    if (r < 0)
        return r;
    o->part = (struct part){.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0), .borrowed = true};
    if (o->part.fd < 0)
        return output_fail_errno(&o->error, errno, "Reading a page for", o->target.path);
    r = keep_page(o);
    part_drop(&o->target, &o->part);
    return r;
}

int output_page_take(struct output *o, int fd)
{
    struct stat st;
    memset(o->head, 0, sizeof o->head);
    if (fstat(fd, &st) < 0 || pread(fd, o->head, sizeof o->head, 0) < 0) {
        o->error = (struct output_error){0};
        return output_fail_errno(&o->error, errno, "Reading a page for", o->target.path);
    }
    uint64_t size = (uint64_t)st.st_size;
    size_t len = size < sizeof o->head ? (size_t)size : sizeof o->head;
    if (o->in_page || sniff(o->head, len) == SNIFF_DIB)
        return take_by_copy(o, fd);
    return take_borrowed(o, fd, size);
}

int output_finish(struct output *o)
{
    if (o->finished)
        return output_fail(&o->error, OUTPUT_E_USAGE, "The scan is finished already.");
    if (o->in_page)
        output_page_end(o, false);
    o->error = (struct output_error){0};
    int r = document_finish(o);
    if (r == 0 && o->file_count == 0)
        r = output_fail(
            &o->error, OUTPUT_E_TRUNCATED,
            "No whole page arrived, so nothing was written; look at the scanner and try "
            "again.");
    if (r == 0 && o->options.hold)
        r = output_name_held(o);
    output_abort(o);
    return r;
}

void output_abort(struct output *o)
{
    document_drop(o);
    part_drop(&o->target, &o->held);
    part_drop(&o->target, &o->part);
    output_drop_held(o, 0, true);
    o->in_page = false;
    o->finished = true;
}

void output_free(struct output *o)
{
    if (!o)
        return;
    output_abort(o);
    target_close(&o->target);
    free(o->files);
    free(o->pages);
    free(o->scratch);
    free(o->gather.bytes);
    free(o);
}

const struct output_error *output_last_error(const struct output *o)
{
    return &o->error;
}

size_t output_file_count(const struct output *o)
{
    return o->file_count;
}

const char *output_file_name(const struct output *o, size_t i)
{
    return i < o->file_count ? o->files[i].name : NULL;
}

uint64_t output_file_size(const struct output *o, size_t i)
{
    return i < o->file_count ? o->files[i].size : 0;
}

const char *output_file_part(const struct output *o, size_t i)
{
    return i < o->file_count && *o->files[i].part ? o->files[i].part : NULL;
}

size_t output_page_count(const struct output *o)
{
    return o->page_count;
}

const struct output_page *output_page_info(const struct output *o, size_t i)
{
    return i < o->page_count ? &o->pages[i] : NULL;
}
