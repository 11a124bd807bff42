/* bench/python.h: Python's libraries as contenders: bench/python_peer.py in a process of its own,
 * which is sent arrays and what to compute of them, times a batch when asked and answers with the
 * nanoseconds, so that it takes its turn like any other. There is one such process at a time, as
 * there is one clock.
 * Neighbours: bench/suite_ops.c and bench/engine_python.c (the users), bench/peers.h (where the
 * versions are noted), bench/python_workloads.py (functions that are longer than one line). */
#ifndef WEFT_BENCH_PYTHON_H
#define WEFT_BENCH_PYTHON_H

#include <stdbool.h>
#include <weft/types.h>

#include "bench/peers.h"

/* Something that the process computes when asked. */
typedef struct python_call {
    int number;
} python_call;

/* Starts Python with the script in the peers' folder, which imports the libraries ("numpy",
 * "numexpr", "numba", up to NULL), and notes in the list what came of each. */
void python_start(peer_list *peers, const char *folder, const char *const *libraries);
void python_stop(void);

/* Whether that library was found and the process still answers. */
bool python_has(const char *library);

/* Forgets the arrays and calls there are, for the next case. */
void python_clear(void);

/* Gives the process a copy of a contiguous array under that name, rank 0 being a scalar. "out" is
 * where NumExpr's results go. */
void python_array(const char *name, weft_dtype type, int32_t rank, const int64_t *shape,
                  const void *data);

/* Prepares a call, all of whose arrays are there already. what: an expression, or "@" and the name
 * of a function of bench/python_workloads.py. False where the library cannot do it. */
bool python_prepare(python_call *call, const char *library, int threads, const char *what);

/* For bench_contender.sample; self is a python_call. */
double python_sample(void *self, uint64_t calls);

/* What the last call gave as its result of that number. False if it has not so many bytes. */
bool python_result(const python_call *call, int number, void *to, size_t bytes);

#endif
