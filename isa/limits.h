/* isa/limits.h: limits of a program, stated in docs/isa.md.
 * They bound what an untrusted image can ask of the reader, the verifier and the engine. */
#ifndef WEFT_ISA_LIMITS_H
#define WEFT_ISA_LIMITS_H

enum {
    WEFT_MAX_STRIP_REGS = 256,       /* v0..v255 */
    WEFT_MAX_PREDICATES = 16,        /* p0..p15 */
    WEFT_MAX_SCALARS = 64,           /* s0..s63 */
    WEFT_MAX_PARAMS = 256,           /* parameters of a program */
    WEFT_MAX_INSNS = 1 << 20,        /* instructions of a program */
    WEFT_MAX_SEGMENT = 16,           /* values per element */
    WEFT_MAX_FUSED_RESULTS = 4,      /* strips that a fused operation writes ... */
    WEFT_MAX_FUSED_STRIPS = 16,      /* ... and reads */
    WEFT_MAX_UNIFORM_ROWS = 4096,    /* rows of a uniform */
    WEFT_MAX_NAME = 63,              /* bytes of a parameter's name */
    WEFT_MAX_NEST = 8,               /* blocks open at once, calls included */
    WEFT_MAX_CALLS = 16,             /* functions active at once */
    WEFT_MAX_STRIP_BLOCK = 4096,     /* elements of a `strip` block */
    WEFT_MAX_LABELS = 1024,          /* labels that wait for their place at once */
    WEFT_MAX_VERIFY_STEPS = 1 << 23, /* instructions the verifier may look at, repeats included */
    WEFT_MAX_BOUNDS = 1 << 20,       /* addresses proved at bind time */
    WEFT_MAX_TEXT = 1 << 26,         /* bytes of assembly text */
    WEFT_MIN_VL = 128,               /* strip lengths an engine may choose: powers of two */
    WEFT_MAX_VL = 2048
};

#define WEFT_MAX_POOL_ROWS UINT32_MAX /* rows of a pool */

/* Most elements along a dimension of the index space, or of a window beyond it. */
#define WEFT_MAX_EXTENT (INT64_C(1) << 48)

#endif
