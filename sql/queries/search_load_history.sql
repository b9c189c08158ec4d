-- Stores the versions of documents that the batch both created and replaced.
INSERT INTO documents_history
SELECT tenant, stream_id, kind, ref, user_id, agent_id, run_id, conversation_id, "position", speaker, role, created_at,
       source_sequence, valid_from, text, lexemes, length, superseded_sequence, valid_to
FROM search_staging
WHERE superseded_sequence IS NOT NULL
