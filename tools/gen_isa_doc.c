/* tools/gen_isa_doc.c: prints the generated sections of docs/isa.md, each between its markers.
 * Everything comes from the tables of isa/ and include/weft/; scripts/gen-docs puts it in place.
 * Usage: gen_isa_doc SOURCE-DIR (whose tests/verify/ is listed) */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isa/image.h"
#include "isa/isa.h"
#include "isa/verify.h"

static void begin(const char *name)
{
    printf("<!-- begin generated: %s -->\n", name);
}

static void end(void)
{
    printf("<!-- end generated -->\n");
}

/* Text of a table cell: a bar would end it. */
static void put_cell(const char *text)
{
    for (; *text; text++)
        printf(*text == '|' ? "\\|" : "%c", *text);
}

/* --- types and statuses ----------------------------------------------------------------------- */

static void types(void)
{
    begin("types");
    printf("| type | value | bytes | C type of an element |\n|---|---|---|---|\n");
#define ROW(NAME, tag, text, ctype, size, value)                                                   \
    printf("| `%s` | %d | %d | `%s` |\n", text, value, size, #ctype);
    WEFT_TYPE_TABLE(ROW)
#undef ROW
    end();
}

static void statuses(void)
{
    begin("statuses");
    printf("| status | value | text |\n|---|---|---|\n");
#define ROW(name, value, text) printf("| `WEFT_%s` | %d | %s |\n", #name, value, text);
    WEFT_STATUS_TABLE(ROW)
#undef ROW
    end();
}

/* --- type sets -------------------------------------------------------------------------------- */

static void type_set(const char *name, uint32_t mask)
{
    printf("| %s |", name);
    for (int type = 1; type < WEFT_TYPE_COUNT; type++)
        if (mask >> type & 1)
            printf(" `%s`", weft_dtype_name((weft_dtype)type));
    printf(" |\n");
}

static void type_sets(void)
{
    begin("type sets");
    printf("| set | types |\n|---|---|\n");
    type_set("ALL", WEFT_MASK_ALL);
    type_set("ARITH", WEFT_MASK_ARITH);
    type_set("INT", WEFT_MASK_INT);
    type_set("FLOAT", WEFT_MASK_FLOAT);
    type_set("LOGIC", WEFT_MASK_LOGIC);
    type_set("BOOL", WEFT_MASK_BOOL);
    type_set("INDEX32_64", WEFT_MASK_INDEX32_64);
    type_set("INDEX64", WEFT_MASK_INDEX64);
    printf("| NONE | the operation names no type |\n");
    end();
}

/* --- operations ------------------------------------------------------------------------------- */

static void put_ulp(const weft_op_row *row)
{
    if (!(row->type_mask & WEFT_MASK_FLOAT) || row->form == WEFT_FORM_APPLY)
        printf("-");
    else if (row->ulp_f32 <= 0 && row->ulp_f64 <= 0)
        printf("exact");
    else if (row->ulp_f32 < row->ulp_f64 || row->ulp_f32 > row->ulp_f64)
        printf("%g / %g", (double)row->ulp_f32, (double)row->ulp_f64);
    else
        printf("%g", (double)row->ulp_f32);
}

static const char *second_types(unsigned form)
{
    uint32_t mask = weft_form_type2_mask(form);
    return mask == 0 ? "" : mask == WEFT_MASK_ALL ? ".ALL" : ".INDEX32_64";
}

static void operations(const char *category)
{
    begin(category);
    printf("| opcode | mnemonic | operands | types | ULP | meaning |\n|---|---|---|---|---|---|\n");
    for (unsigned op = 0; op < WEFT_OPCODE_COUNT; op++) {
        const weft_op_row *row = weft_op_row_of(op);
        if (strcmp(row->category, category) != 0)
            continue;
        const char *operands = weft_form_text(row->form), *tick = *operands ? "`" : "";
        printf("| %u | `%s` | %s%s%s | %s%s | ", op, row->mnemonic, tick, operands, tick,
               row->types, second_types(row->form));
        put_ulp(row);
        printf(" | ");
        put_cell(row->meaning);
        printf(" |\n");
    }
    end();
}

/* --- limits ----------------------------------------------------------------------------------- */

static void limits(void)
{
    begin("limits");
    printf("| limit | value |\n|---|---|\n");
#define ROW(words, value) printf("| %s | %lld |\n", words, (long long)(value));
    ROW("dimensions of the index space", WEFT_MAX_RANK)
    ROW("dimensions of an argument, segment included", WEFT_MAX_ARG_RANK)
    ROW("elements along a dimension of the index space, or of an argument", WEFT_MAX_EXTENT)
    ROW("strip registers", WEFT_MAX_STRIP_REGS)
    ROW("predicate registers", WEFT_MAX_PREDICATES)
    ROW("scalar registers", WEFT_MAX_SCALARS)
    ROW("parameters", WEFT_MAX_PARAMS)
    ROW("arguments of a user function", WEFT_MAX_FUNCTION_ARGS)
    ROW("bytes of a parameter's name", WEFT_MAX_NAME)
    ROW("values per element (segment)", WEFT_MAX_SEGMENT)
    ROW("elements of a window", 1 << 30)
    ROW("rows of a uniform", WEFT_MAX_UNIFORM_ROWS)
    ROW("rows of a pool", WEFT_MAX_POOL_ROWS)
    ROW("instructions", WEFT_MAX_INSNS)
    ROW("blocks open at once, across calls", WEFT_MAX_NEST)
    ROW("functions active at once", WEFT_MAX_CALLS)
    ROW("elements of a `strip` block", WEFT_MAX_STRIP_BLOCK)
    ROW("branch targets that wait for their place at once", WEFT_MAX_LABELS)
    ROW("steps of the verifier", WEFT_MAX_VERIFY_STEPS)
    ROW("addresses and loops that are left to prove when binding", WEFT_MAX_BOUNDS)
    ROW("terms of an affine address", WEFT_AFFINE_TERMS)
    ROW("bytes of assembly text", WEFT_MAX_TEXT)
    ROW("least elements per strip that an engine may choose", WEFT_MIN_VL)
    ROW("most elements per strip that an engine may choose", WEFT_MAX_VL)
#undef ROW
    end();
}

/* --- rules ------------------------------------------------------------------------------------ */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Links to the files of tests/verify/ that break a rule. */
static void put_cases(const char *source, unsigned rule)
{
    char folder[4096], prefix[8], *names[256];
    size_t count = 0;
    snprintf(folder, sizeof folder, "%s/tests/verify", source);
    snprintf(prefix, sizeof prefix, "V%02u-", rule);
    DIR *directory = opendir(folder);
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        size_t length = strlen(entry->d_name);
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0 && length > 4 &&
            strcmp(entry->d_name + length - 4, ".wfa") == 0 && count < 256)
            names[count++] = strcpy(malloc(length + 1), entry->d_name);
    }
    if (directory)
        closedir(directory);
    qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count; i++) {
        printf("%s[%.*s](../tests/verify/%s)", i ? ", " : "", (int)strlen(names[i]) - 8,
               names[i] + 4, names[i]);
        free(names[i]);
    }
}

static void rules(const char *source)
{
    begin("rules");
    printf("| rule | a program is refused unless | cases in [tests/verify](../tests/verify/) |\n"
           "|---|---|---|\n");
    for (unsigned rule = 1; rule < WEFT_RULE_END; rule++) {
        printf("| V%02u | ", rule);
        put_cell(weft_rule_words(rule));
        printf(" | ");
        put_cases(source, rule);
        printf(" |\n");
    }
    end();
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: gen_isa_doc SOURCE-DIR\n");
        return 2;
    }
    types();
    type_sets();
    statuses();
    operations("move");
    operations("arithmetic");
    operations("logic");
    operations("compare");
    operations("transcendental");
    operations("reduction");
    operations("control");
    operations("fused");
    operations("function");
    limits();
    rules(argv[1]);
    return ferror(stdout) ? 1 : 0;
}
