-- Keys whose events wait in this projection until their events that the ledger had parked are tried again:
-- $1 projection, $2 topic, $3 partitions.
SELECT partition::bigint, key, min(kafka_offset) AS blocked_by
FROM parked_events
WHERE projection = $1 AND topic = $2 AND partition = ANY ($3::bigint[]) AND key IS NOT NULL AND blocked_by >= 0
GROUP BY partition, key
