-- Memories of a scope by what they are labelled with. Where a label is rare, these lead to its rows; where it is frequent, the
-- scope's own index does, newest first.

CREATE INDEX memories_type ON memories (tenant, memory_type, created_at);
CREATE INDEX memories_labels ON memories USING gin (tags, metadata jsonb_path_ops);
