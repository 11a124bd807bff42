/* isa/verify_insn.c: the rules that one instruction keeps or breaks by itself (isa/verify.h):
 * opcode, types, operands, register numbers, unused fields, parameter and component. */
#include "isa/verify.h"

#include <string.h>

/* Marks in `used` the fields that the operand occupies, as all-ones. */
static void use_slot(const weft_insn *insn, const weft_slot *slot, weft_insn *used)
{
    switch ((weft_slot_kind)slot->kind) {
    case WEFT_SLOT_RUN:
        if (weft_op_row_of(insn->op)->terms)
            used->k = 0xff;
        /* fall through */
    case WEFT_SLOT_REG:
    case WEFT_SLOT_GROUP:
        weft_insn_set_field(used, slot->field, 0xff);
        if (slot->class == WEFT_CLASS_ANY)
            used->scalar |= (uint8_t)weft_scalar_bit(slot->field);
        break;
    case WEFT_SLOT_MEM:
        used->k = 0xff;
        /* fall through */
    case WEFT_SLOT_SEGMEM:
        used->off = -1;
        used->param = 0xff;
        used->scalar |= WEFT_ADDRESS_REG;
        if (insn->scalar & WEFT_ADDRESS_REG)
            used->a = 0xff;
        break;
    case WEFT_SLOT_TABLE:
        used->k = 0xff;
        /* fall through */
    case WEFT_SLOT_NAME:
        used->param = 0xff;
        break;
    case WEFT_SLOT_FUNCTION:
        used->param = 0xff;
        used->off = -1;
        break;
    case WEFT_SLOT_ARGUMENT:
        if (weft_run_width(insn, slot->field))
            weft_insn_set_field(used, slot->field, 0xff);
        break;
    case WEFT_SLOT_IMM:
    case WEFT_SLOT_RANGE:
        used->imm = UINT64_MAX;
        break;
    case WEFT_SLOT_DIM:
    case WEFT_SLOT_DEPTH:
        used->k = 0xff;
        break;
    case WEFT_SLOT_DIMS:
        used->a = used->b = 0xff;
        break;
    case WEFT_SLOT_TRIPS:
        used->scalar |= WEFT_SCALAR_A;
        if (insn->scalar & WEFT_SCALAR_A)
            used->a = 0xff;
        else
            used->imm = UINT64_MAX;
        break;
    case WEFT_SLOT_LABEL:
        used->off = -1;
        break;
    case WEFT_SLOT_END:
        break;
    }
}

static bool unused_is_zero(const weft_insn *insn, const weft_slot *slots)
{
    weft_insn used;
    memset(&used, 0, sizeof used);
    for (const weft_slot *slot = slots; slot->kind != WEFT_SLOT_END; slot++)
        use_slot(insn, slot, &used);
    return !(insn->scalar & ~used.scalar) && !(insn->d & ~used.d) && !(insn->a & ~used.a) &&
           !(insn->b & ~used.b) && !(insn->c & ~used.c) && !(insn->k & ~used.k) &&
           !(insn->param & ~used.param) && !(insn->off & ~used.off) && !(insn->imm & ~used.imm);
}

static weft_status check_types(const weft_insn *insn, const weft_op_row *row, uint32_t pc,
                               weft_error *error)
{
    bool typed = row->type_mask != 0, second = weft_form_has_type2(row->form);
    if (typed ? !weft_type_in(row->type_mask, insn->type) : insn->type != 0)
        return weft_verify_fail(error, WEFT_RULE_TYPE, pc, "%s does not admit the type %s",
                                row->mnemonic, weft_dtype_name((weft_dtype)insn->type));
    if (second ? !weft_type_in(weft_form_type2_mask(row->form), insn->type2) : insn->type2 != 0)
        return weft_verify_fail(error, WEFT_RULE_TYPE, pc, "%s does not admit the second type %s",
                                row->mnemonic, weft_dtype_name((weft_dtype)insn->type2));
    return WEFT_OK;
}

/* Rule 3: which mixtures of strips and scalars there are. */
static bool operands_agree(const weft_insn *insn, unsigned form, const weft_slot *slots)
{
    bool d = (insn->scalar & WEFT_SCALAR_D) != 0;
    unsigned others = 0;
    switch (form) {
    case WEFT_FORM_UNARY:
    case WEFT_FORM_BINARY:
    case WEFT_FORM_TERNARY:
    case WEFT_FORM_COMPARE:
    case WEFT_FORM_CONVERT:
    case WEFT_FORM_SELECT:
        for (const weft_slot *slot = slots + 1; slot->kind != WEFT_SLOT_END; slot++)
            others |= weft_scalar_bit(slot->field);
        return d == ((insn->scalar & others) == others);
    case WEFT_FORM_GATHER:
        return d == ((insn->scalar & WEFT_SCALAR_A) != 0);
    case WEFT_FORM_SCATTER: /* a scalar value may go to a strip of indices */
        return d || !(insn->scalar & WEFT_SCALAR_A);
    default:
        return true;
    }
}

static weft_status check_registers(const weft_code *code, const weft_insn *insn,
                                   const weft_slot *slots, uint32_t pc, weft_error *error)
{
    for (const weft_slot *slot = slots; slot->kind != WEFT_SLOT_END; slot++) {
        unsigned first, width = 1, limit = WEFT_MAX_SCALARS;
        char file = 's';
        if (weft_slot_is_register(slot)) {
            first = weft_insn_field(insn, slot->field);
            width = weft_slot_width(code, insn, slot);
            if (!weft_slot_is_scalar(insn, slot)) {
                bool predicate = weft_slot_dtype(insn, slot) == WEFT_BOOL;
                file = predicate ? 'p' : 'v';
                limit = predicate ? WEFT_MAX_PREDICATES : WEFT_MAX_STRIP_REGS;
            }
        } else if ((slot->kind == WEFT_SLOT_MEM || slot->kind == WEFT_SLOT_SEGMEM) &&
                   (insn->scalar & WEFT_ADDRESS_REG)) {
            first = insn->a;
        } else if (slot->kind == WEFT_SLOT_TRIPS && (insn->scalar & WEFT_SCALAR_A)) {
            first = insn->a;
        } else {
            continue;
        }
        if (first + width > limit)
            return weft_verify_fail(error, WEFT_RULE_REGISTER, pc,
                                    "register %c%u is beyond %c%u, the last one", file,
                                    first + width - 1, file, limit - 1);
    }
    return WEFT_OK;
}

/* Whether a constant has no bits beyond its type. */
static bool constant_fits(const weft_insn *insn)
{
    size_t size = weft_dtype_size((weft_dtype)insn->type);
    if (insn->type == WEFT_BOOL)
        return insn->imm <= 1;
    return size == 8 || insn->imm >> (8 * size) == 0;
}

/* Whether the operation may use a parameter of that kind. */
static bool kind_admits(unsigned form, unsigned kind)
{
    bool table_read = weft_kind_is_table(kind) && kind != WEFT_PARAM_TABLE_OUT;
    bool table_written = weft_kind_is_table(kind) && weft_kind_is_written(kind);
    switch (form) {
    case WEFT_FORM_LOAD:
    case WEFT_FORM_LOADSEG:
        return kind != WEFT_PARAM_TABLE_OUT && /* out and scratch: once written, rule 23 */
               kind != WEFT_PARAM_FUNCTION;
    case WEFT_FORM_STORE:
    case WEFT_FORM_STORESEG:
        return weft_kind_is_written(kind);
    case WEFT_FORM_GATHER:
        return table_read || kind == WEFT_PARAM_UNIFORM;
    case WEFT_FORM_SCATTER:
        return table_written;
    case WEFT_FORM_APPLY:
        return kind == WEFT_PARAM_FUNCTION;
    default: /* length */
        return weft_kind_is_table(kind) || kind == WEFT_PARAM_UNIFORM;
    }
}

static weft_status check_param_use(const weft_code *code, const weft_insn *insn,
                                   const weft_op_row *row, uint32_t pc, weft_error *error)
{
    if (insn->param >= code->n_params)
        return weft_verify_fail(error, WEFT_RULE_PARAMETER, pc, "there is no parameter %u",
                                insn->param);
    const weft_param *param = &code->params[insn->param];
    if (!kind_admits(row->form, param->kind))
        return weft_verify_fail(error, WEFT_RULE_PARAMETER, pc,
                                "%s cannot be used on parameter '%s': its kind does not admit it",
                                row->mnemonic, param->name);
    if (row->form == WEFT_FORM_LENGTH)
        return WEFT_OK; /* its type is the result's; k is checked as a dimension */
    if (insn->type != param->type)
        return weft_verify_fail(error, WEFT_RULE_ELEMENT, pc, "%s.%s on parameter '%s' of type %s",
                                row->mnemonic, weft_dtype_name((weft_dtype)insn->type), param->name,
                                weft_dtype_name((weft_dtype)param->type));
    if (row->form == WEFT_FORM_APPLY && (uint32_t)insn->off != param->count)
        return weft_verify_fail(error, WEFT_RULE_ELEMENT, pc,
                                "%s with argument types 0x%x of function '%s', which is declared "
                                "with 0x%x",
                                row->mnemonic, (uint32_t)insn->off, param->name, param->count);
    if (insn->k >= param->segment)
        return weft_verify_fail(error, WEFT_RULE_ELEMENT, pc,
                                "component %u of parameter '%s', which has %u", insn->k,
                                param->name, param->segment);
    return WEFT_OK;
}

static bool names_param(unsigned kind)
{
    return kind == WEFT_SLOT_MEM || kind == WEFT_SLOT_SEGMEM || kind == WEFT_SLOT_TABLE ||
           kind == WEFT_SLOT_NAME || kind == WEFT_SLOT_FUNCTION;
}

static weft_status check_dimension(const weft_code *code, const weft_insn *insn, uint32_t pc,
                                   weft_error *error)
{
    unsigned limit = code->rank;
    if (insn->op == WEFT_OP_LENGTH)
        limit = weft_kind_has_count(code->params[insn->param].kind) ? 1 : WEFT_MAX_RANK;
    if (insn->k >= limit)
        return weft_verify_fail(error, WEFT_RULE_DIMENSIONS, pc, "dimension %u, where there are %u",
                                insn->k, limit);
    return WEFT_OK;
}

static weft_status check_terms(const weft_insn *insn, const weft_op_row *row, uint32_t pc,
                               weft_error *error)
{
    if (row->terms && (insn->k < 1 || insn->k > row->terms))
        return weft_verify_fail(error, WEFT_RULE_TERMS, pc, "%s of %u terms; 1 to %u are possible",
                                row->mnemonic, insn->k, row->terms);
    return WEFT_OK;
}

weft_status weft_verify_insn(const weft_code *code, uint32_t pc, weft_error *error)
{
    const weft_insn *insn = &code->insns[pc];
    if (insn->op >= WEFT_OPCODE_COUNT)
        return weft_verify_fail(error, WEFT_RULE_OPCODE, pc, "there is no opcode %u", insn->op);
    const weft_op_row *row = weft_op_row_of(insn->op);
    const weft_slot *slots = weft_form_slots(row->form);
    weft_status status = check_types(insn, row, pc, error);
    if (status)
        return status;
    if (!unused_is_zero(insn, slots) || (insn->op == WEFT_OP_IMM && !constant_fits(insn)))
        return weft_verify_fail(error, WEFT_RULE_UNUSED, pc,
                                "a field that %s does not use is not zero", row->mnemonic);
    for (const weft_slot *slot = slots; slot->kind != WEFT_SLOT_END && !status; slot++) {
        if (names_param(slot->kind))
            status = check_param_use(code, insn, row, pc, error);
        else if (slot->kind == WEFT_SLOT_DIM)
            status = check_dimension(code, insn, pc, error);
    }
    if (!status)
        status = check_terms(insn, row, pc, error);
    if (!status)
        status = check_registers(code, insn, slots, pc, error);
    if (!status && !operands_agree(insn, row->form, slots))
        status = weft_verify_fail(error, WEFT_RULE_OPERANDS, pc,
                                  "%s cannot mix strips and scalars like this: the result is a "
                                  "scalar exactly when all operands are",
                                  row->mnemonic);
    return status;
}
