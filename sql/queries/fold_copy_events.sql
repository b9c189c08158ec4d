COPY events (sequence_id, event_id, tenant, stream_id, event_type, version, verdict, expected_version,
actual_version, payload, metadata, agent_id, user_id, run_id, conversation_id, actor, occurred_at,
recorded_at, kafka_partition, kafka_offset, hash)
FROM STDIN (FORMAT binary)
