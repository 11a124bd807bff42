/* bench/numpy.h: NumPy as a contender: bench/numpy_peer.py in a process of its own, which times a
 * batch when asked and answers with the nanoseconds, so that it takes its turn like any other.
 * Neighbours: bench/suite_ops.c (the only user), bench/peers.h (where its version is noted). */
#ifndef WEFT_BENCH_NUMPY_H
#define WEFT_BENCH_NUMPY_H

#include "bench/ops_calls.h"
#include "bench/peers.h"

typedef struct numpy_call {
    const ops_case *ops_case;
    size_t n;
} numpy_call;

/* Starts Python with the script in the peers' folder and notes in the list what came of it. */
void numpy_start(peer_list *peers, const char *folder);

/* Whether NumPy has the case; prepares its arrays. */
bool numpy_prepare(numpy_call *call, const ops_case *c, size_t n);

/* For bench_contender.sample; self is the numpy_call that was prepared last. */
double numpy_sample(void *self, uint64_t calls);

void numpy_stop(void);

#endif
