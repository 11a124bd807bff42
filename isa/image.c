/* isa/image.c: the image format (isa/image.h, docs/isa.md).
 * Every byte in and out passes through the reader or the writer below, which know their bounds. */
#include "isa/image.h"

#include <string.h>

#include "isa/hash.h"

static const char magic[4] = {'W', 'E', 'F', 'T'};

/* --- bounded reader and writer: little-endian, whatever the host ------------------------------ */

typedef struct reader {
    const uint8_t *bytes;
    size_t length, at;
    bool short_read; /* something was asked for beyond the end; it read as zero */
} reader;

static uint64_t read_uint(reader *in, unsigned size)
{
    uint64_t value = 0;
    if (in->short_read || in->length - in->at < size) {
        in->short_read = true;
        return 0;
    }
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)in->bytes[in->at + i] << (8 * i);
    in->at += size;
    return value;
}

static void read_bytes(reader *in, void *out, size_t size)
{
    if (in->short_read || in->length - in->at < size) {
        in->short_read = true;
        memset(out, 0, size);
        return;
    }
    memcpy(out, in->bytes + in->at, size);
    in->at += size;
}

typedef struct writer {
    uint8_t *bytes; /* NULL: only counts */
    size_t at;
} writer;

static void write_uint(writer *out, unsigned size, uint64_t value)
{
    if (out->bytes)
        for (unsigned i = 0; i < size; i++)
            out->bytes[out->at + i] = (uint8_t)(value >> (8 * i));
    out->at += size;
}

static void write_bytes(writer *out, const void *bytes, size_t size)
{
    if (out->bytes)
        memcpy(out->bytes + out->at, bytes, size);
    out->at += size;
}

static size_t padding(size_t at)
{
    return (WEFT_IMAGE_INSN - at % WEFT_IMAGE_INSN) % WEFT_IMAGE_INSN;
}

/* --- instructions ----------------------------------------------------------------------------- */

/* Whether bytes 8 to 15 hold one constant rather than c, k, param and offset. */
static bool has_immediate(unsigned op)
{
    return op == WEFT_OP_IMM || op == WEFT_OP_STRIP || op == WEFT_OP_FOR;
}

static void write_insn(writer *out, const weft_insn *insn)
{
    write_uint(out, 2, insn->op);
    write_uint(out, 1, insn->type);
    write_uint(out, 1, insn->type2);
    write_uint(out, 1, insn->scalar);
    write_uint(out, 1, insn->d);
    write_uint(out, 1, insn->a);
    write_uint(out, 1, insn->b);
    if (has_immediate(insn->op)) {
        write_uint(out, 8, insn->imm);
        return;
    }
    write_uint(out, 1, insn->c);
    write_uint(out, 1, insn->k);
    write_uint(out, 2, insn->param);
    write_uint(out, 4, (uint32_t)insn->off);
}

static void read_insn(reader *in, weft_insn *insn)
{
    memset(insn, 0, sizeof *insn);
    insn->op = (uint16_t)read_uint(in, 2);
    insn->type = (uint8_t)read_uint(in, 1);
    insn->type2 = (uint8_t)read_uint(in, 1);
    insn->scalar = (uint8_t)read_uint(in, 1);
    insn->d = (uint8_t)read_uint(in, 1);
    insn->a = (uint8_t)read_uint(in, 1);
    insn->b = (uint8_t)read_uint(in, 1);
    if (has_immediate(insn->op)) {
        insn->imm = read_uint(in, 8);
        return;
    }
    insn->c = (uint8_t)read_uint(in, 1);
    insn->k = (uint8_t)read_uint(in, 1);
    insn->param = (uint8_t)read_uint(in, 1);
    insn->imm = read_uint(in, 1); /* must be zero: the verifier looks (rule V05) */
    insn->off = (int32_t)(uint32_t)read_uint(in, 4);
}

void weft_insn_encode(const weft_insn *insn, uint8_t bytes[WEFT_IMAGE_INSN])
{
    writer out = {bytes, 0};
    write_insn(&out, insn);
}

void weft_insn_decode(const uint8_t bytes[WEFT_IMAGE_INSN], weft_insn *insn)
{
    reader in = {bytes, WEFT_IMAGE_INSN, 0, false};
    read_insn(&in, insn);
}

/* --- the whole image -------------------------------------------------------------------------- */

/* The minor version that first had all of what the program uses: what its image says, so that
 * older libraries read what they can, and a program still has one image. */
static unsigned minor_of(const weft_code *code)
{
    unsigned minor = 0;
    for (uint32_t i = 0; i < code->n_params; i++) {
        const unsigned kind = code->params[i].kind;
        const unsigned needs = kind == WEFT_PARAM_FUNCTION ? 2 : kind == WEFT_PARAM_POOL ? 1 : 0;
        minor = needs > minor ? needs : minor;
    }
    return minor;
}

static void write_image(writer *out, const weft_code *code, uint64_t length, uint64_t hash)
{
    write_bytes(out, magic, sizeof magic);
    write_uint(out, 2, WEFT_IMAGE_VERSION_MAJOR);
    write_uint(out, 2, minor_of(code));
    write_uint(out, 8, length);
    write_uint(out, 8, hash);
    write_uint(out, 1, code->rank);
    write_uint(out, 1, code->fixed);
    write_uint(out, 2, code->n_params);
    write_uint(out, 4, code->n_insns);
    for (int d = 0; d < WEFT_MAX_RANK; d++)
        write_uint(out, 8, (uint64_t)code->extents[d]);
    for (uint32_t i = 0; i < code->n_params; i++) {
        const weft_param *param = &code->params[i];
        size_t name = strlen(param->name);
        write_uint(out, 1, param->kind);
        write_uint(out, 1, param->type);
        write_uint(out, 1, param->segment);
        write_uint(out, 1, param->dims);
        write_uint(out, 4, param->window);
        write_uint(out, 4, param->count);
        write_uint(out, 1, name);
        write_bytes(out, param->name, name);
    }
    for (size_t n = padding(out->at); n > 0; n--)
        write_uint(out, 1, 0);
    for (uint32_t pc = 0; pc < code->n_insns; pc++)
        write_insn(out, &code->insns[pc]);
}

size_t weft_image_size(const weft_code *code)
{
    writer out = {NULL, 0};
    write_image(&out, code, 0, 0);
    return out.at;
}

void weft_image_encode(const weft_code *code, void *image)
{
    size_t length = weft_image_size(code);
    uint8_t *bytes = image;
    writer out = {bytes, 0};
    write_image(&out, code, length, 0);
    uint64_t hash = weft_hash(bytes + WEFT_IMAGE_HASHED_FROM, length - WEFT_IMAGE_HASHED_FROM);
    out.at = 16;
    write_uint(&out, 8, hash);
}

/* Magic, version, length and checksum: before anything else is believed. */
static weft_status check_envelope(reader *in, unsigned *minor_version, weft_error *error)
{
    char found[sizeof magic];
    read_bytes(in, found, sizeof found);
    if (in->short_read || memcmp(found, magic, sizeof magic) != 0)
        return weft_fail_byte(error, WEFT_ERR_IMAGE, 0,
                              "not a weft image: it does not start with WEFT");
    unsigned major = (unsigned)read_uint(in, 2), minor = (unsigned)read_uint(in, 2);
    uint64_t length = read_uint(in, 8), hash = read_uint(in, 8);
    if (in->short_read)
        return weft_fail_byte(error, WEFT_ERR_IMAGE, (int64_t)in->length,
                              "image ends within its header");
    if (major != WEFT_IMAGE_VERSION_MAJOR || minor > WEFT_IMAGE_VERSION_MINOR)
        return weft_fail_byte(error, WEFT_ERR_IMAGE, 4,
                              "image version %u.%u; this library reads up to %d.%d", major, minor,
                              WEFT_IMAGE_VERSION_MAJOR, WEFT_IMAGE_VERSION_MINOR);
    if (length != in->length)
        return weft_fail_byte(error, WEFT_ERR_IMAGE, 8,
                              "image says it has %llu bytes, but %llu were given",
                              (unsigned long long)length, (unsigned long long)in->length);
    if (weft_hash(in->bytes + WEFT_IMAGE_HASHED_FROM, in->length - WEFT_IMAGE_HASHED_FROM) != hash)
        return weft_fail_byte(error, WEFT_ERR_IMAGE, 16,
                              "checksum does not match: image is damaged");
    *minor_version = minor;
    return WEFT_OK;
}

static weft_status read_counts(reader *in, weft_code *code, weft_error *error)
{
    code->rank = (uint8_t)read_uint(in, 1);
    uint64_t fixed = read_uint(in, 1);
    code->fixed = fixed == 1;
    uint32_t n_params = (uint32_t)read_uint(in, 2), n_insns = (uint32_t)read_uint(in, 4);
    for (int d = 0; d < WEFT_MAX_RANK; d++)
        code->extents[d] = (int64_t)read_uint(in, 8);
    if (in->short_read)
        return weft_fail_byte(error, WEFT_ERR_IMAGE, (int64_t)in->length,
                              "image ends within its header");
    if (fixed > 1)
        return weft_fail_byte(error, WEFT_ERR_IMAGE, 25, "flag of fixed extents is %llu",
                              (unsigned long long)fixed);
    if (n_params > WEFT_MAX_PARAMS)
        return weft_fail_byte(error, WEFT_ERR_LIMIT, 26, "%u parameters; the limit is %d", n_params,
                              WEFT_MAX_PARAMS);
    if (n_insns > WEFT_MAX_INSNS)
        return weft_fail_byte(error, WEFT_ERR_LIMIT, 28, "%u instructions; the limit is %d",
                              n_insns, WEFT_MAX_INSNS);
    if ((uint64_t)n_insns * WEFT_IMAGE_INSN > in->length - in->at)
        return weft_fail_byte(error, WEFT_ERR_IMAGE, 28, "image is too short for %u instructions",
                              n_insns);
    code->n_params = n_params;
    code->n_insns = n_insns;
    return WEFT_OK;
}

static weft_status read_param(reader *in, weft_param *param, weft_error *error)
{
    size_t start = in->at;
    param->kind = (uint8_t)read_uint(in, 1);
    param->type = (uint8_t)read_uint(in, 1);
    param->segment = (uint8_t)read_uint(in, 1);
    param->dims = (uint8_t)read_uint(in, 1);
    param->window = (uint32_t)read_uint(in, 4);
    param->count = (uint32_t)read_uint(in, 4);
    size_t name = (size_t)read_uint(in, 1);
    if (name > WEFT_MAX_NAME)
        return weft_fail_byte(error, WEFT_ERR_IMAGE, (int64_t)in->at - 1,
                              "parameter name of %zu bytes; the limit is %d", name, WEFT_MAX_NAME);
    read_bytes(in, param->name, name);
    if (in->short_read)
        return weft_fail_byte(error, WEFT_ERR_IMAGE, (int64_t)start,
                              "image ends within a parameter");
    if (memchr(param->name, 0, name))
        return weft_fail_byte(error, WEFT_ERR_IMAGE, (int64_t)start, "parameter name holds a NUL");
    return WEFT_OK;
}

static weft_status read_body(reader *in, weft_code *code, weft_error *error)
{
    for (uint32_t i = 0; i < code->n_params; i++) {
        weft_status status = read_param(in, &code->params[i], error);
        if (status)
            return status;
    }
    for (size_t n = padding(in->at); n > 0; n--)
        if (read_uint(in, 1) != 0)
            return weft_fail_byte(error, WEFT_ERR_IMAGE, (int64_t)in->at - 1,
                                  "padding byte is not zero");
    if (in->short_read || in->length - in->at != (size_t)code->n_insns * WEFT_IMAGE_INSN)
        return weft_fail_byte(error, WEFT_ERR_IMAGE, (int64_t)in->at,
                              "%llu bytes where %u instructions should be",
                              (unsigned long long)(in->length - in->at), code->n_insns);
    for (uint32_t pc = 0; pc < code->n_insns; pc++)
        read_insn(in, &code->insns[pc]);
    return WEFT_OK;
}

/* The version is what the content asks for; it is not part of the checksum. */
static weft_status check_minor(const weft_code *code, unsigned minor, weft_error *error)
{
    unsigned needed = minor_of(code);
    if (minor == needed)
        return WEFT_OK;
    return weft_fail_byte(error, WEFT_ERR_IMAGE, 4,
                          "image version %d.%u, but what it holds is of version %d.%u",
                          WEFT_IMAGE_VERSION_MAJOR, minor, WEFT_IMAGE_VERSION_MAJOR, needed);
}

weft_status weft_image_decode(const weft_allocator *allocator, const void *image, size_t length,
                              weft_code *code, weft_error *error)
{
    reader in = {image, length, 0, false};
    unsigned minor = 0;
    memset(code, 0, sizeof *code);
    weft_status status = check_envelope(&in, &minor, error);
    if (!status)
        status = read_counts(&in, code, error);
    if (status)
        return status;
    code->params = weft_mem_zeroed(allocator, code->n_params, sizeof *code->params);
    code->insns = weft_mem_zeroed(allocator, code->n_insns, sizeof *code->insns);
    if (!code->params || !code->insns)
        status = weft_fail_memory(error);
    else
        status = read_body(&in, code, error);
    if (!status)
        status = check_minor(code, minor, error);
    if (status)
        weft_code_free(allocator, code);
    return status;
}

void weft_code_free(const weft_allocator *allocator, weft_code *code)
{
    weft_mem_free(allocator, code->params,
                  (code->n_params ? code->n_params : 1) * sizeof *code->params);
    weft_mem_free(allocator, code->insns,
                  (code->n_insns ? code->n_insns : 1) * sizeof *code->insns);
    code->params = NULL;
    code->insns = NULL;
}
