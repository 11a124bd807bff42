/* backends/plan_values.c: which values of a strip block can live in arrays (backends/plan.h).
 *
 * A loaded value may stay where it is in its array if every read of it is known, and nothing stores
 * to that memory before the last of them. A value that is stored may be computed into the array at
 * once if its producer stands in the same basic block, every other read of it is known, and nothing
 * in between reads what it overwrites. "That memory" may belong to two parameters, an input and an
 * output that are the same array, which only binding knows: where it would matter the value is
 * marked as a hazard. A register that is written once in the block is the same value wherever it is
 * read; else what is known of a value ends with its basic block. */
#include <string.h>

#include "backends/plan.h"

enum {
    REGISTERS = WEFT_PLACE_SCALARS, /* strips and predicates */
    FAR = 64                        /* instructions that are looked through for a conflict */
};

/* What is known of the value that an instruction writes to a register. */
typedef struct span {
    uint32_t last_use; /* pc behind which it is not read; 0: never read */
    bool known;        /* every read of it is */
    bool lasting;      /* the register is written here only */
} span;

typedef struct analysis {
    const weft_code *code;
    const weft_insn *insns;
    const uint32_t *match;
    uint32_t begin, end; /* the body: begin <= pc < end */
    bool in_strip_block, calls;
    span *spans;                /* by pc and register of the instruction */
    weft_value *values;         /* the same */
    uint32_t *earliest;         /* by pc: from where on what is stored behind it may be written */
    bool *leads;                /* by pc: a branch goes there */
    uint16_t writes[REGISTERS]; /* instructions that write each register, up to 2 */
} analysis;

static span *span_of(const analysis *a, uint32_t pc)
{
    return &a->spans[(size_t)(pc - a->begin) * WEFT_VALUES_AN_INSN];
}

static weft_value *value_of(const analysis *a, uint32_t pc)
{
    return &a->values[(size_t)(pc - a->begin) * WEFT_VALUES_AN_INSN];
}

/* Calls visit(a, state, register, which) for each strip or predicate that an instruction reads, or
 * writes; `which` counts those that it writes. */
typedef void visitor(analysis *a, void *state, uint32_t pc, unsigned reg, unsigned which);

static void visit_registers(analysis *a, uint32_t pc, bool write, visitor *visit, void *state)
{
    const weft_insn *insn = &a->insns[pc];
    const weft_slot *slot = weft_form_slots(weft_op_row_of(insn->op)->form);
    for (; slot->kind != WEFT_SLOT_END; slot++) {
        if (!weft_slot_is_register(slot) || slot->write != write || weft_slot_is_scalar(insn, slot))
            continue;
        const unsigned first =
            weft_place_of(weft_slot_dtype(insn, slot), weft_insn_field(insn, slot->field));
        const unsigned width = weft_slot_width(a->code, insn, slot);
        for (unsigned i = 0; i < width; i++)
            visit(a, state, pc, first + i, i);
    }
}

/* --- reads ------------------------------------------------------------------------------------ */

static void count_write(analysis *a, void *state, uint32_t pc, unsigned reg, unsigned which)
{
    (void)state, (void)pc, (void)which;
    if (a->writes[reg] < 2)
        a->writes[reg]++;
}

static void mark_branches(analysis *a)
{
    for (uint32_t pc = a->begin; pc < a->end; pc++) {
        const weft_insn *insn = &a->insns[pc];
        const unsigned form = weft_op_row_of(insn->op)->form;
        if (insn->op == WEFT_OP_CALL)
            a->calls = true;
        else if ((form == WEFT_FORM_BRANCH || form == WEFT_FORM_BRANCHIF) &&
                 (uint32_t)insn->off < a->end)
            a->leads[(uint32_t)insn->off - a->begin] = true;
        visit_registers(a, pc, true, count_write, NULL);
    }
}

/* Within basic blocks, from behind: what will be done with each register. */
typedef struct future {
    uint32_t last_use[REGISTERS];
    bool known[REGISTERS]; /* the register is written again, or is not needed any more */
} future;

static void meet_write(analysis *a, void *state, uint32_t pc, unsigned reg, unsigned which)
{
    future *f = state;
    if (which < WEFT_VALUES_AN_INSN)
        span_of(a, pc)[which] = (span){f->last_use[reg], f->known[reg], false};
    f->last_use[reg] = 0;
    f->known[reg] = true;
}

static void meet_read(analysis *a, void *state, uint32_t pc, unsigned reg, unsigned which)
{
    future *f = state;
    (void)a, (void)which;
    if (f->last_use[reg] < pc)
        f->last_use[reg] = pc;
    f->known[reg] = f->known[reg] || false;
}

static void look_within_basic_blocks(analysis *a, future *f)
{
    for (uint32_t pc = a->end; pc-- > a->begin;) {
        const bool last = pc + 1 == a->end;
        if (last || weft_ends_basic_block(a->insns[pc].op) || a->leads[pc + 1 - a->begin]) {
            memset(f->last_use, 0, sizeof f->last_use);
            memset(f->known, last && !weft_ends_basic_block(a->insns[pc].op), sizeof f->known);
        }
        visit_registers(a, pc, true, meet_write, f);
        visit_registers(a, pc, false, meet_read, f);
    }
}

/* Registers that are written once, from the front. A read inside a `for` or `seq` that the value
 * comes into from outside lasts until that block has ended. */
typedef struct past {
    uint32_t writer[REGISTERS]; /* pc */
    uint8_t which[REGISTERS];
    uint32_t open[WEFT_MAX_NEST]; /* blocks inside the body */
    unsigned depth;
} past;

static bool is_single(const analysis *a, unsigned reg)
{
    return !a->calls && a->writes[reg] == 1;
}

static void pass_write(analysis *a, void *state, uint32_t pc, unsigned reg, unsigned which)
{
    past *p = state;
    p->writer[reg] = pc;
    p->which[reg] = (uint8_t)which;
    if (is_single(a, reg) && which < WEFT_VALUES_AN_INSN)
        span_of(a, pc)[which] = (span){0, true, true};
}

static void pass_read(analysis *a, void *state, uint32_t pc, unsigned reg, unsigned which)
{
    past *p = state;
    uint32_t until = pc;
    (void)which;
    if (!is_single(a, reg) || p->which[reg] >= WEFT_VALUES_AN_INSN)
        return;
    for (unsigned i = 0; i < p->depth; i++)
        if (p->open[i] > p->writer[reg]) {
            until = a->match[p->open[i]];
            break;
        }
    span *s = &span_of(a, p->writer[reg])[p->which[reg]];
    if (s->last_use < until)
        s->last_use = until;
}

static void look_at_single_writes(analysis *a, past *p)
{
    for (uint32_t pc = a->begin; pc < a->end; pc++) {
        visit_registers(a, pc, false, pass_read, p);
        visit_registers(a, pc, true, pass_write, p);
        if (weft_op_opens_block(a->insns[pc].op))
            p->open[p->depth++] = pc;
        else if (a->insns[pc].op == WEFT_OP_END)
            p->depth--;
    }
}

/* --- stores that their producers write -------------------------------------------------------- */

static bool can_produce(const weft_insn *insn)
{
    switch (weft_op_row_of(insn->op)->form) {
    case WEFT_FORM_UNARY:
    case WEFT_FORM_BINARY:
    case WEFT_FORM_TERNARY:
    case WEFT_FORM_COMPARE:
    case WEFT_FORM_CONVERT:
    case WEFT_FORM_SELECT:
    case WEFT_FORM_BCAST:
    case WEFT_FORM_FUSED:
    case WEFT_FORM_DOTK:
    case WEFT_FORM_HORNER:
    case WEFT_FORM_APPLY:
        return true;
    default:
        return false;
    }
}

static bool is_mapped_load(const analysis *a, uint32_t pc)
{
    const unsigned op = a->insns[pc].op;
    return (op == WEFT_OP_LD || op == WEFT_OP_LDS) &&
           weft_kind_is_mapped(a->code->params[a->insns[pc].param].kind);
}

/* Whether the value written at `from` can be written to where `store` stores it; sets *hazard if
 * that holds only for an array that is not read. */
static bool can_write_early(const analysis *a, uint32_t from, const span *s, uint32_t store,
                            bool *hazard)
{
    const unsigned param = a->insns[store].param;
    const uint32_t until = s->last_use > store ? s->last_use : store;
    *hazard = a->in_strip_block;
    if (!s->known)
        return false;
    if (until - from > FAR)
        return false;
    for (uint32_t pc = from + 1; pc < until; pc++) {
        if (weft_is_store(a->insns[pc].op) && a->insns[pc].param == param && pc != store)
            return false;
        if (pc < store && is_mapped_load(a, pc)) {
            if (a->insns[pc].param == param)
                return false;
            *hazard = true;
        }
    }
    /* What a later store may write early must be behind the value's last use, too. In a loop the
     * last use itself may write, the very elements that it reads; in a strip block offsets may
     * differ. */
    const uint32_t free_from = a->in_strip_block ? s->last_use + 1 : s->last_use;
    return s->last_use <= store || a->earliest[until - 1 - a->begin] >= free_from;
}

/* The instruction that writes a store's register, and which of its results that is; the store's own
 * pc if none is near. */
static uint32_t find_writer(const analysis *a, uint32_t store, unsigned *which)
{
    const weft_insn *insn = &a->insns[store];
    const unsigned reg = weft_place_of((weft_dtype)insn->type, insn->d);
    for (uint32_t pc = store; pc-- > a->begin && store - pc <= FAR;) {
        const weft_insn *writer = &a->insns[pc];
        const weft_slot *slot = weft_form_slots(weft_op_row_of(writer->op)->form);
        if (weft_ends_basic_block(writer->op) || a->leads[pc + 1 - a->begin])
            break;
        if (!weft_slot_is_register(slot) || !slot->write || weft_slot_is_scalar(writer, slot))
            continue; /* a form writes at most its first operand */
        const unsigned first = weft_place_of(weft_slot_dtype(writer, slot), writer->d);
        *which = reg - first;
        if (reg >= first && *which < weft_slot_width(a->code, writer, slot))
            return pc;
    }
    return store;
}

/* Lets the producer of a stored value write it; returns from where on the store's array changes. */
static uint32_t forward_store(analysis *a, uint32_t store)
{
    unsigned which = 0;
    bool hazard;
    if (!weft_moves_a_strip(a->code, &a->insns[store]))
        return store - 1; /* one component is written before the next one's value is read */
    const uint32_t writer = find_writer(a, store, &which);
    if (writer == store || !can_produce(&a->insns[writer]) || which >= WEFT_VALUES_AN_INSN)
        return store;
    weft_value *value = &value_of(a, writer)[which];
    if (value->store != WEFT_NO_STORE ||
        !can_write_early(a, writer, &span_of(a, writer)[which], store, &hazard))
        return store;
    value->store = store;
    value->flags = (uint8_t)(WEFT_IN_PLACE | (hazard ? WEFT_HAZARD : 0));
    return writer;
}

/* From behind, so that what stands later has been decided on. */
static void forward_stores(analysis *a)
{
    uint32_t earliest = UINT32_MAX;
    for (uint32_t pc = a->end; pc-- > a->begin;) {
        a->earliest[pc - a->begin] = earliest;
        const uint32_t from = weft_is_store(a->insns[pc].op) ? forward_store(a, pc) : earliest;
        if (from < earliest)
            earliest = from;
    }
}

/* --- loads that stay in their arrays ---------------------------------------------------------- */

static void keep_loads(analysis *a)
{
    for (uint32_t pc = a->begin; pc < a->end; pc++) {
        const weft_insn *insn = &a->insns[pc];
        const span *s = span_of(a, pc);
        if (!is_mapped_load(a, pc) || !weft_moves_a_strip(a->code, insn) ||
            insn->type == WEFT_BOOL /* whose bytes are made 0 or 1 */ || !s->known)
            continue;
        const bool overwritten = a->earliest[pc - a->begin] < s->last_use;
        value_of(a, pc)->flags =
            (uint8_t)(WEFT_IN_PLACE | (overwritten || a->in_strip_block ? WEFT_HAZARD : 0));
    }
}

/* --- all of it -------------------------------------------------------------------------------- */

static void number_values(analysis *a, uint32_t *n_values)
{
    uint32_t next = 0;
    for (uint32_t pc = a->begin; pc < a->end; pc++)
        for (unsigned i = 0; i < WEFT_VALUES_AN_INSN; i++) {
            weft_value *value = &value_of(a, pc)[i];
            const span *s = &span_of(a, pc)[i];
            if (!(value->flags & WEFT_IN_PLACE) || next == WEFT_MAX_VALUES) {
                *value = (weft_value){.store = WEFT_NO_STORE};
            } else {
                value->place = (uint16_t)(WEFT_PLACE_VALUES + next++);
                value->lasting = s->lasting;
            }
            value->known = s->known;
            value->last_use = s->last_use;
        }
    if (*n_values < next)
        *n_values = next;
}

static void analyse(analysis *a, future *f, past *p)
{
    mark_branches(a);
    look_within_basic_blocks(a, f);
    look_at_single_writes(a, p);
    forward_stores(a);
    keep_loads(a);
}

weft_status weft_plan_values(const weft_allocator *allocator, const weft_code *code,
                             const weft_facts *facts, uint32_t pc, weft_value *values,
                             uint32_t *n_values)
{
    const uint32_t begin = pc + 1, end = facts->match[pc];
    const size_t body = end - begin;
    struct room {
        analysis a;
        future f;
        past p;
    } *room = weft_mem_zeroed(allocator, 1, sizeof *room);
    span *spans = weft_mem_zeroed(allocator, body * WEFT_VALUES_AN_INSN, sizeof *spans);
    uint32_t *earliest = weft_mem_zeroed(allocator, body, sizeof *earliest);
    bool *leads = weft_mem_zeroed(allocator, body + 1, sizeof *leads);
    const bool enough = room && spans && earliest && leads;
    for (size_t i = 0; i < body * WEFT_VALUES_AN_INSN; i++)
        values[i] = (weft_value){.store = WEFT_NO_STORE};
    if (enough) {
        room->a = (analysis){.code = code,
                             .insns = code->insns,
                             .match = facts->match,
                             .begin = begin,
                             .end = end,
                             .in_strip_block = code->insns[pc].op == WEFT_OP_STRIP,
                             .spans = spans,
                             .values = values,
                             .earliest = earliest,
                             .leads = leads};
        analyse(&room->a, &room->f, &room->p);
        number_values(&room->a, n_values);
    }
    weft_mem_free(allocator, room, sizeof *room);
    weft_mem_free(allocator, spans, (body ? body * WEFT_VALUES_AN_INSN : 1) * sizeof *spans);
    weft_mem_free(allocator, earliest, (body ? body : 1) * sizeof *earliest);
    weft_mem_free(allocator, leads, (body + 1) * sizeof *leads);
    return enough ? WEFT_OK : WEFT_ERR_MEMORY;
}
