/*
 * The scratch tenant of an evaluation: making it, waiting for the workers, and taking it away again.
 */
#ifndef MNEME_CLI_EVAL_SCRATCH_H
#define MNEME_CLI_EVAL_SCRATCH_H

#include "cli/frame/command.h"

/* Makes a tenant of a fresh name the one of this call. */
int mneme_eval_scratch_tenant(struct mneme_cli *cli, struct mneme_error *error);

/* MNEME_E_UNAVAILABLE names the groups that nobody works for, after some seconds. */
int mneme_eval_check_workers(const struct mneme_cli *cli, bool without_vectors, struct mneme_error *error);

/* Waits until tables, full text and vectors hold what this call has published, within --wait-timeout each. */
int mneme_eval_wait(const struct mneme_cli *cli, const char *model, bool without_vectors,
                    struct mneme_error *error);

/* Publishes that the tenant's memories and conversations are deleted. */
int mneme_eval_clean_up(struct mneme_cli *cli, struct mneme_error *error);

#endif
