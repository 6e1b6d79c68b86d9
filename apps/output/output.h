/* SPDX-License-Identifier: MIT */
/*
 * Where the images of one scan job become files. The caller pushes the bytes of each page as the
 * network delivers them; a page is written to a hidden temporary in the target folder, looked at by
 * its first bytes and its last, converted if another format was asked for, and only then takes its
 * name. What is not whole never has a name; what stands under a name is whole and on the disk.
 *
 *     output_check()                                   before the scanner starts
 *     output_open()
 *       output_page_begin() output_page_write()... output_page_end()      for each page
 *     output_finish() or output_abort()
 *     output_file_name()...
 *     output_free()
 *
 * Calls return 0 or a negative enum output_code. Those that take no error argument leave it in
 * output_last_error(). A page that fails is dropped and the job may go on with the next one.
 * Nothing here blocks on anything but the disk; memory does not grow with the size of a page.
 */
#ifndef WSD_APPS_OUTPUT_H
#define WSD_APPS_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "../raster/sniff.h"

/* What a device may push against; 0 in the options means these. */
#define OUTPUT_MAX_PAGE_BYTES  (UINT64_C(1) << 30)
#define OUTPUT_MAX_TOTAL_BYTES (UINT64_C(1) << 34)
#define OUTPUT_MAX_PAGES       1000u
#define OUTPUT_JPEG_QUALITY    85
#define OUTPUT_DPI             300

enum output_code {
    OUTPUT_E_USAGE = -1,        /* the options contradict themselves or the pattern is not legal */
    OUTPUT_E_EXISTS = -2,       /* the target exists and `force` is not set */
    OUTPUT_E_UNWRITABLE = -3,   /* the folder is missing, read-only or not ours to write in */
    OUTPUT_E_DISK_FULL = -4,    /* also: quota, file size limit */
    OUTPUT_E_LIMIT = -5,        /* a page, byte or stdout-takes-one limit */
    OUTPUT_E_TRUNCATED = -6,    /* the page lacks its end */
    OUTPUT_E_NOT_AN_IMAGE = -7, /* HTML, XML, noise */
    OUTPUT_E_CANNOT_CONVERT = -8, /* whole, but not to be turned into what was asked */
    OUTPUT_E_IO = -9,             /* anything else the system refuses, memory included */
};

struct output_error {
    int code;       /* enum output_code; 0 = none */
    char text[256]; /* one sentence on what happened, one on what to do next */
};

enum output_kind { OUTPUT_AS_RECEIVED, OUTPUT_JPEG, OUTPUT_PNG, OUTPUT_TIFF, OUTPUT_PDF };

/* What was asked of the scanner, in pixels of the image at `dpi_x`, `dpi_y`. Some devices (Kyocera
 * M2040dn) echo the region and then send the whole glass: an image that is larger than the
 * rectangle by more than OUTPUT_CROP_SLACK is cut to it, one that has its size is left untouched.
 * An image that tells a resolution of its own (Lexmark CX310dn sends 400 dpi for 600) has the
 * rectangle scaled. */
struct output_crop {
    uint32_t x, y, width, height; /* width 0 = no crop */
};
#define OUTPUT_CROP_SLACK 16u

struct output; /* one document or one series of pages: one scan job */

/* Who is told of the names of `hold`: TAKE, all files are whole and on the disk, and these are the
 * names that they are about to take (again, when one of them turned out to be taken); GIVE_UP, that
 * failed, and the temporaries are about to be removed. 0, or other than 0 to stop: then no further
 * file takes a name, or no temporary is removed. */
enum output_naming { OUTPUT_NAMES_TAKE, OUTPUT_NAMES_GIVE_UP };
typedef int output_naming_hook(void *user, const struct output *output, enum output_naming what);

/* Zeroed, it writes as-received files "scan.jpg", ... to the current folder. Strings are copied. */
struct output_options {
    const char *folder;  /* NULL = "." */
    const char *pattern; /* a file name, never a path; see output_path_split(). "-" = stdout.
                            %d or %03d and {page}: number of the page; {counter}: the lowest number
                            whose file is free; {date} 2026-11-22, {time} 183830, {device}; %% = %.
                            Without an extension it gets the right one. NULL = "scan" */
    enum output_kind
        kind;          /* AS_RECEIVED: by the pattern's extension, if that is one of the kinds */
    bool force;        /* overwrite */
    int quality;       /* 1..100 where JPEG is made here, 0 = OUTPUT_JPEG_QUALITY */
    bool pdfa;         /* a PDF made here is PDF/A-1b */
    const char *title; /* of a PDF made here */
    uint64_t max_page_bytes, max_total_bytes;
    uint64_t max_pixels; /* of an image; 0 = as many as its reader takes */
    unsigned max_pages;
    double dpi_x, dpi_y; /* where the image itself has none; 0 = OUTPUT_DPI */
    const char *device;  /* for {device}; NULL = "scanner" */
    struct output_crop crop;
    enum sniff_kind expected; /* output_check(): what will be asked of the scanner, if known */
    uint64_t expected_bytes;  /* output_check(): how much room the scan will take, if known */
    time_t now;               /* for {date} and {time}; 0 = the system's clock */

    /* For those who keep a record of what they deliver. */
    const char *part_prefix; /* of the temporaries' names, with its dot; NULL = one of its own */
    const char *scratch;     /* folder for what a PDF is made of; NULL = the target */
    bool hold;               /* all files take their names in output_finish(), one after another */
    output_naming_hook *naming;
    void *user; /* its first argument */

    bool set_mode, set_owner;
    mode_t mode; /* of the files; without set_mode by the umask */
    uid_t owner; /* of the files; -1 = as it comes. Failing is UNWRITABLE */
    gid_t group;
};

/* A page as it arrived. */
struct output_page {
    enum sniff_kind received;
    uint64_t bytes;
    uint32_t width, height; /* pixels as received, before any crop; 0 = not known (PDF, XPS, ...) */
    double dpi_x, dpi_y;    /* of the image itself; 0 = it has none */
    bool cropped;
};

/* Splits what a user typed after -o: "a/b.pdf" is folder "a" and pattern "b.pdf"; "/x" is folder
 * "/"; without a slash the folder is ".". `ret_pattern` points into `path`. -1 if the folder does
 * not fit or no name is left. */
int output_path_split(const char *path, char *folder, size_t folder_size, const char **ret_pattern);

/* Says all that can be said before the scanner moves: USAGE, EXISTS, UNWRITABLE, DISK_FULL,
 * CANNOT_CONVERT. Leaves nothing behind. */
int output_check(const struct output_options *options, struct output_error *ret_error);

/* Opens a job. Names that are taken from here on were free in output_check(); so rather than lose a
 * scanned page it goes to a free name beside the taken one ("scan-2.pdf"). Without `force` nothing
 * is ever overwritten. */
int output_open(const struct output_options *options, struct output **ret,
                struct output_error *ret_error);

/* LIMIT when this page would be one too many, USAGE when a page is already open. */
int output_page_begin(struct output *output);

/* One write() for each call once the first SNIFF_HEAD_BYTES are there; `data` is not copied. Fails
 * as soon as the bytes can be seen to be wrong, too many or not convertible: stop the transfer
 * then, and end the page. */
int output_page_write(struct output *output, const void *data, size_t len);

/* Ends the page. `complete` says that the transfer reached its own end (closing boundary, last
 * chunk); false drops the page and returns 0. Else the image is examined, converted and, where each
 * page is a file, delivered. Any failure drops the page. */
int output_page_end(struct output *output, bool complete);

/* In place of begin, write and end: the whole page that is the file `fd`, which stays the caller's.
 * It is read from where it lies and copied only to become a file of its own. */
int output_page_take(struct output *output, int fd);

/* Delivers a multi-page document. A page still open is dropped. Without one good page nothing is
 * written and that is TRUNCATED. */
int output_finish(struct output *output);

/* Removes all temporaries. Pages that already have a name keep it. */
void output_abort(struct output *output);

/* Frees it, after output_abort() if it is unfinished. NULL is welcome. */
void output_free(struct output *output);

/* The failure of the last call; its code is 0 if there was none. Lives as long as `output`. */
const struct output_error *output_last_error(const struct output *output);

/* The files that stand, in the order they were delivered; names are without the folder. For stdout
 * the name is "-". */
size_t output_file_count(const struct output *output);
const char *output_file_name(const struct output *output, size_t i);
uint64_t output_file_size(const struct output *output, size_t i);

/* With `hold`: the name of the temporary of a file that has not its name yet, else NULL. */
const char *output_file_part(const struct output *output, size_t i);

/* The good pages so far. NULL past the end; the pointer holds until the next page. */
size_t output_page_count(const struct output *output);
const struct output_page *output_page_info(const struct output *output, size_t i);

/* "pdf" -> OUTPUT_PDF and so on, for a --format option; OUTPUT_AS_RECEIVED when it is none. */
enum output_kind output_kind_from_name(const char *name);

#endif
