/* compiler/emit.c: the instructions of each nest, in an order that keeps few strips live and puts
 * what one kernel can do together one behind the other (compiler/schedule.h). Registers have no
 * numbers yet: each value gets one of its own. */
#include <string.h>

#include "compiler/schedule.h"

enum {
    MAX_SCOPES = 16,
    MANY_SCALARS = 36, /* beyond that constants are made where they are needed */
    MANY_LOADS = 64,   /* beyond that arrays are loaded where they are needed */
    CHAIN = 5          /* operations that one kernel does at most */
};

typedef struct emitter {
    weft_scheduler *s;
    weft_draft_code *draft;
    const weft_nest *nest;       /* NULL: outside of them */
    uint32_t scopes[MAX_SCOPES]; /* serial numbers of the open ones */
    unsigned depth;              /* how many are */
    uint32_t serial;
    unsigned strips; /* dimension of the open strip loop, as a mask */
    unsigned open;   /* dimensions of all open blocks */
    uint32_t seen;
    weft_vector order; /* of int32_t */
    bool constants_inline;
} emitter;

/* --- drafts ----------------------------------------------------------------------------------- */

static weft_status new_register(emitter *e, weft_file file, int32_t *number)
{
    weft_virtual *reg = weft_vector_push(e->s->allocator, &e->draft->regs);
    if (!reg)
        return weft_fail_memory(e->s->error);
    *number = (int32_t)e->draft->regs.count - 1;
    *reg = (weft_virtual){.file = (uint8_t)file, .width = 1, .leader = *number, .from = -1};
    return WEFT_OK;
}

static weft_virtual *register_at(const emitter *e, int32_t number)
{
    return (weft_virtual *)e->draft->regs.data + number;
}

static bool is_scalar(const emitter *e, int32_t number)
{
    return register_at(e, number)->file == WEFT_FILE_SCALAR;
}

/* So many new registers that follow each other; the first is returned. */
static weft_status new_group(emitter *e, weft_file file, unsigned width, int32_t *first)
{
    for (unsigned i = 0; i < width; i++) {
        int32_t number = -1;
        WEFT_TRY(new_register(e, file, &number));
        if (i == 0)
            *first = number;
        register_at(e, number)->leader = *first;
        register_at(e, number)->offset = (uint8_t)i;
    }
    register_at(e, *first)->width = (uint8_t)width;
    return WEFT_OK;
}

static weft_status append(emitter *e, const weft_insn *insn, int32_t d, int32_t a, int32_t b,
                          int32_t c)
{
    weft_draft *draft = weft_vector_push(e->s->allocator, &e->draft->insns);
    if (!draft || e->draft->insns.count > WEFT_MAX_INSNS)
        return draft ? weft_fail(e->s->error, WEFT_ERR_LIMIT,
                                 "the program has more than %d instructions", WEFT_MAX_INSNS)
                     : weft_fail_memory(e->s->error);
    *draft = (weft_draft){*insn, d, a, b, c};
    return WEFT_OK;
}

static weft_file file_of(weft_dtype type, bool strip)
{
    return !strip ? WEFT_FILE_SCALAR : type == WEFT_BOOL ? WEFT_FILE_PREDICATE : WEFT_FILE_STRIP;
}

/* Marks the operands of an instruction whose form leaves the choice as what they are. */
static void mark_scalars(const emitter *e, weft_insn *insn, int32_t d, int32_t a, int32_t b,
                         int32_t c)
{
    insn->scalar |= (uint8_t)((d >= 0 && is_scalar(e, d) ? WEFT_SCALAR_D : 0) |
                              (a >= 0 && is_scalar(e, a) ? WEFT_SCALAR_A : 0) |
                              (b >= 0 && is_scalar(e, b) ? WEFT_SCALAR_B : 0) |
                              (c >= 0 && is_scalar(e, c) ? WEFT_SCALAR_C : 0));
}

static weft_status emit_unary(emitter *e, unsigned op, weft_dtype type, int32_t d, int32_t a)
{
    weft_insn insn = {.op = (uint16_t)op, .type = (uint8_t)type};
    if (op == WEFT_OP_MOV && !is_scalar(e, d) && is_scalar(e, a))
        insn.op = WEFT_OP_BCAST;
    else
        mark_scalars(e, &insn, d, a, -1, -1);
    return append(e, &insn, d, a, -1, -1);
}

/* The value as a strip: scalars are broadcast. */
static weft_status as_strip(emitter *e, weft_dtype type, int32_t *number)
{
    int32_t strip;
    if (!is_scalar(e, *number))
        return WEFT_OK;
    WEFT_TRY(new_register(e, file_of(type, true), &strip));
    WEFT_TRY(emit_unary(e, WEFT_OP_MOV, type, strip, *number));
    *number = strip;
    return WEFT_OK;
}

/* --- scopes ----------------------------------------------------------------------------------- */

static weft_status open_scope(emitter *e)
{
    if (e->depth == MAX_SCOPES)
        return weft_fail(e->s->error, WEFT_ERR_LIMIT, "blocks are nested deeper than %d",
                         WEFT_MAX_NEST);
    e->scopes[e->depth++] = ++e->serial;
    return WEFT_OK;
}

static void close_scope(emitter *e)
{
    e->depth--;
}

static bool is_available(const emitter *e, const weft_item *item)
{
    for (unsigned i = 0; i < e->depth && item->reg >= 0; i++)
        if (e->scopes[i] == item->scope)
            return true;
    return false;
}

static void set_register(emitter *e, int32_t number, int32_t reg)
{
    weft_item *item = weft_item_at(e->s, number);
    item->reg = reg;
    item->scope = e->scopes[e->depth - 1];
}

static weft_status emit_block(emitter *e, unsigned op, unsigned k, unsigned lo, unsigned hi)
{
    const weft_insn insn = {
        .op = (uint16_t)op, .k = (uint8_t)k, .a = (uint8_t)lo, .b = (uint8_t)hi};
    WEFT_TRY(append(e, &insn, -1, -1, -1, -1));
    return open_scope(e);
}

static weft_status emit_end(emitter *e)
{
    const weft_insn insn = {.op = WEFT_OP_END};
    close_scope(e);
    return append(e, &insn, -1, -1, -1, -1);
}

/* --- the order of computing ------------------------------------------------------------------- */

/* Whether an item is computed anew in each iteration of a loop. */
static bool is_inside(const emitter *e, const weft_item *item, int32_t loop)
{
    const weft_item *around = weft_item_at(e->s, loop);
    if (around->node.kind == WEFT_NODE_SCAN && (item->mask >> around->node.k & 1))
        return true;
    for (int32_t at = item->node.loop; at >= 0; at = weft_item_at(e->s, at)->node.loop)
        if (at == loop)
            return true;
    return false;
}

static bool is_leaf(const emitter *e, const weft_item *item)
{
    return item->node.kind == WEFT_NODE_REDUCE || weft_item_is_kept(e->s, item, e->nest);
}

static weft_status push(emitter *e, weft_vector *list, int32_t value)
{
    int32_t *place = weft_vector_push(e->s->allocator, list);
    if (!place)
        return weft_fail_memory(e->s->error);
    *place = value;
    return WEFT_OK;
}

/* Dimensions that variable k of a loop varies along. */
static unsigned variable_mask(const emitter *e, const weft_item *loop, unsigned k)
{
    const int32_t *list = weft_item_list(e->s, loop);
    const unsigned mask =
        weft_item_at(e->s, list[k])->mask | weft_item_at(e->s, list[loop->node.n + k])->mask;
    return loop->node.kind == WEFT_NODE_SCAN ? mask & ~(1u << loop->node.k) : mask;
}

/* Whether variable k of a loop is needed where the present stamp was set, and can be had with the
 * dimensions that are open. */
static bool is_wanted(const emitter *e, const weft_item *loop, unsigned k)
{
    return (uint32_t)weft_item_list(e->s, loop)[2 * loop->node.n + k] == e->s->stamp &&
           !(variable_mask(e, loop, k) & ~e->open);
}

/* Stamps what is needed for the items on the scheduler's stack, and the variables of loops. */
static weft_status reach(emitter *e)
{
    weft_scheduler *s = e->s;
    while (s->stack.count) {
        const int32_t number = ((int32_t *)s->stack.data)[--s->stack.count];
        weft_item *item = weft_item_at(s, number);
        if (item->stamp == s->stamp)
            continue;
        item->stamp = s->stamp;
        if (is_leaf(e, item))
            continue;
        if (item->node.kind == WEFT_NODE_PART || item->node.kind == WEFT_NODE_CARRIED) {
            const weft_item *loop = weft_item_at(s, item->node.arg[0]);
            if (weft_item_is_loop(loop)) {
                int32_t *list = weft_item_list(s, loop);
                list[2 * loop->node.n + item->node.k] = (int32_t)s->stamp;
                WEFT_TRY(push(e, &s->stack, list[item->node.k]));
                WEFT_TRY(push(e, &s->stack, list[loop->node.n + item->node.k]));
            }
        }
        for (unsigned i = 0; i < 3; i++)
            if (item->node.arg[i] >= 0)
                WEFT_TRY(push(e, &s->stack, item->node.arg[i]));
        if (item->node.kind == WEFT_NODE_FUSED || item->node.kind == WEFT_NODE_CALL)
            for (unsigned i = 0; i < item->node.n; i++)
                WEFT_TRY(push(e, &s->stack, weft_item_list(s, item)[i]));
    }
    return WEFT_OK;
}

/* What the body of a loop reads and does not compute goes on the list. */
static weft_status find_invariants(emitter *e, int32_t loop, weft_vector *list)
{
    weft_scheduler *s = e->s;
    const size_t base = s->stack.count;
    const unsigned n = weft_item_at(s, loop)->node.n;
    e->seen++;
    for (unsigned k = 0; k < n; k++)
        if (is_wanted(e, weft_item_at(s, loop), k))
            WEFT_TRY(push(e, &s->stack, weft_item_list(s, weft_item_at(s, loop))[n + k]));
    while (s->stack.count > base) {
        const int32_t number = ((int32_t *)s->stack.data)[--s->stack.count];
        weft_item *item = weft_item_at(s, number);
        if (item->seen == e->seen)
            continue;
        item->seen = e->seen;
        if (!is_inside(e, item, loop)) {
            WEFT_TRY(push(e, list, number));
            continue;
        }
        if (is_leaf(e, item) || number == loop || item->node.kind == WEFT_NODE_COUNTER)
            continue;
        if (item->node.kind == WEFT_NODE_PART || item->node.kind == WEFT_NODE_CARRIED) {
            const weft_item *of = weft_item_at(s, item->node.arg[0]);
            if (of->node.kind == WEFT_NODE_SCAN || of->node.kind == WEFT_NODE_FOR) {
                WEFT_TRY(push(e, &s->stack, weft_item_list(s, of)[item->node.k]));
                WEFT_TRY(push(e, &s->stack, weft_item_list(s, of)[of->node.n + item->node.k]));
                if (of->node.arg[0] >= 0 &&
                    weft_item_at(s, of->node.arg[0])->node.kind != WEFT_NODE_CONST)
                    WEFT_TRY(push(e, &s->stack, of->node.arg[0]));
                continue;
            }
        }
        for (unsigned i = 0; i < 3; i++)
            if (item->node.arg[i] >= 0)
                WEFT_TRY(push(e, &s->stack, item->node.arg[i]));
        if (item->node.kind == WEFT_NODE_FUSED || item->node.kind == WEFT_NODE_CALL)
            for (unsigned i = 0; i < item->node.n; i++)
                WEFT_TRY(push(e, &s->stack, weft_item_list(s, item)[i]));
    }
    return WEFT_OK;
}

static bool may_chain(const weft_item *item)
{
    return item->node.kind == WEFT_NODE_OP &&
           (item->node.op == WEFT_OP_MUL || item->node.op == WEFT_OP_FMA ||
            item->node.op == WEFT_OP_MAD || item->node.op == WEFT_OP_EXP ||
            item->node.op == WEFT_OP_EXP2);
}

/* The operand that is to be computed last, so that one kernel may do it and its reader; -1: none.
 */
static int32_t chain_operand(const weft_scheduler *s, const weft_item *item)
{
    if (!may_chain(item))
        return -1;
    for (int i = item->node.op == WEFT_OP_FMA || item->node.op == WEFT_OP_MAD ? 2 : 0; i < 3; i++) {
        const int32_t arg = item->node.arg[i];
        if (arg < 0)
            continue;
        const weft_item *operand = weft_item_at(s, arg);
        if (may_chain(operand) && operand->uses == 1 && operand->mask && !operand->scratch &&
            operand->chain < CHAIN)
            return arg;
    }
    return -1;
}

/* Strips that computing an item needs at once, if it is a tree: the operand that needs most comes
 * first. */
static void find_pressures(weft_scheduler *s)
{
    for (int32_t number = 0; number < (int32_t)s->items.count; number++) {
        weft_item *item = weft_item_at(s, number);
        uint32_t most[3] = {0, 0, 0}, pressure = item->mask ? 1 : 0;
        unsigned n = 0;
        for (unsigned i = 0; i < 3; i++) {
            if (item->node.arg[i] < 0)
                continue;
            const uint32_t p = weft_item_at(s, item->node.arg[i])->pressure;
            unsigned at = n++;
            for (; at && most[at - 1] < p; at--)
                most[at] = most[at - 1];
            most[at] = p;
        }
        for (unsigned i = 0; i < n; i++)
            if (most[i] + i > pressure)
                pressure = most[i] + i;
        item->pressure = pressure;
        const int32_t chained = chain_operand(s, item);
        item->chain = !may_chain(item) ? 0 : chained < 0 ? 1 : weft_item_at(s, chained)->chain + 1;
    }
}

/* What must be there before an item, in the order in which it is to be computed. */
static weft_status list_children(emitter *e, int32_t number, weft_vector *list)
{
    weft_scheduler *s = e->s;
    const weft_item *item = weft_item_at(s, number);
    const weft_node node = item->node;
    list->count = 0;
    if (is_leaf(e, item) || node.kind == WEFT_NODE_CARRIED || node.kind == WEFT_NODE_COUNTER)
        return WEFT_OK;
    if (node.kind == WEFT_NODE_FOR || node.kind == WEFT_NODE_SCAN) {
        if (node.arg[0] >= 0 && weft_item_at(s, node.arg[0])->node.kind != WEFT_NODE_CONST)
            WEFT_TRY(push(e, list, node.arg[0]));
        for (unsigned k = 0; k < node.n; k++)
            if (is_wanted(e, weft_item_at(s, number), k))
                WEFT_TRY(push(e, list, weft_item_list(s, weft_item_at(s, number))[k]));
        return find_invariants(e, number, list);
    }
    if (node.kind == WEFT_NODE_FUSED || node.kind == WEFT_NODE_CALL) {
        for (unsigned i = 0; i < node.n; i++)
            WEFT_TRY(push(e, list, ((int32_t *)s->lists.data)[node.list + i]));
        return WEFT_OK;
    }
    const int32_t last = chain_operand(s, item);
    int32_t sorted[3];
    unsigned n = 0;
    for (unsigned i = 0; i < 3; i++) {
        const int32_t arg = node.arg[i];
        if (arg < 0 || arg == last)
            continue;
        unsigned at = n++;
        for (; at && weft_item_at(s, sorted[at - 1])->pressure < weft_item_at(s, arg)->pressure;
             at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = arg;
    }
    for (unsigned i = 0; i < n; i++)
        WEFT_TRY(push(e, list, sorted[i]));
    return last >= 0 ? push(e, list, last) : WEFT_OK;
}

static weft_status emit_item(emitter *e, int32_t number);

/* Constants may be made anew for each reader. */
static bool is_made_anew(const emitter *e, const weft_item *item)
{
    return e->constants_inline && e->depth > 1 &&
           (item->node.kind == WEFT_NODE_CONST || item->node.kind == WEFT_NODE_UNIFORM);
}

/* Computes an item, and before it what it is made of and is not there yet. An entry of the list is
 * an item, or ~item: what it is made of is there by now. */
static weft_status compute(emitter *e, int32_t root)
{
    weft_vector work = {.element = sizeof(int32_t)}, children = {.element = sizeof(int32_t)};
    weft_status status = push(e, &work, root);
    while (!status && work.count) {
        const int32_t entry = ((int32_t *)work.data)[--work.count];
        const int32_t number = entry < 0 ? ~entry : entry;
        const weft_item *item = weft_item_at(e->s, number);
        if (is_available(e, item) || is_made_anew(e, item))
            continue;
        if (entry < 0) {
            status = emit_item(e, number);
            continue;
        }
        status = list_children(e, number, &children);
        if (!status)
            status = push(e, &work, ~number);
        for (size_t i = children.count; i-- && !status;)
            status = push(e, &work, ((int32_t *)children.data)[i]);
    }
    weft_vector_free(e->s->allocator, &work);
    weft_vector_free(e->s->allocator, &children);
    return status;
}

/* --- values ----------------------------------------------------------------------------------- */

static weft_status emit_constant(emitter *e, const weft_node *node, int32_t d)
{
    weft_insn insn = {.op = WEFT_OP_IMM, .type = node->type, .imm = node->imm};
    if (node->kind == WEFT_NODE_UNIFORM) {
        insn = (weft_insn){.op = WEFT_OP_LD,
                           .type = node->type,
                           .param = node->param,
                           .k = node->k,
                           .off = (int32_t)node->imm,
                           .scalar = WEFT_SCALAR_D};
    }
    return append(e, &insn, d, -1, -1, -1);
}

/* The register of a value that has been computed. */
static weft_status register_of(emitter *e, int32_t number, int32_t *reg)
{
    const weft_item *item = weft_item_at(e->s, number);
    if (!is_available(e, item)) {
        if (!is_made_anew(e, item))
            return weft_fail(e->s->error, WEFT_ERR_UNSUPPORTED,
                             "the compiler lost a value (a mistake of its own)");
        WEFT_TRY(new_register(e, WEFT_FILE_SCALAR, reg));
        return emit_constant(e, &weft_item_at(e->s, number)->node, *reg);
    }
    *reg = item->reg;
    return WEFT_OK;
}

static weft_status emit_load(emitter *e, int32_t number, unsigned param, unsigned k)
{
    const weft_param *p = (const weft_param *)e->s->params.data + param;
    const bool strip = p->dims & e->strips;
    const weft_insn insn = {.op = WEFT_OP_LD,
                            .type = p->type,
                            .param = (uint8_t)param,
                            .k = (uint8_t)k,
                            .scalar = strip ? 0 : WEFT_SCALAR_D};
    int32_t d;
    WEFT_TRY(new_register(e, file_of((weft_dtype)p->type, strip), &d));
    WEFT_TRY(append(e, &insn, d, -1, -1, -1));
    set_register(e, number, d);
    return WEFT_OK;
}

/* Whether a register can be given a place in a group: it has none yet, and is not twice in the
 * list. */
static bool is_alone(const emitter *e, const int32_t *regs, unsigned i, bool strips)
{
    const weft_virtual *reg = register_at(e, regs[i]);
    for (unsigned j = 0; j < i; j++)
        if (regs[j] == regs[i])
            return false;
    return reg->leader == regs[i] && reg->width == 1 && is_scalar(e, regs[i]) == !strips;
}

/* The registers of the listed values as a run of registers that follow each other: those that have
 * a place elsewhere are copied. */
static weft_status as_run(emitter *e, const int32_t *values, unsigned n, weft_dtype type,
                          bool strips, int32_t *first)
{
    int32_t regs[WEFT_MAX_FUSED_STRIPS + 1] = {0};
    bool follow = true;
    for (unsigned i = 0; i < n; i++) {
        WEFT_TRY(register_of(e, values[i], &regs[i]));
        const weft_virtual *reg = register_at(e, regs[i]), *zero = register_at(e, regs[0]);
        follow &= reg->leader == zero->leader && reg->offset == zero->offset + i &&
                  is_scalar(e, regs[i]) == !strips;
    }
    *first = regs[0];
    if (follow)
        return WEFT_OK;
    for (unsigned i = 0; i < n; i++) {
        int32_t member = regs[i];
        if (!is_alone(e, regs, i, strips)) {
            WEFT_TRY(new_register(e, file_of(type, strips), &member));
            WEFT_TRY(emit_unary(e, WEFT_OP_MOV, type, member, regs[i]));
        }
        if (i == 0)
            *first = member;
        register_at(e, member)->leader = *first;
        register_at(e, member)->offset = (uint8_t)i;
    }
    register_at(e, *first)->width = (uint8_t)n;
    return WEFT_OK;
}

static weft_status emit_op(emitter *e, int32_t number)
{
    const weft_node node = weft_item_at(e->s, number)->node;
    const unsigned form = weft_op_row_of(node.op)->form;
    const bool compares = form == WEFT_FORM_COMPARE;
    int32_t regs[3] = {-1, -1, -1}, d;
    bool strip = false;
    for (unsigned i = 0; i < 3; i++) {
        if (node.arg[i] < 0)
            continue;
        WEFT_TRY(register_of(e, node.arg[i], &regs[i]));
        strip |= !is_scalar(e, regs[i]);
    }
    if (node.op == WEFT_OP_MOV) { /* the same value: nothing is done */
        d = regs[0];
        if (weft_item_at(e->s, number)->mask & e->strips)
            WEFT_TRY(as_strip(e, (weft_dtype)node.type, &d));
        set_register(e, number, d);
        return WEFT_OK;
    }
    weft_insn insn = {.op = node.op,
                      .type = compares ? node.type2 : node.type,
                      .type2 = form == WEFT_FORM_CONVERT ? node.type2 : 0};
    WEFT_TRY(new_register(e, file_of((weft_dtype)node.type, strip), &d));
    if (form == WEFT_FORM_SELECT) {
        mark_scalars(e, &insn, d, regs[1], regs[2], regs[0]);
        WEFT_TRY(append(e, &insn, d, regs[1], regs[2], regs[0]));
    } else {
        mark_scalars(e, &insn, d, regs[0], regs[1], regs[2]);
        WEFT_TRY(append(e, &insn, d, regs[0], regs[1], regs[2]));
    }
    set_register(e, number, d);
    return WEFT_OK;
}

static weft_status emit_index(emitter *e, int32_t number)
{
    const weft_node node = weft_item_at(e->s, number)->node;
    weft_insn insn = {.op = node.kind == WEFT_NODE_INDEX    ? WEFT_OP_INDEX
                            : node.kind == WEFT_NODE_EXTENT ? WEFT_OP_EXTENT
                                                            : WEFT_OP_LENGTH,
                      .type = node.type,
                      .k = node.k,
                      .param = node.kind == WEFT_NODE_LENGTH ? node.param : 0};
    const bool strip = node.kind == WEFT_NODE_INDEX && (e->strips >> node.k & 1);
    int32_t d;
    WEFT_TRY(new_register(e, file_of((weft_dtype)node.type, strip), &d));
    if (node.kind == WEFT_NODE_INDEX)
        mark_scalars(e, &insn, d, -1, -1, -1);
    WEFT_TRY(append(e, &insn, d, -1, -1, -1));
    set_register(e, number, d);
    return WEFT_OK;
}

/* --- rows of tables --------------------------------------------------------------------------- */

/* Whether an item is what the verifier can follow as an address (docs/isa.md): symbols counts those
 * that differ from element to element of loops. */
static bool is_affine(const emitter *e, int32_t number, unsigned depth)
{
    const weft_item *item = weft_item_at(e->s, number);
    const weft_node *node = &item->node;
    if (node->type != WEFT_I64 || depth > 8)
        return false;
    switch ((weft_node_kind)node->kind) {
    case WEFT_NODE_CONST:
        return (int64_t)node->imm <= INT32_MAX && (int64_t)node->imm >= -INT32_MAX;
    case WEFT_NODE_COUNTER:
    case WEFT_NODE_EXTENT:
    case WEFT_NODE_LENGTH:
    case WEFT_NODE_UNIFORM:
        return true;
    case WEFT_NODE_INDEX:
        return !(e->strips >> node->k & 1);
    case WEFT_NODE_OP:
        break;
    default:
        return false;
    }
    const bool by_constant =
        node->arg[1] >= 0 && weft_item_at(e->s, node->arg[1])->node.kind == WEFT_NODE_CONST;
    const bool adds = node->op == WEFT_OP_ADD || node->op == WEFT_OP_SUB;
    const bool scales = (node->op == WEFT_OP_MUL || node->op == WEFT_OP_MAD) && by_constant;
    if (!adds && !scales && node->op != WEFT_OP_NEG && node->op != WEFT_OP_MOV)
        return false;
    for (unsigned i = 0; i < 3; i++)
        if (node->arg[i] >= 0 && !is_affine(e, node->arg[i], depth + 1))
            return false;
    return true;
}

/* All components of a row at once, for those that are needed in the same scope. */
static weft_status emit_row_segment(emitter *e, const weft_insn *ld, int32_t index, int32_t row,
                                    unsigned width)
{
    weft_insn insn = *ld;
    int32_t first;
    insn.op = WEFT_OP_LDS;
    insn.k = 0;
    WEFT_TRY(new_group(e, WEFT_FILE_SCALAR, width, &first));
    WEFT_TRY(append(e, &insn, first, row, -1, -1));
    for (int32_t i = weft_item_at(e->s, index)->child; i >= 0; i = weft_item_at(e->s, i)->sibling) {
        const weft_item *item = weft_item_at(e->s, i);
        if (item->stamp == e->s->stamp && item->node.kind == WEFT_NODE_ROW &&
            item->node.param == ld->param && !is_leaf(e, item))
            set_register(e, i, first + item->node.k);
    }
    return WEFT_OK;
}

static weft_status emit_row(emitter *e, int32_t number)
{
    const weft_node node = weft_item_at(e->s, number)->node;
    const weft_param *param = (const weft_param *)e->s->params.data + node.param;
    const int32_t index = node.arg[0];
    const weft_node at = weft_item_at(e->s, index)->node;
    weft_insn insn = {.type = node.type, .param = node.param, .k = node.k};
    int32_t row, d;
    WEFT_TRY(register_of(e, index, &row));
    if (is_scalar(e, row) && is_affine(e, index, 0)) {
        insn.op = WEFT_OP_LD;
        insn.scalar = WEFT_SCALAR_D;
        if (at.kind == WEFT_NODE_CONST) {
            insn.off = (int32_t)(int64_t)at.imm;
            row = -1;
        } else {
            insn.scalar |= WEFT_ADDRESS_REG;
        }
        unsigned wanted = 0;
        for (int32_t i = weft_item_at(e->s, index)->child; param->segment > 1 && i >= 0;
             i = weft_item_at(e->s, i)->sibling) {
            const weft_item *item = weft_item_at(e->s, i);
            wanted += item->stamp == e->s->stamp && item->node.kind == WEFT_NODE_ROW &&
                      item->node.param == node.param;
        }
        if (wanted > 1)
            return emit_row_segment(e, &insn, index, row, param->segment);
        WEFT_TRY(new_register(e, WEFT_FILE_SCALAR, &d));
    } else {
        insn.op = WEFT_OP_GATHER;
        insn.type2 = at.type;
        WEFT_TRY(new_register(e, file_of((weft_dtype)node.type, !is_scalar(e, row)), &d));
        mark_scalars(e, &insn, d, row, -1, -1);
    }
    WEFT_TRY(append(e, &insn, d, row, -1, -1));
    set_register(e, number, d);
    return WEFT_OK;
}

/* --- fused operations ------------------------------------------------------------------------- */

static weft_status emit_sum(emitter *e, unsigned op, weft_dtype type, int32_t a, int32_t b,
                            int32_t c, int32_t *d)
{
    const bool strip = !is_scalar(e, a) || !is_scalar(e, b) || (c >= 0 && !is_scalar(e, c));
    weft_insn insn = {.op = (uint16_t)op, .type = (uint8_t)type};
    WEFT_TRY(new_register(e, file_of(type, strip), d));
    mark_scalars(e, &insn, *d, a, b, c);
    return append(e, &insn, *d, a, b, c);
}

/* Signs and places of the products of a quaternion product b (x) a: for each component of the
 * result which component of a is multiplied by w, x, y and z of b (docs/isa.md, Fused). */
typedef struct quaternion_term {
    int8_t a, sign;
} quaternion_term;
static const quaternion_term quaternion[2][4][4] = {
    {{{0, 1}, {1, -1}, {2, -1}, {3, -1}},
     {{1, 1}, {0, 1}, {3, 1}, {2, -1}},
     {{2, 1}, {3, -1}, {0, 1}, {1, 1}},
     {{3, 1}, {2, 1}, {1, -1}, {0, 1}}},
    {{{0, 1}, {1, -1}, {2, -1}, {3, -1}},
     {{1, 1}, {0, 1}, {3, -1}, {2, 1}},
     {{2, 1}, {3, 1}, {0, 1}, {1, -1}},
     {{3, 1}, {2, -1}, {1, 1}, {0, 1}}},
};

static weft_status spell_quaternion(emitter *e, const weft_node *node, const int32_t *a,
                                    const int32_t *b, int32_t *results)
{
    const weft_dtype type = (weft_dtype)node->type;
    int32_t minus[4];
    for (unsigned i = 1; i < 4; i++) {
        WEFT_TRY(new_register(e, register_at(e, b[i])->file, &minus[i]));
        WEFT_TRY(emit_unary(e, WEFT_OP_NEG, type, minus[i], b[i]));
    }
    for (unsigned d = 0; d < 4; d++) {
        const quaternion_term *terms = quaternion[node->op == WEFT_OP_QMULR][d];
        WEFT_TRY(emit_sum(e, WEFT_OP_MUL, type, a[terms[0].a], b[0], -1, &results[d]));
        for (unsigned i = 1; i < 4; i++)
            WEFT_TRY(emit_sum(e, WEFT_OP_FMA, type, a[terms[i].a],
                              terms[i].sign < 0 ? minus[i] : b[i], results[d], &results[d]));
    }
    return WEFT_OK;
}

/* A fused operation one product after the other, in its order: of scalars, or with other strips
 * than it has operands for. */
static weft_status spell_fused(emitter *e, const weft_node *node, const int32_t *a,
                               const int32_t *b, int32_t *results)
{
    const weft_dtype type = (weft_dtype)node->type;
    switch (node->op) {
    case WEFT_OP_DOTK:
        WEFT_TRY(emit_sum(e, WEFT_OP_MUL, type, a[0], b[0], -1, results));
        for (unsigned i = 1; i < node->k; i++)
            WEFT_TRY(emit_sum(e, WEFT_OP_FMA, type, a[i], b[i], results[0], results));
        return WEFT_OK;
    case WEFT_OP_HORNER:
        results[0] = b[0];
        for (unsigned i = 1; i <= node->k; i++)
            WEFT_TRY(emit_sum(e, WEFT_OP_FMA, type, results[0], a[0], b[i], results));
        return WEFT_OK;
    case WEFT_OP_AFFINE3:
        for (unsigned i = 0; i < 3; i++) {
            const int32_t *m = &b[3 * i];
            WEFT_TRY(emit_sum(e, WEFT_OP_MUL, type, a[0], m[0], -1, &results[i]));
            WEFT_TRY(emit_sum(e, WEFT_OP_FMA, type, a[1], m[1], results[i], &results[i]));
            WEFT_TRY(emit_sum(e, WEFT_OP_FMA, type, a[2], m[2], results[i], &results[i]));
        }
        return WEFT_OK;
    case WEFT_OP_AFFINE34:
        for (unsigned i = 0; i < 3; i++) {
            const int32_t *m = &b[4 * i];
            WEFT_TRY(emit_sum(e, WEFT_OP_FMA, type, a[0], m[0], m[3], &results[i]));
            WEFT_TRY(emit_sum(e, WEFT_OP_FMA, type, a[1], m[1], results[i], &results[i]));
            WEFT_TRY(emit_sum(e, WEFT_OP_FMA, type, a[2], m[2], results[i], &results[i]));
        }
        return WEFT_OK;
    default:
        return spell_quaternion(e, node, a, b, results);
    }
}

static weft_status set_parts(emitter *e, int32_t fused, const int32_t *results)
{
    set_register(e, fused, results[0]);
    for (int32_t i = weft_item_at(e->s, fused)->child; i >= 0; i = weft_item_at(e->s, i)->sibling)
        if (weft_item_at(e->s, i)->node.kind == WEFT_NODE_PART)
            set_register(e, i, results[weft_item_at(e->s, i)->node.k]);
    return WEFT_OK;
}

static weft_status emit_fused(emitter *e, int32_t number)
{
    const weft_node node = weft_item_at(e->s, number)->node;
    weft_insn insn = {.op = node.op, .type = node.type, .k = node.k};
    const unsigned n_a = weft_run_width(&insn, 'a'), n_b = weft_run_width(&insn, 'b');
    int32_t list[2 * WEFT_MAX_FUSED_STRIPS + 2], regs[2 * WEFT_MAX_FUSED_STRIPS + 2];
    int32_t results[WEFT_MAX_FUSED_RESULTS], first_a, first_b, d;
    bool fits = false;
    memcpy(list, weft_item_list(e->s, weft_item_at(e->s, number)), node.n * sizeof *list);
    for (unsigned i = 0; i < n_a + n_b; i++) {
        WEFT_TRY(register_of(e, list[i], &regs[i]));
        if (i < n_a)
            fits |= !is_scalar(e, regs[i]);
        else
            fits &= is_scalar(e, regs[i]);
    }
    if (!fits) {
        WEFT_TRY(spell_fused(e, &node, regs, regs + n_a, results));
        return set_parts(e, number, results);
    }
    WEFT_TRY(as_run(e, list, n_a, (weft_dtype)node.type, true, &first_a));
    WEFT_TRY(as_run(e, list + n_a, n_b, (weft_dtype)node.type, false, &first_b));
    WEFT_TRY(new_group(e, WEFT_FILE_STRIP, weft_run_width(&insn, 'd'), &d));
    WEFT_TRY(append(e, &insn, d, first_a, first_b, -1));
    for (unsigned i = 0; i < weft_run_width(&insn, 'd'); i++)
        results[i] = d + (int32_t)i;
    return set_parts(e, number, results);
}

/* A function of the user's takes strips and gives one. */
static weft_status emit_call(emitter *e, int32_t number)
{
    const weft_node node = weft_item_at(e->s, number)->node;
    const weft_param param = ((const weft_param *)e->s->params.data)[node.param];
    const weft_insn insn = {
        .op = WEFT_OP_APPLY, .type = node.type, .param = node.param, .off = (int32_t)param.count};
    int32_t regs[WEFT_MAX_FUNCTION_ARGS] = {-1, -1, -1}, d;
    if (!e->strips)
        return weft_fail(e->s->error, WEFT_ERR_SYNTAX,
                         "function '%s' of the user's needs an array among its arguments",
                         param.name);
    for (unsigned i = 0; i < node.n; i++) {
        const int32_t arg = weft_item_list(e->s, weft_item_at(e->s, number))[i];
        WEFT_TRY(register_of(e, arg, &regs[i]));
        WEFT_TRY(as_strip(e, (weft_dtype)weft_item_at(e->s, arg)->node.type, &regs[i]));
    }
    WEFT_TRY(new_register(e, file_of((weft_dtype)node.type, true), &d));
    WEFT_TRY(append(e, &insn, d, regs[0], regs[1], regs[2]));
    set_register(e, number, d);
    return WEFT_OK;
}

/* --- loops within nests ----------------------------------------------------------------------- */

/* Where a value that was just computed is written nowhere else, and the variable that it becomes is
 * read no more, it can be computed in the variable's register. */
static bool take_over(emitter *e, size_t body, int32_t value, int32_t variable)
{
    weft_draft *insns = e->draft->insns.data;
    const weft_virtual *reg = register_at(e, value), *to = register_at(e, variable);
    size_t at = e->draft->insns.count;
    if (reg->leader != value || reg->width != 1 || reg->file != to->file)
        return false;
    unsigned depth = 0;
    while (at-- > body) {
        const weft_draft *i = &insns[at];
        depth += i->insn.op == WEFT_OP_END;
        depth -= weft_op_opens_block(i->insn.op);
        if (i->d == value)
            break;
        if (i->d == variable || i->a == variable || i->b == variable || i->c == variable)
            return false;
    }
    if (at < body || at == SIZE_MAX || depth != 0)
        return false;
    for (size_t i = body; i < at; i++) /* a variable of an inner loop is written more than once */
        if (insns[i].d == value)
            return false;
    for (size_t i = at; i < e->draft->insns.count; i++) {
        weft_draft *insn = &insns[i];
        insn->d = insn->d == value ? variable : insn->d;
        insn->a = insn->a == value ? variable : insn->a;
        insn->b = insn->b == value ? variable : insn->b;
        insn->c = insn->c == value ? variable : insn->c;
    }
    return true;
}

/* What the variables are next goes into their registers: all are computed before any is written. */
static weft_status move_variables(emitter *e, size_t body, unsigned n, const int32_t *variables,
                                  int32_t *values, const weft_dtype *types)
{
    for (unsigned k = 0; k < n; k++) {
        bool shared = false;
        for (unsigned j = 0; j < n; j++)
            shared |= j != k && (values[j] == values[k] || values[j] == variables[k]);
        if (!shared && values[k] != variables[k] && take_over(e, body, values[k], variables[k]))
            values[k] = variables[k];
    }
    for (unsigned k = 0; k < n; k++) /* one that is another's next value is saved first */
        for (unsigned j = 0; j < k; j++)
            if (values[k] == variables[j] && values[j] != variables[j]) {
                int32_t saved;
                WEFT_TRY(new_register(e, register_at(e, values[k])->file, &saved));
                WEFT_TRY(emit_unary(e, WEFT_OP_MOV, types[k], saved, values[k]));
                values[k] = saved;
                break;
            }
    for (unsigned k = 0; k < n; k++)
        if (values[k] != variables[k])
            WEFT_TRY(emit_unary(e, WEFT_OP_MOV, types[k], variables[k], values[k]));
    return WEFT_OK;
}

static weft_status emit_loads(emitter *e, unsigned within);

static weft_status open_loop(emitter *e, int32_t number)
{
    const weft_node node = weft_item_at(e->s, number)->node;
    if (node.kind == WEFT_NODE_SCAN) {
        WEFT_TRY(emit_block(e, WEFT_OP_SEQ, node.k, 0, 0));
        e->open |= 1u << node.k;
        return emit_loads(e, 1u << node.k);
    }
    weft_insn insn = {.op = WEFT_OP_FOR};
    int32_t counter, count = -1;
    if (weft_item_at(e->s, node.arg[0])->node.kind == WEFT_NODE_CONST) {
        const int64_t times = (int64_t)weft_item_at(e->s, node.arg[0])->node.imm;
        insn.imm = times > 0 ? (uint64_t)times : 0;
    } else if (is_affine(e, node.arg[0], 0)) {
        WEFT_TRY(register_of(e, node.arg[0], &count));
        insn.scalar = WEFT_SCALAR_A;
    } else {
        return weft_fail(e->s->error, WEFT_ERR_SYNTAX,
                         "the count of a for is made of whole numbers, i64 uniforms, counters, len "
                         "and extent by sums and constant factors");
    }
    WEFT_TRY(new_register(e, WEFT_FILE_SCALAR, &counter));
    WEFT_TRY(append(e, &insn, counter, count, -1, -1));
    WEFT_TRY(open_scope(e));
    for (int32_t i = weft_item_at(e->s, number)->child; i >= 0; i = weft_item_at(e->s, i)->sibling)
        if (weft_item_at(e->s, i)->node.kind == WEFT_NODE_COUNTER)
            set_register(e, i, counter);
    return WEFT_OK;
}

/* Gives all items of that kind which are variable k of the loop that register. */
static void set_variable(emitter *e, int32_t loop, weft_node_kind kind, unsigned k, int32_t reg)
{
    for (int32_t i = weft_item_at(e->s, loop)->child; i >= 0; i = weft_item_at(e->s, i)->sibling)
        if (weft_item_at(e->s, i)->node.kind == kind && weft_item_at(e->s, i)->node.k == k)
            set_register(e, i, reg);
}

typedef struct loop_variables {
    unsigned n;
    uint8_t *k;         /* which variables of the loop they are */
    int32_t *variables; /* registers */
    int32_t *values;
    weft_dtype *types;
} loop_variables;

/* Registers for the variables, with what they are at first. */
static weft_status begin_variables(emitter *e, int32_t number, loop_variables *v)
{
    const weft_node node = weft_item_at(e->s, number)->node;
    for (unsigned k = 0; k < node.n; k++) {
        const int32_t *list = weft_item_list(e->s, weft_item_at(e->s, number));
        if (!is_wanted(e, weft_item_at(e->s, number), k))
            continue;
        const int32_t initial = list[k];
        const unsigned mask = variable_mask(e, weft_item_at(e->s, number), k);
        const weft_dtype type = (weft_dtype)weft_item_at(e->s, initial)->node.type;
        int32_t from;
        WEFT_TRY(register_of(e, initial, &from));
        WEFT_TRY(new_register(e, file_of(type, mask & e->strips), &v->variables[v->n]));
        WEFT_TRY(emit_unary(e, WEFT_OP_MOV, type, v->variables[v->n], from));
        v->k[v->n] = (uint8_t)k;
        v->types[v->n++] = type;
    }
    return WEFT_OK;
}

static weft_status emit_body(emitter *e, int32_t number, loop_variables *v)
{
    const weft_node node = weft_item_at(e->s, number)->node;
    const unsigned open = e->open;
    WEFT_TRY(begin_variables(e, number, v));
    WEFT_TRY(open_loop(e, number));
    const size_t body = e->draft->insns.count;
    for (unsigned i = 0; i < v->n; i++)
        set_variable(e, number, WEFT_NODE_CARRIED, v->k[i], v->variables[i]);
    for (unsigned i = 0; i < v->n; i++) {
        const int32_t next = weft_item_list(e->s, weft_item_at(e->s, number))[node.n + v->k[i]];
        WEFT_TRY(compute(e, next));
        WEFT_TRY(register_of(e, next, &v->values[i]));
    }
    WEFT_TRY(move_variables(e, body, v->n, v->variables, v->values, v->types));
    WEFT_TRY(emit_end(e));
    e->open = open;
    for (unsigned i = 0; i < v->n; i++)
        set_variable(e, number, WEFT_NODE_PART, v->k[i], v->variables[i]);
    return WEFT_OK;
}

static weft_status emit_loop(emitter *e, int32_t number)
{
    const weft_allocator *allocator = e->s->allocator;
    const size_t n = weft_item_at(e->s, number)->node.n;
    int32_t *regs = weft_mem_zeroed(allocator, 2 * n + 1, sizeof *regs);
    weft_dtype *types = weft_mem_zeroed(allocator, n + 1, sizeof *types);
    uint8_t *k = weft_mem_zeroed(allocator, n + 1, sizeof *k);
    loop_variables v = {0, k, regs, regs ? regs + n : NULL, types};
    weft_status status =
        regs && types && k ? emit_body(e, number, &v) : weft_fail_memory(e->s->error);
    weft_mem_free(allocator, regs, (2 * n + 1) * sizeof *regs);
    weft_mem_free(allocator, types, (n + 1) * sizeof *types);
    weft_mem_free(allocator, k, n + 1);
    return status;
}

/* --- one item --------------------------------------------------------------------------------- */

static weft_status emit_item(emitter *e, int32_t number)
{
    const weft_item *item = weft_item_at(e->s, number);
    const weft_node node = item->node;
    int32_t d;
    if (weft_item_is_kept(e->s, item, e->nest))
        return emit_load(e, number, item->scratch - 1u, 0);
    switch ((weft_node_kind)node.kind) {
    case WEFT_NODE_CONST:
    case WEFT_NODE_UNIFORM:
        WEFT_TRY(new_register(e, WEFT_FILE_SCALAR, &d));
        WEFT_TRY(emit_constant(e, &node, d));
        set_register(e, number, d);
        return WEFT_OK;
    case WEFT_NODE_LOAD:
        return emit_load(e, number, node.param, node.k);
    case WEFT_NODE_ROW:
        return emit_row(e, number);
    case WEFT_NODE_INDEX:
    case WEFT_NODE_EXTENT:
    case WEFT_NODE_LENGTH:
        return emit_index(e, number);
    case WEFT_NODE_OP:
        return emit_op(e, number);
    case WEFT_NODE_FUSED:
        return emit_fused(e, number);
    case WEFT_NODE_FOR:
    case WEFT_NODE_SCAN:
        return emit_loop(e, number);
    case WEFT_NODE_CALL:
        return emit_call(e, number);
    case WEFT_NODE_PART: /* came with what it is a part of */
        return WEFT_OK;
    default:
        return weft_fail(e->s->error, WEFT_ERR_UNSUPPORTED,
                         "the compiler met a value out of its place (a mistake of its own)");
    }
}

/* --- loads ------------------------------------------------------------------------------------ */

static bool is_load_here(const emitter *e, const weft_item *item, unsigned within)
{
    const bool loads = item->node.kind == WEFT_NODE_LOAD || weft_item_is_kept(e->s, item, e->nest);
    return item->stamp == e->s->stamp && loads && (item->mask & e->strips) &&
           !(item->mask & ~e->open) && (item->mask & within) && !is_available(e, item);
}

/* Whether the nest stores to the array that is loaded from. */
static bool is_stored_here(const emitter *e, unsigned param)
{
    const weft_scheduler *s = e->s;
    const uint32_t nest = (uint32_t)(e->nest - weft_nest_at(s, 0));
    for (size_t i = 0; i < s->sinks.count; i++) {
        const weft_sink *sink = weft_sink_at(s, i);
        if (sink->kind == WEFT_SINK_STORE && sink->domain && sink->nest == nest &&
            sink->param == param)
            return true;
    }
    return false;
}

/* Loads stand first in a loop, as they cost nothing where an array can be read in place, and what
 * reads them can follow closer on itself. */
static weft_status emit_loads(emitter *e, unsigned within)
{
    weft_scheduler *s = e->s;
    unsigned count = 0;
    for (int32_t i = 0; i < (int32_t)s->items.count; i++)
        count += is_load_here(e, weft_item_at(s, i), within);
    for (int32_t i = 0; i < (int32_t)s->items.count; i++) {
        const weft_item *item = weft_item_at(s, i);
        if (!is_load_here(e, item, within))
            continue;
        const bool kept = weft_item_is_kept(s, item, e->nest);
        const unsigned param = kept ? item->scratch - 1u : item->node.param;
        const weft_param *p = (const weft_param *)s->params.data + param;
        unsigned wanted = 0;
        if (count > MANY_LOADS && !is_stored_here(e, param))
            continue;
        for (int32_t j = i; p->segment > 1 && j < (int32_t)s->items.count; j++)
            wanted += is_load_here(e, weft_item_at(s, j), within) &&
                      weft_item_at(s, j)->node.param == param;
        if (wanted < 2 || 2 * wanted < p->segment) {
            WEFT_TRY(emit_load(e, i, param, kept ? 0 : item->node.k));
            continue;
        }
        const weft_insn insn = {.op = WEFT_OP_LDS, .type = p->type, .param = (uint8_t)param};
        int32_t first;
        WEFT_TRY(new_group(e, file_of((weft_dtype)p->type, true), p->segment, &first));
        WEFT_TRY(append(e, &insn, first, -1, -1, -1));
        for (int32_t j = (int32_t)s->items.count - 1; j >= i; j--)
            if (is_load_here(e, weft_item_at(s, j), within) &&
                weft_item_at(s, j)->node.param == param)
                set_register(e, j, first + weft_item_at(s, j)->node.k);
    }
    return WEFT_OK;
}

/* --- sinks ------------------------------------------------------------------------------------ */

static weft_status emit_store(emitter *e, unsigned param, unsigned k, int32_t value)
{
    const weft_param *p = (const weft_param *)e->s->params.data + param;
    weft_insn insn = {.op = WEFT_OP_ST, .type = p->type, .param = (uint8_t)param, .k = (uint8_t)k};
    int32_t reg;
    WEFT_TRY(register_of(e, value, &reg));
    if (e->strips)
        WEFT_TRY(as_strip(e, (weft_dtype)p->type, &reg));
    mark_scalars(e, &insn, reg, -1, -1, -1);
    return append(e, &insn, reg, -1, -1, -1);
}

static weft_status compute_values(emitter *e, const weft_sink *sink)
{
    for (unsigned k = 0; k < WEFT_MAX_SEGMENT; k++)
        if (sink->value[k] >= 0)
            WEFT_TRY(compute(e, sink->value[k]));
    return WEFT_OK;
}

static weft_status emit_stores(emitter *e, const weft_sink *sink)
{
    const weft_param *p = (const weft_param *)e->s->params.data + sink->param;
    bool all = p->segment > 1 && e->strips;
    for (unsigned k = 0; k < p->segment; k++)
        all &= sink->value[k] >= 0;
    WEFT_TRY(compute_values(e, sink));
    if (all) {
        const weft_insn insn = {.op = WEFT_OP_STS, .type = p->type, .param = sink->param};
        int32_t first;
        WEFT_TRY(as_run(e, sink->value, p->segment, (weft_dtype)p->type, true, &first));
        return append(e, &insn, first, -1, -1, -1);
    }
    for (unsigned k = 0; k < p->segment; k++)
        if (sink->value[k] >= 0)
            WEFT_TRY(emit_store(e, sink->param, k, sink->value[k]));
    return WEFT_OK;
}

/* The opener of the outermost block that a reduction runs over. */
static weft_status emit_reduction(emitter *e, const weft_sink *sink, size_t opener)
{
    const int32_t number = sink->value[0];
    const weft_node node = weft_item_at(e->s, number)->node;
    const weft_dtype type = (weft_dtype)weft_item_at(e->s, node.arg[0])->node.type;
    const weft_insn insn = {
        .op = node.op, .type = (uint8_t)type, .k = (uint8_t)(1 + sink->n_inner)};
    int32_t operand[2] = {-1, -1}, d;
    for (unsigned i = 0; i < 2; i++) {
        if (node.arg[i] < 0)
            continue;
        WEFT_TRY(compute(e, node.arg[i]));
        WEFT_TRY(register_of(e, node.arg[i], &operand[i]));
        WEFT_TRY(as_strip(e, type, &operand[i]));
    }
    WEFT_TRY(new_register(e, WEFT_FILE_SCALAR, &d));
    register_at(e, d)->from = (int32_t)opener;
    WEFT_TRY(append(e, &insn, d, operand[0], operand[1], -1));
    weft_item_at(e->s, number)->reg = d; /* there when the block has ended: */
    weft_item_at(e->s, number)->scope = e->scopes[e->depth - 2 - sink->n_inner];
    return WEFT_OK;
}

static weft_status emit_sink(emitter *e, const weft_sink *sink, size_t opener)
{
    switch ((weft_sink_kind)sink->kind) {
    case WEFT_SINK_STORE:
        return emit_stores(e, sink);
    case WEFT_SINK_KEEP:
        WEFT_TRY(compute(e, sink->value[0]));
        return emit_store(e, sink->param, 0, sink->value[0]);
    case WEFT_SINK_REDUCE:
        return emit_reduction(e, sink, opener);
    default:
        return compute(e, sink->value[0]);
    }
}

/* --- nests ------------------------------------------------------------------------------------ */

static weft_status push_roots(emitter *e, const weft_nest *nest)
{
    weft_scheduler *s = e->s;
    const uint32_t number = (uint32_t)(nest - weft_nest_at(s, 0));
    s->stack.count = 0;
    for (size_t i = 0; i < s->sinks.count; i++) {
        const weft_sink *sink = weft_sink_at(s, i);
        if (!sink->domain || sink->nest != number)
            continue;
        if (sink->kind == WEFT_SINK_REDUCE) {
            const weft_node node = weft_item_at(s, sink->value[0])->node;
            for (unsigned k = 0; k < 2; k++)
                if (node.arg[k] >= 0)
                    WEFT_TRY(push(e, &s->stack, node.arg[k]));
            continue;
        }
        for (unsigned k = 0; k < WEFT_MAX_SEGMENT; k++)
            if (sink->value[k] >= 0)
                WEFT_TRY(push(e, &s->stack, sink->value[k]));
    }
    return WEFT_OK;
}

/* Whether an item can be computed when only those dimensions are open, in no strip loop. */
static bool is_at_home(const weft_item *item, unsigned dims)
{
    return !(item->mask & ~dims) && item->node.loop < 0;
}

typedef struct needs {
    emitter *e;
    unsigned dims;
    weft_status status;
} needs;

static bool need(weft_scheduler *s, int32_t number, void *data)
{
    needs *n = data;
    if (is_at_home(weft_item_at(s, number), n->dims))
        n->status = push(n->e, &n->e->order, number);
    return !n->status;
}

/* Computes what the stamped items need from outside the block that is about to be opened. */
static weft_status prepare(emitter *e, unsigned dims)
{
    weft_scheduler *s = e->s;
    needs n = {e, dims, WEFT_OK};
    unsigned constants = 0;
    e->order.count = 0;
    for (int32_t i = 0; i < (int32_t)s->items.count; i++) {
        const weft_item *item = weft_item_at(s, i);
        if (item->stamp != s->stamp)
            continue;
        constants += item->node.kind == WEFT_NODE_CONST || item->node.kind == WEFT_NODE_UNIFORM;
        if (!is_at_home(item, dims) && !is_leaf(e, item) && !weft_item_each_arg(s, i, need, &n))
            return n.status;
    }
    e->constants_inline = constants > MANY_SCALARS;
    for (size_t i = 0; i < e->order.count; i++) {
        const int32_t number = ((int32_t *)e->order.data)[i];
        const weft_item *item = weft_item_at(s, number);
        const bool constant =
            item->node.kind == WEFT_NODE_CONST || item->node.kind == WEFT_NODE_UNIFORM;
        if (item->stamp == s->stamp && !(constant && e->constants_inline) &&
            (dims || !weft_item_is_kept(s, item, e->nest)))
            WEFT_TRY(compute(e, number));
    }
    return WEFT_OK;
}

static weft_status stamp_nest(emitter *e, const weft_nest *nest)
{
    e->nest = nest;
    e->s->stamp++;
    WEFT_TRY(push_roots(e, nest));
    return reach(e);
}

static weft_status emit_sinks(emitter *e, const weft_nest *nest, size_t opener)
{
    weft_scheduler *s = e->s;
    const uint32_t number = (uint32_t)(nest - weft_nest_at(s, 0));
    /* Without strips inout arrays have not been loaded yet: that comes before any store. */
    for (size_t i = 0; i < s->sinks.count && !e->strips; i++)
        if (weft_sink_at(s, i)->domain && weft_sink_at(s, i)->nest == number)
            WEFT_TRY(compute_values(e, weft_sink_at(s, i)));
    for (size_t i = 0; i < s->sinks.count; i++)
        if (weft_sink_at(s, i)->domain && weft_sink_at(s, i)->nest == number)
            WEFT_TRY(emit_sink(e, weft_sink_at(s, i), opener));
    return WEFT_OK;
}

/* Rows that other groups read, once the loop that made them has ended. */
static weft_status emit_rows(emitter *e, const weft_nest *nest)
{
    weft_scheduler *s = e->s;
    const uint32_t number = (uint32_t)(nest - weft_nest_at(s, 0));
    for (size_t i = 0; i < s->sinks.count; i++) {
        const weft_sink *sink = weft_sink_at(s, i);
        const weft_item *item = sink->value[0] >= 0 ? weft_item_at(s, sink->value[0]) : NULL;
        if (sink->kind == WEFT_SINK_REDUCE && sink->nest == number && item->is_row && item->scratch)
            WEFT_TRY(emit_store(e, item->scratch - 1u, 0, sink->value[0]));
    }
    return WEFT_OK;
}

static weft_status open_strips(emitter *e, const weft_sink *shape)
{
    if (!e->s->options->unrolled)
        return emit_block(e, WEFT_OP_LOOP, 0, (unsigned)shape->lo, (unsigned)shape->hi);
    const weft_insn insn = {.op = WEFT_OP_STRIP, .imm = (uint64_t)e->s->options->elements};
    WEFT_TRY(append(e, &insn, -1, -1, -1, -1));
    return open_scope(e);
}

static weft_status emit_nest(emitter *e, const weft_nest *nest)
{
    const weft_sink *shape = &nest->shape;
    WEFT_TRY(stamp_nest(e, nest));
    WEFT_TRY(prepare(e, e->open));
    const size_t opener = e->draft->insns.count;
    for (unsigned i = 0; i < shape->n_inner; i++) {
        WEFT_TRY(emit_block(e, WEFT_OP_EACH, shape->inner[i], 0, 0));
        e->open |= 1u << shape->inner[i];
    }
    if (shape->n_inner)
        WEFT_TRY(prepare(e, e->open));
    const unsigned open = e->open;
    if (shape->hi >= shape->lo) {
        WEFT_TRY(open_strips(e, shape));
        for (int dim = shape->lo; dim <= shape->hi; dim++)
            e->strips |= 1u << dim;
        e->open |= e->strips;
        WEFT_TRY(emit_loads(e, e->open));
    }
    WEFT_TRY(emit_sinks(e, nest, opener));
    if (shape->hi >= shape->lo)
        WEFT_TRY(emit_end(e));
    e->strips = 0;
    e->open = open;
    for (unsigned i = 0; i < shape->n_inner; i++) {
        WEFT_TRY(emit_end(e));
        e->open &= ~(1u << shape->inner[i]);
    }
    return emit_rows(e, nest);
}

static weft_status emit_group(emitter *e, uint32_t group)
{
    weft_scheduler *s = e->s;
    const weft_nest *first = NULL;
    for (size_t i = 0; i < s->nests.count; i++) {
        const weft_nest *nest = weft_nest_at(s, i);
        if (nest->group != group)
            continue;
        if (!first)
            first = nest;
        if (first->shape.n_each) { /* what does not depend on the rows comes in front of them */
            WEFT_TRY(stamp_nest(e, nest));
            WEFT_TRY(prepare(e, 0));
        }
    }
    for (unsigned i = 0; i < first->shape.n_each; i++) {
        WEFT_TRY(emit_block(e, WEFT_OP_EACH, first->shape.each[i], 0, 0));
        e->open |= 1u << first->shape.each[i];
    }
    for (size_t i = 0; i < s->nests.count; i++)
        if (weft_nest_at(s, i)->group == group)
            WEFT_TRY(emit_nest(e, weft_nest_at(s, i)));
    for (unsigned i = 0; i < first->shape.n_each; i++)
        WEFT_TRY(emit_end(e));
    e->open = 0;
    return WEFT_OK;
}

/* Single values are stored when all loops are done. */
static weft_status emit_scalars(emitter *e)
{
    weft_scheduler *s = e->s;
    e->nest = NULL;
    e->constants_inline = false;
    s->stamp++;
    s->stack.count = 0;
    for (size_t i = 0; i < s->sinks.count; i++)
        for (unsigned k = 0; k < WEFT_MAX_SEGMENT && !weft_sink_at(s, i)->domain; k++)
            if (weft_sink_at(s, i)->value[k] >= 0)
                WEFT_TRY(push(e, &s->stack, weft_sink_at(s, i)->value[k]));
    WEFT_TRY(reach(e));
    for (size_t i = 0; i < s->sinks.count; i++)
        if (!weft_sink_at(s, i)->domain)
            WEFT_TRY(compute_values(e, weft_sink_at(s, i)));
    for (size_t i = 0; i < s->sinks.count; i++)
        if (!weft_sink_at(s, i)->domain)
            WEFT_TRY(emit_stores(e, weft_sink_at(s, i)));
    return WEFT_OK;
}

static weft_status emit_all(emitter *e)
{
    const weft_insn exit = {.op = WEFT_OP_EXIT};
    find_pressures(e->s);
    WEFT_TRY(open_scope(e));
    for (uint32_t group = 1; group <= e->s->groups; group++)
        WEFT_TRY(emit_group(e, group));
    WEFT_TRY(emit_scalars(e));
    return append(e, &exit, -1, -1, -1, -1);
}

weft_status weft_schedule_emit(weft_scheduler *s, weft_draft_code *draft)
{
    emitter e = {.s = s, .draft = draft, .order.element = sizeof(int32_t)};
    weft_status status = emit_all(&e);
    weft_vector_free(s->allocator, &e.order);
    return status;
}
