/* bench/peers/fused_field.c: a sum of Gaussians at many points. Points are in lanes, four vectors
 * of them in registers while all Gaussians go by. Neighbours: bench/peers/fused.h,
 * bench/engine_peer.h (the two forms of a Gaussian). */
#include "bench/peers/fused.h"

typedef struct point_group {
    __m512 x[GROUP], y[GROUP], z[GROUP];
} point_group;

/* The exponent of 2 of one Gaussian: -|l point + c|^2 */
ALWAYS_INLINE void factors_exponent(__m512 *e, const field_factors *g, const point_group *p)
{
    __m512 u[GROUP], v[GROUP], w[GROUP];
    EACH u[j] = _mm512_fmadd_ps(p->x[j], SPREAD(g->l[0]), SPREAD(g->c[0]));
    EACH v[j] = _mm512_fmadd_ps(p->y[j], SPREAD(g->l[3]), SPREAD(g->c[1]));
    EACH w[j] = _mm512_fmadd_ps(p->z[j], SPREAD(g->l[5]), SPREAD(g->c[2]));
    EACH u[j] = _mm512_fmadd_ps(p->y[j], SPREAD(g->l[1]), u[j]);
    EACH v[j] = _mm512_fmadd_ps(p->z[j], SPREAD(g->l[4]), v[j]);
    EACH u[j] = _mm512_fmadd_ps(p->z[j], SPREAD(g->l[2]), u[j]);
    EACH e[j] = _mm512_mul_ps(u[j], u[j]);
    EACH e[j] = _mm512_fnmsub_ps(v[j], v[j], e[j]);
    EACH e[j] = _mm512_fnmadd_ps(w[j], w[j], e[j]);
}

/* d' p d, where d = point - mean */
ALWAYS_INLINE void centred_exponent(__m512 *e, const field_centred *g, const point_group *p)
{
    __m512 x[GROUP], y[GROUP], z[GROUP], v[GROUP], w[GROUP];
    EACH x[j] = _mm512_sub_ps(p->x[j], SPREAD(g->mean[0]));
    EACH y[j] = _mm512_sub_ps(p->y[j], SPREAD(g->mean[1]));
    EACH z[j] = _mm512_sub_ps(p->z[j], SPREAD(g->mean[2]));
    EACH e[j] = _mm512_mul_ps(x[j], SPREAD(g->p[0]));
    EACH v[j] = _mm512_mul_ps(y[j], SPREAD(g->p[3]));
    EACH w[j] = _mm512_mul_ps(z[j], SPREAD(g->p[5]));
    EACH e[j] = _mm512_fmadd_ps(y[j], SPREAD(g->p[1]), e[j]);
    EACH v[j] = _mm512_fmadd_ps(z[j], SPREAD(g->p[4]), v[j]);
    EACH e[j] = _mm512_fmadd_ps(z[j], SPREAD(g->p[2]), e[j]);
    EACH e[j] = _mm512_mul_ps(x[j], e[j]);
    EACH e[j] = _mm512_fmadd_ps(y[j], v[j], e[j]);
    EACH e[j] = _mm512_fmadd_ps(z[j], w[j], e[j]);
}

#define STEP(next) EACH q[j] = _mm512_fmadd_ps(q[j], r[j], SPREAD(next))

/* total += weight * 2^e. The polynomial is within 2^-28.3 of 2^r, |r| <= 1/2
 * (tools/fit_single.py); vscalef does what is too small, minus infinity included. */
ALWAYS_INLINE void add_exponentials(__m512 *total, const __m512 *e, float weight)
{
    __m512 k[GROUP], r[GROUP], q[GROUP];
    EACH k[j] = _mm512_roundscale_ps(e[j], NEAREST);
    EACH r[j] = _mm512_sub_ps(e[j], k[j]);
    EACH q[j] = SPREAD(0x1.417674p-13f);
    STEP(0x1.5f095cp-10f);
    STEP(0x1.3b2dd6p-7f);
    STEP(0x1.c6af7ap-5f);
    STEP(0x1.ebfbdcp-3f);
    STEP(0x1.62e430p-1f);
    STEP(1);
    EACH q[j] = _mm512_scalef_ps(q[j], k[j]);
    EACH total[j] = _mm512_fmadd_ps(q[j], SPREAD(weight), total[j]);
}

static void factors_group(__m512 *total, const field_rows *rows, const point_group *p)
{
    const field_factors *g = rows->rows;
    for (const field_factors *end = g + rows->count; g < end; g++) {
        __m512 e[GROUP];
        factors_exponent(e, g, p);
        add_exponentials(total, e, g->weight);
    }
}

static void centred_group(__m512 *total, const field_rows *rows, const point_group *p)
{
    const field_centred *g = rows->rows;
    for (const field_centred *end = g + rows->count; g < end; g++) {
        __m512 e[GROUP];
        centred_exponent(e, g, p);
        add_exponentials(total, e, g->weight);
    }
}

ALWAYS_INLINE void field(float *out, const field_points *points, const field_rows *rows, size_t n,
                         void (*group)(__m512 *total, const field_rows *rows, const point_group *p))
{
    for (size_t i = 0; i < n; i += GROUP * LANES) {
        point_group p;
        __m512 total[GROUP];
        __mmask16 mask[GROUP];
        size_t at[GROUP];
        EACH at[j] = i + LANES * (size_t)j;
        EACH mask[j] = at[j] < n ? tail_mask(n - at[j]) : 0;
        EACH p.x[j] = _mm512_maskz_loadu_ps(mask[j], points->x + at[j]);
        EACH p.y[j] = _mm512_maskz_loadu_ps(mask[j], points->y + at[j]);
        EACH p.z[j] = _mm512_maskz_loadu_ps(mask[j], points->z + at[j]);
        EACH total[j] = _mm512_setzero_ps();
        group(total, rows, &p);
        EACH _mm512_mask_storeu_ps(out + at[j], mask[j], total[j]);
    }
}

void fused_field_factors(void *dst, const void *a, const void *b, const void *c, size_t n)
{
    (void)c;
    field(dst, a, b, n, factors_group);
}

void fused_field_centred(void *dst, const void *a, const void *b, const void *c, size_t n)
{
    (void)c;
    field(dst, a, b, n, centred_group);
}
