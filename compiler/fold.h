/* compiler/fold.h: the rooms of folding share these. Each gives a node that is equal to the wanted
 * one and simpler, or -1; of axes they need not think: weft_fold gives the result those of the
 * wanted node. Neighbours: fold.c, fold_logic.c, fold_convert.c. */
#ifndef WEFT_COMPILER_FOLD_H
#define WEFT_COMPILER_FOLD_H

#include <weft/compile.h>

#include "compiler/node.h"

/* fold_logic.c: and or xor not shl shr rotl popcnt clz. */
int32_t weft_fold_logic(weft_graph *graph, const weft_node *wanted);
/* fold_logic.c: comparisons and sel. */
int32_t weft_fold_compare(weft_graph *graph, const weft_node *wanted);
int32_t weft_fold_select(weft_graph *graph, const weft_node *wanted);
/* fold_convert.c: cvt. */
int32_t weft_fold_convert(weft_graph *graph, const weft_node *wanted);
/* fold_sum.c: add, sub, mad and fma. */
int32_t weft_fold_add(weft_graph *graph, const weft_node *wanted);
int32_t weft_fold_sub(weft_graph *graph, const weft_node *wanted);
int32_t weft_fold_mad(weft_graph *graph, const weft_node *wanted);

/* Whether constants of that type may be taken together in another order. */
static inline bool weft_reorders(const weft_graph *graph, unsigned type)
{
    return weft_type_is_int(type) || (graph->flags & WEFT_FAST_REASSOCIATE) != 0;
}
static inline bool weft_contracts(const weft_graph *graph, unsigned type)
{
    return weft_type_is_float(type) && (graph->flags & WEFT_FAST_CONTRACT) != 0;
}
/* k where the bits are 2^k of that integer type; -1: they are not. */
int weft_power_of_two(unsigned type, uint64_t bits);

#endif
