/* cli/cmd_ops.c: `weft ops`: the instruction table, for people or as JSON.
 * Everything comes from weft_op (weft/program.h); nothing here knows an instruction. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include <weft/weft.h>

#include "cli/commands.h"
#include "cli/report.h"
#include "cli/simple_options.h"

/* --- columns ---------------------------------------------------------------------------------- */

enum { COLUMN_COUNT = 5 };
#define ULP_TEXT_MAX 40

static bool has_floats(const weft_op_info *op)
{
    return (op->type_mask & (1u << WEFT_F32 | 1u << WEFT_F64)) != 0;
}

/* "1", or "1/2" where f32 and f64 differ; "-" where no float is taken. */
static void format_ulp(const weft_op_info *op, char text[ULP_TEXT_MAX])
{
    double f32 = (double)op->ulp_f32;
    double f64 = (double)op->ulp_f64;
    if (!has_floats(op)) {
        (void)snprintf(text, ULP_TEXT_MAX, "-");
    } else if (f32 < f64 || f32 > f64) {
        (void)snprintf(text, ULP_TEXT_MAX, "%g/%g", f32, f64);
    } else {
        (void)snprintf(text, ULP_TEXT_MAX, "%g", f32);
    }
}

static void fill_row(const weft_op_info *op, char ulp[ULP_TEXT_MAX], const char *row[COLUMN_COUNT])
{
    format_ulp(op, ulp);
    row[0] = op->mnemonic;
    row[1] = op->operands;
    row[2] = op->type_mask ? op->types : "-";
    row[3] = ulp;
    row[4] = op->meaning;
}

static void widen(size_t widths[COLUMN_COUNT], const char *const row[COLUMN_COUNT])
{
    for (int i = 0; i < COLUMN_COUNT; i++) {
        size_t length = strlen(row[i]);
        widths[i] = length > widths[i] ? length : widths[i];
    }
}

static void print_row(const size_t widths[COLUMN_COUNT], const char *const row[COLUMN_COUNT])
{
    for (int i = 0; i + 1 < COLUMN_COUNT; i++) {
        (void)printf("%-*s  ", (int)widths[i], row[i]);
    }
    (void)printf("%s\n", row[COLUMN_COUNT - 1]);
}

/* Names the types of each set, in the order in which the table first uses them. */
static void print_type_sets(void)
{
    weft_op_info op;
    weft_op_info before;
    for (uint32_t i = 0; weft_op(i, &op) == WEFT_OK; i++) {
        bool known = op.type_mask == 0;
        for (uint32_t j = 0; j < i && !known; j++) {
            known = weft_op(j, &before) == WEFT_OK && strcmp(before.types, op.types) == 0;
        }
        if (known) {
            continue;
        }
        (void)printf("%s:", op.types);
        for (int type = 1; type < WEFT_TYPE_COUNT; type++) {
            if (op.type_mask & (1u << type)) {
                (void)printf(" %s", weft_dtype_name((weft_dtype)type));
            }
        }
        (void)printf("\n");
    }
}

static int print_columns(void)
{
    static const char *const titles[COLUMN_COUNT] = {"mnemonic", "operands", "types", "ULP",
                                                     "meaning"};
    const char *row[COLUMN_COUNT];
    char ulp[ULP_TEXT_MAX];
    weft_op_info op;
    size_t widths[COLUMN_COUNT] = {0};
    widen(widths, titles);
    for (uint32_t i = 0; weft_op(i, &op) == WEFT_OK; i++) {
        fill_row(&op, ulp, row);
        widen(widths, row);
    }
    print_row(widths, titles);
    for (uint32_t i = 0; weft_op(i, &op) == WEFT_OK; i++) {
        fill_row(&op, ulp, row);
        print_row(widths, row);
    }
    (void)printf("\n");
    print_type_sets();
    return EXIT_DONE;
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *type_list(uint32_t mask)
{
    json_t *list = json_array();
    for (int type = 1; type < WEFT_TYPE_COUNT; type++) {
        if (mask & (1u << type)) {
            (void)json_array_append_new(list, json_string(weft_dtype_name((weft_dtype)type)));
        }
    }
    return list;
}

static json_t *describe(const weft_op_info *op)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:f, s:f, s:s}", "mnemonic", op->mnemonic,
                     "category", op->category, "operands", op->operands, "type_set", op->types,
                     "types", type_list(op->type_mask), "ulp_f32", (double)op->ulp_f32, "ulp_f64",
                     (double)op->ulp_f64, "meaning", op->meaning);
}

static int print_json(void)
{
    json_t *list = json_array();
    weft_op_info op;
    int failed = list ? 0 : -1;
    for (uint32_t i = 0; !failed && weft_op(i, &op) == WEFT_OK; i++) {
        failed = json_array_append_new(list, describe(&op));
    }
    if (failed) {
        report("%s", strerror(ENOMEM));
    } else {
        (void)json_dumpf(list, stdout, JSON_INDENT(2));
        (void)printf("\n");
    }
    json_decref(list);
    return failed ? EXIT_FAILED : EXIT_DONE;
}

static int run_ops(int argc, char **argv)
{
    bool as_json;
    int status;
    if (!simple_options_json(&command_ops, argc, argv, &as_json, &status)) {
        return status;
    }
    return as_json ? print_json() : print_columns();
}

const command command_ops = {
    .name = "ops",
    .usage = "[--json]",
    .summary = "List the instructions",
    .help =
        "The column ULP gives the largest error in units in the last place: for f32 and f64\n"
        "alike, or as f32/f64. 0: every step is rounded as IEEE 754 says, so that the bits are\n"
        "the same on every machine. The sets of types are named below the table.\n\n"
        "  --json      as JSON\n"
        "  -h, --help  show this\n",
    .run = run_ops,
};
