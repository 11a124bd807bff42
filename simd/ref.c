/* simd/ref.c: reference kernels of the element-wise operations (simd/ref.h), expanded from the
 * meanings in isa/ops.def: one loop per operation and type. Compiled at baseline flags. */
#include "simd/ref.h"

#include <string.h>

#include "simd/meaning.h"

/* For each type tag: its C type, its widest relative, and which of a row's two meanings it takes.
 */
#define T_i8                    int8_t
#define T_i16                   int16_t
#define T_i32                   int32_t
#define T_i64                   int64_t
#define T_u8                    uint8_t
#define T_u16                   uint16_t
#define T_u32                   uint32_t
#define T_u64                   uint64_t
#define T_f16                   uint16_t
#define T_bf16                  uint16_t
#define T_f32                   float
#define T_f64                   double
#define T_b8                    uint8_t
#define WIDE_i8                 int64_t
#define WIDE_i16                int64_t
#define WIDE_i32                int64_t
#define WIDE_i64                int64_t
#define WIDE_u8                 uint64_t
#define WIDE_u16                uint64_t
#define WIDE_u32                uint64_t
#define WIDE_u64                uint64_t
#define WIDE_b8                 uint64_t
#define WIDE_f32                float
#define WIDE_f64                double
#define RESULT_INT(tag, I, F)   (T_##tag)(I)
#define RESULT_FLOAT(tag, I, F) (F)
#define RESULT_i8               RESULT_INT
#define RESULT_i16              RESULT_INT
#define RESULT_i32              RESULT_INT
#define RESULT_i64              RESULT_INT
#define RESULT_u8               RESULT_INT
#define RESULT_u16              RESULT_INT
#define RESULT_u32              RESULT_INT
#define RESULT_u64              RESULT_INT
#define RESULT_b8(tag, I, F)    (uint8_t)((I)&1)
#define RESULT_f32              RESULT_FLOAT
#define RESULT_f64              RESULT_FLOAT

/* What the meanings may say (isa/ops.def). */
#define U(x)      ((uint64_t)(x))
#define W(x)      ((wide)(x))
#define BITS      ((unsigned)(8 * sizeof(element)))
#define IS_SIGNED ((wide)-1 < (wide)1)

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wunused-local-typedefs"
#endif

#define KERNEL(name, tag, OUT, inputs, result)                                                     \
    static void name(void *dst, const void *pa, const void *pb, const void *pc, size_t n)          \
    {                                                                                              \
        typedef T_##tag element;                                                                   \
        typedef WIDE_##tag wide;                                                                   \
        OUT *out = dst;                                                                            \
        const element *xa = pa, *xb = pb, *xc = pc;                                                \
        (void)xb;                                                                                  \
        (void)xc;                                                                                  \
        for (size_t i = 0; i < n; i++) {                                                           \
            inputs out[i] = result;                                                                \
        }                                                                                          \
    }

#define IN_1 const element a = xa[i];
#define IN_2 IN_1 const element b = xb[i];
#define IN_3 IN_2 const element c = xc[i];

#define DEFINE_1(NAME_, tag, NAME, I, F)                                                           \
    KERNEL(ref_##NAME##_##tag, tag, element, IN_1, RESULT_##tag(tag, I, F))
#define DEFINE_2(NAME_, tag, NAME, I, F)                                                           \
    KERNEL(ref_##NAME##_##tag, tag, element, IN_2, RESULT_##tag(tag, I, F))
#define DEFINE_3(NAME_, tag, NAME, I, F)                                                           \
    KERNEL(ref_##NAME##_##tag, tag, element, IN_3, RESULT_##tag(tag, I, F))
#define CHOOSE_INT(I, F)   (I)
#define CHOOSE_FLOAT(I, F) (F)
#define CHOOSE_i8          CHOOSE_INT
#define CHOOSE_i16         CHOOSE_INT
#define CHOOSE_i32         CHOOSE_INT
#define CHOOSE_i64         CHOOSE_INT
#define CHOOSE_u8          CHOOSE_INT
#define CHOOSE_u16         CHOOSE_INT
#define CHOOSE_u32         CHOOSE_INT
#define CHOOSE_u64         CHOOSE_INT
#define CHOOSE_f32         CHOOSE_FLOAT
#define CHOOSE_f64         CHOOSE_FLOAT
#define DEFINE_COMPARE(NAME_, tag, NAME, I, F)                                                     \
    KERNEL(ref_##NAME##_##tag, tag, uint8_t, IN_2, (uint8_t)CHOOSE_##tag(I, F))

#define WEFT_OP_UNARY(N, m, cat, TYPES, u32, u64, I, F, w)   WEFT_FOR_##TYPES(DEFINE_1, N, I, F)
#define WEFT_OP_BINARY(N, m, cat, TYPES, u32, u64, I, F, w)  WEFT_FOR_##TYPES(DEFINE_2, N, I, F)
#define WEFT_OP_TERNARY(N, m, cat, TYPES, u32, u64, I, F, w) WEFT_FOR_##TYPES(DEFINE_3, N, I, F)
#define WEFT_OP_COMPARE(N, m, TYPES, I, F, w)                WEFT_FOR_##TYPES(DEFINE_COMPARE, N, I, F)
#include "isa/ops.def"

/* mov and sel look at bits only, so one kernel serves all types of a size. */
#define DEFINE_MOVES(bits, T)                                                                      \
    static void ref_move_##bits(void *dst, const void *a, const void *b, const void *c, size_t n)  \
    {                                                                                              \
        (void)b;                                                                                   \
        (void)c;                                                                                   \
        memmove(dst, a, n * sizeof(T));                                                            \
    }                                                                                              \
    static void ref_select_##bits(void *dst, const void *pa, const void *pb, const void *pc,       \
                                  size_t n)                                                        \
    {                                                                                              \
        T *out = dst;                                                                              \
        const T *a = pa, *b = pb;                                                                  \
        const uint8_t *c = pc;                                                                     \
        for (size_t i = 0; i < n; i++)                                                             \
            out[i] = c[i] ? a[i] : b[i];                                                           \
    }
DEFINE_MOVES(8, uint8_t)
DEFINE_MOVES(16, uint16_t)
DEFINE_MOVES(32, uint32_t)
DEFINE_MOVES(64, uint64_t)

#define SLOT(NAME_, tag, NAME, I, F) [WEFT_##NAME_] = ref_##NAME##_##tag,
#define ROW_OF(N, TYPES)             [WEFT_OP_##N] = {WEFT_FOR_##TYPES(SLOT, N, , )},

static weft_ref_fn *const kernels[WEFT_OPCODE_COUNT][WEFT_TYPE_COUNT] = {
#define WEFT_OP_UNARY(N, m, cat, TYPES, u32, u64, I, F, w)   ROW_OF(N, TYPES)
#define WEFT_OP_BINARY(N, m, cat, TYPES, u32, u64, I, F, w)  ROW_OF(N, TYPES)
#define WEFT_OP_TERNARY(N, m, cat, TYPES, u32, u64, I, F, w) ROW_OF(N, TYPES)
#define WEFT_OP_COMPARE(N, m, TYPES, I, F, w)                ROW_OF(N, TYPES)
#include "isa/ops.def"
};

weft_ref_fn *weft_ref_kernel(unsigned op, weft_dtype type)
{
    static weft_ref_fn *const moves[4] = {ref_move_8, ref_move_16, ref_move_32, ref_move_64};
    static weft_ref_fn *const selects[4] = {ref_select_8, ref_select_16, ref_select_32,
                                            ref_select_64};
    size_t size = weft_dtype_size(type);
    unsigned log2 = size == 8 ? 3 : size == 4 ? 2 : size == 2 ? 1 : 0;
    if (size == 0 || op >= WEFT_OPCODE_COUNT)
        return NULL;
    if (op == WEFT_OP_MOV)
        return moves[log2];
    if (op == WEFT_OP_SEL)
        return selects[log2];
    return kernels[op][type];
}
