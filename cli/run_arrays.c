/* cli/run_arrays.c: files to arguments and results to files, without copying: an output is computed
 * right in the mapping of its temporary; only what is read and written is copied out at the end.
 * Neighbours: cli/mapped_file.h, cli/output_file.h, cli/element.h (values of --set). */
#include "cli/run_arrays.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/element.h"
#include "cli/report.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "arrays in .npy files are mapped as they are, which takes a little-endian machine"
#endif

/* --- inputs ----------------------------------------------------------------------------------- */

static bool open_input(binding *item)
{
    char message[256];
    if (!mapped_file_open(&item->file, item->input, binding_writes(item))) {
        return false;
    }
    if (npy_parse(item->file.bytes, item->file.length, &item->header, message, sizeof message)) {
        report("%s: %s", item->input, message);
        return false;
    }
    if (item->header.type != item->info.type) {
        report("%s: holds %s, but '%s' is %s", item->input, weft_dtype_name(item->header.type),
               item->info.name, weft_dtype_name(item->info.type));
        return false;
    }
    item->data = item->file.bytes + item->header.data_offset;
    return true;
}

static size_t count_values(const char *text)
{
    size_t count = 1;
    for (const char *c = text; *c; c++) {
        count += *c == ',';
    }
    return count;
}

/* Parses `count` values that commas part; `text` is cut up. */
static bool parse_values(const binding *item, const program_file *program, char *text, size_t count)
{
    size_t size = weft_dtype_size(item->info.type);
    for (size_t i = 0; i < count; i++) {
        char *next = text + strcspn(text, ",");
        *next = '\0';
        element_result result =
            element_parse(item->info.type, text, (unsigned char *)item->values + i * size);
        if (result != ELEMENT_DONE) {
            report("%s: --set %s: '%s' is %s %s", program->name, item->info.name, text,
                   result == ELEMENT_OUT_OF_RANGE ? "out of range for" : "no value of type",
                   weft_dtype_name(item->info.type));
            return false;
        }
        text = next + 1;
    }
    return true;
}

/* The shape that a uniform's argument has: its rows where there are several, its segment. */
static void set_uniform_shape(binding *item)
{
    npy_header *header = &item->header;
    *header = (npy_header){.type = item->info.type};
    if (item->info.count > 1) {
        header->shape[header->rank++] = item->info.count;
    }
    if (item->info.segment > 1) {
        header->shape[header->rank++] = item->info.segment;
    }
}

static bool set_values(binding *item, const program_file *program)
{
    size_t count = (size_t)item->info.count * item->info.segment;
    size_t given = count_values(item->set);
    if (given != count) {
        report("%s: --set %s: takes %zu value%s, %zu given", program->name, item->info.name, count,
               count == 1 ? "" : "s", given);
        return false;
    }
    char *text = strdup(item->set);
    item->values = calloc(count, weft_dtype_size(item->info.type));
    bool done = text && item->values;
    if (!done) {
        report("%s", strerror(ENOMEM));
    }
    done = done && parse_values(item, program, text, count);
    free(text);
    set_uniform_shape(item);
    item->data = item->values;
    return done;
}

bool run_arrays_open(run_bindings *bindings, const program_file *program)
{
    for (uint32_t i = 0; i < bindings->count; i++) {
        binding *item = &bindings->items[i];
        if ((item->input && !open_input(item)) || (item->set && !set_values(item, program))) {
            return false;
        }
    }
    return true;
}

size_t run_arrays_arguments(const run_bindings *bindings, weft_arg *args)
{
    size_t count = 0;
    for (uint32_t i = 0; i < bindings->count; i++) {
        const binding *item = &bindings->items[i];
        if (item->data) {
            (void)weft_arg_contiguous(&args[count++], item->info.name, item->info.type, item->data,
                                      item->header.rank, item->header.shape);
        }
    }
    return count;
}

/* --- outputs ---------------------------------------------------------------------------------- */

static bool take_table_shape(binding *item)
{
    item->header.rank = parse_extents(item->shape, item->header.shape);
    if (item->header.rank == 0) {
        report("--shape %s=%s: expected extents, as in 480,640,3", item->info.name, item->shape);
        return false;
    }
    return true;
}

/* What shapes are inferred from. */
typedef struct evidence {
    const program_file *program;
    const int64_t *space; /* --space, or NULL */
    weft_arg *args;       /* all that is read */
    size_t count;
} evidence;

static bool infer_shape(const evidence *from, const binding *item, npy_header *out)
{
    weft_error error;
    const program_file *program = from->program;
    int32_t param = weft_program_find_param(program->program, item->info.name);
    weft_status status =
        weft_infer_shape(program->context, program->program, from->args, from->count, from->space,
                         (uint32_t)param, &out->rank, out->shape, &error);
    if (status != WEFT_OK) {
        report_library_error(program->name, &error, NULL, 0);
    }
    return status == WEFT_OK;
}

/* Makes the file of an output of known type and shape. What is only written is mapped. */
static bool create_file(binding *item)
{
    unsigned char head[NPY_HEADER_MAX];
    size_t head_length = npy_format(&item->header, head, sizeof head);
    if (head_length == 0 || npy_measure(&item->header) != 0) {
        report("%s: the array would be too large", item->output);
        return false;
    }
    size_t length = head_length + item->header.data_length;
    if (!output_file_create(&item->target, item->output, length)) {
        return false;
    }
    if (binding_reads(item)) {
        return output_file_write(&item->target, head, head_length);
    }
    if (!output_file_map(&item->target)) {
        return false;
    }
    memcpy(item->target.bytes, head, head_length);
    item->data = item->target.bytes + head_length;
    return true;
}

/* Two outputs in one file would leave only the last. */
static bool check_distinct(const run_bindings *bindings, const binding *item)
{
    for (const binding *other = bindings->items; other != item; other++) {
        if (other->target.target && strcmp(other->target.target, item->target.target) == 0) {
            report("%s: is given for both '%s' and '%s'", item->output, other->info.name,
                   item->info.name);
            return false;
        }
    }
    return true;
}

/* Whether it is an array over the index space that is read. */
static bool is_over_space(const binding *item)
{
    return item->info.kind == WEFT_PARAM_IN || item->info.kind == WEFT_PARAM_INOUT;
}

/* The dimensions of the index space whose extents follow from the program or from what is read. */
static uint32_t known_dimensions(const run_bindings *bindings, const program_file *program)
{
    int64_t extents[WEFT_MAX_RANK];
    uint32_t known = 0;
    (void)weft_program_space(program->program, extents);
    if (extents[0] >= 0) {
        return UINT32_MAX;
    }
    for (uint32_t i = 0; i < bindings->count; i++) {
        if (is_over_space(&bindings->items[i])) {
            known |= bindings->items[i].info.dims;
        }
    }
    return known;
}

/* An output whose shape nothing tells needs --space. */
static bool check_open_dimensions(const run_bindings *bindings, const program_file *program)
{
    uint32_t known = known_dimensions(bindings, program);
    for (uint32_t i = 0; i < bindings->count; i++) {
        const weft_param_info *info = &bindings->items[i].info;
        if (info->kind == WEFT_PARAM_OUT && (info->dims & ~known)) {
            report("%s: no input tells the shape of '%s': give --space", program->name, info->name);
            return false;
        }
    }
    return true;
}

/* Whether --space agrees with the program and with what is read. */
static bool check_space(const run_bindings *bindings, const program_file *program,
                        const run_options *options, const evidence *from)
{
    npy_header ignored;
    uint32_t rank = weft_program_space(program->program, NULL);
    if (!options->space_rank) {
        return check_open_dimensions(bindings, program);
    }
    if ((uint32_t)options->space_rank != rank) {
        report("%s: the index space has %u dimension%s, --space gives %d", program->name,
               (unsigned)rank, rank == 1 ? "" : "s", (int)options->space_rank);
        return false;
    }
    for (uint32_t i = 0; i < bindings->count; i++) {
        const binding *item = &bindings->items[i];
        if (is_over_space(item)) {
            return infer_shape(from, item, &ignored);
        }
    }
    return true;
}

static bool create_output(run_bindings *bindings, binding *item, const evidence *from)
{
    if (!binding_reads(item)) {
        item->header.type = item->info.type;
        if (!(item->shape ? take_table_shape(item) : infer_shape(from, item, &item->header))) {
            return false;
        }
    }
    return create_file(item) && check_distinct(bindings, item);
}

bool run_arrays_create(run_bindings *bindings, const program_file *program,
                       const run_options *options)
{
    evidence from = {.program = program, .space = options->space_rank ? options->space : NULL};
    from.args = calloc(bindings->count + 1, sizeof *from.args);
    if (!from.args) {
        report("%s", strerror(ENOMEM));
        return false;
    }
    from.count = run_arrays_arguments(bindings, from.args);
    bool done = check_space(bindings, program, options, &from);
    for (uint32_t i = 0; done && i < bindings->count; i++) {
        binding *item = &bindings->items[i];
        done = !item->output || create_output(bindings, item, &from);
    }
    free(from.args);
    return done;
}

static bool flush_one(binding *item)
{
    if (binding_reads(item) &&
        !output_file_write(&item->target, item->data, item->header.data_length)) {
        return false;
    }
    return output_file_flush(&item->target);
}

bool run_arrays_flush(run_bindings *bindings)
{
    for (uint32_t i = 0; i < bindings->count; i++) {
        if (bindings->items[i].output && !flush_one(&bindings->items[i])) {
            return false;
        }
    }
    return true;
}

bool run_arrays_commit(run_bindings *bindings)
{
    size_t count = 0;
    output_file **files = calloc(bindings->count + 1, sizeof(output_file *));
    for (uint32_t i = 0; files && i < bindings->count; i++) {
        if (bindings->items[i].output) {
            files[count++] = &bindings->items[i].target;
        }
    }
    bool done = files && output_files_commit(files, count);
    if (!files) {
        report("%s", strerror(ENOMEM));
    }
    free(files);
    return done;
}
