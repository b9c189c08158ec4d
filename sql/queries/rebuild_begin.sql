-- Records the log that the scratch schema is folded from: $1 the topic, $2 its partitions.
INSERT INTO rebuild_state (topic, topic_partitions) VALUES ($1, $2::integer)
