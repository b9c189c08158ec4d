/*
 * The messages of a conversation as a tree: questions can be changed and answers generated again, which
 * begins a branch. One branch counts, from its leaf up to the root.
 */
#ifndef MNEME_IMPORTERS_CHAT_TREE_H
#define MNEME_IMPORTERS_CHAT_TREE_H

#include "common/base/hash.h"
#include "importers/chat.h"

struct mneme_chat_node {
    struct mneme_str id, parent; /* as the export writes them, with quotes; null: it has none */
    struct mneme_str message;    /* null: only a place */
    struct mneme_opt_long created_at;

    /* Set by the tree. */
    struct mneme_chat_node *above;        /* NULL: a root */
    struct mneme_chat_node *latest_below; /* of those right below it */
    bool is_on_branch;
};

struct mneme_chat_tree {
    struct mneme_chat_node *nodes; /* in the order of the export */
    size_t count;
    struct mneme_chat_node **branch; /* from the root to the leaf */
    size_t branch_count;
    struct mneme_hash by_id;
};

/* Room for so many nodes, which the caller fills in, counting in `count`; all of it in the arena. False when
 * memory is exhausted. */
bool mneme_chat_tree_init(struct mneme_chat_tree *tree, struct mneme_arena *arena, size_t capacity);

/* Puts each node below its parent. One whose parent is not in the export, and is no root (that of the first
 * node, or one that `is_root_id`, which may be NULL, knows), follows the node before it in the export: a
 * message that is lost takes no other with it. False when memory is exhausted. */
bool mneme_chat_tree_link(struct mneme_chat_tree *tree, bool (*is_root_id)(struct mneme_str id));

/* The node of that id, or NULL. */
struct mneme_chat_node *mneme_chat_tree_find(const struct mneme_chat_tree *tree, struct mneme_str id);

/* The leaf of the branch with the message that was written last; NULL: there is no message. */
struct mneme_chat_node *mneme_chat_tree_latest_leaf(const struct mneme_chat_tree *tree);

/* Makes the branch that ends with this leaf; NULL: an empty one. A circle of parents ends it. */
void mneme_chat_tree_choose(struct mneme_chat_tree *tree, struct mneme_chat_node *leaf);

#endif
