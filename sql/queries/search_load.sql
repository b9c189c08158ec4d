-- Stores the last versions of documents from the batch.
INSERT INTO documents
SELECT tenant, stream_id, kind, ref, user_id, agent_id, run_id, conversation_id, "position", speaker, role, created_at,
       source_sequence, valid_from, text, lexemes, length
FROM search_staging
WHERE superseded_sequence IS NULL
