/* simd/kernel.c: the numbers of the element-wise kernels (simd/kernel.h) by operation and type. */
#include "simd/kernel.h"

/* Number + 1; 0 where there is none. */
static const uint16_t numbers[WEFT_OPCODE_COUNT][WEFT_TYPE_COUNT] = {
#define ONE(NAME_, tag, NAME)                                [WEFT_OP_##NAME][WEFT_##NAME_] = WEFT_KERNEL_##NAME##_##tag + 1,
#define WEFT_OP_UNARY(N, m, cat, TYPES, u32, u64, I, F, w)   WEFT_FOR_##TYPES(ONE, N)
#define WEFT_OP_BINARY(N, m, cat, TYPES, u32, u64, I, F, w)  WEFT_FOR_##TYPES(ONE, N)
#define WEFT_OP_TERNARY(N, m, cat, TYPES, u32, u64, I, F, w) WEFT_FOR_##TYPES(ONE, N)
#define WEFT_OP_COMPARE(N, m, TYPES, I, F, w)                WEFT_FOR_##TYPES(ONE, N)
#include "isa/ops.def"
    WEFT_FOR_ALL(ONE, SEL) WEFT_FOR_ALL(ONE, MOV)};

int weft_kernel_number(unsigned op, unsigned type)
{
    return numbers[op][type] - 1;
}

weft_kernel *weft_kernel_find(const weft_kernel_table *table, unsigned op, unsigned type,
                              unsigned form)
{
    int number = weft_kernel_number(op, type);
    return number < 0 ? NULL : table->elementwise[(unsigned)number + form];
}
