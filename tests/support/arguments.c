/* tests/support/arguments.c: see tests/support/arguments.h. */
#include "tests/support/arguments.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define EXACT_BLOCKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EXACT_BLOCKS 1
#endif
#endif

enum {
#ifdef EXACT_BLOCKS
    RED_ZONE = 0,
#else
    RED_ZONE = 192,
#endif
    MOST_FIXED = 20000,      /* elements of an index space that the program fixes */
    MOST_BYTES = 1 << 23,    /* of all arguments together */
    MOST_ELEMENTS = 1 << 20, /* of one */
    FEW_ULPS = 6,            /* two results, each off by up to 2, and 1 for rounding on the way */
    FILLER = 0xa5            /* what is no element */
};

static bool is_mapped(weft_param_kind kind)
{
    return kind <= WEFT_PARAM_INOUT || kind == WEFT_PARAM_SCRATCH;
}

static bool is_table(weft_param_kind kind)
{
    return kind == WEFT_PARAM_TABLE || kind == WEFT_PARAM_TABLE_OUT ||
           kind == WEFT_PARAM_TABLE_INOUT;
}

static bool takes_argument(const test_array *a)
{
    return is_mapped(a->info.kind) ? a->info.kind != WEFT_PARAM_SCRATCH
                                   : a->info.kind == WEFT_PARAM_UNIFORM || is_table(a->info.kind);
}

bool test_is_written(const test_array *a)
{
    const weft_param_kind kind = a->info.kind;
    return kind == WEFT_PARAM_OUT || kind == WEFT_PARAM_INOUT || kind == WEFT_PARAM_TABLE_OUT ||
           kind == WEFT_PARAM_TABLE_INOUT;
}

/* --- shapes ----------------------------------------------------------------------------------- */

/* Extents that are worth trying; false where the program fixes ones that are too large. */
static bool choose_extents(test_random *r, const weft_program *program, int64_t most,
                           test_arguments *args)
{
    static const int64_t some[] = {1,    2,    3,    5,    7,     8,    16,   31,   40,
                                   64,   127,  128,  129,  255,   256,  257,  300,  511,
                                   513,  1000, 2047, 2048, 2049,  4095, 4096, 4097, 4100,
                                   5000, 8191, 8193, 9999, 12289, 20000};
    args->rank = weft_program_space(program, args->extents);
    args->total = 1;
    for (uint32_t d = 0; d < args->rank; d++) {
        int64_t *extent = &args->extents[d], left = most / (args->total ? args->total : 1);
        if (*extent < 0) {
            const uint32_t n = sizeof some / sizeof some[0], large = n - 10;
            *extent = most > 5000 && left == most && test_one_in(r, 2)
                          ? some[large + test_below(r, n - large)]
                          : some[test_below(r, n)];
            if (*extent > left) /* what is left, or a little */
                *extent = 1 + test_below(r, test_one_in(r, 2) && left > 4 ? (uint32_t)left : 4);
            if (test_one_in(r, 40))
                *extent = 0;
        }
        if (*extent > MOST_FIXED)
            return false;
        args->total *= *extent;
        if (args->total > MOST_FIXED)
            return false;
    }
    return true;
}

static void choose_table_shape(test_random *r, const test_arguments *args, test_array *a)
{
    int32_t rank = test_one_in(r, 3) ? 1 + (int32_t)test_below(r, 3) : 1;
    bool long_one = rank == 1 && test_one_in(r, 3);
    for (int32_t d = 0; d < rank; d++)
        a->arg.shape[d] = test_one_in(r, 24) ? 0 : 1 + test_below(r, rank == 1 ? 40 : 6);
    if (long_one)
        a->arg.shape[0] = args->total;
    a->arg.rank = rank;
}

static void choose_shape(test_random *r, const test_arguments *args, test_array *a)
{
    const weft_param_info *info = &a->info;
    int64_t *shape = a->arg.shape;
    int32_t rank = 0;
    if (is_mapped(info->kind)) {
        bool repeat = info->kind == WEFT_PARAM_IN && info->window == 0 && test_one_in(r, 4);
        uint32_t left_out = repeat && test_one_in(r, 3) ? test_below(r, args->rank + 1) : 0;
        for (uint32_t d = 0; d < args->rank; d++)
            if (info->dims >> d & 1) {
                if (left_out) {
                    left_out--;
                    continue;
                }
                shape[rank++] = repeat && test_one_in(r, 2) ? 1 : args->extents[d];
            }
        if (info->window)
            shape[rank - 1] += info->window;
    } else if (info->kind == WEFT_PARAM_UNIFORM) {
        if (info->count > 1 || test_one_in(r, 2))
            shape[rank++] = info->count;
    } else {
        choose_table_shape(r, args, a);
        rank = a->arg.rank;
    }
    if (info->segment > 1)
        shape[rank++] = info->segment;
    a->arg.rank = rank;
}

/* Byte strides: contiguous, or with gaps, turned round, or transposed. Rows of tables of several
 * dimensions stay contiguous to each other. */
static void choose_strides(test_random *r, test_array *a)
{
    int32_t rank = a->arg.rank, order[WEFT_MAX_ARG_RANK];
    bool plain = test_one_in(r, 2), table = !is_mapped(a->info.kind);
    for (int32_t i = 0; i < rank; i++)
        order[i] = rank - 1 - i; /* the innermost dimension first */
    if (!plain && !table && rank > 1 && test_one_in(r, 2)) {
        for (int32_t i = rank - 1; i > 0; i--) { /* in any order */
            int32_t j = (int32_t)test_below(r, (uint32_t)i + 1), kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
    }
    const int64_t size = (int64_t)weft_dtype_size(a->arg.type);
    int64_t step = size;
    bool turn = !plain && test_one_in(r, 3);
    for (int32_t i = 0; i < rank; i++) {
        int32_t d = order[i];
        if (!plain && test_one_in(r, 3) && (!table || i == 0))
            step *= 1 + test_below(r, 3);
        if (!plain && test_one_in(r, 8) && (!table || i == 0)) /* no multiple of the size either */
            step += test_below(r, 4);
        a->arg.strides[d] = turn && (table || test_one_in(r, 2)) ? -step : step;
        if (!plain && a->info.kind == WEFT_PARAM_IN && !a->info.window && test_one_in(r, 12))
            a->arg.strides[d] = 0;
        step *= a->arg.shape[d] > 1 ? a->arg.shape[d] : 1;
    }
    if (table && turn && a->info.segment > 1 && rank > 1)
        a->arg.strides[rank - 1] = size; /* of the segment */
}

/* --- values ----------------------------------------------------------------------------------- */

/* MIXED: ordinary ones and a few special ones. A sum over one infinity tells little, so most arrays
 * have none. */
typedef enum value_mode { ORDINARY, SMALL, MIXED, SPECIAL, ANY_BITS } value_mode;

static uint64_t float_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint64_t double_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Between -8 and 8, of many bits, so that the order of additions shows. */
static uint64_t ordinary_value(weft_dtype type, uint64_t bits)
{
    const double value = (double)((int64_t)bits >> 11) * 0x1p-49;
    switch (type) {
    case WEFT_F64:
        return double_bits(value);
    case WEFT_F32:
        return float_bits((float)value);
    case WEFT_BF16:
        return float_bits((float)value) >> 16;
    case WEFT_F16: /* an exponent around that of 1 */
        return (bits & 0x83ff) | (12 + (bits >> 16) % 6) << 10;
    default:
        return bits % 16;
    }
}

static uint64_t special_value(test_random *r, weft_dtype type, uint64_t bits)
{
    static const double some[] = {0.0, -0.0, 1.0, -1.0, 0.5, 2.5, -3.5, 1e30, -1e300, 1e-310};
    const double value = some[test_below(r, sizeof some / sizeof some[0])];
    const bool infinite = test_one_in(r, 3); /* or a NaN */
    if (test_one_in(r, 3))
        bits &= UINT64_C(1) << 63 | UINT64_C(1) << 31 | UINT64_C(1) << 15; /* no payload */
    switch (type) {
    case WEFT_F64:
        return infinite ? bits | UINT64_C(0x7ff) << 52 : double_bits(value);
    case WEFT_F32:
        return infinite ? bits | UINT64_C(0xff) << 23 : float_bits((float)value);
    case WEFT_BF16:
        return infinite ? bits | 0x7f80 : float_bits((float)value) >> 16;
    case WEFT_F16:
        return infinite ? bits | 0x7c00 : bits & 0x83ff;
    default:
        return test_one_in(r, 2) ? bits % 3 : bits >> test_below(r, 64);
    }
}

static uint64_t value_of(test_random *r, weft_dtype type, value_mode mode)
{
    const uint64_t bits = test_next(r);
    const int64_t small = (int64_t)(bits % 33) - 16;
    switch (mode) {
    case ORDINARY:
        return ordinary_value(type, bits);
    case SMALL:
        return type == WEFT_F64   ? double_bits((double)small)
               : type == WEFT_F32 ? float_bits((float)small)
                                  : (uint64_t)small;
    case MIXED:
        return bits >> 57 ? ordinary_value(type, bits) : special_value(r, type, test_next(r));
    case SPECIAL:
        return bits >> 62 ? special_value(r, type, test_next(r)) : bits;
    default:
        return bits;
    }
}

/* Gives every element of an array a value. */
static void fill(test_random *r, test_array *a)
{
    static const value_mode modes[] = {ORDINARY, ORDINARY, ORDINARY, ORDINARY, ORDINARY, ORDINARY,
                                       SMALL,    SMALL,    MIXED,    MIXED,    ANY_BITS, SPECIAL};
    const value_mode mode = modes[test_below(r, sizeof modes / sizeof modes[0])];
    const size_t size = weft_dtype_size(a->arg.type);
    int64_t at[WEFT_MAX_ARG_RANK] = {0};
    for (int64_t i = 0; i < a->elements; i++) {
        int64_t offset = (int64_t)a->first;
        for (int32_t d = 0; d < a->arg.rank; d++)
            offset += at[d] * a->arg.strides[d];
        const uint64_t value = value_of(r, a->arg.type, mode);
        memcpy(a->initial + offset, &value, size); /* a narrow value is the low end */
        memset(a->element + offset, 2, size);
        a->element[offset] = 1;
        for (int32_t d = a->arg.rank - 1; d >= 0 && ++at[d] == a->arg.shape[d]; d--)
            at[d] = 0;
    }
}

/* --- blocks ----------------------------------------------------------------------------------- */

static void allocate_block(test_array *a)
{
    a->initial = malloc(a->bytes + 1);
    a->element = calloc(a->bytes + 1, 1);
    assert(a->initial && a->element);
    memset(a->initial, FILLER, a->bytes);
}

/* The block around the elements: its size, where the first one lies, its content. */
static bool place(test_random *r, test_array *a, size_t *room)
{
    int64_t low = 0, high = 0;
    a->elements = 1;
    for (int32_t d = 0; d < a->arg.rank; d++) {
        a->elements *= a->arg.shape[d];
        int64_t reach = a->arg.strides[d] * (a->arg.shape[d] > 0 ? a->arg.shape[d] - 1 : 0);
        if (reach < 0)
            low += reach;
        else
            high += reach;
    }
    size_t shift = test_one_in(r, 2) ? test_below(r, 64) : 0; /* no alignment is required */
    if (a->elements) {
        a->bytes = (size_t)(high - low) + weft_dtype_size(a->arg.type) + shift + 2 * RED_ZONE;
        a->first = (size_t)-low + shift + RED_ZONE;
    }
    /* Repeated elements take little memory, but there may be any number of them. */
    if (a->bytes > *room || a->elements > MOST_ELEMENTS)
        return false;
    *room -= a->bytes;
    allocate_block(a);
    fill(r, a);
    return true;
}

static bool may_share(const test_array *out, const test_array *in)
{
    if (in->info.kind != WEFT_PARAM_IN || in->info.window || in->arg.type != out->arg.type ||
        in->arg.rank != out->arg.rank || in->info.dims != out->info.dims ||
        in->info.segment != out->info.segment)
        return false;
    for (int32_t d = 0; d < out->arg.rank; d++)
        if (out->arg.shape[d] != in->arg.shape[d] || !in->arg.strides[d])
            return false;
    return true;
}

/* Gives some outputs the content and the layout of an input that they can share memory with. */
static void choose_alias(test_random *r, test_arguments *args, uint32_t out)
{
    test_array *a = &args->arrays[out];
    if ((a->info.kind != WEFT_PARAM_OUT && a->info.kind != WEFT_PARAM_INOUT) || a->info.window)
        return;
    for (uint32_t i = 0; i < args->count; i++) {
        const test_array *b = &args->arrays[i];
        if (i == out || !b->initial || !may_share(a, b) || test_one_in(r, 2))
            continue;
        const char *name = a->arg.name;
        a->arg = b->arg;
        a->arg.name = name;
        a->bytes = b->bytes;
        a->first = b->first;
        free(a->initial);
        free(a->element);
        allocate_block(a);
        memcpy(a->initial, b->initial, b->bytes);
        memcpy(a->element, b->element, b->bytes);
        a->alias = (int)i;
        args->shareable = true;
        return;
    }
}

static bool make_array(test_random *r, const weft_program *program, uint32_t i, size_t *room,
                       test_arguments *args)
{
    test_array *a = &args->arrays[i];
    weft_status status = weft_program_param(program, i, &a->info);
    assert(status == WEFT_OK && weft_program_find_param(program, a->info.name) == (int32_t)i);
    (void)status;
    args->count = i + 1;
    a->alias = -1;
    if (!takes_argument(a))
        return true;
    a->arg.name = a->info.name;
    a->arg.type = a->info.type;
    if (a->info.window > MOST_FIXED)
        return false;
    choose_shape(r, args, a);
    choose_strides(r, a);
    return place(r, a, room);
}

test_arguments *test_arguments_make(test_random *r, const weft_program *program, int64_t most)
{
    test_arguments *args = calloc(1, sizeof *args);
    assert(args);
    size_t room = MOST_BYTES;
    bool good = choose_extents(r, program, most, args);
    const uint32_t n = weft_program_param_count(program);
    assert(n <= TEST_PARAMS);
    for (uint32_t i = 0; i < n && good; i++)
        good = make_array(r, program, i, &room, args);
    for (uint32_t i = 0; i < n && good; i++)
        choose_alias(r, args, i);
    if (good)
        return args;
    test_arguments_free(args);
    return NULL;
}

void test_arguments_free(test_arguments *args)
{
    for (uint32_t i = 0; i < args->count; i++) {
        free(args->arrays[i].initial);
        free(args->arrays[i].element);
    }
    free(args);
}

/* --- memory for runs -------------------------------------------------------------------------- */

static uint32_t home_of(const test_memory *memory, const test_arguments *args, uint32_t i)
{
    return memory->shared && args->arrays[i].alias >= 0 ? (uint32_t)args->arrays[i].alias : i;
}

void test_memory_make(test_memory *memory, const test_arguments *args, bool shared)
{
    memory->shared = shared;
    for (uint32_t i = 0; i < args->count; i++) {
        const test_array *a = &args->arrays[i];
        memory->blocks[i] = NULL;
        if (!a->bytes || home_of(memory, args, i) != i)
            continue;
        memory->blocks[i] = malloc(a->bytes);
        assert(memory->blocks[i]);
    }
}

void test_memory_free(test_memory *memory, const test_arguments *args)
{
    for (uint32_t i = 0; i < args->count; i++)
        free(memory->blocks[i]);
}

void test_memory_reset(test_memory *memory, const test_arguments *args)
{
    for (uint32_t i = 0; i < args->count; i++)
        if (memory->blocks[i])
            memcpy(memory->blocks[i], args->arrays[i].initial, args->arrays[i].bytes);
}

size_t test_memory_list(const test_memory *memory, const test_arguments *args, weft_arg *list)
{
    size_t n = 0;
    for (uint32_t i = 0; i < args->count; i++) {
        const test_array *a = &args->arrays[i];
        if (!takes_argument(a))
            continue;
        list[n] = a->arg;
        list[n].data = NULL;
        if (memory && a->bytes)
            list[n].data = memory->blocks[home_of(memory, args, i)] + a->first;
        n++;
    }
    return n;
}

/* --- what must hold of it --------------------------------------------------------------------- */

static const test_place nowhere = {-1, 0};

/* Whether the elements in block i may have changed. */
static bool may_change(const test_memory *memory, const test_arguments *args, uint32_t i,
                       weft_status status)
{
    bool written = test_is_written(&args->arrays[i]);
    for (uint32_t j = 0; memory->shared && j < args->count; j++)
        written = written || args->arrays[j].alias == (int)i;
    return written && status != WEFT_ERR_BIND && status != WEFT_ERR_ARG;
}

test_place test_memory_damage(const test_memory *memory, const test_arguments *args,
                              weft_status status)
{
    for (uint32_t i = 0; i < args->count; i++) {
        const test_array *a = &args->arrays[i];
        const uint8_t *block = memory->blocks[i];
        if (!block || memcmp(block, a->initial, a->bytes) == 0)
            continue;
        const bool change = may_change(memory, args, i, status);
        for (size_t k = 0; k < a->bytes; k++)
            if (block[k] != a->initial[k] && !(change && a->element[k]))
                return (test_place){(int)i, k};
    }
    return nowhere;
}

static uint64_t element_bits(weft_dtype type, const uint8_t *bytes)
{
    uint64_t bits = 0;
    memcpy(&bits, bytes, weft_dtype_size(type));
    return bits;
}

static bool is_nan(weft_dtype type, uint64_t bits)
{
    uint64_t infinity = type == WEFT_F64    ? UINT64_C(0x7ff) << 52
                        : type == WEFT_F32  ? UINT64_C(0xff) << 23
                        : type == WEFT_F16  ? 0x7c00
                        : type == WEFT_BF16 ? 0x7f80
                                            : UINT64_MAX;
    return (bits & (UINT64_MAX >> (65 - 8 * weft_dtype_size(type)))) > infinity;
}

/* The value's place in the order of all values of its type: neighbours are 1 apart. */
static int64_t rank_of(weft_dtype type, uint64_t bits)
{
    const uint64_t sign = UINT64_C(1) << (8 * weft_dtype_size(type) - 1);
    const int64_t magnitude = (int64_t)(bits & (sign - 1));
    return bits & sign ? -magnitude : magnitude;
}

static bool is_close(weft_dtype type, uint64_t a, uint64_t b)
{
    const int64_t x = rank_of(type, a), y = rank_of(type, b);
    return (x > y ? (uint64_t)x - (uint64_t)y : (uint64_t)y - (uint64_t)x) <= FEW_ULPS;
}

static bool is_same(weft_dtype type, uint64_t a, uint64_t b, bool approximate)
{
    if (a == b || (is_nan(type, a) && is_nan(type, b)))
        return true;
    return approximate && !is_nan(type, a) && !is_nan(type, b) && is_close(type, a, b);
}

test_place test_memory_difference(const test_memory *a, const test_memory *b,
                                  const test_arguments *args, uint32_t approximate)
{
    for (uint32_t i = 0; i < args->count; i++) {
        const test_array *array = &args->arrays[i];
        if (!test_is_written(array) || !array->bytes)
            continue;
        const uint8_t *x = a->blocks[home_of(a, args, i)], *y = b->blocks[home_of(b, args, i)];
        if (memcmp(x, y, array->bytes) == 0)
            continue;
        const weft_dtype type = array->arg.type;
        const bool close = i < 32 && approximate >> i & 1;
        for (size_t k = 0; k < array->bytes; k++)
            if (array->element[k] == 1 &&
                !is_same(type, element_bits(type, x + k), element_bits(type, y + k), close))
                return (test_place){(int)i, k};
    }
    return nowhere;
}
