-- They are not, as $1 has seen; nor does what was seen of former generations matter.
DELETE FROM losses WHERE seen_by = $1 OR generation NOT IN (SELECT generation FROM generations WHERE state = 'active')
