/* vm/program.c: making, saving and inspecting programs (weft/program.h). */
#include <string.h>

#include "isa/asm.h"
#include "isa/image.h"
#include "vm/cache.h"

weft_status weft_program_adopt(weft_context *context, weft_code *code, weft_program **out,
                               weft_error *error)
{
    const weft_allocator *allocator = &context->allocator;
    weft_facts facts;
    weft_status status = weft_verify_code(allocator, code, &facts, error);
    if (status) {
        weft_code_free(allocator, code);
        return status;
    }
    weft_program *program = out ? weft_mem_zeroed(allocator, 1, sizeof *program) : NULL;
    if (!program) {
        weft_facts_free(allocator, &facts);
        weft_code_free(allocator, code);
        return out ? weft_fail_memory(error) : WEFT_OK;
    }
    program->context = weft_context_retain(context);
    program->code = *code;
    program->facts = facts;
    for (uint32_t i = 0; i < code->n_params; i++)
        program->has_functions |= code->params[i].kind == WEFT_PARAM_FUNCTION;
    atomic_init(&program->references, 1);
    *out = program;
    return WEFT_OK;
}

/* Adds to a verifier's report where in the text the instruction was written. */
static void locate(weft_error *error, const weft_asm_places *places)
{
    if (!error || error->status != WEFT_ERR_VERIFY)
        return;
    const weft_vector *list = error->param >= 0 ? &places->params : &places->insns;
    size_t index = error->param >= 0 ? (size_t)error->param : (size_t)error->pc;
    const weft_place *place = NULL;
    if (index < list->count)
        place = (const weft_place *)list->data + index;
    else if (list->count) /* the program as a whole: its last line */
        place = (const weft_place *)list->data + list->count - 1;
    error->line = place ? place->line : 1;
    error->column = place ? place->column : 1;
}

weft_status weft_assemble(weft_context *context, const char *text, size_t length,
                          weft_program **out, weft_error *error)
{
    weft_code code;
    weft_asm_places places;
    weft_error_clear(error);
    if (out)
        *out = NULL;
    if (!context || !out || (!text && length))
        return weft_fail(error, WEFT_ERR_ARG,
                         "weft_assemble needs a context, a text and a place "
                         "for the program");
    weft_status status =
        weft_asm(&context->allocator, text ? text : "", length, &code, &places, error);
    if (status)
        return status;
    status = weft_program_adopt(context, &code, out, error);
    locate(error, &places);
    weft_asm_places_free(&context->allocator, &places);
    return status;
}

weft_status weft_assemble_cached(weft_context *context, const char *text, size_t length,
                                 weft_program **out, weft_error *error)
{
    if (!context || !out || !text || length > WEFT_MAX_TEXT) /* reports what is wrong with it */
        return weft_assemble(context, text, length, out, error);
    const weft_cache_key key = {.kind = WEFT_CACHE_ASSEMBLY,
                                .level = context->wanted.level,
                                .text = text,
                                .length = length};
    weft_error_clear(error);
    *out = weft_cache_find(context, &key);
    if (*out)
        return WEFT_OK;
    WEFT_TRY(weft_assemble(context, text, length, out, error));
    return weft_cache_add(context, &key, out, error);
}

static weft_status load(weft_context *context, const void *image, size_t length, weft_program **out,
                        weft_error *error)
{
    weft_code code;
    weft_status status = weft_image_decode(&context->allocator, image ? image : "",
                                           image ? length : 0, &code, error);
    return status ? status : weft_program_adopt(context, &code, out, error);
}

weft_status weft_load(weft_context *context, const void *image, size_t length, weft_program **out,
                      weft_error *error)
{
    weft_error_clear(error);
    if (out)
        *out = NULL;
    if (!context || !out || (!image && length))
        return weft_fail(error, WEFT_ERR_ARG,
                         "weft_load needs a context, an image and a place for "
                         "the program");
    return load(context, image, length, out, error);
}

weft_status weft_verify(weft_context *context, const void *image, size_t length, weft_error *error)
{
    weft_error_clear(error);
    if (!context || (!image && length))
        return weft_fail(error, WEFT_ERR_ARG, "weft_verify needs a context and an image");
    return load(context, image, length, NULL, error);
}

weft_status weft_save(const weft_program *program, void **image, size_t *length, weft_error *error)
{
    weft_error_clear(error);
    if (image)
        *image = NULL;
    if (!program || !image || !length)
        return weft_fail(error, WEFT_ERR_ARG,
                         "weft_save needs a program and places for the image "
                         "and its length");
    size_t size = weft_image_size(&program->code);
    void *bytes = weft_user_alloc(program->context, size);
    if (!bytes)
        return weft_fail_memory(error);
    weft_image_encode(&program->code, bytes);
    *image = bytes;
    *length = size;
    return WEFT_OK;
}

weft_status weft_disassemble(const weft_program *program, char **text, size_t *length,
                             weft_error *error)
{
    weft_vector buffer;
    weft_error_clear(error);
    if (text)
        *text = NULL;
    if (!program || !text || !length)
        return weft_fail(error, WEFT_ERR_ARG,
                         "weft_disassemble needs a program and places for the "
                         "text and its length");
    const weft_allocator *allocator = &program->context->allocator;
    weft_status status = weft_dis(allocator, &program->code, &buffer, error);
    if (status)
        return status;
    char *copy = weft_user_alloc(program->context, buffer.count);
    if (copy) {
        memcpy(copy, buffer.data, buffer.count);
        *text = copy;
        *length = buffer.count - 1;
    }
    weft_vector_free(allocator, &buffer);
    return copy ? WEFT_OK : weft_fail_memory(error);
}

weft_program *weft_program_retain(weft_program *program)
{
    if (program)
        atomic_fetch_add_explicit(&program->references, 1, memory_order_relaxed);
    return program;
}

static weft_plan *plan_number(const weft_program *program, int i)
{
    return atomic_load_explicit(&program->plans[i], memory_order_acquire);
}

/* A run that is one call of a kernel holds the context's lock, not the program. */
static void wait_for_inline_runs(const weft_program *program)
{
    bool any = false;
    for (int i = 0; i < WEFT_LEVEL_COUNT; i++)
        any |= plan_number(program, i) && plan_number(program, i)->call.step;
    if (!any)
        return;
    weft_lock_exclusive(program->context);
    weft_unlock_exclusive(program->context);
}

void weft_program_release(weft_program *program)
{
    if (!program || atomic_fetch_sub_explicit(&program->references, 1, memory_order_acq_rel) != 1)
        return;
    weft_context *context = program->context;
    wait_for_inline_runs(program);
    for (int i = 0; i < WEFT_LEVEL_COUNT; i++)
        weft_plan_free(&context->allocator, plan_number(program, i));
    weft_facts_free(&context->allocator, &program->facts);
    weft_code_free(&context->allocator, &program->code);
    weft_mem_free(&context->allocator, program, sizeof *program);
    weft_context_release(context);
}

const weft_plan *weft_program_plan_of(weft_program *program, const weft_kernel_table *kernels)
{
    const weft_allocator *allocator = &program->context->allocator;
    for (int i = 0; i < WEFT_LEVEL_COUNT; i++) {
        weft_plan *plan = atomic_load_explicit(&program->plans[i], memory_order_acquire), *made;
        if (!plan) {
            if (weft_plan_make(allocator, &program->code, &program->facts, kernels, &made))
                return NULL;
            if (atomic_compare_exchange_strong_explicit(&program->plans[i], &plan, made,
                                                        memory_order_acq_rel, memory_order_acquire))
                return made;
            weft_plan_free(allocator, made); /* another thread's was first: `plan` */
        }
        if (plan->kernels == kernels)
            return plan;
    }
    return NULL; /* there are no more levels than places */
}

/* --- introspection ---------------------------------------------------------------------------- */

uint32_t weft_program_param_count(const weft_program *program)
{
    return program ? program->code.n_params : 0;
}

weft_status weft_program_param(const weft_program *program, uint32_t index, weft_param_info *info)
{
    if (!program || !info || index >= program->code.n_params)
        return WEFT_ERR_ARG;
    const weft_param *param = &program->code.params[index];
    memset(info, 0, sizeof *info);
    info->name = param->name;
    info->kind = (weft_param_kind)param->kind;
    info->type = (weft_dtype)param->type;
    info->segment = param->segment;
    info->dims = param->dims;
    info->window = param->window;
    info->count = param->count;
    return WEFT_OK;
}

int32_t weft_program_find_param(const weft_program *program, const char *name)
{
    if (program && name)
        for (uint32_t i = 0; i < program->code.n_params; i++)
            if (strcmp(program->code.params[i].name, name) == 0)
                return (int32_t)i;
    return -1;
}

uint32_t weft_program_space(const weft_program *program, int64_t extents[WEFT_MAX_RANK])
{
    if (!program)
        return 0;
    for (unsigned d = 0; extents && d < program->code.rank; d++)
        extents[d] = program->code.fixed ? program->code.extents[d] : -1;
    return program->code.rank;
}

uint32_t weft_program_instruction_count(const weft_program *program)
{
    return program ? program->code.n_insns : 0;
}

uint32_t weft_op_count(void)
{
    return WEFT_OPCODE_COUNT;
}

weft_status weft_op(uint32_t index, weft_op_info *info)
{
    if (index >= WEFT_OPCODE_COUNT || !info)
        return WEFT_ERR_ARG;
    const weft_op_row *row = weft_op_row_of(index);
    memset(info, 0, sizeof *info);
    info->mnemonic = row->mnemonic;
    info->category = row->category;
    info->operands = weft_form_text(row->form);
    info->types = row->types;
    info->meaning = row->meaning;
    info->type_mask = row->type_mask;
    info->ulp_f32 = row->ulp_f32;
    info->ulp_f64 = row->ulp_f64;
    return WEFT_OK;
}
