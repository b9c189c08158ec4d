-- How many documents the endpoint has refused in whole or in part, by model.
SELECT 'embed.' || d.model AS projection, count(*) AS documents
FROM documents d
LEFT JOIN editions e ON e.model = d.model
WHERE d.refused IS NOT NULL AND d.edition = coalesce(e.edition, 1)
GROUP BY d.model
