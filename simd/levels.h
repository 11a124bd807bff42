/* simd/levels.h: the tables of all levels in this build, and the choice among them (weft/level.h).
 * A table holds what its level can do; choosing one is one atomic load. */
#ifndef WEFT_SIMD_LEVELS_H
#define WEFT_SIMD_LEVELS_H

#include <stdatomic.h>
#include <weft/level.h>

#include "isa/base.h"
#include "simd/kernel.h"

/* LEVEL(NAME, name): the levels that this build has beside the scalar one, of weft/level.h's rows;
 * each is a file simd/level_<name>.c. */
#if defined(__x86_64__)
#define WEFT_BUILT_LEVELS(LEVEL) LEVEL(SSE41, sse41) LEVEL(AVX2, avx2) LEVEL(AVX512, avx512)
#elif defined(__aarch64__)
#define WEFT_BUILT_LEVELS(LEVEL) LEVEL(NEON, neon)
#else
#define WEFT_BUILT_LEVELS(LEVEL)
#endif

extern const weft_kernel_table weft_kernels_scalar;
#define WEFT_LEVEL_KERNELS_(NAME, name) extern const weft_kernel_table weft_kernels_##name;
WEFT_BUILT_LEVELS(WEFT_LEVEL_KERNELS_)
#undef WEFT_LEVEL_KERNELS_

/* Table of a level, or of the process's choice for WEFT_LEVEL_AUTO. NULL, with *error filled (or
 * error NULL), where it is not available. */
const weft_kernel_table *weft_level_kernels(weft_level level, weft_error *error);

/* The table of the process's choice once it is made (and WEFT_LEVEL was good), NULL before. */
extern _Atomic(const weft_kernel_table *) weft_process_kernels;

/* Whether the CPU has AVX-512 VPOPCNTDQ and BITALG, which the kernels of AVX-512 use if it does.
 * Known once the level AVX-512 was found. */
extern atomic_bool weft_cpu_has_later;

/* Which levels a CPU can run: bit weft_level. From the registers that CPUID and XGETBV return, so
 * that tests can ask about machines that are not there. */
typedef struct weft_cpu_registers {
    uint32_t max_leaf;
    uint32_t leaf1_ecx, leaf7_ebx;
    uint64_t xcr0; /* 0 where OSXSAVE is not set */
    uint32_t leaf7_ecx;
} weft_cpu_registers;
unsigned weft_cpu_levels(const weft_cpu_registers *cpu);

#endif
