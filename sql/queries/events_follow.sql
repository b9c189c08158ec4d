-- Events at given positions that pass every given filter: $1 tenant, $2 stream, $3 types, $4 since, $5 correlation_id,
-- $6 verdicts, $9 causation_id. $7 and $8 are the first and the last sequence_id to read in each partition. The
-- sequence_ids of a partition are 4096 apart, so each event is found by the ledger's key.
SELECT event_type, event_id, tenant, stream_id, agent_id, user_id, run_id, conversation_id, expected_version,
       occurred_at, metadata ->> 'correlation_id' AS correlation_id, metadata ->> 'causation_id' AS causation_id, actor,
       metadata - 'correlation_id' - 'causation_id' AS metadata, payload,
       kafka_partition || ':' || kafka_offset AS position, sequence_id, version, verdict, actual_version, recorded_at
FROM unnest($7::bigint[], $8::bigint[]) AS place (first, last)
CROSS JOIN LATERAL generate_series(place.first, place.last, 4096) AS looked_at (id)
JOIN events ON sequence_id = looked_at.id
WHERE tenant = $1::text
  AND ($2::text IS NULL OR stream_id = $2::text)
  AND ($3::text[] IS NULL OR event_type = ANY ($3::text[]))
  AND ($4::timestamptz IS NULL OR recorded_at >= $4::timestamptz)
  AND ($5::text IS NULL OR metadata ->> 'correlation_id' = $5::text)
  AND ($9::text IS NULL OR metadata ->> 'causation_id' = $9::text)
  AND ($6::text[] IS NULL OR verdict::text = ANY ($6::text[]))
ORDER BY sequence_id
