/* SPDX-License-Identifier: MIT */
/*
 * The text of a wsd.conf. What comes out is within all bounds, defaults where it is not understood;
 * and it comes out the same again, whatever was read in between.
 */
#include "sane/config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sane/bounds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static const char sound[] = "# a comment\nsearch = false\nsearch-time = 1.5\ndevice \"Office\" "
                            "{ address = \"192.0.2.20\" }\ninterfaces = { \"eth0\", \"wlan*\" }\n";

static struct config read_once(const void *bytes, size_t size)
{
    struct config config = {.search = true, .search_ms = SANE_SEARCH_MS};
    char *text = malloc(size + 1);

    require(text != NULL);
    memcpy(text, bytes, size);
    text[size] = 0;
    require(config_take("fuzz", text, size, &config));
    free(text);
    require(config.search_ms >= SANE_SEARCH_MIN_MS && config.search_ms <= SANE_SEARCH_MAX_MS);
    require(config.n_places <= SANE_PLACES_MAX);
    for (size_t i = 0; i < config.n_places; i++)
        require(config.places[i].name && *config.places[i].address);
    return config;
}

static void require_same(const struct config *a, const struct config *b)
{
    size_t n = 0;

    require(a->search == b->search && a->search_ms == b->search_ms);
    require(a->allow_foreign == b->allow_foreign && a->n_places == b->n_places);
    for (size_t i = 0; i < a->n_places; i++)
        require(strcmp(a->places[i].name, b->places[i].name) == 0 &&
                strcmp(a->places[i].address, b->places[i].address) == 0);
    require(!a->interfaces == !b->interfaces);
    for (; a->interfaces && a->interfaces[n]; n++)
        require(b->interfaces[n] && strcmp(a->interfaces[n], b->interfaces[n]) == 0);
    require(!a->interfaces || !b->interfaces[n]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > SANE_CONFIG_MAX) /* nobody gives it more */
        return 0;
    struct config first = read_once(data, size);
    /* What libconfuse keeps from one reading must not show in the next. */
    struct config other = read_once(sound, sizeof sound - 1);
    struct config again = read_once(data, size);

    require(!other.search && other.search_ms == 1500 && other.n_places == 1);
    require(strcmp(other.places[0].address, "192.0.2.20") == 0);
    require(strcmp(other.interfaces[1], "wlan*") == 0 && !other.interfaces[2]);
    require_same(&first, &again);
    config_free(&first);
    config_free(&other);
    config_free(&again);
    return 0;
}
