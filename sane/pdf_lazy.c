/* SPDX-License-Identifier: MIT */
/*
 * The reading of PDF, by libqpdf and with it the library of C++, lives in a module of its own,
 * which is loaded when the first PDF comes; frontends that meet none do without. The function here
 * has the name and type of the one in the module and calls it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>

#include "raster/pdf_page.h"

#define MODULE "wsd-pdf.so"

typedef int reader(int fd, unsigned number, const struct pdf_sink *sink, struct pdf_page *ret);

static reader *module_reader;

/* It lies beside the backend, built or installed. */
static void *load(void)
{
    char path[PATH_MAX];
    Dl_info self;
    const char *slash = dladdr(&module_reader, &self) ? strrchr(self.dli_fname, '/') : NULL;
    size_t n = slash ? (size_t)(slash + 1 - self.dli_fname) : 0;

    if (n == 0 || n + sizeof MODULE > sizeof path)
        return NULL;
    memcpy(path, self.dli_fname, n);
    memcpy(path + n, MODULE, sizeof MODULE);
    return dlopen(path, RTLD_LAZY | RTLD_LOCAL);
}

static void once(void)
{
    void *module = load();

    if (module)
        *(void **)&module_reader = dlsym(module, "pdf_page_read");
}

int pdf_page_read(int fd, unsigned number, const struct pdf_sink *sink, struct pdf_page *ret)
{
    static pthread_once_t done = PTHREAD_ONCE_INIT;

    pthread_once(&done, once);
    if (module_reader)
        return module_reader(fd, number, sink, ret);
    ret->pages = ret->turn = ret->n = 0;
    ret->upside_down = false;
    ret->why = "the module that reads it, " MODULE ", is not there or lacks libqpdf";
    return -ENOTSUP;
}
