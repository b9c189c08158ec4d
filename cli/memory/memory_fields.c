/*
 * A memory's fields from the command line, for those commands that write.
 */
#include "cli/frame/input.h"
#include "cli/memory/memory.h"
#include "common/json/write.h"

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

static int read_content(struct mneme_str *content, const struct mneme_cli *cli, const char *text,
                        struct mneme_arena *arena, struct mneme_error *error) {
    struct mneme_str input;
    *content = mneme_cli_opt_str(cli, "content");
    if (text == NULL) {
        return MNEME_OK;
    }
    if (content->data != NULL) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "nothing was published: there are two contents; give a text or --content, not both");
    }
    int status = mneme_cli_input(&input, text, arena, error);
    return status == MNEME_OK ? wrap_text(content, input, arena, error) : status;
}

int mneme_memory_read_fields(struct mneme_memory_fields *out, const struct mneme_cli *cli, const char *text,
                             struct mneme_arena *arena, struct mneme_error *error) {
    int status;
    *out = (struct mneme_memory_fields){.metadata = mneme_cli_opt_str(cli, "metadata"),
                                        .reason = mneme_cli_opt_str(cli, "reason")};
    if ((status = mneme_cli_opt_list(&out->tags, cli, "tags", arena, error)) != MNEME_OK ||
        (status = mneme_cli_opt_list(&out->entities, cli, "entities", arena, error)) != MNEME_OK ||
        (status = mneme_cli_opt_double(&out->confidence, cli, "confidence", 0, 1, error)) != MNEME_OK ||
        (status = mneme_cli_opt_double(&out->importance, cli, "importance", 0, 1, error)) != MNEME_OK ||
        (status = mneme_cli_opt_long(&out->priority, cli, "priority", 0, 10, error)) != MNEME_OK ||
        (status = mneme_cli_opt_time_ahead(&out->expires_at, cli, "expires-at", error)) != MNEME_OK) {
        return status;
    }
    return read_content(&out->content, cli, text, arena, error);
}
