/* SPDX-License-Identifier: MIT */
/* The functions of libmicrohttpd; see microhttpd.h. */
#include "soap/microhttpd.h"

#include <dlfcn.h>
#include <pthread.h>

struct wsd__mhd wsd__mhd;

static bool loaded;

static void load(void)
{
    void *library = dlopen(MICROHTTPD_LIBRARY, RTLD_LAZY | RTLD_LOCAL);
    bool whole = library != NULL;
#define LOAD(name)                                                                                 \
    *(void **)&wsd__mhd.name = whole ? dlsym(library, "MHD_" #name) : NULL;                        \
    whole = whole && wsd__mhd.name != NULL;
    WSD__MHD(LOAD)
#undef LOAD
    loaded = whole;
    if (!whole && library != NULL)
        dlclose(library);
}

bool wsd__mhd_load(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return loaded;
}
