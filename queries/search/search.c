/*
 * Candidates as an answer.
 */
#include "queries/search/search.h"

int mneme_search(struct mneme_postgres *postgres, const struct mneme_search_question *question,
                 mneme_row_visitor *visit, void *context, size_t *count, struct mneme_error *error) {
    struct mneme_candidate_question asked = {.which = question->which,
                                             .text = question->text,
                                             .form = MNEME_QUERY_WEB,
                                             .k1 = MNEME_BM25_K1,
                                             .b = MNEME_BM25_B,
                                             .limit = question->offset + question->limit};
    struct mneme_candidates found = {0};
    size_t visited = 0;
    int status = mneme_candidates_find(&found, postgres, &asked, error);
    if (status == MNEME_OK && found.term_count == 0) {
        status =
            mneme_error_set(error, MNEME_E_USAGE,
                            "nothing was searched: the query has no word to look for; name one that must "
                            "occur");
    }
    for (size_t i = question->offset; status == MNEME_OK && i < found.count; i++) {
        visited++;
        if (!visit(&found.items[i], context)) {
            break;
        }
    }
    mneme_candidates_clean_up(&found);
    if (count != NULL) {
        *count = visited;
    }
    return status;
}

static void put(struct mneme_json_writer *json, const char *name, struct mneme_str text) {
    mneme_json_key(json, mneme_str_from(name));
    mneme_json_string(json, text);
}

static void put_place(const struct mneme_candidate *candidate, struct mneme_json_writer *json) {
    put(json, "conversation_id", candidate->conversation_id);
    mneme_json_key(json, MNEME_STR_LIT("turn_index"));
    if (candidate->position.is_set) {
        mneme_json_long(json, candidate->position.value);
    } else {
        mneme_json_null(json);
    }
    put(json, "speaker", candidate->speaker);
    put(json, "role", candidate->role);
}

void mneme_search_hit_json(const struct mneme_candidate *candidate, struct mneme_json_writer *json) {
    mneme_json_begin_object(json);
    mneme_json_key(json, MNEME_STR_LIT("score"));
    mneme_json_double(json, candidate->bm25);
    put(json, "kind", candidate->kind);
    put(json, "id", candidate->is_memory ? candidate->ref : MNEME_STR_NULL);
    put(json, "stream_id", candidate->stream_id);
    put(json, "text", candidate->text);
    mneme_json_key(json, MNEME_STR_LIT("created_at"));
    mneme_json_time(json, candidate->created_at);
    put_place(candidate, json);
    put(json, "user_id", candidate->user_id);
    put(json, "agent_id", candidate->agent_id);
    put(json, "run_id", candidate->run_id);
    put(json, "memory_type", candidate->memory.memory_type);
    mneme_json_key(json, MNEME_STR_LIT("metadata"));
    mneme_json_raw(json, candidate->memory.metadata);
    mneme_json_end_object(json);
}
