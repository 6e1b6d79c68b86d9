/* SPDX-License-Identifier: MIT */
/* What Linux tells in /proc: who holds a port, how strict it is, what runs. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"
#include "doctor/system.h"

#define INODES_MAX   64 /* sockets that share a port */
#define HOLDERS_MAX  8
#define TCP_LISTENS  0x0a
#define PROCESS_NAME 32

struct inodes {
    unsigned long items[INODES_MAX];
    size_t n;
};

/* A line: "sl local:port remote:port st ... inode"; the port in hexadecimal. */
static void gather_inodes(const char *path, bool tcp, uint16_t port, struct inodes *ret)
{
    char line[512], local[64];
    FILE *file = fopen(path, "re");

    while (file && fgets(line, sizeof line, file) && ret->n < INODES_MAX) {
        unsigned state;
        unsigned long inode;
        if (sscanf(line, " %*d: %63s %*s %x %*s %*s %*s %*s %*s %lu", local, &state, &inode) != 3)
            continue;
        const char *colon = strrchr(local, ':');
        if (!colon || strtoul(colon + 1, NULL, 16) != port || (tcp && state != TCP_LISTENS))
            continue;
        ret->items[ret->n++] = inode;
    }
    if (file)
        fclose(file);
}

static bool read_name(const char *process, char ret[PROCESS_NAME])
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%.20s/comm", process);
    FILE *file = fopen(path, "re");
    bool read = file && fgets(ret, PROCESS_NAME, file);
    if (file)
        fclose(file);
    if (read)
        ret[strcspn(ret, "\n")] = 0;
    return read;
}

static bool holds_one(const char *process, const struct inodes *inodes)
{
    char path[64], link[64];
    bool holds = false;
    const struct dirent *entry;

    snprintf(path, sizeof path, "/proc/%.20s/fd", process);
    DIR *folder = opendir(path);
    while (folder && !holds && (entry = readdir(folder)) != NULL) {
        unsigned long inode;
        ssize_t n = readlinkat(dirfd(folder), entry->d_name, link, sizeof link - 1);
        if (n <= 0)
            continue;
        link[n] = 0;
        if (sscanf(link, "socket:[%lu]", &inode) != 1)
            continue;
        for (size_t i = 0; i < inodes->n; i++)
            holds = holds || inodes->items[i] == inode;
    }
    if (folder)
        closedir(folder);
    return holds;
}

/* Calls `look` for each process until it returns true. */
static bool each_process(bool (*look)(void *user, const char *process), void *user)
{
    DIR *folder = opendir("/proc");
    const struct dirent *entry;
    bool found = false;

    while (folder && !found && (entry = readdir(folder)) != NULL)
        found = isdigit((unsigned char)entry->d_name[0]) && look(user, entry->d_name);
    if (folder)
        closedir(folder);
    return found;
}

struct holders {
    struct inodes inodes;
    char *ret;
    size_t size;
    unsigned n;
};

static bool look_for_holder(void *user, const char *process)
{
    struct holders *h = user;
    char name[PROCESS_NAME];

    if (!holds_one(process, &h->inodes) || !read_name(process, name))
        return false;
    text_append(h->ret, h->size, "%s%s (%s)", h->n ? ", " : "", name, process);
    return ++h->n == HOLDERS_MAX;
}

bool system_port_holders(bool tcp, uint16_t port, char *ret, size_t size)
{
    struct holders holders = {.ret = ret, .size = size};

    *ret = 0;
    gather_inodes(tcp ? "/proc/net/tcp" : "/proc/net/udp", tcp, port, &holders.inodes);
    gather_inodes(tcp ? "/proc/net/tcp6" : "/proc/net/udp6", tcp, port, &holders.inodes);
    if (holders.inodes.n > 0)
        each_process(look_for_holder, &holders);
    return holders.n > 0;
}

static int strictness(const char *interface)
{
    char path[96];
    int value = 0;

    snprintf(path, sizeof path, "/proc/sys/net/ipv4/conf/%s/rp_filter", interface);
    FILE *file = fopen(path, "re");
    if (file && fscanf(file, "%d", &value) != 1)
        value = 0;
    if (file)
        fclose(file);
    return value;
}

/* The higher of the two counts; 1 is strict, 2 loose. */
bool system_checks_reverse_path(const char *interface)
{
    int own = strictness(interface), all = strictness("all");

    return (own > all ? own : all) == 1;
}

bool system_in_container(void)
{
    return access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0;
}

static bool look_for_name(void *user, const char *process)
{
    char name[PROCESS_NAME];

    return read_name(process, name) && strcmp(name, user) == 0;
}

bool system_runs(const char *name)
{
    char copy[PROCESS_NAME];

    snprintf(copy, sizeof copy, "%s", name);
    return each_process(look_for_name, copy);
}

bool system_has_legacy_rules(void)
{
    char line[64];
    bool has = false;

    /* Tables of iptables-nft do not stand here. */
    for (int i = 0; i < 2 && !has; i++) {
        FILE *file = fopen(i ? "/proc/net/ip6_tables_names" : "/proc/net/ip_tables_names", "re");
        while (file && !has && fgets(line, sizeof line, file))
            has = strncmp(line, "filter", 6) == 0;
        if (file)
            fclose(file);
    }
    return has;
}

bool system_reads_rules(void)
{
    return true;
}
