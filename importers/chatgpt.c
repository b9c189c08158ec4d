/*
 * A conversation of a ChatGPT export: a tree of nodes, each with a message, its parent and its children. The
 * branch that the user saw last is imported: from current_node up to the root.
 */
#include "common/json/read.h"
#include "importers/chat_tree.h"

/* Of the conversation, for each of its messages. */
struct context {
    struct mneme_arena *arena;
    struct mneme_str model; /* for answers that do not name one; may be null */
};

static bool read_nodes(struct mneme_chat_tree *tree, struct mneme_arena *arena, struct mneme_str mapping) {
    struct mneme_str key;
    struct mneme_str value;
    size_t count = 0;
    struct mneme_json_reader reader = mneme_json_enter(mapping);
    while (mneme_json_next(&reader, &key, &value)) {
        count++;
    }
    if (!mneme_chat_tree_init(tree, arena, count)) {
        return false;
    }
    reader = mneme_json_enter(mapping);
    while (mneme_json_next(&reader, &key, &value)) {
        struct mneme_str message = mneme_chat_member(value, "message");
        tree->nodes[tree->count++] = (struct mneme_chat_node){
            .id = key,
            .message = message,
            .parent = mneme_chat_member(value, "parent"),
            .created_at = mneme_chat_time(arena, mneme_chat_member(message, "create_time")),
        };
    }
    return mneme_chat_tree_link(tree, NULL);
}

/* --- messages --- */

static bool add_member(struct mneme_buffer *text, struct mneme_arena *arena, struct mneme_str object,
                       const char *name) {
    struct mneme_str said;
    if (!mneme_chat_string(&said, arena, mneme_chat_member(object, name))) {
        return false;
    }
    mneme_chat_add_text(text, "\n", said);
    return true;
}

/* A part: a string, or an object that may contain text such as a transcription. */
static bool add_part(struct mneme_buffer *text, struct mneme_chat_message *out, struct mneme_arena *arena,
                     struct mneme_str part) {
    struct mneme_str said;
    bool is_object = mneme_json_kind_of(part) == MNEME_JSON_OBJECT;
    if (!mneme_chat_string(&said, arena, is_object ? mneme_chat_member(part, "text") : part)) {
        return false;
    }
    out->attachments += is_object && said.data == NULL ? 1 : 0;
    mneme_chat_add_text(text, "\n", said);
    return true;
}

/* The parts, one per line; for code, output and quotations their text; for custom instructions of the user
 * both fields. A model's thoughts have none of these. */
static bool add_content(struct mneme_buffer *text, struct mneme_chat_message *out, struct mneme_arena *arena,
                        struct mneme_str content) {
    static const char *const names[] = {"text", "user_profile", "user_instructions", "model_set_context"};
    struct mneme_str key;
    struct mneme_str part;
    struct mneme_str parts = mneme_chat_member(content, "parts");
    bool is_read = true;
    if (parts.data != NULL && mneme_json_kind_of(parts) == MNEME_JSON_ARRAY) {
        struct mneme_json_reader reader = mneme_json_enter(parts);
        while (is_read && mneme_json_next(&reader, &key, &part)) {
            is_read = add_part(text, out, arena, part);
        }
        return is_read;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0] && is_read; i++) {
        is_read = add_member(text, arena, content, names[i]);
    }
    return is_read;
}

static bool read_content(struct mneme_chat_message *out, struct mneme_arena *arena,
                         struct mneme_str content) {
    struct mneme_buffer text = {0};
    bool is_read =
        add_content(&text, out, arena, content) && mneme_chat_take_text(&out->text, arena, &text, false);
    mneme_buffer_clean_up(&text);
    return is_read;
}

static bool is_true(struct mneme_str value) {
    return value.data != NULL && mneme_str_equal(value, MNEME_STR_LIT("true"));
}

/* This name is not a model, but the automatic choice of one. */
static struct mneme_str named_model(struct mneme_str model) {
    return mneme_str_equal(model, MNEME_STR_LIT("auto")) ? MNEME_STR_NULL : model;
}

static bool read_message(struct mneme_chat_message *out, const struct context *context,
                         const struct mneme_chat_node *node) {
    struct mneme_arena *arena = context->arena;
    struct mneme_str author = mneme_chat_member(node->message, "author");
    struct mneme_str content = mneme_chat_member(node->message, "content");
    struct mneme_str metadata = mneme_chat_member(node->message, "metadata");
    struct mneme_str files = mneme_chat_member(metadata, "attachments");
    *out = (struct mneme_chat_message){.created_at = node->created_at, .json = node->message};
    if (is_true(mneme_chat_member(metadata, "is_visually_hidden_from_conversation"))) {
        return true;
    }
    bool is_read = mneme_json_unquote(&out->id, arena, node->id) &&
                   mneme_chat_string(&out->author, arena, mneme_chat_member(author, "role")) &&
                   mneme_chat_string(&out->speaker, arena, mneme_chat_member(author, "name")) &&
                   mneme_chat_string(&out->model, arena, mneme_chat_member(metadata, "model_slug")) &&
                   mneme_chat_string(&out->kind, arena, mneme_chat_member(content, "content_type")) &&
                   read_content(out, arena, content);
    out->role = mneme_chat_role(out->author);
    out->model = named_model(out->model);
    if (out->model.data == NULL && mneme_str_equal(out->role, MNEME_STR_LIT("assistant"))) {
        out->model = context->model;
    }
    if (mneme_str_equal(out->kind, MNEME_STR_LIT("text"))) {
        out->kind = MNEME_STR_NULL;
    }
    /* Images are named in both places. */
    int64_t named = (int64_t)mneme_chat_count(files);
    out->attachments = named > out->attachments ? named : out->attachments;
    return is_read;
}

static int read_messages(struct mneme_chat *out, const struct context *context,
                         const struct mneme_chat_tree *tree, struct mneme_error *error) {
    out->messages = mneme_arena_calloc(context->arena, tree->count + 1, sizeof *out->messages);
    if (out->messages == NULL) {
        return mneme_chat_no_memory(error);
    }
    for (size_t i = 0; i < tree->branch_count; i++) {
        if (tree->branch[i]->message.data != NULL &&
            !read_message(&out->messages[out->count++], context, tree->branch[i])) {
            return mneme_chat_no_memory(error);
        }
    }
    for (size_t i = 0; i < tree->count; i++) {
        struct mneme_chat_message message = {0};
        if (!tree->nodes[i].is_on_branch && tree->nodes[i].message.data != NULL &&
            !read_message(&message, context, &tree->nodes[i])) {
            return mneme_chat_no_memory(error);
        }
        out->left_out += message.text.data == NULL ? 0 : 1;
    }
    return MNEME_OK;
}

/* --- the conversation --- */

static int read_chat(struct mneme_chat *out, struct mneme_arena *arena, struct mneme_str json,
                     struct mneme_error *error) {
    struct mneme_chat_tree tree;
    struct context context = {.arena = arena};
    struct mneme_str id = mneme_chat_member(json, "conversation_id");
    struct mneme_str mapping = mneme_chat_member(json, "mapping");
    struct mneme_str current = mneme_chat_member(json, "current_node");
    *out = (struct mneme_chat){.created_at = mneme_chat_time(arena, mneme_chat_member(json, "create_time"))};
    if (!mneme_chat_string(&out->id, arena, id.data != NULL ? id : mneme_chat_member(json, "id")) ||
        !mneme_chat_string(&out->title, arena, mneme_chat_member(json, "title")) ||
        !mneme_chat_string(&context.model, arena, mneme_chat_member(json, "default_model_slug"))) {
        return mneme_chat_no_memory(error);
    }
    if (out->id.data == NULL || mapping.data == NULL || mneme_json_kind_of(mapping) != MNEME_JSON_OBJECT) {
        return mneme_error_set(
            error, MNEME_E_INVALID,
            "entry refused: it is not a conversation of a ChatGPT export, which has \"id\" and "
            "\"mapping\"");
    }
    context.model = named_model(context.model);
    if (!read_nodes(&tree, arena, mapping)) {
        return mneme_chat_no_memory(error);
    }
    struct mneme_chat_node *leaf = current.data == NULL ? NULL : mneme_chat_tree_find(&tree, current);
    if (leaf == NULL && current.data != NULL) {
        out->note = "its current_node is not in its mapping, so the branch of the latest message was taken";
    }
    mneme_chat_tree_choose(&tree, leaf == NULL ? mneme_chat_tree_latest_leaf(&tree) : leaf);
    return read_messages(out, &context, &tree, error);
}

const struct mneme_chat_reader mneme_chatgpt_reader = {"chatgpt", "ChatGPT", "\"mapping\"", read_chat};
