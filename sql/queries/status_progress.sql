-- How far each projection has come in each partition.
SELECT projection, topic, partition, next_offset, topic_partitions, owner, updated_at
FROM progress
ORDER BY projection, topic, partition
