/* simd/levels.c: which levels this machine has, and which one is used (simd/levels.h). */
#include "simd/levels.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

static const struct {
    const char *name;
    const weft_kernel_table *kernels; /* NULL: not in this build */
} levels[WEFT_LEVEL_COUNT] = {[WEFT_LEVEL_AUTO] = {"auto", NULL},
#define ROW(NAME, value, text, words) [WEFT_LEVEL_##NAME].name = text,
                              WEFT_LEVEL_TABLE(ROW)
#undef ROW
                                  [WEFT_LEVEL_SCALAR]
                                      .kernels = &weft_kernels_scalar,
#define ROW(NAME, name) [WEFT_LEVEL_##NAME].kernels = &weft_kernels_##name,
                              WEFT_BUILT_LEVELS(ROW)
#undef ROW
};

/* The levels, from low to high. */
static const weft_level rising[] = {
#define ROW(NAME, value, text, words) WEFT_LEVEL_##NAME,
    WEFT_LEVEL_TABLE(ROW)
#undef ROW
};

#define ROW(NAME, value, text, words)                                                              \
    _Static_assert((value) > 0 && (value) < WEFT_LEVEL_COUNT,                                      \
                   "values of levels (weft/level.h) are 1, 2, ... without gaps");
WEFT_LEVEL_TABLE(ROW)
#undef ROW

const char *weft_level_name(weft_level level)
{
    return (unsigned)level < WEFT_LEVEL_COUNT ? levels[level].name : "unknown";
}

weft_level weft_level_from_name(const char *name)
{
    if (name)
        for (int level = WEFT_LEVEL_SCALAR; level < WEFT_LEVEL_COUNT; level++)
            if (strcmp(levels[level].name, name) == 0)
                return (weft_level)level;
    return WEFT_LEVEL_AUTO;
}

/* Bits of the registers, Intel SDM volume 2A, CPUID. */
enum {
    LEAF1_FMA = 1 << 12,
    LEAF1_SSE41 = 1 << 19,
    LEAF1_AVX = 1 << 28,
    LEAF1_F16C = 1 << 29,
    LEAF7_AVX2 = 1 << 5,
    LEAF7_AVX512F = 1 << 16,
    LEAF7_AVX512DQ = 1 << 17,
    LEAF7_AVX512CD = 1 << 28,
    LEAF7_VBMI2 = 1 << 6,      /* of ECX */
    LEAF7_BITALG = 1 << 12,    /* of ECX */
    LEAF7_VPOPCNTDQ = 1 << 14, /* of ECX */
    LEAF7_AVX512BW = 1 << 30,
    XCR0_AVX = 6,      /* XMM and YMM state are saved */
    XCR0_AVX512 = 0xe6 /* and mask registers and ZMM state */
};
#define LEAF7_AVX512VL (UINT32_C(1) << 31)

static bool all_set(uint64_t bits, uint64_t wanted)
{
    return (bits & wanted) == wanted;
}

atomic_bool weft_cpu_has_later;

/* What a level of x86-64 wants: all of these bits. */
static const struct {
    weft_level level;
    uint32_t leaf1_ecx, leaf7_ebx;
    uint64_t xcr0;
} needs[] = {
    {WEFT_LEVEL_SSE41, LEAF1_SSE41, 0, 0},
    {WEFT_LEVEL_AVX2, LEAF1_SSE41 | LEAF1_AVX | LEAF1_FMA | LEAF1_F16C, LEAF7_AVX2, XCR0_AVX},
    {WEFT_LEVEL_AVX512, LEAF1_SSE41 | LEAF1_AVX | LEAF1_FMA | LEAF1_F16C,
     LEAF7_AVX2 | LEAF7_AVX512F | LEAF7_AVX512DQ | LEAF7_AVX512CD | LEAF7_AVX512BW | LEAF7_AVX512VL,
     XCR0_AVX512},
};

unsigned weft_cpu_levels(const weft_cpu_registers *cpu)
{
    const uint32_t leaf1 = cpu->max_leaf >= 1 ? cpu->leaf1_ecx : 0;
    const uint32_t leaf7 = cpu->max_leaf >= 7 ? cpu->leaf7_ebx : 0;
    unsigned found = 1u << WEFT_LEVEL_SCALAR;
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++)
        if (all_set(leaf1, needs[i].leaf1_ecx) && all_set(leaf7, needs[i].leaf7_ebx) &&
            all_set(cpu->xcr0, needs[i].xcr0))
            found |= 1u << needs[i].level;
    return found;
}

#if defined(__x86_64__)
static unsigned machine_levels(void)
{
    weft_cpu_registers cpu = {0};
    uint32_t a, b, c, d;
    cpu.max_leaf = (uint32_t)__get_cpuid_max(0, NULL);
    if (cpu.max_leaf >= 1 && __get_cpuid(1, &a, &b, &c, &d))
        cpu.leaf1_ecx = c;
    if (cpu.max_leaf >= 7 && __get_cpuid_count(7, 0, &a, &b, &c, &d))
        cpu.leaf7_ebx = b, cpu.leaf7_ecx = c;
    if (cpu.leaf1_ecx >> 27 & 1) { /* OSXSAVE: XGETBV may be asked what the system saves */
        __asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
        cpu.xcr0 = (uint64_t)d << 32 | a;
    }
    const bool later =
        cpu.max_leaf >= 7 && all_set(cpu.leaf7_ecx, LEAF7_VBMI2 | LEAF7_BITALG | LEAF7_VPOPCNTDQ);
    atomic_store_explicit(&weft_cpu_has_later, later, memory_order_relaxed);
    return weft_cpu_levels(&cpu);
}
#elif defined(__aarch64__)
static unsigned machine_levels(void)
{
    return 1u << WEFT_LEVEL_SCALAR | 1u << WEFT_LEVEL_NEON; /* NEON is part of the baseline */
}
#else
static unsigned machine_levels(void)
{
    return 1u << WEFT_LEVEL_SCALAR;
}
#endif

int weft_level_available(weft_level level)
{
    static atomic_uint known; /* 0: not asked yet; every thread would find the same */
    if ((unsigned)level >= WEFT_LEVEL_COUNT || !levels[level].kernels)
        return 0;
    unsigned found = atomic_load_explicit(&known, memory_order_relaxed);
    if (!found) {
        found = machine_levels();
        atomic_store_explicit(&known, found, memory_order_relaxed);
    }
    return (int)(found >> level & 1);
}

static weft_status check_level(weft_level level, const char *asked, weft_error *error)
{
    if (weft_level_available(level))
        return WEFT_OK;
    return weft_fail(error, WEFT_ERR_UNSUPPORTED, "level '%.32s' is not available: %s", asked,
                     level == WEFT_LEVEL_AUTO ? "there is no such level"
                     : (unsigned)level < WEFT_LEVEL_COUNT && levels[level].kernels
                         ? "this machine lacks it"
                         : "this build lacks it");
}

/* The process's choice; threads that make it at once make the same one. */
static weft_status choose(weft_level *level, weft_error *error)
{
    static _Atomic int chosen; /* 0: not yet */
    int already = atomic_load_explicit(&chosen, memory_order_acquire);
    if (!already) {
        const char *asked = getenv("WEFT_LEVEL");
        weft_level best = WEFT_LEVEL_SCALAR;
        for (size_t i = 0; i < sizeof rising / sizeof rising[0]; i++)
            if (weft_level_available(rising[i]))
                best = rising[i];
        if (asked && *asked) {
            best = weft_level_from_name(asked);
            weft_status status = check_level(best, asked, error);
            if (status)
                return status; /* not kept: the next call says so again */
        }
        already = (int)best;
        atomic_store_explicit(&chosen, already, memory_order_release);
    }
    *level = (weft_level)already;
    return WEFT_OK;
}

weft_status weft_level_default(weft_level *level, weft_error *error)
{
    weft_error_clear(error);
    if (!level)
        return weft_fail(error, WEFT_ERR_ARG, "weft_level_default needs a place for the level");
    return choose(level, error);
}

_Atomic(const weft_kernel_table *) weft_process_kernels;

const weft_kernel_table *weft_level_kernels(weft_level level, weft_error *error)
{
    if (level == WEFT_LEVEL_AUTO) {
        if (choose(&level, error))
            return NULL;
        atomic_store_explicit(&weft_process_kernels, levels[level].kernels, memory_order_release);
    } else if (check_level(level, weft_level_name(level), error)) {
        return NULL;
    }
    return levels[level].kernels;
}
