/* compiler/emit.h: what the rooms of the emitter share (compiler/schedule.h): draft.c
 * (instructions, registers and scopes), order.c (what is computed before what), emit_values.c (the
 * instructions of values), emit_loops.c (loops inside of nests, and loads), emit.c (nests and what
 * they store). */
#ifndef WEFT_COMPILER_EMIT_H
#define WEFT_COMPILER_EMIT_H

#include "compiler/schedule.h"

enum {
    MAX_SCOPES = WEFT_MAX_NEST + 1, /* blocks, and what is outside of them */
    MANY_SCALARS = 36,              /* beyond that constants are made where they are needed */
    MANY_LOADS = 64,                /* beyond that arrays are loaded where they are needed */
    CHAIN = 5                       /* operations that one kernel does at most */
};

typedef struct weft_emitter {
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
} weft_emitter;

/* --- draft.c ---------------------------------------------------------------------------------- */

weft_status weft_emit_new_register(weft_emitter *e, weft_file file, int32_t *number);
weft_virtual *weft_emit_register_at(const weft_emitter *e, int32_t number);
bool weft_emit_is_scalar(const weft_emitter *e, int32_t number);
/* So many new registers that follow each other; the first is returned. */
weft_status weft_emit_new_group(weft_emitter *e, weft_file file, unsigned width, int32_t *first);
weft_status weft_emit_insn(weft_emitter *e, const weft_insn *insn, int32_t d, int32_t a, int32_t b,
                           int32_t c);
weft_file weft_emit_file_of(weft_dtype type, bool strip);
/* Marks the operands of an instruction whose form leaves the choice as what they are. */
void weft_emit_mark_scalars(const weft_emitter *e, weft_insn *insn, int32_t d, int32_t a, int32_t b,
                            int32_t c);
weft_status weft_emit_unary(weft_emitter *e, unsigned op, weft_dtype type, int32_t d, int32_t a);
/* The value as a strip: scalars are broadcast. */
weft_status weft_emit_as_strip(weft_emitter *e, weft_dtype type, int32_t *number);
weft_status weft_emit_open_scope(weft_emitter *e);
bool weft_emit_is_available(const weft_emitter *e, const weft_item *item);
void weft_emit_set_register(weft_emitter *e, int32_t number, int32_t reg);
weft_status weft_emit_block(weft_emitter *e, unsigned op, unsigned k, unsigned lo, unsigned hi);
weft_status weft_emit_end(weft_emitter *e);

/* --- order.c ---------------------------------------------------------------------------------- */

bool weft_emit_is_leaf(const weft_emitter *e, const weft_item *item);
/* Dimensions that variable k of a loop varies along. */
unsigned weft_emit_variable_mask(const weft_emitter *e, const weft_item *loop, unsigned k);
/* Whether variable k of a loop is needed where the present stamp was set, and can be had with the
 * dimensions that are open. */
bool weft_emit_is_wanted(const weft_emitter *e, const weft_item *loop, unsigned k);
/* Strips that computing an item needs at once, if it is a tree: the operand that needs most comes
 * first. */
void weft_emit_find_pressures(weft_scheduler *s);
/* Constants may be made anew for each reader. */
bool weft_emit_is_made_anew(const weft_emitter *e, const weft_item *item);
/* Computes an item, and before it what it is made of and is not there yet. An entry of the list is
 * an item, or ~item: what it is made of is there by now. */
weft_status weft_emit_compute(weft_emitter *e, int32_t root);

/* --- emit_values.c ---------------------------------------------------------------------------- */

weft_status weft_emit_constant(weft_emitter *e, const weft_node *node, int32_t d);
/* The register of a value that has been computed. */
weft_status weft_emit_register_of(weft_emitter *e, int32_t number, int32_t *reg);
weft_status weft_emit_load(weft_emitter *e, int32_t number, unsigned param, unsigned k);
/* The registers of the listed values as a run of registers that follow each other: those that have
 * a place elsewhere are copied. */
weft_status weft_emit_as_run(weft_emitter *e, const int32_t *values, unsigned n, weft_dtype type,
                             bool strips, int32_t *first);
weft_status weft_emit_op(weft_emitter *e, int32_t number);
weft_status weft_emit_index(weft_emitter *e, int32_t number);
/* Whether an item is what the verifier can follow as an address (docs/isa.md): symbols counts those
 * that differ from element to element of loops. */
bool weft_emit_is_affine(const weft_emitter *e, int32_t number, unsigned depth);
weft_status weft_emit_row(weft_emitter *e, int32_t number);
weft_status weft_emit_fused(weft_emitter *e, int32_t number);
/* A function of the user's takes strips and gives one. */
weft_status weft_emit_call(weft_emitter *e, int32_t number);

/* --- emit_loops.c ----------------------------------------------------------------------------- */

weft_status weft_emit_loads(weft_emitter *e, unsigned within);
weft_status weft_emit_load_array(weft_emitter *e, int32_t number);
/* Loads what is still to be loaded from an array, before it is stored to. */
weft_status weft_emit_loads_of(weft_emitter *e, unsigned param);
weft_status weft_emit_item(weft_emitter *e, int32_t number);

#endif
