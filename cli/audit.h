/*
 * The verbs of `mneme audit`, and the file of heads, which one prints and the other reads.
 */
#ifndef MNEME_CLI_AUDIT_H
#define MNEME_CLI_AUDIT_H

#include "cli/frame/command.h"
#include "consumers/postgres/ledger/audit.h"

extern const struct mneme_command mneme_command_audit_heads;
extern const struct mneme_command mneme_command_audit_verify;

/* Heads as `mneme audit heads` prints them, with --json or without, ascending by sequence_id; the caller
 * frees *heads. MNEME_E_USAGE names the line that is not a head. */
int mneme_cli_read_heads(struct mneme_ledger_head **heads, size_t *count, const char *path,
                         struct mneme_error *error);

/* Prints a line about what the log has lost. */
void mneme_cli_put_loss(const struct mneme_audit_loss *loss, bool is_json);

#endif
