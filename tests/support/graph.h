/* tests/support/graph.h: graphs for tests: made of terms like "(+ x (* y 2))", printed as terms
 * again, and computed by the kernels, element by element.
 *
 * Terms: names of parameters; literals (2 is a weak integer, 2.0 a weak float, 2:u8 a constant of
 * that type, true and false); (name operand ...) calls a function; (sum@0,1! x) a reduction over
 * axes 0 and 1, ! with keepdims, and (var@+1 x) with ddof 1; (cast:f64 x). */
#ifndef WEFT_TESTS_GRAPH_H
#define WEFT_TESTS_GRAPH_H

#include "compiler/graph.h"

/* An empty graph of the process's level, whose errors go to *error. */
void graph_start(weft_graph *graph, uint32_t flags, weft_error *error);
/* Adds an array of so many axes, new ones; the parameter's number. */
unsigned graph_array(weft_graph *graph, const char *name, weft_dtype type, unsigned rank);
/* Arrays of rank 1, all along the same axis, of every type, named by it ("f32"), a second one of
 * each ("f32b"), and uniforms ("f32u"). */
void graph_all_types(weft_graph *graph);
/* The node of a term; -1 after an error. */
int32_t graph_term(weft_graph *graph, const char *term);
/* "mad(x, y, 2)". The result stays until the next call. */
const char *graph_text(const weft_graph *graph, int32_t node);

/* Values of parameters for graph_compute: data[param] of n elements, n at most 4,096. */
typedef struct graph_values {
    const void *data[256];
    size_t n;
} graph_values;
/* Writes what a node of rank 1 or 0 is for each element, as its type is stored. */
void graph_compute(const weft_graph *graph, int32_t node, const graph_values *values, void *out);

#endif
