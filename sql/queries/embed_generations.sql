-- Whether the schema of vectors, $1, has tables yet.
SELECT to_regclass(format('%I.generations', $1::text)) IS NOT NULL
