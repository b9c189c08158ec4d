/*
 * A request: an operation and the values of its fields, checked. An interface sets fields one by one as text,
 * or all at once from a JSON object, and then completes the request; the operation's function reads typed
 * values.
 *
 * For one thread at a time. Texts that are set are borrowed until the request is cleaned up; values made from
 * them are in the request's arena.
 */
#ifndef MNEME_OPERATIONS_REQUEST_H
#define MNEME_OPERATIONS_REQUEST_H

#include "common/base/arena.h"
#include "common/config/config.h"
#include "operations/operation.h"

#define MNEME_OP_MAX_FIELDS 40 /* own fields of one operation */

/* Where a thing is that a request names only by its id. */
struct mneme_op_place {
    struct mneme_str stream_id, user_id, agent_id;
};

struct mneme_op_request {
    const struct mneme_operation *operation;
    const struct mneme_config *config;
    struct mneme_arena arena;
    bool spells_options; /* errors write fields as --options */
    struct mneme_op_value common[MNEME_OP_COMMON_COUNT];
    struct mneme_op_value own[MNEME_OP_MAX_FIELDS];
    const struct mneme_op_place
        *places; /* one for each id in the field that `finds` names, once looked up; or NULL */
};

/* `config` must outlive the request; its tenant applies unless the request sets one. Allocates nothing yet.
 */
void mneme_op_request_init(struct mneme_op_request *request, const struct mneme_operation *operation,
                           const struct mneme_config *config);
void mneme_op_request_clean_up(struct mneme_op_request *request);

/* A field of the request by its index: first the operation's own fields, then the common ones that it takes.
 * NULL after the last. */
struct mneme_op_slot {
    const struct mneme_op_field *field;
    struct mneme_op_value *value;
};
bool mneme_op_request_slot(struct mneme_op_slot *out, struct mneme_op_request *request, size_t index);

/* The field of that name, its option's name or its former one. MNEME_E_USAGE suggests the nearest name. */
int mneme_op_request_find(struct mneme_op_slot *out, struct mneme_op_request *request, struct mneme_str name,
                          struct mneme_error *error);

/* Sets the value from text: "0.9", "a,b", "true", "2026-01-31", "3:17". MNEME_E_USAGE says what the field
 * takes. A field that takes several ids, texts or positions may be set repeatedly: the values add up. */
int mneme_op_request_set(struct mneme_op_request *request, const struct mneme_op_slot *slot,
                         struct mneme_str text, struct mneme_error *error);

/* Adds one text to a LIST, one id to IDS or one position to POSITIONS, without splitting it. */
int mneme_op_request_add(struct mneme_op_request *request, const struct mneme_op_slot *slot,
                         struct mneme_str item, struct mneme_error *error);

/* Sets all members of a JSON object: strings, numbers, booleans and arrays of strings as the field's type
 * requires, objects for JSON; null leaves a field unset. MNEME_E_USAGE names a member that is not a field. */
int mneme_op_request_read(struct mneme_op_request *request, struct mneme_str object,
                          struct mneme_error *error);

/* Gives unset fields their defaults, then checks required fields and the scope, and runs the operation's own
 * check. MNEME_E_USAGE; MNEME_E_UNSAFE for an operation that destroys without a scope. */
int mneme_op_request_complete(struct mneme_op_request *request, struct mneme_error *error);

/* The field's name as this request's errors write it, in the caller's buffer: "--expected-version" or
 * "expected_version". Returns `text`. */
#define MNEME_OP_LABEL_BYTES 64
const char *mneme_op_label(char text[MNEME_OP_LABEL_BYTES], const struct mneme_op_request *request,
                           const struct mneme_op_field *field);

/* --- values: `field` is the index of one of the operation's own fields --- */

static inline const struct mneme_op_value *mneme_op_own(const struct mneme_op_request *request, int field) {
    return &request->own[field];
}
static inline bool mneme_op_has(const struct mneme_op_request *request, int field) {
    return request->own[field].is_set;
}
/* Null, false or unset when the field is not set. */
static inline struct mneme_str mneme_op_text(const struct mneme_op_request *request, int field) {
    return request->own[field].is_set ? request->own[field].text : MNEME_STR_NULL;
}
static inline bool mneme_op_truth(const struct mneme_op_request *request, int field) {
    return request->own[field].is_set && request->own[field].truth;
}
static inline struct mneme_opt_long mneme_op_number(const struct mneme_op_request *request, int field) {
    return request->own[field].is_set ? (struct mneme_opt_long){request->own[field].number, true}
                                      : (struct mneme_opt_long){0};
}
static inline struct mneme_opt_double mneme_op_fraction(const struct mneme_op_request *request, int field) {
    return request->own[field].is_set ? (struct mneme_opt_double){request->own[field].fraction, true}
                                      : (struct mneme_opt_double){0};
}
static inline struct mneme_str_array mneme_op_list(const struct mneme_op_request *request, int field) {
    return request->own[field].is_set ? request->own[field].list : (struct mneme_str_array){0};
}

/* The same for a common field. */
static inline struct mneme_str mneme_op_common_text(const struct mneme_op_request *request,
                                                    enum mneme_op_common field) {
    return request->common[field].is_set ? request->common[field].text : MNEME_STR_NULL;
}

/* The tenant that was set, else the one in the settings. */
struct mneme_str mneme_op_tenant(const struct mneme_op_request *request);

/* Whether the request is a write, for which mneme_op_events_make makes events. */
bool mneme_op_request_is_write(const struct mneme_op_request *request);

/* The number of rows to return, and to skip first. */
int64_t mneme_op_limit(const struct mneme_op_request *request);
int64_t mneme_op_offset(const struct mneme_op_request *request);

#endif
