/* isa/verify_flow.c: the verifier's third pass (isa/verify.h): what holds when an instruction is
 * reached. It walks the code in execution order, calls included, with an abstract state: which
 * registers are written and with what type, which scalars are affine, which arrays are written. The
 * bodies of for and seq, which carry registers over, are walked until the state at their head is
 * stable; the bodies of loop, strip and each are independent of each other and are walked once. */
#include "isa/verify.h"

#include <string.h>

typedef struct bits {
    uint32_t word[WEFT_PARAM_WORDS];
} bits;

static bool has_bit(const bits *set, unsigned i)
{
    return (set->word[i / 32] >> i % 32 & 1) != 0;
}

static void set_bit(bits *set, unsigned i)
{
    set->word[i / 32] |= UINT32_C(1) << i % 32;
}

typedef struct state {
    bool reachable;
    uint8_t strip[WEFT_MAX_STRIP_REGS]; /* weft_dtype, or 0: not written */
    bool predicate[WEFT_MAX_PREDICATES];
    uint8_t scalar[WEFT_MAX_SCALARS];
    weft_affine affine[WEFT_MAX_SCALARS]; /* of i64 scalars */
    uint16_t stored[WEFT_MAX_PARAMS];     /* arrays over the index space: components written */
    bits fresh;                           /* tables and pools written since the last fence */
} state;

typedef struct frame { /* an open block */
    uint32_t pc;
    uint8_t op;
    uint8_t dims;         /* dimensions that it runs over */
    uint8_t calls;        /* functions active when it was opened */
    int32_t bound;        /* its entry in facts->bounds, or -1 */
    uint32_t labels;      /* labels that wait for their place in it */
    uint64_t accumulates; /* scalars whose reduction ends with it */
    uint64_t written;     /* scalars written in it so far */
} frame;

typedef struct label { /* a branch target further on */
    uint32_t pc;       /* 0: free (no branch goes to instruction 0) */
    state at;
} label;

/* What has been stored so far to a parameter: the hull of its elements along the last dimension. */
typedef struct hull {
    int64_t lo, hi; /* empty where lo >= hi */
} hull;

typedef struct flow {
    const weft_allocator *allocator;
    const weft_code *code;
    const weft_blocks *blocks;
    weft_facts *facts;
    weft_error *error;
    state now;
    frame frames[WEFT_MAX_NEST];
    unsigned n_frames, calls;
    uint64_t locked; /* scalars that may not be written */
    uint64_t steps;
    weft_vector labels;
    uint8_t result[WEFT_MAX_SCALARS]; /* types of reductions under way */
    hull stored[WEFT_MAX_PARAMS];
    /* Within the outermost loop, strip or each that is open: */
    bits read_at_offset, stored_to, gathered, applied;
    uint16_t scattered[WEFT_MAX_PARAMS]; /* bit: component */
} flow;

#define FAIL(rule, ...) return weft_verify_fail(f->error, WEFT_RULE_##rule, pc, __VA_ARGS__)
static weft_status walk(flow *f, uint32_t pc, uint32_t end);

/* --- frames ----------------------------------------------------------------------------------- */

static bool is_parallel(unsigned op)
{
    return op == WEFT_OP_LOOP || op == WEFT_OP_STRIP || op == WEFT_OP_EACH;
}

static bool is_strip(unsigned op)
{
    return op == WEFT_OP_LOOP || op == WEFT_OP_STRIP;
}

/* The open loop or strip, or NULL. */
static const frame *strip_frame(const flow *f)
{
    for (unsigned i = 0; i < f->n_frames; i++)
        if (is_strip(f->frames[i].op))
            return &f->frames[i];
    return NULL;
}

static const frame *innermost(const flow *f)
{
    return f->n_frames ? &f->frames[f->n_frames - 1] : NULL;
}

/* Dimensions of the open blocks: of all, or of those only whose iterations are independent. */
static unsigned open_dims(const flow *f, bool parallel_only)
{
    unsigned dims = 0;
    for (unsigned i = 0; i < f->n_frames; i++)
        if (!parallel_only || is_parallel(f->frames[i].op))
            dims |= f->frames[i].dims;
    return dims;
}

static bool in_parallel(const flow *f)
{
    for (unsigned i = 0; i < f->n_frames; i++)
        if (is_parallel(f->frames[i].op))
            return true;
    return false;
}

/* --- state ------------------------------------------------------------------------------------ */

static void forget_strips(state *s)
{
    memset(s->strip, 0, sizeof s->strip);
    memset(s->predicate, 0, sizeof s->predicate);
}

static void forget_scalars(state *s, uint64_t which)
{
    for (unsigned i = 0; i < WEFT_MAX_SCALARS; i++)
        if (which >> i & 1) {
            s->scalar[i] = 0;
            memset(&s->affine[i], 0, sizeof s->affine[i]);
        }
}

/* What holds on both paths; true if that is less than what held in *into. */
static bool meet(state *into, const state *other)
{
    bool less = false;
    for (unsigned i = 0; i < WEFT_MAX_STRIP_REGS; i++)
        if (into->strip[i] && into->strip[i] != other->strip[i]) {
            into->strip[i] = 0;
            less = true;
        }
    for (unsigned i = 0; i < WEFT_MAX_PREDICATES; i++)
        if (into->predicate[i] && !other->predicate[i]) {
            into->predicate[i] = false;
            less = true;
        }
    for (unsigned i = 0; i < WEFT_MAX_SCALARS; i++) {
        if (into->scalar[i] && into->scalar[i] != other->scalar[i]) {
            into->scalar[i] = 0;
            less = true;
        }
        if (into->affine[i].known && !weft_affine_equal(&into->affine[i], &other->affine[i])) {
            memset(&into->affine[i], 0, sizeof into->affine[i]);
            less = true;
        }
    }
    for (unsigned i = 0; i < WEFT_PARAM_WORDS; i++) {
        uint32_t fresh = into->fresh.word[i] | other->fresh.word[i];
        less |= fresh != into->fresh.word[i];
        into->fresh.word[i] = fresh;
    }
    for (unsigned i = 0; i < WEFT_MAX_PARAMS; i++) {
        less |= (into->stored[i] & ~other->stored[i]) != 0;
        into->stored[i] &= other->stored[i];
    }
    return less;
}

/* --- labels ----------------------------------------------------------------------------------- */

static label *find_label(flow *f, uint32_t pc)
{
    label *labels = f->labels.data;
    for (size_t i = 0; i < f->labels.count; i++)
        if (labels[i].pc == pc)
            return &labels[i];
    return NULL;
}

/* A branch at pc carries the present state to its target. */
static weft_status branch_to(flow *f, uint32_t pc, uint32_t target)
{
    label *place = find_label(f, target);
    if (place) {
        meet(&place->at, &f->now);
        return WEFT_OK;
    }
    place = find_label(f, 0);
    if (!place) {
        if (f->labels.count == WEFT_MAX_LABELS)
            FAIL(COMPLEXITY, "more than %d labels wait for their place", WEFT_MAX_LABELS);
        place = weft_vector_push(f->allocator, &f->labels);
    }
    if (!place)
        return weft_fail_memory(f->error);
    place->pc = target;
    place->at = f->now;
    if (f->n_frames)
        f->frames[f->n_frames - 1].labels++;
    return WEFT_OK;
}

/* Joins what branches brought to pc. */
static void arrive(flow *f, uint32_t pc)
{
    label *place = pc ? find_label(f, pc) : NULL;
    if (!place)
        return;
    if (f->now.reachable)
        meet(&f->now, &place->at);
    else
        f->now = place->at;
    place->pc = 0;
    if (f->n_frames)
        f->frames[f->n_frames - 1].labels--;
}

/* --- registers -------------------------------------------------------------------------------- */

static weft_status read_scalar(flow *f, uint32_t pc, unsigned s, weft_dtype type)
{
    if (f->locked >> s & 1 && !f->now.scalar[s])
        FAIL(LOCKED, "s%u is read before the loop that its reduction runs over has ended", s);
    if (!f->now.scalar[s])
        FAIL(INIT,
             "s%u is read, but not written on every path (what loop, strip and each write "
             "stays inside one iteration)",
             s);
    if (f->now.scalar[s] != type)
        FAIL(REGTYPE, "s%u holds %s, but is read as %s", s,
             weft_dtype_name((weft_dtype)f->now.scalar[s]), weft_dtype_name(type));
    return WEFT_OK;
}

static weft_status read_strip(flow *f, uint32_t pc, unsigned r, weft_dtype type)
{
    if (type == WEFT_BOOL) {
        if (!f->now.predicate[r])
            FAIL(INIT, "p%u is read, but not written on every path", r);
        return WEFT_OK;
    }
    if (!f->now.strip[r])
        FAIL(INIT, "v%u is read, but not written on every path", r);
    if (f->now.strip[r] != type)
        FAIL(REGTYPE, "v%u holds %s, but is read as %s", r,
             weft_dtype_name((weft_dtype)f->now.strip[r]), weft_dtype_name(type));
    return WEFT_OK;
}

static void note_written(flow *f, uint64_t scalars)
{
    for (unsigned i = 0; i < f->n_frames; i++)
        f->frames[i].written |= scalars;
}

static weft_status write_scalar(flow *f, uint32_t pc, unsigned s, weft_dtype type,
                                const weft_affine *value)
{
    if (f->locked >> s & 1)
        FAIL(LOCKED,
             "s%u is written, but it is the counter of an open for or the result of a "
             "reduction under way",
             s);
    note_written(f, UINT64_C(1) << s);
    f->now.scalar[s] = (uint8_t)type;
    if (value)
        f->now.affine[s] = *value;
    else
        memset(&f->now.affine[s], 0, sizeof f->now.affine[s]);
    return WEFT_OK;
}

static weft_status for_registers(flow *f, const weft_insn *insn, uint32_t pc, bool write,
                                 const weft_affine *values)
{
    const weft_slot *slot = weft_form_slots(weft_op_row_of(insn->op)->form);
    for (; slot->kind != WEFT_SLOT_END; slot++) {
        if (!weft_slot_is_register(slot) || slot->write != write)
            continue;
        unsigned first = weft_insn_field(insn, slot->field);
        unsigned width = weft_slot_width(f->code, insn, slot);
        weft_dtype type = weft_slot_dtype(insn, slot);
        bool scalar = weft_slot_is_scalar(insn, slot);
        if (!scalar && !strip_frame(f))
            FAIL(STRIP, "%c%u is used outside loop and strip", type == WEFT_BOOL ? 'p' : 'v',
                 first);
        for (unsigned i = 0; i < width; i++) {
            if (scalar && write)
                WEFT_TRY(write_scalar(f, pc, first + i, type, values ? &values[i] : NULL));
            else if (scalar)
                WEFT_TRY(read_scalar(f, pc, first + i, type));
            else if (!write)
                WEFT_TRY(read_strip(f, pc, first + i, type));
            else if (type == WEFT_BOOL)
                f->now.predicate[first + i] = true;
            else
                f->now.strip[first + i] = (uint8_t)type;
        }
    }
    return WEFT_OK;
}

/* --- bounds ----------------------------------------------------------------------------------- */

static int32_t open_bound(const flow *f)
{
    return f->n_frames ? f->frames[f->n_frames - 1].bound : -1;
}

static weft_status add_bound(flow *f, uint32_t pc, weft_bound_kind kind, weft_bound **out)
{
    if (f->facts->bounds.count == WEFT_MAX_BOUNDS)
        FAIL(COMPLEXITY, "more than %d addresses and loops to prove", WEFT_MAX_BOUNDS);
    weft_bound *bound = weft_vector_push(f->allocator, &f->facts->bounds);
    if (!bound)
        return weft_fail_memory(f->error);
    bound->kind = (uint8_t)kind;
    bound->parent = open_bound(f);
    bound->pc = pc;
    bound->table = -1;
    *out = bound;
    return WEFT_OK;
}

/* The address of an access as an affine form: offset plus register. */
static weft_status address_of(flow *f, const weft_insn *insn, uint32_t pc, weft_affine *form)
{
    *form = weft_affine_constant(insn->off);
    if (!(insn->scalar & WEFT_ADDRESS_REG))
        return WEFT_OK;
    WEFT_TRY(read_scalar(f, pc, insn->a, WEFT_I64));
    *form = weft_affine_add(form, &f->now.affine[insn->a], 1);
    if (!form->known)
        FAIL(ADDRESS,
             "s%u is not an affine address; use gather or scatter, which check it at run "
             "time",
             insn->a);
    return WEFT_OK;
}

/* The access is in bounds where lo <= address <= hi, hi being the table's last row if table >= 0.
 * What is constant is decided here, the rest when arguments are bound. */
static weft_status require_address(flow *f, uint32_t pc, const weft_affine *form, int64_t lo,
                                   int64_t hi, int32_t table)
{
    if (weft_affine_is_constant(form) && (table < 0 || form->constant < lo)) {
        if (form->constant < lo || form->constant > hi)
            FAIL(BOUNDS, "address %lld is out of range: %lld to %lld are possible",
                 (long long)form->constant, (long long)lo, (long long)hi);
        return WEFT_OK;
    }
    weft_bound *bound;
    WEFT_TRY(add_bound(f, pc, WEFT_BOUND_ADDRESS, &bound));
    bound->form = *form;
    bound->lo = lo;
    bound->hi = hi;
    bound->table = table;
    return WEFT_OK;
}

/* --- memory ----------------------------------------------------------------------------------- */

/* Which elements along its last dimension an access to a mapped array may touch. */
static hull range_of(const flow *f, const weft_affine *form)
{
    const frame *strip = strip_frame(f);
    if (!strip || strip->op != WEFT_OP_STRIP || !weft_affine_is_constant(form))
        return (hull){0, INT64_MAX};
    const weft_insn *insn = &f->code->insns[strip->pc];
    int64_t lo = weft_strip_base(insn) + form->constant;
    return (hull){lo, lo + weft_strip_length(insn)};
}

/* Records which stored parameters must not be the same array as the one that is read here. */
static void note_read(flow *f, unsigned param, hull range)
{
    for (unsigned o = 0; o < f->code->n_params; o++) {
        const hull *stored = &f->stored[o];
        if (o != param && stored->lo < stored->hi && range.lo < stored->hi && stored->lo < range.hi)
            f->facts->conflicts[o][param / 32] |= UINT32_C(1) << param % 32;
    }
}

static void note_store(flow *f, unsigned param, hull range)
{
    hull *stored = &f->stored[param];
    if (stored->lo >= stored->hi) {
        *stored = range;
        return;
    }
    stored->lo = range.lo < stored->lo ? range.lo : stored->lo;
    stored->hi = range.hi > stored->hi ? range.hi : stored->hi;
}

static weft_status check_cover(flow *f, const weft_insn *insn, uint32_t pc)
{
    const weft_param *param = &f->code->params[insn->param];
    const frame *strip = strip_frame(f);
    if (param->dims & ~open_dims(f, false))
        FAIL(COVER, "'%s' is accessed outside a loop over all of its dimensions", param->name);
    if ((insn->scalar & WEFT_SCALAR_D) && strip && (param->dims & strip->dims))
        FAIL(COVER, "'%s' varies along the strip: it cannot be accessed as a scalar", param->name);
    return WEFT_OK;
}

/* Components of its parameter that an access touches, as bits. */
static uint16_t components_of(const flow *f, const weft_insn *insn)
{
    bool segment = insn->op == WEFT_OP_LDS || insn->op == WEFT_OP_STS;
    return (uint16_t)(segment ? (1u << f->code->params[insn->param].segment) - 1 : 1u << insn->k);
}

static weft_status mapped_load(flow *f, const weft_insn *insn, uint32_t pc, bool at_offset)
{
    const weft_param *param = &f->code->params[insn->param];
    const frame *strip = strip_frame(f);
    if (param->kind == WEFT_PARAM_OUT || param->kind == WEFT_PARAM_SCRATCH) {
        if (strip && strip->op == WEFT_OP_STRIP)
            FAIL(WRITTEN, "'%s' cannot be read inside a strip block", param->name);
        if (components_of(f, insn) & ~f->now.stored[insn->param])
            FAIL(WRITTEN, "'%s' is read, but not written before on every path", param->name);
    }
    if (at_offset && in_parallel(f) && !(strip && strip->op == WEFT_OP_STRIP)) {
        set_bit(&f->read_at_offset, insn->param);
        if (has_bit(&f->stored_to, insn->param))
            FAIL(STORE, "'%s' is stored to and read at an offset in the same loop", param->name);
    }
    return WEFT_OK;
}

static weft_status mapped_store(flow *f, const weft_insn *insn, uint32_t pc, bool at_offset)
{
    const weft_param *param = &f->code->params[insn->param];
    const frame *strip = strip_frame(f);
    if (open_dims(f, true) & ~(unsigned)param->dims)
        FAIL(STORE,
             "'%s' lacks a dimension of an open loop, so that its iterations would store to "
             "the same elements",
             param->name);
    if (strip && strip->op == WEFT_OP_STRIP) {
        if (param->kind == WEFT_PARAM_SCRATCH)
            FAIL(WRITTEN, "scratch array '%s' cannot be used inside a strip block", param->name);
    } else if (in_parallel(f)) {
        if (at_offset)
            FAIL(STORE, "'%s' is stored to at an offset inside loop or each", param->name);
        set_bit(&f->stored_to, insn->param);
        if (has_bit(&f->read_at_offset, insn->param))
            FAIL(STORE, "'%s' is stored to and read at an offset in the same loop", param->name);
    }
    if (!strip || strip->op != WEFT_OP_STRIP) /* which stores to a part of the array only */
        f->now.stored[insn->param] |= components_of(f, insn);
    return WEFT_OK;
}

static weft_status mapped_access(flow *f, const weft_insn *insn, uint32_t pc, bool store)
{
    const weft_param *param = &f->code->params[insn->param];
    weft_affine form;
    WEFT_TRY(check_cover(f, insn, pc));
    WEFT_TRY(address_of(f, insn, pc, &form));
    bool at_offset = !(weft_affine_is_constant(&form) && form.constant == 0);
    if (store)
        WEFT_TRY(mapped_store(f, insn, pc, at_offset));
    else
        WEFT_TRY(mapped_load(f, insn, pc, at_offset));
    hull range = range_of(f, &form);
    if (store)
        note_store(f, insn->param, range);
    else
        note_read(f, insn->param, range);
    const frame *strip = strip_frame(f);
    int64_t lo = 0, hi = param->window;
    if (strip && strip->op == WEFT_OP_STRIP && param->dims) {
        const weft_insn *opener = &f->code->insns[strip->pc];
        lo = -(int64_t)weft_strip_base(opener);
        hi = f->code->extents[0] + param->window - weft_strip_base(opener) -
             weft_strip_length(opener);
    }
    return require_address(f, pc, &form, lo, hi, -1);
}

static const char *word_of(const weft_param *param)
{
    return param->kind == WEFT_PARAM_POOL ? "pool" : "table";
}

/* The order of writes and reads, for tables and pools. */
static weft_status check_row_order(flow *f, const weft_insn *insn, uint32_t pc, bool store)
{
    const weft_param *param = &f->code->params[insn->param];
    if (store) {
        if (in_parallel(f))
            FAIL(STORE, "%s '%s' is stored to inside loop, strip or each; use scatter",
                 word_of(param), param->name);
        set_bit(&f->now.fresh, insn->param);
        return WEFT_OK;
    }
    if (has_bit(&f->now.fresh, insn->param))
        FAIL(FENCE, "%s '%s' is read after it was written, without a fence", word_of(param),
             param->name);
    set_bit(&f->gathered, insn->param);
    return WEFT_OK;
}

/* Scalar loads and stores of tables and pools, scalar loads of uniforms. */
static weft_status row_access(flow *f, const weft_insn *insn, uint32_t pc, bool store)
{
    const weft_param *param = &f->code->params[insn->param];
    weft_affine form;
    if (!(insn->scalar & WEFT_SCALAR_D))
        FAIL(COVER,
             "'%s' is no array over the index space: its rows are loaded into scalars, or "
             "gathered",
             param->name);
    WEFT_TRY(address_of(f, insn, pc, &form));
    if (weft_kind_is_table(param->kind))
        WEFT_TRY(check_row_order(f, insn, pc, store));
    if (weft_kind_has_count(param->kind))
        return require_address(f, pc, &form, 0, (int64_t)param->count - 1, -1);
    return require_address(f, pc, &form, 0, INT64_MAX, insn->param);
}

/* The value of a scalar load as an affine symbol, where it is one: i64 uniforms. */
static void uniform_values(const flow *f, const weft_insn *insn, unsigned width,
                           weft_affine values[WEFT_MAX_SEGMENT])
{
    const weft_param *param = &f->code->params[insn->param];
    if (param->kind != WEFT_PARAM_UNIFORM || param->type != WEFT_I64 ||
        (insn->scalar & WEFT_ADDRESS_REG))
        return;
    for (unsigned i = 0; i < width; i++) {
        uint32_t element = (uint32_t)insn->off * param->segment + insn->k + i;
        values[i] = weft_affine_symbol(
            weft_symbol(WEFT_SYMBOL_UNIFORM, (uint32_t)insn->param << 16 | element));
    }
}

static weft_status memory_insn(flow *f, const weft_insn *insn, uint32_t pc)
{
    unsigned form = weft_op_row_of(insn->op)->form;
    bool store = form == WEFT_FORM_STORE || form == WEFT_FORM_STORESEG;
    bool segment = form == WEFT_FORM_LOADSEG || form == WEFT_FORM_STORESEG;
    const weft_param *param = &f->code->params[insn->param];
    weft_affine values[WEFT_MAX_SEGMENT];
    memset(values, 0, sizeof values);
    WEFT_TRY(for_registers(f, insn, pc, false, NULL));
    if (weft_kind_is_mapped(param->kind))
        WEFT_TRY(mapped_access(f, insn, pc, store));
    else
        WEFT_TRY(row_access(f, insn, pc, store));
    uniform_values(f, insn, segment ? param->segment : 1, values);
    return for_registers(f, insn, pc, true, values);
}

static weft_status gather_insn(flow *f, const weft_insn *insn, uint32_t pc)
{
    WEFT_TRY(for_registers(f, insn, pc, false, NULL));
    WEFT_TRY(check_row_order(f, insn, pc, false));
    return for_registers(f, insn, pc, true, NULL);
}

static weft_status scatter_insn(flow *f, const weft_insn *insn, uint32_t pc)
{
    const weft_param *param = &f->code->params[insn->param];
    WEFT_TRY(for_registers(f, insn, pc, false, NULL));
    const frame *inner = innermost(f);
    if (strip_frame(f) && (!is_strip(inner->op) || (insn->scalar & WEFT_SCALAR_A)))
        FAIL(FENCE,
             "a scatter to '%s' inside a strip loop stands directly in that loop and takes a "
             "strip of indices",
             param->name);
    if (in_parallel(f)) {
        uint16_t component = (uint16_t)(1u << insn->k);
        if (f->scattered[insn->param] & component)
            FAIL(FENCE, "component %u of %s '%s' is scattered to a second time in the same loop",
                 insn->k, word_of(param), param->name);
        if (has_bit(&f->gathered, insn->param))
            FAIL(FENCE, "%s '%s' is read and scattered to in the same loop", word_of(param),
                 param->name);
        f->scattered[insn->param] |= component;
    }
    set_bit(&f->now.fresh, insn->param);
    return WEFT_OK;
}

/* A function that is not pure sees its elements in their order, which must not depend on how long
 * strips are. In a strip block, which is one strip, it cannot. */
static weft_status apply_insn(flow *f, const weft_insn *insn, uint32_t pc)
{
    const weft_param *param = &f->code->params[insn->param];
    WEFT_TRY(for_registers(f, insn, pc, false, NULL));
    const frame *strip = strip_frame(f);
    if (!weft_param_is_pure(param) && strip && strip->op == WEFT_OP_LOOP) {
        if (innermost(f) != strip)
            FAIL(APPLY, "function '%s' is not pure: it is applied directly in the loop",
                 param->name);
        if (has_bit(&f->applied, insn->param))
            FAIL(APPLY, "function '%s' is not pure, and applied a second time in the same loop",
                 param->name);
        set_bit(&f->applied, insn->param);
    }
    return for_registers(f, insn, pc, true, NULL);
}

/* --- other instructions ----------------------------------------------------------------------- */

static weft_status reduce_insn(flow *f, const weft_insn *insn, uint32_t pc)
{
    WEFT_TRY(for_registers(f, insn, pc, false, NULL));
    const frame *inner = innermost(f);
    unsigned depth = insn->k;
    if (!inner || !is_strip(inner->op))
        FAIL(REDUCTION, "a reduction stands directly in loop or strip");
    if (depth < 1 || depth > f->n_frames || (depth > 1 && inner->op == WEFT_OP_STRIP))
        FAIL(REDUCTION, "a reduction over %u loops, where %u are open", depth, f->n_frames);
    for (unsigned i = f->n_frames - depth; i < f->n_frames; i++) {
        const frame *loop = &f->frames[i];
        if (i + 1 < f->n_frames && loop->op != WEFT_OP_EACH)
            FAIL(REDUCTION, "a reduction runs over loop and the each loops around it only");
        if (loop->calls != f->calls)
            FAIL(REDUCTION, "a reduction and its loops belong to the same function");
        if (loop->labels)
            FAIL(REDUCTION, "a reduction stands under a branch");
    }
    unsigned s = insn->d;
    if (f->locked >> s & 1)
        FAIL(LOCKED, "s%u is already the result of a reduction under way, or a counter", s);
    if (f->frames[f->n_frames - depth].written >> s & 1)
        FAIL(LOCKED, "s%u is also written elsewhere in the loop that its reduction runs over", s);
    f->locked |= UINT64_C(1) << s;
    f->result[s] = (uint8_t)weft_reduce_dtype(insn->op, (weft_dtype)insn->type);
    f->frames[f->n_frames - depth].accumulates |= UINT64_C(1) << s;
    forget_scalars(&f->now, UINT64_C(1) << s);
    return WEFT_OK;
}

static weft_status index_insn(flow *f, const weft_insn *insn, uint32_t pc)
{
    const frame *strip = strip_frame(f);
    bool scalar = (insn->scalar & WEFT_SCALAR_D) != 0;
    unsigned strip_dims = strip ? strip->dims : 0;
    unsigned dims = scalar ? open_dims(f, false) & ~strip_dims : strip_dims;
    if (!scalar && !strip)
        FAIL(STRIP, "v%u is used outside loop and strip", insn->d);
    if (!(dims >> insn->k & 1))
        FAIL(COVER, "no open %s runs over dimension %u", scalar ? "each or seq" : "loop or strip",
             insn->k);
    weft_affine value = weft_affine_symbol(weft_symbol(WEFT_SYMBOL_INDEX, insn->k));
    return for_registers(f, insn, pc, true, insn->type == WEFT_I64 ? &value : NULL);
}

/* The affine form of a scalar i64 result; unknown for operations that have none. */
static weft_affine affine_result(const flow *f, const weft_insn *insn)
{
    const weft_affine *a = &f->now.affine[insn->a % WEFT_MAX_SCALARS];
    const weft_affine *b = &f->now.affine[insn->b % WEFT_MAX_SCALARS];
    const weft_affine *c = &f->now.affine[insn->c % WEFT_MAX_SCALARS];
    weft_affine zero = weft_affine_constant(0), product;
    switch (insn->op) {
    case WEFT_OP_IMM:
        return weft_affine_constant((int64_t)insn->imm);
    case WEFT_OP_MOV:
        return *a;
    case WEFT_OP_ADD:
        return weft_affine_add(a, b, 1);
    case WEFT_OP_SUB:
        return weft_affine_add(a, b, -1);
    case WEFT_OP_NEG:
        return weft_affine_add(&zero, a, -1);
    case WEFT_OP_MUL:
        return weft_affine_mul(a, b);
    case WEFT_OP_MAD:
        product = weft_affine_mul(a, b);
        return weft_affine_add(&product, c, 1);
    case WEFT_OP_EXTENT:
        return weft_affine_symbol(weft_symbol(WEFT_SYMBOL_EXTENT, insn->k));
    case WEFT_OP_LENGTH:
        if (f->code->params[insn->param].kind == WEFT_PARAM_POOL)
            return weft_affine_constant(f->code->params[insn->param].count);
        return weft_affine_symbol(
            weft_symbol(WEFT_SYMBOL_LENGTH, (uint32_t)insn->param << 16 | insn->k));
    default:
        return zero.known = false, zero;
    }
}

static weft_status plain_insn(flow *f, const weft_insn *insn, uint32_t pc)
{
    weft_affine value = affine_result(f, insn);
    WEFT_TRY(for_registers(f, insn, pc, false, NULL));
    return for_registers(f, insn, pc, true, insn->type == WEFT_I64 ? &value : NULL);
}

/* --- blocks ----------------------------------------------------------------------------------- */

static weft_status dims_of_block(flow *f, const weft_insn *insn, uint32_t pc, unsigned *dims)
{
    *dims = 0;
    if (insn->op == WEFT_OP_FOR)
        return WEFT_OK;
    if (insn->op == WEFT_OP_STRIP) {
        uint64_t length = weft_strip_length(insn), base = weft_strip_base(insn);
        if (!f->code->fixed || f->code->rank != 1)
            FAIL(DIMENSIONS, "strip needs an index space of rank 1 with a fixed extent");
        if (length < 1 || length > WEFT_MAX_STRIP_BLOCK ||
            base + length > (uint64_t)f->code->extents[0])
            FAIL(DIMENSIONS,
                 "strip of %llu elements at %llu: 1 to %d are possible, within the "
                 "index space",
                 (unsigned long long)length, (unsigned long long)base, WEFT_MAX_STRIP_BLOCK);
        *dims = 1;
    } else if (insn->op == WEFT_OP_LOOP) {
        if (insn->a > insn->b || insn->b >= f->code->rank)
            FAIL(DIMENSIONS, "loop over dimensions %u to %u of an index space of rank %u", insn->a,
                 insn->b, f->code->rank);
        for (unsigned d = insn->a; d <= insn->b; d++)
            *dims |= 1u << d;
    } else {
        *dims = 1u << insn->k;
    }
    if (is_parallel(insn->op) && strip_frame(f))
        FAIL(DIMENSIONS, "%s inside loop or strip", weft_op_row_of(insn->op)->mnemonic);
    if (*dims & open_dims(f, false))
        FAIL(DIMENSIONS, "a dimension of this %s is already run over by an open block",
             weft_op_row_of(insn->op)->mnemonic);
    return WEFT_OK;
}

static weft_status open_block(flow *f, const weft_insn *insn, uint32_t pc)
{
    unsigned dims;
    WEFT_TRY(dims_of_block(f, insn, pc, &dims));
    if (f->n_frames == WEFT_MAX_NEST)
        FAIL(NESTING, "more than %d blocks are open at once", WEFT_MAX_NEST);
    weft_bound *bound;
    WEFT_TRY(
        add_bound(f, pc, insn->op == WEFT_OP_FOR ? WEFT_BOUND_TRIPS : WEFT_BOUND_DIMS, &bound));
    bound->dims = (uint8_t)dims;
    if (insn->op == WEFT_OP_FOR) {
        bound->form = weft_affine_constant((int64_t)insn->imm);
        if (insn->scalar & WEFT_SCALAR_A) {
            WEFT_TRY(read_scalar(f, pc, insn->a, WEFT_I64));
            bound->form = f->now.affine[insn->a];
        }
        if (!bound->form.known || (!(insn->scalar & WEFT_SCALAR_A) && bound->form.constant < 0))
            FAIL(TRIPS, "the count of this for is not a constant of at least 0, nor a register "
                        "that is affine");
    }
    if (is_parallel(insn->op) && !in_parallel(f)) {
        memset(&f->read_at_offset, 0, sizeof f->read_at_offset);
        memset(&f->stored_to, 0, sizeof f->stored_to);
        memset(&f->gathered, 0, sizeof f->gathered);
        memset(&f->applied, 0, sizeof f->applied);
        memset(f->scattered, 0, sizeof f->scattered);
    }
    frame *opened = &f->frames[f->n_frames++];
    memset(opened, 0, sizeof *opened);
    opened->pc = pc;
    opened->op = (uint8_t)insn->op;
    opened->dims = (uint8_t)dims;
    opened->calls = (uint8_t)f->calls;
    opened->bound = (int32_t)f->facts->bounds.count - 1;
    return WEFT_OK;
}

/* loop, strip, each: every iteration starts from the same state, and only what it stores and
 * reduces is left. */
static weft_status parallel_block(flow *f, uint32_t pc, uint32_t end)
{
    uint64_t writes = weft_verify_writes(f->code, f->blocks, pc + 1, end);
    f->steps += end - pc;
    if (is_strip(f->code->insns[pc].op))
        forget_strips(&f->now);
    uint64_t kept = writes & f->locked; /* counters and results of blocks around: not ours */
    forget_scalars(&f->now, writes & ~kept);
    WEFT_TRY(walk(f, pc + 1, end));
    if (is_strip(f->code->insns[pc].op))
        forget_strips(&f->now);
    forget_scalars(&f->now, writes & ~f->locked);
    return WEFT_OK;
}

/* for, seq: registers are carried over, so the body is walked until the state at its head is
 * stable, and at least twice, so that reads see the stores of the iteration before. */
static weft_status carried_block(flow *f, const weft_insn *insn, uint32_t pc, uint32_t end)
{
    size_t mark = f->facts->bounds.count;
    uint64_t counter = insn->op == WEFT_OP_FOR ? UINT64_C(1) << insn->d : 0;
    state *head = weft_mem_alloc(f->allocator, sizeof *head);
    if (!head)
        return weft_fail_memory(f->error);
    weft_status status = WEFT_OK;
    bool stable = false;
    if (counter & f->locked)
        status = weft_verify_fail(f->error, WEFT_RULE_LOCKED, pc,
                                  "s%u is already the counter of an open for, or the result of a "
                                  "reduction under way",
                                  insn->d);
    forget_scalars(&f->now, counter);
    note_written(f, counter);
    f->locked |= counter;
    *head = f->now;
    for (unsigned round = 0; !status && (!stable || round < 2); round++) {
        f->facts->bounds.count = mark;
        f->now = *head;
        if (counter) {
            uint32_t which = (uint32_t)f->frames[f->n_frames - 1].bound;
            f->now.scalar[insn->d] = WEFT_I64;
            f->now.affine[insn->d] = weft_affine_symbol(weft_symbol(WEFT_SYMBOL_COUNTER, which));
        }
        status = walk(f, pc + 1, end);
        if (!status)
            stable = !meet(head, &f->now);
    }
    if (!status) {
        uint16_t stored[WEFT_MAX_PARAMS];
        memcpy(stored, f->now.stored, sizeof stored);
        f->now = *head; /* the body may not have run at all ... */
        for (uint32_t i = 0; insn->op == WEFT_OP_SEQ && i < f->code->n_params; i++)
            if (f->code->params[i].dims >> insn->k & 1)
                f->now.stored[i] |= stored[i]; /* ... but then these arrays have no elements */
        forget_scalars(&f->now, counter);
        f->locked &= ~counter;
    }
    weft_mem_free(f->allocator, head, sizeof *head);
    return status;
}

/* Results of the reductions that end with the innermost block. */
static void finish_reductions(flow *f)
{
    uint64_t done = f->frames[f->n_frames - 1].accumulates;
    for (unsigned s = 0; s < WEFT_MAX_SCALARS; s++)
        if (done >> s & 1)
            f->now.scalar[s] = f->result[s];
    note_written(f, done);
    f->locked &= ~done;
}

static weft_status block(flow *f, uint32_t pc)
{
    const weft_insn *insn = &f->code->insns[pc];
    uint32_t end = f->blocks->match[pc];
    WEFT_TRY(open_block(f, insn, pc));
    if (is_parallel(insn->op))
        WEFT_TRY(parallel_block(f, pc, end));
    else
        WEFT_TRY(carried_block(f, insn, pc, end));
    finish_reductions(f);
    f->n_frames--;
    return WEFT_OK;
}

static weft_status call(flow *f, uint32_t target)
{
    f->calls++;
    WEFT_TRY(walk(f, target + 1, f->blocks->match[target]));
    f->calls--;
    return WEFT_OK;
}

static weft_status fence(flow *f, uint32_t pc)
{
    if (in_parallel(f))
        FAIL(NESTING, "fence inside loop, strip or each");
    memset(&f->now.fresh, 0, sizeof f->now.fresh);
    return WEFT_OK;
}

/* --- the walk --------------------------------------------------------------------------------- */

static weft_status step(flow *f, uint32_t pc)
{
    const weft_insn *insn = &f->code->insns[pc];
    switch (weft_op_row_of(insn->op)->form) {
    case WEFT_FORM_LOAD:
    case WEFT_FORM_STORE:
    case WEFT_FORM_LOADSEG:
    case WEFT_FORM_STORESEG:
        return memory_insn(f, insn, pc);
    case WEFT_FORM_GATHER:
        return gather_insn(f, insn, pc);
    case WEFT_FORM_SCATTER:
        return scatter_insn(f, insn, pc);
    case WEFT_FORM_APPLY:
        return apply_insn(f, insn, pc);
    case WEFT_FORM_REDUCE:
    case WEFT_FORM_REDUCE2:
        return reduce_insn(f, insn, pc);
    case WEFT_FORM_INDEX:
        return index_insn(f, insn, pc);
    case WEFT_FORM_BRANCHIF:
        WEFT_TRY(for_registers(f, insn, pc, false, NULL));
        return branch_to(f, pc, (uint32_t)insn->off);
    case WEFT_FORM_BRANCH:
        if (insn->op == WEFT_OP_CALL)
            return call(f, (uint32_t)insn->off);
        WEFT_TRY(branch_to(f, pc, (uint32_t)insn->off));
        f->now.reachable = false;
        return WEFT_OK;
    case WEFT_FORM_NONE:
        if (insn->op == WEFT_OP_FENCE)
            return fence(f, pc);
        f->now.reachable = false; /* exit */
        return WEFT_OK;
    default:
        return plain_insn(f, insn, pc);
    }
}

/* Walks the instructions from pc up to the end, ret or exit at `end`, and arrives there. */
static weft_status walk(flow *f, uint32_t pc, uint32_t end)
{
    while (pc < end) {
        arrive(f, pc);
        f->steps += 1 + f->labels.count / 16 + f->code->n_params / 16; /* the cost of a step */
        if (f->steps > WEFT_MAX_VERIFY_STEPS)
            FAIL(COMPLEXITY, "the program is too complex to verify");
        if (!f->now.reachable)
            FAIL(REACH, "this instruction can never be reached");
        if (weft_op_opens_block(f->code->insns[pc].op)) {
            WEFT_TRY(block(f, pc));
            pc = f->blocks->match[pc] + 1;
        } else {
            WEFT_TRY(step(f, pc));
            pc++;
        }
    }
    arrive(f, end);
    return WEFT_OK;
}

/* A function that nothing calls would be code that the walk never looked at. */
static weft_status check_called(flow *f)
{
    for (uint32_t pc = f->blocks->main_end; pc < f->code->n_insns; pc = f->blocks->match[pc] + 1)
        if (!(f->blocks->block[pc] & WEFT_BLOCK_CALLED))
            FAIL(REACH, "this function is never called");
    return WEFT_OK;
}

weft_status weft_verify_flow(const weft_allocator *allocator, const weft_code *code,
                             const weft_blocks *blocks, weft_facts *facts, weft_error *error)
{
    flow *f = weft_mem_zeroed(allocator, 1, sizeof *f);
    if (!f)
        return weft_fail_memory(error);
    f->allocator = allocator;
    f->code = code;
    f->blocks = blocks;
    f->facts = facts;
    f->error = error;
    f->labels.element = sizeof(label);
    f->now.reachable = true;
    weft_status status = walk(f, 0, blocks->main_end);
    if (!status)
        status = check_called(f);
    weft_vector_free(allocator, &f->labels);
    weft_mem_free(allocator, f, sizeof *f);
    return status;
}
