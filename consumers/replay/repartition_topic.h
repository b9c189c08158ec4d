/*
 * The topic that the log is copied into: making it, writing to it, and giving it the broker's clock.
 */
#ifndef MNEME_CONSUMERS_REPLAY_REPARTITION_TOPIC_H
#define MNEME_CONSUMERS_REPLAY_REPARTITION_TOPIC_H

#include "common/kafka/kafka.h"
#include "consumers/log/batch.h"

/* Makes the topic, with the publishers' times and the message size of the topic `source`, unless it exists.
 * MNEME_E_UNSAFE when the existing topic has another number of partitions, or records by the broker's clock,
 * which an unfinished copy never has. */
int mneme_repartition_make_topic(const char *name, const char *source, const struct mneme_config *config,
                                 struct mneme_error *error);

/* Sets the topic to the broker's clock from now on. */
int mneme_repartition_finish_topic(const char *name, const struct mneme_config *config,
                                   struct mneme_error *error);

struct mneme_repartition_writer;
int mneme_repartition_open_writer(struct mneme_repartition_writer **out, const char *topic,
                                  const struct mneme_config *config, struct mneme_error *error);

/* Queues the record with its key, value, time and place; waits while the queue is full. What it points to is
 * copied. An error is that of an earlier record: write no more then. */
int mneme_repartition_write(struct mneme_repartition_writer *writer, int32_t partition,
                            const struct mneme_batch_item *item, struct mneme_error *error);

/* Returns when the brokers have all of it. */
int mneme_repartition_flush(struct mneme_repartition_writer *writer, struct mneme_error *error);
void mneme_repartition_close_writer(struct mneme_repartition_writer *writer); /* NULL is fine */

#endif
