/* backends/plan.c: makes plans (backends/plan.h): instructions to steps. */
#include "backends/plan.h"

#include <string.h>

typedef struct planner {
    const weft_allocator *allocator;
    const weft_code *code;
    const weft_facts *facts;
    weft_plan *plan;
    uint32_t *step_of;    /* by pc */
    uint32_t n_values;    /* most that a block has */
    weft_value *values;   /* of the strip block that is open, by its pcs; NULL outside */
    uint32_t body;        /* its first pc */
    uint32_t strip_block; /* its number in plan->blocks + 1; 0: none is open */
    uint16_t place[WEFT_PLACE_SCALARS]; /* where each strip and predicate is now */
    bool lasting[WEFT_PLACE_SCALARS];   /* and stays until the block ends */
    uint16_t moved[WEFT_PLACE_SCALARS]; /* those that may be elsewhere than in their own place */
    bool listed[WEFT_PLACE_SCALARS];    /* in `moved` */
    unsigned n_moved;
    uint32_t open[WEFT_MAX_NEST]; /* numbers of the open blocks */
    unsigned depth;
    uint32_t seen[WEFT_PARAM_WORDS];      /* parameters that the strip block has accessed */
    uint32_t counted[WEFT_PLACE_SCALARS]; /* strip block whose strip_bytes a register is in */
    bool functions_in_order, functions_index;
    const bool *leads;       /* by pc: a branch goes there */
    bool *absorbed;          /* by pc: another step does it */
    uint32_t *combined_from; /* by pc of a store of segments: pc of the load + 1, or 0 */
    bool out_of_memory;      /* looked at once for each instruction */
} planner;

static void *push(planner *p, weft_vector *vector)
{
    void *element = weft_vector_push(p->allocator, vector);
    p->out_of_memory |= element == NULL;
    return element;
}

static weft_step *push_step(planner *p, weft_step_kind kind, uint32_t pc)
{
    weft_step *step = push(p, &p->plan->steps);
    const weft_insn *insn = &p->code->insns[pc];
    if (step) {
        step->kind = (uint8_t)kind;
        step->pc = pc;
        step->cost = kind == WEFT_STEP_TARGET || insn->op == WEFT_OP_RET ? 0 : weft_insn_cost(insn);
    }
    return step;
}

static weft_block_plan *block_number(const planner *p, uint32_t number)
{
    return (weft_block_plan *)p->plan->blocks.data + number;
}

static weft_block_plan *innermost(const planner *p)
{
    return p->depth ? block_number(p, p->open[p->depth - 1]) : NULL;
}

/* A scatter, or a function that is not pure. */
static bool takes_effect_in_order(const weft_code *code, const weft_insn *insn)
{
    return insn->op == WEFT_OP_SCATTER ||
           (insn->op == WEFT_OP_APPLY && !weft_param_is_pure(&code->params[insn->param]));
}

/* --- registers and places --------------------------------------------------------------------- */

static uint16_t scalar_place(unsigned number)
{
    return (uint16_t)(WEFT_PLACE_SCALARS + number);
}

/* The place of what a slot reads. */
static uint16_t read_place(const planner *p, const weft_insn *insn, const weft_slot *slot)
{
    const unsigned number = weft_insn_field(insn, slot->field);
    if (weft_slot_is_scalar(insn, slot))
        return scalar_place(number);
    return p->place[weft_place_of(weft_slot_dtype(insn, slot), number)];
}

static const weft_value *value_at(const planner *p, uint32_t pc, unsigned which)
{
    static const weft_value none = {.store = WEFT_NO_STORE};
    if (!p->values || which >= WEFT_VALUES_AN_INSN)
        return &none;
    return &p->values[(size_t)(pc - p->body) * WEFT_VALUES_AN_INSN + which];
}

/* The register gets a value of its own, or has it in its own place. */
static uint16_t write_place(planner *p, uint32_t pc, unsigned reg, unsigned which)
{
    const weft_value *value = value_at(p, pc, which);
    const uint16_t place = value->place ? value->place : (uint16_t)reg;
    if (place != reg && !p->listed[reg])
        p->moved[p->n_moved++] = (uint16_t)reg;
    p->listed[reg] |= place != reg;
    p->place[reg] = place;
    p->lasting[reg] = value->lasting;
    return place;
}

/* The register is written in the open strip block, and not in place. */
static void note_home(planner *p, unsigned reg, weft_dtype type, bool in_place)
{
    const uint8_t size = (uint8_t)weft_dtype_size(type);
    if (p->plan->home_bytes[reg] < size)
        p->plan->home_bytes[reg] = size;
    if (in_place || !p->strip_block || p->counted[reg] == p->strip_block)
        return;
    p->counted[reg] = p->strip_block;
    block_number(p, p->strip_block - 1)->strip_bytes += size;
}

/* A new basic block: what is known of values that do not last is not known any more. */
static void begin_basic_block(planner *p, bool all)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < p->n_moved; i++) {
        const uint16_t reg = p->moved[i];
        if (!all && p->lasting[reg]) {
            p->moved[kept++] = reg;
            continue;
        }
        p->place[reg] = reg;
        p->listed[reg] = false;
    }
    p->n_moved = kept;
}

static void push_place(planner *p, uint16_t place)
{
    uint16_t *entry = push(p, &p->plan->lists);
    if (entry)
        *entry = place;
}

/* --- arrays ----------------------------------------------------------------------------------- */

/* An access to a mapped array from a strip; true for the first one in its strip block. */
static bool note_stream(planner *p, const weft_insn *insn)
{
    const weft_param *param = &p->code->params[insn->param];
    uint32_t *word = &p->seen[insn->param / 32], bit = UINT32_C(1) << insn->param % 32;
    if (!p->strip_block || !weft_kind_is_mapped(param->kind) || (*word & bit))
        return false;
    *word |= bit;
    weft_array_use *stream = push(p, &p->plan->streams);
    if (stream) {
        stream->param = insn->param;
        stream->bytes = (uint8_t)(weft_dtype_size((weft_dtype)param->type) * param->segment);
        stream->stored = p->plan->stored[insn->param];
        block_number(p, p->strip_block - 1)->array_bytes += stream->bytes;
    }
    return true;
}

/* Points a place at the array that the value will be stored to. */
static void push_target(planner *p, uint32_t store, unsigned reg, uint16_t place, uint8_t flags)
{
    const weft_insn *insn = &p->code->insns[store];
    const bool first = note_stream(p, insn);
    weft_step *step = push_step(p, WEFT_STEP_TARGET, store);
    if (!step)
        return;
    step->d = place;
    step->a = (uint16_t)reg;
    step->flags = (uint8_t)(flags | (first ? WEFT_FIRST : 0));
    step->size = (uint8_t)weft_dtype_size((weft_dtype)insn->type);
    step->width = 1;
}

/* Places for what an instruction writes to strips, and targets for what is stored from there. */
static uint16_t write_strip(planner *p, const weft_insn *insn, uint32_t pc, weft_dtype type,
                            unsigned which)
{
    const unsigned reg = weft_place_of(type, insn->d + which);
    const weft_value *value = value_at(p, pc, which);
    note_home(p, reg, type, value->place != 0);
    const uint16_t place = write_place(p, pc, reg, which);
    if (value->store != WEFT_NO_STORE)
        push_target(p, value->store, reg, place, value->flags);
    return place;
}

static void plan_strip_move(planner *p, const weft_insn *insn, uint32_t pc)
{
    const bool store = weft_is_store(insn->op);
    const unsigned reg = weft_place_of((weft_dtype)insn->type, insn->d);
    const bool first = note_stream(p, insn);
    uint16_t place = p->place[reg];
    if (!store) {
        place = write_place(p, pc, reg, 0);
        note_home(p, reg, (weft_dtype)insn->type, place != reg);
    }
    weft_step *step = push_step(p, store ? WEFT_STEP_STORE : WEFT_STEP_LOAD, pc);
    if (!step)
        return;
    step->call.strided = store ? p->plan->kernels->store_strided[insn->type]
                               : p->plan->kernels->load_strided[insn->type];
    step->d = place;
    step->a = (uint16_t)reg;
    step->flags = (uint8_t)((store ? 0 : value_at(p, pc, 0)->flags) | (first ? WEFT_FIRST : 0));
    step->size = (uint8_t)weft_dtype_size((weft_dtype)insn->type);
    step->width = 1;
}

static void plan_segment_move(planner *p, const weft_insn *insn, uint32_t pc)
{
    const bool store = weft_is_store(insn->op);
    const uint8_t width = p->code->params[insn->param].segment;
    const bool first = note_stream(p, insn);
    const uint32_t list = (uint32_t)p->plan->lists.count;
    for (unsigned i = 0; i < width; i++) {
        const unsigned reg = weft_place_of((weft_dtype)insn->type, insn->d + i);
        if (!store)
            note_home(p, reg, (weft_dtype)insn->type, false);
        push_place(p, store ? p->place[reg] : write_place(p, pc, reg, i));
    }
    weft_step *step = push_step(p, store ? WEFT_STEP_STORE_SEGMENT : WEFT_STEP_LOAD_SEGMENT, pc);
    if (!step)
        return;
    if (store)
        step->call.store_segment = p->plan->kernels->store_segment[insn->type];
    else
        step->call.load_segment = p->plan->kernels->load_segment[insn->type];
    step->flags = first ? WEFT_FIRST : 0;
    step->size = (uint8_t)weft_dtype_size((weft_dtype)insn->type);
    step->width = width;
    step->list = list;
}

static void plan_scalar_move(planner *p, const weft_insn *insn, uint32_t pc)
{
    const bool segment = insn->op == WEFT_OP_LDS || insn->op == WEFT_OP_STS;
    weft_step *step = push_step(
        p, weft_is_store(insn->op) ? WEFT_STEP_STORE_SCALARS : WEFT_STEP_LOAD_SCALARS, pc);
    if (!step)
        return;
    step->size = (uint8_t)weft_dtype_size((weft_dtype)insn->type);
    step->width = segment ? p->code->params[insn->param].segment : 1;
}

static void plan_move(planner *p, const weft_insn *insn, uint32_t pc)
{
    if (insn->scalar & WEFT_SCALAR_D)
        plan_scalar_move(p, insn, pc);
    else if (weft_moves_a_strip(p->code, insn))
        plan_strip_move(p, insn, pc);
    else
        plan_segment_move(p, insn, pc);
}

static void plan_indexed(planner *p, const weft_insn *insn, uint32_t pc)
{
    const weft_slot *slots = weft_form_slots(weft_op_row_of(insn->op)->form);
    const bool scatter = insn->op == WEFT_OP_SCATTER, wide = insn->type2 == WEFT_I64;
    const uint16_t indices = read_place(p, insn, &slots[2]);
    uint16_t data;
    if (scatter)
        data = read_place(p, insn, &slots[0]);
    else if (insn->scalar & WEFT_SCALAR_D)
        data = scalar_place(insn->d);
    else
        data = write_strip(p, insn, pc, (weft_dtype)insn->type, 0);
    weft_step *step = push_step(p, scatter ? WEFT_STEP_SCATTER : WEFT_STEP_GATHER, pc);
    if (!step)
        return;
    step->call.indexed = scatter ? p->plan->kernels->scatter[insn->type][wide]
                                 : p->plan->kernels->gather[insn->type][wide];
    step->d = data;
    step->a = indices;
    step->size = (uint8_t)weft_dtype_size((weft_dtype)insn->type);
}

/* A user's function. The place of what it gives may be that of an argument. */
static void plan_apply(planner *p, const weft_insn *insn, uint32_t pc)
{
    const weft_slot *slots = weft_form_slots(WEFT_FORM_APPLY);
    const unsigned count = weft_signature_count((uint32_t)insn->off);
    uint16_t operands[WEFT_MAX_FUNCTION_ARGS] = {0, 0, 0};
    for (unsigned i = 0; i < count; i++)
        operands[i] = read_place(p, insn, &slots[2 + i]);
    const uint16_t d = write_strip(p, insn, pc, (weft_dtype)insn->type, 0);
    weft_step *step = push_step(p, WEFT_STEP_APPLY, pc);
    if (!step)
        return;
    step->d = d;
    step->a = operands[0];
    step->b = operands[1];
    step->c = operands[2];
    step->width = (uint8_t)count;
    step->size = (uint8_t)weft_dtype_size((weft_dtype)insn->type);
}

/* --- operations ------------------------------------------------------------------------------- */

static void plan_elementwise(planner *p, const weft_insn *insn, uint32_t pc)
{
    const weft_slot *slots = weft_form_slots(weft_op_row_of(insn->op)->form);
    const weft_kernel_table *kernels = p->plan->kernels;
    const bool scalar = weft_slot_is_scalar(insn, &slots[0]);
    const unsigned scalars = insn->scalar & (WEFT_SCALAR_A | WEFT_SCALAR_B | WEFT_SCALAR_C);
    uint16_t operands[3] = {scalar_place(0), scalar_place(0),
                            scalar_place(0)}; /* if there is none */
    uint8_t sizes[3] = {0, 0, 0};
    for (unsigned i = 1; slots[i].kind != WEFT_SLOT_END; i++) {
        const int operand = slots[i].field - 'a';
        operands[operand] = read_place(p, insn, &slots[i]);
        if (!weft_slot_is_scalar(insn, &slots[i]))
            sizes[operand] = (uint8_t)weft_dtype_size(weft_slot_dtype(insn, &slots[i]));
    }
    const weft_dtype type = weft_slot_dtype(insn, &slots[0]);
    const uint16_t d = scalar ? scalar_place(insn->d) : write_strip(p, insn, pc, type, 0);
    const bool resized = insn->op == WEFT_OP_CVT && sizes[0] != weft_dtype_size(type);
    weft_step *step = push_step(p,
                                scalar    ? WEFT_STEP_SCALAR
                                : resized ? WEFT_STEP_CONVERT
                                          : WEFT_STEP_KERNEL,
                                pc);
    if (!step)
        return;
    step->call.kernel = insn->op == WEFT_OP_CVT ? kernels->convert[insn->type][insn->type2]
                        : insn->op == WEFT_OP_BCAST
                            ? kernels->broadcast[insn->type]
                            : weft_kernel_find(kernels, insn->op, insn->type, scalar ? 0 : scalars);
    step->flags = weft_op_is_transcendental(insn->op) ? WEFT_COMPUTES_LONG : 0;
    step->d = d;
    step->a = operands[0];
    step->b = operands[1];
    step->c = operands[2];
    step->size = (uint8_t)weft_dtype_size(type);
    memcpy(step->sizes, sizes, sizeof step->sizes);
}

static void plan_fused(planner *p, const weft_insn *insn, uint32_t pc)
{
    const weft_dtype type = (weft_dtype)insn->type;
    const uint32_t list = (uint32_t)p->plan->lists.count;
    for (unsigned i = 0; i < weft_run_width(insn, 'a'); i++)
        push_place(p, p->place[insn->a + i]);
    for (unsigned i = 0; i < weft_run_width(insn, 'd'); i++)
        push_place(p, write_strip(p, insn, pc, type, i));
    weft_step *step = push_step(p, WEFT_STEP_FUSED, pc);
    if (!step)
        return;
    step->call.fused = p->plan->kernels->fused[insn->op - WEFT_FUSED_FIRST][insn->type];
    step->b = scalar_place(insn->b);
    step->width = (uint8_t)weft_run_width(insn, 'a');
    step->list = list;
    step->target = weft_run_width(insn, 'd');
}

static void plan_index(planner *p, const weft_insn *insn, uint32_t pc)
{
    const bool scalar = (insn->scalar & WEFT_SCALAR_D) != 0;
    const uint16_t d =
        scalar ? scalar_place(insn->d) : write_strip(p, insn, pc, (weft_dtype)insn->type, 0);
    weft_step *step = push_step(p, WEFT_STEP_INDEX, pc);
    if (step)
        step->d = d;
    if (!scalar && p->strip_block)
        block_number(p, p->strip_block - 1)->indexed = true;
}

static void plan_reduction(planner *p, const weft_insn *insn, uint32_t pc)
{
    const uint16_t a = p->place[weft_place_of((weft_dtype)insn->type, insn->a)];
    const uint16_t b =
        insn->op == WEFT_OP_DOT ? p->place[weft_place_of((weft_dtype)insn->type, insn->b)] : a;
    weft_block_plan *scope = block_number(p, p->open[p->depth - insn->k]);
    const uint32_t number = (uint32_t)p->plan->reductions.count;
    weft_reduction_plan *reduction = push(p, &p->plan->reductions);
    weft_step *step = push_step(p, WEFT_STEP_REDUCE, pc);
    if (!reduction || !step)
        return;
    *reduction = (weft_reduction_plan){
        .op = insn->op,
        .type = insn->type,
        .result = (uint8_t)weft_reduce_dtype(insn->op, (weft_dtype)insn->type),
        .scalar = insn->d,
        .loop = p->open[p->depth - 1],
        .next = scope->reductions};
    scope->reductions = number + 1;
    innermost(p)->ordered = true;
    for (unsigned i = 1; i < insn->k; i++)
        block_number(p, p->open[p->depth - i])->feeds = true;
    step->a = a;
    step->b = b;
    step->target = number;
    step->size = (uint8_t)weft_dtype_size((weft_dtype)insn->type);
}

/* --- several instructions in one step --------------------------------------------------------- */

static uint32_t cost_of(const planner *p, uint32_t first, uint32_t last)
{
    uint32_t cost = 0;
    for (uint32_t pc = first; pc <= last; pc++)
        cost += weft_insn_cost(&p->code->insns[pc]);
    return cost;
}

static void absorb(planner *p, uint32_t first, uint32_t last)
{
    for (uint32_t pc = first; pc <= last; pc++)
        p->absorbed[pc] = true;
}

/* The places of the factors of products, in pairs; returns where they are in the list. */
static uint32_t push_factors(planner *p, uint32_t first, uint32_t last)
{
    const weft_insn *insns = p->code->insns;
    const uint32_t list = (uint32_t)p->plan->lists.count;
    for (uint32_t pc = first; pc <= last; pc++) {
        const weft_insn *insn = &insns[pc];
        const bool swapped = insn->scalar & WEFT_SCALAR_A; /* a single value comes second */
        push_place(p, p->place[swapped ? insn->b : insn->a]);
        push_place(p, swapped                        ? scalar_place(insn->a)
                      : insn->scalar & WEFT_SCALAR_B ? scalar_place(insn->b)
                                                     : p->place[insn->b]);
    }
    return list;
}

/* Which of the products have a single value. */
static uint8_t singles_of(const planner *p, uint32_t first, uint32_t last)
{
    unsigned singles = 0;
    for (uint32_t pc = first; pc <= last; pc++)
        if (p->code->insns[pc].scalar & (WEFT_SCALAR_A | WEFT_SCALAR_B))
            singles |= 1u << (pc - first);
    return (uint8_t)singles;
}

/* A sum of products: all factors, then the start of the sum if it is not a product. */
static void plan_products(planner *p, uint32_t pc, const weft_combination *c)
{
    const weft_insn *insns = p->code->insns, *last = &insns[c->last];
    const uint32_t list = push_factors(p, pc, c->last);
    const bool starts_with_strip = insns[pc].op != WEFT_OP_MUL;
    const uint16_t start = starts_with_strip ? p->place[insns[pc].c] : scalar_place(0);
    const uint16_t d = write_strip(p, last, c->last, (weft_dtype)last->type, 0);
    weft_step *step = push_step(p, WEFT_STEP_PRODUCTS, c->last);
    if (!step)
        return;
    step->call.products = p->plan->kernels->products[c->rounded][last->type];
    step->d = d;
    step->c = start;
    step->flags = starts_with_strip ? WEFT_HAS_C : 0;
    step->width = (uint8_t)(c->last - pc + 1);
    step->size = (uint8_t)weft_dtype_size((weft_dtype)last->type);
    step->sizes[0] = singles_of(p, pc, c->last);
    step->list = list;
    step->cost = cost_of(p, pc, c->last);
}

/* An exponential's neighbours: the scalar of one of them in b, the other strip of the one behind it
 * in c. */
typedef struct neighbours {
    uint16_t b, c;
} neighbours;

/* `first` is what scales the argument, or the exponential itself. */
static neighbours neighbours_of(const planner *p, uint32_t first, const weft_combination *c)
{
    const weft_insn *scale = &p->code->insns[first], *last = &p->code->insns[c->last];
    const unsigned value = p->code->insns[c->op].d;
    neighbours n = {scalar_place(0), scalar_place(0)}; /* if there is none */
    if (first != c->op)
        n.b = scalar_place(scale->scalar & WEFT_SCALAR_A ? scale->a : scale->b);
    if (c->form == WEFT_AROUND_FMA) {
        n.b = scalar_place(last->scalar & WEFT_SCALAR_A ? last->a : last->b);
        n.c = p->place[last->c];
    } else if (c->form != WEFT_AROUND_SCALED) {
        n.c = p->place[last->a == value ? last->b : last->a];
    }
    return n;
}

static void plan_around(planner *p, uint32_t pc, const weft_combination *c)
{
    const weft_insn *insns = p->code->insns, *first = &insns[pc], *last = &insns[c->last];
    const bool scaled_by_a = pc != c->op && (first->scalar & WEFT_SCALAR_A);
    const uint16_t a = p->place[scaled_by_a ? first->b : first->a];
    const neighbours others = neighbours_of(p, pc, c);
    const uint16_t d = write_strip(p, last, c->last, (weft_dtype)last->type, 0);
    weft_step *step = push_step(p, WEFT_STEP_KERNEL, c->last);
    if (!step)
        return;
    step->call.kernel =
        p->plan->kernels->around[insns[c->op].op == WEFT_OP_EXP2][c->form][last->type];
    step->flags = WEFT_COMPUTES_LONG;
    step->d = d;
    step->a = a;
    step->b = others.b;
    step->c = others.c;
    step->size = step->sizes[0] = (uint8_t)weft_dtype_size((weft_dtype)last->type);
    step->sizes[2] =
        others.c < WEFT_PLACE_SCALARS || others.c >= WEFT_PLACE_VALUES ? step->size : 0;
    step->cost = cost_of(p, pc, c->last);
}

static void plan_quadratic(planner *p, uint32_t pc, const weft_combination *c)
{
    const weft_insn *insns = p->code->insns, *last = &insns[c->last];
    const uint32_t list = push_factors(p, pc, c->sum);
    const neighbours others = neighbours_of(p, c->sum + 1, c);
    const uint16_t d = write_strip(p, last, c->last, (weft_dtype)last->type, 0);
    weft_step *step = push_step(p, WEFT_STEP_QUADRATIC, c->last);
    if (!step)
        return;
    step->call.quadratic =
        p->plan->kernels->quadratic[insns[c->op].op == WEFT_OP_EXP2][c->rounded][last->type];
    step->d = d;
    step->b = others.b;
    step->c = others.c;
    step->flags = (uint8_t)((c->form == WEFT_AROUND_TIMES ? 0 : WEFT_HAS_B) |
                            (c->form == WEFT_AROUND_SCALED ? 0 : WEFT_HAS_C));
    step->size = (uint8_t)weft_dtype_size((weft_dtype)last->type);
    step->width = (uint8_t)(c->sum - pc + 1);
    step->list = list;
    step->cost = cost_of(p, pc, c->last);
}

/* Segments from memory to memory, at their store. Where they do not lie close the instructions are
 * done one by one, so their registers have homes, which are not counted. */
static void plan_on_segments(planner *p, uint32_t load, uint32_t pc, const weft_combination *c)
{
    const weft_insn *from = &p->code->insns[load], *to = &p->code->insns[pc];
    const weft_insn *op = &p->code->insns[c->op];
    const weft_kernel_table *kernels = p->plan->kernels;
    const weft_dtype type = (weft_dtype)to->type;
    const uint8_t width = p->code->params[to->param].segment;
    for (unsigned i = 0; i < width; i++) {
        note_home(p, from->d + i, type, true);
        note_home(p, to->d + i, type, true);
    }
    const bool first_load = note_stream(p, from), first_store = note_stream(p, to);
    const bool rows = c->kind == WEFT_COMBINE_ROWS;
    weft_step *step = push_step(p, rows ? WEFT_STEP_ROWS : WEFT_STEP_FLAT, pc);
    if (!step)
        return;
    if (rows)
        step->call.rows = kernels->rows[op->op - WEFT_FUSED_FIRST][type];
    else
        step->call.kernel = weft_kernel_find(
            kernels, op->op, type, op->scalar & (WEFT_SCALAR_A | WEFT_SCALAR_B | WEFT_SCALAR_C));
    step->flags = (uint8_t)((first_load ? WEFT_FIRST : 0) | (first_store ? WEFT_FIRST_STORE : 0));
    step->size = (uint8_t)weft_dtype_size(type);
    step->width = width;
    step->target = load;
    step->block = c->op;
    step->cost = weft_insn_cost(from) + weft_insn_cost(to) +
                 cost_of(p, c->op, rows ? c->op : c->op + width - 1);
}

/* A load is done where its store stands. What is computed in between may still go to its array at
 * once, but not to one that the load might read: input and output may be the same. */
static void put_off_load(planner *p, uint32_t load, uint32_t store)
{
    for (uint32_t pc = load + 1; pc < store; pc++)
        for (unsigned i = 0; i < WEFT_VALUES_AN_INSN; i++)
            p->values[(size_t)(pc - p->body) * WEFT_VALUES_AN_INSN + i].flags |= WEFT_HAZARD;
}

/* Plans pc together with others, if it can be. */
static bool plan_combined(planner *p, uint32_t pc)
{
    weft_combination c;
    /* In strip blocks, where arrays are used at offsets, an operand read late may be overwritten.
     */
    if (!p->values || p->code->insns[p->body - 1].op != WEFT_OP_LOOP)
        return false;
    const uint32_t end = p->facts->match[p->body - 1];
    const uint32_t load = p->combined_from[pc];
    weft_plan_combine(p->code, p->plan->kernels, p->values, p->body, end, load ? load - 1 : pc,
                      p->leads, &c);
    switch (c.kind) {
    case WEFT_COMBINE_PRODUCTS:
        plan_products(p, pc, &c);
        absorb(p, pc + 1, c.last);
        return true;
    case WEFT_COMBINE_AROUND:
        plan_around(p, pc, &c);
        absorb(p, pc + 1, c.last);
        return true;
    case WEFT_COMBINE_QUADRATIC:
        plan_quadratic(p, pc, &c);
        absorb(p, pc + 1, c.last);
        return true;
    case WEFT_COMBINE_ROWS:
    case WEFT_COMBINE_FLAT:
        if (load) {
            plan_on_segments(p, load - 1, pc, &c);
            return true;
        }
        absorb(p, pc, pc);
        absorb(p, c.op,
               c.kind == WEFT_COMBINE_ROWS
                   ? c.op
                   : c.op + p->code->params[p->code->insns[pc].param].segment - 1);
        p->combined_from[c.last] = pc + 1;
        put_off_load(p, pc, c.last);
        return true;
    default:
        return false;
    }
}

/* --- what work costs, for splitting it over threads ------------------------------------------- */

/* About how long one element takes, in 1/64 ns, from figures of docs/performance.md (AVX-512, in
 * L2): what matters is whether a loop takes microseconds or milliseconds, and longer than memory.
 */
static uint32_t weight_of_f32(unsigned op)
{
    switch (op) {
    case WEFT_OP_EXP:
    case WEFT_OP_EXP2:
        return 6;
    case WEFT_OP_LOG:
        return 9;
    case WEFT_OP_SIN:
    case WEFT_OP_COS:
    case WEFT_OP_TANH:
        return 13;
    case WEFT_OP_ERF:
    case WEFT_OP_HYPOT:
        return 18;
    case WEFT_OP_POW:
        return 32;
    case WEFT_OP_ATAN2:
        return 120;
    default:
        return 48;
    }
}

static uint32_t weight_of_f64(unsigned op)
{
    switch (op) {
    case WEFT_OP_EXP:
    case WEFT_OP_EXP2:
        return 24;
    case WEFT_OP_LOG:
    case WEFT_OP_SIN:
    case WEFT_OP_COS:
    case WEFT_OP_HYPOT:
        return 34;
    case WEFT_OP_POW:
    case WEFT_OP_ATAN2:
        return 160;
    default:
        return 64;
    }
}

static uint32_t weight_of(const planner *p, const weft_insn *insn)
{
    const uint32_t size = (uint32_t)weft_dtype_size((weft_dtype)insn->type);
    const bool strips = p->strip_block && !(insn->scalar & WEFT_SCALAR_D);
    if (!p->strip_block)
        return 256;
    if (!strips)
        return 2; /* once a strip */
    switch (weft_op_row_of(insn->op)->form) {
    case WEFT_FORM_LOAD:
    case WEFT_FORM_STORE:
        return size;
    case WEFT_FORM_LOADSEG:
    case WEFT_FORM_STORESEG:
        return size * p->code->params[insn->param].segment;
    case WEFT_FORM_GATHER:
    case WEFT_FORM_SCATTER:
        return 40;
    case WEFT_FORM_APPLY: /* nobody knows: a loop with a few calls of libm */
        return 640;
    default:
        break;
    }
    if (weft_op_is_transcendental(insn->op))
        return size == 4 ? weight_of_f32(insn->op) : weight_of_f64(insn->op);
    if (insn->op == WEFT_OP_DIV || insn->op == WEFT_OP_REM || insn->op == WEFT_OP_SQRT ||
        insn->op == WEFT_OP_RSQRT || insn->op == WEFT_OP_RECIP)
        return size * 2;
    return (size / 2 + 1) * (weft_insn_cost(insn) + 3) / 4;
}

/* --- blocks ----------------------------------------------------------------------------------- */

/* A strip block that needs no strips of its own, and may take as many elements at once as there
 * are: every operand is an array, and no array is used by two operations, which would then find it
 * in L1. */
static bool is_plain(const planner *p, const weft_block_plan *block)
{
    enum { BOTH_FIRST = WEFT_FIRST | WEFT_FIRST_STORE };
    const weft_step *steps = p->plan->steps.data;
    unsigned operations = 0, on_segments = 0;
    if (p->code->insns[block->pc].op != WEFT_OP_LOOP)
        return false;
    for (size_t i = block->step + 1; i + 1 < p->plan->steps.count; i++) {
        const weft_step *step = &steps[i];
        switch (step->kind) {
        case WEFT_STEP_LOAD:
        case WEFT_STEP_TARGET:
            if (!(step->flags & WEFT_IN_PLACE))
                return false;
            break;
        case WEFT_STEP_PRODUCTS:
        case WEFT_STEP_QUADRATIC:
        case WEFT_STEP_KERNEL:
        case WEFT_STEP_CONVERT:
            if (step->d < WEFT_PLACE_VALUES)
                return false;
            operations++;
            break;
        case WEFT_STEP_REDUCE:
            operations++;
            break;
        case WEFT_STEP_ROWS:
        case WEFT_STEP_FLAT:
            if ((step->flags & BOTH_FIRST) != BOTH_FIRST)
                return false;
            on_segments++;
            break;
        case WEFT_STEP_STORE:
            if (step->d < WEFT_PLACE_VALUES)
                return false;
            break;
        default:
            return false;
        }
    }
    return on_segments ? operations == 0 : operations <= 1;
}

/* Whether the one operation of a plain block is a sum of products whose kernel has a form that
 * stores past the caches. */
static bool stores_past(const planner *p, const weft_block_plan *block)
{
    const weft_step *steps = p->plan->steps.data;
    bool found = false;
    for (size_t i = block->step + 1; i < p->plan->steps.count; i++)
        found |=
            steps[i].kind == WEFT_STEP_PRODUCTS && weft_products_past(p->plan, &steps[i]) != NULL;
    return found;
}

static weft_status open_strip_block(planner *p, uint32_t pc, uint32_t number)
{
    const size_t body = p->facts->match[pc] - pc - 1;
    p->values =
        weft_mem_alloc(p->allocator, (body ? body : 1) * WEFT_VALUES_AN_INSN * sizeof *p->values);
    if (!p->values)
        return WEFT_ERR_MEMORY;
    p->body = pc + 1;
    p->strip_block = number + 1;
    memset(p->seen, 0, sizeof p->seen);
    return weft_plan_values(p->allocator, p->code, p->facts, pc, p->values, &p->n_values);
}

static void free_values(planner *p, uint32_t end)
{
    const size_t body = end - p->body;
    weft_mem_free(p->allocator, p->values,
                  (body ? body : 1) * WEFT_VALUES_AN_INSN * sizeof *p->values);
    p->values = NULL;
}

/* What the inner block says of the one around it. */
static void close_block(planner *p, uint32_t pc)
{
    weft_block_plan *block = innermost(p);
    block->end_block = (uint32_t)p->plan->blocks.count;
    block->end_stream = (uint32_t)p->plan->streams.count;
    block->plain = is_plain(p, block);
    block->past = block->plain && stores_past(p, block);
    block->ordered |= block->in_order;
    if (p->strip_block && p->open[p->depth - 1] + 1 == p->strip_block) {
        free_values(p, pc);
        p->strip_block = 0;
    }
    p->depth--;
    weft_block_plan *outer = innermost(p);
    if (outer)
        outer->in_order |= block->in_order;
}

static weft_status plan_block(planner *p, const weft_insn *insn, uint32_t pc)
{
    const uint32_t number = (uint32_t)p->plan->blocks.count;
    weft_block_plan *block = push(p, &p->plan->blocks);
    weft_step *step = push_step(p,
                                insn->op == WEFT_OP_LOOP    ? WEFT_STEP_LOOP
                                : insn->op == WEFT_OP_STRIP ? WEFT_STEP_STRIP
                                : insn->op == WEFT_OP_EACH  ? WEFT_STEP_EACH
                                : insn->op == WEFT_OP_SEQ   ? WEFT_STEP_SEQ
                                                            : WEFT_STEP_FOR,
                                pc);
    if (!block || !step)
        return WEFT_ERR_MEMORY;
    const bool strips = insn->op == WEFT_OP_LOOP || insn->op == WEFT_OP_STRIP;
    block->pc = pc;
    block->step = (uint32_t)p->plan->steps.count - 1;
    block->outer = p->depth ? p->open[p->depth - 1] + 1 : 0;
    block->first_stream = (uint32_t)p->plan->streams.count;
    step->block = number;
    p->open[p->depth++] = number;
    return strips ? open_strip_block(p, pc, number) : WEFT_OK;
}

/* --- instructions ----------------------------------------------------------------------------- */

static void plan_control(planner *p, const weft_insn *insn, uint32_t pc)
{
    weft_step *step = NULL;
    switch (insn->op) {
    case WEFT_OP_BR:
        push_step(p, WEFT_STEP_BRANCH, pc);
        break;
    case WEFT_OP_BRT:
    case WEFT_OP_BRF:
        step = push_step(p, WEFT_STEP_BRANCH_IF, pc);
        if (step) {
            step->a = scalar_place(insn->a);
            step->flags = insn->op == WEFT_OP_BRT;
        }
        break;
    case WEFT_OP_CALL:
        push_step(p, WEFT_STEP_CALL, pc);
        for (unsigned i = 0; i < p->depth; i++) {
            block_number(p, p->open[i])->in_order |= p->functions_in_order;
            block_number(p, p->open[i])->indexed |= p->functions_index;
        }
        break;
    case WEFT_OP_END:
        push_step(p, WEFT_STEP_END, pc);
        close_block(p, pc);
        break;
    case WEFT_OP_RET:
        push_step(p, WEFT_STEP_END, pc);
        break;
    case WEFT_OP_EXIT:
        push_step(p, WEFT_STEP_EXIT, pc);
        break;
    case WEFT_OP_FENCE:
        push_step(p, WEFT_STEP_FENCE, pc);
        break;
    default: /* func: its call goes to what follows */
        break;
    }
}

static weft_status plan_insn(planner *p, uint32_t pc)
{
    const weft_insn *insn = &p->code->insns[pc];
    if (weft_op_opens_block(insn->op))
        return plan_block(p, insn, pc);
    weft_block_plan *block = innermost(p);
    switch (weft_op_row_of(insn->op)->form) {
    case WEFT_FORM_IMM:
        push_step(p, WEFT_STEP_IMM, pc);
        break;
    case WEFT_FORM_INDEX:
        plan_index(p, insn, pc);
        break;
    case WEFT_FORM_EXTENT:
    case WEFT_FORM_LENGTH:
        push_step(p, insn->op == WEFT_OP_EXTENT ? WEFT_STEP_EXTENT : WEFT_STEP_LENGTH, pc);
        break;
    case WEFT_FORM_LOAD:
    case WEFT_FORM_STORE:
    case WEFT_FORM_LOADSEG:
    case WEFT_FORM_STORESEG:
        plan_move(p, insn, pc);
        break;
    case WEFT_FORM_GATHER:
    case WEFT_FORM_SCATTER:
        if (block && takes_effect_in_order(p->code, insn))
            block->in_order = true;
        plan_indexed(p, insn, pc);
        break;
    case WEFT_FORM_APPLY:
        if (block && takes_effect_in_order(p->code, insn))
            block->in_order = true;
        plan_apply(p, insn, pc);
        break;
    case WEFT_FORM_REDUCE:
    case WEFT_FORM_REDUCE2:
        plan_reduction(p, insn, pc);
        break;
    case WEFT_FORM_FUSED:
    case WEFT_FORM_DOTK:
    case WEFT_FORM_HORNER:
        plan_fused(p, insn, pc);
        break;
    case WEFT_FORM_NONE:
    case WEFT_FORM_BRANCH:
    case WEFT_FORM_BRANCHIF:
        plan_control(p, insn, pc);
        break;
    default:
        plan_elementwise(p, insn, pc);
    }
    return WEFT_OK;
}

/* --- the whole program ------------------------------------------------------------------------ */

/* What must be known of all instructions before the first one is planned. */
static void look_ahead(planner *p, bool *leads)
{
    bool in_function = false;
    for (uint32_t pc = 0; pc < p->code->n_insns; pc++) {
        const weft_insn *insn = &p->code->insns[pc];
        const unsigned form = weft_op_row_of(insn->op)->form;
        in_function |= insn->op == WEFT_OP_FUNC;
        p->functions_in_order |= in_function && takes_effect_in_order(p->code, insn);
        p->functions_index |= in_function && insn->op == WEFT_OP_INDEX;
        if ((form == WEFT_FORM_BRANCH || form == WEFT_FORM_BRANCHIF) && insn->op != WEFT_OP_CALL)
            leads[insn->off] = true;
        if (insn->op == WEFT_OP_LD || insn->op == WEFT_OP_LDS)
            p->plan->loaded[insn->param] = true;
        if (weft_is_store(insn->op))
            p->plan->stored[insn->param] = true;
    }
    for (uint32_t i = 0; i < p->code->n_params; i++)
        p->plan->mixes |= p->plan->loaded[i] && p->plan->stored[i];
}

static bool starts_basic_block(const planner *p, uint32_t pc)
{
    return p->leads[pc] || (pc && weft_ends_basic_block(p->code->insns[pc - 1].op));
}

static weft_status plan_insns(planner *p)
{
    for (uint32_t pc = 0; pc < p->code->n_insns; pc++) {
        const unsigned op = p->code->insns[pc].op;
        if (starts_basic_block(p, pc))
            begin_basic_block(p, op == WEFT_OP_LOOP || op == WEFT_OP_STRIP || !p->strip_block);
        p->step_of[pc] = (uint32_t)p->plan->steps.count;
        if (innermost(p) && !weft_op_opens_block(op))
            innermost(p)->weight += weight_of(p, &p->code->insns[pc]);
        if (!p->absorbed[pc] && !plan_combined(p, pc))
            WEFT_TRY(plan_insn(p, pc));
        if (p->out_of_memory)
            return WEFT_ERR_MEMORY;
    }
    return WEFT_OK;
}

static void resolve_targets(planner *p)
{
    weft_step *steps = p->plan->steps.data;
    for (size_t i = 0; i < p->plan->steps.count; i++) {
        weft_step *step = &steps[i];
        const weft_insn *insn = &p->code->insns[step->pc];
        switch (step->kind) {
        case WEFT_STEP_LOOP:
        case WEFT_STEP_STRIP:
        case WEFT_STEP_EACH:
        case WEFT_STEP_SEQ:
        case WEFT_STEP_FOR:
            step->target = p->step_of[p->facts->match[step->pc]];
            break;
        case WEFT_STEP_BRANCH:
        case WEFT_STEP_BRANCH_IF:
            step->target = p->step_of[insn->off];
            break;
        case WEFT_STEP_CALL:
            step->target = p->step_of[insn->off + 1];
            break;
        default:
            break;
        }
    }
}

/* Costs from each step to the next control step, that one included. */
static void add_costs(planner *p)
{
    const weft_step *steps = p->plan->steps.data;
    uint32_t ahead = 0;
    for (size_t i = p->plan->steps.count; i-- > 0;) {
        if (steps[i].kind >= WEFT_STEP_CONTROL_FIRST)
            ahead = 0;
        ahead += steps[i].cost;
        p->plan->cost[i] = ahead;
    }
}

static weft_status make(planner *p, bool *leads)
{
    weft_plan *plan = p->plan;
    for (unsigned i = 0; i < WEFT_PLACE_SCALARS; i++)
        p->place[i] = (uint16_t)i;
    look_ahead(p, leads);
    p->leads = leads;
    const weft_status status = plan_insns(p);
    if (p->values)
        free_values(p, p->facts->match[p->body - 1]);
    WEFT_TRY(status);
    plan->cost = weft_mem_alloc(p->allocator, plan->steps.count * sizeof *plan->cost);
    if (!plan->cost)
        return WEFT_ERR_MEMORY;
    plan->n_cost = plan->steps.count;
    plan->n_places = WEFT_PLACE_VALUES + p->n_values;
    for (unsigned i = 0; i < WEFT_PLACE_SCALARS; i++)
        if (plan->home_bytes[i])
            plan->homes[plan->n_homes++] = (uint16_t)i;
    resolve_targets(p);
    add_costs(p);
    weft_call_find(plan);
    return WEFT_OK;
}

weft_status weft_plan_make(const weft_allocator *allocator, const weft_code *code,
                           const weft_facts *facts, const weft_kernel_table *kernels,
                           weft_plan **out)
{
    const size_t n = code->n_insns;
    planner *p = weft_mem_zeroed(allocator, 1, sizeof *p);
    weft_plan *plan = weft_mem_zeroed(allocator, 1, sizeof *plan);
    uint32_t *step_of = weft_mem_zeroed(allocator, n, sizeof *step_of);
    bool *leads = weft_mem_zeroed(allocator, n, sizeof *leads);
    bool *absorbed = weft_mem_zeroed(allocator, n, sizeof *absorbed);
    uint32_t *combined_from = weft_mem_zeroed(allocator, n, sizeof *combined_from);
    const bool enough = p && plan && step_of && leads && absorbed && combined_from;
    weft_status status = enough ? WEFT_OK : WEFT_ERR_MEMORY;
    if (!status) {
        plan->kernels = kernels;
        plan->code = code;
        plan->steps.element = sizeof(weft_step);
        plan->lists.element = sizeof(uint16_t);
        plan->blocks.element = sizeof(weft_block_plan);
        plan->streams.element = sizeof(weft_array_use);
        plan->reductions.element = sizeof(weft_reduction_plan);
        *p = (planner){.allocator = allocator,
                       .code = code,
                       .facts = facts,
                       .plan = plan,
                       .step_of = step_of,
                       .absorbed = absorbed,
                       .combined_from = combined_from};
        status = make(p, leads);
    }
    weft_mem_free(allocator, p, sizeof *p);
    weft_mem_free(allocator, step_of, n * sizeof *step_of);
    weft_mem_free(allocator, leads, n * sizeof *leads);
    weft_mem_free(allocator, absorbed, n * sizeof *absorbed);
    weft_mem_free(allocator, combined_from, n * sizeof *combined_from);
    if (status) {
        weft_plan_free(allocator, plan);
        plan = NULL;
    }
    *out = plan;
    return status;
}

void weft_plan_free(const weft_allocator *allocator, weft_plan *plan)
{
    if (!plan)
        return;
    weft_vector_free(allocator, &plan->steps);
    weft_vector_free(allocator, &plan->lists);
    weft_vector_free(allocator, &plan->blocks);
    weft_vector_free(allocator, &plan->streams);
    weft_vector_free(allocator, &plan->reductions);
    weft_mem_free(allocator, plan->cost, plan->n_cost * sizeof *plan->cost);
    weft_mem_free(allocator, plan, sizeof *plan);
}
