/* tests/unit/test_half.c: f16 and bf16 (isa/half.h) against their definition: all 65,536 values,
 * and around every boundary between two of them. */
#include "isa/half.h"

#include <criterion/criterion.h>
#include <math.h>

#include "tests/ops/expect.h"
#include "tests/ops/values.h"

typedef struct half {
    weft_dtype type;
    double (*wide)(uint16_t);
    uint16_t (*narrow)(double);
    unsigned fraction, bias;
    uint16_t infinity;
} half;

static const half halves[2] = {
    {WEFT_F16, weft_f16_to_f64, weft_f16_from_f64, 10, 15, 0x7c00},
    {WEFT_BF16, weft_bf16_to_f64, weft_bf16_from_f64, 7, 127, 0x7f80},
};

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* The value by the formula of the standard. */
static double value_of(const half *h, uint16_t bits)
{
    int field = (bits & 0x7fff) >> h->fraction;
    double fraction = bits & ((1 << h->fraction) - 1), one = 1 << h->fraction;
    double sign = bits >> 15 ? -1 : 1;
    if ((bits & 0x7fff) >= h->infinity)
        return (bits & 0x7fff) == h->infinity ? sign * (double)INFINITY : (double)NAN;
    if (field == 0)
        return sign * ldexp(fraction / one, 1 - (int)h->bias);
    return sign * ldexp(1 + fraction / one, field - (int)h->bias);
}

Test(half, every_value_widens_exactly)
{
    for (int which = 0; which < 2; which++)
        for (unsigned i = 0; i < 65536; i++) {
            const half *h = &halves[which];
            double wanted = value_of(h, (uint16_t)i), got = h->wide((uint16_t)i);
            if (isnan(wanted))
                cr_expect(isnan(got), "%d 0x%x", which, i);
            else
                cr_expect_eq(bits_of(got), bits_of(wanted), "%d 0x%x", which, i);
        }
}

Test(half, every_value_survives)
{
    for (int which = 0; which < 2; which++)
        for (unsigned i = 0; i < 65536; i++) {
            const half *h = &halves[which];
            uint16_t back = h->narrow(h->wide((uint16_t)i));
            if (values_is_nan(h->type, i))
                cr_expect(values_is_nan(h->type, back), "%d 0x%x", which, i);
            else
                cr_expect_eq(back, i, "%d 0x%x", which, i);
        }
}

/* Halfway between two neighbours the even one wins; next to halfway, the nearer one. The largest
 * finite value and infinity are neighbours too. */
Test(half, boundaries)
{
    for (int which = 0; which < 2; which++)
        for (unsigned i = 0; i < halves[which].infinity; i++)
            for (int negative = 0; negative < 2; negative++) {
                const half *h = &halves[which];
                double low = value_of(h, (uint16_t)i), sign = negative ? -1 : 1;
                double high = i + 1 == h->infinity ? 2 * low - value_of(h, (uint16_t)(i - 1))
                                                   : value_of(h, (uint16_t)(i + 1));
                double middle = (low + high) / 2;
                unsigned minus = (unsigned)negative << 15, even = i + (i & 1);
                cr_expect_eq(h->narrow(sign * middle), minus | even, "%d 0x%x", which, i);
                cr_expect_eq(h->narrow(sign * nextafter(middle, 0)), minus | i, "%d 0x%x", which,
                             i);
                cr_expect_eq(h->narrow(sign * nextafter(middle, high)), minus | (i + 1), "%d 0x%x",
                             which, i);
            }
}

Test(half, far_values)
{
    static const double far[] = {1e300, 0x1.fffffffffffffp1023, 1e39, 70000, 65520, 65519.99};
    for (int which = 0; which < 2; which++) {
        const half *h = &halves[which];
        for (size_t i = 0; i < sizeof far / sizeof far[0]; i++)
            for (int negative = 0; negative < 2; negative++) {
                double x = negative ? -far[i] : far[i];
                cr_expect_eq(h->narrow(x), expect_convert(h->type, WEFT_F64, bits_of(x)), "%a", x);
            }
        static const double tiny[] = {0.0, 0x1p-1074, 1e-320, 0x1p-1022, 0x1p-134, 0x1p-25};
        for (size_t i = 0; i < sizeof tiny / sizeof tiny[0]; i++) {
            cr_expect_eq(h->narrow(-tiny[i]), 0x8000u | h->narrow(tiny[i]), "%a", tiny[i]);
            cr_expect_eq(h->narrow(tiny[i]), expect_convert(h->type, WEFT_F64, bits_of(tiny[i])),
                         "%a", tiny[i]);
        }
    }
}

Test(half, random_doubles)
{
    values_random random = {VALUES_SEED};
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = values_next(&random);
        if (i % 2) /* exponents that halves have */
            bits = (bits & ~(UINT64_C(0x7ff) << 52)) | (1023 - 150 + values_below(&random, 300))
                                                           << 52;
        double x;
        memcpy(&x, &bits, sizeof x);
        for (int which = 0; which < 2; which++) {
            uint64_t wanted = expect_convert(halves[which].type, WEFT_F64, bits);
            uint16_t got = halves[which].narrow(x);
            if (!values_is_nan(halves[which].type, wanted))
                cr_expect_eq(got, wanted, "%a: 0x%x (seed 0x%llx)", x, got,
                             (unsigned long long)VALUES_SEED);
            else
                cr_expect(values_is_nan(halves[which].type, got));
        }
    }
}
