/* bench/engine_programs.c: see bench/engine_programs.h. */
#include "bench/engine_programs.h"

const char engine_transform_text[] = ".in      mean         f32[3]\n"
                                     ".in      rotation     f32[4]\n"
                                     ".in      scale        f32[3]\n"
                                     ".uniform affine       f32[4] count 3\n"
                                     ".uniform turn         f32[4]\n"
                                     ".uniform size         f32\n"
                                     ".out     new_mean     f32[3]\n"
                                     ".out     new_rotation f32[4]\n"
                                     ".out     new_scale    f32[3]\n"
                                     "    lds.f32 s0..s3,   [affine]\n"
                                     "    lds.f32 s4..s7,   [affine + 1]\n"
                                     "    lds.f32 s8..s11,  [affine + 2]\n"
                                     "    lds.f32 s12..s15, [turn]\n"
                                     "    ld.f32  s16, [size]\n"
                                     "    loop\n"
                                     "        lds.f32 v0..v2, [mean]\n"
                                     "        affine34.f32 v0..v2, v0..v2, s0..s11\n"
                                     "        sts.f32 v0..v2, [new_mean]\n"
                                     "        lds.f32 v3..v6, [rotation]\n"
                                     "        qmul.f32 v3..v6, v3..v6, s12..s15\n"
                                     "        sts.f32 v3..v6, [new_rotation]\n"
                                     "        lds.f32 v7..v9, [scale]\n"
                                     "        mul.f32 v7, v7, s16\n"
                                     "        mul.f32 v8, v8, s16\n"
                                     "        mul.f32 v9, v9, s16\n"
                                     "        sts.f32 v7..v9, [new_scale]\n"
                                     "    end\n"
                                     "    exit\n";

const char engine_bell_text[] = ".in a f32\n"
                                ".in b f32\n"
                                ".in c f32\n"
                                ".out y f32\n"
                                "    imm.f32 s0, -0.5\n"
                                "    loop\n"
                                "        ld.f32 v0, [a]\n"
                                "        ld.f32 v1, [b]\n"
                                "        ld.f32 v2, [c]\n"
                                "        mul.f32 v3, v0, v0\n"
                                "        fma.f32 v3, v1, v1, v3\n"
                                "        fma.f32 v3, v2, v2, v3\n"
                                "        mul.f32 v3, v3, s0\n"
                                "        exp.f32 v3, v3\n"
                                "        mul.f32 v3, v0, v3\n"
                                "        st.f32 v3, [y]\n"
                                "    end\n"
                                "    exit\n";

const char engine_chain_text[] = ".in x f32\n"
                                 ".out y f32\n"
                                 "    loop\n"
                                 "        ld.f32 v0, [x]\n"
                                 "        sin.f32 v1, v0\n"
                                 "        exp.f32 v1, v1\n"
                                 "        cos.f32 v2, v0\n"
                                 "        mul.f32 v1, v1, v2\n"
                                 "        st.f32 v1, [y]\n"
                                 "    end\n"
                                 "    exit\n";

#define FIELD_HEAD(values)                                                                         \
    ".in x f32\n"                                                                                  \
    ".in y f32\n"                                                                                  \
    ".in z f32\n"                                                                                  \
    ".table rows f32[" values "]\n"                                                                \
    ".out f f32\n"                                                                                 \
    "    length.i64 s50, [rows], 0\n"                                                              \
    "    imm.f32 s51, 0\n"                                                                         \
    "    imm.f32 s52, 1\n"                                                                         \
    "    loop\n"                                                                                   \
    "        ld.f32 v0, [x]\n"                                                                     \
    "        ld.f32 v1, [y]\n"                                                                     \
    "        ld.f32 v2, [z]\n"                                                                     \
    "        bcast.f32 v20, s51\n"
#define FIELD_TAIL                                                                                 \
    "        end\n"                                                                                \
    "        st.f32 v20, [f]\n"                                                                    \
    "    end\n"                                                                                    \
    "    exit\n"

/* Per Gaussian one dot of ten terms: 1, x, y, z and the products of two of them. */
const char engine_polynomial_text[] =
    FIELD_HEAD("11") "        bcast.f32 v3, s52\n"
                     "        mov.f32 v4, v0\n"
                     "        mov.f32 v5, v1\n"
                     "        mov.f32 v6, v2\n"
                     "        mul.f32 v7, v0, v0\n"
                     "        mul.f32 v8, v1, v1\n"
                     "        mul.f32 v9, v2, v2\n"
                     "        mul.f32 v10, v0, v1\n"
                     "        mul.f32 v11, v0, v2\n"
                     "        mul.f32 v12, v1, v2\n"
                     "        for s49, s50\n"
                     "            lds.f32 s0..s10, [rows + s49]\n"
                     "            dotk.f32 v13, v3..v12, s0..s9\n"
                     "            exp2.f32 v13, v13\n"
                     "            fma.f32 v20, v13, s10, v20\n" FIELD_TAIL;

/* -|l point + c|^2; the rows of (l | c) are whole, zeros included. */
const char engine_factors_text[] =
    FIELD_HEAD("13") "        for s49, s50\n"
                     "            lds.f32 s0..s12, [rows + s49]\n"
                     "            affine34.f32 v3..v5, v0..v2, s0..s11\n"
                     "            mul.f32 v6, v3, v3\n"
                     "            fma.f32 v6, v4, v4, v6\n"
                     "            fma.f32 v6, v5, v5, v6\n"
                     "            neg.f32 v6, v6\n"
                     "            exp2.f32 v6, v6\n"
                     "            fma.f32 v20, v6, s12, v20\n" FIELD_TAIL;

/* d' p d, where d = point - mean */
const char engine_centred_text[] =
    FIELD_HEAD("13") "        for s49, s50\n"
                     "            lds.f32 s0..s12, [rows + s49]\n"
                     "            sub.f32 v3, v0, s9\n"
                     "            sub.f32 v4, v1, s10\n"
                     "            sub.f32 v5, v2, s11\n"
                     "            affine3.f32 v6..v8, v3..v5, s0..s8\n"
                     "            mul.f32 v6, v6, v3\n"
                     "            fma.f32 v6, v7, v4, v6\n"
                     "            fma.f32 v6, v8, v5, v6\n"
                     "            exp2.f32 v6, v6\n"
                     "            fma.f32 v20, v6, s12, v20\n" FIELD_TAIL;
