-- What an agent should know about the others: $1 tenant, $5 the agent, $6 user or null, $7 how many memories per agent.
-- Returns the latest memories of each other agent with a confidence of at least 0.7, and for all agents together the
-- last 5 decisions and the last 3 hypotheses that held. The agents are found one after another in their index.
WITH RECURSIVE others (agent_id) AS (
    SELECT min(agent_id) FROM memories WHERE tenant = $1::text
    UNION ALL
    SELECT (SELECT min(m.agent_id) FROM memories AS m WHERE m.tenant = $1::text AND m.agent_id > others.agent_id)
    FROM others
    WHERE others.agent_id IS NOT NULL
),
known AS (
    SELECT others.agent_id,
           jsonb_agg(jsonb_build_object(
               'memory_id', m.id, 'memory_type', m.memory_type, 'content', m.content, 'metadata', m.metadata,
               'tags', m.tags, 'confidence', m.confidence,
               'importance', least(1, m.importance + a.access_count / 100.0::float8), 'user_id', m.user_id,
               'timestamp', to_char(m.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
               ORDER BY m.created_at DESC, m.id DESC) AS memories
    FROM others
    CROSS JOIN LATERAL (
        SELECT *
        FROM memories
        WHERE tenant = $1::text
          AND memories.agent_id = others.agent_id
          AND ($6::text IS NULL OR user_id = $6::text)
          AND confidence >= 0.7
          AND NOT is_deleted
          AND NOT is_archived
          AND (expires_at IS NULL OR expires_at > now())
        ORDER BY created_at DESC, id DESC
        LIMIT $7::bigint
    ) AS m
    CROSS JOIN LATERAL {accesses} AS a
    WHERE others.agent_id <> $5::text
    GROUP BY others.agent_id
),
decided AS (
    SELECT agent_id, decision, confidence, created_at, decision_id
    FROM agent_decisions
    WHERE tenant = $1::text
      AND ($6::text IS NULL OR user_id = $6::text)
    ORDER BY created_at DESC, decision_id DESC
    LIMIT 5
),
held AS (
    SELECT agent_id, hypothesis, coalesce(final_confidence, confidence) AS confidence,
           coalesce(final_evidence, evidence) AS evidence, validated_at, hypothesis_id
    FROM hypotheses
    WHERE tenant = $1::text
      AND is_valid
      AND ($6::text IS NULL OR user_id = $6::text)
    ORDER BY validated_at DESC, hypothesis_id DESC
    LIMIT 3
)
SELECT $6::text AS user_id, $5::text AS requesting_agent,
       (SELECT coalesce(jsonb_object_agg(agent_id, memories), '{}') FROM known) AS cross_agent_memories,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'agent_id', agent_id, 'decision', decision, 'confidence', confidence,
                   'timestamp', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
                   ORDER BY created_at DESC, decision_id DESC), '[]')
        FROM decided) AS recent_decisions,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'agent_id', agent_id, 'hypothesis', hypothesis, 'confidence', confidence, 'evidence', evidence,
                   'timestamp', to_char(validated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
                   ORDER BY validated_at DESC, hypothesis_id DESC), '[]')
        FROM held) AS validated_hypotheses
