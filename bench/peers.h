/* bench/peers.h: loads the peers (bench/peer.h) that there are.
 * Neighbours: bench/bench.c; cmake builds the modules (target bench_peers). */
#ifndef WEFT_BENCH_PEERS_H
#define WEFT_BENCH_PEERS_H

#include <stdbool.h>

#include "bench/peer.h"

enum { PEERS_MAX = 8, PEER_TEXT_MAX = 256 };

/* A peer that was looked for, whether it is there or not: a report says so either way. */
typedef struct peer_entry {
    char name[32];
    char note[PEER_TEXT_MAX]; /* version, or why it is missing */
    const bench_peer *peer;   /* NULL: missing */
    void *module;
} peer_entry;

typedef struct peer_list {
    peer_entry items[PEERS_MAX];
    int count;
} peer_list;

/* Whether it is a folder that can be read; if not, errno says why. */
bool peers_readable(const char *folder);

/* Looks for peers in the folder: those that are named, up to NULL, in this order. */
void peers_load(peer_list *peers, const char *folder, const char *const *names);
void peers_unload(peer_list *peers);

#endif
