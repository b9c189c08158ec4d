-- The accepted events of a stream after version $11 up to version $12 that pass every given filter: $1 tenant,
-- $2 stream; the other parameters are those of events_list.sql.
SELECT event_type, event_id, tenant, stream_id, agent_id, user_id, run_id, conversation_id, expected_version,
       occurred_at, metadata ->> 'correlation_id' AS correlation_id, metadata ->> 'causation_id' AS causation_id, actor,
       metadata - 'correlation_id' - 'causation_id' AS metadata, payload,
       kafka_partition || ':' || kafka_offset AS position, sequence_id, version, verdict, actual_version, recorded_at
FROM events
WHERE tenant = $1::text
  AND stream_id = $2::text
  AND version > $11::bigint
  AND version <= $12::bigint
  AND ($3::text[] IS NULL OR event_type = ANY ($3::text[]))
  AND ($4::timestamptz IS NULL OR recorded_at >= $4::timestamptz)
  AND ($5::timestamptz IS NULL OR recorded_at < $5::timestamptz)
  AND ($6::text IS NULL OR metadata ->> 'correlation_id' = $6::text)
  AND ($10::text IS NULL OR metadata ->> 'causation_id' = $10::text)
  AND ($7::text[] IS NULL OR verdict::text = ANY ($7::text[]))
  AND ($8::bigint IS NULL OR sequence_id > $8::bigint)
ORDER BY version
LIMIT $9::bigint
