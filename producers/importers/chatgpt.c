/*
 * A conversation of a ChatGPT export: a tree of nodes, each with a message, its parent and its children. What
 * counts is the branch that the user saw last: from current_node up to the root.
 */
#include "common/buffer.h"
#include "common/hash.h"
#include "common/json_read.h"
#include "producers/importers/chat.h"

struct node {
    struct mneme_str id; /* with its quotes */
    struct mneme_str message, parent;
    struct mneme_opt_long created_at;
    bool is_on_branch;
};

struct tree {
    struct mneme_arena *arena;
    struct node *nodes;
    size_t count;
    struct mneme_hash by_id;
};

/* --- the tree --- */

static struct node *find(const struct tree *tree, struct mneme_str id) {
    uint64_t hash = mneme_hash_bytes(0, id.data, id.len);
    uint64_t cursor = hash;
    struct node *node;
    while ((node = mneme_hash_next(&tree->by_id, hash, &cursor)) != NULL) {
        if (mneme_str_equal(node->id, id)) {
            break;
        }
    }
    return node;
}

static bool read_nodes(struct tree *tree, struct mneme_str mapping) {
    struct mneme_str key;
    struct mneme_str value;
    size_t count = 0;
    struct mneme_json_reader reader = mneme_json_enter(mapping);
    while (mneme_json_next(&reader, &key, &value)) {
        count++;
    }
    tree->nodes = mneme_arena_calloc(tree->arena, count + 1, sizeof *tree->nodes);
    if (tree->nodes == NULL || !mneme_hash_init(&tree->by_id, tree->arena, count + 1)) {
        return false;
    }
    reader = mneme_json_enter(mapping);
    while (mneme_json_next(&reader, &key, &value)) {
        struct node *node = &tree->nodes[tree->count++];
        struct mneme_str message = mneme_chat_member(value, "message");
        *node = (struct node){
            .id = key,
            .message = message,
            .parent = mneme_chat_member(value, "parent"),
            .created_at = mneme_chat_time(tree->arena, mneme_chat_member(message, "create_time")),
        };
        if (!mneme_hash_add(&tree->by_id, mneme_hash_bytes(0, key.data, key.len), node)) {
            return false;
        }
    }
    return true;
}

/* Where an export names no current node: the message that was written last. */
static struct node *find_latest(const struct tree *tree) {
    struct node *latest = NULL;
    for (size_t i = 0; i < tree->count; i++) {
        struct node *node = &tree->nodes[i];
        if (node->created_at.is_set &&
            (latest == NULL || node->created_at.value >= latest->created_at.value)) {
            latest = node;
        }
    }
    return latest;
}

/* Marks the nodes from this one up to the root, and puts them in order; gives their count. A node that is met
 * again ends the way: a tree has no circle. */
static size_t mark_branch(const struct tree *tree, struct node **branch, struct node *node) {
    size_t count = 0;
    while (node != NULL && !node->is_on_branch) {
        node->is_on_branch = true;
        branch[count++] = node;
        node = node->parent.data == NULL ? NULL : find(tree, node->parent);
    }
    for (size_t i = 0; i < count / 2; i++) {
        struct node *other = branch[i];
        branch[i] = branch[count - 1 - i];
        branch[count - 1 - i] = other;
    }
    return count;
}

/* --- messages --- */

/* A part: a string, or an object that may hold a transcription or the like as its text. */
static bool add_part(struct mneme_buffer *text, struct mneme_chat_message *out, struct mneme_arena *arena,
                     struct mneme_str part) {
    struct mneme_str said;
    bool is_object = mneme_json_kind_of(part) == MNEME_JSON_OBJECT;
    if (!mneme_chat_string(&said, arena, is_object ? mneme_chat_member(part, "text") : part)) {
        return false;
    }
    out->attachments += is_object && said.data == NULL ? 1 : 0;
    if (said.data != NULL) {
        mneme_buffer_append_str(text, text->len > 0 ? MNEME_STR_LIT("\n") : MNEME_STR_LIT(""));
        mneme_buffer_append_str(text, said);
    }
    return !text->failed;
}

/* The parts, one on each line; of code, output and quotations their text. What a model thought has neither.
 */
static bool read_content(struct mneme_chat_message *out, struct mneme_arena *arena,
                         struct mneme_str content) {
    struct mneme_str key;
    struct mneme_str part;
    struct mneme_str parts = mneme_chat_member(content, "parts");
    struct mneme_buffer text = {0};
    bool is_read = true;
    if (parts.data != NULL && mneme_json_kind_of(parts) == MNEME_JSON_ARRAY) {
        struct mneme_json_reader reader = mneme_json_enter(parts);
        while (is_read && mneme_json_next(&reader, &key, &part)) {
            is_read = add_part(&text, out, arena, part);
        }
        out->text = text.len > 0 ? mneme_arena_copy(arena, mneme_buffer_str(&text)) : MNEME_STR_NULL;
        is_read = is_read && (text.len == 0 || out->text.data != NULL);
    } else {
        is_read = mneme_chat_string(&out->text, arena, mneme_chat_member(content, "text"));
    }
    mneme_buffer_clean_up(&text);
    return is_read;
}

static bool is_true(struct mneme_str value) {
    return value.data != NULL && mneme_str_equal(value, MNEME_STR_LIT("true"));
}

static bool read_message(struct mneme_chat_message *out, struct mneme_arena *arena, const struct node *node) {
    struct mneme_str author = mneme_chat_member(node->message, "author");
    struct mneme_str content = mneme_chat_member(node->message, "content");
    struct mneme_str metadata = mneme_chat_member(node->message, "metadata");
    *out = (struct mneme_chat_message){.created_at = node->created_at};
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
    if (mneme_str_equal(out->kind, MNEME_STR_LIT("text"))) {
        out->kind = MNEME_STR_NULL;
    }
    return is_read;
}

static int read_messages(struct mneme_chat *out, struct tree *tree, struct node *current,
                         struct mneme_error *error) {
    struct node **branch = mneme_arena_alloc(tree->arena, (tree->count + 1) * sizeof(struct node *));
    out->messages = mneme_arena_calloc(tree->arena, tree->count + 1, sizeof *out->messages);
    if (branch == NULL || out->messages == NULL) {
        return mneme_chat_no_memory(error);
    }
    size_t count = mark_branch(tree, branch, current);
    for (size_t i = 0; i < count; i++) {
        if (branch[i]->message.data != NULL &&
            !read_message(&out->messages[out->count++], tree->arena, branch[i])) {
            return mneme_chat_no_memory(error);
        }
    }
    for (size_t i = 0; i < tree->count; i++) {
        struct mneme_chat_message message = {0};
        if (!tree->nodes[i].is_on_branch && tree->nodes[i].message.data != NULL &&
            !read_message(&message, tree->arena, &tree->nodes[i])) {
            return mneme_chat_no_memory(error);
        }
        out->left_out += message.text.data == NULL ? 0 : 1;
    }
    return MNEME_OK;
}

/* --- the conversation --- */

static int read_chat(struct mneme_chat *out, struct mneme_arena *arena, struct mneme_str json,
                     struct mneme_error *error) {
    struct tree tree = {.arena = arena};
    struct mneme_str id = mneme_chat_member(json, "conversation_id");
    struct mneme_str mapping = mneme_chat_member(json, "mapping");
    struct mneme_str current = mneme_chat_member(json, "current_node");
    *out = (struct mneme_chat){.created_at = mneme_chat_time(arena, mneme_chat_member(json, "create_time"))};
    if (!mneme_chat_string(&out->id, arena, id.data != NULL ? id : mneme_chat_member(json, "id")) ||
        !mneme_chat_string(&out->title, arena, mneme_chat_member(json, "title"))) {
        return mneme_chat_no_memory(error);
    }
    if (out->id.data == NULL || mapping.data == NULL || mneme_json_kind_of(mapping) != MNEME_JSON_OBJECT) {
        return mneme_error_set(
            error, MNEME_E_INVALID,
            "entry refused: it is no conversation of a ChatGPT export, which has \"id\" and "
            "\"mapping\"");
    }
    if (!read_nodes(&tree, mapping)) {
        return mneme_chat_no_memory(error);
    }
    struct node *node = current.data == NULL ? find_latest(&tree) : find(&tree, current);
    if (node == NULL && current.data != NULL) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "entry refused: its current_node %.*s is not in its mapping; export it again",
                               (int)(current.len < 60 ? current.len : 60), current.data);
    }
    return read_messages(out, &tree, node, error);
}

const struct mneme_chat_reader mneme_chatgpt_reader = {"chatgpt", read_chat};
