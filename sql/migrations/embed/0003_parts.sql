-- Long texts are embedded in parts, and what an endpoint refuses of a text is left out.

ALTER TABLE documents
    ADD COLUMN parts   integer NOT NULL DEFAULT 1, -- that have a vector; without any there is no record
    ADD COLUMN refused text                        -- why another part has none; null: each has one
;
CREATE INDEX documents_refused ON documents (model) WHERE refused IS NOT NULL;
