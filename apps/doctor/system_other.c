/* SPDX-License-Identifier: MIT */
/* Systems that do not tell, or not in a way that is known here. */
#include "doctor/system.h"

bool system_port_holders(bool tcp, uint16_t port, char *ret, size_t size)
{
    (void)tcp;
    (void)port;
    (void)size;
    *ret = 0;
    return false;
}

bool system_checks_reverse_path(const char *interface)
{
    (void)interface;
    return false;
}

bool system_in_container(void)
{
    return false;
}

bool system_runs(const char *name)
{
    (void)name;
    return false;
}

bool system_has_legacy_rules(void)
{
    return false;
}

bool system_reads_rules(void)
{
    return false;
}
