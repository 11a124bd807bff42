/* test_stream: stores past the caches (simd/stream.h) give what the kernel itself gives, from every
 * offset to a line, for every element size, with scalars, and touch nothing beside the output; and
 * the direct API takes that way for large outputs without changing a bit. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/weft.h>

#include "simd/levels.h"
#include "simd/stream.h"

enum { ROOM = 8192, ZONE = 128, MOST = 3000 };

static _Alignas(64) unsigned char in[3][ROOM * 8], got[ROOM * 8], expected[ROOM * 8];

static void fill(void)
{
    uint32_t x = 1;
    for (int k = 0; k < 3; k++)
        for (size_t i = 0; i < sizeof in[k]; i++)
            in[k][i] = (unsigned char)((x = x * 1664525 + 1013904223) >> 24);
}

static void check(const weft_kernel_table *kernels, unsigned number, size_t size,
                  const size_t step[3], size_t offset, size_t n)
{
    weft_kernel *kernel = kernels->elementwise[number];
    memset(got, 0xa5, sizeof got);
    memset(expected, 0xa5, sizeof expected);
    const size_t start = ZONE + offset * size;
    kernel(expected + start, in[0], in[1], in[2], n);
    weft_stream_kernel(kernels->stream_copy, kernel, n % 2 ? WEFT_STREAM_LONG : WEFT_STREAM_BRIEF,
                       got + start, size, in[0], in[1], in[2], step, n);
    assert(memcmp(got, expected, sizeof got) == 0);
}

static void check_sizes(const weft_kernel_table *kernels)
{
    static const struct {
        unsigned number;
        size_t size, step[3];
    } cases[] = {
        {WEFT_KERNEL_ADD_u8, 1, {1, 1, 0}},      {WEFT_KERNEL_ADD_u16, 2, {2, 2, 0}},
        {WEFT_KERNEL_ADD_u32, 4, {4, 4, 0}},     {WEFT_KERNEL_ADD_u64, 8, {8, 8, 0}},
        {WEFT_KERNEL_MAD_u32, 4, {4, 4, 4}},     {WEFT_KERNEL_XOR_u32 + 2, 4, {4, 0, 0}},
        {WEFT_KERNEL_SUB_u16 + 1, 2, {0, 2, 0}}, {WEFT_KERNEL_NOT_u64, 8, {8, 0, 0}},
        {WEFT_KERNEL_LT_u32, 1, {4, 4, 0}},      {WEFT_KERNEL_SEL_u64, 8, {8, 8, 1}},
    };
    static const size_t lengths[] = {1, 2, 63, 64, 65, 255, 256, 257, 1024, 1025, 1998, 1999, MOST};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
        for (size_t offset = 0; offset < 64; offset += offset < 4 ? 1 : 7)
            for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++)
                check(kernels, cases[c].number, cases[c].size, cases[c].step, offset, lengths[l]);
}

/* Copies of every length up to four lines from every offset to a line, to every offset. */
static void check_copies(const weft_kernel_table *kernels)
{
    for (size_t bytes = 0; bytes <= 257; bytes++)
        for (size_t to = 0; to < 64; to++) {
            const size_t from = (bytes + 5 * to) % 64;
            memset(got, 0xa5, 1024);
            memset(expected, 0xa5, 1024);
            memcpy(expected + ZONE + to, in[0] + from, bytes);
            kernels->stream_copy(got + ZONE + to, in[0] + from, bytes);
            weft_stream_fence();
            assert(memcmp(got, expected, 1024) == 0);
        }
    kernels->stream_copy(got, in[0], sizeof got - 3);
    assert(memcmp(got, in[0], sizeof got - 3) == 0);
    kernels->stream_copy(NULL, NULL, 0);
}

/* y = a + b and, in place, y = y * 2, of so many elements that the output is large. */
static void check_direct(void)
{
    const size_t n = WEFT_STREAM_BYTES / sizeof(float) + 37;
    float *a = malloc(n * sizeof *a), *y = malloc((n + 2) * sizeof *y);
    assert(a && y);
    for (size_t i = 0; i < n; i++)
        a[i] = (float)(i % 1000);
    y[0] = y[n + 1] = -1;
    assert(weft_add_f32(y + 1, a, a, n) == WEFT_OK);
    for (size_t i = 0; i < n; i++)
        assert(y[i + 1] == a[i] + a[i]);
    assert(weft_muls_f32(y + 1, y + 1, 2, n) == WEFT_OK);
    for (size_t i = 0; i < n; i++)
        assert(y[i + 1] == 4 * a[i]);
    assert(weft_fill_f32(y + 1, 3, n) == WEFT_OK);
    for (size_t i = 0; i < n; i++)
        assert(y[i + 1] == 3);
    assert(y[0] == -1 && y[n + 1] == -1);
    free(a);
    free(y);
}

int main(void)
{
    fill();
    for (int level = WEFT_LEVEL_SCALAR; level < WEFT_LEVEL_COUNT; level++)
        if (weft_level_available((weft_level)level))
            check_copies(weft_level_kernels((weft_level)level, NULL));
    for (int level = WEFT_LEVEL_SCALAR; level < WEFT_LEVEL_COUNT; level++)
        if (weft_level_available((weft_level)level))
            check_sizes(weft_level_kernels((weft_level)level, NULL));
    check_direct();
    printf("stream: all as expected\n");
    return 0;
}
