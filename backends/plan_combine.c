/* backends/plan_combine.c: which instructions of a strip block one kernel can do in one pass
 * (backends/plan.h). A strip that is written only to be read by the next instruction costs a store
 * and a load for nothing; on segments, taking components apart and putting them together again
 * costs more than the operation. All of it depends on nothing else reading what is in between. */
#include "backends/plan.h"

enum { NEAR = 16 }; /* instructions from a load of segments to their store */

typedef struct body {
    const weft_code *code;
    const weft_insn *insns;
    const weft_kernel_table *kernels;
    const weft_value *values;
    const bool *leads;
    uint32_t begin, end;
} body;

static const weft_value *value_of(const body *b, uint32_t pc, unsigned which)
{
    return &b->values[(size_t)(pc - b->begin) * WEFT_VALUES_AN_INSN + which];
}

/* Whether what pc writes is read for the last time at `reader`. */
static bool ends_at(const body *b, uint32_t pc, unsigned which, uint32_t reader)
{
    const weft_value *value = value_of(b, pc, which);
    return value->known && value->last_use == reader;
}

/* --- segments --------------------------------------------------------------------------------- */

/* Instructions that may stand between the parts of a combination: they write strips, and nothing
 * else that could matter. */
static bool is_harmless(const weft_insn *insn)
{
    const weft_slot *slot = weft_form_slots(weft_op_row_of(insn->op)->form);
    const unsigned form = weft_op_row_of(insn->op)->form;
    if (weft_ends_basic_block(insn->op) || weft_is_store(insn->op) || form == WEFT_FORM_SCATTER ||
        form == WEFT_FORM_GATHER)
        return false;
    return !slot->write || !weft_slot_is_scalar(insn, slot) || weft_op_is_reduction(insn->op);
}

static bool reads_or_writes(const body *b, uint32_t pc, unsigned first, unsigned width)
{
    const weft_insn *insn = &b->insns[pc];
    const weft_slot *slot = weft_form_slots(weft_op_row_of(insn->op)->form);
    for (; slot->kind != WEFT_SLOT_END; slot++) {
        if (!weft_slot_is_register(slot) || weft_slot_is_scalar(insn, slot) ||
            weft_slot_dtype(insn, slot) == WEFT_BOOL)
            continue;
        const unsigned low = weft_insn_field(insn, slot->field);
        if (low < first + width && first < low + weft_slot_width(b->code, insn, slot))
            return true;
    }
    return false;
}

/* The next instruction that touches those registers, if only harmless ones stand in between; 0:
 * none. */
static uint32_t next_to_touch(const body *b, uint32_t pc, unsigned first, unsigned width)
{
    for (uint32_t at = pc + 1; at < b->end && at - pc <= NEAR; at++) {
        if (b->leads[at])
            return 0;
        if (reads_or_writes(b, at, first, width))
            return at;
        if (!is_harmless(&b->insns[at]))
            return 0;
    }
    return 0;
}

/* A store of all components of the registers from `first` on, next after pc. */
static uint32_t find_store(const body *b, uint32_t pc, unsigned first, unsigned width,
                           weft_dtype type)
{
    const uint32_t at = next_to_touch(b, pc, first, width);
    const weft_insn *insn = &b->insns[at];
    const bool fits = at && insn->op == WEFT_OP_STS && insn->type == type && insn->d == first &&
                      !(insn->scalar & (WEFT_SCALAR_D | WEFT_ADDRESS_REG)) && insn->off == 0 &&
                      b->code->params[insn->param].segment == width;
    return fits ? at : 0;
}

static bool find_rows(const body *b, uint32_t load, uint32_t op, unsigned width,
                      weft_combination *found)
{
    const weft_insn *insn = &b->insns[op], *from = &b->insns[load];
    if (!weft_op_is_fused(insn->op) || insn->type != from->type || insn->a != from->d ||
        weft_run_width(insn, 'a') != width || weft_run_width(insn, 'd') != width ||
        !b->kernels->rows[insn->op - WEFT_FUSED_FIRST][insn->type])
        return false;
    const uint32_t store = find_store(b, op, insn->d, width, (weft_dtype)insn->type);
    for (unsigned i = 0; i < width; i++)
        if (!store || !ends_at(b, load, i, op) || !ends_at(b, op, i, store))
            return false;
    *found = (weft_combination){.kind = WEFT_COMBINE_ROWS, .op = op, .last = store};
    return true;
}

/* Whether instruction `op` + i does for component i what the first one does for the first. */
static bool does_the_same(const body *b, uint32_t load, uint32_t op, unsigned i)
{
    const weft_insn *first = &b->insns[op], *insn = &b->insns[op + i];
    const weft_slot *slot = weft_form_slots(weft_op_row_of(first->op)->form);
    unsigned strips = 0;
    if (insn->op != first->op || insn->type != first->type || insn->scalar != first->scalar ||
        insn->d != first->d + i || (i && b->leads[op + i]))
        return false;
    for (slot++; slot->kind != WEFT_SLOT_END; slot++) {
        const unsigned number = weft_insn_field(insn, slot->field);
        if (weft_slot_is_scalar(insn, slot)) {
            if (number != weft_insn_field(first, slot->field))
                return false;
        } else if (number != b->insns[load].d + i) {
            return false;
        } else {
            strips++;
        }
    }
    return strips > 0;
}

static bool find_flat(const body *b, uint32_t load, uint32_t op, unsigned width,
                      weft_combination *found)
{
    const weft_insn *insn = &b->insns[op];
    const unsigned form = weft_op_row_of(insn->op)->form;
    const weft_slot *slots = weft_form_slots(form);
    if ((form != WEFT_FORM_UNARY && form != WEFT_FORM_BINARY && form != WEFT_FORM_TERNARY) ||
        insn->type != b->insns[load].type || weft_slot_is_scalar(insn, &slots[0]) ||
        op + width > b->end || width > WEFT_VALUES_AN_INSN)
        return false;
    for (unsigned i = 0; i < width; i++)
        if (!does_the_same(b, load, op, i))
            return false;
    const uint32_t store = find_store(b, op + width - 1, insn->d, width, (weft_dtype)insn->type);
    for (unsigned i = 0; i < width; i++)
        if (!store || !ends_at(b, load, i, op + i) || !ends_at(b, op + i, 0, store))
            return false;
    *found = (weft_combination){.kind = WEFT_COMBINE_FLAT, .op = op, .last = store};
    return true;
}

static void find_on_segments(const body *b, uint32_t pc, weft_combination *found)
{
    const weft_insn *insn = &b->insns[pc];
    const unsigned width = b->code->params[insn->param].segment;
    if ((insn->scalar & (WEFT_SCALAR_D | WEFT_ADDRESS_REG)) || insn->off != 0 || width < 2 ||
        width > WEFT_VALUES_AN_INSN || insn->type == WEFT_BOOL ||
        !weft_kind_is_mapped(b->code->params[insn->param].kind))
        return;
    const uint32_t op = next_to_touch(b, pc, insn->d, width);
    if (op && !find_rows(b, pc, op, width, found))
        find_flat(b, pc, op, width, found);
}

/* --- chains ----------------------------------------------------------------------------------- */

/* Whether the instruction behind pc reads what pc writes, and it alone. */
static bool feeds_the_next(const body *b, uint32_t pc)
{
    return pc + 1 < b->end && !b->leads[pc + 1] && ends_at(b, pc, 0, pc + 1);
}

enum { ALL_SCALARS = WEFT_SCALAR_A | WEFT_SCALAR_B | WEFT_SCALAR_C | WEFT_SCALAR_D };

/* Whether the instruction multiplies strips, or one with a single value; of fma and mad, to add it
 * to a strip. */
static bool is_product(const weft_insn *insn)
{
    const unsigned scalars = insn->scalar & ALL_SCALARS;
    return scalars == 0 || scalars == WEFT_SCALAR_A || scalars == WEFT_SCALAR_B;
}

/* Whether a factor is the strip in that register. */
static bool has_factor(const weft_insn *insn, unsigned reg)
{
    return (!(insn->scalar & WEFT_SCALAR_A) && insn->a == reg) ||
           (!(insn->scalar & WEFT_SCALAR_B) && insn->b == reg);
}

static void find_products(const body *b, uint32_t pc, weft_combination *found)
{
    const weft_insn *insn = &b->insns[pc];
    enum { MOST = 4 };
    unsigned sum_op = insn->op == WEFT_OP_MUL ? 0 : insn->op, terms = 1;
    uint32_t at = pc;
    bool singles = insn->scalar & ALL_SCALARS;
    if (!is_product(insn) || !b->kernels->products[0][insn->type])
        return;
    while (terms < MOST && feeds_the_next(b, at)) {
        const weft_insn *next = &b->insns[at + 1];
        const unsigned sum = b->insns[at].d;
        const bool adds = (next->op == WEFT_OP_FMA || next->op == WEFT_OP_MAD) &&
                          (sum_op == 0 || next->op == sum_op) && next->type == insn->type &&
                          is_product(next) && next->c == sum && !has_factor(next, sum);
        if (!adds)
            break;
        singles |= (next->scalar & ALL_SCALARS) != 0;
        sum_op = next->op;
        terms++;
        at++;
    }
    if (terms > 1)
        *found = (weft_combination){.kind = WEFT_COMBINE_PRODUCTS,
                                    .rounded = sum_op == WEFT_OP_MAD,
                                    .singles = singles,
                                    .last = at};
}

/* Whether an instruction multiplies a strip by a scalar. */
static bool scales(const weft_insn *insn)
{
    const unsigned scalars = insn->scalar & ALL_SCALARS;
    return insn->op == WEFT_OP_MUL && (scalars == WEFT_SCALAR_A || scalars == WEFT_SCALAR_B);
}

/* What is done with an exponential's value, or nothing: mul by a strip, fma by a scalar and on top
 * of a strip. */
static uint8_t form_behind(const body *b, uint32_t exponential, bool scaled)
{
    const uint8_t alone = scaled ? WEFT_AROUND_SCALED : WEFT_AROUND_COUNT;
    const unsigned reg = b->insns[exponential].d;
    if (!feeds_the_next(b, exponential))
        return alone;
    const weft_insn *next = &b->insns[exponential + 1];
    const unsigned scalars = next->scalar & ALL_SCALARS;
    if (next->type != b->insns[exponential].type)
        return alone;
    if (next->op == WEFT_OP_MUL && scalars == 0 && (next->a == reg) != (next->b == reg))
        return scaled ? WEFT_AROUND_SCALED_TIMES : WEFT_AROUND_TIMES;
    const bool multiplied = (scalars == WEFT_SCALAR_B && next->a == reg) ||
                            (scalars == WEFT_SCALAR_A && next->b == reg);
    if (next->op == WEFT_OP_FMA && !scaled && multiplied && next->c != reg)
        return WEFT_AROUND_FMA;
    return alone;
}

static void find_around(const body *b, uint32_t pc, weft_combination *found)
{
    const bool scaled = scales(&b->insns[pc]) && feeds_the_next(b, pc);
    const uint32_t at = scaled ? pc + 1 : pc;
    const weft_insn *insn = &b->insns[at];
    if ((insn->op != WEFT_OP_EXP && insn->op != WEFT_OP_EXP2) || insn->type != b->insns[pc].type ||
        (insn->scalar & ALL_SCALARS))
        return;
    const uint8_t form = form_behind(b, at, scaled);
    if (form == WEFT_AROUND_COUNT ||
        !b->kernels->around[insn->op == WEFT_OP_EXP2][form][insn->type])
        return;
    *found = (weft_combination){.kind = WEFT_COMBINE_AROUND,
                                .form = form,
                                .op = at,
                                .last = form == WEFT_AROUND_SCALED ? at : at + 1};
}

/* What is done with a sum of products, if it is what QUADRATIC has a kernel for. */
static void find_quadratic(const body *b, uint32_t pc, weft_combination *found)
{
    weft_combination behind = {.kind = WEFT_COMBINE_NONE};
    const weft_combination sum = *found;
    const weft_insn *insn = &b->insns[pc];
    if (insn->op != WEFT_OP_MUL || sum.singles || !feeds_the_next(b, sum.last) ||
        b->insns[sum.last + 1].type != insn->type)
        return;
    find_around(b, sum.last + 1, &behind);
    if (behind.kind != WEFT_COMBINE_AROUND || behind.form == WEFT_AROUND_FMA ||
        !b->kernels->quadratic[b->insns[behind.op].op == WEFT_OP_EXP2][sum.rounded][insn->type])
        return;
    *found = behind;
    found->kind = WEFT_COMBINE_QUADRATIC;
    found->rounded = sum.rounded;
    found->sum = sum.last;
}

void weft_plan_combine(const weft_code *code, const weft_kernel_table *kernels,
                       const weft_value *values, uint32_t begin, uint32_t end, uint32_t pc,
                       const bool *leads, weft_combination *found)
{
    const body b = {code, code->insns, kernels, values, leads, begin, end};
    const unsigned op = code->insns[pc].op;
    *found = (weft_combination){.kind = WEFT_COMBINE_NONE};
    if (op == WEFT_OP_LDS)
        find_on_segments(&b, pc, found);
    if (op == WEFT_OP_MUL || op == WEFT_OP_FMA || op == WEFT_OP_MAD)
        find_products(&b, pc, found);
    if (found->kind == WEFT_COMBINE_PRODUCTS)
        find_quadratic(&b, pc, found);
    if (found->kind == WEFT_COMBINE_NONE &&
        (op == WEFT_OP_MUL || op == WEFT_OP_EXP || op == WEFT_OP_EXP2))
        find_around(&b, pc, found);
}
