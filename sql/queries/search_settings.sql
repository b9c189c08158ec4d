-- The text search configuration and the version of the analysis that the projection began with, and whether the
-- configuration is $1. If the projection begins now, they are set to $1 and $2.
WITH begun AS (
    INSERT INTO search_settings (text_search_config, analysis)
    SELECT ($1::text)::regconfig::text, $2::bigint WHERE NOT EXISTS (SELECT FROM search_settings)
    ON CONFLICT DO NOTHING
    RETURNING text_search_config, analysis
)
SELECT text_search_config, text_search_config::regconfig = ($1::text)::regconfig AS is_the_same, analysis
FROM (SELECT text_search_config, analysis FROM begun UNION ALL SELECT text_search_config, analysis FROM search_settings) AS s
LIMIT 1
