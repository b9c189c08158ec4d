-- The number of documents of a scope and their total length: $1 tenant, $2 to $4 the as-of time and position, $5 to
-- $8 user, agent, run and conversation.
SELECT count(*) AS documents, coalesce(sum(d.length), 0)::bigint AS total_length
FROM {documents} AS d
WHERE d.tenant = $1
  {user?AND d.user_id = $5}
  {agent?AND d.agent_id = $6}
  {run?AND d.run_id = $7}
  {conversation?AND d.conversation_id = $8}
