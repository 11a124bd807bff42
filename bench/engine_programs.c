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

/* A point is in v1 to v3, the sum in v20, 1 in s52. `points` is computed once for a strip of
 * points, `gaussians` once for each row. */
#define FIELD(values, points, gaussians)                                                           \
    ".in x f32\n"                                                                                  \
    ".in y f32\n"                                                                                  \
    ".in z f32\n"                                                                                  \
    ".table rows f32[" values "]\n"                                                                \
    ".out f f32\n"                                                                                 \
    "    length.i64 s50, [rows], 0\n"                                                              \
    "    imm.f32 s51, 0\n"                                                                         \
    "    imm.f32 s52, 1\n"                                                                         \
    "    loop\n"                                                                                   \
    "        ld.f32 v1, [x]\n"                                                                     \
    "        ld.f32 v2, [y]\n"                                                                     \
    "        ld.f32 v3, [z]\n"                                                                     \
    "        bcast.f32 v20, s51\n" points "        for s49, s50\n" gaussians "        end\n"       \
    "        st.f32 v20, [f]\n"                                                                    \
    "    end\n"                                                                                    \
    "    exit\n"

/* One dot of ten terms: 1, x, y, z and the products of two of them. */
const char engine_polynomial_text[] = FIELD("11",
                                            "        bcast.f32 v0, s52\n"
                                            "        mul.f32 v4, v1, v1\n"
                                            "        mul.f32 v5, v2, v2\n"
                                            "        mul.f32 v6, v3, v3\n"
                                            "        mul.f32 v7, v1, v2\n"
                                            "        mul.f32 v8, v1, v3\n"
                                            "        mul.f32 v9, v2, v3\n",
                                            "            lds.f32 s0..s10, [rows + s49]\n"
                                            "            dotk.f32 v10, v0..v9, s0..s9\n"
                                            "            exp2.f32 v10, v10\n"
                                            "            fma.f32 v20, v10, s10, v20\n");

/* -|l point + c|^2; the rows of (l | c) are whole, zeros included. */
const char engine_factors_text[] = FIELD("13", "",
                                         "            lds.f32 s0..s12, [rows + s49]\n"
                                         "            affine34.f32 v4..v6, v1..v3, s0..s11\n"
                                         "            mul.f32 v7, v4, v4\n"
                                         "            fma.f32 v7, v5, v5, v7\n"
                                         "            fma.f32 v7, v6, v6, v7\n"
                                         "            neg.f32 v7, v7\n"
                                         "            exp2.f32 v7, v7\n"
                                         "            fma.f32 v20, v7, s12, v20\n");

/* d' p d, where d = point - mean */
const char engine_centred_text[] = FIELD("13", "",
                                         "            lds.f32 s0..s12, [rows + s49]\n"
                                         "            sub.f32 v4, v1, s9\n"
                                         "            sub.f32 v5, v2, s10\n"
                                         "            sub.f32 v6, v3, s11\n"
                                         "            affine3.f32 v7..v9, v4..v6, s0..s8\n"
                                         "            mul.f32 v10, v7, v4\n"
                                         "            fma.f32 v10, v8, v5, v10\n"
                                         "            fma.f32 v10, v9, v6, v10\n"
                                         "            exp2.f32 v10, v10\n"
                                         "            fma.f32 v20, v10, s12, v20\n");
