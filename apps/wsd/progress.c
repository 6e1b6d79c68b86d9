/* SPDX-License-Identifier: MIT */
/*
 * The bar shows a share where the size is known (uncompressed formats, whose size follows from
 * ImageInformation) and otherwise moves on with the bytes.
 */
#include "progress.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"

#define BAR_WIDTH   24u
#define REDRAW_MS   100u
#define SLIDE_BYTES 65536u /* a step of a bar without an end */

static void draw_bar(char bar[BAR_WIDTH + 1], const struct progress *p)
{
    memset(bar, '.', BAR_WIDTH);
    bar[BAR_WIDTH] = 0;
    if (p->expected > 0) {
        uint64_t filled = p->bytes >= p->expected ? BAR_WIDTH : p->bytes * BAR_WIDTH / p->expected;
        memset(bar, '#', (size_t)filled);
    } else {
        for (unsigned i = 0; i < 4; i++)
            bar[(p->bytes / SLIDE_BYTES + i) % BAR_WIDTH] = '#';
    }
}

static void draw(struct progress *p)
{
    char bar[BAR_WIDTH + 1], size[32], of[32] = "", share[16] = "";
    uint64_t now = session_now(), spent = now - p->started;

    p->shown = now;
    draw_bar(bar, p);
    if (p->pages > 0)
        snprintf(of, sizeof of, " of %ld", p->pages);
    if (p->expected > 0)
        snprintf(share, sizeof share, " %3u %%",
                 (unsigned)(p->bytes >= p->expected ? 100 : p->bytes * 100 / p->expected));
    fprintf(stderr, "\r\033[Kpage %u%s [%s]%s %s", p->page, of, bar, share,
            p->bytes ? text_bytes(p->bytes, size, sizeof size) : "waiting");
    if (spent > 500 && p->bytes > 0)
        fprintf(stderr, ", %s/s", text_bytes(p->bytes * 1000 / spent, size, sizeof size));
    fflush(stderr);
    p->session->line_open = true;
}

void progress_page(struct progress *p)
{
    p->page++;
    p->bytes = 0;
    p->started = session_now();
    if (p->session->terminal_err && !p->session->quiet)
        draw(p);
}

void progress_bytes(struct progress *p, uint64_t more)
{
    p->bytes += more;
    if (p->session->terminal_err && !p->session->quiet && session_now() - p->shown >= REDRAW_MS)
        draw(p);
}

void progress_wait(struct session *session, const char *what, unsigned seconds)
{
    if (session->quiet)
        return;
    if (session->terminal_err)
        fprintf(stderr, "\r\033[Kwsd: %s; waiting, %u s left (Ctrl-C gives up)", what, seconds);
    else if (!session->line_open)
        fprintf(stderr, "wsd: %s; waiting up to %u s", what, seconds);
    fflush(stderr);
    session->line_open = true;
}
