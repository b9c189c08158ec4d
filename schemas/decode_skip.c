/*
 * Skips a value of any Avro type: fields that the writer has and this program does not know.
 */
#include <avro.h>
#include <stdlib.h>

#include "schemas/decoder.h"

#define MAX_DEPTH 64
/* Types without bytes (null, empty records) let a few bytes announce any number of values; at most this many
 * are accepted. */
#define FREE_VALUES 65536

/* --- compiling --- */

static int out_of_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot read a schema: out of memory; free some memory");
}

static bool find_record(uint32_t *node, const struct mneme_decoder *decoder, avro_schema_t written) {
    for (uint32_t i = 0; i < decoder->skip_node_count; i++) {
        if (decoder->skip_nodes[i].schema == written) {
            *node = i;
            return true;
        }
    }
    return false;
}

static bool add_node(uint32_t *node, struct mneme_decoder *decoder, struct mneme_skip_node contents) {
    if (decoder->skip_node_count == decoder->skip_node_capacity) {
        size_t capacity = decoder->skip_node_capacity == 0 ? 16 : 2 * decoder->skip_node_capacity;
        struct mneme_skip_node *nodes = realloc(decoder->skip_nodes, capacity * sizeof *nodes);
        if (nodes == NULL) {
            return false;
        }
        decoder->skip_nodes = nodes;
        decoder->skip_node_capacity = capacity;
    }
    *node = (uint32_t)decoder->skip_node_count;
    decoder->skip_nodes[decoder->skip_node_count++] = contents;
    return true;
}

/* The size of types that always take the same number of bytes. A negative size becomes one that no message
 * can have. */
static size_t fixed_bytes(avro_schema_t written) {
    static const size_t bytes[] = {[AVRO_BOOLEAN] = 1, [AVRO_FLOAT] = 4, [AVRO_DOUBLE] = 8};
    enum avro_type_t type = avro_typeof(written);
    if (type == AVRO_FIXED) {
        return (size_t)avro_schema_fixed_size(written);
    }
    return type < sizeof bytes / sizeof bytes[0] ? bytes[type] : 0;
}

static size_t child_count(avro_schema_t written) {
    if (is_avro_record(written)) {
        return avro_schema_record_size(written);
    }
    if (is_avro_union(written)) {
        return avro_schema_union_size(written);
    }
    return is_avro_array(written) || is_avro_map(written) ? 1 : 0;
}

static avro_schema_t child(avro_schema_t written, size_t index) {
    if (is_avro_record(written)) {
        return avro_schema_record_field_get_by_index(written, (int)index);
    }
    if (is_avro_union(written)) {
        return avro_schema_union_branch(written, (int)index);
    }
    return is_avro_array(written) ? avro_schema_array_items(written) : avro_schema_map_values(written);
}

static int compile_skip(uint32_t *node, struct mneme_decoder *decoder, avro_schema_t written, unsigned depth,
                        struct mneme_error *error) {
    written = is_avro_link(written) ? avro_schema_link_target(written) : written;
    if (find_record(node, decoder, written)) {
        return MNEME_OK;
    }
    if (depth == MAX_DEPTH) {
        return mneme_error_set(
            error, MNEME_E_UNKNOWN_SCHEMA,
            "schema cannot be read as an event: its types are nested more than %d deep; see who "
            "registered it",
            MAX_DEPTH);
    }
    size_t count = child_count(written);
    struct mneme_skip_node contents = {.type = (uint8_t)avro_typeof(written),
                                       .child_count = (uint32_t)count,
                                       .children =
                                           mneme_arena_calloc(&decoder->memory, count + 1, sizeof(uint32_t)),
                                       .fixed_bytes = fixed_bytes(written),
                                       .schema = is_avro_record(written) ? written : NULL};
    /* Added before its children, since they may refer to it. */
    if (contents.children == NULL || !add_node(node, decoder, contents)) {
        return out_of_memory(error);
    }
    int status = MNEME_OK;
    for (size_t i = 0; status == MNEME_OK && i < count; i++) {
        status = compile_skip(&contents.children[i], decoder, child(written, i), depth + 1, error);
    }
    return status;
}

int mneme_decode_skip_compile(uint32_t *node, struct mneme_decoder *decoder, void *written,
                              struct mneme_error *error) {
    return compile_skip(node, decoder, written, 0, error);
}

/* --- reading --- */

struct skipping {
    const struct mneme_decoder *decoder;
    struct mneme_avro_cursor *cursor;
    uint64_t values_left;
};

static bool skip_value(struct skipping *skipping, uint32_t node_index, unsigned depth);

static bool skip_fixed_size(struct mneme_avro_cursor *cursor, size_t bytes) {
    if (bytes > mneme_avro_left(cursor)) {
        return mneme_avro_fail(cursor, "the bytes end inside a value");
    }
    cursor->at += bytes;
    return true;
}

static bool skip_blocks(struct skipping *skipping, const struct mneme_skip_node *node, unsigned depth) {
    uint64_t count;
    size_t block_bytes;
    while (mneme_avro_block(skipping->cursor, &count, &block_bytes)) {
        if (count == 0) {
            return true;
        }
        if (block_bytes != SIZE_MAX) {
            skipping->cursor->at += block_bytes;
            continue;
        }
        for (uint64_t i = 0; i < count; i++) {
            struct mneme_str key;
            if ((node->type == AVRO_MAP && !mneme_avro_bytes(skipping->cursor, &key)) ||
                !skip_value(skipping, node->children[0], depth)) {
                return false;
            }
        }
    }
    return false;
}

static bool skip_union(struct skipping *skipping, const struct mneme_skip_node *node, unsigned depth) {
    const uint8_t *begin = skipping->cursor->at;
    int64_t branch;
    if (!mneme_avro_long(skipping->cursor, &branch)) {
        return false;
    }
    if (branch < 0 || branch >= node->child_count) {
        skipping->cursor->at = begin;
        return mneme_avro_fail(skipping->cursor, "a union has no such branch");
    }
    return skip_value(skipping, node->children[branch], depth);
}

static bool skip_record(struct skipping *skipping, const struct mneme_skip_node *node, unsigned depth) {
    for (uint32_t i = 0; i < node->child_count; i++) {
        if (!skip_value(skipping, node->children[i], depth)) {
            return false;
        }
    }
    return true;
}

static bool skip_value(struct skipping *skipping, uint32_t node_index, unsigned depth) {
    const struct mneme_skip_node *node = &skipping->decoder->skip_nodes[node_index];
    struct mneme_avro_cursor *cursor = skipping->cursor;
    uint64_t varint;
    struct mneme_str bytes;
    if (depth == MAX_DEPTH) {
        return mneme_avro_fail(cursor, "values are nested too deep");
    }
    if (skipping->values_left-- == 0) {
        return mneme_avro_fail(cursor, "more values than the bytes can hold");
    }
    switch ((enum avro_type_t)node->type) {
    case AVRO_STRING:
    case AVRO_BYTES:
        return mneme_avro_bytes(cursor, &bytes);
    case AVRO_INT32:
    case AVRO_INT64:
    case AVRO_ENUM:
        return mneme_avro_varint(cursor, &varint);
    case AVRO_FLOAT:
    case AVRO_DOUBLE:
    case AVRO_BOOLEAN:
    case AVRO_FIXED:
    case AVRO_NULL:
        return skip_fixed_size(cursor, node->fixed_bytes);
    case AVRO_RECORD:
        return skip_record(skipping, node, depth + 1);
    case AVRO_MAP:
    case AVRO_ARRAY:
        return skip_blocks(skipping, node, depth + 1);
    case AVRO_UNION:
        return skip_union(skipping, node, depth + 1);
    case AVRO_LINK:
        break; /* compiled to the type that it stands for */
    }
    return mneme_avro_fail(cursor, "a type cannot be skipped");
}

bool mneme_decode_skip(const struct mneme_decoder *decoder, uint32_t node, struct mneme_avro_cursor *cursor) {
    struct skipping skipping = {decoder, cursor, FREE_VALUES + mneme_avro_left(cursor)};
    return skip_value(&skipping, node, 0);
}
