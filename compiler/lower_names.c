/* compiler/lower_names.c: what a name means: which variables an expression uses, temporaries, and
 * what declared parameters are when they are read (compiler/lower_internal.h). */
#include <math.h>
#include <string.h>

#include "compiler/lower_internal.h"
#include "isa/suggest.h"

/* --- uses ------------------------------------------------------------------------------------- */

static weft_meaning *meaning_of(const weft_lowering *lowering, int32_t ast)
{
    return &lowering->meanings[weft_lower_ast(lowering, ast)->name];
}

/* Marks what an expression reads. The trees that wait are on the stack, as sums may be long. */
static bool scan_value(weft_lowering *lowering, int32_t value)
{
    size_t bottom = lowering->stack.count;
    if (!weft_lower_push(lowering, value))
        return false;
    while (lowering->stack.count > bottom) {
        int32_t ast = *weft_lower_stack(lowering, --lowering->stack.count);
        const weft_ast *node = weft_lower_ast(lowering, ast);
        if (node->kind == WEFT_AST_NAME && !meaning_of(lowering, ast)->bound)
            meaning_of(lowering, ast)->used = true;
        for (int32_t i = node->child; i >= 0; i = weft_lower_ast(lowering, i)->next)
            if (!weft_lower_push(lowering, i))
                return false;
    }
    return true;
}

/* Names of the list are bound from here on; weft_lower_unbind frees them. */
static bool scan_targets(weft_lowering *lowering, int32_t first)
{
    for (int32_t i = first; i >= 0; i = weft_lower_ast(lowering, i)->next) {
        bool component = weft_lower_ast(lowering, i)->kind == WEFT_AST_COMPONENT;
        if (component && !scan_value(lowering, i))
            return false;
        int32_t name = component ? weft_lower_ast(lowering, i)->child : i;
        if (!weft_lower_bind(lowering, weft_lower_ast(lowering, name)->name, -1))
            return false;
        meaning_of(lowering, name)->bound++;
    }
    return true;
}

static void scan_end(weft_lowering *lowering, size_t before)
{
    const weft_binding *bindings = lowering->bindings.data;
    for (size_t i = before; i < lowering->bindings.count; i++)
        lowering->meanings[bindings[i].symbol].bound--;
    weft_lower_unbind(lowering, before);
}

static bool scan_block(weft_lowering *lowering, int32_t block);

static bool scan_statement(weft_lowering *lowering, int32_t ast)
{
    const weft_ast *node = weft_lower_ast(lowering, ast);
    if (node->kind == WEFT_AST_VALUE || node->kind == WEFT_AST_RETURN)
        return scan_value(lowering, node->child);
    if (node->kind == WEFT_AST_ASSIGN) {
        int32_t values = weft_lower_ast(lowering, node->child)->next;
        return scan_value(lowering, values) && (!node->sign || scan_value(lowering, node->child)) &&
               scan_targets(lowering, weft_lower_ast(lowering, node->child)->child);
    }
    if (node->kind != WEFT_AST_FOR)
        return true;
    int32_t block = node->child;
    for (uint64_t i = 0; i < node->bits; i++, block = weft_lower_ast(lowering, block)->next)
        if (!scan_value(lowering, block))
            return false;
    size_t before = lowering->bindings.count;
    if (!weft_lower_bind(lowering, node->name, -1))
        return false;
    meaning_of(lowering, ast)->bound++;
    bool good = scan_block(lowering, block);
    scan_end(lowering, before);
    return good;
}

static bool scan_block(weft_lowering *lowering, int32_t block)
{
    int32_t i = weft_lower_ast(lowering, block)->child;
    while (i >= 0 && scan_statement(lowering, i))
        i = weft_lower_ast(lowering, i)->next;
    return i < 0;
}

static bool scan_function(weft_lowering *lowering, int32_t ast)
{
    int32_t parameters = weft_lower_ast(lowering, ast)->child;
    size_t before = lowering->bindings.count;
    bool good = scan_targets(lowering, weft_lower_ast(lowering, parameters)->child) &&
                scan_block(lowering, weft_lower_ast(lowering, parameters)->next);
    scan_end(lowering, before);
    return good;
}

bool weft_lower_find_uses(weft_lowering *lowering)
{
    bool good = scan_block(lowering, lowering->tree.root);
    scan_end(lowering, 0);
    /* Functions see none of the text's own names, called or not. */
    for (size_t i = 0; good && i < lowering->n_meanings; i++)
        if (lowering->meanings[i].function >= 0)
            good = scan_function(lowering, lowering->meanings[i].function);
    return good;
}

/* --- bindings --------------------------------------------------------------------------------- */

bool weft_lower_bind(weft_lowering *lowering, int32_t symbol, int32_t value)
{
    weft_binding *binding = weft_vector_push(lowering->graph->allocator, &lowering->bindings);
    if (!binding) {
        weft_graph_fail(lowering->graph, WEFT_ERR_MEMORY, "out of memory");
        return false;
    }
    *binding = (weft_binding){symbol, value, lowering->meanings[symbol].binding, false};
    lowering->meanings[symbol].binding = (int32_t)lowering->bindings.count - 1;
    return true;
}

void weft_lower_unbind(weft_lowering *lowering, size_t count)
{
    const weft_binding *bindings = lowering->bindings.data;
    while (lowering->bindings.count > count) {
        const weft_binding *last = &bindings[--lowering->bindings.count];
        lowering->meanings[last->symbol].binding = last->hidden;
    }
}

weft_binding *weft_lower_visible(const weft_lowering *lowering, int32_t symbol)
{
    int32_t binding = lowering->meanings[symbol].binding;
    return binding < lowering->base ? NULL : (weft_binding *)lowering->bindings.data + binding;
}

bool weft_lower_is(const weft_lowering *lowering, int32_t symbol, const char *word)
{
    const weft_symbol_text *name = weft_symbol_at(&lowering->tree, symbol);
    return name->length == strlen(word) && memcmp(name->text, word, name->length) == 0;
}

weft_dtype weft_lower_type(const weft_lowering *lowering, int32_t symbol)
{
    char name[8] = "";
    const weft_symbol_text *text = weft_symbol_at(&lowering->tree, symbol);
    if (text->length < sizeof name)
        memcpy(name, text->text, text->length);
    return weft_dtype_from_name(name);
}

/* --- names that are not there ----------------------------------------------------------------- */

/* The nearest of many names to one. */
typedef struct nearest {
    const weft_symbol_text *wanted;
    char best[WEFT_MAX_NAME + 1];
    size_t distance;
} nearest;

static void offer(nearest *near, const char *text, size_t length)
{
    char name[WEFT_MAX_NAME + 1];
    if (length > WEFT_MAX_NAME || length + 3 < near->wanted->length ||
        near->wanted->length + 3 < length)
        return;
    memcpy(name, text, length);
    name[length] = 0;
    weft_suggestion one = {near->wanted->text, near->wanted->length, NULL, 0};
    weft_suggest(&one, name);
    if (!one.best || (*near->best && one.distance >= near->distance))
        return;
    memcpy(near->best, name, length + 1);
    near->distance = one.distance;
}

static void offer_symbol(const weft_lowering *lowering, nearest *near, int32_t symbol)
{
    const weft_symbol_text *name = weft_symbol_at(&lowering->tree, symbol);
    offer(near, name->text, name->length);
}

static void offer_functions(const weft_lowering *lowering, nearest *near)
{
    static const char *const special[] = {"cast", "index", "extent", "len"};
    for (size_t i = 0; i < lowering->n_meanings; i++)
        if (lowering->meanings[i].function >= 0)
            offer_symbol(lowering, near, (int32_t)i);
    for (unsigned i = 0; i < sizeof special / sizeof special[0]; i++)
        offer(near, special[i], strlen(special[i]));
    const char *callable = weft_nearest_callable(near->wanted->text, near->wanted->length);
    if (callable)
        offer(near, callable, strlen(callable));
}

static const struct {
    const char *name;
    double value;
} constants[] = {
    {"pi", 3.14159265358979323846},
    {"e", 2.71828182845904523536},
    {"inf", (double)INFINITY},
    {"nan", (double)NAN},
};
enum { N_CONSTANTS = sizeof constants / sizeof constants[0] };

static void offer_values(const weft_lowering *lowering, nearest *near)
{
    const weft_binding *bindings = lowering->bindings.data;
    const weft_declared *declared = lowering->declared.data;
    for (size_t i = (size_t)lowering->base; i < lowering->bindings.count; i++)
        offer_symbol(lowering, near, bindings[i].symbol);
    for (size_t i = 0; i < lowering->declared.count; i++)
        offer_symbol(lowering, near, declared[i].symbol);
    for (size_t i = 0; !lowering->program && i < lowering->options->n_variables; i++)
        offer(near, lowering->options->variables[i].name,
              strlen(lowering->options->variables[i].name));
    for (unsigned i = 0; i < N_CONSTANTS; i++)
        offer(near, constants[i].name, strlen(constants[i].name));
}

static bool is_function(const weft_lowering *lowering, int32_t symbol)
{
    const weft_symbol_text *name = weft_symbol_at(&lowering->tree, symbol);
    return lowering->meanings[symbol].function >= 0 || lowering->meanings[symbol].users >= 0 ||
           weft_find_callable(name->text, name->length) != WEFT_NOT_CALLABLE ||
           weft_lower_is(lowering, symbol, "cast") || weft_lower_is(lowering, symbol, "index") ||
           weft_lower_is(lowering, symbol, "extent") || weft_lower_is(lowering, symbol, "len") ||
           weft_lower_type(lowering, symbol) != WEFT_NONE;
}

static int32_t fail_unknown(weft_lowering *lowering, int32_t ast, const char *what,
                            const nearest *near)
{
    char phrase[WEFT_SUGGESTION_SIZE];
    weft_suggestion suggestion = {NULL, 0, *near->best ? near->best : NULL, 0};
    return weft_lower_fail(lowering, ast, "unknown %s '%.*s'%s", what, (int)near->wanted->length,
                           near->wanted->text, weft_suggestion_phrase(&suggestion, phrase));
}

/* Whether the caller gives it, used or not. */
static bool is_variable(const weft_lowering *lowering, int32_t symbol)
{
    bool is = false;
    for (size_t i = 0; !lowering->program && i < lowering->options->n_variables; i++)
        is |= weft_lower_is(lowering, symbol, lowering->options->variables[i].name);
    return is;
}

int32_t weft_lower_unknown_function(weft_lowering *lowering, int32_t ast)
{
    int32_t symbol = weft_lower_ast(lowering, ast)->name;
    nearest near = {weft_symbol_at(&lowering->tree, symbol), "", 0};
    const weft_declared *declared = weft_lower_declared(lowering, symbol);
    bool table = declared && (declared->kind == WEFT_PARAM_TABLE || declared->rows > 1);
    if (weft_lower_visible(lowering, symbol) || declared || is_variable(lowering, symbol))
        return weft_lower_fail(lowering, ast, "'%.*s' is no function%s",
                               WEFT_SYMBOL_SHOWN(lowering, symbol),
                               table ? ": its rows are indexed with [ ]" : "");
    offer_functions(lowering, &near);
    return fail_unknown(lowering, ast, "function", &near);
}

/* The first call of what is no function anywhere in the text, or -1. It is told before names that
 * nothing gives: those may be what a caller has not given yet. */
static int32_t find_unknown_call(const weft_lowering *lowering)
{
    for (size_t i = 0; i < lowering->tree.nodes.count; i++) {
        const weft_ast *node = weft_lower_ast(lowering, (int32_t)i);
        if (node->kind == WEFT_AST_CALL && !is_function(lowering, node->name))
            return (int32_t)i;
    }
    return -1;
}

static int32_t unknown_name(weft_lowering *lowering, int32_t ast)
{
    int32_t symbol = weft_lower_ast(lowering, ast)->name;
    nearest near = {weft_symbol_at(&lowering->tree, symbol), "", 0};
    if (is_function(lowering, symbol))
        return weft_lower_fail(lowering, ast, "'%.*s' is a function: its arguments are missing",
                               WEFT_SYMBOL_SHOWN(lowering, symbol));
    const int32_t call = find_unknown_call(lowering);
    if (call >= 0)
        return weft_lower_unknown_function(lowering, call);
    offer_values(lowering, &near);
    offer_functions(lowering, &near);
    return fail_unknown(lowering, ast, "name", &near);
}

int32_t weft_lower_unknown_axis(weft_lowering *lowering, int32_t ast)
{
    char phrase[WEFT_SUGGESTION_SIZE];
    int32_t symbol = weft_lower_ast(lowering, ast)->name;
    const weft_symbol_text *name = weft_symbol_at(&lowering->tree, symbol);
    const weft_axis *axes = lowering->graph->axes.data;
    weft_suggestion near = {name->text, name->length, NULL, 0};
    for (unsigned i = 0; i < lowering->n_axes; i++)
        weft_suggest(&near, axes[i].name);
    return weft_lower_fail(lowering, ast, "the space has no axis '%.*s'%s",
                           WEFT_SYMBOL_SHOWN(lowering, symbol),
                           weft_suggestion_phrase(&near, phrase));
}

/* --- reading ---------------------------------------------------------------------------------- */

static int32_t read_output(weft_lowering *lowering, int32_t ast, const weft_declared *declared,
                           unsigned k)
{
    if (declared->values[k] >= 0)
        return declared->values[k];
    if (declared->kind == WEFT_PARAM_INOUT)
        return weft_node_load(lowering->graph, (unsigned)declared->param, k);
    return weft_lower_fail(lowering, ast, "output '%.*s' is read before it has a value",
                           WEFT_SYMBOL_SHOWN(lowering, declared->symbol));
}

static int32_t read_component(weft_lowering *lowering, int32_t ast, const weft_declared *declared,
                              unsigned k)
{
    if (weft_declared_is_output(declared))
        return read_output(lowering, ast, declared, k);
    if (declared->kind == WEFT_PARAM_UNIFORM)
        return weft_node_uniform(lowering->graph, (unsigned)declared->param, k, 0);
    return weft_node_load(lowering->graph, (unsigned)declared->param, k);
}

int32_t weft_lower_read_declared(weft_lowering *lowering, int32_t ast, weft_declared *declared,
                                 int k)
{
    int32_t components[WEFT_MAX_SEGMENT];
    weft_lower_place(lowering, ast);
    if (declared->kind == WEFT_PARAM_TABLE || declared->rows > 1)
        return weft_lower_fail(lowering, ast, "'%.*s' has rows: say which, as in %.*s[i]",
                               WEFT_SYMBOL_SHOWN(lowering, declared->symbol),
                               WEFT_SYMBOL_SHOWN(lowering, declared->symbol));
    if (k >= 0 || declared->segment == 1)
        return read_component(lowering, ast, declared, k < 0 ? 0 : (unsigned)k);
    for (unsigned i = 0; i < declared->segment; i++) {
        components[i] = read_component(lowering, ast, declared, i);
        if (components[i] < 0)
            return -1;
    }
    return weft_node_vector(lowering->graph, components, declared->segment);
}

int32_t weft_lower_name(weft_lowering *lowering, int32_t ast)
{
    int32_t symbol = weft_lower_ast(lowering, ast)->name;
    const weft_binding *binding = weft_lower_visible(lowering, symbol);
    if (binding)
        return binding->value;
    weft_declared *declared = weft_lower_declared(lowering, symbol);
    if (declared)
        return weft_lower_read_declared(lowering, ast, declared, -1);
    for (unsigned i = 0; i < N_CONSTANTS; i++)
        if (weft_lower_is(lowering, symbol, constants[i].name)) {
            uint64_t bits;
            memcpy(&bits, &constants[i].value, sizeof bits);
            return weft_node_const(lowering->graph, WEFT_WEAK_FLOAT, bits);
        }
    return unknown_name(lowering, ast);
}
