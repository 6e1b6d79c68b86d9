/* SPDX-License-Identifier: MIT */
/*
 * What a command costs: its time on the wall, its processor time and its peak memory.
 *
 * A program of its own, because the peak that the system reports begins with the memory of the
 * process that forked: here that is next to nothing.
 *
 * usage: measure REPORT-FILE COMMAND [ARGUMENT ...]    REPORT-FILE becomes one JSON object
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
    must(argc > 2, "usage: measure REPORT-FILE COMMAND [ARGUMENT ...]");
    double begin = now();
    pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
        execvp(argv[2], argv + 2);
        must(0, argv[2]);
    }
    int status = 0;
    struct rusage usage;
    must(wait4(child, &status, 0, &usage) == child, "wait4");
    double end = now();
    FILE *report = fopen(argv[1], "w");
    must(report != NULL, argv[1]);
    fprintf(report,
            "{\"wall\": %.6f, \"user\": %.6f, \"system\": %.6f, \"peak_kib\": %ld, "
            "\"status\": %d, \"ended\": %.6f}\n",
            end - begin, seconds(usage.ru_utime), seconds(usage.ru_stime), usage.ru_maxrss,
            WIFEXITED(status) ? WEXITSTATUS(status) : 128, end);
    must(fclose(report) == 0, argv[1]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
