/* SPDX-License-Identifier: MIT */
/*
 * wsd-sane-host: one SANE device, in a process of its own. Backends block, crash and hang; here it
 * hurts nobody else, and who started this may end it at any time.
 *
 * main.c has the socket, device.c the device and its options, ability.c says what it can do,
 * words.c reads the words of backends, frames.c makes rows of what it delivers and scan.c makes
 * files of those.
 */
#ifndef WSD_SANE_HOST_H
#define WSD_SANE_HOST_H

#include <json-c/json.h>
#include <sane/sane.h>
#include <stdbool.h>

#include "common/bridge.h"
#include "raster/raster.h"

/* -- words.c ------------------------------------------------------------------------------------
 */

enum source_kind { SOURCE_NONE, SOURCE_PLATEN, SOURCE_FEEDER, SOURCE_DUPLEX };

/* What a value of the option `source` means. */
enum source_kind word_source(const char *value);
/* How well a value of the option `mode` serves for `mode`; 0: not at all. */
int word_mode(const char *value, enum raster_mode mode);
const char *word_kind(enum source_kind kind);
enum source_kind word_kind_find(const char *text);
const char *word_raster(enum raster_mode mode);
bool word_raster_find(const char *text, enum raster_mode *ret);
const char *word_status(SANE_Status status, bool opening);

/* -- device.c -----------------------------------------------------------------------------------
 */

struct device {
    const char *name;
    SANE_Handle handle;
    bool open;
    char vendor[128], model[128], type[128];
};

SANE_Status device_open(struct device *device);
void device_close(struct device *device);

/* The status with which options were last refused because of the device itself; GOOD if none was.
 */
SANE_Status option_trouble(void);
/* An option that is there and active now; NULL if not. */
const SANE_Option_Descriptor *option_find(const struct device *device, const char *name,
                                          SANE_Int *ret_index);
/* Numbers are in the option's unit, whether it is of kind int or fixed. The nearest value that the
 * constraint allows is set, and `ret` says what the device made of it. False: there is no such
 * option, it cannot be set, or the device refuses. */
bool option_set_number(const struct device *device, const char *name, double value, double *ret);
bool option_get_number(const struct device *device, const char *name, double *ret);
bool option_set_text(const struct device *device, const char *name, const char *value);
bool option_set_flag(const struct device *device, const char *name, bool value);
bool option_get_flag(const struct device *device, const SANE_Option_Descriptor *option,
                     SANE_Int index, bool *ret);
bool option_range(const SANE_Option_Descriptor *option, double *ret_low, double *ret_high);
double option_unfix(const SANE_Option_Descriptor *option, SANE_Word word);

/* -- ability.c ----------------------------------------------------------------------------------
 */

/* Chooses source and mode as far as the device has them. False: it has no such. */
bool device_choose_source(const struct device *device, enum source_kind kind);
bool device_choose_mode(const struct device *device, enum raster_mode mode);
void device_choose_resolution(const struct device *device, double dpi_x, double dpi_y,
                              double *ret_x, double *ret_y);
/* The area that the device can scan as it is set now, in inches; false: it has no such options. */
struct area {
    double x, y, width, height;
    bool pixels; /* its options count in pixels */
};
bool device_area(const struct device *device, struct area *ret);
struct json_object *device_ability(const struct device *device);
/* The buttons that are held now, as {"is":"buttons",...}. */
struct json_object *device_buttons(const struct device *device);

/* -- main.c -------------------------------------------------------------------------------------
 */

/* Takes `object`. */
void host_say(struct json_object *object);
void host_say_word(const char *is);
void host_say_failed(SANE_Status status, bool opening, const char *doing);
/* `error`, an errno, is of the file that is being made, and not the device's fault. */
void host_say_error(int error);
void host_data(const void *bytes, size_t size);
/* True once the scan should end; does not wait. */
bool host_is_cancelled(void);

/* -- frames.c -----------------------------------------------------------------------------------
 */

/* The page that sane_start() has begun, cut or filled with white to `width` and `height` pixels if
 * it misses them by little. *ret_status, which must stay, gets the status that ended it early;
 * *ret_unread, which must too, is true until the device has said that there is no more of it. */
int frames_open(const struct device *device, uint32_t width, uint32_t height, double dpi_x,
                double dpi_y, SANE_Status *ret_status, bool *ret_unread, struct raster **ret);
/* Reads what is left of a page: the next may start only then (SANE 4.4). 0, or as above. */
int frames_drain(const struct device *device, SANE_Status *ret_status, bool *ret_unread);

/* -- scan.c -------------------------------------------------------------------------------------
 */

void host_scan(const struct device *device, const struct json_object *wish);

#endif
