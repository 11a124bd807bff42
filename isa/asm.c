/* isa/asm.c: the assembler's front: lines, directives, labels (isa/asm.h).
 * Operands are isa/asm_operands.c's. */
#include <string.h>

#include "isa/asm_internal.h"
#include "isa/image.h"
#include "isa/suggest.h"

const weft_directive weft_directives[] = {
    {".in", "", WEFT_PARAM_IN},
    {".out", "", WEFT_PARAM_OUT},
    {".inout", "", WEFT_PARAM_INOUT},
    {".uniform", "", WEFT_PARAM_UNIFORM},
    {".table", "", WEFT_PARAM_TABLE},
    {".table", "out", WEFT_PARAM_TABLE_OUT},
    {".table", "inout", WEFT_PARAM_TABLE_INOUT},
    {".scratch", "", WEFT_PARAM_SCRATCH},
    {".pool", "", WEFT_PARAM_POOL},
    {".function", "", WEFT_PARAM_FUNCTION},
};
const unsigned weft_n_directives = sizeof weft_directives / sizeof weft_directives[0];

/* --- declarations ----------------------------------------------------------------------------- */

static weft_status parse_version(assembler *as)
{
    weft_word here = weft_lex_here(&as->lexer);
    int64_t version;
    if (!weft_lex_integer(&as->lexer, 1, 1, &version))
        return weft_lex_fail(&as->lexer, &here, "this assembler knows version 1 of the language");
    return WEFT_OK;
}

static weft_status parse_space(assembler *as, const weft_word *directive)
{
    weft_lexer *lexer = &as->lexer;
    weft_code *code = as->code;
    if (as->params.count || as->insns.count || as->space_given)
        return weft_lex_fail(lexer, directive, ".space comes once, before the parameters");
    as->space_given = true;
    weft_word here = weft_lex_here(lexer);
    int64_t value;
    if (!weft_lex_take(lexer, '[')) {
        if (!weft_lex_integer(lexer, 1, WEFT_MAX_RANK, &value))
            return weft_lex_fail(lexer, &here, "expected a rank of 1 to %d, or extents in brackets",
                                 WEFT_MAX_RANK);
        code->rank = (uint8_t)value;
        return WEFT_OK;
    }
    code->rank = 0;
    code->fixed = true;
    do {
        here = weft_lex_here(lexer);
        if (code->rank == WEFT_MAX_RANK)
            return weft_lex_fail(lexer, &here, "an index space has at most %d dimensions",
                                 WEFT_MAX_RANK);
        if (!weft_lex_integer(lexer, 0, WEFT_MAX_EXTENT, &value))
            return weft_lex_fail(lexer, &here, "expected an extent of 0 to %lld",
                                 (long long)WEFT_MAX_EXTENT);
        code->extents[code->rank++] = value;
    } while (weft_lex_take(lexer, ','));
    here = weft_lex_here(lexer);
    return weft_lex_take(lexer, ']') ? WEFT_OK : weft_lex_fail(lexer, &here, "expected ']'");
}

weft_status weft_asm_type(assembler *as, weft_dtype *type)
{
    char name[8];
    weft_word word = weft_lex_name(&as->lexer);
    if (word.length < sizeof name) {
        memcpy(name, word.text, word.length);
        name[word.length] = 0;
        *type = weft_dtype_from_name(name);
        if (*type != WEFT_NONE)
            return WEFT_OK;
    }
    return weft_lex_fail(&as->lexer, &word, "'%.*s' is no element type", weft_word_shown(&word),
                         word.text);
}

static weft_status parse_dims(assembler *as, weft_param *param)
{
    weft_lexer *lexer = &as->lexer;
    param->dims = 0;
    if (weft_lex_take_word(lexer, "none"))
        return WEFT_OK;
    do {
        int64_t d;
        weft_word here = weft_lex_here(lexer);
        if (!weft_lex_integer(lexer, 0, as->code->rank - 1, &d))
            return weft_lex_fail(lexer, &here, "expected a dimension of 0 to %d, or none",
                                 as->code->rank - 1);
        param->dims |= (uint8_t)(1u << d);
    } while (weft_lex_take(lexer, ','));
    return WEFT_OK;
}

static weft_status parse_count(assembler *as, weft_param *param)
{
    weft_word here = weft_lex_here(&as->lexer);
    int64_t value,
        most = param->kind == WEFT_PARAM_POOL ? WEFT_MAX_POOL_ROWS : WEFT_MAX_UNIFORM_ROWS;
    if (!weft_lex_integer(&as->lexer, 1, most, &value))
        return weft_lex_fail(&as->lexer, &here, "expected 1 to %lld rows", (long long)most);
    param->count = (uint32_t)value;
    return WEFT_OK;
}

/* `(f32, i64) pure`: what stands behind the result's type of a function. */
static weft_status parse_signature(assembler *as, weft_param *param)
{
    weft_lexer *lexer = &as->lexer;
    weft_word here = weft_lex_here(lexer);
    unsigned n = 0;
    if (!weft_lex_take(lexer, '('))
        return weft_lex_fail(lexer, &here, "expected the types of the arguments, such as (f32)");
    do {
        weft_dtype type;
        here = weft_lex_here(lexer);
        if (n == WEFT_MAX_FUNCTION_ARGS || weft_lex_peek(lexer) == ')')
            return weft_lex_fail(lexer, &here, "a function has 1 to %d arguments",
                                 WEFT_MAX_FUNCTION_ARGS);
        WEFT_TRY(weft_asm_type(as, &type));
        param->count |= (uint32_t)type << 8 * n++;
    } while (weft_lex_take(lexer, ','));
    here = weft_lex_here(lexer);
    if (!weft_lex_take(lexer, ')'))
        return weft_lex_fail(lexer, &here, "expected ',' or ')'");
    if (weft_lex_take_word(lexer, "pure"))
        param->window = WEFT_FUNCTION_PURE;
    return WEFT_OK;
}

/* `dims ...`, `window n`, `count n`, in any order. */
static weft_status parse_attributes(assembler *as, weft_param *param)
{
    weft_lexer *lexer = &as->lexer;
    while (!weft_lex_end_of_line(lexer)) {
        weft_word word = weft_lex_name(lexer), here = weft_lex_here(lexer);
        int64_t value;
        if (weft_word_is(&word, "dims") && weft_kind_is_mapped(param->kind)) {
            WEFT_TRY(parse_dims(as, param));
        } else if (weft_word_is(&word, "window") && weft_kind_is_mapped(param->kind)) {
            if (!weft_lex_integer(lexer, 0, 1 << 30, &value))
                return weft_lex_fail(lexer, &here, "expected a number of elements");
            param->window = (uint32_t)value;
        } else if (weft_word_is(&word, "count") && weft_kind_has_count(param->kind)) {
            WEFT_TRY(parse_count(as, param));
        } else {
            return weft_lex_fail(lexer, &word, "unexpected '%.*s' in a declaration",
                                 word.length ? weft_word_shown(&word) : 1,
                                 word.length ? word.text : here.text);
        }
    }
    weft_word end = weft_lex_here(lexer);
    if (param->kind == WEFT_PARAM_POOL && !param->count)
        return weft_lex_fail(lexer, &end, "a pool says how many rows it has: count N");
    return WEFT_OK;
}

static weft_status parse_param_name(assembler *as, weft_param *param)
{
    weft_word name = weft_lex_name(&as->lexer);
    if (name.length == 0)
        return weft_lex_fail(&as->lexer, &name, "expected the parameter's name");
    if (name.length > WEFT_MAX_NAME)
        return weft_lex_fail(&as->lexer, &name, "a name has at most %d characters", WEFT_MAX_NAME);
    if (weft_asm_find_param(as, &name) >= 0)
        return weft_lex_fail(&as->lexer, &name, "'%.*s' is already declared",
                             weft_word_shown(&name), name.text);
    memcpy(param->name, name.text, name.length);
    return WEFT_OK;
}

static weft_status parse_segment(assembler *as, weft_param *param)
{
    weft_lexer *lexer = &as->lexer;
    param->segment = 1;
    if (!weft_lex_take(lexer, '['))
        return WEFT_OK;
    weft_word here = weft_lex_here(lexer);
    int64_t value;
    if (!weft_lex_integer(lexer, 1, WEFT_MAX_SEGMENT, &value) || !weft_lex_take(lexer, ']'))
        return weft_lex_fail(lexer, &here, "expected a segment of 1 to %d values, and ']'",
                             WEFT_MAX_SEGMENT);
    param->segment = (uint8_t)value;
    return WEFT_OK;
}

static weft_status parse_param(assembler *as, const weft_directive *directive,
                               const weft_word *word)
{
    weft_param param;
    weft_dtype type;
    memset(&param, 0, sizeof param);
    param.kind = directive->kind;
    if (as->insns.count)
        return weft_lex_fail(&as->lexer, word,
                             "parameters are declared before the first instruction");
    if (as->params.count == WEFT_MAX_PARAMS)
        return weft_lex_fail(&as->lexer, word, "more than %d parameters", WEFT_MAX_PARAMS);
    weft_word name = weft_lex_here(&as->lexer);
    weft_status status = parse_param_name(as, &param);
    if (!status)
        status = weft_asm_type(as, &type);
    if (status)
        return status;
    param.type = (uint8_t)type;
    param.segment = 1;
    status =
        param.kind == WEFT_PARAM_FUNCTION ? parse_signature(as, &param) : parse_segment(as, &param);
    if (status)
        return status;
    if (weft_kind_is_mapped(param.kind))
        param.dims = (uint8_t)((1u << as->code->rank) - 1);
    if (param.kind == WEFT_PARAM_UNIFORM)
        param.count = 1;
    for (unsigned i = 0; param.kind == WEFT_PARAM_TABLE && i < weft_n_directives; i++)
        if (weft_kind_is_table(weft_directives[i].kind) && *weft_directives[i].access &&
            weft_lex_take_word(&as->lexer, weft_directives[i].access))
            param.kind = weft_directives[i].kind;
    status = parse_attributes(as, &param);
    weft_param *slot = status ? NULL : weft_vector_push(as->allocator, &as->params);
    weft_place *place = slot ? weft_vector_push(as->allocator, &as->places->params) : NULL;
    if (!place)
        return status ? status : weft_fail_memory(as->lexer.error);
    *slot = param;
    *place = (weft_place){name.line, name.column};
    return WEFT_OK;
}

/* `.insn` and 16 bytes as hexadecimal pairs: any instruction, even a wrong one. */
static weft_status parse_raw(assembler *as, const weft_word *word)
{
    uint8_t bytes[WEFT_IMAGE_INSN];
    weft_insn insn;
    for (unsigned i = 0; i < WEFT_IMAGE_INSN; i++) {
        weft_word token = weft_lex_token(&as->lexer);
        unsigned value = 0;
        bool good = token.length == 2;
        for (size_t j = 0; good && j < 2; j++) {
            const char *digits = "0123456789abcdef", *at = strchr(digits, token.text[j]);
            good = at && *at;
            value = good ? value * 16 + (unsigned)(at - digits) : 0;
        }
        if (!good)
            return weft_lex_fail(&as->lexer, &token,
                                 ".insn takes %d bytes of two lower-case "
                                 "hexadecimal digits each",
                                 WEFT_IMAGE_INSN);
        bytes[i] = (uint8_t)value;
    }
    weft_insn_decode(bytes, &insn);
    return weft_asm_emit(as, &insn, word);
}

static weft_status parse_directive(assembler *as)
{
    weft_word word = weft_lex_token(&as->lexer);
    if (weft_word_is(&word, ".weft"))
        return parse_version(as);
    if (weft_word_is(&word, ".space"))
        return parse_space(as, &word);
    if (weft_word_is(&word, ".insn"))
        return parse_raw(as, &word);
    char phrase[WEFT_SUGGESTION_SIZE];
    weft_suggestion near = {word.text, word.length, NULL, 0};
    for (unsigned i = 0; i < weft_n_directives; i++) {
        if (weft_word_is(&word, weft_directives[i].name))
            return parse_param(as, &weft_directives[i], &word);
        weft_suggest(&near, weft_directives[i].name);
    }
    weft_suggest(&near, ".space");
    return weft_lex_fail(&as->lexer, &word, "unknown directive '%.*s'%s", weft_word_shown(&word),
                         word.text, weft_suggestion_phrase(&near, phrase));
}

/* --- labels ----------------------------------------------------------------------------------- */

/* FNV-1a, for the table of labels. */
static uint32_t hash_name(const weft_word *name)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name->length; i++)
        hash = (hash ^ (unsigned char)name->text[i]) * 16777619u;
    return hash;
}

enum { LABEL_BUCKETS = 4096 };

static assembler_label *find_label(assembler *as, const weft_word *name)
{
    assembler_label *labels = as->labels.data;
    uint32_t next = as->buckets[hash_name(name) % LABEL_BUCKETS];
    while (next) {
        assembler_label *label = &labels[next - 1];
        if (label->name.length == name->length &&
            memcmp(label->name.text, name->text, name->length) == 0)
            return label;
        next = label->next;
    }
    return NULL;
}

static weft_status define_label(assembler *as, const weft_word *name)
{
    const assembler_label *twin = find_label(as, name);
    if (twin)
        return weft_lex_fail(&as->lexer, name, "label '%.*s' is already on line %d",
                             weft_word_shown(name), name->text, twin->name.line);
    assembler_label *label = weft_vector_push(as->allocator, &as->labels);
    if (!label)
        return weft_fail_memory(as->lexer.error);
    uint32_t *bucket = &as->buckets[hash_name(name) % LABEL_BUCKETS];
    label->name = *name;
    label->pc = (uint32_t)as->insns.count;
    label->next = *bucket;
    *bucket = (uint32_t)as->labels.count;
    return WEFT_OK;
}

static weft_status resolve_labels(assembler *as)
{
    assembler_fixup *fixups = as->fixups.data;
    weft_insn *insns = as->insns.data;
    for (size_t i = 0; i < as->fixups.count; i++) {
        const assembler_label *label = find_label(as, &fixups[i].name);
        if (!label)
            return weft_lex_fail(&as->lexer, &fixups[i].name, "there is no label '%.*s'",
                                 weft_word_shown(&fixups[i].name), fixups[i].name.text);
        insns[fixups[i].pc].off = (int32_t)label->pc;
    }
    return WEFT_OK;
}

/* --- lines ------------------------------------------------------------------------------------ */

static weft_status parse_line(assembler *as)
{
    weft_lexer *lexer = &as->lexer;
    weft_status status = WEFT_OK;
    while (!status && !weft_lex_end_of_line(lexer)) {
        if (weft_lex_peek(lexer) == '.') {
            status = parse_directive(as);
            break;
        }
        size_t before = lexer->at;
        weft_word word = weft_lex_name(lexer);
        if (word.length == 0)
            return weft_lex_fail(lexer, &word, "expected an instruction, a label or a directive");
        if (weft_lex_take(lexer, ':')) {
            status = define_label(as, &word);
            continue;
        }
        lexer->at = before;
        status = weft_asm_instruction(as);
        break;
    }
    if (!status && !weft_lex_end_of_line(lexer)) {
        weft_word rest = weft_lex_here(lexer);
        status = weft_lex_fail(lexer, &rest, "unexpected '%c' at the end of the line", *rest.text);
    }
    return status;
}

static weft_status parse_text(assembler *as)
{
    weft_status status = WEFT_OK;
    while (!status && !weft_lex_end_of_text(&as->lexer)) {
        status = parse_line(as);
        weft_lex_next_line(&as->lexer);
    }
    return status ? status : resolve_labels(as);
}

weft_status weft_asm_emit(assembler *as, const weft_insn *insn, const weft_word *where)
{
    if (as->insns.count == WEFT_MAX_INSNS)
        return weft_fail_text(as->lexer.error, WEFT_ERR_LIMIT, where->line, where->column,
                              "more than %d instructions", WEFT_MAX_INSNS);
    weft_insn *slot = weft_vector_push(as->allocator, &as->insns);
    weft_place *place = slot ? weft_vector_push(as->allocator, &as->places->insns) : NULL;
    if (!place)
        return weft_fail_memory(as->lexer.error);
    *slot = *insn;
    *place = (weft_place){where->line, where->column};
    return WEFT_OK;
}

int weft_asm_find_param(const assembler *as, const weft_word *name)
{
    const weft_param *params = as->params.data;
    for (size_t i = 0; i < as->params.count; i++)
        if (weft_word_is(name, params[i].name))
            return (int)i;
    return -1;
}

/* Moves a vector's elements into an array of exactly that size, as weft_code_free expects. */
static void *take_array(assembler *as, weft_vector *vector)
{
    void *array = weft_mem_zeroed(as->allocator, vector->count, vector->element);
    if (array && vector->count)
        memcpy(array, vector->data, vector->count * vector->element);
    return array;
}

static weft_status finish(assembler *as)
{
    weft_code *code = as->code;
    code->n_params = (uint32_t)as->params.count;
    code->n_insns = (uint32_t)as->insns.count;
    code->params = take_array(as, &as->params);
    code->insns = take_array(as, &as->insns);
    if (code->params && code->insns)
        return WEFT_OK;
    weft_code_free(as->allocator, code);
    return weft_fail_memory(as->lexer.error);
}

weft_status weft_asm(const weft_allocator *allocator, const char *text, size_t length,
                     weft_code *code, weft_asm_places *places, weft_error *error)
{
    memset(code, 0, sizeof *code);
    memset(places, 0, sizeof *places);
    places->insns.element = places->params.element = sizeof(weft_place);
    if (length > WEFT_MAX_TEXT)
        return weft_fail(error, WEFT_ERR_LIMIT, "text of %zu bytes; the limit is %d", length,
                         WEFT_MAX_TEXT);
    assembler *as = weft_mem_zeroed(allocator, 1, sizeof *as);
    uint32_t *buckets = weft_mem_zeroed(allocator, LABEL_BUCKETS, sizeof *buckets);
    weft_status status = WEFT_ERR_MEMORY;
    if (as && buckets) {
        as->allocator = allocator;
        as->code = code;
        as->places = places;
        as->buckets = buckets;
        as->lexer = (weft_lexer){text, length, 0, 0, 1, error};
        as->params.element = sizeof(weft_param);
        as->insns.element = sizeof(weft_insn);
        as->labels.element = sizeof(assembler_label);
        as->fixups.element = sizeof(assembler_fixup);
        code->rank = 1;
        status = parse_text(as);
        if (!status)
            status = finish(as);
        weft_vector_free(allocator, &as->params);
        weft_vector_free(allocator, &as->insns);
        weft_vector_free(allocator, &as->labels);
        weft_vector_free(allocator, &as->fixups);
    } else {
        weft_fail_memory(error);
    }
    weft_mem_free(allocator, buckets, LABEL_BUCKETS * sizeof *buckets);
    weft_mem_free(allocator, as, sizeof *as);
    if (status)
        weft_asm_places_free(allocator, places);
    return status;
}

void weft_asm_places_free(const weft_allocator *allocator, weft_asm_places *places)
{
    weft_vector_free(allocator, &places->insns);
    weft_vector_free(allocator, &places->params);
}
