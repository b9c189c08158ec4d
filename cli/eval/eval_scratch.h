/*
 * The scratch tenant of an evaluation: creating it, waiting for the workers, and deleting its data.
 */
#ifndef MNEME_CLI_EVAL_SCRATCH_H
#define MNEME_CLI_EVAL_SCRATCH_H

#include "cli/frame/command.h"

/* Switches this call to a tenant with a new name. */
int mneme_eval_scratch_tenant(struct mneme_cli *cli, struct mneme_error *error);

/* MNEME_E_UNAVAILABLE, after some seconds, when groups have no workers; the message names them. */
int mneme_eval_check_workers(const struct mneme_cli *cli, bool without_vectors, struct mneme_error *error);

/* Waits until tables, full text and vectors hold what this call has published, within --wait-timeout each. */
int mneme_eval_wait(const struct mneme_cli *cli, const char *model, bool without_vectors,
                    struct mneme_error *error);

/* Publishes the deletion of the tenant's memories and conversations. */
int mneme_eval_clean_up(struct mneme_cli *cli, struct mneme_error *error);

#endif
