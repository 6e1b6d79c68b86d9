/* SPDX-License-Identifier: MIT */
/*
 * The calls of SANE's backends. A handle belongs to one thread at a time, which may change; only
 * sane_cancel() may come from anywhere at any time, so that all it touches is there from the
 * opening of a handle to its end: handles are never taken out of their list, but used again.
 *
 * A child that a program forks has none of the threads behind a handle. There each call fails, and
 * sane_close() only lets go.
 */
#include <sane/sane.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bounds.h"
#include "exports.h"
#include "page.h"
#include "scanner.h"

enum state { UNUSED, TAKEN, OPEN };

struct handle {
    /* What sane_cancel() reads, in a signal handler perhaps, while the other calls go on. */
    struct handle *next;
    atomic_int state; /* enum state */
    pid_t owner;
    struct cancels cancels;
    /* All else. */
    struct scanner scanner;
    struct options options;
    struct job *job;
    struct page *page;
    bool waits; /* sane_read() does */
    bool ended; /* the page was read to its end, or failed */
    bool whole; /* to its end */
};

static struct {
    bool begun;
    struct config config;
    _Atomic(struct handle *) handles;
    struct found_list found;
    SANE_Device *devices;
    const SANE_Device **list;
    char (*texts)[2][256];
} backend;

static struct handle *find_handle(SANE_Handle wanted)
{
    for (struct handle *h = atomic_load(&backend.handles); h; h = h->next)
        if (h == wanted)
            return atomic_load(&h->state) == OPEN ? h : NULL;
    return NULL;
}

static struct handle *check_handle(SANE_Handle wanted)
{
    struct handle *h = find_handle(wanted);

    return h && h->owner == getpid() ? h : NULL;
}

/* One that is not used, or one more; they are freed when the backend ends. */
static struct handle *take_handle(void)
{
    struct handle *first = atomic_load(&backend.handles);

    for (struct handle *h = first; h; h = h->next) {
        int expected = UNUSED;
        if (atomic_compare_exchange_strong(&h->state, &expected, TAKEN))
            return h;
    }
    struct handle *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->state = TAKEN;
    do
        h->next = first;
    while (!atomic_compare_exchange_weak(&backend.handles, &first, h));
    return h;
}

/* -- the end of things -------------------------------------------------------------------------
 */

/* Ends a page, and a job too unless more of its pages may be wanted. */
static void drop_page(struct handle *h)
{
    page_close(h->page);
    h->page = NULL;
}

static void drop_job(struct handle *h)
{
    if (h->job)
        job_drop(h->job);
    drop_page(h);
    job_free(h->job);
    h->job = NULL;
}

/* A child of the owner has no threads to wait for. */
static void end_handle(struct handle *h)
{
    if (h->owner == getpid())
        drop_job(h);
    scanner_close(&h->scanner);
    atomic_store(&h->state, UNUSED);
    close(h->cancels.wake);
}

/* -- the backend --------------------------------------------------------------------------------
 */

SANE_Status sane_init(SANE_Int *version, SANE_Auth_Callback authorize)
{
    (void)authorize;
    if (version)
        *version = SANE_VERSION_CODE(1, 0, 1);
    if (backend.begun)
        return SANE_STATUS_GOOD;
    if (!config_read(&backend.config))
        return SANE_STATUS_NO_MEM;
    backend.begun = true;
    return SANE_STATUS_GOOD;
}

static void forget_list(void)
{
    list_free(&backend.found);
    free(backend.devices);
    free(backend.list);
    free(backend.texts);
    backend.devices = NULL;
    backend.list = NULL;
    backend.texts = NULL;
}

void sane_exit(void)
{
    struct handle *h = atomic_exchange(&backend.handles, NULL), *next;

    for (; h; h = next) {
        next = h->next;
        if (atomic_load(&h->state) == OPEN)
            end_handle(h);
        free(h);
    }
    forget_list();
    config_free(&backend.config);
    backend.begun = false;
}

/* -- the list -----------------------------------------------------------------------------------
 */

struct listing {
    int code;
    struct wsd_error error;
};

static void list_work(void *user)
{
    struct listing *listing = user;

    listing->code = list_scanners(&backend.config, false, &backend.found, &listing->error);
}

static SANE_String_Const type_of(const struct found *found)
{
    if (found->info &&
        wsd_device_info_find(found->info, WSD_NS_PRINT, "PrinterServiceType") != NULL)
        return "multi-function peripheral";
    return "flatbed scanner";
}

/* Two of the same model are told apart by what their owners call them. */
static void tell_apart(size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++) {
            const struct wsd_device_info *a = backend.found.found[i].info;
            const struct wsd_device_info *b = backend.found.found[k].info;
            if (i == k || !a || !b || strcmp(a->model_name, b->model_name) != 0 ||
                strcmp(a->manufacturer, b->manufacturer) != 0)
                continue;
            char *text = backend.texts[i][1];
            size_t used = strlen(text);
            snprintf(text + used, 256 - used, " (%.100s)", a->friendly_name);
            break;
        }
}

static SANE_Status make_list(void)
{
    size_t n = backend.found.n;

    backend.devices = calloc(n + 1, sizeof *backend.devices);
    backend.list = calloc(n + 1, sizeof *backend.list);
    backend.texts = calloc(n + 1, sizeof *backend.texts);
    if (!backend.devices || !backend.list || !backend.texts)
        return SANE_STATUS_NO_MEM;
    for (size_t i = 0; i < n; i++) {
        const struct found *found = &backend.found.found[i];
        backend.devices[i] = (SANE_Device){
            .name = found->name,
            .vendor = found_vendor(found, backend.texts[i][0], 256),
            .model = found_model(found, backend.texts[i][1], 256),
            .type = type_of(found),
        };
        backend.list[i] = &backend.devices[i];
    }
    tell_apart(n);
    return SANE_STATUS_GOOD;
}

SANE_Status sane_get_devices(const SANE_Device ***device_list, SANE_Bool local_only)
{
    static const SANE_Device *none[] = {NULL};
    struct listing listing = {0};

    if (!device_list || !backend.begun)
        return SANE_STATUS_INVAL;
    *device_list = none;
    if (local_only)
        return SANE_STATUS_GOOD;
    forget_list();
    if (!apart(list_work, &listing))
        return SANE_STATUS_NO_MEM;
    if (listing.code < 0) {
        say(&backend.config, 1, "no list: %s", listing.error.message);
        return status_of_error(&listing.error);
    }
    SANE_Status status = make_list();
    if (status == SANE_STATUS_GOOD)
        *device_list = backend.list;
    return status;
}

/* -- a scanner ----------------------------------------------------------------------------------
 */

struct opening {
    const char *name;
    struct scanner *scanner;
    SANE_Status status;
};

static void open_work(void *user)
{
    struct opening *opening = user;

    opening->status = scanner_open(&backend.config, opening->name, opening->scanner);
}

static SANE_Status open_handle(struct handle *h, const char *name)
{
    struct opening opening = {.name = name, .scanner = &h->scanner, .status = SANE_STATUS_NO_MEM};

    h->cancels.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (h->cancels.wake < 0)
        return SANE_STATUS_NO_MEM;
    if (!apart(open_work, &opening) || opening.status != SANE_STATUS_GOOD) {
        close(h->cancels.wake);
        return opening.status;
    }
    h->owner = getpid();
    h->job = NULL;
    h->page = NULL;
    h->waits = true;
    h->ended = h->whole = false;
    options_init(&h->options, &h->scanner.has);
    return SANE_STATUS_GOOD;
}

SANE_Status sane_open(SANE_String_Const name, SANE_Handle *ret)
{
    if (!ret || !backend.begun)
        return SANE_STATUS_INVAL;
    struct handle *h = take_handle();
    if (!h)
        return SANE_STATUS_NO_MEM;
    SANE_Status status = open_handle(h, name ? name : "");
    atomic_store(&h->state, status == SANE_STATUS_GOOD ? OPEN : UNUSED);
    if (status == SANE_STATUS_GOOD)
        *ret = h;
    return status;
}

void sane_close(SANE_Handle handle)
{
    struct handle *h = find_handle(handle);

    if (h)
        end_handle(h);
}

const SANE_Option_Descriptor *sane_get_option_descriptor(SANE_Handle handle, SANE_Int option)
{
    const struct handle *h = check_handle(handle);

    return h && option >= 0 && option < OPTION_N ? &h->options.descriptors[option] : NULL;
}

/* While a page is read its options stand. */
static bool is_scanning(const struct handle *h)
{
    return h->page && !h->ended && !job_is_cancelled(h->job);
}

SANE_Status sane_control_option(SANE_Handle handle, SANE_Int option, SANE_Action action,
                                void *value, SANE_Int *info)
{
    struct handle *h = check_handle(handle);

    if (info)
        *info = 0;
    if (!h)
        return SANE_STATUS_INVAL;
    if (action == SANE_ACTION_GET_VALUE)
        return options_get(&h->options, option, value);
    if (action != SANE_ACTION_SET_VALUE)
        return SANE_STATUS_INVAL;
    if (is_scanning(h))
        return SANE_STATUS_DEVICE_BUSY;
    SANE_Status status = options_set(&h->options, option, value, info);
    /* The page that was read has no more to say about the next one. */
    if (status == SANE_STATUS_GOOD)
        drop_page(h);
    return status;
}

SANE_Status sane_get_parameters(SANE_Handle handle, SANE_Parameters *parameters)
{
    struct handle *h = check_handle(handle);

    if (!h || !parameters)
        return SANE_STATUS_INVAL;
    if (h->page && !job_is_cancelled(h->job))
        *parameters = h->page->parameters;
    else
        options_parameters(&h->options, parameters);
    return SANE_STATUS_GOOD;
}

/* -- a scan -------------------------------------------------------------------------------------
 */

/* The job for the next page: the one that goes on, or a new one. */
static struct job *next_job(struct handle *h, unsigned since)
{
    struct scan_settings settings;

    options_settings(&h->options, &settings);
    /* Of a page that failed the rest may still come, and would be taken for the next. */
    if (h->whole && h->job && !job_is_over(h->job) &&
        memcmp(&settings, &h->job->asked, sizeof settings) == 0) {
        job_next(h->job);
        return h->job;
    }
    drop_job(h);
    h->job = job_begin(&backend.config, &h->scanner, &settings, &h->cancels, since);
    return h->job;
}

SANE_Status sane_start(SANE_Handle handle)
{
    struct handle *h = check_handle(handle);

    if (!h)
        return SANE_STATUS_INVAL;
    /* What is cancelled from here on is this scan, also while the one before still ends. */
    unsigned since = atomic_load(&h->cancels.count);
    if (is_scanning(h))
        return SANE_STATUS_DEVICE_BUSY;
    drop_page(h);
    struct job *job = next_job(h, since);
    if (!job)
        return SANE_STATUS_NO_MEM;
    double threshold = SANE_UNFIX(h->options.words[OPTION_THRESHOLD]) * 256 / 100;
    h->ended = h->whole = false;
    SANE_Status status =
        page_open(job, options_frame(&h->options), (uint32_t)(threshold + 0.5), &h->page);
    if (status != SANE_STATUS_GOOD)
        drop_job(h);
    return status;
}

SANE_Status sane_read(SANE_Handle handle, SANE_Byte *data, SANE_Int max_length, SANE_Int *length)
{
    struct handle *h = check_handle(handle);
    size_t n = 0;

    if (length)
        *length = 0;
    if (!h || !data || !length || max_length < 0 || !h->page)
        return SANE_STATUS_INVAL;
    if (job_is_cancelled(h->job)) {
        h->ended = true;
        return SANE_STATUS_CANCELLED;
    }
    if (max_length == 0)
        return SANE_STATUS_GOOD;
    SANE_Status status = page_read(h->page, data, (size_t)max_length, h->waits, &n);
    if (job_is_cancelled(h->job)) {
        n = 0;
        status = SANE_STATUS_CANCELLED;
    }
    *length = (SANE_Int)n;
    h->ended = h->ended || status != SANE_STATUS_GOOD;
    h->whole = status == SANE_STATUS_EOF;
    return status;
}

void sane_cancel(SANE_Handle handle)
{
    struct handle *h = check_handle(handle);

    if (h)
        cancels_add(&h->cancels);
}

SANE_Status sane_set_io_mode(SANE_Handle handle, SANE_Bool non_blocking)
{
    struct handle *h = check_handle(handle);

    if (!h || !h->page)
        return SANE_STATUS_INVAL;
    h->waits = !non_blocking;
    return SANE_STATUS_GOOD;
}

SANE_Status sane_get_select_fd(SANE_Handle handle, SANE_Int *fd)
{
    struct handle *h = check_handle(handle);

    if (!h || !fd || !h->page)
        return SANE_STATUS_INVAL;
    *fd = ring_ready_fd(&h->page->rows);
    return *fd < 0 ? SANE_STATUS_NO_MEM : SANE_STATUS_GOOD;
}

SANE_String_Const sane_strstatus(SANE_Status status)
{
    static const char *const words[] = {
        [SANE_STATUS_GOOD] = "Success",
        [SANE_STATUS_UNSUPPORTED] = "Operation not supported",
        [SANE_STATUS_CANCELLED] = "Operation was cancelled",
        [SANE_STATUS_DEVICE_BUSY] = "Device busy",
        [SANE_STATUS_INVAL] = "Invalid argument",
        [SANE_STATUS_EOF] = "End of file reached",
        [SANE_STATUS_JAMMED] = "Document feeder jammed",
        [SANE_STATUS_NO_DOCS] = "Document feeder out of documents",
        [SANE_STATUS_COVER_OPEN] = "Scanner cover is open",
        [SANE_STATUS_IO_ERROR] = "Error during device I/O",
        [SANE_STATUS_NO_MEM] = "Out of memory",
        [SANE_STATUS_ACCESS_DENIED] = "Access to resource has been denied",
    };

    return (size_t)status < sizeof words / sizeof *words ? words[status] : "Unknown status";
}

WSD_SANE_ALIASES
