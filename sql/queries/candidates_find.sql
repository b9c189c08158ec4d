-- Documents of a scope that contain any of the terms: $1 to $8 as in candidates_scope.sql, $9 the keys of the scope as
-- in the index documents_words, $10 the terms joined by OR, $11 the whole query, $12 and $13 the times between which a
-- document was created, $14 the query without the positions of words, $15 the length in words from which a text may
-- have positions that its lexemes lack: the text of such a document is returned if it matches $14. The terms select the
-- documents that are counted; is_match says which of them are found. With keys, user and agent are compared as well:
-- they keep the planner from using another index beside documents_words, and the keys alone might be those of another
-- tenant.
SELECT d.stream_id, d.kind, d.ref, d.source_sequence, d.length::bigint AS length, d.lexemes,
       true {query?AND d.lexemes @@ $11} AS is_match,
       true {since?AND d.created_at >= $12} {until?AND d.created_at <= $13} AS is_in_time, d.created_at,
       CASE WHEN false {phrase?OR (d.length >= $15 AND d.lexemes @@ $14)} THEN d.text END AS text
FROM {documents} AS d
WHERE d.tenant = $1
  {user?AND d.user_id = $5}
  {agent?AND d.agent_id = $6}
  {key_user?AND d.user_id IS NOT DISTINCT FROM $5}
  {key_agent?AND d.agent_id IS NOT DISTINCT FROM $6}
  {run?AND d.run_id = $7}
  {conversation?AND d.conversation_id = $8}
  {keys?AND array_remove(ARRAY[d.tenant || '/user/' || d.user_id, d.tenant || '/agent/' || d.agent_id], NULL) @> $9}
  AND d.lexemes @@ $10
