-- What the log had lost before a rebuild, by partition: the chain begins after the last loss.
SELECT kafka_partition::bigint, first_offset, last_offset, coalesce(head_sequence, -1),
       (extract(epoch FROM accepted_at) * 1000000)::bigint, accepted_by
FROM log_losses ORDER BY kafka_partition, first_offset
