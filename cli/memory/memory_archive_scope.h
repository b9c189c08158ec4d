/*
 * Archiving what a rule selects of a scope. `mneme memory archive` gives the rule by its options, `mneme
 * memory set-retention` by the policy that it sets.
 */
#ifndef MNEME_CLI_MEMORY_ARCHIVE_SCOPE_H
#define MNEME_CLI_MEMORY_ARCHIVE_SCOPE_H

#include "cli/memory/memory_bulk.h"

/* All conditions that are set must hold. */
struct mneme_archive_rule {
    struct mneme_opt_long older_than_micros;  /* of age, by created_at */
    struct mneme_opt_double below_importance; /* as it is shown: raised by accesses */
    struct mneme_opt_long accessed_under;
    struct mneme_opt_long below_priority;
};

struct mneme_archive_counts {
    int64_t selected, archived, failed;
};

/* Publishes memory_archived for each memory that the filter (of mneme_bulk_scope) and the rule select, or
 * with `is_dry` prints these memories. Expired and archived ones are left out. Fills the error unless the
 * code is 0; a rule without conditions selects nothing. */
enum mneme_exit mneme_archive_scope(struct mneme_archive_counts *out, struct mneme_cli *cli,
                                    struct mneme_memory_filter *scope, const struct mneme_archive_rule *rule,
                                    bool is_dry, struct mneme_error *error);

/* Prints the counts for a person: "3 memories archived". */
void mneme_archive_print(const struct mneme_archive_counts *counts, bool is_dry);

/* Appends "selected", "archived", "failed" and "dry_run" to an object. */
void mneme_archive_json(struct mneme_json_writer *json, const struct mneme_archive_counts *counts,
                        bool is_dry);

#endif
