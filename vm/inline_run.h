/* vm/inline_run.h: runs that are one call of one kernel. Where a program's plan is that
 * (weft_call_plan, backends/plan.h) and its arguments are few elements that lie one behind the
 * other, nothing needs to be bound. Neighbours: vm/run.c (asks first), vm/direct.c (one operation
 * without a program). */
#ifndef WEFT_VM_INLINE_RUN_H
#define WEFT_VM_INLINE_RUN_H

#include <weft/run.h>

#include "backends/plan.h"

/* Whether the arguments are as simple as the plan's call takes: one for each parameter, in their
 * order, none in a buffer; arrays of 1 to `most` elements, contiguous and aligned; what is written
 * apart from each of the others, or the same array. False: they are yet to be looked at. The plan
 * must have a call. */
bool weft_inline_match(const weft_plan *plan, const weft_arg *args, size_t nargs, uint64_t most,
                       weft_call_operands *call);

#endif
