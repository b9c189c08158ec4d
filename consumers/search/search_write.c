/*
 * Rows of the staging table, and the arrays that name versions that have ended.
 */
#include "consumers/search/search_write.h"

#include "common/analysis/tsvector.h"
#include "common/base/clock.h"
#include "sql/embedded.h"

#define STAGING_COLUMNS 19

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "the batch was not folded: memory is exhausted");
}

void mneme_search_writer_clean_up(struct mneme_search_writer *writer) {
    mneme_buffer_clean_up(&writer->rows);
    mneme_buffer_clean_up(&writer->scratch);
    mneme_terms_clean_up(&writer->terms);
    for (size_t i = 0; i < MNEME_SEARCH_MAX_CALLS; i++) {
        mneme_pg_params_clean_up(&writer->params[i]);
    }
}

/* --- staging --- */

/* The document's lexemes, and how many words it has. */
static void put_words(struct mneme_search_writer *writer, const struct mneme_document_version *version) {
    struct mneme_buffer *rows = &writer->rows;
    bool is_made =
        mneme_analyse_document(writer->analysis, &writer->terms, version->created_at, version->text);
    size_t field = mneme_copy_begin_field(rows);
    rows->failed |= !is_made || !mneme_tsvector_write(rows, &writer->scratch, &writer->terms);
    mneme_copy_end_field(rows, field);
    mneme_copy_int(rows, (int32_t)writer->terms.positions);
}

static void put_row(struct mneme_search_writer *writer, const struct mneme_document *document,
                    const struct mneme_document_version *version) {
    struct mneme_buffer *rows = &writer->rows;
    mneme_copy_row(rows, STAGING_COLUMNS);
    mneme_copy_str(rows, document->tenant);
    mneme_copy_str(rows, document->stream_id);
    mneme_copy_str(rows, mneme_document_kinds[document->kind]);
    mneme_copy_str(rows, document->ref);
    mneme_copy_str(rows, version->user_id);
    mneme_copy_str(rows, version->agent_id);
    mneme_copy_str(rows, version->run_id);
    mneme_copy_str(rows, version->conversation_id);
    if (version->position.is_set) {
        mneme_copy_long(rows, version->position.value);
    } else {
        mneme_copy_null(rows);
    }
    mneme_copy_str(rows, version->speaker);
    mneme_copy_str(rows, version->role);
    mneme_copy_time(rows, version->created_at);
    mneme_copy_long(rows, version->sequence);
    mneme_copy_time(rows, version->recorded_at);
    mneme_copy_str(rows, version->text);
    put_words(writer, version);
    if (version->next == NULL) {
        mneme_copy_null(rows);
        mneme_copy_null(rows);
    } else {
        mneme_copy_long(rows, version->next->sequence);
        mneme_copy_time(rows, version->next->recorded_at);
    }
}

int mneme_search_stage(struct mneme_search_writer *writer, struct mneme_postgres *postgres,
                       const struct mneme_documents *documents, struct mneme_error *error) {
    if (documents->first == NULL) {
        return MNEME_OK;
    }
    int status = mneme_pg_copy_begin(postgres, mneme_sql_search_copy_staging, &writer->rows, error);
    if (status != MNEME_OK) {
        return status;
    }
    for (const struct mneme_document *document = documents->first; document != NULL && status == MNEME_OK;
         document = document->next) {
        for (const struct mneme_document_version *version = document->first;
             version != NULL && status == MNEME_OK; version = version->next) {
            if (version->is_there) {
                put_row(writer, document, version);
                status = mneme_pg_copy_flush_full(postgres, &writer->rows, error);
            }
        }
    }
    return status == MNEME_OK ? mneme_pg_copy_end(postgres, &writer->rows, NULL, error) : status;
}

/* --- changes --- */

/* Something that is over: a document, or the turns of a conversation. */
struct ending {
    struct mneme_str names[4];
    int64_t sequence, recorded_at;
};

static int put_endings(struct mneme_pg_params *params, const struct ending *endings, size_t count,
                       size_t name_count, struct mneme_arena *arena, struct mneme_error *error) {
    struct mneme_str *texts = mneme_arena_alloc(arena, (count + 1) * sizeof *texts);
    int64_t *numbers = mneme_arena_alloc(arena, (count + 1) * sizeof *numbers);
    char *times = mneme_arena_alloc(arena, (count + 1) * MNEME_RFC3339_BYTES);
    if (texts == NULL || numbers == NULL || times == NULL) {
        return no_memory(error);
    }
    mneme_pg_params_clear(params);
    for (size_t name = 0; name < name_count; name++) {
        for (size_t i = 0; i < count; i++) {
            texts[i] = endings[i].names[name];
        }
        mneme_pg_param_str_array(params, texts, count);
    }
    for (size_t i = 0; i < count; i++) {
        char *time = times + i * MNEME_RFC3339_BYTES;
        mneme_clock_format_rfc3339(endings[i].recorded_at, time);
        texts[i] = (struct mneme_str){time, MNEME_RFC3339_BYTES - 1};
        numbers[i] = endings[i].sequence;
    }
    mneme_pg_param_long_array(params, numbers, count);
    mneme_pg_param_str_array(params, texts, count);
    return MNEME_OK;
}

static int remove_turns(struct mneme_pg_params *params, const struct mneme_documents *documents,
                        struct mneme_arena *arena, struct mneme_error *error) {
    struct ending *endings = mneme_arena_alloc(arena, documents->removal_count * sizeof *endings);
    size_t count = 0;
    if (endings == NULL) {
        return no_memory(error);
    }
    for (const struct mneme_document_removal *removal = documents->first_removal; removal != NULL;
         removal = removal->next) {
        endings[count++] = (struct ending){{removal->tenant, removal->stream_id, removal->conversation_id},
                                           removal->sequence,
                                           removal->recorded_at};
    }
    return put_endings(params, endings, count, 3, arena, error);
}

/* Of the documents that may be stored, the version that the store has; *count of them. */
static int supersede(struct mneme_pg_params *params, size_t *count, const struct mneme_documents *documents,
                     struct mneme_arena *arena, struct mneme_error *error) {
    struct ending *endings = mneme_arena_alloc(arena, (documents->count + 1) * sizeof *endings);
    *count = 0;
    if (endings == NULL) {
        return no_memory(error);
    }
    for (const struct mneme_document *document = documents->first; document != NULL;
         document = document->next) {
        if (!document->is_new) {
            endings[(*count)++] = (struct ending){
                {document->tenant, document->stream_id, mneme_document_kinds[document->kind], document->ref},
                document->first->sequence,
                document->first->recorded_at};
        }
    }
    return *count == 0 ? MNEME_OK : put_endings(params, endings, *count, 4, arena, error);
}

/* Whether a version of the batch is over, and whether one is not. */
static void find_versions(const struct mneme_documents *documents, bool *has_past, bool *has_present) {
    for (const struct mneme_document *document = documents->first; document != NULL;
         document = document->next) {
        *has_present |= document->last->is_there;
        *has_past |= document->first != document->last &&
                     (document->first->is_there || document->first->next != document->last);
    }
}

int mneme_search_changes(struct mneme_search_writer *writer, struct mneme_pg_call *calls, size_t *count,
                         const struct mneme_documents *documents, struct mneme_arena *arena,
                         struct mneme_error *error) {
    bool has_past = false;
    bool has_present = false;
    size_t superseded = 0;
    int status = MNEME_OK;
    *count = 0;
    status = supersede(&writer->params[0], &superseded, documents, arena, error);
    if (superseded > 0) {
        calls[(*count)++] = (struct mneme_pg_call){mneme_sql_search_supersede, &writer->params[0]};
    }
    if (status == MNEME_OK && documents->removal_count > 0) {
        status = remove_turns(&writer->params[1], documents, arena, error);
        calls[(*count)++] = (struct mneme_pg_call){mneme_sql_search_remove_turns, &writer->params[1]};
    }
    find_versions(documents, &has_past, &has_present);
    if (has_past) {
        calls[(*count)++] = (struct mneme_pg_call){mneme_sql_search_load_history, NULL};
    }
    if (has_present) {
        calls[(*count)++] = (struct mneme_pg_call){mneme_sql_search_load, NULL};
    }
    return status;
}
