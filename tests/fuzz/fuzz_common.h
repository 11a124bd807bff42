/* tests/fuzz/fuzz_common.h: what the harnesses of programs share: a program that was accepted is
 * saved, loaded, disassembled and assembled again, and run on arguments drawn from a seed.
 * Every array lies in a block of its exact size, so that AddressSanitizer sees any access beyond
 * it; what is no element of a written array, and every input, must be unchanged after a run.
 * Neighbours: fuzz_image.c, fuzz_asm.c, fuzz_program.c. */
#ifndef WEFT_TESTS_FUZZ_COMMON_H
#define WEFT_TESTS_FUZZ_COMMON_H

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weft/run.h>

enum {
    FUZZ_BUDGET = 200000,
    FUZZ_MAX_ELEMENTS = 20000,    /* of an index space that is run */
    FUZZ_MAX_BYTES = 1 << 23,     /* of all arguments together */
    FUZZ_MAX_CONTEXT = 256 << 20, /* of one context */
    FUZZ_PARAMS = 256
};

/* --- random numbers from a seed --------------------------------------------------------------- */

typedef struct fuzz_random {
    uint64_t state;
} fuzz_random;

/* splitmix64 */
static inline uint64_t fuzz_next(fuzz_random *r)
{
    uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline uint32_t fuzz_below(fuzz_random *r, uint32_t n)
{
    return (uint32_t)((fuzz_next(r) >> 32) * n >> 32);
}

static inline bool fuzz_one_in(fuzz_random *r, uint32_t n)
{
    return fuzz_below(r, n) == 0;
}

/* FNV-1a */
static inline uint64_t fuzz_hash(const uint8_t *data, size_t size)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ data[i]) * UINT64_C(1099511628211);
    return hash;
}

/* --- contexts: an allocator that counts ------------------------------------------------------- */

static size_t fuzz_outstanding;

static inline void *fuzz_alloc(void *user, size_t size, size_t alignment)
{
    void *memory = NULL;
    (void)user;
    assert(size > 0 && alignment > 0 && alignment <= 64 && (alignment & (alignment - 1)) == 0);
    if (size > FUZZ_MAX_CONTEXT - fuzz_outstanding)
        return NULL;
    if (posix_memalign(&memory, alignment < sizeof(void *) ? sizeof(void *) : alignment, size))
        return NULL;
    fuzz_outstanding += size;
    return memory;
}

static inline void fuzz_release(void *user, void *memory, size_t size)
{
    (void)user;
    assert(memory && size <= fuzz_outstanding);
    fuzz_outstanding -= size;
    free(memory);
}

static inline weft_context *fuzz_context(uint32_t strip_length)
{
    static const weft_allocator counting = {NULL, fuzz_alloc, fuzz_release};
    weft_context_options options = {.size = sizeof options,
                                    .allocator = &counting,
                                    .strip_length = strip_length,
                                    .pool_bytes = FUZZ_MAX_BYTES};
    weft_context *context = NULL;
    weft_status status = weft_context_create(&options, &context);
    assert(status == WEFT_OK && context);
    (void)status;
    return context;
}

/* --- arguments -------------------------------------------------------------------------------- */

typedef struct fuzz_array {
    weft_param_info info;
    weft_arg arg;     /* data NULL until a run */
    int64_t elements; /* of all dimensions together */
    size_t bytes;     /* of the block */
    size_t first;     /* offset of the first element in it */
    uint8_t *initial; /* what the block holds before a run */
    uint8_t *element; /* for each byte: 0: of no element, 1: the first of one, 2: a later one */
    int alias;        /* input of the same shape that this output may share memory with, or -1 */
} fuzz_array;

typedef struct fuzz_arguments {
    uint32_t count;
    uint32_t rank;
    int64_t extents[WEFT_MAX_RANK];
    fuzz_array arrays[FUZZ_PARAMS];
} fuzz_arguments;

static inline bool fuzz_is_mapped(weft_param_kind kind)
{
    return kind <= WEFT_PARAM_INOUT || kind == WEFT_PARAM_SCRATCH;
}

static inline bool fuzz_takes_argument(weft_param_kind kind)
{
    return kind != WEFT_PARAM_SCRATCH && kind != WEFT_PARAM_POOL;
}

static inline bool fuzz_is_written(weft_param_kind kind)
{
    return kind != WEFT_PARAM_IN && kind != WEFT_PARAM_UNIFORM && kind != WEFT_PARAM_TABLE;
}

/* Extents that are worth trying; false where the program fixes ones that are too large. */
static inline bool fuzz_choose_extents(fuzz_random *r, const weft_program *program,
                                       fuzz_arguments *args)
{
    static const int64_t some[] = {1,   2,   3,   5,   7,    8,    16,   31,  40,
                                   127, 128, 129, 255, 2047, 2048, 2049, 300, 4100};
    int64_t total = 1;
    args->rank = weft_program_space(program, args->extents);
    for (uint32_t d = 0; d < args->rank; d++) {
        if (args->extents[d] < 0) {
            args->extents[d] = some[fuzz_below(r, sizeof some / sizeof some[0])];
            if (args->extents[d] * total > 5000)
                args->extents[d] = 1 + fuzz_below(r, 4);
            if (fuzz_one_in(r, 24))
                args->extents[d] = 0;
        }
        if (args->extents[d] > FUZZ_MAX_ELEMENTS)
            return false;
        total *= args->extents[d] ? args->extents[d] : 1;
        if (total > FUZZ_MAX_ELEMENTS)
            return false;
    }
    return true;
}

static inline void fuzz_choose_shape(fuzz_random *r, const fuzz_arguments *args, fuzz_array *a)
{
    const weft_param_info *info = &a->info;
    int64_t *shape = a->arg.shape;
    int32_t rank = 0;
    if (fuzz_is_mapped(info->kind)) {
        bool repeat = info->kind == WEFT_PARAM_IN && info->window == 0 && fuzz_one_in(r, 3);
        uint32_t left_out = repeat && fuzz_one_in(r, 3) ? fuzz_below(r, args->rank + 1) : 0;
        for (uint32_t d = 0; d < args->rank; d++)
            if (info->dims >> d & 1) {
                if (left_out) {
                    left_out--;
                    continue;
                }
                shape[rank++] = repeat && fuzz_one_in(r, 2) ? 1 : args->extents[d];
            }
        if (info->window)
            shape[rank - 1] += info->window;
    } else if (info->kind == WEFT_PARAM_UNIFORM) {
        if (info->count > 1 || fuzz_one_in(r, 2))
            shape[rank++] = info->count;
    } else {
        rank = fuzz_one_in(r, 3) ? 1 + (int32_t)fuzz_below(r, 3) : 1;
        for (int32_t d = 0; d < rank; d++)
            shape[d] = fuzz_one_in(r, 24) ? 0 : 1 + fuzz_below(r, rank == 1 ? 40 : 6);
    }
    if (info->segment > 1)
        shape[rank++] = info->segment;
    a->arg.rank = rank;
}

/* Byte strides: contiguous, or with gaps, turned round, or transposed. Rows of tables of several
 * dimensions stay contiguous to each other. */
static inline void fuzz_choose_strides(fuzz_random *r, fuzz_array *a)
{
    int32_t rank = a->arg.rank, order[WEFT_MAX_ARG_RANK];
    bool plain = fuzz_one_in(r, 2), table = !fuzz_is_mapped(a->info.kind);
    for (int32_t i = 0; i < rank; i++)
        order[i] = rank - 1 - i; /* the innermost dimension first */
    if (!plain && !table && rank > 1 && fuzz_one_in(r, 3)) {
        int32_t i = (int32_t)fuzz_below(r, (uint32_t)rank), kept = order[0];
        order[0] = order[i];
        order[i] = kept;
    }
    int64_t step = (int64_t)weft_dtype_size(a->arg.type);
    bool turn = !plain && fuzz_one_in(r, 2);
    for (int32_t i = 0; i < rank; i++) {
        int32_t d = order[i];
        if (!plain && fuzz_one_in(r, 3) && (!table || i == 0))
            step *= 1 + fuzz_below(r, 3);
        a->arg.strides[d] = turn && (table || fuzz_one_in(r, 2)) ? -step : step;
        if (!plain && a->info.kind == WEFT_PARAM_IN && !a->info.window && fuzz_one_in(r, 12))
            a->arg.strides[d] = 0;
        step *= a->arg.shape[d] > 1 ? a->arg.shape[d] : 1;
    }
    if (table && turn && a->info.segment > 1 && rank > 1)
        a->arg.strides[rank - 1] = (int64_t)weft_dtype_size(a->arg.type); /* of the segment */
}

static inline uint64_t fuzz_value(fuzz_random *r, weft_dtype type, uint32_t mode)
{
    static const double some[] = {0.0, -0.0, 1.0, -1.0, 0.5, 2.5, -3.5, 1e30, -1e300, 1e-310};
    uint64_t bits = fuzz_next(r);
    if (type == WEFT_F32 || type == WEFT_F64) {
        double value = some[fuzz_below(r, sizeof some / sizeof some[0])];
        float single = (float)value;
        if (fuzz_one_in(r, mode == 0 ? 64 : 3))
            return type == WEFT_F64 ? bits | UINT64_C(0x7ff) << 52 : bits | UINT64_C(0xff) << 23;
        if (mode == 1 || fuzz_one_in(r, 3))
            return bits;
        if (type == WEFT_F64)
            memcpy(&bits, &value, sizeof value);
        else
            memcpy(&bits, &single, sizeof single);
        return bits;
    }
    if (mode == 0)
        return bits % 16;
    if (mode == 1)
        return bits;
    return fuzz_one_in(r, 2) ? bits % 3 : bits >> fuzz_below(r, 64);
}

/* Visits every element of an array; offset counts from the first one. */
static inline void fuzz_fill(fuzz_random *r, fuzz_array *a)
{
    int64_t at[WEFT_MAX_ARG_RANK] = {0};
    uint32_t mode = fuzz_below(r, 3);
    size_t size = weft_dtype_size(a->arg.type);
    for (int64_t i = 0; i < a->elements; i++) {
        int64_t offset = (int64_t)a->first;
        for (int32_t d = 0; d < a->arg.rank; d++)
            offset += at[d] * a->arg.strides[d];
        uint64_t value = fuzz_value(r, a->arg.type, mode);
        memcpy(a->initial + offset, &value, size);
        memset(a->element + offset, 2, size);
        a->element[offset] = 1;
        for (int32_t d = a->arg.rank - 1; d >= 0 && ++at[d] == a->arg.shape[d]; d--)
            at[d] = 0;
    }
}

/* The block around the elements: its size, where the first one lies, its content. */
static inline bool fuzz_place(fuzz_random *r, fuzz_array *a, size_t *room)
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
    size_t shift = fuzz_one_in(r, 2) ? fuzz_below(r, 8) : 0; /* no alignment is required */
    a->bytes = a->elements ? (size_t)(high - low) + weft_dtype_size(a->arg.type) + shift : 0;
    a->first = a->elements ? (size_t)-low + shift : 0;
    if (a->bytes > *room)
        return false;
    *room -= a->bytes;
    a->initial = malloc(a->bytes + 1);
    a->element = calloc(a->bytes + 1, 1);
    assert(a->initial && a->element);
    memset(a->initial, 0xa5, a->bytes);
    fuzz_fill(r, a);
    return true;
}

/* Gives some outputs the content and the layout of an input that they can share memory with. */
static inline void fuzz_choose_alias(fuzz_random *r, fuzz_arguments *args, uint32_t out)
{
    fuzz_array *a = &args->arrays[out];
    a->alias = -1;
    if (a->info.kind != WEFT_PARAM_OUT || a->info.window)
        return;
    for (uint32_t i = 0; i < out; i++) {
        fuzz_array *b = &args->arrays[i];
        if (b->info.kind != WEFT_PARAM_IN || b->info.window || b->arg.type != a->arg.type ||
            b->arg.rank != a->arg.rank || b->info.dims != a->info.dims ||
            b->info.segment != a->info.segment || fuzz_one_in(r, 2))
            continue;
        bool same = true;
        for (int32_t d = 0; d < a->arg.rank; d++)
            same = same && a->arg.shape[d] == b->arg.shape[d] && b->arg.strides[d];
        if (!same)
            continue;
        const char *name = a->arg.name;
        a->arg = b->arg;
        a->arg.name = name;
        a->bytes = b->bytes;
        a->first = b->first;
        free(a->initial);
        free(a->element);
        a->initial = malloc(b->bytes + 1);
        a->element = malloc(b->bytes + 1);
        assert(a->initial && a->element);
        memcpy(a->initial, b->initial, b->bytes);
        memcpy(a->element, b->element, b->bytes);
        a->alias = (int)i;
        return;
    }
}

static inline void fuzz_arguments_free(fuzz_arguments *args)
{
    for (uint32_t i = 0; i < args->count; i++) {
        free(args->arrays[i].initial);
        free(args->arrays[i].element);
    }
    free(args);
}

/* NULL: what the program asks for is too large to be run here. */
static inline fuzz_arguments *fuzz_arguments_make(fuzz_random *r, const weft_program *program)
{
    fuzz_arguments *args = calloc(1, sizeof *args);
    assert(args);
    size_t room = FUZZ_MAX_BYTES;
    bool good = fuzz_choose_extents(r, program, args);
    uint32_t n = weft_program_param_count(program);
    assert(n <= FUZZ_PARAMS);
    for (uint32_t i = 0; i < n && good; i++) {
        fuzz_array *a = &args->arrays[i];
        weft_status status = weft_program_param(program, i, &a->info);
        assert(status == WEFT_OK && weft_program_find_param(program, a->info.name) == (int32_t)i);
        (void)status;
        args->count = i + 1;
        a->alias = -1;
        if (!fuzz_takes_argument(a->info.kind))
            continue;
        a->arg.name = a->info.name;
        a->arg.type = a->info.type;
        if (a->info.window > FUZZ_MAX_ELEMENTS) {
            good = false;
            break;
        }
        fuzz_choose_shape(r, args, a);
        fuzz_choose_strides(r, a);
        good = fuzz_place(r, a, &room);
        if (good)
            fuzz_choose_alias(r, args, i);
    }
    if (good)
        return args;
    fuzz_arguments_free(args);
    return NULL;
}

/* --- runs ------------------------------------------------------------------------------------- */

typedef struct fuzz_result {
    weft_status status;
    uint8_t *blocks[FUZZ_PARAMS]; /* by parameter; NULL where it takes none or shares another's */
} fuzz_result;

/* Runs on fresh blocks; shared: outputs lie in the inputs that they may share memory with. */
static inline void fuzz_run(weft_context *context, const weft_program *program,
                            const fuzz_arguments *args, bool shared, fuzz_result *result)
{
    weft_arg *list = calloc(FUZZ_PARAMS, sizeof *list);
    weft_run_options options = {.size = sizeof options, .budget = FUZZ_BUDGET};
    weft_error error;
    size_t n = 0;
    assert(list);
    memset(result, 0, sizeof *result);
    for (uint32_t i = 0; i < args->count; i++) {
        const fuzz_array *a = &args->arrays[i];
        uint32_t home = shared && a->alias >= 0 ? (uint32_t)a->alias : i;
        if (!fuzz_takes_argument(a->info.kind))
            continue;
        if (home == i) {
            result->blocks[i] = malloc(a->bytes);
            assert(result->blocks[i] || a->bytes == 0);
            if (a->bytes)
                memcpy(result->blocks[i], a->initial, a->bytes);
        }
        list[n] = a->arg;
        list[n].data = a->bytes ? result->blocks[home] + a->first : NULL;
        n++;
    }
    result->status = weft_run_with(context, program, list, n, &options, &error);
    assert(error.status == result->status && (error.message[0] != 0) == (error.status != WEFT_OK));
    free(list);
}

static inline void fuzz_result_free(fuzz_result *result)
{
    for (uint32_t i = 0; i < FUZZ_PARAMS; i++)
        free(result->blocks[i]);
}

/* Nothing has changed but elements of arrays that the program writes, and not even those where the
 * run was refused. */
static inline void fuzz_check_untouched(const fuzz_arguments *args, const fuzz_result *result,
                                        bool shared)
{
    bool refused = result->status == WEFT_ERR_BIND || result->status == WEFT_ERR_ARG;
    for (uint32_t i = 0; i < args->count; i++) {
        const fuzz_array *a = &args->arrays[i];
        bool written = fuzz_is_written(a->info.kind) && !refused;
        for (uint32_t j = 0; shared && j < args->count; j++)
            written = written || args->arrays[j].alias == (int)i;
        for (size_t k = 0; result->blocks[i] && k < a->bytes; k++)
            assert(result->blocks[i][k] == a->initial[k] || (written && a->element[k]));
    }
}

/* Whether an element is a NaN. */
static inline bool fuzz_is_nan(weft_dtype type, const uint8_t *bytes)
{
    uint64_t bits = 0, infinity = type == WEFT_F64    ? UINT64_C(0x7ff) << 52
                                  : type == WEFT_F32  ? UINT64_C(0xff) << 23
                                  : type == WEFT_F16  ? 0x7c00
                                  : type == WEFT_BF16 ? 0x7f80
                                                      : UINT64_MAX;
    size_t size = weft_dtype_size(type);
    for (size_t i = size; i > 0; i--)
        bits = bits << 8 | bytes[i - 1];
    return (bits & (UINT64_MAX >> (65 - 8 * size))) > infinity;
}

/* Which NaN an operation gives, compilers decide, and differently for different loops. */
static inline bool fuzz_same_elements(const fuzz_array *a, const uint8_t *x, const uint8_t *y)
{
    size_t size = weft_dtype_size(a->arg.type);
    for (size_t i = 0; i < a->bytes; i++)
        if (a->element[i] == 1 && memcmp(x + i, y + i, size) != 0 &&
            !(fuzz_is_nan(a->arg.type, x + i) && fuzz_is_nan(a->arg.type, y + i)))
            return false;
    return true;
}

static inline void fuzz_check_same(const fuzz_arguments *args, const fuzz_result *x,
                                   const fuzz_result *y)
{
    for (uint32_t i = 0; i < args->count; i++) {
        const fuzz_array *a = &args->arrays[i];
        if (!fuzz_is_written(a->info.kind) || !fuzz_takes_argument(a->info.kind) || !a->bytes)
            continue;
        const uint8_t *other = y->blocks[i] ? y->blocks[i] : y->blocks[a->alias];
        assert(fuzz_same_elements(a, x->blocks[i], other));
    }
}

/* A failing gather and the end of the budget may meet in another order where strips have another
 * length; whether a run succeeds does not depend on it. */
static inline bool fuzz_same_status(weft_status a, weft_status b)
{
    bool a_late = a == WEFT_ERR_BUDGET || a == WEFT_ERR_RANGE;
    bool b_late = b == WEFT_ERR_BUDGET || b == WEFT_ERR_RANGE;
    return a == b || (a_late && b_late) || a == WEFT_ERR_MEMORY || b == WEFT_ERR_MEMORY;
}

static inline void fuzz_check_shapes(weft_context *context, const weft_program *program,
                                     const fuzz_arguments *args)
{
    weft_arg *list = calloc(FUZZ_PARAMS, sizeof *list);
    size_t n = 0;
    assert(list);
    for (uint32_t i = 0; i < args->count; i++)
        if (fuzz_takes_argument(args->arrays[i].info.kind))
            list[n++] = args->arrays[i].arg;
    for (uint32_t i = 0; i < args->count; i++) {
        const fuzz_array *a = &args->arrays[i];
        int32_t rank = -1;
        int64_t shape[WEFT_MAX_ARG_RANK];
        weft_status status =
            weft_infer_shape(context, program, list, n, NULL, i, &rank, shape, NULL);
        if (status || (a->info.kind != WEFT_PARAM_OUT && a->info.kind != WEFT_PARAM_INOUT))
            continue;
        assert(rank == a->arg.rank);
        assert(memcmp(shape, a->arg.shape, (size_t)rank * sizeof *shape) == 0);
    }
    free(list);
}

static unsigned long fuzz_statuses[16]; /* of first runs */

static inline void fuzz_check_runs(weft_context *contexts[2], const weft_program *program,
                                   uint64_t seed)
{
    fuzz_random r = {seed};
    fuzz_arguments *args = fuzz_arguments_make(&r, program);
    fuzz_result results[3];
    bool shared = false;
    if (!args)
        return;
    fuzz_check_shapes(contexts[0], program, args);
    for (uint32_t i = 0; i < args->count; i++)
        shared = shared || args->arrays[i].alias >= 0;
    for (int i = 0; i < (shared ? 3 : 2); i++) {
        fuzz_run(contexts[i == 1], program, args, i == 2, &results[i]);
        fuzz_check_untouched(args, &results[i], i == 2);
    }
    fuzz_statuses[results[0].status]++;
    assert(fuzz_same_status(results[0].status, results[1].status));
    if (results[0].status == WEFT_OK && results[1].status == WEFT_OK)
        fuzz_check_same(args, &results[0], &results[1]);
    if (shared && results[2].status == WEFT_OK && results[0].status == WEFT_OK)
        fuzz_check_same(args, &results[0], &results[2]);
    if (shared && results[2].status != WEFT_ERR_BIND) /* where it is not refused, all is the same */
        assert(fuzz_same_status(results[0].status, results[2].status));
    for (int i = 0; i < (shared ? 3 : 2); i++)
        fuzz_result_free(&results[i]);
    fuzz_arguments_free(args);
}

/* --- saving, loading, disassembling, assembling ----------------------------------------------- */

static inline void fuzz_check_image(const weft_program *program, const void *image, size_t length)
{
    void *again = NULL;
    size_t again_length = 0;
    weft_status status = weft_save(program, &again, &again_length, NULL);
    assert(status == WEFT_OK && again_length == length);
    assert(memcmp(image, again, length) == 0);
    (void)status;
    weft_free(again);
}

static inline void fuzz_check_round_trip(weft_context *context, const weft_program *program)
{
    void *image = NULL;
    char *text = NULL;
    size_t length = 0, text_length = 0;
    weft_program *loaded = NULL, *assembled = NULL;
    weft_error error;
    weft_status status = weft_save(program, &image, &length, NULL);
    assert(status == WEFT_OK);
    status = weft_load(context, image, length, &loaded, &error);
    assert(status == WEFT_OK && loaded);
    fuzz_check_image(loaded, image, length);
    status = weft_disassemble(program, &text, &text_length, NULL);
    assert(status == WEFT_OK && strlen(text) == text_length);
    status = weft_assemble(context, text, text_length, &assembled, &error);
    if (status)
        fprintf(stderr, "%d:%d: %s\n%s\n", error.line, error.column, error.message, text);
    assert(status == WEFT_OK);
    fuzz_check_image(assembled, image, length);
    weft_program_release(loaded);
    weft_program_release(assembled);
    weft_free(text);
    weft_free(image);
}

/* An error report says what and where, and nothing else. */
static inline void fuzz_check_error(weft_status status, const weft_error *error)
{
    assert(error->status == status);
    assert(memchr(error->message, 0, sizeof error->message));
    assert((error->message[0] != 0) == (status != WEFT_OK));
    assert((status != WEFT_ERR_SYNTAX) || (error->line > 0 && error->column > 0));
    assert((error->rule != 0) == (status == WEFT_ERR_VERIFY));
}

/* All of the above for a program made in contexts[0], which is released. */
static inline void fuzz_check_program(weft_context *contexts[2], weft_program *program,
                                      uint64_t seed)
{
    fuzz_check_round_trip(contexts[1], program);
    for (uint64_t i = 0; i < 2; i++)
        fuzz_check_runs(contexts, program, seed + i);
    weft_program_release(program);
}

#endif
