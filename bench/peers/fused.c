/* bench/peers/fused.c: whole formulas as one pass written by hand with AVX-512 intrinsics: what an
 * expert gets who knows the formula when compiling. Everything stays in registers between a load
 * and a store. Here is a * exp(-0.5 * (a a + b b + c c)), and the table of the module.
 * Neighbours: bench/engine_peer.h (the arguments), bench/peers/fused_*.c (the other formulas),
 * bench/engine_fused.c (the programs that these are compared with), bench/CMakeLists.txt. */
#include "bench/peers/fused.h"
#include "bench/peers/table.h"

#define STEP(next) EACH q[j] = _mm512_fmadd_ps(q[j], t[j], SPREAD(next))

/* r = a exp(-s/2), s = a a + b b + c c. With k = round(s * -log2(e)/2) and t = s + 2 k ln 2, what
 * is left of the exponent is -t/2; the coefficients of the exponential's polynomial, which is
 * within 2^-28.3 of it (tools/fit_single.py), have the powers of -1/2 in them. The exponential is
 * within one unit in its last place: vscalef rounds subnormal results, and beyond 210 they are 0.
 */
ALWAYS_INLINE void bell_group(__m512 *r, const __m512 *a, const __m512 *b, const __m512 *c)
{
    __m512 s[GROUP], k[GROUP], t[GROUP], q[GROUP];
    EACH s[j] = _mm512_mul_ps(a[j], a[j]);
    EACH s[j] = _mm512_fmadd_ps(b[j], b[j], s[j]);
    EACH s[j] = _mm512_fmadd_ps(c[j], c[j], s[j]);
    EACH s[j] = _mm512_min_ps(SPREAD(210), s[j]); /* the second if it is NaN */
    EACH k[j] = _mm512_mul_ps(s[j], SPREAD(-0x1.715476p-1f));
    EACH k[j] = _mm512_roundscale_ps(k[j], NEAREST);
    EACH t[j] = _mm512_fmadd_ps(k[j], SPREAD(0x1.62e430p+0f), s[j]);
    EACH t[j] = _mm512_fmadd_ps(k[j], SPREAD(-0x1.05c610p-28f), t[j]);
    EACH q[j] = SPREAD(0x1.6a4d60p-16f);
    STEP(-0x1.12398ep-12f);
    STEP(0x1.5558b0p-9f);
    STEP(-0x1.555492p-6f);
    STEP(0x1.fffffcp-4f);
    STEP(-0.5f);
    STEP(1);
    EACH q[j] = _mm512_scalef_ps(q[j], k[j]);
    EACH r[j] = _mm512_mul_ps(a[j], q[j]);
}

/* What is left when all groups are done, under masks. */
static void bell_rest(float *out, const float *x, const float *y, const float *z, size_t left)
{
    __m512 a[GROUP], b[GROUP], c[GROUP], r[GROUP];
    __mmask16 mask[GROUP];
    EACH mask[j] = left > (size_t)j * LANES ? tail_mask(left - (size_t)j * LANES) : 0;
    EACH a[j] = _mm512_maskz_loadu_ps(mask[j], x + LANES * j);
    EACH b[j] = _mm512_maskz_loadu_ps(mask[j], y + LANES * j);
    EACH c[j] = _mm512_maskz_loadu_ps(mask[j], z + LANES * j);
    bell_group(r, a, b, c);
    EACH _mm512_mask_storeu_ps(out + LANES * j, mask[j], r[j]);
}

ALWAYS_INLINE void bell_with(float *out, const float *x, const float *y, const float *z, size_t n,
                             memory_use use)
{
    size_t i = 0;
    for (; i + GROUP * LANES <= n; i += GROUP * LANES) {
        __m512 a[GROUP], b[GROUP], c[GROUP], r[GROUP];
        load_vectors(a, x + i, GROUP, use);
        load_vectors(b, y + i, GROUP, use);
        load_vectors(c, z + i, GROUP, use);
        bell_group(r, a, b, c);
        store_vectors(out + i, r, GROUP, use);
    }
    if (i < n)
        bell_rest(out + i, x + i, y + i, z + i, n - i);
    if (use == STREAM)
        _mm_sfence();
}

PEER_FUNCTION(bell)
{
    bell_with(dst, a, b, c, n, PLAIN);
}

PEER_FUNCTION(bell_prefetch)
{
    bell_with(dst, a, b, c, n, PREFETCH);
}

PEER_FUNCTION(bell_stream)
{
    if (stream_to((uintptr_t)dst) == STREAM)
        bell_with(dst, a, b, c, n, STREAM);
    else
        bell_with(dst, a, b, c, n, PLAIN);
}

static const peer_row rows[] = {
    {"transform", fused_transform},
    {"transform:prefetch", fused_transform_prefetch},
    {"transform:stream", fused_transform_stream},
    {"bell", bell},
    {"bell:prefetch", bell_prefetch},
    {"bell:stream", bell_stream},
    {"field/factors", fused_field_factors},
    {"field/centred", fused_field_centred},
};

PEER_MODULE("fused", "AVX-512 intrinsics, " PEER_VERSION ", " PEER_FLAGS, rows,
            __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
                ? NULL
                : "this CPU has no AVX-512")
