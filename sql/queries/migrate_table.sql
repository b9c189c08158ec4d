-- Which migrations were applied, and from which text.
CREATE TABLE IF NOT EXISTS schema_migrations (
    version    integer     PRIMARY KEY,
    name       text        NOT NULL,
    checksum   text        NOT NULL, -- SHA-256 of the migration's text
    applied_at timestamptz NOT NULL DEFAULT now()
)
