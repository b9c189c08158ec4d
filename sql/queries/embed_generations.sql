-- Whether the schema $1, that of the vectors, has the table of generations.
SELECT to_regclass(format('%I.generations', $1::text)) IS NOT NULL
