/* SPDX-License-Identifier: MIT */
/*
 * A device as a row of the cache, and back.
 *
 * What is written is what can be read again: a text that the reader would take for damage is
 * refused, cut or left out here. The reader believes nothing, since a file may rot.
 */
#include <string.h>
#include <strings.h>

#include "core/address.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/uri.h"
#include "core/uuid.h"
#include "discovery/cache.h"
#include "discovery/endpoint.h"

static const size_t most[WSD__CACHE_TEXTS] = {
    [WSD__CACHE_KEY] = WSD_MAX_URI,
    [WSD__CACHE_ENDPOINT] = WSD_MAX_URI,
    [WSD__CACHE_TYPES] = WSD_MAX_CACHED_LIST,
    [WSD__CACHE_SCOPES] = WSD_MAX_CACHED_LIST,
    [WSD__CACHE_XADDRS] = WSD_MAX_CACHED_LIST,
    [WSD__CACHE_REFUSED] = WSD_MAX_CACHED_LIST,
    [WSD__CACHE_ADDRESS] = WSD_MAX_CACHED_TEXT,
    [WSD__CACHE_INTERFACE] = WSD_MAX_CACHED_TEXT,
    [WSD__CACHE_FRIENDLY_NAME] = WSD_MAX_CACHED_TEXT,
    [WSD__CACHE_MANUFACTURER] = WSD_MAX_CACHED_TEXT,
    [WSD__CACHE_MODEL_NAME] = WSD_MAX_CACHED_TEXT,
    [WSD__CACHE_SERIAL_NUMBER] = WSD_MAX_CACHED_TEXT,
    [WSD__CACHE_SCAN_SERVICE] = WSD_MAX_URI,
};

/* Bytes of the character at text, 0 if it is none (RFC 3629: shortest form, no surrogates). */
static size_t character(const unsigned char *text, size_t length)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = text[0] < 0x80             ? 1
                  : (text[0] & 0xe0) == 0xc0 ? 2
                  : (text[0] & 0xf0) == 0xe0 ? 3
                  : (text[0] & 0xf8) == 0xf0 ? 4
                                             : 0;
    if (size < 2 || size > length) {
        return size == 1 && text[0] != '\0' ? 1 : 0;
    }
    uint32_t value = text[0] & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
        value = value << 6 | (text[i] & 0x3fu);
    }
    bool valid = value >= least[size] && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
    return valid ? size : 0;
}

static bool is_text(const char *text, size_t length)
{
    for (size_t at = 0, size; at < length; at += size) {
        size = character((const unsigned char *)text + at, length - at);
        if (size == 0) {
            return false;
        }
    }
    return true;
}

/* Text without blanks and control characters: what an item of a list is made of. */
static bool is_word(const char *text)
{
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f) {
            return false;
        }
    }
    return length <= WSD_MAX_URI && is_text(text, length);
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

/* -- the key ---------------------------------------------------------------------------------- */

int wsd__cache_key(const char *endpoint, struct wsd__arena *memory, const char **ret_key,
                   struct wsd_error *reterr)
{
    struct wsd__endpoint_key key;
    char urn[WSD__UUID_URN_SIZE];
    wsd__endpoint_key(0, or_empty(endpoint), &key);
    if (key.length == 0 || key.length > WSD_MAX_URI || !is_text(key.text, key.length)) {
        return wsd__error(reterr, WSD_E_INVALID, "no endpoint reference, or one too long");
    }
    if (key.is_uuid) {
        wsd__uuid_format(key.uuid, urn);
        key.text = urn;
        key.length = strlen(urn);
    }
    *ret_key = wsd__arena_strndup(memory, key.text, key.length);
    return *ret_key != NULL ? 0 : wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
}

/* -- into a row ------------------------------------------------------------------------------- */

static void put(struct wsd__cache_row *row, enum wsd__cache_text column, const char *text,
                size_t length)
{
    row->texts[column].data = text;
    row->texts[column].length = length;
}

static int put_name(struct wsd__cache_row *row, enum wsd__cache_text column, const char *text,
                    struct wsd_error *reterr)
{
    text = or_empty(text);
    size_t length = wsd__error_cut(text, strlen(text), most[column]);
    if (!is_text(text, length)) {
        return wsd__error(reterr, WSD_E_INVALID, "a text that is not UTF-8");
    }
    put(row, column, text, length);
    return 0;
}

/* Appends an item unless the list would become too long. */
static void append(struct wsd__buf *list, const char *item, size_t length)
{
    if (list->length + length + 1 <= WSD_MAX_CACHED_LIST) {
        if (list->length > 0) {
            wsd__buf_putc(list, '\n');
        }
        wsd__buf_append(list, item, length);
    }
}

static int put_list(struct wsd__cache_row *row, enum wsd__cache_text column, struct wsd__buf *list,
                    struct wsd__arena *memory)
{
    const char *copy = wsd__arena_strndup(memory, list->data, list->length);
    int status = list->failed != 0 ? list->failed : copy == NULL ? WSD_E_NO_MEMORY : 0;
    put(row, column, copy, list->length);
    wsd__buf_free(list);
    return status;
}

static int put_uris(struct wsd__cache_row *row, enum wsd__cache_text column,
                    const struct wsd_uri_list *uris, size_t limit, struct wsd__arena *memory)
{
    struct wsd__buf list = WSD__BUF_INIT(WSD_MAX_CACHED_LIST);
    for (size_t i = 0; i < uris->n_items && i < limit; i++) {
        if (uris->items[i][0] != '\0' && is_word(uris->items[i])) {
            append(&list, uris->items[i], strlen(uris->items[i]));
        }
    }
    return put_list(row, column, &list, memory);
}

static int put_types(struct wsd__cache_row *row, const struct wsd_qname_list *types,
                     struct wsd__arena *memory)
{
    struct wsd__buf list = WSD__BUF_INIT(WSD_MAX_CACHED_LIST);
    struct wsd__buf item = WSD__BUF_INIT(WSD_MAX_CACHED_ROW);
    for (size_t i = 0; i < types->n_items && i < WSD_MAX_TYPES; i++) {
        const struct wsd_qname *type = &types->items[i];
        const char *ns = or_empty(type->ns), *prefix = or_empty(type->prefix);
        const char *local = or_empty(type->local);
        wsd__buf_clear(&item);
        if (is_word(ns) && local[0] != '\0' && is_word(local) && is_word(prefix) &&
            wsd__buf_printf(&item, "%s %s %s", ns, local, prefix) >= 0) {
            append(&list, item.data, item.length);
        }
    }
    list.failed = item.failed != 0 ? item.failed : list.failed;
    wsd__buf_free(&item);
    return put_list(row, WSD__CACHE_TYPES, &list, memory);
}

static int put_names(const struct wsd_cached *device, struct wsd__cache_row *row,
                     struct wsd_error *reterr)
{
    const char *const names[WSD__CACHE_TEXTS] = {
        [WSD__CACHE_ADDRESS] = device->target.address,
        [WSD__CACHE_INTERFACE] = device->target.interface_,
        [WSD__CACHE_FRIENDLY_NAME] = device->friendly_name,
        [WSD__CACHE_MANUFACTURER] = device->manufacturer,
        [WSD__CACHE_MODEL_NAME] = device->model_name,
        [WSD__CACHE_SERIAL_NUMBER] = device->serial_number,
    };
    const char *service = or_empty(device->scan_service);
    int status = 0;
    for (int i = WSD__CACHE_ADDRESS; i <= WSD__CACHE_SERIAL_NUMBER && status == 0; i++) {
        status = put_name(row, (enum wsd__cache_text)i, names[i], reterr);
    }
    put(row, WSD__CACHE_SCAN_SERVICE, service, is_word(service) ? strlen(service) : 0);
    return status;
}

int wsd__cache_encode(const struct wsd_cached *device, int64_t now, struct wsd__arena *memory,
                      struct wsd__cache_row *ret, struct wsd_error *reterr)
{
    const struct wsd_target *target = &device->target;
    const char *key = NULL;
    int status = wsd__cache_key(target->endpoint, memory, &key, reterr);
    if (status < 0) {
        return status;
    }
    put(ret, WSD__CACHE_KEY, key, strlen(key));
    /* As the device writes it, but for the blanks around. */
    const char *endpoint = target->endpoint + strspn(target->endpoint, " \t\r\n");
    size_t length = strlen(endpoint);
    while (strchr(" \t\r\n", endpoint[length - 1]) != NULL) {
        length--;
    }
    put(ret, WSD__CACHE_ENDPOINT, endpoint, length);
    status = put_types(ret, &target->types, memory);
    if (status == 0) {
        status = put_uris(ret, WSD__CACHE_SCOPES, &target->scopes, WSD_MAX_SCOPES, memory);
    }
    if (status == 0) {
        status = put_uris(ret, WSD__CACHE_XADDRS, &target->xaddrs, WSD_MAX_XADDRS, memory);
    }
    if (status == 0) {
        status = put_uris(ret, WSD__CACHE_REFUSED, &target->refused, WSD_MAX_XADDRS, memory);
    }
    if (status == 0) {
        status = put_names(device, ret, reterr);
    }
    ret->numbers[WSD__CACHE_METADATA_VERSION] = target->metadata_version;
    ret->numbers[WSD__CACHE_INSTANCE_ID] = target->instance_id;
    ret->numbers[WSD__CACHE_FIRST_SEEN] = device->first_seen > 0 ? device->first_seen : now;
    ret->numbers[WSD__CACHE_LAST_SEEN] = device->last_seen > 0 ? device->last_seen : now;
    ret->numbers[WSD__CACHE_DESCRIBED_VERSION] = target->metadata_version;
    return status < 0 ? wsd__error(reterr, status, NULL) : 0;
}

/* -- out of a row ----------------------------------------------------------------------------- */

/* The lines of a text, each a string; the text is cut up. */
static int split(char *text, size_t limit, struct wsd__arena *memory, struct wsd_uri_list *ret)
{
    size_t count = text[0] != '\0' ? 1 : 0, n = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
        count++;
    }
    count = count < limit ? count : limit;
    const char **items = wsd__arena_alloc(memory, count * sizeof *items);
    if (items == NULL) {
        return WSD_E_NO_MEMORY;
    }
    for (char *at = text, *end; n < count; at = end + 1) {
        end = at + strcspn(at, "\n");
        *end = '\0';
        items[n++] = at;
    }
    *ret = (struct wsd_uri_list){items, count};
    return 0;
}

static int take_uris(char *text, size_t limit, struct wsd__arena *memory, struct wsd_uri_list *ret)
{
    int status = split(text, limit, memory, ret);
    for (size_t i = 0; status == 0 && i < ret->n_items; i++) {
        status = ret->items[i][0] != '\0' && is_word(ret->items[i]) ? 0 : 1;
    }
    return status;
}

static int take_types(char *text, struct wsd__arena *memory, struct wsd_qname_list *ret)
{
    struct wsd_uri_list lines;
    if (split(text, WSD_MAX_TYPES, memory, &lines) < 0) {
        return WSD_E_NO_MEMORY;
    }
    struct wsd_qname *types = wsd__arena_alloc(memory, lines.n_items * sizeof *types);
    if (types == NULL) {
        return WSD_E_NO_MEMORY;
    }
    for (size_t i = 0; i < lines.n_items; i++) {
        char *ns = (char *)(uintptr_t)lines.items[i];
        char *local = strchr(ns, ' '), *prefix = local != NULL ? strchr(local + 1, ' ') : NULL;
        if (prefix == NULL) {
            return 1;
        }
        *local++ = '\0';
        *prefix++ = '\0';
        types[i] = (struct wsd_qname){ns, local, prefix};
        if (!is_word(ns) || local[0] == '\0' || !is_word(local) || !is_word(prefix)) {
            return 1;
        }
    }
    *ret = (struct wsd_qname_list){types, lines.n_items};
    return 0;
}

static bool is_sound(const struct wsd__cache_row *row)
{
    for (int i = 0; i < WSD__CACHE_TEXTS; i++) {
        if (row->texts[i].length > most[i] || row->texts[i].data == NULL ||
            !is_text(row->texts[i].data, row->texts[i].length)) {
            return false;
        }
    }
    for (int i = 0; i < WSD__CACHE_NUMBERS; i++) {
        bool wide = i == WSD__CACHE_FIRST_SEEN || i == WSD__CACHE_LAST_SEEN;
        if (row->numbers[i] < 0 || (!wide && row->numbers[i] > UINT32_MAX)) {
            return false;
        }
    }
    return true;
}

static int take_target(const struct wsd__cache_row *row, char *const *texts,
                       struct wsd__arena *memory, struct wsd_target *ret)
{
    int status = take_types(texts[WSD__CACHE_TYPES], memory, &ret->types);
    if (status == 0) {
        status = take_uris(texts[WSD__CACHE_SCOPES], WSD_MAX_SCOPES, memory, &ret->scopes);
    }
    if (status == 0) {
        status = take_uris(texts[WSD__CACHE_XADDRS], WSD_MAX_XADDRS, memory, &ret->xaddrs);
    }
    if (status == 0) {
        status = take_uris(texts[WSD__CACHE_REFUSED], WSD_MAX_XADDRS, memory, &ret->refused);
    }
    ret->endpoint = texts[WSD__CACHE_ENDPOINT];
    ret->address = texts[WSD__CACHE_ADDRESS];
    ret->interface_ = texts[WSD__CACHE_INTERFACE];
    ret->metadata_version = (uint32_t)row->numbers[WSD__CACHE_METADATA_VERSION];
    ret->instance_id = (uint32_t)row->numbers[WSD__CACHE_INSTANCE_ID];
    return status;
}

int wsd__cache_decode(const struct wsd__cache_row *row, struct wsd__arena *memory,
                      struct wsd_cached *ret)
{
    char *texts[WSD__CACHE_TEXTS];
    const char *key = NULL;
    if (!is_sound(row)) {
        return 1;
    }
    for (int i = 0; i < WSD__CACHE_TEXTS; i++) {
        texts[i] = wsd__arena_strndup(memory, row->texts[i].data, row->texts[i].length);
        if (texts[i] == NULL) {
            return WSD_E_NO_MEMORY;
        }
    }
    memset(ret, 0, sizeof *ret);
    int status = wsd__cache_key(texts[WSD__CACHE_ENDPOINT], memory, &key, NULL);
    if (status < 0) {
        return status == WSD_E_NO_MEMORY ? status : 1;
    }
    if (strcmp(key, texts[WSD__CACHE_KEY]) != 0 || !is_word(texts[WSD__CACHE_SCAN_SERVICE])) {
        return 1;
    }
    status = take_target(row, texts, memory, &ret->target);
    ret->first_seen = row->numbers[WSD__CACHE_FIRST_SEEN];
    ret->last_seen = row->numbers[WSD__CACHE_LAST_SEEN];
    ret->friendly_name = texts[WSD__CACHE_FRIENDLY_NAME];
    ret->manufacturer = texts[WSD__CACHE_MANUFACTURER];
    ret->model_name = texts[WSD__CACHE_MODEL_NAME];
    ret->serial_number = texts[WSD__CACHE_SERIAL_NUMBER];
    ret->scan_service = texts[WSD__CACHE_SCAN_SERVICE];
    ret->described_version = (uint32_t)row->numbers[WSD__CACHE_DESCRIBED_VERSION];
    return status;
}

/* -- hosts ------------------------------------------------------------------------------------ */

static bool same_host(struct wsd__slice a, struct wsd__slice b)
{
    struct wsd__address left, right;
    if (wsd__address_parse(a.data, a.length, &left) &&
        wsd__address_parse(b.data, b.length, &right)) {
        return wsd__address_equal(&left, &right);
    }
    return a.length == b.length && strncasecmp(a.data, b.data, a.length) == 0;
}

bool wsd__cache_names_host(const struct wsd_target *target, const char *url)
{
    struct wsd__uri uri, other;
    const char *address = or_empty(target->address);
    if (!wsd__uri_parse(url, strlen(url), &uri)) {
        return false;
    }
    if (same_host(uri.host, (struct wsd__slice){address, strcspn(address, "%")})) {
        return true;
    }
    for (size_t i = 0; i < target->xaddrs.n_items; i++) {
        const char *text = target->xaddrs.items[i];
        if (wsd__uri_parse(text, strlen(text), &other) && same_host(uri.host, other.host)) {
            return true;
        }
    }
    return false;
}
