-- The offset up to which the losses of the topic $1 are recorded, by partition.
SELECT kafka_partition::bigint, max(last_offset) + 1 FROM log_losses WHERE topic = $1 GROUP BY kafka_partition
