-- How many vectors the documents of a tenant have in the schema of embed, in the current edition of each model:
-- $1 tenant.
SELECT coalesce(sum(d.parts), 0)::bigint AS total
FROM documents d
LEFT JOIN editions e ON e.model = d.model
WHERE d.tenant = $1::text AND d.edition = coalesce(e.edition, 1)
