/*
 * A writer's schema is compiled to a list of steps for the envelope and one for each payload type. A step
 * reads one written field into its place in the struct, or skips it. Nothing here changes after compiling.
 */
#ifndef MNEME_SCHEMAS_DECODER_H
#define MNEME_SCHEMAS_DECODER_H

#include "schemas/avro_read.h"
#include "schemas/codec.h"

enum mneme_decode_op {
    MNEME_DECODE_STRING, /* of strings or bytes */
    MNEME_DECODE_UUID,
    MNEME_DECODE_LONG,
    MNEME_DECODE_INT,
    MNEME_DECODE_DOUBLE, /* of any number, by `wire` */
    MNEME_DECODE_BOOL,
    MNEME_DECODE_STRING_ARRAY,
    MNEME_DECODE_LONG_ARRAY,
    MNEME_DECODE_DOUBLE_ARRAY, /* of any numbers, by `wire` */
    MNEME_DECODE_MAP,
    MNEME_DECODE_PAYLOAD,
    MNEME_DECODE_SKIP,
};

/* How the writer encoded a number. */
enum mneme_wire { MNEME_WIRE_INT, MNEME_WIRE_LONG, MNEME_WIRE_FLOAT, MNEME_WIRE_DOUBLE };

struct mneme_decode_step {
    uint8_t op;         /* enum mneme_decode_op */
    uint8_t wire;       /* enum mneme_wire */
    int8_t null_branch; /* which branch of the writer's union of two is null; -1: it is not a union */
    bool is_nullable;   /* whether the struct has the optional form */
    uint32_t offset;    /* within the struct that the plan is for */
    uint32_t skip_node; /* of MNEME_DECODE_SKIP */
    size_t max_items;   /* of arrays and maps */
    const char *name;   /* of the field, for errors; lives as long as the decoder */
};

/* A field that the writer's schema does not have. */
struct mneme_decode_default {
    const struct mneme_field_info *field;
    uint32_t record_offset; /* offset of the field's record within the plan's struct */
};

struct mneme_decode_plan {
    struct mneme_decode_step *steps;
    size_t step_count;
    struct mneme_decode_default *defaults; /* other than null */
    size_t default_count;
};

struct mneme_decode_branch {
    const char *name; /* of the writer's record */
    int type;         /* enum mneme_event_type; -1: this program has no such type */
    struct mneme_decode_plan plan;
};

/* A written type to skip. */
struct mneme_skip_node {
    uint8_t type; /* enum avro_type_t */
    uint32_t child_count;
    uint32_t *children; /* fields, branches, or the items */
    size_t fixed_bytes;
    const void *schema; /* the type that it stands for; used only for identity, and only while compiling */
};

struct mneme_decoder {
    struct mneme_arena memory; /* owns everything below */
    int schema_version;        /* of the writer */
    struct mneme_decode_plan envelope;
    struct mneme_decode_branch *branches;
    size_t branch_count;
    struct mneme_skip_node *skip_nodes;
    size_t skip_node_count;
    size_t skip_node_capacity;
};

/* Makes the node for a written type (an avro_schema_t) and those within it. */
int mneme_decode_skip_compile(uint32_t *node, struct mneme_decoder *decoder, void *written,
                              struct mneme_error *error);

/* Skips one value of a skip node. */
bool mneme_decode_skip(const struct mneme_decoder *decoder, uint32_t node, struct mneme_avro_cursor *cursor);

#endif
