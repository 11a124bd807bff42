/* bench/peers/table.h: how a peer with a table of functions finds one.
 * Neighbours: bench/peer.h; every file of this folder includes it once. */
#ifndef WEFT_BENCH_PEERS_TABLE_H
#define WEFT_BENCH_PEERS_TABLE_H

#include <string.h>

#include "bench/peer.h"

typedef struct peer_row {
    const char *name; /* of the case */
    bench_peer_function *function;
} peer_row;

static inline bench_peer_function *peer_find(const peer_row *rows, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].function;
    return NULL;
}

/* Defines what the module exports: `rows` is its table, `unable` NULL or why it cannot run. */
#define PEER_MODULE(peer_name, peer_version, rows, unable)                                         \
    static bench_peer_function *find(const char *case_name)                                        \
    {                                                                                              \
        return peer_find(rows, sizeof(rows) / sizeof(rows)[0], case_name);                         \
    }                                                                                              \
    __attribute__((visibility("default"))) bench_peer_open_function bench_peer_open;               \
    const bench_peer *bench_peer_open(const char **why)                                            \
    {                                                                                              \
        static bench_peer peer;                                                                    \
        peer = (bench_peer){peer_name, peer_version, find};                                        \
        *why = unable;                                                                             \
        return *why ? NULL : &peer;                                                                \
    }

/* A function of the common signature. */
#define PEER_FUNCTION(name)                                                                        \
    static void name(void *restrict dst, const void *restrict a, const void *restrict b,           \
                     const void *restrict c, size_t n)

#endif
