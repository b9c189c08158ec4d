-- Moves the progress of the batch's partitions: $1 projection, $2 topic, $3 partitions, $4 first offsets, $5 next
-- offsets, $6 epochs, $7 digests of the last events. A partition is left as it is if another writer owns it now, or if
-- its progress has moved meanwhile. If the batch has no event of a partition, the digest is null: the progress moves
-- past offsets without events, and the last digest stays.
UPDATE progress p
SET next_offset = b.next_offset, last_digest = coalesce(b.last_digest, p.last_digest), updated_at = now()
FROM unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bytea[])
    AS b(partition, first_offset, next_offset, epoch, last_digest)
WHERE p.projection = $1 AND p.topic = $2 AND p.partition = b.partition::integer
  AND p.next_offset = b.first_offset AND p.epoch = b.epoch
