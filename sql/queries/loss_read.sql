-- What was seen of the records of the generation $1, by $2 or (null) by anybody; the log first.
SELECT reason FROM losses WHERE generation = $1::integer AND ($2::text IS NULL OR seen_by = $2::text) ORDER BY seen_by
