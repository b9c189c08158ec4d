/*
 * A conversation's working memory is in the stream of the conversation. A separate context has its own id,
 * which its events carry only in the payload: they do not belong to a conversation.
 */
#include "operations/working/place.h"

/* The id of a separate context; null if there is none. */
static struct mneme_str own_context(const struct mneme_op_request *request) {
    const struct mneme_op_field *field = &request->operation->fields[MNEME_OP_CONTEXT_ID];
    return field->name != NULL && strcmp(field->name, "context_id") == 0
               ? mneme_op_text(request, MNEME_OP_CONTEXT_ID)
               : MNEME_STR_NULL;
}

/* "nothing was done: <what is missing>; give A, B or C". */
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

int mneme_op_working_check(struct mneme_op_request *request, struct mneme_error *error) {
    static const enum mneme_op_common conversations[] = {MNEME_OP_CONVERSATION};
    static const enum mneme_op_common streams[] = {MNEME_OP_USER, MNEME_OP_AGENT, MNEME_OP_STREAM};
    char context[MNEME_OP_LABEL_BYTES], conversation[MNEME_OP_LABEL_BYTES];
    bool has_context = own_context(request).data != NULL;
    if (has_context && request->common[MNEME_OP_CONVERSATION].is_set) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "nothing was done: both %s and %s are given; a conversation's context has the conversation's id, "
            "so give one of "
            "them",
            mneme_op_label(context, request, &request->operation->fields[MNEME_OP_CONTEXT_ID]),
            mneme_op_label(conversation, request, mneme_op_common_field(MNEME_OP_CONVERSATION)));
    }
    int status =
        has_context ? MNEME_OK : check_one_of(request, conversations, 1, "no conversation is named", error);
    return status == MNEME_OK ? check_one_of(request, streams, sizeof streams / sizeof *streams,
                                             "the conversation's stream is not named", error)
                              : status;
}

struct mneme_working_place mneme_op_working_place(const struct mneme_op_request *request) {
    struct mneme_working_place place = {
        .tenant = mneme_op_tenant(request),
        .stream_id = mneme_op_common_text(request, MNEME_OP_STREAM),
        .conversation_id = mneme_op_common_text(request, MNEME_OP_CONVERSATION),
        .user_id = mneme_op_common_text(request, MNEME_OP_USER),
        .agent_id = mneme_op_common_text(request, MNEME_OP_AGENT),
        .context_id = own_context(request),
    };
    (void)mneme_working_stream(&place.stream_id, &place,
                               NULL); /* the check has made sure that there is one */
    return place;
}

int mneme_op_context_add(struct mneme_event **event, struct mneme_op_events *out, struct mneme_error *error) {
    enum mneme_event_type type = out->request->operation->event_type;
    const struct mneme_field_info *field = mneme_record_field(&mneme_payload_info[type], "conversation_id");
    int status = mneme_op_events_add(event, out, type, error);
    struct mneme_str id = own_context(out->request);
    if (status == MNEME_OK && id.data != NULL) {
        *(struct mneme_str *)(void *)((char *)&(*event)->payload + field->offset) = id;
    }
    return status;
}
