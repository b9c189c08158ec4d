-- The latest decisions of agents, from streams in one partition of the log: $1 tenants, $2 agents, $3 partitions,
-- $4 how many per agent. n is the place in these arrays, from 1.
SELECT w.n, d.*
FROM unnest($1::text[], $2::text[], $3::bigint[]) WITH ORDINALITY AS w(tenant, agent_id, partition, n)
CROSS JOIN LATERAL (
    SELECT d.decision_id, d.tenant, d.stream_id, d.agent_id, d.user_id, d.run_id, d.conversation_id, d.decision,
           d.category, d.urgency, d.confidence, d.context, d.insights_used, d.triggering_events, d.metadata,
           d.context_summary, d.cross_agent_collaboration, d.created_at, d.version, d.source_event_id
    FROM agent_decisions d
    JOIN streams s ON s.tenant = d.tenant AND s.stream_id = d.stream_id AND s.kafka_partition = w.partition
    WHERE d.tenant = w.tenant AND d.agent_id = w.agent_id
    ORDER BY d.created_at DESC, d.decision_id DESC, d.stream_id DESC
    LIMIT $4::bigint
) AS d
ORDER BY w.n, d.created_at DESC, d.decision_id DESC, d.stream_id DESC
