-- Whether the schema $1 has the tables of a projection, and its name quoted for a search path.
SELECT to_regclass(quote_ident($1::text) || '.progress') IS NOT NULL AS is_there, quote_ident($1::text) AS quoted
