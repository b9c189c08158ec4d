-- Counts memories by agent and type, by tier, and in total: $1 tenant, $2 to $4 the as-of time and position, $5 agent,
-- $6 user, $7 run, $8 conversation, $9 types.
SELECT CASE WHEN grouping(m.memory_type) = 0 THEN 'agent' WHEN grouping(m.tier) = 0 THEN 'tier' ELSE 'all' END AS kind,
       m.agent_id, m.memory_type, m.tier, count(*) AS total, count(*) FILTER (WHERE m.is_active) AS active,
       count(*) FILTER (WHERE m.is_deleted) AS deleted, count(*) FILTER (WHERE m.is_archived) AS archived,
       count(*) FILTER (WHERE m.is_expired) AS expired,
       avg(m.confidence) FILTER (WHERE m.is_active) AS mean_confidence, max(m.created_at) AS latest
FROM (
    SELECT m.agent_id, m.memory_type, m.tier, m.is_deleted, m.is_archived, m.confidence, m.created_at,
           coalesce(m.expires_at <= coalesce($2, now()), false) AS is_expired,
           NOT m.is_deleted AND NOT m.is_archived
           AND (m.expires_at IS NULL OR m.expires_at > coalesce($2, now())) AS is_active
    FROM {memories} AS m {filter_accesses}
    WHERE m.tenant = $1::text
      AND ($5::text IS NULL OR m.agent_id = $5::text)
      AND ($6::text IS NULL OR m.user_id = $6::text)
      AND ($7::text IS NULL OR m.run_id = $7::text)
      AND ($8::text IS NULL OR m.conversation_id = $8::text)
      AND ($9::text[] IS NULL OR m.memory_type = ANY ($9::text[]))
      AND {filter}
) AS m
GROUP BY GROUPING SETS ((m.agent_id, m.memory_type), (m.tier), ())
ORDER BY kind, m.agent_id NULLS FIRST, m.memory_type, m.tier
