/*
 * One query for many keys, in the order of the keys.
 */
#include "queries/search/candidates_details.h"

#include "queries/search/candidates_known.h"
#include "queries/search/candidates_terms.h"
#include "sql/embedded.h"

#define WHAT "nothing was searched"

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, WHAT ": memory is exhausted; ask for fewer");
}

/* --- scopes --- */

void mneme_candidates_scope_parts(struct mneme_sql_part parts[MNEME_CANDIDATE_SCOPE_PARTS],
                                  const struct mneme_candidate_filter *which) {
    const struct mneme_search_scope *scope = &which->scope;
    const struct mneme_sql_part made[MNEME_CANDIDATE_SCOPE_PARTS] = {
        {"documents",
         which->as_of.is_set ? MNEME_STR_LIT("documents_as_of($2, $3, $4)") : MNEME_STR_LIT("documents")},
        MNEME_SQL_GIVEN("user", scope->user_id.data != NULL),
        MNEME_SQL_GIVEN("agent", scope->agent_id.data != NULL),
        MNEME_SQL_GIVEN("run", scope->run_id.data != NULL),
        MNEME_SQL_GIVEN("conversation", scope->conversation_id.data != NULL),
    };
    memcpy(parts, made, sizeof made);
}

void mneme_candidates_scope_params(struct mneme_pg_params *params,
                                   const struct mneme_candidate_filter *which) {
    const struct mneme_search_scope *scope = &which->scope;
    const struct mneme_str names[] = {scope->user_id, scope->agent_id, scope->run_id, scope->conversation_id};
    mneme_pg_param_str(params, scope->tenant);
    mneme_query_param_type(params, MNEME_PG_OID_TEXT);
    mneme_query_param_as_of(params, &which->as_of);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        mneme_pg_param_str(params, names[i]);
        mneme_query_param_type(params, MNEME_PG_OID_TEXT);
    }
}

bool mneme_candidates_scope_keys(struct mneme_str keys[2], size_t *count,
                                 const struct mneme_candidate_filter *which, struct mneme_arena *arena) {
    const struct mneme_search_scope *scope = &which->scope;
    const struct {
        const char *kind;
        struct mneme_str id;
    } subjects[] = {{"user", scope->user_id}, {"agent", scope->agent_id}};
    struct mneme_buffer key = {0};
    bool is_done = true;
    *count = 0;
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        if (subjects[i].id.data != NULL) {
            mneme_buffer_clear(&key);
            mneme_buffer_append_str(&key, scope->tenant);
            mneme_buffer_printf(&key, "/%s/", subjects[i].kind);
            mneme_buffer_append_str(&key, subjects[i].id);
            keys[*count] = mneme_arena_copy(arena, mneme_buffer_str(&key));
            is_done &= !key.failed && keys[*count].data != NULL;
            ++*count;
        }
    }
    mneme_buffer_clean_up(&key);
    return is_done;
}

/* --- documents --- */

struct details_row {
    int64_t n;
    struct mneme_candidate candidate;
    struct mneme_str lexemes;
};

#define OF(column, kind, field)                                                                              \
    { column, kind, offsetof(struct details_row, candidate.field) }
static const struct mneme_row_column columns[] = {
    {"n", MNEME_ROW_LONG, offsetof(struct details_row, n)},
    OF("stream_id", MNEME_ROW_STR, stream_id),
    OF("kind", MNEME_ROW_STR, kind),
    OF("ref", MNEME_ROW_STR, ref),
    OF("user_id", MNEME_ROW_STR, user_id),
    OF("agent_id", MNEME_ROW_STR, agent_id),
    OF("run_id", MNEME_ROW_STR, run_id),
    OF("conversation_id", MNEME_ROW_STR, conversation_id),
    OF("position", MNEME_ROW_OPT_LONG, position),
    OF("speaker", MNEME_ROW_STR, speaker),
    OF("role", MNEME_ROW_STR, role),
    OF("created_at", MNEME_ROW_TIME, created_at),
    OF("source_sequence", MNEME_ROW_LONG, source_sequence),
    OF("text", MNEME_ROW_STR, text),
    OF("length", MNEME_ROW_LONG, length),
    {"lexemes", MNEME_ROW_STR, offsetof(struct details_row, lexemes)},
    OF("is_memory", MNEME_ROW_BOOL, is_memory),
    OF("memory_type", MNEME_ROW_STR, memory.memory_type),
    OF("content", MNEME_ROW_JSON, memory.content),
    OF("metadata", MNEME_ROW_JSON, memory.metadata),
    OF("importance", MNEME_ROW_DOUBLE, memory.importance),
    OF("confidence", MNEME_ROW_DOUBLE, memory.confidence),
    OF("priority", MNEME_ROW_DOUBLE, memory.priority),
    OF("access_count", MNEME_ROW_LONG, memory.access_count),
    OF("last_accessed_at", MNEME_ROW_OPT_TIME, memory.last_accessed_at),
    OF("expires_at", MNEME_ROW_OPT_TIME, memory.expires_at),
    OF("updated_at", MNEME_ROW_TIME, memory.updated_at),
    OF("version", MNEME_ROW_LONG, memory.version),
};
#undef OF

static const struct mneme_question question = {WHAT, NULL, columns, sizeof columns / sizeof *columns,
                                               sizeof(struct details_row)};

struct adding {
    struct mneme_candidates *out;
    struct mneme_known_candidates known;
    size_t limit;
    bool failed;
};

static bool is_same_place(const struct mneme_candidate *a, const struct mneme_candidate *b) {
    return a->position.is_set && b->position.is_set && a->position.value == b->position.value &&
           a->conversation_id.data != NULL && mneme_str_equal(a->conversation_id, b->conversation_id) &&
           mneme_str_equal(a->stream_id, b->stream_id);
}

static bool is_same(const struct mneme_candidate *a, const struct mneme_candidate *b) {
    return mneme_str_equal(a->ref, b->ref) && mneme_str_equal(a->kind, b->kind) &&
           mneme_str_equal(a->stream_id, b->stream_id);
}

/* The document itself or one at the same place, if the answer has one; else NULL. */
static struct mneme_candidate *find_twin(const struct mneme_candidates *out,
                                         const struct mneme_candidate *candidate) {
    for (size_t i = 0; i < out->count; i++) {
        if (is_same(&out->items[i], candidate) ||
            (out->items[i].is_memory != candidate->is_memory && is_same_place(&out->items[i], candidate))) {
            return &out->items[i];
        }
    }
    return NULL;
}

/* Copies what the row has into the answer's arena. */
static bool copy_candidate(struct mneme_candidate *to, const struct details_row *row,
                           struct mneme_candidates *out) {
    double *counts = mneme_arena_alloc(&out->arena, (out->term_count + 1) * sizeof *counts);
    *to = row->candidate;
    struct mneme_str *const texts[] = {
        &to->stream_id,
        &to->kind,
        &to->ref,
        &to->user_id,
        &to->agent_id,
        &to->run_id,
        &to->conversation_id,
        &to->speaker,
        &to->role,
        &to->text,
        &to->memory.memory_type,
        &to->memory.content,
        &to->memory.metadata,
    };
    bool is_done = counts != NULL;
    for (size_t i = 0; is_done && i < sizeof texts / sizeof *texts; i++) {
        bool is_null = texts[i]->data == NULL;
        *texts[i] = mneme_arena_copy(&out->arena, *texts[i]);
        is_done = is_null || texts[i]->data != NULL;
    }
    if (is_done) {
        mneme_candidates_count(counts, out, row->lexemes);
        to->counts = counts;
        to->bm25 =
            mneme_bm25_score(&out->bm25, out->idfs, counts, out->term_count, (double)row->candidate.length);
    }
    return is_done;
}

static bool note_document(const void *row, void *context) {
    const struct details_row *details = row;
    struct adding *adding = context;
    struct mneme_candidates *out = adding->out;
    size_t key = (size_t)details->n - 1;
    struct details_row told;
    if (adding->known.is_known[key] == 1) {
        told = *details;
        mneme_candidates_fill(&told.candidate, &adding->known.memories[key]);
        details = &told;
    }
    struct mneme_candidate *twin = find_twin(out, &details->candidate);
    if (twin != NULL && (twin->is_memory || !details->candidate.is_memory)) {
        return true;
    }
    if (twin == NULL && out->count >= adding->limit) {
        return false;
    }
    struct mneme_candidate *to = twin != NULL ? twin : &out->items[out->count];
    adding->failed = !copy_candidate(to, details, out);
    out->count += twin == NULL && !adding->failed ? 1 : 0;
    return !adding->failed;
}

static bool make_room(struct mneme_candidates *out, size_t more) {
    struct mneme_candidate *items = mneme_arena_alloc(&out->arena, (out->count + more + 1) * sizeof *items);
    if (items != NULL && out->count > 0) {
        memcpy(items, out->items, out->count * sizeof *items);
    }
    out->items = items;
    return items != NULL;
}

static bool add_keys(struct mneme_pg_params *params, const struct mneme_candidate_key *keys, size_t count,
                     struct mneme_arena *arena) {
    struct mneme_str *texts = mneme_arena_alloc(arena, (count + 1) * sizeof *texts);
    static const size_t fields[] = {offsetof(struct mneme_candidate_key, stream_id),
                                    offsetof(struct mneme_candidate_key, kind),
                                    offsetof(struct mneme_candidate_key, ref)};
    for (size_t k = 0; texts != NULL && k < sizeof fields / sizeof *fields; k++) {
        for (size_t i = 0; i < count; i++) {
            memcpy(&texts[i], (const char *)&keys[i] + fields[k], sizeof *texts);
        }
        mneme_pg_param_str_array(params, texts, count);
    }
    return texts != NULL;
}

int mneme_candidates_details(struct mneme_candidates *out, struct mneme_postgres *postgres,
                             const struct mneme_candidate_filter *which,
                             const struct mneme_candidate_key *keys, size_t count, size_t limit,
                             struct mneme_error *error) {
    struct mneme_sql_part parts[MNEME_CANDIDATE_SCOPE_PARTS + 4];
    struct mneme_pg_params params = {0};
    struct adding adding = {.out = out, .limit = limit};
    if (count == 0) {
        return MNEME_OK;
    }
    if (!make_room(out, count) ||
        !mneme_candidates_read_known(&adding.known, which, keys, count, &out->arena)) {
        return no_memory(error);
    }
    const struct mneme_sql_part own[] = {
        MNEME_SQL_GIVEN("since", which->since.is_set),
        MNEME_SQL_GIVEN("until", which->until.is_set),
        MNEME_SQL_GIVEN("types", which->types.is_set),
        MNEME_SQL_GIVEN("memories_only", which->types.is_set || which->filter != NULL),
    };
    mneme_candidates_scope_parts(parts, which);
    memcpy(parts + MNEME_CANDIDATE_SCOPE_PARTS, own, sizeof own);
    mneme_candidates_scope_params(&params, which);
    bool is_done = add_keys(&params, adding.known.keys, adding.known.count, &out->arena);
    mneme_query_param_str_array(&params, which->types);
    mneme_query_param_type(&params, MNEME_PG_OID_TEXT_ARRAY);
    mneme_pg_param_bool(&params, which->include_expired);
    mneme_pg_param_bool(&params, which->include_archived);
    mneme_query_param_opt_time(&params, which->since);
    mneme_query_param_type(&params, MNEME_PG_OID_TIMESTAMPTZ);
    mneme_query_param_opt_time(&params, which->until);
    mneme_query_param_type(&params, MNEME_PG_OID_TIMESTAMPTZ);
    mneme_pg_param_long_array(&params, adding.known.is_known, adding.known.count);
    struct mneme_composed composed = {mneme_sql_candidates_details, &which->as_of, which->filter, parts,
                                      sizeof parts / sizeof *parts};
    int status = is_done ? mneme_query_run_composed(postgres, &question, &composed, &params, note_document,
                                                    &adding, NULL, error)
                         : no_memory(error);
    mneme_pg_params_clean_up(&params);
    return status == MNEME_OK && adding.failed ? no_memory(error) : status;
}
