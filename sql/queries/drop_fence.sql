-- Fences the worker that folds the partition, because it remembers that the key waits: $1 projection, $2 topic,
-- $3 partition.
UPDATE progress SET epoch = epoch + 1 WHERE projection = $1::text AND topic = $2::text AND partition = $3::bigint
