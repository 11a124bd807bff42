/* compiler/registers.c: numbers for the registers of drafted code (compiler/schedule.h).
 * A linear scan: each register is kept from its first instruction to its last, or, where it was
 * there before a block that reads it again and again, to the end of that block. The lowest free
 * numbers are taken, so that few strips are in use. Source: M. Poletto, V. Sarkar, Linear scan
 * register allocation, 1999. */
#include <string.h>

#include "compiler/schedule.h"

typedef struct allocation {
    weft_scheduler *s;
    weft_draft *insns;
    size_t n_insns;
    weft_virtual *regs;
    size_t n_regs;
    int32_t *outer; /* for each instruction the opener of the block around it, or -1 */
    int32_t *close; /* for each opener its end */
    bool used[3][WEFT_MAX_STRIP_REGS];
    int32_t *order; /* leaders by their first instruction */
    int32_t alive[3 * WEFT_MAX_STRIP_REGS];
    unsigned n_alive;
} allocation;

static const struct {
    unsigned count;
    const char *words;
} files[] = {{WEFT_MAX_STRIP_REGS, "values of strips"},
             {WEFT_MAX_PREDICATES, "conditions of strips"},
             {WEFT_MAX_SCALARS, "single values"}};

static void match_blocks(allocation *a)
{
    int32_t open[WEFT_MAX_NEST + 16];
    unsigned depth = 0;
    for (size_t i = 0; i < a->n_insns; i++) {
        const unsigned op = a->insns[i].insn.op;
        if (op == WEFT_OP_END)
            a->close[open[--depth]] = (int32_t)i;
        a->outer[i] = depth ? open[depth - 1] : -1;
        if (weft_op_opens_block(op))
            open[depth++] = (int32_t)i;
    }
}

/* The register lives at instruction `at` too. */
static void touch(allocation *a, int32_t number, int32_t at)
{
    weft_virtual *reg = &a->regs[a->regs[number].leader];
    const int32_t from = a->regs[number].from;
    if (reg->last < 0)
        reg->first = at;
    if (from >= 0 && from < reg->first)
        reg->first = from;
    if (at > reg->last)
        reg->last = at;
}

/* What was there before a block lives to its end if it is touched in it. */
static void extend(allocation *a, int32_t number, int32_t at)
{
    weft_virtual *reg = &a->regs[a->regs[number].leader];
    for (int32_t block = a->outer[at]; block >= 0; block = a->outer[block])
        if (reg->first <= block && a->close[block] > reg->last)
            reg->last = a->close[block];
}

static void find_lives(allocation *a)
{
    for (size_t i = 0; i < a->n_regs; i++)
        a->regs[i].last = -1;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < a->n_insns; i++) {
            const int32_t regs[] = {a->insns[i].d, a->insns[i].a, a->insns[i].b, a->insns[i].c};
            for (unsigned k = 0; k < 4; k++) {
                if (regs[k] < 0)
                    continue;
                if (pass == 0)
                    touch(a, regs[k], (int32_t)i);
                else
                    extend(a, regs[k], (int32_t)i);
            }
            if (pass == 0 && a->insns[i].insn.op == WEFT_OP_FOR) /* its counter, used or not */
                touch(a, regs[0], a->close[i]);
        }
}

/* Leaders that live at all, by counting at which instruction they begin. */
static void sort_leaders(allocation *a, int32_t *starts)
{
    memset(starts, 0, (a->n_insns + 1) * sizeof *starts);
    for (size_t i = 0; i < a->n_regs; i++)
        if (a->regs[i].leader == (int32_t)i && a->regs[i].last >= 0)
            starts[a->regs[i].first + 1]++;
    for (size_t i = 0; i < a->n_insns; i++)
        starts[i + 1] += starts[i];
    for (size_t i = 0; i < a->n_regs; i++)
        if (a->regs[i].leader == (int32_t)i && a->regs[i].last >= 0)
            a->order[starts[a->regs[i].first]++] = (int32_t)i;
}

static void release_until(allocation *a, int32_t at)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < a->n_alive; i++) {
        const weft_virtual *reg = &a->regs[a->alive[i]];
        if (reg->last > at || (reg->last == at && reg->first == at))
            a->alive[kept++] = a->alive[i];
        else
            memset(&a->used[reg->file][reg->number], 0, reg->width);
    }
    a->n_alive = kept;
}

static bool take(allocation *a, int32_t number)
{
    weft_virtual *reg = &a->regs[number];
    const unsigned count = files[reg->file].count;
    unsigned free = 0;
    for (unsigned at = 0; at < count; at++) {
        free = a->used[reg->file][at] ? 0 : free + 1;
        if (free < reg->width)
            continue;
        reg->number = (uint8_t)(at + 1 - free);
        memset(&a->used[reg->file][reg->number], 1, reg->width);
        a->alive[a->n_alive++] = number;
        return true;
    }
    return false;
}

static weft_status number_all(allocation *a, size_t leaders)
{
    for (size_t i = 0; i < leaders; i++) {
        const weft_virtual *reg = &a->regs[a->order[i]];
        release_until(a, reg->first);
        if (!take(a, a->order[i]))
            return weft_fail(a->s->error, WEFT_ERR_LIMIT,
                             "the program needs more than %u %s at once", files[reg->file].count,
                             files[reg->file].words);
    }
    return WEFT_OK;
}

static uint8_t number_of(const allocation *a, int32_t reg)
{
    return reg < 0 ? 0 : (uint8_t)(a->regs[a->regs[reg].leader].number + a->regs[reg].offset);
}

static void write_numbers(allocation *a)
{
    for (size_t i = 0; i < a->n_insns; i++) {
        weft_draft *draft = &a->insns[i];
        if (draft->d >= 0)
            draft->insn.d = number_of(a, draft->d);
        if (draft->a >= 0)
            draft->insn.a = number_of(a, draft->a);
        if (draft->b >= 0)
            draft->insn.b = number_of(a, draft->b);
        if (draft->c >= 0)
            draft->insn.c = number_of(a, draft->c);
    }
}

weft_status weft_schedule_registers(weft_scheduler *s, weft_draft_code *draft)
{
    const weft_allocator *allocator = s->allocator;
    const size_t n = draft->insns.count, n_regs = draft->regs.count;
    const size_t words = 3 * n + 1 + n_regs;
    int32_t *memory = weft_mem_zeroed(allocator, words, sizeof *memory);
    weft_status status = WEFT_OK;
    if (!memory)
        return weft_fail_memory(s->error);
    allocation a = {.s = s,
                    .insns = draft->insns.data,
                    .n_insns = n,
                    .regs = draft->regs.data,
                    .n_regs = n_regs,
                    .outer = memory,
                    .close = memory + n,
                    .order = memory + 3 * n + 1};
    size_t leaders = 0;
    match_blocks(&a);
    find_lives(&a);
    sort_leaders(&a, memory + 2 * n);
    for (size_t i = 0; i < n_regs; i++)
        leaders += a.regs[i].leader == (int32_t)i && a.regs[i].last >= 0;
    status = number_all(&a, leaders);
    if (!status)
        write_numbers(&a);
    weft_mem_free(allocator, memory, words * sizeof *memory);
    return status;
}
