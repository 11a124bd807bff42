/* test_moves: the kernels that move elements between strips and memory, at every level that this
 * machine has, against a loop of memcpy: every type, all lengths up to three vectors and more,
 * every byte offset within 64, steps forwards, backwards and of 0, segments with and without gaps,
 * indices that repeat. Memory and strips have red zones round what may be touched. Usage:
 * test_moves [SEED]; the seed is printed. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/levels.h"

enum {
    LONGEST = 3 * 64 + 1,
    ZONE = 64,
    STRIP = 8 * LONGEST + 3 * ZONE,   /* bytes of a strip and what lies round it */
    MEMORY = LONGEST * 8 * 64 + 4096, /* of the widest step, both ways from the middle */
    MIDDLE = MEMORY / 2 / 64 * 64,    /* where element 0 is, but for an offset */
    TABLE_ROWS = 37
};

/* As the kernels should leave them, and as they do. */
static _Alignas(64) char wanted[MEMORY], memory[MEMORY];
static _Alignas(64) char wanted_strips[WEFT_MAX_SEGMENT][STRIP], strips[WEFT_MAX_SEGMENT][STRIP];
static int64_t indices[LONGEST + 8];

typedef struct move_case {
    const weft_kernel_table *level;
    weft_dtype type;
    size_t n, offset; /* of the memory, in bytes */
    int64_t step, component;
    unsigned k;
} move_case;

static void report(const move_case *c, const char *what)
{
    if (test_failed++ < 20)
        printf("FAILED %s %s.%s: n %zu, offset %zu, step %lld, component %lld, k %u\n",
               c->level->name, what, weft_dtype_name(c->type), c->n, c->offset, (long long)c->step,
               (long long)c->component, c->k);
}

/* Random bytes everywhere that matters: within `reach` of the middle of the memory. They come from
 * a pool, at another place each time. */
static void prepare(size_t reach)
{
    static char pool[MEMORY + 4096];
    static bool filled;
    for (size_t i = 0; i < sizeof pool && !filled; i += 8) {
        uint64_t bits = test_bits();
        if (bits >> 62 == 0) /* bools that are false, and others that are not 1 */
            bits &= UINT64_C(0xff00ff0001000300);
        memcpy(pool + i, &bits, 8);
    }
    filled = true;
    const char *from = pool + test_bits() % 4096;
    memcpy(memory + MIDDLE - reach, from, 2 * reach);
    memcpy(wanted + MIDDLE - reach, from, 2 * reach);
    memcpy(strips, pool + test_bits() % 4096, sizeof strips);
    memcpy(wanted_strips, strips, sizeof strips);
}

static void compare(const move_case *c, size_t reach, const char *what)
{
    test_checked++;
    if (memcmp(memory + MIDDLE - reach, wanted + MIDDLE - reach, 2 * reach) != 0 ||
        memcmp(strips, wanted_strips, sizeof strips) != 0)
        report(c, what);
}

/* One element, bools made 0 or 1 where they are read. */
static void copy_one(weft_dtype type, char *to, const char *from, bool load)
{
    memcpy(to, from, weft_dtype_size(type));
    if (load && type == WEFT_BOOL)
        *to = *to != 0;
}

/* --- strided and segments --------------------------------------------------------------------- */

static void expect_moved(const move_case *c, bool load)
{
    const size_t size = weft_dtype_size(c->type);
    for (unsigned k = 0; k < c->k; k++)
        for (size_t i = 0; i < c->n; i++) {
            char *at = wanted + MIDDLE + c->offset + (int64_t)i * c->step + k * c->component;
            char *lane = wanted_strips[k] + ZONE + i * size;
            if (load)
                copy_one(c->type, lane, at, true);
            else
                copy_one(c->type, at, lane, false);
        }
}

static void check_moved(const move_case *c)
{
    char *at = memory + MIDDLE + c->offset;
    void *to[WEFT_MAX_SEGMENT];
    const void *from[WEFT_MAX_SEGMENT];
    int64_t widest = (c->step < 0 ? -c->step : c->step) * (int64_t)c->n + 16 * 8 + 256;
    size_t reach = ((size_t)widest + (size_t)(16 * 24)) / 64 * 64;
    assert(reach < MIDDLE - 64);
    for (unsigned k = 0; k < c->k; k++)
        from[k] = to[k] = strips[k] + ZONE;
    for (int load = 0; load < 2; load++) {
        if (!load && c->step == 0 && c->n > 1)
            continue; /* elements would be stored over each other */
        prepare(reach);
        expect_moved(c, load);
        if (load)
            c->level->load_segment[c->type](to, at, c->k, c->step, c->component, c->n);
        else
            c->level->store_segment[c->type](at, from, c->k, c->step, c->component, c->n);
        compare(c, reach, load ? "load_segment" : "store_segment");
        if (c->k > 1)
            continue;
        prepare(reach);
        expect_moved(c, load);
        if (load)
            c->level->load_strided[c->type](to[0], at, c->step, c->n);
        else
            c->level->store_strided[c->type](at, from[0], c->step, c->n);
        compare(c, reach, load ? "load_strided" : "store_strided");
    }
}

/* Elements of k values with gaps between values and elements, forwards or backwards. */
static void check_steps(move_case *c, int64_t value_gap, int64_t element_gap)
{
    const int64_t size = (int64_t)weft_dtype_size(c->type);
    c->component = size + value_gap;
    c->step = c->component * c->k + element_gap;
    check_moved(c);
    c->step = -c->step;
    check_moved(c);
}

static void check_all_moved(const weft_kernel_table *level, weft_dtype type)
{
    static const unsigned counts[] = {1, 2, 3, 4, 5, 16};
    move_case c = {level, type, 0, 0, 0, 0, 1};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        c.k = counts[i];
        for (c.n = 0; c.n <= LONGEST; c.n += c.k > 4 ? 7 : 1) {
            c.offset = c.n % 64;
            check_steps(&c, 0, 0);
            if (c.n % 8 == 1) {
                check_steps(&c, 0, 3);
                check_steps(&c, 5, 0);
                c.step = 0;
                check_moved(&c);
            }
        }
        for (c.offset = 0; c.offset < 64; c.offset++) {
            c.n = 67;
            check_steps(&c, 0, 0);
        }
    }
}

/* --- indexed ---------------------------------------------------------------------------------- */

static int64_t index_at(bool wide, size_t i)
{
    return wide ? indices[i] : ((const int32_t *)indices)[i];
}

static void set_index(bool wide, size_t i, int64_t value)
{
    if (wide)
        indices[i] = value;
    else
        ((int32_t *)indices)[i] = (int32_t)value;
}

static void check_indexed_once(const move_case *c, bool wide)
{
    const size_t size = weft_dtype_size(c->type), reach = 64 * 64;
    char *table = memory + MIDDLE + c->offset;
    for (size_t i = 0; i < c->n; i++)
        set_index(wide, i, (int64_t)(test_bits() >> 8) % TABLE_ROWS);
    for (int gather = 0; gather < 2; gather++) {
        prepare(reach);
        for (size_t i = 0; i < c->n; i++) {
            char *row = wanted + MIDDLE + c->offset + index_at(wide, i) * c->step;
            char *lane = wanted_strips[0] + ZONE + i * size;
            copy_one(c->type, gather ? lane : row, gather ? row : lane, gather);
        }
        if (gather)
            c->level->gather[c->type][wide](strips[0] + ZONE, table, c->step, indices, c->n);
        else
            c->level->scatter[c->type][wide](table, strips[0] + ZONE, c->step, indices, c->n);
        compare(c, reach, gather ? "gather" : "scatter");
    }
}

static void check_indexed(const weft_kernel_table *level, weft_dtype type)
{
    const int64_t size = (int64_t)weft_dtype_size(type);
    const int64_t rows[] = {size, -size, 3 * size, 3 * size + 1, 0, -5 * size};
    move_case c = {level, type, 0, 0, 0, 0, 1};
    for (int wide = 0; wide < 2; wide++)
        for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++)
            for (c.n = 0; c.n <= LONGEST; c.n += r ? 9 : 1) {
                c.offset = c.n % 64;
                c.step = rows[r];
                check_indexed_once(&c, wide);
            }
}

/* Good ones, and one or two bad ones at every place. */
static void check_index_checks(const weft_kernel_table *level)
{
    static const int64_t bad[] = {-1, 100, INT32_MAX, INT32_MIN};
    static const int64_t wide_bad[] = {INT64_MIN, INT64_MAX, INT64_C(1) << 32, -(INT64_C(1) << 32)};
    for (int wide = 0; wide < 2; wide++)
        for (size_t n = 0; n <= LONGEST; n++) {
            for (size_t i = 0; i < LONGEST; i++)
                set_index(wide, i, i < n ? (int64_t)(test_bits() >> 8) % 100 : -1);
            assert(level->check_indices[wide](indices, 100, n) == n);
            assert(level->check_indices[wide](indices, 0, n) == 0);
            if (n == 0)
                continue;
            size_t at = test_bits() % n, later = at + test_bits() % (n - at);
            int64_t value = wide && n % 2 ? wide_bad[n / 2 % 4] : bad[n / 2 % 4];
            set_index(wide, at, value);
            set_index(wide, later, value);
            assert(level->check_indices[wide](indices, 100, n) == at);
            set_index(wide, later, 7);
            set_index(wide, at, INT32_MAX);
            test_checked += 4;
            assert(level->check_indices[wide](indices, INT64_C(1) << 40, n) == n);
            set_index(wide, at, -1);
            assert(level->check_indices[wide](indices, INT64_C(1) << 40, n) == at);
        }
}

static void check_level(const weft_kernel_table *level)
{
    for (int type = 1; type < WEFT_TYPE_COUNT; type++) {
        check_all_moved(level, (weft_dtype)type);
        check_indexed(level, (weft_dtype)type);
    }
    check_index_checks(level);
}

int main(int argc, char **argv)
{
    return test_each_level(argc, argv, 10000, check_level);
}
