/* bench/affinity.h: contenders of one thread stay on one CPU, where others have processes of their
 * own. A process that the system moves between its samples finds other caches there and, on a
 * virtual machine whose page tables the host shadows, a translation of every page to be made again:
 * measured, a b + 2 c of 16 M took up to twice as long beside Python. Linux only; elsewhere nothing
 * is done. Of the calling thread only; those that it starts inherit it.
 * Neighbours: bench/measure.c (asks), bench/python_peer.py (the same for Python), --pin (chooses
 * the CPUs of all). */
#ifndef WEFT_BENCH_AFFINITY_H
#define WEFT_BENCH_AFFINITY_H

/* The CPUs on which a thread may run. */
typedef struct bench_affinity {
    int count;
    unsigned char set[1024 / 8]; /* a cpu_set_t */
} bench_affinity;

/* Those of the calling thread; count is 0 where it cannot be told. */
void bench_affinity_read(bench_affinity *all);

/* The calling thread stays on the last of them, or may run on all of them again. */
void bench_affinity_stay(const bench_affinity *all);
void bench_affinity_free(const bench_affinity *all);

#endif
