/* vm/one_op.c: programs of one operation (vm/one_op.h). */
#include "vm/one_op.h"

#include <stddef.h>
#include <string.h>

/* --- finding them ----------------------------------------------------------------------------- */

typedef struct finder {
    const weft_code *code;
    weft_operand strip[WEFT_MAX_STRIP_REGS];
    weft_operand scalar[WEFT_MAX_SCALARS];
    uint32_t seen[WEFT_MAX_PARAMS / 32];
} finder;

/* Each parameter has one role. */
static bool see(finder *f, unsigned param)
{
    uint32_t *word = &f->seen[param / 32], bit = UINT32_C(1) << param % 32;
    const bool first = !(*word & bit);
    *word |= bit;
    return first;
}

/* An access to the present element of an array of the whole index space, one value each. */
static bool is_simple_access(const finder *f, const weft_insn *insn)
{
    const weft_param *param = &f->code->params[insn->param];
    return weft_kind_is_mapped(param->kind) && param->kind != WEFT_PARAM_SCRATCH &&
           param->segment == 1 && param->window == 0 && param->dims == 1 && insn->off == 0 &&
           !(insn->scalar & (WEFT_ADDRESS_REG | WEFT_SCALAR_D));
}

static weft_operand operand_of(weft_operand_kind kind, const weft_insn *insn)
{
    return (weft_operand){(uint8_t)kind, insn->param,
                          (uint8_t)weft_dtype_size((weft_dtype)insn->type), insn->imm};
}

/* Constants and uniforms in front of the loop, whose pc it then is; false: something else stands
 * there.
 */
static bool take_scalars(finder *f, uint32_t *pc)
{
    for (; f->code->insns[*pc].op != WEFT_OP_LOOP; ++*pc) {
        const weft_insn *insn = &f->code->insns[*pc];
        if (insn->op == WEFT_OP_IMM) {
            f->scalar[insn->d] = operand_of(WEFT_OPERAND_CONSTANT, insn);
            continue;
        }
        const bool load = insn->op == WEFT_OP_LD && insn->type != WEFT_BOOL && insn->off == 0 &&
                          !(insn->scalar & WEFT_ADDRESS_REG);
        if (!load || f->code->params[insn->param].kind != WEFT_PARAM_UNIFORM ||
            f->code->params[insn->param].segment != 1 || f->code->params[insn->param].count != 1 ||
            !see(f, insn->param))
            return false;
        f->scalar[insn->d] = operand_of(WEFT_OPERAND_UNIFORM, insn);
    }
    return true;
}

static bool take_operation(const finder *f, const weft_insn *insn, weft_one_op *one)
{
    const weft_slot *slots = weft_form_slots(weft_op_row_of(insn->op)->form);
    const unsigned form = insn->scalar & (WEFT_SCALAR_A | WEFT_SCALAR_B | WEFT_SCALAR_C);
    if (insn->op == WEFT_OP_CVT)
        one->kernel = offsetof(weft_kernel_table, convert) +
                      (insn->type * (size_t)WEFT_TYPE_COUNT + insn->type2) * sizeof(weft_kernel *);
    else if (insn->op == WEFT_OP_BCAST)
        one->kernel = offsetof(weft_kernel_table, broadcast) + insn->type * sizeof(weft_kernel *);
    else if (weft_kernel_number(insn->op, insn->type) >= 0)
        one->kernel =
            offsetof(weft_kernel_table, elementwise) +
            ((size_t)weft_kernel_number(insn->op, insn->type) + form) * sizeof(weft_kernel *);
    else
        return false;
    for (unsigned i = 1; slots[i].kind != WEFT_SLOT_END; i++) {
        const unsigned number = weft_insn_field(insn, slots[i].field);
        weft_operand *operand = &one->operand[slots[i].field - 'a' + 1];
        if (weft_slot_dtype(insn, &slots[i]) == WEFT_BOOL)
            return false;
        *operand = weft_slot_is_scalar(insn, &slots[i]) ? f->scalar[number] : f->strip[number];
        if (operand->kind == WEFT_OPERAND_NONE)
            return false;
    }
    return !weft_slot_is_scalar(insn, &slots[0]);
}

/* Stores what it loads: mov, which such a program needs no instruction for. */
static bool take_copy(const finder *f, const weft_insn *store, weft_one_op *one)
{
    const int number = weft_kernel_number(WEFT_OP_MOV, store->type);
    const size_t size = weft_dtype_size((weft_dtype)store->type);
    if (number < 0 || f->strip[store->d].kind == WEFT_OPERAND_NONE ||
        f->strip[store->d].size != size)
        return false;
    one->kernel = offsetof(weft_kernel_table, elementwise) + (size_t)number * sizeof(weft_kernel *);
    one->operand[1] = f->strip[store->d];
    return true;
}

/* The operation, if it is one; returns its store, or NULL. */
static const weft_insn *take_body(const finder *f, const weft_insn *insn, weft_one_op *one)
{
    if (insn->op == WEFT_OP_ST)
        return take_copy(f, insn, one) ? insn : NULL;
    if (insn->op == WEFT_OP_END || !take_operation(f, insn, one))
        return NULL;
    const weft_insn *store = insn + 1;
    const weft_dtype type = weft_slot_dtype(insn, weft_form_slots(weft_op_row_of(insn->op)->form));
    return store->op == WEFT_OP_ST && store->d == insn->d && store->type == type ? store : NULL;
}

/* Parameters among the operands. A run looks at no others, so there must be none: one that is
 * loaded in vain may still lie where the output does. */
static uint32_t count_params(const weft_one_op *one)
{
    uint32_t count = 0;
    for (int i = 0; i < 4; i++) {
        const weft_operand *operand = &one->operand[i];
        bool again = operand->kind != WEFT_OPERAND_ARRAY && operand->kind != WEFT_OPERAND_UNIFORM;
        for (int k = 0; k < i && !again; k++)
            again =
                one->operand[k].kind == operand->kind && one->operand[k].param == operand->param;
        count += !again;
    }
    return count;
}

static bool find(finder *f, weft_one_op *one)
{
    const weft_code *code = f->code;
    const weft_insn *insn = code->insns;
    uint32_t pc = 0;
    if (code->rank != 1 || code->fixed || code->n_params > 4 || code->insns[0].op == WEFT_OP_EXIT ||
        !take_scalars(f, &pc))
        return false;
    /* loop, loads, perhaps an operation, st, end, exit: every access below stays inside the code.
     */
    for (insn = &code->insns[pc + 1]; insn->op == WEFT_OP_LD; insn++) {
        if (!is_simple_access(f, insn) || insn->type == WEFT_BOOL || !see(f, insn->param) ||
            code->params[insn->param].kind != WEFT_PARAM_IN)
            return false;
        f->strip[insn->d] = operand_of(WEFT_OPERAND_ARRAY, insn);
    }
    const weft_insn *store = take_body(f, insn, one);
    if (!store || !is_simple_access(f, store) || !see(f, store->param))
        return false;
    one->operand[0] = operand_of(WEFT_OPERAND_ARRAY, store);
    return store[1].op == WEFT_OP_END && store[2].op == WEFT_OP_EXIT &&
           code->n_insns == (uint32_t)(store - code->insns) + 3 &&
           count_params(one) == code->n_params;
}

void weft_one_op_find(const weft_code *code, weft_one_op *one_op)
{
    finder f;
    memset(&f, 0, sizeof f);
    memset(one_op, 0, sizeof *one_op);
    f.code = code;
    one_op->is_one = find(&f, one_op);
}

/* --- running them ----------------------------------------------------------------------------- */

/* The argument of a parameter: n elements, or, with n < 0, a single one. NULL where it is not as
 * simple as that. */
static inline void *memory_of(const weft_arg *arg, const weft_param *param, size_t size, int64_t n)
{
    const bool shaped =
        n < 0 ? arg->rank == 0
              : arg->rank == 1 && arg->shape[0] == n && arg->strides[0] == (int64_t)size;
    const bool simple = shaped && arg->type == (weft_dtype)param->type && arg->buffer.id == 0 &&
                        arg->offset == 0 && (uintptr_t)arg->data % size == 0;
    return simple && (!arg->name || strcmp(arg->name, param->name) == 0) ? arg->data : NULL;
}

static inline bool are_apart(const void *a, size_t a_bytes, const void *b, size_t b_bytes)
{
    const uintptr_t x = (uintptr_t)a, y = (uintptr_t)b;
    return x + a_bytes <= y || y + b_bytes <= x;
}

bool weft_one_op_match(const weft_one_op *one, const weft_code *code, const weft_arg *args,
                       size_t nargs, uint64_t most, weft_one_call *call)
{
    enum { SMALL = 1 << 30 }; /* elements: nothing computed from them overflows */
    const weft_operand *to = &one->operand[0];
    const void **in = call->in;
    if (!one->is_one || nargs != code->n_params || args[to->param].rank != 1)
        return false;
    const int64_t n = args[to->param].shape[0];
    if (n < 1 || n > SMALL || (uint64_t)n > most)
        return false;
    char *dst = memory_of(&args[to->param], &code->params[to->param], to->size, n);
    if (!dst || (uintptr_t)dst > UINTPTR_MAX - (uint64_t)n * to->size)
        return false;
    for (int i = 0; i < 3; i++) {
        const weft_operand *operand = &one->operand[i + 1];
        const weft_param *param = &code->params[operand->param];
        const weft_arg *arg = &args[operand->param];
        size_t bytes = operand->size;
        in[i] = NULL;
        if (operand->kind == WEFT_OPERAND_NONE)
            continue;
        if (operand->kind == WEFT_OPERAND_CONSTANT) {
            in[i] = &operand->constant;
            continue;
        }
        const bool array = operand->kind == WEFT_OPERAND_ARRAY;
        in[i] = memory_of(arg, param, operand->size, array ? n : -1);
        bytes *= array ? (size_t)n : 1;
        const bool same = in[i] == dst && array && arg->type == args[to->param].type;
        if (!in[i] || (uintptr_t)in[i] > UINTPTR_MAX - bytes ||
            (!same && !are_apart(dst, (size_t)n * to->size, in[i], bytes)))
            return false;
    }
    call->dst = dst;
    call->n = (size_t)n;
    return true;
}
