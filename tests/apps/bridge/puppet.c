/* SPDX-License-Identifier: MIT */
/*
 * A SANE backend whose devices do as a test says. The file $PUPPET has lines "key value", read at
 * each call:
 *
 *   open, start, read, parameters STATUS   that call answers with this number of SANE_Status
 *   from PAGE                              ... only from this page on (default 1)
 *   gone 1                                 every call fails as if the cable was pulled
 *   block list|open|start|read             that call never comes back
 *   crash open|start|read                  that call ends the process by a signal
 *   sheets N                               in the feeder (default 3)
 *   held NAME                              this button is held
 *   slow MS                                of each sane_start()
 *   strict 1                               sane_start() is refused before the page before was read
 *   fixed OPTION                           it cannot be set
 *   clamp MM                               no near edge lies farther out
 *   long 1                                 a list of resolutions is as long as Epson's
 *   tints 1                                modes of three colours with one bit each
 *   type WORDS                             of device all of them are, with _ between words
 *   tell PATH                              a byte goes there before a call that never comes back
 *
 * Devices differ by what follows the colon in their names; see `shapes`. Each row of a page tells
 * its place: sample (x, y) is x + 3 y + 50 page, modulo 251.
 */
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sane/sane.h>

#define WIDTH_MM  100
#define HEIGHT_MM 60

static const SANE_String_Const modes_all[] = {"Lineart", "Gray", "Color", NULL};
static const SANE_String_Const modes_gray[] = {"True Gray", NULL};
static const SANE_String_Const modes_vendor[] = {"Black & White", "Gray[Error Diffusion]",
                                                 "24bit Color", NULL};
static const SANE_String_Const modes_tints[] = {"Color Lineart", "Color Halftone", "Gray", "Color",
                                                NULL};
static const SANE_String_Const sources_all[] = {"Flatbed", "ADF Front", "ADF Back", "ADF Duplex",
                                                NULL};
static const SANE_String_Const sources_epson[] = {"Document Table", "Automatic Document Feeder",
                                                  "Transparency Unit", NULL};
static const SANE_String_Const sides_epson[] = {"Simplex", "Duplex", NULL};
static const SANE_Word dpi_list[] = {3, 60, 120, 250};
static const SANE_Word dpi_long[] = {35,  50,  60,   72,   75,   80,   90,   100,  120,
                                     133, 144, 150,  160,  175,  180,  200,  216,  240,
                                     266, 300, 320,  350,  360,  400,  480,  600,  720,
                                     800, 900, 1200, 1600, 1800, 2400, 3200, 4800, 6400};
static const SANE_Range dpi_range = {50, 600, 1};
static const SANE_Range mm_x = {0, SANE_FIX(WIDTH_MM), 0};
static const SANE_Range mm_y = {0, SANE_FIX(HEIGHT_MM), 0};
static const SANE_Range px_x = {0, 999, 1};
static const SANE_Range px_y = {0, 599, 1};

static const struct shape {
    const char *name, *type;
    const SANE_String_Const *modes, *sources, *sides;
    bool list, pixels, inexact, no_area, buttons;
} shapes[] = {
    {.name = "plain",
     .type = "flatbed scanner",
     .modes = modes_all,
     .sources = sources_all,
     .buttons = true},
    {.name = "gray", .type = "flatbed scanner", .modes = modes_gray, .list = true},
    {.name = "epson",
     .type = "flatbed scanner",
     .modes = modes_all,
     .sources = sources_epson,
     .sides = sides_epson},
    {.name = "vendor", .type = "flatbed scanner", .modes = modes_vendor, .pixels = true},
    {.name = "inexact", .type = "flatbed scanner", .modes = modes_all, .inexact = true},
    {.name = "bare", .type = "sheetfed scanner", .no_area = true},
};
#define SHAPES (sizeof shapes / sizeof *shapes)

enum option { COUNT, MODE, SOURCE, SIDES, DPI, TLX, TLY, BRX, BRY, SCAN, EMAIL, OPTIONS };

struct puppet {
    const struct shape *shape;
    SANE_Option_Descriptor options[OPTIONS];
    SANE_Word values[OPTIONS];
    char texts[OPTIONS][64];
    SANE_Parameters p;
    int page, rest; /* of the sheets, when the scan began */
    SANE_Int row, at;
    bool scanning;
};

/* -- the file -----------------------------------------------------------------------------------
 */

static bool told(const char *key, char value[64])
{
    const char *path = getenv("PUPPET");
    FILE *file = path ? fopen(path, "r") : NULL;
    char line[128], word[32];
    bool found = false;

    while (file && !found && fgets(line, sizeof line, file))
        found = sscanf(line, "%31s %63s", word, value) == 2 && strcmp(word, key) == 0;
    if (file)
        fclose(file);
    return found;
}

static int told_number(const char *key, int otherwise)
{
    char value[64];

    return told(key, value) ? atoi(value) : otherwise;
}

static void tell(void)
{
    char path[64];
    FILE *file = told("tell", path) ? fopen(path, "w") : NULL;

    if (file) {
        fputc('.', file);
        fclose(file);
    }
}

static SANE_Status act(const char *call, int page)
{
    char value[64];

    if (told("crash", value) && strcmp(value, call) == 0 && page >= told_number("from", 1))
        raise(SIGKILL);
    if (told("block", value) && strcmp(value, call) == 0 && page >= told_number("from", 1))
        for (tell();;)
            pause();
    if (told_number("gone", 0))
        return strcmp(call, "open") == 0 ? SANE_STATUS_INVAL : SANE_STATUS_IO_ERROR;
    return page >= told_number("from", 1) ? (SANE_Status)told_number(call, 0) : SANE_STATUS_GOOD;
}

/* -- devices ------------------------------------------------------------------------------------
 */

SANE_Status sane_puppet_init(SANE_Int *version, SANE_Auth_Callback authorize);
SANE_Status sane_puppet_init(SANE_Int *version, SANE_Auth_Callback authorize)
{
    (void)authorize;
    if (version)
        *version = SANE_VERSION_CODE(SANE_CURRENT_MAJOR, 0, 1);
    return SANE_STATUS_GOOD;
}

void sane_puppet_exit(void);
void sane_puppet_exit(void)
{
}

SANE_Status sane_puppet_get_devices(const SANE_Device ***list, SANE_Bool local);
SANE_Status sane_puppet_get_devices(const SANE_Device ***list, SANE_Bool local)
{
    static SANE_Device devices[SHAPES];
    static const SANE_Device *pointers[SHAPES + 1];
    static char type[64];
    bool typed = told("type", type);

    (void)local;
    act("list", 1);
    for (char *c = type; typed && *c; c++)
        *c = *c == '_' ? ' ' : *c;
    for (size_t i = 0; i < SHAPES; i++) {
        devices[i] =
            (SANE_Device){shapes[i].name, "Strings", shapes[i].name, typed ? type : shapes[i].type};
        pointers[i] = &devices[i];
    }
    *list = pointers;
    return SANE_STATUS_GOOD;
}

static void text_option(struct puppet *puppet, enum option option, const char *name,
                        const SANE_String_Const *list)
{
    if (!list)
        return;
    puppet->options[option] =
        (SANE_Option_Descriptor){.name = name,
                                 .title = name,
                                 .desc = name,
                                 .type = SANE_TYPE_STRING,
                                 .size = 64,
                                 .cap = SANE_CAP_SOFT_SELECT | SANE_CAP_SOFT_DETECT,
                                 .constraint_type = SANE_CONSTRAINT_STRING_LIST,
                                 .constraint.string_list = list};
    snprintf(puppet->texts[option], 64, "%s", list[0]);
}

static void area_option(struct puppet *puppet, enum option option, const char *name)
{
    bool x = option == TLX || option == BRX;
    const SANE_Range *mm = x ? &mm_x : &mm_y, *px = x ? &px_x : &px_y;
    char fixed[64];

    if (puppet->shape->no_area)
        return;
    puppet->options[option] =
        (SANE_Option_Descriptor){.name = name,
                                 .title = name,
                                 .desc = name,
                                 .type = puppet->shape->pixels ? SANE_TYPE_INT : SANE_TYPE_FIXED,
                                 .unit = puppet->shape->pixels ? SANE_UNIT_PIXEL : SANE_UNIT_MM,
                                 .size = sizeof(SANE_Word),
                                 .cap = SANE_CAP_SOFT_SELECT | SANE_CAP_SOFT_DETECT,
                                 .constraint_type = SANE_CONSTRAINT_RANGE,
                                 .constraint.range = puppet->shape->pixels ? px : mm};
    if (told("fixed", fixed) && strcmp(fixed, name) == 0)
        puppet->options[option].cap = SANE_CAP_SOFT_DETECT;
    if (option == BRX || option == BRY)
        puppet->values[option] = puppet->options[option].constraint.range->max;
}

static void button_option(struct puppet *puppet, enum option option, const char *name)
{
    puppet->options[option] =
        (SANE_Option_Descriptor){.name = name,
                                 .title = name,
                                 .desc = name,
                                 .type = SANE_TYPE_BOOL,
                                 .size = sizeof(SANE_Word),
                                 .cap = SANE_CAP_HARD_SELECT | SANE_CAP_SOFT_DETECT |
                                        (puppet->shape->buttons ? 0 : SANE_CAP_INACTIVE)};
}

static void make_options(struct puppet *puppet)
{
    const struct shape *shape = puppet->shape;

    puppet->options[COUNT] = (SANE_Option_Descriptor){.name = "",
                                                      .title = "count",
                                                      .desc = "",
                                                      .type = SANE_TYPE_INT,
                                                      .size = sizeof(SANE_Word),
                                                      .cap = SANE_CAP_SOFT_DETECT};
    for (enum option o = MODE; o < OPTIONS; o++)
        puppet->options[o] = (SANE_Option_Descriptor){.name = "nothing",
                                                      .title = "",
                                                      .desc = "",
                                                      .type = SANE_TYPE_GROUP,
                                                      .cap = SANE_CAP_INACTIVE};
    text_option(puppet, MODE, "mode", told_number("tints", 0) ? modes_tints : shape->modes);
    text_option(puppet, SOURCE, "source", shape->sources);
    text_option(puppet, SIDES, "adf-mode", shape->sides);
    puppet->values[DPI] = shape->list ? 60 : 100;
    if (!shape->no_area)
        puppet->options[DPI] = (SANE_Option_Descriptor){
            .name = "resolution",
            .title = "resolution",
            .desc = "",
            .type = SANE_TYPE_INT,
            .unit = SANE_UNIT_DPI,
            .size = sizeof(SANE_Word),
            .cap = SANE_CAP_SOFT_SELECT | SANE_CAP_SOFT_DETECT,
            .constraint_type = shape->list ? SANE_CONSTRAINT_WORD_LIST : SANE_CONSTRAINT_RANGE,
            .constraint.range = &dpi_range};
    if (shape->list)
        puppet->options[DPI].constraint.word_list = told_number("long", 0) ? dpi_long : dpi_list;
    area_option(puppet, TLX, "tl-x");
    area_option(puppet, TLY, "tl-y");
    area_option(puppet, BRX, "br-x");
    area_option(puppet, BRY, "br-y");
    button_option(puppet, SCAN, "scan");
    button_option(puppet, EMAIL, "email");
}

SANE_Status sane_puppet_open(SANE_String_Const name, SANE_Handle *handle);
SANE_Status sane_puppet_open(SANE_String_Const name, SANE_Handle *handle)
{
    SANE_Status status = act("open", 1);
    struct puppet *puppet;

    if (status != SANE_STATUS_GOOD)
        return status;
    for (size_t i = 0; i < SHAPES; i++) {
        if (strcmp(shapes[i].name, name) != 0)
            continue;
        puppet = calloc(1, sizeof *puppet);
        if (!puppet)
            return SANE_STATUS_NO_MEM;
        puppet->shape = &shapes[i];
        make_options(puppet);
        *handle = puppet;
        return SANE_STATUS_GOOD;
    }
    return SANE_STATUS_INVAL;
}

void sane_puppet_close(SANE_Handle handle);
void sane_puppet_close(SANE_Handle handle)
{
    free(handle);
}

const SANE_Option_Descriptor *sane_puppet_get_option_descriptor(SANE_Handle handle, SANE_Int n);
const SANE_Option_Descriptor *sane_puppet_get_option_descriptor(SANE_Handle handle, SANE_Int n)
{
    struct puppet *puppet = handle;

    return n >= 0 && n < OPTIONS ? &puppet->options[n] : NULL;
}

/* -- values -------------------------------------------------------------------------------------
 */

static void get_value(struct puppet *puppet, SANE_Int n, void *value)
{
    char held[64];

    if (puppet->options[n].type == SANE_TYPE_STRING) {
        memcpy(value, puppet->texts[n], 64);
        return;
    }
    if (n == COUNT)
        *(SANE_Word *)value = OPTIONS;
    else if (n == SCAN || n == EMAIL)
        *(SANE_Word *)value = told("held", held) && strcmp(held, puppet->options[n].name) == 0;
    else
        *(SANE_Word *)value = puppet->values[n];
}

SANE_Status sane_puppet_control_option(SANE_Handle handle, SANE_Int n, SANE_Action action,
                                       void *value, SANE_Int *info);
SANE_Status sane_puppet_control_option(SANE_Handle handle, SANE_Int n, SANE_Action action,
                                       void *value, SANE_Int *info)
{
    struct puppet *puppet = handle;

    if (info)
        *info = 0;
    if (n < 0 || n >= OPTIONS || (puppet->options[n].cap & SANE_CAP_INACTIVE))
        return SANE_STATUS_INVAL;
    if (n != COUNT && told_number("gone", 0))
        return SANE_STATUS_IO_ERROR;
    if (action == SANE_ACTION_GET_VALUE) {
        get_value(puppet, n, value);
        return SANE_STATUS_GOOD;
    }
    if (action != SANE_ACTION_SET_VALUE || n == COUNT || n >= SCAN ||
        !SANE_OPTION_IS_SETTABLE(puppet->options[n].cap))
        return SANE_STATUS_UNSUPPORTED;
    if (puppet->options[n].type == SANE_TYPE_STRING)
        snprintf(puppet->texts[n], 64, "%s", (const char *)value);
    else
        puppet->values[n] = *(SANE_Word *)value;
    if ((n == TLX || n == TLY) && puppet->values[n] > SANE_FIX(told_number("clamp", WIDTH_MM)))
        puppet->values[n] = SANE_FIX(told_number("clamp", WIDTH_MM));
    if (n == DPI && puppet->shape->inexact) { /* its steps are of 64 */
        puppet->values[n] = (puppet->values[n] + 32) / 64 * 64;
        if (info)
            *info = SANE_INFO_INEXACT | SANE_INFO_RELOAD_PARAMS;
    }
    return SANE_STATUS_GOOD;
}

/* -- scanning -----------------------------------------------------------------------------------
 */

static SANE_Int pixels(const struct puppet *puppet, enum option near, enum option far, int whole_mm)
{
    SANE_Word size = puppet->values[far] - puppet->values[near];

    if (puppet->shape->no_area)
        return whole_mm * 10;
    if (puppet->shape->pixels)
        return size + 1;
    return (SANE_Int)lround(SANE_UNFIX(size) / 25.4 * puppet->values[DPI]);
}

static void compute(struct puppet *puppet)
{
    const char *mode = puppet->texts[MODE];
    bool color = strstr(mode, "Color") || !puppet->shape->modes;
    bool bits = strcmp(mode, "Lineart") == 0 || strcmp(mode, "Black & White") == 0;
    SANE_Int width = pixels(puppet, TLX, BRX, WIDTH_MM);

    puppet->p = (SANE_Parameters){.format = color ? SANE_FRAME_RGB : SANE_FRAME_GRAY,
                                  .last_frame = SANE_TRUE,
                                  .pixels_per_line = width,
                                  .lines = pixels(puppet, TLY, BRY, HEIGHT_MM),
                                  .depth = bits ? 1 : 8,
                                  .bytes_per_line = color  ? width * 3
                                                    : bits ? (width + 7) / 8
                                                           : width};
}

SANE_Status sane_puppet_get_parameters(SANE_Handle handle, SANE_Parameters *p);
SANE_Status sane_puppet_get_parameters(SANE_Handle handle, SANE_Parameters *p)
{
    struct puppet *puppet = handle;
    SANE_Status status = puppet->scanning ? act("parameters", puppet->page) : SANE_STATUS_GOOD;

    if (!puppet->scanning)
        compute(puppet);
    *p = puppet->p;
    return status;
}

static bool feeds(const struct puppet *puppet, bool *both)
{
    const char *source = puppet->texts[SOURCE];

    *both = strcmp(source, "ADF Duplex") == 0 ||
            (strstr(source, "Feeder") && strcmp(puppet->texts[SIDES], "Duplex") == 0);
    return strstr(source, "ADF") || strstr(source, "Feeder") || !puppet->shape->modes;
}

SANE_Status sane_puppet_start(SANE_Handle handle);
SANE_Status sane_puppet_start(SANE_Handle handle)
{
    struct puppet *puppet = handle;
    SANE_Status status = act("start", puppet->page + 1);
    bool both, feeder = feeds(puppet, &both);

    poll(NULL, 0, told_number("slow", 0)); /* a lamp that moves takes its time */
    if (status != SANE_STATUS_GOOD)
        return status;
    if (puppet->scanning && told_number("strict", 0))
        return SANE_STATUS_DEVICE_BUSY;
    if (puppet->page == 0)
        puppet->rest = told_number("sheets", 3) * (both ? 2 : 1);
    if (feeder && puppet->rest-- <= 0)
        return SANE_STATUS_NO_DOCS;
    puppet->page++;
    puppet->row = puppet->at = 0;
    compute(puppet);
    puppet->scanning = true;
    return SANE_STATUS_GOOD;
}

static SANE_Byte sample(const struct puppet *puppet, SANE_Int at)
{
    SANE_Int x = puppet->p.format == SANE_FRAME_RGB ? at / 3 : at;

    return (SANE_Byte)((x + 3 * puppet->row + 50 * puppet->page) % 251);
}

SANE_Status sane_puppet_read(SANE_Handle handle, SANE_Byte *data, SANE_Int most, SANE_Int *size);
SANE_Status sane_puppet_read(SANE_Handle handle, SANE_Byte *data, SANE_Int most, SANE_Int *size)
{
    struct puppet *puppet = handle;
    SANE_Status status = puppet->row >= 2 ? act("read", puppet->page) : SANE_STATUS_GOOD;

    *size = 0;
    if (status != SANE_STATUS_GOOD)
        return status;
    if (!puppet->scanning || puppet->row >= puppet->p.lines) {
        puppet->scanning = false;
        return SANE_STATUS_EOF;
    }
    while (*size < most && *size < 1000 && puppet->at < puppet->p.bytes_per_line)
        data[(*size)++] = sample(puppet, puppet->at++);
    if (puppet->at == puppet->p.bytes_per_line) {
        puppet->at = 0;
        puppet->row++;
    }
    return SANE_STATUS_GOOD;
}

void sane_puppet_cancel(SANE_Handle handle);
void sane_puppet_cancel(SANE_Handle handle)
{
    struct puppet *puppet = handle;

    puppet->scanning = false;
    puppet->page = 0;
}

SANE_Status sane_puppet_set_io_mode(SANE_Handle handle, SANE_Bool non_blocking);
SANE_Status sane_puppet_set_io_mode(SANE_Handle handle, SANE_Bool non_blocking)
{
    (void)handle;
    return non_blocking ? SANE_STATUS_UNSUPPORTED : SANE_STATUS_GOOD;
}

SANE_Status sane_puppet_get_select_fd(SANE_Handle handle, SANE_Int *fd);
SANE_Status sane_puppet_get_select_fd(SANE_Handle handle, SANE_Int *fd)
{
    (void)handle;
    (void)fd;
    return SANE_STATUS_UNSUPPORTED;
}
