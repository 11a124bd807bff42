/* tests/unit/test_language.c: texts to graphs: every error of tests/language at its place, what is
 * accepted, every text of docs/language.md, limits, what expressions and programs declare, what
 * loops carry, and memory that runs out.
 * Neighbours: tests/support/language.h, tests/fuzz/fuzz_text.c. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/parse.h"
#include "simd/levels.h"
#include "tests/support/language.h"
#include "tests/support/support.h"

/* --- lowering with memory that is counted ----------------------------------------------------- */

typedef struct lowered {
    test_allocator memory;
    weft_graph graph;
    weft_error error;
    weft_status status;
} lowered;

/* A report says what is wrong and, unless memory ran out or a variable makes no sense, where. */
static void check_report(const lowered *l, const char *what)
{
    bool placed = l->status == WEFT_ERR_SYNTAX || l->status == WEFT_ERR_LIMIT;
    cr_expect(l->error.status == l->status, "%s: %s", what, l->error.message);
    cr_expect((*l->error.message != 0) == (l->status != WEFT_OK), "%s", what);
    cr_expect(!placed || (l->error.line > 0 && l->error.column > 0), "%s: %s", what,
              l->error.message);
}

static void lower_case(lowered *l, const test_language *language, const char *what)
{
    memset(&l->error, 0, sizeof l->error);
    test_allocator_init(&l->memory);
    weft_error_clear(&l->error);
    l->status = test_language_lower(language, &l->memory.allocator, &l->graph, &l->error);
    check_report(l, what);
}

static void lower(lowered *l, const char *text, const char *with)
{
    test_language language;
    test_language_make(text, with, &language);
    lower_case(l, &language, text);
    free(language.text);
}

static void give_back(lowered *l)
{
    weft_graph_free(&l->graph);
    cr_expect(l->memory.bytes == 0 && l->memory.blocks == 0);
}

static void expect_status(const char *text, const char *with, weft_status status,
                          const char *message)
{
    lowered l;
    lower(&l, text, with);
    cr_expect(l.status == status && strstr(l.error.message, message), "%.200s: %s, %d:%d: %s", text,
              weft_status_name(l.status), l.error.line, l.error.column, l.error.message);
    give_back(&l);
}

/* --- files ------------------------------------------------------------------------------------ */

static void check_file(const char *path)
{
    test_language language;
    lowered l;
    const char *name = strrchr(path, '/') + 1;
    test_language_read(path, &language);
    lower_case(&l, &language, path);
    weft_status wanted = language.good                     ? WEFT_OK
                         : strncmp(name, "limit-", 6) == 0 ? WEFT_ERR_LIMIT
                                                           : WEFT_ERR_SYNTAX;
    cr_expect(l.status == wanted, "%s: %s: %d:%d: %s", path, weft_status_name(l.status),
              l.error.line, l.error.column, l.error.message);
    cr_expect(language.good ||
                  (l.error.line == language.line && l.error.column == language.column &&
                   strcmp(l.error.message, language.message) == 0),
              "%s: %d:%d: %s", path, l.error.line, l.error.column, l.error.message);
    give_back(&l);
    free(language.text);
}

Test(language, files)
{
    test_files files = test_list("tests/language", "", ".weft");
    size_t good = 0;
    for (size_t i = 0; i < files.count; i++) {
        good += strncmp(strrchr(files.paths[i], '/'), "/ok-", 4) == 0;
        check_file(files.paths[i]);
    }
    cr_expect(good >= 40 && files.count - good >= 200);
    test_files_free(&files);
}

/* No file cut off anywhere does more than fail, and nothing is read beyond the cut. */
Test(language, cut_texts)
{
    test_files files = test_list("tests/language", "ok-", ".weft");
    for (size_t i = 0; i < files.count; i++) {
        test_language language, cut;
        test_language_read(files.paths[i], &language);
        for (size_t n = 0; n < language.length; n++) {
            lowered l;
            cut = language;
            cut.text = malloc(n ? n : 1);
            cut.length = n;
            memcpy(cut.text, language.text, n);
            for (size_t v = 0; v < cut.n_variables; v++)
                cut.variables[v].name = cut.names[v];
            lower_case(&l, &cut, files.paths[i]);
            cr_expect(l.status == WEFT_OK || l.status == WEFT_ERR_SYNTAX);
            give_back(&l);
            free(cut.text);
        }
        free(language.text);
    }
    test_files_free(&files);
}

/* Texts of up to three characters that matter. */
Test(language, short_texts)
{
    static const char signs[] = "a1.+*-(){}[]=<>~#;,:\n \\\"'_eEx0\t\r\xff";
    char text[4] = "";
    for (size_t a = 0; a < sizeof signs; a++)
        for (size_t b = 0; b < sizeof signs; b++)
            for (size_t c = 0; c < sizeof signs; c++) {
                lowered l;
                text[0] = signs[a];
                text[1] = signs[b];
                text[2] = signs[c];
                lower(&l, text, "a f32 1; x i32 0");
                cr_expect(l.status == WEFT_OK || l.status == WEFT_ERR_SYNTAX);
                give_back(&l);
            }
}

/* --- the page --------------------------------------------------------------------------------- */

#define PAGE_VARIABLES "a f32 1; b f32 1; c f32 1; x f32 1; y f32 1; m f32 2; n i64 1; v i8 1"

/* Every text between ```weft and ``` is accepted. */
Test(language, texts_of_the_page)
{
    size_t length;
    char *page = test_read("docs/language.md", &length), *at = page;
    int texts = 0;
    while ((at = strstr(at, "\n```weft\n"))) {
        char *end = strstr(at + 9, "\n```");
        cr_assert(end);
        *end = 0;
        expect_status(at + 9, PAGE_VARIABLES, WEFT_OK, "");
        at = end + 1;
        texts++;
    }
    cr_expect(texts >= 10);
    free(page);
}

/* The text between two backticks, with "\n" as it is written for the end of a line, and "\|" for a
 * bar, which would end the table's cell. NULL: there is none. */
static char *read_code(char **at, char *to)
{
    char *start = strchr(*at, '`'), *out = to;
    if (!start)
        return NULL;
    for (start++; *start && *start != '`'; start++)
        if (start[0] == '\\' && start[1] == 'n') {
            *out++ = '\n';
            start++;
        } else if (start[0] != '\\' || start[1] != '|') {
            *out++ = *start;
        }
    *out = 0;
    *at = start + 1;
    return to;
}

/* Every row of the table of errors says what comes out. */
Test(language, errors_of_the_page)
{
    size_t length;
    char *page = test_read("docs/language.md", &length);
    char *at = strstr(page, "\n## Errors"), text[512], message[512];
    int rows = 0, line, column;
    cr_assert(at);
    while ((at = strstr(at, "\n| `"))) {
        lowered l;
        at += 2;
        cr_assert(read_code(&at, text));
        cr_assert(sscanf(at, " | %d:%d |", &line, &column) == 2, "%s", text);
        cr_assert(read_code(&at, message));
        lower(&l, text, PAGE_VARIABLES);
        cr_expect(l.status && l.error.line == line && l.error.column == column &&
                      strcmp(l.error.message, message) == 0,
                  "%s: %d:%d: %s", text, l.error.line, l.error.column, l.error.message);
        give_back(&l);
        rows++;
    }
    cr_expect(rows >= 15);
    free(page);
}

/* --- what a text declares --------------------------------------------------------------------- */

static void expect_param(const lowered *l, unsigned i, const char *name, weft_param_kind kind,
                         weft_dtype type, unsigned segment, unsigned count, unsigned rank)
{
    const weft_param *param = weft_graph_param_at(&l->graph, i);
    const weft_axes *axes = (weft_axes *)l->graph.shapes.data + i;
    cr_assert(i < l->graph.params.count);
    cr_expect_str_eq(param->name, name);
    cr_expect(param->kind == kind && param->type == type && param->segment == segment &&
                  param->count == count && axes->rank == rank,
              "%s: kind %u type %u segment %u count %u rank %u", name, param->kind, param->type,
              param->segment, param->count, axes->rank);
}

/* Variables that are used, in their order, and the result. */
Test(language, expression_parameters)
{
    lowered l;
    lower(&l, "k * x + y[0].0 if False else x * k + b", "unused f32 3; b u8 2; x f32 1; k f64 0");
    cr_expect(l.status == WEFT_ERR_SYNTAX); /* y is nowhere */
    give_back(&l);
    lower(&l, "t = k * x\ndef f(z) = z + b\nf(t)",
          "unused f32 3; b u8 2; t f32 1; x f32 1; k f64 0");
    cr_assert(l.status == WEFT_OK, "%s", l.error.message);
    cr_expect(!l.graph.named_axes && l.graph.params.count == 4 && l.graph.outputs.count == 1);
    expect_param(&l, 0, "b", WEFT_PARAM_IN, WEFT_U8, 1, 0, 2);
    expect_param(&l, 1, "x", WEFT_PARAM_IN, WEFT_F32, 1, 0, 1);
    expect_param(&l, 2, "k", WEFT_PARAM_UNIFORM, WEFT_F64, 1, 1, 0);
    expect_param(&l, 3, "out", WEFT_PARAM_OUT, WEFT_F64, 1, 0, 2);
    give_back(&l);
}

Test(language, names_that_are_bound_are_no_uses)
{
    static const char *const texts[] = {
        "s = 0\nfor t in 3 { s = s + t }\ns",        /* a counter */
        "s = 0\nfor i in 3 { t = i; s = s + t }\ns", /* a name of a loop */
        "def f(t) = t * 2\nf(1)",                    /* a parameter */
        "def f(x) { t = x; return t * 2 }\nf(1)",    /* a function's own name */
        "t = 1; t, u = 2, t; t += u; t",             /* temporaries */
        "t()",                                       /* no value */
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        lowered l;
        lower(&l, texts[i], "t f32 1");
        cr_expect(l.graph.params.count <= 1, "%s", texts[i]);
        give_back(&l);
    }
    lowered l;
    lower(&l, "t = t * 2\nt", "t f32 1");
    cr_expect(l.status == WEFT_OK && l.graph.params.count == 2);
    give_back(&l);
}

Test(language, program_parameters)
{
    lowered l;
    lower(&l,
          "space rows, cols\nin a, b: f32[3] over cols\nuniform k: u8[2] count 5\n"
          "table t: f64\nout y: f16\ninout z: i8 over none\ny = a.0 + k[1].0\nz = 1",
          "a f32 1");
    cr_assert(l.status == WEFT_OK, "%s", l.error.message);
    cr_expect(l.graph.named_axes && l.graph.params.count == 6 && l.graph.axes.count == 2);
    expect_param(&l, 0, "a", WEFT_PARAM_IN, WEFT_F32, 3, 0, 1);
    expect_param(&l, 1, "b", WEFT_PARAM_IN, WEFT_F32, 3, 0, 1);
    expect_param(&l, 2, "k", WEFT_PARAM_UNIFORM, WEFT_U8, 2, 5, 0);
    expect_param(&l, 3, "t", WEFT_PARAM_TABLE, WEFT_F64, 1, 0, 0);
    expect_param(&l, 4, "y", WEFT_PARAM_OUT, WEFT_F16, 1, 0, 2);
    expect_param(&l, 5, "z", WEFT_PARAM_INOUT, WEFT_I8, 1, 0, 0);
    cr_expect(((weft_axes *)l.graph.shapes.data)->axis[0] == 1);
    give_back(&l);
    lower(&l, "in v: f32[3]\nv * 2", "");
    expect_param(&l, 1, "out", WEFT_PARAM_OUT, WEFT_F32, 3, 0, 1);
    cr_expect(l.graph.outputs.count == 3);
    give_back(&l);
}

/* An axis of extent 1 is no axis of the parameter's array, nor of a result that keeps it. */
Test(language, axes_of_extent_one)
{
    weft_variable v[] = {{.name = "a", .type = WEFT_F32, .rank = 3, .ones = 5},
                         {.name = "b", .type = WEFT_F32, .rank = 2, .ones = 2}};
    weft_text_options options = {.variables = v, .n_variables = 2};
    test_allocator memory;
    weft_graph graph;
    weft_error error;
    static const char text[] = "a + b";
    test_allocator_init(&memory);
    weft_graph_init(&graph, &memory.allocator, &weft_kernels_scalar, 0, &error);
    cr_assert(weft_lower(&graph, text, strlen(text), &options, &error) == WEFT_OK, "%s",
              error.message);
    const weft_axes *shapes = graph.shapes.data;
    cr_expect(shapes[0].rank == 3 && shapes[0].axis[0] == WEFT_AXIS_ONE &&
              shapes[0].axis[2] == WEFT_AXIS_ONE && shapes[0].axis[1] != WEFT_AXIS_ONE);
    cr_expect(shapes[1].rank == 2 && shapes[1].axis[1] == WEFT_AXIS_ONE);
    cr_expect(shapes[2].rank == 1); /* 1, n, 1 */
    weft_graph_free(&graph);
    cr_expect(memory.bytes == 0);
}

/* --- results ---------------------------------------------------------------------------------- */

static weft_dtype result_of(const char *text, const char *with, weft_dtype asked,
                            weft_status *status)
{
    test_language language;
    test_allocator memory;
    weft_graph graph;
    weft_error error;
    weft_dtype type = WEFT_NONE;
    test_language_make(text, with, &language);
    test_allocator_init(&memory);
    weft_graph_init(&graph, &memory.allocator, &weft_kernels_scalar, 0, &error);
    weft_text_options options = {language.variables, language.n_variables, asked};
    *status = weft_lower(&graph, language.text, language.length, &options, &error);
    if (!*status)
        type = (weft_dtype)weft_graph_param_at(&graph, (unsigned)graph.params.count - 1)->type;
    weft_graph_free(&graph);
    free(language.text);
    return type;
}

Test(language, types_of_results)
{
    static const struct {
        const char *text;
        weft_dtype asked, type;
    } cases[] = {
        {"a * 2", WEFT_NONE, WEFT_F32},
        {"a * 2", WEFT_F64, WEFT_F64},
        {"a * 2", WEFT_F16, WEFT_F16},
        {"a * 2", WEFT_I32, WEFT_NONE},
        {"1 + 2", WEFT_NONE, WEFT_I64},
        {"1 + 2", WEFT_I8, WEFT_I8},
        {"1 + 2.0", WEFT_NONE, WEFT_F64},
        {"1 < 2", WEFT_NONE, WEFT_BOOL},
        {"v * 2 < n", WEFT_NONE, WEFT_BOOL},
        {"v + 1", WEFT_NONE, WEFT_I8},
        {"v / 2", WEFT_NONE, WEFT_F64},
        {"18446744073709551615", WEFT_NONE, WEFT_U64},
        {"9223372036854775807", WEFT_NONE, WEFT_I64},
        {"-9223372036854775808", WEFT_NONE, WEFT_I64},
        {"True", WEFT_NONE, WEFT_BOOL},
        {"len(a)", WEFT_NONE, WEFT_NONE},
        {"pi", WEFT_F32, WEFT_F32},
        /* What a loop carries has the type that holds its first value and all later ones. */
        {"s = 0\nfor i in 3 { s = s + a }\ns", WEFT_NONE, WEFT_F32},
        {"s = 0\nfor i in 3 { s = s + 1 }\ns", WEFT_NONE, WEFT_I64},
        {"s = 0\nfor i in 3 { s = s + 0.5 }\ns", WEFT_NONE, WEFT_F64},
        {"s = v\nfor i in 3 { s = s + a }\ns", WEFT_NONE, WEFT_F32},
        {"s = a\nfor i in 3 { s = i32(s) }\ns", WEFT_NONE, WEFT_F64},
        {"s = False\nfor i in 3 { s = s or a > 2 }\ns", WEFT_NONE, WEFT_BOOL},
        {"s = 0\nt = 0\nfor i in 3 { s, t = t, a }\ns", WEFT_NONE, WEFT_F32},
        {"s = 0\nfor i in 3 { for j in 3 { s = s + a } }\ns", WEFT_NONE, WEFT_F32},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        weft_status status;
        weft_dtype type = result_of(cases[i].text, PAGE_VARIABLES, cases[i].asked, &status);
        cr_expect(type == cases[i].type, "%s: %s", cases[i].text, weft_dtype_name(type));
        cr_expect((status == WEFT_OK) == (type != WEFT_NONE));
    }
}

static unsigned result_rank(const char *text, const char *with)
{
    lowered l;
    lower(&l, text, with);
    unsigned rank = 99;
    if (!l.status)
        rank = ((weft_axes *)l.graph.shapes.data)[l.graph.params.count - 1].rank;
    give_back(&l);
    return rank;
}

Test(language, shapes_of_results)
{
    cr_expect(result_rank("a + m", PAGE_VARIABLES) == 2);
    cr_expect(result_rank("sum(m, axis=1)", PAGE_VARIABLES) == 1);
    cr_expect(result_rank("sum(m)", PAGE_VARIABLES) == 0);
    cr_expect(result_rank("sum(m, axis=(0, 1))", PAGE_VARIABLES) == 0);
    cr_expect(result_rank("m / sum(m, axis=1, keepdims=True)", PAGE_VARIABLES) == 2);
    cr_expect(result_rank("1", "") == 0);
    /* A loop that adds arrays to a number carries an array. */
    cr_expect(result_rank("s = 0\nfor i in 3 { s += a }\ns", PAGE_VARIABLES) == 1);
    cr_expect(result_rank("s = a\nfor i in 3 { s = s + m }\ns", PAGE_VARIABLES) == 2);
    cr_expect(result_rank("space y, x\nin p: f32 over x\nin q: f32 over y\np * q", "") == 2);
    cr_expect(result_rank("space y, x\nin p: f32\nsum(p, axis=y)", "") == 1);
}

static size_t count_kind(const lowered *l, weft_node_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < l->graph.nodes.count; i++)
        count += weft_node_at(&l->graph, (int32_t)i)->kind == kind;
    return count;
}

/* Arguments of functions are computed once, assignments at once, and rows only where they are read.
 */
Test(language, values_are_made_once)
{
    lowered l;
    lower(&l, "in v: f32[16]\nout y: f32\ny = v.3 + v.3", "");
    cr_expect(l.status == WEFT_OK && count_kind(&l, WEFT_NODE_LOAD) == 1);
    give_back(&l);
    lower(&l, "table t: f32[16]\nin i: i32\nout y: f32\ny = t[i].3", "");
    cr_expect(l.status == WEFT_OK && count_kind(&l, WEFT_NODE_ROW) == 1);
    give_back(&l);
    lower(&l, "uniform u: f32 count 3\nin x: f32\nout y: f32\ny = x * u[2]", "");
    cr_expect(l.status == WEFT_OK && count_kind(&l, WEFT_NODE_UNIFORM) == 1 &&
              count_kind(&l, WEFT_NODE_ROW) == 0);
    give_back(&l);
    lower(&l, "x, y = a, b\nx, y = y, x\nx - y", PAGE_VARIABLES);
    const weft_output *out = l.graph.outputs.data;
    const weft_node *minus = weft_node_at(&l.graph, out->value);
    cr_assert(l.status == WEFT_OK && minus->op == WEFT_OP_SUB);
    cr_expect_str_eq(
        weft_graph_param_at(&l.graph, weft_node_at(&l.graph, minus->arg[0])->param)->name, "b");
    give_back(&l);
}

/* What is read of an inout before it is assigned is what the array holds. */
Test(language, inout_is_read_before_it_is_written)
{
    lowered l;
    lower(&l, "inout x: f32\nout y: f32\nbefore = x\nx = before * 2\ny = before + x", "");
    cr_assert(l.status == WEFT_OK, "%s", l.error.message);
    const weft_output *out = l.graph.outputs.data;
    cr_assert(l.graph.outputs.count == 2);
    cr_expect(out[0].param == 0 && out[1].param == 1);
    cr_expect(count_kind(&l, WEFT_NODE_LOAD) == 1);
    cr_expect(weft_node_at(&l.graph, out[0].value)->op == WEFT_OP_MUL);
    give_back(&l);
}

/* A loop's body is made again until types fit; only the last one is used. */
Test(language, loops_carry_what_is_assigned)
{
    lowered l;
    lower(&l, "s, u, w = 0, a, 5\nfor i in 1..4 { t = a * i; s += t; w = w }\ns * u",
          PAGE_VARIABLES);
    cr_assert(l.status == WEFT_OK, "%s", l.error.message);
    const weft_output *out = l.graph.outputs.data;
    const weft_node *product = weft_node_at(&l.graph, out->value);
    cr_assert(product->op == WEFT_OP_MUL);
    const weft_node *part = weft_node_at(&l.graph, product->arg[0]);
    if (part->kind != WEFT_NODE_PART)
        part = weft_node_at(&l.graph, product->arg[1]);
    cr_assert(part->kind == WEFT_NODE_PART);
    const weft_node *loop = weft_node_at(&l.graph, part->arg[0]);
    cr_expect(loop->kind == WEFT_NODE_FOR && loop->n == 2); /* s and w, not t, u or i */
    const weft_node *count = weft_node_at(&l.graph, loop->arg[0]);
    cr_expect(count->kind == WEFT_NODE_CONST && count->imm == 3);
    cr_expect(l.graph.open_loop == -1);
    give_back(&l);
}

Test(language, flags_of_the_text)
{
    lowered l;
    lower(&l, "allow contract\na", PAGE_VARIABLES);
    cr_expect(l.graph.flags == WEFT_FAST_CONTRACT);
    give_back(&l);
    lower(&l, "a\nallow fast", PAGE_VARIABLES);
    cr_expect(l.status == WEFT_ERR_SYNTAX && l.graph.flags == WEFT_FAST);
    give_back(&l);
}

/* --- variables that make no sense ------------------------------------------------------------- */

static void expect_variables(const weft_variable *v, size_t n, weft_dtype result,
                             const char *message)
{
    static const char text[] = "a + out";
    weft_text_options options = {v, n, result};
    test_allocator memory;
    weft_graph graph;
    weft_error error;
    test_allocator_init(&memory);
    weft_graph_init(&graph, &memory.allocator, &weft_kernels_scalar, 0, &error);
    cr_expect(weft_lower(&graph, text, strlen(text), &options, &error) == WEFT_ERR_ARG);
    cr_expect(error.status == WEFT_ERR_ARG && strstr(error.message, message), "%s", error.message);
    weft_graph_free(&graph);
    cr_expect(memory.bytes == 0);
}

Test(language, bad_variables)
{
    weft_variable v[2] = {{"a", WEFT_F32, 1, 0}, {"b", WEFT_F32, 1, 0}};
    v[1].name = NULL;
    expect_variables(v, 2, WEFT_NONE, "variable 1 has no name");
    v[1].name = "";
    expect_variables(v, 2, WEFT_NONE, "variable 1 has no name");
    v[1].name = "out";
    expect_variables(v, 2, WEFT_NONE, "cannot be named 'out'");
    v[1].name = "a";
    expect_variables(v, 2, WEFT_NONE, "'a' is there twice");
    v[1].name = "b";
    v[1].type = WEFT_NONE;
    expect_variables(v, 2, WEFT_NONE, "'b' has no element type");
    v[1].type = WEFT_TYPE_COUNT;
    expect_variables(v, 2, WEFT_NONE, "'b' has no element type");
    v[1].type = WEFT_F32;
    v[1].rank = -1;
    expect_variables(v, 2, WEFT_NONE, "'b' has rank -1, not 0 to 4");
    v[1].rank = 5;
    expect_variables(v, 2, WEFT_NONE, "'b' has rank 5, not 0 to 4");
    v[1].rank = 1;
    v[1].ones = 2;
    expect_variables(v, 2, WEFT_NONE, "beyond its rank");
    v[1].ones = 0;
    expect_variables(v, 2, WEFT_TYPE_COUNT, "no such element type");
}

/* --- limits ----------------------------------------------------------------------------------- */

/* `before` n times, then `middle`, then `after` n times. */
static char *nest(const char *before, size_t n, const char *middle, const char *after)
{
    size_t one = strlen(before), other = strlen(after), at = 0;
    char *text = malloc(n * (one + other) + strlen(middle) + 1);
    for (size_t i = 0; i < n; i++, at += one)
        memcpy(text + at, before, one);
    memcpy(text + at, middle, strlen(middle));
    at += strlen(middle);
    for (size_t i = 0; i < n; i++, at += other)
        memcpy(text + at, after, other);
    text[at] = 0;
    return text;
}

/* Everything that nests ends with a message where it nests too deep, and works shortly before. */
Test(language, depth)
{
    static const struct {
        const char *before, *middle, *after;
        bool deep; /* works 190 deep */
    } cases[] = {
        {"(", "a", ")", true},
        {"-", "a", "", true},
        {"~", "v", "", true},
        {"not ", "a", "", true},
        {"2**", "a", "", true},
        {"abs(", "a", ")", true},
        {"1 if a > 0 else ", "a", "", true},
        {"a + (", "a", ")", true},
        {"a < (a or (a | ", "v", "))", false},
        {"", "a", ".0", false},
        {"", "a", "[0]", false},
        {"a[", "0", "]", false},
        {"sum(a, axis=(", "0", "))", false},
        {"for i in 2 {", "a = 1", "}", false},
        {"def f(x) {", "return 1", "}", false},
        {"{", "", "}", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lowered l;
        char *text = nest(cases[i].before, 190, cases[i].middle, cases[i].after);
        lower(&l, text, PAGE_VARIABLES);
        cr_expect(!cases[i].deep || l.status == WEFT_OK, "%s: %s", cases[i].before,
                  l.error.message);
        give_back(&l);
        free(text);
        text = nest(cases[i].before, 20000, cases[i].middle, cases[i].after);
        lower(&l, text, PAGE_VARIABLES);
        cr_expect(l.status == WEFT_ERR_LIMIT || (!cases[i].deep && l.status == WEFT_ERR_SYNTAX),
                  "%s: %s: %s", cases[i].before, weft_status_name(l.status), l.error.message);
        give_back(&l);
        free(text);
    }
}

/* What does not nest may be long. */
Test(language, length)
{
    lowered l;
    char *text = nest("a + ", 20000, "a", "");
    lower(&l, text, PAGE_VARIABLES);
    cr_expect(l.status == WEFT_OK, "%s", l.error.message);
    give_back(&l);
    free(text);
    text = nest("a = a * b\n", 20000, "a", "");
    expect_status(text, PAGE_VARIABLES, WEFT_OK, "");
    free(text);
    text = nest("a < ", 2000, "b", "");
    expect_status(text, PAGE_VARIABLES, WEFT_OK, "");
    free(text);
    text = nest("a = a*b*a*b*a*b*a*b*a*b*a*b\n", 7000, "a", "");
    expect_status(text, PAGE_VARIABLES, WEFT_ERR_LIMIT, "more than 65536 operations");
    free(text);
    text = nest("a+", 300000, "a", "");
    expect_status(text, PAGE_VARIABLES, WEFT_ERR_LIMIT, "more than 262144 names");
    free(text);
    text = nest(" ", (1 << 20) - 1, "a", "");
    expect_status(text, PAGE_VARIABLES, WEFT_OK, "");
    free(text);
    text = nest(" ", 1 << 20, "a", "");
    expect_status(text, PAGE_VARIABLES, WEFT_ERR_LIMIT, "the text has 1048577 bytes");
    free(text);
}

/* Functions that call functions that call functions: what is put in is bounded. */
Test(language, inlining)
{
    char text[16384];
    size_t at = (size_t)sprintf(text, "def f0(x) = x * x + 1\n");
    for (int i = 1; i < 40; i++)
        at += (size_t)sprintf(text + at, "def f%d(x) = f%d(x) + f%d(x + 1)\n", i, i - 1, i - 1);
    sprintf(text + at, "f39(a)");
    expect_status(text, PAGE_VARIABLES, WEFT_ERR_LIMIT, "");
    /* The same with nodes that are all equal: the work counts, not what is left of it. */
    at = (size_t)sprintf(text, "def f0(x) = x\n");
    for (int i = 1; i < 40; i++)
        at += (size_t)sprintf(text + at, "def f%d(x) { y = f%d(x); return f%d(x) }\n", i, i - 1,
                              i - 1);
    sprintf(text + at, "f39(a)");
    expect_status(text, PAGE_VARIABLES, WEFT_ERR_LIMIT, "too much work");
    at = (size_t)sprintf(text, "def f0(x) = x\n");
    for (int i = 1; i < 250; i++)
        at += (size_t)sprintf(text + at, "def f%d(x) = f%d(x)\n", i, i - 1);
    sprintf(text + at, "f249(a)");
    expect_status(text, PAGE_VARIABLES, WEFT_ERR_LIMIT, "calls nested more than 200 deep");
    sprintf(text + at, "f150(a)");
    expect_status(text, PAGE_VARIABLES, WEFT_OK, "");
}

Test(language, counts)
{
    char *text = nest("a, ", 64, "a)", "");
    char call[1024];
    snprintf(call, sizeof call, "max(%s", text);
    expect_status(call, PAGE_VARIABLES, WEFT_ERR_LIMIT, "a call has at most 64 arguments");
    free(text);
    size_t at = (size_t)sprintf(call, "def f(");
    for (int i = 0; i < 65; i++)
        at += (size_t)sprintf(call + at, "%sx%d", i ? ", " : "", i);
    sprintf(call + at, ") = 1\nf(1)");
    expect_status(call, "", WEFT_ERR_LIMIT, "a function has at most 64 parameters");
    char *loop = malloc(1 << 16);
    at = 0;
    for (int i = 0; i < 65; i++)
        at += (size_t)sprintf(loop + at, "x%d = a\n", i);
    at += (size_t)sprintf(loop + at, "for i in 3 {\n");
    for (int i = 0; i < 65; i++)
        at += (size_t)sprintf(loop + at, "x%d += b\n", i);
    sprintf(loop + at, "}\nx0");
    expect_status(loop, PAGE_VARIABLES, WEFT_ERR_LIMIT, "a loop carries more than 64 names");
    at = 0;
    for (int i = 0; i < 16; i++)
        at += (size_t)sprintf(loop + at,
                              "x%d = vec(a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a)\n", i);
    at += (size_t)sprintf(loop + at, "for i in 3 {\n");
    for (int i = 0; i < 16; i++)
        at += (size_t)sprintf(loop + at, "x%d += b\n", i);
    sprintf(loop + at, "}\nx0");
    expect_status(loop, PAGE_VARIABLES, WEFT_ERR_LIMIT, "a loop carries more than 255 values");
    at = (size_t)sprintf(loop, "in x0");
    for (int i = 1; i < 257; i++)
        at += (size_t)sprintf(loop + at, ", x%d", i);
    sprintf(loop + at, ": f32\nx0");
    expect_status(loop, "", WEFT_ERR_LIMIT, "more than 256 parameters");
    free(loop);
}

/* --- memory ----------------------------------------------------------------------------------- */

/* Every allocation that fails is an error, and nothing stays behind. */
static void fail_each(const test_language *language, bool on, const char *what)
{
    weft_status status = WEFT_ERR_MEMORY;
    for (long k = 0; status == WEFT_ERR_MEMORY; k++) {
        test_allocator memory;
        weft_graph graph;
        weft_error error;
        weft_error_clear(&error);
        test_allocator_init(&memory);
        test_allocator_fail(&memory, k, on);
        status = test_language_lower(language, &memory.allocator, &graph, &error);
        cr_expect(status == WEFT_ERR_MEMORY || k >= 5, "%s: %s", what, error.message);
        cr_expect(error.status == status);
        weft_graph_free(&graph);
        cr_expect(memory.bytes == 0 && memory.blocks == 0, "%s, allocation %ld", what, k);
    }
    cr_expect(status == WEFT_OK, "%s: %s", what, weft_status_name(status));
}

Test(language, memory_that_runs_out)
{
    static const char *const files[] = {"ok-outputs", "ok-rows", "ok-for-nested",
                                        "ok-function-later", "ok-reduction-names"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[128];
        test_language language;
        snprintf(path, sizeof path, "tests/language/%s.weft", files[i]);
        test_language_read(path, &language);
        fail_each(&language, false, path);
        fail_each(&language, true, path);
        free(language.text);
    }
}
