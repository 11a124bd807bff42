/* cli/run_bindings.c: says in the user's words what does not fit between command line and program.
 * Neighbours: cli/run_arrays.c (types, shapes and files), cli/suggest.h (misspelled names). */
#include "cli/run_bindings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report.h"
#include "cli/suggest.h"

/* How each kind of parameter is given; indexed by weft_param_kind. */
static const struct kind_rule {
    const char *text;
    bool reads;
    bool writes;
    bool settable;
    bool shapeable;
} kind_rules[] = {
    [WEFT_PARAM_IN] = {"an input", true, false, false, false},
    [WEFT_PARAM_OUT] = {"an output", false, true, false, false},
    [WEFT_PARAM_INOUT] = {"an input and output", true, true, false, false},
    [WEFT_PARAM_UNIFORM] = {"a uniform", true, false, true, false},
    [WEFT_PARAM_TABLE] = {"a table", true, false, false, false},
    [WEFT_PARAM_TABLE_OUT] = {"an output table", false, true, false, true},
    [WEFT_PARAM_TABLE_INOUT] = {"an input and output table", true, true, false, false},
    [WEFT_PARAM_SCRATCH] = {"a scratch array", false, false, false, false},
    [WEFT_PARAM_POOL] = {"a pool", false, false, false, false},
    [WEFT_PARAM_FUNCTION] = {"a function", false, false, false, false},
};

static const struct kind_rule *rule_of(const binding *item)
{
    return &kind_rules[item->info.kind];
}

bool binding_reads(const binding *item)
{
    return rule_of(item)->reads;
}

bool binding_writes(const binding *item)
{
    return rule_of(item)->writes;
}

static binding *find(const run_bindings *bindings, const program_file *program, const char *name)
{
    int32_t index = weft_program_find_param(program->program, name);
    if (index >= 0) {
        return &bindings->items[index];
    }
    suggestion search = {.word = name};
    char text[256];
    for (uint32_t i = 0; i < bindings->count; i++) {
        suggest_offer(&search, bindings->items[i].info.name);
    }
    report("%s: no parameter '%s'%s", program->name, name,
           suggest_text(&search, text, sizeof text));
    return NULL;
}

/* "'y' is an output (f32): give -o y=FILE.npy", after `lead`. */
static bool complain_how(const program_file *program, const binding *item, const char *lead)
{
    const struct kind_rule *rule = rule_of(item);
    const char *name = item->info.name;
    char what[256];
    (void)snprintf(what, sizeof what, "%s'%s' is %s (%s)", lead, name, rule->text,
                   weft_dtype_name(item->info.type));
    if (!rule->reads && !rule->writes) {
        report("%s: %s, which takes no argument", program->name, what);
    } else if (rule->reads && rule->writes) {
        report("%s: %s: give both %s=FILE.npy and -o %s=FILE.npy", program->name, what, name, name);
    } else if (rule->settable) {
        report("%s: %s: give --set %s=VALUE or %s=FILE.npy", program->name, what, name, name);
    } else if (rule->shapeable) {
        report("%s: %s: give -o %s=FILE.npy and --shape %s=EXTENTS", program->name, what, name,
               name);
    } else {
        report("%s: %s: give %s%s=FILE.npy", program->name, what, rule->writes ? "-o " : "", name);
    }
    return false;
}

static bool complain_shape(const program_file *program, const binding *item)
{
    report("%s: --shape is for output tables; '%s' is %s", program->name, item->info.name,
           rule_of(item)->text);
    return false;
}

/* The four ways in which the command line names a parameter. */
typedef enum way { WAY_INPUT, WAY_OUTPUT, WAY_SET, WAY_SHAPE } way;

static bool rule_admits(const struct kind_rule *rule, way given)
{
    const bool admitted[] = {rule->reads, rule->writes, rule->settable, rule->shapeable};
    return admitted[given];
}

static const char **slot_of(binding *item, way given)
{
    const char **const slots[] = {&item->input, &item->output, &item->set, &item->shape};
    return slots[given];
}

static bool match_list(const run_bindings *bindings, const program_file *program,
                       const named_list *list, way given)
{
    for (int i = 0; i < list->count; i++) {
        binding *item = find(bindings, program, list->items[i].name);
        if (!item) {
            return false;
        }
        if (!rule_admits(rule_of(item), given)) {
            return given == WAY_SHAPE ? complain_shape(program, item)
                                      : complain_how(program, item, "");
        }
        const char **slot = slot_of(item, given);
        if (*slot || (given == WAY_SET && item->input)) {
            report("%s: '%s' is given twice", program->name, item->info.name);
            return false;
        }
        *slot = list->items[i].text;
    }
    return true;
}

static bool check_complete(const run_bindings *bindings, const program_file *program)
{
    for (uint32_t i = 0; i < bindings->count; i++) {
        const binding *item = &bindings->items[i];
        const struct kind_rule *rule = rule_of(item);
        bool complete = (!rule->reads || item->input || item->set) &&
                        (!rule->writes || item->output) && (!rule->shapeable || item->shape);
        if (!complete) {
            return complain_how(program, item, "missing argument: ");
        }
    }
    return true;
}

bool run_bindings_match(run_bindings *bindings, const program_file *program,
                        const run_options *options)
{
    uint32_t count = weft_program_param_count(program->program);
    bindings->count = 0;
    bindings->items = calloc(count ? count : 1, sizeof *bindings->items);
    if (!bindings->items) {
        report("%s", strerror(ENOMEM));
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (weft_program_param(program->program, i, &bindings->items[i].info) != WEFT_OK) {
            report("%s: parameter %u cannot be described", program->name, (unsigned)i);
            return false;
        }
        bindings->count++;
    }
    return match_list(bindings, program, &options->inputs, WAY_INPUT) &&
           match_list(bindings, program, &options->outputs, WAY_OUTPUT) &&
           match_list(bindings, program, &options->sets, WAY_SET) &&
           match_list(bindings, program, &options->shapes, WAY_SHAPE) &&
           check_complete(bindings, program);
}

void run_bindings_free(run_bindings *bindings)
{
    for (uint32_t i = 0; i < bindings->count; i++) {
        binding *item = &bindings->items[i];
        mapped_file_close(&item->file);
        output_file_close(&item->target);
        free(item->values);
    }
    free(bindings->items);
    *bindings = (run_bindings){0};
}
