/* cli/eval_inputs.c: files, typed values, and plain numbers, which become lines before the
 * expression, so that its columns stay what they are.
 * Neighbours: cli/npy.h, cli/report.h. */
#include "cli/eval_inputs.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/element.h"
#include "cli/npy.h"
#include "cli/report.h"

/* --- the kinds of values ---------------------------------------------------------------------- */

static bool is_name(const char *text)
{
    if (!isalpha((unsigned char)*text) && *text != '_') {
        return false;
    }
    while (isalnum((unsigned char)*text) || *text == '_') {
        text++;
    }
    return *text == '\0';
}

/* A number as it may stand in a text; whatever else is no name of a type is a file. */
static bool is_number(const char *text)
{
    static const char *const words[] = {"inf", "nan", "True", "False"};
    char *end;
    text += *text == '-' || *text == '+';
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i]) == 0) {
            return true;
        }
    }
    if (!isdigit((unsigned char)text[*text == '.'])) {
        return false;
    }
    (void)strtod(text, &end);
    return *end == '\0';
}

/* The type before the ':' of TYPE:VALUE, and where the value begins; or WEFT_NONE. */
static weft_dtype type_of(const char *text, const char **value)
{
    char name[8] = "";
    size_t length = strcspn(text, ":");
    if (text[length] != ':' || length >= sizeof name) {
        return WEFT_NONE;
    }
    memcpy(name, text, length);
    *value = text + length + 1;
    return weft_dtype_from_name(name);
}

/* --- arguments -------------------------------------------------------------------------------- */

static bool take_value(eval_input *input, weft_dtype type, const char *value, weft_arg *out)
{
    element_result result = element_parse(type, value, &input->value);
    if (result != ELEMENT_DONE) {
        report("%s=%s: '%s' is %s %s", input->given.name, input->given.text, value,
               result == ELEMENT_OUT_OF_RANGE ? "out of range for" : "no value of type",
               weft_dtype_name(type));
        return false;
    }
    return weft_arg_contiguous(out, input->given.name, type, &input->value, 0, NULL) == WEFT_OK;
}

static bool take_file(eval_input *input, weft_arg *out)
{
    char message[256];
    npy_header header;
    if (!mapped_file_open(&input->file, input->given.text, false)) {
        return false;
    }
    if (npy_parse(input->file.bytes, input->file.length, &header, message, sizeof message)) {
        report("%s: %s", input->given.text, message);
        return false;
    }
    return weft_arg_contiguous(out, input->given.name, header.type,
                               input->file.bytes + header.data_offset, header.rank,
                               header.shape) == WEFT_OK;
}

static bool given_before(const eval_inputs *inputs, const eval_input *input)
{
    for (const eval_input *other = inputs->items; other != input; other++) {
        if (strcmp(other->given.name, input->given.name) == 0) {
            return true;
        }
    }
    return false;
}

static bool take_input(eval_inputs *inputs, eval_input *input)
{
    const char *value = NULL;
    if (!is_name(input->given.name)) {
        report("'%s' is no name: a name is letters, digits and '_'", input->given.name);
        return false;
    }
    if (given_before(inputs, input)) {
        report("'%s' is given twice", input->given.name);
        return false;
    }
    input->literal = is_number(input->given.text);
    if (input->literal) {
        return true;
    }
    weft_arg *arg = &inputs->args[inputs->nargs++];
    weft_dtype type = type_of(input->given.text, &value);
    return type != WEFT_NONE ? take_value(input, type, value, arg) : take_file(input, arg);
}

/* --- the text --------------------------------------------------------------------------------- */

static size_t text_size(const eval_inputs *inputs, const char *expression)
{
    size_t size = strlen(expression) + 1;
    for (int i = 0; i < inputs->count; i++) {
        const named_text *given = &inputs->items[i].given;
        size += inputs->items[i].literal ? strlen(given->name) + strlen(given->text) + 4 : 0;
    }
    return size;
}

static bool make_text(eval_inputs *inputs, const char *expression)
{
    size_t size = text_size(inputs, expression);
    char *at = inputs->text = malloc(size);
    if (!at) {
        report("%s", strerror(ENOMEM));
        return false;
    }
    for (int i = 0; i < inputs->count; i++) {
        const named_text *given = &inputs->items[i].given;
        if (inputs->items[i].literal) {
            at += sprintf(at, "%s = %s\n", given->name, given->text);
            inputs->literal_lines++;
        }
    }
    inputs->literal_bytes = (size_t)(at - inputs->text);
    inputs->length = size - 1;
    memcpy(at, expression, size - inputs->literal_bytes);
    return true;
}

bool eval_inputs_open(eval_inputs *inputs, const char *expression)
{
    inputs->args = calloc((size_t)inputs->count + 1, sizeof *inputs->args);
    if (!inputs->args) {
        report("%s", strerror(ENOMEM));
        return false;
    }
    for (int i = 0; i < inputs->count; i++) {
        if (!take_input(inputs, &inputs->items[i])) {
            return false;
        }
    }
    return make_text(inputs, expression);
}

void eval_inputs_close(eval_inputs *inputs)
{
    for (int i = 0; i < inputs->count; i++) {
        mapped_file_close(&inputs->items[i].file);
    }
    free(inputs->args);
    free(inputs->text);
    inputs->args = NULL;
    inputs->text = NULL;
}

/* The literal on line `line` of the text, from 1. */
static const named_text *literal_on(const eval_inputs *inputs, int32_t line)
{
    int i = 0;
    while (!inputs->items[i].literal || --line > 0) {
        i++;
    }
    return &inputs->items[i].given;
}

void eval_inputs_report(const eval_inputs *inputs, const weft_error *error)
{
    weft_error placed = *error;
    if (error->line > 0 && error->line <= inputs->literal_lines) {
        const named_text *given = literal_on(inputs, error->line);
        report("%s=%s: %s", given->name, given->text, error->message);
        return;
    }
    placed.line -= error->line > 0 ? inputs->literal_lines : 0;
    report_library_error("expression", &placed, inputs->text + inputs->literal_bytes,
                         inputs->length - inputs->literal_bytes);
}
