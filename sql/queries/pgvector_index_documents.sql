-- Creates the indexes that keep the parts of documents unique and find the documents of a scope.
CREATE UNIQUE INDEX IF NOT EXISTS embeddings_{g}_key ON embeddings_{g} (tenant, stream_id, kind, ref, part);
CREATE INDEX IF NOT EXISTS embeddings_{g}_user ON embeddings_{g} (tenant, user_id);
CREATE INDEX IF NOT EXISTS embeddings_{g}_agent ON embeddings_{g} (tenant, agent_id);
CREATE INDEX IF NOT EXISTS embeddings_{g}_run ON embeddings_{g} (tenant, run_id) WHERE run_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS embeddings_{g}_conversation ON embeddings_{g} (tenant, conversation_id)
    WHERE conversation_id IS NOT NULL
