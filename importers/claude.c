/*
 * A conversation of a Claude export: messages, each with its text, or with content blocks, of which those of
 * type text are the message, and with the texts of pasted files. The messages form a tree if they name their
 * parents, else a list.
 */
#include "common/json/read.h"
#include "importers/chat_tree.h"

/* Of the conversation, for each of its messages. */
struct context {
    struct mneme_arena *arena;
    struct mneme_str model; /* for answers that do not name one; may be null */
};

/* --- messages --- */

/* Blocks with written or spoken text. */
static bool is_text(struct mneme_str type) {
    return type.data != NULL && mneme_json_kind_of(type) == MNEME_JSON_STRING &&
           (mneme_json_unquotes_to(type, MNEME_STR_LIT("text")) ||
            mneme_json_unquotes_to(type, MNEME_STR_LIT("voice_note")));
}

/* Adds a paragraph for each of these objects that has text under that name. */
static bool add_texts(struct mneme_buffer *text, struct mneme_arena *arena, struct mneme_str objects,
                      const char *name, bool only_said) {
    struct mneme_str key;
    struct mneme_str object;
    struct mneme_str said;
    if (objects.data == NULL || mneme_json_kind_of(objects) != MNEME_JSON_ARRAY) {
        return true;
    }
    struct mneme_json_reader reader = mneme_json_enter(objects);
    while (mneme_json_next(&reader, &key, &object)) {
        if (only_said && !is_text(mneme_chat_member(object, "type"))) {
            continue;
        }
        if (!mneme_chat_string(&said, arena, mneme_chat_member(object, name))) {
            return false;
        }
        mneme_chat_add_text(text, "\n\n", said);
    }
    return true;
}

/* The text blocks, or else the text, followed by the contents of attachments. */
static bool add_text(struct mneme_buffer *text, struct mneme_chat_message *out, struct mneme_arena *arena,
                     struct mneme_str json) {
    struct mneme_str whole;
    if (!add_texts(text, arena, mneme_chat_member(json, "content"), "text", true)) {
        return false;
    }
    if (text->len == 0) {
        if (!mneme_chat_string(&whole, arena, mneme_chat_member(json, "text"))) {
            return false;
        }
        mneme_chat_add_text(text, "\n\n", whole);
    }
    size_t len = text->len;
    bool is_read = add_texts(text, arena, mneme_chat_member(json, "attachments"), "extracted_content", false);
    out->has_attached_text = text->len > len;
    return is_read;
}

static bool read_message(struct mneme_chat_message *out, const struct context *context,
                         struct mneme_str json) {
    struct mneme_arena *arena = context->arena;
    struct mneme_buffer text = {0};
    *out = (struct mneme_chat_message){
        .created_at = mneme_chat_time(arena, mneme_chat_member(json, "created_at")),
        .attachments = (int64_t)(mneme_chat_count(mneme_chat_member(json, "attachments")) +
                                 mneme_chat_count(mneme_chat_member(json, "files"))),
        .json = json,
    };
    bool is_read = mneme_chat_string(&out->id, arena, mneme_chat_member(json, "uuid")) &&
                   mneme_chat_string(&out->author, arena, mneme_chat_member(json, "sender")) &&
                   mneme_chat_string(&out->model, arena, mneme_chat_member(json, "model"));
    out->role = mneme_chat_role(out->author);
    bool is_answer = mneme_str_equal(out->role, MNEME_STR_LIT("assistant"));
    if (out->model.data == NULL && is_answer) {
        out->model = context->model;
    }
    is_read = is_read && add_text(&text, out, arena, json) &&
              mneme_chat_take_text(&out->text, arena, &text, is_answer);
    mneme_buffer_clean_up(&text);
    return is_read;
}

/* --- the tree --- */

/* The first messages of a conversation have one of these as their parent, which is not a message. */
static bool is_root_id(struct mneme_str id) {
    static const char zeros[] = "\"00000000-0000-";
    return id.len > sizeof zeros && memcmp(id.data, zeros, sizeof zeros - 1) == 0;
}

/* The id of the parent, null for a root; a message that names no parent follows the previous one. */
static struct mneme_str parent_of(bool *is_named, struct mneme_str message) {
    struct mneme_str key;
    struct mneme_str value;
    *is_named = false;
    if (mneme_json_kind_of(message) != MNEME_JSON_OBJECT) {
        return MNEME_STR_LIT("");
    }
    struct mneme_json_reader reader = mneme_json_enter(message);
    while (mneme_json_next(&reader, &key, &value)) {
        if (mneme_json_unquotes_to(key, MNEME_STR_LIT("parent_message_uuid"))) {
            *is_named = mneme_json_kind_of(value) == MNEME_JSON_STRING;
            return *is_named ? value : MNEME_STR_NULL;
        }
    }
    return MNEME_STR_LIT("");
}

/* *is_tree: at least one message names its parent. */
static bool read_nodes(struct mneme_chat_tree *tree, bool *is_tree, struct mneme_arena *arena,
                       struct mneme_str messages) {
    struct mneme_str key;
    struct mneme_str message;
    *is_tree = false;
    if (!mneme_chat_tree_init(tree, arena, mneme_chat_count(messages))) {
        return false;
    }
    struct mneme_json_reader reader = mneme_json_enter(messages);
    while (mneme_json_next(&reader, &key, &message)) {
        bool is_named;
        struct mneme_str parent = parent_of(&is_named, message);
        *is_tree = *is_tree || is_named;
        tree->nodes[tree->count++] = (struct mneme_chat_node){
            .id = mneme_chat_member(message, "uuid"),
            .parent = parent,
            .message = message,
            .created_at = mneme_chat_time(arena, mneme_chat_member(message, "created_at")),
        };
    }
    return mneme_chat_tree_link(tree, is_root_id);
}

/* Marks the messages to import: the branch, or the whole list. */
static void choose(struct mneme_chat *out, struct mneme_chat_tree *tree, bool is_tree,
                   struct mneme_str current) {
    if (!is_tree) {
        for (size_t i = 0; i < tree->count; i++) {
            tree->branch[tree->branch_count++] = &tree->nodes[i];
            tree->nodes[i].is_on_branch = true;
        }
        return;
    }
    struct mneme_chat_node *leaf = current.data == NULL ? NULL : mneme_chat_tree_find(tree, current);
    if (leaf == NULL && current.data != NULL) {
        out->note =
            "its current_leaf_message_uuid is not among its messages, so the branch of the latest message "
            "was taken";
    }
    mneme_chat_tree_choose(tree, leaf == NULL ? mneme_chat_tree_latest_leaf(tree) : leaf);
}

static int read_messages(struct mneme_chat *out, const struct context *context,
                         const struct mneme_chat_tree *tree, struct mneme_error *error) {
    out->messages = mneme_arena_calloc(context->arena, tree->count + 1, sizeof *out->messages);
    if (out->messages == NULL) {
        return mneme_chat_no_memory(error);
    }
    for (size_t i = 0; i < tree->branch_count; i++) {
        if (!read_message(&out->messages[out->count++], context, tree->branch[i]->message)) {
            return mneme_chat_no_memory(error);
        }
    }
    for (size_t i = 0; i < tree->count; i++) {
        struct mneme_chat_message message = {0};
        if (!tree->nodes[i].is_on_branch && !read_message(&message, context, tree->nodes[i].message)) {
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
    bool is_tree;
    struct mneme_str messages = mneme_chat_member(json, "chat_messages");
    *out = (struct mneme_chat){.created_at = mneme_chat_time(arena, mneme_chat_member(json, "created_at"))};
    if (!mneme_chat_string(&out->id, arena, mneme_chat_member(json, "uuid")) ||
        !mneme_chat_string(&out->title, arena, mneme_chat_member(json, "name")) ||
        !mneme_chat_string(&context.model, arena, mneme_chat_member(json, "model"))) {
        return mneme_chat_no_memory(error);
    }
    if (out->id.data == NULL || messages.data == NULL || mneme_json_kind_of(messages) != MNEME_JSON_ARRAY) {
        return mneme_error_set(
            error, MNEME_E_INVALID,
            "entry refused: it is not a conversation of a Claude export, which has \"uuid\" and "
            "\"chat_messages\"");
    }
    if (!read_nodes(&tree, &is_tree, arena, messages)) {
        return mneme_chat_no_memory(error);
    }
    choose(out, &tree, is_tree, mneme_chat_member(json, "current_leaf_message_uuid"));
    return read_messages(out, &context, &tree, error);
}

const struct mneme_chat_reader mneme_claude_reader = {"claude", "Claude", "\"chat_messages\"", read_chat};
