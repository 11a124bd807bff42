/* cli/eval_inputs.h: what NAME=... on the command line of `weft eval` stands for.
 * Neighbours: cli/cmd_eval.c (the only user), cli/mapped_file.h, cli/element.h. */
#ifndef WEFT_CLI_EVAL_INPUTS_H
#define WEFT_CLI_EVAL_INPUTS_H

#include <stdbool.h>

#include <weft/run.h>

#include "cli/mapped_file.h"
#include "cli/option_values.h"

/* One NAME=.... A plain number takes the type of what it meets, as a number in the expression
 * does: it goes into the text. All else is an argument: a typed value (TYPE:VALUE), or a file. */
typedef struct eval_input {
    named_text given;
    bool literal; /* it is in eval_inputs.text */
    mapped_file file;
    uint64_t value; /* of TYPE:VALUE: its bytes */
} eval_input;

typedef struct eval_inputs {
    eval_input *items; /* of the caller's; `given` is filled in */
    int count;
    weft_arg *args;
    size_t nargs;
    /* "name = number" for each literal, a line each, and then the expression. */
    char *text;
    size_t length;
    int literal_lines;
    size_t literal_bytes; /* of these lines */
} eval_inputs;

/* Opens files and reads values. False, with a report, where one cannot be. Close them in either
 * case. */
bool eval_inputs_open(eval_inputs *inputs, const char *expression);
void eval_inputs_close(eval_inputs *inputs);

/* Reports an error of weft_eval on inputs->text, with places as in the expression alone. */
void eval_inputs_report(const eval_inputs *inputs, const weft_error *error);

#endif
