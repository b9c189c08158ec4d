/*
 * The messages of a conversation as a tree: editing a question or regenerating an answer begins a branch. One
 * branch is imported, from its leaf up to the root.
 */
#ifndef MNEME_IMPORTERS_CHAT_TREE_H
#define MNEME_IMPORTERS_CHAT_TREE_H

#include "common/base/hash.h"
#include "importers/chat.h"

struct mneme_chat_node {
    struct mneme_str id, parent; /* as in the export, with quotes; may be null */
    struct mneme_str message;    /* null: a node without a message */
    struct mneme_opt_long created_at;

    /* Set by the tree. */
    struct mneme_chat_node *above;        /* NULL: a root */
    struct mneme_chat_node *latest_below; /* the latest of its direct children */
    bool is_on_branch;
};

struct mneme_chat_tree {
    struct mneme_chat_node *nodes; /* in the order of the export */
    size_t count;
    struct mneme_chat_node **branch; /* from the root to the leaf */
    size_t branch_count;
    struct mneme_hash by_id;
};

/* Allocates room for this many nodes in the arena; the caller fills them in, and counts them in `count`.
 * False when memory is exhausted. */
bool mneme_chat_tree_init(struct mneme_chat_tree *tree, struct mneme_arena *arena, size_t capacity);

/* Links each node to its parent. If the parent is not in the export and is not a root (that of the first
 * node, or one for which `is_root_id`, which may be NULL, returns true), the node follows the previous one in
 * the export, so that a lost message does not lose others. False when memory is exhausted. */
bool mneme_chat_tree_link(struct mneme_chat_tree *tree, bool (*is_root_id)(struct mneme_str id));

/* The node of that id, or NULL. */
struct mneme_chat_node *mneme_chat_tree_find(const struct mneme_chat_tree *tree, struct mneme_str id);

/* The leaf of the branch with the latest message; NULL: there is no message. */
struct mneme_chat_node *mneme_chat_tree_latest_leaf(const struct mneme_chat_tree *tree);

/* Builds the branch that ends with this leaf; NULL: an empty one. A cycle of parents ends it. */
void mneme_chat_tree_choose(struct mneme_chat_tree *tree, struct mneme_chat_node *leaf);

#endif
