/* test_levels: which levels a CPU is said to have, and the choice among them: CPUID and XCR0 of
 * machines that are not here, WEFT_LEVEL in a child process, the context option. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <weft/weft.h>

#include "simd/levels.h"

#define BIT(level) (1u << WEFT_LEVEL_##level)

static const weft_cpu_registers newest = {
    7, /* leaf 1 ECX: FMA, SSE4.1, OSXSAVE, AVX, F16C */
    1u << 12 | 1u << 19 | 1u << 27 | 1u << 28 | 1u << 29,
    /* leaf 7 EBX: AVX2, AVX-512 F, DQ, CD, BW, VL */
    1u << 5 | 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31, 0xe7, 0};

/* Every level that is built is one that some machine can run. */
static void test_needs(void)
{
    const weft_cpu_registers best = {7, UINT32_MAX, UINT32_MAX, UINT64_MAX, UINT32_MAX};
    unsigned built = BIT(SCALAR);
#if defined(__x86_64__)
#define ROW(NAME, name) built |= BIT(NAME);
    WEFT_BUILT_LEVELS(ROW)
#endif
    for (int l = WEFT_LEVEL_SCALAR; l < WEFT_LEVEL_COUNT; l++)
        if ((built & ~weft_cpu_levels(&best)) >> l & 1) {
            fprintf(stderr,
                    "level %s is built, but no machine has it: see needs in simd/levels.c\n",
                    weft_level_name((weft_level)l));
            abort();
        }
}

/* Of the levels that this test knows. */
static unsigned levels_of(const weft_cpu_registers *cpu)
{
    return weft_cpu_levels(cpu) & (BIT(SCALAR) | BIT(SSE41) | BIT(AVX2) | BIT(AVX512));
}

static void test_registers(void)
{
    const unsigned all = BIT(SCALAR) | BIT(SSE41) | BIT(AVX2) | BIT(AVX512);
    weft_cpu_registers cpu = newest;
    assert(levels_of(&cpu) == all);
    cpu.xcr0 = 0x7; /* a system that does not save ZMM registers */
    assert(levels_of(&cpu) == (all & ~BIT(AVX512)));
    cpu.xcr0 = 0x3; /* nor YMM */
    assert(levels_of(&cpu) == (BIT(SCALAR) | BIT(SSE41)));
    cpu = newest;
    cpu.max_leaf = 1; /* leaf 7 holds garbage where it does not exist */
    assert(levels_of(&cpu) == (BIT(SCALAR) | BIT(SSE41)));
    static const unsigned leaf7[] = {16, 17, 28, 30, 31};
    for (int i = 0; i < 5; i++) {
        cpu = newest;
        cpu.leaf7_ebx &= ~(1u << leaf7[i]);
        assert(levels_of(&cpu) == (all & ~BIT(AVX512)));
    }
    static const unsigned leaf1[] = {12, 28, 29};
    for (int i = 0; i < 3; i++) {
        cpu = newest;
        cpu.leaf1_ecx &= ~(1u << leaf1[i]);
        assert(levels_of(&cpu) == (BIT(SCALAR) | BIT(SSE41)));
    }
    cpu = newest;
    cpu.leaf1_ecx &= ~(1u << 19);
    assert(levels_of(&cpu) == BIT(SCALAR));
}

/* In a child, where the choice has not been made: the level that WEFT_LEVEL=name gives, or minus
 * the status. */
static int choice(const char *name)
{
    fflush(stdout);
    pid_t child = fork();
    assert(child >= 0);
    if (child == 0) {
        weft_level level = WEFT_LEVEL_AUTO;
        weft_error error;
        float x = 2, y = 0;
        setenv("WEFT_LEVEL", name, 1);
        weft_status status = weft_level_default(&level, &error);
        weft_context *context;
        if (weft_context_create(NULL, &context) != status || weft_add_f32(&y, &x, &x, 1) != status)
            _exit(100);
        if (status && (error.status != status || !strstr(error.message, "level") || y > 0))
            _exit(101);
        if (!status && (y < 4 || y > 4))
            _exit(102);
        _exit(status ? 64 + (int)status : (int)level);
    }
    int result;
    assert(waitpid(child, &result, 0) == child && WIFEXITED(result));
    return WEXITSTATUS(result);
}

static void test_choice(void)
{
    int best = 0;
    for (int l = WEFT_LEVEL_SCALAR; l < WEFT_LEVEL_COUNT; l++) {
        const char *name = weft_level_name((weft_level)l);
        assert(weft_level_from_name(name) == (weft_level)l);
        int got = choice(name);
        if (weft_level_available((weft_level)l)) {
            assert(got == l);
        } else {
            assert(got == 64 + WEFT_ERR_UNSUPPORTED);
        }
    }
#define BEST(NAME, value, text, words)                                                             \
    if (weft_level_available(WEFT_LEVEL_##NAME))                                                   \
        best = WEFT_LEVEL_##NAME;
    WEFT_LEVEL_TABLE(BEST) /* the last row */
    assert(best >= WEFT_LEVEL_SCALAR && choice("") == best);
    assert(choice("avx9") == 64 + WEFT_ERR_UNSUPPORTED);
    assert(choice("auto") == 64 + WEFT_ERR_UNSUPPORTED);
}

static void test_names(void)
{
    assert(strcmp(weft_level_name(WEFT_LEVEL_AUTO), "auto") == 0);
    assert(strcmp(weft_level_name((weft_level)99), "unknown") == 0);
    assert(weft_level_from_name(NULL) == WEFT_LEVEL_AUTO);
    assert(weft_level_from_name("AVX2") == WEFT_LEVEL_AUTO);
    assert(!weft_level_available(WEFT_LEVEL_AUTO) && !weft_level_available((weft_level)-1));
    assert(weft_level_available(WEFT_LEVEL_SCALAR));
    weft_error error;
    assert(weft_level_default(NULL, &error) == WEFT_ERR_ARG && error.status == WEFT_ERR_ARG);
}

static void test_option(void)
{
    for (uint32_t l = 0; l < WEFT_LEVEL_COUNT + 2u; l++) {
        weft_context_options options = {.size = sizeof options, .level = l};
        weft_context *context;
        weft_status status = weft_context_create(&options, &context);
        weft_status expected = l >= WEFT_LEVEL_COUNT ? WEFT_ERR_ARG
                               : l == 0 || weft_level_available((weft_level)l)
                                   ? WEFT_OK
                                   : WEFT_ERR_UNSUPPORTED;
        assert(status == expected && !context == (status != WEFT_OK));
        weft_context_destroy(context);
    }
}

int main(void)
{
    unsetenv("WEFT_LEVEL");
    test_needs();
    test_registers();
    test_names();
    test_choice();
    test_option();
    puts("levels: all as expected");
    return 0;
}
