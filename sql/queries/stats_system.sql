-- Counts the rows of a tenant in the tables: $1 tenant, $2 to $4 the as-of time and position.
SELECT 'system' AS kind,
       (SELECT count(*) FROM {memories} WHERE tenant = $1::text AND NOT is_deleted) AS memories,
       (SELECT count(*) FROM {conversations} WHERE tenant = $1::text AND NOT is_deleted) AS conversations,
       (SELECT count(*) FROM {conversation_turns} WHERE tenant = $1::text) AS turns,
       (SELECT count(*) FROM {knowledge} WHERE tenant = $1::text) AS knowledge,
       (SELECT count(*) FROM {profiles} WHERE tenant = $1::text) AS profiles,
       (SELECT count(*) FROM agent_decisions
        WHERE tenant = $1::text AND happened(source_sequence, valid_from, $2, $3, $4)) AS decisions,
       (SELECT count(*) FROM agent_handoffs
        WHERE tenant = $1::text AND happened(source_sequence, valid_from, $2, $3, $4)) AS handoffs
