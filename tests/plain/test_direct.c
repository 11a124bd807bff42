/* test_direct: the direct API (weft/ops.h): results, scalar forms, in-place use, bad input. That
 * every kernel is right is test_kernels' question; here it is whether each function calls its own.
 */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weft/weft.h>

#include "isa/isa.h"
#include "simd/levels.h"
#include "simd/reduce.h"

enum { N = 100 };

/* Every function of the API once, by its own name, against the scalar level's kernel. */
static unsigned long called;
static _Alignas(64) uint64_t A[N], B[N], C[N], GOT[N], EXPECTED[N];

static void prepare(void)
{
    for (int i = 0; i < N; i++) {
        const float x = 0.5f + (float)i, y = 1.25f;
        A[i] = 0x3ff0000000000000u + ((uint64_t)i << 40); /* doubles from 1 on */
        B[i] = 0x3fe8000000000000u + ((uint64_t)i << 32);
        memcpy((char *)&A[i], &x, sizeof x);
        memcpy((char *)&B[i], &y, sizeof y);
        C[i] = 0x0101000100010001u * (uint64_t)(i & 1);
    }
    memset(GOT, 0, sizeof GOT);
    memset(EXPECTED, 0, sizeof EXPECTED);
}

static void compare(const char *name)
{
    called++;
    if (memcmp(GOT, EXPECTED, sizeof GOT) != 0) {
        printf("FAILED %s\n", name);
        abort(); /* the function and its kernel disagree */
    }
    prepare();
}

/* Exact operations have the same bits on all levels; for the others a function that calls another
 * operation's kernel is far beyond this. */
static void compare_floats(const char *name, weft_dtype type)
{
    for (int i = 0; i < N; i++) {
        double got, expected;
        if (type == WEFT_F32) {
            got = (double)((const float *)(const void *)GOT)[i];
            expected = (double)((const float *)(const void *)EXPECTED)[i];
        } else {
            got = ((const double *)(const void *)GOT)[i];
            expected = ((const double *)(const void *)EXPECTED)[i];
        }
        bool good = isnan(expected)   ? isnan(got)
                    : isinf(expected) ? isinf(got) && signbit(got) == signbit(expected)
                                      : fabs(got - expected) <= 1e-6 * fabs(expected);
        if (!good)
            printf("FAILED %s: element %d is %g, expected %g\n", name, i, got, expected);
        assert(good);
    }
    memcpy(GOT, EXPECTED, sizeof GOT);
    compare(name);
}

#define KERNEL(op, type, form) weft_kernel_find(&weft_kernels_scalar, op, type, form)
#define COMPARE(NAME, op, TYPE)                                                                    \
    if (weft_op_row_of(WEFT_OP_##NAME)->ulp_f32 > 0)                                               \
        compare_floats(#op, WEFT_##TYPE);                                                          \
    else                                                                                           \
        compare(#op);
#define VOID(p) ((void *)(p))

static void call_all(void)
{
    prepare();
#define DIRECT_UNARY(NAME, op, TYPE, tag, T)                                                       \
    assert(weft_##op##_##tag(VOID(GOT), VOID(A), N) == WEFT_OK);                                   \
    KERNEL(WEFT_OP_##NAME, WEFT_##TYPE, 0)(EXPECTED, A, NULL, NULL, N);                            \
    COMPARE(NAME, op, TYPE)
#define DIRECT_BINARY(NAME, op, TYPE, tag, T)                                                      \
    assert(weft_##op##_##tag(VOID(GOT), VOID(A), VOID(B), N) == WEFT_OK);                          \
    KERNEL(WEFT_OP_##NAME, WEFT_##TYPE, 0)(EXPECTED, A, B, NULL, N);                               \
    COMPARE(NAME, op, TYPE)                                                                        \
    {                                                                                              \
        T scalar;                                                                                  \
        memcpy(&scalar, &B[0], sizeof scalar);                                                     \
        assert(weft_##op##s_##tag(VOID(GOT), VOID(A), scalar, N) == WEFT_OK);                      \
        KERNEL(WEFT_OP_##NAME, WEFT_##TYPE, 2)(EXPECTED, A, &scalar, NULL, N);                     \
        COMPARE(NAME, op##s, TYPE)                                                                 \
    }
#define DIRECT_COMPARE DIRECT_BINARY
#define DIRECT_TERNARY(NAME, op, TYPE, tag, T)                                                     \
    assert(weft_##op##_##tag(VOID(GOT), VOID(A), VOID(B), VOID(C), N) == WEFT_OK);                 \
    KERNEL(WEFT_OP_##NAME, WEFT_##TYPE, 0)(EXPECTED, A, B, C, N);                                  \
    COMPARE(NAME, op, TYPE)
#define DIRECT_SELECT(TYPE, tag, T)                                                                \
    assert(weft_sel_##tag(VOID(GOT), VOID(C), VOID(A), VOID(B), N) == WEFT_OK);                    \
    KERNEL(WEFT_OP_SEL, WEFT_##TYPE, 0)(EXPECTED, A, B, C, N);                                     \
    compare("sel");
#define DIRECT_MOVE(TYPE, tag, T)                                                                  \
    assert(weft_mov_##tag(VOID(GOT), VOID(A), N) == WEFT_OK);                                      \
    memcpy(EXPECTED, A, N * sizeof(T));                                                            \
    compare("mov");
#define DIRECT_FILL(TYPE, tag, T)                                                                  \
    {                                                                                              \
        T value;                                                                                   \
        memcpy(&value, &A[1], sizeof value);                                                       \
        assert(weft_fill_##tag(VOID(GOT), value, N) == WEFT_OK);                                   \
        for (int i = 0; i < N; i++)                                                                \
            memcpy((char *)EXPECTED + (size_t)i * sizeof value, &value, sizeof value);             \
        compare("fill");                                                                           \
    }
#define DIRECT_CONVERT(TO, to, TO_T, FROM, from, FROM_T)                                           \
    assert(weft_cvt_##to##_##from(VOID(GOT), VOID(A), N) == WEFT_OK);                              \
    weft_kernels_scalar.convert[WEFT_##TO][WEFT_##FROM](EXPECTED, A, NULL, NULL, N);               \
    compare("cvt");
#define DIRECT_REDUCE(NAME, op, TYPE, tag, T, R)                                                   \
    assert(weft_##op##_##tag(VOID(GOT), VOID(A), N) == WEFT_OK);                                   \
    weft_reduce_array(&weft_kernels_scalar, WEFT_OP_##NAME, WEFT_##TYPE, EXPECTED, A, NULL, N);    \
    compare(#op);
#define DIRECT_REDUCE2(NAME, op, TYPE, tag, T, R)                                                  \
    assert(weft_##op##_##tag(VOID(GOT), VOID(A), VOID(B), N) == WEFT_OK);                          \
    weft_reduce_array(&weft_kernels_scalar, WEFT_OP_##NAME, WEFT_##TYPE, EXPECTED, A, B, N);       \
    compare(#op);
#include "vm/ops_api.inc"
    printf("%lu functions called\n", called);
    assert(called > 750);
}

static void test_bad_input(void)
{
    float a[8] = {1, 2, 3, 4, 5, 6, 7, 8}, y[8] = {0}, sum = -1;
    uint8_t flags[8];
    assert(weft_add_f32(NULL, a, a, 4) == WEFT_ERR_ARG);
    assert(weft_add_f32(y, NULL, a, 4) == WEFT_ERR_ARG);
    assert(weft_add_f32(y, a, NULL, 4) == WEFT_ERR_ARG);
    assert(weft_fma_f32(y, a, a, NULL, 4) == WEFT_ERR_ARG);
    assert(weft_exp_f32(y, NULL, 1) == WEFT_ERR_ARG &&
           weft_cvt_f64_f32(NULL, a, 1) == WEFT_ERR_ARG);
    assert(weft_fill_f32(NULL, 1, 1) == WEFT_ERR_ARG);
    assert(weft_add_f32(y, a, a, SIZE_MAX) == WEFT_ERR_ARG);
    assert(weft_add_f32(a + 1, a, y, 4) == WEFT_ERR_ARG);       /* overlap by three, from above */
    assert(weft_add_f32(a, y, a + 1, 4) == WEFT_ERR_ARG);       /* and from below */
    assert(weft_lt_f32((uint8_t *)a, a, y, 4) == WEFT_ERR_ARG); /* elements of another size */
    assert(weft_sum_f32(NULL, a, 4) == WEFT_ERR_ARG && weft_sum_f32(&sum, NULL, 4) == WEFT_ERR_ARG);
    assert(weft_dot_f32(&sum, a, NULL, 4) == WEFT_ERR_ARG);
    for (int i = 0; i < 8; i++)
        assert(a[i] == (float)(i + 1) && y[i] == 0); /* nothing was touched */
    assert(sum == -1);
    assert(weft_add_f32(NULL, NULL, NULL, 0) == WEFT_OK && weft_cvt_f64_f32(NULL, NULL, 0) == 0);
    assert(weft_sum_f32(&sum, NULL, 0) == WEFT_OK && sum == 0);
    assert(weft_add_f32(a + 4, a, a, 4) == WEFT_OK && a[7] == 8); /* side by side is apart */
    assert(weft_mul_f32(a, a, a, 4) == WEFT_OK && a[3] == 16);    /* in place */
    assert(weft_ges_f32(flags, a, 9, 8) == WEFT_OK && !flags[1] && flags[2] && flags[3]);
}

static void test_apply(void)
{
    float a[4] = {1, 2, 3, 4}, b[4] = {5, 6, 7, 8}, y[4] = {0}, sum;
    uint8_t c[4] = {1, 0, 0, 1};
    const void *two[] = {a, b}, *three[] = {c, a, b}, *none[] = {a, NULL};
    uint32_t add = (uint32_t)weft_op_index("add"), sel = (uint32_t)weft_op_index("sel");
    assert(weft_apply(add, WEFT_F32, y, two, 4) == WEFT_OK && y[0] == 6 && y[3] == 12);
    assert(weft_apply(sel, WEFT_F32, y, three, 4) == WEFT_OK && y[0] == 1 && y[1] == 6);
    assert(weft_apply((uint32_t)weft_op_index("dot"), WEFT_F32, &sum, two, 4) == WEFT_OK);
    assert(sum == 70);
    y[0] = -1;
    assert(weft_apply(add, WEFT_F16, y, two, 4) == WEFT_ERR_ARG);
    assert(weft_apply(add, WEFT_F32, y, NULL, 4) == WEFT_ERR_ARG);
    assert(weft_apply(add, WEFT_F32, y, none, 4) == WEFT_ERR_ARG);
    assert(weft_apply(add, WEFT_F32, NULL, two, 4) == WEFT_ERR_ARG);
    assert(weft_apply(weft_op_count(), WEFT_F32, y, two, 4) == WEFT_ERR_ARG);
    assert(weft_apply((uint32_t)weft_op_index("loop"), WEFT_F32, y, two, 4) == WEFT_ERR_ARG);
    assert(weft_apply((uint32_t)weft_op_index("ld"), WEFT_F32, y, two, 4) == WEFT_ERR_ARG);
    assert(y[0] == -1 && weft_op_index("no") == -1 && weft_op_index(NULL) == -1);
    assert(weft_apply(add, WEFT_F32, NULL, NULL, 0) == WEFT_OK);
}

int main(void)
{
    call_all();
    test_bad_input();
    test_apply();
    puts("direct API: all as expected");
    return 0;
}
