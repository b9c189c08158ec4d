-- How the store splits texts into words (its text search configuration and the version of the analysis), and which of
-- the words $1 the configuration drops.
SELECT s.text_search_config, s.analysis::bigint AS analysis,
       ARRAY(SELECT w FROM unnest($1::text[]) AS w WHERE to_tsvector(s.text_search_config::regconfig, w) = '') AS common
FROM search_settings AS s
