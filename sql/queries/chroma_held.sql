-- Returns a row if the collection is not empty: $1 generation, $2 tenant, $3 collection, or null for the tenant's
-- documents.
SELECT
FROM stored_documents
WHERE generation = $1::integer AND tenant = $2 AND collection = coalesce($3, '') AND NOT is_deleted
LIMIT 1
