/* SPDX-License-Identifier: MIT */
#include "type_words.h"

#include <string.h>
#include <wsd/discovery.h>

#include "common/text.h"

static const struct {
    const char *word;
    struct wsd_qname type;
} words[] = {
    {"scanner", {WSD_NS_SCAN, "ScanDeviceType", "wscn"}},
    {"printer", {WSD_NS_PRINT, "PrintDeviceType", "wprt"}},
    {"device", {WSD_NS_DEVPROF, "Device", "wsdp"}},
    {"computer", {WSD_NS_PUB, "Computer", "pub"}},
};

/* "{namespace}local" or one of the words; what `ret` points to lives in `store`. */
static bool parse(const struct args *args, const char *text, char store[512], struct wsd_qname *ret)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_same(text, words[i].word)) {
            *ret = words[i].type;
            return true;
        }
    char *close = NULL;
    if (*text == '{' && strlen(text) < 512) {
        memcpy(store, text + 1, strlen(text)); /* with its NUL */
        close = strrchr(store, '}');
    }
    if (!close || !close[1] || close == store) {
        usage_error(args,
                    "--type takes scanner, printer, device, computer or {namespace}local, not "
                    "'%s'",
                    text);
        return false;
    }
    *close = 0;
    *ret = (struct wsd_qname){.ns = store, .local = close + 1, .prefix = NULL};
    return true;
}

bool type_words_read(const struct args *args, enum option_id option, struct type_words *ret)
{
    ret->n_types = args->count[option];
    for (size_t i = 0; i < ret->n_types; i++)
        if (!parse(args, args->values[option][i], ret->stores[i], &ret->types[i]))
            return false;
    return true;
}
