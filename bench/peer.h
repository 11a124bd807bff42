/* bench/peer.h: what a peer is: a shared module of functions that do what weft's do, to be timed
 * beside them. One file each in bench/peers/; bench/peers.c loads them at run time, so that neither
 * weft nor its command needs any of them. */
#ifndef WEFT_BENCH_PEER_H
#define WEFT_BENCH_PEER_H

#include <stddef.h>

/* dst[i] = operation(a[i], b[i], c[i]) for i < n, or dst[0] = the reduction. An operand that the
 * case's name calls a scalar (bench/ops_calls.h) is read from its first element. */
typedef void bench_peer_function(void *dst, const void *a, const void *b, const void *c, size_t n);

typedef struct bench_peer {
    const char *name;    /* column of the tables: "gcc" */
    const char *version; /* what a reader needs to get the same numbers */
    /* The function for the case of that name ("add/f32/vv"); NULL where the peer has none. */
    bench_peer_function *(*find)(const char *case_name);
} bench_peer;

/* The one symbol that a module exports. NULL, with *why in words, where this CPU cannot run it. */
typedef const bench_peer *bench_peer_open_function(const char **why);
#define BENCH_PEER_OPEN "bench_peer_open"

#endif
