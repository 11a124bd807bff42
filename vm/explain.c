/* vm/explain.c: why a program is as it is, in words (weft_explain of weft/compile.h): what its
 * loops are there for and wait for, and where the time of an element goes. Everything is read off
 * the program and its plan, so that assembled programs are explained as well. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <weft/compile.h>

#include "backends/cpu.h"
#include "vm/vm.h"

/* What a core of today reads and writes: of the estimate, which says so. */
enum { NEAR_BYTES_A_NS = 100, FAR_BYTES_A_NS = 12, MANY = 1 << 24 };

typedef struct explainer {
    const weft_program *program;
    const weft_plan *plan;
    weft_vector text; /* of char */
    uint64_t elements;
    bool failed;
} explainer;

static void say(explainer *x, const char *format, ...) WEFT_PRINTF(2, 3);

static void say(explainer *x, const char *format, ...)
{
    char line[512];
    va_list values;
    va_start(values, format);
    int n = vsnprintf(line, sizeof line, format, values);
    va_end(values);
    if (n >= (int)sizeof line)
        n = (int)sizeof line - 1;
    for (int i = 0; i < n; i++) {
        char *at = weft_vector_push(&x->program->context->allocator, &x->text);
        if (!at) {
            x->failed = true;
            return;
        }
        *at = line[i];
    }
}

static const weft_insn *insn_at(const explainer *x, uint32_t pc)
{
    return &x->program->code.insns[pc];
}

static uint32_t end_of(const explainer *x, uint32_t opener)
{
    return x->program->facts.match[opener];
}

static void say_arrays(explainer *x, const weft_block_plan *block, bool stored)
{
    const weft_array_use *uses = x->plan->streams.data;
    unsigned bytes = 0;
    bool any = false;
    for (uint32_t i = block->first_stream; i < block->end_stream; i++) {
        const weft_param *param = &x->program->code.params[uses[i].param];
        if (uses[i].stored != stored)
            continue;
        say(x, "%s%s%s",
            any      ? ", "
            : stored ? "  stores    "
                     : "  loads     ",
            param->name, param->kind == WEFT_PARAM_SCRATCH ? " (kept between loops)" : "");
        any = true;
        bytes += uses[i].bytes;
    }
    if (any)
        say(x, ": %u bytes an element\n", bytes);
}

/* The scalars that an instruction writes, or reads, as a mask. */
static uint64_t scalars_of(const explainer *x, uint32_t pc, bool written)
{
    const weft_insn *insn = insn_at(x, pc);
    const weft_slot *slot = weft_form_slots(weft_op_row_of(insn->op)->form);
    uint64_t mask = 0;
    for (; slot->kind != WEFT_SLOT_END; slot++) {
        if (!weft_slot_is_register(slot) || slot->write != written ||
            !weft_slot_is_scalar(insn, slot))
            continue;
        const unsigned first = weft_insn_field(insn, slot->field);
        for (unsigned i = 0; i < weft_slot_width(&x->program->code, insn, slot); i++)
            mask |= UINT64_C(1) << (first + i) % WEFT_MAX_SCALARS;
    }
    return mask;
}

/* Whether a loop reads a reduction, which is there from `pc` on, or what was computed from it in
 * between, which is told alike. */
static bool waits_for(const explainer *x, uint32_t opener, unsigned scalar, uint32_t pc)
{
    uint64_t made = UINT64_C(1) << scalar;
    for (; pc < end_of(x, opener); pc++) {
        const bool reads = scalars_of(x, pc, false) & made;
        const uint64_t written = scalars_of(x, pc, true);
        if (reads && pc >= opener)
            return true;
        made = reads ? made | written : made & ~written;
    }
    return false;
}

/* The reductions that the loop reads the results of, and those that it makes. */
static void say_reductions(explainer *x, uint32_t opener, bool made)
{
    const weft_reduction_plan *reductions = x->plan->reductions.data;
    const uint32_t end = end_of(x, opener);
    bool any = false;
    for (uint32_t pc = opener; pc < end; pc++) {
        const weft_insn *insn = insn_at(x, pc);
        if (made && weft_op_is_reduction(insn->op)) {
            say(x, "%s%s in s%u", any ? ", " : "  reduces   ", weft_op_row_of(insn->op)->mnemonic,
                insn->d);
            any = true;
        }
    }
    for (size_t i = 0; i < x->plan->reductions.count && !made; i++) {
        const weft_block_plan *of =
            (const weft_block_plan *)x->plan->blocks.data + reductions[i].loop;
        if (of->pc >= opener)
            continue;
        if (waits_for(x, opener, reductions[i].scalar, end_of(x, of->pc))) {
            say(x, "%s%s of the loop at %u", any ? ", " : "  waits for ",
                weft_op_row_of(reductions[i].op)->mnemonic, of->pc);
            any = true;
        }
    }
    if (any)
        say(x, "\n");
}

static unsigned strips_used(const explainer *x, uint32_t opener)
{
    bool used[WEFT_MAX_STRIP_REGS] = {false};
    unsigned count = 0;
    for (uint32_t pc = opener; pc < end_of(x, opener); pc++) {
        const weft_insn *insn = insn_at(x, pc);
        const weft_slot *slot = weft_form_slots(weft_op_row_of(insn->op)->form);
        for (; slot->kind != WEFT_SLOT_END; slot++)
            if (weft_slot_is_register(slot) && !weft_slot_is_scalar(insn, slot) &&
                weft_slot_dtype(insn, slot) != WEFT_BOOL)
                for (unsigned i = 0; i < weft_slot_width(&x->program->code, insn, slot); i++) {
                    const unsigned reg = weft_insn_field(insn, slot->field) + i;
                    if (reg < WEFT_MAX_STRIP_REGS)
                        used[reg] = true;
                }
    }
    for (unsigned i = 0; i < WEFT_MAX_STRIP_REGS; i++)
        count += used[i];
    return count;
}

static unsigned steps_of(const explainer *x, const weft_block_plan *block, bool *combined)
{
    const weft_step *steps = x->plan->steps.data;
    unsigned count = 0;
    for (size_t i = block->step + 1; i < x->plan->steps.count; i++) {
        if (steps[i].pc >= end_of(x, block->pc))
            break;
        count += steps[i].kind != WEFT_STEP_LOAD && steps[i].kind != WEFT_STEP_TARGET;
        *combined |= steps[i].kind == WEFT_STEP_PRODUCTS || steps[i].kind == WEFT_STEP_QUADRATIC ||
                     steps[i].kind == WEFT_STEP_ROWS || steps[i].kind == WEFT_STEP_FLAT;
    }
    return count;
}

/* What an element costs to compute, in nanoseconds, with what counted loops inside do as often as
 * is known; *open_ended: it is not known of all of them, and they count once. */
static double compute_cost(const explainer *x, uint32_t number, bool *open_ended)
{
    const weft_block_plan *blocks = x->plan->blocks.data, *block = &blocks[number];
    double cost = block->weight / 64.0;
    for (uint32_t i = number + 1; i < block->end_block; i = blocks[i].end_block) {
        const weft_insn *insn = insn_at(x, blocks[i].pc);
        const bool constant = insn->op == WEFT_OP_FOR && !(insn->scalar & WEFT_SCALAR_A);
        *open_ended |= !constant;
        cost += compute_cost(x, i, open_ended) * (constant ? (double)insn->imm : 1);
    }
    return cost;
}

static void say_strips(explainer *x, uint32_t number, size_t strip, bool far)
{
    const weft_block_plan *block = (const weft_block_plan *)x->plan->blocks.data + number;
    bool combined = false, open_ended = false;
    const unsigned count = steps_of(x, block, &combined);
    say(x,
        "  strips    %u live at most, %u bytes an element outside of arrays; %zu elements each%s\n",
        strips_used(x, block->pc), block->strip_bytes, strip,
        block->plain ? " at least (nothing is kept in strips)" : "");
    say(x, "  steps     %u a strip%s\n", count,
        combined ? ", some of them several instructions in one kernel" : "");
    const double compute = compute_cost(x, number, &open_ended);
    const double move = block->array_bytes / (double)(far ? FAR_BYTES_A_NS : NEAR_BYTES_A_NS);
    say(x,
        "  estimate  %.3g ns an element to compute%s, %.3g ns to move %u bytes at %d GB/s (%s): "
        "bound by %s%s\n",
        compute, open_ended ? " with each loop inside done once" : "", move, block->array_bytes,
        far ? FAR_BYTES_A_NS : NEAR_BYTES_A_NS, far ? "memory" : "caches",
        compute > move ? "computing" : "moving",
        open_ended && compute <= move ? ", or by computing if the loop inside runs often" : "");
}

static void say_block(explainer *x, uint32_t number)
{
    const weft_block_plan *block = (const weft_block_plan *)x->plan->blocks.data + number;
    const weft_insn *insn = insn_at(x, block->pc);
    const weft_context *context = x->program->context;
    const weft_binding binding = {.l1_bytes = context->l1_bytes,
                                  .l2_bytes = context->l2_bytes,
                                  .strip_length = context->wanted.strip_length};
    const double bytes = (double)x->elements * block->array_bytes;
    if (insn->op == WEFT_OP_LOOP && insn->a == insn->b)
        say(x, "loop at %u: dimension %u\n", block->pc, insn->a);
    else if (insn->op == WEFT_OP_LOOP)
        say(x, "loop at %u: dimensions %u to %u\n", block->pc, insn->a, insn->b);
    else if (insn->op == WEFT_OP_STRIP)
        say(x, "strip at %u: %u elements, unrolled\n", block->pc, weft_strip_length(insn));
    else if (insn->op == WEFT_OP_EACH || insn->op == WEFT_OP_SEQ)
        say(x, "%s at %u: each index of dimension %u%s\n", weft_op_row_of(insn->op)->mnemonic,
            block->pc, insn->k, insn->op == WEFT_OP_SEQ ? ", in order" : "");
    else
        say(x, "for at %u: a counted loop\n", block->pc);
    if (insn->op != WEFT_OP_LOOP && insn->op != WEFT_OP_STRIP)
        return;
    say_arrays(x, block, false);
    say_arrays(x, block, true);
    say_reductions(x, block->pc, true);
    say_reductions(x, block->pc, false);
    const size_t strip = insn->op == WEFT_OP_STRIP ? weft_strip_length(insn)
                                                   : weft_cpu_strip_length(&binding, block, false);
    say_strips(x, number, strip, bytes > (double)context->l2_bytes);
}

static void explain(explainer *x)
{
    if (x->plan->call.step)
        say(x, "one call of one kernel: runs inline where arrays are few and contiguous\n");
    if (x->plan->blocks.count == 0)
        say(x, "no loops: single values only\n");
    for (uint32_t i = 0; i < x->plan->blocks.count; i++)
        say_block(x, i);
}

weft_status weft_explain(const weft_program *program, uint64_t elements, char **text,
                         size_t *length, weft_error *error)
{
    weft_error_clear(error);
    if (text)
        *text = NULL;
    if (!program || !text || !length)
        return weft_fail(error, WEFT_ERR_ARG,
                         "weft_explain needs a program and places for the text and its length");
    explainer x = {.program = program, .text.element = 1, .elements = elements ? elements : MANY};
    /* a plan is made when first asked for, by anyone: it is no change that a user could see */
    x.plan = weft_program_plan((weft_program *)(uintptr_t)program, program->context->kernels);
    if (!x.plan)
        return weft_fail_memory(error);
    explain(&x);
    char *copy = x.failed ? NULL : weft_user_alloc(program->context, x.text.count + 1);
    if (copy) {
        if (x.text.count)
            memcpy(copy, x.text.data, x.text.count);
        copy[x.text.count] = 0;
        *text = copy;
        *length = x.text.count;
    }
    weft_vector_free(&program->context->allocator, &x.text);
    return copy ? WEFT_OK : weft_fail_memory(error);
}
