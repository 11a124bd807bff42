/* cli/summary.h: arrays in words: what `weft run` and `weft eval` print of results.
 * Neighbours: cli/element.h (single values). */
#ifndef WEFT_CLI_SUMMARY_H
#define WEFT_CLI_SUMMARY_H

#include <stdbool.h>

#include <weft/run.h>

/* "f32 [16, 32]", and " = 2.5" where it is a single value. */
void summary_print_type(const weft_arg *array);

/* A single value in full precision; of an array its type and shape, the least, largest and mean
 * value and the first few. The array's elements are contiguous. False, with a report, where these
 * cannot be computed. */
bool summary_print(weft_context *context, const weft_arg *array);

#endif
