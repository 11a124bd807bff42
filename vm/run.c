/* vm/run.c: runs of programs (weft/run.h): which way each one goes. */
#include "vm/bind.h"
#include "vm/inline_run.h"

static weft_status run_in(weft_workroom *room, weft_context *context, weft_program *program,
                          const weft_arg *args, size_t nargs, const weft_run_options *options,
                          bool locked_before, weft_error *error)
{
    weft_run_state *run;
    weft_status status =
        weft_bind(context, program, room, args, nargs, options->space, locked_before, &run, error);
    if (!status) {
        weft_run_control *control = &run->binding.control;
        control->budget = options->budget ? options->budget : WEFT_DEFAULT_BUDGET;
        control->cancelled = options->cancel ? &options->cancel->requested : NULL;
        control->progress = options->progress;
        control->progress_user = options->progress_user;
        status = weft_backends[context->wanted.backend].run(&run->binding, &room->work, error);
    }
    if (run)
        weft_unbind(run);
    return status;
}

static weft_status run_bound(weft_context *context, weft_program *program, const weft_arg *args,
                             size_t nargs, const weft_run_options *options, bool locked_before,
                             weft_error *error)
{
    weft_workroom *room = weft_workroom_take(context);
    if (!room)
        return weft_fail_memory(error);
    const weft_status status =
        run_in(room, context, program, args, nargs, options, locked_before, error);
    weft_workroom_give(context, room);
    return status;
}

/* Where one call of a kernel does all of it, under the lock: the program, which a run would else
 * have a reference to, is not freed while it is held. False: it does not. */
static inline bool run_inline(weft_context *context, const weft_program *program,
                              const weft_arg *args, size_t nargs, weft_status *status,
                              weft_error *error)
{
    weft_call_operands call;
    if (program->context != context || context->wanted.backend != WEFT_BACKEND_CPU)
        return false;
    /* Made when first asked for, by anyone: it is no change that a user could see. */
    const weft_plan *plan = weft_program_plan((weft_program *)(uintptr_t)program, context->kernels);
    *status = plan ? WEFT_OK : weft_fail_memory(error);
    if (!plan)
        return true;
    if (!plan->call.step ||
        !weft_inline_match(plan, args, nargs, context->wanted.inline_elements, &call))
        return false;
    weft_lock_shared(context);
    weft_call_run(&plan->call, &call);
    WEFT_COUNT(context, runs_inline);
    weft_unlock_shared(context);
    return true;
}

static weft_status run_held(weft_context *context, const weft_program *program,
                            const weft_arg *args, size_t nargs, const weft_run_options *options,
                            bool locked_before, weft_error *error)
{
    weft_program *held = weft_program_retain((weft_program *)(uintptr_t)program);
    weft_status status = run_bound(context, held, args, nargs, options, locked_before, error);
    weft_program_release(held);
    return status;
}

weft_status weft_run_found(weft_context *context, weft_program *program, const weft_arg *args,
                           size_t nargs, const weft_run_options *options, weft_error *error)
{
    weft_error_clear(error);
    return run_held(context, program, args, nargs, options, true, error);
}

weft_status weft_run_with(weft_context *context, const weft_program *program, const weft_arg *args,
                          size_t nargs, const weft_run_options *options, weft_error *error)
{
    weft_run_options wanted;
    weft_error_clear(error);
    if (!context || !program || (!args && nargs))
        return weft_fail(error, WEFT_ERR_ARG, "weft_run needs a context, a program and arguments");
    if (!weft_options_copy(&wanted, sizeof wanted, options))
        return weft_fail(error, WEFT_ERR_ARG, "weft_run_options.size is wrong");
    const bool usual = !wanted.budget && !wanted.cancel && !wanted.progress && !wanted.space;
    weft_status status;
    if (usual && run_inline(context, program, args, nargs, &status, error))
        return status;
    return run_held(context, program, args, nargs, &wanted, false, error);
}

weft_status weft_run(weft_context *context, const weft_program *program, const weft_arg *args,
                     size_t nargs)
{
    static const weft_run_options usual = {.size = sizeof usual};
    if (!context || !program || (!args && nargs))
        return WEFT_ERR_ARG;
    weft_status status;
    if (run_inline(context, program, args, nargs, &status, NULL))
        return status;
    return run_held(context, program, args, nargs, &usual, false, NULL);
}
