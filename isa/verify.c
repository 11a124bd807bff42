/* isa/verify.c: the verifier's front: declarations, then the three passes in order (isa/verify.h).
 */
#include "isa/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const words[WEFT_RULE_END] = {
#define WEFT_RULE(NAME, number, text) [number] = text,
#include "isa/rules.def"
};

const char *weft_rule_words(unsigned rule)
{
    return words[rule];
}

weft_status weft_verify_fail(weft_error *error, weft_rule rule, int64_t pc, const char *format, ...)
{
    if (!error)
        return WEFT_ERR_VERIFY;
    weft_error_clear(error);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    error->status = WEFT_ERR_VERIFY;
    error->rule = (int32_t)rule;
    error->pc = pc;
    return WEFT_ERR_VERIFY;
}

bool weft_name_is_good(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || (name[0] >= '0' && name[0] <= '9'))
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_'))
            return false;
    }
    return true;
}

#define FAIL(...) return weft_verify_fail(error, WEFT_RULE_DECLARATION, -1, __VA_ARGS__)

static weft_status check_space(const weft_code *code, weft_error *error)
{
    if (code->rank < 1 || code->rank > WEFT_MAX_RANK)
        FAIL("index space of rank %u; 1 to %d are possible", code->rank, WEFT_MAX_RANK);
    for (int d = 0; d < WEFT_MAX_RANK; d++) {
        int64_t extent = code->extents[d];
        bool used = code->fixed && d < code->rank;
        if (used ? extent < 0 || extent > WEFT_MAX_EXTENT : extent != 0)
            FAIL("extent %lld of dimension %d is out of range", (long long)extent, d);
    }
    return WEFT_OK;
}

static weft_status check_function(const weft_param *p, weft_error *error)
{
    const unsigned n = weft_signature_count(p->count);
    bool good = n > 0 && p->count >> 8 * n == 0;
    for (unsigned i = 0; i < n; i++)
        good = good && weft_type_in(WEFT_MASK_ALL, weft_signature_type(p->count, i));
    if (!good)
        FAIL("function '%s' has impossible argument types 0x%x", p->name, p->count);
    if (p->segment != 1)
        FAIL("function '%s' has a segment of %u values", p->name, p->segment);
    if (p->window & ~(uint32_t)WEFT_FUNCTION_PURE)
        FAIL("function '%s' has unknown flags 0x%x", p->name, p->window);
    return WEFT_OK;
}

static weft_status check_param(const weft_code *code, uint32_t index, weft_error *error)
{
    const weft_param *p = &code->params[index];
    bool mapped = weft_kind_is_mapped(p->kind), counted = weft_kind_has_count(p->kind);
    uint32_t most = p->kind == WEFT_PARAM_POOL ? WEFT_MAX_POOL_ROWS : WEFT_MAX_UNIFORM_ROWS;
    if (!weft_name_is_good(p->name))
        FAIL("parameter %u has no proper name", index);
    if (p->kind < WEFT_PARAM_IN || p->kind > WEFT_PARAM_FUNCTION)
        FAIL("parameter '%s' has unknown kind %u", p->name, p->kind);
    if (!weft_type_in(WEFT_MASK_ALL, p->type))
        FAIL("parameter '%s' has unknown type %u", p->name, p->type);
    if (p->segment < 1 || p->segment > WEFT_MAX_SEGMENT)
        FAIL("parameter '%s' has a segment of %u values; 1 to %d are possible", p->name, p->segment,
             WEFT_MAX_SEGMENT);
    if (p->dims >> code->rank || (!mapped && p->dims))
        FAIL("parameter '%s' has dimensions that the index space has not", p->name);
    for (uint32_t other = 0; other < index; other++)
        if (strcmp(p->name, code->params[other].name) == 0)
            FAIL("two parameters are called '%s'", p->name);
    if (p->kind == WEFT_PARAM_FUNCTION)
        return check_function(p, error);
    if (p->window && (p->kind == WEFT_PARAM_SCRATCH || p->dims == 0 || p->window > 1u << 30))
        FAIL("parameter '%s' cannot have a window of %u", p->name, p->window);
    if (counted ? p->count < 1 || p->count > most : p->count != 0)
        FAIL("parameter '%s' cannot have a count of %u", p->name, p->count);
    return WEFT_OK;
}

static weft_status check_declarations(const weft_code *code, weft_error *error)
{
    weft_status status = check_space(code, error);
    for (uint32_t i = 0; !status && i < code->n_params; i++) {
        status = check_param(code, i, error);
        if (status && error)
            error->param = (int32_t)i;
    }
    return status;
}

/* The highest register of each file, and the longest strip block: what an engine must provide. */
static void count_registers(const weft_code *code, weft_facts *facts)
{
    for (uint32_t pc = 0; pc < code->n_insns; pc++) {
        const weft_insn *insn = &code->insns[pc];
        const weft_slot *slot = weft_form_slots(weft_op_row_of(insn->op)->form);
        for (; slot->kind != WEFT_SLOT_END; slot++) {
            if (!weft_slot_is_register(slot))
                continue;
            uint32_t end = weft_insn_field(insn, slot->field) + weft_slot_width(code, insn, slot);
            uint32_t *file = weft_slot_is_scalar(insn, slot)            ? &facts->n_scalars
                             : weft_slot_dtype(insn, slot) == WEFT_BOOL ? &facts->n_predicates
                                                                        : &facts->n_strips;
            if (end > *file)
                *file = end;
        }
        if (insn->op == WEFT_OP_STRIP && weft_strip_length(insn) > facts->max_strip)
            facts->max_strip = weft_strip_length(insn);
    }
}

static weft_status run_passes(const weft_allocator *allocator, const weft_code *code,
                              weft_blocks *blocks, weft_facts *facts, weft_error *error)
{
    weft_status status = check_declarations(code, error);
    for (uint32_t pc = 0; !status && pc < code->n_insns; pc++)
        status = weft_verify_insn(code, pc, error);
    if (!status)
        status = weft_verify_blocks(code, blocks, error);
    if (!status)
        status = weft_verify_flow(allocator, code, blocks, facts, error);
    return status;
}

weft_status weft_verify_code(const weft_allocator *allocator, const weft_code *code,
                             weft_facts *facts, weft_error *error)
{
    memset(facts, 0, sizeof *facts);
    facts->bounds.element = sizeof(weft_bound);
    size_t n = (size_t)code->n_insns + 1;
    facts->n_match = n;
    facts->match = weft_mem_zeroed(allocator, n, sizeof *facts->match);
    facts->n_conflicts = code->n_params + 1u;
    facts->conflicts = weft_mem_zeroed(allocator, facts->n_conflicts, sizeof *facts->conflicts);
    weft_blocks blocks = {0, facts->match, NULL, NULL};
    blocks.block = weft_mem_zeroed(allocator, n, sizeof *blocks.block);
    blocks.writes = weft_mem_zeroed(allocator, n, sizeof *blocks.writes);
    weft_status status;
    if (!facts->match || !facts->conflicts || !blocks.block || !blocks.writes)
        status = weft_fail_memory(error);
    else
        status = run_passes(allocator, code, &blocks, facts, error);
    weft_mem_free(allocator, blocks.block, n * sizeof *blocks.block);
    weft_mem_free(allocator, blocks.writes, n * sizeof *blocks.writes);
    if (status)
        weft_facts_free(allocator, facts);
    else
        count_registers(code, facts);
    return status;
}

void weft_facts_free(const weft_allocator *allocator, weft_facts *facts)
{
    weft_mem_free(allocator, facts->match, facts->n_match * sizeof *facts->match);
    weft_mem_free(allocator, facts->conflicts, facts->n_conflicts * sizeof *facts->conflicts);
    weft_vector_free(allocator, &facts->bounds);
    facts->match = NULL;
    facts->conflicts = NULL;
}
