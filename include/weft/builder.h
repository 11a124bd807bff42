/* weft/builder.h: programs made by calls, for programs that generate programs. What a builder makes
 * is what a text of the language makes (docs/language.md): the same operators and functions with
 * the same types and meaning, over axes that are declared.
 *
 *   weft_builder *b;
 *   weft_builder_create(context, 0, &b);
 *   uint32_t n = weft_builder_axis(b, "n");
 *   weft_param_info x = {.name = "x", .kind = WEFT_PARAM_IN, .type = WEFT_F32, .dims = n};
 *   weft_param_info y = {.name = "y", .kind = WEFT_PARAM_OUT, .type = WEFT_F32, .dims = n};
 *   int32_t in = weft_builder_param(b, &x), out = weft_builder_param(b, &y);
 *   weft_expr v = weft_builder_read(b, in);
 *   weft_builder_output(b, out, weft_builder_call(b, "*", (weft_expr[]){v, v}, 2));
 *   status = weft_builder_build(b, NULL, &program, &error);
 *   weft_builder_destroy(b);
 *
 * Errors stick: after the first one nothing more is made, every call gives -1 or that status again,
 * and weft_builder_build reports it, so that calls need not be checked one by one. What fails where
 * a text would be refused is WEFT_ERR_SYNTAX; a number that names nothing, a NULL and the like are
 * WEFT_ERR_ARG; too much of something is WEFT_ERR_LIMIT. The message names the function and how
 * many calls came before it.
 *
 * A builder is for one thread at a time. Neighbours: weft/compile.h (texts), weft/function.h
 * (functions of the user's, which can be called here), weft/run.h. */
#ifndef WEFT_BUILDER_H
#define WEFT_BUILDER_H

#include <weft/compile.h>
#include <weft/function.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_builder weft_builder;

/* A value of a program: one number, or a vector of up to 16, for each element of the axes that it
 * varies along. It belongs to the builder that made it. id -1: none, as after an error. */
typedef struct weft_expr {
    int32_t id;
} weft_expr;

/* Makes a builder that holds nothing yet. flags: WEFT_FAST_*, as in weft_compile_options. On
 * error *out is NULL. WEFT_ERR_ARG (context or out is NULL, unknown flags), WEFT_ERR_MEMORY. */
WEFT_API weft_status weft_builder_create(weft_context *context, uint32_t flags, weft_builder **out);

/* Frees a builder; programs that it made stay. NULL is allowed. */
WEFT_API void weft_builder_destroy(weft_builder *builder);

/* The status of the first error, with its report (NULL: not wanted); WEFT_OK: there was none.
 * WEFT_ERR_ARG: builder is NULL. */
WEFT_API weft_status weft_builder_error(const weft_builder *builder, weft_error *error);

/* --- declarations ----------------------------------------------------------------------------- */

/* Declares an axis of the index space, the outermost first, at most WEFT_MAX_RANK. Axes are aligned
 * by what they are, not by position. Name: as of parameters, or NULL. Returns the axis: a bit of
 * its own, 1 of the first one, so that several are combined with |; 0 on error. */
WEFT_API uint32_t weft_builder_axis(weft_builder *builder, const char *name);

/* Declares a parameter: `in`, `out`, `inout`, `uniform` or `table` (the kinds that programs in text
 * have). dims: the axes of an array, of those declared by now; window: 0;
 * segment: 0 is 1; count: rows of a uniform, 0 is 1. Programs have their parameters in this order.
 * Returns its number, or -1. */
WEFT_API int32_t weft_builder_param(weft_builder *builder, const weft_param_info *info);

/* Declares a function that is to be registered where the program runs: name, result, n_args, args
 * and flags of info; the rest is not looked at. Functions that are registered in the builder's
 * context need no declaration to be called, only to be called as less than they are. */
WEFT_API weft_status weft_builder_function(weft_builder *builder, const weft_function_info *info);

/* --- values ----------------------------------------------------------------------------------- */

/* The value of a parameter: of an `in` or `inout` array (as it is before the run) at each element,
 * of a uniform with one row. */
WEFT_API weft_expr weft_builder_read(weft_builder *builder, int32_t param);

/* A row of a table or uniform, for each element of the indices: integers, one, or for a table with
 * n dimensions n of them (at most 4), of which the row-major number is taken. An index that is out
 * of range ends the run. */
WEFT_API weft_expr weft_builder_row(weft_builder *builder, int32_t param, const weft_expr *indices,
                                    uint32_t n);

/* How many elements an axis has; the index of each along an axis; extent `dim` of the array that is
 * bound to a table (of a uniform: its rows, dim 0). i64. */
WEFT_API weft_expr weft_builder_extent(weft_builder *builder, uint32_t axis);
WEFT_API weft_expr weft_builder_index(weft_builder *builder, uint32_t axis);
WEFT_API weft_expr weft_builder_length(weft_builder *builder, int32_t param, uint32_t dim);

/* Literals, which take the type of what they meet, and constants of a type: `element` points to one
 * as arrays have it. */
WEFT_API weft_expr weft_builder_integer(weft_builder *builder, int64_t value);
WEFT_API weft_expr weft_builder_float(weft_builder *builder, double value);
WEFT_API weft_expr weft_builder_constant(weft_builder *builder, weft_dtype type,
                                         const void *element);

/* An operator ("+", "<=", "and", "-" of one or two) or function ("sin", "where", "softmax") of the
 * language, or one of the user's: declared, or registered in the context at this moment. Its
 * operands are converted as the language does, a user's function's as NumPy's same_kind allows.
 * Reductions run over all axes. Calls of functions that are not pure happen in the order of these
 * calls, whether what they give is used or not. */
WEFT_API weft_expr weft_builder_call(weft_builder *builder, const char *name, const weft_expr *args,
                                     uint32_t n);

/* A reduction ("sum", "mean", "argmax", "std", "dot", "softmax", ...) over some axes; 0: over all
 * that the operands vary along. ddof: of "var" and "std", else 0. */
WEFT_API weft_expr weft_builder_reduce(weft_builder *builder, const char *name,
                                       const weft_expr *args, uint32_t n, uint32_t axes,
                                       int64_t ddof);

/* The value converted to a type. */
WEFT_API weft_expr weft_builder_cast(weft_builder *builder, weft_expr value, weft_dtype type);

/* The same value, repeated along all of some axes; it must vary along no other. */
WEFT_API weft_expr weft_builder_spread(weft_builder *builder, weft_expr value, uint32_t axes);

/* A vector of n components, 1 to 16, which get their common type; and component k of one. */
WEFT_API weft_expr weft_builder_vector(weft_builder *builder, const weft_expr *parts, uint32_t n);
WEFT_API weft_expr weft_builder_component(weft_builder *builder, weft_expr vector, uint32_t k);

typedef struct weft_expr_info {
    weft_dtype type;     /* WEFT_NONE: a literal */
    uint32_t components; /* 1, or those of a vector */
    uint32_t axes;       /* that it varies along */
    uint32_t reserved;   /* 0 */
} weft_expr_info;

/* Describes a value. Leaves the builder as it is, errors included. WEFT_ERR_ARG: builder or info is
 * NULL, there is no such value. */
WEFT_API weft_status weft_builder_describe(const weft_builder *builder, weft_expr value,
                                           weft_expr_info *info);

/* --- counted loops ---------------------------------------------------------------------------- */

/* Opens a loop that runs `count` times: an integer literal, or a sum or multiple of whole numbers,
 * extents, lengths, i64 uniforms and counters. Its n variables have these values at first.
 * *counter (NULL: not wanted) is 0, 1, ..., i64; variables[i] is variable i in an iteration. What
 * is made until weft_builder_end_for is the body, and is not to be used outside: there are no
 * reductions and no outputs in it. Loops may stand in loops. On error all of them are {-1}. */
WEFT_API weft_status weft_builder_for(weft_builder *builder, weft_expr count,
                                      const weft_expr *initial, uint32_t n, weft_expr *counter,
                                      weft_expr *variables);

/* Closes the loop that was opened last: next[i] is what variable i is after an iteration, of its
 * type and components, and varying along no other axes than it does at first: weft_builder_cast and
 * weft_builder_spread make first values that fit. results[i] (may be `variables`) is what it is
 * after all iterations. n as it was. */
WEFT_API weft_status weft_builder_end_for(weft_builder *builder, const weft_expr *next, uint32_t n,
                                          weft_expr *results);

/* --- results ---------------------------------------------------------------------------------- */

/* Gives an `out` or `inout` parameter its value, once; a single value for a segment goes to all
 * components. It is converted as NumPy's same_kind allows, and repeated along axes that it does not
 * vary along. */
WEFT_API weft_status weft_builder_output(weft_builder *builder, int32_t param, weft_expr value);
/* The same for component k. */
WEFT_API weft_status weft_builder_output_component(weft_builder *builder, int32_t param, uint32_t k,
                                                   weft_expr value);

/* Makes a program of all that was made so far; every component of every `out` must have its value.
 * options: as of weft_compile, without variables and result; flags that the builder was not created
 * with are an error. NULL: defaults. May be called several times, and the builder used on: what
 * fails here does not stick. *out is given back with weft_program_release; NULL on error.
 * WEFT_ERR_LIMIT: too much for one program; WEFT_ERR_ARG, WEFT_ERR_SYNTAX, WEFT_ERR_UNSUPPORTED (a
 * form that is not possible), WEFT_ERR_MEMORY. */
WEFT_API weft_status weft_builder_build(weft_builder *builder, const weft_compile_options *options,
                                        weft_program **out, weft_error *error);

#ifdef __cplusplus
}
#endif
#endif
