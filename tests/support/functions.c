/* tests/support/functions.c: user functions for random programs (tests/support/functions.h). */
#include "tests/support/functions.h"

#include <string.h>

#include "tests/support/support.h"

/* FNV-1a over bytes. */
static uint64_t mix(uint64_t hash, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(1099511628211);
    return hash;
}

/* Integers and bits: the same on every level and backend, whatever the arguments hold. NaNs, whose
 * bits may differ between machines, are one number here. */
static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return x != x ? 0x7fc00000 : bits;
}

/* What holds of every call: one to 4,096 elements, and a result that shares no memory with an
 * argument, all aligned. */
static void check_call(unsigned function, const void *dst, const void *const *args, size_t n)
{
    const weft_function_info *info = &test_functions[function];
    const size_t size = weft_dtype_size(info->result);
    if (n < 1 || n > 4096 || (uintptr_t)dst % size)
        test_die("%s of %zu elements at %p", info->name, n, dst);
    for (unsigned i = 0; i < info->n_args; i++) {
        const size_t bytes = weft_dtype_size(info->args[i]);
        const uintptr_t a = (uintptr_t)args[i], d = (uintptr_t)dst;
        if (a % bytes || (a < d + n * size && d < a + n * bytes))
            test_die("%s of %zu elements at %p for argument %u at %p", info->name, n, dst, i,
                     args[i]);
    }
}

static void twist(void *user, void *dst, const void *const *args, size_t n)
{
    const float *a = args[0];
    float *d = dst;
    (void)user;
    check_call(0, dst, args, n);
    for (size_t i = 0; i < n; i++)
        d[i] = a[i] > 1 ? 1 / a[i] : a[i] + 1;
}

static void blend(void *user, void *dst, const void *const *args, size_t n)
{
    const double *a = args[0], *b = args[2];
    const uint8_t *c = args[1];
    double *d = dst;
    (void)user;
    check_call(1, dst, args, n);
    for (size_t i = 0; i < n; i++) {
        if (c[i] > 1)
            test_die("a truth value is %d", c[i]);
        d[i] = c[i] ? a[i] : b[i];
    }
}

static void odd(void *user, void *dst, const void *const *args, size_t n)
{
    const int32_t *a = args[0];
    uint8_t *d = dst;
    (void)user;
    check_call(2, dst, args, n);
    for (size_t i = 0; i < n; i++)
        d[i] = (uint8_t)(a[i] & 0x81); /* any byte but 0 is true */
}

static void pack(void *user, void *dst, const void *const *args, size_t n)
{
    const uint8_t *a = args[0], *b = args[1];
    uint16_t *d = dst;
    (void)user;
    check_call(3, dst, args, n);
    for (size_t i = 0; i < n; i++)
        d[i] = (uint16_t)(a[i] << 8 | b[i]);
}

static void widen(void *user, void *dst, const void *const *args, size_t n)
{
    const float *a = args[0];
    int64_t *d = dst;
    (void)user;
    check_call(4, dst, args, n);
    for (size_t i = 0; i < n; i++)
        d[i] = (int64_t)bits_of(a[i]);
}

/* With state: every result depends on all elements before it. */
static void chain_i32(void *user, void *dst, const void *const *args, size_t n)
{
    const int32_t *a = args[0];
    int32_t *d = dst;
    uint64_t *hash = user;
    check_call(5, dst, args, n);
    for (size_t i = 0; i < n; i++) {
        *hash = mix(*hash, &a[i], sizeof a[i]);
        d[i] = (int32_t)(uint32_t)*hash;
    }
}

static void chain_f32(void *user, void *dst, const void *const *args, size_t n)
{
    const float *a = args[0], *b = args[1];
    float *d = dst;
    uint64_t *hash = user;
    check_call(6, dst, args, n);
    for (size_t i = 0; i < n; i++) {
        const uint32_t both[] = {bits_of(a[i]), bits_of(b[i])};
        *hash = mix(*hash, both, sizeof both);
        d[i] = (float)(int32_t)(uint32_t)*hash;
    }
}

static void count_true(void *user, void *dst, const void *const *args, size_t n)
{
    const uint8_t *a = args[0];
    uint8_t *d = dst;
    uint64_t *count = user;
    check_call(7, dst, args, n);
    for (size_t i = 0; i < n; i++) {
        *count += a[i];
        d[i] = (uint8_t)*count;
    }
}

#define INFO(name, result, n, flags, call, ...)                                                    \
    {                                                                                              \
        sizeof(weft_function_info), name, WEFT_##result, n, {__VA_ARGS__}, flags, call, NULL, NULL \
    }

const weft_function_info test_functions[TEST_FUNCTIONS] = {
    INFO("twist", F32, 1, WEFT_FUNCTION_PURE, twist, WEFT_F32),
    INFO("blend", F64, 3, WEFT_FUNCTION_PURE, blend, WEFT_F64, WEFT_BOOL, WEFT_F64),
    INFO("odd", BOOL, 1, WEFT_FUNCTION_PURE, odd, WEFT_I32),
    INFO("pack", U16, 2, WEFT_FUNCTION_PURE, pack, WEFT_U8, WEFT_U8),
    INFO("widen", I64, 1, WEFT_FUNCTION_PURE, widen, WEFT_F32),
    INFO("chain_i32", I32, 1, 0, chain_i32, WEFT_I32),
    INFO("chain_f32", F32, 2, 0, chain_f32, WEFT_F32, WEFT_F32),
    INFO("count_true", U8, 1, 0, count_true, WEFT_BOOL)};

void test_functions_register(weft_context *context, test_function_state *state)
{
    for (unsigned i = 0; i < TEST_FUNCTIONS; i++) {
        weft_function_info info = test_functions[i];
        weft_error error;
        info.user = &state->hash[i];
        if (weft_function_register(context, &info, &error))
            test_die("function '%s': %s", info.name, error.message);
    }
    test_functions_reset(state);
}

void test_functions_reset(test_function_state *state)
{
    memset(state, 0, sizeof *state);
}
