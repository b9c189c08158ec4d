-- A row if the collection is not empty: documents of the tenant when $3 is null.
SELECT
FROM stored_documents
WHERE generation = $1::integer AND tenant = $2 AND collection = coalesce($3, '') AND NOT is_deleted
LIMIT 1
