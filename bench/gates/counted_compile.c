/* bench/gates/counted_compile.c: compiling: expressions and programs, in loops and unrolled, from
 * the cache, and formulas evaluated at once. Neighbours: bench/gates/instructions.h,
 * docs/language.md (what the texts say). */
#include <stdalign.h>
#include <string.h>

#include "bench/gates/instructions.h"

enum { CALLS = 2, LOOKUPS = 100, VARIABLES = 3 };

/* What a text is compiled with: a, b and c are arrays of f32. */
typedef struct counted_source {
    weft_context *context;
    const char *text;
    weft_compile_options options;
    weft_program *program;
} counted_source;

static const weft_variable variables[VARIABLES] = {
    {"a", WEFT_F32, 1, 0}, {"b", WEFT_F32, 1, 0}, {"c", WEFT_F32, 1, 0}};

static const char bell_text[] = "a * exp(-0.5 * (a*a + b*b + c*c))";
static const char passes_text[] = "(a - mean(a)) / std(a) + where(b > 0, b, c) / norm(c)";
static const char gaussians_text[] = "inout mean: f32[3]\n"
                                     "inout quat: f32[4]\n"
                                     "inout scale: f32[3]\n"
                                     "uniform turn: f32[9]\n"
                                     "uniform shift: f32[3]\n"
                                     "uniform r: f32[4]\n"
                                     "uniform k: f32\n"
                                     "mean = affine(turn, mean) + shift\n"
                                     "quat = qmul(r, quat)\n"
                                     "scale *= k\n";
static const char steps_text[] =
    "def smooth(t) = t*t * (3 - 2*t)\n"
    "in re, im: f32\n"
    "out steps: i32\n"
    "out shade: f32\n"
    "x = 0; y = 0; n = 0\n"
    "for i in 100 {\n"
    "    inside = x*x + y*y <= 4\n"
    "    n += i32(inside)\n"
    "    x, y = (x*x - y*y + re if inside else x), (2*x*y + im if inside else y)\n"
    "}\n"
    "steps = n\n"
    "shade = smooth(clip((x + y) / 4, 0, 1))\n";

/* --- the calls -------------------------------------------------------------------------------- */

static weft_status compile(void *self)
{
    const counted_source *s = self;
    weft_program *program;
    const weft_status status =
        weft_compile(s->context, s->text, strlen(s->text), &s->options, &program, NULL);
    weft_program_release(program);
    return status;
}

static weft_status compile_cached(void *self)
{
    const counted_source *s = self;
    weft_program *program;
    const weft_status status =
        weft_compile_cached(s->context, s->text, strlen(s->text), &s->options, &program, NULL);
    weft_program_release(program);
    return status;
}

static weft_status explain(void *self)
{
    const counted_source *s = self;
    char *text;
    size_t length;
    const weft_status status = weft_explain(s->program, 0, &text, &length, NULL);
    weft_free(text);
    return status;
}

/* Two elements, so that what is counted is all that comes before. */
static weft_status eval(void *self)
{
    static alignas(64) float memory[VARIABLES + 1][COUNTED_STRIP];
    static const int64_t shape[] = {2};
    const counted_source *s = self;
    weft_arg args[VARIABLES], result;
    for (int i = 0; i < VARIABLES; i++)
        (void)weft_arg_contiguous(&args[i], variables[i].name, WEFT_F32, memory[i], 1, shape);
    (void)weft_arg_contiguous(&result, NULL, WEFT_F32, memory[VARIABLES], 1, shape);
    return weft_eval(s->context, s->text, strlen(s->text), args, VARIABLES, 0, &result, NULL);
}

/* --- the group -------------------------------------------------------------------------------- */

/* Compiles a text once, so that its error has a message. */
static weft_status take(counted_source *s, weft_context *context, const char *text,
                        size_t n_variables, uint64_t elements, weft_error *error)
{
    s->context = context;
    s->text = text;
    s->options = (weft_compile_options){.size = sizeof s->options,
                                        .variables = n_variables ? variables : NULL,
                                        .n_variables = n_variables,
                                        .elements = elements};
    return weft_compile(context, text, strlen(text), &s->options, &s->program, error);
}

weft_status counted_compile(counted_setting *setting, weft_error *error)
{
    static counted_source bell, unrolled, passes, gaussians, steps;
    const struct {
        const char *name;
        uint32_t calls;
        weft_status (*call)(void *self);
        counted_source *source;
    } rows[] = {
        {"compile/expression", CALLS, compile, &bell},
        {"compile/unrolled", CALLS, compile, &unrolled},
        {"compile/passes", CALLS, compile, &passes},
        {"compile/gaussians", CALLS, compile, &gaussians},
        {"compile/steps", CALLS, compile, &steps},
        {"compile/cached", LOOKUPS, compile_cached, &bell},
        {"compile/eval", LOOKUPS, eval, &bell},
        {"compile/explain", CALLS, explain, &gaussians},
    };
    weft_status status = take(&bell, setting->context, bell_text, VARIABLES, 0, error);
    if (!status)
        status = take(&unrolled, setting->context, bell_text, VARIABLES, 1000, error);
    if (!status)
        status = take(&passes, setting->context, passes_text, VARIABLES, 0, error);
    if (!status)
        status = take(&gaussians, setting->context, gaussians_text, 0, 0, error);
    if (!status)
        status = take(&steps, setting->context, steps_text, 0, 0, error);
    for (size_t i = 0; !status && i < sizeof rows / sizeof rows[0]; i++)
        status = counted_add(setting, rows[i].name, rows[i].calls, rows[i].call, rows[i].source);
    return status;
}
