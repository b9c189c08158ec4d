#include "operations/memory/fields.h"

#include "common/base/uuid.h"
#include "common/json/write.h"
#include "queries/cursor.h"

const char *const mneme_memory_terms[] = {"short_term", "long_term", NULL};

const struct mneme_op_column mneme_memory_op_columns[] = {
    {"id", MNEME_ROW_UUID, "ID", NULL, NULL},
    {"tenant", MNEME_ROW_STR, NULL, NULL, NULL},
    {"stream_id", MNEME_ROW_STR, NULL, "stream", NULL},
    {"agent_id", MNEME_ROW_STR, NULL, "agent", NULL},
    {"user_id", MNEME_ROW_STR, "SUBJECT", "user", "agent_id"},
    {"run_id", MNEME_ROW_STR, NULL, "run", NULL},
    {"conversation_id", MNEME_ROW_STR, NULL, "conversation", NULL},
    {"memory_type", MNEME_ROW_STR, "TYPE", "type", NULL},
    {"term", MNEME_ROW_STR, NULL, NULL, NULL},
    {"metadata", MNEME_ROW_JSON, NULL, NULL, NULL},
    {"tags", MNEME_ROW_STR_ARRAY, NULL, NULL, NULL},
    {"entities", MNEME_ROW_STR_ARRAY, NULL, NULL, NULL},
    {"confidence", MNEME_ROW_DOUBLE, NULL, NULL, NULL},
    {"importance", MNEME_ROW_DOUBLE, NULL, NULL, NULL},
    {"priority", MNEME_ROW_DOUBLE, NULL, NULL, NULL},
    {"access_count", MNEME_ROW_LONG, NULL, "accessed", NULL},
    {"last_accessed_at", MNEME_ROW_OPT_TIME, NULL, "last accessed", NULL},
    {"created_at", MNEME_ROW_TIME, "CREATED", "created", NULL},
    {"updated_at", MNEME_ROW_TIME, NULL, "updated", NULL},
    {"expires_at", MNEME_ROW_OPT_TIME, NULL, "expires", NULL},
    {"is_deleted", MNEME_ROW_BOOL, NULL, "deleted", NULL},
    {"is_archived", MNEME_ROW_BOOL, NULL, "archived", NULL},
    {"tier", MNEME_ROW_STR, NULL, NULL, NULL},
    {"version", MNEME_ROW_LONG, NULL, NULL, NULL},
    {"source_event_id", MNEME_ROW_UUID, NULL, "source event", NULL},
    {"content", MNEME_ROW_JSON, "CONTENT", NULL, NULL},
    {0},
};

static void write_cursor(struct mneme_buffer *out, const void *row) {
    const struct mneme_memory_row *memory = row;
    char id[MNEME_UUID_TEXT_BYTES];
    mneme_uuid_format(memory->id, id);
    mneme_cursor_write(out, memory->created_at, (struct mneme_str){id, sizeof id}, memory->stream_id);
}

struct mneme_op_rows mneme_memory_rows(struct mneme_op_call *call, int64_t limit) {
    return (struct mneme_op_rows){.call = call,
                                  .columns = mneme_memory_columns,
                                  .column_count = MNEME_MEMORY_COLUMN_COUNT,
                                  .limit = limit,
                                  .write_cursor = write_cursor};
}

/* {"text": …} */
static int wrap_text(struct mneme_str *content, struct mneme_str text, struct mneme_arena *arena,
                     struct mneme_error *error) {
    struct mneme_buffer out = {0};
    struct mneme_json_writer json = {.out = &out};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("text"));
    mneme_json_string(&json, text);
    mneme_json_end_object(&json);
    *content = out.failed ? MNEME_STR_NULL : mneme_arena_copy(arena, mneme_buffer_str(&out));
    mneme_buffer_clean_up(&out);
    if (content->data == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the content was not taken: memory is exhausted; free some");
    }
    return MNEME_OK;
}

int mneme_memory_content(struct mneme_str *out, const struct mneme_op_request *request, int text_field,
                         int content_field, struct mneme_arena *arena, struct mneme_error *error) {
    char label[MNEME_OP_LABEL_BYTES];
    *out = mneme_op_text(request, content_field);
    if (!mneme_op_has(request, text_field)) {
        return MNEME_OK;
    }
    if (out->data != NULL) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "nothing was published: two contents are given; give a text or %s, not both",
                               mneme_op_label(label, request, &request->operation->fields[content_field]));
    }
    return wrap_text(out, mneme_op_text(request, text_field), arena, error);
}

/* --- finding --- */

struct finding {
    struct mneme_str stream_id;
    struct mneme_arena *arena;
    size_t count;
};

static bool note_stream(const void *row, void *context) {
    const struct mneme_memory_row *memory = row;
    struct finding *finding = context;
    finding->count++;
    finding->stream_id = mneme_arena_copy(finding->arena, memory->stream_id);
    return true;
}

int mneme_memory_find_stream(struct mneme_memory_key *key, struct mneme_op_call *call,
                             struct mneme_postgres *postgres, struct mneme_error *error) {
    struct finding finding = {.arena = call->arena};
    const struct mneme_op_request *request = call->request;
    char id[MNEME_UUID_TEXT_BYTES];
    key->tenant = mneme_op_tenant(request);
    key->stream_id = mneme_op_common_text(request, MNEME_OP_STREAM);
    int status = mneme_memory_get(postgres, key, note_stream, &finding, NULL, error);
    if (status != MNEME_OK) {
        return status;
    }
    mneme_uuid_format(key->id, id);
    status = mneme_op_check_found(finding.count, request, mneme_place_nouns[MNEME_PLACES_OF_MEMORIES],
                                  (struct mneme_str){id, sizeof id}, error);
    if (status != MNEME_OK) {
        return status;
    }
    if (finding.stream_id.data == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the memory was not looked up: memory is exhausted; free some");
    }
    key->stream_id = finding.stream_id;
    return MNEME_OK;
}

#define FOLDED_S (INT64_C(7) * 86400)

void mneme_memory_short_term(struct mneme_opt_long *expires_at, const struct mneme_event *event,
                             const struct mneme_op_request *request, int term, int expiry) {
    int64_t seconds = mneme_config_long(request->config, MNEME_SETTING_SHORT_TERM_S);
    bool is_short = mneme_str_equal(mneme_op_text(request, term), mneme_str_from(mneme_memory_terms[0]));
    if (is_short && !mneme_op_has(request, expiry) && seconds != FOLDED_S) {
        *expires_at = (struct mneme_opt_long){event->occurred_at + seconds * INT64_C(1000000), true};
    }
}
