/* SPDX-License-Identifier: MIT */
/*
 * What the files of the configuration say, read and checked. The keys are one table
 * (config_table.c); file format and reading are libconfuse's.
 *
 * A configuration is read as a whole or not at all: each mistake is told with file, line, key, what
 * is wrong and what is allowed, and the one in force stays in force.
 */
#ifndef WSD_SCAND_CONFIG_H
#define WSD_SCAND_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_MAX_DESTINATIONS 32   /* what a Subscribe may carry */
#define CONFIG_MAX_SCANNERS     400  /* sections `scanner` */
#define CONFIG_MAX_NAME         64   /* bytes of the name of a destination or scanner */
#define CONFIG_MAX_LIST         64   /* items of a list, such as the arguments of a command */
#define CONFIG_MAX_VALUE        4096 /* bytes of one value */
#define CONFIG_MAX_FILE         (1 << 20)
#define CONFIG_MAX_FILES        64                                              /* of one folder */
#define CONFIG_MAX_PARTS        (CONFIG_MAX_DESTINATIONS + CONFIG_MAX_SCANNERS) /* of one file */
#define CONFIG_MAX_UNKNOWN      20  /* unknown keys after which a file is not read on */
#define CONFIG_MAX_MISTAKES     100 /* told of one reading */

/* A NULL-terminated list of words; NULL when it is empty. */
typedef char **config_list;

enum config_format { /* of a destination's documents */
                     CONFIG_PDF,
                     CONFIG_PDFA,
                     CONFIG_TIFF,
                     CONFIG_JPEG,
                     CONFIG_PNG,
                     CONFIG_RAW /* as the scanner sends them */
};

/* How a page or job that broke off is treated. */
enum config_broken { CONFIG_BROKEN_KEEP, CONFIG_BROKEN_DROP };

/* A line of the panel, and what becomes of what is scanned to it. */
struct config_destination {
    char *name;

    /* What the scanner is asked for. */
    int source;     /* enum wsd_scan_input_source; 0: what the scanner says, else its own default */
    int mode;       /* enum wsd_scan_color; 0: the scanner's default */
    int resolution; /* pixels per inch; 0: the scanner's default */
    double paper_width, paper_height; /* mm; 0: all there is */
    int quality;                      /* 1..100; 0: the scanner's default */
    int brightness, contrast;         /* -1000..1000; CONFIG_UNSET: the scanner's default */
    unsigned max_pages;               /* 0: as many as there are, up to JOB_MAX_PAGES */

    /* What becomes of it. */
    enum config_format format;
    char *folder;        /* absolute; NULL: none, then `pipe` is set */
    char *pattern;       /* of the name; see docs */
    char *owner, *group; /* of the file, NULL: as it comes */
    int file_mode;       /* 0..0777; -1: by the umask */
    bool drop_blank;
    enum config_broken broken;
    config_list command;      /* run when the document stands */
    config_list pipe;         /* run with the document on its standard input */
    uint32_t command_timeout; /* seconds */

    config_list scanners; /* words that name the only ones to offer it on; NULL: all */
};
#define CONFIG_UNSET INT32_MIN

/* What is said of one scanner. */
struct config_scanner {
    char *name;
    char *address; /* host, address or URL; NULL: it is found by search */
    bool ignore;
    config_list destinations; /* names; NULL: all */
    config_list quirks;
    uint32_t check; /* seconds between questions whether the subscription lives; 0: never */
};

struct config {
    char *host;       /* how this computer is called, {host} */
    char *panel_name; /* pattern of a line of the panel: {destination} {host} {user} */
    uint16_t port;    /* that scanners post to */
    bool port_given;
    config_list interfaces;
    bool discovery, ipv4, ipv6;
    char *state;                      /* folder */
    char *incomplete;                 /* folder of what was not finished */
    char *control;                    /* path of the socket; NULL: the usual */
    uint16_t status_port;             /* of the page on localhost; 0: none */
    config_list notify;               /* run when something is to be told; NULL: nothing */
    uint32_t lifetime;                /* seconds asked for a subscription */
    uint64_t max_page_size, max_size; /* bytes of a page and of a scan */
    uint32_t page_timeout;            /* seconds without a byte after which a page has failed */
    unsigned keep_history;            /* scans shown by status */

    struct config_destination *destinations;
    size_t n_destinations;
    struct config_scanner *scanners;
    size_t n_scanners;
    config_list files; /* that were read, in order */
    unsigned users;    /* besides the one who read it; see config_hold() */
};

/* Where to read from. */
struct config_source {
    const char *file; /* NULL: the usual files, as far as they are there */
    bool system;      /* the system's files alone; else those of the user as well */
};

/* Told of each mistake: `line` is 0 where it belongs to the file as a whole. */
typedef void config_mistake(void *user, const char *file, unsigned line, const char *key,
                            const char *what);

/*
 * Reads it. 0; -EINVAL: there were mistakes, each was told; -ENOENT: the file named is not there
 * (told as well); -ENOMEM. Without any file the result has one destination, named after this
 * computer.
 */
int config_read(const struct config_source *source, config_mistake *mistake, void *user,
                struct config **ret);
/* The same of one text, a file's whole content; `name` is what mistakes call it. No file is read.
 */
int config_read_text(const char *text, size_t size, const char *name, bool system,
                     config_mistake *mistake, void *user, struct config **ret);
void config_free(struct config *config);

/* One more who needs it for a while; and one less, the last of whom frees it. */
struct config *config_hold(struct config *config);
void config_release(struct config *config);

/* Text for a new file: all keys with their meaning, the defaults commented out. */
void config_print_example(void (*line)(void *user, const char *text), void *user);

/* The destination of that name, or NULL. */
const struct config_destination *config_find(const struct config *config, const char *name);

/*
 * How a destination is called on panels: `panel_name` with its fields replaced, cut to fit `size`
 * (at least 1) bytes. With the usual pattern a destination that is called like this computer has
 * its name alone. Returns the length.
 */
size_t config_line(const struct config *config, const struct config_destination *destination,
                   const char *user, char *ret, size_t size);

#endif
