/*
 * What commands that publish one event have in common: the envelope from options, publishing, and the
 * receipt.
 */
#ifndef MNEME_CLI_WRITE_H
#define MNEME_CLI_WRITE_H

#include "cli/frame/values.h"
#include "producers/publisher.h"

/* Rows for a table of options. */
#define MNEME_WRITE_OPTIONS                                                                                  \
    {"stream", 0, "ID", -1, "The stream to write to; by default the user's, else the agent's."},             \
        {"idempotency-key", 0, "KEY", -1, "The same key again has no second effect."},                       \
        {"correlation", 0, "ID", -1, "Ties together the events of one request."},                            \
        {"causation", 0, "ID", -1, "The event that led to this one."},                                       \
        {"actor", 0, "NAME", -1, "Who does it, where it is not the agent."},                                 \
        {"wait", 0, "postgres", -1, "Wait for the verdict of this projection and tell it."}, {               \
        "wait-timeout", 0, "MS", MNEME_SETTING_WAIT_TIMEOUT_MS, "How many milliseconds to wait for it."      \
    }

/* Whether --wait was given; MNEME_E_USAGE for a projection that gives no verdicts. */
int mneme_write_wants_verdict(bool *wanted, const struct mneme_cli *cli, struct mneme_error *error);

/* Opens a publisher with the settings of the call, which must outlive it. When it is closed, what it wrote is
 * noted for --at-least last. */
int mneme_write_open(struct mneme_client **out, const struct mneme_cli *cli, struct mneme_error *error);

/* An event of the type with scope, stream, correlation, causation, actor and idempotency key from the
 * options. */
int mneme_write_event(struct mneme_event *event, const struct mneme_cli *cli,
                      const struct mneme_client *client, enum mneme_event_type type,
                      struct mneme_error *error);

/* Publishes, waits for the brokers (and the verdict, with --wait), and prints the receipt: `id_name` and
 * `id`, then event_id, position, stream_id, and with --wait verdict and the version of an
 * accepted event, else the actual_version. The exit
 * code follows from the verdict. */
enum mneme_exit mneme_write_publish_named(struct mneme_cli *cli, struct mneme_client *client,
                                          const struct mneme_event *event, const char *id_name,
                                          struct mneme_str id);

#endif
