/*
 * mneme audit: the chain of hashes over the ledger.
 */
#include "cli/audit.h"

#include "cli/commands.h"

static const struct mneme_command *const verbs[] = {
    &mneme_command_audit_verify,
    &mneme_command_audit_heads,
    NULL,
};

const struct mneme_command mneme_command_audit = {
    .name = "audit",
    .summary = "Prove that nobody has changed the ledger.",
    .arguments = "",
    .examples = "  mneme audit verify\n"
                "  mneme audit heads --json >heads.json\n",
    .subcommands = verbs,
};
