/*
 * What commands that publish have in common: the publisher, and the envelope from options.
 */
#ifndef MNEME_CLI_WRITE_H
#define MNEME_CLI_WRITE_H

#include "cli/frame/values.h"
#include "producers/publisher.h"

/* Opens a publisher with the settings of the call, which must outlive it. When it is closed, what it wrote is
 * noted for --at-least last. */
int mneme_write_open(struct mneme_client **out, const struct mneme_cli *cli, struct mneme_error *error);

/* An event of the type with scope, stream, correlation, causation, actor and idempotency key from the
 * options. */
int mneme_write_event(struct mneme_event *event, const struct mneme_cli *cli,
                      const struct mneme_client *client, enum mneme_event_type type,
                      struct mneme_error *error);

#endif
