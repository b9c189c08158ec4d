DELETE FROM stored_documents WHERE generation = $1::integer
