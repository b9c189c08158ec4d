-- Events of the ledger that pass every given filter, with any verdict, in the order of sequence_id: $1 tenant,
-- $2 stream, $3 types, $4 since, $5 until, $6 correlation_id, $7 verdicts, $8 the sequence_id after which to go on,
-- $9 limit, $10 causation_id.
SELECT event_type, event_id, tenant, stream_id, agent_id, user_id, run_id, conversation_id, expected_version,
       occurred_at, metadata ->> 'correlation_id' AS correlation_id, metadata ->> 'causation_id' AS causation_id, actor,
       metadata - 'correlation_id' - 'causation_id' AS metadata, payload,
       kafka_partition || ':' || kafka_offset AS position, sequence_id, version, verdict, actual_version, recorded_at
FROM events
WHERE tenant = $1::text
  AND ($2::text IS NULL OR stream_id = $2::text)
  AND ($3::text[] IS NULL OR event_type = ANY ($3::text[]))
  AND ($4::timestamptz IS NULL OR recorded_at >= $4::timestamptz)
  AND ($5::timestamptz IS NULL OR recorded_at < $5::timestamptz)
  AND ($6::text IS NULL OR metadata ->> 'correlation_id' = $6::text)
  AND ($10::text IS NULL OR metadata ->> 'causation_id' = $10::text)
  AND ($7::text[] IS NULL OR verdict::text = ANY ($7::text[]))
  AND ($8::bigint IS NULL OR sequence_id > $8::bigint)
ORDER BY sequence_id
LIMIT $9::bigint
