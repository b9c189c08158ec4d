-- Why the records of the generation $1 are lost, as reported by $2, or by anybody if $2 is null; the report about the
-- log first.
SELECT reason FROM losses WHERE generation = $1::integer AND ($2::text IS NULL OR seen_by = $2::text) ORDER BY seen_by
