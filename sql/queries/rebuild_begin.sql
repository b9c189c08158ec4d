-- Notes which log the scratch schema is a fold of.
INSERT INTO rebuild_state (topic, topic_partitions) VALUES ($1, $2::integer)
