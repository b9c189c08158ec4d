-- Moves the progress of the scratch schema to the end of the log, where only offsets without events were left:
-- $1 partitions, $2 their next offsets.
UPDATE progress p
SET next_offset = w.next_offset, updated_at = now()
FROM unnest($1::bigint[], $2::bigint[]) AS w(partition, next_offset)
WHERE p.partition = w.partition AND p.next_offset < w.next_offset
