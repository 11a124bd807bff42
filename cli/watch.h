/* cli/watch.h: what goes on around a run: signals that end it, and progress on a terminal.
 * Neighbours: cli/cmd_run.c, cli/cmd_eval.c, cli/output_file.h (temporaries that must not stay). */
#ifndef WEFT_CLI_WATCH_H
#define WEFT_CLI_WATCH_H

#include <stdbool.h>
#include <time.h>

#include <weft/weft.h>

typedef struct watch {
    weft_cancel *cancel; /* for weft_run_options; requested by SIGINT, SIGTERM and SIGHUP */
    struct timespec start;
    double shown_at; /* seconds after start; 0: nothing shown yet */
    bool terminal;   /* stderr is one */
} watch;

/* Takes over the signals until watch_stop. One watch at a time. False, with a report, on failure.
 */
bool watch_start(watch *run, weft_context *context);

/* For work that cannot be cancelled: from now on these signals remove every temporary and end the
 * process at once. */
void watch_without_cancel(void);

/* The signal that asked for the end, or 0. */
int watch_signal(void);

/* For weft_run_options.progress, with a watch as its user. */
int watch_progress(void *user, uint64_t cost);

/* Erases the progress line. */
void watch_end_progress(watch *run);

/* Gives the signals back. A zeroed watch is allowed. */
void watch_stop(watch *run);

/* Ends the process by the signal that was caught, as if it had not been. Call it when all is
 * cleaned up and stopped. Returns only if there was none. */
void watch_pass_on(void);

#endif
