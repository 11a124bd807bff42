/* vm/functions.c: the user's functions in a context (vm/functions.h). They stand in lists, by hash
 * of their names: adding one needs no memory but its own, so that the user's allocator is never
 * called under the lock. */
#include "vm/functions.h"

#include <stdio.h>
#include <string.h>

#include "isa/suggest.h"
#include "vm/vm.h"

/* --- the table: all of this under the context's lock ------------------------------------------ */

/* FNV-1a */
static weft_registered **bucket_of(weft_context *context, const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return &context->functions[(hash ^ hash >> 16) % WEFT_FUNCTION_BUCKETS];
}

/* Where the list says that a function comes next; *of it NULL: there is none of that name. */
static weft_registered **find(weft_context *context, const char *name)
{
    weft_registered **at = bucket_of(context, name);
    while (*at && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    return at;
}

/* While the lock to change is held the answer can only become false. */
static bool is_pinned(const weft_registered *function)
{
    return atomic_load_explicit(&function->pins, memory_order_acquire) != 0;
}

static weft_registered *cut(weft_registered **at)
{
    weft_registered *function = *at;
    *at = function->next;
    return function;
}

/* --- without the lock ------------------------------------------------------------------------- */

static void free_function(weft_context *context, weft_registered *function)
{
    if (function->release)
        function->release(function->bound.user);
    weft_mem_free(&context->allocator, function, sizeof *function);
}

void weft_functions_clear(weft_context *context)
{
    for (unsigned b = 0; b < WEFT_FUNCTION_BUCKETS; b++) {
        weft_registered *unused = NULL;
        weft_lock_exclusive(context);
        for (weft_registered **at = &context->functions[b]; *at;) {
            if (is_pinned(*at)) {
                at = &(*at)->next;
                continue;
            }
            weft_registered *one = cut(at);
            one->next = unused;
            unused = one;
        }
        weft_unlock_exclusive(context);
        while (unused)
            free_function(context, cut(&unused));
    }
}

/* --- registering ------------------------------------------------------------------------------ */

uint32_t weft_signature_of(const weft_dtype *args, unsigned count)
{
    uint32_t signature = 0;
    for (unsigned i = 0; i < count; i++)
        signature |= (uint32_t)args[i] << 8 * i;
    return signature;
}

static weft_status check_name(const char *name, weft_error *error)
{
    if (!name)
        return weft_fail(error, WEFT_ERR_ARG, "a function needs a name");
    if (!weft_name_is_good(name))
        return weft_fail(error, WEFT_ERR_ARG,
                         "'%.64s' is no name for a function: letters, digits and _ are possible",
                         name);
    if (strlen(name) > WEFT_MAX_NAME)
        return weft_fail(error, WEFT_ERR_ARG, "the name '%.64s...' has more than %d characters",
                         name, WEFT_MAX_NAME);
    return WEFT_OK;
}

static weft_status check_types(const weft_function_info *info, weft_error *error)
{
    if (info->n_args < 1 || info->n_args > WEFT_MAX_FUNCTION_ARGS)
        return weft_fail(error, WEFT_ERR_ARG,
                         "function '%s' cannot have %u arguments: 1 to %d are possible", info->name,
                         info->n_args, WEFT_MAX_FUNCTION_ARGS);
    if (!weft_type_in(WEFT_MASK_ALL, info->result))
        return weft_fail(error, WEFT_ERR_ARG, "function '%s' has a result of no element type",
                         info->name);
    for (unsigned i = 0; i < WEFT_MAX_FUNCTION_ARGS; i++)
        if (i < info->n_args ? !weft_type_in(WEFT_MASK_ALL, info->args[i])
                             : info->args[i] != WEFT_NONE)
            return weft_fail(error, WEFT_ERR_ARG,
                             "function '%s', which has %u arguments, cannot have type %d for "
                             "argument %u",
                             info->name, info->n_args, (int)info->args[i], i);
    return WEFT_OK;
}

weft_status weft_function_check(const weft_function_info *info, weft_error *error)
{
    WEFT_TRY(check_name(info->name, error));
    WEFT_TRY(check_types(info, error));
    if (info->flags & ~(uint32_t)WEFT_FUNCTION_PURE)
        return weft_fail(error, WEFT_ERR_ARG, "function '%s' has unknown flags 0x%x", info->name,
                         info->flags);
    return WEFT_OK;
}

weft_status weft_function_register(weft_context *context, const weft_function_info *info,
                                   weft_error *error)
{
    weft_function_info wanted;
    weft_error_clear(error);
    if (!context || !info)
        return weft_fail(error, WEFT_ERR_ARG,
                         "weft_function_register needs a context and a description");
    if (!weft_options_copy(&wanted, sizeof wanted, info))
        return weft_fail(error, WEFT_ERR_ARG, "weft_function_info.size is wrong");
    WEFT_TRY(weft_function_check(&wanted, error));
    if (!wanted.call)
        return weft_fail(error, WEFT_ERR_ARG, "function '%s' has nothing to be called",
                         wanted.name);
    weft_registered *made = weft_mem_zeroed(&context->allocator, 1, sizeof *made);
    if (!made)
        return weft_fail_memory(error);
    made->bound = (weft_bound_function){wanted.call, wanted.user};
    strcpy(made->name, wanted.name);
    made->result = (uint8_t)wanted.result;
    made->signature = weft_signature_of(wanted.args, wanted.n_args);
    made->flags = wanted.flags;
    made->release = wanted.release;
    atomic_init(&made->pins, 0);
    weft_lock_exclusive(context);
    weft_registered **at = find(context, made->name);
    const bool taken = *at != NULL;
    if (!taken)
        *at = made;
    weft_unlock_exclusive(context);
    if (!taken)
        return WEFT_OK;
    weft_mem_free(&context->allocator, made, sizeof *made);
    return weft_fail(error, WEFT_ERR_ARG, "this context has a function '%s' already", wanted.name);
}

static weft_status no_such_function(const char *name, weft_error *error)
{
    return weft_fail(error, WEFT_ERR_ARG, "this context has no function '%.64s'", name);
}

weft_status weft_function_unregister(weft_context *context, const char *name, weft_error *error)
{
    weft_error_clear(error);
    if (!context || !name)
        return weft_fail(error, WEFT_ERR_ARG,
                         "weft_function_unregister needs a context and a name");
    weft_lock_exclusive(context);
    weft_registered **at = find(context, name);
    const bool known = *at != NULL, busy = known && is_pinned(*at);
    weft_registered *unused = known && !busy ? cut(at) : NULL;
    weft_unlock_exclusive(context);
    if (!known)
        return no_such_function(name, error);
    if (busy)
        return weft_fail(error, WEFT_ERR_BUSY, "a run uses function '%s': remove it afterwards",
                         name);
    free_function(context, unused);
    return WEFT_OK;
}

static void describe(const weft_registered *function, const char *name, weft_function_info *info)
{
    info->name = name;
    info->result = (weft_dtype)function->result;
    info->n_args = weft_signature_count(function->signature);
    for (unsigned i = 0; i < WEFT_MAX_FUNCTION_ARGS; i++)
        info->args[i] = weft_signature_type(function->signature, i);
    info->flags = function->flags;
    info->call = function->bound.call;
    info->user = function->bound.user;
    info->release = function->release;
}

weft_status weft_function_query(weft_context *context, const char *name, weft_function_info *info,
                                weft_error *error)
{
    weft_function_info found;
    weft_error_clear(error);
    if (!context || !name || !info)
        return weft_fail(error, WEFT_ERR_ARG,
                         "weft_function_query needs a context, a name and a place for what it "
                         "finds");
    if (!weft_options_copy(&found, sizeof found, info))
        return weft_fail(error, WEFT_ERR_ARG, "weft_function_info.size is wrong");
    weft_lock_shared(context);
    const weft_registered *function = *find(context, name);
    if (function)
        describe(function, name, &found);
    weft_unlock_shared(context);
    if (!function)
        return no_such_function(name, error);
    memcpy(info, &found, found.size);
    return WEFT_OK;
}

/* --- runs ------------------------------------------------------------------------------------- */

enum { SHOWN = 40 }; /* bytes of a result and arguments in words */

/* "f32 (f64, i32)" */
static const char *words_of(uint8_t result, uint32_t signature, char text[SHOWN])
{
    size_t at = (size_t)snprintf(text, SHOWN, "%s (", weft_dtype_name((weft_dtype)result));
    for (unsigned i = 0; i < weft_signature_count(signature); i++)
        at += (size_t)snprintf(text + at, SHOWN - at, "%s%s", i ? ", " : "",
                               weft_dtype_name(weft_signature_type(signature, i)));
    snprintf(text + at, SHOWN - at, ")");
    return text;
}

static weft_status not_registered(weft_context *context, const weft_param *param, weft_error *error)
{
    char phrase[WEFT_SUGGESTION_SIZE];
    weft_suggestion near = {param->name, strlen(param->name), NULL, 0};
    for (unsigned b = 0; b < WEFT_FUNCTION_BUCKETS; b++)
        for (const weft_registered *at = context->functions[b]; at; at = at->next)
            weft_suggest(&near, at->name);
    return weft_fail(error, WEFT_ERR_BIND,
                     "the program calls a function '%s', but none is registered in this context%s",
                     param->name, weft_suggestion_phrase(&near, phrase));
}

weft_status weft_function_pin(weft_context *context, const weft_param *param,
                              const weft_bound_function **pinned, weft_error *error)
{
    char declared[SHOWN], given[SHOWN];
    weft_registered *function = *find(context, param->name);
    if (!function)
        return not_registered(context, param, error);
    if (function->result != param->type || function->signature != param->count)
        return weft_fail(error, WEFT_ERR_BIND,
                         "function '%s' is registered as %s, but the program declares it as %s",
                         param->name, words_of(function->result, function->signature, given),
                         words_of(param->type, param->count, declared));
    if (weft_param_is_pure(param) && !(function->flags & WEFT_FUNCTION_PURE))
        return weft_fail(error, WEFT_ERR_BIND,
                         "the program declares function '%s' as pure, but it is not registered as "
                         "that",
                         param->name);
    atomic_fetch_add_explicit(&function->pins, 1, memory_order_relaxed);
    *pinned = &function->bound;
    return WEFT_OK;
}

void weft_function_unpin(const weft_bound_function *pinned)
{
    weft_registered *function = (weft_registered *)(uintptr_t)pinned;
    /* What the run did in it comes before its release. */
    atomic_fetch_sub_explicit(&function->pins, 1, memory_order_release);
}
