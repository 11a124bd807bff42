/* bench/gates/instructions.h: what the counted calls share: contexts and programs that are made
 * before anything is counted. The counts are those of scripts/instruction-gate.
 * Neighbours: bench/gates/instructions.c (the driver), bench/gates/counted_*.c (the calls). */
#ifndef WEFT_BENCH_GATES_INSTRUCTIONS_H
#define WEFT_BENCH_GATES_INSTRUCTIONS_H

#include <weft/weft.h>

/* A call that is counted: `calls` times, the same each time. Its name is "GROUP/WHAT". */
typedef struct counted_case {
    const char *name;
    uint32_t calls;
    weft_status (*call)(void *self);
    void *self;
} counted_case;

enum { COUNTED_MAX = 64 };
typedef struct counted_cases {
    counted_case items[COUNTED_MAX];
    size_t count;
} counted_cases;

/* What every group is given. The context has one thread and strips of COUNTED_STRIP elements, so
 * that neither the machine's CPUs nor its caches can change a count. */
enum { COUNTED_STRIP = 128 };
typedef struct counted_setting {
    const weft_allocator *allocator;
    weft_context *context;
    counted_cases cases;
} counted_setting;

/* Each makes what its calls need and adds them. The first error, with its message. */
weft_status counted_dispatch(counted_setting *setting, weft_error *error);
weft_status counted_runs(counted_setting *setting, weft_error *error);
weft_status counted_programs(counted_setting *setting, weft_error *error);
weft_status counted_compile(counted_setting *setting, weft_error *error);

/* Adds a call; what is beyond COUNTED_MAX is WEFT_ERR_LIMIT. */
weft_status counted_add(counted_setting *setting, const char *name, uint32_t calls,
                        weft_status (*call)(void *self), void *self);

#endif
