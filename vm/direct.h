/* vm/direct.h: what the direct API (vm/direct.c) and the dispatcher (vm/vec.c) share: which
 * operands they refuse, and how a kernel runs over whole arrays. */
#ifndef WEFT_VM_DIRECT_H
#define WEFT_VM_DIRECT_H

#include "simd/kernel.h"

/* A direct call with n = 1 takes a few nanoseconds, so the checks are inlined into every function,
 * where the sizes are constants, and have as few branches as they can. */
#if defined(__GNUC__)
#define WEFT_INLINED  __attribute__((always_inline)) static inline
#define WEFT_NOINLINE __attribute__((noinline))
#define WEFT_COLD     __attribute__((noinline, cold))
#else
#define WEFT_INLINED static inline
#define WEFT_NOINLINE
#define WEFT_COLD
#endif

/* Bytes of an element of dst and of up to three inputs, in one constant; 0: there is no such input,
 * or it is a scalar, which is not checked. */
#define WEFT_SIZES(dst, a, b, c)                                                                   \
    ((unsigned)(dst) | (unsigned)(a) << 8 | (unsigned)(b) << 16 | (unsigned)(c) << 24)
WEFT_INLINED size_t weft_size_in(unsigned sizes, int operand) /* 0: dst; 1 to 3: a to c */
{
    return sizes >> 8 * operand & (operand ? 0xff : 0x7f);
}
/* Beside the size of dst: the kernel computes for longer than memory takes. */
#define WEFT_SIZES_LONG 0x80U

/* Whether input is missing or dst overlaps it without being the same elements: dst begins less than
 * its own length before input, or less than input's length behind it, if the distance, shifted by
 * the one, is below the sum of the two. */
WEFT_INLINED unsigned weft_input_refused(const void *dst, size_t dst_size, const void *input,
                                         size_t size, size_t n)
{
    if (size == 0)
        return 0;
    const uintptr_t distance = (uintptr_t)dst - (uintptr_t)input;
    const unsigned overlap = distance + n * dst_size - 1 < n * (dst_size + size) - 1;
    const unsigned other = distance != 0 || dst_size != size, missing = input == NULL;
    return missing | (overlap & other);
}

/* Whether an element-wise operation on n > 0 elements is refused: something is missing, too long to
 * be true, or overlaps. */
WEFT_INLINED unsigned weft_operands_refused(unsigned sizes, const void *dst, const void *a,
                                            const void *b, const void *c, size_t n)
{
    const size_t size = weft_size_in(sizes, 0);
    const unsigned impossible = dst == NULL || n > SIZE_MAX >> 5;
    return impossible | weft_input_refused(dst, size, a, weft_size_in(sizes, 1), n) |
           weft_input_refused(dst, size, b, weft_size_in(sizes, 2), n) |
           weft_input_refused(dst, size, c, weft_size_in(sizes, 3), n);
}

/* Whether a reduction is refused. It writes one value and may read what it likes, also where that
 * value goes: only what is missing is refused. */
WEFT_INLINED bool weft_reduction_refused(unsigned op, const void *result, const void *a,
                                         const void *b, size_t n)
{
    return !result || (n && !a) || n > SIZE_MAX >> 4 || (n && op == WEFT_OP_DOT && !b);
}

/* The sizes of an element-wise operation's operands, cvt and bcast included; of a scalar operand 0.
 * Of the instruction its operation, its types and its scalar bits count. */
unsigned weft_operand_sizes(const weft_insn *insn);

/* Operands in the operation's own order (sel: condition first) put where kernels want a, b and c.
 */
void weft_sort_operands(unsigned op, const void *const *inputs, const void *sorted[3]);

/* Runs a kernel over whole arrays that weft_operands_refused has let pass: outputs so large that no
 * cache holds them go past the caches. */
void weft_run_kernel(weft_kernel *kernel, unsigned sizes, void *dst, const void *a, const void *b,
                     const void *c, size_t n);

/* The mean of n values that add up to `sum`, and their variance from the two moments about a mean
 * (simd/reduce.h). */
double weft_mean_of(double sum, size_t n);
double weft_variance_of(const double moments[2], size_t ddof, size_t n);

#endif
