-- Records that a worker no longer waits: $1 projection, $2 topic, $3 partition.
DELETE FROM schema_waits WHERE projection = $1 AND topic = $2 AND partition = $3::bigint
