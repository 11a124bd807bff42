/* backends/threads.h: the threads of a context, which help a run with a loop. They start when a
 * loop first asks for them, sleep when there is none, and end with the context. One loop at a time
 * has them; another run that asks meanwhile does its work alone. Neighbours: backends/cpu_split.c
 * (cuts loops into pieces). */
#ifndef WEFT_BACKENDS_THREADS_H
#define WEFT_BACKENDS_THREADS_H

#include "isa/base.h"

typedef struct weft_threads weft_threads;

/* Part of a loop, called once for each seat, 0 to seats - 1, or for seat 0 only if the others come
 * too late: it takes pieces of work until none is left, and never waits for another seat. */
typedef void weft_task(void *data, uint32_t seat);

/* `count` threads, the caller's included; none starts yet. With parallel_for those of the user are
 * used instead. NULL: out of memory. */
weft_threads *weft_threads_create(const weft_allocator *allocator, uint32_t count,
                                  weft_parallel_for *parallel_for, void *user);
/* No loop may be under way. NULL is allowed. */
void weft_threads_destroy(weft_threads *threads);

/* Calls task(data, seat) on the calling thread with seat 0, and on at most seats - 1 others;
 * returns when all that began have ended. False: another loop has the threads, nothing was done. */
bool weft_threads_run(weft_threads *threads, uint32_t seats, weft_task *task, void *data);

#endif
