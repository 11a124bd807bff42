/* backends/interp.c: the reference backend (backends/backend.h): a strip loop on one thread. With
 * the scalar level's kernels it is the oracle for every faster backend, so it does one obvious
 * thing at a time: loads copy into strip registers, stores copy out of them, and one kernel runs
 * for each instruction. What the verifier and the binding have proved is not checked again. */
#include <string.h>

#include "backends/backend.h"
#include "backends/indices.h"
#include "simd/ref.h"

enum {
    DEFAULT_STRIP = 256,
    SLOT_BYTES = 8,       /* room for one element of any type */
    CHECK_EVERY = 1 << 16 /* cost between looks at the cancel flag */
};

typedef struct reduction_site { /* a reduction instruction and the loop that it ends with */
    uint32_t pc, scope;
} reduction_site;

typedef struct interp {
    const weft_binding *binding;
    const weft_insn *insns;
    const uint32_t *match;
    weft_error *error;
    int64_t index[WEFT_MAX_RANK]; /* of the present element; of a strip's first element */
    int strip_dim;                /* dimension along which the present strip lies, or -1 */
    size_t lanes;                 /* elements of the present strip; 1 outside */
    size_t capacity;              /* most lanes that a strip can have */
    char *strips;                 /* v0, v1, ... of capacity slots each */
    uint8_t *predicates;          /* p0, p1, ... of capacity bytes each */
    char *spare;                  /* a strip's worth of room for what cannot be done in place */
    uint64_t scalars[WEFT_MAX_SCALARS];
    weft_vector sites;                                /* of reduction_site, by pc */
    weft_ref_reduction *reductions[WEFT_MAX_SCALARS]; /* by the register of the result */
    uint64_t cost, next_check;
    bool exited;
} interp;

static weft_status run(interp *in, uint32_t pc, uint32_t end);
static weft_status charge(interp *in, uint32_t pc);

/* --- registers -------------------------------------------------------------------------------- */

static void *strip_register(const interp *in, unsigned number, weft_dtype type)
{
    if (type == WEFT_BOOL)
        return in->predicates + number * in->capacity;
    return in->strips + number * in->capacity * SLOT_BYTES;
}

/* Where a kernel finds an operand: its strip, or its scalar. */
static const void *operand(const interp *in, const weft_insn *insn, const weft_slot *slot)
{
    unsigned number = weft_insn_field(insn, slot->field);
    if (weft_slot_is_scalar(insn, slot))
        return &in->scalars[number];
    return strip_register(in, number, weft_slot_dtype(insn, slot));
}

/* --- element-wise operations ------------------------------------------------------------------ */

static weft_kernel *kernel_of(const interp *in, const weft_insn *insn, unsigned form)
{
    if (insn->op == WEFT_OP_CVT)
        return in->binding->kernels->convert[insn->type][insn->type2];
    return weft_kernel_find(in->binding->kernels, insn->op, insn->type, form);
}

static void elementwise(interp *in, const weft_insn *insn)
{
    const weft_slot *slots = weft_form_slots(weft_op_row_of(insn->op)->form);
    const void *operands[3] = {NULL, NULL, NULL}; /* a, b, c */
    for (unsigned i = 1; slots[i].kind != WEFT_SLOT_END; i++)
        operands[slots[i].field - 'a'] = operand(in, insn, &slots[i]);
    if (weft_slot_is_scalar(insn, &slots[0])) {
        uint64_t result = 0;
        kernel_of(in, insn, 0)(&result, operands[0], operands[1], operands[2], 1);
        in->scalars[insn->d] = result;
        return;
    }
    void *dst = strip_register(in, insn->d, weft_slot_dtype(insn, &slots[0]));
    if (insn->op == WEFT_OP_CVT && operands[0] == dst) { /* elements of another size */
        size_t size = weft_dtype_size((weft_dtype)insn->type2);
        memcpy(in->spare, operands[0], in->lanes * size);
        operands[0] = in->spare;
    }
    unsigned form = insn->scalar & (WEFT_SCALAR_A | WEFT_SCALAR_B | WEFT_SCALAR_C);
    kernel_of(in, insn, form)(dst, operands[0], operands[1], operands[2], in->lanes);
}

static void broadcast(interp *in, const weft_insn *insn)
{
    weft_dtype type = (weft_dtype)insn->type;
    in->binding->kernels->broadcast[type](strip_register(in, insn->d, type), &in->scalars[insn->a],
                                          NULL, NULL, in->lanes);
}

static void element_index(interp *in, const weft_insn *insn)
{
    bool scalar = (insn->scalar & WEFT_SCALAR_D) != 0;
    int64_t first = in->index[insn->k], step = insn->k == in->strip_dim;
    char *to = scalar ? (char *)&in->scalars[insn->d]
                      : strip_register(in, insn->d, (weft_dtype)insn->type);
    size_t size = weft_dtype_size((weft_dtype)insn->type);
    if (scalar)
        in->scalars[insn->d] = 0;
    for (size_t i = 0; i < (scalar ? 1 : in->lanes); i++) {
        int64_t value = first + (scalar ? 0 : (int64_t)i * step);
        memcpy(to + i * size, &value, size); /* i32 is the low half: it wraps */
    }
}

static void fused(interp *in, const weft_insn *insn)
{
    weft_dtype type = (weft_dtype)insn->type;
    void *results[WEFT_MAX_FUSED_RESULTS];
    const void *strips[WEFT_MAX_FUSED_STRIPS];
    for (unsigned i = 0; i < weft_run_width(insn, 'd'); i++)
        results[i] = strip_register(in, insn->d + i, type);
    for (unsigned i = 0; i < weft_run_width(insn, 'a'); i++)
        strips[i] = strip_register(in, insn->a + i, type);
    in->binding->kernels->fused[insn->op - WEFT_FUSED_FIRST][type](
        results, strips, &in->scalars[insn->b], insn->k, in->lanes);
}

static void apply(interp *in, const weft_insn *insn)
{
    const weft_slot *slots = weft_form_slots(WEFT_FORM_APPLY);
    const void *strips[WEFT_MAX_FUNCTION_ARGS] = {NULL, NULL, NULL};
    for (unsigned i = 0; i < weft_signature_count((uint32_t)insn->off); i++)
        strips[i] = operand(in, insn, &slots[2 + i]);
    weft_function_apply(in->binding->arrays[insn->param].function, insn,
                        strip_register(in, insn->d, (weft_dtype)insn->type), strips, in->spare,
                        in->lanes);
}

/* --- memory ----------------------------------------------------------------------------------- */

/* Address of component 0 of the first element that an instruction accesses. */
static char *address(const interp *in, const weft_insn *insn)
{
    const weft_bound_array *array = &in->binding->arrays[insn->param];
    uint64_t offset = (uint64_t)(int64_t)insn->off;
    int64_t bytes = 0;
    if (insn->scalar & WEFT_ADDRESS_REG)
        offset += in->scalars[insn->a];
    for (int d = 0; d < WEFT_MAX_RANK; d++)
        bytes += in->index[d] * array->stride[d];
    return array->data + bytes + (int64_t)offset * array->row;
}

/* All components of an instruction that moves scalars, component 0 being at `memory`. */
static void move_scalars(interp *in, const weft_insn *insn, char *memory, unsigned first,
                         unsigned width, bool store)
{
    const weft_bound_array *array = &in->binding->arrays[insn->param];
    const weft_kernel_table *kernels = in->binding->kernels;
    for (unsigned c = 0; c < width; c++) {
        char *component = memory + (first + c) * array->component;
        uint64_t *scalar = &in->scalars[insn->d + c];
        if (store) {
            kernels->store_strided[insn->type](component, scalar, 0, 1);
            continue;
        }
        *scalar = 0;
        kernels->load_strided[insn->type](scalar, component, 0, 1);
    }
}

static void move(interp *in, const weft_insn *insn)
{
    const weft_bound_array *array = &in->binding->arrays[insn->param];
    const weft_kernel_table *kernels = in->binding->kernels;
    const weft_dtype type = (weft_dtype)insn->type;
    const bool store = insn->op == WEFT_OP_ST || insn->op == WEFT_OP_STS;
    const bool segment = insn->op == WEFT_OP_LDS || insn->op == WEFT_OP_STS;
    const unsigned first = segment ? 0 : insn->k;
    const unsigned width = segment ? in->binding->code->params[insn->param].segment : 1;
    void *strips[WEFT_MAX_SEGMENT];
    const void *sources[WEFT_MAX_SEGMENT];
    char *memory = address(in, insn);
    if (insn->scalar & WEFT_SCALAR_D) {
        move_scalars(in, insn, memory, first, width, store);
        return;
    }
    const int64_t step = array->stride[in->strip_dim];
    memory += first * array->component;
    for (unsigned c = 0; c < width; c++)
        sources[c] = strips[c] = strip_register(in, insn->d + c, type);
    if (store && segment)
        kernels->store_segment[type](memory, sources, width, step, array->component, in->lanes);
    else if (store)
        kernels->store_strided[type](memory, strips[0], step, in->lanes);
    else if (segment)
        kernels->load_segment[type](strips, memory, width, step, array->component, in->lanes);
    else
        kernels->load_strided[type](strips[0], memory, step, in->lanes);
}

static weft_status gather(interp *in, const weft_insn *insn, uint32_t pc)
{
    const weft_bound_array *array = &in->binding->arrays[insn->param];
    const weft_dtype type = (weft_dtype)insn->type;
    const bool wide = insn->type2 == WEFT_I64, scalar = (insn->scalar & WEFT_SCALAR_A) != 0;
    const size_t n = scalar ? 1 : in->lanes;
    const void *indices = operand(in, insn, &weft_form_slots(WEFT_FORM_GATHER)[2]);
    void *target = scalar ? (void *)&in->scalars[insn->d] : strip_register(in, insn->d, type);
    WEFT_TRY(weft_check_indices(in->binding, pc, indices, n, in->index, in->strip_dim, in->error));
    if (target == indices) {
        memcpy(in->spare, indices, n * weft_dtype_size((weft_dtype)insn->type2));
        indices = in->spare;
    }
    if (scalar)
        in->scalars[insn->d] = 0;
    in->binding->kernels->gather[type][wide](target, array->data + insn->k * array->component,
                                             array->row, indices, n);
    return WEFT_OK;
}

static weft_status scatter(interp *in, const weft_insn *insn, uint32_t pc)
{
    const weft_bound_array *array = &in->binding->arrays[insn->param];
    const weft_kernel_table *kernels = in->binding->kernels;
    const weft_slot *slots = weft_form_slots(WEFT_FORM_SCATTER);
    const bool wide = insn->type2 == WEFT_I64;
    const size_t n = insn->scalar & WEFT_SCALAR_A ? 1 : in->lanes;
    const void *indices = operand(in, insn, &slots[2]), *source = operand(in, insn, &slots[0]);
    WEFT_TRY(weft_check_indices(in->binding, pc, indices, n, in->index, in->strip_dim, in->error));
    if (n > 1 && insn->scalar & WEFT_SCALAR_D) { /* one value to all of them */
        kernels->broadcast[insn->type](in->spare, source, NULL, NULL, n);
        source = in->spare;
    }
    kernels->scatter[insn->type][wide](array->data + insn->k * array->component, source, array->row,
                                       indices, n);
    return WEFT_OK;
}

/* --- reductions ------------------------------------------------------------------------------- */

static void reduce(interp *in, const weft_insn *insn)
{
    weft_dtype type = (weft_dtype)insn->type;
    const void *b = insn->op == WEFT_OP_DOT ? strip_register(in, insn->b, type) : NULL;
    weft_ref_reduce_add(in->reductions[insn->d], strip_register(in, insn->a, type), b, in->lanes);
}

/* Starts, or ends, the reductions whose outermost loop opens at pc. */
static void reductions_of(interp *in, uint32_t pc, bool begin)
{
    const reduction_site *sites = in->sites.data;
    size_t lo = 0, hi = in->sites.count;
    while (lo < hi) { /* the first site behind pc */
        size_t middle = lo + (hi - lo) / 2;
        if (sites[middle].pc < pc)
            lo = middle + 1;
        else
            hi = middle;
    }
    for (; lo < in->sites.count && sites[lo].pc < in->match[pc]; lo++) {
        const weft_insn *insn = &in->insns[sites[lo].pc];
        if (sites[lo].scope != pc)
            continue;
        if (begin)
            weft_ref_reduce_begin(in->reductions[insn->d], insn->op, (weft_dtype)insn->type);
        else
            weft_ref_reduce_end(in->reductions[insn->d], &in->scalars[insn->d]);
    }
}

/* --- loops ------------------------------------------------------------------------------------ */

/* One iteration, its end included: that is what an empty one costs. */
static weft_status run_body(interp *in, uint32_t pc)
{
    WEFT_TRY(run(in, pc + 1, in->match[pc]));
    return charge(in, in->match[pc]);
}

static weft_status run_strips(interp *in, uint32_t pc, int dim, int64_t first, int64_t count,
                              size_t length)
{
    in->strip_dim = dim;
    for (int64_t done = 0; done < count; done += (int64_t)in->lanes) {
        in->index[dim] = first + done;
        in->lanes = count - done < (int64_t)length ? (size_t)(count - done) : length;
        WEFT_TRY(run_body(in, pc));
    }
    in->strip_dim = -1;
    in->lanes = 1;
    in->index[dim] = 0;
    return WEFT_OK;
}

/* Dimensions lo to hi in row-major order, strips along the last. */
static weft_status run_loop(interp *in, const weft_insn *insn, uint32_t pc)
{
    const int64_t *extents = in->binding->extents;
    size_t length = in->binding->strip_length ? in->binding->strip_length : DEFAULT_STRIP;
    for (int d = insn->a; d <= insn->b; d++)
        if (extents[d] == 0)
            return WEFT_OK;
    for (;;) {
        WEFT_TRY(run_strips(in, pc, insn->b, 0, extents[insn->b], length));
        int d = insn->b - 1; /* the next combination of the outer dimensions */
        while (d >= insn->a && ++in->index[d] == extents[d])
            in->index[d--] = 0;
        if (d < insn->a)
            return WEFT_OK;
    }
}

static weft_status run_dimension(interp *in, const weft_insn *insn, uint32_t pc)
{
    int d = insn->k;
    for (int64_t i = 0; i < in->binding->extents[d]; i++) {
        in->index[d] = i;
        WEFT_TRY(run_body(in, pc));
    }
    in->index[d] = 0;
    return WEFT_OK;
}

static weft_status run_for(interp *in, const weft_insn *insn, uint32_t pc)
{
    int64_t trips = (int64_t)(insn->scalar & WEFT_SCALAR_A ? in->scalars[insn->a] : insn->imm);
    for (int64_t i = 0; i < trips; i++) {
        in->scalars[insn->d] = (uint64_t)i;
        WEFT_TRY(run_body(in, pc));
    }
    return WEFT_OK;
}

static weft_status run_block(interp *in, const weft_insn *insn, uint32_t pc)
{
    weft_status status;
    reductions_of(in, pc, true);
    if (insn->op == WEFT_OP_LOOP)
        status = run_loop(in, insn, pc);
    else if (insn->op == WEFT_OP_STRIP)
        status = run_strips(in, pc, 0, weft_strip_base(insn), weft_strip_length(insn),
                            weft_strip_length(insn));
    else if (insn->op == WEFT_OP_FOR)
        status = run_for(in, insn, pc);
    else
        status = run_dimension(in, insn, pc);
    if (!status)
        reductions_of(in, pc, false);
    return status;
}

/* --- the instruction loop --------------------------------------------------------------------- */

/* Every instruction has its cost for each element that it is executed for. */
static weft_status charge(interp *in, uint32_t pc)
{
    const weft_run_control *control = &in->binding->control;
    const uint64_t cost = in->lanes * weft_insn_cost(&in->insns[pc]);
    if (cost > control->budget - in->cost)
        return weft_fail_pc(in->error, WEFT_ERR_BUDGET, pc, "the budget of %llu is exhausted",
                            (unsigned long long)control->budget);
    in->cost += cost;
    if (in->cost < in->next_check)
        return WEFT_OK;
    in->next_check = in->cost + CHECK_EVERY;
    bool cancelled =
        control->cancelled && atomic_load_explicit(control->cancelled, memory_order_relaxed);
    if (cancelled || (control->progress && control->progress(control->progress_user, in->cost)))
        return weft_fail_pc(in->error, WEFT_ERR_CANCELLED, pc, "the run was cancelled");
    return WEFT_OK;
}

/* Executes one instruction that is no block; *next is where to go on. */
static weft_status step(interp *in, const weft_insn *insn, uint32_t pc, uint32_t *next)
{
    switch (weft_op_row_of(insn->op)->form) {
    case WEFT_FORM_IMM:
        in->scalars[insn->d] = insn->imm;
        break;
    case WEFT_FORM_BCAST:
        broadcast(in, insn);
        break;
    case WEFT_FORM_INDEX:
        element_index(in, insn);
        break;
    case WEFT_FORM_EXTENT:
        in->scalars[insn->d] = (uint64_t)in->binding->extents[insn->k];
        break;
    case WEFT_FORM_LENGTH:
        in->scalars[insn->d] = (uint64_t)in->binding->arrays[insn->param].extent[insn->k];
        break;
    case WEFT_FORM_LOAD:
    case WEFT_FORM_STORE:
    case WEFT_FORM_LOADSEG:
    case WEFT_FORM_STORESEG:
        move(in, insn);
        break;
    case WEFT_FORM_GATHER:
        return gather(in, insn, pc);
    case WEFT_FORM_SCATTER:
        return scatter(in, insn, pc);
    case WEFT_FORM_REDUCE:
    case WEFT_FORM_REDUCE2:
        reduce(in, insn);
        break;
    case WEFT_FORM_FUSED:
    case WEFT_FORM_DOTK:
    case WEFT_FORM_HORNER:
        fused(in, insn);
        break;
    case WEFT_FORM_APPLY:
        apply(in, insn);
        break;
    case WEFT_FORM_BRANCH:
        if (insn->op == WEFT_OP_CALL)
            return run(in, (uint32_t)insn->off + 1, in->match[insn->off]);
        *next = (uint32_t)insn->off;
        break;
    case WEFT_FORM_BRANCHIF:
        if ((in->scalars[insn->a] != 0) == (insn->op == WEFT_OP_BRT))
            *next = (uint32_t)insn->off;
        break;
    case WEFT_FORM_NONE: /* fence: this backend has nothing to wait for */
        in->exited = insn->op == WEFT_OP_EXIT;
        break;
    default:
        elementwise(in, insn);
    }
    return WEFT_OK;
}

static weft_status run(interp *in, uint32_t pc, uint32_t end)
{
    while (pc < end && !in->exited) {
        const weft_insn *insn = &in->insns[pc];
        uint32_t next = pc + 1;
        WEFT_TRY(charge(in, pc));
        if (weft_op_opens_block(insn->op)) {
            WEFT_TRY(run_block(in, insn, pc));
            next = in->match[pc] + 1;
        } else {
            WEFT_TRY(step(in, insn, pc, &next));
        }
        pc = next;
    }
    return WEFT_OK;
}

/* --- setting up ------------------------------------------------------------------------------- */

/* Finds every reduction, and the loop that ends it: `depth` blocks out from its own. */
static weft_status find_reductions(interp *in)
{
    const weft_allocator *allocator = in->binding->allocator;
    uint32_t open[WEFT_MAX_NEST], depth = 0;
    for (uint32_t pc = 0; pc < in->binding->code->n_insns; pc++) {
        const weft_insn *insn = &in->insns[pc];
        if (weft_op_opens_block(insn->op))
            open[depth++] = pc;
        else if (insn->op == WEFT_OP_END)
            depth--;
        if (!weft_op_is_reduction(insn->op))
            continue;
        reduction_site *site = weft_vector_push(allocator, &in->sites);
        if (site && !in->reductions[insn->d])
            in->reductions[insn->d] = weft_mem_alloc(allocator, sizeof(weft_ref_reduction));
        if (!site || !in->reductions[insn->d])
            return weft_fail_memory(in->error);
        site->pc = pc;
        site->scope = open[depth - insn->k];
    }
    return WEFT_OK;
}

static size_t at_least_one(size_t n)
{
    return n ? n : 1;
}

static weft_status set_up(interp *in)
{
    const weft_allocator *allocator = in->binding->allocator;
    const weft_facts *facts = in->binding->facts;
    in->capacity = in->binding->strip_length ? in->binding->strip_length : DEFAULT_STRIP;
    if (facts->max_strip > in->capacity)
        in->capacity = facts->max_strip;
    in->strips =
        weft_mem_alloc(allocator, at_least_one(facts->n_strips) * in->capacity * SLOT_BYTES);
    in->predicates = weft_mem_alloc(allocator, at_least_one(facts->n_predicates) * in->capacity);
    in->spare = weft_mem_alloc(allocator, in->capacity * SLOT_BYTES);
    if (!in->strips || !in->predicates || !in->spare)
        return weft_fail_memory(in->error);
    return find_reductions(in);
}

static void tear_down(interp *in)
{
    const weft_allocator *allocator = in->binding->allocator;
    const weft_facts *facts = in->binding->facts;
    weft_mem_free(allocator, in->strips, at_least_one(facts->n_strips) * in->capacity * SLOT_BYTES);
    weft_mem_free(allocator, in->predicates, at_least_one(facts->n_predicates) * in->capacity);
    weft_mem_free(allocator, in->spare, in->capacity * SLOT_BYTES);
    for (int i = 0; i < WEFT_MAX_SCALARS; i++)
        weft_mem_free(allocator, in->reductions[i], sizeof(weft_ref_reduction));
    weft_vector_free(allocator, &in->sites);
}

weft_status weft_interp_run(const weft_binding *binding, weft_room *room, weft_error *error)
{
    (void)room; /* it takes what it needs for each run */
    const weft_allocator *allocator = binding->allocator;
    interp *in = weft_mem_zeroed(allocator, 1, sizeof *in);
    if (!in)
        return weft_fail_memory(error);
    in->binding = binding;
    in->insns = binding->code->insns;
    in->match = binding->facts->match;
    in->error = error;
    in->strip_dim = -1;
    in->lanes = 1;
    in->sites.element = sizeof(reduction_site);
    weft_status status = set_up(in);
    if (!status)
        status = run(in, 0, binding->code->n_insns);
    tear_down(in);
    weft_mem_free(allocator, in, sizeof *in);
    return status;
}
