-- The text search configuration that the projection began with; $1 when it begins now.
WITH begun AS (
    INSERT INTO search_settings (text_search_config)
    SELECT ($1::text)::regconfig::text WHERE NOT EXISTS (SELECT FROM search_settings)
    ON CONFLICT DO NOTHING
    RETURNING text_search_config
)
SELECT text_search_config, text_search_config::regconfig = ($1::text)::regconfig AS is_the_same
FROM (SELECT text_search_config FROM begun UNION ALL SELECT text_search_config FROM search_settings) AS s
LIMIT 1
