-- Memories as they were after given events: $1 tenants, $2 streams, $3 ids, $4 sequence_ids of the events, $5 whether
-- the content is wanted (1); n is the place in these arrays, from 1. The version that an event made is in the table or,
-- if there are later ones, in its history.
SELECT w.n, v.user_id, v.agent_id, v.run_id, v.conversation_id, v.created_at, v.metadata::text,
       CASE WHEN w.wants_content = 1 THEN v.content::text END AS content
FROM unnest($1::text[], $2::text[], $3::uuid[], $4::bigint[], $5::bigint[])
     WITH ORDINALITY AS w(tenant, stream_id, id, sequence, wants_content, n)
CROSS JOIN LATERAL (
    SELECT m.user_id, m.agent_id, m.run_id, m.conversation_id, m.created_at, m.metadata, m.content
    FROM memories m
    WHERE m.id = w.id AND m.tenant = w.tenant AND m.stream_id = w.stream_id AND m.source_sequence = w.sequence
    UNION ALL
    SELECT h.user_id, h.agent_id, h.run_id, h.conversation_id, h.created_at, h.metadata, h.content
    FROM memories_history h
    WHERE h.id = w.id AND h.tenant = w.tenant AND h.stream_id = w.stream_id AND h.source_sequence = w.sequence
) AS v
