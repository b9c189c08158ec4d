-- The progress of the ledger: $1 topic, $2 partitions. A partition with events that wait behind a parked one
-- (has_parked) must not be read from Redis, which could not report that.
SELECT partition::bigint, next_offset,
       EXISTS (SELECT FROM parked_events AS e
               WHERE e.projection = 'postgres' AND e.topic = $1::text AND e.partition = ledger_progress.partition
                 AND e.blocked_by >= 0) AS has_parked,
       EXISTS (SELECT FROM redis_rewinds AS r
               WHERE r.topic = $1::text AND r.partition = ledger_progress.partition) AS must_rewind
FROM ledger_progress
WHERE topic = $1::text AND partition = ANY ($2::bigint[])
