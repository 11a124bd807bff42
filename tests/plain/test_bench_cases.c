/* test_bench_cases: every case that `weft bench ops` times gives what the scalar level gives, on
 * the very operands that it is timed with: from the same table and the same generator
 * (bench/ops_calls.h, bench/operands.h). Special values, offsets and red zones are test_kernels'
 * business. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "bench/operands.h"
#include "bench/ops_calls.h"
#include "bench/ops_check.h"
#include "simd/levels.h"
#include "simd/reduce.h"

enum { LONGEST = 1000 };

static _Alignas(64) char in[3][8 * LONGEST], got[8 * LONGEST], expected[8 * LONGEST];

static unsigned opcode_of(const ops_case *c)
{
    const unsigned op = weft_opcode_find(c->operation, strlen(c->operation));
    assert(op < WEFT_OPCODE_COUNT || strcmp(c->operation, "fill") == 0);
    return op;
}

/* The scalar level's result in `expected`. */
static void compute_expected(const ops_case *c, size_t n)
{
    const weft_kernel_table *scalar = weft_level_kernels(WEFT_LEVEL_SCALAR, NULL);
    const unsigned op = opcode_of(c);
    weft_kernel *kernel;
    if (!c->out) {
        weft_reduce_array(scalar, op, c->in[0], expected, in[0], c->in[1] ? in[1] : NULL, n);
        return;
    }
    if (op == WEFT_OPCODE_COUNT)
        kernel = scalar->broadcast[c->out];
    else if (op == WEFT_OP_CVT)
        kernel = scalar->convert[c->out][c->in[0]];
    else
        kernel = weft_kernel_find(scalar, op, c->in[0], c->scalars);
    assert(kernel);
    kernel(expected, in[0], in[1], in[2], n);
}

static int check(const ops_case *c, size_t n)
{
    const ops_arrays arrays = {got, {in[0], in[1], in[2]}, n};
    memset(got, 0, sizeof got);
    memset(expected, 0, sizeof expected);
    for (int k = 0; k < 3; k++)
        if (c->in[k])
            operands_fill(c, k, in[k], n);
    compute_expected(c, n);
    if (c->run(&arrays, 1) == 0 && ops_agree(c, got, expected, n))
        return 0;
    printf("FAILED %s, n %zu\n", c->name, n);
    return 1;
}

int main(void)
{
    static const size_t lengths[] = {1, 17, LONGEST};
    int failed = 0;
    for (size_t i = 0; i < ops_case_count; i++)
        for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++)
            failed += check(&ops_cases[i], lengths[l]);
    printf("%zu cases, %d failed\n", ops_case_count, failed);
    assert(ops_case_count > 800);
    return failed != 0;
}
