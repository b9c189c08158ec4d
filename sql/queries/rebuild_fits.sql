-- Whether a rebuild of this log can go on with the scratch schema: $1 the topic, $2 its partitions.
SELECT topic = $1 AND topic_partitions = $2::integer AND to_regclass('rebuild_objects') IS NOT NULL AS fits
FROM rebuild_state
