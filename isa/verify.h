/* isa/verify.h: what makes a program safe to run.
 * A pass of its own over decoded code: nothing runs that has not passed it, and nothing behind it
 * checks the same again. Its rules are numbered in isa/rules.def. Besides its verdict it leaves
 * facts that binding and the engine need. Four rooms: verify.c (declarations, the order of things),
 * verify_insn.c (one instruction alone), verify_blocks.c (structure), verify_flow.c (what holds
 * when an instruction is reached). */
#ifndef WEFT_ISA_VERIFY_H
#define WEFT_ISA_VERIFY_H

#include "isa/affine.h"
#include "isa/base.h"
#include "isa/isa.h"

typedef enum weft_rule {
    WEFT_RULE_NONE,
#define WEFT_RULE(NAME, number, words) WEFT_RULE_##NAME = number,
#include "isa/rules.def"
    WEFT_RULE_END
} weft_rule;

/* Whether a parameter may have that name: letters, digits, _, no digit first. */
bool weft_name_is_good(const char *name);

/* The words of a rule, 1 <= rule < WEFT_RULE_END. */
const char *weft_rule_words(unsigned rule);

/* Something that depends on the arguments and is put to numbers when they are bound. Bounds come in
 * an order in which each one's parent and symbols stand before it. */
typedef enum weft_bound_kind {
    WEFT_BOUND_TRIPS,  /* a `for` that runs `form` times */
    WEFT_BOUND_DIMS,   /* a loop over the dimensions `dims` */
    WEFT_BOUND_ADDRESS /* an access: lo <= form <= hi must hold if it can be reached */
} weft_bound_kind;

typedef struct weft_bound {
    uint8_t kind;   /* weft_bound_kind */
    uint8_t dims;   /* DIMS */
    int32_t parent; /* enclosing loop, or -1 */
    uint32_t pc;
    int32_t table;    /* ADDRESS: the table whose rows set hi, or -1 */
    weft_affine form; /* TRIPS, ADDRESS */
    int64_t lo, hi;   /* ADDRESS */
} weft_bound;

enum { WEFT_PARAM_WORDS = WEFT_MAX_PARAMS / 32 };

typedef struct weft_facts {
    uint32_t *match;    /* for each block opener its end, and the other way; for func its ret */
    size_t n_match;     /* entries allocated */
    weft_vector bounds; /* of weft_bound */
    /* Bit i of conflicts[o]: input i may be read after output o was written, so that they must not
     * be the same array. */
    uint32_t (*conflicts)[WEFT_PARAM_WORDS];
    size_t n_conflicts;
    uint32_t n_strips, n_predicates, n_scalars; /* registers used: highest number + 1 */
    uint32_t max_strip;                         /* longest strip block, 0 if none */
} weft_facts;

/* WEFT_OK fills *facts (weft_facts_free); else nothing is owned. WEFT_ERR_VERIFY with error->rule
 * and, where one instruction is to blame, error->pc; WEFT_ERR_MEMORY. */
weft_status weft_verify_code(const weft_allocator *allocator, const weft_code *code,
                             weft_facts *facts, weft_error *error);
void weft_facts_free(const weft_allocator *allocator, weft_facts *facts);

/* --- between the verifier's rooms ------------------------------------------------------------- */

/* Reports that an instruction breaks a rule. */
weft_status weft_verify_fail(weft_error *error, weft_rule rule, int64_t pc, const char *format, ...)
    WEFT_PRINTF(4, 5);

/* Rules that one instruction keeps or breaks by itself. */
weft_status weft_verify_insn(const weft_code *code, uint32_t pc, weft_error *error);

/* Marks of a func in weft_blocks.block, once the structure is known. */
#define WEFT_BLOCK_CALLED (UINT32_C(1) << 30)
#define WEFT_BLOCK_DONE   (UINT32_C(1) << 31)

/* What verify_blocks.c finds. */
typedef struct weft_blocks {
    uint32_t main_end; /* pc behind the main code */
    uint32_t *match;   /* as in weft_facts */
    uint32_t *block;   /* for each pc its innermost opener (block or func) + 1; 0: main code */
    uint64_t *writes;  /* for each func: scalars that it, or what it calls, writes */
} weft_blocks;

weft_status weft_verify_blocks(const weft_code *code, weft_blocks *blocks, weft_error *error);
/* Scalars written in [begin, end), calls included. */
uint64_t weft_verify_writes(const weft_code *code, const weft_blocks *blocks, uint32_t begin,
                            uint32_t end);

weft_status weft_verify_flow(const weft_allocator *allocator, const weft_code *code,
                             const weft_blocks *blocks, weft_facts *facts, weft_error *error);

#endif
