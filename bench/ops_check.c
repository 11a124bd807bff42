/* bench/ops_check.c: see bench/ops_check.h. */
#include "bench/ops_check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool near(double x, double y)
{
    const double larger = fmax(fabs(x), fabs(y));
    if (isnan(x) || isnan(y))
        return isnan(x) && isnan(y);
    return isinf(larger) ? isinf(x) && isinf(y) && (x > 0) == (y > 0)
                         : fabs(x - y) <= 1e-3 * larger + 1e-6;
}

static bool element_agrees(weft_dtype type, const char *x, const char *y)
{
    float p, q;
    double u, v;
    uint16_t i, k;
    switch (type) {
    case WEFT_F32:
        memcpy(&p, x, sizeof p);
        memcpy(&q, y, sizeof q);
        return near((double)p, (double)q);
    case WEFT_F64:
        memcpy(&u, x, sizeof u);
        memcpy(&v, y, sizeof v);
        return near(u, v);
    case WEFT_F16:
    case WEFT_BF16:
        memcpy(&i, x, sizeof i);
        memcpy(&k, y, sizeof k);
        return abs(i - k) <= 1;
    default:
        return memcmp(x, y, weft_dtype_size(type)) == 0;
    }
}

/* What a reduction writes: a float's own type, or 8 bytes, zero behind a smaller integer. */
static weft_dtype result_type(const ops_case *c)
{
    const bool index = strncmp(c->operation, "arg", 3) == 0;
    return !index && (c->in[0] == WEFT_F32 || c->in[0] == WEFT_F64) ? c->in[0] : WEFT_U64;
}

bool ops_agree(const ops_case *c, const void *own, const void *other, size_t n)
{
    const weft_dtype type = c->out ? c->out : result_type(c);
    const size_t size = weft_dtype_size(type), count = c->out ? n : 1;
    const char *x = own, *y = other;
    for (size_t i = 0; i < count; i++)
        if (!element_agrees(type, x + i * size, y + i * size))
            return false;
    return true;
}
