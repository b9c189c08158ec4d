/*
 * Elements of working memory as JSON, the same in storage and output.
 */
#ifndef MNEME_STORES_REDIS_WORKING_JSON_H
#define MNEME_STORES_REDIS_WORKING_JSON_H

#include "common/postgres/row.h"
#include "stores/redis/working_load.h"

/* The kinds of elements. */
enum mneme_working_part {
    MNEME_WORKING_TURN,
    MNEME_WORKING_THOUGHT,
    MNEME_WORKING_KEY,
    MNEME_WORKING_EVENT,
    MNEME_WORKING_PART_COUNT,
};

/* The JSON object of each kind of element: its members, with their offsets in the struct. */
struct mneme_working_shape {
    const char *name; /* of the list in the whole's JSON */
    const struct mneme_row_column *columns;
    size_t column_count;
    size_t bytes; /* of the struct */
};
extern const struct mneme_working_shape mneme_working_shapes[MNEME_WORKING_PART_COUNT];

/* The elements of a kind, as an array of its struct; *count of them. */
const void *mneme_working_elements(const struct mneme_working *working, enum mneme_working_part part,
                                   size_t *count);

/* Writes one element, a struct of that kind, as an object. */
void mneme_working_element_json(struct mneme_json_writer *json, enum mneme_working_part part,
                                const void *element);

/* Reads an object that mneme_working_element_json wrote. Strings point into `json` or are in the arena. False
 * for anything else, or when memory is exhausted. */
bool mneme_working_element_parse(void *element, enum mneme_working_part part, struct mneme_str json,
                                 struct mneme_arena *arena);

/* The approximate size of its JSON in bytes: the texts, and the overhead of each element. */
int64_t mneme_working_bytes(const struct mneme_loaded_working *loaded);

/* Members of an object, without its braces: goal, active_goal, and a list for each kind of elements. */
void mneme_working_json(struct mneme_json_writer *json, const struct mneme_loaded_working *loaded);

#endif
