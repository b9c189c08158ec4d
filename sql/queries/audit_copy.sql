COPY (
    SELECT sequence_id, event_id, tenant, stream_id, event_type, version, verdict, expected_version, actual_version,
           payload, metadata, agent_id, user_id, run_id, conversation_id, actor, occurred_at, recorded_at,
           kafka_partition, kafka_offset, hash
    FROM events
    WHERE current_setting('mneme.audit_partition') IN ('-1', kafka_partition::text)
    ORDER BY sequence_id, recorded_at
) TO STDOUT (FORMAT binary)
