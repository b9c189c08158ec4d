/*
 * The verbs of `mneme audit`, and the heads in a file that they share.
 */
#ifndef MNEME_CLI_AUDIT_H
#define MNEME_CLI_AUDIT_H

#include "cli/frame/command.h"
#include "consumers/postgres/ledger/audit.h"

extern const struct mneme_command mneme_command_audit_heads;
extern const struct mneme_command mneme_command_audit_verify;

/* Heads as `mneme audit heads` prints them, with --json or without, ascending by sequence_id; *heads is the
 * caller's to free. MNEME_E_USAGE names the line that is none. */
int mneme_cli_read_heads(struct mneme_ledger_head **heads, size_t *count, const char *path,
                         struct mneme_error *error);

/* A line on stdout about what the log has lost. */
void mneme_cli_put_loss(const struct mneme_audit_loss *loss, bool is_json);

#endif
