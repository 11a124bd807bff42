/* bench/gates/counted_runs.c: runs of programs, in three groups. run: the short way of programs
 * that one kernel does. bind: one element, so that what is counted is looking at the arguments and
 * starting. strips: many strips of cheap operations, so that what is counted is what the
 * interpreter does around the kernels. Neighbours: bench/gates/instructions.h,
 * bench/engine_programs.h (some of the programs). */
#include <stdalign.h>
#include <stdbool.h>
#include <string.h>

#include "bench/engine_programs.h"
#include "bench/gates/instructions.h"

enum { CALLS = 100, STRIPS = 64, LONG = STRIPS * COUNTED_STRIP, LONG_CALLS = 4 };
enum { ROWS = 8, ARGS = 10 };

/* A program and what it is run on: every argument lies in an array of its own. */
typedef struct counted_program {
    weft_context *context;
    weft_program *program;
    weft_arg args[ARGS];
    size_t nargs;
} counted_program;

static alignas(64) float arrays[ARGS][2 * LONG];

static weft_status run(void *self)
{
    const counted_program *p = self;
    return weft_run(p->context, p->program, p->args, p->nargs);
}

static weft_status infer_shape(void *self)
{
    const counted_program *p = self;
    int32_t rank;
    int64_t shape[WEFT_MAX_ARG_RANK];
    return weft_infer_shape(p->context, p->program, p->args, p->nargs - 1, NULL,
                            (uint32_t)p->nargs - 1, &rank, shape, NULL);
}

/* --- arguments -------------------------------------------------------------------------------- */

static const char add_text[] = ".in a f32\n.in b f32\n.out y f32\n"
                               "loop\nld.f32 v0, [a]\nld.f32 v1, [b]\nadd.f32 v0, v0, v1\n"
                               "st.f32 v0, [y]\nend\nexit\n";

/* Bytes: a strip is four vectors, so that the kernels are a small part of it. */
static const char bytes_text[] =
    ".in a u8\n.in b u8\n.out y u8\n"
    "loop\nld.u8 v0, [a]\nld.u8 v1, [b]\nadd.u8 v2, v0, v1\nsub.u8 v3, v0, v1\nxor.u8 v4, v2, v3\n"
    "and.u8 v5, v4, v0\nor.u8 v6, v5, v1\nmin.u8 v7, v6, v2\nmax.u8 v8, v7, v3\nadd.u8 v9, v8, v4\n"
    "st.u8 v9, [y]\nend\nexit\n";

static const char sum_text[] = ".in a f32\n.in b f32\n.out y f32 dims none\n"
                               "loop\nld.f32 v0, [a]\nld.f32 v1, [b]\ndot.f32 s0, v0, v1\nend\n"
                               "st.f32 s0, [y]\nexit\n";

/* Rows of three elements where rows are dimension 0: the loops around strips, and scalars. */
static const char rows_text[] =
    ".space 2\n.in a f32\n.in b f32 dims 0\n.out y f32\n"
    "each 0\nld.f32 s0, [b]\nloop 1\nld.f32 v0, [a]\nmul.f32 v0, v0, s0\nst.f32 v0, [y]\nend\n"
    "end\nexit\n";

static weft_status assemble(counted_program *p, weft_context *context, const char *text,
                            weft_error *error)
{
    *p = (counted_program){.context = context};
    return weft_assemble(context, text, strlen(text), &p->program, error);
}

/* The next argument: contiguous, the trailing dimension a segment's where there is one. */
static void give(counted_program *p, weft_dtype type, int32_t rank, const int64_t *shape)
{
    (void)weft_arg_contiguous(&p->args[p->nargs], NULL, type, arrays[p->nargs], rank, shape);
    p->nargs++;
}

/* Arguments of n elements, as many as the program has parameters; `names`: by name. */
static weft_status give_all(counted_program *p, int64_t n, bool names)
{
    weft_status status = WEFT_OK;
    for (uint32_t i = 0; !status && i < weft_program_param_count(p->program); i++) {
        weft_param_info info;
        status = weft_program_param(p->program, i, &info);
        if (status)
            break;
        const bool is_row = info.kind == WEFT_PARAM_UNIFORM || info.kind == WEFT_PARAM_TABLE;
        const int64_t rows = info.kind == WEFT_PARAM_TABLE ? ROWS : info.count;
        int64_t shape[2] = {is_row ? rows : n, info.segment};
        const bool leading = is_row ? rows > 1 || info.kind == WEFT_PARAM_TABLE : info.dims != 0;
        const int32_t rank = (int32_t)leading + (info.segment > 1);
        give(p, info.type, rank, leading ? shape : shape + 1);
        if (names)
            p->args[i].name = info.name;
    }
    return status;
}

static weft_status add_run(counted_setting *setting, counted_program *p, const char *name,
                           const char *text, int64_t n, uint32_t calls, weft_error *error)
{
    weft_status status = assemble(p, setting->context, text, error);
    if (!status)
        status = give_all(p, n, false);
    return status ? status : counted_add(setting, name, calls, run, p);
}

/* --- the groups ------------------------------------------------------------------------------- */

static weft_status one_call(counted_setting *setting, weft_error *error)
{
    static counted_program by_position, by_name, in_buffers, bell;
    weft_buffer buffer = {0};
    weft_status status =
        add_run(setting, &by_position, "run/add-by-position", add_text, 1, CALLS, error);
    if (!status)
        status = assemble(&by_name, setting->context, add_text, error);
    if (!status)
        status = give_all(&by_name, 1, true);
    if (!status)
        status = counted_add(setting, "run/add-by-name", CALLS, run, &by_name);
    if (!status)
        status = weft_buffer_create(setting->context, 4096, 0, &buffer, error);
    if (!status)
        status = assemble(&in_buffers, setting->context, add_text, error);
    for (uint64_t i = 0; !status && i < 3; i++)
        status = weft_arg_view(&in_buffers.args[in_buffers.nargs++], NULL, buffer, 1024 * i,
                               WEFT_F32, 1, &(const int64_t){1}, NULL);
    if (!status)
        status = counted_add(setting, "run/add-in-buffers", CALLS, run, &in_buffers);
    return status ? status : add_run(setting, &bell, "run/bell", engine_bell_text, 1, CALLS, error);
}

static weft_status binding(counted_setting *setting, weft_error *error)
{
    static counted_program bytes, transform, polynomial, repeated;
    static const int64_t row[] = {1, 3}, column[] = {2, 1}, whole[] = {2, 3};
    weft_status status = add_run(setting, &bytes, "bind/bytes", bytes_text, 1, CALLS, error);
    if (!status)
        status =
            add_run(setting, &transform, "bind/transform", engine_transform_text, 1, CALLS, error);
    if (!status)
        status =
            add_run(setting, &polynomial, "bind/table", engine_polynomial_text, 1, CALLS, error);
    if (!status)
        status = counted_add(setting, "bind/infer-shape", CALLS, infer_shape, &bytes);
    if (!status)
        status = assemble(&repeated, setting->context,
                          ".space 2\n.in a f32\n.in b f32\n.out y f32\n"
                          "loop\nld.f32 v0, [a]\nld.f32 v1, [b]\nmul.f32 v2, v0, v1\n"
                          "add.f32 v2, v2, v0\nst.f32 v2, [y]\nend\nexit\n",
                          error);
    give(&repeated, WEFT_F32, 2, row);
    give(&repeated, WEFT_F32, 2, column);
    give(&repeated, WEFT_F32, 2, whole);
    return status ? status : counted_add(setting, "bind/repeated", CALLS, run, &repeated);
}

static weft_status strips(counted_setting *setting, weft_error *error)
{
    static counted_program bytes, sum, strided, rows, table;
    static const int64_t long_shape[] = {LONG}, rows_shape[] = {LONG / 4, 3};
    weft_status status =
        add_run(setting, &bytes, "strips/bytes", bytes_text, LONG, LONG_CALLS, error);
    if (!status)
        status = add_run(setting, &sum, "strips/dot", sum_text, LONG, LONG_CALLS, error);
    if (!status)
        status = assemble(&strided, setting->context, add_text, error);
    for (int i = 0; i < 3; i++)
        give(&strided, WEFT_F32, 1, long_shape);
    strided.args[1].strides[0] = 8;
    if (!status)
        status = counted_add(setting, "strips/strided", LONG_CALLS, run, &strided);
    if (!status)
        status = assemble(&rows, setting->context, rows_text, error);
    give(&rows, WEFT_F32, 2, rows_shape);
    give(&rows, WEFT_F32, 1, rows_shape);
    give(&rows, WEFT_F32, 2, rows_shape);
    if (!status)
        status = counted_add(setting, "strips/short-rows", LONG_CALLS, run, &rows);
    return status ? status
                  : add_run(setting, &table, "strips/table", engine_polynomial_text,
                            4 * COUNTED_STRIP, LONG_CALLS, error);
}

weft_status counted_runs(counted_setting *setting, weft_error *error)
{
    weft_status status = one_call(setting, error);
    if (!status)
        status = binding(setting, error);
    return status ? status : strips(setting, error);
}
