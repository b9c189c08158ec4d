#include "operations/json_value.h"

#include "common/json/read.h"
#include "common/json/write.h"

static int quote(struct mneme_str *out, struct mneme_str text, struct mneme_arena *arena,
                 struct mneme_error *error) {
    struct mneme_buffer quoted = {0};
    struct mneme_json_writer json = {.out = &quoted};
    mneme_json_string(&json, text);
    *out = quoted.failed ? MNEME_STR_NULL : mneme_arena_copy(arena, mneme_buffer_str(&quoted));
    mneme_buffer_clean_up(&quoted);
    return out->data != NULL ? MNEME_OK
                             : mneme_error_set(error, MNEME_E_NO_MEMORY,
                                               "nothing was published: memory is exhausted; free some");
}

int mneme_op_json_value(struct mneme_str *out, const struct mneme_op_request *request, int field,
                        int text_flag, struct mneme_arena *arena, struct mneme_error *error) {
    enum mneme_json_kind kind;
    const char *reason = NULL;
    size_t at = 0;
    char label[MNEME_OP_LABEL_BYTES], flag[MNEME_OP_LABEL_BYTES];
    struct mneme_str given = mneme_op_text(request, field);
    struct mneme_str text = mneme_json_trim(given);
    /* In a JSON request, the quotes already say what is a text. */
    bool is_text = request->spells_options && mneme_op_truth(request, text_flag);
    *out = MNEME_STR_NULL;
    if (given.data == NULL) {
        return MNEME_OK;
    }
    if (!is_text && mneme_json_check(text, &kind, &reason, &at)) {
        *out = text;
        return MNEME_OK;
    }
    if (!is_text && text.len > 0 && strchr("{[\"", text.data[0]) != NULL) {
        const struct mneme_op_field *fields = request->operation->fields;
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "%s was not taken: it is not JSON: %s at byte %zu; correct it, or add %s to keep it as a text",
            mneme_op_label(label, request, &fields[field]), reason, at,
            mneme_op_label(flag, request, &fields[text_flag]));
    }
    return quote(out, given, arena, error);
}
