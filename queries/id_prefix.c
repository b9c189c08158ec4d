/*
 * A prefix is a range of ids, which is looked up by the primary key.
 */
#include "queries/id_prefix.h"

#include <stdio.h>

#include "common/base/uuid.h"
#include "sql/embedded.h"

#define MOST_NAMED 5 /* ids in a sentence */

static const struct {
    const char *noun, *what, *sql;
} kinds[] = {
    [MNEME_ID_PREFIX_MEMORY] = {"memory", "the memory was not looked up", mneme_sql_id_prefix_memories},
    [MNEME_ID_PREFIX_KNOWLEDGE] = {"knowledge", "the knowledge was not looked up",
                                   mneme_sql_id_prefix_knowledge},
};

const char *mneme_id_prefix_noun(enum mneme_id_prefix_kind kind) {
    return kinds[kind].noun;
}

struct found {
    struct mneme_uuid ids[MOST_NAMED + 1];
    size_t count;
};

struct id_row {
    struct mneme_uuid id;
};

static const struct mneme_row_column columns[] = {{"id", MNEME_ROW_UUID, offsetof(struct id_row, id)}};

static bool note(const void *row, void *context) {
    struct found *found = context;
    found->ids[found->count++] = ((const struct id_row *)row)->id;
    return found->count <= MOST_NAMED;
}

/* "… 3 ids begin with it: A, B and C" */
static int refuse_several(const struct mneme_id_prefix *prefix, const struct found *found,
                          struct mneme_error *error) {
    char list[(MNEME_UUID_TEXT_BYTES + 5) * MOST_NAMED + 1];
    size_t named = found->count > MOST_NAMED ? MOST_NAMED : found->count;
    size_t len = 0;
    for (size_t i = 0; i < named; i++) {
        char id[MNEME_UUID_TEXT_BYTES];
        const char *before = i == 0 ? "" : i + 1 == named ? " and " : ", ";
        mneme_uuid_format(found->ids[i], id);
        int written = snprintf(list + len, sizeof list - len, "%s%.*s", before, MNEME_UUID_TEXT_BYTES, id);
        len += written > 0 ? (size_t)written : 0;
    }
    bool has_more = found->count > MOST_NAMED;
    return mneme_error_set(error, MNEME_E_USAGE,
                           "%s %.*s was not chosen: %s%zu ids begin with it%s%s; give more of its digits",
                           kinds[prefix->kind].noun, MNEME_STR_ARG(prefix->text),
                           has_more ? "more than " : "", named, has_more ? ", such as " : ": ", list);
}

int mneme_id_prefix_find(struct mneme_uuid *out, struct mneme_postgres *postgres,
                         const struct mneme_id_prefix *prefix, struct mneme_error *error) {
    const struct mneme_question question = {kinds[prefix->kind].what, kinds[prefix->kind].sql, columns, 1,
                                            sizeof(struct id_row)};
    struct mneme_pg_params params = {0};
    struct found found = {.count = 0};
    struct mneme_uuid first, last;
    if (!mneme_uuid_parse_prefix(&first, &last, prefix->text)) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "%s %.*s was not looked up: it is not the beginning of an id; give at least %d hexadecimal "
            "digits",
            kinds[prefix->kind].noun, MNEME_STR_ARG(prefix->text), MNEME_UUID_MIN_PREFIX);
    }
    mneme_pg_param_str(&params, prefix->tenant);
    mneme_pg_param_uuid(&params, first);
    mneme_pg_param_uuid(&params, last);
    mneme_pg_param_str(&params, prefix->stream_id);
    mneme_pg_param_long(&params, MOST_NAMED + 1);
    int status = mneme_query_run(postgres, &question, &params, note, &found, NULL, error);
    mneme_pg_params_clean_up(&params);
    if (status != MNEME_OK) {
        return status;
    }
    if (found.count == 0) {
        return mneme_error_set(
            error, MNEME_E_NOT_FOUND,
            "%s %.*s was not found: no id of tenant %.*s begins with it, or not yet; see mneme "
            "status, or name the position of its event with --at-least",
            kinds[prefix->kind].noun, MNEME_STR_ARG(prefix->text), MNEME_STR_ARG(prefix->tenant));
    }
    *out = found.ids[0];
    return found.count == 1 ? MNEME_OK : refuse_several(prefix, &found, error);
}
