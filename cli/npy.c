/* cli/npy.c: reads and writes .npy headers; every byte that is read is checked against the end
 * first. The header text is a Python dict literal, of which exactly the form that NumPy documents
 * is taken. Neighbours: cli/run_arrays.c (binds what was parsed), tests/fuzz/fuzz_npy.c. */
#include "cli/npy.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const unsigned char npy_magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

/* The part of the file that may be read, and where a complaint goes. */
typedef struct reader {
    const unsigned char *bytes;
    size_t at;
    size_t end;
    char *message;
    size_t message_size;
} reader;

/* A string literal inside the header, without its quotes. */
typedef struct text_span {
    const char *start;
    int length;
    size_t at; /* byte of the file */
} text_span;

/* NumPy's names of the element types. bf16 is not NumPy's own: ml_dtypes saves it as raw V2. */
static const struct type_code {
    const char *code;
    weft_dtype type;
} type_codes[] = {
    {"i1", WEFT_I8},  {"i2", WEFT_I16}, {"i4", WEFT_I32},  {"i8", WEFT_I64}, {"u1", WEFT_U8},
    {"u2", WEFT_U16}, {"u4", WEFT_U32}, {"u8", WEFT_U64},  {"f2", WEFT_F16}, {"V2", WEFT_BF16},
    {"f4", WEFT_F32}, {"f8", WEFT_F64}, {"b1", WEFT_BOOL},
};
#define TYPE_CODE_COUNT (sizeof type_codes / sizeof type_codes[0])

static bool complain(reader *in, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool complain(reader *in, size_t at, const char *format, ...)
{
    int used = snprintf(in->message, in->message_size, "byte %zu: ", at);
    if (used < 0 || (size_t)used >= in->message_size) {
        return false;
    }
    va_list values;
    va_start(values, format);
    (void)vsnprintf(in->message + used, in->message_size - (size_t)used, format, values);
    va_end(values);
    return false;
}

/* --- the dict literal ------------------------------------------------------------------------- */

static void skip_space(reader *in)
{
    while (in->at < in->end && strchr(" \t\r\n", in->bytes[in->at]) && in->bytes[in->at] != '\0') {
        in->at++;
    }
}

/* The next byte that is not white space, without taking it; 0 at the end. */
static unsigned char peek(reader *in)
{
    skip_space(in);
    return in->at < in->end ? in->bytes[in->at] : '\0';
}

static bool take(reader *in, unsigned char wanted)
{
    if (peek(in) != wanted) {
        return complain(in, in->at, "expected '%c' in the header", wanted);
    }
    in->at++;
    return true;
}

static bool take_string(reader *in, text_span *out)
{
    unsigned char quote = peek(in);
    if (quote != '\'' && quote != '"') {
        return complain(in, in->at, "expected a string in the header");
    }
    size_t start = in->at + 1;
    for (size_t at = start; at < in->end; at++) {
        unsigned char byte = in->bytes[at];
        if (byte == quote) {
            out->start = (const char *)in->bytes + start;
            out->length = (int)(at - start);
            out->at = start;
            in->at = at + 1;
            return true;
        }
        if (byte < 0x20 || byte == 0x7f || byte == '\\') {
            return complain(in, at, "unexpected character in a string of the header");
        }
    }
    return complain(in, in->at, "a string in the header has no end");
}

static bool span_is(const text_span *span, const char *text)
{
    return strlen(text) == (size_t)span->length &&
           memcmp(span->start, text, (size_t)span->length) == 0;
}

static bool take_word(reader *in, const char *word)
{
    size_t length = strlen(word);
    if (in->end - in->at < length || memcmp(in->bytes + in->at, word, length) != 0) {
        return false;
    }
    in->at += length;
    return true;
}

static bool take_bool(reader *in, bool *out)
{
    skip_space(in);
    *out = take_word(in, "True");
    if (*out || take_word(in, "False")) {
        return true;
    }
    return complain(in, in->at, "fortran_order: expected True or False");
}

static bool take_extent(reader *in, int64_t *out)
{
    unsigned char first = peek(in);
    size_t start = in->at;
    if (first == '-') {
        return complain(in, start, "shape: an extent is negative");
    }
    if (first < '0' || first > '9') {
        return complain(in, start, "shape: expected an extent or ')'");
    }
    int64_t value = 0;
    while (in->at < in->end && in->bytes[in->at] >= '0' && in->bytes[in->at] <= '9') {
        int digit = in->bytes[in->at] - '0';
        if (value > (INT64_MAX - digit) / 10) {
            return complain(in, start, "shape: an extent is too large");
        }
        value = value * 10 + digit;
        in->at++;
    }
    if (first == '0' && in->at - start > 1) {
        return complain(in, start, "shape: an extent has leading zeros");
    }
    *out = value;
    return true;
}

/* A Python tuple: "()", "(3,)", "(3, 4)" or "(3, 4,)"; "(3)" would be a number. */
static bool take_shape(reader *in, npy_header *out)
{
    bool comma = true;
    if (!take(in, '(')) {
        return false;
    }
    while (peek(in) != ')') {
        if (!comma) {
            return complain(in, in->at, "shape: expected ',' or ')'");
        }
        if (out->rank == WEFT_MAX_ARG_RANK) {
            return complain(in, in->at, "shape: more than %d dimensions", WEFT_MAX_ARG_RANK);
        }
        if (!take_extent(in, &out->shape[out->rank])) {
            return false;
        }
        out->rank++;
        comma = peek(in) == ',';
        in->at += comma;
    }
    if (out->rank == 1 && !comma) {
        return complain(in, in->at, "shape: expected ',' after the only extent");
    }
    in->at++;
    return true;
}

/* --- element types ---------------------------------------------------------------------------- */

static weft_dtype type_from_code(const char *code)
{
    for (size_t i = 0; i < TYPE_CODE_COUNT; i++) {
        if (memcmp(type_codes[i].code, code, 2) == 0) {
            return type_codes[i].type;
        }
    }
    return WEFT_NONE;
}

static bool take_type(reader *in, weft_dtype *out)
{
    text_span text = {0};
    if (peek(in) == '[') {
        return complain(in, in->at,
                        "structured dtypes are not supported; save each field as an "
                        "array of its own");
    }
    if (!take_string(in, &text)) {
        return false;
    }
    if (span_is(&text, "bfloat16")) {
        *out = WEFT_BF16;
        return true;
    }
    int shown = text.length < 20 ? text.length : 20;
    char order = '\0';
    *out = WEFT_NONE;
    if (text.length == 3) {
        order = text.start[0];
        *out = type_from_code(text.start + 1);
    }
    if (*out != WEFT_NONE && order == '>') {
        return complain(in, text.at,
                        "dtype '%.*s' is big-endian; save a.astype(a.dtype.newbyteorder('<'))",
                        shown, text.start);
    }
    bool orderless = weft_dtype_size(*out) == 1 || *out == WEFT_BF16;
    if (*out == WEFT_NONE || (order != '<' && !(order == '|' && orderless))) {
        return complain(in, text.at, "dtype '%.*s' is not one that weft reads", shown, text.start);
    }
    return true;
}

/* --- the header ------------------------------------------------------------------------------- */

enum { KEY_DESCR, KEY_ORDER, KEY_SHAPE, KEY_COUNT };
static const char *const key_names[KEY_COUNT] = {"descr", "fortran_order", "shape"};

static int find_key(const text_span *text)
{
    int key = 0;
    while (key < KEY_COUNT && !span_is(text, key_names[key])) {
        key++;
    }
    return key;
}

/* One "key: value"; seen has a bit for each key that came before. */
static bool take_item(reader *in, npy_header *out, bool *fortran_order, unsigned *seen)
{
    text_span text = {0};
    if (!take_string(in, &text)) {
        return false;
    }
    int key = find_key(&text);
    if (key == KEY_COUNT) {
        return complain(in, text.at, "unknown key '%.*s' in the header",
                        text.length < 20 ? text.length : 20, text.start);
    }
    if (*seen & (1u << key)) {
        return complain(in, text.at, "key '%s' appears twice in the header", key_names[key]);
    }
    *seen |= 1u << key;
    if (!take(in, ':')) {
        return false;
    }
    switch (key) {
    case KEY_DESCR:
        return take_type(in, &out->type);
    case KEY_ORDER:
        return take_bool(in, fortran_order);
    default:
        return take_shape(in, out);
    }
}

static bool take_dict(reader *in, npy_header *out, bool *fortran_order)
{
    unsigned seen = 0;
    bool comma = true;
    if (!take(in, '{')) {
        return false;
    }
    while (peek(in) != '}') {
        if (!comma) {
            return complain(in, in->at, "expected ',' or '}' in the header");
        }
        if (!take_item(in, out, fortran_order, &seen)) {
            return false;
        }
        comma = peek(in) == ',';
        in->at += comma;
    }
    in->at++;
    for (int key = 0; key < KEY_COUNT; key++) {
        if (!(seen & (1u << key))) {
            return complain(in, in->at, "the header has no key '%s'", key_names[key]);
        }
    }
    skip_space(in);
    if (in->at != in->end) {
        return complain(in, in->at, "unexpected text after the header's '}'");
    }
    return true;
}

/* Checks magic, version and header length; leaves the reader over just the header's text. */
static bool take_prefix(reader *in)
{
    size_t compared = in->end < sizeof npy_magic ? in->end : sizeof npy_magic;
    if (in->end == 0) {
        return complain(in, 0, "the file is empty");
    }
    if (memcmp(in->bytes, npy_magic, compared) != 0) {
        return complain(in, 0, "not a .npy file");
    }
    if (in->end < 10) {
        return complain(in, in->end, "the file ends within its header");
    }
    unsigned major = in->bytes[6];
    unsigned minor = in->bytes[7];
    if (major < 1 || major > 3 || minor != 0) {
        return complain(in, 6, "version %u.%u of the .npy format is not supported", major, minor);
    }
    size_t text_length = in->bytes[8] | (size_t)in->bytes[9] << 8;
    in->at = 10;
    if (major > 1) {
        if (in->end < 12) {
            return complain(in, in->end, "the file ends within its header");
        }
        text_length |= (size_t)in->bytes[10] << 16 | (size_t)in->bytes[11] << 24;
        in->at = 12;
    }
    if (text_length > NPY_HEADER_TEXT_MAX) {
        return complain(in, 8, "a header of %zu bytes is longer than weft reads (%d)", text_length,
                        NPY_HEADER_TEXT_MAX);
    }
    if (text_length > in->end - in->at) {
        return complain(in, in->end, "the file ends within its header");
    }
    in->end = in->at + text_length;
    return true;
}

int npy_measure(npy_header *header)
{
    size_t size = weft_dtype_size(header->type);
    bool empty = false;
    if (size == 0 || header->rank < 0 || header->rank > WEFT_MAX_ARG_RANK) {
        return -1;
    }
    /* Extents of 0 do not excuse the others: strides are made from their product. */
    for (int32_t i = 0; i < header->rank; i++) {
        int64_t extent = header->shape[i];
        empty = empty || extent == 0;
        if (extent < 0) {
            return -1;
        }
        if (extent > 0 && (uint64_t)extent > (size_t)PTRDIFF_MAX / size) {
            return -1;
        }
        size *= extent > 0 ? (size_t)extent : 1;
    }
    header->data_length = empty ? 0 : size;
    return 0;
}

static bool check_length(reader *in, const npy_header *header, size_t file_length)
{
    size_t present = file_length - header->data_offset;
    if (present < header->data_length) {
        return complain(in, file_length,
                        "the file ends after %zu of the %zu bytes of data that its shape asks for",
                        present, header->data_length);
    }
    if (present > header->data_length) {
        return complain(in, header->data_offset + header->data_length,
                        "%zu bytes follow the data that the shape asks for",
                        present - header->data_length);
    }
    return true;
}

int npy_parse(const void *bytes, size_t length, npy_header *out, char *message, size_t message_size)
{
    reader in = {bytes, 0, length, message, message_size};
    bool fortran_order = false;
    memset(out, 0, sizeof *out);
    if (message_size > 0) {
        message[0] = '\0';
    }
    if (!take_prefix(&in)) {
        return -1;
    }
    size_t text_start = in.at;
    if (!take_dict(&in, out, &fortran_order)) {
        return -1;
    }
    if (fortran_order && out->rank > 1) {
        complain(&in, text_start, "the array is in Fortran order; save np.ascontiguousarray(a)");
        return -1;
    }
    out->data_offset = in.end;
    if (npy_measure(out) != 0) {
        complain(&in, text_start, "the shape has more elements than can be addressed");
        return -1;
    }
    return check_length(&in, out, length) ? 0 : -1;
}

/* --- writing ---------------------------------------------------------------------------------- */

static const char *code_of_type(weft_dtype type)
{
    for (size_t i = 0; i < TYPE_CODE_COUNT; i++) {
        if (type_codes[i].type == type) {
            return type_codes[i].code;
        }
    }
    return NULL;
}

/* NumPy leaves room for the first extent to grow to this many digits in place. */
#define GROWTH_DIGITS 21

/* Writes "(3, 4)" as Python does; returns its length and, in *growth, the spaces to leave. */
static int format_shape(const npy_header *header, char *text, size_t size, int *growth)
{
    int used = snprintf(text, size, "(");
    *growth = 0;
    for (int32_t i = 0; i < header->rank; i++) {
        int before = used;
        used += snprintf(text + used, size - (size_t)used, "%" PRId64, header->shape[i]);
        *growth = i == 0 ? GROWTH_DIGITS - (used - before) : *growth;
        if (i + 1 < header->rank) {
            used += snprintf(text + used, size - (size_t)used, ", ");
        } else if (header->rank == 1) {
            used += snprintf(text + used, size - (size_t)used, ",");
        }
    }
    return used + snprintf(text + used, size - (size_t)used, ")");
}

size_t npy_format(const npy_header *header, unsigned char *buffer, size_t size)
{
    char shape[WEFT_MAX_ARG_RANK * 24 + 4];
    char text[NPY_HEADER_MAX];
    int growth = 0;
    const char *code = code_of_type(header->type);
    if (!code || header->rank < 0 || header->rank > WEFT_MAX_ARG_RANK) {
        return 0;
    }
    char order = weft_dtype_size(header->type) == 1 ? '|' : '<';
    (void)format_shape(header, shape, sizeof shape, &growth);
    int used =
        snprintf(text, sizeof text, "{'descr': '%c%s', 'fortran_order': False, 'shape': %s, }%*s",
                 order, code, shape, growth, "");
    /* Ten bytes of prefix, the text, padding (at least one byte, as NumPy does it), a newline. */
    size_t unpadded = 10 + (size_t)used + 1;
    size_t total = (unpadded / 64 + 1) * 64;
    if (total > size) {
        return 0;
    }
    memset(buffer, ' ', total);
    memcpy(buffer, npy_magic, sizeof npy_magic);
    buffer[6] = 1;
    buffer[7] = 0;
    buffer[8] = (unsigned char)((total - 10) & 0xff);
    buffer[9] = (unsigned char)((total - 10) >> 8);
    memcpy(buffer + 10, text, (size_t)used);
    buffer[total - 1] = '\n';
    return total;
}
