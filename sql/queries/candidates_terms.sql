-- How the store makes words of texts, what it makes of the text $1, and what of the query $2 (may be null).
SELECT s.text_search_config, tsvector_to_array(to_tsvector(s.text_search_config::regconfig, $1::text)) AS lexemes,
       to_tsquery(s.text_search_config::regconfig, $2::text)::text AS query
FROM search_settings AS s
