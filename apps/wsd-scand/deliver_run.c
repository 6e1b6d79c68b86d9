/* SPDX-License-Identifier: MIT */
/*
 * A command: no shell, no descriptors but its three, a process group of its own, and an end. What
 * it says is kept up to a bound and shown to people later.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "common/text.h"
#include "deliver.h"

struct running {
    pid_t pid;
    int output, error; /* to be read; `error` has the errno when nothing could be executed */
    int64_t until;     /* ms */
    int signal;        /* the last one sent; 0: none */
    char said[DELIVER_MAX_OUTPUT + 1];
    size_t n_said;
};

static int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* -- the child ----------------------------------------------------------------------------------
 */

static void close_others(int but)
{
    struct rlimit most = {.rlim_cur = 1024};

    getrlimit(RLIMIT_NOFILE, &most);
    if (most.rlim_cur > 65536)
        most.rlim_cur = 65536;
    for (int fd = 3; fd < (int)most.rlim_cur; fd++)
        if (fd != but)
            close(fd);
}

static void reset_signals(void)
{
    sigset_t none;

    for (int s = 1; s < NSIG; s++)
        signal(s, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static __attribute__((noreturn)) void child(char *const *arguments, char *const *environment,
                                            const char *input, int output, int error)
{
    setpgid(0, 0);
    reset_signals();
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
#endif
    int in = open(input ? input : "/dev/null", O_RDONLY);
    if (in >= 0 && dup2(in, 0) == 0 && dup2(output, 1) == 1 && dup2(output, 2) == 2 &&
        chdir("/") == 0) {
        close_others(error);
        execvpe(arguments[0], arguments, environment);
    }
    int code = errno;
    _exit(write(error, &code, sizeof code) == (ssize_t)sizeof code ? 127 : 126);
}

/* -- the parent ---------------------------------------------------------------------------------
 */

static void on_child(int s)
{
    (void)s; /* it interrupts ppoll(), which is all it is for */
}

/* False at its end. */
static bool read_output(struct running *run)
{
    char buf[4096];
    ssize_t n = read(run->output, buf, sizeof buf);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    size_t room = DELIVER_MAX_OUTPUT - run->n_said;
    size_t kept = (size_t)n < room ? (size_t)n : room;
    memcpy(run->said + run->n_said, buf, kept);
    run->n_said += kept;
    return n > 0;
}

static void send_signal(struct running *run, int what, uint32_t seconds)
{
    run->signal = what;
    kill(-run->pid, what);
    run->until = now() + (int64_t)seconds * 1000;
}

/* One wait for output, end or time. */
static void wait_some(struct running *run, bool *open, const sigset_t *unblocked)
{
    struct pollfd poll = {.fd = *open ? run->output : -1, .events = POLLIN};
    int64_t left = run->until - now();
    struct timespec time = {.tv_sec = left > 0 ? left / 1000 : 0,
                            .tv_nsec = left > 0 ? left % 1000 * 1000000 : 0};

    if (ppoll(&poll, 1, &time, unblocked) > 0)
        *open = read_output(run);
    if (now() < run->until)
        return;
    if (run->signal == 0)
        send_signal(run, SIGTERM, DELIVER_GRACE_SECONDS);
    else
        send_signal(run, SIGKILL, DELIVER_GRACE_SECONDS);
}

static int await(struct running *run)
{
    struct sigaction action = {.sa_handler = on_child}, old;
    sigset_t blocked, before;
    bool open = true;
    int status = 0;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    sigaction(SIGCHLD, &action, &old);
    sigset_t unblocked = before;
    sigdelset(&unblocked, SIGCHLD);
    for (;;) {
        pid_t done = waitpid(run->pid, &status, WNOHANG);
        if (done == run->pid || (done < 0 && errno != EINTR))
            break;
        wait_some(run, &open, &unblocked);
    }
    /* What it left behind in the background may hold the pipe open: only what is there is read. */
    for (size_t n = SIZE_MAX; open && run->n_said < DELIVER_MAX_OUTPUT && n != run->n_said;) {
        n = run->n_said;
        open = read_output(run);
    }
    if (run->signal)
        kill(-run->pid, SIGKILL);
    sigaction(SIGCHLD, &old, NULL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}

static void describe(const struct running *run, int status, uint32_t seconds, const char *name,
                     struct deliver_ran *ret)
{
    char clean[160];
    int error = 0;

    text_clean(name, clean, sizeof clean);
    if (read(run->error, &error, sizeof error) == (ssize_t)sizeof error) {
        ret->status = -1;
        snprintf(ret->what, sizeof ret->what, "\"%s\" could not be run: %s; correct the command.",
                 clean, strerror(error));
        return;
    }
    ret->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (run->signal)
        snprintf(ret->what, sizeof ret->what,
                 "\"%s\" took longer than %u seconds and was ended; allow it more time or see why "
                 "it hangs.",
                 clean, seconds);
    else if (!WIFEXITED(status))
        snprintf(ret->what, sizeof ret->what, "\"%s\" was ended by signal %d (%s).", clean,
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (ret->status != 0)
        snprintf(ret->what, sizeof ret->what, "\"%s\" ended with status %d; see what it says.",
                 clean, ret->status);
    if (run->signal && ret->status == 0) /* it took TERM for a wish to end well */
        ret->status = 128 + SIGTERM;
    text_clean(run->said, ret->output, sizeof ret->output);
}

static void fail(struct deliver_ran *ret)
{
    ret->status = -1;
    snprintf(ret->what, sizeof ret->what, "No process could be made: %s; close some programs.",
             strerror(errno));
}

void deliver_run(char *const *arguments, char *const *environment, const char *input,
                 uint32_t seconds, struct deliver_ran *ret)
{
    struct running *run = calloc(1, sizeof *run);
    int output[2], error[2];

    *ret = (struct deliver_ran){0};
    if (!run || pipe2(output, O_CLOEXEC) < 0) {
        fail(ret);
        free(run);
        return;
    }
    if (pipe2(error, O_CLOEXEC) < 0) {
        fail(ret);
        close(output[0]);
        close(output[1]);
        free(run);
        return;
    }
    run->output = output[0];
    run->error = error[0];
    fcntl(run->output, F_SETFL, O_NONBLOCK);
    run->until = now() + (int64_t)seconds * 1000;
    run->pid = fork();
    if (run->pid == 0)
        child(arguments, environment, input, output[1], error[1]);
    close(output[1]);
    close(error[1]);
    if (run->pid < 0) {
        fail(ret);
    } else {
        setpgid(run->pid, run->pid);
        int status = await(run);
        describe(run, status, seconds, arguments[0], ret);
    }
    close(output[0]);
    close(error[0]);
    free(run);
}
