/* bench/engine_single.c: programs that do what one call or two of the direct API do: what the
 * machine adds to the kernels.
 * Neighbours: bench/engine.h, bench/engine_acceptance.c. */
#include "bench/engine.h"

typedef struct arrays {
    float *y, *a, *b;
    size_t n;
} arrays;

/* --- y = a + b -------------------------------------------------------------------------------- */

static const char add_text[] = ".in a f32\n"
                               ".in b f32\n"
                               ".out y f32\n"
                               "    loop\n"
                               "        ld.f32 v0, [a]\n"
                               "        ld.f32 v1, [b]\n"
                               "        add.f32 v0, v0, v1\n"
                               "        st.f32 v0, [y]\n"
                               "    end\n"
                               "    exit\n";

static double sample_add(void *self, uint64_t calls)
{
    const arrays *x = self;
    const double start = bench_now();
    for (uint64_t i = 0; i < calls; i++)
        if (weft_add_f32(x->y, x->a, x->b, x->n) != WEFT_OK)
            return -1;
    return bench_now() - start;
}

static void measure_add(engine_bench *bench, const engine_case *c)
{
    const size_t n = bench->n;
    const int64_t shape[] = {(int64_t)n};
    arrays x = {.n = n};
    x.a = engine_floats(bench, n, -1, 1);
    x.b = engine_floats(bench, n, -1, 1);
    x.y = engine_floats(bench, n, 0, 0);
    engine_program *program = engine_add_program(bench, bench->contexts->one, add_text);
    (void)c;
    engine_arg(program, x.a, 1, shape);
    engine_arg(program, x.b, 1, shape);
    engine_arg(program, x.y, 1, shape);
    engine_contend_program(bench, "weft", program);
    engine_contend_program(bench, "named", engine_add_named(bench, program));
    engine_contend(bench, "inline", sample_add, &x);
    engine_output_add(bench, x.y, n, NULL, 0);
    bench->bytes = 12.0 * (double)n;
    bench->flops = (double)n;
    engine_measure(bench);
}

/* --- sums of products ------------------------------------------------------------------------- */

static const char mul_sum_text[] = ".in a f32\n"
                                   ".in b f32\n"
                                   ".out y f32 dims none\n"
                                   "    loop\n"
                                   "        ld.f32 v0, [a]\n"
                                   "        ld.f32 v1, [b]\n"
                                   "        mul.f32 v0, v0, v1\n"
                                   "        sum.f32 s0, v0\n"
                                   "    end\n"
                                   "    st.f32 s0, [y]\n"
                                   "    exit\n";

static const char dot_text[] = ".in a f32\n"
                               ".in b f32\n"
                               ".out y f32 dims none\n"
                               "    loop\n"
                               "        ld.f32 v0, [a]\n"
                               "        ld.f32 v1, [b]\n"
                               "        dot.f32 s0, v0, v1\n"
                               "    end\n"
                               "    st.f32 s0, [y]\n"
                               "    exit\n";

static double sample_dot(void *self, uint64_t calls)
{
    const arrays *x = self;
    const double start = bench_now();
    for (uint64_t i = 0; i < calls; i++)
        if (weft_dot_f32(x->y, x->a, x->b, x->n) != WEFT_OK)
            return -1;
    return bench_now() - start;
}

/* Both programs round each product before they add it, as weft_dot_f32 does: the same bits. */
static void measure_dot(engine_bench *bench, const engine_case *c)
{
    const size_t n = bench->n;
    const int64_t shape[] = {(int64_t)n};
    arrays x = {.n = n};
    x.a = engine_floats(bench, n, 0, 1);
    x.b = engine_floats(bench, n, 0, 1);
    x.y = engine_floats(bench, 1, 0, 0);
    engine_program *program = engine_add_program(bench, bench->contexts->one, c->text);
    engine_arg(program, x.a, 1, shape);
    engine_arg(program, x.b, 1, shape);
    engine_arg(program, x.y, 0, NULL);
    engine_contend_program(bench, "weft", program);
    engine_contend(bench, "inline", sample_dot, &x);
    engine_output_add(bench, x.y, 1, NULL, 0);
    bench->bytes = 8.0 * (double)n;
    bench->flops = 2.0 * (double)n;
    engine_measure(bench);
}

/* --- y = a / sum(a) --------------------------------------------------------------------------- */

static const char share_text[] = ".in a f32\n"
                                 ".out y f32\n"
                                 "    loop\n"
                                 "        ld.f32 v0, [a]\n"
                                 "        sum.f32 s0, v0\n"
                                 "    end\n"
                                 "    loop\n"
                                 "        ld.f32 v0, [a]\n"
                                 "        div.f32 v0, v0, s0\n"
                                 "        st.f32 v0, [y]\n"
                                 "    end\n"
                                 "    exit\n";

static double sample_share(void *self, uint64_t calls)
{
    const arrays *x = self;
    const double start = bench_now();
    for (uint64_t i = 0; i < calls; i++) {
        float sum;
        if (weft_sum_f32(&sum, x->a, x->n) != WEFT_OK ||
            weft_divs_f32(x->y, x->a, sum, x->n) != WEFT_OK)
            return -1;
    }
    return bench_now() - start;
}

static void measure_share(engine_bench *bench, const engine_case *c)
{
    const size_t n = bench->n;
    const int64_t shape[] = {(int64_t)n};
    arrays x = {.n = n};
    x.a = engine_floats(bench, n, 0.5, 1);
    x.y = engine_floats(bench, n, 0, 0);
    engine_program *program = engine_add_program(bench, bench->contexts->one, share_text);
    (void)c;
    engine_arg(program, x.a, 1, shape);
    engine_arg(program, x.y, 1, shape);
    engine_contend_program(bench, "weft", program);
    engine_contend(bench, "inline", sample_share, &x);
    engine_output_add(bench, x.y, n, NULL, 0);
    bench->bytes = 12.0 * (double)n;
    engine_measure(bench);
}

const engine_case engine_single_cases[] = {
    {"add/loop", {1, 256, 1024, 4096, 16384, 65536, 1 << 20, 1 << 24}, measure_add, NULL, 0},
    {"dot/mul-sum", {256, 4096, 65536, 1 << 20}, measure_dot, mul_sum_text, 0},
    {"dot/dot", {256, 4096, 65536, 1 << 20}, measure_dot, dot_text, 0},
    {"share/loops", {256, 4096, 65536, 1 << 20}, measure_share, NULL, 0},
    {NULL, {0}, NULL, NULL, 0},
};
