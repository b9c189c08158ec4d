-- Moves the progress of the batch's partitions, if this writer still owns each and nothing moved it meanwhile. A batch
-- without an event of a partition moves it past offsets that hold none; the last event stays the one it was.
UPDATE progress p
SET next_offset = b.next_offset, last_digest = coalesce(b.last_digest, p.last_digest), updated_at = now()
FROM unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bytea[])
    AS b(partition, first_offset, next_offset, epoch, last_digest)
WHERE p.projection = $1 AND p.topic = $2 AND p.partition = b.partition::integer
  AND p.next_offset = b.first_offset AND p.epoch = b.epoch
