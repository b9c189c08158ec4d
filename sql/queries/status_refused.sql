-- Of how many documents the endpoint has not taken the text, or a part of it, for each model that embeds.
SELECT 'embed.' || model AS projection, count(*) AS documents
FROM documents
WHERE refused IS NOT NULL
GROUP BY model
