/* tests/unit/test_api.c: every public function with arguments that it must refuse: the status, the
 * report, outputs set to NULL, and a context that works as if nothing had happened. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

static const char copy_text[] = ".in x f32\n.out y f32\nloop\nld.f32 v0, [x]\nst.f32 v0, [y]\nend\n"
                                "exit\n";
#define COPY copy_text, sizeof copy_text - 1

static weft_program *const junk_program = (weft_program *)(uintptr_t)64;

static void reports(const weft_error *error, weft_status status)
{
    cr_expect(error->status == status && *error->message, "%s: '%s'",
              weft_status_name(error->status), error->message);
    cr_expect(error->line == 0 && error->column == 0 && error->rule == 0 && error->pc == -1 &&
              error->element == -1 && error->byte == -1);
}

static void clean(const weft_error *error)
{
    cr_expect(error->status == WEFT_OK && !*error->message && error->line == 0 &&
              error->column == 0 && error->rule == 0 && error->pc == -1 && error->element == -1 &&
              error->byte == -1);
}

/* --- contexts --------------------------------------------------------------------------------- */

Test(api, context_options)
{
    weft_context *context;
    weft_context_options good = {.size = sizeof good}, options;
    cr_expect(weft_context_create(NULL, NULL) == WEFT_ERR_ARG);
    const size_t sizes[] = {0, 1, sizeof(size_t) - 1, sizeof good + 1, SIZE_MAX};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        options = good;
        options.size = sizes[i];
        context = (weft_context *)(uintptr_t)64;
        cr_expect(weft_context_create(&options, &context) == WEFT_ERR_ARG, "size %zu", sizes[i]);
        cr_expect_null(context);
    }
    for (uint32_t length = 0; length <= 5000; length++) {
        bool fits = length == 0 || length == 128 || length == 256 || length == 512 ||
                    length == 1024 || length == 2048;
        options = good;
        options.strip_length = length;
        weft_status status = weft_context_create(&options, &context);
        cr_expect(status == (fits ? WEFT_OK : WEFT_ERR_ARG), "strip length %u", length);
        cr_expect(!context == !fits);
        weft_context_destroy(context);
    }
    options.strip_length = UINT32_C(1) << 31;
    cr_expect(weft_context_create(&options, &context) == WEFT_ERR_ARG);
    options = good;
    options.cached_programs = WEFT_MAX_CACHED_PROGRAMS + 1;
    cr_expect(weft_context_create(&options, &context) == WEFT_ERR_ARG);
    options = good;
    options.level = WEFT_LEVEL_COUNT;
    cr_expect(weft_context_create(&options, &context) == WEFT_ERR_ARG);
    test_allocator memory;
    test_allocator_init(&memory);
    weft_allocator half = memory.allocator;
    half.alloc = NULL;
    options = good;
    options.allocator = &half;
    cr_expect(weft_context_create(&options, &context) == WEFT_ERR_ARG && !context);
    half = memory.allocator;
    half.release = NULL;
    cr_expect(weft_context_create(&options, &context) == WEFT_ERR_ARG && !context);
    weft_context_destroy(NULL);
}

/* A caller compiled against an older header gives fewer options: the rest are defaults. */
Test(api, older_options)
{
    weft_context *context;
    struct {
        size_t size;
        unsigned char rest[sizeof(weft_context_options)];
    } old;
    memset(&old, 0xff, sizeof old);
    old.size = sizeof old.size;
    cr_assert(weft_context_create((const weft_context_options *)(const void *)&old, &context) ==
              WEFT_OK);
    cr_expect(test_context_works(context));
    weft_program *program = test_assemble(context, ".space [1]\nexit\n");
    cr_expect(weft_run_with(context, program, NULL, 0, (const weft_run_options *)(const void *)&old,
                            NULL) == WEFT_OK);
    weft_program_release(program);
    weft_context_destroy(context);
}

/* --- programs --------------------------------------------------------------------------------- */

Test(api, assemble_arguments)
{
    weft_context *context = test_context(0);
    weft_error error;
    weft_program *program = junk_program;
    cr_expect(weft_assemble(NULL, COPY, &program, &error) == WEFT_ERR_ARG && !program);
    reports(&error, WEFT_ERR_ARG);
    cr_expect(weft_assemble(context, COPY, NULL, &error) == WEFT_ERR_ARG);
    reports(&error, WEFT_ERR_ARG);
    program = junk_program;
    cr_expect(weft_assemble(context, NULL, 1, &program, &error) == WEFT_ERR_ARG && !program);
    reports(&error, WEFT_ERR_ARG);
    program = junk_program;
    cr_expect(weft_assemble(context, NULL, 0, &program, &error) == WEFT_ERR_VERIFY && !program);
    cr_expect(error.rule == 22 && error.line == 1 && error.column == 1);
    program = junk_program;
    cr_expect(weft_assemble(context, "x", 1, &program, NULL) == WEFT_ERR_SYNTAX && !program);
    cr_expect(test_context_works(context));
    cr_expect(weft_assemble(context, COPY, &program, &error) == WEFT_OK && program);
    clean(&error);
    weft_program_release(program);
    weft_context_destroy(context);
}

Test(api, load_and_verify_arguments)
{
    size_t length;
    unsigned char *image = test_image(copy_text, &length);
    weft_context *context = test_context(0);
    weft_error error;
    weft_program *program = junk_program;
    cr_expect(weft_load(NULL, image, length, &program, &error) == WEFT_ERR_ARG && !program);
    reports(&error, WEFT_ERR_ARG);
    cr_expect(weft_load(context, image, length, NULL, &error) == WEFT_ERR_ARG);
    reports(&error, WEFT_ERR_ARG);
    program = junk_program;
    cr_expect(weft_load(context, NULL, 1, &program, &error) == WEFT_ERR_ARG && !program);
    reports(&error, WEFT_ERR_ARG);
    program = junk_program;
    cr_expect(weft_load(context, NULL, 0, &program, &error) == WEFT_ERR_IMAGE && !program);
    cr_expect(error.byte == 0);
    program = junk_program;
    cr_expect(weft_load(context, image, length - 1, &program, NULL) == WEFT_ERR_IMAGE && !program);
    cr_expect(weft_verify(NULL, image, length, &error) == WEFT_ERR_ARG);
    reports(&error, WEFT_ERR_ARG);
    cr_expect(weft_verify(context, NULL, 1, &error) == WEFT_ERR_ARG);
    reports(&error, WEFT_ERR_ARG);
    cr_expect(weft_verify(context, NULL, 0, NULL) == WEFT_ERR_IMAGE);
    cr_expect(weft_verify(context, image, length, &error) == WEFT_OK);
    clean(&error);
    cr_expect(weft_verify(context, image, length, NULL) == WEFT_OK);
    cr_expect(test_context_works(context));
    weft_context_destroy(context);
    free(image);
}

Test(api, save_and_disassemble_arguments)
{
    weft_context *context = test_context(0);
    weft_program *program = test_assemble(context, copy_text);
    weft_error error;
    void *image = &error;
    char *text = (char *)&error;
    size_t length = 77;
    cr_expect(weft_save(NULL, &image, &length, &error) == WEFT_ERR_ARG && !image);
    reports(&error, WEFT_ERR_ARG);
    cr_expect(weft_save(program, NULL, &length, &error) == WEFT_ERR_ARG);
    reports(&error, WEFT_ERR_ARG);
    image = &error;
    cr_expect(weft_save(program, &image, NULL, &error) == WEFT_ERR_ARG && !image);
    cr_expect(weft_disassemble(NULL, &text, &length, &error) == WEFT_ERR_ARG && !text);
    reports(&error, WEFT_ERR_ARG);
    cr_expect(weft_disassemble(program, NULL, &length, &error) == WEFT_ERR_ARG);
    reports(&error, WEFT_ERR_ARG);
    text = (char *)&error;
    cr_expect(weft_disassemble(program, &text, NULL, NULL) == WEFT_ERR_ARG && !text);
    cr_expect(length == 77, "a length on failure");
    cr_expect(weft_save(program, &image, &length, &error) == WEFT_OK);
    clean(&error);
    cr_expect(weft_disassemble(program, &text, &length, &error) == WEFT_OK);
    clean(&error);
    weft_program_release(program); /* what was written outlives program and context */
    weft_context_destroy(context);
    cr_expect(strlen(text) == length && strncmp(text, ".weft 1\n", 8) == 0);
    weft_free(text);
    weft_free(image);
    weft_free(NULL);
}

Test(api, references)
{
    weft_context *context = test_context(0);
    weft_program *program = test_assemble(context, copy_text);
    cr_expect(weft_program_retain(program) == program && !weft_program_retain(NULL));
    weft_context_destroy(context); /* the program keeps what it needs */
    weft_program_release(program);
    cr_expect(weft_program_param_count(program) == 2);
    weft_context *other = test_context(0); /* a program runs in any context */
    float x[2] = {1, 2}, y[2] = {0, 0};
    weft_arg args[] = {ARRAY("x", WEFT_F32, x, 2), ARRAY("y", WEFT_F32, y, 2)};
    cr_expect(weft_run(other, program, args, 2) == WEFT_OK && y[1] == 2);
    weft_program_release(program);
    weft_program_release(NULL);
    weft_context_destroy(other);
}

/* --- introspection ---------------------------------------------------------------------------- */

Test(api, introspection)
{
    const char *text = ".space [3, 5]\n.in a f16[3] dims 1 window 2\n.uniform b u8 count 7\n"
                       ".table c bool inout\n.scratch d i64\n.pool p u32[4] count 70000\nexit\n";
    weft_context *context = test_context(0);
    weft_program *program = test_assemble(context, text);
    weft_param_info info, wanted[] = {{"a", WEFT_PARAM_IN, WEFT_F16, 3, 2, 2, 0, 0},
                                      {"b", WEFT_PARAM_UNIFORM, WEFT_U8, 1, 0, 0, 7, 0},
                                      {"c", WEFT_PARAM_TABLE_INOUT, WEFT_BOOL, 1, 0, 0, 0, 0},
                                      {"d", WEFT_PARAM_SCRATCH, WEFT_I64, 1, 3, 0, 0, 0},
                                      {"p", WEFT_PARAM_POOL, WEFT_U32, 4, 0, 0, 70000, 0}};
    cr_expect(weft_program_param_count(program) == 5 && weft_program_param_count(NULL) == 0);
    for (uint32_t i = 0; i < 5; i++) {
        memset(&info, 0xff, sizeof info);
        cr_expect(weft_program_param(program, i, &info) == WEFT_OK);
        cr_expect(strcmp(info.name, wanted[i].name) == 0 && info.kind == wanted[i].kind &&
                      info.type == wanted[i].type && info.segment == wanted[i].segment &&
                      info.dims == wanted[i].dims && info.window == wanted[i].window &&
                      info.count == wanted[i].count && info.reserved == 0,
                  "parameter %u", i);
        cr_expect(weft_program_find_param(program, wanted[i].name) == (int32_t)i);
    }
    cr_expect(weft_program_param(program, 5, &info) == WEFT_ERR_ARG);
    cr_expect(weft_program_param(program, UINT32_MAX, &info) == WEFT_ERR_ARG);
    cr_expect(weft_program_param(program, 0, NULL) == WEFT_ERR_ARG);
    cr_expect(weft_program_param(NULL, 0, &info) == WEFT_ERR_ARG);
    cr_expect(weft_program_find_param(program, "e") == -1);
    cr_expect(weft_program_find_param(program, "") == -1);
    cr_expect(weft_program_find_param(program, NULL) == -1);
    cr_expect(weft_program_find_param(NULL, "a") == -1);
    int64_t extents[WEFT_MAX_RANK] = {9, 9, 9, 9};
    cr_expect(weft_program_space(program, extents) == 2 && extents[0] == 3 && extents[1] == 5);
    cr_expect(weft_program_space(program, NULL) == 2 && weft_program_space(NULL, extents) == 0);
    cr_expect(weft_program_instruction_count(program) == 1);
    cr_expect(weft_program_instruction_count(NULL) == 0);
    weft_program_release(program);
    program = test_assemble(context, ".space 4\nexit\n");
    cr_expect(weft_program_space(program, extents) == 4 && extents[0] == -1 && extents[3] == -1);
    weft_program_release(program);
    weft_context_destroy(context);
}

Test(api, tables_of_names)
{
    cr_expect_str_eq(weft_version(), "0.1.0");
    cr_expect_str_eq(weft_status_text(WEFT_ERR_MEMORY), "out of memory");
    cr_expect_str_eq(weft_status_name(WEFT_ERR_MEMORY), "ERR_MEMORY");
    cr_expect_str_eq(weft_status_name(WEFT_OK), "OK");
    cr_expect_str_eq(weft_status_text((weft_status)13), "unknown status");
    cr_expect_str_eq(weft_status_name((weft_status)-1), "UNKNOWN");
    cr_expect_str_eq(weft_dtype_name(WEFT_NONE), "none");
    cr_expect_str_eq(weft_dtype_name((weft_dtype)14), "none");
    cr_expect_str_eq(weft_dtype_name((weft_dtype)-1), "none");
    cr_expect(weft_dtype_size(WEFT_NONE) == 0 && weft_dtype_size((weft_dtype)14) == 0);
    cr_expect(weft_dtype_size(WEFT_BF16) == 2 && weft_dtype_size(WEFT_BOOL) == 1);
    cr_expect(weft_dtype_from_name(NULL) == WEFT_NONE && weft_dtype_from_name("") == WEFT_NONE);
    cr_expect(weft_dtype_from_name("none") == WEFT_NONE, "none is no type");
    cr_expect(weft_dtype_from_name("f3") == WEFT_NONE && weft_dtype_from_name("f322") == 0);
    for (int type = 1; type < WEFT_TYPE_COUNT; type++)
        cr_expect(weft_dtype_from_name(weft_dtype_name((weft_dtype)type)) == (weft_dtype)type);
    weft_op_info info;
    cr_expect(weft_op_count() > 80);
    for (uint32_t i = 0; i < weft_op_count(); i++)
        cr_expect(weft_op(i, &info) == WEFT_OK && *info.mnemonic && *info.category &&
                  *info.meaning && info.operands && *info.types);
    cr_expect(weft_op(weft_op_count(), &info) == WEFT_ERR_ARG && weft_op(0, NULL) == WEFT_ERR_ARG);
    cr_expect(weft_op(UINT32_MAX, &info) == WEFT_ERR_ARG);
}

/* --- arguments -------------------------------------------------------------------------------- */

Test(api, arg_contiguous)
{
    weft_arg arg;
    float x[1];
    const int64_t shape[] = {2, 3, 4, 5, 6}, negative[] = {2, -1};
    cr_expect(weft_arg_contiguous(&arg, "x", WEFT_F32, x, 5, shape) == WEFT_OK);
    cr_expect(arg.strides[4] == 4 && arg.strides[3] == 24 && arg.strides[0] == 4 * 360);
    cr_expect(arg.rank == 5 && arg.shape[2] == 4 && arg.buffer.id == 0 && arg.offset == 0 &&
              arg.data == x);
    cr_expect(weft_arg_contiguous(&arg, NULL, WEFT_F64, NULL, 0, NULL) == WEFT_OK && arg.rank == 0);
    cr_expect(weft_arg_contiguous(NULL, "x", WEFT_F32, x, 1, shape) == WEFT_ERR_ARG);
    cr_expect(weft_arg_contiguous(&arg, "x", WEFT_NONE, x, 1, shape) == WEFT_ERR_ARG);
    cr_expect(weft_arg_contiguous(&arg, "x", (weft_dtype)14, x, 1, shape) == WEFT_ERR_ARG);
    cr_expect(weft_arg_contiguous(&arg, "x", WEFT_F32, x, -1, shape) == WEFT_ERR_ARG);
    cr_expect(weft_arg_contiguous(&arg, "x", WEFT_F32, x, 6, shape) == WEFT_ERR_ARG);
    cr_expect(weft_arg_contiguous(&arg, "x", WEFT_F32, x, 1, NULL) == WEFT_ERR_ARG);
    cr_expect(weft_arg_contiguous(&arg, "x", WEFT_F32, x, 2, negative) == WEFT_ERR_ARG);
}

/* --- runs ------------------------------------------------------------------------------------- */

Test(api, run_arguments)
{
    weft_context *context = test_context(0);
    weft_program *program = test_assemble(context, copy_text);
    float x[2] = {1, 2}, y[2] = {0, 0};
    weft_arg args[] = {ARRAY("x", WEFT_F32, x, 2), ARRAY("y", WEFT_F32, y, 2)}, kept[2];
    memcpy(kept, args, sizeof args);
    weft_error error;
    cr_expect(weft_run_with(NULL, program, args, 2, NULL, &error) == WEFT_ERR_ARG);
    reports(&error, WEFT_ERR_ARG);
    cr_expect(weft_run_with(context, NULL, args, 2, NULL, &error) == WEFT_ERR_ARG);
    reports(&error, WEFT_ERR_ARG);
    cr_expect(weft_run_with(context, program, NULL, 2, NULL, &error) == WEFT_ERR_ARG);
    reports(&error, WEFT_ERR_ARG);
    cr_expect(weft_run(NULL, program, args, 2) == WEFT_ERR_ARG);
    const size_t sizes[] = {0, 1, sizeof(size_t) - 1, sizeof(weft_run_options) + 1, SIZE_MAX};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        weft_run_options options = {.size = sizes[i]};
        cr_expect(weft_run_with(context, program, args, 2, &options, &error) == WEFT_ERR_ARG);
        reports(&error, WEFT_ERR_ARG);
    }
    cr_expect(weft_run(context, program, args, 1) == WEFT_ERR_BIND, "no report wanted");
    cr_expect(y[0] == 0 && y[1] == 0 && x[0] == 1 && memcmp(kept, args, sizeof args) == 0);
    cr_expect(test_context_works(context));
    cr_expect(weft_run_with(context, program, args, 2, NULL, &error) == WEFT_OK && y[1] == 2);
    clean(&error);
    int64_t shape[WEFT_MAX_ARG_RANK];
    int32_t rank;
    cr_expect(weft_infer_shape(NULL, program, args, 2, NULL, 0, &rank, shape, &error) ==
              WEFT_ERR_ARG);
    reports(&error, WEFT_ERR_ARG);
    cr_expect(weft_infer_shape(context, NULL, args, 2, NULL, 0, &rank, shape, &error) ==
              WEFT_ERR_ARG);
    cr_expect(weft_infer_shape(context, program, args, 2, NULL, 0, NULL, shape, &error) ==
              WEFT_ERR_ARG);
    cr_expect(weft_infer_shape(context, program, args, 2, NULL, 0, &rank, NULL, &error) ==
              WEFT_ERR_ARG);
    cr_expect(weft_infer_shape(context, program, args, 2, NULL, 2, &rank, shape, &error) ==
              WEFT_ERR_ARG);
    reports(&error, WEFT_ERR_ARG);
    weft_program_release(program);
    weft_context_destroy(context);
}

Test(api, cancel_arguments)
{
    weft_context *context = test_context(0);
    weft_cancel *cancel = (weft_cancel *)(uintptr_t)64;
    cr_expect(weft_cancel_create(NULL, &cancel) == WEFT_ERR_ARG && !cancel);
    cr_expect(weft_cancel_create(context, NULL) == WEFT_ERR_ARG);
    weft_cancel_request(NULL);
    weft_cancel_reset(NULL);
    weft_cancel_destroy(NULL);
    cr_expect(weft_cancel_create(context, &cancel) == WEFT_OK);
    weft_context_destroy(context); /* the flag keeps what it needs */
    weft_cancel_request(cancel);
    weft_cancel_destroy(cancel);
}
