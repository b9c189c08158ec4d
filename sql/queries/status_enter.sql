-- Whether a projection is kept in the schema $1, and its name as a search path takes it.
SELECT to_regclass(quote_ident($1::text) || '.progress') IS NOT NULL AS is_there, quote_ident($1::text) AS quoted
