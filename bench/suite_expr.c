/* bench/suite_expr.c: the suite `expr`: formulas as text, beside the libraries of Python that take
 * such texts too; and what compiling them costs.
 * Neighbours: bench/expr.h (cases), bench/expr_acceptance.c (the limits), bench/python.h. */
#include "bench/expr.h"

static const engine_case *const groups[] = {expr_formula_cases, expr_option_cases,
                                            expr_compile_cases};
static const size_t every_length[] = {1, 16, 256, 4096, 65536, 1 << 20, 1 << 24, 0};
static const engine_groups all = {groups, sizeof groups / sizeof groups[0], every_length};

static void each(void (*found)(const char *name, void *data), void *data)
{
    engine_each(&all, found, data);
}

static bool measure(bench_run_state *state)
{
    static const char *const libraries[] = {"numexpr", "numba", "numpy", NULL};
    python_start(&state->peers, state->peers_folder, libraries);
    const bool done = engine_measure_groups(state, &all);
    python_stop();
    return done;
}

/* --- the page --------------------------------------------------------------------------------- */

static bool is_formula(const bench_result *result)
{
    return engine_is_of(result, expr_formula_cases);
}

static bool is_option(const bench_result *result)
{
    return engine_is_of(result, expr_option_cases);
}

static bool is_compile(const bench_result *result)
{
    return engine_is_of(result, expr_compile_cases);
}

static const bench_section sections[] = {
    {"Formulas",
     "linear: `a*b + c*2`; bell: `exp(-0.5*(a*a + b*b + c*c))*a`;\n"
     "waves: `2*a + 3*b*sqrt(c) - sin(a)*cos(b)`; long: `(a - b)/(1 + abs(a*b)) +\n"
     "sqrt(a*a + b*b + c*c)*exp(-abs(c)) - log1p(b*b)*tanh(a) + where(a > b, a*c, b*c)`.",
     is_formula, NULL},
    {"Options", "Black and Scholes's prices of a call and a put: n is the number of pairs.",
     is_option, NULL},
    {"Compiling",
     "compile/ten: a text of ten operations to a program; compile/hit: the same out of the cache.\n"
     "eval: weft_eval of that text, beside a run of the program (compiled).",
     is_compile, NULL},
};

static const char *const peers[] = {NULL};

const bench_suite suite_expr = {
    .name = "expr",
    .title = "expressions",
    .summary = "formulas as text, beside NumExpr, Numba and NumPy; what compiling costs",
    .peers = peers,
    .min_time = 1e6,
    .each = each,
    .measure = measure,
    .judge = expr_judge,
    .ratio = expr_ratio,
    .ratio_words = "weft's time over that of the fastest of Python's libraries on one thread",
    .limit_words = "Against a library: how many times as fast weft is, with as many threads.",
    .notes =
        "weft: compiled once and run on one thread; fast: the same with the flags "
        "`WEFT_FAST`. NumExpr:\n`evaluate(text, local_dict=..., out=...)`, which looks the text "
        "up in a cache of its own, as its users\ncall it; it has no erf, and so no options. "
        "NumPy: the expression as it stands, a new array for each\noperation. All of Python's "
        "figures include the call from Python; the arrays have the same values as weft's.",
    .sections = sections,
    .section_count = sizeof sections / sizeof sections[0],
    .by_section = true,
};
