/* tests/unit/test_asm.c: the assembler and the disassembler: every syntax error of tests/asm at its
 * place, text -> image -> program -> text -> image without a byte changed for every good program
 * there is and for every operation, type and operand form of the table; literals; locales. */
#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "isa/asm.h"
#include "isa/image.h"
#include "isa/literal.h"
#include "tests/support/support.h"

/* --- syntax errors ---------------------------------------------------------------------------- */

static void check_syntax_error(weft_context *context, const char *path)
{
    size_t length;
    char *text = test_read(path, &length), message[256];
    int line, column;
    if (sscanf(text, "; expect: %d:%d: %255[^\r\n]", &line, &column, message) != 3)
        test_die("%s: no expectation on its first line", path);
    char *exact = malloc(length); /* without a NUL behind it */
    memcpy(exact, text, length);
    weft_error error;
    weft_program *program = (weft_program *)(uintptr_t)1;
    weft_status status = weft_assemble(context, exact, length, &program, &error);
    cr_expect(status == WEFT_ERR_SYNTAX && error.status == status && !program, "%s: %s", path,
              weft_status_name(status));
    cr_expect(error.line == line && error.column == column, "%s: %d:%d: %s", path, error.line,
              error.column, error.message);
    cr_expect(strstr(error.message, message), "%s: '%s'", path, error.message);
    cr_expect(error.pc == -1 && error.rule == 0 && error.byte == -1, "%s", path);
    free(exact);
    free(text);
}

Test(assembler, syntax_errors)
{
    test_files files = test_list("tests/asm", "", ".wfa");
    weft_context *context = test_context(0);
    int cases = 0;
    for (size_t i = 0; i < files.count; i++)
        if (strncmp(strrchr(files.paths[i], '/'), "/ok-", 4) != 0) {
            check_syntax_error(context, files.paths[i]);
            cases++;
        }
    cr_expect(cases >= 100);
    cr_expect(test_context_works(context));
    weft_context_destroy(context);
    test_files_free(&files);
}

/* No text of one to three characters, and no cut-off program, does more than fail. */
Test(assembler, short_and_cut_texts)
{
    static const char signs[] = ".[];:,+-v0sp(x\n\t\r \\\"\xff";
    weft_context *context = test_context(0);
    char text[3];
    for (size_t a = 0; a < sizeof signs; a++)
        for (size_t b = 0; b < sizeof signs; b++)
            for (size_t c = 0; c < sizeof signs; c++) {
                weft_program *program;
                weft_error error;
                text[0] = signs[a];
                text[1] = signs[b];
                text[2] = signs[c];
                cr_expect(weft_assemble(context, text, 3, &program, &error) != WEFT_OK);
                cr_expect(error.line >= 1 && error.column >= 1 && *error.message);
            }
    size_t length;
    char *layout = test_read("tests/asm/ok-layout.wfa", &length);
    for (size_t n = 0; n < length; n++) {
        weft_program *program;
        weft_error error;
        char *cut = malloc(n ? n : 1);
        memcpy(cut, layout, n);
        weft_status status = weft_assemble(context, cut, n, &program, &error);
        cr_expect(status == WEFT_ERR_SYNTAX || status == WEFT_ERR_VERIFY, "%zu bytes", n);
        cr_expect(error.line >= 1 && error.column >= 1);
        free(cut);
    }
    free(layout);
    weft_context_destroy(context);
}

Test(assembler, limits)
{
    weft_context *context = test_context(0);
    weft_program *program;
    weft_error error;
    size_t length = ((size_t)1 << 26) + 1;
    char *text = malloc(length);
    memset(text, ' ', length);
    cr_expect(weft_assemble(context, text, length, &program, &error) == WEFT_ERR_LIMIT);
    cr_expect(!program && *error.message);
    size_t at = 0;
    for (int i = 0; i < (1 << 20) + 1; i++) {
        memcpy(text + at, "fence\n", 6);
        at += 6;
    }
    cr_expect(weft_assemble(context, text, at, &program, &error) == WEFT_ERR_LIMIT, "%s",
              error.message);
    cr_expect(error.line == (1 << 20) + 1 && error.status == WEFT_ERR_LIMIT);
    memcpy(text + at - 12, "exit\n       ", 12);
    cr_expect(weft_assemble(context, text, at, &program, &error) == WEFT_OK, "%s", error.message);
    cr_expect(weft_program_instruction_count(program) == 1 << 20);
    weft_program_release(program);
    at = 0;
    for (int i = 0; i < 257; i++)
        at += (size_t)sprintf(text + at, ".in x%d f32\n", i);
    cr_expect(weft_assemble(context, text, at, &program, &error) == WEFT_ERR_SYNTAX);
    cr_expect(error.line == 257 && strstr(error.message, "more than 256 parameters"), "%s",
              error.message);
    free(text);
    weft_context_destroy(context);
}

/* --- round trips ------------------------------------------------------------------------------ */

/* text -> image -> load -> text' -> image' = image, and text'' = text'. */
static void round_trip(weft_context *context, const char *name, const char *text, size_t length)
{
    weft_error error;
    weft_program *programs[3];
    void *images[3];
    size_t sizes[3], lengths[2];
    char *texts[2];
    if (weft_assemble(context, text, length, &programs[0], &error))
        test_die("%s:%d:%d: V%d: %s", name, error.line, error.column, error.rule, error.message);
    cr_assert(weft_save(programs[0], &images[0], &sizes[0], &error) == WEFT_OK);
    cr_assert(weft_load(context, images[0], sizes[0], &programs[1], &error) == WEFT_OK, "%s: %s",
              name, error.message);
    cr_assert(weft_disassemble(programs[1], &texts[0], &lengths[0], &error) == WEFT_OK);
    cr_expect(strlen(texts[0]) == lengths[0]);
    cr_assert(weft_assemble(context, texts[0], lengths[0], &programs[2], &error) == WEFT_OK,
              "%s:%d:%d: %s\n%s", name, error.line, error.column, error.message, texts[0]);
    for (int i = 1; i < 3; i++) {
        cr_assert(weft_save(programs[i], &images[i], &sizes[i], &error) == WEFT_OK);
        cr_expect(sizes[i] == sizes[0] && memcmp(images[i], images[0], sizes[0]) == 0,
                  "%s: image %d differs\n%s", name, i, texts[0]);
    }
    cr_assert(weft_disassemble(programs[2], &texts[1], &lengths[1], &error) == WEFT_OK);
    cr_expect(lengths[0] == lengths[1] && strcmp(texts[0], texts[1]) == 0, "%s:\n%s\n%s", name,
              texts[0], texts[1]);
    for (int i = 0; i < 3; i++) {
        weft_program_release(programs[i]);
        weft_free(images[i]);
    }
    weft_free(texts[0]);
    weft_free(texts[1]);
}

Test(disassembler, round_trip_of_files)
{
    static const char *const folders[][2] = {
        {"tests/verify", "ok-"}, {"tests/asm", "ok-"}, {"examples", ""}};
    weft_context *context = test_context(0);
    for (size_t f = 0; f < COUNT(folders); f++) {
        test_files files = test_list(folders[f][0], folders[f][1], ".wfa");
        cr_expect(files.count > 0 || f == 2, "no files in %s", folders[f][0]);
        for (size_t i = 0; i < files.count; i++) {
            size_t length;
            char *text = test_read(files.paths[i], &length);
            round_trip(context, files.paths[i], text, length);
            free(text);
        }
        test_files_free(&files);
    }
    weft_context_destroy(context);
}

/* --- one instruction of every kind, without the verifier -------------------------------------- */

static weft_param params[] = {
    {"one", WEFT_PARAM_INOUT, WEFT_F32, 1, 15, 3, 0},
    {"three", WEFT_PARAM_TABLE_INOUT, WEFT_F32, 3, 0, 0, 0},
    {"rows", WEFT_PARAM_UNIFORM, WEFT_F64, 16, 0, 0, 4096},
    {"work", WEFT_PARAM_POOL, WEFT_U8, 2, 0, 0, UINT32_MAX},
    {"f", WEFT_PARAM_FUNCTION, WEFT_BF16, 1, 0, 1, WEFT_U16},
    {"g", WEFT_PARAM_FUNCTION, WEFT_BOOL, 1, 0, 0, WEFT_BOOL | WEFT_F64 << 8},
    {"h", WEFT_PARAM_FUNCTION, WEFT_I8, 1, 0, 1, WEFT_I64 | WEFT_F32 << 8 | WEFT_BOOL << 16}};
enum { FUNCTIONS = 3 }; /* the last ones */

static bool is_memory(unsigned kind)
{
    return kind == WEFT_SLOT_MEM || kind == WEFT_SLOT_SEGMEM || kind == WEFT_SLOT_TABLE ||
           kind == WEFT_SLOT_NAME;
}

/* Register numbers for `variant`: small, middling, and the last ones. */
static uint8_t number_of(unsigned variant, bool scalar, bool predicate, unsigned width, int salt)
{
    unsigned last = (scalar ? 63u : predicate ? 15u : 255u) + 1 - width;
    return (uint8_t)(variant == 0 ? (unsigned)salt : variant == 1 ? last / 2 : last);
}

/* Fills one operand of `insn`; bit b of `variant / 3` decides scalars, registers, signs. */
static void fill_slot(weft_insn *insn, const weft_slot *slot, unsigned variant, int position)
{
    unsigned size = variant % 3, bits = variant / 3;
    bool chosen = (bits >> position & 1) != 0;
    switch ((weft_slot_kind)slot->kind) {
    case WEFT_SLOT_RUN:
        if (weft_op_row_of(insn->op)->terms)
            insn->k = (uint8_t)(size == 0   ? 1
                                : size == 1 ? weft_op_row_of(insn->op)->terms / 2
                                            : weft_op_row_of(insn->op)->terms);
        /* fall through */
    case WEFT_SLOT_ARGUMENT:
        if (slot->kind == WEFT_SLOT_ARGUMENT && !weft_run_width(insn, slot->field))
            break;
        /* fall through */
    case WEFT_SLOT_REG:
    case WEFT_SLOT_GROUP:
        if (slot->class == WEFT_CLASS_ANY && chosen)
            insn->scalar |= (uint8_t)weft_scalar_bit(slot->field);
        weft_insn_set_field(insn, slot->field,
                            number_of(size, weft_slot_is_scalar(insn, slot),
                                      weft_slot_dtype(insn, slot) == WEFT_BOOL,
                                      weft_slot_width(&(weft_code){.params = params}, insn, slot),
                                      position));
        break;
    case WEFT_SLOT_MEM:
    case WEFT_SLOT_SEGMEM:
        insn->off = size == 0 ? 0 : size == 1 ? INT32_MAX : INT32_MIN;
        if (chosen) {
            insn->scalar |= WEFT_ADDRESS_REG;
            insn->a = 63;
        }
        /* fall through */
    case WEFT_SLOT_TABLE:
        if (slot->kind != WEFT_SLOT_SEGMEM)
            insn->k = (uint8_t)(params[insn->param].segment - 1);
        break;
    case WEFT_SLOT_NAME:
        break;
    case WEFT_SLOT_FUNCTION:
        insn->param = (uint8_t)(COUNT(params) - 1 - variant % FUNCTIONS);
        insn->off = (int32_t)params[insn->param].count;
        break;
    case WEFT_SLOT_IMM:
        insn->imm = insn->type == WEFT_BOOL
                        ? size != 0
                        : (UINT64_C(0xfedcba9876543210) >> (20 * size)) &
                              (UINT64_MAX >> (64 - 8 * weft_dtype_size((weft_dtype)insn->type)));
        break;
    case WEFT_SLOT_DIM:
        insn->k = (uint8_t)(size + chosen);
        break;
    case WEFT_SLOT_DEPTH:
        insn->k = (uint8_t)(size + 1);
        break;
    case WEFT_SLOT_DIMS:
        insn->a = (uint8_t)(size + 1 == 3 ? 3 : size);
        insn->b = (uint8_t)(chosen ? 3 : insn->a);
        break;
    case WEFT_SLOT_RANGE:
        insn->imm = size == 0 ? 1 : size == 1 ? UINT64_MAX : UINT64_C(7) << 32 | 4096;
        break;
    case WEFT_SLOT_TRIPS:
        if (chosen) {
            insn->scalar |= WEFT_SCALAR_A;
            insn->a = (uint8_t)(31 * size);
        } else {
            insn->imm = size == 0 ? 0 : size == 1 ? 1000 : INT64_MAX;
        }
        break;
    case WEFT_SLOT_LABEL:
        insn->off = 1;
        break;
    case WEFT_SLOT_END:
        break;
    }
}

static weft_insn make(unsigned op, unsigned type, unsigned type2, unsigned variant)
{
    weft_insn insn;
    const weft_slot *slots = weft_form_slots(weft_op_row_of(op)->form);
    memset(&insn, 0, sizeof insn);
    insn.op = (uint16_t)op;
    insn.type = (uint8_t)type;
    insn.type2 = (uint8_t)type2;
    for (int i = 0; slots[i].kind != WEFT_SLOT_END; i++)
        if (is_memory(slots[i].kind))
            insn.param = (uint8_t)(variant % (COUNT(params) - FUNCTIONS));
    for (int i = 0; slots[i].kind != WEFT_SLOT_END; i++)
        fill_slot(&insn, &slots[i], variant, i);
    return insn;
}

static void *standard_alloc(void *user, size_t size, size_t alignment)
{
    (void)user;
    return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}
static void standard_release(void *user, void *memory, size_t size)
{
    (void)user;
    (void)size;
    free(memory);
}
static const weft_allocator standard = {NULL, standard_alloc, standard_release};

/* The instruction, between nothing and an exit, printed and read again. */
static void instruction_round_trip(const weft_insn *insn)
{
    weft_insn insns[3] = {*insn, {0}, {0}};
    insns[1].op = WEFT_OP_EXIT;
    unsigned n = 2;
    if (insn->op == WEFT_OP_END) { /* an end needs something that it closes */
        insns[0] = make(WEFT_OP_EACH, 0, 0, 0);
        insns[1] = *insn;
        insns[2].op = WEFT_OP_EXIT;
        n = 3;
    }
    weft_param declared[COUNT(params)];
    memcpy(declared, params, sizeof params);
    weft_code code = {4, false, {0, 0, 0, 0}, COUNT(params), n, declared, insns}, back;
    weft_vector text;
    weft_asm_places places;
    weft_error error;
    cr_assert(weft_dis(&standard, &code, &text, NULL) == WEFT_OK);
    weft_status status = weft_asm(&standard, text.data, text.count - 1, &back, &places, &error);
    cr_assert(status == WEFT_OK, "%d:%d: %s\n%s", error.line, error.column, error.message,
              (char *)text.data);
    cr_assert(back.n_insns == n && back.n_params == COUNT(params) && back.rank == 4);
    for (unsigned i = 0; i < n; i++) {
        uint8_t was[WEFT_IMAGE_INSN], is[WEFT_IMAGE_INSN];
        weft_insn decoded;
        weft_insn_encode(&insns[i], was);
        weft_insn_encode(&back.insns[i], is);
        cr_assert(memcmp(was, is, sizeof was) == 0, "%s", (char *)text.data);
        weft_insn_decode(was, &decoded);
        weft_insn_encode(&decoded, is);
        cr_assert(memcmp(was, is, sizeof was) == 0, "%s", (char *)text.data);
    }
    cr_assert(memcmp(back.params, params, sizeof params) == 0);
    weft_vector_free(&standard, &text);
    weft_asm_places_free(&standard, &places);
    weft_code_free(&standard, &back);
}

/* Every operation, type, second type, and every choice of scalar and strip operands, addresses with
 * and without registers, and small, middling and the largest numbers. */
Test(disassembler, every_operation)
{
    int made = 0;
    for (unsigned op = 0; op < WEFT_OPCODE_COUNT; op++) {
        const weft_op_row *row = weft_op_row_of(op);
        uint32_t types = row->type_mask ? row->type_mask : 1;
        uint32_t seconds = weft_form_has_type2(row->form) ? weft_form_type2_mask(row->form) : 1;
        int before = made;
        for (unsigned type = 0; type < WEFT_TYPE_COUNT; type++)
            for (unsigned type2 = 0; type2 < WEFT_TYPE_COUNT; type2++)
                for (unsigned variant = 0;
                     variant < 3 * 16 && (types >> type & 1) && (seconds >> type2 & 1); variant++) {
                    weft_insn insn = make(op, type, type2, variant);
                    instruction_round_trip(&insn);
                    made++;
                }
        cr_expect(made > before, "%s was not tried", row->mnemonic);
    }
}

Test(disassembler, mnemonics_are_distinct)
{
    for (unsigned op = 0; op < WEFT_OPCODE_COUNT; op++) {
        const char *mnemonic = weft_op_row_of(op)->mnemonic;
        cr_expect(weft_opcode_find(mnemonic, strlen(mnemonic)) == op, "%s", mnemonic);
    }
    cr_expect(weft_opcode_find("add", 2) == WEFT_OPCODE_COUNT);
    cr_expect(weft_opcode_find("", 0) == WEFT_OPCODE_COUNT);
}

/* --- literals --------------------------------------------------------------------------------- */

static uint64_t parsed(const char *text, weft_dtype type)
{
    uint64_t bits = 0xdead;
    const char *wrong = weft_literal_parse(text, strlen(text), type, &bits);
    cr_expect(!wrong, "%s as %s: %s", text, weft_dtype_name(type), wrong);
    return bits;
}

static void prints(uint64_t bits, weft_dtype type, const char *expected)
{
    char text[WEFT_MAX_LITERAL + 1];
    weft_literal_format(bits, type, text);
    cr_expect_str_eq(text, expected, "%s of %llx: %s, not %s", weft_dtype_name(type),
                     (unsigned long long)bits, text, expected);
    cr_expect(parsed(text, type) == bits, "%s is read back differently", text);
}

static const struct {
    weft_dtype type;
    uint64_t bits;
    const char *shortest;
} literals[] = {
    {WEFT_F32, 0x3dcccccd, "0.1"},
    {WEFT_F32, 0x00000001, "1e-45"},
    {WEFT_F32, 0x7f7fffff, "3.4028235e+38"},
    {WEFT_F32, 0x00800000, "1.1754944e-38"},
    {WEFT_F32, 0x4b800000, "16777216"},
    {WEFT_F32, 0x3f800000, "1"},
    {WEFT_F32, 0x80000000, "-0"},
    {WEFT_F32, 0x7f800000, "inf"},
    {WEFT_F32, 0xff800000, "-inf"},
    {WEFT_F32, 0x7fc00000, "nan"},
    {WEFT_F32, 0xffc00000, "bits(0xffc00000)"},
    {WEFT_F32, 0x7fc00001, "bits(0x7fc00001)"},
    {WEFT_F32, 0x7f800001, "bits(0x7f800001)"},
    {WEFT_F64, 0x3fb999999999999a, "0.1"},
    {WEFT_F64, 0x3fd3333333333334, "0.30000000000000004"},
    {WEFT_F64, 0x0000000000000001, "5e-324"},
    {WEFT_F64, 0x7fefffffffffffff, "1.7976931348623157e+308"},
    {WEFT_F64, 0x8000000000000000, "-0"},
    {WEFT_F64, 0x7ff8000000000000, "nan"},
    {WEFT_F64, 0xfff8000000000000, "bits(0xfff8000000000000)"},
    {WEFT_F64, 0x7ff0000000000001, "bits(0x7ff0000000000001)"},
    {WEFT_F64, 0xfff0000000000000, "-inf"},
    {WEFT_F16, 0x3c00, "1"},
    {WEFT_F16, 0x2e66, "0.1"},
    {WEFT_F16, 0x7bff, "6.55e+04"},
    {WEFT_F16, 0x0001, "6e-08"},
    {WEFT_F16, 0x7c00, "inf"},
    {WEFT_F16, 0x7e00, "nan"},
    {WEFT_F16, 0x7e01, "bits(0x7e01)"},
    {WEFT_F16, 0x8000, "-0"},
    {WEFT_BF16, 0x3f80, "1"},
    {WEFT_BF16, 0x3dcd, "0.1"},
    {WEFT_BF16, 0xff80, "-inf"},
    {WEFT_BF16, 0x7fc0, "nan"},
    {WEFT_BF16, 0x7f81, "bits(0x7f81)"},
    {WEFT_I8, 0x80, "-128"},
    {WEFT_I8, 0x7f, "127"},
    {WEFT_I8, 0xff, "-1"},
    {WEFT_I16, 0x8000, "-32768"},
    {WEFT_I32, 0x80000000, "-2147483648"},
    {WEFT_I64, 0x8000000000000000, "-9223372036854775808"},
    {WEFT_I64, 0x7fffffffffffffff, "9223372036854775807"},
    {WEFT_U8, 0xff, "255"},
    {WEFT_U16, 0xffff, "65535"},
    {WEFT_U32, 0xffffffff, "4294967295"},
    {WEFT_U64, 0xffffffffffffffff, "18446744073709551615"},
    {WEFT_BOOL, 1, "true"},
    {WEFT_BOOL, 0, "false"},
};

static void check_literals(void)
{
    for (size_t i = 0; i < COUNT(literals); i++)
        prints(literals[i].bits, literals[i].type, literals[i].shortest);
    cr_expect(parsed("0.5", WEFT_F32) == 0x3f000000);
    cr_expect(parsed("0x1.8p3", WEFT_F32) == 0x41400000);
    cr_expect(parsed("16777217", WEFT_F32) == 0x4b800000, "halves go to even");
    cr_expect(parsed("16777217.0000000001", WEFT_F32) == 0x4b800001, "rounded once, not by f64");
    cr_expect(parsed("-nan", WEFT_F64) == 0x7ff8000000000000);
    cr_expect(parsed("65519", WEFT_F16) == 0x7bff);
    cr_expect(parsed("2.98e-8", WEFT_F16) == 0 && parsed("2.99e-8", WEFT_F16) == 1);
    cr_expect(parsed("0x7f", WEFT_I8) == 0x7f && parsed("-0x80", WEFT_I8) == 0x80);
    cr_expect(parsed("1.00390625", WEFT_BF16) == 0x3f80, "halves go to even");
    cr_expect(parsed("1.01171875", WEFT_BF16) == 0x3f82);
}

Test(literal, shortest)
{
    check_literals();
}

/* Every f16 and bf16 there is comes back, as do many f32 and f64. */
Test(literal, round_trip)
{
    static const weft_dtype types[] = {WEFT_F16, WEFT_BF16, WEFT_F32, WEFT_F64};
    uint64_t random = 88172645463325252;
    for (size_t t = 0; t < COUNT(types); t++)
        for (uint64_t i = 0; i < 65536; i += t < 2 ? 1 : 16) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            uint64_t bits = t < 2 ? i : types[t] == WEFT_F32 ? random >> 32 : random;
            char text[WEFT_MAX_LITERAL + 1];
            weft_literal_format(bits, types[t], text);
            cr_assert(parsed(text, types[t]) == bits, "%s %llx: %s", weft_dtype_name(types[t]),
                      (unsigned long long)bits, text);
        }
}

/* A process that has set a decimal comma reads and writes points all the same. */
Test(literal, locale_with_decimal_comma)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE",       "fr_FR.UTF-8",
                                        "fr_FR.utf8",  "nl_NL.utf8", "pt_BR.UTF-8", "es_ES.UTF-8"};
    char seven[32];
    bool comma = false;
    for (size_t i = 0; i < COUNT(names) && !comma; i++)
        comma = setlocale(LC_ALL, names[i]) && snprintf(seven, sizeof seven, "%.1f", 7.5) > 0 &&
                strcmp(seven, "7,5") == 0;
    if (!comma)
        cr_skip("no locale with a decimal comma is installed");
    check_literals();
    uint64_t bits;
    cr_expect(weft_literal_parse("0,5", 3, WEFT_F32, &bits) != NULL);
    snprintf(seven, sizeof seven, "%.1f", 7.5);
    cr_expect_str_eq(seven, "7,5", "the process's locale is left as it was");
}
