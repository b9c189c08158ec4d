-- Lets the questions that follow look into the schema $1, and says whether a projection is kept there.
SELECT to_regclass(quote_ident($1::text) || '.progress') IS NOT NULL AS is_there
FROM set_config('search_path', quote_ident($1::text) || ', public', false)
