/*
 * Nodes are in a hash table by id; the branch is found from its leaf.
 */
#include "importers/chat_tree.h"

bool mneme_chat_tree_init(struct mneme_chat_tree *tree, struct mneme_arena *arena, size_t capacity) {
    *tree = (struct mneme_chat_tree){0};
    tree->nodes = mneme_arena_calloc(arena, capacity + 1, sizeof *tree->nodes);
    tree->branch = mneme_arena_alloc(arena, (capacity + 1) * sizeof(struct mneme_chat_node *));
    return tree->nodes != NULL && tree->branch != NULL && mneme_hash_init(&tree->by_id, arena, capacity + 1);
}

struct mneme_chat_node *mneme_chat_tree_find(const struct mneme_chat_tree *tree, struct mneme_str id) {
    uint64_t hash = mneme_hash_bytes(0, id.data, id.len);
    uint64_t cursor = hash;
    struct mneme_chat_node *node;
    while ((node = mneme_hash_next(&tree->by_id, hash, &cursor)) != NULL) {
        if (mneme_str_equal(node->id, id)) {
            break;
        }
    }
    return node;
}

/* Whether a is later than b, which precedes it in the export. */
static bool is_later(const struct mneme_chat_node *a, const struct mneme_chat_node *b) {
    return b == NULL || !b->created_at.is_set ||
           (a->created_at.is_set && a->created_at.value >= b->created_at.value);
}

/* Whether the node begins a conversation: it has no parent, or the same nonexistent parent as the first node.
 */
static bool is_root(const struct mneme_chat_tree *tree, const struct mneme_chat_node *node,
                    bool (*is_root_id)(struct mneme_str id)) {
    const struct mneme_chat_node *first = &tree->nodes[0];
    return node->parent.data == NULL || (is_root_id != NULL && is_root_id(node->parent)) ||
           (first->above == NULL && node != first && node->parent.len > 0 &&
            mneme_str_equal(first->parent, node->parent));
}

bool mneme_chat_tree_link(struct mneme_chat_tree *tree, bool (*is_root_id)(struct mneme_str id)) {
    for (size_t i = 0; i < tree->count; i++) {
        struct mneme_chat_node *node = &tree->nodes[i];
        if (node->id.data != NULL &&
            !mneme_hash_add(&tree->by_id, mneme_hash_bytes(0, node->id.data, node->id.len), node)) {
            return false;
        }
    }
    for (size_t i = 0; i < tree->count; i++) {
        struct mneme_chat_node *node = &tree->nodes[i];
        if (!is_root(tree, node, is_root_id)) {
            node->above = mneme_chat_tree_find(tree, node->parent);
            node->above = node->above == NULL && i > 0 ? &tree->nodes[i - 1] : node->above;
        }
        if (node->above != NULL && is_later(node, node->above->latest_below)) {
            node->above->latest_below = node;
        }
    }
    return true;
}

struct mneme_chat_node *mneme_chat_tree_latest_leaf(const struct mneme_chat_tree *tree) {
    struct mneme_chat_node *latest = NULL;
    for (size_t i = 0; i < tree->count; i++) {
        if (tree->nodes[i].message.data != NULL && is_later(&tree->nodes[i], latest)) {
            latest = &tree->nodes[i];
        }
    }
    for (size_t steps = 0; latest != NULL && latest->latest_below != NULL && steps < tree->count; steps++) {
        latest = latest->latest_below;
    }
    return latest;
}

void mneme_chat_tree_choose(struct mneme_chat_tree *tree, struct mneme_chat_node *leaf) {
    size_t count = 0;
    for (struct mneme_chat_node *node = leaf; node != NULL && !node->is_on_branch; node = node->above) {
        node->is_on_branch = true;
        tree->branch[count++] = node;
    }
    for (size_t i = 0; i < count / 2; i++) {
        struct mneme_chat_node *other = tree->branch[i];
        tree->branch[i] = tree->branch[count - 1 - i];
        tree->branch[count - 1 - i] = other;
    }
    tree->branch_count = count;
}
