/* isa/verify_blocks.c: the verifier's second pass, over the structure alone (isa/verify.h): main
 * code and functions, blocks and their ends, branch and call targets. */
#include "isa/verify.h"

/* Matches openers and ends within [begin, end); every pc there learns its innermost opener. `owner`
 * is the func's pc + 1, or 0. */
static weft_status match_blocks(const weft_code *code, weft_blocks *blocks, uint32_t begin,
                                uint32_t end, uint32_t owner, weft_error *error)
{
    uint32_t open[WEFT_MAX_NEST], depth = 0;
    for (uint32_t pc = begin; pc < end; pc++) {
        unsigned op = code->insns[pc].op;
        if (op == WEFT_OP_END) {
            if (depth == 0)
                return weft_verify_fail(error, WEFT_RULE_NESTING, pc, "end without a block");
            depth--;
            blocks->block[pc] = open[depth] + 1; /* a branch to an end stays in its block */
            blocks->match[pc] = open[depth];
            blocks->match[open[depth]] = pc;
            continue;
        }
        blocks->block[pc] = depth ? open[depth - 1] + 1 : owner;
        if (weft_op_opens_block(op)) {
            if (depth == WEFT_MAX_NEST)
                return weft_verify_fail(error, WEFT_RULE_NESTING, pc,
                                        "more than %d blocks are open at once", WEFT_MAX_NEST);
            open[depth++] = pc;
        } else if (op == WEFT_OP_EXIT && (depth || owner)) {
            return weft_verify_fail(error, WEFT_RULE_REGION, pc,
                                    "exit inside a block or a function");
        }
    }
    if (depth)
        return weft_verify_fail(error, WEFT_RULE_NESTING, open[depth - 1],
                                "%s is not closed by an end",
                                weft_op_row_of(code->insns[open[depth - 1]].op)->mnemonic);
    return WEFT_OK;
}

/* One function from its func at pc; *next is behind its ret. */
static weft_status match_function(const weft_code *code, weft_blocks *blocks, uint32_t pc,
                                  uint32_t *next, weft_error *error)
{
    uint32_t ret = pc + 1;
    while (ret < code->n_insns && code->insns[ret].op != WEFT_OP_RET &&
           code->insns[ret].op != WEFT_OP_FUNC)
        ret++;
    if (ret == code->n_insns || code->insns[ret].op != WEFT_OP_RET)
        return weft_verify_fail(error, WEFT_RULE_REGION, pc, "func is not closed by a ret");
    blocks->match[pc] = ret;
    blocks->match[ret] = pc;
    blocks->block[pc] = blocks->block[ret] = pc + 1;
    *next = ret + 1;
    return match_blocks(code, blocks, pc + 1, ret, pc + 1, error);
}

static weft_status match_regions(const weft_code *code, weft_blocks *blocks, weft_error *error)
{
    uint32_t end = 0;
    while (end < code->n_insns && code->insns[end].op != WEFT_OP_FUNC) {
        if (code->insns[end].op == WEFT_OP_RET)
            return weft_verify_fail(error, WEFT_RULE_REGION, end, "ret outside a function");
        end++;
    }
    if (end == 0 || code->insns[end - 1].op != WEFT_OP_EXIT)
        return weft_verify_fail(error, WEFT_RULE_REGION, (int64_t)end - 1,
                                "the main code does not end with exit");
    blocks->main_end = end;
    weft_status status = match_blocks(code, blocks, 0, end, 0, error);
    for (uint32_t pc = end; !status && pc < code->n_insns;) {
        if (code->insns[pc].op != WEFT_OP_FUNC)
            return weft_verify_fail(error, WEFT_RULE_REGION, pc, "code between functions");
        status = match_function(code, blocks, pc, &pc, error);
    }
    return status;
}

static weft_status check_targets(const weft_code *code, weft_blocks *blocks, weft_error *error)
{
    for (uint32_t pc = 0; pc < code->n_insns; pc++) {
        const weft_insn *insn = &code->insns[pc];
        unsigned form = weft_op_row_of(insn->op)->form;
        if (form != WEFT_FORM_BRANCH && form != WEFT_FORM_BRANCHIF)
            continue;
        bool inside = insn->off >= 0 && (uint32_t)insn->off < code->n_insns;
        uint32_t target = inside ? (uint32_t)insn->off : 0;
        if (insn->op == WEFT_OP_CALL) {
            if (!inside || code->insns[target].op != WEFT_OP_FUNC)
                return weft_verify_fail(error, WEFT_RULE_CALL, pc,
                                        "call goes to instruction %d, which is no func", insn->off);
            blocks->block[target] |= WEFT_BLOCK_CALLED;
        } else if (!inside || target <= pc || blocks->block[target] != blocks->block[pc]) {
            return weft_verify_fail(error, WEFT_RULE_BRANCH, pc,
                                    "branch to instruction %d does not go forward within its block",
                                    insn->off);
        }
    }
    return WEFT_OK;
}

uint64_t weft_verify_writes(const weft_code *code, const weft_blocks *blocks, uint32_t begin,
                            uint32_t end)
{
    uint64_t writes = 0;
    for (uint32_t pc = begin; pc < end; pc++) {
        const weft_insn *insn = &code->insns[pc];
        if (insn->op == WEFT_OP_CALL)
            writes |= blocks->writes[insn->off];
        const weft_slot *slot = weft_form_slots(weft_op_row_of(insn->op)->form);
        if (!slot->write || !weft_slot_is_scalar(insn, slot))
            continue; /* a form writes at most its first operand */
        for (unsigned i = 0; i < weft_slot_width(code, insn, slot); i++)
            writes |= UINT64_C(1) << (insn->d + i);
    }
    return writes;
}

/* Fills in what the function at `pc` writes, its callees first. `depth` functions are active;
 * *height is how many are at once from here on, kept in block[pc] once known. */
static weft_status visit_function(const weft_code *code, weft_blocks *blocks, uint32_t pc,
                                  unsigned depth, uint8_t *height, weft_error *error)
{
    uint8_t tallest = 0;
    if (depth > WEFT_MAX_CALLS)
        return weft_verify_fail(error, WEFT_RULE_CALL, pc,
                                "more than %d functions are active at once (recursion is not "
                                "possible)",
                                WEFT_MAX_CALLS);
    if (blocks->block[pc] & WEFT_BLOCK_DONE) {
        *height = (uint8_t)(blocks->block[pc] >> 24 & 0x3f);
        return WEFT_OK;
    }
    for (uint32_t at = pc + 1; at < blocks->match[pc]; at++) {
        if (code->insns[at].op != WEFT_OP_CALL)
            continue;
        uint8_t callee = 0;
        weft_status status =
            visit_function(code, blocks, (uint32_t)code->insns[at].off, depth + 1, &callee, error);
        if (status)
            return status;
        if (callee > tallest)
            tallest = callee;
    }
    *height = (uint8_t)(tallest + 1);
    if (*height + depth - 1 > WEFT_MAX_CALLS)
        return weft_verify_fail(error, WEFT_RULE_CALL, pc,
                                "more than %d functions are active at once", WEFT_MAX_CALLS);
    blocks->writes[pc] = weft_verify_writes(code, blocks, pc + 1, blocks->match[pc]);
    blocks->block[pc] =
        (blocks->block[pc] & WEFT_BLOCK_CALLED) | WEFT_BLOCK_DONE | (uint32_t)*height << 24;
    return WEFT_OK;
}

weft_status weft_verify_blocks(const weft_code *code, weft_blocks *blocks, weft_error *error)
{
    weft_status status = match_regions(code, blocks, error);
    if (!status)
        status = check_targets(code, blocks, error);
    for (uint32_t pc = 0; !status && pc < code->n_insns; pc++) {
        uint8_t height;
        if (code->insns[pc].op == WEFT_OP_FUNC)
            status = visit_function(code, blocks, pc, 1, &height, error);
    }
    return status;
}
