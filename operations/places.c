/*
 * Looks up where things are that a request names only by their ids.
 */
#include "common/base/uuid.h"
#include "operations/write.h"

struct finding {
    enum mneme_place_kind kind;
    struct mneme_str_array ids;
    struct mneme_str stream_id; /* the only stream to look in; null: any */
    struct mneme_op_place *places;
    size_t *found; /* streams of each id */
    struct mneme_arena *arena;
    bool failed;
};

static bool note_place(const void *row, void *context) {
    const struct mneme_place_row *place = row;
    struct finding *finding = context;
    if (finding->stream_id.data != NULL && !mneme_str_equal(place->stream_id, finding->stream_id)) {
        return true;
    }
    for (size_t i = 0; i < finding->ids.count; i++) {
        if (!mneme_str_equal(finding->ids.items[i], place->id)) {
            continue;
        }
        finding->found[i]++;
        finding->places[i] = (struct mneme_op_place){
            .stream_id = mneme_arena_copy(finding->arena, place->stream_id),
            .user_id = mneme_arena_copy(finding->arena, place->user_id),
            .agent_id = mneme_arena_copy(finding->arena, place->agent_id),
        };
        finding->failed = finding->failed || finding->places[i].stream_id.data == NULL;
    }
    return !finding->failed;
}

int mneme_op_check_found(size_t stream_count, const struct mneme_op_request *request, const char *noun,
                         struct mneme_str id, struct mneme_error *error) {
    char label[MNEME_OP_LABEL_BYTES];
    if (stream_count == 0) {
        return mneme_error_set(
            error, MNEME_E_NOT_FOUND,
            "%s %.*s was not found: the tables of tenant %.*s do not have it, or not yet; see mneme "
            "status, or name the position of its event with %s",
            noun, MNEME_STR_ARG(id), MNEME_STR_ARG(mneme_op_tenant(request)),
            mneme_op_label(label, request, mneme_op_common_field(MNEME_OP_AT_LEAST)));
    }
    if (stream_count > 1) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "%s %.*s is ambiguous: %zu streams use this id; choose one with %s", noun,
                               MNEME_STR_ARG(id), stream_count,
                               mneme_op_label(label, request, mneme_op_common_field(MNEME_OP_STREAM)));
    }
    return MNEME_OK;
}

static int check_all_found(const struct finding *finding, const struct mneme_op_request *request,
                           struct mneme_error *error) {
    const char *noun = mneme_place_nouns[finding->kind];
    int status = finding->failed
                     ? mneme_error_set(error, MNEME_E_NO_MEMORY,
                                       "the %s was not looked up: memory is exhausted; free some", noun)
                     : MNEME_OK;
    for (size_t i = 0; i < finding->ids.count && status == MNEME_OK; i++) {
        status = mneme_op_check_found(finding->found[i], request, noun, finding->ids.items[i], error);
    }
    return status;
}

/* The ids of the field as texts. */
static int list_ids(struct mneme_str_array *out, const struct mneme_op_value *value, enum mneme_op_type type,
                    struct mneme_arena *arena, struct mneme_error *error) {
    const struct mneme_uuid *ids = type == MNEME_OP_ID ? &value->id : value->ids.items;
    size_t count = type == MNEME_OP_IDS ? value->ids.count : 1;
    if (type == MNEME_OP_LIST) {
        *out = value->list;
        return MNEME_OK;
    }
    struct mneme_str *items = mneme_arena_calloc(arena, count + 1, sizeof *items);
    bool fits = items != NULL;
    for (size_t i = 0; i < count && fits; i++) {
        char text[MNEME_UUID_TEXT_BYTES];
        if (type == MNEME_OP_TEXT) {
            items[i] = value->text;
            continue;
        }
        mneme_uuid_format(ids[i], text);
        items[i] = mneme_arena_copy(arena, (struct mneme_str){text, sizeof text});
        fits = items[i].data != NULL;
    }
    *out = (struct mneme_str_array){.items = items, .count = count, .is_set = true};
    return fits ? MNEME_OK
                : mneme_error_set(error, MNEME_E_NO_MEMORY,
                                  "nothing was looked up: memory is exhausted; free some");
}

int mneme_op_find_places(struct mneme_op_place **places, struct mneme_op_call *call, int field,
                         struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    const struct mneme_operation *operation = request->operation;
    struct mneme_postgres *postgres;
    struct finding finding = {.kind = operation->finds_kind,
                              .stream_id = mneme_op_common_text(request, MNEME_OP_STREAM),
                              .arena = call->arena};
    *places = NULL;
    int status = list_ids(&finding.ids, mneme_op_own(request, field), operation->fields[field].type,
                          call->arena, error);
    if (status == MNEME_OK) {
        status = mneme_op_call_postgres(&postgres, call, MNEME_OP_TABLES, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    size_t count = finding.ids.count;
    finding.places = mneme_arena_calloc(call->arena, count + 1, sizeof *finding.places);
    finding.found = mneme_arena_calloc(call->arena, count + 1, sizeof *finding.found);
    finding.failed = finding.places == NULL || finding.found == NULL;
    if (!finding.failed) {
        status = mneme_places(postgres, finding.kind, mneme_op_tenant(request), finding.ids,
                              operation->finds_deleted, note_place, &finding, error);
    }
    *places = finding.places;
    return status == MNEME_OK ? check_all_found(&finding, request, error) : status;
}

static bool is_addressed(const struct mneme_op_request *request) {
    return request->common[MNEME_OP_STREAM].is_set || request->common[MNEME_OP_USER].is_set ||
           request->common[MNEME_OP_AGENT].is_set;
}

int mneme_op_write_find(struct mneme_op_request *request, struct mneme_op_call *call,
                        struct mneme_error *error) {
    struct mneme_op_place *places = NULL;
    int field = request->operation->finds - 1;
    if (field < 0 || is_addressed(request) || !mneme_op_has(request, field)) {
        return MNEME_OK;
    }
    int status = mneme_op_find_places(&places, call, field, error);
    request->places = places;
    return status;
}
