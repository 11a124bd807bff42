/* tests/unit/test_verify_cases.c: the verifier on the programs of tests/verify. V<NN>-*.wfa break
 * rule NN and say on their first line where and with what message; ok-*.wfa, their nearest
 * neighbours that keep every rule, must pass. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isa/verify.h"
#include "tests/support/support.h"

/* Where instruction `pc` of a text stands, found without the assembler: instructions are lines that
 * start, behind a label, with a letter or with .insn. */
static void place_of(const char *text, int64_t pc, int32_t *line, int32_t *column)
{
    int64_t at = 0;
    *line = *column = 0;
    for (int32_t number = 1; *text; number++) {
        const char *start = text, *end = text + strcspn(text, "\n");
        const char *word = start + strspn(start, " \t");
        const char *colon = memchr(word, ':', (size_t)(end - word));
        if (colon && isalpha((unsigned char)*word))
            word = colon + 1 + strspn(colon + 1, " \t");
        bool instruction = word < end && (isalpha((unsigned char)*word) ||
                                          strncmp(word, ".insn", strlen(".insn")) == 0);
        if (instruction && at++ == pc) {
            *line = number;
            *column = (int32_t)(word - start) + 1;
            return;
        }
        text = *end ? end + 1 : end;
    }
}

typedef struct expectation {
    int rule;
    bool any_pc;
    long pc;
    char message[256];
} expectation;

static expectation expectation_of(const char *path, const char *text)
{
    expectation e = {0, false, 0, ""};
    char pc[16];
    if (sscanf(text, "; expect: V%d pc %15[^:]: %255[^\n]", &e.rule, pc, e.message) != 3)
        test_die("%s: no expectation on its first line", path);
    e.any_pc = strcmp(pc, "*") == 0;
    e.pc = strtol(pc, NULL, 10);
    return e;
}

static void check_place(const char *path, const char *text, const weft_error *error)
{
    int32_t line, column;
    place_of(text, error->pc, &line, &column);
    if (error->pc >= 0)
        cr_expect(error->line == line && error->column == column,
                  "%s: reported at %d:%d, but instruction %lld is at %d:%d", path, error->line,
                  error->column, (long long)error->pc, line, column);
    else
        cr_expect(error->line >= 1 && error->column >= 1, "%s: no place", path);
    cr_expect((error->param >= 0) == (error->rule == WEFT_RULE_DECLARATION), "%s: parameter %d",
              path, error->param);
    for (int at = 1; error->param >= 0 && at < error->line; at++)
        text = strchr(text, '\n') + 1;
    if (error->param >= 0) /* points into a declaration */
        cr_expect(*text == '.' && error->column > 1, "%s: place %d:%d", path, error->line,
                  error->column);
}

/* Returns the rule that the program is expected to break. */
static int check_failure(weft_context *context, const char *path)
{
    size_t length;
    char *text = test_read(path, &length);
    expectation e = expectation_of(path, text);
    weft_error error;
    weft_program *program = (weft_program *)(uintptr_t)1;
    weft_status status = weft_assemble(context, text, length, &program, &error);
    cr_expect(status == WEFT_ERR_VERIFY && error.status == status, "%s: status %s (%s)", path,
              weft_status_name(status), error.message);
    cr_expect_null(program, "%s: a program on failure", path);
    cr_expect(error.rule == e.rule, "%s: rule %d: %s", path, error.rule, error.message);
    cr_expect(e.any_pc || error.pc == e.pc, "%s: pc %lld: %s", path, (long long)error.pc,
              error.message);
    cr_expect(strstr(error.message, e.message), "%s: message '%s'", path, error.message);
    cr_expect(error.element == -1 && error.byte == -1, "%s: places that do not apply", path);
    check_place(path, text, &error);
    free(text);
    return e.rule;
}

Test(verify_cases, what_breaks_a_rule_is_refused)
{
    test_files files = test_list("tests/verify", "V", ".wfa");
    weft_context *context = test_context(0);
    int cases[WEFT_RULE_END] = {0};
    cr_assert(files.count > 0);
    for (size_t i = 0; i < files.count; i++) {
        int rule = check_failure(context, files.paths[i]);
        int named = atoi(strrchr(files.paths[i], '/') + 2);
        cr_expect(named == rule, "%s: its name says rule %d", files.paths[i], named);
        if (rule > 0 && rule < WEFT_RULE_END)
            cases[rule]++;
    }
    for (int rule = 1; rule < WEFT_RULE_END; rule++)
        cr_expect(cases[rule] > 0, "rule V%02d has no failing case: %s", rule,
                  weft_rule_words((unsigned)rule));
    cr_expect(test_context_works(context));
    weft_context_destroy(context);
    test_files_free(&files);
}

Test(verify_cases, what_keeps_the_rules_passes)
{
    test_files files = test_list("tests/verify", "ok-", ".wfa");
    weft_context *context = test_context(0);
    cr_assert(files.count > 0);
    for (size_t i = 0; i < files.count; i++) {
        size_t length;
        char *text = test_read(files.paths[i], &length);
        weft_error error;
        weft_program *program;
        weft_status status = weft_assemble(context, text, length, &program, &error);
        cr_expect(!status, "%s:%d:%d: V%02d: %s", files.paths[i], error.line, error.column,
                  error.rule, error.message);
        cr_expect(status || (error.status == WEFT_OK && !*error.message && error.rule == 0));
        weft_program_release(program);
        free(text);
    }
    weft_context_destroy(context);
    test_files_free(&files);
}

/* Numbers of rules are those of the file names and of docs/isa.md: without gaps, from 1. */
Test(verify_cases, rules_are_numbered_in_order)
{
    for (unsigned rule = 1; rule < WEFT_RULE_END; rule++)
        cr_expect(weft_rule_words(rule) && *weft_rule_words(rule), "rule %u has no words", rule);
}

/* The number behind the last row of isa/ops.def is no opcode: a program that says it has another
 * meaning once a row is appended. */
Test(verify_cases, first_unused_opcode)
{
    weft_context *context = test_context(0);
    weft_program *program;
    weft_error error;
    char text[128], message[32];
    (void)snprintf(text, sizeof text,
                   ".weft 1\n.insn %02x %02x 00 00 00 00 00 00 00 00 00 00 00 00 00 00\nexit\n",
                   (unsigned)WEFT_OPCODE_COUNT & 0xff, (unsigned)WEFT_OPCODE_COUNT >> 8);
    (void)snprintf(message, sizeof message, "no opcode %u", (unsigned)WEFT_OPCODE_COUNT);
    cr_expect_eq(weft_assemble(context, text, strlen(text), &program, &error), WEFT_ERR_VERIFY);
    cr_expect(error.rule == WEFT_RULE_OPCODE && error.pc == 0 && strstr(error.message, message),
              "V%02d: %s", error.rule, error.message);
    weft_context_destroy(context);
}
