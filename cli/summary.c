/* cli/summary.c: the statistics are expressions, which weft evaluates.
 * Neighbours: cli/cmd_run.c, cli/cmd_eval.c. */
#include "cli/summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <weft/compile.h>

#include "cli/element.h"
#include "cli/report.h"

#define FIRST_VALUES 8

static int64_t count_elements(const weft_arg *array)
{
    int64_t count = 1;
    for (int32_t i = 0; i < array->rank; i++) {
        count *= array->shape[i];
    }
    return count;
}

void summary_print_type(const weft_arg *array)
{
    (void)printf("%s [", weft_dtype_name(array->type));
    for (int32_t i = 0; i < array->rank; i++) {
        (void)printf("%s%" PRId64, i > 0 ? ", " : "", array->shape[i]);
    }
    (void)printf("]");
    if (count_elements(array) == 1) {
        char value[ELEMENT_TEXT_MAX];
        element_format(array->type, array->data, value);
        (void)printf(" = %s", value);
    }
}

/* Prints `name` and the value of an expression of x, the array. */
static bool print_statistic(weft_context *context, const weft_arg *array, const char *name,
                            const char *expression)
{
    weft_error error;
    weft_arg x = *array;
    weft_arg result = {0};
    uint64_t value = 0;
    char text[ELEMENT_TEXT_MAX];
    x.name = "x";
    for (int pass = 0; pass < 2; pass++) { /* the first finds the type */
        if (weft_eval(context, expression, strlen(expression), &x, 1, 0, &result, &error) !=
            WEFT_OK) {
            report_library_error(expression, &error, NULL, 0);
            return false;
        }
        result.data = &value;
    }
    element_format(result.type, &value, text);
    (void)printf("%s%s", name, text);
    return true;
}

static bool print_statistics(weft_context *context, const weft_arg *array)
{
    if (array->type == WEFT_BOOL) {
        return print_statistic(context, array, ": true ", "count_nonzero(x)");
    }
    return print_statistic(context, array, ": min ", "min(x)") &&
           print_statistic(context, array, ", max ", "max(x)") &&
           print_statistic(context, array, ", mean ", "mean(x)");
}

static void print_first(const weft_arg *array, int64_t count)
{
    const char *bytes = array->data;
    char text[ELEMENT_TEXT_MAX];
    for (int64_t i = 0; i < count && i < FIRST_VALUES; i++) {
        element_format(array->type, bytes + (size_t)i * weft_dtype_size(array->type), text);
        (void)printf("%s%s", i > 0 ? " " : "", text);
    }
    (void)printf("%s\n", count > FIRST_VALUES ? " ..." : "");
}

bool summary_print(weft_context *context, const weft_arg *array)
{
    int64_t count = count_elements(array);
    if (array->rank > 0) {
        summary_print_type(array);
        if (count > 1 && !print_statistics(context, array)) {
            return false;
        }
        (void)printf("\n");
    }
    if (array->rank == 0 || count > 1) {
        print_first(array, count);
    }
    return true;
}
