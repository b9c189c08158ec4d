/*
 * A conversation's working memory lies in the stream of the conversation. A context of its own has an id of
 * its own, which its events carry in the payload alone: they belong to no conversation.
 */
#include "operations/working/place.h"

/* --- checks --- */

/* "nothing was done: <what lacks>; give A, B or C". */
static int check_one_of(const struct mneme_op_request *request, const enum mneme_op_common *fields,
                        size_t count, const char *what_lacks, struct mneme_error *error) {
    struct mneme_buffer choices = {0};
    for (size_t i = 0; i < count; i++) {
        char label[MNEME_OP_LABEL_BYTES];
        if (mneme_op_common_text(request, fields[i]).data != NULL) {
            mneme_buffer_clean_up(&choices);
            return MNEME_OK;
        }
        mneme_buffer_printf(&choices, "%s%s",
                            i == 0           ? ""
                            : i + 1 == count ? " or "
                                             : ", ",
                            mneme_op_label(label, request, mneme_op_common_field(fields[i])));
    }
    int status = mneme_error_set(error, MNEME_E_USAGE, "nothing was done: %s; give %.*s", what_lacks,
                                 MNEME_STR_ARG(mneme_buffer_str(&choices)));
    mneme_buffer_clean_up(&choices);
    return status;
}

static int check_stream(const struct mneme_op_request *request, struct mneme_error *error) {
    static const enum mneme_op_common streams[] = {MNEME_OP_USER, MNEME_OP_AGENT, MNEME_OP_STREAM};
    return check_one_of(request, streams, sizeof streams / sizeof *streams,
                        "the conversation's stream is not named", error);
}

int mneme_op_working_check(struct mneme_op_request *request, struct mneme_error *error) {
    static const enum mneme_op_common conversation[] = {MNEME_OP_CONVERSATION};
    int status = check_one_of(request, conversation, 1, "no conversation is named", error);
    return status == MNEME_OK ? check_stream(request, error) : status;
}

int mneme_op_context_check(struct mneme_op_request *request, struct mneme_error *error) {
    char context[MNEME_OP_LABEL_BYTES], conversation[MNEME_OP_LABEL_BYTES];
    if (!mneme_op_has(request, MNEME_OP_CONTEXT_ID)) {
        return mneme_op_working_check(request, error);
    }
    if (request->common[MNEME_OP_CONVERSATION].is_set) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "nothing was done: both %s and %s are given; a conversation's context has its id, so give one of "
            "them",
            mneme_op_label(context, request, &request->operation->fields[MNEME_OP_CONTEXT_ID]),
            mneme_op_label(conversation, request, mneme_op_common_field(MNEME_OP_CONVERSATION)));
    }
    return check_stream(request, error);
}

/* --- places --- */

struct mneme_working_place mneme_op_working_place(const struct mneme_op_request *request) {
    return (struct mneme_working_place){
        .tenant = mneme_op_tenant(request),
        .stream_id = mneme_op_common_text(request, MNEME_OP_STREAM),
        .conversation_id = mneme_op_common_text(request, MNEME_OP_CONVERSATION),
        .user_id = mneme_op_common_text(request, MNEME_OP_USER),
        .agent_id = mneme_op_common_text(request, MNEME_OP_AGENT),
    };
}

struct mneme_working_place mneme_op_context_place(const struct mneme_op_request *request) {
    struct mneme_working_place place = mneme_op_working_place(request);
    place.context_id = mneme_op_text(request, MNEME_OP_CONTEXT_ID);
    return place;
}

int mneme_op_context_add(struct mneme_event **event, struct mneme_op_events *out, struct mneme_error *error) {
    enum mneme_event_type type = out->request->operation->event_type;
    const struct mneme_field_info *field = mneme_record_field(&mneme_payload_info[type], "conversation_id");
    int status = mneme_op_events_add(event, out, type, error);
    if (status == MNEME_OK && mneme_op_has(out->request, MNEME_OP_CONTEXT_ID)) {
        *(struct mneme_str *)(void *)((char *)&(*event)->payload + field->offset) =
            mneme_op_text(out->request, MNEME_OP_CONTEXT_ID);
    }
    return status;
}
