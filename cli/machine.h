/* cli/machine.h: the facts about this machine that `weft info` shows and `weft bench` states.
 * Neighbours: cli/cmd_info.c, cli/cmd_bench.c. The library chooses its level itself; this only
 * reports. */
#ifndef WEFT_CLI_MACHINE_H
#define WEFT_CLI_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

#define MACHINE_TEXT_MAX 128

/* A feature of the CPU that a level can need. */
typedef struct machine_feature {
    const char *name;
    bool present;
} machine_feature;

typedef struct machine_cache {
    const char *name; /* "L1d" */
    long size;        /* bytes */
    long line;        /* bytes; 0: unknown */
} machine_cache;

#define MACHINE_FEATURES_MAX 8
#define MACHINE_CACHES_MAX   4

typedef struct machine {
    char cpu[MACHINE_TEXT_MAX]; /* model, or "unknown" */
    char architecture[MACHINE_TEXT_MAX];
    char governor[MACHINE_TEXT_MAX]; /* of the first CPU's frequency; "": unknown */
    long online_cpus;                /* 0: unknown */
    machine_feature features[MACHINE_FEATURES_MAX];
    size_t feature_count;
    machine_cache caches[MACHINE_CACHES_MAX]; /* those that are known */
    size_t cache_count;
} machine;

void machine_describe(machine *out);

#endif
