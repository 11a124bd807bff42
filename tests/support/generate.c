/* tests/support/generate.c: programs made from bytes along the instruction tables, most of them
 * such that the verifier accepts them (tests/support/generate.h): parameters, nested blocks, typed
 * registers, loads, stores, gathers, reductions, branches, functions. The generator keeps its own
 * idea of what is written with which type, always less than what the verifier knows, so that what
 * it reads may be read. */
#include "tests/support/generate.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isa/isa.h"
#include "tests/support/functions.h"

enum {
    STRIPS = 12,         /* v0 to v11 are the main code's, the rest the functions' */
    ALL_STRIPS = 16,     /* as many are used */
    PREDICATES = 6,      /* p0 to p5 */
    SCALARS = 20,        /* s0 to s19 are the main code's, the next ones the functions' */
    ALL_SCALARS = 28,    /* as many are used */
    SPARED = 12,         /* s0 to s11 are often left alone in loops */
    FRAMES = 5,          /* blocks open at once */
    PARAMS = 9,          /* at most */
    STRIP_FUNCTIONS = 2, /* called inside loops: they work on strips alone */
    FUNCTIONS = 3,       /* the last one is called outside of all blocks and has its own */
    INSNS = 160,         /* about */
    TEXT = 1 << 16
};

#define MAIN_SCALARS     ((UINT64_C(1) << SCALARS) - 1)
#define FUNCTION_SCALARS ((UINT64_C(1) << ALL_SCALARS) - 1 - MAIN_SCALARS)

typedef struct state { /* what may be read */
    uint8_t strip[ALL_STRIPS];
    bool predicate[PREDICATES];
    uint8_t scalar[ALL_SCALARS];
    int64_t most[ALL_SCALARS]; /* affine i64 scalars: highest value, else -1 */
    unsigned stored;           /* by parameter: out and scratch arrays that may be read */
    unsigned fresh;            /* tables written since the last fence */
} state;

typedef struct block {
    unsigned op, dims;
    unsigned labels; /* branches that have not arrived */
    uint64_t accumulates, written;
    uint32_t base, length; /* of a strip block */
} block;

typedef struct function {
    char *text;
    size_t length;
    uint8_t input;             /* v0 must have this type, 0: nothing is read */
    uint8_t strip[ALL_STRIPS]; /* what it leaves in v12 and on */
    unsigned fresh;            /* tables it writes */
    bool called, called_by_last;
} function;

typedef struct generator {
    const uint8_t *data;
    size_t size, at;
    char *text;
    size_t length;
    bool chaos, in_function;
    unsigned n_insns, n_labels;
    unsigned rank;
    bool fixed;
    int64_t extents[WEFT_MAX_RANK];
    weft_param params[PARAMS];
    unsigned n_params;
    uint8_t liked[3]; /* types that are chosen often */
    state now;
    block blocks[FRAMES];
    unsigned n_blocks;
    uint64_t allowed; /* scalars that may be written */
    uint64_t locked;
    uint64_t frozen;                       /* affine where a for or seq began */
    uint8_t pin[ALL_SCALARS];              /* the type that it must keep, or 0 */
    uint8_t strip_pin[ALL_STRIPS];         /* the same */
    uint8_t result[ALL_SCALARS];           /* of reductions under way */
    unsigned first_strip, last_strip;      /* strips that may be written, last excluded */
    unsigned read_at_offset, table_writes; /* by parameter: what this outermost block does */
    uint16_t scattered[PARAMS];
    unsigned applied;     /* by parameter: functions that are not pure */
    bool strip_function;  /* inside a loop of the caller's */
    bool reduces;         /* many reductions */
    unsigned recent;      /* the strip or predicate written last */
    unsigned policy;      /* about transcendental operations */
    bool transcendental;  /* the program has some whose results it may read */
    unsigned approximate; /* by parameter: what else they go to, and nothing reads */
    function functions[FUNCTIONS];
} generator;

/* What becomes of transcendental operations. Their last bits differ between levels, so programs
 * without them, or whose results are only stored, can be compared over all levels. */
enum { NO_TRANSCENDENTALS, SOME_TRANSCENDENTALS, STORED_TRANSCENDENTALS };

static void statements(generator *g);
static bool can_load(const generator *g, unsigned i);

/* --- bytes to choices ------------------------------------------------------------------------- */

static unsigned take(generator *g)
{
    return g->at < g->size ? g->data[g->at++] : 0;
}

static uint32_t take_wide(generator *g)
{
    uint32_t value = 0;
    for (int i = 0; i < 3; i++)
        value = value << 8 | take(g);
    return value;
}

static unsigned choose(generator *g, unsigned n)
{
    return take(g) % n;
}

static bool chance(generator *g, unsigned n)
{
    return take(g) % n == n - 1;
}

static void put(generator *g, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(generator *g, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(g->text + g->length, TEXT - g->length, format, arguments);
    va_end(arguments);
    if (n > 0)
        g->length += (size_t)n < TEXT - g->length ? (size_t)n : TEXT - 1 - g->length;
}

static void reg(generator *g, char file, unsigned number)
{
    if (g->chaos && chance(g, 32))
        number = choose(g, file == 'p' ? 16 : file == 'v' ? 256 : 64);
    put(g, "%c%u", file, number);
}

static void end_line(generator *g)
{
    put(g, "\n");
    g->n_insns++;
    if (g->chaos && chance(g, 64)) {
        static const char *const stray[] = {"end", "fence", "exit", "ret", "func", "loop", "seq 0"};
        put(g, "%s\n", stray[choose(g, 7)]);
    }
}

static const char *name_of(unsigned type)
{
    return weft_dtype_name((weft_dtype)type);
}

/* --- what is open ----------------------------------------------------------------------------- */

static bool opens_strip(unsigned op)
{
    return op == WEFT_OP_LOOP || op == WEFT_OP_STRIP;
}

static bool runs_parallel(unsigned op)
{
    return opens_strip(op) || op == WEFT_OP_EACH;
}

static const block *strip_block(const generator *g)
{
    for (unsigned i = 0; i < g->n_blocks; i++)
        if (opens_strip(g->blocks[i].op))
            return &g->blocks[i];
    return NULL;
}

static bool in_strip(const generator *g)
{
    return g->strip_function || strip_block(g);
}

static unsigned dims_open(const generator *g, bool parallel_only)
{
    unsigned dims = 0;
    for (unsigned i = 0; i < g->n_blocks; i++)
        if (!parallel_only || runs_parallel(g->blocks[i].op))
            dims |= g->blocks[i].dims;
    return dims;
}

static bool is_open(const generator *g, bool parallel)
{
    for (unsigned i = 0; i < g->n_blocks; i++)
        if (runs_parallel(g->blocks[i].op) == parallel)
            return true;
    return false;
}

/* --- registers -------------------------------------------------------------------------------- */

static unsigned any_type(generator *g, uint32_t mask)
{
    unsigned type = g->liked[choose(g, 3)];
    if (weft_type_in(mask, type) && !chance(g, 5))
        return type;
    type = 1 + choose(g, WEFT_TYPE_COUNT - 1);
    while (!weft_type_in(mask, type))
        type = type % (WEFT_TYPE_COUNT - 1) + 1;
    return type;
}

/* A scalar that may be written with the type, or -1. */
static int scalar_target(generator *g, unsigned type)
{
    unsigned start = choose(g, ALL_SCALARS);
    for (unsigned i = 0; i < ALL_SCALARS; i++) {
        unsigned s = (start + i) % ALL_SCALARS;
        uint64_t bit = UINT64_C(1) << s;
        if ((g->allowed & bit) && !(g->locked & bit) && !(g->frozen & bit) &&
            (!g->pin[s] || g->pin[s] == type))
            return (int)s;
    }
    return -1;
}

static void wrote_scalar(generator *g, unsigned s, unsigned type, int64_t most)
{
    for (unsigned i = 0; i < g->n_blocks; i++)
        g->blocks[i].written |= UINT64_C(1) << s;
    g->now.scalar[s] = (uint8_t)type;
    g->now.most[s] = type == WEFT_I64 ? most : -1;
}

/* `width` strips or predicates in a row that may be written with the type, or -1. */
static int strip_target(generator *g, unsigned type, unsigned width)
{
    if (type == WEFT_BOOL)
        return width <= PREDICATES ? (int)choose(g, PREDICATES + 1 - width) : -1;
    unsigned count = g->last_strip - g->first_strip;
    if (width > count)
        return -1;
    unsigned start = choose(g, count + 1 - width);
    for (unsigned i = 0; i + width <= count; i++) {
        unsigned first = g->first_strip + (start + i) % (count + 1 - width);
        bool good = true;
        for (unsigned j = first; j < first + width; j++)
            good = good && (!g->strip_pin[j] || g->strip_pin[j] == type);
        if (good)
            return (int)first;
    }
    return -1;
}

static void wrote_strip(generator *g, unsigned r, unsigned type)
{
    g->recent = r;
    if (type == WEFT_BOOL)
        g->now.predicate[r] = true;
    else
        g->now.strip[r] = (uint8_t)type;
}

static char file_of(unsigned type)
{
    return type == WEFT_BOOL ? 'p' : 'v';
}

static int find_scalar(generator *g, unsigned type)
{
    unsigned start = choose(g, ALL_SCALARS);
    for (unsigned i = 0; i < ALL_SCALARS; i++)
        if (g->now.scalar[(start + i) % ALL_SCALARS] == type)
            return (int)((start + i) % ALL_SCALARS);
    return -1;
}

static bool holds(const generator *g, unsigned r, unsigned type)
{
    if (type == WEFT_BOOL)
        return r < PREDICATES && g->now.predicate[r];
    return r < ALL_STRIPS && g->now.strip[r] == type;
}

static int find_strip(generator *g, unsigned type)
{
    unsigned count = type == WEFT_BOOL ? PREDICATES : ALL_STRIPS, start = choose(g, count);
    if (chance(g, 2))
        start = g->recent % count;
    for (unsigned i = 0; i < count; i++)
        if (holds(g, (start + i) % count, type))
            return (int)((start + i) % count);
    return -1;
}

/* A scalar constant in a register of its own, or -1. */
static int constant(generator *g, unsigned type)
{
    int s = scalar_target(g, type);
    if (s < 0)
        return -1;
    uint64_t value = choose(g, 4);
    if (type != WEFT_BOOL && chance(g, 3)) {
        unsigned bytes = (unsigned)weft_dtype_size((weft_dtype)type);
        for (unsigned i = 0; i < bytes; i++)
            value = value << 8 | take(g);
        value &= UINT64_MAX >> (64 - 8 * bytes);
        put(g, "imm.%s s%d, bits(0x%llx)", name_of(type), s, (unsigned long long)value);
        wrote_scalar(g, (unsigned)s, type, -1);
    } else {
        value = type == WEFT_BOOL ? value & 1 : value;
        put(g, "imm.%s s%d, %llu", name_of(type), s, (unsigned long long)value);
        wrote_scalar(g, (unsigned)s, type, (int64_t)value);
    }
    end_line(g);
    return s;
}

static int some_scalar(generator *g, unsigned type)
{
    int s = chance(g, 6) ? -1 : find_scalar(g, type);
    return s >= 0 ? s : constant(g, type);
}

/* A strip of what some array of that type holds, or -1. */
static int loaded_strip(generator *g, unsigned type)
{
    const block *strip = strip_block(g);
    const unsigned start = choose(g, g->n_params);
    for (unsigned j = 0; strip && j < g->n_params; j++) {
        const unsigned i = (start + j) % g->n_params;
        const weft_param *p = &g->params[i];
        if (p->type != type || !weft_kind_is_mapped(p->kind) || !(p->dims & strip->dims) ||
            !can_load(g, i))
            continue;
        const int r = strip_target(g, type, 1);
        if (r < 0)
            return -1;
        put(g, "ld.%s %c%d, [%s.%u]", name_of(type), file_of(type), r, p->name,
            choose(g, p->segment));
        end_line(g);
        wrote_strip(g, (unsigned)r, type);
        return r;
    }
    return -1;
}

static int some_strip(generator *g, unsigned type)
{
    int r = find_strip(g, type);
    if (r >= 0 && !chance(g, 8))
        return r;
    r = chance(g, 4) ? -1 : loaded_strip(g, type);
    if (r >= 0)
        return r;
    int s = some_scalar(g, type);
    r = s < 0 ? -1 : strip_target(g, type, 1);
    if (r < 0)
        return -1;
    put(g, "bcast.%s ", name_of(type));
    reg(g, file_of(type), (unsigned)r);
    put(g, ", s%d", s);
    end_line(g);
    wrote_strip(g, (unsigned)r, type);
    return r;
}

/* An affine scalar whose value is at most `most`; -1 where there is none. */
static int some_address(generator *g, int64_t most)
{
    unsigned start = choose(g, ALL_SCALARS);
    for (unsigned i = 0; i < ALL_SCALARS; i++) {
        unsigned s = (start + i) % ALL_SCALARS;
        if (g->now.scalar[s] == WEFT_I64 && g->now.most[s] >= 0 && g->now.most[s] <= most)
            return (int)s;
    }
    return -1;
}

/* --- element-wise operations ------------------------------------------------------------------ */

static bool is_elementwise(unsigned form)
{
    return form == WEFT_FORM_UNARY || form == WEFT_FORM_BINARY || form == WEFT_FORM_TERNARY ||
           form == WEFT_FORM_COMPARE || form == WEFT_FORM_CONVERT || form == WEFT_FORM_SELECT;
}

/* A type of the set that some register holds, often; inside strips most often a strip. */
static unsigned held_type(generator *g, uint32_t mask)
{
    const unsigned count = in_strip(g) && !chance(g, 6) ? ALL_STRIPS : ALL_STRIPS + ALL_SCALARS;
    unsigned start = take(g);
    for (unsigned i = 0; i < count; i++) {
        unsigned at = (start + i) % count;
        unsigned type = at < ALL_STRIPS ? g->now.strip[at] : g->now.scalar[at - ALL_STRIPS];
        if (type && weft_type_in(mask, type))
            return type;
    }
    return any_type(g, mask);
}

/* The sign of a NaN is unspecified, and copysign would make a number of it: see copy_sign. */
static bool may_be_chosen(const generator *g, unsigned op)
{
    return is_elementwise(weft_op_row_of(op)->form) && op != WEFT_OP_COPYSIGN &&
           (!weft_op_is_transcendental(op) || g->policy == SOME_TRANSCENDENTALS);
}

/* An operation on elements of that type. */
static unsigned some_elementwise(generator *g, unsigned type)
{
    uint8_t ops[WEFT_OPCODE_COUNT];
    unsigned n = 0;
    for (unsigned op = 0; op < WEFT_OPCODE_COUNT; op++)
        if (may_be_chosen(g, op) &&
            (op == WEFT_OP_CVT || weft_type_in(weft_op_row_of(op)->type_mask, type)))
            ops[n++] = (uint8_t)op;
    return ops[choose(g, n)];
}

static void elementwise(generator *g)
{
    const unsigned held = held_type(g, WEFT_MASK_ALL), op = some_elementwise(g, held);
    const weft_op_row *row = weft_op_row_of(op);
    const weft_slot *slots = weft_form_slots(row->form);
    weft_insn insn;
    memset(&insn, 0, sizeof insn);
    insn.op = (uint16_t)op;
    insn.type2 = (uint8_t)(row->form == WEFT_FORM_CONVERT ? held : 0);
    insn.type = (uint8_t)(insn.type2 ? any_type(g, row->type_mask) : held);
    bool scalar_result = !in_strip(g) || chance(g, 8);
    bool any_strip = false;
    int chosen[WEFT_MAX_SLOTS];
    unsigned n = 1;
    for (; slots[n].kind != WEFT_SLOT_END; n++) {
        bool last = slots[n + 1].kind == WEFT_SLOT_END;
        unsigned type = weft_slot_dtype(&insn, &slots[n]);
        bool scalar = scalar_result || (!(last && !any_strip) && chance(g, 4));
        chosen[n] = scalar ? some_scalar(g, type) : some_strip(g, type);
        if (chosen[n] < 0)
            return;
        if (scalar)
            insn.scalar |= (uint8_t)weft_scalar_bit(slots[n].field);
        any_strip = any_strip || !scalar;
    }
    for (unsigned i = 1; i < n; i++) { /* a later choice may have taken an earlier register */
        unsigned type = weft_slot_dtype(&insn, &slots[i]), r = (unsigned)chosen[i];
        bool scalar = weft_slot_is_scalar(&insn, &slots[i]);
        if (scalar ? g->now.scalar[r] != type : type != WEFT_BOOL && g->now.strip[r] != type)
            return;
    }
    unsigned type = weft_slot_dtype(&insn, &slots[0]);
    int target = scalar_result ? scalar_target(g, type) : strip_target(g, type, 1);
    if (target < 0)
        return;
    put(g, "%s.%s%s%s ", row->mnemonic, name_of(insn.type), insn.type2 ? "." : "",
        insn.type2 ? name_of(insn.type2) : "");
    reg(g, scalar_result ? 's' : file_of(type), (unsigned)target);
    for (unsigned i = 1; i < n; i++) {
        put(g, ", ");
        reg(g,
            weft_slot_is_scalar(&insn, &slots[i]) ? 's'
                                                  : file_of(weft_slot_dtype(&insn, &slots[i])),
            (unsigned)chosen[i]);
    }
    end_line(g);
    g->transcendental = g->transcendental || weft_op_is_transcendental(op);
    if (scalar_result)
        wrote_scalar(g, (unsigned)target, type, -1);
    else
        wrote_strip(g, (unsigned)target, type);
}

/* copysign of strips, with a second operand that is no NaN. */
static void copy_sign(generator *g)
{
    if (!in_strip(g))
        return;
    unsigned type = held_type(g, weft_op_row_of(WEFT_OP_COPYSIGN)->type_mask);
    int a = some_strip(g, type), b = some_strip(g, type), low = scalar_target(g, type);
    int number = strip_target(g, type, 1), target = strip_target(g, type, 1);
    if (a < 0 || b < 0 || low < 0 || number < 0 || g->now.strip[a] != type)
        return;
    const char *name = name_of(type);
    put(g, "imm.%s s%d, -inf\n", name, low);
    put(g, "fmax.%s v%d, v%d, s%d\n", name, number, b, low);
    put(g, "copysign.%s v%d, v%d, v%d", name, target, a, number);
    end_line(g);
    wrote_scalar(g, (unsigned)low, type, -1);
    wrote_strip(g, (unsigned)number, type);
    wrote_strip(g, (unsigned)target, type);
}

/* --- fused operations ------------------------------------------------------------------------- */

static void range_of(generator *g, char file, unsigned first, unsigned width)
{
    reg(g, file, first);
    if (width > 1)
        put(g, "..%c%u", file, first + width - 1);
}

/* The first of `width` strips or scalars in a row that hold the type; -1: there was none, and too
 * few could be made. What is missing in the row chosen is filled in from one scalar. */
static int run_of(generator *g, unsigned type, unsigned width, bool scalars)
{
    const unsigned count = scalars ? ALL_SCALARS : ALL_STRIPS;
    const uint8_t *held = scalars ? g->now.scalar : g->now.strip;
    unsigned first = choose(g, count + 1 - width), start = first, have = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned r = (start + i) % count;
        have = held[r] == type && r ? have + 1 : held[r] == type;
        if (have == width)
            return (int)(r + 1 - width);
    }
    int s = scalars ? -1 : some_scalar(g, type);
    if (!scalars) {
        int target = strip_target(g, type, width);
        if (s < 0 || target < 0)
            return -1;
        first = (unsigned)target;
    }
    for (unsigned r = first; r < first + width; r++) {
        const uint64_t bit = UINT64_C(1) << r;
        if (held[r] == type)
            continue;
        if (scalars && (!(g->allowed & bit) || (g->locked & bit) || (g->frozen & bit) ||
                        (g->pin[r] && g->pin[r] != type)))
            return -1;
        if (scalars)
            put(g, "imm.%s s%u, 0.%u", name_of(type), r, choose(g, 10));
        else
            put(g, "bcast.%s v%u, s%d", name_of(type), r, s);
        end_line(g);
        if (scalars)
            wrote_scalar(g, r, type, -1);
        else
            wrote_strip(g, r, type);
    }
    return (int)first;
}

static void fused(generator *g)
{
    weft_insn insn;
    memset(&insn, 0, sizeof insn);
    insn.op = (uint16_t)(WEFT_FUSED_FIRST + choose(g, WEFT_FUSED_COUNT));
    const weft_op_row *row = weft_op_row_of(insn.op);
    insn.k = (uint8_t)(row->terms ? 1 + choose(g, chance(g, 4) ? row->terms : 4) : 0);
    unsigned type = held_type(g, row->type_mask), width = weft_run_width(&insn, 'd');
    unsigned a_width = weft_run_width(&insn, 'a'), b_width = weft_run_width(&insn, 'b');
    if (!in_strip(g)) { /* scalars for a fused operation in a loop to come */
        for (unsigned s = 0; s < SPARED && g->now.scalar[s] != type && !g->n_blocks; s++)
            if (g->allowed >> s & 1 && !(g->locked >> s & 1)) {
                put(g, "imm.%s s%u, 1.%u", name_of(type), s, s);
                end_line(g);
                wrote_scalar(g, s, type, -1);
            }
        return;
    }
    int b = run_of(g, type, b_width, true), a = b < 0 ? -1 : run_of(g, type, a_width, false);
    int d = a < 0 ? -1 : strip_target(g, type, width);
    if (d < 0)
        return;
    for (unsigned i = 0; i < b_width; i++) /* a scalar for a strip may have taken one */
        if (g->now.scalar[(unsigned)b + i] != type)
            return;
    put(g, "%s.%s ", row->mnemonic, name_of(type));
    range_of(g, 'v', (unsigned)d, width);
    put(g, ", ");
    range_of(g, 'v', (unsigned)a, a_width);
    put(g, ", ");
    range_of(g, 's', (unsigned)b, b_width);
    end_line(g);
    for (unsigned i = 0; i < width; i++)
        wrote_strip(g, (unsigned)d + i, type);
}

/* --- memory ----------------------------------------------------------------------------------- */

static int some_param(generator *g, bool (*fits)(const generator *, unsigned))
{
    unsigned start = choose(g, g->n_params);
    for (unsigned i = 0; i < g->n_params; i++)
        if (fits(g, (start + i) % g->n_params))
            return (int)((start + i) % g->n_params);
    return -1;
}

/* Tables that may be read: nothing was stored to them, and nothing will be in this block. */
static bool table_is_readable(const generator *g, unsigned i)
{
    unsigned kind = g->params[i].kind;
    bool closed = g->n_blocks && (g->table_writes >> i & 1);
    return weft_kind_is_table(kind) && kind != WEFT_PARAM_TABLE_OUT && !(g->now.fresh >> i & 1) &&
           !closed;
}

static bool table_is_writable(const generator *g, unsigned i)
{
    unsigned kind = g->params[i].kind;
    return weft_kind_is_table(kind) && weft_kind_is_written(kind) &&
           (!g->n_blocks || (g->table_writes >> i & 1));
}

static bool can_load(const generator *g, unsigned i)
{
    const weft_param *p = &g->params[i];
    const block *strip = strip_block(g);
    if (g->strip_function || (g->approximate >> i & 1))
        return false;
    if (p->kind == WEFT_PARAM_UNIFORM)
        return true;
    if (!weft_kind_is_mapped(p->kind))
        return table_is_readable(g, i);
    if (p->kind == WEFT_PARAM_OUT || p->kind == WEFT_PARAM_SCRATCH)
        if (!(g->now.stored >> i & 1) || (strip && strip->op == WEFT_OP_STRIP))
            return false;
    return !(p->dims & ~dims_open(g, false));
}

static bool can_store(const generator *g, unsigned i)
{
    const weft_param *p = &g->params[i];
    const block *strip = strip_block(g);
    bool strip_op = strip && strip->op == WEFT_OP_STRIP;
    if (g->strip_function || !weft_kind_is_written(p->kind))
        return false;
    if (!weft_kind_is_mapped(p->kind))
        return table_is_writable(g, i) && !is_open(g, true);
    if ((p->dims & ~dims_open(g, false)) || (dims_open(g, true) & ~(unsigned)p->dims))
        return false;
    if (strip_op)
        return p->kind != WEFT_PARAM_SCRATCH;
    return !is_open(g, true) || !(g->read_at_offset >> i & 1);
}

/* ` + offset`, ` - offset`, ` + register` behind a parameter's name, where that is possible. */
static void offset(generator *g, unsigned i, bool store)
{
    const weft_param *p = &g->params[i];
    const block *strip = strip_block(g);
    int64_t lo = 0, hi = p->window;
    bool counted = weft_kind_has_count(p->kind);
    if (counted)
        hi = (int64_t)p->count - 1;
    else if (weft_kind_is_table(p->kind))
        hi = 2;
    else if (strip && strip->op == WEFT_OP_STRIP && p->dims) {
        lo = -(int64_t)strip->base;
        hi = g->extents[0] + p->window - strip->base - strip->length;
    } else if (is_open(g, true) && (store || !(g->read_at_offset >> i & 1)))
        return;
    int64_t most = weft_kind_is_table(p->kind) && !counted ? INT64_MAX : hi;
    int s = chance(g, 3) ? some_address(g, most) : -1;
    if (s >= 0) {
        put(g, " + s%d", s);
        return;
    }
    int64_t at = lo + (int64_t)choose(g, hi - lo < 255 ? (unsigned)(hi - lo + 1) : 256);
    if (g->chaos && chance(g, 16))
        at = hi + 1;
    if (at)
        put(g, at < 0 ? " - %lld" : " + %lld", (long long)(at < 0 ? -at : at));
}

static void load(generator *g)
{
    int i = some_param(g, can_load);
    if (i < 0)
        return;
    const weft_param *p = &g->params[i];
    const block *strip = strip_block(g);
    bool mapped = weft_kind_is_mapped(p->kind);
    bool scalar = !mapped || !strip || (!(p->dims & strip->dims) && chance(g, 2));
    bool all = p->segment > 1 ? !chance(g, 3) : chance(g, 8);
    unsigned width = all ? p->segment : 1;
    int target = scalar ? scalar_target(g, p->type) : strip_target(g, p->type, width);
    if (target < 0 || (scalar && all && width > 1))
        return; /* groups of scalars: the assembler's tests have them */
    put(g, all ? "lds.%s " : "ld.%s ", name_of(p->type));
    range_of(g, scalar ? 's' : file_of(p->type), (unsigned)target, width);
    put(g, ", [%s", p->name);
    if (!all && p->segment > 1)
        put(g, ".%u", choose(g, p->segment));
    offset(g, (unsigned)i, false);
    put(g, "]");
    end_line(g);
    if (scalar)
        wrote_scalar(g, (unsigned)target, p->type, -1);
    for (unsigned r = 0; !scalar && r < width; r++)
        wrote_strip(g, (unsigned)target + r, p->type);
}

/* Where a strip may be stored whose type some strip has now. */
static bool can_store_held(const generator *g, unsigned i)
{
    bool held = false;
    for (unsigned r = 0; r < ALL_STRIPS; r++)
        held = held || holds(g, r, g->params[i].type);
    return held && strip_block(g) && can_store(g, i);
}

/* The register itself, or another one with its value as that type, or -1. */
static int converted(generator *g, unsigned from, unsigned r, unsigned to, bool scalar)
{
    if (from == to)
        return (int)r;
    const int target = scalar ? scalar_target(g, to) : strip_target(g, to, 1);
    if (target < 0)
        return -1;
    put(g, "cvt.%s.%s %c%d, %c%u", name_of(to), name_of(from), scalar ? 's' : file_of(to), target,
        scalar ? 's' : file_of(from), r);
    end_line(g);
    if (scalar)
        wrote_scalar(g, (unsigned)target, to, -1);
    else
        wrote_strip(g, (unsigned)target, to);
    return target;
}

static void stored(generator *g, unsigned i)
{
    if (weft_kind_is_mapped(g->params[i].kind))
        g->now.stored |= 1u << i;
    else
        g->now.fresh |= 1u << i;
}

/* Stores a value in whatever takes it, so that it was not computed for nothing. */
static void deliver(generator *g, unsigned type, unsigned r, bool scalar)
{
    int i = some_param(g, can_store);
    for (unsigned j = 0; j < g->n_params && i >= 0 && g->params[i].type != type; j++)
        if (g->params[j].type == type && can_store(g, j)) /* no bit is lost */
            i = (int)j;
    const int source = i < 0 ? -1 : converted(g, type, r, g->params[i].type, scalar);
    if (source < 0)
        return;
    const weft_param *p = &g->params[i];
    put(g, "st.%s %c%d, [%s.%u]", name_of(p->type), scalar ? 's' : file_of(p->type), source,
        p->name, choose(g, p->segment));
    end_line(g);
    stored(g, (unsigned)i);
}

/* Stores what was computed last, or something else that a strip holds. */
static void deliver_strip(generator *g)
{
    const block *strip = strip_block(g);
    const unsigned start = chance(g, 2) ? choose(g, ALL_STRIPS) : g->recent;
    if (!strip)
        return;
    if (chance(g, 3) && start < PREDICATES && g->now.predicate[start]) {
        deliver(g, WEFT_BOOL, start, false);
        return;
    }
    for (unsigned j = 0; j < ALL_STRIPS; j++) {
        const unsigned r = (start + j) % ALL_STRIPS;
        if (g->now.strip[r]) {
            deliver(g, g->now.strip[r], r, false);
            return;
        }
    }
}

static void store(generator *g)
{
    int i = some_param(g, can_store_held);
    i = i < 0 ? some_param(g, can_store) : i;
    if (i < 0)
        return;
    const weft_param *p = &g->params[i];
    bool scalar = !strip_block(g);
    int source = scalar ? some_scalar(g, p->type) : some_strip(g, p->type);
    if (source < 0)
        return;
    put(g, p->segment == 1 && chance(g, 8) ? "sts.%s " : "st.%s ", name_of(p->type));
    reg(g, scalar ? 's' : file_of(p->type), (unsigned)source);
    put(g, ", [%s", p->name);
    if (p->segment > 1)
        put(g, ".%u", choose(g, p->segment));
    offset(g, (unsigned)i, true);
    put(g, "]");
    end_line(g);
    stored(g, (unsigned)i);
}

/* Stores all components from one register after the other. */
static void store_segment(generator *g)
{
    int i = some_param(g, can_store);
    if (i < 0 || !strip_block(g))
        return;
    const weft_param *p = &g->params[i];
    int first = strip_target(g, p->type, p->segment);
    int s = some_scalar(g, p->type);
    if (first < 0 || s < 0)
        return;
    for (unsigned r = (unsigned)first; r < (unsigned)first + p->segment; r++) {
        if (p->type == WEFT_BOOL ? g->now.predicate[r] : g->now.strip[r] == p->type)
            continue;
        put(g, "bcast.%s %c%u, s%d", name_of(p->type), file_of(p->type), r, s);
        end_line(g);
        wrote_strip(g, r, p->type);
    }
    put(g, "sts.%s ", name_of(p->type));
    range_of(g, file_of(p->type), (unsigned)first, p->segment);
    put(g, ", [%s", p->name);
    offset(g, (unsigned)i, true);
    put(g, "]");
    end_line(g);
    g->now.stored |= 1u << i;
}

static bool can_update(const generator *g, unsigned i)
{
    const weft_param *p = &g->params[i];
    return weft_kind_is_mapped(p->kind) && p->segment == 1 && strip_block(g) && can_load(g, i) &&
           can_store(g, i) && (p->dims & strip_block(g)->dims);
}

/* Loads an element, stores something made of it in its place, and leaves what was loaded, which
 * must not have changed, for others to use. */
static void update(generator *g)
{
    static const char *const ops[] = {"add", "sub", "mul", "min", "max"};
    int i = some_param(g, can_update);
    int r = i < 0 ? -1 : strip_target(g, g->params[i].type, 1);
    if (r < 0)
        return;
    const unsigned type = g->params[i].type;
    const char *const name = name_of(type), file = file_of(type);
    put(g, "ld.%s %c%d, [%s]", name, file, r, g->params[i].name);
    end_line(g);
    wrote_strip(g, (unsigned)r, type);
    int other = some_strip(g, type), target = strip_target(g, type, 1);
    if (other < 0 || target < 0)
        return;
    if (weft_type_in(weft_op_row_of(WEFT_OP_ADD)->type_mask, type))
        put(g, "%s.%s v%d, v%d, v%d", ops[choose(g, 5)], name, target, r, other);
    else
        put(g, "mov.%s %c%d, %c%d", name, file, target, file, other);
    end_line(g);
    wrote_strip(g, (unsigned)target, type);
    put(g, "st.%s %c%d, [%s]", name, file, target, g->params[i].name);
    end_line(g);
    g->now.stored |= 1u << i;
}

static bool takes_approximate(const generator *g, unsigned i)
{
    return (g->approximate >> i & 1) && can_store(g, i);
}

static unsigned some_transcendental(generator *g)
{
    uint8_t ops[WEFT_OPCODE_COUNT];
    unsigned n = 0;
    for (unsigned op = 0; op < WEFT_OPCODE_COUNT; op++)
        if (weft_op_is_transcendental(op))
            ops[n++] = (uint8_t)op;
    return ops[choose(g, n)];
}

/* A transcendental operation whose result is only stored, where nothing reads it. */
static void stored_transcendental(generator *g)
{
    int i = strip_block(g) ? some_param(g, takes_approximate) : -1;
    if (i < 0)
        return;
    const weft_param *p = &g->params[i];
    unsigned op = some_transcendental(g);
    bool binary = weft_op_row_of(op)->form == WEFT_FORM_BINARY;
    int a = some_strip(g, p->type), b = binary ? some_strip(g, p->type) : a;
    int target = strip_target(g, p->type, 1);
    if (a < 0 || b < 0 || target < 0 || g->strip_pin[target] || g->now.strip[a] != p->type)
        return;
    put(g, "%s.%s v%d, v%d", weft_op_row_of(op)->mnemonic, name_of(p->type), target, a);
    if (binary)
        put(g, ", v%d", b);
    end_line(g);
    put(g, "st.%s v%d, [%s.%u]", name_of(p->type), target, p->name, choose(g, p->segment));
    end_line(g);
    g->now.strip[target] = 0;
}

static bool can_gather(const generator *g, unsigned i)
{
    return !g->strip_function &&
           (g->params[i].kind == WEFT_PARAM_UNIFORM || table_is_readable(g, i));
}

static bool can_scatter(const generator *g, unsigned i)
{
    bool parallel = is_open(g, true);
    if (g->strip_function || !table_is_writable(g, i))
        return false;
    if (strip_block(g) && !opens_strip(g->blocks[g->n_blocks - 1].op))
        return false;
    return !parallel || (!is_open(g, false) && g->scattered[i] != (1u << g->params[i].segment) - 1);
}

/* A strip or scalar of indices, most often small ones. */
static int some_index(generator *g, unsigned type, bool scalar)
{
    static const uint8_t masks[] = {3, 1, 3, 7, 0, 15, 31, 3};
    int r = scalar ? some_scalar(g, type) : some_strip(g, type);
    if (r < 0 || chance(g, 8))
        return r;
    int s = scalar_target(g, type);
    int target = scalar ? scalar_target(g, type) : strip_target(g, type, 1);
    if (s < 0 || target < 0 || (scalar && s == r))
        return r;
    put(g, "imm.%s s%d, %u", name_of(type), s, masks[choose(g, sizeof masks)]);
    end_line(g);
    wrote_scalar(g, (unsigned)s, type, -1);
    put(g, "and.%s %c%d, %c%d, s%d", name_of(type), scalar ? 's' : 'v', target, scalar ? 's' : 'v',
        r, s);
    end_line(g);
    if (scalar)
        wrote_scalar(g, (unsigned)target, type, -1);
    else
        wrote_strip(g, (unsigned)target, type);
    return target;
}

static void gather(generator *g)
{
    int i = some_param(g, can_gather);
    bool scalar = !in_strip(g) || chance(g, 6);
    unsigned type = chance(g, 2) ? WEFT_I32 : WEFT_I64;
    int index = i < 0 ? -1 : some_index(g, type, scalar);
    if (index < 0)
        return;
    const weft_param *p = &g->params[i];
    int target = scalar ? scalar_target(g, p->type) : strip_target(g, p->type, 1);
    if (target < 0)
        return;
    put(g, "gather.%s.%s ", name_of(p->type), name_of(type));
    reg(g, scalar ? 's' : file_of(p->type), (unsigned)target);
    put(g, ", [%s", p->name);
    if (p->segment > 1)
        put(g, ".%u", choose(g, p->segment));
    put(g, "], ");
    reg(g, scalar ? 's' : 'v', (unsigned)index);
    end_line(g);
    if (scalar)
        wrote_scalar(g, (unsigned)target, p->type, -1);
    else
        wrote_strip(g, (unsigned)target, p->type);
}

static void scatter(generator *g)
{
    int i = some_param(g, can_scatter);
    bool scalar_index = !in_strip(g);
    unsigned type = chance(g, 2) ? WEFT_I32 : WEFT_I64;
    int index = i < 0 ? -1 : some_index(g, type, scalar_index);
    if (index < 0)
        return;
    const weft_param *p = &g->params[i];
    bool scalar = scalar_index || chance(g, 4);
    int source = scalar ? some_scalar(g, p->type) : some_strip(g, p->type);
    bool kept = scalar_index ? g->now.scalar[index] == type : g->now.strip[index] == type;
    if (source < 0 || !kept)
        return;
    unsigned component = choose(g, p->segment);
    while (is_open(g, true) && (g->scattered[i] >> component & 1))
        component = (component + 1) % p->segment;
    g->scattered[i] |= (uint16_t)(1u << component);
    put(g, "scatter.%s.%s ", name_of(p->type), name_of(type));
    reg(g, scalar ? 's' : file_of(p->type), (unsigned)source);
    put(g, p->segment > 1 ? ", [%s.%u], " : ", [%s], ", p->name, component);
    reg(g, scalar_index ? 's' : 'v', (unsigned)index);
    end_line(g);
    g->now.fresh |= 1u << i;
}

/* --- user functions --------------------------------------------------------------------------- */

static bool can_apply(const generator *g, unsigned i)
{
    const weft_param *p = &g->params[i];
    const block *strip = strip_block(g);
    if (p->kind != WEFT_PARAM_FUNCTION || !in_strip(g))
        return false;
    if (weft_param_is_pure(p))
        return true;
    if (!strip || strip->op == WEFT_OP_STRIP)
        return strip != NULL;
    bool carried = false; /* inside what runs in any order: nothing may be repeated there */
    for (unsigned b = 0, parallel = 0; b < g->n_blocks; b++) {
        carried = carried || (parallel && !runs_parallel(g->blocks[b].op));
        parallel = parallel || runs_parallel(g->blocks[b].op);
    }
    return !carried && !(g->applied >> i & 1);
}

static void apply(generator *g)
{
    int i = some_param(g, can_apply), chosen[WEFT_MAX_FUNCTION_ARGS];
    if (i < 0)
        return;
    const weft_param *p = &g->params[i];
    const unsigned n = weft_signature_count(p->count);
    for (unsigned a = 0; a < n; a++)
        if ((chosen[a] = some_strip(g, weft_signature_type(p->count, a))) < 0)
            return;
    for (unsigned a = 0; a < n; a++) /* a later choice may have taken an earlier register */
        if (!holds(g, (unsigned)chosen[a], weft_signature_type(p->count, a)))
            return;
    const int target = strip_target(g, p->type, 1);
    if (target < 0)
        return;
    put(g, "apply.%s ", name_of(p->type));
    reg(g, file_of(p->type), (unsigned)target);
    put(g, ", [%s]", p->name);
    for (unsigned a = 0; a < n; a++) {
        put(g, ", ");
        reg(g, file_of(weft_signature_type(p->count, a)), (unsigned)chosen[a]);
    }
    end_line(g);
    g->applied |= 1u << i;
    wrote_strip(g, (unsigned)target, p->type);
}

/* --- indices, extents, reductions ------------------------------------------------------------- */

static unsigned some_dim(generator *g, unsigned dims)
{
    unsigned d = choose(g, WEFT_MAX_RANK);
    while (!(dims >> d & 1))
        d = (d + 1) % WEFT_MAX_RANK;
    return d;
}

static void place(generator *g)
{
    const block *strip = strip_block(g);
    bool scalar = !strip || chance(g, 4);
    unsigned dims = scalar ? dims_open(g, false) & ~(strip ? strip->dims : 0) : strip->dims;
    unsigned type = chance(g, 2) ? WEFT_I32 : WEFT_I64;
    int target = scalar ? scalar_target(g, type) : strip_target(g, type, 1);
    if (!dims || target < 0)
        return;
    unsigned d = some_dim(g, dims);
    put(g, "index.%s %c%d, %u", name_of(type), scalar ? 's' : 'v', target, d);
    end_line(g);
    if (scalar)
        wrote_scalar(g, (unsigned)target, type, g->fixed ? g->extents[d] : 5000);
    else
        wrote_strip(g, (unsigned)target, type);
}

static void size_of(generator *g)
{
    int target = scalar_target(g, WEFT_I64);
    unsigned i = choose(g, g->n_params);
    if (target < 0)
        return;
    if (chance(g, 2) && !weft_kind_is_mapped(g->params[i].kind) &&
        g->params[i].kind != WEFT_PARAM_FUNCTION)
        put(g, "length.i64 s%d, [%s], %u", target, g->params[i].name,
            weft_kind_has_count(g->params[i].kind) ? 0 : choose(g, 2));
    else
        put(g, "extent.i64 s%d, %u", target, choose(g, g->rank));
    end_line(g);
    wrote_scalar(g, (unsigned)target, WEFT_I64, 6000);
}

static void reduction(generator *g)
{
    if (!g->n_blocks || !opens_strip(g->blocks[g->n_blocks - 1].op))
        return;
    unsigned op = WEFT_OP_SUM + choose(g, WEFT_OP_COUNT - WEFT_OP_SUM + 1), most = 1;
    unsigned type = held_type(g, weft_op_row_of(op)->type_mask);
    unsigned result = weft_reduce_dtype(op, (weft_dtype)type);
    if (g->blocks[g->n_blocks - 1].labels)
        return;
    while (g->blocks[g->n_blocks - 1].op == WEFT_OP_LOOP && most < g->n_blocks &&
           g->blocks[g->n_blocks - 1 - most].op == WEFT_OP_EACH &&
           !g->blocks[g->n_blocks - 1 - most].labels)
        most++;
    unsigned depth = chance(g, 2) ? most : 1 + choose(g, most);
    int a = some_strip(g, type), b = op == WEFT_OP_DOT ? some_strip(g, type) : a;
    int target = scalar_target(g, result);
    if (a < 0 || b < 0 || target < 0 || (type != WEFT_BOOL && g->now.strip[a] != type))
        return;
    if (g->blocks[g->n_blocks - depth].written >> target & 1 && !chance(g, 32))
        return;
    put(g, "%s.%s s%d, ", weft_op_row_of(op)->mnemonic, name_of(type), target);
    reg(g, file_of(type), (unsigned)a);
    if (op == WEFT_OP_DOT)
        put(g, ", v%d", b);
    if (depth > 1)
        put(g, ", %u", depth);
    end_line(g);
    g->now.scalar[target] = 0;
    g->now.most[target] = -1;
    g->locked |= UINT64_C(1) << target;
    g->result[target] = (uint8_t)result;
    g->blocks[g->n_blocks - depth].accumulates |= UINT64_C(1) << target;
}

/* --- control ---------------------------------------------------------------------------------- */

static void meet(state *into, const state *other)
{
    for (unsigned i = 0; i < ALL_STRIPS; i++)
        if (into->strip[i] != other->strip[i])
            into->strip[i] = 0;
    for (unsigned i = 0; i < PREDICATES; i++)
        into->predicate[i] = into->predicate[i] && other->predicate[i];
    for (unsigned i = 0; i < ALL_SCALARS; i++) {
        if (into->scalar[i] != other->scalar[i])
            into->scalar[i] = 0;
        into->most[i] = -1; /* the value may be another */
    }
    into->stored &= other->stored;
    into->fresh |= other->fresh;
}

static void branch(generator *g)
{
    int s = some_scalar(g, WEFT_BOOL);
    if (s < 0)
        return;
    block *inner = g->n_blocks ? &g->blocks[g->n_blocks - 1] : NULL;
    unsigned otherwise = g->n_labels++, done = g->n_labels++;
    bool both = chance(g, 2);
    state before = g->now;
    put(g, "%s s%d, L%u", chance(g, 2) ? "brt" : "brf", s, otherwise);
    end_line(g);
    if (inner)
        inner->labels++;
    statements(g);
    if (both) {
        state first = g->now;
        put(g, "br L%u", done);
        end_line(g);
        put(g, "L%u:\n", otherwise);
        g->now = before;
        statements(g);
        put(g, "L%u:\n", done);
        meet(&g->now, &first);
    } else {
        put(g, "L%u:\n", otherwise);
        meet(&g->now, &before);
    }
    if (inner)
        inner->labels--;
}

static bool can_call(const generator *g, unsigned i)
{
    const bool strip = i < STRIP_FUNCTIONS;
    if (!g->functions[i].text || g->strip_function)
        return false;
    return strip ? strip_block(g) != NULL : g->n_blocks == 0 && !g->in_function;
}

static void call(generator *g)
{
    unsigned i = choose(g, FUNCTIONS), tried = 0;
    while (tried < FUNCTIONS && !can_call(g, i)) {
        i = (i + 1) % FUNCTIONS;
        tried++;
    }
    if (tried == FUNCTIONS)
        return;
    const bool strip = i < STRIP_FUNCTIONS;
    function *f = &g->functions[i];
    if (f->input && g->now.strip[0] != f->input) { /* it reads v0 */
        const int r = g->strip_pin[0] ? -1 : some_strip(g, f->input);
        if (r < 0)
            return;
        put(g, "mov.%s v0, v%d", name_of(f->input), r);
        end_line(g);
        wrote_strip(g, 0, f->input);
    }
    put(g, "call F%u", i);
    end_line(g);
    f->called = f->called || !g->in_function;
    f->called_by_last = f->called_by_last || g->in_function;
    if (strip)
        memcpy(g->now.strip + STRIPS, f->strip + STRIPS, ALL_STRIPS - STRIPS);
    memset(g->now.predicate, 0, sizeof g->now.predicate); /* functions share them */
    g->now.fresh |= f->fresh;
}

/* Ends the program early, or not. */
static void leave(generator *g)
{
    int s = g->n_blocks || g->in_function || !chance(g, 4) ? -1 : some_scalar(g, WEFT_BOOL);
    if (s < 0)
        return;
    unsigned label = g->n_labels++;
    put(g, "%s s%d, L%u\nexit\nL%u:\n", chance(g, 2) ? "brt" : "brf", s, label, label);
}

static void forget(generator *g, uint64_t scalars)
{
    for (unsigned i = 0; i < ALL_SCALARS; i++)
        if (scalars >> i & 1) {
            g->now.scalar[i] = 0;
            g->now.most[i] = -1;
        }
}

static void forget_strips(generator *g)
{
    memset(g->now.strip, 0, sizeof g->now.strip);
    memset(g->now.predicate, 0, sizeof g->now.predicate);
}

static uint64_t pinned(const generator *g)
{
    uint64_t set = g->frozen;
    for (unsigned i = 0; i < ALL_SCALARS; i++)
        if (g->pin[i])
            set |= UINT64_C(1) << i;
    return set;
}

/* The line that opens a block; false: none is possible. *counter is a for's. */
static bool open_line(generator *g, block *opened, int *counter)
{
    static const uint8_t ops[] = {WEFT_OP_LOOP, WEFT_OP_LOOP, WEFT_OP_LOOP, WEFT_OP_EACH,
                                  WEFT_OP_SEQ,  WEFT_OP_FOR,  WEFT_OP_STRIP};
    unsigned closed = ((1u << g->rank) - 1) & ~dims_open(g, false), d;
    opened->op = ops[choose(g, sizeof ops)];
    *counter = -1;
    if (g->n_blocks == FRAMES || (runs_parallel(opened->op) && in_strip(g)) ||
        (opened->op != WEFT_OP_FOR && (!closed || g->strip_function)))
        return false;
    switch (opened->op) {
    case WEFT_OP_FOR:
        *counter = scalar_target(g, 0xff); /* one that must keep no type */
        if (*counter < 0)
            return false;
        d = chance(g, 3) ? (unsigned)some_address(g, 6000) : UINT32_MAX;
        if (d != UINT32_MAX && (int)d != *counter)
            put(g, "for s%d, s%u", *counter, d);
        else
            put(g, "for s%d, %u", *counter, opened->length = choose(g, 5));
        break;
    case WEFT_OP_STRIP:
        if (!g->fixed || g->rank != 1 || g->extents[0] == 0)
            return false;
        opened->length = 1 + take_wide(g) % (uint32_t)g->extents[0];
        if (opened->length > WEFT_MAX_STRIP_BLOCK)
            opened->length = WEFT_MAX_STRIP_BLOCK;
        opened->base = take_wide(g) % ((uint32_t)g->extents[0] - opened->length + 1);
        opened->dims = 1;
        put(g, "strip %u, %u", opened->length, opened->base);
        break;
    case WEFT_OP_LOOP:
        d = some_dim(g, closed);
        opened->dims = 1u << d;
        put(g, "loop %u", d);
        while ((closed >> (d + 1) & 1) && !chance(g, 3))
            opened->dims |= 1u << ++d;
        put(g, "..%u", d);
        break;
    default:
        d = some_dim(g, closed);
        opened->dims = 1u << d;
        put(g, "%s %u", weft_op_row_of(opened->op)->mnemonic, d);
    }
    end_line(g);
    return true;
}

static void parallel_body(generator *g, const block *opened)
{
    uint64_t allowed = g->allowed, some = take_wide(g);
    some |= some << 24;
    if (some % 8 == 0)
        some &= ~((UINT64_C(1) << SPARED) - 1);
    g->allowed &= some & ~pinned(g);
    uint64_t written = g->allowed;
    forget(g, written & ~g->locked);
    if (opens_strip(opened->op))
        forget_strips(g);
    statements(g);
    for (unsigned i = opens_strip(opened->op) ? 1 + choose(g, 4) : 0; i > 0; i--)
        deliver_strip(g);
    if (opens_strip(opened->op))
        forget_strips(g);
    forget(g, written & ~g->locked);
    g->allowed = allowed;
}

static void carried_body(generator *g, int counter, int64_t trips)
{
    uint64_t frozen = g->frozen;
    uint8_t pins[ALL_SCALARS], strip_pins[ALL_STRIPS];
    memcpy(pins, g->pin, sizeof pins);
    memcpy(strip_pins, g->strip_pin, sizeof strip_pins);
    memset(g->now.strip + STRIPS, 0, ALL_STRIPS - STRIPS); /* what calls leave */
    if (counter >= 0)
        forget(g, UINT64_C(1) << counter);
    state head = g->now;
    for (unsigned i = 0; i < ALL_SCALARS; i++) {
        if (g->now.scalar[i])
            g->pin[i] = g->now.scalar[i];
        if (g->now.most[i] >= 0)
            g->frozen |= UINT64_C(1) << i;
    }
    for (unsigned i = 0; i < ALL_STRIPS; i++)
        if (g->now.strip[i])
            g->strip_pin[i] = g->now.strip[i];
    if (counter >= 0) {
        g->locked |= UINT64_C(1) << counter;
        wrote_scalar(g, (unsigned)counter, WEFT_I64, trips > 0 ? trips - 1 : 6000);
    }
    memset(g->now.predicate, 0, sizeof g->now.predicate);
    statements(g);
    head.fresh |= g->now.fresh;
    memset(head.predicate, 0, sizeof head.predicate);
    g->now = head;
    memcpy(g->pin, pins, sizeof pins);
    memcpy(g->strip_pin, strip_pins, sizeof strip_pins);
    g->frozen = frozen;
    if (counter >= 0)
        g->locked &= ~(UINT64_C(1) << counter);
}

static void open_block(generator *g)
{
    block opened;
    int counter;
    memset(&opened, 0, sizeof opened);
    if (!open_line(g, &opened, &counter))
        return;
    if (g->n_blocks == 0)
        g->table_writes = take(g);
    if (runs_parallel(opened.op) && !is_open(g, true)) {
        g->read_at_offset = take(g);
        memset(g->scattered, 0, sizeof g->scattered);
        g->applied = 0;
    }
    g->blocks[g->n_blocks++] = opened;
    if (runs_parallel(opened.op))
        parallel_body(g, &opened);
    else
        carried_body(g, counter, opened.op == WEFT_OP_FOR ? opened.length : 0);
    const block *closed = &g->blocks[--g->n_blocks];
    for (unsigned s = 0; s < ALL_SCALARS; s++)
        if (closed->accumulates >> s & 1)
            wrote_scalar(g, s, g->result[s], -1);
    g->locked &= ~closed->accumulates;
    put(g, "end");
    end_line(g);
    for (unsigned s = 0; s < ALL_SCALARS; s++)
        if (closed->accumulates >> s & 1 && g->now.scalar[s] && !chance(g, 4))
            deliver(g, g->now.scalar[s], s, true);
}

static void fence(generator *g)
{
    if (is_open(g, true) || g->strip_function)
        return;
    put(g, "fence");
    end_line(g);
    g->now.fresh = 0;
}

typedef struct statement_kind {
    void (*make)(generator *);
    unsigned weight;
} statement_kind;

/* Inside strips: what moves data and computes. */
static const statement_kind inside[] = {
    {load, 5},          {elementwise, 6}, {store, 3},      {update, 2},
    {store_segment, 1}, {reduction, 5},   {gather, 2},     {scatter, 1},
    {place, 2},         {branch, 1},      {call, 3},       {fused, 2},
    {copy_sign, 1},     {size_of, 1},     {open_block, 1}, {stored_transcendental, 3},
    {apply, 3}};

/* The same in programs that are about reductions. */
static const statement_kind reducing[] = {{load, 4}, {elementwise, 3}, {reduction, 8}, {place, 1}};

/* Outside of them: what leads there. */
static const statement_kind outside[] = {{open_block, 7}, {elementwise, 2}, {load, 1},  {store, 1},
                                         {gather, 1},     {scatter, 1},     {place, 1}, {branch, 1},
                                         {call, 2},       {size_of, 1},     {fence, 1}, {fused, 1},
                                         {leave, 1}};

/* Statements until the bytes say stop. */
static void statements(generator *g)
{
    while (g->n_insns < INSNS) {
        const statement_kind *kinds = outside;
        size_t n = sizeof outside / sizeof *outside;
        if (in_strip(g)) {
            kinds = g->reduces ? reducing : inside;
            n = g->reduces ? sizeof reducing / sizeof *reducing : sizeof inside / sizeof *inside;
        }
        unsigned all = 1, i = 0;
        for (size_t k = 0; k < n; k++)
            all += kinds[k].weight;
        unsigned kind = choose(g, all);
        if (kind == 0)
            return;
        for (kind--; kind >= kinds[i].weight; i++)
            kind -= kinds[i].weight;
        kinds[i].make(g);
    }
}

/* --- whole programs --------------------------------------------------------------------------- */

static void space(generator *g)
{
    static const uint16_t extents[] = {1, 3, 7, 64, 128, 129, 300, 1000, 256, 4096, 4097, 9000, 0};
    g->rank = 1 + choose(g, 8) % 7 / 2; /* often 1 */
    g->fixed = chance(g, 3);
    put(g, ".weft 1\n.space ");
    if (!g->fixed)
        put(g, "%u\n", g->rank);
    int64_t total = 1;
    for (unsigned d = 0; g->fixed && d < g->rank; d++) {
        g->extents[d] = extents[choose(g, 16) % 13];
        if (g->extents[d] * total > 10000)
            g->extents[d] = 1 + choose(g, 4);
        total *= g->extents[d] ? g->extents[d] : 1;
        put(g, "%s%lld%s", d ? ", " : "[", (long long)g->extents[d], d + 1 == g->rank ? "]\n" : "");
    }
}

/* A function that the contexts have; sometimes declared as less than it is, or, by chaos, as
 * another. */
static bool declare_function(generator *g, unsigned i)
{
    const weft_function_info *info = &test_functions[choose(g, TEST_FUNCTIONS)];
    weft_param *p = &g->params[i];
    for (unsigned other = 0; other < i; other++)
        if (strcmp(g->params[other].name, info->name) == 0)
            return false;
    snprintf(p->name, sizeof p->name, "%s", info->name);
    p->type = (uint8_t)info->result;
    p->segment = 1;
    if ((info->flags & WEFT_FUNCTION_PURE) && !chance(g, 4))
        p->window = WEFT_FUNCTION_PURE;
    put(g, ".function %s %s (", p->name, name_of(p->type));
    for (unsigned a = 0; a < info->n_args; a++) {
        p->count |= (uint32_t)info->args[a] << 8 * a;
        put(g, "%s%s", a ? ", " : "", name_of(info->args[a]));
    }
    put(g, p->window || (g->chaos && chance(g, 4)) ? ") pure\n" : ")\n");
    return true;
}

static void parameter(generator *g, unsigned i)
{
    static const uint8_t kinds[] = {
        WEFT_PARAM_IN,          WEFT_PARAM_OUT,     WEFT_PARAM_IN,    WEFT_PARAM_OUT,
        WEFT_PARAM_INOUT,       WEFT_PARAM_UNIFORM, WEFT_PARAM_TABLE, WEFT_PARAM_TABLE_OUT,
        WEFT_PARAM_TABLE_INOUT, WEFT_PARAM_SCRATCH, WEFT_PARAM_POOL,  WEFT_PARAM_FUNCTION};
    static const char *const names[] = {"",       ".in",    ".out",   ".inout",   ".uniform",
                                        ".table", ".table", ".table", ".scratch", ".pool"};
    weft_param *p = &g->params[i];
    snprintf(p->name, sizeof p->name, "x%u", i);
    p->kind = kinds[i < 2 ? i : choose(g, sizeof kinds)];
    if (p->kind == WEFT_PARAM_FUNCTION && declare_function(g, i))
        return;
    if (p->kind == WEFT_PARAM_FUNCTION) /* there is one of that name */
        p->kind = WEFT_PARAM_IN;
    p->type = (uint8_t)any_type(g, WEFT_MASK_ALL);
    const bool results = i == 2 && chance(g, 2); /* somewhere for scalars to go */
    if (results)
        p->kind = chance(g, 2) ? WEFT_PARAM_OUT : WEFT_PARAM_TABLE_INOUT;
    p->segment = (uint8_t)(chance(g, 4) ? 1 + choose(g, chance(g, 8) ? WEFT_MAX_SEGMENT : 4) : 1);
    put(g, "%s %s %s", names[p->kind], p->name, name_of(p->type));
    if (p->segment > 1)
        put(g, "[%u]", p->segment);
    put(g, "%s",
        p->kind == WEFT_PARAM_TABLE_OUT     ? " out"
        : p->kind == WEFT_PARAM_TABLE_INOUT ? " inout"
                                            : "");
    if (weft_kind_has_count(p->kind)) {
        p->count = 1 + choose(g, 5);
        put(g, " count %u", p->count);
    }
    if (weft_kind_is_mapped(p->kind)) {
        p->dims = (uint8_t)((1u << g->rank) - 1);
        if (results || chance(g, 4)) {
            p->dims &= results ? 0 : (uint8_t)take(g);
            put(g, p->dims ? " dims " : " dims none");
            for (unsigned d = 0, before = 0; d < g->rank; d++)
                if (p->dims >> d & 1)
                    put(g, "%s%u", before++ ? "," : "", d);
        }
        if (p->dims && p->kind != WEFT_PARAM_SCRATCH && chance(g, 4)) {
            p->window = choose(g, 4);
            put(g, " window %u", p->window);
        }
    }
    put(g, "\n");
}

/* The text of a function, kept for later. Functions know nothing of where they are called. */
static void make_function(generator *g, unsigned i)
{
    function *f = &g->functions[i];
    char *text = g->text;
    size_t length = g->length;
    g->text = malloc(TEXT);
    assert(g->text);
    g->length = 0;
    memset(&g->now, 0, sizeof g->now);
    memset(g->now.most, 0xff, sizeof g->now.most);
    g->in_function = true;
    g->strip_function = i < STRIP_FUNCTIONS;
    g->allowed = FUNCTION_SCALARS;
    g->first_strip = STRIPS;
    g->last_strip = ALL_STRIPS;
    if (!g->strip_function) {
        g->now.fresh = (1u << g->n_params) - 1;
    } else if (chance(g, 2)) {
        f->input = (uint8_t)any_type(g, WEFT_MASK_ALL & ~WEFT_MASK_BOOL);
        g->now.strip[0] = f->input;
    }
    put(g, "F%u: func\n", i);
    statements(g);
    put(g, "ret\n");
    memcpy(f->strip, g->now.strip, sizeof f->strip);
    f->fresh = g->strip_function ? 0 : (1u << g->n_params) - 1;
    f->text = g->text;
    f->length = g->length;
    g->text = text;
    g->length = length;
    g->n_insns /= 2;
}

static void program(generator *g)
{
    g->chaos = choose(g, 16) == 15;
    g->liked[0] = (uint8_t)(chance(g, 2) ? WEFT_F32 : 1 + choose(g, WEFT_TYPE_COUNT - 1));
    g->liked[1] = (uint8_t)(chance(g, 3) ? WEFT_F64 : 1 + choose(g, WEFT_TYPE_COUNT - 1));
    g->liked[2] = g->liked[0];
    g->reduces = chance(g, 8);
    g->policy = choose(g, 8);
    g->policy = g->policy < 4 ? g->policy % 2 : STORED_TRANSCENDENTALS;
    space(g);
    g->n_params = 2 + choose(g, PARAMS - 1);
    for (unsigned i = 0; i < g->n_params; i++)
        parameter(g, i);
    for (unsigned i = 0; i < g->n_params && g->policy == STORED_TRANSCENDENTALS; i++)
        if (g->params[i].kind == WEFT_PARAM_OUT &&
            weft_type_in(weft_op_row_of(WEFT_OP_EXP)->type_mask, g->params[i].type))
            g->approximate |= 1u << i;
    for (unsigned i = 0, functions = chance(g, 3) ? choose(g, 8) : 0; i < FUNCTIONS; i++)
        if (functions >> i & 1)
            make_function(g, i);
    memset(&g->now, 0, sizeof g->now);
    memset(g->now.most, 0xff, sizeof g->now.most);
    g->in_function = g->strip_function = false;
    g->allowed = MAIN_SCALARS;
    g->first_strip = 0;
    g->last_strip = STRIPS;
    while (g->at < g->size && g->n_insns < INSNS)
        statements(g);
    put(g, "exit\n");
    bool last = g->functions[FUNCTIONS - 1].called;
    for (unsigned i = 0; i < FUNCTIONS; i++) {
        const function *f = &g->functions[i];
        if (f->called || (last && f->called_by_last))
            put(g, "%.*s", (int)f->length, f->text);
        free(f->text);
    }
}

void test_generate(const uint8_t *data, size_t size, test_generated *made)
{
    generator *g = calloc(1, sizeof *g);
    assert(g);
    g->data = data;
    g->size = size;
    g->text = malloc(TEXT);
    assert(g->text);
    program(g);
    made->text = g->text;
    made->length = g->length;
    made->complete = g->length < TEXT - 1;
    made->careful = !g->chaos;
    made->transcendental = g->transcendental;
    made->approximate = g->approximate;
    free(g);
}

void test_generated_free(test_generated *made)
{
    free(made->text);
    made->text = NULL;
}
