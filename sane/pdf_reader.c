/* SPDX-License-Identifier: MIT */
/*
 * Reads a page of the PDF that is its standard input, and says to its standard output what it
 * found. libqpdf sets itself no bounds; the system sets them here, and what passes them ends
 * nothing but this process.
 */
#include "pdf_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bounds.h"
#include "common/gather.h"
#include "common/sanitized.h"

/* Where less is allowed already, that holds. */
static bool is_bound(int r)
{
    return r == 0 || errno == EPERM;
}

static bool set_bounds(void)
{
    static const struct rlimit none = {0}, seconds = {SANE_PDF_SECONDS, SANE_PDF_SECONDS},
                               memory = {SANE_PDF_MEMORY, SANE_PDF_MEMORY};

    return is_bound(setrlimit(RLIMIT_CORE, &none)) && is_bound(setrlimit(RLIMIT_CPU, &seconds)) &&
           (!LIMIT_ADDRESSES || is_bound(setrlimit(RLIMIT_AS, &memory)));
}

static int on_bytes(void *user, const void *bytes, size_t size)
{
    uint32_t n = (uint32_t)size;
    int r = n > 0 ? write_all(STDOUT_FILENO, &n, sizeof n) : 0;

    (void)user;
    return r < 0 ? r : write_all(STDOUT_FILENO, bytes, size);
}

static int answer(int result, const struct pdf_page *page)
{
    static const uint32_t end = 0;
    struct pdf_answer answer = {
        .result = result,
        .pages = page->pages,
        .turn = page->turn,
        .upside_down = page->upside_down,
        .n = result < 0 ? 0 : page->n,
    };

    snprintf(answer.why, sizeof answer.why, "%s", page->why ? page->why : "");
    int r = write_all(STDOUT_FILENO, &end, sizeof end);
    if (r == 0)
        r = write_all(STDOUT_FILENO, &answer, sizeof answer);
    return r < 0 ? r : write_all(STDOUT_FILENO, page->images, answer.n * sizeof *page->images);
}

int main(int argc, char **argv)
{
    static const struct pdf_hello hello = {WSD_VERSION, sizeof(struct pdf_image)};
    static const struct pdf_sink sink = {.write = on_bytes};
    static struct pdf_page page;

    if (argc != 2) {
        fputs(PDF_READER " is run by the SANE backend of libwsd, for the PDFs of scanners.\n",
              stderr);
        return 2;
    }
    if (!set_bounds() || write_all(STDOUT_FILENO, &hello, sizeof hello) < 0)
        return 1;
    int r = pdf_page_read(STDIN_FILENO, (unsigned)strtoul(argv[1], NULL, 10), &sink, &page);
    return answer(r, &page) < 0;
}
