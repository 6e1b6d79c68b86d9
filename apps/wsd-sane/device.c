/* SPDX-License-Identifier: MIT */
/* A SANE device and its options. Their numbers may change with every setting, so names count. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

#define OPTIONS_MAX 1000 /* a backend that says it has more is not believed */
#define TEXT_MAX    1024 /* of an option's value */

/* -- the device ---------------------------------------------------------------------------------
 */

/* Backends tell vendor and model in their list only, which takes them a search. */
static void search_names(struct device *device, bool here)
{
    const SANE_Device **list = NULL;

    if (sane_get_devices(&list, here ? SANE_TRUE : SANE_FALSE) != SANE_STATUS_GOOD)
        return;
    for (; list && *list; list++) {
        if (strcmp((*list)->name, device->name) != 0)
            continue;
        snprintf(device->vendor, sizeof device->vendor, "%s", (*list)->vendor);
        snprintf(device->model, sizeof device->model, "%s", (*list)->model);
        snprintf(device->type, sizeof device->type, "%s", (*list)->type);
    }
}

/* Most devices are at this computer, and the network need not be searched for them. */
static void learn_names(struct device *device)
{
    if (!*device->model)
        search_names(device, true);
    if (!*device->model)
        search_names(device, false);
}

SANE_Status device_open(struct device *device)
{
    SANE_Status status = SANE_STATUS_GOOD;

    if (device->open)
        return status;
    learn_names(device);
    status = sane_open(device->name, &device->handle);
    device->open = status == SANE_STATUS_GOOD;
    return status;
}

void device_close(struct device *device)
{
    if (device->open)
        sane_close(device->handle);
    device->open = false;
}

/* -- options ------------------------------------------------------------------------------------
 */

static SANE_Status trouble;

SANE_Status option_trouble(void)
{
    SANE_Status was = trouble;

    trouble = SANE_STATUS_GOOD;
    return was;
}

/* What a device refuses is its own affair; that it is gone is remembered. */
static bool control(const struct device *device, SANE_Int index, SANE_Action action, void *value)
{
    SANE_Status status = sane_control_option(device->handle, index, action, value, NULL);

    if (status != SANE_STATUS_GOOD && status != SANE_STATUS_INVAL &&
        status != SANE_STATUS_UNSUPPORTED)
        trouble = status;
    return status == SANE_STATUS_GOOD;
}

const SANE_Option_Descriptor *option_find(const struct device *device, const char *name,
                                          SANE_Int *ret_index)
{
    SANE_Int count = 0;

    if (!control(device, 0, SANE_ACTION_GET_VALUE, &count))
        return NULL;
    for (SANE_Int i = 1; i < count && i < OPTIONS_MAX; i++) {
        const SANE_Option_Descriptor *option = sane_get_option_descriptor(device->handle, i);
        if (!option || !option->name || strcmp(option->name, name) != 0)
            continue;
        *ret_index = i;
        return SANE_OPTION_IS_ACTIVE(option->cap) ? option : NULL;
    }
    return NULL;
}

static bool is_number(const SANE_Option_Descriptor *option)
{
    return (option->type == SANE_TYPE_INT || option->type == SANE_TYPE_FIXED) &&
           option->size == (SANE_Int)sizeof(SANE_Word);
}

double option_unfix(const SANE_Option_Descriptor *option, SANE_Word word)
{
    return option->type == SANE_TYPE_FIXED ? SANE_UNFIX(word) : word;
}

static SANE_Word fix(const SANE_Option_Descriptor *option, double value)
{
    double scaled = option->type == SANE_TYPE_FIXED ? value * (1 << SANE_FIXED_SCALE_SHIFT) : value;

    return (SANE_Word)lround(fmin(fmax(scaled, INT32_MIN), INT32_MAX));
}

static SANE_Word nearest(const SANE_Option_Descriptor *option, SANE_Word wanted)
{
    if (option->constraint_type == SANE_CONSTRAINT_RANGE) {
        const SANE_Range *range = option->constraint.range;
        if (range->quant > 0) {
            double steps = round(((double)wanted - range->min) / range->quant);
            double most = floor(((double)range->max - range->min) / range->quant);
            return range->min + (SANE_Word)fmax(fmin(steps, most), 0) * range->quant;
        }
        return wanted < range->min ? range->min : wanted > range->max ? range->max : wanted;
    }
    if (option->constraint_type != SANE_CONSTRAINT_WORD_LIST || option->constraint.word_list[0] < 1)
        return wanted;
    const SANE_Word *list = option->constraint.word_list;
    SANE_Word best = list[1];
    for (SANE_Word i = 2; i <= list[0]; i++)
        if (fabs((double)list[i] - wanted) < fabs((double)best - wanted))
            best = list[i];
    return best;
}

bool option_get_number(const struct device *device, const char *name, double *ret)
{
    SANE_Int index;
    SANE_Word word = 0;
    const SANE_Option_Descriptor *option = option_find(device, name, &index);

    if (!option || !is_number(option) || !control(device, index, SANE_ACTION_GET_VALUE, &word))
        return false;
    *ret = option_unfix(option, word);
    return true;
}

bool option_set_number(const struct device *device, const char *name, double value, double *ret)
{
    SANE_Int index;
    const SANE_Option_Descriptor *option = option_find(device, name, &index);

    if (!option || !is_number(option))
        return false;
    SANE_Word word = nearest(option, fix(option, value));
    if (SANE_OPTION_IS_SETTABLE(option->cap) &&
        !control(device, index, SANE_ACTION_SET_VALUE, &word))
        return false;
    return option_get_number(device, name, ret);
}

bool option_set_text(const struct device *device, const char *name, const char *value)
{
    SANE_Int index;
    char text[TEXT_MAX] = "";
    const SANE_Option_Descriptor *option = option_find(device, name, &index);

    if (!option || option->type != SANE_TYPE_STRING || !SANE_OPTION_IS_SETTABLE(option->cap) ||
        option->size > (SANE_Int)sizeof text)
        return false;
    snprintf(text, sizeof text, "%s", value);
    return control(device, index, SANE_ACTION_SET_VALUE, text);
}

bool option_set_flag(const struct device *device, const char *name, bool value)
{
    SANE_Int index;
    SANE_Bool flag = value ? SANE_TRUE : SANE_FALSE;
    const SANE_Option_Descriptor *option = option_find(device, name, &index);

    return option && option->type == SANE_TYPE_BOOL && SANE_OPTION_IS_SETTABLE(option->cap) &&
           control(device, index, SANE_ACTION_SET_VALUE, &flag);
}

bool option_get_flag(const struct device *device, const SANE_Option_Descriptor *option,
                     SANE_Int index, bool *ret)
{
    SANE_Word word = 0;

    if (option->size != (SANE_Int)sizeof word ||
        !control(device, index, SANE_ACTION_GET_VALUE, &word))
        return false;
    *ret = word != 0;
    return true;
}

bool option_range(const SANE_Option_Descriptor *option, double *ret_low, double *ret_high)
{
    if (!is_number(option))
        return false;
    if (option->constraint_type == SANE_CONSTRAINT_RANGE) {
        *ret_low = option_unfix(option, option->constraint.range->min);
        *ret_high = option_unfix(option, option->constraint.range->max);
        return true;
    }
    if (option->constraint_type != SANE_CONSTRAINT_WORD_LIST || option->constraint.word_list[0] < 1)
        return false;
    *ret_low = *ret_high = option_unfix(option, option->constraint.word_list[1]);
    for (SANE_Word i = 2; i <= option->constraint.word_list[0]; i++) {
        double value = option_unfix(option, option->constraint.word_list[i]);
        *ret_low = fmin(*ret_low, value);
        *ret_high = fmax(*ret_high, value);
    }
    return true;
}
