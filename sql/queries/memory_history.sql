-- What made each version of a memory: $1 tenant, $2 stream, $3 memory id as text, $4 the version before, $5 limit.
SELECT *
FROM (SELECT row_number() OVER (ORDER BY version) AS memory_version, event_id, event_type,
             kafka_partition || ':' || kafka_offset AS position, version AS stream_version, actor, agent_id,
             payload ->> 'reason' AS reason, occurred_at, recorded_at, metadata ->> 'correlation_id' AS correlation_id,
             metadata ->> 'causation_id' AS causation_id, payload - 'memory_id' - 'reason' AS changes
      FROM events
      WHERE tenant = $1::text
        AND stream_id = $2::text
        AND version IS NOT NULL
        AND verdict = 'accepted'
        AND event_type LIKE 'memory\_%'
        AND payload ->> 'memory_id' = $3::text) AS history
WHERE memory_version > $4::bigint
ORDER BY memory_version
LIMIT $5::bigint
