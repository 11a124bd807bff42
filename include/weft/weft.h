/* weft/weft.h: the whole API.
 *
 *   weft_context *ctx;
 *   weft_context_create(NULL, &ctx);
 *   weft_program *prog;
 *   weft_assemble(ctx, text, strlen(text), &prog, &error);
 *   weft_run(ctx, prog, args, nargs);
 */
#ifndef WEFT_WEFT_H
#define WEFT_WEFT_H

#include <weft/buffer.h>
#include <weft/builder.h>
#include <weft/compile.h>
#include <weft/context.h>
#include <weft/function.h>
#include <weft/level.h>
#include <weft/library.h>
#include <weft/ops.h>
#include <weft/program.h>
#include <weft/run.h>
#include <weft/status.h>
#include <weft/types.h>
#include <weft/vec.h>

#endif
