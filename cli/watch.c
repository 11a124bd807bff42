/* cli/watch.c: signal handlers and the progress line.
 * A signal asks a run to stop, and everything is cleaned up on the normal way out. Neighbours:
 * cli/output_file.h, whose temporaries go at once when a mapped file fails (SIGBUS). */
#include "cli/watch.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/output_file.h"
#include "cli/report.h"

/* Seconds until progress is shown first, and between two updates. */
#define FIRST_PROGRESS 0.5
#define NEXT_PROGRESS  0.1
#define PROGRESS_WIDTH 60

static weft_cancel *volatile cancel_wanted;
static volatile sig_atomic_t caught;

static void ask_to_stop(int number)
{
    caught = number;
    weft_cancel_request(cancel_wanted);
}

/* A mapped input was cut short by someone else, or a disk failed: nothing can be saved. */
static void give_up(int number)
{
    static const char message[] = "weft: a mapped file could not be read or written (SIGBUS)\n";
    (void)number;
    output_files_abandon();
    ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);
    (void)ignored;
    _exit(EXIT_FAILED);
}

static void end_now(int number)
{
    output_files_abandon();
    (void)signal(number, SIG_DFL);
    (void)raise(number); /* comes when this handler returns */
}

/* SIGPIPE is ignored: a reader of stderr that goes away must not end a run half-way. */
static struct taken_signal {
    int number;
    void (*handler)(int);
    struct sigaction before;
} signals[] = {
    {.number = SIGINT, .handler = ask_to_stop}, {.number = SIGTERM, .handler = ask_to_stop},
    {.number = SIGHUP, .handler = ask_to_stop}, {.number = SIGBUS, .handler = give_up},
    {.number = SIGPIPE, .handler = SIG_IGN},
};
#define SIGNAL_COUNT (sizeof signals / sizeof signals[0])

/* `stop` stands for ask_to_stop. */
static void take_signals(void (*stop)(int))
{
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        struct taken_signal *taken = &signals[i];
        struct sigaction action = {.sa_handler = taken->handler};
        if (taken->handler == ask_to_stop) {
            action.sa_handler = stop;
        }
        (void)sigemptyset(&action.sa_mask);
        (void)sigaction(taken->number, NULL, &taken->before);
        /* What the caller has ignored (nohup) stays ignored. */
        if (taken->before.sa_handler != SIG_IGN) {
            (void)sigaction(taken->number, &action, NULL);
        }
    }
}

bool watch_start(watch *run, weft_context *context)
{
    *run = (watch){.terminal = isatty(STDERR_FILENO) == 1};
    weft_status status = weft_cancel_create(context, &run->cancel);
    if (status != WEFT_OK) {
        report("%s", weft_status_text(status));
        return false;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &run->start);
    caught = 0;
    cancel_wanted = run->cancel;
    take_signals(ask_to_stop);
    return true;
}

void watch_without_cancel(void)
{
    take_signals(end_now);
}

int watch_signal(void)
{
    return caught;
}

void watch_stop(watch *run)
{
    if (!run->cancel) {
        return;
    }
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        (void)sigaction(signals[i].number, &signals[i].before, NULL);
    }
    cancel_wanted = NULL;
    weft_cancel_destroy(run->cancel);
    *run = (watch){0};
}

void watch_pass_on(void)
{
    if (caught) {
        (void)raise(caught);
    }
}

/* --- progress --------------------------------------------------------------------------------- */

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) * 1e-9;
}

/* "12.3 G": three digits or so and a decimal prefix. */
static void format_quantity(uint64_t value, char *text, size_t size)
{
    static const char *const prefixes[] = {"", " k", " M", " G", " T", " P", " E"};
    double scaled = (double)value;
    size_t i = 0;
    while (scaled >= 999.95 && i + 1 < sizeof prefixes / sizeof prefixes[0]) {
        scaled /= 1000;
        i++;
    }
    (void)snprintf(text, size, "%.*f%s", i > 0 ? 1 : 0, scaled, prefixes[i]);
}

int watch_progress(void *user, uint64_t cost)
{
    watch *run = user;
    char quantity[32];
    char line[400];
    double now = run->terminal ? seconds_since(&run->start) : 0;
    if (now < FIRST_PROGRESS || now < run->shown_at + NEXT_PROGRESS) {
        return 0;
    }
    run->shown_at = now;
    format_quantity(cost, quantity, sizeof quantity);
    (void)snprintf(line, sizeof line, "running: %s element operations, %.1f s", quantity, now);
    (void)fprintf(stderr, "\r%-*s", PROGRESS_WIDTH, line);
    (void)fflush(stderr);
    return 0;
}

void watch_end_progress(watch *run)
{
    if (run->shown_at > 0) {
        (void)fprintf(stderr, "\r%*s\r", PROGRESS_WIDTH, "");
        (void)fflush(stderr);
        run->shown_at = 0;
    }
}
